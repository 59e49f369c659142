//! What an upload leaves behind, and how it is removed: parts by their upload id, the files of a playlist with their media,
//! and parts that nobody noted by the media id.
//!
//! A checkpoint may have come from anywhere, and a media id in it may be that of any video. So what goes by a media id that
//! only a checkpoint names goes once VOD has said that this media still waits for its file, and that its object is the one
//! of the checkpoint. The same holds for what would be stored there: no file that has arrived is overwritten.
//!
//! That a media still waits for its file does not tell whose it is: another upload may be at work on it. VOD tells nothing of
//! that, so by its id alone it is only touched where the checkpoint proves that an upload of this AccessKey got it
//! (`PlaceMark::proof`), or where OSS has known the upload id.

use super::Upload;
use super::call::{Call, OssCall, VodCall};
use super::calls::{Trouble, VodTrouble};
use crate::error::{Code, Error};
use crate::http::Reply;
use crate::time::UnixMs;
use crate::upload::plan::Plan;
use crate::vod::api;
use crate::vod::error::Recovery;
use crate::vod::video_info::parse_video_info;

/// Whether the media of a checkpoint still waits for its file.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// VOD was not asked.
    Unknown,
    /// It does.
    Unfinished,
    /// It has one, or had one.
    Arrived,
}

impl Upload {
    /// What removes the next thing that is left, if there is one, or shows first that it may be removed.
    pub(super) fn leftover(&self) -> Option<Call> {
        let removal = self.removal()?;
        match removal {
            Call::Oss(_) => Some(removal),
            Call::Vod(_) => Some(self.proof().map_or(removal, Call::Vod)),
        }
    }

    fn removal(&self) -> Option<Call> {
        if self.upload_id.is_some() {
            return Some(OssCall::AbortMultipartUpload.into());
        }
        if self.discarding && self.may_have_orphans {
            return Some(VodCall::DeleteMultipartUpload.into());
        }
        let has_files = self.has_left_files();
        has_files.then_some(VodCall::DeleteVideo.into())
    }

    fn proof(&self) -> Option<VodCall> {
        if !self.is_checkpoints_place() {
            return None;
        }
        if self.standing != Standing::Unfinished {
            return Some(VodCall::Prove);
        }
        self.place.is_none().then_some(VodCall::RefreshUploadVideo)
    }

    fn is_checkpoints_place(&self) -> bool {
        let before = self.expected.as_ref();
        before.is_some_and(|before| before.place.is_some())
    }

    /// Whether VOD has to be asked before anything new is stored at the place that a checkpoint names. Parts of an upload id
    /// need no such proof: OSS knows whether that belongs to the object. What is replaced has a file by intention.
    ///
    /// # Errors
    /// `MediaUnconfirmed` where it may be another's, and the caller does not vouch for it; `CheckpointInvalid` where its file
    /// has arrived already.
    pub(super) fn is_to_be_proven(&self) -> Result<bool, Error> {
        if !self.is_checkpoints_place() {
            return Ok(false);
        }
        if self.job.options.own_media_only == Some(true) && !self.is_own {
            return Err(self.unconfirmed());
        }
        if self.overwrites() {
            return Ok(false);
        }
        if self.standing == Standing::Arrived {
            let message = format!(
                "the media {} that the checkpoint names has a file already, and it is not what would be uploaded",
                self.media_id()
            );
            return Err(Error::new(Code::CheckpointInvalid, message));
        }
        Ok(self.standing == Standing::Unknown)
    }

    fn unconfirmed(&self) -> Error {
        let media = self.media_id();
        let message = format!("nothing shows that the media {media} is this upload's own");
        Error::new(Code::MediaUnconfirmed, message)
    }

