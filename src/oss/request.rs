//! One builder an operation: what is sent to OSS, signed.
//!
//! No request sets `Host`, `Content-Length` or `Date`, which runtimes write themselves. `Content-Type` is set wherever
//! there can be a body, because a runtime would else choose one that is not the signed one.

use std::fmt::Write;

use quick_xml::escape::partial_escape;

use super::{OssSignature, Target, Unsigned, sign_v1, sign_v4};
use crate::encode::encode_path;
use crate::error::Error;
use crate::http::{Headers, Request, header};
use crate::time::UnixMs;
use crate::wire::Credentials;

const OCTETS: &str = "application/octet-stream";
const IDLE_MS: u32 = 60_000;
/// OSS joins up to 10,000 parts before it answers.
const COMPLETE_IDLE_MS: u32 = 600_000;
/// The most parts an object has.
const MAX_PARTS: u32 = 10_000;
/// The longest page of ListParts.
const PAGE: u32 = 1000;

/// Names a multipart upload, and is never empty: `DELETE` or `GET` of an object with an empty one would delete or fetch the
/// object itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadId(String);

impl UploadId {
    /// As OSS gave it; `None` of an empty text.
    pub fn new(text: impl Into<String>) -> Option<UploadId> {
        let text = text.into();
        (!text.is_empty()).then_some(UploadId(text))
    }

