//! HLS playlists: which URIs one holds and what each is for, and the same playlist with other URIs.
//!
//! Nothing else is touched: what is not a URI comes out byte for byte as it went in, unknown tags, comments and line
//! endings included. So are URIs that name no file of this media: a steering server, interstitials, DRM key ids.
//! <https://www.rfc-editor.org/rfc/rfc8216>

use std::ops::Range;

use crate::error::{Code, Error};

/// What a playlist lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Other playlists: variants and renditions.
    Master,
    /// Media.
    Media,
}

/// What a URI is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// A media playlist: the line after `EXT-X-STREAM-INF`.
    Variant,
    /// A media playlist: `EXT-X-MEDIA`.
    Rendition,
    /// A media playlist: `EXT-X-I-FRAME-STREAM-INF`, `EXT-X-IMAGE-STREAM-INF`.
    Stills,
    /// Media, or a byte range of it.
    Segment,
    /// A piece of a segment, or a byte range of it: `EXT-X-PART`.
    Part,
    /// What a decoder needs before the first segment: `EXT-X-MAP`.
    Map,
    /// A key as plain bytes: `EXT-X-KEY`, `EXT-X-SESSION-KEY`. Keys of a DRM system are named by identifiers, not by
    /// places, and are left alone.
    Key,
    /// `EXT-X-SESSION-DATA`.
    Data,
}

impl Role {
    /// It is a playlist itself.
    pub fn is_playlist(self) -> bool {
        matches!(self, Role::Variant | Role::Rendition | Role::Stills)
    }
}

/// A URI in a playlist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// What it is for.
    pub role: Role,
    /// Where it stands in the text, in bytes, without quotes.
    pub span: Range<usize>,
}

/// What a playlist says, as far as an upload has to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Playlist {
    /// What it lists.
    pub kind: Kind,
    /// All URIs that lead to something to upload, in their order.
    pub references: Vec<Reference>,
}

impl Playlist {
    /// Reads a playlist that is complete: nothing will be added to it.
    ///
    /// # Errors
    /// `PlaylistInvalid` naming the line; `PlaylistLive` for one that goes on.
    pub fn read(text: &str) -> Result<Playlist, Error> {
        Reader::default().read(text)
    }

    /// The text of a URI in `text`, the playlist this was read from.
    pub fn uri<'a>(&self, text: &'a str, reference: &Reference) -> &'a str {
        text.get(reference.span.clone()).unwrap_or_default()
    }

    /// The playlist with other URIs: `uris` are those of [`Playlist::references`], in their order. They must hold nothing
    /// that a playlist gives a meaning: no line break, no quote, no comma. Where there is none the old one stays.
    pub fn rewrite<'a>(&self, text: &str, uris: impl IntoIterator<Item = &'a str>) -> String {
        let mut out = String::with_capacity(text.len());
        let mut at = 0usize;
        for (reference, uri) in self.references.iter().zip(uris) {
            out.push_str(text.get(at..reference.span.start).unwrap_or_default());
            out.push_str(uri);
            at = reference.span.end;
        }
        out.push_str(text.get(at..).unwrap_or_default());
        out
    }
}

/// Reads line by line.
#[derive(Default)]
struct Reader {
    references: Vec<Reference>,
    /// The line after this must be a variant's URI.
    variant_follows: bool,
    is_master: bool,
    is_media: bool,
    /// `EXT-X-ENDLIST`, or the promise of `EXT-X-PLAYLIST-TYPE:VOD`.
    complete: bool,
    low_latency: Option<String>,
}

impl Reader {
    fn read(mut self, text: &str) -> Result<Playlist, Error> {
        let mut at = 0usize;
        let mut number = 0usize;
        for line in text.split_inclusive('\n') {
            number = number.saturating_add(1);
            let start = at;
            at = at.saturating_add(line.len());
            // A byte order mark is not allowed, and is met all the same.
            let mark = if number == 1 && line.starts_with('\u{feff}') {
                '\u{feff}'.len_utf8()
            } else {
                0
            };
            let bare = line.get(mark..).unwrap_or_default();
            let lead = bare.len().saturating_sub(bare.trim_start().len());
            let trimmed = bare.trim();
            if number == 1 && trimmed != "#EXTM3U" {
                return Err(invalid(
                    number,
                    "a playlist begins with #EXTM3U, and this does not",
                ));
            }
            let start = start.saturating_add(mark).saturating_add(lead);
            self.line(trimmed, start)
                .map_err(|problem| invalid(number, &problem))?;
        }
        if number == 0 {
            return Err(invalid(
                1,
                "a playlist begins with #EXTM3U, and this is empty",
            ));
        }
        self.end(number)
    }

