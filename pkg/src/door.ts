// The one way into the core. Whatever a caller passes is looked at here, and goes on as plain text, numbers and bytes: so no
// code of the caller's (a getter, a `toJSON`, a proxy) runs while the core does, and nothing that it throws can leave
// something borrowed there. What has a structure crosses as JSON text.

import { VodliftError } from "./error.ts";
import { isUrl } from "./kinds.ts";
import { VERSION } from "./version.ts";
import type { Code, Error as ErrorData, Limits } from "./wasm/core.js";
import { type Core, core, provide, retire } from "./wasm/index.ts";

/** Calls the core: see `call`. */
function entered<T>(instance: Core, use: (core: Core) => T): T {
  try {
    return use(instance);
  } catch (error) {
    if (typeof error === "string") throw new VodliftError(JSON.parse(error));
    // A trap, or no stack left. Nothing new begins there.
    retire(instance);
    throw stopped(error);
  }
}

/**
 * Calls the core. Its errors come out as `VodliftError`. A trap fails the call that met it with `core_stopped`; the next call
 * finds a fresh instance.
 */
export function call<T>(use: (core: Core) => T): T {
  return entered(core(), use);
}

function stopped(cause?: unknown): VodliftError {
  return new VodliftError(errorData("core_stopped", "the core stopped unexpectedly"), cause);
}

/** An error of this code, with class, hint and whether to retry filled in. */
export function errorData(code: Code, message: string): ErrorData {
  return parsed(call((core) => core.errorOf(JSON.stringify(code), message)));
}

function refused(field: string, rule: string, cause?: unknown): VodliftError {
  return new VodliftError(errorData("invalid_argument", `\`${field}\` ${rule}`), cause);
}

/** Something that an instance of the core has made. */
export class Owned<T extends { free(): void }> {
  readonly #core: Core;
  #value: T | undefined;
  #stopped: unknown;

  constructor(make: (core: Core) => T) {
    this.#core = core();
    this.#value = entered(this.#core, make);
  }

