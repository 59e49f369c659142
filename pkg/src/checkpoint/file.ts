import { open, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { patiently } from "../handles.ts";
import { replaceFile } from "../plain-files.ts";
import { fileReason, isMissing, NotAFile, readRegular, strangeness } from "../sources/look.ts";
import type { CheckpointStore } from "./index.ts";
import { parsed, written } from "./json.ts";

/**
 * Keeps the checkpoint in a file, for Node, Deno and Bun. It is replaced as a whole (written beside under a name that
 * nobody can guess, synced, renamed), so whatever happens there is a whole one; only its owner may read it. A symbolic
 * link in its place is replaced, not followed.
 *
 * @param path Where it lies. Its folder must exist.
 */
export function fileCheckpoint(path: string): CheckpointStore {
  return {
    async load() {
      try {
        return parsed(await patiently(() => readRegular(path)));
      } catch (error) {
        if (isMissing(error)) return undefined;
        throw inWords(error, path);
      }
    },
    async save(checkpoint) {
      try {
        await mustBeReplaceable(path);
        const text = `${written(checkpoint)}\n`;
        await patiently(() => replaceFile(path, text, true));
      } catch (error) {
        throw inWords(error, path);
      }
      await syncFolder(dirname(path));
    },
    remove: () => rm(path, { force: true }),
  };
}

/** A pipe or a device would be gone once a file takes its place. */
async function mustBeReplaceable(path: string): Promise<void> {
  const found = await stat(path).catch((error) => {
    if (isMissing(error)) return undefined;
    throw error;
  });
  const what = found && strangeness(found);
  if (what !== undefined) throw new NotAFile(what);
}

/** The system's word for what is wrong with the file, as a sentence. */
function inWords(error: unknown, path: string): unknown {
  const reason = fileReason(error);
  if (reason === undefined) return error;
  const where = isMissing(error) ? `there is no folder ${dirname(path)}` : reason;
  return new Error(`${path}: ${where}`, { cause: error });
}

/** Makes the rename itself durable, where the system can open a folder. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r").catch(() => undefined);
  try {
    await handle?.sync();
  } catch {
    // Some file systems cannot; the file is whole either way.
  } finally {
    await handle?.close();
  }
}
