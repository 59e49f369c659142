//! What a caller asks for, and what the host can do. Plain data; the credentials come beside it.

use crate::error::Error;
use crate::http::Headers;
use crate::json::{Read, Write};
use crate::oss::OssService;
use crate::oss::settings::{self, OssCallback};
use crate::playlist::Choice;
use crate::source::access::HostAccess;
use crate::source::guard::SourcePolicy;
use crate::source::hosts::SourceHosts;
use crate::source::reply::ReplyHead;
pub use crate::vod::Media;
use crate::vod::{VideoRef, VodService};

/// One upload.
#[derive(Debug, Clone, PartialEq, Eq, Read, Write)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct Job {
    /// What it becomes in VOD.
    pub media: Media,
    /// Where the bytes come from.
    pub source: Source,
    /// The VOD API to call.
    pub vod: VodService,
    /// How to reach and sign OSS.
    pub oss: OssService,
    /// How to go about it.
    pub options: Options,
    /// What the host can carry.
    pub host: HostLimits,
}

/// Where the bytes come from.
#[derive(Debug, Clone, PartialEq, Eq, Read, Write)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(
    rename_all = "camelCase",
    rename_all_fields = "camelCase",
    tag = "type"
)]
pub enum Source {
    /// A URL the host fetches, by ranges where the source can.
    Url {
        /// Absolute, as the WHATWG parser spells it. Its query may hold a signature.
        url: String,
        /// Sent to the source's own origin only.
        #[cfg_attr(target_arch = "wasm32", tsify(type = "[string, string][]"))]
        headers: Headers,
    },
    /// Bytes the host can read again at any offset: a file, a Blob, a buffer.
    Slices {
        /// Length in bytes.
        #[serde(deserialize_with = "crate::limits::size")]
        size: u64,
        /// Modification time in ms since the epoch, where there is one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(target_arch = "wasm32", tsify(optional))]
        modified: Option<u64>,
        /// The file's name or path, if it has one. It is written into the checkpoint.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(target_arch = "wasm32", tsify(optional))]
        name: Option<String>,
        /// Media type, if it is told, as a `Blob` does.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(target_arch = "wasm32", tsify(optional))]
        content_type: Option<String>,
        /// What differs when the bytes differ: an ETag, a version id. It is written into the checkpoint.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(target_arch = "wasm32", tsify(optional))]
        version: Option<String>,
    },
    /// Bytes that pass by once.
    Stream {
        /// Length in bytes, if it is known.
        #[serde(
            default,
            skip_serializing_if = "Option::is_none",
            deserialize_with = "crate::limits::maybe_size"
        )]
        #[cfg_attr(target_arch = "wasm32", tsify(optional))]
        size: Option<u64>,
        /// A file name, if there is one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(target_arch = "wasm32", tsify(optional))]
        name: Option<String>,
    },
    /// The body of a reply that the caller has fetched, or of an object that it has opened. It
    /// passes by once.
    Reply(ReplyHead),
    /// An HLS playlist with everything it names.
    Playlist(PlaylistSource),
}

/// An HLS playlist with everything it names: one media of many files.
#[derive(Debug, Clone, PartialEq, Eq, Read, Write)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct PlaylistSource {
    /// Where the playlist is.
    pub root: PlaylistRoot,
    /// Where the segments are, in place of what the playlist says: for each different segment of one media playlist, in
    /// the order they first appear. URLs, or for a local playlist also paths below its folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub segments: Option<Vec<String>>,
    /// Which variants of a master playlist are wanted, each as [`crate::playlist::Choice`] spells it: all that fit
    /// one of these. An empty list wants all there are.
    #[serde(default)]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub variants: Vec<String>,
    /// Take playlists that are not complete for complete: what they list now is all there is.
    #[serde(default)]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub complete: bool,
    /// What to do about a segment that is not there.
    #[serde(default)]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub missing_segments: MissingSegments,
    /// What other hosts are asked with.
    #[serde(default)]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub hosts: Vec<HostAccess>,
    /// What is too much.
    #[serde(default)]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub limits: PlaylistLimits,
}

impl PlaylistSource {
    /// A playlist with everything it names, and nothing said about how.
    pub fn at(root: PlaylistRoot) -> PlaylistSource {
        PlaylistSource {
            root,
            segments: None,
            variants: vec![],
            complete: false,
            missing_segments: MissingSegments::default(),
            hosts: vec![],
            limits: PlaylistLimits::default(),
        }
    }

