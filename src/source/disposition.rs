//! The file name in a `Content-Disposition` (RFC 6266, RFC 8187), without any path, and in all the ways that servers write
//! it in fact: raw in some character set, percent-encoded, as RFC 2047 words, in RFC 2231 pieces.

use crate::encode::{base64_decode, percent_bytes};
use crate::http::{Headers, readable_value};
use crate::text::{self, UNREADABLE};

/// The name that the headers of a reply suggest. A proxy may have added a Content-Disposition to
/// that of the server behind it.
pub(super) fn suggested_name(headers: &Headers) -> Option<String> {
    let all = headers
        .iter()
        .filter(|(name, _)| name.eq_ignore_ascii_case("content-disposition"));
    all.map(|(_, value)| readable_value(value))
        .find_map(|text| file_name(&text))
}

/// The name a reply suggests, if there is a usable one. `filename*` wins over `filename`. Directories, which a hostile
/// server may send in either spelling, are dropped.
pub(crate) fn file_name(disposition: &str) -> Option<String> {
    let params = parameters(disposition);
    let value = |wanted: &str| {
        let found = params
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(wanted));
        found.map(|(_, value)| value.as_str())
    };
    let all = [
        value("filename*").and_then(extended),
        pieces(&params),
        value("filename").map(readable),
    ];
    let usable = all.into_iter().flatten().filter_map(|name| usable(&name));
    let mut names: Vec<String> = usable.collect();
    let whole = names.iter().position(|name| !name.contains(UNREADABLE));
    (!names.is_empty()).then(|| names.swap_remove(whole.unwrap_or_default()))
}

fn usable(name: &str) -> Option<String> {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let clean: String = last.chars().filter(|c| !c.is_control()).collect();
    let clean = clean.trim();
    (!clean.is_empty() && clean != "." && clean != "..").then(|| clean.to_owned())
}

/// `UTF-8''na%C3%AFve.mp4`. Some leave the character set out.
fn extended(value: &str) -> Option<String> {
    let (charset, encoded) = match value.split_once('\'') {
        Some((charset, rest)) => (charset, rest.split_once('\'')?.1),
        None => ("utf-8", value),
    };
    // What is not encoded is text already.
    match encoded.is_ascii() {
        true => text::decode(charset, &percent_bytes(encoded)),
        false => Some(readable(encoded)),
    }
}

/// `filename*0="one "; filename*1*=%C3%A9` (RFC 2231), joined.
fn pieces(params: &[(String, String)]) -> Option<String> {
    let mut joined = String::new();
    let mut charset = None;
    for number in 0..params.len() {
        let plain = format!("filename*{number}");
        let found = params.iter().find_map(|(name, value)| {
            let name = name.to_ascii_lowercase();
            let rest = name.strip_prefix(&plain)?;
            matches!(rest, "" | "*").then_some((rest == "*", value.as_str()))
        });
        let Some((is_encoded, value)) = found else {
            break;
        };
        match (number, is_encoded, value.split_once("'")) {
            (0, true, Some((set, rest))) => {
                charset = Some(set.to_owned());
                joined.push_str(rest.split_once('\'')?.1);
            }
            (_, true, _) => joined.push_str(value),
            // A sign of the encoding, in a piece that is not encoded, means itself.
            (_, false, _) => joined.push_str(&value.replace('%', "%25")),
        }
    }
    // What is not encoded is text already, as in `extended`.
    match charset {
        Some(charset) if joined.is_ascii() => text::decode(&charset, &percent_bytes(&joined)),
        _ => Some(readable(&joined)),
    }
}

/// A plain value: RFC 2047 words, bytes that were taken for characters, percent-encoding.
fn readable(value: &str) -> String {
    let value = match value.strip_prefix('\'').and_then(|v| v.strip_suffix('\'')) {
        Some(inner) => inner,
        None => value,
    };
    if let Some(words) = words(value) {
        return words;
    }
    let meant = text::unmangled(value);
    match meant.contains('%') {
        true => text::guess(&percent_bytes(&meant)),
        false => meant,
    }
}

