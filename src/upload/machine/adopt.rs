//! Using a media that is there already: one that an earlier try has made and could not note.
//!
//! VOD refuses a second media of the same reference id. Then the first is asked for a credential by that id, and looked at.
//! Unless the caller asks for more (`adopt`), only a media that this very upload began is taken: the one that an earlier try
//! was given, or one without a file that was made after a Create was sent whose reply was never heard. Where the caller asks
//! for it, a media without a file gets ours, and with one of our size there is nothing left to do.

use super::call::VodCall;
use super::context::Context;
use super::grant::Grant;
use super::trouble::VodTrouble;
use super::turn::Turn;
use crate::error::{Code, Error};
use crate::http::Reply;
use crate::time::UnixMs;
use crate::upload::job::{Adopt, Job, Media};
use crate::vod::api::{self, Mezzanine};
use crate::vod::error::{Recovery, Refused};

/// `CreationTime` and `Date` have whole seconds.
const CLOCK_GRAIN_MS: u64 = 2_000;

/// How far the adoption of a media is.
#[derive(Clone)]
pub(super) struct Adoption {
    /// Why no media was created.
    refusal: Error,
    /// The place of the one that is there, once VOD has told it. Then it is asked what that is.
    grant: Option<Box<Grant>>,
}

/// # Errors
/// `InvalidArgument` where there is nothing to know the media by.
pub(super) fn check(job: &Job) -> Result<(), Error> {
    if job.options.adopt.is_never() || job.media.reference_id().is_some() {
        return Ok(());
    }
    Err(Error::invalid(
        "adopt",
        "needs a `referenceId`, which only videos have",
    ))
}

/// The caller wants a media that another upload may have begun.
fn is_asked(job: &Job) -> bool {
    !job.options.adopt.is_never()
}

fn may_adopt(cx: &Context) -> bool {
    let options = &cx.job.options;
    is_asked(&cx.job) || cx.rights.create_in_doubt || options.earlier_media_id.is_some()
}

/// What that media is, is asked by this action.
pub(super) fn survey_action(job: &Job) -> &'static str {
    match is_asked(job) {
        true => api::GET_MEZZANINE_INFO,
        false => api::GET_VIDEO_INFO,
    }
}

/// VOD refused to create the media.
///
/// # Errors
/// The refusal, where the one that is there is none of ours.
pub(super) fn not_created(
    cx: &mut Context,
    refused: Refused,
    is_running: bool,
) -> Result<Turn, VodTrouble> {
    let refused = Refused {
        error: about_reference(&cx.job, refused.error),
        ..refused
    };
    let is_taken = refused.error.code == Code::ReferenceTaken;
    if !is_taken || !may_adopt(cx) || !is_running {
        heard_refusal(cx, &refused);
        return Err(refused.into());
    }
    cx.got_through(VodCall::Create);
    cx.ask(VodCall::Adopt);
    Ok(Turn::Adopt(Box::new(refused.error)))
}

/// Nothing was made by this Create: a later run must not take what has the id for its own.
fn heard_refusal(cx: &mut Context, refused: &Refused) {
    if cx.rights.create_in_doubt || refused.recovery != Recovery::Fail {
        return;
    }
    cx.rights.create_sent = None;
    cx.save();
}

/// The service's code for an id that is taken is not documented: what names the parameter is about it, as its form was
/// checked here.
fn about_reference(job: &Job, error: Error) -> Error {
    let names_it = error.message.to_ascii_lowercase().contains("referenceid");
    if error.code != Code::VodRejected || !names_it || job.media.reference_id().is_none() {
        return error;
    }
    Error {
        hint: Code::ReferenceTaken.hint().into(),
        code: Code::ReferenceTaken,
        ..error
    }
}

impl Adoption {
    /// `refusal`: why no media was created.
    pub(super) fn new(refusal: Error) -> Adoption {
        Adoption {
            refusal,
            grant: None,
        }
    }

    pub(super) fn grant(&self) -> Option<&Grant> {
        self.grant.as_deref()
    }

    pub(super) fn into_grant(self) -> Option<Grant> {
        self.grant.map(|grant| *grant)
    }

    /// VOD gives a credential for the media that has the reference id.
    pub(super) fn on_adopted(
        &mut self,
        cx: &mut Context,
        reply: &Reply,
    ) -> Result<Turn, VodTrouble> {
        let ticket = match api::parse_refresh_upload_video(reply, cx.server_now()) {
            Ok(ticket) => ticket,
            Err(refused) if refused.recovery == Recovery::Fail => {
                return Ok(self.give_up(cx, &refused.error.message)?);
            }
            Err(refused) => return Err(refused.into()),
        };
        cx.got_through(VodCall::Adopt);
        let is_ours = cx.job.options.earlier_media_id.as_ref() == Some(&ticket.media_id);
        if !(is_ours || is_asked(&cx.job) || cx.rights.create_in_doubt) {
            return Ok(self.give_up(cx, "")?);
        }
        let sent = cx.rights.create_sent;
        let grant = Grant::take(cx, ticket)?;
        if is_ours {
            return Ok(take_empty(cx, grant));
        }
        self.grant = Some(Box::new(grant));
        cx.rights.create_sent = sent;
        cx.ask(VodCall::Survey);
        Ok(Turn::Stay)
    }

