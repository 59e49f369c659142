//! What a refusal of OSS means, and what to do about it. The code decides; the status only where there is no code. The
//! finer `EC` is quoted and decides nothing, as the vendor asks. Where one code has several causes, the message tells.
//!
//! What is tried again follows the vendor's own SDKs (v2): 5xx, 408, 429, a clock that is off, and also `BadRequest` and
//! 401, which boxes on the way answer for the moment.
//!
//! <https://www.alibabacloud.com/help/en/oss/developer-reference/error-codes>

use crate::error::{Code, Error};
use crate::http::Reply;
use crate::wire::refusal::Refusal;
use crate::wire::refused;

/// A refusal of OSS, or a reply that is none of its documented ones.
pub type Refused = refused::Refused<OssRecovery>;

/// What to do about an error of OSS.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum OssRecovery {
    /// Stop everything.
    #[default]
    Fail,
    /// The same again, after a while.
    Backoff,
    /// The credential is over: refresh it, keep the upload id, send the part again.
    RefreshCredential,
    /// The credential is odd: refresh it once; if that does not help, stop.
    RefreshOnce,
    /// The same again, signed with the time that the refusal has taught.
    FixClock,
    /// The bytes changed on the way: send this part again.
    ResendPart,
    /// The server misses a part: list them once.
    RelistParts,
    /// The upload id is gone: start over, or, after a Complete, see whether the object is there.
    UploadGone,
}

/// Service codes with a meaning of their own. The rest is refused by its status.
const MEANINGS: &[(&str, Code, OssRecovery)] = &[
    (
        "SecurityTokenExpired",
        Code::TokenExpired,
        OssRecovery::RefreshCredential,
    ),
    // What OSS often says of a temporary key that has ended.
    (
        "InvalidAccessKeyId",
        Code::AccessKeyUnknown,
        OssRecovery::RefreshCredential,
    ),
    // Some clusters say this of a token that has ended.
    (
        "InvalidSecurityToken",
        Code::TokenInvalid,
        OssRecovery::RefreshCredential,
    ),
    (
        "AccessKeyIdAndSecurityTokenNotMatch",
        Code::TokenInvalid,
        OssRecovery::RefreshOnce,
    ),
    (
        "SecurityTokenNotSupported",
        Code::TokenInvalid,
        OssRecovery::RefreshOnce,
    ),
    // Not a sign of expiry: the same credential would be refused again.
    (
        "SignatureDoesNotMatch",
        Code::SignatureMismatch,
        OssRecovery::Fail,
    ),
    (
        "RequestTimeTooSkewed",
        Code::ClockSkew,
        OssRecovery::FixClock,
    ),
    ("AccessDenied", Code::PermissionDenied, OssRecovery::Fail),
    ("AccessForbidden", Code::PermissionDenied, OssRecovery::Fail),
    (
        "SecondLevelDomainForbidden",
        Code::WrongEndpoint,
        OssRecovery::Fail,
    ),
    (
        "TransferAccelerationDisabled",
        Code::WrongEndpoint,
        OssRecovery::Fail,
    ),
    ("PermanentRedirect", Code::WrongEndpoint, OssRecovery::Fail),
    ("TemporaryRedirect", Code::WrongEndpoint, OssRecovery::Fail),
    ("NoSuchUpload", Code::UploadGone, OssRecovery::UploadGone),
    (
        "InvalidDigest",
        Code::ChecksumMismatch,
        OssRecovery::ResendPart,
    ),
    ("InvalidPart", Code::OssRejected, OssRecovery::RelistParts),
    ("EntityTooLarge", Code::TooLarge, OssRecovery::Fail),
    ("CallbackFailed", Code::CallbackFailed, OssRecovery::Fail),
    ("NotImplemented", Code::OssRejected, OssRecovery::Fail),
    // What OSS says of a request that was garbled on the way.
    ("BadRequest", Code::OssRejected, OssRecovery::Backoff),
    ("RequestTimeout", Code::OssUnavailable, OssRecovery::Backoff),
    ("InternalError", Code::OssUnavailable, OssRecovery::Backoff),
    (
        "ServiceUnavailable",
        Code::OssUnavailable,
        OssRecovery::Backoff,
    ),
];

