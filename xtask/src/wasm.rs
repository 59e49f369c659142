//! From the crate to what the npm package ships: `core.wasm`, its glue `core.js`, its types `core.d.ts`.
//!
//! compile → wasm-bindgen → wasm-opt → check. Nothing is done twice: if the compiler's output and this program are
//! the same as last time, the rest is the same too.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use wasm_bindgen_cli_support::Bindgen;

use crate::toolchain::{self, TARGET, Toolchain};
use crate::{order, say};

/// Builds the core into `pkg/src/wasm` and prints its size.
pub(crate) fn build(root: &Path) -> Result<()> {
    let toolchain = toolchain::find_or_get()?;
    let target_dir = target_dir(root).join(toolchain.target_folder());
    let remapped = remapped_paths(root, &toolchain.source_folders());
    let compiled = compile(root, &toolchain, "vodlift", &target_dir, &remapped)?;
    let bytes =
        fs::read(&compiled).with_context(|| format!("cargo left no {}", compiled.display()))?;
    let files = Files::of(root);
    let stamp_file = target_dir.join("pkg.stamp");
    let stamp = format!("{:016x}", fingerprint(&bytes)?);
    if fs::read_to_string(&stamp_file)
        .is_ok_and(|last| last == format!("{stamp} {}", files.fingerprint()))
    {
        say::note(&format!(
            "The core is up to date: core.wasm is {}",
            size(&fs::read(&files.wasm)?)?
        ));
        return Ok(());
    }

    let folder = target_dir.join("bindgen");
    fs::create_dir_all(&folder)?;
    Bindgen::new()
        .input_path(&compiled)
        .out_name("core")
        .web(true)?
        // The package's loaders hand over a compiled module; the glue never looks for a file beside itself.
        .omit_default_module_path(true)
        .remove_producers_section(true)
        .typescript(true)
        .generate(&folder)?;

    let optimized = folder.join("core.opt.wasm");
    optimize(root, &folder.join("core_bg.wasm"), &optimized, &STRIP)?;
    let ordered = folder.join("core.ordered.wasm");
    put_in_order(root, &optimized, &ordered)?;
    let wasm = fs::read(&ordered)?;
    no_path_of_this_machine(&wasm, &remapped)?;

    let glue = trimmed_glue(&fs::read_to_string(folder.join("core.js"))?)?;
    let types = trimmed_types(&fs::read_to_string(folder.join("core.d.ts"))?)?;

    files.write(&wasm, &glue, &types)?;
    fs::write(&stamp_file, format!("{stamp} {}", files.fingerprint()))?;
    say::note(&format!("The core is built: core.wasm is {}", size(&wasm)?));
    Ok(())
}

/// Where cargo builds.
pub(crate) fn target_dir(root: &Path) -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |dir| root.join(dir))
}

/// Compiles a package of the workspace to wasm, and says where it lies.
pub(crate) fn compile(
    root: &Path,
    toolchain: &Toolchain,
    package: &str,
    target_dir: &Path,
    remapped: &[(PathBuf, String)],
) -> Result<PathBuf> {
    let rustflags: Vec<String> = remapped
        .iter()
        .map(|(from, to)| format!("--remap-path-prefix={}={to}", from.display()))
        .collect();
    say::step(
        &format!("Compiling {package} to wasm ({toolchain})"),
        toolchain
            .cargo_build(package, target_dir, &rustflags)
            // serde's traits are for callers in Rust.
            .args((package == "vodlift").then_some("--no-default-features"))
            .current_dir(root),
    )?;
    let file = format!("release/{}.wasm", package.replace('-', "_"));
    Ok(target_dir.join(TARGET).join(file))
}

/// What ships without the names of its functions.
pub(crate) const STRIP: [&str; 2] = ["--strip-debug", "--strip-producers"];

/// The core as it ships, but with the names of its functions: where its bytes are can be seen there (`size.rs`).
pub(crate) fn named(root: &Path) -> Result<PathBuf> {
    let folder = target_dir(root)
        .join(toolchain::find_or_get()?.target_folder())
        .join("bindgen");
    let named = folder.join("core.named.wasm");
    optimize(root, &folder.join("core_bg.wasm"), &named, &["--debuginfo"])?;
    Ok(named)
}

/// wasm-opt, for the size of what is compressed. Inlining would make less of the bytes and more of what is left after gzip:
/// the compiler has inlined already, and what is written twice alike compresses better than what is woven into its callers.
pub(crate) fn optimize(root: &Path, from: &Path, to: &Path, names: &[&str]) -> Result<()> {
    let smaller = [
        "-Oz",
        "--always-inline-max-function-size=0",
        "--flexible-inline-max-function-size=0",
        "--one-caller-inline-max-function-size=0",
    ];
    let mut command = wasm_opt(root, from, to);
    say::step("Optimizing the wasm", command.args(names).args(smaller))
}

