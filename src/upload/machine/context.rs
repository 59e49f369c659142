//! What every state has: what is wanted, who calls VOD, what is in flight and what happened so far. It decides nothing.

use std::collections::VecDeque;

use super::budget::{self, Spent};
use super::call::{Call, OssCall, VodCall};
use super::rights::Rights;
use super::tasks::{Task, Tasks};
use crate::error::Error;
use crate::few::Map;
use crate::http::{Headers, Request, source_headers};
use crate::time::UnixMs;
use crate::upload::checkpoint::Checkpoint;
use crate::upload::event::Effect;
use crate::upload::job::Job;
use crate::vod::Account;
use crate::vod::caller::Caller;

/// Give up when the source does not move for this long, in ms. Its first byte may take longer, see `patience`.
pub(super) const SOURCE_IDLE_MS: u32 = 60_000;

/// What every state has.
#[derive(Clone)]
pub(super) struct Context {
    /// The time of the event at hand, by the host's clock.
    pub(super) now: UnixMs,
    pub(super) job: Job,
    pub(super) caller: Caller,
    pub(super) tasks: Tasks,
    pub(super) calls: Calls,
    pub(super) spent: Spent,
    pub(super) tally: Tally,
    pub(super) rights: Rights,
    /// What a checkpoint says the source, the media and the object were.
    pub(super) before: Option<Checkpoint>,
    pub(super) resumed: bool,
    /// The media, as VOD names it; empty as long as it is not known.
    pub(super) media_id: String,
    pub(super) news: News,
}

/// Small requests: which are to be sent, which wait for a key, and how often each has failed.
#[derive(Clone, Default)]
pub(super) struct Calls {
    /// To be sent as soon as the event at hand is dealt with, in this order.
    pub(super) asked: VecDeque<Call>,
    /// They wait for newer keys of the caller.
    pub(super) after_renewal: Map<VodCall, ()>,
    /// They wait for an upload credential.
    pub(super) after_refresh: Map<OssCall, ()>,
    tries: Map<Call, u32>,
    /// Upload credentials that were refused in a row.
    pub(super) refused_credentials: u32,
}

/// What the outcome counts.
#[derive(Clone, Default)]
pub(super) struct Tally {
    pub(super) retries: u32,
    pub(super) refreshes: u32,
    pub(super) restarts: u32,
    pub(super) request_id: Option<String>,
}

/// What the host has to be told once the event at hand is dealt with.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct News {
    pub(super) progress: bool,
    pub(super) checkpoint: bool,
}

impl Context {
    pub(super) fn new(job: Job, account: Account, entropy: [u8; 32]) -> Context {
        Context {
            now: UnixMs(0),
            job,
            caller: Caller::new(account, entropy),
            tasks: Tasks::default(),
            calls: Calls::default(),
            spent: Spent::default(),
            tally: Tally::default(),
            rights: Rights::default(),
            before: None,
            resumed: false,
            media_id: String::new(),
            news: News::default(),
        }
    }

    /// The checkpoint, as long as nothing of it was given up.
    pub(super) fn unbroken(&self) -> Option<&Checkpoint> {
        self.before.as_ref().filter(|_| self.tally.restarts == 0)
    }

    /// A checkpoint names a media.
    pub(super) fn has_marked_place(&self) -> bool {
        self.before
            .as_ref()
            .is_some_and(|before| before.place.is_some())
    }

    pub(super) fn server_now(&self) -> UnixMs {
        self.caller.server_now(self.now)
    }

    // Small requests.

    /// Sends a call once the event at hand is dealt with.
    pub(super) fn ask(&mut self, call: impl Into<Call>) {
        self.spent.requests(1);
        self.calls.asked.push_back(call.into());
    }

    /// As [`Context::ask`], unless that is on its way already.
    pub(super) fn ask_once(&mut self, call: impl Into<Call>) {
        let call = call.into();
        if !self.is_calling(call) {
            self.ask(call);
        }
    }

    pub(super) fn is_calling(&self, call: impl Into<Call>) -> bool {
        let call = call.into();
        let waits = match call {
            Call::Vod(call) => self.calls.after_renewal.contains(call),
            Call::Oss(call) => self.calls.after_refresh.contains(call),
        };
        waits || self.calls.asked.contains(&call) || self.tasks.is_calling(call)
    }

    pub(super) fn is_creating(&self) -> bool {
        let calls = [
            VodCall::Create,
            VodCall::Adopt,
            VodCall::Survey,
            VodCall::Claim,
            VodCall::Inspect,
        ];
        calls.into_iter().any(|call| self.is_calling(call))
    }

