/**
 * OSS errors: an XML document, and for HEAD (which has no body) the same document in the header `x-oss-err`.
 * https://www.alibabacloud.com/help/en/oss/support/error-responses
 */
import { type Answer, type Exchange, header, queryValue } from "../exchange.ts";
import type { World } from "../world.ts";
import { element, type XmlField } from "./xml.ts";

export class OssError extends Error {
  readonly status: number;
  readonly code: string;
  /** Elements beside the common ones, such as StringToSign. */
  readonly details: readonly XmlField[];
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    code: string,
    message: string,
    details: readonly XmlField[] = [],
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
    this.status = status;
    this.code = code;
    this.details = details;
    this.headers = headers;
  }
}

/** The service gives every cause its own EC; these are the ones publicly known. Others get a neutral one. */
const EC: Readonly<Record<string, string>> = {
  AccessDenied: "0003-00000001",
  InvalidAccessKeyId: "0002-00000902",
  InvalidSecurityToken: "0002-00000006",
  NoSuchBucket: "0015-00000101",
  NoSuchKey: "0026-00000001",
  NoSuchUpload: "0042-00000002",
  RequestTimeTooSkewed: "0002-00000504",
  SecurityTokenExpired: "0002-00000007",
  SignatureDoesNotMatch: "0002-00000040",
};
/** Where one operation's cause has another number than the others'. */
const EC_OF_OPERATION: Readonly<Record<string, string>> = {
  "UploadPart NoSuchUpload": "0017-00000244",
};
const UNKNOWN_EC = "0000-00000000";
/** Refusals of a token: they repeat it. */
export const OF_THE_TOKEN = new Set(["SecurityTokenExpired", "InvalidSecurityToken"]);

export function errorAnswer(world: World, exchange: Exchange, error: OssError): Answer {
  const ec =
    error.headers["x-oss-ec"] ??
    EC_OF_OPERATION[`${exchange.info.operation} ${error.code}`] ??
    EC[error.code] ??
    UNKNOWN_EC;
  const document = element("Error", [
    ["Code", error.code],
    ["Message", error.message],
    ["RequestId", exchange.requestId],
    ["HostId", header(exchange, "host") ?? ""],
    ...error.details,
    ...tokenEcho(world, exchange, error),
    ...denialDetail(world, exchange, error),
    ["EC", ec],
    ["RecommendDoc", `https://api.alibabacloud.com/troubleshoot?q=${ec}`],
  ]);
  const headers = { "x-oss-ec": ec, ...error.headers };
  if (exchange.method === "HEAD") {
    const encoded = Buffer.from(document).toString("base64");
    return {
      status: error.status,
      code: error.code,
      headers: { ...headers, "x-oss-err": encoded },
    };
  }
  return {
    status: error.status,
    code: error.code,
    headers: { ...headers, "Content-Type": "application/xml" },
    body: document,
  };
}

function tokenEcho({ habits }: World, exchange: Exchange, { code }: OssError): XmlField[] {
  if (habits.tokenEcho === "left-out" || !OF_THE_TOKEN.has(code)) return [];
  const token =
    header(exchange, "x-oss-security-token") ??
    queryValue(exchange, "x-oss-security-token") ??
    queryValue(exchange, "security-token");
  return token === undefined ? [] : [["SecurityToken", token]];
}

/** What RAM adds to a denial that its policies caused. */
function denialDetail({ habits }: World, exchange: Exchange, error: OssError): XmlField[] {
  if (habits.denials === "plain" || error.message !== DENIED_BY_POLICY) return [];
  return [
    [
      "AccessDeniedDetail",
      [
        ["AuthAction", `oss:${ACTION_OF[exchange.info.operation] ?? exchange.info.operation}`],
        ["AuthPrincipalDisplayName", "vodlift-emulator"],
        ["AuthPrincipalOwnerId", "1000000000000001"],
        ["AuthPrincipalType", "AssumedRoleUser"],
        ["NoPermissionType", "ImplicitDeny"],
        ["PolicyType", "AssumeRolePolicy"],
      ],
    ],
  ];
}

/** Operations that RAM knows under another name. */
const ACTION_OF: Readonly<Record<string, string>> = {
  InitiateMultipartUpload: "PutObject",
  UploadPart: "PutObject",
  UploadPartCopy: "PutObject",
  CompleteMultipartUpload: "PutObject",
  AppendObject: "PutObject",
  HeadObject: "GetObject",
  GetObjectMeta: "GetObject",
};

const DENIED_BY_POLICY =
  "You have no right to access this object because of the policy of your security token.";

export function deniedByPolicy(): OssError {
  return accessDenied(DENIED_BY_POLICY);
}

export function noSuchKey(key: string): OssError {
  return new OssError(404, "NoSuchKey", "The specified key does not exist.", [["Key", key]]);
}

export function noSuchUpload(uploadId: string): OssError {
  return new OssError(
    404,
    "NoSuchUpload",
    "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.",
    [["UploadId", uploadId]],
  );
}

export function invalidArgument(name: string, value: string, message: string): OssError {
  return new OssError(400, "InvalidArgument", message, [
    ["ArgumentName", name],
    ["ArgumentValue", value],
  ]);
}

export function accessDenied(message: string): OssError {
  return new OssError(403, "AccessDenied", message);
}
