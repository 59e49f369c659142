//! Opening the source: what it is, whether it has ranges, and where its redirects lead.

use super::Object;
use super::reader::changed;
use super::reader::{Access, Body, FirstPart, Purpose};
use crate::error::{Code, Error};
use crate::source::probe::{
    Likeness, Probe, Validator, plain_headers, range_headers, read_first_part, read_probe,
};
use crate::source::sniff;
use crate::upload::event::Failure;
use crate::upload::job::Source;
use crate::upload::machine::context::Context;
use crate::upload::machine::source::{Opened, is_passing};
use crate::upload::machine::tasks::Task;
use crate::upload::machine::turn::Turn;
use crate::upload::plan;
use crate::wire::retry::{CALL_TRIES, retry_after_ms};

/// A source of so many bytes, in the body of the first reply, is kept in memory until it is stored.
const KEPT_BYTES: u64 = plan::DEFAULT_PART_SIZE;

const NO_SHARD: &str =
    "A shard needs ranges. Resume without one: the whole is then read in one request.";

const WORKS_ONCE: &str = "If the link works only once, have it read in one request: switch ranges off with `ranges`; else check its expiry, and the headers that the source asks for.";

impl Object {
    /// Begins to look at the source.
    pub(crate) fn look(&mut self, cx: &mut Context) -> Result<Turn, Error> {
        if self.reader.access == Access::Slices {
            return self.known(cx, true);
        }
        self.open(cx);
        Ok(Turn::Stay)
    }

    pub(crate) fn open(&mut self, cx: &mut Context) {
        let last = self.first_range(cx).saturating_sub(1);
        let headers = match self.reader.plain {
            true => plain_headers(),
            false => range_headers(0, last, &Validator::default()),
        };
        let is_url = matches!(cx.job.source, Source::Url { .. });
        let request = is_url.then(|| self.reader.request(cx, headers));
        // What passes by on this machine is the caller's to know.
        let peek = if is_url { sniff::HEAD_BYTES } else { 0 };
        cx.open(Task::Open, request, None, peek);
    }

    /// How many bytes the first request asks for: the first part, so that its body can be used, or what is worth a look.
    fn first_range(&self, cx: &Context) -> u64 {
        match self.sends_first_part(cx) {
            true => plan::first_part(&cx.job.options, &cx.job.host),
            false => sniff::HEAD_BYTES.into(),
        }
    }

    /// Whether this run may send what the first request brings.
    fn sends_first_part(&self, cx: &Context) -> bool {
        self.reader.purpose == Purpose::Probe
            && !cx.resumed
            && cx.job.options.budget.parts != Some(0)
    }

    pub(crate) fn on_opened(&mut self, cx: &mut Context, opened: Opened) -> Result<Turn, Error> {
        let Opened {
            id,
            status,
            headers,
            ..
        } = opened;
        if self.reader.url.is_empty() {
            self.reader.body = Body::Open(id);
            return self.known(cx, false);
        }
        if opened.is_redirect() {
            cx.tasks.close(id);
            return self.follow(cx, opened);
        }
        let probe = match self.reader.plain {
            true => read_probe(status, headers),
            false => read_first_part(self.first_range(cx), status, headers),
        };
        match probe {
            Ok(probe) => self.on_probe(cx, opened, probe),
            Err(error) => {
                cx.tasks.close(id);
                self.reader.gave_bytes |= matches!(status, 200 | 203 | 206);
                self.open_refused(cx, error, opened)
            }
        }
    }

    fn open_refused(
        &mut self,
        cx: &mut Context,
        error: Error,
        opened: Opened,
    ) -> Result<Turn, Error> {
        let (status, asked) = (opened.status, retry_after_ms(opened.headers, cx.now));
        if error.code != Code::EmptySource
            && !self.reader.plain
            && may_be_the_range(status, self.reader.tries)
        {
            if self.reader.purpose == Purpose::Resolve {
                return Ok(Turn::ReadOnce(error));
            }
            self.reader.plain = true;
            self.open(cx);
            return Ok(Turn::Stay);
        }
        if is_passing(status) {
            return self.retry_open(cx, error, asked);
        }
        if !(self.reader.gave_bytes && (400..500).contains(&status)) {
            return Err(error);
        }
        let error = Error {
            hint: WORKS_ONCE.into(),
            ..error
        };
        match self.may_be_crowded(cx) {
            true => self.retry_open(cx, error, asked),
            false => Err(error),
        }
    }

    /// After a fallback to one request: a host that takes few connections may still count those that were called off.
    fn may_be_crowded(&self, cx: &Context) -> bool {
        let reader = &self.reader;
        reader.plain && reader.gave_bytes && reader.tries == 0 && cx.tally.restarts > 0
    }

    fn follow(&mut self, cx: &mut Context, opened: Opened) -> Result<Turn, Error> {
        let reader = &mut self.reader;
        let policy = cx.job.options.source_policy();
        let next = opened.next_hop(&reader.url, &reader.headers, reader.hops, &policy);
        (reader.url, reader.headers) = next?;
        reader.hops = reader.hops.saturating_add(1);
        self.open(cx);
        Ok(Turn::Stay)
    }

