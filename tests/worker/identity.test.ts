// Who is who: a session is one token's, an Idempotency-Key, too; and what one caller may not see is not there for it.
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { seal, sealingKey, unseal } from "../../pkg/src/handler/seal.ts";
import { SCOPES, scopesOf } from "../../worker/src/api/scopes.ts";
import { openTables } from "../support/tables.ts";
import { until } from "../support/until.ts";
import { cannotKill, startVictim } from "../support/victim.ts";
import {
  type Answer,
  callWorker,
  NOWHERE,
  type RunningWorker,
  sha256,
  startWorker,
} from "../support/worker.ts";

const STRONG = sha256("never drawn twice");
const WORK = ["create", "read", "cancel"];

const token = (name: string, ...scopes: string[]) => ({ name, sha256: sha256(name), scopes });
const settingsOf = (...tokens: object[]) => ({ VODLIFT_TOKENS: JSON.stringify(tokens) });

let worker: RunningWorker;
before(async () => {
  const settings = settingsOf(
    token("alice", ...WORK),
    token("bob", ...WORK, "own"),
    token("auditor", "read", "all"),
    token("admin", ...WORK, "all", "admin"),
  );
  worker = await startWorker({ service: NOWHERE, token: "admin", settings });
  await as("admin", "/v1/pause", "POST");
});
after(() => worker.close());

const as = (
  who: string,
  path: string,
  method = "GET",
  body?: object,
  headers: Record<string, string> = {},
): Promise<Answer> =>
  callWorker({ ...worker, token: who }, path, {
    method,
    headers,
    ...(body && { body: JSON.stringify(body) }),
  });
const FILM = { url: "https://example.com/film.mp4" };

async function logIn(where: { url: string }, who: string): Promise<string> {
  const init = {
    method: "POST",
    headers: { origin: where.url },
    body: JSON.stringify({ token: who }),
  };
  const response = await fetch(`${where.url}/session`, init);
  await response.body?.cancel();
  return response.headers.get("set-cookie")?.split(";")[0] ?? "";
}

const withCookie = async (where: { url: string }, cookie: string, path: string, method = "GET") => {
  const response = await fetch(where.url + path, {
    method,
    headers: { cookie, origin: where.url },
  });
  await response.body?.cancel();
  return response.status;
};

test("a token with another's name gets nothing by it", { skip: cannotKill }, async () => {
  const twice = settingsOf(
    { name: "ops", sha256: sha256("ops-all"), scopes: [...WORK, "all", "admin"] },
    { name: "ops", sha256: sha256("ops-read"), scopes: ["read"] },
  );
  for (const settings of [
    twice,
    { VODLIFT_TOKENS: twice.VODLIFT_TOKENS.replace('"ops"', '"ＯPS"') },
    settingsOf(token("on  call", ...WORK), { ...token("on\u2003call", "read") }),
    settingsOf(token("one", "read"), { ...token("one", ...WORK), name: "other" }),
  ]) {
    const closed = await startVictim({ service: NOWHERE, token: "ops-read", settings });
    try {
      const cookie = await logIn(closed, "ops-read");
      const paused = await withCookie(closed, cookie, "/v1/pause", "POST");
      assert.deepEqual([cookie, paused], ["", 503]);
      const { status, body } = await callWorker(closed, "/v1/ingests");
      assert.deepEqual([status, body.code], [503, "setting_invalid"]);
      assert.match(body.hint, /VODLIFT_TOKENS/);
      await until(() => /VODLIFT_TOKENS: entries 1 and 2/.test(closed.output()));
    } finally {
      await closed.close();
    }
  }
});

