//! Requests and replies as data. The host sends them; the core only writes and reads them.

use crate::json::{Read, Write};

use std::borrow::Cow;

/// Header fields in order; names compare without case.
///
/// The values of a reply hold one character per byte (U+0000 to U+00FF), as `fetch` and Node hand
/// them out: that way an ETag goes back byte for byte. [`header_text`] reads one as text.
pub type Headers = Vec<(String, String)>;

/// The value of the first header of this name.
pub fn header<'a>(headers: &'a Headers, name: &str) -> Option<&'a str> {
    headers
        .iter()
        .find(|(key, _)| key.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.as_str())
}

/// The first header of this name as text.
pub fn header_text<'a>(headers: &'a Headers, name: &str) -> Option<Cow<'a, str>> {
    header(headers, name).map(readable_value)
}

/// A value as text: UTF-8 where its bytes are valid UTF-8, else Latin-1.
pub(crate) fn readable_value(value: &str) -> Cow<'_, str> {
    let decoded = bytes_of(value).and_then(|bytes| String::from_utf8(bytes).ok());
    decoded.map_or(Cow::Borrowed(value), Cow::Owned)
}

/// Where a redirect leads, if it says so. Bytes that are not UTF-8 are percent-encoded one by one:
/// the server that wrote them wants the same bytes back.
pub fn location(headers: &Headers) -> Option<Cow<'_, str>> {
    let value = header(headers, "location")?;
    let text = match bytes_of(value).map(String::from_utf8) {
        None => Cow::Borrowed(value),
        Some(Ok(text)) => Cow::Owned(text),
        Some(Err(error)) => Cow::Owned(escape(error.as_bytes())),
    };
    (!text.trim().is_empty()).then_some(text)
}

/// The bytes of a value that has one character per byte, some of them not ASCII.
fn bytes_of(value: &str) -> Option<Vec<u8>> {
    if value.is_ascii() {
        return None;
    }
    value.chars().map(|char| u8::try_from(char).ok()).collect()
}

fn escape(bytes: &[u8]) -> String {
    let mut out = String::new();
    for byte in bytes {
        match byte.is_ascii() {
            true => out.push(char::from(*byte)),
            false => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

/// What a source is told of who asks, in case the caller does not say: many hosts answer 403 to
/// requests without it.
const OF_OURS: [(&str, &str); 2] = [
    ("User-Agent", concat!("vodlift/", env!("CARGO_PKG_VERSION"))),
    ("Accept", "*/*"),
];

/// The headers of a GET of a source: those that the caller gave, who asks, and what is wanted.
pub fn source_headers(given: &Headers, wanted: Headers) -> Headers {
    let ours = OF_OURS
        .iter()
        .filter(|(name, _)| header(given, name).is_none())
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    ours.chain(given.iter().cloned()).chain(wanted).collect()
}

/// A request the host sends once, as it is. A retry is a new request.
#[derive(Clone, PartialEq, Eq, Read, Write)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct Request {
    /// `GET`, `PUT`, `POST`, `HEAD` or `DELETE`.
    pub method: String,
    /// Absolute URL, already percent-encoded. It may hold a signature: never print its query.
    pub url: String,
    /// Every header to set. It may hold a signature or a token: never print the values.
    #[cfg_attr(target_arch = "wasm32", tsify(type = "[string, string][]"))]
    pub headers: Headers,
    /// The body of a small request (XML, a form or nothing). A transfer's body comes from the source.
    pub body: String,
    /// Give up when nothing moves for this long, in milliseconds.
    pub idle_ms: u32,
    /// Give up when the reply has not begun this long after the last byte was handed over, in milliseconds. Bytes that
    /// were handed over may still be on their way.
    pub reply_ms: u32,
}

impl std::fmt::Debug for Request {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("url", &shown(&self.url))
            .finish_non_exhaustive()
    }
}

/// The URL up to its query.
pub fn without_query(url: &str) -> &str {
    url.split(['?', '#']).next().unwrap_or_default()
}

/// What may be printed of a URL: the same, but of a query that has lost its question mark, or whose mark was escaped with it,
/// nothing either.
pub(crate) fn shown(url: &str) -> &str {
    let bare = without_query(url);
    let rest = |at: usize| bare.get(at..).unwrap_or_default();
    let end = bare
        .match_indices(['%', '&'])
        .map(|(at, _)| at)
        .find(|at| begins_a_query(rest(*at)));
    end.and_then(|end| bare.get(..end)).unwrap_or(bare)
}

fn begins_a_query(text: &str) -> bool {
    let escaped = |text: &str, code: &str| {
        let three = text.get(..3);
        three.is_some_and(|three| three.eq_ignore_ascii_case(code))
    };
    if escaped(text, "%3f") || escaped(text, "%23") {
        return true;
    }
    let pair = match text.strip_prefix('&') {
        Some(pair) => pair,
        None if escaped(text, "%26") => text.get(3..).unwrap_or_default(),
        None => return false,
    };
    let is_name = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
    let value = pair.trim_start_matches(is_name);
    value.len() < pair.len() && (value.starts_with('=') || escaped(value, "%3d"))
}

/// A whole reply to a small request.
#[derive(Clone, PartialEq, Eq)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// Header fields.
    pub headers: Headers,
    /// The body as text. It may hold a credential.
    pub body: String,
}