    pub(super) fn tried(&self, call: impl Into<Call>) -> u32 {
        self.calls.tries.get(call.into()).copied().unwrap_or(0)
    }

    /// A request got through: its tries start from the beginning.
    pub(super) fn got_through(&mut self, call: impl Into<Call>) {
        let call = call.into();
        match call {
            Call::Vod(_) => self.caller.got_through(),
            Call::Oss(_) => self.calls.refused_credentials = 0,
        }
        self.calls.tries.remove(call);
    }

    /// Sends a call once more after a while, or ends with the error.
    pub(super) fn retry_call(
        &mut self,
        call: impl Into<Call>,
        error: Error,
        asked_ms: Option<u64>,
    ) -> Result<(), Error> {
        let call = call.into();
        self.retry_call_within(call, call.tries(), error, asked_ms)
    }

    /// The same with a limit of its own.
    pub(super) fn retry_call_within(
        &mut self,
        call: Call,
        most: u32,
        error: Error,
        asked_ms: Option<u64>,
    ) -> Result<(), Error> {
        let tries = self.tried(call).saturating_add(1);
        self.calls.tries.insert(call, tries);
        if tries >= most {
            return Err(error);
        }
        self.retry_later(Task::RetryCall(call), tries, asked_ms);
        Ok(())
    }

    /// What was tried before is no reason to try less to clean up.
    pub(super) fn forget_tries(&mut self) {
        self.calls.tries.clear();
    }

    /// None of those that wait for a key, or to be sent, is wanted any more.
    pub(super) fn forget_calls(&mut self) {
        self.calls.asked.clear();
        self.calls.after_refresh.clear();
        self.calls.after_renewal.clear();
    }

    /// What has waited for newer keys of the caller is sent.
    pub(super) fn ask_renewed(&mut self) {
        for call in std::mem::take(&mut self.calls.after_renewal).into_keys() {
            self.ask(call);
        }
    }

    /// What has waited for an upload credential is sent.
    pub(super) fn ask_refreshed(&mut self) {
        for call in std::mem::take(&mut self.calls.after_refresh).into_keys() {
            self.ask(call);
        }
    }

    // Waiting.

    pub(super) fn wait(&mut self, task: Task, ms: u64) {
        self.tasks.wait(task, ms, self.now);
    }

    pub(super) fn backoff_ms(&mut self, tries: u32, asked_ms: Option<u64>) -> u64 {
        self.caller.entropy().backoff_ms(tries, asked_ms)
    }

    /// Counts a retry, and waits for it.
    pub(super) fn retry_later(&mut self, task: Task, tries: u32, asked_ms: Option<u64>) {
        self.count_retry();
        let delay = self.backoff_ms(tries, asked_ms);
        self.wait(task, delay);
    }

    /// As [`Context::retry_later`], but not beyond the deadline.
    pub(super) fn retry_in_time(&mut self, task: Task, tries: u32, asked_ms: Option<u64>) {
        self.count_retry();
        let delay = self.backoff_ms(tries, asked_ms);
        let delay = budget::within_deadline(&self.job.options.budget, delay, self.now);
        self.wait(task, delay);
    }

    pub(super) fn count_retry(&mut self) {
        self.tally.retries = self.tally.retries.saturating_add(1);
    }

    // What the host is told.

    /// Tells how far the upload is, once the event at hand is dealt with.
    pub(super) fn progress(&mut self) {
        self.news.progress = true;
    }

    /// Hands out a checkpoint, once the event at hand is dealt with.
    pub(super) fn save(&mut self) {
        self.news.checkpoint = true;
    }

    // The source.

    /// A GET of the source.
    pub(super) fn get(&self, url: &str, asked: &Headers, headers: Headers) -> Request {
        Request {
            method: "GET".into(),
            url: url.into(),
            headers: source_headers(asked, headers),
            body: String::new(),
            idle_ms: SOURCE_IDLE_MS,
            reply_ms: SOURCE_IDLE_MS,
        }
    }

    /// Opens a source: a URL, a file of a local playlist, or what the caller has given.
    pub(super) fn open(
        &mut self,
        task: Task,
        request: Option<Request>,
        file: Option<String>,
        peek: u32,
    ) {
        let id = self.tasks.begin(task);
        self.spent.requests(1);
        self.tasks.push(Effect::Open {
            id,
            request,
            file,
            peek,
            allow_private: self.job.options.allow_private_sources,
        });
    }
}
