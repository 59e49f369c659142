// The tables of the job index. What was released is never changed: add to the end.

const TABLES = `
CREATE TABLE jobs (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  -- SHA-256 of the request under an Idempotency-Key: another request under the same key is refused.
  fingerprint TEXT,
  state TEXT NOT NULL,
  -- Which run of it counts. A run that was replaced is not listened to any more.
  run INTEGER NOT NULL DEFAULT 0,
  attempts INTEGER NOT NULL DEFAULT 1,
  host TEXT NOT NULL,
  url TEXT NOT NULL,
  title TEXT,
  kind TEXT NOT NULL,
  phase TEXT,
  media_id TEXT,
  size INTEGER,
  bytes INTEGER NOT NULL DEFAULT 0,
  rate INTEGER NOT NULL DEFAULT 0,
  parts INTEGER NOT NULL DEFAULT 0,
  parts_total INTEGER,
  error TEXT,
  -- Sealed: URL and headers may hold secrets.
  request TEXT,
  checkpoint TEXT,
  -- What is left to do after the end: 'cleanup', 'drain', 'notify' or nothing.
  todo TEXT,
  -- Runs in a row that stopped moving before they brought a byte.
  stalls INTEGER NOT NULL DEFAULT 0,
  webhook TEXT,
  -- Silence is no bad sign before.
  silent_until INTEGER,
  -- VOD has said that it has the file, perhaps before we knew it ourselves.
  confirmed INTEGER,
  created INTEGER NOT NULL,
  started INTEGER,
  moved INTEGER NOT NULL,
  ended INTEGER
);
CREATE INDEX jobs_by_state ON jobs (state, seq);
CREATE INDEX jobs_by_host ON jobs (state, host, seq);
CREATE INDEX jobs_by_creation ON jobs (created);
CREATE INDEX jobs_by_media ON jobs (media_id) WHERE media_id IS NOT NULL;
CREATE INDEX jobs_by_end ON jobs (ended) WHERE ended IS NOT NULL;
CREATE INDEX jobs_to_do ON jobs (todo, moved) WHERE todo IS NOT NULL;

CREATE TABLE shards (
  job INTEGER NOT NULL REFERENCES jobs (seq) ON DELETE CASCADE,
  shard INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  rate INTEGER NOT NULL,
  parts INTEGER NOT NULL,
  PRIMARY KEY (job, shard)
) WITHOUT ROWID;

CREATE TABLE entries (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  job INTEGER NOT NULL REFERENCES jobs (seq) ON DELETE CASCADE,
  at INTEGER NOT NULL,
  type TEXT NOT NULL,
  text TEXT NOT NULL
);
CREATE INDEX entries_by_job ON entries (job, seq);

-- Media that VOD has named in a callback before a run did.
CREATE TABLE confirmations (media_id TEXT PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID;

CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

-- Counting a million rows for every look at the totals would be slow.
CREATE TABLE totals (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO totals VALUES ('queued', 0), ('running', 0), ('done', 0), ('ready', 0), ('failed', 0), ('canceled', 0), ('bytes', 0);
CREATE TRIGGER count_added AFTER INSERT ON jobs BEGIN
  UPDATE totals SET value = value + 1 WHERE name = new.state;
END;
CREATE TRIGGER count_moved AFTER UPDATE OF state ON jobs WHEN old.state <> new.state BEGIN
  UPDATE totals SET value = value - 1 WHERE name = old.state;
  UPDATE totals SET value = value + 1 WHERE name = new.state;
  UPDATE totals SET value = value + new.bytes WHERE name = 'bytes' AND old.state = 'running' AND new.state IN ('done', 'ready');
END;
CREATE TRIGGER count_removed AFTER DELETE ON jobs BEGIN
  UPDATE totals SET value = value - 1 WHERE name = old.state;
END;

-- Finds any three letters or more inside a text without reading every row.
CREATE VIRTUAL TABLE texts USING fts5(id, url, title, media_id, content = 'jobs', content_rowid = 'seq', tokenize = 'trigram');
CREATE TRIGGER text_added AFTER INSERT ON jobs BEGIN
  INSERT INTO texts (rowid, id, url, title, media_id) VALUES (new.seq, new.id, new.url, new.title, new.media_id);
END;
CREATE TRIGGER text_removed AFTER DELETE ON jobs BEGIN
  INSERT INTO texts (texts, rowid, id, url, title, media_id) VALUES ('delete', old.seq, old.id, old.url, old.title, old.media_id);
END;
CREATE TRIGGER text_changed AFTER UPDATE OF id, url, title, media_id ON jobs BEGIN
  INSERT INTO texts (texts, rowid, id, url, title, media_id) VALUES ('delete', old.seq, old.id, old.url, old.title, old.media_id);
  INSERT INTO texts (rowid, id, url, title, media_id) VALUES (new.seq, new.id, new.url, new.title, new.media_id);
END;
`;

