//! A playlist with all it names: its playlists are read first, then every file goes up by a PutObject of its own, then the
//! rewritten playlists, the root last. Credentials, retries, progress and checkpoints are those of every upload; a file
//! takes the place of a part.

use std::collections::BTreeMap;

use super::call::OssCall;
use super::calls::OssTrouble;
use super::reader::{SOURCE_IDLE_MS, is_passing};
use super::{Task, Upload};
use crate::error::{Code, Error};
use crate::http::{Headers, Reply, Request, location, source_headers};
use crate::oss;
use crate::oss::Target;
use crate::oss::crc64::Crc64;
use crate::source::access::asked_with;
use crate::source::cookies::with_cookies;
use crate::source::guard::next_hop;
use crate::source::probe::{Probe, Validator, range_headers, read_probe};
use crate::source::range::{RangeExpectation, check_range};
use crate::source::{kind, sniff};
use crate::time::UnixMs;
use crate::upload::checkpoint::PlaylistMark;
use crate::upload::event::{Effect, Failure, FailureKind, Phase, TransferBody};
use crate::upload::job::{Media, MissingSegments, Source, Verify};
use crate::upload::naming::{self, Hints};
use crate::upload::parts::Accepted;
use crate::upload::plan;
use crate::upload::tree::{Item, Spot, Tree};
use crate::wire::retry::{CALL_TRIES, retry_after_ms};

/// Buffers come in few sizes, so that one can be used again.
const SMALLEST_BUFFER: u64 = 64 << 10;

/// How long a file may take to fill a buffer that others wait for. One that trickles would keep them out for ever.
const FIRM_MS: u32 = 10_000;

/// Missing segments that an outcome tells by name.
const MAX_SHOWN: usize = 100;

/// The files of a playlist, and where each stands.
#[derive(Clone)]
pub(super) struct Files {
    tree: Tree,
    /// The playlist being read, or the segment being looked at.
    list: Option<Fetch>,
    tries: u32,
    /// Segments that were looked at and come soon: their bodies wait. By number.
    looked_at: BTreeMap<u32, Fetch>,
    /// The names are given, and what another run has brought is taken over.
    named: bool,
    /// Begun and not accepted, by number.
    underway: BTreeMap<u32, Fetch>,
    /// The last number begun.
    begun: u32,
    /// Of all playlists as they are stored.
    digest: String,
    /// First and last number of each run of files that are stored.
    done: Vec<(u32, u32)>,
}

/// A file on its way from its source.
#[derive(Clone)]
struct Fetch {
    item: Item,
    /// The first URL, to begin again from.
    first: Item,
    hops: u32,
    open: Option<u32>,
    /// Length, once it is known for certain or announced.
    length: Option<u64>,
    validator: Validator,
    content_type: Option<String>,
    way: Way,
}

/// How a file's bytes get into its PUT.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    /// Not known yet.
    Unknown,
    /// All of it is in a buffer.
    Buffer,
    /// Too large for one: straight from the source.
    Direct,
    /// Too slow for one: straight from the source, asked for once more.
    Poured,
}

/// A reply to an `Open`, whose body is kept.
pub(super) struct Begun<'a> {
    pub(super) id: u32,
    pub(super) status: u16,
    pub(super) headers: &'a Headers,
    /// The first bytes of the body.
    pub(super) head: &'a str,
}

impl Fetch {
    fn takes(&mut self, probe: Probe) {
        self.length = probe.size;
        self.validator = probe.validator;
        self.content_type = probe.content_type;
    }

    fn of(item: Item) -> Fetch {
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
}

impl Files {
    /// How often the playlist being read has failed.
    pub(super) fn tries(&self) -> u32 {
        self.tries
    }

    /// Of a job, if it is about a playlist.
    pub(super) fn of(job: &crate::upload::Job) -> Option<Box<Files>> {
        let Source::Playlist(source) = &job.source else {
            return None;
        };
        Some(Box::new(Files {
            tree: Tree::new(source, job.options.source_policy()),
            list: None,
            tries: 0,
            looked_at: BTreeMap::new(),
            named: false,
            underway: BTreeMap::new(),
            begun: 0,
            digest: String::new(),
            done: vec![],
        }))
    }

    /// Files in all, once that is known.
    pub(super) fn count(&self) -> Option<u32> {
        self.named.then(|| self.tree.count())
    }

    /// Notes a file that is stored: at most a few runs, as files go up nearly in order.
    fn stored(&mut self, number: u32) {
        let at = self.done.partition_point(|(first, _)| *first <= number);
        let before = at.checked_sub(1).and_then(|at| self.done.get(at)).copied();
        let after = self.done.get(at).copied();
        let joins_before = before.filter(|(_, last)| last.saturating_add(1) >= number);
        let joins_after = after.filter(|(first, _)| *first == number.saturating_add(1));
        let first = joins_before.map_or(number, |(first, _)| first);
        let last = joins_after.map_or(number, |(_, last)| last);
        let last = joins_before.map_or(last, |(_, before)| last.max(before));
        let from = at.saturating_sub(usize::from(joins_before.is_some()));
        let to = at.saturating_add(usize::from(joins_after.is_some()));
        self.done.splice(from..to, [(first, last)]);
    }

    /// Forgets the open bodies, and tells which there were.
    pub(super) fn take_open(&mut self) -> Vec<u32> {
        let fetches = self.underway.values_mut().chain(self.list.as_mut());
        let fetches = fetches.chain(self.looked_at.values_mut());
        fetches.filter_map(|fetch| fetch.open.take()).collect()
    }
}

/// Says which file an error is about.
fn about(item: &Item, mut error: Error) -> Error {
    error.message = format!("{}: {}", item.spot.shown(), error.message);
    error
}

impl Upload {
    /// Bytes that its playlists take in memory, and what they name.
    #[must_use]
    pub fn held(&self) -> usize {
        self.files.as_ref().map_or(0, |files| files.tree.held())
    }

