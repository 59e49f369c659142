//! What VOD and OSS answer to small requests, and which state hears it.

use super::call::{Call, OssCall, VodCall};
use super::content::Content;
use super::credential::Brought;
use super::placing::{Placing, created, find_anew, on_found, read_ticket};
use super::rights::Standing;
use super::state::State;
use super::tasks::Task;
use super::trouble::{OssTrouble, Trouble, VodTrouble};
use super::turn::Turn;
use super::{Upload, adopt, replace};
use crate::error::{Code, Error};
use crate::http::Reply;
use crate::oss;
use crate::vod::api::{self, UploadTicket};
use crate::vod::error::Recovery;
use crate::vod::video_info::parse_video_info;

impl Upload {
    pub(super) fn on_reply(
        &mut self,
        call: Call,
        generation: u32,
        reply: &Reply,
    ) -> Result<Turn, Error> {
        let names = ["x-oss-request-id", "x-acs-request-id"];
        if let Some(id) = names.iter().find_map(|name| reply.header(name)) {
            self.cx.tally.request_id = Some(id.to_owned());
        }
        match call {
            Call::Vod(call) => match self.on_vod_reply(call, reply) {
                Ok(turn) => Ok(turn),
                Err(Trouble::Fatal(error)) => Err(error),
                Err(Trouble::Service(_)) if !self.is_wanted(call) => Ok(Turn::Stay),
                Err(Trouble::Service(refused)) => self.vod_trouble(call, refused, reply),
            },
            Call::Oss(call) => match self.on_oss_reply(call, reply) {
                Ok(turn) => Ok(turn),
                Err(Trouble::Fatal(error)) => Err(error),
                Err(Trouble::Service(_)) if !self.is_wanted(call) => Ok(Turn::Stay),
                Err(Trouble::Service(refused)) => {
                    self.oss_trouble(call, generation, refused, reply)
                }
            },
        }
    }

    fn on_vod_reply(&mut self, call: VodCall, reply: &Reply) -> Result<Turn, VodTrouble> {
        let cx = &mut self.cx;
        match (call, &mut self.state) {
            (VodCall::Create, _) => self.on_created(reply),
            (VodCall::Adopt, State::Placing(Placing::Adopting(adoption))) => {
                adoption.on_adopted(cx, reply)
            }
            (VodCall::Survey, State::Placing(Placing::Adopting(adoption))) => {
                let content = &mut self.content;
                adoption.on_surveyed(cx, reply, |grant| content.size_at(&grant.place))
            }
            (VodCall::Claim, State::Placing(placing)) => {
                let grant = replace::on_claimed(cx, reply)?;
                *placing = Placing::Claiming(Some(Box::new(grant)));
                Ok(Turn::Stay)
            }
            (VodCall::Inspect, State::Placing(Placing::Claiming(grant))) => {
                replace::on_inspected(cx, grant, reply)
            }
            (VodCall::RefreshUploadVideo, _) => self.on_refreshed(reply),
            (VodCall::GetMediaInfo, State::Completing(completing)) => match &self.content {
                Content::Object(object) => completing.on_media_info(cx, object, reply),
                Content::Playlist(_) => Ok(Turn::Stay),
            },
            (VodCall::DeleteMultipartUpload, _) => self.on_orphans_removed(reply),
            (VodCall::DeleteVideo, State::Ending(ending)) => {
                api::parse_delete_video(reply, &cx.media_id)?;
                cx.got_through(call);
                ending.files_removed();
                Ok(Turn::Stay)
            }
            (VodCall::Prove, _) => self.on_proven(reply),
            (
                VodCall::Adopt
                | VodCall::Survey
                | VodCall::Claim
                | VodCall::Inspect
                | VodCall::GetMediaInfo
                | VodCall::DeleteVideo,
                _,
            ) => Ok(Turn::Stay),
        }
    }

