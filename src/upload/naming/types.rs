//! Extensions and media types: each format's own, and the others it goes by. The aliases are those of mime-db, and what
//! servers were seen to send.

use crate::vod::formats::Formats;

/// A format: its extension, its media type, other extensions, other media types.
type Row = (&'static str, &'static str, &'static str, &'static str);

/// Where several rows have a media type, the first is meant.
#[rustfmt::skip]
const ROWS: &[Row] = &[
    ("mp4", "video/mp4", "mp4v mpg4", "application/mp4 video/x-mp4 video/mpeg4 video/mp4v-es application/x-mp4"),
    ("mov", "video/quicktime", "qt", "video/x-quicktime"),
    ("qt", "video/quicktime", "mov", ""),
    ("mkv", "video/x-matroska", "mk3d mka", "video/matroska video/mkv video/x-mkv application/x-matroska video/x-matroska-3d video/matroska-3d audio/x-matroska audio/matroska"),
    ("webm", "video/webm", "weba", "audio/webm"),
    ("avi", "video/x-msvideo", "divx", "video/avi video/msvideo video/x-avi video/vnd.avi application/x-troff-msvideo video/divx"),
    ("flv", "video/x-flv", "", "video/flv application/x-flv flv-application/octet-stream"),
    ("f4v", "video/x-f4v", "", "video/f4v"),
    ("ts", "video/mp2t", "", "video/mpegts video/x-mpegts video/mp2ts video/x-mp2t video/vnd.dlna.mpeg-tts"),
    ("mts", "video/mp2t", "m2ts", "video/avchd-stream"),
    ("m2t", "video/mp2t", "", ""),
    ("m4s", "video/iso.segment", "", "audio/iso.segment"),
    ("mpg", "video/mpeg", "m1v m2v", "video/mpg video/x-mpeg video/x-mpg video/mpeg2 video/mp2p video/mp1s application/mpeg video/x-mpeg-system"),
    ("mpeg", "video/mpeg", "", ""),
    ("mpe", "video/mpeg", "", ""),
    ("wmv", "video/x-ms-wmv", "", "video/wmv"),
    ("asf", "video/x-ms-asf", "", "application/vnd.ms-asf video/x-ms-asf-plugin video/asf application/x-mplayer2"),
    ("3gp", "video/3gpp", "3gpp 3g2", "video/3gpp2 video/3gp video/3g2 audio/3gpp audio/3gpp2 audio/3gp"),
    ("m4v", "video/x-m4v", "", "video/m4v"),
    ("ogg", "video/ogg", "ogv oga ogx opus spx", "application/ogg audio/ogg application/x-ogg audio/x-ogg video/x-ogg audio/vorbis audio/opus audio/x-vorbis+ogg audio/x-opus+ogg video/x-theora+ogg"),
    ("m3u8", "application/vnd.apple.mpegurl", "m3u", "application/x-mpegurl audio/mpegurl audio/x-mpegurl application/mpegurl application/apple.vnd.mpegurl vnd.apple.mpegurl audio/vnd.apple.mpegurl video/x-mpegurl"),
    ("mj2", "video/mj2", "mjp2", ""),
    ("mjpeg", "video/x-motion-jpeg", "mjpg", "video/mjpeg video/x-mjpeg"),
    ("dv", "video/x-dv", "", "video/dv"),
    ("vob", "video/x-ms-vob", "", "video/dvd video/x-vob video/vob"),
    ("rm", "application/vnd.rn-realmedia", "", "application/x-realmedia video/vnd.rn-realvideo audio/x-pn-realaudio video/x-pn-realvideo"),
    ("rmvb", "application/vnd.rn-realmedia-vbr", "", "application/x-rmvb"),
    ("swf", "application/x-shockwave-flash", "", "application/vnd.adobe.flash.movie"),
    ("mp3", "audio/mpeg", "mpga", "audio/mp3 audio/x-mp3 audio/mpeg3 audio/x-mpeg-3 audio/x-mpeg audio/mpg audio/x-mpg audio/x-mpegaudio"),
    ("m4a", "audio/mp4", "m4b m4p mp4a", "audio/x-m4a audio/m4a audio/x-mp4 audio/mp4a-latm audio/m4b audio/x-m4b"),
    ("aac", "audio/aac", "adts", "audio/aacp audio/x-aac audio/x-hx-aac-adts audio/vnd.dlna.adts"),
    ("wav", "audio/wav", "wave", "audio/x-wav audio/wave audio/vnd.wave audio/x-pn-wav"),
    ("flac", "audio/flac", "", "audio/x-flac application/x-flac application/flac"),
    ("wma", "audio/x-ms-wma", "", "audio/wma"),
    ("amr", "audio/amr", "", "audio/amr-wb audio/amr-nb audio/x-amr"),
    ("ac3", "audio/ac3", "", "audio/x-ac3 audio/vnd.dolby.dd-raw"),
    ("eac3", "audio/eac3", "ec3", "audio/x-eac3 audio/e-ac-3"),
    ("ape", "audio/x-ape", "", "audio/ape application/x-ape audio/x-monkeys-audio"),
    ("caf", "audio/x-caf", "", "audio/caf"),
    ("ra", "audio/x-realaudio", "", "audio/vnd.rn-realaudio"),
    ("jpg", "image/jpeg", "jpeg jpe jfif pjpeg pjp", "image/jpg image/pjpeg image/x-jpeg image/x-jpg image/jpe"),
    ("jpeg", "image/jpeg", "", ""),
    ("png", "image/png", "", "image/x-png image/x-citrix-png"),
    ("gif", "image/gif", "", "image/x-gif"),
    ("webp", "image/webp", "", "image/x-webp"),
    ("heic", "image/heic", "heif heics heifs hif", "image/heif image/heic-sequence image/heif-sequence"),
    ("apng", "image/apng", "", "image/vnd.mozilla.apng"),
    ("srt", "application/x-subrip", "", "text/srt application/srt text/x-srt application/x-srt text/x-subrip text/subrip"),
    ("vtt", "text/vtt", "webvtt", "text/webvtt application/x-webvtt application/vtt"),
    ("ttml", "application/ttml+xml", "dfxp", "application/ttaf+xml text/ttml application/x-ttml+xml"),
    ("ass", "text/x-ssa", "", "text/x-ass application/x-ass text/ass application/x-ssa"),
    ("zip", "application/zip", "", "application/x-zip application/x-zip-compressed multipart/x-zip"),
    ("apk", "application/vnd.android.package-archive", "", ""),
];

