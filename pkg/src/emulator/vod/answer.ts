/** Replies and errors as JSON or as XML. XML is the service's default: a client must ask for JSON. */
import { type Answer, type Exchange, header } from "../exchange.ts";
import { element, type XmlField } from "../oss/xml.ts";
import type { World } from "../world.ts";
import type { VodError } from "./errors.ts";
import type { Parameters } from "./parameters.ts";

/** What an action replies with, beside RequestId. */
export type Reply = { readonly [name: string]: ReplyValue };
export type ReplyValue = string | number | boolean | readonly ReplyValue[] | Reply;

/** A list of names that samples show as JSON written as text. */
export function listField({ habits }: World, names: readonly string[]): ReplyValue {
  return habits.lists === "text" ? JSON.stringify(names) : names;
}

export function wantsJson(exchange: Exchange, parameters: Parameters): boolean {
  const format = parameters.text("Format");
  if (format !== undefined) return format.toUpperCase() === "JSON";
  return header(exchange, "accept")?.includes("application/json") ?? false;
}

export function replyAnswer(
  world: World,
  exchange: Exchange,
  json: boolean,
  action: string,
  reply: Reply,
): Answer {
  return answer(exchange, 200, json, `${action}Response`, {
    RequestId: exchange.requestId,
    ...(world.habits.emptyFields === "left-out" ? withoutEmpty(reply) : reply),
  });
}

/** Without the fields that are an empty text, however deep. */
function withoutEmpty(reply: Reply): Reply {
  const told = Object.entries(reply).filter(([, value]) => value !== "");
  return Object.fromEntries(told.map(([name, value]) => [name, emptied(value)]));
}

function emptied(value: ReplyValue): ReplyValue {
  if (isList(value)) return value.map(emptied);
  return typeof value === "object" ? withoutEmpty(value) : value;
}

export function errorAnswer(
  world: World,
  exchange: Exchange,
  json: boolean,
  error: VodError,
): Answer {
  const body = {
    RequestId: exchange.requestId,
    HostId: header(exchange, "host") ?? "",
    Code: error.code,
    Message: error.message,
    Recommend: `https://api.alibabacloud.com/troubleshoot?q=${encodeURIComponent(error.code)}&product=vod&requestId=${exchange.requestId}`,
    ...denialDetail(world, exchange, error),
  };
  const shaped = answer(exchange, error.status, json, "Error", body);
  return { ...shaped, code: error.code, headers: { ...shaped.headers, ...error.headers } };
}

/** The codes with which RAM denies a call. */
const DENIALS = new Set(["Forbidden.RAM", "NoPermission"]);

/** What RAM adds to a denial: which permission is missing, and which kind of policy lacks it. */
function denialDetail({ habits }: World, { info }: Exchange, { code }: VodError): Reply {
  if (habits.denials === "plain" || !DENIALS.has(code)) return {};
  return {
    AccessDeniedDetail: {
      PolicyType: "AccountLevelIdentityBasedPolicy",
      AuthPrincipalOwnerId: "1000000000000001",
      AuthPrincipalType: "SubUser",
      AuthPrincipalDisplayName: "200000000000000001",
      NoPermissionType: "ImplicitDeny",
      AuthAction: `vod:${info.operation}`,
    },
  };
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
