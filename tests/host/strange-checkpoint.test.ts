// A checkpoint that somebody else wrote: what it names is not removed, and no file of ours is read for it.
import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { after, before, test } from "node:test";
import { parseFault } from "../../pkg/src/emulator/fault-text.ts";
import { type Checkpoint, memoryCheckpoint, Vodlift } from "../../pkg/src/index.ts";
import { vodlift } from "../support/cli.ts";
import { type Emulator, startService, storedObjects } from "../support/service.ts";

const MIB = 1024 * 1024;
let service: Emulator;
let vod: Vodlift;
let folder: string;
/** As it stood while the upload of a video ran that is finished now. */
let finished: Checkpoint;

before(async () => {
  service = await startService();
  const { endpoint, region, accessKeyId, accessKeySecret } = service;
  vod = new Vodlift({ endpoint, region, accessKeyId, accessKeySecret });
  folder = await mkdtemp(join(tmpdir(), "vodlift-strange-"));
  await mkdir(join(folder, "work"));
  await mkdir(join(folder, "inbox"));
  await writeFile(join(folder, "secret.mp4"), "the owner's own");
  await writeFile(join(folder, "work/film.mp4"), "a film");
  const store = memoryCheckpoint();
  let seen: Checkpoint | undefined;
  const checkpoint = {
    ...store,
    save: async (now: Checkpoint) => {
      if (now.uploadId !== undefined) seen ??= structuredClone(now);
    },
  };
  const bytes = new Uint8Array(3 * MIB);
  await vod.upload(bytes, { title: "t", fileName: "t.mp4", partSize: MIB, checkpoint });
  assert.ok(seen?.place, "there was a checkpoint with a place");
  finished = seen;
});
after(async () => {
  await service.close();
  await rm(folder, { recursive: true });
});

/** Another checkpoint for the same media. */
function evil(change: (checkpoint: Checkpoint & { place: { mediaId: string } }) => void) {
  const made = structuredClone(finished) as Checkpoint & { place: { mediaId: string } };
  change(made);
  return made;
}

const playlist = { digest: "", done: [[1, 3]] as [number, number][], listed: false };

const strange = (): Record<string, Checkpoint> => ({
  "a playlist of a finished video": evil((one) => {
    one.playlist = playlist;
    delete one.uploadId;
  }),
  "parts that nobody noted, of a finished video": evil((one) => {
    delete one.uploadId;
  }),
  "a playlist, and a key of its own": evil((one) => {
    one.playlist = playlist;
    delete one.uploadId;
    Object.assign(one.place, { objectKey: "sv/other/film.m3u8" });
  }),
  "another bucket": evil((one) => {
    Object.assign(one.place, { bucket: "another-bucket" });
  }),
  "another upload's key": evil((one) => {
    Object.assign(one.place, { objectKey: "sv/other/film.mp4" });
  }),
  "another media": evil((one) => {
    one.playlist = playlist;
    delete one.uploadId;
    one.place.mediaId = "0123456789abcdef0123456789abcdef";
  }),
});

const REMOVALS = ["DeleteVideo", "DeleteMultipartUpload", "AbortMultipartUpload"];
const removals = (known: number) =>
  service.log.slice(known).filter(({ operation }) => REMOVALS.includes(operation)).length;

test("an abort by the API removes nothing of what is finished, whatever its checkpoint says", async () => {
  const stored = await storedObjects(service);
  for (const [what, checkpoint] of Object.entries(strange())) {
    const known = service.log.length;
    const end = await vod.abort(checkpoint).then(
      () => "removed nothing",
      (error) => error.code,
    );
    const gone = what === "another media";
    const wanted = gone ? ["removed nothing"] : ["abort_refused", "checkpoint_invalid"];
    assert.ok(wanted.includes(end), `${what}: ${end}`);
    assert.equal(removals(known), 0, what);
  }
  assert.deepEqual(await storedObjects(service), stored);
  assert.equal((await vod.videoInfo(finished.place?.mediaId ?? "")).status, "Normal");
});

