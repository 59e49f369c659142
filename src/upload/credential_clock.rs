//! When an upload credential has to be replaced.

use crate::time::UnixMs;
use crate::vod::credential::UploadAuth;

/// Never refresh earlier than this before the end, in ms.
const MARGIN_MS: u64 = 300_000;
/// Short lives give up this fraction of theirs instead.
const MARGIN_FRACTION: u64 = 5;

/// From when on the credential should no longer start a request: five minutes before its end, or the last fifth of a
/// short life. OSS checks a credential when a request arrives, so one that began in time may end late.
pub fn refresh_at(auth: &UploadAuth) -> UnixMs {
    let life = auth.expires_at.ms_since(auth.received_at);
    let margin = (life / MARGIN_FRACTION).min(MARGIN_MS);
    UnixMs(auth.expires_at.0.saturating_sub(margin))
}

/// Whether it is time, by the server's clock.
pub fn is_due(auth: &UploadAuth, server_now: UnixMs) -> bool {
    server_now >= refresh_at(auth)
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
        assert!(!is_due(&auth(2_000), UnixMs(1_001_599)));
        assert!(is_due(&auth(2_000), UnixMs(1_001_600)));
    }
}
