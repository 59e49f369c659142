//! Parts on their way: what may start, what a reply means, and what happened when there was none.

use std::collections::{BTreeMap, BTreeSet};

use super::call::{OssCall, VodCall};
use super::calls::{OssTrouble, Trouble};
use super::reader::{Access, SOURCE_IDLE_MS, is_passing};
use super::{Task, Upload};
use crate::error::{Code, Error};
use crate::http::{Headers, Reply};
use crate::oss;
use crate::oss::error::{OssRecovery, Refused};
use crate::source::probe::range_headers;
use crate::source::range::{RangeExpectation, check_range};
use crate::time::UnixMs;
use crate::upload::event::{Effect, Failure, FailureKind, Phase, TransferBody};
use crate::upload::job::Verify;
use crate::upload::lane::is_crowded;
use crate::upload::parts::Accepted;
use crate::upload::plan::{self, Plan};
use crate::upload::retry::{JOB_FAILURES, PART_TRIES, REFRESHES_IN_A_ROW};
use crate::wire::retry::retry_after_ms;

/// A PUT that got a reply.
pub(super) struct Arrival {
    pub(super) part: u32,
    pub(super) length: u64,
    pub(super) generation: u32,
    pub(super) sent: u64,
    pub(super) crc64: Option<String>,
}

/// A look at what the server has of some parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Listing {
    pub(super) marker: u32,
    pub(super) purpose: Purpose,
    pub(super) found: BTreeMap<u32, Accepted>,
}

/// Why the server is asked what it has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Purpose {
    /// The connections of these parts broke.
    Suspects(BTreeSet<u32>),
    /// Complete was refused for a part that is not there.
    Refused(Error),
    /// An upload goes on from a checkpoint.
    Resume,
}

impl Purpose {
    /// The last part that matters.
    fn last(&self) -> u32 {
        match self {
            Purpose::Suspects(parts) => parts.last().copied().unwrap_or(0),
            Purpose::Refused(_) | Purpose::Resume => u32::MAX,
        }
    }
}

impl Upload {
    /// Starts all that may start now, and completes when there is nothing left to move.
    pub(super) fn schedule(&mut self, now: UnixMs) -> Result<(), Error> {
        if self.files.is_some() {
            return self.schedule_files(now);
        }
        // The one that is being aborted is of no use any more.
        let waits_for_upload_id = !self.is_put() && self.upload_id.is_none()
            || self.is_calling(OssCall::AbortMultipartUpload);
        let resolving = self.reader.access == Access::Ranges && self.is_opening();
        let waits = waits_for_upload_id || resolving || self.is_calling(VodCall::Prove);
        if self.phase != Phase::Uploading || waits {
            return Ok(());
        }
        if self.job.options.shard.is_none() && self.all_accepted()? {
            return self.finish(now);
        }
        self.stop_if_spent(now);
        if self.stopping && !self.is_put() {
            return Ok(());
        }
        let waits_for_bytes =
            self.reader.access == Access::Stream && self.reader.buffers.is_empty();
        if self.auth_is_due(now) && !waits_for_bytes {
            self.refresh(now)?;
            return self.read_ahead();
        }
        if self.listing.is_some() {
            // What broke one part may break them all: first hear what the server says.
            return self.read_ahead();
        }
        while let Some(part) = self.next_part(now)? {
            self.send_part(part, now)?;
            // Used now: from here on its age counts.
            if let Some(auth) = self.auth.as_mut() {
                auth.fresh = false;
            }
        }
        self.read_ahead()
    }

    fn is_put(&self) -> bool {
        self.files.is_some() || matches!(self.plan, Some(Plan::Put { .. }))
    }

    fn all_accepted(&self) -> Result<bool, Error> {
        let expected = match self.reader.access {
            Access::Stream => Some(self.parts.begun()),
            _ => self.plan()?.count(),
        };
        Ok(self.reader.ended()
            && self.reader.buffers.is_empty()
            && expected == Some(self.parts.count()))
    }

