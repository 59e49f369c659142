//! Coming to rest before the end, and going on from a checkpoint: in another process, on another machine, in slices or
//! by several workers at once.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use super::call::{OssCall, VodCall};
use super::calls::{Trouble, VodTrouble};
use super::reader::Access;
use super::transfer::{Listing, Purpose};
use super::{Place, Task, Upload};
use crate::error::{Code, Error};
use crate::oss;
use crate::oss::request::UploadId;
use crate::source::probe::Likeness;
use crate::time::UnixMs;
use crate::upload::checkpoint::{
    Checkpoint, InOrder, PlaceMark, PlaylistMark, SourceMark, VERSION,
};
use crate::upload::event::{Effect, Phase};
use crate::upload::job::{Job, Source};
use crate::upload::parts::Accepted;
use crate::upload::plan::{MIN_PART_SIZE, Plan};
use crate::vod::Account;
use crate::vod::credential::UploadAddress;

/// Requests kept back for the end of a slice: a listing, a refresh, a retry.
const RESERVED_SUBREQUESTS: u32 = 4;

/// After so many runs in a row that got no further, the next would not either.
const IDLE_RUNS: u32 = 12;
/// As many where something was tried again, which may have been what took the time.
const TROUBLED_IDLE_RUNS: u32 = 40;

const GETS_NOWHERE: &str = "must be larger: run after run it was used up before the upload got any further (what cannot be gone on with, such as a source without ranges, begins at its first byte in each run)";

/// What this run has used up.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Spent {
    pub(super) parts: u32,
    pub(super) subrequests: u32,
    pub(super) bytes: u64,
    /// Parts begun: one that failed is sent again, whatever the budget, or a run may end as it began.
    begun: BTreeSet<u32>,
}

impl Spent {
    pub(super) fn begin(&mut self, part: u32, length: u64) {
        if self.begun.insert(part) {
            self.parts = self.parts.saturating_add(1);
            self.bytes = self.bytes.saturating_add(length);
        }
    }

    /// None of the parts counts for anything any more.
    pub(super) fn begin_anew(&mut self) {
        self.begun.clear();
        self.parts = 0;
        self.bytes = 0;
    }

    pub(super) fn begun(&self) -> &BTreeSet<u32> {
        &self.begun
    }
}

