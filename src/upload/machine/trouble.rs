//! What a step met that it cannot settle by itself.

use crate::error::Error;
use crate::oss::error::OssRecovery;
use crate::vod::error::Recovery;
use crate::wire::refused::Refused;

/// The service's refusal, to be weighed, or the end.
pub(super) enum Trouble<Recovery> {
    /// The reply is a refusal, or not what the service documents.
    Service(Refused<Recovery>),
    /// Something that no retry of this request mends.
    Fatal(Error),
}

/// Of the VOD API.
pub(super) type VodTrouble = Trouble<Recovery>;
/// Of OSS.
pub(super) type OssTrouble = Trouble<OssRecovery>;

impl<Recovery> From<Error> for Trouble<Recovery> {
    fn from(error: Error) -> Self {
        Trouble::Fatal(error)
    }
}

impl<Recovery> From<Refused<Recovery>> for Trouble<Recovery> {
    fn from(refused: Refused<Recovery>) -> Self {
        Trouble::Service(refused)
    }
}