    fn next_part(&mut self, now: UnixMs) -> Result<Option<u32>, Error> {
        let in_flight = self.transfers();
        let limit = self.plan()?.part_limit(self.parts.begun().max(1));
        let window = plan::concurrency(
            &self.job.options,
            &self.job.host,
            limit,
            self.shape().buffered,
        );
        let crowded =
            self.reader.access == Access::Ranges && !self.reader.lane.is_open(in_flight, now);
        if crowded || in_flight >= usize::try_from(window).unwrap_or(usize::MAX) {
            return Ok(None);
        }
        self.stop_if_spent(now);
        if self.stopping && !self.is_put() {
            return Ok(None);
        }
        if self.is_spent() && !self.is_put() {
            return Ok(self.parts.take_ready_of(self.spent.begun()));
        }
        if let Some(shard) = self.job.options.shard {
            return Ok(self.parts.begin_in(
                shard.first,
                shard.last.min(self.plan()?.count().unwrap_or(0)),
            ));
        }
        if let Some(part) = self.parts.take_ready() {
            return Ok(Some(part));
        }
        let more =
            self.reader.access != Access::Stream && self.plan()?.count() > Some(self.parts.begun());
        Ok(more.then(|| self.parts.begin_next()))
    }

    /// Offset and length of a part.
    fn extent(&self, part: u32) -> Result<(u64, u64), Error> {
        let extent = match self.reader.access {
            Access::Stream => self.reader.buffers.get(&part).copied(),
            _ => self.plan()?.part(part),
        };
        extent.ok_or_else(|| Error::new(Code::Internal, format!("part {part} has no bytes")))
    }

    fn send_part(&mut self, part: u32, now: UnixMs) -> Result<(), Error> {
        let (offset, length) = self.extent(part)?;
        let first_part = match part {
            1 => self.take_first_part(length),
            _ => None,
        };
        let body = match (self.reader.access, first_part) {
            (_, Some(open)) => TransferBody::Opened {
                open,
                idle_ms: SOURCE_IDLE_MS,
            },
            (Access::Ranges, _) => {
                let expect = self.expectation(offset, length);
                let headers = range_headers(expect.first, expect.last, &expect.validator);
                TransferBody::Range {
                    request: self.source_request(headers),
                    expect: Box::new(expect),
                    allow_private: self.job.options.allow_private_sources,
                }
            }
            (Access::Stream, _) => TransferBody::Buffer,
            (Access::Slices | Access::Unknown, _) => TransferBody::Slice { offset },
        };
        let target = &self.place()?.target;
        let auth = self.auth()?;
        let (credentials, generation) = (&auth.ticket.credentials, auth.generation);
        let signature = self.job.oss.signature;
        let now = self.server_now(now);
        let mut headers = self.job.options.headers_of_a_body();
        let request = match self.is_put() {
            false => {
                let id = self.upload_id()?;
                oss::request::upload_part(target, signature, credentials, now, id, part, &headers)?
            }
            true => {
                headers.extend(self.job.options.headers_at_the_end());
                headers.extend(self.object_headers());
                oss::request::put_object(target, signature, credentials, now, &headers)?
            }
        };
        let id = self.begin(Task::Transfer {
            part,
            length,
            generation,
        });
        let checksum = self.job.options.verify == Verify::Crc64;
        let requests = if matches!(body, TransferBody::Range { .. }) {
            2
        } else {
            1
        };
        self.spent.begin(part, length);
        self.spent.subrequests = self.spent.subrequests.saturating_add(requests);
        self.out.push(Effect::Transfer {
            id,
            part,
            body,
            length,
            request,
            checksum,
        });
        Ok(())
    }

    fn expectation(&self, offset: u64, length: u64) -> RangeExpectation {
        RangeExpectation {
            first: offset,
            last: offset.saturating_add(length).saturating_sub(1),
            total: self.reader.size,
            validator: self.reader.validator.clone(),
        }
    }

    // With a reply.

