//! Names nobody gave: file name, format and title from what a source tells of itself. Whatever it tells, what is made of it
//! keeps VOD's rules.
//!
//! `suggestion.rs` reads the names that a source suggests, `types.rs` knows extensions and media types, `clean.rs` what
//! characters VOD takes.

mod clean;
mod suggestion;
mod types;

use super::job::Media;
use crate::error::Error;
use crate::vod::attached_media::BusinessType;
use crate::vod::formats::{self, Formats};
use crate::vod::rules::{self, Limit};
use suggestion::{Suggestion, last_segment};
use types::{by_media_type, essence, media_type};

/// What a media is called whose source tells nothing.
const NAMELESS: &str = "media";

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

impl Hints<'_> {
    /// What stands in for a source that is not known yet, so that all else of a media can be judged.
    pub(super) fn of_any(media: &Media) -> Hints<'static> {
        let name = match media {
            Media::Video(_) => "media.mp4",
            Media::Image(_) => "media.png",
            Media::AttachedMedia(media) => match media.business_type {
                BusinessType::Subtitle => "media.srt",
                BusinessType::Watermark | BusinessType::Material => "media.png",
            },
        };
        Hints {
            name: Some(name),
            ..Hints::default()
        }
    }
}

/// Fills in file name, format and title where they were not given. What is filled in keeps VOD's rules; what was given
/// stays as it is.
///
/// # Errors
/// `InvalidArgument`: `fileName` when nothing tells a format that VOD knows and none was given, `businessType` when the
/// format is one of another type.
pub fn complete(media: &mut Media, hints: &Hints<'_>) -> Result<(), Error> {
    match media {
        Media::Video(video) => {
            let given = (!video.file_name.is_empty()).then_some(video.file_name.as_str());
            let mut names = Names::read(hints, given, formats::VIDEO);
            names.add(&video.title);
            if video.file_name.is_empty() {
                video.file_name = names
                    .file_name()
                    .map_err(|error| of_another_kind(hints, "a video", error))?;
            }
            if video.title.is_empty() {
                video.title = names.title(rules::TITLE);
            }
            Ok(())
        }
        Media::Image(image) => complete_optional(
            &mut image.original_file_name,
            &mut image.image_ext,
            &mut image.title,
            hints,
            (formats::IMAGE, rules::TITLE),
        )
        .map_err(|error| of_another_kind(hints, "an image", error)),
        Media::AttachedMedia(attached) => {
            let formats = formats::attached(attached.business_type);
            complete_optional(
                &mut attached.file_name,
                &mut attached.media_ext,
                &mut attached.title,
                hints,
                (formats, rules::ATTACHED_TITLE),
            )
            .map_err(|error| of_another_type(hints).unwrap_or(error))
        }
    }
}

/// A file name for a video of which a title is known, and perhaps its Content-Type. Where neither tells a format it is mp4, as
/// most are.
pub fn video_name(title: &str, content_type: Option<&str>) -> String {
    let hints = Hints {
        content_type,
        ..Hints::default()
    };
    let mut names = Names::read(&hints, None, formats::VIDEO);
    names.add(title);
    let otherwise = || format!("{}.mp4", names.first(clean::file_stem));
    names.file_name().unwrap_or_else(|_| otherwise())
}

/// Where the format is a parameter of its own: it follows from the name, and the name from the source.
fn complete_optional(
    name: &mut Option<String>,
    format: &mut Option<String>,
    title: &mut Option<String>,
    hints: &Hints<'_>,
    (formats, limit): (Formats, Limit),
) -> Result<(), Error> {
    let names = Names::read(hints, name.as_deref(), formats);
    if title.is_none() && !names.all.is_empty() {
        *title = Some(names.title(limit));
    }
    if format.is_none() {
        let of_name = || suggestion::any_extension(name.as_deref()?);
        let found = names.format().map(str::to_owned).or_else(of_name);
        *format = Some(found.ok_or_else(|| names.formatless())?);
    }
    if name.is_none() {
        // Whoever gives the format needs no name.
        *name = names.file_name().ok();
    }
    Ok(())
}

