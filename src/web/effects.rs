//! The effects that take time, each up to its one event.

use super::body::OpenBody;
use super::outgoing;
use super::reader::Reader;
use super::transfer::{self, Put};
use super::watch::{self, Side, Watch, failure};
use crate::http::{Reply, Request};
use crate::source::range::{RangeExpectation, check_range};
use crate::upload::{Event, Failure, FailureKind};

/// An event, and what is kept for later effects.
pub(super) type Answer = (Event, Keeps);

/// How an effect ends.
pub(super) type Ended = Result<Answer, Failure>;

pub(super) enum Keeps {
    Nothing,
    Opened(u32, OpenBody),
    Body(u32, OpenBody),
    Filled {
        open: u32,
        body: OpenBody,
        part: u32,
        bytes: js_sys::Uint8Array,
    },
}

pub(super) async fn send(id: u32, request: Request) -> Ended {
    let Reply {
        status,
        headers,
        body,
    } = transfer::send(&request).await?;
    let event = Event::Replied {
        id,
        status,
        headers,
        body,
    };
    Ok((event, Keeps::Nothing))
}

pub(super) async fn open(id: u32, request: Request, peek: u32) -> Ended {
    let side = Side::source(request.reply_ms);
    let mut watch = Watch::default();
    let mut incoming = watch.wait(outgoing::open(&request), side).await?;
    let head = match incoming.status {
        200..=299 => {
            let side = Side::body(request.idle_ms);
            match transfer::peek(&mut watch, &mut incoming.body, peek, side).await {
                // workerd breaks a body that is not what its Content-Encoding says. The reply says more, and is told first.
                Err(broken)
                    if broken.kind == FailureKind::SourceShort && is_encoded(&incoming.headers) =>
                {
                    String::new()
                }
                head => head?,
            }
        }
        _ => String::new(),
    };
    let event = Event::Opened {
        id,
        status: incoming.status,
        headers: incoming.headers,
        head,
    };
    let body = OpenBody::new(incoming.body, Side::body);
    Ok((event, Keeps::Opened(id, body)))
}

fn is_encoded(headers: &[(String, String)]) -> bool {
    let mut names = headers.iter().map(|(name, _)| name);
    names.any(|name| name.eq_ignore_ascii_case("content-encoding"))
}

pub(super) fn open_local(id: u32, opened: Result<Reader, Failure>) -> Ended {
    let body = OpenBody::new(opened?, Side::local);
    let event = Event::Opened {
        id,
        status: 200,
        headers: Vec::new(),
        head: String::new(),
    };
    Ok((event, Keeps::Opened(id, body)))
}

pub(super) async fn wait(id: u32, until: u64) -> Ended {
    watch::sleep_until(until as f64).await;
    Ok((Event::Woke { id }, Keeps::Nothing))
}

/// Where a transfer's bytes are.
pub(super) enum Bytes {
    /// Behind a URL, as a range that the reply must be.
    Behind(Request, RangeExpectation),
    /// In a body that was opened, and of which nothing was read.
    Kept(Result<OpenBody, Failure>, u32),
    /// Here.
    At(Result<Reader, Failure>),
}

pub(super) async fn transfer(
    id: u32,
    bytes: Bytes,
    length: u64,
    request: Request,
    checksum: bool,
) -> Ended {
    let (source, from) = match bytes {
        Bytes::At(reader) => (reader?, Side::local(0)),
        Bytes::Kept(body, idle_ms) => (body?.into_reader(), Side::body(idle_ms)),
        Bytes::Behind(request, expect) => {
            let side = Side::body(request.idle_ms);
            let opening = outgoing::open(&request);
            let patient = Side::source(request.reply_ms);
            let head = Watch::default().wait(opening, patient).await?;
            if let Err(refused) = check_range(&expect, head.status, &head.headers) {
                return Err(Failure {
                    kind: FailureKind::SourceReply,
                    message: refused.message,
                    status: Some(head.status),
                    headers: head.headers,
                });
            }
            (head.body, side)
        }
    };
    let put = Put {
        request,
        source,
        from,
        length,
        checksum,
    };
    let sent = put.run().await?;
    let event = Event::Transferred {
        id,
        sent: sent.bytes,
        status: sent.reply.status,
        headers: sent.reply.headers,
        body: sent.reply.body,
        crc64: sent.crc64,
    };
    Ok((event, Keeps::Nothing))
}

/// A fault of the host itself.
pub(super) fn internal(message: impl Into<String>) -> Failure {
    failure(FailureKind::Internal, message)
}
