//! What the first reply tells of a source: size, ranges, validator, type and name.
//!
//! The probe is a GET of one byte, because signed URLs refuse HEAD.

use serde::{Deserialize, Serialize};

use super::disposition::file_name;
use super::range::{ContentRange, bad_status, check_identity, content_length, content_range};
use crate::error::{Code, Error};
use crate::http::{Headers, header};
use crate::time::UnixMs;

/// What the first reply tells of a source.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct Probe {
    /// Bytes, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub size: Option<u64>,
    /// It answers ranges. Without, this very reply holds the whole source. Ranges of a source of unknown size are no use
    /// for parts: ask again without one.
    pub ranges: bool,
    /// By what a change is noticed.
    pub validator: Validator,
    /// `Content-Type` as sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub content_type: Option<String>,
    /// From `Content-Disposition`, without any path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub file_name: Option<String>,
}

/// By what a change of the source is noticed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", default)]
pub struct Validator {
    /// A strong ETag, with its quotes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub etag: Option<String>,
    /// `Last-Modified` as sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub last_modified: Option<String>,
}

/// Reads the status and the headers of a reply to [`probe_headers`].
///
/// # Errors
/// `EmptySource`, `SourceEncoded`, `SourceRange` for a range that is not the one asked for, `SourceNotFound`,
/// `SourceForbidden` or `SourceStatus`.
pub fn read_probe(status: u16, headers: &Headers) -> Result<Probe, Error> {
    let (size, ranges) = match status {
        200 => (content_length(headers)?, false),
        206 => (size_of_one_byte(headers)?, true),
        416 => return Err(unsatisfied(headers)),
        _ => return Err(bad_status(status)),
    };
    check_identity(headers)?;
    if size == Some(0) {
        return Err(empty());
    }
    Ok(Probe {
        size,
        ranges,
        validator: Validator::of(headers),
        content_type: header(headers, "content-type").map(str::to_owned),
        file_name: header(headers, "content-disposition").and_then(file_name),
    })
}

/// What a probe sends: the first byte only, not compressed.
pub fn probe_headers() -> Headers {
    range_headers(0, 0, &Validator::default())
}

/// What a request for bytes `first` to `last` (inclusive) sends. With a validator a changed source answers 200 with all of
/// itself instead of a range of something else.
pub fn range_headers(first: u64, last: u64, validator: &Validator) -> Headers {
    let mut headers = vec![
        ("range".to_owned(), format!("bytes={first}-{last}")),
        // A compressed answer would have other bytes and other offsets.
        ("accept-encoding".to_owned(), "identity".to_owned()),
    ];
    if let Some(validator) = validator.etag.as_ref().or(validator.last_modified.as_ref()) {
        headers.push(("if-range".to_owned(), validator.clone()));
    }
    headers
}

impl Validator {
    /// The strong ETag and the Last-Modified date of a reply. A weak ETag may stay while bytes change.
    pub(super) fn of(headers: &Headers) -> Validator {
        let strong = |etag: &&str| etag.len() >= 2 && etag.starts_with('"') && etag.ends_with('"');
        let dated = |date: &&str| UnixMs::parse_http_date(date).is_some();
        Validator {
            etag: header(headers, "etag")
                .map(str::trim)
                .filter(strong)
                .map(str::to_owned),
            last_modified: header(headers, "last-modified")
                .map(str::trim)
                .filter(dated)
                .map(str::to_owned),
        }
    }
}

/// The total in a reply that must be exactly byte 0.
fn size_of_one_byte(headers: &Headers) -> Result<Option<u64>, Error> {
    let wrong = |what: &str| {
        Error::new(Code::SourceRange, format!("the source answered 206 {what}")).status(206)
    };
    // Also said by `multipart/byteranges`, which has the range inside its body.
    let text = header(headers, "content-range").ok_or_else(|| wrong("without Content-Range"))?;
    match content_range(text) {
        Some(ContentRange::Bytes {
            first: 0,
            last: 0,
            total,
        }) => Ok(total),
        _ => Err(wrong("with another range than the first byte")),
    }
}

/// A 416 to the first byte: there is none.
fn unsatisfied(headers: &Headers) -> Error {
    match header(headers, "content-range").and_then(content_range) {
        Some(ContentRange::Unsatisfied { total: 0 }) => empty(),
        _ => Error::new(
            Code::SourceRange,
            "the source refused a range of its first byte (416)",
        )
        .status(416),
    }
}

