//! The actions of an upload: their parameters and replies, typed.

use super::credential::{UploadAddress, UploadAuth, decode_address, decode_auth};
use super::error::{Refused, refused};
use super::{Media, Ticket, VideoRef, json, rules};
use crate::error::{Code, Error};
use crate::http::Reply;
use crate::json::{Json, Read, Write, whole};
use crate::secret::Secret;
use crate::time::UnixMs;
use crate::wire::refusal::identifier;

pub use super::attached_media::{BusinessType, CreateUploadAttachedMedia};
pub use super::image::{CreateUploadImage, ImageType};

/// Parameters of CreateUploadVideo, for video and audio. Only title and file name are required.
///
/// Not idempotent: every success makes a new media. A `reference_id` is the only handle the service knows to notice a repeat.
/// <https://www.alibabacloud.com/help/en/vod/developer-reference/api-vod-2017-03-21-createuploadvideo>
#[derive(Debug, Clone, Default, PartialEq, Eq, Read, Write)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", default)]
pub struct CreateUploadVideo {
    /// Shown in the console; at most 128 characters.
    pub title: String,
    /// A name with an extension; only the extension matters to VOD.
    pub file_name: String,
    /// Size in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub file_size: Option<u64>,
    /// At most 1024 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub description: Option<String>,
    /// URL of a thumbnail of the caller's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub cover_url: Option<String>,
    /// Category id.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub cate_id: Option<i64>,
    /// At most 16 tags of at most 32 characters, without commas.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub tags: Vec<String>,
    /// Transcoding template group; `VOD_NO_TRANSCODE` for none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub template_group_id: Option<String>,
    /// Workflow; wins over the template group.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub workflow_id: Option<String>,
    /// Bucket host such as `outin-….oss-cn-shanghai.aliyuncs.com`; the account's default otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub storage_location: Option<String>,
    /// A JSON object as text: `MessageCallback`, `Extend` (at most 512 bytes), `AccelerateConfig`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub user_data: Option<String>,
    /// Application; `app-1000000` otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub app_id: Option<String>,
    /// An id of the caller's own, 6 to 64 of `A-Z a-z 0-9 _ -`, unique in the account.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub reference_id: Option<String>,
    /// Use the first frame as the cover.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub enable_first_frame_cover: Option<bool>,
    /// Make thumbnails.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub generate_thumbnail: Option<bool>,
}

impl CreateUploadVideo {
    /// The action's name.
    pub const ACTION: &'static str = "CreateUploadVideo";

    /// Checks every documented rule. Nothing is cut to fit.
    ///
    /// Lengths are counted in characters, as the current API metadata does; where a service counts bytes it says so itself.
    ///
    /// # Errors
    /// `InvalidArgument` naming field, rule and what was given.
    pub fn validate(&self) -> Result<(), Error> {
        rules::title(&self.title, rules::TITLE)?;
        rules::file_name(&self.file_name)?;
        if self.file_size == Some(0) {
            return Err(Error::invalid("fileSize", "must be at least 1 byte, got 0"));
        }
        rules::description(self.description.as_deref(), rules::DESCRIPTION)?;
        rules::cover_url(self.cover_url.as_deref())?;
        rules::tags(&self.tags)?;
        rules::user_data(self.user_data.as_deref())?;
        rules::reference_id("referenceId", self.reference_id.as_deref())
    }

    /// The call's own parameters, as the API names them. What was not given is left out.
    pub fn params(&self) -> Vec<(String, String)> {
        let tags = (!self.tags.is_empty()).then(|| self.tags.join(","));
        rules::given([
            ("Title", Some(self.title.clone())),
            ("FileName", Some(self.file_name.clone())),
            ("FileSize", self.file_size.map(|size| size.to_string())),
            ("Description", self.description.clone()),
            ("CoverURL", self.cover_url.clone()),
            ("CateId", self.cate_id.map(|id| id.to_string())),
            ("Tags", tags),
            ("TemplateGroupId", self.template_group_id.clone()),
            ("WorkflowId", self.workflow_id.clone()),
            ("StorageLocation", self.storage_location.clone()),
            ("UserData", self.user_data.clone()),
            ("AppId", self.app_id.clone()),
            ("ReferenceId", self.reference_id.clone()),
            (
                "EnableFirstFrameCover",
                self.enable_first_frame_cover.map(|on| on.to_string()),
            ),
            (
                "GenerateThumbnail",
                self.generate_thumbnail.map(|on| on.to_string()),
            ),
        ])
    }
}

