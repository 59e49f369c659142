//! What files are called where they are stored.
//!
//! Players look at extensions: ffmpeg refuses segments whose extension it does not know, or which is not one of the format it
//! finds. So a name keeps the extension it has if players know that, and gets the one of its format otherwise.

use std::collections::BTreeMap;

use crate::encode::percent_decode;
use crate::playlist::Role;
use crate::source::sniff;
use crate::upload::naming;

/// Longer names are cut: an object key has 1,023 bytes in all.
pub(super) const MAX_NAME: usize = 128;

/// What a file is, as far as its playlist tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Playlist,
    Key,
    Data,
    Init,
    /// A segment with an init segment before it.
    Fragment,
    /// A segment that stands for itself.
    Segment,
    Subtitles,
    Image,
}

impl Format {
    /// Of a file that a playlist of this role names.
    pub(super) fn of(list: Role, role: Role, in_fragments: bool) -> Format {
        match (role, list) {
            (Role::Key, _) => Format::Key,
            (Role::Data | Role::Remote, _) => Format::Data,
            (Role::Map, _) => Format::Init,
            (Role::Segment | Role::Gap, _) if in_fragments => Format::Fragment,
            (Role::Segment | Role::Gap, Role::Subtitles) => Format::Subtitles,
            (Role::Segment | Role::Gap, Role::Images) => Format::Image,
            (Role::Segment | Role::Gap, _) => Format::Segment,
            _ => Format::Playlist,
        }
    }

    /// Extensions that stay as they are.
    fn known(self) -> &'static [&'static str] {
        match self {
            Format::Playlist => &["m3u8"],
            Format::Key => &["key"],
            Format::Data => &["json", "xml", "txt", "plist", "vtt", "jpg", "png", "bin"],
            // Transport streams have init segments, too: the tables at their beginning.
            Format::Init | Format::Fragment => {
                &["mp4", "m4s", "m4a", "mov", "3gp", "cmfv", "cmfa", "ts"]
            }
            Format::Segment => &[
                "ts", "mp4", "m4s", "m4a", "mov", "3gp", "cmfv", "cmfa", "aac", "ac3", "eac3",
                "ec3", "mp2", "mp3", "mpg", "mpeg", "mpegts", "flac", "wav", "ogg", "oga", "ogv",
                "mkv", "avi", "vob", "vtt", "webvtt",
            ],
            Format::Subtitles => &["vtt", "webvtt"],
            Format::Image => &["jpg", "jpeg", "png", "webp", "gif", "avif"],
        }
    }

    /// What the format is called where the name tells nothing that players know.
    fn extension(self, given: &str) -> &'static str {
        match self {
            Format::Playlist => "m3u8",
            Format::Key => "key",
            Format::Data => "json",
            Format::Init => "mp4",
            Format::Fragment => "m4s",
            Format::Subtitles => "vtt",
            Format::Image => "jpg",
            Format::Segment if matches!(given, "m4f" | "m4v" | "fmp4" | "cmft" | "dash") => "m4s",
            Format::Segment => MADE_UP,
        }
    }

    fn knows(self, extension: &str) -> bool {
        let known = self.known().iter();
        known
            .copied()
            .any(|one| extension.eq_ignore_ascii_case(one))
    }
}

/// The extension of segments whose names tell nothing, until one of them was looked at.
pub(super) const MADE_UP: &str = "ts";

/// Nothing but a look at the segment tells which extension it needs.
pub(super) fn is_made_up(uri: &str, format: Format) -> bool {
    let name = called(uri, format);
    let given = split(&name).1.trim_start_matches('.');
    format == Format::Segment
        && !format.knows(given)
        && format.extension(&given.to_ascii_lowercase()) == MADE_UP
}

/// The extension of a segment, by its first bytes and by what its server calls it.
pub(super) fn extension_of(content_type: Option<&str>, head: &str) -> Option<&'static str> {
    let called = || naming::format_among(content_type?, SEGMENTS);
    sniff::format(head)
        .or_else(called)
        .or_else(|| sniff::audio_frame(head))
}

/// What a checkpoint may say of a track.
pub(super) fn is_of_segments(extension: &str) -> bool {
    SEGMENTS.split(' ').any(|known| known == extension)
}

/// What segments were seen to be.
const SEGMENTS: &str = "ts mp4 m4s m4a aac mp3 ac3 eac3 flac wav ogg vtt mpg mkv avi mov 3gp";

/// The name a file would have if it were alone, with the extension that players need: letters, digits, `-`, `_` and `.`.
/// `uri` is what its playlist calls it.
pub(super) fn wish(uri: &str, format: Format) -> String {
    let name = called(uri, format);
    let clean: String = name.chars().map(plain).collect();
    let (stem, given) = split(clean.trim_start_matches('.'));
    let given = given.trim_start_matches('.');
    let extension = match format.knows(given) {
        true => given,
        false => format.extension(&given.to_ascii_lowercase()),
    };
    let stem = if stem.is_empty() { "file" } else { stem };
    let room = MAX_NAME.saturating_sub(extension.len().saturating_add(1));
    let stem: String = stem.chars().take(room).collect();
    format!("{stem}.{extension}")
}

/// The last part of the path, or what in the URI has an extension that players know.
fn called(uri: &str, format: Format) -> String {
    let path = match uri.split_once("://") {
        Some((_, rest)) => rest.split_once('/').map_or("", |(_, path)| path),
        None => uri,
    };
    let bare = decoded(path.split(['?', '#']).next().unwrap_or_default());
    let query = uri.split_once('?').map_or("", |(_, query)| query);
    let values = query.split(['&', '#']).map(|pair| {
        let (_, value) = pair.split_once('=').unwrap_or(("", pair));
        decoded(value)
    });
    let literal = match uri.contains("://") {
        true => String::new(),
        false => path.to_owned(),
    };
    let told = std::iter::once(bare.clone()).chain(values).chain([literal]);
    told.map(|text| last(&text).to_owned())
        .find(|name| format.knows(split(name).1.trim_start_matches('.')))
        .unwrap_or_else(|| last(&bare).to_owned())
}

