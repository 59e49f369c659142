//! What each small request asks for.

use super::Upload;
use super::adopt::survey_action;
use super::call::{OssCall, VodCall};
use super::content::Content;
use crate::error::{Code, Error};
use crate::http::Request;
use crate::oss::request::{self, UploadId};
use crate::vod::{VideoRef, api, media_info};

impl Upload {
    pub(super) fn vod_request(&mut self, call: VodCall) -> Result<Request, Error> {
        let (action, params) = self.question(call);
        let cx = &mut self.cx;
        cx.caller.request(&cx.job.vod, action, &params, cx.now)
    }

    /// The action of the VOD API that a call is, and its parameters.
    pub(super) fn question(&self, call: VodCall) -> (&'static str, Vec<(String, String)>) {
        let (job, media_id) = (&self.cx.job, self.cx.media_id.as_str());
        let media = &job.media;
        match call {
            VodCall::Create => (media.action(), media.params()),
            VodCall::Adopt => {
                let reference_id = media.reference_id().unwrap_or_default();
                let params = api::refresh_by_reference_params(reference_id);
                (api::REFRESH_UPLOAD_VIDEO, params)
            }
            VodCall::Claim => {
                let params = job.options.replace.as_ref().map(VideoRef::params);
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
                (survey_action(job), params)
            }
            VodCall::Inspect | VodCall::GetMediaInfo => media_info::question(media, media_id),
        }
    }

    pub(super) fn oss_request(&self, call: OssCall) -> Result<Request, Error> {
        let Some(grant) = self.state.grant() else {
            return Err(Error::new(Code::Internal, "there is no upload address yet"));
        };
        let (target, keys) = (&grant.place.target, grant.credential.keys());
        let (signature, at) = (self.cx.job.oss.signature, self.cx.server_now());
        match (call, &self.content) {
            (OssCall::InitiateMultipartUpload, Content::Object(object)) => {
                let headers = object.headers(&self.cx.job);
                request::initiate_multipart_upload(target, signature, keys, at, &headers)
            }
            (OssCall::ListParts, Content::Object(object)) => {
                let (id, marker) = (self.upload_id()?, object.marker());
                request::list_parts(target, signature, keys, at, id, marker)
            }
            (OssCall::CompleteMultipartUpload, Content::Object(object)) => {
                let (id, etags) = (self.upload_id()?, object.parts().etags());
                let headers = self.cx.job.options.headers_at_the_end();
                request::complete_multipart_upload(
                    target, signature, keys, at, id, &etags, &headers,
                )
            }
            (OssCall::HeadObject, _) => request::head_object(target, signature, keys, at),
            (OssCall::AbortMultipartUpload, _) => {
                let id = self.upload_id()?;
                request::abort_multipart_upload(target, signature, keys, at, id)
            }
            (OssCall::PutPlaylist(number), Content::Playlist(playlist)) => {
                playlist.list_request(&self.cx, grant, number)
            }
            (
                OssCall::InitiateMultipartUpload
                | OssCall::ListParts
                | OssCall::CompleteMultipartUpload,
                Content::Playlist(_),
            )
            | (OssCall::PutPlaylist(_), Content::Object(_)) => {
                Err(Error::new(Code::Internal, "there is nothing of that kind"))
            }
        }
    }

    fn upload_id(&self) -> Result<&UploadId, Error> {
        let id = self.state.upload_id();
        id.ok_or_else(|| Error::new(Code::Internal, "there is no multipart upload"))
    }
}
