// A run as the Workflow is one, and a request that carries its bytes: what they say, in which order, and what they do to the
// service meanwhile. Each `yield` is a moment at which anything else may happen first, or the run may die.
import type { Notice, Todo } from "../../../worker/src/life/life.ts";
import type { Order, RunSaid } from "../../../worker/src/life/said.ts";

type Without<T> = T extends unknown ? Omit<T, "run"> : never;
export type Word = Without<RunSaid>;
export interface Answer {
  todo?: Todo | null;
  order?: Order;
}
/** What lies beyond the index: the source, VOD and OSS, receivers. Refusals are thrown. */
export interface Beyond {
  /** Moves a part. @returns Whether all is moved. */
  move(): boolean;
  complete(): void;
  remove(): void;
  /** What its webhooks are still to be told, if this run has the lease. */
  untold(): readonly Notice[];
  deliver(notice: Notice): void;
  /** VOD is asked, and may say that it has the file. */
  ask(): void;
  often(perMille: number): boolean;
}
export type Run = Generator<Word, void, Answer>;

/** Nobody answered. */
export class Unanswered extends Error {}
/** The source or the service says no. */
export class Refused extends Error {
  readonly retryable: boolean;

  constructor(retryable: boolean) {
    super("refused");
    this.retryable = retryable;
  }
}

const TRIES = 5;
const ERROR = { code: "refused", message: "refused", hint: "Wait." };
type Part<T> = Generator<Word, T, Answer>;

/** As the engine runs a step: again, if it throws. */
function* step<T>(body: () => Part<T>): Part<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return yield* body();
    } catch (error) {
      if (tries === TRIES) throw error;
    }
  }
}

export function* workflow(beyond: Beyond): Run {
  let end: "more" | "over" | "done" = "more";
  try {
    for (let slice = 0; slice < 3 && end === "more"; slice += 1) {
      end = yield* step(() => slices(beyond));
    }
    if (end === "more") yield* step(() => say({ type: "handOver" }));
  } catch {
    const { todo } = yield* step(() => say({ type: "begin" }));
    if (todo === "upload") yield* step(() => say({ type: "fail", error: ERROR }));
    end = "over";
  }
  yield* notify(beyond);
  if (end === "done" && (yield* step(() => verify(beyond)))) yield* notify(beyond);
  yield* step(() => say({ type: "leave" }));
}

function* say(word: Word): Part<Answer> {
  return yield word;
}

function* slices(beyond: Beyond): Part<"more" | "over" | "done"> {
  const { todo } = yield { type: "begin" };
  switch (todo) {
    case "cleanup":
      return yield* cleanUp(beyond);
    case "drain":
      yield { type: "handOver" };
      return "over";
    case "upload":
      return yield* upload(beyond);
    default:
      return todo ? "done" : "over";
  }
}

function* cleanUp(beyond: Beyond): Part<"over"> {
  beyond.remove();
  yield { type: "cleaned" };
  return "over";
}

function* upload(beyond: Beyond): Part<"more" | "over" | "done"> {
  try {
    for (let n = 0; n < 4; n += 1) {
      // Before anything is made it is written down, so that it is found again.
      yield { type: "save", checkpoint: true };
      const whole = beyond.move();
      const order = yield* report(beyond, n * 1_000);
      if (order === "stop") {
        yield { type: "handOver" };
        return "over";
      }
      if (order === "abort") return yield* cleanUp(beyond);
      if (!whole) continue;
      beyond.complete();
      yield { type: "finish", confirm: beyond.often(300), text: "stored" };
      return "done";
    }
    return "more";
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    if (error.retryable) {
      yield { type: "trouble", error: ERROR };
      throw error;
    }
    if (beyond.often(500)) {
      beyond.remove();
      yield { type: "save", checkpoint: false };
    }
    yield { type: "fail", error: ERROR };
    return "over";
  }
}

/** Not after every part; and one that is lost is followed by the next. */
function* report(beyond: Beyond, sent: number): Part<Order> {
  if (beyond.often(400)) return "go";
  try {
    const answer = yield { type: "report", gained: true, phase: "uploading", sent };
    return answer.order ?? "stop";
  } catch {
    return "go";
  }
}

function* notify(beyond: Beyond): Part<void> {
  for (let round = 0; round < 3; round += 1) {
    yield* step(() => say({ type: "begin" }));
    const notices = beyond.untold();
    if (notices.length === 0) return;
    let delivered = true;
    for (const notice of notices) delivered = (yield* told(beyond, notice)) && delivered;
    const webhook = delivered ? "delivered" : "failed";
    yield* step(() => say({ type: "told", notices, webhook }));
  }
}

/** A receiver that does not take it is waited for, and given up at last. */
function* told(beyond: Beyond, notice: Notice): Part<boolean> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    try {
      yield { type: "begin" };
      beyond.deliver(notice);
      return true;
    } catch {
      yield* step(() => say({ type: "silence", ms: 5_000 * 2 ** tries }));
    }
  }
  return false;
}

function* verify(beyond: Beyond): Part<boolean> {
  const { todo } = yield { type: "begin" };
  if (todo !== "confirm") return false;
  yield { type: "silence", ms: 600_000 };
  beyond.ask();
  yield { type: "asked" };
  return true;
}

/** Bytes that come with a request. Nobody tries again: what fails is removed, as far as that can be done. */
export function* request(beyond: Beyond): Run {
  try {
    for (let n = 0; ; n += 1) {
      if (n === 0) yield { type: "save", checkpoint: true };
      const whole = beyond.move();
      const order = yield* report(beyond, n * 1_000);
      if (order !== "go") throw new Refused(false);
      if (!whole) continue;
      beyond.complete();
      yield { type: "finish", confirm: false, text: "stored" };
      return;
    }
  } catch {
    try {
      beyond.remove();
      yield { type: "save", checkpoint: false };
    } catch {
      // It stays for a run of its own.
    }
    yield { type: "fail", error: ERROR };
  }
}
