//! Machines that are broken on purpose, each in one way: what they say is bent on its way to the world, or what they hear.
//! The swarm must catch every one of them, or an invariant is none.

use vodlift::Code;
use vodlift::http::Request;
use vodlift::upload::{Checkpoint, Effect, Event, FailureKind, Job, Phase, TransferBody};

use super::{ACCESS_KEY_SECRET, STS_TOKEN};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Broken {
    NeverWaits,
    NeverRests,
    NeverDone,
    LeavesAWait,
    KeepsBuffers,
    KeepsBodies,
    TalksOn,
    UsesAnIdTwice,
    MovesTooMany,
    BuffersTooMuch,
    LeaksInErrors,
    LeaksInCheckpoints,
    CompletesInDisorder,
    CompletesWithAHole,
    ReadsTheWrongBytes,
    MixesVersions,
    SendsAgain,
    TriesForever,
    LeavesAnUpload,
    DeletesTheObject,
    BeginsTwoUploads,
    MakesTwoMedia,
    BoastsOfBytes,
    MiscountsTries,
    GivesNoHint,
    BlamesItself,
    MiscountsTheWhole,
    RestartsForever,
    FailsForNoReason,
    TrustsEveryPart,
    GoesOn,
    ForgetsTheMedia,
    AsksVodByTicket,
}

/// Each with what the swarm says of it.
pub const ALL: &[(Broken, &str)] = &[
    (Broken::NeverWaits, "deadlock"),
    (Broken::NeverRests, "livelock"),
    (Broken::NeverDone, "slices and no end"),
    (Broken::LeavesAWait, "still in flight at the end"),
    (Broken::KeepsBuffers, "buffer"),
    (Broken::KeepsBodies, "a body was never closed"),
    (Broken::TalksOn, "an effect after the end"),
    (Broken::UsesAnIdTwice, "was used twice"),
    (Broken::MovesTooMany, "transfers at once"),
    (Broken::BuffersTooMuch, "bytes in buffers"),
    (Broken::LeaksInErrors, "leaks in"),
    (Broken::LeaksInCheckpoints, "leaks in"),
    (
        Broken::CompletesInDisorder,
        "Complete must list each part once, ascending",
    ),
    (Broken::CompletesWithAHole, "the object"),
    (Broken::ReadsTheWrongBytes, "a gap or an overlap"),
    (Broken::MixesVersions, "two versions of the source"),
    (
        Broken::SendsAgain,
        "is sent again, which the service had before",
    ),
    (Broken::TriesForever, "times in a row"),
    (Broken::LeavesAnUpload, "an open multipart upload is left"),
    (Broken::DeletesTheObject, "an unknown request"),
    (
        Broken::BeginsTwoUploads,
        "another multipart upload is begun",
    ),
    (Broken::MakesTwoMedia, "media were made"),
    (Broken::BoastsOfBytes, "more bytes than there are"),
    (Broken::MiscountsTries, "Retry"),
    (Broken::GivesNoHint, "an error without a hint"),
    (Broken::BlamesItself, "a fault of the machine"),
    (Broken::MiscountsTheWhole, "the outcome tells of"),
    (Broken::RestartsForever, "restarts without an end"),
    (
        Broken::FailsForNoReason,
        "it fails although nothing is wrong",
    ),
    (Broken::TrustsEveryPart, "the object"),
    (Broken::GoesOn, "begins after the end"),
    (Broken::ForgetsTheMedia, "the end tells of no media"),
    (Broken::AsksVodByTicket, "and the upload is by ticket"),
];

const FAR: u32 = 1 << 30;

impl Broken {
    pub fn bend_job(self, job: &mut Job) {
        match self {
            Broken::MovesTooMany => {
                let wanted = job.options.concurrency.unwrap_or(job.host.concurrency);
                job.options.concurrency = Some(wanted + 3);
            }
            Broken::BuffersTooMuch => {
                job.host.buffer_bytes *= 64;
                job.options.part_size = job.options.part_size.map(|size| size * 8);
            }
            _ => {}
        }
    }

    pub fn bend_event(self, event: Event) -> Event {
        match (self, event) {
            (Broken::TriesForever, Event::Failed { id, mut failure })
                if failure.kind == FailureKind::Network =>
            {
                failure.kind = FailureKind::NoHandle;
                Event::Failed { id, failure }
            }
            (
                Broken::SendsAgain,
                Event::Replied {
                    id,
                    status,
                    headers,
                    body,
                },
            ) => {
                // One part is overlooked.
                let body = match (body.find("<Part>"), body.find("</Part>")) {
                    (Some(from), Some(to)) => format!("{}{}", &body[..from], &body[to + 7..]),
                    _ => body,
                };
                Event::Replied {
                    id,
                    status,
                    headers,
                    body,
                }
            }
            (Broken::FailsForNoReason, Event::Replied { id, headers, .. }) => Event::Replied {
                id,
                status: 403,
                headers,
                body: r#"{"Code":"Forbidden.RAM","Message":"no","RequestId":"R"}"#.into(),
            },
            (
                Broken::TrustsEveryPart,
                Event::Transferred {
                    id,
                    sent,
                    status,
                    mut headers,
                    body,
                    ..
                },
            ) => {
                headers.retain(|(name, _)| name != "x-oss-hash-crc64ecma");
                Event::Transferred {
                    id,
                    sent,
                    status,
                    headers,
                    body,
                    crc64: None,
                }
            }
            (_, event) => event,
        }
    }

