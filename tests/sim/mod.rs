//! A seeded world around the real machine: a source, VOD, OSS, a clock, and bad luck. Time is virtual, bytes are extents.
//!
//! Read in this order: `mod.rs` (the world and its invariants), `source.rs`, `service.rs` (VOD and OSS), `luck.rs` (faults).

#![allow(dead_code, unreachable_pub)]

pub mod broken;
mod luck;
mod service;
mod source;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};
use std::hash::{DefaultHasher, Hash};

pub use luck::{Fault, Luck, Op};
use service::Service;
#[allow(unused_imports)]
pub use service::{CORRUPT, Lie, OLD};
use source::{Answered, Connections};
#[allow(unused_imports)]
pub use source::{Digest, Habit, SourceSpec, Stamp};
use vodlift::Error;
use vodlift::http::Request;
use vodlift::oss::OssService;
use vodlift::secret::Secret;
use vodlift::source::range::check_range;
use vodlift::time::UnixMs;
use vodlift::upload::{
    Adopt, Checkpoint, Effect, Event, Failure, FailureKind, HostLimits, Job, Media, Options,
    Outcome, Phase, PlaylistSource, Progress, Source, TransferBody, Upload,
};
use vodlift::vod::api::CreateUploadVideo;
use vodlift::vod::{Account, Credentials, VideoRef, VodService};

pub const ACCESS_KEY_SECRET: &str = "never-print-this-access-key-secret";
pub const STS_SECRET: &str = "never-print-this-sts-secret";
pub const STS_TOKEN: &str = "never-print-this-sts-token";
pub const URL_SECRET: &str = "never-print-this-url-signature";
pub const START: u64 = 1_760_000_000_000;

/// A run of bytes of one version of the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    pub offset: u64,
    pub length: u64,
    pub version: u32,
}

/// A file of a playlist: text for a playlist, else so many bytes.
#[derive(Debug, Clone)]
pub enum Page {
    Text(String),
    Bytes(u64),
    /// Begins so, and has so many bytes.
    Begins(&'static str, u64),
    /// Leads elsewhere.
    Moved(String),
}

impl Page {
    fn length(&self) -> u64 {
        match self {
            Page::Text(text) => text.len() as u64,
            Page::Bytes(length) | Page::Begins(_, length) => *length,
            Page::Moved(_) => 0,
        }
    }

    /// Its first bytes, as far as they matter.
    fn head(&self) -> &str {
        match self {
            Page::Text(text) => text,
            Page::Begins(head, _) => head,
            Page::Bytes(_) | Page::Moved(_) => "",
        }
    }
}

/// What a run has used up.
#[derive(Debug, Default)]
struct Spent {
    /// Lengths of the parts begun.
    begun: BTreeMap<u32, u64>,
    is_stopped: bool,
}

/// How a run ended.
#[derive(Debug)]
pub enum End {
    Done(Box<Outcome>),
    Suspended,
    Died,
}

pub struct World {
    pub now: u64,
    pub job: Job,
    pub source: SourceSpec,
    pub service: Service,
    pub luck: Luck,
    /// Bytes per virtual second of one transfer.
    pub bandwidth: u64,
    pub round_trip_ms: u64,
    /// Abort at this moment, in ms after the start.
    pub abort_at: Option<u64>,
    /// Stop at this moment, in ms after the start of the run.
    pub stop_at: Option<u64>,
    /// The process dies at this moment, in ms after the start of the run: no event, no clean-up.
    pub dies_at: Option<u64>,
    /// What is resumed is given up.
    pub gives_up: bool,
    /// Whoever resumes says nothing that the checkpoint tells.
    pub forgets_wishes: bool,
    /// Go on from here.
    pub resume: Option<Checkpoint>,
    /// The last one the machine gave out.
    pub checkpoint: Option<Checkpoint>,
    /// Parts that were in flight when the process died.
    pub torn: usize,
    /// A CreateUploadVideo was in flight when the process died.
    pub lost_create: bool,
    pub max_steps: u64,
    /// How long the caller's keys live, where newer ones can be asked for.
    pub account_life_ms: Option<u64>,
    /// Asked for newer ones, the caller has some.
    pub gives_credentials: bool,
    /// The upload is by ticket: a server makes the media before the first run, and gives newer tickets as the caller would give
    /// keys. VOD must hear of nothing else.
    pub by_ticket: bool,
    pub renewals: u32,
    /// Requests to VOD and OSS, where somebody wants to see them.
    pub recorded: Option<Vec<Request>>,
    /// What playlists name, by URL without its query, or by path.
    pub site: BTreeMap<String, Page>,
    /// Whether the site announces lengths.
    pub site_has_lengths: bool,
    /// Every source that was opened, in order.
    pub opened: Vec<String>,
    /// PutObjects that are cut off are stored all the same, so many ms later.
    pub lands_after: Option<u64>,
    /// Other uploads hold the host's memory again and again: buffers are smaller than they may be.
    pub memory_is_short: bool,
    /// Of a thousand cancels, so many come when the answer is on its way already.
    pub late: u64,
    /// Of one object there is one multipart upload at a time.
    pub one_upload: bool,
    /// The machine is broken in this way.
    pub broken: Option<broken::Broken>,
    /// Where somebody wants to see what happened.
    pub trace: Option<Vec<String>>,
    /// Of all that the machine has said, where two builds are to be compared.
    pub digest: Option<DefaultHasher>,
    /// What was seen of the machine, where somebody wants to know.
    pub seen: Option<BTreeSet<String>>,
    /// Parts that the service had when this run began, by upload id.
    stored_before: BTreeSet<(String, u32)>,
    /// How many of them stand in a row from the first on: what is read in order goes on behind those.
    in_a_row: u32,
    /// Requests in flight.
    asked_for: BTreeMap<u32, Op>,
    /// Failures in a row, by what was asked for.
    failures: BTreeMap<(Op, u32), u32>,
    /// The parts of transfers in flight.
    moving: BTreeMap<u32, u32>,
    /// What this run has used up.
    spent: Spent,
    last_phase: Phase,
    puts: BTreeMap<u32, (Request, Extent)>,
    landing: Vec<(u64, Op, Request, Option<Extent>)>,
    pages: BTreeMap<u32, String>,
    /// Of those, the ones of which nothing was read.
    unread: BTreeSet<u32>,
    queue: BinaryHeap<Reverse<(u64, u64)>>,
    pending: BTreeMap<u64, Event>,
    seq: u64,
    in_flight: BTreeMap<u32, &'static str>,
    /// What is left of each open body.
    bodies: BTreeMap<u32, Extent>,
    connections: Connections,
    /// Requests that the source has answered.
    pub asked: u32,
    buffers: BTreeMap<u32, Extent>,
    /// The buffer that each read fills.
    reads: BTreeMap<u32, u32>,
    pub most_transfers: usize,
    pub last_progress: Option<Progress>,
    /// The tries that were waited for, as progress told them.
    pub tries_told: Vec<(u32, u32)>,
    /// Progress has told that something is being removed.
    pub told_removing: bool,
    /// How often each part was sent.
    pub sent: BTreeMap<u32, u32>,
    /// How often the machine has waited.
    pub waits: u32,
    /// What it said it was doing, each once in a row.
    pub phases: Vec<Phase>,
    pub steps: u64,
}

pub fn options() -> Options {
    Options {
        part_size: Some(1 << 20),
        ..Options::default()
    }
}

pub fn job(source: Source, options: Options) -> Job {
    Job {
        media: Media::Video(CreateUploadVideo {
            title: "A film".into(),
            file_name: "film.mp4".into(),
            ..CreateUploadVideo::default()
        }),
        source,
        vod: VodService::default(),
        oss: OssService::default(),
        options,
        host: HostLimits {
            concurrency: 4,
            max_concurrency: 16,
            buffer_bytes: 64 << 20,
            buffers_parts: false,
            subrequests: None,
            origin: None,
        },
    }
}

impl World {
    pub fn new(seed: u64, source: SourceSpec) -> Self {
        let url = Source::Url {
            url: format!("https://origin.example/film.mp4?signature={URL_SECRET}"),
            headers: vec![],
        };
        World {
            now: START,
            job: job(url, options()),
            source,
            service: Service::new(START),
            luck: Luck::new(seed),
            bandwidth: 4 << 20,
            round_trip_ms: 40,
            abort_at: None,
            stop_at: None,
            dies_at: None,
            gives_up: false,
            forgets_wishes: false,
            resume: None,
            checkpoint: None,
            torn: 0,
            lost_create: false,
            max_steps: 200_000,
            account_life_ms: None,
            gives_credentials: true,
            by_ticket: false,
            renewals: 0,
            recorded: None,
            site: BTreeMap::new(),
            site_has_lengths: true,
            opened: vec![],
            pages: BTreeMap::new(),
            unread: BTreeSet::new(),
            queue: BinaryHeap::new(),
            pending: BTreeMap::new(),
            lands_after: None,
            memory_is_short: false,
            late: 0,
            one_upload: false,
            broken: None,
            trace: std::env::var("TRACE").is_ok().then(Vec::new),
            digest: None,
            seen: None,
            stored_before: BTreeSet::new(),
            in_a_row: 0,
            asked_for: BTreeMap::new(),
            failures: BTreeMap::new(),
            moving: BTreeMap::new(),
            spent: Spent::default(),
            last_phase: Phase::Probing,
            puts: BTreeMap::new(),
            landing: vec![],
            seq: 0,
            in_flight: BTreeMap::new(),
            bodies: BTreeMap::new(),
            connections: Connections::default(),
            asked: 0,
            buffers: BTreeMap::new(),
            reads: BTreeMap::new(),
            most_transfers: 0,
            last_progress: None,
            tries_told: Vec::new(),
            told_removing: false,
            sent: BTreeMap::new(),
            waits: 0,
            phases: vec![],
            steps: 0,
        }
    }

