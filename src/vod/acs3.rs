//! ACS3-HMAC-SHA256: canonical request → string to sign → signature.
//!
//! <https://www.alibabacloud.com/help/en/sdk/product-overview/v3-request-structure-and-signature>

use sha2::{Digest, Sha256};

use super::Credentials;
use crate::encode::{canonical_headers, encode_query, header_lines, hex, sorted};
use crate::http::Headers;
use crate::secret::{Secret, hmac_sha256};
use crate::time::UnixMs;

const ALGORITHM: &str = "ACS3-HMAC-SHA256";

/// What is signed: a request without its signature.
pub struct Unsigned<'a> {
    /// HTTP method.
    pub method: &'a str,
    /// Encoded path: `/` for the VOD API.
    pub path: &'a str,
    /// Decoded parameters of the query, in any order.
    pub query: &'a [(String, String)],
    /// All headers, `host` too. Of these `host`, `content-type` and `x-acs-*` are signed.
    pub headers: &'a Headers,
    /// Lower-case hex of the body's SHA-256.
    pub body_sha256: &'a str,
}

/// The headers ACS3 wants on a call, but for `host` and `authorization`.
pub fn headers(
    credentials: &Credentials,
    action: &str,
    nonce: &str,
    body_sha256: &str,
    now: UnixMs,
) -> Headers {
    let date = now.iso8601();
    let mut headers = vec![
        ("x-acs-action", action),
        ("x-acs-version", super::API_VERSION),
        ("x-acs-date", &date),
        ("x-acs-signature-nonce", nonce),
        ("x-acs-content-sha256", body_sha256),
    ];
    if let Some(token) = &credentials.security_token {
        headers.push(("x-acs-accesskey-id", &credentials.access_key_id));
        headers.push(("x-acs-security-token", token.expose()));
    }
    headers
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

/// Lower-case hex of the SHA-256 of a body.
pub fn sha256_hex(body: &str) -> String {
    hex(&Sha256::digest(body.as_bytes()))
}

/// The names that are signed, sorted and joined with `;`.
pub fn signed_headers(request: &Unsigned<'_>) -> String {
    let names: Vec<_> = signed(request).into_iter().map(|(name, _)| name).collect();
    names.join(";")
}

/// Method, path, query, header lines, an empty line, header names, body hash.
pub fn canonical_request(request: &Unsigned<'_>) -> String {
    let lines = header_lines(&signed(request));
    let Unsigned {
        method,
        path,
        body_sha256,
        ..
    } = request;
    let (query, names) = (canonical_query(request.query), signed_headers(request));
    format!("{method}\n{path}\n{query}\n{lines}\n{names}\n{body_sha256}")
}

/// The algorithm and the hash of the canonical request.
pub fn string_to_sign(canonical_request: &str) -> String {
    format!("{ALGORITHM}\n{}", sha256_hex(canonical_request))
}

/// Hex of the HMAC-SHA256 under the secret itself: no key is derived from it.
pub fn signature(secret: &Secret, string_to_sign: &str) -> String {
    hex(&hmac_sha256(secret.expose().as_bytes(), string_to_sign))
}

/// The value of the `Authorization` header: all stages in order.
pub fn authorization(credentials: &Credentials, request: &Unsigned<'_>) -> String {
    let signature = signature(
        &credentials.access_key_secret,
        &string_to_sign(&canonical_request(request)),
    );
    let (id, names) = (&credentials.access_key_id, signed_headers(request));
    format!("{ALGORITHM} Credential={id},SignedHeaders={names},Signature={signature}")
}

/// The query as it is signed, and therefore sent: sorted by name; an empty value keeps its `=`.
pub fn canonical_query(query: &[(String, String)]) -> String {
    encode_query(&sorted(query.iter().cloned()))
}

fn signed(request: &Unsigned<'_>) -> Headers {
    // The vendor's SDKs sort the values of headers that have one name.
    let mut all = canonical_headers(request.headers, true);
    // Signing what a runtime may rewrite, such as user-agent, would break the signature.
    all.retain(|(name, _)| name == "host" || name == "content-type" || name.starts_with("x-acs-"));
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(list: &[(&str, &str)]) -> Headers {
        list.iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    }

    /// The vendor's example for RunInstances.
    #[test]
    fn signs_as_the_help_page_does() {
        let empty = sha256_hex("");
        let headers = pairs(&[
            ("Host", "ecs.cn-shanghai.aliyuncs.com"),
            ("x-acs-action", "RunInstances"),
            ("x-acs-version", "2014-05-26"),
            ("x-acs-date", "2023-10-26T10:22:32Z"),
            ("x-acs-signature-nonce", "3156853299f313e23d1673dc12e1703d"),
            ("x-acs-content-sha256", &empty),
            ("user-agent", "not signed"),
        ]);
        let query = pairs(&[
            ("RegionId", "cn-shanghai"),
            (
                "ImageId",
                "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd",
            ),
        ]);
        let request = Unsigned {
            method: "POST",
            path: "/",
            query: &query,
            headers: &headers,
            body_sha256: &empty,
        };
        let text = string_to_sign(&canonical_request(&request));
        assert_eq!(
            text,
            format!(
                "{ALGORITHM}\n7ea06492da5221eba5297e897ce16e55f964061054b7695beedaac1145b1e259"
            )
        );
        let expected = "06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0";
        assert_eq!(
            signature(&Secret::new("YourAccessKeySecret"), &text),
            expected
        );
    }

    #[test]
    fn the_canonical_request_has_an_empty_line_before_the_header_names() {
        let headers = pairs(&[("x-acs-b", " 2 "), ("X-Acs-A", "1"), ("x-acs-B", "1")]);
        let request = Unsigned {
            method: "GET",
            path: "/",
            query: &[],
            headers: &headers,
            body_sha256: "hash",
        };
        assert_eq!(
            canonical_request(&request),
            "GET\n/\n\nx-acs-a:1\nx-acs-b:1,2\n\nx-acs-a;x-acs-b\nhash"
        );
    }
}
