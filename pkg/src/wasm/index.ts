// The core's instances. `#wasm` is the compiled core, and the only thing here that differs between runtimes:
// inline.ts (bytes inside the JavaScript), workerd.ts and edge-light.ts (compiled by the platform).
// core.js, core.wasm and core.base64.js are made by the build; core.d.ts too, and is committed.

import { wasmModule } from "#wasm";
import { type Core, instantiate } from "./core.js";

export type { Core } from "./core.js";

let current: Core | undefined;
let given: WebAssembly.Module | undefined;

/** The core, instantiated at the first call: importing this package does nothing. */
export function core(): Core {
  current ??= instantiate(given ?? wasmModule());
  return current;
}

/**
 * Lets nothing new begin in this instance: the next call makes a fresh one. What it has made lives on in it, as long as it
 * is used.
 */
export function retire(instance: Core): void {
  if (current === instance) current = undefined;
}

/** Takes this in place of `#wasm`, from the next instance on. `false` where there is one already. */
export function provide(module: WebAssembly.Module): boolean {
  if (current !== undefined) return false;
  given = module;
  return true;
}
