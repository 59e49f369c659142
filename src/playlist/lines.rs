//! A playlist's lines, however they end: LF, CRLF or CR alone, as players read them.

use std::ops::Range;

/// One line of a playlist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line<'a> {
    /// From 1 on.
    pub(super) number: usize,
    /// Without the white space around it and its ending.
    pub(super) text: &'a str,
    /// Where that text begins, in bytes.
    pub(super) start: usize,
    /// The whole line in the text, its ending included.
    pub(super) whole: Range<usize>,
}

/// The lines of a text. A byte order mark at its beginning belongs to the first line, and is no part of that line's text.
pub(super) fn lines(text: &str) -> impl Iterator<Item = Line<'_>> {
    let mut at = 0usize;
    let mut number = 0usize;
    std::iter::from_fn(move || {
        let rest = text.get(at..).filter(|rest| !rest.is_empty())?;
        let bare = rest.find(['\n', '\r']).unwrap_or(rest.len());
        let ending = match rest.get(bare..) {
            Some(end) if end.starts_with("\r\n") => 2,
            Some("") | None => 0,
            Some(_) => 1,
        };
        let begin = at;
        at = at.saturating_add(bare).saturating_add(ending);
        number = number.saturating_add(1);
        let line = rest.get(..bare).unwrap_or_default();
        let unmarked = match line.strip_prefix('\u{feff}') {
            Some(unmarked) if begin == 0 => unmarked,
            _ => line,
        };
        let lead = line.len().saturating_sub(unmarked.trim_start().len());
        Some(Line {
            number,
            text: unmarked.trim(),
            start: begin.saturating_add(lead),
            whole: begin..at,
        })
    })
}

/// How the lines of a text end.
pub(super) fn ending(text: &str) -> &'static str {
    match text.find(['\n', '\r']).and_then(|at| text.get(at..)) {
        Some(end) if end.starts_with("\r\n") => "\r\n",
        Some(end) if end.starts_with('\r') => "\r",
        _ => "\n",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_line_ending_is_one() {
        let text = "\u{feff}a\n b \r\n\rc\r\n";
        let read: Vec<_> = lines(text).map(|line| (line.number, line.text)).collect();
        assert_eq!(read, [(1, "a"), (2, "b"), (3, ""), (4, "c")]);
        let whole: String = lines(text)
            .map(|line| text.get(line.whole).unwrap())
            .collect();
        assert_eq!(whole, text);
        for line in lines(text) {
            assert!(text.get(line.start..).unwrap().starts_with(line.text));
        }
    }
}
