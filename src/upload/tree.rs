//! The files of a playlist: which there are, what they are called, and in which order they go up. Pure data.
//!
//! Playlists are read in the order in which they are met, the root first; files are numbered in the order in which they are
//! met, from 1 on. Behind them come the other playlists, and the root is the last: whoever can read a playlist can read all
//! that it names. The same sources give the same numbers and names, so neither has to be remembered.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};

use super::job::{PlaylistLimits, PlaylistRoot, PlaylistSource};
use crate::encode::{encode_path, hex, parse_url, percent_decode};
use crate::error::{Code, Error};
use crate::http::{Headers, without_query};
use crate::playlist::{Kind, Playlist, Reference, Role};
use crate::source::guard::{SourcePolicy, check_url, refer};

/// Longer names are cut: an object key has 1,023 bytes in all.
const MAX_NAME: usize = 128;
/// Bytes of all playlists: they stay in memory until the last file is there.
const MAX_TEXT: usize = 64 << 20;

/// Where a file is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Spot {
    /// Absolute, without a fragment.
    Url(String),
    /// Below the folder of the local root playlist: a relative path with `/`.
    File(String),
}

impl Spot {
    /// What may be printed of it.
    pub fn shown(&self) -> &str {
        match self {
            Spot::Url(url) => without_query(url),
            Spot::File(path) => path,
        }
    }
}

/// A file, and what to ask for it with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Where it is.
    pub spot: Spot,
    /// The caller's headers that may go there.
    pub headers: Headers,
    /// What it is called in VOD.
    name: String,
    role: Role,
}

impl Default for Item {
    /// Nothing that could be fetched.
    fn default() -> Self {
        Item {
            spot: Spot::File(String::new()),
            headers: vec![],
            name: String::new(),
            role: Role::Variant,
        }
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
}

/// A playlist with everything it names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tree {
    limits: PlaylistLimits,
    policy: SourcePolicy,
    /// The caller's own list of segments, and which of them the playlist's stand for.
    segments: Option<Vec<String>>,
    replaced: BTreeMap<Spot, usize>,
    /// All playlists that were met, the root first, and of those that were read the content.
    met: Vec<Item>,
    lists: Vec<List>,
    text_bytes: usize,
    files: Vec<Item>,
    numbers: BTreeMap<Spot, Target>,
    /// Key of the root, and what stands before the name of every other file.
    root_key: String,
    prefix: String,
}

