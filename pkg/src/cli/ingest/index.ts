// `vodlift ingest`: a manifest of many uploads, a few at a time. Read in this order: this file, manifest.ts (what is to
// be done), fields.ts and csv.ts (how it is written), report.ts (what was done), board.ts (what is shown).
import { rm } from "node:fs/promises";
import { errorOf } from "../../core.ts";
import { atResume, ofKind } from "../../declared.ts";
import {
  type CheckpointStore,
  fileCheckpoint,
  type SlowRequest,
  type UploadOptions,
  type Vodlift,
  VodliftError,
} from "../../index.ts";
import { inParallel } from "../../parallel.ts";
import { fileReason } from "../../sources/look.ts";
import type { IngestCommand } from "../args.ts";
import { type CliFailure, exitCode } from "../exit.ts";
import { asFailure, asWarnings } from "../failure.ts";
import { bytes, clock } from "../format.ts";
import { mustBeFile, mustBeWritable } from "../look.ts";
import { fewer, jobsFor, openFilesLimit } from "../open-files.ts";
import { OF_ALL_ROWS } from "../options/commands.ts";
import { pick } from "../options/option.ts";
import { errorFields, note, print, printJson, SCREEN, warningLine } from "../output.ts";
import { account, snapshot } from "../session.ts";
import { onInterrupt } from "../signals.ts";
import { slowLine } from "../slow.ts";
import { UsageError } from "../usage.ts";
import { Board, type Tally } from "./board.ts";
import { COLUMNS } from "./fields.ts";
import { type Row, rowsOf, wrong } from "./manifest.ts";
import { Reading } from "./reading.ts";
import { Report } from "./report.ts";

/** Parts in flight at once, over all uploads together. */
const MOST_PARTS = 64;

export async function runIngest(command: IngestCommand, env: NodeJS.ProcessEnv): Promise<number> {
  const { manifest, report: path = `${manifest}.report.jsonl` } = command;
  if (manifest === "-") {
    throw new UsageError("a manifest cannot be standard input", "ingest", MANIFEST_HINT);
  }
  await mustBeFile(manifest, "ingest", MANIFEST_HINT);
  await mustBeWritable(path, "ingest", "Name a --report that is a file, or is to become one.");
  const vod = account(command, env);
  const tally = { total: 0, done: 0, failed: 0, skipped: 0, bytes: 0 };
  const say = command.quiet ? () => {} : note;
  let reading = new Reading(manifest, say);
  // Whatever is wrong with the manifest is told before anything is begun, or written anywhere.
  for await (const row of rowsOf(manifest)) {
    tally.total += 1;
    reading.row();
    if (row.options.replace !== undefined) await mustReplace(vod, manifest, row);
  }
  if (tally.total === 0) throw empty(manifest);
  const report = await Report.open(path);
  let over = report.isNew;
  try {
    reading = new Reading(manifest, say);
    // A new report has nothing to look up, and half of the time is spent here where a manifest is long.
    for await (const row of report.isEmpty ? [] : rowsOf(manifest)) {
      if (report.isDone(row)) tally.skipped += 1;
      reading.row();
    }
    over = false;
    const code = await new Ingest(command, vod, report, tally).run(env);
    over = tally.done + tally.skipped === tally.total;
    return code;
  } finally {
    await report.close(over);
  }
}

/** What does not go with a media that exists is told before the rows above are begun. */
async function mustReplace(vod: Vodlift, manifest: string, row: Row): Promise<void> {
  const { kind, options } = row;
  // Of the source nothing is judged here.
  const source = kind === "playlist" ? row.source : new Uint8Array(1);
  await vod.check(kind, source as Uint8Array, options).catch((error: unknown) => {
    const { code, message } = asFailure(error, COLUMNS);
    throw code === "invalid_argument" ? wrong(manifest, row.line, message) : error;
  });
}

const MANIFEST_HINT =
  "Name a file: a manifest is read more than once, so it can be neither a pipe nor standard input.";

function empty(manifest: string): UsageError {
  const message = `${manifest}: it lists nothing to upload`;
  const hint =
    "A CSV manifest names its columns on the first line and an upload on each one after it; JSON lines hold one each.";
  return new UsageError(message, "ingest", hint);
}

class Ingest {
  readonly #command: IngestCommand;
  readonly #vod: Vodlift;
  readonly #report: Report;
  readonly #tally: Tally;
  readonly #jobs: number;
  readonly #stop = new AbortController();
  readonly #notices = new Set<string>();
  #interrupted = false;
  #board: Board | undefined;
  /** What decides the exit code. */
  #firstFailure: { line: number; failure: CliFailure } | undefined;