    /// Runs the upload to its end, checking the invariants at every step.
    pub fn run(&mut self) -> Result<Outcome, Error> {
        match self.run_slice()? {
            End::Done(outcome) => Ok(*outcome),
            other => panic!("not done but {other:?}"),
        }
    }

    /// Forgets the process: what it had in flight, in buffers and open. What the server has stays.
    pub fn forget_the_process(&mut self) {
        self.torn = self
            .in_flight
            .values()
            .filter(|what| **what == "transfer")
            .count();
        self.lost_create = self.in_flight.values().any(|what| *what == "create");
        self.queue.clear();
        self.pending.clear();
        self.in_flight.clear();
        self.bodies.clear();
        self.asked_for.clear();
        self.moving.clear();
        self.connections = Connections::default();
        self.buffers.clear();
        self.pages.clear();
        // It is kept as text.
        self.resume = self.checkpoint.as_ref().map(|checkpoint| {
            serde_json::from_str(&serde_json::to_string(checkpoint).unwrap()).unwrap()
        });
    }

    /// As [`World::run`], for runs that end before the upload does.
    pub fn run_slice(&mut self) -> Result<End, Error> {
        let account = self.account();
        let entropy = self.luck.entropy();
        let (mut job, now) = (self.job.clone(), UnixMs(self.now));
        if let Source::Slices { modified, .. } = &mut job.source {
            *modified = Some(START + u64::from(self.version()));
        }
        if self.forgets_wishes && self.resume.is_some() {
            forget_wishes(&mut job);
        }
        if let Some(broken) = self.broken {
            broken.bend_job(&mut job);
        }
        self.failures.clear();
        self.spent = Spent::default();
        self.last_phase = Phase::Probing;
        self.stored_before = self.parts_of(self.resume.as_ref());
        let numbers = self.stored_before.iter().map(|(_, number)| *number);
        let in_a_row = (1..).zip(numbers).take_while(|(n, number)| n == number);
        // What is read in order may have been cut short: what the checkpoint does not know is not trusted.
        let known = self.resume.as_ref().and_then(|from| from.in_order.as_ref());
        let known = known.map_or(u32::MAX, |known| known.parts);
        self.in_a_row = known.min(in_a_row.count() as u32);
        let mut upload = match self.resume.take() {
            Some(checkpoint) if self.gives_up => {
                Upload::discard(checkpoint, job, account, entropy, now)?
            }
            Some(checkpoint) => Upload::resume(checkpoint, job, account, entropy, now)?,
            None => Upload::new(job, account, entropy, now)?,
        };
        let began = self.now;
        self.schedule(0, Event::Start);
        if let Some(at) = self.abort_at {
            self.schedule(at, Event::Abort);
        }
        if let Some(at) = self.stop_at {
            self.schedule(at, Event::Stop);
        }
        loop {
            self.steps += 1;
            assert!(
                self.steps < self.max_steps,
                "livelock: {} steps without an end",
                self.steps
            );
            let Some(Reverse((time, seq))) = self.queue.pop() else {
                panic!("deadlock: nothing in flight, nothing to wait for, and no end");
            };
            let Some(event) = self.pending.remove(&seq) else {
                continue;
            };
            if self.dies_at.is_some_and(|at| time > began + at) {
                return Ok(End::Died);
            }
            self.now = self.now.max(time);
            self.land();
            self.settle(&event);
            if self.seen.is_some() {
                self.note(&event, &upload);
            }
            let trace = self.trace.is_some().then(|| trace_of(&event));
            let event = match self.broken {
                Some(broken) => broken.bend_event(event),
                None => event,
            };
            self.spent.is_stopped |= matches!(event, Event::Stop);
            let mut effects = upload.handle(event, UnixMs(self.now));
            #[cfg(debug_assertions)]
            if let Some(seen) = &mut self.seen {
                for (state, turn) in upload.marks() {
                    seen.insert(format!("State::{state}"));
                    seen.insert(format!("Turn::{turn}"));
                    seen.insert(format!("{turn} in {state}"));
                }
            }
            if let Some(broken) = self.broken {
                broken.bend_effects(&mut effects, self.checkpoint.as_ref());
            }
            if let Some(digest) = &mut self.digest {
                note_said(&effects, digest);
            }
            if let (Some(lines), Some(trace)) = (&mut self.trace, trace) {
                let after = self.now - began;
                let effects: Vec<String> = effects.iter().map(told).collect();
                lines.push(format!(
                    "{after} ms: {trace:.160} => {}",
                    effects.join("; ")
                ));
            }
            let mut verdict: Option<Result<End, Error>> = None;
            for effect in effects {
                assert!(verdict.is_none(), "an effect after the end: {effect:?}");
                self.leaks_nothing(&effect);
                verdict = self.apply(effect);
            }
            if let Some(verdict) = verdict {
                self.ends_clean(&mut upload);
                if let Err(error) = &verdict {
                    assert!(
                        !error.hint.is_empty() && !error.message.is_empty(),
                        "an error without a hint: {error:?}"
                    );
                    let by_host = error.message.starts_with("the host failed");
                    assert!(
                        error.code != vodlift::Code::Internal || by_host,
                        "a fault of the machine: {error:?}"
                    );
                }
                return verdict;
            }
        }
    }

