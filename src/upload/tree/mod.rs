//! The files of a playlist: which there are, what they are called, and in which order they go up. Pure data.
//!
//! Playlists are read in the order in which they are met, the root first; files are numbered in the order in which they are
//! met, from 1 on. Behind them come the other playlists, and the root is the last: whoever can read a playlist can read all
//! that it names. The same sources give the same numbers and names, so neither has to be remembered.

mod local;
mod names;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use sha2::{Digest, Sha256};
use url::Url;

use super::job::{PlaylistLimits, PlaylistRoot, PlaylistSource};
use crate::encode::{encode_path, hex, join_url, parse_url};
use crate::error::{Code, Error};
use crate::few::Map;
use crate::http::{Headers, shown};
use crate::limits::{GROWTH, PLAYLIST_MEMORY, REFERENCES, SPARE};
use crate::playlist::{
    Choice, Kind, Origin, Playlist, Reading, Reference, Replacement, Role, Room,
};
use crate::playlist::{too_large, too_much};
use crate::source::guard::{SourcePolicy, check_url, harmless, refer};
use local::is_url;
use names::{Format, MADE_UP, MAX_NAME, Names, extension_of, is_made_up, is_of_segments, wish};

/// What an entry of a map takes beside what it holds, in bytes, about.
const ENTRY: usize = 48;

/// Where a file is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Spot {
    /// Absolute, without a fragment.
    Url(Arc<str>),
    /// Below the folder of the local root playlist: a relative path with `/`.
    File(Arc<str>),
}

impl Spot {
    fn len(&self) -> usize {
        let (Spot::Url(text) | Spot::File(text)) = self;
        text.len()
    }

    /// Without its query.
    fn bare(&self) -> &str {
        match self {
            Spot::Url(url) => crate::http::without_query(url),
            Spot::File(path) => path,
        }
    }

    /// What may be printed of it.
    pub fn shown(&self) -> &str {
        match self {
            Spot::Url(url) => shown(url),
            Spot::File(path) => path,
        }
    }
}

/// A file, and what to ask for it with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Where it is.
    pub spot: Spot,
    /// The caller's headers that may go there, shared by all to which they go.
    pub headers: Arc<Headers>,
    /// Of a local file: where else it may be, if it is not there.
    others: Vec<String>,
    /// What it would be called in VOD if it were alone, and what it is called.
    wish: String,
    name: String,
    role: Role,
    /// Its extension is made up: which list's segments tell the right one.
    track: Option<usize>,
    /// How many bytes it must have: a key.
    key_bytes: Option<u64>,
    /// The line that named it first, and the playlist.
    named_in: (usize, Arc<str>),
}

impl Item {
    fn of(spot: Spot, headers: Arc<Headers>, role: Role) -> Item {
        Item {
            spot,
            headers,
            others: vec![],
            wish: String::new(),
            name: String::new(),
            role,
            track: None,
            key_bytes: None,
            named_in: (0, "".into()),
        }
    }

    /// Bytes that it takes, its name and its place among the others included.
    fn held(&self) -> usize {
        let others = self
            .others
            .iter()
            .map(|other| other.len().saturating_add(ENTRY));
        let texts = [self.spot.len(), self.wish.len(), self.wish.len(), ENTRY];
        let all = texts.into_iter().chain(others);
        all.fold(size_of::<Item>(), usize::saturating_add)
    }

    /// It is a segment: players can do without one, and pass over one that is empty.
    pub fn is_segment(&self) -> bool {
        self.role == Role::Segment
    }

    /// It is a segment, or what segments begin with.
    pub fn is_media(&self) -> bool {
        matches!(self.role, Role::Segment | Role::Map)
    }

    /// The next place where a local file may be, as this one is empty.
    pub fn elsewhere(&self) -> Option<Item> {
        let (next, others) = self.others.split_first()?;
        Some(Item {
            spot: Spot::File(next.as_str().into()),
            others: others.to_vec(),
            ..self.clone()
        })
    }

    /// Whether a file of this length can be what it should be.
    ///
    /// # Errors
    /// `PlaylistKey` for a key of another length than its method has.
    pub fn check_length(&self, length: u64) -> Result<(), Error> {
        match self.key_bytes {
            Some(wanted) if wanted != length => {
                let (line, list) = &self.named_in;
                let message = format!(
                    "it holds {length} bytes, and the key that line {line} of {list} names has {wanted}"
                );
                Err(Error::new(Code::PlaylistKey, message))
            }
            _ => Ok(()),
        }
    }
}

impl Default for Item {
    /// Nothing that could be fetched.
    fn default() -> Self {
        Item::of(Spot::File("".into()), Arc::default(), Role::Variant)
    }
}

/// A playlist that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
struct List {
    text: String,
    playlist: Playlist,
    /// What each of its URIs leads to.
    targets: Vec<Target>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Target {
    List(usize),
    File(usize),
    /// A segment that is not there.
    Gap(usize),
    /// Not part of the media.
    Remote(usize),
}

/// A segment that is not there and has a name all the same.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Gap {
    wish: String,
    name: String,
    track: Option<usize>,
}

