//! How a request can fail without a reply.

use crate::error::Code;
use crate::json::{Read, Write};

/// Which side failed, and how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Read, Write)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// The machine asked for it.
    Canceled,
    /// The server side of a `Send` or of a PUT: refused, reset, unresolved.
    #[default]
    Network,
    /// The server side answered with something that is not HTTP.
    Malformed,
    /// The host has no free file handle, for a connection or a file: nothing was sent.
    NoHandle,
    /// The server side shows a certificate that is not trusted: nothing was sent.
    Untrusted,
    /// The server side did not move for `idle_ms`.
    Timeout,
    /// The source's answer is not the range asked for ([`check_range`](crate::source::range::check_range) said so).
    SourceReply,
    /// The source's connection failed before its reply.
    SourceNetwork,
    /// The source answered with something that is not HTTP.
    SourceMalformed,
    /// The source shows a certificate that is not trusted.
    SourceUntrusted,
    /// The source did not move for `idle_ms`.
    SourceTimeout,
    /// The source ended before the length asked for, or its connection broke within its body.
    SourceShort,
    /// The source gave more than the length asked for.
    SourceLong,
    /// A local source is no longer what it was (size or modification time).
    SourceChanged,
    /// There is no such local file.
    SourceMissing,
    /// A local source could not be read.
    SourceRead,
    /// A file of a local playlist is not below its folder, although its path is.
    PathRefused,
    /// The source's host resolves to an address that may not be contacted.
    AddressRefused,
    /// The host of VOD or OSS resolves to an address that is never contacted: nothing was sent.
    ServiceRefused,
    /// The proxy does not let the request through: nothing was sent.
    ProxyRefused,
    /// The host cannot tell which address that is, though another build of it could.
    Unguarded,
    /// The caller's function for credentials failed.
    Credentials,
    /// A fault of the host itself.
    Internal,
}

impl FailureKind {
    /// The code of a request to VOD or OSS that had no reply, where `unreachable` is the usual one.
    pub(crate) fn no_reply(self, unreachable: Code) -> Code {
        match self {
            FailureKind::Untrusted => Code::TlsUntrusted,
            FailureKind::ServiceRefused => Code::EndpointRefused,
            FailureKind::ProxyRefused => Code::ProxyRefused,
            FailureKind::Malformed => Code::ReplyMalformed,
            _ => unreachable,
        }
    }
}