impl Reply {
    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_that_lost_its_mark_is_not_shown() {
        for url in [
            "https://a.example/b.mp4?sig=c",
            "https://a.example/b.mp4#c",
            "https://a.example/b.mp4&sig=c",
            "https://a.example/b.mp4&X-Amz.Sig_nature=c?d",
            "https://a.example/b.mp4%3Fsig=c",
            "https://a.example/b.mp4%3fsig%3Dc",
            "https://a.example/b.mp4%26sig%3dc",
            "https://a.example/b.mp4%23sig",
        ] {
            assert_eq!(shown(url), "https://a.example/b.mp4", "{url}");
        }
        for url in [
            "https://a.example/Tom&Jerry.mp4",
            "https://a.example/a=b.mp4",
            "https://a.example/a&=b.mp4",
            "https://a.example/%e7%89%87%",
        ] {
            assert_eq!(shown(url), url);
        }
    }

    /// As a host hands it out: one character per byte.
    fn reply(name: &str, value: &[u8]) -> Headers {
        let value = value.iter().map(|byte| char::from(*byte)).collect();
        vec![(name.to_owned(), value)]
    }

    #[test]
    fn header_bytes_are_utf8_where_they_are_valid_utf8() {
        for (bytes, text) in [
            ("/电影.mp4".as_bytes(), "/电影.mp4"),
            ("/café".as_bytes(), "/café"),
            (b"/caf\xe9", "/café"),
            (b"/plain", "/plain"),
            (b"\xc3", "Ã"),
        ] {
            let headers = reply("X", bytes);
            assert_eq!(header_text(&headers, "x").as_deref(), Some(text));
        }
        // A host that has decoded it by itself.
        let headers = vec![("x".to_owned(), "电影".to_owned())];
        assert_eq!(header_text(&headers, "x").as_deref(), Some("电影"));
        assert_eq!(header_text(&headers, "y"), None);
    }

    #[test]
    fn a_location_keeps_the_bytes_that_are_not_utf8() {
        for (bytes, text) in [
            ("/电影.mp4".as_bytes(), Some("/电影.mp4")),
            ("/café.mp4".as_bytes(), Some("/café.mp4")),
            (b"/caf\xe9.mp4", Some("/caf%E9.mp4")),
            (b"/b\xb5\xe7", Some("/b%B5%E7")),
            (b" ", None),
            (b"", None),
        ] {
            assert_eq!(location(&reply("location", bytes)).as_deref(), text);
        }
        assert_eq!(location(&vec![]), None);
    }

    #[test]
    fn a_source_is_told_who_asks_unless_the_caller_says_so() {
        let names = |headers: &Headers| {
            let names = headers.iter().map(|(name, _)| name.to_ascii_lowercase());
            names.collect::<Vec<_>>()
        };
        let ours = source_headers(&vec![], vec![("Range".into(), "r".into())]);
        assert_eq!(names(&ours), ["user-agent", "accept", "range"]);
        assert!(header(&ours, "user-agent").is_some_and(|agent| agent.starts_with("vodlift/")));
        let given = vec![("user-agent".to_owned(), "mine".to_owned())];
        let theirs = source_headers(&given, vec![]);
        assert_eq!(names(&theirs), ["accept", "user-agent"]);
    }
}