  constructor(command: IngestCommand, vod: Vodlift, report: Report, tally: Tally) {
    this.#command = command;
    this.#vod = vod;
    this.#report = report;
    this.#tally = tally;
    this.#jobs = Math.min(command.jobs, jobsFor(openFilesLimit()));
  }

  async run(env: NodeJS.ProcessEnv): Promise<number> {
    const { quiet, jobs } = this.#command;
    const began = performance.now();
    this.#board = quiet ? undefined : new Board(this.#tally, SCREEN, env);
    if (this.#jobs < jobs && !quiet) this.#say(fewer(this.#jobs));
    onInterrupt(() => {
      this.#interrupted = true;
      this.#say("interrupted: finishing the parts in flight (Ctrl-C again exits at once)");
      this.#stop.abort();
    });
    try {
      for await (const _ of inParallel(this.#todo(), this.#jobs, (row) => this.#one(row)));
    } finally {
      this.#board?.end();
    }
    return this.#close((performance.now() - began) / 1000);
  }

  async *#todo(): AsyncGenerator<Row> {
    for await (const row of rowsOf(this.#command.manifest)) {
      if (this.#stop.signal.aborted) return;
      if (!this.#report.isDone(row)) yield row;
    }
  }

  async #one(row: Row): Promise<void> {
    const path = this.#report.checkpoint(row);
    const slot = this.#board?.slot(row.name);
    try {
      const end = await this.#move(row, path, (now) => slot?.update(now));
      if ("suspended" in end) return;
      const { mediaId, bytes: size, replaced } = end;
      const warnings = asWarnings(end.warnings, COLUMNS);
      await this.#record(row, {
        state: "done",
        mediaId,
        bytes: size,
        ...(replaced && { replaced }),
        ...(warnings.length > 0 && { warnings }),
      });
      for (const warning of warnings) this.#warn(row, warningLine(warning));
      // Not before the report has it: whoever is killed in between finds the upload done, not gone.
      await rm(path, { force: true }).catch((error) =>
        // It is done all the same; the next run removes what is left.
        this.#warn(row, `warning: ${path} cannot be removed: ${fileReason(error) ?? error}`),
      );
      this.#tally.done += 1;
      this.#tally.bytes += size;
    } catch (error) {
      await this.#failed(row, path, error);
    } finally {
      slot?.end();
    }
  }

  async #move(row: Row, path: string, show: (now: ReturnType<typeof snapshot>) => void) {
    const { slowRequestMs, quiet } = this.#command;
    const jobs = this.#jobs;
    const ofAll = pick(this.#command, OF_ALL_ROWS);
    const left = this.#report.left(row);
    for (const other of left) if (other !== path) await this.#discard(other);
    const wanted = row.options.concurrency ?? ofAll.concurrency ?? 4;
    const checkpoint = keptUntilReported(fileCheckpoint(path));
    const how = {
      concurrency: Math.max(1, Math.min(wanted, Math.floor(MOST_PARTS / jobs))),
      ...(!quiet &&
        slowRequestMs !== undefined && {
          slowRequestMs,
          onSlowRequest: (slow: SlowRequest) => this.#say(`line ${row.line}: ${slowLine(slow)}`),
        }),
      onProgress: (now: Parameters<typeof snapshot>[0]) => {
        this.#notice(now.notice);
        show(snapshot(now));
      },
    };
    if (left.includes(path)) {
      await mustReplaceAsSaid(checkpoint, row);
      return this.#vod.resume(checkpoint, {
        source: row.source,
        ...atResume({ ...ofKind(row.kind, ofAll), ...row.options }),
        ...how,
        stop: this.#stop.signal,
        ownMediaOnly: true,
      });
    }
    // Images and attached media have no ids; and as their credential cannot be renewed, Ctrl-C waits for them.
    const stop = this.#stop.signal;
    const ofRun = ofKind(row.kind, { ...ofAll, stop, ...this.#known(row) });
    return this.#vod.upload(row.source, { ...ofRun, ...row.options, ...how, checkpoint });
  }

  /** What follows from a row, once for all rows that it follows from. */
  #notice(notice: string | undefined): void {
    if (notice === undefined || this.#notices.has(notice)) return;
    this.#notices.add(notice);
    this.#board?.note(`note: ${notice}`);
  }

  /** By what a run after this one finds the media again, should it be made and never heard of. */
  #known(row: Row): Pick<UploadOptions, "referenceId" | "adopt"> {
    const { referenceId, adopt, replace } = row.options;
    if (replace !== undefined) return {};
    // What this row itself began its checkpoint knows; any other media only a row may ask for.
    if (referenceId !== undefined) return { referenceId, ...(adopt !== undefined && { adopt }) };
    if (this.#command.noReferenceIds) return {};
    return { referenceId: this.#report.referenceId(row), adopt: "if-possible" };
  }

  async #failed(row: Row, path: string, error: unknown): Promise<void> {
    const known = asFailure(error, COLUMNS);
    const isStrange = STRANGE.includes(known.code);
    const failure = isStrange ? { ...known, hint: BEGUN_ANEW } : known;
    const { code, message, hint, retryable, warnings } = failure;
    // A stream cannot wait: it is begun again by the next run.
    if (code === "not_resumable" && this.#stop.signal.aborted) return this.#discard(path);
    if (GONE_FOR_GOOD.includes(code)) await this.#discard(path);
    if (isStrange) await rm(path, { force: true }).catch(() => {});
    this.#tally.failed += 1;
    this.#firstFailure ??= { line: row.line, failure };
    const place = message.includes(row.place) ? "" : `${row.place}: `;
    this.#say(`line ${row.line}: ${place}${message}`);
    for (const warning of warnings ?? []) this.#warn(row, warningLine(warning));
    const said = { code, message, hint, retryable };
    await this.#record(row, { state: "failed", error: said, ...(warnings && { warnings }) });
  }

  #warn({ line }: Row, text: string): void {
    this.#say(`line ${line}: ${text}`);
  }

  async #record(
    { line, key, place }: Row,
    end: Omit<Parameters<Report["add"]>[0], "line" | "key" | "source">,
  ): Promise<void> {
    try {
      await this.#report.add({ line, key, source: place, ...end });
    } catch (error) {
      this.#stop.abort();
      throw error;
    }
  }

  /** Nobody goes on from this one: its parts are removed, if there are any. What fails is left to the next run. */
  async #discard(path: string): Promise<void> {
    await this.#vod.abort(fileCheckpoint(path)).catch(() => {});
  }

