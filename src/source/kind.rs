//! What a source looks like, by its `Content-Type` and its name: the login page of a link that has expired is no film.

use super::sniff;
use crate::error::{Code, Error};

/// Documents that a server gives in place of a file. A picture in XML is none.
pub(crate) fn page(content_type: &str) -> Option<&'static str> {
    let essence = essence(content_type);
    if essence.starts_with("image/") {
        return None;
    }
    match essence.as_str() {
        "text/html" | "application/xhtml+xml" => Some("an HTML page"),
        "application/json" | "text/json" => Some("a JSON document"),
        "application/xml" | "text/xml" => Some("an XML document"),
        other if other.ends_with("+json") => Some("a JSON document"),
        other if other.ends_with("+xml") => Some("an XML document"),
        _ => None,
    }
}

/// A document that a server gives in place of a file named as media. Scripts (`get.php`) call all they send HTML.
pub(crate) fn page_for(url: &str, content_type: &str) -> Option<&'static str> {
    extension(url)
        .filter(|named| MEDIA_EXTENSIONS.contains(&named.as_str()))
        .and_then(|_| page(content_type))
}

/// A document by what it is called or how it begins, unless its first bytes are those of a file.
pub(crate) fn page_by(content_type: Option<&str>, head: &str) -> Option<&'static str> {
    let called = || content_type.and_then(page);
    (!sniff::is_file(head))
        .then(|| called().or_else(|| sniff::page(head)))
        .flatten()
}

/// Of a source that answered with such a page.
pub(crate) fn page_instead(page: &str) -> Error {
    let message = format!("the source answered with {page}, not with the file");
    Error::new(Code::SourceIsPage, message)
}

/// What is no video by itself, although VOD would store it as one.
pub(crate) fn lookalike(content_type: Option<&str>, names: &[&str], head: &str) -> Option<Error> {
    let essence = content_type.map(essence).unwrap_or_default();
    // A type that says nothing leaves it to the name.
    let is_vague = [
        "",
        "application/octet-stream",
        "binary/octet-stream",
        "text/plain",
    ]
    .contains(&essence.as_str());
    let named = |extensions: &[&str]| {
        is_vague
            && names
                .iter()
                .filter_map(|name| extension(name))
                .any(|found| extensions.contains(&found.as_str()))
    };
    let is_playlist = PLAYLIST_TYPES.contains(&essence.as_str()) || named(&["m3u8", "m3u"]);
    if is_playlist || sniff::is_playlist(head) {
        return Some(Error::new(
            Code::SourceIsPlaylist,
            "the source is a playlist, and as a video only its text would be stored",
        ));
    }
    // VOD takes moving GIFs as videos.
    let is_image = essence.starts_with("image/") && essence != "image/gif";
    let moves = essence.contains("jpeg") && essence.starts_with("video/")
        || names
            .iter()
            .filter_map(|name| extension(name))
            .any(|found| ["mjpeg", "mjpg"].contains(&found.as_str()));
    if is_image || named(IMAGE_EXTENSIONS) || sniff::is_image(head) && !moves {
        return Some(Error::new(
            Code::SourceIsImage,
            "the source is an image, and was to become a video",
        ));
    }
    None
}

const PLAYLIST_TYPES: &[&str] = &[
    "application/vnd.apple.mpegurl",
    "application/x-mpegurl",
    "application/mpegurl",
    "audio/x-mpegurl",
    "audio/mpegurl",
    "video/x-mpegurl",
    "video/mpegurl",
    "vnd.apple.mpegurl",
];

/// What segments of playlists are named.
const MEDIA_EXTENSIONS: &[&str] = &[
    "ts", "m2ts", "mp4", "m4s", "m4v", "m4a", "m4f", "cmfv", "cmfa", "aac", "mp3", "ac3", "ec3",
];

const IMAGE_EXTENSIONS: &[&str] = &[
    "jpg", "jpeg", "png", "webp", "bmp", "tif", "tiff", "heic", "heif", "avif", "svg",
];

/// Type and subtype, without parameters.
fn essence(content_type: &str) -> String {
    let essence = content_type.split(';').next().unwrap_or_default();
    essence.trim().to_ascii_lowercase()
}

