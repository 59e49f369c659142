//! What OSS answers when it does not refuse: XML bodies and telling headers.
//!
//! A 2xx alone proves nothing: each reply must hold what is documented, and a 200 may hold an error.

use super::error::{Refused, refused};
use super::request::UploadId;
use crate::error::{Code, Error};
use crate::http::Reply;
use crate::upload::plan::{MAX_PART_SIZE, MAX_PARTS};
use crate::wire::element::Element;
use crate::wire::refusal::identifier;

/// A part the server holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedPart {
    /// 1 to 10,000.
    pub part_number: u32,
    /// With its quotes.
    pub etag: String,
    /// Bytes.
    pub size: u64,
    /// CRC-64/XZ of the part.
    pub crc64: Option<u64>,
}

/// One page of ListParts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartsPage {
    /// Ascending.
    pub parts: Vec<ListedPart>,
    /// Where the next page begins; only when there is one.
    pub next_marker: Option<u32>,
}

/// The answer to CompleteMultipartUpload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completed {
    /// Opaque, with its quotes.
    pub etag: String,
    /// CRC-64/XZ of the whole object.
    pub crc64: Option<u64>,
    /// The service's id of the request.
    pub request_id: Option<String>,
}

/// The answer to UploadPart and PutObject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartReply {
    /// With its quotes.
    pub etag: String,
    /// CRC-64/XZ of what the server received.
    pub crc64: Option<u64>,
}

/// The answer to HeadObject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeadInfo {
    /// Bytes.
    pub size: u64,
    /// CRC-64/XZ of the whole object.
    pub crc64: Option<u64>,
    /// With its quotes.
    pub etag: Option<String>,
    /// `Normal`, `Multipart` or `Appendable`.
    pub object_type: Option<String>,
}

/// Reads the reply to InitiateMultipartUpload: the upload id.
///
/// # Errors
/// What the service refused, or `ReplyInvalid` naming the missing field.
pub fn parse_initiate(reply: &Reply) -> Result<UploadId, Refused> {
    let root = document(reply, "InitiateMultipartUploadResult")?;
    let upload_id = root
        .text_of("UploadId")
        .ok_or_else(|| missing(reply, "UploadId"))?;
    let upload_id = short(reply, upload_id, "an upload id")?;
    UploadId::new(upload_id).ok_or_else(|| missing(reply, "UploadId"))
}

/// Reads one page of ListParts.
///
/// # Errors
/// What the service refused, or `ReplyInvalid` naming what is missing or does not advance.
pub fn parse_list_parts(reply: &Reply) -> Result<PartsPage, Refused> {
    let root = document(reply, "ListPartsResult")?;
    let parts = root.children.iter().filter(|child| child.name == "Part");
    let parts = parts
        .map(|part| listed_part(reply, part))
        .collect::<Result<Vec<_>, _>>()?;
    let truncated = root
        .text_of("IsTruncated")
        .is_some_and(|text| text.eq_ignore_ascii_case("true"));
    if !truncated {
        return Ok(PartsPage {
            parts,
            next_marker: None,
        });
    }
    let marker = |name| root.text_of(name).and_then(|text| text.parse::<u32>().ok());
    let next =
        marker("NextPartNumberMarker").ok_or_else(|| missing(reply, "NextPartNumberMarker"))?;
    // A marker that stands still, or goes on behind the last part there can be, would be asked for again and again.
    let advances = marker("PartNumberMarker").is_none_or(|this| next > this);
    match advances && u64::from(next) <= MAX_PARTS {
        true => Ok(PartsPage {
            parts,
            next_marker: Some(next),
        }),
        false => Err(invalid(reply, "a list of parts that does not advance")),
    }
}

fn listed_part(reply: &Reply, part: &Element) -> Result<ListedPart, Refused> {
    let text = |name| part.text_of(name).ok_or_else(|| missing(reply, name));
    let broken = |name| {
        invalid(
            reply,
            &format!("a list of parts with a `{name}` that no part can have"),
        )
    };
    let part_number: u32 = text("PartNumber")?
        .parse()
        .map_err(|_| broken("PartNumber"))?;
    // All that are listed are kept, of all pages.
    if u64::from(part_number) > MAX_PARTS {
        return Err(invalid(
            reply,
            "a list of parts with more of them than there can be",
        ));
    }
    Ok(ListedPart {
        part_number,
        etag: etag(reply, text("ETag")?)?,
        size: size_of_part(text("Size")?).ok_or_else(|| broken("Size"))?,
        crc64: part
            .text_of("HashCrc64ecma")
            .and_then(|text| text.parse().ok()),
    })
}

fn size_of_part(text: &str) -> Option<u64> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let size = text.parse().ok().filter(|_| digits);
    size.filter(|size| *size <= MAX_PART_SIZE)
}