const NOTICES = `
-- 0: it has no webhook of its own. NULL, of rows from before: nobody knows.
ALTER TABLE jobs ADD COLUMN hooked INTEGER;

-- What webhooks are told: one notice a state and attempt, kept until it was delivered or given up. The ingest as it was then.
CREATE TABLE notices (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  job INTEGER NOT NULL REFERENCES jobs (seq) ON DELETE CASCADE,
  attempt INTEGER NOT NULL,
  state TEXT NOT NULL,
  view TEXT NOT NULL,
  told INTEGER NOT NULL DEFAULT 0,
  UNIQUE (job, attempt, state)
);

-- Which ingest may create a media with a reference id: two at once could not tell whose the media is.
CREATE TABLE claims (
  reference TEXT PRIMARY KEY,
  job INTEGER NOT NULL REFERENCES jobs (seq) ON DELETE CASCADE
) WITHOUT ROWID;
CREATE INDEX claims_by_job ON claims (job);
`;

const OWNERS = `
-- Whom it belongs to: 'token:' and a digest, or 'owner:' and a name. Empty, of rows from before: nobody, so only who reaches
-- everyone's ingests sees them.
ALTER TABLE jobs ADD COLUMN owner TEXT NOT NULL DEFAULT '';
-- As its maker was called then.
ALTER TABLE jobs ADD COLUMN owner_name TEXT;
CREATE INDEX jobs_by_owner ON jobs (owner, seq);
CREATE INDEX jobs_by_owner_and_state ON jobs (owner, state, seq);

-- Who did it; nobody where it came about.
ALTER TABLE entries ADD COLUMN actor TEXT;

-- Totals are an owner's: the sum of all is everyone's.
CREATE TABLE owner_totals (
  owner TEXT NOT NULL,
  name TEXT NOT NULL,
  value INTEGER NOT NULL,
  PRIMARY KEY (owner, name)
) WITHOUT ROWID;
INSERT INTO owner_totals SELECT '', name, value FROM totals;
DROP TRIGGER count_added;
DROP TRIGGER count_moved;
DROP TRIGGER count_removed;
DROP TABLE totals;
CREATE TRIGGER count_added AFTER INSERT ON jobs BEGIN
  INSERT INTO owner_totals VALUES (new.owner, new.state, 1)
    ON CONFLICT (owner, name) DO UPDATE SET value = value + 1;
END;
CREATE TRIGGER count_moved AFTER UPDATE OF state ON jobs WHEN old.state <> new.state BEGIN
  UPDATE owner_totals SET value = value - 1 WHERE owner = old.owner AND name = old.state;
  INSERT INTO owner_totals VALUES (new.owner, new.state, 1)
    ON CONFLICT (owner, name) DO UPDATE SET value = value + 1;
  INSERT INTO owner_totals
    SELECT new.owner, 'bytes', new.bytes WHERE old.state = 'running' AND new.state IN ('done', 'ready')
    ON CONFLICT (owner, name) DO UPDATE SET value = value + excluded.value;
END;
CREATE TRIGGER count_removed AFTER DELETE ON jobs BEGIN
  UPDATE owner_totals SET value = value - 1 WHERE owner = old.owner AND name = old.state;
END;

-- Sessions that were opened and did not end yet: an id's SHA-256, of which token, until when.
CREATE TABLE sessions (
  id TEXT PRIMARY KEY,
  token TEXT NOT NULL,
  issued INTEGER NOT NULL,
  until INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX sessions_by_token ON sessions (token, issued);
CREATE INDEX sessions_by_end ON sessions (until);
`;

const CALLBACKS = `
-- Signatures of VOD's callbacks that were seen, each with the digest of the body that came with it first.
CREATE TABLE callbacks (signature TEXT PRIMARY KEY, body TEXT NOT NULL, at INTEGER NOT NULL) WITHOUT ROWID;
`;

const REFERENCES = `
-- Its own reference id at VOD, made when it was accepted: a new sealing key must not change it. NULL, of rows from before:
-- 'vodlift-' and the id.
ALTER TABLE jobs ADD COLUMN reference TEXT;
-- The reference id that its caller chose. With a media id beside it, that media has it.
ALTER TABLE jobs ADD COLUMN chosen TEXT;
UPDATE jobs SET chosen = (SELECT claims.reference FROM claims WHERE job = seq);
CREATE INDEX jobs_by_chosen ON jobs (chosen) WHERE chosen IS NOT NULL;
`;

