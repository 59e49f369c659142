// Uploads by ticket: a server that has the AccessKey makes a ticket for one media, and whoever has the bytes uploads with it. No
// key of the account comes near: what this file needs runs in a browser.

import {
  defined,
  filled,
  invalid,
  mustBeFunction,
  oneOf,
  record,
  text,
  texts,
  timeOf,
} from "./arguments.ts";
import type { Beginning } from "./begin.ts";
import { loaded } from "./checkpoint/loaded.ts";
import { readCheckpoint } from "./core.ts";
import { namesOf } from "./declared.ts";
import type { Suspended } from "./driver.ts";
import { taken } from "./fields.ts";
import { HostFailure, wordsOf } from "./hosts/failure.ts";
import { howTo, howToResume, memory, ossService, slowRequests, vodService } from "./job.ts";
import type { Keys } from "./keys.ts";
import type { ClientOption } from "./options.gen.ts";
import type { SliceOptions, TransferOptions, UploadOptions, VodliftOptions } from "./options.ts";
import type { Outcome } from "./outcome.ts";
import { unlessAborted } from "./patience.ts";
import { run } from "./run.ts";
import { sharedHost } from "./shared-host.ts";
import { takeSource, type UploadSource } from "./sources/index.ts";
import type { Account, Checkpoint, Job, Options, Ticket } from "./wasm/core.js";

/** How OSS and VOD are reached and trusted, as `Vodlift` is told it. */
export type OssOptions = Pick<
  VodliftOptions,
  Extract<ClientOption, `oss${string}` | "trustedHosts">
>;

/**
 * The place and the upload credential of one media, to be handed to whoever has its bytes: plain JSON of about 2 KB.
 * `mediaId`, `uploadAddress` and `uploadAuth` are what VOD's own client SDKs take; one made by hand of a VOD reply needs nothing
 * else, but for `region` where that is not `cn-shanghai`.
 *
 * It is a secret: whoever holds it may store the file of this media until it expires (about 50 minutes), and nothing else. It
 * also says where the bytes go, and is trusted in that: take tickets from your own server only.
 */
export interface UploadTicket extends OssOptions, Pick<VodliftOptions, "region" | "endpoint"> {
  /** The media id (VideoId, ImageId or MediaId). */
  mediaId: string;
  /** What the media is; `video` (or audio) unless told otherwise. */
  kind?: "video" | "image" | "attached";
  /** Where the object goes: base64, as VOD gives it. */
  uploadAddress: string;
  /** What may put it there: base64, as VOD gives it. A secret. */
  uploadAuth: string;
  /** When it ends, by the service's clock: ms since the epoch. Without it the credential itself tells. */
  expiresAt?: number;
  /** The file name that the media was made with. Its extension tells the `Content-Type` of the object. */
  fileName?: string;
  /** Of an attached media: what it is for. */
  businessType?: "watermark" | "subtitle" | "material";
  /** Of an image or attached media: its URL on the CDN domain, once it is there. */
  url?: string;
  /** Of an image or attached media: the object's own URL. */
  fileUrl?: string;
  /** The service's id of the request that made it. */
  requestId?: string;
}

/** Said of the media before: its ticket has it already. */
export type TicketHasOption =
  | ("title" | "fileName" | "description" | "tags" | "cateId")
  | ("storageLocation" | "appId" | "userData");

/** How to upload by ticket. Every field may be left out. */
export interface TicketUploadOptions
  extends Omit<TransferOptions, TicketHasOption>,
    Omit<SliceOptions, "shard">,
    OssOptions,
    Pick<UploadOptions, "as">,
    Pick<VodliftOptions, "memory"> {
  /**
   * Gives a newer ticket for the same media, as `vod.refreshUpload(mediaId)` does on a server: when the present one is about to
   * expire (five minutes before its end), and when OSS refuses it. It is asked again a few times where it fails. Without it the
   * upload has to end while its ticket lives, and fails with `credential_ended` otherwise. There is none for images and attached
   * media: VOD does not renew theirs.
   */
  refresh?: () => UploadTicket | Promise<UploadTicket>;
}

