//! What is written in Rust on the crate's feature `web`: the example Worker, and what its tests call. Each becomes a wasm of its
//! own, with its own glue.

use std::fs;
use std::path::Path;

use anyhow::Result;
use wasm_bindgen_cli_support::Bindgen;

use crate::{say, toolchain, wasm};

/// Builds the package of this name that lies in `folder`, into `build` there.
pub(crate) fn build(root: &Path, package: &str, folder: &str) -> Result<()> {
    let toolchain = toolchain::find_or_get()?;
    // Not beside the core: cargo names the core's own wasm alike whatever its features are.
    let target_dir = wasm::target_dir(root)
        .join("rust-worker")
        .join(toolchain.target_folder());
    let remapped = wasm::remapped_paths(root, &toolchain.source_folders());
    let compiled = wasm::compile(root, &toolchain, package, &target_dir, &remapped)?;

    let name = package.replace('-', "_");
    let folder = root.join(folder).join("build");
    fs::create_dir_all(&folder)?;
    Bindgen::new()
        .input_path(&compiled)
        .out_name(&name)
        .web(true)?
        .omit_default_module_path(true)
        .remove_producers_section(true)
        .typescript(false)
        .generate(&folder)?;
    let optimized = folder.join(format!("{name}.wasm"));
    let raw = folder.join(format!("{name}_bg.wasm"));
    wasm::optimize(root, &raw, &optimized, &wasm::STRIP)?;
    fs::remove_file(raw)?;
    let size = wasm::size(&fs::read(&optimized)?)?;
    say::note(&format!("{package} is built: {size}"));
    Ok(())
}
