/** Verifies a call's signature: RPC (HMAC-SHA1, in the parameters) or ACS3 (HMAC-SHA256, in the headers). */
import { createHash } from "node:crypto";
import type { Lookup } from "../credentials.ts";
import { type Exchange, header } from "../exchange.ts";
import type { SignatureScheme } from "../options.ts";
import * as acs3 from "../sign/acs3.ts";
import * as rpc from "../sign/rpc.ts";
import { type Parameter, sameSignature } from "../sign/text.ts";
import type { World } from "../world.ts";
import { missingParameter, VodError } from "./errors.ts";
import { Parameters } from "./parameters.ts";

const MAX_SKEW_MS = 15 * 60 * 1000;

/** A call as it came: the parameters of the URL, those of a form body, and that body. */
export type SignedCall = { query: readonly Parameter[]; form: readonly Parameter[]; body: Buffer };

/** Throws unless the call was signed by the account, is recent, and was not seen before. */
export function authenticate(world: World, exchange: Exchange, call: SignedCall): void {
  const authorization = header(exchange, "authorization");
  if (authorization?.startsWith("ACS3-")) verifyAcs3(world, exchange, call, authorization);
  else verifyRpc(world, exchange, call);
}

function verifyRpc(world: World, exchange: Exchange, call: SignedCall): void {
  const signed = [...call.query, ...call.form];
  const parameters = new Parameters(signed);
  const accessKeyId = parameters.required("AccessKeyId");
  const provided = parameters.required("Signature");
  const nonce = parameters.required("SignatureNonce");
  const timestamp = parameters.required("Timestamp");
  const method = parameters.required("SignatureMethod");
  const version = parameters.required("SignatureVersion");
  if (method !== "HMAC-SHA1" || version !== "1.0") {
    throw new VodError(
      400,
      "InvalidParameter.SignatureMethod",
      "Only HMAC-SHA1 with SignatureVersion 1.0 is supported.",
    );
  }
  const secret = lookUp(world, exchange, "rpc", accessKeyId, parameters.text("SecurityToken"));
  checkTime(exchange, timestamp);
  const stringToSign = rpc.stringToSign(exchange.method, signed);
  if (!sameSignature(rpc.signature(secret, stringToSign), provided)) {
    throw signatureDoesNotMatch(stringToSign);
  }
  checkNonce(world, exchange, nonce);
}

function verifyAcs3(world: World, exchange: Exchange, call: SignedCall, text: string): void {
  const authorization = acs3.parseAuthorization(text);
  if (!authorization) {
    throw new VodError(
      400,
      "IncompleteSignature",
      "The Authorization header does not conform to ACS3-HMAC-SHA256.",
    );
  }
  const payloadHash = requiredHeader(exchange, "x-acs-content-sha256");
  const date = requiredHeader(exchange, "x-acs-date");
  const nonce = requiredHeader(exchange, "x-acs-signature-nonce");
  checkSignedHeaders(exchange, authorization.signedHeaders);
  const token = header(exchange, "x-acs-security-token");
  const secret = lookUp(world, exchange, "acs3", authorization.accessKeyId, token);
  checkTime(exchange, date);
  if (payloadHash !== createHash("sha256").update(call.body).digest("hex")) {
    throw new VodError(
      400,
      "InvalidParameter.ContentSha256",
      "x-acs-content-sha256 is not the hash of the body.",
    );
  }
  const canonicalRequest = acs3.canonicalRequest({
    method: exchange.method,
    uri: exchange.path,
    query: call.query,
    headers: exchange.headers,
    signedHeaders: authorization.signedHeaders,
    payloadHash,
  });
  const stringToSign = acs3.stringToSign(canonicalRequest);
  if (!sameSignature(acs3.signature(secret, stringToSign), authorization.signature)) {
    throw signatureDoesNotMatch(`${stringToSign}, server canonical request is:${canonicalRequest}`);
  }
  checkNonce(world, exchange, nonce);
}

function requiredHeader(exchange: Exchange, name: string): string {
  const value = header(exchange, name);
  if (value === undefined || value === "") throw missingParameter(name);
  return value;
}

/** An x-acs header that is not signed could be swapped on the way: the action, the token. */
function checkSignedHeaders(exchange: Exchange, signed: readonly string[]): void {
  const names = Object.keys(exchange.headers).filter((name) => name.startsWith("x-acs-"));
  const missing = ["host", ...names].find((name) => !signed.includes(name));
  if (missing === undefined) return;
  throw new VodError(
    400,
    "IncompleteSignature",
    `The header ${missing} must be among the SignedHeaders.`,
  );
}

function lookUp(
  world: World,
  exchange: Exchange,
  scheme: SignatureScheme,
  accessKeyId: string,
  token: string | undefined,
): string {
  exchange.info.signature = scheme;
  exchange.info.accessKeyId = accessKeyId;
  const result = world.credentials.find(accessKeyId, token, exchange.arrived);
  if (!result.found) {
    const bare = accessKeyId.startsWith("STS.") && (token ?? "") === "";
    throw credentialError(bare ? "token-missing" : result.problem);
  }
  if (result.grant.kind === "account") return result.secret;
  throw new VodError(
    403,
    "Forbidden.RAM",
    "User not authorized to operate on the specified resource, or this API doesn't support RAM.",
  );
}

type Problem = Extract<Lookup, { found: false }>["problem"] | "token-missing";

function credentialError(problem: Problem): VodError {
  switch (problem) {
    case "token-missing":
      return new VodError(
        400,
        "MissingSecurityToken",
        "SecurityToken is mandatory for this action.",
      );
    case "unknown":
      return new VodError(404, "InvalidAccessKeyId.NotFound", "Specified access key is not found.");
    case "expired":
      return new VodError(
        400,
        "InvalidSecurityToken.Expired",
        "Specified SecurityToken is expired.",
      );
    case "malformed":
      return new VodError(
        400,
        "InvalidSecurityToken.Malformed",
        "Specified SecurityToken is malformed.",
      );
    case "mismatch":
      return new VodError(
        400,
        "InvalidSecurityToken.MismatchWithAccessKey",
        "Specified SecurityToken mismatch with the AccessKey.",
      );
  }
}

function checkTime(exchange: Exchange, text: string): void {
  const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(text)
    ? Date.parse(text)
    : Number.NaN;
  if (Number.isNaN(time)) {
    throw new VodError(
      400,
      "InvalidTimeStamp.Format",
      "Specified time stamp or date value is not well formatted.",
    );
  }
  if (Math.abs(time - exchange.arrived) <= MAX_SKEW_MS) return;
  throw new VodError(
    400,
    "InvalidTimeStamp.Expired",
    "Specified time stamp or date value is expired.",
  );
}

/** Only now, when the signature is known to be good: a forged call must not burn someone else's nonce. */
function checkNonce(world: World, exchange: Exchange, nonce: string): void {
  if (world.nonces.use(nonce, exchange.arrived)) return;
  throw new VodError(400, "SignatureNonceUsed", "Specified signature nonce was used already.");
}

/** The service tells what it signed itself: the quickest way to see where a client's canonical form differs. */
function signatureDoesNotMatch(stringToSign: string): VodError {
  return new VodError(
    400,
    "SignatureDoesNotMatch",
    `Specified signature is not matched with our calculation. server string to sign is:${stringToSign}`,
  );
}
