//! One builder an operation: what is sent to OSS, signed.
//!
//! No request sets `Host`, `Content-Length` or `Date`, which runtimes write themselves. `Content-Type` is set wherever
//! there can be a body, because a runtime would else choose one that is not the signed one.

use std::fmt::Write;

use quick_xml::escape::partial_escape;

use super::{OssSignature, Target, Unsigned, sign_v1, sign_v4};
use crate::encode::{add, encode_path};
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

/// What the query of a presigned URL says about its own signature.
const OF_A_SIGNATURE: &[&str] = &[
    "Expires",
    "OSSAccessKeyId",
    "Signature",
    "security-token",
    "x-oss-additional-headers",
    "x-oss-credential",
    "x-oss-date",
    "x-oss-expires",
    "x-oss-security-token",
    "x-oss-signature",
    "x-oss-signature-version",
];

/// A request of your own to OSS, for [`sign`] or [`presign`]: any operation of an object or a bucket.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Draft {
    /// HTTP method, such as `PUT`.
    pub method: String,
    /// Names and values, not encoded. An empty value leaves the bare name, as in `?uploads`.
    pub query: Vec<(String, String)>,
    /// What will be sent beside the headers of the signature. OSS signs `content-type`, `content-md5` and `x-oss-*` of it.
    pub headers: Headers,
    /// Names of further headers to be signed, with V4 only. One that is not among `headers` is passed over, but for `host`.
    pub additional_headers: Vec<String>,
}

/// Without what may hold a secret: the values of its query and headers.
impl std::fmt::Debug for Draft {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Draft")
            .field("method", &self.method)
            .finish_non_exhaustive()
    }
}

impl Draft {
    fn new(method: &str, query: Vec<(String, String)>, headers: Headers) -> Draft {
        Draft {
            method: method.to_owned(),
            query,
            headers,
            additional_headers: vec![],
        }
    }

    fn check(&self, target: &Target, signature: OssSignature) -> Result<(), Error> {
        if self.method.is_empty() || !self.method.bytes().all(|byte| byte.is_ascii_uppercase()) {
            let rule = "must be an HTTP method in capital letters, such as PUT";
            return Err(Error::invalid("method", rule));
        }
        for (name, _) in &self.query {
            if name.is_empty() || OF_A_SIGNATURE.contains(&name.as_str()) {
                let rule =
                    format!("must not name {name:?}, which is the signature's own or nothing");
                return Err(Error::invalid("query", rule));
            }
        }
        if signature == OssSignature::V1 && !self.additional_headers.is_empty() {
            let rule = "are signed by signature v4 alone";
            return Err(Error::invalid("additionalHeaders", rule));
        }
        self.headers.iter().try_for_each(|field| {
            check_syntax("headers", field)?;
            // A request that goes to one host and names another one reaches whatever lies behind that name there.
            let is_other_host =
                field.0.eq_ignore_ascii_case("host") && field.1 != host_of(&target.base_url);
            match is_other_host || field.0.eq_ignore_ascii_case("authorization") {
                true => Err(reserved("headers", &field.0)),
                false => Ok(()),
            }
        })
    }

    /// Of V4: which of the headers are signed in addition, and the headers that the signature is made of.
    fn signed(&self, target: &Target, mut headers: Headers) -> (String, Headers) {
        let names = &self.additional_headers;
        let asks = names.iter().any(|name| name.eq_ignore_ascii_case("host"));
        if asks && header(&headers, "host").is_none() {
            add(&mut headers, "host", host_of(&target.base_url));
        }
        (sign_v4::additional_headers(&headers, names), headers)
    }
}