    pub(super) fn on_transferred(
        &mut self,
        arrival: &Arrival,
        reply: &Reply,
        now: UnixMs,
    ) -> Result<(), Error> {
        let part = arrival.part;
        self.reader.lends_first_part &= part != 1;
        let stored = match oss::xml::parse_part_reply(reply) {
            Ok(stored) => stored,
            Err(refused) => return self.part_refused(arrival, refused, &reply.headers, now),
        };
        if arrival.sent != arrival.length {
            let message = format!(
                "part {part}: {} of {} bytes were sent",
                arrival.sent, arrival.length
            );
            return self.part_failed(part, Error::new(Code::LengthMismatch, message), None, now);
        }
        let ours = arrival
            .crc64
            .as_deref()
            .and_then(|text| text.parse::<u64>().ok());
        if let (Some(ours), Some(theirs)) = (ours, stored.crc64)
            && ours != theirs
        {
            let message = format!("part {part}: CRC-64 {ours} was sent and {theirs} arrived");
            return self.part_failed(part, Error::new(Code::ChecksumMismatch, message), None, now);
        }
        if let Some((said, theirs)) = self.told_of_file(part).zip(stored.crc64)
            && said != theirs
        {
            let message =
                format!("file {part}: its source tells a CRC-64 of {said} and {theirs} arrived");
            return self.part_failed(part, Error::new(Code::ChecksumMismatch, message), None, now);
        }
        self.request_id = reply.header("x-oss-request-id").map(str::to_owned);
        self.unhashed |= ours.is_none() || stored.crc64.is_none();
        self.accept(
            part,
            Accepted {
                etag: stored.etag,
                size: arrival.length,
                crc64: stored.crc64.or(ours),
            },
        );
        self.schedule(now)
    }

    pub(super) fn accept(&mut self, part: u32, accepted: Accepted) {
        self.parts.accept(part, accepted);
        self.failures_in_a_row = 0;
        self.refreshes_in_a_row = 0;
        self.sent_unseen.clear();
        self.reader.resolved_again = false;
        self.reader.lane.accepted();
        if self.reader.buffers.remove(&part).is_some() {
            self.out.push(Effect::Release { part });
        }
        self.forget_file(part);
        self.progress();
        self.save();
    }

    fn part_refused(
        &mut self,
        arrival: &Arrival,
        refused: Refused,
        headers: &Headers,
        now: UnixMs,
    ) -> Result<(), Error> {
        let Refused { error, recovery } = refused;
        if self.is_there_already(&error) {
            return self.trust_vod(arrival, now);
        }
        let refreshes = match recovery {
            OssRecovery::RefreshCredential => REFRESHES_IN_A_ROW,
            OssRecovery::RefreshOnce => 1,
            OssRecovery::UploadGone if !self.is_put() => {
                self.upload_id = None;
                return self.restart(error, now);
            }
            OssRecovery::FixClock if self.clock.is_hopeless() => return Err(error),
            OssRecovery::Backoff
            | OssRecovery::ResendPart
            | OssRecovery::RelistParts
            | OssRecovery::FixClock => {
                return self.part_failed(arrival.part, error, retry_after_ms(headers, now), now);
            }
            OssRecovery::UploadGone | OssRecovery::Fail => return Err(error),
        };
        self.distrust(arrival.generation, refreshes, error)?;
        self.retries = self.retries.saturating_add(1);
        self.parts.ready(arrival.part);
        self.schedule(now)
    }

    /// `x-oss-forbid-overwrite` refuses what an earlier PutObject of ours may have stored.
    fn is_there_already(&self, error: &Error) -> bool {
        self.files.is_none()
            && self.is_put()
            && self.complete_in_doubt
            && error.service_code.as_deref() == Some("FileAlreadyExists")
    }

    /// VOD tells whether the object that is there has the length of what was sent.
    fn trust_vod(&mut self, arrival: &Arrival, now: UnixMs) -> Result<(), Error> {
        self.unhashed = true;
        self.accept(
            arrival.part,
            Accepted {
                etag: String::new(),
                size: arrival.length,
                crc64: None,
            },
        );
        self.enter(Phase::Completing);
        self.call(VodCall::GetMediaInfo, now)
    }

    /// Counts a failure, and sends the part again after a while.
    pub(super) fn part_failed(
        &mut self,
        part: u32,
        error: Error,
        asked_ms: Option<u64>,
        now: UnixMs,
    ) -> Result<(), Error> {
        let tries = self.count_failure(part, error)?;
        self.retry_part(part, tries, asked_ms, now);
        self.schedule(now)
    }

    fn count_failure(&mut self, part: u32, error: Error) -> Result<u32, Error> {
        let tries = self.parts.count_failure(part);
        self.failures_in_a_row = self.failures_in_a_row.saturating_add(1);
        if tries >= PART_TRIES || self.failures_in_a_row >= JOB_FAILURES {
            Err(error)
        } else {
            Ok(tries)
        }
    }

