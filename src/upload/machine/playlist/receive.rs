//! A file of a playlist comes from its source: into a buffer, or, where it is too large or too slow for one, as it is sent.

use super::fetch::{Fetch, Way, too_large};
use super::{Playlist, no_files};
use crate::error::{Code, Error};
use crate::upload::event::{Effect, Failure, FailureKind, TransferBody};
use crate::upload::job::Job;
use crate::upload::machine::context::{Context, SOURCE_IDLE_MS};
use crate::upload::machine::grant::Grant;
use crate::upload::machine::source::{Opened, is_passing};
use crate::upload::machine::tasks::Task;
use crate::upload::machine::turn::Turn;
use crate::upload::plan;
use crate::wire::retry::retry_after_ms;

/// Buffers come in few sizes, so that one can be used again.
const SMALLEST_BUFFER: u64 = 64 << 10;

/// How long a file may take to fill a buffer that others wait for. One that trickles would keep them out for ever.
const FIRM_MS: u32 = 10_000;

impl Playlist {
    /// Begins a file from its first URL on.
    fn begin_anew(&mut self, number: u32) -> Result<(), Error> {
        let fetch = self.fetch(number)?;
        *fetch = fetch.clone().anew();
        Ok(())
    }

    fn close(&mut self, cx: &mut Context, number: u32) -> Result<(), Error> {
        if let Some(open) = self.fetch(number)?.open.take() {
            cx.tasks.close(open);
        }
        Ok(())
    }

    pub(crate) fn on_file_opened(
        &mut self,
        cx: &mut Context,
        grant: &mut Grant,
        number: u32,
        opened: Opened,
    ) -> Result<Turn, Error> {
        let mut fetch = self.fetch(number)?.clone();
        if fetch.follow(cx, opened)? {
            fetch.open(cx, Task::OpenFile(number));
            *self.fetch(number)? = fetch;
            return Ok(Turn::Stay);
        }
        match fetch.read(cx, opened) {
            Ok(probe) => {
                fetch.takes(probe);
                fetch.open = Some(opened.id);
                self.receive(cx, grant, number, fetch)?;
                Ok(Turn::Stay)
            }
            Err(error) => {
                cx.tasks.close(opened.id);
                self.file_refused(cx, number, &fetch, opened, error)
            }
        }
    }

    fn file_refused(
        &mut self,
        cx: &mut Context,
        number: u32,
        fetch: &Fetch,
        opened: Opened,
        error: Error,
    ) -> Result<Turn, Error> {
        if error.code == Code::EmptySource {
            // A key without a byte is told as what is no key.
            fetch.check_length(0)?;
        }
        let (code, error) = (error.code, fetch.about(error));
        if code == Code::SourceNotFound && fetch.may_miss(&cx.job) {
            return self.miss(cx, number, error);
        }
        if !is_passing(opened.status) {
            return Err(error);
        }
        self.begin_anew(number)?;
        let asked = retry_after_ms(opened.headers, cx.now);
        self.file_failed(cx, number, error, asked)
    }

    /// Its body is open: reads it into a buffer, or has it asked for once more where it is too large.
    pub(super) fn receive(
        &mut self,
        cx: &mut Context,
        grant: &mut Grant,
        number: u32,
        mut fetch: Fetch,
    ) -> Result<(), Error> {
        let id = fetch.open.take().ok_or_else(no_files)?;
        let announced = fetch.length;
        let checked = announced.map_or(Ok(()), |size| fetch.check_length(size));
        let total = announced.unwrap_or(0);
        let checked = checked.and_then(|()| self.check_total(&cx.job, &fetch, total));
        if let Err(error) = checked {
            cx.tasks.close(id);
            return Err(error);
        }
        if fetch.way == Way::Poured && announced.is_some() {
            return self.pour(cx, grant, number, fetch, id);
        }
        let share = Self::share(&cx.job);
        let length = announced.unwrap_or(share);
        if length <= share {
            let limit = buffer_for(&cx.job, &fetch);
            fetch.open = Some(id);
            *self.fetch(number)? = fetch;
            self.read(cx, number, id, limit);
            return Ok(());
        }
        cx.tasks.close(id);
        let most = match cx.job.host.buffers_parts {
            true => share,
            false => plan::MAX_PART_SIZE,
        };
        if length > most {
            let message =
                format!("it has {length} bytes, and one file of a playlist may have {most} here");
            return Err(fetch.about(too_large(message)));
        }
        fetch.way = Way::Direct;
        *self.fetch(number)? = fetch;
        self.send_file(cx, grant, number)
    }

    fn read(&self, cx: &mut Context, number: u32, open: u32, limit: u64) {
        let id = cx.tasks.begin(Task::ReadFile(number));
        cx.tasks.push(Effect::Read {
            id,
            open,
            part: number,
            skip: 0,
            limit,
            least: limit.min(SMALLEST_BUFFER),
            firm_ms: FIRM_MS,
            idle_ms: SOURCE_IDLE_MS,
        });
    }

