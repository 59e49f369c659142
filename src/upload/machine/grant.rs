//! The place that VOD has given, and the credential that may write there.

use super::context::Context;
use super::credential::Credential;
use crate::error::Error;
use crate::oss::{self, Target};
use crate::upload::job::Media;
use crate::vod::api::UploadTicket;

/// Where VOD wants the object.
#[derive(Clone)]
pub(super) struct Place {
    pub(super) target: Target,
    /// What stands before the keys of a playlist's files.
    pub(super) prefix: Option<String>,
    /// Where it can be fetched later, of images and attached media.
    pub(super) url: Option<String>,
    pub(super) file_url: Option<String>,
}

/// A place, and what may write there.
#[derive(Clone)]
pub(super) struct Grant {
    pub(super) place: Place,
    pub(super) credential: Credential,
}

impl Grant {
    /// Takes the place and the credential that VOD gives to a media.
    ///
    /// # Errors
    /// `ReplyInvalid`, `AddressRefused`: an address that leads nowhere, or where it must not.
    pub(super) fn take(cx: &mut Context, ticket: UploadTicket) -> Result<Grant, Error> {
        let target = target_of(cx, &ticket)?;
        cx.tally.request_id = ticket.request_id;
        cx.rights.create_sent = None;
        cx.rights.own = true;
        cx.media_id = ticket.media_id;
        Ok(Grant {
            place: Place {
                target,
                prefix: ticket.address.object_prefix,
                url: ticket.url,
                file_url: ticket.file_url,
            },
            credential: Credential::new(ticket.auth, 1, cx.now),
        })
    }
}

/// Where the object of a ticket is reached.
///
/// # Errors
/// As [`Grant::take`].
pub(super) fn target_of(cx: &Context, ticket: &UploadTicket) -> Result<Target, Error> {
    // What the credential of an image says was seen to be another region than the bucket's.
    let region = match cx.job.media {
        Media::Image(_) => None,
        Media::Video(_) | Media::AttachedMedia(_) => ticket.auth.region.as_deref(),
    };
    oss::resolve_target(&ticket.address, region, &cx.job.vod, &cx.job.oss)
}
