// Ingests that only pretend: they move by a clock of their own, as their URL says.
//   …/slow/…    runs, and never ends        …/broken/…  fails the first time, and works when it is retried
//   …/refused/… is not accepted             …/queued/…  waits for ever        anything else is soon done
import { EventEmitter } from "node:events";
import type {
  Ingest,
  IngestDetail,
  IngestRequest,
  Problem,
  State,
  Stats,
  TimelineEntry,
} from "../../worker/src/api/schema.ts";

const MIB = 1024 * 1024;
const TICK = 100;

export interface Filter {
  states: readonly string[];
  q: string;
  since: number;
  until: number;
  limit: number;
  before: number;
}

interface Job {
  seq: number;
  view: Ingest;
  timeline: TimelineEntry[];
}

export class FakeWorld {
  readonly events = new EventEmitter().setMaxListeners(0);
  paused = false;
  #jobs: Job[] = [];
  #byId = new Map<string, Job>();
  #entries = 0;
  #timer = setInterval(() => this.#tick(), TICK);

  close(): void {
    clearInterval(this.#timer);
  }

  clear(): void {
    this.#jobs = [];
    this.#byId.clear();
    this.paused = false;
  }

  /** Puts an ingest there as it is wanted. */
  seed(view: Partial<Ingest>, timeline: readonly [type: string, text: string][] = []): string {
    const seq = this.#jobs.length + 1;
    const id = view.id ?? `ing_${String(seq).padStart(6, "0")}`;
    const now = new Date().toISOString();
    const job: Job = {
      seq,
      view: {
        id,
        url: `https://media.example.com/${id}.mp4`,
        kind: "video",
        state: "queued",
        bytes: 0,
        rate: 0,
        parts: 0,
        attempts: 1,
        resumable: false,
        created: now,
        moved: now,
        ...view,
      },
      timeline: [],
    };
    this.#jobs.push(job);
    this.#byId.set(id, job);
    for (const [type, text] of [["queued", "Queued."] as const, ...timeline]) {
      this.#note(job, type, text, job.view.created);
    }
    return id;
  }

  add(request: Partial<IngestRequest>): { id: string; state: State } | { error: Problem } {
    const url = request.url ?? "";
    if (!URL.canParse(url)) return { error: refusal("`url` must be a URL.") };
    if (url.includes("/refused/")) return { error: refusal("`url` is on a host that is denied.") };
    const shown = url.replace(/[?#].*/, "");
    const title = request.title === undefined ? {} : { title: request.title };
    return {
      id: this.seed({ url: shown, ...title, kind: request.as ?? "video" }),
      state: "queued",
    };
  }

  read(id: string): IngestDetail | undefined {
    const job = this.#byId.get(id);
    return job && { ...job.view, timeline: job.timeline };
  }

  list(filter: Filter): { ingests: Ingest[]; cursor: string | null } {
    const fits = ({ seq, view }: Job): boolean =>
      seq < filter.before &&
      (filter.states.length === 0 || filter.states.includes(view.state)) &&
      (!filter.q || `${view.url} ${view.title} ${view.id} ${view.mediaId}`.includes(filter.q)) &&
      Date.parse(view.created) >= filter.since &&
      Date.parse(view.created) < filter.until;
    const found = this.#jobs.filter(fits).reverse();
    const page = found.slice(0, filter.limit);
    const cursor = found.length > page.length ? String(page.at(-1)?.seq) : null;
    return { ingests: page.map(({ view }) => view), cursor };
  }

  stats(): Stats {
    const counts = { queued: 0, running: 0, done: 0, ready: 0, failed: 0, canceled: 0 };
    let [rate, bytes, moving] = [0, 0, 0];
    for (const { view } of this.#jobs) {
      counts[view.state] += 1;
      rate += view.rate;
      if (view.state === "done" || view.state === "ready") bytes += view.bytes;
      if (view.state === "running") moving += view.bytes;
    }
    return { counts, paused: this.paused, rate, bytes, moving };
  }

  /** Cancels or stops it; undefined if it is over. */
  end(id: string, kept: boolean): Ingest | undefined {
    const job = this.#byId.get(id);
    if (job === undefined || !["queued", "running"].includes(job.view.state)) return undefined;
    this.#move(job, { state: "canceled", rate: 0, resumable: kept });
    const text = kept ? "Stopped; its checkpoint is kept." : "Canceled.";
    this.#note(job, kept ? "stopped" : "canceled", text);
    return job.view;
  }

  retry(id: string): Ingest | undefined {
    const job = this.#byId.get(id);
    if (job === undefined || !["failed", "canceled"].includes(job.view.state)) return undefined;
    const { error: _, ended: __, ...rest } = job.view;
    job.view = rest;
    this.#move(job, { state: "queued", attempts: rest.attempts + 1 });
    this.#note(job, "retried", "Queued again.");
    return job.view;
  }

  #tick(): void {
    if (this.paused) return;
    for (const job of this.#jobs) {
      if (job.view.state === "queued" && !job.view.url.includes("/queued/")) this.#begin(job);
      else if (job.view.state === "running") this.#advance(job);
    }
  }

  #begin(job: Job): void {
    const slow = job.view.url.includes("/slow/");
    const size = (slow ? 6_000 : 8) * MIB;
    const started = new Date().toISOString();
    const { bytes } = job.view;
    const plan = { size, partsTotal: slow ? 750 : 8, started, phase: "uploading" };
    this.#move(job, { state: "running", ...plan, bytes: Math.min(bytes, size) });
    this.#note(job, "started", "Started: the source answers ranges.");
  }

  #advance(job: Job): void {
    const { view } = job;
    const size = view.size ?? 0;
    if (view.url.includes("/broken/") && view.attempts === 1 && view.bytes >= size / 2) {
      this.#move(job, {
        state: "failed",
        rate: 0,
        ended: new Date().toISOString(),
        error: FAILURE,
      });
      this.#note(job, "failed", FAILURE.message);
      return;
    }
    const step = view.url.includes("/slow/") ? MIB : 2 * MIB;
    const bytes = Math.min(size, view.bytes + step);
    const parts = Math.floor((bytes / size) * (view.partsTotal ?? 1));
    this.#move(job, { bytes, parts, rate: step * (1000 / TICK) });
    if (bytes < size) return;
    const mediaId = `0a1b${view.id.slice(-6)}c2d3e4f5a6b7c8d9e0`;
    this.#move(job, { state: "done", rate: 0, mediaId, ended: new Date().toISOString() });
    this.#note(job, "done", "Complete and verified in VOD's storage.");
  }

  #move(job: Job, change: Partial<Ingest>): void {
    job.view = { ...job.view, ...change, moved: new Date().toISOString() };
    this.events.emit(job.view.id);
  }

  #note(job: Job, type: string, text: string, at = new Date().toISOString()): void {
    this.#entries += 1;
    job.timeline.push({ seq: this.#entries, at, type, text });
    this.events.emit(job.view.id);
  }
}

const FAILURE = {
  code: "SourceChanged",
  message: "The source changed while it was read: its ETag is another one.",
  hint: "Upload a file that no longer changes, then retry.",
  retryable: true,
  requestId: "6F1C-22AB",
};

function refusal(detail: string): Problem {
  return {
    type: "about:blank",
    title: "Bad Request",
    status: 400,
    code: "BadField",
    field: "url",
    hint: "Correct it and send it again.",
    detail,
  };
}
