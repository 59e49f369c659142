//! Going on with a media that is there already: one that an earlier try has made and nobody could note.
//!
//! VOD refuses a second media of the same reference id. Then the first is asked for a credential by that id, and looked at.
//! Unless the caller asks for more (`adopt`), only a media that this very upload began is taken: the one that an earlier try
//! was given, or one without a file that was made after a Create was sent whose reply was never heard. Where the caller asks
//! for it, a media without a file gets ours, and with one of our size there is nothing left to do.

use super::Upload;
use super::call::VodCall;
use super::calls::VodTrouble;
use crate::error::{Code, Error};
use crate::http::Reply;
use crate::time::UnixMs;
use crate::upload::event::Phase;
use crate::upload::job::{Adopt, Job, Media};
use crate::vod::api::{self, Mezzanine};
use crate::vod::error::{Recovery, Refused};

/// How far the adoption of a media is.
#[derive(Clone, Default)]
pub(super) struct Adoption {
    /// A Create was sent and its reply lost: the media that has the reference id may be the one it made.
    pub(super) create_in_doubt: bool,
    /// When the first Create with the reference id was sent, by the host's clock in Unix ms, while no reply was heard.
    pub(super) create_sent: Option<u64>,
    /// Why no media was created.
    refusal: Option<Error>,
    /// The media in use was there before.
    pub(super) adopted: bool,
    /// It has the whole file: nothing is sent.
    pub(super) is_whole: bool,
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

/// `CreationTime` and `Date` have whole seconds.
const CLOCK_GRAIN_MS: u64 = 2_000;

impl Upload {
    /// A run that ends before it hears the reply leaves this to the next one. Without a reference id nothing is found again.
    pub(super) fn note_create(&mut self, now: UnixMs) {
        if self.job.media.reference_id().is_none() || self.adoption.create_sent.is_some() {
            return;
        }
        self.adoption.create_sent = Some(now.0);
        self.save();
    }

    /// VOD refused to create the media.
    pub(super) fn not_created(&mut self, refused: Refused, now: UnixMs) -> Result<(), VodTrouble> {
        let refused = Refused {
            error: self.about_reference(refused.error),
            ..refused
        };
        let is_taken = refused.error.code == Code::ReferenceTaken;
        if !is_taken || !self.may_adopt() || !self.is_running() {
            self.heard_refusal(&refused);
            return Err(refused.into());
        }
        self.got_through(VodCall::Create);
        self.adoption.refusal = Some(refused.error);
        Ok(self.call(VodCall::Adopt, now)?)
    }

    fn may_adopt(&self) -> bool {
        let options = &self.job.options;
        self.is_asked() || self.adoption.create_in_doubt || options.earlier_media_id.is_some()
    }

    /// The caller wants a media that somebody else may have begun.
    fn is_asked(&self) -> bool {
        !self.job.options.adopt.is_never()
    }

    /// Nothing was made by this Create: a later run must not take what has the id for its own.
    fn heard_refusal(&mut self, refused: &Refused) {
        if self.adoption.create_in_doubt || refused.recovery != Recovery::Fail {
            return;
        }
        self.adoption.create_sent = None;
        self.save();
    }

    /// The service's code for an id that is taken is not documented: what names the parameter is about it, as its form was
    /// checked here.
    fn about_reference(&self, error: Error) -> Error {
        let names_it = error.message.to_ascii_lowercase().contains("referenceid");
        if error.code != Code::VodRejected || !names_it || self.job.media.reference_id().is_none() {
            return error;
        }
        Error {
            hint: Code::ReferenceTaken.hint().into(),
            code: Code::ReferenceTaken,
            ..error
        }
    }

    pub(super) fn on_adopted(&mut self, reply: &Reply, now: UnixMs) -> Result<(), VodTrouble> {
        match api::parse_refresh_upload_video(reply, self.server_now(now)) {
            Ok(ticket) => {
                self.got_through(VodCall::Adopt);
                let is_ours = self.job.options.earlier_media_id.as_ref() == Some(&ticket.media_id);
                if !(is_ours || self.is_asked() || self.adoption.create_in_doubt) {
                    return Ok(self.cannot_adopt("", now)?);
                }
                let sent = self.adoption.create_sent;
                self.settle_in(ticket, now)?;
                if is_ours {
                    return Ok(self.take_empty(now)?);
                }
                self.adoption.create_sent = sent;
                Ok(self.call(VodCall::Survey, now)?)
            }
            Err(refused) if refused.recovery == Recovery::Fail => {
                Ok(self.cannot_adopt(&refused.error.message, now)?)
            }
            Err(refused) => Err(refused.into()),
        }
    }

    pub(super) fn survey_action(&self) -> &'static str {
        if self.is_asked() {
            api::GET_MEZZANINE_INFO
        } else {
            api::GET_VIDEO_INFO
        }
    }

