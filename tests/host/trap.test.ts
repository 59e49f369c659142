// The core traps in the middle of one of several uploads: that one fails with a code of its own, and what it has stored is
// as good as before, or removed where nothing could resume from it; the others do not notice.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, afterEach, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Vodlift, VodliftError } from "../../pkg/src/index.ts";
import { core } from "../../pkg/src/wasm/index.ts";
import {
  assertNothingOpen,
  assertNothingStored,
  type Emulator,
  mediaMade,
  startService,
} from "../support/service.ts";
import { startSite } from "../support/site.ts";
import { type End, film, trapNext } from "../support/trap.ts";
import { startWorkerd } from "../support/workerd.ts";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../..", import.meta.url));
let service: Emulator;
let restore = () => {};
before(async () => {
  service = await startService();
});
after(() => service.close());
afterEach(() => restore());

const account = ({ accessKeyId, accessKeySecret, region, endpoint }: Emulator) => ({
  accessKeyId,
  accessKeySecret,
  region,
  endpoint,
});
const how = { fileName: "film.mp4", partSize: 102_400, concurrency: 1 };

async function held(emulator: Emulator, { bucket = "", objectKey = "" }: End): Promise<Uint8Array> {
  return readFile(join(emulator.dir, bucket, objectKey));
}

async function asItShouldBe(ends: Record<string, End>): Promise<void> {
  assert.equal(ends.trapped?.code, "core_stopped");
  assert.match(ends.trapped?.hint ?? "", /resume/);
  assert.equal(ends.alone?.code, "core_stopped");
  for (const [number, name] of ["resumed", "second", "third"].entries()) {
    const end = ends[name] ?? {};
    assert.ok(Buffer.from(film(number)).equals(await held(service, end)), name);
  }
  await assertNothingOpen(service);
}

for (const [program = "", ...args] of [["node"], ["deno", "run", "-A"], ["bun"]]) {
  const binary = join(root, "node_modules/.bin", program);
  const skip = existsSync(binary) ? false : `${program} is not installed`;
  test(`${program}: a trap ends one upload of three, and that one is resumed`, {
    skip,
  }, async () => {
    const script = join(root, "tests/support/trap-script.ts");
    const given = [...args, script, JSON.stringify(account(service))];
    const { stdout } = await run(binary, given, { timeout: 120_000 });
    await asItShouldBe(JSON.parse(stdout));
  });
}

test("workerd: a trap ends one upload of three, and that one is resumed", async () => {
  const entry = join(root, "tests/support/trap-worker.ts");
  const wasm = join(root, "pkg/src/wasm/core.wasm");
  const bindings = { SERVICE: JSON.stringify(account(service)) };
  const workerd = await startWorkerd(entry, { wasm, bindings });
  try {
    await asItShouldBe(await (await fetch(workerd.url)).json());
  } finally {
    await workerd.close();
  }
});

/** What a trapped upload without a checkpoint store says. */
async function stopped(work: Promise<unknown>): Promise<VodliftError> {
  let stopped: unknown;
  await work.catch((error) => {
    stopped = error;
  });
  assert.ok(stopped instanceof VodliftError, String(stopped));
  assert.equal(stopped.code, "core_stopped");
  return stopped;
}

// From the first moment at which something is on the server.
for (const [event, nth] of [
  ["InitiateMultipartUploadResult", 1],
  ['"transferred"', 1],
  ['"transferred"', 5],
] as const) {
  test(`without a checkpoint nothing of a trapped upload stays (${event} ${nth})`, async () => {
    const alone = await startService();
    try {
      restore = trapNext(event, nth);
      const error = await stopped(new Vodlift(account(alone)).upload(film(0), how));
      const [{ id } = { id: "?" }] = await mediaMade(alone);
      assert.match(error.message, new RegExp(id));
      assert.deepEqual(error.warnings, []);
      await assertNothingStored(alone);
    } finally {
      await alone.close();
    }
  });
}