/// ETags of OSS have 34 characters, and 10,000 are kept; upload ids have 32, and stand in every request.
const LONGEST_ID: usize = 256;

fn short(reply: &Reply, text: &str, what: &str) -> Result<String, Refused> {
    match text.len() <= LONGEST_ID {
        true => Ok(text.to_owned()),
        false => Err(invalid(
            reply,
            &format!("{what} that is too long to be one"),
        )),
    }
}

fn etag(reply: &Reply, text: &str) -> Result<String, Refused> {
    short(reply, text, "an ETag")
}

/// Reads the reply to CompleteMultipartUpload. With a callback the body is what the caller's server answered, so the ETag
/// may stand in the header alone.
///
/// # Errors
/// What the service refused, also in a 200; `CallbackFailed` for a 203; `ReplyInvalid` for a reply without ETag.
pub fn parse_complete(reply: &Reply) -> Result<Completed, Refused> {
    expect_ok(reply)?;
    let root = Element::parse(&reply.body);
    if root.as_ref().is_some_and(|root| root.name == "Error") {
        return Err(refused(reply));
    }
    let in_body = root.as_ref().and_then(|root| root.text_of("ETag"));
    let etag = in_body
        .or_else(|| reply.header("etag"))
        .ok_or_else(|| missing(reply, "ETag"))?;
    Ok(Completed {
        etag: self::etag(reply, etag)?,
        crc64: crc64(reply)?,
        request_id: request_id(reply),
    })
}

/// Reads the reply to a CompleteMultipartUpload that asked for a callback: the body is what the caller's server answered, and
/// nothing but OSS's own headers tells that it is OSS who passes it on.
///
/// # Errors
/// As [`parse_complete`], which is tried first.
pub fn parse_called_back(reply: &Reply) -> Result<Completed, Refused> {
    parse_complete(reply).or_else(|refused| {
        let from_oss =
            refused.error.code == Code::ReplyInvalid && reply.header("x-oss-request-id").is_some();
        if reply.status != 200 || !from_oss {
            return Err(refused);
        }
        Ok(Completed {
            etag: String::new(),
            crc64: crc64(reply)?,
            request_id: request_id(reply),
        })
    })
}

/// Reads the reply to UploadPart or PutObject.
///
/// # Errors
/// What the service refused; `CallbackFailed` for a 203; `ReplyInvalid` for a reply without ETag.
pub fn parse_part_reply(reply: &Reply) -> Result<PartReply, Refused> {
    expect_ok(reply)?;
    let found = reply
        .header("etag")
        .filter(|etag| !etag.is_empty())
        .ok_or_else(|| missing(reply, "ETag"))?;
    Ok(PartReply {
        etag: etag(reply, found)?,
        crc64: crc64(reply)?,
    })
}

/// Reads the reply to HeadObject.
///
/// # Errors
/// What the service refused, or `ReplyInvalid` for a reply without Content-Length.
pub fn parse_head(reply: &Reply) -> Result<HeadInfo, Refused> {
    expect_ok(reply)?;
    head_info(reply)
}

/// Reads the head of a reply to GetObject, of a range (206), too. The size is that of what was sent.
///
/// # Errors
/// As [`parse_head`].
pub fn parse_get(reply: &Reply) -> Result<HeadInfo, Refused> {
    match reply.status {
        206 => head_info(reply),
        _ => parse_head(reply),
    }
}

/// Reads the reply to AbortMultipartUpload or DeleteObject.
///
/// # Errors
/// What the service refused.
pub fn parse_removed(reply: &Reply) -> Result<(), Refused> {
    match reply.status {
        204 => Ok(()),
        _ => expect_ok(reply),
    }
}

fn head_info(reply: &Reply) -> Result<HeadInfo, Refused> {
    let text = |name| reply.header(name).map(str::to_owned);
    let size = reply
        .header("content-length")
        .and_then(|size| size.trim().parse().ok());
    Ok(HeadInfo {
        size: size.ok_or_else(|| missing(reply, "Content-Length"))?,
        crc64: crc64(reply)?,
        etag: text("etag"),
        object_type: text("x-oss-object-type"),
    })
}

fn expect_ok(reply: &Reply) -> Result<(), Refused> {
    match reply.status {
        200 => Ok(()),
        _ => Err(refused(reply)),
    }
}

/// The body of a 200, if it is the documented one.
fn document(reply: &Reply, root: &str) -> Result<Element, Refused> {
    expect_ok(reply)?;
    let element = Element::parse(&reply.body).filter(|element| element.name == root);
    element.ok_or_else(|| refused(reply))
}