    /// # Errors
    /// `InvalidArgument` (`variants`, `hosts`, `sourceHeaders`).
    pub fn validate(&self) -> Result<(), Error> {
        for text in &self.variants {
            Choice::parse(text)?;
        }
        self.hosts.iter().try_for_each(HostAccess::validate)
    }
}

/// What to do about a segment that its source says is not there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Read, Write)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "snake_case")]
pub enum MissingSegments {
    /// It is an error.
    #[default]
    Fail,
    /// It becomes a gap (`EXT-X-GAP`), which players pass over.
    Gap,
}

impl MissingSegments {
    /// It is an error.
    pub fn fails(&self) -> bool {
        *self == MissingSegments::Fail
    }
}

/// Where a playlist is.
#[derive(Debug, Clone, PartialEq, Eq, Read, Write)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(
    rename_all = "camelCase",
    rename_all_fields = "camelCase",
    tag = "type"
)]
pub enum PlaylistRoot {
    /// Behind a URL. What it names is fetched, and never read from this machine.
    Url {
        /// Absolute, as the WHATWG parser spells it.
        url: String,
        /// Sent to the playlist's own origin only.
        #[cfg_attr(target_arch = "wasm32", tsify(type = "[string, string][]"))]
        headers: Headers,
    },
    /// A file. It may name files below its own folder, and URLs.
    File {
        /// Its name in its folder.
        name: String,
        /// Its whole path. It is written into the checkpoint.
        path: String,
    },
}

/// What a playlist may ask for: a hostile one could name the whole world.
#[derive(Debug, Clone, PartialEq, Eq, Read, Write)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", default)]
pub struct PlaylistLimits {
    /// Playlists, the root included.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub playlists: u32,
    /// Different files, playlists not included.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub files: u32,
    /// Bytes of one playlist.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub playlist_bytes: u64,
    /// Bytes in all.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub bytes: u64,
}

impl Default for PlaylistLimits {
    /// A day of 2-second segments in two variants, and then some.
    fn default() -> Self {
        PlaylistLimits {
            playlists: 100,
            files: 100_000,
            playlist_bytes: 8 << 20,
            bytes: 1 << 40,
        }
    }
}

/// How a part is proven to have arrived.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Read, Write)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "snake_case")]
pub enum Verify {
    /// Exact lengths on both sides, and the parts' CRC-64 folded and compared with the object's.
    #[default]
    Length,
    /// Also a CRC-64 computed here over every byte, compared part by part.
    Crc64,
}

/// What to do when VOD refuses a media because its `reference_id` belongs to one already: most often one of an earlier try
/// whose reply was lost, or whose process died before it could note the media id.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Read, Write)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "snake_case")]
pub enum Adopt {
    /// It is an error, unless a Create of this very upload had no reply and is seen to have made the media.
    #[default]
    Never,
    /// Go on with that media, if it has no file or one of the same size.
    Always,
    /// The same, and where that cannot be done a new media is made, without a reference id. For ids that were made up.
    IfPossible,
}

impl Adopt {
    /// Nobody asked for it.
    pub fn is_never(&self) -> bool {
        *self == Adopt::Never
    }
}

