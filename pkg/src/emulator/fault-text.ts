/** Fault rules as one word each, for command lines: `UploadPart:3:reset-after`. */
import { checkedText } from "./checked.ts";
import type { FaultAction, FaultRule } from "./faults.ts";

/**
 * `OPERATION[/PART]:WHEN:ACTION`.
 *
 * - OPERATION: an API name such as `UploadPart`, or `*`; with `/7` only its part 7.
 * - WHEN, counted from 1: `3` the third, `3-5` the third to the fifth, `3+` from the third on, `*` every one.
 * - ACTION: `503=ServiceUnavailable` (any status and code), `early-403=SecurityTokenExpired`, `reset-before`,
 *   `reset-after`, `reset-mid-body[=BYTES]`, `delay=MS`, `stall`, `stall-after`, `truncate-answer`, `wrong-crc`,
 *   `clock-skew=MS`.
 *
 * Throws a RangeError with a sentence when the text is none.
 */
export function parseFault(text: string): FaultRule {
  const match = /^(\*|[A-Za-z]+)(?:\/(\d+))?:([\d*+-]+):(\S+)$/.exec(checkedText("text", text));
  if (!match) {
    throw new RangeError(
      `\`${text}\` is no fault: write OPERATION:WHEN:ACTION, such as UploadPart:3:reset-after`,
    );
  }
  const [, operation = "", part, when = "", action = ""] = match;
  return {
    operation,
    ...(part === undefined ? {} : { partNumber: Number(part) }),
    ...parseWhen(when),
    action: parseAction(action),
  };
}

function parseWhen(text: string): Pick<FaultRule, "nth" | "from" | "count"> {
  if (text === "*") return {};
  const [, first = "", open, last] = /^(\d+)(?:(\+)|-(\d+))?$/.exec(text) ?? [];
  const from = Number(first);
  const count = last === undefined ? 1 : Number(last) - from + 1;
  if (from < 1 || count < 1) {
    throw new RangeError(
      `\`${text}\` says not when: write 3 (the third), 3-5, 3+ (from the third on) or * (every one)`,
    );
  }
  if (open !== undefined) return { from };
  return last === undefined ? { nth: from } : { from, count };
}

const ACTIONS =
  "503=ServiceUnavailable, early-403=SecurityTokenExpired, reset-before, reset-after, reset-mid-body=BYTES, delay=MS, stall, stall-after, truncate-answer, wrong-crc, clock-skew=MS";

function parseAction(text: string): FaultAction {
  const unknown = new RangeError(`\`${text}\` is no fault's action: there are ${ACTIONS}`);
  const refusal = /^(early-)?([2-5]\d\d)=([A-Za-z][\w.]*)$/.exec(text);
  if (refusal) {
    const [, early, status, code = ""] = refusal;
    const kind = early === undefined ? "answer" : "early-close";
    return { kind, status: Number(status), code };
  }
  const [, name, value] = /^([a-z-]+)(?:=(-?\d+))?$/.exec(text) ?? [];
  const number = value === undefined ? undefined : Number(value);
  switch (name) {
    case "reset-before":
    case "reset-after":
    case "stall":
    case "stall-after":
    case "truncate-answer":
    case "wrong-crc":
      if (number !== undefined) throw unknown;
      return { kind: name };
    case "reset-mid-body":
      if (number !== undefined && number < 1) throw unknown;
      return number === undefined ? { kind: name } : { kind: name, afterBytes: number };
    case "delay":
    case "clock-skew":
      if (number === undefined || (name === "delay" && number < 0)) throw unknown;
      return { kind: name, ms: number };
    default:
      throw unknown;
  }
}
