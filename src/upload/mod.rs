//! The upload: a state machine that turns events into effects.
//!
//! The contract, in five rules:
//! 1. The host feeds [`Event::Start`] once, then runs **every** effect it is given, in order.
//! 2. `Send`, `Open`, `Read`, `ReadText`, `Transfer`, `Renew` and `Wait` each end in exactly one event with their `id`: the reply, or
//!    [`Event::Failed`]. A [`Effect::Cancel`] ends them at once with [`FailureKind::Canceled`].
//! 3. The host never retries, delays or skips anything on its own. A retry is a new effect with a new id and signature.
//! 4. After `Done`, `Failed` or `Suspended` there are no more effects.
//! 5. Every event is answered in every state; one that does not fit is answered with nothing.
//!
//! Read on in: [`job`] (what a caller asks for), [`event`] (what goes in and out), [`plan`] (PutObject or multipart, part
//! sizes), [`parts`] (who is where), [`retry`] (when to try again), [`credential_clock`] (when to refresh),
//! [`tree`] (the files of a playlist), [`checkpoint`], [`machine`] (the machine itself).

pub mod checkpoint;
mod checkpoint_text;
pub mod credential_clock;
pub mod event;
pub mod job;
mod lane;
pub mod machine;
pub mod naming;
pub mod parts;
mod patience;
pub mod plan;
pub mod retry;
pub mod tree;

pub use checkpoint::Checkpoint;
pub use event::{
    Compared, Effect, Event, Failure, FailureKind, Outcome, Phase, Progress, Service, TransferBody,
    Vouched,
};
pub use job::{
    Adopt, HostLimits, Job, Media, MissingSegments, Options, PlaylistLimits, PlaylistRoot,
    PlaylistSource, Source, Verify,
};
pub use machine::Upload;
