//! The source: what it is, whether it has ranges, and reading it in order where it has none.

use std::collections::BTreeMap;

use super::{Task, Upload};
use crate::error::{Code, Error};
use crate::http::{Headers, Request, header, location, source_headers, without_query};
use crate::source::cookies::with_cookies;
use crate::source::guard::next_hop;
use crate::source::probe::{
    Likeness, Probe, Validator, plain_headers, range_headers, read_first_part, read_probe,
};
use crate::source::{kind, sniff};
use crate::time::UnixMs;
use crate::upload::event::{Effect, Failure, FailureKind};
use crate::upload::job::{Job, Media, Source};
use crate::upload::lane::Lane;
use crate::upload::naming::{self, Hints};
use crate::upload::plan::{self, Plan, Shape};
use crate::upload::retry::RESTARTS;
use crate::vod::formats;
use crate::wire::retry::{CALL_TRIES, retry_after_ms};

/// Give up when the source does not move for this long, in ms. Its first byte may take longer, see `patience`.
pub(super) const SOURCE_IDLE_MS: u32 = 60_000;

/// A source of so many bytes, in the body of the first reply, is kept in memory until it is stored.
const KEPT_BYTES: u64 = plan::DEFAULT_PART_SIZE;

const NO_SHARD: &str =
    "A shard needs ranges. Resume without one: the whole is then read in one request.";

const WORKS_ONCE: &str = "If the link works only once, have it read in one request: switch ranges off with `ranges`; else check its expiry, and the headers that the source asks for.";

/// What is known of the source, and where reading it stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Reader {
    pub(super) access: Access,
    /// Where the URL led to after its redirects.
    pub(super) url: String,
    /// The caller's headers that may go there.
    pub(super) headers: Headers,
    pub(super) hops: u32,
    /// The redirects were followed once more since a part was accepted.
    pub(super) resolved_again: bool,
    pub(super) size: Option<u64>,
    pub(super) validator: Validator,
    pub(super) modified: Option<u64>,
    content_type: Option<String>,
    /// Its first bytes, if they were asked for.
    head: String,
    name: Option<String>,
    /// Of a reply that the caller has fetched: where it was.
    came_from: Option<String>,
    /// The body kept open, for a source that is read in order.
    pub(super) open: Option<u32>,
    purpose: Purpose,
    /// Asked without a range, to be read in order: by wish, or since its ranges are of no use.
    plain: bool,
    /// The first reply's body, which holds the first part and is unread so far.
    first_part: Option<FirstPart>,
    /// That body is under way: when it breaks, its part is only fetched again.
    pub(super) lends_first_part: bool,
    /// It has answered a range exactly: it is alive, and its size is known.
    is_sound: bool,
    /// It may be another than the one whose parts the server has.
    pub(super) is_doubtful: bool,
    /// It gave bytes before: a link that refuses now may work only once.
    gave_bytes: bool,
    /// How many ranges it takes at once.
    pub(super) lane: Lane,
    /// The size the source announced, if it did.
    pub(super) announced: Option<u64>,
    pub(super) tries: u32,
    /// It was opened again to read on behind what was there.
    pub(super) was_reopened: bool,
    /// Bytes put into buffers so far.
    offset: u64,
    ended: bool,
    /// Offset and length of each buffer that waits to be accepted, by part number.
    pub(super) buffers: BTreeMap<u32, (u64, u64)>,
}

/// The body of an `Open` and its length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct FirstPart {
    open: u32,
    length: u64,
}

/// How bytes are reached.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Access {
    #[default]
    Unknown,
    /// A URL with ranges.
    Ranges,
    /// Local bytes, readable at any offset.
    Slices,
    /// In order, once.
    Stream,
}

/// Why the source is being opened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Purpose {
    /// To see what it is.
    #[default]
    Probe,
    /// To follow its redirects again: the URL behind them has expired.
    Resolve,
    /// To go on reading behind what is already in buffers or accepted.
    Reopen,
}

