//! Opening a source, be it one object or a file of a playlist: redirects, what passes by itself, and what a failure means.

use crate::error::{Code, Error};
use crate::http::{Headers, location};
use crate::source::cookies::with_cookies;
use crate::source::guard::{SourcePolicy, next_hop};
use crate::upload::event::FailureKind;

/// A reply to an `Open`, whose body is kept.
#[derive(Clone, Copy)]
pub(super) struct Opened<'a> {
    pub(super) id: u32,
    pub(super) status: u16,
    pub(super) headers: &'a Headers,
    /// The first bytes of the body.
    pub(super) head: &'a str,
}

impl Opened<'_> {
    pub(super) fn is_redirect(&self) -> bool {
        matches!(self.status, 301 | 302 | 303 | 307 | 308)
    }

    /// Where a redirect leads to, and what is asked for there.
    ///
    /// # Errors
    /// A redirect to nowhere, one too many, or an address that the guard refuses.
    pub(super) fn next_hop(
        &self,
        from: &str,
        asked: &Headers,
        hops: u32,
        policy: &SourcePolicy,
    ) -> Result<(String, Headers), Error> {
        let to = location(self.headers);
        let asked = with_cookies(asked, self.headers);
        next_hop(from, to.as_deref(), &asked, hops, policy)
    }
}

/// A status that may pass by itself.
pub(super) fn is_passing(status: u16) -> bool {
    status >= 500 || matches!(status, 408 | 425 | 429)
}

/// A refusal by which a redirect that was followed before may have ended.
pub(super) fn may_have_moved(status: u16) -> bool {
    matches!(status, 301..=303 | 307 | 308 | 401 | 403 | 404 | 410)
}

/// What a failure to open or read a source is told as.
pub(super) fn code_of(kind: FailureKind) -> Code {
    match kind {
        FailureKind::AddressRefused => Code::AddressRefused,
        FailureKind::SourceUntrusted => Code::SourceTlsUntrusted,
        FailureKind::SourceMalformed => Code::SourceMalformed,
        FailureKind::SourceShort => Code::SourceTruncated,
        FailureKind::SourceLong => Code::SourceTooLong,
        FailureKind::SourceChanged => Code::SourceChanged,
        FailureKind::SourceMissing => Code::SourceMissing,
        FailureKind::SourceRead => Code::SourceRead,
        FailureKind::Unguarded => Code::GuardMissing,
        FailureKind::ProxyRefused => Code::ProxyRefused,
        FailureKind::PathRefused => Code::PathRefused,
        FailureKind::Canceled
        | FailureKind::Network
        | FailureKind::Malformed
        | FailureKind::NoHandle
        | FailureKind::Untrusted
        | FailureKind::Timeout
        | FailureKind::SourceReply
        | FailureKind::SourceNetwork
        | FailureKind::SourceTimeout
        | FailureKind::ServiceRefused
        | FailureKind::Credentials
        | FailureKind::Internal => Code::SourceUnreachable,
    }
}
