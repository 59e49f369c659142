//! Stories of calls outside of an upload: what is sent again, what is not, and how long it is asked.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use vodlift::Code;
use vodlift::http::{Request, header};
use vodlift::secret::Secret;
use vodlift::time::UnixMs;
use vodlift::upload::FailureKind;
use vodlift::vod::api::CreateUploadVideo;
use vodlift::vod::conversation::{Answer, Ask, Conversation, Heard, Readiness, Step};
use vodlift::vod::{Account, Credentials, Media, VodService};

const START: u64 = 1_760_000_000_000;

fn account(token: &str, expires_at: Option<u64>, renewable: bool) -> Account {
    Account {
        credentials: Credentials {
            access_key_id: "id".into(),
            access_key_secret: Secret::new("secret"),
            security_token: Some(Secret::new(token)),
        },
        expires_at,
        renewable,
        ticket: None,
    }
}

struct Talk {
    machine: Conversation,
    now: u64,
    sent: Vec<Request>,
    renewed: u32,
}

impl Talk {
    fn new(ask: Ask) -> Talk {
        Talk::of(ask, account("first", None, false))
    }

    fn of(ask: Ask, account: Account) -> Talk {
        let service = VodService::default();
        Talk {
            machine: Conversation::new(service, account, ask, [1; 32], UnixMs(START)).unwrap(),
            now: START,
            sent: vec![],
            renewed: 0,
        }
    }

    /// Until the end; `serve` answers each request, counted from 1.
    fn run(&mut self, mut serve: impl FnMut(usize) -> Heard) -> Result<Answer, vodlift::Error> {
        let mut step = self.machine.start(UnixMs(self.now));
        for _ in 0..10_000 {
            let heard = match step {
                Step::Send { request } => {
                    self.sent.push(request);
                    self.now += 50;
                    serve(self.sent.len())
                }
                Step::Wait { until } => {
                    self.now = self.now.max(until);
                    Heard::Woke
                }
                Step::Renew => {
                    self.renewed += 1;
                    let account = account("second", None, true);
                    Heard::Renewed { account }
                }
                Step::Done { answer } => return Ok(answer),
                Step::Failed { error } => return Err(error),
            };
            step = self.machine.handle(heard, UnixMs(self.now));
        }
        panic!("it never ends")
    }

    fn token(&self, nth: usize) -> &str {
        header(&self.sent[nth - 1].headers, "x-acs-security-token").unwrap()
    }
}

fn reply(status: u16, body: &str) -> Heard {
    Heard::Replied {
        status,
        headers: vec![],
        body: body.into(),
    }
}

