// Signing, presigning, planning and the requests of OSS through the door to JavaScript: the vendor's vectors, every refusal by
// name, and what replies tell.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import {
  type Credentials,
  type OssSigning,
  ossRequest,
  planParts,
  presignOss,
  signOss,
  VodliftError,
} from "../../pkg/src/core.ts";
import { dice, seeds } from "../support/dice.ts";

interface Vector {
  name: string;
  kind: string;
  inputs: {
    method: string;
    url: string;
    bucket: string;
    key: string | null;
    headers: Record<string, string>;
    additional_headers?: string[];
    access_key_id: string;
    access_key_secret: string;
    security_token?: string;
    region?: string;
    signing_time?: string;
    expiration_time?: string;
    derived_signing_key_hex?: string;
  };
  expected: Record<string, string>;
}

const file = fileURLToPath(new URL("../vectors/vectors.json", import.meta.url));
const { vectors } = JSON.parse(await readFile(file, "utf8")) as { vectors: Vector[] };

/** Whose expectations name a string that never leaves the core, and no signature. */
const IN_PARTS = ["oss-v1-header/reqsign-sts", "oss-v1-query/reqsign-sts"];

const OSS = vectors.filter(
  ({ name, kind, inputs }) =>
    kind.startsWith("oss-") &&
    inputs.derived_signing_key_hex === undefined &&
    !IN_PARTS.includes(name),
);

function asked({ kind, inputs }: Vector): [OssSigning, Credentials] {
  const { origin, search } = new URL(inputs.url);
  const signing: OssSigning = {
    method: inputs.method,
    endpoint: origin,
    bucket: inputs.bucket,
    key: inputs.key,
    query: Object.fromEntries(decoded(search)),
    headers: inputs.headers,
    ...(inputs.region !== undefined && { region: inputs.region }),
    ...(inputs.additional_headers && { additionalHeaders: inputs.additional_headers }),
    signature: kind.startsWith("oss-v1") ? "v1" : "v4",
  };
  const credentials: Credentials = {
    accessKeyId: inputs.access_key_id,
    accessKeySecret: inputs.access_key_secret,
    ...(inputs.security_token !== undefined && { securityToken: inputs.security_token }),
  };
  return [signing, credentials];
}

/** Names and values, sorted. A plus is a plus. */
function decoded(search: string): [string, string][] {
  const pairs = search.replace(/^\?/, "").split("&").filter(Boolean);
  return pairs
    .map((pair): [string, string] => {
      const [name = "", value = ""] = pair.split(/=(.*)/);
      return [decodeURIComponent(name), decodeURIComponent(value)];
    })
    .toSorted(([a, x], [b, y]) => (a === b ? Number(x > y) || -1 : a > b ? 1 : -1));
}

/** Of an Authorization header: clients differ in spaces and order. */
function fieldsOf(authorization: string): string[] {
  const [algorithm = "", ...rest] = authorization.split(" ");
  return [algorithm, ...rest.join("").split(",").toSorted()];
}

for (const vector of OSS) {
  test(`the door makes what ${vector.name} expects`, () => {
    const [signing, credentials] = asked(vector);
    const { inputs, expected } = vector;
    if (vector.kind.endsWith("header")) {
      const { headers } = signOss(signing, credentials, Date.parse(inputs.signing_time ?? ""));
      const authorization = new Headers(headers).get("authorization") ?? "";
      assert.ok(authorization.includes(expected.signature ?? "nothing to compare"));
      if (expected.authorization !== undefined) {
        assert.deepEqual(fieldsOf(authorization), fieldsOf(expected.authorization));
      }
      return;
    }
    const end = Date.parse(inputs.expiration_time ?? "");
    // V1 names the end alone.
    const now = inputs.signing_time === undefined ? end - 60_000 : Date.parse(inputs.signing_time);
    const url = presignOss({ ...signing, expiresIn: (end - now) / 1000 }, credentials, now);
    const query = decoded(new URL(url).search);
    const { "x-oss-signature": v4, Signature: v1 } = Object.fromEntries(query);
    assert.equal(v4 ?? v1, expected.signature);
    if (expected.signed_url_example !== undefined) {
      assert.deepEqual(query, decoded(new URL(expected.signed_url_example).search));
    }
  });
}

