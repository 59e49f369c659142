//! Stories of media that get new bytes: the old ones stay until the new ones are whole, and nothing is ever removed.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test fails by panicking"
)]

mod sim;

use sim::{End, Fault, Op, SourceSpec, World};
use vodlift::Code;
use vodlift::upload::{Adopt, Media, Source};
use vodlift::vod::VideoRef;
use vodlift::vod::api::{CreateUploadImage, CreateUploadVideo};

const MIB: u64 = 1 << 20;

fn by_reference() -> VideoRef {
    VideoRef {
        reference_id: Some("row-0001".into()),
        ..VideoRef::default()
    }
}

/// A source of so many bytes for a media that holds others.
fn world(size: u64, there: Option<u64>) -> World {
    let mut world = World::new(1, SourceSpec::ranged(size));
    world.replace(VideoRef::media("video-1"), there);
    world
}

#[test]
fn a_media_gets_new_bytes_under_the_key_it_has() {
    for (by, size) in [
        (VideoRef::media("video-1"), 6 * MIB),
        (by_reference(), 6 * MIB),
        (VideoRef::media("video-1"), 1000),
    ] {
        let mut world = World::new(1, SourceSpec::ranged(size));
        world.replace(by, Some(7));
        let outcome = world.run().unwrap();
        world.assert_object_is_the_source();
        assert_eq!(
            (outcome.media_id.as_str(), outcome.replaced),
            ("video-1", true)
        );
        assert_eq!((outcome.bytes, world.service.created), (size, 1));
        assert!(outcome.notice.unwrap().contains("transcodes"));
        assert!(world.last_progress.unwrap().notice.is_some());
        assert_eq!(world.luck.count(Op::CreateUploadVideo), 0);
    }
}

#[test]
fn a_media_that_waits_for_its_file_or_has_failed_takes_one() {
    for believes in [("Uploading", 0), ("UploadFail", 0)] {
        let mut world = world(4 * MIB, None);
        world.service.believes = Some(believes);
        assert!(world.run().unwrap().replaced);
        world.assert_object_is_the_source();
    }
}

#[test]
fn a_media_in_another_state_is_left_alone() {
    let mut busy = world(4 * MIB, Some(7));
    busy.service.believes = Some(("Transcoding", 7));
    busy.run().unwrap();
    let mut world = world(4 * MIB, Some(7));
    world.service.believes = Some(("Deleted", 7));
    let error = world.run().unwrap_err();
    assert_eq!((error.code, error.retryable), (Code::NotReplaceable, false));
    assert!(
        error.message.contains("video-1") && error.message.contains("Deleted"),
        "{error}"
    );
    world.assert_the_old_object_is_there();
    assert!(world.service.uploads.is_empty());
}

#[test]
fn a_media_that_is_not_there_is_said_to_be_none() {
    for by in [
        VideoRef::media("other"),
        VideoRef {
            reference_id: Some("row-0002".into()),
            ..VideoRef::default()
        },
    ] {
        let mut world = World::new(1, SourceSpec::ranged(4 * MIB));
        world.replace(by, Some(7));
        let error = world.run().unwrap_err();
        assert_eq!(error.code, Code::MediaNotFound);
        assert!(
            error
                .message
                .contains("only video and audio can be replaced"),
            "{error}"
        );
        world.assert_the_old_object_is_there();
        assert_eq!(world.luck.count(Op::CreateUploadVideo), 0);
    }
}

#[test]
fn what_a_replacement_cannot_change_is_refused_by_name() {
    let text = || Some("x".to_owned());
    let film = CreateUploadVideo::default;
    let cases: Vec<(&str, CreateUploadVideo)> = vec![
        (
            "title",
            CreateUploadVideo {
                title: "x".into(),
                ..film()
            },
        ),
        (
            "description",
            CreateUploadVideo {
                description: text(),
                ..film()
            },
        ),
        (
            "coverUrl",
            CreateUploadVideo {
                cover_url: Some("https://h/c.jpg".into()),
                ..film()
            },
        ),
        (
            "cateId",
            CreateUploadVideo {
                cate_id: Some(1),
                ..film()
            },
        ),
        (
            "tags",
            CreateUploadVideo {
                tags: vec!["x".into()],
                ..film()
            },
        ),
        (
            "templateGroupId",
            CreateUploadVideo {
                template_group_id: text(),
                ..film()
            },
        ),
        (
            "workflowId",
            CreateUploadVideo {
                workflow_id: text(),
                ..film()
            },
        ),
        (
            "storageLocation",
            CreateUploadVideo {
                storage_location: text(),
                ..film()
            },
        ),
        (
            "userData",
            CreateUploadVideo {
                user_data: Some("{}".into()),
                ..film()
            },
        ),
        (
            "appId",
            CreateUploadVideo {
                app_id: text(),
                ..film()
            },
        ),
        (
            "referenceId",
            CreateUploadVideo {
                reference_id: Some("row-0001".into()),
                ..film()
            },
        ),
        (
            "enableFirstFrameCover",
            CreateUploadVideo {
                enable_first_frame_cover: Some(true),
                ..film()
            },
        ),
        (
            "generateThumbnail",
            CreateUploadVideo {
                generate_thumbnail: Some(true),
                ..film()
            },
        ),
    ];
    for (field, video) in cases {
        let mut world = world(4 * MIB, Some(7));
        world.job.media = Media::Video(video);
        let error = world.run().unwrap_err();
        assert_eq!(error.code, Code::InvalidArgument);
        assert!(
            error.message.starts_with(&format!("`{field}` cannot")),
            "{error}"
        );
        assert_eq!(world.steps, 0, "something was sent");
    }
}

