//! A file of a playlist on its way from its source.

use crate::error::{Code, Error};
use crate::http::{Headers, Request};
use crate::source::access::asked_with;
use crate::source::probe::{Probe, Validator, read_probe};
use crate::source::range::RangeExpectation;
use crate::source::{kind, sniff};
use crate::upload::event::{Failure, FailureKind};
use crate::upload::job::{Job, MissingSegments, PlaylistSource, Source};
use crate::upload::machine::context::Context;
use crate::upload::machine::source::{Opened, code_of};
use crate::upload::machine::tasks::Task;
use crate::upload::tree::{Item, Spot};

/// A file on its way from its source.
#[derive(Clone)]
pub(super) struct Fetch {
    pub(super) item: Item,
    /// The first URL, to begin again from.
    pub(super) first: Item,
    pub(super) hops: u32,
    pub(super) open: Option<u32>,
    /// Length, once it is known for certain or announced.
    pub(super) length: Option<u64>,
    pub(super) validator: Validator,
    pub(super) content_type: Option<String>,
    pub(super) way: Way,
}

/// How a file's bytes get into its PUT.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// Not known yet.
    Unknown,
    /// All of it is in a buffer.
    Buffer,
    /// Too large for one: straight from the source.
    Direct,
    /// Too slow for one: straight from the source, asked for once more.
    Poured,
}

impl Fetch {
    pub(super) fn of(item: Item) -> Fetch {
        Fetch {
            first: item.clone(),
            item,
            hops: 0,
            open: None,
            length: None,
            validator: Validator::default(),
            content_type: None,
            way: Way::Unknown,
        }
    }

    /// From its first URL on.
    pub(super) fn anew(self) -> Fetch {
        Fetch::of(self.first)
    }

    pub(super) fn takes(&mut self, probe: Probe) {
        self.length = probe.size;
        self.validator = probe.validator;
        self.content_type = probe.content_type;
    }

    /// Says which file an error is about.
    pub(super) fn about(&self, error: Error) -> Error {
        about(&self.first, error)
    }

    /// Opens the source, be it a URL or a file.
    pub(super) fn open(&self, cx: &mut Context, task: Task) {
        let (request, file) = match &self.item.spot {
            Spot::Url(_) => {
                let plain = vec![("accept-encoding".into(), "identity".into())];
                (Some(self.get(cx, plain)), None)
            }
            Spot::File(path) => (None, Some(path.to_string())),
        };
        let peek = match task {
            Task::Look(_) | Task::OpenFile(_) => sniff::HEAD_BYTES,
            _ => 0,
        };
        cx.open(task, request, file, peek);
    }

    /// A GET of the source, with what its host is asked with.
    pub(super) fn get(&self, cx: &Context, headers: Headers) -> Request {
        let hosts = playlist_of(&cx.job).map_or(&[][..], |source| &source.hosts);
        let own = match &self.item.spot {
            Spot::Url(url) => url,
            Spot::File(_) => "",
        };
        let (url, asked) = asked_with(hosts, own, &self.item.headers);
        cx.get(&url, &asked, headers)
    }

    /// Follows a redirect, if it is one.
    pub(super) fn follow(&mut self, cx: &mut Context, opened: Opened) -> Result<bool, Error> {
        let Spot::Url(from) = &self.item.spot else {
            return Ok(false);
        };
        if !opened.is_redirect() {
            return Ok(false);
        }
        cx.tasks.close(opened.id);
        let policy = cx.job.options.source_policy();
        let next = opened.next_hop(from, &self.item.headers, self.hops, &policy);
        self.hops = self.hops.saturating_add(1);
        let (url, headers) = next.map_err(|error| self.about(error))?;
        self.item.spot = Spot::Url(url.into());
        self.item.headers = headers.into();
        Ok(true)
    }

