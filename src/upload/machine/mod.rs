//! The machine: plain data, one entry point, and no decision outside of it.
//!
//! Here: the state, the dispatch, and how an upload ends. `reader` looks at the source and reads streams, `calls` talks
//! to VOD and OSS in small requests, `transfer` moves parts, `finish` completes and verifies, `cleanup` removes what is left, `rest` comes to rest and
//! goes on from a checkpoint, `adopt` goes on with a media that is there already, `replace` overwrites one, `playlist` moves the files of a playlist in place of parts.

mod adopt;
mod call;
mod calls;
mod cleanup;
mod finish;
mod playlist;
mod reader;
mod replace;
mod rest;
mod transfer;

use std::collections::{BTreeMap, BTreeSet};

use super::checkpoint::Checkpoint;
use super::credential_clock;
use super::event::{Effect, Event, Failure, FailureKind, Outcome, Phase, Progress, Retry};
use super::job::{Budget, Job, Media, PlaylistRoot, Source};
use super::parts::Parts;
use super::patience;
use super::plan::{self, Plan, Shape};
use super::retry::PART_TRIES;
use crate::clock::Clock;
use crate::error::{Code, Error, ErrorClass};
use crate::http::Reply;
use crate::oss::request::UploadId;
use crate::oss::{Target, settings};
use crate::source::guard::{check_headers, check_url};
use crate::time::UnixMs;
use crate::vod::credential::UploadAuth;
use crate::vod::{Account, Credentials};
use crate::wire::Entropy;
use crate::wire::retry::{CALL_TRIES, handle_wait_ms, too_many_files};

use call::{Call, OssCall, VodCall};
use playlist::Begun;
use reader::Reader;

/// A PUT that was cut off after its last byte is stored within this time, or not at all.
const LANDING_MS: u64 = 2_000;

/// For so long a credential counts as just fetched.
const NEW_MS: u64 = 1_000;

/// One upload, from the look at the source to the verified object.
#[derive(Clone)]
pub struct Upload {
    job: Job,
    account: Account,
    /// Calls that wait for newer credentials of the caller.
    after_renewal: BTreeSet<Call>,
    /// They were fetched since VOD last answered well.
    renewed: bool,
    entropy: Entropy,
    clock: Clock,
    last_id: u32,
    phase: Phase,
    /// What each effect in flight is for.
    tasks: BTreeMap<u32, Task>,
    out: Vec<Effect>,
    reader: Reader,
    plan: Option<Plan>,
    place: Option<Place>,
    auth: Option<Auth>,
    after_refresh: BTreeSet<Call>,
    refreshes_in_a_row: u32,
    upload_id: Option<UploadId>,
    /// What a checkpoint says the source, the media and the object were.
    expected: Option<Checkpoint>,
    resumed: bool,
    /// The media is one that an upload of ours got from VOD: this one, the one whose checkpoint proves it, or the one whose
    /// upload id OSS knows, which nobody guesses.
    is_own: bool,
    /// Of a playlist: its files, in place of parts.
    files: Option<Box<playlist::Files>>,
    parts: Parts,
    listing: Option<transfer::Listing>,
    relisted: bool,
    /// Parts sent again without a look at what the server has, since one was last accepted.
    sent_unseen: BTreeSet<u32>,
    tries: BTreeMap<Call, u32>,
    failures_in_a_row: u32,
    /// The host has been short of file handles since then.
    no_handle_since: Option<UnixMs>,
    restarts: u32,
    adoption: adopt::Adoption,
    /// Of a media that is replaced: the size of what it held, if VOD told it.
    replaced_bytes: Option<u64>,
    /// What was stored proved not to be what was sent, in the run before or just now.
    spoiled: bool,
    /// A part was accepted whose bytes were not compared with what OSS computed.
    unhashed: bool,
    /// A Complete was sent and its reply lost.
    complete_in_doubt: bool,
    verdict: Option<Error>,
    /// All is done but to hear the end of what was called off.
    outcome: Option<Box<Outcome>>,
    spent: rest::Spent,
    /// Nothing new begins: the caller said so, or the budget allows no more.
    stopping: bool,
    /// The caller said so.
    stop_asked: bool,
    cleanup_over: bool,
    /// Of a playlist: its files are to stay, or are removed already.
    spares_files: bool,
    /// A PUT of a file was cut off, and may be stored all the same.
    may_land: bool,
    /// Parts may lie under an upload id that nobody knows.
    may_have_orphans: bool,
    /// There is nothing to do but to clean up.
    discarding: bool,
    /// What VOD has said of the media that a checkpoint names.
    standing: cleanup::Standing,
    retries: u32,
    refreshes: u32,
    request_id: Option<String>,
    /// What progress last said of waiting and of removing.
    told: (Option<Retry>, bool),
}

