//! The place is known: what was there before is dealt with, then the bytes move.

use super::call::{OssCall, VodCall};
use super::content::Content;
use super::context::Context;
use super::grant::Grant;
use super::object::Placement;
use super::turn::Turn;
use crate::error::Error;
use crate::oss::request::UploadId;

/// A place, and how its bytes get there.
#[derive(Clone)]
pub(super) struct Uploading {
    pub(super) grant: Grant,
    pub(super) stage: Stage,
}

/// How far that is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Stage {
    /// Something has to be asked, removed or begun first. A multipart upload that was begun before is removed.
    Opening(Option<UploadId>),
    /// One PutObject.
    Put,
    /// Parts of a multipart upload.
    Parts(UploadId),
    /// The files of a playlist, a PutObject each.
    Files,
}

impl Stage {
    pub(super) fn upload_id(&self) -> Option<&UploadId> {
        match self {
            Stage::Opening(id) => id.as_ref(),
            Stage::Parts(id) => Some(id),
            Stage::Put | Stage::Files => None,
        }
    }

    pub(super) fn into_upload_id(self) -> Option<UploadId> {
        match self {
            Stage::Opening(id) => id,
            Stage::Parts(id) => Some(id),
            Stage::Put | Stage::Files => None,
        }
    }
}

impl Uploading {
    pub(super) fn new(grant: Grant, upload_id: Option<UploadId>) -> Uploading {
        Uploading {
            grant,
            stage: Stage::Opening(upload_id),
        }
    }

    pub(super) fn placement(&self) -> Placement {
        match self.stage.upload_id() {
            Some(_) => Placement::Begun,
            None => Placement::Placed,
        }
    }

    /// Does what has to be done before bytes can move: a multipart upload goes around parts, and one begun before is removed
    /// first.
    ///
    /// # Errors
    /// What the checkpoint names must not be written to.
    pub(super) fn open(&mut self, cx: &mut Context, content: &mut Content) -> Result<Turn, Error> {
        self.stage = Stage::Opening(self.stage.upload_id().cloned());
        // Also of what is one PutObject now, and was to be parts when it was read in pieces.
        if self.stage.upload_id().is_some() {
            cx.ask_once(OssCall::AbortMultipartUpload);
            return Ok(Turn::Stay);
        }
        if cx.is_to_be_proven()? {
            cx.ask_once(VodCall::Prove);
            return Ok(Turn::Stay);
        }
        let object = match content {
            Content::Playlist(playlist) => {
                self.stage = Stage::Files;
                return playlist.begin(cx, &self.grant.place);
            }
            Content::Object(object) => object,
        };
        if cx.is_calling(OssCall::InitiateMultipartUpload) {
            // Its reply names what is to be used, or removed.
        } else if object.is_put() {
            self.stage = Stage::Put;
            return Ok(Turn::Schedule);
        } else if cx.rights.orphans && cx.rights.own {
            cx.ask_once(VodCall::DeleteMultipartUpload);
        } else {
            cx.ask(OssCall::InitiateMultipartUpload);
        }
        Ok(Turn::Stay)
    }

    /// There is a multipart upload.
    pub(super) fn initiated(&mut self, content: &Content, upload_id: UploadId) -> Turn {
        if let Content::Object(object) = content
            && object.is_put()
        {
            // Meanwhile it has become one PutObject.
            self.stage = Stage::Opening(Some(upload_id));
            return Turn::Open;
        }
        self.stage = Stage::Parts(upload_id);
        Turn::Schedule
    }

    /// The one begun before is gone.
    pub(super) fn aborted(&mut self) -> Turn {
        self.stage = Stage::Opening(None);
        Turn::Open
    }

    /// Starts all that may start now.
    pub(super) fn schedule(
        &mut self,
        cx: &mut Context,
        content: &mut Content,
    ) -> Result<Turn, Error> {
        let grant = &mut self.grant;
        match (&self.stage, content) {
            (Stage::Parts(id), Content::Object(object)) => object.schedule(cx, grant, Some(id)),
            (Stage::Put, Content::Object(object)) => object.schedule(cx, grant, None),
            (Stage::Files, Content::Playlist(playlist)) => playlist.schedule(cx, grant),
            (Stage::Opening(_), _)
            | (Stage::Parts(_) | Stage::Put, Content::Playlist(_))
            | (Stage::Files, Content::Object(_)) => Ok(Turn::Stay),
        }
    }
}
