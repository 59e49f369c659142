//! The file name in a `Content-Disposition` (RFC 6266, RFC 8187), without any path.

use crate::encode::percent_decode;

/// The name a reply suggests, if there is a usable one. `filename*` wins over `filename`. Directories, which a hostile
/// server may send in either spelling, are dropped.
pub(super) fn file_name(disposition: &str) -> Option<String> {
    let params = parameters(disposition);
    let value = |wanted: &str| {
        let found = params
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(wanted));
        found.map(|(_, value)| value.as_str())
    };
    let name = value("filename*")
        .and_then(extended)
        .or_else(|| value("filename").map(str::to_owned))?;
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let clean: String = last.chars().filter(|c| !c.is_control()).collect();
    let clean = clean.trim();
    (!clean.is_empty() && clean != "." && clean != "..").then(|| clean.to_owned())
}

/// `UTF-8''na%C3%AFve.mp4`.
fn extended(value: &str) -> Option<String> {
    let (charset, rest) = value.split_once('\'')?;
    let (_language, encoded) = rest.split_once('\'')?;
    match charset.eq_ignore_ascii_case("utf-8") {
        true => percent_decode(encoded),
        // The other charset the RFC names. Its bytes are the first 256 code points.
        false if charset.eq_ignore_ascii_case("iso-8859-1") => latin1(encoded),
        false => None,
    }
}

fn latin1(encoded: &str) -> Option<String> {
    let mut out = String::new();
    let mut pieces = encoded.split('%');
    out.push_str(pieces.next()?);
    for piece in pieces {
        let (digits, rest) = piece.split_at_checked(2)?;
        out.push(char::from(u8::from_str_radix(digits, 16).ok()?));
        out.push_str(rest);
    }
    Some(out)
}

/// The `name=value` parts after the first `;`, quotes and backslashes undone.
fn parameters(text: &str) -> Vec<(String, String)> {
    let mut params = Vec::new();
    let mut rest = after(text, ';');
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

/// Up to the closing quote, and what comes after the `;` behind it.
fn unquote(text: &str) -> (String, &str) {
    let mut value = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => return (value, after(chars.as_str(), ';')),
            '\\' => value.extend(chars.next()),
            c => value.push(c),
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
            "attachment; filename=\"a/\"",
            ";;=;",
        ] {
            assert_eq!(file_name(text), None, "{text}");
        }
    }
}
