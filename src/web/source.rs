//! Where the bytes come from, as a caller hands it in and as the core wants to know it.

use wasm_bindgen::prelude::*;
use web_sys::{Blob, File, ReadableStream};

use super::effects::internal;
use super::js;
use super::reader::Reader;
use super::watch::Side;
use crate::error::Error;
use crate::http::Headers;
use crate::upload::{Checkpoint, Failure, PlaylistLimits, PlaylistRoot, PlaylistSource, Source};

/// What a caller may upload.
pub enum Input {
    /// What is behind a URL, read in parallel ranges where the source can.
    Url {
        /// Absolute, `http` or `https`.
        url: String,
        /// Sent to the URL's own origin only, not to where it redirects.
        headers: Headers,
    },
    /// An HLS playlist behind a URL, with everything it names.
    Playlist {
        /// Absolute, `http` or `https`.
        url: String,
        /// Sent to the playlist's own origin only.
        headers: Headers,
        /// What is too much.
        limits: PlaylistLimits,
    },
    /// A `Blob`, or a `File` with its name and time.
    Blob(Blob),
    /// A stream of bytes that pass by once: it cannot be resumed.
    Stream {
        /// Of bytes, such as the body of a request.
        stream: ReadableStream,
        /// Length in bytes, if it is known.
        size: Option<u64>,
    },
}

impl From<&str> for Input {
    fn from(url: &str) -> Input {
        Input::Url {
            url: url.to_owned(),
            headers: Headers::new(),
        }
    }
}

/// A source on this side of the network, ready to be read.
pub(super) enum Local {
    Nothing,
    Blob(Blob),
    Stream(ReadableStream),
}

impl Local {
    /// Reads it from the first byte on.
    pub(super) fn open(&self) -> Result<Reader, Failure> {
        match self {
            Local::Nothing => Err(internal("there is no local source")),
            Local::Blob(blob) => read(&blob.stream()),
            Local::Stream(stream) => read(stream),
        }
    }

    /// Reads `length` bytes from `offset` on.
    pub(super) fn slice(&self, offset: u64, length: u64) -> Result<Reader, Failure> {
        let Local::Blob(blob) = self else {
            return Err(internal("the source cannot be read at an offset"));
        };
        let end = offset.saturating_add(length);
        let slice = blob.slice_with_f64_and_f64(offset as f64, end as f64);
        let slice = slice.map_err(|error| Side::local(0).broke(&error))?;
        read(&slice.stream())
    }
}

fn read(stream: &ReadableStream) -> Result<Reader, Failure> {
    Reader::of_stream(stream, None).map_err(|error| Side::local(0).broke(&error))
}

impl Input {
    /// Nothing is sent yet.
    pub(super) fn open(self) -> Result<(Source, Local), Error> {
        Ok(match self {
            Input::Url { url, headers } => {
                let url = js::absolute(&url)?;
                (Source::Url { url, headers }, Local::Nothing)
            }
            Input::Playlist {
                url,
                headers,
                limits,
            } => {
                let url = js::absolute(&url)?;
                let playlist = PlaylistSource {
                    root: PlaylistRoot::Url { url, headers },
                    segments: None,
                    limits,
                };
                (Source::Playlist(playlist), Local::Nothing)
            }
            Input::Blob(blob) => (slices(&blob), Local::Blob(blob)),
            Input::Stream { stream, size } => {
                let source = Source::Stream { size, name: None };
                (source, Local::Stream(stream))
            }
        })
    }

    /// What a checkpoint remembers of its source.
    pub(super) fn remembered(checkpoint: &Checkpoint) -> Result<Input, Error> {
        let mark = &checkpoint.source;
        if mark.query_removed {
            return Err(Error::invalid(
                "source",
                "must be passed again: its query looked like a credential and was not stored",
            ));
        }
        let Some(url) = mark.url.clone() else {
            return Err(Error::invalid(
                "source",
                "must be passed again: the checkpoint cannot tell where the bytes are",
            ));
        };
        let headers = Headers::new();
        Ok(match checkpoint.playlist {
            None => Input::Url { url, headers },
            Some(_) => Input::Playlist {
                url,
                headers,
                limits: PlaylistLimits::default(),
            },
        })
    }
}

fn slices(blob: &Blob) -> Source {
    let file = blob.dyn_ref::<File>();
    Source::Slices {
        size: blob.size() as u64,
        modified: file.map(|file| file.last_modified() as u64),
        name: file.map(File::name),
    }
}

/// For a run that reads nothing.
pub(super) fn nothing() -> (Source, Local) {
    let source = Source::Slices {
        size: 1,
        modified: None,
        name: None,
    };
    (source, Local::Nothing)
}