test("a session ends with its token, though the name goes on", { skip: cannotKill }, async () => {
  const persist = await mkdtemp(join(tmpdir(), "vodlift-identity-"));
  const started = (secret: string) =>
    startVictim({
      service: NOWHERE,
      token: secret,
      persist,
      settings: settingsOf({ name: "ops", sha256: sha256(secret), scopes: [...WORK, "all"] }),
    });
  let now = await started("leaked");
  try {
    const cookie = await logIn(now, "leaked");
    assert.equal(await withCookie(now, cookie, "/v1/ingests"), 200);
    const { body } = await callWorker(now, "/v1/ingests", {
      method: "POST",
      headers: { "idempotency-key": "1" },
      body: JSON.stringify(FILM),
    });
    await now.close();
    now = await started("fresh");
    assert.equal(await withCookie(now, cookie, "/v1/ingests"), 401);
    assert.equal(await withCookie(now, await logIn(now, "fresh"), "/v1/ingests"), 200);
    // Under the same name and key another token means another ingest.
    const again = await callWorker(now, "/v1/ingests", {
      method: "POST",
      headers: { "idempotency-key": "1" },
      body: JSON.stringify(FILM),
    });
    assert.notEqual(again.body.id, body.id);
  } finally {
    await now.close();
    await rm(persist, { recursive: true, force: true });
  }
});

test("a logout ends the session, and no other of the same token", async () => {
  const [gone, stays] = [await logIn(worker, "alice"), await logIn(worker, "alice")];
  assert.equal(await withCookie(worker, gone, "/v1/ingests"), 200);
  assert.equal(await withCookie(worker, gone, "/session", "DELETE"), 204);
  assert.equal(await withCookie(worker, gone, "/v1/ingests"), 401);
  assert.equal(await withCookie(worker, gone, "/session"), 401);
  assert.equal(await withCookie(worker, stays, "/v1/ingests"), 200);
});

test("an event stream ends with the session that opened it", async () => {
  const { id } = (await as("alice", "/v1/ingests", "POST", FILM)).body;
  const cookie = await logIn(worker, "alice");
  const stream = await fetch(`${worker.url}/v1/ingests/${id}/events`, { headers: { cookie } });
  const reader = (stream.body as ReadableStream<Uint8Array>).getReader();
  let told = "";
  const more = async () => {
    const { done, value } = await reader.read();
    told += Buffer.from(value ?? []).toString();
    return !done;
  };
  while (!told.includes("queued")) await more();
  // Past the moment in which it listens to nothing.
  await sleep(1_000);
  assert.equal(await withCookie(worker, cookie, "/session", "DELETE"), 204);
  await as("alice", `/v1/ingests/${id}`, "DELETE");
  while (await more());
  assert.doesNotMatch(told, /canceled/, "what happens after the logout is not told");
});

test("the reach of a token is the narrowest that it can be meant to have", () => {
  for (const [given, isOnly, reach] of [
    [undefined, false, "all"],
    [["read"], false, "own"],
    [["read"], true, "all"],
    [["read", "own"], true, "own"],
    [["read", "own", "all"], false, "own"],
    [["read", "own", "admin"], false, "own"],
    [["read", "all"], false, "all"],
    [["read", "admin"], false, "all"],
    [["admin"], false, "all"],
  ] as const) {
    const scopes = scopesOf(given, isOnly);
    const reaches = scopes.filter((one) => one === "own" || one === "all");
    assert.deepEqual(reaches, [reach], JSON.stringify(given));
    const deeds = ["create", "read", "cancel", "admin"] as const;
    for (const deed of deeds) {
      assert.equal(
        scopes.includes(deed),
        given === undefined || [...given].includes(deed as never),
      );
    }
  }
  assert.deepEqual(scopesOf([], true), []);
});

test("tokens of one owner share what they make", { skip: cannotKill }, async () => {
  const settings = settingsOf(
    { ...token("old", ...WORK), owner: "team" },
    { ...token("new", ...WORK), owner: "team" },
    { ...token("sly", ...WORK), owner: "Team" },
  );
  const victim = await startVictim({ service: NOWHERE, token: "old", settings });
  try {
    const call = (who: string, path: string, method = "GET", body?: object) =>
      callWorker({ ...victim, token: who }, path, {
        method,
        headers: { "idempotency-key": "k" },
        ...(body && { body: JSON.stringify(body) }),
      });
    const { id } = (await call("old", "/v1/ingests", "POST", FILM)).body;
    assert.equal((await call("new", "/v1/ingests", "POST", FILM)).body.id, id);
    assert.equal((await call("new", `/v1/ingests/${id}`)).status, 200);
    assert.equal((await call("sly", `/v1/ingests/${id}`)).status, 404);
  } finally {
    await victim.close();
  }
});

