//! Going on from a checkpoint: whether the source is what it was, and what the earlier run has stored, as far as it can be
//! trusted.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use super::Object;
use crate::error::{Code, Error};
use crate::source::probe::Likeness;
use crate::upload::job::Job;
use crate::upload::machine::context::Context;
use crate::upload::machine::ticket;
use crate::upload::machine::turn::Turn;
use crate::upload::parts::Accepted;
use crate::upload::plan::MIN_PART_SIZE;

/// The parts that are this run's business: what it lists, moves and counts.
pub(super) fn own_parts(job: &Job) -> RangeInclusive<u32> {
    let shard = job.options.shard;
    shard.map_or(1..=u32::MAX, |shard| shard.first..=shard.last)
}

impl Object {
    /// The source must be what the checkpoint says.
    ///
    /// # Errors
    /// `SourceChanged` where it is another.
    pub(super) fn compare(&mut self, cx: &mut Context, is_alive: bool) -> Result<Turn, Error> {
        self.reader.drop_first_part(&mut cx.tasks);
        let Some(before) = &cx.before else {
            return Ok(Turn::Stay);
        };
        let reader = &mut self.reader;
        reader.likeness(before)?;
        if cx.is_by_ticket() {
            ticket::check_name(&before.source, reader.name.as_deref())?;
        }
        if reader.announced.is_none() {
            reader.size = before.source.size;
            reader.announced = before.source.size;
        }
        if cx.may_go_on() {
            self.plan = before.plan.clone();
            return Ok(Turn::GoOn);
        }
        // No credential can be had for the place it had: a new one, from the first byte on.
        cx.before = None;
        cx.media_id.clear();
        cx.tally.restarts = cx.tally.restarts.saturating_add(1);
        self.known(cx, is_alive)
    }

    /// The multipart upload of the checkpoint is there: takes over its parts, or begins anew where they cannot be trusted.
    pub(crate) fn go_on(&mut self, cx: &mut Context) -> Result<Turn, Error> {
        let before = cx.before.as_ref();
        let likeness = before.map(|before| self.reader.likeness(before));
        if likeness.transpose()? != Some(Likeness::Same) {
            let message = "the source has another ETag than before";
            return Ok(Turn::ReadOnce(Error::new(Code::SourceChanged, message)));
        }
        // It had ranges when it was cut: now each part has to fit into memory.
        let is_cut_for_ranges = self.plan()?.part_limit(1) > cx.job.host.buffer_bytes;
        if self.is_stream() && is_cut_for_ranges {
            let message = "its ranges have stopped working, and its parts do not fit into memory";
            return Ok(Turn::ReadOnce(Error::new(Code::SourceRange, message)));
        }
        self.list_for_resume(cx);
        Ok(Turn::Schedule)
    }

    /// Takes over what the server has: of ranges any part, of a source read in order those from the beginning.
    pub(super) fn take_over(
        &mut self,
        cx: &mut Context,
        found: BTreeMap<u32, Accepted>,
    ) -> Result<Turn, Error> {
        let in_order = self.is_stream();
        let own = own_parts(&cx.job);
        let trusted = self.trusted(cx, found)?.into_iter();
        for (part, accepted) in trusted.filter(|(part, _)| own.contains(part)) {
            if !self.fits(part, accepted.size)? {
                continue;
            }
            if in_order {
                self.reader.pass_over(accepted.size);
            }
            self.parts.accept(part, accepted);
        }
        let begun = self.parts.begun();
        let accepted = self.parts.accepted();
        let holes = (*own.start()..=begun).filter(|part| !accepted.contains_key(part));
        for part in holes.collect::<Vec<u32>>() {
            self.parts.ready(part);
        }
        cx.progress();
        cx.save();
        Ok(Turn::Schedule)
    }

    /// A part of this size is what this run would send.
    fn fits(&self, part: u32, size: u64) -> Result<bool, Error> {
        let plan = self.plan()?;
        if !self.is_stream() {
            return Ok(plan.part(part).map(|(_, length)| length) == Some(size));
        }
        // Those that were read in order may have been cut short.
        let sizes = MIN_PART_SIZE..=plan.part_limit(part);
        let is_last = plan.size() == Some(self.parts.bytes().saturating_add(size));
        let follows = part == self.parts.begun().saturating_add(1);
        Ok(follows && (is_last || sizes.contains(&size)))
    }

    /// Those of the parts that are where their numbers say. Of a run that read in order that holds for what it knew itself.
    fn trusted(
        &self,
        cx: &Context,
        found: BTreeMap<u32, Accepted>,
    ) -> Result<BTreeMap<u32, Accepted>, Error> {
        let before = cx.before.as_ref();
        let Some(known) = before.and_then(|before| before.in_order.as_ref()) else {
            return Ok(found);
        };
        if !known.begins(&found) {
            return Ok(BTreeMap::new());
        }
        let plan = self.plan()?;
        // What follows one that was cut short begins elsewhere than a range would.
        let fits = |(part, accepted): &(u32, Accepted)| {
            let is_range = plan.part(*part).map(|(_, length)| length) == Some(accepted.size);
            *part <= known.parts && (self.is_stream() || is_range)
        };
        Ok(found.into_iter().take_while(fits).collect())
    }
}
