// OSS for people who bring their own transport: requests that are signed or presigned, what their replies tell, and how an
// object is cut into parts. Shapes are checked here; rules, limits and signatures are the core's.

import {
  bytes,
  fieldsOf,
  flag,
  type HeaderFields,
  invalid,
  length,
  list,
  MOST_32,
  needed,
  oneOf,
  readable,
  record,
  text,
  whole,
} from "./arguments.ts";
import * as door from "./door.ts";
import { call, parsed } from "./door.ts";
import { VodliftError, withOptionNames } from "./error.ts";
import type { Credentials, Request } from "./wasm/core.js";

/** Where an object is, and how to sign for it: `endpoint`, `bucket` and key (`objectKey`) as `decodeUploadAddress` gives them. */
export interface OssObject {
  /**
   * Of the bucket's region, or a domain of your own: `host`, `host:port`, or with `https://` or `http://` before it. TLS unless
   * `http://` is written out. An IP address and `localhost` are addressed path-style; a bucket that stands before the host
   * already is not put there again. No host is refused: whoever names one trusts it.
   */
  endpoint: string;
  /** 3 to 63 lower-case letters, digits and inner hyphens. */
  bucket: string;
  /**
   * 1 to 1,023 bytes, not encoded. It begins with neither `/` nor `\`, and holds no control character and no segment `.` or
   * `..`, which every URL parser folds away.
   */
  key: string;
  /** Such as `cn-shanghai`. Needed for V4 only, and only where the endpoint does not tell it (`oss-cn-shanghai.aliyuncs.com` does). */
  region?: string | undefined;
  /** `v4` (the default), or `v1` for old buckets and private clouds. */
  signature?: "v4" | "v1" | undefined;
  /** The endpoint is a domain bound to the bucket: the bucket's name is not put before it. */
  cname?: boolean | undefined;
}

/** A request to be signed. */
export interface OssSigning extends Omit<OssObject, "key"> {
  /** In capital letters, such as `PUT`. */
  method: string;
  /** The object's key, or `null` for a request to the bucket itself. */
  key: string | null;
  /** Not encoded. An empty value leaves the bare name: `{ uploads: "" }` is `?uploads`. */
  query?: Readonly<Record<string, string>> | Iterable<readonly [string, string]> | undefined;
  /** What will be sent. `content-type`, `content-md5` and `x-oss-*` of it are signed. */
  headers?: HeaderFields | undefined;
  /** Names of further headers to be signed, with V4 only: of those that are not there only `host` is. */
  additionalHeaders?: readonly string[] | undefined;
}

/** A URL to be presigned. */
export interface OssPresigning extends OssSigning {
  /** How long it lives from `now` on, in seconds: 1 to 604,800 (7 days) with V4, with V1 up to 4,294,967,295. */
  expiresIn: number;
}

/** A request to send as it is. It holds a signature and maybe a token: never log its headers. */
export interface SignedRequest {
  /** HTTP method. */
  method: string;
  /** Absolute, percent-encoded. */
  url: string;
  /** Every header to set: those that were given, and those of the signature. */
  headers: [name: string, value: string][];
}

/**
 * Signs any request to OSS, in its headers. Nothing is sent.
 *
 * A header that the runtime adds by itself must not be a signed one: `fetch` gives a text body a `content-type`, so name one
 * where there is a body. V4 signs the whole query; V1 only what names a sub-resource.
 * See https://www.alibabacloud.com/help/en/oss/developer-reference/recommend-to-use-signature-version-4
 *
 * @param now Ms since the epoch, off by 15 minutes at the most. With V1 an `x-oss-date` among the headers is used instead.
 * @throws VodliftError `invalid_argument`, naming the field and its rule.
 * @example
 * ```ts
 * import { signOss } from "vodlift/core";
 *
 * const keys = { accessKeyId: "id", accessKeySecret: "secret" };
 * const list = { method: "GET", endpoint: "oss-cn-shanghai.aliyuncs.com", bucket: "films", key: null, query: { uploads: "" } };
 * const { url, headers } = signOss(list, keys, Date.UTC(2026, 0, 1));
 *
 * console.log(url); // https://films.oss-cn-shanghai.aliyuncs.com/?uploads
 * console.log(headers[0]?.join(": ")); // x-oss-date: 20260101T000000Z
 * ```
 */
