//! Which files of a playlist are stored, and which may be sent now.

use std::collections::BTreeSet;

/// The files of a playlist by number, from 1 on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct FileSet {
    /// First and last number of each run of files that are stored: at most a few, as files go up nearly in order.
    done: Vec<(u32, u32)>,
    count: u32,
    bytes: u64,
    /// May be sent now.
    ready: BTreeSet<u32>,
}

impl FileSet {
    /// It is stored.
    pub(super) fn store(&mut self, number: u32, bytes: u64) {
        self.ready.remove(&number);
        self.bytes = self.bytes.saturating_add(bytes);
        if self.has(number) {
            return;
        }
        self.count = self.count.saturating_add(1);
        let at = self.done.partition_point(|(first, _)| *first <= number);
        let before = at.checked_sub(1).and_then(|at| self.done.get(at)).copied();
        let after = self.done.get(at).copied();
        let joins_before = before.filter(|(_, last)| last.saturating_add(1) >= number);
        let joins_after = after.filter(|(first, _)| *first == number.saturating_add(1));
        let first = joins_before.map_or(number, |(first, _)| first);
        let last = joins_after.map_or(number, |(_, last)| last);
        let from = at.saturating_sub(usize::from(joins_before.is_some()));
        let to = at.saturating_add(usize::from(joins_after.is_some()));
        self.done.splice(from..to, [(first, last)]);
    }

    /// Another run has brought so many.
    pub(super) fn add_bytes(&mut self, bytes: u64) {
        self.bytes = self.bytes.saturating_add(bytes);
    }

    pub(super) fn has(&self, number: u32) -> bool {
        let at = self.done.partition_point(|(first, _)| *first <= number);
        let run = at.checked_sub(1).and_then(|at| self.done.get(at));
        run.is_some_and(|(_, last)| number <= *last)
    }

    /// Files that are stored.
    pub(super) fn count(&self) -> u32 {
        self.count
    }

    /// Their bytes.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// As a checkpoint tells them.
    pub(super) fn runs(&self) -> &[(u32, u32)] {
        &self.done
    }

    /// It may be sent now.
    pub(super) fn ready(&mut self, number: u32) {
        if !self.has(number) {
            self.ready.insert(number);
        }
    }

    /// The lowest that may be sent now.
    pub(super) fn take_ready(&mut self) -> Option<u32> {
        self.ready.pop_first()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_of_stored_files_join_whatever_their_order() {
        let orders: [&[u32]; 4] = [
            &[1, 2, 3, 4, 5, 7, 9, 8],
            &[9, 8, 7, 5, 4, 3, 2, 1],
            &[5, 1, 9, 3, 7, 2, 4, 8],
            &[8, 8, 3, 9, 4, 4, 7, 1, 2, 5, 1, 9],
        ];
        for order in orders {
            let mut files = FileSet::default();
            for number in order {
                files.store(*number, 0);
            }
            assert_eq!(files.runs(), [(1, 5), (7, 9)], "{order:?}");
            assert_eq!(files.count(), 8);
            let has: Vec<u32> = (0..=10).filter(|number| files.has(*number)).collect();
            assert_eq!(has, [1, 2, 3, 4, 5, 7, 8, 9]);
        }
    }

    #[test]
    fn what_is_stored_is_never_sent_again() {
        let mut files = FileSet::default();
        files.ready(2);
        files.store(2, 5);
        files.ready(2);
        assert_eq!(files.take_ready(), None);
        assert_eq!((files.count(), files.bytes()), (1, 5));
    }
}
