//! What has to be remembered to go on elsewhere: plain versioned JSON, and never a key, token, signature of a request or
//! signed URL.
//!
//! It does not list the parts: the server does (ListParts), and the server is the truth.

use std::collections::BTreeMap;

use super::checkpoint_text::{invalid, other_version};
use super::job::{Adopt, Media, MissingSegments, PlaylistRoot, PlaylistSource, Source};
use super::parts::{Accepted, Row};
use super::plan::{MAX_OBJECT_SIZE, Plan};
use crate::encode::hex;
use crate::error::{Code, Error};
use crate::http::Headers;
use crate::json::{Read, Write};
use crate::secret::{Secret, hmac_sha256};
use crate::source::probe::{Likeness, Validator};
use crate::time::UnixMs;
use crate::vod::VideoRef;

/// The version this build writes.
pub const VERSION: u32 = 1;

/// Where an upload stands. There is one from the first moment on; the later fields fill up as it goes.
#[derive(Debug, Clone, PartialEq, Eq, Read, Write)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct Checkpoint {
    /// [`VERSION`] of the writer.
    pub version: u32,
    /// What it becomes in VOD.
    pub media: Media,
    /// The VOD region it lives in. Endpoints are not stored: whoever edits a checkpoint must not lead requests elsewhere.
    pub region: String,
    /// Where the bytes come from.
    pub source: SourceMark,
    /// Headers stored with the object.
    #[cfg_attr(target_arch = "wasm32", tsify(type = "[string, string][]"))]
    pub object_headers: Headers,
    /// The watermark switch, if it was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub show_watermark: Option<bool>,
    /// What to do when the reference id belongs to a media already.
    #[serde(default, skip_serializing_if = "Adopt::is_never")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub adopt: Adopt,
    /// The media whose bytes are replaced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub replace: Option<VideoRef>,
    /// Bytes that media held before, if VOD told it; 0 where it had no file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub replaced_bytes: Option<u64>,
    /// The file was stored, and proved not to be what was sent: a resume stores it again. Trust it as `replace`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub spoiled: bool,
    /// The media was there before this upload.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub adopted: bool,
    /// When a Create with a reference id was sent whose reply was not heard: by the clock of the host, in Unix ms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub create_sent: Option<u64>,
    /// There was a callback: pass it again to resume. It is not stored, its URL may hold a credential.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub callback_removed: bool,
    /// How it is cut, once the source was seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub plan: Option<Plan>,
    /// Where VOD wants it, once VOD has said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub place: Option<PlaceMark>,
    /// The multipart upload, once there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub upload_id: Option<String>,
    /// Of a playlist: which of its files are stored. Only this tells: the server is not asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub playlist: Option<PlaylistMark>,
    /// Bytes accepted so far, for display.
    pub bytes_accepted: u64,
    /// Runs in a row whose budget was used up before they got further than those before.
    #[serde(default, skip_serializing_if = "is_zero")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub idle_runs: u32,
    /// Parts accepted so far.
    #[serde(default, skip_serializing_if = "is_zero")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub parts_accepted: u32,
    /// Of a source that is read in order: which of its parts a later run may take over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub in_order: Option<InOrder>,
}

/// A part that is read in order may be cut short for want of memory, so its size does not tell where the next one begins. Of
/// those that OSS lists only these are known to follow each other: an earlier run may have left others behind them.
#[derive(Debug, Clone, PartialEq, Eq, Read, Write)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct InOrder {
    /// How many, from part 1 on.
    pub parts: u32,
    /// The CRC-64 of their sizes and ETags, unsigned decimal.
    pub crc64: String,
}

impl InOrder {
    pub(crate) fn of(row: &Row) -> InOrder {
        InOrder {
            parts: row.count(),
            crc64: row.crc64().to_string(),
        }
    }

