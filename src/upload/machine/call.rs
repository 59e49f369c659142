//! The small requests by their purpose.

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
    /// By the media id, where the upload id is not known.
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
            Call::Oss(call) => call.is_about_parts(),
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

impl OssCall {
    /// It is about the parts that were sent so far.
    pub(super) fn is_about_parts(self) -> bool {
        match self {
            OssCall::ListParts | OssCall::CompleteMultipartUpload | OssCall::HeadObject => true,
            OssCall::InitiateMultipartUpload
            | OssCall::AbortMultipartUpload
            | OssCall::PutPlaylist(_) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_some_calls_clean_up_or_are_about_parts() {
        for (call, cleans_up, is_about_parts) in [
            (Call::Vod(VodCall::Create), false, false),
            (Call::Vod(VodCall::Survey), false, false),
            (Call::Vod(VodCall::RefreshUploadVideo), false, false),
            (Call::Vod(VodCall::GetMediaInfo), false, false),
            (Call::Vod(VodCall::DeleteMultipartUpload), true, false),
            (Call::Vod(VodCall::DeleteVideo), true, false),
            (Call::Vod(VodCall::Prove), true, false),
            (Call::Oss(OssCall::InitiateMultipartUpload), false, false),
            (Call::Oss(OssCall::PutPlaylist(1)), false, false),
            (Call::Oss(OssCall::AbortMultipartUpload), true, false),
            (Call::Oss(OssCall::ListParts), false, true),
            (Call::Oss(OssCall::CompleteMultipartUpload), false, true),
            (Call::Oss(OssCall::HeadObject), false, true),
        ] {
            assert_eq!(call.cleans_up(), cleans_up, "{call:?}");
            assert_eq!(call.is_about_parts(), is_about_parts, "{call:?}");
            let tries = if cleans_up { CLEANUP_TRIES } else { CALL_TRIES };
            assert_eq!(call.tries(), tries, "{call:?}");
        }
    }
}