/// Where VOD wants the object.
#[derive(Clone)]
struct Place {
    media_id: String,
    target: Target,
    /// What stands before the keys of a playlist's files.
    prefix: Option<String>,
    /// Where it can be fetched later, of images and attached media.
    url: Option<String>,
    file_url: Option<String>,
}

/// The upload credential in use.
#[derive(Clone)]
struct Auth {
    ticket: UploadAuth,
    /// Counts up with each refresh, so that a refusal of an older one is not held against this one.
    generation: u32,
    /// Not used so far.
    fresh: bool,
    /// When it came, by the host's clock.
    came: UnixMs,
    /// How the server refused it.
    refusal: Option<Error>,
    /// When to ask VOD for another, by the server's clock.
    ask_at: UnixMs,
    /// How often VOD gave it again although OSS had refused it.
    given_again: u32,
}

impl Auth {
    /// A credential that has just come.
    fn fresh(ticket: UploadAuth, generation: u32, now: UnixMs) -> Self {
        Auth {
            ask_at: credential_clock::refresh_at(&ticket),
            ticket,
            generation,
            fresh: true,
            came: now,
            refusal: None,
            given_again: 0,
        }
    }

    /// Just fetched: it is used at once, however short its life.
    fn is_new(&self, now: UnixMs) -> bool {
        self.fresh && now < self.came.plus_ms(NEW_MS)
    }
}

/// What an effect in flight is for.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Task {
    Open,
    Read {
        part: u32,
        limit: u64,
        least: u64,
    },
    Call {
        call: Call,
        generation: u32,
    },
    Transfer {
        part: u32,
        length: u64,
        generation: u32,
    },
    OpenList,
    ReadList,
    /// To see what the segments of a track are.
    Look(u32),
    OpenFile(u32),
    ReadFile(u32),
    RetryOpen,
    RetryList,
    RetryCall(Call),
    RetryPart(u32),
    Renew,
    /// A PUT that was cut off may still be stored.
    Landing,
    /// It was called off, and its end is awaited: an answer may be on its way already. Of a read, the buffer.
    Dropped(Option<u32>),
}

impl Task {
    /// Nothing but time ends it.
    fn is_wait(&self) -> bool {
        matches!(
            self,
            Task::RetryOpen
                | Task::RetryList
                | Task::RetryCall(_)
                | Task::RetryPart(_)
                | Task::Landing
        )
    }
}

impl Upload {
    /// Prepares an upload; nothing is sent before [`Event::Start`]. `entropy` must be drawn for this upload alone.
    ///
    /// # Errors
    /// `InvalidArgument` with the field and the rule, `UrlRefused`: everything that can be refused before a request.
    pub fn new(
        job: Job,
        account: impl Into<Account>,
        entropy: [u8; 32],
        _now: UnixMs,
    ) -> Result<Upload, Error> {
        let account = account.into();
        check(&job, &account.credentials)?;
        replace::check_metadata(&job)?;
        if job.options.shard.is_some() {
            let rule = "needs an upload to be a part of: begin it with a budget of 0 parts, and resume from its checkpoint";
            return Err(Error::invalid("shard", rule));
        }
        Ok(Upload::idle(job, account, entropy))
    }

