//! The ways to begin: a new upload, one that goes on from a checkpoint, or one that only removes what is left.

use super::content::Content;
use super::ending::{Debt, Ending, Left};
use super::object::Object;
use super::resting::once_only;
use super::state::State;
use super::{Upload, adopt, playlist, replace, ticket};
use crate::error::Error;
use crate::oss::request::UploadId;
use crate::oss::settings;
use crate::source::guard::{check_headers, check_url};
use crate::time::UnixMs;
use crate::upload::checkpoint::{Checkpoint, PlaylistMark};
use crate::upload::job::{Budget, Job, Media, PlaylistRoot, Source};
use crate::upload::naming;
use crate::upload::plan::{self, Plan, Shape};
use crate::vod::{Account, Credentials};

use super::context::Context;

impl Upload {
    /// Prepares an upload; nothing is sent before [`Event::Start`](crate::upload::Event::Start). `entropy` must be drawn for
    /// this upload alone.
    ///
    /// # Errors
    /// `InvalidArgument` with the field and the rule, `UrlRefused`: everything that can be refused before a request.
    pub fn new(
        job: Job,
        account: impl Into<Account>,
        entropy: [u8; 32],
        now: UnixMs,
    ) -> Result<Upload, Error> {
        let account = account.into();
        check(&job, &account, now)?;
        replace::check_metadata(&job)?;
        if job.options.shard.is_some() {
            let rule = "needs an upload to be a part of: begin it with a budget of 0 parts, and resume from its checkpoint";
            return Err(Error::invalid("shard", rule));
        }
        Ok(Upload::idle(job, account, entropy))
    }

    fn idle(job: Job, account: Account, entropy: [u8; 32]) -> Upload {
        let content = match playlist::of(&job) {
            Some(playlist) => Content::Playlist(playlist),
            None => Content::Object(Box::new(Object::new(&job))),
        };
        Upload {
            cx: Context::new(job, account, entropy),
            content,
            state: State::Looking,
            told: (None, false),
            #[cfg(debug_assertions)]
            marks: Default::default(),
        }
    }

    /// Goes on from a checkpoint. `job` says where the source is now and how to go about it; what it becomes, where it goes
    /// and how it is cut come from the checkpoint.
    ///
    /// # Errors
    /// `CheckpointInvalid`, `NotResumable`, `InvalidArgument`: what can be refused before a request. A source that is no
    /// longer what it was is refused as `SourceChanged` once it was looked at.
    pub fn resume(
        checkpoint: Checkpoint,
        mut job: Job,
        account: impl Into<Account>,
        entropy: [u8; 32],
        now: UnixMs,
    ) -> Result<Upload, Error> {
        checkpoint.check()?;
        if let Source::Stream { .. } | Source::Reply(_) = job.source {
            return Err(once_only());
        }
        restore(&checkpoint, &mut job)?;
        let account = account.into();
        check(&job, &account, now)?;
        if let Some(ticket) = &account.ticket {
            ticket::check_media(ticket, &checkpoint)?;
        }
        // Whoever has a ticket was given the place by its owner.
        let is_own = account.ticket.is_some()
            || checkpoint.is_proven_by(&account.credentials.access_key_secret);
        if job.options.shard.is_some() && !job.media.is_renewable() {
            let rule = "is for videos: the upload credential of other media cannot be fetched by another run";
            return Err(Error::invalid("shard", rule));
        }
        if job.options.shard.is_some() && checkpoint.upload_id.is_none() {
            return Err(Error::invalid(
                "shard",
                "needs a checkpoint that holds an upload id",
            ));
        }
        checkpoint.check_replaced()?;
        let mut upload = Upload::idle(job, account, entropy);
        if let Content::Object(object) = &mut upload.content
            && checkpoint.source.read_once
        {
            object.read_without_ranges();
        }
        let cx = &mut upload.cx;
        cx.resumed = true;
        cx.rights.own = is_own;
        cx.rights.adopted = checkpoint.adopted;
        cx.rights.replaced_bytes = checkpoint.replaced_bytes;
        cx.rights.spoiled = checkpoint.spoiled;
        cx.rights.create_sent = checkpoint.create_sent;
        cx.rights.create_in_doubt = checkpoint.create_sent.is_some();
        if let Some(place) = &checkpoint.place {
            cx.media_id = place.media_id.clone();
        }
        cx.before = Some(checkpoint);
        Ok(upload)
    }

