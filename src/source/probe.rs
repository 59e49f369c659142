//! What the first reply tells of a source: size, ranges, validator, type and name.
//!
//! The first request is a GET of the first part, not a HEAD, which signed URLs refuse: its body is used.

use std::collections::BTreeMap;

use super::disposition::suggested_name;
use super::range::{
    ContentRange, bad_status, check_identity, content_length, content_range, holds_a_part,
};
use crate::error::{Code, Error};
use crate::http::{Headers, header};
use crate::json::{Read, Write};
use crate::time::UnixMs;

/// What the first reply tells of a source.
#[derive(Debug, Clone, Default, PartialEq, Eq, Read, Write)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct Probe {
    /// Bytes, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub size: Option<u64>,
    /// It answers ranges: it gave exactly the one that was asked for.
    pub ranges: bool,
    /// This reply's body holds the whole source.
    pub whole: bool,
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
#[derive(Debug, Clone, Default, PartialEq, Eq, Read, Write)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", default)]
pub struct Validator {
    /// `ETag` as sent. Only a strong one, in quotes, promises the same bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub etag: Option<String>,
    /// `Last-Modified` as sent, where it is older than the reply.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub last_modified: Option<String>,
    /// `Last-Modified` as sent, where it is as new as the reply: it may have been made up for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub just_modified: Option<String>,
    /// Digests of the content as sent, by header and algorithm: `content-md5`, `x-oss-hash-crc64ecma`, `x-goog-hash`,
    /// `digest`, `repr-digest`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[cfg_attr(
        target_arch = "wasm32",
        tsify(optional, type = "Record<string, string>")
    )]
    pub digests: BTreeMap<String, String>,
}

/// Headers that hold one digest.
const ONE_DIGEST: &[&str] = &[CONTENT_MD5, OSS_CRC64];
/// Headers that list digests as `algorithm=value`.
const MANY_DIGESTS: &[&str] = &["x-goog-hash", "digest", "repr-digest"];
/// Of the whole, with some servers; of the range that was sent, with others.
const CONTENT_MD5: &str = "content-md5";
/// Of the whole object.
const OSS_CRC64: &str = "x-oss-hash-crc64ecma";
/// No digest is longer: SHA-512 takes 88 characters of Base64.
const LONGEST_DIGEST: usize = 128;
const MOST_DIGESTS: usize = 8;

/// What a reply says of the content as a whole.
fn digests(headers: &Headers) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for (name, value) in headers {
        let name = name.to_ascii_lowercase();
        if ONE_DIGEST.contains(&name.as_str()) {
            found.insert(name, value.trim().to_owned());
        } else if MANY_DIGESTS.contains(&name.as_str()) {
            let pairs = value.split(',').filter_map(|pair| pair.split_once('='));
            found.extend(pairs.map(|(algorithm, value)| {
                let algorithm = algorithm.trim().to_ascii_lowercase();
                (format!("{name}/{algorithm}"), value.trim().to_owned())
            }));
        }
    }
    let fits = |(name, value): &(String, String)| {
        !value.is_empty() && name.len().max(value.len()) <= LONGEST_DIGEST
    };
    found.into_iter().filter(fits).take(MOST_DIGESTS).collect()
}

/// How much two replies are about the same bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Likeness {
    /// Nothing says otherwise.
    Same,
    /// One validator differs. Many servers behind one name do that with one file; so each reply is sound in itself, but
    /// parts of two of them must not be put together.
    Doubtful,
    /// It is another file.
    Other,
}

/// Reads the status and the headers of a reply to a GET without a range.
///
/// # Errors
/// `EmptySource`, `SourceEncoded`, `SourceRange` for a part of the source, `SourceNotFound`, `SourceForbidden` or
/// `SourceStatus`.
pub fn read_probe(status: u16, headers: &Headers) -> Result<Probe, Error> {
    if matches!(status, 200 | 203 | 206) {
        check_identity(headers)?;
    }
    let size = match status {
        200 | 203 if holds_a_part(headers) => {
            let message = format!("the source answered {status} with a part of the file");
            return Err(Error::new(Code::SourceRange, message).status(status));
        }
        // 203 is a 200 that a proxy has passed on.
        200 | 203 => content_length(headers)?,
        206 => match first_range(headers)? {
            (end, total) if total == Some(end) => total,
            _ => return Err(odd("a part of the file")),
        },
        _ => return Err(refused(status, headers)),
    };
    probe(headers, size, false, true)
}

