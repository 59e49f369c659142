//! Names nobody gave: file name and title from the source, Content-Type from the file name.

use super::job::Media;
use crate::encode::percent_decode;
use crate::error::Error;

/// Extension and media type of what VOD takes. VOD itself decides; this only fills gaps.
/// <https://www.alibabacloud.com/help/en/vod/user-guide/overview-of-media-upload>
const TYPES: &[(&str, &str)] = &[
    ("mp4", "video/mp4"),
    ("mov", "video/quicktime"),
    ("mkv", "video/x-matroska"),
    ("webm", "video/webm"),
    ("avi", "video/x-msvideo"),
    ("flv", "video/x-flv"),
    ("ts", "video/mp2t"),
    ("m4s", "video/iso.segment"),
    ("mpg", "video/mpeg"),
    ("wmv", "video/x-ms-wmv"),
    ("3gp", "video/3gpp"),
    ("m4v", "video/x-m4v"),
    ("ogg", "video/ogg"),
    ("m3u8", "application/vnd.apple.mpegurl"),
    ("mp3", "audio/mpeg"),
    ("m4a", "audio/mp4"),
    ("aac", "audio/aac"),
    ("wav", "audio/wav"),
    ("flac", "audio/flac"),
    ("jpg", "image/jpeg"),
    ("jpeg", "image/jpeg"),
    ("png", "image/png"),
    ("gif", "image/gif"),
    ("webp", "image/webp"),
    ("heic", "image/heic"),
    ("apng", "image/apng"),
    ("srt", "application/x-subrip"),
    ("vtt", "text/vtt"),
    ("ttml", "application/ttml+xml"),
    ("ass", "text/x-ssa"),
    ("zip", "application/zip"),
];

/// A title that we make up is cut to VOD's limit; one that the caller gave never is.
const MAX_TITLE_CHARS: usize = 128;

/// What is known of the source's name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hints<'a> {
    /// From Content-Disposition or the file system.
    pub name: Option<&'a str>,
    /// The source's URL.
    pub url: Option<&'a str>,
    /// The source's Content-Type.
    pub content_type: Option<&'a str>,
}

/// Fills in file name, format and title where they were not given.
///
/// # Errors
/// `InvalidArgument` (`fileName`) when no name with an extension can be found and the format was not given either.
pub fn complete(media: &mut Media, hints: &Hints<'_>) -> Result<(), Error> {
    match media {
        Media::Video(video) => {
            if video.file_name.is_empty() {
                video.file_name = file_name(hints)?;
            }
            if video.title.is_empty() {
                video.title = title_of(&video.file_name);
            }
            Ok(())
        }
        Media::Image(image) => complete_optional(
            &mut image.original_file_name,
            &mut image.image_ext,
            &mut image.title,
            hints,
        ),
        Media::AttachedMedia(attached) => complete_optional(
            &mut attached.file_name,
            &mut attached.media_ext,
            &mut attached.title,
            hints,
        ),
    }
}

/// Where the format is a parameter of its own: it follows from the name, and the name from the source.
fn complete_optional(
    name: &mut Option<String>,
    format: &mut Option<String>,
    title: &mut Option<String>,
    hints: &Hints<'_>,
) -> Result<(), Error> {
    if name.is_none() {
        match file_name(hints) {
            Ok(found) => *name = Some(found),
            // Who gives the format needs no name.
            Err(_) if format.is_some() => {}
            Err(error) => return Err(error),
        }
    }
    if format.is_none() {
        let from_name = name.as_deref().and_then(extension);
        let found = from_name.or_else(|| format_of(hints.content_type));
        let Some(found) = found else {
            return Err(Error::invalid("fileName", NEEDS_EXTENSION));
        };
        *format = Some(found.to_ascii_lowercase());
    }
    if title.is_none() {
        *title = name
            .as_deref()
            .map(title_of)
            .filter(|title| !title.is_empty());
    }
    Ok(())
}

const NEEDS_EXTENSION: &str = "is needed: the source gives no file name with an extension, and VOD tells the format by it (such as film.mp4)";

fn title_of(file_name: &str) -> String {
    let stem = last_segment(file_name)
        .rsplit_once('.')
        .map_or("", |(stem, _)| stem);
    stem.chars().take(MAX_TITLE_CHARS).collect()
}

/// The extension of a media type.
fn format_of(content_type: Option<&str>) -> Option<&'static str> {
    let media_type = essence(content_type?);
    TYPES
        .iter()
        .find(|(_, known)| media_type.eq_ignore_ascii_case(known))
        .map(|(ext, _)| *ext)
}

/// The Content-Type to store: by extension, else what the source said, else bytes.
pub fn content_type(file_name: &str, from_source: Option<&str>) -> String {
    let known = extension(file_name).and_then(|ext| {
        TYPES
            .iter()
            .find(|(known, _)| ext.eq_ignore_ascii_case(known))
            .map(|(_, media_type)| *media_type)
    });
    known
        .or(from_source.map(essence))
        .unwrap_or("application/octet-stream")
        .to_owned()
}

fn file_name(hints: &Hints<'_>) -> Result<String, Error> {
    let from_url = hints.url.map(|url| {
        let path = url.split(['?', '#']).next().unwrap_or_default();
        let path = path.split_once("://").map_or(path, |(_, rest)| rest);
        // Without a slash behind the host there is no path, hence no name.
        path.split_once('/').map_or_else(String::new, |(_, path)| {
            percent_decode(last_segment(path)).unwrap_or_default()
        })
    });
    let candidates = [
        hints.name.map(|name| last_segment(name).to_owned()),
        from_url,
    ];
    let names: Vec<String> = candidates
        .into_iter()
        .flatten()
        .filter(|name| !name.is_empty())
        .collect();
    if let Some(name) = names.iter().find(|name| extension(name).is_some()) {
        return Ok(name.clone());
    }
    match format_of(hints.content_type) {
        Some(ext) => Ok(format!(
            "{}.{ext}",
            names.first().map_or("media", String::as_str)
        )),
        None => Err(Error::invalid("fileName", NEEDS_EXTENSION)),
    }
}

