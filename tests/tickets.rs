//! Stories of uploads by ticket: the place is brought along, and VOD hears nothing. (The world panics where it does.)

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
use vodlift::upload::{Media, Source};
use vodlift::vod::VideoRef;
use vodlift::vod::api::CreateUploadImage;

/// Five parts of 1 MiB.
fn world(seed: u64) -> World {
    let mut world = World::new(seed, SourceSpec::ranged(5 << 20));
    world.by_ticket = true;
    world.luck.per_mille = 0;
    world.bandwidth = 1 << 20;
    world
}

fn local(world: &mut World, name: &str) {
    world.job.source = Source::Slices {
        size: 5 << 20,
        modified: None,
        name: Some(name.into()),
        content_type: None,
        version: None,
    };
}

#[test]
fn the_ticket_in_hand_is_the_place_and_another_one_is_asked_for_in_time() {
    let mut world = world(1);
    let outcome = world.run().unwrap();
    assert_eq!(
        (outcome.media_id.as_str(), outcome.refreshes),
        ("video-1", 0)
    );
    world.assert_object_is_the_source();
    assert_eq!(world.service.created, 1);
    // Slower than its life.
    let mut world = self::world(2);
    world.bandwidth = 200_000;
    world.job.options.concurrency = Some(1);
    world.service.credential_life_s = 10;
    let outcome = world.run().unwrap();
    assert!(outcome.refreshes >= 2, "{}", outcome.refreshes);
    assert_eq!(world.renewals, outcome.refreshes);
    assert!(world.sent.values().all(|times| *times == 1));
}

#[test]
fn without_anybody_to_ask_an_ended_ticket_is_the_end_and_says_so() {
    let mut world = world(3);
    world.gives_credentials = false;
    world.bandwidth = 200_000;
    world.service.credential_life_s = 3;
    let error = world.run().unwrap_err();
    assert_eq!(error.code, Code::CredentialEnded);
    assert!(error.message.contains("has expired"), "{error}");
    assert!(error.hint.contains("`refresh`"), "{}", error.hint);
}

#[test]
fn an_image_is_resumed_by_its_ticket_too() {
    let mut world = world(4);
    local(&mut world, "photo.jpg");
    world.job.media = Media::Image(CreateUploadImage::default());
    world.job.options.keep_on_failure = true;
    world.dies_at = Some(1_500);
    assert!(matches!(world.run_slice(), Ok(End::Died)));
    world.forget_the_process();
    world.dies_at = None;
    let outcome = world.run().unwrap();
    assert!(outcome.resumed);
    assert_eq!((outcome.restarts, world.service.created), (0, 1));
    world.assert_object_is_the_source();
}

#[test]
fn what_is_given_up_before_it_looked_is_removed_by_the_ticket_in_hand() {
    let mut world = world(5);
    world.dies_at = Some(1_500);
    assert!(matches!(world.run_slice(), Ok(End::Died)));
    assert_eq!(world.service.uploads.len(), 1);
    world.forget_the_process();
    world.dies_at = None;
    world.gives_up = true;
    assert_eq!(world.run().unwrap_err().code, Code::Aborted);
    assert!(world.service.uploads.is_empty());
    assert_eq!(world.renewals, 0);
}

#[test]
fn a_complete_whose_reply_is_lost_is_told_by_the_object_or_sent_again() {
    for may_read in [true, false] {
        let mut world = world(6);
        world.service.may_read = may_read;
        world.luck.script(Op::Complete, 1, Fault::ResetAfter);
        let outcome = world.run().unwrap();
        assert_eq!(outcome.restarts, u32::from(!may_read));
        world.assert_object_is_the_source();
    }
}

#[test]
fn what_takes_calls_of_vod_does_not_go_with_a_ticket() {
    let mut world = world(7);
    world.job.options.replace = Some(VideoRef::media("video-1"));
    let error = world.run().unwrap_err();
    assert_eq!(error.code, Code::InvalidArgument);
    assert!(error.message.starts_with("`replace` "), "{error}");
}

#[test]
fn a_file_of_another_name_is_another_file() {
    let mut world = world(8);
    local(&mut world, "C:\\films\\film.mp4");
    world.dies_at = Some(1_500);
    assert!(matches!(world.run_slice(), Ok(End::Died)));
    world.forget_the_process();
    world.dies_at = None;
    local(&mut world, "/home/film 2.mp4");
    let checkpoint = world.resume.clone();
    assert_eq!(world.run().unwrap_err().code, Code::SourceChanged);
    world.resume = checkpoint;
    // Where it lies does not matter.
    local(&mut world, "/home/film.mp4");
    assert!(world.run().unwrap().resumed);
}

#[test]
fn a_page_is_told_what_a_server_must_share_with_it() {
    for (op, code, words) in [
        (Op::Initiate, Code::OssUnreachable, "ETag"),
        (Op::Open, Code::SourceUnreachable, "Content-Range"),
    ] {
        let mut world = world(9);
        world.luck.always(op, Fault::ResetBefore);
        world.job.host.origin = Some("https://app.example".into());
        let error = world.run().unwrap_err();
        assert_eq!(error.code, code);
        for told in [words, "https://app.example"] {
            assert!(error.hint.contains(told), "{}", error.hint);
        }
    }
}
