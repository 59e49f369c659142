//! Events into a live upload: honest answers, answers that were tampered with, answers to nothing, in any order and at any
//! time.

use vodlift::http::Headers;
use vodlift::time::UnixMs;
use vodlift::upload::{Checkpoint, Effect, Event, Failure, Job, Upload};
use vodlift::vod::Account;

use crate::dice::{ACCESS_KEY_SECRET, Dice, NOW, URL_SECRET, keeps_secrets};
use crate::honest::{Honest, closes};

/// No honest upload of the sizes below takes as many, and no budget of retries either.
const MOST_STEPS: u32 = 4_000;
/// What one event may ask for at once, checkpoints and progress included.
const MOST_EFFECTS: usize = 200;

pub(crate) fn account() -> Account {
    let text = format!(
        r#"{{"accessKeyId":"id","accessKeySecret":"{ACCESS_KEY_SECRET}","renewable":true}}"#
    );
    serde_json::from_str(&text).expect("an account")
}

/// The first bytes say what is uploaded, each further byte what happens next.
pub(crate) fn events(data: &[u8]) {
    let mut dice = Dice::new(data);
    let size = 102_400 * dice.below(6) as u64 + dice.below(3) as u64;
    let job = job(&mut dice, size);
    let honest = Honest::new(size);
    let Ok(upload) = Upload::new(job.clone(), account(), [7; 32], UnixMs(NOW)) else {
        return;
    };
    let mut world = World::new(upload, honest, dice);
    world.run();
    // What rested goes on from what it left.
    if let Some(checkpoint) = world.rested.take()
        && let Ok(next) = Upload::resume(checkpoint, job, account(), [8; 32], UnixMs(world.now))
    {
        world.begin(next);
        world.run();
    }
}

