//! A video by its media id, or by the id that the caller gave it.

use super::rules;
use crate::error::Error;
use crate::json::{Read, Write};

/// Longer than any id that VOD makes.
const MAX_ID: usize = 128;

/// A video or audio that exists, by exactly one of its ids.
#[derive(Debug, Clone, Default, PartialEq, Eq, Read, Write)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", default)]
pub struct VideoRef {
    /// Its media id (VideoId).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub media_id: Option<String>,
    /// The caller's own id that it was made with.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub reference_id: Option<String>,
}

impl VideoRef {
    /// By its media id.
    pub fn media(id: impl Into<String>) -> Self {
        VideoRef {
            media_id: Some(id.into()),
            reference_id: None,
        }
    }

    /// # Errors
    /// `InvalidArgument` for `field` unless exactly one id is given, and of its form.
    pub fn validate(&self, field: &str) -> Result<(), Error> {
        let refuse = |rule: &str| Err(Error::invalid(field, rule));
        match (&self.media_id, &self.reference_id) {
            (Some(_), Some(_)) => {
                refuse("must name the media by its id or by its reference id, not by both")
            }
            (None, None) => refuse("must name the media by its id or by its reference id"),
            (Some(id), None) => check_id(field, id),
            (None, Some(id)) => rules::reference_id(&format!("{field}.referenceId"), Some(id)),
        }
    }

    /// The parameter of an action that takes either.
    pub fn params(&self) -> Vec<(String, String)> {
        rules::given([
            ("VideoId", self.media_id.clone()),
            ("ReferenceId", self.reference_id.clone()),
        ])
    }
}

fn check_id(field: &str, id: &str) -> Result<(), Error> {
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    match !id.is_empty() && id.len() <= MAX_ID && id.bytes().all(legal) {
        true => Ok(()),
        false => Err(Error::invalid(
            field,
            format!("must hold a media id of A-Z a-z 0-9 - _, got {id:?}"),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exactly_one_id_names_a_video() {
        let of = |media: Option<&str>, reference: Option<&str>| {
            let video = VideoRef {
                media_id: media.map(str::to_owned),
                reference_id: reference.map(str::to_owned),
            };
            video
                .validate("replace")
                .map(|()| video.params())
                .map_err(|error| error.message)
        };
        let pair = |name: &str, id: &str| vec![(name.to_owned(), id.to_owned())];
        assert_eq!(of(Some("a1-_"), None), Ok(pair("VideoId", "a1-_")));
        assert_eq!(
            of(None, Some("row-0001")),
            Ok(pair("ReferenceId", "row-0001"))
        );
        for (media, reference, rule) in [
            (None, None, "`replace` must name"),
            (Some("a"), Some("row-0001"), "not by both"),
            (Some(""), None, "a media id"),
            (Some("a b"), None, "a media id"),
            (None, Some("short"), "`replace.referenceId` must be 6 to 64"),
        ] {
            assert!(of(media, reference).unwrap_err().contains(rule), "{rule}");
        }
    }
}
