//! The small requests on their way: one of each kind at a time, retried by the kind of trouble they meet.

use super::call::{CLEANUP_TRIES, Call, OssCall, VodCall};
use super::{Auth, Place, Task, Upload};
use crate::error::{Code, Error};
use crate::http::Reply;
use crate::oss;
use crate::oss::error::OssRecovery;
use crate::time::UnixMs;
use crate::upload::credential_clock;
use crate::upload::event::{Effect, Failure, FailureKind, Phase, Service};
use crate::upload::job::Media;
use crate::upload::plan::Plan;
use crate::upload::retry::{REFRESHES_IN_A_ROW, SAME_CREDENTIAL_TRIES};
use crate::vod::api::{self, UploadTicket};
use crate::vod::credential::UploadAuth;
use crate::vod::error::Recovery;
use crate::vod::{self, Account};
use crate::wire::refused::Refused;
use crate::wire::retry::retry_after_ms;

/// A new nonce helps at once or not at all.
const CORRECTED_TRIES: u32 = 3;

impl Upload {
    pub(super) fn create(&mut self, now: UnixMs) -> Result<(), Error> {
        if self.replaces() {
            return self.claim(now);
        }
        self.enter(Phase::Creating);
        let size = self.reader.size;
        self.job.media.set_size(size);
        self.note_create(now);
        self.call(VodCall::Create, now)
    }

    pub(super) fn is_creating(&self) -> bool {
        let calls = [
            VodCall::Create,
            VodCall::Adopt,
            VodCall::Survey,
            VodCall::Claim,
            VodCall::Inspect,
        ];
        calls.into_iter().any(|call| self.is_calling(call))
    }

    pub(super) fn is_calling(&self, wanted: impl Into<Call>) -> bool {
        let wanted = wanted.into();
        let in_flight = self.tasks.values().any(|task| match task {
            Task::Call { call, .. } | Task::RetryCall(call) => *call == wanted,
            _ => false,
        });
        in_flight || self.after_renewal.contains(&wanted) || self.after_refresh.contains(&wanted)
    }

    /// As [`Upload::call`], unless that is on its way already.
    fn call_once(&mut self, call: impl Into<Call>, now: UnixMs) -> Result<(), Error> {
        let call = call.into();
        match self.is_calling(call) {
            true => Ok(()),
            false => self.call(call, now),
        }
    }

    /// Sends a request, behind a refresh where its credential is due.
    pub(super) fn call(&mut self, call: impl Into<Call>, now: UnixMs) -> Result<(), Error> {
        self.spent.subrequests = self.spent.subrequests.saturating_add(1);
        let call = call.into();
        let (to, request) = match call {
            // Without any credential there was no Create in this run: it goes on from a checkpoint.
            Call::Oss(_) if self.auth.is_none() || self.auth_is_due(now) => {
                self.after_refresh.insert(call);
                return self.refresh(now);
            }
            Call::Vod(_) if !self.renewed && self.account.is_due(self.server_now(now)) => {
                return self.renew(call);
            }
            Call::Vod(call) => (Service::Vod, self.vod_request(call, now)?),
            Call::Oss(call) => (Service::Oss, self.oss_request(call, now)?),
        };
        let generation = self.auth.as_ref().map_or(0, |auth| auth.generation);
        let id = self.begin(Task::Call { call, generation });
        let after_checkpoint =
            call == VodCall::Create.into() && self.adoption.create_sent.is_some();
        self.out.push(Effect::Send {
            id,
            to,
            request,
            after_checkpoint,
        });
        Ok(())
    }

    pub(super) fn on_reply(
        &mut self,
        call: Call,
        generation: u32,
        reply: &Reply,
        now: UnixMs,
    ) -> Result<(), Error> {
        let id = ["x-oss-request-id", "x-acs-request-id"]
            .iter()
            .find_map(|name| reply.header(name));
        if let Some(id) = id {
            self.request_id = Some(id.to_owned());
        }
        match call {
            Call::Vod(call) => self.on_vod_reply(call, reply, now),
            Call::Oss(call) => self.on_oss_reply(call, generation, reply, now),
        }
    }