    /// What that media is.
    pub(super) fn on_surveyed(
        &mut self,
        cx: &mut Context,
        reply: &Reply,
        ours: impl FnOnce(&Grant) -> Result<Option<u64>, Error>,
    ) -> Result<Turn, VodTrouble> {
        if is_asked(&cx.job) {
            return self.on_mezzanine(cx, reply, ours);
        }
        let made = match api::parse_waiting_since(reply) {
            Ok(made) => made,
            Err(refused) if refused.recovery == Recovery::Fail => None,
            Err(refused) => return Err(refused.into()),
        };
        cx.got_through(VodCall::Survey);
        let is_ours = made.is_some_and(|made| is_since_create(cx, made, reply));
        Ok(match self.grant.take_if(|_| is_ours) {
            Some(grant) => take_empty(cx, *grant),
            None => self.give_up(cx, "")?,
        })
    }

    fn on_mezzanine(
        &mut self,
        cx: &mut Context,
        reply: &Reply,
        ours: impl FnOnce(&Grant) -> Result<Option<u64>, Error>,
    ) -> Result<Turn, VodTrouble> {
        let info = match api::parse_get_mezzanine_info(reply) {
            Ok(info) => {
                cx.must_be_told_of(info.media_id.as_deref())?;
                Some(info)
            }
            Err(refused) if refused.error.code == Code::MediaNotFound => None,
            Err(refused) if refused.recovery == Recovery::Fail => {
                return Ok(self.give_up(cx, &refused.error.message)?);
            }
            Err(refused) => return Err(refused.into()),
        };
        cx.got_through(VodCall::Survey);
        let Some(grant) = self.grant.take() else {
            return Ok(Turn::Stay);
        };
        let waits = |info: &Mezzanine| matches!(info.status.as_str(), "Uploading" | "UploadFail");
        let Some(info) = info.filter(|info| !waits(info)) else {
            cx.rights.adopted = true;
            return Ok(take_empty(cx, *grant));
        };
        let ours = ours(&grant)?;
        if info.status == "Normal" && ours.is_some() && info.size == ours {
            cx.rights.adopted = true;
            return Ok(Turn::Whole(grant));
        }
        let bytes = |size: Option<u64>| size.map_or("unknown".to_owned(), |size| size.to_string());
        let (theirs, ours) = (bytes(info.size), bytes(ours));
        let why = format!(
            "it is {} with {theirs} bytes, the source has {ours}",
            info.status
        );
        self.grant = Some(grant);
        Ok(self.give_up(cx, &why)?)
    }

    /// The media stays as it is. An id that was made up is given up, one that somebody chose is worth an error.
    fn give_up(&mut self, cx: &mut Context, why: &str) -> Result<Turn, Error> {
        let had_place = self.grant.take().is_some();
        let media_id = std::mem::take(&mut cx.media_id);
        cx.rights.create_sent = None;
        if let (Adopt::IfPossible, Media::Video(video)) = (cx.job.options.adopt, &mut cx.job.media)
        {
            video.reference_id = None;
            cx.job.options.adopt = Adopt::Never;
            cx.ask(VodCall::Create);
            return Ok(Turn::CreateAfterAll);
        }
        let mut error = self.refusal.clone();
        error.message += &if is_asked(&cx.job) {
            let media = match had_place {
                true => format!(" {media_id}"),
                false => String::new(),
            };
            format!("; the media{media} cannot be used: {why}")
        } else {
            // A caller who did not ask for another's media hears nothing of it.
            "; nothing shows that this upload began the media that has it".to_owned()
        };
        cx.save();
        Err(error)
    }
}

/// Whether the media is no older than the Create. Ages are compared, the one by the server's clock, the other by ours:
/// the two need not agree.
fn is_since_create(cx: &Context, made: UnixMs, reply: &Reply) -> bool {
    let date = reply.header("date").and_then(UnixMs::parse_http_date);
    let age = date.unwrap_or(cx.now).0.saturating_sub(made.0);
    let sent = cx.rights.create_sent.unwrap_or(cx.now.0);
    age <= cx.now.0.saturating_sub(sent).saturating_add(CLOCK_GRAIN_MS)
}

/// Its file is still to come.
fn take_empty(cx: &mut Context, grant: Grant) -> Turn {
    cx.rights.create_sent = None;
    cx.save();
    Turn::Adopted(Box::new(grant))
}
