//! Requests on their way out, and the heads of their replies.
//!
//! A JavaScript stream as the body of a `fetch` goes out chunked, and when it breaks in a Worker the server sees a clean end
//! and stores a short object. So every body is bytes in memory, or a `FixedLengthStream` where there is one.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll};

use js_sys::{Array, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{RequestCache, RequestInit, RequestRedirect, Response, WritableStreamDefaultWriter};

use super::js::{self, FixedLengthStream};
use super::reader::Reader;
use super::watch::Line;
use crate::http::{Headers, Request};
use crate::upload::HostLimits;

const MIB: u64 = 1024 * 1024;

/// What the core plans with.
pub(super) fn limits() -> HostLimits {
    let streams = js::streams_lengths();
    // Six connections at once and 128 MB an isolate are all a Worker has; a part under way holds two connections.
    let (max_concurrency, buffer_mib) = if streams { (5, 48) } else { (6, 64) };
    HostLimits {
        concurrency: 3,
        max_concurrency,
        buffer_bytes: MIB.saturating_mul(buffer_mib),
        buffers_parts: !streams,
        subrequests: None,
        origin: None,
    }
}

/// The head of a reply; its body is still unread.
pub(super) struct Incoming {
    pub(super) status: u16,
    pub(super) headers: Headers,
    pub(super) body: Reader,
}

/// Sends a GET without a body, past any cache: nothing may answer for the source, or keep it.
pub(super) async fn open(request: &Request) -> Result<Incoming, JsValue> {
    let line = Line::new()?;
    let init = init(request, &line)?;
    // Workers with a compatibility date before 2024-11-11 know no cache mode, and throw.
    let mode = RequestInit::new();
    mode.set_cache(RequestCache::NoStore);
    if web_sys::Request::new_with_str_and_init("https://vodlift.invalid/", &mode).is_ok() {
        init.set_cache(RequestCache::NoStore);
    }
    let response = JsFuture::from(js::fetch(&request.url, &init)?).await?;
    incoming(response.unchecked_into(), line)
}

fn init(request: &Request, line: &Line) -> Result<RequestInit, JsValue> {
    let headers = web_sys::Headers::new()?;
    for (name, value) in &request.headers {
        headers.append(name, value)?;
    }
    let init = RequestInit::new();
    init.set_method(&request.method);
    init.set_headers(&headers);
    init.set_redirect(RequestRedirect::Manual);
    init.set_signal(Some(&line.signal()));
    Ok(init)
}

fn incoming(response: Response, line: Line) -> Result<Incoming, JsValue> {
    let mut headers = Headers::new();
    for entry in response.headers().entries() {
        let pair: Array = entry?.unchecked_into();
        let text = |index| pair.get(index).as_string().unwrap_or_default();
        let (name, value) = (text(0), text(1));
        let value = match name.as_str() {
            "location" if js::streams_lengths() => one_char_per_byte(&value),
            _ => value,
        };
        headers.push((name, value));
    }
    let body = match response.body() {
        Some(stream) => Reader::of_stream(&stream, Some(line))?,
        None => Reader::of_bytes(Uint8Array::new_with_length(0)),
    };
    Ok(Incoming {
        status: response.status(),
        headers,
        body,
    })
}

/// Workers read header values as UTF-8. The core wants one character per byte, or it would take the
/// `é` of a Location for the one byte that it is in Latin-1.
fn one_char_per_byte(text: &str) -> String {
    text.bytes().map(char::from).collect()
}

/// One request on its way out, whose body of `length` bytes is written bit by bit.
pub(super) struct Outgoing<'a> {
    request: &'a Request,
    length: u64,
    line: Line,
    body: Body,
    reply: Option<JsFuture>,
    answer: Option<Result<JsValue, JsValue>>,
}

enum Body {
    Nothing,
    Streamed(Writer),
    Gathered { bytes: Uint8Array, filled: u32 },
}

/// Dropped before it was closed, it breaks the request.
struct Writer(WritableStreamDefaultWriter);

impl Drop for Writer {
    fn drop(&mut self) {
        js::unheard(&self.0.abort());
    }
}