test("a sealing key that can be guessed closes the Worker, and says what mends it", {
  skip: cannotKill,
}, async () => {
  for (const VODLIFT_SEAL_KEY of ["hunter2", " , ", "secret".repeat(8), `${STRONG} short`]) {
    const settings = { ...settingsOf(token("t")), VODLIFT_SEAL_KEY };
    const closed = await startVictim({ service: NOWHERE, token: "t", settings });
    try {
      assert.equal(await logIn(closed, "t"), "");
      const { status, body } = await callWorker(closed, "/v1/ingests");
      assert.deepEqual([status, body.code], [503, "setting_invalid"], VODLIFT_SEAL_KEY);
      assert.match(body.detail, /VODLIFT_SEAL_KEY must/);
      assert.match(body.hint, /openssl rand -hex 32/);
      assert.doesNotMatch(JSON.stringify(body), /hunter2|secretsecret|short/);
    } finally {
      await closed.close();
    }
  }
});

test("who has the sealing key makes no session: the index knows those that were opened", {
  skip: cannotKill,
}, async () => {
  const settings = {
    ...settingsOf(token("viewer", "read", "own"), token("admin", ...WORK, "admin")),
    VODLIFT_SEAL_KEY: STRONG,
  };
  const victim = await startVictim({ service: NOWHERE, token: "viewer", settings });
  try {
    const key = await sealingKey(STRONG, "worker session");
    const [name = "", value = ""] = (await logIn(victim, "viewer")).split(/=(.*)/);
    const opened = (await unseal(key, value)) as object;
    for (const forged of [
      { ...opened, token: sha256("admin") },
      { ...opened, id: "0".repeat(64), token: sha256("admin") },
      { name: "admin", until: Date.now() + 60_000 },
    ]) {
      const cookie = `${name}=${await seal(key, forged)}`;
      assert.equal(await withCookie(victim, cookie, "/v1/pause", "POST"), 401);
      assert.equal(await withCookie(victim, cookie, "/session"), 401);
    }
    assert.equal(await withCookie(victim, `${name}=${value}`, "/v1/ingests"), 200);
  } finally {
    await victim.close();
  }
});

test("a session ends when its time is over, and no cookie makes it longer", async (t) => {
  const { Sessions } = (await import(
    new URL("../../worker/src/jobs/sessions.ts", import.meta.url).href
  )) as {
    Sessions: new (
      sql: object,
    ) => { open(session: object): void; isOpen(session: object): boolean };
  };
  const sessions = new Sessions(openTables().sql);
  const issued = Date.now();
  const session = { id: "a", token: "t", issued, until: issued + 60_000 };
  sessions.open(session);
  const later = { ...session, until: session.until + 60_000 };
  assert.deepEqual([sessions.isOpen(session), sessions.isOpen(later)], [true, false]);
  t.mock.method(Date, "now", () => session.until);
  assert.deepEqual([sessions.isOpen(session), sessions.isOpen(later)], [false, false]);
});

test("while the sealing key is replaced, sessions and what waits go on", {
  skip: cannotKill,
}, async () => {
  const persist = await mkdtemp(join(tmpdir(), "vodlift-rotation-"));
  const next = sha256("another");
  const started = (VODLIFT_SEAL_KEY: string) =>
    startVictim({
      service: NOWHERE,
      token: "t",
      persist,
      settings: { ...settingsOf(token("t", ...WORK, "admin")), VODLIFT_SEAL_KEY },
    });
  let now = await started(STRONG);
  try {
    const cookie = await logIn(now, "t");
    for (const [keys, status] of [
      [`${next} ${STRONG}`, 200],
      [next, 401],
    ] as const) {
      await now.close();
      now = await started(keys);
      assert.equal(await withCookie(now, cookie, "/v1/ingests"), status, keys);
    }
  } finally {
    await now.close();
    await rm(persist, { recursive: true, force: true });
  }
});