    fn idle(job: Job, account: Account, entropy: [u8; 32]) -> Upload {
        let reader = Reader::new(&job);
        Upload {
            reader,
            files: playlist::Files::of(&job),
            job,
            account,
            after_renewal: BTreeSet::new(),
            renewed: false,
            entropy: Entropy::new(entropy),
            clock: Clock::default(),
            last_id: 0,
            phase: Phase::Probing,
            tasks: BTreeMap::new(),
            out: Vec::new(),
            plan: None,
            place: None,
            auth: None,
            after_refresh: BTreeSet::new(),
            refreshes_in_a_row: 0,
            upload_id: None,
            expected: None,
            resumed: false,
            is_own: true,
            parts: Parts::default(),
            listing: None,
            relisted: false,
            sent_unseen: BTreeSet::new(),
            tries: BTreeMap::new(),
            failures_in_a_row: 0,
            no_handle_since: None,
            restarts: 0,
            adoption: adopt::Adoption::default(),
            replaced_bytes: None,
            spoiled: false,
            unhashed: false,
            complete_in_doubt: false,
            verdict: None,
            outcome: None,
            spent: rest::Spent::default(),
            stopping: false,
            stop_asked: false,
            cleanup_over: false,
            spares_files: false,
            may_land: false,
            may_have_orphans: false,
            discarding: false,
            standing: cleanup::Standing::Unknown,
            retries: 0,
            refreshes: 0,
            request_id: None,
            told: (None, false),
        }
    }

    /// Takes an event and gives the effects that follow from it, in the order to run them. Total: an event that does not
    /// fit is answered with nothing.
    pub fn handle(&mut self, event: Event, now: UnixMs) -> Vec<Effect> {
        if self.phase == Phase::Ended {
            return Vec::new();
        }
        if let Err(error) = self.step(event, now) {
            self.fail(error);
        }
        self.settle(now);
        if self.phase != Phase::Ended && self.told != (self.retry(), self.is_removing()) {
            self.progress();
        }
        let mut effects = std::mem::take(&mut self.out);
        for effect in &mut effects {
            patience::apply(effect, &self.job);
        }
        effects
    }

    /// Where the upload stands.
    pub fn checkpoint(&self) -> Checkpoint {
        self.stand()
    }

    /// What each effect in flight is for: for tests that ask whether all of it was seen.
    #[doc(hidden)]
    pub fn under_way(&self) -> BTreeMap<u32, String> {
        let tasks = self.tasks.iter();
        tasks.map(|(id, task)| (*id, task.name())).collect()
    }

