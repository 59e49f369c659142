//! Whether what is to be done to a media may be done.
//!
//! A checkpoint may have come from anywhere, and a media id in it may be that of any video. So what goes by a media id that
//! only a checkpoint names goes once VOD has said that this media still waits for its file, and that its object is the one
//! of the checkpoint. The same holds for what would be stored there: no file that has arrived is overwritten.
//!
//! That a media still waits for its file does not tell whose it is: another upload may be at work on it. VOD tells nothing of
//! that, so by its id alone it is only touched where the checkpoint proves that an upload of this AccessKey got it
//! (`PlaceMark::proof`), or where OSS has known the upload id.

use super::context::Context;
use super::rights::Standing;
use crate::error::{Code, Error};

impl Context {
    pub(super) fn replaces(&self) -> bool {
        self.job.options.replace.is_some()
    }

    /// A file is there already by intention: the one that is replaced, or one that was stored wrong.
    pub(super) fn overwrites(&self) -> bool {
        self.replaces() || self.rights.spoiled
    }

    /// Whether VOD has to be asked before anything new is stored at the place that a checkpoint names. Parts of an upload id
    /// need no such proof: OSS knows whether that belongs to the object. What is replaced has a file by intention.
    ///
    /// # Errors
    /// `MediaUnconfirmed` where it may be another's, and the caller does not vouch for it; `CheckpointInvalid` where its file
    /// has arrived already.
    pub(super) fn is_to_be_proven(&self) -> Result<bool, Error> {
        // Of a ticket, whoever made it has said so.
        if self.is_by_ticket() || !self.has_marked_place() {
            return Ok(false);
        }
        if self.job.options.own_media_only == Some(true) && !self.rights.own {
            return Err(self.unconfirmed());
        }
        if self.overwrites() {
            return Ok(false);
        }
        if self.rights.standing == Standing::Arrived {
            let message = format!(
                "the media {} that the checkpoint names has a file already, and it is not what would be uploaded",
                self.media_id
            );
            return Err(Error::new(Code::CheckpointInvalid, message));
        }
        Ok(self.rights.standing == Standing::Unknown)
    }

    pub(super) fn unconfirmed(&self) -> Error {
        let media = &self.media_id;
        let message = format!("nothing shows that the media {media} is this upload's own");
        Error::new(Code::MediaUnconfirmed, message)
    }

    /// # Errors
    /// `ReplyInvalid` where VOD tells of another media than the one asked for. Some replies name none.
    pub(super) fn must_be_told_of(&self, media_id: Option<&str>) -> Result<(), Error> {
        match media_id.filter(|id| !id.is_empty() && *id != self.media_id) {
            None => Ok(()),
            Some(_) => Err(Error::new(
                Code::ReplyInvalid,
                "VOD tells of another media than the one asked for",
            )),
        }
    }
}