/// Reads the status and the headers of a reply to a range of the first `asked` bytes.
///
/// # Errors
/// As [`read_probe`]; `SourceRange` also for a range that is neither the one asked for nor the whole file.
pub fn read_first_part(asked: u64, status: u16, headers: &Headers) -> Result<Probe, Error> {
    if status != 206 {
        return read_probe(status, headers);
    }
    check_identity(headers)?;
    let (end, total) = first_range(headers)?;
    let Some(total) = total else {
        return Err(odd("without the size of the whole file"));
    };
    // A range that ends where the file does, too, and a server that ignores the end of a range, bring the whole file.
    if end != asked.min(total) && end != total {
        return Err(odd("with another range than the one asked for"));
    }
    probe(headers, Some(total), end <= asked, end == total)
}

fn probe(headers: &Headers, size: Option<u64>, ranges: bool, whole: bool) -> Result<Probe, Error> {
    if size == Some(0) {
        return Err(empty());
    }
    Ok(Probe {
        size,
        ranges,
        whole,
        validator: Validator::of(headers),
        content_type: header(headers, "content-type").map(str::to_owned),
        file_name: suggested_name(headers),
    })
}

/// What a GET without a range sends: no compression, which would give other bytes.
pub fn plain_headers() -> Headers {
    vec![("accept-encoding".to_owned(), "identity".to_owned())]
}

/// What a request for bytes `first` to `last` (inclusive) sends. With a validator a changed source answers 200 with all of
/// itself instead of a range of something else.
pub fn range_headers(first: u64, last: u64, validator: &Validator) -> Headers {
    let mut headers = plain_headers();
    headers.push(("range".to_owned(), format!("bytes={first}-{last}")));
    if let Some(validator) = validator.if_range() {
        headers.push(("if-range".to_owned(), validator.to_owned()));
    }
    headers
}

impl Validator {
    /// The ETag and the Last-Modified date of a reply.
    pub(super) fn of(headers: &Headers) -> Validator {
        let value = |name| header(headers, name).map(str::trim);
        let date = |name| value(name).and_then(UnixMs::parse_http_date);
        let modified = date("last-modified")
            .and(value("last-modified"))
            .map(str::to_owned);
        // Two changes within the second that a date tells cannot be told apart, either.
        let is_new = date("last-modified")
            .zip(date("date"))
            .is_some_and(|(modified, sent)| modified >= sent);
        Validator {
            etag: value("etag")
                .filter(|etag| !etag.is_empty())
                .map(str::to_owned),
            last_modified: modified.clone().filter(|_| !is_new),
            just_modified: modified.filter(|_| is_new),
            digests: digests(headers),
        }
    }

    /// Who sends this ETag promises the same bytes.
    pub(crate) fn is_strong(&self) -> bool {
        self.etag
            .as_deref()
            .is_some_and(|etag| etag.len() >= 2 && etag.starts_with('"') && etag.ends_with('"'))
    }

    /// What may stand in If-Range.
    pub(super) fn if_range(&self) -> Option<&str> {
        self.etag
            .as_deref()
            .filter(|_| self.is_strong())
            .or(self.last_modified.as_deref())
    }

    /// The CRC-64 of the whole, as OSS tells it of its objects.
    pub(crate) fn crc64(&self) -> Option<u64> {
        self.digests.get(OSS_CRC64)?.parse().ok()
    }

    /// Something by which a change can be noticed.
    pub(crate) fn tells(&self) -> bool {
        self.etag.is_some() || self.last_modified.is_some() || !self.digests.is_empty()
    }

    /// The first digest that both give and that differs.
    pub(crate) fn other_digest(&self, now: &Validator) -> Option<&str> {
        let mut both = self.digests.iter();
        let other = both.find(|(name, was)| now.digests.get(*name).is_some_and(|is| is != *was));
        other.map(|(name, _)| name.as_str())
    }

    /// The digest that differs may be that of a range.
    pub(crate) fn differs_by_range(&self, now: &Validator) -> bool {
        self.other_digest(now) == Some(CONTENT_MD5)
    }

