//! What is under way in one upload: effects that have not answered yet, bodies and buffers kept for later ones.

use std::collections::{HashMap, VecDeque};
use std::future::Future;
use std::task::{Context, Poll};

use js_sys::Uint8Array;

use super::account::LocalFuture;
use super::body::OpenBody;
use super::effects::{Answer, Ended, Keeps, internal};
use super::reader::Reader;
use super::run::End;
use super::watch::failure;
use crate::error::Error;
use crate::upload::{Event, Failure, FailureKind};

/// Dropped, it lets go of everything.
#[derive(Default)]
pub(super) struct Underway {
    /// Effects that have not answered yet.
    running: Vec<(u32, LocalFuture<Answer>)>,
    /// Bodies kept between reads, by their `Open`; without one while it is read, or after a read that failed.
    bodies: HashMap<u32, Option<OpenBody>>,
    /// What `Read`s have filled, by part. It stays in JavaScript's memory.
    buffers: HashMap<u32, Uint8Array>,
    /// Released ones: parts follow each other faster than garbage is collected.
    spare: Vec<Uint8Array>,
    /// To be handled before anything else.
    pub(super) events: VecDeque<Event>,
    pub(super) end: Option<Result<End, Error>>,
}

impl Underway {
    /// Runs an effect that ends in exactly one event.
    pub(super) fn run(&mut self, id: u32, work: impl Future<Output = Ended> + 'static) {
        let answer = async move {
            work.await
                .unwrap_or_else(|failure| (Event::Failed { id, failure }, Keeps::Nothing))
        };
        self.running.push((id, Box::pin(answer)));
    }

    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Event> {
        let answered = self.running.iter_mut().enumerate().find_map(|(at, work)| {
            match work.1.as_mut().poll(cx) {
                Poll::Ready(answer) => Some((at, answer)),
                Poll::Pending => None,
            }
        });
        let Some((at, (event, keeps))) = answered else {
            return Poll::Pending;
        };
        drop(self.running.swap_remove(at));
        self.keep(keeps);
        Poll::Ready(event)
    }

    fn keep(&mut self, keeps: Keeps) {
        match keeps {
            Keeps::Nothing => {}
            Keeps::Opened(open, body) => {
                self.bodies.insert(open, Some(body));
            }
            Keeps::Body(open, body) => self.put_back(open, body),
            Keeps::Filled {
                open,
                body,
                part,
                bytes,
            } => {
                self.put_back(open, body);
                self.buffers.insert(part, bytes);
            }
        }
    }

    /// Unless it was closed meanwhile.
    fn put_back(&mut self, open: u32, body: OpenBody) {
        if let Some(place) = self.bodies.get_mut(&open) {
            *place = Some(body);
        }
    }

    pub(super) fn close(&mut self, open: u32) {
        self.bodies.remove(&open);
    }

    pub(super) fn cancel(&mut self, id: u32) {
        let Some(at) = self.running.iter().position(|(running, _)| *running == id) else {
            return;
        };
        drop(self.running.swap_remove(at));
        let failure = failure(FailureKind::Canceled, "called off");
        self.events.push_back(Event::Failed { id, failure });
    }

    pub(super) fn body(&mut self, open: u32) -> Result<OpenBody, Failure> {
        let Some(place) = self.bodies.get_mut(&open) else {
            return Err(internal(format!("body {open} is not open")));
        };
        let given_up = "an earlier read was given up midway";
        place
            .take()
            .ok_or_else(|| failure(FailureKind::SourceNetwork, given_up))
    }

    /// Memory of this many bytes.
    pub(super) fn buffer(&mut self, size: u64) -> Result<Uint8Array, Failure> {
        let size =
            u32::try_from(size).map_err(|_| internal(format!("a buffer of {size} bytes")))?;
        // Parts only grow: what does not fit now never fits again.
        self.spare.retain(|buffer| buffer.length() == size);
        let spare = self.spare.pop();
        Ok(spare.unwrap_or_else(|| Uint8Array::new_with_length(size)))
    }

    pub(super) fn filled(&self, part: u32) -> Result<Reader, Failure> {
        let bytes = self.buffers.get(&part).cloned();
        bytes
            .map(Reader::of_bytes)
            .ok_or_else(|| internal(format!("part {part} has no buffer")))
    }

    pub(super) fn release(&mut self, part: u32) {
        if let Some(bytes) = self.buffers.remove(&part) {
            self.spare.push(Uint8Array::new(&bytes.buffer()));
        }
    }
}