/// `x-oss-hash-crc64ecma`: unsigned decimal.
fn crc64(reply: &Reply) -> Result<Option<u64>, Refused> {
    let Some(text) = reply.header("x-oss-hash-crc64ecma") else {
        return Ok(None);
    };
    let crc = text
        .trim()
        .parse()
        .map_err(|_| invalid(reply, "an x-oss-hash-crc64ecma that is no number"))?;
    Ok(Some(crc))
}

pub(crate) fn request_id(reply: &Reply) -> Option<String> {
    reply.header("x-oss-request-id").and_then(identifier)
}

fn missing(reply: &Reply, name: &str) -> Refused {
    invalid(reply, &format!("a reply without `{name}`"))
}

fn invalid(reply: &Reply, what: &str) -> Refused {
    let error = Error::new(
        Code::ReplyInvalid,
        format!("OSS answered {} with {what}", reply.status),
    );
    let error = error.status(reply.status).request_id(request_id(reply));
    error.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(status: u16, headers: &[(&str, &str)], body: &str) -> Reply {
        let headers = headers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        Reply {
            status,
            headers,
            body: body.into(),
        }
    }

    #[test]
    fn reads_the_upload_id_with_and_without_a_namespace() {
        for attribute in ["", " xmlns=\"http://doc.oss-cn-hangzhou.aliyuncs.com\""] {
            let body = format!(
                "<InitiateMultipartUploadResult{attribute}><Bucket>b</Bucket><UploadId>U1</UploadId></InitiateMultipartUploadResult>"
            );
            assert_eq!(
                parse_initiate(&reply(200, &[], &body)).unwrap().as_str(),
                "U1"
            );
        }
        let empty = "<InitiateMultipartUploadResult><UploadId/></InitiateMultipartUploadResult>";
        assert!(
            parse_initiate(&reply(200, &[], empty))
                .unwrap_err()
                .error
                .message
                .contains("`UploadId`")
        );
        for body in ["", "<html></html>", "<InitiateMultipartUploadResult>"] {
            assert_eq!(
                parse_initiate(&reply(200, &[], body))
                    .unwrap_err()
                    .error
                    .code,
                Code::ReplyInvalid
            );
        }
    }

    fn page(marker: &str, truncated: &str, next: &str) -> Result<PartsPage, Refused> {
        let part = "<Part><PartNumber>2</PartNumber><LastModified>x</LastModified><ETag>&quot;A&quot;</ETag>\
                    <HashCrc64ecma>18446744073709551615</HashCrc64ecma><Size>102400</Size></Part>";
        let body = format!(
            "<ListPartsResult><PartNumberMarker>{marker}</PartNumberMarker><NextPartNumberMarker>{next}</NextPartNumberMarker>\
             <IsTruncated>{truncated}</IsTruncated>{part}</ListPartsResult>"
        );
        parse_list_parts(&reply(200, &[], &body))
    }

    #[test]
    fn reads_a_page_of_parts() {
        let first = page("0", "true", "2").unwrap();
        let part = ListedPart {
            part_number: 2,
            etag: "\"A\"".into(),
            size: 102_400,
            crc64: Some(u64::MAX),
        };
        assert_eq!(
            first,
            PartsPage {
                parts: vec![part],
                next_marker: Some(2)
            }
        );
        assert_eq!(page("0", "false", "2").unwrap().next_marker, None);
        assert!(
            page("2", "true", "2")
                .unwrap_err()
                .error
                .message
                .contains("does not advance")
        );
        // A list that goes on for ever, under numbers that no part can have.
        let endless = page("10000", "true", "10001").unwrap_err();
        assert!(
            endless.error.message.contains("does not advance"),
            "{}",
            endless.error.message
        );
        assert!(
            page("2", "true", "")
                .unwrap_err()
                .error
                .message
                .contains("NextPartNumberMarker")
        );
        let empty = parse_list_parts(&reply(200, &[], "<ListPartsResult/>")).unwrap();
        assert_eq!(
            empty,
            PartsPage {
                parts: vec![],
                next_marker: None
            }
        );
    }

    #[test]
    fn a_complete_may_answer_an_error_in_a_200() {
        let headers = [("x-oss-hash-crc64ecma", "7"), ("x-oss-request-id", "R")];
        let body =
            "<CompleteMultipartUploadResult><ETag>\"B-1\"</ETag></CompleteMultipartUploadResult>";
        let done = parse_complete(&reply(200, &headers, body)).unwrap();
        assert_eq!(
            done,
            Completed {
                etag: "\"B-1\"".into(),
                crc64: Some(7),
                request_id: Some("R".into())
            }
        );
        let refused = parse_complete(&reply(
            200,
            &[],
            "<Error><Code>InternalError</Code></Error>",
        ))
        .unwrap_err();
        assert_eq!(refused.error.code, Code::OssUnavailable);
        let refused = parse_complete(&reply(
            203,
            &[],
            "<Error><Code>CallbackFailed</Code></Error>",
        ))
        .unwrap_err();
        assert_eq!(refused.error.code, Code::CallbackFailed);
        let called_back =
            parse_complete(&reply(200, &[("etag", "E")], r#"{"Status":"OK"}"#)).unwrap();
        assert_eq!(called_back.etag, "E");
        let headers = [("x-oss-request-id", "R"), ("x-oss-hash-crc64ecma", "7")];
        let answered = parse_called_back(&reply(200, &headers, r#"{"Status":"OK"}"#)).unwrap();
        assert_eq!(answered.crc64, Some(7));
        assert!(parse_called_back(&reply(200, &[], r#"{"Status":"OK"}"#)).is_err());
        assert!(parse_called_back(&reply(203, &headers, "{}")).is_err());
        assert_eq!(
            parse_complete(&reply(200, &[], "")).unwrap_err().error.code,
            Code::ReplyInvalid
        );
    }

    #[test]
    fn an_upload_id_that_is_too_long_to_be_one_is_not_kept() {
        let reply = |length: usize| Reply {
            status: 200,
            headers: vec![],
            body: format!(
                "<InitiateMultipartUploadResult><UploadId>{}</UploadId></InitiateMultipartUploadResult>",
                "A".repeat(length)
            ),
        };
        assert_eq!(parse_initiate(&reply(256)).unwrap().as_str().len(), 256);
        let refused = parse_initiate(&reply(257)).unwrap_err();
        assert_eq!(refused.error.code, Code::ReplyInvalid);
        assert!(
            refused
                .error
                .message
                .contains("an upload id that is too long")
        );
    }

    #[test]
    fn an_etag_that_is_too_long_to_be_one_is_not_kept() {
        let long = "e".repeat(300);
        let list = format!(
            "<ListPartsResult><Part><PartNumber>1</PartNumber><ETag>{long}</ETag><Size>5</Size></Part></ListPartsResult>"
        );
        let headers: [(&str, &str); 1] = [("etag", &long)];
        for refused in [
            parse_list_parts(&reply(200, &[], &list)).unwrap_err(),
            parse_part_reply(&reply(200, &headers, "")).unwrap_err(),
            parse_complete(&reply(200, &headers, "")).unwrap_err(),
        ] {
            assert_eq!(refused.error.code, Code::ReplyInvalid);
        }
    }

    #[test]
    fn a_part_needs_its_etag_and_a_crc_that_is_a_number() {
        let part = |headers: &[(&str, &str)]| parse_part_reply(&reply(200, headers, ""));
        let full = part(&[
            ("ETag", "\"A\""),
            ("X-Oss-Hash-Crc64ecma", "18446744073709551615"),
        ])
        .unwrap();
        assert_eq!(
            full,
            PartReply {
                etag: "\"A\"".into(),
                crc64: Some(u64::MAX)
            }
        );
        assert_eq!(part(&[("ETag", "A")]).unwrap().crc64, None);
        assert!(part(&[]).unwrap_err().error.message.contains("`ETag`"));
        assert!(part(&[("ETag", "A"), ("x-oss-hash-crc64ecma", "-1")]).is_err());
        let refused = reply(404, &[], "<Error><Code>NoSuchUpload</Code></Error>");
        assert_eq!(
            parse_part_reply(&refused).unwrap_err().error.code,
            Code::UploadGone
        );
    }

    #[test]
    fn reads_a_head() {
        let headers = [
            ("Content-Length", "12"),
            ("x-oss-hash-crc64ecma", "9"),
            ("x-oss-object-type", "Multipart"),
        ];
        let info = parse_head(&reply(200, &headers, "")).unwrap();
        assert_eq!(
            (info.size, info.crc64, info.object_type.as_deref()),
            (12, Some(9), Some("Multipart"))
        );
        assert!(
            parse_head(&reply(200, &[], ""))
                .unwrap_err()
                .error
                .message
                .contains("Content-Length")
        );
    }

    #[test]
    fn a_part_larger_than_any_can_be_is_no_part() {
        let sizes = ["9007199254740993", "18446744073709551615", "5368709121"];
        let others = ["1e3", "-1", "+1", "100000000000000000000000000000"];
        for size in sizes.into_iter().chain(others) {
            let body = format!(
                "<ListPartsResult><Part><PartNumber>1</PartNumber><ETag>\"e\"</ETag><Size>{size}</Size></Part></ListPartsResult>"
            );
            let reply = Reply {
                status: 200,
                headers: vec![],
                body,
            };
            let refused = parse_list_parts(&reply).unwrap_err();
            assert_eq!(refused.error.code, Code::ReplyInvalid, "{size}");
            assert!(
                refused.error.message.contains("`Size`"),
                "{}",
                refused.error.message
            );
        }
    }
}
