//! Parts on their way: what may start, and how it is sent.

use super::reader::Access;
use super::{Object, Placement};
use crate::error::{Code, Error};
use crate::http::Request;
use crate::oss;
use crate::oss::request::UploadId;
use crate::source::probe::range_headers;
use crate::source::range::RangeExpectation;
use crate::upload::event::{Effect, TransferBody};
use crate::upload::job::{Job, Verify};
use crate::upload::machine::completing;
use crate::upload::machine::context::{Context, SOURCE_IDLE_MS};
use crate::upload::machine::grant::Grant;
use crate::upload::machine::tasks::Task;
use crate::upload::machine::turn::Turn;
use crate::upload::plan::{self, Plan};

impl Object {
    /// Starts all that may start now; of a multipart upload its id is given.
    pub(crate) fn schedule(
        &mut self,
        cx: &mut Context,
        grant: &mut Grant,
        upload_id: Option<&UploadId>,
    ) -> Result<Turn, Error> {
        if self.reader.access == Access::Ranges && cx.tasks.is_opening() {
            return Ok(Turn::Stay);
        }
        if cx.job.options.shard.is_none() && self.all_accepted()? {
            return completing::finish(cx, self);
        }
        self.stop_if_spent(cx);
        if cx.spent.is_stopping() && !self.is_put() {
            return Ok(Turn::Stay);
        }
        let waits_for_bytes = self.is_stream() && self.reader.buffers.is_empty();
        if grant.credential.is_due(cx) && !waits_for_bytes {
            return Ok(Turn::Refresh);
        }
        // What broke one part may break them all: first hear what the server says.
        if self.listing.is_none() {
            while let Some(part) = self.next_part(cx)? {
                self.send_part(cx, grant, upload_id, part)?;
            }
        }
        self.read_ahead(cx, placement(upload_id))?;
        Ok(Turn::Stay)
    }

    fn all_accepted(&self) -> Result<bool, Error> {
        let expected = match self.is_stream() {
            true => Some(self.parts.begun()),
            false => self.plan()?.count(),
        };
        Ok(self.reader.ended()
            && self.reader.buffers.is_empty()
            && expected == Some(self.parts.count()))
    }

    /// Stops where the budget allows no further request, or there is no part left in the shard.
    pub(crate) fn stop_if_spent(&self, cx: &mut Context) {
        let owes_a_part = self.is_stream() && !has_moved(cx, self.parts.count());
        let budget = &cx.job.options.budget;
        cx.spent.stop_if_spent(budget, owes_a_part, cx.now);
        if self.shard_is_over(&cx.job) {
            cx.spent.stop(crate::upload::machine::budget::Stop::Spent);
        }
    }

    pub(crate) fn shard_is_over(&self, job: &Job) -> bool {
        let Some(shard) = job.options.shard else {
            return false;
        };
        let count = self.plan.as_ref().and_then(Plan::count);
        let last = count.map_or(shard.last, |count| count.min(shard.last));
        (shard.first..=last).all(|part| self.parts.accepted().contains_key(&part))
    }

    fn next_part(&mut self, cx: &mut Context) -> Result<Option<u32>, Error> {
        let in_flight = cx.tasks.transfers();
        let (options, host) = (&cx.job.options, &cx.job.host);
        let limit = self.plan()?.part_limit(self.parts.begun().max(1));
        let buffered = self.shape(&cx.job).buffered;
        let window = plan::concurrency(options, host, limit, buffered);
        let on_ranges = self.reader.access == Access::Ranges;
        let crowded = on_ranges && !self.reader.lane.is_open(in_flight, cx.now);
        if crowded || in_flight >= usize::try_from(window).unwrap_or(usize::MAX) {
            return Ok(None);
        }
        self.stop_if_spent(cx);
        if cx.spent.is_stopping() && !self.is_put() {
            return Ok(None);
        }
        if cx.spent.is_spent(&cx.job.options.budget) && !self.is_put() {
            return Ok(self.parts.take_ready_of(cx.spent.begun()));
        }
        let count = self.plan()?.count();
        if let Some(shard) = cx.job.options.shard {
            let last = shard.last.min(count.unwrap_or(0));
            return Ok(self.parts.begin_in(shard.first, last));
        }
        if let Some(part) = self.parts.take_ready() {
            return Ok(Some(part));
        }
        let more = !self.is_stream() && count > Some(self.parts.begun());
        Ok(more.then(|| self.parts.begin_next()))
    }

