// The core's instance. `#wasm` is the compiled core, and the only thing here that differs between runtimes:
// inline.ts (bytes inside the JavaScript), workerd.ts and edge-light.ts (compiled by the platform).
// core.js, core.wasm and core.base64.js are made by the build; core.d.ts too, and is committed.

import { wasmModule } from "#wasm";
import * as glue from "./core.js";

export type Core = Omit<typeof glue, "initSync" | "__wbg_reset_state">;

let running = false;

/** The core, instantiated at the first call: importing this package does nothing. */
export function core(): Core {
  if (!running) {
    glue.initSync({ module: wasmModule() });
    running = true;
  }
  return glue;
}

/**
 * A fresh instance of the core. After a trap (`WebAssembly.RuntimeError`) the old one is unusable, and every object
 * made by it with it; what must live on is restored from a checkpoint.
 */
export function restartCore(): void {
  if (running) glue.__wbg_reset_state();
}
