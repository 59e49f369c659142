//! A playlist with all it names: its playlists are read first, then every file goes up by a PutObject of its own, then the
//! rewritten playlists, the root last.
//!
//! `lists` reads the playlists, `files` says what goes up next, `receive` takes a file from its source, `put` sends it.

mod fetch;
mod file_set;
mod files;
mod lists;
mod put;
mod receive;

use std::collections::BTreeSet;

use super::context::Context;
use super::grant::Place;
use super::tasks::Task;
use super::tries::Tries;
use super::turn::Turn;
use crate::error::{Code, Error};
use crate::few::Map;
use crate::upload::checkpoint::PlaylistMark;
use crate::upload::job::{Job, PlaylistSource, Source};
use crate::upload::tree::Tree;

use fetch::{Fetch, playlist_of};
use file_set::FileSet;

/// Missing segments that an outcome tells by name.
const MAX_SHOWN: usize = 100;

/// The files of a playlist, and where each stands.
#[derive(Clone)]
pub(super) struct Playlist {
    tree: Tree,
    /// The playlist being read, or the segment being looked at.
    list: Option<Fetch>,
    /// How often that has failed.
    tries: u32,
    /// Segments that were looked at and come soon: their bodies wait. By number.
    looked_at: Map<u32, Fetch>,
    files: FileSet,
    /// Begun and not stored, by number.
    underway: Map<u32, Work>,
    /// Files that are in a buffer of the host.
    buffers: BTreeSet<u32>,
    /// The last number begun.
    begun: u32,
    /// Of all playlists as they are stored, once names are given.
    digest: Option<String>,
    file_tries: Tries,
    /// A file was stored whose bytes were not compared with what OSS computed.
    unhashed: bool,
    /// The CRC-64 of the root as it is stored.
    root_crc64: Option<u64>,
}

/// What is done about a number.
#[derive(Clone)]
enum Work {
    /// It comes from a source.
    Fetch(Box<Fetch>),
    /// It is a playlist, which is at hand already.
    List,
}

impl Work {
    fn length(&self) -> Option<u64> {
        match self {
            Work::Fetch(fetch) => fetch.length,
            Work::List => None,
        }
    }
}

impl Playlist {
    pub(super) fn new(source: &PlaylistSource, job: &Job) -> Playlist {
        Playlist {
            tree: Tree::new(source, job.options.source_policy()),
            list: None,
            tries: 0,
            looked_at: Map::default(),
            files: FileSet::default(),
            underway: Map::default(),
            buffers: BTreeSet::new(),
            begun: 0,
            digest: None,
            file_tries: Tries::default(),
            unhashed: false,
            root_crc64: None,
        }
    }

    // What others ask of it.

    /// Bytes that its playlists take in memory, and what they name.
    pub(super) fn held(&self) -> usize {
        self.tree.held()
    }

    /// Files in all, once that is known.
    pub(super) fn count(&self) -> Option<u32> {
        self.digest.as_ref().map(|_| self.tree.count())
    }

    /// Files that are stored.
    pub(super) fn stored(&self) -> u32 {
        self.files.count()
    }

    pub(super) fn bytes(&self) -> u64 {
        self.files.bytes()
    }

    /// How often the playlist being read has failed.
    pub(super) fn list_tries(&self) -> u32 {
        self.tries
    }

    pub(super) fn failures(&self, number: u32) -> u32 {
        self.file_tries.of(number)
    }

    pub(super) fn is_unhashed(&self) -> bool {
        self.unhashed
    }

    /// There is a media that a later run can go on with.
    pub(super) fn is_named(&self) -> bool {
        self.digest.is_some()
    }

    /// Something of it may be stored.
    pub(super) fn has_begun(&self) -> bool {
        self.begun > 0
    }

    /// What a checkpoint says of it.
    pub(super) fn mark(&self, cx: &Context) -> Option<PlaylistMark> {
        let wanted = PlaylistMark::of(playlist_of(&cx.job)?);
        let Some(digest) = &self.digest else {
            let before = cx.before.as_ref().and_then(|mark| mark.playlist.clone());
            return before.or(Some(wanted));
        };
        Some(PlaylistMark {
            digest: digest.clone(),
            extensions: self.tree.told(),
            done: self.files.runs().to_vec(),
            missing: self.tree.missing().0.iter().copied().collect(),
            ..wanted
        })
    }

