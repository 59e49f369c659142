/** Completing an upload: its parts become one file, by a rename where they already lie right, by copying where not. */
import { type FileHandle, rm } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { openToRead, openToWrite } from "../../plain-files.ts";
import { combineCrc64 } from "../crc64.ts";
import { copyRange } from "./files.ts";
import type { Part, UploadState } from "./upload-state.ts";

export type Joined = { path: string; size: number; crc64: bigint };

/** The chosen parts in order as one file in the upload's folder. */
export async function joinParts(state: UploadState, chosen: readonly Part[]): Promise<Joined> {
  const crc64 = await foldCrc(chosen);
  const size = chosen.reduce((sum, part) => sum + part.size, 0);
  const layout = layOut(chosen);
  const inPlace = layout.every(
    ({ part, target }) => !("slot" in part.place) || part.place.slot === target,
  );
  const path = inPlace ? state.data : join(state.folder, "joined");
  // What a failed attempt may have left.
  if (!inPlace) await rm(path, { force: true });
  const target = await openToWrite(path);
  try {
    for (const { part, target: offset } of layout) {
      if (inPlace && "slot" in part.place) continue;
      await copyPart(state, part, target, offset);
    }
    await target.truncate(size);
  } finally {
    await target.close();
  }
  return { path, size, crc64 };
}

async function foldCrc(parts: readonly Part[]): Promise<bigint> {
  let crc = 0n;
  for (const [index, part] of parts.entries()) {
    crc = combineCrc64(crc, BigInt(part.crc64), part.size);
    // Ten thousand parts of ten thousand sizes take a second or two: let others in between.
    if (index % 64 === 63) await setImmediate();
  }
  return crc;
}

function layOut(parts: readonly Part[]): { part: Part; target: number }[] {
  let offset = 0;
  return parts.map((part) => {
    const target = offset;
    offset += part.size;
    return { part, target };
  });
}

async function copyPart(
  state: UploadState,
  part: Part,
  target: FileHandle,
  offset: number,
): Promise<void> {
  const { place } = part;
  const path = "slot" in place ? state.data : join(state.folder, place.file);
  const source = await openToRead(path);
  try {
    await copyRange(source, "slot" in place ? place.slot : 0, target, offset, part.size);
  } finally {
    await source.close();
  }
}
