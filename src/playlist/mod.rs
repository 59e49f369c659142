//! HLS playlists: which URIs one holds and what each is for, and the same playlist with other URIs.
//!
//! What is stored must play and must lead to what is stored. So variables get their values, leftovers of a live list and what
//! players pass over fall away, and what stays elsewhere is named by an absolute URL. Nothing else is touched: unknown tags,
//! comments and line endings come out byte for byte as they went in, and so do identifiers of DRM systems and inline data.
//!
//! Read in this order: `lines`, `attributes`, `define`, `choice`, `read`.
//! <https://datatracker.ietf.org/doc/html/draft-pantos-hls-rfc8216bis>

mod attributes;
mod choice;
mod define;
mod lines;
mod read;

use std::ops::Range;

pub use choice::Choice;
pub use define::{Origin, Variables};
pub use read::{Reading, Room, too_large, too_much};

use crate::error::Error;

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
    /// A media playlist of subtitles: `EXT-X-MEDIA`. Some name a WebVTT file instead.
    Subtitles,
    /// A media playlist: `EXT-X-I-FRAME-STREAM-INF`.
    Stills,
    /// A media playlist of images: `EXT-X-IMAGE-STREAM-INF`.
    Images,
    /// Media, or a byte range of it.
    Segment,
    /// A segment that is known to be missing (`EXT-X-GAP`): it is never asked for.
    Gap,
    /// What a decoder needs before the first segment: `EXT-X-MAP`.
    Map,
    /// A key as plain bytes: `EXT-X-KEY`, `EXT-X-SESSION-KEY`. Keys of a DRM system are named by identifiers, not by
    /// places, and are left alone.
    Key,
    /// `EXT-X-SESSION-DATA`.
    Data,
    /// Not part of the media: it stays where it is.
    Remote,
}

impl Role {
    /// It is a playlist itself.
    pub fn is_playlist(self) -> bool {
        matches!(
            self,
            Role::Variant | Role::Rendition | Role::Subtitles | Role::Stills | Role::Images
        )
    }
}

/// A URI in a playlist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// What it is for.
    pub role: Role,
    /// Where it stands in the text, in bytes, without quotes.
    pub span: Range<usize>,
    /// What it says, with values for its variables.
    pub uri: String,
    /// The line it stands in, from 1 on.
    pub line: usize,
    /// A segment that an `EXT-X-MAP` stands before.
    pub in_fragments: bool,
    /// How many bytes a key has by its method.
    pub key_bytes: Option<u64>,
}

/// Other text in place of some of a playlist.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Edit {
    span: Range<usize>,
    text: String,
}

/// What stands in place of a URI.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Replacement {
    /// It must hold nothing that a playlist gives a meaning: no line break, no quote, no comma.
    pub uri: String,
    /// The segment is missing: an `EXT-X-GAP` goes before it.
    pub is_gap: bool,
}

/// What a playlist says, as far as an upload has to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Playlist {
    /// What it lists.
    pub kind: Kind,
    /// All URIs that lead to something, in their order.
    pub references: Vec<Reference>,
    /// Its variables, for the playlists it leads to.
    pub variables: Variables,
    /// What is stored otherwise, in its order.
    edits: Vec<Edit>,
    ending: &'static str,
}

impl Playlist {
    /// Reads a playlist that is complete: nothing will be added to it.
    ///
    /// # Errors
    /// `PlaylistInvalid` naming the line; `PlaylistLive` for one that goes on; `InvalidArgument` (`variants`) where none fits.
    pub fn read(text: &str, reading: Reading<'_>) -> Result<Playlist, Error> {
        read::Reader::new(reading).read(text)
    }

    /// A file that stands where a playlist should, and is stored as it is.
    pub fn opaque() -> Playlist {
        Playlist {
            kind: Kind::Media,
            references: vec![],
            variables: Variables::default(),
            edits: vec![],
            ending: "\n",
        }
    }

