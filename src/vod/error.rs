//! What a refusal of the VOD API means, and what a retry must change.
//!
//! The code decides, by its prefix; the status only where the code says nothing: throttling is a 400.
//! <https://www.alibabacloud.com/help/en/vod/developer-reference/error-codes>

use crate::error::{Code, Error};
use crate::http::Reply;
use crate::wire::refusal::Refusal;
use crate::wire::refused;

/// A refusal of VOD, or a reply that is none of its documented ones.
pub type Refused = refused::Refused<Recovery>;

/// What must be different when a VOD call that failed is sent again. Every retry has a new nonce, timestamp and signature.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Recovery {
    /// Nothing helps.
    #[default]
    Fail,
    /// Time.
    Backoff,
    /// Only the nonce: once, at once.
    NewNonce,
    /// The clock: the same again, signed with the time that the refusal has taught.
    FixClock,
    /// The caller's own STS token.
    NewToken,
}

/// Prefixes of service codes in any case; the first that fits decides.
const MEANINGS: &[(&str, Code, Recovery)] = &[
    (
        "InvalidAccessKeyId.Inactive",
        Code::AccessKeyInactive,
        Recovery::Fail,
    ),
    ("InvalidAccessKeyId", Code::AccessKeyUnknown, Recovery::Fail),
    (
        "SignatureNonceUsed",
        Code::VodUnavailable,
        Recovery::NewNonce,
    ),
    (
        "SignatureDoesNotMatch",
        Code::SignatureMismatch,
        Recovery::Fail,
    ),
    (
        "IncompleteSignature",
        Code::SignatureMismatch,
        Recovery::Fail,
    ),
    ("InvalidTimeStamp", Code::ClockSkew, Recovery::FixClock),
    ("IllegalTimestamp", Code::ClockSkew, Recovery::FixClock),
    (
        "InvalidSecurityToken.Expired",
        Code::TokenExpired,
        Recovery::NewToken,
    ),
    ("InvalidSecurityToken", Code::TokenInvalid, Recovery::Fail),
    ("MissingSecurityToken", Code::TokenInvalid, Recovery::Fail),
    (
        "Forbidden.InitFailed",
        Code::ServiceInactive,
        Recovery::Fail,
    ),
    (
        "Forbidden.UserVerification",
        Code::ServiceInactive,
        Recovery::Fail,
    ),
    ("OperationDenied", Code::ServiceInactive, Recovery::Fail),
    ("Forbidden", Code::PermissionDenied, Recovery::Fail),
    ("NoPermission", Code::PermissionDenied, Recovery::Fail),
    ("AccessDenied", Code::PermissionDenied, Recovery::Fail),
    ("InvalidVideo.NotFound", Code::MediaNotFound, Recovery::Fail),
    ("InvalidFile.NotFound", Code::MediaNotFound, Recovery::Fail),
    ("InvalidMedia.NotFound", Code::MediaNotFound, Recovery::Fail),
    ("InvalidImage.NotFound", Code::MediaNotFound, Recovery::Fail),
    // A 403, 404 or 400, by action and age of the service: no permission is missing.
    (
        "InvalidStorage.NotFound",
        Code::StorageNotFound,
        Recovery::Fail,
    ),
    ("Throttling", Code::VodUnavailable, Recovery::Backoff),
    (
        "ServiceUnavailable",
        Code::VodUnavailable,
        Recovery::Backoff,
    ),
    ("InternalError", Code::VodUnavailable, Recovery::Backoff),
    ("AddVideoFailed", Code::VodUnavailable, Recovery::Backoff),
];

/// What a reply of the VOD API refuses, and what a retry must change. Also for a reply that is none: then it is `ReplyInvalid`.
///
/// The service's message is quoted after redaction, but never the one about signatures: it echoes what was signed.
pub fn refused(reply: &Reply) -> Refused {
    let refusal = Refusal::read(reply);
    let (code, recovery) = meaning(refusal.code.as_deref(), reply.status);
    let what = refusal.code.as_deref().unwrap_or(match reply.status {
        200..=299 => "something that is not a reply of the VOD API",
        _ => "without an error code",
    });
    let message = match &refusal.message {
        Some(text) => format!("VOD answered {} {what}: {text}", reply.status),
        None => format!("VOD answered {} {what}", reply.status),
    };
    let mut error = Error::new(code, message)
        .status(reply.status)
        .request_id(refusal.request_id);
    error.service_code = refusal.code;
    if let Some(denial) = refusal.denial {
        error = denial.explain(error);
    }
    Refused { error, recovery }
}

/// A denial that does not say by itself what is missing names the action that was called.
pub(crate) fn naming(mut error: Error, action: &str) -> Error {
    if error.code == Code::PermissionDenied && error.hint == Code::PermissionDenied.hint() {
        error.hint = format!("Allow vod:{action} to this key by a RAM policy, or use another key.");
    }
    error
}