    fn on_vod_reply(&mut self, call: VodCall, reply: &Reply, now: UnixMs) -> Result<(), Error> {
        let is_wanted = self.is_wanted(call);
        // It names something that has to be removed or noted: it is heard at any time.
        if !is_wanted && call != VodCall::Create {
            return Ok(());
        }
        let outcome = match call {
            VodCall::Create => self.on_created(reply, now),
            VodCall::Adopt => self.on_adopted(reply, now),
            VodCall::Survey => self.on_surveyed(reply, now),
            VodCall::Claim => self.on_claimed(reply, now),
            VodCall::Inspect => self.on_inspected(reply, now),
            VodCall::RefreshUploadVideo => self.on_refreshed(reply, now),
            VodCall::GetMediaInfo => self.on_media_info(reply, now),
            VodCall::DeleteMultipartUpload => self.on_orphans_removed(reply, now),
            VodCall::DeleteVideo => self.on_video_deleted(reply),
            VodCall::Prove => self.on_proven(reply, now),
        };
        match outcome {
            Ok(()) => Ok(()),
            Err(Trouble::Fatal(error)) => Err(error),
            Err(Trouble::Service(_)) if !self.is_wanted(call) => Ok(()),
            Err(Trouble::Service(refused)) => self.vod_trouble(call, refused, reply, now),
        }
    }

    fn on_oss_reply(
        &mut self,
        call: OssCall,
        generation: u32,
        reply: &Reply,
        now: UnixMs,
    ) -> Result<(), Error> {
        // It names what a later run finds, or removes.
        if !self.is_wanted(call) && call != OssCall::InitiateMultipartUpload {
            return Ok(());
        }
        let outcome = match call {
            OssCall::InitiateMultipartUpload => self.on_initiated(reply, now),
            OssCall::ListParts => self.on_listed(reply, now),
            OssCall::CompleteMultipartUpload => self.on_completed(reply, now),
            OssCall::HeadObject => self.on_head(reply, now),
            OssCall::AbortMultipartUpload => self.on_aborted(reply, now),
            OssCall::PutPlaylist(number) => self.on_playlist_stored(number, reply, now),
        };
        match outcome {
            Ok(()) => Ok(()),
            Err(Trouble::Fatal(error)) => Err(error),
            Err(Trouble::Service(_)) if !self.is_wanted(call) => Ok(()),
            Err(Trouble::Service(refused)) => {
                self.oss_trouble(call, generation, refused, reply, now)
            }
        }
    }

    /// A request got through: its tries start from the beginning.
    pub(super) fn got_through(&mut self, call: impl Into<Call>) {
        let call = call.into();
        match call {
            Call::Vod(_) => self.renewed = false,
            Call::Oss(_) => self.refreshes_in_a_row = 0,
        }
        self.tries.remove(&call);
    }

    fn vod_trouble(
        &mut self,
        call: VodCall,
        refused: vod::error::Refused,
        reply: &Reply,
        now: UnixMs,
    ) -> Result<(), Error> {
        let Refused { error, recovery } = refused;
        let asked = retry_after_ms(&reply.headers, now);
        // A 5xx may have taken effect all the same.
        self.adoption.create_in_doubt |= call == VodCall::Create && reply.status >= 500;
        match recovery {
            Recovery::Backoff => self.retry_call(call, error, asked, now),
            // The next request has a new nonce.
            Recovery::NewNonce if self.tried(call) < CORRECTED_TRIES => {
                self.retry_call(call, error, asked, now)
            }
            Recovery::FixClock if !self.clock.is_hopeless() => {
                self.retry_call(call, error, asked, now)
            }
            Recovery::NewToken if self.account.renewable && !self.renewed => {
                self.renew(call.into())
            }
            Recovery::NewNonce | Recovery::FixClock | Recovery::NewToken | Recovery::Fail => {
                Err(vod::error::naming(error, self.question(call).0))
            }
        }
    }