    pub(super) fn on_surveyed(&mut self, reply: &Reply, now: UnixMs) -> Result<(), VodTrouble> {
        if self.is_asked() {
            return self.on_mezzanine(reply, now);
        }
        let made = match api::parse_waiting_since(reply) {
            Ok(made) => made,
            Err(refused) if refused.recovery == Recovery::Fail => None,
            Err(refused) => return Err(refused.into()),
        };
        self.got_through(VodCall::Survey);
        if !self.is_running() {
            return Ok(());
        }
        if made.is_some_and(|made| self.is_since_create(made, reply, now)) {
            return Ok(self.take_empty(now)?);
        }
        Ok(self.cannot_adopt("", now)?)
    }

    /// Whether the media is no older than the Create. Ages are compared, the one by the server's clock, the other by ours:
    /// the two need not agree.
    fn is_since_create(&self, made: UnixMs, reply: &Reply, now: UnixMs) -> bool {
        let date = reply.header("date").and_then(UnixMs::parse_http_date);
        let age = date.unwrap_or(now).0.saturating_sub(made.0);
        let sent = self.adoption.create_sent.unwrap_or(now.0);
        age <= now.0.saturating_sub(sent).saturating_add(CLOCK_GRAIN_MS)
    }

    /// Its file is still to come.
    fn take_empty(&mut self, now: UnixMs) -> Result<(), Error> {
        self.adoption.create_sent = None;
        self.expect_orphans();
        self.save();
        self.begin_upload(now)
    }

    fn on_mezzanine(&mut self, reply: &Reply, now: UnixMs) -> Result<(), VodTrouble> {
        let info = match api::parse_get_mezzanine_info(reply) {
            Ok(info) => {
                self.must_be_told_of(info.media_id.as_deref())?;
                Some(info)
            }
            Err(refused) if refused.error.code == Code::MediaNotFound => None,
            Err(refused) if refused.recovery == Recovery::Fail => {
                return Ok(self.cannot_adopt(&refused.error.message, now)?);
            }
            Err(refused) => return Err(refused.into()),
        };
        self.got_through(VodCall::Survey);
        if !self.is_running() {
            return Ok(());
        }
        let waits = |info: &Mezzanine| matches!(info.status.as_str(), "Uploading" | "UploadFail");
        let Some(info) = info.filter(|info| !waits(info)) else {
            self.adoption.adopted = true;
            return Ok(self.take_empty(now)?);
        };
        let ours = self.size_of_ours()?;
        if info.status == "Normal" && ours.is_some() && info.size == ours {
            self.take_whole();
            return Ok(());
        }
        let bytes = |size: Option<u64>| size.map_or("unknown".to_owned(), |size| size.to_string());
        let (theirs, ours) = (bytes(info.size), bytes(ours));
        let why = format!(
            "it is {} with {theirs} bytes, the source has {ours}",
            info.status
        );
        Ok(self.cannot_adopt(&why, now)?)
    }

    /// Length of the object that would be made, if it is known: of a playlist, that of its root.
    pub(super) fn size_of_ours(&mut self) -> Result<Option<u64>, Error> {
        match self.files {
            Some(_) => self.root_length().map(Some),
            None => Ok(self.reader.size),
        }
    }

    /// All is there. What is still being read is ended first.
    pub(super) fn take_whole(&mut self) {
        self.adoption.adopted = true;
        self.adoption.is_whole = true;
        self.still();
        self.enter(Phase::Completing);
    }

    pub(super) fn end_adopted(&mut self) {
        let ending = self.adoption.is_whole && self.phase == Phase::Completing;
        if ending
            && self.tasks.is_empty()
            && let Err(error) = self.done(None, false)
        {
            self.fail(error);
        }
    }

    /// The media stays as it is. An id that was made up is given up, one that somebody chose is worth an error.
    fn cannot_adopt(&mut self, why: &str, now: UnixMs) -> Result<(), Error> {
        let media_id = self.place.take().map(|place| place.media_id);
        self.auth = None;
        self.adoption.create_sent = None;
        if let (Adopt::IfPossible, Media::Video(video)) =
            (self.job.options.adopt, &mut self.job.media)
        {
            video.reference_id = None;
            self.job.options.adopt = Adopt::Never;
            return self.call(VodCall::Create, now);
        }
        let mut error = self
            .adoption
            .refusal
            .take()
            .unwrap_or_else(|| Error::new(Code::Internal, "nothing was to be adopted"));
        error.message += &if self.is_asked() {
            let media = media_id.map_or(String::new(), |id| format!(" {id}"));
            format!("; the media{media} cannot be gone on with: {why}")
        } else {
            // Who did not ask for somebody's media hears nothing of it.
            "; nothing shows that this upload began the media that has it".to_owned()
        };
        self.save();
        Err(error)
    }
}