    /// The caller's keys, which end some time after they were asked for.
    fn account(&mut self) -> Account {
        if self.by_ticket {
            let ticket = self.service.hand_out(self.now);
            return Account::by_ticket(ticket, self.gives_credentials);
        }
        Account {
            credentials: Credentials {
                access_key_id: "ak".into(),
                access_key_secret: Secret::new(ACCESS_KEY_SECRET),
                security_token: None,
            },
            expires_at: self.account_life_ms.map(|life| self.now + life),
            renewable: self.account_life_ms.is_some(),
            ticket: None,
        }
    }

    fn schedule(&mut self, after_ms: u64, event: Event) {
        self.seq += 1;
        self.queue.push(Reverse((self.now + after_ms, self.seq)));
        self.pending.insert(self.seq, event);
    }

    /// What of an upload is stored, part by part.
    fn parts_of(&self, checkpoint: Option<&Checkpoint>) -> BTreeSet<(String, u32)> {
        let id = checkpoint.and_then(|checkpoint| checkpoint.upload_id.clone());
        let Some((id, parts)) = id.and_then(|id| {
            let parts = self.service.uploads.get(&id)?;
            Some((id, parts))
        }) else {
            return BTreeSet::new();
        };
        let own = |number: u32| {
            let shard = self.job.options.shard;
            shard.is_none_or(|shard| (shard.first..=shard.last).contains(&number))
        };
        let mut kept = BTreeSet::new();
        for (number, extent) in parts {
            if own(*number) && extent.version != CORRUPT {
                kept.insert((id.clone(), *number));
            }
        }
        kept
    }

    /// Notes what this event meets.
    fn note(&mut self, event: &Event, upload: &Upload) {
        let text = trace_of(event);
        let kind: String = text.chars().take_while(|c| c.is_alphabetic()).collect();
        let failure = match event {
            Event::Failed { failure, .. } => format!("FailureKind::{:?}", failure.kind),
            _ => String::new(),
        };
        let tasks = upload.under_way();
        let task = id_of(event).and_then(|id| tasks.get(&id).cloned());
        let phase = self.last_phase;
        let Some(seen) = &mut self.seen else { return };
        seen.insert(format!("Event::{kind}"));
        if !failure.is_empty() {
            seen.insert(failure);
        }
        for task in tasks.values() {
            seen.insert(format!("Task::{task}"));
        }
        seen.insert(format!(
            "{phase:?} + {kind} of {}",
            task.unwrap_or_default()
        ));
    }

    fn settle(&mut self, event: &Event) {
        if let Some(id) = id_of(event) {
            self.count_failure(id, event);
            self.connections
                .settle(id, matches!(event, Event::Opened { .. }));
            self.in_flight
                .remove(&id)
                .unwrap_or_else(|| panic!("two ends for effect {id}"));
        }
    }

    /// No step is tried without an end.
    fn count_failure(&mut self, id: u32, event: &Event) {
        const MOST: u32 = 9;
        let op = self.asked_for.remove(&id);
        let part = self.moving.remove(&id).unwrap_or(0);
        if let (
            Some(Op::Initiate),
            Event::Replied {
                body, status: 200, ..
            },
        ) = (op, event)
            && let Some((_, rest)) = body.split_once("<UploadId>")
        {
            let id = rest.split('<').next().unwrap_or_default();
            self.service.told_ids.insert(id.to_owned());
        }
        let Some(op) = op else { return };
        if matches!(
            (op, event),
            (
                Op::CreateUploadVideo | Op::Initiate,
                Event::Replied { status: 200, .. }
            )
        ) {
            // What comes now is for another place.
            self.failures.clear();
        }
        let is_failure = match event {
            Event::Failed { failure, .. } => !matches!(
                failure.kind,
                FailureKind::Canceled | FailureKind::NoHandle | FailureKind::SourceReply
            ),
            Event::Replied { status, .. } | Event::Transferred { status, .. } => *status >= 500,
            _ => false,
        };
        let failures = self.failures.entry((op, part)).or_default();
        *failures = match is_failure {
            true => *failures + 1,
            false => 0,
        };
        assert!(
            *failures <= MOST,
            "{op:?} of part {part} has failed {failures} times in a row"
        );
    }

