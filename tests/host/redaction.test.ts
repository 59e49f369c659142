// OSS repeats a refused token in its answer, VOD the string that it signed itself. Neither may get out: not in what is
// printed or reported, not in a checkpoint, in no form.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { inspect } from "node:util";
import { parseFault } from "../../pkg/src/emulator/index.ts";
import { fileCheckpoint, Vodlift, VodliftError } from "../../pkg/src/index.ts";
import { vodlift } from "../support/cli.ts";
import { forms, leaks } from "../support/leaks.ts";
import { startService } from "../support/service.ts";

const PART = 102_400;

test("a secret is found in every form that a text may have it in", () => {
  const secret = "CAIS/abc+def==0123456789";
  const escaped = encodeURIComponent(secret);
  const base64 = (text: string) => Buffer.from(text).toString("base64");
  const hidden = [secret, escaped, encodeURIComponent(escaped), base64(secret)];
  for (const before of ["", "a", "ab", "abc"]) hidden.push(base64(`${before}${secret} and more`));
  hidden.push(Buffer.from(`{"x":"${secret}"}`).toString("base64url"));
  const hex = Buffer.from(secret).toString("hex");
  hidden.push(hex, hex.toUpperCase(), hex.replace(/../g, "%$&"), secret.replaceAll("/", "\\/"));
  hidden.push("CAIS\\u002fabc\\u002bdef\\u003d\\u003d0123456789");
  hidden.push(escaped.replace(/%../g, (digits) => digits.toLowerCase()));
  for (const text of hidden) assert.deepEqual(leaks(`before ${text} after`, [secret]), [secret]);
  assert.deepEqual(leaks("nothing", [secret]), []);
  assert.ok(forms(secret).every((form) => form.length > 8));
});

/** Refusals that repeat a token, each at another place of an upload. */
const REFUSALS = [
  "PutObject:*:403=InvalidSecurityToken",
  "PutObject:*:early-403=SecurityTokenExpired",
  "InitiateMultipartUpload:*:403=SecurityTokenExpired",
  "UploadPart:*:403=InvalidSecurityToken",
  "CompleteMultipartUpload:*:403=SecurityTokenExpired",
];

for (const refusal of REFUSALS) {
  test(`no token is told after ${refusal}`, async (t) => {
    const service = await startService({ faults: [parseFault(refusal)] });
    const folder = await mkdtemp(join(tmpdir(), "vodlift-redaction-"));
    t.after(async () => {
      await service.close();
      await rm(folder, { recursive: true, force: true });
    });
    const size = refusal.startsWith("PutObject") ? 1_000 : 2 * PART + 1;
    const film = join(folder, "film.mp4");
    await writeFile(film, randomBytes(size));
    const checkpoint = join(folder, "film.json");
    const args = ["upload", film, "--part-size", String(PART), "--checkpoint", checkpoint];
    // What is printed is searched by `vodlift` itself.
    const { code, json } = await vodlift([...args, "--json"], { service });
    assert.notEqual(code, 0);
    assert.ok(json.error.hint);
    const kept = await readFile(checkpoint, "utf8").catch(() => "");

    const told: unknown[] = [kept, json];
    const vod = new Vodlift(service);
    const options = {
      partSize: PART,
      fileName: "film.mp4",
      checkpoint: fileCheckpoint(join(folder, "again.json")),
      onProgress: (progress: unknown) => void told.push(progress),
    };
    await assert.rejects(vod.upload(randomBytes(size), options), (error) => {
      assert.ok(error instanceof VodliftError);
      told.push(error, inspect(error, { depth: 9, showHidden: true }), `${error.stack}`);
      return true;
    });
    told.push(await readFile(join(folder, "again.json"), "utf8").catch(() => ""));
    const text = told
      .map((one) => (typeof one === "string" ? one : JSON.stringify(one)))
      .join("\n");
    assert.ok(service.issuedSecrets.length > 0);
    assert.deepEqual(leaks(text, service.issuedSecrets), []);
  });
}

test("a JSON text within JSON, and a secret that needs escapes there, are searched, too", () => {
  const secret = 'quote" and \\ back/slash';
  const once = JSON.stringify({ secret });
  for (const text of [once, JSON.stringify({ body: once })]) {
    assert.deepEqual(leaks(text, [secret]), [secret]);
  }
});

test("the string to sign that VOD repeats tells no token of the caller's own", async (t) => {
  const service = await startService();
  t.after(() => service.close());
  const { accessKeyId, securityToken } = service.issueTemporaryCredential();
  const env = { ALIBABA_CLOUD_SECURITY_TOKEN: securityToken };
  const wrong = { ...service, accessKeyId, accessKeySecret: "wr0ng-s3cret-of-the-caller" };
  for (const scheme of ["rpc", "acs3"]) {
    const args = ["call", "SearchMedia", "--vod-signature", scheme];
    const { code, json, stderr } = await vodlift([...args, "--json"], { service: wrong, env });
    assert.equal(code, 4, stderr);
    assert.equal(json.error.code, "signature_mismatch");
    assert.deepEqual(leaks(`${stderr}${JSON.stringify(json)}`, [securityToken]), []);
  }
});