    /// Removes what an upload has left on the server. It ends in `Failed` with the code `Aborted` when that is done.
    ///
    /// # Errors
    /// As [`Upload::resume`].
    pub fn discard(
        checkpoint: Checkpoint,
        job: Job,
        account: impl Into<Account>,
        entropy: [u8; 32],
        now: UnixMs,
    ) -> Result<Upload, Error> {
        // Nothing will be completed.
        let nothing_asked = |mark| PlaylistMark {
            with_hosts: false,
            ..mark
        };
        let checkpoint = Checkpoint {
            callback_removed: false,
            playlist: checkpoint.playlist.map(nothing_asked),
            ..checkpoint
        };
        let mut upload = Upload::resume(checkpoint, job, account, entropy, now)?;
        upload.cx.rights.own |= upload.cx.job.options.own_media_only == Some(false);
        upload.expect_orphans();
        let left = upload.left();
        let ending = Ending::discarded(&upload.cx, left);
        upload.state = State::Ending(Box::new(ending));
        Ok(upload)
    }

    /// What this upload may leave behind.
    pub(super) fn left(&mut self) -> Left {
        let cx = &self.cx;
        let before = cx.before.as_ref().filter(|before| before.place.is_some());
        let had_files = before.is_some_and(|before| before.playlist.is_some());
        let noted = cx
            .before
            .as_ref()
            .and_then(|before| before.upload_id.clone());
        let noted = noted.and_then(UploadId::new);
        let is_before_place = self.state.is_before_place();
        let (files, may_land) = match &self.content {
            Content::Playlist(playlist) => (playlist.has_begun(), cx.tasks.transfers() > 0),
            Content::Object(_) => (false, false),
        };
        let state = std::mem::replace(&mut self.state, State::Looking);
        let (grant, upload_id) = state.into_place();
        Left {
            grant,
            upload_id: upload_id.or(noted.filter(|_| is_before_place)),
            files: (files || had_files).then_some(Debt::Files),
            may_land,
        }
    }
}

/// What it becomes, where it goes and how it is cut come from the checkpoint.
fn restore(checkpoint: &Checkpoint, job: &mut Job) -> Result<(), Error> {
    job.media = checkpoint.media.clone();
    job.options.object_headers = checkpoint.object_headers.clone();
    job.options.show_watermark = checkpoint.show_watermark;
    job.options.adopt = checkpoint.adopt;
    job.options.replace = checkpoint.replace.clone();
    if let (Source::Playlist(source), Some(mark)) = (&mut job.source, &checkpoint.playlist) {
        mark.restore(source)?;
    }
    if let Some(Plan::Parts { part_size, .. } | Plan::Growing { part_size, .. }) = checkpoint.plan {
        let wanted = job.options.part_size.replace(part_size);
        // What was to be one PutObject became parts for want of memory.
        let was_cut = checkpoint.plan.as_ref().and_then(Plan::size) == Some(part_size);
        let fits = |wanted: &u64| *wanted == part_size || (was_cut && *wanted > part_size);
        if let Some(wanted) = wanted.filter(|wanted| !fits(wanted)) {
            let rule =
                format!("cannot change on resume: it began with {part_size} bytes, got {wanted}");
            return Err(Error::invalid("partSize", rule));
        }
    }
    if checkpoint.callback_removed && job.options.callback.is_none() {
        let rule = "must be passed again: its URL may hold a credential and was not stored";
        return Err(Error::invalid("callback", rule));
    }
    Ok(())
}