/// `=?UTF-8?B?5rWL?=` and `=?gbk?Q?=B2=E2?=`, with what stands around them. `None` where there is none that can be read.
fn words(value: &str) -> Option<String> {
    let mut out = String::new();
    // The bytes of words in a row are one text: a character may be cut between two.
    let mut open: Option<(&str, Vec<u8>)> = None;
    let mut rest = value;
    let mut found = false;
    while let Some((before, after)) = rest.split_once("=?") {
        let (charset, after) = after.split_once('?')?;
        let (encoding, after) = after.split_once('?')?;
        let (encoded, after) = after.split_once("?=")?;
        let charset = charset.split('*').next().unwrap_or_default();
        let bytes = match encoding {
            "B" | "b" => base64_decode(encoded)?,
            "Q" | "q" => quoted(encoded),
            _ => return None,
        };
        match &mut open {
            Some((same, all)) if same.eq_ignore_ascii_case(charset) && before.trim().is_empty() => {
                all.extend(bytes);
            }
            _ => {
                close(&mut out, open)?;
                // Blanks between two words are no part of the text; those before the first are none of the name.
                if !before.trim().is_empty() {
                    out.push_str(before);
                }
                open = Some((charset, bytes));
            }
        }
        found = true;
        rest = after;
    }
    close(&mut out, open)?;
    out.push_str(rest);
    found.then_some(out)
}

fn close(out: &mut String, word: Option<(&str, Vec<u8>)>) -> Option<()> {
    if let Some((charset, bytes)) = word {
        out.push_str(&text::decode(charset, &bytes)?);
    }
    Some(())
}

/// The Q encoding: percent-encoding with another sign, and `_` for a blank.
fn quoted(encoded: &str) -> Vec<u8> {
    let encoded = encoded.replace('%', "%25").replace('_', " ");
    percent_bytes(&encoded.replace('=', "%"))
}

/// The `name=value` parts, quotes and backslashes undone.
fn parameters(text: &str) -> Vec<(String, String)> {
    let mut params = Vec::new();
    // Some leave out the word before the first `;`.
    let mut rest = text;
    while let Some((name, tail)) = rest.split_once('=') {
        // A name never holds a `;`: what stands before one is a parameter without a value.
        let name = name
            .rsplit(';')
            .next()
            .unwrap_or_default()
            .trim()
            .to_owned();
        let (value, tail) = match tail.trim_start().strip_prefix('"') {
            Some(quoted) => unquote(quoted),
            None => {
                let (value, tail) = tail.split_once(';').unwrap_or((tail, ""));
                (value.trim().to_owned(), tail)
            }
        };
        params.push((name, value));
        rest = tail;
    }
    params
}

/// Up to the closing quote, and what comes after the `;` behind it. A backslash before anything else than a quote or another
/// one is part of a path of Windows.
fn unquote(text: &str) -> (String, &str) {
    let mut value = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (c, chars.as_str().chars().next()) {
            ('"', _) => return (value, after(chars.as_str(), ';')),
            ('\\', Some(escaped @ ('"' | '\\'))) => {
                value.push(escaped);
                chars.next();
            }
            (c, _) => value.push(c),
        }
    }
    (value, "")
}

