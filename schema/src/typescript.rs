//! The options as TypeScript: an interface with the documentation of each, and tables for shells.

use std::fmt::Write;

use serde_json::{Map, Value as Json, json};
use vodlift::options::{Declared, FOR_ALL_ROWS, GROUPS, Kind, Shell, Stage, Value, all};

const HEAD: &str = r#"// Generated from the declarations in src/options by `make build`. Committed, so that a change is seen in review.
import type { HeaderFields } from "./arguments.ts";
import type { CheckpointStore } from "./checkpoint/index.ts";
import type { Host } from "./hosts/host.ts";
import type { CallerCredentials, NamedSource, UploadBudget, UploadCallback } from "./options.ts";
import type { UploadProgress } from "./progress.ts";
import type { SlowRequest } from "./slow.ts";
import type { UploadSource } from "./sources/index.ts";
import type { HostRequest } from "./sources/playlist.ts";
import type { PlaylistLimits, VideoRef } from "./wasm/core.js";
"#;

/// Wide enough for a sentence, as in the files that people write.
pub(crate) const WIDTH: usize = 100;

pub(crate) fn written() -> String {
    let mut out = String::from(HEAD);
    out.push_str("\n/** Every option there is. Which go with what is uploaded, and when, the types below tell. */\n");
    out.push_str("export interface EveryOption {\n");
    for option in all() {
        out.push_str(&field(option));
    }
    out.push_str("}\n");
    for (name, text, fits) in NAMES {
        let names: Vec<String> = all()
            .filter(|option| offered(option) && fits(option))
            .map(|option| format!("\n  | {:?}", option.name))
            .collect();
        let _ = write!(
            out,
            "\n/** {text} */\nexport type {name} ={};\n",
            names.concat()
        );
    }
    out.push_str(
        "\n/** What a shell has to know of each option; `core` is where the core takes it. */\n",
    );
    out.push_str("export const OPTIONS = {\n");
    for group in GROUPS {
        for option in group.options {
            let _ = writeln!(out, "  {}: {},", option.name, rules(option, group.name));
        }
    }
    out.push_str("} as const;\n");
    out.push_str("\n/** What each option does, in one paragraph for everybody. */\n");
    out.push_str("export const TEXTS: Readonly<Record<keyof typeof OPTIONS, string>> = {\n");
    for option in all() {
        let _ = writeln!(out, "  {}: {},", option.name, Json::from(brief(option)));
    }
    out.push_str("};\n");
    out
}

/// What the dashboard's table reader has to know: it is served as it is, so nothing can be left out of it by a bundler.
pub(crate) fn of_dashboard() -> String {
    let mut out = String::from(
        "// Generated from the declarations in src/options by `make build`. Committed, so that a change is seen in review.\n\n\
         /** The options of a row, and what each may be. */\nexport const OPTIONS = {\n",
    );
    for option in all().filter(|option| option.why_not(Shell::Dashboard).is_none()) {
        let mut known = Map::new();
        known.insert("type".into(), type_name(option.value).into());
        match option.value {
            Value::OneOf(words) => known.insert("values".into(), json!(words)),
            Value::Whole(least, ..) => known.insert("least".into(), least.min(1).into()),
            _ => None,
        };
        let _ = writeln!(out, "  {}: {},", option.name, Json::from(known));
    }
    out.push_str("};\n");
    out
}

/// Names of options by what they go with, for `Pick`.
type Names = (&'static str, &'static str, fn(&Declared) -> bool);
const NAMES: [Names; 8] = [
    ("ClientOption", "Options of a client.", |option| {
        at(option, Stage::Client)
    }),
    (
        "MediaOption",
        "Options that say what a media is.",
        |option| {
            GROUPS
                .iter()
                .filter(|group| group.name == "media")
                .any(|group| group.options.iter().any(|one| one.name == option.name))
        },
    ),
    ("VideoOption", "Options of a video or audio.", |option| {
        begins(option, Kind::Video)
    }),
    ("PlaylistOption", "Options of a playlist.", |option| {
        begins(option, Kind::Playlist)
    }),
    ("ImageOption", "Options of an image.", |option| {
        begins(option, Kind::Image)
    }),
    (
        "AttachedOption",
        "Options of an attached media.",
        |option| begins(option, Kind::Attached),
    ),
    (
        "ResumeOption",
        "Options of an upload that is resumed.",
        |option| at(option, Stage::Resume),
    ),
    (
        "RunOption",
        "Options of a run that may end before its upload does.",
        |option| at(option, Stage::Run),
    ),
];

fn at(option: &Declared, stage: Stage) -> bool {
    option.stages.contains(&stage)
}

fn offered(option: &Declared) -> bool {
    option.why_not(vodlift::options::Shell::Api).is_none()
}

/// `as` says which kind it is, where the method does not.
fn begins(option: &Declared, kind: Kind) -> bool {
    if option.name == "as" {
        return kind == Kind::Video;
    }
    at(option, Stage::Begin) && option.kinds.contains(&kind)
}

/// Its first paragraph, and what is true without it.
pub(crate) fn brief(option: &Declared) -> String {
    let mut text = option.paragraphs().into_iter().next().unwrap_or_default();
    if !["", "false", "true"].contains(&option.default) {
        let _ = write!(text, " Defaults to {}.", option.default);
    }
    text
}