/// What a reply of OSS refuses, and what to do about it. Also for a reply that is none: then it is `ReplyInvalid`.
///
/// The service's message is quoted after redaction, but never that of a code about signatures or tokens: those replies
/// repeat what was signed.
pub fn refused(reply: &Reply) -> Refused {
    let refusal = Refusal::read(reply);
    let text = refusal.message.as_deref().unwrap_or_default();
    let (code, recovery) = meaning(refusal.code.as_deref(), reply.status);
    let (code, hint) = match (&refusal.code, reply.status) {
        (None, 413) => (code, TOO_MUCH_HINT),
        _ => told_apart(code, text),
    };
    let mut message = format!("OSS answered {}", reply.status);
    message.push_str(match (&refusal.code, reply.status) {
        (None, 200..=299) => " with something that is not a reply of OSS",
        (None, _) => " without an error code",
        _ => "",
    });
    for (before, part) in [
        (" ", &refusal.code),
        (", EC ", &refusal.detail),
        (": ", &refusal.message),
    ] {
        if let Some(part) = part {
            message.push_str(before);
            message.push_str(part);
        }
    }
    let mut error = Error::new(code, message)
        .status(reply.status)
        .request_id(refusal.request_id);
    error.service_code = refusal.code;
    if let Some(denial) = refusal.denial {
        error = denial.explain(error);
    }
    error.hint = hint.into();
    Refused { error, recovery }
}

/// Code and hint, where one code of the service has several causes.
fn told_apart(code: Code, text: &str) -> (Code, &'static str) {
    if code == Code::PermissionDenied && text.contains("specified endpoint") {
        return (Code::WrongEndpoint, Code::WrongEndpoint.hint());
    }
    let text = text.to_ascii_lowercase();
    if text.contains("invalid signing region") {
        return (
            Code::WrongEndpoint,
            "The request was signed for another region than the bucket's: correct `ossRegion`, or leave it out, so that it follows from the upload address.",
        );
    }
    if text.contains("authorization header is invalid") {
        return (
            code,
            "This OSS may be one that does not know signature V4, as those of private clouds: set `ossSignature` to v1.",
        );
    }
    let hint = match code {
        // It is VOD's own credential that OSS refuses: no policy of the caller's reaches it.
        Code::PermissionDenied => DENIED_HINT,
        _ => code.hint(),
    };
    (code, hint)
}

/// OSS itself takes parts of 5 GiB.
const TOO_MUCH_HINT: &str =
    "A proxy on the way takes no request of that size: lower `partSize`, or raise its limit.";

const DENIED_HINT: &str = "OSS denies this to the credential that signed it, and if that is the upload credential of VOD, no permission of the AccessKey changes it: leave out `objectHeaders` that ask for more than to store the file, look at the bucket's own policy, and if it lasts, give the request id to support.";

