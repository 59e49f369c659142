// Checkpoints in the job index: of an ingest, to go on from; of a request that carries its bytes, to clean up after it.
import type { Checkpoint, CheckpointStore } from "vodlift";
import type { IngestRequest } from "../api/schema.ts";
import type { Env } from "../env.ts";
import { jobs } from "../jobs/index.ts";
import { defined } from "./request.ts";
import type { RunParams } from "./workflow.ts";
import { written } from "./written.ts";

const SAVE_EVERY_MS = 250;

/**
 * Keeps the checkpoint in the index: at once when there is a new media or upload, then a few times a second.
 *
 * @param request What is not written down with it comes from there, as that is stored sealed.
 */
export function indexStore(
  env: Env,
  { id, run }: RunParams,
  { coverUrl, userData }: Pick<IngestRequest, "coverUrl" | "userData">,
): CheckpointStore {
  const index = jobs(env);
  let known = "";
  let savedAt = 0;
  return {
    async load() {
      const found = parsed(await index.checkpoint(id));
      return found && { ...found, media: { ...found.media, ...defined({ coverUrl, userData }) } };
    },
    async save(checkpoint) {
      const place = placeOf(checkpoint);
      const early = savedAt + SAVE_EVERY_MS - Date.now();
      if (place === known && early > 0) await new Promise((resolve) => setTimeout(resolve, early));
      known = place;
      savedAt = Date.now();
      await index.save(id, run, written(bare(checkpoint)), checkpoint.place?.mediaId);
    },
    // `finish` and `cleaned` forget it, in the same breath in which they say how it ended.
    remove: async () => {},
  };
}

/** Where the parts lie, so that they are removed if the request ends without a word; nobody goes on with them. */
export function trail(env: Env, { id, run }: RunParams): CheckpointStore {
  const index = jobs(env);
  let known = "";
  return {
    load: async () => undefined,
    async save(checkpoint) {
      const place = placeOf(checkpoint);
      if (place === known) return;
      known = place;
      // Before there is a media there is nothing to clean up.
      const mediaId = checkpoint.place?.mediaId;
      if (mediaId) await index.save(id, run, written(bare(checkpoint)), mediaId);
    },
    remove: async () => index.save(id, run, null),
  };
}

/**
 * Without the queries of URLs, whatever they are: the source's, its cover's, and that of a callback in the user data. A run has
 * them from the sealed request, a media that VOD has made needs them no more, and they are shown to nobody.
 */
export function bare({ source, media, ...checkpoint }: Checkpoint): Checkpoint {
  const [url, ...query] = source.url?.split("?") ?? [];
  const { coverUrl, userData, ...plain } = media as Media;
  return {
    ...checkpoint,
    media: plain as Checkpoint["media"],
    source: url !== undefined && query.length > 0 ? { ...source, url, queryRemoved: true } : source,
  };
}

type Media = Checkpoint["media"] & Pick<IngestRequest, "coverUrl" | "userData">;

/** A checkpoint as the index has it. */
export function parsed(checkpoint: string | null): Checkpoint | undefined {
  return checkpoint === null ? undefined : (JSON.parse(checkpoint) as Checkpoint);
}

/** Another one is another media, or another multipart upload. */
function placeOf({ place, uploadId }: Checkpoint): string {
  return `${place?.mediaId} ${uploadId}`;
}
