//! Runs an upload's effects. There is no rule in here: what to send, when to try again, how large a part is, when a credential
//! is renewed and whether the result is right are all the core's to say.
//!
//! All of an upload is one future. What runs at once is polled side by side within it, and a dropped effect lets go of
//! whatever it has opened: so an upload that is dropped leaves nothing running, and no task is shared between two requests.

use std::collections::{HashMap, VecDeque};
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use js_sys::Uint8Array;

use super::account::{Keys, LocalFuture};
use super::body::OpenBody;
use super::checkpoint::Saver;
use super::effects::{self, Answer, Keeps, internal};
use super::js;
use super::reader::Reader;
use super::run::{End, OnProgress};
use super::source::Local;
use super::watch::{Ear, failure};
use crate::error::{Code, Error};
use crate::upload::{Effect, Event, Failure, FailureKind, TransferBody, Upload};

/// What an upload runs with.
pub(super) struct Driver {
    /// What decides.
    pub(super) machine: Upload,
    pub(super) keys: Rc<Keys>,
    pub(super) local: Local,
    /// Give up, and clean up.
    pub(super) abort: Option<Ear>,
    /// Come to rest, to be carried on later.
    pub(super) stop: Option<Ear>,
    pub(super) on_progress: Option<OnProgress>,
    pub(super) saver: Rc<Saver>,
}

/// What is under way.
#[derive(Default)]
struct Underway {
    /// Effects that have not answered yet.
    running: Vec<(u32, LocalFuture<Answer>)>,
    /// Bodies kept between reads, by their `Open`; without one while it is read, or after a read that failed.
    bodies: HashMap<u32, Option<OpenBody>>,
    /// What `Read`s have filled, by part. It stays in JavaScript's memory.
    buffers: HashMap<u32, Uint8Array>,
    /// Released ones: parts follow each other faster than garbage is collected.
    spare: Vec<Uint8Array>,
    /// To be handled before anything else.
    events: VecDeque<Event>,
    end: Option<Result<End, Error>>,
}

impl Driver {
    /// Runs it to its end, or to where it was to stop.
    pub(super) async fn run(mut self) -> Result<End, Error> {
        let mut underway = Underway::default();
        underway.events.push_back(Event::Start);
        // Why the upload is given up, when it is not the caller who wants that.
        let mut cause = None;
        loop {
            let event = poll_fn(|cx| self.poll_event(&mut underway, &mut cause, cx)).await;
            for effect in self.machine.handle(event, js::now()) {
                self.begin(&mut underway, effect);
            }
            match underway.end.take() {
                Some(Err(error)) if error.code == Code::Aborted => {
                    return Err(cause.unwrap_or(error));
                }
                Some(end) => return end,
                None => {}
            }
        }
    }

    fn poll_event(
        &mut self,
        underway: &mut Underway,
        cause: &mut Option<Error>,
        cx: &mut Context<'_>,
    ) -> Poll<Event> {
        if let Some(event) = underway.events.pop_front() {
            return Poll::Ready(event);
        }
        if let Poll::Ready(Err(error)) = self.saver.poll(cx) {
            *cause = Some(error);
            return Poll::Ready(Event::Abort);
        }
        if self.abort.as_mut().is_some_and(|ear| ear.hears(cx)) {
            return Poll::Ready(Event::Abort);
        }
        if self.stop.as_mut().is_some_and(|ear| ear.hears(cx)) {
            return Poll::Ready(Event::Stop);
        }
        underway.poll(cx)
    }

