// Runs in workerd: one upload or call a request, which is dropped where its client goes.
import { Vodlift } from "vodlift";
import type { VodliftOptions } from "../../pkg/src/index.ts";

/** What one request does. */
export interface Errand {
  account: VodliftOptions;
  kind: "film" | "playlist" | "call";
  url: string;
}

/** Intervals pass this many times faster, so that a test needs not wait as long as a Worker may. */
const FASTER = 20;
const every = globalThis.setInterval;
globalThis.setInterval = ((run: () => void, ms: number) => every(run, ms / FASTER)) as never;

async function done({ account, kind, url }: Errand): Promise<unknown> {
  const vod = new Vodlift(account as never) as never as import("../../pkg/src/index.ts").Vodlift;
  if (kind === "call") return Object.keys(await vod.call("GetVideoInfo", { VideoId: "1" })).length;
  const how = { title: "Film", allowPrivateSources: true };
  const { bytes } = await (kind === "film"
    ? vod.upload(url, { ...how, fileName: "film.mp4" })
    : vod.uploadPlaylist(url, { ...how, fileName: "film.m3u8" }));
  return bytes;
}

/** The reply begins at once and goes on until it is told: only so is it noticed that a client is gone. */
export default {
  async fetch(request: Request): Promise<Response> {
    const errand: Errand = await request.json();
    const { readable, writable } = new TransformStream<Uint8Array>();
    const writer = writable.getWriter();
    const write = (text: string) => writer.write(new TextEncoder().encode(text)).catch(() => {});
    const beat = every(() => write(" "), 20);
    void done(errand)
      .catch((error) => `${error.code}: ${error.message} ${error.hint}`)
      .then(async (end) => {
        clearInterval(beat);
        await write(JSON.stringify(end));
        await writer.close();
      });
    return new Response(readable);
  },
};
