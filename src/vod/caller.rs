//! Calls of the VOD API by one account: what they are signed with, and what a refusal of one changes. Uploads and
//! conversations call alike.

use super::error::Recovery;
use super::{Account, VodService, request};
use crate::clock::Clock;
use crate::error::Error;
use crate::http::{Headers, Reply, Request};
use crate::time::UnixMs;
use crate::wire::Entropy;
use crate::wire::retry::{handle_wait_ms, too_many_files};

/// A new nonce or a new token helps at once or not at all.
const CORRECTED_TRIES: u32 = 3;

/// The caller's keys over time, and the time to sign with.
#[derive(Clone)]
pub(crate) struct Caller {
    account: Account,
    clock: Clock,
    entropy: Entropy,
    /// Newer keys were fetched since VOD last answered well.
    renewed: bool,
    /// The host has been short of file handles since then.
    no_handle_since: Option<UnixMs>,
}

/// What to do about a call that was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Again {
    /// Send it once more, after a while.
    Later,
    /// Send it once more, with newer keys.
    Renewed,
    /// Nothing helps.
    Never,
}

impl Caller {
    /// `entropy` must be drawn for this caller alone.
    pub(crate) fn new(account: Account, entropy: [u8; 32]) -> Caller {
        Caller {
            account,
            clock: Clock::default(),
            entropy: Entropy::new(entropy),
            renewed: false,
            no_handle_since: None,
        }
    }

    pub(crate) fn account(&self) -> &Account {
        &self.account
    }

    /// Randomness for all that has to do with these calls.
    pub(crate) fn entropy(&mut self) -> &mut Entropy {
        &mut self.entropy
    }

    /// The service's time at this time of the host.
    pub(crate) fn server_now(&self, now: UnixMs) -> UnixMs {
        self.clock.server_now(now)
    }

    /// The keys end soon, and the caller has newer ones.
    pub(crate) fn must_renew(&self, now: UnixMs) -> bool {
        !self.renewed && self.account.is_due(self.server_now(now))
    }

    /// Takes the newer keys that were asked for.
    pub(crate) fn renew(&mut self, account: Account) {
        self.account.replace(account);
        self.renewed = true;
    }

    /// A call of `action`, signed. Each has a nonce of its own.
    pub(crate) fn request(
        &mut self,
        service: &VodService,
        action: &str,
        params: &Headers,
        now: UnixMs,
    ) -> Result<Request, Error> {
        let nonce = self.entropy.nonce();
        let at = self.server_now(now);
        let keys = &self.account.credentials;
        request::request(service, keys, action, params, &nonce, at)
    }

    /// Takes in any reply, of OSS as well, to request `id`, where `last_id` is the newest so far.
    pub(crate) fn hear(&mut self, id: u32, last_id: u32, reply: &Reply, now: UnixMs) {
        self.clock.hear(id, last_id, reply, now);
        self.has_handles();
    }

    /// VOD has answered well.
    pub(crate) fn got_through(&mut self) {
        self.renewed = false;
    }

    /// The corrected clock and the host's own were both refused.
    pub(crate) fn clock_is_hopeless(&self) -> bool {
        self.clock.is_hopeless()
    }

    /// Whether a call that was tried so often before is sent again.
    pub(crate) fn again(&self, recovery: Recovery, tried: u32) -> Again {
        match recovery {
            Recovery::Backoff => Again::Later,
            // The next request has a new nonce.
            Recovery::NewNonce if tried < CORRECTED_TRIES => Again::Later,
            Recovery::FixClock if !self.clock_is_hopeless() => Again::Later,
            Recovery::NewToken if self.account.renewable && !self.renewed => Again::Renewed,
            Recovery::NewNonce | Recovery::FixClock | Recovery::NewToken | Recovery::Fail => {
                Again::Never
            }
        }
    }

    /// The host has opened something.
    pub(crate) fn has_handles(&mut self) {
        self.no_handle_since = None;
    }

    /// How long to wait for a file handle, in ms. Nothing was sent, so it counts as no failure.
    ///
    /// # Errors
    /// `TooManyFiles` once that has taken too long.
    pub(crate) fn wait_for_handle(&mut self, what: &str, now: UnixMs) -> Result<u64, Error> {
        let since = *self.no_handle_since.get_or_insert(now);
        let waited = now.0.saturating_sub(since.0);
        handle_wait_ms(waited).ok_or_else(|| too_many_files(what))
    }
}