/// It is kept in the checkpoint.
const MAX_VERSION_BYTES: usize = 1024;

fn check_keys(credentials: &Credentials) -> Result<(), Error> {
    if credentials.access_key_id.is_empty() {
        return Err(Error::invalid("accessKeyId", "must not be empty"));
    }
    if credentials.access_key_secret.expose().is_empty() {
        return Err(Error::invalid("accessKeySecret", "must not be empty"));
    }
    Ok(())
}

fn check(job: &Job, account: &Account, now: UnixMs) -> Result<(), Error> {
    match &account.ticket {
        Some(ticket) => ticket::check(job, ticket, now)?,
        None => check_keys(&account.credentials)?,
    }
    job.vod.base_url()?;
    job.oss.validate()?;
    let options = &job.options;
    settings::check_object_headers(&options.object_headers)?;
    settings::check_traffic_limit(options.traffic_limit)?;
    options.source_hosts.validate()?;
    options
        .callback
        .as_ref()
        .map_or(Ok(()), |callback| callback.validate())?;
    if options.show_watermark.is_some() && !job.media.is_renewable() {
        return Err(Error::invalid("showWatermark", "is for videos only"));
    }
    if job.options.concurrency == Some(0) {
        return Err(Error::invalid("concurrency", "must be at least 1, got 0"));
    }
    for (field, ms) in [
        ("sourceTimeoutMs", options.source_timeout_ms),
        ("serviceTimeoutMs", options.service_timeout_ms),
    ] {
        if ms == Some(0) {
            return Err(Error::invalid(field, "must be at least 1, got 0"));
        }
    }
    if options.max_bytes == Some(0) {
        return Err(Error::invalid("maxBytes", "must be at least 1, got 0"));
    }
    plan::plan(
        Shape {
            size: Some(1),
            buffered: false,
        },
        &job.options,
        &job.host,
    )?;
    match &job.source {
        Source::Reply(head) => drop(head.read()?),
        Source::Slices {
            version: Some(version),
            ..
        } if version.len() > MAX_VERSION_BYTES => {
            let rule = format!("must have at most {MAX_VERSION_BYTES} bytes");
            return Err(Error::invalid("source.version", rule));
        }
        _ => {}
    }
    let playlist = match &job.source {
        Source::Playlist(playlist) => Some(playlist),
        _ => None,
    };
    playlist.map_or(Ok(()), |playlist| playlist.validate())?;
    if playlist.is_some() && job.options.shard.is_some() {
        return Err(Error::invalid("shard", "is for media of one object"));
    }
    let url = match (&job.source, playlist.map(|playlist| &playlist.root)) {
        (Source::Url { url, headers }, _) | (_, Some(PlaylistRoot::Url { url, headers })) => {
            Some((url, headers))
        }
        _ => None,
    };
    if let Some((url, headers)) = url {
        check_headers(headers)?;
        check_url(url, &options.source_policy())?;
    }
    adopt::check(job)?;
    replace::check(job)?;
    // A title or file name may still come from the source; all else can be judged now.
    let starts_over = account.ticket.is_none() && !job.media.is_renewable();
    if starts_over && job.options.budget != Budget::default() {
        let rule = "does not go with an image or attached media: its upload credential cannot be renewed, so a later run starts over";
        return Err(Error::invalid("budget", rule));
    }
    let mut media = job.media.clone();
    let gaps = naming::Hints::of_any(&media);
    if playlist.is_some() {
        let Media::Video(video) = &media else {
            let rule = "must be a video: a playlist is nothing else";
            return Err(Error::invalid("media", rule));
        };
        if !video.file_name.is_empty() && !playlist::is_m3u8(&video.file_name) {
            let rule = "must end in .m3u8: VOD tells a playlist by it";
            return Err(Error::invalid("fileName", rule));
        }
    }
    naming::complete(&mut media, &gaps)?;
    media.validate()
}
