//! Finds a compiler for `wasm32-unknown-unknown`, or gets one.
//!
//! In this order, and the first that works is taken:
//! 1. a toolchain that has the target (rustup's, or any other that is first on PATH),
//! 2. a toolchain that has the sources of the standard library, which is then built along with the crate:
//!    the one on PATH, or Debian's `rustc-web`, which lives in /usr/bin beside rustup's,
//! 3. `rustup target add`, if rustup's server answers; with a limit, because the download hangs when it does not,
//! 4. Debian's `rustc-web` through apt, as root.
//!
//! If nothing works the build stops with one sentence that says what to install.

use std::fmt;
use std::net::{TcpStream, ToSocketAddrs};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use anyhow::{Result, bail};

use crate::say::{self, Outcome};

pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

/// The packages that make Debian's `rustc-web` able to compile for wasm.
const DEBIAN_PACKAGES: [&str; 5] = [
    "rustc-web",
    "cargo-web",
    "rust-web-src",
    "rust-web-llvm",
    "lld-22",
];

/// The oldest compiler that knows the crate's edition and features; the same as `rust-version` in Cargo.toml.
const OLDEST: (u32, u32) = (1, 88);

const RUSTUP_LIMIT: Duration = Duration::from_secs(180);
const RUSTUP_ANSWERS_WITHIN: Duration = Duration::from_secs(6);

const WHAT_TO_INSTALL: &str = "no Rust compiler for wasm32-unknown-unknown was found and none could be installed: run `rustup target add wasm32-unknown-unknown` (or, as root on Debian 12, `apt-get install rustc-web cargo-web rust-web-src rust-web-llvm lld-22`), then try again";

/// A compiler that can build for wasm.
pub(crate) struct Toolchain {
    rustc: PathBuf,
    cargo: PathBuf,
    version: String,
    sysroot: PathBuf,
    /// The standard library is built from source, because the toolchain has none for wasm.
    build_std: bool,
    linker: Option<PathBuf>,
}

impl fmt::Display for Toolchain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = self.version.split(" (").next().unwrap_or(&self.version);
        write!(f, "{number}")?;
        if self.rustc.is_absolute() {
            write!(f, " in {}", self.rustc.display())?;
        }
        if self.build_std {
            write!(f, ", standard library built from source")?;
        }
        Ok(())
    }
}

impl Toolchain {
    /// A folder name for what this toolchain builds: two toolchains never share one.
    pub(crate) fn target_folder(&self) -> &'static str {
        if self.build_std { "wasm-std" } else { "wasm" }
    }

    /// Where the standard library's sources lie, as they may appear in panic messages.
    pub(crate) fn source_folders(&self) -> Vec<PathBuf> {
        let folder = self.sysroot.join("lib/rustlib/src/rust");
        let real = folder.canonicalize().ok().filter(|real| *real != folder);
        std::iter::once(folder).chain(real).collect()
    }

    /// `cargo build` of a crate's library for wasm, in release.
    pub(crate) fn cargo_build(
        &self,
        package: &str,
        target_dir: &Path,
        rustflags: &[String],
    ) -> Command {
        let mut command = Command::new(&self.cargo);
        // What the outer cargo and rustup say to their children must not reach another toolchain.
        for (name, _) in std::env::vars_os() {
            let name = name.to_string_lossy().into_owned();
            if name.starts_with("CARGO_PKG_")
                || name.starts_with("CARGO_MANIFEST_")
                || matches!(name.as_str(), "CARGO" | "RUSTFLAGS" | "RUSTC" | "RUSTDOC")
            {
                command.env_remove(name);
            }
        }
        command
            .args([
                "build",
                "--release",
                "--lib",
                "--package",
                package,
                "--target",
                TARGET,
            ])
            .arg("--target-dir")
            .arg(target_dir)
            .env("CARGO_ENCODED_RUSTFLAGS", rustflags.join("\u{1f}"))
            .env("RUSTC", &self.rustc);
        if std::env::var_os("CI").is_some() {
            command.arg("--locked");
        }
        if self.build_std {
            command
                .arg("-Zbuild-std=std,panic_abort")
                .env("RUSTC_BOOTSTRAP", "1");
        }
        if let Some(linker) = &self.linker {
            command.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker);
        }
        command
    }
}

