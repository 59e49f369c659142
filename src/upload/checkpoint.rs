//! What has to be remembered to go on elsewhere: plain versioned JSON, and never a key, token, signature or signed URL.
//!
//! It does not list the parts: the server does (ListParts), and the server is the truth.

use serde::{Deserialize, Serialize};

use super::plan::Plan;
use crate::oss::Target;
use crate::source::probe::Validator;

/// The version this build writes.
pub const VERSION: u32 = 1;

/// Where an upload stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct Checkpoint {
    /// [`VERSION`] of the writer.
    pub version: u32,
    /// The media id (VideoId).
    pub media_id: String,
    /// Where the object goes.
    pub target: Target,
    /// The multipart upload.
    pub upload_id: String,
    /// How it is cut.
    pub plan: Plan,
    /// What the source was when it was first seen.
    pub source: SourceMark,
    /// Bytes accepted so far, for display.
    pub bytes_accepted: u64,
}

/// What tells one state of a source from another.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct SourceMark {
    /// Length in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub size: Option<u64>,
    /// Of a URL: strong ETag, Last-Modified.
    pub validator: Validator,
    /// Of a file: modification time in ms since the epoch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub modified: Option<u64>,
}
