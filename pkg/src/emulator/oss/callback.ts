/**
 * Upload callbacks: before OSS answers an upload it asks the uploader's application, and passes its answer on.
 * https://www.alibabacloud.com/help/en/oss/developer-reference/callback
 *
 * The service signs its posts with an RSA key whose public half lies at a host of its own; the emulator cannot, and
 * sends no `Authorization`.
 */
import type { Answer, Exchange } from "../exchange.ts";
import { header, queryValue } from "../exchange.ts";
import { send } from "../outgoing.ts";
import { percentEncode } from "../sign/text.ts";
import type { Unpublished } from "../store/objects.ts";
import type { World } from "../world.ts";
import { invalidArgument, OssError } from "./errors.ts";

const MAX_PARAMETER = 5 * 1024;
const MAX_URLS = 5;
const MAX_ANSWER = 3 * 1024 * 1024;
const ANSWER_MS = 5_000;
const FORM = "application/x-www-form-urlencoded";
const JSON_TYPE = "application/json";

export type Callback = {
  urls: readonly string[];
  host: string | undefined;
  body: string;
  bodyType: string;
  /** By their names with `x:`. */
  variables: Readonly<Record<string, string>>;
};

/** The callback a request asks for; refused before the body is read when it is malformed. */
export function readCallback(exchange: Exchange): Callback | undefined {
  const text = parameter(exchange, "callback");
  const variables = parameter(exchange, "callback-var");
  if (text === undefined) return undefined;
  const config = decode("callback", text);
  const callbackUrl = stringField(config, "callbackUrl");
  const body = stringField(config, "callbackBody");
  if (callbackUrl === undefined || body === undefined) {
    throw malformed("callback", "The callback configuration needs callbackUrl and callbackBody.");
  }
  const bodyType = stringField(config, "callbackBodyType") ?? FORM;
  if (bodyType !== FORM && bodyType !== JSON_TYPE) {
    throw malformed("callback", "The callbackBodyType is not supported.");
  }
  return {
    urls: readUrls(callbackUrl),
    host: stringField(config, "callbackHost"),
    body,
    bodyType,
    variables: variables === undefined ? {} : readVariables(variables),
  };
}

/** In a header `x-oss-…`, or in the query with or without that prefix; not in both. */
function parameter(exchange: Exchange, name: string): string | undefined {
  const inHeader = header(exchange, `x-oss-${name}`);
  const inQuery = queryValue(exchange, name) ?? queryValue(exchange, `x-oss-${name}`);
  if (inHeader !== undefined && inQuery !== undefined) {
    throw malformed(name, `The ${name} is both in the header and in the query.`);
  }
  return inHeader ?? inQuery;
}

function malformed(name: string, message: string): OssError {
  return invalidArgument(name, "***", message);
}

function decode(name: string, text: string): Record<string, unknown> {
  if (text.length > MAX_PARAMETER) throw malformed(name, `The ${name} is longer than 5 KB.`);
  if (!/^[A-Za-z0-9+/_-]+={0,2}$/.test(text)) {
    throw malformed(name, `The ${name} configuration is not base64 encoded.`);
  }
  try {
    const value: unknown = JSON.parse(Buffer.from(text, "base64").toString());
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return { ...value };
  } catch {}
  throw malformed(name, `The ${name} configuration is not json format.`);
}

function stringField(config: Record<string, unknown>, name: string): string | undefined {
  const value = config[name];
  if (value === undefined || value === "") return undefined;
  if (typeof value === "string") return value;
  throw malformed("callback", `The ${name} is not a string.`);
}

/** A URL may come without its scheme. */
function readUrls(text: string): string[] {
  const urls = text.split(";").filter(Boolean);
  if (urls.length > MAX_URLS) throw malformed("callback", "There are more than 5 callbackUrls.");
  return urls.map((url) => {
    const whole = /^https?:\/\//i.test(url) ? url : `http://${url}`;
    if (URL.canParse(whole)) return whole;
    throw malformed("callback", "The callbackUrl is not valid.");
  });
}

function readVariables(text: string): Record<string, string> {
  const variables: Record<string, string> = {};
  for (const [name, value] of Object.entries(decode("callback-var", text))) {
    if (!/^x:[^A-Z]+$/.test(name) || typeof value !== "string") {
      throw malformed("callback-var", "A name must begin with x: and have no upper case.");
    }
    variables[name] = value;
  }
  return variables;
}

/** Asks each URL in turn until one is content. Its answer becomes OSS's; without one the object stays, and 203 says so. */
export async function performCallback(
  world: World,
  exchange: Exchange,
  callback: Callback,
  object: Unpublished,
  plain: Answer,
): Promise<Answer> {
  const body = fillIn(callback, valuesOf(exchange, object));
  let problem = "";
  for (const url of callback.urls) {
    const outcome = await post(world, exchange, callback, url, body);
    if (typeof outcome === "string") {
      problem = outcome;
      continue;
    }
    const headers = { ...plain.headers, "Content-Type": JSON_TYPE };
    return { status: 200, headers, body: outcome };
  }
  throw new OssError(203, "CallbackFailed", problem, [], { "x-oss-ec": "0007-00000203" });
}

function valuesOf(exchange: Exchange, object: Unpublished): Record<string, string | number> {
  return {
    bucket: object.bucket,
    object: object.key,
    etag: object.etag.replaceAll('"', ""),
    size: object.size,
    mimeType: object.headers["content-type"] ?? "",
    crc64: object.crc64,
    reqId: exchange.requestId,
    clientIp: exchange.request.socket.remoteAddress ?? "",
    operation: exchange.info.operation,
  };
}

/** A form takes each value percent-encoded, JSON takes it as JSON. A name nobody knows is empty. */
function fillIn(
  { body, bodyType, variables }: Callback,
  values: Readonly<Record<string, string | number>>,
): string {
  return body.replace(/\$\{([^}]*)\}/g, (_, name: string) => {
    const value = (name.startsWith("x:") ? variables[name] : values[name]) ?? "";
    return bodyType === JSON_TYPE ? JSON.stringify(value) : percentEncode(String(value));
  });
}

/** The application's answer, or as text why it does not count. */
async function post(
  world: World,
  exchange: Exchange,
  { host, bodyType }: Callback,
  url: string,
  body: string,
): Promise<Buffer | string> {
  try {
    const { status, bytes } = await ask(
      world,
      url,
      {
        "Content-Type": bodyType,
        "User-Agent": "aliyun-oss-callback",
        "x-oss-bucket": exchange.info.bucket ?? "",
        "x-oss-request-id": exchange.requestId,
        ...(host === undefined ? {} : { Host: host }),
      },
      body,
    );
    if (status !== 200) return `Error status : ${status}.`;
    return isJson(bytes) ? bytes : "Response body is not valid json format.";
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return `Error status : 502. ${new URL(url).host} cannot be asked: ${reason}`;
  }
}

async function ask(
  world: World,
  url: string,
  headers: Record<string, string>,
  body: string,
): Promise<{ status: number; bytes: Buffer }> {
  const signal = AbortSignal.any([world.background.signal, AbortSignal.timeout(ANSWER_MS)]);
  const { allowPrivate } = world;
  const response = await send(url, { method: "POST", headers, body, signal, allowPrivate });
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_ANSWER) throw new Error("its answer is larger than 3 MB");
    chunks.push(chunk);
  }
  return { status: response.statusCode ?? 0, bytes: Buffer.concat(chunks) };
}

function isJson(bytes: Buffer): boolean {
  try {
    JSON.parse(bytes.toString());
    return true;
  } catch {
    return false;
  }
}
