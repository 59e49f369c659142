//! Many worlds at once, and what is left of one that fails.

use std::any::Any;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hasher};
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use crate::draw::{AXES, Case, draw};
use crate::drive::{Verdict, drive};
use crate::sim::broken::Broken;

/// Steps of a failure that are shown.
const SHOWN_STEPS: usize = 40;
/// Failures that are reduced and shown.
const SHOWN: usize = 8;

thread_local! {
    static IN_WORLD: RefCell<bool> = const { RefCell::new(false) };
}

/// Worlds that panic say nothing by themselves.
fn be_quiet() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if !IN_WORLD.with_borrow(|inside| *inside) {
                usual(info);
            }
        }));
    });
}

fn text_of(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    text.or(panic.downcast_ref::<&str>().map(|text| (*text).to_owned()))
        .unwrap_or_default()
}

/// What a world says where it panics.
pub(crate) fn caught<T>(world: impl FnOnce() -> T) -> Result<T, String> {
    be_quiet();
    IN_WORLD.set(true);
    let result = catch_unwind(AssertUnwindSafe(world));
    IN_WORLD.set(false);
    result.map_err(|panic| text_of(&*panic))
}

fn run(case: &mut Case) -> Result<Verdict, String> {
    caught(|| drive(case))
}

/// What is wrong with this world, if anything.
pub(crate) fn failure(seed: u64, off: &BTreeSet<&str>, broken: Option<Broken>) -> Option<String> {
    let mut case = draw(seed, off);
    case.world.broken = broken;
    run(&mut case).err()
}

/// A failure without its numbers.
fn kind_of(message: &str) -> String {
    let plain = message.chars().filter(|c| !c.is_ascii_digit());
    plain.take(60).collect()
}

/// Switches off each axis without which it fails just the same.
fn reduced(seed: u64, kind: &str) -> BTreeSet<&'static str> {
    let mut off = BTreeSet::new();
    loop {
        let before = off.len();
        for (name, _) in AXES {
            if off.contains(name) {
                continue;
            }
            off.insert(*name);
            if failure(seed, &off, None).is_none_or(|message| kind_of(&message) != kind) {
                off.remove(name);
            }
        }
        if off.len() == before {
            return off;
        }
    }
}

/// The story of a failure: its seed, the axes that matter, and its last steps.
fn story(seed: u64, message: &str) -> String {
    let off = reduced(seed, &kind_of(message));
    let mut case = draw(seed, &off);
    case.world.trace = Some(vec![]);
    let message = run(&mut case).err().unwrap_or_default();
    let axes = case.drawn.iter();
    let axes: Vec<String> = axes
        .map(|(name, drawn)| format!("{name}: {drawn}"))
        .collect();
    let lines = case.world.trace.take().unwrap_or_default();
    let from = match std::env::var("TRACE") {
        Ok(_) => 0,
        Err(_) => lines.len().saturating_sub(SHOWN_STEPS),
    };
    let steps: Vec<String> = lines[from..]
        .iter()
        .map(|line| format!("  {line:.700}"))
        .collect();
    format!(
        "SEEDS={seed}..{} fails: {message:.600}\n  {}\n{}",
        seed + 1,
        axes.join("; "),
        steps.join("\n")
    )
}

fn threads() -> usize {
    let wanted = std::env::var("THREADS")
        .ok()
        .and_then(|text| text.parse().ok());
    wanted.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, Into::into))
}

/// Runs all of them, on all cores; fails with the stories of those that fail.
pub(crate) fn all_hold(seeds: Vec<u64>) {
    let began = Instant::now();
    let next = AtomicUsize::new(0);
    let work = || {
        let (mut bad, mut codes) = (vec![], BTreeMap::<String, u64>::new());
        while let Some(seed) = seeds.get(next.fetch_add(1, Ordering::Relaxed)) {
            match run(&mut draw(*seed, &BTreeSet::new())) {
                Ok(Verdict::Done) => *codes.entry("done".into()).or_default() += 1,
                Ok(Verdict::Refused(code)) => *codes.entry(format!("{code:?}")).or_default() += 1,
                Err(message) => bad.push((*seed, message)),
            }
        }
        (bad, codes)
    };
    let (mut bad, mut codes) = (vec![], BTreeMap::<String, u64>::new());
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads()).map(|_| scope.spawn(work)).collect();
        for worker in workers {
            let (some, ends) = worker.join().expect("a worker");
            bad.extend(some);
            for (code, count) in ends {
                *codes.entry(code).or_default() += count;
            }
        }
    });
    bad.sort_unstable();
    let seconds = began.elapsed().as_secs_f32();
    let (first, last) = (seeds.iter().min(), seeds.iter().max());
    println!(
        "{} seeds, {first:?} to {last:?}, in {seconds:.1} s: {codes:?}",
        seeds.len()
    );
    let mut kinds = BTreeMap::<String, Vec<u64>>::new();
    for (seed, message) in &bad {
        kinds.entry(kind_of(message)).or_default().push(*seed);
    }
    for (kind, seeds) in &kinds {
        println!(
            "{} × {kind}: {:?}",
            seeds.len(),
            &seeds[..seeds.len().min(8)]
        );
    }
    for seeds in kinds.values().take(SHOWN) {
        let (seed, message) = bad.iter().find(|(seed, _)| *seed == seeds[0]).unwrap();
        println!("\n{}", story(*seed, message));
    }
    assert!(
        bad.is_empty(),
        "{} of {} seeds fail",
        bad.len(),
        seeds.len()
    );
}