    /// Whether these parts begin so.
    pub(crate) fn begins(&self, parts: &BTreeMap<u32, Accepted>) -> bool {
        let mut row = Row::default();
        row.extend(parts, self.parts);
        InOrder::of(&row) == *self
    }
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// The media and its object.
#[derive(Debug, Clone, PartialEq, Eq, Read, Write)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct PlaceMark {
    /// The media id.
    pub media_id: String,
    /// The bucket.
    pub bucket: String,
    /// The object key.
    pub object_key: String,
    /// Shows whoever has the same AccessKey that one of its uploads wrote this: media ids and keys are no secret, and anybody
    /// can write them down. It opens nothing, and tells nothing of the key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub proof: Option<String>,
}

impl PlaceMark {
    /// The proof that belongs here. `adopted`: the media was there before.
    pub(crate) fn proof_by(&self, secret: &Secret, region: &str, adopted: bool) -> String {
        let PlaceMark {
            media_id,
            bucket,
            object_key,
            proof: _,
        } = self;
        // None of them can hold a line break: it would be another text.
        let text = format!(
            "vodlift checkpoint\n{region}\n{media_id:?}\n{bucket:?}\n{object_key:?}\n{adopted}"
        );
        hex(&hmac_sha256(secret.expose().as_bytes(), &text))
    }
}

/// How far the files of a playlist are. Their names follow from the playlists, so they are not stored.
#[derive(Debug, Clone, Default, PartialEq, Eq, Read, Write)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct PlaylistMark {
    /// SHA-256 of all playlists as they are stored, in hex; empty before they were read. Without the sources' URLs, so
    /// that those may be signed anew.
    pub digest: String,
    /// First and last number of each run of files that are stored.
    #[cfg_attr(target_arch = "wasm32", tsify(type = "[number, number][]"))]
    pub done: Vec<(u32, u32)>,
    /// How segments are called whose names do not tell their format: the number of their list, and the extension.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional, type = "[number, string][]"))]
    pub extensions: Vec<(u32, String)>,
    /// The segments came as a list of their own, which must be passed again.
    #[serde(default)]
    pub listed: bool,
    /// Other hosts were asked with something of their own, which must be passed again: it may be a credential.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub with_hosts: bool,
    /// Which variants are wanted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub variants: Vec<String>,
    /// Playlists that are not complete count as complete.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub complete: bool,
    /// What is done about a segment that is not there.
    #[serde(default, skip_serializing_if = "MissingSegments::fails")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub missing_segments: MissingSegments,
    /// Numbers of the segments that were not there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub missing: Vec<u32>,
}

impl PlaylistMark {
    /// What was wanted of a playlist, before anything of it is stored.
    pub fn of(source: &PlaylistSource) -> PlaylistMark {
        PlaylistMark {
            listed: source.segments.is_some(),
            with_hosts: !source.hosts.is_empty(),
            variants: source.variants.clone(),
            complete: source.complete,
            missing_segments: source.missing_segments,
            ..PlaylistMark::default()
        }
    }

    /// Wants of a playlist what was wanted before.
    ///
    /// # Errors
    /// `InvalidArgument` (`hosts`) where other hosts were asked with something that is not given again.
    pub fn restore(&self, source: &mut PlaylistSource) -> Result<(), Error> {
        if self.with_hosts && source.hosts.is_empty() {
            let rule = "must be passed again: it may hold credentials and was not stored";
            return Err(Error::invalid("hosts", rule));
        }
        source.variants.clone_from(&self.variants);
        source.complete = self.complete;
        source.missing_segments = self.missing_segments;
        Ok(())
    }
}

/// What the source was when it was first seen.
#[derive(Debug, Clone, Default, PartialEq, Eq, Read, Write)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct SourceMark {
    /// Of a URL: without its query, unless that says only which media is meant and in what form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub url: Option<String>,
    /// The query was left out: pass the URL again to resume.
    #[serde(default)]
    pub query_removed: bool,
    /// Of a file: its path, as it was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub path: Option<String>,
    /// Length in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub size: Option<u64>,
    /// Of a URL: strong ETag, Last-Modified. Of bytes at any offset: as `etag`, the version that they were given.
    pub validator: Validator,
    /// Its ranges were not used, or were of no use: it is read in one request.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub read_once: bool,
    /// Of a file: modification time in ms since the epoch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub modified: Option<u64>,
}