fn meaning(service_code: Option<&str>, status: u16) -> (Code, OssRecovery) {
    let named = service_code.and_then(|code| MEANINGS.iter().find(|(name, ..)| *name == code));
    if let Some((_, code, recovery)) = named {
        return (*code, *recovery);
    }
    // UploadTraffic-, TotalQps-, ActiveRequest-, MetaOperationQps-, Cpu-: the family grows.
    if service_code.is_some_and(|code| code.ends_with("LimitExceeded")) {
        return (Code::OssUnavailable, OssRecovery::Backoff);
    }
    match status {
        203 => (Code::CallbackFailed, OssRecovery::Fail),
        200..=299 if service_code.is_none() => (Code::ReplyInvalid, OssRecovery::Fail),
        300..=399 => (Code::WrongEndpoint, OssRecovery::Fail),
        // OSS refuses with 403: a 401 is a box on the way.
        401 => (Code::PermissionDenied, OssRecovery::Backoff),
        403 => (Code::PermissionDenied, OssRecovery::Fail),
        408 | 429 | 500..=599 => (Code::OssUnavailable, OssRecovery::Backoff),
        _ => (Code::OssRejected, OssRecovery::Fail),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encode::base64_encode;

    fn answered(status: u16, code: &str) -> Refused {
        let body = format!(
            "<Error><Code>{code}</Code><Message>words</Message><RequestId>R</RequestId></Error>"
        );
        refused(&Reply {
            status,
            headers: vec![],
            body,
        })
    }

    #[test]
    fn the_code_decides_before_the_status() {
        use OssRecovery::*;
        for (status, service_code, code, what) in [
            (
                403,
                "SecurityTokenExpired",
                Code::TokenExpired,
                RefreshCredential,
            ),
            (
                403,
                "InvalidAccessKeyId",
                Code::AccessKeyUnknown,
                RefreshCredential,
            ),
            (
                403,
                "InvalidSecurityToken",
                Code::TokenInvalid,
                RefreshCredential,
            ),
            (403, "SignatureDoesNotMatch", Code::SignatureMismatch, Fail),
            (403, "RequestTimeTooSkewed", Code::ClockSkew, FixClock),
            (403, "AccessDenied", Code::PermissionDenied, Fail),
            (403, "SecondLevelDomainForbidden", Code::WrongEndpoint, Fail),
            (404, "NoSuchUpload", Code::UploadGone, UploadGone),
            (404, "NoSuchBucket", Code::OssRejected, Fail),
            (404, "NoSuchKey", Code::OssRejected, Fail),
            (400, "InvalidPart", Code::OssRejected, RelistParts),
            (400, "InvalidPartOrder", Code::OssRejected, Fail),
            (400, "InvalidDigest", Code::ChecksumMismatch, ResendPart),
            (400, "RequestTimeout", Code::OssUnavailable, Backoff),
            (409, "FileAlreadyExists", Code::OssRejected, Fail),
            (501, "NotImplemented", Code::OssRejected, Fail),
            (
                503,
                "UploadTrafficRateLimitExceeded",
                Code::OssUnavailable,
                Backoff,
            ),
            (500, "InternalError", Code::OssUnavailable, Backoff),
            (503, "SomethingNew", Code::OssUnavailable, Backoff),
            (400, "BadRequest", Code::OssRejected, Backoff),
            (403, "BadRequest", Code::OssRejected, Backoff),
            (203, "CallbackFailed", Code::CallbackFailed, Fail),
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
            (200, Code::ReplyInvalid, OssRecovery::Fail),
            (203, Code::CallbackFailed, OssRecovery::Fail),
            (301, Code::WrongEndpoint, OssRecovery::Fail),
            (403, Code::PermissionDenied, OssRecovery::Fail),
            (404, Code::OssRejected, OssRecovery::Fail),
            (401, Code::PermissionDenied, OssRecovery::Backoff),
            (502, Code::OssUnavailable, OssRecovery::Backoff),
        ] {
            let Refused { error, recovery } = refused(&Reply {
                status,
                headers: vec![],
                body: String::new(),
            });
            assert_eq!((error.code, recovery), (code, what), "{status}");
        }
    }

    #[test]
    fn a_proxy_that_takes_less_is_told_from_oss() {
        let reply = |body: &str| Reply {
            status: 413,
            headers: vec![],
            body: body.into(),
        };
        let page = refused(&reply("<html><h1>413 Request Entity Too Large</h1></html>"));
        assert_eq!(
            (page.error.code, page.error.hint.as_str()),
            (Code::OssRejected, TOO_MUCH_HINT)
        );
        let own = refused(&reply("<Error><Code>EntityTooLarge</Code></Error>"));
        assert_eq!(
            (own.error.code, own.error.hint.as_str()),
            (Code::TooLarge, Code::TooLarge.hint())
        );
    }

    #[test]
    fn a_head_has_its_error_in_a_header() {
        let xml = "<Error><Code>SecurityTokenExpired</Code><RequestId>R</RequestId><EC>0002-1</EC></Error>";
        let headers = vec![("x-oss-err".to_owned(), base64_encode(xml.as_bytes()))];
        let Refused { error, recovery } = refused(&Reply {
            status: 403,
            headers,
            body: String::new(),
        });
        assert_eq!(recovery, OssRecovery::RefreshCredential);
        assert_eq!(
            error.message,
            "OSS answered 403 SecurityTokenExpired, EC 0002-1"
        );
    }

    #[test]
    fn the_wrong_endpoint_hides_behind_access_denied() {
        let message = "The bucket you are attempting to access must be addressed using the specified endpoint.";
        let body = format!("<Error><Code>AccessDenied</Code><Message>{message}</Message></Error>");
        let Refused { error, .. } = refused(&Reply {
            status: 403,
            headers: vec![],
            body,
        });
        assert_eq!(error.code, Code::WrongEndpoint);
    }

    #[test]
    fn the_message_tells_a_wrong_region_and_an_unknown_signature_apart() {
        for (status, code, message, meaning, hint) in [
            (
                400,
                "InvalidArgument",
                "Invalid signing region in Authorization header.",
                Code::WrongEndpoint,
                "`ossRegion`",
            ),
            (
                400,
                "InvalidArgument",
                "Authorization header is invalid.",
                Code::OssRejected,
                "`ossSignature` to v1",
            ),
            (
                400,
                "InvalidArgument",
                "part size is odd",
                Code::OssRejected,
                "service's own code",
            ),
        ] {
            // Whatever EC says, or where there is none.
            for ec in ["<EC>0002-00000226</EC>", "<EC>0017-1</EC>", ""] {
                let body =
                    format!("<Error><Code>{code}</Code><Message>{message}</Message>{ec}</Error>");
                let Refused { error, recovery } = refused(&Reply {
                    status,
                    headers: vec![],
                    body,
                });
                assert_eq!(
                    (error.code, recovery),
                    (meaning, OssRecovery::Fail),
                    "{message}"
                );
                assert!(error.hint.contains(hint), "{}", error.hint);
            }
        }
    }

    #[test]
    fn a_denial_names_what_is_not_allowed() {
        let body = "<Error><Code>AccessDenied</Code><Message>no</Message><AccessDeniedDetail><AuthAction>oss:PutObject</AuthAction>\
                    <AuthPrincipalType>AssumedRoleUser</AuthPrincipalType><NoPermissionType>ExplicitDeny</NoPermissionType>\
                    <PolicyType>SessionPolicy</PolicyType><EncodedDiagnosticMessage>hush</EncodedDiagnosticMessage>\
                    </AccessDeniedDetail></Error>";
        let Refused { error, .. } = refused(&Reply {
            status: 403,
            headers: vec![],
            body: body.into(),
        });
        assert_eq!(error.code, Code::PermissionDenied);
        assert!(
            error.message.ends_with(
                "; oss:PutObject is denied to this AssumedRoleUser (ExplicitDeny, SessionPolicy)"
            ),
            "{error}"
        );
        assert!(!error.message.contains("hush"));
    }

    /// Callers can grant nothing to a credential of VOD's.
    #[test]
    fn a_denial_blames_no_key_of_the_caller() {
        let detail =
            "<AccessDeniedDetail><AuthAction>oss:PutObject</AuthAction></AccessDeniedDetail>";
        for body in [
            String::new(),
            "<Error><Code>AccessDenied</Code><Message>no</Message></Error>".to_owned(),
            format!("<Error><Code>AccessDenied</Code>{detail}</Error>"),
        ] {
            let Refused { error, .. } = refused(&Reply {
                status: 403,
                headers: vec![],
                body,
            });
            assert_eq!(error.code, Code::PermissionDenied);
            assert_eq!(error.hint, DENIED_HINT);
        }
    }

    #[test]
    fn what_was_signed_is_never_repeated() {
        let body = "<Error><Code>SignatureDoesNotMatch</Code><Message>hush</Message><StringToSign>hush</StringToSign>\
                    <SignatureProvided>hush</SignatureProvided><CanonicalRequest>hush</CanonicalRequest></Error>";
        let Refused { error, .. } = refused(&Reply {
            status: 403,
            headers: vec![],
            body: body.into(),
        });
        assert!(!format!("{error:?}").contains("hush"));
    }
}
