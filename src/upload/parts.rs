//! Who is where: which parts are accepted, which may be sent now, which are in doubt.

use std::collections::{BTreeMap, BTreeSet};

use crate::oss::crc64::{self, Crc64};

/// A part the server has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// As the server spelled it, quotes included.
    pub etag: String,
    /// Length in bytes.
    pub size: u64,
    /// CRC-64 of the part, from the server or computed here.
    pub crc64: Option<u64>,
}

/// The parts of one object. Part numbers start at 1.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Parts {
    accepted: BTreeMap<u32, Accepted>,
    bytes_accepted: u64,
    /// May be sent now: they failed before, or their buffer has just been filled.
    ready: BTreeSet<u32>,
    /// Their connection broke: the server may have them or not.
    suspects: BTreeSet<u32>,
    /// The last number ever begun.
    begun: u32,
    row: Row,
}

/// Parts that follow each other from part 1 on, as far as they were looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Row {
    count: u32,
    crc: Crc64,
}

impl Row {
    /// Looks at those behind it, but at no more than so many in all.
    pub fn extend(&mut self, parts: &BTreeMap<u32, Accepted>, most: u32) {
        while self.count < most
            && let Some(Accepted { size, etag, .. }) = parts.get(&self.count.saturating_add(1))
        {
            self.crc.update(format!("{size} {etag}\n").as_bytes());
            self.count = self.count.saturating_add(1);
        }
    }

    /// How many there are.
    pub fn count(&self) -> u32 {
        self.count
    }

    /// Of their sizes and ETags.
    pub fn crc64(&self) -> u64 {
        self.crc.finish()
    }
}

impl Parts {
    /// The server has it.
    pub fn accept(&mut self, number: u32, part: Accepted) {
        self.leave_row(number);
        self.bytes_accepted = self.bytes_accepted.saturating_add(part.size);
        if let Some(before) = self.accepted.insert(number, part) {
            self.bytes_accepted = self.bytes_accepted.saturating_sub(before.size);
        }
        self.ready.remove(&number);
        self.suspects.remove(&number);
        self.begun = self.begun.max(number);
    }

    /// It may be sent now.
    pub fn ready(&mut self, number: u32) {
        self.suspects.remove(&number);
        if !self.accepted.contains_key(&number) {
            self.ready.insert(number);
        }
        self.begun = self.begun.max(number);
    }

    /// The lowest part that may be sent now.
    pub fn take_ready(&mut self) -> Option<u32> {
        self.ready.pop_first()
    }

    /// The lowest of these parts that may be sent now.
    pub fn take_ready_of(&mut self, parts: &BTreeSet<u32>) -> Option<u32> {
        let next = self.ready.intersection(parts).next().copied()?;
        self.ready.take(&next)
    }

    /// The next part that was never begun.
    pub fn begin_next(&mut self) -> u32 {
        self.begun = self.begun.saturating_add(1);
        self.begun
    }

    /// The lowest part of a range that is neither accepted nor under way, and may be sent now. None behind the last one begun
    /// is accepted.
    pub fn begin_in(&mut self, first: u32, last: u32) -> Option<u32> {
        if let Some(again) = self.ready.range(first..=last.max(first)).next().copied() {
            self.ready.remove(&again);
            return Some(again);
        }
        let next = self.begun.saturating_add(1).max(first);
        (next <= last).then(|| {
            self.begun = next;
            next
        })
    }

    /// The last part begun; 0 before the first.
    pub fn begun(&self) -> u32 {
        self.begun
    }

    /// It is certain now that the server does not have it.
    pub fn doubt_settled(&mut self, number: u32) {
        self.suspects.remove(&number);
    }

    /// Its connection broke within the body.
    pub fn suspect(&mut self, number: u32) {
        self.suspects.insert(number);
    }

    /// The parts in doubt.
    pub fn suspects(&self) -> &BTreeSet<u32> {
        &self.suspects
    }

    /// Takes back a part that the server no longer has.
    pub fn reject(&mut self, number: u32) {
        self.leave_row(number);
        if let Some(part) = self.accepted.remove(&number) {
            self.bytes_accepted = self.bytes_accepted.saturating_sub(part.size);
        }
        self.ready.insert(number);
    }

    /// Looks at those that follow each other from part 1 on. Each is looked at once: every checkpoint asks for them.
    pub fn extend_row(&mut self) {
        self.row.extend(&self.accepted, u32::MAX);
    }

    /// Those that follow each other from part 1 on, as far as they were looked at.
    pub fn row(&self) -> &Row {
        &self.row
    }

    /// It is another than the one that was looked at.
    fn leave_row(&mut self, number: u32) {
        if number <= self.row.count {
            self.row = Row::default();
        }
    }