test("nor does one by the command, and it keeps the file", async () => {
  const stored = await storedObjects(service);
  const file = join(folder, "inbox/evil.json");
  const known = service.log.length;
  for (const what of ["a playlist of a finished video", "another upload's key"]) {
    await writeFile(file, JSON.stringify(strange()[what]));
    const { code, json } = await vodlift(["abort", file, "--json"], { service });
    assert.ok([2, 7].includes(code ?? 0), `${what}: ${code}`);
    assert.match(json.error.code, /^(abort_refused|checkpoint_invalid)$/, what);
    assert.deepEqual(JSON.parse(await readFile(file, "utf8")), strange()[what]);
  }
  assert.equal(removals(known), 0);
  assert.deepEqual(await storedObjects(service), stored);
});

const STORES = ["InitiateMultipartUpload", "PutObject", "UploadPart", "CompleteMultipartUpload"];

test("a resume overwrites nothing of a media that has its file, whatever its checkpoint says", async () => {
  const stored = await storedObjects(service);
  const small = (one: Checkpoint) => {
    one.source = { queryRemoved: false, validator: {}, size: 9 };
    one.plan = { type: "put", size: 9 };
  };
  const changes: Record<string, (one: Checkpoint) => void> = {
    "no upload id": (one) => {
      delete one.uploadId;
    },
    "an upload id that is over": () => {},
    "an upload id that never was": (one) => {
      one.uploadId = "0004B999EF5A239BB9138C6227D69F95";
    },
    "one request, and no upload id": (one) => {
      small(one);
      delete one.uploadId;
    },
    "one that was adopted": (one) => {
      small(one);
      delete one.uploadId;
      one.adopted = true;
    },
  };
  for (const [what, change] of Object.entries(changes)) {
    const one = evil(change);
    const isSmall = one.plan?.type === "put";
    // Another file of the length that the checkpoint tells.
    one.source.size = isSmall ? 9 : 4 * MIB;
    if (one.plan?.type === "parts") one.plan.size = 4 * MIB;
    const known = service.log.length;
    const source = new Uint8Array(one.source.size).fill(7);
    const { code } = await vod.resume(one, { source }).then(
      () => ({ code: "it ended well" }),
      (error) => error,
    );
    assert.match(code, /^(checkpoint_invalid|length_mismatch)$/, what);
    const touched = service.log.slice(known).map(({ operation }) => operation);
    const harm = touched.filter((name) => STORES.includes(name) || REMOVALS.includes(name));
    assert.deepEqual(harm, [], what);
  }
  assert.deepEqual(await storedObjects(service), stored);
});

test("the media that a checkpoint replaces is confirmed, by the command and by the API", async () => {
  const mediaId = finished.place?.mediaId ?? "";
  const stored = await storedObjects(service);
  const beside = naming({ path: "film.mp4" }, {
    media: { type: "video", title: "", fileName: "film.mp4" },
    replace: { mediaId },
  } as Partial<Checkpoint>);
  const { code, json, requests } = await resumed(beside);
  assert.deepEqual([code, json.error.code, requests], [7, "replace_unconfirmed", 0]);
  assert.match(json.error.message, new RegExp(mediaId));
  assert.match(json.error.hint, /--yes\b/);
  const named = await resumed(beside, "--source", "film.mp4");
  assert.deepEqual([named.json.error.code, named.requests], ["replace_unconfirmed", 0]);
  const elsewhere = { ...beside, place: { ...finished.place, mediaId: "0123456789abcdef" } };
  assert.equal((await resumed(elsewhere, "--yes")).json.error.code, "checkpoint_invalid");
  const asked: unknown[] = [];
  const confirmReplace = (media: unknown) => {
    asked.push(media);
    return false;
  };
  const { place, plan } = finished;
  const begun = { ...beside, replace: { referenceId: "row-1" }, place, plan };
  const refused = { code: "replace_unconfirmed", class: "guard" };
  const source = new Uint8Array(9);
  await assert.rejects(vod.resume(begun as Checkpoint, { confirmReplace, source }), refused);
  assert.deepEqual(asked, [{ referenceId: "row-1", mediaId }]);
  assert.deepEqual(await storedObjects(service), stored);
  const told = await resumed(beside, "--yes");
  assert.deepEqual([told.code, told.json.mediaId, told.json.bytes], [0, mediaId, 6], told.stderr);
});

