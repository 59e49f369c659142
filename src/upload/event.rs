//! What goes into the machine, and what comes out of it.

use super::checkpoint::Checkpoint;
use crate::error::Error;
use crate::http::{Headers, Request};
use crate::json::{Read, Write};
use crate::source::range::RangeExpectation;
use crate::vod::Account;
pub use crate::wire::FailureKind;

/// What the host tells the machine.
#[derive(Clone, PartialEq, Eq, Read)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(
    rename_all = "camelCase",
    rename_all_fields = "camelCase",
    tag = "type"
)]
pub enum Event {
    /// Begin. Once.
    Start,
    /// The whole reply to a `Send`.
    Replied {
        /// Of the `Send`.
        id: u32,
        /// HTTP status.
        status: u16,
        /// Header fields.
        #[cfg_attr(target_arch = "wasm32", tsify(type = "[string, string][]"))]
        headers: Headers,
        /// Body as text.
        body: String,
    },
    /// The source answered an `Open`; its body waits, unread.
    Opened {
        /// Of the `Open`.
        id: u32,
        /// HTTP status.
        status: u16,
        /// Header fields.
        #[cfg_attr(target_arch = "wasm32", tsify(type = "[string, string][]"))]
        headers: Headers,
        /// The first bytes of its body, as the `Open` asked for: a character for each byte.
        #[serde(default)]
        #[cfg_attr(target_arch = "wasm32", tsify(optional))]
        head: String,
    },
    /// A `Read` has filled the part's buffer.
    Filled {
        /// Of the `Read`.
        id: u32,
        /// Bytes in the buffer: `limit`, or fewer when the stream ended.
        length: u64,
        /// The stream ended within or exactly at the end of this read.
        ended: bool,
    },
    /// A `ReadText` is over.
    Text {
        /// Of the `ReadText`.
        id: u32,
        /// The body, up to `limit` bytes. A byte order mark is kept.
        text: String,
        /// The body ended within or exactly at the limit.
        ended: bool,
    },
    /// The server answered the PUT of a `Transfer`, whatever the status.
    Transferred {
        /// Of the `Transfer`.
        id: u32,
        /// Bytes handed over, counted by the host.
        sent: u64,
        /// HTTP status.
        status: u16,
        /// Header fields.
        #[cfg_attr(target_arch = "wasm32", tsify(type = "[string, string][]"))]
        headers: Headers,
        /// Body as text.
        body: String,
        /// CRC-64/XZ of the bytes sent, unsigned decimal, when the transfer asked for it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(target_arch = "wasm32", tsify(optional))]
        crc64: Option<String>,
    },
    /// The effect ended without a reply.
    Failed {
        /// Of the effect.
        id: u32,
        /// Why.
        failure: Failure,
    },
    /// The caller's credentials that a `Renew` asked for.
    Renewed {
        /// Of the `Renew`.
        id: u32,
        /// Newer ones.
        account: Account,
    },
    /// A `Wait` is over.
    Woke {
        /// Of the `Wait`.
        id: u32,
    },
    /// Finish the parts in flight, then end in `Suspended`: to be carried on later.
    Stop,
    /// Give up, and remove what was uploaded.
    Abort,
}

/// Why an effect ended without a reply.
#[derive(Clone, PartialEq, Eq, Read, Write)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct Failure {
    /// Which side, and how.
    pub kind: FailureKind,
    /// The runtime's own words, for the error message: no URL, no header value.
    pub message: String,
    /// The source's status, with `SourceReply`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub status: Option<u16>,
    /// The source's headers, with `SourceReply`.
    #[serde(default)]
    #[cfg_attr(target_arch = "wasm32", tsify(optional, type = "[string, string][]"))]
    pub headers: Headers,
}

/// Who is asked by a small request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Read, Write)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub enum Service {
    /// The VOD API.
    Vod,
    /// Object storage.
    Oss,
}