/// A playlist with everything it names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tree {
    limits: PlaylistLimits,
    policy: SourcePolicy,
    /// The caller's own list of segments, and which of them the playlist's stand for.
    segments: Option<Vec<String>>,
    replaced: BTreeMap<Spot, usize>,
    /// Which variants are wanted, and that playlists count as complete.
    variants: Vec<String>,
    complete: bool,
    /// All playlists that were met, the root first, and of those that were read the content.
    met: Vec<Item>,
    lists: Vec<List>,
    /// Bytes that all of this takes.
    held: usize,
    references: usize,
    files: Vec<Item>,
    numbers: BTreeMap<Spot, Target>,
    /// The extensions of tracks whose names tell none, by the number of their list.
    extensions: Map<usize, String>,
    /// Looking at the segments up to this number has told nothing.
    passed_over: u32,
    /// Segments that are gaps, and URIs of what is not part of the media.
    gaps: Vec<Gap>,
    remotes: Vec<String>,
    /// Numbers of segments that turned out to be missing.
    missing: BTreeSet<u32>,
    /// Key of the root, and what stands before the name of every other file.
    root_key: String,
    prefix: String,
}

impl Tree {
    /// Of nothing but the root, which is still unread.
    pub fn new(source: &PlaylistSource, policy: SourcePolicy) -> Tree {
        let (spot, headers) = match source.root.clone() {
            PlaylistRoot::Url { url, headers } => (Spot::Url(url.into()), headers),
            PlaylistRoot::File { name, .. } => (Spot::File(name.into()), vec![]),
        };
        let root = Item::of(spot.clone(), Arc::new(headers), Role::Variant);
        let mut numbers = BTreeMap::new();
        numbers.insert(spot, Target::List(0));
        Tree {
            limits: source.limits.clone(),
            policy,
            segments: source.segments.clone(),
            replaced: BTreeMap::new(),
            variants: source.variants.clone(),
            complete: source.complete,
            met: vec![root],
            lists: vec![],
            held: 0,
            references: 0,
            files: vec![],
            numbers,
            extensions: Map::default(),
            passed_over: 0,
            gaps: vec![],
            remotes: vec![],
            missing: BTreeSet::new(),
            root_key: String::new(),
            prefix: String::new(),
        }
    }

    /// Bytes that one playlist may have.
    pub fn playlist_bytes(&self) -> u64 {
        self.limits.playlist_bytes
    }

    /// The next playlist to read.
    pub fn unread(&self) -> Option<&Item> {
        self.met.get(self.lists.len())
    }

    /// Takes the text of the playlist that was to be read next. It came from `at`, behind all redirects.
    ///
    /// # Errors
    /// `PlaylistInvalid`, `PlaylistLive`, `PlaylistTooLarge`, `PathRefused`, `UrlRefused` or `AddressRefused`.
    pub fn read(&mut self, at: &Item, text: String) -> Result<(), Error> {
        self.hold(text.len())?;
        let mut playlist = self.parse(at, &text)?;
        let targets = playlist
            .references
            .len()
            .saturating_mul(size_of::<Target>());
        self.hold(playlist.held().saturating_add(targets))?;
        self.references = self.references.saturating_add(playlist.references.len());
        if playlist.kind == Kind::Master && !self.lists.is_empty() {
            let message = "it is a master playlist within a master playlist";
            return Err(Error::new(Code::PlaylistInvalid, message));
        }
        if playlist.kind == Kind::Master && self.segments.is_some() {
            let rule = "is for one media playlist, and this is a master playlist";
            return Err(Error::invalid("segments", rule));
        }
        if playlist.kind == Kind::Media && self.lists.is_empty() && !self.variants.is_empty() {
            let rule = "are for a master playlist, and this is a media playlist";
            return Err(Error::invalid("variants", rule));
        }
        let base = Base::of(at);
        let mut targets = Vec::with_capacity(playlist.references.len());
        for reference in &playlist.references {
            targets.push(self.meet(&base, reference)?);
        }
        playlist.forget_uris();
        self.lists.push(List {
            text,
            playlist,
            targets,
        });
        Ok(())
    }

    /// Counts what is kept from now on.
    fn hold(&mut self, bytes: usize) -> Result<(), Error> {
        self.held = self.held.saturating_add(bytes);
        match self.held > PLAYLIST_MEMORY {
            true => Err(too_large(too_much())),
            false => Ok(()),
        }
    }

    /// Bytes that all of this takes in memory.
    pub fn held(&self) -> usize {
        self.held
    }