/// Puts functions that are alike beside each other.
fn put_in_order(root: &Path, from: &Path, to: &Path) -> Result<()> {
    let named = to.with_extension("named");
    fs::write(&named, order::named_in_order(&fs::read(from)?)?)?;
    let mut command = wasm_opt(root, &named, to);
    let how = ["--reorder-functions-by-name", "--strip-debug"];
    say::step("Putting its functions in order", command.args(how))
}

fn wasm_opt(root: &Path, from: &Path, to: &Path) -> Command {
    let mut command = Command::new("node");
    command
        .arg(root.join("node_modules/binaryen/bin/wasm-opt"))
        .args([
            "--enable-bulk-memory",
            "--enable-nontrapping-float-to-int",
            "--enable-sign-ext",
            "--enable-mutable-globals",
            "--enable-reference-types",
            "--enable-multivalue",
        ])
        .arg(from)
        .arg("-o")
        .arg(to);
    command
}

/// Where the results go.
struct Files {
    wasm: PathBuf,
    base64: PathBuf,
    glue: PathBuf,
    /// The only committed one: a change of the core's interface is to be seen in review.
    types: PathBuf,
}

impl Files {
    fn of(root: &Path) -> Files {
        let folder = root.join("pkg/src/wasm");
        Files {
            wasm: folder.join("core.wasm"),
            base64: folder.join("core.base64.js"),
            glue: folder.join("core.js"),
            types: folder.join("core.d.ts"),
        }
    }

    fn write(&self, wasm: &[u8], glue: &str, types: &str) -> Result<()> {
        fs::write(&self.wasm, wasm)?;
        fs::write(
            &self.base64,
            format!("export default \"{}\";\n", STANDARD.encode(wasm)),
        )?;
        fs::write(&self.glue, glue)?;
        if fs::read_to_string(&self.types).is_ok_and(|old| old == types) {
            return Ok(());
        }
        fs::write(&self.types, types)?;
        say::note(
            "The core's interface has changed: look at pkg/src/wasm/core.d.ts, and commit it",
        );
        Ok(())
    }

    /// Of what lies there now; a file that was edited or removed is written anew.
    fn fingerprint(&self) -> String {
        let mut hasher = DefaultHasher::new();
        for file in [&self.wasm, &self.base64, &self.glue, &self.types] {
            fs::read(file).ok().hash(&mut hasher);
        }
        format!("{:016x}", hasher.finish())
    }
}

/// Of everything that decides what comes out: the compiled core and this very program.
fn fingerprint(compiled: &[u8]) -> Result<u64> {
    let mut hasher = DefaultHasher::new();
    compiled.hash(&mut hasher);
    fs::read(std::env::current_exe()?)?.hash(&mut hasher);
    Ok(hasher.finish())
}

/// Folders of this machine and what stands for them in panic messages. rustc takes the last match, so the longest come last.
pub(crate) fn remapped_paths(root: &Path, std_sources: &[PathBuf]) -> Vec<(PathBuf, String)> {
    let mut remapped = vec![(root.to_path_buf(), "/vodlift".to_owned())];
    let home = std::env::var_os("HOME")
        .or_else(|| std::env::var_os("USERPROFILE"))
        .map(PathBuf::from);
    let cargo_home = std::env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(home?.join(".cargo")));
    if let Some(cargo_home) = cargo_home {
        // The folder of a registry bears the name of its host: that is left out too.
        let registries = fs::read_dir(cargo_home.join("registry/src"))
            .into_iter()
            .flatten();
        let registries = registries
            .flatten()
            .map(|entry| (entry.path(), "/crates".to_owned()));
        remapped.push((cargo_home.clone(), "/cargo".to_owned()));
        remapped.extend(registries);
    }
    remapped.extend(
        std_sources
            .iter()
            .map(|folder| (folder.clone(), "/rustc".to_owned())),
    );
    remapped
}

/// A published file tells nothing about the machine that built it, and two machines build the same one.
fn no_path_of_this_machine(wasm: &[u8], remapped: &[(PathBuf, String)]) -> Result<()> {
    let common = [
        "/home/",
        "/root/",
        "/Users/",
        "/usr/src/",
        "/usr/lib/",
        "C:\\Users",
        "index.crates.io",
    ];
    let own = remapped
        .iter()
        .map(|(folder, _)| folder.to_string_lossy().into_owned());
    for path in common.iter().map(|path| (*path).to_owned()).chain(own) {
        if wasm
            .windows(path.len())
            .any(|window| window == path.as_bytes())
        {
            bail!("the wasm holds the path {path} of the machine that built it");
        }
    }
    Ok(())
}