export function signOss(request: OssSigning, credentials: Credentials, now: number): SignedRequest {
  const given = record("request", request);
  const [fields, query] = [signing(given), fieldsOf("query", given.query ?? {}, "names and texts")];
  return sendable(parsed(requested("sign", given, fields, query, credentials, now)));
}

/**
 * A URL that carries its signature: whoever has it may do this one thing until it ends, without a key. It holds the token of
 * temporary credentials, too, and ends with them at the latest.
 *
 * Signed headers (`content-type`, `content-md5`, `x-oss-*`, additional ones) have to be sent with it exactly as given here, and
 * none of these kinds beside them: a `PUT` by `fetch` of a `Blob` that has a type sends that type.
 * See https://www.alibabacloud.com/help/en/oss/developer-reference/add-signatures-to-urls
 *
 * @param now Ms since the epoch.
 * @throws VodliftError `invalid_argument`, naming the field and its rule.
 * @example
 * ```ts
 * import { presignOss } from "vodlift/core";
 *
 * const keys = { accessKeyId: "STS.id", accessKeySecret: "secret", securityToken: "token" };
 * const film = { endpoint: "oss-cn-shanghai.aliyuncs.com", bucket: "films", key: "sv/film.mp4" };
 * const part = { ...film, method: "PUT", query: { partNumber: "1", uploadId: "U1" }, expiresIn: 3600 };
 * const url = new URL(presignOss(part, keys, Date.UTC(2026, 0, 1)));
 *
 * console.log(url.pathname, url.searchParams.get("partNumber")); // /sv/film.mp4 1
 * console.log(url.searchParams.get("x-oss-expires")); // 3600
 * ```
 */
export function presignOss(request: OssPresigning, credentials: Credentials, now: number): string {
  const given = record("request", request);
  const query = fieldsOf("query", given.query ?? {}, "names and texts");
  const fields = [...signing(given), count("expiresIn", given.expiresIn)];
  return requested("presign", given, fields, query, credentials, now);
}

/** A reply to a request of `ossRequest`. */
export interface OssReply {
  /** HTTP status. */
  status: number;
  /** Header fields, such as those of a `Response`. */
  headers: HeaderFields;
  /** The body as text, if there is one. What `get` has fetched is not needed. */
  body?: string | null | undefined;
}

/** A request of OSS's, and how to read what comes back. */
export interface OssAsk<T> extends SignedRequest {
  /** What to send as the body; `null` where there is none, or where it is your bytes (`put`, `uploadPart`). */
  body: string | null;
  /**
   * What the reply tells. A 200 alone proves nothing: it must hold what is documented.
   *
   * @throws VodliftError with OSS's own code (`serviceCode`), its request id, and whether the same request, signed anew, may
   * succeed later (`retryable`); `reply_invalid` for something that is no reply of OSS.
   */
  read(reply: OssReply): T;
}

/** What every reply tells. */
export interface OssAnswer {
  /** The service's id of the request: its support asks for it. */
  requestId?: string;
}

/** An upload in parts has begun. */
export interface OssInitiated extends OssAnswer {
  /** Names it from now on. */
  uploadId: string;
}

/** An object, or a part of one, is stored. */
export interface OssStored extends OssAnswer {
  /** Opaque, with its quotes. */
  etag: string;
  /** CRC-64/XZ of what OSS has, unsigned decimal. */
  crc64?: string;
}

/** A part is stored. It is what `complete` wants to know of it. */
export interface OssPart extends OssStored {
  /** 1 to 10,000. */
  partNumber: number;
}

