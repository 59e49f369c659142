//! Reading replies that write one thing in several ways: numbers as text, lists as JSON text, as a wrapper of one list, or
//! not at all.

use crate::json::{Json, whole};
use crate::limits::LARGEST_EXACT;

/// A text that is not empty; a number counts as its text.
pub(super) fn text(json: &Json, name: &str) -> Option<String> {
    as_text(json.get(name)?)
}

/// A size in bytes, which some actions write as text; `None` where there is none.
///
/// # Errors
/// What is wrong with it where it is larger than any number that passes through JavaScript unchanged.
pub(super) fn size(json: &Json, name: &str) -> Result<Option<u64>, String> {
    let Some(value) = json.get(name) else {
        return Ok(None);
    };
    let written = match value {
        Json::Number(number) => number.clone(),
        Json::Text(text) => text.trim().to_owned(),
        _ => return Ok(None),
    };
    match whole(&written) {
        Some(size) if size > LARGEST_EXACT => {
            Err(format!("a `{name}` of more bytes than any file has"))
        }
        size => Ok(size),
    }
}

/// A list; `None` where there is none. Gateways that speak XML inside wrap one in an object with a single list or, where
/// there is a single entry, with that alone; some actions write it as JSON text.
pub(super) fn list(json: &Json, name: &str) -> Option<Vec<Json>> {
    entries(json.get(name)?)
}

/// A list of texts, empty where there is none. Also one that is joined with commas.
pub(super) fn texts(json: &Json, name: &str) -> Vec<String> {
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

fn entries(value: &Json) -> Option<Vec<Json>> {
    match value {
        Json::List(items) => Some(items.clone()),
        Json::Object(wrapper) => {
            let members = wrapper.iter().map(|(_, inner)| inner);
            let mut lists = members.filter(|inner| !matches!(inner, Json::Null));
            let (inner, others) = (lists.next()?, lists.next());
            match inner {
                Json::List(items) => Some(items.clone()),
                _ if others.is_none() => Some(vec![inner.clone()]),
                _ => None,
            }
        }
        Json::Text(text) if text.trim_start().starts_with('[') => match Json::parse(text)? {
            Json::List(items) => Some(items),
            _ => None,
        },
        _ => None,
    }
}

fn as_text(value: &Json) -> Option<String> {
    match value {
        Json::Text(text) if !text.is_empty() => Some(text.clone()),
        Json::Number(number) => Some(number.clone()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> Json {
        Json::parse(text).unwrap()
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