/// Any of the kinds, with any source of that size.
pub(crate) fn job(dice: &mut Dice<'_>, size: u64) -> Job {
    let media = dice.one(&[
        r#"{"type":"video","title":"film","fileName":"film.mp4"}"#,
        r#"{"type":"video","title":"","fileName":""}"#,
        r#"{"type":"video","title":"film","fileName":"film.mp4","referenceId":"mine-1"}"#,
        r#"{"type":"image","imageType":"default"}"#,
        r#"{"type":"attachedMedia","businessType":"material","mediaExt":"mp4"}"#,
    ]);
    let url = format!("https://origin.example/film.mp4?signature={URL_SECRET}");
    let source = match dice.below(6) {
        0 | 1 => format!(r#"{{"type":"url","url":"{url}","headers":[["Cookie","a=b"]]}}"#),
        2 => format!(r#"{{"type":"slices","size":{size},"name":"film.mp4"}}"#),
        3 => r#"{"type":"stream"}"#.to_owned(),
        4 => format!(r#"{{"type":"stream","size":{size}}}"#),
        _ => format!(
            r#"{{"type":"playlist","root":{{"type":"url","url":"https://origin.example/i.m3u8?signature={URL_SECRET}","headers":[]}}}}"#
        ),
    };
    // VOD tells a playlist by its name.
    let media = match source.contains("m3u8") {
        true => media.replace("film.mp4", "i.m3u8"),
        false => media.to_owned(),
    };
    let options = dice.one(&[
        r#"{"partSize":102400}"#,
        r#"{"partSize":102400,"verify":"crc64","anyContentType":true}"#,
        r#"{"partSize":102400,"ranges":false}"#,
        r#"{"partSize":102400,"keepOnFailure":true,"concurrency":1}"#,
        r#"{"partSize":102400,"budget":{"parts":1}}"#,
        r#"{"partSize":102400,"adopt":"always"}"#,
        r#"{"partSize":102400,"trafficLimit":819200}"#,
    ]);
    let text = format!(
        r#"{{"media":{media},"source":{source},"vod":{{}},"oss":{{}},"options":{options},
        "host":{{"concurrency":4,"maxConcurrency":16,"bufferBytes":67108864,"buffersParts":false}}}}"#
    );
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// An upload, and what surrounds it.
pub(crate) struct World<'a> {
    upload: Upload,
    honest: Honest,
    dice: Dice<'a>,
    pub(crate) now: u64,
    /// Effects that an event has to end.
    pending: Vec<Effect>,
    ended: bool,
    done: bool,
    /// Something happened that an honest world would not do.
    disturbed: bool,
    /// Where it came to rest.
    pub(crate) rested: Option<Checkpoint>,
}

impl<'a> World<'a> {
    pub(crate) fn new(upload: Upload, honest: Honest, dice: Dice<'a>) -> Self {
        World {
            upload,
            honest,
            dice,
            now: NOW,
            pending: Vec::new(),
            ended: false,
            done: false,
            disturbed: false,
            rested: None,
        }
    }

    /// Something has happened before that an honest world would not do.
    pub(crate) fn disturbed(mut self) -> Self {
        self.disturbed = true;
        self
    }

    fn begin(&mut self, upload: Upload) {
        self.upload = upload;
        self.pending.clear();
        self.ended = false;
    }

    /// Runs it to its end.
    pub(crate) fn run(&mut self) {
        self.tell(Event::Start);
        for _ in 0..MOST_STEPS {
            if self.ended {
                return self.after_its_end();
            }
            assert!(
                !self.pending.is_empty(),
                "it waits for nothing, and has not ended"
            );
            self.step();
        }
        panic!(
            "no end after {MOST_STEPS} events; it waits for {:?}",
            self.pending
        );
    }

    fn step(&mut self) {
        let what = self.dice.byte();
        match what {
            // Whoever answers first: time passes only where nothing else can happen.
            0..=159 => {
                let at = usize::from(what >> 2) % self.pending.len();
                let waits = |effect: &Effect| matches!(effect, Effect::Wait { .. });
                let first = self.pending.iter().position(|effect| !waits(effect));
                let at = match first {
                    Some(first) if waits(&self.pending[at]) => first,
                    _ => at,
                };
                let effect = self.pending.remove(at);
                let event = self.well(&effect);
                self.tell(event);
            }
            160..=223 => {
                self.disturbed = true;
                let at = usize::from(what) % self.pending.len();
                let effect = self.pending.remove(at);
                let event = self.tampered(&effect);
                self.tell(event);
            }
            224..=243 => {
                self.disturbed = true;
                let event = self.stray();
                self.tell(event);
            }
            244..=247 => self.tell(Event::Stop),
            248..=250 => {
                self.disturbed = true;
                self.tell(Event::Abort);
            }
            _ => {
                self.disturbed = true;
                self.now = self.now.saturating_add(self.dice.number() >> 11);
            }
        }
    }

    fn well(&mut self, effect: &Effect) -> Event {
        if let Effect::Wait { until, .. } = effect {
            self.now = self.now.max(*until);
        }
        if let Some(open) = closes(effect) {
            self.pending.retain(|other| id_of(other) != Some(open));
        }
        let event = self.honest.answer(effect, self.now);
        event.unwrap_or_else(|| panic!("no event ends {effect:?}"))
    }

    /// An honest answer of which something is otherwise.
    fn tampered(&mut self, effect: &Effect) -> Event {
        let Some(own) = id_of(effect) else {
            return Event::Stop;
        };
        if self.dice.byte().is_multiple_of(3) {
            return self.failed(own);
        }
        let dice = &mut self.dice;
        match self.honest.answer(effect, self.now).unwrap_or(Event::Stop) {
            Event::Replied {
                id,
                status,
                headers,
                body,
            } => {
                let (status, headers, body) = otherwise(dice, status, headers, body);
                Event::Replied {
                    id,
                    status,
                    headers,
                    body,
                }
            }
            Event::Opened {
                id,
                status,
                headers,
                head,
            } => {
                let (status, headers, _) = otherwise(dice, status, headers, String::new());
                let head = match dice.below(4) {
                    0 => dice.text(),
                    1 => "<!doctype html><title>Log in</title>".into(),
                    _ => head,
                };
                Event::Opened {
                    id,
                    status,
                    headers,
                    head,
                }
            }
            Event::Transferred {
                id,
                sent,
                status,
                headers,
                body,
                crc64,
            } => {
                let (status, headers, body) = otherwise(dice, status, headers, body);
                let sent = dice.one(&[sent, sent, 0, sent.wrapping_add(1), u64::MAX]);
                let crc64 = match dice.below(4) {
                    0 => Some(dice.text()),
                    1 => None,
                    _ => crc64,
                };
                Event::Transferred {
                    id,
                    sent,
                    status,
                    headers,
                    body,
                    crc64,
                }
            }
            Event::Filled { id, length, ended } => {
                let length = dice.one(&[length, 0, length.wrapping_add(1), u64::MAX, length / 2]);
                let ended = dice.below(2) == 0 || ended;
                Event::Filled { id, length, ended }
            }
            Event::Text { id, .. } => Event::Text {
                id,
                text: dice.text(),
                ended: dice.below(4) != 0,
            },
            other => other,
        }
    }

    fn failed(&mut self, id: u32) -> Event {
        // Not "canceled": that is said of what the machine has canceled, and only once.
        let kind = self.dice.one(&[
            "network",
            "malformed",
            "no_handle",
            "untrusted",
            "timeout",
            "source_reply",
            "source_network",
            "source_malformed",
            "source_untrusted",
            "source_timeout",
            "source_short",
            "source_long",
            "source_changed",
            "source_missing",
            "source_read",
            "path_refused",
            "address_refused",
            "unguarded",
            "credentials",
            "internal",
        ]);
        let status = self
            .dice
            .one(&[200_u16, 206, 302, 403, 404, 416, 429, 500, 503]);
        let failure: Failure = serde_json::from_value(serde_json::json!({
            "kind": kind, "message": self.dice.text(), "status": status, "headers": [["Retry-After", "3"]],
        }))
        .expect("a failure");
        Event::Failed { id, failure }
    }

    /// An event that belongs to nothing, or to something else.
    fn stray(&mut self) -> Event {
        let dice = &mut self.dice;
        let id = match dice.below(4) {
            0 => u32::MAX,
            _ => u32::from(dice.byte()),
        };
        // It must not end what is pending: then the host would not know what there is.
        let id = match self.pending.iter().any(|effect| id_of(effect) == Some(id)) {
            true => 0,
            false => id,
        };
        let headers = vec![("Date".to_owned(), dice.text())];
        match dice.below(8) {
            0 => Event::Start,
            1 => Event::Replied {
                id,
                status: 200,
                headers,
                body: dice.text(),
            },
            2 => Event::Opened {
                id,
                status: 206,
                headers,
                head: dice.text(),
            },
            3 => Event::Filled {
                id,
                length: dice.number(),
                ended: true,
            },
            4 => Event::Text {
                id,
                text: dice.text(),
                ended: true,
            },
            5 => Event::Transferred {
                id,
                sent: dice.number(),
                status: 200,
                headers,
                body: String::new(),
                crc64: Some(dice.text()),
            },
            6 => Event::Woke { id },
            _ => self.failed(id),
        }
    }

    fn tell(&mut self, event: Event) {
        let effects = self.upload.handle(event, UnixMs(self.now));
        assert!(
            effects.len() < MOST_EFFECTS,
            "{} effects at once",
            effects.len()
        );
        let mut canceled = Vec::new();
        for effect in effects {
            assert!(!self.ended, "an effect after the end: {effect:?}");
            self.shown(&effect);
            match effect {
                Effect::Close { id } => self.pending.retain(|other| id_of(other) != Some(id)),
                Effect::Cancel { id } => canceled.push(id),
                Effect::Release { .. } | Effect::Progress { .. } | Effect::Checkpoint { .. } => {}
                Effect::Suspended { checkpoint } => {
                    self.rested = Some(checkpoint);
                    self.ended = true;
                }
                Effect::Done { ref outcome } => {
                    let exact = outcome.kind == "playlist" || outcome.bytes == self.honest.size;
                    assert!(
                        self.disturbed || exact,
                        "{outcome:?} of {}",
                        self.honest.size
                    );
                    self.done = true;
                    self.ended = true;
                }
                Effect::Failed { ref error } => {
                    let empty = self.honest.size == 0;
                    let kind = format!("{:?}", error.code);
                    // Sizes of 0, kinds that do not go with a source, and the like.
                    let refused = empty || !error.retryable;
                    assert!(
                        self.disturbed || refused,
                        "an honest world ended in {kind}: {error:?}"
                    );
                    self.ended = true;
                }
                other => self.pending.push(other),
            }
        }
        for id in canceled {
            let Some(at) = self
                .pending
                .iter()
                .position(|other| id_of(other) == Some(id))
            else {
                continue;
            };
            self.pending.remove(at);
            let failure = serde_json::json!({ "kind": "canceled", "message": "canceled" });
            let failure = serde_json::from_value(failure).expect("a failure");
            self.tell(Event::Failed { id, failure });
        }
    }

    /// Nothing that is shown or stored repeats a secret; what is stored can be read again.
    fn shown(&self, effect: &Effect) {
        match effect {
            Effect::Progress { progress } => keeps_secrets(&"progress", &format!("{progress:?}")),
            Effect::Failed { error } => keeps_secrets(&"error", &format!("{error:?}")),
            Effect::Checkpoint { checkpoint } | Effect::Suspended { checkpoint } => {
                let text = serde_json::to_string(checkpoint).expect("JSON");
                keeps_secrets(&"checkpoint", &text);
                let again = Checkpoint::read(&text);
                assert!(again.as_ref() == Ok(checkpoint), "{again:?} of {text}");
            }
            _ => {}
        }
    }

    /// It stays ended, whatever comes.
    fn after_its_end(&mut self) {
        for id in 0..3 {
            self.tell(Event::Woke { id });
        }
        self.tell(Event::Start);
        self.tell(Event::Abort);
    }
}

fn id_of(effect: &Effect) -> Option<u32> {
    match effect {
        Effect::Send { id, .. }
        | Effect::Open { id, .. }
        | Effect::Read { id, .. }
        | Effect::ReadText { id, .. }
        | Effect::Transfer { id, .. }
        | Effect::Renew { id }
        | Effect::Wait { id, .. } => Some(*id),
        _ => None,
    }
}

/// A reply of which one thing is otherwise.
fn otherwise(
    dice: &mut Dice<'_>,
    status: u16,
    mut headers: Headers,
    mut body: String,
) -> (u16, Headers, String) {
    let codes = [
        "SecurityTokenExpired",
        "InvalidAccessKeyId",
        "NoSuchUpload",
        "SignatureDoesNotMatch",
        "RequestTimeTooSkewed",
        "AccessDenied",
        "Throttling",
        "InvalidVideo.NotFound",
        "InvalidParameter.ReferenceId",
        "InternalError",
        "InvalidPart",
        "FileAlreadyExists",
        "QpsLimitExceeded",
        "CallbackFailed",
    ];
    let refusals = [400_u16, 403, 404, 409, 412, 429, 500, 503, 203, 301];
    match dice.below(8) {
        0 | 1 => {
            let (status, code) = (dice.one(&refusals), dice.one(&codes));
            let body = match dice.below(2) {
                0 => format!(r#"{{"RequestId":"R","Code":"{code}","Message":"{body}"}}"#),
                _ => format!(
                    "<Error><Code>{code}</Code><Message>{}</Message></Error>",
                    dice.text()
                ),
            };
            return (status, headers, body);
        }
        2 => body.truncate(body.len() / 2),
        3 => body = dice.text(),
        4 => headers.clear(),
        5 => {
            let at = dice.below(headers.len());
            if let Some((_, value)) = headers.get_mut(at) {
                *value = dice.text();
            }
        }
        6 => {
            let number = dice.number();
            headers.retain(|(name, _)| !name.eq_ignore_ascii_case("content-length"));
            headers.push(("Content-Length".into(), number.to_string()));
        }
        _ => return (dice.one(&refusals), headers, body),
    }
    (status, headers, body)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Otherwise the target would try nothing but what fails at once.
    #[test]
    fn what_is_told_the_truth_is_done() {
        for source in 0..6 {
            for media in [0, 1, 2, 4] {
                // Only a video can be a playlist, and a stream has no name that a title could be made of.
                if (source, media) == (5, 4) || matches!((source, media), (3 | 4, 1)) {
                    continue;
                }
                let data = [media, source, 0];
                let job = job(&mut Dice::new(&data), 250_000);
                let upload = Upload::new(job, account(), [7; 32], UnixMs(NOW));
                let upload = upload.unwrap_or_else(|error| panic!("{data:?}: {error:?}"));
                let mut world = World::new(upload, Honest::new(250_000), Dice::new(&[]));
                world.run();
                assert!(world.done, "{data:?}");
            }
        }
    }
}