/** A part that OSS lists. */
export interface OssListedPart {
  /** 1 to 10,000. */
  partNumber: number;
  /** Opaque, with its quotes. */
  etag: string;
  /** Bytes. */
  size: number;
  /** CRC-64/XZ of the part, unsigned decimal. */
  crc64?: string;
}

/** A page of the parts that are there. */
export interface OssPartsPage extends OssAnswer {
  /** At most 1,000, by number. */
  parts: OssListedPart[];
  /** Whether there are more. */
  isTruncated: boolean;
  /** Where the next page begins, if there is one: the next request's `partNumberMarker`. */
  nextPartNumberMarker?: number;
}

/** What is known of an object. */
export interface OssHead extends OssAnswer {
  /** Bytes; of a range those of the range. */
  size: number;
  /** Opaque, with its quotes. */
  etag?: string;
  /** CRC-64/XZ of the whole object, unsigned decimal. */
  crc64?: string;
  /** `Normal`, `Multipart` or `Appendable`. */
  objectType?: string;
  /** All header fields, those that are stored with the object among them. */
  headers: [name: string, value: string][];
}

/** An object, and header fields that are to be stored with it or sent. */
export interface OssObjectWithHeaders extends OssObject {
  /** `content-type` is `application/octet-stream` unless it is among them. Those of the signature must not be. */
  headers?: HeaderFields | undefined;
}

/** An upload in parts. */
export interface OssMultipart extends OssObject {
  /** As `initiate` has told it. */
  uploadId: string;
}

/** An upload in parts, and header fields. */
export interface OssMultipartWithHeaders extends OssMultipart, OssObjectWithHeaders {}

/**
 * What to send to OSS, and how to read the answer, for each step of an upload: nothing is sent here. Every function takes the
 * object, the credentials, and the time in ms since the epoch; what it gives has `method`, `url`, `headers`, `body`, and
 * `read`. A retry is a new request: the signature of an old one ends after 15 minutes.
 *
 * Each throws a VodliftError `invalid_argument` that names the field and its rule.
 *
 * @example
 * ```ts
 * import { ossRequest } from "vodlift/core";
 *
 * const keys = { accessKeyId: "id", accessKeySecret: "secret" };
 * const film = { endpoint: "oss-cn-shanghai.aliyuncs.com", bucket: "films", key: "sv/film.mp4" };
 * const ask = ossRequest.initiate({ ...film, headers: { "content-type": "video/mp4" } }, keys, Date.now());
 * console.log(ask.method, ask.url); // POST https://films.oss-cn-shanghai.aliyuncs.com/sv/film.mp4?uploads
 *
 * // const response = await fetch(ask.url, { method: ask.method, headers: ask.headers, body: ask.body });
 * // const reply = { status: response.status, headers: response.headers, body: await response.text() };
 * const body = "<InitiateMultipartUploadResult><UploadId>U1</UploadId></InitiateMultipartUploadResult>";
 * console.log(ask.read({ status: 200, headers: {}, body }).uploadId); // U1
 *
 * const refusal = "<Error><Code>SlowDown</Code><RequestId>R1</RequestId></Error>";
 * try {
 *   ask.read({ status: 503, headers: {}, body: refusal });
 * } catch (error) {
 *   console.log(error.code, error.serviceCode, error.requestId, error.retryable); // oss_unavailable SlowDown R1 true
 * }
 * ```
 */
