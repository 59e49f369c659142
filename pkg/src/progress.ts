import type { Progress } from "./wasm/core.js";

/** How far an upload is. */
export interface UploadProgress extends Progress {
  /**
   * Bytes accepted, and those on their way in parts not yet accepted. It can fall back when a part must be sent again:
   * `bytesAccepted` never does.
   */
  bytesSent: number;
  /** `bytesSent` of `bytesTotal`, 0 to 100; absent while the total is unknown. */
  percent?: number;
  /** Bytes a second over the last seconds. */
  rate: number;
  /** Milliseconds left at this rate; absent while total or rate are unknown. */
  etaMs?: number;
}

/** Told at most so often, except when the phase changes or it is over. */
const INTERVAL_MS = 100;
/** The rate is that of this many last milliseconds. */
const WINDOW_MS = 5000;

/** Turns the core's progress and the bytes that move into what a person wants to see, and not too often. */
export class ProgressMeter {
  readonly #tell: (progress: UploadProgress) => void;
  readonly #underway = new Map<number, number>();
  #samples: { at: number; moved: number }[] = [];
  #moved = 0;
  #core: Progress | undefined;
  #toldAt = Number.NEGATIVE_INFINITY;
  #untold = false;

  constructor(tell: (progress: UploadProgress) => void) {
    this.#tell = tell;
  }

  /** The core's word. */
  update(progress: Progress): void {
    // What nothing may follow for a while is told at once.
    const before = this.#core;
    const turn =
      progress.phase !== before?.phase ||
      progress.removing !== before?.removing ||
      progress.retry?.attempt !== before?.retry?.attempt;
    this.#core = progress;
    this.#offer(turn);
  }

  /** Bytes of a transfer went out; `undefined` when it is over, whatever became of it. */
  sent(transfer: number, bytes: number | undefined): void {
    if (bytes === undefined) {
      this.#underway.delete(transfer);
      return;
    }
    this.#moved += bytes;
    this.#underway.set(transfer, (this.#underway.get(transfer) ?? 0) + bytes);
    this.#offer(false);
  }

  /** Tells what was held back. */
  flush(): void {
    if (this.#untold) this.#offer(true);
  }

  #offer(now: boolean): void {
    const time = Date.now();
    this.#untold = !now && time - this.#toldAt < INTERVAL_MS;
    if (this.#untold || this.#core === undefined) return;
    this.#toldAt = time;
    this.#tell(this.#measure(this.#core, time));
  }

  #measure(core: Progress, time: number): UploadProgress {
    const rate = this.#rate(time);
    let bytesSent = core.bytesAccepted;
    for (const bytes of this.#underway.values()) bytesSent += bytes;
    const total = core.bytesTotal;
    if (total === undefined || total === 0) return { ...core, bytesSent, rate };
    const percent = Math.min(100, Math.floor((bytesSent / total) * 1000) / 10);
    const left = Math.max(0, total - bytesSent);
    return {
      ...core,
      bytesSent,
      percent,
      rate,
      ...(rate > 0 && { etaMs: Math.round((left / rate) * 1000) }),
    };
  }

  #rate(at: number): number {
    this.#samples = this.#samples.filter((sample) => at - sample.at <= WINDOW_MS);
    this.#samples.push({ at, moved: this.#moved });
    const first = this.#samples[0] ?? { at, moved: this.#moved };
    const elapsed = at - first.at;
    return elapsed > 0 ? Math.round(((this.#moved - first.moved) / elapsed) * 1000) : 0;
  }
}
