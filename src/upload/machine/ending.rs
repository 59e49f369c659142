//! A bad end, or one that was asked for: what an upload leaves behind, and how it is removed: parts by their upload id, the
//! files of a playlist with their media, and parts whose upload id was never noted by the media id.

use super::call::{Call, OssCall, VodCall};
use super::context::Context;
use super::grant::Grant;
use super::rights::Standing;
use crate::error::{Code, Error, ErrorClass};
use crate::oss::request::UploadId;

/// A PUT that was cut off after its last byte is stored within this time, or not at all.
pub(super) const LANDING_MS: u64 = 2_000;

/// What is to be removed, and what is told then.
#[derive(Clone)]
pub(super) struct Ending {
    pub(super) verdict: Error,
    pub(super) grant: Option<Grant>,
    pub(super) upload_id: Option<UploadId>,
    /// What goes by the media id once the multipart upload is aborted. With `None` all stays, that upload as well: it is to be
    /// resumed, it is others' too, or removing has failed.
    owed: Option<Vec<Debt>>,
    /// A PUT of a file was cut off, and may be stored all the same.
    may_land: bool,
    why: Why,
}

/// What is removed by a media id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Debt {
    /// Parts may lie under an upload id that was never noted.
    Orphans,
    /// Files of a playlist may be stored under its media.
    Files,
}

/// Why it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    /// It failed, or the caller aborts it.
    Failed,
    /// To clean up is all there is to do.
    Discarded,
}

/// What of an upload may be left.
pub(super) struct Left {
    pub(super) grant: Option<Grant>,
    pub(super) upload_id: Option<UploadId>,
    /// Files of a playlist, of which one was begun, now or in the run before.
    pub(super) files: Option<Debt>,
    /// A PUT of one is in flight.
    pub(super) may_land: bool,
}

impl Ending {
    /// After an error: what is removed, and what is kept for a later run.
    pub(super) fn failed(cx: &Context, mut verdict: Error, left: Left) -> Ending {
        let is_stored = verdict.code == Code::CallbackFailed;
        if is_stored {
            // Only a complete object has a callback: there is nothing to remove.
            let media = &cx.media_id;
            verdict.message += &format!("; the object is stored, its media id is {media}");
        }
        // What cannot be resumed is not worth keeping.
        // What was resumed has a checkpoint: it stays, even for a source that must be put right first.
        let is_aborted = verdict.code == Code::Aborted;
        let keep = worth_resuming(&verdict) || cx.resumed && !is_aborted;
        let options = &cx.job.options;
        let kept = options.keep_on_failure && cx.may_go_on() && keep;
        // Without its media a checkpoint is of no use, while a lost multipart upload is only begun again.
        let spares_files = is_stored || (options.keep_on_failure && !is_aborted);
        let files = left.files.filter(|_| !spares_files);
        // What a shard leaves belongs to the whole, on which others work.
        let stays = kept || options.shard.is_some();
        Ending {
            verdict,
            grant: left.grant,
            upload_id: left.upload_id.filter(|_| !is_stored),
            owed: (!stays).then(|| files.into_iter().collect()),
            may_land: left.may_land,
            why: Why::Failed,
        }
    }

    /// To clean up after the run that wrote a checkpoint.
    pub(super) fn discarded(cx: &Context, left: Left) -> Ending {
        let mut message = "the upload was aborted".to_owned();
        let orphans = cx.rights.orphans.then_some(Debt::Orphans);
        let mut owed = Some(orphans.into_iter().chain(left.files).collect());
        if !cx.may_go_on() {
            // Nothing can be sent without a credential, and there is none to be had for the old place.
            owed = None;
            message += "; VOD removes its parts within 7 days";
        }
        Ending {
            verdict: Error::new(Code::Aborted, message),
            grant: left.grant,
            upload_id: left.upload_id,
            owed,
            may_land: left.may_land,
            why: Why::Discarded,
        }
    }

    /// What removes the next thing that is left, if there is one, or shows first that it may be removed.
    pub(super) fn next(&self, cx: &Context) -> Option<Call> {
        match self.removal(cx, self.owed.as_deref()?)? {
            Call::Vod(call) => Some(self.proof(cx).unwrap_or(call).into()),
            removal => Some(removal),
        }
    }