impl Reader {
    pub(super) fn new(job: &Job) -> Self {
        match job.source.clone() {
            Source::Url { url, headers } => Reader {
                url,
                headers,
                plain: job.options.ranges == Some(false),
                ..Reader::default()
            },
            Source::Slices {
                size,
                modified,
                name,
                content_type,
            } => Reader {
                access: Access::Slices,
                size: Some(size),
                announced: Some(size),
                modified,
                name,
                content_type,
                ..Reader::default()
            },
            Source::Stream { size, name } => Reader {
                access: Access::Stream,
                size,
                name,
                ..Reader::default()
            },
            Source::Reply(head) => {
                // One that is no source was refused before this.
                let probe = head.read().unwrap_or_default();
                Reader {
                    access: Access::Stream,
                    size: probe.size,
                    name: probe.file_name,
                    content_type: probe.content_type,
                    came_from: head.url,
                    ..Reader::default()
                }
            }
            // Its files have readers of their own.
            Source::Playlist(_) => Reader::default(),
        }
    }

    /// What was read cannot be read again.
    pub(super) fn is_once_only(&self) -> bool {
        self.access == Access::Stream && self.url.is_empty()
    }

    /// It is read in one request, behind a URL.
    pub(super) fn is_read_once(&self) -> bool {
        self.plain
    }

    pub(super) fn read_without_ranges(&mut self) {
        self.plain = true;
    }

    /// Bytes that the server has already: the next read drops them.
    pub(super) fn pass_over(&mut self, bytes: u64) {
        self.offset = self.offset.saturating_add(bytes);
        self.purpose = Purpose::Reopen;
    }

    /// Every byte is in a buffer or accepted.
    pub(super) fn ended(&self) -> bool {
        self.access != Access::Stream || self.ended
    }
}

impl Upload {
    pub(super) fn probe(&mut self, now: UnixMs) -> Result<(), Error> {
        if self.files.is_some() {
            return self.read_lists(now);
        }
        if self.reader.access == Access::Slices {
            return self.source_known(now);
        }
        self.open();
        Ok(())
    }

    pub(super) fn open(&mut self) {
        let request = match self.job.source {
            Source::Url { .. } => Some(self.source_request(match self.reader.plain {
                true => plain_headers(),
                false => {
                    let last = self.first_range().saturating_sub(1);
                    range_headers(0, last, &Validator::default())
                }
            })),
            _ => None,
        };
        let id = self.begin(Task::Open);
        self.spent.subrequests = self.spent.subrequests.saturating_add(1);
        let allow_private = self.job.options.allow_private_sources;
        self.out.push(Effect::Open {
            id,
            // What passes by on this machine is the caller's to know.
            peek: request.as_ref().map_or(0, |_| sniff::HEAD_BYTES),
            request,
            file: None,
            allow_private,
        });
    }

    /// How many bytes the first request asks for: the first part, so that its body can be used, or what is worth a look.
    fn first_range(&self) -> u64 {
        match self.sends_first_part() {
            true => plan::first_part(&self.job.options, &self.job.host),
            false => sniff::HEAD_BYTES.into(),
        }
    }

    /// Whether this run may send what the first request brings.
    fn sends_first_part(&self) -> bool {
        self.reader.purpose == Purpose::Probe
            && !self.resumed
            && self.job.options.budget.parts != Some(0)
    }

    pub(super) fn source_request(&self, headers: Headers) -> Request {
        Request {
            method: "GET".into(),
            url: self.reader.url.clone(),
            headers: source_headers(&self.reader.headers, headers),
            body: String::new(),
            idle_ms: SOURCE_IDLE_MS,
            reply_ms: SOURCE_IDLE_MS,
        }
    }

    pub(super) fn is_opening(&self) -> bool {
        self.tasks
            .values()
            .any(|task| matches!(task, Task::Open | Task::RetryOpen))
    }

    pub(super) fn on_opened(
        &mut self,
        id: u32,
        status: u16,
        headers: &Headers,
        head: &str,
        now: UnixMs,
    ) -> Result<(), Error> {
        if self.reader.url.is_empty() {
            self.reader.open = Some(id);
            return self.source_known(now);
        }
        if matches!(status, 301 | 302 | 303 | 307 | 308) {
            self.close(id)?;
            return self.follow(headers);
        }
        let probe = match self.reader.plain {
            true => read_probe(status, headers),
            false => read_first_part(self.first_range(), status, headers),
        };
        match probe {
            Ok(probe) => self.on_probe(id, probe, head, now),
            Err(error) => {
                self.close(id)?;
                self.reader.gave_bytes |= matches!(status, 200 | 203 | 206);
                self.open_refused(error, status, retry_after_ms(headers, now), now)
            }
        }
    }