/// Signs a request of your own, in its headers. It sends what `draft` holds and not a header more than the signature needs;
/// a runtime that adds a `Content-Type` by itself breaks it, so name one where there is a body.
///
/// `now` is off by 15 minutes at the most. A query is signed as a whole with V4, with V1 only what names a sub-resource.
/// <https://www.alibabacloud.com/help/en/oss/developer-reference/recommend-to-use-signature-version-4>
///
/// ```
/// use vodlift::http::header;
/// use vodlift::oss::request::{Draft, sign};
/// use vodlift::oss::{OssSignature, Target};
/// use vodlift::secret::Secret;
/// use vodlift::time::UnixMs;
/// use vodlift::wire::Credentials;
///
/// let target = Target::new("oss-cn-shanghai.aliyuncs.com", "outin-1", Some("film.mp4"), None, false)?;
/// let credentials = Credentials {
///     access_key_id: "id".into(),
///     access_key_secret: Secret::new("secret"),
///     security_token: None,
/// };
/// let draft = Draft {
///     method: "GET".into(),
///     query: vec![("acl".into(), "".into())],
///     ..Draft::default()
/// };
/// let request = sign(&target, OssSignature::V4, &credentials, UnixMs(1_767_225_600_000), draft)?;
/// assert_eq!(request.url, "https://outin-1.oss-cn-shanghai.aliyuncs.com/film.mp4?acl");
/// assert_eq!(header(&request.headers, "x-oss-date"), Some("20260101T000000Z"));
/// assert!(header(&request.headers, "authorization").unwrap().starts_with("OSS4-HMAC-SHA256 Credential=id/20260101/"));
/// # Ok::<(), vodlift::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` naming the field and the rule: a header that cannot be sent, or that the signature sets; a region that
/// neither the target nor its endpoint tells (V4); as [`Credentials::validate`].
pub fn sign(
    target: &Target,
    signature: OssSignature,
    credentials: &Credentials,
    now: UnixMs,
    draft: Draft,
) -> Result<Request, Error> {
    draft.check(target, signature)?;
    signed(target, signature, credentials, now, draft)
}

fn signed(
    target: &Target,
    signature: OssSignature,
    credentials: &Credentials,
    now: UnixMs,
    draft: Draft,
) -> Result<Request, Error> {
    credentials.validate()?;
    let required = match signature {
        OssSignature::V4 => sign_v4::required_headers(credentials, now),
        OssSignature::V1 => sign_v1::required_headers(credentials, now),
    };
    let mut headers = draft.headers.clone();
    for (name, value) in required {
        let is_date_of_v1 = signature == OssSignature::V1 && name == "x-oss-date";
        match header(&headers, &name) {
            None => headers.push((name, value)),
            Some(given) if given == value || is_date_of_v1 => {}
            Some(_) => return Err(reserved("headers", &name)),
        }
    }
    let authorization = match signature {
        OssSignature::V4 => {
            let (additional, signed) = draft.signed(target, headers.clone());
            let unsigned = unsigned(target, &draft, &signed);
            sign_v4::authorization(credentials, &scope(target, now)?, &unsigned, &additional)
        }
        OssSignature::V1 => {
            let date = header(&headers, "x-oss-date").unwrap_or_default();
            sign_v1::authorization(credentials, &unsigned(target, &draft, &headers), date)
        }
    };
    add(&mut headers, "authorization", &authorization);
    Ok(Request {
        url: url(target, &draft.query),
        method: draft.method,
        headers,
        body: String::new(),
        idle_ms: IDLE_MS,
        reply_ms: IDLE_MS,
    })
}

/// A URL that carries its signature: whoever has it may do what `draft` says for `expires_s` seconds, without a key. Its query
/// may name a part (`partNumber`, `uploadId`), so that someone else sends it.
///
/// Headers of the draft that are signed (`content-type`, `content-md5`, `x-oss-*`, additional ones) have to be sent with the
/// request exactly so, and none of these kinds beside them: a URL signed without a `Content-Type` fits no request that has one.
/// <https://www.alibabacloud.com/help/en/oss/developer-reference/add-signatures-to-urls>
///
/// ```
/// use vodlift::oss::request::{Draft, presign};
/// use vodlift::oss::{OssSignature, Target};
/// use vodlift::secret::Secret;
/// use vodlift::time::UnixMs;
/// use vodlift::wire::Credentials;
///
/// let target = Target::new("oss-cn-shanghai.aliyuncs.com", "outin-1", Some("film.mp4"), None, false)?;
/// let credentials = Credentials {
///     access_key_id: "STS.id".into(),
///     access_key_secret: Secret::new("secret"),
///     security_token: Some(Secret::new("token")),
/// };
/// let part = Draft {
///     method: "PUT".into(),
///     query: vec![("partNumber".into(), "1".into()), ("uploadId".into(), "U1".into())],
///     ..Draft::default()
/// };
/// let url = presign(&target, OssSignature::V4, &credentials, UnixMs(1_767_225_600_000), &part, 3600)?;
/// assert!(url.starts_with("https://outin-1.oss-cn-shanghai.aliyuncs.com/film.mp4?partNumber=1&uploadId=U1&x-oss-credential="));
/// # Ok::<(), vodlift::Error>(())
/// ```
///
/// # Errors
/// As [`sign`], and `InvalidArgument` (`expiresIn`) outside 1 to 604,800 seconds, which are 7 days; with V1, which knows no
/// such limit, outside 1 to 4,294,967,295.
pub fn presign(
    target: &Target,
    signature: OssSignature,
    credentials: &Credentials,
    now: UnixMs,
    draft: &Draft,
    expires_s: u32,
) -> Result<String, Error> {
    credentials.validate()?;
    draft.check(target, signature)?;
    let most = match signature {
        OssSignature::V4 => sign_v4::MAX_EXPIRES_S,
        OssSignature::V1 => u32::MAX,
    };
    if !(1..=most).contains(&expires_s) {
        let rule = format!("must be 1 to {most} seconds, got {expires_s}");
        return Err(Error::invalid("expiresIn", rule));
    }
    let query = match signature {
        OssSignature::V4 => {
            let (additional, signed) = draft.signed(target, draft.headers.clone());
            let (scope, unsigned) = (scope(target, now)?, unsigned(target, draft, &signed));
            sign_v4::presigned_query(credentials, &scope, &unsigned, &additional, expires_s)
        }
        OssSignature::V1 => {
            let until = now.plus_ms(u64::from(expires_s).saturating_mul(1000));
            let unsigned = unsigned(target, draft, &draft.headers);
            sign_v1::presigned_query(credentials, &unsigned, until)
        }
    };
    Ok(url(target, &query))
}

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
    let operation = Operation::new("PUT", vec![], typed(headers, OCTETS));
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
    let operation = Operation::new("POST", query, typed(headers, OCTETS));
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
    let operation = Operation::new("PUT", query, typed(headers, OCTETS));
    operation.sign(target, signature, credentials, now)
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
    Operation::new("GET", query, Headers::new()).sign(target, signature, credentials, now)
}

