//! What is told of a good end.

use super::content::Content;
use super::context::Context;
use super::grant::Place;
use super::object::Object;
use super::replace;
use crate::error::Error;
use crate::upload::event::{Compared, Outcome, Vouched};
use crate::upload::job::Source;

/// How it came to be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Came {
    /// This upload has stored it. `folds`: OSS's checksum of the object agrees with those of its parts.
    Stored { folds: bool },
    /// It was there already.
    WasThere,
}

/// What the caller should know of a good end.
pub(super) fn notice(cx: &Context) -> Option<String> {
    cx.replaces().then(|| replace::NOTICE.to_owned())
}

pub(super) fn outcome(
    cx: &Context,
    content: &mut Content,
    place: &Place,
    crc64: Option<u64>,
    came: Came,
) -> Result<Outcome, Error> {
    let kind = cx.job.media.kind();
    let is_playlist = matches!(content, Content::Playlist(_));
    let url_of = |wanted: &str| place.url.clone().filter(|_| kind == wanted);
    let (missing, missing_segments) = match content {
        Content::Playlist(playlist) => playlist.missing_segments(),
        Content::Object(_) => (0, vec![]),
    };
    let (bytes, parts) = match (&mut *content, came) {
        (Content::Playlist(playlist), Came::WasThere) => playlist.size_of_adopted(cx, place)?,
        (Content::Playlist(playlist), Came::Stored { .. }) => (playlist.bytes(), playlist.stored()),
        (Content::Object(object), _) => (object.total().unwrap_or(0), object.parts().count()),
    };
    Ok(Outcome {
        media_id: cx.media_id.clone(),
        kind: if is_playlist { "playlist" } else { kind }.into(),
        image_url: url_of("image"),
        media_url: url_of("attached"),
        file_url: place.file_url.clone(),
        bucket: place.target.bucket.clone(),
        object_key: place.target.key.clone(),
        bytes,
        parts: parts.saturating_sub(missing),
        missing_segments,
        crc64: crc64.map(|crc| crc.to_string()),
        replaced: cx.replaces(),
        notice: notice(cx),
        compared: compared(content, came),
        vouched: vouched(cx, content, crc64, came),
        resumed: cx.resumed,
        refreshes: cx.tally.refreshes,
        restarts: cx.tally.restarts,
        retries: cx.tally.retries,
        request_id: cx.tally.request_id.clone(),
    })
}

fn compared(content: &Content, came: Came) -> Compared {
    let is_hashed = match content {
        Content::Object(object) => !object.is_unhashed() && object.parts().count() > 0,
        Content::Playlist(playlist) => !playlist.is_unhashed() && playlist.stored() > 0,
    };
    match came {
        Came::WasThere => Compared::ExistingLength,
        Came::Stored { .. } if is_hashed => Compared::Crc64,
        Came::Stored { folds: true } => Compared::Parts,
        Came::Stored { folds: false } => Compared::Length,
    }
}

/// What vouches for all bytes being of one file, where `stored` is the CRC-64 of the object.
fn vouched(cx: &Context, content: &Content, stored: Option<u64>, came: Came) -> Option<Vouched> {
    if came == Came::WasThere {
        return None;
    }
    Some(match (&cx.job.source, content) {
        (Source::Slices { .. }, _) => Vouched::Local,
        (Source::Url { .. }, Content::Object(object)) => vouched_by_url(cx, object, stored),
        (Source::Playlist(_) | Source::Stream { .. } | Source::Reply(_), _)
        | (Source::Url { .. }, Content::Playlist(_)) => Vouched::OneReply,
    })
}

fn vouched_by_url(cx: &Context, object: &Object, stored: Option<u64>) -> Vouched {
    let told = object.told_crc64();
    if told.is_some() && told == stored {
        Vouched::Digest
    } else if !object.is_pieced(cx) {
        Vouched::OneReply
    } else if object.has_validators() {
        Vouched::Validators
    } else {
        Vouched::Nothing
    }
}