    pub(super) fn is_removing(&self, cx: &Context) -> bool {
        self.next(cx).is_some()
    }

    fn removal(&self, cx: &Context, owed: &[Debt]) -> Option<Call> {
        if self.upload_id.is_some() {
            return Some(OssCall::AbortMultipartUpload.into());
        }
        let may_remove = |debt: &&Debt| match debt {
            Debt::Orphans => cx.rights.may_remove(),
            // Never those of a media that was there before this upload.
            Debt::Files => cx.rights.may_remove() && !cx.rights.adopted && !cx.media_id.is_empty(),
        };
        Some(match owed.iter().find(may_remove)? {
            Debt::Orphans => VodCall::DeleteMultipartUpload.into(),
            Debt::Files => VodCall::DeleteVideo.into(),
        })
    }

    fn proof(&self, cx: &Context) -> Option<VodCall> {
        if !cx.has_marked_place() {
            return None;
        }
        if cx.rights.standing != Standing::Unfinished {
            return Some(VodCall::Prove);
        }
        self.grant.is_none().then_some(VodCall::RefreshUploadVideo)
    }

    /// Before the media of files is removed, a PUT that was cut off is waited for, once.
    pub(super) fn take_landing(&mut self, call: Call) -> bool {
        call == VodCall::DeleteVideo.into() && std::mem::take(&mut self.may_land)
    }

    pub(super) fn aborted(&mut self) {
        self.upload_id = None;
    }

    pub(super) fn orphans_removed(&mut self) {
        self.paid(Debt::Orphans);
    }

    pub(super) fn files_removed(&mut self) {
        self.paid(Debt::Files);
    }

    fn paid(&mut self, debt: Debt) {
        if let Some(owed) = &mut self.owed {
            owed.retain(|owed| *owed != debt);
        }
    }

    /// What VOD has said of the media, whose status that is.
    ///
    /// # Errors
    /// Where all there was to do is not done: it is not ours, or no longer unfinished.
    pub(super) fn proven(&self, cx: &Context, status: &str) -> Result<(), Error> {
        let unfinished = cx.rights.standing == Standing::Unfinished;
        let stays = match unfinished {
            true => !cx.rights.own,
            false => status != "Deleted",
        };
        if !stays || self.why != Why::Discarded || cx.replaces() {
            return Ok(());
        }
        if unfinished {
            return Err(cx.unconfirmed());
        }
        let media = &cx.media_id;
        let message = format!("the media {media} is no longer unfinished: it is {status}");
        Err(Error::new(Code::AbortRefused, message))
    }

    /// The first error stays the verdict, with a word on what is left; where cleaning up was all there was to do, its
    /// failure is the verdict.
    pub(super) fn cannot_remove(&mut self, cx: &Context, error: Error) {
        let owed = self.owed.take().unwrap_or_default();
        let removal = self.removal(cx, &owed);
        let are_files = removal == Some(VodCall::DeleteVideo.into());
        let what = if are_files { "files" } else { "parts" };
        if removal.is_some() && self.why == Why::Failed {
            let why = &error.message;
            self.verdict.message += &format!("; its {what} could not be removed: {why}");
        } else {
            self.verdict = error;
        }
    }
}