    fn files(&self) -> Result<&Files, Error> {
        self.files.as_deref().ok_or_else(no_files)
    }

    fn files_mut(&mut self) -> Result<&mut Files, Error> {
        self.files.as_deref_mut().ok_or_else(no_files)
    }

    fn fetch(&mut self, number: u32) -> Result<&mut Fetch, Error> {
        let files = self.files_mut()?;
        files.underway.get_mut(&number).ok_or_else(no_files)
    }

    /// Opens a source, be it a URL or a file.
    fn open_item(&mut self, item: &Item, task: Task) {
        let (request, file) = match &item.spot {
            Spot::Url(_) => {
                let plain = vec![("accept-encoding".into(), "identity".into())];
                (Some(self.get(item, plain)), None)
            }
            Spot::File(path) => (None, Some(path.to_string())),
        };
        let peek = match task {
            Task::Look(_) | Task::OpenFile(_) => sniff::HEAD_BYTES,
            _ => 0,
        };
        let id = self.begin(task);
        self.spent.subrequests = self.spent.subrequests.saturating_add(1);
        let allow_private = self.job.options.allow_private_sources;
        self.out.push(Effect::Open {
            id,
            request,
            file,
            peek,
            allow_private,
        });
    }

    /// Follows a redirect, if it is one.
    fn redirected(
        &mut self,
        fetch: &mut Fetch,
        id: u32,
        status: u16,
        headers: &Headers,
    ) -> Result<bool, Error> {
        let Spot::Url(from) = &fetch.item.spot else {
            return Ok(false);
        };
        if !matches!(status, 301 | 302 | 303 | 307 | 308) {
            return Ok(false);
        }
        self.close(id)?;
        let to = location(headers);
        let policy = self.job.options.source_policy();
        let next = next_hop(
            from,
            to.as_deref(),
            &with_cookies(&fetch.item.headers, headers),
            fetch.hops,
            &policy,
        );
        fetch.hops = fetch.hops.saturating_add(1);
        let (url, headers) = next.map_err(|error| about(&fetch.first, error))?;
        fetch.item.spot = Spot::Url(url.into());
        fetch.item.headers = headers.into();
        Ok(true)
    }

    /// What goes on must be what was begun: a playlist, or one file.
    pub(super) fn check_kind(&self) -> Result<(), Error> {
        let Some(before) = &self.expected else {
            return Ok(());
        };
        match (&before.playlist, &self.job.source) {
            (Some(mark), Source::Playlist(source)) if mark.listed && source.segments.is_none() => {
                let rule = "must be passed again: the upload was begun with a list of its own";
                Err(Error::invalid("segments", rule))
            }
            (Some(_), Source::Playlist(_)) => Ok(()),
            (None, source) if !matches!(source, Source::Playlist(_)) => Ok(()),
            _ => {
                let rule = "must be what the checkpoint was made for: a playlist, or one file";
                Err(Error::invalid("source", rule))
            }
        }
    }

    // The playlists.

    /// Reads the next playlist; behind the last one VOD is asked for a place. So a tree with a hole leaves no media behind.
    pub(super) fn read_lists(&mut self, now: UnixMs) -> Result<(), Error> {
        let files = self.files_mut()?;
        if let Some(item) = files.tree.unread().cloned() {
            files.list = Some(Fetch::of(item.clone()));
            self.open_item(&item, Task::OpenList);
            return Ok(());
        }
        files.list = None;
        files.tree.complete()?;
        if let Some(number) = self.untold()? {
            return self.look_at(number);
        }
        if self
            .expected
            .as_ref()
            .is_some_and(|mark| mark.place.is_some())
        {
            return self.refresh(now);
        }
        self.name_media()?;
        self.save();
        self.create(now)
    }

    /// A segment that must be looked at before names are given. What was named keeps its name.
    fn untold(&mut self) -> Result<Option<u32>, Error> {
        let mark = self.expected.as_ref().and_then(|m| m.playlist.clone());
        let files = self.files_mut()?;
        if let Some(mark) = mark.filter(|mark| !mark.digest.is_empty()) {
            files.tree.tell_again(&mark.extensions);
        }
        Ok(files.tree.untold())
    }

    fn look_at(&mut self, number: u32) -> Result<(), Error> {
        let files = self.files_mut()?;
        let item = files.tree.file(number).cloned().unwrap_or_default();
        files.list = Some(Fetch::of(item.clone()));
        self.open_item(&item, Task::Look(number));
        Ok(())
    }

    /// The first bytes of a segment tell how those of its track are to be called.
    pub(super) fn on_look(&mut self, number: u32, begun: Begun, now: UnixMs) -> Result<(), Error> {
        let Some(mut fetch) = self.files_mut()?.list.take() else {
            return self.close(begun.id);
        };
        if self.redirected(&mut fetch, begun.id, begun.status, begun.headers)? {
            self.open_item(&fetch.item, Task::Look(number));
            self.files_mut()?.list = Some(fetch);
            return Ok(());
        }
        let probe = match self.segment(&fetch.item, &begun) {
            Ok(probe) => probe,
            Err(error) => {
                self.close(begun.id)?;
                let error = about(&fetch.first, error);
                if is_passing(begun.status) {
                    return self.retry_list(error, retry_after_ms(begun.headers, now), now);
                }
                if error.code != Code::SourceNotFound || !self.may_miss(&fetch.item) {
                    return Err(error);
                }
                self.files_mut()?.tree.pass_over(number);
                return self.read_lists(now);
            }
        };
        let is_next = number <= self.window();
        let files = self.files_mut()?;
        files.tries = 0;
        match probe.size {
            Some(0) => files.tree.pass_over(number),
            _ => files
                .tree
                .tell(number, probe.content_type.as_deref(), begun.head),
        }
        match is_next {
            true => {
                fetch.open = Some(begun.id);
                fetch.takes(probe);
                files.looked_at.insert(number, fetch);
            }
            false => self.close(begun.id)?,
        }
        self.read_lists(now)
    }

