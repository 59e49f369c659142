//! What a caller sets, on the wire: on the requests it belongs to, and on no other.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

mod sim;

use sim::{End, Fault, Op, SourceSpec, World};
use vodlift::http::{Request, header};
use vodlift::oss::OssNetwork;
use vodlift::oss::settings::OssCallback;
use vodlift::upload::{Media, Options, Source};
use vodlift::vod::api::CreateUploadImage;
use vodlift::{Code, Error};

const MIB: u64 = 1 << 20;

fn callback() -> OssCallback {
    OssCallback {
        urls: vec!["https://h/cb?token=never-print-this-url-signature".into()],
        body: "size=${size}".into(),
        ..OssCallback::default()
    }
}

fn world(size: u64, options: Options) -> World {
    let mut world = World::new(1, SourceSpec::ranged(size));
    world.recorded = Some(vec![]);
    world.job.options = Options {
        part_size: Some(MIB),
        ..options
    };
    world
}

fn kind(request: &Request) -> &'static str {
    let query = request.url.split_once('?').map_or("", |(_, query)| query);
    match (request.method.as_str(), query) {
        ("PUT", query) if query.contains("partNumber") => "part",
        ("PUT", _) => "put",
        ("POST", "uploads") => "initiate",
        ("POST", query) if query.contains("uploadId") => "complete",
        _ => "other",
    }
}

/// The kinds of requests that carry this header.
fn carriers(world: &World, name: &str) -> Vec<&'static str> {
    let recorded = world.recorded.as_ref().unwrap().iter();
    let with = recorded.filter(|request| header(&request.headers, name).is_some());
    let mut kinds: Vec<_> = with.map(kind).collect();
    kinds.sort_unstable();
    kinds.dedup();
    kinds
}

fn everything() -> Options {
    let pairs = [
        ("Cache-Control", "max-age=60"),
        ("x-oss-meta-a", "b"),
        ("x-oss-storage-class", "IA"),
        ("x-oss-forbid-overwrite", "true"),
        ("x-oss-tagging", "a=1"),
    ];
    Options {
        object_headers: pairs
            .map(|(name, value)| (name.into(), value.into()))
            .to_vec(),
        show_watermark: Some(true),
        traffic_limit: Some(819_200),
        callback: Some(callback()),
        ..Options::default()
    }
}

#[test]
fn each_setting_stands_on_the_requests_it_belongs_to() {
    let mut parts = world(4 * MIB, everything());
    parts.run().unwrap();
    let mut put = world(1000, everything());
    put.run().unwrap();
    for name in [
        "cache-control",
        "x-oss-meta-a",
        "x-oss-storage-class",
        "x-oss-forbid-overwrite",
        "x-oss-tagging",
    ] {
        assert_eq!(carriers(&parts, name), ["initiate"], "{name}");
        assert_eq!(carriers(&put, name), ["put"], "{name}");
    }
    for name in ["x-oss-notification", "x-oss-callback"] {
        assert_eq!(carriers(&parts, name), ["complete"], "{name}");
        assert_eq!(carriers(&put, name), ["put"], "{name}");
    }
    assert_eq!(carriers(&parts, "x-oss-traffic-limit"), ["part"]);
    assert_eq!(carriers(&put, "x-oss-traffic-limit"), ["put"]);
}

#[test]
fn nothing_is_sent_that_nobody_asked_for() {
    let mut plain = world(4 * MIB, Options::default());
    plain.run().unwrap();
    for name in [
        "x-oss-notification",
        "x-oss-callback",
        "x-oss-traffic-limit",
        "cache-control",
    ] {
        assert!(carriers(&plain, name).is_empty(), "{name}");
    }
}

#[test]
fn another_network_is_where_the_bytes_go() {
    for (network, host) in [
        (
            OssNetwork::Internal,
            "https://bucket.oss-cn-shanghai-internal.aliyuncs.com/",
        ),
        (
            OssNetwork::Accelerate,
            "https://bucket.oss-accelerate.aliyuncs.com/",
        ),
    ] {
        let mut world = world(4 * MIB, Options::default());
        world.job.oss.network = Some(network);
        world.run().unwrap();
        let recorded = world.recorded.as_ref().unwrap().iter();
        let mut oss = recorded.filter(|request| kind(request) != "other");
        assert!(oss.all(|request| request.url.starts_with(host)));
    }
}

#[test]
fn a_failed_callback_is_an_error_of_its_own_and_the_object_is_stored() {
    for (op, size) in [(Op::Complete, 4 * MIB), (Op::PutObject, 1000)] {
        let mut world = world(size, everything());
        world
            .luck
            .script(op, 1, Fault::Refuse(203, "CallbackFailed"));
        let error = world.run().unwrap_err();
        assert_eq!((error.code, error.retryable), (Code::CallbackFailed, false));
        assert!(error.message.contains("video-1"), "{error}");
        assert_eq!(world.luck.count(op), 1);
        assert_eq!(
            world.luck.count(Op::Abort),
            0,
            "there is nothing left to abort"
        );
    }
}

