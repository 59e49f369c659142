//! Looking at videos and deleting them, by media id or by the caller's own id.

use super::api::{self, Body};
use super::error::Refused;
use super::{VideoRef, json};
use crate::error::{Code, Error};
use crate::http::Reply;
use crate::json::{Read, Write};

/// DeleteVideo takes no more ids at once.
const MAX_IDS: usize = 20;

/// What GetVideoInfo tells. Fields that VOD left out are absent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Read, Write)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", default)]
pub struct VideoInfo {
    /// The media id.
    pub media_id: String,
    /// `Uploading`, `UploadFail`, `UploadSucc`, `Transcoding`, `TranscodeFail`, `Checking`, `Normal`, `Blocked` …
    pub status: String,
    /// Title.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub title: Option<String>,
    /// The caller's own id.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub reference_id: Option<String>,
    /// Size of the source file in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub size: Option<u64>,
    /// Length in seconds, as VOD writes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub duration: Option<String>,
    /// URL of the cover.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub cover_url: Option<String>,
    /// URLs of the snapshots.
    pub snapshots: Vec<String>,
    /// When it was made, as VOD writes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub creation_time: Option<String>,
    /// The service's id of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub request_id: Option<String>,
}

/// Reads the reply to GetVideoInfo.
///
/// # Errors
/// What the service refused, or `ReplyInvalid` naming the missing field.
pub fn parse_video_info(reply: &Reply) -> Result<VideoInfo, Refused> {
    let body = Body::read(reply)?;
    let video = body
        .json
        .get("Video")
        .ok_or_else(|| body.missing("Video"))?;
    let text = |name| json::text(video, name);
    Ok(VideoInfo {
        media_id: text("VideoId").unwrap_or_default(),
        status: text("Status").ok_or_else(|| body.missing("Video.Status"))?,
        title: text("Title"),
        reference_id: text("ReferenceId"),
        size: body.size(video, "Size")?,
        duration: text("Duration"),
        cover_url: text("CoverURL"),
        snapshots: json::texts(video, "Snapshots"),
        // Older versions wrote it otherwise.
        creation_time: text("CreationTime").or_else(|| text("CreateTime")),
        request_id: body.request_id(),
    })
}

/// What became of videos that were to be deleted: all others are gone.
#[derive(Debug, Clone, Default, PartialEq, Eq, Read, Write)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", default)]
pub struct Deletion {
    /// Ids that name no video.
    pub non_existent: Vec<String>,
    /// Ids of videos that VOD does not allow to delete.
    pub forbidden: Vec<String>,
    /// The service's id of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub request_id: Option<String>,
}

/// # Errors
/// `InvalidArgument` unless there are 1 to 20 ids, all of one kind.
pub(super) fn check_all(videos: &[VideoRef]) -> Result<(), Error> {
    let refuse = |rule: String| Err(Error::invalid("media", rule));
    if !(1..=MAX_IDS).contains(&videos.len()) {
        return refuse(format!("must be 1 to {MAX_IDS}, got {}", videos.len()));
    }
    for video in videos {
        video.validate("media")?;
    }
    let by_media_id = videos
        .iter()
        .filter(|video| video.media_id.is_some())
        .count();
    match by_media_id {
        0 => Ok(()),
        count if count == videos.len() => Ok(()),
        _ => refuse("must all be named by their media ids, or all by their reference ids".into()),
    }
}

/// The parameters of DeleteVideo.
pub(super) fn delete_params(videos: &[VideoRef]) -> Vec<(String, String)> {
    let joined = |id: fn(&VideoRef) -> Option<&str>| {
        let ids: Vec<&str> = videos.iter().filter_map(id).collect();
        ids.join(",")
    };
    let by = [
        ("VideoIds", joined(|video| video.media_id.as_deref())),
        (
            "ReferenceIds",
            joined(|video| video.reference_id.as_deref()),
        ),
    ];
    by.into_iter()
        .filter(|(_, ids)| !ids.is_empty())
        .map(|(name, ids)| (name.to_owned(), ids))
        .collect()
}

