/**
 * Event notifications by HTTP: what VOD posts when a media file has arrived.
 * https://www.alibabacloud.com/help/en/vod/user-guide/http-callbacks
 */
import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { PrivateAddress } from "../addresses.ts";
import { complain } from "../complain.ts";
import { objectUrl } from "../endpoint.ts";
import type { EventCallback, MediaEvent } from "../options.ts";
import { send } from "../outgoing.ts";
import type { Asset } from "../store/assets.ts";
import type { Unpublished } from "../store/objects.ts";
import { now, type World } from "../world.ts";
import { isTranscoded, TRANSCODING_MS } from "./media-status.ts";
import { userDataOf } from "./user-data.ts";
import { utcSeconds } from "./utc.ts";

const ATTEMPTS = 3;
const RETRY_MS = 1_000;
const ANSWER_MS = 5_000;
const LOG_LIMIT = 10_000;

/** The fields of an event beside EventType, EventTime and Extend. */
export type EventFields = MediaEvent["body"];

export class Events {
  /** The latest events, oldest first; each says what became of it. */
  readonly log: MediaEvent[] = [];
  readonly #callback: EventCallback;

  constructor(callback: EventCallback | undefined) {
    this.#callback = callback ?? {};
  }

  /** Called for every object that is stored: VOD notices by itself when one of them is a media file's source. */
  objectStored(world: World, object: Unpublished, endpoint: string): void {
    const asset = world.assets.findByObject(object.bucket, object.key);
    if (!asset) return;
    const { type, fields } = describe(world, asset, object.size, objectUrl(endpoint, object));
    world.background.run(async () => {
      await this.send(world, asset.parameters, type, fields);
      if (!isTranscoded(world, asset)) return;
      if (world.habits.transcoding === "slow") await transcoding(world);
      const result = transcodeResult(asset, object.size, objectUrl(endpoint, object));
      await this.send(world, asset.parameters, "TranscodeComplete", result);
    });
  }

  /** Resolves when the notification was delivered, or given up after three attempts. */
  async send(
    world: World,
    parameters: Asset["parameters"],
    type: string,
    fields: EventFields,
  ): Promise<void> {
    const { callbackUrl, extend } = userDataOf(parameters);
    const url = callbackUrl ?? this.#callback.url;
    const body = {
      EventTime: eventTime(type, new Date(now(world))),
      EventType: type,
      ...fields,
      ...(extend === undefined ? {} : { Extend: extend }),
    };
    const event: MediaEvent = {
      type,
      body,
      ...(url === undefined ? {} : { url }),
      attempts: 0,
      delivered: false,
    };
    this.log.push(event);
    if (this.log.length > LOG_LIMIT) this.log.shift();
    if (url === undefined) return;
    const { signal } = world.background;
    while (!event.delivered && event.attempts < ATTEMPTS) {
      if (event.attempts > 0) {
        await sleep(this.#callback.retryDelayMs ?? RETRY_MS, undefined, { signal });
      }
      event.attempts += 1;
      const allowPrivate = world.allowPrivate || url === this.#callback.url;
      event.delivered = await this.#post(world, url, JSON.stringify(body), allowPrivate);
    }
  }

  /** Only 200 counts, within five seconds. */
  async #post(world: World, url: string, body: string, allowPrivate: boolean): Promise<boolean> {
    const { signal } = world.background;
    try {
      const response = await send(url, {
        method: "POST",
        headers: { "Content-Type": "application/json;charset=utf-8", ...this.#sign(world, url) },
        body,
        signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]),
        allowPrivate,
      });
      response.destroy();
      return response.statusCode === 200;
    } catch (error) {
      if (signal.aborted) throw error;
      if (error instanceof PrivateAddress) complain(`a callback was not sent: ${error.message}`);
      return false;
    }
  }

  /** The receiver forms the same hash of its own URL, the timestamp and the key both sides know. */
  #sign(world: World, url: string): Record<string, string> {
    const { privateKey } = this.#callback;
    if (privateKey === undefined) return {};
    const timestamp = String(Math.floor(now(world) / 1000));
    const signature = createHash("md5").update(`${url}|${timestamp}|${privateKey}`).digest("hex");
    return { "X-VOD-TIMESTAMP": timestamp, "X-VOD-SIGNATURE": signature };
  }
}

async function transcoding({ background }: World): Promise<void> {
  await sleep(TRANSCODING_MS, undefined, { signal: background.signal });
}

/** The emulator makes no streams: the one it tells of is the source itself. */
function transcodeResult({ id }: Asset, size: number, url: string): EventFields {
  const stream = {
    Status: "success",
    Definition: "OD",
    Format: /\.(\w+)$/.exec(url)?.[1] ?? "",
    FileUrl: plainHttp(url),
    Size: size,
    Duration: 0,
    Bitrate: "0",
    Fps: "0",
    Width: 0,
    Height: 0,
    Encrypt: false,
  };
  return { VideoId: id, Status: "success", StreamInfos: [stream] };
}

/** Events name files by http, whatever the endpoint. */
function plainHttp(url: string): string {
  return url.replace(/^https:/, "http:");
}

function describe(
  { habits }: World,
  { kind, id, parameters }: Asset,
  size: number,
  url: string,
): { type: string; fields: EventFields } {
  switch (kind) {
    case "video":
      return {
        type: "FileUploadComplete",
        fields:
          habits.uploadEvent === "bare"
            ? { VideoId: id, Size: size, FileUrl: url }
            : { Status: "success", VideoId: id, Size: size, FileUrl: plainHttp(url) },
      };
    case "image":
      return {
        type: "ImageUploadComplete",
        fields: {
          ImageId: id,
          Size: size,
          FileURL: url,
          Status: "success",
          AppId: parameters.AppId ?? "app-1000000",
        },
      };
    case "attached":
      return {
        type: "AttachedMediaUploadComplete",
        fields: { AttachedMediaId: id, Size: size, FileURL: url, Status: "success" },
      };
  }
}

/** Images have their milliseconds, behind a colon: so the service's own page shows it. */
function eventTime(type: string, time: Date): string {
  if (type !== "ImageUploadComplete") return utcSeconds(time);
  return time.toISOString().replace(".", ":");
}