/** A checkpoint of an upload that has not begun, with this source. */
const naming = (source: Partial<Checkpoint["source"]>, more: Partial<Checkpoint> = {}) => ({
  version: 1,
  media: { type: "video", title: "t", fileName: "t.mp4" },
  region: service.region,
  source: { queryRemoved: false, validator: {}, ...source },
  objectHeaders: [],
  bytesAccepted: 0,
  ...more,
});

async function resumed(checkpoint: unknown, ...more: string[]) {
  const file = join(folder, "inbox/strange.json");
  await writeFile(file, JSON.stringify(checkpoint));
  const known = service.log.length;
  const result = await vodlift(["resume", file, "--json", ...more], {
    service,
    cwd: join(folder, "work"),
  });
  return { ...result, requests: service.log.length - known };
}

test("a file outside of where it is resumed is not read unless somebody says so", async () => {
  await symlink(join(folder, "secret.mp4"), join(folder, "work/link.mp4"));
  await symlink(folder, join(folder, "work/away"));
  const outside = [
    join(folder, "secret.mp4"),
    "../secret.mp4",
    "./../secret.mp4",
    "film.mp4/../../secret.mp4",
    join(folder, "work/../secret.mp4"),
    "link.mp4",
    "away/secret.mp4",
    "/etc/hostname",
    "/proc/self/environ",
    "..",
  ];
  for (const path of outside) {
    const { code, json, requests } = await resumed(naming({ path }));
    assert.deepEqual([code, json.error.code, requests], [7, "source_unconfirmed", 0], path);
    assert.match(json.error.hint, /--yes\b.*--source\b/);
  }
  const { code, json, stderr } = await resumed(naming({ path: "../secret.mp4" }), "--yes");
  assert.equal(code, 0, stderr);
  assert.equal(json.bytes, 15);
  const source = ["--source", "../secret.mp4"];
  assert.equal((await resumed(naming({ path: "/etc/hostname" }), ...source)).code, 0);
});

test("a file below the working directory, or beside its checkpoint, is read", async () => {
  await writeFile(join(folder, "inbox/beside.mp4"), "beside");
  await writeFile(join(folder, "inbox/.hidden.mp4"), "hidden");
  for (const path of [
    "film.mp4",
    "./film.mp4",
    "../inbox/beside.mp4",
    join(folder, "work/film.mp4"),
  ]) {
    const { code, stderr } = await resumed(naming({ path }));
    assert.equal(code, 0, `${path}: ${stderr}`);
  }
  assert.equal((await resumed(naming({ path: "../inbox/.hidden.mp4" }))).code, 7);
  // A checkpoint that came to another machine says where the file was on the first.
  for (const path of ["gone.mp4", "/elsewhere/gone.mp4"]) {
    for (const said of [[], ["--yes"]]) {
      const { code, json } = await resumed(naming({ path }), ...said);
      assert.deepEqual([code, json.error.code], [3, "source_missing"]);
      assert.match(json.error.hint, /--source/);
    }
  }
});

test("what a checkpoint names is guarded as any source is", async () => {
  for (const [url, code] of [
    ["file:///etc/hostname", "url_refused"],
    ["http://169.254.169.254/latest/meta-data/", "address_refused"],
    ["http://10.0.0.1/admin", "address_refused"],
    ["http://localhost/admin", "url_refused"],
    ["http://user:pass@example.com/", "url_refused"],
    ["data:video/mp4,x", "url_refused"],
  ] as const) {
    const end = await resumed(naming({ url }), "--yes");
    assert.deepEqual([end.code, end.json.error.code, end.requests], [7, code, 0], url);
  }
  const metadata = naming({ url: "http://169.254.170.2/v2/credentials" });
  const allowed = await resumed(metadata, "--allow-private", "--yes");
  assert.deepEqual([allowed.code, allowed.requests], [7, 0]);
  for (const more of [
    { objectHeaders: [["x-oss-meta-a", "b\r\nx-oss-object-acl: public-read"]] },
    { objectHeaders: [["a\r\nb", "c"]] },
  ] as unknown as Partial<Checkpoint>[]) {
    const { code, requests } = await resumed(naming({ path: "film.mp4" }, more));
    assert.deepEqual([code, requests], [2, 0], JSON.stringify(more));
  }
});

