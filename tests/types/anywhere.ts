// What a stranger's strict project does with the package in any runtime. It is only compiled (tests/package/types.test.ts).
import {
  type Code,
  ErrorCode,
  isVodliftError,
  memoryCheckpoint,
  type Outcome,
  type RangeSource,
  uploadWithTicket,
  Vodlift,
  VodliftError,
} from "vodlift";
import * as core from "vodlift/core";
import { createIngestHandler } from "vodlift/handler";

/** What is not known may be said as `undefined`. */
export const vod = new Vodlift({
  accessKeyId: "id",
  accessKeySecret: "secret",
  securityToken: undefined,
  region: undefined,
  host: undefined,
});

export const source: RangeSource = {
  size: 3,
  read: (offset, length) => new Uint8Array(3).subarray(offset, offset + length),
  name: undefined,
};

export async function upload(title?: string, signal?: AbortSignal): Promise<Outcome | Code> {
  try {
    const checkpoint = memoryCheckpoint();
    await vod.call("GetCategories", {}, { signal, repeatable: undefined });
    const outcome = await vod.upload(source, { title, signal, checkpoint, partSize: "16MiB" });
    const { warnings, imageUrl } = outcome;
    return warnings === undefined && imageUrl === undefined ? outcome : ErrorCode.internal;
  } catch (error) {
    if (isVodliftError(error) && error.code === ErrorCode.url_refused) return error.code;
    throw VodliftError.of("source_missing", "no film of that name", error);
  }
}

// With no type written out: what the compiler finds must have a name that a declaration of this file can give it.
export const ticketed = async (bytes: Blob, fileSize?: number) => {
  const ticket = await vod.createUpload({ fileName: "a.mp4", fileSize });
  return uploadWithTicket({ ...ticket, url: undefined }, bytes, { refresh: undefined });
};
export const started = () => vod.uploadAll([{ source, title: undefined }], { jobs: undefined });
export const infos = vod.videoInfo("id", { signal: undefined });
export const urls = vod.getUrlUploadInfos({ jobIds: ["id"] });
export const resumed = (from: Parameters<Vodlift["resume"]>[0]) => vod.resume(from);
export const handler = createIngestHandler({
  accessKeyId: "id",
  accessKeySecret: "secret",
  tokens: [{ sha256: "0".repeat(64), scopes: undefined }],
});

/** An error of one entry is an error of the other, and so is a checkpoint. */
export const same: VodliftError = core.VodliftError.of("aborted", "by the caller");
export const read = (text: string) => vod.resume(core.readCheckpoint(text));
export const plan = core.planParts({ size: 1, partSize: undefined });
export const request = core.ossRequest.head;
export const crc = new core.Crc64();