    fn on_oss_reply(&mut self, call: OssCall, reply: &Reply) -> Result<Turn, OssTrouble> {
        let cx = &mut self.cx;
        match (call, &mut self.state, &mut self.content) {
            (OssCall::InitiateMultipartUpload, _, _) => self.on_initiated(reply),
            (OssCall::AbortMultipartUpload, _, _) => self.on_aborted(reply),
            (
                OssCall::ListParts,
                State::Uploading(_) | State::Completing(_),
                Content::Object(object),
            ) => object.on_listed(cx, reply),
            (OssCall::HeadObject, State::Uploading(_), Content::Object(object)) => {
                object.settle_put(cx, reply)
            }
            (OssCall::HeadObject, State::Completing(completing), Content::Object(object)) => {
                completing.on_head(cx, object, reply)
            }
            (
                OssCall::CompleteMultipartUpload,
                State::Completing(completing),
                Content::Object(object),
            ) => completing.on_completed(cx, object, reply),
            (
                OssCall::PutPlaylist(number),
                State::Uploading(uploading),
                Content::Playlist(playlist),
            ) => playlist.on_list_stored(cx, &mut uploading.grant, number, reply),
            (
                OssCall::ListParts
                | OssCall::HeadObject
                | OssCall::CompleteMultipartUpload
                | OssCall::PutPlaylist(_),
                _,
                _,
            ) => Ok(Turn::Stay),
        }
    }

    /// It names something that has to be removed or noted: it is heard at any time.
    fn on_created(&mut self, reply: &Reply) -> Result<Turn, VodTrouble> {
        let is_running = self.state.is_running();
        let ticket = match read_ticket(&self.cx, reply) {
            Ok(ticket) => ticket,
            Err(refused) => return adopt::not_created(&mut self.cx, refused, is_running),
        };
        let grant = created(&mut self.cx, ticket)?;
        match &mut self.state {
            State::Placing(_) => Ok(Turn::Placed(Box::new(grant))),
            State::Ending(ending) => {
                ending.grant = Some(grant);
                Ok(Turn::Stay)
            }
            _ => Ok(Turn::Stay),
        }
    }

    /// A newer upload credential, or the first one of a run that goes on from a checkpoint.
    fn on_refreshed(&mut self, reply: &Reply) -> Result<Turn, VodTrouble> {
        if let State::Placing(Placing::GoingOn) = self.state {
            return on_found(&mut self.cx, reply);
        }
        if !self.is_wanted(VodCall::RefreshUploadVideo) {
            return Ok(Turn::Stay);
        }
        let ticket = api::parse_refresh_upload_video(reply, self.cx.server_now())?;
        self.cx.got_through(VodCall::RefreshUploadVideo);
        if self.state.grant().is_none() {
            if let State::Ending(ending) = &mut self.state {
                ending.grant = find_anew(&mut self.cx, ticket)?;
                self.cx.ask_refreshed();
            }
            return Ok(Turn::Stay);
        }
        Ok(self.take_refreshed(ticket)?)
    }

    /// A newer credential for the place in use.
    pub(super) fn take_refreshed(&mut self, ticket: UploadTicket) -> Result<Turn, Error> {
        let is_ending = self.state.is_ending();
        let Some(grant) = self.state.grant_mut() else {
            return Ok(Turn::Stay);
        };
        // The address stays the one first given: it may be an internal one by choice.
        let credential = &mut grant.credential;
        match credential.refresh(&mut self.cx, ticket.auth, is_ending)? {
            Brought::Good => {
                self.cx.ask_refreshed();
                Ok(Turn::Schedule)
            }
            Brought::Refused(times) => {
                let again = Task::RetryCall(VodCall::RefreshUploadVideo.into());
                let tries = times.saturating_add(2);
                self.cx.retry_in_time(again, tries, None);
                self.stop_if_spent();
                Ok(Turn::Stay)
            }
        }
    }

