//! Replies as VOD and OSS really give them, and what the core makes of each: every file in `tests/fixtures/wire`. The
//! emulator is held to the same files by `tests/emulator/wire-truth.test.ts`.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test fails by panicking"
)]

use serde_json::{Value, json};
use vodlift::Error;
use vodlift::encode::base64_encode;
use vodlift::http::Reply;
use vodlift::time::UnixMs;
use vodlift::vod::{api, pull, video_info};
use vodlift::{oss, vod};

/// When a fixture's credential with `Expiration: 3419` came: 3,419 seconds before its end.
fn received(auth: &Value) -> UnixMs {
    let seconds: u64 = auth["Expiration"].as_str().unwrap().parse().unwrap();
    match auth["ExpireUTCTime"].as_str() {
        Some(end) => UnixMs(UnixMs::parse_iso8601(end).unwrap().0 - seconds * 1000),
        None => UnixMs(1_600_000_000_000),
    }
}

fn reply(fixture: &Value) -> Reply {
    let mut body = fixture["body"].clone();
    for (name, part) in [("UploadAddress", "address"), ("UploadAuth", "auth")] {
        if let Some(part) = fixture.get(part) {
            body[name] = base64_encode(part.to_string().as_bytes()).into();
        }
    }
    let headers = fixture["headers"].as_object().unwrap();
    Reply {
        status: u16::try_from(fixture["status"].as_u64().unwrap()).unwrap(),
        headers: headers
            .iter()
            .map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned()))
            .collect(),
        body: body
            .as_str()
            .map_or_else(|| body.to_string(), str::to_owned),
    }
}

/// What a reply turned out to mean, in the words of a fixture's `means`.
fn meaning(fixture: &Value, reply: &Reply) -> Value {
    let (kind, _) = fixture["means"].as_object().unwrap().iter().next().unwrap();
    match kind.as_str() {
        "error" => error(fixture, reply),
        "ticket" => ticket(fixture, reply),
        "mezzanine" => {
            let told = api::parse_get_mezzanine_info(reply).unwrap();
            json!({ "status": told.status, "size": told.size })
        }
        "video" => {
            let told = video_info::parse_video_info(reply).unwrap();
            json!({ "status": told.status, "snapshots": told.snapshots.len(), "creationTime": told.creation_time })
        }
        "pulls" => {
            let told = pull::parse_infos(reply).unwrap();
            assert_eq!(told.uploads[0].error_code, None, "200 is no failure");
            json!({ "nonExists": told.non_exists, "fileSize": told.uploads[0].file_size })
        }
        "ok" => {
            api::parse_done(reply).unwrap();
            true.into()
        }
        other => panic!("`{other}` means nothing here"),
    }
}

fn ticket(fixture: &Value, reply: &Reply) -> Value {
    let auth = &fixture["auth"];
    let now = received(auth);
    let ticket = match fixture["operation"].as_str().unwrap() {
        "CreateUploadVideo" => api::parse_create_upload_video(reply, now),
        "CreateUploadImage" => api::parse_create_upload_image(reply, now),
        other => panic!("{other}"),
    }
    .unwrap();
    assert_eq!(ticket.address.object_key, fixture["address"]["FileName"]);
    assert_eq!(ticket.auth.credentials.access_key_id, auth["AccessKeyId"]);
    json!({
        "region": ticket.auth.region,
        "bucket": ticket.address.bucket,
        "expiresInSeconds": (ticket.auth.expires_at.0 - now.0) / 1000,
    })
}

/// Code, recovery, and a word of the hint where the fixture wants one.
fn error(fixture: &Value, reply: &Reply) -> Value {
    let (error, recovery) = match fixture["service"].as_str().unwrap() {
        "vod" => {
            let refused = vod::error::refused(reply);
            (refused.error, format!("{:?}", refused.recovery))
        }
        _ => {
            let refused = oss::error::refused(reply);
            (refused.error, format!("{:?}", refused.recovery))
        }
    };
    assert!(error.request_id.is_some() && !error.hint.is_empty());
    tells_no_secret(fixture, &error);
    let mut told = json!({ "code": error.code, "recovery": recovery });
    if let Some(word) = fixture["means"]["error"]["hint"].as_str() {
        let said = format!("{} {}", error.message, error.hint);
        told["hint"] = if said.contains(word) {
            word.into()
        } else {
            said.into()
        };
    }
    told
}

fn tells_no_secret(fixture: &Value, error: &Error) {
    let Some(secret) = fixture["secret"].as_str() else {
        return;
    };
    let shown = format!("{error:?} {}", serde_json::to_string(error).unwrap());
    assert!(
        reply(fixture).body.contains(secret),
        "it is there to be met"
    );
    assert!(
        !shown.contains(secret) && !shown.contains("CAIS"),
        "{shown}"
    );
}

#[test]
fn every_reply_of_the_real_service_means_what_it_should() {
    let mut seen = 0;
    for entry in std::fs::read_dir("tests/fixtures/wire").unwrap() {
        let path = entry.unwrap().path();
        let fixture: Value =
            serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let what = fixture["what"].as_str().unwrap();
        assert!(["recorded", "documented"].contains(&what), "{path:?}");
        // Events reach a receiver, not the core.
        if fixture["service"] == "event" {
            continue;
        }
        let told = meaning(&fixture, &reply(&fixture));
        let (_, wanted) = fixture["means"].as_object().unwrap().iter().next().unwrap();
        assert_eq!(&told, wanted, "{path:?}");
        seen += 1;
    }
    assert!(seen > 20, "{seen} replies");
}
