//! What the first bytes of a file prove. Nothing is refused because they are unknown: media has many forms.
//!
//! They come as text, a character for each byte.

/// First bytes that are worth a look: behind the tag of a packed audio segment its first frame must still be there.
pub(crate) const HEAD_BYTES: u32 = 512;

/// A document that is no media: text that begins as markup or JSON does. No format of media is text that begins so, but
/// pictures in XML.
pub(crate) fn page(head: &str) -> Option<&'static str> {
    let start = text_start(head).filter(|start| !start.contains("<svg"))?;
    let (first, rest) = (start.chars().next()?, start.get(1..)?.trim_start());
    let tag: String = rest
        .chars()
        .take(8)
        .collect::<String>()
        .to_ascii_lowercase();
    match first {
        '<' if tag.starts_with("?xml") => Some(XML),
        '<' if HTML_TAGS.iter().any(|html| tag.starts_with(html)) => Some("an HTML page"),
        '<' if tag.starts_with(|c: char| c.is_ascii_alphabetic()) => Some(XML),
        '{' if rest.starts_with(['"', '}']) => Some("a JSON document"),
        '[' if rest.starts_with(['{', '"', ']']) => Some("a JSON document"),
        _ => None,
    }
}

const XML: &str = "an XML document";

const HTML_TAGS: &[&str] = &[
    "!doctype", "!--", "html", "head", "body", "title", "meta", "script", "style", "div", "h1",
    "p>", "center",
];

/// A playlist by its first line.
pub(crate) fn is_playlist(head: &str) -> bool {
    text_start(head).is_some_and(|start| start.starts_with("#EXTM3U"))
}

/// A picture. Moving JPEG begins as a still one does, and GIFs are videos to VOD.
pub(crate) fn is_image(head: &str) -> bool {
    let is_webp = head.starts_with("RIFF") && at(head, 8).starts_with("WEBP");
    head.starts_with("\u{ff}\u{d8}\u{ff}") || head.starts_with("\u{89}PNG\r\n\u{1a}\n") || is_webp
}

/// A file for sure, whatever its server calls it: scripts that send files say text/html unless told otherwise.
pub(crate) fn is_file(head: &str) -> bool {
    let begins = |marks: &[&str]| marks.iter().any(|mark| head.starts_with(mark));
    let is_box = || BOXES.iter().any(|name| at(head, 4).starts_with(name));
    let is_m2ts = || at(head, 4).starts_with('G') && at(head, 196).starts_with('G');
    // What would be a frame of a layer that is long out of use begins as UTF-16 does.
    let is_frame = || !head.starts_with("\u{ff}\u{fe}") && audio_frame(head).is_some();
    begins(FILE_MARKS)
        || is_image(head)
        || format(head).is_some()
        || is_box()
        || is_m2ts()
        || is_frame()
        || is_subtitle(head)
}

/// FLV, ASF, RealMedia, AMR, Monkey's Audio, CAF, MXF, AVI and its like, MPEG video, ID3, GIF, ZIP.
const FILE_MARKS: &[&str] = &[
    "FLV\u{1}",
    "0&\u{b2}u\u{8e}f\u{cf}\u{11}",
    ".RMF",
    ".ra\u{fd}",
    "#!AMR",
    "MAC ",
    "caff",
    "\u{6}\u{e}+4\u{2}\u{5}\u{1}\u{1}",
    "RIFF",
    "\0\0\u{1}\u{b3}",
    "ID3",
    "GIF8",
    "PK\u{3}\u{4}",
];

/// Boxes of MP4 and QuickTime that a file may begin with, beside those of segments.
const BOXES: &[&str] = &["wide", "free", "skip", "mdat", "pnot", "uuid", "jP  "];

