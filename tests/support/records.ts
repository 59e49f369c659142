// What a step of tests/run.ts leaves, searched for every secret that the suites have named: what it printed, what its tests
// kept (secrets.ts), and whatever still lies in its temporary folder.
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { type Finding, Search } from "./leaks.ts";
import { RECORDS } from "./secrets.ts";

const CHUNK = 16 * 1024 * 1024;
/** The emulator is the service: what it keeps for itself it may know. */
const SERVICE = ".vodlift-emulator";

/** Where a secret may be told, in the words of `told`. */
export const IN_OUTPUT = "its output";

export interface Searched {
  /** Secrets that were searched for. */
  secrets: number;
  files: number;
  bytes: number;
  /** What was told, as sentences that do not tell it again. */
  told: string[];
}

export class Records {
  readonly #folder = mkdtempSync(join(tmpdir(), "vodlift-step-"));

  constructor() {
    for (const name of ["kept", "tmp"]) mkdirSync(join(this.#folder, name));
  }

  /** For the processes of the step. */
  env(): Record<string, string> {
    return { [RECORDS]: this.#folder, TMPDIR: join(this.#folder, "tmp") };
  }

  /**
   * Searches everything, and removes it.
   *
   * @param shown Kinds of secrets that the output shows on purpose.
   */
  close(output: string, shown: readonly string[] = []): Searched {
    try {
      return this.#search(output, shown);
    } finally {
      rmSync(this.#folder, { recursive: true, force: true });
    }
  }

  #search(output: string, shown: readonly string[]): Searched {
    const search = new Search(this.#secrets());
    const told = new Set<string>();
    const note = (place: string) => (found: Finding) => {
      told.add(`${found.kind} is told, ${found.form}, in ${place}`);
    };
    let bytes = Buffer.byteLength(output);
    const inOutput = search.in(Buffer.from(output));
    inOutput.filter(({ kind }) => !shown.includes(kind)).forEach(note(IN_OUTPUT));
    const files = this.#files();
    for (const path of files) {
      for (const chunk of chunksOf(path, search.longest)) {
        bytes += chunk.length;
        search.in(chunk).forEach(note(relative(this.#folder, path)));
      }
    }
    return { secrets: search.secrets, files: files.length, bytes, told: [...told] };
  }

  #secrets(): Map<string, string> {
    const path = join(this.#folder, "secrets");
    const lines = existsSync(path) ? readFileSync(path, "utf8").trim().split("\n") : [];
    return new Map(lines.map((line) => JSON.parse(line)).map(({ kind, text }) => [text, kind]));
  }

  #files(): string[] {
    return ["kept", "tmp"]
      .flatMap((name) => entriesOf(join(this.#folder, name)))
      .filter((path) => !path.includes(`/${SERVICE}/`));
  }
}

function entriesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

/** Each begins with the end of the one before, so that nothing hides in between. */
function* chunksOf(path: string, overlap: number): Generator<Buffer> {
  const file = openSync(path, "r");
  try {
    for (let at = 0, length = CHUNK; length === CHUNK; at += CHUNK - overlap) {
      const chunk = Buffer.alloc(CHUNK);
      length = readSync(file, chunk, 0, CHUNK, at);
      if (length > 0) yield chunk.subarray(0, length);
    }
  } finally {
    closeSync(file);
  }
}
