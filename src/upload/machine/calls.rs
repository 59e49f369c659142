//! The small requests on their way: one of each kind at a time, retried by the kind of trouble they meet.

use super::Upload;
use super::call::{CLEANUP_TRIES, Call, OssCall, VodCall};
use super::content::Content;
use super::tasks::Task;
use super::turn::Turn;
use crate::error::{Code, Error};
use crate::http::Reply;
use crate::oss::error::OssRecovery;
use crate::upload::event::{Effect, Failure, FailureKind, Service};
use crate::upload::retry::REFRESHES_IN_A_ROW;
use crate::vod::caller::Again;
use crate::vod::{self, Account};
use crate::wire::refused::Refused;
use crate::wire::retry::retry_after_ms;

impl Upload {
    // Sending.

    /// Sends what was asked for, in order.
    pub(super) fn send_asked(&mut self) -> Result<(), Error> {
        while let Some(call) = self.cx.calls.asked.pop_front() {
            self.send(call)?;
        }
        Ok(())
    }

    /// Sends a request, behind a refresh where its credential is due.
    fn send(&mut self, call: Call) -> Result<(), Error> {
        let (to, request) = match call {
            Call::Vod(VodCall::RefreshUploadVideo) if self.cx.is_by_ticket() => {
                self.renew();
                return Ok(());
            }
            Call::Vod(call) if self.cx.is_by_ticket() => {
                let message = format!("{call:?} is a call of VOD, and the upload is by ticket");
                return Err(Error::new(Code::Internal, message));
            }
            Call::Vod(call) if self.cx.caller.must_renew(self.cx.now) => {
                self.cx.calls.after_renewal.insert(call, ());
                self.renew();
                return Ok(());
            }
            Call::Oss(call) if self.needs_credential() => {
                self.cx.calls.after_refresh.insert(call, ());
                return self.refresh();
            }
            Call::Vod(call) => (Service::Vod, self.vod_request(call)?),
            Call::Oss(call) => (Service::Oss, self.oss_request(call)?),
        };
        let grant = self.state.grant();
        let generation = grant.map_or(0, |grant| grant.credential.generation());
        let id = self.cx.tasks.begin(Task::Call { call, generation });
        let is_create = call == VodCall::Create.into();
        self.cx.tasks.push(Effect::Send {
            id,
            to,
            request,
            after_checkpoint: is_create && self.cx.rights.create_sent.is_some(),
        });
        Ok(())
    }

    /// Without any credential there was no Create in this run: it goes on from a checkpoint.
    fn needs_credential(&self) -> bool {
        let grant = self.state.grant();
        grant.is_none_or(|grant| grant.credential.is_due(&self.cx))
    }

    // The keys.

    /// Asks the caller for newer ones, once for all calls that wait for them.
    fn renew(&mut self) {
        if self.cx.tasks.any(|task| *task == Task::Renew) {
            return;
        }
        let id = self.cx.tasks.begin(Task::Renew);
        self.cx.tasks.push(Effect::Renew { id });
    }

    pub(super) fn on_renewed(&mut self, account: Account) -> Result<Turn, Error> {
        if self.cx.is_by_ticket() {
            return self.on_ticket(account);
        }
        self.cx.caller.renew(Account {
            ticket: None,
            ..account
        });
        self.cx.ask_renewed();
        Ok(Turn::Stay)
    }

    /// One refresh of the upload credential at a time, shared by all who wait for it.
    pub(super) fn refresh(&mut self) -> Result<(), Error> {
        if self.lend_ticket()? {
            self.cx.ask_refreshed();
            return self.send_asked();
        }
        if !self.cx.is_renewable() {
            return match self.cx.is_by_ticket() {
                true => Err(self.ticket_ended()),
                false => self.create_anew(),
            };
        }
        self.cx.ask_once(VodCall::RefreshUploadVideo);
        self.send_asked()
    }

    // Trouble.

    /// Whether its reply still matters. The clean-up may need a credential, too.
    pub(super) fn is_wanted(&self, call: impl Into<Call>) -> bool {
        let call = call.into();
        let renews = call == VodCall::RefreshUploadVideo.into() && self.state.is_ending();
        self.state.is_running() || call.cleans_up() || renews
    }