    fn open_refused(
        &mut self,
        error: Error,
        status: u16,
        asked_ms: Option<u64>,
        now: UnixMs,
    ) -> Result<(), Error> {
        if error.code != Code::EmptySource
            && !self.reader.plain
            && may_be_the_range(status, self.reader.tries)
        {
            if self.reader.purpose == Purpose::Resolve {
                return self.read_once(error, now);
            }
            self.reader.plain = true;
            self.open();
            return Ok(());
        }
        if is_passing(status) {
            return self.retry_open(error, asked_ms, now);
        }
        if !(self.reader.gave_bytes && (400..500).contains(&status)) {
            return Err(error);
        }
        let error = Error {
            hint: WORKS_ONCE.into(),
            ..error
        };
        match self.may_be_crowded() {
            true => self.retry_open(error, asked_ms, now),
            false => Err(error),
        }
    }

    /// After a fallback to one request: a host that takes few connections may still count those that were called off.
    fn may_be_crowded(&self) -> bool {
        let reader = &self.reader;
        reader.plain && reader.gave_bytes && reader.tries == 0 && self.restarts > 0
    }

    fn follow(&mut self, headers: &Headers) -> Result<(), Error> {
        let reader = &self.reader;
        let to = location(headers);
        let policy = self.job.options.source_policy();
        let next = next_hop(
            &reader.url,
            to.as_deref(),
            &with_cookies(&reader.headers, headers),
            reader.hops,
            &policy,
        );
        let (url, headers) = next?;
        self.reader.url = url;
        self.reader.headers = headers;
        self.reader.hops = self.reader.hops.saturating_add(1);
        self.open();
        Ok(())
    }

    fn on_probe(&mut self, id: u32, probe: Probe, head: &str, now: UnixMs) -> Result<(), Error> {
        if let Err(error) = self.check_page(
            probe.content_type.as_deref(),
            probe.file_name.as_deref(),
            head,
        ) {
            self.close(id)?;
            return match self.may_be_crowded() {
                true => self.retry_open(error, None, now),
                false => Err(error),
            };
        }
        self.reader.gave_bytes = true;
        match self.reader.purpose {
            Purpose::Probe if self.job.options.shard.is_some() && !probe.ranges => {
                self.close(id)?;
                let message = "its ranges have stopped working";
                Err(no_shard(Error::new(Code::SourceRange, message)))
            }
            Purpose::Probe => {
                self.reader.tries = 0;
                self.reader.announced = probe.size;
                self.reader.size = probe.size;
                // All of it, and little enough to be kept until it is stored: then nobody has to ask again.
                let sends_it = self.sends_first_part();
                let kept =
                    sends_it && probe.whole && probe.size.is_some_and(|size| size <= KEPT_BYTES);
                match probe.size.filter(|_| probe.ranges && !kept) {
                    Some(size) if sends_it => {
                        let length = self.first_range().min(size);
                        self.reader.access = Access::Ranges;
                        self.reader.first_part = Some(FirstPart { open: id, length });
                    }
                    Some(_) => {
                        self.close(id)?;
                        self.reader.access = Access::Ranges;
                    }
                    None => self.read_from(id),
                }
                self.reader.is_sound = probe.ranges;
                self.reader.validator = probe.validator;
                self.reader.content_type = probe.content_type;
                self.reader.name = probe.file_name;
                self.reader.head = head.to_owned();
                self.source_known(now)
            }
            Purpose::Resolve => {
                self.close(id)?;
                if self.is_other(&probe) {
                    return Err(self.changed());
                }
                let same = self.reader.validator.compare(&probe.validator) == Likeness::Same;
                if !probe.ranges || !same {
                    let error = Error::new(Code::SourceRange, "its ranges have stopped working");
                    return self.read_once(error, now);
                }
                self.schedule(now)
            }
            Purpose::Reopen => {
                if self.is_other(&probe) {
                    self.close(id)?;
                    return Err(self.changed());
                }
                let same = self.reader.validator.compare(&probe.validator) == Likeness::Same;
                if !same && self.reader.offset > 0 {
                    self.close(id)?;
                    self.reader.validator = probe.validator;
                    return self.restart(self.changed(), now);
                }
                self.reader.validator = probe.validator;
                self.read_from(id);
                self.schedule(now)?;
                self.read_ahead()
            }
        }
    }