/// What an upload needs from VOD.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadTicket {
    /// `VideoId`, `ImageId` or `MediaId`.
    pub media_id: String,
    /// Where the object goes.
    pub address: UploadAddress,
    /// What may put it there.
    pub auth: UploadAuth,
    /// `ImageURL` or `MediaURL`: where it can be fetched from a CDN domain, once it is there. Videos have none yet.
    pub url: Option<String>,
    /// `FileURL`: the object itself. Videos have none yet.
    pub file_url: Option<String>,
    /// The service's id of the request.
    pub request_id: Option<String>,
}

/// What GetMezzanineInfo tells of the source file.
#[derive(Debug, Clone, PartialEq, Eq, Read, Write)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct Mezzanine {
    /// `Uploading`, `Normal`, `UploadFail` or `Deleted`.
    pub status: String,
    /// Size in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub size: Option<u64>,
    /// The media id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub media_id: Option<String>,
    /// MD5 of the file, where VOD tells it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub md5: Option<String>,
    /// File name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub file_name: Option<String>,
    /// The service's id of the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub request_id: Option<String>,
}

/// The action that renews the credential of one media; the address stays.
/// <https://www.alibabacloud.com/help/en/vod/developer-reference/api-vod-2017-03-21-refreshuploadvideo>
pub const REFRESH_UPLOAD_VIDEO: &str = "RefreshUploadVideo";

/// The action that tells whether the source file has arrived.
/// <https://www.alibabacloud.com/help/en/vod/developer-reference/api-vod-2017-03-21-getmezzanineinfo>
pub const GET_MEZZANINE_INFO: &str = "GetMezzanineInfo";

/// The action that tells how far VOD is with a video.
/// <https://www.alibabacloud.com/help/en/vod/developer-reference/api-vod-2017-03-21-getvideoinfo>
pub const GET_VIDEO_INFO: &str = "GetVideoInfo";

/// The action that removes the unfinished parts of a media by its id alone.
/// <https://www.alibabacloud.com/help/en/vod/developer-reference/api-vod-2017-03-21-deletemultipartupload>
pub const DELETE_MULTIPART_UPLOAD: &str = "DeleteMultipartUpload";

/// The action that removes a video with all that belongs to it.
/// <https://www.alibabacloud.com/help/en/vod/developer-reference/api-vod-2017-03-21-deletevideo>
pub const DELETE_VIDEO: &str = "DeleteVideo";

/// The parameters of DeleteMultipartUpload, which knows videos only.
pub fn delete_multipart_upload_params(media_id: &str) -> Vec<(String, String)> {
    vec![
        ("MediaId".into(), media_id.into()),
        ("MediaType".into(), "video".into()),
    ]
}

/// The parameters of DeleteVideo.
pub fn delete_video_params(media_id: &str) -> Vec<(String, String)> {
    vec![("VideoIds".into(), media_id.into())]
}

/// Reads the reply to DeleteVideo. A video that is not there is as good as removed.
///
/// # Errors
/// What the service refused; `PermissionDenied` where it forbids this one.
pub fn parse_delete_video(reply: &Reply, media_id: &str) -> Result<(), Refused> {
    let body = match Body::read(reply) {
        Err(refused) if refused.error.code == Code::MediaNotFound => return Ok(()),
        read => read?,
    };
    if !forbidden_ids(&body).iter().any(|id| id == media_id) {
        return Ok(());
    }
    let message = format!("DeleteVideo: VOD forbids to remove {media_id}");
    let error = Error::new(Code::PermissionDenied, message);
    Err(error.request_id(body.request_id()).into())
}

