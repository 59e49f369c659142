//! The upload credential in use: when another is due, and what follows from a refusal.

use super::call::CLEANUP_TRIES;
use super::context::Context;
use crate::error::{Code, Error};
use crate::http::Headers;
use crate::oss::error::{OssRecovery, Refused};
use crate::time::UnixMs;
use crate::upload::credential_clock;
use crate::upload::retry::{REFRESHES_IN_A_ROW, SAME_CREDENTIAL_TRIES};
use crate::vod::Credentials;
use crate::vod::credential::UploadAuth;
use crate::wire::retry::retry_after_ms;

/// For so long a credential counts as just fetched.
const NEW_MS: u64 = 1_000;

/// The upload credential in use.
#[derive(Clone)]
pub(super) struct Credential {
    auth: UploadAuth,
    /// Counts up with each refresh, so that a refusal of an older one is not held against this one.
    generation: u32,
    /// Not used so far.
    fresh: bool,
    /// When it came, by the host's clock.
    came: UnixMs,
    /// How the server refused it.
    refusal: Option<Error>,
    /// When to ask VOD for another, by the server's clock.
    ask_at: UnixMs,
    /// How often VOD gave it again although OSS had refused it.
    given_again: u32,
}

/// What follows from a PUT that was refused.
pub(super) enum Resend {
    /// It has failed: it is sent again after a while, no sooner than the service asks, in ms.
    Later(Error, Option<u64>),
    /// It is sent again with another credential.
    Renewed,
}

/// What a refresh has brought.
pub(super) enum Brought {
    /// One to go on with.
    Good,
    /// The one that OSS refuses, so many times by now: VOD is asked again, later.
    Refused(u32),
}

impl Credential {
    /// One that has just come.
    pub(super) fn new(auth: UploadAuth, generation: u32, now: UnixMs) -> Self {
        Credential {
            ask_at: credential_clock::refresh_at(&auth),
            auth,
            generation,
            fresh: true,
            came: now,
            refusal: None,
            given_again: 0,
        }
    }

    pub(super) fn keys(&self) -> &Credentials {
        &self.auth.credentials
    }

    pub(super) fn generation(&self) -> u32 {
        self.generation
    }

    /// It was used: from here on its age counts.
    pub(super) fn was_used(&mut self) {
        self.fresh = false;
    }

    /// Another is needed before the next request.
    pub(super) fn is_due(&self, cx: &Context) -> bool {
        // Just fetched: it is used at once, however short its life.
        let is_new = self.fresh && cx.now < self.came.plus_ms(NEW_MS);
        // One that cannot be renewed is used until OSS refuses it: this machine's clock may be ahead.
        let over = cx.is_renewable() && cx.server_now() >= self.ask_at;
        self.refusal.is_some() || (!is_new && over)
    }

    /// The server refused the one of this generation. A newer one is already there, or is fetched before the next use; too
    /// many in a row that were never good for anything end the upload.
    ///
    /// # Errors
    /// The refusal, where it was one too many.
    pub(super) fn distrust(
        &mut self,
        cx: &mut Context,
        generation: u32,
        limit: u32,
        error: Error,
    ) -> Result<(), Error> {
        if self.generation != generation || self.refusal.is_some() {
            return Ok(());
        }
        self.refusal = Some(error.clone());
        let refused = &mut cx.calls.refused_credentials;
        *refused = refused.saturating_add(1);
        if *refused <= limit {
            return Ok(());
        }
        // The caller's own keys are not to blame: VOD made this one.
        let hint = Code::CredentialStale.hint().into();
        Err(Error { hint, ..error })
    }

    /// Whether a PUT that was sent with the credential of this generation is sent again.
    ///
    /// # Errors
    /// The refusal, where nothing helps.
    pub(super) fn weigh(
        &mut self,
        cx: &mut Context,
        generation: u32,
        refused: Refused,
        headers: &Headers,
    ) -> Result<Resend, Error> {
        let Refused { error, recovery } = refused;
        let refreshes = match recovery {
            OssRecovery::RefreshCredential => REFRESHES_IN_A_ROW,
            OssRecovery::RefreshOnce => 1,
            OssRecovery::FixClock if cx.caller.clock_is_hopeless() => return Err(error),
            OssRecovery::Backoff
            | OssRecovery::ResendPart
            | OssRecovery::RelistParts
            | OssRecovery::FixClock => {
                return Ok(Resend::Later(error, retry_after_ms(headers, cx.now)));
            }
            OssRecovery::UploadGone | OssRecovery::Fail => return Err(error),
        };
        self.distrust(cx, generation, refreshes, error)?;
        cx.count_retry();
        Ok(Resend::Renewed)
    }

    /// VOD keeps upload credentials for a while, and hands out the one it has with what is left of its life. So a refresh
    /// may bring the same once more: one that was never refused is used on, for a refused one VOD is asked again, later.
    ///
    /// # Errors
    /// `CredentialStale` where VOD has given the refused one too often.
    pub(super) fn refresh(
        &mut self,
        cx: &mut Context,
        auth: UploadAuth,
        is_ending: bool,
    ) -> Result<Brought, Error> {
        if self.auth.credentials != auth.credentials {
            *self = Credential::new(auth, self.generation.saturating_add(1), cx.now);
            cx.tally.refreshes = cx.tally.refreshes.saturating_add(1);
            cx.progress();
            return Ok(Brought::Good);
        }
        let Some(refusal) = &self.refusal else {
            self.ask_at = credential_clock::ask_again_at(&auth, cx.server_now());
            self.auth = auth;
            self.fresh = true;
            self.came = cx.now;
            return Ok(Brought::Good);
        };
        self.given_again = self.given_again.saturating_add(1);
        let times = self.given_again;
        let limit = match is_ending {
            true => CLEANUP_TRIES,
            false => SAME_CREDENTIAL_TRIES,
        };
        if times < limit {
            return Ok(Brought::Refused(times));
        }
        let message = format!(
            "{}; VOD has given the same upload credential {times} times since",
            refusal.message
        );
        Err(Error {
            service_code: refusal.service_code.clone(),
            request_id: refusal.request_id.clone(),
            status: refusal.status,
            ..Error::new(Code::CredentialStale, message)
        })
    }
}