    /// What a reply tells of a file, if it may be one.
    fn segment(&self, item: &Item, begun: &Begun) -> Result<Probe, Error> {
        let probe = match read_probe(begun.status, begun.headers) {
            // Players pass over a segment that is empty.
            Err(error) if error.code == Code::EmptySource && item.is_segment() => Probe {
                size: Some(0),
                ..Probe::default()
            },
            probe => probe?,
        };
        self.check_segment(item, probe.content_type.as_deref(), begun.head)?;
        Ok(probe)
    }

    /// VOD tells a playlist by the extension of the file name.
    fn name_media(&mut self) -> Result<(), Error> {
        let Source::Playlist(source) = &self.job.source else {
            return Err(no_files());
        };
        let root = Tree::new(source, self.job.options.source_policy());
        let spot = root.unread().map(|item| item.spot.clone());
        let (name, url) = match &spot {
            Some(Spot::Url(url)) => (None, Some(&**url)),
            Some(Spot::File(name)) => (Some(&**name), None),
            None => (None, None),
        };
        let hints = Hints {
            name,
            url,
            content_type: Some("application/vnd.apple.mpegurl"),
        };
        naming::complete(&mut self.job.media, &hints)?;
        if let Media::Video(video) = &mut self.job.media
            && !is_m3u8(&video.file_name)
        {
            video.file_name.push_str(".m3u8");
        }
        self.job.media.validate()
    }

    pub(super) fn on_list_opened(
        &mut self,
        id: u32,
        status: u16,
        headers: &Headers,
        now: UnixMs,
    ) -> Result<(), Error> {
        let Some(mut fetch) = self.files_mut()?.list.take() else {
            return self.close(id);
        };
        if self.redirected(&mut fetch, id, status, headers)? {
            self.open_item(&fetch.item, Task::OpenList);
            self.files_mut()?.list = Some(fetch);
            return Ok(());
        }
        if let Err(error) = read_probe(status, &unpacked(headers)) {
            self.close(id)?;
            let error = about(&fetch.first, error);
            self.files_mut()?.list = Some(fetch);
            if is_passing(status) {
                return self.retry_list(error, retry_after_ms(headers, now), now);
            }
            return Err(error);
        }
        fetch.open = Some(id);
        let files = self.files_mut()?;
        files.list = Some(fetch);
        let limit = files.tree.playlist_bytes();
        let read = self.begin(Task::ReadList);
        self.out.push(Effect::ReadText {
            id: read,
            open: id,
            limit,
            idle_ms: SOURCE_IDLE_MS,
        });
        Ok(())
    }

    pub(super) fn on_list_read(
        &mut self,
        text: String,
        ended: bool,
        now: UnixMs,
    ) -> Result<(), Error> {
        let files = self.files_mut()?;
        let Some(fetch) = files.list.take() else {
            return Ok(());
        };
        let limit = files.tree.playlist_bytes();
        files.tries = 0;
        let read = if ended {
            files.tree.read(&fetch.item, text)
        } else {
            let message = format!("it is longer than {limit} bytes (`limits.playlistBytes`)");
            Err(Error::new(Code::PlaylistTooLarge, message))
        };
        if let Some(open) = fetch.open {
            self.close(open)?;
        }
        read.map_err(|error| about(&fetch.first, error))?;
        self.read_lists(now)
    }

    /// Of `task`, which reads a playlist or looks at a segment.
    pub(super) fn on_list_failure(
        &mut self,
        task: Task,
        failure: &Failure,
        now: UnixMs,
    ) -> Result<(), Error> {
        if failure.kind == FailureKind::Canceled {
            return Ok(());
        }
        let Some(fetch) = self.files_mut()?.list.as_mut() else {
            return Ok(());
        };
        let first = fetch.first.clone();
        let error = failed(&first, failure);
        let elsewhere = elsewhere(fetch, failure);
        if let Some(open) = fetch.open.take() {
            self.close(open)?;
        }
        if let Some(next) = elsewhere {
            self.open_item(&next, task);
            self.files_mut()?.list = Some(Fetch::of(next));
            return Ok(());
        }
        if error.retryable {
            return self.retry_list(error, None, now);
        }
        match task {
            Task::Look(number) if error.code == Code::SourceMissing && self.may_miss(&first) => {
                self.files_mut()?.tree.pass_over(number);
                self.read_lists(now)
            }
            _ => Err(error),
        }
    }

    fn retry_list(&mut self, error: Error, asked: Option<u64>, now: UnixMs) -> Result<(), Error> {
        let files = self.files_mut()?;
        files.tries = files.tries.saturating_add(1);
        let tries = files.tries;
        if tries >= CALL_TRIES {
            return Err(error);
        }
        self.retries = self.retries.saturating_add(1);
        let delay = self.entropy.backoff_ms(tries, asked);
        self.wait(Task::RetryList, delay, now);
        Ok(())
    }

    // The files.

