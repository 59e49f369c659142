//! Runs a session again that `vodlift upload --trace FILE` has written: `cargo xtask replay FILE`. The core is told the same, and
//! its effects must be the same. Where they are not, the first difference is shown.
//!
//! Secrets have stand-ins in a trace. What is computed from them (a signature) differs, and is not compared.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use serde_json::Value;
use vodlift::time::UnixMs;
use vodlift::upload::{Checkpoint, Event, Job, Upload};
use vodlift::vod::Account;

/// The format of the lines that this reads.
const VERSION: u32 = 1;

/// What a trace holds in place of what is computed from secrets: a header, a checkpoint's proof; and of a URL.
const COMPUTED: &str = "…";
const COMPUTED_SIGNATURE: &str = "Signature=%E2%80%A6";

/// The first line.
#[derive(Deserialize)]
struct Beginning {
    trace: u32,
    #[serde(rename = "type")]
    kind: Kind,
    now: u64,
    entropy: [u8; 32],
    account: Account,
    job: Job,
    checkpoint: Option<Checkpoint>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
enum Kind {
    Create,
    Resume,
    Discard,
}

/// Every further line.
#[derive(Deserialize)]
struct Step {
    now: u64,
    event: Value,
    effects: Vec<Value>,
}

fn main() -> ExitCode {
    match run() {
        Ok(same) if same => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}

/// Whether the core still does what it did.
fn run() -> Result<bool> {
    let path = std::env::args().nth(1).context("usage: replay FILE")?;
    let file = File::open(&path).with_context(|| path.clone())?;
    let mut lines = BufReader::new(file).lines();
    let first = lines.next().context("the trace is empty")??;
    let mut upload = begin(serde_json::from_str(&first).context("line 1")?)?;
    let (mut events, mut effects) = (0_usize, 0_usize);
    for (at, line) in lines.enumerate() {
        let number = at.saturating_add(2);
        let step: Step = serde_json::from_str(&line?).with_context(|| format!("line {number}"))?;
        let event: Event = serde_json::from_value(step.event.clone())
            .with_context(|| format!("line {number}: the event"))?;
        let replayed = upload.handle(event, UnixMs(step.now));
        let replayed: Vec<Value> = replayed
            .iter()
            .map(serde_json::to_value)
            .collect::<Result<_, _>>()?;
        if let Some(difference) = difference(&step.effects, &replayed) {
            println!("line {number}: {}", step.event);
            println!("{difference}");
            return Ok(false);
        }
        events = events.saturating_add(1);
        effects = effects.saturating_add(replayed.len());
    }
    println!("{events} events, {effects} effects, all as recorded");
    Ok(true)
}

fn begin(first: Beginning) -> Result<Upload> {
    if first.trace != VERSION {
        bail!(
            "this reads traces of version {VERSION}, not {}",
            first.trace
        );
    }
    let (job, account) = (first.job, first.account);
    let (entropy, now) = (first.entropy, UnixMs(first.now));
    let mut stored = first.checkpoint;
    if let Some(stored) = stored.as_mut().filter(|stored| has_proof(stored)) {
        stored.prove(&account.credentials.access_key_secret);
    }
    let checkpoint = || stored.context("line 1: it has no checkpoint");
    let upload = match first.kind {
        Kind::Create => Upload::new(job, account, entropy, now),
        Kind::Resume => Upload::resume(checkpoint()?, job, account, entropy, now),
        Kind::Discard => Upload::discard(checkpoint()?, job, account, entropy, now),
    };
    upload.map_err(|error| anyhow::anyhow!("{error}"))
}

/// It was written with the AccessKey that had it resumed, as far as a trace tells.
fn has_proof(checkpoint: &Checkpoint) -> bool {
    let place = checkpoint.place.as_ref();
    place.is_some_and(|place| place.proof.is_some())
}

/// The first effect that is another, and where in it.
fn difference(recorded: &[Value], replayed: &[Value]) -> Option<String> {
    let longer = recorded.len().max(replayed.len());
    (0..longer).find_map(|at| {
        let pair = (recorded.get(at), replayed.get(at));
        let (Some(before), Some(now)) = pair else {
            let none = || "none".to_owned();
            let (before, now) = (pair.0.map(Value::to_string), pair.1.map(Value::to_string));
            let (before, now) = (before.unwrap_or_else(none), now.unwrap_or_else(none));
            return Some(format!("  recorded: {before}\n  replayed: {now}"));
        };
        let (path, before, now) = within(before, now, String::new())?;
        Some(format!(
            "  effect {}, {path}\n  recorded: {before}\n  replayed: {now}",
            at.saturating_add(1)
        ))
    })
}

fn within(before: &Value, now: &Value, path: String) -> Option<(String, Value, Value)> {
    let children: Vec<(String, Option<&Value>, Option<&Value>)> = match (before, now) {
        (Value::Object(a), Value::Object(b)) => {
            let mut names: Vec<&String> = a.keys().chain(b.keys()).collect();
            names.sort();
            names.dedup();
            let child = |name: &String| (name.clone(), a.get(name), b.get(name));
            names.into_iter().map(child).collect()
        }
        (Value::Array(a), Value::Array(b)) => (0..a.len().max(b.len()))
            .map(|at| (at.to_string(), a.get(at), b.get(at)))
            .collect(),
        _ if is_same(before, now) => return None,
        _ => return Some((path, before.clone(), now.clone())),
    };
    children.into_iter().find_map(|(name, a, b)| {
        let null = Value::Null;
        let (a, b) = (a.unwrap_or(&null), b.unwrap_or(&null));
        within(a, b, format!("{path}/{name}"))
    })
}

/// What is computed from secrets differs, as their stand-ins do.
fn is_same(before: &Value, now: &Value) -> bool {
    let (Value::String(before), Value::String(now)) = (before, now) else {
        return before == now;
    };
    let Some((start, end)) = before.split_once(COMPUTED_SIGNATURE) else {
        return before == COMPUTED || before == now;
    };
    let rest = now.strip_prefix(start);
    let signature = rest.and_then(|rest| rest.strip_prefix("Signature=")?.strip_suffix(end));
    signature.is_some_and(|signature| !signature.contains('&'))
}