    fn step(&mut self, event: Event, now: UnixMs) -> Result<(), Error> {
        if let Event::Replied { .. } | Event::Opened { .. } | Event::Transferred { .. } = event {
            self.no_handle_since = None;
        }
        match event {
            Event::Abort | Event::Stop if self.outcome.is_some() => Ok(()),
            Event::Start => self.start(now),
            Event::Stop => self.stop(),
            Event::Abort => Err(Error::new(Code::Aborted, "the upload was aborted")),
            Event::Replied {
                id,
                status,
                headers,
                body,
            } => {
                let reply = Reply {
                    status,
                    headers,
                    body,
                };
                self.clock.hear(id, self.last_id, &reply, now);
                match self.tasks.remove(&id) {
                    Some(Task::Call { call, generation }) => {
                        self.on_reply(call, generation, &reply, now)
                    }
                    _ => Ok(()),
                }
            }
            Event::Opened {
                id,
                status,
                headers,
                head,
            } => match self.tasks.remove(&id) {
                Some(Task::Open | Task::OpenList | Task::Look(_) | Task::OpenFile(_))
                    if !self.is_running() =>
                {
                    self.close(id)
                }
                Some(Task::Dropped(_)) => self.close(id),
                Some(Task::OpenList) => self.on_list_opened(id, status, &headers, now),
                Some(Task::Look(number)) => {
                    let (headers, head) = (&headers, head.as_str());
                    self.on_look(
                        number,
                        Begun {
                            id,
                            status,
                            headers,
                            head,
                        },
                        now,
                    )
                }
                Some(Task::OpenFile(number)) => {
                    let (headers, head) = (&headers, head.as_str());
                    self.on_file_opened(
                        number,
                        &Begun {
                            id,
                            status,
                            headers,
                            head,
                        },
                        now,
                    )
                }
                Some(Task::Open) => self.on_opened(id, status, &headers, &head, now),
                _ => Ok(()),
            },
            Event::Filled { id, length, ended } => match self.tasks.remove(&id) {
                Some(Task::Read { part, limit, least }) if self.is_running() => {
                    if length > limit || (length < least && !ended) {
                        let text = format!(
                            "the host read {length} bytes where {least} to {limit} were asked for"
                        );
                        return Err(Error::new(Code::Internal, text));
                    }
                    self.on_filled(part, length, ended, now)
                }
                Some(Task::ReadFile(number)) if self.is_running() => {
                    self.on_file_read(number, length, ended, now)
                }
                Some(
                    Task::Read { part, .. } | Task::ReadFile(part) | Task::Dropped(Some(part)),
                ) => {
                    self.out.push(Effect::Release { part });
                    Ok(())
                }
                _ => Ok(()),
            },
            Event::Text { id, text, ended } => match self.tasks.remove(&id) {
                Some(Task::ReadList) if self.is_running() => self.on_list_read(text, ended, now),
                _ => Ok(()),
            },
            Event::Transferred {
                id,
                sent,
                status,
                headers,
                body,
                crc64,
            } => {
                let reply = Reply {
                    status,
                    headers,
                    body,
                };
                self.clock.hear(id, self.last_id, &reply, now);
                match self.tasks.remove(&id) {
                    Some(Task::Transfer {
                        part,
                        length,
                        generation,
                    }) if self.is_running() => {
                        let arrival = transfer::Arrival {
                            part,
                            length,
                            generation,
                            sent,
                            crc64,
                        };
                        self.on_transferred(&arrival, &reply, now)
                    }
                    _ => Ok(()),
                }
            }
            Event::Failed { id, failure } => {
                let Some(task) = self.tasks.remove(&id) else {
                    return Ok(());
                };
                self.on_failure(&task, &failure, now)
            }
            Event::Renewed { id, account } => match self.tasks.remove(&id) {
                Some(Task::Renew) => self.on_renewed(account, now),
                _ => Ok(()),
            },
            Event::Woke { id } => {
                let Some(task) = self.tasks.remove(&id) else {
                    return Ok(());
                };
                self.on_woke(&task, now)
            }
        }
    }

    fn start(&mut self, now: UnixMs) -> Result<(), Error> {
        if self.last_id > 0 {
            return Ok(());
        }
        self.progress();
        self.save();
        if self.phase == Phase::Aborting {
            return Ok(());
        }
        self.check_kind()?;
        self.probe(now)
    }

    fn on_woke(&mut self, task: &Task, now: UnixMs) -> Result<(), Error> {
        match task {
            Task::RetryCall(call) => self.call(*call, now),
            _ if !self.is_running() => Ok(()),
            Task::RetryList => self.read_lists(now),
            Task::RetryOpen => {
                self.open();
                Ok(())
            }
            Task::RetryPart(part) => {
                self.parts.ready(*part);
                self.schedule(now)
            }
            _ => Ok(()),
        }
    }