/// The format that a name's extension stands for: itself, or the same under the name that VOD has for it.
pub(super) fn by_extension(extension: &str, formats: Formats) -> Option<&'static str> {
    let own = formats
        .split(' ')
        .find(|format| format.eq_ignore_ascii_case(extension));
    own.or_else(|| {
        ROWS.iter()
            .find(|(format, _, others, _)| has(formats, format) && has(others, extension))
            .map(|(format, ..)| *format)
    })
}

/// The format that a Content-Type stands for. A type that may be anything stands for none. Where a header came twice, its
/// values are joined with commas.
pub(super) fn by_media_type(content_type: &str, formats: Formats) -> Option<&'static str> {
    content_type.split(',').map(essence).find_map(|told| {
        ROWS.iter()
            .find(|(format, own, _, others)| {
                has(formats, format) && (own.eq_ignore_ascii_case(told) || has(others, told))
            })
            .map(|(format, ..)| *format)
    })
}

/// The media type of an extension.
pub(super) fn media_type(extension: &str) -> Option<&'static str> {
    let own = |row: &&Row| row.0.eq_ignore_ascii_case(extension);
    let other = |row: &&Row| has(row.2, extension);
    let found = ROWS.iter().find(own).or_else(|| ROWS.iter().find(other));
    found.map(|row| row.1)
}

