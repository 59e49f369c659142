//! Reading a checkpoint that was stored as JSON: version first, then every field, so that what is wrong
//! is named. What the text holds is never quoted: somebody may have passed a file full of secrets.

use super::checkpoint::{Checkpoint, VERSION};
use crate::error::{Code, Error};
use crate::json::{Fault, Json, Read, whole};

impl Checkpoint {
    /// Reads a checkpoint as it was stored: JSON text.
    ///
    /// # Errors
    /// `CheckpointInvalid`, naming the version or the field that is wrong.
    pub fn read(text: &str) -> Result<Checkpoint, Error> {
        let mut json = match Json::parse(text) {
            Some(json) if json.is_object() => json,
            Some(_) => return Err(invalid("this is no checkpoint: it must be a JSON object")),
            None => return Err(invalid("this is no checkpoint: it is not whole JSON")),
        };
        check_version(json.get("version"))?;
        let checkpoint =
            <Checkpoint as Read>::read(&mut json).map_err(|fault| invalid(&describe(&fault)))?;
        checkpoint.check()?;
        Ok(checkpoint)
    }
}

const NO_VERSION: &str = "this is no checkpoint: its `version` must be a whole number";

/// Only a checkpoint has a whole number there: a package.json, for one, has a text.
fn check_version(version: Option<&Json>) -> Result<(), Error> {
    match version {
        None => Err(invalid("this is no checkpoint: it has no `version`")),
        Some(Json::Number(number)) => match whole(number) {
            Some(version) if version == u64::from(VERSION) => Ok(()),
            Some(version) => Err(Error::new(Code::CheckpointInvalid, other_version(version))),
            None => Err(invalid(NO_VERSION)),
        },
        Some(_) => Err(invalid(NO_VERSION)),
    }
}

pub(super) fn other_version(version: u64) -> String {
    format!("the checkpoint has version {version}, this build reads version {VERSION}")
}

pub(super) fn invalid(message: &str) -> Error {
    Error::new(Code::CheckpointInvalid, message)
        .hint("Pass the checkpoint as vodlift stored it, or start a new upload.")
}

fn describe(fault: &Fault) -> String {
    match fault.path() {
        path if fault.is_missing() => format!("the checkpoint lacks `{path}`"),
        "" => format!("the checkpoint {}", fault.rule()),
        path => format!("`{path}` of the checkpoint {}", fault.rule()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

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
            ("/place/bucket", None, "lacks `place.bucket`"),
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

    #[test]
    fn what_is_as_usual_is_not_written() {
        let written = serde_json::to_value(Checkpoint::read(WHOLE).unwrap()).unwrap();
        let whole: Value = serde_json::from_str(WHOLE).unwrap();
        assert_eq!(written, whole);
    }

    #[test]
    fn numbers_end_where_those_of_uploads_do() {
        use crate::upload::plan::MAX_OBJECT_SIZE;
        const LATEST: u64 = 8_640_000_000_000_000;
        for (pointer, most) in [
            ("/bytesAccepted", MAX_OBJECT_SIZE),
            ("/source/size", MAX_OBJECT_SIZE),
            ("/replacedBytes", MAX_OBJECT_SIZE),
            ("/source/modified", LATEST),
            ("/createSent", LATEST),
        ] {
            let mut whole: Value = serde_json::from_str(WHOLE).unwrap();
            let (parent, name) = pointer.rsplit_once('/').unwrap();
            let fields = whole.pointer_mut(parent).unwrap().as_object_mut().unwrap();
            fields.insert(name.to_owned(), Value::from(most));
            Checkpoint::read(&whole.to_string()).unwrap();
            let error = fault(pointer, Some(Value::from(most + 1)));
            let named = pointer.trim_start_matches('/').replace('/', ".");
            assert!(error.message.contains(&named), "{}", error.message);
        }
        let playlist =
            |done: &str| serde_json::from_str(&format!(r#"{{"digest":"","done":{done}}}"#));
        let error = fault("/playlist", Some(playlist("[[2,1]]").unwrap()));
        assert!(error.message.contains("playlist.done"), "{}", error.message);
        let mut whole: Value = serde_json::from_str(WHOLE).unwrap();
        let fields = whole.as_object_mut().unwrap();
        fields.insert("playlist".into(), playlist("[[1,1],[3,4]]").unwrap());
        Checkpoint::read(&whole.to_string()).unwrap();
    }
}