/// A later run can go on where this one failed.
fn worth_resuming(error: &Error) -> bool {
    match error.class {
        ErrorClass::Credentials => true,
        ErrorClass::Service | ErrorClass::Source => {
            error.retryable || error.code == Code::SourceForbidden
        }
        ErrorClass::Usage | ErrorClass::Integrity | ErrorClass::Guard | ErrorClass::Interrupted => {
            false
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;
    use crate::upload::job::{HostLimits, Job, Media, Shard, Source};
    use crate::vod::Credentials;
    use crate::vod::api::CreateUploadVideo;

    fn context() -> Context {
        let job = Job {
            media: Media::Video(CreateUploadVideo::default()),
            source: Source::Slices {
                size: 1,
                modified: None,
                name: None,
                content_type: None,
                version: None,
            },
            vod: Default::default(),
            oss: Default::default(),
            options: Default::default(),
            host: HostLimits {
                concurrency: 1,
                max_concurrency: 1,
                buffer_bytes: 1,
                buffers_parts: false,
                subrequests: None,
                origin: None,
            },
        };
        let keys = Credentials {
            access_key_id: "id".into(),
            access_key_secret: Secret::new("secret"),
            security_token: None,
        };
        let mut cx = Context::new(job, keys.into(), [0; 32]);
        cx.media_id = "video-1".into();
        cx
    }

    fn left() -> Left {
        Left {
            grant: None,
            upload_id: UploadId::new("U1"),
            files: Some(Debt::Files),
            may_land: false,
        }
    }

    /// What is removed, in order.
    fn removed(mut ending: Ending, cx: &Context) -> Vec<Call> {
        let mut calls = vec![];
        while let Some(call) = ending.next(cx) {
            calls.push(call);
            match call {
                Call::Oss(_) => ending.aborted(),
                Call::Vod(VodCall::DeleteMultipartUpload) => ending.orphans_removed(),
                Call::Vod(_) => ending.files_removed(),
            }
        }
        calls
    }

    const ABORT: Call = Call::Oss(OssCall::AbortMultipartUpload);
    const ORPHANS: Call = Call::Vod(VodCall::DeleteMultipartUpload);
    const FILES: Call = Call::Vod(VodCall::DeleteVideo);

    #[test]
    fn what_an_error_leaves_is_removed_unless_it_is_to_be_resumed() {
        for (code, keeps, resumed, calls) in [
            (Code::SourceStatus, false, false, &[ABORT, FILES][..]),
            (Code::SourceUnreachable, true, false, &[]),
            // It cannot be resumed, but its checkpoint names the media.
            (Code::ChecksumMismatch, true, false, &[ABORT]),
            (Code::ChecksumMismatch, true, true, &[]),
            (Code::Aborted, true, true, &[ABORT, FILES]),
            (Code::CallbackFailed, false, false, &[]),
        ] {
            let mut cx = context();
            cx.job.options.keep_on_failure = keeps;
            cx.resumed = resumed;
            let ending = Ending::failed(&cx, Error::new(code, "it failed"), left());
            assert_eq!(removed(ending, &cx), calls, "{code:?}");
        }
    }

    #[test]
    fn what_is_not_this_uploads_stays() {
        let failed = |cx: &Context| Ending::failed(cx, Error::new(Code::Aborted, "x"), left());
        let mut cx = context();
        cx.rights.adopted = true;
        assert_eq!(removed(failed(&cx), &cx), [ABORT]);
        let mut cx = context();
        cx.rights.standing = Standing::Arrived;
        assert_eq!(removed(failed(&cx), &cx), [ABORT]);
        cx.rights.standing = Standing::Unfinished;
        assert_eq!(removed(failed(&cx), &cx), [ABORT, FILES]);
        cx.rights.own = false;
        assert_eq!(removed(failed(&cx), &cx), [ABORT]);
        let mut cx = context();
        cx.job.options.shard = Some(Shard { first: 1, last: 2 });
        assert_eq!(removed(failed(&cx), &cx), []);
    }

    #[test]
    fn what_is_given_up_is_removed_with_what_was_never_noted() {
        let mut cx = context();
        cx.rights.orphans = true;
        let ending = Ending::discarded(&cx, left());
        assert_eq!(removed(ending, &cx), [ABORT, ORPHANS, FILES]);
    }

    #[test]
    fn what_cannot_be_removed_is_said_behind_the_first_error() {
        let cx = context();
        let mut ending = Ending::failed(&cx, Error::new(Code::SourceStatus, "it failed"), left());
        ending.cannot_remove(&cx, Error::new(Code::OssUnreachable, "no way"));
        assert_eq!(ending.next(&cx), None);
        let said = "it failed; its parts could not be removed: no way";
        assert_eq!(ending.verdict.message, said);
        let mut ending = Ending::discarded(&cx, left());
        ending.cannot_remove(&cx, Error::new(Code::OssUnreachable, "no way"));
        assert_eq!(ending.verdict.code, Code::OssUnreachable);
    }
}