    fn on_failure(&mut self, task: &Task, failure: &Failure, now: UnixMs) -> Result<(), Error> {
        if matches!(task, Task::Dropped(_)) {
            return Ok(());
        }
        // No host may fail to wait: then nothing would ever go on.
        let has_not_waited = task.is_wait() && failure.kind != FailureKind::Canceled;
        if failure.kind == FailureKind::Internal || has_not_waited {
            return Err(Error::new(
                Code::Internal,
                format!("the host failed: {}", failure.message),
            ));
        }
        if failure.kind == FailureKind::NoHandle {
            return self.wait_for_handle(task, failure, now);
        }
        match task {
            Task::Call { call, .. } => self.on_call_failure(*call, failure, now),
            // Also where only the clean-up waits for them.
            Task::Renew if failure.kind != FailureKind::Canceled => {
                Err(Error::new(Code::CredentialsFailed, failure.message.clone()))
            }
            _ if !self.is_running() => Ok(()),
            Task::Open => self.on_open_failure(failure, now),
            Task::Read { .. } => self.on_read_failure(failure, now),
            Task::OpenList | Task::ReadList => self.on_list_failure(Task::OpenList, failure, now),
            Task::Look(number) => self.on_list_failure(Task::Look(*number), failure, now),
            Task::OpenFile(number) | Task::ReadFile(number) => {
                self.on_file_failure(*number, failure, now)
            }
            Task::Transfer { part, .. } if self.files.is_some() => {
                self.on_put_failure(*part, failure, now)
            }
            Task::Transfer { part, length, .. } => {
                self.on_transfer_failure(*part, *length, failure, now)
            }
            Task::Renew
            | Task::RetryOpen
            | Task::RetryList
            | Task::RetryCall(_)
            | Task::RetryPart(_)
            | Task::Landing
            | Task::Dropped(_) => Ok(()),
        }
    }

    /// Does it again once a file handle may be free. Neither side has failed, so it counts for neither.
    fn wait_for_handle(
        &mut self,
        task: &Task,
        failure: &Failure,
        now: UnixMs,
    ) -> Result<(), Error> {
        let is_wanted = matches!(task, Task::Call { call, .. } if self.is_wanted(*call));
        if !self.is_running() && !is_wanted {
            return Ok(());
        }
        let since = *self.no_handle_since.get_or_insert(now);
        let Some(delay) = handle_wait_ms(now.0.saturating_sub(since.0)) else {
            return Err(too_many_files(&failure.message));
        };
        let again = match task {
            Task::Call { call, .. } => Task::RetryCall(*call),
            Task::Open => Task::RetryOpen,
            Task::OpenList | Task::Look(_) => Task::RetryList,
            Task::OpenFile(number) => return self.begin_file_later(*number, delay, now),
            Task::Transfer { part, .. } => {
                // Where it was the body of the first reply, that is gone.
                self.reader.lends_first_part &= *part != 1;
                Task::RetryPart(*part)
            }
            _ => return Err(too_many_files(&failure.message)),
        };
        self.wait(again, delay, now);
        Ok(())
    }

    fn is_running(&self) -> bool {
        let ending = matches!(
            self.phase,
            Phase::Suspending | Phase::Aborting | Phase::Ended
        );
        !ending && !self.adoption.is_whole && self.outcome.is_none()
    }

    // How an upload ends.

    /// Stops everything at once. What the server holds is removed once all that was in flight is still.
    fn fail(&mut self, mut error: Error) {
        if self.phase == Phase::Aborting {
            self.cleanup_failed(&error);
            return;
        }
        if error.code == Code::CallbackFailed {
            // Only a complete object has a callback: there is nothing to remove.
            self.upload_id = None;
            self.spares_files = true;
            error.message += &format!(
                "; the object is stored, its media id is {}",
                self.media_id()
            );
        }
        // What nobody can go on with is not worth keeping.
        // What was resumed is somebody's checkpoint: it stays, even for a source that must be put right first.
        let keep = worth_resuming(&error) || self.resumed && error.code != Code::Aborted;
        let kept = self.job.options.keep_on_failure && self.job.media.is_renewable() && keep;
        // What a shard leaves belongs to the whole, on which others work.
        self.cleanup_over = kept || self.job.options.shard.is_some();
        // Without its media a checkpoint is of no use, while a lost multipart upload is only begun again.
        self.spares_files |= self.job.options.keep_on_failure && error.code != Code::Aborted;
        self.verdict = Some(error);
        // What was tried before is no reason to try less to clean up.
        self.tries.clear();
        self.enter(Phase::Aborting);
        self.still();
    }

