//! What a service would not do.

use crate::error::Error;

/// A refusal, or a reply that is not what the service documents: what to tell of it, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused<Recovery> {
    /// For the caller, should nothing help.
    pub error: Error,
    /// What a retry must change.
    pub recovery: Recovery,
}

/// What no table knows is told as it is: nothing helps.
impl<Recovery: Default> From<Error> for Refused<Recovery> {
    fn from(error: Error) -> Self {
        let recovery = Recovery::default();
        Refused { error, recovery }
    }
}

impl<Recovery> From<Refused<Recovery>> for Error {
    fn from(refused: Refused<Recovery>) -> Self {
        refused.error
    }
}