/** What goes for the bytes of any one object, and for OSS. */
const DECLARED_FOR_BYTES = namesOf(({ shells, stages, group, kinds, core }, name) => {
  if (!shells.includes("api")) return false;
  if (core?.startsWith("oss.") || ["as", "memory", "budget", "stop"].includes(name)) return true;
  return group !== "media" && stages.includes("begin") && kinds.includes("image");
});

const NAMES = { known: [...DECLARED_FOR_BYTES, "refresh"], open: false };

/**
 * Uploads the bytes of one media by a ticket that a server made (`vod.createUpload`): in a browser, on a phone, in another
 * process. VOD is never called and no AccessKey is needed; OSS hears of the ticket's credential alone. Parts, retries, exact
 * lengths and checksums are as with `Vodlift.upload`.
 *
 * With a `checkpoint` store that holds a checkpoint of the same media it goes on from there: after a reload, in another process,
 * with a fresh ticket. The source must be the same file: name, size and time of change are compared (`source_changed`). A ticket
 * of another media is refused. No checkpoint holds anything of a ticket but the media, bucket and object that it names.
 *
 * ```ts
 * const ticket = await fetch("/uploads", { method: "POST", body }).then((reply) => reply.json());
 * const { mediaId } = await uploadWithTicket(ticket, file, {
 *   refresh: () => fetch(`/uploads/${ticket.mediaId}`, { method: "POST" }).then((reply) => reply.json()),
 *   checkpoint: storageCheckpoint(localStorage, `upload of ${file.name}`),
 * });
 * ```
 *
 * @param source As that of `Vodlift.upload`; a browser reads URLs only as far as their servers allow (CORS).
 * @returns As `Vodlift.upload`. With `stop` or `budget`, possibly where it was suspended.
 * @throws VodliftError As `Vodlift.upload`; also `credential_ended` where the ticket has expired, `credentials_failed` where
 * `refresh` failed, and `oss_unreachable` where a bucket does not let the page in (its hint names the CORS rule that is needed).
 */
export function uploadWithTicket(
  ticket: UploadTicket,
  source: UploadSource,
  options?: Omit<TicketUploadOptions, "stop" | "budget">,
): Promise<Outcome>;
export function uploadWithTicket(
  ticket: UploadTicket,
  source: UploadSource,
  options: TicketUploadOptions,
): Promise<Outcome | Suspended>;
export function uploadWithTicket(
  ticket: UploadTicket,
  source: UploadSource,
  options: TicketUploadOptions = {},
): Promise<Outcome | Suspended> {
  const charge = takeSource(source);
  return run(charge, async () => {
    const given = taken(options, NAMES);
    const first = ticketOf("ticket", ticket);
    const { checkpoint: store, signal, stop, onProgress, trace, refresh } = given;
    if (refresh !== undefined) mustBeFunction("refresh", refresh);
    charge.told(given);
    const stored = store && (await unlessAborted(loaded(store), signal));
    const checkpoint = stored === undefined ? undefined : readCheckpoint(stored);
    return {
      slow: slowRequests(given),
      host: sharedHost(),
      memory: memory(given),
      source: charge,
      keys: new Tickets(first, refresh),
      begin: (data, host) => {
        const job = { ...services(first, given), source: data, host };
        return checkpoint === undefined
          ? { type: "create", job: { ...job, media: mediaOf(first), options: howTo(given) } }
          : goOn(checkpoint, job, howToResume(given));
      },
      store,
      signal,
      stop,
      onProgress,
      trace,
    };
  });
}

function goOn(
  checkpoint: Checkpoint,
  job: Omit<Job, "media" | "options">,
  options: Options,
): Beginning {
  const vod = { ...job.vod, region: checkpoint.region };
  return { type: "resume", checkpoint, job: { ...job, vod, media: checkpoint.media, options } };
}

