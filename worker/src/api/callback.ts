// POST /callbacks/vod: VOD's own event notifications. VOD signs them with a key that both sides know:
// MD5 of `URL|timestamp|key`. https://www.alibabacloud.com/help/en/vod/user-guide/http-callbacks
import type { Handler } from "hono";
import { jobs } from "../jobs/index.ts";
import type { Bound } from "./auth.ts";
import { problem } from "./problem.ts";

/** Events that say: the file is here. Each names the media in a field of its own. */
const MEDIA_ID: Readonly<Record<string, string>> = {
  FileUploadComplete: "VideoId",
  ImageUploadComplete: "ImageId",
  AttachedMediaUploadComplete: "AttachedMediaId",
};
const TOLERANCE_S = 300;

export const callback: Handler<Bound> = async (context) => {
  const { env, req } = context;
  const key = env.VODLIFT_CALLBACK_KEY;
  if (!key) {
    return problem(context, 503, {
      code: "callbacks_not_configured",
      message: "this Worker takes no callbacks",
      hint: "Set VODLIFT_CALLBACK_KEY to the authentication key of VOD's callback settings.",
    });
  }
  const timestamp = req.header("x-vod-timestamp") ?? "";
  const late = Math.abs(Date.now() / 1000 - Number(timestamp || Number.NaN));
  const genuine = await isSigned(
    req.header("x-vod-signature") ?? "",
    `${req.url}|${timestamp}|${key}`,
  );
  if (!genuine || !(late <= TOLERANCE_S)) {
    return problem(context, 401, {
      code: "callback_not_genuine",
      message: "the callback's signature is wrong or too old",
      hint: "Use the same key here and in VOD's callback settings, and this very URL.",
    });
  }
  const event = (await req.json().catch(() => ({}))) as Record<string, unknown>;
  const mediaId = event[MEDIA_ID[String(event.EventType)] ?? ""];
  if (typeof mediaId === "string" && event.Status !== "fail") await jobs(env).ready(mediaId);
  // VOD takes nothing but 200 for an answer, and repeats what it is not taken.
  return context.json({ received: true }, 200);
};

async function isSigned(signature: string, content: string): Promise<boolean> {
  const want = await crypto.subtle.digest("MD5", new TextEncoder().encode(content));
  const given = /^[0-9a-f]{32}$/i.test(signature)
    ? Uint8Array.fromHex(signature)
    : new Uint8Array(16);
  return crypto.subtle.timingSafeEqual(want, given);
}
