// The core for edge-light runtimes (Vercel Edge): `?module` asks their bundler for a compiled module.
import module from "./core.wasm?module";

/** The compiled core. */
export function wasmModule(): WebAssembly.Module {
  return module;
}