    /// `last` is the last checkpoint that was given out.
    pub fn bend_effects(self, effects: &mut Vec<Effect>, last: Option<&Checkpoint>) {
        let ends = |effect: &Effect| {
            matches!(
                effect,
                Effect::Done { .. } | Effect::Failed { .. } | Effect::Suspended { .. }
            )
        };
        let id = || FAR + effects_id(effects);
        match self {
            Broken::NeverWaits => effects.retain(|effect| !matches!(effect, Effect::Wait { .. })),
            Broken::NeverRests => {
                let id = id();
                effects.retain(|effect| !ends(effect));
                effects.push(Effect::Wait { id, until: 0 });
            }
            Broken::NeverDone => {
                for effect in effects.iter_mut() {
                    if let (Effect::Done { .. }, Some(checkpoint)) = (&effect, last.cloned()) {
                        *effect = Effect::Suspended { checkpoint };
                    }
                }
            }
            Broken::LeavesAWait => {
                let id = id();
                if let Some(at) = effects.iter().position(ends) {
                    effects.insert(at, Effect::Wait { id, until: 0 });
                }
            }
            Broken::KeepsBuffers => {
                effects.retain(|effect| !matches!(effect, Effect::Release { .. }));
            }
            Broken::KeepsBodies => {
                effects.retain(|effect| !matches!(effect, Effect::Close { .. }));
            }
            Broken::TalksOn => {
                if effects.iter().any(ends) {
                    effects.push(Effect::Release { part: 1 });
                }
            }
            Broken::UsesAnIdTwice => {
                let sends = effects
                    .iter()
                    .find(|effect| matches!(effect, Effect::Send { .. }));
                effects.extend(sends.cloned());
            }
            _ => effects.iter_mut().for_each(|effect| self.bend(effect)),
        }
    }

    fn bend(self, effect: &mut Effect) {
        match (self, effect) {
            (Broken::LeaksInErrors, Effect::Failed { error }) => {
                error.message += ACCESS_KEY_SECRET;
            }
            (
                Broken::LeaksInCheckpoints,
                Effect::Checkpoint { checkpoint } | Effect::Suspended { checkpoint },
            ) => checkpoint.region += STS_TOKEN,
            (Broken::CompletesInDisorder, Effect::Send { request, .. }) if completes(request) => {
                let mut parts: Vec<_> = request.body.split_inclusive("</Part>").collect();
                parts.reverse();
                request.body = parts.concat();
            }
            (Broken::CompletesWithAHole, Effect::Send { request, .. }) if completes(request) => {
                if let Some((first, _)) = request.body.rsplit_once("<Part>") {
                    request.body = first.to_owned();
                }
            }
            (
                Broken::ReadsTheWrongBytes,
                Effect::Transfer {
                    body: TransferBody::Slice { offset },
                    ..
                },
            ) => *offset /= 2,
            (
                Broken::MixesVersions,
                Effect::Transfer {
                    body:
                        TransferBody::Range {
                            request, expect, ..
                        },
                    ..
                },
            ) => {
                expect.validator = Default::default();
                request.headers.retain(|(name, _)| name != "if-range");
            }
            (Broken::LeavesAnUpload | Broken::BeginsTwoUploads, Effect::Send { request, .. })
                if request.method == "DELETE" =>
            {
                request.url = request.url.replace("uploadId=U", "uploadId=V");
            }
            (Broken::DeletesTheObject, Effect::Send { request, .. })
                if request.method == "DELETE" =>
            {
                request.url = request.url.split('?').next().unwrap().to_owned();
            }
            (
                Broken::MakesTwoMedia,
                Effect::Checkpoint { checkpoint } | Effect::Suspended { checkpoint },
            ) => {
                checkpoint.place = None;
                checkpoint.upload_id = None;
            }
            (Broken::BoastsOfBytes, Effect::Progress { progress }) => {
                progress.bytes_accepted *= 2;
            }
            (Broken::MiscountsTries, Effect::Progress { progress }) => {
                if let Some(retry) = &mut progress.retry {
                    retry.attempt = retry.of + 1;
                }
            }
            (Broken::AsksVodByTicket, Effect::Send { request, .. })
                if request.method == "DELETE" =>
            {
                let action = (
                    "x-acs-action".to_owned(),
                    "DeleteMultipartUpload".to_owned(),
                );
                request.headers.push(action);
            }
            (Broken::ForgetsTheMedia, Effect::Progress { progress }) => progress.media_id = None,
            (Broken::GoesOn, Effect::Progress { progress }) => progress.phase = Phase::Aborting,
            (Broken::GivesNoHint, Effect::Failed { error }) => error.hint = "".into(),
            (Broken::BlamesItself, Effect::Failed { error }) => error.code = Code::Internal,
            (Broken::MiscountsTheWhole, Effect::Done { outcome }) => outcome.bytes += 1,
            (Broken::RestartsForever, Effect::Progress { progress }) if progress.restarts > 0 => {
                progress.restarts += 9;
            }
            _ => {}
        }
    }
}

fn completes(request: &Request) -> bool {
    request.method == "POST" && request.url.contains("uploadId=")
}

/// An id that nothing else has.
fn effects_id(effects: &[Effect]) -> u32 {
    use std::sync::atomic::{AtomicU32, Ordering};
    static LAST: AtomicU32 = AtomicU32::new(0);
    let _ = effects;
    LAST.fetch_add(1, Ordering::Relaxed) % FAR
}
