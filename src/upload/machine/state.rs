//! Where an upload stands. Each state owns what there is in it, and nothing else.

use super::completing::Completing;
use super::ending::Ending;
use super::grant::Grant;
use super::placing::Placing;
use super::uploading::Uploading;
use crate::oss::request::UploadId;
use crate::upload::checkpoint::Checkpoint;
use crate::upload::event::{Outcome, Phase};

/// Where an upload stands.
#[derive(Clone)]
pub(super) enum State {
    /// At the source. VOD knows nothing of it.
    Looking,
    /// VOD is asked for a place.
    Placing(Placing),
    /// Bytes move.
    Uploading(Box<Uploading>),
    /// Everything is accepted; the object is being made, or looked for.
    Completing(Box<Completing>),
    /// The media has the whole file already. What is still being read ends first.
    Whole(Box<Grant>),
    /// It comes to rest, to be carried on later.
    Suspending(Box<Uploading>),
    /// It has failed, or was given up: what it has left is removed.
    Ending(Box<Ending>),
    /// All is done but to hear the end of what was called off.
    Leaving(Box<Outcome>, Box<Grant>),
    /// Nothing follows. So it stood at the end.
    Over(Box<Checkpoint>),
}

impl State {
    pub(super) fn phase(&self) -> Phase {
        match self {
            State::Looking | State::Placing(Placing::GoingOn) => Phase::Probing,
            State::Placing(_) => Phase::Creating,
            State::Uploading(_) => Phase::Uploading,
            State::Completing(_) | State::Whole(_) | State::Leaving(..) => Phase::Completing,
            State::Suspending(_) => Phase::Suspending,
            State::Ending(_) => Phase::Aborting,
            State::Over(_) => Phase::Ended,
        }
    }

    /// It is on its way to a good end.
    pub(super) fn is_running(&self) -> bool {
        match self {
            State::Looking | State::Placing(_) | State::Uploading(_) | State::Completing(_) => true,
            State::Whole(_)
            | State::Suspending(_)
            | State::Ending(_)
            | State::Leaving(..)
            | State::Over(_) => false,
        }
    }

    pub(super) fn is_ending(&self) -> bool {
        matches!(self, State::Ending(_))
    }

    /// The place that VOD has given.
    pub(super) fn grant(&self) -> Option<&Grant> {
        match self {
            State::Looking | State::Over(_) => None,
            State::Placing(placing) => placing.grant(),
            State::Uploading(uploading) | State::Suspending(uploading) => Some(&uploading.grant),
            State::Completing(completing) => Some(&completing.grant),
            State::Whole(grant) | State::Leaving(_, grant) => Some(grant),
            State::Ending(ending) => ending.grant.as_ref(),
        }
    }

    pub(super) fn grant_mut(&mut self) -> Option<&mut Grant> {
        match self {
            State::Uploading(uploading) | State::Suspending(uploading) => {
                Some(&mut uploading.grant)
            }
            State::Completing(completing) => Some(&mut completing.grant),
            State::Ending(ending) => ending.grant.as_mut(),
            State::Whole(grant) | State::Leaving(_, grant) => Some(grant),
            State::Looking | State::Placing(_) | State::Over(_) => None,
        }
    }

    /// The multipart upload of a place.
    pub(super) fn upload_id(&self) -> Option<&UploadId> {
        match self {
            State::Uploading(uploading) | State::Suspending(uploading) => {
                uploading.stage.upload_id()
            }
            State::Completing(completing) => completing.upload_id.as_ref(),
            State::Ending(ending) => ending.upload_id.as_ref(),
            State::Looking
            | State::Placing(_)
            | State::Whole(_)
            | State::Leaving(..)
            | State::Over(_) => None,
        }
    }

    /// There is no place so far: what the checkpoint says of a multipart upload holds.
    pub(super) fn is_before_place(&self) -> bool {
        matches!(self, State::Looking | State::Placing(_))
    }

    /// Place and multipart upload, for the state that follows.
    pub(super) fn into_place(self) -> (Option<Grant>, Option<UploadId>) {
        match self {
            State::Looking | State::Over(_) => (None, None),
            State::Placing(placing) => (placing.into_grant(), None),
            State::Uploading(uploading) | State::Suspending(uploading) => {
                let Uploading { grant, stage } = *uploading;
                (Some(grant), stage.into_upload_id())
            }
            State::Completing(completing) => (Some(completing.grant), completing.upload_id),
            State::Whole(grant) | State::Leaving(_, grant) => (Some(*grant), None),
            State::Ending(ending) => (ending.grant, ending.upload_id),
        }
    }
}

/// For tests that ask whether every one of them was reached.
#[cfg(debug_assertions)]
impl State {
    pub(super) fn name(&self) -> &'static str {
        match self {
            State::Looking => "Looking",
            State::Placing(_) => "Placing",
            State::Uploading(_) => "Uploading",
            State::Completing(_) => "Completing",
            State::Whole(_) => "Whole",
            State::Suspending(_) => "Suspending",
            State::Ending(_) => "Ending",
            State::Leaving(..) => "Leaving",
            State::Over(_) => "Over",
        }
    }
}
