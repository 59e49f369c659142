//! How often parts, or files of a playlist, have failed: each by itself, and all together without one that was accepted.

use std::collections::BTreeMap;

use crate::error::Error;
use crate::upload::retry::{JOB_FAILURES, PART_TRIES};

/// Failures by number, and in a row.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Tries {
    failures: BTreeMap<u32, u32>,
    in_a_row: u32,
}

impl Tries {
    /// Counts one more failure, and tells how many this number has by now.
    ///
    /// # Errors
    /// The one given, where it was one too many.
    pub(super) fn count(&mut self, number: u32, error: Error) -> Result<u32, Error> {
        let failures = self.failures.entry(number).or_insert(0);
        *failures = failures.saturating_add(1);
        self.in_a_row = self.in_a_row.saturating_add(1);
        match *failures >= PART_TRIES || self.in_a_row >= JOB_FAILURES {
            true => Err(error),
            false => Ok(*failures),
        }
    }

    /// How often this one has failed.
    pub(super) fn of(&self, number: u32) -> u32 {
        self.failures.get(&number).copied().unwrap_or(0)
    }

    /// It was accepted.
    pub(super) fn accepted(&mut self, number: u32) {
        self.failures.remove(&number);
        self.in_a_row = 0;
    }

    /// Everything begins anew; the failures in a row still count.
    pub(super) fn begin_anew(&mut self) {
        self.failures.clear();
    }

    /// Nothing has failed since one was accepted.
    pub(super) fn is_calm(&self) -> bool {
        self.in_a_row == 0
    }

    /// Something waits without having failed: that is not calm.
    pub(super) fn disturb(&mut self) {
        self.in_a_row = self.in_a_row.max(1);
    }
}