    fn line(&mut self, line: &str, start: usize) -> Result<(), String> {
        if line.is_empty() {
            return Ok(());
        }
        if !line.starts_with('#') {
            return self.uri_line(line, start);
        }
        let Some(tag) = line.strip_prefix("#EXT") else {
            return Ok(());
        };
        let (name, value) = tag.split_once(':').unwrap_or((tag, ""));
        let value_at = start.saturating_add(line.len().saturating_sub(value.len()));
        match name {
            "INF" | "-X-TARGETDURATION" | "-X-MEDIA-SEQUENCE" | "-X-BYTERANGE" => {
                self.is_media = true;
            }
            "-X-ENDLIST" => self.complete = true,
            "-X-PLAYLIST-TYPE" => self.complete |= value.trim() == "VOD",
            "-X-STREAM-INF" => {
                self.is_master = true;
                self.variant_follows = true;
            }
            "-X-MEDIA" => self.attribute(Role::Rendition, value, value_at)?,
            "-X-I-FRAME-STREAM-INF" | "-X-IMAGE-STREAM-INF" => {
                self.required(name, Role::Stills, value, value_at)?;
            }
            "-X-SESSION-DATA" => self.attribute(Role::Data, value, value_at)?,
            "-X-MAP" => self.required(name, Role::Map, value, value_at)?,
            "-X-PART" => self.required(name, Role::Part, value, value_at)?,
            "-X-KEY" | "-X-SESSION-KEY" => self.key(name, value, value_at)?,
            "-X-PRELOAD-HINT" | "-X-RENDITION-REPORT" | "-X-SKIP" => {
                self.low_latency.get_or_insert_with(|| format!("EXT{name}"));
            }
            _ => {}
        }
        self.is_master |= matches!(name, "-X-MEDIA" | "-X-I-FRAME-STREAM-INF")
            || matches!(
                name,
                "-X-IMAGE-STREAM-INF" | "-X-SESSION-DATA" | "-X-SESSION-KEY"
            );
        self.is_media |= matches!(name, "-X-MAP" | "-X-PART" | "-X-KEY");
        Ok(())
    }

    fn uri_line(&mut self, line: &str, start: usize) -> Result<(), String> {
        let role = if std::mem::take(&mut self.variant_follows) {
            Role::Variant
        } else {
            self.is_media = true;
            Role::Segment
        };
        let end = start.saturating_add(line.len());
        self.refer(role, line, start..end)
    }

    /// A key's URI is a place only in the plain key format; elsewhere it is an identifier for a DRM system.
    fn key(&mut self, name: &str, value: &str, at: usize) -> Result<(), String> {
        let plain = find(value, "KEYFORMAT").is_none_or(|(format, _)| format == "identity");
        let none = find(value, "METHOD").is_some_and(|(method, _)| method == "NONE");
        match (plain, none) {
            (true, false) => self.required(name, Role::Key, value, at),
            _ => Ok(()),
        }
    }

    fn required(&mut self, name: &str, role: Role, value: &str, at: usize) -> Result<(), String> {
        match find(value, "URI") {
            Some(_) => self.attribute(role, value, at),
            None => Err(format!("EXT{name} has no URI")),
        }
    }

    fn attribute(&mut self, role: Role, value: &str, at: usize) -> Result<(), String> {
        let Some((uri, span)) = find(value, "URI") else {
            return Ok(());
        };
        let span = at.saturating_add(span.start)..at.saturating_add(span.end);
        self.refer(role, uri, span)
    }

    fn refer(&mut self, role: Role, uri: &str, span: Range<usize>) -> Result<(), String> {
        if uri.is_empty() {
            return Err("a URI is empty".into());
        }
        if uri.contains("{$") {
            return Err("a URI holds a variable (EXT-X-DEFINE), which is not supported".into());
        }
        // What is inside the playlist already needs no place of its own.
        let inline = uri
            .get(..5)
            .is_some_and(|s| s.eq_ignore_ascii_case("data:"));
        if !inline {
            self.references.push(Reference { role, span });
        }
        Ok(())
    }

