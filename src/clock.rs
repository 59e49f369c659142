//! What time the service takes it to be. The host's own clock is believed until a service refuses a request because of
//! its time: only then is an offset learned, and only from that refusal.

use crate::error::Code;
use crate::http::Reply;
use crate::time::UnixMs;
use crate::wire::refusal::Refusal;
use crate::{oss, vod};

/// Offsets that differ by less are the same, in ms: `Date` has whole seconds, and replies take time.
const TOLERANCE_MS: i64 = 30_000;

/// The time to sign with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Clock {
    /// Server time minus host time.
    offset_ms: i64,
    /// Requests up to this one were signed before the offset last changed.
    changed_at: u32,
    /// Refusals for skew since a request signed with the present offset was accepted.
    refusals: u32,
}

impl Clock {
    /// The service's time at this time of the host.
    pub(crate) fn server_now(&self, now: UnixMs) -> UnixMs {
        now.offset(self.offset_ms)
    }

    /// The corrected clock and the host's own were both refused.
    pub(crate) fn is_hopeless(&self) -> bool {
        self.refusals > 2
    }

    /// Takes in the reply to request `id`, where `last_id` is the newest request signed so far. A first refusal for skew
    /// corrects the clock; a second goes back to the host's own. `Date` of any other reply says nothing: caches and
    /// proxies on the way write it, too.
    pub(crate) fn hear(&mut self, id: u32, last_id: u32, reply: &Reply, now: UnixMs) {
        if id <= self.changed_at {
            return;
        }
        if !is_refusal_for_skew(reply) {
            if reply.status < 400 {
                self.refusals = 0;
            }
            return;
        }
        self.refusals = self.refusals.saturating_add(1);
        let said = offset_said(reply, now).filter(|_| self.refusals == 1);
        let news = |said: &i64| said.abs_diff(self.offset_ms) >= TOLERANCE_MS.unsigned_abs();
        self.offset_ms = said.filter(news).unwrap_or(0);
        self.changed_at = last_id;
    }
}

fn is_refusal_for_skew(reply: &Reply) -> bool {
    (400..500).contains(&reply.status)
        && [
            oss::error::refused(reply).error.code,
            vod::error::refused(reply).error.code,
        ]
        .contains(&Code::ClockSkew)
}

/// By the server time in the refusal's body, which OSS writes; else by its `Date`.
fn offset_said(reply: &Reply, now: UnixMs) -> Option<i64> {
    let in_date = || UnixMs::parse_http_date(reply.header("date")?);
    let theirs = Refusal::read(reply).server_time.or_else(in_date)?;
    let (theirs, ours) = (i64::try_from(theirs.0).ok()?, i64::try_from(now.0).ok()?);
    Some(theirs.saturating_sub(ours))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixMs = UnixMs(1_760_000_000_000);
    const HOUR: u64 = 3_600_000;

    fn refused(server_time: Option<UnixMs>, date: Option<UnixMs>) -> Reply {
        let server_time = server_time
            .map(|time| format!("<ServerTime>{}</ServerTime>", time.iso8601()))
            .unwrap_or_default();
        Reply {
            status: 403,
            headers: date
                .map(|date| ("Date".into(), date.http_date()))
                .into_iter()
                .collect(),
            body: format!("<Error><Code>RequestTimeTooSkewed</Code>{server_time}</Error>"),
        }
    }

    fn accepted(date: UnixMs) -> Reply {
        Reply {
            status: 200,
            headers: vec![("Date".into(), date.http_date())],
            body: String::new(),
        }
    }

    #[test]
    fn a_date_on_a_success_is_never_believed() {
        let mut clock = Clock::default();
        for date in [UnixMs(0), NOW.plus_ms(24 * HOUR)] {
            clock.hear(1, 1, &accepted(date), NOW);
            assert_eq!(clock.server_now(NOW), NOW);
        }
    }

    #[test]
    fn the_body_of_a_refusal_says_the_time_before_its_date() {
        let (right, wrong) = (NOW.plus_ms(HOUR), UnixMs(0));
        let mut clock = Clock::default();
        clock.hear(1, 1, &refused(Some(right), Some(wrong)), NOW);
        assert_eq!(clock.server_now(NOW), right);
        let mut clock = Clock::default();
        clock.hear(1, 1, &refused(None, Some(right)), NOW);
        assert_eq!(clock.server_now(NOW), right);
    }

    #[test]
    fn a_correction_that_is_refused_is_taken_back_once() {
        let mut clock = Clock::default();
        let lie = refused(None, Some(UnixMs(0)));
        clock.hear(1, 1, &lie, NOW);
        assert_eq!(clock.server_now(NOW), UnixMs(0));
        clock.hear(2, 2, &lie, NOW);
        assert_eq!((clock.server_now(NOW), clock.is_hopeless()), (NOW, false));
        clock.hear(3, 3, &lie, NOW);
        assert!(clock.is_hopeless());
    }

    #[test]
    fn requests_that_were_signed_before_the_correction_do_not_count() {
        let mut clock = Clock::default();
        let right = NOW.plus_ms(HOUR);
        for id in 1..=4 {
            clock.hear(id, 4, &refused(Some(right), None), NOW);
        }
        assert_eq!(clock.server_now(NOW), right);
        // The host's clock is set right in the middle of the upload.
        clock.hear(5, 5, &accepted(right), NOW);
        clock.hear(6, 6, &refused(Some(right), None), right);
        assert_eq!(clock.server_now(right), right);
    }
}
