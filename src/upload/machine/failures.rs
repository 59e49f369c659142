//! What failed without a reply, and who hears of it.

use super::Upload;
use super::content::Content;
use super::state::State;
use super::tasks::Task;
use super::turn::Turn;
use crate::error::{Code, Error};
use crate::upload::event::{Failure, FailureKind};
use crate::wire::retry::too_many_files;

impl Upload {
    pub(super) fn on_failure(&mut self, task: Task, failure: &Failure) -> Result<Turn, Error> {
        if let Task::Dropped(_) = task {
            return Ok(Turn::Stay);
        }
        // No host may fail to wait: then nothing would ever go on.
        let has_not_waited = task.is_wait() && failure.kind != FailureKind::Canceled;
        if failure.kind == FailureKind::Internal || has_not_waited {
            let message = format!("the host failed: {}", failure.message);
            return Err(Error::new(Code::Internal, message));
        }
        if failure.kind == FailureKind::NoHandle {
            return self.wait_for_handle(&task, failure);
        }
        match task {
            Task::Call { call, .. } => self.on_call_failure(call, failure),
            Task::Renew if self.cx.is_by_ticket() && failure.kind != FailureKind::Canceled => {
                self.no_ticket(failure)
            }
            // Also where only the clean-up waits for them.
            Task::Renew if failure.kind != FailureKind::Canceled => {
                Err(Error::new(Code::CredentialsFailed, failure.message.clone()))
            }
            _ if !self.state.is_running() => Ok(Turn::Stay),
            task => match &self.content {
                Content::Object(_) => self.on_object_failure(task, failure),
                Content::Playlist(_) => self.on_playlist_failure(task, failure),
            },
        }
    }

    fn on_object_failure(&mut self, task: Task, failure: &Failure) -> Result<Turn, Error> {
        let Content::Object(object) = &mut self.content else {
            return Ok(Turn::Stay);
        };
        let cx = &mut self.cx;
        match task {
            Task::Open => object.on_open_failure(cx, failure),
            Task::Read { .. } => object.on_read_failure(cx, failure),
            Task::Transfer { part, length, .. } => {
                object.on_transfer_failure(cx, part, length, failure)
            }
            _ => Ok(Turn::Stay),
        }
    }

    fn on_playlist_failure(&mut self, task: Task, failure: &Failure) -> Result<Turn, Error> {
        let Content::Playlist(playlist) = &mut self.content else {
            return Ok(Turn::Stay);
        };
        let cx = &mut self.cx;
        match (task, &mut self.state) {
            (Task::OpenList | Task::ReadList, _) => {
                playlist.on_list_failure(cx, Task::OpenList, failure)
            }
            (Task::Look(number), _) => playlist.on_list_failure(cx, Task::Look(number), failure),
            (Task::OpenFile(number) | Task::ReadFile(number), State::Uploading(uploading)) => {
                playlist.on_file_failure(cx, &mut uploading.grant, number, failure)
            }
            (Task::Transfer { part, .. }, _) => playlist.on_put_failure(cx, part, failure),
            _ => Ok(Turn::Stay),
        }
    }

    /// Does it again once a file handle may be free. Neither side has failed, so it counts for neither.
    fn wait_for_handle(&mut self, task: &Task, failure: &Failure) -> Result<Turn, Error> {
        let is_wanted = matches!(task, Task::Call { call, .. } if self.is_wanted(*call));
        if !self.state.is_running() && !is_wanted {
            return Ok(Turn::Stay);
        }
        let delay = self
            .cx
            .caller
            .wait_for_handle(&failure.message, self.cx.now)?;
        let again = match (task, &mut self.content) {
            (Task::Call { call, .. }, _) => Task::RetryCall(*call),
            (Task::Open, _) => Task::RetryOpen,
            (Task::OpenList | Task::Look(_), _) => Task::RetryList,
            (Task::OpenFile(number), Content::Playlist(playlist)) => {
                playlist.begin_later(&mut self.cx, *number)?
            }
            (Task::Transfer { part, .. }, Content::Object(object)) => object.wait_for_handle(*part),
            (Task::Transfer { part, .. }, Content::Playlist(_)) => Task::RetryPart(*part),
            _ => return Err(too_many_files(&failure.message)),
        };
        self.cx.wait(again, delay);
        Ok(Turn::Stay)
    }
}