    pub(super) fn oss_trouble(
        &mut self,
        call: OssCall,
        generation: u32,
        refused: oss::error::Refused,
        reply: &Reply,
        now: UnixMs,
    ) -> Result<(), Error> {
        let Refused { error, recovery } = refused;
        match recovery {
            OssRecovery::RefreshCredential => {
                self.distrust(generation, REFRESHES_IN_A_ROW, error)?;
                self.call(call, now)
            }
            OssRecovery::RefreshOnce => {
                self.distrust(generation, 1, error)?;
                self.call(call, now)
            }
            OssRecovery::Backoff | OssRecovery::ResendPart => {
                self.retry_call(call, error, retry_after_ms(&reply.headers, now), now)
            }
            OssRecovery::FixClock if !self.clock.is_hopeless() => {
                self.retry_call(call, error, None, now)
            }
            OssRecovery::FixClock
            | OssRecovery::RelistParts
            | OssRecovery::UploadGone
            | OssRecovery::Fail => Err(error),
        }
    }

    pub(super) fn on_call_failure(
        &mut self,
        call: Call,
        failure: &Failure,
        now: UnixMs,
    ) -> Result<(), Error> {
        if failure.kind == FailureKind::Canceled || !self.is_wanted(call) {
            return Ok(());
        }
        let was_sent = !matches!(
            failure.kind,
            FailureKind::Untrusted | FailureKind::ServiceRefused
        );
        if call == OssCall::CompleteMultipartUpload.into() && was_sent {
            self.complete_in_doubt = true;
        }
        self.adoption.create_in_doubt |= call == VodCall::Create.into();
        let (code, url) = match call {
            Call::Vod(_) => (Code::VodUnreachable, self.job.vod.base_url()?),
            Call::Oss(_) => (Code::OssUnreachable, self.place()?.target.base_url.clone()),
        };
        let host = url.split_once("://").map_or(url.as_str(), |(_, host)| host);
        let name = self.name_of(call);
        let message = format!("{name}: no reply from {host}: {}", failure.message);
        let error = Error::new(failure.kind.no_reply(code), message);
        if !error.retryable {
            return Err(error);
        }
        self.retry_call(call, error, None, now)
    }

    /// Whether its reply still matters. The clean-up may need a credential, too.
    pub(super) fn is_wanted(&self, call: impl Into<Call>) -> bool {
        let call = call.into();
        let renews = call == VodCall::RefreshUploadVideo.into() && self.phase == Phase::Aborting;
        self.is_running() || call.cleans_up() || renews
    }

    pub(super) fn tried(&self, call: impl Into<Call>) -> u32 {
        self.tries.get(&call.into()).copied().unwrap_or(0)
    }

    /// The clean-up gives up sooner: somebody waits for the error behind it.
    pub(super) fn most_tries(&self, call: Call) -> u32 {
        match self.phase {
            Phase::Aborting => call.tries().min(CLEANUP_TRIES),
            _ => call.tries(),
        }
    }

    pub(super) fn retry_call(
        &mut self,
        call: impl Into<Call>,
        error: Error,
        asked_ms: Option<u64>,
        now: UnixMs,
    ) -> Result<(), Error> {
        let call = call.into();
        let tries = self.tried(call).saturating_add(1);
        self.tries.insert(call, tries);
        if tries >= self.most_tries(call) {
            return Err(error);
        }
        self.retries = self.retries.saturating_add(1);
        let delay = self.entropy.backoff_ms(tries, asked_ms);
        self.wait(Task::RetryCall(call), delay, now);
        Ok(())
    }

    // The caller's credentials.

    /// Asks the caller for newer ones, once for all calls that wait for them.
    fn renew(&mut self, call: Call) -> Result<(), Error> {
        self.after_renewal.insert(call);
        if !self.tasks.values().any(|task| *task == Task::Renew) {
            let id = self.begin(Task::Renew);
            self.out.push(Effect::Renew { id });
        }
        Ok(())
    }

    pub(super) fn on_renewed(&mut self, account: Account, now: UnixMs) -> Result<(), Error> {
        self.account.replace(account);
        self.renewed = true;
        for call in std::mem::take(&mut self.after_renewal) {
            self.call(call, now)?;
        }
        Ok(())
    }

    // The upload credential.

    pub(super) fn auth(&self) -> Result<&Auth, Error> {
        self.auth
            .as_ref()
            .ok_or_else(|| Error::new(Code::Internal, "there is no upload credential yet"))
    }

    pub(super) fn auth_is_due(&self, now: UnixMs) -> bool {
        let Some(auth) = &self.auth else { return false };
        let is_new = auth.is_new(now);
        let now = self.server_now(now);
        // One that cannot be renewed is used until OSS refuses it: this machine's clock may be ahead.
        let over = self.job.media.is_renewable() && now >= auth.ask_at;
        auth.refusal.is_some() || (!is_new && over)
    }

