/**
 * SearchMedia: https://www.alibabacloud.com/help/en/vod/developer-reference/api-vod-2017-03-21-searchmedia
 *
 * Filters, sorts by time, and pages. Of the fields that may be asked for it has those of GetVideoInfo.
 */
import { createHash } from "node:crypto";
import type { Asset } from "../../store/assets.ts";
import type { Reply } from "../answer.ts";
import { invalidParameter } from "../errors.ts";
import { mediaFields } from "../media-fields.ts";
import { isAudio } from "../new-video.ts";
import { parseMatch } from "../search-match.ts";
import { utcSeconds } from "../utc.ts";
import type { VodAction } from "./index.ts";

type MediaType = "video" | "audio" | "image" | "attached";

/** The struct of each type in the reply, and the name of the id in it. */
const SHAPES: Readonly<Record<MediaType, { struct: string; id: string }>> = {
  video: { struct: "Video", id: "VideoId" },
  audio: { struct: "Audio", id: "AudioId" },
  image: { struct: "Image", id: "ImageId" },
  attached: { struct: "AttachedMedia", id: "MediaId" },
};
const BASIC = ["Title", "Status", "CoverURL", "CreationTime", "ModificationTime"];

export const searchMedia: VodAction = {
  name: "SearchMedia",
  run: async ({ world, parameters }) => {
    const types = Object.keys(SHAPES) as MediaType[];
    const type = parameters.oneOf("SearchType", types, "video");
    const page = parameters.integer("PageNo") ?? 1;
    const size = parameters.integer("PageSize") ?? 10;
    if (page < 1) throw invalidParameter("PageNo", "it begins with 1.");
    if (size < 1 || size > 100) throw invalidParameter("PageSize", "it must be 1 to 100.");
    const matches = parseMatch(parameters.text("Match") ?? "");
    const wanted = new Set([...BASIC, ...(parameters.text("Fields") ?? "").split(",")]);
    const shape = SHAPES[type];
    const rows: { asset: Asset; fields: Reply }[] = [];
    for (const asset of world.assets.list()) {
      if (typeOf(asset) !== type) continue;
      const fields = { [shape.id]: asset.id, ...(await mediaFields(world, asset)) };
      if (matches(fields)) rows.push({ asset, fields });
    }
    const direction = sortDirection(parameters.text("SortBy") ?? "CreationTime:Desc");
    rows.sort((a, b) => direction * (a.asset.created - b.asset.created));
    const shown = rows.slice((page - 1) * size, page * size);
    return {
      MediaList: shown.map(({ asset, fields }) => ({
        MediaId: asset.id,
        MediaType: type,
        CreationTime: utcSeconds(new Date(asset.created)),
        [shape.struct]: Object.fromEntries(
          Object.entries(fields).filter(([name]) => name === shape.id || wanted.has(name)),
        ),
      })),
      Total: rows.length,
      // The service keeps a position under it. Here PageNo alone is enough, however far it goes.
      ScrollToken: createHash("md5").update(`${type} ${page} ${size}`).digest("hex"),
    };
  },
};

function typeOf(asset: Asset): MediaType {
  return isAudio(asset) ? "audio" : asset.kind;
}

function sortDirection(text: string): 1 | -1 {
  if (text === "CreationTime:Desc") return -1;
  if (text === "CreationTime:Asc") return 1;
  throw invalidParameter("SortBy", "the emulator sorts by CreationTime:Desc or CreationTime:Asc.");
}
