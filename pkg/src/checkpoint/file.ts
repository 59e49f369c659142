import { open, readFile, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import type { Checkpoint } from "../wasm/core.js";
import type { CheckpointStore } from "./index.ts";

/**
 * Keeps the checkpoint in a file, for Node, Deno and Bun. It is replaced as a whole (written beside, synced, renamed), so
 * whatever happens there is a whole one; only its owner may read it.
 *
 * @param path Where it lies. Its folder must exist.
 */
export function fileCheckpoint(path: string): CheckpointStore {
  const beside = `${path}.${process.pid}.tmp`;
  return {
    async load() {
      try {
        return JSON.parse(await readFile(path, "utf8")) as Checkpoint;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
        throw error;
      }
    },
    async save(checkpoint) {
      const file = await open(beside, "w", 0o600);
      try {
        await file.writeFile(`${JSON.stringify(checkpoint)}\n`);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(beside, path);
      await syncFolder(dirname(path));
    },
    remove: () => rm(path, { force: true }),
  };
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
