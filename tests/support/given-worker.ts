// Runs in workerd, with a bucket of R2: uploads what a Worker has at hand, and says what became of each.
import { type UploadSource, Vodlift } from "vodlift";

/** As much of R2's types as is used. */
interface Bucket {
  put(key: string, value: Uint8Array, options: object): Promise<unknown>;
  get(key: string, options?: object): Promise<unknown>;
  head(key: string): Promise<unknown>;
}

interface Env {
  BUCKET: Bucket;
  SERVICE: string;
  ORIGIN: string;
}

const SIZE = 250_000;

export default {
  async fetch(request: Request, { BUCKET, SERVICE, ORIGIN }: Env): Promise<Response> {
    const vod = new Vodlift(JSON.parse(SERVICE));
    const bytes = new Uint8Array(SIZE).fill(5);
    const contentType = "video/mp4";
    await BUCKET.put("films/电影.mp4", bytes, { httpMetadata: { contentType } });
    const contentDisposition = 'attachment; filename="named.mp4"';
    await BUCKET.put("plain", bytes, { httpMetadata: { contentType, contentDisposition } });
    const film = (options?: object) => BUCKET.get("films/电影.mp4", options);
    const given: Record<string, () => unknown> = {
      whole: () => film(),
      named: () => BUCKET.get("plain"),
      range: () => film({ range: { offset: 1000, length: 200_000 } }),
      suffix: () => film({ range: { suffix: 150_000 } }),
      offset: () => film({ range: { offset: 1000 } }),
      condition: () => film({ onlyIf: { etagMatches: "another" } }),
      head: () => BUCKET.head("plain"),
      missing: () => BUCKET.get("nothing"),
      fetched: () => fetch(`${ORIGIN}/film.mp4`),
      made: () => new Response(bytes, { headers: { "content-type": contentType } }),
      request: () => request,
      raw: () => `${ORIGIN}/raw`,
      playlist: () => undefined,
    };
    const how = { partSize: 102_400, allowPrivateSources: true };
    const ends: Record<string, unknown> = {};
    for (const [name, source] of Object.entries(given)) {
      try {
        const end =
          name === "playlist"
            ? await vod.uploadPlaylist(`${ORIGIN}/raw.m3u8`, {
                title: "p",
                allowPrivateSources: true,
              })
            : await vod.upload((await source()) as UploadSource, how);
        ends[name] = { bytes: end.bytes, mediaId: end.mediaId };
      } catch (error) {
        ends[name] = { code: (error as { code: string }).code, said: String(error) };
      }
    }
    return Response.json(ends);
  },
};