    /// Where a local file may be, as it is not where it was looked for.
    pub(super) fn elsewhere(&self, failure: &Failure) -> Option<Fetch> {
        let is_missing = failure.kind == FailureKind::SourceMissing;
        let next = is_missing.then(|| self.item.elsewhere()).flatten();
        next.map(Fetch::of)
    }

    /// The upload may go on without this file.
    pub(super) fn may_miss(&self, job: &Job) -> bool {
        let wanted =
            playlist_of(job).is_some_and(|source| source.missing_segments == MissingSegments::Gap);
        wanted && self.first.is_segment()
    }

    /// What a reply tells of a file, if it may be one.
    pub(super) fn read(&self, cx: &Context, opened: Opened) -> Result<Probe, Error> {
        let probe = match read_probe(opened.status, opened.headers) {
            // Players pass over a segment that is empty.
            Err(error) if error.code == Code::EmptySource && self.item.is_segment() => Probe {
                size: Some(0),
                ..Probe::default()
            },
            probe => probe?,
        };
        if !cx.job.options.any_content_type {
            self.check_page(probe.content_type.as_deref(), opened.head)?;
        }
        Ok(probe)
    }

    /// The login page of a link that has expired is no segment, and neither is what is called one and is none.
    fn check_page(&self, told: Option<&str>, head: &str) -> Result<(), Error> {
        if !self.item.is_media() {
            return Ok(());
        }
        let called = match (&self.item.spot, told) {
            (Spot::Url(url), Some(called)) if !sniff::is_file(head) => kind::page_for(url, called),
            _ => None,
        };
        let page = sniff::page(head).or(called);
        page.map_or(Ok(()), |page| Err(kind::page_instead(page)))
    }

    pub(super) fn check_length(&self, length: u64) -> Result<(), Error> {
        let checked = self.item.check_length(length);
        checked.map_err(|error| self.about(error))
    }

    /// Whether what was read is all of a file.
    pub(super) fn check_read(&self, length: u64, ended: bool) -> Result<(), Error> {
        let (code, message) = match self.length {
            Some(size) if !ended || length > size => {
                let message = format!("it announced {size} bytes and goes on behind them");
                (Code::SourceTooLong, message)
            }
            Some(size) if length < size => {
                let message = format!("it ended at {length} of {size} bytes");
                (Code::SourceTruncated, message)
            }
            None if !ended => {
                let message = format!(
                    "it does not tell its length, and has more than the {length} bytes that fit into memory"
                );
                return Err(too_large(message));
            }
            _ if length == 0 && !self.first.is_segment() => {
                (Code::EmptySource, "it holds 0 bytes".to_owned())
            }
            _ => return self.first.check_length(length),
        };
        Err(Error::new(code, message))
    }

    /// The whole of it, as one range: only an exact 206 of the same file counts.
    pub(super) fn whole(&self) -> RangeExpectation {
        let length = self.length.unwrap_or(0);
        RangeExpectation {
            first: 0,
            last: length.saturating_sub(1),
            total: self.length,
            validator: self.validator.clone(),
        }
    }

    /// What a failure to open or read it is told as.
    pub(super) fn failed(&self, failure: &Failure) -> Error {
        self.about(Error::new(code_of(failure.kind), failure.message.clone()))
    }
}

/// Says which file an error is about.
pub(super) fn about(item: &Item, mut error: Error) -> Error {
    error.message = format!("{}: {}", item.spot.shown(), error.message);
    error
}

pub(super) fn playlist_of(job: &Job) -> Option<&PlaylistSource> {
    match &job.source {
        Source::Playlist(source) => Some(source),
        Source::Url { .. } | Source::Slices { .. } | Source::Stream { .. } | Source::Reply(_) => {
            None
        }
    }
}

pub(super) fn too_large(message: String) -> Error {
    let mut error = Error::new(Code::TooLarge, message);
    error.hint =
        "Cut the media into smaller segments, or upload it from a host with more memory.".into();
    error
}