/** The ticket in hand, and who gives the next one. It holds a secret. */
class Tickets implements Pick<Keys, "current" | "renew"> {
  readonly #refresh: TicketUploadOptions["refresh"];
  #ticket: UploadTicket;

  constructor(ticket: UploadTicket, refresh: TicketUploadOptions["refresh"]) {
    this.#ticket = ticket;
    this.#refresh = refresh;
  }

  async current(): Promise<Account> {
    const renewable = this.#refresh !== undefined;
    return { accessKeyId: "", accessKeySecret: "", renewable, ticket: dataOf(this.#ticket) };
  }

  async renew(): Promise<Account> {
    try {
      this.#ticket = ticketOf("refresh", await this.#refresh?.());
      return await this.current();
    } catch (error) {
      // Whether it is asked again is the core's to say.
      throw new HostFailure("credentials", `the function \`refresh\` failed: ${wordsOf(error)}`);
    }
  }
}

/** A ticket as it came from anywhere. Whether it is good is the core's to say. */
export function ticketOf(field: string, value: unknown): UploadTicket {
  const given = record(field, value) as unknown as UploadTicket;
  const at = (name: string) => `${field}.${name}`;
  const ends = timeOf(at("expiresAt"), given.expiresAt as number | string | undefined);
  const expiresAt = ends === undefined || ends === null ? undefined : new Date(ends).getTime();
  if (Number.isNaN(expiresAt)) throw invalid(at("expiresAt"), "must be ms since the epoch");
  return defined({
    mediaId: filled(at("mediaId"), given.mediaId),
    kind: oneOf(at("kind"), given.kind, ["video", "image", "attached"]),
    uploadAddress: filled(at("uploadAddress"), given.uploadAddress),
    uploadAuth: filled(at("uploadAuth"), given.uploadAuth),
    expiresAt: expiresAt === undefined ? undefined : Math.max(0, Math.floor(expiresAt)),
    fileName: text(at("fileName"), given.fileName),
    businessType: oneOf(at("businessType"), given.businessType, [
      "watermark",
      "subtitle",
      "material",
    ]),
    url: text(at("url"), given.url),
    fileUrl: text(at("fileUrl"), given.fileUrl),
    requestId: text(at("requestId"), given.requestId),
    region: text(at("region"), given.region),
    endpoint: text(at("endpoint"), given.endpoint),
    ossSignature: oneOf(at("ossSignature"), given.ossSignature, ["v4", "v1"]),
    ossEndpoint: text(at("ossEndpoint"), given.ossEndpoint),
    ossNetwork: oneOf(at("ossNetwork"), given.ossNetwork, ["public", "internal", "accelerate"]),
    ossCname: given.ossCname,
    ossRegion: text(at("ossRegion"), given.ossRegion),
    trustedHosts: texts(at("trustedHosts"), given.trustedHosts),
  });
}

/** What the core takes of it. */
function dataOf(ticket: UploadTicket): Ticket {
  const { mediaId, uploadAddress, uploadAuth, expiresAt, url, fileUrl, requestId } = ticket;
  return defined({ mediaId, uploadAddress, uploadAuth, expiresAt, url, fileUrl, requestId });
}

/** Where its bytes go and how they are signed: what the caller says wins over what the ticket says. */
function services(ticket: UploadTicket, given: TicketUploadOptions): Pick<Job, "vod" | "oss"> {
  const { region, endpoint } = ticket;
  return {
    vod: vodService({ region, endpoint } as VodliftOptions),
    oss: ossService({ ...ticket, ...given } as VodliftOptions),
  };
}

/** The media is there already, with all that was said of it. Only its kind and its file's name still matter. */
function mediaOf({ kind, fileName, businessType = "material" }: UploadTicket): Job["media"] {
  switch (kind) {
    case "image":
      return { type: "image", imageType: "default", ...defined({ originalFileName: fileName }) };
    case "attached":
      return { type: "attachedMedia", businessType, ...defined({ fileName }) };
    default:
      return { type: "video", title: "", fileName: fileName ?? "" };
  }
}
