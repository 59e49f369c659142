// Between an upload and the job index: tells how far it is, at most once a second, and hears what to do.
import type { UploadProgress } from "vodlift";
import type { Env } from "../env.ts";
import { jobs, type Order, type Report } from "../jobs/index.ts";
import { setting } from "../settings.ts";
import type { RunParams } from "./workflow.ts";

const EVERY_MS = 1_000;
/** Without news it says at least so often that it lives, and thrice before it is taken for lost. */
const SIGN_OF_LIFE_MS = 10_000;
const SIGNS = 3;

export class Heartbeat {
  readonly #env: Env;
  readonly #params: RunParams;
  readonly #stop = new AbortController();
  readonly #abort = new AbortController();
  readonly #timer = setInterval(() => void this.#beat(), EVERY_MS);
  #latest: Report | undefined;
  #told = false;
  #toldAt = Date.now();
  #telling: Promise<void> | undefined;
  order: Order = "go";

  constructor(env: Env, params: RunParams) {
    this.#env = env;
    this.#params = params;
  }

  /** Finish what is in flight, and leave the rest. */
  get stop(): AbortSignal {
    return this.#stop.signal;
  }

  /** Remove what is there. */
  get abort(): AbortSignal {
    return this.#abort.signal;
  }

  /** Parts that have arrived; of a shard, its own. */
  get parts(): number {
    return this.#latest?.parts ?? 0;
  }

  /** A listener for the upload. */
  readonly onProgress = (progress: UploadProgress): void => {
    const {
      phase,
      bytesAccepted,
      bytesSent,
      bytesTotal,
      partsAccepted,
      partsTotal,
      mediaId,
      rate,
    } = progress;
    this.#latest = {
      phase,
      bytes: bytesAccepted,
      rate,
      sent: bytesSent,
      parts: partsAccepted,
      ...(bytesTotal !== undefined && { size: bytesTotal }),
      ...(partsTotal !== undefined && { partsTotal }),
      ...(mediaId !== undefined && { mediaId }),
      ...(this.#params.shard && { shard: this.#params.shard.index }),
    };
    this.#told = false;
  };

  /** Says what has not been said yet, and no more. */
  async end(): Promise<void> {
    clearInterval(this.#timer);
    await this.#telling;
    if (this.#latest && !this.#told) await this.#tell(this.#latest);
  }

  async #beat(): Promise<void> {
    const stale = setting(this.#env, "VODLIFT_STALE_SECONDS") * 1_000;
    const sign = Math.min(SIGN_OF_LIFE_MS, stale / SIGNS);
    const due = !this.#told || Date.now() - this.#toldAt > sign;
    if (!due || !this.#latest || this.#telling !== undefined) return;
    this.#telling = this.#tell(this.#latest).finally(() => {
      this.#telling = undefined;
    });
  }

  /** The index may be away for a moment: the next beat says it all. */
  async #tell(report: Report): Promise<void> {
    this.#told = true;
    this.#toldAt = Date.now();
    const { id, run } = this.#params;
    try {
      this.order = await jobs(this.#env).report(id, run, report);
    } catch {
      this.#told = false;
    }
    if (this.order === "stop") this.#stop.abort();
    if (this.order === "abort") this.#abort.abort();
  }
}
