//! CreateUploadImage: a place for an image.

use super::rules;
use crate::error::Error;
use crate::json::{Read, Write};

/// What an image is for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Read, Write)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "snake_case")]
pub enum ImageType {
    /// An image of its own.
    #[default]
    Default,
    /// The cover of a video.
    Cover,
}

/// Parameters of CreateUploadImage. What is not given follows from the file name.
///
/// There is no call that renews its upload credential: an image that takes longer than one lives is created again, under a
/// new id.
/// <https://www.alibabacloud.com/help/en/vod/developer-reference/api-vod-2017-03-21-createuploadimage>
#[derive(Debug, Clone, Default, PartialEq, Eq, Read, Write)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", default)]
pub struct CreateUploadImage {
    /// What it is for.
    pub image_type: ImageType,
    /// Format by its extension, without a dot: `png`, `jpg`, `jpeg`, `gif`, `heic`, `webp`. It wins over the name's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub image_ext: Option<String>,
    /// The file's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub original_file_name: Option<String>,
    /// Shown in the console; at most 128 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub title: Option<String>,
    /// Category id.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub cate_id: Option<i64>,
    /// At most 1024 characters.
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

impl CreateUploadImage {
    /// The action's name.
    pub const ACTION: &'static str = "CreateUploadImage";

    /// Checks every documented rule. Nothing is cut to fit. Which formats there are is the service's to say: its list grows.
    ///
    /// # Errors
    /// `InvalidArgument` naming field, rule and what was given.
    pub fn validate(&self) -> Result<(), Error> {
        rules::extension("imageExt", self.image_ext.as_deref())?;
        rules::optional_title(self.title.as_deref(), rules::TITLE)?;
        rules::description(self.description.as_deref(), rules::DESCRIPTION)?;
        rules::tags(&self.tags)?;
        rules::user_data(self.user_data.as_deref())
    }

    /// The call's own parameters, as the API names them. What was not given is left out.
    pub fn params(&self) -> Vec<(String, String)> {
        let image_type = match self.image_type {
            ImageType::Default => "default",
            ImageType::Cover => "cover",
        };
        let tags = (!self.tags.is_empty()).then(|| self.tags.join(","));
        rules::given([
            ("ImageType", Some(image_type.to_owned())),
            ("ImageExt", self.image_ext.clone()),
            ("OriginalFileName", self.original_file_name.clone()),
            ("Title", self.title.clone()),
            ("CateId", self.cate_id.map(|id| id.to_string())),
            ("Description", self.description.clone()),
            ("Tags", tags),
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
        let image = CreateUploadImage {
            image_type: ImageType::Cover,
            image_ext: Some("webp".into()),
            original_file_name: Some("a.webp".into()),
            title: Some("T".into()),
            cate_id: Some(7),
            description: Some("D".into()),
            tags: vec!["a".into(), "b".into()],
            storage_location: Some("S".into()),
            user_data: Some("{}".into()),
            app_id: Some("app-1".into()),
        };
        image.validate().unwrap();
        let text: Vec<String> = image
            .params()
            .into_iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        assert_eq!(
            text.join(" "),
            "ImageType=cover ImageExt=webp OriginalFileName=a.webp Title=T CateId=7 Description=D Tags=a,b \
             StorageLocation=S UserData={} AppId=app-1"
        );
        assert_eq!(
            CreateUploadImage::default().params(),
            [("ImageType".to_owned(), "default".to_owned())]
        );
    }

    #[test]
    fn each_limit_names_its_field() {
        let refused = |image: CreateUploadImage| image.validate().unwrap_err().message;
        let default = CreateUploadImage::default;
        for (message, start) in [
            (
                refused(CreateUploadImage {
                    title: Some("x".repeat(129)),
                    ..default()
                }),
                "`title` must be at most 128 characters, got 129",
            ),
            (
                refused(CreateUploadImage {
                    image_ext: Some(".png".into()),
                    ..default()
                }),
                "`imageExt` must be",
            ),
            (
                refused(CreateUploadImage {
                    description: Some("x".repeat(1025)),
                    ..default()
                }),
                "`description` must",
            ),
            (
                refused(CreateUploadImage {
                    tags: vec!["t".into(); 17],
                    ..default()
                }),
                "`tags` must",
            ),
        ] {
            assert!(message.starts_with(start), "{message}");
        }
    }
}
