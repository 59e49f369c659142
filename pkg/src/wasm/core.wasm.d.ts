/** The core as bundlers for workerd hand it over: compiled, not yet instantiated. */
declare const module: WebAssembly.Module;
export default module;
