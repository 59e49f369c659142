//! Stories of sources with odd habits: what can be lifted is lifted, with exactly the bytes of one version.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

mod sim;

use sim::{Fault, Habit, Op, SourceSpec, Stamp, World};
use vodlift::Code;
use vodlift::upload::{Job, Media, Source};
use vodlift::vod::api::{CreateUploadAttachedMedia, CreateUploadImage, CreateUploadVideo};

const MIB: u64 = 1 << 20;

fn world(spec: SourceSpec) -> World {
    World::new(1, spec)
}

fn with(habit: Habit, size: u64) -> World {
    world(SourceSpec {
        habit,
        ..SourceSpec::ranged(size)
    })
}

#[test]
fn the_first_request_is_the_first_part() {
    let mut world = world(SourceSpec::ranged(5 * MIB + 1));
    assert_eq!(world.run().unwrap().parts, 6);
    world.assert_object_is_the_source();
    // One request a part, and none beside them.
    assert_eq!(world.asked, 6);
}

#[test]
fn a_source_no_larger_than_a_part_is_asked_once() {
    for size in [1, MIB] {
        let mut world = world(SourceSpec::ranged(size));
        world.run().unwrap();
        world.assert_object_is_the_source();
        assert_eq!(world.asked, 1);
    }
}

#[test]
fn a_first_part_that_breaks_is_fetched_like_any_other() {
    let mut world = world(SourceSpec::ranged(5 * MIB));
    world.luck.script(Op::UploadPart, 1, Fault::SourceBreaks);
    let outcome = world.run().unwrap();
    world.assert_object_is_the_source();
    assert_eq!((outcome.retries, world.asked), (1, 6));
}

#[test]
fn ranges_that_never_work_are_a_reason_to_read_once() {
    for habit in [
        Habit::Refuses(400),
        Habit::Refuses(403),
        Habit::Refuses(404),
        Habit::Refuses(416),
        Habit::Refuses(500),
        Habit::Refuses(501),
        Habit::Refuses(503),
        Habit::EncodesAfter(0),
        Habit::WholeFile,
        Habit::NoContentRange,
        Habit::OddContentRange,
        Habit::IgnoresEnd,
        Habit::Caps(65_536),
        Habit::Multipart,
        Habit::HidesSize,
    ] {
        let mut world = with(habit, 5 * MIB + 3);
        let outcome = world.run().unwrap_or_else(|e| panic!("{habit:?}: {e:?}"));
        world.assert_object_is_the_source();
        // Before VOD hears of anything: nothing is begun twice.
        assert_eq!(
            (outcome.restarts, world.luck.count(Op::Initiate)),
            (0, 1),
            "{habit:?}"
        );
    }
}

#[test]
fn ranges_that_stop_working_midway_are_a_reason_to_read_once() {
    for habit in [
        Habit::RefusesAfter(3, 400),
        Habit::RefusesAfter(3, 403),
        Habit::RefusesAfter(3, 404),
        Habit::RefusesAfter(3, 416),
        Habit::RefusesAfter(3, 500),
        Habit::EncodesAfter(3),
        Habit::ForgetsAfter(3),
        Habit::IfRangeIs200,
        Habit::GivesMore,
        Habit::NodeEtags(2),
        Habit::NodeEtags(5),
        Habit::GzipEtags,
        Habit::WeakensEtags,
    ] {
        let mut world = with(habit, 8 * MIB + 3);
        let outcome = world.run().unwrap_or_else(|e| panic!("{habit:?}: {e:?}"));
        world.assert_object_is_the_source();
        assert_eq!(
            (outcome.restarts, world.service.created),
            (1, 1),
            "{habit:?}"
        );
        assert!(world.service.uploads.is_empty());
    }
}

#[test]
fn a_modification_time_of_now_is_no_validator() {
    for etag in [true, false] {
        let mut world = world(SourceSpec {
            etag,
            stamp: Stamp::Now,
            ..SourceSpec::ranged(8 * MIB)
        });
        world.bandwidth = MIB / 4;
        assert_eq!(world.run().unwrap().restarts, 0);
        world.assert_object_is_the_source();
    }
}

#[test]
fn an_empty_source_that_answers_416_is_empty() {
    let mut world = world(SourceSpec::ranged(0));
    assert_eq!(world.run().unwrap_err().code, Code::EmptySource);
    assert_eq!(world.service.created, 0);
}

#[test]
fn a_source_that_changes_is_stored_in_one_version_or_not_at_all() {
    for (etag, stamp) in [
        (true, Stamp::True),
        (true, Stamp::None),
        (false, Stamp::True),
        (true, Stamp::Now),
    ] {
        for at in (0..3000).step_by(50) {
            let mut world = world(SourceSpec {
                etag,
                stamp,
                changes_at: Some(at),
                ..SourceSpec::ranged(20 * MIB)
            });
            match world.run() {
                Ok(_) => world.assert_object_is_the_source(),
                Err(error) => {
                    assert_eq!(error.code, Code::SourceChanged);
                    assert!(world.service.object.is_none() && world.service.uploads.is_empty());
                }
            }
        }
    }
}

