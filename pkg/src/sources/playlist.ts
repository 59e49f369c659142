// An HLS playlist as a source: where its root is. What it names is the core's to find out.

import { invalid, pairs } from "../arguments.ts";
import { spelled } from "../urls.ts";
import type { PlaylistLimits, PlaylistRoot } from "../wasm/core.js";
import type { FileSource } from "./file.ts";
import type { OpenSource, UrlSource } from "./index.ts";
import type { LocalSource } from "./source.ts";

/** Where a playlist is: a URL, or a file by `fromFile(path)`. */
export type PlaylistSource = string | URL | UrlSource | FileSource;

/** What a playlist may ask for. */
export interface PlaylistRules {
  /** The segments, in place of those the playlist names. */
  readonly segments?: readonly (string | URL)[] | undefined;
  readonly limits?: PlaylistLimits | undefined;
}

/** Prepares a playlist. Nothing is read yet. */
export function openPlaylist(source: PlaylistSource, rules: PlaylistRules): OpenSource {
  const { root, local } = rootOf(source);
  const { segments, limits } = rules;
  const own = segments?.map((segment) =>
    /^https?:/i.test(String(segment)) ? spelled(segment) : String(segment),
  );
  return {
    data: { type: "playlist", root, ...(own && { segments: own }), ...(limits && { limits }) },
    local,
  };
}

function rootOf(source: PlaylistSource): {
  root: PlaylistRoot;
  local: LocalSource | undefined;
} {
  if (typeof source === "string" || source instanceof URL) return fromUrl({ url: source });
  if (typeof source === "object" && source !== null) {
    if ("openFolder" in source) {
      const { name, path, folder } = source.openFolder();
      return { root: { type: "file", name, path }, local: { type: "folder", folder } };
    }
    if ("url" in source) return fromUrl(source);
  }
  throw invalid("source", "must be the playlist's URL, { url, headers }, or fromFile(path)");
}

function fromUrl({ url, headers }: UrlSource): {
  root: PlaylistRoot;
  local: undefined;
} {
  if (!URL.canParse(url)) {
    throw invalid("source", "is not an absolute URL; a file is passed as fromFile(path)");
  }
  return {
    root: { type: "url", url: spelled(url), headers: pairs("source.headers", headers) },
    local: undefined,
  };
}
