//! A conversation with the VOD API: one call, or asking again and again until something is done.
//!
//! It is a machine like that of an upload, but it does one thing at a time: [`Conversation::start`] and
//! [`Conversation::handle`] each answer with the one [`Step`] to take next.

use super::account::Account;
use super::api::Mezzanine;
use super::caller::{Again, Caller};
use super::error::{Recovery, Refused, naming};
use super::pull::{self, UploadMediaByUrl, UrlUploadInfos, UrlUploadJob, UrlUploads};
use super::video_info::{self, Deletion, VideoInfo};
use super::{Media, Ticket, VideoRef, VodService, api, request};
use crate::error::{Code, Error};
use crate::http::{Headers, Reply, Request};
use crate::json::{self, Read, Write};
use crate::time::UnixMs;
use crate::upload::naming::{self, Hints};
use crate::wire::FailureKind;
use crate::wire::retry::{CALL_TRIES, retry_after_ms};

/// The first pause between two questions, in ms.
const FIRST_PAUSE_MS: u64 = 1_000;
/// No pause is longer, in ms: 2 questions a minute stay far below every limit of the API.
const LONGEST_PAUSE_MS: u64 = 30_000;
/// Actions that only look. What they answer can be asked for again when it was lost.
const READING: &[&str] = &["Get", "List", "Search", "Describe", "Query", "Refresh"];

/// What to ask VOD for.
#[derive(Debug, Clone, PartialEq, Eq, Read, Write)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(
    rename_all = "camelCase",
    rename_all_fields = "camelCase",
    tag = "type"
)]
pub enum Ask {
    /// Any action of the API.
    Action {
        /// Its name, such as `GetVideoInfo`.
        action: String,
        /// Its own parameters, as the API names them.
        #[cfg_attr(target_arch = "wasm32", tsify(type = "[string, string][]"))]
        params: Headers,
        /// It may be sent again when its reply was lost. Taken for granted of actions that only look.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(target_arch = "wasm32", tsify(optional))]
        repeatable: Option<bool>,
    },
    /// Whether a video has arrived, or can be played; asked until it is so.
    UntilReady {
        /// The video, by its media id.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(target_arch = "wasm32", tsify(optional))]
        media_id: Option<String>,
        /// Or by the caller's own id.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(target_arch = "wasm32", tsify(optional))]
        reference_id: Option<String>,
        /// How far it has to be.
        until: Readiness,
        /// The size that VOD has to report, in bytes: of a media that was replaced, which was ready before, too.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(target_arch = "wasm32", tsify(optional))]
        size: Option<u64>,
        /// Give up after this long, in ms.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(target_arch = "wasm32", tsify(optional))]
        timeout_ms: Option<u64>,
    },
    /// Let VOD fetch URLs by itself.
    UploadByUrl {
        /// What, and what it becomes.
        pull: UploadMediaByUrl,
    },
    /// How far such jobs are.
    UrlUploads {
        /// Which.
        which: UrlUploads,
        /// Ask until all of them are over.
        until_ended: bool,
        /// Give up after this long, in ms.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(target_arch = "wasm32", tsify(optional))]
        timeout_ms: Option<u64>,
    },
    /// Cancel such jobs, as far as they have not begun.
    CancelUrlUploads {
        /// Which.
        which: UrlUploads,
    },
    /// What VOD knows of a video: GetVideoInfo.
    VideoInfo {
        /// Which.
        video: VideoRef,
    },
    /// What VOD knows of a video's source file: GetMezzanineInfo.
    MezzanineInfo {
        /// Which.
        video: VideoRef,
    },
    /// Delete videos with all that belongs to them: DeleteVideo.
    DeleteVideos {
        /// Which: 1 to 20, all by media id or all by the caller's own ids.
        videos: Vec<VideoRef>,
    },
    /// A new media without its file, and a ticket for it: CreateUploadVideo, or what its kind has instead.
    CreateUpload {
        /// What it is. Title and format that were not given are filled in from the file name.
        media: Media,
        /// Bytes of its file, if they are known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(target_arch = "wasm32", tsify(optional))]
        size: Option<u64>,
    },
    /// A newer ticket for a video: RefreshUploadVideo.
    RefreshUpload {
        /// Which.
        media_id: String,
    },
    /// Remove the unfinished parts of a video of which only the id is known.
    AbortMedia {
        /// The video.
        media_id: String,
    },
}

