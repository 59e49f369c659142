//! Randomness that is an argument.

use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::encode::hex;

/// First delay of the exponential backoff, in ms.
const BASE_MS: u64 = 200;
/// No delay is longer, in ms, unless the server asks for one.
const CAP_MS: u64 = 20_000;

/// Randomness from the host's 32 bytes: HMAC-SHA256 in counter mode. Same entropy, same nonces, same delays.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Entropy {
    seed: [u8; 32],
    counter: u64,
}

impl Entropy {
    /// From 32 bytes that the host drew for this upload alone.
    pub(crate) fn new(seed: [u8; 32]) -> Self {
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
    pub(crate) fn nonce(&mut self) -> String {
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
    pub(crate) fn backoff_ms(&mut self, tries: u32, asked_ms: Option<u64>) -> u64 {
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
