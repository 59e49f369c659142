//! Stories of media that are there already: nothing is made twice, and nobody's file is replaced.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test fails by panicking"
)]

mod sim;

use sim::{End, Extent, Fault, Luck, Op, START, SourceSpec, World};
use vodlift::Code;
use vodlift::upload::{Adopt, Compared, Media, Source, Verify};

const MIB: u64 = 1 << 20;

/// A film with a reference id.
fn film(seed: u64, spec: SourceSpec, adopt: Adopt) -> World {
    let mut world = World::new(seed, spec);
    if let Media::Video(video) = &mut world.job.media {
        video.reference_id = Some("row-0001".into());
    }
    world.job.options.adopt = adopt;
    world
}

/// As `film`, whose id belongs to a media of so many bytes, or of none so far.
fn taken(adopt: Adopt, size: u64, there: Option<u64>) -> World {
    let mut world = film(1, SourceSpec::ranged(size), adopt);
    world.service.created = 1;
    world.service.reference = Some("row-0001".into());
    world.service.object = there.map(|length| {
        vec![Extent {
            offset: 0,
            length,
            version: 1,
        }]
    });
    world
}

#[test]
fn a_reply_that_was_lost_makes_no_second_media() {
    for adopt in [Adopt::Never, Adopt::Always, Adopt::IfPossible] {
        let mut world = film(1, SourceSpec::ranged(4 * MIB), adopt);
        world
            .luck
            .script(Op::CreateUploadVideo, 1, Fault::ResetAfter);
        let outcome = world.run().unwrap();
        world.assert_object_is_the_source();
        assert_eq!(
            (outcome.media_id.as_str(), world.service.created),
            ("video-1", 1),
            "{adopt:?}"
        );
    }
}

#[test]
fn a_media_without_a_file_is_gone_on_with() {
    let mut world = taken(Adopt::Always, 4 * MIB, None);
    let outcome = world.run().unwrap();
    world.assert_object_is_the_source();
    assert_eq!((outcome.parts, world.service.created), (4, 1));
    assert!(world.checkpoint.unwrap().adopted);
}

#[test]
fn a_media_that_has_the_whole_file_is_done_without_a_byte() {
    let streamed = Source::Stream {
        size: Some(4 * MIB),
        name: None,
    };
    let web = World::new(1, SourceSpec::ranged(1)).job.source;
    for (source, ranges) in [(web.clone(), true), (web, false), (streamed, false)] {
        let mut world = taken(Adopt::Always, 4 * MIB, Some(4 * MIB));
        world.job.source = source;
        world.source.ranges = ranges;
        let outcome = world.run().unwrap();
        assert_eq!(
            (outcome.media_id.as_str(), outcome.bytes, outcome.parts),
            ("video-1", 4 * MIB, 0)
        );
        assert!(world.sent.is_empty());
        assert_eq!(world.luck.count(Op::Initiate), 0);
    }
}

#[test]
fn a_media_with_another_file_is_left_alone() {
    let mut world = taken(Adopt::Always, 4 * MIB, Some(5 * MIB));
    let error = world.run().unwrap_err();
    assert_eq!(error.code, Code::ReferenceTaken);
    let rule =
        "the media video-1 cannot be used: it is Normal with 5242880 bytes, the source has 4194304";
    assert!(error.message.ends_with(rule), "{error}");
    assert_eq!(world.luck.count(Op::Initiate), 0);
}

#[test]
fn nothing_is_begun_in_a_media_before_it_was_looked_at() {
    // A buffer that is cut short while VOD is asked what the media holds makes parts of what was to be one PutObject.
    for size in (128 << 10..640 << 10).step_by(4 << 10) {
        let mut world = taken(Adopt::Always, size, Some(size + 1));
        world.luck = Luck::new(size);
        world.memory_is_short = true;
        world.job.options.part_size = None;
        let error = world.run().unwrap_err();
        assert_eq!(error.code, Code::ReferenceTaken, "{error}");
        let begun = world.luck.count(Op::Initiate) + world.luck.count(Op::PutObject);
        assert_eq!(begun, 0, "{size} bytes");
    }
}

