// What no one should pass to a library, made anew each time: values of a wrong kind, values that throw when they are looked
// at, values that change, streams that are spoiled, promises and signals that are none.
import { createContext, runInContext } from "node:vm";

/** Thrown by a value itself. */
export const OWN_FAULT = "a fault of the value itself";

const fault = (): never => {
  throw new Error(OWN_FAULT);
};

/** A proxy that throws in this trap, over something that fits. */
const trapped =
  (trap: string) =>
  (fit: unknown): unknown => {
    const target =
      (typeof fit === "object" && fit !== null) || typeof fit === "function" ? fit : {};
    return new Proxy(target as object, { [trap]: fault });
  };

const TRAPS = [
  "get",
  "has",
  "ownKeys",
  "getOwnPropertyDescriptor",
  "getPrototypeOf",
  "apply",
  "construct",
  "set",
];

/** Another realm, whose `Array`, `Date` and `Error` are not ours. */
const realm = createContext({});
const foreign = (code: string) => () => runInContext(code, realm) as unknown;

function detached(): Uint8Array {
  const bytes = new Uint8Array(64);
  structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
  return bytes;
}

function shrunk(): Uint8Array {
  const buffer: ArrayBuffer & { resize(to: number): void } = Reflect.construct(ArrayBuffer, [
    300_000,
    { maxByteLength: 300_000 },
  ]);
  const bytes = new Uint8Array(buffer);
  // After it was taken, and before it is read.
  setTimeout(() => buffer.resize(8), 1);
  return bytes;
}

function lying(): Uint8Array {
  class Liar extends Uint8Array {
    override get length() {
      return 3 as never;
    }
    override get buffer() {
      return fault() as never;
    }
  }
  return new Liar(4096);
}

function changing(): object {
  let reads = 0;
  const names = ["url", "parts", "mediaId", "first", "accessKeyId", "host", "headers", "path"];
  const read = () => {
    reads += 1;
    return reads % 2 ? "https://example.com/film.mp4" : Symbol("changed");
  };
  const all = names.map((name) => [name, { enumerable: true, get: read }]);
  return Object.defineProperties({}, Object.fromEntries(all));
}

function stream(begin: (controller: ReadableStreamDefaultController) => void): ReadableStream {
  return new ReadableStream({ start: begin });
}

async function* chunks(...given: unknown[]): AsyncGenerator<unknown> {
  for (const one of given) yield typeof one === "function" ? one() : one;
}

const never = () => new Promise<never>(() => {});

export interface Odd {
  /** In a few words. */
  label: string;
  /** What waits for it may wait for ever. */
  endless?: boolean;
  /** @param fit What would be right there. */
  make(fit: unknown): unknown;
}

