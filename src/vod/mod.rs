//! The VOD API, version 2017-03-21: which endpoint to call, how to sign, what to ask and what comes back.
//!
//! Read in this order: this file (service and credentials), [`api`] (the actions of a video upload), [`image`] and
//! [`attached_media`] (those of the other kinds), [`credential`] (where
//! and with what to upload), `media_info` (whether a file has arrived), [`request`] (one signed call), [`acs3`] and [`rpc`] (the two signatures), [`error`] (what a
//! refusal means and what a retry must change), [`conversation`] (calls outside of an upload), [`pull`] (the service
//! fetches URLs by itself), [`account`] (the caller's credentials over time),
//! `caller` (what they sign, and what a refusal changes), [`ticket`] (a place and its credential, for others to use).

pub mod account;
pub mod acs3;
pub mod api;
pub mod attached_media;
pub(crate) mod caller;
pub mod conversation;
pub mod credential;
pub mod error;
pub(crate) mod formats;
pub mod image;
mod json;
mod media;
pub(crate) mod media_info;
pub mod pull;
mod region;
pub mod request;
pub mod rpc;
pub(crate) mod rules;
pub mod ticket;
pub mod video_info;
pub mod video_ref;

use crate::error::Error;
use crate::json::{Read, Write};
use crate::wire::endpoint;

use region::region_host;

pub use crate::wire::Credentials;
pub use account::Account;
pub use media::Media;
pub use ticket::Ticket;
pub use video_ref::VideoRef;

/// The only version of the API there is.
pub const API_VERSION: &str = "2017-03-21";

/// How requests to the VOD API are signed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Read, Write)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "snake_case")]
pub enum VodSignature {
    /// ACS3-HMAC-SHA256, what current SDKs use.
    #[default]
    Acs3,
    /// RPC SignatureVersion 1.0 (HMAC-SHA1), for gateways that know nothing newer.
    Rpc,
}

/// Which VOD API to call, and how to sign for it. Every field may be left out.
#[derive(Debug, Clone, PartialEq, Eq, Read, Write)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", default)]
pub struct VodService {
    /// Region id such as `cn-shanghai` (the default). Media live in one region.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub region: String,
    /// Overrides the region's endpoint: `host`, `host:port`, or with `https://` or `http://` before it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub endpoint: Option<String>,
    /// How to sign.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub signature: VodSignature,
}

impl Default for VodService {
    fn default() -> Self {
        VodService {
            region: "cn-shanghai".into(),
            endpoint: None,
            signature: VodSignature::default(),
        }
    }
}

impl VodService {
    /// Scheme, host and port of the API, without a slash at the end: `https://vod.cn-shanghai.aliyuncs.com`.
    ///
    /// # Errors
    /// `InvalidArgument` when `region` or `endpoint` is not one.
    pub fn base_url(&self) -> Result<String, Error> {
        match &self.endpoint {
            Some(own) => Ok(endpoint::parse("endpoint", own)?.base_url()),
            None => Ok(format!("https://{}", region_host(&self.region)?)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_is_shanghai_over_tls() {
        let service: VodService = serde_json::from_str("{}").unwrap();
        assert_eq!(
            service.base_url().unwrap(),
            "https://vod.cn-shanghai.aliyuncs.com"
        );
        assert_eq!(service.signature, VodSignature::Acs3);
    }

    #[test]
    fn an_endpoint_wins_and_is_https_unless_it_says_http() {
        let service = |endpoint: &str| VodService {
            endpoint: Some(endpoint.into()),
            ..VodService::default()
        };
        assert_eq!(
            service("vod.example.com").base_url().unwrap(),
            "https://vod.example.com"
        );
        assert_eq!(
            service("http://127.0.0.1:8080/").base_url().unwrap(),
            "http://127.0.0.1:8080"
        );
        assert!(
            service("ftp://x.example")
                .base_url()
                .unwrap_err()
                .message
                .starts_with("`endpoint` ")
        );
    }
}
