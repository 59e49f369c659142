/** Who sent a request: finds the signature in header or URL, verifies it, and gives back the rights behind it. */
import type { Grant, Lookup } from "../credentials.ts";
import { type Exchange, header, queryValue } from "../exchange.ts";
import type { SignatureScheme } from "../options.ts";
import * as v1 from "../sign/oss-v1.ts";
import * as v4 from "../sign/oss-v4.ts";
import { sameSignature } from "../sign/text.ts";
import type { World } from "../world.ts";
import type { Address } from "./address.ts";
import { accessDenied, invalidArgument, OssError } from "./errors.ts";
import type { XmlField } from "./xml.ts";

const MAX_SKEW_MS = 15 * 60 * 1000;
const MAX_PRESIGN_SECONDS = 7 * 24 * 3600;
const PRODUCT = "oss";

export function authenticate(world: World, exchange: Exchange, address: Address): Grant {
  const authorization = header(exchange, "authorization");
  const knowsV4 = world.habits.ossSignatures === "all";
  if (knowsV4 && authorization?.startsWith(v4.ALGORITHM)) {
    return v4Header(world, exchange, address, authorization);
  }
  if (authorization?.startsWith("OSS ")) return v1Header(world, exchange, address, authorization);
  if (authorization !== undefined) throw invalidAuthorization();
  if (knowsV4 && queryValue(exchange, "x-oss-signature-version") !== undefined) {
    return v4Url(world, exchange, address);
  }
  if (queryValue(exchange, "OSSAccessKeyId") !== undefined) return v1Url(world, exchange, address);
  throw accessDenied("You have no right to access this object because of bucket acl.");
}

function invalidAuthorization(): OssError {
  return invalidArgument("Authorization", "***", "Authorization header is invalid.");
}

function v1Header(world: World, exchange: Exchange, address: Address, text: string): Grant {
  const authorization = v1.parseAuthorization(text);
  if (!authorization) throw invalidAuthorization();
  const token = header(exchange, "x-oss-security-token");
  const found = lookUp(world, exchange, "oss-v1", authorization.accessKeyId, token);
  const date = header(exchange, "x-oss-date") ?? header(exchange, "date") ?? "";
  checkSkew(exchange, Date.parse(date));
  const stringToSign = v1.stringToSign({ ...exchange, ...address, date });
  verify(authorization, v1.signature(found.secret, stringToSign), [
    ["StringToSign", stringToSign],
    ["StringToSignBytes", hexBytes(stringToSign)],
  ]);
  return found.grant;
}

function v1Url(world: World, exchange: Exchange, address: Address): Grant {
  const accessKeyId = queryValue(exchange, "OSSAccessKeyId") ?? "";
  const expires = queryValue(exchange, "Expires") ?? "";
  const provided = queryValue(exchange, "Signature");
  if (!/^\d+$/.test(expires) || provided === undefined) {
    throw accessDenied(
      "Query-string authentication requires the Signature, Expires and OSSAccessKeyId parameters",
    );
  }
  const found = lookUp(
    world,
    exchange,
    "oss-v1-url",
    accessKeyId,
    queryValue(exchange, "security-token"),
  );
  if (exchange.arrived > Number(expires) * 1000)
    throw requestExpired(exchange, Number(expires) * 1000);
  const stringToSign = v1.stringToSign({ ...exchange, ...address, date: expires });
  verify({ accessKeyId, signature: provided }, v1.signature(found.secret, stringToSign), [
    ["StringToSign", stringToSign],
    ["StringToSignBytes", hexBytes(stringToSign)],
  ]);
  return found.grant;
}

function v4Header(world: World, exchange: Exchange, address: Address, text: string): Grant {
  const authorization = v4.parseAuthorization(text);
  if (!authorization) throw invalidAuthorization();
  const payload = header(exchange, "x-oss-content-sha256");
  if (payload !== v4.UNSIGNED_PAYLOAD) {
    throw invalidArgument(
      "x-oss-content-sha256",
      payload ?? "",
      "The x-oss-content-sha256 header must be UNSIGNED-PAYLOAD.",
    );
  }
  const token = header(exchange, "x-oss-security-token");
  const found = lookUp(world, exchange, "oss-v4", authorization.accessKeyId, token);
  const dateTime = header(exchange, "x-oss-date") ?? "";
  checkSkew(exchange, parseBasicDate(dateTime));
  checkScope(world, authorization.scope, dateTime, "header");
  verifyV4(found.secret, authorization, dateTime, { ...exchange, ...address, payload });
  return found.grant;
}

function v4Url(world: World, exchange: Exchange, address: Address): Grant {
  const value = (name: string) => queryValue(exchange, name) ?? "";
  const credential = v4.parseCredential(value("x-oss-credential"));
  const dateTime = value("x-oss-date");
  const start = parseBasicDate(dateTime);
  const expires = value("x-oss-expires");
  const provided = value("x-oss-signature");
  if (value("x-oss-signature-version") !== v4.ALGORITHM || !credential || provided === "") {
    throw invalidArgument(
      "x-oss-credential",
      "***",
      "The query-string authentication parameters are invalid.",
    );
  }
  if (!/^\d+$/.test(expires) || Number(expires) < 1 || Number(expires) > MAX_PRESIGN_SECONDS) {
    throw invalidArgument(
      "x-oss-expires",
      expires,
      "x-oss-expires must be between 1 and 604800 seconds.",
    );
  }
  const token = queryValue(exchange, "x-oss-security-token");
  const found = lookUp(world, exchange, "oss-v4-url", credential.accessKeyId, token);
  checkScope(world, credential.scope, dateTime, "query");
  if (Number.isNaN(start) || start > exchange.arrived + MAX_SKEW_MS) {
    throw accessDenied("Invalid x-oss-date: the request is not yet valid.");
  }
  const end = start + Number(expires) * 1000;
  if (exchange.arrived > end) throw requestExpired(exchange, end);
  const additionalHeaders = value("x-oss-additional-headers").split(";").filter(Boolean);
  verifyV4(found.secret, { ...credential, additionalHeaders, signature: provided }, dateTime, {
    ...exchange,
    ...address,
    payload: v4.UNSIGNED_PAYLOAD,
  });
  return found.grant;
}

