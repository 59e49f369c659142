/** Replies and errors as JSON or as XML. XML is the service's default: a client must ask for JSON. */
import { type Answer, type Exchange, header } from "../exchange.ts";
import { element, type XmlField } from "../oss/xml.ts";
import type { VodError } from "./errors.ts";
import type { Parameters } from "./parameters.ts";

/** What an action replies with, beside RequestId. */
export type Reply = { readonly [name: string]: ReplyValue };
export type ReplyValue = string | number | boolean | readonly ReplyValue[] | Reply;

export function wantsJson(exchange: Exchange, parameters: Parameters): boolean {
  const format = parameters.text("Format");
  if (format !== undefined) return format.toUpperCase() === "JSON";
  return header(exchange, "accept")?.includes("application/json") ?? false;
}

export function replyAnswer(
  exchange: Exchange,
  json: boolean,
  action: string,
  reply: Reply,
): Answer {
  return answer(exchange, 200, json, `${action}Response`, {
    RequestId: exchange.requestId,
    ...reply,
  });
}

export function errorAnswer(exchange: Exchange, json: boolean, error: VodError): Answer {
  const body = {
    RequestId: exchange.requestId,
    HostId: header(exchange, "host") ?? "",
    Code: error.code,
    Message: error.message,
    Recommend: `https://api.alibabacloud.com/troubleshoot?q=${encodeURIComponent(error.code)}&product=vod&requestId=${exchange.requestId}`,
  };
  const shaped = answer(exchange, error.status, json, "Error", body);
  return { ...shaped, code: error.code, headers: { ...shaped.headers, ...error.headers } };
}

function answer(
  exchange: Exchange,
  status: number,
  json: boolean,
  root: string,
  body: Reply,
): Answer {
  return {
    status,
    headers: {
      "Content-Type": json ? "application/json;charset=utf-8" : "text/xml;charset=utf-8",
      "x-acs-request-id": exchange.requestId,
    },
    body: json ? JSON.stringify(body) : element(root, toXml(body)),
  };
}

/** A list is its name repeated, once an entry. */
function toXml(reply: Reply): XmlField[] {
  return Object.entries(reply).flatMap(([name, value]) =>
    isList(value)
      ? value.map((entry): XmlField => [name, toXmlValue(entry)])
      : [[name, toXmlValue(value)] as const],
  );
}

function toXmlValue(value: ReplyValue): XmlField[1] {
  if (isList(value)) return value.map((entry): XmlField => ["Item", toXmlValue(entry)]);
  return typeof value === "object" ? toXml(value) : value;
}

/** Array.isArray does not narrow a readonly array. */
function isList(value: ReplyValue): value is readonly ReplyValue[] {
  return Array.isArray(value);
}
