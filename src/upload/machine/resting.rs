//! Coming to rest before the end, to be carried on later: in another process, on another machine, in slices.

use super::Upload;
use super::budget::Stop;
use super::content::Content;
use super::object::has_moved;
use super::state::State;
use super::tasks::Task;
use crate::error::{Code, Error};
use crate::upload::event::Effect;

/// After so many runs in a row that got no further, the next would not either.
const IDLE_RUNS: u32 = 12;
/// As many where something was tried again, which may have been what took the time.
const TROUBLED_IDLE_RUNS: u32 = 40;

const GETS_NOWHERE: &str = "must be larger: run after run it was used up before the upload got any further (what cannot be resumed, such as a source without ranges, begins at its first byte in each run)";

impl Upload {
    pub(super) fn stop(&mut self) -> Result<(), Error> {
        match &self.content {
            Content::Object(object) if object.is_once_only() => Err(once_only()),
            Content::Object(_) | Content::Playlist(_) => {
                self.cx.spent.stop(Stop::Asked);
                Ok(())
            }
        }
    }

    /// Comes to rest once nothing new begins and all that was begun is over.
    pub(super) fn come_to_rest(&mut self) {
        let cx = &self.cx;
        let stopping = cx.spent.is_stopping();
        let busy = |task: &Task| match task {
            Task::Transfer { .. }
            | Task::Call { .. }
            | Task::Renew
            | Task::OpenFile(_)
            | Task::ReadFile(_) => true,
            Task::RetryPart(_) => !stopping,
            _ => false,
        };
        let may_rest = stopping || cx.spent.is_spent(&cx.job.options.budget);
        if let State::Uploading(uploading) = &self.state
            && (uploading.stage.upload_id().is_some() || self.content.has_named_files())
            && may_rest
            && !cx.tasks.any(busy)
        {
            let uploading = uploading.clone();
            self.enter(State::Suspending(uploading));
            self.be_still();
        }
        if matches!(self.state, State::Suspending(_)) && self.cx.tasks.is_empty() {
            self.rest();
        }
    }

    fn rest(&mut self) {
        let nowhere = self.is_getting_nowhere();
        let checkpoint = self.end();
        self.cx.tasks.push(match nowhere {
            true => Effect::Failed {
                error: Error::invalid("budget", GETS_NOWHERE),
            },
            false => Effect::Suspended { checkpoint },
        });
    }

    /// The budget of this run was used up before it got further than those before.
    fn is_idle(&self) -> bool {
        let cx = &self.cx;
        let shard_is_over = match &self.content {
            Content::Object(object) => object.shard_is_over(&cx.job),
            Content::Playlist(_) => false,
        };
        let is_prepared = cx.job.options.budget.parts == Some(0);
        let by_budget = !cx.spent.stop_was_asked() && !is_prepared && !shard_is_over;
        let moved = has_moved(cx, self.content.accepted());
        cx.resumed && by_budget && (cx.tally.restarts > 0 || !moved)
    }

    /// Runs in a row, with this one, that got no further.
    pub(super) fn idle_runs(&self) -> u32 {
        let before = self.cx.before.as_ref().map_or(0, |before| before.idle_runs);
        match self.is_idle() {
            true => before.saturating_add(1),
            false => 0,
        }
    }

    fn is_getting_nowhere(&self) -> bool {
        let most = match self.cx.tally.retries {
            0 => IDLE_RUNS,
            _ => TROUBLED_IDLE_RUNS,
        };
        self.idle_runs() >= most
    }
}

pub(super) fn once_only() -> Error {
    Error::new(
        Code::NotResumable,
        "a stream can be read only once, so its upload cannot be resumed",
    )
}
