//! The small requests: one of each kind at a time, retried by the kind of trouble they meet.

use super::{Auth, Place, Task, Upload};
use crate::error::{Code, Error};
use crate::http::{Reply, Request};
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
use crate::vod::{self, Account, VideoRef, media_info};
use crate::wire::retry::{CALL_TRIES, retry_after_ms};

/// Tries of what cleans up.
const ABORT_TRIES: u32 = 3;
/// A new nonce helps at once or not at all.
const CORRECTED_TRIES: u32 = 3;

/// A small request by its purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Call {
    /// CreateUploadVideo, or what its media has instead.
    Create,
    /// RefreshUploadVideo by reference id, for a media that is there already.
    Adopt,
    /// What that media is: GetMezzanineInfo, or GetVideoInfo where it must be known when it was made.
    Survey,
    /// RefreshUploadVideo, for a media that is to be replaced.
    Claim,
    /// GetMezzanineInfo of that media.
    Inspect,
    RefreshUploadVideo,
    /// GetMezzanineInfo, or what its media has instead.
    GetMediaInfo,
    InitiateMultipartUpload,
    ListParts,
    CompleteMultipartUpload,
    HeadObject,
    AbortMultipartUpload,
    /// By the media id, where nobody knows the upload id.
    DeleteMultipartUpload,
    DeleteVideo,
    /// GetVideoInfo, before something is removed or stored by a media id that only a checkpoint names.
    Prove,
    /// A rewritten playlist, by its number.
    PutPlaylist(u32),
}

impl Call {
    fn is_vod(self) -> bool {
        matches!(
            self,
            Call::Create
                | Call::Adopt
                | Call::Survey
                | Call::Claim
                | Call::Inspect
                | Call::RefreshUploadVideo
                | Call::GetMediaInfo
                | Call::DeleteMultipartUpload
                | Call::DeleteVideo
                | Call::Prove
        )
    }

    /// It is sent when all else is over.
    pub(super) fn cleans_up(self) -> bool {
        matches!(
            self,
            Call::AbortMultipartUpload
                | Call::DeleteMultipartUpload
                | Call::DeleteVideo
                | Call::Prove
        )
    }

    /// What it is called in messages: for VOD, the action.
    fn name(self, media: &Media) -> String {
        match self {
            Call::Create => media.action().to_owned(),
            Call::Adopt | Call::Claim => api::REFRESH_UPLOAD_VIDEO.to_owned(),
            Call::Survey | Call::Inspect => api::GET_MEZZANINE_INFO.to_owned(),
            Call::Prove => api::GET_VIDEO_INFO.to_owned(),
            Call::GetMediaInfo => media_info::question(media, "").0.to_owned(),
            other => format!("{other:?}"),
        }
    }

    /// It is about the parts that were sent so far.
    pub(super) fn is_about_parts(self) -> bool {
        matches!(
            self,
            Call::ListParts | Call::CompleteMultipartUpload | Call::HeadObject
        )
    }

    pub(super) fn tries(self) -> u32 {
        if self.cleans_up() {
            ABORT_TRIES
        } else {
            CALL_TRIES
        }
    }
}

impl Upload {
    pub(super) fn create(&mut self, now: UnixMs) -> Result<(), Error> {
        if self.replaces() {
            return self.claim(now);
        }
        self.enter(Phase::Creating);
        let size = self.reader.size;
        self.job.media.set_size(size);
        self.note_create(now);
        self.call(Call::Create, now)
    }

    pub(super) fn is_creating(&self) -> bool {
        let calls = [
            Call::Create,
            Call::Adopt,
            Call::Survey,
            Call::Claim,
            Call::Inspect,
        ];
        calls.into_iter().any(|call| self.is_calling(call))
    }

    pub(super) fn is_calling(&self, wanted: Call) -> bool {
        let in_flight = self.tasks.values().any(|task| match task {
            Task::Call { call, .. } | Task::RetryCall(call) => *call == wanted,
            _ => false,
        });
        in_flight || self.after_renewal.contains(&wanted) || self.after_refresh.contains(&wanted)
    }

