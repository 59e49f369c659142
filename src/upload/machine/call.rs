//! The small requests by their purpose, and what each asks for.

use super::Upload;
use crate::error::Error;
use crate::http::Request;
use crate::oss;
use crate::time::UnixMs;
use crate::vod::{self, VideoRef, api, media_info};
use crate::wire::retry::CALL_TRIES;

/// Tries of what cleans up.
pub(super) const CLEANUP_TRIES: u32 = 3;

/// A small request by its purpose. Of each there is one at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Call {
    Vod(VodCall),
    Oss(OssCall),
}

/// To the VOD API, signed with the caller's keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum VodCall {
    /// CreateUploadVideo, or what its media has instead.
    Create,
    /// RefreshUploadVideo by reference id, for a media that is there already.
    Adopt,
    /// What that media is: GetMezzanineInfo, or GetVideoInfo where it must be known when it was made.
    Survey,
    /// RefreshUploadVideo, for a media that is to be replaced.
    Claim,
    /// GetMezzanineInfo of that media.
    Inspect,
    RefreshUploadVideo,
    /// GetMezzanineInfo, or what its media has instead.
    GetMediaInfo,
    /// By the media id, where nobody knows the upload id.
    DeleteMultipartUpload,
    DeleteVideo,
    /// GetVideoInfo, before something is removed or stored by a media id that only a checkpoint names.
    Prove,
}

/// To OSS, signed with the upload credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum OssCall {
    InitiateMultipartUpload,
    ListParts,
    CompleteMultipartUpload,
    HeadObject,
    AbortMultipartUpload,
    /// A rewritten playlist, by its number.
    PutPlaylist(u32),
}

impl From<VodCall> for Call {
    fn from(call: VodCall) -> Self {
        Call::Vod(call)
    }
}

impl From<OssCall> for Call {
    fn from(call: OssCall) -> Self {
        Call::Oss(call)
    }
}

impl Call {
    /// It is sent when all else is over.
    pub(super) fn cleans_up(self) -> bool {
        match self {
            Call::Vod(call) => match call {
                VodCall::DeleteMultipartUpload | VodCall::DeleteVideo | VodCall::Prove => true,
                VodCall::Create
                | VodCall::Adopt
                | VodCall::Survey
                | VodCall::Claim
                | VodCall::Inspect
                | VodCall::RefreshUploadVideo
                | VodCall::GetMediaInfo => false,
            },
            Call::Oss(call) => call == OssCall::AbortMultipartUpload,
        }
    }

    /// It is about the parts that were sent so far.
    pub(super) fn is_about_parts(self) -> bool {
        match self {
            Call::Vod(_) => false,
            Call::Oss(call) => match call {
                OssCall::ListParts | OssCall::CompleteMultipartUpload | OssCall::HeadObject => true,
                OssCall::InitiateMultipartUpload
                | OssCall::AbortMultipartUpload
                | OssCall::PutPlaylist(_) => false,
            },
        }
    }

    pub(super) fn tries(self) -> u32 {
        match self.cleans_up() {
            true => CLEANUP_TRIES,
            false => CALL_TRIES,
        }
    }

    /// As the coverage of the tests names it.
    pub(super) fn name(self) -> String {
        match self {
            Call::Vod(call) => format!("{call:?}"),
            Call::Oss(call) => format!("{call:?}"),
        }
    }
}

impl Upload {
    /// What a call is named in messages: for VOD, the action.
    pub(super) fn name_of(&self, call: Call) -> String {
        match call {
            Call::Vod(call) => self.question(call).0.to_owned(),
            Call::Oss(call) => format!("{call:?}"),
        }
    }

    /// The action of the VOD API that a call is, and its parameters.
    pub(super) fn question(&self, call: VodCall) -> (&'static str, Vec<(String, String)>) {
        let media_id = self.media_id();
        let media = &self.job.media;
        match call {
            VodCall::Create => (media.action(), media.params()),
            VodCall::Adopt => {
                let reference_id = media.reference_id().unwrap_or_default();
                let params = api::refresh_by_reference_params(reference_id);
                (api::REFRESH_UPLOAD_VIDEO, params)
            }
            VodCall::Claim => {
                let params = self.job.options.replace.as_ref().map(VideoRef::params);
                (api::REFRESH_UPLOAD_VIDEO, params.unwrap_or_default())
            }
            VodCall::RefreshUploadVideo => {
                let params = api::refresh_upload_video_params(media_id);
                (api::REFRESH_UPLOAD_VIDEO, params)
            }
            VodCall::DeleteMultipartUpload => {
                let params = api::delete_multipart_upload_params(media_id);
                (api::DELETE_MULTIPART_UPLOAD, params)
            }
            VodCall::DeleteVideo => (api::DELETE_VIDEO, api::delete_video_params(media_id)),
            VodCall::Prove => {
                let params = api::get_mezzanine_info_params(media_id);
                (api::GET_VIDEO_INFO, params)
            }
            VodCall::Survey => {
                let params = api::get_mezzanine_info_params(media_id);
                (self.survey_action(), params)
            }
            VodCall::Inspect | VodCall::GetMediaInfo => media_info::question(media, media_id),
        }
    }

    pub(super) fn vod_request(&mut self, call: VodCall, now: UnixMs) -> Result<Request, Error> {
        let nonce = self.entropy.nonce();
        let now = self.server_now(now);
        let (action, params) = self.question(call);
        let keys = &self.account.credentials;
        vod::request::request(&self.job.vod, keys, action, &params, &nonce, now)
    }

    pub(super) fn oss_request(&self, call: OssCall, now: UnixMs) -> Result<Request, Error> {
        let now = self.server_now(now);
        let target = &self.place()?.target;
        let keys = &self.auth()?.ticket.credentials;
        let signature = self.job.oss.signature;
        match call {
            OssCall::InitiateMultipartUpload => {
                let headers = self.object_headers();
                oss::request::initiate_multipart_upload(target, signature, keys, now, &headers)
            }
            OssCall::ListParts => {
                let marker = self.listing.as_ref().map_or(0, |listing| listing.marker);
                let upload_id = self.upload_id()?;
                oss::request::list_parts(target, signature, keys, now, upload_id, marker)
            }
            OssCall::CompleteMultipartUpload => {
                let etags = self.parts.etags();
                let headers = self.job.options.headers_at_the_end();
                let id = self.upload_id()?;
                oss::request::complete_multipart_upload(
                    target, signature, keys, now, id, &etags, &headers,
                )
            }
            OssCall::PutPlaylist(number) => self.playlist_request(number, now),
            OssCall::AbortMultipartUpload => {
                let upload_id = self.upload_id()?;
                oss::request::abort_multipart_upload(target, signature, keys, now, upload_id)
            }
            OssCall::HeadObject => oss::request::head_object(target, signature, keys, now),
        }
    }
}
