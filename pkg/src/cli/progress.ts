// What a person sees while bytes move: one line that redraws itself on a terminal, a line now and then elsewhere.
import { printable } from "../printable.ts";
import { columns, cut, shorten } from "./columns.ts";
import { bytes, clock } from "./format.ts";
import { Drawing, roomOn, type Screen } from "./output.ts";

/** How far an upload is, as far as it is shown. */
export interface Snapshot {
  phase: string;
  bytes: number;
  total?: number | undefined;
  parts: number;
  partsTotal?: number | undefined;
  /** Bytes a second; 0 while it is unknown. */
  rate: number;
  etaMs?: number | undefined;
  /** The try that is waited for. */
  retry?: { attempt: number; of: number } | undefined;
  /** What was uploaded is being removed. */
  removing?: boolean;
}

export interface ProgressView {
  update(now: Snapshot): void;
  /** A line that stays. */
  note(text: string): void;
  /** Draws nothing from now on, such as over a question, or draws again. */
  pause(paused: boolean): void;
  /** Removes what is not meant to stay. */
  end(): void;
}

const REDRAW_MS = 100;
const LINE_EVERY_MS = 5_000;

/** The view that suits the screen. */
export function progressView(name: string, screen: Screen, env: NodeJS.ProcessEnv): ProgressView {
  const terminal = screen.isTTY === true && env.TERM !== "dumb";
  return terminal ? new Bar(name, screen) : new Lines(screen);
}

class Bar implements ProgressView {
  readonly #name: string;
  readonly #screen: Screen;
  readonly #drawing: Drawing;
  readonly #timer: NodeJS.Timeout;
  #paused = false;
  #snapshot: Snapshot = { phase: "probing", bytes: 0, parts: 0, rate: 0 };

  constructor(name: string, screen: Screen) {
    // Measured as it will be shown.
    this.#name = printable(name);
    this.#screen = screen;
    this.#drawing = new Drawing(screen);
    this.#timer = setInterval(() => this.#draw(), REDRAW_MS);
    this.#timer.unref();
  }

  update(now: Snapshot): void {
    this.#snapshot = now;
  }

  note(text: string): void {
    this.#drawing.note(text);
  }

  pause(paused: boolean): void {
    this.#paused = paused;
    if (paused) this.#drawing.clear();
  }

  end(): void {
    clearInterval(this.#timer);
    this.#drawing.clear();
  }

  #draw(): void {
    if (this.#paused) return;
    this.#drawing.draw([barLine(this.#name, this.#snapshot, roomOn(this.#screen))]);
  }
}

/** One line of at most `width` columns. What matters least goes first when there is little room. */
export function barLine(name: string, now: Snapshot, width: number): string {
  const facts = factsOf(now);
  const percent = now.phase === "uploading" ? percentOf(now) : undefined;
  const lead = percent === undefined ? doing(now) : `${String(percent).padStart(3)} %`;
  for (let kept = facts.length; kept >= 0; kept -= 1) {
    const tail = [lead, ...facts.slice(0, kept).filter((fact) => fact !== "")].join("  ");
    const room = width - columns(tail) - 2;
    if (room < 8 && kept > 0) continue;
    return cut(`${head(name, percent, room)}${tail}`, width);
  }
  return cut(lead, width);
}

/** Most important first. */
function factsOf(now: Snapshot): string[] {
  if (now.retry !== undefined) return [again(now.retry), amount(now), partCount(now)];
  return [amount(now), speed(now), remaining(now), partCount(now)];
}

function again({ attempt, of }: { attempt: number; of: number }): string {
  return `trying again (${attempt} of ${of})`;
}

/** File name and bar, in the room there is. */
function head(name: string, percent: number | undefined, room: number): string {
  if (room < 8) return "";
  if (percent === undefined) return `${shorten(name, Math.min(room, 40))}  `;
  const label = room >= 32 ? shorten(name, Math.min(24, room - 22)) : "";
  const cells = Math.min(40, room - 2 - (label ? columns(label) + 2 : 0));
  const full = Math.floor((cells * percent) / 100);
  const bar = `[${"#".repeat(full)}${"-".repeat(cells - full)}]`;
  return `${label ? `${label}  ` : ""}${bar}  `;
}

class Lines implements ProgressView {
  readonly #drawing: Drawing;
  #phase = "";
  #retry: number | undefined;
  #tenth = 0;
  #last = 0;

  constructor(screen: Screen) {
    this.#drawing = new Drawing(screen);
  }

  update(now: Snapshot): void {
    // How it ended is told by the result.
    if (now.phase === "ended") return;
    const at = performance.now();
    const tenth = Math.floor((percentOf(now) ?? 0) / 10);
    const due = tenth > this.#tenth || at - this.#last >= LINE_EVERY_MS;
    const phase = doing(now);
    const turn = phase !== this.#phase || (now.retry && now.retry.attempt !== this.#retry);
    if (phase === STOPPING || (!turn && !due)) return;
    this.#phase = phase;
    this.#retry = now.retry?.attempt;
    this.#tenth = Math.max(tenth, this.#tenth);
    this.#last = at;
    this.#drawing.note(plainLine(now));
  }

  note(text: string): void {
    this.#drawing.note(text);
  }

  pause(): void {}

  end(): void {}
}

function plainLine(now: Snapshot): string {
  if (now.phase !== "uploading") {
    return [doing(now), ...(now.retry ? [again(now.retry)] : [])].join(", ");
  }
  const percent = percentOf(now);
  const lead = percent === undefined ? "uploading" : `uploading ${percent} %`;
  const facts = factsOf(now);
  return [lead, ...facts.filter((fact) => fact !== "")].join(", ");
}

const STOPPING = "stopping";

function doing({ phase, removing }: Snapshot): string {
  if (phase === "aborting" && !removing) return STOPPING;
  const words: Readonly<Record<string, string>> = {
    probing: "looking at the source",
    suspending: "coming to rest",
    creating: "asking VOD for a place",
    completing: "putting the parts together",
    aborting: "removing what was uploaded",
  };
  return words[phase] ?? phase;
}

/** 100 is kept for the end: nobody should see it while work remains. */
function percentOf(now: Snapshot): number | undefined {
  if (!now.total) return undefined;
  return Math.min(99, Math.floor((now.bytes / now.total) * 100));
}

function amount(now: Snapshot): string {
  if (now.phase === "probing" || now.phase === "creating") return "";
  return now.total === undefined ? bytes(now.bytes) : `${bytes(now.bytes)} of ${bytes(now.total)}`;
}

function speed({ rate }: Snapshot): string {
  return rate > 0 ? `${bytes(rate)}/s` : "";
}

function remaining({ etaMs }: Snapshot): string {
  return etaMs === undefined ? "" : `${clock(etaMs / 1000)} left`;
}

function partCount(now: Snapshot): string {
  if (now.phase !== "uploading" || now.partsTotal === 1) return "";
  if (now.partsTotal === undefined) return now.parts > 0 ? `${now.parts} parts` : "";
  return `${now.parts} of ${now.partsTotal} parts`;
}
