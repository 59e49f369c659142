//! OSS signature V1 (HMAC-SHA1): canonical headers and resource → string to sign → signature, in a header or in a URL.
//!
//! Closed to new accounts since March 2025 and to new buckets since September 2025; kept for old buckets and private clouds.
//! <https://www.alibabacloud.com/help/en/oss/developer-reference/include-signatures-in-the-authorization-header>

use super::Unsigned;
use crate::encode::{add, base64_encode, canonical_headers, header_lines, sorted};
use crate::http::{Headers, header};
use crate::secret::{Secret, hmac_sha1};
use crate::time::UnixMs;
use crate::wire::Credentials;

/// Query parameters that are part of the resource: the union of what the vendor's clients sign. Beside them every name
/// that begins with `x-oss-`. Paging and encoding parameters are not signed.
const SUB_RESOURCES: &[&str] = &[
    "acl",
    "append",
    "asyncFetch",
    "bucketInfo",
    "callback",
    "callback-var",
    "cloudboxes",
    "cname",
    "comp",
    "continuation-token",
    "cors",
    "delete",
    "encryption",
    "endTime",
    "img",
    "inventory",
    "inventoryId",
    "lifecycle",
    "live",
    "location",
    "logging",
    "metaQuery",
    "objectMeta",
    "partNumber",
    "policy",
    "position",
    "qos",
    "qosInfo",
    "referer",
    "regionList",
    "replication",
    "replicationLocation",
    "replicationProgress",
    "requestPayment",
    "resourceGroup",
    "response-cache-control",
    "response-content-disposition",
    "response-content-encoding",
    "response-content-language",
    "response-content-type",
    "response-expires",
    "restore",
    "security-token",
    "sequential",
    "startTime",
    "stat",
    "status",
    "style",
    "styleName",
    "symlink",
    "tagging",
    "transferAcceleration",
    "uploadId",
    "uploads",
    "versionId",
    "versioning",
    "versions",
    "vod",
    "website",
    "worm",
    "wormExtend",
    "wormId",
];

/// The headers that a request signed in its headers must have besides `authorization`.
pub fn required_headers(credentials: &Credentials, at: UnixMs) -> Headers {
    // Not `Date`: browsers and Workers cannot set it.
    let mut headers = Headers::new();
    add(&mut headers, "x-oss-date", &at.http_date());
    if let Some(token) = &credentials.security_token {
        add(&mut headers, "x-oss-security-token", token.expose());
    }
    headers
}

/// Every `x-oss-*` header, one a line.
pub fn canonicalized_headers(headers: &Headers) -> String {
    let mut all = canonical_headers(headers, false);
    all.retain(|(name, _)| name.starts_with("x-oss-"));
    header_lines(&all)
}

/// Bucket and key, not encoded, and the sub-resources, sorted and decoded.
pub fn canonicalized_resource(request: &Unsigned<'_>) -> String {
    let path = match request.bucket {
        Some(bucket) => format!("/{bucket}/{}", request.key.unwrap_or_default()),
        None => "/".to_owned(),
    };
    let signed = |name: &str| SUB_RESOURCES.contains(&name) || name.starts_with("x-oss-");
    let pairs = sorted(
        request
            .query
            .iter()
            .filter(|(name, _)| signed(name))
            .cloned(),
    );
    let joined = pairs
        .into_iter()
        .map(|(name, value)| match value.is_empty() {
            true => name,
            false => format!("{name}={value}"),
        });
    match joined.collect::<Vec<_>>().join("&") {
        query if query.is_empty() => path,
        query => format!("{path}?{query}"),
    }
}

/// `date` is what stands in `x-oss-date` or else `Date`, in a URL the seconds of `Expires`. With `x-oss-date` it appears
/// twice: on its own line and among the headers.
pub fn string_to_sign(request: &Unsigned<'_>, date: &str) -> String {
    let value = |name| header(request.headers, name).unwrap_or_default();
    let (method, md5, content_type) = (request.method, value("content-md5"), value("content-type"));
    let (headers, resource) = (
        canonicalized_headers(request.headers),
        canonicalized_resource(request),
    );
    format!("{method}\n{md5}\n{content_type}\n{date}\n{headers}{resource}")
}

/// Base64 of the HMAC-SHA1 under the secret itself.
pub fn signature(secret: &Secret, string_to_sign: &str) -> String {
    base64_encode(&hmac_sha1(secret.expose().as_bytes(), string_to_sign))
}

/// The value of the `Authorization` header of a request dated `date`.
pub fn authorization(credentials: &Credentials, request: &Unsigned<'_>, date: &str) -> String {
    let signature = signature(
        &credentials.access_key_secret,
        &string_to_sign(request, date),
    );
    format!("OSS {}:{signature}", credentials.access_key_id)
}