test("a caller of the API is asked about what a checkpoint names, and not about what it passes itself", async () => {
  const asked: unknown[] = [];
  const confirmSource = (source: unknown) => {
    asked.push(source);
    return false;
  };
  const checkpoint = naming({ path: join(folder, "secret.mp4") }) as Checkpoint;
  const refused = { code: "source_unconfirmed", class: "guard" };
  await assert.rejects(vod.resume(checkpoint, { confirmSource }), refused);
  assert.deepEqual(asked, [{ path: join(folder, "secret.mp4") }]);
  const { bytes } = await vod.resume(checkpoint, { confirmSource, source: new Uint8Array(9) });
  assert.deepEqual([bytes, asked.length], [9, 1]);
  assert.equal((await vod.resume(checkpoint, { confirmSource: () => true })).bytes, 15);
});

/** An upload of another client that is at work until it is told to go on; what everybody may know of it, and its end. */
async function atWork(fileName: string) {
  let go = () => {};
  const going = new Promise<void>((resolve) => {
    go = resolve;
  });
  let begin = (_: Checkpoint) => {};
  const begun = new Promise<Checkpoint>((resolve) => {
    begin = resolve;
  });
  const checkpoint = {
    ...memoryCheckpoint(),
    save: async (now: Checkpoint) => {
      if (now.uploadId === undefined) return;
      begin(structuredClone(now));
      await going;
    },
  };
  const bytes = new Uint8Array(3 * MIB).fill(5);
  const end = vod.upload(bytes, { title: "t", fileName, partSize: MIB, checkpoint });
  const own = await Promise.race([begun, end.then(() => assert.fail("it has ended"))]);
  assert.ok(own.place?.proof, "its own checkpoint proves that it is");
  const known = structuredClone(own);
  delete known.uploadId;
  delete known.place?.proof;
  return { known, go, end };
}

/** What a checkpoint says that names a media which another upload is at work on. */
const NAMING: Record<string, (one: Checkpoint) => void> = {
  "parts that nobody noted": () => {},
  "an upload id that never was": (one) => {
    one.uploadId = "0004B999EF5A239BB9138C6227D69F95";
  },
  "one request": (one) => {
    one.plan = { type: "put", size: 3 * MIB };
  },
  "a proof that is made up": (one) => {
    Object.assign(one.place ?? {}, { proof: "0".repeat(64) });
  },
  "a file that was stored wrong": (one) => {
    one.spoiled = true;
  },
  "a media that was there before": (one) => {
    one.adopted = true;
  },
};

test("an upload that is at work ends well, whatever a stranger's checkpoint says of its media", async () => {
  for (const [what, change] of Object.entries({
    ...NAMING,
    "files of a playlist": (one: Checkpoint) => {
      one.playlist = playlist;
    },
  })) {
    const { known, go, end } = await atWork("at-work.mp4");
    change(known);
    const before = service.log.length;
    const file = join(folder, "inbox/at-work.json");
    await writeFile(file, JSON.stringify(known));
    const source = new Uint8Array(3 * MIB).fill(9);
    const confirmReplace = () => true;
    const ends = [await vod.abort(structuredClone(known)).catch((error) => error.code)];
    const { json } = await vodlift(["abort", file, "--json"], { service });
    ends.push(json.error?.code);
    if (what !== "files of a playlist") {
      const options = { source, ownMediaOnly: true, confirmReplace };
      ends.push(await vod.resume(known, options).catch((error) => error.code));
      await writeFile(join(folder, "work/other.mp4"), source);
      const told = await resumed(known, "--source", "other.mp4");
      ends.push(told.json.error?.code);
    }
    const touched = service.log.slice(before).map(({ operation }) => operation);
    const harm = touched.filter((name) => STORES.includes(name) || name.startsWith("Delete"));
    assert.deepEqual(harm, [], `${what}: ${ends}`);
    go();
    const { restarts, objectKey } = await end;
    assert.equal(restarts, 0, what);
    const stored = await readFile(join(service.dir, service.bucket, objectKey));
    assert.equal(stored.every((byte) => byte === 5) && stored.length, 3 * MIB, what);
    const refusals = ["media_unconfirmed", "replace_unconfirmed", undefined];
    assert.ok(
      ends.every((code) => refusals.includes(code)),
      `${what}: ${ends}`,
    );
  }
});

