//! How the build talks: one line a step, and the full output of a step only when it fails.

use std::io::{ErrorKind, Read, Write};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// How a command ended that was run under a time limit.
pub(crate) enum Outcome {
    Done,
    Failed(String),
    TimedOut(String),
}

/// Prints a line about something that takes no time.
pub(crate) fn note(text: &str) {
    println!("· {text}");
}

/// Says what is being done, does it quietly, and says how long it took. A failure shows everything the command printed.
pub(crate) fn step(text: &str, command: &mut Command) -> Result<()> {
    match step_within(text, command, None)? {
        Outcome::Done => Ok(()),
        Outcome::Failed(output) | Outcome::TimedOut(output) => {
            print!("{output}");
            bail!("this step failed: {text}")
        }
    }
}

/// The same with a time limit, for commands that hang when their server cannot be reached.
pub(crate) fn step_within(
    text: &str,
    command: &mut Command,
    limit: Option<Duration>,
) -> Result<Outcome> {
    print!("· {text} … ");
    std::io::stdout().flush().ok();
    let started = Instant::now();
    let outcome = run_quietly(command, limit);
    let seconds = started.elapsed().as_secs_f64();
    match &outcome {
        Ok(Outcome::Done) => println!("{seconds:.1} s"),
        Ok(Outcome::TimedOut(_)) => println!("given up after {seconds:.0} s"),
        Ok(Outcome::Failed(_)) | Err(_) => println!("failed after {seconds:.1} s"),
    }
    outcome
}

fn run_quietly(command: &mut Command, limit: Option<Duration>) -> Result<Outcome> {
    let name = command.get_program().to_string_lossy().into_owned();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start {name}"))?;

    // Both streams are drained side by side into one text, so that neither can fill up and stall the child.
    let output = Arc::new(Mutex::new(Vec::new()));
    let readers = [
        child.stdout.take().map(|pipe| collect(pipe, &output)),
        child.stderr.take().map(|pipe| collect(pipe, &output)),
    ];
    let deadline = limit.map(|limit| Instant::now() + limit);
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break Some(status);
        }
        if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            child.kill().ok();
            child.wait().ok();
            break None;
        }
        thread::sleep(Duration::from_millis(20));
    };
    // After a kill a grandchild may hold the pipes open: then nobody waits for their end.
    if status.is_some() {
        for reader in readers.into_iter().flatten() {
            reader.join().ok();
        }
    }
    let text = match output.lock() {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(_) => String::new(),
    };
    Ok(match status {
        None => Outcome::TimedOut(text),
        Some(status) if status.success() => Outcome::Done,
        Some(_) => Outcome::Failed(text),
    })
}

fn collect(
    mut pipe: impl Read + Send + 'static,
    output: &Arc<Mutex<Vec<u8>>>,
) -> thread::JoinHandle<()> {
    let output = Arc::clone(output);
    thread::spawn(move || {
        let mut buffer = [0; 8192];
        loop {
            match pipe.read(&mut buffer) {
                Ok(0) => return,
                Ok(n) => {
                    if let (Ok(mut output), Some(bytes)) = (output.lock(), buffer.get(..n)) {
                        output.extend_from_slice(bytes);
                    }
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return,
            }
        }
    })
}
