//! The service's own pull: UploadMediaByURL, and the jobs it makes.

use super::api::Body;
use super::error::Refused;
use super::json::{list, text, texts};
use super::rules;
use crate::encode::{parse_url, percent_encode};
use crate::error::Error;
use crate::http::Reply;
use crate::json::{Json, Read, Write, text_of};

const MAX_URLS: usize = 20;
const MAX_JOBS: usize = 10;

/// Parameters of UploadMediaByURL: VOD fetches the URLs by itself, in hours to days.
/// <https://www.alibabacloud.com/help/en/vod/developer-reference/api-vod-2017-03-21-uploadmediabyurl>
#[derive(Debug, Clone, Default, PartialEq, Eq, Read, Write)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", default)]
pub struct UploadMediaByUrl {
    /// At most 20 http or https URLs that VOD can reach.
    pub urls: Vec<String>,
    /// What each of them becomes, matched by `sourceUrl`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub metadatas: Vec<UrlMetadata>,
    /// Transcoding template group; `VOD_NO_TRANSCODE` for none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub template_group_id: Option<String>,
    /// Workflow; wins over the template group.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub workflow_id: Option<String>,
    /// Bucket host; the account's default otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub storage_location: Option<String>,
    /// A JSON object as text: `MessageCallback`, `Extend` (at most 512 bytes).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub user_data: Option<String>,
    /// Application; `app-1000000` otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub app_id: Option<String>,
    /// Names this call, at most 50 of `A-Z a-z 0-9 _ -`: the service refuses a repeat within 10 minutes. Made up if not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub session_id: Option<String>,
    /// Use the first frame as the cover.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub enable_first_frame_cover: Option<bool>,
    /// Make thumbnails.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub generate_thumbnail: Option<bool>,
}

/// What one URL becomes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Read, Write)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", default)]
pub struct UrlMetadata {
    /// One of the URLs.
    pub source_url: String,
    /// Shown in the console; at most 128 characters.
    pub title: String,
    /// Size in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub file_size: Option<u64>,
    /// At most 1024 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub description: Option<String>,
    /// URL of a thumbnail.
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
    /// Transcoding template group; wins over that of the call.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub template_group_id: Option<String>,
    /// Workflow.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub workflow_id: Option<String>,
    /// Format as an extension without a dot. Needed where the URL's path has none; it wins over that.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub file_extension: Option<String>,
    /// An id of the caller's own, 6 to 64 of `A-Z a-z 0-9 _ -`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub reference_id: Option<String>,
}

impl UploadMediaByUrl {
    /// The action's name.
    pub const ACTION: &'static str = "UploadMediaByURL";

    /// Checks every documented rule. Nothing is cut to fit, and no error quotes a URL, which may hold a signature.
    ///
    /// # Errors
    /// `InvalidArgument` naming field and rule.
    pub fn validate(&self) -> Result<(), Error> {
        urls("urls", &self.urls, MAX_URLS)?;
        rules::user_data(self.user_data.as_deref())?;
        session_id(self.session_id.as_deref())?;
        for (at, metadata) in self.metadatas.iter().enumerate() {
            if !self.urls.contains(&metadata.source_url) {
                let field = format!("metadatas[{at}].sourceUrl");
                return Err(Error::invalid(&field, "must be one of `urls`"));
            }
            metadata.validate()?;
        }
        let without_format = |url: &&String| {
            let given = |metadata: &&UrlMetadata| metadata.source_url == **url;
            let metadata = self.metadatas.iter().find(given);
            metadata.is_none_or(|metadata| metadata.file_extension.is_none()) && !has_extension(url)
        };
        match self.urls.iter().position(|url| without_format(&url)) {
            Some(at) => Err(Error::invalid(
                &format!("urls[{at}]"),
                "must end in an extension such as .mp4, or have metadata with a `fileExtension`",
            )),
            None => Ok(()),
        }
    }