  /** A trap within it is the end of this alone: others of the same instance go on, as none shares anything with it. */
  use<R>(action: (value: T) => R): R {
    const value = this.#value;
    if (value === undefined) throw this.#stopped ?? refused("free", "was called: this is no more");
    try {
      return entered(this.#core, () => action(value));
    } catch (error) {
      if (error instanceof VodliftError && error.code === "core_stopped") {
        this.#stopped = error;
        this.#value = undefined;
      }
      throw error;
    }
  }

  /** The memory of an instance only grows: one that has grown much is let go, with whoever still has something in it. */
  free(): void {
    const value = this.#value;
    this.#value = undefined;
    try {
      if (value !== undefined) entered(this.#core, () => value.free());
    } catch {
      // Another one's trap has spoiled this instance. Nobody needs this any more, so it is nobody's failure.
    }
    if (this.#core.memory.buffer.byteLength > limits().instanceMemory) retire(this.#core);
  }
}

/** A `WebAssembly.Module`, where the runtime's types know one: those of Node do not. */
export type CoreModule = typeof globalThis extends {
  WebAssembly: { Module: { prototype: infer Module } };
}
  ? Module
  : object;

/**
 * Hands in the core, compiled: `core.wasm` of this very version of the package (`vodlift/core.wasm`). For platforms whose
 * bundler neither takes the import of a `.wasm` file nor may compile one at run time. Call it before anything else of the
 * package.
 *
 * @throws VodliftError `invalid_argument` for what is no `WebAssembly.Module`, and when the core is at work already.
 */
export function provideCore(module: CoreModule): void {
  if (!isModule(module)) {
    throw refused("module", `must be a WebAssembly.Module, got ${kindOf(module)}`);
  }
  if (!provide(module)) throw refused("module", "comes too late: the core is at work already");
}

function isModule(value: unknown): boolean {
  try {
    return value instanceof WebAssembly.Module;
  } catch {
    return false;
  }
}

/** What the core has answered. */
export function parsed<T>(json: string): T {
  return JSON.parse(json);
}

let known: Limits | undefined;

/** The limits that both sides of the door keep to: they are the core's to say. */
export function limits(): Limits {
  known ??= ofThisVersion(parsed<Partial<Limits>>(call((core) => core.limits())));
  return known;
}

/** All of them: `tsc` sees that none is forgotten. */
const LIMITS: Record<Exclude<keyof Limits, "version">, true> = {
  text: true,
  reply: true,
  headerBytes: true,
  playlistMemory: true,
  textAhead: true,
  replyAhead: true,
  replyMemory: true,
  row: true,
  leastMemory: true,
  instanceMemory: true,
};

/** A core that was built at another time may know other limits, events and effects: an upload would wait for ever. */
function ofThisVersion(limits: Partial<Limits>): Limits {
  const names = Object.keys(LIMITS) as (keyof typeof LIMITS)[];
  const lacking = names.find((name) => typeof limits[name] !== "number");
  if (limits.version === VERSION && lacking === undefined) return limits as Limits;
  const differs = lacking === undefined ? `it is ${limits.version}` : `it lacks \`${lacking}\``;
  const message = `the core (wasm) and the package around it (${VERSION}) are not of one version: ${differs}`;
  const hint = "Build both together (`make build`), or deploy the core.wasm of this very package.";
  throw new VodliftError({ ...errorData("internal", message), hint });
}

/** A text. */
export function text(field: string, value: unknown): string {
  if (typeof value !== "string") throw refused(field, `must be a string, got ${kindOf(value)}`);
  if (value.length > limits().text) throw refused(field, tooLong());
  return value;
}

/** A URL, or its text. */
export function url(field: string, value: unknown): string {
  return text(field, hrefOf(value) ?? value);
}

function hrefOf(value: unknown): string | undefined {
  try {
    return isUrl(value) ? value.href : undefined;
  } catch {
    return undefined;
  }
}

export function optionalText(field: string, value: unknown): string | undefined {
  return value === undefined || value === null ? undefined : text(field, value);
}

export function finite(field: string, value: unknown): number {
  if (typeof value === "number" && Number.isFinite(value)) return value;
  throw refused(field, `must be a finite number, got ${kindOf(value)}`);
}

/** An HTTP status: the core takes 16 bits. */
export function status(field: string, value: unknown): number {
  const number = finite(field, value);
  if (Number.isInteger(number) && number >= 0 && number <= 0xffff) return number;
  throw refused(field, `must be an HTTP status, got ${number}`);
}

export function flag(field: string, value: unknown): boolean {
  if (typeof value === "boolean") return value;
  throw refused(field, `must be true or false, got ${kindOf(value)}`);
}

// What every typed array has, whatever a class derived from it says instead.
const typedArray = Object.getPrototypeOf(Uint8Array.prototype);
const getterOf = (name: string | symbol): ((this: unknown) => unknown) =>
  Object.getOwnPropertyDescriptor(typedArray, name)?.get as () => unknown;
const kindOfArray = getterOf(Symbol.toStringTag);
const bufferOf = getterOf("buffer");
const offsetOf = getterOf("byteOffset");
const lengthOf = getterOf("byteLength");

/** Bytes as they are in memory, not copied. */
export function octets(field: string, value: unknown): Uint8Array {
  if (kindOfArray.call(value) !== "Uint8Array") {
    throw refused(field, `must be a Uint8Array, got ${kindOf(value)}`);
  }
  const [buffer, offset, length] = [bufferOf, offsetOf, lengthOf].map((get) => get.call(value));
  try {
    return new Uint8Array(buffer as ArrayBuffer, offset as number, length as number);
  } catch (cause) {
    throw refused(field, "must be a Uint8Array whose buffer is still there", cause);
  }
}

/** Plain data as JSON text. */
export function json(field: string, value: unknown): string {
  const most = limits().text;
  let length = 0;
  const plain = (name: string, inner: unknown): unknown => {
    length += name.length + (typeof inner === "string" ? inner.length : 1);
    if (length > most) throw refused(field, tooLong());
    switch (typeof inner) {
      case "string":
        return wellFormed(inner);
      case "number":
        if (Number.isFinite(inner)) return inner;
        throw refused(field, `must hold finite numbers only, got ${inner}${at(name)}`);
      case "bigint":
      case "symbol":
      case "function":
        throw refused(field, `must be plain data, got a ${typeof inner}${at(name)}`);
      default:
        return inner;
    }
  };
  let written: string | undefined;
  try {
    written = JSON.stringify(value, plain);
  } catch (error) {
    if (error instanceof VodliftError) throw error;
    throw refused(field, "must be plain data, and cannot be read as that", error);
  }
  if (written === undefined) throw refused(field, "is missing");
  if (written.length > most) throw refused(field, tooLong());
  return written;
}

function tooLong(): string {
  return `is longer than the ${limits().text} characters that the core takes at once`;
}

/** Names come from the caller, too. */
function at(name: string): string {
  return /^[a-z]\w{0,40}$/i.test(name) ? ` (${name})` : "";
}

/** Half of a surrogate pair has no UTF-8, and thus no place in a request: as everywhere on the web, U+FFFD stands for it. */
function wellFormed(text: string): string {
  return /\p{Surrogate}/u.test(text)
    ? new TextDecoder().decode(new TextEncoder().encode(text))
    : text;
}

/** Without asking the value itself, which may be anything. */
function kindOf(value: unknown): string {
  return value === null || typeof value === "number" ? String(value) : typeof value;
}
