//! One object: its source, how it is cut, and which of its parts are where.
//!
//! `reader` is what is known of the source, `look` finds it out and `known` judges it, `stream` reads in order, `schedule`
//! sends parts, `replies` and `failures` hear what became of them, `listing` asks the server what it has: of `suspects`, or to
//! `take_over` what an earlier run has stored.

mod failures;
mod known;
mod listing;
mod look;
mod reader;
mod replies;
mod schedule;
mod stream;
mod suspects;
mod take_over;

use std::collections::BTreeSet;

use super::context::Context;
use super::tasks::Task;
use super::tries::Tries;
use crate::error::{Code, Error};
use crate::http::{Headers, header};
use crate::upload::checkpoint::{InOrder, SourceMark};
use crate::upload::job::Job;
use crate::upload::naming;
use crate::upload::parts::Parts;
use crate::upload::plan::{self, Plan, Shape};
use crate::upload::retry::RESTARTS;

use listing::Listing;
use reader::{Access, Body, FirstPart, Purpose, Reader};

pub(super) use replies::Arrival;
pub(super) use schedule::{has_moved, requests_of};

/// One object, and all that is known of it.
#[derive(Clone)]
pub(super) struct Object {
    reader: Reader,
    /// How it is cut, once the source was seen.
    plan: Option<Plan>,
    parts: Parts,
    listing: Option<Listing>,
    /// The parts were listed because Complete missed one.
    relisted: bool,
    /// Parts sent again without a look at what the server has, since one was last accepted.
    sent_unseen: BTreeSet<u32>,
    tries: Tries,
    /// A part was accepted whose bytes were not compared with what OSS computed.
    unhashed: bool,
    /// The whole may be stored: the reply that would tell was lost.
    in_doubt: bool,
}

impl Object {
    pub(super) fn new(job: &Job) -> Object {
        Object {
            reader: Reader::new(job),
            plan: None,
            parts: Parts::default(),
            listing: None,
            relisted: false,
            sent_unseen: BTreeSet::new(),
            tries: Tries::default(),
            unhashed: false,
            in_doubt: false,
        }
    }

    // What others ask of it.

    pub(super) fn parts(&self) -> &Parts {
        &self.parts
    }

    pub(super) fn size(&self) -> Option<u64> {
        self.reader.size
    }

    /// The object's length: of the parts, or as planned by the run that sent them.
    pub(super) fn total(&self) -> Option<u64> {
        match self.parts.bytes() {
            0 => self.plan.as_ref().and_then(Plan::size),
            sent => Some(sent),
        }
    }

    /// Parts in all, where that is known. Those of a source that is read in order may be cut short: then there are more than
    /// were planned, and the last one tells how many.
    pub(super) fn count(&self) -> Option<u32> {
        let begun = self.parts.begun();
        let planned = self.plan.as_ref().and_then(Plan::count);
        match self.is_stream() && self.reader.ended() {
            true => Some(begun),
            false => planned.filter(|planned| *planned >= begun),
        }
    }

    pub(super) fn planned(&self) -> Option<&Plan> {
        self.plan.as_ref()
    }

    pub(super) fn is_put(&self) -> bool {
        matches!(self.plan, Some(Plan::Put { .. }))
    }

    pub(super) fn is_stream(&self) -> bool {
        self.reader.is_stream()
    }

    /// What was read cannot be read again.
    pub(super) fn is_once_only(&self) -> bool {
        self.reader.is_once_only()
    }

    /// How often a part has failed.
    pub(super) fn failures(&self, part: u32) -> u32 {
        self.tries.of(part)
    }

    /// How often opening the source has failed.
    pub(super) fn open_tries(&self) -> u32 {
        self.reader.tries
    }

    /// Its ranges have stopped working, or the caller wants none.
    pub(super) fn read_without_ranges(&mut self) {
        self.reader.plain = true;
    }

    /// The reply to Complete, or to a PutObject, was lost.
    pub(super) fn doubt(&mut self) {
        self.in_doubt = true;
    }

    pub(super) fn is_in_doubt(&self) -> bool {
        self.in_doubt
    }

    pub(super) fn is_unhashed(&self) -> bool {
        self.unhashed
    }

    /// The CRC-64 of the whole that the source tells.
    pub(super) fn told_crc64(&self) -> Option<u64> {
        self.reader.validator.crc64()
    }

    /// Every reply of the source said which version of it that was.
    pub(super) fn has_validators(&self) -> bool {
        self.reader.validator.tells()
    }

    /// It was read from more than one reply.
    pub(super) fn is_pieced(&self, cx: &Context) -> bool {
        let ranges = self.reader.access == Access::Ranges && self.parts.count() > 1;
        ranges || self.reader.was_reopened || (cx.resumed && cx.tally.restarts == 0)
    }