const QUOTAS = `
ALTER TABLE jobs ADD COLUMN paced_at INTEGER;
ALTER TABLE jobs ADD COLUMN paced_sent INTEGER;
ALTER TABLE jobs ADD COLUMN deadline INTEGER;
-- Each caller's queue by host; those of all callers together are not looked at any more.
DROP INDEX jobs_by_host;
CREATE INDEX jobs_waiting ON jobs (owner, host, seq) WHERE state = 'queued';

-- Bytes that an owner's requests take.
CREATE TABLE owner_stored (owner TEXT PRIMARY KEY, bytes INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO owner_stored SELECT owner, SUM(LENGTH(COALESCE(request, '')) + LENGTH(url)) FROM jobs GROUP BY owner;
CREATE TRIGGER stored_added AFTER INSERT ON jobs BEGIN
  INSERT INTO owner_stored VALUES (new.owner, LENGTH(COALESCE(new.request, '')) + LENGTH(new.url))
    ON CONFLICT (owner) DO UPDATE SET bytes = bytes + excluded.bytes;
END;
CREATE TRIGGER stored_removed AFTER DELETE ON jobs BEGIN
  UPDATE owner_stored SET bytes = bytes - LENGTH(COALESCE(old.request, '')) - LENGTH(old.url) WHERE owner = old.owner;
END;

-- Bytes that an owner has moved, by the hour since the epoch.
CREATE TABLE moved (owner TEXT, hour INTEGER, bytes INTEGER NOT NULL, PRIMARY KEY (owner, hour)) WITHOUT ROWID;
`;

/** What counts of a row: every attempt has lines in its timeline; a checkpoint, which is written often, counts in blocks. */
const weightOf = (row: "old" | "new" | "jobs") => `(256 * ${row}.attempts + LENGTH(${row}.url)
  + LENGTH(COALESCE(${row}.request, '')) + (LENGTH(COALESCE(${row}.checkpoint, '')) + 4095) / 4096 * 4096)`;
/** What can be found of a URL: an index of three letters each takes seven times its text. */
const foundOf = (row: "old" | "new" | "jobs") =>
  `CASE WHEN LENGTH(${row}.url) <= 512 THEN ${row}.url ELSE SUBSTR(${row}.url, 1, 384) || ' ' || SUBSTR(${row}.url, -128) END`;
const TEXTS = "texts (rowid, id, url, title, media_id)";
const OLD_TEXTS = "texts (texts, rowid, id, url, title, media_id)";
const textOf = (row: "old" | "new" | "jobs") =>
  `${row}.seq, ${row}.id, ${foundOf(row)}, ${row}.title, ${row}.media_id`;