    fn parse(&mut self, at: &Item, text: &str) -> Result<Playlist, Error> {
        let index = self.lists.len();
        // Some playlists name a subtitle file where a playlist of subtitles should be.
        let is_subtitle = text.trim_start_matches('\u{feff}').starts_with("WEBVTT");
        if is_subtitle && let Some(item) = self.met.get_mut(index).filter(|_| index > 0) {
            item.wish = wish(item.spot.bare(), Format::Subtitles);
            return Ok(Playlist::opaque());
        }
        let urls: Vec<&str> = [Some(at), self.unread()]
            .into_iter()
            .flatten()
            .filter_map(|item| match &item.spot {
                Spot::Url(url) => Some(&**url),
                Spot::File(_) => None,
            })
            .collect();
        let parent = self.lists.first().map(|list| &list.playlist);
        let parent = parent.filter(|list| list.kind == Kind::Master);
        let choices: Result<Vec<Choice>, Error> = self
            .variants
            .iter()
            .map(|text| Choice::parse(text))
            .collect();
        let reading = Reading {
            origin: Origin {
                urls: &urls,
                parent: parent.map(|list| &list.variables),
            },
            complete: self.complete,
            variants: &choices?,
            room: Room {
                bytes: PLAYLIST_MEMORY.saturating_sub(self.held),
                references: REFERENCES.saturating_sub(self.references),
            },
        };
        Playlist::read(text, reading)
    }

    fn meet(&mut self, at: &Base<'_>, reference: &Reference) -> Result<Target, Error> {
        let uri = reference.uri.as_str();
        match reference.role {
            Role::Remote => {
                let index = self.remotes.len();
                let uri = at.absolute(uri);
                self.hold(uri.len().saturating_add(size_of::<String>()))?;
                self.remotes.push(uri);
                Ok(Target::Remote(index))
            }
            Role::Gap => self.meet_gap(at, reference),
            _ => {
                let item = self.item(at, reference, uri)?;
                let own = match reference.role {
                    Role::Segment => self.instead(&item.spot)?,
                    _ => None,
                };
                match own {
                    Some(own) => {
                        let item = self.item(at, reference, &own)?;
                        self.add(item)
                    }
                    None => self.add(item),
                }
                .map_err(|error| in_line(reference.line, error))
            }
        }
    }

    /// Nothing is asked of a gap, so whatever it names will do. Its name stays free of those of files.
    fn meet_gap(&mut self, at: &Base<'_>, reference: &Reference) -> Result<Target, Error> {
        let item = self.item(at, reference, &reference.uri).ok();
        let known = item.as_ref().and_then(|item| self.numbers.get(&item.spot));
        if let Some(target @ (Target::File(_) | Target::Gap(_))) = known {
            return Ok(*target);
        }
        let target = Target::Gap(self.gaps.len());
        let format = Format::of(at.item.role, reference.role, reference.in_fragments);
        let wish = wish(&reference.uri, format);
        self.hold(wish.len().saturating_mul(2).saturating_add(ENTRY))?;
        self.gaps.push(Gap {
            wish,
            name: String::new(),
            track: self.track(&reference.uri, format),
        });
        Ok(target)
    }

    fn item(&self, at: &Base<'_>, reference: &Reference, uri: &str) -> Result<Item, Error> {
        let resolved = self.resolve(at, uri);
        let (spot, headers, others) = resolved.map_err(|error| in_line(reference.line, error))?;
        let format = Format::of(at.item.role, reference.role, reference.in_fragments);
        Ok(Item {
            others,
            wish: wish(uri, format),
            track: self.track(uri, format),
            key_bytes: reference.key_bytes,
            named_in: (reference.line, at.shown.clone()),
            ..Item::of(spot, headers, reference.role)
        })
    }

    /// The list being read, for a segment whose name does not tell its format.
    fn track(&self, uri: &str, format: Format) -> Option<usize> {
        is_made_up(uri, format).then_some(self.lists.len())
    }

    fn add(&mut self, item: Item) -> Result<Target, Error> {
        let is_list = item.role.is_playlist();
        if let Some(known) = self.numbers.get(&item.spot) {
            return match (known, is_list) {
                (Target::List(0), true) => {
                    let message = "it names itself";
                    Err(Error::new(Code::PlaylistInvalid, message))
                }
                (Target::List(_), true) | (Target::File(_), false) => Ok(*known),
                _ => {
                    let shown = item.spot.shown();
                    let message = format!("{shown} is named as a playlist and as something else");
                    Err(Error::new(Code::PlaylistInvalid, message))
                }
            };
        }
        let (items, limit, what) = if is_list {
            (&mut self.met, self.limits.playlists, "playlists")
        } else {
            (&mut self.files, self.limits.files, "files")
        };
        if items.len() >= usize::try_from(limit).unwrap_or(usize::MAX) {
            let message = format!("there are more than {limit} {what} (`limits.{what}`)");
            return Err(Error::new(Code::PlaylistTooLarge, message));
        }
        let index = items.len();
        let target = if is_list {
            Target::List(index)
        } else {
            Target::File(index)
        };
        let held = item.held();
        self.numbers.insert(item.spot.clone(), target);
        items.push(item);
        self.hold(held)?;
        Ok(target)
    }

