//! Reading a checkpoint that was stored as JSON: version first, then every field, so that what is wrong
//! is named. What the text holds is never quoted: somebody may have passed a file full of secrets.

use serde_json::{Map, Value};

use super::checkpoint::{Checkpoint, VERSION};
use crate::error::{Code, Error};

/// Makes a checkpoint of JSON, or says in serde's words why there is none.
fn typed(value: Value) -> Result<Checkpoint, String> {
    serde_json::from_value(value).map_err(|error| error.to_string())
}

impl Checkpoint {
    /// Reads a checkpoint as it was stored: JSON text.
    ///
    /// # Errors
    /// `CheckpointInvalid`, naming the version or the field that is wrong.
    pub fn read(text: &str) -> Result<Checkpoint, Error> {
        let fields = match serde_json::from_str(text) {
            Ok(Value::Object(fields)) => fields,
            Ok(_) => return Err(invalid("this is no checkpoint: it must be a JSON object")),
            Err(_) => return Err(invalid("this is no checkpoint: it is not whole JSON")),
        };
        check_version(fields.get("version"))?;
        let checkpoint = typed(Value::Object(fields.clone())).map_err(|fault| {
            let (path, fault) = locate(&fields).unwrap_or((String::new(), fault));
            invalid(&describe(&path, &fault))
        })?;
        checkpoint.check()?;
        Ok(checkpoint)
    }
}

/// Only a checkpoint has a whole number there: a package.json, for one, has a text.
fn check_version(version: Option<&Value>) -> Result<(), Error> {
    match version {
        None => Err(invalid("this is no checkpoint: it has no `version`")),
        Some(Value::Number(number)) if number.is_u64() => match number.as_u64() {
            Some(version) if version == u64::from(VERSION) => Ok(()),
            Some(version) => Err(Error::new(Code::CheckpointInvalid, other_version(version))),
            None => Ok(()),
        },
        Some(_) => Err(invalid(
            "this is no checkpoint: its `version` must be a whole number",
        )),
    }
}

pub(super) fn other_version(version: u64) -> String {
    format!("the checkpoint has version {version}, this build reads version {VERSION}")
}

pub(super) fn invalid(message: &str) -> Error {
    Error::new(Code::CheckpointInvalid, message)
        .hint("Pass the checkpoint as vodlift stored it, or start a new upload.")
}

/// The field at fault, as a path, and what serde says of it. Serde itself names none: so fields are added
/// one by one until it complains of something else than those that are still missing.
fn locate(fields: &Map<String, Value>) -> Option<(String, String)> {
    let mut path = Vec::new();
    let mut fault = None;
    let mut level = fields;
    while let Some((name, found)) = first_fault(fields, &path, level) {
        path.push(name.clone());
        fault = Some(found);
        match level.get(&name) {
            Some(Value::Object(inner)) => level = inner,
            _ => break,
        }
    }
    Some((path.join("."), fault?))
}

/// The first field of the object at `path` with which the whole is wrong.
fn first_fault(
    fields: &Map<String, Value>,
    path: &[String],
    level: &Map<String, Value>,
) -> Option<(String, String)> {
    // The tag first: without it nothing else of an enum is looked at.
    let tag = level.iter().filter(|(name, _)| *name == "type");
    let rest = level.iter().filter(|(name, _)| *name != "type");
    let mut begun = Map::new();
    for (name, value) in tag.chain(rest) {
        begun.insert(name.clone(), value.clone());
        let whole = with(fields, path, Value::Object(begun.clone()));
        let fault = typed(whole).err()?;
        if !fault.starts_with("missing field") {
            return Some((name.clone(), fault));
        }
    }
    None
}

/// Only the fields on the way to `path`, and this there.
fn with(fields: &Map<String, Value>, path: &[String], value: Value) -> Value {
    let Some((first, rest)) = path.split_first() else {
        return value;
    };
    let empty = Map::new();
    let inner = fields
        .get(first)
        .and_then(Value::as_object)
        .unwrap_or(&empty);
    let mut out = Map::new();
    out.insert(first.clone(), with(inner, rest, value));
    Value::Object(out)
}

/// Serde's words, without the value that it quotes.
fn describe(path: &str, fault: &str) -> String {
    if let Some(field) = fault.strip_prefix("missing field ") {
        return format!("the checkpoint lacks {field}");
    }
    let wanted = match fault.rsplit_once("expected ").map(|(_, wanted)| wanted) {
        None => "is not understood".to_owned(),
        Some(wanted) => format!("must be {}", plain(wanted)),
    };
    match path {
        "" => format!("the checkpoint {wanted}"),
        path => format!("`{path}` of the checkpoint {wanted}"),
    }
}

