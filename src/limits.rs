//! The limits that are not a service's: what this side takes in, so that memory stays bounded by what is allowed. Whoever
//! else needs one of them asks for it here, across the door too.

use crate::http::Headers;
use crate::json::Write;

/// Text that crosses the door at once, in characters: the longest playlist, twice.
pub const TEXT: usize = 16 << 20;
/// What VOD or OSS may answer at once, in bytes. A thousand parts are a list of 0.3 MB; JSON takes 24 times its length when it
/// is read.
pub const REPLY: usize = 2 << 20;
/// What of a reply may be read before there is room for what it becomes, in bytes. Few are longer.
pub const REPLY_AHEAD: usize = 16 << 10;
/// What a longer reply to a call may take while it is read, in bytes: as bytes, and as text of two bytes a character. What it
/// becomes in the core is there for one at a time.
pub const REPLY_MEMORY: usize = 3 * REPLY;
/// Headers that a caller sends to a source, or to one host, in bytes: names and values. Servers take no more either.
pub const HEADER_BYTES: usize = 16 << 10;
/// What an upload may hold in memory of all its playlists and of what they name, in bytes: as it is kept, not as it was read.
pub const PLAYLIST_MEMORY: usize = 40 << 20;
/// What of a playlist's text may be read before there is room for what it becomes, in bytes.
pub const TEXT_AHEAD: usize = 256 << 10;
/// A row of a table that uploads are listed in, in characters.
pub const ROW: usize = 1 << 20;
/// The least memory that all uploads of a process may be given to gather parts and playlists in, in bytes.
pub const LEAST_MEMORY: u64 = 1 << 20;
/// An instance of the wasm with more memory than this takes nothing new in: memory that was once taken is given back only
/// with the instance.
pub const INSTANCE_MEMORY: usize = 24 << 20;
/// URIs in all playlists of an upload. Each costs a request, or a line in what is stored.
pub const REFERENCES: usize = 200_000;
/// Variants and renditions that one playlist may list.
pub const VARIANTS: usize = 2_000;
/// The value of a variable, and a text with values in place of its variables, in bytes.
pub const VALUE_BYTES: usize = 64 << 10;
/// Playlists as they are stored may have so many times the bytes that were read, and the spare ones beside.
pub const GROWTH: usize = 4;
/// See [`GROWTH`].
pub const SPARE: usize = 64 << 10;
/// The largest whole number up to which JavaScript has each of them.
pub const LARGEST_EXACT: u64 = (1 << 53) - 1;

/// The limits that a shell or the other side of the door keeps to.
#[derive(Debug, Clone, PartialEq, Eq, Write)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct Limits {
    /// The version of this build: the package must be of the same.
    pub version: &'static str,
    /// Text that is passed to the core at once, in UTF-16 units.
    pub text: usize,
    /// The body of a reply of VOD or OSS, in bytes.
    pub reply: usize,
    /// What of the reply to a call may be read before there is room for what it becomes, in bytes.
    pub reply_ahead: usize,
    /// What a longer reply to a call may take, in bytes.
    pub reply_memory: usize,
    /// Headers to send to a source, in bytes: names and values.
    pub header_bytes: usize,
    /// What one upload may hold of playlists, in bytes.
    pub playlist_memory: usize,
    /// What of a playlist's text may be read before there is room for what it becomes, in bytes.
    pub text_ahead: usize,
    /// A row of a table that uploads are listed in, in characters.
    pub row: usize,
    /// The least memory that all uploads of a process may be given to gather parts and playlists in, in bytes.
    pub least_memory: u64,
    /// What an instance of the core may have taken and still begin something new, in bytes.
    pub instance_memory: usize,
}

impl Limits {
    /// Those of this build.
    pub fn here() -> Limits {
        Limits {
            version: env!("CARGO_PKG_VERSION"),
            text: TEXT,
            reply: REPLY,
            reply_ahead: REPLY_AHEAD,
            reply_memory: REPLY_MEMORY,
            header_bytes: HEADER_BYTES,
            playlist_memory: PLAYLIST_MEMORY,
            text_ahead: TEXT_AHEAD,
            row: ROW,
            least_memory: LEAST_MEMORY,
            instance_memory: INSTANCE_MEMORY,
        }
    }
}

/// Bytes of headers, names and values.
pub(crate) fn bytes_of(headers: &Headers) -> usize {
    let bytes = |(name, value): &(String, String)| name.len().saturating_add(value.len());
    headers.iter().map(bytes).fold(0, usize::saturating_add)
}

/// A size in bytes as JavaScript has it: from 2^53 on its numbers are not exact and are written in other ways, and as a size
/// all of them are too large. The plan says so. The crate's own reader takes every number so.
#[cfg(feature = "serde")]
pub(crate) fn size<'de, D: serde::Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
    let number: f64 = serde::Deserialize::deserialize(from)?;
    if number >= 0.0 && number.trunc() == number {
        return Ok(number as u64);
    }
    Err(serde::de::Error::custom("a size must be a whole number"))
}

/// The same, where there may be none.
#[cfg(feature = "serde")]
pub(crate) fn maybe_size<'de, D>(from: D) -> Result<Option<u64>, D::Error>
where
    D: serde::Deserializer<'de>,
{
    #[derive(serde::Deserialize)]
    struct Size(#[serde(deserialize_with = "size")] u64);
    let size: Option<Size> = serde::Deserialize::deserialize(from)?;
    Ok(size.map(|Size(bytes)| bytes))
}