    /// Bytes that it takes in memory, without what its URIs lead to.
    pub fn held(&self) -> usize {
        let reference = |one: &Reference| size_of::<Reference>().saturating_add(one.uri.len());
        let edit = |one: &Edit| size_of::<Edit>().saturating_add(one.text.len());
        let references = self.references.iter().map(reference);
        let all = references.chain(self.edits.iter().map(edit));
        all.fold(self.variables.held(), usize::saturating_add)
    }

    /// Forgets what its URIs say: where they stand is enough to rewrite it.
    pub fn forget_uris(&mut self) {
        for reference in &mut self.references {
            reference.uri = String::new();
        }
    }

    /// The playlist as it is to be stored: `uris` stand in place of [`Playlist::references`], in their order. `text` is what
    /// it was read from.
    pub fn rewrite(&self, text: &str, uris: impl IntoIterator<Item = Replacement>) -> String {
        let whole = self.rewrite_within(text, uris, usize::MAX);
        whole.unwrap_or_default()
    }

    /// The same; `None` where that has more than `most` bytes.
    pub fn rewrite_within(
        &self,
        text: &str,
        uris: impl IntoIterator<Item = Replacement>,
        most: usize,
    ) -> Option<String> {
        let mut out = Out {
            text,
            written: String::with_capacity(text.len()),
            at: 0,
        };
        let mut edits = self.edits.iter().peekable();
        for (reference, new) in self.references.iter().zip(uris) {
            while let Some(edit) = edits.next_if(|edit| edit.span.start < reference.span.start) {
                out.put(&edit.span, &edit.text);
            }
            if new.is_gap {
                let start = reference.span.start;
                out.put(&(start..start), &format!("#EXT-X-GAP{}", self.ending));
            }
            out.put(&reference.span, &new.uri);
            if out.written.len() > most {
                return None;
            }
        }
        for edit in edits {
            out.put(&edit.span, &edit.text);
        }
        out.put(&(text.len()..text.len()), "");
        Some(out.written).filter(|written| written.len() <= most)
    }
}

/// A text in the making.
struct Out<'a> {
    text: &'a str,
    written: String,
    /// Up to where the old text is taken over.
    at: usize,
}

