//! What fuzzers call: one function for each kind of input that others write. Each takes any bytes and panics where a promise
//! of the core is broken.
//!
//! Two runners call them: `cargo fuzz` (a nightly compiler; see `fuzz/README.md`), which looks for new inputs, and
//! `tests/bounded.rs`, part of `make test`, which runs mutations of the committed corpora on the pinned compiler.

mod checkpoints;
mod dice;
mod events;
mod fetching;
mod honest;
mod playlists;
mod replies;
mod signing;

/// A function to be called with any bytes.
pub struct Target {
    /// The folder of its corpus, and what `cargo fuzz run` calls it.
    pub name: &'static str,
    /// The function.
    pub run: fn(&[u8]),
    /// How many inputs `make test` gives it: fewer where one costs more.
    pub executions: u32,
}

const fn target(name: &'static str, run: fn(&[u8]), executions: u32) -> Target {
    Target {
        name,
        run,
        executions,
    }
}

/// All there are.
pub const TARGETS: &[Target] = &[
    target("credential", replies::credential, 20_000),
    target("vod_reply", replies::vod, 10_000),
    target("oss_reply", replies::oss, 20_000),
    target("range", fetching::range, 20_000),
    target("disposition", fetching::disposition, 20_000),
    target("address", fetching::address, 20_000),
    target("playlist", playlists::playlist, 6_000),
    target("checkpoint", checkpoints::checkpoint, 6_000),
    target("sign", signing::sign, 4_000),
    target("events", events::events, 3_000),
];

/// The one of this name.
///
/// # Panics
/// Where there is none.
pub fn run(name: &str, data: &[u8]) {
    let target = TARGETS.iter().find(|target| target.name == name);
    let target = target.unwrap_or_else(|| panic!("no target is called {name}"));
    (target.run)(data);
}
