//! UploadAddress and UploadAuth: base64 of JSON that tells where an object goes and what may put it there.
//!
//! <https://www.alibabacloud.com/help/en/vod/user-guide/upload-urls-and-credentials>

use super::Credentials;
use crate::encode::base64_decode;
use crate::error::{Code, Error};
use crate::json::{Json, Read, Write};
use crate::secret::Secret;
use crate::time::UnixMs;

/// What a credential lives when the server does not say: the documented 3,000 seconds.
const DEFAULT_LIFE_MS: u64 = 3_000_000;

/// Where VOD wants the object.
#[derive(Debug, Clone, PartialEq, Eq, Read, Write)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct UploadAddress {
    /// OSS endpoint with its scheme, without the bucket: `https://oss-cn-shanghai.aliyuncs.com`.
    pub endpoint: String,
    /// Bucket.
    pub bucket: String,
    /// Object key; the service calls it `FileName`.
    pub object_key: String,
    /// What the further objects of a playlist upload begin with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub object_prefix: Option<String>,
}

/// What may write to that address, and until when. It can not be written out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadAuth {
    /// A temporary key.
    pub credentials: Credentials,
    /// When it ends, by the server's clock.
    pub expires_at: UnixMs,
    /// When it came, as the caller passed it in.
    pub received_at: UnixMs,
    /// The region the server wants used from now on, without the `oss-` that some write before it. That of an image may be
    /// another than the bucket's.
    pub region: Option<String>,
}

/// Reads an UploadAddress.
///
/// # Errors
/// `ReplyInvalid` naming the missing field. It never quotes the text.
pub fn decode_address(text: &str) -> Result<UploadAddress, Error> {
    let fields = Fields::decode("UploadAddress", text)?;
    Ok(UploadAddress {
        endpoint: fields.required("Endpoint")?,
        bucket: fields.required("Bucket")?,
        object_key: fields.required("FileName")?,
        object_prefix: fields.optional("ObjectPrefix"),
    })
}

/// Reads an UploadAuth that came at `received_at`.
///
/// # Errors
/// `ReplyInvalid` naming the missing field. It never quotes the text.
pub fn decode_auth(text: &str, received_at: UnixMs) -> Result<UploadAuth, Error> {
    let fields = Fields::decode("UploadAuth", text)?;
    let access_key_id = fields.required("AccessKeyId")?;
    let access_key_secret = Secret::new(fields.required("AccessKeySecret")?);
    // A temporary key is worth nothing without its token; another key has none.
    let security_token = match access_key_id.starts_with("STS.") {
        true => Some(fields.required("SecurityToken")?),
        false => fields.optional("SecurityToken"),
    };
    let credentials = Credentials {
        access_key_id,
        access_key_secret,
        security_token: security_token.map(Secret::new),
    };
    // They will become headers, and what the service sent is not the caller's mistake.
    credentials
        .validate()
        .map_err(|error| invalid("UploadAuth", &error.message))?;
    Ok(UploadAuth {
        credentials,
        expires_at: fields.expiry(received_at),
        received_at,
        region: fields.optional("Region").map(without_product),
    })
}

/// `oss-cn-shanghai` is how OSS spells `cn-shanghai`.
fn without_product(region: String) -> String {
    match region.strip_prefix("oss-") {
        Some(bare) => bare.to_owned(),
        None => region,
    }
}

fn invalid(what: &str, problem: &str) -> Error {
    Error::new(Code::ReplyInvalid, format!("{what}: {problem}"))
}

/// A decoded JSON object, and what to call it in errors.
struct Fields {
    what: &'static str,
    json: Json,
}

impl Fields {
    fn decode(what: &'static str, text: &str) -> Result<Self, Error> {
        let bytes = base64_decode(text).ok_or_else(|| invalid(what, "not base64"))?;
        let json = std::str::from_utf8(&bytes).ok().and_then(Json::parse);
        let json = json.ok_or_else(|| invalid(what, "not JSON inside its base64"))?;
        match json.is_object() {
            true => Ok(Fields { what, json }),
            false => Err(invalid(what, "not a JSON object")),
        }
    }

    /// A text that is there and not empty; a number counts as its text.
    fn optional(&self, name: &str) -> Option<String> {
        match self.json.get(name)? {
            Json::Text(text) if !text.is_empty() => Some(text.clone()),
            Json::Number(number) => Some(number.clone()),
            _ => None,
        }
    }

    fn required(&self, name: &str) -> Result<String, Error> {
        self.optional(name)
            .ok_or_else(|| invalid(self.what, &format!("`{name}` is missing")))
    }

