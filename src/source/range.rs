//! Whether a reply is exactly the range that was asked for. Only such a 206 counts: a source that ignores Range, or that
//! changed, would be stored with the wrong bytes in the middle.

use super::kind::page;
use super::probe::{Likeness, Validator};
use crate::error::{Code, Error};
use crate::http::{Headers, header};
use crate::json::{Read, Write};

/// The range that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Read, Write)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct RangeExpectation {
    /// First byte.
    pub first: u64,
    /// Last byte, inclusive.
    pub last: u64,
    /// Size of the whole source in bytes, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub total: Option<u64>,
    /// What the source must still be.
    pub validator: Validator,
}

/// Checks status and headers of a reply to a range request, before any byte of its body is used.
///
/// # Errors
/// `SourceChanged`, `SourceRange`, `SourceEncoded`, `SourceNotFound`, `SourceForbidden` or `SourceStatus`.
pub fn check_range(expect: &RangeExpectation, status: u16, headers: &Headers) -> Result<(), Error> {
    match status {
        206 => {}
        200 | 203 => return Err(whole(expect, headers)),
        416 => return Err(unsatisfied(expect, headers)),
        _ => return Err(bad_status(status)),
    }
    check_identity(headers)?;
    check_content_range(expect, headers)?;
    match expect.validator.compare(&Validator::of(headers)) {
        Likeness::Same => {}
        Likeness::Doubtful => return Err(range("a range with another validator than before")),
        Likeness::Other => return Err(changed("has another ETag and date than before")),
    }
    // `last` is not below `first` where we asked for a range at all.
    let length = expect.last.saturating_sub(expect.first).saturating_add(1);
    match content_length(headers)? {
        Some(said) if said != length => {
            Err(range(&format!("{said} bytes for a range of {length}")))
        }
        _ => Ok(()),
    }
}

/// A 200 to a range: the source just does not do ranges (any more), or not for this validator. It is another source only
/// where the reply itself shows it.
fn whole(expect: &RangeExpectation, headers: &Headers) -> Error {
    // A page (too many requests, a login) says nothing of the file.
    let is_page = header(headers, "content-type").is_some_and(|kind| page(kind).is_some());
    let other_size = match (expect.total, content_length(headers)) {
        (Some(before), Ok(Some(now))) => before != now && !is_page && !holds_a_part(headers),
        _ => false,
    };
    let likeness = expect.validator.compare(&Validator::of(headers));
    if other_size || likeness == Likeness::Other {
        return changed("is another than before: it answered a range with 200").status(200);
    }
    range("200, the whole file, to a range").status(200)
}

/// A range under the status of a whole file. Where the length is that of all that the Content-Range counts, the header is
/// decoration.
pub(super) fn holds_a_part(headers: &Headers) -> bool {
    let range = header(headers, "content-range").and_then(content_range);
    let Some(ContentRange::Bytes { first, last, total }) = range else {
        return false;
    };
    match content_length(headers) {
        Ok(Some(length)) => total != Some(length),
        _ => first > 0 || total != last.checked_add(1),
    }
}

/// The range lay inside the source when it was first seen.
fn unsatisfied(expect: &RangeExpectation, headers: &Headers) -> Error {
    let said = header(headers, "content-range").and_then(content_range);
    match (said, expect.total) {
        (Some(ContentRange::Unsatisfied { total: now }), Some(before)) if now != before => {
            changed("has another length than before (416)").status(416)
        }
        _ => range("416 to a range that it has").status(416),
    }
}

fn check_content_range(expect: &RangeExpectation, headers: &Headers) -> Result<(), Error> {
    // `multipart/byteranges` has none: its ranges are inside the body.
    let text =
        header(headers, "content-range").ok_or_else(|| range("206 without Content-Range"))?;
    let Some(ContentRange::Bytes { first, last, total }) = content_range(text) else {
        return Err(range("206 with a Content-Range that is none"));
    };
    if let (Some(expected), Some(total)) = (expect.total, total)
        && expected != total
    {
        return Err(changed(&format!("has {total} bytes, {expected} before")));
    }
    if (first, last) != (expect.first, expect.last) {
        let (asked_first, asked_last) = (expect.first, expect.last);
        return Err(range(&format!(
            "bytes {first}-{last} when asked for {asked_first}-{asked_last}"
        )));
    }
    Ok(())
}

fn changed(how: &str) -> Error {
    Error::new(Code::SourceChanged, format!("the source {how}"))
}

fn range(what: &str) -> Error {
    Error::new(Code::SourceRange, format!("the source answered {what}")).status(206)
}

/// The error of a status that holds no bytes of the source.
pub(super) fn bad_status(status: u16) -> Error {
    let code = match status {
        404 | 410 => Code::SourceNotFound,
        401 | 403 => Code::SourceForbidden,
        _ => Code::SourceStatus,
    };
    let mut error = Error::new(code, format!("the source answered {status}")).status(status);
    // 5xx, 408 and 429 pass; the rest is the source's last word.
    error.retryable = matches!(status, 408 | 429 | 500..=599);
    error
}

