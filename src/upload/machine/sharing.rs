//! What a page in a browser may see of a server of another origin (CORS). A server that shares nothing looks like one that cannot be
//! reached, or one whose replies lack a header; so what it has to share is said with both.
//!
//! <https://www.alibabacloud.com/help/en/oss/user-guide/cors-12>

use super::context::Context;
use crate::error::{Code, Error};

impl Context {
    /// Names in the hint what a server has to share with the page, where that may be what is missing.
    pub(super) fn about_sharing(&self, error: Error) -> Error {
        let Some(origin) = &self.job.host.origin else {
            return error;
        };
        let hides_etag = error.code == Code::ReplyInvalid && error.message.contains("`ETag`");
        let hint = match error.code {
            Code::OssUnreachable => format!(
                "Check the network path to OSS, and what the bucket shares with pages. {}",
                rule(origin)
            ),
            Code::ReplyInvalid if hides_etag => {
                format!(
                    "The bucket does not share that header with the page. {}",
                    rule(origin)
                )
            }
            Code::SourceUnreachable => format!(
                "Check that the URL answers, and that its server lets pages of {origin} read it: Access-Control-Allow-Origin, and Access-Control-Expose-Headers with Content-Range, Content-Length, Accept-Ranges, ETag and Last-Modified."
            ),
            _ => return error,
        };
        error.hint(hint)
    }
}

fn rule(origin: &str) -> String {
    format!(
        "Its CORS rule must allow the origin {origin}, the methods GET, PUT, POST, HEAD and DELETE and all headers (*), and expose the headers ETag, x-oss-hash-crc64ecma and x-oss-request-id."
    )
}
