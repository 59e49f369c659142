//! RPC SignatureVersion 1.0 (HMAC-SHA1): all parameters, common and own, sorted → string to sign → signature.
//!
//! <https://www.alibabacloud.com/help/en/sdk/product-overview/rpc-mechanism>

use zeroize::Zeroizing;

use super::Credentials;
use crate::encode::{base64_encode, encode_query, percent_encode, sorted};
use crate::secret::{Secret, hmac_sha1};
use crate::time::UnixMs;

/// The parameters every call has; they are signed like the call's own.
pub fn common_params(
    credentials: &Credentials,
    action: &str,
    nonce: &str,
    now: UnixMs,
) -> Vec<(String, String)> {
    let timestamp = now.iso8601();
    let mut params = vec![
        ("Action", action),
        ("Version", super::API_VERSION),
        // The default is XML.
        ("Format", "JSON"),
        ("AccessKeyId", &credentials.access_key_id),
        ("SignatureMethod", "HMAC-SHA1"),
        ("SignatureVersion", "1.0"),
        ("SignatureNonce", nonce),
        ("Timestamp", &timestamp),
    ];
    if let Some(token) = &credentials.security_token {
        params.push(("SecurityToken", token.expose()));
    }
    params
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

/// All parameters, of query and body, sorted by raw name. An empty value keeps its `=`.
pub fn canonical_query(params: &[(String, String)]) -> String {
    encode_query(&sorted(params.iter().cloned()))
}

/// Binds the real method: what is signed for GET is not valid for POST.
pub fn string_to_sign(method: &str, canonical_query: &str) -> String {
    format!("{method}&%2F&{}", percent_encode(canonical_query))
}

/// Base64 of the HMAC-SHA1. The key is the secret with `&` after it.
pub fn signature(secret: &Secret, string_to_sign: &str) -> String {
    let key = Zeroizing::new(format!("{}&", secret.expose()));
    base64_encode(&hmac_sha1(key.as_bytes(), string_to_sign))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vendor's example for GetVideoPlayAuth.
    #[test]
    fn signs_as_the_help_page_does() {
        let params = [
            ("Format", "JSON"),
            ("AccessKeyId", "testAccessKeyId"),
            ("Action", "GetVideoPlayAuth"),
            ("SignatureMethod", "HMAC-SHA1"),
            ("SignatureNonce", "8f8a035d-6496-4268-afd4-67c22837e38d"),
            ("Version", "2017-03-21"),
            ("SignatureVersion", "1.0"),
            ("VideoId", "5aed81b74ba84920be578cdfe004af4b"),
            ("Timestamp", "2017-10-10T12:02:54Z"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
        let text = string_to_sign("GET", &canonical_query(&params));
        assert!(text.starts_with(
            "GET&%2F&AccessKeyId%3DtestAccessKeyId%26Action%3DGetVideoPlayAuth%26Format%3DJSON%26"
        ));
        assert!(text.contains("%26Timestamp%3D2017-10-10T12%253A02%253A54Z%26"));
        assert_eq!(
            signature(&Secret::new("testAccessKeySecret"), &text),
            "Ibgh7y8Vp47LBuAsf5Xhi1SvDss="
        );
    }

    #[test]
    fn keeps_empty_values() {
        let params =
            [("b", ""), ("a", "x y")].map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(canonical_query(&params), "a=x%20y&b=");
    }

    #[test]
    fn signs_the_token() {
        let credentials = Credentials {
            access_key_id: "STS.x".into(),
            access_key_secret: Secret::new("s"),
            security_token: Some(Secret::new("t/1")),
        };
        let params = common_params(&credentials, "A", "n", UnixMs(0));
        assert_eq!(
            canonical_query(&params),
            "AccessKeyId=STS.x&Action=A&Format=JSON&SecurityToken=t%2F1&SignatureMethod=HMAC-SHA1&SignatureNonce=n\
             &SignatureVersion=1.0&Timestamp=1970-01-01T00%3A00%3A00Z&Version=2017-03-21"
        );
    }
}
