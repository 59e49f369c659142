// What a person sees of many uploads: on a terminal a line each and one for all, elsewhere a line now and then.
import { bytes, clock, shorten } from "../format.ts";
import { barLine, type Screen, type Snapshot } from "../progress.ts";

/** A terminal, or a test's stand-in for one. */
export interface BoardScreen extends Screen {
  rows?: number;
}

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
  readonly #screen: BoardScreen;
  readonly #tally: Readonly<Tally>;
  readonly #terminal: boolean;
  readonly #timer: NodeJS.Timeout;
  readonly #began = performance.now();
  readonly #slots = new Set<{ name: string; now: Snapshot }>();
  /** What stands on the terminal now. */
  #drawn: string[] = [];

  constructor(tally: Readonly<Tally>, screen: BoardScreen, env: NodeJS.ProcessEnv) {
    this.#screen = screen;
    this.#tally = tally;
    this.#terminal = screen.isTTY === true && env.TERM !== "dumb";
    const [work, every] = this.#terminal
      ? [() => this.#draw(), REDRAW_MS]
      : [() => this.#write(this.#total()), LINE_EVERY_MS];
    this.#timer = setInterval(work, every);
    this.#timer.unref();
  }

  /** A place for one more upload. */
  slot(name: string): Slot {
    const slot = { name, now: { phase: "probing", bytes: 0, parts: 0, rate: 0 } as Snapshot };
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
    this.#write(`${this.#erased()}${text}`);
  }

  /** Removes what is not meant to stay. */
  end(): void {
    clearInterval(this.#timer);
    const erased = this.#erased();
    if (erased !== "") this.#screen.write(erased);
  }

  #draw(): void {
    const { columns = 80, rows = 24 } = this.#screen;
    // One column stays free: a full line makes some terminals wrap. One row, too: it would scroll.
    const width = Math.max(20, columns - 1);
    const shown = [...this.#slots].slice(0, Math.max(0, rows - 2));
    const lines = shown.map(({ name, now }) => slotLine(name, now, width));
    lines.push(this.#total().slice(0, width));
    const erased = this.#erased();
    this.#drawn = lines;
    this.#screen.write(`${erased}${lines.join("\n")}`);
  }

  /** Goes back to where the drawing began and clears from there. A terminal made narrower has wrapped the lines. */
  #erased(): string {
    const { columns = 80 } = this.#screen;
    const taken = this.#drawn.map((line) => Math.max(1, Math.ceil(line.length / columns)));
    const up = taken.reduce((sum, rows) => sum + rows, 0) - 1;
    const any = this.#drawn.length > 0;
    this.#drawn = [];
    return any ? `\r${up > 0 ? `\x1b[${up}A` : ""}\x1b[J` : "";
  }

  #write(line: string): void {
    this.#screen.write(`${line}\n`);
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
  return `${shorten(name, column).padEnd(column)}  ${barLine("", now, width - column - 2)}`;
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