/// CompleteMultipartUpload of `parts`, in any order: numbers, and ETags as the server gave them, quotes and all.
/// <https://www.alibabacloud.com/help/en/oss/developer-reference/completemultipartupload>
///
/// # Errors
/// `InvalidArgument` for no parts, a number outside 1 to 10,000 or one that comes twice, or headers that cannot be sent or signed.
pub fn complete_multipart_upload(
    target: &Target,
    signature: OssSignature,
    credentials: &Credentials,
    now: UnixMs,
    upload_id: &UploadId,
    parts: &[(u32, String)],
    headers: &Headers,
) -> Result<Request, Error> {
    let query = vec![pair("uploadId", upload_id.as_str())];
    let operation = Operation {
        body: part_list(parts)?,
        idle_ms: COMPLETE_IDLE_MS,
        ..Operation::new("POST", query, typed(headers, "application/xml"))
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
    let query = vec![pair("uploadId", upload_id.as_str())];
    let operation = Operation::new("DELETE", query, Headers::new());
    operation.sign(target, signature, credentials, now)
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
    Operation::new("HEAD", vec![], Headers::new()).sign(target, signature, credentials, now)
}

/// GetObject, or with a `Range` among the headers a part of it.
/// <https://www.alibabacloud.com/help/en/oss/developer-reference/getobject>
///
/// # Errors
/// `InvalidArgument` for headers that cannot be sent or signed.
pub fn get_object(
    target: &Target,
    signature: OssSignature,
    credentials: &Credentials,
    now: UnixMs,
    headers: &Headers,
) -> Result<Request, Error> {
    Operation::new("GET", vec![], headers.clone()).sign(target, signature, credentials, now)
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
    Operation::new("DELETE", vec![], Headers::new()).sign(target, signature, credentials, now)
}

/// A request of ours before it is signed.
struct Operation {
    draft: Draft,
    body: String,
    idle_ms: u32,
}

impl Operation {
    fn new(method: &str, query: Vec<(String, String)>, headers: Headers) -> Self {
        Operation {
            draft: Draft::new(method, query, headers),
            body: String::new(),
            idle_ms: IDLE_MS,
        }
    }

    fn sign(
        self,
        target: &Target,
        signature: OssSignature,
        credentials: &Credentials,
        now: UnixMs,
    ) -> Result<Request, Error> {
        self.draft
            .headers
            .iter()
            .try_for_each(|one| check_header("headers", one))?;
        Ok(Request {
            body: self.body,
            idle_ms: self.idle_ms,
            reply_ms: self.idle_ms,
            ..signed(target, signature, credentials, now, self.draft)?
        })
    }
}

fn unsigned<'a>(target: &'a Target, draft: &'a Draft, headers: &'a Headers) -> Unsigned<'a> {
    Unsigned {
        method: &draft.method,
        bucket: Some(&target.bucket),
        key: Some(&target.key),
        query: &draft.query,
        headers,
    }
}