    /// The clean-up gives up sooner: somebody waits for the error behind it.
    pub(super) fn most_tries(&self, call: Call) -> u32 {
        match self.state.is_ending() {
            true => call.tries().min(CLEANUP_TRIES),
            false => call.tries(),
        }
    }

    pub(super) fn retry_call(
        &mut self,
        call: Call,
        error: Error,
        asked_ms: Option<u64>,
    ) -> Result<Turn, Error> {
        let most = self.most_tries(call);
        self.cx.retry_call_within(call, most, error, asked_ms)?;
        Ok(Turn::Stay)
    }

    pub(super) fn vod_trouble(
        &mut self,
        call: VodCall,
        refused: vod::error::Refused,
        reply: &Reply,
    ) -> Result<Turn, Error> {
        let Refused { error, recovery } = refused;
        // A 5xx may have taken effect all the same.
        self.cx.rights.create_in_doubt |= call == VodCall::Create && reply.status >= 500;
        match self.cx.caller.again(recovery, self.cx.tried(call)) {
            Again::Later => {
                let asked = retry_after_ms(&reply.headers, self.cx.now);
                self.retry_call(call.into(), error, asked)
            }
            Again::Renewed => {
                self.cx.calls.after_renewal.insert(call, ());
                self.renew();
                Ok(Turn::Stay)
            }
            Again::Never => Err(vod::error::naming(error, self.question(call).0)),
        }
    }

    pub(super) fn oss_trouble(
        &mut self,
        call: OssCall,
        generation: u32,
        refused: crate::oss::error::Refused,
        reply: &Reply,
    ) -> Result<Turn, Error> {
        let Refused { error, recovery } = refused;
        let refreshes = match recovery {
            OssRecovery::RefreshCredential => REFRESHES_IN_A_ROW,
            OssRecovery::RefreshOnce => 1,
            OssRecovery::Backoff | OssRecovery::ResendPart => {
                let asked = retry_after_ms(&reply.headers, self.cx.now);
                return self.retry_call(call.into(), error, asked);
            }
            OssRecovery::FixClock if !self.cx.caller.clock_is_hopeless() => {
                return self.retry_call(call.into(), error, None);
            }
            OssRecovery::FixClock
            | OssRecovery::RelistParts
            | OssRecovery::UploadGone
            | OssRecovery::Fail => return Err(error),
        };
        if let Some(grant) = self.state.grant_mut() {
            let credential = &mut grant.credential;
            credential.distrust(&mut self.cx, generation, refreshes, error)?;
        }
        self.cx.ask(call);
        Ok(Turn::Stay)
    }

    pub(super) fn on_call_failure(&mut self, call: Call, failure: &Failure) -> Result<Turn, Error> {
        if failure.kind == FailureKind::Canceled || !self.is_wanted(call) {
            return Ok(Turn::Stay);
        }
        let was_sent = !matches!(
            failure.kind,
            FailureKind::Untrusted | FailureKind::ServiceRefused | FailureKind::ProxyRefused
        );
        if let Content::Object(object) = &mut self.content
            && call == OssCall::CompleteMultipartUpload.into()
            && was_sent
        {
            object.doubt();
        }
        self.cx.rights.create_in_doubt |= call == VodCall::Create.into();
        let error = self.no_reply(call, failure)?;
        match error.retryable {
            true => self.retry_call(call, error, None),
            false => Err(error),
        }
    }

    fn no_reply(&self, call: Call, failure: &Failure) -> Result<Error, Error> {
        let (code, name, url) = match call {
            Call::Vod(call) => {
                let name = self.question(call).0.to_owned();
                (Code::VodUnreachable, name, self.cx.job.vod.base_url()?)
            }
            Call::Oss(call) => {
                let grant = self.state.grant();
                let url = grant.map(|grant| grant.place.target.base_url.clone());
                (
                    Code::OssUnreachable,
                    format!("{call:?}"),
                    url.unwrap_or_default(),
                )
            }
        };
        let host = url.split_once("://").map_or(url.as_str(), |(_, host)| host);
        let message = format!("{name}: no reply from {host}: {}", failure.message);
        Ok(Error::new(failure.kind.no_reply(code), message))
    }
}
