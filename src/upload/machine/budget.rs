//! What this run may use up, and whether it is to come to rest.

use std::collections::BTreeSet;

use crate::time::UnixMs;
use crate::upload::job::Budget;

/// Requests kept back for the end of a slice: a listing, a refresh, a retry.
const RESERVED_SUBREQUESTS: u32 = 4;

/// Why nothing new begins.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stop {
    /// It may begin.
    #[default]
    No,
    /// The budget allows no further request, or there is no part left in the shard.
    Spent,
    /// The caller said so.
    Asked,
}

/// What this run has used up.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Spent {
    parts: u32,
    subrequests: u32,
    bytes: u64,
    /// Parts begun: one that failed is sent again, whatever the budget, or a run may end as it began.
    begun: BTreeSet<u32>,
    stop: Stop,
}

impl Spent {
    pub(super) fn requests(&mut self, count: u32) {
        self.subrequests = self.subrequests.saturating_add(count);
    }

    /// A part is sent, perhaps again.
    pub(super) fn begin_part(&mut self, part: u32, length: u64) {
        if self.begun.insert(part) {
            self.begin_file();
            self.bytes(length);
        }
    }

    /// A file of a playlist is begun.
    pub(super) fn begin_file(&mut self) {
        self.parts = self.parts.saturating_add(1);
    }

    pub(super) fn bytes(&mut self, length: u64) {
        self.bytes = self.bytes.saturating_add(length);
    }

    /// None of the parts counts for anything any more.
    pub(super) fn begin_anew(&mut self) {
        self.begun.clear();
        self.parts = 0;
        self.bytes = 0;
    }

    pub(super) fn begun(&self) -> &BTreeSet<u32> {
        &self.begun
    }

    /// The budget allows no further part; those begun are finished.
    pub(super) fn is_spent(&self, budget: &Budget) -> bool {
        budget.parts.is_some_and(|limit| self.parts >= limit)
            || budget.bytes.is_some_and(|limit| self.bytes >= limit)
    }

    /// Nothing new begins.
    pub(super) fn is_stopping(&self) -> bool {
        self.stop != Stop::No
    }

    pub(super) fn stop_was_asked(&self) -> bool {
        self.stop == Stop::Asked
    }

    pub(super) fn stop(&mut self, why: Stop) {
        self.stop = self.stop.max(why);
    }

    /// Stops where the budget allows no further request. Of a run that owes a part no deadline is asked: what is read in order
    /// is read from the first byte on in each run, and one that ended before its first part would end there again.
    pub(super) fn stop_if_spent(&mut self, budget: &Budget, owes_a_part: bool, now: UnixMs) {
        let requests = self.subrequests.saturating_add(RESERVED_SUBREQUESTS);
        let is_late = budget.deadline.is_some_and(|deadline| now.0 >= deadline) && !owes_a_part;
        if is_late || budget.subrequests.is_some_and(|limit| requests >= limit) {
            self.stop(Stop::Spent);
        }
    }
}

/// A wait for a part that would outlast the deadline ends with it.
pub(super) fn within_deadline(budget: &Budget, ms: u64, now: UnixMs) -> u64 {
    let left = budget.deadline.map(|at| at.saturating_sub(now.0));
    left.filter(|left| *left > 0)
        .map_or(ms, |left| left.min(ms))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixMs = UnixMs(1_760_000_000_000);

    #[test]
    fn a_budget_is_spent_once_so_much_was_begun() {
        let budget = |parts, bytes| Budget {
            parts,
            bytes,
            ..Budget::default()
        };
        let mut spent = Spent::default();
        assert!(spent.is_spent(&budget(Some(0), None)));
        spent.begin_part(1, 5);
        spent.begin_part(2, 5);
        // Sent again: it counts once.
        spent.begin_part(2, 5);
        for (budget, is_spent) in [
            (budget(None, None), false),
            (budget(Some(3), None), false),
            (budget(Some(2), None), true),
            (budget(None, Some(11)), false),
            (budget(None, Some(10)), true),
            (budget(Some(2), Some(11)), true),
        ] {
            assert_eq!(spent.is_spent(&budget), is_spent, "{budget:?}");
        }
        assert_eq!(spent.begun(), &BTreeSet::from([1, 2]));
        spent.begin_anew();
        assert_eq!(spent, Spent::default());
    }

    #[test]
    fn a_run_stops_before_its_requests_or_its_time_are_over() {
        let stops = |requests, budget: Budget, owes_a_part| {
            let mut spent = Spent::default();
            spent.requests(requests);
            spent.stop_if_spent(&budget, owes_a_part, NOW);
            spent.is_stopping()
        };
        let requests = |limit| Budget {
            subrequests: Some(limit),
            ..Budget::default()
        };
        assert!(!stops(100, Budget::default(), false));
        assert!(!stops(5, requests(10), false));
        assert!(stops(6, requests(10), false) && stops(6, requests(10), true));
        let until = |ms: u64| Budget {
            deadline: Some(ms),
            ..Budget::default()
        };
        assert!(!stops(0, until(NOW.0 + 1), false));
        assert!(stops(0, until(NOW.0), false));
        assert!(!stops(0, until(NOW.0), true));
    }

    #[test]
    fn that_the_caller_asked_for_a_stop_is_not_forgotten() {
        let mut spent = Spent::default();
        assert!(!spent.is_stopping());
        spent.stop(Stop::Spent);
        assert!(spent.is_stopping() && !spent.stop_was_asked());
        spent.stop(Stop::Asked);
        spent.stop(Stop::Spent);
        assert!(spent.is_stopping() && spent.stop_was_asked());
    }

    #[test]
    fn a_wait_ends_with_the_deadline_unless_that_is_over() {
        let until = |deadline| Budget {
            deadline,
            ..Budget::default()
        };
        for (deadline, ms) in [
            (None, 500),
            (Some(NOW.0 + 1_000), 500),
            (Some(NOW.0 + 200), 200),
            (Some(NOW.0), 500),
            (Some(NOW.0 - 1), 500),
        ] {
            assert_eq!(within_deadline(&until(deadline), 500, NOW), ms);
        }
    }
}
