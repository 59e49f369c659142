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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;
    use crate::vod::Credentials;

    const NOW: UnixMs = UnixMs(1_760_000_000_000);

    fn caller(renewable: bool) -> Caller {
        let account = Account {
            credentials: Credentials {
                access_key_id: "ak".into(),
                access_key_secret: Secret::new("secret"),
                security_token: None,
            },
            expires_at: Some(NOW.0),
            renewable,
            ticket: None,
        };
        Caller::new(account, [7; 32])
    }

    #[test]
    fn what_helps_decides_whether_a_call_is_sent_again() {
        for (recovery, tried, again) in [
            (Recovery::Backoff, 100, Again::Later),
            (Recovery::NewNonce, CORRECTED_TRIES - 1, Again::Later),
            (Recovery::NewNonce, CORRECTED_TRIES, Again::Never),
            (Recovery::FixClock, 100, Again::Later),
            (Recovery::NewToken, 100, Again::Renewed),
            (Recovery::Fail, 0, Again::Never),
        ] {
            assert_eq!(caller(true).again(recovery, tried), again, "{recovery:?}");
        }
        assert_eq!(caller(false).again(Recovery::NewToken, 0), Again::Never);
    }

    #[test]
    fn newer_keys_are_asked_for_once_until_vod_answers_well() {
        let mut caller = caller(true);
        assert!(caller.must_renew(NOW));
        let same = caller.account().clone();
        caller.renew(same);
        assert!(!caller.must_renew(NOW));
        assert_eq!(caller.again(Recovery::NewToken, 0), Again::Never);
        caller.got_through();
        assert!(caller.must_renew(NOW));
        assert_eq!(caller.again(Recovery::NewToken, 0), Again::Renewed);
    }

    #[test]
    fn a_clock_that_is_refused_again_and_again_is_given_up() {
        let refused = Reply {
            status: 400,
            headers: vec![("Date".into(), NOW.plus_ms(3_600_000).http_date())],
            body: r#"{"Code":"InvalidTimeStamp.Expired","Message":"m","RequestId":"R"}"#.into(),
        };
        let mut caller = caller(true);
        for request in 1..=3 {
            assert_eq!(caller.again(Recovery::FixClock, 0), Again::Later);
            caller.hear(request, request, &refused, NOW);
        }
        assert!(caller.clock_is_hopeless());
        assert_eq!(caller.again(Recovery::FixClock, 0), Again::Never);
    }

    #[test]
    fn the_wait_for_a_handle_is_counted_from_the_first_to_the_next_reply() {
        let mut caller = caller(true);
        let first = caller.wait_for_handle("it", NOW).unwrap();
        let late = NOW.plus_ms(100_000_000);
        assert!(caller.wait_for_handle("it", late).is_err());
        caller.has_handles();
        assert_eq!(caller.wait_for_handle("it", late), Ok(first));
    }
}