    /// As [`Upload::call`], unless that is on its way already.
    fn call_once(&mut self, call: Call, now: UnixMs) -> Result<(), Error> {
        match self.is_calling(call) {
            true => Ok(()),
            false => self.call(call, now),
        }
    }

    /// Sends a request, behind a refresh where its credential is due.
    pub(super) fn call(&mut self, call: Call, now: UnixMs) -> Result<(), Error> {
        self.spent.subrequests = self.spent.subrequests.saturating_add(1);
        // Without any credential there was no Create in this run: it goes on from a checkpoint.
        if !call.is_vod() && (self.auth.is_none() || self.auth_is_due(now)) {
            self.after_refresh.insert(call);
            return self.refresh(now);
        }
        if call.is_vod() && !self.renewed && self.account.is_due(self.server_now(now)) {
            return self.renew(call);
        }
        let (to, request) = if call.is_vod() {
            (Service::Vod, self.vod_request(call, now)?)
        } else {
            (Service::Oss, self.oss_request(call, now)?)
        };
        let generation = self.auth.as_ref().map_or(0, |auth| auth.generation);
        let id = self.begin(Task::Call { call, generation });
        let after_checkpoint = call == Call::Create && self.adoption.create_sent.is_some();
        self.out.push(Effect::Send {
            id,
            to,
            request,
            after_checkpoint,
        });
        Ok(())
    }

    fn vod_request(&mut self, call: Call, now: UnixMs) -> Result<Request, Error> {
        let nonce = self.entropy.nonce();
        let now = self.server_now(now);
        let (action, params) = self.vod_question(call);
        vod::request::request(
            &self.job.vod,
            &self.account.credentials,
            action,
            &params,
            &nonce,
            now,
        )
    }

    /// The action of the VOD API that a call is, and its parameters.
    fn vod_question(&self, call: Call) -> (&'static str, Vec<(String, String)>) {
        let media_id = self.media_id();
        match call {
            Call::Create => (self.job.media.action(), self.job.media.params()),
            Call::Adopt => (
                api::REFRESH_UPLOAD_VIDEO,
                api::refresh_by_reference_params(self.job.media.reference_id().unwrap_or_default()),
            ),
            Call::Claim => (
                api::REFRESH_UPLOAD_VIDEO,
                self.job
                    .options
                    .replace
                    .as_ref()
                    .map(VideoRef::params)
                    .unwrap_or_default(),
            ),
            Call::RefreshUploadVideo => (
                api::REFRESH_UPLOAD_VIDEO,
                api::refresh_upload_video_params(media_id),
            ),
            Call::DeleteMultipartUpload => (
                api::DELETE_MULTIPART_UPLOAD,
                api::delete_multipart_upload_params(media_id),
            ),
            Call::DeleteVideo => (api::DELETE_VIDEO, api::delete_video_params(media_id)),
            Call::Prove => (
                api::GET_VIDEO_INFO,
                api::get_mezzanine_info_params(media_id),
            ),
            Call::Survey => (
                self.survey_action(),
                api::get_mezzanine_info_params(media_id),
            ),
            _ => media_info::question(&self.job.media, media_id),
        }
    }

