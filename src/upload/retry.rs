//! When to try again: full jitter, a limit for each step, and one for the whole job that fills up again on progress.

use hmac::{Hmac, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use crate::encode::hex;
use crate::error::{Code, Error};

/// First delay of the exponential backoff, in ms.
const BASE_MS: u64 = 200;
/// No delay is longer, in ms, unless the server asks for one.
const CAP_MS: u64 = 20_000;

/// Tries of one small request.
pub const CALL_TRIES: u32 = 6;
/// Tries of one part.
pub const PART_TRIES: u32 = 8;
/// Failures in a row, over all parts, without one part accepted.
pub const JOB_FAILURES: u32 = 48;
/// Upload credentials fetched in a row without one accepted request.
pub const REFRESHES_IN_A_ROW: u32 = 3;
/// Times VOD may give the same upload credential in a row after OSS has refused it. The pauses between them grow to
/// 20 s, so a new one may take about a minute to come.
pub const SAME_CREDENTIAL_TRIES: u32 = 8;
/// Times an upload may start over, because the server or the source lost it.
pub const RESTARTS: u32 = 2;

/// How long a host that is short of file handles waits before it tries again, in ms, after it has
/// waited for `waited_ms`: other transfers give theirs back as they end. `None` when that was long
/// enough.
pub fn handle_wait_ms(waited_ms: u64) -> Option<u64> {
    const EVERY_MS: u64 = 250;
    const PATIENCE_MS: u64 = 300_000;
    (waited_ms < PATIENCE_MS).then_some(EVERY_MS)
}

/// What to say when it was.
pub(crate) fn too_many_files(what: &str) -> Error {
    let message = format!("this machine has had no free file handle for 5 minutes: {what}");
    Error::new(Code::TooManyFiles, message)
}

/// Randomness from the host's 32 bytes: HMAC-SHA256 in counter mode. Same entropy, same nonces, same delays.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entropy {
    seed: [u8; 32],
    counter: u64,
}

impl Entropy {
    /// From 32 bytes that the host drew for this upload alone.
    pub fn new(seed: [u8; 32]) -> Self {
        Entropy { seed, counter: 0 }
    }

    fn block(&mut self) -> [u8; 32] {
        self.counter = self.counter.wrapping_add(1);
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.seed) else {
            return self.seed;
        };
        mac.update(&self.counter.to_be_bytes());
        mac.finalize().into_bytes().into()
    }

    /// A SignatureNonce: 128 random bits.
    pub fn nonce(&mut self) -> String {
        hex(self.block().get(..16).unwrap_or_default())
    }

    /// A number below `limit`; 0 where that is 0.
    fn below(&mut self, limit: u64) -> u64 {
        let bytes = self.block();
        let word = bytes
            .iter()
            .take(8)
            .fold(0u64, |acc, byte| (acc << 8) | u64::from(*byte));
        word.checked_rem(limit).unwrap_or(0)
    }

    /// How long to wait before try number `tries + 1`, in ms: full jitter, and never less than the server asked for.
    pub fn backoff_ms(&mut self, tries: u32, asked_ms: Option<u64>) -> u64 {
        let exponential = BASE_MS.saturating_mul(1u64.checked_shl(tries).unwrap_or(u64::MAX));
        let jittered = self.below(exponential.min(CAP_MS).saturating_add(1));
        // Some jitter on top of Retry-After too: parts that were refused together must not come back together.
        match asked_ms {
            Some(asked) => asked.saturating_add(self.below(BASE_MS)),
            None => jittered,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_entropy_gives_the_same_nonces() {
        let (mut a, mut b) = (Entropy::new([7; 32]), Entropy::new([7; 32]));
        let first = a.nonce();
        assert_eq!(first, b.nonce());
        assert_eq!(first.len(), 32);
        assert_ne!(first, a.nonce());
    }

    #[test]
    fn delays_stay_below_the_exponential_and_the_cap() {
        let mut entropy = Entropy::new([1; 32]);
        for tries in 0..70 {
            let limit = BASE_MS
                .saturating_mul(1u64.checked_shl(tries).unwrap_or(u64::MAX))
                .min(CAP_MS);
            for _ in 0..50 {
                assert!(entropy.backoff_ms(tries, None) <= limit);
            }
        }
    }

    #[test]
    fn the_server_is_never_asked_again_too_early() {
        let mut entropy = Entropy::new([2; 32]);
        assert!(
            (0..100)
                .all(|_| (3_000..3_000 + BASE_MS).contains(&entropy.backoff_ms(0, Some(3_000))))
        );
    }
}