fn empty() -> Error {
    Error::new(Code::EmptySource, "the source holds 0 bytes")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(list: &[(&str, &str)]) -> Headers {
        list.iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    }

    fn code(status: u16, list: &[(&str, &str)]) -> Code {
        read_probe(status, &headers(list)).unwrap_err().code
    }

    #[test]
    fn a_206_tells_size_validator_type_and_name() {
        let reply = headers(&[
            ("Content-Range", "bytes 0-0/1234"),
            ("Content-Length", "1"),
            ("ETag", "\"v1\""),
            ("Last-Modified", "Sun, 02 Jun 2024 12:40:00 GMT"),
            ("Content-Type", "video/mp4"),
            ("Content-Disposition", "attachment; filename=film.mp4"),
        ]);
        let probe = read_probe(206, &reply).unwrap();
        assert_eq!((probe.size, probe.ranges), (Some(1234), true));
        assert_eq!(probe.validator.etag.as_deref(), Some("\"v1\""));
        assert_eq!(probe.content_type.as_deref(), Some("video/mp4"));
        assert_eq!(probe.file_name.as_deref(), Some("film.mp4"));
    }

    #[test]
    fn the_size_may_be_unknown() {
        let probe = read_probe(206, &headers(&[("content-range", "bytes 0-0/*")])).unwrap();
        assert_eq!((probe.size, probe.ranges), (None, true));
        let probe = read_probe(200, &headers(&[("accept-ranges", "bytes")])).unwrap();
        assert_eq!((probe.size, probe.ranges), (None, false));
        let probe = read_probe(200, &headers(&[("content-length", "9")])).unwrap();
        assert_eq!((probe.size, probe.ranges), (Some(9), false));
    }

    #[test]
    fn an_empty_source_is_named_as_such() {
        assert_eq!(
            code(416, &[("content-range", "bytes */0")]),
            Code::EmptySource
        );
        assert_eq!(code(200, &[("content-length", "0")]), Code::EmptySource);
        assert_eq!(
            code(416, &[("content-range", "bytes */9")]),
            Code::SourceRange
        );
        assert_eq!(code(416, &[]), Code::SourceRange);
    }

    #[test]
    fn another_range_is_refused() {
        for range in [
            "bytes 0-1/9",
            "bytes 1-1/9",
            "bytes 0-0/0",
            "items 0-0/9",
            "0-0/9",
            "bytes */9",
            "",
        ] {
            assert_eq!(
                code(206, &[("content-range", range)]),
                Code::SourceRange,
                "{range}"
            );
        }
        assert_eq!(
            code(206, &[("content-type", "multipart/byteranges; boundary=x")]),
            Code::SourceRange
        );
    }

    #[test]
    fn an_encoded_source_is_refused() {
        assert_eq!(
            code(200, &[("content-encoding", "gzip")]),
            Code::SourceEncoded
        );
        assert_eq!(
            code(
                206,
                &[("content-range", "bytes 0-0/9"), ("content-encoding", "br")]
            ),
            Code::SourceEncoded
        );
        read_probe(200, &headers(&[("content-encoding", "Identity")])).unwrap();
    }

    #[test]
    fn other_statuses_have_their_codes() {
        for (status, expected) in [
            (401, Code::SourceForbidden),
            (403, Code::SourceForbidden),
            (404, Code::SourceNotFound),
            (410, Code::SourceNotFound),
            (204, Code::SourceStatus),
            (302, Code::SourceStatus),
            (503, Code::SourceStatus),
        ] {
            let error = read_probe(status, &headers(&[])).unwrap_err();
            assert_eq!((error.code, error.status), (expected, Some(status)));
        }
    }

    #[test]
    fn weak_and_broken_validators_do_not_count() {
        let validator = Validator::of(&headers(&[
            ("etag", "W/\"v1\""),
            ("last-modified", "yesterday"),
        ]));
        assert_eq!(validator, Validator::default());
        assert_eq!(Validator::of(&headers(&[("etag", "v1")])).etag, None);
    }

    #[test]
    fn if_range_takes_the_etag_before_the_date() {
        let sent = |etag: Option<&str>, date: Option<&str>| {
            let validator = Validator {
                etag: etag.map(Into::into),
                last_modified: date.map(Into::into),
            };
            header(&range_headers(5, 9, &validator), "if-range").map(str::to_owned)
        };
        assert_eq!(sent(Some("\"v\""), Some("d")).as_deref(), Some("\"v\""));
        assert_eq!(sent(None, Some("d")).as_deref(), Some("d"));
        assert_eq!(sent(None, None), None);
        assert_eq!(header(&probe_headers(), "range"), Some("bytes=0-0"));
        assert_eq!(
            header(&probe_headers(), "accept-encoding"),
            Some("identity")
        );
    }
}
