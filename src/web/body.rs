//! A body that is kept open and read bit by bit into buffers.

use js_sys::Uint8Array;

use super::reader::Reader;
use super::watch::{Side, Watch, failure};
use crate::upload::{Failure, FailureKind};

pub(super) struct OpenBody {
    reader: Reader,
    side: fn(u32) -> Side,
    /// Read, but not taken yet.
    rest: Option<Uint8Array>,
}

impl OpenBody {
    pub(super) fn new(reader: Reader, side: fn(u32) -> Side) -> OpenBody {
        OpenBody {
            reader,
            side,
            rest: None,
        }
    }

    /// All of it, as long as nothing was read.
    pub(super) fn into_reader(self) -> Reader {
        self.reader
    }

    /// Drops `skip` bytes, fills the buffer, and looks whether anything follows: says how much there was, and if it has ended.
    pub(super) async fn fill(
        &mut self,
        buffer: &Uint8Array,
        skip: u64,
        idle_ms: u32,
    ) -> Result<(u32, bool), Failure> {
        let side = (self.side)(idle_ms);
        let mut watch = Watch::default();
        let mut skipped = 0;
        while skipped < skip {
            let left = u32::try_from(skip.saturating_sub(skipped)).unwrap_or(u32::MAX);
            let Some(chunk) = self.take(&mut watch, side, left).await? else {
                break;
            };
            skipped = skipped.saturating_add(chunk.length().into());
            self.release(&chunk);
        }
        let mut filled = 0;
        while filled < buffer.length() {
            let left = buffer.length().saturating_sub(filled);
            let Some(chunk) = self.take(&mut watch, side, left).await? else {
                break;
            };
            buffer.set(&chunk, filled);
            filled = filled.saturating_add(chunk.length());
            self.release(&chunk);
        }
        Ok((filled, self.has_ended(&mut watch, side).await?))
    }

    /// Reads up to `limit` bytes as text, and looks whether anything follows. A byte order mark stays.
    pub(super) async fn text(
        &mut self,
        limit: u64,
        idle_ms: u32,
    ) -> Result<(String, bool), Failure> {
        let side = (self.side)(idle_ms);
        let mut watch = Watch::default();
        let mut bytes = Vec::new();
        loop {
            let left = limit.saturating_sub(bytes.len() as u64);
            let left = u32::try_from(left).unwrap_or(u32::MAX);
            let Some(chunk) = self.take(&mut watch, side, left).await? else {
                break;
            };
            bytes.extend(chunk.to_vec());
            self.release(&chunk);
        }
        let ended = self.has_ended(&mut watch, side).await?;
        Ok((utf8(bytes, ended)?, ended))
    }

    /// The next bytes, at the most `limit`; `None` at the end, or when none are wanted.
    async fn take(
        &mut self,
        watch: &mut Watch,
        side: Side,
        limit: u32,
    ) -> Result<Option<Uint8Array>, Failure> {
        if limit == 0 || self.has_ended(watch, side).await? {
            return Ok(None);
        }
        let Some(chunk) = self.rest.take() else {
            return Ok(None);
        };
        if chunk.length() > limit {
            self.rest = Some(chunk.subarray(limit, chunk.length()));
        }
        Ok(Some(chunk.subarray(0, limit.min(chunk.length()))))
    }

    async fn has_ended(&mut self, watch: &mut Watch, side: Side) -> Result<bool, Failure> {
        if self.rest.is_none() {
            self.rest = watch.wait(self.reader.read(), side).await?;
        }
        Ok(self.rest.is_none())
    }

    fn release(&mut self, chunk: &Uint8Array) {
        if self.rest.is_none() {
            self.reader.release(chunk);
        }
    }
}

/// Cut off in the middle of a character is no fault of a text that goes on.
fn utf8(bytes: Vec<u8>, ended: bool) -> Result<String, Failure> {
    if bytes.starts_with(&[0x1f, 0x8b]) {
        let message = "it is gzip'ed, which is not unpacked here";
        return Err(failure(FailureKind::SourceRead, message));
    }
    String::from_utf8(bytes).or_else(|error| {
        let fault = error.utf8_error();
        if ended || fault.error_len().is_some() {
            return Err(failure(FailureKind::SourceRead, "it is not UTF-8 text"));
        }
        let mut bytes = error.into_bytes();
        bytes.truncate(fault.valid_up_to());
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    })
}