    /// What a checkpoint says of the source, once it was seen.
    pub(super) fn source_mark(&self, job: &Job) -> SourceMark {
        SourceMark {
            size: self.reader.announced,
            validator: self.reader.validator.clone(),
            modified: self.reader.modified,
            read_once: self.reader.plain,
            ..SourceMark::place_of(&job.source)
        }
    }

    pub(super) fn is_seen(&self) -> bool {
        self.reader.access != Access::Unknown && self.plan.is_some()
    }

    /// Which parts are known to follow each other.
    pub(super) fn in_order(&self) -> Option<InOrder> {
        self.is_stream().then(|| InOrder::of(self.parts.row()))
    }

    /// Looks at the parts that have come since the last checkpoint.
    pub(super) fn extend_row(&mut self) {
        if self.is_stream() {
            self.parts.extend_row();
        }
    }

    /// The Content-Type the object is stored with.
    pub(super) fn headers(&self, job: &Job) -> Headers {
        let mut headers = job.options.object_headers.clone();
        if header(&headers, "content-type").is_none() {
            let told = self.reader.content_type.as_deref();
            let value = naming::content_type(job.media.file_name(), told);
            headers.push(("Content-Type".into(), value));
        }
        headers
    }

    pub(super) fn plan(&self) -> Result<&Plan, Error> {
        self.plan
            .as_ref()
            .ok_or_else(|| Error::new(Code::Internal, "there is no plan yet"))
    }

    fn shape(&self, job: &Job) -> Shape {
        Shape {
            size: self.reader.size,
            buffered: job.host.buffers_parts || self.is_stream(),
        }
    }

    fn make_plan(&mut self, job: &Job) -> Result<(), Error> {
        self.plan = Some(plan::plan(self.shape(job), &job.options, &job.host)?);
        Ok(())
    }

    // Beginning anew, and ending.

    pub(super) fn may_restart(&self, cx: &Context) -> bool {
        cx.tally.restarts < RESTARTS && !self.is_once_only()
    }

    /// Forgets all parts. What was under way for them is called off.
    pub(super) fn begin_anew(&mut self, cx: &mut Context) {
        cx.tally.restarts = cx.tally.restarts.saturating_add(1);
        cx.spent.begin_anew();
        self.reader.lane.begin_anew();
        call_off_parts(cx);
        self.reader.drop_first_part(&mut cx.tasks);
        self.reader.first_part = FirstPart::None;
        self.reader.release_buffers(&mut cx.tasks);
        self.reader.close(&mut cx.tasks);
        self.reader.offset = 0;
        self.reader.body = Body::Closed;
        self.reader.was_reopened = false;
        self.parts = Parts::default();
        self.tries.begin_anew();
        self.listing = None;
        self.in_doubt = false;
        if self.is_stream() {
            self.reader.size = self.reader.announced;
            self.reader.purpose = Purpose::Reopen;
        }
    }

    /// From here on it is read in one request: one reply is of one version of the source.
    ///
    /// # Errors
    /// The one given, where there is no URL to be read again, or others move the rest of a shard's parts.
    pub(super) fn read_once(&mut self, cx: &Context, error: Error) -> Result<(), Error> {
        if self.reader.url.is_empty() {
            return Err(error);
        }
        if cx.job.options.shard.is_some() {
            return Err(look::no_shard(error));
        }
        self.reader.access = Access::Stream;
        self.reader.plain = true;
        self.reader.tries = 0;
        self.make_plan(&cx.job)
    }

    /// Opens the source again, at the URL that the caller gave.
    pub(super) fn reopen(&mut self, cx: &mut Context) {
        self.reader.back_to_the_first_url(&cx.job);
        self.open(cx);
    }

    /// Lets go of all that it has open.
    pub(super) fn let_go(&mut self, cx: &mut Context) {
        self.reader.drop_first_part(&mut cx.tasks);
        self.reader.close(&mut cx.tasks);
        self.reader.release_buffers(&mut cx.tasks);
    }
}

/// Ends every transfer without waiting, and every question about them: their parts count for nothing any more.
fn call_off_parts(cx: &mut Context) {
    cx.calls.after_refresh.retain(|call| !call.is_about_parts());
    cx.tasks.call_off(|task| match task {
        Task::Transfer { .. }
        | Task::Read { .. }
        | Task::RetryPart(_)
        | Task::Open
        | Task::RetryOpen => true,
        Task::Call { call, .. } | Task::RetryCall(call) => call.is_about_parts(),
        _ => false,
    });
}

/// How far the service is: what is read in order waits for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Placement {
    /// There is no place yet.
    None,
    /// There is one.
    Placed,
    /// A multipart upload is begun there.
    Begun,
}