    /// Pages are no media; only attached media may be documents.
    fn check_page(&self, told: Option<&str>, name: Option<&str>, head: &str) -> Result<(), Error> {
        let page = kind::page_by(told, head).filter(|_| !self.job.options.any_content_type);
        let Some(page) = page.filter(|_| !self.may_be_a_document(told, name)) else {
            return Ok(());
        };
        Err(match self.reader.url.is_empty() {
            true => {
                let message = format!("the source is {page}, and was to become media");
                Error::new(Code::SourceIsPage, message)
            }
            false => kind::page_instead(page),
        })
    }

    /// By the first of its names that VOD can know it by, else by its type.
    fn may_be_a_document(&self, told: Option<&str>, name: Option<&str>) -> bool {
        const DOCUMENTS: &str = "ttml xml json dfxp";
        let Media::AttachedMedia(media) = &self.job.media else {
            return false;
        };
        let is_in = |formats: &str, one: &str| formats.split(' ').any(|format| format == one);
        let formats = formats::attached(media.business_type);
        let names = [media.file_name.as_deref(), name, Some(&self.reader.url)];
        let given = media.media_ext.as_ref().map(|ext| ext.to_ascii_lowercase());
        let mut extensions = given
            .into_iter()
            .chain(names.into_iter().flatten().filter_map(kind::extension));
        let wanted = extensions.find(|one| is_in(formats, one) || is_in(DOCUMENTS, one));
        match wanted {
            Some(wanted) => is_in(DOCUMENTS, &wanted),
            None => told.is_some_and(|told| naming::format_among(told, "ttml").is_some()),
        }
    }

    /// A playlist or an image is no video, unless somebody said so.
    fn check_lookalike(&self) -> Result<(), Error> {
        let options = &self.job.options;
        let Media::Video(video) = &self.job.media else {
            return Ok(());
        };
        if options.any_content_type || options.kind_is_said {
            return Ok(());
        }
        let reader = &self.reader;
        let given = Some(video.file_name.as_str()).filter(|name| !name.is_empty());
        let own = [reader.name.as_deref(), Some(reader.url.as_str())];
        let names: Vec<&str> = match given {
            Some(given) => vec![given],
            None => own.into_iter().flatten().collect(),
        };
        let told = reader.content_type.as_deref();
        kind::lookalike(told, &names, &reader.head).map_or(Ok(()), Err)
    }

    /// From here on the source is read in order, from this body.
    fn read_from(&mut self, id: u32) {
        self.reader.access = Access::Stream;
        self.reader.plain = true;
        self.reader.open = Some(id);
    }

    /// The reply proves that the source is not what it was.
    fn is_other(&self, probe: &Probe) -> bool {
        let sizes = self.reader.announced.zip(probe.size);
        sizes.is_some_and(|(was, is)| was != is)
            || self.reader.validator.compare(&probe.validator) == Likeness::Other
    }

    /// The body that holds the first part, if that is exactly what the plan cuts.
    pub(super) fn take_first_part(&mut self, length: u64) -> Option<u32> {
        let first = self
            .reader
            .first_part
            .take_if(|first| first.length == length)?;
        self.reader.lends_first_part = true;
        Some(first.open)
    }

    /// Whoever does not send the first part lets go of its body.
    pub(super) fn drop_first_part(&mut self) {
        if let Some(first) = self.reader.first_part.take() {
            self.out.push(Effect::Close { id: first.open });
        }
    }

    /// Begins again at the URL that the caller gave: where its redirects led to may have ended.
    fn back_to_the_first_url(&mut self) {
        if let Source::Url { url, headers } = &self.job.source {
            self.reader.url = url.clone();
            self.reader.headers = headers.clone();
            self.reader.hops = 0;
        }
    }

    /// Ranges do not work here, or their parts may not belong together: everything from the start, in one request. One
    /// reply is of one version of the source.
    pub(super) fn read_once(&mut self, error: Error, now: UnixMs) -> Result<(), Error> {
        if self.reader.url.is_empty() {
            return Err(error);
        }
        // Others move the rest of a shard's parts.
        if self.job.options.shard.is_some() {
            return Err(no_shard(error));
        }
        self.reader.access = Access::Stream;
        self.reader.plain = true;
        self.reader.tries = 0;
        self.plan = Some(plan::plan(self.shape(), &self.job.options, &self.job.host)?);
        self.begin_anew(now)?;
        self.back_to_the_first_url();
        self.open();
        Ok(())
    }

