//! The kinds of media, each with an action of its own.

use super::api::{CreateUploadAttachedMedia, CreateUploadImage, CreateUploadVideo};
use crate::error::Error;
use crate::json::{Read, Write};

/// What the bytes become in VOD.
#[derive(Debug, Clone, PartialEq, Eq, Read, Write)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", tag = "type")]
pub enum Media {
    /// Video or audio, by CreateUploadVideo. An empty title or file name is filled in from the source.
    Video(CreateUploadVideo),
    /// An image, by CreateUploadImage. Title, name and format that were not given are filled in from the source.
    Image(CreateUploadImage),
    /// A watermark, a subtitle or a material, by CreateUploadAttachedMedia. Filled in likewise.
    AttachedMedia(CreateUploadAttachedMedia),
}

impl Media {
    /// Whether its upload credential can be renewed. For the others every credential comes with a new media id and a new
    /// place, so the bytes start over.
    pub fn is_renewable(&self) -> bool {
        matches!(self, Media::Video(_))
    }

    /// One word for users: `video`, `image` or `attached`.
    pub fn kind(&self) -> &'static str {
        match self {
            Media::Video(_) => "video",
            Media::Image(_) => "image",
            Media::AttachedMedia(_) => "attached",
        }
    }

    /// The action that asks VOD for a place.
    pub fn action(&self) -> &'static str {
        match self {
            Media::Video(_) => CreateUploadVideo::ACTION,
            Media::Image(_) => CreateUploadImage::ACTION,
            Media::AttachedMedia(_) => CreateUploadAttachedMedia::ACTION,
        }
    }

    /// The parameters of that action.
    pub fn params(&self) -> Vec<(String, String)> {
        match self {
            Media::Video(video) => video.params(),
            Media::Image(image) => image.params(),
            Media::AttachedMedia(media) => media.params(),
        }
    }

    /// The file's name, as far as it is known.
    pub fn file_name(&self) -> &str {
        match self {
            Media::Video(video) => &video.file_name,
            Media::Image(image) => image.original_file_name.as_deref().unwrap_or_default(),
            Media::AttachedMedia(media) => media.file_name.as_deref().unwrap_or_default(),
        }
    }

    /// The caller's own id, which only videos have.
    pub fn reference_id(&self) -> Option<&str> {
        match self {
            Media::Video(video) => video.reference_id.as_deref(),
            Media::Image(_) | Media::AttachedMedia(_) => None,
        }
    }

    /// Checks every documented rule of the parameters.
    ///
    /// # Errors
    /// `InvalidArgument` naming field, rule and what was given.
    pub fn validate(&self) -> Result<(), Error> {
        match self {
            Media::Video(video) => video.validate(),
            Media::Image(image) => image.validate(),
            Media::AttachedMedia(media) => media.validate(),
        }
    }

    /// Tells the size, where the action has a parameter for it.
    pub(crate) fn set_size(&mut self, size: Option<u64>) {
        match self {
            Media::Video(video) => video.file_size = size,
            Media::AttachedMedia(media) => media.file_size = size,
            Media::Image(_) => {}
        }
    }
}