    /// The place is known: names are given, and what another run has brought is taken over.
    pub(super) fn begin_files(&mut self, now: UnixMs) -> Result<(), Error> {
        let place = self.place()?.clone();
        let bytes = self.expected.as_ref().map_or(0, |mark| mark.bytes_accepted);
        let mark = self.expected.as_ref().and_then(|m| m.playlist.clone());
        let files = self.files_mut()?;
        files
            .tree
            .settle(&place.target.key, place.prefix.as_deref())?;
        files.named = true;
        files.digest = files.tree.digest();
        if let Some(mark) = mark.filter(|mark| !mark.digest.is_empty()) {
            if mark.digest != files.digest {
                let message = "the playlists are not what they were: they name other files, or name them otherwise";
                return Err(Error::new(Code::SourceChanged, message));
            }
            let last = files.tree.count().saturating_sub(1);
            let done = mark.done.iter();
            let done: Vec<u32> = done
                .flat_map(|(from, to)| (*from).max(1)..=(*to).min(last))
                .collect();
            for number in &done {
                files.stored(*number);
            }
            for number in &mark.missing {
                files.tree.miss(*number);
            }
            self.parts.accept_earlier(done.into_iter(), bytes);
        }
        self.progress();
        self.save();
        self.schedule_files(now)
    }

    /// Length of the root as it is stored: the place must be known.
    pub(super) fn root_length(&mut self) -> Result<u64, Error> {
        let place = self.place()?.clone();
        let tree = &mut self.files_mut()?.tree;
        tree.settle(&place.target.key, place.prefix.as_deref())?;
        let text = tree.text(tree.count()).ok_or_else(no_files)?;
        Ok(u64::try_from(text.len()).unwrap_or(u64::MAX))
    }

    /// Bytes and number of the files of a playlist that was found to be whole, as far as a run before has counted them.
    pub(super) fn size_of_adopted_files(&mut self) -> Result<(u64, u32), Error> {
        let root = self.root_length()?;
        let count = self.files()?.tree.count();
        let before = self.expected.as_ref();
        let counted = before.map_or(0, |before| before.bytes_accepted);
        let done = before.and_then(|before| before.playlist.as_ref());
        let has_root = done.is_some_and(|mark| mark.done.iter().any(|(_, last)| *last >= count));
        let rest = if has_root { 0 } else { root };
        Ok((counted.saturating_add(rest), count))
    }

    pub(super) fn playlist_mark(&self) -> Option<PlaylistMark> {
        let files = self.files.as_deref()?;
        let Source::Playlist(source) = &self.job.source else {
            return None;
        };
        let wanted = PlaylistMark::of(source);
        if !files.named {
            let before = self.expected.as_ref().and_then(|m| m.playlist.clone());
            return before.or(Some(wanted));
        }
        Some(PlaylistMark {
            digest: files.digest.clone(),
            extensions: files.tree.told(),
            done: files.done.clone(),
            missing: files.tree.missing().0.iter().copied().collect(),
            ..wanted
        })
    }

    /// It may come to rest: there is a media that a later run can go on with.
    pub(super) fn has_begun_files(&self) -> bool {
        self.files.as_ref().is_some_and(|files| files.named)
    }

    /// Something of it may be stored.
    pub(super) fn has_begun_a_file(&self) -> bool {
        self.files.as_ref().is_some_and(|files| files.begun > 0)
    }

    /// Starts all that may start now, and ends when all is there.
    pub(super) fn schedule_files(&mut self, now: UnixMs) -> Result<(), Error> {
        let files = self.files()?;
        if self.phase != Phase::Uploading || !files.named {
            return Ok(());
        }
        let count = files.tree.count();
        if self.parts.count() == count {
            let root = self.parts.accepted().get(&count);
            return self.done(root.and_then(|root| root.crc64), false);
        }
        if self.auth_is_due(now) {
            return self.refresh(now);
        }
        loop {
            self.stop_if_spent(now);
            if self.stopping {
                return Ok(());
            }
            // One that was begun is finished.
            if self.is_spent() {
                let Some(number) = self.parts.take_ready() else {
                    return Ok(());
                };
                self.send_file(number, now)?;
                continue;
            }
            let Some(number) = self.next_file()? else {
                return Ok(());
            };
            self.send_file(number, now)?;
        }
    }

    /// One that failed before, else the next in order. Playlists wait for what they name.
    fn next_file(&mut self) -> Result<Option<u32>, Error> {
        if let Some(number) = self.parts.take_ready() {
            return Ok(Some(number));
        }
        let window = self.window();
        let accepted = self.parts.count();
        let next = {
            let parts = &self.parts;
            let files = self.files()?;
            let in_work = u32::try_from(files.underway.len()).unwrap_or(u32::MAX);
            let mut next = files.begun.saturating_add(1);
            while parts.accepted().contains_key(&next) {
                next = next.saturating_add(1);
            }
            let (last_file, count) = (files.tree.last_file(), files.tree.count());
            let waits_for_all_before = next > last_file && accepted < last_file;
            let root_waits = next == count && accepted < count.saturating_sub(1);
            let free = in_work < window && next <= count;
            (free && !waits_for_all_before && !root_waits).then_some(next)
        };
        let Some(number) = next else {
            return Ok(None);
        };
        self.spent.parts = self.spent.parts.saturating_add(1);
        let files = self.files_mut()?;
        files.begun = number;
        let item = match files.tree.file(number) {
            Some(item) => item.clone(),
            // A playlist is at hand already; it is in work all the same.
            None => Item::default(),
        };
        let looked_at = files.looked_at.remove(&number);
        files
            .underway
            .insert(number, looked_at.unwrap_or_else(|| Fetch::of(item)));
        Ok(Some(number))
    }

