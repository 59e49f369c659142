//! How one state follows another: the only place where it does, but for beginning anew.

use super::Upload;
use super::adopt::Adoption;
use super::call::{Call, VodCall};
use super::completing::Completing;
use super::content::Content;
use super::grant::Grant;
use super::outcome::{Came, outcome};
use super::placing::Placing;
use super::state::State;
use super::turn::Turn;
use super::uploading::{Stage, Uploading};
use crate::error::{Code, Error};
use crate::oss::request::UploadId;
use crate::upload::plan::Plan;

impl Upload {
    /// Does what follows, until nothing more does.
    pub(super) fn follow(&mut self, turn: Turn) -> Result<(), Error> {
        let mut turn = turn;
        loop {
            if !turn.brings_a_place() {
                self.tell();
                self.send_asked()?;
            }
            if let Turn::Stay = turn {
                return Ok(());
            }
            turn = self.turn(turn)?;
        }
    }

    fn turn(&mut self, turn: Turn) -> Result<Turn, Error> {
        #[cfg(debug_assertions)]
        self.marks.insert((self.state.name(), turn.name()));
        match turn {
            Turn::Stay => {}
            Turn::Schedule => return self.schedule(),
            Turn::ReadOn => match self.schedule()? {
                Turn::Stay => self.read_ahead()?,
                turn => return Ok(turn),
            },
            Turn::GoOn => {
                self.enter(State::Placing(Placing::GoingOn));
                if let Some(turn) = self.find_by_ticket()? {
                    return Ok(turn);
                }
                self.cx.ask_once(VodCall::RefreshUploadVideo);
            }
            Turn::Create => return self.create(),
            Turn::Filled { was_cut } => return Ok(self.filled(was_cut)),
            Turn::Adopt(refusal) => {
                let adoption = Adoption::new(*refusal);
                self.enter(State::Placing(Placing::Adopting(adoption)));
            }
            Turn::CreateAfterAll => self.enter(State::Placing(Placing::Creating)),
            Turn::Placed(grant) => return Ok(self.upload(*grant, None)),
            Turn::Adopted(grant) => {
                self.expect_orphans();
                return Ok(self.upload(*grant, None));
            }
            Turn::Found(grant) => return self.found(*grant),
            Turn::Whole(grant) => {
                self.enter(State::Whole(grant));
                self.be_still();
            }
            Turn::Open => {
                if let State::Uploading(uploading) = &mut self.state {
                    return uploading.open(&mut self.cx, &mut self.content);
                }
            }
            Turn::Refresh => {
                self.refresh()?;
                self.read_ahead()?;
            }
            Turn::Lost(error) => {
                self.lose_upload();
                return self.restart(error);
            }
            Turn::Restart(error) => return self.restart(error),
            Turn::ReadOnce(error) => self.read_once(error)?,
            Turn::Complete(call) => self.complete(call),
            Turn::Resend => return self.resend(),
            Turn::Done { crc64, folds } => self.done(crc64, Came::Stored { folds })?,
        }
        Ok(Turn::Stay)
    }

    /// Takes the next state, and tells of it.
    pub(super) fn enter(&mut self, state: State) {
        let before = self.state.phase();
        self.state = state;
        if self.state.phase() != before {
            self.cx.progress();
            self.tell();
        }
    }

    /// The present state, to be taken apart for the one that follows.
    pub(super) fn leave(&mut self) -> State {
        std::mem::replace(&mut self.state, State::Looking)
    }

    fn schedule(&mut self) -> Result<Turn, Error> {
        match &mut self.state {
            State::Uploading(uploading) => uploading.schedule(&mut self.cx, &mut self.content),
            _ => Ok(Turn::Stay),
        }
    }

    fn read_ahead(&mut self) -> Result<(), Error> {
        let placement = self.placement();
        if let (Content::Object(object), true) = (&mut self.content, self.state.is_running()) {
            object.read_ahead(&mut self.cx, placement)?;
        }
        Ok(())
    }

    fn create(&mut self) -> Result<Turn, Error> {
        if let Some(turn) = self.place_by_ticket()? {
            self.enter(State::Placing(Placing::Creating));
            return Ok(turn);
        }
        let placing = Placing::ask(&mut self.cx, self.content.size());
        self.enter(State::Placing(placing));
        Ok(Turn::Stay)
    }

    fn filled(&self, was_cut: bool) -> Turn {
        match &self.state {
            State::Looking | State::Placing(_) if !self.cx.is_creating() => Turn::Create,
            State::Uploading(_) if was_cut => Turn::Open,
            State::Uploading(_) => Turn::Schedule,
            _ => Turn::Stay,
        }
    }

    fn upload(&mut self, grant: Grant, upload_id: Option<UploadId>) -> Turn {
        let uploading = Uploading::new(grant, upload_id);
        self.enter(State::Uploading(Box::new(uploading)));
        Turn::Open
    }

    /// The place of the checkpoint: its multipart upload is resumed, if there is one.
    fn found(&mut self, grant: Grant) -> Result<Turn, Error> {
        let before = self.cx.before.as_ref();
        let upload_id = before.and_then(|before| before.upload_id.clone());
        match (upload_id.and_then(UploadId::new), &mut self.content) {
            (Some(id), Content::Object(object)) => {
                let turn = object.go_on(&mut self.cx)?;
                let stage = Stage::Parts(id);
                self.enter(State::Uploading(Box::new(Uploading { grant, stage })));
                Ok(turn)
            }
            (upload_id, _) => {
                self.expect_orphans();
                Ok(self.upload(grant, upload_id))
            }
        }
    }

    /// An earlier run may have begun a multipart upload for this media, and died before it could note the id.
    pub(super) fn expect_orphans(&mut self) {
        let before = self.cx.before.as_ref();
        let planned = match &self.content {
            Content::Object(object) => object.planned(),
            Content::Playlist(_) => None,
        };
        let plan = planned.or_else(|| before?.plan.as_ref());
        let in_parts = matches!(plan, Some(Plan::Parts { .. } | Plan::Growing { .. }));
        let is_noted = before.is_some_and(|before| before.upload_id.is_some());
        // By ticket nothing can be done about them: VOD removes them within 7 days.
        let is_known = !self.cx.media_id.is_empty() && !self.cx.is_by_ticket();
        self.cx.rights.orphans = in_parts && is_known && !is_noted;
    }

    fn complete(&mut self, call: Call) {
        if let (Some(grant), upload_id) = self.leave().into_place() {
            self.enter(State::Completing(Box::new(Completing { grant, upload_id })));
            self.cx.ask(call);
        }
    }

    fn resend(&mut self) -> Result<Turn, Error> {
        match self.leave().into_place() {
            (Some(grant), Some(id)) => {
                let stage = Stage::Parts(id);
                self.enter(State::Uploading(Box::new(Uploading { grant, stage })));
                Ok(Turn::Schedule)
            }
            _ => Err(Error::new(Code::Internal, "there is no multipart upload")),
        }
    }

    pub(super) fn done(&mut self, crc64: Option<u64>, came: Came) -> Result<(), Error> {
        let Some(grant) = self.state.grant().cloned() else {
            return Ok(());
        };
        let outcome = outcome(&self.cx, &mut self.content, &grant.place, crc64, came)?;
        // A refresh, say, that came too late to matter.
        self.cx.tasks.call_off(|_| true);
        self.be_still();
        self.state = State::Leaving(Box::new(outcome), Box::new(grant));
        Ok(())
    }
}
