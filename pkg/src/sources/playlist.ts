// An HLS playlist as a source: where its root is. What it names is the core's to find out.

import {
  defined,
  flag,
  type HeaderFields,
  invalid,
  list,
  MOST_32,
  oneOf,
  pairs,
  readable,
  record,
  text,
  texts,
  whole,
} from "../arguments.ts";
import { isResponse, isUrl } from "../kinds.ts";
import { spelled, spelledHost } from "../urls.ts";
import type { HostAccess, PlaylistLimits, PlaylistRoot } from "../wasm/core.js";
import type { FileSource } from "./file.ts";
import { type OpenSource, type UrlSource, withHeaders } from "./index.ts";
import { bodyOf } from "./reply.ts";
import type { LocalSource } from "./source.ts";

/** Where a playlist is: a URL, or a file by `fromFile(path)`. */
export type PlaylistSource = string | URL | UrlSource | FileSource;

/** What another host than the playlist's own is asked with. */
export interface HostRequest {
  /** Headers, such as `Authorization` or `Cookie`. */
  headers?: HeaderFields | undefined;
  /** Parameters added to every URL there that does not have them: encoded text without `?`, or names and values. */
  query?: string | Readonly<Record<string, string>> | undefined;
}

/** What is wanted of a playlist, and what it may ask for. */
export interface PlaylistRules {
  readonly segments?: readonly (string | URL)[] | undefined;
  readonly variants?: string | readonly string[] | undefined;
  readonly complete?: boolean | undefined;
  readonly missingSegments?: "fail" | "gap" | undefined;
  readonly hosts?: Readonly<Record<string, HostRequest>> | undefined;
  readonly limits?: PlaylistLimits | undefined;
  readonly sourceHeaders?: HeaderFields | undefined;
}

/** Prepares a playlist. Nothing is read yet. */
export function openPlaylist(source: PlaylistSource, rules: PlaylistRules): OpenSource {
  const { root, local } = readable("source", () => rootOf(source));
  const { segments, variants, limits, sourceHeaders } = rules;
  const wanted = defined({
    segments: segments === undefined ? undefined : list("segments", segments).map(segmentText),
    variants: texts("variants", typeof variants === "string" ? variants.split(",") : variants),
    complete: flag("complete", rules.complete),
    missingSegments: oneOf("missingSegments", rules.missingSegments, ["fail", "gap"]),
    hosts: rules.hosts === undefined ? undefined : hostList(rules.hosts),
    limits: limits === undefined ? undefined : limitsOf(limits),
  });
  const asked = sourceHeaders === undefined ? root : withHeaders(root, sourceHeaders);
  return { data: { type: "playlist", root: asked, ...wanted }, local };
}

function segmentText(segment: unknown): string {
  const given = isUrl(segment) ? readable("segments", () => segment.href) : segment;
  const path = text("segments", given as string) ?? "";
  return /^https?:/i.test(path) ? spelled(path) : path;
}

function limitsOf(limits: PlaylistLimits): PlaylistLimits {
  const { playlists, files, playlistBytes, bytes, ...others } = record("limits", limits) as {
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

function hostList(hosts: NonNullable<PlaylistRules["hosts"]>): HostAccess[] {
  if (
    typeof hosts !== "object" ||
    hosts === null ||
    readable("hosts", () => Array.isArray(hosts))
  ) {
    throw invalid("hosts", 'must be an object such as { "cdn.example.com": { headers, query } }');
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

function rootOf(source: PlaylistSource): {
  root: PlaylistRoot;
  local: LocalSource | undefined;
} {
  if (typeof source === "string" || isUrl(source)) return fromUrl({ url: source });
  if (typeof source === "object" && source !== null) {
    if ("openFolder" in source) {
      const { name, path, folder } = source.openFolder();
      return { root: { type: "file", name, path }, local: { type: "folder", folder } };
    }
    if ("url" in source && bodyOf(source) === undefined && !isResponse(source)) {
      return fromUrl(source);
    }
  }
  throw invalid("source", "must be the playlist's URL, { url, headers }, or fromFile(path)");
}

function fromUrl({ url, headers }: UrlSource): {
  root: PlaylistRoot;
  local: undefined;
} {
  if ((typeof url !== "string" && !isUrl(url)) || !URL.canParse(url)) {
    throw invalid("source", "is not an absolute URL; a file is passed as fromFile(path)");
  }
  return {
    root: { type: "url", url: spelled(url), headers: pairs("sourceHeaders", headers) },
    local: undefined,
  };
}