    fn begin(&mut self, id: u32, what: &'static str) {
        assert!(
            self.in_flight.insert(id, what).is_none(),
            "the id {id} was used twice"
        );
        let transfers = self
            .in_flight
            .values()
            .filter(|what| **what == "transfer")
            .count();
        let allowed = self
            .job
            .options
            .concurrency
            .unwrap_or(self.job.host.concurrency) as usize;
        assert!(
            transfers <= allowed,
            "{transfers} transfers at once, {allowed} allowed"
        );
        self.most_transfers = self.most_transfers.max(transfers);
    }

    fn ends_clean(&mut self, upload: &mut Upload) {
        assert!(
            upload.handle(Event::Abort, UnixMs(self.now)).is_empty(),
            "effects after the end"
        );
        let left: Vec<_> = self.in_flight.values().collect();
        assert!(left.is_empty(), "still in flight at the end: {left:?}");
        assert!(self.buffers.is_empty(), "a buffer was never released");
        assert!(
            self.bodies.is_empty() && self.pages.is_empty(),
            "a body was never closed"
        );
    }

    fn leaks_nothing(&self, effect: &Effect) {
        let mut text = format!("{effect:?}");
        match effect {
            Effect::Failed { error } => text += &serde_json::to_string(error).unwrap(),
            Effect::Checkpoint { checkpoint } => {
                text += &serde_json::to_string(checkpoint).unwrap()
            }
            _ => {}
        }
        for secret in [
            ACCESS_KEY_SECRET,
            STS_SECRET,
            STS_TOKEN,
            URL_SECRET,
            "Signature=",
        ] {
            assert!(!text.contains(secret), "{secret} leaks in {text}");
        }
    }

    pub fn version(&self) -> u32 {
        let changed = self
            .source
            .changes_at
            .is_some_and(|at| self.now >= START + at);
        u32::from(changed) + 1
    }

    fn apply(&mut self, effect: Effect) -> Option<Result<End, Error>> {
        match effect {
            Effect::Send { id, request, .. } => self.send(id, &request),
            Effect::Open {
                id, request, file, ..
            } if !self.site.is_empty() => {
                let url = request.map(|request| request.url);
                self.open_page(id, &file.or(url).expect("neither a URL nor a file"));
            }
            Effect::Open { id, request, .. } => self.open(id, request.as_ref()),
            Effect::Close { id } => {
                self.pages.remove(&id);
                self.bodies.remove(&id);
                self.connections.close(id);
            }
            Effect::ReadText {
                id, open, limit, ..
            } => self.read_text(id, open, limit),
            Effect::Read {
                id,
                open,
                part,
                limit,
                least,
                ..
            } if !self.site.is_empty() => {
                let limit = match self.memory_is_short {
                    true => least + self.luck.below(limit - least + 1),
                    false => limit,
                };
                self.read_page(id, open, part, limit);
            }
            Effect::Read {
                id,
                open,
                part,
                skip,
                limit,
                least,
                ..
            } => {
                assert!(least <= limit, "{least} of {limit} bytes");
                let buffer = match self.memory_is_short && self.luck.below(2) == 0 {
                    true => least + self.luck.below(limit - least + 1),
                    false => limit,
                };
                self.read(id, open, part, skip, buffer);
            }
            Effect::Release { part } => drop(self.buffers.remove(&part)),
            Effect::Transfer {
                id,
                part,
                body,
                length,
                request,
                checksum,
            } => {
                self.transfer(id, part, &body, length, &request, checksum);
            }
            Effect::Wait { id, until } => {
                self.begin(id, "wait");
                self.waits += 1;
                self.schedule(until.saturating_sub(self.now), Event::Woke { id });
            }
            Effect::Renew { id } => {
                self.begin(id, "renew");
                self.renewals += 1;
                let is_in_reach =
                    !self.by_ticket || self.luck.fault(Op::RefreshUploadVideo, None).is_none();
                let event = match self.gives_credentials && is_in_reach {
                    true => Event::Renewed {
                        id,
                        account: self.account(),
                    },
                    false => failed(id, FailureKind::Credentials),
                };
                self.schedule(30, event);
            }
            Effect::Cancel { id } => self.cancel(id),
            Effect::Progress { progress } => {
                if let Some(seen) = &mut self.seen {
                    seen.insert(format!("Phase::{:?}", progress.phase));
                    seen.insert(format!("{:?} > {:?}", self.last_phase, progress.phase));
                }
                self.last_phase = progress.phase;
                if self.phases.last() != Some(&progress.phase) {
                    self.phases.push(progress.phase);
                }
                assert!(
                    progress.phase != Phase::Ended || progress.media_id.is_some(),
                    "the end tells of no media"
                );
                let restarts = self.last_progress.as_ref().map_or(0, |last| last.restarts);
                if progress.restarts > restarts {
                    self.failures.clear();
                    self.spent.begun.clear();
                }
                assert!(
                    progress.restarts <= 3,
                    "restarts without an end: {progress:?}"
                );
                assert!(
                    progress
                        .bytes_total
                        .is_none_or(|total| progress.bytes_accepted <= total),
                    "more bytes than there are: {progress:?}"
                );
                if let Some(retry) = progress.retry {
                    assert!((2..=retry.of).contains(&retry.attempt), "{retry:?}");
                    self.tries_told.push((retry.attempt, retry.of));
                }
                assert!(!progress.removing || progress.phase == Phase::Aborting);
                self.told_removing |= progress.removing;
                self.last_progress = Some(progress);
            }
            Effect::Checkpoint { checkpoint } => self.checkpoint = Some(checkpoint),
            Effect::Suspended { checkpoint } => {
                self.checkpoint = Some(checkpoint);
                return Some(Ok(End::Suspended));
            }
            Effect::Done { outcome } => return Some(Ok(End::Done(Box::new(outcome)))),
            Effect::Failed { error } => return Some(Err(error)),
        }
        None
    }

