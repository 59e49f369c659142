import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { appendFile, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { startEmulator } from "../support/emulator.ts";
import { completeBody, initiate, ossV4, uploadTarget, vodRpc, xmlText } from "./client.ts";

let dir: string;
before(async () => {
  dir = await mkdtemp(join(tmpdir(), "vodlift-restart-"));
});
after(() => rm(dir, { recursive: true, force: true }));

const MIN = 102_400;

test("assets, credentials, open uploads, objects and keys outlive the process", async () => {
  const first = await startEmulator({ dir, accessKeyId: "mine", accessKeySecret: "my-secret" });
  const { key, keys, videoId } = await uploadTarget(first, "CreateUploadVideo", {
    Title: "t",
    FileName: "f.mp4",
    ReferenceId: "after-restart",
  });
  const uploadId = await initiate(first, key, keys);
  const data = [randomBytes(MIN), randomBytes(MIN), randomBytes(7)];
  const send = (emulator: typeof first, number: number, body: Buffer) =>
    ossV4(emulator, {
      method: "PUT",
      key,
      keys,
      query: { partNumber: String(number), uploadId },
      body,
    });
  await send(first, 1, randomBytes(MIN));
  const one = await send(first, 1, data[0] ?? Buffer.alloc(0));
  const three = await send(first, 3, data[2] ?? Buffer.alloc(0));
  await ossV4(first, {
    method: "PUT",
    key: "object",
    body: "x",
    headers: { "content-type": "a/b" },
  });
  await first.close();

  // What a crash may leave: a part's record cut off, a body half arrived, an upload half created.
  const state = join(dir, ".vodlift-emulator");
  await appendFile(join(state, "uploads", uploadId, "parts.jsonl"), '{"number":2,"si');
  await writeFile(join(state, "incoming", "half"), "x");
  await writeFile(join(state, "uploads", "rubbish"), "x").catch(() => {});

  const second = await startEmulator({ dir });
  deepEqual([second.accessKeyId, second.accessKeySecret], ["mine", "my-secret"]);
  const [open] = await second.openUploads();
  deepEqual([open?.uploadId, open?.key, open?.parts, open?.bytes], [uploadId, key, 2, MIN + 7]);
  const two = await send(second, 2, data[1] ?? Buffer.alloc(0));
  equal(two.status, 200);
  const parts = [one, two, three].map((reply, index) => ({
    number: index + 1,
    etag: reply.headers.etag ?? "",
  }));
  const listed = await ossV4(second, { method: "GET", key, keys, query: { uploadId } });
  equal(listed.text.match(/<Part>/g)?.length, 3);
  const done = await ossV4(second, {
    method: "POST",
    key,
    keys,
    query: { uploadId },
    body: completeBody(parts),
  });
  equal(done.status, 200, done.text);
  ok((await readFile(join(dir, second.bucket, key))).equals(Buffer.concat(data)));

  const ask = { action: "GetMezzanineInfo", parameters: { ReferenceId: "after-restart" } };
  const info = JSON.parse((await vodRpc(second, ask)).text).Mezzanine;
  deepEqual([info.VideoId, info.Status], [videoId, "Normal"]);
  const head = await ossV4(second, { method: "HEAD", key: "object" });
  equal(head.headers["content-type"], "a/b");
  deepEqual(await readdir(join(state, "incoming")), []);
  await second.close();
});

test("an upload that was completed when the process died does not come back as an empty one", async () => {
  const first = await startEmulator({ dir });
  const uploadId = await initiate(first, "completed");
  const query = { partNumber: "1", uploadId };
  await ossV4(first, { method: "PUT", key: "completed", query, body: randomBytes(MIN) });
  await first.close();
  const folder = join(dir, ".vodlift-emulator", "uploads", uploadId);
  await rename(join(folder, "data"), join(dir, first.bucket, "completed"));
  const second = await startEmulator({ dir });
  deepEqual(await second.openUploads(), []);
  const list = { method: "GET", key: "completed", query: { uploadId } };
  equal(xmlText((await ossV4(second, list)).text, "Code"), "NoSuchUpload");
  equal((await ossV4(second, { method: "GET", key: "completed" })).body.length, MIN);
  await second.close();
});

test("an expired credential is still expired after a restart, and foreign folders share nothing", async () => {
  const first = await startEmulator({ dir, credentialLifeSeconds: -1 });
  const { key, keys } = await uploadTarget(first, "CreateUploadVideo", {
    Title: "t",
    FileName: "f.mp4",
  });
  await first.close();
  const second = await startEmulator({ dir });
  const expired = await ossV4(second, { method: "PUT", key, keys, body: "x" });
  equal(xmlText(expired.text, "Code"), "SecurityTokenExpired");
  await second.close();
  const stranger = await startEmulator();
  const foreign = await ossV4(stranger, { method: "PUT", key, keys, body: "x" });
  equal(xmlText(foreign.text, "Code"), "InvalidSecurityToken");
  await stranger.close();
});

test("a taken port and an impossible bucket are refused at the start, and leave no folder behind", async () => {
  const running = await startEmulator();
  const port = Number(new URL(running.endpoint).port);
  const usual = process.env.TMPDIR;
  const empty = await mkdtemp(join(dir, "tmp-"));
  process.env.TMPDIR = empty;
  await rejects(startEmulator({ port }), { code: "EADDRINUSE" });
  await rejects(startEmulator({ bucket: "Not A Bucket" }), RangeError);
  deepEqual(await readdir(empty), []);
  if (usual === undefined) delete process.env.TMPDIR;
  else process.env.TMPDIR = usual;
  await running.close();
});

test("a process that ends without closing takes its temporary folder along", async () => {
  const index = new URL("../../pkg/src/emulator/index.ts", import.meta.url);
  const script = `const { startEmulator } = await import(${JSON.stringify(index.href)});
    console.log((await startEmulator()).dir);
    process.exit();`;
  const { stdout } = spawnSync(process.execPath, ["--input-type=module", "-e", script], {
    encoding: "utf8",
  });
  match(stdout, /vodlift-emulator-/);
  equal(existsSync(stdout.trim()), false);
});
