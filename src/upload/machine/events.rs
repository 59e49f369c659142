//! Events, and which state hears them.

use super::content::Content;
use super::object::{Arrival, Placement};
use super::source::Opened;
use super::state::State;
use super::tasks::Task;
use super::turn::Turn;
use super::{Upload, playlist};
use crate::error::{Code, Error};
use crate::http::Reply;
use crate::upload::event::Event;

impl Upload {
    pub(super) fn hear(&mut self, event: Event) -> Result<Turn, Error> {
        match event {
            Event::Start => self.start(),
            Event::Stop | Event::Abort if matches!(self.state, State::Leaving(..)) => {
                Ok(Turn::Stay)
            }
            Event::Stop => self.stop().map(|()| Turn::Stay),
            Event::Abort => Err(Error::new(Code::Aborted, "the upload was aborted")),
            Event::Replied {
                id,
                status,
                headers,
                body,
            } => {
                let reply = Reply {
                    status,
                    headers,
                    body,
                };
                self.hear_reply(id, &reply);
                match self.cx.tasks.end(id) {
                    Some(Task::Call { call, generation }) => {
                        self.on_reply(call, generation, &reply)
                    }
                    _ => Ok(Turn::Stay),
                }
            }
            Event::Opened {
                id,
                status,
                headers,
                head,
            } => {
                let opened = Opened {
                    id,
                    status,
                    headers: &headers,
                    head: &head,
                };
                self.on_opened(opened)
            }
            Event::Filled { id, length, ended } => self.on_filled(id, length, ended),
            Event::Text { id, text, ended } => match (self.cx.tasks.end(id), &mut self.content) {
                (Some(Task::ReadList), Content::Playlist(playlist)) if self.state.is_running() => {
                    playlist.on_list_read(&mut self.cx, text, ended)
                }
                _ => Ok(Turn::Stay),
            },
            Event::Transferred {
                id,
                sent,
                status,
                headers,
                body,
                crc64,
            } => {
                let reply = Reply {
                    status,
                    headers,
                    body,
                };
                self.hear_reply(id, &reply);
                match self.cx.tasks.end(id) {
                    Some(Task::Transfer {
                        part,
                        length,
                        generation,
                    }) => {
                        let arrival = Arrival {
                            part,
                            length,
                            generation,
                            sent,
                            crc64,
                        };
                        self.on_transferred(&arrival, &reply)
                    }
                    _ => Ok(Turn::Stay),
                }
            }
            Event::Failed { id, failure } => match self.cx.tasks.end(id) {
                Some(task) => self.on_failure(task, &failure),
                None => Ok(Turn::Stay),
            },
            Event::Renewed { id, account } => match self.cx.tasks.end(id) {
                Some(Task::Renew) => self.on_renewed(account),
                _ => Ok(Turn::Stay),
            },
            Event::Woke { id } => match self.cx.tasks.end(id) {
                Some(task) => self.on_woke(&task),
                None => Ok(Turn::Stay),
            },
        }
    }

    fn hear_reply(&mut self, id: u32, reply: &Reply) {
        let last_id = self.cx.tasks.last_id();
        self.cx.caller.hear(id, last_id, reply, self.cx.now);
    }

    fn start(&mut self) -> Result<Turn, Error> {
        if self.cx.tasks.last_id() > 0 {
            return Ok(Turn::Stay);
        }
        self.cx.progress();
        self.cx.save();
        self.tell();
        if self.state.is_ending() {
            return Ok(Turn::Stay);
        }
        playlist::check_kind(&self.cx)?;
        match &mut self.content {
            Content::Object(object) => object.look(&mut self.cx),
            Content::Playlist(playlist) => playlist.read_lists(&mut self.cx),
        }
    }

