//! One run of an upload, with everything around it that a caller sees: progress, checkpoints, abort and stop.

use std::future::IntoFuture;
use std::rc::Rc;

use web_sys::AbortSignal;

use super::account::LocalFuture;
use super::checkpoint::{CheckpointStore, Saver};
use super::driver::Driver;
use super::source::{self, Input};
use super::watch::Ear;
use super::{Vodlift, js, outgoing};
use crate::error::{Code, Error};
use crate::upload::{Checkpoint, Job, Media, Options, Outcome, Progress, Upload};
use crate::vod::VodService;

pub(super) type OnProgress = Box<dyn FnMut(&Progress)>;

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// The object is complete and verified.
    Done(Outcome),
    /// It has stopped early, as its budget or its stop signal wanted. It goes on from here.
    Suspended(Box<Checkpoint>),
}

pub(super) enum Task {
    Upload(Box<Media>, Input),
    Resume(Box<Checkpoint>, Option<Input>),
    Discard(Box<Checkpoint>),
}

/// One run of an upload, not begun yet. Await it for its outcome, or its [`end`](Run::end).
#[must_use = "nothing happens before it is awaited"]
pub struct Run {
    client: Vodlift,
    task: Task,
    options: Options,
    signal: Option<AbortSignal>,
    stop: Option<AbortSignal>,
    on_progress: Option<OnProgress>,
    store: Option<Box<dyn CheckpointStore>>,
}

impl Run {
    pub(super) fn new(client: &Vodlift, task: Task) -> Run {
        Run {
            client: client.clone(),
            task,
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

    /// Where its checkpoint is kept.
    pub fn checkpoints(mut self, store: impl CheckpointStore + 'static) -> Run {
        self.store = Some(Box::new(store));
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
        let saver = Rc::new(Saver::new(self.store.take()));
        let end = self.driver(&saver).await?.run().await;
        match &end {
            Ok(End::Suspended(checkpoint)) => {
                saver.save((**checkpoint).clone());
                saver.settled().await?;
            }
            Ok(End::Done(_)) => saver.remove().await?,
            // The first error is the one that tells.
            Err(error) if error.code == Code::Aborted => drop(saver.remove().await),
            Err(_) => drop(saver.settled().await),
        }
        end
    }

    async fn driver(self, saver: &Rc<Saver>) -> Result<Driver, Error> {
        let account = self.client.keys.current().await?;
        let Vodlift { keys, vod, oss } = self.client;
        let mut options = self.options;
        let (entropy, now) = (js::entropy()?, js::now());
        let vod_of = |checkpoint: &Checkpoint| {
            vod.clone().unwrap_or_else(|| VodService {
                region: checkpoint.region.clone(),
                ..VodService::default()
            })
        };
        let job = |media, source, vod, options| Job {
            media,
            source,
            vod,
            oss,
            options,
            host: outgoing::limits(),
        };
        let (machine, local) = match self.task {
            Task::Upload(media, input) => {
                options.keep_on_failure |= saver.has_store();
                let (source, local) = input.open()?;
                let job = job(*media, source, vod.unwrap_or_default(), options);
                (Upload::new(job, account, entropy, now)?, local)
            }
            Task::Resume(checkpoint, input) => {
                options.keep_on_failure = true;
                let input = input.map_or_else(|| Input::remembered(&checkpoint), Ok)?;
                let (source, local) = input.open()?;
                let job = job(
                    checkpoint.media.clone(),
                    source,
                    vod_of(&checkpoint),
                    options,
                );
                let machine = Upload::resume(*checkpoint, job, account, entropy, now)?;
                (machine, local)
            }
            Task::Discard(checkpoint) => {
                // Nothing is read, so any source does.
                let (source, local) = source::nothing();
                let job = job(
                    checkpoint.media.clone(),
                    source,
                    vod_of(&checkpoint),
                    options,
                );
                let machine = Upload::discard(*checkpoint, job, account, entropy, now)?;
                (machine, local)
            }
        };
        Ok(Driver {
            machine,
            keys,
            local,
            abort: self.signal.map(Ear::new),
            stop: self.stop.map(Ear::new),
            on_progress: self.on_progress,
            saver: Rc::clone(saver),
        })
    }
}

impl IntoFuture for Run {
    type Output = Result<Outcome, Error>;
    type IntoFuture = LocalFuture<Self::Output>;

    /// For a run without budget, shard or stop signal: one that was suspended is an error here.
    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async {
            match self.end().await? {
                End::Done(outcome) => Ok(outcome),
                End::Suspended(_) => Err(Error::new(
                    Code::Internal,
                    "the upload was suspended: call `end` to get its checkpoint",
                )),
            }
        })
    }
}