/// The glue without its asynchronous ways to find and load the wasm (the package hands over a compiled module; what is left
/// touches neither the network nor a file), as a function that makes one instance of the core. After a trap the host starts
/// a fresh one, and what the old one had made for others lives on in it.
fn trimmed_glue(glue: &str) -> Result<String> {
    let mut kept = glue.to_owned();
    for (from, to) in [
        ("async function __wbg_load(", "function initSync("),
        ("let __wbg_init_promise;", "export { initSync"),
    ] {
        let start = kept
            .find(from)
            .with_context(|| format!("the glue has no `{from}`"))?;
        let rest = kept.get(start..).unwrap_or_default();
        let length = rest
            .find(to)
            .with_context(|| format!("the glue has no `{to}`"))?;
        kept.replace_range(start..start + length, "");
    }
    let kept = kept.replace("export { initSync, __wbg_init as default };", "");
    let names: Vec<&str> = kept
        .lines()
        .filter_map(|line| line.strip_prefix("export "))
        .filter_map(|line| line.split([' ', '(']).nth(1))
        .collect();
    let made = names.join(", ");
    let kept = kept.replace("\nexport ", "\n");
    let kept = format!(
        "export function instantiate(module) {{\n{kept}\ninitSync({{ module }});\n\
         return {{ {made}, memory: wasm.memory }};\n}}\n"
    );
    let kept = by_tag(&kept)?;
    for gone in ["import.meta", "fetch(", "__wbg_init_promise", "async "] {
        ensure!(!kept.contains(gone), "the glue still holds `{gone}`");
    }
    Ok(kept)
}

/// `instanceof` knows the classes of one realm only; jest and Next's edge runtime hand over a compiled
/// module, or a buffer, of another one.
fn by_tag(glue: &str) -> Result<String> {
    let mut kept = glue.to_owned();
    while let Some(at) = kept.find(" instanceof ") {
        let (before, after) = kept.split_at(at);
        let part_of_name = |char: char| char.is_alphanumeric() || "._".contains(char);
        let value = before
            .rsplit(|char| !part_of_name(char))
            .next()
            .unwrap_or_default();
        let name = after.trim_start_matches(" instanceof ");
        let name = name
            .split(|char| !part_of_name(char))
            .next()
            .unwrap_or_default();
        ensure!(
            !value.is_empty() && !name.is_empty(),
            "the glue has an `instanceof` of another shape"
        );
        let test = format!(r#"Object.prototype.toString.call({value}) === "[object {name}]""#);
        kept = kept.replacen(&format!("{value} instanceof {name}"), &test, 1);
    }
    ensure!(
        kept.contains("[object WebAssembly.Module]"),
        "the glue does not look at what it is given"
    );
    Ok(kept)
}

/// The types without the wasm's raw exports, whose names change with every build, and without the ways to
/// initialise that the package does not use.
fn trimmed_types(types: &str) -> Result<String> {
    let (kept, _) = types
        .split_once("export type InitInput")
        .context("wasm-bindgen's types look different from what is expected here")?;
    let kept = kept.replace("/* tslint:disable */\n/* eslint-disable */\n", "");
    // The types stand for themselves, functions and classes belong to an instance.
    let at = kept
        .match_indices("export class ")
        .chain(kept.match_indices("export function "))
        .map(|(at, _)| at)
        .min()
        .context("wasm-bindgen's types hold no class and no function")?;
    let at = kept
        .get(..at)
        .and_then(|before| before.rfind("/**"))
        .unwrap_or(at);
    let (data, made) = kept.split_at(at);
    let made = made.trim_end().replace("export ", "");
    let made = made.replace('\n', "\n    ").replace("\n    \n", "\n\n");
    Ok(format!(
        "// Generated from the Rust core by `make build`. Committed, so that a change of the interface is seen in review.\n{data}\
         declare namespace instance {{\n    {made}\n\n    /** Its memory. */\n    const memory: WebAssembly.Memory;\n}}\n\n\
         /** One instance of the core. */\nexport type Core = typeof instance;\n\n\
         /** Makes one instance of the core; instances share nothing. */\n\
         export function instantiate(module: WebAssembly.Module): Core;\n"
    ))
}

pub(crate) fn size(wasm: &[u8]) -> Result<String> {
    let zipped = compressed(&[wasm])?;
    Ok(format!("{} bytes, {zipped} with gzip", wasm.len()))
}

/// How long these are together after gzip.
pub(crate) fn compressed(pieces: &[&[u8]]) -> Result<usize> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    for piece in pieces {
        gzip.write_all(piece)?;
    }
    Ok(gzip.finish()?.len())
}