/// How far a video has to be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Read, Write)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "snake_case")]
pub enum Readiness {
    /// VOD has the whole source file: GetMezzanineInfo says `Normal`.
    #[default]
    Uploaded,
    /// VOD has done with it: GetVideoInfo says `Normal`.
    Playable,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq, Read, Write)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(
    rename_all = "camelCase",
    rename_all_fields = "camelCase",
    tag = "type"
)]
pub enum Answer {
    /// Of `Action`.
    Reply {
        /// The reply, a JSON object as text. Whole numbers beyond 2^53 - 1, which JavaScript would round, are texts of their
        /// digits.
        body: String,
    },
    /// Of `UntilReady`.
    Ready {
        /// The status that VOD gives.
        status: String,
    },
    /// Of `UploadByUrl`.
    Jobs {
        /// One a URL.
        jobs: Vec<UrlUploadJob>,
    },
    /// Of `UrlUploads`.
    Infos {
        /// What is known of them.
        infos: UrlUploadInfos,
    },
    /// Of `VideoInfo`.
    Video {
        /// What VOD knows.
        info: VideoInfo,
    },
    /// Of `MezzanineInfo`.
    Mezzanine {
        /// What VOD knows.
        info: Mezzanine,
    },
    /// Of `DeleteVideos`.
    Deleted {
        /// What was left.
        deletion: Deletion,
    },
    /// Of `CreateUpload` and `RefreshUpload`.
    Ticket {
        /// What may be handed on. It holds a secret.
        ticket: Ticket,
    },
    /// Of `CancelUrlUploads` and `AbortMedia`.
    Finished,
}

/// What the host tells a conversation.
#[derive(Clone, Read)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(
    rename_all = "camelCase",
    rename_all_fields = "camelCase",
    tag = "type"
)]
pub enum Heard {
    /// The whole reply to a `Send`.
    Replied {
        /// HTTP status.
        status: u16,
        /// Header fields.
        #[cfg_attr(target_arch = "wasm32", tsify(type = "[string, string][]"))]
        headers: Headers,
        /// Body as text.
        body: String,
    },
    /// There was no reply.
    Failed {
        /// The runtime's own words: no URL, no header value.
        message: String,
        /// How: `network`, `timeout`, `untrusted`, `malformed` or `no_handle`.
        #[serde(default)]
        #[cfg_attr(target_arch = "wasm32", tsify(optional))]
        kind: FailureKind,
    },
    /// A `Wait` is over.
    Woke,
    /// The credentials that were asked for.
    Renewed {
        /// Newer ones.
        account: Account,
    },
}

/// What the host does next.
#[derive(Debug, Clone, PartialEq, Eq, Read, Write)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(
    rename_all = "camelCase",
    rename_all_fields = "camelCase",
    tag = "type"
)]
pub enum Step {
    /// Send this; answer with `Replied` or `Failed`.
    Send {
        /// To send as it is. Redirects are not followed.
        request: Request,
    },
    /// Answer `Woke` at this time, in ms since the epoch by the host's clock.
    Wait {
        /// When.
        until: u64,
    },
    /// Ask the caller for newer credentials; answer with `Renewed`.
    Renew,
    /// There is an answer.
    Done {
        /// What came of it.
        answer: Answer,
    },
    /// There will be none.
    Failed {
        /// Why, and what to do.
        error: Error,
    },
}

/// One conversation. Plain data.
pub struct Conversation {
    service: VodService,
    caller: Caller,
    ask: Ask,
    /// Failures since the last good reply.
    tries: u32,
    pause_ms: u64,
    deadline: Option<u64>,
}

