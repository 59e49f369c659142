//! What the host is told of how far an upload is.

use super::Upload;
use super::content::Content;
use super::outcome::notice;
use super::state::State;
use super::tasks::Task;
use crate::upload::event::{Effect, Progress, Retry};
use crate::upload::retry::PART_TRIES;
use crate::wire::retry::CALL_TRIES;

impl Upload {
    /// Tells the news, as things stand.
    pub(super) fn tell(&mut self) {
        let news = std::mem::take(&mut self.cx.news);
        if news.progress {
            let progress = self.progress();
            self.told = (progress.retry, progress.removing);
            self.cx.tasks.push(Effect::Progress { progress });
        }
        if news.checkpoint {
            if let Content::Object(object) = &mut self.content {
                object.extend_row();
            }
            let checkpoint = self.mark(None);
            self.cx.tasks.push(Effect::Checkpoint { checkpoint });
        }
    }

    fn progress(&self) -> Progress {
        let tally = &self.cx.tally;
        let has_place = match &self.state {
            State::Over(checkpoint) => checkpoint.place.is_some(),
            state => state.grant().is_some(),
        };
        Progress {
            phase: self.state.phase(),
            media_id: has_place.then(|| self.cx.media_id.clone()),
            notice: notice(&self.cx),
            bytes_accepted: self.content.bytes(),
            bytes_total: self.content.size(),
            parts_accepted: self.content.accepted(),
            parts_total: self.content.count(),
            retries: tally.retries,
            refreshes: tally.refreshes,
            restarts: tally.restarts,
            retry: self.retry(),
            removing: self.is_removing(),
        }
    }

    /// The try that is waited for, where nothing else is under way.
    pub(super) fn retry(&self) -> Option<Retry> {
        let tries = self
            .cx
            .tasks
            .wanted()
            .map(|task| match (task, &self.content) {
                (Task::RetryCall(call), _) => Some((self.cx.tried(*call), self.most_tries(*call))),
                (Task::RetryOpen, Content::Object(object)) => {
                    Some((object.open_tries(), CALL_TRIES))
                }
                (Task::RetryList, Content::Playlist(list)) => Some((list.list_tries(), CALL_TRIES)),
                (Task::RetryPart(part), content) => Some((content.failures(*part), PART_TRIES)),
                _ => None,
            });
        let (tried, of) = tries.collect::<Option<Vec<_>>>()?.into_iter().max()?;
        // What starts over counts from the beginning.
        if tried == 0 {
            return None;
        }
        Some(Retry {
            attempt: tried.saturating_add(1),
            of,
        })
    }

    pub(super) fn is_removing(&self) -> bool {
        matches!(&self.state, State::Ending(ending) if ending.is_removing(&self.cx))
    }
}
