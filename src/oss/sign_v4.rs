//! OSS4-HMAC-SHA256: canonical request → string to sign → signing key → signature, in a header or in a URL.
//!
//! <https://www.alibabacloud.com/help/en/oss/developer-reference/recommend-to-use-signature-version-4>

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::Unsigned;
use crate::encode::{
    add, canonical_headers, encode_path, header_lines, hex, percent_encode, sorted,
};
use crate::http::Headers;
use crate::secret::{Secret, hmac_sha256};
use crate::time::UnixMs;
use crate::wire::Credentials;

const ALGORITHM: &str = "OSS4-HMAC-SHA256";
const REQUEST: &str = "aliyun_v4_request";

/// Bodies are not part of the signature: no official client signs one, and a streamed part has no hash beforehand.
const UNSIGNED_PAYLOAD: &str = "UNSIGNED-PAYLOAD";

/// The longest life of a presigned URL in seconds: 7 days.
pub const MAX_EXPIRES_S: u32 = 604_800;

/// What a signature is valid for: a day, a region, a product.
#[derive(Clone, Copy)]
pub struct Scope<'a> {
    /// When the request is signed; off by 15 minutes at the most.
    pub at: UnixMs,
    /// Such as `cn-shanghai`, without `oss-`.
    pub region: &'a str,
    /// `oss`.
    pub product: &'a str,
}

impl std::fmt::Display for Scope<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{}/{}/{}/{REQUEST}",
            self.at.date(),
            self.region,
            self.product
        )
    }
}

/// The headers that a request signed in its headers must have besides `authorization`.
pub fn required_headers(credentials: &Credentials, at: UnixMs) -> Headers {
    let mut headers = Headers::new();
    // Not `Date`: browsers and Workers cannot set it.
    add(&mut headers, "x-oss-date", &at.basic());
    add(&mut headers, "x-oss-content-sha256", UNSIGNED_PAYLOAD);
    if let Some(token) = &credentials.security_token {
        add(&mut headers, "x-oss-security-token", token.expose());
    }
    headers
}

/// Of the headers that may be signed in addition, those that are there and are not signed anyway: lower case, sorted,
/// joined with `;`.
pub fn additional_headers(headers: &Headers, candidates: &[String]) -> String {
    let mut also = String::new();
    for (name, _) in &canonical_headers(headers, false) {
        let is_candidate = candidates.iter().any(|one| one.eq_ignore_ascii_case(name));
        if !is_candidate || always_signed(name) {
            continue;
        }
        if !also.is_empty() {
            also.push(';');
        }
        also.push_str(name);
    }
    also
}

/// Method, path with the bucket, query, header lines, names of additional headers, payload.
pub fn canonical_request(request: &Unsigned<'_>, additional: &str) -> String {
    let mut headers = canonical_headers(request.headers, false);
    headers
        .retain(|(name, _)| always_signed(name) || additional.split(';').any(|also| also == name));
    let lines = header_lines(&headers);
    let (method, uri, query) = (
        request.method,
        canonical_uri(request),
        canonical_query(request.query),
    );
    format!("{method}\n{uri}\n{query}\n{lines}\n{additional}\n{UNSIGNED_PAYLOAD}")
}

/// Algorithm, time, scope and the hash of the canonical request.
pub fn string_to_sign(scope: &Scope<'_>, canonical_request: &str) -> String {
    let hash = hex(&Sha256::digest(canonical_request.as_bytes()));
    format!("{ALGORITHM}\n{}\n{scope}\n{hash}", scope.at.basic())
}

/// The key of a day, a region and a product, derived from the secret.
pub fn signing_key(secret: &Secret, scope: &Scope<'_>) -> Zeroizing<Vec<u8>> {
    let first = Zeroizing::new(format!("aliyun_v4{}", secret.expose()).into_bytes());
    let date = scope.at.date();
    [date.as_str(), scope.region, scope.product, REQUEST]
        .into_iter()
        .fold(first, |key, text| Zeroizing::new(hmac_sha256(&key, text)))
}