pub(super) fn forbidden_ids(body: &Body) -> Vec<String> {
    json::texts(&body.json, "ForbiddenVideoIds")
}

/// Reads a reply that holds nothing but that it is done.
///
/// # Errors
/// What the service refused.
pub fn parse_done(reply: &Reply) -> Result<(), Refused> {
    Body::read(reply).map(|_| ())
}

/// Reads when the video was made in the reply to GetVideoInfo, if it still waits for its file.
///
/// # Errors
/// What the service refused.
pub(crate) fn parse_waiting_since(reply: &Reply) -> Result<Option<UnixMs>, Refused> {
    let body = Body::read(reply)?;
    let video = body.json.get("Video");
    let text = |name| video?.get(name)?.as_text();
    let made = text("CreationTime").and_then(UnixMs::parse_iso8601);
    Ok(made.filter(|_| text("Status") == Some("Uploading")))
}

/// Reads the reply to CreateUploadVideo that came at `now`.
///
/// # Errors
/// What the service refused, or `ReplyInvalid` naming the missing field.
pub fn parse_create_upload_video(reply: &Reply, now: UnixMs) -> Result<UploadTicket, Refused> {
    ticket(reply, now, ["VideoId", ""])
}

/// Reads the reply to CreateUploadImage that came at `now`.
///
/// # Errors
/// As [`parse_create_upload_video`].
pub fn parse_create_upload_image(reply: &Reply, now: UnixMs) -> Result<UploadTicket, Refused> {
    ticket(reply, now, ["ImageId", "ImageURL"])
}

/// Reads the reply to CreateUploadAttachedMedia that came at `now`.
///
/// # Errors
/// As [`parse_create_upload_video`].
pub fn parse_create_upload_attached_media(
    reply: &Reply,
    now: UnixMs,
) -> Result<UploadTicket, Refused> {
    ticket(reply, now, ["MediaId", "MediaURL"])
}

/// The parameters of RefreshUploadVideo.
pub fn refresh_upload_video_params(media_id: &str) -> Vec<(String, String)> {
    vec![("VideoId".into(), media_id.into())]
}

/// The parameters of RefreshUploadVideo for a media of which only the caller's own id is known.
pub fn refresh_by_reference_params(reference_id: &str) -> Vec<(String, String)> {
    vec![("ReferenceId".into(), reference_id.into())]
}

/// Reads the reply to RefreshUploadVideo that came at `now`.
///
/// # Errors
/// As [`parse_create_upload_video`].
pub fn parse_refresh_upload_video(reply: &Reply, now: UnixMs) -> Result<UploadTicket, Refused> {
    ticket(reply, now, ["VideoId", ""])
}

/// The parameters of GetMezzanineInfo. `OutputType=oss` asks for a plain object URL, which needs no CDN domain.
pub fn get_mezzanine_info_params(media_id: &str) -> Vec<(String, String)> {
    vec![
        ("VideoId".into(), media_id.into()),
        ("OutputType".into(), "oss".into()),
    ]
}

/// The same for a video by either of its ids.
pub(super) fn mezzanine_params_of(video: &VideoRef) -> Vec<(String, String)> {
    let mut params = video.params();
    params.push(("OutputType".into(), "oss".into()));
    params
}

/// Reads the reply to GetMezzanineInfo.
///
/// # Errors
/// What the service refused (`MediaNotFound` before the file has arrived), or `ReplyInvalid` naming the missing field.
pub fn parse_get_mezzanine_info(reply: &Reply) -> Result<Mezzanine, Refused> {
    let body = Body::read(reply)?;
    let mezzanine = body
        .json
        .get("Mezzanine")
        .ok_or_else(|| body.missing("Mezzanine"))?;
    let text = |name| json::text(mezzanine, name);
    Ok(Mezzanine {
        status: text("Status").ok_or_else(|| body.missing("Mezzanine.Status"))?,
        size: body.size(mezzanine, "Size")?,
        file_name: text("FileName"),
        media_id: text("VideoId"),
        md5: text("FileMD5"),
        request_id: body.request_id(),
    })
}