    /// As OSS gave it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What the signature, or the runtime, says about a request. A caller's word would break either.
const RESERVED: &[&str] = &[
    "authorization",
    "connection",
    "content-length",
    "date",
    "host",
    "transfer-encoding",
    "x-oss-content-sha256",
    "x-oss-date",
    "x-oss-security-token",
];

/// PutObject: the whole object at once, 5 GB at the most. The body comes from the source.
/// <https://www.alibabacloud.com/help/en/oss/developer-reference/putobject>
///
/// # Errors
/// `InvalidArgument` for headers that cannot be sent or signed.
pub fn put_object(
    target: &Target,
    signature: OssSignature,
    credentials: &Credentials,
    now: UnixMs,
    headers: &Headers,
) -> Result<Request, Error> {
    let operation = Operation {
        headers: typed(headers, OCTETS),
        ..Operation::new("PUT", vec![])
    };
    operation.sign(target, signature, credentials, now)
}

/// InitiateMultipartUpload. `headers` are stored with the object.
/// <https://www.alibabacloud.com/help/en/oss/developer-reference/initiatemultipartupload>
///
/// # Errors
/// `InvalidArgument` for headers that cannot be sent or signed.
pub fn initiate_multipart_upload(
    target: &Target,
    signature: OssSignature,
    credentials: &Credentials,
    now: UnixMs,
    headers: &Headers,
) -> Result<Request, Error> {
    let query = vec![pair("uploads", "")];
    let operation = Operation {
        headers: typed(headers, OCTETS),
        ..Operation::new("POST", query)
    };
    operation.sign(target, signature, credentials, now)
}

/// UploadPart: 100 KB to 5 GB, the last one from 1 byte. The body comes from the source. Sending a number again replaces it.
/// <https://www.alibabacloud.com/help/en/oss/developer-reference/uploadpart>
///
/// # Errors
/// `InvalidArgument` for a part number outside 1 to 10,000.
pub fn upload_part(
    target: &Target,
    signature: OssSignature,
    credentials: &Credentials,
    now: UnixMs,
    upload_id: &UploadId,
    part_number: u32,
    headers: &Headers,
) -> Result<Request, Error> {
    check_part_number(part_number)?;
    let query = vec![
        pair("partNumber", part_number),
        pair("uploadId", upload_id.as_str()),
    ];
    Operation {
        headers: typed(headers, OCTETS),
        ..Operation::new("PUT", query)
    }
    .sign(target, signature, credentials, now)
}

/// ListParts: one page of at most 1,000, after part number `marker` (0 for the first page).
/// <https://www.alibabacloud.com/help/en/oss/developer-reference/listparts>
///
/// # Errors
/// As [`Credentials::validate`].
pub fn list_parts(
    target: &Target,
    signature: OssSignature,
    credentials: &Credentials,
    now: UnixMs,
    upload_id: &UploadId,
    marker: u32,
) -> Result<Request, Error> {
    let mut query = vec![
        pair("max-parts", PAGE),
        pair("uploadId", upload_id.as_str()),
    ];
    if marker > 0 {
        query.push(pair("part-number-marker", marker));
    }
    Operation::new("GET", query).sign(target, signature, credentials, now)
}

/// CompleteMultipartUpload of `parts`: numbers ascending, ETags as the server gave them, quotes and all.
/// <https://www.alibabacloud.com/help/en/oss/developer-reference/completemultipartupload>
///
/// # Errors
/// `InvalidArgument` for no parts, too many, numbers that do not ascend, or headers that cannot be sent or signed.
pub fn complete_multipart_upload(
    target: &Target,
    signature: OssSignature,
    credentials: &Credentials,
    now: UnixMs,
    upload_id: &UploadId,
    parts: &[(u32, String)],
    headers: &Headers,
) -> Result<Request, Error> {
    let operation = Operation {
        headers: typed(headers, "application/xml"),
        body: part_list(parts)?,
        idle_ms: COMPLETE_IDLE_MS,
        ..Operation::new("POST", vec![pair("uploadId", upload_id.as_str())])
    };
    operation.sign(target, signature, credentials, now)
}

/// AbortMultipartUpload. Parts still on their way survive it: cancel them first.
/// <https://www.alibabacloud.com/help/en/oss/developer-reference/abortmultipartupload>
///
/// # Errors
/// As [`Credentials::validate`].
pub fn abort_multipart_upload(
    target: &Target,
    signature: OssSignature,
    credentials: &Credentials,
    now: UnixMs,
    upload_id: &UploadId,
) -> Result<Request, Error> {
    Operation::new("DELETE", vec![pair("uploadId", upload_id.as_str())]).sign(
        target,
        signature,
        credentials,
        now,
    )
}

/// HeadObject: size, CRC-64 and type of an object.
/// <https://www.alibabacloud.com/help/en/oss/developer-reference/headobject>
///
/// # Errors
/// As [`Credentials::validate`].
pub fn head_object(
    target: &Target,
    signature: OssSignature,
    credentials: &Credentials,
    now: UnixMs,
) -> Result<Request, Error> {
    Operation::new("HEAD", vec![]).sign(target, signature, credentials, now)
}

/// GetObject.
/// <https://www.alibabacloud.com/help/en/oss/developer-reference/getobject>
///
/// # Errors
/// As [`Credentials::validate`].
pub fn get_object(
    target: &Target,
    signature: OssSignature,
    credentials: &Credentials,
    now: UnixMs,
) -> Result<Request, Error> {
    Operation::new("GET", vec![]).sign(target, signature, credentials, now)
}

/// DeleteObject. Deleting what is not there succeeds.
/// <https://www.alibabacloud.com/help/en/oss/developer-reference/deleteobject>
///
/// # Errors
/// As [`Credentials::validate`].
pub fn delete_object(
    target: &Target,
    signature: OssSignature,
    credentials: &Credentials,
    now: UnixMs,
) -> Result<Request, Error> {
    Operation::new("DELETE", vec![]).sign(target, signature, credentials, now)
}

/// A URL that carries its signature: whoever has it may `method` the object for `expires_s` seconds, with V4 7 days at the
/// most. A request with a `Content-Type` does not fit it.
/// <https://www.alibabacloud.com/help/en/oss/developer-reference/add-signatures-to-urls>
///
/// # Errors
/// `InvalidArgument` for a life of 0 or of more than 7 days.
pub fn presign(
    target: &Target,
    signature: OssSignature,
    credentials: &Credentials,
    now: UnixMs,
    method: &str,
    expires_s: u32,
) -> Result<String, Error> {
    credentials.validate()?;
    if !(1..=sign_v4::MAX_EXPIRES_S).contains(&expires_s) {
        let rule = format!(
            "must be 1 to {} seconds, got {expires_s}",
            sign_v4::MAX_EXPIRES_S
        );
        return Err(Error::invalid("expires", rule));
    }
    let headers = Headers::new();
    let unsigned = unsigned(target, method, &[], &headers);
    let query = match signature {
        OssSignature::V4 => {
            sign_v4::presigned_query(credentials, &scope(target, now), &unsigned, "", expires_s)
        }
        OssSignature::V1 => {
            let until = now.plus_ms(u64::from(expires_s).saturating_mul(1000));
            sign_v1::presigned_query(credentials, &unsigned, until)
        }
    };
    Ok(url(target, &query))
}

/// A request before it is signed.
struct Operation {
    method: &'static str,
    query: Vec<(String, String)>,
    headers: Headers,
    body: String,
    idle_ms: u32,
}

impl Operation {
    fn new(method: &'static str, query: Vec<(String, String)>) -> Self {
        Operation {
            method,
            query,
            headers: Headers::new(),
            body: String::new(),
            idle_ms: IDLE_MS,
        }
    }

