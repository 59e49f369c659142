import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { request } from "node:https";
import { createConnection } from "node:net";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { connect } from "node:tls";
import { createTlsIdentity } from "../../pkg/src/emulator/tls.ts";
import { type Emulator, startEmulator } from "../support/emulator.ts";
import { decode, ossV4, uploadTarget, vodAcs3 } from "./client.ts";

let emulator: Emulator;
before(async () => {
  emulator = await startEmulator({ tls: true });
});
after(() => emulator.close());

test("endpoint and upload address are https, and an upload works when the authority is trusted", async () => {
  match(emulator.endpoint, /^https:\/\/127\.0\.0\.1:\d+$/);
  const { keys, key } = await uploadTarget(emulator, "CreateUploadVideo", {
    Title: "t",
    FileName: "f.mp4",
  });
  const body = Buffer.alloc(300_000, 7);
  equal((await ossV4(emulator, { method: "PUT", key, keys, body })).status, 200);
  deepEqual(await readFile(join(emulator.dir, emulator.bucket, key)), body);
  const created = await vodAcs3(emulator, {
    action: "CreateUploadVideo",
    parameters: { Title: "t", FileName: "f.mp4" },
  });
  equal(decode(JSON.parse(created.text).UploadAddress).Endpoint, emulator.endpoint);
});

function get(options: { ca?: string; host: string }): Promise<number> {
  const { port } = new URL(emulator.endpoint);
  return new Promise((resolve, reject) => {
    const outgoing = request({ ...options, port, path: "/x/y", agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    outgoing.on("error", reject);
    outgoing.end();
  });
}

test("a client that does not trust the authority ends the connection", async () => {
  await rejects(get({ host: "127.0.0.1" }), /certificate/i);
});

test("the certificate is good for the address, for localhost and for the bucket below it", async () => {
  const ca = emulator.ca ?? "";
  for (const host of ["127.0.0.1", "localhost"]) ok((await get({ ca, host })) >= 400);
  const [own = ""] = createTlsIdentity(
    ["localhost", "vod.localhost", "127.0.0.1", "::1"],
    Date.now(),
  ).cert.split(/(?<=END CERTIFICATE-----\n)/);
  const certificate = new X509Certificate(own);
  ok(certificate.checkHost("vod.localhost"));
  ok(certificate.checkIP("127.0.0.1"));
  ok(certificate.checkIP("::1"));
  equal(certificate.checkHost("example.com"), undefined);
});

test("the listener's certificate is no authority itself, and is signed by the one that is", () => {
  const identity = createTlsIdentity(["localhost"], Date.parse("2026-06-01T00:00:00Z"));
  const [own, issuer] = identity.cert
    .split(/(?<=END CERTIFICATE-----\n)/)
    .map((text) => new X509Certificate(text));
  ok(own && issuer);
  equal(own.ca, false);
  equal(issuer.ca, true);
  ok(own.checkIssued(issuer));
  ok(own.verify(issuer.publicKey));
  ok(issuer.verify(issuer.publicKey));
  equal(new Date(own.validFrom).toISOString(), "2026-05-31T00:00:00.000Z");
  equal(new Date(own.validTo).toISOString(), "2026-07-01T00:00:00.000Z");
});

test("openssl, where it is installed, finds nothing wrong with the chain", async (context) => {
  const identity = createTlsIdentity(["localhost", "127.0.0.1", "::1"], Date.now());
  const [own = ""] = identity.cert.split(/(?<=END CERTIFICATE-----\n)/);
  const { dir } = emulator;
  await writeFile(join(dir, "ca.pem"), identity.ca);
  await writeFile(join(dir, "own.pem"), own);
  const found = spawnSync(
    "openssl",
    ["verify", "-x509_strict", "-purpose", "sslserver", "-CAfile", "ca.pem", "own.pem"],
    { cwd: dir, encoding: "utf8" },
  );
  if (found.error) {
    context.skip("openssl is not installed");
    return;
  }
  equal(found.status, 0, found.stdout + found.stderr);
});

test("a fault resets the connection under TLS, too", async () => {
  emulator.setFaults([{ operation: "PutObject", nth: 1, action: { kind: "reset-after" } }]);
  const call = { method: "PUT", key: "reset", body: "x" };
  await rejects(ossV4(emulator, call), { code: "ECONNRESET" });
  equal((await ossV4(emulator, call)).status, 200);
});

test("an error answered over an unread body comes through TLS, too", async () => {
  const action = { kind: "early-close", status: 403, code: "SecurityTokenExpired" } as const;
  emulator.setFaults([{ operation: "PutObject", nth: 1, action }]);
  const reply = await ossV4(emulator, { method: "PUT", key: "early", body: "x" });
  deepEqual([reply.status, reply.headers.connection], [403, "close"]);
  match(reply.text, /SecurityTokenExpired/);
});

test("bytes that are no TLS leave the emulator running", async () => {
  const { port } = new URL(emulator.endpoint);
  const plain = createConnection(Number(port), "127.0.0.1");
  plain.on("error", () => {});
  plain.write("GET / HTTP/1.1\r\n\r\n");
  await new Promise((resolve) => plain.once("close", resolve));
  const socket = connect({ port: Number(port), host: "127.0.0.1", ca: emulator.ca ?? "" });
  await new Promise((resolve, reject) => {
    socket.once("secureConnect", resolve);
    socket.once("error", reject);
  });
  ok(socket.authorized);
  socket.destroy();
});
