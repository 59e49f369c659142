/** ali-oss, the OSS SDK for JavaScript, with V1 and V4 signatures. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { rm, writeFile } from "node:fs/promises";
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import OSS from "ali-oss";
import { check, emulator, finish, refusal, sample, sha256, stored } from "./harness.ts";

const MIB = 1024 * 1024;

type Options = OSS.Options & { sldEnable?: boolean };

/** With an IP address as endpoint it connects there, but names the bucket's real host in `Host`: virtual-hosted. */
function clientOf(version: string, options: Partial<Options> = {}): OSS {
  const all: Options = {
    endpoint: emulator.endpoint,
    region: `oss-${emulator.region}`,
    bucket: emulator.bucket,
    accessKeyId: emulator.accessKeyId,
    accessKeySecret: emulator.accessKeySecret,
    authorizationV4: version === "V4",
    ...options,
  };
  return new OSS(all);
}

/** Fetches a virtual-hosted URL from the emulator, whatever its host name resolves to. */
function fetchVirtualHosted(method: string, text: string, body?: Buffer) {
  const url = new URL(text);
  const { hostname, port } = new URL(emulator.endpoint);
  return new Promise<{ status: number; body: Buffer }>((resolve, reject) => {
    const headers = { host: url.host, ...(body ? { "content-length": body.length } : {}) };
    const path = url.pathname + url.search;
    const outgoing = request({ hostname, port, method, path, headers }, async (response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of response) chunks.push(chunk);
      resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks) });
    });
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