/// What stands behind the last dot of a name, of a path or of a URL.
pub(crate) fn extension(name: &str) -> Option<String> {
    let path = crate::http::without_query(name);
    let last = path.rsplit(['/', '\\']).next()?;
    let (_, extension) = last.rsplit_once('.')?;
    Some(extension.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_pages_and_media_are_none() {
        for document in [
            "text/html",
            "Text/HTML; charset=utf-8",
            " text/html ;charset=utf-8",
            "text/json",
            "application/xhtml+xml",
            "application/json",
            "application/problem+json",
            "application/xml",
            "text/xml; charset=UTF-8",
            "application/dash+xml",
        ] {
            assert!(page(document).is_some(), "{document}");
        }
        for media in [
            "video/mp4",
            "image/svg+xml",
            "application/octet-stream",
            "text/plain",
            "",
        ] {
            assert_eq!(page(media), None, "{media}");
        }
        assert_eq!(page("application/xhtml+xml"), Some("an HTML page"));
    }

    #[test]
    fn playlists_and_images_are_told_from_videos() {
        let code =
            |content_type, name| lookalike(content_type, &[name], "").map(|error| error.code);
        let (playlist, image) = (Some(Code::SourceIsPlaylist), Some(Code::SourceIsImage));
        assert_eq!(code(Some("application/x-mpegURL"), "https://h/a"), playlist);
        assert_eq!(code(None, "list.M3U8"), playlist);
        assert_eq!(
            code(Some("binary/octet-stream"), "https://h/a/b.m3u8?x=.mp4"),
            playlist
        );
        assert_eq!(code(Some("image/png"), "https://h/film.mp4"), image);
        assert_eq!(code(None, "/home/u/a.JPG"), image);
        assert_eq!(code(Some("video/mp4"), "https://h/poster.jpg"), None);
        assert_eq!(code(Some("image/gif"), "https://h/a.gif"), None);
        assert_eq!(code(Some("video/mp2t"), "https://h/a.ts"), None);
        assert_eq!(code(None, "https://h.png/film"), None);
        let code = |content_type, name, head| {
            lookalike(Some(content_type), &[name], head).map(|error| error.code)
        };
        let jpeg = "\u{ff}\u{d8}\u{ff}\u{e0}";
        assert_eq!(code("video/mp4", "a.mp4", "#EXTM3U\n"), playlist);
        assert_eq!(code("video/mp4", "a.mp4", jpeg), image);
        assert_eq!(code("video/mp4", "a.mjpeg", jpeg), None);
        assert_eq!(code("video/x-motion-jpeg", "a", jpeg), None);
    }

    #[test]
    fn every_name_of_a_playlist_is_known() {
        for content_type in [
            "application/vnd.apple.mpegurl",
            "Application/X-MPEGURL; charset=utf-8",
            "application/mpegurl",
            "audio/x-mpegurl",
            "audio/mpegurl",
            "video/x-mpegurl",
            "video/mpegurl",
            "vnd.apple.mpegurl",
        ] {
            let error = lookalike(Some(content_type), &["a.mp4"], "");
            assert_eq!(
                error.map(|error| error.code),
                Some(Code::SourceIsPlaylist),
                "{content_type}"
            );
        }
    }

    #[test]
    fn a_name_counts_where_the_type_says_nothing() {
        let code = |content_type, names: &[&str]| {
            lookalike(content_type, names, "").map(|error| error.code)
        };
        for vague in [
            None,
            Some(""),
            Some("application/octet-stream"),
            Some("binary/octet-stream"),
            Some("text/plain; charset=utf-8"),
        ] {
            for list in ["a.m3u8", "a.M3U", "a.b.m3u8", "C:\\a\\b.m3u8"] {
                assert_eq!(code(vague, &[list]), Some(Code::SourceIsPlaylist), "{list}");
            }
            for image in [
                "a.jpg", "a.jpeg", "a.png", "a.webp", "a.bmp", "a.tif", "a.tiff", "a.heic",
                "a.heif", "a.avif", "a.svg",
            ] {
                assert_eq!(code(vague, &[image]), Some(Code::SourceIsImage), "{image}");
            }
            assert_eq!(code(vague, &["a.m3u8.mp4", "a.gif", "m3u8", "png"]), None);
            let second = code(vague, &["a.mp4", "a.m3u8"]);
            assert_eq!(second, Some(Code::SourceIsPlaylist));
        }
        for clear in ["video/mp4", "text/html"] {
            assert_eq!(code(Some(clear), &["a.m3u8", "a.png"]), None, "{clear}");
        }
        // Any of its names may tell that it moves.
        let jpeg = "\u{ff}\u{d8}\u{ff}\u{e0}";
        for name in ["a.mjpeg", "a.MJPG"] {
            let names = ["a.mp4", name];
            assert_eq!(lookalike(Some("video/mp4"), &names, jpeg), None, "{name}");
        }
    }

    #[test]
    fn an_extension_is_that_of_the_last_name() {
        for name in ["https://h.png/film", "C:\\a.b\\film", "a.d/", "film", ""] {
            assert_eq!(extension(name), None, "{name}");
        }
        for name in [
            "https://h/a.b/film.MP4?x=y.png",
            "C:\\a.b\\film.mp4",
            "a.b.mp4",
            ".mp4",
        ] {
            assert_eq!(extension(name).as_deref(), Some("mp4"), "{name}");
        }
    }

    #[test]
    fn a_page_in_place_of_what_is_named_as_media_is_told() {
        for extension in [
            "ts", "m2ts", "mp4", "m4s", "m4v", "m4a", "m4f", "cmfv", "cmfa", "aac", "mp3", "ac3",
            "EC3",
        ] {
            let url = format!("https://h/a.{extension}?x=.php");
            assert_eq!(page_for(&url, "text/html"), Some("an HTML page"), "{url}");
            assert_eq!(page_for(&url, "video/mp4"), None, "{url}");
        }
        for url in ["https://h/get.php?a.ts", "https://h/ts", "https://h.ts/a"] {
            assert_eq!(page_for(url, "text/html"), None, "{url}");
        }
    }

    #[test]
    fn a_document_is_told_by_its_type_or_its_beginning_unless_it_begins_as_a_file() {
        let (html, json) = (Some("an HTML page"), Some("a JSON document"));
        let film = "\0\0\0\u{18}ftypmp42";
        for (content_type, head, told) in [
            (Some("text/html"), "Please log in", html),
            (Some("application/json"), "<html>", json),
            (Some("video/mp4"), "<html>", html),
            (None, "{\"error\":1}", json),
            (None, "Please log in", None),
            (Some("text/html"), film, None),
        ] {
            assert_eq!(page_by(content_type, head), told, "{content_type:?} {head}");
        }
        let error = page_instead("an HTML page");
        assert_eq!(error.code, Code::SourceIsPage);
        assert!(error.message.contains("an HTML page"), "{error}");
    }
}