#[test]
fn nobody_asked_so_a_taken_id_is_an_error() {
    let mut world = taken(Adopt::Never, 4 * MIB, None);
    let error = world.run().unwrap_err();
    assert_eq!(error.code, Code::ReferenceTaken);
    assert!(error.hint.contains("`adopt`"), "{}", error.hint);
    assert_eq!(world.luck.count(Op::RefreshUploadVideo), 0);
}

#[test]
fn a_lost_reply_is_no_reason_to_take_a_media_that_has_a_file() {
    // The reply that was lost may have been the refusal.
    let mut world = taken(Adopt::Never, 4 * MIB, Some(4 * MIB));
    world
        .luck
        .script(Op::CreateUploadVideo, 1, Fault::ResetAfter);
    assert_eq!(world.run().unwrap_err().code, Code::ReferenceTaken);
    assert_eq!(world.luck.count(Op::Initiate), 0);
}

/// The first Create's reply is lost, and a media has the id.
fn in_doubt(made_before: Option<u64>) -> World {
    let mut world = film(1, SourceSpec::ranged(4 * MIB), Adopt::Never);
    if let Some(ms) = made_before {
        world.service.created = 1;
        world.service.reference = Some("row-0001".into());
        world.service.made = START - ms;
    }
    world
        .luck
        .script(Op::CreateUploadVideo, 1, Fault::ResetAfter);
    world
}

#[test]
fn a_lost_reply_is_no_reason_to_take_a_media_that_somebody_fills() {
    let mut world = in_doubt(Some(60_000));
    let error = world.run().unwrap_err();
    assert_eq!(error.code, Code::ReferenceTaken);
    assert!(!error.message.contains("video-1"), "{error}");
    assert_eq!(world.luck.count(Op::Initiate), 0);
    assert!(world.sent.is_empty());
}

#[test]
fn whatever_the_own_clock_says_the_own_media_is_known() {
    for skew_ms in [-600_000, 0, 600_000] {
        let mut own = in_doubt(None);
        own.service.skew_ms = skew_ms;
        own.run().unwrap();
        own.assert_object_is_the_source();
        let mut other = in_doubt(Some(60_000));
        other.service.skew_ms = skew_ms;
        other.service.made = START.saturating_add_signed(skew_ms) - 60_000;
        assert_eq!(other.run().unwrap_err().code, Code::ReferenceTaken);
    }
}

#[test]
fn a_process_that_died_in_doubt_goes_on_with_its_own_media_alone() {
    for (others, at) in [false, true]
        .into_iter()
        .flat_map(|o| (0..60).map(move |at| (o, at)))
    {
        let mut world = film(1, SourceSpec::ranged(2 * MIB), Adopt::Never);
        if others {
            world.service.created = 1;
            world.service.reference = Some("row-0001".into());
            world.service.made = START - 60_000;
        }
        world.dies_at = Some(at * 10);
        let first = world.run_slice();
        world.dies_at = None;
        let end = match first {
            Ok(End::Died) => {
                world.forget_the_process();
                world.run()
            }
            Ok(End::Done(outcome)) => Ok(*outcome),
            Ok(End::Suspended) => panic!("nothing stops it"),
            Err(error) => Err(error),
        };
        assert_eq!(world.service.created, 1, "at {at}");
        if others {
            assert_eq!(end.unwrap_err().code, Code::ReferenceTaken, "at {at}");
            assert!(world.sent.is_empty());
            // Nor does a run after that one, which knows that a Create was refused.
            world.forget_the_process();
            assert_eq!(world.run().unwrap_err().code, Code::ReferenceTaken);
        } else {
            end.unwrap();
            world.assert_object_is_the_source();
        }
    }
}