    /// The redirects lead somewhere that no longer answers: follow them again, once until a part is accepted.
    pub(super) fn resolve_again(&mut self) {
        self.back_to_the_first_url();
        self.reader.resolved_again = true;
        self.reader.purpose = Purpose::Resolve;
        if !self.is_opening() {
            self.open();
        }
    }

    /// Size and names are known as far as they will be: plan, then ask VOD for a place. A stream is read first, so that an
    /// empty or dead one leaves no empty media behind.
    pub(super) fn source_known(&mut self, now: UnixMs) -> Result<(), Error> {
        if self
            .expected
            .as_ref()
            .is_some_and(|before| before.place.is_some())
        {
            self.drop_first_part();
            return self.go_on(now);
        }
        if self.reader.size == Some(0) {
            return Err(plan::empty_source());
        }
        // What the caller has opened has told its type without a probe.
        let reader = &self.reader;
        self.check_page(
            reader.content_type.as_deref(),
            reader.name.as_deref(),
            &reader.head,
        )?;
        self.check_lookalike()?;
        let reader = &self.reader;
        let hints = Hints {
            name: reader.name.as_deref(),
            url: match reader.url.as_str() {
                "" => reader.came_from.as_deref(),
                url => Some(url),
            },
            content_type: reader.content_type.as_deref(),
        };
        match naming::complete(&mut self.job.media, &hints) {
            // A media that exists has its names.
            _ if self.job.options.replace.is_some() => {}
            named => {
                named?;
                self.job.media.validate()?;
            }
        }
        self.plan = Some(plan::plan(self.shape(), &self.job.options, &self.job.host)?);
        self.save();
        let cut = self.plan()?.part(1).map(|(_, length)| length);
        if self.reader.first_part.map(|first| first.length) != cut {
            self.drop_first_part();
        }
        if self.reader.access == Access::Stream {
            self.read_ahead()?;
            if !self.reader.is_sound {
                return Ok(());
            }
        }
        self.create(now)
    }

    pub(super) fn shape(&self) -> Shape {
        Shape {
            size: self.reader.size,
            buffered: self.job.host.buffers_parts || self.reader.access == Access::Stream,
        }
    }

    /// The Content-Type the object is stored with.
    pub(super) fn object_headers(&self) -> Headers {
        let mut headers = self.job.options.object_headers.clone();
        if header(&headers, "content-type").is_none() {
            let name = self.job.media.file_name();
            let value = naming::content_type(name, self.reader.content_type.as_deref());
            headers.push(("Content-Type".into(), value));
        }
        headers
    }

    // Reading in order.

    /// Fills the next buffer if there is room for one. Behind the announced end it reads one byte more, to see that
    /// there is none.
    pub(super) fn read_ahead(&mut self) -> Result<(), Error> {
        let reading = self
            .tasks
            .values()
            .any(|task| matches!(task, Task::Read { .. }));
        let Some(open) = self.reader.open else {
            return Ok(());
        };
        // Before the multipart upload is begun there is nothing to rest at, and what is put as a whole has no such moment.
        let rests = (self.stopping || self.is_spent()) && self.upload_id.is_some();
        if self.reader.ended() || reading || self.is_opening() || rests || self.is_taking_over() {
            return Ok(());
        }
        let part = self.parts.begun().saturating_add(1);
        let limit = self.plan()?.part_limit(part);
        let limit = match self.reader.size {
            Some(size) => size
                .saturating_sub(self.reader.offset)
                .clamp(1, limit.max(1)),
            None => limit,
        };
        let window = plan::concurrency(&self.job.options, &self.job.host, limit, true);
        let buffers = &self.reader.buffers;
        let held = buffers
            .values()
            .fold(limit, |sum, (_, length)| sum.saturating_add(*length));
        let fits = buffers.is_empty() || held <= self.job.host.buffer_bytes;
        if !fits || buffers.len() >= usize::try_from(window).unwrap_or(usize::MAX) {
            return Ok(());
        }
        // A body opened anew stands at its beginning; one that has been read on stands where the last read ended.
        let skip = if self.reader.purpose == Purpose::Reopen {
            self.reader.offset
        } else {
            0
        };
        self.reader.purpose = Purpose::Probe;
        self.reader.was_reopened |= skip > 0;
        // What goes up as one PutObject is read whole; before its place is known it may still become parts.
        let least = match self.plan()? {
            Plan::Put { .. } if self.place.is_some() => limit,
            plan => plan
                .part_least(part, self.reader.offset, &self.job.host)
                .min(limit),
        };
        let id = self.begin(Task::Read { part, limit, least });
        self.out.push(Effect::Read {
            id,
            open,
            part,
            skip,
            limit,
            least,
            firm_ms: 0,
            idle_ms: SOURCE_IDLE_MS,
        });
        Ok(())
    }