export const ossRequest = {
  /**
   * PutObject: the whole object at once, 5 GiB at the most. The body is yours.
   * See https://www.alibabacloud.com/help/en/oss/developer-reference/putobject
   */
  put(object: OssObjectWithHeaders, credentials: Credentials, now: number): OssAsk<OssStored> {
    return asked("put", record("object", object), [], [], credentials, now);
  },

  /**
   * GetObject, or with a `range` among the headers a part of it. `read` looks at the head of the reply; give it the body where
   * the status is no 2xx.
   * See https://www.alibabacloud.com/help/en/oss/developer-reference/getobject
   */
  get(object: OssObjectWithHeaders, credentials: Credentials, now: number): OssAsk<OssHead> {
    return asked("get", record("object", object), [], [], credentials, now);
  },

  /**
   * HeadObject: size, ETag and CRC-64 of an object, and what is stored with it.
   * See https://www.alibabacloud.com/help/en/oss/developer-reference/headobject
   */
  head(object: OssObject, credentials: Credentials, now: number): OssAsk<OssHead> {
    return asked("head", record("object", object), [], [], credentials, now);
  },

  /**
   * DeleteObject. Deleting what is not there succeeds.
   * See https://www.alibabacloud.com/help/en/oss/developer-reference/deleteobject
   */
  delete(object: OssObject, credentials: Credentials, now: number): OssAsk<OssAnswer> {
    return asked("delete", record("object", object), [], [], credentials, now);
  },

  /**
   * InitiateMultipartUpload. The headers are stored with the object.
   * See https://www.alibabacloud.com/help/en/oss/developer-reference/initiatemultipartupload
   */
  initiate(
    object: OssObjectWithHeaders,
    credentials: Credentials,
    now: number,
  ): OssAsk<OssInitiated> {
    return asked("initiate", record("object", object), [], [], credentials, now);
  },

  /**
   * UploadPart: 102,400 bytes to 5 GiB, the last one from 1 byte. The body is yours. A number that is sent again replaces what
   * was there.
   * See https://www.alibabacloud.com/help/en/oss/developer-reference/uploadpart
   */
  uploadPart(
    part: OssMultipartWithHeaders & {
      /** 1 to 10,000. */
      partNumber: number;
    },
    credentials: Credentials,
    now: number,
  ): OssAsk<OssPart> {
    const given = record("part", part);
    const [name, number] = count("partNumber", given.partNumber);
    const ask = asked<OssStored>("uploadPart", given, [[name, number]], [], credentials, now);
    return { ...ask, read: (reply) => ({ partNumber: Number(number), ...ask.read(reply) }) };
  },

  /**
   * ListParts: a page of the parts that are there.
   * See https://www.alibabacloud.com/help/en/oss/developer-reference/listparts
   */
  listParts(
    upload: OssMultipart & {
      /** The `nextPartNumberMarker` of the page before; the first page is that of 0. */
      partNumberMarker?: number | undefined;
    },
    credentials: Credentials,
    now: number,
  ): OssAsk<OssPartsPage> {
    const given = record("upload", upload);
    const marker = count("partNumberMarker", given.partNumberMarker ?? 0);
    return asked("listParts", given, [marker], [], credentials, now);
  },

  /**
   * CompleteMultipartUpload of the parts, in any order: what `uploadPart` or `listParts` has told of each. Every number comes
   * once; every part but the last holds 102,400 bytes or more.
   * See https://www.alibabacloud.com/help/en/oss/developer-reference/completemultipartupload
   */
  complete(
    upload: OssMultipartWithHeaders & {
      /** All that make the object. */
      parts: readonly { partNumber: number; etag: string }[];
    },
    credentials: Credentials,
    now: number,
  ): OssAsk<OssStored> {
    const given = record("upload", upload);
    const parts = list("parts", given.parts, "a list of parts").map((part): Pair => {
      const { partNumber, etag } = record("parts", part);
      return [count("partNumber", partNumber)[1], needed("etag", etag)];
    });
    return asked("complete", given, [], parts, credentials, now);
  },

  /**
   * AbortMultipartUpload: removes all parts. Those still on their way survive it: cancel them first.
   * See https://www.alibabacloud.com/help/en/oss/developer-reference/abortmultipartupload
   */
  abort(upload: OssMultipart, credentials: Credentials, now: number): OssAsk<OssAnswer> {
    return asked("abort", record("upload", upload), [], [], credentials, now);
  },
};

type Fields = Record<string, unknown>;
type Pair = [string, string];