    /// One refresh at a time, shared by all who wait for it.
    pub(super) fn refresh(&mut self, now: UnixMs) -> Result<(), Error> {
        if !self.job.media.is_renewable() {
            return self.create_anew(now);
        }
        if self.is_calling(VodCall::RefreshUploadVideo) {
            return Ok(());
        }
        self.call(VodCall::RefreshUploadVideo, now)
    }

    /// The server refused the credential of this generation. A newer one is already there, or is fetched before the next
    /// use; too many in a row that were never good for anything end the upload.
    pub(super) fn distrust(
        &mut self,
        generation: u32,
        limit: u32,
        error: Error,
    ) -> Result<(), Error> {
        let Some(auth) = self
            .auth
            .as_mut()
            .filter(|auth| auth.generation == generation && auth.refusal.is_none())
        else {
            return Ok(());
        };
        auth.refusal = Some(error.clone());
        self.refreshes_in_a_row = self.refreshes_in_a_row.saturating_add(1);
        if self.refreshes_in_a_row > limit {
            // The caller's own keys are not to blame: VOD made this one.
            let hint = Code::CredentialStale.hint().into();
            Err(Error { hint, ..error })
        } else {
            Ok(())
        }
    }

    fn on_refreshed(&mut self, reply: &Reply, now: UnixMs) -> Result<(), VodTrouble> {
        let ticket = api::parse_refresh_upload_video(reply, self.server_now(now))?;
        self.got_through(VodCall::RefreshUploadVideo);
        let region = ticket.auth.region.clone();
        // The address stays the one first given: it may be an internal one by choice.
        if !self.take_credential(ticket.auth, now)? {
            return Ok(());
        }
        if self.place.is_none() {
            self.find_place(&ticket.address, region.as_deref(), now)?;
        }
        for call in std::mem::take(&mut self.after_refresh) {
            self.call(call, now)?;
        }
        Ok(self.schedule(now)?)
    }

    /// VOD keeps upload credentials for a while, and hands out the one it has with what is left of its life. So a refresh
    /// may bring the same once more: one that nobody refused is used on, for a refused one VOD is asked again, later.
    /// Returns whether there is a credential to go on with.
    fn take_credential(&mut self, ticket: UploadAuth, now: UnixMs) -> Result<bool, Error> {
        let server_now = self.server_now(now);
        let same = |auth: &Auth| auth.ticket.credentials == ticket.credentials;
        let Some(auth) = self.auth.as_mut().filter(|auth| same(auth)) else {
            let last = self.auth.as_ref().map_or(0, |auth| auth.generation);
            self.auth = Some(Auth::fresh(ticket, last.saturating_add(1), now));
            self.refreshes = self.refreshes.saturating_add(1);
            self.progress();
            return Ok(true);
        };
        let Some(refusal) = &auth.refusal else {
            auth.ask_at = credential_clock::ask_again_at(&ticket, server_now);
            auth.ticket = ticket;
            auth.fresh = true;
            auth.came = now;
            return Ok(true);
        };
        auth.given_again = auth.given_again.saturating_add(1);
        let times = auth.given_again;
        let limit = match self.phase {
            Phase::Aborting => CLEANUP_TRIES,
            _ => SAME_CREDENTIAL_TRIES,
        };
        if times >= limit {
            let message = format!(
                "{}; VOD has given the same upload credential {times} times since",
                refusal.message
            );
            return Err(Error {
                service_code: refusal.service_code.clone(),
                request_id: refusal.request_id.clone(),
                status: refusal.status,
                ..Error::new(Code::CredentialStale, message)
            });
        }
        self.retries = self.retries.saturating_add(1);
        let delay = self.entropy.backoff_ms(times.saturating_add(2), None);
        let delay = self.within_deadline(delay, now);
        self.wait(
            Task::RetryCall(VodCall::RefreshUploadVideo.into()),
            delay,
            now,
        );
        self.stop_if_spent(now);
        Ok(false)
    }

    // From nothing to an upload id.

