/**
 * Pulls the URLs of UploadMediaByURL: downloads each for real, makes it a media file, and tells so. A few at once; the
 * others wait, and may be canceled while they do.
 *
 * Fault rules reach it under the names `URLDownload` and `URLUpload`, with the actions `answer` (the job fails with that
 * code) and `delay`.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { paceOf } from "../body.ts";
import { complain } from "../complain.ts";
import type { Habits } from "../habits.ts";
import { sendAndFollow } from "../outgoing.ts";
import type { Asset } from "../store/assets.ts";
import type { Digest } from "../store/receive.ts";
import type { UrlJob } from "../store/url-jobs.ts";
import { now, type World } from "../world.ts";
import { addVideo } from "./new-video.ts";

const AT_ONCE = 4;
const PULL_LIMIT: Readonly<Record<Habits["pullLimit"], number>> = { "20GB": 20e9, "5GB": 5e9 };

/** Why a job ends; the code goes into its row. */
class JobFailed extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

export class UrlPull {
  readonly #waiting: UrlJob[] = [];
  #running = 0;

  /** Jobs that a previous run left open begin anew. */
  resume(world: World): void {
    for (const job of world.urlJobs.unfinished()) {
      job.status = "PENDING";
      this.enqueue(world, job);
    }
  }

  enqueue(world: World, job: UrlJob): void {
    this.#waiting.push(job);
    this.#next(world);
  }

  #next(world: World): void {
    while (this.#running < AT_ONCE && !world.background.signal.aborted) {
      const job = this.#waiting.shift();
      if (!job) return;
      // Canceled while it waited.
      if (world.urlJobs.find(job.id) !== job) continue;
      this.#running += 1;
      world.background.run(async () => {
        try {
          await pull(world, job);
        } finally {
          this.#running -= 1;
          this.#next(world);
        }
      });
    }
  }
}

async function pull(world: World, job: UrlJob): Promise<void> {
  const begin = () => enter(world, job, "DOWNLOADING");
  const file = await step(world, job, "DOWNLOAD_FAIL", begin, () => download(world, job));
  if (!file) return;
  job.size = file.digest.size;
  await enter(world, job, "DOWNLOAD_SUCCESS");
  const store = () => enter(world, job, "UPLOADING");
  const asset = await step(world, job, "UPLOAD_FAIL", store, () => upload(world, job, file));
  if (!asset) {
    await world.objects.discard(file.path);
    return;
  }
  await enter(world, job, "UPLOAD_SUCCESS");
  const size = String(file.digest.size);
  await tell(world, job, { Status: "success", VideoId: asset.id, Size: size });
  await enter(world, job, "SUCCESS");
}

/** Undefined when it failed; then the job is over. */
async function step<T>(
  world: World,
  job: UrlJob,
  failure: "DOWNLOAD_FAIL" | "UPLOAD_FAIL",
  begin: () => Promise<void>,
  work: () => Promise<T>,
): Promise<T | undefined> {
  await begin();
  try {
    return await work();
  } catch (error) {
    // The emulator is closing: the job is still open, and the next run takes it up.
    if (world.background.signal.aborted) throw error;
    const known = error instanceof JobFailed;
    if (!known) complain(error);
    const code = known ? error.code : "InternalError";
    const message = error instanceof Error ? error.message : String(error);
    job.error = { code, message };
    await tell(world, job, { Status: "fail", ErrorCode: code, ErrorMessage: message });
    await enter(world, job, failure);
    return undefined;
  }
}

async function enter(world: World, job: UrlJob, status: UrlJob["status"]): Promise<void> {
  job.status = status;
  if (status === "SUCCESS" || status.endsWith("_FAIL")) job.completed = now(world);
  await world.urlJobs.save(job);
}

async function tell(world: World, job: UrlJob, fields: Record<string, string>): Promise<void> {
  await world.events.send(world, job.parameters, world.habits.pullEvent, {
    JobId: job.id,
    SourceURL: job.url,
    ...fields,
  });
}

type Downloaded = { path: string; digest: Digest; contentType: string | undefined };

async function download(world: World, job: UrlJob): Promise<Downloaded> {
  await obeyFaults(world, "URLDownload");
  const { signal } = world.background;
  const failed = (error: unknown) => new JobFailed("FileDownloadFailed", reasonOf(error));
  const response = await sendAndFollow(job.url, {
    method: "GET",
    // What is stored must be the file, not a compressed form of it.
    headers: { "Accept-Encoding": "identity", Accept: "*/*" },
    signal,
    allowPrivate: world.allowPrivate,
  }).catch((error: unknown) => {
    throw failed(error);
  });
  if (response.statusCode !== 200) {
    response.destroy();
    throw new JobFailed("FileDownloadFailed", `the source answered ${response.statusCode}`);
  }
  const announced = Number(response.headers["content-length"] ?? 0);
  if (announced > PULL_LIMIT[world.habits.pullLimit]) {
    response.destroy();
    throw tooLarge(world);
  }
  const body = paced(world, response);
  const { path, digest } = await world.objects.receive(body).catch((error: unknown) => {
    throw error instanceof JobFailed ? error : failed(error);
  });
  if (digest.size === 0) {
    await world.objects.discard(path);
    throw new JobFailed("InvalidFile.Empty", "the source is empty");
  }
  return { path, digest, contentType: response.headers["content-type"] };
}

function tooLarge({ habits }: World): JobFailed {
  return new JobFailed("FileTooLarge", `the source is larger than ${habits.pullLimit}`);
}

async function* paced(world: World, body: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  const pace = paceOf(world.bandwidth);
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > PULL_LIMIT[world.habits.pullLimit]) throw tooLarge(world);
    await pace(chunk.length);
    yield Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
  }
}

/** Of a name with several addresses that all failed, the reason of the first. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return reasonOf(error.errors[0]);
  return error instanceof Error ? error.message : String(error);
}

async function upload(world: World, job: UrlJob, file: Downloaded): Promise<Asset> {
  await obeyFaults(world, "URLUpload");
  const asset = await assetOf(world, job);
  const { size, md5, crc64 } = file.digest;
  const object = {
    bucket: asset.bucket,
    key: asset.key,
    size,
    etag: `"${md5.toString("hex").toUpperCase()}"`,
    crc64: crc64.toString(),
    type: "Normal",
    modified: now(world),
    headers: {
      "content-type": file.contentType ?? "application/octet-stream",
      "x-oss-storage-class": "Standard",
    },
  } as const;
  await world.objects.publish(file.path, object);
  world.events.objectStored(world, object, job.endpoint);
  return asset;
}

/** A job that a restart takes up again may have its media file already. */
async function assetOf(world: World, job: UrlJob): Promise<Asset> {
  const existing = world.assets.find(job.mediaId ?? "");
  if (existing) return existing;
  const { extension, referenceId, parameters } = job;
  if (referenceId !== undefined && world.assets.findByReference(referenceId)) {
    throw new JobFailed("InvalidParameter.ReferenceId", "the ReferenceId is taken by now");
  }
  const asset = await addVideo(world, { extension, referenceId, created: now(world), parameters });
  job.mediaId = asset.id;
  return asset;
}

async function obeyFaults(world: World, operation: string): Promise<void> {
  const faults = world.faults.take(operation, undefined);
  const delay = faults.find("delay");
  if (delay) await sleep(delay.ms, undefined, { signal: world.background.signal });
  const refusal = faults.find("answer");
  if (refusal) throw new JobFailed(refusal.code, refusal.message ?? "Injected by a fault rule.");
}
