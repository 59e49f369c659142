//! A look at what the server has: of parts in doubt, of a part that Complete missed, or of an earlier run.

use std::collections::{BTreeMap, BTreeSet};

use super::Object;
use super::take_over::own_parts;
use crate::error::{Code, Error};
use crate::http::Reply;
use crate::oss;
use crate::oss::error::{OssRecovery, Refused};
use crate::upload::machine::call::OssCall;
use crate::upload::machine::context::Context;
use crate::upload::machine::trouble::OssTrouble;
use crate::upload::machine::turn::Turn;
use crate::upload::parts::Accepted;

/// A look at what the server has of some parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Listing {
    /// The part number that this page begins behind.
    marker: u32,
    purpose: Purpose,
    found: BTreeMap<u32, Accepted>,
}

/// Why the server is asked what it has.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Purpose {
    /// The connections of these parts broke.
    Suspects(BTreeSet<u32>),
    /// Complete was refused for a part that is not there.
    Refused(Error),
    /// An upload goes on from a checkpoint.
    Resume,
}

impl Purpose {
    /// The last part that matters.
    fn last(&self) -> u32 {
        match self {
            Purpose::Suspects(parts) => parts.last().copied().unwrap_or(0),
            Purpose::Refused(_) | Purpose::Resume => u32::MAX,
        }
    }
}

impl Object {
    fn list(&mut self, cx: &mut Context, marker: u32, purpose: Purpose) {
        self.listing = Some(Listing {
            marker,
            purpose,
            found: BTreeMap::new(),
        });
        cx.ask(OssCall::ListParts);
    }

    pub(super) fn list_for_resume(&mut self, cx: &mut Context) {
        let marker = own_parts(&cx.job).start().saturating_sub(1);
        self.list(cx, marker, Purpose::Resume);
    }

    pub(super) fn list_suspects(&mut self, cx: &mut Context) {
        let covers = self.parts.suspects().clone();
        let marker = covers.first().map_or(0, |first| first.saturating_sub(1));
        self.list(cx, marker, Purpose::Suspects(covers));
    }

    /// Complete says that a part is not there: see which, once.
    ///
    /// # Errors
    /// The refusal, where that was done before.
    pub(crate) fn relist(&mut self, cx: &mut Context, refusal: Error) -> Result<(), Error> {
        if std::mem::replace(&mut self.relisted, true) {
            return Err(refusal);
        }
        self.list(cx, 0, Purpose::Refused(refusal));
        Ok(())
    }

    /// The part number that the next page begins behind.
    pub(crate) fn marker(&self) -> u32 {
        self.listing.as_ref().map_or(0, |listing| listing.marker)
    }

    pub(super) fn is_taking_over(&self) -> bool {
        let listing = self.listing.as_ref();
        listing.is_some_and(|listing| listing.purpose == Purpose::Resume)
    }

    pub(crate) fn on_listed(
        &mut self,
        cx: &mut Context,
        reply: &Reply,
    ) -> Result<Turn, OssTrouble> {
        let page = match oss::xml::parse_list_parts(reply) {
            Ok(page) => page,
            Err(Refused {
                error,
                recovery: OssRecovery::UploadGone,
            }) => {
                if self.is_taking_over() {
                    self.listing = None;
                    // It was completed by a run that died before it could say so, or removed.
                    self.in_doubt = true;
                    return Ok(Turn::Complete(OssCall::HeadObject.into()));
                }
                return Ok(Turn::Lost(error));
            }
            Err(Refused { error, .. }) if error.code == Code::PermissionDenied => {
                return Ok(self.listing_denied(cx, error)?);
            }
            Err(refused) => return Err(refused.into()),
        };
        cx.got_through(OssCall::ListParts);
        cx.rights.own = true;
        let Some(listing) = self.listing.as_mut() else {
            return Ok(Turn::Stay);
        };
        self.unhashed |= !page.parts.is_empty();
        for part in page.parts {
            let accepted = Accepted {
                etag: part.etag,
                size: part.size,
                crc64: part.crc64,
            };
            listing.found.insert(part.part_number, accepted);
        }
        let last = listing.purpose.last().min(*own_parts(&cx.job).end());
        let behind = page.next_marker.filter(|marker| *marker < last);
        if let Some(marker) = behind.filter(|marker| *marker > listing.marker) {
            listing.marker = marker;
            cx.ask(OssCall::ListParts);
            return Ok(Turn::Stay);
        }
        Ok(self.listed(cx)?)
    }

    /// All pages are there.
    fn listed(&mut self, cx: &mut Context) -> Result<Turn, Error> {
        let Some(listing) = self.listing.take() else {
            return Ok(Turn::Stay);
        };
        match listing.purpose {
            Purpose::Suspects(parts) => self.settle_suspects(cx, parts, listing.found),
            Purpose::Refused(refusal) => self.resend_missing(&listing.found, refusal),
            Purpose::Resume => self.take_over(cx, listing.found),
        }
    }

    /// An upload credential that may write need not be one that may look. So nothing is known of the parts: those in doubt
    /// are sent again, and what cannot be told apart without looking starts over. Where a part broke that was sent again
    /// unseen, and nothing was accepted since, it is the part itself that is denied.
    fn listing_denied(&mut self, cx: &mut Context, error: Error) -> Result<Turn, Error> {
        let Some(listing) = self.listing.take() else {
            return Ok(Turn::Stay);
        };
        match listing.purpose {
            Purpose::Suspects(parts) if self.sent_unseen.is_disjoint(&parts) => {
                self.sent_unseen.extend(&parts);
                self.settle_suspects(cx, parts, listing.found)
            }
            Purpose::Suspects(_) => Err(error),
            Purpose::Refused(refusal) => Ok(Turn::Restart(refusal)),
            // The rest of a shard's parts are others' business.
            Purpose::Resume if cx.job.options.shard.is_some() => Err(error),
            Purpose::Resume => Ok(Turn::Restart(error)),
        }
    }

    fn resend_missing(
        &mut self,
        found: &BTreeMap<u32, Accepted>,
        refusal: Error,
    ) -> Result<Turn, Error> {
        let accepted = self.parts.accepted().iter();
        let is_missing = |n: &u32, size| found.get(n).is_none_or(|found| found.size != size);
        let missing = accepted.filter(|(n, part)| is_missing(n, part.size));
        let missing: Vec<u32> = missing.map(|(n, _)| *n).collect();
        // Bytes of a stream are gone once their part was accepted.
        if missing.is_empty() || self.is_stream() {
            return Err(refusal);
        }
        for part in missing {
            self.parts.reject(part);
        }
        Ok(Turn::Resend)
    }
}