/// A media type without its parameters.
pub(super) fn essence(content_type: &str) -> &str {
    content_type.split(';').next().unwrap_or_default().trim()
}

fn has(list: &str, wanted: &str) -> bool {
    list.split(' ')
        .any(|one| !one.is_empty() && one.eq_ignore_ascii_case(wanted))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vod::formats;

    #[test]
    fn media_types_have_many_names() {
        for (told, format) in [
            ("Video/MP4; codecs=\"avc1\"", "mp4"),
            ("application/mp4", "mp4"),
            ("audio/mp3", "mp3"),
            ("audio/x-wav", "wav"),
            ("audio/wave", "wav"),
            ("audio/x-m4a", "m4a"),
            ("audio/m4a", "m4a"),
            ("audio/ogg", "ogg"),
            ("application/ogg", "ogg"),
            ("audio/x-flac", "flac"),
            ("audio/aacp", "aac"),
            ("video/x-mp4", "mp4"),
            ("video/avi", "avi"),
            ("video/msvideo", "avi"),
            ("video/matroska", "mkv"),
            ("video/3gpp2", "3gp"),
            ("video/x-ms-asf", "asf"),
            ("application/x-mpegURL", "m3u8"),
            ("audio/mpegurl", "m3u8"),
            ("video/quicktime", "mov"),
            ("video/mpeg", "mpg"),
            ("binary/octet-stream, video/mp4", "mp4"),
        ] {
            assert_eq!(by_media_type(told, formats::VIDEO), Some(format), "{told}");
        }
        for told in ["image/jpg", "image/pjpeg", "IMAGE/JPEG"] {
            assert_eq!(by_media_type(told, formats::IMAGE), Some("jpg"), "{told}");
        }
        assert_eq!(by_media_type("image/x-png", formats::IMAGE), Some("png"));
        for told in ["text/srt", "application/srt"] {
            let subtitles = formats::attached(crate::vod::attached_media::BusinessType::Subtitle);
            assert_eq!(by_media_type(told, subtitles), Some("srt"), "{told}");
        }
    }

    #[test]
    fn a_type_that_may_be_anything_tells_nothing() {
        for told in [
            "",
            "application/octet-stream",
            "binary/octet-stream",
            "application/x-download",
            "application/force-download",
            "text/html",
            "image/jpeg",
            "video/unheard-of",
            ";",
        ] {
            assert_eq!(by_media_type(told, formats::VIDEO), None, "{told}");
        }
    }

    #[test]
    fn an_extension_that_vod_does_not_know_may_name_a_format_that_it_knows() {
        for (extension, formats, format) in [
            ("MP4", formats::VIDEO, Some("mp4")),
            ("m4b", formats::VIDEO, Some("m4a")),
            ("ogv", formats::VIDEO, Some("ogg")),
            ("m2ts", formats::VIDEO, Some("mts")),
            ("jpeg", formats::IMAGE, Some("jpeg")),
            ("jfif", formats::IMAGE, Some("jpg")),
            ("php", formats::VIDEO, None),
            ("jpg", formats::VIDEO, None),
            ("", formats::VIDEO, None),
        ] {
            assert_eq!(by_extension(extension, formats), format, "{extension}");
        }
        let material = formats::attached(crate::vod::attached_media::BusinessType::Material);
        assert_eq!(by_extension("jpeg", material), Some("jpg"));
    }

    #[test]
    fn every_format_of_vod_has_a_row_but_those_without_a_type() {
        use crate::vod::attached_media::BusinessType::{Material, Subtitle, Watermark};
        let attached = [Watermark, Subtitle, Material].map(formats::attached);
        for format in [formats::VIDEO, formats::IMAGE]
            .into_iter()
            .chain(attached)
            .flat_map(|list| list.split(' '))
        {
            let untyped = ["dat", "acm", "stl", "mat"].contains(&format);
            assert_eq!(media_type(format).is_none(), untyped, "{format}");
        }
    }
}