test("what belongs to another is not there", async () => {
  const { id } = (await as("alice", "/v1/ingests", "POST", FILM)).body;
  const nothing = "0".repeat(32);
  const routes: [path: string, method: string][] = [
    ["", "GET"],
    ["", "DELETE"],
    ["/stop", "POST"],
    ["/retry", "POST"],
    ["/checkpoint", "GET"],
    ["/events", "GET"],
  ];
  for (const [path, method] of routes) {
    const theirs = await as("bob", `/v1/ingests/${id}${path}`, method);
    const none = await as("bob", `/v1/ingests/${nothing}${path}`, method);
    assert.equal(theirs.status, 404, `${method} ${path}`);
    assert.deepEqual(theirs.body, none.body);
  }
  assert.equal((await as("alice", `/v1/ingests/${id}`)).body.state, "queued");
  assert.equal((await as("auditor", `/v1/ingests/${id}`)).status, 200);
  const listed = async (who: string) => {
    const found = await as(who, `/v1/ingests?q=${id}`);
    const csv = await fetch(`${worker.url}/v1/ingests.csv`, {
      headers: { authorization: `Bearer ${who}` },
    });
    const { counts } = (await as(who, "/v1/stats")).body;
    return [found.body.ingests.length, (await csv.text()).includes(id), counts.queued > 0];
  };
  assert.deepEqual(await listed("alice"), [1, true, true]);
  assert.deepEqual(await listed("auditor"), [1, true, true]);
  assert.deepEqual(await listed("bob"), [0, false, false]);
});

test("only an admin pauses, and only who sees everything reads the metrics", async () => {
  for (const who of ["alice", "bob", "auditor"]) {
    const { status, body } = await as(who, "/v1/pause", "POST");
    assert.deepEqual([status, body.code], [403, "scope_missing"], who);
    assert.match(body.hint, /"admin"/);
  }
  const metrics = async (who: string) => {
    const headers = { authorization: `Bearer ${who}` };
    const response = await fetch(`${worker.url}/metrics`, { headers });
    await response.body?.cancel();
    return response.status;
  };
  assert.deepEqual(
    await Promise.all(["alice", "bob", "auditor", "admin"].map(metrics)),
    [403, 403, 200, 200],
  );
});

test("/openapi.json says which scope each call needs, and what each opens", async () => {
  const { paths, components } = (await (
    await fetch(`${worker.url}/openapi.json`)
  ).json()) as Answer["body"];
  const of = (path: string, method: string) => paths[path][method].security;
  assert.deepEqual(of("/v1/ingests", "post"), [{ bearer: ["create"] }]);
  assert.deepEqual(of("/v1/ingests/{id}", "get"), [{ bearer: ["read"] }]);
  assert.deepEqual(of("/v1/pause", "post"), [{ bearer: ["admin"] }]);
  for (const [name, what] of Object.entries(SCOPES)) {
    assert.ok(components.securitySchemes.bearer.description.includes(`\`${name}\`: ${what}`), name);
  }
});

test("who did what stands in the timeline", async () => {
  const { id } = (await as("bob", "/v1/ingests", "POST", FILM)).body;
  await as("admin", `/v1/ingests/${id}`, "DELETE");
  await as("bob", `/v1/ingests/${id}/retry`, "POST");
  await as("admin", `/v1/ingests/${id}/stop`, "POST");
  const { body } = await as("bob", `/v1/ingests/${id}`);
  assert.equal(body.owner, "bob");
  const said = body.timeline.map((entry: { type: string; actor?: string }) => [
    entry.type,
    entry.actor,
  ]);
  assert.deepEqual(said, [
    ["queued", "bob"],
    ["canceled", "admin"],
    ["retried", "bob"],
    ["stopped", "admin"],
  ]);
});

test("one Idempotency-Key of two callers is two keys", async () => {
  const post = async (who: string) =>
    (await as(who, "/v1/ingests", "POST", FILM, { "idempotency-key": "mine" })).body.id;
  const ids = [await post("alice"), await post("bob"), await post("alice")];
  assert.equal(ids[0], ids[2]);
  assert.notEqual(ids[0], ids[1]);
});

test("a login that fails is logged, without the token", { skip: cannotKill }, async () => {
  const victim = await startVictim({ service: NOWHERE, token: "t" });
  try {
    await logIn(victim, "not-this-one");
    await callWorker({ ...victim, token: "nor-this-one" }, "/v1/ingests");
    const told = () => victim.output().match(/is refused: .*token is not known/g) ?? [];
    await until(() => told().length >= 2);
    assert.doesNotMatch(victim.output(), /this-one/);
  } finally {
    await victim.close();
  }
});
