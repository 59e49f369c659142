/** The API's actions, one file each. Another one needs its file and its line in this list, nothing else. */
import type { Exchange } from "../../exchange.ts";
import type { World } from "../../world.ts";
import type { Reply } from "../answer.ts";
import type { Parameters } from "../parameters.ts";
import { createUploadVideo } from "./create-upload-video.ts";
import { getMezzanineInfo } from "./get-mezzanine-info.ts";
import { refreshUploadVideo } from "./refresh-upload-video.ts";

/** A verified call. */
export type VodRequest = { world: World; exchange: Exchange; parameters: Parameters };

export type VodAction = {
  /** The API's own name. */
  name: string;
  /** Replies, or throws a VodError. RequestId is added to the reply. */
  run(request: VodRequest): Promise<Reply>;
};

export const actions: readonly VodAction[] = [
  createUploadVideo,
  refreshUploadVideo,
  getMezzanineInfo,
];
