// CSV as RFC 4180 has it and as spreadsheets write it, read as it comes: quotes, doubled quotes, line ends within quotes;
// CRLF, LF or CR; cells divided by commas, semicolons or tabs, whichever the first line uses. Blanks around a cell are none of
// it, unless they stand in quotes.

import { limits } from "../../door.ts";

/** A record, and the line it begins on. */
export interface CsvRecord {
  line: number;
  cells: string[];
}

/** What is no CSV, and where. */
export class CsvError extends Error {
  readonly line: number;

  constructor(line: number, message: string) {
    super(message);
    this.line = line;
  }
}

/** What divides cells, and what it is called. */
const SEPARATORS: Readonly<Record<string, string>> = {
  ",": "a comma",
  ";": "a semicolon",
  "\t": "a tab",
};

/** In `quote` behind one that may have been doubled, in `closed` behind the blanks after one that was not. */
type State = "start" | "plain" | "quoted" | "quote" | "closed";

/** The records of a text that arrives in pieces. Empty lines are none. */
export async function* csvRecords(pieces: AsyncIterable<string>): AsyncGenerator<CsvRecord> {
  const reader = new Reader();
  let length = 0;
  for await (const piece of pieces) {
    for (const char of piece) {
      const record = reader.take(char);
      if (record !== undefined) yield record;
      length = record === undefined ? length + 1 : 0;
    }
    if (length > limits().row) throw new CsvError(reader.line, tooLong());
  }
  const last = reader.end();
  if (last !== undefined) yield last;
}

/** A row that only grows would take all the memory there is: a quote that was never closed, or no table at all. */
export function tooLong(): string {
  return `is longer than ${limits().row} characters`;
}

class Reader {
  #state: State = "start";
  #cells: string[] = [];
  #cell = "";
  #line = 1;
  /** Where the record, and where the last quote began. */
  #begun = 1;
  #opened = 1;
  #afterCr = false;
  /** Those that the first line has used; one from then on. */
  #separators = new Set<string>();
  #settled = false;

  /** Where the record has begun. */
  get line(): number {
    return this.#state === "quoted" ? this.#opened : this.#begun;
  }

  take(char: string): CsvRecord | undefined {
    const second = this.#afterCr && char === "\n";
    this.#afterCr = char === "\r";
    const ends = char === "\n" || char === "\r";
    if (ends && !second) this.#line += 1;
    if (this.#state === "quoted") {
      if (char === '"') this.#state = "quote";
      else this.#cell += char;
      return undefined;
    }
    if (char === '"') return this.#quote();
    if (second) {
      // The record ended before it; the one after it begins behind it.
      this.#begun = this.#line;
      return undefined;
    }
    if (ends) return this.#record();
    if (this.#separates(char)) {
      this.#endCell();
      return undefined;
    }
    if (this.#state === "quote" || this.#state === "closed") return this.#passBlank(char);
    this.#cell += char;
    this.#state = "plain";
    return undefined;
  }

  #passBlank(char: string): undefined {
    if (char.trim() !== "") throw this.#wrong("has text after a closing quote");
    this.#state = "closed";
  }

  end(): CsvRecord | undefined {
    if (this.#state === "quoted") {
      throw new CsvError(this.#opened, "opens a quote that is never closed");
    }
    return this.#record();
  }

  #quote(): undefined {
    if (this.#state === "closed") throw this.#wrong("has text after a closing quote");
    if (this.#state === "plain" && this.#cell.trim() !== "") {
      const rule = "has a quote within a cell that does not begin with one";
      throw this.#wrong(`${rule}: put it in quotes as a whole, and double the quote`);
    }
    if (this.#state === "quote") this.#cell += '"';
    else this.#open();
    this.#state = "quoted";
  }

  #open(): void {
    this.#cell = "";
    this.#opened = this.#line;
  }

  #separates(char: string): boolean {
    if (!Object.hasOwn(SEPARATORS, char)) return false;
    if (this.#settled) return this.#separators.has(char);
    this.#separators.add(char);
    return true;
  }

  #endCell(): void {
    this.#cells.push(this.#state === "plain" ? this.#cell.trim() : this.#cell);
    this.#cell = "";
    this.#state = "start";
  }

  #record(): CsvRecord | undefined {
    const line = this.#begun;
    this.#begun = this.#line;
    if (this.#cells.length === 0 && this.#state === "start") return undefined;
    this.#endCell();
    const cells = this.#cells;
    this.#cells = [];
    if (this.#settled) return { line, cells };
    return this.#settle(cells) ? { line, cells } : undefined;
  }

  /** The first line tells what divides the cells: as names of columns have none of it, or as spreadsheets write `sep=;`. */
  #settle(cells: string[]): boolean {
    const used = [...this.#separators];
    if (used.length > 1) {
      const names = used.map((one) => SEPARATORS[one]).join(" and ");
      throw new CsvError(1, `is divided by ${names}: use one of them throughout`);
    }
    this.#settled = true;
    if (used.length === 0) this.#separators.add(",");
    return !(used.length === 1 && cells.length === 2 && /^sep=$/i.test(cells[0] ?? ""));
  }

  #wrong(rule: string): CsvError {
    return new CsvError(this.#line, rule);
  }
}