#[test]
fn a_resumed_upload_keeps_the_watermark_and_asks_for_the_callback() {
    let mut world = world(16 * MIB, everything());
    world.dies_at = Some(500);
    assert!(matches!(world.run_slice().unwrap(), End::Died));
    world.forget_the_process();
    world.dies_at = None;
    let text = serde_json::to_string(&world.resume).unwrap();
    assert!(!text.contains("never-print"), "{text}");
    world.job.options = Options {
        callback: None,
        ..world.job.options.clone()
    };
    let checkpoint = world.resume.clone();
    let error = world.run().unwrap_err();
    assert!(
        error.message.starts_with("`callback` must be passed again"),
        "{error}"
    );
    world.resume = checkpoint;
    world.job.options = Options {
        callback: Some(callback()),
        ..Options::default()
    };
    world.recorded = Some(vec![]);
    world.run().unwrap();
    for name in ["x-oss-notification", "x-oss-callback"] {
        assert_eq!(carriers(&world, name), ["complete"], "{name}");
    }
}

#[test]
fn what_breaks_a_rule_is_refused_before_anything_is_sent() {
    let refused = |options: Options| -> Error {
        let mut world = world(1000, options);
        let error = world.run().unwrap_err();
        assert!(world.recorded.unwrap().is_empty());
        error
    };
    for (options, start) in [
        (
            Options {
                traffic_limit: Some(1),
                ..Options::default()
            },
            "`trafficLimit` must be",
        ),
        (
            Options {
                max_bytes: Some(0),
                ..Options::default()
            },
            "`maxBytes` must be",
        ),
        (
            Options {
                callback: Some(OssCallback::default()),
                ..Options::default()
            },
            "`callback.url` must be",
        ),
        (
            Options {
                object_headers: vec![("x-oss-storage-class".into(), "Cold".into())],
                ..Options::default()
            },
            "`objectHeaders` must have one of",
        ),
    ] {
        let error = refused(options);
        assert_eq!(error.code, Code::InvalidArgument);
        assert!(error.message.starts_with(start), "{error}");
    }
    let mut image = world(1000, everything());
    image.job.media = Media::Image(CreateUploadImage::default());
    let error = image.run().unwrap_err();
    assert!(
        error.message.starts_with("`showWatermark` is for videos"),
        "{error}"
    );
}

#[test]
fn a_source_longer_than_allowed_is_refused_before_vod_hears_of_it_and_cleaned_up_where_it_said_less()
 {
    let limited = |most: u64, source: SourceSpec| {
        let options = Options {
            max_bytes: Some(most),
            ..sim::options()
        };
        let mut world = World::new(1, source);
        world.job.options = options;
        world
    };
    let ranged = SourceSpec::ranged(4 * MIB);
    limited(4 * MIB, ranged.clone()).run().unwrap();
    let mut told = limited(4 * MIB - 1, ranged.clone());
    let error = told.run().unwrap_err();
    assert_eq!(error.code, Code::TooLarge);
    assert!(
        error.message.contains("`maxBytes` allows 4194303"),
        "{error}"
    );
    assert_eq!(told.service.created, 0);
    let mut endless = limited(
        3 * MIB,
        SourceSpec {
            ranges: false,
            announces_length: false,
            ..ranged
        },
    );
    assert_eq!(endless.run().unwrap_err().code, Code::TooLarge);
    assert!(endless.service.uploads.is_empty());
    assert_eq!(endless.luck.count(Op::Complete), 0);
}

#[test]
fn a_caller_may_not_say_for_whom_a_request_is_or_where_it_ends() {
    for name in ["Host", "range", "Transfer-Encoding", "If-Range"] {
        let mut world = World::new(1, SourceSpec::ranged(MIB));
        let Source::Url { headers, .. } = &mut world.job.source else {
            panic!("the source is a URL");
        };
        headers.push((name.into(), "x".into()));
        let error = world.run().unwrap_err();
        assert_eq!(error.code, Code::InvalidArgument, "{name}");
        assert!(
            error.message.contains(&name.to_ascii_lowercase()),
            "{error}"
        );
        assert_eq!(world.service.created, 0);
    }
}

#[test]
fn plain_http_is_refused_where_only_https_will_do() {
    let at = |url: &str, https_only: bool| {
        let options = Options {
            https_only,
            ..sim::options()
        };
        let mut world = World::new(1, SourceSpec::ranged(MIB));
        world.job.options = options;
        world.job.source = Source::Url {
            url: url.into(),
            headers: vec![],
        };
        (world.run(), world.service.created)
    };
    let (refused, created) = at("http://media.example/film.mp4", true);
    let error = refused.unwrap_err();
    assert_eq!((error.code, created), (Code::UrlRefused, 0), "{error}");
    assert!(error.hint.contains("https"), "{}", error.hint);
    at("https://media.example/film.mp4", true).0.unwrap();
    at("http://media.example/film.mp4", false).0.unwrap();
}