test("no vector is left out", () => {
  const kinds: Record<string, number> = {};
  for (const { kind } of OSS) kinds[kind] = (kinds[kind] ?? 0) + 1;
  assert.deepEqual(kinds, {
    "oss-v1-header": 3,
    "oss-v1-query": 2,
    "oss-v4-header": 5,
    "oss-v4-query": 6,
  });
});

const KEYS = { accessKeyId: "id", accessKeySecret: "secret" };
const NOW = Date.UTC(2026, 0, 1);
const film = {
  method: "PUT",
  endpoint: "oss-cn-shanghai.aliyuncs.com",
  bucket: "films",
  key: "sv/a b+%?#片.mp4",
};

function refusal(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    assert.ok(error instanceof VodliftError, String(error));
    assert.equal(error.code, "invalid_argument");
    return error.message;
  }
  return assert.fail("it was taken");
}

test("one place of an object, however its endpoint is spelled", () => {
  const url = (endpoint: string, more = {}) =>
    signOss({ ...film, endpoint, region: "cn-shanghai", ...more }, KEYS, NOW).url;
  const path = "/sv/a%20b%2B%25%3F%23%E7%89%87.mp4";
  for (const [endpoint, base] of [
    ["oss-cn-shanghai.aliyuncs.com", "https://films.oss-cn-shanghai.aliyuncs.com"],
    ["https://oss-cn-shanghai.aliyuncs.com", "https://films.oss-cn-shanghai.aliyuncs.com"],
    ["films.oss-cn-shanghai.aliyuncs.com", "https://films.oss-cn-shanghai.aliyuncs.com"],
    ["http://oss.example:8080", "http://films.oss.example:8080"],
    ["http://127.0.0.1:8080", "http://127.0.0.1:8080/films"],
    ["http://[::1]:8080", "http://[::1]:8080/films"],
    ["localhost:8080", "https://localhost:8080/films"],
  ] as const) {
    assert.equal(url(endpoint), `${base}${path}`, endpoint);
  }
  assert.equal(url("media.example", { cname: true }), `https://media.example${path}`);
  assert.equal(url("media.example", { key: null }), "https://films.media.example/");
});

test("a region is what is given, or else what the endpoint tells", () => {
  const scope = (more: object) => {
    const { headers } = signOss({ ...film, ...more }, KEYS, NOW);
    return /Credential=([^,]*)/.exec(new Headers(headers).get("authorization") ?? "")?.[1];
  };
  assert.equal(scope({}), "id/20260101/cn-shanghai/oss/aliyun_v4_request");
  assert.equal(scope({ region: "oss-cn-x" }), "id/20260101/cn-x/oss/aliyun_v4_request");
  assert.match(
    refusal(() => scope({ endpoint: "media.example" })),
    /^`region` must be given/,
  );
  assert.equal(scope({ endpoint: "media.example", signature: "v1" }), undefined);
});