fn refusal(status: u16, code: &str) -> Heard {
    reply(
        status,
        &format!(r#"{{"RequestId":"R","Code":"{code}","Message":"m"}}"#),
    )
}

fn lost() -> Heard {
    Heard::Failed {
        message: "ECONNRESET".into(),
        kind: FailureKind::Network,
    }
}

fn action(name: &str) -> Ask {
    Ask::Action {
        action: name.into(),
        params: vec![("VideoId".into(), "v".into())],
        repeatable: None,
    }
}

#[test]
fn an_untrusted_certificate_is_not_tried_again() {
    let mut talk = Talk::new(action("GetVideoInfo"));
    let error = talk
        .run(|_| Heard::Failed {
            message: "CERT_HAS_EXPIRED".into(),
            kind: FailureKind::Untrusted,
        })
        .unwrap_err();
    assert_eq!(
        (error.code, error.retryable, talk.sent.len()),
        (Code::TlsUntrusted, false, 1)
    );
    assert!(error.hint.contains("trust its authority"));
}

#[test]
fn any_action_is_signed_and_its_reply_comes_back_as_it_is() {
    let mut talk = Talk::new(action("GetVideoInfo"));
    let body = r#"{"RequestId":"R","Video":{}}"#;
    let answer = talk.run(|_| reply(200, body)).unwrap();
    assert_eq!(answer, Answer::Reply { body: body.into() });
    let request = &talk.sent[0];
    assert_eq!(
        header(&request.headers, "x-acs-action"),
        Some("GetVideoInfo")
    );
    assert!(request.url.ends_with("/?VideoId=v"));
}

#[test]
fn a_retry_has_a_new_nonce() {
    let mut talk = Talk::new(action("GetVideoInfo"));
    talk.run(|nth| match nth {
        1 => refusal(400, "Throttling.User"),
        2 => lost(),
        _ => reply(200, "{}"),
    })
    .unwrap();
    let nonce = |nth: usize| header(&talk.sent[nth].headers, "x-acs-signature-nonce");
    assert_eq!(talk.sent.len(), 3);
    assert!(nonce(0) != nonce(1) && nonce(1) != nonce(2));
}

#[test]
fn what_may_have_taken_effect_is_not_done_twice() {
    let mut talk = Talk::new(action("DeleteVideo"));
    assert_eq!(talk.run(|_| lost()).unwrap_err().code, Code::VodUnreachable);
    assert_eq!(talk.sent.len(), 1);
    let mut talk = Talk::new(action("DeleteVideo"));
    let error = talk.run(|_| refusal(500, "InternalError")).unwrap_err();
    assert_eq!((error.code, talk.sent.len()), (Code::VodUnavailable, 1));
    // Throttled means: nothing was done.
    let mut talk = Talk::new(action("DeleteVideo"));
    talk.run(|nth| match nth {
        1 => refusal(400, "Throttling"),
        _ => reply(200, "{}"),
    })
    .unwrap();
    let ask = Ask::Action {
        action: "DeleteVideo".into(),
        params: vec![],
        repeatable: Some(true),
    };
    let mut talk = Talk::new(ask);
    talk.run(|nth| if nth == 1 { lost() } else { reply(200, "{}") })
        .unwrap();
}

#[test]
fn a_dead_api_is_given_up() {
    let mut talk = Talk::new(action("GetVideoInfo"));
    assert_eq!(talk.run(|_| lost()).unwrap_err().code, Code::VodUnreachable);
    assert_eq!(talk.sent.len(), 6);
}

#[test]
fn a_wrong_clock_is_corrected_by_the_reply() {
    let mut talk = Talk::new(action("GetVideoInfo"));
    talk.run(|nth| match nth {
        1 => Heard::Replied {
            status: 400,
            headers: vec![("Date".into(), UnixMs(START + 3_600_000).http_date())],
            body: r#"{"Code":"InvalidTimeStamp.Expired","Message":"m"}"#.into(),
        },
        _ => reply(200, "{}"),
    })
    .unwrap();
    let date = header(&talk.sent[1].headers, "x-acs-date").unwrap();
    let signed = UnixMs::parse_iso8601(date).unwrap();
    assert!(signed.0.abs_diff(talk.now + 3_600_000) < 2_000, "{date}");
}

#[test]
fn a_token_that_ends_soon_is_replaced_before_it_is_used() {
    let soon = account("first", Some(START + 30_000), true);
    let mut talk = Talk::of(action("GetVideoInfo"), soon);
    talk.run(|_| reply(200, "{}")).unwrap();
    assert_eq!((talk.renewed, talk.token(1)), (1, "second"));
}

#[test]
fn an_expired_token_is_replaced_once() {
    let expired = || refusal(403, "InvalidSecurityToken.Expired");
    let mut talk = Talk::of(action("DeleteVideo"), account("first", None, true));
    talk.run(|nth| {
        if nth == 1 {
            expired()
        } else {
            reply(200, "{}")
        }
    })
    .unwrap();
    assert_eq!((talk.renewed, talk.token(2)), (1, "second"));
    let mut talk = Talk::of(action("DeleteVideo"), account("first", None, true));
    assert_eq!(
        talk.run(|_| expired()).unwrap_err().code,
        Code::TokenExpired
    );
    assert_eq!(talk.renewed, 1);
    let mut talk = Talk::new(action("DeleteVideo"));
    assert_eq!(
        talk.run(|_| expired()).unwrap_err().code,
        Code::TokenExpired
    );
    assert_eq!(talk.renewed, 0);
}

fn until_ready(until: Readiness, timeout_ms: Option<u64>) -> Ask {
    Ask::UntilReady {
        media_id: Some("v".into()),
        reference_id: None,
        until,
        size: None,
        timeout_ms,
    }
}

#[test]
fn a_media_that_was_replaced_is_ready_once_vod_tells_the_new_size() {
    for (until, body) in [
        (
            Readiness::Uploaded,
            r#"{"Mezzanine":{"Status":"Normal","Size":SIZE}}"#,
        ),
        (
            Readiness::Playable,
            r#"{"Video":{"Status":"Normal","Size":"SIZE"}}"#,
        ),
    ] {
        let ask = Ask::UntilReady {
            media_id: None,
            reference_id: Some("row-0001".into()),
            until,
            size: Some(900),
            timeout_ms: None,
        };
        let mut talk = Talk::new(ask);
        let mut asked = 0;
        let answer = talk.run(|nth| {
            asked = nth;
            reply(
                200,
                &body.replace("SIZE", if nth < 4 { "7" } else { "900" }),
            )
        });
        let status = "Normal".into();
        assert_eq!((answer, asked), (Ok(Answer::Ready { status }), 4));
    }
}

#[test]
fn an_upload_is_waited_for_with_growing_pauses() {
    let mut talk = Talk::new(until_ready(Readiness::Uploaded, None));
    let answer = talk.run(|nth| match nth {
        1 => refusal(404, "InvalidFile.NotFound"),
        2..20 => reply(200, r#"{"Mezzanine":{"Status":"Uploading"}}"#),
        _ => reply(200, r#"{"Mezzanine":{"Status":"Normal"}}"#),
    });
    let status = "Normal".into();
    assert_eq!(answer.unwrap(), Answer::Ready { status });
    // 20 questions: a second apart at first, half a minute in the end.
    let waited = talk.now - START;
    assert!((300_000..400_000).contains(&waited), "{waited} ms");
}

#[test]
fn a_video_that_fails_to_be_processed_ends_the_waiting() {
    let mut talk = Talk::new(until_ready(Readiness::Playable, None));
    let error = talk.run(|nth| match nth {
        1 => reply(200, r#"{"Video":{"Status":"Transcoding"}}"#),
        _ => reply(200, r#"{"Video":{"Status":"TranscodeFail"}}"#),
    });
    let error = error.unwrap_err();
    assert_eq!(error.code, Code::ProcessingFailed);
    assert!(error.message.contains("TranscodeFail"));
}

#[test]
fn waiting_ends_at_the_time_given_and_not_later() {
    let mut talk = Talk::new(until_ready(Readiness::Playable, Some(20_000)));
    let error = talk.run(|_| reply(200, r#"{"Video":{"Status":"Transcoding"}}"#));
    let error = error.unwrap_err();
    assert_eq!((error.code, error.retryable), (Code::NotReady, true));
    assert!((20_000..20_200).contains(&(talk.now - START)));
}

#[test]
fn an_unknown_video_is_not_waited_for() {
    let mut talk = Talk::new(until_ready(Readiness::Uploaded, None));
    let error = talk
        .run(|_| refusal(404, "InvalidVideo.NotFound"))
        .unwrap_err();
    assert_eq!((error.code, talk.sent.len()), (Code::MediaNotFound, 1));
}

#[test]
fn parts_that_are_gone_already_are_aborted() {
    let media_id = "v".into();
    let mut talk = Talk::new(Ask::AbortMedia { media_id });
    let answer = talk.run(|_| refusal(400, "InvalidMultipartUpload.NotFound"));
    assert_eq!(answer.unwrap(), Answer::Finished);
    assert!(talk.sent[0].url.contains("MediaId=v&MediaType=video"));
}

#[test]
fn urls_that_vod_fetches_are_named_so_that_a_repeat_is_noticed() {
    let pull = vodlift::vod::pull::UploadMediaByUrl {
        urls: vec!["https://h/a.mp4".into()],
        ..Default::default()
    };
    let mut talk = Talk::new(Ask::UploadByUrl { pull });
    let jobs = r#"{"UploadJobs":[{"JobId":"j","SourceURL":"https://h/a.mp4"}]}"#;
    let answer = talk.run(|nth| if nth == 1 { lost() } else { reply(200, jobs) });
    assert!(matches!(answer.unwrap(), Answer::Jobs { jobs } if jobs[0].job_id == "j"));
    let session = |nth: usize| {
        let url = &talk.sent[nth].url;
        url.split("SessionId=").nth(1).unwrap()[..32].to_owned()
    };
    assert_eq!(session(0), session(1));
}

#[test]
fn action_and_parameter_names_are_checked_before_anything_is_sent() {
    for (name, field) in [("", "`action`"), ("Get Video", "`action`")] {
        let ask = action(name);
        let made = Conversation::new(
            VodService::default(),
            account("t", None, false),
            ask,
            [1; 32],
            UnixMs(START),
        );
        let error = made.err().unwrap();
        assert!(error.message.starts_with(field), "{error}");
    }
}

#[test]
fn the_date_of_a_success_is_not_believed() {
    let mut talk = Talk::new(Ask::UntilReady {
        media_id: Some("v".into()),
        reference_id: None,
        size: None,
        until: Readiness::Uploaded,
        timeout_ms: None,
    });
    talk.run(|nth| Heard::Replied {
        status: 200,
        headers: vec![("Date".into(), UnixMs(0).http_date())],
        body: match nth {
            1 => r#"{"Mezzanine":{"VideoId":"v","Status":"Uploading"}}"#.into(),
            _ => r#"{"Mezzanine":{"VideoId":"v","Status":"Normal"}}"#.into(),
        },
    })
    .unwrap();
    let date = header(&talk.sent[1].headers, "x-acs-date").unwrap();
    let signed = UnixMs::parse_iso8601(date).unwrap();
    assert!(signed.0.abs_diff(talk.now) < 2_000, "{date}");
}

/// UploadAddress and UploadAuth of a ticket, in base64 as VOD gives them.
const ADDRESS: &str = r#"{"Endpoint":"https://oss-cn-shanghai.aliyuncs.com","Bucket":"bucket","FileName":"sv/a.mp4"}"#;
const AUTH: &str = r#"{"AccessKeyId":"STS.id","AccessKeySecret":"hush","SecurityToken":"token","ExpireUTCTime":"2025-10-09T09:53:20Z"}"#;

fn ticket_reply(id: &str) -> Heard {
    let base64 = |text: &str| STANDARD.encode(text);
    let (address, auth) = (base64(ADDRESS), base64(AUTH));
    reply(
        200,
        &format!(
            r#"{{"RequestId":"R","{id}":"m-1","UploadAddress":"{address}","UploadAuth":"{auth}"}}"#
        ),
    )
}

fn film() -> Ask {
    let video = CreateUploadVideo {
        file_name: "a film.mp4".into(),
        ..CreateUploadVideo::default()
    };
    Ask::CreateUpload {
        media: Media::Video(video),
        size: Some(1000),
    }
}

#[test]
fn a_ticket_holds_what_vod_gave_and_says_when_it_ends() {
    let mut talk = Talk::new(film());
    let Answer::Ticket { ticket } = talk.run(|_| ticket_reply("VideoId")).unwrap() else {
        panic!("no ticket");
    };
    assert_eq!(ticket.media_id, "m-1");
    assert_eq!(ticket.upload_address, STANDARD.encode(ADDRESS));
    assert_eq!(ticket.upload_auth.expose(), STANDARD.encode(AUTH));
    let ends = UnixMs::parse_iso8601("2025-10-09T09:53:20Z").unwrap();
    assert_eq!(ticket.expires_at, Some(ends.0));
    let sent = format!("{}{}", talk.sent[0].url, talk.sent[0].body);
    for told in ["Title=a%20film", "FileName=a%20film.mp4", "FileSize=1000"] {
        assert!(sent.contains(told), "{sent}");
    }
    // It is printed nowhere, and written only where it is handed on.
    assert!(!format!("{ticket:?}").contains(&STANDARD.encode(AUTH)));
    assert!(
        serde_json::to_string(&ticket)
            .unwrap()
            .contains(&STANDARD.encode(AUTH))
    );
    let mut talk = Talk::new(Ask::RefreshUpload {
        media_id: "m-1".into(),
    });
    let answer = talk.run(|n| {
        if n == 1 {
            lost()
        } else {
            ticket_reply("VideoId")
        }
    });
    assert!(matches!(answer, Ok(Answer::Ticket { .. })));
}

#[test]
fn a_media_for_a_ticket_is_not_made_twice_for_want_of_a_reply() {
    let mut talk = Talk::new(film());
    assert!(talk.run(|_| lost()).unwrap_err().retryable);
    assert_eq!(talk.sent.len(), 1);
    let mut talk = Talk::new(film());
    talk.run(|n| match n {
        1 => refusal(400, "Throttling.User"),
        _ => ticket_reply("VideoId"),
    })
    .unwrap();
    assert_eq!(talk.sent.len(), 2);
}

#[test]
fn what_a_media_cannot_be_is_refused_before_vod_hears_of_it() {
    let without_a_name = Ask::CreateUpload {
        media: Media::Video(CreateUploadVideo::default()),
        size: None,
    };
    let service = VodService::default();
    let keys = account("t", None, false);
    let refused = Conversation::new(service, keys, without_a_name, [1; 32], UnixMs(START));
    let error = refused.err().unwrap();
    assert!(error.message.contains("`fileName`"), "{error}");
}
