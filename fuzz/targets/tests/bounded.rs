//! Every target, with so many mutations of its committed corpus: the same ones in every run. `FUZZ_SEED` draws others,
//! `FUZZ_EXECUTIONS` more of them, `FUZZ_TARGET` for one target only.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::env;
use std::fs;
use std::panic;
use std::path::{Path, PathBuf};

use fuzz_targets::{TARGETS, Target};

/// What one input may make a target hold at once.
const CEILING: usize = 32 << 20;
/// Longer inputs find nothing that shorter ones do not.
const LONGEST: usize = 4_096;

/// Counts what each thread holds.
struct Counting;

thread_local! {
    static HELD: Cell<usize> = const { Cell::new(0) };
    static MOST: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: every call goes to the system's allocator as it is; only numbers are kept beside it.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let _ = HELD.try_with(|held| {
            let now = held.get().saturating_add(layout.size());
            held.set(now);
            let _ = MOST.try_with(|most| most.set(most.get().max(now)));
        });
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        let _ = HELD.try_with(|held| held.set(held.get().saturating_sub(layout.size())));
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// xorshift64*: the same numbers everywhere.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let drawn = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33;
        (drawn as usize).checked_rem(limit).unwrap_or(0)
    }
}

fn corpus(name: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../corpus")
        .join(name);
    let mut paths: Vec<PathBuf> = fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    let read = |path: &PathBuf| fs::read(path).unwrap();
    paths.iter().map(read).collect()
}

/// A word that the corpus has somewhere.
fn word<'a>(random: &mut Random, corpus: &'a [Vec<u8>]) -> &'a [u8] {
    let from = &corpus[random.below(corpus.len())];
    let words: Vec<&[u8]> = from
        .split(|byte| !byte.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    words
        .get(random.below(words.len()))
        .copied()
        .unwrap_or(b"0")
}

const TROUBLE: &[&[u8]] = &[
    b"",
    b"0",
    b"-1",
    b"18446744073709551615",
    b"9007199254740993",
    b"1e999",
    b"\0",
    b"\r\n",
    b"\n\n",
    b"\"",
    b"&#x0;",
    b"%2e%2e%2f",
    b"..\\",
    b"<![CDATA[",
    b"{$a}",
    b"\xff\xfe",
    "\u{202e}\u{feff}".as_bytes(),
    b"[[[[[[[[",
    b"<a><a><a><a>",
    b"127.0.0.1",
    b"[::1]",
    b"null",
    b"true",
    b",",
    b";",
    b"=",
    b"/",
    b"?",
    b"#EXT-X-KEY:METHOD=AES-128,URI=\"",
    b"*",
];

fn mutated(random: &mut Random, corpus: &[Vec<u8>]) -> Vec<u8> {
    let mut data = corpus[random.below(corpus.len())].clone();
    for _ in 0..=random.below(6) {
        let at = random.below(data.len() + 1);
        let length = random.below(16).min(data.len() - at);
        match random.below(9) {
            0 => data[at..]
                .iter_mut()
                .take(1)
                .for_each(|byte| *byte = random.below(256) as u8),
            1 => data[at..]
                .iter_mut()
                .take(1)
                .for_each(|byte| *byte ^= 1 << random.below(8)),
            2 => drop(data.drain(at..at + length)),
            3 => drop(data.splice(at..at, TROUBLE[random.below(TROUBLE.len())].iter().copied())),
            4 => drop(data.splice(
                at..at + length,
                TROUBLE[random.below(TROUBLE.len())].to_vec(),
            )),
            5 => drop(data.splice(at..at + length, word(random, corpus).to_vec())),
            6 => {
                // The head of one, the tail of another.
                let other = &corpus[random.below(corpus.len())];
                data.truncate(at);
                data.extend_from_slice(&other[random.below(other.len() + 1)..]);
            }
            7 => {
                let piece = data[at..at + length].to_vec();
                data.splice(at..at, piece.repeat(1 + random.below(30)));
            }
            _ => data.truncate(at),
        }
    }
    data.truncate(LONGEST);
    data
}

