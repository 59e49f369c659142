//! The end of a good upload: Complete, and the proof that the object is what was sent.

use super::Upload;
use super::call::{OssCall, VodCall};
use super::calls::{OssTrouble, VodTrouble};
use super::reader::Access;
use crate::error::{Code, Error};
use crate::http::Reply;
use crate::oss;
use crate::oss::error::{OssRecovery, Refused};
use crate::time::UnixMs;
use crate::upload::event::{Phase, Vouched};
use crate::upload::job::Source;
use crate::upload::plan::Plan;
use crate::vod::media_info;

impl Upload {
    /// Every part is accepted.
    pub(super) fn finish(&mut self, now: UnixMs) -> Result<(), Error> {
        let folded = self.parts.folded_crc64();
        let is_put = matches!(self.plan()?, Plan::Put { .. });
        if let Some(error) = self.is_not_what_the_source_says(folded) {
            if is_put {
                self.spoil(self.parts.bytes());
            }
            return Err(error);
        }
        if is_put {
            return self.done(folded, false);
        }
        self.enter(Phase::Completing);
        self.call(OssCall::CompleteMultipartUpload, now)
    }

    pub(super) fn on_completed(&mut self, reply: &Reply, now: UnixMs) -> Result<(), OssTrouble> {
        let completed = match self.job.options.callback {
            Some(_) => oss::xml::parse_called_back(reply),
            None => oss::xml::parse_complete(reply),
        };
        let refused = match completed {
            Ok(completed) => return Ok(self.verify(None, completed.crc64)?),
            Err(refused) => refused,
        };
        let Refused { error, recovery } = refused;
        match recovery {
            OssRecovery::UploadGone if self.complete_in_doubt => {
                Ok(self.call(OssCall::HeadObject, now)?)
            }
            OssRecovery::UploadGone => {
                self.upload_id = None;
                Ok(self.restart(error, now)?)
            }
            OssRecovery::RelistParts if !self.relisted => Ok(self.relist(error, now)?),
            // It was done, and what says so has been lost on the way.
            _ if error.code == Code::ReplyInvalid => {
                self.complete_in_doubt = true;
                Ok(self.retry_call(OssCall::CompleteMultipartUpload, error, None, now)?)
            }
            recovery => {
                // A 5xx may have taken effect all the same.
                self.complete_in_doubt |= recovery == OssRecovery::Backoff;
                Err(Refused { error, recovery }.into())
            }
        }
    }

    pub(super) fn on_head(&mut self, reply: &Reply, now: UnixMs) -> Result<(), OssTrouble> {
        if !self.is_running() {
            return Ok(());
        }
        if self.phase == Phase::Uploading {
            return self.settle_put(reply, now);
        }
        match oss::xml::parse_head(reply) {
            Ok(head) if !self.is_what_was_sent(Some(head.size), head.crc64) => {
                Ok(self.start_over(now)?)
            }
            Ok(head) if self.total().is_some() => Ok(self.verify(Some(head.size), head.crc64)?),
            // An upload credential may not read; VOD itself can tell.
            Err(refused) if refused.error.code == Code::PermissionDenied => {
                Ok(self.call(VodCall::GetMediaInfo, now)?)
            }
            Err(refused) if reply.status != 404 => Err(refused.into()),
            // It is not there, or of a length that nobody knows.
            Ok(_) | Err(_) => Ok(self.start_over(now)?),
        }
    }

