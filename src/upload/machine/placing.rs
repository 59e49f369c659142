//! Asking VOD for a place: a new one, that of a media which is there already, or the one that a checkpoint names.

use super::adopt::Adoption;
use super::call::VodCall;
use super::context::Context;
use super::credential::Credential;
use super::grant::{Grant, target_of};
use super::trouble::VodTrouble;
use super::turn::Turn;
use crate::error::{Code, Error};
use crate::http::Reply;
use crate::upload::checkpoint::LATEST_MS;
use crate::upload::job::Media;
use crate::vod::api::{self, UploadTicket};

/// Which place, and how far that is.
#[derive(Clone)]
pub(super) enum Placing {
    /// A new one.
    Creating,
    /// That of the media which has the reference id.
    Adopting(Adoption),
    /// That of a media that is replaced; once it is known, VOD is asked what that media holds.
    Claiming(Option<Box<Grant>>),
    /// The one that a checkpoint names.
    GoingOn,
}

impl Placing {
    /// Asks for a place where there is none.
    pub(super) fn ask(cx: &mut Context, size: Option<u64>) -> Placing {
        if cx.replaces() {
            cx.ask(VodCall::Claim);
            return Placing::Claiming(None);
        }
        cx.job.media.set_size(size);
        note_create(cx);
        cx.ask(VodCall::Create);
        Placing::Creating
    }

    /// A place that was given, but not taken so far.
    pub(super) fn grant(&self) -> Option<&Grant> {
        match self {
            Placing::Creating | Placing::GoingOn => None,
            Placing::Adopting(adoption) => adoption.grant(),
            Placing::Claiming(grant) => grant.as_deref(),
        }
    }

    /// The same, for good.
    pub(super) fn into_grant(self) -> Option<Grant> {
        match self {
            Placing::Creating | Placing::GoingOn => None,
            Placing::Adopting(adoption) => adoption.into_grant(),
            Placing::Claiming(grant) => grant.map(|grant| *grant),
        }
    }
}

/// A run that ends before it hears the reply leaves this to the next one. Without a reference id nothing is found again.
fn note_create(cx: &mut Context) {
    if cx.job.media.reference_id().is_none() || cx.rights.create_sent.is_some() {
        return;
    }
    // A checkpoint takes no later one.
    cx.rights.create_sent = Some(cx.now.0.min(LATEST_MS));
    cx.save();
}

/// What VOD answers to a Create.
///
/// # Errors
/// What it refused.
pub(super) fn read_ticket(
    cx: &Context,
    reply: &Reply,
) -> Result<UploadTicket, crate::vod::error::Refused> {
    let at = cx.server_now();
    match cx.job.media {
        Media::Video(_) => api::parse_create_upload_video(reply, at),
        Media::Image(_) => api::parse_create_upload_image(reply, at),
        Media::AttachedMedia(_) => api::parse_create_upload_attached_media(reply, at),
    }
}

/// VOD has made the media: the place is taken at any time, as a resume must not create another.
pub(super) fn created(cx: &mut Context, ticket: UploadTicket) -> Result<Grant, Error> {
    cx.got_through(VodCall::Create);
    let grant = Grant::take(cx, ticket)?;
    cx.save();
    Ok(grant)
}

/// The same for a credential that was fetched for it.
pub(super) fn find_anew(cx: &mut Context, ticket: UploadTicket) -> Result<Option<Grant>, Error> {
    cx.tally.refreshes = cx.tally.refreshes.saturating_add(1);
    cx.progress();
    find_place(cx, ticket)
}

/// The place of a checkpoint, and a credential for it. The address comes from VOD, not from the checkpoint: an edited file
/// must not lead the credential elsewhere.
pub(super) fn find_place(cx: &mut Context, ticket: UploadTicket) -> Result<Option<Grant>, Error> {
    let mark = cx.before.as_ref().and_then(|before| before.place.as_ref());
    let Some(mark) = mark else {
        return Ok(None);
    };
    let target = target_of(cx, &ticket)?;
    if (&target.bucket, &target.key) != (&mark.bucket, &mark.object_key) {
        let message = "VOD gives another object for this media than the checkpoint names";
        return Err(Error::new(Code::CheckpointInvalid, message));
    }
    Ok(Some(Grant {
        place: super::grant::Place {
            target,
            prefix: ticket.address.object_prefix,
            url: ticket.url,
            file_url: ticket.file_url,
        },
        credential: Credential::new(ticket.auth, 1, cx.now),
    }))
}

/// VOD gives the place that the checkpoint names.
pub(super) fn on_found(cx: &mut Context, reply: &Reply) -> Result<Turn, VodTrouble> {
    let ticket = api::parse_refresh_upload_video(reply, cx.server_now())?;
    cx.got_through(VodCall::RefreshUploadVideo);
    Ok(match find_anew(cx, ticket)? {
        Some(grant) => Turn::Found(Box::new(grant)),
        None => Turn::Stay,
    })
}