/// Walks down the list in the head of this file.
pub(crate) fn find_or_get() -> Result<Toolchain> {
    if let Some(found) = find() {
        return Ok(found);
    }
    if program_runs("rustup", &["--version"]) {
        if rustup_answers() {
            let mut add = Command::new("rustup");
            add.args(["target", "add", TARGET]);
            let text = format!("Downloading Rust's {TARGET} target with rustup");
            match say::step_within(&text, &mut add, Some(RUSTUP_LIMIT))? {
                Outcome::Done => {
                    if let Some(found) = find() {
                        return Ok(found);
                    }
                }
                Outcome::Failed(output) | Outcome::TimedOut(output) => print!("{output}"),
            }
        } else {
            say::note("rustup's server does not answer: its wasm target cannot be downloaded here");
        }
    }
    if is_root()
        && program_runs("apt-get", &["--version"])
        && let Some(found) = install_debian_packages()?
    {
        return Ok(found);
    }
    bail!(WHAT_TO_INSTALL)
}

/// What is already on this machine.
fn find() -> Option<Toolchain> {
    let on_path = examine("rustc".into(), "cargo".into());
    let debian = || {
        let (rustc, cargo) = ("/usr/bin/rustc", "/usr/bin/cargo");
        Path::new(rustc)
            .exists()
            .then(|| examine(rustc.into(), cargo.into()))
            .flatten()
    };
    // A ready standard library is worth more than a place on PATH: building one costs a minute.
    match on_path {
        Some(toolchain) if !toolchain.build_std => Some(toolchain),
        on_path => match debian() {
            Some(toolchain) if !toolchain.build_std => Some(toolchain),
            debian => on_path.or(debian),
        },
    }
}

/// Can this compiler build for wasm, with a ready standard library or with one built from source?
fn examine(rustc: PathBuf, cargo: PathBuf) -> Option<Toolchain> {
    let version = output_of(&rustc, &["--version"])?;
    if version_number(&version)? < OLDEST {
        return None;
    }
    let sysroot = PathBuf::from(output_of(&rustc, &["--print", "sysroot"])?);
    let std = PathBuf::from(output_of(
        &rustc,
        &["--print", "target-libdir", "--target", TARGET],
    )?);
    let has_std = std
        .read_dir()
        .is_ok_and(|mut entries| entries.next().is_some());
    let has_sources = sysroot
        .join("lib/rustlib/src/rust/library/std/Cargo.toml")
        .exists();
    if !has_std && !has_sources {
        return None;
    }
    // rustup's toolchains bring their own linker; Debian's lld may lie elsewhere under a versioned name.
    let linker = linker_for(&rustc, &sysroot)?;
    Some(Toolchain {
        rustc,
        cargo,
        version,
        sysroot,
        build_std: !has_std,
        linker: linker.0,
    })
}

/// The linker to name, if one must be named. `None` means that there is none at all.
fn linker_for(rustc: &Path, sysroot: &Path) -> Option<(Option<PathBuf>,)> {
    let host = output_of(rustc, &["--version", "--verbose"])?
        .lines()
        .find_map(|line| line.strip_prefix("host: ").map(str::to_owned))?;
    let suffix = std::env::consts::EXE_SUFFIX;
    let own = |sysroot: &Path| {
        sysroot
            .join("lib/rustlib")
            .join(&host)
            .join("bin")
            .join(format!("rust-lld{suffix}"))
    };
    if own(sysroot).exists() || on_path("rust-lld").is_some() {
        return Some((None,));
    }
    // Another toolchain's linker does as well: lld has no ties to a version of rustc.
    let borrowed = output_of(Path::new("rustc"), &["--print", "sysroot"])
        .map(|sysroot| own(Path::new(&sysroot)))
        .filter(|linker| linker.exists());
    borrowed
        .or_else(|| on_path("wasm-ld"))
        .map(|linker| (Some(linker),))
}