    fn cancel(&mut self, id: u32) {
        let Some((seq, _)) = self
            .pending
            .iter()
            .find(|(_, event)| id_of(event) == Some(id))
        else {
            return;
        };
        let seq = *seq;
        if self.late > 0 && self.luck.below(1000) < self.late {
            let event = self.pending.remove(&seq).unwrap();
            return self.schedule(0, event);
        }
        self.bodies.remove(&id);
        self.pages.remove(&id);
        if let (Some(ms), Some((request, extent))) = (self.lands_after, self.puts.remove(&id)) {
            self.landing
                .push((self.now + ms, Op::PutObject, request, Some(extent)));
        }
        if let Some(Event::Filled { id, .. }) = self.pending.remove(&seq) {
            // A buffer is kept only once it is full.
            self.buffers.remove(&self.reads[&id]);
        }
        self.schedule(0, failed(id, FailureKind::Canceled));
    }

    /// Lets everything arrive that is still under way after the end.
    pub fn land_the_rest(&mut self) {
        self.now = u64::MAX;
        self.land();
    }

    fn land(&mut self) {
        let (now, later) = std::mem::take(&mut self.landing)
            .into_iter()
            .partition(|(at, ..)| *at <= self.now);
        self.landing = later;
        for (at, op, request, extent) in now {
            match extent {
                Some(extent) => self.service.store(op, &request, extent, at),
                None => self.service.answer(op, &request, at),
            };
        }
    }

    fn record(&mut self, request: &Request) {
        if let Some(recorded) = &mut self.recorded {
            recorded.push(request.clone());
        }
    }

    /// Once an upload rests or is removed, nothing is begun, whatever wait was called off too late.
    fn only_cleans_up_at_the_end(&self, op: Op) {
        if !matches!(self.last_phase, Phase::Suspending | Phase::Aborting) {
            return;
        }
        let cleans = [
            Op::Abort,
            Op::DeleteMultipartUpload,
            Op::DeleteVideo,
            Op::GetMezzanineInfo,
            Op::RefreshUploadVideo,
        ];
        assert!(cleans.contains(&op), "{op:?} begins after the end");
    }

    fn send(&mut self, id: u32, request: &Request) {
        self.record(request);
        let op = service::op_of(request);
        assert!(
            !self.by_ticket || !op.is_of_vod(),
            "VOD is asked for {op:?}, and the upload is by ticket"
        );
        self.only_cleans_up_at_the_end(op);
        let patience = u64::from(request.reply_ms);
        if op == Op::Initiate {
            self.begins_but_one();
            self.carries_the_headers(request);
        }
        self.asked_for.insert(id, op);
        self.begin(
            id,
            if op == Op::CreateUploadVideo {
                "create"
            } else {
                "send"
            },
        );
        let mut duration = self.round_trip_ms;
        let fault = self.luck.fault(op, None);
        let event = match fault {
            Some(Fault::ResetBefore) => failed(id, FailureKind::Network),
            Some(Fault::Stalls) => {
                return self.schedule(patience, failed(id, FailureKind::Timeout));
            }
            Some(Fault::NoHandle) => failed(id, FailureKind::NoHandle),
            Some(Fault::Malformed) => failed(id, FailureKind::Malformed),
            Some(Fault::Refused) => failed(id, FailureKind::ServiceRefused),
            Some(Fault::ResetAfter) => {
                self.service.answer(op, request, self.now);
                failed(id, FailureKind::Network)
            }
            Some(Fault::EmptyAnswer) => {
                let (status, headers, _) = self.service.answer(op, request, self.now);
                let body = String::new();
                Event::Replied {
                    id,
                    status,
                    headers,
                    body,
                }
            }
            Some(Fault::Refuse(status, code) | Fault::Busy(status, code, _)) => {
                let (mut headers, body) = self.service.refusal(op, code, self.now);
                headers.extend(retry_after(fault));
                self.is_gone(code, request);
                Event::Replied {
                    id,
                    status,
                    headers,
                    body,
                }
            }
            Some(Fault::Host(kind)) => failed(id, kind),
            Some(Fault::LandsLate(ms)) => {
                self.landing
                    .push((self.now + ms, op, request.clone(), None));
                failed(id, FailureKind::Network)
            }
            _ => {
                let (status, headers, body) = self.service.answer(op, request, self.now);
                if let Some(Fault::Slow(ms)) = fault {
                    duration = ms;
                }
                Event::Replied {
                    id,
                    status,
                    headers,
                    body,
                }
            }
        };
        match duration > patience {
            true => self.schedule(patience, failed(id, FailureKind::Timeout)),
            false => self.schedule(duration, event),
        }
    }

    /// What a story says is gone is gone.
    fn is_gone(&mut self, code: &str, request: &Request) {
        if code == "NoSuchUpload" {
            self.service
                .told_ids
                .remove(&service::upload_id_of(request));
        }
    }

    /// What the object is to be stored with goes along with whatever makes it.
    fn carries_the_headers(&self, request: &Request) {
        for (name, value) in &self.job.options.object_headers {
            let told = vodlift::http::header(&request.headers, name);
            assert_eq!(told, Some(value.as_str()), "{name} of {}", request.method);
        }
    }

    /// Of one object there is one multipart upload: another is begun once the one before is gone.
    fn begins_but_one(&self) {
        let mut known = self.service.told_ids.iter();
        let open = known.find(|id| self.service.uploads.contains_key(*id));
        assert!(
            open.is_none() || !self.one_upload || !self.job.media.is_renewable(),
            "another multipart upload is begun beside {open:?}"
        );
    }

    fn open(&mut self, id: u32, request: Option<&Request>) {
        self.begin(id, "open");
        let fault = self.luck.fault(Op::Open, None);
        if let Some(patience) = self.loses_patience(request) {
            return self.schedule(patience, failed(id, FailureKind::SourceTimeout));
        }
        self.bodies.insert(id, self.whole());
        let event = match (request, fault) {
            (_, Some(Fault::Host(kind))) => failed(id, kind),
            (_, Some(Fault::Busy(status, ..))) => Event::Opened {
                id,
                status,
                headers: retry_after(fault).into_iter().collect(),
                head: String::new(),
            },
            (_, Some(Fault::ResetBefore | Fault::ResetAfter)) => {
                failed(id, FailureKind::SourceNetwork)
            }
            (_, Some(Fault::NoHandle)) => failed(id, FailureKind::NoHandle),
            (_, Some(Fault::Malformed)) => failed(id, FailureKind::SourceMalformed),
            (_, Some(Fault::Refused)) => failed(id, FailureKind::AddressRefused),
            (_, Some(Fault::Refuse(status, _))) => Event::Opened {
                id,
                status,
                headers: vec![],
                head: String::new(),
            },
            (None, _) => Event::Opened {
                id,
                status: 200,
                headers: vec![],
                head: String::new(),
            },
            (Some(request), _) => {
                let Answered {
                    status,
                    headers,
                    body,
                } = self.source_reply(id, request);
                self.bodies.insert(id, body);
                Event::Opened {
                    id,
                    status,
                    headers,
                    head: self.source.begins.to_owned(),
                }
            }
        };
        if !matches!(event, Event::Opened { .. }) {
            self.bodies.remove(&id);
        }
        self.schedule(self.round_trip_ms + self.source.first_byte_ms, event);
    }