type Place = NonNullable<Checkpoint["place"]>;

test("a manifest goes into the media that its rows say, whatever the checkpoints beside its report say", async () => {
  const changes: Record<string, (one: Checkpoint, victim: Place) => void> = {
    "a media with a file": (one, victim) => {
      one.place = victim;
    },
    "a media with a file, and a proof that is made up": (one, victim) => {
      one.place = { ...victim, proof: "0".repeat(64) };
    },
    "a media that was stored wrong": (one, victim) => {
      Object.assign(one, { place: victim, spoiled: true });
    },
    "a media to replace": (one, victim) => {
      Object.assign(one, { place: victim, replace: { mediaId: victim.mediaId } });
    },
    "a media to replace, and no place": (one, victim) => {
      delete one.place;
      Object.assign(one, { replace: { mediaId: victim.mediaId } });
    },
    "a media of a reference id to replace": (one) => {
      delete one.place;
      Object.assign(one, { replace: { referenceId: "victim-1" } });
    },
  };
  let refused = 0;
  for (const [what, change] of Object.entries(changes)) {
    const own = await startService({ faults: [parseFault("PutObject:2:403=AccessDenied")] });
    const desk = await mkdtemp(join(tmpdir(), "vodlift-strange-rows-"));
    try {
      const { endpoint, region, accessKeyId, accessKeySecret } = own;
      const other = new Vodlift({ endpoint, region, accessKeyId, accessKeySecret });
      const media = { title: "t", fileName: "t.mp4", referenceId: "victim-1" };
      const { mediaId, bucket, objectKey } = await other.upload(new Uint8Array(7).fill(5), media);
      await writeFile(join(desk, "film.mp4"), "a film!");
      await writeFile(join(desk, "films.csv"), "source\nfilm.mp4\n");
      const options = [join(desk, "films.csv"), "--json", "--no-reference-ids"];
      const ingest = () => vodlift(["ingest", ...options], { service: own });
      assert.notEqual((await ingest()).code, 0, what);
      const left = join(desk, "films.csv.report.jsonl.d");
      const [name = ""] = (await readdir(left)).filter((one) => one.endsWith(".json"));
      const checkpoint = JSON.parse(await readFile(join(left, name), "utf8"));
      change(checkpoint, { mediaId, bucket, objectKey });
      await writeFile(join(left, name), JSON.stringify(checkpoint));
      const first = await ingest();
      // It has no --yes: the next run begins the row anew.
      if (/_unconfirmed$/.test(first.json.error?.code ?? "")) {
        assert.match(first.json.error.hint, /run the same command again/, what);
        assert.doesNotMatch(first.json.error.hint, /--yes/, what);
        refused += 1;
      }
      const { code, json, stderr } = first.code === 0 ? first : await ingest();
      assert.deepEqual([code, json.left], [0, 0], `${what}: ${stderr}`);
      const [done] = (await readFile(join(desk, "films.csv.report.jsonl"), "utf8"))
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line))
        .filter(({ state }) => state === "done");
      assert.ok(done.mediaId && done.mediaId !== mediaId, `${what}: into another's media`);
      const stored = await readFile(join(own.dir, bucket, objectKey));
      assert.ok(stored.length === 7 && stored.every((byte) => byte === 5), what);
    } finally {
      await own.close();
      await rm(desk, { recursive: true });
    }
  }
  assert.ok(refused > 0, "a row was refused for its checkpoint");
});

test("whoever vouches for a checkpoint of another key can give its upload up", async () => {
  const { known, go, end } = await atWork("vouched.mp4");
  await assert.rejects(vod.abort(known), { code: "media_unconfirmed" });
  await assert.rejects(vod.abort(known, { ownMediaOnly: "no" as never }), {
    code: "invalid_argument",
  });
  await vod.abort(known, { ownMediaOnly: false });
  assert.ok(service.log.some(({ operation }) => operation === "DeleteMultipartUpload"));
  go();
  // Its parts were removed: it begins anew.
  assert.equal((await end).restarts, 1);
});

