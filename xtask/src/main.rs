//! Builds the wasm core of the npm package.

fn main() {}
