//! A ticket: the place and the upload credential of one media, for whoever has its bytes and no AccessKey. It is what VOD's own
//! client SDKs take.
//!
//! <https://www.alibabacloud.com/help/en/vod/user-guide/upload-urls-and-credentials>

use super::api::UploadTicket;
use super::credential::{decode_address, decode_auth};
use crate::error::Error;
use crate::json::{Read, Write};
use crate::secret::Secret;
use crate::time::UnixMs;

/// The place and the credential of one media, as VOD gave them. Whoever holds it may store the file of that media, until it
/// expires: keep it as a secret. It names no AccessKey of the account.
#[derive(Debug, Clone, PartialEq, Eq, Read, Write)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct Ticket {
    /// The media id (VideoId, ImageId or MediaId).
    pub media_id: String,
    /// Where the object goes: base64 of JSON, as VOD gives it.
    pub upload_address: String,
    /// What may put it there: base64 of JSON, as VOD gives it. A secret.
    #[serde(serialize_with = "exposed")]
    #[json(write_as = "Secret::expose")]
    #[cfg_attr(target_arch = "wasm32", tsify(type = "string"))]
    pub upload_auth: Secret,
    /// When it ends, by the service's clock, in ms since the epoch. Without it the credential itself tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub expires_at: Option<u64>,
    /// Of an image or attached media: its URL on the CDN domain, once it is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub url: Option<String>,
    /// Of an image or attached media: the object's own URL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub file_url: Option<String>,
    /// The service's id of the request that it came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub request_id: Option<String>,
}

/// The one place where it is written out: to be handed on is what a ticket is for.
#[cfg(feature = "serde")]
fn exposed<S: serde::Serializer>(secret: &Secret, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(secret.expose())
}

impl Ticket {
    /// What it says, for a machine that reads it at `now`.
    ///
    /// # Errors
    /// `InvalidArgument` (`ticket`), naming what is wrong with it and never quoting it.
    pub(crate) fn read(&self, now: UnixMs) -> Result<UploadTicket, Error> {
        let about = |error: Error| Error::invalid("ticket", format!("is none: {}", error.message));
        if self.media_id.is_empty() {
            return Err(Error::invalid("ticket", "names no media"));
        }
        let mut auth = decode_auth(self.upload_auth.expose(), now).map_err(about)?;
        auth.expires_at = self.expires_at.map_or(auth.expires_at, UnixMs);
        Ok(UploadTicket {
            media_id: self.media_id.clone(),
            address: decode_address(&self.upload_address).map_err(about)?,
            auth,
            url: self.url.clone(),
            file_url: self.file_url.clone(),
            request_id: self.request_id.clone(),
        })
    }
}