/// SubRip, and (Advanced) SubStation Alpha. WebVTT is a format of segments.
fn is_subtitle(head: &str) -> bool {
    let start = text_start(head).unwrap_or_default();
    let mut lines = start.lines();
    let is_counted = lines
        .next()
        .is_some_and(|count| count.trim_end().chars().all(|c| c.is_ascii_digit()));
    let is_timed =
        |line: &str| line.contains(" --> ") && line.starts_with(|c: char| c.is_ascii_digit());
    start.starts_with("[Script Info]") || is_counted && lines.next().is_some_and(is_timed)
}

/// The extension of a segment's format, where its first bytes leave no doubt. Those that are encrypted look like anything,
/// so a few bits prove nothing.
pub(crate) fn format(head: &str) -> Option<&'static str> {
    let start = text_start(head).unwrap_or_default();
    let boxes = ["ftyp", "styp", "moof", "moov", "sidx", "emsg", "prft"];
    match head {
        _ if at(head, 0).starts_with('G') && at(head, 188).starts_with('G') => Some("ts"),
        _ if boxes.iter().any(|name| at(head, 4).starts_with(name)) => Some("mp4"),
        _ if start.starts_with("WEBVTT") => Some("vtt"),
        _ if head.starts_with("fLaC") => Some("flac"),
        _ if head.starts_with("OggS") => Some("ogg"),
        _ if head.starts_with("RIFF") && at(head, 8).starts_with("WAVE") => Some("wav"),
        _ if head.starts_with("\u{1a}\u{45}\u{df}\u{a3}") => Some("mkv"),
        _ if head.starts_with("\0\0\u{1}\u{ba}") => Some("mpg"),
        _ if head.starts_with("ID3") => behind_the_tag(head),
        _ => None,
    }
}

/// The extension of packed audio, by the marks at the beginning of its first frame.
pub(crate) fn audio_frame(head: &str) -> Option<&'static str> {
    let byte = |n: usize| head.chars().nth(n).map_or(0, u32::from);
    match (byte(0), byte(1), byte(2)) {
        // The layer is 0 in ADTS, and never in MPEG audio; the others are rates that do not exist.
        (0xff, second, third) if second & 0xf6 == 0xf0 => (third & 0x3c < 0x34).then_some("aac"),
        (0xff, second, third) if second & 0xe0 == 0xe0 => {
            let has_layer = second & 0x06 != 0 && second & 0x18 != 0x08;
            let exists = has_layer && third & 0xf0 != 0xf0 && third & 0x0c != 0x0c;
            exists.then_some("mp3")
        }
        (0x0b, 0x77, _) if byte(5) >> 3 > 10 => Some("eac3"),
        (0x0b, 0x77, _) => Some("ac3"),
        _ => None,
    }
}

/// Packed audio begins with an ID3 tag that tells its time.
fn behind_the_tag(head: &str) -> Option<&'static str> {
    let length = head.chars().skip(6).take(4).map(u32::from);
    let length = length.fold(0u32, |sum, seven| (sum << 7) | (seven & 0x7f));
    audio_frame(at(head, usize::try_from(length).ok()?.saturating_add(10)))
}

/// What stands at a byte.
fn at(head: &str, byte: usize) -> &str {
    let start = head.char_indices().nth(byte).map(|(start, _)| start);
    start
        .and_then(|start| head.get(start..))
        .unwrap_or_default()
}