    fn on_initiated(&mut self, reply: &Reply) -> Result<Turn, OssTrouble> {
        let upload_id = oss::xml::parse_initiate(reply)?;
        let cx = &mut self.cx;
        cx.got_through(OssCall::InitiateMultipartUpload);
        // Also where the upload has failed meanwhile: it is what a later run finds, or removes.
        cx.save();
        match &mut self.state {
            State::Uploading(uploading) => Ok(uploading.initiated(&self.content, upload_id)),
            State::Ending(ending) => {
                ending.upload_id = Some(upload_id);
                Ok(Turn::Stay)
            }
            _ => Ok(Turn::Stay),
        }
    }

    fn on_aborted(&mut self, reply: &Reply) -> Result<Turn, OssTrouble> {
        // 404: it is gone already, which is what was wanted.
        if !matches!(reply.status, 200 | 204 | 404) {
            return Err(oss::error::refused(reply).into());
        }
        self.cx.got_through(OssCall::AbortMultipartUpload);
        self.cx.rights.own |= reply.status != 404;
        match &mut self.state {
            State::Uploading(uploading) | State::Suspending(uploading) => Ok(uploading.aborted()),
            State::Ending(ending) => {
                ending.aborted();
                Ok(Turn::Stay)
            }
            _ => Ok(Turn::Stay),
        }
    }

    /// There are none, they are gone, or they may not be removed, and then VOD does it within 7 days.
    fn on_orphans_removed(&mut self, reply: &Reply) -> Result<Turn, VodTrouble> {
        match api::parse_done(reply) {
            Err(refused) if refused.recovery != Recovery::Fail => return Err(refused.into()),
            _ => {}
        }
        self.cx.got_through(VodCall::DeleteMultipartUpload);
        self.cx.rights.orphans = false;
        if let State::Ending(ending) = &mut self.state {
            ending.orphans_removed();
        }
        Ok(Turn::Open)
    }

    /// Whether the media of the checkpoint still waits for its file.
    fn on_proven(&mut self, reply: &Reply) -> Result<Turn, VodTrouble> {
        let cx = &mut self.cx;
        let is_ending = self.state.is_ending();
        let (status, size) = match parse_video_info(reply) {
            Ok(info) => {
                cx.must_be_told_of(Some(&info.media_id))?;
                (info.status, info.size)
            }
            // There is nothing left to remove.
            Err(refused) if refused.error.code == Code::MediaNotFound && is_ending => {
                ("Deleted".to_owned(), None)
            }
            Err(refused) => return Err(refused.into()),
        };
        cx.got_through(VodCall::Prove);
        cx.rights.standing = match status.as_str() {
            "Uploading" | "UploadFail" => Standing::Unfinished,
            _ => Standing::Arrived,
        };
        match &self.state {
            State::Ending(ending) => {
                ending.proven(cx, &status)?;
                Ok(Turn::Stay)
            }
            State::Uploading(uploading) if cx.rights.standing == Standing::Arrived => {
                // What has arrived may be ours: the run before stored it, and died before it could say so.
                match &mut self.content {
                    Content::Object(object) => {
                        object.doubt();
                        Ok(Turn::Complete(OssCall::HeadObject.into()))
                    }
                    Content::Playlist(playlist) => {
                        let ours = playlist.root_length(&uploading.grant.place)?;
                        if size != Some(ours) {
                            cx.is_to_be_proven()?;
                            return Ok(Turn::Stay);
                        }
                        cx.rights.adopted = true;
                        Ok(Turn::Whole(Box::new(uploading.grant.clone())))
                    }
                }
            }
            State::Uploading(_) => Ok(Turn::Open),
            _ => Ok(Turn::Stay),
        }
    }

    /// Stops where the budget allows no further request.
    fn stop_if_spent(&mut self) {
        let cx = &mut self.cx;
        match &self.content {
            Content::Object(object) => object.stop_if_spent(cx),
            Content::Playlist(_) => cx
                .spent
                .stop_if_spent(&cx.job.options.budget, false, cx.now),
        }
    }
}