impl Checkpoint {
    /// # Errors
    /// `CheckpointInvalid` when another version wrote it, or when its numbers cannot be those of an
    /// upload.
    pub fn check(&self) -> Result<(), Error> {
        if self.version != VERSION {
            let message = other_version(u64::from(self.version));
            return Err(Error::new(Code::CheckpointInvalid, message));
        }
        if self.bytes_accepted > MAX_OBJECT_SIZE {
            return Err(beyond("bytesAccepted"));
        }
        if self.source.size.is_some_and(|size| size > MAX_OBJECT_SIZE) {
            return Err(beyond("source.size"));
        }
        if self
            .replaced_bytes
            .is_some_and(|size| size > MAX_OBJECT_SIZE)
        {
            return Err(beyond("replacedBytes"));
        }
        if self.source.modified.is_some_and(|time| time > LATEST_MS) {
            return Err(beyond("source.modified"));
        }
        if self.create_sent.is_some_and(|time| time > LATEST_MS) {
            return Err(beyond("createSent"));
        }
        if self.place.is_some() && self.plan.is_none() && self.playlist.is_none() {
            return Err(invalid("`plan` is missing, and there is a `place`"));
        }
        if self.upload_id.as_deref() == Some("") {
            return Err(invalid("`uploadId` of the checkpoint is empty"));
        }
        // It would be looked for without end: no credential tells where it is.
        if self.upload_id.is_some() && self.place.is_none() {
            return Err(invalid("`place` is missing, and there is an `uploadId`"));
        }
        match &self.plan {
            Some(plan) if !plan.is_possible() => Err(beyond("plan")),
            _ => self.playlist.as_ref().map_or(Ok(()), PlaylistMark::check),
        }
    }
}

impl Checkpoint {
    /// Puts the proof of this AccessKey into it. A replay does so, too: a trace tells no key.
    pub fn prove(&mut self, secret: &Secret) {
        if let Some(place) = &mut self.place {
            place.proof = Some(place.proof_by(secret, &self.region, self.adopted));
        }
    }

    /// Whether it was written with this AccessKey: then its media is that of an upload of ours.
    pub(crate) fn is_proven_by(&self, secret: &Secret) -> bool {
        self.place.as_ref().is_some_and(|place| {
            let proof = place.proof_by(secret, &self.region, self.adopted);
            place.proof.as_ref() == Some(&proof)
        })
    }

    /// # Errors
    /// `CheckpointInvalid` where the media to replace is not the one that the bytes would go into.
    pub(crate) fn check_replaced(&self) -> Result<(), Error> {
        let replaced = self
            .replace
            .as_ref()
            .and_then(|replace| replace.media_id.as_ref());
        let place = self.place.as_ref().map(|place| &place.media_id);
        match (replaced, place) {
            (Some(replaced), Some(place)) if replaced != place => Err(invalid(
                "`replace` of the checkpoint names another media than `place`",
            )),
            _ => Ok(()),
        }
    }
}

impl PlaylistMark {
    fn check(&self) -> Result<(), Error> {
        match self.done.iter().all(|(first, last)| first <= last) {
            true => Ok(()),
            false => Err(beyond("playlist.done")),
        }
    }
}

/// The last time that JavaScript can name, in ms since the epoch.
pub(crate) const LATEST_MS: u64 = 8_640_000_000_000_000;

fn beyond(field: &str) -> Error {
    invalid(&format!(
        "`{field}` of the checkpoint holds a number that no upload can have"
    ))
}