    /// The caller's own segment for the one that the playlist names.
    fn instead(&mut self, named: &Spot) -> Result<Option<String>, Error> {
        let Some(segments) = &self.segments else {
            return Ok(None);
        };
        let next = self.replaced.len();
        let index = *self.replaced.entry(named.clone()).or_insert(next);
        match segments.get(index) {
            Some(segment) => Ok(Some(segment.clone())),
            None => Err(self.segment_count("more")),
        }
    }

    fn segment_count(&self, comparison: &str) -> Error {
        let count = self.segments.as_ref().map_or(0, Vec::len);
        let rule = format!("lists {count} segments, and the playlist names {comparison}");
        Error::invalid("segments", rule)
    }

    fn resolve(
        &self,
        at: &Base<'_>,
        uri: &str,
    ) -> Result<(Spot, Arc<Headers>, Vec<String>), Error> {
        match &at.item.spot {
            Spot::Url(_) => {
                let no_url = || Error::new(Code::UrlRefused, "the playlist is at no URL");
                let base = at.url.as_ref().ok_or_else(no_url)?;
                let (url, same_origin) = refer(base, uri, &self.policy)?;
                let headers = if same_origin {
                    &at.item.headers
                } else {
                    &at.harmless
                };
                Ok((Spot::Url(url.into()), headers.clone(), vec![]))
            }
            Spot::File(base) if is_url(uri) => {
                check_url(uri, &self.policy).map_err(|mut error| {
                    error.message = format!("{base}: {}", error.message);
                    error
                })?;
                let url = parse_url(uri).map(|mut url| {
                    url.set_fragment(None);
                    String::from(url)
                });
                let url = url.unwrap_or_default();
                Ok((Spot::Url(url.into()), Arc::default(), vec![]))
            }
            Spot::File(base) => {
                let mut paths = local::paths(base, uri)?.into_iter();
                let first = paths.next().unwrap_or_default();
                Ok((Spot::File(first.into()), Arc::default(), paths.collect()))
            }
        }
    }

    /// Every playlist was read.
    ///
    /// # Errors
    /// `InvalidArgument` (`segments`), `EmptySource`.
    pub fn complete(&self) -> Result<(), Error> {
        let listed = self.segments.as_ref().map_or(0, Vec::len);
        if self.replaced.len() < listed {
            return Err(self.segment_count(&self.replaced.len().to_string()));
        }
        if self.files.is_empty() {
            let message = "the playlist names no file";
            return Err(Error::new(Code::EmptySource, message));
        }
        Ok(())
    }

    /// The number of a segment that must be looked at to tell how those of its track are to be called.
    pub fn untold(&self) -> Option<u32> {
        let is_untold = |number: &u32| {
            let track = self.file(*number).and_then(|file| file.track);
            track.is_some_and(|track| !self.extensions.contains(track))
        };
        (self.passed_over.saturating_add(1)..=self.last_file()).find(is_untold)
    }

    /// What a look at a segment has brought. Where that tells nothing, its track keeps the extension that is made up.
    pub fn tell(&mut self, number: u32, content_type: Option<&str>, head: &str) {
        if let Some(track) = self.file(number).and_then(|file| file.track) {
            let told = extension_of(content_type, head).unwrap_or(MADE_UP);
            self.extensions.insert(track, told.to_owned());
        }
    }

    /// Has the next segment of the track looked at in place of this one.
    pub fn pass_over(&mut self, number: u32) {
        self.passed_over = number;
    }

    /// What looks have told, to be remembered: the names follow from it.
    pub fn told(&self) -> Vec<(u32, String)> {
        let told = self.extensions.iter();
        told.filter_map(|(track, told)| Some((u32::try_from(track).ok()?, told.clone())))
            .collect()
    }

    /// Names everything as it was named before.
    pub fn tell_again(&mut self, told: &[(u32, String)]) {
        let told = told.iter().filter(|(_, told)| is_of_segments(told));
        self.extensions = told
            .filter_map(|(track, told)| Some((usize::try_from(*track).ok()?, told.clone())))
            .collect();
        self.passed_over = u32::MAX;
    }

    /// Names every file, now that the place of the root is known. Two files of one name get a number each behind the first.
    ///
    /// # Errors
    /// `ReplyInvalid` for keys that no object can have.
    pub fn settle(&mut self, root_key: &str, prefix: Option<&str>) -> Result<(), Error> {
        self.root_key = root_key.to_owned();
        self.prefix = prefix.map_or_else(|| folder(root_key).to_owned(), str::to_owned);
        let mut names = Names::default();
        let (_, root_name) = root_key.split_at(folder(root_key).len());
        names.give(root_name);
        let extensions = &self.extensions;
        let wanted = |wish: &str, track: Option<usize>| {
            let told = track.and_then(|track| extensions.get(track));
            let stem = told.and_then(|_| wish.strip_suffix(MADE_UP));
            match (stem, told) {
                (Some(stem), Some(told)) => format!("{stem}{told}"),
                _ => wish.to_owned(),
            }
        };
        let others = self.met.iter_mut().skip(1);
        for item in self.files.iter_mut().chain(others) {
            item.name = names.give(&wanted(&item.wish, item.track));
        }
        for gap in &mut self.gaps {
            gap.name = names.give(&wanted(&gap.wish, gap.track));
        }
        if self
            .prefix
            .len()
            .saturating_add(MAX_NAME)
            .saturating_add(16)
            > 1023
        {
            let message = "UploadAddress: `ObjectPrefix` is too long";
            return Err(Error::new(Code::ReplyInvalid, message));
        }
        let lists = self.last_file().saturating_add(1)..=self.count();
        for number in lists {
            self.check_growth(number)?;
        }
        Ok(())
    }

