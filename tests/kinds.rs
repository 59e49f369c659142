//! Stories of images and attached media, whose upload credential nothing renews.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

mod sim;

use sim::{End, Fault, Op, SourceSpec, World};
use vodlift::Code;
use vodlift::upload::job::{Budget, Shard};
use vodlift::upload::{Media, Source};
use vodlift::vod::api::{CreateUploadAttachedMedia, CreateUploadImage};

const MIB: u64 = 1 << 20;

fn image(spec: SourceSpec) -> World {
    let mut world = World::new(1, spec);
    world.job.media = Media::Image(CreateUploadImage::default());
    if let Source::Url { url, .. } = &mut world.job.source {
        *url = url.replace("film.mp4", "photo.jpg");
    }
    world
}

fn expire(world: &mut World, op: Op, nth: u32) {
    world
        .luck
        .script(op, nth, Fault::Refuse(403, "SecurityTokenExpired"));
}

#[test]
fn an_image_is_one_put_and_says_where_it_is() {
    let mut world = image(SourceSpec::ranged(1000));
    let outcome = world.run().unwrap();
    world.assert_object_is_the_source();
    assert_eq!(
        (outcome.kind.as_str(), outcome.media_id.as_str()),
        ("image", "video-1")
    );
    assert_eq!(
        (outcome.image_url.as_deref(), outcome.media_url.as_deref()),
        (Some("https://i"), None)
    );
    assert_eq!(outcome.file_url.as_deref(), Some("https://f"));
    assert_eq!((outcome.restarts, outcome.parts), (0, 1));
}

#[test]
fn an_attached_media_of_many_parts_arrives() {
    let mut world = World::new(1, SourceSpec::ranged(8 * MIB));
    world.job.media = Media::AttachedMedia(CreateUploadAttachedMedia::default());
    let outcome = world.run().unwrap();
    world.assert_object_is_the_source();
    assert_eq!((outcome.kind.as_str(), outcome.parts), ("attached", 8));
    assert_eq!(
        (outcome.image_url.as_deref(), outcome.media_url.as_deref()),
        (None, Some("https://m"))
    );
}

#[test]
fn an_expired_credential_means_a_new_image_from_the_first_byte_on() {
    for (op, size) in [
        (Op::PutObject, 1000),
        (Op::UploadPart, 8 * MIB),
        (Op::Initiate, 8 * MIB),
        (Op::Complete, 8 * MIB),
    ] {
        let mut world = image(SourceSpec::ranged(size));
        expire(&mut world, op, 1);
        let outcome = world.run().unwrap();
        world.assert_object_is_the_source();
        assert_eq!(
            (outcome.media_id.as_str(), outcome.restarts),
            ("video-2", 1),
            "{op:?}"
        );
        assert_eq!((world.service.refreshed, outcome.refreshes), (0, 0));
    }
}

#[test]
fn parts_in_flight_to_the_old_place_are_called_off_and_count_for_nothing() {
    let mut world = image(SourceSpec::ranged(16 * MIB));
    expire(&mut world, Op::UploadPart, 7);
    let outcome = world.run().unwrap();
    world.assert_object_is_the_source();
    assert_eq!(
        (outcome.restarts, outcome.parts, outcome.bytes),
        (1, 16, 16 * MIB)
    );
    // The parts at the old place stay: the credential that could remove them is dead.
    assert_eq!(world.service.uploads.len(), 1);
    assert_eq!(world.luck.count(Op::Abort), 0);
}

#[test]
fn a_credential_that_cannot_be_renewed_is_used_to_its_end() {
    let mut world = image(SourceSpec::ranged(8 * MIB));
    // It lives a little longer than the upload takes: a renewable one would be replaced on the way.
    world.service.credential_life_s = 3;
    world.bandwidth = MIB;
    let outcome = world.run().unwrap();
    world.assert_object_is_the_source();
    assert_eq!(outcome.restarts, 0);
}

#[test]
fn an_upload_that_takes_longer_than_any_credential_lives_ends_with_the_reason() {
    let mut world = image(SourceSpec::ranged(40 * MIB));
    world.service.credential_life_s = 2;
    world.bandwidth = MIB;
    let error = world.run().unwrap_err();
    assert_eq!(error.code, Code::CredentialEnded);
    assert!(error.message.contains("CreateUploadImage"), "{error}");
    assert_eq!(world.service.created, 3);
}

#[test]
fn a_source_without_ranges_is_read_again_from_its_start() {
    let mut world = image(SourceSpec {
        ranges: false,
        ..SourceSpec::ranged(8 * MIB)
    });
    expire(&mut world, Op::UploadPart, 5);
    let outcome = world.run().unwrap();
    world.assert_object_is_the_source();
    assert_eq!(
        (outcome.restarts, outcome.media_id.as_str()),
        (1, "video-2")
    );
    assert_eq!(world.luck.count(Op::Open), 2);
}

#[test]
fn a_stream_that_passes_once_cannot_start_over() {
    let mut world = image(SourceSpec::ranged(8 * MIB));
    world.job.source = Source::Stream {
        size: None,
        name: Some("a.png".into()),
    };
    expire(&mut world, Op::UploadPart, 5);
    assert_eq!(world.run().unwrap_err().code, Code::CredentialEnded);
}