    /// Ends all that is in flight, and closes the source.
    fn still(&mut self) {
        let ids: Vec<u32> = self
            .tasks
            .iter()
            .filter(|(_, task)| !task.makes_an_upload_id() && !matches!(task, Task::Dropped(_)))
            .map(|(id, _)| *id)
            .collect();
        self.may_land = self.files.is_some()
            && self
                .tasks
                .values()
                .any(|task| matches!(task, Task::Transfer { .. }));
        for id in ids {
            self.out.push(Effect::Cancel { id });
        }
        self.after_refresh.clear();
        self.after_renewal.clear();
        self.drop_first_part();
        let files = self.files.as_mut().map(|files| files.take_open());
        let open = self.reader.open.take().into_iter();
        for id in open.chain(files.unwrap_or_default()) {
            self.out.push(Effect::Close { id });
        }
        self.release_buffers();
    }

    fn release_buffers(&mut self) {
        for part in std::mem::take(&mut self.reader.buffers).into_keys() {
            self.out.push(Effect::Release { part });
        }
    }

    /// Calls off what these tasks are for: whatever becomes of it, it counts for nothing.
    fn drop_tasks(&mut self, is_stale: impl Fn(&Task) -> bool) {
        for (id, task) in &mut self.tasks {
            if matches!(task, Task::Dropped(_)) || !is_stale(task) {
                continue;
            }
            *task = Task::Dropped(match task {
                Task::Read { part, .. } | Task::ReadFile(part) => Some(*part),
                _ => None,
            });
            self.out.push(Effect::Cancel { id: *id });
        }
    }

    fn settle(&mut self, now: UnixMs) {
        self.come_to_rest();
        self.end_adopted();
        if self.tasks.is_empty()
            && let Some(outcome) = self.outcome.take()
        {
            self.enter(Phase::Ended);
            self.out.push(Effect::Done { outcome: *outcome });
        }
        while self.phase == Phase::Aborting && self.tasks.is_empty() {
            if let Some(call) = self.leftover().filter(|_| !self.cleanup_over) {
                if call == VodCall::DeleteVideo.into() && std::mem::take(&mut self.may_land) {
                    self.wait(Task::Landing, LANDING_MS, now);
                    continue;
                }
                if let Err(error) = self.call(call, now) {
                    self.cleanup_failed(&error);
                }
                continue;
            }
            self.phase = Phase::Ended;
            let error = self
                .verdict
                .take()
                .unwrap_or_else(|| Error::new(Code::Internal, "the upload ended without a reason"));
            self.out.push(Effect::Failed { error });
        }
    }

    /// `folds`: OSS's checksum of the object agrees with those of its parts.
    fn done(&mut self, crc64: Option<u64>, folds: bool) -> Result<(), Error> {
        let (missing, missing_segments) = self.missing_segments();
        let (bytes, parts) = match self.adoption.is_whole && self.files.is_some() {
            true => self.size_of_adopted_files()?,
            false => (self.total().unwrap_or(0), self.parts.count()),
        };
        let place = self.place()?;
        let compared = if self.adoption.is_whole {
            super::event::Compared::ExistingLength
        } else if !self.unhashed && self.parts.count() > 0 {
            super::event::Compared::Crc64
        } else if folds {
            super::event::Compared::Parts
        } else {
            super::event::Compared::Length
        };
        let outcome = Outcome {
            media_id: place.media_id.clone(),
            kind: match self.files {
                Some(_) => "playlist".into(),
                None => self.job.media.kind().into(),
            },
            image_url: place
                .url
                .clone()
                .filter(|_| self.job.media.kind() == "image"),
            media_url: place
                .url
                .clone()
                .filter(|_| self.job.media.kind() == "attached"),
            file_url: place.file_url.clone(),
            bucket: place.target.bucket.clone(),
            object_key: place.target.key.clone(),
            bytes,
            parts: parts.saturating_sub(missing),
            missing_segments,
            crc64: crc64.map(|crc| crc.to_string()),
            replaced: self.replaces(),
            notice: self.notice(),
            compared,
            vouched: self.vouched(crc64),
            resumed: self.resumed,
            refreshes: self.refreshes,
            restarts: self.restarts,
            retries: self.retries,
            request_id: self.request_id.clone(),
        };
        // A refresh, say, that came too late to matter.
        self.drop_tasks(|_| true);
        self.still();
        self.outcome = Some(Box::new(outcome));
        Ok(())
    }