    pub(super) fn on_proven(&mut self, reply: &Reply, now: UnixMs) -> Result<(), VodTrouble> {
        let (status, size) = match parse_video_info(reply) {
            Ok(info) => {
                self.must_be_told_of(Some(&info.media_id))?;
                (info.status, info.size)
            }
            // There is nothing left to remove.
            Err(refused) if refused.error.code == Code::MediaNotFound && !self.is_running() => {
                ("Deleted".to_owned(), None)
            }
            Err(refused) => return Err(refused.into()),
        };
        self.got_through(VodCall::Prove);
        self.standing = match status.as_str() {
            "Uploading" | "UploadFail" => Standing::Unfinished,
            _ => Standing::Arrived,
        };
        if self.standing == Standing::Arrived || !self.is_own {
            self.may_have_orphans = false;
            self.spares_files = true;
        }
        if self.is_running() {
            return Ok(self.go_on_as_proven(size, now)?);
        }
        let unfinished = self.standing == Standing::Unfinished;
        let stays = match unfinished {
            true => !self.is_own,
            false => status != "Deleted",
        };
        if !stays || !self.discarding || self.replaces() {
            return Ok(());
        }
        let media = self.media_id();
        Err(Trouble::Fatal(match unfinished {
            true => self.unconfirmed(),
            false => {
                let message = format!("the media {media} is no longer unfinished: it is {status}");
                Error::new(Code::AbortRefused, message)
            }
        }))
    }

    /// # Errors
    /// `ReplyInvalid` where VOD tells of another media than the one asked for. Some replies name none.
    pub(super) fn must_be_told_of(&self, media_id: Option<&str>) -> Result<(), Error> {
        match media_id.filter(|id| !id.is_empty() && *id != self.media_id()) {
            None => Ok(()),
            Some(_) => Err(Error::new(
                Code::ReplyInvalid,
                "VOD tells of another media than the one asked for",
            )),
        }
    }

    /// What has arrived may be ours: the run before stored it, and died before it could say so.
    fn go_on_as_proven(&mut self, size: Option<u64>, now: UnixMs) -> Result<(), Error> {
        if self.standing == Standing::Unfinished {
            return self.begin_upload(now);
        }
        if self.files.is_none() {
            return self.look_for_the_whole(now);
        }
        if size.is_none() || size != self.size_of_ours()? {
            return self.is_to_be_proven().map(|_| ());
        }
        self.take_whole();
        Ok(())
    }

    /// Files of a playlist are whole objects, and its upload credential cannot delete: they go with the media. Never with
    /// one that was there before this upload.
    fn has_left_files(&self) -> bool {
        let before = self
            .expected
            .as_ref()
            .filter(|before| before.place.is_some());
        let begun =
            self.has_begun_a_file() || before.is_some_and(|before| before.playlist.is_some());
        let adopted = self.adoption.adopted || before.is_some_and(|before| before.adopted);
        begun && !adopted && !self.spares_files && !self.media_id().is_empty()
    }

    pub(super) fn on_video_deleted(&mut self, reply: &Reply) -> Result<(), VodTrouble> {
        api::parse_delete_video(reply, self.media_id())?;
        self.got_through(VodCall::DeleteVideo);
        self.spares_files = true;
        Ok(())
    }

    /// The first error stays the verdict, with a word on what is left; where cleaning up was all there was to do, its
    /// failure is the verdict.
    pub(super) fn cleanup_failed(&mut self, error: &Error) {
        self.cleanup_over = true;
        let removal = self.removal();
        let are_files = removal == Some(VodCall::DeleteVideo.into());
        let what = if are_files { "files" } else { "parts" };
        let left = removal.is_some();
        match self.verdict.as_mut() {
            Some(verdict) if left && !self.discarding => {
                verdict.message += &format!("; its {what} could not be removed: {}", error.message);
            }
            _ => self.verdict = Some(error.clone()),
        }
    }

    // Parts that nobody noted.

    /// Whoever had this media before may have begun a multipart upload and died before it could note the id.
    pub(super) fn expect_orphans(&mut self) {
        let before = self.expected.as_ref();
        let plan = self.plan.as_ref().or_else(|| before?.plan.as_ref());
        let in_parts = matches!(plan, Some(Plan::Parts { .. } | Plan::Growing { .. }));
        let named = self.place.is_some() || before.is_some_and(|before| before.place.is_some());
        self.may_have_orphans = in_parts && named && self.upload_id.is_none();
    }

    /// There are none, they are gone, or they may not be removed, and then VOD does it within 7 days.
    pub(super) fn on_orphans_removed(
        &mut self,
        reply: &Reply,
        now: UnixMs,
    ) -> Result<(), VodTrouble> {
        match api::parse_done(reply) {
            Err(refused) if refused.recovery != Recovery::Fail => return Err(refused.into()),
            _ => {}
        }
        self.got_through(VodCall::DeleteMultipartUpload);
        self.may_have_orphans = false;
        if !self.is_running() {
            return Ok(());
        }
        Ok(self.begin_upload(now)?)
    }
}