fn ticket(reply: &Reply, now: UnixMs, [id, url]: [&str; 2]) -> Result<UploadTicket, Refused> {
    let body = Body::read(reply)?;
    let about = |error: Error| error.status(200).request_id(body.request_id());
    Ok(UploadTicket {
        media_id: body.required(id)?,
        address: decode_address(&body.required("UploadAddress")?).map_err(about)?,
        auth: decode_auth(&body.required("UploadAuth")?, now).map_err(about)?,
        url: body.required(url).ok(),
        file_url: body.required("FileURL").ok(),
        request_id: body.request_id(),
    })
}

/// Reads the reply to what made or refreshed `media`, which came at `now`, as a ticket to hand on. What it holds is as VOD gave
/// it, and has been read once.
///
/// # Errors
/// As [`parse_create_upload_video`].
pub(super) fn read_ticket(reply: &Reply, now: UnixMs, media: &Media) -> Result<Ticket, Refused> {
    let names = match media {
        Media::Video(_) => ["VideoId", ""],
        Media::Image(_) => ["ImageId", "ImageURL"],
        Media::AttachedMedia(_) => ["MediaId", "MediaURL"],
    };
    let read = ticket(reply, now, names)?;
    let body = Body::read(reply)?;
    Ok(Ticket {
        media_id: read.media_id,
        upload_address: body.required("UploadAddress")?,
        upload_auth: Secret::new(body.required("UploadAuth")?),
        expires_at: Some(read.auth.expires_at.0),
        url: read.url,
        file_url: read.file_url,
        request_id: read.request_id,
    })
}

/// Some envelopes name a success, too.
fn is_refusal(code: &Json) -> bool {
    match code {
        Json::Null => false,
        Json::Text(code) => !["", "200", "OK", "Success"].contains(&code.as_str()),
        Json::Number(code) => whole(code) != Some(200),
        _ => true,
    }
}

/// The JSON object of a reply that is no error.
pub(super) struct Body {
    pub(super) json: Json,
}

impl Body {
    pub(super) fn read(reply: &Reply) -> Result<Body, Refused> {
        let refused = || refused(reply);
        if reply.status != 200 {
            return Err(refused());
        }
        let json = Json::parse(&reply.body).ok_or_else(refused)?;
        match json.is_object() && !json.get("Code").is_some_and(is_refusal) {
            true => Ok(Body { json }),
            false => Err(refused()),
        }
    }

    pub(super) fn request_id(&self) -> Option<String> {
        self.json
            .get("RequestId")
            .and_then(Json::as_text)
            .and_then(identifier)
    }

    pub(super) fn required(&self, name: &str) -> Result<String, Error> {
        json::text(&self.json, name).ok_or_else(|| self.missing(name))
    }

    pub(super) fn missing(&self, name: &str) -> Error {
        self.invalid(format!("the reply of the VOD API lacks `{name}`"))
    }

    /// A size in bytes within the reply, if it is there.
    pub(super) fn size(&self, json: &Json, name: &str) -> Result<Option<u64>, Error> {
        json::size(json, name)
            .map_err(|fault| self.invalid(format!("the reply of the VOD API holds {fault}")))
    }