    /// The call's own parameters, as the API names them. What was not given is left out.
    pub fn params(&self) -> Vec<(String, String)> {
        let metadatas: Vec<Json> = self.metadatas.iter().map(UrlMetadata::json).collect();
        let metadatas = (!metadatas.is_empty()).then(|| text_of(&metadatas));
        rules::given([
            ("UploadURLs", Some(joined(&self.urls))),
            ("UploadMetadatas", metadatas),
            ("TemplateGroupId", self.template_group_id.clone()),
            ("WorkflowId", self.workflow_id.clone()),
            ("StorageLocation", self.storage_location.clone()),
            ("UserData", self.user_data.clone()),
            ("AppId", self.app_id.clone()),
            ("SessionId", self.session_id.clone()),
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

impl UrlMetadata {
    fn validate(&self) -> Result<(), Error> {
        rules::title(&self.title, rules::TITLE)?;
        rules::description(self.description.as_deref(), rules::DESCRIPTION)?;
        rules::cover_url(self.cover_url.as_deref())?;
        rules::tags(&self.tags)?;
        rules::extension("fileExtension", self.file_extension.as_deref())?;
        rules::reference_id("referenceId", self.reference_id.as_deref())
    }

    fn json(&self) -> Json {
        let tags = (!self.tags.is_empty()).then(|| self.tags.join(","));
        let fields = rules::given([
            ("CateId", self.cate_id.map(|id| id.to_string())),
            ("CoverURL", self.cover_url.clone()),
            ("Description", self.description.clone()),
            ("FileExtension", self.file_extension.clone()),
            ("FileSize", self.file_size.map(|size| size.to_string())),
            ("ReferenceId", self.reference_id.clone()),
            ("SourceURL", Some(self.source_url.clone())),
            ("Tags", tags),
            ("TemplateGroupId", self.template_group_id.clone()),
            ("Title", Some(self.title.clone())),
            ("WorkflowId", self.workflow_id.clone()),
        ]);
        let fields = fields
            .into_iter()
            .map(|(name, value)| (name, Json::Text(value)));
        Json::Object(fields.collect())
    }
}

/// Which jobs: by their ids, or by the URLs they fetch.
#[derive(Debug, Clone, PartialEq, Eq, Read, Write)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub enum UrlUploads {
    /// At most 10 job ids.
    JobIds(Vec<String>),
    /// At most 10 URLs, as they were given to UploadMediaByURL.
    Urls(Vec<String>),
}

impl UrlUploads {
    /// # Errors
    /// `InvalidArgument` for none, or for too many.
    pub fn validate(&self) -> Result<(), Error> {
        match self {
            UrlUploads::Urls(list) => urls("urls", list, MAX_JOBS),
            UrlUploads::JobIds(ids) => {
                let legal = |id: &String| !id.is_empty() && !id.contains(',');
                count("jobIds", ids.len(), MAX_JOBS)?;
                match ids.iter().all(legal) {
                    true => Ok(()),
                    false => Err(Error::invalid("jobIds", "must hold ids without commas")),
                }
            }
        }
    }

    /// Of GetURLUploadInfos.
    pub fn info_params(&self) -> Vec<(String, String)> {
        self.params("UploadURLs")
    }

    /// Of CancelUrlUploadJobs, which spells it in its own way.
    pub fn cancel_params(&self) -> Vec<(String, String)> {
        self.params("UploadUrls")
    }

    fn params(&self, urls: &str) -> Vec<(String, String)> {
        match self {
            UrlUploads::JobIds(ids) => vec![("JobIds".into(), ids.join(","))],
            UrlUploads::Urls(list) => vec![(urls.into(), joined(list))],
        }
    }
}

/// One job of UploadMediaByURL.
#[derive(Debug, Clone, PartialEq, Eq, Read, Write)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct UrlUploadJob {
    /// Names the job.
    pub job_id: String,
    /// What it fetches.
    pub source_url: String,
}

/// How far a job of UploadMediaByURL is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Read, Write)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", default)]
pub struct UrlUploadInfo {
    /// Names the job.
    pub job_id: String,
    /// `PENDING`, `PROCESSING`, `DOWNLOADING`, `DOWNLOAD_SUCCESS`, `DOWNLOAD_FAIL`, `UPLOADING`, `UPLOAD_SUCCESS`,
    /// `UPLOAD_FAIL` or `SUCCESS`.
    pub status: String,
    /// It is over: `SUCCESS`, `DOWNLOAD_FAIL` or `UPLOAD_FAIL`.
    pub ended: bool,
    /// What it fetches.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub upload_url: Option<String>,
    /// The media it has made.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub media_id: Option<String>,
    /// The media id that the file was registered under, where it became no new media.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub registered_media_id: Option<String>,
    /// Size in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub file_size: Option<u64>,
    /// When it began, as the service writes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub creation_time: Option<String>,
    /// When it ended, as the service writes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub complete_time: Option<String>,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub error_code: Option<String>,
    /// Why it failed, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub error_message: Option<String>,
    /// What was passed as user data.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub user_data: Option<String>,
}

/// What GetURLUploadInfos knows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Read, Write)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct UrlUploadInfos {
    /// The jobs found, up to 100 a URL.
    pub uploads: Vec<UrlUploadInfo>,
    /// Ids or URLs that name no job.
    pub non_exists: Vec<String>,
}

/// The action that tells of jobs.
/// <https://www.alibabacloud.com/help/en/vod/developer-reference/api-vod-2017-03-21-geturluploadinfos>
pub const GET_URL_UPLOAD_INFOS: &str = "GetURLUploadInfos";

/// The action that cancels jobs which are still pending.
/// <https://www.alibabacloud.com/help/en/vod/developer-reference/api-vod-2017-03-21-cancelurluploadjobs>
pub const CANCEL_URL_UPLOAD_JOBS: &str = "CancelUrlUploadJobs";

/// Reads the reply to UploadMediaByURL.
///
/// # Errors
/// What the service refused, or `ReplyInvalid`.
pub fn parse_jobs(reply: &Reply) -> Result<Vec<UrlUploadJob>, Refused> {
    let body = Body::read(reply)?;
    let jobs = list(&body.json, "UploadJobs").ok_or_else(|| body.missing("UploadJobs"))?;
    jobs.iter()
        .map(|job| {
            Ok(UrlUploadJob {
                job_id: text(job, "JobId").ok_or_else(|| body.missing("UploadJobs[].JobId"))?,
                source_url: text(job, "SourceURL").unwrap_or_default(),
            })
        })
        .collect()
}

/// Reads the reply to GetURLUploadInfos.
///
/// # Errors
/// What the service refused, or `ReplyInvalid`.
pub fn parse_infos(reply: &Reply) -> Result<UrlUploadInfos, Refused> {
    let body = Body::read(reply)?;
    let uploads = list(&body.json, "URLUploadInfoList").unwrap_or_default();
    Ok(UrlUploadInfos {
        uploads: uploads
            .iter()
            .map(|one| info(&body, one))
            .collect::<Result<_, _>>()?,
        non_exists: texts(&body.json, "NonExists"),
    })
}

fn info(body: &Body, json: &Json) -> Result<UrlUploadInfo, Error> {
    let status = text(json, "Status").unwrap_or_default();
    Ok(UrlUploadInfo {
        job_id: text(json, "JobId").unwrap_or_default(),
        ended: matches!(status.as_str(), "SUCCESS" | "DOWNLOAD_FAIL" | "UPLOAD_FAIL"),
        status,
        upload_url: text(json, "UploadURL"),
        media_id: text(json, "MediaId"),
        registered_media_id: text(json, "RegisteredMediaId"),
        file_size: body.size(json, "FileSize")?,
        creation_time: text(json, "CreationTime"),
        complete_time: text(json, "CompleteTime"),
        // A job that went well has "200", or none.
        error_code: text(json, "ErrorCode").filter(|code| code != "200"),
        error_message: text(json, "ErrorMessage"),
        user_data: text(json, "UserData"),
    })
}

/// Each URL is encoded before they are joined, so that a comma within one does not separate.
fn joined(urls: &[String]) -> String {
    let encoded: Vec<String> = urls.iter().map(|url| percent_encode(url)).collect();
    encoded.join(",")
}

fn count(field: &str, count: usize, limit: usize) -> Result<(), Error> {
    match (1..=limit).contains(&count) {
        true => Ok(()),
        false => Err(Error::invalid(
            field,
            format!("must be 1 to {limit}, got {count}"),
        )),
    }
}

fn urls(field: &str, urls: &[String], limit: usize) -> Result<(), Error> {
    count(field, urls.len(), limit)?;
    let legal =
        |url: &String| parse_url(url).is_some_and(|url| matches!(url.scheme(), "http" | "https"));
    match urls.iter().position(|url| !legal(url)) {
        Some(at) => Err(Error::invalid(
            &format!("{field}[{at}]"),
            "must be an absolute http or https URL",
        )),
        None => Ok(()),
    }
}

fn session_id(id: Option<&str>) -> Result<(), Error> {
    let Some(id) = id else { return Ok(()) };
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    match (1..=50).contains(&id.len()) && id.bytes().all(legal) {
        true => Ok(()),
        false => Err(Error::invalid(
            "sessionId",
            format!("must be 1 to 50 of A-Z a-z 0-9 _ -, got {id:?}"),
        )),
    }
}

fn has_extension(url: &str) -> bool {
    let path = parse_url(url).map(|url| url.path().to_owned());
    let name = path.as_deref().and_then(|path| path.rsplit('/').next());
    name.and_then(|name| name.rsplit_once('.'))
        .is_some_and(|(stem, ext)| !stem.is_empty() && !ext.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As samples of the vendor's pages write it: lists as JSON text, numbers as text, "200" for no error.
    #[test]
    fn jobs_are_read_however_lists_and_numbers_are_written() {
        let body = r#"{"URLUploadInfoList":[{"JobId":"j","Status":"SUCCESS","ErrorCode":"200","ErrorMessage":"","FileSize":"24","MediaId":"m","RegisteredMediaId":"r"},{"JobId":7,"Status":"UPLOAD_FAIL","ErrorCode":403,"FileSize":null}],"NonExists":"[\"a\",\"b\"]"}"#;
        let reply = |body: &str| Reply {
            status: 200,
            headers: vec![],
            body: body.into(),
        };
        let infos = parse_infos(&reply(body)).unwrap();
        assert_eq!(infos.non_exists, ["a", "b"]);
        let [good, bad] = infos.uploads.as_slice() else {
            panic!("{infos:?}")
        };
        assert_eq!((&good.error_code, good.file_size), (&None, Some(24)));
        assert_eq!(good.registered_media_id.as_deref(), Some("r"));
        assert_eq!(
            (
                bad.job_id.as_str(),
                bad.error_code.as_deref(),
                bad.file_size
            ),
            ("7", Some("403"), None)
        );
        let none = parse_infos(&reply(
            r#"{"Code":"200","URLUploadInfoList":null,"NonExists":null}"#,
        ))
        .unwrap();
        assert_eq!(none, UrlUploadInfos::default());
    }

    fn pull(urls: &[&str]) -> UploadMediaByUrl {
        UploadMediaByUrl {
            urls: urls.iter().map(|url| (*url).to_owned()).collect(),
            ..UploadMediaByUrl::default()
        }
    }

    #[test]
    fn each_url_is_encoded_before_they_are_joined() {
        let call = UploadMediaByUrl {
            metadatas: vec![UrlMetadata {
                source_url: "https://h/a,b.mp4?x=1".into(),
                title: "T".into(),
                file_size: Some(5),
                tags: vec!["a".into(), "b".into()],
                ..UrlMetadata::default()
            }],
            session_id: Some("s-1".into()),
            generate_thumbnail: Some(true),
            ..pull(&["https://h/a,b.mp4?x=1", "https://h/c.mp4"])
        };
        call.validate().unwrap();
        let params = call.params();
        let value = |name: &str| {
            let found = params.iter().find(|(key, _)| key == name);
            found.map(|(_, value)| value.as_str())
        };
        assert_eq!(
            value("UploadURLs"),
            Some("https%3A%2F%2Fh%2Fa%2Cb.mp4%3Fx%3D1,https%3A%2F%2Fh%2Fc.mp4")
        );
        let metadatas: serde_json::Value =
            serde_json::from_str(value("UploadMetadatas").unwrap()).unwrap();
        assert_eq!(metadatas[0]["SourceURL"], "https://h/a,b.mp4?x=1");
        assert_eq!(
            (&metadatas[0]["FileSize"], &metadatas[0]["Tags"]),
            (
                &serde_json::Value::from("5"),
                &serde_json::Value::from("a,b")
            )
        );
        assert_eq!(value("SessionId"), Some("s-1"));
        assert_eq!(value("GenerateThumbnail"), Some("true"));
    }

    #[test]
    fn rules_name_the_url_by_its_place_and_never_quote_it() {
        let refused = |call: UploadMediaByUrl| call.validate().unwrap_err().message;
        for (call, start) in [
            (pull(&[]), "`urls` must be 1 to 20, got 0"),
            (
                pull(&["https://h/a.mp4"; 21]),
                "`urls` must be 1 to 20, got 21",
            ),
            (
                pull(&["https://h/a.mp4", "ftp://hush"]),
                "`urls[1]` must be an absolute",
            ),
            (
                pull(&["https://h/hush?sign=x.mp4"]),
                "`urls[0]` must end in an extension",
            ),
            (
                UploadMediaByUrl {
                    metadatas: vec![UrlMetadata::default()],
                    ..pull(&["https://h/a.mp4"])
                },
                "`metadatas[0].sourceUrl` must be one of",
            ),
            (
                UploadMediaByUrl {
                    session_id: Some("a b".into()),
                    ..pull(&["https://h/a.mp4"])
                },
                "`sessionId` must",
            ),
        ] {
            let message = refused(call);
            assert!(
                message.starts_with(start) && !message.contains("hush"),
                "{message}"
            );
        }
    }

    #[test]
    fn jobs_and_infos_are_read() {
        let reply = |body: &str| Reply {
            status: 200,
            headers: vec![],
            body: body.into(),
        };
        let jobs = parse_jobs(&reply(
            r#"{"UploadJobs":[{"JobId":"j","SourceURL":"https://h/a.mp4"}]}"#,
        ));
        assert_eq!(jobs.unwrap()[0].job_id, "j");
        let infos = parse_infos(&reply(
            r#"{"NonExists":["x"],"URLUploadInfoList":[{"JobId":"j","Status":"SUCCESS","FileSize":"12","MediaId":"m","ErrorCode":""}]}"#,
        ))
        .unwrap();
        let info = &infos.uploads[0];
        assert!(info.ended);
        assert_eq!(
            (
                info.file_size,
                info.media_id.as_deref(),
                info.error_code.as_deref()
            ),
            (Some(12), Some("m"), None)
        );
        assert_eq!(infos.non_exists, ["x"]);
    }

    #[test]
    fn jobs_are_named_by_ids_or_urls_in_the_spelling_of_each_action() {
        let urls = UrlUploads::Urls(vec!["https://h/a.mp4".into()]);
        assert_eq!(urls.info_params()[0].0, "UploadURLs");
        assert_eq!(urls.cancel_params()[0].0, "UploadUrls");
        let ids = UrlUploads::JobIds(vec!["a".into(), "b".into()]);
        assert_eq!(ids.info_params(), [("JobIds".to_owned(), "a,b".to_owned())]);
        assert!(UrlUploads::JobIds(vec![]).validate().is_err());
        assert!(UrlUploads::JobIds(vec!["x".into(); 11]).validate().is_err());
    }
}
