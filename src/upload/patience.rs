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
    use crate::oss::OssService;
    use crate::upload::job::{HostLimits, Media};
    use crate::vod::VodService;
    use crate::vod::api::CreateUploadVideo;

    #[test]
    fn a_part_has_as_long_as_the_slowest_line_needs() {
        assert_eq!(ms_for(0), 0);
        // 5 MB at 40 KB/s take 125 s.
        assert!(ms_for(5_000_000) > 125_000);
        assert_eq!(ms_for(u64::MAX), u32::MAX);
    }

    fn job(source: Source) -> Job {
        Job {
            media: Media::Video(CreateUploadVideo::default()),
            source,
            vod: VodService::default(),
            oss: OssService::default(),
            options: Options::default(),
            host: HostLimits {
                concurrency: 4,
                max_concurrency: 16,
                buffer_bytes: 64 << 20,
                buffers_parts: false,
                subrequests: None,
                origin: None,
            },
        }
    }

    fn request() -> Request {
        Request {
            method: "GET".into(),
            url: "https://h/f".into(),
            headers: vec![],
            body: String::new(),
            idle_ms: 1,
            reply_ms: 2,
        }
    }

    /// Idle and reply of what is sent, and the idle of what is read for it.
    fn transfer(job: &Job, length: u64, body: TransferBody) -> (u32, u32, u32) {
        let mut effect = Effect::Transfer {
            id: 1,
            part: 1,
            body,
            length,
            request: request(),
            checksum: false,
        };
        apply(&mut effect, job);
        match effect {
            Effect::Transfer { request, body, .. } => {
                let read = match body {
                    TransferBody::Opened { idle_ms, .. } => idle_ms,
                    _ => 0,
                };
                (request.idle_ms, request.reply_ms, read)
            }
            _ => (0, 0, 0),
        }
    }

    #[test]
    fn a_transfer_has_the_time_that_its_bytes_may_take() {
        let mut job = job(Source::Stream {
            size: None,
            name: None,
        });
        let times = |job: &Job, length| transfer(job, length, TransferBody::Buffer);
        let small = ms_for(5_000);
        assert_eq!(times(&job, 5_000), (1 + small, 2 + small, 0));
        let (at_once, on_the_way) = (ms_for(AT_ONCE), ms_for(ON_THE_WAY));
        assert_eq!(times(&job, 1 << 30), (1 + at_once, 2 + on_the_way, 0));
        job.host.buffers_parts = true;
        let all = ms_for(1 << 30);
        assert_eq!(times(&job, 1 << 30), (1 + at_once, 2 + all, 0));
        job.options.service_timeout_ms = Some(10);
        assert_eq!(times(&job, 5_000), (10 + small, 10 + small, 0));
    }

    #[test]
    fn a_body_that_is_open_waits_for_its_source_as_long_as_the_caller_says() {
        let mut job = job(Source::Stream {
            size: None,
            name: None,
        });
        let open = || TransferBody::Opened {
            open: 1,
            idle_ms: 7,
        };
        assert_eq!(transfer(&job, 0, open()), (1, 2, 7));
        job.options.source_timeout_ms = Some(9);
        assert_eq!(transfer(&job, 0, open()), (1, 2, 9));
    }

    #[test]
    fn a_pipe_may_have_to_make_its_bytes_first() {
        let read = |job: &Job| {
            let mut effect = Effect::ReadText {
                id: 1,
                open: 2,
                limit: 5,
                idle_ms: 7,
            };
            apply(&mut effect, job);
            match effect {
                Effect::ReadText { idle_ms, .. } => idle_ms,
                _ => 0,
            }
        };
        let url = Source::Url {
            url: "https://h/f".into(),
            headers: vec![],
        };
        assert_eq!(read(&job(url.clone())), 7);
        let pipe = Source::Stream {
            size: None,
            name: None,
        };
        assert_eq!(read(&job(pipe)), FIRST_BYTE_MS);
        let mut hurried = job(url);
        hurried.options.source_timeout_ms = Some(9);
        assert_eq!(read(&hurried), 9);
    }

    #[test]
    fn a_source_may_take_long_for_its_first_byte() {
        let mut job = job(Source::Stream {
            size: None,
            name: None,
        });
        let times = |job: &Job| {
            let mut request = request();
            source(&mut request, &job.options);
            (request.idle_ms, request.reply_ms)
        };
        assert_eq!(times(&job), (1, FIRST_BYTE_MS));
        job.options.source_timeout_ms = Some(9);
        assert_eq!(times(&job), (9, 9));
    }
}
