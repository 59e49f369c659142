//! From the first byte on once more: the server lost the upload, or the source cannot be read on.

use super::Upload;
use super::call::VodCall;
use super::content::Content;
use super::placing::Placing;
use super::state::State;
use super::tasks::Task;
use super::turn::Turn;
use super::uploading::{Stage, Uploading};
use crate::error::{Code, Error};

impl Upload {
    pub(super) fn lose_upload(&mut self) {
        match &mut self.state {
            State::Uploading(uploading) => uploading.stage = Stage::Opening(None),
            State::Completing(completing) => completing.upload_id = None,
            _ => {}
        }
    }

    /// Everything from the start: the server lost the upload, or the source cannot be read on.
    pub(super) fn restart(&mut self, error: Error) -> Result<Turn, Error> {
        let Content::Object(object) = &self.content else {
            return Err(error);
        };
        if !object.may_restart(&self.cx) {
            return Err(error);
        }
        self.begin_anew()?;
        match &mut self.content {
            Content::Object(object) if object.is_stream() => {
                object.retry_open(&mut self.cx, error, None)
            }
            _ => Ok(Turn::Stay),
        }
    }

    pub(super) fn read_once(&mut self, error: Error) -> Result<(), Error> {
        let Content::Object(object) = &mut self.content else {
            return Err(error);
        };
        object.read_once(&self.cx, error)?;
        self.begin_anew()?;
        if let Content::Object(object) = &mut self.content {
            object.reopen(&mut self.cx);
        }
        Ok(())
    }

    /// Forgets all parts, and begins a new multipart upload for the same media.
    fn begin_anew(&mut self) -> Result<(), Error> {
        if let Content::Object(object) = &mut self.content {
            object.begin_anew(&mut self.cx);
        }
        if self.state.is_before_place() {
            return Ok(());
        }
        if let (Some(grant), upload_id) = self.leave().into_place() {
            let uploading = Uploading::new(grant, upload_id);
            self.enter(State::Uploading(Box::new(uploading)));
        }
        self.follow(Turn::Open)
    }

    /// The credential has ended and nothing renews it: a new media, from the first byte on. What was sent to the old place
    /// cannot be removed without a credential; VOD does that by itself, after 7 days.
    pub(super) fn create_anew(&mut self) -> Result<(), Error> {
        let action = self.cx.job.media.action();
        let message = format!(
            "the upload credential has ended, and there is no call that renews that of {action}"
        );
        let error = Error::new(Code::CredentialEnded, message);
        let Content::Object(object) = &mut self.content else {
            return Err(error);
        };
        if !self.state.is_running() || !object.may_restart(&self.cx) {
            return Err(error);
        }
        let cx = &mut self.cx;
        cx.tasks.call_off(|_| true);
        cx.forget_calls();
        cx.media_id.clear();
        object.begin_anew(cx);
        let is_stream = object.is_stream();
        if is_stream {
            // VOD is asked once the first bytes are there again.
            object.retry_open(cx, error, None)?;
        }
        self.enter(State::Placing(Placing::Creating));
        if !is_stream {
            // VOD may still hand out the credential that was refused: it gets a little time to make another.
            let tries = self.cx.tally.restarts.saturating_add(2);
            let delay = self.cx.backoff_ms(tries, None);
            let task = Task::RetryCall(VodCall::Create.into());
            self.cx.wait(task, delay);
        }
        Ok(())
    }
}