/// Content-Encodings that leave the bytes as they are: object stores keep what an uploader wrote
/// there, and clients write character sets, transfer encodings and "none".
const IDENTITY: &[&str] = &[
    "identity",
    "none",
    "binary",
    "aws-chunked",
    "8bit",
    "7bit",
    "utf-8",
    "utf8",
];

/// Of the Transfer-Encodings, what a host undoes by itself.
const TRANSFERRED: &[&str] = &["chunked", "identity"];

/// Bytes that are encoded are not the bytes of the file.
pub(super) fn check_identity(headers: &Headers) -> Result<(), Error> {
    for (name, plain) in [
        ("Content-Encoding", IDENTITY),
        ("Transfer-Encoding", TRANSFERRED),
    ] {
        if is_coded(headers, name, plain) {
            let message =
                format!("the source answered with a {name} although identity was asked for");
            return Err(Error::new(Code::SourceEncoded, message));
        }
    }
    Ok(())
}

fn is_coded(headers: &Headers, header: &str, plain: &[&str]) -> bool {
    let is_plain = |coding: &str| {
        coding.is_empty() || plain.iter().any(|name| coding.eq_ignore_ascii_case(name))
    };
    headers
        .iter()
        .filter(|(name, _)| name.eq_ignore_ascii_case(header))
        .flat_map(|(_, value)| value.split(','))
        .any(|coding| !is_plain(coding.trim()))
}

/// Content-Length, if there is one.
pub(super) fn content_length(headers: &Headers) -> Result<Option<u64>, Error> {
    let Some(text) = header(headers, "content-length") else {
        return Ok(None);
    };
    match number(text.trim()) {
        Some(length) => Ok(Some(length)),
        None => Err(Error::new(
            Code::SourceRange,
            "the source answered with a Content-Length that is no number",
        )),
    }
}

/// A `Content-Range` in bytes (RFC 9110 section 14.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ContentRange {
    /// `bytes 0-9/100`, or `/*` without a total.
    Bytes {
        first: u64,
        last: u64,
        total: Option<u64>,
    },
    /// `bytes */100`.
    Unsatisfied { total: u64 },
}

/// `None` for another unit, and for numbers that contradict each other.
pub(super) fn content_range(text: &str) -> Option<ContentRange> {
    let (unit, rest) = text.trim().split_once(' ')?;
    let (range, total) = rest.trim().split_once('/')?;
    if !unit.eq_ignore_ascii_case("bytes") {
        return None;
    }
    if range == "*" {
        return Some(ContentRange::Unsatisfied {
            total: number(total)?,
        });
    }
    let (first, last) = range.split_once('-')?;
    let (first, last) = (number(first)?, number(last)?);
    let total = match total {
        "*" => None,
        total => Some(number(total)?),
    };
    let sound = first <= last && total.is_none_or(|total| last < total);
    sound.then_some(ContentRange::Bytes { first, last, total })
}

