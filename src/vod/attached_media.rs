//! CreateUploadAttachedMedia: a place for a watermark, a subtitle or a material.

use super::rules;
use crate::error::Error;
use crate::json::{Read, Write};

const MAX_CATEGORIES: usize = 5;

/// What an attached media is for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Read, Write)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "snake_case")]
pub enum BusinessType {
    /// A watermark: png, gif, apng, mov.
    Watermark,
    /// A subtitle: srt, ass, stl, ttml, vtt.
    Subtitle,
    /// A material for editing: jpg, gif, png, mp4, mat, zip, apk.
    #[default]
    Material,
}

/// Parameters of CreateUploadAttachedMedia. What is not given follows from the file name.
///
/// There is no call that renews its upload credential: a media that takes longer than one lives is created again, under a
/// new id.
/// <https://www.alibabacloud.com/help/en/vod/developer-reference/api-vod-2017-03-21-createuploadattachedmedia>
#[derive(Debug, Clone, Default, PartialEq, Eq, Read, Write)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", default)]
pub struct CreateUploadAttachedMedia {
    /// What it is for.
    pub business_type: BusinessType,
    /// Format by its extension, without a dot. It wins over the name's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub media_ext: Option<String>,
    /// The file's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub file_name: Option<String>,
    /// Size in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub file_size: Option<u64>,
    /// Shown in the console; at most 128 bytes of UTF-8 (42 Han), where videos and images have 128 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub title: Option<String>,
    /// Category ids, at most 5.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub cate_ids: Vec<i64>,
    /// At most 1024 bytes of UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub description: Option<String>,
    /// At most 16 tags of at most 32 characters, without commas.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub tags: Vec<String>,
    /// Bucket host such as `outin-….oss-cn-shanghai.aliyuncs.com`; the account's default otherwise.
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
}

impl CreateUploadAttachedMedia {
    /// The action's name.
    pub const ACTION: &'static str = "CreateUploadAttachedMedia";

    /// Checks every documented rule. Nothing is cut to fit. Which formats there are is the service's to say: its list grows.
    ///
    /// # Errors
    /// `InvalidArgument` naming field, rule and what was given.
    pub fn validate(&self) -> Result<(), Error> {
        rules::extension("mediaExt", self.media_ext.as_deref())?;
        rules::optional_title(self.title.as_deref(), rules::ATTACHED_TITLE)?;
        rules::description(self.description.as_deref(), rules::ATTACHED_DESCRIPTION)?;
        rules::tags(&self.tags)?;
        if self.cate_ids.len() > MAX_CATEGORIES {
            let rule = format!(
                "must be at most {MAX_CATEGORIES} category ids, got {}",
                self.cate_ids.len()
            );
            return Err(Error::invalid("cateIds", rule));
        }
        rules::user_data(self.user_data.as_deref())
    }

    /// The call's own parameters, as the API names them. What was not given is left out.
    pub fn params(&self) -> Vec<(String, String)> {
        let business_type = match self.business_type {
            BusinessType::Watermark => "watermark",
            BusinessType::Subtitle => "subtitle",
            BusinessType::Material => "material",
        };
        let cate_ids: Vec<String> = self.cate_ids.iter().map(i64::to_string).collect();
        let joined = |list: &[String]| (!list.is_empty()).then(|| list.join(","));
        rules::given([
            ("BusinessType", Some(business_type.to_owned())),
            ("MediaExt", self.media_ext.clone()),
            ("FileName", self.file_name.clone()),
            ("FileSize", self.file_size.map(|size| size.to_string())),
            ("Title", self.title.clone()),
            ("CateIds", joined(&cate_ids)),
            ("Description", self.description.clone()),
            ("Tags", joined(&self.tags)),
            ("StorageLocation", self.storage_location.clone()),
            ("UserData", self.user_data.clone()),
            ("AppId", self.app_id.clone()),
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_travels_under_the_name_the_api_gives_it() {
        let media = CreateUploadAttachedMedia {
            business_type: BusinessType::Subtitle,
            media_ext: Some("vtt".into()),
            file_name: Some("a.vtt".into()),
            file_size: Some(9),
            title: Some("T".into()),
            cate_ids: vec![1, 2],
            description: Some("D".into()),
            tags: vec!["a".into(), "b".into()],
            storage_location: Some("S".into()),
            user_data: Some("{}".into()),
            app_id: Some("app-1".into()),
        };
        media.validate().unwrap();
        let text: Vec<String> = media
            .params()
            .into_iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        assert_eq!(
            text.join(" "),
            "BusinessType=subtitle MediaExt=vtt FileName=a.vtt FileSize=9 Title=T CateIds=1,2 Description=D Tags=a,b \
             StorageLocation=S UserData={} AppId=app-1"
        );
    }

    #[test]
    fn six_categories_are_one_too_many() {
        let media = CreateUploadAttachedMedia {
            cate_ids: vec![1; 6],
            ..CreateUploadAttachedMedia::default()
        };
        assert_eq!(
            media.validate().unwrap_err().message,
            "`cateIds` must be at most 5 category ids, got 6"
        );
    }
}
