//! Text from elsewhere, made into what VOD and file systems take.

use crate::text::UNREADABLE;
use crate::vod::rules::Limit;

/// What stands in a made-up file name in characters, at most: VOD looks at the extension only.
const MAX_STEM: Limit = Limit::characters(120);

/// A title: one line of plain text, cut to the limit between two characters as people see them. Empty where nothing is left.
pub(super) fn title(text: &str, limit: Limit) -> String {
    let mut out = String::new();
    let mut left_out = true;
    for c in text.chars() {
        match c {
            c if c.is_whitespace() || c.is_control() => {
                push_blank(&mut out);
                left_out = true;
            }
            c if !is_taken(c) => left_out = true,
            // What joined or marked something that is not there.
            c if left_out && is_mark(c) => {}
            c => {
                out.push(c);
                left_out = false;
            }
        }
    }
    cut(&out, limit)
        .trim_end_matches([' ', '\u{200c}', '\u{200d}'])
        .to_owned()
}

/// A file name without its extension: a title that no file system objects to. Empty where nothing is left.
pub(super) fn file_stem(text: &str) -> String {
    let forbidden = |c: char| "/\\:*?\"<>|".contains(c);
    let safe: String = text
        .chars()
        .map(|c| if forbidden(c) { ' ' } else { c })
        .collect();
    title(&safe, MAX_STEM).trim_matches([' ', '.']).to_owned()
}

fn push_blank(out: &mut String) {
    if !out.is_empty() && !out.ends_with(' ') {
        out.push(' ');
    }
}

/// VOD keeps three bytes a character: nothing beyond the basic plane, where most emoji and rare Han are. It refuses emoji
/// by name, so those of the basic plane are left out as well; so are characters that are not seen, or turn the text round.
fn is_taken(c: char) -> bool {
    !matches!(u32::from(c),
        0x10000..
        // Soft hyphen, zero width, direction, invisible operators, byte order mark.
        | 0xad | 0x61c | 0x180e | 0x200b | 0x200e | 0x200f | 0x202a..=0x202e | 0x2060..=0x206f | 0xfeff
        // Emoji, and what makes one of a plain sign.
        | 0x20e3 | 0x231a | 0x231b | 0x23e9..=0x23fa | 0x25fd | 0x25fe | 0x2600..=0x27bf
        | 0x2b1b | 0x2b1c | 0x2b50 | 0x2b55 | 0x3297 | 0x3299 | 0xfe00..=0xfe0f
        // Private use, annotations, and what is no character.
        | 0xe000..=0xf8ff | 0xfdd0..=0xfdef | 0xfff0..=0xfffc | 0xfffe..=0xffff
    ) && c != UNREADABLE
}

/// As much of it as the limit allows, without a part of what people see as one character at the end.
fn cut(text: &str, limit: Limit) -> &str {
    let mut end = text.len();
    while !limit.allows(text.get(..end).unwrap_or_default()) {
        end = before(text, end);
    }
    while end > 0
        && text
            .get(end..)
            .is_some_and(|rest| rest.starts_with(is_mark))
    {
        end = before(text, end);
    }
    text.get(..end).unwrap_or_default()
}

/// Where the character begins that ends at `end`.
fn before(text: &str, end: usize) -> usize {
    let last = text.get(..end).and_then(|text| text.chars().next_back());
    end.saturating_sub(last.map_or(1, char::len_utf8))
}

/// Whether it belongs to the character before it: accents, vowel signs, joiners.
fn is_mark(c: char) -> bool {
    let code = u32::from(c);
    match code {
        0x300..=0x36f | 0x483..=0x489 | 0x591..=0x5c7 | 0x610..=0x61a | 0x64b..=0x65f | 0x670 => {
            true
        }
        // The scripts of India are laid out alike.
        0x900..=0xd7f => {
            matches!(code & 0x7f, 0..=3 | 0x3c | 0x3e..=0x4d | 0x51..=0x57 | 0x62 | 0x63)
        }
        0xe31 | 0xe34..=0xe3a | 0xe47..=0xe4e | 0xeb1 | 0xeb4..=0xebc | 0xec8..=0xece => true,
        // Hangul in letters: vowels and ends of syllables.
        0x1160..=0x11ff => true,
        0x1ab0..=0x1aff | 0x1dc0..=0x1dff | 0x20d0..=0x20ff | 0x200c | 0x200d => true,
        0x3099 | 0x309a | 0xfe20..=0xfe2f => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHARACTERS: Limit = Limit::characters(128);

    #[test]
    fn a_title_is_one_line_of_plain_text() {
        for (text, clean) in [
            ("My  film\t(1)\r\n", "My film (1)"),
            ("🎬 Film 👩‍👩‍👧 ❤️ ⭐", "Film"),
            ("电影𠮷一", "电影一"),
            ("a\u{202e}b\u{200b}c\u{feff}", "abc"),
            ("1️⃣ one", "1 one"),
            ("e\u{301}te\u{301}", "e\u{301}te\u{301}"),
            ("👍\u{301}x", "x"),
            ("\u{fffd}\u{e000}", ""),
            ("🎬", ""),
            ("I'm \"here\": a/b?", "I'm \"here\": a/b?"),
        ] {
            assert_eq!(title(text, CHARACTERS), clean, "{text:?}");
        }
    }

    #[test]
    fn a_title_is_cut_where_people_see_a_character_end() {
        assert_eq!(title(&"片".repeat(200), CHARACTERS), "片".repeat(128));
        assert_eq!(title(&"片".repeat(200), Limit::bytes(128)), "片".repeat(42));
        let accented = format!("{}e\u{301}", "x".repeat(127));
        assert_eq!(title(&accented, CHARACTERS), "x".repeat(127));
        let blank = format!("{} y", "x".repeat(127));
        assert_eq!(title(&blank, CHARACTERS), "x".repeat(127));
    }

    #[test]
    fn marks_of_every_script_stay_with_their_character() {
        for (before, mark) in [
            ("и", '\u{306}'),
            ("а", '\u{483}'),
            ("ש", '\u{5b0}'),
            ("ب", '\u{610}'),
            ("ب", '\u{64b}'),
            ("ب", '\u{670}'),
            ("क", '\u{901}'),
            ("क", '\u{93c}'),
            ("क", '\u{94d}'),
            ("ക", '\u{d57}'),
            ("क", '\u{962}'),
            ("ก", '\u{e31}'),
            ("ก", '\u{e48}'),
            ("ກ", '\u{eb4}'),
            ("ກ", '\u{ec8}'),
            ("ᄀ", '\u{1161}'),
            ("a", '\u{1ab0}'),
            ("a", '\u{1dc0}'),
            ("a", '\u{20d0}'),
            ("か", '\u{3099}'),
            ("a", '\u{fe20}'),
        ] {
            assert!(is_mark(mark), "{mark:?}");
            let text = format!("{}{before}{mark}", "x".repeat(127));
            assert_eq!(title(&text, CHARACTERS), "x".repeat(127), "{mark:?}");
        }
        for own in [
            'a', 'é', 'и', 'क', 'ก', 'ກ', 'ᄀ', 'か', '片', '\u{93d}', '\u{964}',
        ] {
            assert!(!is_mark(own), "{own:?}");
        }
    }

    #[test]
    fn a_file_name_holds_nothing_that_a_file_system_objects_to() {
        for (text, clean) in [
            ("a/b\\c:d", "a b c d"),
            ("\"film\"?", "film"),
            ("..film. ", "film"),
            ("...", ""),
        ] {
            assert_eq!(file_stem(text), clean);
        }
    }
}