    /// What is stored must be about as long as what was read: names, and absolute URLs for what stays elsewhere, could make
    /// of a short list any length.
    fn check_growth(&self, number: u32) -> Result<(), Error> {
        let Some(list) = self
            .list_index(number)
            .and_then(|index| self.lists.get(index))
        else {
            return Ok(());
        };
        let prefixes = self.prefix.len().saturating_mul(list.targets.len());
        let read = list.text.len();
        let most = read.saturating_mul(GROWTH).saturating_add(SPARE);
        let most = most.saturating_add(prefixes);
        match self.text_without(number, &BTreeSet::new(), most) {
            Some(_) => Ok(()),
            None => {
                let message = format!(
                    "a playlist of {read} bytes would have more than {most} as it is stored"
                );
                Err(too_large(message))
            }
        }
    }

    /// Files and playlists in all. The root is the last.
    pub fn count(&self) -> u32 {
        u32::try_from(self.files.len().saturating_add(self.met.len())).unwrap_or(u32::MAX)
    }

    /// The number of the last file that is no playlist.
    pub fn last_file(&self) -> u32 {
        u32::try_from(self.files.len()).unwrap_or(u32::MAX)
    }

    /// A file that is no playlist.
    pub fn file(&self, number: u32) -> Option<&Item> {
        self.files.get(index_of(number)?)
    }

    /// The object key of a file or playlist.
    pub fn key(&self, number: u32) -> Option<String> {
        if number == self.count() {
            return Some(self.root_key.clone());
        }
        let item = match self.file(number) {
            Some(file) => file,
            None => self.met.get(self.list_index(number)?)?,
        };
        Some(format!("{}{}", self.prefix, item.name))
    }

    /// Notes a segment that is missing: where it is named a gap is stored.
    pub fn miss(&mut self, number: u32) {
        self.missing.insert(number);
    }

    /// The segments that are missing, and how many there are in all.
    pub fn missing(&self) -> (&BTreeSet<u32>, usize) {
        let segments = self.files.iter().filter(|file| file.is_segment()).count();
        (&self.missing, segments)
    }

    /// The content of a playlist as it is to be stored.
    pub fn text(&self, number: u32) -> Option<String> {
        self.text_without(number, &self.missing, usize::MAX)
    }

    fn text_without(&self, number: u32, missing: &BTreeSet<u32>, most: usize) -> Option<String> {
        let list = self.lists.get(self.list_index(number)?)?;
        let own = folder(self.key(number)?.as_str()).to_owned();
        let uris = list.targets.iter().map(|target| Replacement {
            uri: self.uri(*target, &own),
            is_gap: missing.contains(&self.number(*target)),
        });
        list.playlist.rewrite_within(&list.text, uris, most)
    }

    /// What a playlist in the folder `own` calls it.
    fn uri(&self, target: Target, own: &str) -> String {
        let key = match target {
            Target::Remote(index) => return self.remotes.get(index).cloned().unwrap_or_default(),
            Target::Gap(index) => {
                let name = self.gaps.get(index).map_or("", |gap| gap.name.as_str());
                format!("{}{name}", self.prefix)
            }
            _ => self.key(self.number(target)).unwrap_or_default(),
        };
        // Elsewhere in the bucket: from the top of the host.
        match key.strip_prefix(own) {
            Some(name) => encode_path(name),
            None => format!("/{}", encode_path(&key)),
        }
    }

    /// SHA-256 of all playlists as they are stored if no segment is missing, in hex.
    pub fn digest(&self) -> String {
        let mut hash = Sha256::new();
        for number in self.last_file().saturating_add(1)..=self.count() {
            let text = self.text_without(number, &BTreeSet::new(), usize::MAX);
            let text = text.unwrap_or_default();
            // 32 bits on every machine: a checkpoint of wasm is the same as one of a 64-bit host.
            let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
            hash.update(length.to_be_bytes());
            hash.update(text.as_bytes());
        }
        hex(&hash.finalize())
    }

    fn number(&self, target: Target) -> u32 {
        let index = match target {
            Target::File(index) => index.saturating_add(1),
            Target::List(0) => return self.count(),
            Target::List(index) => self.files.len().saturating_add(index),
            Target::Gap(_) | Target::Remote(_) => 0,
        };
        u32::try_from(index).unwrap_or(u32::MAX)
    }

