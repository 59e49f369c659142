//! Parts that may have arrived or not: their connection broke.

use std::collections::{BTreeMap, BTreeSet};

use super::Object;
use crate::error::{Code, Error};
use crate::http::Reply;
use crate::oss;
use crate::oss::error::OssRecovery;
use crate::upload::job::Verify;
use crate::upload::machine::call::OssCall;
use crate::upload::machine::context::Context;
use crate::upload::machine::tasks::Task;
use crate::upload::machine::trouble::{OssTrouble, Trouble};
use crate::upload::machine::turn::Turn;
use crate::upload::parts::Accepted;

impl Object {
    /// A connection that broke within a body may hide a refusal, or a part that did arrive. A small signed request tells.
    pub(super) fn look_at_suspects(&mut self, cx: &mut Context) {
        if self.parts.suspects().is_empty() {
            return;
        }
        if self.is_put() {
            return cx.ask_once(OssCall::HeadObject);
        }
        // A listing may be older than this failure; the next one begins when it is over.
        if self.listing.is_none() {
            self.list_suspects(cx);
        }
    }

    pub(super) fn settle_suspects(
        &mut self,
        cx: &mut Context,
        parts: BTreeSet<u32>,
        mut found: BTreeMap<u32, Accepted>,
    ) -> Result<Turn, Error> {
        // With CRC-64 asked for, a part counts only when its bytes were hashed here, and those of a broken transfer were not.
        let trusted = cx.job.options.verify == Verify::Length;
        for part in parts {
            let (_, length) = self.extent(part)?;
            let found = found.remove(&part);
            match found.filter(|found| trusted && found.size == length) {
                Some(found) => self.accept(cx, part, found),
                None => self.send_again(cx, part),
            }
        }
        self.look_at_suspects(cx);
        Ok(Turn::Schedule)
    }

    /// The server does not have it, as far as that can be told.
    fn send_again(&mut self, cx: &mut Context, part: u32) {
        // As many tries as were counted when it failed.
        let tries = self.tries.of(part);
        self.parts.doubt_settled(part);
        cx.retry_in_time(Task::RetryPart(part), tries, None);
    }

    /// HEAD after a PutObject without a reply.
    pub(crate) fn settle_put(
        &mut self,
        cx: &mut Context,
        reply: &Reply,
    ) -> Result<Turn, OssTrouble> {
        let (_, length) = self.extent(1)?;
        let trusted = cx.job.options.verify == Verify::Length;
        match oss::xml::parse_head(reply) {
            Ok(head)
                if trusted
                    && head.size == length
                    && self.is_what_was_sent(cx, Some(length), None) =>
            {
                self.unhashed = true;
                let accepted = Accepted {
                    etag: head.etag.unwrap_or_default(),
                    size: length,
                    crc64: head.crc64,
                };
                self.accept(cx, 1, accepted);
                return Ok(Turn::Schedule);
            }
            Ok(_) => {}
            Err(refused) => match refused.recovery {
                OssRecovery::Fail if refused.error.code == Code::SignatureMismatch => {
                    return Err(Trouble::Fatal(refused.error));
                }
                // It is not there, or this credential may not look: nothing is known but that the credential works.
                OssRecovery::Fail | OssRecovery::UploadGone => {}
                _ => return Err(refused.into()),
            },
        }
        cx.got_through(OssCall::HeadObject);
        // Who may not look does not know whether it has arrived.
        self.in_doubt |= reply.status == 403;
        self.send_again(cx, 1);
        Ok(Turn::Stay)
    }

    /// Whether an object of this size and CRC-64 is the one that was sent. Where a media is replaced there is an object from
    /// the beginning, so that one is there proves nothing: it must be another than before.
    pub(crate) fn is_what_was_sent(
        &self,
        cx: &Context,
        size: Option<u64>,
        crc64: Option<u64>,
    ) -> bool {
        if !cx.overwrites() {
            return true;
        }
        let folded = self.folded_crc64();
        if let (Some(ours), Some(theirs)) = (folded, crc64) {
            return ours == theirs;
        }
        let total = self.total();
        let was = cx.rights.replaced_bytes;
        size.is_some() && size == total && was.is_some_and(|was| Some(was) != total)
    }

    /// The CRC-64 of all that was accepted.
    pub(crate) fn folded_crc64(&self) -> Option<u64> {
        let folded = self.parts.folded_crc64();
        folded.filter(|_| self.parts.count() > 0)
    }
}