impl Tree {
    /// Of nothing but the root, which is still unread.
    pub fn new(source: &PlaylistSource, policy: SourcePolicy) -> Tree {
        let (spot, headers) = match source.root.clone() {
            PlaylistRoot::Url { url, headers } => (Spot::Url(url), headers),
            PlaylistRoot::File { name, .. } => (Spot::File(name), vec![]),
        };
        let root = Item {
            spot: spot.clone(),
            headers,
            name: String::new(),
            role: Role::Variant,
        };
        Tree {
            limits: source.limits.clone(),
            policy,
            segments: source.segments.clone(),
            replaced: BTreeMap::new(),
            met: vec![root],
            lists: vec![],
            text_bytes: 0,
            files: vec![],
            numbers: BTreeMap::from([(spot, Target::List(0))]),
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
        let playlist = Playlist::read(&text)?;
        self.text_bytes = self.text_bytes.saturating_add(text.len());
        if self.text_bytes > MAX_TEXT {
            let message = format!("the playlists have more than {MAX_TEXT} bytes in all");
            return Err(Error::new(Code::PlaylistTooLarge, message));
        }
        if playlist.kind == Kind::Master && !self.lists.is_empty() {
            let message = "it is a master playlist within a master playlist";
            return Err(Error::new(Code::PlaylistInvalid, message));
        }
        if playlist.kind == Kind::Master && self.segments.is_some() {
            let rule = "is for one media playlist, and this is a master playlist";
            return Err(Error::invalid("segments", rule));
        }
        let mut targets = Vec::with_capacity(playlist.references.len());
        for reference in &playlist.references {
            let uri = playlist.uri(&text, reference);
            targets.push(self.meet(at, reference, uri)?);
        }
        self.lists.push(List {
            text,
            playlist,
            targets,
        });
        Ok(())
    }

    fn meet(&mut self, at: &Item, reference: &Reference, uri: &str) -> Result<Target, Error> {
        let (mut spot, mut headers) = self.resolve(at, uri)?;
        if reference.role == Role::Segment
            && let Some(own) = self.instead(&spot)?
        {
            (spot, headers) = self.resolve(at, &own)?;
        }
        let is_list = reference.role.is_playlist();
        if let Some(known) = self.numbers.get(&spot) {
            return match (known, is_list) {
                (Target::List(0), true) => {
                    let message = "it names itself";
                    Err(Error::new(Code::PlaylistInvalid, message))
                }
                (Target::List(_), true) | (Target::File(_), false) => Ok(*known),
                _ => {
                    let shown = spot.shown();
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
        items.push(Item {
            spot: spot.clone(),
            headers,
            name: String::new(),
            role: reference.role,
        });
        let target = if is_list {
            Target::List(index)
        } else {
            Target::File(index)
        };
        self.numbers.insert(spot, target);
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

    fn resolve(&self, at: &Item, uri: &str) -> Result<(Spot, Headers), Error> {
        match &at.spot {
            Spot::Url(base) => {
                let (url, headers) = refer(base, uri, &at.headers, &self.policy)?;
                Ok((Spot::Url(url), headers))
            }
            Spot::File(base) if has_scheme(uri) => {
                check_url(uri, &self.policy).map_err(|mut error| {
                    error.message = format!("{base}: {}", error.message);
                    error
                })?;
                let url = parse_url(uri).map(|mut url| {
                    url.set_fragment(None);
                    String::from(url)
                });
                Ok((Spot::Url(url.unwrap_or_default()), vec![]))
            }
            Spot::File(base) => Ok((Spot::File(below(base, uri)?), vec![])),
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
        let others = self.met.iter_mut().skip(1);
        for item in self.files.iter_mut().chain(others) {
            item.name = names.give(&wish(&item.spot, item.role));
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
        Ok(())
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

    /// The content of a playlist as it is to be stored.
    pub fn text(&self, number: u32) -> Option<String> {
        let list = self.lists.get(self.list_index(number)?)?;
        let own = folder(self.key(number)?.as_str()).to_owned();
        let uris: Vec<String> = list
            .targets
            .iter()
            .map(|target| {
                let key = self.key(self.number(*target)).unwrap_or_default();
                // Elsewhere in the bucket: from the top of the host.
                match key.strip_prefix(&own) {
                    Some(name) => encode_path(name),
                    None => format!("/{}", encode_path(&key)),
                }
            })
            .collect();
        Some(
            list.playlist
                .rewrite(&list.text, uris.iter().map(String::as_str)),
        )
    }

    /// SHA-256 of all playlists as they are stored, in hex.
    pub fn digest(&self) -> String {
        let mut hash = Sha256::new();
        for number in self.last_file().saturating_add(1)..=self.count() {
            let text = self.text(number).unwrap_or_default();
            hash.update(text.len().to_be_bytes());
            hash.update(text.as_bytes());
        }
        hex(&hash.finalize())
    }

    fn number(&self, target: Target) -> u32 {
        let index = match target {
            Target::File(index) => index.saturating_add(1),
            Target::List(0) => return self.count(),
            Target::List(index) => self.files.len().saturating_add(index),
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

fn has_scheme(uri: &str) -> bool {
    let Some((scheme, _)) = uri.split_once(':') else {
        return false;
    };
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
    scheme.starts_with(|first: char| first.is_ascii_alphabetic()) && scheme.bytes().all(legal)
}

/// The path that a relative URI in a local playlist names, seen from the folder of the root.
fn below(base: &str, uri: &str) -> Result<String, Error> {
    let refuse = |why: &str| {
        let message = format!("{base} names a file {why}");
        Err(Error::new(Code::PathRefused, message))
    };
    let path = uri.split(['?', '#']).next().unwrap_or_default();
    let Some(path) = percent_decode(path) else {
        return refuse("whose name is not UTF-8");
    };
    if path.starts_with('/') || has_scheme(&path) {
        return refuse("by an absolute path");
    }
    // A backslash is a separator on some systems, and a part of a name on none that a playlist should count on.
    if path.contains('\\') || path.chars().any(char::is_control) {
        return refuse("with a backslash or a control character in its name");
    }
    let mut segments: Vec<&str> = folder(base).split('/').filter(|s| !s.is_empty()).collect();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." if segments.pop().is_none() => return refuse("outside of its folder"),
            ".." => {}
            name => segments.push(name),
        }
    }
    if segments.is_empty() || path.ends_with('/') {
        return refuse("that is a folder");
    }
    Ok(segments.join("/"))
}

/// The name a file would have if it were alone: letters, digits, `-`, `_` and `.`.
fn wish(spot: &Spot, role: Role) -> String {
    let path = match spot {
        Spot::Url(url) => {
            let path = without_query(url);
            let path = path.split_once("://").map_or(path, |(_, rest)| rest);
            path.split_once('/').map_or("", |(_, path)| path)
        }
        Spot::File(path) => path,
    };
    let last = path.rsplit('/').next().unwrap_or_default();
    let decoded = match spot {
        Spot::Url(_) => percent_decode(last).unwrap_or_else(|| last.to_owned()),
        Spot::File(_) => last.to_owned(),
    };
    let clean = |c: char| match c {
        'a'..='z' | 'A'..='Z' | '0'..='9' | '-' | '_' | '.' => c,
        _ => '_',
    };
    let name: String = decoded.chars().map(clean).collect();
    let (stem, extension) = split(name.trim_start_matches('.'));
    let stem = if stem.is_empty() { "file" } else { stem };
    let extension = match role {
        _ if role.is_playlist() => ".m3u8",
        Role::Key if extension.is_empty() => ".key",
        _ => extension,
    };
    let room = MAX_NAME.saturating_sub(extension.len().min(MAX_NAME / 2));
    let stem: String = stem.chars().take(room).collect();
    let extension: String = extension.chars().take(MAX_NAME / 2).collect();
    stem + &extension
}

/// Stem and extension, with its dot.
fn split(name: &str) -> (&str, &str) {
    match name.rfind('.') {
        Some(at) if at > 0 => name.split_at(at),
        _ => (name, ""),
    }
}

/// Names that are taken. Case does not make a difference: not every place where a copy may end up has it.
#[derive(Default)]
struct Names {
    taken: BTreeSet<String>,
    /// The last number given to a wish.
    counts: BTreeMap<String, u32>,
}

impl Names {
    fn give(&mut self, wish: &str) -> String {
        let (stem, extension) = split(wish);
        let mut name = wish.to_owned();
        while !self.taken.insert(name.to_ascii_lowercase()) {
            let count = self.counts.entry(wish.to_ascii_lowercase()).or_insert(1);
            *count = count.saturating_add(1);
            name = format!("{stem}-{count}{extension}");
        }
        name
    }
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
        let source = PlaylistSource {
            root,
            segments: None,
            limits: PlaylistLimits::default(),
        };
        Tree::new(&source, policy())
    }

    fn feed(tree: &mut Tree, text: &str) -> Result<(), Error> {
        let item = tree.unread().unwrap().clone();
        tree.read(&item, text.to_owned())
    }

    fn media(lines: &str) -> String {
        format!("#EXTM3U\n#EXT-X-ENDLIST\n{lines}\n")
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
        let uris = "a/seg.ts\nseg-2.ts\nb/SEG.ts\nroot.m3u8.ts\nc/seg.ts\nd/ro%2Fot\n../x/..%2f%2e%2e\n?x=1";
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
            "folder/",
        ] {
            assert_eq!(refused(&mut local(), uri), Code::PathRefused, "{uri}");
        }
        for uri in ["file:///etc/passwd", "C:\\windows.ts", "http://127.0.0.1/a"] {
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
                Spot::File("v/a b.ts".into()),
                Spot::File("c.ts".into()),
                Spot::Url("https://cdn.example/b.ts".into())
            ]
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