    fn retry_part(&mut self, part: u32, tries: u32, asked_ms: Option<u64>, now: UnixMs) {
        self.retries = self.retries.saturating_add(1);
        let delay = self.entropy.backoff_ms(tries, asked_ms);
        let delay = self.within_deadline(delay, now);
        self.wait(Task::RetryPart(part), delay, now);
    }

    // Without a reply.

    pub(super) fn on_transfer_failure(
        &mut self,
        part: u32,
        length: u64,
        failure: &Failure,
        now: UnixMs,
    ) -> Result<(), Error> {
        let was_lent = part == 1 && std::mem::take(&mut self.reader.lends_first_part);
        let on_ranges = self.reader.access == Access::Ranges;
        match failure.kind {
            FailureKind::Network | FailureKind::Timeout => {
                let message = format!("part {part}: no reply from OSS: {}", failure.message);
                self.count_failure(part, Error::new(Code::OssUnreachable, message))?;
                self.parts.suspect(part);
                self.look_at_suspects(now)?;
                self.schedule(now)
            }
            FailureKind::Untrusted | FailureKind::Malformed | FailureKind::ServiceRefused => {
                let message = format!("part {part}: no reply from OSS: {}", failure.message);
                let code = failure.kind.no_reply(Code::OssUnreachable);
                Err(Error::new(code, message))
            }
            FailureKind::SourceReply => self.source_refused(part, length, failure, now),
            // It broke while VOD was asked for a place: the part is fetched like any other.
            FailureKind::SourceNetwork | FailureKind::SourceTimeout | FailureKind::SourceShort
                if was_lent =>
            {
                self.retries = self.retries.saturating_add(1);
                self.parts.ready(part);
                self.schedule(now)
            }
            FailureKind::SourceNetwork | FailureKind::SourceTimeout | FailureKind::SourceShort => {
                let error = self.source_error(failure);
                self.range_failed(part, error, None, now)
            }
            // What is behind the end of a range says that the range was ignored.
            FailureKind::SourceLong if on_ranges => self.read_once(self.source_error(failure), now),
            FailureKind::Canceled => {
                self.parts.ready(part);
                self.schedule(now)
            }
            _ => Err(self.source_error(failure)),
        }
    }

    fn source_refused(
        &mut self,
        part: u32,
        length: u64,
        failure: &Failure,
        now: UnixMs,
    ) -> Result<(), Error> {
        let status = failure.status.unwrap_or(0);
        let (offset, _) = self.extent(part)?;
        let Err(error) = check_range(&self.expectation(offset, length), status, &failure.headers)
        else {
            return self.part_failed(part, self.source_error(failure), None, now);
        };
        let moved = matches!(status, 301 | 302 | 303 | 307 | 308 | 401 | 403 | 404 | 410);
        if moved && self.reader.hops > 0 && (!self.reader.resolved_again || self.is_opening()) {
            self.parts.ready(part);
            self.resolve_again();
            return Ok(());
        }
        let asked = retry_after_ms(&failure.headers, now);
        if is_crowded(status) {
            return self.crowded(part, error, asked, now);
        }
        if is_passing(status) {
            return self.range_failed(part, error, asked, now);
        }
        match error.code {
            Code::SourceChanged => Err(error),
            _ => self.read_once(error, now),
        }
    }

    /// The source takes no more at once. That is no failure as long as another part moves, or was accepted since: then this
    /// one waits for its turn.
    fn crowded(
        &mut self,
        part: u32,
        error: Error,
        asked_ms: Option<u64>,
        now: UnixMs,
    ) -> Result<(), Error> {
        let running = self.transfers();
        self.reader.lane.narrow(running, asked_ms, now);
        let moved = self.parts.count() > 0 && self.failures_in_a_row == 0;
        if running == 0 && !moved {
            return self.range_failed(part, error, asked_ms, now);
        }
        if running == 0 || asked_ms.is_some() {
            self.failures_in_a_row = self.failures_in_a_row.max(1);
            self.retry_part(part, 1, asked_ms, now);
            return self.schedule(now);
        }
        self.retries = self.retries.saturating_add(1);
        self.parts.ready(part);
        self.schedule(now)
    }

    fn transfers(&self) -> usize {
        let moving = |task: &&Task| matches!(task, Task::Transfer { .. });
        self.tasks.values().filter(moving).count()
    }