impl Conversation {
    /// Prepares it; nothing is sent before [`Conversation::start`]. `entropy` must be drawn for it alone.
    ///
    /// # Errors
    /// `InvalidArgument` with the field and the rule.
    pub fn new(
        service: VodService,
        account: impl Into<Account>,
        mut ask: Ask,
        entropy: [u8; 32],
        now: UnixMs,
    ) -> Result<Conversation, Error> {
        let account = account.into();
        account.credentials.validate()?;
        service.base_url()?;
        if let Ask::CreateUpload { media, size } = &mut ask {
            naming::complete(media, &Hints::default())?;
            media.set_size(*size);
        }
        check(&ask)?;
        let mut caller = Caller::new(account, entropy);
        if let Ask::UploadByUrl { pull } = &mut ask {
            // So that one call sent twice makes one set of jobs.
            pull.session_id
                .get_or_insert_with(|| caller.entropy().nonce());
        }
        let timeout = match &ask {
            Ask::UntilReady { timeout_ms, .. } | Ask::UrlUploads { timeout_ms, .. } => *timeout_ms,
            _ => None,
        };
        Ok(Conversation {
            service,
            caller,
            ask,
            tries: 0,
            pause_ms: FIRST_PAUSE_MS,
            deadline: timeout.map(|timeout| now.plus_ms(timeout).0),
        })
    }

    /// The first step.
    pub fn start(&mut self, now: UnixMs) -> Step {
        if self.caller.must_renew(now) {
            return Step::Renew;
        }
        self.send(now)
    }

    /// The step after this. What does not fit is answered with a failure.
    pub fn handle(&mut self, heard: Heard, now: UnixMs) -> Step {
        match heard {
            Heard::Woke => self.start(now),
            Heard::Renewed { account } => {
                self.caller.renew(account);
                self.send(now)
            }
            Heard::Failed {
                message,
                kind: FailureKind::NoHandle,
            } => match self.caller.wait_for_handle(&message, now) {
                Ok(delay) => Step::Wait {
                    until: now.plus_ms(delay).0,
                },
                Err(error) => Step::Failed { error },
            },
            Heard::Failed { message, kind } => {
                let host = self.service.base_url().unwrap_or_default();
                let host = host
                    .split_once("://")
                    .map_or(host.as_str(), |(_, host)| host);
                let message = format!("{}: no reply from {host}: {message}", self.action());
                let error = Error::new(kind.no_reply(Code::VodUnreachable), message);
                if error.retryable && self.is_repeatable() {
                    self.try_again(error, None, now)
                } else {
                    Step::Failed { error }
                }
            }
            Heard::Replied {
                status,
                headers,
                body,
            } => {
                let reply = Reply {
                    status,
                    headers,
                    body,
                };
                // One request at a time: each is signed with the present offset.
                self.caller.hear(1, 0, &reply, now);
                match self.read(&reply, now) {
                    Ok(Some(answer)) => Step::Done { answer },
                    Ok(None) => self.ask_later(now),
                    Err(refused) => self.refused(refused, &reply.headers, now),
                }
            }
        }
    }

    fn send(&mut self, now: UnixMs) -> Step {
        let (action, params) = self.call();
        match self.caller.request(&self.service, &action, &params, now) {
            Ok(request) => Step::Send { request },
            Err(error) => Step::Failed { error },
        }
    }

    fn action(&self) -> String {
        self.call().0
    }

    fn call(&self) -> (String, Vec<(String, String)>) {
        match &self.ask {
            Ask::Action { action, params, .. } => (action.clone(), params.clone()),
            Ask::UntilReady {
                media_id,
                reference_id,
                until,
                ..
            } => {
                let video = video_ref(media_id, reference_id);
                match until {
                    Readiness::Uploaded => (
                        api::GET_MEZZANINE_INFO.into(),
                        api::mezzanine_params_of(&video),
                    ),
                    Readiness::Playable => (api::GET_VIDEO_INFO.into(), video.params()),
                }
            }
            Ask::UploadByUrl { pull } => (UploadMediaByUrl::ACTION.into(), pull.params()),
            Ask::UrlUploads { which, .. } => {
                (pull::GET_URL_UPLOAD_INFOS.into(), which.info_params())
            }
            Ask::CancelUrlUploads { which } => {
                (pull::CANCEL_URL_UPLOAD_JOBS.into(), which.cancel_params())
            }
            Ask::VideoInfo { video } => (api::GET_VIDEO_INFO.into(), video.params()),
            Ask::MezzanineInfo { video } => (
                api::GET_MEZZANINE_INFO.into(),
                api::mezzanine_params_of(video),
            ),
            Ask::DeleteVideos { videos } => {
                (api::DELETE_VIDEO.into(), video_info::delete_params(videos))
            }
            Ask::CreateUpload { media, .. } => (media.action().into(), media.params()),
            Ask::RefreshUpload { media_id } => (
                api::REFRESH_UPLOAD_VIDEO.into(),
                api::refresh_upload_video_params(media_id),
            ),
            Ask::AbortMedia { media_id } => (
                api::DELETE_MULTIPART_UPLOAD.into(),
                api::delete_multipart_upload_params(media_id),
            ),
        }
    }

