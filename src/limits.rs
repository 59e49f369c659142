//! The limits that are not a service's: what this side takes in, so that memory stays bounded by what is allowed. Whoever
//! else needs one of them asks for it here, across the door too.

use serde::{Deserialize, Deserializer, Serialize};

/// JSON text that crosses the door at once, either way, in bytes.
pub const DOOR_BYTES: usize = 32 << 20;

/// The limits that a shell or the other side of the door keeps to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct Limits {
    /// Text that is passed to the core at once, in UTF-16 units.
    pub text: usize,
}

impl Limits {
    /// Those of this build.
    pub fn here() -> Limits {
        Limits { text: DOOR_BYTES }
    }
}

/// A size in bytes as JavaScript has it: from 2^53 on its numbers are not exact and are written in other ways, and as a size
/// all of them are too large. The plan says so.
pub(crate) fn size<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
    let number = f64::deserialize(from)?;
    if number >= 0.0 && number.trunc() == number {
        return Ok(number as u64);
    }
    Err(serde::de::Error::custom("a size must be a whole number"))
}

/// The same, where there may be none.
pub(crate) fn maybe_size<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u64>, D::Error> {
    #[derive(Deserialize)]
    struct Size(#[serde(deserialize_with = "size")] u64);
    Ok(Option::<Size>::deserialize(from)?.map(|Size(bytes)| bytes))
}