    /// As [`Upload::part_failed`]; a source that never gives a part although it answers is read once instead.
    fn range_failed(
        &mut self,
        part: u32,
        error: Error,
        asked_ms: Option<u64>,
        now: UnixMs,
    ) -> Result<(), Error> {
        match self.count_failure(part, error) {
            Ok(tries) => {
                self.retry_part(part, tries, asked_ms, now);
                self.schedule(now)
            }
            Err(error) => match (self.reader.access, error.code) {
                (Access::Ranges, Code::SourceStatus | Code::SourceTruncated) => {
                    self.read_once(error, now)
                }
                _ => Err(error),
            },
        }
    }

    /// A connection that broke within a body may hide a refusal, or a part that did arrive. A small signed request tells.
    fn look_at_suspects(&mut self, now: UnixMs) -> Result<(), Error> {
        let covers = self.parts.suspects().clone();
        let Some(first) = covers.first() else {
            return Ok(());
        };
        if self.is_put() {
            return if self.is_calling(OssCall::HeadObject) {
                Ok(())
            } else {
                self.call(OssCall::HeadObject, now)
            };
        }
        if self.listing.is_some() {
            // It may be older than this failure; the next one begins when it is over.
            return Ok(());
        }
        let marker = first.saturating_sub(1);
        let purpose = Purpose::Suspects(covers);
        self.listing = Some(Listing {
            marker,
            purpose,
            found: BTreeMap::new(),
        });
        self.call(OssCall::ListParts, now)
    }

    /// Complete says that a part is not there: see which.
    pub(super) fn relist(&mut self, refusal: Error, now: UnixMs) -> Result<(), Error> {
        self.relisted = true;
        let purpose = Purpose::Refused(refusal);
        self.listing = Some(Listing {
            marker: 0,
            purpose,
            found: BTreeMap::new(),
        });
        self.call(OssCall::ListParts, now)
    }

    pub(super) fn on_listed(&mut self, reply: &Reply, now: UnixMs) -> Result<(), OssTrouble> {
        if !self.is_running() {
            return Ok(());
        }
        let page = match oss::xml::parse_list_parts(reply) {
            Ok(page) => page,
            Err(Refused {
                error,
                recovery: OssRecovery::UploadGone,
            }) => {
                if self.is_taking_over() {
                    self.listing = None;
                    return Ok(self.look_for_the_whole(now)?);
                }
                self.upload_id = None;
                return Ok(self.restart(error, now)?);
            }
            Err(Refused { error, .. }) if error.code == Code::PermissionDenied => {
                return Ok(self.listing_denied(error, now)?);
            }
            Err(refused) => return Err(refused.into()),
        };
        self.got_through(OssCall::ListParts);
        self.is_own = true;
        let own_last = *self.own_parts().end();
        let Some(listing) = self.listing.as_mut() else {
            return Ok(());
        };
        self.unhashed |= !page.parts.is_empty();
        for part in page.parts {
            let accepted = Accepted {
                etag: part.etag,
                size: part.size,
                crc64: part.crc64,
            };
            listing.found.insert(part.part_number, accepted);
        }
        let last = listing.purpose.last().min(own_last);
        if let Some(marker) = page
            .next_marker
            .filter(|marker| *marker < last && *marker > listing.marker)
        {
            listing.marker = marker;
            return Ok(self.call(OssCall::ListParts, now)?);
        }
        if let Some(listing) = self.listing.take() {
            self.settle_listing(listing, now)?;
        }
        Ok(())
    }

    /// An upload credential that may write need not be one that may look. So nothing is known of the parts: those in doubt
    /// are sent again, and what cannot be told apart without looking starts over. Where a part broke that was sent again
    /// unseen, and nothing was accepted since, it is the part itself that is denied.
    fn listing_denied(&mut self, error: Error, now: UnixMs) -> Result<(), Error> {
        let Some(listing) = self.listing.take() else {
            return Ok(());
        };
        match listing.purpose {
            Purpose::Suspects(parts) if self.sent_unseen.is_disjoint(&parts) => {
                self.sent_unseen.extend(&parts);
                self.settle_suspects(parts, listing.found, now)
            }
            Purpose::Suspects(_) => Err(error),
            Purpose::Refused(refusal) => self.restart(refusal, now),
            // The rest of a shard's parts are others' business.
            Purpose::Resume if self.job.options.shard.is_some() => Err(error),
            Purpose::Resume => self.restart(error, now),
        }
    }