/// What the source tells may be the format of another kind: then that is what is wrong.
fn of_another_kind(hints: &Hints<'_>, wanted: &str, error: Error) -> Error {
    let kinds = [
        ("an image", formats::IMAGE),
        ("a video or a sound", formats::VIDEO),
        ("a subtitle", formats::attached(BusinessType::Subtitle)),
    ];
    let told = kinds.into_iter().find_map(|(kind, formats)| {
        let format = Names::read(hints, None, formats).format()?;
        Some(format!(
            "is needed: by its name or Content-Type the source is {kind} in the format {format}, and it is uploaded as {wanted}"
        ))
    });
    told.map_or(error, |rule| Error::invalid("fileName", rule))
}

/// `businessType` is wrong where another type has the format.
fn of_another_type(hints: &Hints<'_>) -> Option<Error> {
    let others = [
        (BusinessType::Subtitle, "subtitle"),
        (BusinessType::Watermark, "watermark"),
        (BusinessType::Material, "material"),
    ];
    others.into_iter().find_map(|(business_type, word)| {
        let format = Names::read(hints, None, formats::attached(business_type)).format()?;
        let rule = format!("must be {word} for a file in the format {format}");
        Some(Error::invalid("businessType", rule))
    })
}

/// What a name and a format are made of.
struct Names<'a> {
    /// The best name first.
    all: Vec<Suggestion>,
    content_type: Option<&'a str>,
    formats: Formats,
}

impl<'a> Names<'a> {
    /// `given`, a file name of the caller's, is the only name there is.
    fn read(hints: &Hints<'a>, given: Option<&str>, formats: Formats) -> Names<'a> {
        let all = match given {
            Some(name) => vec![suggestion::of_given(name, formats)],
            None => suggestion::of_source(hints, formats),
        };
        Names {
            all,
            content_type: hints.content_type,
            formats,
        }
    }

    /// A title may be a file's name, such as `Film.mov`, where nothing else is.
    fn add(&mut self, title: &str) {
        if !title.is_empty() {
            let one = suggestion::of_name(title, self.formats);
            self.all.push(Suggestion {
                is_sure: false,
                ..one
            });
        }
    }

    fn sure(&self) -> Option<&Suggestion> {
        self.all.iter().find(|one| one.is_sure)
    }

    fn format(&self) -> Option<&'static str> {
        let told = || by_media_type(self.content_type?, self.formats);
        let unsure = || self.all.iter().find_map(|one| one.format);
        let sure = self.sure().and_then(|one| one.format);
        sure.or_else(told).or_else(unsure)
    }

    fn file_name(&self) -> Result<String, Error> {
        let format = self.format().ok_or_else(|| self.formatless())?;
        // `FILM.MP4` stays, and `film.ogv` becomes `film.ogg`.
        let spelled = self.sure().map(|one| one.extension.as_str());
        let extension = spelled.filter(|spelled| spelled.eq_ignore_ascii_case(format));
        let stem = self.first(clean::file_stem);
        Ok(format!("{stem}.{}", extension.unwrap_or(format)))
    }

    fn title(&self, limit: Limit) -> String {
        self.first(|stem| clean::title(stem, limit))
    }

    /// The first name of which something is left when it is clean.
    fn first(&self, clean: impl Fn(&str) -> String) -> String {
        let names = self.all.iter().map(|one| clean(&one.stem));
        let found = names.into_iter().find(|name| !name.is_empty());
        found.unwrap_or_else(|| NAMELESS.to_owned())
    }

    fn formatless(&self) -> Error {
        let example = self.formats.split(' ').next().unwrap_or_default();
        let rule = format!(
            "is needed: neither the source's name nor its Content-Type tells a format that VOD takes here (such as film.{example})"
        );
        Error::invalid("fileName", rule)
    }
}

/// What stands behind the last dot of a file's name.
pub(super) fn extension(name: &str) -> Option<&str> {
    let (stem, extension) = last_segment(name).rsplit_once('.')?;
    (!stem.is_empty() && !extension.is_empty()).then_some(extension)
}