    /// After how long a source that thinks too long is given up.
    fn loses_patience(&self, request: Option<&Request>) -> Option<u64> {
        let patience = u64::from(request?.reply_ms);
        (self.source.first_byte_ms > patience).then_some(patience)
    }

    fn open_page(&mut self, id: u32, at: &str) {
        self.begin(id, "open");
        self.opened.push(at.to_owned());
        let is_url = at.contains("://");
        let at = if is_url {
            at.split('?').next().unwrap()
        } else {
            at
        };
        let fault = self.luck.fault(Op::Open, None);
        let event = match fault {
            Some(Fault::Host(kind)) => failed(id, kind),
            Some(Fault::Busy(status, ..)) => Event::Opened {
                id,
                status,
                headers: retry_after(fault).into_iter().collect(),
                head: String::new(),
            },
            Some(Fault::ResetBefore | Fault::ResetAfter) => failed(id, FailureKind::SourceNetwork),
            Some(Fault::NoHandle) => failed(id, FailureKind::NoHandle),
            Some(Fault::Malformed) => failed(id, FailureKind::SourceMalformed),
            Some(Fault::Refused) => failed(id, FailureKind::AddressRefused),
            Some(Fault::Refuse(status, _)) => Event::Opened {
                id,
                status,
                headers: vec![],
                head: String::new(),
            },
            _ if !is_url && !self.site.contains_key(at) => failed(id, FailureKind::SourceMissing),
            _ => {
                let (status, headers) = match self.site.get(at) {
                    None => (404, vec![]),
                    Some(Page::Moved(to)) => (302, vec![("location".into(), to.clone())]),
                    Some(page) if self.site_has_lengths => {
                        let length = page.length().to_string();
                        (200, vec![("content-length".into(), length)])
                    }
                    Some(_) => (200, vec![]),
                };
                Event::Opened {
                    id,
                    status,
                    headers,
                    head: self.site.get(at).map_or("", Page::head).to_owned(),
                }
            }
        };
        if matches!(event, Event::Opened { .. }) {
            self.pages.insert(id, at.to_owned());
            self.unread.insert(id);
        }
        self.schedule(self.round_trip_ms, event);
    }

    fn read_text(&mut self, id: u32, open: u32, limit: u64) {
        self.begin(id, "read");
        let Page::Text(text) = &self.site[&self.pages[&open]] else {
            panic!("{} is no text", self.pages[&open])
        };
        let ended = text.len() as u64 <= limit;
        let text = text.chars().take(limit as usize).collect();
        let event = match self.luck.fault(Op::Read, None) {
            Some(Fault::SourceBreaks) => failed(id, FailureKind::SourceShort),
            Some(Fault::Host(kind)) => failed(id, kind),
            _ => Event::Text { id, text, ended },
        };
        self.schedule(self.round_trip_ms, event);
    }

    fn read_page(&mut self, id: u32, open: u32, part: u32, limit: u64) {
        self.begin(id, "read");
        self.reads.insert(id, part);
        self.unread.remove(&open);
        let whole = self.site[&self.pages[&open]].length();
        let length = whole.min(limit);
        match self.luck.fault(Op::Read, Some(part)) {
            Some(Fault::SourceBreaks) => {
                return self.schedule(self.round_trip_ms, failed(id, FailureKind::SourceShort));
            }
            Some(Fault::Host(kind)) => return self.schedule(self.round_trip_ms, failed(id, kind)),
            _ => {}
        }
        let extent = Extent {
            offset: 0,
            length,
            version: 1,
        };
        assert!(
            self.buffers.insert(part, extent).is_none(),
            "buffer {part} was filled twice"
        );
        let held: u64 = self.buffers.values().map(|extent| extent.length).sum();
        assert!(
            held <= self.job.host.buffer_bytes,
            "{held} bytes in buffers"
        );
        let ended = whole <= limit;
        self.schedule(
            length * 1000 / self.bandwidth,
            Event::Filled { id, length, ended },
        );
    }

    fn read(&mut self, id: u32, open: u32, part: u32, skip: u64, limit: u64) {
        self.begin(id, "read");
        self.reads.insert(id, part);
        let Some(body) = self.bodies.get_mut(&open) else {
            panic!("a read from {open}, which is not open")
        };
        let skip = skip.min(body.length);
        let length = limit.min(body.length - skip);
        let extent = Extent {
            offset: body.offset + skip,
            length,
            ..*body
        };
        body.offset += skip + length;
        body.length -= skip + length;
        match self.luck.fault(Op::Read, Some(part)) {
            Some(Fault::SourceBreaks) => {
                return self.schedule(self.round_trip_ms, failed(id, FailureKind::SourceShort));
            }
            Some(Fault::Host(kind)) => return self.schedule(self.round_trip_ms, failed(id, kind)),
            _ => {}
        }
        if length > 0 {
            assert!(
                self.buffers.insert(part, extent).is_none(),
                "buffer {part} was filled twice"
            );
        }
        let held: u64 = self.buffers.values().map(|extent| extent.length).sum();
        assert!(
            held <= self.job.host.buffer_bytes,
            "{held} bytes in buffers"
        );
        let event = Event::Filled {
            id,
            length,
            ended: length < limit,
        };
        self.schedule(length * 1000 / self.bandwidth, event);
    }