fn scope(target: &Target, at: UnixMs) -> Result<sign_v4::Scope<'_>, Error> {
    if target.region.is_empty() {
        let rule = "must be given: signature v4 needs it, and the endpoint does not tell it";
        return Err(Error::invalid("region", rule));
    }
    let is_cloud_box = target.base_url.ends_with(".oss-cloudbox.aliyuncs.com");
    Ok(sign_v4::Scope {
        at,
        region: &target.region,
        product: if is_cloud_box { "oss-cloudbox" } else { "oss" },
    })
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
pub(super) fn check_header(option: &str, field: &(String, String)) -> Result<(), Error> {
    check_syntax(option, field)?;
    let (name, _) = field;
    match RESERVED
        .iter()
        .any(|reserved| reserved.eq_ignore_ascii_case(name))
    {
        true => Err(reserved(option, name)),
        false => Ok(()),
    }
}

/// As it stands in the `Host` header.
fn host_of(base_url: &str) -> &str {
    base_url.split_once("://").map_or("", |(_, host)| host)
}

fn reserved(option: &str, name: &str) -> Error {
    let rule = format!("must not set {name}, which is set by vodlift or the runtime");
    Error::invalid(option, rule)
}

fn check_syntax(option: &str, (name, value): &(String, String)) -> Result<(), Error> {
    let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if name.is_empty() || !name.bytes().all(token) {
        return Err(Error::invalid(
            option,
            format!("must have legal names, got {name:?}"),
        ));
    }
    match value
        .bytes()
        .all(|byte| byte == b' ' || byte.is_ascii_graphic())
    {
        true => Ok(()),
        false => Err(Error::invalid(
            option,
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

/// In the order of their numbers, as OSS wants them. Put into places, not sorted: sorting code is 4 KB of wasm.
fn part_list(parts: &[(u32, String)]) -> Result<String, Error> {
    if parts.is_empty() {
        return Err(Error::invalid("parts", "must hold at least one part"));
    }
    let mut places: Vec<Option<&str>> = vec![];
    for (number, etag) in parts {
        check_part_number(*number)?;
        if etag.chars().any(char::is_control) {
            let rule = format!("must not hold control characters in the ETag of part {number}");
            return Err(Error::invalid("parts", rule));
        }
        let at = usize::try_from(*number).unwrap_or(usize::MAX);
        if places.len() <= at {
            places.resize(at.saturating_add(1), None);
        }
        let place = places.get_mut(at).map(|place| place.replace(etag));
        if place.flatten().is_some() {
            let rule = format!("must name each part once, got {number} twice");
            return Err(Error::invalid("parts", rule));
        }
    }
    let mut body = String::from("<CompleteMultipartUpload>");
    for (number, etag) in places.iter().enumerate() {
        let Some(etag) = etag else { continue };
        let etag = partial_escape(*etag);
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

    fn draft(method: &str) -> Draft {
        Draft::new(method, vec![], vec![])
    }

    fn signed_in(signature: OssSignature, draft: Draft) -> Result<Request, Error> {
        sign(&target(false), signature, &credentials(), NOW, draft)
    }

    #[test]
    fn a_draft_that_cannot_be_signed_is_refused_by_field() {
        let query = |name: &str| Draft::new("GET", vec![pair(name, "x")], vec![]);
        let headed = |name: &str| Draft::new("GET", vec![], headers(&[(name, "x")]));
        let mut v1 = draft("GET");
        v1.additional_headers = vec!["host".into()];
        for (how, draft, field) in [
            (OssSignature::V4, draft(""), "method"),
            (OssSignature::V4, draft("put"), "method"),
            (OssSignature::V4, draft("GET\n"), "method"),
            (OssSignature::V4, query(""), "query"),
            (OssSignature::V4, query("x-oss-signature"), "query"),
            (OssSignature::V1, query("Signature"), "query"),
            (OssSignature::V1, query("Expires"), "query"),
            (OssSignature::V4, headed("a b"), "headers"),
            (OssSignature::V4, headed("Authorization"), "headers"),
            (OssSignature::V4, headed("X-Oss-Date"), "headers"),
            (OssSignature::V4, headed("x-oss-content-sha256"), "headers"),
            (OssSignature::V1, headed("x-oss-security-token"), "headers"),
            (OssSignature::V1, v1, "additionalHeaders"),
        ] {
            let error = signed_in(how, draft.clone()).unwrap_err();
            assert_eq!(error.code, crate::Code::InvalidArgument);
            let named = format!("`{field}` ");
            assert!(error.message.starts_with(&named), "{}", error.message);
            if field != "headers" || error.message.contains("Authorization") {
                let url = presign(&target(false), how, &credentials(), NOW, &draft, 60);
                assert_eq!(url.unwrap_err().message, error.message);
            }
        }
        let nowhere = Target {
            region: String::new(),
            ..target(false)
        };
        let signed = |how| sign(&nowhere, how, &credentials(), NOW, draft("GET"));
        let error = signed(OssSignature::V4).unwrap_err();
        assert!(error.message.starts_with("`region` must be given"));
        signed(OssSignature::V1).unwrap();
    }

    #[test]
    fn the_host_is_signed_where_that_is_asked_for_and_what_is_absent_is_not() {
        let mut asks = draft("GET");
        asks.additional_headers = vec!["Host".into(), "range".into(), "absent".into()];
        asks.headers = headers(&[("Range", "bytes=0-1")]);
        let authorization = |draft: &Draft| {
            let request = signed_in(OssSignature::V4, draft.clone()).unwrap();
            assert_eq!(
                header(&request.headers, "host"),
                None,
                "a runtime writes it"
            );
            header(&request.headers, "authorization")
                .unwrap()
                .to_owned()
        };
        let without = authorization(&asks);
        assert!(
            without.contains("AdditionalHeaders=host;range,"),
            "{without}"
        );
        // The same as with the host among the headers.
        let mut written = asks.clone();
        let host = "outin-1.oss-cn-shanghai.aliyuncs.com";
        written.headers.push(pair("host", host));
        let request = signed_in(OssSignature::V4, written).unwrap();
        assert_eq!(
            header(&request.headers, "authorization"),
            Some(without.as_str())
        );
        let url = presign(
            &target(false),
            OssSignature::V4,
            &credentials(),
            NOW,
            &asks,
            60,
        );
        assert!(
            url.unwrap()
                .contains("x-oss-additional-headers=host%3Brange")
        );
    }

    #[test]
    fn a_request_of_v1_keeps_the_date_that_it_was_given() {
        let date = "Wed, 28 Dec 2022 10:27:41 GMT";
        let dated = Draft::new("GET", vec![], headers(&[("X-Oss-Date", date)]));
        let given = signed_in(OssSignature::V1, dated).unwrap();
        let dates = given
            .headers
            .iter()
            .filter(|(name, _)| name.eq_ignore_ascii_case("x-oss-date"));
        assert_eq!(dates.count(), 1);
        let at = UnixMs::parse_http_date(date).unwrap();
        let same = sign(
            &target(false),
            OssSignature::V1,
            &credentials(),
            at,
            draft("GET"),
        )
        .unwrap();
        let of = |request: &Request| header(&request.headers, "authorization").map(str::to_owned);
        assert_eq!(of(&given), of(&same));
    }

    #[test]
    fn a_cloud_box_is_a_product_of_its_own() {
        let (endpoint, region) = (
            "cb-123.cn-hangzhou.oss-cloudbox.aliyuncs.com",
            Some("cb-123"),
        );
        let target = Target::new(endpoint, "films", None, region, false).unwrap();
        let request = sign(&target, OssSignature::V4, &credentials(), NOW, draft("GET")).unwrap();
        assert_eq!(request.url, format!("https://films.{endpoint}/"));
        let authorization = header(&request.headers, "authorization").unwrap();
        assert!(authorization.contains("/cb-123/oss-cloudbox/aliyun_v4_request"));
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
        let shuffled = complete(&[(9, "\"<&\""), (1, "\"A\"")]).unwrap();
        assert_eq!(request.body, shuffled.body, "in any order");
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
            &[(1, "a"), (1, "b")],
            &[(2, "a"), (1, "b"), (2, "")],
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
            get_object(t, s, c, NOW, &Headers::new()).unwrap(),
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
    fn a_draft_that_is_printed_keeps_its_values_to_itself() {
        let kept = || vec![pair("x-oss-callback", "hush")];
        let draft = Draft::new("PUT", kept(), kept());
        assert_eq!(format!("{draft:?}"), r#"Draft { method: "PUT", .. }"#);
    }

    #[test]
    fn a_presigned_url_lives_seven_days_at_the_most() {
        let presign = |signature, seconds| {
            presign(
                &target(false),
                signature,
                &credentials(),
                NOW,
                &Draft::new("GET", vec![], vec![]),
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
        for (signature, longer) in [(OssSignature::V4, false), (OssSignature::V1, true)] {
            for (seconds, lives) in [(0, false), (1, true), (604_800, true), (604_801, longer)] {
                assert_eq!(presign(signature, seconds).is_ok(), lives, "{seconds}");
            }
        }
    }
}
