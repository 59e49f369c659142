//! OSS, where the bytes go: how an object is reached, how requests are signed, what is sent and what comes back.
//!
//! Read in this order: this file (how to reach and sign), [`target`] (the URL of an object, and which hosts may be one),
//! [`settings`] (what a caller may want beside the bytes), [`request`] (one builder an operation), [`sign_v4`] and [`sign_v1`] (the two signatures, both over [`Unsigned`]),
//! [`xml`] (replies), [`error`] (refusals and what to do about them), [`crc64`] (the checksum OSS keeps of every object).
//!
//! Each operation has a builder in [`request`] and a reader in [`xml`]; to send is yours:
//!
//! ```
//! use vodlift::http::{Headers, Reply};
//! use vodlift::oss::error::OssRecovery;
//! use vodlift::oss::{OssSignature, Target, request, xml};
//! use vodlift::secret::Secret;
//! use vodlift::time::UnixMs;
//! use vodlift::wire::Credentials;
//!
//! let film = Target::new("oss-cn-shanghai.aliyuncs.com", "films", Some("sv/film.mp4"), None, false)?;
//! let credentials = Credentials {
//!     access_key_id: "STS.id".into(),
//!     access_key_secret: Secret::new("secret"),
//!     security_token: Some(Secret::new("token")),
//! };
//! let (how, now, none) = (OssSignature::V4, UnixMs(1_767_225_600_000), Headers::new());
//!
//! let ask = request::initiate_multipart_upload(&film, how, &credentials, now, &none)?;
//! assert_eq!(ask.method, "POST");
//! assert_eq!(ask.url, "https://films.oss-cn-shanghai.aliyuncs.com/sv/film.mp4?uploads");
//!
//! let body = "<InitiateMultipartUploadResult><UploadId>U1</UploadId></InitiateMultipartUploadResult>";
//! let reply = Reply { status: 200, headers: vec![], body: body.into() };
//! let upload_id = xml::parse_initiate(&reply).map_err(|refused| refused.error)?;
//!
//! let part = request::upload_part(&film, how, &credentials, now, &upload_id, 1, &none)?;
//! assert!(part.url.ends_with("?partNumber=1&uploadId=U1"));
//!
//! let busy = "<Error><Code>ServiceUnavailable</Code><RequestId>R1</RequestId></Error>";
//! let reply = Reply { status: 503, headers: vec![], body: busy.into() };
//! let refused = xml::parse_part_reply(&reply).unwrap_err();
//! assert_eq!(refused.error.request_id.as_deref(), Some("R1"));
//! assert_eq!(refused.recovery, OssRecovery::Backoff);
//! # Ok::<(), vodlift::Error>(())
//! ```

pub mod crc64;
pub mod error;
pub mod request;
pub mod settings;
pub mod sign_v1;
pub mod sign_v4;
pub mod target;
pub mod xml;

pub use target::{Target, resolve_target};

use crate::http::Headers;
use crate::json::{Read, Write};

/// How requests to OSS are signed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Read, Write)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "snake_case")]
pub enum OssSignature {
    /// OSS4-HMAC-SHA256; the only one new accounts may use.
    #[default]
    V4,
    /// HMAC-SHA1, for old buckets and private clouds.
    V1,
}

/// The way to OSS.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Read, Write)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "snake_case")]
pub enum OssNetwork {
    /// The endpoint as VOD names it.
    #[default]
    Public,
    /// `oss-…-internal.aliyuncs.com`, reachable only from within that region's cloud network.
    Internal,
    /// `oss-accelerate.aliyuncs.com`; transfer acceleration has to be switched on for the bucket.
    Accelerate,
}

/// How to reach and sign OSS. Every field may be left out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Read, Write)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", default)]
pub struct OssService {
    /// How to sign.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub signature: OssSignature,
    /// Used instead of the endpoint VOD names: an internal, accelerate or custom one, without the bucket.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub endpoint: Option<String>,
    /// The network to go through, from the endpoint VOD names. Not with an `endpoint` of one's own. TLS stays.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub network: Option<OssNetwork>,
    /// `endpoint` is a domain of one's own that stands for the bucket: the bucket's name is not put before it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub cname: bool,
    /// Further hosts an upload address may name: `host`, `host:port`, or `http://host:port` to allow plain HTTP there.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub trusted_hosts: Vec<String>,
    /// The bucket's region, where the endpoint does not tell it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub region: Option<String>,
}

/// What is signed: a request without its signature. Bucket and key are logical names, independent of the URL's style.
#[derive(Clone, Copy)]
pub struct Unsigned<'a> {
    /// HTTP method.
    pub method: &'a str,
    /// `None` for a request to the service itself.
    pub bucket: Option<&'a str>,
    /// `None` for a request to the bucket. Not encoded.
    pub key: Option<&'a str>,
    /// Decoded names and values in any order. A value may be empty.
    pub query: &'a [(String, String)],
    /// All headers that will be sent and may have to be signed.
    pub headers: &'a Headers,
}
