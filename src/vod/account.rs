//! The caller's own credentials, and when they have to be replaced.

use super::{Credentials, Ticket};
use crate::json::Read;
use crate::secret::Secret;
use crate::time::UnixMs;

/// No request is signed with a credential that ends within this time, in ms, where there is a newer one to be had.
const MARGIN_MS: u64 = 60_000;

/// Whose account it is, and whether the caller can give newer credentials. It can be read in, never written out.
#[derive(Debug, Clone, PartialEq, Eq, Read)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct Account {
    /// What signs calls of the VOD API.
    #[serde(flatten)]
    pub credentials: Credentials,
    /// When they end, in ms since the epoch, if that is known.
    #[serde(default)]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub expires_at: Option<u64>,
    /// The caller can be asked for newer ones.
    #[serde(default)]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub renewable: bool,
    /// In place of keys: the upload has its place already, and calls VOD for nothing. Then the credentials above are empty,
    /// and `renewable` says that the caller can be asked for a newer ticket.
    #[serde(default)]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub ticket: Option<Box<Ticket>>,
}

impl From<Credentials> for Account {
    fn from(credentials: Credentials) -> Self {
        Account {
            credentials,
            expires_at: None,
            renewable: false,
            ticket: None,
        }
    }
}

impl Account {
    /// One that has no keys, and a ticket in their place. `renewable`: the caller can be asked for a newer one.
    pub fn by_ticket(ticket: Ticket, renewable: bool) -> Account {
        let none = Credentials {
            access_key_id: String::new(),
            access_key_secret: Secret::new(""),
            security_token: None,
        };
        Account {
            renewable,
            ticket: Some(Box::new(ticket)),
            ..none.into()
        }
    }

    /// Whether to ask for newer ones before the next request, by the server's clock.
    pub fn is_due(&self, server_now: UnixMs) -> bool {
        let ends = UnixMs(self.expires_at.unwrap_or(u64::MAX));
        self.renewable && ends.ms_since(server_now) < MARGIN_MS
    }

    /// Takes newer ones.
    pub fn replace(&mut self, newer: Account) {
        self.credentials = newer.credentials;
        self.expires_at = newer.expires_at;
        self.ticket = newer.ticket;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(rest: &str) -> Account {
        serde_json::from_str(&format!(
            r#"{{"accessKeyId":"id","accessKeySecret":"hush"{rest}}}"#
        ))
        .unwrap()
    }

    #[test]
    fn only_what_ends_soon_and_can_be_renewed_is_due() {
        let now = UnixMs(1_000_000);
        assert!(!account("").is_due(now));
        assert!(!account(r#","renewable":true"#).is_due(now));
        assert!(!account(r#","expiresAt":1000001"#).is_due(now));
        assert!(account(r#","expiresAt":1059999,"renewable":true"#).is_due(now));
        assert!(!account(r#","expiresAt":1060000,"renewable":true"#).is_due(now));
    }
}
