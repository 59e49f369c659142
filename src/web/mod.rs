//! A driver in Rust for people whose Worker or browser code is Rust: the same [`Upload`](crate::upload::Upload) machine, run on
//! `fetch`.
//!
//! With the feature `web`, on wasm32 only, and never in the default core: clock, randomness, timers and promises live here.
//! Everything is decided by the core, and typed by it: [`crate::upload`] has what goes in and comes out.
//!
//! ```ignore
//! // Cargo.toml: vodlift = { version = "0.1", features = ["web"] }
//! let vod = Vodlift::new(Credentials { access_key_id, access_key_secret: Secret::new(secret), security_token: None });
//! let video = CreateUploadVideo { title: "Film".into(), ..Default::default() };
//! let outcome = vod.upload_url("https://example.com/film.mp4", video).signal(&request.signal()).await?;
//! ```
//!
//! In Cloudflare Workers parts are streamed through a `FixedLengthStream`; elsewhere each is gathered in memory first (part size
//! times parts in flight). Either way the bytes stay in JavaScript's memory, unless [`Verify::Crc64`](crate::upload::Verify)
//! wants to look at them.
//!
//! Runs share no budget of memory, as the uploads of the npm package do: each may hold 48 MiB in Workers, 64 MiB elsewhere, of a
//! source without ranges. How many of those run at once in one isolate is for the caller to bound.
//!
//! A checkpoint from a stranger may name any media: resume it with `own_media_only: Some(true)` among the options of [`Run`].
//!
//! An aborted signal gives the upload up and removes its parts from the server. Dropping the future closes every connection at
//! once and leaves the parts, to be resumed or aborted by checkpoint. A Worker whose client may leave needs both the request's
//! signal (compatibility flag `enable_request_signal`) and `waitUntil`, or the runtime ends it before it has cleaned up;
//! `examples/rust-worker` shows how.
//!
//! Read in this order: this file, `run` (one run, as a caller sees it), `driver` (which effect does what), `underway` (what runs
//! at once), `effects` (those that take time), `transfer` (exact lengths), `outgoing` and `reader` (requests and bodies), `body`
//! (read bit by bit), `watch` (time limits, and who is to blame), `source`, `account`, `checkpoint` (what a caller hands in),
//! `js` (what is taken from JavaScript).

mod account;
mod body;
mod checkpoint;
mod driver;
mod effects;
mod js;
mod outgoing;
mod reader;
mod run;
mod source;
mod transfer;
mod underway;
mod watch;

use std::future::Future;
use std::rc::Rc;

use wasm_bindgen::JsValue;
use web_sys::{Blob, ReadableStream};

pub use account::LocalFuture;
pub use run::{End, Run};

use crate::error::{Code, Error};
use crate::oss::OssService;
use crate::upload::{Checkpoint, Media, Options, Source};
use crate::vod::api::CreateUploadVideo;
use crate::vod::{Account, VodService};
use account::Keys;
use run::Task;
use source::Local;

/// Uploads media into ApsaraVideo VOD. Cheap to clone; in a Worker make one a request.
#[derive(Clone)]
pub struct Vodlift {
    keys: Rc<Keys>,
    vod: Option<VodService>,
    oss: OssService,
}

impl Vodlift {
    /// With credentials that are given once. Nothing is sent yet.
    pub fn new(account: impl Into<Account>) -> Vodlift {
        Vodlift::with(Keys::fixed(account.into()))
    }

    /// With a function that gives credentials, and is asked again before those it gave end.
    pub fn with_credentials<F>(provider: impl Fn() -> F + 'static) -> Vodlift
    where
        F: Future<Output = Result<Account, JsValue>> + 'static,
    {
        Vodlift::with(Keys::asked(Box::new(move || Box::pin(provider()))))
    }

    fn with(keys: Keys) -> Vodlift {
        Vodlift {
            keys: Rc::new(keys),
            vod: None,
            oss: OssService::default(),
        }
    }

    /// Which VOD API to call; `cn-shanghai` otherwise, or on resume the region of the checkpoint.
    #[must_use]
    pub fn vod(self, vod: VodService) -> Vodlift {
        Vodlift {
            vod: Some(vod),
            ..self
        }
    }

    /// How to reach and sign OSS.
    #[must_use]
    pub fn oss(self, oss: OssService) -> Vodlift {
        Vodlift { oss, ..self }
    }

    /// Uploads what is behind a URL as a video, read in parallel ranges where the source can. Limits: 1 byte to 48.8 TB.
    pub fn upload_url(&self, url: &str, video: CreateUploadVideo) -> Run {
        self.upload(Media::Video(video), source::url(url))
    }

    /// Uploads as any media what is behind a URL, or an HLS playlist with everything it names.
    pub fn upload(&self, media: Media, source: Source) -> Run {
        Run::new(self, Task::Upload(media), Ok(source), Local::Nothing)
    }

    /// Uploads a `Blob`, or a `File` with its name.
    pub fn upload_blob(&self, media: Media, blob: &Blob) -> Run {
        let (source, local) = (source::blob(blob), Local::Blob(blob.clone()));
        Run::new(self, Task::Upload(media), Ok(source), local)
    }

    /// Uploads a stream of bytes, such as the body of a request, of which the size may be unknown. It cannot be resumed.
    pub fn upload_stream(&self, media: Media, stream: ReadableStream, size: Option<u64>) -> Run {
        let source = Source::Stream { size, name: None };
        let local = Local::Stream(stream);
        Run::new(self, Task::Upload(media), Ok(source), local)
    }

    /// Goes on with an upload that was suspended, failed or lost its isolate. Without a source, from the URL in the checkpoint.
    pub fn resume(&self, from: Checkpoint, source: Option<Source>) -> Run {
        let source = source.map_or_else(|| source::remembered(&from), Ok);
        Run::new(self, Task::Resume(from), source, Local::Nothing)
    }

    /// Goes on with the upload of a `Blob`.
    pub fn resume_blob(&self, from: Checkpoint, blob: &Blob) -> Run {
        let (source, local) = (source::blob(blob), Local::Blob(blob.clone()));
        Run::new(self, Task::Resume(from), Ok(source), local)
    }

    /// Gives up an upload for good: its parts are removed from the server.
    ///
    /// # Errors
    /// `MediaUnconfirmed` where the media is not provably the checkpoint's own, `AbortRefused` where it is no longer unfinished;
    /// and when the server could not be told.
    pub async fn abort(&self, from: Checkpoint) -> Result<(), Error> {
        self.abort_with(from, Options::default()).await
    }

    /// The same with options of one's own: `own_media_only: Some(false)` vouches for what the checkpoint names, as where it was
    /// written with another AccessKey and nobody else could have written it.
    ///
    /// # Errors
    /// As [`Vodlift::abort`].
    pub async fn abort_with(&self, from: Checkpoint, options: Options) -> Result<(), Error> {
        // Nothing is read, so any source does.
        let source = Source::Slices {
            size: 1,
            modified: None,
            name: None,
            content_type: None,
            version: None,
        };
        let run = Run::new(self, Task::Discard(from), Ok(source), Local::Nothing);
        match run.options(options).end().await {
            Err(error) if error.code == Code::Aborted => Ok(()),
            other => other.map(drop),
        }
    }
}