    pub(super) fn on_filled(
        &mut self,
        part: u32,
        length: u64,
        ended: bool,
        now: UnixMs,
    ) -> Result<(), Error> {
        let offset = self.reader.offset;
        let reached = offset.saturating_add(length);
        if let Err(error) = self.check_reached(part, offset, length) {
            self.out.push(Effect::Release { part });
            return Err(error);
        }
        if let Some(size) = self.reader.size.filter(|size| ended && reached < *size) {
            self.out.push(Effect::Release { part });
            let message = format!("the source ended at {reached} of {size} bytes");
            return self.source_broke(Error::new(Code::SourceTruncated, message), now);
        }
        self.reader.tries = 0;
        self.reader.offset = reached;
        let was_cut = self.cut(length, ended);
        if length == 0 {
            self.out.push(Effect::Release { part });
        } else {
            self.reader.buffers.insert(part, (offset, length));
            self.parts.ready(part);
        }
        if ended {
            self.stream_ended(reached)?;
        }
        if self.place.is_none() && !self.is_creating() {
            return self.create(now);
        }
        if was_cut && self.place.is_some() {
            return self.begin_upload(now);
        }
        self.schedule(now)
    }

    /// What was to be one PutObject was cut short for want of memory: there will be parts.
    fn cut(&mut self, length: u64, ended: bool) -> bool {
        let Some(Plan::Put { size }) = self.plan else {
            return false;
        };
        if ended || length >= size {
            return false;
        }
        let part_size = size;
        self.plan = Some(Plan::Parts { size, part_size });
        true
    }

    /// Whether so many bytes behind `offset` are not too many.
    fn check_reached(&self, part: u32, offset: u64, length: u64) -> Result<(), Error> {
        let reached = offset.saturating_add(length);
        plan::check_allowed(reached, &self.job.options)?;
        if let Some(size) = self.reader.size.filter(|size| reached > *size) {
            let message = format!("the source announced {size} bytes and goes on behind them");
            return Err(Error::new(Code::SourceTooLong, message));
        }
        if length > 0 && u64::from(part) > plan::MAX_PARTS {
            let message = format!(
                "a source of unknown length goes on behind {offset} bytes, the most this host carries"
            );
            return Err(Error::new(Code::TooLarge, message));
        }
        Ok(())
    }

    fn stream_ended(&mut self, total: u64) -> Result<(), Error> {
        if total == 0 {
            return Err(plan::empty_source());
        }
        self.reader.ended = true;
        self.reader.size = Some(total);
        if let Some(id) = self.reader.open.take() {
            self.close(id)?;
        }
        // All of it fits the first buffer, and no multipart upload was begun: one PutObject.
        if self.place.is_none() && self.parts.begun() == 1 {
            self.plan = Some(Plan::Put { size: total });
        }
        Ok(())
    }

    // What goes wrong.

    pub(super) fn on_open_failure(&mut self, failure: &Failure, now: UnixMs) -> Result<(), Error> {
        let error = self.source_error(failure);
        if matches!(error.code, Code::SourceUnreachable | Code::SourceTruncated) {
            // The last tries are without a range: it may be what breaks the connection.
            self.reader.plain |= self.reader.purpose == Purpose::Probe
                && self.reader.tries.saturating_add(3) > CALL_TRIES;
            return self.retry_open(error, None, now);
        }
        Err(error)
    }

    pub(super) fn on_read_failure(&mut self, failure: &Failure, now: UnixMs) -> Result<(), Error> {
        let error = self.source_error(failure);
        match error.code {
            Code::SourceUnreachable | Code::SourceTruncated => self.source_broke(error, now),
            _ => Err(error),
        }
    }