#[test]
fn a_link_that_works_once_is_lifted_where_the_first_reply_brings_everything() {
    for (size, ranges) in [(MIB, true), (300_000, true), (5 * MIB, false)] {
        let mut world = world(SourceSpec {
            works_once: true,
            ranges,
            ..SourceSpec::ranged(size)
        });
        // The source is not needed again when OSS falters.
        let op = if size > MIB {
            Op::UploadPart
        } else {
            Op::PutObject
        };
        world
            .luck
            .script(op, 1, Fault::Refuse(500, "InternalError"));
        world.run().unwrap();
        world.assert_object_is_the_source();
    }
}

#[test]
fn a_link_that_works_once_and_brought_a_part_says_what_to_do() {
    let spec = SourceSpec {
        works_once: true,
        ..SourceSpec::ranged(5 * MIB)
    };
    let mut part = world(spec.clone());
    let error = part.run().unwrap_err();
    assert_eq!(error.code, Code::SourceForbidden);
    assert!(error.hint.contains("works only once"), "{}", error.hint);
    assert!(part.service.uploads.is_empty());

    let mut once = world(spec);
    once.job.options.ranges = Some(false);
    once.run().unwrap();
    once.assert_object_is_the_source();
    assert_eq!(once.asked, 1);
}

#[test]
fn a_host_that_takes_few_connections_is_given_few() {
    for (most, status, wait) in [
        (1, 503, None),
        (2, 503, None),
        (2, 429, Some(3)),
        (1, 509, None),
    ] {
        let mut world = world(SourceSpec {
            takes_at_once: Some((most, status, wait)),
            ..SourceSpec::ranged(60 * MIB)
        });
        world.job.options.concurrency = Some(8);
        let outcome = world.run().unwrap();
        world.assert_object_is_the_source();
        assert_eq!(outcome.restarts, 0);
        // It is tried now and then whether there is room for more.
        assert!(outcome.retries < 30, "{} retries", outcome.retries);
    }
}

#[test]
fn a_host_that_always_says_it_is_full_is_given_up() {
    let mut world = world(SourceSpec {
        takes_at_once: Some((0, 429, None)),
        ..SourceSpec::ranged(5 * MIB)
    });
    let error = world.run().unwrap_err();
    assert_eq!((error.code, error.status), (Code::SourceStatus, Some(429)));
    assert_eq!(world.service.created, 0);
}

#[test]
fn a_read_that_broke_begins_again_at_the_first_url() {
    let mut world = world(SourceSpec {
        ranges: false,
        redirects: 2,
        ..SourceSpec::ranged(6 * MIB)
    });
    world.luck.script(Op::Read, 4, Fault::SourceBreaks);
    world.run().unwrap();
    world.assert_object_is_the_source();
    // Three requests to the first byte, and three more.
    assert_eq!(world.luck.count(Op::Open), 6);
}

#[test]
fn an_upload_that_was_read_once_is_resumed_so() {
    let mut world = with(Habit::ForgetsAfter(3), 40 * MIB);
    world.dies_at = Some(4_000);
    let end = world.run_slice().unwrap();
    assert!(matches!(end, sim::End::Died), "{end:?}");
    assert!(world.checkpoint.as_ref().unwrap().source.read_once);
    world.forget_the_process();
    world.dies_at = None;
    let asked = world.asked;
    world.run().unwrap();
    world.assert_object_is_the_source();
    assert_eq!(world.asked, asked + 1);
}

#[test]
fn a_slow_line_sends_each_part_once() {
    // 5 MB at 40 KB/s: the kernel takes them at once, and the reply is 125 s away.
    let mut world = world(SourceSpec::ranged(5_000_000));
    world.job.options.part_size = None;
    world.bandwidth = 40_000;
    let outcome = world.run().unwrap();
    world.assert_object_is_the_source();
    assert_eq!(outcome.retries, 0);
}

#[test]
fn a_source_may_think_for_a_while() {
    let mut world = world(SourceSpec {
        first_byte_ms: 70_000,
        ..SourceSpec::ranged(3 * MIB)
    });
    assert_eq!(world.run().unwrap().retries, 0);
    world.assert_object_is_the_source();
}

#[test]
fn both_sides_are_given_up_as_soon_as_the_caller_says() {
    let mut thinks = world(SourceSpec {
        first_byte_ms: 70_000,
        ..SourceSpec::ranged(3 * MIB)
    });
    thinks.job.options.source_timeout_ms = Some(10_000);
    assert_eq!(thinks.run().unwrap_err().code, Code::SourceUnreachable);
    assert!(thinks.now - sim::START < 120_000);

    let mut deaf = world(SourceSpec::ranged(3 * MIB));
    deaf.job.options.service_timeout_ms = Some(5_000);
    deaf.luck.always(Op::CreateUploadVideo, Fault::Stalls);
    assert_eq!(deaf.run().unwrap_err().code, Code::VodUnreachable);
    assert!(deaf.now - sim::START < 90_000);
}

