//! How long each side may stand still: it follows from what is awaited, and from what the caller says.

use super::event::{Effect, TransferBody};
use super::job::{Job, Options, Source};
use crate::http::Request;

/// The slowest line that still counts as moving, in bytes per second.
const FLOOR: u64 = 16 << 10;
/// Bytes that were handed over and may still wait in the kernel or in a box on the way.
const ON_THE_WAY: u64 = 16 << 20;
/// Of those, what a kernel takes at once when it has room again.
const AT_ONCE: u64 = 4 << 20;
/// A source may have to fetch or make its file first.
const FIRST_BYTE_MS: u32 = 300_000;

/// Sets the limits of an effect that waits for somebody.
pub(super) fn apply(effect: &mut Effect, job: &Job) {
    let (options, host) = (&job.options, &job.host);
    match effect {
        Effect::Send { request, .. } => service(request, options),
        Effect::Open {
            request: Some(request),
            ..
        } => source(request, options),
        Effect::Read { idle_ms, .. } | Effect::ReadText { idle_ms, .. } => {
            let usual = match job.source {
                // Whoever writes the other end of a pipe may have to make its bytes first.
                Source::Stream { .. } => FIRST_BYTE_MS,
                _ => *idle_ms,
            };
            *idle_ms = options.source_timeout_ms.unwrap_or(usual);
        }
        Effect::Transfer {
            request,
            body,
            length,
            ..
        } => {
            service(request, options);
            let handed_over = match host.buffers_parts {
                true => *length,
                false => (*length).min(ON_THE_WAY),
            };
            let at_once = (*length).min(AT_ONCE);
            request.idle_ms = request.idle_ms.saturating_add(ms_for(at_once));
            request.reply_ms = request.reply_ms.saturating_add(ms_for(handed_over));
            match body {
                TransferBody::Range { request, .. } => source(request, options),
                TransferBody::Opened { idle_ms, .. } => {
                    *idle_ms = options.source_timeout_ms.unwrap_or(*idle_ms);
                }
                _ => {}
            }
        }
        _ => {}
    }
}

fn service(request: &mut Request, options: &Options) {
    if let Some(ms) = options.service_timeout_ms {
        request.idle_ms = ms;
        request.reply_ms = ms;
    }
}

fn source(request: &mut Request, options: &Options) {
    request.reply_ms = options.source_timeout_ms.unwrap_or(FIRST_BYTE_MS);
    request.idle_ms = options.source_timeout_ms.unwrap_or(request.idle_ms);
}

/// What so many bytes take on the slowest line.
fn ms_for(bytes: u64) -> u32 {
    u32::try_from(bytes.saturating_mul(1000) / FLOOR).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_has_as_long_as_the_slowest_line_needs() {
        assert_eq!(ms_for(0), 0);
        // 5 MB at 40 KB/s take 125 s.
        assert!(ms_for(5_000_000) > 125_000);
        assert_eq!(ms_for(u64::MAX), u32::MAX);
    }
}
