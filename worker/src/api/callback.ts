// POST /callbacks/vod: VOD's own event notifications. VOD signs them with a key that both sides know:
// MD5 of `URL|timestamp|key`. https://www.alibabacloud.com/help/en/vod/user-guide/http-callbacks
import type { Handler } from "hono";
import { jobs } from "../jobs/index.ts";
import { digest } from "./accept.ts";
import type { Bound } from "./auth.ts";
import { drop } from "./door.ts";
import { problem } from "./problem.ts";
import { parseJson } from "./validation.ts";

/** Events that say: the file is here. Each names the media in a field of its own. A pull has two names in VOD's pages. */
const MEDIA_ID: Readonly<Record<string, string>> = {
  FileUploadComplete: "VideoId",
  ImageUploadComplete: "ImageId",
  AttachedMediaUploadComplete: "AttachedMediaId",
  URLUploadComplete: "VideoId",
  UploadByURLComplete: "VideoId",
  TranscodeComplete: "VideoId",
};
const TOLERANCE_S = 300;

export const callback: Handler<Bound> = async (context) => {
  const { env, req } = context;
  // Blanks are no key: anybody could sign with them.
  const key = env.VODLIFT_CALLBACK_KEY?.trim();
  if (!key) {
    return problem(context, 503, {
      code: "callbacks_not_configured",
      message: "this Worker takes no callbacks",
      hint: "Set VODLIFT_CALLBACK_KEY to the authentication key of VOD's callback settings.",
    });
  }
  const url = env.VODLIFT_CALLBACK_URL?.trim() || undefined;
  if (url !== undefined && !isWebUrl(url)) {
    console.error("VODLIFT_CALLBACK_URL is no http or https URL, so callbacks are refused");
    return problem(context, 503, {
      code: "setting_invalid",
      message: "this Worker's setting VODLIFT_CALLBACK_URL is no URL",
      hint: "Set it to the callback URL of VOD's settings, letter by letter, or remove it.",
    });
  }
  const timestamp = req.header("x-vod-timestamp") ?? "";
  const late = Math.abs(Date.now() / 1000 - Number(timestamp || Number.NaN));
  const signature = (req.header("x-vod-signature") ?? "").toLowerCase();
  const genuine = await isSigned(signature, `${url ?? req.url}|${timestamp}|${key}`);
  if (!genuine || !(late <= TOLERANCE_S)) {
    // For the operator: only the settings of both sides can tell who is right. Nothing of a URL is quoted.
    console.error(
      genuine
        ? "a callback is refused: its timestamp is more than five minutes off"
        : `a callback is refused: its signature fits neither VODLIFT_CALLBACK_KEY nor ${url ? "VODLIFT_CALLBACK_URL" : "the address it came to; behind a proxy set VODLIFT_CALLBACK_URL"}`,
    );
    await drop(context);
    return problem(context, 401, {
      code: "callback_not_genuine",
      message: "the callback's signature is wrong or too old",
      hint: "Use the same key here and in VOD's callback settings; set VODLIFT_CALLBACK_URL to the URL there.",
    });
  }
  const body = await req.text();
  const event = eventOf(body);
  const mediaId = event[MEDIA_ID[String(event.EventType)] ?? ""];
  const named = typeof mediaId === "string" && event.Status !== "fail" ? mediaId : undefined;
  const duplicate = await jobs(env).called(signature, await digest(body), named);
  // VOD takes nothing but 200 for an answer, and repeats what it is not taken.
  return context.json({ received: true, ...(duplicate && { duplicate }) }, 200);
};

/** An event as JSON, or as JSON in base64: so it comes by way of a queue. What is neither says nothing. */
function eventOf(body: string): Record<string, unknown> {
  const event = parseJson(body) ?? parseJson(fromBase64(body.trim()));
  return typeof event === "object" && event !== null ? { ...event } : {};
}

function fromBase64(text: string): string {
  try {
    return new TextDecoder().decode(Uint8Array.fromBase64(text));
  } catch {
    return "";
  }
}

function isWebUrl(text: string): boolean {
  return /^https?:\/\//i.test(text) && URL.canParse(text);
}

async function isSigned(signature: string, content: string): Promise<boolean> {
  const want = await crypto.subtle.digest("MD5", new TextEncoder().encode(content));
  const given = /^[0-9a-f]{32}$/i.test(signature)
    ? Uint8Array.fromHex(signature)
    : new Uint8Array(16);
  return crypto.subtle.timingSafeEqual(want, given);
}
