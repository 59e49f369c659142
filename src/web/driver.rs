//! Runs an upload's effects. There is no rule in here: what to send, when to try again, how large a part is, when a credential
//! is renewed and whether the result is right are all the core's to say.
//!
//! All of an upload is one future. What runs at once is polled side by side within it, and a dropped effect lets go of
//! whatever it has opened: so an upload that is dropped leaves nothing running, and no task is shared between two requests.

use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Context, Poll};

use super::account::Keys;
use super::checkpoint::Saver;
use super::effects::{self, Bytes, Keeps, internal};
use super::js;
use super::run::{End, OnProgress};
use super::source::Local;
use super::underway::Underway;
use super::watch::{Ear, failure};
use crate::error::{Code, Error};
use crate::upload::{Effect, Event, FailureKind, TransferBody, Upload};

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
    pub(super) saver: Saver,
}

impl Driver {
    /// Runs it to its end, or to where it was to stop.
    pub(super) async fn run(mut self) -> Result<End, Error> {
        let end = self.obey().await;
        if let Ok(End::Suspended(checkpoint)) = &end {
            self.saver.save((**checkpoint).clone());
        }
        // Whether the last one is kept changes nothing any more.
        let _ = poll_fn(|cx| self.saver.poll(cx)).await;
        end
    }

    async fn obey(&mut self) -> Result<End, Error> {
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
                None => {}
                Some(Err(error)) if error.code == Code::Aborted => {
                    return Err(cause.unwrap_or(error));
                }
                Some(end) => return end,
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
            Effect::Send {
                id,
                request,
                after_checkpoint,
                ..
            } => {
                let saved = after_checkpoint.then(|| self.saver.saved());
                underway.run(id, async move {
                    if let Some(saved) = saved {
                        saved.wait().await;
                    }
                    effects::send(id, request).await
                });
            }
            Effect::Open {
                id,
                request: Some(request),
                peek,
                ..
            } => underway.run(id, effects::open(id, request, peek)),
            Effect::Open { id, file, .. } => {
                let local = match file {
                    None => self.local.open(),
                    Some(_) => Err(internal("there is no folder")),
                };
                underway.run(id, async move { effects::open_local(id, local) });
            }
            Effect::Close { id } => underway.close(id),
            Effect::Read {
                id,
                open,
                part,
                skip,
                limit,
                // Nobody shares a budget of memory here, so there is always room for all.
                least: _,
                idle_ms,
                ..
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
                let source = match body {
                    TransferBody::Range {
                        request, expect, ..
                    } => Bytes::Behind(request, *expect),
                    TransferBody::Opened { open, idle_ms } => {
                        let body = underway.body(open);
                        underway.close(open);
                        Bytes::Kept(body, idle_ms)
                    }
                    TransferBody::Slice { offset } => Bytes::At(self.local.slice(offset, length)),
                    TransferBody::Buffer => Bytes::At(underway.filled(part)),
                    TransferBody::File { .. } => Bytes::At(Err(internal("there is no folder"))),
                };
                let identified = self.saver.identified();
                underway.run(id, async move {
                    identified.wait().await;
                    effects::transfer(id, source, length, request, checksum).await
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
