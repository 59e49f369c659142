//! An upload by ticket: the caller brings the place and the credential, and VOD is never asked. What a refresh of the credential
//! would be, the caller is asked for; all that only VOD could tell or remove stays with whoever made the ticket.

use super::Upload;
use super::call::VodCall;
use super::context::Context;
use super::grant::Grant;
use super::placing::find_place;
use super::state::State;
use super::turn::Turn;
use crate::error::{Code, Error};
use crate::upload::checkpoint::{Checkpoint, SourceMark};
use crate::upload::event::Failure;
use crate::upload::job::{Job, Source};
use crate::vod::api::UploadTicket;
use crate::vod::{Account, Ticket};

const FAILED: &str = "Look at the function passed as `refresh`: it must give a ticket for this very media, as VOD's RefreshUploadVideo does.";

impl Context {
    pub(super) fn is_by_ticket(&self) -> bool {
        self.caller.account().ticket.is_some()
    }

    /// Whether another credential can be had for the same place.
    pub(super) fn is_renewable(&self) -> bool {
        let account = self.caller.account();
        match account.ticket {
            Some(_) => account.renewable,
            None => self.job.media.is_renewable(),
        }
    }

    /// Whether a later run may go on at this place. Whoever has tickets may have another one then.
    pub(super) fn may_go_on(&self) -> bool {
        self.is_by_ticket() || self.job.media.is_renewable()
    }

    /// The ticket in hand, as far as the upload is by ticket.
    ///
    /// # Errors
    /// `InvalidArgument` (`ticket`).
    pub(super) fn ticket(&self) -> Result<Option<UploadTicket>, Error> {
        let ticket = self.caller.account().ticket.as_ref();
        ticket
            .map(|ticket| ticket.read(self.server_now()))
            .transpose()
    }
}

/// What the upload cannot be by ticket.
///
/// # Errors
/// `InvalidArgument` naming the field.
pub(super) fn check(job: &Job, ticket: &Ticket, now: crate::time::UnixMs) -> Result<(), Error> {
    ticket.read(now)?;
    let options = &job.options;
    let rule = "does not go with a ticket: it takes calls of VOD";
    for (field, is_asked) in [
        ("adopt", !options.adopt.is_never()),
        ("replace", options.replace.is_some()),
        ("shard", options.shard.is_some()),
        ("source", matches!(job.source, Source::Playlist(_))),
    ] {
        if is_asked {
            return Err(Error::invalid(field, rule));
        }
    }
    Ok(())
}

/// A ticket opens the place of one media. What a checkpoint says of another one's parts does not belong there.
///
/// # Errors
/// `InvalidArgument` (`ticket`) where it is for another media.
pub(super) fn check_media(ticket: &Ticket, checkpoint: &Checkpoint) -> Result<(), Error> {
    let place = checkpoint.place.as_ref();
    match place.filter(|place| place.media_id != ticket.media_id) {
        Some(place) => Err(of_another(&ticket.media_id, &place.media_id, "ticket")),
        None => Ok(()),
    }
}

fn of_another(given: &str, wanted: &str, field: &str) -> Error {
    let rule = format!("is of the media {given}, and the upload is that of {wanted}");
    Error::invalid(field, rule)
}

/// A file that the user has picked again: size and time are compared as always, its name here.
///
/// # Errors
/// `SourceChanged`.
pub(super) fn check_name(before: &SourceMark, now: Option<&str>) -> Result<(), Error> {
    let bare = |path: &str| path.rsplit(['/', '\\']).next().map(str::to_owned);
    let names = before
        .path
        .as_deref()
        .and_then(bare)
        .zip(now.and_then(bare));
    match names.filter(|(was, is)| was != is) {
        Some((was, is)) => {
            let message =
                format!("the source is not what it was: its name was {was} and is {is} now");
            Err(Error::new(Code::SourceChanged, message))
        }
        None => Ok(()),
    }
}

impl Upload {
    /// The place that the ticket names: by ticket there is no need to ask for one.
    pub(super) fn place_by_ticket(&mut self) -> Result<Option<Turn>, Error> {
        let Some(ticket) = self.cx.ticket()? else {
            return Ok(None);
        };
        let mut grant = Grant::take(&mut self.cx, ticket)?;
        // It may have been made long ago.
        grant.credential.was_used();
        self.cx.save();
        Ok(Some(Turn::Placed(Box::new(grant))))
    }

    /// The place that checkpoint and ticket name.
    pub(super) fn find_by_ticket(&mut self) -> Result<Option<Turn>, Error> {
        let Some(grant) = self.grant_by_ticket()? else {
            return Ok(None);
        };
        Ok(Some(Turn::Found(Box::new(grant))))
    }

    fn grant_by_ticket(&mut self) -> Result<Option<Grant>, Error> {
        let Some(ticket) = self.cx.ticket()? else {
            return Ok(None);
        };
        let mut grant = find_place(&mut self.cx, ticket)?;
        if let Some(grant) = &mut grant {
            grant.credential.was_used();
        }
        Ok(grant)
    }

    /// A run that ends before it has come to its place removes what is left there by the ticket in hand.
    pub(super) fn lend_ticket(&mut self) -> Result<bool, Error> {
        if self.state.grant().is_some() || !self.state.is_ending() {
            return Ok(false);
        }
        let grant = self.grant_by_ticket()?;
        let is_lent = grant.is_some();
        if let State::Ending(ending) = &mut self.state {
            ending.grant = grant;
        }
        Ok(is_lent)
    }

    /// The ticket is over, and the caller has no other.
    pub(super) fn ticket_ended(&self) -> Error {
        let media = &self.cx.media_id;
        let message = format!(
            "the ticket of the media {media} has expired, and there is no `refresh` to get another"
        );
        Error::new(Code::CredentialEnded, message).hint(
            "Pass a `refresh` that gives a newer ticket for this media, or begin again with one; with a checkpoint the upload goes on where it was.",
        )
    }

    /// The caller has given another ticket.
    pub(super) fn on_ticket(&mut self, account: Account) -> Result<Turn, Error> {
        if account.ticket.is_none() {
            return Err(Error::invalid("refresh", "gave no ticket").hint(FAILED));
        }
        self.cx.caller.renew(account);
        let about = |error: Error| Error {
            hint: FAILED.into(),
            ..error
        };
        let Some(ticket) = self.cx.ticket().map_err(about)? else {
            return Ok(Turn::Stay);
        };
        if ticket.media_id != self.cx.media_id {
            let error = of_another(&ticket.media_id, &self.cx.media_id, "refresh");
            return Err(about(error));
        }
        if !self.is_wanted(VodCall::RefreshUploadVideo) {
            return Ok(Turn::Stay);
        }
        self.cx.got_through(VodCall::RefreshUploadVideo);
        self.take_refreshed(ticket)
    }

    /// The caller could not give another ticket: most often its own server is out of reach for a moment.
    pub(super) fn no_ticket(&mut self, failure: &Failure) -> Result<Turn, Error> {
        let call = VodCall::RefreshUploadVideo;
        if !self.is_wanted(call) {
            return Ok(Turn::Stay);
        }
        let error = Error::new(Code::CredentialsFailed, failure.message.clone()).hint(FAILED);
        self.retry_call(call.into(), error, None)
    }
}