impl SourceMark {
    /// Where it is, without what must not be stored.
    pub fn place_of(source: &Source) -> SourceMark {
        match source {
            Source::Playlist(PlaylistSource {
                root: PlaylistRoot::File { path, .. },
                ..
            }) => SourceMark {
                path: Some(path.clone()),
                ..SourceMark::default()
            },
            Source::Url { url, .. }
            | Source::Playlist(PlaylistSource {
                root: PlaylistRoot::Url { url, .. },
                ..
            }) => {
                let query_removed = !has_harmless_query(url);
                let kept = if query_removed {
                    crate::http::shown(url)
                } else {
                    // What stands behind a `#` is sent to nobody.
                    url.split('#').next().unwrap_or_default()
                };
                SourceMark {
                    url: Some(kept.to_owned()),
                    query_removed,
                    ..SourceMark::default()
                }
            }
            Source::Slices { name, .. } => SourceMark {
                path: name.clone(),
                ..SourceMark::default()
            },
            Source::Stream { .. } | Source::Reply(_) => SourceMark::default(),
        }
    }

    /// Whether what was read before may be put together with what is read now.
    ///
    /// # Errors
    /// `SourceChanged`, naming what is not as it was.
    pub(crate) fn check(
        &self,
        size: Option<u64>,
        validator: &Validator,
        modified: Option<u64>,
    ) -> Result<Likeness, Error> {
        let differs = |what: &str, was: &dyn std::fmt::Display, is: String| {
            let message =
                format!("the source is not what it was: its {what} was {was} and is {is} now");
            Err(Error::new(Code::SourceChanged, message))
        };
        let or_none = |value: Option<String>| value.unwrap_or_else(|| "unknown".into());
        // A server that tells the length of ranges may not tell that of the whole.
        let untold = size.is_none() && self.validator.tells() && validator.tells();
        if let Some(was) = self.size.filter(|was| size != Some(*was) && !untold) {
            return differs("size", &was, or_none(size.map(|size| size.to_string())));
        }
        let was = &self.validator;
        let same_date = was.last_modified.is_some() && was.last_modified == validator.last_modified;
        if same_date && was.compare(validator) == Likeness::Doubtful {
            // Of the same moment and size: another server of the same source, with ETags of its own.
            return Ok(Likeness::Doubtful);
        }
        if let Some(was) = self
            .validator
            .etag
            .as_ref()
            .filter(|was| validator.etag.as_ref() != Some(was))
        {
            let tag = if self.url.is_some() {
                "ETag"
            } else {
                "version"
            };
            return differs(tag, was, or_none(validator.etag.clone()));
        }
        let dated = self
            .validator
            .etag
            .is_none()
            .then_some(self.validator.last_modified.as_ref())
            .flatten();
        if let Some(was) = dated.filter(|was| validator.last_modified.as_ref() != Some(was)) {
            return differs(
                "Last-Modified",
                was,
                or_none(validator.last_modified.clone()),
            );
        }
        if was.differs_by_range(validator) {
            return Ok(Likeness::Doubtful);
        }
        if let Some(name) = was.other_digest(validator) {
            let of = |v: &Validator| v.digests.get(name).cloned();
            return differs(name, &or_none(of(was)), or_none(of(validator)));
        }
        if let Some(was) = self.modified.filter(|was| modified != Some(*was)) {
            let is = or_none(modified.map(moment));
            return differs("modification time", &moment(was), is)
                .map_err(|error| error.hint(COPIED));
        }
        Ok(Likeness::Same)
    }
}

/// Nothing else tells that a file on another machine is the one that was begun with.
const COPIED: &str = "Copy the file with its modification time kept; if its bytes are others, upload it again from the start.";

fn moment(ms: u64) -> String {
    let second = UnixMs(ms).iso8601();
    let second = second.trim_end_matches('Z');
    format!("{second}.{:03}Z", ms % 1000)
}

/// Parameters that say which media is meant and in what form, and not who may have it. Any other may be a credential: a
/// `pin` looks like nothing special.
const HARMLESS: &[&str] = &[
    "bitrate",
    "codec",
    "download",
    "ext",
    "file",
    "filename",
    "format",
    "fps",
    "height",
    "id",
    "lang",
    "name",
    "page",
    "part",
    "quality",
    "res",
    "resolution",
    "type",
    "v",
    "variant",
    "ver",
    "version",
    "width",
];

