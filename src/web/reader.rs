//! Bytes in order, in memory of JavaScript: they enter wasm only where they are looked at.

use js_sys::{ArrayBuffer, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    ReadableStream, ReadableStreamByobReader, ReadableStreamDefaultReader, ReadableStreamReadResult,
};

use super::js;
use super::watch::Line;

/// workerd hands out 4 KiB at a time unless it is given memory to fill, which costs eight times the CPU.
const CHUNK: u32 = 256 * 1024;

/// Reads a stream or a buffer chunk by chunk. Dropped, it lets go of everything.
pub(super) struct Reader {
    from: Origin,
    spare: Option<ArrayBuffer>,
    /// Read already, and put back.
    first: Option<Uint8Array>,
    /// The request whose body it is.
    _line: Option<Line>,
}

enum Origin {
    /// Into memory of our own: only streams made of bytes do that.
    Filling(ReadableStreamByobReader),
    Taking(ReadableStreamDefaultReader),
    Bytes(Uint8Array),
}

impl Reader {
    pub(super) fn of_stream(
        stream: &ReadableStream,
        line: Option<Line>,
    ) -> Result<Reader, JsValue> {
        let from = match ReadableStreamByobReader::new(stream) {
            Ok(reader) => Origin::Filling(reader),
            Err(_) => Origin::Taking(ReadableStreamDefaultReader::new(stream)?),
        };
        Ok(Reader {
            from,
            spare: None,
            first: None,
            _line: line,
        })
    }

    pub(super) fn of_bytes(bytes: Uint8Array) -> Reader {
        Reader {
            from: Origin::Bytes(bytes),
            spare: None,
            first: None,
            _line: None,
        }
    }

    /// The next chunk, at least one byte; `None` at the end.
    pub(super) async fn read(&mut self) -> Result<Option<Uint8Array>, JsValue> {
        if let Some(chunk) = self.first.take() {
            return Ok(Some(chunk));
        }
        loop {
            let reading = match &mut self.from {
                Origin::Filling(reader) => {
                    let memory = self.spare.take().unwrap_or_else(|| ArrayBuffer::new(CHUNK));
                    reader.read_with_array_buffer_view(&Uint8Array::new(&memory))
                }
                Origin::Taking(reader) => reader.read(),
                Origin::Bytes(rest) => return Ok(cut(rest)),
            };
            let result: ReadableStreamReadResult = JsFuture::from(reading).await?.unchecked_into();
            if result.get_done() == Some(true) {
                return Ok(None);
            }
            let chunk = to_bytes(result.get_value())?;
            if chunk.length() > 0 {
                return Ok(Some(chunk));
            }
        }
    }

    /// The next chunk is this one.
    pub(super) fn put_back(&mut self, chunk: Uint8Array) {
        self.first = Some(chunk);
    }

    /// A chunk is not needed any more: its memory is used again.
    pub(super) fn release(&mut self, chunk: &Uint8Array) {
        // Small memory is that of a head, which was put together.
        let is_own = chunk.buffer().unchecked_ref::<ArrayBuffer>().byte_length() >= CHUNK;
        if is_own && let Origin::Filling(_) = self.from {
            self.spare = Some(chunk.buffer().unchecked_into());
        }
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        match &self.from {
            Origin::Filling(reader) => js::unheard(&reader.cancel()),
            Origin::Taking(reader) => js::unheard(&reader.cancel()),
            Origin::Bytes(_) => {}
        }
    }
}

/// Small enough that stalls are seen.
fn cut(rest: &mut Uint8Array) -> Option<Uint8Array> {
    let length = rest.length().min(CHUNK);
    let chunk = rest.subarray(0, length);
    *rest = rest.subarray(length, rest.length());
    (length > 0).then_some(chunk)
}

/// A chunk of a caller's stream as bytes.
fn to_bytes(chunk: JsValue) -> Result<Uint8Array, JsValue> {
    if chunk.is_instance_of::<ArrayBuffer>() {
        return Ok(Uint8Array::new(&chunk));
    }
    chunk
        .dyn_into()
        .map_err(|_| "the stream gave something else than bytes".into())
}