    /// Files in work at once.
    fn window(&self) -> u32 {
        plan::concurrency(&self.job.options, &self.job.host, 1, false)
    }

    /// Bytes that one file may take in memory.
    fn share(&self) -> u64 {
        let share = self
            .job
            .host
            .buffer_bytes
            .checked_div(u64::from(self.window()));
        share.unwrap_or(0).max(1)
    }

    fn send_file(&mut self, number: u32, now: UnixMs) -> Result<(), Error> {
        if number > self.files()?.tree.last_file() {
            return self.call(OssCall::PutPlaylist(number), now);
        }
        let fetch = self.fetch(number)?.clone();
        match fetch.way {
            Way::Unknown | Way::Poured if fetch.open.is_some() => {
                self.receive_file(number, fetch, now)
            }
            Way::Unknown | Way::Poured => {
                self.open_item(&fetch.item, Task::OpenFile(number));
                Ok(())
            }
            Way::Buffer => self.put_file(number, &fetch, TransferBody::Buffer, now),
            Way::Direct => {
                let body = match &fetch.item.spot {
                    Spot::File(path) => TransferBody::File {
                        path: path.to_string(),
                    },
                    Spot::Url(_) => {
                        let expect = whole(&fetch);
                        let range = range_headers(expect.first, expect.last, &expect.validator);
                        TransferBody::Range {
                            request: self.get(&fetch.item, range),
                            expect: Box::new(expect),
                            allow_private: self.job.options.allow_private_sources,
                        }
                    }
                };
                self.put_file(number, &fetch, body, now)
            }
        }
    }

    fn put_file(
        &mut self,
        number: u32,
        fetch: &Fetch,
        body: TransferBody,
        now: UnixMs,
    ) -> Result<(), Error> {
        let length = fetch.length.unwrap_or(0);
        let (target, headers) = self.stored_as(number, fetch.content_type.as_deref())?;
        let auth = self.auth()?;
        let generation = auth.generation;
        let request = oss::request::put_object(
            &target,
            self.job.oss.signature,
            &auth.ticket.credentials,
            self.server_now(now),
            &headers,
        )?;
        let requests = if matches!(body, TransferBody::Range { .. }) {
            2
        } else {
            1
        };
        let id = self.begin(Task::Transfer {
            part: number,
            length,
            generation,
        });
        self.spent.bytes = self.spent.bytes.saturating_add(length);
        self.spent.subrequests = self.spent.subrequests.saturating_add(requests);
        if let Some(auth) = self.auth.as_mut() {
            auth.fresh = false;
        }
        self.out.push(Effect::Transfer {
            id,
            part: number,
            body,
            length,
            request,
            checksum: self.job.options.verify == Verify::Crc64,
        });
        Ok(())
    }

    /// Where a file goes, and the headers that are stored with it.
    fn stored_as(&self, number: u32, told: Option<&str>) -> Result<(Target, Headers), Error> {
        let key = self.files()?.tree.key(number).ok_or_else(no_files)?;
        let mut headers = self.job.options.object_headers.clone();
        // One Content-Type for all would be wrong for most.
        headers.retain(|(name, _)| !name.eq_ignore_ascii_case("content-type"));
        headers.push(("Content-Type".into(), naming::content_type(&key, told)));
        headers.extend(self.job.options.headers_of_a_body());
        if key == self.place()?.target.key {
            // The list that VOD knows makes the media: it comes last.
            headers.extend(self.job.options.headers_at_the_end());
        }
        Ok((self.place()?.target.beside(key)?, headers))
    }

    pub(super) fn on_file_opened(
        &mut self,
        number: u32,
        begun: &Begun,
        now: UnixMs,
    ) -> Result<(), Error> {
        let Begun {
            id,
            status,
            headers,
            ..
        } = *begun;
        let mut fetch = self.fetch(number)?.clone();
        if self.redirected(&mut fetch, id, status, headers)? {
            self.open_item(&fetch.item, Task::OpenFile(number));
            *self.fetch(number)? = fetch;
            return Ok(());
        }
        let probe = match self.segment(&fetch.item, begun) {
            Ok(probe) => probe,
            Err(error) => {
                self.close(id)?;
                if error.code == Code::EmptySource {
                    // A key without a byte is told as what is no key.
                    self.check_key(&fetch, 0)?;
                }
                if error.code == Code::SourceNotFound && self.may_miss(&fetch.item) {
                    return self.miss(number, about(&fetch.first, error), now);
                }
                let error = about(&fetch.first, error);
                if is_passing(status) {
                    *self.fetch(number)? = Fetch::of(fetch.first);
                    let asked = retry_after_ms(headers, now);
                    return self.part_failed(number, error, asked, now);
                }
                return Err(error);
            }
        };
        fetch.takes(probe);
        fetch.open = Some(id);
        self.receive_file(number, fetch, now)
    }

    /// Its body is open: reads it into a buffer, or has it asked for once more where it is too large.
    fn receive_file(&mut self, number: u32, mut fetch: Fetch, now: UnixMs) -> Result<(), Error> {
        let id = fetch.open.take().ok_or_else(no_files)?;
        let length = fetch.length;
        let checked = length.map_or(Ok(()), |size| self.check_key(&fetch, size));
        let checked = checked.and_then(|()| self.check_total(&fetch, length.unwrap_or(0)));
        if let Err(error) = checked {
            self.close(id)?;
            return Err(error);
        }
        if fetch.way == Way::Poured && fetch.length.is_some() {
            return self.pour_file(number, fetch, id, now);
        }
        let share = self.share();
        let length = fetch.length.unwrap_or(share);
        if length <= share {
            let limit = self.buffer_for(&fetch);
            fetch.open = Some(id);
            *self.fetch(number)? = fetch;
            let read = self.begin(Task::ReadFile(number));
            self.out.push(Effect::Read {
                id: read,
                open: id,
                part: number,
                skip: 0,
                limit,
                least: limit.min(SMALLEST_BUFFER),
                firm_ms: FIRM_MS,
                idle_ms: SOURCE_IDLE_MS,
            });
            return Ok(());
        }
        self.close(id)?;
        let most = if self.job.host.buffers_parts {
            share
        } else {
            plan::MAX_PART_SIZE
        };
        if length > most {
            let message =
                format!("it has {length} bytes, and one file of a playlist may have {most} here");
            return Err(about(&fetch.first, too_large(message)));
        }
        fetch.way = Way::Direct;
        *self.fetch(number)? = fetch;
        self.send_file(number, now)
    }

