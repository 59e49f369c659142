//! Sending the files of a playlist, and the playlists that name them.

use super::fetch::{Fetch, Way};
use super::{Playlist, no_files};
use crate::error::{Code, Error};
use crate::http::{Headers, Reply, Request};
use crate::oss;
use crate::oss::Target;
use crate::oss::crc64::Crc64;
use crate::source::probe::range_headers;
use crate::source::range::check_range;
use crate::upload::event::{Effect, Failure, FailureKind, TransferBody};
use crate::upload::job::{Job, Verify};
use crate::upload::machine::call::OssCall;
use crate::upload::machine::context::Context;
use crate::upload::machine::credential::Resend;
use crate::upload::machine::grant::{Grant, Place};
use crate::upload::machine::object::{Arrival, requests_of};
use crate::upload::machine::source::{is_passing, may_have_moved};
use crate::upload::machine::tasks::Task;
use crate::upload::machine::trouble::OssTrouble;
use crate::upload::machine::turn::Turn;
use crate::upload::naming;
use crate::upload::tree::Spot;
use crate::wire::retry::retry_after_ms;

impl Playlist {
    /// Sends a file by the way that is known for it.
    pub(super) fn send_fetched(
        &mut self,
        cx: &mut Context,
        grant: &mut Grant,
        number: u32,
    ) -> Result<(), Error> {
        let fetch = self.fetch(number)?.clone();
        let body = match fetch.way {
            Way::Unknown | Way::Poured if fetch.open.is_some() => {
                return self.receive(cx, grant, number, fetch);
            }
            Way::Unknown | Way::Poured => {
                fetch.open(cx, Task::OpenFile(number));
                return Ok(());
            }
            Way::Buffer => TransferBody::Buffer,
            Way::Direct => direct(cx, &fetch),
        };
        self.put(cx, grant, number, &fetch, body)
    }

    pub(super) fn put(
        &mut self,
        cx: &mut Context,
        grant: &mut Grant,
        number: u32,
        fetch: &Fetch,
        body: TransferBody,
    ) -> Result<(), Error> {
        let length = fetch.length.unwrap_or(0);
        let told = fetch.content_type.as_deref();
        let (target, headers) = self.stored_as(&cx.job, &grant.place, number, told)?;
        let (keys, at) = (grant.credential.keys(), cx.server_now());
        let request = oss::request::put_object(&target, cx.job.oss.signature, keys, at, &headers)?;
        let id = cx.tasks.begin(Task::Transfer {
            part: number,
            length,
            generation: grant.credential.generation(),
        });
        cx.spent.bytes(length);
        cx.spent.requests(requests_of(&body));
        grant.credential.was_used();
        cx.tasks.push(Effect::Transfer {
            id,
            part: number,
            body,
            length,
            request,
            checksum: cx.job.options.verify == Verify::Crc64,
        });
        Ok(())
    }

    /// Where a file goes, and the headers that are stored with it.
    fn stored_as(
        &self,
        job: &Job,
        place: &Place,
        number: u32,
        told: Option<&str>,
    ) -> Result<(Target, Headers), Error> {
        let key = self.tree.key(number).ok_or_else(no_files)?;
        let mut headers = job.options.object_headers.clone();
        // One Content-Type for all would be wrong for most.
        headers.retain(|(name, _)| !name.eq_ignore_ascii_case("content-type"));
        headers.push(("Content-Type".into(), naming::content_type(&key, told)));
        headers.extend(job.options.headers_of_a_body());
        if key == place.target.key {
            // The list that VOD knows makes the media: it comes last.
            headers.extend(job.options.headers_at_the_end());
        }
        Ok((place.target.beside(key)?, headers))
    }

    pub(crate) fn on_transferred(
        &mut self,
        cx: &mut Context,
        grant: &mut Grant,
        arrival: &Arrival,
        reply: &Reply,
    ) -> Result<Turn, Error> {
        let number = arrival.part;
        let stored = match oss::xml::parse_part_reply(reply) {
            Ok(stored) => stored,
            Err(refused) => {
                let (credential, generation) = (&mut grant.credential, arrival.generation);
                return match credential.weigh(cx, generation, refused, &reply.headers)? {
                    Resend::Later(error, asked) => self.file_failed(cx, number, error, asked),
                    Resend::Renewed => Ok(self.ready(number)),
                };
            }
        };
        let arrived = stored.crc64;
        let (accepted, is_hashed) = match arrival.accepted(&format!("part {number}"), stored) {
            Ok(accepted) => accepted,
            Err(error) => return self.file_failed(cx, number, error, None),
        };
        let told = self.fetch(number)?.validator.crc64();
        if let Some((said, theirs)) = told.zip(arrived).filter(|(said, theirs)| said != theirs) {
            let message =
                format!("file {number}: its source tells a CRC-64 of {said} and {theirs} arrived");
            let error = Error::new(Code::ChecksumMismatch, message);
            return self.file_failed(cx, number, error, None);
        }
        cx.tally.request_id = reply.header("x-oss-request-id").map(str::to_owned);
        self.unhashed |= !is_hashed;
        self.accept(cx, number, accepted.size);
        Ok(Turn::Schedule)
    }

