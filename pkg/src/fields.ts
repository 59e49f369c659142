// Which options each call of the package takes: those of an upload as src/options declares them, the few others here.

import { invalid, readable, record } from "./arguments.ts";
import { type Declared, type Kind, namesOf } from "./declared.ts";
import type { Emulator } from "./emulator/options.ts";
import type {
  CallOptions,
  UploadMediaByUrlOptions,
  VodliftOptions,
  WaitOptions,
} from "./options.ts";
import { isSignal } from "./patience.ts";
import { nearest } from "./suggest.ts";

type Stage = Declared["stages"][number];
type All<T> = { readonly [Field in keyof T]-?: true };

/** Names of options, and whether fields of the caller's own may stand beside them. */
export interface Names {
  readonly known: readonly string[];
  readonly open: boolean;
  /** What may stand there for others to read. */
  readonly others?: readonly string[];
}

/** An emulator is passed as it is. */
const ofEmulator: All<Omit<Emulator, keyof VodliftOptions>> = {
  ca: true,
  bucket: true,
  dir: true,
  habits: true,
  log: true,
  events: true,
  issuedSecrets: true,
  setFaults: true,
  setCredentialLife: true,
  setClockOffset: true,
  issueTemporaryCredential: true,
  openUploads: true,
  close: true,
};

const waiting: All<WaitOptions> = { signal: true, timeout: true };

const byUrl: All<UploadMediaByUrlOptions> = {
  templateGroupId: true,
  workflowId: true,
  storageLocation: true,
  appId: true,
  userData: true,
  enableFirstFrameCover: true,
  generateThumbnail: true,
  metadatas: true,
  sessionId: true,
  signal: true,
};

/** So is the line that `vodlift emulator --json` or `make dev` prints. */
const OF_READY_LINE = ["caFile", "worker", "token"];

function names(table: object): Names {
  return { known: Object.keys(table), open: false };
}

/** What the package takes of what is declared. */
function declared(fits: (option: Declared, name: string) => boolean): readonly string[] {
  return namesOf((option, name) => option.shells.includes("api") && fits(option, name));
}

const at = (stage: Stage) => declared(({ stages }) => stages.includes(stage));

/** Of an upload that begins, or of a run of it. `as` says which it is, where that is not said by the method. */
function begun(kind: Kind): Names {
  const known = declared(({ stages, kinds }, name) => {
    if (name === "as") return kind === "video";
    return kinds.includes(kind) && (stages.includes("begin") || stages.includes("run"));
  });
  return { known, open: false };
}

const any = [...at("begin"), ...at("run")];
const resume: Names = { known: [...at("resume"), ...at("run")], open: false };

export const FIELDS = {
  account: {
    known: at("client"),
    open: false,
    others: [...Object.keys(ofEmulator), ...OF_READY_LINE],
  },
  video: begun("video"),
  playlist: begun("playlist"),
  image: begun("image"),
  attached: begun("attached"),
  resume,
  abort: names({ ownMediaOnly: true }),
  item: { known: [...any, "source"], open: true },
  /** Where `as` says what it is to become. */
  any: { known: any, open: false },
  call: names({ signal: true, repeatable: true } satisfies All<CallOptions>),
  /** Of calls that only can be given up. */
  asking: names({ signal: true }),
  waiting: names(waiting),
  ready: names({ ...waiting, until: true, size: true }),
  byUrl: names(byUrl),
  many: names({ jobs: true }),
} as const;

const isFunction = (value: unknown) => typeof value === "function";
const holds = (value: unknown, ...methods: string[]) =>
  typeof value === "object" &&
  value !== null &&
  methods.every((method) => isFunction((value as Record<string, unknown>)[method]));

/** What is called while an upload runs has to be what it is taken for: it would fail midway otherwise. */
const SHAPES: Readonly<Record<string, [fits: (value: unknown) => boolean, rule: string]>> = {
  signal: [isSignal, "must be an AbortSignal"],
  stop: [isSignal, "must be an AbortSignal"],
  onProgress: [isFunction, "must be a function"],
  onSlowRequest: [isFunction, "must be a function"],
  confirmSource: [isFunction, "must be a function"],
  confirmReplace: [isFunction, "must be a function"],
  fetch: [isFunction, "must be a function"],
  host: [
    (value) =>
      holds(value, "open", "put") && typeof (value as { limits?: unknown }).limits === "object",
    "must be a Host, with `limits`, `open` and `put`",
  ],
  checkpoint: [
    (value) => holds(value, "load", "save", "remove"),
    "must be a store, such as fileCheckpoint(path)",
  ],
};

/** What an option was called once, or is called elsewhere, and what to write now. */
const RENAMED: Readonly<Record<string, string>> = {
  headers:
    "is no option: `objectHeaders` are stored with the object, `sourceHeaders` are sent to the source",
};

/** The rule for an old or foreign name of an option. The same words in every shell. */
export function renamed(field: string): string | undefined {
  const known = typeof field === "string" && Object.hasOwn(RENAMED, field);
  return known ? RENAMED[field] : undefined;
}

/**
 * Reads a caller's options, each once: what is read twice may be two things. Refuses options that there are not: most often a
 * slip of the pen, which would be ignored in silence. And those that cannot be called as they must be.
 *
 * @returns The options that are set.
 * @throws VodliftError `invalid_argument`, naming the field and what may have been meant.
 */
export function taken<T extends object>(
  options: T,
  { known, open, others = [] }: Names,
  otherwise = "is no option here",
): T {
  const read: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(record("options", options))) {
    if (value === undefined || others.includes(field)) continue;
    if (known.includes(field)) {
      mustFit(field, value);
      read[field] = value;
      continue;
    }
    const now = renamed(field);
    if (now !== undefined) throw invalid(field, now);
    const meant = nearest(field, known);
    if (meant !== undefined) throw invalid(field, `is no option: did you mean \`${meant}\`?`);
    if (!open) throw invalid(field, otherwise);
  }
  return read as T;
}

function mustFit(field: string, value: unknown): void {
  if (!Object.hasOwn(SHAPES, field)) return;
  const [fits, rule] = SHAPES[field] ?? [() => true, ""];
  if (!readable(field, () => fits(value))) throw invalid(field, rule);
}