const plain: Record<string, (fit: unknown) => unknown> = {
  null: () => null,
  undefined: () => undefined,
  NaN: () => Number.NaN,
  Infinity: () => Number.POSITIVE_INFINITY,
  "-Infinity": () => Number.NEGATIVE_INFINITY,
  "-0": () => -0,
  "0": () => 0,
  "0.5": () => 0.5,
  "-1": () => -1,
  "5": () => 5,
  "2^53": () => 2 ** 53,
  "2^53+2": () => 2 ** 53 + 2,
  "2^53+1 as text": () => "9007199254740993",
  "1e300": () => 1e300,
  true: () => true,
  false: () => false,
  bigint: () => 5n,
  "large bigint": () => 2n ** 200n,
  symbol: () => Symbol("s"),
  "symbol iterator": () => Symbol.iterator,
  "empty text": () => "",
  text: () => "x",
  "huge text": () => "x".repeat(2 ** 24 + 1),
  "lone surrogate": () => "a\udfff\ud83dz",
  "NUL and bidi": () => "\0\u202e\ufeff",
  "line ends": () => "a\r\nb: c\r\n",
  __proto__: () => "__proto__",
  "boxed text": () => new String("https://example.com/"),
  "boxed number": () => new Number(5),
  "valid date": () => new Date(0),
  "invalid date": () => new Date(Number.NaN),
  map: () => new Map([["type", "start"]]),
  set: () => new Set([1]),
  url: () => new URL("ftp://example.com/film.mp4"),
  regexp: () => /x/,
  error: () => new Error(OWN_FAULT),
  function: () => () => "f",
  "throwing function": () => fault,
  "rejecting function": () => async () => fault(),
  "function that gives a symbol": () => async () => Symbol("given"),
  class: () => class {},
  instance: () => new (class Odd {})(),
  "empty object": () => ({}),
  "object without a prototype": () => Object.create(null),
  "proto key": () => JSON.parse('{"__proto__":{"type":"start"},"constructor":1,"toString":null}'),
  "throwing getter": (fit) => withGetters(fit, fault),
  "changing getter": changing,
  toJSON: () => ({ toJSON: fault }),
  "toJSON that gives a bigint": () => ({ toJSON: () => 5n }),
  "throwing toString": () => ({ toString: fault, valueOf: fault }),
  "throwing toPrimitive": () => ({ [Symbol.toPrimitive]: fault }),
  "throwing toStringTag": () => Object.defineProperty({}, Symbol.toStringTag, { get: fault }),
  "lying toStringTag": () => ({ [Symbol.toStringTag]: "URL" }),
  "lying Blob": () => ({ [Symbol.toStringTag]: "Blob", size: 100 }),
  "lying Response": () => ({ [Symbol.toStringTag]: "Response", status: 200 }),
  cycle: () => {
    const cycle: Record<string, unknown> = {};
    cycle.self = cycle;
    return cycle;
  },
  deep: () => {
    let value: unknown = 1;
    for (let level = 0; level < 20_000; level += 1) value = [value];
    return value;
  },
  "empty list": () => [],
  "list with holes": () => new Array(3),
  "longest list": () => new Array(2 ** 32 - 1),
  "list of symbols": () => [Symbol("s")],
  "list of null": () => [null],
  "list of lists": () => [[["a"]]],
  "list that throws": () => Object.defineProperty([1], 0, { enumerable: true, get: fault }),
  arraylike: () => ({ length: 2 ** 32, 0: "a" }),
  "iterable that throws": () => ({ [Symbol.iterator]: fault }),
  // biome-ignore lint/suspicious/noThenProperty: what is no promise, and looks like one.
  thenable: () => ({ then: (done: (value: unknown) => void) => done(5) }),
  // biome-ignore lint/suspicious/noThenProperty: the same.
  "throwing thenable": () => ({ then: fault }),
  // biome-ignore lint/suspicious/noThenProperty: the same.
  "throwing then": () => Object.defineProperty({}, "then", { get: fault }),
  "rejected promise": () => {
    const rejected = Promise.reject(new Error(OWN_FAULT));
    rejected.catch(() => {});
    return rejected;
  },
  "revoked proxy": () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    return proxy;
  },
  bytes: () => new Uint8Array(3),
  "detached bytes": detached,
  "detached buffer": () => detached().buffer,
  "shared bytes": () => new Uint8Array(new SharedArrayBuffer(64)),
  "shared buffer": () => new SharedArrayBuffer(64),
  "shrinking bytes": shrunk,
  "lying bytes": lying,
  "proxied bytes": () => new Proxy(new Uint8Array(32), {}),
  "empty bytes": () => new Uint8Array(0),
  floats: () => new Float64Array(4),
  "foreign object": foreign("({ a: 1 })"),
  "foreign list": foreign("['a']"),
  "foreign date": foreign("new Date(0)"),
  "foreign error": foreign("new Error('foreign')"),
  "foreign function": foreign("(() => 5)"),
  "foreign promise": foreign("Promise.resolve(5)"),
  "foreign bytes": foreign("new Uint8Array(64)"),
  "locked stream": () => {
    const locked = new Blob(["x".repeat(100)]).stream();
    locked.getReader();
    return locked;
  },
  "stream locked later": () => {
    const later = new Blob(["x".repeat(100)]).stream();
    queueMicrotask(() => later.getReader());
    return later;
  },
  "errored stream": () => stream((controller) => controller.error(new Error(OWN_FAULT))),
  "stream errored with a symbol": () => stream((controller) => controller.error(Symbol("s"))),
  "stream errored with nothing": () => stream((controller) => controller.error()),
  "canceled stream": () => {
    const canceled = stream(() => {});
    void canceled.cancel();
    return canceled;
  },
  "stream of texts": () =>
    stream((controller) => {
      controller.enqueue("text");
      controller.close();
    }),
  "stream that cannot be closed": () =>
    new ReadableStream({
      pull: fault,
      cancel: fault,
    }),
  "fake stream": () => ({ getReader: () => ({}) }),
  "stream that throws": () => ({ getReader: fault, locked: false, cancel: fault }),
  "read response": () => {
    const response = new Response("text");
    void response.text();
    return response;
  },
  "throwing iterable": () => ({ [Symbol.asyncIterator]: fault }),
  "iterable of nothing": () => ({ [Symbol.asyncIterator]: () => undefined }),
  "iterable with a broken next": () => ({ [Symbol.asyncIterator]: () => ({ next: 5 }) }),
  "iterable that gives no object": () => ({ [Symbol.asyncIterator]: () => ({ next: () => 5 }) }),
  "iterable whose return throws": () => ({
    [Symbol.asyncIterator]: () => ({
      next: async () => ({ value: Symbol("s"), done: false }),
      return: fault,
    }),
  }),
  "generator of wrong types": () => chunks(new Uint8Array(3), 5),
  "generator of symbols": () => chunks(Symbol("s")),
  "generator of nothing": () => chunks(),
  "generator that throws": () => chunks(new Uint8Array(9), fault),
  "generator of detached bytes": () => chunks(new Uint8Array(9), detached),
  "generator of lying bytes": () => chunks(lying),
  "aborted signal": () => AbortSignal.abort(),
  "signal aborted with nothing": () => AbortSignal.abort(null),
  "signal aborted with a symbol": () => AbortSignal.abort(Symbol("s")),
  "fake signal": () => ({ aborted: false, addEventListener: fault, removeEventListener: fault }),
  "signal that throws": () => ({
    get aborted() {
      return fault();
    },
    addEventListener() {},
  }),
  "global object": () => globalThis,
};

const endless: Record<string, () => unknown> = {
  "pending promise": never,
  "function that never answers": () => never,
  // biome-ignore lint/suspicious/noThenProperty: the same.
  "pending thenable": () => ({ then: () => {} }),
  "generator that never answers": () => chunks(new Uint8Array(9), never),
  "pending stream": () => stream(() => {}),
  "stream that is never closed": () => new ReadableStream({ pull: never, cancel: never }),
};

export const ODD_THINGS: readonly Odd[] = [
  ...Object.entries(plain).map(([label, make]) => ({ label, make })),
  ...TRAPS.map((trap) => ({ label: `proxy that throws in ${trap}`, make: trapped(trap) })),
  ...Object.entries(endless).map(([label, make]) => ({ label, make, endless: true })),
];

/** What fits, each of its fields a getter. */
function withGetters(fit: unknown, get: () => unknown): object {
  const names = typeof fit === "object" && fit !== null ? Object.keys(fit) : [];
  const all = (names.length > 0 ? names : ["type"]).map((name) => [
    name,
    { enumerable: true, get },
  ]);
  return Object.defineProperties({}, Object.fromEntries(all));
}
