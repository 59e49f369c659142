//! What goes up next, and what is taken over from another run.

use super::fetch::{Fetch, playlist_of};
use super::{Playlist, Work};
use crate::error::{Code, Error};
use crate::upload::job::Job;
use crate::upload::machine::call::OssCall;
use crate::upload::machine::context::Context;
use crate::upload::machine::grant::{Grant, Place};
use crate::upload::machine::turn::Turn;
use crate::upload::plan;

impl Playlist {
    /// The place is known: names are given, and what another run has brought is taken over.
    pub(crate) fn begin(&mut self, cx: &mut Context, place: &Place) -> Result<Turn, Error> {
        self.tree
            .settle(&place.target.key, place.prefix.as_deref())?;
        let digest = self.tree.digest();
        let before = cx.before.as_ref();
        let mark = before.and_then(|before| before.playlist.as_ref());
        if let (Some(before), Some(mark)) = (before, mark.filter(|mark| !mark.digest.is_empty())) {
            if mark.digest != digest {
                let message = "the playlists are not what they were: they name other files, or name them otherwise";
                return Err(Error::new(Code::SourceChanged, message));
            }
            // The root is stored again: it makes the media.
            let last = self.tree.count().saturating_sub(1);
            let done = mark.done.iter();
            for number in done.flat_map(|(from, to)| (*from).max(1)..=(*to).min(last)) {
                self.files.store(number, 0);
            }
            self.files.add_bytes(before.bytes_accepted);
            for number in &mark.missing {
                self.tree.miss(*number);
            }
        }
        self.digest = Some(digest);
        cx.progress();
        cx.save();
        Ok(Turn::Schedule)
    }

    /// Starts all that may start now, and ends when all is there.
    pub(crate) fn schedule(&mut self, cx: &mut Context, grant: &mut Grant) -> Result<Turn, Error> {
        if !self.is_named() {
            return Ok(Turn::Stay);
        }
        if self.files.count() == self.tree.count() {
            return Ok(Turn::Done {
                crc64: self.root_crc64,
                folds: false,
            });
        }
        if grant.credential.is_due(cx) {
            return Ok(Turn::Refresh);
        }
        loop {
            let budget = &cx.job.options.budget;
            cx.spent.stop_if_spent(budget, false, cx.now);
            if cx.spent.is_stopping() {
                return Ok(Turn::Stay);
            }
            // One that was begun is finished.
            let next = match cx.spent.is_spent(budget) {
                true => self.files.take_ready(),
                false => self.next_file(cx),
            };
            let Some(number) = next else {
                return Ok(Turn::Stay);
            };
            self.send_file(cx, grant, number)?;
        }
    }

    /// One that failed before, else the next in order. Playlists wait for what they name.
    fn next_file(&mut self, cx: &mut Context) -> Option<u32> {
        if let Some(number) = self.files.take_ready() {
            return Some(number);
        }
        let number = self.next_new(&cx.job)?;
        cx.spent.begin_file();
        self.begun = number;
        let work = match self.tree.file(number) {
            Some(item) => {
                let looked_at = self.looked_at.remove(number);
                Work::Fetch(Box::new(
                    looked_at.unwrap_or_else(|| Fetch::of(item.clone())),
                ))
            }
            None => Work::List,
        };
        self.underway.insert(number, work);
        Some(number)
    }

    fn next_new(&self, job: &Job) -> Option<u32> {
        let mut next = self.begun.saturating_add(1);
        while self.files.has(next) {
            next = next.saturating_add(1);
        }
        let (last_file, count) = (self.tree.last_file(), self.tree.count());
        let stored = self.files.count();
        let waits_for_all_before = next > last_file && stored < last_file;
        let root_waits = next == count && stored < count.saturating_sub(1);
        let in_work = u32::try_from(self.underway.len()).unwrap_or(u32::MAX);
        let free = in_work < Self::window(job) && next <= count;
        (free && !waits_for_all_before && !root_waits).then_some(next)
    }

    /// Files in work at once.
    pub(super) fn window(job: &Job) -> u32 {
        plan::concurrency(&job.options, &job.host, 1, false)
    }

    /// Bytes that one file may take in memory.
    pub(super) fn share(job: &Job) -> u64 {
        let window = u64::from(Self::window(job));
        job.host
            .buffer_bytes
            .checked_div(window)
            .unwrap_or(0)
            .max(1)
    }

    pub(super) fn send_file(
        &mut self,
        cx: &mut Context,
        grant: &mut Grant,
        number: u32,
    ) -> Result<(), Error> {
        if number <= self.tree.last_file() {
            return self.send_fetched(cx, grant, number);
        }
        cx.ask(OssCall::PutPlaylist(number));
        Ok(())
    }

    /// Counts what is announced as if it were there.
    pub(super) fn check_total(&self, job: &Job, fetch: &Fetch, length: u64) -> Result<(), Error> {
        let limits = playlist_of(job).map(|source| source.limits.clone());
        let limit = limits.unwrap_or_default().bytes;
        let announced = self.underway.values().filter_map(Work::length);
        let underway = announced.fold(0, u64::saturating_add);
        let total = self.files.bytes().saturating_add(underway);
        if total.saturating_add(length) <= limit {
            return Ok(());
        }
        let message = format!("with it there are more than {limit} bytes (`limits.bytes`)");
        Err(fetch.about(Error::new(Code::PlaylistTooLarge, message)))
    }
}