#[test]
fn what_stands_still_ends_in_a_bounded_time() {
    let mut world = world(SourceSpec::ranged(3 * MIB));
    world.luck.always(Op::UploadPart, Fault::Stalls);
    assert_eq!(world.run().unwrap_err().code, Code::OssUnreachable);
    assert!(world.now - sim::START < 3_600_000);
}

const TYPES: [&str; 4] = [
    "text/html; charset=utf-8",
    "application/json",
    "application/xml",
    "application/problem+json",
];

fn image(job: &mut Job) {
    job.media = Media::Image(CreateUploadImage {
        original_file_name: Some("a.png".into()),
        ..CreateUploadImage::default()
    });
}

fn subtitle(job: &mut Job, name: &str) {
    job.media = Media::AttachedMedia(CreateUploadAttachedMedia {
        file_name: Some(name.into()),
        ..CreateUploadAttachedMedia::default()
    });
}

#[test]
fn a_page_is_no_film() {
    for content_type in TYPES {
        for ranges in [true, false] {
            let spec = SourceSpec {
                content_type,
                ranges,
                ..SourceSpec::ranged(3000)
            };
            let mut film = world(spec.clone());
            assert_eq!(film.run().unwrap_err().code, Code::SourceIsPage);
            assert_eq!(film.service.created, 0);
            let mut picture = world(spec.clone());
            image(&mut picture.job);
            assert_eq!(picture.run().unwrap_err().code, Code::SourceIsPage);

            let mut wanted = world(spec);
            wanted.job.options.any_content_type = true;
            wanted.run().unwrap();
            wanted.assert_object_is_the_source();
        }
    }
}

#[test]
fn what_a_film_begins_with_may_show_that_it_is_none() {
    for (begins, code) in [
        ("<!DOCTYPE html>", Some(Code::SourceIsPage)),
        ("<?xml version=\"1.0\"?><Error>", Some(Code::SourceIsPage)),
        ("{\"code\":403}", Some(Code::SourceIsPage)),
        ("#EXTM3U\n", Some(Code::SourceIsPlaylist)),
        ("\u{ff}\u{d8}\u{ff}\u{e0}", Some(Code::SourceIsImage)),
        ("\0\0\0\u{20}ftypisom", None),
        ("\u{47}\u{40}\u{11}", None),
        ("Not Found", None),
    ] {
        for ranges in [true, false] {
            let spec = SourceSpec {
                begins,
                ranges,
                ..SourceSpec::ranged(3 * MIB)
            };
            let mut film = world(spec.clone());
            let ended = film.run().map_err(|error| error.code);
            assert_eq!(ended.err(), code, "{begins}");
            assert_eq!(film.service.created == 0, code.is_some(), "{begins}");

            let mut wanted = world(spec);
            wanted.job.options.any_content_type = true;
            wanted.run().unwrap();
            wanted.assert_object_is_the_source();
        }
    }
}

#[test]
fn a_subtitle_may_be_a_document() {
    let spec = SourceSpec {
        content_type: "application/ttml+xml",
        ..SourceSpec::ranged(3000)
    };
    let mut titles = world(spec.clone());
    subtitle(&mut titles.job, "titles.ttml");
    titles.run().unwrap();
    let mut plain = world(spec);
    subtitle(&mut plain.job, "titles.srt");
    assert_eq!(plain.run().unwrap_err().code, Code::SourceIsPage);
}

#[test]
fn a_playlist_or_an_image_is_asked_about() {
    for (content_type, code) in [
        ("application/x-mpegURL", Code::SourceIsPlaylist),
        ("image/jpeg", Code::SourceIsImage),
    ] {
        let spec = SourceSpec {
            content_type,
            ..SourceSpec::ranged(3000)
        };
        let mut asked = world(spec.clone());
        assert_eq!(asked.run().unwrap_err().code, code);
        assert_eq!(asked.service.created, 0);
        let mut said = world(spec);
        said.job.options.kind_is_said = true;
        said.run().unwrap();
    }
    for (name, code) in [
        ("/films/list.m3u8", Code::SourceIsPlaylist),
        ("poster.PNG", Code::SourceIsImage),
    ] {
        let mut local = world(SourceSpec::ranged(3000));
        local.job.media = Media::Video(CreateUploadVideo::default());
        local.job.source = Source::Slices {
            size: 3000,
            modified: None,
            name: Some(name.into()),
            content_type: None,
            version: None,
        };
        assert_eq!(local.run().unwrap_err().code, code);
        assert_eq!(local.service.created, 0);
    }
}
