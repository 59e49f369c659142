// The core for Cloudflare Workers, which forbid compiling wasm at run time: the bundler hands over a compiled module.
import module from "./core.wasm";

/** The compiled core. */
export function wasmModule(): WebAssembly.Module {
  return module;
}