function verifyV4(
  secret: string,
  authorization: v4.OssV4Authorization,
  dateTime: string,
  request: Omit<v4.OssV4Request, "additionalHeaders">,
): void {
  const { additionalHeaders, scope } = authorization;
  const canonicalRequest = v4.canonicalRequest({ ...request, additionalHeaders });
  const stringToSign = v4.stringToSign(dateTime, scope, canonicalRequest);
  verify(authorization, v4.signature(v4.signingKey(secret, scope), stringToSign), [
    ["StringToSign", stringToSign],
    ["StringToSignBytes", hexBytes(stringToSign)],
    ["CanonicalRequest", canonicalRequest],
    ["CanonicalRequestBytes", hexBytes(canonicalRequest)],
  ]);
}

function verify(
  authorization: { accessKeyId: string; signature: string },
  expected: string,
  details: readonly XmlField[],
): void {
  if (sameSignature(expected, authorization.signature)) return;
  throw new OssError(
    403,
    "SignatureDoesNotMatch",
    "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
    [
      ["OSSAccessKeyId", authorization.accessKeyId],
      ["SignatureProvided", authorization.signature],
      ...details,
    ],
  );
}

/** Service and region of the scope must be ours, its day that of the request. */
function checkScope(
  world: World,
  scope: v4.CredentialScope,
  dateTime: string,
  where: "header" | "query",
): void {
  const place = where === "header" ? "Authorization header" : "query parameters";
  const refuse = (what: string, ec: string) =>
    new OssError(400, "InvalidArgument", `Invalid signing ${what} in ${place}.`, [], {
      "x-oss-ec": ec,
    });
  if (scope.region !== world.settings.region) throw refuse("region", "0002-00000226");
  if (scope.product !== PRODUCT) throw refuse("product", "0002-00000227");
  if (scope.date !== dateTime.slice(0, 8)) throw refuse("date", "0002-00000225");
}

type Found = Extract<Lookup, { found: true }>;

/** Expiry is judged by the moment the header arrived: a part under way at that moment may finish. */
function lookUp(
  world: World,
  exchange: Exchange,
  scheme: SignatureScheme,
  accessKeyId: string,
  token: string | undefined,
): Found {
  exchange.info.signature = scheme;
  exchange.info.accessKeyId = accessKeyId;
  const result = world.credentials.find(accessKeyId, token, exchange.arrived);
  if (result.found) return result;
  switch (result.problem) {
    case "unknown":
      throw unknownKey(accessKeyId);
    case "expired":
      throw tokenExpired(world, accessKeyId);
    case "mismatch":
      throw new OssError(
        403,
        "AccessKeyIdAndSecurityTokenNotMatch",
        "The AccessKeyId does not belong to the security token you provided.",
      );
    case "malformed":
      throw invalidToken();
  }
}

function tokenExpired({ habits }: World, accessKeyId: string): OssError {
  switch (habits.expiredToken) {
    case "expired":
      return new OssError(
        403,
        "SecurityTokenExpired",
        "The security token you provided has expired.",
      );
    case "invalid":
      return invalidToken();
    case "unknown-key":
      return unknownKey(accessKeyId);
  }
}

function invalidToken(): OssError {
  return new OssError(403, "InvalidSecurityToken", "The security token you provided is invalid.");
}

function unknownKey(accessKeyId: string): OssError {
  return new OssError(
    403,
    "InvalidAccessKeyId",
    "The OSS Access Key Id you provided does not exist in our records.",
    [["OSSAccessKeyId", accessKeyId]],
  );
}

function checkSkew(exchange: Exchange, requestTime: number): void {
  if (Number.isNaN(requestTime)) {
    throw accessDenied("OSS authentication requires a valid Date or x-oss-date header");
  }
  if (Math.abs(requestTime - exchange.arrived) <= MAX_SKEW_MS) return;
  throw new OssError(
    403,
    "RequestTimeTooSkewed",
    "The difference between the request time and the current time is too large.",
    [
      ["MaxAllowedSkewMilliseconds", MAX_SKEW_MS],
      ["RequestTime", new Date(requestTime).toISOString()],
      ["ServerTime", new Date(exchange.arrived).toISOString()],
    ],
  );
}

/** Of a presigned URL. */
function requestExpired(exchange: Exchange, expires: number): OssError {
  const details: XmlField[] = [
    ["Expires", new Date(expires).toISOString()],
    ["ServerTime", new Date(exchange.arrived).toISOString()],
  ];
  const ec = { "x-oss-ec": "0002-00000069" };
  return new OssError(403, "AccessDenied", "Request has expired.", details, ec);
}

/** `YYYYMMDDThhmmssZ` as unix ms, NaN when it is none. */
function parseBasicDate(text: string): number {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  if (!match) return Number.NaN;
  const [, year, month, day, hour, minute, second] = match;
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
}

function hexBytes(text: string): string {
  return Buffer.from(text)
    .toString("hex")
    .toUpperCase()
    .replace(/..(?=.)/g, "$& ");
}