    /// `ExpireUTCTime` is a date. `Expiration` is, in spite of its name, a duration in seconds, written as text; older
    /// servers put a date there.
    fn expiry(&self, received_at: UnixMs) -> UnixMs {
        let date = |text: String| UnixMs::parse_iso8601(&text);
        if let Some(at) = self.optional("ExpireUTCTime").and_then(date) {
            return at;
        }
        let expiration = self.optional("Expiration").unwrap_or_default();
        match expiration.parse::<f64>() {
            Ok(seconds) => received_at.plus_ms((seconds * 1000.0) as u64),
            Err(_) => date(expiration).unwrap_or(received_at.plus_ms(DEFAULT_LIFE_MS)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encode::base64_encode;

    const NOW: UnixMs = UnixMs(1_700_000_000_000);

    fn auth(extra: &str) -> Result<UploadAuth, Error> {
        let json = format!(
            r#"{{"AccessKeyId":"STS.a","AccessKeySecret":"hush","SecurityToken":"token"{extra}}}"#
        );
        decode_auth(&base64_encode(json.as_bytes()), NOW)
    }

    #[test]
    fn reads_an_address() {
        let json = r#"{"Endpoint":"https://oss-cn-shanghai.aliyuncs.com","Bucket":"outin-1","FileName":"sv/a.mp4","X":1}"#;
        let padded = base64_encode(json.as_bytes());
        for text in [
            padded.as_str(),
            padded.trim_end_matches('='),
            &format!("{padded}\n"),
        ] {
            let address = decode_address(text).unwrap();
            assert_eq!(address.bucket, "outin-1");
            assert_eq!(address.object_key, "sv/a.mp4");
            assert_eq!(address.object_prefix, None);
        }
        let json = r#"{"Endpoint":"e","Bucket":"b","FileName":"sv/a.m3u8","ObjectPrefix":"sv/a-"}"#;
        let address = decode_address(&base64_encode(json.as_bytes())).unwrap();
        assert_eq!(address.object_prefix.as_deref(), Some("sv/a-"));
    }

    #[test]
    fn only_a_temporary_key_must_have_a_token_and_every_key_takes_its_own_along() {
        let token = |json: &str| {
            let auth = decode_auth(&base64_encode(json.as_bytes()), NOW).unwrap();
            auth.credentials
                .security_token
                .map(|token| token.expose().to_owned())
        };
        let own = r#"{"AccessKeyId":"LTAI","AccessKeySecret":"s"}"#;
        assert_eq!(token(own), None);
        let other = r#"{"AccessKeyId":"TMP.a","AccessKeySecret":"s","SecurityToken":"t"}"#;
        assert_eq!(token(other).as_deref(), Some("t"));
    }

    #[test]
    fn the_expiry_has_four_sources_in_order() {
        let expires = |extra| auth(extra).unwrap().expires_at;
        let date = UnixMs::parse_iso8601("2026-01-01T00:00:00Z").unwrap();
        assert_eq!(
            expires(r#","ExpireUTCTime":"2026-01-01T00:00:00Z","Expiration":"3600""#),
            date
        );
        assert_eq!(
            expires(r#","ExpireUTCTime":"soon","Expiration":"3600""#),
            NOW.plus_ms(3_600_000)
        );
        assert_eq!(expires(r#","Expiration":3600"#), NOW.plus_ms(3_600_000));
        // What is left of one that is handed out again.
        assert_eq!(expires(r#","Expiration":"3419.5""#), NOW.plus_ms(3_419_500));
        assert_eq!(expires(r#","Expiration":"0""#), NOW);
        assert_eq!(expires(r#","Expiration":-1"#), NOW);
        assert_eq!(expires(r#","Expiration":"2026-01-01T00:00:00Z""#), date);
        assert_eq!(expires(""), NOW.plus_ms(3_000_000));
    }

    #[test]
    fn the_region_is_optional() {
        assert_eq!(auth("").unwrap().region, None);
        assert_eq!(
            auth(r#","Region":"cn-beijing""#).unwrap().region.as_deref(),
            Some("cn-beijing")
        );
        assert_eq!(
            auth(r#","Region":"oss-ap-southeast-1""#)
                .unwrap()
                .region
                .as_deref(),
            Some("ap-southeast-1")
        );
    }

    #[test]
    fn errors_name_the_field_and_never_quote_the_text() {
        let decode = |json: &str| decode_auth(&base64_encode(json.as_bytes()), NOW).unwrap_err();
        for (json, problem) in [
            (r#"{"AccessKeySecret":"hush"}"#, "`AccessKeyId` is missing"),
            (
                r#"{"AccessKeyId":"STS.a","AccessKeySecret":"hush"}"#,
                "`SecurityToken` is missing",
            ),
            (
                r#"{"AccessKeyId":"a","AccessKeySecret":""}"#,
                "`AccessKeySecret` is missing",
            ),
            (
                r#"{"AccessKeyId":"a","AccessKeySecret":"hush\n"}"#,
                "`accessKeySecret` must",
            ),
            (r#"["hush"]"#, "not a JSON object"),
            ("hush", "not JSON"),
        ] {
            let error = decode(json);
            assert_eq!(error.code, Code::ReplyInvalid);
            assert!(error.message.starts_with("UploadAuth: "), "{error}");
            assert!(error.message.contains(problem), "{}", error.message);
            assert!(!error.message.contains("hush"));
        }
        assert!(
            decode_address("%%%")
                .unwrap_err()
                .message
                .contains("not base64")
        );
    }

    #[test]
    fn debug_shows_no_secret() {
        let text = format!("{:?}", auth("").unwrap());
        assert!(
            !text.contains("hush") && !text.contains("\"token\""),
            "{text}"
        );
    }
}