/// Reads the reply to DeleteVideo. Where none of them is there VOD refuses the call, which is no failure here.
///
/// # Errors
/// What the service refused.
pub(super) fn parse_deletion(reply: &Reply, videos: &[VideoRef]) -> Result<Deletion, Refused> {
    let body = match Body::read(reply) {
        Err(Refused { error, .. }) if error.code == Code::MediaNotFound => {
            let ids = videos.iter().filter_map(|video| {
                let id = video.media_id.as_ref().or(video.reference_id.as_ref());
                id.cloned()
            });
            return Ok(Deletion {
                non_existent: ids.collect(),
                request_id: error.request_id,
                ..Deletion::default()
            });
        }
        read => read?,
    };
    let mut non_existent = json::texts(&body.json, "NonExistVideoIds");
    non_existent.extend(json::texts(&body.json, "NonExistReferenceIds"));
    Ok(Deletion {
        non_existent,
        forbidden: api::forbidden_ids(&body),
        request_id: body.request_id(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(body: &str) -> Reply {
        Reply {
            status: 200,
            headers: vec![],
            body: body.into(),
        }
    }

    fn reference(id: &str) -> VideoRef {
        VideoRef {
            reference_id: Some(id.into()),
            ..VideoRef::default()
        }
    }

    /// As it was recorded in 2018: snapshots in a wrapper, empty fields left out, an older name of the time.
    #[test]
    fn a_video_is_read_as_old_and_new_versions_write_it() {
        let old = r#"{"RequestId":"R","Video":{"VideoId":"v","Status":"Normal","Size":"10","CreateTime":"2018-01-01 00:00:00","Snapshots":{"Snapshot":["https://a","https://b"]},"PreprocessStatus":"UnPreprocess","DownloadSwitch":"on"}}"#;
        let info = parse_video_info(&reply(old)).unwrap();
        assert_eq!((info.media_id.as_str(), info.size), ("v", Some(10)));
        assert_eq!(info.snapshots, ["https://a", "https://b"]);
        assert_eq!(info.creation_time.as_deref(), Some("2018-01-01 00:00:00"));
        assert_eq!((info.title, info.cover_url), (None, None));
        let new = r#"{"Video":{"Status":"Normal","Size":10,"Title":"T","Snapshots":null,"ReferenceId":"row-0001","Duration":12.5}}"#;
        let info = parse_video_info(&reply(new)).unwrap();
        assert_eq!(
            (info.title.as_deref(), info.duration.as_deref()),
            (Some("T"), Some("12.5"))
        );
        assert_eq!(
            (info.snapshots.len(), info.reference_id.as_deref()),
            (0, Some("row-0001"))
        );
        assert_eq!(
            parse_video_info(&reply("{}")).unwrap_err().error.code,
            Code::ReplyInvalid
        );
    }

    #[test]
    fn what_a_deletion_left_is_told_by_either_id() {
        let videos = [reference("row-0001"), reference("row-0002")];
        assert_eq!(
            delete_params(&videos),
            [("ReferenceIds".to_owned(), "row-0001,row-0002".to_owned())]
        );
        let read = |body: &str| {
            let told = parse_deletion(&reply(body), &videos).unwrap();
            (told.non_existent, told.forbidden)
        };
        let ids = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>();
        for (body, left) in [
            (
                r#"{"NonExistReferenceIds":["row-0002"],"ForbiddenVideoIds":[]}"#,
                (ids(&["row-0002"]), vec![]),
            ),
            (
                r#"{"NonExistReferenceIds":"[\"row-0002\"]","NonExistVideoIds":null}"#,
                (ids(&["row-0002"]), vec![]),
            ),
            (r#"{"ForbiddenVideoIds":"a,b"}"#, (vec![], ids(&["a", "b"]))),
            (r#"{"RequestId":"R"}"#, (vec![], vec![])),
        ] {
            assert_eq!(read(body), left, "{body}");
        }
        let none = Reply {
            status: 404,
            ..reply(r#"{"Code":"InvalidVideo.NotFound"}"#)
        };
        assert_eq!(
            parse_deletion(&none, &videos).unwrap().non_existent,
            ["row-0001", "row-0002"]
        );
    }

    #[test]
    fn videos_to_delete_are_named_in_one_way() {
        assert!(check_all(&[VideoRef::media("a"), VideoRef::media("b")]).is_ok());
        for (videos, rule) in [
            (vec![], "1 to 20"),
            (vec![VideoRef::media("a"); 21], "1 to 20"),
            (
                vec![VideoRef::media("a"), reference("row-0001")],
                "must all be named",
            ),
            (vec![VideoRef::default()], "must name the media"),
        ] {
            assert!(
                check_all(&videos).unwrap_err().message.contains(rule),
                "{rule}"
            );
        }
    }
}
