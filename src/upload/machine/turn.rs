//! What follows from an event, as the states say it.

use super::call::Call;
use super::grant::Grant;
use crate::error::Error;

/// What follows from an event.
pub(super) enum Turn {
    /// Nothing.
    Stay,
    /// More may start.
    Schedule,
    /// The source is open again: it is read on, whatever else waits.
    ReadOn,
    /// The source is what the checkpoint says: VOD is asked for the place that this names.
    GoOn,
    /// VOD is asked for a place.
    Create,
    /// None is made, as there is a media of the same reference id: that one is looked at.
    Adopt(Box<Error>),
    /// It is given up, and one is made without the reference id.
    CreateAfterAll,
    /// A buffer is full. What was to be one PutObject may have been cut short.
    Filled { was_cut: bool },
    /// VOD has given a place.
    Placed(Box<Grant>),
    /// VOD has given the place of a media that was there, without its file.
    Adopted(Box<Grant>),
    /// VOD has given the place that the checkpoint names.
    Found(Box<Grant>),
    /// The media has the whole file already.
    Whole(Box<Grant>),
    /// Something was asked or removed: the bytes may move now.
    Open,
    /// A newer upload credential is needed first.
    Refresh,
    /// The multipart upload is gone: everything from the start.
    Lost(Error),
    /// Everything from the start: the source cannot be read on.
    Restart(Error),
    /// Everything from the start, in one request: ranges do not work here, or their parts may not belong together.
    ReadOnce(Error),
    /// Everything is accepted, or the whole may be there: this makes the object of it, or tells.
    Complete(Call),
    /// Complete missed parts: they are sent again.
    Resend,
    /// The object is there, and what it should be.
    Done { crc64: Option<u64>, folds: bool },
}

impl Turn {
    /// What a place is, is told from there.
    pub(super) fn brings_a_place(&self) -> bool {
        matches!(self, Turn::Placed(_) | Turn::Adopted(_) | Turn::Whole(_))
    }
}

/// For tests that ask whether every one of them was taken.
#[cfg(debug_assertions)]
impl Turn {
    pub(super) fn name(&self) -> &'static str {
        match self {
            Turn::Stay => "Stay",
            Turn::Schedule => "Schedule",
            Turn::ReadOn => "ReadOn",
            Turn::GoOn => "GoOn",
            Turn::Create => "Create",
            Turn::Adopt(..) => "Adopt",
            Turn::CreateAfterAll => "CreateAfterAll",
            Turn::Filled { .. } => "Filled",
            Turn::Placed(..) => "Placed",
            Turn::Adopted(..) => "Adopted",
            Turn::Found(..) => "Found",
            Turn::Whole(..) => "Whole",
            Turn::Open => "Open",
            Turn::Refresh => "Refresh",
            Turn::Lost(..) => "Lost",
            Turn::Restart(..) => "Restart",
            Turn::ReadOnce(..) => "ReadOnce",
            Turn::Complete(..) => "Complete",
            Turn::Resend => "Resend",
            Turn::Done { .. } => "Done",
        }
    }
}
