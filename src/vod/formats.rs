//! Which formats VOD takes, by extension. They bind names that are made up here; a caller's own may have any, since the
//! service's list grows.
//! <https://www.alibabacloud.com/help/en/vod/user-guide/overview-of-media-upload>

use super::attached_media::BusinessType;

/// Extensions in lower case, with blanks between.
pub(crate) type Formats = &'static str;

/// Video and audio, which are one kind to VOD.
pub(crate) const VIDEO: Formats = "mp4 3gp asf avi dat dv flv f4v gif m2t m3u8 m4v mj2 mjpeg mkv mov mpe mpg mpeg mts ogg \
     qt rm rmvb swf ts vob wmv webm aac ac3 acm amr ape caf flac m4a mp3 ra wav wma";

/// Images.
pub(crate) const IMAGE: Formats = "png jpg jpeg gif heic webp";

/// Attached media, by what they are for.
pub(crate) fn attached(business_type: BusinessType) -> Formats {
    match business_type {
        BusinessType::Watermark => "png gif apng mov",
        BusinessType::Subtitle => "srt ass stl ttml vtt",
        BusinessType::Material => "jpg gif png mp4 mat zip apk",
    }
}