fn after(text: &str, separator: char) -> &str {
    text.split_once(separator).map_or("", |(_, rest)| rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_plain_quoted_and_extended_names() {
        for (text, name) in [
            ("attachment; filename=film.mp4", "film.mp4"),
            (
                "attachment; FileName=\"my film; 1.mp4\"; size=3",
                "my film; 1.mp4",
            ),
            ("inline; filename=\"a\\\"b.mp4\"", "a\"b.mp4"),
            (
                "attachment; filename=x.mp4; filename*=UTF-8''%E7%89%87.mp4",
                "片.mp4",
            ),
            ("attachment; filename*=iso-8859-1'en'%e9t%e9.mp4", "été.mp4"),
            ("attachment; filename*=utf-7''x; filename=y.mp4", "y.mp4"),
            ("attachment; flag; filename=z.mp4", "z.mp4"),
            ("filename=film.mp4", "film.mp4"),
            ("attachment; filename='film 1.mp4'", "film 1.mp4"),
            ("attachment; filename = \"a.mp4", "a.mp4"),
            ("attachment; from=\"C:\\\\\"; filename=a.mp4", "a.mp4"),
            (
                "form-data; name=\"f\"; filename=\"a.mp4\"; size=\"3\"",
                "a.mp4",
            ),
            (
                "attachment; filename* = UTF-8''it's%20%E7%89%87.mp4 ; size=3",
                "it's 片.mp4",
            ),
        ] {
            assert_eq!(file_name(text).as_deref(), Some(name), "{text}");
        }
    }

    #[test]
    fn reads_what_servers_write_in_fact() {
        for (text, name) in [
            // Percent-encoded, though only `filename*` may be.
            ("attachment; filename=%E6%B5%8B%E8%AF%95.mp4", "测试.mp4"),
            ("attachment; filename=\"My%20film.mp4\"", "My film.mp4"),
            ("attachment; filename=%B2%E2%CA%D4.mp4", "测试.mp4"),
            ("attachment; filename=\"100% true.mp4\"", "100% true.mp4"),
            // Raw, in UTF-8, GBK and Latin-1.
            ("attachment; filename=\"测试.mp4\"", "测试.mp4"),
            ("attachment; filename=æµ\u{8b}è¯\u{95}.mp4", "测试.mp4"),
            ("attachment; filename=²âÊÔ.mp4", "测试.mp4"),
            ("attachment; filename=\"caf\u{e9}.mp4\"", "café.mp4"),
            // Extended, in other character sets, or with none.
            ("attachment; filename*=GBK''%B2%E2.mp4", "测.mp4"),
            ("attachment; filename*=gb18030'zh'%9C%79.mp4", "測.mp4"),
            ("attachment; filename*=utf8''%E7%89%87.mp4", "片.mp4"),
            ("attachment; filename*=\"UTF-8''%E7%89%87.mp4\"", "片.mp4"),
            ("attachment; filename*=%E7%89%87.mp4", "片.mp4"),
            (
                "attachment; filename*=UTF-8''测试.mp4; filename=x",
                "测试.mp4",
            ),
            (
                "attachment; filename*=UTF-8''%FF.mp4; filename=y.mp4",
                "y.mp4",
            ),
            (
                "attachment; filename*=GBK''%FF%FF.mp4; filename=y.mp4",
                "y.mp4",
            ),
            ("attachment; filename=\"%EF%BF%BDx.mp4\"", "\u{fffd}x.mp4"),
            // RFC 2231 pieces.
            (
                "a; filename*0=\"my \"; filename*1=\"film.mp4\"",
                "my film.mp4",
            ),
            (
                "a; filename*0*=UTF-8''%E6%B5; FileName*1*=%8B; filename*2=\"50%25.mp4\"",
                "测50%25.mp4",
            ),
            (
                "a; filename*0*=GBK'zh'it's%20; filename*1*=%B2%E2.mp4",
                "it's 测.mp4",
            ),
            ("a; filename*0*=iso-8859-1''%C3%A9.mp4", "Ã©.mp4"),
            ("a; filename*0*=GBK''测; filename*1=\".mp4\"", "测.mp4"),
            // RFC 2047 words.
            ("a; filename=\"=?UTF-8?B?5rWL6K+VLm1wNA==?=\"", "测试.mp4"),
            ("a; filename==?utf-8?Q?caf=C3=A9_1.mp4?=", "café 1.mp4"),
            ("a; filename==?utf-8?q?50%25.mp4?=", "50%25.mp4"),
            (
                "a; filename=\"=?GBK?B?suI=?= =?gbk?Q?=CA=D4?=.mp4\"",
                "测试.mp4",
            ),
            (
                "a; filename=\"=?UTF-8?B?5rU=?= =?UTF-8?b?iy5tcDQ=?=\"",
                "测.mp4",
            ),
            (
                "a; filename=\"=?GBK?B?suI=?= =?UTF-8?B?6K+V?=.mp4\"",
                "测试.mp4",
            ),
            (
                "a; filename=\" 1 =?UTF-8?B?5rWL?= of =?utf-8?B?6K+V?= .mp4\"",
                "1 测 of 试 .mp4",
            ),
            ("a; filename=\" film.mp4 \"", "film.mp4"),
            ("a; filename=\"=?iso-8859-1*en?q?=E9t=E9.mp4?=\"", "été.mp4"),
            ("a; filename=\"C:\\films\\a.mp4\"", "a.mp4"),
        ] {
            assert_eq!(file_name(text).as_deref(), Some(name), "{text}");
        }
    }

    #[test]
    fn drops_every_path() {
        for text in [
            "attachment; filename=\"../../etc/a.mp4\"",
            "attachment; filename*=UTF-8''..%2F..%2Fa.mp4",
            "attachment; filename*=UTF-8''C%3A%5Cdir%5Ca.mp4",
            "attachment; filename=\"a.mp4\n\"",
            "attachment; filename=\"a\u{7}.mp4\"",
        ] {
            assert_eq!(file_name(text).as_deref(), Some("a.mp4"), "{text}");
        }
    }

    #[test]
    fn no_name_is_none() {
        for text in [
            "",
            "inline",
            "attachment; filename=",
            "attachment; filename=\"..\"",
            "attachment; filename=\".\"",
            "attachment; filename=\"a.mp4/.\"",
            "attachment; filename=\"a/\"",
            ";;=;",
        ] {
            assert_eq!(file_name(text), None, "{text}");
        }
    }
}