  #close(seconds: number): number {
    const { json, quiet } = this.#command;
    const { total, done, failed, skipped, bytes: size } = this.#tally;
    const left = total - done - failed - skipped;
    const first = this.#firstFailure;
    if (json) {
      const counts = { total, done, failed, skipped, left, bytes: size };
      const time = Math.round(seconds * 1000) / 1000;
      const error = first && { line: first.line, ...errorFields(first.failure) };
      printJson({ ...counts, seconds: time, ...(error && { error }) });
    } else if (!quiet) {
      const states = { failed, skipped, left };
      const others = Object.entries(states).filter(([, count]) => count > 0);
      const counts = [`${done} done`, ...others.map(([state, count]) => `${count} ${state}`)];
      print(`${counts.join(", ")}; ${bytes(size)} in ${clock(seconds)}`);
    }
    if (first !== undefined) note(`hint: ${first.failure.hint}`);
    if (left > 0 || failed > 0) note("run the same command again to do what is left");
    if (this.#interrupted && left > 0) return 130;
    return first === undefined ? 0 : exitCode(first.failure);
  }

  #say(text: string): void {
    if (this.#board === undefined) note(text);
    else this.#board.note(text);
  }
}

/** After these there is nothing to go on from. */
const GONE_FOR_GOOD = ["source_changed", "checkpoint_invalid", "not_resumable"];
/** After these nothing of the checkpoint is to be believed: it is forgotten, and nothing is removed by it. */
const STRANGE = ["media_unconfirmed", "replace_unconfirmed"];
const BEGUN_ANEW =
  "Its checkpoint is removed: run the same command again, which begins this row anew.";

/** The row says which media is replaced. A checkpoint that says another is none of this row's. */
async function mustReplaceAsSaid(store: CheckpointStore, { options }: Row): Promise<void> {
  // What is wrong with the file itself the resume tells.
  const { replace } = (await store.load().catch(() => undefined)) ?? {};
  const said = typeof options.replace === "string" ? { mediaId: options.replace } : options.replace;
  const isSaid = replace?.mediaId === said?.mediaId && replace?.referenceId === said?.referenceId;
  if (isSaid) return;
  const message = "its checkpoint says another media to replace than the manifest";
  throw new VodliftError(errorOf("replace_unconfirmed", message));
}

/**
 * The upload itself would remove it as soon as the object is complete, which is before anybody has noted that. And before
 * VOD has named a media there is nothing to lose: most small files are spared two synced writes.
 */
function keptUntilReported(store: CheckpointStore): CheckpointStore {
  return {
    load: () => store.load(),
    save: async (checkpoint) => {
      // Of a row's own id it must be known that this row asked for it, though no reply was heard. A made-up id tells that itself.
      const asked = checkpoint.createSent !== undefined && checkpoint.adopt === undefined;
      await (checkpoint.place !== undefined || asked ? store.save(checkpoint) : store.remove());
    },
    remove: async () => {},
  };
}
