// What a server says to have a ticket made.

import { defined, oneOf, whole } from "./arguments.ts";
import { namesOf } from "./declared.ts";
import { type Names, taken } from "./fields.ts";
import { mediaOf } from "./job.ts";
import type { EveryOption, MediaOption } from "./options.gen.ts";
import type { VodliftOptions } from "./options.ts";
import type { UploadTicket } from "./ticket.ts";
import type { Ask, Ticket } from "./wasm/core.js";

/** What of a media goes with its bytes, or with a media that is there. */
const WITH_BYTES: readonly string[] = [
  "showWatermark",
  "adopt",
  "replace",
  "earlierMediaId",
] satisfies Exclude<MediaOption, TicketMediaOption>[];

/** Options of the media of a ticket. */
export type TicketMediaOption = Exclude<
  MediaOption,
  "as" | "showWatermark" | "adopt" | "replace" | "earlierMediaId"
>;

/**
 * What the media of a ticket becomes. Its file is not here: `fileName` tells VOD the format, and the title defaults to it. Each
 * field is as in `UploadOptions`, `UploadImageOptions` and `UploadAttachedMediaOptions`, and goes with the kinds that have it.
 */
export interface CreateUploadOptions extends Pick<EveryOption, TicketMediaOption> {
  /** What it becomes; `video` (or audio) unless told otherwise. */
  as?: "video" | "image" | "attached";
  /** Bytes of the file, if they are known. VOD keeps it with the media; it is no limit. */
  fileSize?: number;
  /** Gives up waiting for the reply. What the service has begun, it may finish. */
  signal?: AbortSignal;
}

const MORE = ["fileSize", "signal"];

const goesWithBytes = (name: string) => WITH_BYTES.includes(name);

function names(kind?: "video" | "image" | "attached"): Names {
  const known = namesOf(({ shells, group, kinds }, name) => {
    const isOfMedia = group === "media" && shells.includes("api") && !goesWithBytes(name);
    return isOfMedia && (kind === undefined || kinds.includes(kind));
  });
  return { known: [...known, ...MORE], open: false };
}

/** The question to VOD, and what of the options goes into the ticket. */
export function creation(options: CreateUploadOptions): {
  ask: Extract<Ask, { type: "createUpload" }>;
  said: Pick<UploadTicket, "kind" | "fileName" | "businessType">;
  signal: AbortSignal | undefined;
} {
  const all = taken(options, names());
  const kind = oneOf("as", all.as, ["video", "image", "attached"]) ?? "video";
  const given = taken(all, names(kind), `does not go with \`as\` ${kind}`);
  const { fileName, businessType, signal } = given;
  const size = whole("fileSize", given.fileSize, 1);
  return {
    ask: { type: "createUpload", media: mediaOf(kind, given), ...defined({ size }) },
    said: { kind, ...defined({ fileName, businessType }) },
    signal,
  };
}

/** How the holder of a ticket reaches OSS: as its maker does, but for a network that only the maker is in. */
export function passedOn(options: VodliftOptions): Partial<UploadTicket> {
  const { region, endpoint, ossSignature, ossEndpoint, ossNetwork, ossCname, ossRegion } = options;
  return defined({
    region: region ?? "cn-shanghai",
    endpoint,
    ossSignature,
    ossEndpoint,
    ossNetwork: ossNetwork === "accelerate" ? ossNetwork : undefined,
    ossCname,
    ossRegion,
    trustedHosts: options.trustedHosts,
  });
}

/** What is handed on. */
export function handedOn(
  ticket: Ticket,
  said: Partial<UploadTicket>,
  service: Partial<UploadTicket>,
): UploadTicket & { expiresAt: number } {
  const { expiresAt = 0, ...rest } = ticket;
  return { ...rest, expiresAt, ...said, ...service } as UploadTicket & { expiresAt: number };
}
