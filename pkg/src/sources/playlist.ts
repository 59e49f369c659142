// An HLS playlist as a source: where its root is. What it names is the core's to find out.

import { type HeaderFields, invalid, pairs, readable } from "../arguments.ts";
import { into } from "../declared.ts";
import { isResponse, isUrl } from "../kinds.ts";
import type { PlaylistOptions } from "../options.ts";
import { spelled } from "../urls.ts";
import type { Job, PlaylistRoot } from "../wasm/core.js";
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

/** Prepares a playlist. Nothing is read yet. */
export function openPlaylist(source: PlaylistSource, options: PlaylistOptions): OpenSource {
  const { root, local } = readable("source", () => rootOf(source));
  const { headers: _, ...wanted } = into<Wanted>("source", options, "playlist");
  const { sourceHeaders } = options;
  const asked = sourceHeaders === undefined ? root : withHeaders(root, sourceHeaders);
  return { data: { type: "playlist", root: asked, ...wanted }, local };
}

/** What the core takes of a playlist beside where it is, and its headers. */
type Wanted = Omit<Extract<Job["source"], { type: "playlist" }>, "type" | "root"> & {
  headers?: unknown;
};

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
