//! A seeded world around the real machine: a source, VOD, OSS, a clock, and bad luck. Time is virtual, bytes are extents.
//!
//! Read in this order: `mod.rs` (the world and its invariants), `source.rs`, `service.rs` (VOD and OSS), `luck.rs` (faults).

#![allow(dead_code, unreachable_pub)]

mod luck;
mod service;
mod source;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

pub use luck::{Fault, Luck, Op};
use service::Service;
#[allow(unused_imports)]
pub use service::{Lie, OLD};
use source::{Answered, Connections};
#[allow(unused_imports)]
pub use source::{Habit, SourceSpec, Stamp};
use vodlift::Error;
use vodlift::http::Request;
use vodlift::oss::OssService;
use vodlift::secret::Secret;
use vodlift::source::range::check_range;
use vodlift::time::UnixMs;
use vodlift::upload::{
    Checkpoint, Effect, Event, Failure, FailureKind, HostLimits, Job, Media, Options, Outcome,
    Phase, Progress, Source, TransferBody, Upload,
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
    puts: BTreeMap<u32, (Request, Extent)>,
    landing: Vec<(u64, Request, Extent)>,
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
            resume: None,
            checkpoint: None,
            torn: 0,
            lost_create: false,
            max_steps: 200_000,
            account_life_ms: None,
            gives_credentials: true,
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
        self.connections = Connections::default();
        self.buffers.clear();
        self.pages.clear();
        self.resume = self.checkpoint.clone();
    }

    /// As [`World::run`], for runs that end before the upload does.
    pub fn run_slice(&mut self) -> Result<End, Error> {
        let account = self.account();
        let entropy = self.luck.entropy();
        let (job, now) = (self.job.clone(), UnixMs(self.now));
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
            let trace = std::env::var("TRACE").is_ok().then(|| trace_of(&event));
            let effects = upload.handle(event, UnixMs(self.now));
            if let Some(trace) = trace {
                println!("{} {trace:.300}\n    {effects:?}", self.now);
            }
            let mut verdict: Option<Result<End, Error>> = None;
            for effect in effects {
                assert!(verdict.is_none(), "an effect after the end: {effect:?}");
                self.leaks_nothing(&effect);
                verdict = self.apply(effect);
            }
            if let Some(verdict) = verdict {
                self.ends_clean(&mut upload, matches!(verdict, Ok(End::Done(_))));
                return verdict;
            }
        }
    }

    /// The caller's keys, which end some time after they were asked for.
    fn account(&self) -> Account {
        Account {
            credentials: Credentials {
                access_key_id: "ak".into(),
                access_key_secret: Secret::new(ACCESS_KEY_SECRET),
                security_token: None,
            },
            expires_at: self.account_life_ms.map(|life| self.now + life),
            renewable: self.account_life_ms.is_some(),
        }
    }

    fn schedule(&mut self, after_ms: u64, event: Event) {
        self.seq += 1;
        self.queue.push(Reverse((self.now + after_ms, self.seq)));
        self.pending.insert(self.seq, event);
    }

    fn settle(&mut self, event: &Event) {
        if let Some(id) = id_of(event) {
            self.connections
                .settle(id, matches!(event, Event::Opened { .. }));
            self.in_flight
                .remove(&id)
                .unwrap_or_else(|| panic!("two ends for effect {id}"));
        }
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

    fn ends_clean(&mut self, upload: &mut Upload, done: bool) {
        assert!(
            upload.handle(Event::Abort, UnixMs(self.now)).is_empty(),
            "effects after the end"
        );
        let is_canceled = |id: &u32| {
            let mut events = self.pending.values();
            events.any(|event| matches!(event, Event::Failed { id: failed, failure } if failed == id && failure.kind == FailureKind::Canceled))
        };
        let left = self.in_flight.iter().filter(|(id, _)| !is_canceled(id));
        let left: Vec<_> = left.map(|(_, what)| what).collect();
        assert!(left.is_empty(), "still in flight at the end: {left:?}");
        assert!(
            self.buffers.is_empty() || !done,
            "a buffer was never released"
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
                ..
            } => {
                self.transfer(id, part, &body, length, &request);
            }
            Effect::Wait { id, until } => {
                self.begin(id, "wait");
                self.schedule(until.saturating_sub(self.now), Event::Woke { id });
            }
            Effect::Renew { id } => {
                self.begin(id, "renew");
                self.renewals += 1;
                let event = match self.gives_credentials {
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
                assert!(
                    progress
                        .bytes_total
                        .is_none_or(|total| progress.bytes_accepted <= total)
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
        if let (Some(ms), Some((request, extent))) = (self.lands_after, self.puts.remove(&id)) {
            self.landing.push((self.now + ms, request, extent));
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
        for (at, request, extent) in now {
            self.service.store(Op::PutObject, &request, extent, at);
        }
    }

    fn record(&mut self, request: &Request) {
        if let Some(recorded) = &mut self.recorded {
            recorded.push(request.clone());
        }
    }

    fn send(&mut self, id: u32, request: &Request) {
        self.record(request);
        let op = service::op_of(request);
        let patience = u64::from(request.reply_ms);
        self.begin(
            id,
            if op == Op::CreateUploadVideo {
                "create"
            } else {
                "send"
            },
        );
        let event = match self.luck.fault(op, None) {
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
            Some(Fault::Refuse(status, code)) => {
                let (headers, body) = self.service.refusal(op, code, self.now);
                Event::Replied {
                    id,
                    status,
                    headers,
                    body,
                }
            }
            _ => {
                let (status, headers, body) = self.service.answer(op, request, self.now);
                Event::Replied {
                    id,
                    status,
                    headers,
                    body,
                }
            }
        };
        self.schedule(self.round_trip_ms, event);
    }

    fn open(&mut self, id: u32, request: Option<&Request>) {
        self.begin(id, "open");
        let fault = self.luck.fault(Op::Open, None);
        if let Some(patience) = self.loses_patience(request) {
            return self.schedule(patience, failed(id, FailureKind::SourceTimeout));
        }
        self.bodies.insert(id, self.whole());
        let event = match (request, fault) {
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
        let event = match self.luck.fault(Op::Open, None) {
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
        if let Some(Fault::SourceBreaks) = self.luck.fault(Op::Read, Some(part)) {
            return self.schedule(self.round_trip_ms, failed(id, FailureKind::SourceShort));
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
        if matches!(
            self.luck.fault(Op::Read, Some(part)),
            Some(Fault::SourceBreaks)
        ) {
            return self.schedule(self.round_trip_ms, failed(id, FailureKind::SourceShort));
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
    ) {
        self.record(request);
        self.begin(id, "transfer");
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
            Some(Fault::Refuse(status, code)) => {
                let (headers, body) = self.service.refusal(op, code, self.now);
                Event::Transferred {
                    id,
                    sent: length,
                    status,
                    headers,
                    body,
                    crc64: None,
                }
            }
            _ => {
                let (status, headers, body) = self.service.store(op, request, extent, self.now);
                Event::Transferred {
                    id,
                    sent: length,
                    status,
                    headers,
                    body,
                    crc64: None,
                }
            }
        };
        self.schedule(duration, event);
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