/// The whole query of a presigned URL that is valid until `expires_at`, signature last.
pub fn presigned_query(
    credentials: &Credentials,
    request: &Unsigned<'_>,
    expires_at: UnixMs,
) -> Vec<(String, String)> {
    let expires = expires_at.seconds().to_string();
    let mut query = request.query.to_vec();
    // The token is a sub-resource here; the other three stay outside the signature.
    if let Some(token) = &credentials.security_token {
        add(&mut query, "security-token", token.expose());
    }
    let text = string_to_sign(
        &Unsigned {
            query: &query,
            ..*request
        },
        &expires,
    );
    let signature = signature(&credentials.access_key_secret, &text);
    add(&mut query, "OSSAccessKeyId", &credentials.access_key_id);
    add(&mut query, "Expires", &expires);
    add(&mut query, "Signature", &signature);
    query
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(list: &[(&str, &str)]) -> Headers {
        list.iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    }

    /// The vendor's PutObject example, as its clients' tests have it.
    #[test]
    fn signs_as_the_vendor_does() {
        let date = "Wed, 28 Dec 2022 10:27:41 GMT";
        let headers = pairs(&[
            ("Content-MD5", "eB5eJF1ptWaXm4bijSPyxw=="),
            ("Content-Type", "text/html"),
            ("x-oss-meta-magic", "abracadabra"),
            ("X-Oss-Meta-Author", " alice "),
            ("x-oss-date", date),
        ]);
        let (bucket, key) = (Some("examplebucket"), Some("nelson"));
        let request = Unsigned {
            method: "PUT",
            bucket,
            key,
            query: &[],
            headers: &headers,
        };
        let text = string_to_sign(&request, date);
        assert!(text.starts_with(
            "PUT\neB5eJF1ptWaXm4bijSPyxw==\ntext/html\nWed, 28 Dec 2022 10:27:41 GMT\nx-oss-date:"
        ));
        assert!(text.ends_with(
            "\nx-oss-meta-author:alice\nx-oss-meta-magic:abracadabra\n/examplebucket/nelson"
        ));
        assert_eq!(
            signature(&Secret::new("sk"), &text),
            "kSHKmLxlyEAKtZPkJhG9bZb5k7M="
        );
    }

    #[test]
    fn headers_of_one_name_are_signed_in_the_order_they_are_sent_in() {
        let headers = pairs(&[
            ("x-oss-meta-a", "2"),
            ("content-type", "t"),
            ("X-Oss-Meta-A", "1"),
        ]);
        assert_eq!(canonicalized_headers(&headers), "x-oss-meta-a:2,1\n");
    }

    #[test]
    fn only_sub_resources_are_signed_sorted_and_not_encoded() {
        let query = pairs(&[
            ("uploadId", "A/B"),
            ("max-parts", "1000"),
            ("partNumber", "1"),
            ("x-oss-a", ""),
            ("a", "b"),
        ]);
        let headers = Headers::new();
        let resource = |bucket, key| {
            canonicalized_resource(&Unsigned {
                method: "GET",
                bucket,
                key,
                query: &query,
                headers: &headers,
            })
        };
        assert_eq!(
            resource(Some("b"), Some("k 片")),
            "/b/k 片?partNumber=1&uploadId=A/B&x-oss-a"
        );
        assert_eq!(
            resource(Some("b"), None),
            "/b/?partNumber=1&uploadId=A/B&x-oss-a"
        );
        assert_eq!(resource(None, None), "/?partNumber=1&uploadId=A/B&x-oss-a");
    }

    /// What the operations of this core name in their queries.
    #[test]
    fn every_step_of_a_multipart_upload_is_signed_with_what_it_names() {
        let none = Headers::new();
        let resource = |query: &[(&str, &str)]| {
            canonicalized_resource(&Unsigned {
                method: "POST",
                bucket: Some("b"),
                key: Some("k"),
                query: &pairs(query),
                headers: &none,
            })
        };
        assert_eq!(resource(&[("uploads", "")]), "/b/k?uploads");
        let part = [("partNumber", "7"), ("uploadId", "A")];
        assert_eq!(resource(&part), "/b/k?partNumber=7&uploadId=A");
        let list = [
            ("max-parts", "1000"),
            ("part-number-marker", "7"),
            ("uploadId", "A"),
        ];
        assert_eq!(resource(&list), "/b/k?uploadId=A");
    }

    #[test]
    fn the_token_is_a_header_here_and_a_sub_resource_there() {
        let credentials = Credentials {
            access_key_id: "STS.a".into(),
            access_key_secret: Secret::new("s"),
            security_token: Some(Secret::new("t")),
        };
        let headers = required_headers(&credentials, UnixMs(0));
        assert_eq!(
            header(&headers, "x-oss-date"),
            Some("Thu, 01 Jan 1970 00:00:00 GMT")
        );
        assert_eq!(header(&headers, "x-oss-security-token"), Some("t"));
        let none = Headers::new();
        let request = Unsigned {
            method: "GET",
            bucket: Some("b"),
            key: Some("k"),
            query: &[],
            headers: &none,
        };
        let query = presigned_query(&credentials, &request, UnixMs(60_000));
        let names: Vec<_> = query.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(
            names,
            ["security-token", "OSSAccessKeyId", "Expires", "Signature"]
        );
    }

    /// A service recomputes the signature from the URL: what is left out of it may be changed by whoever has the URL.
    #[test]
    fn a_presigned_url_is_signed_with_its_token_and_its_own_query() {
        let credentials = Credentials {
            access_key_id: "STS.a".into(),
            access_key_secret: Secret::new("s"),
            security_token: Some(Secret::new("t")),
        };
        let own = pairs(&[("response-content-type", "video/mp4")]);
        let none = Headers::new();
        let request = Unsigned {
            method: "GET",
            bucket: Some("b"),
            key: Some("k"),
            query: &own,
            headers: &none,
        };
        let query = presigned_query(&credentials, &request, UnixMs(60_000));
        // HMAC-SHA1 under "s" of "GET\n\n\n60\n/b/k?response-content-type=video/mp4&security-token=t".
        let signature = "weEpcmRqhpWdbHqVjWYumtQIPQ8=";
        assert_eq!(query.first(), own.first());
        assert_eq!(
            query.last(),
            Some(&("Signature".to_owned(), signature.to_owned()))
        );
    }
}