    /// Offset and length of a part.
    pub(super) fn extent(&self, part: u32) -> Result<(u64, u64), Error> {
        let extent = match self.is_stream() {
            true => self.reader.buffers.get(part).copied(),
            false => self.plan()?.part(part),
        };
        extent.ok_or_else(|| Error::new(Code::Internal, format!("part {part} has no bytes")))
    }

    fn send_part(
        &mut self,
        cx: &mut Context,
        grant: &mut Grant,
        upload_id: Option<&UploadId>,
        part: u32,
    ) -> Result<(), Error> {
        let (offset, length) = self.extent(part)?;
        let body = self.body_of(cx, part, offset, length);
        let request = self.put_request(cx, grant, upload_id, part)?;
        let id = cx.tasks.begin(Task::Transfer {
            part,
            length,
            generation: grant.credential.generation(),
        });
        cx.spent.begin_part(part, length);
        cx.spent.requests(requests_of(&body));
        cx.tasks.push(Effect::Transfer {
            id,
            part,
            body,
            length,
            request,
            checksum: cx.job.options.verify == Verify::Crc64,
        });
        grant.credential.was_used();
        Ok(())
    }

    fn body_of(&mut self, cx: &Context, part: u32, offset: u64, length: u64) -> TransferBody {
        let first_part = match part {
            1 => self.reader.take_first_part(length),
            _ => None,
        };
        if let Some(open) = first_part {
            return TransferBody::Opened {
                open,
                idle_ms: SOURCE_IDLE_MS,
            };
        }
        match self.reader.access {
            Access::Ranges => {
                let expect = self.expectation(offset, length);
                let headers = range_headers(expect.first, expect.last, &expect.validator);
                TransferBody::Range {
                    request: self.reader.request(cx, headers),
                    expect: Box::new(expect),
                    allow_private: cx.job.options.allow_private_sources,
                }
            }
            Access::Stream => TransferBody::Buffer,
            Access::Slices | Access::Unknown => TransferBody::Slice { offset },
        }
    }

    fn put_request(
        &self,
        cx: &Context,
        grant: &Grant,
        upload_id: Option<&UploadId>,
        part: u32,
    ) -> Result<Request, Error> {
        let (target, keys) = (&grant.place.target, grant.credential.keys());
        let signature = cx.job.oss.signature;
        let now = cx.server_now();
        let mut headers = cx.job.options.headers_of_a_body();
        if let Some(id) = upload_id {
            return oss::request::upload_part(target, signature, keys, now, id, part, &headers);
        }
        headers.extend(cx.job.options.headers_at_the_end());
        headers.extend(self.headers(&cx.job));
        oss::request::put_object(target, signature, keys, now, &headers)
    }

    pub(super) fn expectation(&self, offset: u64, length: u64) -> RangeExpectation {
        RangeExpectation {
            first: offset,
            last: offset.saturating_add(length).saturating_sub(1),
            total: self.reader.size,
            validator: self.reader.validator.clone(),
        }
    }
}

/// More is accepted than when this run began.
pub(crate) fn has_moved(cx: &Context, accepted: u32) -> bool {
    accepted > cx.unbroken().map_or(0, |before| before.parts_accepted)
}

/// Requests that a transfer takes: one to OSS, and one to the source where it is asked for this part alone.
pub(crate) fn requests_of(body: &TransferBody) -> u32 {
    match body {
        TransferBody::Range { .. } => 2,
        TransferBody::Opened { .. }
        | TransferBody::Buffer
        | TransferBody::Slice { .. }
        | TransferBody::File { .. } => 1,
    }
}

fn placement(upload_id: Option<&UploadId>) -> Placement {
    match upload_id {
        Some(_) => Placement::Begun,
        None => Placement::Placed,
    }
}