fn last_segment(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or_default()
}

pub(super) fn extension(name: &str) -> Option<&str> {
    let (stem, ext) = last_segment(name).rsplit_once('.')?;
    (!stem.is_empty() && !ext.is_empty()).then_some(ext)
}

fn essence(content_type: &str) -> &str {
    content_type.split(';').next().unwrap_or_default().trim()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vod::api::{CreateUploadAttachedMedia, CreateUploadImage, CreateUploadVideo};

    fn filled(video: CreateUploadVideo, hints: &Hints<'_>) -> Result<(String, String), Error> {
        let mut media = Media::Video(video);
        complete(&mut media, hints)?;
        match media {
            Media::Video(video) => Ok((video.file_name, video.title)),
            other => panic!("{other:?}"),
        }
    }

    fn named(hints: &Hints<'_>) -> Result<(String, String), Error> {
        filled(CreateUploadVideo::default(), hints)
    }

    #[test]
    fn the_format_of_an_image_follows_from_its_name_unless_it_was_given() {
        let format = |image: CreateUploadImage, hints: &Hints<'_>| {
            let mut media = Media::Image(image);
            complete(&mut media, hints).map(|()| match media {
                Media::Image(image) => (
                    image.image_ext.unwrap(),
                    image.original_file_name,
                    image.title,
                ),
                other => panic!("{other:?}"),
            })
        };
        let some = |text: &str| Some(text.to_owned());
        let default = CreateUploadImage::default;
        let url = Hints {
            url: Some("https://h/Sunset.JPG?x=1"),
            ..Hints::default()
        };
        assert_eq!(
            format(default(), &url).unwrap(),
            ("jpg".into(), some("Sunset.JPG"), some("Sunset"))
        );
        let typed = Hints {
            url: Some("https://h/photo"),
            content_type: Some("image/webp"),
            ..Hints::default()
        };
        assert_eq!(
            format(default(), &typed).unwrap(),
            ("webp".into(), some("photo.webp"), some("photo"))
        );
        let given = CreateUploadImage {
            image_ext: some("gif"),
            title: some("Mine"),
            ..default()
        };
        assert_eq!(
            format(given.clone(), &url).unwrap(),
            ("gif".into(), some("Sunset.JPG"), some("Mine"))
        );
        assert_eq!(
            format(given, &Hints::default()).unwrap(),
            ("gif".into(), None, some("Mine"))
        );
        assert!(format(default(), &Hints::default()).is_err());
    }

    #[test]
    fn the_format_of_an_attached_media_follows_likewise() {
        let mut media = Media::AttachedMedia(CreateUploadAttachedMedia::default());
        let hints = Hints {
            name: Some("/tmp/english.VTT"),
            ..Hints::default()
        };
        complete(&mut media, &hints).unwrap();
        let Media::AttachedMedia(media) = media else {
            panic!("another kind");
        };
        assert_eq!(media.media_ext.as_deref(), Some("vtt"));
        assert_eq!(media.title.as_deref(), Some("english"));
    }

    #[test]
    fn the_url_path_names_the_file() {
        let hints = Hints {
            url: Some("https://h/a/My%20film.v2.mp4?Signature=x/y.avi"),
            ..Hints::default()
        };
        assert_eq!(
            named(&hints).unwrap(),
            ("My film.v2.mp4".into(), "My film.v2".into())
        );
    }

    #[test]
    fn a_content_disposition_wins_over_the_url() {
        let hints = Hints {
            url: Some("https://h/download.php"),
            name: Some("film.mov"),
            ..Hints::default()
        };
        assert_eq!(named(&hints).unwrap().0, "film.mov");
    }

    #[test]
    fn a_content_type_gives_the_extension_where_nothing_else_does() {
        let hints = Hints {
            url: Some("https://h/watch"),
            content_type: Some("Video/MP4; a=b"),
            ..Hints::default()
        };
        assert_eq!(named(&hints).unwrap().0, "watch.mp4");
        let bare = Hints {
            url: Some("https://host.mp4"),
            content_type: Some("video/mp4"),
            ..Hints::default()
        };
        assert_eq!(named(&bare).unwrap().0, "media.mp4");
    }

    #[test]
    fn no_name_at_all_asks_for_one() {
        let error = named(&Hints {
            url: Some("https://h/watch"),
            ..Hints::default()
        })
        .unwrap_err();
        assert!(
            error.message.starts_with("`fileName` is needed"),
            "{}",
            error.message
        );
    }

    #[test]
    fn a_name_the_caller_gave_stays() {
        let video = CreateUploadVideo {
            title: "T".into(),
            file_name: "x.mp4".into(),
            ..CreateUploadVideo::default()
        };
        let hints = Hints {
            name: Some("y.mov"),
            ..Hints::default()
        };
        assert_eq!(filled(video, &hints).unwrap(), ("x.mp4".into(), "T".into()));
    }

    #[test]
    fn the_content_type_follows_the_extension() {
        assert_eq!(content_type("a.MP4", Some("text/plain")), "video/mp4");
        assert_eq!(content_type("a.zzz", Some("video/x; q=1")), "video/x");
        assert_eq!(content_type("a", None), "application/octet-stream");
    }
}
