//! What happened to a part that got no reply, and when it is sent again.

use super::Object;
use super::reader::Access;
use crate::error::{Code, Error};
use crate::source::range::check_range;
use crate::upload::event::{Failure, FailureKind};
use crate::upload::lane::is_crowded;
use crate::upload::machine::context::Context;
use crate::upload::machine::source::{is_passing, may_have_moved};
use crate::upload::machine::tasks::Task;
use crate::upload::machine::turn::Turn;
use crate::wire::retry::retry_after_ms;

impl Object {
    /// Counts a failure, and sends the part again after a while.
    pub(super) fn part_failed(
        &mut self,
        cx: &mut Context,
        part: u32,
        error: Error,
        asked_ms: Option<u64>,
    ) -> Result<Turn, Error> {
        let tries = self.tries.count(part, error)?;
        cx.retry_in_time(Task::RetryPart(part), tries, asked_ms);
        Ok(Turn::Schedule)
    }

    /// It may be sent again.
    pub(crate) fn ready(&mut self, part: u32) -> Turn {
        self.parts.ready(part);
        Turn::Schedule
    }

    /// The host had no file handle for it: it waits, and that is no failure.
    pub(crate) fn wait_for_handle(&mut self, part: u32) -> Task {
        // Where it was the body of the first reply, that is gone.
        self.reader.was_lent(part);
        Task::RetryPart(part)
    }

    pub(crate) fn on_transfer_failure(
        &mut self,
        cx: &mut Context,
        part: u32,
        length: u64,
        failure: &Failure,
    ) -> Result<Turn, Error> {
        let was_lent = self.reader.was_lent(part);
        let on_ranges = self.reader.access == Access::Ranges;
        match failure.kind {
            FailureKind::Network | FailureKind::Timeout => {
                let message = format!("part {part}: no reply from OSS: {}", failure.message);
                self.tries
                    .count(part, Error::new(Code::OssUnreachable, message))?;
                self.parts.suspect(part);
                self.look_at_suspects(cx);
                Ok(Turn::Schedule)
            }
            FailureKind::Untrusted
            | FailureKind::Malformed
            | FailureKind::ServiceRefused
            | FailureKind::ProxyRefused => {
                let message = format!("part {part}: no reply from OSS: {}", failure.message);
                let code = failure.kind.no_reply(Code::OssUnreachable);
                Err(Error::new(code, message))
            }
            FailureKind::SourceReply => self.source_refused(cx, part, length, failure),
            // It broke while VOD was asked for a place: the part is fetched like any other.
            FailureKind::SourceNetwork | FailureKind::SourceTimeout | FailureKind::SourceShort
                if was_lent =>
            {
                cx.count_retry();
                Ok(self.ready(part))
            }
            FailureKind::SourceNetwork | FailureKind::SourceTimeout | FailureKind::SourceShort => {
                let error = self.reader.error(failure);
                self.range_failed(cx, part, error, None)
            }
            // What is behind the end of a range says that the range was ignored.
            FailureKind::SourceLong if on_ranges => Ok(Turn::ReadOnce(self.reader.error(failure))),
            FailureKind::Canceled => Ok(self.ready(part)),
            _ => Err(self.reader.error(failure)),
        }
    }

    fn source_refused(
        &mut self,
        cx: &mut Context,
        part: u32,
        length: u64,
        failure: &Failure,
    ) -> Result<Turn, Error> {
        let status = failure.status.unwrap_or(0);
        let (offset, _) = self.extent(part)?;
        let checked = check_range(&self.expectation(offset, length), status, &failure.headers);
        let Err(error) = checked else {
            return self.part_failed(cx, part, self.reader.error(failure), None);
        };
        if may_have_moved(status) {
            if self.reader.was_sent_earlier(part) {
                return Ok(self.ready(part));
            }
            if self.reader.hops > 0 && !self.reader.resolved_again {
                self.parts.ready(part);
                self.resolve_again(cx);
                return Ok(Turn::Stay);
            }
        }
        let asked = retry_after_ms(&failure.headers, cx.now);
        if is_crowded(status) {
            return self.crowded(cx, part, error, asked);
        }
        if is_passing(status) {
            return self.range_failed(cx, part, error, asked);
        }
        match error.code {
            Code::SourceChanged => Err(error),
            // There is no other way to read them than at their offsets.
            _ if self.reader.access == Access::Slices => Err(error),
            _ => Ok(Turn::ReadOnce(error)),
        }
    }

    /// The source takes no more at once. That is no failure as long as another part moves, or was accepted since: then this
    /// one waits for its turn.
    fn crowded(
        &mut self,
        cx: &mut Context,
        part: u32,
        error: Error,
        asked_ms: Option<u64>,
    ) -> Result<Turn, Error> {
        let running = cx.tasks.transfers();
        self.reader.lane.narrow(running, asked_ms, cx.now);
        let moved = self.parts.count() > 0 && self.tries.is_calm();
        if running == 0 && !moved {
            return self.range_failed(cx, part, error, asked_ms);
        }
        if running == 0 || asked_ms.is_some() {
            self.tries.disturb();
            cx.retry_in_time(Task::RetryPart(part), 1, asked_ms);
            return Ok(Turn::Schedule);
        }
        cx.count_retry();
        Ok(self.ready(part))
    }

    /// As [`Object::part_failed`]; a source that never gives a part although it answers is read once instead.
    fn range_failed(
        &mut self,
        cx: &mut Context,
        part: u32,
        error: Error,
        asked_ms: Option<u64>,
    ) -> Result<Turn, Error> {
        match self.part_failed(cx, part, error, asked_ms) {
            Err(error) => match (self.reader.access, error.code) {
                (Access::Ranges, Code::SourceStatus | Code::SourceTruncated) => {
                    Ok(Turn::ReadOnce(error))
                }
                _ => Err(error),
            },
            turn => turn,
        }
    }
}