/** A person at the terminal, who types this. */
const person = (line: string) => ({
  env: {
    NODE_OPTIONS:
      "--import data:text/javascript,process.stdin.isTTY=true;process.stderr.isTTY=true",
  },
  stdin: new TextEncoder().encode(line),
});

test("whoever sits at the terminal is asked about a media that is not proven, and --yes answers", async () => {
  const file = join(folder, "inbox/unproven.json");
  await writeFile(join(folder, "work/unproven.mp4"), new Uint8Array(3 * MIB).fill(9));
  const resume = ["resume", file, "--source", join(folder, "work/unproven.mp4")];
  for (const [what, args, done] of [
    ["abort", ["abort", file], "DeleteMultipartUpload"],
    ["resume", resume, "CompleteMultipartUpload"],
  ] as const) {
    for (const [answer, more, end] of [
      ["nobody is there", {}, 7],
      ["n\n", person("n\n"), 7],
      ["", person(""), 7],
      ["y\n", person("y\n"), 0],
      ["--yes", {}, 0],
    ] as const) {
      const place = `${what}, ${JSON.stringify(answer)}`;
      const { known, go, end: other } = await atWork("unproven.mp4");
      await writeFile(file, JSON.stringify(known));
      const before = service.log.length;
      const yes = answer === "--yes" ? [answer] : [];
      const { code, json, stderr } = await vodlift([...args, "--json", ...yes], {
        service,
        ...more,
      });
      assert.equal(code, end, `${place}: ${stderr}`);
      const asked = stderr.split("[y/N]").length - 1;
      assert.equal(asked, "stdin" in more ? 1 : 0, `${place}: ${stderr}`);
      const touched = service.log.slice(before).map(({ operation }) => operation);
      assert.equal(touched.includes(done), code === 0, `${place}: ${touched}`);
      if (code !== 0) {
        assert.equal(json.error.code, "media_unconfirmed", place);
        assert.match(json.error.hint, /AccessKey.*--yes\b/, place);
        assert.deepEqual(JSON.parse(await readFile(file, "utf8")), known, place);
      } else await assert.rejects(readFile(file), { code: "ENOENT" }, place);
      go();
      await other.catch(() => {});
    }
  }
});

test("Ctrl-C at the question is an interruption, and no answer", async () => {
  const file = join(folder, "inbox/unanswered.json");
  const source = join(folder, "work/unanswered.mp4");
  await writeFile(source, new Uint8Array(3 * MIB).fill(9));
  for (const args of [
    ["resume", file, "--source", source],
    ["abort", file],
  ]) {
    const { known, go, end: other } = await atWork("unanswered.mp4");
    await writeFile(file, JSON.stringify(known));
    const { code, stderr } = await vodlift(args, {
      service,
      ...person(""),
      // Whoever sits there types nothing.
      stdin: new Readable({ read() {} }),
      during(child) {
        child.stderr?.on("data", (text) => {
          if (String(text).includes("[y/N]")) child.kill("SIGINT");
        });
      },
    });
    assert.equal(code, 130, `${args[0]}: ${stderr}`);
    assert.deepEqual(JSON.parse(await readFile(file, "utf8")), known);
    go();
    await other.catch(() => {});
  }
});

test("no --yes has an abort remove a media that has its file, nor another object's", async () => {
  const file = join(folder, "inbox/evil.json");
  const known = service.log.length;
  for (const [what, checkpoint] of Object.entries(strange())) {
    await writeFile(file, JSON.stringify(checkpoint));
    const { code, json } = await vodlift(["abort", file, "--json", "--yes"], { service });
    if (what === "another media") assert.equal(code, 0, what);
    else assert.match(json.error.code, /^(abort_refused|checkpoint_invalid)$/, what);
  }
  assert.equal(removals(known), 0);
  assert.equal((await vod.videoInfo(finished.place?.mediaId ?? "")).status, "Normal");
});
