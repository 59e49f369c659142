/** Faults to inject, described as data, and the plan that decides which request they hit. */
import { parseFault } from "./fault-text.ts";

/**
 * When a fault strikes: on requests of `operation` (an API name such as `UploadPart`, or `*`), of one part if
 * `partNumber` is set. Of those, counted from 1: only the `nth`; or `count` of them (default: all) beginning with the
 * `from`th (default: the first). The pull of UploadMediaByURL counts as `URLDownload` and `URLUpload`, and knows the
 * actions `answer` and `delay`.
 */
export type FaultRule = {
  operation: string;
  partNumber?: number;
  nth?: number;
  from?: number;
  count?: number;
  action: FaultAction;
};

/** What a fault does. Several may hit one request; the first that ends it wins. */
export type FaultAction =
  /** Refuse with this error after the body was read. `retryAfter` (seconds) and `headers` go into the answer. */
  | {
      kind: "answer";
      status: number;
      code: string;
      message?: string;
      retryAfter?: number;
      headers?: Record<string, string>;
    }
  /** Answer with this error before the body is read, and close the connection under the sender. */
  | { kind: "early-close"; status: number; code: string; message?: string }
  /** Read the body, store nothing, reset the connection. */
  | { kind: "reset-before" }
  /** Do the work, then reset the connection instead of answering. */
  | { kind: "reset-after" }
  /** Reset the connection once this many body bytes arrived (default 1). */
  | { kind: "reset-mid-body"; afterBytes?: number }
  /** Wait this long before anything else. */
  | { kind: "delay"; ms: number }
  /** Never answer; the connection stays open. */
  | { kind: "stall" }
  /** Do the work, then never answer: whoever asked may be killed meanwhile. */
  | { kind: "stall-after" }
  /** Announce the whole answer, send half of it, and close. */
  | { kind: "truncate-answer" }
  /** Answer with an `x-oss-hash-crc64ecma` that is off by one. */
  | { kind: "wrong-crc" }
  /** Move the answer's `Date` header by this many milliseconds. */
  | { kind: "clock-skew"; ms: number };

type FaultKind = FaultAction["kind"];

/** The faults that hit one request. */
export class ActiveFaults {
  readonly #actions: readonly FaultAction[];

  constructor(actions: readonly FaultAction[]) {
    this.#actions = actions;
  }

  get kinds(): string[] {
    return this.#actions.map((action) => action.kind);
  }

  find<K extends FaultKind>(kind: K): Extract<FaultAction, { kind: K }> | undefined {
    return this.#actions.find(
      (action): action is Extract<FaultAction, { kind: K }> => action.kind === kind,
    );
  }
}

/** Counts requests against the rules. */
export class FaultPlan {
  #rules: { rule: FaultRule; seen: number }[] = [];

  /** Throws a RangeError with a sentence where a text is no rule. */
  set(rules: readonly (FaultRule | string)[]): void {
    const read = (rule: FaultRule | string) => (typeof rule === "string" ? parseFault(rule) : rule);
    this.#rules = rules.map((rule) => ({ rule: read(rule), seen: 0 }));
  }

  /** The faults for a request that just arrived; every matching rule counts it. */
  take(operation: string, partNumber: number | undefined): ActiveFaults {
    const actions: FaultAction[] = [];
    for (const entry of this.#rules) {
      const { rule } = entry;
      if (rule.operation !== "*" && rule.operation !== operation) continue;
      if (rule.partNumber !== undefined && rule.partNumber !== partNumber) continue;
      entry.seen += 1;
      if (strikes(rule, entry.seen)) actions.push(rule.action);
    }
    return new ActiveFaults(actions);
  }
}

function strikes(rule: FaultRule, ordinal: number): boolean {
  if (rule.nth !== undefined) return ordinal === rule.nth;
  const from = rule.from ?? 1;
  return ordinal >= from && ordinal < from + (rule.count ?? Number.POSITIVE_INFINITY);
}