    /// Whether sending it twice does what sending it once does.
    fn is_repeatable(&self) -> bool {
        match &self.ask {
            Ask::Action {
                action, repeatable, ..
            } => repeatable.unwrap_or_else(|| READING.iter().any(|verb| action.starts_with(verb))),
            Ask::CreateUpload { .. } => false,
            _ => true,
        }
    }

    /// An answer, or none yet.
    fn read(&self, reply: &Reply, now: UnixMs) -> Result<Option<Answer>, Refused> {
        match &self.ask {
            Ask::CreateUpload { media, .. } => {
                let ticket = api::read_ticket(reply, self.caller.server_now(now), media)?;
                Ok(Some(Answer::Ticket { ticket }))
            }
            Ask::RefreshUpload { .. } => {
                let video = Media::Video(api::CreateUploadVideo::default());
                let ticket = api::read_ticket(reply, self.caller.server_now(now), &video)?;
                Ok(Some(Answer::Ticket { ticket }))
            }
            Ask::Action { .. } => {
                api::Body::read(reply)?;
                let body = json::exact(&reply.body);
                Ok(Some(Answer::Reply { body }))
            }
            Ask::UntilReady { until, size, .. } => match until {
                Readiness::Uploaded => arrived(reply, *size),
                Readiness::Playable => playable(reply, *size),
            },
            Ask::UploadByUrl { .. } => {
                let jobs = pull::parse_jobs(reply)?;
                Ok(Some(Answer::Jobs { jobs }))
            }
            Ask::UrlUploads { until_ended, .. } => {
                let infos = pull::parse_infos(reply)?;
                let over = infos.uploads.iter().all(|upload| upload.ended);
                Ok((over || !until_ended).then_some(Answer::Infos { infos }))
            }
            Ask::CancelUrlUploads { .. } => {
                api::Body::read(reply)?;
                Ok(Some(Answer::Finished))
            }
            Ask::VideoInfo { .. } => {
                let info = video_info::parse_video_info(reply)?;
                Ok(Some(Answer::Video { info }))
            }
            Ask::MezzanineInfo { .. } => {
                let info = api::parse_get_mezzanine_info(reply)?;
                Ok(Some(Answer::Mezzanine { info }))
            }
            Ask::DeleteVideos { videos } => {
                let deletion = video_info::parse_deletion(reply, videos)?;
                Ok(Some(Answer::Deleted { deletion }))
            }
            Ask::AbortMedia { .. } => match api::Body::read(reply) {
                Ok(_) => Ok(Some(Answer::Finished)),
                // There is nothing left, which is what was wanted.
                Err(refused) if has_code(&refused, "InvalidMultipartUpload.NotFound") => {
                    Ok(Some(Answer::Finished))
                }
                Err(refused) => Err(refused),
            },
        }
    }

    fn ask_later(&mut self, now: UnixMs) -> Step {
        self.tries = 0;
        self.caller.got_through();
        if self.deadline.is_some_and(|deadline| now.0 >= deadline) {
            let message = format!("{}: not so far within the time given", self.action());
            return Step::Failed {
                error: Error::new(Code::NotReady, message),
            };
        }
        let pause = self.pause_ms;
        self.pause_ms = pause.saturating_add(pause / 2).min(LONGEST_PAUSE_MS);
        let until = now.plus_ms(pause).0;
        Step::Wait {
            until: self.deadline.map_or(until, |deadline| deadline.min(until)),
        }
    }

