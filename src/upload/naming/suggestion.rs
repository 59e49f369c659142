//! The names that a source suggests: in Content-Disposition or the file system, in the path of its URL, in its query.

use super::Hints;
use super::types::by_extension;
use crate::encode::percent_bytes;
use crate::source::disposition;
use crate::text;
use crate::vod::formats::Formats;

/// Formats whose extensions mean all kinds of things elsewhere: a Content-Type says more.
const VAGUE: &[&str] = &["dat", "acm"];

/// Extensions of what makes an answer, not of what it is.
const PROGRAMS: &[&str] = &[
    "php", "phtml", "asp", "aspx", "ashx", "jsp", "jspx", "do", "action", "cgi", "pl", "html",
    "htm", "shtml", "xhtml", "bin", "download", "file",
];

/// What is told of a file in a query, if several parameters look like names.
const PREFERRED: &[&str] = &[
    "filename",
    "file_name",
    "file",
    "attname",
    "fname",
    "fn",
    "name",
    "title",
    "download",
];

/// One name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Suggestion {
    /// Without its extension.
    pub stem: String,
    /// As it is spelled; empty where VOD knows none.
    pub extension: String,
    /// What VOD calls it.
    pub format: Option<&'static str>,
    /// The extension ends the name, and nothing tells the format better.
    pub is_sure: bool,
}

/// All that the source suggests, the best name first.
pub(super) fn of_source(hints: &Hints<'_>, formats: Formats) -> Vec<Suggestion> {
    let mut all: Vec<Suggestion> = hints
        .name
        .map(|name| of_name(name, formats))
        .into_iter()
        .collect();
    if let Some(url) = hints.url {
        all.extend(of_url(url, formats));
    }
    all.retain(|one| !one.stem.is_empty() || one.format.is_some());
    all
}

/// A file's name, with its path or without.
pub(super) fn of_name(name: &str, formats: Formats) -> Suggestion {
    let name = last_segment(name).trim().trim_end_matches('.');
    let found = at_end(name, formats).or_else(|| inside(name, formats));
    found.unwrap_or_else(|| Suggestion {
        stem: without_program(name).to_owned(),
        extension: String::new(),
        format: None,
        is_sure: false,
    })
}

/// A name that the caller gave: what stands behind its last dot is its extension, whatever VOD knows.
pub(super) fn of_given(name: &str, formats: Formats) -> Suggestion {
    let one = of_name(name, formats);
    match one.stem.rsplit_once('.') {
        Some((stem, _)) if one.format.is_none() => Suggestion {
            stem: stem.to_owned(),
            ..one
        },
        _ => one,
    }
}

/// The text behind the last dot, for VOD to judge.
pub(super) fn any_extension(name: &str) -> Option<String> {
    let (_, extension) = last_segment(name).rsplit_once('.')?;
    let is_one = (1..=10).contains(&extension.len())
        && extension.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_one.then(|| extension.to_ascii_lowercase())
}

pub(super) fn last_segment(path: &str) -> &str {
    let path = path.trim_end_matches(['/', '\\']);
    path.rsplit(['/', '\\']).next().unwrap_or_default()
}

fn at_end(name: &str, formats: Formats) -> Option<Suggestion> {
    let (stem, extension) = name.rsplit_once('.')?;
    let format = by_extension(extension, formats)?;
    Some(Suggestion {
        stem: stem.to_owned(),
        extension: extension.to_owned(),
        format: Some(format),
        is_sure: !VAGUE.contains(&format),
    })
}

/// `film.mp4;jsessionid=1`, `a.jpg:large`, `film.mp4.download`.
fn inside(name: &str, formats: Formats) -> Option<Suggestion> {
    name.rmatch_indices('.').find_map(|(at, _)| {
        let (stem, rest) = name.split_at_checked(at)?;
        let rest = rest.strip_prefix('.')?;
        let length = rest.bytes().take_while(u8::is_ascii_alphanumeric).count();
        let (extension, behind) = rest.split_at_checked(length)?;
        let format = by_extension(extension, formats)?;
        let ends = match behind.strip_prefix('.') {
            Some(last) => !last.is_empty() && last.bytes().all(|byte| byte.is_ascii_alphabetic()),
            None => behind.starts_with(|c| ";:&!@?#,|*~$_".contains(c)),
        };
        ends.then(|| Suggestion {
            stem: stem.to_owned(),
            extension: extension.to_owned(),
            format: Some(format),
            is_sure: false,
        })
    })
}

fn without_program(name: &str) -> &str {
    match name.rsplit_once('.') {
        Some((stem, extension))
            if PROGRAMS
                .iter()
                .any(|one| extension.eq_ignore_ascii_case(one)) =>
        {
            stem
        }
        _ => name,
    }
}

/// The last segment of the path where it tells a format; else what else does, and then the last segment as it is.
fn of_url(url: &str, formats: Formats) -> Vec<Suggestion> {
    let url = url.split('#').next().unwrap_or_default();
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    let path = path.split_once("://").map_or(path, |(_, rest)| rest);
    // Without a slash behind the host there is no path, hence no name.
    let path = path.split_once('/').map_or("", |(_, path)| path);
    let mut segments: Vec<Suggestion> = path
        .rsplit('/')
        .filter(|segment| !segment.is_empty())
        .map(|segment| of_name(&decoded(segment), formats))
        .collect();
    if segments.is_empty() {
        return of_query(query, formats).into_iter().collect();
    }
    let others = segments.split_off(1);
    let mut all = Vec::new();
    let is_plain = segments.iter().all(|last| last.format.is_none());
    if is_plain {
        all.extend(of_query(query, formats));
        // `/film.mp4/download`
        let named = others.into_iter().filter(|one| one.is_sure);
        all.extend(named.take(1).map(unsure));
    }
    all.extend(segments);
    all
}

/// The value of a parameter that is a file's name, or a Content-Disposition that the server is asked to send.
fn of_query(query: &str, formats: Formats) -> Option<Suggestion> {
    let mut found = None;
    for pair in query.split('&') {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let name = decoded(name).to_ascii_lowercase();
        let value = decoded(&value.replace('+', " "));
        let is_header = name.ends_with("disposition") || name == "rscd";
        let told = match is_header {
            true => disposition::file_name(&value).unwrap_or_default(),
            false => value
                .split(['?', '#'])
                .next()
                .unwrap_or_default()
                .to_owned(),
        };
        let Some(one) = at_end(last_segment(told.trim()), formats) else {
            continue;
        };
        if is_header || PREFERRED.contains(&name.as_str()) {
            return Some(unsure(one));
        }
        found = found.or(Some(unsure(one)));
    }
    found
}

fn unsure(one: Suggestion) -> Suggestion {
    Suggestion {
        is_sure: false,
        ..one
    }
}

fn decoded(text: &str) -> String {
    text::guess(&percent_bytes(text))
}