    /// The size of the buffer that a file is read into.
    fn buffer_for(&self, fetch: &Fetch) -> u64 {
        let share = self.share();
        let length = fetch.length.unwrap_or(share);
        let limit = length.max(SMALLEST_BUFFER).next_power_of_two();
        limit.min(share).max(length)
    }

    /// Sends a body that is open as it comes. Should that fail, the file is begun anew.
    fn pour_file(
        &mut self,
        number: u32,
        fetch: Fetch,
        open: u32,
        now: UnixMs,
    ) -> Result<(), Error> {
        let body = TransferBody::Opened {
            open,
            idle_ms: SOURCE_IDLE_MS,
        };
        self.put_file(number, &fetch, body, now)?;
        *self.fetch(number)? = Fetch {
            length: fetch.length,
            ..Fetch::of(fetch.first)
        };
        Ok(())
    }

    /// Others waited for the memory that it had not filled. Without a length it cannot be sent as it comes, and neither can it
    /// where the host gathers what it sends.
    fn file_was_cut(&mut self, number: u32, length: u64, now: UnixMs) -> Result<(), Error> {
        self.out.push(Effect::Release { part: number });
        let fetch = self.fetch(number)?;
        let (item, announced) = (fetch.first.clone(), fetch.length);
        *fetch = Fetch::of(item.clone());
        if announced.is_some() && !self.job.host.buffers_parts {
            self.fetch(number)?.way = Way::Poured;
            return self.send_file(number, now);
        }
        let message =
            format!("it gave {length} bytes in {FIRM_MS} ms or more, and others waited for memory");
        let error = about(&item, Error::new(Code::SourceUnreachable, message));
        self.part_failed(number, error, None, now)
    }

    /// Counts what is announced as if it were there.
    fn check_total(&self, fetch: &Fetch, length: u64) -> Result<(), Error> {
        let limits = match &self.job.source {
            Source::Playlist(source) => source.limits.clone(),
            _ => Default::default(),
        };
        let underway: u64 = self
            .files()?
            .underway
            .values()
            .filter_map(|other| other.length)
            .fold(0, u64::saturating_add);
        let total = self.parts.bytes().saturating_add(underway);
        if total.saturating_add(length) > limits.bytes {
            let message = format!(
                "with it there are more than {} bytes (`limits.bytes`)",
                limits.bytes
            );
            let error = Error::new(Code::PlaylistTooLarge, message);
            return Err(about(&fetch.first, error));
        }
        Ok(())
    }

    pub(super) fn on_file_read(
        &mut self,
        number: u32,
        length: u64,
        ended: bool,
        now: UnixMs,
    ) -> Result<(), Error> {
        let fetch = self.fetch(number)?;
        let announced = fetch.length;
        let item = fetch.first.clone();
        if let Some(open) = fetch.open.take() {
            self.close(open)?;
        }
        let fetch = self.fetch(number)?.clone();
        if !ended && length < announced.unwrap_or_else(|| self.buffer_for(&fetch)) {
            return self.file_was_cut(number, length, now);
        }
        let error = match announced {
            Some(size) if !ended || length > size => {
                let message = format!("it announced {size} bytes and goes on behind them");
                Some(Error::new(Code::SourceTooLong, message))
            }
            Some(size) if length < size => {
                let message = format!("it ended at {length} of {size} bytes");
                Some(Error::new(Code::SourceTruncated, message))
            }
            None if !ended => {
                let message = format!(
                    "it does not tell its length, and has more than the {length} bytes that fit into memory"
                );
                Some(too_large(message))
            }
            _ if length == 0 && !item.is_segment() => {
                Some(Error::new(Code::EmptySource, "it holds 0 bytes"))
            }
            _ => item.check_length(length).err(),
        };
        if let Some(error) = error {
            self.out.push(Effect::Release { part: number });
            let error = about(&item, error);
            if error.retryable {
                *self.fetch(number)? = Fetch::of(item);
                return self.part_failed(number, error, None, now);
            }
            return Err(error);
        }
        let fetch = self.fetch(number)?;
        fetch.length = Some(length);
        fetch.way = Way::Buffer;
        if announced.is_none() {
            let fetch = self.fetch(number)?.clone();
            self.check_total(&fetch, 0)?;
        }
        self.reader.buffers.insert(number, (0, length));
        if self.auth_is_due(now) {
            self.parts.ready(number);
            return self.schedule_files(now);
        }
        self.send_file(number, now)
    }

