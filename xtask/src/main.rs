//! The part of the build that Rust does best: from the crate to `core.wasm`, its JavaScript glue and its types.
//!
//! Read `toolchain.rs` for how a compiler for wasm is found or got, `wasm.rs` for what is done with it, `rust_worker.rs` for the
//! example in Rust, `say.rs` for how the build talks.

mod functions;
mod order;
mod rust_worker;
mod say;
mod size;
mod toolchain;
mod wasm;

use std::path::PathBuf;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["wasm"] => wasm::build(&workspace()?),
        ["size"] => size::print(&workspace()?, None),
        ["size", text] => size::print(&workspace()?, Some(text)),
        ["rust-worker"] => rust_worker::build(&workspace()?, "rust-worker", "examples/rust-worker"),
        ["web-harness"] => {
            rust_worker::build(&workspace()?, "web-harness", "tests/rust-worker/harness")
        }
        ["toolchain"] => {
            let toolchain = toolchain::find_or_get()?;
            println!("{toolchain}");
            Ok(())
        }
        ["replay", file] => replay(file),
        _ => bail!(
            "usage: cargo xtask <command>\n\n  wasm         build the core as wasm, with its glue and types, into pkg/src/wasm\n  size [TEXT]  say where its bytes are: groups of functions, or the functions with TEXT in their names\n  rust-worker  build the example Worker in Rust into examples/rust-worker/build\n  web-harness  build what the tests of the feature `web` call\n  toolchain    find or get a compiler for wasm, and name it\n  replay FILE  run a recorded session through the core again, and show where it parts ways"
        ),
    }
}

/// A program of its own, since the build would wait for the core to be compiled for this machine, too.
fn replay(file: &str) -> Result<()> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args(["run", "-q", "-p", "replay", "--", file])
        .status()
        .context("cargo cannot be started")?;
    match status.success() {
        true => Ok(()),
        false => bail!("it does not do what was recorded"),
    }
}

/// The root of the workspace: cargo tells where this crate lies.
fn workspace() -> Result<PathBuf> {
    let here = std::env::var_os("CARGO_MANIFEST_DIR")
        .map(PathBuf::from)
        .context("xtask is started by cargo: `cargo run -p xtask -- wasm`")?;
    let root = here.parent().context("xtask lies inside the workspace")?;
    Ok(root.to_path_buf())
}
