//! Reading the playlists, and looking at segments whose names do not tell what they are.

use super::fetch::{Fetch, playlist_of};
use super::{Playlist, is_m3u8, no_files};
use crate::error::{Code, Error};
use crate::http::Headers;
use crate::source::probe::read_probe;
use crate::upload::event::{Effect, Failure, FailureKind};
use crate::upload::job::Media;
use crate::upload::machine::context::{Context, SOURCE_IDLE_MS};
use crate::upload::machine::source::{Opened, is_passing};
use crate::upload::machine::tasks::Task;
use crate::upload::machine::turn::Turn;
use crate::upload::naming::{self, Hints};
use crate::upload::tree::{Spot, Tree};
use crate::wire::retry::{CALL_TRIES, retry_after_ms};

impl Playlist {
    /// Reads the next playlist; behind the last one VOD is asked for a place. So a tree with a hole leaves no media behind.
    pub(crate) fn read_lists(&mut self, cx: &mut Context) -> Result<Turn, Error> {
        if let Some(item) = self.tree.unread().cloned() {
            return Ok(self.open_list(cx, Fetch::of(item), Task::OpenList));
        }
        self.list = None;
        self.tree.complete()?;
        if let Some(number) = self.untold(cx) {
            let item = self.tree.file(number).cloned().ok_or_else(no_files)?;
            return Ok(self.open_list(cx, Fetch::of(item), Task::Look(number)));
        }
        if cx.has_marked_place() {
            return Ok(Turn::GoOn);
        }
        name_media(cx)?;
        cx.save();
        Ok(Turn::Create)
    }

    fn open_list(&mut self, cx: &mut Context, fetch: Fetch, task: Task) -> Turn {
        fetch.open(cx, task);
        self.list = Some(fetch);
        Turn::Stay
    }

    /// A segment that must be looked at before names are given. What was named keeps its name.
    fn untold(&mut self, cx: &Context) -> Option<u32> {
        let mark = cx.before.as_ref().and_then(|mark| mark.playlist.as_ref());
        if let Some(mark) = mark.filter(|mark| !mark.digest.is_empty()) {
            self.tree.tell_again(&mark.extensions);
        }
        self.tree.untold()
    }

    /// The first bytes of a segment tell how those of its track are to be called.
    pub(crate) fn on_look(
        &mut self,
        cx: &mut Context,
        number: u32,
        opened: Opened,
    ) -> Result<Turn, Error> {
        let Some(mut fetch) = self.list.take() else {
            cx.tasks.close(opened.id);
            return Ok(Turn::Stay);
        };
        if fetch.follow(cx, opened)? {
            return Ok(self.open_list(cx, fetch, Task::Look(number)));
        }
        let probe = match fetch.read(cx, opened) {
            Ok(probe) => probe,
            Err(error) => {
                cx.tasks.close(opened.id);
                let error = fetch.about(error);
                if is_passing(opened.status) {
                    let asked = retry_after_ms(opened.headers, cx.now);
                    return self.retry_list(cx, error, asked);
                }
                if error.code != Code::SourceNotFound || !fetch.may_miss(&cx.job) {
                    return Err(error);
                }
                self.tree.pass_over(number);
                return self.read_lists(cx);
            }
        };
        self.tries = 0;
        match probe.size {
            Some(0) => self.tree.pass_over(number),
            _ => {
                let told = probe.content_type.as_deref();
                self.tree.tell(number, told, opened.head);
            }
        }
        // One that comes soon need not be asked for again.
        if number <= Self::window(&cx.job) {
            fetch.open = Some(opened.id);
            fetch.takes(probe);
            self.looked_at.insert(number, fetch);
        } else {
            cx.tasks.close(opened.id);
        }
        self.read_lists(cx)
    }

    pub(crate) fn on_list_opened(
        &mut self,
        cx: &mut Context,
        opened: Opened,
    ) -> Result<Turn, Error> {
        let Some(mut fetch) = self.list.take() else {
            cx.tasks.close(opened.id);
            return Ok(Turn::Stay);
        };
        if fetch.follow(cx, opened)? {
            return Ok(self.open_list(cx, fetch, Task::OpenList));
        }
        if let Err(error) = read_probe(opened.status, &unpacked(opened.headers)) {
            cx.tasks.close(opened.id);
            let error = fetch.about(error);
            self.list = Some(fetch);
            if is_passing(opened.status) {
                let asked = retry_after_ms(opened.headers, cx.now);
                return self.retry_list(cx, error, asked);
            }
            return Err(error);
        }
        fetch.open = Some(opened.id);
        self.list = Some(fetch);
        let id = cx.tasks.begin(Task::ReadList);
        cx.tasks.push(Effect::ReadText {
            id,
            open: opened.id,
            limit: self.tree.playlist_bytes(),
            idle_ms: SOURCE_IDLE_MS,
        });
        Ok(Turn::Stay)
    }

    pub(crate) fn on_list_read(
        &mut self,
        cx: &mut Context,
        text: String,
        ended: bool,
    ) -> Result<Turn, Error> {
        let Some(fetch) = self.list.take() else {
            return Ok(Turn::Stay);
        };
        let limit = self.tree.playlist_bytes();
        self.tries = 0;
        let read = if ended {
            self.tree.read(&fetch.item, text)
        } else {
            let message = format!("it is longer than {limit} bytes (`limits.playlistBytes`)");
            Err(Error::new(Code::PlaylistTooLarge, message))
        };
        if let Some(open) = fetch.open {
            cx.tasks.close(open);
        }
        read.map_err(|error| fetch.about(error))?;
        self.read_lists(cx)
    }

    /// Of `task`, which reads a playlist or looks at a segment.
    pub(crate) fn on_list_failure(
        &mut self,
        cx: &mut Context,
        task: Task,
        failure: &Failure,
    ) -> Result<Turn, Error> {
        if failure.kind == FailureKind::Canceled {
            return Ok(Turn::Stay);
        }
        let Some(fetch) = self.list.as_mut() else {
            return Ok(Turn::Stay);
        };
        let error = fetch.failed(failure);
        if let Some(open) = fetch.open.take() {
            cx.tasks.close(open);
        }
        if let Some(next) = fetch.elsewhere(failure) {
            return Ok(self.open_list(cx, next, task));
        }
        if error.retryable {
            return self.retry_list(cx, error, None);
        }
        match task {
            Task::Look(number) if error.code == Code::SourceMissing && fetch.may_miss(&cx.job) => {
                self.tree.pass_over(number);
                self.read_lists(cx)
            }
            _ => Err(error),
        }
    }

    fn retry_list(
        &mut self,
        cx: &mut Context,
        error: Error,
        asked_ms: Option<u64>,
    ) -> Result<Turn, Error> {
        self.tries = self.tries.saturating_add(1);
        if self.tries >= CALL_TRIES {
            return Err(error);
        }
        cx.retry_later(Task::RetryList, self.tries, asked_ms);
        Ok(Turn::Stay)
    }
}

/// VOD tells a playlist by the extension of the file name.
fn name_media(cx: &mut Context) -> Result<(), Error> {
    let source = playlist_of(&cx.job).ok_or_else(no_files)?;
    let root = Tree::new(source, cx.job.options.source_policy());
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
    naming::complete(&mut cx.job.media, &hints)?;
    if let Media::Video(video) = &mut cx.job.media
        && !is_m3u8(&video.file_name)
    {
        video.file_name.push_str(".m3u8");
    }
    cx.job.media.validate()
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
