//! What VOD tells of a media by its id: whether its file has arrived, and of what size. One action a kind of media.

use super::api::{self, Body, Mezzanine};
use super::error::Refused;
use super::{Media, json};
use crate::error::{Code, Error};
use crate::http::Reply;
use crate::json::Json;

/// <https://www.alibabacloud.com/help/en/vod/developer-reference/api-vod-2017-03-21-getimageinfo>
const GET_IMAGE_INFO: &str = "GetImageInfo";
/// <https://www.alibabacloud.com/help/en/vod/developer-reference/api-vod-2017-03-21-getattachedmediainfo>
const GET_ATTACHED_MEDIA_INFO: &str = "GetAttachedMediaInfo";

/// The action to ask, with its parameters.
pub(crate) fn question(media: &Media, media_id: &str) -> (&'static str, Vec<(String, String)>) {
    match media {
        Media::Video(_) => (
            api::GET_MEZZANINE_INFO,
            api::get_mezzanine_info_params(media_id),
        ),
        Media::Image(_) => (GET_IMAGE_INFO, vec![("ImageId".into(), media_id.into())]),
        Media::AttachedMedia(_) => (
            GET_ATTACHED_MEDIA_INFO,
            vec![("MediaIds".into(), media_id.into())],
        ),
    }
}

/// Reads the reply. The size of an attached media is not told by every version of the service.
///
/// # Errors
/// What the service refused, `MediaNotFound`, or `ReplyInvalid` naming the missing field.
pub(crate) fn answer(media: &Media, media_id: &str, reply: &Reply) -> Result<Mezzanine, Refused> {
    match media {
        Media::Video(_) => api::parse_get_mezzanine_info(reply),
        Media::Image(_) => {
            let body = Body::read(reply)?;
            let info = body
                .json
                .get("ImageInfo")
                .ok_or_else(|| body.missing("ImageInfo"))?;
            let told = file_of(&body, info, info.get("Mezzanine"))?;
            Ok(Mezzanine {
                media_id: json::text(info, "ImageId"),
                ..told
            })
        }
        Media::AttachedMedia(_) => {
            let body = Body::read(reply)?;
            let list = json::list(&body.json, "AttachedMediaList");
            let list = list.ok_or_else(|| body.missing("AttachedMediaList"))?;
            let id = |info: &Json| json::text(info, "MediaId").as_deref() == Some(media_id);
            let Some(info) = list.iter().find(|info| id(info)) else {
                let message = format!("VOD knows no attached media {media_id}");
                let error = Error::new(Code::MediaNotFound, message);
                return Err(error.request_id(body.request_id()).into());
            };
            Ok(file_of(&body, info, Some(info))?)
        }
    }
}

fn file_of(body: &Body, info: &Json, file: Option<&Json>) -> Result<Mezzanine, Error> {
    Ok(Mezzanine {
        status: json::text(info, "Status").ok_or_else(|| body.missing("Status"))?,
        size: file.map_or(Ok(None), |file| body.size(file, "FileSize"))?,
        file_name: None,
        media_id: None,
        md5: None,
        request_id: body.request_id(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vod::api::{CreateUploadAttachedMedia, CreateUploadImage};

    fn told(media: &Media, body: &str) -> Result<(String, Option<u64>), Code> {
        let reply = Reply {
            status: 200,
            headers: vec![],
            body: body.into(),
        };
        match answer(media, "m-1", &reply) {
            Ok(info) => Ok((info.status, info.size)),
            Err(refused) => Err(refused.error.code),
        }
    }

    #[test]
    fn an_image_tells_its_size_as_text() {
        let image = Media::Image(CreateUploadImage::default());
        assert_eq!(question(&image, "m-1").0, "GetImageInfo");
        let body = r#"{"RequestId":"R","ImageInfo":{"ImageId":"m-1","Status":"Normal","Mezzanine":{"FileSize":"8932"}}}"#;
        assert_eq!(told(&image, body), Ok(("Normal".into(), Some(8932))));
        let body = r#"{"ImageInfo":{"ImageId":"m-1","Status":"Uploading"}}"#;
        assert_eq!(told(&image, body), Ok(("Uploading".into(), None)));
        assert_eq!(told(&image, "{}"), Err(Code::ReplyInvalid));
    }

    #[test]
    fn an_attached_media_is_found_in_its_list() {
        let media = Media::AttachedMedia(CreateUploadAttachedMedia::default());
        assert_eq!(question(&media, "m-1").0, "GetAttachedMediaInfo");
        let body = r#"{"AttachedMediaList":[{"MediaId":"m-0","Status":"Uploading"},{"MediaId":"m-1","Status":"Normal"}]}"#;
        assert_eq!(told(&media, body), Ok(("Normal".into(), None)));
        let body = r#"{"AttachedMediaList":[{"MediaId":"m-1","Status":"Normal","FileSize":12}]}"#;
        assert_eq!(told(&media, body), Ok(("Normal".into(), Some(12))));
        let body = r#"{"AttachedMediaList":[],"NonExistMediaIds":["m-1"]}"#;
        assert_eq!(told(&media, body), Err(Code::MediaNotFound));
    }
}