    fn transfer(
        &mut self,
        id: u32,
        part: u32,
        body: &TransferBody,
        length: u64,
        request: &Request,
        checksum: bool,
    ) {
        self.record(request);
        self.begin(id, "transfer");
        self.moving.insert(id, part);
        self.asked_for.insert(id, service::op_of(request));
        let in_order = matches!(body, TransferBody::Buffer);
        self.sends_no_part_again(part, request, in_order);
        self.keeps_the_budget(part, length, request, in_order);
        if service::op_of(request) == Op::PutObject {
            self.carries_the_headers(request);
        }
        let put = request;
        *self.sent.entry(part).or_default() += 1;
        let version = self.version();
        let op = service::op_of(request);
        // The kernel takes all of it at once: it is the reply that is waited for.
        let sending = length * 1000 / self.bandwidth;
        let mut duration = self.round_trip_ms + sending;
        let fault = self.luck.fault(op, Some(part));
        let extent = match body {
            TransferBody::Buffer => self.buffers[&part],
            TransferBody::File { path } => Extent {
                offset: 0,
                length: self.site[path].length(),
                version,
            },
            TransferBody::Range {
                request, expect, ..
            } if !self.site.is_empty() => Extent {
                offset: expect.first,
                length: self.site[request.url.split('?').next().unwrap()].length(),
                version,
            },
            TransferBody::Slice { .. } if version > 1 => {
                return self.schedule(5, failed(id, FailureKind::SourceChanged));
            }
            TransferBody::Slice { offset } => Extent {
                offset: *offset,
                length,
                version,
            },
            TransferBody::Opened { open, .. } if !self.site.is_empty() => {
                let at = self.pages.remove(open).expect("a body that is not open");
                assert!(self.unread.remove(open), "a body that was read before");
                Extent {
                    offset: 0,
                    length: self.site[&at].length(),
                    version,
                }
            }
            TransferBody::Opened { open, .. } => {
                let body = self.bodies.remove(open).expect("a body that is not open");
                assert_eq!(body.offset, 0, "a body that was read before");
                self.connections.pass_on(*open, id);
                body
            }
            TransferBody::Range {
                request, expect, ..
            } => {
                if let Some(patience) = self.loses_patience(Some(request)) {
                    return self.schedule(patience, failed(id, FailureKind::SourceTimeout));
                }
                duration += self.source.first_byte_ms;
                let Answered {
                    mut status,
                    headers,
                    body,
                } = self.source_reply(id, request);
                if let Some(Fault::SourceRefuses(refused)) = fault {
                    status = refused;
                }
                if check_range(expect, status, &headers).is_err() {
                    let failure = Failure {
                        kind: FailureKind::SourceReply,
                        message: "not the range asked for".into(),
                        status: Some(status),
                        headers,
                    };
                    return self.schedule(self.round_trip_ms, Event::Failed { id, failure });
                }
                body
            }
        };
        if extent.length > length {
            return self.schedule(duration, failed(id, FailureKind::SourceLong));
        }
        let patience = u64::from(put.reply_ms);
        if sending > patience || fault == Some(Fault::Stalls) {
            return self.schedule(patience, failed(id, FailureKind::Timeout));
        }
        assert_eq!(
            extent.length, length,
            "part {part} would be sent with another length"
        );
        let extent = match fault {
            Some(Fault::Corrupts) => Extent {
                version: CORRUPT,
                ..extent
            },
            _ => extent,
        };
        let hashes = checksum && self.luck.hashed;
        let crc64 = hashes.then(|| service::crc_of_zeros(length).to_string());
        if op == Op::PutObject {
            self.puts.insert(id, (request.clone(), extent));
        }
        let event = match fault {
            Some(Fault::SourceBreaks) => failed(id, FailureKind::SourceShort),
            Some(Fault::ResetBefore) => failed(id, FailureKind::Network),
            Some(Fault::NoHandle) => failed(id, FailureKind::NoHandle),
            Some(Fault::Malformed) => failed(id, FailureKind::Malformed),
            Some(Fault::Refused) => failed(id, FailureKind::ServiceRefused),
            Some(Fault::ResetAfter) => {
                self.service.store(op, request, extent, self.now);
                failed(id, FailureKind::Network)
            }
            Some(Fault::Host(kind)) => failed(id, kind),
            Some(Fault::LandsLate(ms)) => {
                let late = (self.now + ms, op, request.clone(), Some(extent));
                self.landing.push(late);
                failed(id, FailureKind::Network)
            }
            Some(Fault::Refuse(status, code) | Fault::Busy(status, code, _)) => {
                let (mut headers, body) = self.service.refusal(op, code, self.now);
                headers.extend(retry_after(fault));
                self.is_gone(code, request);
                Event::Transferred {
                    id,
                    sent: length,
                    status,
                    headers,
                    body,
                    crc64,
                }
            }
            _ => {
                let (status, headers, mut body) = self.service.store(op, request, extent, self.now);
                if fault == Some(Fault::EmptyAnswer) {
                    body = String::new();
                }
                Event::Transferred {
                    id,
                    sent: length,
                    status,
                    headers,
                    body,
                    crc64,
                }
            }
        };
        match fault {
            Some(Fault::Slow(ms)) if sending + ms > patience => {
                self.schedule(duration + patience, failed(id, FailureKind::Timeout));
            }
            Some(Fault::Slow(ms)) => self.schedule(duration + ms, event),
            _ => self.schedule(duration, event),
        }
    }

    /// No part begins beyond what the run may use up, nor once it is told to stop. What is one PutObject is sent all the same.
    fn keeps_the_budget(&mut self, part: u32, length: u64, request: &Request, in_order: bool) {
        if service::op_of(request) != Op::UploadPart {
            return;
        }
        assert!(!self.spent.is_stopped, "part {part} begins after a stop");
        let begun = &mut self.spent.begun;
        let (count, bytes) = (begun.len() as u32, begun.values().sum::<u64>());
        let budget = &self.job.options.budget;
        let is_late = budget.deadline.is_some_and(|at| self.now >= at);
        assert!(
            !is_late || in_order,
            "part {part} begins after the deadline"
        );
        if begun.insert(part, length).is_some() {
            return;
        }
        let fits = budget.parts.is_none_or(|most| count < most)
            && budget.bytes.is_none_or(|most| bytes < most);
        assert!(
            fits,
            "part {part} begins beyond the budget: {count} parts, {bytes} bytes"
        );
    }

    /// What the service had when this run began is not sent again, but for a new multipart upload.
    fn sends_no_part_again(&self, part: u32, request: &Request, in_order: bool) {
        let known = (service::upload_id_of(request), part);
        // Where the service has lost one, those before it cannot be told apart from those of another run.
        let lost = self.service.lost.as_ref();
        let has_lost = lost.is_some_and(|(id, _)| *id == known.0);
        let is_known = self.stored_before.contains(&known) && !has_lost;
        assert!(
            // The last part of a source of unknown length may be shorter than others, and is not known to be the last.
            !is_known || (in_order && part >= self.in_a_row),
            "part {part} is sent again, which the service had before"
        );
    }