#[test]
fn a_resumed_image_starts_over_and_says_so() {
    let mut world = image(SourceSpec::ranged(16 * MIB));
    world.dies_at = Some(500);
    assert!(matches!(world.run_slice().unwrap(), End::Died));
    world.forget_the_process();
    world.dies_at = None;
    let outcome = world.run().unwrap();
    world.assert_object_is_the_source();
    assert!(outcome.resumed);
    assert_eq!(
        (outcome.restarts, outcome.media_id.as_str()),
        (1, "video-2")
    );
    assert_eq!(
        (world.service.refreshed, world.luck.count(Op::ListParts)),
        (0, 0)
    );
}

#[test]
fn a_resumed_image_whose_source_changed_is_refused() {
    let mut world = image(SourceSpec {
        changes_at: Some(600),
        ..SourceSpec::ranged(16 * MIB)
    });
    world.dies_at = Some(500);
    assert!(matches!(world.run_slice().unwrap(), End::Died));
    world.forget_the_process();
    world.dies_at = None;
    world.now += 1000;
    assert_eq!(world.run().unwrap_err().code, Code::SourceChanged);
}

#[test]
fn an_abort_at_any_moment_leaves_no_upload_behind() {
    for at in 0..80 {
        let mut world = image(SourceSpec::ranged(8 * MIB));
        world.abort_at = Some(at * 20);
        match world.run() {
            Ok(_) => world.assert_object_is_the_source(),
            Err(error) => assert_eq!(error.code, Code::Aborted),
        }
        assert!(world.service.uploads.is_empty(), "at {at}");
    }
}

#[test]
fn an_abort_with_a_dead_credential_says_what_is_left() {
    let mut world = image(SourceSpec::ranged(8 * MIB));
    world.abort_at = Some(400);
    world
        .luck
        .always(Op::Abort, Fault::Refuse(403, "SecurityTokenExpired"));
    let error = world.run().unwrap_err();
    assert_eq!(error.code, Code::Aborted);
    assert!(
        error.message.contains("its parts could not be removed"),
        "{error}"
    );
    assert_eq!(world.service.created, 1);
}

/// An image and an attached media of several parts, whose Complete loses its reply.
fn unheard() -> [World; 2] {
    let image = image(SourceSpec::ranged(8 * MIB));
    let mut attached = World::new(1, SourceSpec::ranged(8 * MIB));
    attached.job.media = Media::AttachedMedia(CreateUploadAttachedMedia::default());
    [image, attached].map(|mut world| {
        world.luck.script(Op::Complete, 1, Fault::ResetAfter);
        world
    })
}

#[test]
fn a_complete_that_nobody_heard_of_is_settled_by_vod_itself() {
    for mut world in unheard() {
        let outcome = world.run().unwrap();
        world.assert_object_is_the_source();
        assert_eq!(
            (outcome.media_id.as_str(), outcome.restarts, outcome.bytes),
            ("video-1", 0, 8 * MIB)
        );
        assert_eq!(world.luck.count(Op::GetMezzanineInfo), 1);
    }
}

#[test]
fn a_media_of_another_size_is_not_what_was_sent() {
    let [mut image, _] = unheard();
    image.service.sizes_are_off_by = 1;
    assert_eq!(image.run().unwrap_err().code, Code::OutcomeUnknown);
}

#[test]
fn slices_and_shards_are_for_videos() {
    let mut world = image(SourceSpec::ranged(8 * MIB));
    world.job.options.budget = Budget {
        parts: Some(2),
        ..Budget::default()
    };
    let error = world.run().unwrap_err();
    assert!(error.message.starts_with("`budget` does not go"), "{error}");
    let mut world = image(SourceSpec::ranged(16 * MIB));
    world.dies_at = Some(500);
    assert!(matches!(world.run_slice().unwrap(), End::Died));
    world.forget_the_process();
    world.job.options.shard = Some(Shard { first: 1, last: 2 });
    let error = world.run().unwrap_err();
    assert!(
        error.message.starts_with("`shard` is for videos"),
        "{error}"
    );
}

#[test]
fn a_clock_that_is_ahead_does_not_end_the_credential_of_an_image() {
    let mut world = image(SourceSpec::ranged(16 * MIB));
    world.job.options.concurrency = Some(1);
    world.service.skew_ms = -600_000;
    world.service.credential_life_s = 400;
    let outcome = world.run().unwrap();
    world.assert_object_is_the_source();
    assert_eq!((outcome.restarts, world.service.created), (0, 1));
}

#[test]
fn bad_luck_of_all_sorts_ends_in_the_whole_image_or_a_reason() {
    for seed in 1..60 {
        let mut world = image(SourceSpec {
            ranges: seed % 3 != 0,
            ..SourceSpec::ranged(1 + seed * MIB / 5)
        });
        world.luck = sim::Luck::new(seed);
        world.luck.per_mille = 30;
        world.service.may_read = seed % 2 == 0;
        world.service.credential_life_s = [3, 3000][(seed % 2) as usize];
        world.service.credential_kept_ms = [0, 3_000, 5_000][(seed % 3) as usize];
        if world.run().is_ok() {
            world.assert_object_is_the_source();
        }
    }
}
