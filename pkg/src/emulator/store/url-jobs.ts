/** Jobs of UploadMediaByURL, one JSON file each, so that a restart goes on with those that were not done. */
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { readJson, writeJson } from "./files.ts";
import type { Folder } from "./folder.ts";

export type UrlJobStatus =
  | "PENDING"
  | "DOWNLOADING"
  | "DOWNLOAD_SUCCESS"
  | "DOWNLOAD_FAIL"
  | "UPLOADING"
  | "UPLOAD_SUCCESS"
  | "UPLOAD_FAIL"
  | "SUCCESS";

export type UrlJob = {
  readonly id: string;
  readonly url: string;
  /** Of the file that will be made, without its dot. */
  readonly extension: string;
  readonly referenceId?: string;
  /** Unix ms. */
  readonly created: number;
  /** What the new media file is made with: Title, Tags, UserData … */
  readonly parameters: Record<string, string>;
  /** Where its client reaches the emulator. */
  readonly endpoint: string;
  status: UrlJobStatus;
  mediaId?: string;
  size?: number;
  completed?: number;
  error?: { code: string; message: string };
};

/** Nothing changes any more. */
export function isOver(job: UrlJob): boolean {
  return ["SUCCESS", "DOWNLOAD_FAIL", "UPLOAD_FAIL"].includes(job.status);
}

export class UrlJobs {
  readonly #folder: Folder;
  readonly #byId = new Map<string, UrlJob>();

  private constructor(folder: Folder) {
    this.#folder = folder;
  }

  static async load(folder: Folder): Promise<UrlJobs> {
    const jobs = new UrlJobs(folder);
    const found: UrlJob[] = [];
    for (const name of await readdir(folder.jobs)) {
      if (!name.endsWith(".json")) continue;
      const job = await readJson<UrlJob>(join(folder.jobs, name));
      if (job) found.push(job);
    }
    for (const job of found.toSorted((a, b) => a.created - b.created)) jobs.#byId.set(job.id, job);
    return jobs;
  }

  async save(job: UrlJob): Promise<void> {
    this.#byId.set(job.id, job);
    await writeJson(join(this.#folder.jobs, `${job.id}.json`), job);
  }

  /** Takes a waiting job out of the queue; false when it has begun, or is not there. */
  async cancel(id: string): Promise<boolean> {
    const job = this.#byId.get(id);
    if (job?.status !== "PENDING") return false;
    this.#byId.delete(id);
    await rm(join(this.#folder.jobs, `${id}.json`), { force: true });
    return true;
  }

  find(id: string): UrlJob | undefined {
    return this.#byId.get(id);
  }

  /** All of a URL, the latest first. */
  findByUrl(url: string): UrlJob[] {
    return [...this.#byId.values()].filter((job) => job.url === url).toReversed();
  }

  unfinished(): UrlJob[] {
    return [...this.#byId.values()].filter((job) => !isOver(job));
  }
}