/// What the machine asks of the host.
#[derive(Debug, Clone, PartialEq, Eq, Read, Write)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(
    rename_all = "camelCase",
    rename_all_fields = "camelCase",
    tag = "type"
)]
pub enum Effect {
    /// Send a small request; its whole reply comes back as `Replied`.
    Send {
        /// Names this effect.
        id: u32,
        /// Whose request it is, for who watches.
        to: Service,
        /// To send as it is. Redirects are not followed.
        request: Request,
        /// Not before the checkpoints that came so far are durable.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        #[cfg_attr(target_arch = "wasm32", tsify(optional))]
        after_checkpoint: bool,
    },
    /// GET the source without following redirects; answer with `Opened` and keep the whole body. For a local
    /// source `request` is absent: open the stream, or the `file`, and answer status 200; of a file also its
    /// `content-length`.
    Open {
        /// Names this effect, and from then on the open body.
        id: u32,
        /// The GET, guarded: only addresses that the guard allows.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(target_arch = "wasm32", tsify(optional))]
        request: Option<Request>,
        /// A file below the folder of a local playlist, as a relative path with `/`. Whatever it is, a link included:
        /// outside of that folder nothing is opened.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(target_arch = "wasm32", tsify(optional))]
        file: Option<String>,
        /// With a success, tell so many of its first bytes, or all where there are fewer. They are still a part of the
        /// body that is kept.
        #[serde(default, skip_serializing_if = "is_zero")]
        #[cfg_attr(target_arch = "wasm32", tsify(optional))]
        peek: u32,
        /// Private addresses are allowed for this source.
        allow_private: bool,
    },
    /// Drop the body kept by an `Open`. No event follows.
    Close {
        /// Of the `Open`.
        id: u32,
    },
    /// Read the kept body on: drop `skip` bytes, then fill a buffer named `part` with up to `limit` bytes.
    Read {
        /// Names this effect.
        id: u32,
        /// The `Open` to read from.
        open: u32,
        /// Names the buffer.
        part: u32,
        /// Bytes to drop first.
        skip: u64,
        /// Bytes to read at the most, and all of them unless the stream ends or memory is short.
        limit: u64,
        /// Where memory is short, a buffer of so many bytes does: `Filled` may tell fewer than `limit`, but no fewer than
        /// this, and the stream goes on behind them. What must be whole has `limit` here.
        least: u64,
        /// For so long memory is short only when there is no room for the buffer. After that it is also when others wait for
        /// some: then the buffer gives up what it has not filled. In milliseconds.
        firm_ms: u32,
        /// Give up when the source does not move for this long, in milliseconds.
        idle_ms: u32,
    },
    /// Read the kept body as UTF-8 and answer with `Text`. A body that begins as gzip does (1f 8b) is unpacked while it is
    /// read, and `limit` is about what comes out. What is not UTF-8 then is a `SourceRead` failure.
    ReadText {
        /// Names this effect.
        id: u32,
        /// The `Open` to read from.
        open: u32,
        /// Bytes to read at the most.
        limit: u64,
        /// Give up when the source does not move for this long, in milliseconds.
        idle_ms: u32,
    },
    /// Drop a buffer. No event follows.
    Release {
        /// The buffer's name.
        part: u32,
    },
    /// PUT exactly `length` bytes of the source.
    Transfer {
        /// Names this effect.
        id: u32,
        /// Part number, or 0 for a whole object.
        part: u32,
        /// Where the bytes come from.
        body: TransferBody,
        /// How many bytes, exactly.
        length: u64,
        /// The signed PUT. The host adds the body, and says its length the way the runtime does.
        request: Request,
        /// Compute a CRC-64 of the bytes.
        checksum: bool,
    },
    /// Ask the caller for newer credentials; answer with `Renewed`.
    Renew {
        /// Names this effect.
        id: u32,
    },
    /// Answer `Woke` at `until`, in ms since the epoch by the host's clock.
    Wait {
        /// Names this effect.
        id: u32,
        /// When.
        until: u64,
    },
    /// End this effect now; it answers `Failed` with `Canceled`. One that has already answered stays as it is.
    Cancel {
        /// The effect to end.
        id: u32,
    },
    /// Tell the user.
    Progress {
        /// How far it is.
        progress: Progress,
    },
    /// Store this, if the caller keeps checkpoints.
    Checkpoint {
        /// Plain data without secrets.
        checkpoint: Checkpoint,
    },
    /// The upload has stopped early, as asked for or because its budget is used up. It goes on from the checkpoint.
    Suspended {
        /// Where it stands.
        checkpoint: Checkpoint,
    },
    /// The upload is complete and verified.
    Done {
        /// What there is now.
        outcome: Outcome,
    },
    /// The upload has ended without success.
    Failed {
        /// Why, and what to do.
        error: Error,
    },
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// Where a transfer's bytes come from.
#[derive(Debug, Clone, PartialEq, Eq, Read, Write)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(
    rename_all = "camelCase",
    rename_all_fields = "camelCase",
    tag = "type"
)]
pub enum TransferBody {
    /// GET this range. Before a byte moves, the reply must pass `checkRange(expect, …)`.
    Range {
        /// The ranged GET. Redirects are not followed.
        request: Request,
        /// What the reply must be.
        expect: Box<RangeExpectation>,
        /// Private addresses are allowed for this source.
        allow_private: bool,
    },
    /// `length` bytes of the local source from this offset.
    Slice {
        /// Offset in bytes.
        offset: u64,
    },
    /// `length` bytes, from the first on, of a file below the folder of a local playlist, as in `Open`.
    File {
        /// Its relative path.
        path: String,
    },
    /// The first `length` bytes of the body kept by this `Open`, of which nothing was read so far. It holds exactly as
    /// many, and is closed with this transfer, however that ends.
    Opened {
        /// The `Open`.
        open: u32,
        /// Give up when the source does not move for this long, in milliseconds.
        idle_ms: u32,
    },
    /// The buffer that a `Read` filled under this part's number. It stays until `Release`.
    Buffer,
}