/// Whether a TCP connection to rustup's server comes about soon. Behind a proxy only the download itself can tell.
fn rustup_answers() -> bool {
    let proxied = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];
    if proxied
        .iter()
        .any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
    {
        return true;
    }
    let server = std::env::var("RUSTUP_DIST_SERVER")
        .unwrap_or_else(|_| "https://static.rust-lang.org".to_owned());
    let (default_port, rest) = match server.split_once("://") {
        Some(("http", rest)) => (80, rest),
        Some((_, rest)) => (443, rest),
        None => (443, server.as_str()),
    };
    let authority = rest.split('/').next().unwrap_or(rest).to_owned();
    let address = if authority.contains(':') {
        authority
    } else {
        format!("{authority}:{default_port}")
    };
    // Resolving a name has no time limit of its own, so it happens on a thread that may be left behind.
    let (tell, told) = mpsc::channel();
    thread::spawn(move || {
        let reached = address.to_socket_addrs().is_ok_and(|mut addresses| {
            addresses
                .any(|address| TcpStream::connect_timeout(&address, RUSTUP_ANSWERS_WITHIN).is_ok())
        });
        tell.send(reached).ok();
    });
    told.recv_timeout(RUSTUP_ANSWERS_WITHIN).unwrap_or(false)
}

/// Debian's `rustc-web`, if apt knows one that is new enough. It lives beside rustup's toolchain and does not disturb it.
fn install_debian_packages() -> Result<Option<Toolchain>> {
    let mut update = Command::new("apt-get");
    update.arg("update");
    if !matches!(
        say::step_within("Asking apt for its list of packages", &mut update, None)?,
        Outcome::Done
    ) {
        return Ok(None);
    }
    let known = output_of(Path::new("apt-cache"), &["policy", "rustc-web"]).unwrap_or_default();
    let candidate = known
        .lines()
        .find_map(|line| line.trim().strip_prefix("Candidate: "));
    if candidate
        .and_then(number_pair)
        .is_none_or(|version| version < OLDEST)
    {
        say::note("apt has no rustc-web that is new enough");
        return Ok(None);
    }
    let mut install = Command::new("apt-get");
    install
        .args(["install", "--yes", "--no-install-recommends"])
        .args(DEBIAN_PACKAGES)
        .env("DEBIAN_FRONTEND", "noninteractive");
    let text = format!(
        "Installing Debian's compiler for wasm ({})",
        DEBIAN_PACKAGES.join(", ")
    );
    match say::step_within(&text, &mut install, None)? {
        Outcome::Done => Ok(find()),
        Outcome::Failed(output) | Outcome::TimedOut(output) => {
            print!("{output}");
            Ok(None)
        }
    }
}

fn is_root() -> bool {
    output_of(Path::new("id"), &["-u"]).is_some_and(|id| id == "0")
}

fn program_runs(program: &str, arguments: &[&str]) -> bool {
    output_of(Path::new(program), arguments).is_some()
}

/// What a command prints, if it can be started and succeeds.
fn output_of(program: &Path, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let name = format!("{program}{}", std::env::consts::EXE_SUFFIX);
    std::env::split_paths(&path)
        .map(|folder| folder.join(&name))
        .find(|file| file.exists())
}

/// `rustc 1.95.0 (…)` → (1, 95).
fn version_number(version: &str) -> Option<(u32, u32)> {
    number_pair(version.split_whitespace().nth(1)?)
}

/// `1.96.0+dfsg1` → (1, 96).
fn number_pair(version: &str) -> Option<(u32, u32)> {
    let mut parts = version.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_from_what_rustc_and_apt_print() {
        assert_eq!(
            version_number("rustc 1.95.0 (59807616e 2026-04-14)"),
            Some((1, 95))
        );
        assert_eq!(version_number("rustc 1.97.0-nightly"), Some((1, 97)));
        assert_eq!(number_pair("1.96.0+dfsg1-1~deb12u2"), Some((1, 96)));
        assert_eq!(number_pair("(none)"), None);
    }
}