test("what cannot be signed or sent is refused by field and rule", () => {
  // biome-ignore lint/suspicious/noExplicitAny: what no type allows
  const signed = (more: any) => signOss({ ...film, ...more }, KEYS, NOW);
  for (const [more, rule] of [
    [{ method: "put" }, "`method` must be an HTTP method in capital letters"],
    [{ method: undefined }, "`method` must be a string"],
    [{ endpoint: "https://a.example/path" }, "`endpoint` must end after host and port"],
    [{ endpoint: "ftp://a.example" }, "`endpoint` must begin with https:// or http://"],
    [{ endpoint: 7 }, "`endpoint` must be a string, got number"],
    [{ bucket: "B" }, "`bucket` must be 3 to 63"],
    [{ key: undefined }, "`key` must be a string, or null"],
    [{ key: "" }, "`key` must be 1 to 1,023 bytes"],
    [{ key: "/a" }, "`key` must be 1 to 1,023 bytes and begin with neither"],
    [{ key: "a/../b" }, "`key` must not hold . or .. as a segment"],
    [{ key: "a\nb" }, "`key` must not hold control characters"],
    [{ key: "a\ud83d" }, "`key` must not hold half of a surrogate pair"],
    [{ key: "片".repeat(342) }, "`key` must be 1 to 1,023 bytes"],
    [{ region: "CN" }, "`region` must be a region id"],
    [{ signature: "v2" }, '`signature` must be "v4" or "v1", got v2'],
    [{ cname: "yes" }, "`cname` must be true or false"],
    [{ query: 5 }, "`query` must be names and texts, got 5"],
    [{ query: { uploads: undefined } }, "`query` must have texts as values"],
    [{ query: { "x-oss-signature": "x" } }, "`query` must not name"],
    [{ query: { "": "x" } }, "`query` must not name"],
    [{ headers: { "a b": "x" } }, "`headers` must have legal names"],
    [{ headers: { a: "片" } }, "`headers` must be printable ASCII"],
    [{ headers: { Authorization: "x" } }, "`headers` must not set Authorization"],
    [{ headers: { Host: "evil.example" } }, "`headers` must not set Host"],
    [{ headers: { "X-Oss-Date": "x" } }, "`headers` must not set x-oss-date"],
    [{ additionalHeaders: "host" }, "`additionalHeaders` must be a list"],
    [{ additionalHeaders: ["host"], signature: "v1" }, "`additionalHeaders` are signed by"],
  ] as const) {
    const message = refusal(() => signed(more));
    assert.ok(message.startsWith(rule), `${message}, not ${rule}`);
  }
  assert.match(
    refusal(() => signOss(film, { ...KEYS, accessKeyId: "" }, NOW)),
    /^`accessKeyId`/,
  );
  assert.match(
    refusal(() => signOss(film, KEYS, Number.NaN)),
    /^`now` must be a finite number/,
  );
});

test("a presigned URL lives 1 to 604,800 seconds, with V1 as long as is wanted", () => {
  const url = (expiresIn: number, signature: "v1" | "v4") =>
    presignOss({ ...film, signature, expiresIn }, KEYS, NOW);
  for (const [wrong, said] of [
    [0, "must be 1 to 604800 seconds, got 0"],
    [604_801, "must be 1 to 604800 seconds, got 604801"],
    [1.5, "must be a whole number of at least 0, got 1.5"],
    [-1, "must be a whole number of at least 0, got -1"],
    [Number.NaN, "must be a whole number of at least 0, got NaN"],
    [2 ** 40, "must be 1 to 604800 seconds, got 4294967295"],
  ] as const) {
    assert.equal(
      refusal(() => url(wrong, "v4")),
      `\`expiresIn\` ${said}`,
    );
  }
  assert.match(url(604_800, "v4"), /x-oss-expires=604800&/);
  assert.match(url(604_801, "v1"), new RegExp(`Expires=${NOW / 1000 + 604_801}&`));
  assert.match(
    refusal(() => url(0, "v1")),
    /^`expiresIn` must be 1 to 4294967295/,
  );
});

test("what is signed in addition has to be there, but for the host", () => {
  const headers = { "Cache-Control": "no-store", "x-oss-meta-a": "1" };
  const additionalHeaders = ["cache-control", "Host", "absent", "x-oss-meta-a"];
  const signed = signOss({ ...film, headers, additionalHeaders }, KEYS, NOW);
  assert.match(
    new Headers(signed.headers).get("authorization") ?? "",
    /AdditionalHeaders=cache-control;host,/,
  );
  assert.deepEqual(signed.headers.slice(0, 2), Object.entries(headers));
  const url = new URL(presignOss({ ...film, headers, additionalHeaders, expiresIn: 9 }, KEYS, NOW));
  assert.equal(url.searchParams.get("x-oss-additional-headers"), "cache-control;host");
});

