// What of a playlist is told in words of its own: its segments, limits, and what other hosts are asked with.

import {
  defined,
  invalid,
  list,
  MOST_32,
  pairs,
  readable,
  record,
  text,
  whole,
} from "../arguments.ts";
import { isUrl } from "../kinds.ts";
import type { PlaylistOptions } from "../options.ts";
import { spelled, spelledHost } from "../urls.ts";
import type { HostAccess, PlaylistLimits } from "../wasm/core.js";
import type { HostRequest } from "./playlist.ts";

/** URLs, and paths below a local playlist's folder. */
export function segments(field: string, all: unknown): string[] {
  return list(field, all).map(segmentText);
}

function segmentText(segment: unknown): string {
  const given = isUrl(segment) ? readable("segments", () => segment.href) : segment;
  const path = text("segments", given as string) ?? "";
  return /^https?:/i.test(path) ? spelled(path) : path;
}

/** What is too much. */
export function playlistLimits(field: string, limits: PlaylistLimits): PlaylistLimits {
  const { playlists, files, playlistBytes, bytes, ...others } = record(field, limits) as {
    [Name in keyof PlaylistLimits]?: number;
  };
  const [other] = Object.keys(others);
  if (other !== undefined) throw invalid("limits", `has ${other}, which is no limit`);
  return defined({
    playlists: whole("limits.playlists", playlists, 0, MOST_32),
    files: whole("limits.files", files, 0, MOST_32),
    playlistBytes: whole("limits.playlistBytes", playlistBytes, 0),
    bytes: whole("limits.bytes", bytes, 0),
  });
}

/** What other hosts than the playlist's own are asked with. */
export function hostAccess(_: string, hosts: NonNullable<PlaylistOptions["hosts"]>): HostAccess[] {
  if (
    typeof hosts !== "object" ||
    hosts === null ||
    readable("hosts", () => Array.isArray(hosts))
  ) {
    throw invalid("hosts", "must be an object");
  }
  return Object.entries(record("hosts", hosts)).map(([host, given]) => {
    if (typeof given !== "object" || given === null) {
      throw invalid("hosts", `must have an object with headers or query for ${host}`);
    }
    const { headers, query, ...unknown } = record("hosts", given) as HostRequest;
    const [stray] = Object.keys(unknown);
    if (stray !== undefined) throw invalid("hosts", `has ${stray}, and takes headers and query`);
    return defined({
      host: spelledHost(host),
      headers: pairs("hosts", headers),
      query: queryText(query),
    });
  });
}

function queryText(query: HostRequest["query"]): string | undefined {
  if (typeof query !== "object") return text("hosts", query);
  const given = Object.entries(record("hosts", query));
  return new URLSearchParams(
    given.map(([name, value]) => [name, text("hosts", value as string) ?? ""]),
  ).toString();
}