    /// Compares what a later reply says, as far as both say something.
    pub(crate) fn compare(&self, now: &Validator) -> Likeness {
        let etag = self.etag.as_ref().zip(now.etag.as_ref());
        let etag = etag.map(|(was, is)| was == is);
        let was = self.last_modified.as_ref().or(self.just_modified.as_ref());
        let date = was
            .zip(now.last_modified.as_ref())
            .map(|(was, is)| was == is);
        let has_other_digest = self.other_digest(now).is_some();
        match (etag, date) {
            (Some(false), Some(false)) => Likeness::Other,
            (Some(false), _) | (_, Some(false))
                if has_other_digest && !self.differs_by_range(now) =>
            {
                Likeness::Other
            }
            _ if has_other_digest => Likeness::Doubtful,
            (Some(true), _) if self.is_strong() => Likeness::Same,
            (Some(false), _) | (_, Some(false)) => Likeness::Doubtful,
            // A 206 must hold the ETag that a 200 would; not so the date.
            (None, None) if self.etag.is_some() => Likeness::Doubtful,
            _ => Likeness::Same,
        }
    }
}

/// Of a 206: where its range ends, exclusively, and the size of the whole. It must begin at the first byte.
fn first_range(headers: &Headers) -> Result<(u64, Option<u64>), Error> {
    // `multipart/byteranges` has none: its ranges are inside the body.
    let text = header(headers, "content-range").ok_or_else(|| odd("without Content-Range"))?;
    let Some(ContentRange::Bytes {
        first: 0,
        last,
        total,
    }) = content_range(text)
    else {
        return Err(odd("with another range than the one asked for"));
    };
    let end = last.saturating_add(1);
    match content_length(headers)? {
        Some(length) if length != end => Err(odd("with another length than its range has")),
        _ => Ok((end, total)),
    }
}

fn odd(what: &str) -> Error {
    Error::new(Code::SourceRange, format!("the source answered 206 {what}")).status(206)
}