test("a token is a header of a signed request, and in the query of a presigned one", () => {
  const keys = { ...KEYS, securityToken: "token" };
  for (const [signature, name] of [
    ["v4", "x-oss-security-token"],
    ["v1", "security-token"],
  ] as const) {
    const { headers } = signOss({ ...film, signature }, keys, NOW);
    assert.equal(new Headers(headers).get("x-oss-security-token"), "token");
    const url = new URL(presignOss({ ...film, signature, expiresIn: 9 }, keys, NOW));
    assert.equal(url.searchParams.get(name), "token");
  }
});

const MIB = 1024 ** 2;
const GIB = 1024 ** 3;

test("a plan keeps to the limits of OSS", () => {
  const most = 10_000 * 5 * GIB;
  for (const [options, kind, partSize, count] of [
    [{ size: 1 }, "put", 1, 1],
    [{ size: 16 * MIB }, "put", 16 * MIB, 1],
    [{ size: 16 * MIB + 1 }, "parts", 16 * MIB, 2],
    [{ size: 250_000, partSize: 102_400 }, "parts", 102_400, 3],
    [{ size: 250_000, partSize: "100KiB" }, "parts", 102_400, 3],
    [{ size: 160_000 * MIB }, "parts", 16 * MIB, 10_000],
    [{ size: 160_000 * MIB + 1 }, "parts", 17 * MIB, 9412],
    [{ size: most }, "parts", 5 * GIB, 10_000],
    [{ size: 100 * MIB, limits: { maxParts: 3 } }, "parts", 34 * MIB, 3],
    [{ size: 100 * MIB, limits: { maxPartSize: 4 * MIB } }, "parts", 4 * MIB, 25],
    [{}, "parts", 16 * MIB, undefined],
    [{ partSize: MIB, limits: { maxPartSize: "100KiB" } }, "parts", 102_400, undefined],
  ] as const) {
    const plan = planParts(options);
    const said = JSON.stringify(options);
    assert.deepEqual([plan.kind, plan.partSize, plan.count], [kind, partSize, count], said);
  }
  const code = (options: object): string => {
    try {
      planParts(options);
    } catch (error) {
      return (error as VodliftError).code;
    }
    return "";
  };
  assert.equal(code({ size: 0 }), "empty_source");
  assert.equal(code({ size: most + 1 }), "too_large");
  assert.equal(code({ size: 2 ** 60 }), "too_large");
  assert.equal(code({ size: GIB, limits: { maxParts: 9, maxPartSize: 100 * MIB } }), "too_large");
  for (const [options, rule] of [
    [{ size: 1, partSize: 102_399 }, "`partSize` must be 102400 to 5368709120 bytes"],
    [{ size: 1, partSize: 5 * GIB + 1 }, "`partSize` must be 102400 to 5368709120 bytes"],
    [{ size: 1, partSize: "many" }, "`partSize` must be a number of bytes"],
    [{ size: -1 }, "`size` must be a whole number"],
    [{ size: 1.5 }, "`size` must be a whole number"],
    [{ limits: { maxParts: 10_001 } }, "`maxParts` must be 1 to 10000, got 10001"],
    [{ limits: { maxParts: 0 } }, "`maxParts` must be 1 to 10000, got 0"],
    [{ limits: { maxPartSize: 1 } }, "`maxPartSize` must be 102400 to"],
  ] as const) {
    const message = refusal(() => planParts(options));
    assert.ok(message.startsWith(rule), message);
  }
});

test("the parts of a plan follow one another, and hold all of it", () => {
  for (const seed of seeds(200)) {
    const luck = dice(seed);
    const size = 1 + luck.below(2 ** 31) * (1 + luck.below(5000));
    const partSize = 102_400 + luck.below(64 * MIB);
    const plan = planParts({ size, partSize });
    const count = plan.count ?? 0;
    assert.ok(count >= 1 && count <= 10_000, `SEED=${seed}`);
    assert.equal(plan.kind, count === 1 ? "put" : "parts", `SEED=${seed}`);
    const some = new Set([1, 2, count - 1, count, 1 + luck.below(count)]);
    for (const number of some) {
      if (number < 1 || number > count) continue;
      const part = plan.part(number);
      const offset = (number - 1) * plan.partSize;
      const length = Math.min(plan.partSize, size - offset);
      assert.deepEqual(part, { number, offset, length }, `SEED=${seed}`);
      assert.ok(length > 0, `SEED=${seed}`);
    }
    for (const number of [0, count + 1]) {
      assert.match(
        refusal(() => plan.part(number)),
        /^`number` must be 1 to/,
        `SEED=${seed}`,
      );
    }
  }
});

