// Hands in a compiled core, or something else, before or after the first call; prints what came of it.
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { decodeUploadAddress, provideCore } from "../../pkg/src/core.ts";

const wasm = fileURLToPath(new URL("../../pkg/src/wasm/core.wasm", import.meta.url));
const address = btoa(JSON.stringify({ Endpoint: "https://e", Bucket: "b", FileName: "f" }));
const module = new WebAssembly.Module(await readFile(wasm));
// Whoever would compile the core at run time is refused, as on platforms that forbid it.
const { Module } = WebAssembly;
Object.defineProperty(WebAssembly, "Module", {
  value: class {
    static [Symbol.hasInstance] = (value: unknown) => value instanceof Module;
    constructor() {
      throw new Error("compiled at run time");
    }
  },
});
const [when] = process.argv.slice(2);
const said = (action: () => unknown) => {
  try {
    return action();
  } catch (error) {
    return (error as Error).message;
  }
};
const told: unknown[] = [];
if (when !== "never") told.push(said(() => provideCore(module)) ?? "taken");
told.push(said(() => decodeUploadAddress(address).bucket));
if (when === "twice") told.push(said(() => provideCore(module)));
if (when === "twice") told.push(said(() => provideCore({} as WebAssembly.Module)));
console.log(JSON.stringify(told));
