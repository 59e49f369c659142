//! What OSS says of a part.

use super::Object;
use crate::error::{Code, Error};
use crate::http::Reply;
use crate::oss;
use crate::oss::error::{OssRecovery, Refused};
use crate::upload::machine::call::VodCall;
use crate::upload::machine::context::Context;
use crate::upload::machine::credential::Resend;
use crate::upload::machine::grant::Grant;
use crate::upload::machine::turn::Turn;
use crate::upload::parts::Accepted;

/// A PUT that got a reply.
pub(crate) struct Arrival {
    pub(crate) part: u32,
    pub(crate) length: u64,
    pub(crate) generation: u32,
    pub(crate) sent: u64,
    pub(crate) crc64: Option<String>,
}

impl Arrival {
    /// What the server has now, if all of it has arrived as it was sent.
    ///
    /// # Errors
    /// What differs: then the bytes are sent again.
    pub(crate) fn accepted(
        &self,
        what: &str,
        stored: oss::xml::PartReply,
    ) -> Result<(Accepted, bool), Error> {
        let Arrival { length, sent, .. } = self;
        if sent != length {
            let message = format!("{what}: {sent} of {length} bytes were sent");
            return Err(Error::new(Code::LengthMismatch, message));
        }
        let ours = self.crc64.as_deref().and_then(|text| text.parse().ok());
        let compared = ours.zip(stored.crc64);
        if let Some((ours, theirs)) = compared.filter(|(ours, theirs): &(u64, u64)| ours != theirs)
        {
            let message = format!("{what}: CRC-64 {ours} was sent and {theirs} arrived");
            return Err(Error::new(Code::ChecksumMismatch, message));
        }
        let accepted = Accepted {
            etag: stored.etag,
            size: *length,
            crc64: stored.crc64.or(ours),
        };
        Ok((accepted, compared.is_some()))
    }
}

impl Object {
    pub(crate) fn on_transferred(
        &mut self,
        cx: &mut Context,
        grant: &mut Grant,
        arrival: &Arrival,
        reply: &Reply,
    ) -> Result<Turn, Error> {
        let part = arrival.part;
        self.reader.was_lent(part);
        let stored = match oss::xml::parse_part_reply(reply) {
            Ok(stored) => stored,
            Err(refused) => return self.part_refused(cx, grant, arrival, refused, reply),
        };
        let (accepted, is_hashed) = match arrival.accepted(&format!("part {part}"), stored) {
            Ok(accepted) => accepted,
            Err(error) => return self.part_failed(cx, part, error, None),
        };
        cx.tally.request_id = reply.header("x-oss-request-id").map(str::to_owned);
        self.unhashed |= !is_hashed;
        self.accept(cx, part, accepted);
        Ok(Turn::Schedule)
    }

    pub(super) fn accept(&mut self, cx: &mut Context, part: u32, accepted: Accepted) {
        self.parts.accept(part, accepted);
        self.tries.accepted(part);
        cx.calls.refused_credentials = 0;
        self.sent_unseen.clear();
        self.reader.resolved_again = false;
        self.reader.was_sent_earlier(part);
        self.reader.lane.accepted();
        if self.reader.buffers.remove(part).is_some() {
            cx.tasks.release(part);
        }
        cx.progress();
        cx.save();
    }

    fn part_refused(
        &mut self,
        cx: &mut Context,
        grant: &mut Grant,
        arrival: &Arrival,
        refused: Refused,
        reply: &Reply,
    ) -> Result<Turn, Error> {
        if self.is_there_already(&refused.error) {
            // By ticket there is nobody to ask for its length.
            return match cx.is_by_ticket() {
                true => Err(refused.error),
                false => Ok(self.trust_vod(cx, arrival)),
            };
        }
        if refused.recovery == OssRecovery::UploadGone && !self.is_put() {
            return Ok(Turn::Lost(refused.error));
        }
        let (credential, generation) = (&mut grant.credential, arrival.generation);
        match credential.weigh(cx, generation, refused, &reply.headers)? {
            Resend::Later(error, asked) => self.part_failed(cx, arrival.part, error, asked),
            Resend::Renewed => Ok(self.ready(arrival.part)),
        }
    }

    /// `x-oss-forbid-overwrite` refuses what an earlier PutObject of ours may have stored.
    fn is_there_already(&self, error: &Error) -> bool {
        self.is_put() && self.in_doubt && error.service_code.as_deref() == Some("FileAlreadyExists")
    }

    /// VOD tells whether the object that is there has the length of what was sent.
    fn trust_vod(&mut self, cx: &mut Context, arrival: &Arrival) -> Turn {
        self.unhashed = true;
        let accepted = Accepted {
            etag: String::new(),
            size: arrival.length,
            crc64: None,
        };
        self.accept(cx, arrival.part, accepted);
        Turn::Complete(VodCall::GetMediaInfo.into())
    }
}