/// Lower-case hex.
pub fn signature(signing_key: &[u8], string_to_sign: &str) -> String {
    hex(&hmac_sha256(signing_key, string_to_sign))
}

/// The value of the `Authorization` header: all stages in order.
pub fn authorization(
    credentials: &Credentials,
    scope: &Scope<'_>,
    request: &Unsigned<'_>,
    additional: &str,
) -> String {
    let signature = sign(credentials, scope, request, additional);
    let id = &credentials.access_key_id;
    match additional {
        "" => format!("{ALGORITHM} Credential={id}/{scope},Signature={signature}"),
        _ => format!(
            "{ALGORITHM} Credential={id}/{scope},AdditionalHeaders={additional},Signature={signature}"
        ),
    }
}

/// The whole query of a presigned URL, signature last. `expires_s` is at most [`MAX_EXPIRES_S`].
pub fn presigned_query(
    credentials: &Credentials,
    scope: &Scope<'_>,
    request: &Unsigned<'_>,
    additional: &str,
    expires_s: u32,
) -> Vec<(String, String)> {
    let mut query = request.query.to_vec();
    let credential = format!("{}/{scope}", credentials.access_key_id);
    add(&mut query, "x-oss-signature-version", ALGORITHM);
    add(&mut query, "x-oss-date", &scope.at.basic());
    add(&mut query, "x-oss-expires", &expires_s.to_string());
    add(&mut query, "x-oss-credential", &credential);
    if let Some(token) = &credentials.security_token {
        add(&mut query, "x-oss-security-token", token.expose());
    }
    if !additional.is_empty() {
        add(&mut query, "x-oss-additional-headers", additional);
    }
    let signature = sign(
        credentials,
        scope,
        &Unsigned {
            query: &query,
            ..*request
        },
        additional,
    );
    add(&mut query, "x-oss-signature", &signature);
    query
}

/// Encoded and sorted by encoded name; a name without a value has no `=`.
pub fn canonical_query(query: &[(String, String)]) -> String {
    let pairs = sorted(
        query
            .iter()
            .map(|(name, value)| (percent_encode(name), percent_encode(value))),
    );
    let joined = pairs
        .into_iter()
        .map(|(name, value)| match value.is_empty() {
            true => name,
            false => format!("{name}={value}"),
        });
    joined.collect::<Vec<_>>().join("&")
}

fn sign(
    credentials: &Credentials,
    scope: &Scope<'_>,
    request: &Unsigned<'_>,
    additional: &str,
) -> String {
    let text = string_to_sign(scope, &canonical_request(request, additional));
    signature(&signing_key(&credentials.access_key_secret, scope), &text)
}

/// Always with the bucket, also where the URL has it in its host.
fn canonical_uri(request: &Unsigned<'_>) -> String {
    match request.bucket {
        Some(bucket) => format!(
            "/{}/{}",
            percent_encode(bucket),
            encode_path(request.key.unwrap_or_default())
        ),
        None => "/".to_owned(),
    }
}