test("without a checkpoint the files of a trapped playlist go with their media", async () => {
  const alone = await startService();
  const segments = Object.fromEntries(
    Array.from({ length: 6 }, (_, at) => [`/${at}.ts`, `segment ${at}`]),
  );
  const names = Object.keys(segments).map((path) => `#EXTINF:6,\n${path.slice(1)}`);
  const site = await startSite({
    ...segments,
    "/i.m3u8": ["#EXTM3U", ...names, "#EXT-X-ENDLIST", ""].join("\n"),
  });
  try {
    restore = trapNext('"transferred"', 4);
    const options = { allowPrivateSources: true, concurrency: 1 };
    await stopped(new Vodlift(account(alone)).uploadPlaylist(`${site.url}/i.m3u8`, options));
    await assertNothingStored(alone);
  } finally {
    await Promise.all([alone.close(), site.close()]);
  }
});

test("what of a trapped upload cannot be removed is named in a warning", async () => {
  const alone = await startService({
    faults: [
      {
        operation: "AbortMultipartUpload",
        action: { kind: "answer", status: 403, code: "AccessDenied" },
      },
    ],
  });
  try {
    restore = trapNext();
    const error = await stopped(new Vodlift(account(alone)).upload(film(0), how));
    const [open] = await alone.openUploads();
    const [{ id } = { id: "?" }] = await mediaMade(alone);
    const [warning] = error.warnings;
    assert.ok(open && warning, JSON.stringify(error.warnings));
    assert.match(warning.message, new RegExp(`media ${id}`));
    assert.match(warning.message, new RegExp(`upload id ${open.uploadId}`));
    assert.match(warning.message, /AccessDenied/);
    assert.equal(warning.code, "permission_denied");
  } finally {
    await alone.close();
  }
});

for (const [moment, ms] of [
  ["before", 0],
  ["while", 50],
] as const) {
  const title = `a caller who aborts ${moment} a trapped upload is removed does not wait for long`;
  test(title, { timeout: 20_000 }, async () => {
    const alone = await startService({
      faults: [{ operation: "AbortMultipartUpload", action: { kind: "stall" } }],
    });
    const controller = new AbortController();
    try {
      const trapped = () => {
        if (ms === 0) controller.abort();
        else setTimeout(() => controller.abort(), ms);
      };
      restore = trapNext('"transferred"', 3, trapped);
      const { signal } = controller;
      const error = await stopped(new Vodlift(account(alone)).upload(film(0), { ...how, signal }));
      assert.match(error.warnings[0]?.message ?? "", /upload id .* not done within 1000 ms/);
    } finally {
      await alone.close();
    }
  });
}

test("the memory of an instance that has trapped is let go", async () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  restore = trapNext();
  const instance = new WeakRef(core().memory);
  await stopped(new Vodlift(account(service)).upload(film(0), how));
  restore = () => {};
  assert.notEqual(core().memory, instance.deref());
  for (let tries = 0; instance.deref() !== undefined && tries < 50; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    collect();
  }
  assert.equal(instance.deref(), undefined);
});

test("a trap while an upload lets go of its machine costs nobody anything", async () => {
  const { Upload } = core();
  const { free } = Upload.prototype;
  Upload.prototype.free = () => {
    Upload.prototype.free = free;
    free.call({ __destroy_into_raw: () => 0xfffffff0 } as never);
  };
  restore = () => {
    Upload.prototype.free = free;
  };
  const end = await new Vodlift(account(service)).upload(film(0), how);
  assert.ok(Buffer.from(film(0)).equals(await held(service, end)));
});

test("a trap in the checksum of a part is told as that", async () => {
  const { Crc64 } = core();
  const { update } = Crc64.prototype;
  Crc64.prototype.update = (bytes) => {
    Crc64.prototype.update = update;
    update.call({ __wbg_ptr: 0xfffffff0 } as never, bytes);
  };
  restore = () => {
    Crc64.prototype.update = update;
  };
  const alone = await startService();
  try {
    await stopped(new Vodlift(account(alone)).upload(film(0), { ...how, verify: "crc64" }));
    await assertNothingStored(alone);
  } finally {
    await alone.close();
  }
});