async function checks(version: "V1" | "V4"): Promise<void> {
  const client = clientOf(version);
  const prefix = `ali-oss/${version}`;

  await check(`ali-oss ${version} puts, heads and gets an object`, async () => {
    const data = sample(300_000);
    await client.put(`${prefix}/put.bin`, data, {
      mime: "video/mp4",
      headers: { "x-oss-meta-kind": "sample" },
    });
    const head = await client.head(`${prefix}/put.bin`);
    equal(head.status, 200);
    deepEqual(head.meta, { kind: "sample" });
    const got = await client.get(`${prefix}/put.bin`);
    equal(sha256(got.content), sha256(data));
    equal(sha256(await stored(`${prefix}/put.bin`)), sha256(data));
  });

  await check(`ali-oss ${version} takes awkward names`, async () => {
    for (const name of [
      "a b.txt",
      "plus+percent%25&=?#.txt",
      "日本語/ü~é.mp4",
      "quote'(1)!*.txt",
    ]) {
      await client.put(`${prefix}/${name}`, Buffer.from(name));
      equal((await client.get(`${prefix}/${name}`)).content.toString(), name);
      equal((await stored(`${prefix}/${name}`)).toString(), name);
    }
  });

  await check(`ali-oss ${version} puts a stream of unknown length`, async () => {
    const data = sample(200_000);
    const stream = (await import("node:stream")).Readable.from([
      data.subarray(0, 7),
      data.subarray(7),
    ]);
    await client.putStream(`${prefix}/stream.bin`, stream);
    equal(sha256(await stored(`${prefix}/stream.bin`)), sha256(data));
  });

  await check(`ali-oss ${version} uploads a file in parallel parts`, async () => {
    const data = sample(7 * MIB + 11);
    const path = join(tmpdir(), `vodlift-ali-oss-${process.pid}.bin`);
    await writeFile(path, data);
    const progress: number[] = [];
    const result = await client.multipartUpload(`${prefix}/multi part.bin`, path, {
      partSize: MIB,
      parallel: 3,
      progress: (percentage: number) => void progress.push(percentage),
    });
    await rm(path);
    equal(sha256(await stored(`${prefix}/multi part.bin`)), sha256(data));
    equal(progress.at(-1), 1);
    ok(result.etag !== "");
  });

  await check(`ali-oss ${version} goes on with an upload that was interrupted`, async () => {
    const data = sample(4 * MIB + 3);
    const key = `${prefix}/interrupted.bin`;
    const path = join(tmpdir(), `vodlift-ali-oss-resumed-${process.pid}.bin`);
    await writeFile(path, data);
    const options = { partSize: MIB, parallel: 1 };
    let checkpoint: OSS.Checkpoint | undefined;
    const interrupt = (_: number, now: OSS.Checkpoint) => {
      checkpoint = structuredClone(now);
      if (now.doneParts.length === 2) client.cancel();
    };
    const first = client.multipartUpload(key, path, { ...options, progress: interrupt });
    equal((await refusal(first)).status, 0);
    const told: number[] = [];
    const progress = (percentage: number) => void told.push(percentage);
    ok(checkpoint !== undefined);
    await client.multipartUpload(key, path, { ...options, checkpoint, progress });
    await rm(path);
    ok((told[0] ?? 0) > 0.39, `what was sent before counts: ${told}`);
    equal(sha256(await stored(key)), sha256(data));
  });

  await check(`ali-oss ${version} lists parts and uploads, and aborts`, async () => {
    const key = `${prefix}/aborted.bin`;
    const { uploadId } = await client.initMultipartUpload(key);
    const path = join(tmpdir(), `vodlift-ali-oss-part-${process.pid}.bin`);
    await writeFile(path, sample(MIB));
    await client.uploadPart(key, uploadId, 1, path, 0, MIB);
    await rm(path);
    const { parts } = await client.listParts(key, uploadId);
    deepEqual(
      [parts].flat().map((part) => Number(part.PartNumber)),
      [1],
    );
    const { uploads } = await client.listUploads({ prefix: `${prefix}/`, "max-uploads": 100 });
    deepEqual(
      uploads.map((upload) => upload.uploadId),
      [uploadId],
    );
    await client.abortMultipartUpload(key, uploadId);
    deepEqual(await refusal(client.listParts(key, uploadId)), {
      status: 404,
      code: "NoSuchUpload",
    });
  });

  await check(`ali-oss ${version} lists and deletes objects`, async () => {
    for (const name of ["1", "2", "sub/3"])
      await client.put(`${prefix}/l/${name}`, Buffer.from("x"));
    const found = await client.listV2(
      { prefix: `${prefix}/l/`, delimiter: "/", "max-keys": "10" },
      {},
    );
    deepEqual(
      found.objects.map((object) => object.name),
      [`${prefix}/l/1`, `${prefix}/l/2`],
    );
    deepEqual(found.prefixes, [`${prefix}/l/sub/`]);
    await client.delete(`${prefix}/l/1`);
    deepEqual(await refusal(client.get(`${prefix}/l/1`)), { status: 404, code: "NoSuchKey" });
  });

  await check(`ali-oss ${version} appends to an object`, async () => {
    const key = `${prefix}/appended.bin`;
    const first = await client.append(key, Buffer.from("first "));
    equal(Number(first.nextAppendPosition), 6);
    await client.append(key, Buffer.from("second"), { position: first.nextAppendPosition });
    equal((await stored(key)).toString(), "first second");
    deepEqual(await refusal(client.append(key, Buffer.from("x"), { position: "3" })), {
      status: 409,
      code: "PositionNotEqualToLength",
    });
  });

  await check(`ali-oss ${version} copies another object part by part`, async () => {
    const data = sample(2 * MIB + 5);
    const [from, key] = [`${prefix}/source ü+.bin`, `${prefix}/copied.bin`];
    await client.put(from, data);
    const source = { sourceKey: from, sourceBucketName: emulator.bucket };
    const range = { startOffset: 0, endOffset: data.length };
    await client.multipartUploadCopy(key, { ...source, ...range }, { partSize: MIB, parallel: 2 });
    equal(sha256(await stored(key)), sha256(data));
    const { uploadId } = await client.initMultipartUpload(key);
    const part = await client.uploadPartCopy(key, uploadId, 1, "0-1048575", source, {});
    const done = await client.completeMultipartUpload(key, uploadId, [
      { number: 1, etag: part.etag },
    ]);
    equal(done.res.status, 200);
    equal(sha256(await stored(key)), sha256(data.subarray(0, MIB)));
  });

  await check(`ali-oss ${version} is called back, and hears when that failed`, async () => {
    const asked: string[] = [];
    let status = 200;
    const application = createServer(async (incoming, response) => {
      for await (const chunk of incoming) asked.push(String(chunk));
      response.writeHead(status).end('{"Status":"OK"}');
    });
    await new Promise<void>((resolve) => application.listen(0, "127.0.0.1", resolve));
    const callback = {
      url: `http://127.0.0.1:${(application.address() as AddressInfo).port}/done`,
      // biome-ignore lint/suspicious/noTemplateCurlyInString: so OSS writes its variables
      body: "s=${size}&mine=${x:mine}",
      customValue: { mine: "a b" },
    };
    const key = `${prefix}/called.bin`;
    const put = await client.put(key, Buffer.from("12345"), { callback });
    deepEqual(put.data, { Status: "OK" });
    deepEqual(asked, ["s=5&mine=a%20b"]);
    const path = join(tmpdir(), `vodlift-ali-oss-callback-${process.pid}.bin`);
    await writeFile(path, sample(MIB + 200_000));
    const multi = await client.multipartUpload(key, path, { partSize: MIB, callback });
    await rm(path);
    deepEqual([multi.data, asked[1]], [{ Status: "OK" }, `s=${MIB + 200_000}&mine=a%20b`]);
    status = 500;
    deepEqual(await refusal(client.put(`${key}2`, Buffer.from("stored"), { callback })), {
      status: 203,
      code: "CallbackFailed",
    });
    equal((await stored(`${key}2`)).toString(), "stored");
    application.close();
  });

  await check(`ali-oss ${version} uses presigned URLs, virtual-hosted`, async () => {
    // For an IP address it refuses to presign at all.
    const endpoint = emulator.endpoint.replace("127.0.0.1", "localhost");
    const named = clientOf(version, { endpoint });
    const key = `${prefix}/by url.bin`;
    const data = sample(1000);
    const url = (method: "GET" | "PUT") =>
      version === "V1"
        ? Promise.resolve(named.signatureUrl(key, { method, expires: 60 }))
        : named.signatureUrlV4(method, 60, {}, key);
    equal((await fetchVirtualHosted("PUT", await url("PUT"), data)).status, 200);
    deepEqual((await fetchVirtualHosted("GET", await url("GET"))).body, data);
    equal((await fetchVirtualHosted("GET", await url("PUT"))).status, 403);
  });

  await check(`ali-oss ${version} addresses the bucket by path when told to`, async () => {
    const endpoint = emulator.endpoint.replace("127.0.0.1", "localhost");
    const byPath = clientOf(version, { endpoint, sldEnable: true });
    await byPath.put(`${prefix}/by path.bin`, Buffer.from("by path"));
    equal((await byPath.get(`${prefix}/by path.bin`)).content.toString(), "by path");
  });

  await check(`ali-oss ${version} signs with a temporary credential`, async () => {
    const { accessKeyId, accessKeySecret, securityToken } = emulator.temporaryCredential;
    const temporary = clientOf(version, { accessKeyId, accessKeySecret, stsToken: securityToken });
    await temporary.put(`${prefix}/token.bin`, Buffer.from("token"));
    equal((await temporary.get(`${prefix}/token.bin`)).content.toString(), "token");
  });

  await check(`ali-oss ${version} is refused with a wrong secret and an unknown key`, async () => {
    const wrong = clientOf(version, { accessKeySecret: "wrong" });
    deepEqual(await refusal(wrong.put("x", Buffer.from("x"))), {
      status: 403,
      code: "SignatureDoesNotMatch",
    });
    const unknown = clientOf(version, { accessKeyId: "nobody" });
    deepEqual(await refusal(unknown.put("x", Buffer.from("x"))), {
      status: 403,
      code: "InvalidAccessKeyId",
    });
  });
}

await checks("V1");
await checks("V4");
finish();