/// Nothing but such parameters, with values too short and plain to be a credential. When in doubt the query stays out of the
/// checkpoint.
fn has_harmless_query(url: &str) -> bool {
    const LONGEST: usize = 20;
    // Some have lost their question mark: it may be anything then.
    if crate::http::shown(url) != crate::http::without_query(url) {
        return false;
    }
    let bare = url.split('#').next().unwrap_or_default();
    let query = bare.split_once('?').map_or("", |(_, query)| query);
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    let mut pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs.all(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let name = name.to_ascii_lowercase();
        HARMLESS.contains(&name.as_str()) && value.len() <= LONGEST && value.chars().all(plain)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_parts_that_follow_each_other_are_known_to() {
        let part = |etag: &str, size| Accepted {
            etag: etag.into(),
            size,
            crc64: None,
        };
        let parts = BTreeMap::from([(1, part("a", 5)), (2, part("b", 3)), (4, part("d", 5))]);
        let of = |parts: &BTreeMap<u32, Accepted>, most| {
            let mut row = Row::default();
            row.extend(parts, most);
            InOrder::of(&row)
        };
        let known = of(&parts, u32::MAX);
        assert_eq!(known.parts, 2);
        assert_eq!(of(&parts, 2), known);
        assert_ne!(of(&parts, 1).crc64, known.crc64);
        assert!(known.begins(&parts));
        for other in [part("x", 3), part("b", 4)] {
            let parts = BTreeMap::from([(1, part("a", 5)), (2, other), (3, part("c", 5))]);
            assert_ne!(of(&parts, known.parts), known);
            assert!(!known.begins(&parts));
        }
    }

    fn url(text: &str) -> SourceMark {
        SourceMark::place_of(&Source::Url {
            url: text.into(),
            headers: vec![],
        })
    }

    #[test]
    fn a_signed_url_is_stored_without_its_query() {
        for signed in [
            "https://h/f.mp4?X-Amz-Signature=1",
            "https://h/f.mp4?Expires=1&OSSAccessKeyId=2",
            "https://h/f.mp4?a=1&t=0123456789012345678901",
            "https://h/f.mp4?0123456789012345678901234567890123456789012",
        ] {
            assert_eq!(
                url(signed).url.as_deref(),
                Some("https://h/f.mp4"),
                "{signed}"
            );
            assert!(url(signed).query_removed);
        }
    }

    #[test]
    fn what_is_not_known_to_be_harmless_stays_out() {
        let names = [
            "pw", "pin", "ticket", "otp", "p", "t", "k", "code", "jwt", "st", "e", "hdnts", "acl",
            "user", "x", "", "ID[]", "%69d", "id ", "login", "nonce", "sso", "exp", "u", "se",
        ];
        for name in names {
            for query in [
                format!("{name}=1"),
                format!("id=42&{name}=1"),
                format!("{name}=1&format=mp4"),
                format!("id=42&{name}=1#f"),
            ] {
                let mark = url(&format!("https://h/f.mp4?{query}"));
                assert_eq!(mark.url.as_deref(), Some("https://h/f.mp4"), "{query}");
                assert!(mark.query_removed, "{query}");
            }
        }
        for query in [
            "id=a:b",
            "id=a%20b",
            "name=user@host",
            "id=0123456789012345678901",
        ] {
            assert!(
                url(&format!("https://h/f.mp4?{query}")).query_removed,
                "{query}"
            );
        }
    }

    #[test]
    fn a_harmless_query_stays() {
        assert!(!url("https://h/f.mp4?").query_removed);
        let mark = url("https://h/get?id=42&format=mp4");
        assert_eq!(
            (mark.url.as_deref(), mark.query_removed),
            (Some("https://h/get?id=42&format=mp4"), false)
        );
    }

    #[test]
    fn what_changed_is_named() {
        let validator = Validator {
            etag: Some("\"a\"".into()),
            last_modified: Some("then".into()),
            just_modified: None,
            ..Validator::default()
        };
        let mark = SourceMark {
            url: Some("https://h/f".into()),
            size: Some(5),
            validator: validator.clone(),
            ..SourceMark::default()
        };
        assert!(mark.check(Some(5), &validator, None).is_ok());
        let error = mark.check(Some(6), &validator, None).unwrap_err();
        assert_eq!(
            (error.code, error.message.contains("size was 5 and is 6")),
            (Code::SourceChanged, true)
        );
        let other = Validator {
            etag: Some("\"b\"".into()),
            last_modified: Some("later".into()),
            just_modified: None,
            ..Validator::default()
        };
        let node = Validator {
            last_modified: Some("then".into()),
            ..other.clone()
        };
        assert_eq!(mark.check(Some(5), &node, None), Ok(Likeness::Doubtful));
        assert!(
            mark.check(Some(5), &other, None)
                .unwrap_err()
                .message
                .contains("ETag")
        );
    }

    #[test]
    fn times_of_files_are_told_as_people_read_them() {
        let mark = SourceMark {
            path: Some("film.mp4".into()),
            modified: Some(1_795_727_855_761),
            ..SourceMark::default()
        };
        let changed = mark.check(None, &Validator::default(), Some(1_795_727_855_762));
        let error = changed.unwrap_err();
        let both = "was 2026-11-26T21:17:35.761Z and is 2026-11-26T21:17:35.762Z now";
        assert!(error.message.contains(both), "{}", error.message);
        assert_eq!(error.hint, COPIED);
    }

    #[test]
    fn a_later_last_modified_is_a_change_only_without_an_etag() {
        let was = Validator {
            etag: None,
            last_modified: Some("then".into()),
            just_modified: None,
            ..Validator::default()
        };
        let is = Validator {
            etag: None,
            last_modified: Some("now".into()),
            just_modified: None,
            ..Validator::default()
        };
        let mark = SourceMark {
            validator: was,
            ..SourceMark::default()
        };
        assert!(mark.check(None, &is, None).is_err());
    }

    #[test]
    fn a_value_may_be_as_long_as_an_id() {
        let kept = |length| !url(&format!("https://h/f?id={}", "a".repeat(length))).query_removed;
        assert_eq!((kept(20), kept(21)), (true, false));
    }

    #[test]
    fn a_local_source_is_told_by_its_path() {
        let slices = Source::Slices {
            size: 5,
            modified: None,
            version: None,
            name: Some("film.mp4".into()),
            content_type: None,
        };
        let playlist = PlaylistSource::at(PlaylistRoot::File {
            name: "master.m3u8".into(),
            path: "hls/master.m3u8".into(),
        });
        for (source, path) in [
            (slices, "film.mp4"),
            (Source::Playlist(playlist), "hls/master.m3u8"),
        ] {
            let mark = SourceMark::place_of(&source);
            assert_eq!(
                (mark.path.as_deref(), mark.url, mark.query_removed),
                (Some(path), None, false)
            );
        }
    }

    #[test]
    fn what_was_wanted_of_a_playlist_is_wanted_again() {
        let root = PlaylistRoot::Url {
            url: "https://h/a.m3u8".into(),
            headers: vec![],
        };
        let host = crate::source::access::HostAccess {
            host: "cdn.example".into(),
            headers: vec![],
            query: None,
        };
        let wanted = PlaylistSource {
            segments: Some(vec!["0.ts".into()]),
            variants: vec!["720p".into()],
            complete: true,
            missing_segments: MissingSegments::Gap,
            hosts: vec![host.clone()],
            ..PlaylistSource::at(root.clone())
        };
        let mark = PlaylistMark::of(&wanted);
        assert!(mark.listed && mark.with_hosts);
        let mut again = PlaylistSource::at(root.clone());
        assert!(
            mark.restore(&mut again)
                .unwrap_err()
                .message
                .contains("hosts")
        );
        again.hosts = vec![host];
        mark.restore(&mut again).unwrap();
        assert_eq!(
            (&again.variants, again.complete, again.missing_segments),
            (&wanted.variants, true, MissingSegments::Gap)
        );
        let mut plain = PlaylistSource::at(root);
        let mark = PlaylistMark::of(&plain);
        assert!(!mark.listed && !mark.with_hosts);
        mark.restore(&mut plain).unwrap();
    }
}
