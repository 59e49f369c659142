// A certificate that is not trusted is told apart from a network that is down, on each of the three ways.
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { createTlsIdentity } from "../../pkg/src/emulator/tls.ts";
import { failureFrom } from "../../pkg/src/hosts/failure.ts";
import { vodlift } from "../support/cli.ts";
import { assertNothingStored, type Emulator, startService } from "../support/service.ts";

let plain: Emulator;
let secure: Emulator;
let folder: string;
let film: string;
const source = createServer(createTlsIdentity(["127.0.0.1"], Date.now()));

before(async () => {
  plain = await startService();
  secure = await startService({ tls: true });
  folder = await mkdtemp(join(tmpdir(), "vodlift-tls-"));
  film = join(folder, "film.mp4");
  await writeFile(film, Buffer.alloc(300_000));
  await writeFile(join(folder, "ca.pem"), secure.ca ?? "");
  await new Promise<void>((resolve) => source.listen(0, "127.0.0.1", resolve));
});
after(async () => {
  source.close();
  await plain.close();
  await secure.close();
  await rm(folder, { recursive: true, force: true });
});

async function refused(service: Emulator, exit: number, code: string, args: string[]) {
  const result = await vodlift([...args, "--json"], { service });
  const { error } = result.json ?? {};
  assert.deepEqual([result.code, error?.code, error?.retryable], [exit, code, false]);
  assert.match(error.hint, /NODE_EXTRA_CA_CERTS/);
  return error.message as string;
}

test("VOD's, in an upload and in a call", async () => {
  const upload = await refused(secure, 5, "tls_untrusted", ["upload", film]);
  assert.match(upload, /^CreateUploadVideo: no reply from 127\.0\.0\.1:\d+: [A-Z_]+$/);
  await refused(secure, 5, "tls_untrusted", ["call", "GetVideoInfo", "VideoId=x"]);
  assert.equal(secure.log.length, 0, "nothing was sent");
});

for (const [what, ...size] of [["put"], ["parts", "--part-size", "100KiB"]]) {
  test(`that of OSS, in ${what}`, async () => {
    const to = ["--oss-endpoint", secure.endpoint, "--oss-region", secure.region];
    await refused(plain, 5, "tls_untrusted", ["upload", film, ...to, ...size]);
    await assertNothingStored(plain);
  });
}

test("a source's", async () => {
  const { port } = source.address() as AddressInfo;
  const url = `https://127.0.0.1:${port}/film.mp4`;
  const code = "source_tls_untrusted";
  await refused(plain, 3, code, ["upload", url, "--allow-private"]);
  const list = `https://127.0.0.1:${port}/film.m3u8`;
  await refused(plain, 3, code, ["upload", list, "--as", "playlist", "--allow-private"]);
});

test("what the hint says helps", async () => {
  const env = { NODE_EXTRA_CA_CERTS: join(folder, "ca.pem") };
  const { code, stderr } = await vodlift(["upload", film], { service: secure, env });
  assert.equal(code, 0, stderr);
});

test("each runtime's words for it are known, and those for a certificate of ours are not taken for it", () => {
  const blamed = (text: string, code?: string) =>
    failureFrom(
      new TypeError("fetch failed", { cause: Object.assign(new Error(text), { code }) }),
      "network",
    ).kind;
  assert.equal(blamed("self-signed certificate", "DEPTH_ZERO_SELF_SIGNED_CERT"), "untrusted");
  assert.equal(
    blamed("unable to verify the first certificate", "UNABLE_TO_VERIFY_LEAF_SIGNATURE"),
    "untrusted",
  );
  assert.equal(blamed("tlsv13 alert certificate required", "ERR_SSL_TLSV13_ALERT"), "network");
  assert.equal(blamed("read ECONNRESET", "ECONNRESET"), "network");
  const deno = new TypeError("invalid peer certificate: UnknownIssuer");
  assert.equal(failureFrom(deno, "source_network").kind, "source_untrusted");
  assert.equal(failureFrom(deno, "source_read").kind, "source_read");
});