impl<'a> Outgoing<'a> {
    pub(super) fn new(request: &'a Request, length: u64) -> Result<Outgoing<'a>, JsValue> {
        let line = Line::new()?;
        Ok(Outgoing {
            request,
            length,
            line,
            body: Body::Nothing,
            reply: None,
            answer: None,
        })
    }

    /// The server has answered. Whatever is not written yet need not be written any more.
    pub(super) fn answered(&self) -> bool {
        self.answer.is_some()
    }

    /// Sends a chunk. It is over when there is room for more, or nobody wants more. Says whether the chunk's memory is free.
    pub(super) async fn write(&mut self, chunk: &Uint8Array) -> Result<bool, JsValue> {
        if self.reply.is_none() && u64::from(chunk.length()) == self.length {
            self.begin(chunk)?;
            return Ok(false);
        }
        if matches!(self.body, Body::Nothing) {
            self.body = self.begin_body()?;
        }
        match &mut self.body {
            Body::Nothing => Ok(false),
            Body::Gathered { bytes, filled } => {
                bytes.set(chunk, *filled);
                *filled = filled.saturating_add(chunk.length());
                if *filled == bytes.length() {
                    let bytes = bytes.clone();
                    self.begin(&bytes)?;
                }
                Ok(true)
            }
            Body::Streamed(writer) => {
                let mut written = JsFuture::from(writer.0.write_with_chunk(chunk));
                poll_fn(|cx| match Pin::new(&mut written).poll(cx) {
                    Poll::Ready(done) => Poll::Ready(done.map(|_| true)),
                    Poll::Pending if self.poll_answer(cx) => Poll::Ready(Ok(false)),
                    Poll::Pending => Poll::Pending,
                })
                .await
            }
        }
    }

    /// Ends the body and waits for the reply's head.
    pub(super) async fn finish(mut self) -> Result<Incoming, JsValue> {
        if self.reply.is_none() {
            // A request without bytes has no body at all, unless its method needs one to say "0 bytes".
            match self.request.method.as_str() {
                "PUT" | "POST" => self.begin(&Uint8Array::new_with_length(0))?,
                _ => self.begin(&JsValue::UNDEFINED)?,
            }
        }
        let closed = match &self.body {
            Body::Streamed(writer) if !self.answered() => Some(JsFuture::from(writer.0.close())),
            _ => None,
        };
        poll_fn(|cx| match self.poll_answer(cx) {
            true => Poll::Ready(()),
            false => Poll::Pending,
        })
        .await;
        let answer = self.answer.take().unwrap_or(Err(JsValue::UNDEFINED))?;
        let response: Response = answer.unchecked_into();
        // A success counts only if every byte went through; a refusal counts in any case.
        if let (Some(closed), true) = (closed, response.status() < 400) {
            closed.await?;
        }
        self.body = Body::Nothing;
        incoming(response, self.line)
    }

    fn begin_body(&mut self) -> Result<Body, JsValue> {
        if !js::streams_lengths() {
            let length = u32::try_from(self.length).map_err(|_| "more than 4 GiB in one part")?;
            let bytes = Uint8Array::new_with_length(length);
            return Ok(Body::Gathered { bytes, filled: 0 });
        }
        let stream = FixedLengthStream::new(self.length as f64)?;
        let writer = stream.writable().get_writer()?;
        js::unheard(&writer.closed());
        self.begin(&stream.readable())?;
        Ok(Body::Streamed(Writer(writer)))
    }

    fn begin(&mut self, body: &JsValue) -> Result<(), JsValue> {
        let init = init(self.request, &self.line)?;
        init.set_body(body);
        self.reply = Some(JsFuture::from(js::fetch(&self.request.url, &init)?));
        Ok(())
    }

    fn poll_answer(&mut self, cx: &mut Context<'_>) -> bool {
        if let (None, Some(reply)) = (&self.answer, &mut self.reply)
            && let Poll::Ready(answer) = Pin::new(reply).poll(cx)
        {
            self.answer = Some(answer);
        }
        self.answered()
    }
}
