// The service misbehaves: what passes is ridden out, what does not has its own exit code.
import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { type CliResult, vodlift } from "../support/cli.ts";
import { type Origin, startOrigin } from "../support/origin.ts";
import {
  assertNothingOpen,
  assertNothingStored,
  type Emulator,
  startService,
  storedSha256,
} from "../support/service.ts";

const MIB = 1024 * 1024;

let service: Emulator;
let origin: Origin;
let url: string;

before(async () => {
  origin = await startOrigin();
  url = origin.add("/film.mp4", { size: 3 * MIB });
});
after(() => origin.close());
beforeEach(async () => {
  service = await startService();
});
afterEach(() => service.close());

function upload(...options: string[]): Promise<CliResult> {
  const args = ["upload", url, "--allow-private", "--json", "--part-size", "256KiB", ...options];
  return vodlift(args, { service });
}

async function lifts(): Promise<CliResult["json"]> {
  const { code, json, stderr } = await upload();
  assert.equal(code, 0, stderr);
  assert.equal(await storedSha256(service, json.objectKey), await origin.sha256("/film.mp4"));
  await assertNothingOpen(service);
  return json;
}

async function fails(exit: number, code: string): Promise<CliResult> {
  const result = await upload();
  assert.deepEqual([result.json.error?.code, result.code], [code, exit], result.stderr);
  await assertNothingOpen(service);
  return result;
}

test("parts that are refused for a moment are sent again, and no others", async () => {
  const busy = { kind: "answer", status: 503, code: "ServiceUnavailable" } as const;
  service.setFaults([{ operation: "UploadPart", partNumber: 4, count: 2, action: busy }]);
  assert.equal((await lifts()).retries, 2);
  const sent = service.log.filter(({ operation }) => operation === "UploadPart");
  assert.equal(sent.length, 12 + 2);
});

test("connections that break in the middle of a part cost that part only", async () => {
  const broken = { kind: "reset-mid-body", afterBytes: 100_000 } as const;
  service.setFaults([{ operation: "UploadPart", partNumber: 2, count: 1, action: broken }]);
  assert.ok((await lifts()).retries >= 1);
});

test("a credential that is refused early is renewed, though it looks like a broken pipe", async () => {
  const expired = { kind: "early-close", status: 403, code: "SecurityTokenExpired" } as const;
  service.setFaults([{ operation: "UploadPart", partNumber: 3, count: 1, action: expired }]);
  await lifts();
});

test("a Complete whose answer is lost is settled, not repeated into an error", async () => {
  service.setFaults([
    { operation: "CompleteMultipartUpload", count: 1, action: { kind: "reset-after" } },
  ]);
  await lifts();
});

/** Uploads what fits one PutObject. */
function uploadSmall(...options: string[]): Promise<CliResult> {
  const small = origin.add("/small.mp4", { size: 100_000 });
  return vodlift(["upload", small, "--allow-private", "--json", ...options], { service });
}

test("a PutObject whose answer is lost is known as one's own where nothing may be overwritten", async () => {
  service.setFaults([{ operation: "PutObject", count: 1, action: { kind: "reset-after" } }]);
  const { code, json, stderr } = await uploadSmall(
    "--object-header",
    "x-oss-forbid-overwrite: true",
  );
  assert.equal(code, 0, stderr);
  assert.equal(await storedSha256(service, json.objectKey), await origin.sha256("/small.mp4"));
});

test("what is there already and is not one's own is no success", async () => {
  const taken = { kind: "answer", status: 409, code: "FileAlreadyExists" } as const;
  service.setFaults([{ operation: "PutObject", action: taken }]);
  const { code, json } = await uploadSmall();
  assert.deepEqual([code, json.error.code], [5, "oss_rejected"]);
});

test("an object whose CRC-64 is not that of its parts is no success", async () => {
  service.setFaults([{ operation: "CompleteMultipartUpload", action: { kind: "wrong-crc" } }]);
  const { json } = await fails(6, "checksum_mismatch");
  assert.match(json.error.message, /CRC-64/i);
});

test("a refusal for good stops all parts at once and removes them", async () => {
  const denied = { kind: "answer", status: 403, code: "AccessDenied" } as const;
  service.setFaults([{ operation: "UploadPart", from: 3, action: denied }]);
  const { json } = await fails(4, "permission_denied");
  assert.match(json.error.requestId, /./);
  await assertNothingStored(service);
});

test("a VOD that is down for good is told as such", async () => {
  const down = { kind: "answer", status: 500, code: "InternalError" } as const;
  service.setFaults([{ operation: "CreateUploadVideo", action: down }]);
  await fails(5, "vod_unavailable");
});

test("a bucket that is down for good is told as such", async () => {
  const down = { kind: "answer", status: 503, code: "ServiceUnavailable" } as const;
  service.setFaults([{ operation: "UploadPart", action: down }]);
  await fails(5, "oss_unavailable");
});

test("a clock that is off is corrected by the service's own", async () => {
  service.setClockOffset(3_600_000);
  await lifts();
});
