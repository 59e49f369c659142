//! When an upload credential has to be replaced.

use crate::time::UnixMs;
use crate::vod::credential::UploadAuth;

/// Never refresh earlier than this before the end, in ms.
const MARGIN_MS: u64 = 300_000;
/// Where VOD has no other to give it is not asked more often, in ms.
const PAUSE_MS: u64 = 15_000;
/// Short lives give up this fraction of theirs instead.
const MARGIN_FRACTION: u64 = 5;

/// From when on the credential should no longer start a request: five minutes before its end, or the last fifth of a
/// short life. OSS checks a credential when a request arrives, so one that began in time may end late.
pub fn refresh_at(auth: &UploadAuth) -> UnixMs {
    let life = auth.expires_at.ms_since(auth.received_at);
    let margin = (life / MARGIN_FRACTION).min(MARGIN_MS);
    UnixMs(auth.expires_at.0.saturating_sub(margin))
}

/// When to ask again where VOD has just given the same one: when half of what is left is over, and at its end. VOD gives
/// only what it takes for good, so one that is over by our clock may live on: it is used until OSS refuses it.
pub fn ask_again_at(auth: &UploadAuth, server_now: UnixMs) -> UnixMs {
    let left = auth.expires_at.ms_since(server_now);
    let pause = (left / 2).max(PAUSE_MS);
    server_now.plus_ms(if left > 0 { pause.min(left) } else { pause })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;
    use crate::vod::Credentials;

    fn auth(life_ms: u64) -> UploadAuth {
        UploadAuth {
            credentials: Credentials {
                access_key_id: "STS.id".into(),
                access_key_secret: Secret::new("secret"),
                security_token: Some(Secret::new("token")),
            },
            received_at: UnixMs(1_000_000),
            expires_at: UnixMs(1_000_000 + life_ms),
            region: None,
        }
    }

    #[test]
    fn an_ordinary_credential_is_replaced_five_minutes_early() {
        assert_eq!(refresh_at(&auth(3_000_000)), UnixMs(1_000_000 + 2_700_000));
    }

    #[test]
    fn a_short_one_is_used_for_four_fifths_of_its_life() {
        assert_eq!(refresh_at(&auth(2_000)), UnixMs(1_001_600));
    }

    #[test]
    fn one_that_vod_gave_again_is_asked_for_ever_nearer_to_its_end_and_then_now_and_then() {
        let again = |left: u64| ask_again_at(&auth(left), UnixMs(1_000_000)).0 - 1_000_000;
        assert_eq!(
            [300_000, 40_000, 20_000, 4_000, 0].map(again),
            [150_000, 20_000, 15_000, 4_000, 15_000]
        );
    }
}