    fn end(self, lines: usize) -> Result<Playlist, Error> {
        if self.variant_follows {
            return Err(invalid(lines, "EXT-X-STREAM-INF is not followed by a URI"));
        }
        let kind = match (self.is_master, self.is_media) {
            (true, true) => {
                let problem = "it lists variants and segments, and a playlist has only one of them";
                return Err(invalid(lines, problem));
            }
            (true, false) => Kind::Master,
            (false, _) => Kind::Media,
        };
        if kind == Kind::Media && !self.complete {
            let message = "it is live: it has neither EXT-X-ENDLIST nor EXT-X-PLAYLIST-TYPE:VOD";
            return Err(Error::new(Code::PlaylistLive, message));
        }
        if let Some(tag) = self.low_latency {
            let message = format!("it is a low-latency live playlist: it holds {tag}");
            return Err(Error::new(Code::PlaylistLive, message));
        }
        Ok(Playlist {
            kind,
            references: self.references,
        })
    }
}

/// The value of an attribute, without its quotes, and where it stands in the list.
fn find<'a>(list: &'a str, wanted: &str) -> Option<(&'a str, Range<usize>)> {
    let mut at = 0usize;
    loop {
        let rest = list.get(at..)?;
        let (name, after) = rest.split_once('=')?;
        let value_at = list.len().saturating_sub(after.len());
        let (value, span) = match after.strip_prefix('"') {
            Some(quoted) => {
                let begin = value_at.saturating_add(1);
                let end = begin.saturating_add(quoted.find('"')?);
                at = end.saturating_add(1);
                (list.get(begin..end)?, begin..end)
            }
            None => {
                let length = after.find(',').unwrap_or(after.len());
                let bare = after.get(..length)?;
                let end = value_at.saturating_add(bare.trim_end().len());
                at = value_at.saturating_add(length);
                (bare.trim_end(), value_at..end)
            }
        };
        if name.trim_matches([',', ' ', '\t']) == wanted {
            return Some((value, span));
        }
    }
}

