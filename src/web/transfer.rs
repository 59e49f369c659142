//! What every runtime does alike: exact lengths, checksums, and whose fault it was.

use js_sys::Uint8Array;

use super::outgoing::{Incoming, Outgoing};
use super::reader::Reader;
use super::watch::{Side, Watch, failure};
use crate::http::{Reply, Request};
use crate::limits::REPLY;
use crate::oss::crc64::Crc64;
use crate::upload::{Failure, FailureKind};

/// Sends a small request and reads its whole reply.
pub(super) async fn send(request: &Request) -> Result<Reply, Failure> {
    let side = Side::service(request.idle_ms);
    let mut watch = Watch::default();
    let body = Uint8Array::from(request.body.as_bytes());
    let mut outgoing = Outgoing::new(request, body.length().into()).map_err(|e| side.broke(&e))?;
    if body.length() > 0 {
        watch.wait(outgoing.write(&body), side).await?;
    }
    let patient = Side::service(request.reply_ms);
    let head = watch.wait(outgoing.finish(), patient).await?;
    read_reply(&mut watch, head, side).await
}

/// What is to be PUT.
pub(super) struct Put {
    pub(super) request: Request,
    pub(super) source: Reader,
    pub(super) from: Side,
    /// Bytes, exactly.
    pub(super) length: u64,
    pub(super) checksum: bool,
}

/// What became of it.
pub(super) struct Sent {
    pub(super) bytes: u64,
    pub(super) reply: Reply,
    /// Unsigned decimal, where one was asked for.
    pub(super) crc64: Option<String>,
}

impl Put {
    /// PUTs exactly `length` bytes of the source: one byte more or fewer is an error, and never looks complete to the server.
    pub(super) async fn run(mut self) -> Result<Sent, Failure> {
        let request = self.request.clone();
        let side = Side::service(request.idle_ms);
        let mut watch = Watch::default();
        let mut outgoing = Outgoing::new(&request, self.length).map_err(|e| side.broke(&e))?;
        let mut crc = self.checksum.then(Crc64::new);
        let mut sent = 0;
        while sent < self.length && !outgoing.answered() {
            let chunk = self.next_chunk(&mut watch, sent).await?;
            if let Some(crc) = &mut crc {
                crc.update(&chunk.to_vec());
            }
            if watch.wait(outgoing.write(&chunk), side).await? {
                self.source.release(&chunk);
            }
            sent = sent.saturating_add(chunk.length().into());
        }
        let patient = Side::service(request.reply_ms);
        let head = watch.wait(outgoing.finish(), patient).await?;
        if sent < self.length && head.status < 400 {
            let text = format!(
                "answered {} after {sent} of {} bytes",
                head.status, self.length
            );
            return Err(failure(FailureKind::Network, text));
        }
        Ok(Sent {
            bytes: sent,
            reply: read_reply(&mut watch, head, side).await?,
            crc64: crc.map(|crc| crc.finish().to_string()),
        })
    }

    /// The next chunk. The last one is handed out only once the source has proven that nothing follows it.
    async fn next_chunk(&mut self, watch: &mut Watch, sent: u64) -> Result<Uint8Array, Failure> {
        let Some(chunk) = watch.wait(self.source.read(), self.from).await? else {
            let text = format!("it ended after {sent} of {} bytes", self.length);
            return Err(failure(FailureKind::SourceShort, text));
        };
        let after = sent.saturating_add(chunk.length().into());
        let too_long = after > self.length
            || (after == self.length && watch.wait(self.source.read(), self.from).await?.is_some());
        if too_long {
            let text = format!("it gave more than {} bytes", self.length);
            return Err(failure(FailureKind::SourceLong, text));
        }
        Ok(chunk)
    }
}

/// The first bytes of a body, a character for each. It stays whole.
pub(super) async fn peek(
    watch: &mut Watch,
    body: &mut Reader,
    bytes: u32,
    side: Side,
) -> Result<String, Failure> {
    if bytes == 0 {
        return Ok(String::new());
    }
    let Some(mut head) = watch.wait(body.read(), side).await? else {
        return Ok(String::new());
    };
    while head.length() < bytes {
        let Some(chunk) = watch.wait(body.read(), side).await? else {
            break;
        };
        let both = Uint8Array::new_with_length(head.length().saturating_add(chunk.length()));
        both.set(&head, 0);
        both.set(&chunk, head.length());
        head = both;
    }
    let first = head.subarray(0, bytes.min(head.length())).to_vec();
    body.put_back(head);
    Ok(first.into_iter().map(char::from).collect())
}

async fn read_reply(watch: &mut Watch, head: Incoming, side: Side) -> Result<Reply, Failure> {
    let Incoming {
        status,
        headers,
        mut body,
    } = head;
    let mut bytes = Vec::new();
    loop {
        match watch.wait(body.read(), side).await {
            Ok(None) => break,
            Ok(Some(chunk)) => bytes.extend(chunk.to_vec()),
            // Who refuses an upload often hangs up at once: the status alone still says more than the broken connection.
            Err(error) if status >= 400 && error.kind == FailureKind::Network => break,
            Err(error) => return Err(error),
        }
        if bytes.len() > REPLY {
            let text = format!("a reply of over {REPLY} bytes");
            return Err(failure(FailureKind::Network, text));
        }
    }
    Ok(Reply {
        status,
        headers,
        body: String::from_utf8_lossy(&bytes).into_owned(),
    })
}
