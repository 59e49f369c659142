// The wrapper around the core: errors come out as one class, and a trap costs its own upload, not the process.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  Crc64,
  checkAddress,
  checkRange,
  checkUrl,
  crc64Combine,
  decodeUploadAddress,
  decodeUploadAuth,
  errorOf,
  isVodliftError,
  type Job,
  signVodRequest,
  Upload,
  VodliftError,
} from "../../pkg/src/core.ts";
import { core } from "../../pkg/src/wasm/index.ts";
import { job } from "../support/job.ts";

const credentials = { accessKeyId: "id", accessKeySecret: "secret" };
const entropy = new Uint8Array(32);

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

test("a checksum can be taken in pieces, or of pieces", () => {
  const whole = new Crc64();
  whole.update(bytes("1234"));
  whole.update(bytes("56789"));
  // The check value of CRC-64/XZ.
  assert.equal(whole.digest(), String(0x995dc9bbdf1939fan));
  const [a, b] = [new Crc64(), new Crc64()];
  a.update(bytes("1234"));
  b.update(bytes("56789"));
  assert.equal(crc64Combine(a.digest(), b.digest(), 5), whole.digest());
  for (const crc of [whole, a, b]) crc.free();
});

test("what may be contacted is told without contacting it", () => {
  assert.equal(checkUrl("https://example.com/film.mp4", false), undefined);
  assert.equal(checkUrl("http://user:pass@example.com/", false)?.code, "url_refused");
  assert.equal(checkAddress("8.8.8.8", false), undefined);
  assert.equal(checkAddress("100.100.100.200", false)?.code, "address_refused");
  assert.equal(checkAddress("127.0.0.1", true), undefined);
});

test("a name that the core knows beyond ASCII is spelled as the platform spells it", () => {
  const seed = Number(process.env.SEED ?? 20_261_126);
  const random = draw(seed);
  const ranges = [
    [0x61, 0x7a],
    [0x30, 0x39],
    [0xa0, 0x24f],
    [0x370, 0x52f],
    [0x1e00, 0x1eff],
    [0x3000, 0x30ff],
    [0x3400, 0x9fff],
    [0xac00, 0xd7a3],
    [0xff00, 0xff65],
    [0x20000, 0x2a6df],
  ] as const;
  let known = 0;
  for (let n = 0; n < 4000; n += 1) {
    const letters = Array.from({ length: 1 + Math.floor(random() * 6) }, () => {
      const [from, to] = ranges[Math.floor(random() * ranges.length)] ?? [0x61, 0x7a];
      return String.fromCodePoint(from + Math.floor(random() * (to - from + 1)));
    });
    const url = `https://${letters.join("")}.example/film.mp4`;
    // Of the two spellings of one host both are taken or none: as a list has it, and as it is fetched.
    const rule = letters.join("");
    const verdict = judged(rule, URL.canParse(url) ? new URL(url).href : undefined);
    if (verdict === "taken") known += 1;
    else assert.equal(verdict, "unknown", `seed ${seed}: ${rule}`);
  }
  assert.ok(known > 400, `${known} of 4000 names`);
});

/** Whether the core takes a rule for this host, and the URL by it. */
function judged(rule: string, url: string | undefined): string {
  try {
    const upload = Upload.create(
      {
        ...job,
        source: { type: "url", url: url ?? "https://never.test/", headers: [] },
        options: { sourceHosts: { allow: [`${rule}.example`], deny: [] } },
      },
      credentials,
      entropy,
      1e12,
    );
    upload.free();
    return "taken";
  } catch (error) {
    const { code, message } = error as VodliftError;
    return code === "invalid_argument" ? "unknown" : message;
  }
}