/// Digits only: `parse` alone would take a sign. A number with more digits than fit is the largest there is: whatever it
/// counts is too large to be stored, and is told as that.
fn number(text: &str) -> Option<u64> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expect() -> RangeExpectation {
        let validator = Validator {
            etag: Some("\"v1\"".into()),
            last_modified: Some("Sun, 02 Jun 2024 12:40:00 GMT".into()),
            just_modified: None,
            ..Validator::default()
        };
        RangeExpectation {
            first: 10,
            last: 19,
            total: Some(100),
            validator,
        }
    }

    fn check(status: u16, list: &[(&str, &str)]) -> Result<(), Error> {
        let headers = list
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        check_range(&expect(), status, &headers)
    }

    fn code(status: u16, list: &[(&str, &str)]) -> Code {
        check(status, list).unwrap_err().code
    }

    const RANGE: (&str, &str) = ("content-range", "bytes 10-19/100");

    const ETAG: (&str, &str) = ("etag", "\"v1\"");

    const LATER: (&str, &str) = ("last-modified", "Mon, 03 Jun 2024 12:40:00 GMT");

    #[test]
    fn a_200_is_a_source_without_ranges_unless_the_reply_shows_that_it_is_another() {
        for status in [200, 203] {
            let error = check(status, &[ETAG]).unwrap_err();
            assert_eq!((error.code, error.status), (Code::SourceRange, Some(200)));
        }
        assert_eq!(code(202, &[ETAG]), Code::SourceStatus);
        let page = [("Content-Type", "text/html"), ("Content-Length", "4")];
        assert_eq!(code(200, &page), Code::SourceRange);
        assert_eq!(code(200, &[("ETag", "\"v2\"")]), Code::SourceRange);
        let same = [("ETag", "\"v1\""), ("Content-Length", "100")];
        assert_eq!(code(200, &same), Code::SourceRange);
        let longer = [("ETag", "\"v1\""), ("Content-Length", "101")];
        let error = check(200, &longer).unwrap_err();
        assert_eq!((error.code, error.status), (Code::SourceChanged, Some(200)));
        let other = [("ETag", "\"v2\""), LATER];
        assert_eq!(code(200, &other), Code::SourceChanged);
    }

    #[test]
    fn exactly_the_range_counts() {
        assert_eq!(code(206, &[RANGE]), Code::SourceRange, "without its ETag");
        check(206, &[RANGE, ("content-length", "10"), ("etag", "\"v1\"")]).unwrap();
        check(206, &[("Content-Range", "Bytes 10-19/*"), ETAG]).unwrap();
        for wrong in [
            "bytes 10-18/100",
            "bytes 11-19/100",
            "bytes 10-20/100",
            "bytes 0-9/100",
            "bytes 11-20/*",
            "bytes 19-10/100",
            "bytes 10-19",
            "bytes 10-+19/100",
            "items 10-19/100",
        ] {
            let error = check(206, &[("content-range", wrong), ETAG]).unwrap_err();
            assert_eq!(
                (error.code, error.status),
                (Code::SourceRange, Some(206)),
                "{wrong}"
            );
        }
        assert_eq!(code(206, &[ETAG]), Code::SourceRange);
        assert_eq!(
            code(206, &[("content-type", "multipart/byteranges; boundary=x")]),
            Code::SourceRange
        );
        for length in ["9", "11", "0", "100", "ten", "+10", ""] {
            let error = check(206, &[RANGE, ETAG, ("content-length", length)]).unwrap_err();
            assert_eq!(error.code, Code::SourceRange, "{length}");
        }
        check(206, &[RANGE, ETAG, ("content-length", " 10 ")]).unwrap();
    }

    #[test]
    fn a_content_range_is_read_through_blanks_and_not_where_it_contradicts_itself() {
        let tenth = Some(ContentRange::Bytes {
            first: 0,
            last: 9,
            total: Some(100),
        });
        for text in ["bytes 0-9/100", "\tBytes  0-9/100 "] {
            assert_eq!(content_range(text), tenth, "{text}");
        }
        for text in [
            "bytes 9-8/100",
            "bytes 0-9/9",
            "bytes 0-9/0",
            "bytes 0-9/100/100",
            "bytes 0-9-9/100",
            "bytes 0-9 /100",
            "bytes 0 -9/100",
        ] {
            assert_eq!(content_range(text), None, "{text}");
        }
    }

    #[test]
    fn a_changed_source_is_told_from_a_bad_one() {
        assert_eq!(
            code(206, &[("content-range", "bytes 10-19/101")]),
            Code::SourceChanged
        );
        assert_eq!(
            code(206, &[RANGE, ("etag", "\"v2\""), LATER]),
            Code::SourceChanged
        );
        for doubt in [("etag", "\"v2\""), ("etag", "W/\"v1\""), LATER] {
            assert_eq!(code(206, &[RANGE, doubt]), Code::SourceRange);
        }
        for (range, expected) in [
            ("", Code::SourceRange),
            ("bytes */100", Code::SourceRange),
            ("bytes */5", Code::SourceChanged),
        ] {
            let error = check(416, &[("content-range", range)]).unwrap_err();
            assert_eq!((error.code, error.status), (expected, Some(416)), "{range}");
        }
    }

    #[test]
    fn encoded_bytes_are_not_the_file() {
        assert_eq!(
            code(206, &[RANGE, ("Content-Encoding", "identity, gzip")]),
            Code::SourceEncoded
        );
        for plain in [
            "identity",
            "none",
            "binary",
            "aws-chunked",
            "8bit",
            "7bit",
            "UTF-8",
            "utf8",
            "",
            "identity, none",
        ] {
            check(206, &[RANGE, ETAG, ("content-encoding", plain)]).unwrap();
        }
    }

    #[test]
    fn other_statuses_have_their_codes() {
        for (status, expected, retryable) in [
            (401, Code::SourceForbidden, false),
            (403, Code::SourceForbidden, false),
            (404, Code::SourceNotFound, false),
            (410, Code::SourceNotFound, false),
            (407, Code::SourceStatus, false),
            (408, Code::SourceStatus, true),
            (409, Code::SourceStatus, false),
            (418, Code::SourceStatus, false),
            (429, Code::SourceStatus, true),
            (499, Code::SourceStatus, false),
            (500, Code::SourceStatus, true),
            (599, Code::SourceStatus, true),
            (600, Code::SourceStatus, false),
        ] {
            let error = check(status, &[]).unwrap_err();
            assert_eq!(
                (error.code, error.retryable, error.status),
                (expected, retryable, Some(status))
            );
        }
    }

    #[test]
    fn what_is_too_big_for_64_bits_is_too_large_not_odd() {
        let total = |text| match content_range(text) {
            Some(ContentRange::Bytes { total, .. }) => total,
            _ => None,
        };
        assert_eq!(total("bytes 0-0/18446744073709551616"), Some(u64::MAX));
        assert_eq!(total("bytes 0-0/+1"), None);
        assert_eq!(total("bytes 0-0/"), None);
        let whole = ContentRange::Bytes {
            first: 0,
            last: u64::MAX - 1,
            total: Some(u64::MAX),
        };
        assert_eq!(
            content_range("bytes 0-18446744073709551614/18446744073709551615"),
            Some(whole)
        );
    }
}
