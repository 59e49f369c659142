//! What is uploaded: one file, or a playlist with all that it names.

use super::grant::Place;
use super::object::Object;
use super::playlist::Playlist;
use crate::error::Error;

/// What is uploaded.
#[derive(Clone)]
pub(super) enum Content {
    /// One file.
    Object(Box<Object>),
    /// A playlist, and all the files that it names.
    Playlist(Box<Playlist>),
}

impl Content {
    /// Parts or files that are stored.
    pub(super) fn accepted(&self) -> u32 {
        match self {
            Content::Object(object) => object.parts().count(),
            Content::Playlist(playlist) => playlist.stored(),
        }
    }

    pub(super) fn bytes(&self) -> u64 {
        match self {
            Content::Object(object) => object.parts().bytes(),
            Content::Playlist(playlist) => playlist.bytes(),
        }
    }

    /// Parts or files in all, where that is known.
    pub(super) fn count(&self) -> Option<u32> {
        match self {
            Content::Object(object) => object.count(),
            Content::Playlist(playlist) => playlist.count(),
        }
    }

    pub(super) fn size(&self) -> Option<u64> {
        match self {
            Content::Object(object) => object.size(),
            Content::Playlist(_) => None,
        }
    }

    /// Length of the object that would be made at this place, if it is known: of a playlist, that of its root.
    pub(super) fn size_at(&mut self, place: &Place) -> Result<Option<u64>, Error> {
        match self {
            Content::Object(object) => Ok(object.size()),
            Content::Playlist(playlist) => playlist.root_length(place).map(Some),
        }
    }

    /// The source was seen by this run.
    pub(super) fn is_seen(&self) -> bool {
        match self {
            Content::Object(object) => object.is_seen(),
            Content::Playlist(playlist) => playlist.is_named(),
        }
    }

    pub(super) fn has_named_files(&self) -> bool {
        matches!(self, Content::Playlist(playlist) if playlist.is_named())
    }

    /// How often a part or file has failed.
    pub(super) fn failures(&self, number: u32) -> u32 {
        match self {
            Content::Object(object) => object.failures(number),
            Content::Playlist(playlist) => playlist.failures(number),
        }
    }
}