test("parts of an unknown size grow, without a gap, and 48.8 TB still fit", () => {
  const plan = planParts({ partSize: MIB });
  let offset = 0;
  for (let number = 1; number <= 10_000; number += 1) {
    const part = plan.part(number);
    assert.equal(part.offset, offset, String(number));
    assert.ok(part.length >= MIB && part.length <= 5 * GIB);
    offset += part.length;
  }
  assert.equal(plan.part(100).length, MIB);
  assert.equal(plan.part(101).length, 2 * MIB);
  assert.ok(offset > 44e12, `${offset} bytes`);
  assert.match(
    refusal(() => plan.part(10_001)),
    /^`number` must be 1 to 10000, got 10001/,
  );
  const short = planParts({ limits: { maxParts: 3 } });
  assert.match(
    refusal(() => short.part(4)),
    /^`number` must be 1 to 3, got 4/,
  );
});

const upload = { ...film, uploadId: "U1" };
const xml = (body: string, status = 200, headers = {}) => ({ status, headers, body });

test("pages of parts are read, and where the next one begins", () => {
  const ask = ossRequest.listParts({ ...upload, partNumberMarker: 7 }, KEYS, NOW);
  assert.match(ask.url, /\?max-parts=1000&part-number-marker=7&uploadId=U1$/);
  assert.equal(ask.body, null);
  const part =
    "<Part><PartNumber>8</PartNumber><ETag>&quot;A&quot;</ETag><Size>5</Size>" +
    "<HashCrc64ecma>18446744073709551615</HashCrc64ecma></Part>";
  const more =
    "<IsTruncated>true</IsTruncated><PartNumberMarker>7</PartNumberMarker>" +
    "<NextPartNumberMarker>8</NextPartNumberMarker>";
  const headers = { "x-oss-request-id": "5C3D9175B6FC201293AD4890" };
  assert.deepEqual(
    ask.read(xml(`<ListPartsResult>${more}${part}</ListPartsResult>`, 200, headers)),
    {
      requestId: "5C3D9175B6FC201293AD4890",
      parts: [{ partNumber: 8, etag: '"A"', size: 5, crc64: "18446744073709551615" }],
      isTruncated: true,
      nextPartNumberMarker: 8,
    },
  );
  assert.deepEqual(ask.read(xml("<ListPartsResult/>")), { parts: [], isTruncated: false });
});

test("a Complete names its parts in their order, whatever order they come in", () => {
  const parts = [
    { partNumber: 10, etag: '"C"' },
    { partNumber: 2, etag: '"<B>"' },
    { partNumber: 1, etag: '"A"' },
  ];
  const { method, body, headers } = ossRequest.complete({ ...upload, parts }, KEYS, NOW);
  assert.equal(method, "POST");
  assert.deepEqual(
    [...(body ?? "").matchAll(/<PartNumber>(\d+)/g)].map(([, n]) => n),
    ["1", "2", "10"],
  );
  assert.match(body ?? "", /<ETag>"&lt;B&gt;"<\/ETag>/);
  assert.equal(new Headers(headers).get("content-type"), "application/xml");
  // biome-ignore lint/suspicious/noExplicitAny: what no type allows
  const complete = (parts: any) => () => ossRequest.complete({ ...upload, parts }, KEYS, NOW);
  for (const [wrong, rule] of [
    [[], "`parts` must hold at least one part"],
    [[parts[0], parts[1], parts[0]], "`parts` must name each part once, got 10 twice"],
    [[{ partNumber: 0, etag: "A" }], "`partNumber` must be 1 to 10,000, got 0"],
    [[{ partNumber: 10_001, etag: "A" }], "`partNumber` must be 1 to 10,000, got 10001"],
    [[{ partNumber: "1", etag: "A" }], "`partNumber` must be a whole number"],
    [[{ partNumber: 1 }], "`etag` must be a string"],
    ["A", "`parts` must be a list of parts, got A"],
    [[5], "`parts` must be an object, got 5"],
  ] as const) {
    const message = refusal(complete(wrong));
    assert.ok(message.startsWith(rule), message);
  }
});

