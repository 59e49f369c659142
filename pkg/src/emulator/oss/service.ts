/** A request to OSS: find its operation, check who asks and whether they may, run it, shape its errors. */
import { BodyTooLarge, ConnectionLost, type Pace, paceOf } from "../body.ts";
import { complain } from "../complain.ts";
import { type Answer, type Exchange, header, queryValue } from "../exchange.ts";
import { isBucketName, objectNameProblem } from "../store/names.ts";
import { PathTaken } from "../store/objects.ts";
import { UploadGone } from "../store/uploads.ts";
import type { World } from "../world.ts";
import { type Address, addressOf } from "./address.ts";
import { authenticate } from "./authenticate.ts";
import { authorize } from "./authorize.ts";
import {
  accessDenied,
  errorAnswer,
  invalidArgument,
  noSuchUpload,
  OF_THE_TOKEN,
  OssError,
} from "./errors.ts";
import { findOperation, type OssOperation, preflight } from "./operations/index.ts";

/** What an operation gets to work with. `bucket` exists, `key` is a good name. */
export type OssRequest = {
  world: World;
  exchange: Exchange;
  bucket: string;
  /** Empty for operations on the bucket. */
  key: string;
  pace: Pace;
};

export type OssCall = {
  run(): Promise<Answer>;
  /** An injected error in the service's own shape. */
  refuse(fault: RefusalFault): Answer;
};

export type RefusalFault = {
  status: number;
  code: string;
  message?: string;
  retryAfter?: number;
  headers?: Record<string, string>;
};

/** Identifies the call at once, so that faults can be matched; nothing is checked before `run`. */
export function ossService(world: World, exchange: Exchange): OssCall {
  const shaped = (answer: Answer): Answer => ({
    ...answer,
    headers: {
      "x-oss-request-id": exchange.requestId,
      "x-oss-server-time": String(Math.round(performance.now() % 1000)),
      ...answer.headers,
    },
  });
  const identified = identify(world, exchange);
  return {
    run: async () => {
      try {
        if (identified instanceof OssError) throw identified;
        return shaped(await perform(world, exchange, identified.operation, identified.address));
      } catch (error) {
        return shaped(errorAnswer(world, exchange, toOssError(error)));
      }
    },
    refuse: (fault) => {
      if (OF_THE_TOKEN.has(fault.code)) endCredential(world, exchange);
      return shaped(errorAnswer(world, exchange, fromFault(fault)));
    },
  };
}

/** What is answered at the door. */
export function ossDenied(world: World, exchange: Exchange, message: string): Answer {
  return errorAnswer(world, exchange, accessDenied(message));
}

/** A fault that says so ends the credential: the next refresh must bring another. */
function endCredential(world: World, exchange: Exchange): void {
  const authorization = header(exchange, "authorization") ?? "";
  const id = /STS\.\w+/.exec(authorization)?.[0];
  if (id !== undefined) world.uploadCredentials.ended(id, exchange.arrived);
}

function identify(
  world: World,
  exchange: Exchange,
): { operation: OssOperation; address: Address } | OssError {
  const { info } = exchange;
  try {
    const address = addressOf(exchange, world.settings.bucket);
    const operation = findOperation(exchange, address);
    info.operation = operation.name;
    if (address.bucket !== undefined) info.bucket = address.bucket;
    if (address.key !== undefined) info.key = withoutToken(address.key);
    const uploadId = queryValue(exchange, "uploadId");
    if (uploadId !== undefined) info.uploadId = uploadId;
    const partNumber = Number(queryValue(exchange, "partNumber"));
    if (Number.isInteger(partNumber)) info.partNumber = partNumber;
    return { operation, address };
  } catch (error) {
    return toOssError(error);
  }
}

