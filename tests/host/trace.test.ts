// A session is written down without a secret, and what was written down can be run again: the core does the same. Sources,
// credentials, faults and ends are drawn.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type EmulatorOptions, parseFault } from "../../pkg/src/emulator/index.ts";
import {
  fromFile,
  memoryCheckpoint,
  type UploadOptions,
  Vodlift,
  VodliftError,
} from "../../pkg/src/index.ts";
import { vodlift } from "../support/cli.ts";
import { type Drawn, drawn, seeds } from "../support/drawn.ts";
import { serveFilm } from "../support/hls.ts";
import { leaks } from "../support/leaks.ts";
import { type Origin, startOrigin } from "../support/origin.ts";
import { type Emulator, startService } from "../support/service.ts";

const PART = 102_400;
const ROOT = fileURLToPath(new URL("../..", import.meta.url));

let folder: string;
let origin: Origin;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "vodlift-trace-"));
  origin = await startOrigin();
});
after(async () => {
  await origin.close();
  await rm(folder, { recursive: true });
});

/** Runs a trace again. */
async function replay(path: string): Promise<{ same: boolean; told: string }> {
  const cargo = ["run", "-q", "-p", "replay", "--", path];
  try {
    const { stdout } = await promisify(execFile)("cargo", cargo, { cwd: ROOT });
    return { same: true, told: stdout };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    assert.equal(code, 1, stderr);
    return { same: false, told: stdout };
  }
}

const SECRETS = {
  query: "s1gnature-of-the-s0urce",
  password: "p4ssword-in-the-url",
  header: "b3arer-of-the-source",
  cookie: "c00kie-of-the-source",
  callback: "t0ken-of-the-callback",
  variable: "v4riable-of-the-callback",
  user: "s3cret-within-user-data",
};

const FAULTS = [
  "UploadPart:1-2:403=InvalidSecurityToken",
  "UploadPart/2:1-2:503=ServiceUnavailable",
  "UploadPart:1:reset-after",
  "UploadPart:2:reset-before",
  "UploadPart:1:wrong-crc",
  "PutObject:1:early-403=SecurityTokenExpired",
  "PutObject:1:reset-after",
  "InitiateMultipartUpload:1:500=InternalError",
  "CompleteMultipartUpload:1:reset-after",
  "CompleteMultipartUpload:1:truncate-answer",
  "CreateUploadVideo:1-2:503=ServiceUnavailable",
  "CreateUploadVideo:1:reset-after",
  "*:2:clock-skew=900000",
  "CompleteMultipartUpload:*:403=AccessDenied",
];

/** What one session is about. */
async function session(draw: Drawn, seed: number, vod: Vodlift, lines: (line: string) => void) {
  const size = draw.of([1000, PART, 2 * PART + 1, 5 * PART]);
  const url = `${origin.add(`/film-${seed}.mp4`, {
    size,
    ...(draw.of([true, false]) && { redirects: 2 }),
    ...(draw.of([true, false]) && { wantsCookie: true }),
    ...draw.of([{}, {}, { noRanges: true }, { dieAfter: 5000, dieTimes: 1 }, { status: 404 }]),
  })}?token=${SECRETS.query}&pin=4711`;
  const headers = { Authorization: `Bearer ${SECRETS.header}`, Cookie: `id=${SECRETS.cookie}` };
  const bytes = new Uint8Array(size).fill(seed);
  const file = join(folder, `film-${seed}.mp4`);
  await writeFile(file, bytes);
  const source = draw.of([{ url, headers }, { url, headers }, fromFile(file), bytes]);
  const playlist = {
    url: `${serveFilm(origin)}?token=${SECRETS.query}`,
    headers: { "X-Key": SECRETS.header },
  };
  const controller = new AbortController();
  const abortsAfter = draw.of([undefined, undefined, undefined, 1]);
  const callback = {
    url: `https://example.com/done?token=${SECRETS.callback}`,
    body: `object=\${object}&secret=${SECRETS.callback}`,
    variables: { "x:secret": SECRETS.variable },
  };
  const options: UploadOptions = {
    fileName: "film.mp4",
    partSize: PART,
    allowPrivateSources: true,
    userData: JSON.stringify({
      MessageCallback: { CallbackURL: `https://example.com/?key=${SECRETS.user}` },
    }),
    signal: controller.signal,
    trace: lines,
    onProgress: ({ partsAccepted }) => {
      if (partsAccepted === abortsAfter) controller.abort();
    },
  };
  if (draw.upTo(4) === 0) {
    const { fileName: _, partSize: __, ...rest } = options;
    return vod.uploadPlaylist(playlist, rest);
  }
  if (draw.of([true, false, false])) {
    const store = memoryCheckpoint();
    const slice = { ...options, checkpoint: store, budget: { parts: 2 } };
    const end = await vod.upload(source, slice);
    if (!("suspended" in end)) return end;
    const { signal, trace, allowPrivateSources } = options;
    return vod.resume(store, { source, signal, trace, allowPrivateSources } as never);
  }
  return vod.upload(source, { ...options, ...(draw.of([true, false]) && { callback }) });
}

