// What a person sees of many uploads: on a terminal a line each and one for all, elsewhere a line now and then.
import { printable } from "../../printable.ts";
import { cut, pad, shorten } from "../columns.ts";
import { bytes, clock } from "../format.ts";
import { Drawing, roomOn, type Screen } from "../output.ts";
import { barLine, type Snapshot } from "../progress.ts";

/** How far all of them are. */
export interface Tally {
  total: number;
  done: number;
  failed: number;
  skipped: number;
  bytes: number;
}

/** Where one upload shows how far it is. */
export interface Slot {
  update(now: Snapshot): void;
  end(): void;
}

const REDRAW_MS = 100;
const LINE_EVERY_MS = 5_000;

export class Board {
  readonly #screen: Screen;
  readonly #tally: Readonly<Tally>;
  readonly #terminal: boolean;
  readonly #timer: NodeJS.Timeout;
  readonly #began = performance.now();
  readonly #slots = new Set<{ name: string; now: Snapshot }>();
  readonly #drawing: Drawing;

  constructor(tally: Readonly<Tally>, screen: Screen, env: NodeJS.ProcessEnv) {
    this.#screen = screen;
    this.#drawing = new Drawing(screen);
    this.#tally = tally;
    this.#terminal = screen.isTTY === true && env.TERM !== "dumb";
    const [work, every] = this.#terminal
      ? [() => this.#draw(), REDRAW_MS]
      : [() => this.note(this.#total()), LINE_EVERY_MS];
    this.#timer = setInterval(work, every);
    this.#timer.unref();
  }

  /** A place for one more upload. */
  slot(name: string): Slot {
    // Measured as it will be shown.
    const slot = {
      name: printable(name),
      now: { phase: "probing", bytes: 0, parts: 0, rate: 0 } as Snapshot,
    };
    this.#slots.add(slot);
    return {
      update: (now) => {
        slot.now = now;
      },
      end: () => void this.#slots.delete(slot),
    };
  }

  /** A line that stays, above what moves. */
  note(text: string): void {
    this.#drawing.note(text);
  }

  /** Removes what is not meant to stay. */
  end(): void {
    clearInterval(this.#timer);
    this.#drawing.clear();
  }

  #draw(): void {
    const { rows = 24 } = this.#screen;
    const width = roomOn(this.#screen);
    // One row stays free: a full screen would scroll.
    const shown = [...this.#slots].slice(0, Math.max(0, rows - 2));
    const lines = shown.map(({ name, now }) => slotLine(name, now, width));
    lines.push(cut(this.#total(), width));
    this.#drawing.draw(lines);
  }

  /** All of them in one line, with what is on its way. */
  #total(): string {
    const seconds = (performance.now() - this.#began) / 1000;
    let moved = this.#tally.bytes;
    for (const { now } of this.#slots) moved += now.bytes;
    return totalLine({ ...this.#tally, bytes: moved }, seconds);
  }
}

/** One of several: its name stands first, in a column. */
function slotLine(name: string, now: Snapshot, width: number): string {
  const column = Math.min(24, Math.floor(width / 3));
  const label = pad(shorten(name, column), column);
  return cut(`${label}  ${barLine("", now, width - column - 2)}`, width);
}

function totalLine(tally: Readonly<Tally>, seconds: number): string {
  const { total, done, failed, skipped } = tally;
  const left = total - skipped - done - failed;
  const ended = done + failed;
  const facts = [
    `${done + skipped} of ${total} done`,
    ...(failed > 0 ? [`${failed} failed`] : []),
    `${bytes(tally.bytes)}`,
    ...(seconds >= 1 ? [`${bytes(Math.round(tally.bytes / seconds))}/s`] : []),
    ...(ended > 0 && left > 0 ? [`${clock((seconds / ended) * left)} left`] : []),
  ];
  return facts.join("  ");
}
