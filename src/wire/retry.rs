//! When a request may be sent again.

use crate::error::{Code, Error};
use crate::http::{Headers, header};
use crate::time::UnixMs;

/// Tries of one small request.
pub(crate) const CALL_TRIES: u32 = 6;
/// The longest wait a server may ask for.
const MAX_WAIT_MS: u64 = 60_000;

/// How long the server asks to wait, in milliseconds, at most a minute: `Retry-After` (seconds or a date),
/// `x-acs-retry-after` and `x-oss-qos-delay-time` (both milliseconds). The longest counts.
pub fn retry_after_ms(headers: &Headers, now: UnixMs) -> Option<u64> {
    let ms = |name| header(headers, name)?.trim().parse::<u64>().ok();
    let http = || {
        let text = header(headers, "retry-after")?.trim();
        match text.parse::<u64>() {
            Ok(seconds) => Some(seconds.saturating_mul(1000)),
            Err(_) => Some(UnixMs::parse_http_date(text)?.ms_since(now)),
        }
    };
    let asked = [http(), ms("x-acs-retry-after"), ms("x-oss-qos-delay-time")];
    asked
        .into_iter()
        .flatten()
        .max()
        .map(|wait| wait.min(MAX_WAIT_MS))
}

/// How long a host that is short of file handles waits before it tries again, in ms, after it has
/// waited for `waited_ms`: other transfers give theirs back as they end. `None` when that was long
/// enough.
pub(crate) fn handle_wait_ms(waited_ms: u64) -> Option<u64> {
    const EVERY_MS: u64 = 250;
    const PATIENCE_MS: u64 = 300_000;
    (waited_ms < PATIENCE_MS).then_some(EVERY_MS)
}

/// What to say when it was.
pub(crate) fn too_many_files(what: &str) -> Error {
    let message = format!("this machine has had no free file handle for 5 minutes: {what}");
    Error::new(Code::TooManyFiles, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_as_long_as_the_server_asks_but_no_more_than_a_minute() {
        let now = UnixMs::parse_http_date("Sun, 02 Jun 2024 12:40:00 GMT").unwrap();
        let wait = |name: &str, value: &str| {
            retry_after_ms(&vec![(name.to_owned(), value.to_owned())], now)
        };
        assert_eq!(wait("Retry-After", "3"), Some(3000));
        assert_eq!(
            wait("retry-after", "Sun, 02 Jun 2024 12:40:07 GMT"),
            Some(7000)
        );
        assert_eq!(
            wait("retry-after", "Sun, 02 Jun 2024 12:39:00 GMT"),
            Some(0)
        );
        assert_eq!(wait("retry-after", "86400"), Some(60_000));
        assert_eq!(wait("x-acs-retry-after", "250"), Some(250));
        assert_eq!(wait("x-oss-qos-delay-time", "40"), Some(40));
        assert_eq!(wait("retry-after", "soon"), None);
        assert_eq!(wait("date", "3"), None);
    }
}
