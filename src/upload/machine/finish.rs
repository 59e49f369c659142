//! The end of a good upload: Complete, and the proof that the object is what was sent.

use super::Upload;
use super::calls::{Call, Trouble};
use crate::error::{Code, Error};
use crate::http::Reply;
use crate::oss;
use crate::oss::error::OssRecovery;
use crate::time::UnixMs;
use crate::upload::event::Phase;
use crate::upload::plan::Plan;
use crate::vod::api;

impl Upload {
    /// Every part is accepted.
    pub(super) fn finish(&mut self, now: UnixMs) -> Result<(), Error> {
        if matches!(self.plan()?, Plan::Put { .. }) {
            return self.done(self.parts.folded_crc64());
        }
        self.enter(Phase::Completing);
        self.call(Call::CompleteMultipartUpload, now)
    }

    pub(super) fn on_completed(&mut self, reply: &Reply, now: UnixMs) -> Result<(), Trouble> {
        let error = match oss::xml::parse_complete(reply) {
            Ok(completed) => return Ok(self.verify(None, completed.crc64)?),
            Err(error) => error,
        };
        match oss::error::recovery(&error) {
            OssRecovery::UploadGone if self.complete_in_doubt => {
                Ok(self.call(Call::HeadObject, now)?)
            }
            OssRecovery::UploadGone => {
                self.upload_id = None;
                Ok(self.restart(error, now)?)
            }
            OssRecovery::RelistParts if !self.relisted => Ok(self.relist(error, now)?),
            recovery => {
                // A 5xx may have taken effect all the same.
                self.complete_in_doubt |= recovery == OssRecovery::Backoff;
                Err(Trouble::Service(error))
            }
        }
    }

    pub(super) fn on_head(&mut self, reply: &Reply, now: UnixMs) -> Result<(), Trouble> {
        if !self.is_running() {
            return Ok(());
        }
        if self.phase == Phase::Uploading {
            return self.settle_put(reply, now);
        }
        match oss::xml::parse_head(reply) {
            Ok(head) => Ok(self.verify(Some(head.size), head.crc64)?),
            // An upload credential may not read; VOD itself can tell.
            Err(error) if error.code == Code::PermissionDenied => {
                Ok(self.call(Call::GetMezzanineInfo, now)?)
            }
            Err(error) if reply.status == 404 => {
                self.upload_id = None;
                Ok(self.restart(error, now)?)
            }
            Err(error) => Err(Trouble::Service(error)),
        }
    }

    pub(super) fn on_mezzanine(&mut self, reply: &Reply, now: UnixMs) -> Result<(), Trouble> {
        let info = api::parse_get_mezzanine_info(reply).map_err(Trouble::Service)?;
        if info.status == "Normal" && info.size == Some(self.parts.bytes()) {
            return Ok(self.verify(info.size, None)?);
        }
        // VOD notices a finished object by itself, a little later.
        let message = format!(
            "Complete got no reply, and VOD reports the media as {} so far",
            info.status
        );
        Ok(self.retry_call(
            Call::GetMezzanineInfo,
            Error::new(Code::OutcomeUnknown, message),
            None,
            now,
        )?)
    }

    fn verify(&mut self, size: Option<u64>, crc64: Option<u64>) -> Result<(), Error> {
        // From here on there is no multipart upload left to abort.
        self.upload_id = None;
        let expected = self.parts.bytes();
        if let Some(size) = size.filter(|size| *size != expected) {
            return Err(Error::new(
                Code::LengthMismatch,
                format!("the object has {size} bytes, {expected} were sent"),
            ));
        }
        let folded = self.parts.folded_crc64();
        if let (Some(folded), Some(crc64)) = (folded, crc64)
            && folded != crc64
        {
            let message = format!("the object's CRC-64 is {crc64}, its parts fold to {folded}");
            return Err(Error::new(Code::ChecksumMismatch, message));
        }
        self.done(crc64.or(folded))
    }
}
