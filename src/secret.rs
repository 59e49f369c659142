//! A value that must not be printed or stored, and the keyed hashes that are made with it.

use crate::json::{Fault, Json, Read};

use hmac::{Hmac, Mac};
use sha1::Sha1;
use sha2::Sha256;
use zeroize::Zeroizing;

/// A secret text: it can be read in from plain data, but has no `Display` and is never written as JSON, and `Debug` prints only the
/// word `Secret`. Its memory is wiped when it is dropped. (The JavaScript string it came from cannot be wiped.)
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize), serde(from = "String"))]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes the text over.
    pub fn new(text: impl Into<String>) -> Self {
        Secret(Zeroizing::new(text.into()))
    }

    /// The text itself, for signing or for a header. Named so that every use can be found.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl Read for Secret {
    fn read(json: &mut Json) -> Result<Self, Fault> {
        String::read(json).map(Secret::new)
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Secret::new(text)
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret")
    }
}

/// HMAC-SHA1, 20 bytes.
pub(crate) fn hmac_sha1(key: &[u8], text: &str) -> Vec<u8> {
    // HMAC takes keys of any length, so no error can come up; an empty signature would be refused by every service.
    Hmac::<Sha1>::new_from_slice(key)
        .map(|mac| mac.chain_update(text).finalize().into_bytes().to_vec())
        .unwrap_or_default()
}

/// HMAC-SHA256, 32 bytes.
pub(crate) fn hmac_sha256(key: &[u8], text: &str) -> Vec<u8> {
    Hmac::<Sha256>::new_from_slice(key)
        .map(|mac| mac.chain_update(text).finalize().into_bytes().to_vec())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encode::hex;

    #[test]
    fn keyed_hashes_equal_the_rfc_2202_and_4231_examples() {
        let text = "what do ya want for nothing?";
        assert_eq!(
            hex(&hmac_sha1(b"Jefe", text)),
            "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"
        );
        let expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert_eq!(hex(&hmac_sha256(b"Jefe", text)), expected);
    }

    #[test]
    fn debug_does_not_show_it() {
        assert_eq!(format!("{:?}", Some(Secret::new("hush"))), "Some(Secret)");
    }
}