function asked<T>(
  operation: string,
  given: Fields,
  own: readonly Pair[],
  pairs: readonly Pair[],
  credentials: Credentials,
  now: number,
): OssAsk<T> {
  const id: Pair[] =
    "uploadId" in given || NEEDS_ID.has(operation) ? [word("uploadId", given.uploadId)] : [];
  const fields: Pair[] = [keyWord(given.key), ...id, ...own];
  const request = parsed<Request>(requested(operation, given, fields, pairs, credentials, now));
  const { body } = request;
  const read = (reply: OssReply) => told<T>(operation, reply);
  return { ...sendable(request), body: body === "" ? null : body, read };
}

const NEEDS_ID = new Set(["uploadPart", "listParts", "complete", "abort"]);

/** A request as the core has signed it, as JSON text; of `presign` the URL. */
function requested(
  operation: string,
  given: Fields,
  fields: readonly Pair[],
  pairs: readonly Pair[],
  credentials: Credentials,
  now: number,
): string {
  const args = [
    door.json("request", [...placed(given), ...fields]),
    door.json("query", pairs),
    door.json("headers", fieldsOf("headers", given.headers ?? {})),
    door.json("credentials", keysOf(credentials)),
    door.finite("now", now),
  ] as const;
  return call((core) => core.ossRequest(operation, ...args));
}

function placed(given: Fields): Pair[] {
  const signature = oneOf("signature", given.signature as string | undefined, ["v4", "v1"]);
  const region = text("region", given.region as string | undefined);
  const cname = flag("cname", given.cname as boolean | undefined);
  return [
    word("endpoint", given.endpoint),
    word("bucket", given.bucket),
    ...(region === undefined ? [] : [["region", region] satisfies Pair]),
    ...(signature === undefined ? [] : [["signature", signature] satisfies Pair]),
    ...(cname === true ? [["cname", ""] satisfies Pair] : []),
  ];
}

function signing(given: Fields): Pair[] {
  const { key, additionalHeaders } = given;
  if (key === undefined) throw invalid("key", "must be a string, or null for the bucket itself");
  const additional = list("additionalHeaders", additionalHeaders ?? []).map(
    (name): Pair => ["additional", needed("additionalHeaders", name)],
  );
  return [word("method", given.method), ...(key === null ? [] : [keyWord(key)]), ...additional];
}

function keysOf(credentials: Credentials): Credentials {
  const { accessKeyId, accessKeySecret, securityToken } = record("credentials", credentials);
  const token = text("securityToken", securityToken as string | undefined);
  return {
    accessKeyId: needed("accessKeyId", accessKeyId),
    accessKeySecret: needed("accessKeySecret", accessKeySecret),
    ...(token !== undefined && { securityToken: token }),
  };
}

function word(field: string, value: unknown): Pair {
  return [field, needed(field, value)];
}

/** Half of a character would become U+FFFD, and the object another one than was named. */
function keyWord(value: unknown): Pair {
  const key = needed("key", value);
  if (/\p{Surrogate}/u.test(key)) throw invalid("key", "must not hold half of a surrogate pair");
  return ["key", key];
}

/** What of it is too much is the core's to say. */
function count(field: string, value: unknown): Pair {
  return [field, String(whole(field, value === undefined ? Number.NaN : (value as number), 0))];
}

function sendable({ method, url, headers }: Request): SignedRequest {
  return { method, url, headers };
}

/** Of all that replies tell, what is a number. */
const NUMBERS = new Set(["size", "partNumber", "nextPartNumberMarker"]);

function told<T>(operation: string, reply: OssReply): T {
  // Not by its own fields: those of a `Response` are its class's.
  const given = readable("reply", () => ({
    status: reply.status,
    headers: reply.headers,
    body: reply.body,
  }));
  const status = door.status("status", given.status);
  const headers = fieldsOf("headers", given.headers);
  const args = [
    door.json("headers", headers),
    text("body", given.body ?? undefined) ?? "",
  ] as const;
  const reading = () => call((core) => core.ossReply(operation, status, ...args));
  const [own = [], ...parts] = parsed<Pair[][]>(inOurWords(reading)).map((fields) =>
    Object.fromEntries(
      fields.map(([name, value]) => [name, NUMBERS.has(name) ? Number(value) : value]),
    ),
  );
  const isTruncated = "nextPartNumberMarker" in own;
  switch (operation) {
    case "head":
    case "get":
      return { ...own, headers } as T;
    case "listParts":
      return { ...own, parts, isTruncated } as T;
    default:
      return own as T;
  }
}

