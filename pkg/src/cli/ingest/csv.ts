// CSV as RFC 4180 has it, read as it comes: quotes, doubled quotes, line ends within quotes, CRLF or LF.

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

type State = "start" | "plain" | "quoted" | "quote";

/** The records of a text that arrives in pieces. Empty lines are none. */
export async function* csvRecords(pieces: AsyncIterable<string>): AsyncGenerator<CsvRecord> {
  let state: State = "start";
  let cells: string[] = [];
  let cell = "";
  let line = 1;
  let begun = 1;
  let opened = 1;
  const endCell = () => {
    cells.push(cell);
    cell = "";
    state = "start";
  };
  const endRecord = (): CsvRecord | undefined => {
    const empty = cells.length === 0 && cell === "" && state === "start";
    if (!empty) endCell();
    const record = { line: begun, cells };
    cells = [];
    begun = line;
    return empty ? undefined : record;
  };
  for await (const piece of pieces) {
    for (const char of piece) {
      if (char === "\n") line += 1;
      if (state === "quoted") {
        if (char === '"') state = "quote";
        else cell += char;
      } else if (char === '"' && state === "quote") {
        cell += char;
        state = "quoted";
      } else if (char === '"' && state === "start") {
        opened = line;
        state = "quoted";
      } else if (char === '"') {
        throw new CsvError(line, "has a quote within a cell: quote the whole cell and double it");
      } else if (char === ",") {
        endCell();
      } else if (char === "\n") {
        // The CR of a CRLF has become the last character of a plain cell.
        if (cell.endsWith("\r") && state === "plain") {
          cell = cell.slice(0, -1);
          if (cell === "" && cells.length === 0) state = "start";
        }
        const record = endRecord();
        if (record !== undefined) yield record;
      } else if (state === "quote") {
        if (char !== "\r") throw new CsvError(line, "has text after a closing quote");
      } else {
        cell += char;
        state = "plain";
      }
    }
  }
  if (state === "quoted") throw new CsvError(opened, "opens a quote that is never closed");
  const record = endRecord();
  if (record !== undefined) yield record;
}
