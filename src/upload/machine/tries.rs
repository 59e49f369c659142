//! How often parts, or files of a playlist, have failed: each by itself, and all together without one that was accepted.

use crate::error::Error;
use crate::few::Map;
use crate::upload::retry::{JOB_FAILURES, PART_TRIES};

/// Failures by number, and in a row.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Tries {
    failures: Map<u32, u32>,
    in_a_row: u32,
}

impl Tries {
    /// Counts one more failure, and tells how many this number has by now.
    ///
    /// # Errors
    /// The one given, where it was one too many.
    pub(super) fn count(&mut self, number: u32, error: Error) -> Result<u32, Error> {
        let failures = self.of(number).saturating_add(1);
        self.failures.insert(number, failures);
        self.in_a_row = self.in_a_row.saturating_add(1);
        match failures >= PART_TRIES || self.in_a_row >= JOB_FAILURES {
            true => Err(error),
            false => Ok(failures),
        }
    }

    /// How often this one has failed.
    pub(super) fn of(&self, number: u32) -> u32 {
        self.failures.get(number).copied().unwrap_or(0)
    }

    /// It was accepted.
    pub(super) fn accepted(&mut self, number: u32) {
        self.failures.remove(number);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Code;

    fn error() -> Error {
        Error::new(Code::OssUnreachable, "it broke")
    }

    #[test]
    fn a_number_is_tried_so_often_and_from_the_first_again_once_accepted() {
        let mut tries = Tries::default();
        for failure in 1..PART_TRIES {
            assert_eq!(tries.count(7, error()), Ok(failure));
            assert_eq!((tries.of(7), tries.of(8)), (failure, 0));
        }
        assert_eq!(tries.clone().count(7, error()), Err(error()));
        tries.accepted(7);
        assert_eq!((tries.of(7), tries.count(7, error())), (0, Ok(1)));
    }

    #[test]
    fn all_together_fail_so_often_in_a_row_and_a_new_beginning_is_no_success() {
        let mut tries = Tries::default();
        for number in 1..JOB_FAILURES {
            assert_eq!(tries.count(number, error()), Ok(1));
        }
        let mut anew = tries.clone();
        anew.begin_anew();
        assert_eq!((anew.of(1), anew.count(1, error())), (0, Err(error())));
        tries.accepted(100);
        assert_eq!(tries.count(1, error()), Ok(2));
    }

    #[test]
    fn it_is_calm_until_something_fails_or_waits() {
        let mut tries = Tries::default();
        assert!(tries.is_calm());
        tries.disturb();
        assert!(!tries.is_calm());
        tries.accepted(1);
        assert!(tries.is_calm());
        let _ = tries.count(1, error());
        tries.disturb();
        assert!(!tries.is_calm());
        let _ = tries.count(2, error());
        assert_eq!(tries.in_a_row, 2);
    }
}
