//! The errors as a page for readers, and as TypeScript: what has happened, what to do, and whether it helps to try again.

use std::fmt::Write;

use anyhow::{Context, Result};
use vodlift::options::{Declared, all};
use vodlift::{Code, ErrorClass};

use crate::typescript::{WIDTH, wrapped};

const HEAD: &str = "<!-- Generated from the table in src/error.rs by `make build`. -->
# Errors

Every failure is a `VodliftError`: `code` (one of these), `class`, `message` (one sentence that names the field, the number or the
service's own code), `hint` (what to do), `retryable`, and of VOD and OSS `serviceCode`, `requestId` and `status`. The command line
prints message and hint, and its exit code is the class; with `--json` it prints all of them. The Worker and the handler answer
problem details (RFC 9457) with `code`, `detail`, `hint` and the HTTP status below.

**Retry** says whether the same call may succeed later without any change. What passes by itself (throttling, a lost connection, a
wrong clock) has been tried again already when an error arrives.

Options stand here as the package names them, and as the command line and the environment of a server do. [What else there
is](options.md).
";

/// How much of a line is text.
const WIDE: usize = WIDTH - "   * ".len();

const TYPESCRIPT: &str = "// Generated from the table in src/error.rs by `make build`. Committed, so that a change is seen in review.
import type { Code } from \"./wasm/core.js\";
";

/// Who has to act: the exit code of the command line, and the HTTP status of servers. 4xx is for who has sent the request, 502
/// for whoever keeps what is behind the server, its keys among it.
const CLASSES: [(ErrorClass, u8, u16, &str); 7] = [
    (ErrorClass::Usage, 2, 400, "The call itself is wrong"),
    (
        ErrorClass::Source,
        3,
        400,
        "The source cannot be read as asked",
    ),
    (
        ErrorClass::Credentials,
        4,
        502,
        "Keys, tokens, signatures, permissions, clocks",
    ),
    (
        ErrorClass::Service,
        5,
        502,
        "VOD or OSS refused or did not answer",
    ),
    (
        ErrorClass::Integrity,
        6,
        502,
        "What arrived is not what was sent",
    ),
    (
        ErrorClass::Guard,
        7,
        400,
        "A URL, an address or a media that may not be touched",
    ),
    (ErrorClass::Interrupted, 130, 409, "The caller stopped it"),
];

/// What says more than its class: mostly what VOD says of something that the request names.
const STATUSES: [(Code, u16); 9] = [
    (Code::TooLarge, 413),
    (Code::PermissionDenied, 403),
    (Code::MediaNotFound, 404),
    (Code::ReferenceTaken, 409),
    (Code::NotReplaceable, 409),
    (Code::AbortRefused, 409),
    (Code::StorageNotFound, 400),
    (Code::VodRejected, 400),
    (Code::Internal, 500),
];

/// As data, for who answers and for who exits.
fn numbers() -> Result<String> {
    let mut out = String::new();
    let mut table = |text: &str, name: &str, rows: Vec<(String, u16)>| {
        let _ = writeln!(out, "\n/** {text} */\nexport const {name} = {{");
        for (word, number) in rows {
            let _ = writeln!(out, "  {word}: {number},");
        }
        out.push_str("} as const;\n");
    };
    let classes = |number: fn(u8, u16) -> u16| -> Result<Vec<(String, u16)>> {
        CLASSES
            .iter()
            .map(|(class, exit, status, _)| Ok((spelled(class)?, number(*exit, *status))))
            .collect()
    };
    table(
        "The exit code of the command line, by an error's class.",
        "EXIT_CODES",
        classes(|exit, _| exit.into())?,
    );
    table(
        "The HTTP status of servers, by an error's class.",
        "STATUSES",
        classes(|_, status| status)?,
    );
    let codes: Result<Vec<(String, u16)>> = STATUSES
        .iter()
        .map(|(code, status)| Ok((spelled(code)?, *status)))
        .collect();
    table(
        "The HTTP status of what says more than its class.",
        "STATUSES_OF_CODES",
        codes?,
    );
    Ok(out)
}

/// Those of a class that have a status of their own.
fn exceptions(class: ErrorClass) -> Result<String> {
    let own = STATUSES.iter().filter(|(code, _)| code.class() == class);
    let words: Result<Vec<String>> = own
        .map(|(code, status)| Ok(format!("{status} for `{}`", spelled(code)?)))
        .collect();
    let words = words?.join(", ");
    Ok(if words.is_empty() {
        words
    } else {
        format!(" ({words})")
    })
}

pub(crate) fn written() -> Result<String> {
    let mut out = String::from(HEAD);
    for (class, exit, status, text) in CLASSES {
        let word = spelled(&class)?;
        let own = exceptions(class)?;
        let _ = write!(
            out,
            "\n## {text}\n\nClass `{word}`, exit code {exit}, HTTP {status}{own}.\n\n\
             | code | what has happened | what to do | retry |\n| --- | --- | --- | :-: |\n"
        );
        for code in Code::ALL.iter().filter(|code| code.class() == class) {
            let retry = if code.retryable() { "yes" } else { "" };
            let cause = code.cause().trim();
            let hint = filled(code.hint());
            let code = spelled(code)?;
            let _ = writeln!(out, "| `{code}` | {cause} | {hint} | {retry} |");
        }
    }
    Ok(out)
}

/// The codes with their text: no editor shows what a member of a union of texts means.
pub(crate) fn typescript() -> Result<String> {
    let (mut types, mut values) = (String::new(), String::new());
    for code in Code::ALL {
        let word = spelled(code)?;
        let again = match code.retryable() {
            true => "may succeed later without any change",
            false => "fails again until something is changed",
        };
        let paragraphs = [
            wrapped(code.cause().trim(), WIDE),
            wrapped(code.hint(), WIDE),
            wrapped(
                &format!(
                    "Class `{}`; the same call {again}.",
                    spelled(&code.class())?
                ),
                WIDE,
            ),
        ];
        let text = paragraphs
            .join(&String::new())
            .iter()
            .fold(String::new(), |text, line| {
                text + format!("   * {line}").trim_end() + "\n"
            });
        let _ = write!(types, "  /**\n{text}   */\n  readonly {word}: {word:?};\n");
        let _ = writeln!(values, "  {word}: {word:?},");
    }
    Ok(format!(
        "{TYPESCRIPT}\n/** Every code with what it means: each is its own name. */\n\
         export interface ErrorCodes {{\n{types}}}\n\n\
         /** Every code, so that an editor can say what each means: `error.code === ErrorCode.url_refused`. */\n\
         export const ErrorCode: ErrorCodes = {{\n{values}}} satisfies {{ [Name in Code]: Name }};\n\n\
         /** One of the codes. */\nexport type ErrorCode = Code;\n{}",
        numbers()?
    ))
}

/// As it stands in JSON.
fn spelled(word: &impl serde::Serialize) -> Result<String> {
    let json = serde_json::to_value(word)?;
    Ok(json.as_str().context("a word")?.to_owned())
}

/// Every option with the names that shells have for it.
fn filled(hint: &str) -> String {
    let words = hint.split('`').enumerate().map(|(at, word)| {
        let option = all().find(|option| option.name == word);
        match (at % 2 == 1, option) {
            (false, _) => word.to_owned(),
            (true, None) => format!("`{word}`"),
            (true, Some(option)) => format!("`{word}`{}", elsewhere(option)),
        }
    });
    words.collect()
}

fn elsewhere(option: &Declared) -> String {
    let flag = option.flag.split(' ').next().unwrap_or_default();
    let names: Vec<String> = [flag, option.setting]
        .iter()
        .filter(|name| !name.is_empty())
        .map(|name| format!("`{name}`"))
        .collect();
    match names.is_empty() {
        true => String::new(),
        false => format!(" ({})", names.join(", ")),
    }
}