    fn oss_request(&self, call: Call, now: UnixMs) -> Result<Request, Error> {
        let now = self.server_now(now);
        let target = &self.place()?.target;
        let credentials = &self.auth()?.ticket.credentials;
        let signature = self.job.oss.signature;
        match call {
            Call::InitiateMultipartUpload => oss::request::initiate_multipart_upload(
                target,
                signature,
                credentials,
                now,
                &self.object_headers(),
            ),
            Call::ListParts => {
                let marker = self.listing.as_ref().map_or(0, |listing| listing.marker);
                let upload_id = self.upload_id()?;
                oss::request::list_parts(target, signature, credentials, now, upload_id, marker)
            }
            Call::CompleteMultipartUpload => {
                let etags = self.parts.etags();
                oss::request::complete_multipart_upload(
                    target,
                    signature,
                    credentials,
                    now,
                    self.upload_id()?,
                    &etags,
                    &self.job.options.headers_at_the_end(),
                )
            }
            Call::PutPlaylist(number) => self.playlist_request(number, now),
            Call::AbortMultipartUpload => {
                let upload_id = self.upload_id()?;
                oss::request::abort_multipart_upload(target, signature, credentials, now, upload_id)
            }
            _ => oss::request::head_object(target, signature, credentials, now),
        }
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
        // Only what names something that has to be removed or noted is heard at any time.
        let is_heard = matches!(call, Call::Create | Call::InitiateMultipartUpload);
        if !self.is_wanted(call) && !is_heard {
            return Ok(());
        }
        let outcome = match call {
            Call::Create => self.on_created(reply, now),
            Call::Adopt => self.on_adopted(reply, now),
            Call::Survey => self.on_surveyed(reply, now),
            Call::Claim => self.on_claimed(reply, now),
            Call::Inspect => self.on_inspected(reply, now),
            Call::RefreshUploadVideo => self.on_refreshed(reply, now),
            Call::GetMediaInfo => self.on_media_info(reply, now),
            Call::InitiateMultipartUpload => self.on_initiated(reply, now),
            Call::ListParts => self.on_listed(reply, now),
            Call::CompleteMultipartUpload => self.on_completed(reply, now),
            Call::HeadObject => self.on_head(reply, now),
            Call::AbortMultipartUpload => self.on_aborted(reply, now),
            Call::DeleteMultipartUpload => self.on_orphans_removed(reply, now),
            Call::DeleteVideo => self.on_video_deleted(reply),
            Call::Prove => self.on_proven(reply, now),
            Call::PutPlaylist(number) => self.on_playlist_stored(number, reply, now),
        };
        match outcome {
            Ok(()) => Ok(()),
            Err(Trouble::Fatal(error)) => Err(error),
            Err(Trouble::Service(_)) if !self.is_wanted(call) => Ok(()),
            Err(Trouble::Service(error)) if call.is_vod() => {
                self.vod_trouble(call, error, reply, now)
            }
            Err(Trouble::Service(error)) => self.oss_trouble(call, generation, error, reply, now),
        }
    }

    /// A request got through: its tries start from the beginning.
    pub(super) fn got_through(&mut self, call: Call) {
        self.renewed &= !call.is_vod();
        if !call.is_vod() {
            self.refreshes_in_a_row = 0;
        }
        self.tries.remove(&call);
    }

    fn vod_trouble(
        &mut self,
        call: Call,
        error: Error,
        reply: &Reply,
        now: UnixMs,
    ) -> Result<(), Error> {
        let asked = retry_after_ms(&reply.headers, now);
        // A 5xx may have taken effect all the same.
        self.adoption.create_in_doubt |= call == Call::Create && reply.status >= 500;
        match vod::error::recovery(&error) {
            Recovery::Backoff => self.retry_call(call, error, asked, now),
            // The next request has a new nonce.
            Recovery::NewNonce if self.tried(call) < CORRECTED_TRIES => {
                self.retry_call(call, error, asked, now)
            }
            Recovery::FixClock if !self.clock.is_hopeless() => {
                self.retry_call(call, error, asked, now)
            }
            Recovery::NewToken if self.account.renewable && !self.renewed => self.renew(call),
            Recovery::NewNonce | Recovery::FixClock | Recovery::NewToken | Recovery::Fail => {
                Err(vod::error::naming(error, self.vod_question(call).0))
            }
        }
    }

