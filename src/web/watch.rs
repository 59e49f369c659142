//! Waiting: for one step after the other, not for ever, and with somebody to blame.

use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use wasm_bindgen::prelude::*;
use web_sys::{AbortController, AbortSignal};

use super::js;
use crate::upload::{Failure, FailureKind};

/// What a timer can count; whoever needs longer sleeps again.
const MAX_TIMER_MS: f64 = 2_147_483_647.0;

/// Whom to blame while something is awaited, and how long it may stand still.
#[derive(Clone, Copy)]
pub(super) struct Side {
    /// When what is awaited fails.
    pub(super) broken: FailureKind,
    /// When it does not move.
    pub(super) stalled: FailureKind,
    /// For this long, in ms; 0 for ever.
    pub(super) idle_ms: u32,
}

impl Side {
    /// The service's side of a request.
    pub(super) fn service(idle_ms: u32) -> Side {
        Side {
            broken: FailureKind::Network,
            stalled: FailureKind::Timeout,
            idle_ms,
        }
    }

    /// The side of a source behind a URL.
    pub(super) fn source(idle_ms: u32) -> Side {
        Side {
            broken: FailureKind::SourceNetwork,
            stalled: FailureKind::SourceTimeout,
            idle_ms,
        }
    }

    /// The side of a source's body: where that breaks, the source was cut off.
    pub(super) fn body(idle_ms: u32) -> Side {
        Side {
            broken: FailureKind::SourceShort,
            ..Side::source(idle_ms)
        }
    }

    /// The side of a source that the caller handed in.
    pub(super) fn local(idle_ms: u32) -> Side {
        Side {
            broken: FailureKind::SourceRead,
            stalled: FailureKind::SourceTimeout,
            idle_ms,
        }
    }

    pub(super) fn broke(self, error: &JsValue) -> Failure {
        failure(self.broken, js::describe(error))
    }
}

pub(super) fn failure(kind: FailureKind, message: impl Into<String>) -> Failure {
    Failure {
        kind,
        message: message.into(),
        status: None,
        headers: Vec::new(),
    }
}

/// Ends a request with its body when it is dropped. Every request has its own: a source that nobody cancels may flow on.
pub(super) struct Line(AbortController);

impl Line {
    pub(super) fn new() -> Result<Line, JsValue> {
        AbortController::new().map(Line)
    }

    pub(super) fn signal(&self) -> AbortSignal {
        self.0.signal()
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Watches over the steps of one effect.
#[derive(Default)]
pub(super) struct Watch {
    /// One that rings earlier than needed is set again then; so a chunk costs no timer.
    timer: Option<(Timer, f64)>,
}

impl Watch {
    /// Awaits one step.
    pub(super) async fn wait<T>(
        &mut self,
        step: impl Future<Output = Result<T, JsValue>>,
        side: Side,
    ) -> Result<T, Failure> {
        let mut step = pin!(step);
        let due = match side.idle_ms {
            0 => f64::INFINITY,
            ms => js::now_ms() + f64::from(ms),
        };
        poll_fn(|cx| match step.as_mut().poll(cx) {
            Poll::Ready(done) => Poll::Ready(done.map_err(|error| side.broke(&error))),
            Poll::Pending if self.is_due(due, cx) => {
                let text = format!("nothing moved for {} ms", side.idle_ms);
                Poll::Ready(Err(failure(side.stalled, text)))
            }
            Poll::Pending => Poll::Pending,
        })
        .await
    }

    fn is_due(&mut self, due: f64, cx: &mut Context<'_>) -> bool {
        while due.is_finite() {
            match &self.timer {
                Some((timer, rings)) if *rings <= due => match timer.poll(cx) {
                    Poll::Pending => return false,
                    Poll::Ready(()) if js::now_ms() >= due => return true,
                    Poll::Ready(()) => self.timer = None,
                },
                _ => self.timer = Some((Timer::new(due - js::now_ms()), due)),
            }
        }
        false
    }
}

/// Waits until a time, in ms since the epoch.
pub(super) async fn sleep_until(until: f64) {
    while js::now_ms() < until {
        let timer = Timer::new(until - js::now_ms());
        poll_fn(|cx| timer.poll(cx)).await;
    }
}

/// A call from JavaScript that a future waits for.
#[derive(Clone, Default)]
struct Bell(Rc<(Cell<bool>, Cell<Option<Waker>>)>);

impl Bell {
    fn ring(&self) {
        self.0.0.set(true);
        if let Some(waker) = self.0.1.take() {
            waker.wake();
        }
    }

    fn poll(&self, cx: &mut Context<'_>) -> Poll<()> {
        if self.0.0.get() {
            return Poll::Ready(());
        }
        self.0.1.set(Some(cx.waker().clone()));
        Poll::Pending
    }

    fn on_call(&self) -> Closure<dyn FnMut()> {
        let bell = self.clone();
        Closure::new(move || bell.ring())
    }
}

struct Timer {
    bell: Bell,
    id: JsValue,
    _ring: Closure<dyn FnMut()>,
}

impl Timer {
    fn new(ms: f64) -> Timer {
        let bell = Bell::default();
        let ring = bell.on_call();
        let id = js::set_timeout(&ring, ms.clamp(0.0, MAX_TIMER_MS)).unwrap_or(JsValue::UNDEFINED);
        Timer {
            bell,
            id,
            _ring: ring,
        }
    }

    fn poll(&self, cx: &mut Context<'_>) -> Poll<()> {
        self.bell.poll(cx)
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        js::clear_timeout(&self.id);
    }
}

/// Hears, once, that a caller's signal was aborted.
pub(super) struct Ear {
    signal: AbortSignal,
    bell: Bell,
    heard: bool,
    ring: Closure<dyn FnMut()>,
}

impl Ear {
    pub(super) fn new(signal: AbortSignal) -> Ear {
        let bell = Bell::default();
        let ring = bell.on_call();
        let _ = signal.add_event_listener_with_callback("abort", ring.as_ref().unchecked_ref());
        if signal.aborted() {
            bell.ring();
        }
        Ear {
            signal,
            bell,
            heard: false,
            ring,
        }
    }

    pub(super) fn hears(&mut self, cx: &mut Context<'_>) -> bool {
        let heard = !self.heard && self.bell.poll(cx).is_ready();
        self.heard |= heard;
        heard
    }
}

impl Drop for Ear {
    fn drop(&mut self) {
        let listener = self.ring.as_ref().unchecked_ref();
        let _ = self
            .signal
            .remove_event_listener_with_callback("abort", listener);
    }
}
