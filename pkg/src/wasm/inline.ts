// The core for every runtime that may compile wasm from bytes: Node, Deno, Bun, browsers, and bundles of all of them.
// The bytes travel inside the JavaScript, so there is no file to lose on the way.
import base64 from "./core.base64.js";

let module: WebAssembly.Module | undefined;

/** The compiled core. Nothing is decoded or compiled before the first call. */
export function wasmModule(): WebAssembly.Module {
  module ??= new WebAssembly.Module(decoded(base64));
  return module;
}

/** Many runtimes have no `Uint8Array.fromBase64` yet. `Uint8Array.from` with a callback would hold 60 MB for a moment. */
function decoded(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}