fn plain(wanted: &str) -> &str {
    match wanted {
        "u8" | "u16" | "u32" | "u64" => "a whole number that is not negative",
        "a string" | "a borrowed string" | "string or map" => "a text",
        "a boolean" => "true or false",
        "a sequence" => "a list",
        "a map" => "an object",
        wanted if wanted.starts_with("struct ") || wanted.contains("enum") => "an object",
        wanted if wanted.starts_with("a tuple") => "a pair",
        wanted => wanted,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &str = r#"{"version":1,"media":{"type":"video","title":"t","fileName":"a.mp4"},
        "region":"cn-shanghai","source":{"url":"https://h/a.mp4","queryRemoved":false,"size":9,
        "validator":{"etag":"\"e\""}},"objectHeaders":[["A","b"]],
        "plan":{"type":"parts","size":1000000,"partSize":102400},
        "place":{"mediaId":"m","bucket":"b","objectKey":"k"},"bytesAccepted":5}"#;

    fn fault(pointer: &str, value: Option<Value>) -> Error {
        let mut whole: Value = serde_json::from_str(WHOLE).unwrap();
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        let parent = whole.pointer_mut(parent).unwrap().as_object_mut().unwrap();
        match value {
            Some(value) => parent.insert(name.to_owned(), value),
            None => parent.remove(name),
        };
        Checkpoint::read(&whole.to_string()).unwrap_err()
    }

    #[test]
    fn what_was_stored_is_read() {
        let read = Checkpoint::read(WHOLE).unwrap();
        let again = serde_json::to_string(&read).unwrap();
        assert_eq!(Checkpoint::read(&again).unwrap(), read);
    }

    #[test]
    fn what_is_no_checkpoint_is_told_so_and_not_quoted() {
        for text in [
            "",
            "5",
            "null",
            "[1]",
            "\"hush\"",
            "{\"version\":",
            "{}",
            r#"{"name":"hush","version":"1.0.0","dependencies":{}}"#,
            r#"{"version":-1}"#,
            r#"{"version":1.5}"#,
            r#"{"version":1e99}"#,
            r#"{"version":2,"anything":"else"}"#,
            r#"{"version":1,"media":"hush"}"#,
        ] {
            let error = Checkpoint::read(text).unwrap_err();
            assert_eq!(error.code, Code::CheckpointInvalid, "{text}");
            assert!(!error.message.contains("hush"), "{}", error.message);
        }
        let newer = Checkpoint::read(r#"{"version":2}"#).unwrap_err();
        assert!(newer.message.contains("version 2"), "{}", newer.message);
        assert!(newer.hint.contains("version of vodlift"), "{}", newer.hint);
    }

    #[test]
    fn the_field_that_is_wrong_is_named_with_its_rule() {
        let number = |value: f64| Some(Value::from(value));
        let text = || Some(Value::from("hush"));
        for (pointer, value, said) in [
            (
                "/region",
                number(1.0),
                "`region` of the checkpoint must be a text",
            ),
            ("/region", None, "lacks `region`"),
            ("/place/bucket", Some(Value::Null), "`place.bucket`"),
            ("/place/bucket", None, "lacks `bucket`"),
            (
                "/place",
                text(),
                "`place` of the checkpoint must be an object",
            ),
            (
                "/source/size",
                text(),
                "`source.size` of the checkpoint must be a whole number",
            ),
            ("/source/size", number(-1.0), "`source.size`"),
            ("/source/size", number(1e300), "`source.size`"),
            ("/source/size", Some(Value::from(u64::MAX)), "`source.size`"),
            (
                "/bytesAccepted",
                Some(Value::from(u64::MAX)),
                "`bytesAccepted`",
            ),
            ("/media/type", text(), "`media.type`"),
            ("/media/title", number(1.0), "`media.title`"),
            ("/plan/partSize", Some(Value::from(0_u64)), "`plan`"),
            ("/plan/partSize", text(), "`plan.partSize`"),
            (
                "/objectHeaders",
                text(),
                "`objectHeaders` of the checkpoint must be a list",
            ),
            ("/playlist", text(), "`playlist`"),
        ] {
            let error = fault(pointer, value);
            assert_eq!(error.code, Code::CheckpointInvalid, "{pointer}");
            assert!(error.message.contains(said), "{pointer}: {}", error.message);
            assert!(!error.message.contains("hush"), "{}", error.message);
        }
    }
}