/// A reply without bytes of the source.
fn refused(status: u16, headers: &Headers) -> Error {
    let range = header(headers, "content-range").and_then(content_range);
    match (status, range) {
        (416, Some(ContentRange::Unsatisfied { total: 0 })) => empty(),
        (416, _) => Error::new(
            Code::SourceRange,
            "the source refused a range of its first bytes (416)",
        )
        .status(416),
        _ => bad_status(status),
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

    fn first_part(list: &[(&str, &str)]) -> Result<Probe, Error> {
        read_first_part(100, 206, &headers(list))
    }

    #[test]
    fn a_206_tells_size_validator_type_and_name() {
        let probe = first_part(&[
            ("Content-Range", "bytes 0-99/1234"),
            ("Content-Length", "100"),
            ("ETag", "\"v1\""),
            ("Last-Modified", "Sun, 02 Jun 2024 12:40:00 GMT"),
            ("Content-Type", "video/mp4"),
            ("Content-Disposition", "attachment; filename=film.mp4"),
        ])
        .unwrap();
        assert_eq!(
            (probe.size, probe.ranges, probe.whole),
            (Some(1234), true, false)
        );
        assert_eq!(probe.validator.etag.as_deref(), Some("\"v1\""));
        assert_eq!(probe.content_type.as_deref(), Some("video/mp4"));
        assert_eq!(probe.file_name.as_deref(), Some("film.mp4"));
    }

    #[test]
    fn a_first_part_may_be_all_there_is() {
        for (range, ranges) in [
            ("bytes 0-99/100", true),
            ("bytes 0-8/9", true),
            // The end of the range was ignored.
            ("bytes 0-1233/1234", false),
        ] {
            let probe = first_part(&[("content-range", range)]).unwrap();
            assert_eq!((probe.ranges, probe.whole), (ranges, true), "{range}");
        }
    }

    #[test]
    fn a_200_is_the_whole_file_and_its_size_may_be_unknown() {
        let probe = read_first_part(100, 200, &headers(&[("accept-ranges", "bytes")])).unwrap();
        assert_eq!((probe.size, probe.ranges, probe.whole), (None, false, true));
        let probe = read_probe(200, &headers(&[("content-length", "9")])).unwrap();
        assert_eq!(
            (probe.size, probe.ranges, probe.whole),
            (Some(9), false, true)
        );
        let probe = read_probe(206, &headers(&[("content-range", "bytes 0-8/9")])).unwrap();
        assert_eq!((probe.size, probe.whole), (Some(9), true));
        assert_eq!(
            code(206, &[("content-range", "bytes 0-7/9")]),
            Code::SourceRange
        );
        // A range under the status of a whole file is no whole file.
        for part in ["bytes 0-8/90", "bytes 0-8/*", "bytes 1-8/9"] {
            let error = read_probe(200, &headers(&[("content-range", part)])).unwrap_err();
            assert_eq!((error.code, error.status), (Code::SourceRange, Some(200)));
        }
        let odd = [("content-range", "bytes 0-8/90"), ("content-length", "9")];
        assert_eq!(code(200, &odd), Code::SourceRange);
        // Where the length is that of all, or the range all there is, it is.
        for (range, length, size) in [
            ("bytes 0-8/9", "9", Some(9)),
            ("bytes 0-8/90", "90", Some(90)),
            ("bytes 0-8/9", "", None),
        ] {
            let mut decorated = headers(&[("content-range", range), ("content-length", length)]);
            decorated.retain(|(_, value)| !value.is_empty());
            assert_eq!(read_probe(200, &decorated).unwrap().size, size, "{range}");
        }
    }

    #[test]
    fn an_empty_source_is_named_as_such() {
        assert_eq!(
            code(416, &[("content-range", "bytes */0")]),
            Code::EmptySource
        );
        assert_eq!(code(200, &[("content-length", "0")]), Code::EmptySource);
        for list in [&[("content-range", "bytes */9")][..], &[]] {
            let error = read_probe(416, &headers(list)).unwrap_err();
            assert_eq!((error.code, error.status), (Code::SourceRange, Some(416)));
        }
    }

    #[test]
    fn another_range_is_refused() {
        for range in [
            "bytes 0-98/1234",
            "bytes 0-100/1234",
            "bytes 0-99/*",
            "bytes 1-99/1234",
            "bytes 0-0/0",
            "items 0-99/1234",
            "0-99/1234",
            "bytes */1234",
            "",
        ] {
            let error = first_part(&[("content-range", range)]).unwrap_err();
            assert_eq!(
                (error.code, error.status),
                (Code::SourceRange, Some(206)),
                "{range}"
            );
        }
        for wrong in [
            ("content-type", "multipart/byteranges; boundary=x"),
            ("content-length", "100"),
        ] {
            assert_eq!(first_part(&[wrong]).unwrap_err().code, Code::SourceRange);
        }
        let longer = [
            ("content-range", "bytes 0-99/1234"),
            ("content-length", "1234"),
        ];
        assert_eq!(first_part(&longer).unwrap_err().code, Code::SourceRange);
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
        let gzip = ("content-encoding", "gzip");
        assert_eq!(code(203, &[gzip]), Code::SourceEncoded);
        let part = first_part(&[("content-range", "bytes 0-99/1234"), gzip]);
        assert_eq!(part.unwrap_err().code, Code::SourceEncoded);
        // What an error page is packed in does not matter.
        assert_eq!(code(404, &[gzip]), Code::SourceNotFound);
        read_probe(200, &headers(&[("content-encoding", "Identity")])).unwrap();
        // The host undoes chunks, and nothing else.
        for coding in ["gzip, chunked", "deflate", "X-Gzip"] {
            let error = read_probe(200, &headers(&[("transfer-encoding", coding)])).unwrap_err();
            assert_eq!(error.code, Code::SourceEncoded, "{coding}");
            assert!(error.message.contains("Transfer-Encoding"), "{error}");
        }
        for coding in ["chunked", "Chunked", "identity", "identity, chunked"] {
            read_probe(200, &headers(&[("transfer-encoding", coding)])).unwrap();
        }
    }

    #[test]
    fn what_a_proxy_passes_on_is_the_file() {
        let whole = headers(&[("content-length", "9")]);
        assert_eq!(read_probe(203, &whole).unwrap().size, Some(9));
        assert_eq!(read_first_part(100, 203, &whole).unwrap().size, Some(9));
        assert_eq!(
            code(203, &[("content-range", "bytes 0-8/90")]),
            Code::SourceRange
        );
    }

    #[test]
    fn the_name_stands_in_whichever_disposition_has_one() {
        let probe = first_part(&[
            ("content-range", "bytes 0-99/1234"),
            ("x-note", "attachment; filename=a.mp4"),
            ("content-disposition", "inline"),
            ("content-disposition", "attachment; filename=b.mp4"),
        ]);
        assert_eq!(probe.unwrap().file_name.as_deref(), Some("b.mp4"));
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

    const DAY: &str = "Sun, 02 Jun 2024 12:40:00 GMT";
    const NEXT_DAY: &str = "Mon, 03 Jun 2024 12:40:00 GMT";

    fn validator(list: &[(&str, &str)]) -> Validator {
        Validator::of(&headers(list))
    }

    #[test]
    fn only_strong_etags_and_settled_dates_go_into_if_range() {
        let sent = |list: &[(&str, &str)]| {
            let headers = range_headers(5, 9, &validator(list));
            assert_eq!(header(&headers, "range"), Some("bytes=5-9"));
            assert_eq!(header(&headers, "accept-encoding"), Some("identity"));
            header(&headers, "if-range").map(str::to_owned)
        };
        let dated = ("last-modified", DAY);
        assert_eq!(sent(&[("etag", "\"v\""), dated]).as_deref(), Some("\"v\""));
        assert_eq!(sent(&[("etag", "W/\"v\""), dated]).as_deref(), Some(DAY));
        assert_eq!(sent(&[("etag", "\"\"")]).as_deref(), Some("\"\""));
        for cut in ["v", "\"v", "v\"", "\""] {
            assert_eq!(sent(&[("etag", cut)]), None, "{cut}");
        }
        assert_eq!(sent(&[dated, ("date", NEXT_DAY)]).as_deref(), Some(DAY));
        assert_eq!(sent(&[dated, ("date", DAY)]), None);
        assert_eq!(sent(&[("last-modified", "yesterday")]), None);
        assert_eq!(sent(&[]), None);
    }

    #[test]
    fn one_validator_that_differs_is_a_doubt_and_two_are_a_proof() {
        let (v1, v2) = (("etag", "\"v1\""), ("etag", "\"v2\""));
        let (day, next) = (("last-modified", DAY), ("last-modified", NEXT_DAY));
        let now = ("date", NEXT_DAY);
        let compare = |was: &[_], is: &[_]| validator(was).compare(&validator(is));
        assert_eq!(compare(&[v1, day], &[v1, day]), Likeness::Same);
        assert_eq!(compare(&[day], &[]), Likeness::Same);
        assert_eq!(compare(&[v1, day], &[day]), Likeness::Same);
        assert_eq!(compare(&[v1, day], &[]), Likeness::Doubtful);
        assert_eq!(compare(&[v1, day], &[v1, next]), Likeness::Same);
        assert_eq!(compare(&[v1, day], &[v2, day]), Likeness::Doubtful);
        assert_eq!(compare(&[v1, day], &[v2]), Likeness::Doubtful);
        assert_eq!(compare(&[day], &[next]), Likeness::Doubtful);
        assert_eq!(compare(&[v1, day], &[v2, next]), Likeness::Other);
        let weak = |tag| ("etag", tag);
        assert_eq!(
            compare(&[weak("W/\"a\"")], &[weak("W/\"b\"")]),
            Likeness::Doubtful
        );
        // A weak one may stand for other bytes.
        let same = weak("W/\"a\"");
        assert_eq!(compare(&[same, day], &[same, next]), Likeness::Doubtful);
        assert_eq!(compare(&[same, day], &[same, day]), Likeness::Same);
        // As new as its reply when it was first seen, and settled since.
        let first = [day, ("date", DAY)];
        assert_eq!(compare(&first, &[day, now]), Likeness::Same);
        assert_eq!(compare(&first, &[next]), Likeness::Doubtful);
        // Made up for each reply.
        assert_eq!(compare(&[day, ("date", DAY)], &[next, now]), Likeness::Same);
    }

    fn digest(name: &str, value: &str) -> (String, String) {
        (name.to_owned(), value.to_owned())
    }

    #[test]
    fn digests_are_known_by_header_and_algorithm() {
        let told = validator(&[
            ("Content-MD5", " 1B2M2Y8AsgTpgAmY7PhCfg== "),
            ("x-oss-hash-crc64ecma", "18446744073709551615"),
            (
                "X-Goog-Hash",
                "crc32c=n03x6A==, MD5=Ojk9c3dhfxgoKVVHYwFbHQ==",
            ),
            (
                "Digest",
                "SHA-256=X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=",
            ),
            ("repr-digest", "sha-512 = :YMAam51Jz: , nothing"),
            ("x-checksum", "md5=abc"),
        ]);
        let expected = [
            digest("content-md5", "1B2M2Y8AsgTpgAmY7PhCfg=="),
            digest(
                "digest/sha-256",
                "X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=",
            ),
            digest("repr-digest/sha-512", ":YMAam51Jz:"),
            digest("x-goog-hash/crc32c", "n03x6A=="),
            digest("x-goog-hash/md5", "Ojk9c3dhfxgoKVVHYwFbHQ=="),
            digest("x-oss-hash-crc64ecma", "18446744073709551615"),
        ];
        assert_eq!(told.digests, BTreeMap::from(expected));
        assert_eq!(told.crc64(), Some(u64::MAX));
        assert_eq!(validator(&[("x-oss-hash-crc64ecma", "x")]).crc64(), None);
        assert_eq!(validator(&[("content-md5", "7")]).crc64(), None);
    }

    #[test]
    fn what_a_server_calls_its_digests_is_kept_within_bounds() {
        let kept = |name: &str, value: &str| validator(&[(name, value)]).digests.len();
        let longest = "x".repeat(128);
        assert_eq!(kept("content-md5", &longest), 1);
        assert_eq!(kept("content-md5", &format!("{longest}x")), 0);
        assert_eq!(kept("content-md5", " "), 0);
        assert_eq!(kept("digest", &format!("{longest}=x")), 0);
        assert_eq!(kept("digest", "sha-256="), 0);
        let many: Vec<_> = (0..20).map(|number| format!("a{number}=x")).collect();
        assert_eq!(kept("digest", &many.join(",")), 8);
    }

    #[test]
    fn a_date_is_either_settled_or_as_new_as_its_reply() {
        let dates = |sent| {
            let told = validator(&[("last-modified", DAY), ("date", sent)]);
            (told.last_modified.is_some(), told.just_modified.is_some())
        };
        assert_eq!(dates(NEXT_DAY), (true, false));
        assert_eq!(dates(DAY), (false, true));
    }

    #[test]
    fn an_etag_a_settled_date_or_a_digest_tell_of_a_change() {
        for told in [
            ("etag", "W/\"v\""),
            ("last-modified", DAY),
            ("digest", "md5=x"),
        ] {
            assert!(validator(&[told]).tells(), "{told:?}");
        }
        // A date that is made up for each reply, and nothing.
        assert!(!validator(&[("last-modified", DAY), ("date", DAY)]).tells());
        let silent = validator(&[("etag", " "), ("digest", "none")]);
        assert!(!silent.tells() && !silent.is_strong());
    }

    #[test]
    fn a_digest_that_differs_is_a_doubt_and_with_another_validator_a_proof() {
        let (crc, md5) = ("x-oss-hash-crc64ecma", "content-md5");
        let (v1, v2) = (("etag", "\"v1\""), ("etag", "\"v2\""));
        let (day, next) = (("last-modified", DAY), ("last-modified", NEXT_DAY));
        let compare = |was: &[_], is: &[_]| validator(was).compare(&validator(is));
        assert_eq!(
            compare(&[v1, (crc, "1")], &[v1, (crc, "1")]),
            Likeness::Same
        );
        assert_eq!(
            compare(&[v1, (crc, "1")], &[v1, (md5, "2")]),
            Likeness::Same
        );
        assert_eq!(compare(&[(crc, "1")], &[(crc, "2")]), Likeness::Doubtful);
        assert_eq!(
            compare(&[v1, (crc, "1")], &[v1, (crc, "2")]),
            Likeness::Doubtful
        );
        assert_eq!(
            compare(&[v1, (crc, "1")], &[v2, (crc, "2")]),
            Likeness::Other
        );
        assert_eq!(
            compare(&[day, (crc, "1")], &[next, (crc, "2")]),
            Likeness::Other
        );
        // It may be the digest of the range.
        assert_eq!(
            compare(&[v1, (md5, "1")], &[v2, (md5, "2")]),
            Likeness::Doubtful
        );
        assert_eq!(
            compare(&[day, (md5, "1")], &[next, (md5, "2")]),
            Likeness::Doubtful
        );
        let differs = |was: &[_], is: &[_]| validator(was).differs_by_range(&validator(is));
        assert!(differs(
            &[(md5, "1"), (crc, "1")],
            &[(md5, "2"), (crc, "1")]
        ));
        assert!(!differs(
            &[(md5, "1"), (crc, "1")],
            &[(md5, "1"), (crc, "2")]
        ));
        assert!(!differs(&[(md5, "1")], &[(md5, "1")]));
        let other = validator(&[(crc, "1")]);
        assert_eq!(other.other_digest(&validator(&[(crc, "2")])), Some(crc));
        assert_eq!(other.other_digest(&validator(&[(md5, "2")])), None);
    }
}