async function perform(
  world: World,
  exchange: Exchange,
  operation: OssOperation,
  address: Address,
): Promise<Answer> {
  if (operation === preflight) return operation.run(emptyRequest(world, exchange));
  if (exchange.malformed) {
    throw new OssError(400, "InvalidURI", "The query string is not valid percent-encoded UTF-8.");
  }
  checkEndpoint(world, exchange, address);
  const grant = authenticate(world, exchange, address);
  const { bucket = "", key = "" } = address;
  if (operation.level !== "service") checkBucket(world, bucket);
  authorize(world, grant, operation.name, address);
  const problem = operation.level === "object" ? objectNameProblem(key) : undefined;
  if (problem !== undefined) {
    throw new OssError(400, "InvalidObjectName", problem, [["ObjectName", key]]);
  }
  return operation.run({ world, exchange, bucket, key, pace: paceOf(bandwidth(world, exchange)) });
}

const MIN_LIMIT = 819_200;
const MAX_LIMIT = 838_860_800;

/** Bytes per second: what the emulator was told, or what the client asks to be held to, if that is less. */
function bandwidth(world: World, exchange: Exchange): number | undefined {
  const name = "x-oss-traffic-limit";
  const text = header(exchange, name) ?? queryValue(exchange, name);
  if (text === undefined) return world.bandwidth;
  const bits = /^\d+$/.test(text) ? Number(text) : 0;
  if (bits < MIN_LIMIT || bits > MAX_LIMIT) {
    throw invalidArgument(name, text, `It must be ${MIN_LIMIT} to ${MAX_LIMIT} bits per second.`);
  }
  return Math.min(bits / 8, world.bandwidth ?? Number.POSITIVE_INFINITY);
}

function emptyRequest(world: World, exchange: Exchange): OssRequest {
  return { world, exchange, bucket: "", key: "", pace: paceOf(undefined) };
}

/** A public host name of OSS says which region it is of, and the bucket is only in ours. */
function checkEndpoint({ settings }: World, exchange: Exchange, { bucket }: Address): void {
  const host = (header(exchange, "host") ?? "").replace(/:\d+$/, "");
  const region = /(?:^|\.)oss-([a-z0-9-]+?)(?:-internal)?\.aliyuncs\.com$/.exec(host)?.[1];
  if (region === undefined || region === settings.region || region === "accelerate") return;
  if (bucket !== settings.bucket) return;
  throw new OssError(
    403,
    "AccessDenied",
    "The bucket you are attempting to access must be addressed using the specified endpoint. Please send all future requests to this endpoint.",
    [
      ["Bucket", settings.bucket],
      ["Endpoint", `oss-${settings.region}.aliyuncs.com`],
    ],
    { "x-oss-ec": "0003-00001403" },
  );
}

function checkBucket(world: World, bucket: string): void {
  if (bucket === world.settings.bucket) return;
  if (!isBucketName(bucket)) {
    throw new OssError(400, "InvalidBucketName", "The specified bucket is not valid.", [
      ["BucketName", bucket],
    ]);
  }
  throw new OssError(404, "NoSuchBucket", "The specified bucket does not exist.", [
    ["BucketName", bucket],
  ]);
}

/** Errors that are no answer (the client is gone) are passed on; unknown ones become 500 and are printed. */
function toOssError(error: unknown): OssError {
  if (error instanceof OssError) return error;
  if (error instanceof ConnectionLost) throw error;
  if (error instanceof UploadGone) return noSuchUpload(error.message);
  if (error instanceof BodyTooLarge) {
    return new OssError(400, "MalformedXML", "The XML you provided was too large.");
  }
  if (error instanceof PathTaken) {
    return new OssError(
      409,
      "ObjectPathConflict",
      "The emulator stores objects as plain files: a key cannot lie below another object, nor have objects below it.",
      [["ObjectName", error.message]],
    );
  }
  complain(error);
  return new OssError(500, "InternalError", "We encountered an internal error. Please try again.");
}

function fromFault(fault: RefusalFault): OssError {
  const headers = { ...fault.headers };
  if (fault.retryAfter !== undefined) headers["Retry-After"] = String(fault.retryAfter);
  return new OssError(
    fault.status,
    fault.code,
    fault.message ?? "Injected by a fault rule.",
    [],
    headers,
  );
}

/** Of a presigned URL whose question mark was lost, the query is part of the key. */
function withoutToken(key: string): string {
  return key.replace(/(security-token=)[^&]*/gi, "$1…");
}
