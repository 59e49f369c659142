//! Percent-encoding as every Alibaba Cloud signature wants it (RFC 3986), hex, base64, sorted header lines, URLs.

use std::borrow::Cow;

use base64::Engine;
use base64::alphabet::STANDARD as ALPHABET;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use url::Url;

use crate::http::Headers;
use crate::idn;

const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// Standard alphabet; writes padding, reads with or without it, because some senders of upload credentials drop it.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &ALPHABET,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Percent-encodes every UTF-8 byte but the unreserved `A-Z a-z 0-9 - _ . ~`, with upper-case hex (RFC 3986 section 2).
///
/// Not the form encoding of `URLSearchParams`: that writes a space as `+` and leaves `*`, which invalidates signatures.
pub fn percent_encode(text: &str) -> String {
    encode_except(text, b"-_.~")
}

/// [`percent_encode`] that keeps `/`, for object keys in a path.
pub fn encode_path(key: &str) -> String {
    encode_except(key, b"-_.~/")
}

fn encode_except(text: &str, kept: &[u8]) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || kept.contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push(digit(byte >> 4).to_ascii_uppercase());
            out.push(digit(byte & 15).to_ascii_uppercase());
        }
    }
    out
}

/// Undoes percent-encoding. A `%` without two hex digits stays as it is; bytes that are not UTF-8 make it `None`.
/// `+` stays `+`.
pub fn percent_decode(text: &str) -> Option<String> {
    String::from_utf8(percent_bytes(text)).ok()
}

/// [`percent_decode`] into bytes that may be of any character set.
pub(crate) fn percent_bytes(text: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        rest = after;
        match (first, after) {
            (b'%', [high, low, tail @ ..])
                if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() =>
            {
                out.push(nibble(*high) << 4 | nibble(*low));
                rest = tail;
            }
            _ => out.push(first),
        }
    }
    out
}

/// Splits an encoded query into decoded names and values, in order. A name without `=` has an empty value.
pub fn parse_query(query: &str) -> Option<Vec<(String, String)>> {
    query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Some((percent_decode(name)?, percent_decode(value)?))
        })
        .collect()
}

/// Encodes names and values and joins them, in order: `a=1&b=`.
pub fn encode_query<'a>(params: impl IntoIterator<Item = &'a (String, String)>) -> String {
    params
        .into_iter()
        .map(|(name, value)| format!("{}={}", percent_encode(name), percent_encode(value)))
        .collect::<Vec<_>>()
        .join("&")
}

/// Lower-case hex.
pub fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)])
        .collect()
}

/// Standard base64 with padding.
pub fn base64_encode(bytes: &[u8]) -> String {
    BASE64.encode(bytes)
}

/// Standard base64 with or without padding, with white space around it.
pub fn base64_decode(text: &str) -> Option<Vec<u8>> {
    BASE64.decode(text.trim()).ok()
}

/// Appends a name and a value.
// Not in place: each of its many places would be 60 bytes of wasm.
#[inline(never)]
pub(crate) fn add(pairs: &mut Vec<(String, String)>, name: &str, value: &str) {
    pairs.push((name.to_owned(), value.to_owned()));
}

/// Names and values as signatures see them: sorted by name, then by value.
pub(crate) fn sorted(pairs: impl IntoIterator<Item = (String, String)>) -> Vec<(String, String)> {
    sorted_by(pairs, |before, after| before <= after)
}

/// Headers as signatures see them: names in lower case and sorted, values trimmed, those of one name joined with commas in
/// the order they came in or, `by_value`, sorted.
pub(crate) fn canonical_headers(headers: &Headers, by_value: bool) -> Headers {
    let clean = headers
        .iter()
        .map(|(name, value)| (name.trim().to_ascii_lowercase(), value.trim().to_owned()));
    let all = match by_value {
        true => sorted(clean),
        false => sorted_by(clean, |before, after| before.0 <= after.0),
    };
    let mut joined = Headers::new();
    for (name, value) in all {
        match joined.last_mut() {
            Some((last, values)) if *last == name => {
                values.push(',');
                values.push_str(&value);
            }
            _ => joined.push((name, value)),
        }
    }
    joined
}

/// Header lines of a canonical request.
pub(crate) fn header_lines(headers: &Headers) -> String {
    headers
        .iter()
        .map(|(name, value)| format!("{name}:{value}\n"))
        .collect()
}

/// By insertion: the lists are short, and each type std sorts is 4 KB of wasm.
fn sorted_by(
    pairs: impl IntoIterator<Item = (String, String)>,
    in_order: fn(&(String, String), &(String, String)) -> bool,
) -> Vec<(String, String)> {
    let mut out: Vec<(String, String)> = Vec::new();
    for pair in pairs {
        let at = out.partition_point(|before| in_order(before, &pair));
        out.insert(at, pair);
    }
    out
}

/// An absolute URL as the URL standard reads it, its host in ASCII.
///
/// `None` also for a host with letters that are not known (see [`idn`]): this build has no Unicode tables for them (see
/// Cargo.toml). Hosts pass what `new URL` wrote, which has turned such a name into punycode.
pub(crate) fn parse_url(text: &str) -> Option<Url> {
    Url::parse(&with_ascii_host(text)?).ok()
}

/// Whether a name has an empty label, as `a..b` and `127.0.0.1..` have: no host is called that, yet resolvers differ in what
/// they make of it. The one dot at the end of a full name is none.
pub(crate) fn has_empty_label(name: &str) -> bool {
    name.strip_suffix('.')
        .unwrap_or(name)
        .split('.')
        .any(str::is_empty)
}