#[test]
fn the_media_of_an_earlier_try_is_gone_on_with_by_its_id() {
    for there in [None, Some(4 * MIB), Some(5 * MIB)] {
        let mut world = taken(Adopt::Never, 4 * MIB, there);
        world.job.options.earlier_media_id = Some("video-1".into());
        let outcome = world.run().unwrap();
        world.assert_object_is_the_source();
        assert_eq!((outcome.media_id.as_str(), outcome.parts), ("video-1", 4));
        let mut other = taken(Adopt::Never, 4 * MIB, there);
        other.job.options.earlier_media_id = Some("video-9".into());
        assert_eq!(other.run().unwrap_err().code, Code::ReferenceTaken);
        assert!(other.sent.is_empty());
    }
}

#[test]
fn no_comparison_is_claimed_that_was_not_made() {
    let whole = taken(Adopt::Always, 4 * MIB, Some(4 * MIB)).run().unwrap();
    assert_eq!(whole.compared, Compared::ExistingLength);
    let compared = |size: u64, verify: Verify| {
        let mut world = World::new(1, SourceSpec::ranged(size));
        world.job.options.verify = verify;
        world.run().unwrap().compared
    };
    assert_eq!(compared(4 * MIB, Verify::Length), Compared::Parts);
    // The world hashes nothing of what is sent: what was asked for and not done is not claimed.
    assert_eq!(compared(4 * MIB, Verify::Crc64), Compared::Parts);
    assert_eq!(compared(1000, Verify::Length), Compared::Length);
    assert_eq!(compared(1000, Verify::Crc64), Compared::Length);
}

#[test]
fn an_id_that_was_made_up_is_given_up_where_it_does_not_work() {
    let mut other_file = taken(Adopt::IfPossible, 4 * MIB, Some(5 * MIB));
    let mut forbidden = taken(Adopt::IfPossible, 4 * MIB, None);
    forbidden.luck.script(
        Op::RefreshUploadVideo,
        1,
        Fault::Refuse(403, "Forbidden.RAM"),
    );
    let mut unseen = taken(Adopt::IfPossible, 4 * MIB, None);
    unseen
        .luck
        .always(Op::GetMezzanineInfo, Fault::Refuse(403, "Forbidden.RAM"));
    let mut old = film(1, SourceSpec::ranged(4 * MIB), Adopt::IfPossible);
    old.service.is_old = true;
    for (world, id) in [
        (&mut other_file, "video-2"),
        (&mut forbidden, "video-2"),
        (&mut unseen, "video-2"),
        (&mut old, "video-1"),
    ] {
        assert_eq!(world.run().unwrap().media_id, id);
        world.assert_object_is_the_source();
        let Media::Video(video) = world.checkpoint.take().unwrap().media else {
            panic!("it is a video");
        };
        assert_eq!(video.reference_id, None);
    }
}

#[test]
fn a_process_that_died_at_any_moment_of_its_beginning_leaves_one_media() {
    for at in 0..60 {
        let mut world = film(1, SourceSpec::ranged(2 * MIB), Adopt::Always);
        world.dies_at = Some(at * 10);
        if matches!(world.run_slice().unwrap(), End::Died) {
            world.forget_the_process();
            world.dies_at = None;
            world.run().unwrap();
        }
        world.assert_object_is_the_source();
        assert_eq!(world.service.created, 1, "at {at}");
    }
}

#[test]
fn whatever_goes_wrong_there_is_one_media() {
    for seed in 1..200 {
        let ranges = seed % 3 != 0;
        let spec = SourceSpec {
            ranges,
            ..SourceSpec::ranged(3 * MIB)
        };
        let mut world = film(seed, spec, Adopt::Never);
        world.luck.per_mille = 100;
        if world.run().is_ok() {
            world.assert_object_is_the_source();
        }
        assert!(world.service.created <= 1, "seed {seed}");
    }
}

#[test]
fn only_a_media_with_a_reference_id_can_be_adopted() {
    let mut world = World::new(1, SourceSpec::ranged(MIB));
    world.job.options.adopt = Adopt::Always;
    let error = world.run().unwrap_err();
    assert!(
        error.message.starts_with("`adopt` needs a `referenceId`"),
        "{error}"
    );
}