    /// The accepted parts in order.
    pub fn accepted(&self) -> &BTreeMap<u32, Accepted> {
        &self.accepted
    }

    /// Accepted parts.
    pub fn count(&self) -> u32 {
        u32::try_from(self.accepted.len()).unwrap_or(u32::MAX)
    }

    /// Bytes in accepted parts.
    pub fn bytes(&self) -> u64 {
        self.bytes_accepted
    }

    /// The whole object's CRC-64, if every part has one. It also proves the lengths of all parts but the first: each is
    /// folded in with the length it should have.
    pub fn folded_crc64(&self) -> Option<u64> {
        self.accepted.values().try_fold(0, |crc, part| {
            Some(crc64::combine(crc, part.crc64?, part.size))
        })
    }

    /// Part numbers and ETags, as CompleteMultipartUpload wants them.
    pub fn etags(&self) -> Vec<(u32, String)> {
        self.accepted
            .iter()
            .map(|(number, part)| (*number, part.etag.clone()))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(bytes: &[u8]) -> Accepted {
        let mut crc = crc64::Crc64::new();
        crc.update(bytes);
        Accepted {
            etag: "\"E\"".into(),
            size: bytes.len() as u64,
            crc64: Some(crc.finish()),
        }
    }

    #[test]
    fn part_crcs_fold_into_the_crc_of_the_whole() {
        let mut parts = Parts::default();
        parts.accept(2, part(b"6789"));
        parts.accept(1, part(b"12345"));
        assert_eq!(parts.folded_crc64(), Some(0x995D_C9BB_DF19_39FA));
        assert_eq!((parts.count(), parts.bytes()), (2, 9));
    }

    #[test]
    fn one_part_without_a_crc_leaves_the_whole_without() {
        let mut parts = Parts::default();
        parts.accept(1, part(b"1"));
        parts.accept(
            2,
            Accepted {
                crc64: None,
                ..part(b"2")
            },
        );
        assert_eq!(parts.folded_crc64(), None);
    }

    #[test]
    fn a_part_accepted_twice_counts_once() {
        let mut parts = Parts::default();
        parts.accept(1, part(b"123"));
        parts.accept(1, part(b"123"));
        assert_eq!((parts.count(), parts.bytes()), (1, 3));
    }

    #[test]
    fn an_accepted_part_is_never_sent_again() {
        let mut parts = Parts::default();
        assert_eq!(parts.begin_next(), 1);
        parts.suspect(1);
        parts.accept(1, part(b"1"));
        parts.ready(1);
        assert_eq!(parts.take_ready(), None);
        assert!(parts.suspects().is_empty());
    }

    #[test]
    fn a_row_is_that_of_the_parts_there_are() {
        let rows = |first: &[u8]| {
            let mut parts = Parts::default();
            parts.accept(1, part(first));
            parts.accept(2, part(b"678"));
            parts.extend_row();
            parts
        };
        let mut parts = rows(b"12345");
        parts.accept(1, part(b"1234"));
        parts.extend_row();
        assert_eq!(parts.row(), rows(b"1234").row());
        parts.reject(2);
        assert_eq!((parts.row().count(), parts.bytes()), (0, 4));
        parts.extend_row();
        assert_eq!(parts.row().count(), 1);
        assert_eq!(parts.take_ready(), Some(2));
    }

    #[test]
    fn a_worker_begins_the_parts_of_its_range_in_order_and_those_that_failed_first() {
        let mut parts = Parts::default();
        assert_eq!(parts.begin_in(3, 5), Some(3));
        assert_eq!(parts.begin_in(3, 5), Some(4));
        parts.ready(1);
        parts.ready(3);
        assert_eq!(parts.begin_in(3, 5), Some(3));
        assert_eq!(parts.begin_in(3, 5), Some(5));
        assert_eq!(parts.begin_in(3, 5), None);
        assert_eq!(parts.begin_in(6, 5), None);
        parts.ready(5);
        assert_eq!(parts.begin_in(3, 5), Some(5));
        assert_eq!(parts.take_ready(), Some(1));
    }

    #[test]
    fn of_the_parts_that_may_be_sent_the_lowest_of_those_asked_for_is_taken() {
        let mut parts = Parts::default();
        for number in [2, 3, 5] {
            parts.ready(number);
        }
        let wanted = BTreeSet::from([1, 3, 5]);
        assert_eq!(parts.take_ready_of(&wanted), Some(3));
        assert_eq!(parts.take_ready_of(&wanted), Some(5));
        assert_eq!(parts.take_ready_of(&wanted), None);
        assert_eq!((parts.take_ready(), parts.begun()), (Some(2), 5));
    }
}
