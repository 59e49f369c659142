//! One run of an upload, with everything around it that a caller sees: progress, checkpoints, abort and stop.

use std::future::{Future, IntoFuture};

use wasm_bindgen::JsValue;
use web_sys::AbortSignal;

use super::account::LocalFuture;
use super::checkpoint::{Saver, Store};
use super::driver::Driver;
use super::source::{self, Local};
use super::watch::Ear;
use super::{Vodlift, js, outgoing};
use crate::error::{Code, Error};
use crate::upload::{Checkpoint, Job, Media, Options, Outcome, Progress, Source, Upload};
use crate::vod::{Account, VodService};

pub(super) type OnProgress = Box<dyn FnMut(&Progress)>;

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// The object is complete and verified.
    Done(Outcome),
    /// It has stopped early, as its budget or its stop signal wanted. It goes on from here.
    Suspended(Box<Checkpoint>),
}

/// What to do with the source.
pub(super) enum Task {
    Upload(Media),
    Resume(Checkpoint),
    /// Remove what is left of it on the server.
    Discard(Checkpoint),
}

/// One run of an upload, not begun yet. Await it for its outcome, or its [`end`](Run::end).
#[must_use = "nothing happens before it is awaited"]
pub struct Run {
    client: Vodlift,
    task: Task,
    source: Result<Source, Error>,
    local: Local,
    options: Options,
    signal: Option<AbortSignal>,
    stop: Option<AbortSignal>,
    on_progress: Option<OnProgress>,
    store: Option<Store>,
}

impl Run {
    pub(super) fn new(
        client: &Vodlift,
        task: Task,
        source: Result<Source, Error>,
        local: Local,
    ) -> Run {
        Run {
            client: client.clone(),
            task,
            source,
            local,
            options: Options::default(),
            signal: None,
            stop: None,
            on_progress: None,
            store: None,
        }
    }

    /// How to go about it. With checkpoints, and on resume, a failure always leaves the parts on the server.
    pub fn options(self, options: Options) -> Run {
        Run { options, ..self }
    }

    /// Aborted, it gives the upload up and removes its parts from the server.
    pub fn signal(mut self, signal: &AbortSignal) -> Run {
        self.signal = Some(signal.clone());
        self
    }

    /// Aborted, it lets the parts in flight end, and then the run in [`End::Suspended`].
    pub fn stop(mut self, signal: &AbortSignal) -> Run {
        self.stop = Some(signal.clone());
        self
    }

    /// Told how far it is.
    pub fn on_progress(mut self, tell: impl FnMut(&Progress) + 'static) -> Run {
        self.on_progress = Some(Box::new(tell));
        self
    }

    /// Keeps its checkpoint: plain JSON of about 1 KB, which holds no key, token, signature or signed URL. Each replaces the
    /// one before; one at a time, and of those that queue up only the latest. No part is sent before the multipart upload it
    /// belongs to is kept, and one that is not kept ends the upload. Done or aborted, it is the caller's to remove.
    pub fn on_checkpoint<F>(mut self, mut keep: impl FnMut(Checkpoint) -> F + 'static) -> Run
    where
        F: Future<Output = Result<(), JsValue>> + 'static,
    {
        self.store = Some(Box::new(move |checkpoint| Box::pin(keep(checkpoint))));
        self
    }

    /// Runs it to its end, or to where it was to stop. Nothing of it is left running.
    ///
    /// # Errors
    /// Everything that can go wrong; see its `code`, `hint` and `retryable`.
    pub async fn end(mut self) -> Result<End, Error> {
        if self.signal.as_ref().is_some_and(AbortSignal::aborted) {
            let message = "the upload was aborted before it began";
            return Err(Error::new(Code::Aborted, message));
        }
        let account = self.client.keys.current().await?;
        let saver = Saver::new(self.store.take());
        self.options.keep_on_failure |= saver.has_store();
        let driver = Driver {
            keys: self.client.keys.clone(),
            abort: self.signal.take().map(Ear::new),
            stop: self.stop.take().map(Ear::new),
            on_progress: self.on_progress.take(),
            local: std::mem::replace(&mut self.local, Local::Nothing),
            machine: self.machine(account)?,
            saver,
        };
        driver.run().await
    }

    /// What may suspend it.
    fn suspends_by(&self) -> Option<&'static str> {
        let Options { budget, shard, .. } = &self.options;
        let given = [
            ("budget", *budget != Default::default()),
            ("shard", shard.is_some()),
            ("stop", self.stop.is_some()),
        ];
        let (field, _) = given.into_iter().find(|(_, is_given)| *is_given)?;
        Some(field)
    }

    /// What decides.
    fn machine(self, account: Account) -> Result<Upload, Error> {
        let (entropy, now) = (js::entropy()?, js::now());
        let (media, region) = match &self.task {
            Task::Upload(media) => (media.clone(), None),
            Task::Resume(from) | Task::Discard(from) => {
                (from.media.clone(), Some(from.region.clone()))
            }
        };
        let default = VodService::default();
        let vod = self.client.vod.unwrap_or_else(|| VodService {
            region: region.unwrap_or(default.region),
            ..default
        });
        let mut job = Job {
            media,
            source: source::absolute(self.source?)?,
            vod,
            oss: self.client.oss,
            options: self.options,
            host: outgoing::limits(),
        };
        match self.task {
            Task::Upload(_) => Upload::new(job, account, entropy, now),
            Task::Discard(from) => Upload::discard(from, job, account, entropy, now),
            Task::Resume(from) => {
                // The parts on the server are somebody's checkpoint.
                job.options.keep_on_failure = true;
                Upload::resume(from, job, account, entropy, now)
            }
        }
    }
}

impl IntoFuture for Run {
    type Output = Result<Outcome, Error>;
    type IntoFuture = LocalFuture<Self::Output>;

    /// For a run without budget, shard or stop signal: one that could be suspended is refused before it begins, since
    /// its checkpoint would be lost here.
    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async {
            if let Some(field) = self.suspends_by() {
                let rule = "may suspend the run: await its `end`, which gives the checkpoint";
                return Err(Error::invalid(field, rule));
            }
            match self.end().await? {
                End::Done(outcome) => Ok(outcome),
                End::Suspended(_) => Err(Error::new(
                    Code::Internal,
                    "the upload was suspended, and nothing asked for it",
                )),
            }
        })
    }
}
