/** The core as bundlers for workerd hand it over: compiled, not yet instantiated. */
declare const module: typeof globalThis extends {
  WebAssembly: { Module: { prototype: infer Module } };
}
  ? Module
  : object;
export default module;