    fn begin(&mut self, underway: &mut Underway, effect: Effect) {
        match effect {
            Effect::Send { id, request } => underway.run(id, effects::send(id, request)),
            Effect::Open {
                id,
                request: Some(request),
                ..
            } => underway.run(id, effects::open(id, request)),
            Effect::Open { id, file, .. } => {
                let local = match file {
                    None => self.local.open(),
                    Some(_) => Err(internal("there is no folder")),
                };
                underway.run(id, async move { effects::open_local(id, local) });
            }
            Effect::Close { id } => {
                underway.bodies.remove(&id);
            }
            Effect::Read {
                id,
                open,
                part,
                skip,
                limit,
                idle_ms,
            } => {
                let body = underway.body(open);
                let buffer = underway.buffer(limit);
                underway.run(id, async move {
                    let (mut body, buffer) = (body?, buffer?);
                    let (length, ended) = body.fill(&buffer, skip, idle_ms).await?;
                    let event = Event::Filled {
                        id,
                        length: length.into(),
                        ended,
                    };
                    let keeps = Keeps::Filled {
                        open,
                        body,
                        part,
                        bytes: buffer.subarray(0, length),
                    };
                    Ok((event, keeps))
                });
            }
            Effect::ReadText {
                id,
                open,
                limit,
                idle_ms,
            } => {
                let body = underway.body(open);
                underway.run(id, async move {
                    let mut body = body?;
                    let (text, ended) = body.text(limit, idle_ms).await?;
                    Ok((Event::Text { id, text, ended }, Keeps::Body(open, body)))
                });
            }
            Effect::Release { part } => underway.release(part),
            Effect::Transfer {
                id,
                part,
                body,
                length,
                request,
                checksum,
            } => {
                let local = match &body {
                    TransferBody::Slice { offset } => self.local.slice(*offset, length),
                    TransferBody::Buffer => underway.filled(part),
                    _ => Err(internal("there is no folder")),
                };
                let saver = Rc::clone(&self.saver);
                underway.run(id, async move {
                    saver.identified().await;
                    effects::transfer(id, body, local, length, request, checksum).await
                });
            }
            Effect::Renew { id } => {
                let keys = Rc::clone(&self.keys);
                underway.run(id, async move {
                    let renewed = keys.renew().await;
                    let account = renewed.map_err(|e| failure(FailureKind::Credentials, e))?;
                    Ok((Event::Renewed { id, account }, Keeps::Nothing))
                });
            }
            Effect::Wait { id, until } => underway.run(id, effects::wait(id, until)),
            Effect::Cancel { id } => underway.cancel(id),
            Effect::Progress { progress } => {
                if let Some(tell) = &mut self.on_progress {
                    tell(&progress);
                }
            }
            Effect::Checkpoint { checkpoint } => self.saver.save(checkpoint),
            Effect::Suspended { checkpoint } => {
                underway.end = Some(Ok(End::Suspended(Box::new(checkpoint))));
            }
            Effect::Done { outcome } => underway.end = Some(Ok(End::Done(outcome))),
            Effect::Failed { error } => underway.end = Some(Err(error)),
        }
    }
}

impl Underway {
    /// Runs an effect that ends in exactly one event.
    fn run(&mut self, id: u32, work: impl Future<Output = effects::Ended> + 'static) {
        let answer = async move {
            work.await
                .unwrap_or_else(|failure| (Event::Failed { id, failure }, Keeps::Nothing))
        };
        self.running.push((id, Box::pin(answer)));
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Event> {
        let answered = self.running.iter_mut().enumerate().find_map(|(at, work)| {
            match Pin::new(&mut work.1).poll(cx) {
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

    fn cancel(&mut self, id: u32) {
        let Some(at) = self.running.iter().position(|(running, _)| *running == id) else {
            return;
        };
        drop(self.running.swap_remove(at));
        let failure = failure(FailureKind::Canceled, "called off");
        self.events.push_back(Event::Failed { id, failure });
    }

    fn body(&mut self, open: u32) -> Result<OpenBody, Failure> {
        let Some(place) = self.bodies.get_mut(&open) else {
            return Err(internal(format!("body {open} is not open")));
        };
        let given_up = "an earlier read was given up midway";
        place
            .take()
            .ok_or_else(|| failure(FailureKind::SourceNetwork, given_up))
    }

    /// Memory of this many bytes.
    fn buffer(&mut self, size: u64) -> Result<Uint8Array, Failure> {
        let size =
            u32::try_from(size).map_err(|_| internal(format!("a buffer of {size} bytes")))?;
        // Parts only grow: what does not fit now never fits again.
        self.spare.retain(|buffer| buffer.length() == size);
        let spare = self.spare.pop();
        Ok(spare.unwrap_or_else(|| Uint8Array::new_with_length(size)))
    }

    fn filled(&self, part: u32) -> Result<Reader, Failure> {
        let bytes = self.buffers.get(&part).cloned();
        bytes
            .map(Reader::of_bytes)
            .ok_or_else(|| internal(format!("part {part} has no buffer")))
    }

    fn release(&mut self, part: u32) {
        if let Some(bytes) = self.buffers.remove(&part) {
            self.spare.push(Uint8Array::new(&bytes.buffer()));
        }
    }
}