/// Runs one input; says what it broke.
fn broken(target: &Target, data: &[u8]) -> Option<String> {
    let before = HELD.get();
    MOST.set(before);
    let result = panic::catch_unwind(|| (target.run)(data));
    let most = MOST.get().saturating_sub(before);
    match result {
        Err(what) => {
            let text = what.downcast_ref::<String>().cloned();
            let text = text.or_else(|| what.downcast_ref::<&str>().map(|text| (*text).to_owned()));
            Some(text.unwrap_or_else(|| "it panicked".into()))
        }
        Ok(()) if most > CEILING => Some(format!("it held {most} bytes at once")),
        Ok(()) => None,
    }
}

fn fuzz(target: &Target, seed: u64, executions: u32) -> Result<usize, String> {
    let corpus = corpus(target.name);
    assert!(!corpus.is_empty(), "{} has no corpus", target.name);
    let mut random = Random(seed | 1);
    let drawn = (0..executions).map(|_| mutated(&mut random, &corpus));
    let mut ran = 0;
    for data in corpus.iter().cloned().chain(drawn) {
        ran += 1;
        let Some(what) = broken(target, &data) else {
            continue;
        };
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../../target")
            .join(format!("broken-{}", target.name));
        fs::write(&path, &data).map_err(|error| error.to_string())?;
        let (name, path) = (target.name, path.display());
        return Err(format!(
            "{name}, input {ran} of seed {seed}: {what}\nthe input is in {path}; `make fuzz TARGET={name}` looks for more"
        ));
    }
    Ok(ran)
}

#[test]
fn every_target_takes_mutations_of_its_corpus() {
    let number = |name: &str| {
        env::var(name)
            .ok()
            .and_then(|text| text.parse::<u64>().ok())
    };
    let seed = number("FUZZ_SEED").unwrap_or(1);
    let only = env::var("FUZZ_TARGET").ok();
    let names: Vec<&str> = TARGETS.iter().map(|target| target.name).collect();
    if let Some(name) = &only {
        assert!(
            names.contains(&name.as_str()),
            "`{name}` is no target: there are {names:?}"
        );
    }
    let chosen = |target: &&Target| only.as_ref().is_none_or(|name| name == target.name);
    let more = number("FUZZ_EXECUTIONS").and_then(|count| u32::try_from(count).ok());
    // Each on a thread of its own, and what it broke at the end of all.
    let broken: Vec<String> = std::thread::scope(|scope| {
        let running: Vec<_> = TARGETS
            .iter()
            .filter(chosen)
            .map(|target| {
                (
                    target,
                    scope.spawn(move || fuzz(target, seed, more.unwrap_or(target.executions))),
                )
            })
            .collect();
        let ended = running
            .into_iter()
            .filter_map(|(target, thread)| match thread.join() {
                Ok(Ok(ran)) => {
                    println!("{}: {ran} executions of seed {seed}", target.name);
                    None
                }
                Ok(Err(what)) => Some(what),
                Err(_) => Some(format!("{} could not be run", target.name)),
            });
        ended.collect()
    });
    assert!(broken.is_empty(), "{}", broken.join("\n\n"));
}

#[test]
fn a_broken_promise_and_too_much_memory_are_seen() {
    let target = |run| Target {
        name: "sign",
        run,
        executions: 0,
    };
    assert_eq!(broken(&target(|_| {}), b""), None);
    let panics = broken(&target(|data| assert!(data.is_empty(), "seen")), b"x");
    assert_eq!(panics.as_deref(), Some("seen"));
    let hungry = broken(&target(|_| drop(vec![0_u8; CEILING + 1])), b"");
    assert!(hungry.is_some_and(|what| what.contains("bytes at once")));
}
