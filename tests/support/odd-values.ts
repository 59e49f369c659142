// Values that no type allows, put in the place of any part of a value that one does.
import type { Dice } from "./dice.ts";

/** Thrown by a value itself, when it is looked at: the caller's own fault, and not one of the core. */
export const OWN_FAULT = "a fault of the value itself";

const fault = (): never => {
  throw new Error(OWN_FAULT);
};

/** Each made anew: none may carry anything from one call into the next. */
const ODD: readonly ((dice: Dice) => unknown)[] = [
  () => undefined,
  () => null,
  () => 5,
  () => -1,
  () => -0,
  () => 0.5,
  () => Number.NaN,
  () => Number.POSITIVE_INFINITY,
  () => 2 ** 53,
  () => 2 ** 64,
  () => 1e308,
  () => 2n ** 64n,
  () => -1n,
  () => true,
  () => Symbol("odd"),
  () => () => 1,
  () => new Date(0),
  () => new Date(Number.NaN),
  () => new URL("https://example.com/"),
  () => new Map([["type", "start"]]),
  () => new Set([1]),
  () => [],
  () => [[[]]],
  () => ({}),
  () => Object.create(null),
  () => ({ type: "odd" }),
  () => ({ length: 2 ** 32, 0: "a" }),
  () => ({ toString: fault, valueOf: fault, toJSON: fault }),
  () => ({
    get type() {
      return fault();
    },
  }),
  () => new Proxy({}, { get: fault, has: fault, ownKeys: fault }),
  () => new Uint8Array(3),
  () => new Uint8Array(new SharedArrayBuffer(32)),
  () => new DataView(new ArrayBuffer(8)),
  () => new String("boxed"),
  () => new Number(7),
  () => "",
  () => "\0",
  () => "\ud800",
  () => "\u202e\ufeff\u001b[2J",
  () => "-1",
  () => "1e999",
  () => "__proto__",
  () => "x".repeat(70_000),
  (dice) => "[".repeat(1 + dice.below(5_000)),
  (dice) => nested(1 + dice.below(300)),
  () => {
    const ring: Record<string, unknown> = {};
    ring.self = ring;
    return ring;
  },
  () => Array.from({ length: 2_000 }, () => ["a", "b"]),
];

function nested(depth: number): unknown {
  let value: unknown = "deep";
  for (let level = 0; level < depth; level += 1) value = { type: "url", value };
  return value;
}

/** The same value with one part of it, or all of it, replaced, left out, repeated or garbled. */
export function mutated(value: unknown, dice: Dice): unknown {
  if (dice.oneIn(4) || typeof value !== "object" || value === null) return leaf(value, dice);
  if (value instanceof Uint8Array) return value.slice(0, dice.below(value.length + 2));
  if (Array.isArray(value)) {
    const copy = [...value];
    const [at, deed] = [dice.below(copy.length + 1), dice.below(4)];
    if (deed === 0) copy.splice(at, 1);
    else if (deed === 1) copy.splice(at, 0, copy[0]);
    else copy[at] = mutated(copy[at], dice);
    return copy;
  }
  const copy = copied(value);
  if (copy === undefined) return value;
  const keys = Object.keys(copy);
  const key = keys.length ? dice.pick(keys) : "type";
  if (dice.oneIn(6)) delete copy[key];
  else if (dice.oneIn(8)) copy[`${key}x`] = copy[key];
  else copy[key] = mutated(copy[key], dice);
  return copy;
}

/** `undefined` for a value that cannot be looked at: one of ours from before. */
function copied(value: object): Record<string, unknown> | undefined {
  try {
    return { ...value };
  } catch {
    return undefined;
  }
}

function leaf(value: unknown, dice: Dice): unknown {
  if (typeof value === "string" && !dice.oneIn(3)) return garbled(value, dice);
  if (typeof value === "number" && dice.oneIn(2)) return value + dice.pick([-1, 1, 0.5, 2 ** 32]);
  return dice.pick(ODD)(dice);
}

function garbled(text: string, dice: Dice): string {
  const at = dice.below(text.length + 1);
  const to = at + dice.below(9);
  const piece = dice.pick([
    "",
    "\0",
    "\n",
    "{",
    '"',
    "\ud800",
    "9".repeat(30),
    "é",
    "<",
    "%00",
    "\\",
  ]);
  if (dice.oneIn(3)) return text.slice(0, at);
  return text.slice(0, at) + piece + text.slice(dice.oneIn(2) ? at : to);
}
