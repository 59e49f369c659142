/**
 * GetObject, HeadObject and GetObjectMeta: one object read in three widths.
 * https://www.alibabacloud.com/help/en/oss/developer-reference/getobject
 */
import { type Answer, header, queryValue } from "../../exchange.ts";
import type { ObjectMetadata } from "../../store/objects.ts";
import { etagMatches, readDate, wholeSeconds } from "../conditional.ts";
import { noSuchKey, OssError } from "../errors.ts";
import type { OssRequest } from "../service.ts";
import type { OssOperation } from "./index.ts";

export const getObject: OssOperation = {
  name: "GetObject",
  method: "GET",
  level: "object",
  subResources: [],
  run: async (request) => {
    const object = await find(request);
    const unchanged = checkConditions(request, object);
    if (unchanged) return unchanged;
    const path = request.world.objects.path(object);
    const headers = { ...describe(object), ...overrides(request) };
    const range = readRange(request, object.size);
    if (!range) return { status: 200, headers, body: { path, start: 0, end: object.size } };
    return {
      status: 206,
      headers: {
        ...headers,
        "Content-Range": `bytes ${range.start}-${range.end - 1}/${object.size}`,
      },
      body: { path, ...range },
    };
  },
};

export const headObject: OssOperation = {
  name: "HeadObject",
  method: "HEAD",
  level: "object",
  subResources: [],
  run: async (request) => {
    const object = await find(request);
    const unchanged = checkConditions(request, object);
    if (unchanged) return unchanged;
    return { status: 200, headers: { ...describe(object), "Content-Length": String(object.size) } };
  },
};

export const getObjectMeta: OssOperation = {
  name: "GetObjectMeta",
  method: "HEAD",
  level: "object",
  subResources: ["objectMeta"],
  run: async (request) => {
    const object = await find(request);
    return {
      status: 200,
      headers: {
        ETag: object.etag,
        "Last-Modified": new Date(object.modified).toUTCString(),
        "Content-Length": String(object.size),
        "x-oss-hash-crc64ecma": object.crc64,
      },
    };
  },
};

async function find({ world, bucket, key }: OssRequest): Promise<ObjectMetadata> {
  const object = await world.objects.find(bucket, key);
  if (!object) throw noSuchKey(key);
  return object;
}

function describe(object: ObjectMetadata): Record<string, string> {
  return {
    ...object.headers,
    ETag: object.etag,
    "Last-Modified": new Date(object.modified).toUTCString(),
    "Accept-Ranges": "bytes",
    "x-oss-object-type": object.type,
    "x-oss-hash-crc64ecma": object.crc64,
  };
}

/** A presigned URL may replace stored headers: `response-content-type` and its siblings. */
function overrides(request: OssRequest): Record<string, string> {
  const replaced: Record<string, string> = {};
  for (const name of ["type", "language", "disposition", "encoding"]) {
    const value = queryValue(request.exchange, `response-content-${name}`);
    if (value !== undefined) replaced[`content-${name}`] = value;
  }
  for (const name of ["cache-control", "expires"]) {
    const value = queryValue(request.exchange, `response-${name}`);
    if (value !== undefined) replaced[name] = value;
  }
  return replaced;
}

/** 304 as an answer, 412 as an error, undefined when the object is to be sent. */
function checkConditions({ exchange }: OssRequest, object: ObjectMetadata): Answer | undefined {
  const failed = (name: string) =>
    new OssError(
      412,
      "PreconditionFailed",
      "At least one of the pre-conditions you specified did not hold.",
      [["Condition", name]],
    );
  const ifMatch = header(exchange, "if-match");
  if (ifMatch !== undefined && !etagMatches(ifMatch, object.etag)) throw failed("If-Match");
  const unmodifiedSince = readDate(header(exchange, "if-unmodified-since"));
  if (
    unmodifiedSince !== undefined &&
    wholeSeconds(object.modified) > wholeSeconds(unmodifiedSince)
  ) {
    throw failed("If-Unmodified-Since");
  }
  const ifNoneMatch = header(exchange, "if-none-match");
  const modifiedSince = readDate(header(exchange, "if-modified-since"));
  const sameTag = ifNoneMatch !== undefined && etagMatches(ifNoneMatch, object.etag);
  const notNewer =
    modifiedSince !== undefined && wholeSeconds(object.modified) <= wholeSeconds(modifiedSince);
  if (!sameTag && !notNewer) return undefined;
  return {
    status: 304,
    headers: { ETag: object.etag, "Last-Modified": new Date(object.modified).toUTCString() },
  };
}

/**
 * The single range asked for, end exclusive. OSS answers a range it cannot satisfy with the whole object and 200,
 * unless the client asks for the standard behaviour, which is 416.
 */
function readRange(
  { exchange }: OssRequest,
  size: number,
): { start: number; end: number } | undefined {
  const text = header(exchange, "range");
  if (text === undefined) return undefined;
  const range = parseRange(text, size);
  if (range) return range;
  if (header(exchange, "x-oss-range-behavior") !== "standard") return undefined;
  throw new OssError(
    416,
    "InvalidRange",
    "The requested range cannot be satisfied.",
    [
      ["ActualObjectSize", size],
      ["RangeRequested", text],
    ],
    { "Content-Range": `bytes */${size}` },
  );
}

function parseRange(text: string, size: number): { start: number; end: number } | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(text.trim());
  if (!match) return undefined;
  const [, first = "", last = ""] = match;
  if (first === "" && last === "") return undefined;
  if (first === "") {
    const suffix = Math.min(Number(last), size);
    return suffix === 0 ? undefined : { start: size - suffix, end: size };
  }
  const start = Number(first);
  const end = last === "" ? size : Math.min(Number(last) + 1, size);
  return start < end ? { start, end } : undefined;
}