test("an upload id and a part number have their rules", () => {
  for (const [call, rule] of [
    [() => ossRequest.abort({ ...film, uploadId: "" }, KEYS, NOW), "`uploadId` must not be empty"],
    [
      () => ossRequest.uploadPart({ ...upload, partNumber: 10_001 }, KEYS, NOW),
      "`partNumber` must be 1 to 10,000, got 10001",
    ],
    // biome-ignore lint/suspicious/noExplicitAny: what no type allows
    [() => (ossRequest.abort as any)(film, KEYS, NOW), "`uploadId` must be a string"],
    // biome-ignore lint/suspicious/noExplicitAny: what no type allows
    [() => (ossRequest.uploadPart as any)(upload, KEYS, NOW), "`partNumber` must be a whole"],
    // biome-ignore lint/suspicious/noExplicitAny: what no type allows
    [() => (ossRequest.head as any)({ ...film, key: null }, KEYS, NOW), "`key` must be a string"],
    [
      () => ossRequest.put({ ...film, headers: { "x-oss-date": "x" } }, KEYS, NOW),
      "`headers` must not set x-oss-date",
    ],
  ] as const) {
    const message = refusal(call);
    assert.ok(message.startsWith(rule), message);
  }
});

test("what OSS refuses is its own error, with its id, and whether to try again", () => {
  const ask = ossRequest.uploadPart({ ...upload, partNumber: 1 }, KEYS, NOW);
  const refusal = (code: string) =>
    `<Error><Code>${code}</Code><Message>m</Message><RequestId>R1</RequestId></Error>`;
  for (const [status, serviceCode, code, retryable] of [
    [404, "NoSuchUpload", "upload_gone", true],
    [403, "AccessDenied", "permission_denied", false],
    [403, "SignatureDoesNotMatch", "signature_mismatch", false],
    [403, "SecurityTokenExpired", "token_expired", false],
    [503, "UploadTrafficRateLimitExceeded", "oss_unavailable", true],
    [500, "InternalError", "oss_unavailable", true],
    [400, "BadRequest", "oss_rejected", true],
    [400, "InvalidDigest", "checksum_mismatch", true],
    [400, "InvalidArgument", "oss_rejected", false],
  ] as const) {
    assert.throws(
      () => ask.read(xml(refusal(serviceCode), status)),
      (error) => {
        assert.ok(error instanceof VodliftError);
        assert.deepEqual(
          [error.status, error.serviceCode, error.code, error.retryable, error.requestId],
          [status, serviceCode, code, retryable, "R1"],
        );
        return true;
      },
    );
  }
  // What to correct is named as it is called here.
  const region = "<Message>Invalid signing region in Authorization header.</Message>";
  assert.throws(
    () => ask.read(xml(`<Error><Code>InvalidArgument</Code>${region}</Error>`, 400)),
    (error) => /correct `region`,/.test((error as VodliftError).hint),
  );
  assert.throws(() => ask.read(xml("", 200)), { code: "reply_invalid" });
  assert.throws(() => ask.read(xml("<html>", 502)), { code: "oss_unavailable", retryable: true });
});

test("a reply may be a Response's own head", () => {
  const headers = { "content-length": "5", etag: '"E"', "x-oss-object-type": "Normal" };
  const response = new Response(null, { headers });
  const { size, etag, objectType } = ossRequest.head(film, KEYS, NOW).read(response as never);
  assert.deepEqual([size, etag, objectType], [5, '"E"', "Normal"]);
  const stored = ossRequest.put(film, KEYS, NOW).read({ status: 200, headers: [["ETag", "E"]] });
  assert.deepEqual(stored, { etag: "E" });
});