/// Writes a line for each seed, with a digest of all that the machine says: a change that is to change nothing can be held
/// to the build before it. `TRACE=1` writes what was said.
pub(crate) fn write_digests(seeds: Range<u64>, path: &str) {
    let mut lines = String::new();
    for seed in seeds {
        let mut case = draw(seed, &BTreeSet::new());
        case.world.digest = Some(DefaultHasher::new());
        let _ = run(&mut case);
        let digest = case.world.digest.take().unwrap_or_default().finish();
        lines += &format!("{seed} {digest:016x}\n");
        for line in case.world.trace.take().unwrap_or_default() {
            lines += &format!("  {line}\n");
        }
    }
    std::fs::write(path, lines).unwrap();
}

/// The variants of an enum, as its source names them.
fn variants(source: &str, name: &str) -> BTreeSet<String> {
    let start = source.find(&format!("enum {name} {{")).expect("the enum");
    let body = &source[start..];
    let body = &body[..body.find("\n}").unwrap()];
    let lines = body.lines().skip(1);
    lines
        .filter_map(|line| line.strip_prefix("    "))
        .filter(|line| line.starts_with(|c: char| c.is_ascii_uppercase()))
        .map(|line| {
            line.chars()
                .take_while(|c| c.is_ascii_alphanumeric())
                .collect()
        })
        .collect()
}

/// Every phase, state, turn, event, failure and errand that the sources name is met.
pub(crate) fn everything_is_seen(seeds: Range<u64>) {
    let event = include_str!("../../src/upload/event.rs");
    let failure = include_str!("../../src/wire/failure.rs");
    let calls = include_str!("../../src/upload/machine/call.rs");
    let machine = include_str!("../../src/upload/machine/tasks.rs");
    let state = include_str!("../../src/upload/machine/state.rs");
    let turn = include_str!("../../src/upload/machine/turn.rs");
    let mut seen = BTreeSet::new();
    for seed in seeds {
        let mut case = draw(seed, &BTreeSet::new());
        case.world.seen = Some(BTreeSet::new());
        let _ = run(&mut case);
        seen.extend(case.world.seen.take().unwrap_or_default());
    }
    let mut missing = vec![];
    let mut ask = |what: String, found: bool| {
        if !found {
            missing.push(what);
        }
    };
    for phase in variants(event, "Phase") {
        ask(
            format!("Phase::{phase}"),
            seen.contains(&format!("Phase::{phase}")),
        );
    }
    for kind in variants(failure, "FailureKind") {
        let name = format!("FailureKind::{kind}");
        ask(name.clone(), seen.contains(&name));
    }
    // A build without debug assertions makes no marks.
    let marks = [(state, "State"), (turn, "Turn")];
    for (source, name) in marks.into_iter().filter(|_| cfg!(debug_assertions)) {
        for variant in variants(source, name) {
            let mark = format!("{name}::{variant}");
            ask(mark.clone(), seen.contains(&mark));
        }
    }
    for task in variants(machine, "Task") {
        let name = format!("Task::{task}");
        ask(name.clone(), seen.iter().any(|one| one.starts_with(&name)));
    }
    for call in ["VodCall", "OssCall"]
        .iter()
        .flat_map(|name| variants(calls, name))
    {
        for errand in ["Call", "RetryCall"] {
            let name = format!("Task::{errand} {call}");
            ask(name.clone(), seen.iter().any(|one| one.starts_with(&name)));
        }
    }
    if std::env::var("SHOW").is_ok() {
        seen.iter().for_each(|one| println!("{one}"));
    }
    println!("{} different moments were seen", seen.len());
    assert!(missing.is_empty(), "never seen: {missing:?}");
}