    fn on_created(&mut self, reply: &Reply, now: UnixMs) -> Result<(), VodTrouble> {
        let at = self.server_now(now);
        let ticket = match self.job.media {
            Media::Video(_) => api::parse_create_upload_video(reply, at),
            Media::Image(_) => api::parse_create_upload_image(reply, at),
            Media::AttachedMedia(_) => api::parse_create_upload_attached_media(reply, at),
        };
        let ticket = match ticket {
            Ok(ticket) => ticket,
            Err(refused) => return self.not_created(refused, now),
        };
        self.got_through(VodCall::Create);
        self.settle_in(ticket, now)?;
        // Whoever goes on from here must not create another media.
        self.save();
        if !self.is_running() {
            return Ok(());
        }
        Ok(self.begin_upload(now)?)
    }

    /// Takes the place and the credential that VOD gives to a media.
    pub(super) fn settle_in(&mut self, ticket: UploadTicket, now: UnixMs) -> Result<(), Error> {
        self.request_id = ticket.request_id.clone();
        self.adoption.create_sent = None;
        self.is_own = true;
        // What the credential of an image says was seen to be another region than the bucket's.
        let region = match self.job.media {
            Media::Image(_) => None,
            Media::Video(_) | Media::AttachedMedia(_) => ticket.auth.region.as_deref(),
        };
        let target = oss::resolve_target(&ticket.address, region, &self.job.vod, &self.job.oss)?;
        self.place = Some(Place {
            media_id: ticket.media_id,
            target,
            prefix: ticket.address.object_prefix,
            url: ticket.url,
            file_url: ticket.file_url,
        });
        self.auth = Some(Auth::fresh(ticket.auth, 1, now));
        Ok(())
    }

    /// The place is known: move the bytes, with a multipart upload around them where there will be parts. One begun
    /// before is removed first.
    pub(super) fn begin_upload(&mut self, now: UnixMs) -> Result<(), Error> {
        self.enter(Phase::Uploading);
        if self.is_to_be_proven()? {
            return self.call_once(VodCall::Prove, now);
        }
        if self.files.is_some() {
            return self.begin_files(now);
        }
        // Also of what is one PutObject now, and was to be parts when it was read in pieces.
        if self.upload_id.is_some() {
            return self.call_once(OssCall::AbortMultipartUpload, now);
        }
        if matches!(self.plan()?, Plan::Put { .. }) {
            return self.schedule(now);
        }
        if self.may_have_orphans && self.is_own {
            return self.call_once(VodCall::DeleteMultipartUpload, now);
        }
        self.call_once(OssCall::InitiateMultipartUpload, now)
    }

    fn on_initiated(&mut self, reply: &Reply, now: UnixMs) -> Result<(), OssTrouble> {
        let upload_id = oss::xml::parse_initiate(reply)?;
        self.got_through(OssCall::InitiateMultipartUpload);
        self.upload_id = Some(upload_id);
        // Also where the upload has failed meanwhile: it is what a later run finds, or removes.
        self.save();
        if !self.is_running() {
            return Ok(());
        }
        Ok(self.schedule(now)?)
    }

    fn on_aborted(&mut self, reply: &Reply, now: UnixMs) -> Result<(), OssTrouble> {
        // 404: it is gone already, which is what was wanted.
        if !matches!(reply.status, 200 | 204 | 404) {
            return Err(oss::error::refused(reply).into());
        }
        self.got_through(OssCall::AbortMultipartUpload);
        self.upload_id = None;
        self.is_own |= reply.status != 404;
        if !self.is_running() {
            return Ok(());
        }
        Ok(self.begin_upload(now)?)
    }
}

/// What a step met: the service's refusal, to be weighed, or the end.
pub(super) enum Trouble<Recovery> {
    /// The reply is a refusal, or not what the service documents.
    Service(Refused<Recovery>),
    /// Something that no retry of this request mends.
    Fatal(Error),
}

/// Of the VOD API.
pub(super) type VodTrouble = Trouble<Recovery>;
/// Of OSS.
pub(super) type OssTrouble = Trouble<OssRecovery>;

impl<Recovery> From<Error> for Trouble<Recovery> {
    fn from(error: Error) -> Self {
        Trouble::Fatal(error)
    }
}

impl<Recovery> From<Refused<Recovery>> for Trouble<Recovery> {
    fn from(refused: Refused<Recovery>) -> Self {
        Trouble::Service(refused)
    }
}