#[test]
fn images_playlists_and_adoption_do_not_go_with_it() {
    let mut image = world(4 * MIB, Some(7));
    image.job.media = Media::Image(CreateUploadImage::default());
    let mut adopted = world(4 * MIB, Some(7));
    adopted.job.options.adopt = Adopt::Always;
    if let Media::Video(video) = &mut adopted.job.media {
        video.reference_id = Some("row-0001".into());
    }
    let mut neither = world(4 * MIB, Some(7));
    neither.job.options.replace = Some(VideoRef::default());
    let mut forbidden = world(4 * MIB, Some(7));
    forbidden.job.options.object_headers = vec![("x-oss-forbid-overwrite".into(), "true".into())];
    for (mut world, rule) in [
        (forbidden, "does not go with the header"),
        (image, "is for video and audio"),
        (adopted, "does not go with `adopt`"),
        (neither, "must name the media"),
    ] {
        let error = world.run().unwrap_err();
        assert_eq!(error.code, Code::InvalidArgument);
        assert!(
            error.message.contains("`replace`") && error.message.contains(rule),
            "{error}"
        );
    }
}

#[test]
fn bytes_of_another_format_do_not_go_under_the_old_key() {
    let mut world = world(4 * MIB, Some(7));
    world.job.source = Source::Url {
        url: "https://origin.example/film.mov".into(),
        headers: vec![],
    };
    let error = world.run().unwrap_err();
    assert_eq!(error.code, Code::InvalidArgument);
    assert!(
        error.message.starts_with("`fileName` must end in .mp4"),
        "{error}"
    );
    world.assert_the_old_object_is_there();
    // Who knows better says so.
    if let Media::Video(video) = &mut world.job.media {
        video.file_name = "film.MP4".into();
    }
    world.run().unwrap();
    world.assert_object_is_the_source();
}

#[test]
fn a_source_without_a_name_takes_that_of_the_object() {
    let mut world = world(4 * MIB, Some(7));
    world.job.source = Source::Slices {
        size: 4 * MIB,
        modified: None,
        name: None,
        content_type: None,
        version: None,
    };
    world.run().unwrap();
    world.assert_object_is_the_source();
    let checkpoint = world.checkpoint.unwrap();
    assert_eq!(checkpoint.media.file_name(), "film.mp4");
}

#[test]
fn an_abort_at_any_moment_leaves_the_old_bytes() {
    for at in (0..4000).step_by(50) {
        let mut world = world(8 * MIB, Some(7));
        world.abort_at = Some(at);
        match world.run() {
            Ok(_) => world.assert_object_is_the_source(),
            Err(error) => {
                assert_eq!(error.code, Code::Aborted);
                // Unless Complete was under way.
                match world.luck.count(Op::Complete) {
                    0 => world.assert_the_old_object_is_there(),
                    _ => assert!(world.service.object.is_some()),
                }
            }
        }
        assert!(
            world.service.uploads.is_empty(),
            "parts are left at {at} ms"
        );
        assert_eq!(world.luck.count(Op::DeleteVideo), 0);
    }
}

#[test]
fn a_process_that_dies_at_any_moment_overwrites_the_same_media() {
    for at in (50..4000).step_by(75) {
        for there in [Some(7), Some(8 * MIB), None] {
            for may_read in [true, false] {
                let mut world = world(8 * MIB, there);
                world.service.may_read = may_read;
                world.dies_at = Some(at);
                if matches!(world.run_slice().unwrap(), End::Done(_)) {
                    continue;
                }
                world.forget_the_process();
                // A caller that resumes says nothing of the replacement: the checkpoint does.
                world.job.options.replace = None;
                world.dies_at = None;
                let outcome = world.run().unwrap();
                world.assert_object_is_the_source();
                assert_eq!(
                    (outcome.media_id.as_str(), outcome.replaced),
                    ("video-1", true)
                );
                assert_eq!(world.luck.count(Op::CreateUploadVideo), 0);
                assert!(world.service.uploads.is_empty());
            }
        }
    }
}

#[test]
fn what_is_given_up_leaves_the_old_bytes() {
    for at in [300, 700, 1200] {
        let mut world = world(16 * MIB, Some(7));
        world.dies_at = Some(at);
        assert!(matches!(world.run_slice().unwrap(), End::Died));
        world.forget_the_process();
        world.dies_at = None;
        world.gives_up = true;
        assert_eq!(world.run().unwrap_err().code, Code::Aborted);
        world.assert_the_old_object_is_there();
        assert!(world.service.uploads.is_empty());
    }
}

#[test]
fn a_lost_reply_of_complete_is_not_settled_by_the_old_object() {
    for (there, may_read) in [(8 * MIB, true), (8 * MIB, false), (7, true), (7, false)] {
        for fault in [Fault::ResetBefore, Fault::ResetAfter] {
            let mut world = world(8 * MIB, Some(there));
            world.service.may_read = may_read;
            world.luck.script(Op::Complete, 1, fault);
            let outcome = world.run().unwrap();
            world.assert_object_is_the_source();
            assert_eq!(outcome.bytes, 8 * MIB);
        }
    }
}

#[test]
fn a_lost_reply_of_a_put_is_not_settled_by_the_old_object() {
    for (there, fault) in [
        (1000, Fault::ResetBefore),
        (7, Fault::ResetBefore),
        (7, Fault::ResetAfter),
    ] {
        let mut world = world(1000, Some(there));
        world.service.may_read = true;
        world.luck.script(Op::PutObject, 1, fault);
        world.run().unwrap();
        world.assert_object_is_the_source();
    }
}