impl Upload {
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
        _now: UnixMs,
    ) -> Result<Upload, Error> {
        checkpoint.check()?;
        if let Source::Stream { .. } | Source::Reply(_) = job.source {
            return Err(once_only());
        }
        job.media = checkpoint.media.clone();
        job.options.object_headers = checkpoint.object_headers.clone();
        job.options.show_watermark = checkpoint.show_watermark;
        job.options.adopt = checkpoint.adopt;
        job.options.replace = checkpoint.replace.clone();
        if let (Source::Playlist(source), Some(mark)) = (&mut job.source, &checkpoint.playlist) {
            mark.restore(source)?;
        }
        if let Some(Plan::Parts { part_size, .. } | Plan::Growing { part_size, .. }) =
            checkpoint.plan
        {
            let wanted = job.options.part_size.replace(part_size);
            // What was to be one PutObject became parts for want of memory.
            let was_cut = checkpoint.plan.as_ref().and_then(Plan::size) == Some(part_size);
            let fits = |wanted: &u64| *wanted == part_size || (was_cut && *wanted > part_size);
            if let Some(wanted) = wanted.filter(|wanted| !fits(wanted)) {
                let rule = format!(
                    "cannot change on resume: it began with {part_size} bytes, got {wanted}"
                );
                return Err(Error::invalid("partSize", rule));
            }
        }
        if checkpoint.callback_removed && job.options.callback.is_none() {
            let rule = "must be passed again: its URL may hold a credential and was not stored";
            return Err(Error::invalid("callback", rule));
        }
        let account = account.into();
        super::check(&job, &account.credentials)?;
        let is_own = checkpoint.is_proven_by(&account.credentials.access_key_secret);
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
        upload.resumed = true;
        upload.is_own = is_own;
        if checkpoint.source.read_once {
            upload.reader.read_without_ranges();
        }
        upload.upload_id = checkpoint.upload_id.clone().and_then(UploadId::new);
        upload.replaced_bytes = checkpoint.replaced_bytes;
        upload.spoiled = checkpoint.spoiled;
        upload.adoption.create_sent = checkpoint.create_sent;
        upload.adoption.create_in_doubt = checkpoint.create_sent.is_some();
        upload.expected = Some(checkpoint);
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
        let mut message = "the upload was aborted".to_owned();
        if !upload.job.media.is_renewable() {
            // Nothing can be sent without a credential, and there is none to be had for the old place.
            upload.cleanup_over = true;
            message += "; VOD removes its parts within 7 days";
        }
        upload.verdict = Some(Error::new(Code::Aborted, message));
        upload.phase = Phase::Aborting;
        upload.discarding = true;
        upload.is_own |= upload.job.options.own_media_only == Some(false);
        upload.expect_orphans();
        Ok(upload)
    }

    pub(super) fn save(&mut self) {
        if self.reader.access == Access::Stream {
            self.parts.extend_row();
        }
        let checkpoint = self.stand();
        self.out.push(Effect::Checkpoint { checkpoint });
    }

    pub(super) fn stand(&self) -> Checkpoint {
        // Before the source and the place are seen again, what the checkpoint says of them is all there is to say.
        let before = self.expected.as_ref();
        let seen = self.has_begun_files()
            || (self.reader.access != Access::Unknown && self.plan.is_some());
        let mark = SourceMark {
            size: self.reader.announced,
            validator: self.reader.validator.clone(),
            modified: self.reader.modified,
            read_once: self.reader.is_read_once(),
            ..SourceMark::place_of(&self.job.source)
        };
        let named = before.and_then(|before| before.place.clone());
        let place = self.place.as_ref().map(|place| PlaceMark {
            media_id: place.media_id.clone(),
            bucket: place.target.bucket.clone(),
            object_key: place.target.key.clone(),
            proof: named.as_ref().and_then(|named| named.proof.clone()),
        });
        let mut checkpoint = Checkpoint {
            version: VERSION,
            media: self.job.media.clone(),
            region: self.job.vod.region.clone(),
            source: before
                .filter(|_| !seen)
                .map_or(mark, |before| before.source.clone()),
            object_headers: self.job.options.object_headers.clone(),
            show_watermark: self.job.options.show_watermark,
            adopt: self.job.options.adopt,
            replace: self.job.options.replace.clone(),
            replaced_bytes: self.replaced_bytes,
            spoiled: self.spoiled,
            adopted: self.adoption.adopted || before.is_some_and(|before| before.adopted),
            create_sent: self.adoption.create_sent,
            callback_removed: self.job.options.callback.is_some(),
            plan: self.plan.clone().or_else(|| before?.plan.clone()),
            place: place.or(named),
            upload_id: self.upload_id.as_ref().map(|id| id.as_str().to_owned()),
            playlist: self.playlist_mark().or_else(|| before?.playlist.clone()),
            idle_runs: match self.phase {
                Phase::Ended => self.idle_runs(),
                _ => before.map_or(0, |before| before.idle_runs),
            },
            parts_accepted: self
                .parts
                .count()
                .max(self.same_upload().map_or(0, |before| before.parts_accepted)),
            in_order: self.in_order(),
            bytes_accepted: self.parts.bytes().max(
                before
                    .filter(|_| !seen)
                    .map_or(0, |before| before.bytes_accepted),
            ),
        };
        if self.is_own {
            checkpoint.prove(&self.account.credentials.access_key_secret);
        }
        checkpoint
    }

    /// What this run knows to follow each other; as long as it has nothing of its own, what the run before did.
    fn in_order(&self) -> Option<InOrder> {
        match self.same_upload().filter(|_| self.parts.count() == 0) {
            Some(before) => before.in_order.clone(),
            None => (self.reader.access == Access::Stream && self.upload_id.is_some())
                .then(|| InOrder::of(self.parts.row())),
        }
    }

    /// What the run before has written, if it went into the same multipart upload.
    fn same_upload(&self) -> Option<&Checkpoint> {
        let upload_id = self.upload_id.as_ref().map(UploadId::as_str);
        let before = self.expected.as_ref().filter(|_| self.restarts == 0);
        before.filter(|before| before.upload_id.as_deref() == upload_id)
    }

    // Coming to rest.

    pub(super) fn stop(&mut self) -> Result<(), Error> {
        if self.reader.is_once_only() {
            return Err(once_only());
        }
        self.stopping = true;
        self.stop_asked = true;
        Ok(())
    }

    /// The budget allows no further part; those begun are finished.
    pub(super) fn is_spent(&self) -> bool {
        let (budget, spent) = (&self.job.options.budget, &self.spent);
        budget.parts.is_some_and(|limit| spent.parts >= limit)
            || budget.bytes.is_some_and(|limit| spent.bytes >= limit)
    }

    /// The budget allows no further request, or there is no part left in the shard.
    pub(super) fn stop_if_spent(&mut self, now: UnixMs) {
        let budget = &self.job.options.budget;
        // What is read in order is read from the first byte on in each run: one that ends before its first part would end
        // there again.
        let owes_a_part = self.reader.access == Access::Stream && !self.has_moved();
        let requests = self.spent.subrequests.saturating_add(RESERVED_SUBREQUESTS);
        self.stopping |= budget.subrequests.is_some_and(|limit| requests >= limit)
            || (budget.deadline.is_some_and(|deadline| now.0 >= deadline) && !owes_a_part)
            || self.shard_is_over();
    }

    /// The parts that are this run's business: what it lists, moves and counts.
    pub(super) fn own_parts(&self) -> RangeInclusive<u32> {
        self.job
            .options
            .shard
            .map_or(1..=u32::MAX, |shard| shard.first..=shard.last)
    }

    fn shard_is_over(&self) -> bool {
        let Some(shard) = self.job.options.shard else {
            return false;
        };
        let last = self
            .plan
            .as_ref()
            .and_then(Plan::count)
            .map_or(shard.last, |count| count.min(shard.last));
        (shard.first..=last).all(|part| self.parts.accepted().contains_key(&part))
    }

    /// A wait for a part that would outlast the deadline ends with it.
    pub(super) fn within_deadline(&self, ms: u64, now: UnixMs) -> u64 {
        let left = self
            .job
            .options
            .budget
            .deadline
            .map(|deadline| deadline.saturating_sub(now.0));
        left.filter(|left| *left > 0)
            .map_or(ms, |left| left.min(ms))
    }

    pub(super) fn come_to_rest(&mut self) {
        let stopping = self.stopping;
        let busy = |task: &Task| match task {
            Task::Transfer { .. }
            | Task::Call { .. }
            | Task::Renew
            | Task::OpenFile(_)
            | Task::ReadFile(_) => true,
            Task::RetryPart(_) => !stopping,
            _ => false,
        };
        let may_rest = (self.stopping || self.is_spent())
            && self.outcome.is_none()
            && self.phase == Phase::Uploading
            && (self.upload_id.is_some() || self.has_begun_files());
        if may_rest && !self.tasks.values().any(busy) {
            self.enter(Phase::Suspending);
            self.still();
        }
        if self.phase == Phase::Suspending && self.tasks.is_empty() {
            self.phase = Phase::Ended;
            let checkpoint = self.stand();
            self.out.push(match self.is_getting_nowhere() {
                true => Effect::Failed {
                    error: Error::invalid("budget", GETS_NOWHERE),
                },
                false => Effect::Suspended { checkpoint },
            });
        }
    }

    /// The budget of this run was used up before it got further than those before.
    fn is_idle(&self) -> bool {
        let budget = &self.job.options.budget;
        let by_budget = !self.stop_asked && budget.parts != Some(0) && !self.shard_is_over();
        self.resumed && by_budget && (self.restarts > 0 || !self.has_moved())
    }

    /// More is accepted than when this run began.
    fn has_moved(&self) -> bool {
        let before = self.expected.as_ref().filter(|_| self.restarts == 0);
        self.parts.count() > before.map_or(0, |before| before.parts_accepted)
    }

    fn idle_runs(&self) -> u32 {
        let before = self.expected.as_ref().map_or(0, |before| before.idle_runs);
        match self.is_idle() {
            true => before.saturating_add(1),
            false => 0,
        }
    }

    fn is_getting_nowhere(&self) -> bool {
        let most = match self.retries {
            0 => IDLE_RUNS,
            _ => TROUBLED_IDLE_RUNS,
        };
        self.idle_runs() >= most
    }

    // Going on.

    /// The source is there: it must be what it was, and then VOD is asked for a credential, and OSS for what it has.
    pub(super) fn go_on(&mut self, now: UnixMs) -> Result<(), Error> {
        let Some(before) = &self.expected else {
            return Ok(());
        };
        let reader = &self.reader;
        let likeness = before
            .source
            .check(reader.announced, &reader.validator, reader.modified)?;
        self.reader.is_doubtful = likeness != Likeness::Same;
        if self.reader.announced.is_none() {
            self.reader.size = before.source.size;
            self.reader.announced = before.source.size;
        }
        if !self.job.media.is_renewable() {
            // No credential can be had for the place it had: a new one, from the first byte on.
            self.expected = None;
            self.upload_id = None;
            self.restarts = self.restarts.saturating_add(1);
            return self.source_known(now);
        }
        self.plan = before.plan.clone();
        self.refresh(now)
    }

    /// The address comes from VOD, not from the checkpoint: whoever edits a file must not lead the credential elsewhere.
    pub(super) fn find_place(
        &mut self,
        address: &UploadAddress,
        region: Option<&str>,
        now: UnixMs,
    ) -> Result<(), VodTrouble> {
        let Some(mark) = self
            .expected
            .as_ref()
            .and_then(|before| before.place.clone())
        else {
            return Ok(());
        };
        let target = oss::resolve_target(address, region, &self.job.vod, &self.job.oss)?;
        if (&target.bucket, &target.key) != (&mark.bucket, &mark.object_key) {
            let message = "VOD gives another object for this media than the checkpoint names";
            return Err(Trouble::Fatal(Error::new(Code::CheckpointInvalid, message)));
        }
        self.place = Some(Place {
            media_id: mark.media_id,
            target,
            prefix: address.object_prefix.clone(),
            url: None,
            file_url: None,
        });
        if !self.is_running() {
            return Ok(());
        }
        self.enter(Phase::Uploading);
        if self.upload_id.is_none() {
            self.expect_orphans();
            return Ok(self.begin_upload(now)?);
        }
        if self.reader.is_doubtful {
            let message = "the source has another ETag than before";
            return Ok(self.read_once(Error::new(Code::SourceChanged, message), now)?);
        }
        // It had ranges when it was cut: now each part has to fit into memory.
        let in_order = self.reader.access == Access::Stream;
        if in_order && self.plan()?.part_limit(1) > self.job.host.buffer_bytes {
            let message = "its ranges have stopped working, and its parts do not fit into memory";
            return Ok(self.read_once(Error::new(Code::SourceRange, message), now)?);
        }
        self.listing = Some(Listing {
            marker: self.own_parts().start().saturating_sub(1),
            purpose: Purpose::Resume,
            found: BTreeMap::new(),
        });
        Ok(self.call(OssCall::ListParts, now)?)
    }

    /// The credential has ended and nothing renews it: a new media, from the first byte on. What was sent to the old place
    /// cannot be removed without a credential; VOD does that by itself, after 7 days.
    pub(super) fn create_anew(&mut self, now: UnixMs) -> Result<(), Error> {
        let message = format!(
            "the upload credential has ended, and there is no call that renews that of {}",
            self.job.media.action()
        );
        let error = Error::new(Code::CredentialEnded, message);
        if !self.is_running() || !self.may_restart() {
            return Err(error);
        }
        self.drop_tasks(|_| true);
        self.after_refresh.clear();
        self.after_renewal.clear();
        self.place = None;
        self.auth = None;
        self.upload_id = None;
        self.restart(error, now)?;
        if self.reader.access == Access::Stream {
            // VOD is asked once the first bytes are there again.
            self.enter(Phase::Creating);
            return Ok(());
        }
        // VOD may still hand out the credential that was refused: it gets a little time to make another.
        self.enter(Phase::Creating);
        let delay = self
            .entropy
            .backoff_ms(self.restarts.saturating_add(2), None);
        self.wait(Task::RetryCall(VodCall::Create.into()), delay, now);
        Ok(())
    }

    pub(super) fn media_id(&self) -> &str {
        let marked = || {
            self.expected
                .as_ref()?
                .place
                .as_ref()
                .map(|place| place.media_id.as_str())
        };
        self.place
            .as_ref()
            .map(|place| place.media_id.as_str())
            .or_else(marked)
            .unwrap_or_default()
    }

    /// Takes over what the server has: of ranges any part, of a source read in order those from the beginning.
    pub(super) fn take_over(
        &mut self,
        found: BTreeMap<u32, Accepted>,
        now: UnixMs,
    ) -> Result<(), Error> {
        let in_order = self.reader.access == Access::Stream;
        let own = self.own_parts();
        for (part, accepted) in self
            .trusted(found)?
            .into_iter()
            .filter(|(part, _)| own.contains(part))
        {
            let plan = self.plan()?;
            let size = accepted.size;
            let fits = if in_order {
                // Those that were read in order may have been cut short.
                let sizes = MIN_PART_SIZE..=plan.part_limit(part);
                let is_last = plan.size() == Some(self.parts.bytes().saturating_add(size));
                let follows = part == self.parts.begun().saturating_add(1);
                follows && (is_last || sizes.contains(&size))
            } else {
                plan.part(part).map(|(_, length)| length) == Some(size)
            };
            if !fits {
                continue;
            }
            self.parts.accept(part, accepted);
            if in_order {
                self.reader.pass_over(size);
            }
        }
        let begun = self.parts.begun();
        let holes: Vec<u32> = (*own.start()..=begun)
            .filter(|part| !self.parts.accepted().contains_key(part))
            .collect();
        for part in holes {
            self.parts.ready(part);
        }
        self.progress();
        self.save();
        self.schedule(now)
    }

    /// Those of the parts that are where their numbers say. Of a run that read in order that holds for what it knew itself.
    fn trusted(&self, found: BTreeMap<u32, Accepted>) -> Result<BTreeMap<u32, Accepted>, Error> {
        let before = self.expected.as_ref();
        let Some(known) = before.and_then(|before| before.in_order.as_ref()) else {
            return Ok(found);
        };
        if !known.begins(&found) {
            return Ok(BTreeMap::new());
        }
        let plan = self.plan()?;
        let in_order = self.reader.access == Access::Stream;
        // What follows one that was cut short begins elsewhere than a range would.
        let fits = |(part, accepted): &(u32, Accepted)| {
            let is_range = plan.part(*part).map(|(_, length)| length) == Some(accepted.size);
            *part <= known.parts && (in_order || is_range)
        };
        Ok(found.into_iter().take_while(fits).collect())
    }

    /// The multipart upload of the checkpoint is gone: it was completed before somebody could say so, or removed.
    pub(super) fn look_for_the_whole(&mut self, now: UnixMs) -> Result<(), Error> {
        self.enter(Phase::Completing);
        self.complete_in_doubt = true;
        self.call(OssCall::HeadObject, now)
    }
}

fn once_only() -> Error {
    Error::new(
        Code::NotResumable,
        "a stream can be read only once, so nobody can go on with it later",
    )
}
