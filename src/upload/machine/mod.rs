//! The machine: plain data, one entry point, and no decision outside of it.
//!
//! An [`Upload`] is what it is about (`context`), what it moves (`object` or `playlist`) and where it stands (`state`). An
//! event goes to the state that it is for; that says what follows (`turn`), which is done in one place.
//!
//! The states: at first it is at the source (in `object` and `playlist`), then `placing` (with `adopt` and `replace`),
//! `uploading`, `completing`, and at its end `outcome`; `resting` to be carried on later, `ending` where it fails. `begin` has
//! the ways in (`ticket`: with a place that the caller brings), `mark` writes checkpoints. `calls` sends small requests, `replies` hears what is answered.

mod adopt;
mod anew;
mod begin;
mod budget;
mod call;
mod calls;
mod completing;
mod content;
mod context;
mod credential;
mod ending;
mod events;
mod failures;
mod grant;
mod mark;
mod object;
mod outcome;
mod placing;
mod playlist;
mod proof;
mod replace;
mod replies;
mod requests;
mod resting;
mod rights;
mod sharing;
mod source;
mod state;
mod tasks;
mod tell;
mod ticket;
mod transitions;
mod tries;
mod trouble;
mod turn;
mod uploading;

use std::collections::BTreeMap;

use super::checkpoint::Checkpoint;
use super::event::{Effect, Event, Retry};
use super::patience;
use crate::error::Error;
use crate::time::UnixMs;

use content::Content;
use context::Context;
use ending::{Ending, LANDING_MS};
use outcome::Came;
use state::State;
use tasks::Task;

/// One upload, from the look at the source to the verified object.
#[derive(Clone)]
pub struct Upload {
    cx: Context,
    content: Content,
    state: State,
    /// What progress last said of waiting and of removing.
    told: (Option<Retry>, bool),
    /// Which turns were taken, and in which states.
    #[cfg(debug_assertions)]
    marks: std::collections::BTreeSet<(&'static str, &'static str)>,
}

impl Upload {
    /// Takes an event and gives the effects that follow from it, in the order to run them. Total: an event that does not
    /// fit is answered with nothing.
    pub fn handle(&mut self, event: Event, now: UnixMs) -> Vec<Effect> {
        if let State::Over(_) = self.state {
            return Vec::new();
        }
        self.cx.now = now;
        let turn = self.hear(event);
        if let Err(error) = turn.and_then(|turn| self.follow(turn)) {
            self.fail(error);
        }
        self.settle();
        let is_over = matches!(self.state, State::Over(_));
        if !is_over && self.told != (self.retry(), self.is_removing()) {
            self.cx.progress();
        }
        self.tell();
        let mut effects = self.cx.tasks.take_effects();
        for effect in &mut effects {
            patience::apply(effect, &self.cx.job);
        }
        effects
    }

    /// Where the upload stands.
    pub fn checkpoint(&self) -> Checkpoint {
        match &self.state {
            State::Over(checkpoint) => (**checkpoint).clone(),
            _ => self.mark(None),
        }
    }

    /// What each effect in flight is for: for tests that ask whether all of it was seen.
    #[doc(hidden)]
    pub fn under_way(&self) -> BTreeMap<u32, String> {
        self.cx.tasks.names()
    }

    /// The states that it was in, each with the turns that were taken there: for tests that ask whether all were seen.
    #[cfg(debug_assertions)]
    #[doc(hidden)]
    pub fn marks(&self) -> Vec<(&'static str, &'static str)> {
        let mut marks: Vec<_> = self.marks.iter().copied().collect();
        marks.push((self.state.name(), "Stay"));
        marks
    }

    /// Bytes that the playlists take in memory, and what they name.
    #[must_use]
    pub fn held(&self) -> usize {
        match &self.content {
            Content::Object(_) => 0,
            Content::Playlist(playlist) => playlist.held(),
        }
    }

    /// Stops everything at once. What the server holds is removed once all that was in flight is still.
    fn fail(&mut self, error: Error) {
        self.tell();
        let error = self.cx.about_sharing(error);
        match &mut self.state {
            State::Ending(ending) => return ending.cannot_remove(&self.cx, error),
            // It is done.
            State::Leaving(..) | State::Over(_) => return,
            _ => {}
        }
        let left = self.left();
        let ending = Ending::failed(&self.cx, error, left);
        self.cx.forget_tries();
        self.state = State::Ending(Box::new(ending));
        self.cx.progress();
        self.be_still();
    }

    /// Ends all that is in flight, and closes the source.
    fn be_still(&mut self) {
        self.tell();
        self.cx.tasks.cancel_all();
        self.cx.forget_calls();
        match &mut self.content {
            Content::Object(object) => object.let_go(&mut self.cx),
            Content::Playlist(playlist) => playlist.let_go(&mut self.cx),
        }
    }

    /// Goes on where all is still.
    fn settle(&mut self) {
        self.come_to_rest();
        if !self.cx.tasks.is_empty() {
            return;
        }
        if matches!(self.state, State::Whole(_))
            && let Err(error) = self.done(None, Came::WasThere)
        {
            self.fail(error);
        }
        while self.cx.tasks.is_empty()
            && let State::Ending(ending) = &mut self.state
        {
            match ending.next(&self.cx) {
                Some(call) if ending.take_landing(call) => {
                    self.cx.wait(Task::Landing, LANDING_MS);
                }
                Some(call) => {
                    self.cx.ask(call);
                    if let Err(error) = self.send_asked() {
                        self.fail(error);
                    }
                }
                None => {
                    let error = ending.verdict.clone();
                    self.end();
                    self.cx.tasks.push(Effect::Failed { error });
                }
            }
        }
        if self.cx.tasks.is_empty()
            && let State::Leaving(outcome, _) = &self.state
        {
            let outcome = (**outcome).clone();
            self.end();
            self.cx.progress();
            self.tell();
            self.cx.tasks.push(Effect::Done { outcome });
        }
    }

    /// Nothing follows. Gives where it stood.
    fn end(&mut self) -> Checkpoint {
        self.tell();
        let checkpoint = self.mark(Some(self.idle_runs()));
        self.state = State::Over(Box::new(checkpoint.clone()));
        checkpoint
    }
}