    pub(super) fn on_media_info(&mut self, reply: &Reply, now: UnixMs) -> Result<(), VodTrouble> {
        let told = media_info::answer(&self.job.media, self.media_id(), reply);
        let (status, size) = match told {
            Ok(info) => {
                self.must_be_told_of(info.media_id.as_deref())?;
                (info.status, info.size)
            }
            // It knows nothing of the file yet.
            Err(refused) if refused.error.code == Code::MediaNotFound => ("unknown".into(), None),
            Err(refused) => return Err(refused.into()),
        };
        // The size of an attached media is not always told.
        let untold = size.is_none() && self.job.media.kind() == "attached";
        if self.replaced_bytes == self.total() && self.overwrites() {
            // The old file and the new one look alike from here.
            return Ok(self.start_over(now)?);
        }
        if status == "Normal" && self.total().is_some() && (untold || size == self.total()) {
            return Ok(self.verify(size, None)?);
        }
        let message = format!(
            "Complete got no reply, and VOD reports the media {} as {status} so far",
            self.media_id()
        );
        let error = Error::new(Code::OutcomeUnknown, message);
        if self.parts.count() == 0 && self.tried(VodCall::GetMediaInfo) > 0 {
            // Another run's upload is gone, and VOD still waits for it.
            return Ok(self.start_over(now)?);
        }
        // VOD notices a finished object by itself, a little later.
        Ok(self.retry_call(VodCall::GetMediaInfo, error, None, now)?)
    }

    fn start_over(&mut self, now: UnixMs) -> Result<(), Error> {
        self.upload_id = None;
        self.restart(
            Error::new(
                Code::UploadGone,
                "the multipart upload is gone, and there is no object",
            ),
            now,
        )
    }

    /// The object's length: of the parts, or as planned by the run that sent them.
    pub(super) fn total(&self) -> Option<u64> {
        let sent = self.parts.bytes();
        if sent > 0 {
            Some(sent)
        } else {
            self.plan.as_ref().and_then(Plan::size)
        }
    }

    /// Where the source tells the CRC-64 of the whole, that of what was stored must be the same.
    fn is_not_what_the_source_says(&self, stored: Option<u64>) -> Option<Error> {
        let (said, stored) = self.reader.validator.crc64().zip(stored)?;
        (said != stored).then(|| {
            let message = format!(
                "the source tells a CRC-64 of {said}, and what was read from it has {stored}"
            );
            Error::new(Code::ChecksumMismatch, message)
        })
    }

    /// What vouches for all bytes being of one file, where `stored` is the CRC-64 of the object.
    pub(super) fn vouched(&self, stored: Option<u64>) -> Option<Vouched> {
        if self.adoption.is_whole {
            return None;
        }
        let reader = &self.reader;
        let told = reader.validator.crc64();
        Some(match self.job.source {
            Source::Playlist(_) | Source::Stream { .. } | Source::Reply(_) => Vouched::OneReply,
            Source::Slices { .. } => Vouched::Local,
            Source::Url { .. } if told.is_some() && told == stored => Vouched::Digest,
            Source::Url { .. } if !self.is_pieced() => Vouched::OneReply,
            Source::Url { .. } if reader.validator.tells() => Vouched::Validators,
            Source::Url { .. } => Vouched::Nothing,
        })
    }

    /// It was read from more than one reply.
    fn is_pieced(&self) -> bool {
        let ranges = self.reader.access == Access::Ranges && self.parts.count() > 1;
        ranges || self.reader.was_reopened || (self.resumed && self.restarts == 0)
    }

    fn verify(&mut self, size: Option<u64>, crc64: Option<u64>) -> Result<(), Error> {
        // From here on there is no multipart upload left to abort.
        self.upload_id = None;
        let expected = self.total().unwrap_or(0);
        if let Some(size) = size.filter(|size| *size != expected) {
            self.spoil(size);
            return Err(Error::new(
                Code::LengthMismatch,
                format!("the object has {size} bytes, {expected} were sent"),
            ));
        }
        let folded = self.parts.folded_crc64().filter(|_| self.parts.count() > 0);
        if let (Some(folded), Some(crc64)) = (folded, crc64)
            && folded != crc64
        {
            self.spoil(size.unwrap_or(expected));
            let message = format!("the object's CRC-64 is {crc64}, its parts fold to {folded}");
            return Err(Error::new(Code::ChecksumMismatch, message));
        }
        self.done(crc64.or(folded), folded.is_some() && crc64.is_some())
    }

    /// Whoever goes on from here sends it again: an object that is there and wrong must not be found whole.
    fn spoil(&mut self, size: u64) {
        self.spoiled = true;
        self.replaced_bytes = Some(size);
        self.save();
    }
}
