//! The paths that a relative URI of a local playlist may mean.
//!
//! By the book `?`, `#` and `%` have a meaning in a URI. But who writes playlists by hand or by a tool often writes file names
//! as they are: what is literally there comes first, what the URI means by the book after it.

use crate::encode::percent_decode;
use crate::error::{Code, Error};

/// The paths that `uri`, in the playlist at `base`, may mean, the most literal one first, seen from the folder of the root.
/// There is one at least.
///
/// # Errors
/// `PathRefused` where what it means by the book is not below the folder of the root.
pub(super) fn paths(base: &str, uri: &str) -> Result<Vec<String>, Error> {
    let refuse = |why: &str| {
        let message = format!("{base} names a file {why}");
        Err(Error::new(Code::PathRefused, message))
    };
    let bare = uri.split(['?', '#']).next().unwrap_or_default();
    let without_fragment = uri.split('#').next().unwrap_or_default();
    let mut found: Vec<String> = vec![];
    let forms = [uri, without_fragment, bare];
    let decoded = forms.map(|form| percent_decode(form).unwrap_or_default());
    let literal = forms.iter().map(|form| (*form).to_owned());
    for path in literal
        .chain(decoded)
        .filter_map(|form| below(base, &form).ok())
    {
        if !found.contains(&path) {
            found.push(path);
        }
    }
    let by_the_book = match percent_decode(bare) {
        None if found.is_empty() => return refuse("whose name is not UTF-8"),
        None => return Ok(found),
        Some(path) => path,
    };
    match below(base, &by_the_book) {
        Err(why) if !bare.is_empty() => refuse(why),
        Err(why) if found.is_empty() => refuse(why),
        _ => Ok(found),
    }
}

fn below(base: &str, path: &str) -> Result<String, &'static str> {
    if path.starts_with('/') || is_drive(path) {
        return Err("by an absolute path");
    }
    // A backslash is a separator on some systems, and a part of a name on none that a playlist should count on.
    if path.contains('\\') || path.chars().any(char::is_control) {
        return Err("with a backslash or a control character in its name");
    }
    let mut segments: Vec<&str> = super::folder(base)
        .split('/')
        .filter(|s| !s.is_empty())
        .collect();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." if segments.pop().is_none() => return Err("outside of its folder"),
            ".." => {}
            name => segments.push(name),
        }
    }
    if segments.is_empty() || path.is_empty() || path.ends_with('/') {
        return Err("that is a folder");
    }
    Ok(segments.join("/"))
}

/// `C:` and what stands behind it.
fn is_drive(path: &str) -> bool {
    let mut bytes = path.bytes();
    bytes
        .next()
        .is_some_and(|letter| letter.is_ascii_alphabetic())
        && bytes.next() == Some(b':')
}

/// It names a URL, not a file. Names may hold colons: encoders write `seg-12:00:01.ts`.
pub(super) fn is_url(uri: &str) -> bool {
    let Some((scheme, rest)) = uri.split_once(':') else {
        return false;
    };
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
    rest.starts_with("//")
        && scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.bytes().all(legal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_literal_file_comes_first() {
        for (uri, expected) in [
            ("a.ts", vec!["v/a.ts"]),
            ("a%20b.ts", vec!["v/a%20b.ts", "v/a b.ts"]),
            ("a#1.ts", vec!["v/a#1.ts", "v/a"]),
            ("100%.ts", vec!["v/100%.ts"]),
            ("seg-12:00:01.ts", vec!["v/seg-12:00:01.ts"]),
            ("get.php?f=0.ts", vec!["v/get.php?f=0.ts", "v/get.php"]),
            ("a%ff.ts", vec!["v/a%ff.ts"]),
            ("a.ts?f=/../../../b.ts", vec!["v/a.ts"]),
            ("?f=0.ts", vec!["v/?f=0.ts"]),
            (
                "a%20b?c=%31#d",
                vec![
                    "v/a%20b?c=%31#d",
                    "v/a%20b?c=%31",
                    "v/a%20b",
                    "v/a b?c=1#d",
                    "v/a b?c=1",
                    "v/a b",
                ],
            ),
        ] {
            assert_eq!(paths("v/i.m3u8", uri).unwrap(), expected, "{uri}");
        }
    }
}