    fn invalid(&self, message: String) -> Error {
        Error::new(Code::ReplyInvalid, message)
            .status(200)
            .request_id(self.request_id())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encode::base64_encode;

    const NOW: UnixMs = UnixMs(1_700_000_000_000);

    fn film() -> CreateUploadVideo {
        CreateUploadVideo {
            title: "Film".into(),
            file_name: "film.mp4".into(),
            ..CreateUploadVideo::default()
        }
    }

    fn reply(body: impl Into<String>) -> Reply {
        Reply {
            status: 200,
            headers: vec![],
            body: body.into(),
        }
    }

    #[test]
    fn sends_what_was_given_and_nothing_else() {
        film().validate().unwrap();
        let names = |request: &CreateUploadVideo| {
            request
                .params()
                .into_iter()
                .map(|(name, _)| name)
                .collect::<Vec<_>>()
        };
        assert_eq!(names(&film()), ["Title", "FileName"]);
        let request = CreateUploadVideo {
            file_size: Some(5),
            tags: vec!["a".into(), "b".into()],
            cate_id: Some(7),
            generate_thumbnail: Some(false),
            ..film()
        };
        let params = request.params();
        for (name, value) in [
            ("FileSize", "5"),
            ("Tags", "a,b"),
            ("CateId", "7"),
            ("GenerateThumbnail", "false"),
        ] {
            assert!(
                params.contains(&(name.to_owned(), value.to_owned())),
                "{name}"
            );
        }
    }

    #[test]
    fn only_title_and_file_name_are_required_in_json() {
        let request: CreateUploadVideo =
            serde_json::from_str(r#"{"title":"Film","fileName":"film.mp4"}"#).unwrap();
        assert_eq!(request, film());
        assert_eq!(
            serde_json::to_string(&request).unwrap(),
            r#"{"title":"Film","fileName":"film.mp4"}"#
        );
    }

    #[test]
    fn reads_a_ticket() {
        let address = base64_encode(br#"{"Endpoint":"https://e","Bucket":"b","FileName":"k"}"#);
        let auth = base64_encode(br#"{"AccessKeyId":"STS.a","AccessKeySecret":"s","SecurityToken":"t","Expiration":"10"}"#);
        let body = format!(
            r#"{{"RequestId":"R","VideoId":"v","UploadAddress":"{address}","UploadAuth":"{auth}"}}"#
        );
        let ticket = parse_create_upload_video(&reply(body), NOW).unwrap();
        assert_eq!(
            (ticket.media_id.as_str(), ticket.address.bucket.as_str()),
            ("v", "b")
        );
        assert_eq!(ticket.auth.expires_at, NOW.plus_ms(10_000));
        assert_eq!(ticket.request_id.as_deref(), Some("R"));
    }

    #[test]
    fn a_reply_without_a_field_is_named_and_not_quoted() {
        let body = r#"{"RequestId":"R","VideoId":"v","UploadAddress":"hush"}"#;
        let refused = parse_refresh_upload_video(&reply(body), NOW).unwrap_err();
        assert_eq!(
            (refused.error.code, refused.error.request_id.as_deref()),
            (Code::ReplyInvalid, Some("R"))
        );
        assert!(
            refused.error.message.contains("UploadAddress")
                && !refused.error.message.contains("hush")
        );
        for body in ["", "[]", "<html>hush</html>", "null"] {
            let refused = parse_create_upload_video(&reply(body), NOW).unwrap_err();
            assert_eq!(refused.error.code, Code::ReplyInvalid);
            assert!(!refused.error.message.contains("hush"));
        }
    }

    #[test]
    fn an_error_in_a_200_is_an_error() {
        let refused =
            parse_get_mezzanine_info(&reply(r#"{"Code":"Throttling","Message":"slow down"}"#))
                .unwrap_err();
        assert_eq!(refused.error.code, Code::VodUnavailable);
    }

    #[test]
    fn reads_mezzanine_info_with_the_size_as_number_or_text() {
        for size in ["12", r#""12""#] {
            let body = format!(
                r#"{{"RequestId":"R","Mezzanine":{{"Status":"Normal","Size":{size},"FileName":"f"}}}}"#
            );
            let info = parse_get_mezzanine_info(&reply(body)).unwrap();
            assert_eq!((info.status.as_str(), info.size), ("Normal", Some(12)));
        }
        let refused = parse_get_mezzanine_info(&reply(r#"{"Mezzanine":{}}"#)).unwrap_err();
        assert!(refused.error.message.contains("Mezzanine.Status"));
    }
}
