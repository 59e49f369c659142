//! Where the bytes come from.

use wasm_bindgen::prelude::*;
use web_sys::{Blob, File, ReadableStream};

use super::effects::internal;
use super::js;
use super::reader::Reader;
use super::watch::Side;
use crate::error::Error;
use crate::http::Headers;
use crate::upload::{Checkpoint, Failure, PlaylistRoot, PlaylistSource, Source, checkpoint};

/// What is read on this side of the network.
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

pub(super) fn url(url: &str) -> Source {
    Source::Url {
        url: url.to_owned(),
        headers: Headers::new(),
    }
}

/// It may tell its media type; a `File` also tells its name, and when it changed.
pub(super) fn blob(blob: &Blob) -> Source {
    let file = blob.dyn_ref::<File>();
    Source::Slices {
        size: blob.size() as u64,
        modified: file.map(|file| file.last_modified() as u64),
        name: file.map(File::name),
        content_type: Some(blob.type_()).filter(|told| !told.is_empty()),
        version: None,
    }
}

/// With its URL as the WHATWG parser spells it: the core knows hosts only in punycode.
pub(super) fn absolute(mut source: Source) -> Result<Source, Error> {
    if let Source::Url { url, .. }
    | Source::Playlist(PlaylistSource {
        root: PlaylistRoot::Url { url, .. },
        ..
    }) = &mut source
    {
        *url = js::absolute(url)?;
    }
    Ok(source)
}

/// What a checkpoint remembers of its source.
pub(super) fn remembered(checkpoint: &Checkpoint) -> Result<Source, Error> {
    let checkpoint::SourceMark {
        url, query_removed, ..
    } = &checkpoint.source;
    if *query_removed {
        let rule = "must be passed again: its query looked like a credential and was not stored";
        return Err(Error::invalid("source", rule));
    }
    let Some(given) = url else {
        let rule = "must be passed again: the checkpoint cannot tell where the bytes are";
        return Err(Error::invalid("source", rule));
    };
    if checkpoint.playlist.is_none() {
        return Ok(self::url(given));
    }
    Ok(Source::Playlist(PlaylistSource::at(PlaylistRoot::Url {
        url: given.clone(),
        headers: Headers::new(),
    })))
}
