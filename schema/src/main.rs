//! Writes what the core declares into files that are committed, so that a change of it is seen in review: `options.gen.ts` and
//! `codes.gen.ts` for the shells, `docs/options.md` and `docs/errors.md` for readers. `make build` runs it.

mod errors;
mod page;
mod typescript;

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

fn main() -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = root.parent().context("this crate lies in the workspace")?;
    for (name, text) in [
        ("pkg/src/options.gen.ts", typescript::written()),
        ("pkg/src/codes.gen.ts", errors::typescript()?),
        (
            "worker/public/app/options.gen.js",
            typescript::of_dashboard(),
        ),
        ("docs/options.md", page::written()),
        ("docs/errors.md", errors::written()?),
    ] {
        let file = root.join(name);
        if fs::read_to_string(&file).is_ok_and(|old| old == text) {
            continue;
        }
        fs::write(&file, text).with_context(|| format!("{name} cannot be written"))?;
        eprintln!("· {name} has changed: look at it, and commit it");
    }
    Ok(())
}