fn invalid(line: usize, problem: &str) -> Error {
    Error::new(Code::PlaylistInvalid, format!("line {line}: {problem}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(text: &str) -> Vec<(Role, &str)> {
        let playlist = Playlist::read(text).unwrap();
        let uris: Vec<_> = playlist
            .references
            .iter()
            .map(|reference| (reference.role, playlist.uri(text, reference)))
            .collect();
        uris
    }

    fn refused(text: &str) -> (Code, String) {
        let error = Playlist::read(text).unwrap_err();
        (error.code, error.message)
    }

    const MASTER: &str = "#EXTM3U\r\n#EXT-X-VERSION:7\r\n\
        #EXT-X-SESSION-KEY:METHOD=AES-128,URI=\"keys/session.key\"\r\n\
        #EXT-X-SESSION-DATA:DATA-ID=\"com.example\",URI=\"data.json\"\r\n\
        #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",NAME=\"Deutsch, \u{d6}sterreich\",URI=\"audio/de.m3u8?x=1,2\"\r\n\
        #EXT-X-MEDIA:TYPE=CLOSED-CAPTIONS,GROUP-ID=\"cc\",NAME=\"CC\",INSTREAM-ID=\"CC1\"\r\n\
        #EXT-X-STREAM-INF:BANDWIDTH=1280000,AUDIO=\"a\"\r\n\
        # a comment between\r\n\
        low/index.m3u8\r\n\
        #EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=86000,URI=\"low/iframe.m3u8\"\r\n";

    #[test]
    fn a_master_playlist_lists_every_kind_of_uri() {
        assert_eq!(
            listed(MASTER),
            [
                (Role::Key, "keys/session.key"),
                (Role::Data, "data.json"),
                (Role::Rendition, "audio/de.m3u8?x=1,2"),
                (Role::Variant, "low/index.m3u8"),
                (Role::Stills, "low/iframe.m3u8"),
            ]
        );
        assert_eq!(Playlist::read(MASTER).unwrap().kind, Kind::Master);
    }

    const MEDIA: &str = "#EXTM3U\n#EXT-X-TARGETDURATION:6\n#EXT-X-PLAYLIST-TYPE:VOD\n\
        #EXT-X-MAP:URI=\"init.mp4\",BYTERANGE=\"720@0\"\n\
        #EXT-X-KEY:METHOD=AES-128,IV=0x1,URI=\"https://k.example/key?id=1\"\n\
        #EXTINF:6,a title with URI=\"no.ts\"\n#EXT-X-BYTERANGE:100@0\nall.mp4\n\
        #EXT-X-KEY:METHOD=NONE\n#EXTINF:6,\n#EXT-X-BYTERANGE:100@100\n  all.mp4 \n\
        #EXT-X-PART:DURATION=1,URI=\"part.mp4\",INDEPENDENT=YES\n#EXTINF:6,\nseg%201.ts#t";

    #[test]
    fn a_media_playlist_lists_segments_keys_maps_and_parts() {
        assert_eq!(
            listed(MEDIA),
            [
                (Role::Map, "init.mp4"),
                (Role::Key, "https://k.example/key?id=1"),
                (Role::Segment, "all.mp4"),
                (Role::Segment, "all.mp4"),
                (Role::Part, "part.mp4"),
                (Role::Segment, "seg%201.ts#t"),
            ]
        );
    }

    #[test]
    fn a_rewritten_playlist_differs_in_its_uris_only() {
        let playlist = Playlist::read(MEDIA).unwrap();
        let names = ["i.mp4", "k.key", "a.mp4", "a.mp4", "p.mp4", "s.ts"];
        let expected = MEDIA
            .replace("\"init.mp4\"", "\"i.mp4\"")
            .replace("https://k.example/key?id=1", "k.key")
            .replace("all.mp4", "a.mp4")
            .replace("\"part.mp4\"", "\"p.mp4\"")
            .replace("seg%201.ts#t", "s.ts");
        assert_eq!(playlist.rewrite(MEDIA, names), expected);
    }

    #[test]
    fn drm_keys_and_inline_data_stay_where_they_are() {
        let text = "#EXTM3U\n#EXT-X-ENDLIST\n\
            #EXT-X-KEY:METHOD=SAMPLE-AES,URI=\"skd://id\",KEYFORMAT=\"com.apple.streamingkeydelivery\"\n\
            #EXT-X-KEY:METHOD=AES-128,URI=\"data:text/plain;base64,AAAA\"\n\
            #EXT-X-KEY:METHOD=AES-128,URI=\"a.key\",KEYFORMAT=\"identity\"\n\
            #EXT-X-DATERANGE:ID=\"ad\",X-ASSET-URI=\"https://ads.example/1.m3u8\"\n";
        assert_eq!(listed(text), [(Role::Key, "a.key")]);
    }

    #[test]
    fn a_uri_without_quotes_is_found_too() {
        let text = "#EXTM3U\n#EXT-X-ENDLIST\n#EXT-X-KEY:METHOD=AES-128,URI=a.key,IV=0x1\n";
        assert_eq!(listed(text), [(Role::Key, "a.key")]);
    }

    #[test]
    fn a_byte_order_mark_is_kept() {
        let text = "\u{feff}#EXTM3U\n#EXT-X-ENDLIST\na.ts\n";
        let playlist = Playlist::read(text).unwrap();
        assert_eq!(
            playlist.rewrite(text, ["b.ts"]),
            "\u{feff}#EXTM3U\n#EXT-X-ENDLIST\nb.ts\n"
        );
    }

    #[test]
    fn live_and_low_latency_playlists_are_refused() {
        let (code, message) = refused("#EXTM3U\n#EXT-X-PLAYLIST-TYPE:EVENT\n#EXTINF:6,\na.ts\n");
        assert_eq!(code, Code::PlaylistLive);
        assert!(message.contains("EXT-X-ENDLIST"), "{message}");
        for tag in [
            "PRELOAD-HINT:TYPE=PART,URI=\"next\"",
            "RENDITION-REPORT:URI=\"b.m3u8\"",
            "SKIP:SKIPPED-SEGMENTS=3",
        ] {
            let (code, message) = refused(&format!("#EXTM3U\n#EXT-X-{tag}\n#EXT-X-ENDLIST\n"));
            assert_eq!(code, Code::PlaylistLive);
            assert!(message.contains("low-latency"), "{message}");
        }
        assert_eq!(
            listed("#EXTM3U\n#EXT-X-PLAYLIST-TYPE:VOD\na.ts\n"),
            [(Role::Segment, "a.ts")]
        );
    }

    #[test]
    fn what_is_no_playlist_is_refused_by_line() {
        for (text, line) in [
            ("", "line 1"),
            ("<html>", "line 1"),
            ("#EXTM3U8\n", "line 1"),
            ("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n", "line 2"),
            ("#EXTM3U\n#EXT-X-MAP:BYTERANGE=\"1@0\"\n", "line 2"),
            ("#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI=\"\"\n", "line 2"),
            ("#EXTM3U\n#EXTINF:6,\n{$base}/a.ts\n", "line 3"),
            (
                "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\na.m3u8\n#EXTINF:6,\na.ts\n",
                "line 5",
            ),
        ] {
            let (code, message) = refused(text);
            assert_eq!(code, Code::PlaylistInvalid, "{text}");
            assert!(message.starts_with(line), "{text}: {message}");
        }
    }
}
