//! How many ranges a source is asked for at once: fewer where it says that they are too many, and slowly more again.

use crate::time::UnixMs;

/// Parts accepted in a row before one more range is tried; doubled each time the source refuses again.
const CALM_PARTS: u32 = 8;
/// It stays worth a try now and then.
const MOST_CALM_PARTS: u32 = 256;

/// The width of the road from a source.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Lane {
    /// Ranges at once; none where the source never complained.
    width: Option<u32>,
    /// Nothing is asked before then.
    held_until: Option<UnixMs>,
    /// Parts accepted since the width last changed.
    calm: u32,
    /// Parts to be accepted before the lane grows.
    patience: u32,
}

impl Lane {
    /// Whether one more range may be asked for beside those in flight.
    pub(super) fn is_open(&self, in_flight: usize, now: UnixMs) -> bool {
        let fits = self
            .width
            .is_none_or(|width| u32::try_from(in_flight).is_ok_and(|running| running < width));
        fits && self.held_until.is_none_or(|until| now >= until)
    }

    /// The source refused one for there being too many: those that still run are what it takes.
    pub(super) fn narrow(&mut self, still_running: usize, held_ms: Option<u64>, now: UnixMs) {
        let running = u32::try_from(still_running).unwrap_or(u32::MAX);
        self.width = Some(running.clamp(1, self.width.unwrap_or(u32::MAX)));
        self.calm = 0;
        self.patience = match self.patience {
            0 => CALM_PARTS,
            before => before.saturating_mul(2).min(MOST_CALM_PARTS),
        };
        let until = held_ms.map(|ms| now.plus_ms(ms));
        self.held_until = self.held_until.max(until);
    }

    /// Everything begins anew, and nothing waits for its turn any more.
    pub(super) fn begin_anew(&mut self) {
        self.held_until = None;
    }

    /// A part went through.
    pub(super) fn accepted(&mut self) {
        let Some(width) = self.width.as_mut() else {
            return;
        };
        self.calm = self.calm.saturating_add(1);
        if self.calm >= self.patience {
            self.calm = 0;
            *width = width.saturating_add(1);
        }
    }
}

/// Statuses by which a source says that it is asked too much at once.
pub(super) fn is_crowded(status: u16) -> bool {
    matches!(status, 429 | 503 | 509)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixMs = UnixMs(1_760_000_000_000);

    #[test]
    fn it_narrows_to_what_still_runs_and_never_below_one() {
        let mut lane = Lane::default();
        assert!(lane.is_open(100, NOW));
        lane.narrow(3, None, NOW);
        assert_eq!((lane.is_open(2, NOW), lane.is_open(3, NOW)), (true, false));
        lane.narrow(7, None, NOW);
        assert!(!lane.is_open(3, NOW));
        lane.narrow(0, None, NOW);
        assert_eq!((lane.is_open(0, NOW), lane.is_open(1, NOW)), (true, false));
    }

    #[test]
    fn it_grows_slowly_and_more_slowly_each_time() {
        let mut lane = Lane::default();
        for parts in [8, 16, 32] {
            lane.narrow(1, None, NOW);
            (1..parts).for_each(|_| lane.accepted());
            assert!(!lane.is_open(1, NOW));
            lane.accepted();
            assert!(lane.is_open(1, NOW));
        }
    }

    #[test]
    fn it_waits_as_long_as_the_source_asked() {
        let mut lane = Lane::default();
        lane.narrow(1, Some(5_000), NOW);
        lane.narrow(1, Some(1_000), NOW);
        assert!(!lane.is_open(0, NOW.plus_ms(4_999)));
        assert!(lane.is_open(0, NOW.plus_ms(5_000)));
    }

    #[test]
    fn what_begins_anew_does_not_wait_but_stays_narrow() {
        let mut lane = Lane::default();
        lane.narrow(2, Some(5_000), NOW);
        lane.begin_anew();
        assert_eq!((lane.is_open(1, NOW), lane.is_open(2, NOW)), (true, false));
    }

    #[test]
    fn parts_accepted_before_a_refusal_do_not_count() {
        let mut lane = Lane::default();
        lane.narrow(1, None, NOW);
        (0..7).for_each(|_| lane.accepted());
        lane.narrow(1, None, NOW);
        (0..15).for_each(|_| lane.accepted());
        assert!(!lane.is_open(1, NOW));
        lane.accepted();
        assert!(lane.is_open(1, NOW));
        // One wider, it is calm for as long again before the next one.
        (0..15).for_each(|_| lane.accepted());
        assert!(!lane.is_open(2, NOW));
        lane.accepted();
        assert!(lane.is_open(2, NOW));
    }

    #[test]
    fn only_some_statuses_say_that_there_are_too_many() {
        let crowded: Vec<u16> = (400..600).filter(|status| is_crowded(*status)).collect();
        assert_eq!(crowded, [429, 503, 509]);
    }
}