fn plain(c: char) -> char {
    match c {
        'a'..='z' | 'A'..='Z' | '0'..='9' | '-' | '_' | '.' => c,
        _ => '_',
    }
}

fn decoded(text: &str) -> String {
    percent_decode(text).unwrap_or_else(|| text.to_owned())
}

fn last(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or_default()
}

/// Stem and extension, with its dot.
fn split(name: &str) -> (&str, &str) {
    match name.rfind('.') {
        Some(at) if at > 0 => name.split_at(at),
        _ => (name, ""),
    }
}

/// Names that are taken. Case does not make a difference: not every place where a copy may end up has it.
#[derive(Default)]
pub(super) struct Names {
    /// With the last number that was given to it as a wish.
    taken: BTreeMap<String, u32>,
}

impl Names {
    pub(super) fn give(&mut self, wish: &str) -> String {
        let key = wish.to_ascii_lowercase();
        let Some(mut count) = self.taken.get(&key).copied() else {
            self.taken.insert(key, 1);
            return wish.to_owned();
        };
        let (stem, extension) = split(wish);
        loop {
            count = count.saturating_add(1);
            let name = format!("{stem}-{count}{extension}");
            let taken = name.to_ascii_lowercase();
            if !self.taken.contains_key(&taken) {
                self.taken.insert(taken, 1);
                self.taken.insert(key, count);
                return name;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_the_extension_that_players_need() {
        use Format::*;
        for (uri, format, name) in [
            ("seg0.ts?sig=1", Segment, "seg0.ts"),
            ("SEG0.TS", Segment, "SEG0.TS"),
            ("get.php?f=0.ts", Segment, "0.ts"),
            ("https://h/get.php?f=a%2F0.ts&x=1", Segment, "0.ts"),
            ("https://h.example?f=0.ts", Segment, "0.ts"),
            ("segment/12", Segment, "12.ts"),
            ("pic.jpg", Segment, "pic.ts"),
            ("a.aac", Segment, "a.aac"),
            ("a.m4f", Segment, "a.m4s"),
            ("segment/12", Fragment, "12.m4s"),
            ("a.cmfv", Fragment, "a.cmfv"),
            ("a.aac", Fragment, "a.m4s"),
            ("init?x=1", Init, "init.mp4"),
            ("subs/0", Subtitles, "0.vtt"),
            ("subs/0.txt", Subtitles, "0.vtt"),
            ("tile.png", Image, "tile.png"),
            ("tile.php", Image, "tile.jpg"),
            ("get.php?id=1", Key, "get.key"),
            ("k.bin", Key, "k.key"),
            ("lyrics", Data, "lyrics.json"),
            ("list.php?id=1", Playlist, "list.m3u8"),
            ("a#1.ts", Segment, "a_1.ts"),
            ("100%.ts", Segment, "100_.ts"),
            ("", Segment, "file.ts"),
            (".ts", Segment, "ts.ts"),
        ] {
            assert_eq!(wish(uri, format), name, "{uri} {format:?}");
            let made_up = format == Segment && name.ends_with(".ts") && !uri.contains(".ts");
            assert_eq!(is_made_up(uri, format), made_up || uri == ".ts", "{uri}");
        }
        assert!(wish(&"x".repeat(500), Segment).len() <= MAX_NAME);
    }

    #[test]
    fn the_format_of_a_file_follows_from_what_names_it() {
        use Format::{Data, Fragment, Image, Init, Key, Playlist, Segment, Subtitles};
        for (list, role, format) in [
            (Role::Variant, Role::Key, Key),
            (Role::Variant, Role::Data, Data),
            (Role::Variant, Role::Remote, Data),
            (Role::Variant, Role::Map, Init),
            (Role::Variant, Role::Segment, Segment),
            (Role::Rendition, Role::Gap, Segment),
            (Role::Subtitles, Role::Segment, Subtitles),
            (Role::Subtitles, Role::Gap, Subtitles),
            (Role::Images, Role::Segment, Image),
            (Role::Images, Role::Gap, Image),
            (Role::Variant, Role::Variant, Playlist),
            (Role::Variant, Role::Subtitles, Playlist),
        ] {
            assert_eq!(
                Format::of(list, role, false),
                format,
                "{role:?} of {list:?}"
            );
            let in_fragments = match role {
                Role::Segment | Role::Gap => Fragment,
                _ => format,
            };
            assert_eq!(Format::of(list, role, true), in_fragments, "{role:?}");
        }
    }

    #[test]
    fn what_a_segment_is_called_follows_from_its_bytes_before_its_type() {
        let frame = "\u{ff}\u{f1}\u{50}\u{80}\u{2}\u{1f}\u{fc}";
        for (told, head, extension) in [
            (Some("audio/aac"), "", Some("aac")),
            (Some("video/mp2t"), "\0\0\0\u{18}ftypmp42", Some("mp4")),
            (Some("video/mp2t"), "nothing known", Some("ts")),
            (Some("video/mp2t"), frame, Some("ts")),
            (Some("application/octet-stream"), frame, Some("aac")),
            (Some("application/octet-stream"), "nothing known", None),
            (None, "", None),
        ] {
            assert_eq!(extension_of(told, head), extension, "{told:?} {head:?}");
            assert!(extension.is_none_or(is_of_segments));
        }
        assert!(!is_of_segments("m3u8"));
    }
}