/// How to go about the upload. Every field may be left out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Read, Write)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", default)]
pub struct Options {
    /// Part size in bytes, 102,400 to 5,368,709,120. Grows by itself where 10,000 parts would not do.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub part_size: Option<u64>,
    /// Parts in flight at once. The host's maximum wins.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub concurrency: Option<u32>,
    /// How a part is proven to have arrived.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub verify: Verify,
    /// With `false` a source behind a URL is read in one request, in order: for links that work only once, and for hosts
    /// whose ranges cannot be trusted. A source whose ranges turn out not to work is read so anyway.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub ranges: Option<bool>,
    /// How long a source may stand still, before its first byte and between two, in ms: 300,000 and 60,000 unless told
    /// otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub source_timeout_ms: Option<u32>,
    /// How long VOD and OSS may stand still, in ms: 60,000 unless told otherwise. With a part comes what its bytes need
    /// at 16 KiB/s.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub service_timeout_ms: Option<u32>,
    /// Whatever `Content-Type` and name say, it is what it is uploaded as. Otherwise a page (HTML, JSON, XML), and for a
    /// video a playlist or an image, is refused before VOD hears of it.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub any_content_type: bool,
    /// Somebody said that it is a video: then it is one, although it looks like a playlist or an image.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub kind_is_said: bool,
    /// Allow sources on private and loopback addresses.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub allow_private_sources: bool,
    /// Refuse sources over plain `http:`, also where they redirect to and what a playlist names.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub https_only: bool,
    /// The hosts that sources may be on.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub source_hosts: SourceHosts,
    /// After a failure that a resume could mend, keep the multipart upload instead of aborting it.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub keep_on_failure: bool,
    /// Touch no media that the checkpoint only names: it must prove that an upload with the same AccessKey wrote it, or OSS
    /// must know its upload id. Otherwise the caller vouches for it, as it has to where the AccessKey has changed meanwhile.
    /// Unless told, a resume takes the caller's word for what it stores, and nothing is removed without the proof.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub own_media_only: Option<bool>,
    /// Where to stop early and hand the rest on. What is in flight is finished; the upload ends in `Suspended`.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub budget: Budget,
    /// What to do when the media's reference id belongs to a media already.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub adopt: Adopt,
    /// Give these bytes to a media that exists, in place of those it has. Nothing else of it changes; VOD transcodes it and
    /// takes its snapshots once more.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub replace: Option<VideoRef>,
    /// The media that an earlier try of this very upload was given, where no checkpoint tells: if the reference id is found
    /// to belong to it, this upload goes on with it, whatever `adopt` says, and sends everything again.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub earlier_media_id: Option<String>,
    /// Only these parts, of an upload that somebody else began and will complete.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub shard: Option<Shard>,
    /// Headers stored with the object (`Content-Type`, `Cache-Control`, `x-oss-…`).
    #[cfg_attr(target_arch = "wasm32", tsify(optional, type = "[string, string][]"))]
    pub object_headers: Headers,
    /// Whether VOD shows the watermark on a video; the template group decides where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub show_watermark: Option<bool>,
    /// The most that one connection to OSS may carry, in bit/s: 819,200 to 838,860,800.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub traffic_limit: Option<u64>,
    /// What OSS calls when the object is complete.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub callback: Option<OssCallback>,
    /// A source of more bytes is refused: before VOD hears of it, or where it turns out longer than it said.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub max_bytes: Option<u64>,
}

impl Options {
    /// What may be fetched.
    pub(super) fn source_policy(&self) -> SourcePolicy {
        SourcePolicy {
            allow_private: self.allow_private_sources,
            allow_http: !self.https_only,
            hosts: self.source_hosts.clone(),
        }
    }

    /// Headers of the request that makes the object: PutObject or CompleteMultipartUpload.
    pub(super) fn headers_at_the_end(&self) -> Headers {
        let mut headers = self
            .callback
            .as_ref()
            .map_or_else(Headers::new, OssCallback::headers);
        headers.extend(self.show_watermark.map(settings::watermark_header));
        headers
    }

    /// Headers of a request that carries bytes.
    pub(super) fn headers_of_a_body(&self) -> Headers {
        let limit = self.traffic_limit.map(settings::traffic_limit_header);
        limit.into_iter().collect()
    }
}

/// What one run may use up. Without a number there is no limit.
#[derive(Debug, Clone, Default, PartialEq, Eq, Read, Write)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", default)]
pub struct Budget {
    /// Parts begun; one that fails is sent again all the same. With 0 the upload is only prepared, for others to carry on.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub parts: Option<u32>,
    /// Requests sent, to the source, VOD and OSS together.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub subrequests: Option<u32>,
    /// Bytes of parts begun.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub bytes: Option<u64>,
    /// No part begins from then on, in ms since the epoch by the host's clock; of a source without ranges, not before one
    /// was accepted.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub deadline: Option<u64>,
}

/// A range of part numbers, both ends included, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Read, Write)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct Shard {
    /// The first part number.
    pub first: u32,
    /// The last part number; beyond the last part there is nothing to do.
    pub last: u32,
}

/// What the host can carry.
#[derive(Debug, Clone, PartialEq, Eq, Read, Write)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct HostLimits {
    /// Parts in flight where the caller says nothing.
    pub concurrency: u32,
    /// Parts in flight at the most.
    pub max_concurrency: u32,
    /// Bytes that all uploads of its process may hold in memory at once: parts of sources without ranges (every part where
    /// `buffers_parts`), files of playlists, and playlists. What each `Read` takes is leased from them.
    pub buffer_bytes: u64,
    /// Every part is buffered, because the runtime cannot stream an exact length.
    pub buffers_parts: bool,
    /// Requests it may send in one run, if there is such a limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub subrequests: Option<u32>,
    /// In a browser, the origin of the page: it sees of a reply only what the server shares with that origin (CORS), and of a
    /// request that is not allowed nothing but that it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub origin: Option<String>,
}