    /// Sends a body that is open as it comes. Should that fail, the file is begun anew.
    fn pour(
        &mut self,
        cx: &mut Context,
        grant: &mut Grant,
        number: u32,
        fetch: Fetch,
        open: u32,
    ) -> Result<(), Error> {
        let body = TransferBody::Opened {
            open,
            idle_ms: SOURCE_IDLE_MS,
        };
        self.put(cx, grant, number, &fetch, body)?;
        *self.fetch(number)? = Fetch {
            length: fetch.length,
            ..fetch.anew()
        };
        Ok(())
    }

    pub(crate) fn on_file_read(
        &mut self,
        cx: &mut Context,
        grant: &mut Grant,
        number: u32,
        length: u64,
        ended: bool,
    ) -> Result<Turn, Error> {
        self.close(cx, number)?;
        let fetch = self.fetch(number)?.clone();
        let announced = fetch.length;
        if !ended && length < announced.unwrap_or_else(|| buffer_for(&cx.job, &fetch)) {
            return self.file_was_cut(cx, grant, number, length);
        }
        if let Err(error) = fetch.check_read(length, ended) {
            cx.tasks.release(number);
            let error = fetch.about(error);
            if !error.retryable {
                return Err(error);
            }
            self.begin_anew(number)?;
            return self.file_failed(cx, number, error, None);
        }
        let fetch = self.fetch(number)?;
        fetch.length = Some(length);
        fetch.way = Way::Buffer;
        if announced.is_none() {
            let fetch = fetch.clone();
            self.check_total(&cx.job, &fetch, 0)?;
        }
        self.buffers.insert(number);
        if grant.credential.is_due(cx) {
            return Ok(self.ready(number));
        }
        self.send_file(cx, grant, number)?;
        Ok(Turn::Stay)
    }

    /// Others waited for the memory that it had not filled. Without a length it cannot be sent as it comes, and neither can it
    /// where the host gathers what it sends.
    fn file_was_cut(
        &mut self,
        cx: &mut Context,
        grant: &mut Grant,
        number: u32,
        length: u64,
    ) -> Result<Turn, Error> {
        cx.tasks.release(number);
        let is_announced = self.fetch(number)?.length.is_some();
        self.begin_anew(number)?;
        let fetch = self.fetch(number)?;
        if is_announced && !cx.job.host.buffers_parts {
            fetch.way = Way::Poured;
            self.send_file(cx, grant, number)?;
            return Ok(Turn::Stay);
        }
        let message =
            format!("it gave {length} bytes in {FIRM_MS} ms or more, and others waited for memory");
        let error = fetch.about(Error::new(Code::SourceUnreachable, message));
        self.file_failed(cx, number, error, None)
    }

    pub(crate) fn on_file_failure(
        &mut self,
        cx: &mut Context,
        grant: &mut Grant,
        number: u32,
        failure: &Failure,
    ) -> Result<Turn, Error> {
        self.close(cx, number)?;
        if failure.kind == FailureKind::Canceled {
            return Ok(Turn::Stay);
        }
        let fetch = self.fetch(number)?;
        let error = fetch.failed(failure);
        if let Some(next) = fetch.elsewhere(failure) {
            *fetch = next;
            self.send_file(cx, grant, number)?;
            return Ok(Turn::Stay);
        }
        if error.code == Code::SourceMissing && fetch.may_miss(&cx.job) {
            return self.miss(cx, number, error);
        }
        if !error.retryable {
            return Err(error);
        }
        self.begin_anew(number)?;
        self.file_failed(cx, number, error, None)
    }

    /// Goes on without a segment. Playlists that name it say that it is a gap.
    fn miss(&mut self, cx: &mut Context, number: u32, error: Error) -> Result<Turn, Error> {
        self.tree.miss(number);
        let (missing, segments) = self.tree.missing();
        if missing.len() >= segments {
            return Err(error);
        }
        self.accept(cx, number, 0);
        Ok(Turn::Schedule)
    }

    /// The file is begun anew after a while, without this counting against it.
    pub(crate) fn begin_later(&mut self, cx: &mut Context, number: u32) -> Result<Task, Error> {
        self.close(cx, number)?;
        self.begin_anew(number)?;
        Ok(Task::RetryPart(number))
    }

    /// A file is stored.
    pub(super) fn accept(&mut self, cx: &mut Context, number: u32, bytes: u64) {
        self.files.store(number, bytes);
        self.file_tries.accepted(number);
        cx.calls.refused_credentials = 0;
        if self.buffers.remove(&number) {
            cx.tasks.release(number);
        }
        self.underway.remove(number);
        cx.progress();
        cx.save();
    }
}

/// The size of the buffer that a file is read into.
fn buffer_for(job: &Job, fetch: &Fetch) -> u64 {
    let share = Playlist::share(job);
    let length = fetch.length.unwrap_or(share);
    let limit = length.max(SMALLEST_BUFFER).next_power_of_two();
    limit.min(share).max(length)
}