    /// How many segments were not there, and which, as far as that is told.
    pub(super) fn missing_segments(&self) -> (u32, Vec<String>) {
        let (missing, _) = self.tree.missing();
        let items = missing.iter().filter_map(|number| self.tree.file(*number));
        let shown = items.map(|item| item.spot.shown().to_owned());
        let count = u32::try_from(missing.len()).unwrap_or(u32::MAX);
        (count, shown.take(MAX_SHOWN).collect())
    }

    /// Length of the root as it is stored at this place.
    pub(super) fn root_length(&mut self, place: &Place) -> Result<u64, Error> {
        let tree = &mut self.tree;
        tree.settle(&place.target.key, place.prefix.as_deref())?;
        let text = tree.text(tree.count()).ok_or_else(no_files)?;
        Ok(u64::try_from(text.len()).unwrap_or(u64::MAX))
    }

    /// Bytes and number of the files of a playlist that was found to be whole, as far as a run before has counted them.
    pub(super) fn size_of_adopted(
        &mut self,
        cx: &Context,
        place: &Place,
    ) -> Result<(u64, u32), Error> {
        let root = self.root_length(place)?;
        let count = self.tree.count();
        let before = cx.before.as_ref();
        let counted = before.map_or(0, |before| before.bytes_accepted);
        let done = before.and_then(|before| before.playlist.as_ref());
        let has_root = done.is_some_and(|mark| mark.done.iter().any(|(_, last)| *last >= count));
        let rest = if has_root { 0 } else { root };
        Ok((counted.saturating_add(rest), count))
    }

    /// Lets go of all that it has open.
    pub(super) fn let_go(&mut self, cx: &mut Context) {
        let underway = self.underway.values_mut().filter_map(|work| match work {
            Work::Fetch(fetch) => Some(&mut **fetch),
            Work::List => None,
        });
        let fetches = underway
            .chain(self.list.as_mut())
            .chain(self.looked_at.values_mut());
        for open in fetches.filter_map(|fetch| fetch.open.take()) {
            cx.tasks.close(open);
        }
        for number in std::mem::take(&mut self.buffers) {
            cx.tasks.release(number);
        }
    }

    // Small helpers of all steps.

    fn fetch(&mut self, number: u32) -> Result<&mut Fetch, Error> {
        match self.underway.get_mut(number) {
            Some(Work::Fetch(fetch)) => Ok(fetch),
            Some(Work::List) | None => Err(no_files()),
        }
    }

    /// Counts a failure, and sends the file again after a while.
    fn file_failed(
        &mut self,
        cx: &mut Context,
        number: u32,
        error: Error,
        asked_ms: Option<u64>,
    ) -> Result<Turn, Error> {
        let tries = self.file_tries.count(number, error)?;
        cx.retry_in_time(Task::RetryPart(number), tries, asked_ms);
        Ok(Turn::Schedule)
    }

    /// It may be sent again.
    pub(super) fn ready(&mut self, number: u32) -> Turn {
        self.files.ready(number);
        Turn::Schedule
    }
}

/// What goes on must be what was begun: a playlist, or one file.
///
/// # Errors
/// `InvalidArgument` where it is not.
pub(super) fn check_kind(cx: &Context) -> Result<(), Error> {
    let Some(before) = &cx.before else {
        return Ok(());
    };
    match (&before.playlist, playlist_of(&cx.job)) {
        (Some(mark), Some(source)) if mark.listed && source.segments.is_none() => {
            let rule = "must be passed again: the upload was begun with a list of its own";
            Err(Error::invalid("segments", rule))
        }
        (Some(_), Some(_)) | (None, None) => Ok(()),
        _ => {
            let rule = "must be what the checkpoint was made for: a playlist, or one file";
            Err(Error::invalid("source", rule))
        }
    }
}

pub(super) fn is_m3u8(name: &str) -> bool {
    let extension = name.rsplit_once('.').map(|(_, extension)| extension);
    extension.is_some_and(|extension| extension.eq_ignore_ascii_case("m3u8"))
}

fn no_files() -> Error {
    Error::new(Code::Internal, "there is no such file of a playlist")
}

/// Of a job, if it is about one.
pub(super) fn of(job: &Job) -> Option<Box<Playlist>> {
    match &job.source {
        Source::Playlist(source) => Some(Box::new(Playlist::new(source, job))),
        Source::Url { .. } | Source::Slices { .. } | Source::Stream { .. } | Source::Reply(_) => {
            None
        }
    }
}