/** Numbers from 0 to 1, the same for the same seed. */
function draw(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

test("only the exact range is taken for it", () => {
  const expect = { first: 0, last: 9, total: 100, validator: {} };
  const headers = (value: string): [string, string][] => [["content-range", value]];
  assert.equal(checkRange(expect, 206, headers("bytes 0-9/100")), undefined);
  assert.equal(checkRange(expect, 206, headers("bytes 1-10/100"))?.code, "source_range");
  assert.ok(checkRange(expect, 200, []));
});

test("a request is signed without sending it", () => {
  const params: [string, string][] = [["VideoId", "abc"]];
  const request = signVodRequest({}, credentials, "GetMezzanineInfo", params, "nonce", 1e12);
  assert.match(request.url, /^https:\/\/vod\.cn-shanghai\.aliyuncs\.com\//);
  assert.ok(!JSON.stringify(request).includes("secret"));
});

test("an upload's address and credential are decoded", () => {
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64");
  const address = { Endpoint: "https://oss-cn-shanghai.aliyuncs.com", Bucket: "b", FileName: "k" };
  assert.deepEqual(decodeUploadAddress(encode(address)), {
    endpoint: address.Endpoint,
    bucket: "b",
    objectKey: "k",
  });
  const auth = { AccessKeyId: "STS.a", AccessKeySecret: "s", SecurityToken: "t" };
  const decoded = decodeUploadAuth(
    encode({ ...auth, ExpireUTCTime: "2026-01-01T00:00:00Z", Expiration: "3000" }),
    Date.UTC(2025, 11, 31),
  );
  assert.equal(decoded.expiresAt, Date.UTC(2026, 0, 1));
  assert.throws(
    () => decodeUploadAddress("!"),
    (error) => error instanceof VodliftError,
  );
});

test("an error is known as this package's, also of another copy of it, and can be made whole", async () => {
  const error = VodliftError.of("source_missing", "no film of that name", new Error("why"));
  assert.deepEqual(
    [error.class, error.retryable, error.message, (error.cause as Error).message],
    ["source", false, "no film of that name", "why"],
  );
  assert.ok(error.hint.length > 10);
  const another: typeof import("../../pkg/src/error.ts") = await import(
    new URL("../../pkg/src/error.ts?another", import.meta.url).href
  );
  const theirs = new another.VodliftError(error.toJSON());
  assert.ok(!(theirs instanceof VodliftError));
  assert.ok(isVodliftError(theirs) && isVodliftError(error));
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  for (const none of [undefined, null, 5, "vodlift.error", new Error("x"), error.toJSON(), proxy]) {
    assert.ok(!isVodliftError(none));
  }
  assert.throws(() => VodliftError.of("nonsense" as "internal", "x"), { code: "invalid_argument" });
});

test("the core's errors come out as one class, with everything they know", () => {
  const media = { type: "video", title: "x".repeat(129), fileName: "film.mp4" } as const;
  const wrong: Job = { ...job, media };
  assert.throws(
    () => Upload.create(wrong, credentials, entropy, 0),
    (error) => {
      assert.ok(error instanceof VodliftError && error instanceof Error);
      assert.deepEqual(
        [error.name, error.code, error.class],
        ["VodliftError", "invalid_argument", "usage"],
      );
      assert.deepEqual({ ...errorOf("invalid_argument", error.message) }, error.toJSON());
      return true;
    },
  );
});

/** A call that really traps: it reaches for what is far behind the end of the memory. */
function trap(instance: ReturnType<typeof core>): never {
  instance.Upload.prototype.checkpoint.call({ __wbg_ptr: 0xfffffff0 } as never);
  throw new Error("it did not trap");
}

test("a trap fails its own upload; what the same instance had made for others goes on", () => {
  const first = core();
  const trapped = Upload.create(job, credentials, entropy, 0);
  const bystander = Upload.create(job, credentials, entropy, 0);
  const crc = new Crc64();
  crc.update(bytes("1234"));
  const { handle } = first.Upload.prototype;
  first.Upload.prototype.handle = () => trap(first);
  try {
    assert.throws(
      () => trapped.handle({ type: "start" }, 0),
      (error) =>
        error instanceof VodliftError &&
        error.code === "core_stopped" &&
        error.cause instanceof WebAssembly.RuntimeError,
    );
  } finally {
    first.Upload.prototype.handle = handle;
  }
  // It is over, and says so each time. Nothing new begins beside it.
  assert.throws(() => trapped.handle({ type: "start" }, 0), { code: "core_stopped" });
  assert.throws(() => trapped.checkpoint(), { code: "core_stopped" });
  assert.notEqual(core(), first);

  assert.ok(bystander.handle({ type: "start" }, 0).length > 0);
  crc.update(bytes("56789"));
  assert.equal(crc.digest(), String(0x995dc9bbdf1939fan));
  const next = Upload.create(job, credentials, entropy, 0);
  assert.ok(next.handle({ type: "start" }, 0).length > 0);
  for (const one of [trapped, bystander, crc, next]) one.free();
});

test("what survives one trap survives a thousand", () => {
  const first = core();
  const bystander = Upload.create(job, credentials, entropy, 0);
  for (let n = 0; n < 1000; n += 1) {
    assert.throws(() => trap(first), WebAssembly.RuntimeError);
  }
  assert.ok(bystander.handle({ type: "start" }, 0).length > 0);
  bystander.free();
});

test("what was freed is an error to use, and may be freed again", () => {
  const upload = Upload.create(job, credentials, entropy, 0);
  upload.free();
  upload.free();
  assert.throws(() => upload.handle({ type: "start" }, 0), { code: "invalid_argument" });
});