    fn list_index(&self, number: u32) -> Option<usize> {
        if number == self.count() {
            return Some(0);
        }
        let behind = number.checked_sub(self.last_file())?;
        (behind > 0).then(|| usize::try_from(behind).ok()).flatten()
    }
}

fn index_of(number: u32) -> Option<usize> {
    usize::try_from(number.checked_sub(1)?).ok()
}

/// Everything up to the last slash, with it.
fn folder(key: &str) -> &str {
    key.rfind('/')
        .and_then(|at| key.get(..=at))
        .unwrap_or_default()
}

/// What the URIs of a playlist are resolved against, made once for all of them.
struct Base<'a> {
    item: &'a Item,
    url: Option<Url>,
    /// What may be printed of it.
    shown: Arc<str>,
    /// Those of its headers that may go to any host.
    harmless: Arc<Headers>,
}

impl Base<'_> {
    fn of(item: &Item) -> Base<'_> {
        Base {
            item,
            url: match &item.spot {
                Spot::Url(url) => parse_url(url),
                Spot::File(_) => None,
            },
            shown: item.spot.shown().into(),
            harmless: Arc::new(harmless(&item.headers)),
        }
    }

    /// What a URI names that stays where it is. Beside a local playlist there is nothing to make it absolute with.
    fn absolute(&self, uri: &str) -> String {
        let joined = match &self.url {
            Some(base) if parse_url(uri).is_none() => join_url(base, uri),
            _ => None,
        };
        joined.map_or_else(|| uri.to_owned(), String::from)
    }
}

