//! Reading replies that write one thing in several ways: numbers as text, lists as JSON text, as a wrapper of one list, or
//! not at all.

use serde_json::Value;

use crate::limits::LARGEST_EXACT;

/// A text that is not empty; a number counts as its text.
pub(super) fn text(json: &Value, name: &str) -> Option<String> {
    as_text(json.get(name)?)
}

/// A size in bytes, which some actions write as text; `None` where there is none.
///
/// # Errors
/// What is wrong with it where it is larger than any number that passes through JavaScript unchanged.
pub(super) fn size(json: &Value, name: &str) -> Result<Option<u64>, String> {
    let Some(value) = json.get(name) else {
        return Ok(None);
    };
    let written = match value {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.trim().to_owned(),
        _ => return Ok(None),
    };
    let size = written.parse::<u64>().ok();
    let is_beyond = match size {
        Some(size) => size > LARGEST_EXACT,
        None => written
            .parse::<f64>()
            .is_ok_and(|size| size > LARGEST_EXACT as f64),
    };
    match is_beyond {
        true => Err(format!("a `{name}` of more bytes than any file has")),
        false => Ok(size),
    }
}

/// A list; `None` where there is none. Gateways that speak XML inside wrap one in an object with a single list or, where
/// there is a single entry, with that alone; some actions write it as JSON text.
pub(super) fn list(json: &Value, name: &str) -> Option<Vec<Value>> {
    entries(json.get(name)?)
}

/// A list of texts, empty where there is none. Also one that is joined with commas.
pub(super) fn texts(json: &Value, name: &str) -> Vec<String> {
    if let Some(entries) = list(json, name) {
        return entries.iter().filter_map(as_text).collect();
    }
    let joined = text(json, name).unwrap_or_default();
    let words = joined.split(',').map(str::trim);
    words
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

fn entries(value: &Value) -> Option<Vec<Value>> {
    match value {
        Value::Array(items) => Some(items.clone()),
        Value::Object(wrapper) => {
            let mut lists = wrapper.values().filter(|inner| !inner.is_null());
            let (inner, others) = (lists.next()?, lists.next());
            match inner {
                Value::Array(items) => Some(items.clone()),
                _ if others.is_none() => Some(vec![inner.clone()]),
                _ => None,
            }
        }
        Value::String(text) if text.trim_start().starts_with('[') => {
            match serde_json::from_str(text).ok()? {
                Value::Array(items) => Some(items),
                _ => None,
            }
        }
        _ => None,
    }
}

fn as_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> Value {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn a_list_is_written_in_many_ways() {
        for (written, read) in [
            (r#"["a","b"]"#, vec!["a", "b"]),
            (r#""[\"a\",\"b\"]""#, vec!["a", "b"]),
            (r#"{"Id":["a","b"]}"#, vec!["a", "b"]),
            (r#"{"Id":"a"}"#, vec!["a"]),
            (r#""a,b""#, vec!["a", "b"]),
            (r#""a""#, vec!["a"]),
            ("[1]", vec!["1"]),
            ("[null,\"a\"]", vec!["a"]),
            ("[]", vec![]),
            ("{}", vec![]),
            (r#""[]""#, vec![]),
            (r#""""#, vec![]),
            ("null", vec![]),
            ("true", vec![]),
        ] {
            let whole = json(&format!(r#"{{"List":{written}}}"#));
            assert_eq!(texts(&whole, "List"), read, "{written}");
        }
        assert_eq!(texts(&json("{}"), "List"), Vec::<String>::new());
    }

    #[test]
    fn a_size_may_be_text_and_a_text_a_number() {
        let whole = json(r#"{"a":7,"b":"7","c":" 7 ","d":"x","e":null,"f":"","g":-7,"h":7.5}"#);
        let numbers: Vec<_> = "abcdefghi"
            .chars()
            .map(|name| size(&whole, &name.to_string()).unwrap())
            .collect();
        assert_eq!(
            numbers,
            [
                Some(7),
                Some(7),
                Some(7),
                None,
                None,
                None,
                None,
                None,
                None
            ]
        );
        assert_eq!(text(&whole, "a").as_deref(), Some("7"));
        assert_eq!([text(&whole, "e"), text(&whole, "f")], [None, None]);
    }
}