    fn sign(
        mut self,
        target: &Target,
        signature: OssSignature,
        credentials: &Credentials,
        now: UnixMs,
    ) -> Result<Request, Error> {
        credentials.validate()?;
        self.headers.iter().try_for_each(check_header)?;
        let authorization = match signature {
            OssSignature::V4 => {
                self.headers
                    .extend(sign_v4::required_headers(credentials, now));
                let unsigned = unsigned(target, self.method, &self.query, &self.headers);
                sign_v4::authorization(credentials, &scope(target, now), &unsigned, "")
            }
            OssSignature::V1 => {
                self.headers
                    .extend(sign_v1::required_headers(credentials, now));
                let unsigned = unsigned(target, self.method, &self.query, &self.headers);
                sign_v1::authorization(credentials, &unsigned, &now.http_date())
            }
        };
        self.headers
            .push(("authorization".to_owned(), authorization));
        Ok(Request {
            method: self.method.to_owned(),
            url: url(target, &self.query),
            headers: self.headers,
            body: self.body,
            idle_ms: self.idle_ms,
            reply_ms: self.idle_ms,
        })
    }
}

fn unsigned<'a>(
    target: &'a Target,
    method: &'a str,
    query: &'a [(String, String)],
    headers: &'a Headers,
) -> Unsigned<'a> {
    Unsigned {
        method,
        bucket: Some(&target.bucket),
        key: Some(&target.key),
        query,
        headers,
    }
}

fn scope(target: &Target, at: UnixMs) -> sign_v4::Scope<'_> {
    sign_v4::Scope {
        at,
        region: &target.region,
        product: "oss",
    }
}

fn url(target: &Target, query: &[(String, String)]) -> String {
    let mut url = target.base_url.clone();
    if target.path_style {
        url.push('/');
        url.push_str(&target.bucket);
    }
    url.push('/');
    url.push_str(&encode_path(&target.key));
    if !query.is_empty() {
        url.push('?');
        url.push_str(&sign_v4::canonical_query(query));
    }
    url
}

fn pair(name: &str, value: impl ToString) -> (String, String) {
    (name.to_owned(), value.to_string())
}

/// `headers` with a Content-Type.
fn typed(headers: &Headers, default: &str) -> Headers {
    let mut headers = headers.clone();
    if header(&headers, "content-type").is_none() {
        headers.push(pair("content-type", default));
    }
    headers
}

/// A header that cannot be sent as it is cannot be signed either.
pub(super) fn check_header((name, value): &(String, String)) -> Result<(), Error> {
    let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if name.is_empty() || !name.bytes().all(token) {
        return Err(Error::invalid(
            "headers",
            format!("must have legal names, got {name:?}"),
        ));
    }
    if RESERVED
        .iter()
        .any(|reserved| reserved.eq_ignore_ascii_case(name))
    {
        return Err(Error::invalid(
            "headers",
            format!("must not set {name}, which is set by vodlift or the runtime"),
        ));
    }
    match value
        .bytes()
        .all(|byte| byte == b' ' || byte.is_ascii_graphic())
    {
        true => Ok(()),
        false => Err(Error::invalid(
            "headers",
            format!("must be printable ASCII; percent-encode the value of {name}"),
        )),
    }
}