    pub(super) fn on_file_failure(
        &mut self,
        number: u32,
        failure: &Failure,
        now: UnixMs,
    ) -> Result<(), Error> {
        let fetch = self.fetch(number)?;
        let (first, open) = (fetch.first.clone(), fetch.open.take());
        if let Some(open) = open {
            self.close(open)?;
        }
        if failure.kind == FailureKind::Canceled {
            return Ok(());
        }
        if let Some(next) = elsewhere(self.fetch(number)?, failure) {
            *self.fetch(number)? = Fetch::of(next);
            return self.send_file(number, now);
        }
        let error = failed(&first, failure);
        if error.code == Code::SourceMissing && self.may_miss(&first) {
            return self.miss(number, error, now);
        }
        if !error.retryable {
            return Err(error);
        }
        *self.fetch(number)? = Fetch::of(first);
        self.part_failed(number, error, None, now)
    }

    /// The upload may go on without this file.
    fn may_miss(&self, item: &Item) -> bool {
        let wanted = matches!(
            &self.job.source,
            Source::Playlist(source) if source.missing_segments == MissingSegments::Gap
        );
        wanted && item.is_segment()
    }

    /// Goes on without a segment. Playlists that name it say that it is a gap.
    fn miss(&mut self, number: u32, error: Error, now: UnixMs) -> Result<(), Error> {
        let files = self.files_mut()?;
        files.tree.miss(number);
        let (missing, segments) = files.tree.missing();
        if missing.len() >= segments {
            return Err(error);
        }
        let nothing = Accepted {
            etag: String::new(),
            size: 0,
            crc64: None,
        };
        self.accept(number, nothing);
        self.schedule_files(now)
    }

    /// How many segments were not there, and which, as far as that is told.
    pub(super) fn missing_segments(&self) -> (u32, Vec<String>) {
        let Some(files) = self.files.as_deref() else {
            return (0, vec![]);
        };
        let (missing, _) = files.tree.missing();
        let items = missing.iter().filter_map(|number| files.tree.file(*number));
        let shown = items.map(|item| item.spot.shown().to_owned());
        let count = u32::try_from(missing.len()).unwrap_or(u32::MAX);
        (count, shown.take(MAX_SHOWN).collect())
    }

    /// The login page of a link that has expired is no segment, and neither is what is called one and is none.
    fn check_segment(
        &self,
        item: &Item,
        content_type: Option<&str>,
        head: &str,
    ) -> Result<(), Error> {
        if !item.is_media() || self.job.options.any_content_type {
            return Ok(());
        }
        let called = match (&item.spot, content_type) {
            (Spot::Url(url), Some(called)) if !sniff::is_file(head) => kind::page_for(url, called),
            _ => None,
        };
        let page = sniff::page(head).or(called);
        page.map_or(Ok(()), |page| Err(kind::page_instead(page)))
    }

    fn check_key(&mut self, fetch: &Fetch, length: u64) -> Result<(), Error> {
        let checked = fetch.item.check_length(length);
        checked.map_err(|error| about(&fetch.first, error))
    }

    /// A GET of a source, with what its host is asked with.
    fn get(&self, item: &Item, headers: Headers) -> Request {
        let hosts = match &self.job.source {
            Source::Playlist(source) => source.hosts.as_slice(),
            _ => &[],
        };
        let own = match &item.spot {
            Spot::Url(url) => url,
            Spot::File(_) => "",
        };
        let (url, asked) = asked_with(hosts, own, &item.headers);
        Request {
            method: "GET".into(),
            url,
            headers: source_headers(&asked, headers),
            body: String::new(),
            idle_ms: SOURCE_IDLE_MS,
            reply_ms: SOURCE_IDLE_MS,
        }
    }

    /// A PUT of a whole object can simply be sent again: it ends the same, whether or not the first one arrived.
    pub(super) fn on_put_failure(
        &mut self,
        number: u32,
        failure: &Failure,
        now: UnixMs,
    ) -> Result<(), Error> {
        let fetch = self.fetch(number)?.clone();
        let error = match failure.kind {
            FailureKind::Canceled => {
                self.parts.ready(number);
                return self.schedule_files(now);
            }
            FailureKind::Network
            | FailureKind::Timeout
            | FailureKind::Untrusted
            | FailureKind::Malformed
            | FailureKind::ServiceRefused => {
                let message = format!("no reply from OSS: {}", failure.message);
                let code = failure.kind.no_reply(Code::OssUnreachable);
                about(&fetch.first, Error::new(code, message))
            }
            FailureKind::SourceReply => {
                let status = failure.status.unwrap_or(0);
                let refused = check_range(&whole(&fetch), status, &failure.headers);
                let error = match refused {
                    Err(error) => about(&fetch.first, error),
                    Ok(()) => failed(&fetch.first, failure),
                };
                // A redirect that has expired: followed anew, as often as a file may fail.
                let moved = fetch.hops > 0
                    && matches!(status, 301..=303 | 307 | 308 | 401 | 403 | 404 | 410);
                if moved {
                    *self.fetch(number)? = Fetch::of(fetch.first);
                } else if !is_passing(status) {
                    return Err(error);
                }
                let asked = retry_after_ms(&failure.headers, now);
                return self.part_failed(number, error, asked, now);
            }
            _ => failed(&fetch.first, failure),
        };
        if error.retryable {
            return self.part_failed(number, error, None, now);
        }
        Err(error)
    }

    /// The file is begun anew after a while, without this counting against it.
    pub(super) fn begin_file_later(
        &mut self,
        number: u32,
        delay: u64,
        now: UnixMs,
    ) -> Result<(), Error> {
        let fetch = self.fetch(number)?;
        let (first, open) = (fetch.first.clone(), fetch.open.take());
        *fetch = Fetch::of(first);
        if let Some(open) = open {
            self.close(open)?;
        }
        self.wait(Task::RetryPart(number), delay, now);
        Ok(())
    }