fn in_line(line: usize, mut error: Error) -> Error {
    error.message = format!("line {line}: {}", error.message);
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy() -> SourcePolicy {
        SourcePolicy::default()
    }

    fn web() -> Tree {
        tree(PlaylistRoot::Url {
            url: "https://o.example/v/master.m3u8?t=1".into(),
            headers: vec![("Authorization".into(), "Bearer x".into())],
        })
    }

    fn local() -> Tree {
        tree(PlaylistRoot::File {
            name: "master.m3u8".into(),
            path: "/films/master.m3u8".into(),
        })
    }

    fn tree(root: PlaylistRoot) -> Tree {
        Tree::new(&PlaylistSource::at(root), policy())
    }

    fn feed(tree: &mut Tree, text: &str) -> Result<(), Error> {
        let item = tree.unread().unwrap().clone();
        tree.read(&item, text.to_owned())
    }

    /// A media playlist of these segments, a line each.
    fn media(lines: &str) -> String {
        let segments: String = lines
            .lines()
            .map(|line| format!("#EXTINF:6,\n{line}\n"))
            .collect();
        format!("#EXTM3U\n#EXT-X-ENDLIST\n{segments}")
    }

    fn refused(tree: &mut Tree, uri: &str) -> Code {
        feed(tree, &media(uri)).unwrap_err().code
    }

    #[test]
    fn files_come_first_and_the_root_last() {
        let mut tree = web();
        let master = "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nlow/i.m3u8?t=2\n#EXT-X-STREAM-INF:BANDWIDTH=2\nhigh/i.m3u8\n";
        feed(&mut tree, master).unwrap();
        feed(&mut tree, &media("seg.ts?t=3\n/abs/seg.ts\nseg.ts?t=3")).unwrap();
        feed(&mut tree, &media("seg.ts")).unwrap();
        assert!(tree.unread().is_none());
        tree.complete().unwrap();
        tree.settle("sv/1/root.m3u8", Some("sv/1/")).unwrap();
        let keys: Vec<_> = (1..=tree.count()).map(|n| tree.key(n).unwrap()).collect();
        assert_eq!(
            keys,
            [
                "sv/1/seg.ts",
                "sv/1/seg-2.ts",
                "sv/1/seg-3.ts",
                "sv/1/i.m3u8",
                "sv/1/i-2.m3u8",
                "sv/1/root.m3u8"
            ]
        );
        assert_eq!(tree.text(4).unwrap(), media("seg.ts\nseg-2.ts\nseg.ts"));
        assert_eq!(
            tree.text(6).unwrap(),
            master
                .replace("low/i.m3u8?t=2", "i.m3u8")
                .replace("high/i.m3u8", "i-2.m3u8")
        );
    }

    #[test]
    fn a_prefix_that_is_no_folder_and_one_elsewhere() {
        let mut tree = web();
        feed(&mut tree, &media("seg.ts")).unwrap();
        tree.settle("sv/1/root.m3u8", Some("sv/1/part-")).unwrap();
        assert_eq!(tree.key(1).unwrap(), "sv/1/part-seg.ts");
        assert_eq!(tree.text(2).unwrap(), media("part-seg.ts"));
        tree.settle("sv/1/root.m3u8", Some("other/")).unwrap();
        assert_eq!(tree.text(2).unwrap(), media("/other/seg.ts"));
        tree.settle("sv/1/root.m3u8", None).unwrap();
        assert_eq!(tree.key(1).unwrap(), "sv/1/seg.ts");
    }

    #[test]
    fn no_two_files_share_a_name() {
        let mut tree = web();
        let uris = "a/seg.ts\nseg-2.ts\nb/SEG.ts\nroot.m3u8.ts\nc/seg.ts\nd/ro%2Fot\n../x/..%2f%2e%2e\n?x=1\nget.php?f=seg.ts\nseg";
        feed(&mut tree, &media(uris)).unwrap();
        tree.settle("sv/1/root.m3u8", Some("sv/1/")).unwrap();
        let names: BTreeSet<_> = (1..=tree.count())
            .map(|n| tree.key(n).unwrap().to_ascii_lowercase())
            .collect();
        assert_eq!(names.len(), tree.count() as usize);
        for name in &names {
            let name = name.strip_prefix("sv/1/").unwrap();
            assert!(!name.contains('/') && !name.starts_with('.'), "{name}");
        }
    }

    #[test]
    fn a_web_playlist_leads_to_public_urls_only() {
        for uri in [
            "file:///etc/passwd",
            "http://o.example/downgrade.ts",
            "https://127.0.0.1/a.ts",
            "//169.254.169.254/a.ts",
            "ftp://o.example/a.ts",
        ] {
            let code = refused(&mut web(), uri);
            assert!(
                matches!(code, Code::UrlRefused | Code::AddressRefused),
                "{uri}: {code:?}"
            );
        }
    }

    #[test]
    fn the_callers_headers_stay_with_the_origin() {
        let mut tree = web();
        feed(&mut tree, &media("a.ts\nhttps://cdn.example/b.ts")).unwrap();
        assert_eq!(tree.file(1).unwrap().headers.len(), 1);
        assert_eq!(tree.file(2).unwrap().headers.len(), 0);
    }

    #[test]
    fn a_local_playlist_stays_below_its_folder() {
        for uri in [
            "../secret.ts",
            "a/../../secret.ts",
            "/etc/passwd",
            "%2e%2e/secret.ts",
            "a/%2e%2e%2f%2e%2e/secret.ts",
            "%2fetc/passwd",
            "//host/share.ts",
            "..\\secret.ts",
            "C%3a/windows.ts",
            "C:\\windows.ts",
            "C:/windows.ts",
            "folder/",
        ] {
            assert_eq!(refused(&mut local(), uri), Code::PathRefused, "{uri}");
        }
        for uri in ["file:///etc/passwd", "http://127.0.0.1/a"] {
            let code = refused(&mut local(), uri);
            assert!(
                matches!(code, Code::UrlRefused | Code::AddressRefused),
                "{uri}: {code:?}"
            );
        }
        let mut tree = local();
        let uris = "v/a%20b.ts?x=1#y\n./v//../c.ts\nhttps://cdn.example/b.ts#f";
        feed(&mut tree, &media(uris)).unwrap();
        let spots: Vec<_> = tree.files.iter().map(|item| item.spot.clone()).collect();
        assert_eq!(
            spots,
            [
                Spot::File("v/a%20b.ts?x=1#y".into()),
                Spot::File("c.ts".into()),
                Spot::Url("https://cdn.example/b.ts".into())
            ]
        );
        let places = std::iter::successors(tree.file(1).cloned(), Item::elsewhere);
        assert_eq!(places.last().unwrap().spot, Spot::File("v/a b.ts".into()));
    }

    #[test]
    fn a_gap_keeps_a_name_of_its_own_and_what_stays_elsewhere_is_absolute() {
        let mut tree = web();
        let text = "#EXTM3U\n#EXT-X-DATERANGE:ID=\"a\",X-ASSET-URI=\"../ad.m3u8\",X-ASSET-LIST=\"https://ads.example/l\"\n\
            #EXTINF:6,\na/seg.ts\n#EXTINF:6,\n#EXT-X-GAP\nb/seg.ts\n#EXTINF:6,\n#EXT-X-GAP\na/seg.ts\n\
            #EXTINF:6,\n#EXT-X-GAP\nfile:///etc/passwd\n#EXT-X-ENDLIST\n";
        feed(&mut tree, text).unwrap();
        tree.settle("sv/1/root.m3u8", None).unwrap();
        assert_eq!(tree.count(), 2);
        let expected = text
            .replace("../ad.m3u8", "https://o.example/ad.m3u8")
            .replace("a/seg.ts", "seg.ts")
            .replace("b/seg.ts", "seg-2.ts")
            .replace("file:///etc/passwd", "passwd.ts");
        assert_eq!(tree.text(2).unwrap(), expected);
    }

    #[test]
    fn a_missing_segment_is_a_gap_wherever_it_is_named() {
        let mut tree = web();
        feed(&mut tree, &media("a.ts\nb.ts\na.ts")).unwrap();
        tree.settle("sv/1/root.m3u8", None).unwrap();
        let digest = tree.digest();
        tree.miss(1);
        let expected = media("a.ts\nb.ts\na.ts").replace("a.ts", "#EXT-X-GAP\na.ts");
        assert_eq!((tree.text(3).unwrap(), tree.digest()), (expected, digest));
    }

    #[test]
    fn variables_reach_the_playlists_below() {
        let mut tree = web();
        let master =
            "#EXTM3U\n#EXT-X-DEFINE:QUERYPARAM=\"t\"\n#EXT-X-STREAM-INF:BANDWIDTH=1\ni.m3u8\n";
        feed(&mut tree, master).unwrap();
        let list =
            "#EXTM3U\n#EXT-X-DEFINE:IMPORT=\"t\"\n#EXTINF:6,\nseg.ts?t={$t}\n#EXT-X-ENDLIST\n";
        feed(&mut tree, list).unwrap();
        tree.settle("sv/1/root.m3u8", None).unwrap();
        let spot = Spot::Url("https://o.example/v/seg.ts?t=1".into());
        assert_eq!(tree.file(1).unwrap().spot, spot);
        assert_eq!(
            (tree.text(2).unwrap(), tree.text(3).unwrap()),
            (
                "#EXTM3U\n#EXTINF:6,\nseg.ts\n#EXT-X-ENDLIST\n".to_owned(),
                master.replace("#EXT-X-DEFINE:QUERYPARAM=\"t\"\n", "")
            )
        );
    }

    #[test]
    fn a_subtitle_file_may_stand_where_a_playlist_should() {
        let mut tree = web();
        let master = "#EXTM3U\n#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID=\"s\",NAME=\"n\",URI=\"s.php?l=en\"\n\
            #EXT-X-STREAM-INF:BANDWIDTH=1,SUBTITLES=\"s\"\ni.m3u8\n";
        feed(&mut tree, master).unwrap();
        feed(&mut tree, "WEBVTT\n\n00:00.000 --> 00:01.000\nHi\n").unwrap();
        feed(&mut tree, &media("seg.ts")).unwrap();
        tree.settle("sv/1/root.m3u8", None).unwrap();
        assert_eq!(tree.key(2).unwrap(), "sv/1/s.vtt");
        assert!(tree.text(2).unwrap().starts_with("WEBVTT"));
        let code = feed(&mut web(), "WEBVTT\n").unwrap_err().code;
        assert_eq!(code, Code::PlaylistInvalid);
    }

    #[test]
    fn a_key_has_the_length_of_its_method() {
        let mut tree = web();
        let list =
            "#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI=\"k?id=1\"\n#EXTINF:6,\na.ts\n#EXT-X-ENDLIST\n";
        feed(&mut tree, list).unwrap();
        let key = tree.file(1).unwrap();
        assert!(key.check_length(16).is_ok());
        let error = key.check_length(5301).unwrap_err();
        assert_eq!(error.code, Code::PlaylistKey);
        assert!(
            error
                .message
                .contains("line 2 of https://o.example/v/master.m3u8 names"),
            "{error}"
        );
    }

    #[test]
    fn a_hostile_playlist_meets_its_limits() {
        let mut tree = web();
        tree.limits.files = 2;
        let code = refused(&mut tree, "a.ts\nb.ts\na.ts\nc.ts");
        assert_eq!(code, Code::PlaylistTooLarge);
        let mut tree = web();
        tree.limits.playlists = 2;
        let master = "#EXTM3U\n#EXT-X-STREAM-INF:B=1\na\n#EXT-X-STREAM-INF:B=1\nb\n";
        assert_eq!(
            feed(&mut tree, master).unwrap_err().code,
            Code::PlaylistTooLarge
        );
        let mut tree = web();
        let itself = "#EXTM3U\n#EXT-X-STREAM-INF:B=1\nmaster.m3u8?t=1\n";
        assert_eq!(
            feed(&mut tree, itself).unwrap_err().code,
            Code::PlaylistInvalid
        );
        let mut tree = web();
        feed(&mut tree, "#EXTM3U\n#EXT-X-STREAM-INF:B=1\na\n").unwrap();
        assert_eq!(
            feed(&mut tree, "#EXTM3U\n#EXT-X-STREAM-INF:B=1\nb\n")
                .unwrap_err()
                .code,
            Code::PlaylistInvalid
        );
    }

    #[test]
    fn own_segments_take_the_place_of_the_playlists() {
        let mut tree = web();
        tree.segments = Some(vec!["https://s.example/1.ts?sig=1".into(), "two.ts".into()]);
        feed(&mut tree, &media("a.ts\na.ts\nb.ts")).unwrap();
        tree.complete().unwrap();
        tree.settle("sv/1/root.m3u8", None).unwrap();
        assert_eq!(tree.text(3).unwrap(), media("1.ts\n1.ts\ntwo.ts"));
        for count in [1, 3] {
            let mut tree = web();
            tree.segments = Some((0..count).map(|n| format!("{n}.ts")).collect());
            let read = feed(&mut tree, &media("a.ts\nb.ts"));
            assert!(read.and_then(|()| tree.complete()).is_err(), "{count}");
        }
    }
}