/// The format that a media type stands for, if it is one of these.
pub(super) fn format_among(content_type: &str, formats: &'static str) -> Option<&'static str> {
    types::by_media_type(content_type, formats)
}

/// The Content-Type to store: by extension, else what the source said, else bytes.
pub fn content_type(file_name: &str, from_source: Option<&str>) -> String {
    let known = extension(file_name).and_then(media_type);
    known
        .or(from_source.map(essence).filter(|told| !told.is_empty()))
        .unwrap_or("application/octet-stream")
        .to_owned()
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
        let subtitle = CreateUploadAttachedMedia {
            business_type: BusinessType::Subtitle,
            ..CreateUploadAttachedMedia::default()
        };
        let mut media = Media::AttachedMedia(subtitle);
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

        let mut material = Media::AttachedMedia(CreateUploadAttachedMedia::default());
        let error = complete(&mut material, &hints).unwrap_err();
        assert_eq!(
            error.message,
            "`businessType` must be subtitle for a file in the format vtt"
        );
    }

    #[test]
    fn names_of_the_real_world() {
        const MP4: &str = "video/mp4";
        const BYTES: &str = "application/octet-stream";
        for (url, content_type, file_name, title) in [
            ("/watch.php?v=1", MP4, "watch.mp4", "watch"),
            ("/v1.0", MP4, "v1.0.mp4", "v1.0"),
            (
                "/Lecture%203.%20Intro",
                MP4,
                "Lecture 3. Intro.mp4",
                "Lecture 3. Intro",
            ),
            ("/a.jpg:large", MP4, "a.jpg large.mp4", "a.jpg:large"),
            ("/film.mp4;jsessionid=1.2", BYTES, "film.mp4", "film"),
            ("/film.mp4?x=/y.avi", BYTES, "film.mp4", "film"),
            ("/film.mp4/", BYTES, "film.mp4", "film"),
            ("/film.mp4/download", BYTES, "film.mp4", "film"),
            ("/FILM.MP4", BYTES, "FILM.MP4", "FILM"),
            ("/film.mp4%20", BYTES, "film.mp4", "film"),
            ("/film.mp4.download", BYTES, "film.mp4", "film"),
            ("/film.mp4&dl=1", BYTES, "film.mp4", "film"),
            ("/film.mp4%3Fx=1", BYTES, "film.mp4", "film"),
            ("/film.mp4.", BYTES, "film.mp4", "film"),
            ("/o/films%2Ffilm.mp4?alt=media", BYTES, "film.mp4", "film"),
            ("/get?file=film.mp4", BYTES, "film.mp4", "film"),
            (
                "/get?id=1.2&name=a+b%20c.mkv&poster=x.avi",
                BYTES,
                "a b c.mkv",
                "a b c",
            ),
            (
                "/get?url=https%3A%2F%2Fh%2Ffilm.mp4%3Fa%3Db",
                BYTES,
                "film.mp4",
                "film",
            ),
            (
                "/k?response-content-disposition=attachment%3B%20filename%3D%22f%201.mov%22",
                BYTES,
                "f 1.mov",
                "f 1",
            ),
            (
                "/k?rscd=attachment;filename*=UTF-8''%25E7%2589%2587.mp4",
                BYTES,
                "片.mp4",
                "片",
            ),
            ("/get?file=film.mkv", MP4, "film.mp4", "film"),
            ("/%E7%94%B5%E5%BD%B1.mp4", BYTES, "电影.mp4", "电影"),
            ("/%B5%E7%D3%B0.mp4", BYTES, "电影.mp4", "电影"),
            ("/caf%E9.mp4", BYTES, "café.mp4", "café"),
            ("/%F0%9F%8E%AC%20Film.mp4", BYTES, "Film.mp4", "Film"),
            ("/%F0%9F%8E%AC.mp4", BYTES, "media.mp4", "media"),
            ("/%F0%A0%AE%B7%E7%89%87.mp4", BYTES, "片.mp4", "片"),
            (
                "/%22a%22%3A%20b%0A%E2%80%AE.mp4",
                BYTES,
                "a b.mp4",
                "\"a\": b",
            ),
            ("/.mp4", BYTES, "media.mp4", "media"),
            ("/", MP4, "media.mp4", "media"),
            ("", "audio/x-m4a", "media.m4a", "media"),
            ("/film.ogv", BYTES, "film.ogg", "film"),
            ("/part.dat", MP4, "part.mp4", "part"),
            ("/part.dat", BYTES, "part.dat", "part"),
            ("/film.mov", MP4, "film.mov", "film"),
            ("/audio", "audio/mp3", "audio.mp3", "audio"),
        ] {
            let url = format!("https://host.example{url}");
            let hints = Hints {
                url: Some(&url),
                content_type: Some(content_type),
                ..Hints::default()
            };
            let found = named(&hints).unwrap();
            assert_eq!(found, (file_name.into(), title.into()), "{url}");
        }
        for (url, words) in [
            ("/watch.php", "neither"),
            ("/v1.0", "neither"),
            ("/film.xyz", "neither"),
            ("/get?file=a.php", "neither"),
            (
                "/a.jpeg",
                "is an image in the format jpeg, and it is uploaded as a video",
            ),
            ("/a.srt", "is a subtitle in the format srt"),
        ] {
            let url = format!("https://host.example{url}");
            let hints = Hints {
                url: Some(&url),
                content_type: Some(BYTES),
                ..Hints::default()
            };
            let message = named(&hints).unwrap_err().message;
            assert!(message.starts_with("`fileName` is needed"), "{message}");
            assert!(message.contains(words), "{message}");
        }
    }

    #[test]
    fn a_title_names_the_file_where_nothing_else_does() {
        let titled = |title: &str, content_type| {
            let video = CreateUploadVideo {
                title: title.into(),
                ..CreateUploadVideo::default()
            };
            let hints = Hints {
                content_type,
                ..Hints::default()
            };
            filled(video, &hints).map(|(file_name, title)| format!("{file_name} | {title}"))
        };
        assert_eq!(
            titled("Launch 2026.11.22", Some("video/mp4")).unwrap(),
            "Launch 2026.11.22.mp4 | Launch 2026.11.22"
        );
        assert_eq!(titled("Film.mov", None).unwrap(), "Film.mov | Film.mov");
        assert!(titled("Film", None).is_err());
    }

    #[test]
    fn a_video_has_a_name_by_its_title() {
        for (title, content_type, name) in [
            (
                "Launch 2026.11.22",
                Some("video/mp4"),
                "Launch 2026.11.22.mp4",
            ),
            (
                "Launch 2026.11.22",
                Some("video/webm"),
                "Launch 2026.11.22.webm",
            ),
            (
                "Launch 2026.11.22",
                Some("application/octet-stream"),
                "Launch 2026.11.22.mp4",
            ),
            ("Film.mov", None, "Film.mov"),
            ("🎬", None, "media.mp4"),
        ] {
            assert_eq!(video_name(title, content_type), name);
        }
    }

    #[test]
    fn a_format_follows_from_the_type_where_the_name_has_another() {
        let mut media = Media::Image(CreateUploadImage::default());
        let hints = Hints {
            url: Some("https://h/media/a.jpg:large?name=x"),
            content_type: Some("image/pjpeg"),
            ..Hints::default()
        };
        complete(&mut media, &hints).unwrap();
        let Media::Image(image) = media else {
            panic!("another kind");
        };
        assert_eq!(image.image_ext.as_deref(), Some("jpg"));
        assert_eq!(image.original_file_name.as_deref(), Some("a.jpg"));
        assert_eq!(image.title.as_deref(), Some("a"));
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
        assert_eq!(content_type("a.jfif", None), "image/jpeg");
        assert_eq!(content_type("a", None), "application/octet-stream");
        assert_eq!(content_type("a", Some(" ; x")), "application/octet-stream");
    }
}