fn meaning(service_code: Option<&str>, status: u16) -> (Code, Recovery) {
    let begins = |prefix: &str| {
        let start = service_code.and_then(|code| code.get(..prefix.len()));
        start.is_some_and(|start| start.eq_ignore_ascii_case(prefix))
    };
    if let Some((_, code, recovery)) = MEANINGS.iter().find(|(prefix, ..)| begins(prefix)) {
        return (*code, *recovery);
    }
    match status {
        408 | 429 | 500..=599 => (Code::VodUnavailable, Recovery::Backoff),
        401 | 403 => (Code::PermissionDenied, Recovery::Fail),
        // Whoever answers without a code is not the VOD API.
        _ if service_code.is_none() => (Code::ReplyInvalid, Recovery::Fail),
        _ => (Code::VodRejected, Recovery::Fail),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(status: u16, code: &str) -> Refused {
        let body = format!(r#"{{"Code":"{code}","Message":"words","RequestId":"R"}}"#);
        refused(&Reply {
            status,
            headers: vec![],
            body,
        })
    }

    #[test]
    fn the_code_decides_before_the_status() {
        for (status, service_code, code, what) in [
            (
                400,
                "Throttling.User",
                Code::VodUnavailable,
                Recovery::Backoff,
            ),
            (
                503,
                "ServiceUnAvailable",
                Code::VodUnavailable,
                Recovery::Backoff,
            ),
            (
                503,
                "AddVideoFailed",
                Code::VodUnavailable,
                Recovery::Backoff,
            ),
            (
                404,
                "InvalidAccessKeyId.NotFound",
                Code::AccessKeyUnknown,
                Recovery::Fail,
            ),
            (
                400,
                "InvalidAccessKeyId.Inactive",
                Code::AccessKeyInactive,
                Recovery::Fail,
            ),
            (
                400,
                "SignatureDoesNotMatch",
                Code::SignatureMismatch,
                Recovery::Fail,
            ),
            (
                400,
                "SignatureNonceUsed",
                Code::VodUnavailable,
                Recovery::NewNonce,
            ),
            (
                400,
                "InvalidTimeStamp.Expired",
                Code::ClockSkew,
                Recovery::FixClock,
            ),
            (
                403,
                "InvalidSecurityToken.Expired",
                Code::TokenExpired,
                Recovery::NewToken,
            ),
            (
                403,
                "InvalidSecurityToken.MismatchWithAccessKey",
                Code::TokenInvalid,
                Recovery::Fail,
            ),
            (403, "Forbidden.RAM", Code::PermissionDenied, Recovery::Fail),
            (
                403,
                "Forbidden.InitFailed",
                Code::ServiceInactive,
                Recovery::Fail,
            ),
            (
                403,
                "OperationDenied.Suspended",
                Code::ServiceInactive,
                Recovery::Fail,
            ),
            (
                404,
                "InvalidVideo.NotFound",
                Code::MediaNotFound,
                Recovery::Fail,
            ),
            (
                403,
                "InvalidStorage.NotFound",
                Code::StorageNotFound,
                Recovery::Fail,
            ),
            (
                404,
                "InvalidStorage.NotFound",
                Code::StorageNotFound,
                Recovery::Fail,
            ),
            (
                400,
                "InvalidStorage.NotFound",
                Code::StorageNotFound,
                Recovery::Fail,
            ),
            (
                400,
                "InvalidFileName.Extension",
                Code::VodRejected,
                Recovery::Fail,
            ),
            (500, "SomethingNew", Code::VodUnavailable, Recovery::Backoff),
            (400, "SomethingNew", Code::VodRejected, Recovery::Fail),
        ] {
            let Refused { error, recovery } = answered(status, service_code);
            assert_eq!((error.code, recovery), (code, what), "{service_code}");
            assert_eq!(error.service_code.as_deref(), Some(service_code));
            assert_eq!(
                (error.status, error.request_id.as_deref()),
                (Some(status), Some("R"))
            );
        }
    }

    #[test]
    fn without_a_code_the_status_decides() {
        for (status, code, what) in [
            (200, Code::ReplyInvalid, Recovery::Fail),
            (302, Code::ReplyInvalid, Recovery::Fail),
            (403, Code::PermissionDenied, Recovery::Fail),
            (404, Code::ReplyInvalid, Recovery::Fail),
            (429, Code::VodUnavailable, Recovery::Backoff),
            (502, Code::VodUnavailable, Recovery::Backoff),
        ] {
            let Refused { error, recovery } = refused(&Reply {
                status,
                headers: vec![],
                body: "<html>".into(),
            });
            assert_eq!((error.code, recovery), (code, what), "{status}");
        }
    }

    #[test]
    fn a_signature_refusal_does_not_repeat_what_was_signed() {
        let message = "Specified signature is not matched with our calculation. server string to sign is:POST&%2F&hush";
        let body = format!(r#"{{"Code":"SignatureDoesNotMatch","Message":"{message}"}}"#);
        let Refused { error, .. } = refused(&Reply {
            status: 400,
            headers: vec![],
            body,
        });
        assert_eq!(error.message, "VOD answered 400 SignatureDoesNotMatch");
    }
}
