/**
 * OSS errors: an XML document, and for HEAD (which has no body) the same document in the header `x-oss-err`.
 * https://www.alibabacloud.com/help/en/oss/support/error-responses
 */
import { type Answer, type Exchange, header } from "../exchange.ts";
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
  NoSuchBucket: "0015-00000101",
  NoSuchKey: "0026-00000001",
  NoSuchUpload: "0042-00000002",
  RequestTimeTooSkewed: "0002-00000504",
  SecurityTokenExpired: "0002-00000069",
  SignatureDoesNotMatch: "0002-00000040",
};
const UNKNOWN_EC = "0000-00000000";

export function errorAnswer(exchange: Exchange, error: OssError): Answer {
  const ec = error.headers["x-oss-ec"] ?? EC[error.code] ?? UNKNOWN_EC;
  const document = element("Error", [
    ["Code", error.code],
    ["Message", error.message],
    ["RequestId", exchange.requestId],
    ["HostId", header(exchange, "host") ?? ""],
    ...error.details,
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