    // Small helpers of all steps.

    fn next_id(&mut self) -> u32 {
        self.last_id = self.last_id.saturating_add(1);
        self.last_id
    }

    fn begin(&mut self, task: Task) -> u32 {
        let id = self.next_id();
        self.tasks.insert(id, task);
        id
    }

    fn wait(&mut self, task: Task, ms: u64, now: UnixMs) {
        let id = self.begin(task);
        self.out.push(Effect::Wait {
            id,
            until: now.plus_ms(ms).0,
        });
    }

    fn close(&mut self, id: u32) -> Result<(), Error> {
        self.out.push(Effect::Close { id });
        Ok(())
    }

    fn enter(&mut self, phase: Phase) {
        if self.phase != phase {
            self.phase = phase;
            self.progress();
        }
    }

    fn progress(&mut self) {
        let progress = Progress {
            phase: self.phase,
            media_id: self.place.as_ref().map(|place| place.media_id.clone()),
            notice: self.notice(),
            bytes_accepted: self.parts.bytes(),
            bytes_total: self.reader.size,
            parts_accepted: self.parts.count(),
            parts_total: match &self.files {
                Some(files) => files.count(),
                None => self.plan.as_ref().and_then(Plan::count),
            },
            retries: self.retries,
            refreshes: self.refreshes,
            restarts: self.restarts,
            retry: self.retry(),
            removing: self.is_removing(),
        };
        self.told = (progress.retry, progress.removing);
        self.out.push(Effect::Progress { progress });
    }

    /// What the caller should know of a good end.
    fn notice(&self) -> Option<String> {
        self.replaces().then(|| replace::NOTICE.to_owned())
    }

    /// The try that is waited for, where nothing else is under way.
    fn retry(&self) -> Option<Retry> {
        let tasks = self.tasks.values();
        let tries = tasks.filter(|task| !matches!(task, Task::Dropped(_)));
        let tries = tries.map(|task| match task {
            Task::RetryCall(call) => Some((self.tried(*call), self.most_tries(*call))),
            Task::RetryOpen => Some((self.reader.tries, CALL_TRIES)),
            Task::RetryList => Some((self.files.as_ref()?.tries(), CALL_TRIES)),
            Task::RetryPart(part) => Some((self.parts.failures(*part), PART_TRIES)),
            _ => None,
        });
        let (tried, of) = tries.collect::<Option<Vec<_>>>()?.into_iter().max()?;
        // What starts over counts from the beginning.
        if tried == 0 {
            return None;
        }
        Some(Retry {
            attempt: tried.saturating_add(1),
            of,
        })
    }

    fn is_removing(&self) -> bool {
        self.phase == Phase::Aborting && !self.cleanup_over && self.leftover().is_some()
    }

    fn server_now(&self, now: UnixMs) -> UnixMs {
        self.clock.server_now(now)
    }

    fn place(&self) -> Result<&Place, Error> {
        self.place
            .as_ref()
            .ok_or_else(|| Error::new(Code::Internal, "there is no upload address yet"))
    }

    fn upload_id(&self) -> Result<&UploadId, Error> {
        self.upload_id
            .as_ref()
            .ok_or_else(|| Error::new(Code::Internal, "there is no multipart upload"))
    }

    fn plan(&self) -> Result<&Plan, Error> {
        self.plan
            .as_ref()
            .ok_or_else(|| Error::new(Code::Internal, "there is no plan yet"))
    }
}

impl Task {
    fn name(&self) -> String {
        match self {
            Task::Call { call, .. } => format!("Call {}", call.name()),
            Task::RetryCall(call) => format!("RetryCall {}", call.name()),
            other => format!("{other:?}"),
        }
    }

