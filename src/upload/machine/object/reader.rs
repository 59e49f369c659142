//! What is known of the source of one object, and where reading it stands.

use crate::error::{Code, Error};
use crate::few::Map;
use crate::http::{Headers, Request, shown};
use crate::source::probe::{Likeness, Validator};
use crate::upload::checkpoint::Checkpoint;
use crate::upload::event::Failure;
use crate::upload::job::{Job, Source};
use crate::upload::lane::Lane;

use crate::upload::machine::context::Context;
use crate::upload::machine::source::code_of;
use crate::upload::machine::tasks::Tasks;

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
    /// Parts in flight that are read from where the redirects led before that.
    pub(super) sent_earlier: Vec<u32>,
    pub(super) size: Option<u64>,
    pub(super) validator: Validator,
    pub(super) modified: Option<u64>,
    pub(super) content_type: Option<String>,
    /// Its first bytes, if they were asked for.
    pub(super) head: String,
    pub(super) name: Option<String>,
    /// Of a reply that the caller has fetched: where it was.
    pub(super) came_from: Option<String>,
    /// For a source that is read in order.
    pub(super) body: Body,
    pub(super) purpose: Purpose,
    /// Asked without a range, to be read in order: by wish, or since its ranges are of no use.
    pub(super) plain: bool,
    pub(super) first_part: FirstPart,
    /// It gave bytes before: a link that refuses now may work only once.
    pub(super) gave_bytes: bool,
    /// How many ranges it takes at once.
    pub(super) lane: Lane,
    /// The size the source announced, if it did.
    pub(super) announced: Option<u64>,
    pub(super) tries: u32,
    /// It was opened again to read on behind what was there.
    pub(super) was_reopened: bool,
    /// Bytes put into buffers so far.
    pub(super) offset: u64,
    /// Offset and length of each buffer that waits to be accepted, by part number.
    pub(super) buffers: Map<u32, (u64, u64)>,
}

/// The body that a source is read from in order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Body {
    /// There is none.
    #[default]
    Closed,
    /// The one of this `Open`.
    Open(u32),
    /// All of it was read.
    Ended,
}

/// The body of the first reply, where it holds the first part.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum FirstPart {
    /// There is none.
    #[default]
    None,
    /// It is unread so far, and has so many bytes.
    Kept { open: u32, length: u64 },
    /// It is under way: when it breaks, its part is only fetched again.
    Lent,
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
pub(super) enum Purpose {
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
                version,
            } => Reader {
                access: Access::Slices,
                validator: Validator {
                    etag: version,
                    ..Validator::default()
                },
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
            // Its files are no object's.
            Source::Playlist(_) => Reader::default(),
        }
    }

    pub(super) fn is_stream(&self) -> bool {
        self.access == Access::Stream
    }

    /// What was read cannot be read again.
    pub(super) fn is_once_only(&self) -> bool {
        self.is_stream() && self.url.is_empty()
    }

    /// Every byte is in a buffer or accepted.
    pub(super) fn ended(&self) -> bool {
        !self.is_stream() || self.body == Body::Ended
    }

    /// Bytes that the server has already: the next read drops them.
    pub(super) fn pass_over(&mut self, bytes: u64) {
        self.offset = self.offset.saturating_add(bytes);
        self.purpose = Purpose::Reopen;
    }

    pub(super) fn request(&self, cx: &Context, headers: Headers) -> Request {
        cx.get(&self.url, &self.headers, headers)
    }

    /// From here on the source is read in order, from this body.
    pub(super) fn read_from(&mut self, id: u32) {
        self.access = Access::Stream;
        self.plain = true;
        self.body = Body::Open(id);
    }

    /// Whether this part, which is over, was read from where the redirects led before they were followed again: what it was
    /// refused there says nothing of where they lead now.
    pub(super) fn was_sent_earlier(&mut self, part: u32) -> bool {
        let before = self.sent_earlier.len();
        self.sent_earlier.retain(|earlier| *earlier != part);
        self.sent_earlier.len() < before
    }

    /// Begins again at the URL that the caller gave: where its redirects led to may have ended.
    pub(super) fn back_to_the_first_url(&mut self, job: &Job) {
        if let Source::Url { url, headers } = &job.source {
            self.url = url.clone();
            self.headers = headers.clone();
            self.hops = 0;
        }
    }

    /// The body that holds the first part, if that is exactly what the plan cuts.
    pub(super) fn take_first_part(&mut self, length: u64) -> Option<u32> {
        match self.first_part {
            FirstPart::Kept { open, length: kept } if kept == length => {
                self.first_part = FirstPart::Lent;
                Some(open)
            }
            _ => None,
        }
    }

    /// This part is over, well or not. Tells whether it was the body of the first reply.
    pub(super) fn was_lent(&mut self, part: u32) -> bool {
        let was_lent = part == 1 && self.first_part == FirstPart::Lent;
        if was_lent {
            self.first_part = FirstPart::None;
        }
        was_lent
    }

    /// Closes that body, where its part is not sent from it.
    pub(super) fn drop_first_part(&mut self, tasks: &mut Tasks) {
        if let FirstPart::Kept { open, .. } = self.first_part {
            self.first_part = FirstPart::None;
            tasks.close(open);
        }
    }

    pub(super) fn close(&mut self, tasks: &mut Tasks) {
        if let Body::Open(id) = self.body {
            self.body = Body::Closed;
            tasks.close(id);
        }
    }

    pub(super) fn release_buffers(&mut self, tasks: &mut Tasks) {
        for part in std::mem::take(&mut self.buffers).into_keys() {
            tasks.release(part);
        }
    }

    /// Whether it is what a checkpoint says.
    ///
    /// # Errors
    /// `SourceChanged` where it is another.
    pub(super) fn likeness(&self, before: &Checkpoint) -> Result<Likeness, Error> {
        let was = &before.source;
        was.check(self.announced, &self.validator, self.modified)
    }

    /// What a failure to open or read it is told as.
    pub(super) fn error(&self, failure: &Failure) -> Error {
        let code = code_of(failure.kind);
        if code == Code::SourceChanged {
            return changed();
        }
        let place = match self.url.as_str() {
            "" => "the source",
            url => shown(url),
        };
        Error::new(code, format!("{place}: {}", failure.message))
    }
}

pub(super) fn changed() -> Error {
    Error::new(
        Code::SourceChanged,
        "size, ETag or modification time of the source are no longer those seen first",
    )
}