    /// The CRC-64 that the source of a file tells.
    pub(super) fn told_of_file(&self, number: u32) -> Option<u64> {
        let fetch = self.files.as_deref()?.underway.get(&number)?;
        fetch.validator.crc64()
    }

    /// A file is stored.
    pub(super) fn forget_file(&mut self, number: u32) {
        if let Some(files) = self.files.as_deref_mut() {
            files.underway.remove(&number);
            files.stored(number);
        }
    }

    // The rewritten playlists.

    pub(super) fn playlist_request(&self, number: u32, now: UnixMs) -> Result<Request, Error> {
        let (target, headers) = self.stored_as(number, None)?;
        let credentials = &self.auth()?.ticket.credentials;
        let signature = self.job.oss.signature;
        let mut request = oss::request::put_object(&target, signature, credentials, now, &headers)?;
        request.body = self.files()?.tree.text(number).ok_or_else(no_files)?;
        Ok(request)
    }

    pub(super) fn on_playlist_stored(
        &mut self,
        number: u32,
        reply: &Reply,
        now: UnixMs,
    ) -> Result<(), OssTrouble> {
        if !self.is_running() {
            return Ok(());
        }
        let stored = oss::xml::parse_part_reply(reply)?;
        let text = self.files()?.tree.text(number).ok_or_else(no_files)?;
        let mut crc = Crc64::new();
        crc.update(text.as_bytes());
        let ours = crc.finish();
        if let Some(theirs) = stored.crc64.filter(|theirs| *theirs != ours) {
            let message = format!("playlist: CRC-64 {ours} was sent and {theirs} arrived");
            let error = Error::new(Code::ChecksumMismatch, message);
            return Ok(self.retry_call(OssCall::PutPlaylist(number), error, None, now)?);
        }
        self.unhashed |= stored.crc64.is_none();
        self.got_through(OssCall::PutPlaylist(number));
        if let Some(auth) = self.auth.as_mut() {
            auth.fresh = false;
        }
        let accepted = Accepted {
            etag: stored.etag,
            size: u64::try_from(text.len()).unwrap_or(u64::MAX),
            crc64: stored.crc64.or(Some(ours)),
        };
        self.accept(number, accepted);
        Ok(self.schedule_files(now)?)
    }
}

/// Where a local file may be, as it is not where it was looked for.
fn elsewhere(fetch: &Fetch, failure: &Failure) -> Option<Item> {
    let is_missing = failure.kind == FailureKind::SourceMissing;
    is_missing.then(|| fetch.item.elsewhere()).flatten()
}

/// The headers of a reply as if it were not gzip'ed: a text is unpacked while it is read.
fn unpacked(headers: &Headers) -> Headers {
    let is_gzip = |name: &str, value: &str| {
        let coding = value.trim();
        name.eq_ignore_ascii_case("content-encoding")
            && (coding.eq_ignore_ascii_case("gzip") || coding.eq_ignore_ascii_case("x-gzip"))
    };
    let kept = headers.iter().filter(|(name, value)| !is_gzip(name, value));
    kept.cloned().collect()
}

/// The whole of a file, as one range: only an exact 206 of the same file counts.
fn whole(fetch: &Fetch) -> RangeExpectation {
    let length = fetch.length.unwrap_or(0);
    RangeExpectation {
        first: 0,
        last: length.saturating_sub(1),
        total: fetch.length,
        validator: fetch.validator.clone(),
    }
}

fn failed(item: &Item, failure: &Failure) -> Error {
    let code = match failure.kind {
        FailureKind::AddressRefused => Code::AddressRefused,
        FailureKind::SourceUntrusted => Code::SourceTlsUntrusted,
        FailureKind::SourceMalformed => Code::SourceMalformed,
        FailureKind::SourceShort => Code::SourceTruncated,
        FailureKind::SourceLong => Code::SourceTooLong,
        FailureKind::SourceChanged => Code::SourceChanged,
        FailureKind::SourceMissing => Code::SourceMissing,
        FailureKind::SourceRead => Code::SourceRead,
        FailureKind::Unguarded => Code::GuardMissing,
        FailureKind::PathRefused => Code::PathRefused,
        _ => Code::SourceUnreachable,
    };
    about(item, Error::new(code, failure.message.clone()))
}

pub(super) fn is_m3u8(name: &str) -> bool {
    name.rsplit_once('.')
        .is_some_and(|(_, extension)| extension.eq_ignore_ascii_case("m3u8"))
}

fn too_large(message: String) -> Error {
    let mut error = Error::new(Code::TooLarge, message);
    error.hint =
        "Cut the media into smaller segments, or upload it from a host with more memory.".into();
    error
}

fn no_files() -> Error {
    Error::new(Code::Internal, "there is no such file of a playlist")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_of_stored_files_join_whatever_their_order() {
        let source = crate::upload::PlaylistSource::at(crate::upload::PlaylistRoot::Url {
            url: String::new(),
            headers: vec![],
        });
        let orders: [&[u32]; 4] = [
            &[1, 2, 3, 4, 5, 7, 9, 8],
            &[9, 8, 7, 5, 4, 3, 2, 1],
            &[5, 1, 9, 3, 7, 2, 4, 8],
            &[8, 8, 3, 9, 4, 4, 7, 1, 2, 5, 1, 9],
        ];
        for order in orders {
            let mut files = Files {
                tree: Tree::new(&source, Default::default()),
                list: None,
                tries: 0,
                looked_at: BTreeMap::new(),
                named: true,
                underway: BTreeMap::new(),
                begun: 0,
                digest: String::new(),
                done: vec![],
            };
            for number in order {
                files.stored(*number);
            }
            assert_eq!(files.done, [(1, 5), (7, 9)], "{order:?}");
        }
    }
}