const STORED = `
-- What requests of one owner have alike, sealed, once: many files of one place are asked for with the same headers.
CREATE TABLE shared (id TEXT PRIMARY KEY, owner TEXT NOT NULL, text TEXT NOT NULL, uses INTEGER NOT NULL);
ALTER TABLE jobs ADD COLUMN shared TEXT;
CREATE TRIGGER shared_used AFTER INSERT ON jobs WHEN new.shared IS NOT NULL BEGIN
  UPDATE shared SET uses = uses + 1 WHERE id = new.shared;
END;
CREATE TRIGGER shared_left AFTER UPDATE OF shared ON jobs WHEN old.shared IS NOT NULL AND new.shared IS NULL BEGIN
  UPDATE shared SET uses = uses - 1 WHERE id = old.shared;
  DELETE FROM shared WHERE id = old.shared AND uses < 1;
END;
CREATE TRIGGER shared_removed AFTER DELETE ON jobs WHEN old.shared IS NOT NULL BEGIN
  UPDATE shared SET uses = uses - 1 WHERE id = old.shared;
  DELETE FROM shared WHERE id = old.shared AND uses < 1;
END;

-- 1: its request says something for after the end. NULL, of rows from before: nobody knows.
ALTER TABLE jobs ADD COLUMN keeps INTEGER;
-- Of what went well nobody asks for the request again. It is empty then: NULL are those whose bytes came with theirs.
CREATE TRIGGER request_served AFTER UPDATE OF state, todo ON jobs
WHEN new.todo IS NULL AND new.request <> '' AND (new.state = 'ready' OR new.state = 'done' AND new.keeps = 0) BEGIN
  UPDATE jobs SET request = '', shared = NULL WHERE seq = new.seq;
END;

-- Bytes that an owner's rows take, more or less.
DROP TRIGGER stored_added;
DROP TRIGGER stored_removed;
DELETE FROM owner_stored;
INSERT INTO owner_stored SELECT owner, SUM(${weightOf("jobs")}) FROM jobs GROUP BY owner;
CREATE TRIGGER stored_added AFTER INSERT ON jobs BEGIN
  INSERT INTO owner_stored VALUES (new.owner, ${weightOf("new")})
    ON CONFLICT (owner) DO UPDATE SET bytes = bytes + excluded.bytes;
END;
CREATE TRIGGER stored_changed AFTER UPDATE OF attempts, request, checkpoint ON jobs
WHEN ${weightOf("new")} <> ${weightOf("old")} BEGIN
  UPDATE owner_stored SET bytes = bytes + ${weightOf("new")} - ${weightOf("old")} WHERE owner = new.owner;
END;
CREATE TRIGGER stored_removed AFTER DELETE ON jobs BEGIN
  UPDATE owner_stored SET bytes = bytes - ${weightOf("old")} WHERE owner = old.owner;
END;
CREATE TRIGGER shared_stored AFTER INSERT ON shared BEGIN
  INSERT INTO owner_stored VALUES (new.owner, LENGTH(new.text))
    ON CONFLICT (owner) DO UPDATE SET bytes = bytes + excluded.bytes;
END;
CREATE TRIGGER shared_forgotten AFTER DELETE ON shared BEGIN
  UPDATE owner_stored SET bytes = bytes - LENGTH(old.text) WHERE owner = old.owner;
END;

DROP TRIGGER text_added;
DROP TRIGGER text_removed;
DROP TRIGGER text_changed;
INSERT INTO ${OLD_TEXTS} SELECT 'delete', seq, id, url, title, media_id FROM jobs WHERE LENGTH(url) > 512;
INSERT INTO ${TEXTS} SELECT ${textOf("jobs")} FROM jobs WHERE LENGTH(url) > 512;
CREATE TRIGGER text_added AFTER INSERT ON jobs BEGIN
  INSERT INTO ${TEXTS} VALUES (${textOf("new")});
END;
CREATE TRIGGER text_removed AFTER DELETE ON jobs BEGIN
  INSERT INTO ${OLD_TEXTS} VALUES ('delete', ${textOf("old")});
END;
CREATE TRIGGER text_changed AFTER UPDATE OF id, url, title, media_id ON jobs BEGIN
  INSERT INTO ${OLD_TEXTS} VALUES ('delete', ${textOf("old")});
  INSERT INTO ${TEXTS} VALUES (${textOf("new")});
END;
`;

const LEASES = `
-- Until when its newest run is believed to be alive, in ms since the epoch; NULL: there is no run. \`moved\` is only shown.
ALTER TABLE jobs ADD COLUMN lease INTEGER;
UPDATE jobs SET lease = MAX(moved, COALESCE(silent_until, 0)) + 120000
  WHERE state = 'running' OR (todo IS NOT NULL AND moved > 0);
-- What is left to do after an end, or ('abort', 'drain') what its run is still to hear of.
UPDATE jobs SET todo = 'abort' WHERE todo = 'cleanup' AND state = 'canceled' AND moved > 0;
UPDATE jobs SET moved = COALESCE(ended, created) WHERE moved = 0;
DROP INDEX jobs_to_do;
ALTER TABLE jobs DROP COLUMN silent_until;
CREATE INDEX jobs_to_do ON jobs (lease) WHERE todo IS NOT NULL;
CREATE INDEX jobs_by_lease ON jobs (lease) WHERE lease IS NOT NULL;
`;

const LEFT = `
-- What has ended, and is to get a run for what is left to do: owner by owner.
CREATE INDEX jobs_left ON jobs (owner, seq) WHERE todo IS NOT NULL AND lease IS NULL;
`;

const FORGETTING = `
CREATE INDEX jobs_to_forget ON jobs (ended) WHERE state IN ('failed', 'canceled') AND todo IS NULL AND request <> '';
`;

const MIGRATIONS: readonly string[] = [
  ...[TABLES, NOTICES, OWNERS, CALLBACKS, REFERENCES, QUOTAS],
  ...[STORED, LEASES, LEFT, FORGETTING],
];

/** Brings the database to this version, or an earlier one, in one transaction. */
export function migrate(storage: DurableObjectStorage, to = MIGRATIONS.length): void {
  const { sql } = storage;
  sql.exec("CREATE TABLE IF NOT EXISTS migrations (version INTEGER PRIMARY KEY)");
  const { at } = sql
    .exec<{ at: number }>("SELECT COALESCE(MAX(version), 0) AS at FROM migrations")
    .one();
  storage.transactionSync(() => {
    for (const [index, migration] of MIGRATIONS.slice(0, to).entries()) {
      if (index < at) continue;
      sql.exec(migration);
      sql.exec("INSERT INTO migrations VALUES (?)", index + 1);
    }
  });
}