    fn refused(&mut self, refused: Refused, headers: &Headers, now: UnixMs) -> Step {
        let Refused { error, recovery } = refused;
        let asked = retry_after_ms(headers, now);
        // A 5xx that says nothing more may have taken effect all the same.
        let untouched = self.is_repeatable()
            || error.service_code.as_deref().is_some_and(|code| {
                code.starts_with("Throttling")
                    || code.starts_with("ServiceUnA")
                    || code.starts_with("ServiceUna")
            });
        let may_have_done = recovery == Recovery::Backoff && !untouched;
        match self.caller.again(recovery, self.tries) {
            Again::Later if !may_have_done => self.try_again(error, asked, now),
            Again::Renewed => Step::Renew,
            Again::Later | Again::Never => Step::Failed {
                error: naming(error, &self.action()),
            },
        }
    }

    fn try_again(&mut self, error: Error, asked: Option<u64>, now: UnixMs) -> Step {
        self.tries = self.tries.saturating_add(1);
        let until = now
            .plus_ms(self.caller.entropy().backoff_ms(self.tries, asked))
            .0;
        let late = self.deadline.is_some_and(|deadline| until > deadline);
        if self.tries >= CALL_TRIES || late {
            return Step::Failed { error };
        }
        Step::Wait { until }
    }
}

fn video_ref(media_id: &Option<String>, reference_id: &Option<String>) -> VideoRef {
    VideoRef {
        media_id: media_id.clone(),
        reference_id: reference_id.clone(),
    }
}

/// VOD tells another size than the one that is waited for. Where it tells none, there is nothing to wait for.
fn is_of_before(told: Option<u64>, wanted: Option<u64>) -> bool {
    matches!((told, wanted), (Some(told), Some(wanted)) if told != wanted)
}

/// GetMezzanineInfo.
fn arrived(reply: &Reply, size: Option<u64>) -> Result<Option<Answer>, Refused> {
    let status = match api::parse_get_mezzanine_info(reply) {
        Ok(info) if is_of_before(info.size, size) => return Ok(None),
        Ok(info) => info.status,
        // The media is known, its file is not there yet.
        Err(refused) if has_code(&refused, "InvalidFile.NotFound") => return Ok(None),
        Err(refused) => return Err(refused),
    };
    match status.as_str() {
        "Normal" => Ok(Some(Answer::Ready { status })),
        "UploadFail" | "Deleted" => Err(never_ready(&status).into()),
        _ => Ok(None),
    }
}

/// GetVideoInfo.
fn playable(reply: &Reply, size: Option<u64>) -> Result<Option<Answer>, Refused> {
    let VideoInfo {
        status, size: told, ..
    } = video_info::parse_video_info(reply)?;
    if is_of_before(told, size) {
        return Ok(None);
    }
    match status.as_str() {
        "Normal" => Ok(Some(Answer::Ready { status })),
        "UploadFail" | "TranscodeFail" | "ProduceFail" | "Blocked" => {
            Err(never_ready(&status).into())
        }
        _ => Ok(None),
    }
}

fn never_ready(status: &str) -> Error {
    let message = format!("VOD reports the media as {status}");
    Error::new(Code::ProcessingFailed, message)
}

fn has_code(refused: &Refused, code: &str) -> bool {
    refused.error.service_code.as_deref() == Some(code)
}

fn check(ask: &Ask) -> Result<(), Error> {
    match ask {
        Ask::Action { action, params, .. } => {
            let legal = |name: &str| {
                name.bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
            };
            request::check_action(action)?;
            match params
                .iter()
                .find(|(name, _)| name.is_empty() || !legal(name))
            {
                Some((name, _)) => Err(Error::invalid(
                    "params",
                    format!("must have names such as VideoId, got {name:?}"),
                )),
                None => Ok(()),
            }
        }
        Ask::UntilReady {
            media_id,
            reference_id,
            ..
        } => video_ref(media_id, reference_id).validate("mediaId"),
        Ask::CreateUpload { media, .. } => media.validate(),
        Ask::AbortMedia { media_id } | Ask::RefreshUpload { media_id } => match media_id.is_empty()
        {
            true => Err(Error::invalid("mediaId", "must not be empty")),
            false => Ok(()),
        },
        Ask::VideoInfo { video } | Ask::MezzanineInfo { video } => video.validate("media"),
        Ask::DeleteVideos { videos } => video_info::check_all(videos),
        Ask::UploadByUrl { pull } => pull.validate(),
        Ask::UrlUploads { which, .. } | Ask::CancelUrlUploads { which } => which.validate(),
    }
}