/// Where a text begins: behind a byte order mark and blanks. What holds control characters is no text.
fn text_start(head: &str) -> Option<&str> {
    let is_text = |c: char| c >= ' ' && c != '\u{7f}' || matches!(c, '\t' | '\n' | '\r' | '\u{c}');
    let bare = head.strip_prefix("\u{ef}\u{bb}\u{bf}").unwrap_or(head);
    head.chars().all(is_text).then(|| bare.trim_start())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| char::from(*byte)).collect()
    }

    #[test]
    fn documents_are_told_by_how_they_begin() {
        for (head, what) in [
            ("<!DOCTYPE html><html>", "an HTML page"),
            (
                "\r\n\t <HTML lang=zh>\u{b5}\u{c7}\u{c2}\u{bc}",
                "an HTML page",
            ),
            ("\u{ef}\u{bb}\u{bf}<!-- x --><html>", "an HTML page"),
            ("<script>location='/login'</script>", "an HTML page"),
            ("<?xml version=\"1.0\"?>\n<Error>", "an XML document"),
            ("<Error><Code>AccessDenied</Code>", "an XML document"),
            ("{\"error\":\"expired\"}", "a JSON document"),
            ("{ \"code\": 403 }", "a JSON document"),
            ("[{\"a\":1}]", "a JSON document"),
        ] {
            assert_eq!(page(head), Some(what), "{head}");
        }
    }

    #[test]
    fn every_tag_that_a_page_begins_with_is_known() {
        for tag in [
            "!DOCTYPE html",
            "!--",
            "html",
            "head",
            "body",
            "title",
            "meta",
            "script",
            "style",
            "div",
            "h1",
            "p",
            "center",
        ] {
            assert_eq!(page(&format!("<{tag}>")), Some("an HTML page"), "{tag}");
        }
        for tag in ["?xml version='1.0'?", "Error", "param"] {
            assert_eq!(page(&format!("< {tag}>")), Some("an XML document"), "{tag}");
        }
        for text in ["[]", "[\"a\"]", "[ {", "{}", "{ }"] {
            assert_eq!(page(text), Some("a JSON document"), "{text}");
        }
    }

    #[test]
    fn what_is_unknown_is_no_page() {
        for head in [
            "",
            "<",
            "< 3",
            "{1}{25}Hi",
            "[Script Info]",
            "Not Found",
            "1\r\n00:00:01,000 --> 00:00:02,000\r\n<i>Hi</i>",
            "WEBVTT\n\n",
            "<svg xmlns=\"http://www.w3.org/2000/svg\">",
            "<?xml version=\"1.0\"?><svg>",
            "<html>\0",
            "<html>\u{1}\u{2}",
        ] {
            assert_eq!(page(head), None, "{head}");
        }
    }

    #[test]
    fn files_are_known_whatever_they_are_called() {
        let mut m2ts = vec![0; 200];
        (m2ts[4], m2ts[196]) = (0x47, 0x47);
        for file in [
            &b"\0\0\0\x20ftypisom"[..],
            b"\0\0\0\x08wide\0\0\0\0mdat",
            b"FLV\x01\x05",
            b"0&\xb2u\x8ef\xcf\x11",
            b".RMF\0",
            b".ra\xfd\0",
            b"#!AMR\n",
            b"MAC \x96",
            b"caff\0",
            b"\x06\x0e\x2b\x34\x02\x05\x01\x01",
            b"\0\0\x01\xb3",
            b"\0\0\x01\xba",
            b"PK\x03\x04",
            b"fLaC",
            b"\x0b\x77\0",
            b"RIFF\x01\xff\x02\x03AVI LIST",
            b"ID3\x03\0\0\0\0\x10\0TXXX",
            b"\xff\xfb\x90\x64",
            b"\xff\xf1\x50\x80",
            b"GIF89a",
            b"\x89PNG\r\n\x1a\n",
            b"\xef\xbb\xbf1\r\n00:00:01,000 --> 00:00:02,000\r\n",
            b"1 \r\n00:00:01,000 --> 00:00:02,000\r\n",
            b"[Script Info]\n",
            b"WEBVTT\n",
            &m2ts,
        ] {
            assert!(is_file(&bytes(file)), "{file:?}");
        }
        for page in [
            &b""[..],
            b"<",
            b"<!DOCTYPE html>",
            b"\xff\xfe<\0h\0t\0m\0l\0",
            b"\xff\xfe\n\0<\0h\0t\0m\0l\0",
            b"\xfe\xff\0<\0h",
            b"<\0h\0t\0m\0l\0",
            b"\x1f\x8b\x08\0",
            b"404 page not found\n",
            b"404",
            b"1a\n00:00:01,000 --> 00:00:02,000\n",
            b"moreGold",
            b"404\nnot found --> see 1\n",
            b"Not found",
            b"\xc4\xe3\xba\xc3",
        ] {
            assert!(!is_file(&bytes(page)), "{page:?}");
        }
    }

    #[test]
    fn playlists_and_pictures_are_told() {
        assert!(is_playlist("\u{ef}\u{bb}\u{bf}\n#EXTM3U\n#EXTINF:6,\n"));
        assert!(!is_playlist("#EXTINF:6,\n"));
        assert!(is_image(&bytes(&[0xff, 0xd8, 0xff, 0xe0])));
        assert!(is_image(&bytes(b"\x89PNG\r\n\x1a\n")));
        assert!(is_image(&bytes(b"RIFF\x01\xff\x02\x03WEBPVP8 ")));
        for other in [
            &b"RIFF\x01\xff\x02\x03AVI LIST"[..],
            b"GIF89a",
            b"\xff\xfb\x90\x64",
            b"\0\0\0\x20ftypisom",
        ] {
            assert!(!is_image(&bytes(other)), "{other:?}");
        }
    }

    #[test]
    fn formats_of_segments_are_told() {
        let mut ts = vec![0xff; 400];
        (ts[0], ts[188]) = (0x47, 0x47);
        let mut tagged = b"ID3\x04\0\0\0\0\0\x3f".to_vec();
        tagged.resize(73, 0);
        let with = |frame: &[u8]| [&tagged[..], frame].concat();
        for (head, told) in [
            (ts, Some("ts")),
            (b"\0\0\0\x18ftypiso5".to_vec(), Some("mp4")),
            (b"\0\0\0\x18stypmsdh".to_vec(), Some("mp4")),
            (b"\0\0\x04\x18moof".to_vec(), Some("mp4")),
            (b"WEBVTT\nX-TIMESTAMP-MAP".to_vec(), Some("vtt")),
            (b"RIFF\x01\xff\x02\x03WAVEfmt ".to_vec(), Some("wav")),
            (b"RIFF\x01\xff\x02\x03AVI LIST".to_vec(), None),
            (b"\0\0\0\0\x01\xff\x02\x03WAVEfmt ".to_vec(), None),
            (b"fLaC\0\0\0\x22".to_vec(), Some("flac")),
            (b"OggS\0\x02".to_vec(), Some("ogg")),
            (b"\x1a\x45\xdf\xa3\x9f".to_vec(), Some("mkv")),
            (b"\0\0\x01\xba\x44".to_vec(), Some("mpg")),
            (b"\0\0\0\0\0\0\0\0\0\0\xff\xf1\x50\x80".to_vec(), None),
            (with(&[0xff, 0xf1, 0x50, 0x80]), Some("aac")),
            (with(&[0xff, 0xfb, 0x90, 0x64]), Some("mp3")),
            (with(&[0x0b, 0x77, 0, 0, 0, 0x40]), Some("ac3")),
            (with(&[0x0b, 0x77, 0, 0, 0, 0x80]), Some("eac3")),
            (with(&[1, 2, 3]), None),
            // It may be a frame, or encrypted.
            (vec![0xff, 0xf1, 0x50, 0x80], None),
            (b"Go".to_vec(), None),
            ([&[0, 0x47][..], &[0xff; 186], &[0x47]].concat(), None),
            (vec![], None),
        ] {
            assert_eq!(format(&bytes(&head)), told, "{head:?}");
        }
    }

    #[test]
    fn frames_of_audio_are_told_by_marks_that_exist() {
        for (frame, told) in [
            // ADTS of MPEG-2 and MPEG-4, with and without a checksum; the last sampling rate there is.
            ([0xff, 0xf0, 0x50], Some("aac")),
            ([0xff, 0xf1, 0x50], Some("aac")),
            ([0xff, 0xf8, 0x50], Some("aac")),
            ([0xff, 0xf9, 0xf0], Some("aac")),
            ([0xff, 0xf1, 0x34], None),
            ([0xff, 0xf1, 0x3c], None),
            // Layers I to III of MPEG 1, 2 and 2.5.
            ([0xff, 0xff, 0x90], Some("mp3")),
            ([0xff, 0xfd, 0x90], Some("mp3")),
            ([0xff, 0xfb, 0xe8], Some("mp3")),
            ([0xff, 0xf3, 0x40], Some("mp3")),
            ([0xff, 0xe3, 0x04], Some("mp3")),
            ([0xff, 0xe2, 0x90], Some("mp3")),
            ([0xff, 0xf2, 0x50], Some("mp3")),
            ([0xff, 0xfa, 0x50], Some("mp3")),
            ([0xff, 0xfb, 0xf0], None),
            ([0xff, 0xfb, 0xf1], None),
            ([0xff, 0xfb, 0x9c], None),
            ([0xff, 0xfb, 0x9d], None),
            ([0xff, 0xff, 0xff], None),
            // A version, and a layer, that no frame has.
            ([0xff, 0xea, 0x90], None),
            ([0xff, 0xeb, 0x90], None),
            ([0xff, 0xe0, 0x90], None),
            ([0xff, 0xe1, 0x90], None),
            // Too few bits to begin a frame.
            ([0xff, 0xdb, 0x90], None),
            ([0xff, 0xbb, 0x90], None),
            ([0xff, 0x7b, 0x90], None),
            ([0xfe, 0xfb, 0x90], None),
            ([0x0b, 0x77, 0x00], Some("ac3")),
            ([0x0b, 0x76, 0x00], None),
            ([0x0a, 0x77, 0x00], None),
            ([0x47, 0, 0], None),
        ] {
            assert_eq!(audio_frame(&bytes(&frame)), told, "{frame:x?}");
        }
        let dolby = |version: u8| audio_frame(&bytes(&[0x0b, 0x77, 0, 0, 0, version << 3]));
        assert_eq!(dolby(10), Some("ac3"));
        assert_eq!(dolby(11), Some("eac3"));
        assert_eq!(audio_frame(""), None);
    }

    #[test]
    fn the_length_of_a_tag_has_seven_bits_a_byte() {
        let tagged = |length: [u8; 4], at: usize| {
            let mut head = b"ID3\x04\0\0".to_vec();
            head.extend(length);
            head.resize(10 + at, 0);
            head.extend([0xff, 0xfb, 0x90, 0x64]);
            format(&bytes(&head))
        };
        assert_eq!(tagged([0, 0, 0, 0], 0), Some("mp3"));
        assert_eq!(tagged([0, 0, 1, 2], 130), Some("mp3"));
        assert_eq!(tagged([0, 0, 0x81, 0x82], 130), Some("mp3"));
        assert_eq!(tagged([0, 0, 1, 2], 129), None);
        // Longer than what was read.
        assert_eq!(tagged([0x7f, 0x7f, 0x7f, 0x7f], 130), None);
    }

    #[test]
    fn a_beginning_is_told_though_more_follows_or_the_rest_is_cut_off() {
        assert_eq!(page("{\"error\": [1, 2"), Some("a JSON document"));
        assert_eq!(page("[{\"a\": 1, "), Some("a JSON document"));
        assert!(is_image("\u{89}PNG\r\n\u{1a}\n\0\0\0\r"));
        assert!(is_playlist("#EXTM3U"));
        // What is no text is no playlist.
        assert!(!is_playlist("\0#EXTM3U") && !is_playlist("#EXTM3U\n\0"));
    }

    #[test]
    fn every_box_that_a_file_may_begin_with_is_known() {
        let begin = |name: &str| format!("\0\0\0\u{18}{name}more");
        for name in ["ftyp", "styp", "moof", "moov", "sidx", "emsg", "prft"] {
            assert_eq!(format(&begin(name)), Some("mp4"), "{name}");
        }
        for name in ["wide", "free", "skip", "mdat", "pnot", "uuid", "jP  "] {
            assert!(is_file(&begin(name)), "{name}");
            assert_eq!(format(&begin(name)), None, "{name}");
        }
        assert!(!is_file(&begin("what")));
    }
}