/// What the upload is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Read, Write)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Looking at the source.
    Probing,
    /// Asking VOD for a place.
    Creating,
    /// Moving bytes.
    Uploading,
    /// Putting the parts together and checking the whole.
    Completing,
    /// Coming to rest, to be carried on later.
    Suspending,
    /// Removing what was uploaded.
    Aborting,
    /// Over.
    Ended,
}

/// How far an upload is.
#[derive(Debug, Clone, PartialEq, Eq, Read, Write)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct Progress {
    /// What the upload is doing.
    pub phase: Phase,
    /// The media id, once there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub media_id: Option<String>,
    /// What follows from this upload and the caller may not expect: that VOD transcodes a replaced media once more.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub notice: Option<String>,
    /// Bytes that the server has accepted in whole parts.
    pub bytes_accepted: u64,
    /// Bytes in all, if known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub bytes_total: Option<u64>,
    /// Parts accepted.
    pub parts_accepted: u32,
    /// Parts in all, if known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub parts_total: Option<u32>,
    /// Requests tried again so far.
    pub retries: u32,
    /// Upload credentials fetched anew so far.
    pub refreshes: u32,
    /// Times it started over, because the server or the source had lost it.
    pub restarts: u32,
    /// While nothing else is left to do but to wait for another try.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub retry: Option<Retry>,
    /// What was uploaded is being removed.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub removing: bool,
}

/// A step that has failed and is tried again in a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Read, Write)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct Retry {
    /// Which try comes next; the first one was 1.
    pub attempt: u32,
    /// How many there are.
    pub of: u32,
}

/// What a finished upload rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Read, Write)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "snake_case")]
pub enum Compared {
    /// The CRC-64 computed here over every byte that was sent, with the one that OSS computed.
    Crc64,
    /// The length of every part, and OSS's CRC-64 of the parts with its CRC-64 of the object.
    Parts,
    /// Lengths alone: OSS gave no checksum to compare, or none was asked for and there was but one part.
    Length,
    /// The length of a file that the media had already, with that of the source. Nothing was sent and no content compared.
    ExistingLength,
}

/// What vouches for the bytes that were read being those of one and the same file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Read, Write)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "snake_case")]
pub enum Vouched {
    /// The source tells the CRC-64 of the whole (`x-oss-hash-crc64ecma`), and it is that of what was stored.
    Digest,
    /// Each file was read from one reply, or from one stream.
    OneReply,
    /// Its ETag, date or digests were in every reply, and stayed the same.
    Validators,
    /// A local file, of which size and modification time stayed the same, or bytes in memory.
    Local,
    /// Nothing but its length: the source was read in several requests, and has no ETag, date or digest by which a change
    /// could have been noticed.
    Nothing,
}

/// What a finished upload has made.
#[derive(Debug, Clone, PartialEq, Eq, Read, Write)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct Outcome {
    /// The media id (VideoId, ImageId or MediaId).
    pub media_id: String,
    /// What it is: `video`, `image`, `attached` or `playlist`.
    pub kind: String,
    /// Of an image: its URL on the CDN domain. Where that domain asks for it, it is signed: whoever has it may look.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub image_url: Option<String>,
    /// Of an attached media: its URL on the CDN domain, signed likewise.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub media_url: Option<String>,
    /// Of an image or attached media: the object's own URL.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub file_url: Option<String>,
    /// The bucket it lies in.
    pub bucket: String,
    /// Its object key.
    pub object_key: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// Parts it was sent in; 1 for one PutObject; the files of a playlist, itself included.
    pub parts: u32,
    /// Segments of a playlist that were not there, and are gaps now (without their queries; the first 100 of them).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub missing_segments: Vec<String>,
    /// CRC-64/XZ of the object as OSS gave it, unsigned decimal; absent where OSS gave none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub crc64: Option<String>,
    /// The media existed, and has these bytes now in place of others.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub replaced: bool,
    /// What follows from this upload and the caller may not expect: that VOD transcodes a replaced media once more.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub notice: Option<String>,
    /// What was compared to know that it is whole.
    pub compared: Compared,
    /// What vouches for the source not having changed while it was read; absent where nothing was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub vouched: Option<Vouched>,
    /// It went on from a checkpoint.
    pub resumed: bool,
    /// Upload credentials fetched anew.
    pub refreshes: u32,
    /// Times it started over, because the server or the source had lost it, or because the credential of an image or
    /// attached media had ended: then the media id is a new one.
    pub restarts: u32,
    /// Requests tried again.
    pub retries: u32,
    /// The service's id of the last request.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub request_id: Option<String>,
}