    /// A PUT of a whole object can simply be sent again: it ends the same, whether or not the first one arrived.
    pub(crate) fn on_put_failure(
        &mut self,
        cx: &mut Context,
        number: u32,
        failure: &Failure,
    ) -> Result<Turn, Error> {
        let fetch = self.fetch(number)?.clone();
        let error = match failure.kind {
            FailureKind::Canceled => return Ok(self.ready(number)),
            FailureKind::Network
            | FailureKind::Timeout
            | FailureKind::Untrusted
            | FailureKind::Malformed
            | FailureKind::ServiceRefused
            | FailureKind::ProxyRefused => {
                let message = format!("no reply from OSS: {}", failure.message);
                let code = failure.kind.no_reply(Code::OssUnreachable);
                fetch.about(Error::new(code, message))
            }
            FailureKind::SourceReply => {
                return self.source_refused(cx, number, fetch, failure);
            }
            _ => fetch.failed(failure),
        };
        match error.retryable {
            true => self.file_failed(cx, number, error, None),
            false => Err(error),
        }
    }

    fn source_refused(
        &mut self,
        cx: &mut Context,
        number: u32,
        fetch: Fetch,
        failure: &Failure,
    ) -> Result<Turn, Error> {
        let status = failure.status.unwrap_or(0);
        let error = match check_range(&fetch.whole(), status, &failure.headers) {
            Err(error) => fetch.about(error),
            Ok(()) => fetch.failed(failure),
        };
        // A redirect that has expired: followed anew, as often as a file may fail.
        if fetch.hops > 0 && may_have_moved(status) {
            *self.fetch(number)? = fetch.anew();
        } else if !is_passing(status) {
            return Err(error);
        }
        let asked = retry_after_ms(&failure.headers, cx.now);
        self.file_failed(cx, number, error, asked)
    }

    // The rewritten playlists.

    pub(crate) fn list_request(
        &self,
        cx: &Context,
        grant: &Grant,
        number: u32,
    ) -> Result<Request, Error> {
        let (target, headers) = self.stored_as(&cx.job, &grant.place, number, None)?;
        let (keys, at) = (grant.credential.keys(), cx.server_now());
        let mut request =
            oss::request::put_object(&target, cx.job.oss.signature, keys, at, &headers)?;
        request.body = self.tree.text(number).ok_or_else(no_files)?;
        Ok(request)
    }

    pub(crate) fn on_list_stored(
        &mut self,
        cx: &mut Context,
        grant: &mut Grant,
        number: u32,
        reply: &Reply,
    ) -> Result<Turn, OssTrouble> {
        let stored = oss::xml::parse_part_reply(reply)?;
        let text = self.tree.text(number).ok_or_else(no_files)?;
        let mut crc = Crc64::new();
        crc.update(text.as_bytes());
        let ours = crc.finish();
        if let Some(theirs) = stored.crc64.filter(|theirs| *theirs != ours) {
            let message = format!("playlist: CRC-64 {ours} was sent and {theirs} arrived");
            let error = Error::new(Code::ChecksumMismatch, message);
            cx.retry_call(OssCall::PutPlaylist(number), error, None)?;
            return Ok(Turn::Stay);
        }
        self.unhashed |= stored.crc64.is_none();
        cx.got_through(OssCall::PutPlaylist(number));
        grant.credential.was_used();
        if number == self.tree.count() {
            self.root_crc64 = stored.crc64.or(Some(ours));
        }
        let bytes = u64::try_from(text.len()).unwrap_or(u64::MAX);
        self.accept(cx, number, bytes);
        Ok(Turn::Schedule)
    }
}

/// Straight from its source.
fn direct(cx: &Context, fetch: &Fetch) -> TransferBody {
    match &fetch.item.spot {
        Spot::File(path) => TransferBody::File {
            path: path.to_string(),
        },
        Spot::Url(_) => {
            let expect = fetch.whole();
            let range = range_headers(expect.first, expect.last, &expect.validator);
            TransferBody::Range {
                request: fetch.get(cx, range),
                expect: Box::new(expect),
                allow_private: cx.job.options.allow_private_sources,
            }
        }
    }
}