function isAddress(secret: string): boolean {
  return Buffer.from(secret, "base64").toString().startsWith('{"Endpoint"');
}

/** One trace a run: a resume begins another. */
async function write(lines: string[], name: string): Promise<string[]> {
  const runs: string[][] = [];
  for (const line of lines) {
    if (line.startsWith('{"trace"')) runs.push([]);
    runs.at(-1)?.push(line);
  }
  const paths = runs.map((_, at) => join(folder, `${name}-${at}.jsonl`));
  await Promise.all(paths.map((path, at) => writeFile(path, `${runs[at]?.join("\n")}\n`)));
  return paths;
}

for (const seed of seeds(16)) {
  test(`what was written down is run again and does the same (SEED=${seed})`, async (t) => {
    const draw = drawn(seed);
    const { signature, ...habits } = draw.of([
      { signature: "acs3" },
      { signature: "rpc" },
      { signature: "acs3", credentialSeconds: 2 },
    ] as const) as { signature: "acs3" | "rpc" } & EmulatorOptions;
    const faults = draw.of([[], [], [draw.of(FAULTS)], [draw.of(FAULTS), draw.of(FAULTS)]]);
    const service = await startService({ ...habits, faults: faults.map(parseFault) });
    t.after(() => service.close());
    const { accessKeyId, accessKeySecret, securityToken } = service.issueTemporaryCredential();
    const keys = draw.of([{}, { accessKeyId, accessKeySecret, securityToken }]);
    const vod = new Vodlift({ ...service, ...keys, vodSignature: signature } as never);
    const lines: string[] = [];
    const end = await session(draw, seed, vod, (line) => lines.push(line)).catch((error) => error);
    if (end instanceof Error) assert.ok(end instanceof VodliftError, end.stack);
    const own = [...Object.values(SECRETS), service.accessKeySecret, accessKeySecret];
    // Where a file goes is no secret, only what may write there.
    const issued = service.issuedSecrets.filter((secret) => !isAddress(secret));
    assert.ok(issued.length > 0);
    assert.deepEqual(leaks(lines.join("\n"), [...own, ...issued]), []);
    assert.doesNotMatch(lines.join("\n"), /pin(=|%3D)4711/, "the value of a short parameter");
    assert.doesNotMatch(lines.join("\n"), /"proof":"[^…]/);
    for (const path of await write(lines, `seed-${seed}`)) {
      const { same, told } = await replay(path);
      assert.ok(same, told);
    }
  });
}

test("where the core does otherwise is said, with line, event and place", async (t) => {
  const service = await startService();
  t.after(() => service.close());
  const lines: string[] = [];
  await new Vodlift(service).upload(new Uint8Array(10), {
    fileName: "film.mp4",
    trace: (line) => lines.push(line),
  });
  const at = lines.findIndex(
    (line) => line.includes("InitiateMultipartUpload") || line.includes('"transfer"'),
  );
  assert.ok(at > 0);
  lines[at] = lines[at]?.replace('"checksum":false', '"checksum":true') ?? "";
  const [path = ""] = await write(lines, "changed");
  const { same, told } = await replay(path);
  assert.equal(same, false);
  assert.match(told, new RegExp(`^line ${at + 1}: `));
  assert.match(told, /effect \d+, \/checksum\n {2}recorded: true\n {2}replayed: false/);
});

test("--trace writes a new file of its owner's alone, also where the upload fails", async (t) => {
  const service = await startService({
    faults: [parseFault("CreateUploadVideo:*:403=Forbidden.RAM")],
  });
  t.after(() => service.close());
  const film = join(folder, "film.mp4");
  await writeFile(film, "film");
  const path = join(folder, "cli.jsonl");
  const args = ["upload", film, "--json", "--trace", path];
  const first = await vodlift(args, { service });
  assert.notEqual(first.code, 0);
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  const text = await readFile(path, "utf8");
  assert.deepEqual(leaks(text, [service.accessKeySecret]), []);
  assert.match(text.trimEnd().split("\n").at(-1) ?? "", /"type":"failed"/);
  assert.equal((await replay(path)).same, true);
  const again = await vodlift(args, { service });
  assert.deepEqual([again.code, again.json.error.code], [2, "invalid_argument"]);
  assert.match(again.json.error.message, /--trace .*: it exists already/);
});

test("a trace function that throws ends the upload, as any function of the caller's does", async (t) => {
  const service: Emulator = await startService();
  t.after(() => service.close());
  const wrong = new Error("the disk is full");
  const trace = () => {
    throw wrong;
  };
  const upload = new Vodlift(service).upload(new Uint8Array(10), { fileName: "film.mp4", trace });
  await assert.rejects(
    upload,
    (error) => error === wrong || (error as VodliftError).cause === wrong,
  );
});