    fn on_probe(&mut self, cx: &mut Context, opened: Opened, probe: Probe) -> Result<Turn, Error> {
        let (told, name) = (probe.content_type.as_deref(), probe.file_name.as_deref());
        if let Err(error) = self.check_page(cx, told, name, opened.head) {
            cx.tasks.close(opened.id);
            return match self.may_be_crowded(cx) {
                true => self.retry_open(cx, error, None),
                false => Err(error),
            };
        }
        self.reader.gave_bytes = true;
        match self.reader.purpose {
            Purpose::Probe => self.seen(cx, opened, probe),
            Purpose::Resolve => {
                cx.tasks.close(opened.id);
                self.resolved(&probe)
            }
            Purpose::Reopen => self.reopened(cx, opened.id, probe),
        }
    }

    /// What it is, is known.
    fn seen(&mut self, cx: &mut Context, opened: Opened, probe: Probe) -> Result<Turn, Error> {
        if cx.job.options.shard.is_some() && !probe.ranges {
            cx.tasks.close(opened.id);
            let message = "its ranges have stopped working";
            return Err(no_shard(Error::new(Code::SourceRange, message)));
        }
        self.reader.tries = 0;
        self.reader.announced = probe.size;
        self.reader.size = probe.size;
        // All of it, and little enough to be kept until it is stored: then it need not be asked again.
        let sends_it = self.sends_first_part(cx);
        let is_small = probe.size.is_some_and(|size| size <= KEPT_BYTES);
        let kept = sends_it && probe.whole && is_small;
        match probe.size.filter(|_| probe.ranges && !kept) {
            Some(size) if sends_it => {
                let length = self.first_range(cx).min(size);
                self.reader.access = Access::Ranges;
                self.reader.first_part = FirstPart::Kept {
                    open: opened.id,
                    length,
                };
            }
            Some(_) => {
                cx.tasks.close(opened.id);
                self.reader.access = Access::Ranges;
            }
            None => self.reader.read_from(opened.id),
        }
        let is_alive = probe.ranges;
        self.reader.validator = probe.validator;
        self.reader.content_type = probe.content_type;
        self.reader.name = probe.file_name;
        self.reader.head = opened.head.to_owned();
        self.known(cx, is_alive)
    }

    /// Its redirects were followed once more.
    fn resolved(&self, probe: &Probe) -> Result<Turn, Error> {
        if self.is_other(probe) {
            return Err(changed());
        }
        let same = self.reader.validator.compare(&probe.validator) == Likeness::Same;
        if probe.ranges && same {
            return Ok(Turn::Schedule);
        }
        let error = Error::new(Code::SourceRange, "its ranges have stopped working");
        Ok(Turn::ReadOnce(error))
    }

    /// It is open again, to be read on.
    fn reopened(&mut self, cx: &mut Context, id: u32, probe: Probe) -> Result<Turn, Error> {
        if self.is_other(&probe) {
            cx.tasks.close(id);
            return Err(changed());
        }
        let same = self.reader.validator.compare(&probe.validator) == Likeness::Same;
        self.reader.validator = probe.validator;
        if !same && self.reader.offset > 0 {
            cx.tasks.close(id);
            return Ok(Turn::Restart(changed()));
        }
        self.reader.read_from(id);
        Ok(Turn::ReadOn)
    }

    /// The reply proves that the source is not what it was.
    fn is_other(&self, probe: &Probe) -> bool {
        let sizes = self.reader.announced.zip(probe.size);
        sizes.is_some_and(|(was, is)| was != is)
            || self.reader.validator.compare(&probe.validator) == Likeness::Other
    }

    /// The redirects lead somewhere that no longer answers: follow them again, once until a part is accepted.
    pub(super) fn resolve_again(&mut self, cx: &mut Context) {
        self.reader.back_to_the_first_url(&cx.job);
        self.reader.sent_earlier = cx.tasks.parts_in_flight();
        self.reader.resolved_again = true;
        self.reader.purpose = Purpose::Resolve;
        if !cx.tasks.is_opening() {
            self.open(cx);
        }
    }

    pub(crate) fn on_open_failure(
        &mut self,
        cx: &mut Context,
        failure: &Failure,
    ) -> Result<Turn, Error> {
        let error = self.reader.error(failure);
        if matches!(error.code, Code::SourceUnreachable | Code::SourceTruncated) {
            // The last tries are without a range: it may be what breaks the connection.
            self.reader.plain |= self.reader.purpose == Purpose::Probe
                && self.reader.tries.saturating_add(3) > CALL_TRIES;
            return self.retry_open(cx, error, None);
        }
        Err(error)
    }

    pub(crate) fn retry_open(
        &mut self,
        cx: &mut Context,
        error: Error,
        asked_ms: Option<u64>,
    ) -> Result<Turn, Error> {
        self.reader.tries = self.reader.tries.saturating_add(1);
        if self.reader.tries >= CALL_TRIES {
            return Err(error);
        }
        self.reader.back_to_the_first_url(&cx.job);
        cx.retry_later(Task::RetryOpen, self.reader.tries, asked_ms);
        Ok(Turn::Stay)
    }
}

/// Of a shard whose source must be read once: who has the whole upload does that.
pub(super) fn no_shard(error: Error) -> Error {
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
