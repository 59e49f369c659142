//! Reading a source in order, into buffers, where it has no ranges.

use super::reader::{Body, Purpose};
use super::{Object, Placement};
use crate::error::{Code, Error};
use crate::upload::event::{Effect, Failure};
use crate::upload::machine::context::{Context, SOURCE_IDLE_MS};
use crate::upload::machine::tasks::Task;
use crate::upload::machine::turn::Turn;
use crate::upload::plan::{self, Plan};

impl Object {
    /// Fills the next buffer if there is room for one. Behind the announced end it reads one byte more, to see that
    /// there is none.
    pub(crate) fn read_ahead(
        &mut self,
        cx: &mut Context,
        placement: Placement,
    ) -> Result<(), Error> {
        let Body::Open(open) = self.reader.body else {
            return Ok(());
        };
        let reading = cx.tasks.any(|task| matches!(task, Task::Read { .. }));
        // Before the multipart upload is begun there is nothing to rest at, and what is put as a whole has no such moment.
        let stops = cx.spent.is_stopping() || cx.spent.is_spent(&cx.job.options.budget);
        let rests = stops && placement == Placement::Begun;
        let waits = reading || cx.tasks.is_opening() || self.is_taking_over();
        if waits || rests {
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
        if !self.has_room(cx, limit) {
            return Ok(());
        }
        // A body opened anew stands at its beginning; one that has been read on stands where the last read ended.
        let skip = match self.reader.purpose {
            Purpose::Reopen => self.reader.offset,
            Purpose::Probe | Purpose::Resolve => 0,
        };
        self.reader.purpose = Purpose::Probe;
        self.reader.was_reopened |= skip > 0;
        // What goes up as one PutObject is read whole; before its place is known it may still become parts.
        let least = match self.plan()? {
            Plan::Put { .. } if placement != Placement::None => limit,
            plan => plan
                .part_least(part, self.reader.offset, &cx.job.host)
                .min(limit),
        };
        let id = cx.tasks.begin(Task::Read { part, limit, least });
        cx.tasks.push(Effect::Read {
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

    /// Whether one more buffer of this size may be filled.
    fn has_room(&self, cx: &Context, limit: u64) -> bool {
        let window = plan::concurrency(&cx.job.options, &cx.job.host, limit, true);
        let buffers = &self.reader.buffers;
        let held = buffers
            .values()
            .fold(limit, |sum, (_, length)| sum.saturating_add(*length));
        let fits = buffers.is_empty() || held <= cx.job.host.buffer_bytes;
        fits && buffers.len() < usize::try_from(window).unwrap_or(usize::MAX)
    }

    pub(crate) fn on_filled(
        &mut self,
        cx: &mut Context,
        part: u32,
        length: u64,
        ended: bool,
        placement: Placement,
    ) -> Result<Turn, Error> {
        let offset = self.reader.offset;
        let reached = offset.saturating_add(length);
        if let Err(error) = self.check_reached(cx, part, offset, length) {
            cx.tasks.release(part);
            return Err(error);
        }
        if let Some(size) = self.reader.size.filter(|size| ended && reached < *size) {
            cx.tasks.release(part);
            let message = format!("the source ended at {reached} of {size} bytes");
            return self.broke(cx, Error::new(Code::SourceTruncated, message));
        }
        self.reader.tries = 0;
        self.reader.offset = reached;
        let was_cut = self.cut(length, ended);
        if length == 0 {
            cx.tasks.release(part);
        } else {
            self.reader.buffers.insert(part, (offset, length));
            self.parts.ready(part);
        }
        if ended {
            self.stream_ended(cx, reached, placement)?;
        }
        Ok(Turn::Filled { was_cut })
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
    fn check_reached(
        &self,
        cx: &Context,
        part: u32,
        offset: u64,
        length: u64,
    ) -> Result<(), Error> {
        let reached = offset.saturating_add(length);
        plan::check_allowed(reached, &cx.job.options)?;
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

    fn stream_ended(
        &mut self,
        cx: &mut Context,
        total: u64,
        placement: Placement,
    ) -> Result<(), Error> {
        if total == 0 {
            return Err(plan::empty_source());
        }
        self.reader.size = Some(total);
        self.reader.close(&mut cx.tasks);
        self.reader.body = Body::Ended;
        // All of it fits the first buffer, and no multipart upload was begun: one PutObject.
        if placement == Placement::None && self.parts.begun() == 1 {
            self.plan = Some(Plan::Put { size: total });
        }
        Ok(())
    }

    pub(crate) fn on_read_failure(
        &mut self,
        cx: &mut Context,
        failure: &Failure,
    ) -> Result<Turn, Error> {
        let error = self.reader.error(failure);
        match error.code {
            Code::SourceUnreachable | Code::SourceTruncated => self.broke(cx, error),
            _ => Err(error),
        }
    }

    /// A source read in order has broken off. With a strong validator, or before the first byte counts, it is opened
    /// again and read on; without one it may be another by now, so everything starts over.
    fn broke(&mut self, cx: &mut Context, error: Error) -> Result<Turn, Error> {
        self.reader.close(&mut cx.tasks);
        if self.reader.url.is_empty() {
            return Err(error);
        }
        if !self.reader.validator.is_strong() && self.reader.offset > 0 {
            return Ok(Turn::Restart(error));
        }
        self.reader.purpose = Purpose::Reopen;
        self.retry_open(cx, error, None)
    }
}