    pub(super) fn oss_trouble(
        &mut self,
        call: Call,
        generation: u32,
        error: Error,
        reply: &Reply,
        now: UnixMs,
    ) -> Result<(), Error> {
        match oss::error::recovery(&error) {
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
        if call == Call::CompleteMultipartUpload && was_sent {
            self.complete_in_doubt = true;
        }
        self.adoption.create_in_doubt |= call == Call::Create;
        let (code, url) = if call.is_vod() {
            (Code::VodUnreachable, self.job.vod.base_url()?)
        } else {
            (Code::OssUnreachable, self.place()?.target.base_url.clone())
        };
        let host = url.split_once("://").map_or(url.as_str(), |(_, host)| host);
        let name = call.name(&self.job.media);
        let message = format!("{name}: no reply from {host}: {}", failure.message);
        let error = Error::new(failure.kind.no_reply(code), message);
        if !error.retryable {
            return Err(error);
        }
        self.retry_call(call, error, None, now)
    }

    /// Whether its reply still matters. The clean-up may need a credential, too.
    pub(super) fn is_wanted(&self, call: Call) -> bool {
        let renews = call == Call::RefreshUploadVideo && self.phase == Phase::Aborting;
        self.is_running() || call.cleans_up() || renews
    }

    pub(super) fn tried(&self, call: Call) -> u32 {
        self.tries.get(&call).copied().unwrap_or(0)
    }

    /// The clean-up gives up sooner: somebody waits for the error behind it.
    pub(super) fn most_tries(&self, call: Call) -> u32 {
        match self.phase {
            Phase::Aborting => call.tries().min(ABORT_TRIES),
            _ => call.tries(),
        }
    }

    pub(super) fn retry_call(
        &mut self,
        call: Call,
        error: Error,
        asked_ms: Option<u64>,
        now: UnixMs,
    ) -> Result<(), Error> {
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
        if self.is_calling(Call::RefreshUploadVideo) {
            return Ok(());
        }
        self.call(Call::RefreshUploadVideo, now)
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

    fn on_refreshed(&mut self, reply: &Reply, now: UnixMs) -> Result<(), Trouble> {
        let ticket = api::parse_refresh_upload_video(reply, self.server_now(now))
            .map_err(Trouble::Service)?;
        self.got_through(Call::RefreshUploadVideo);
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
            Phase::Aborting => ABORT_TRIES,
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
        self.wait(Task::RetryCall(Call::RefreshUploadVideo), delay, now);
        self.stop_if_spent(now);
        Ok(false)
    }

    // From nothing to an upload id.

    fn on_created(&mut self, reply: &Reply, now: UnixMs) -> Result<(), Trouble> {
        let at = self.server_now(now);
        let ticket = match self.job.media {
            Media::Video(_) => api::parse_create_upload_video(reply, at),
            Media::Image(_) => api::parse_create_upload_image(reply, at),
            Media::AttachedMedia(_) => api::parse_create_upload_attached_media(reply, at),
        };
        let ticket = match ticket {
            Ok(ticket) => ticket,
            Err(error) => return self.not_created(error, now),
        };
        self.got_through(Call::Create);
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
            return self.call_once(Call::Prove, now);
        }
        if self.files.is_some() {
            return self.begin_files(now);
        }
        // Also of what is one PutObject now, and was to be parts when it was read in pieces.
        if self.upload_id.is_some() {
            return self.call_once(Call::AbortMultipartUpload, now);
        }
        if matches!(self.plan()?, Plan::Put { .. }) {
            return self.schedule(now);
        }
        if self.may_have_orphans && self.is_own {
            return self.call_once(Call::DeleteMultipartUpload, now);
        }
        self.call_once(Call::InitiateMultipartUpload, now)
    }

    fn on_initiated(&mut self, reply: &Reply, now: UnixMs) -> Result<(), Trouble> {
        let upload_id = oss::xml::parse_initiate(reply).map_err(Trouble::Service)?;
        self.got_through(Call::InitiateMultipartUpload);
        self.upload_id = Some(upload_id);
        // Also where the upload has failed meanwhile: it is what a later run finds, or removes.
        self.save();
        if !self.is_running() {
            return Ok(());
        }
        Ok(self.schedule(now)?)
    }

    fn on_aborted(&mut self, reply: &Reply, now: UnixMs) -> Result<(), Trouble> {
        // 404: it is gone already, which is what was wanted.
        if !matches!(reply.status, 200 | 204 | 404) {
            return Err(Trouble::Service(oss::error::error_from_reply(reply)));
        }
        self.got_through(Call::AbortMultipartUpload);
        self.upload_id = None;
        self.is_own |= reply.status != 404;
        if !self.is_running() {
            return Ok(());
        }
        Ok(self.begin_upload(now)?)
    }
}

/// What a step met: the service's refusal, to be weighed, or the end.
pub(super) enum Trouble {
    /// The reply is an error of the service, or not what the service documents.
    Service(Error),
    /// Something that no retry of this request mends.
    Fatal(Error),
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        Trouble::Fatal(error)
    }
}
