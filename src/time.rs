//! Instants, and the ways the wire spells them.

use crate::json::{Read, Write};

use time::{Date, Month, OffsetDateTime, Time};

const WEEKDAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// The last second of the year 9999: no wire format here can spell a later one.
const LAST_SECOND: u64 = 253_402_300_799;

/// Milliseconds since the Unix epoch, UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Read, Write)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(transparent)]
pub struct UnixMs(pub u64);

impl UnixMs {
    /// `2026-01-01T00:00:00Z`: the VOD API's timestamps.
    pub fn iso8601(self) -> String {
        let t = self.calendar();
        let (year, month, day) = (t.year(), u8::from(t.month()), t.day());
        format!(
            "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z",
            t.hour(),
            t.minute(),
            t.second()
        )
    }

    /// `20250411T064124Z`: `x-oss-date` in OSS V4.
    pub fn basic(self) -> String {
        let t = self.calendar();
        format!(
            "{}T{:02}{:02}{:02}Z",
            self.date(),
            t.hour(),
            t.minute(),
            t.second()
        )
    }

    /// `20250411`: the day in an OSS V4 scope.
    pub fn date(self) -> String {
        let t = self.calendar();
        format!("{:04}{:02}{:02}", t.year(), u8::from(t.month()), t.day())
    }

    /// `Sun, 02 Jun 2024 12:40:00 GMT`: RFC 1123, `x-oss-date` in OSS V1.
    pub fn http_date(self) -> String {
        let t = self.calendar();
        let weekday = name(&WEEKDAYS, t.weekday().number_days_from_monday());
        let month = name(&MONTHS, u8::from(t.month()).saturating_sub(1));
        let (day, year) = (t.day(), t.year());
        format!(
            "{weekday}, {day:02} {month} {year:04} {:02}:{:02}:{:02} GMT",
            t.hour(),
            t.minute(),
            t.second()
        )
    }

    /// Whole seconds since the epoch: `Expires` in an OSS V1 URL.
    pub fn seconds(self) -> u64 {
        self.0 / 1000
    }

    /// Reads `2026-01-01T00:00:00Z`, also with a fraction of a second, which is dropped.
    pub fn parse_iso8601(text: &str) -> Option<Self> {
        let (date, time) = text.trim().strip_suffix('Z')?.split_once('T')?;
        let mut fields = date.split('-');
        let (year, month, day) = (fields.next()?, fields.next()?, fields.next()?);
        if fields.next().is_some() || year.len() != 4 {
            return None;
        }
        let clock = time.split_once('.').map_or(time, |(seconds, _)| seconds);
        from_parts(number(year)?, number(month)?, number(day)?, clock)
    }

    /// Reads the only date format HTTP still sends: `Sun, 02 Jun 2024 12:40:00 GMT`.
    pub fn parse_http_date(text: &str) -> Option<Self> {
        let mut fields = text
            .trim()
            .strip_suffix(" GMT")?
            .split_once(", ")?
            .1
            .split(' ');
        let (day, month, year, clock) = (
            fields.next()?,
            fields.next()?,
            fields.next()?,
            fields.next()?,
        );
        if fields.next().is_some() {
            return None;
        }
        let month = MONTHS
            .iter()
            .position(|name| *name == month)?
            .checked_add(1)?;
        from_parts(
            number(year)?,
            u16::try_from(month).ok()?,
            number(day)?,
            clock,
        )
    }

    /// This much later; stops at the end of time.
    #[must_use]
    pub fn plus_ms(self, ms: u64) -> Self {
        UnixMs(self.0.saturating_add(ms))
    }

    /// Milliseconds since `earlier`; 0 if that is not earlier.
    pub fn ms_since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }

    /// Moved by a clock offset in milliseconds.
    #[must_use]
    pub fn offset(self, ms: i64) -> Self {
        UnixMs(self.0.saturating_add_signed(ms))
    }

    fn calendar(self) -> OffsetDateTime {
        i64::try_from(self.seconds().min(LAST_SECOND))
            .ok()
            .and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok())
            .unwrap_or(OffsetDateTime::UNIX_EPOCH)
    }
}

fn name(names: &[&'static str], index: u8) -> &'static str {
    names.get(usize::from(index)).copied().unwrap_or_default()
}

/// Digits only: `parse` alone would take a sign.
fn number(text: &str) -> Option<u16> {
    text.bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| text.parse().ok())?
}

/// `clock` is `hh:mm:ss`. A leap second counts as the second before it.
fn from_parts(year: u16, month: u16, day: u16, clock: &str) -> Option<UnixMs> {
    let mut fields = clock
        .split(':')
        .map(|field| number(field).and_then(|n| u8::try_from(n).ok()));
    let (hour, minute, second) = (fields.next()??, fields.next()??, fields.next()??);
    if fields.next().is_some() {
        return None;
    }
    let month = Month::try_from(u8::try_from(month).ok()?).ok()?;
    let date = Date::from_calendar_date(i32::from(year), month, u8::try_from(day).ok()?).ok()?;
    let time = Time::from_hms(hour, minute, if second == 60 { 59 } else { second }).ok()?;
    let seconds = date.with_time(time).assume_utc().unix_timestamp();
    Some(UnixMs(u64::try_from(seconds).ok()?.saturating_mul(1000)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: UnixMs = UnixMs(1_717_332_000_000);

    #[test]
    fn spells_one_instant_four_ways() {
        assert_eq!(AT.iso8601(), "2024-06-02T12:40:00Z");
        assert_eq!(AT.basic(), "20240602T124000Z");
        assert_eq!(AT.date(), "20240602");
        assert_eq!(AT.http_date(), "Sun, 02 Jun 2024 12:40:00 GMT");
        assert_eq!(AT.seconds(), 1_717_332_000);
    }

    #[test]
    fn reads_what_it_writes() {
        for at in [
            AT,
            UnixMs(0),
            UnixMs(951_782_400_000),
            UnixMs(LAST_SECOND * 1000),
        ] {
            assert_eq!(UnixMs::parse_iso8601(&at.iso8601()), Some(at));
            assert_eq!(UnixMs::parse_http_date(&at.http_date()), Some(at));
        }
        assert_eq!(UnixMs::parse_iso8601("2024-06-02T12:40:00.999Z"), Some(AT));
        assert_eq!(
            UnixMs::parse_iso8601("2016-12-31T23:59:60Z"),
            UnixMs::parse_iso8601("2016-12-31T23:59:59Z")
        );
    }

    #[test]
    fn refuses_what_is_not_a_date() {
        for text in [
            "",
            "3000",
            "2024-06-02",
            "2024-13-02T12:40:00Z",
            "2024-02-30T12:40:00Z",
            "2024-06-02T25:40:00Z",
        ] {
            assert_eq!(UnixMs::parse_iso8601(text), None, "{text}");
        }
        for text in [
            "",
            "Sun, 02 Jun 2024 12:40:00",
            "Sun, 02 Juni 2024 12:40:00 GMT",
            "Sun, -2 Jun 2024 12:40:00 GMT",
        ] {
            assert_eq!(UnixMs::parse_http_date(text), None, "{text}");
        }
    }

    #[test]
    fn arithmetic_saturates() {
        assert_eq!(UnixMs(5).ms_since(UnixMs(9)), 0);
        assert_eq!(UnixMs(5).offset(-9), UnixMs(0));
        assert_eq!(UnixMs(u64::MAX).plus_ms(1), UnixMs(u64::MAX));
        assert_eq!(UnixMs(u64::MAX).iso8601(), "9999-12-31T23:59:59Z");
    }
}