impl Out<'_> {
    fn put(&mut self, span: &Range<usize>, new: &str) {
        let kept = self.text.get(self.at..span.start).unwrap_or_default();
        self.written.push_str(kept);
        self.written.push_str(new);
        // A line that falls away may have fallen away with others already.
        self.at = self.at.max(span.end);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Code;

    fn read(text: &str) -> Result<Playlist, Error> {
        Playlist::read(text, Reading::default())
    }

    fn listed(text: &str) -> Vec<(Role, String)> {
        let playlist = read(text).unwrap();
        let uris = playlist.references.into_iter();
        uris.map(|one| (one.role, one.uri)).collect()
    }

    fn refused(text: &str) -> (Code, String) {
        let error = read(text).unwrap_err();
        (error.code, error.message)
    }

    fn rewritten(playlist: &Playlist, text: &str, names: &[&str]) -> String {
        let named = names.iter().map(|name| Replacement {
            uri: (*name).to_owned(),
            is_gap: false,
        });
        playlist.rewrite(text, named)
    }

    /// As it is stored when every URI stays.
    fn stored(text: &str) -> String {
        let playlist = read(text).unwrap();
        let uris: Vec<String> = playlist.references.iter().map(|r| r.uri.clone()).collect();
        let uris: Vec<&str> = uris.iter().map(String::as_str).collect();
        rewritten(&playlist, text, &uris)
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

    fn of(list: &[(Role, &str)]) -> Vec<(Role, String)> {
        let owned = list.iter().map(|(role, uri)| (*role, (*uri).to_owned()));
        owned.collect()
    }

    #[test]
    fn a_master_playlist_lists_every_kind_of_uri() {
        let expected = of(&[
            (Role::Key, "keys/session.key"),
            (Role::Data, "data.json"),
            (Role::Rendition, "audio/de.m3u8?x=1,2"),
            (Role::Variant, "low/index.m3u8"),
            (Role::Stills, "low/iframe.m3u8"),
        ]);
        assert_eq!(listed(MASTER), expected);
        assert_eq!(read(MASTER).unwrap().kind, Kind::Master);
        assert_eq!(stored(MASTER), MASTER);
    }

    const MEDIA: &str = "#EXTM3U\n#EXT-X-TARGETDURATION:6\n#EXT-X-PLAYLIST-TYPE:VOD\n\
        #EXT-X-MAP:URI=\"init.mp4\",BYTERANGE=\"720@0\"\n\
        #EXT-X-KEY:METHOD=AES-128,IV=0x1,URI=\"https://k.example/key?id=1\"\n\
        #EXTINF:6,a title with URI=\"no.ts\"\n#EXT-X-BYTERANGE:100@0\nall.mp4\n\
        #EXT-X-KEY:METHOD=NONE\n#EXTINF:6,\n#EXT-X-BYTERANGE:100@100\n  all.mp4 \n\
        #EXTINF:6,\nseg%201.ts#t\n#EXT-X-ENDLIST";

    #[test]
    fn a_media_playlist_lists_segments_keys_and_maps() {
        let expected = of(&[
            (Role::Map, "init.mp4"),
            (Role::Key, "https://k.example/key?id=1"),
            (Role::Segment, "all.mp4"),
            (Role::Segment, "all.mp4"),
            (Role::Segment, "seg%201.ts#t"),
        ]);
        assert_eq!(listed(MEDIA), expected);
        let references = read(MEDIA).unwrap().references;
        assert!(references.iter().skip(2).all(|one| one.in_fragments));
        assert_eq!((references[1].line, references[1].key_bytes), (5, Some(16)));
    }

    #[test]
    fn a_rewritten_playlist_differs_in_its_uris_only() {
        let playlist = read(MEDIA).unwrap();
        let names = ["i.mp4", "k.key", "a.mp4", "a.mp4", "s.ts"];
        let expected = MEDIA
            .replace("\"init.mp4\"", "\"i.mp4\"")
            .replace("https://k.example/key?id=1", "k.key")
            .replace("all.mp4", "a.mp4")
            .replace("seg%201.ts#t", "s.ts");
        assert_eq!(rewritten(&playlist, MEDIA, &names), expected);
        assert_eq!(stored(MEDIA), MEDIA);
    }

    #[test]
    fn drm_keys_and_inline_data_stay_where_they_are() {
        let text = "#EXTM3U\n#EXT-X-ENDLIST\n\
            #EXT-X-KEY:METHOD=SAMPLE-AES,URI=\"skd://id\",KEYFORMAT=\"com.apple.streamingkeydelivery\"\n\
            #EXT-X-KEY:METHOD=AES-128,URI=\"data:text/plain;base64,MDEyMzQ1Njc4OWFiY2RlZg==\"\n\
            #EXT-X-KEY:METHOD=SAMPLE-AES,URI=\"../license\",KEYFORMAT=\"urn:uuid:1\"\n\
            #EXT-X-KEY:METHOD=AES-128,URI=\"a.key\",KEYFORMAT=\"identity\"\n";
        assert_eq!(listed(text), of(&[(Role::Key, "a.key")]));
        assert_eq!(stored(text), text);
    }

    #[test]
    fn what_is_not_part_of_the_media_is_told_apart() {
        let text = "#EXTM3U\n#EXT-X-ENDLIST\n\
            #EXT-X-DATERANGE:ID=\"ad\",X-ASSET-URI=\"ad.m3u8\",X-ASSET-LIST=\"l\",X-COM-URL=\"c\",X-SNAP=\"OUT\"\n\
            #EXT-X-OURS:URI=\"ours\",OTHER=\"o\"\n## a comment with URI=\"no\"\n";
        let remote = ["ad.m3u8", "l", "c", "ours"].map(|uri| (Role::Remote, uri));
        assert_eq!(listed(text), of(&remote));
        let master = "#EXTM3U\n#EXT-X-CONTENT-STEERING:SERVER-URI=\"/s\",PATHWAY-ID=\"a\"\n";
        assert_eq!(listed(master), of(&[(Role::Remote, "/s")]));
    }

    #[test]
    fn a_uri_without_quotes_is_found_too() {
        let text = "#EXTM3U\n#EXT-X-ENDLIST\n#EXT-X-KEY:METHOD=AES-128,URI=a.key,IV=0x1\n";
        assert_eq!(listed(text), of(&[(Role::Key, "a.key")]));
    }

    #[test]
    fn what_players_stumble_over_falls_away() {
        for (text, expected) in [
            (
                "\u{feff}\r\n#EXTM3U x-tvg-url=\"http://tv\" \r\n#EXTINF:6,\r\na.ts\r\n#EXT-X-ENDLIST\r\n",
                "#EXTM3U \r\n#EXTINF:6,\r\na.ts\r\n#EXT-X-ENDLIST\r\n",
            ),
            (
                "\u{feff}#EXTM3U\r#EXTINF:6,\ra.ts\r#EXT-X-PLAYLIST-TYPE:VOD",
                "#EXTM3U\r#EXTINF:6,\ra.ts\r#EXT-X-PLAYLIST-TYPE:VOD\r#EXT-X-ENDLIST\r",
            ),
            (
                "#EXTM3U\nstray.ts\n#EXTINF:6,\na.ts\nb.ts\n#EXT-X-ENDLIST\n",
                "#EXTM3U\n#EXTINF:6,\na.ts\n#EXT-X-ENDLIST\n",
            ),
            (
                "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\na\nstray\n",
                "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\na\n",
            ),
            (
                "#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,URI=\"\",GROUP-ID=\"a\"\n#EXT-X-MEDIA:URI=\"\",TYPE=AUDIO\n",
                "#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\"\n#EXT-X-MEDIA:TYPE=AUDIO\n",
            ),
            (
                "#EXTM3U\n#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES\n#EXT-X-PART-INF:PART-TARGET=1\n\
                #EXT-X-PART:DURATION=1,URI=\"p\"\n#EXTINF:6,\na.ts\n#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"n\"\n\
                #EXT-X-RENDITION-REPORT:URI=\"b.m3u8\"\n#EXT-X-ENDLIST\n",
                "#EXTM3U\n#EXTINF:6,\na.ts\n#EXT-X-ENDLIST\n",
            ),
        ] {
            assert_eq!(stored(text), expected);
        }
    }

    #[test]
    fn variables_are_put_in_wherever_they_may_stand() {
        let text = "#EXTM3U\n#EXT-X-DEFINE:NAME=\"d\",VALUE=\"a/b\"\n#EXT-X-DEFINE:QUERYPARAM=\"iv\"\n\
            #EXT-X-KEY:METHOD=AES-128,URI=\"{$d}/k\",IV={$iv}\n#EXT-X-DATERANGE:ID=\"{$d}\"\n\
            #EXTINF:6,{$title}\n{$d}/s.ts\n#EXT-X-ENDLIST\n";
        let reading = Reading {
            origin: Origin {
                urls: &["https://o.example/i.m3u8?iv=0x1"],
                parent: None,
            },
            ..Reading::default()
        };
        let playlist = Playlist::read(text, reading).unwrap();
        let uris: Vec<_> = playlist.references.iter().map(|r| r.uri.as_str()).collect();
        assert_eq!(uris, ["a/b/k", "a/b/s.ts"]);
        assert_eq!(
            rewritten(&playlist, text, &["k", "s"]),
            "#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI=\"k\",IV=0x1\n#EXT-X-DATERANGE:ID=\"a/b\"\n\
            #EXTINF:6,{$title}\ns\n#EXT-X-ENDLIST\n"
        );
    }

    #[test]
    fn a_gap_is_told_apart_and_a_missing_segment_becomes_one() {
        let text = "#EXTM3U\n#EXTINF:6,\n#EXT-X-GAP\na.ts\n#EXTINF:6,\nb.ts\n#EXT-X-ENDLIST\n";
        let expected = of(&[(Role::Gap, "a.ts"), (Role::Segment, "b.ts")]);
        assert_eq!(listed(text), expected);
        let named = [("a.ts", false), ("b.ts", true)].map(|(uri, is_gap)| Replacement {
            uri: uri.to_owned(),
            is_gap,
        });
        assert_eq!(
            read(text).unwrap().rewrite(text, named),
            text.replace("b.ts", "#EXT-X-GAP\nb.ts")
        );
    }

    #[test]
    fn variants_that_are_not_wanted_fall_away_with_their_lines() {
        let text = "#EXTM3U\n#EXT-X-DEFINE:NAME=\"v\",VALUE=\"x\"\n\
            #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"lo\",URI=\"{$v}/lo.m3u8\",NAME=\"{$v}\"\n\
            #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"hi\",URI=\"hi.m3u8\",NAME=\"{$v}\"\n\
            #EXT-X-STREAM-INF:BANDWIDTH=1,AUDIO=\"lo\",NAME=\"{$v}\"\n# stays\n{$v}/1.m3u8\n\
            #EXT-X-STREAM-INF:BANDWIDTH=2,AUDIO=\"hi\"\n2.m3u8\n";
        let reading = Reading {
            variants: &[Choice::Best],
            ..Reading::default()
        };
        let playlist = Playlist::read(text, reading).unwrap();
        assert_eq!(
            rewritten(&playlist, text, &["a", "b"]),
            "#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"hi\",URI=\"a\",NAME=\"x\"\n# stays\n\
            #EXT-X-STREAM-INF:BANDWIDTH=2,AUDIO=\"hi\"\nb\n"
        );
    }

    #[test]
    fn live_playlists_are_refused_unless_taken_for_complete() {
        let text = "#EXTM3U\n#EXT-X-PLAYLIST-TYPE:EVENT\n#EXTINF:6,\na.ts\n";
        let (code, message) = refused(text);
        assert_eq!(code, Code::PlaylistLive);
        assert!(message.contains("EXT-X-ENDLIST"), "{message}");
        let reading = Reading {
            complete: true,
            ..Reading::default()
        };
        let playlist = Playlist::read(text, reading).unwrap();
        assert_eq!(
            rewritten(&playlist, text, &["a.ts"]),
            format!("{text}#EXT-X-ENDLIST\n")
        );
    }

    #[test]
    fn what_is_no_playlist_is_refused_by_line() {
        for (text, line) in [
            ("", "line 1"),
            ("\n\n", "line 1"),
            ("<html>", "line 1"),
            ("#EXTM3U8\n", "line 1"),
            (
                "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n#EXT-X-VERSION:3\n",
                "line 2",
            ),
            (
                "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n#EXT-X-STREAM-INF:BANDWIDTH=2\na.m3u8\n",
                "line 3",
            ),
            ("#EXTM3U\n#EXT-X-MAP:BYTERANGE=\"1@0\"\n", "line 2"),
            ("#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI=\"\"\n", "line 2"),
            ("#EXTM3U\n#EXTINF:6,\n{$base}/a.ts\n", "line 3"),
            ("#EXTM3U\n#EXT-X-DEFINE:IMPORT=\"a\"\n", "line 2"),
            (
                "#EXTM3U\n#EXT-X-SKIP:SKIPPED-SEGMENTS=3\n#EXT-X-ENDLIST\n",
                "line 2",
            ),
            ("#EXTM3U\n# plain\na.ts\n#EXT-X-ENDLIST\n", "line 3"),
            (
                "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\na.m3u8\n#EXTINF:6,\na.ts\n",
                "line 4",
            ),
        ] {
            let (code, message) = refused(text);
            assert_eq!(code, Code::PlaylistInvalid, "{text}");
            assert!(message.starts_with(line), "{text}: {message}");
        }
    }
}