    /// A reply that must be awaited even when all else stops: it names what has to be removed.
    fn makes_an_upload_id(&self) -> bool {
        matches!(
            self,
            Task::Call {
                call: Call::Oss(OssCall::InitiateMultipartUpload),
                ..
            }
        )
    }
}

/// A later run can go on where this one failed.
fn worth_resuming(error: &Error) -> bool {
    match error.class {
        ErrorClass::Credentials => true,
        ErrorClass::Service | ErrorClass::Source => {
            error.retryable || error.code == Code::SourceForbidden
        }
        ErrorClass::Usage | ErrorClass::Integrity | ErrorClass::Guard | ErrorClass::Interrupted => {
            false
        }
    }
}

fn check(job: &Job, credentials: &Credentials) -> Result<(), Error> {
    if credentials.access_key_id.is_empty() {
        return Err(Error::invalid("accessKeyId", "must not be empty"));
    }
    if credentials.access_key_secret.expose().is_empty() {
        return Err(Error::invalid("accessKeySecret", "must not be empty"));
    }
    job.vod.base_url()?;
    job.oss.validate()?;
    let options = &job.options;
    settings::check_object_headers(&options.object_headers)?;
    settings::check_traffic_limit(options.traffic_limit)?;
    options.source_hosts.validate()?;
    options
        .callback
        .as_ref()
        .map_or(Ok(()), |callback| callback.validate())?;
    if options.show_watermark.is_some() && !job.media.is_renewable() {
        return Err(Error::invalid("showWatermark", "is for videos only"));
    }
    if job.options.concurrency == Some(0) {
        return Err(Error::invalid("concurrency", "must be at least 1, got 0"));
    }
    for (field, ms) in [
        ("sourceTimeoutMs", options.source_timeout_ms),
        ("serviceTimeoutMs", options.service_timeout_ms),
    ] {
        if ms == Some(0) {
            return Err(Error::invalid(field, "must be at least 1, got 0"));
        }
    }
    if options.max_bytes == Some(0) {
        return Err(Error::invalid("maxBytes", "must be at least 1, got 0"));
    }
    plan::plan(
        Shape {
            size: Some(1),
            buffered: false,
        },
        &job.options,
        &job.host,
    )?;
    if let Source::Reply(head) = &job.source {
        head.read()?;
    }
    let playlist = match &job.source {
        Source::Playlist(playlist) => Some(playlist),
        _ => None,
    };
    playlist.map_or(Ok(()), |playlist| playlist.validate())?;
    if playlist.is_some() && job.options.shard.is_some() {
        return Err(Error::invalid("shard", "is for media of one object"));
    }
    let url = match (&job.source, playlist.map(|playlist| &playlist.root)) {
        (Source::Url { url, headers }, _) | (_, Some(PlaylistRoot::Url { url, headers })) => {
            Some((url, headers))
        }
        _ => None,
    };
    if let Some((url, headers)) = url {
        check_headers(headers)?;
        check_url(url, &options.source_policy())?;
    }
    adopt::check(job)?;
    replace::check(job)?;
    // A title or file name may still come from the source; all else can be judged now.
    if !job.media.is_renewable() && job.options.budget != Budget::default() {
        let rule = "does not go with an image or attached media: its upload credential cannot be renewed, so a later run starts over";
        return Err(Error::invalid("budget", rule));
    }
    let mut media = job.media.clone();
    let gaps = super::naming::Hints::of_any(&media);
    if playlist.is_some() {
        let Media::Video(video) = &media else {
            let rule = "must be a video: a playlist is nothing else";
            return Err(Error::invalid("media", rule));
        };
        if !video.file_name.is_empty() && !playlist::is_m3u8(&video.file_name) {
            let rule = "must end in .m3u8: VOD tells a playlist by it";
            return Err(Error::invalid("fileName", rule));
        }
    }
    super::naming::complete(&mut media, &gaps)?;
    media.validate()
}
