//! The example Worker in Rust: the crate's feature `web`, compiled into a wasm of its own with its own glue.

use std::fs;
use std::path::Path;

use anyhow::Result;
use wasm_bindgen_cli_support::Bindgen;

use crate::{say, toolchain, wasm};

/// Builds it into `examples/rust-worker/build`, beside the `index.js` that loads it.
pub(crate) fn build(root: &Path) -> Result<()> {
    let toolchain = toolchain::find_or_get()?;
    // Not beside the core: cargo names the core's own wasm alike whatever its features are.
    let target_dir = wasm::target_dir(root).join("rust-worker");
    let remapped = wasm::remapped_paths(root, &toolchain.source_folders());
    let compiled = wasm::compile(root, &toolchain, "rust-worker", &target_dir, &remapped)?;

    let folder = root.join("examples/rust-worker/build");
    fs::create_dir_all(&folder)?;
    Bindgen::new()
        .input_path(&compiled)
        .out_name("rust_worker")
        .web(true)?
        .omit_default_module_path(true)
        .remove_producers_section(true)
        .typescript(false)
        .generate(&folder)?;
    let optimized = folder.join("rust_worker.wasm");
    wasm::optimize(root, &folder.join("rust_worker_bg.wasm"), &optimized)?;
    fs::remove_file(folder.join("rust_worker_bg.wasm"))?;
    let size = wasm::size(&fs::read(&optimized)?)?;
    say::note(&format!("The example Worker in Rust is built: {size}"));
    Ok(())
}