fn always_signed(name: &str) -> bool {
    name.starts_with("x-oss-") || name == "content-type" || name == "content-md5"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(list: &[(&str, &str)]) -> Headers {
        list.iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    }

    fn scope(at: &str) -> Scope<'static> {
        Scope {
            at: UnixMs::parse_iso8601(at).unwrap(),
            region: "cn-hangzhou",
            product: "oss",
        }
    }

    /// The vendor's PutObject example: canonical request and its hash stand on the help page.
    #[test]
    fn signs_as_the_help_page_does() {
        let scope = scope("2025-04-11T06:41:24Z");
        let headers = pairs(&[
            ("Content-Disposition", "attachment"),
            ("Content-Length", "3"),
            ("Content-MD5", "ICy5YqxZB1uWSwcVLSNLcA=="),
            ("Content-Type", "text/plain"),
            ("x-oss-content-sha256", UNSIGNED_PAYLOAD),
            ("x-oss-date", "20250411T064124Z"),
        ]);
        let (bucket, key) = (Some("examplebucket"), Some("exampleobject"));
        let request = Unsigned {
            method: "PUT",
            bucket,
            key,
            query: &[],
            headers: &headers,
        };
        let additional = additional_headers(
            &headers,
            &["Content-Length", "content-disposition", "content-type", "x"].map(str::to_owned),
        );
        assert_eq!(additional, "content-disposition;content-length");
        let canonical = canonical_request(&request, &additional);
        assert!(canonical.ends_with(
            "x-oss-date:20250411T064124Z\n\ncontent-disposition;content-length\nUNSIGNED-PAYLOAD"
        ));
        let text = string_to_sign(&scope, &canonical);
        assert_eq!(
            text,
            "OSS4-HMAC-SHA256\n20250411T064124Z\n20250411/cn-hangzhou/oss/aliyun_v4_request\n\
             c46d96390bdbc2d739ac9363293ae9d710b14e48081fcb22cd8ad54b63136eca"
        );
        let key = signing_key(&Secret::new("yourAccessKeySecret"), &scope);
        let expected = "d3694c2dfc5371ee6acd35e88c4871ac95a7ba01d3a2f476768fe61218590097";
        assert_eq!(signature(&key, &text), expected);
    }

    #[test]
    fn the_query_is_sorted_by_its_encoded_names() {
        let query = pairs(&[("z", "a b/c"), ("|b", ""), ("+a", "1"), ("uploads", "")]);
        assert_eq!(canonical_query(&query), "%2Ba=1&%7Cb&uploads&z=a%20b%2Fc");
    }

    #[test]
    fn headers_of_one_name_are_signed_in_the_order_they_are_sent_in() {
        let headers = pairs(&[
            ("x-oss-meta-a", "2"),
            ("content-type", "t"),
            ("X-Oss-Meta-A", "1"),
        ]);
        let request = Unsigned {
            method: "PUT",
            bucket: Some("b"),
            key: Some("k"),
            query: &pairs(&[("uploadId", "A"), ("partNumber", "1")]),
            headers: &headers,
        };
        assert_eq!(
            canonical_request(&request, ""),
            "PUT\n/b/k\npartNumber=1&uploadId=A\ncontent-type:t\nx-oss-meta-a:2,1\n\n\nUNSIGNED-PAYLOAD"
        );
    }

    #[test]
    fn bucket_and_service_have_their_own_paths() {
        let headers = Headers::new();
        let uri = |bucket, key| {
            canonical_uri(&Unsigned {
                method: "GET",
                bucket,
                key,
                query: &[],
                headers: &headers,
            })
        };
        assert_eq!(uri(Some("b"), Some("a b/c")), "/b/a%20b/c");
        assert_eq!(uri(Some("b"), None), "/b/");
        assert_eq!(uri(None, None), "/");
    }

    #[test]
    fn the_token_is_signed_as_header_and_as_query() {
        let credentials = Credentials {
            access_key_id: "STS.a".into(),
            access_key_secret: Secret::new("s"),
            security_token: Some(Secret::new("t")),
        };
        let scope = scope("2023-12-17T03:47:36Z");
        let headers = required_headers(&credentials, scope.at);
        let request = Unsigned {
            method: "GET",
            bucket: Some("b"),
            key: Some("k"),
            query: &[],
            headers: &headers,
        };
        assert!(canonical_request(&request, "").contains("x-oss-security-token:t\n"));
        let query = presigned_query(&credentials, &scope, &request, "", 60);
        assert!(query.contains(&("x-oss-security-token".to_owned(), "t".to_owned())));
        assert_eq!(query.last().unwrap().0, "x-oss-signature");
    }
}
