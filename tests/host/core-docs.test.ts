// What docs/core.md and the comments of `vodlift/core` show runs as it stands there.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { type Emulator, startService, storedSha256 } from "../support/service.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const [creates = "", byUrls = "", drives = "", begins = ""] = blocks(
  await readFile(join(root, "docs/core.md"), "utf8"),
);

let service: Emulator;
let folder: string;

before(async () => {
  service = await startService();
  folder = await mkdtemp(join(tmpdir(), "vodlift-core-docs-"));
  await mkdir(join(folder, "node_modules"));
  await symlink(join(root, "pkg"), join(folder, "node_modules/vodlift"));
});
after(async () => {
  await service.close();
  await rm(folder, { recursive: true, force: true });
});

function blocks(text: string, language = "js"): string[] {
  const fence = new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, "gm");
  return [...text.matchAll(fence)].map(([, code]) => code ?? "");
}

/** The functions of a block. */
// biome-ignore lint/suspicious/noExplicitAny: the document is JavaScript
async function module(name: string, code: string): Promise<any> {
  const file = join(folder, name);
  await writeFile(file, code);
  return import(pathToFileURL(file).href);
}

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
const MIB = 1024 * 1024;

test("the loop with presigned URLs uploads a film, and whoever has the bytes has no key", async () => {
  const { begin, put, complete } = await module("urls.mjs", byUrls);
  const bytes = randomBytes(40 * MIB + 7);
  const { create } = await module("create.mjs", creates);
  const { accessKeyId, accessKeySecret, region, endpoint } = service;
  const params = [
    ["Title", "Film"],
    ["FileName", "film.mp4"],
  ];
  const place = await create({ region, endpoint }, { accessKeyId, accessKeySecret }, params);
  const { keys } = place;
  const film = { ...place.film, region };
  const { uploadId, parts } = await begin(film, bytes.length, keys);
  assert.equal(parts.length, 3);
  assert.ok(!JSON.stringify(parts).includes(keys.accessKeySecret));
  await put(parts, new Blob([bytes], { type: "video/mp4" }));
  const { etag, crc64 } = await complete(film, uploadId, keys);
  assert.match(etag, /-3"$/);
  assert.match(crc64, /^\d+$/);
  assert.equal(await storedSha256(service, film.key), sha256(bytes));
  const signatures = service.log.map(({ operation, signature }) => `${operation} ${signature}`);
  assert.equal(signatures.filter((one) => one === "UploadPart oss-v4-url").length, 3);
});

test("the loop drives an upload with fetch", async () => {
  assert.ok(drives.trimEnd().split("\n").length <= 34, "it is short");
  const { drive } = await module("drive.mjs", drives);
  const { film } = await module("begin.mjs", begins);
  const bytes = randomBytes(3 * MIB + 5);
  const blob = new Blob([bytes]);
  const { accessKeyId, accessKeySecret, region, endpoint } = service;
  const upload = film(blob, { accessKeyId, accessKeySecret }, { region, endpoint });
  const outcome = await drive(upload, blob);
  upload.free();
  assert.deepEqual([outcome.bytes, outcome.parts], [bytes.length, 4]);
  assert.equal(await storedSha256(service, outcome.objectKey), sha256(bytes));
});

test("the loop tells a refusal as the core says it", async () => {
  const { drive } = await module("drive.mjs", drives);
  const { film } = await module("begin.mjs", begins);
  const blob = new Blob([randomBytes(MIB)]);
  const { accessKeyId, region, endpoint } = service;
  const upload = film(blob, { accessKeyId, accessKeySecret: "wrong" }, { region, endpoint });
  await assert.rejects(drive(upload, blob), { code: "signature_mismatch" });
  upload.free();
});

test("each example of a comment runs, and says what it says it does", async () => {
  const source = await readFile(join(root, "pkg/src/oss.ts"), "utf8");
  const examples = blocks(source.replaceAll(/^ *\* ?/gm, ""), "ts");
  assert.equal(examples.length, 4);
  for (const [at, code] of examples.entries()) {
    const file = join(folder, `example${at}.mjs`);
    await writeFile(file, code);
    const { stdout } = await promisify(execFile)(process.execPath, [file], { cwd: folder });
    const said = [...code.matchAll(/^ *console\.log\(.*\); \/\/ (.*)$/gm)].map(([, line]) => line);
    assert.deepEqual(stdout.trimEnd().split("\n"), said, code);
  }
});