    /// A source read in order has broken off. With a strong validator, or before the first byte counts, it is opened
    /// again and read on; without one nobody can tell whether it is still the same, so everything starts over.
    fn source_broke(&mut self, error: Error, now: UnixMs) -> Result<(), Error> {
        if let Some(id) = self.reader.open.take() {
            self.close(id)?;
        }
        if self.reader.url.is_empty() {
            return Err(error);
        }
        if !self.reader.validator.is_strong() && self.reader.offset > 0 {
            return self.restart(error, now);
        }
        self.reader.purpose = Purpose::Reopen;
        self.retry_open(error, None, now)
    }

    pub(super) fn retry_open(
        &mut self,
        error: Error,
        asked_ms: Option<u64>,
        now: UnixMs,
    ) -> Result<(), Error> {
        self.reader.tries = self.reader.tries.saturating_add(1);
        if self.reader.tries >= CALL_TRIES {
            return Err(error);
        }
        self.retries = self.retries.saturating_add(1);
        self.back_to_the_first_url();
        let delay = self.entropy.backoff_ms(self.reader.tries, asked_ms);
        self.wait(Task::RetryOpen, delay, now);
        Ok(())
    }

    pub(super) fn may_restart(&self) -> bool {
        self.restarts < RESTARTS && !self.reader.is_once_only()
    }

    /// Everything from the start: the server lost the upload, or the source cannot be read on.
    pub(super) fn restart(&mut self, error: Error, now: UnixMs) -> Result<(), Error> {
        if !self.may_restart() {
            return Err(error);
        }
        self.begin_anew(now)?;
        if self.reader.access == Access::Stream {
            return self.retry_open(error, None, now);
        }
        Ok(())
    }

    /// Forgets all parts, and begins a new multipart upload for the same media.
    fn begin_anew(&mut self, now: UnixMs) -> Result<(), Error> {
        self.restarts = self.restarts.saturating_add(1);
        self.spent.begin_anew();
        self.reader.lane.begin_anew();
        self.drop_transfers();
        self.drop_first_part();
        self.reader.lends_first_part = false;
        self.release_buffers();
        if let Some(id) = self.reader.open.take() {
            self.close(id)?;
        }
        self.reader.offset = 0;
        self.reader.ended = false;
        self.reader.was_reopened = false;
        self.parts = Default::default();
        self.listing = None;
        self.complete_in_doubt = false;
        if self.reader.access == Access::Stream {
            self.reader.size = self.reader.announced;
            self.reader.purpose = Purpose::Reopen;
        }
        match self.place {
            Some(_) => self.begin_upload(now),
            None => Ok(()),
        }
    }

    pub(super) fn source_error(&self, failure: &Failure) -> Error {
        let what = match failure.kind {
            FailureKind::AddressRefused => Code::AddressRefused,
            FailureKind::SourceUntrusted => Code::SourceTlsUntrusted,
            FailureKind::SourceMalformed => Code::SourceMalformed,
            FailureKind::SourceShort => Code::SourceTruncated,
            FailureKind::SourceLong => Code::SourceTooLong,
            FailureKind::SourceChanged => return self.changed(),
            FailureKind::SourceMissing => Code::SourceMissing,
            FailureKind::SourceRead => Code::SourceRead,
            FailureKind::Unguarded => Code::GuardMissing,
            _ => Code::SourceUnreachable,
        };
        let place = if self.reader.url.is_empty() {
            "the source"
        } else {
            without_query(&self.reader.url)
        };
        Error::new(what, format!("{place}: {}", failure.message))
    }

    fn changed(&self) -> Error {
        Error::new(
            Code::SourceChanged,
            "size, ETag or modification time of the source are no longer those seen first",
        )
    }
}

/// Of a shard whose source must be read once: who has the whole upload does that.
fn no_shard(error: Error) -> Error {
    Error {
        hint: NO_SHARD.into(),
        ..error
    }
}

/// A status that may mean the range and not the file. Where it may as well pass by itself, that is tried first.
fn may_be_the_range(status: u16, tries: u32) -> bool {
    match status {
        408 | 425 | 429 | 503 | 509 => tries >= 3,
        501 | 505 => true,
        500.. => tries >= 1,
        _ => true,
    }
}

/// A status that may pass by itself.
pub(super) fn is_passing(status: u16) -> bool {
    status >= 500 || matches!(status, 408 | 425 | 429)
}