/** Hints name what is called otherwise here. */
function inOurWords<T>(reading: () => T): T {
  try {
    return reading();
  } catch (error) {
    if (!(error instanceof VodliftError)) throw error;
    const names = { ossRegion: "region", ossSignature: "signature" };
    throw new VodliftError({ ...error.toJSON(), ...withOptionNames(error, names) });
  }
}

/** How an object is cut. */
export interface PartPlan {
  /** `put`: one PutObject is enough. `parts`: an upload in parts. */
  kind: "put" | "parts";
  /** Of every part but the last, in bytes; where the size is not known, of the first 100. */
  partSize: number;
  /** How many parts; `undefined` where the size is not known. */
  count: number | undefined;
  /**
   * Where part `number` (from 1) lies, in bytes. Where the size is not known it is what the part may hold: the one that ends
   * earlier is the last.
   *
   * @throws VodliftError `invalid_argument` for a part that there is not.
   */
  part(number: number): { number: number; offset: number; length: number };
}

/** What is to be planned. */
export interface PartPlanOptions {
  /** Of the object, in bytes. Where it is left out parts grow: they double every 100, so that 48.8 TB still fit. */
  size?: number | undefined;
  /** 102,400 bytes to 5 GiB, or a text such as `"16MiB"`, which it is unless told. It grows where 10,000 parts would not do. */
  partSize?: number | string | undefined;
  /** What you can carry, where that is less than OSS takes. */
  limits?:
    | {
        /** The largest part: 102,400 bytes to 5 GiB, which it is unless told. */
        maxPartSize?: number | string | undefined;
        /** The most parts: 1 to 10,000, which it is unless told. */
        maxParts?: number | undefined;
      }
    | undefined;
}

/**
 * How an object is cut into parts: by the planner that `Vodlift.upload` has, within OSS's limits of 10,000 parts of 100 KiB (but
 * for the last) to 5 GiB, 48.8 TiB in all.
 * See https://www.alibabacloud.com/help/en/oss/user-guide/limits
 *
 * @throws VodliftError `invalid_argument`, naming the field and its rule; `empty_source`; `too_large`.
 * @example
 * ```ts
 * import { planParts } from "vodlift/core";
 *
 * const plan = planParts({ size: 40 * 1024 ** 2 });
 * console.log(plan.kind, plan.count, plan.partSize); // parts 3 16777216
 * console.log(plan.part(3)); // { number: 3, offset: 33554432, length: 8388608 }
 *
 * const unknown = planParts({ partSize: "1MiB" });
 * console.log(unknown.count, unknown.part(101).length); // undefined 2097152
 * ```
 */
export function planParts(options: PartPlanOptions = {}): PartPlan {
  const { size, partSize, limits } = record("options", options);
  const { maxPartSize, maxParts } = record("limits", limits ?? {});
  const args = [
    length("size", size as number | undefined),
    bytes("partSize", partSize as number | undefined),
    bytes("maxPartSize", maxPartSize as number | undefined),
    whole("maxParts", maxParts as number | undefined, 0, MOST_32),
  ] as const;
  const planned = (number: number) => call((core) => core.planParts(...args, number));
  const [isPut, sizeOfParts = 0, parts = 0] = planned(1);
  return {
    kind: isPut ? "put" : "parts",
    partSize: sizeOfParts,
    count: parts || undefined,
    part(number) {
      const which = whole("number", number ?? Number.NaN, 0, MOST_32) ?? 0;
      const [, , , offset = 0, bytes = 0] = planned(which);
      return { number: which, offset, length: bytes };
    },
  };
}
