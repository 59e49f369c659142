import { rm } from "node:fs/promises";
import { openNew, readPlain } from "../../plain-files.ts";
import { UsageError } from "../args.ts";

/** Takes a lock file for this process. One whose process is gone counts for nothing. */
export async function claim(lock: string, what: string): Promise<void> {
  for (;;) {
    const file = await openNew(lock).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "EEXIST") return undefined;
      throw error;
    });
    if (file !== undefined) {
      await file.writeFile(String(process.pid));
      return file.close();
    }
    const owner = Number(await readPlain(lock).catch(() => ""));
    if (owner > 0 && isAlive(owner)) {
      throw new UsageError(
        `process ${owner} is working with ${what}`,
        "ingest",
        `Wait for it, or name another --report; if it is no ingest at all, remove ${lock}.`,
      );
    }
    await rm(lock, { force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return pid !== process.pid;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