/// What `reference`, absolute or relative, means seen from `base`. Hosts as in [`parse_url`].
pub(crate) fn join_url(base: &Url, reference: &str) -> Option<Url> {
    base.join(&with_ascii_host(reference)?).ok()
}

/// The same URL with a host in ASCII. `None` for one that cannot be written so, or that hides: parsers undo
/// percent-encoding in a host, and drop line breaks and tabs inside a URL.
fn with_ascii_host(text: &str) -> Option<Cow<'_, str>> {
    const SLASHES: [char; 2] = ['/', '\\'];
    let text = text.trim_start();
    if text.contains(char::is_control) {
        return None;
    }
    let is_scheme = |name: &str| {
        name.bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
    };
    let is_double = |rest: &str| {
        rest.strip_prefix(SLASHES)
            .is_some_and(|rest| rest.starts_with(SLASHES))
    };
    let with_host = match text.split_once(':') {
        Some((scheme, rest)) if is_scheme(scheme) => rest,
        _ if is_double(text) => text,
        _ => return Some(Cow::Borrowed(text)),
    };
    let bare = with_host.trim_start_matches(SLASHES);
    let authority = bare.split(['/', '\\', '?', '#']).next().unwrap_or_default();
    if authority.contains('%') {
        return None;
    }
    if authority.is_ascii() {
        return Some(Cow::Borrowed(text));
    }
    // Without two slashes it may be a path; a user name makes the URL one that is refused anyway.
    if !is_double(with_host) || authority.contains('@') {
        return None;
    }
    let before = text.get(..text.len().checked_sub(bare.len())?)?;
    let behind = bare.get(authority.len()..)?;
    Some(Cow::Owned(format!(
        "{before}{}{behind}",
        idn::to_ascii(authority)?
    )))
}

fn digit(nibble: u8) -> char {
    char::from(DIGITS.get(usize::from(nibble)).copied().unwrap_or(b'0'))
}

fn nibble(digit: u8) -> u8 {
    char::from(digit)
        .to_digit(16)
        .and_then(|value| u8::try_from(value).ok())
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaves_only_the_unreserved() {
        assert_eq!(percent_encode("aZ09-_.~"), "aZ09-_.~");
        assert_eq!(
            percent_encode(" +*/!'()&=é片"),
            "%20%2B%2A%2F%21%27%28%29%26%3D%C3%A9%E7%89%87"
        );
        assert_eq!(encode_path("sv/1 2.mp4"), "sv/1%202.mp4");
    }

    #[test]
    fn decodes_what_is_encoded_and_keeps_the_rest() {
        assert_eq!(percent_decode("a%2Fb+%e7%89%87").as_deref(), Some("a/b+片"));
        assert_eq!(
            percent_decode("100%, %4, %zz").as_deref(),
            Some("100%, %4, %zz")
        );
        assert_eq!(percent_decode("%FF"), None);
    }

    #[test]
    fn splits_a_query() {
        let expected =
            [("+a", "1"), ("b", ""), ("c", "")].map(|(n, v)| (n.to_owned(), v.to_owned()));
        assert_eq!(parse_query("%2Ba=1&b=&c").as_deref(), Some(&expected[..]));
        assert_eq!(encode_query(&expected), "%2Ba=1&b=&c=");
    }

    #[test]
    fn only_hosts_that_new_url_would_write_are_parsed() {
        for text in [
            "https://a.example/片?%41",
            "https://xn--fiq228c.example/",
            "https://片.example/",
            "http://[::1]:8/",
            "HTTPS://A.example",
        ] {
            assert!(parse_url(text).is_some(), "{text}");
        }
        for text in [
            "http://A¡",
            "https:片.example",
            "https://u@片.example/",
            "https://%C2%A1A/",
            "ht\ntps://a.example",
            "/a",
            "",
        ] {
            assert!(parse_url(text).is_none(), "{text}");
        }
        let base = parse_url("https://a.example/x/y").unwrap();
        let joined = |reference| join_url(&base, reference).map(String::from);
        assert_eq!(
            joined("片?q=%41").as_deref(),
            Some("https://a.example/x/%E7%89%87?q=%41")
        );
        assert_eq!(joined("//b.example").as_deref(), Some("https://b.example/"));
        assert_eq!(
            joined("//片.Example:8/?q").as_deref(),
            Some("https://xn--h1x.example:8/?q")
        );
        assert_eq!(joined("//A¡/"), None);
        assert_eq!(joined("\\\\A¡/"), None);
        assert_eq!(joined("/\t/A¡/"), None);
    }

    #[test]
    fn headers_of_one_name_are_joined() {
        let headers = [("B", " 2 "), ("a", "z"), ("b", "1"), ("A ", "y")]
            .map(|(n, v)| (n.to_owned(), v.to_owned()))
            .to_vec();
        assert_eq!(
            header_lines(&canonical_headers(&headers, false)),
            "a:z,y\nb:2,1\n"
        );
        assert_eq!(
            header_lines(&canonical_headers(&headers, true)),
            "a:y,z\nb:1,2\n"
        );
    }

    #[test]
    fn hex_and_base64() {
        assert_eq!(hex(&[0, 0xab, 0xff]), "00abff");
        assert_eq!(base64_encode(b"a?"), "YT8=");
        for text in ["YT8=", "YT8", " YT8=\n"] {
            assert_eq!(base64_decode(text).as_deref(), Some(&b"a?"[..]));
        }
        assert_eq!(base64_decode("YT8*"), None);
    }
}