    pub(super) fn is_taking_over(&self) -> bool {
        matches!(
            self.listing,
            Some(Listing {
                purpose: Purpose::Resume,
                ..
            })
        )
    }

    fn settle_listing(&mut self, listing: Listing, now: UnixMs) -> Result<(), Error> {
        match listing.purpose {
            Purpose::Suspects(parts) => self.settle_suspects(parts, listing.found, now),
            Purpose::Refused(refusal) => self.resend_missing(&listing.found, refusal, now),
            Purpose::Resume => self.take_over(listing.found, now),
        }
    }

    fn settle_suspects(
        &mut self,
        parts: BTreeSet<u32>,
        mut found: BTreeMap<u32, Accepted>,
        now: UnixMs,
    ) -> Result<(), Error> {
        for part in parts {
            let (_, length) = self.extent(part)?;
            // With CRC-64 asked for, a part counts only when its bytes were hashed here, and those of a broken
            // transfer were not.
            let trusted = self.job.options.verify == Verify::Length;
            match found
                .remove(&part)
                .filter(|found| trusted && found.size == length)
            {
                Some(found) => self.accept(part, found),
                None => {
                    // As many tries as were counted when it failed.
                    let tries = self.parts.failures(part);
                    self.parts.doubt_settled(part);
                    self.retry_part(part, tries, None, now);
                }
            }
        }
        self.look_at_suspects(now)?;
        self.schedule(now)
    }

    fn resend_missing(
        &mut self,
        found: &BTreeMap<u32, Accepted>,
        refusal: Error,
        now: UnixMs,
    ) -> Result<(), Error> {
        let missing: Vec<u32> = self
            .parts
            .accepted()
            .iter()
            .filter(|(n, part)| found.get(n).is_none_or(|f| f.size != part.size))
            .map(|(n, _)| *n)
            .collect();
        // Bytes of a stream are gone once their part was accepted.
        if missing.is_empty() || self.reader.access == Access::Stream {
            return Err(refusal);
        }
        for part in missing {
            self.parts.reject(part);
        }
        self.enter(Phase::Uploading);
        self.schedule(now)
    }

    /// HEAD after a PutObject without a reply.
    pub(super) fn settle_put(&mut self, reply: &Reply, now: UnixMs) -> Result<(), OssTrouble> {
        let (_, length) = self.extent(1)?;
        let trusted = self.job.options.verify == Verify::Length;
        match oss::xml::parse_head(reply) {
            Ok(head)
                if trusted
                    && head.size == length
                    && self.is_what_was_sent(Some(head.size), None) =>
            {
                let etag = head.etag.unwrap_or_default();
                self.unhashed = true;
                self.accept(
                    1,
                    Accepted {
                        etag,
                        size: length,
                        crc64: head.crc64,
                    },
                );
                return Ok(self.schedule(now)?);
            }
            Ok(_) => {}
            Err(refused) => match refused.recovery {
                OssRecovery::Fail if refused.error.code == Code::SignatureMismatch => {
                    return Err(Trouble::Fatal(refused.error));
                }
                // It is not there, or this credential may not look: nothing is known but that the credential works.
                OssRecovery::Fail | OssRecovery::UploadGone => {}
                _ => return Err(refused.into()),
            },
        }
        self.got_through(OssCall::HeadObject);
        // Who may not look does not know whether it has arrived.
        self.complete_in_doubt |= reply.status == 403;
        let tries = self.parts.failures(1);
        self.parts.doubt_settled(1);
        self.retry_part(1, tries, None, now);
        Ok(())
    }

    /// Ends every transfer without waiting, and every question about them: their parts count for nothing any more.
    pub(super) fn drop_transfers(&mut self) {
        let stale = |task: &Task| match task {
            Task::Transfer { .. }
            | Task::Read { .. }
            | Task::RetryPart(_)
            | Task::Open
            | Task::RetryOpen => true,
            Task::Call { call, .. } | Task::RetryCall(call) => call.is_about_parts(),
            _ => false,
        };
        self.after_refresh.retain(|call| !call.is_about_parts());
        self.after_renewal.retain(|call| !call.is_about_parts());
        self.drop_tasks(stale);
    }
}
