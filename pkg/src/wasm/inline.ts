// The core for every runtime that may compile wasm from bytes: Node, Deno, Bun, browsers, and bundles of all of them.
// The bytes travel inside the JavaScript, so there is no file to lose on the way.
import base64 from "./core.base64.js";

let module: WebAssembly.Module | undefined;

/** The compiled core. Nothing is decoded or compiled before the first call. */
export function wasmModule(): WebAssembly.Module {
  module ??= new WebAssembly.Module(Uint8Array.from(atob(base64), (c) => c.charCodeAt(0)));
  return module;
}