    fn on_opened(&mut self, opened: Opened) -> Result<Turn, Error> {
        self.cx.caller.has_handles();
        let task = self.cx.tasks.end(opened.id);
        let cx = &mut self.cx;
        let is_running = self.state.is_running();
        match (task, &mut self.content, &mut self.state) {
            (Some(Task::Open), Content::Object(object), _) if is_running => {
                object.on_opened(cx, opened)
            }
            (Some(Task::OpenList), Content::Playlist(playlist), _) if is_running => {
                playlist.on_list_opened(cx, opened)
            }
            (Some(Task::Look(number)), Content::Playlist(playlist), _) if is_running => {
                playlist.on_look(cx, number, opened)
            }
            (
                Some(Task::OpenFile(number)),
                Content::Playlist(playlist),
                State::Uploading(uploading),
            ) => playlist.on_file_opened(cx, &mut uploading.grant, number, opened),
            (
                Some(
                    Task::Open
                    | Task::OpenList
                    | Task::Look(_)
                    | Task::OpenFile(_)
                    | Task::Dropped(_),
                ),
                _,
                _,
            ) => {
                cx.tasks.close(opened.id);
                Ok(Turn::Stay)
            }
            _ => Ok(Turn::Stay),
        }
    }

    fn on_filled(&mut self, id: u32, length: u64, ended: bool) -> Result<Turn, Error> {
        let task = self.cx.tasks.end(id);
        let (placement, is_running) = (self.placement(), self.state.is_running());
        let cx = &mut self.cx;
        match (task, &mut self.content, &mut self.state) {
            (Some(Task::Read { part, limit, least }), Content::Object(object), _) if is_running => {
                if length > limit || (length < least && !ended) {
                    let text = format!(
                        "the host read {length} bytes where {least} to {limit} were asked for"
                    );
                    return Err(Error::new(Code::Internal, text));
                }
                object.on_filled(cx, part, length, ended, placement)
            }
            (
                Some(Task::ReadFile(number)),
                Content::Playlist(playlist),
                State::Uploading(uploading),
            ) => playlist.on_file_read(cx, &mut uploading.grant, number, length, ended),
            (
                Some(Task::Read { part, .. } | Task::ReadFile(part) | Task::Dropped(Some(part))),
                _,
                _,
            ) => {
                cx.tasks.release(part);
                Ok(Turn::Stay)
            }
            _ => Ok(Turn::Stay),
        }
    }

    fn on_transferred(&mut self, arrival: &Arrival, reply: &Reply) -> Result<Turn, Error> {
        let State::Uploading(uploading) = &mut self.state else {
            return Ok(Turn::Stay);
        };
        let (cx, grant) = (&mut self.cx, &mut uploading.grant);
        match &mut self.content {
            Content::Object(object) => object.on_transferred(cx, grant, arrival, reply),
            Content::Playlist(playlist) => playlist.on_transferred(cx, grant, arrival, reply),
        }
    }

    fn on_woke(&mut self, task: &Task) -> Result<Turn, Error> {
        match (task, &mut self.content) {
            (Task::RetryCall(call), _) => {
                if self.is_wanted(*call) {
                    self.cx.ask(*call);
                }
                Ok(Turn::Stay)
            }
            _ if !self.state.is_running() => Ok(Turn::Stay),
            (Task::RetryList, Content::Playlist(playlist)) => playlist.read_lists(&mut self.cx),
            (Task::RetryOpen, Content::Object(object)) => {
                object.open(&mut self.cx);
                Ok(Turn::Stay)
            }
            (Task::RetryPart(part), Content::Object(object)) => Ok(object.ready(*part)),
            (Task::RetryPart(number), Content::Playlist(playlist)) => Ok(playlist.ready(*number)),
            _ => Ok(Turn::Stay),
        }
    }

    /// How far the service is, for what is read in order.
    pub(super) fn placement(&self) -> Placement {
        match &self.state {
            State::Uploading(uploading) => uploading.placement(),
            State::Completing(_) => Placement::Begun,
            _ if self.state.grant().is_some() => Placement::Placed,
            _ => Placement::None,
        }
    }
}
