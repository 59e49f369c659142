//! The end of a good upload: Complete, and the proof that the object is what was sent.

use super::call::{OssCall, VodCall};
use super::context::Context;
use super::grant::Grant;
use super::object::Object;
use super::trouble::{OssTrouble, VodTrouble};
use super::turn::Turn;
use crate::error::{Code, Error};
use crate::http::Reply;
use crate::oss;
use crate::oss::error::{OssRecovery, Refused};
use crate::oss::request::UploadId;
use crate::vod::media_info;

/// Everything is accepted; the object is being made, or looked for.
#[derive(Clone)]
pub(super) struct Completing {
    pub(super) grant: Grant,
    /// It is still to be aborted, should this fail.
    pub(super) upload_id: Option<UploadId>,
}

/// Every part is accepted: one PutObject is all there is to do, parts are put together.
///
/// # Errors
/// `ChecksumMismatch` where the source tells the CRC-64 of the whole, and it is another.
pub(super) fn finish(cx: &mut Context, object: &Object) -> Result<Turn, Error> {
    let crc64 = object.parts().folded_crc64();
    let told = object.told_crc64().zip(crc64);
    if let Some((said, read)) = told.filter(|(said, read)| said != read) {
        if object.is_put() {
            spoil(cx, object.parts().bytes());
        }
        let message =
            format!("the source tells a CRC-64 of {said}, and what was read from it has {read}");
        return Err(Error::new(Code::ChecksumMismatch, message));
    }
    if object.is_put() {
        let folds = false;
        return Ok(Turn::Done { crc64, folds });
    }
    Ok(Turn::Complete(OssCall::CompleteMultipartUpload.into()))
}

/// A resume sends it again: an object that is there and wrong must not be found whole.
fn spoil(cx: &mut Context, size: u64) {
    cx.rights.spoiled = true;
    cx.rights.replaced_bytes = Some(size);
    cx.save();
}

impl Completing {
    pub(super) fn on_completed(
        &mut self,
        cx: &mut Context,
        object: &mut Object,
        reply: &Reply,
    ) -> Result<Turn, OssTrouble> {
        let completed = match cx.job.options.callback {
            Some(_) => oss::xml::parse_called_back(reply),
            None => oss::xml::parse_complete(reply),
        };
        let Refused { error, recovery } = match completed {
            Ok(completed) => return Ok(self.verify(cx, object, None, completed.crc64)?),
            Err(refused) => refused,
        };
        match recovery {
            OssRecovery::UploadGone if object.is_in_doubt() => {
                cx.ask(OssCall::HeadObject);
                Ok(Turn::Stay)
            }
            OssRecovery::UploadGone => Ok(Turn::Lost(error)),
            OssRecovery::RelistParts => {
                object.relist(cx, error)?;
                Ok(Turn::Stay)
            }
            // It was done, and what says so has been lost on the way.
            _ if error.code == Code::ReplyInvalid => {
                object.doubt();
                cx.retry_call(OssCall::CompleteMultipartUpload, error, None)?;
                Ok(Turn::Stay)
            }
            recovery => {
                // A 5xx may have taken effect all the same.
                if recovery == OssRecovery::Backoff {
                    object.doubt();
                }
                Err(Refused { error, recovery }.into())
            }
        }
    }

    /// HeadObject: whether the object is there after all.
    pub(super) fn on_head(
        &mut self,
        cx: &mut Context,
        object: &Object,
        reply: &Reply,
    ) -> Result<Turn, OssTrouble> {
        match oss::xml::parse_head(reply) {
            Ok(head) if !object.is_what_was_sent(cx, Some(head.size), head.crc64) => {
                Ok(start_over())
            }
            Ok(head) if object.total().is_some() => {
                Ok(self.verify(cx, object, Some(head.size), head.crc64)?)
            }
            // An upload credential may not read. By ticket VOD cannot be asked either: what is sent again is known to be there.
            Err(refused) if refused.error.code == Code::PermissionDenied && cx.is_by_ticket() => {
                Ok(start_over())
            }
            // VOD itself can tell.
            Err(refused) if refused.error.code == Code::PermissionDenied => {
                cx.ask(VodCall::GetMediaInfo);
                Ok(Turn::Stay)
            }
            Err(refused) if reply.status != 404 => Err(refused.into()),
            // It is not there, or of a length that is not known.
            Ok(_) | Err(_) => Ok(start_over()),
        }
    }

    pub(super) fn on_media_info(
        &mut self,
        cx: &mut Context,
        object: &Object,
        reply: &Reply,
    ) -> Result<Turn, VodTrouble> {
        let (status, size) = match media_info::answer(&cx.job.media, &cx.media_id, reply) {
            Ok(info) => {
                cx.must_be_told_of(info.media_id.as_deref())?;
                (info.status, info.size)
            }
            // It knows nothing of the file yet.
            Err(refused) if refused.error.code == Code::MediaNotFound => ("unknown".into(), None),
            Err(refused) => return Err(refused.into()),
        };
        let total = object.total();
        // The size of an attached media is not always told.
        let untold = size.is_none() && cx.job.media.kind() == "attached";
        if cx.rights.replaced_bytes == total && cx.overwrites() {
            // The old file and the new one look alike from here.
            return Ok(start_over());
        }
        if status == "Normal" && total.is_some() && (untold || size == total) {
            return Ok(self.verify(cx, object, size, None)?);
        }
        if object.parts().count() == 0 && cx.tried(VodCall::GetMediaInfo) > 0 {
            // Another run's upload is gone, and VOD still waits for it.
            return Ok(start_over());
        }
        let message = format!(
            "Complete got no reply, and VOD reports the media {} as {status} so far",
            cx.media_id
        );
        let error = Error::new(Code::OutcomeUnknown, message);
        // VOD notices a finished object by itself, a little later.
        cx.retry_call(VodCall::GetMediaInfo, error, None)?;
        Ok(Turn::Stay)
    }

    fn verify(
        &mut self,
        cx: &mut Context,
        object: &Object,
        size: Option<u64>,
        crc64: Option<u64>,
    ) -> Result<Turn, Error> {
        // From here on there is no multipart upload left to abort.
        self.upload_id = None;
        let expected = object.total().unwrap_or(0);
        if let Some(size) = size.filter(|size| *size != expected) {
            spoil(cx, size);
            return Err(Error::new(
                Code::LengthMismatch,
                format!("the object has {size} bytes, {expected} were sent"),
            ));
        }
        let folded = object.folded_crc64();
        if let Some((folded, crc64)) = folded.zip(crc64).filter(|(ours, theirs)| ours != theirs) {
            spoil(cx, size.unwrap_or(expected));
            let message = format!("the object's CRC-64 is {crc64}, its parts fold to {folded}");
            return Err(Error::new(Code::ChecksumMismatch, message));
        }
        Ok(Turn::Done {
            crc64: crc64.or(folded),
            folds: folded.is_some() && crc64.is_some(),
        })
    }
}

fn start_over() -> Turn {
    Turn::Lost(Error::new(
        Code::UploadGone,
        "the multipart upload is gone, and there is no object",
    ))
}