    /// A media that exists, with so many bytes or without a file, is to be replaced.
    pub fn replace(&mut self, by: VideoRef, there: Option<u64>) {
        self.service.created = 1;
        self.service.reference = Some("row-0001".into());
        self.service.object = there.map(|length| {
            vec![Extent {
                offset: 0,
                length,
                version: OLD,
            }]
        });
        if let Media::Video(video) = &mut self.job.media {
            video.title = String::new();
            video.file_name = String::new();
        }
        self.job.options.replace = Some(by);
    }

    /// What was there before is there, untouched.
    pub fn assert_the_old_object_is_there(&self) {
        let object = self.service.object.as_ref().expect("the object is gone");
        assert_eq!((object.len(), object[0].version), (1, OLD));
    }

    /// CRC-64 of the source.
    pub fn crc(&self) -> u64 {
        service::crc_of_zeros(self.source.size)
    }

    /// What is stored is the source: whole, in order, of one version.
    pub fn assert_object_is_the_source(&self) {
        let object = self.service.object.as_ref().expect("no object was stored");
        assert!(
            object.iter().all(|extent| extent.version != CORRUPT),
            "the object holds bytes that are not the source's"
        );
        let mut at = 0;
        for extent in object {
            assert_eq!(extent.offset, at, "a gap or an overlap in {object:?}");
            assert_eq!(
                extent.version, object[0].version,
                "two versions of the source in one object"
            );
            at += extent.length;
        }
        assert_eq!(
            at, self.source.size,
            "the object has another size than the source"
        );
    }
}

/// What a checkpoint tells is taken from it alone.
fn forget_wishes(job: &mut Job) {
    if let Media::Video(video) = &mut job.media {
        *video = CreateUploadVideo::default();
    }
    if let Source::Playlist(source) = &mut job.source {
        *source = PlaylistSource::at(source.root.clone());
    }
    let options = &mut job.options;
    options.object_headers = vec![];
    options.show_watermark = None;
    options.adopt = Adopt::Never;
    options.replace = None;
    options.part_size = None;
}

fn failed(id: u32, kind: FailureKind) -> Event {
    Event::Failed {
        id,
        failure: Failure {
            kind,
            message: "the world broke".into(),
            status: None,
            headers: vec![],
        },
    }
}

fn retry_after(fault: Option<Fault>) -> Option<(String, String)> {
    match fault {
        Some(Fault::Busy(.., seconds)) => Some(("Retry-After".into(), seconds.to_string())),
        _ => None,
    }
}

/// Progress is left out, and of the checkpoints of one moment the last one counts: how often it is told changes nothing.
fn note_said(effects: &[Effect], digest: &mut DefaultHasher) {
    for effect in effects {
        if !matches!(effect, Effect::Progress { .. } | Effect::Checkpoint { .. }) {
            format!("{effect:?}").hash(digest);
        }
    }
    let saved = |effect: &&Effect| matches!(effect, Effect::Checkpoint { .. });
    if let Some(last) = effects.iter().rev().find(saved) {
        format!("{last:?}").hash(digest);
    }
}

/// What a trace shows of an effect.
fn told(effect: &Effect) -> String {
    let short = |request: &Request| {
        let query = request.url.split_once('?').map_or("", |(_, query)| query);
        let action = vodlift::http::header(&request.headers, "x-acs-action").unwrap_or_default();
        format!("{} {action}?{query:.80}", request.method)
    };
    match effect {
        Effect::Send { id, request, .. } => format!("send {id} {}", short(request)),
        Effect::Transfer {
            id,
            part,
            body,
            length,
            request,
            ..
        } => {
            let body: String = format!("{body:?}")
                .chars()
                .take_while(|c| c.is_alphabetic())
                .collect();
            format!(
                "transfer {id} part {part} {body} {length} {}",
                short(request)
            )
        }
        Effect::Progress { progress } => format!(
            "[{:?} {} bytes, {} retries, {} restarts]",
            progress.phase, progress.bytes_accepted, progress.retries, progress.restarts
        ),
        Effect::Checkpoint { checkpoint } | Effect::Suspended { checkpoint } => format!(
            "{} {:?} {:?} {:?}",
            if matches!(effect, Effect::Checkpoint { .. }) {
                "checkpoint"
            } else {
                "SUSPENDED"
            },
            checkpoint.plan,
            checkpoint.place.as_ref().map(|place| &place.media_id),
            checkpoint.upload_id
        ),
        Effect::Open { id, request, .. } => {
            let range = request
                .as_ref()
                .and_then(|request| vodlift::http::header(&request.headers, "range"));
            format!("open {id} {}", range.unwrap_or_default())
        }
        Effect::Done { outcome } => format!("DONE {} bytes, {:?}", outcome.bytes, outcome.compared),
        Effect::Failed { error } => format!("FAILED {:?} {}", error.code, error.message),
        other => format!("{other:?}"),
    }
}

/// What a trace shows of an event.
fn trace_of(event: &Event) -> String {
    match event {
        Event::Replied {
            id, status, body, ..
        } => format!("replied {id}: {status} {body}"),
        Event::Opened { id, status, .. } => format!("opened {id}: {status}"),
        Event::Filled { id, length, ended } => format!("filled {id}: {length} {ended}"),
        Event::Transferred { id, status, .. } => format!("transferred {id}: {status}"),
        Event::Failed { id, failure } => format!("failed {id}: {:?}", failure.kind),
        Event::Text { id, ended, .. } => format!("text {id}: {ended}"),
        Event::Renewed { id, .. } => format!("renewed {id}"),
        Event::Woke { id } => format!("woke {id}"),
        Event::Start => "start".into(),
        Event::Stop => "stop".into(),
        Event::Abort => "abort".into(),
    }
}

fn id_of(event: &Event) -> Option<u32> {
    match event {
        Event::Start | Event::Stop | Event::Abort => None,
        Event::Replied { id, .. }
        | Event::Opened { id, .. }
        | Event::Filled { id, .. }
        | Event::Text { id, .. }
        | Event::Transferred { id, .. }
        | Event::Failed { id, .. }
        | Event::Renewed { id, .. }
        | Event::Woke { id } => Some(*id),
    }
}