fn field(option: &Declared) -> String {
    let mut paragraphs = option.paragraphs();
    if let Some(first) = paragraphs.first_mut() {
        *first = brief(option);
        first.push_str(match option.value {
            Value::Size(..) => " A number of bytes, or text such as `\"16MiB\"`.",
            Value::Duration(..) => " In ms, or as text such as `\"30s\"`.",
            Value::Words => " A list, or one text with commas.",
            _ => "",
        });
    }
    let mut lines: Vec<String> = vec![];
    for (at, paragraph) in paragraphs.iter().enumerate() {
        if at > 0 {
            lines.push(String::new());
        }
        lines.extend(wrapped(paragraph, WIDTH - "   * ".len()));
    }
    if !option.see.is_empty() {
        lines.extend([String::new(), format!("@see {}", option.see)]);
    }
    let mut out = match lines.as_slice() {
        [line] if line.len() + "  /**  */".len() <= WIDTH => format!("  /** {line} */\n"),
        lines => {
            let lines = lines
                .iter()
                .map(|line| format!("   * {line}").trim_end().to_owned() + "\n");
            format!("  /**\n{}   */\n", lines.collect::<String>())
        }
    };
    let _ = writeln!(
        out,
        "  {}?: {} | undefined;",
        option.name,
        type_of(option.value)
    );
    out
}

pub(crate) fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.extend([" ", word]);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

fn type_of(value: Value) -> String {
    match value {
        Value::Text | Value::Url => "string".into(),
        Value::Words => "readonly string[] | string".into(),
        Value::Texts => "readonly string[]".into(),
        Value::Flag => "boolean".into(),
        Value::Whole(..) => "number".into(),
        Value::FlagOr(word) => format!("boolean | {word:?}"),
        Value::Id => "number | string".into(),
        Value::Ids => "readonly (number | string)[]".into(),
        Value::Video => "string | VideoRef".into(),
        Value::Size(..) | Value::Duration(..) => "number | string".into(),
        Value::OneOf(words) => words
            .iter()
            .map(|word| format!("{word:?}"))
            .collect::<Vec<_>>()
            .join(" | "),
        Value::Fields => "HeaderFields".into(),
        Value::Json => "object | string".into(),
        Value::Object(type_) => type_.into(),
        Value::Program(type_) if type_.contains("=>") => format!("({type_})"),
        Value::Program(type_) => type_.into(),
    }
}

/// As data.
fn rules(option: &Declared, group: &str) -> Json {
    let mut rules = Map::new();
    let mut put = |name: &str, value: Json| rules.insert(name.to_owned(), value);
    put("group", group.into());
    put("type", type_name(option.value).into());
    if let Value::Whole(least, most, _) | Value::Size(least, most) | Value::Duration(least, most) =
        option.value
    {
        put("min", least.into());
        put("max", most.into());
    }
    if let Some(default) = default(option) {
        put("default", default);
    }
    if let Some(unit) = unit(option.value) {
        put("unit", unit.into());
    }
    match option.value {
        Value::OneOf(words) => put("values", json!(words)),
        Value::FlagOr(word) => put("values", json!([word])),
        _ => None,
    };
    put(
        "kinds",
        option.kinds.iter().map(|kind| kind.name()).collect(),
    );
    put(
        "stages",
        option.stages.iter().map(|stage| stage.name()).collect(),
    );
    put(
        "shells",
        option.shells().map(|shell| shell.name()).collect(),
    );
    if option.why_not(Shell::Manifest) == Some(FOR_ALL_ROWS) {
        put("rows", "all".into());
    }
    if !option.flag.is_empty() {
        put("flag", option.flag.into());
    }
    if !option.setting.is_empty() {
        put("setting", option.setting.into());
    }
    if !option.core.is_empty() {
        put("core", option.core.into());
    }
    rules.into()
}

pub(crate) fn type_name(value: Value) -> &'static str {
    match value {
        Value::Text => "text",
        Value::Url => "url",
        Value::Words => "words",
        Value::Texts => "texts",
        Value::Flag => "flag",
        Value::Whole(..) => "whole",
        Value::FlagOr(_) => "flagOr",
        Value::Id => "id",
        Value::Ids => "ids",
        Value::Video => "video",
        Value::Size(..) => "size",
        Value::Duration(..) => "duration",
        Value::OneOf(_) => "oneOf",
        Value::Fields => "fields",
        Value::Json => "json",
        Value::Object(_) => "object",
        Value::Program(_) => "program",
    }
}

fn unit(value: Value) -> Option<&'static str> {
    match value {
        Value::Size(..) => Some("bytes"),
        Value::Duration(..) => Some("ms"),
        Value::Whole(_, _, unit) if !unit.is_empty() => Some(unit),
        _ => None,
    }
}

/// What is true without it, where that is a value and not a sentence.
fn default(option: &Declared) -> Option<Json> {
    let word = option.default.trim_matches('`');
    match option.value {
        Value::Flag | Value::FlagOr(_) => word.parse::<bool>().ok().map(Json::from),
        Value::OneOf(words) => words.contains(&word).then(|| word.into()),
        Value::Size(..) | Value::Duration(..) => {
            let (amount, unit) = word.split_once(' ')?;
            let each: u64 = match unit {
                "KiB" => 1 << 10,
                "MiB" => 1 << 20,
                "GiB" => 1 << 30,
                "s" => 1_000,
                _ => return None,
            };
            Some(amount.parse::<u64>().ok()?.checked_mul(each)?.into())
        }
        _ => None,
    }
}
