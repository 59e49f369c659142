// Uploads the same source so many times at once, in Node or in workerd.
import type { Vodlift as Client, VodliftOptions } from "../../pkg/src/index.ts";

export interface ManyUploads {
  account: VodliftOptions;
  /** Of a small film if it is empty. */
  url: string;
  n: number;
  /** The URL is a playlist's. */
  playlist?: boolean;
  /** Playlists that go up beside them. */
  beside?: string[];
  /** A stream is made of what the URL has. */
  stream?: boolean;
}

/** The bytes of each, or its error. */
export async function manyUploads(
  Vodlift: typeof Client,
  asked: ManyUploads,
): Promise<(number | string)[]> {
  const { account, url, n, playlist = false, stream = false, beside = [] } = asked;
  const vod = new Vodlift(account);
  const how = { title: "Film", allowPrivateSources: true };
  const source = async () => {
    if (url === "") return new Uint8Array(1000);
    return (stream ? (await fetch(url)).body : undefined) ?? url;
  };
  const list = (at: string) => vod.uploadPlaylist(at, { ...how, fileName: "film.m3u8" });
  const film = async () => vod.upload(await source(), { ...how, fileName: "film.mp4" });
  const all = Array.from({ length: n }, () => (playlist ? list(url) : film()));
  const ends = [...beside.map(list), ...all].map((end) =>
    end.then(
      ({ bytes }) => bytes,
      (error) => `${error.code}: ${error.message} ${error.hint}`,
    ),
  );
  return Promise.all(ends);
}