fn check_part_number(number: u32) -> Result<(), Error> {
    match (1..=MAX_PARTS).contains(&number) {
        true => Ok(()),
        false => Err(Error::invalid(
            "partNumber",
            format!("must be 1 to 10,000, got {number}"),
        )),
    }
}

fn part_list(parts: &[(u32, String)]) -> Result<String, Error> {
    if parts.is_empty() {
        return Err(Error::invalid("parts", "must hold at least one part"));
    }
    let mut body = String::from("<CompleteMultipartUpload>");
    let mut before = 0;
    for (number, etag) in parts {
        check_part_number(*number)?;
        if *number <= before {
            return Err(Error::invalid(
                "parts",
                format!("must ascend, got {number} after {before}"),
            ));
        }
        before = *number;
        let etag = partial_escape(etag);
        // Writing to a String cannot fail.
        let _ = write!(
            body,
            "<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>"
        );
    }
    body.push_str("</CompleteMultipartUpload>");
    Ok(body)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;

    const NOW: UnixMs = UnixMs(1_717_332_000_000);

    fn id(text: &str) -> UploadId {
        UploadId::new(text).unwrap()
    }

    fn target(path_style: bool) -> Target {
        let base_url = match path_style {
            true => "http://127.0.0.1:9",
            false => "https://outin-1.oss-cn-shanghai.aliyuncs.com",
        };
        Target {
            base_url: base_url.into(),
            path_style,
            bucket: "outin-1".into(),
            key: "sv/a b+片.mp4".into(),
            region: "cn-shanghai".into(),
        }
    }

    fn credentials() -> Credentials {
        Credentials {
            access_key_id: "STS.id".into(),
            access_key_secret: Secret::new("secret"),
            security_token: Some(Secret::new("token")),
        }
    }

    fn headers(list: &[(&str, &str)]) -> Headers {
        list.iter().map(|(name, value)| pair(name, value)).collect()
    }

    fn put(list: &[(&str, &str)]) -> Result<Request, Error> {
        put_object(
            &target(false),
            OssSignature::V4,
            &credentials(),
            NOW,
            &headers(list),
        )
    }

    #[test]
    fn the_url_has_the_bucket_in_the_host_or_in_the_path() {
        let part = |path_style| {
            upload_part(
                &target(path_style),
                OssSignature::V4,
                &credentials(),
                NOW,
                &id("U/1"),
                7,
                &Headers::new(),
            )
            .unwrap()
            .url
        };
        let tail = "/sv/a%20b%2B%E7%89%87.mp4?partNumber=7&uploadId=U%2F1";
        assert_eq!(
            part(false),
            format!("https://outin-1.oss-cn-shanghai.aliyuncs.com{tail}")
        );
        assert_eq!(part(true), format!("http://127.0.0.1:9/outin-1{tail}"));
    }

    #[test]
    fn requests_carry_date_token_and_type_but_nothing_a_runtime_writes() {
        for (signature, date) in [
            (OssSignature::V4, "20240602T124000Z"),
            (OssSignature::V1, "Sun, 02 Jun 2024 12:40:00 GMT"),
        ] {
            let request = put_object(
                &target(false),
                signature,
                &credentials(),
                NOW,
                &Headers::new(),
            )
            .unwrap();
            let value = |name| header(&request.headers, name);
            assert_eq!(value("x-oss-date"), Some(date));
            assert_eq!(value("x-oss-security-token"), Some("token"));
            assert_eq!(value("content-type"), Some(OCTETS));
            for name in ["host", "content-length", "date"] {
                assert_eq!(value(name), None);
            }
            assert!(!request.url.contains('?'));
        }
    }

    #[test]
    fn a_type_of_the_callers_own_is_kept_and_signed() {
        let plain = put(&[]).unwrap();
        let video = put(&[("Content-Type", "video/mp4")]).unwrap();
        assert_eq!(header(&video.headers, "content-type"), Some("video/mp4"));
        assert_ne!(
            header(&plain.headers, "authorization"),
            header(&video.headers, "authorization")
        );
    }

    #[test]
    fn headers_that_cannot_be_signed_are_refused_by_name() {
        for (name, value) in [
            ("Host", "x"),
            ("x-oss-date", "x"),
            ("a b", "x"),
            ("x-oss-meta-a", "片"),
            ("x-a", "1\r\nb: 2"),
        ] {
            let error = put(&[(name, value)]).unwrap_err();
            assert!(
                error.message.contains("`headers`") && error.message.contains(name),
                "{}",
                error.message
            );
        }
    }

    #[test]
    fn a_complete_lists_its_parts_with_their_quotes() {
        let complete = |parts: &[(u32, &str)]| {
            let parts: Vec<_> = parts
                .iter()
                .map(|(number, etag)| (*number, (*etag).to_owned()))
                .collect();
            let none = Headers::new();
            complete_multipart_upload(
                &target(false),
                OssSignature::V4,
                &credentials(),
                NOW,
                &id("U"),
                &parts,
                &none,
            )
        };
        let request = complete(&[(1, "\"A\""), (9, "\"<&\"")]).unwrap();
        let expected = "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>\"A\"</ETag></Part>\
                        <Part><PartNumber>9</PartNumber><ETag>\"&lt;&amp;\"</ETag></Part></CompleteMultipartUpload>";
        assert_eq!(request.body, expected);
        assert_eq!(
            header(&request.headers, "content-type"),
            Some("application/xml")
        );
        assert_eq!(request.idle_ms, COMPLETE_IDLE_MS);
        for parts in [
            &[][..],
            &[(2, "a"), (1, "b")],
            &[(1, "a"), (1, "b")],
            &[(0, "a")],
            &[(10_001, "a")],
        ] {
            assert_eq!(
                complete(parts).unwrap_err().code,
                crate::Code::InvalidArgument
            );
        }
    }

    #[test]
    fn the_other_operations_have_their_method_and_query() {
        let (t, s, c) = (&target(false), OssSignature::V4, &credentials());
        let made = [
            initiate_multipart_upload(t, s, c, NOW, &Headers::new()).unwrap(),
            list_parts(t, s, c, NOW, &id("U"), 0).unwrap(),
            list_parts(t, s, c, NOW, &id("U"), 1000).unwrap(),
            abort_multipart_upload(t, s, c, NOW, &id("U")).unwrap(),
            head_object(t, s, c, NOW).unwrap(),
            get_object(t, s, c, NOW).unwrap(),
            delete_object(t, s, c, NOW).unwrap(),
        ];
        let made = made.map(|request| {
            (
                request.method,
                request
                    .url
                    .split_once('?')
                    .map_or("", |(_, q)| q)
                    .to_owned(),
            )
        });
        let expected = [
            ("POST", "uploads"),
            ("GET", "max-parts=1000&uploadId=U"),
            ("GET", "max-parts=1000&part-number-marker=1000&uploadId=U"),
            ("DELETE", "uploadId=U"),
            ("HEAD", ""),
            ("GET", ""),
            ("DELETE", ""),
        ];
        assert_eq!(
            made,
            expected.map(|(method, query)| (method.to_owned(), query.to_owned()))
        );
    }

    #[test]
    fn a_presigned_url_lives_seven_days_at_the_most() {
        let presign = |signature, seconds| {
            presign(
                &target(false),
                signature,
                &credentials(),
                NOW,
                "GET",
                seconds,
            )
        };
        assert!(
            presign(OssSignature::V4, 60)
                .unwrap()
                .contains("x-oss-credential=STS.id%2F20240602%2Fcn-shanghai%2Foss%2F")
        );
        assert!(
            presign(OssSignature::V1, 60)
                .unwrap()
                .contains("Expires=1717332060")
        );
        for signature in [OssSignature::V4, OssSignature::V1] {
            for (seconds, lives) in [(0, false), (1, true), (604_800, true), (604_801, false)] {
                assert_eq!(presign(signature, seconds).is_ok(), lives, "{seconds}");
            }
        }
    }
}
