//! What VOD and OSS answer, or whoever answers in their place.

use vodlift::encode::base64_encode;
use vodlift::http::{Headers, Reply};
use vodlift::oss::{self, OssService, resolve_target, xml};
use vodlift::secret::Secret;
use vodlift::time::UnixMs;
use vodlift::vod::conversation::{Ask, Conversation, Heard, Step};
use vodlift::vod::credential::{decode_address, decode_auth};
use vodlift::vod::{self, Credentials, VodService, api, pull, video_info};

use crate::dice::{ACCESS_KEY_SECRET, NOW, keeps_secrets, lines};

/// The first line is an UploadAddress, the rest an UploadAuth: each as it is, and encoded as it should be.
pub(crate) fn credential(data: &[u8]) {
    let ([address], auth) = lines::<1>(data);
    for auth in [auth.clone(), base64_encode(auth.as_bytes())] {
        match decode_auth(&auth, UnixMs(NOW)) {
            Ok(auth) => drop(auth.credentials.validate()),
            Err(error) => keeps_secrets(&"decode_auth", &format!("{error:?}")),
        }
    }
    for address in [address.clone(), base64_encode(address.as_bytes())] {
        let Ok(address) = decode_address(&address) else {
            continue;
        };
        let (vod, oss) = (VodService::default(), OssService::default());
        let Ok(target) = resolve_target(&address, None, &vod, &oss) else {
            continue;
        };
        // By the WHATWG parser, which is what a host asks.
        let url = url::Url::parse(&target.base_url).expect("a target is a URL");
        let host = url.host_str().unwrap_or_default();
        let label = host.strip_suffix(".aliyuncs.com").unwrap_or_default();
        let label = label.rsplit('.').next().unwrap_or_default();
        let begins = ["oss-", "vpc100-oss-"];
        let is_oss = label == "oss" || begins.iter().any(|begin| label.starts_with(begin));
        assert!(is_oss, "bytes would go to {host}");
        assert!(url.username().is_empty() && url.password().is_none());
        assert_eq!(url.path(), "/", "{}", target.base_url);
    }
}

/// `STATUS`, then header lines, an empty line, and the body.
pub(crate) fn reply(text: &str) -> Reply {
    let (head, body) = text.split_once("\n\n").unwrap_or((text, ""));
    let (status, rest) = head.split_once('\n').unwrap_or((head, ""));
    Reply {
        status: status.trim().parse().unwrap_or(200),
        headers: headers(rest),
        body: body.to_owned(),
    }
}

/// `Name: value`, one a line.
pub(crate) fn headers(text: &str) -> Headers {
    let pairs = text.lines().filter_map(|line| line.split_once(':'));
    pairs
        .map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()))
        .collect()
}

pub(crate) fn vod(data: &[u8]) {
    let reply = reply(&String::from_utf8_lossy(data));
    let now = UnixMs(NOW);
    let _ = api::parse_create_upload_video(&reply, now);
    let _ = api::parse_create_upload_image(&reply, now);
    let _ = api::parse_create_upload_attached_media(&reply, now);
    let _ = api::parse_refresh_upload_video(&reply, now);
    let _ = api::parse_get_mezzanine_info(&reply);
    let _ = api::parse_delete_video(&reply, "media");
    let _ = api::parse_done(&reply);
    let _ = (pull::parse_jobs(&reply), pull::parse_infos(&reply));
    let _ = video_info::parse_video_info(&reply);
    let _ = vod::error::refused(&reply);
    let _ = vodlift::wire::retry::retry_after_ms(&reply.headers, now);
    for ask in [
        r#"{"type":"action","action":"GetVideoInfo","params":[["VideoId","v"]]}"#,
        r#"{"type":"untilReady","mediaId":"v","until":"playable","timeoutMs":60000}"#,
        r#"{"type":"urlUploads","which":{"jobIds":["j"]},"untilEnded":true,"timeoutMs":60000}"#,
    ] {
        converse(serde_json::from_str(ask).expect(ask), &reply);
    }
}

/// The same reply again and again ends every conversation.
fn converse(ask: Ask, reply: &Reply) {
    let credentials = Credentials {
        access_key_id: "id".into(),
        access_key_secret: Secret::new(ACCESS_KEY_SECRET),
        security_token: None,
    };
    let service = VodService::default();
    let mut now = NOW;
    let Ok(mut talk) = Conversation::new(service, credentials, ask, [7; 32], UnixMs(now)) else {
        return;
    };
    let mut step = talk.start(UnixMs(now));
    for _ in 0..200 {
        let heard = match step {
            Step::Send { .. } => Heard::Replied {
                status: reply.status,
                headers: reply.headers.clone(),
                body: reply.body.clone(),
            },
            Step::Wait { until } => {
                now = until.max(now + 1);
                Heard::Woke
            }
            Step::Renew => panic!("an account that cannot be renewed is asked for newer keys"),
            Step::Done { .. } => return,
            Step::Failed { error } => {
                keeps_secrets(&"conversation", &format!("{error:?}"));
                return;
            }
        };
        step = talk.handle(heard, UnixMs(now));
    }
    panic!("a conversation of 200 steps within its timeout: {step:?}");
}

pub(crate) fn oss(data: &[u8]) {
    let reply = reply(&String::from_utf8_lossy(data));
    let _ = xml::parse_initiate(&reply);
    let _ = (xml::parse_complete(&reply), xml::parse_called_back(&reply));
    let _ = (xml::parse_part_reply(&reply), xml::parse_head(&reply));
    if let Ok(page) = xml::parse_list_parts(&reply) {
        // Each part that is believed costs at least as much text.
        assert!(page.parts.len() <= reply.body.len() / 8);
    }
    let error = oss::error::refused(&reply).error;
    // What is shown is short, whatever was sent.
    assert!(error.message.len() < 4_096, "{} bytes", error.message.len());
}
