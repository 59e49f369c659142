//! The options as a page for readers: a table of who offers which, and each with its text.

use std::fmt::Write;

use vodlift::options::{Declared, GROUPS, Shell, Stage, Value};

use crate::typescript::brief;

const HEAD: &str = "<!-- Generated from the declarations in src/options by `make build`. -->
# Options

What may be said of an upload, and who offers it: the package (`api`), the command line (`cli`), a row of a manifest for
`vodlift ingest` (`manifest`), a request to the Worker (`worker`), a row of a table for its dashboard (`dashboard`), a request to
the handler (`handler`). Each option is declared once, in [`src/options`](../src/options); where one is not offered, the reason
stands below its group's table.

Sizes are a number of bytes, or text such as `16MiB`. Times are a number of ms, or text such as `30s`. Options marked ↻ may be given
to `resume`, too; what else an upload was told stands in its checkpoint.
";

const TAIL: &str = "
## Declared elsewhere

What is no option of an upload, and offered by one place alone, is declared where it is offered, each with its text:

- `call`, `waitUntilReady`, `waitForUrlUploads`, `uploadMediaByUrl`: `CallOptions`, `WaitOptions` and `UploadMediaByUrlOptions` in
  [`pkg/src/options.ts`](../pkg/src/options.ts). They are arguments of one request; `uploadMediaByUrl` reads those that it shares with an
  upload as that does. On the command line: `vodlift call`.
- The handler's own (who may call, how long a slice is): `IngestHandlerOptions` in
  [`pkg/src/handler/options.ts`](../pkg/src/handler/options.ts). They belong to whoever deploys it, and no request can say them.
- The Worker's own: its settings, in [deploy.md](deploy.md).
- What a ticket takes beside the options of the bytes (`refresh`): [tickets.md](tickets.md).
- What `vodlift` prints and asks (`--json`, `--quiet`, `--yes`, `--jobs`, `--report`), and its emulator: `--help` of each command.
";

pub(crate) fn written() -> String {
    let mut out = String::from(HEAD);
    for group in GROUPS {
        let _ = write!(out, "\n## {}\n\n| option |", group.text);
        for shell in Shell::ALL {
            let _ = write!(out, " {} |", shell.name());
        }
        out.push_str("\n| --- |");
        out.push_str(&" :-: |".repeat(Shell::ALL.len()));
        out.push('\n');
        let mut notes = Notes(vec![]);
        for option in group.options {
            let _ = write!(out, "| `{}`{} |", option.name, again(option));
            for shell in Shell::ALL {
                let _ = match option.why_not(shell) {
                    None if shell == Shell::Cli => write!(out, " `{}` |", flag(option)),
                    None => write!(out, " ✓ |"),
                    Some(reason) if set(option, shell) => write!(
                        out,
                        " `{}`<sup>{}</sup> |",
                        option.setting,
                        notes.number(reason)
                    ),
                    Some(reason) => write!(out, " –<sup>{}</sup> |", notes.number(reason)),
                };
            }
            out.push('\n');
        }
        out.push('\n');
        for (at, reason) in notes.0.iter().enumerate() {
            let _ = writeln!(out, "{}. {reason}", at + 1);
        }
        for option in group.options {
            let _ = write!(
                out,
                "\n**`{}`** ({}) {}\n",
                option.name,
                kind(option),
                brief(option)
            );
            for paragraph in option.paragraphs().iter().skip(1) {
                let _ = write!(out, "\n{paragraph}\n");
            }
            if !option.see.is_empty() {
                let _ = write!(out, "\n<{}>\n", option.see);
            }
        }
    }
    out.push_str(TAIL);
    out
}

/// Reasons by the number that stands for them in a table.
struct Notes(Vec<&'static str>);

impl Notes {
    fn number(&mut self, reason: &'static str) -> usize {
        match self.0.iter().position(|one| *one == reason) {
            Some(at) => at + 1,
            None => {
                self.0.push(reason);
                self.0.len()
            }
        }
    }
}

/// Whether it is set by a variable of the environment there.
fn set(option: &Declared, shell: Shell) -> bool {
    let servers = [Shell::Worker, Shell::Handler].contains(&shell);
    !option.setting.is_empty() && (servers || shell == Shell::Cli)
}

fn again(option: &Declared) -> &'static str {
    match [Stage::Resume, Stage::Run]
        .iter()
        .any(|stage| option.stages.contains(stage))
    {
        true => " ↻",
        false => "",
    }
}

fn flag(option: &Declared) -> &'static str {
    option.flag.split(' ').next().unwrap_or_default()
}

/// What it is, and what it goes with.
fn kind(option: &Declared) -> String {
    let value = match option.value {
        Value::Text => "text".to_owned(),
        Value::Url => "URL".to_owned(),
        Value::Words => "texts, or one with commas".to_owned(),
        Value::Texts => "texts".to_owned(),
        Value::Flag => "true or false".to_owned(),
        Value::Whole(_, _, "") => "whole number".to_owned(),
        Value::Whole(_, _, unit) => format!("whole number, {unit}"),
        Value::FlagOr(word) => format!("true, false or `{word}`"),
        Value::Id => "number".to_owned(),
        Value::Ids => "numbers".to_owned(),
        Value::Video => "media id, or an object of either id".to_owned(),
        Value::Size(..) => "size".to_owned(),
        Value::Duration(..) => "time".to_owned(),
        Value::OneOf(words) => words
            .iter()
            .map(|word| format!("`{word}`"))
            .collect::<Vec<_>>()
            .join(" or "),
        Value::Json => "JSON object, or its text".to_owned(),
        Value::Fields => "header fields".to_owned(),
        Value::Object(type_) | Value::Program(type_) => format!("`{type_}`"),
    };
    if option.kinds.len() == 4 {
        return value;
    }
    let kinds: Vec<&str> = option.kinds.iter().map(|kind| kind.name()).collect();
    format!("{value}; {}", kinds.join(", "))
}
