//! What the swarm found: each kind of fault once, as a story of its own.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test fails by panicking"
)]

mod sim;

use sim::{Digest, End, Fault, Op, Page, SourceSpec, Stamp, World};
use vodlift::Code;
use vodlift::oss::request::UploadId;
use vodlift::upload::event::Vouched;
use vodlift::upload::job::Budget;
use vodlift::upload::{Phase, PlaylistRoot, PlaylistSource, Source};

const MIB: u64 = 1 << 20;

fn without_ranges(size: u64) -> SourceSpec {
    SourceSpec {
        ranges: false,
        ..SourceSpec::ranged(size)
    }
}

/// Slices until it ends; gives their number and the error, if it ended with one.
fn slices(world: &mut World) -> (u32, Option<Code>) {
    for slice in 1..200 {
        match world.run_slice() {
            Ok(End::Done(_)) => return (slice, None),
            Ok(_) => world.forget_the_process(),
            Err(error) => return (slice, Some(error.code)),
        }
    }
    panic!("slices without an end")
}

#[test]
fn a_stop_while_the_last_buffer_of_a_source_without_ranges_is_read_ends() {
    for size in [1000, MIB, MIB + 1, 2 * MIB] {
        for announces_length in [true, false] {
            for at in 0..60 {
                let mut world = World::new(1, without_ranges(size));
                world.source.announces_length = announces_length;
                world.stop_at = Some(at * 15);
                let end = world.run_slice().unwrap();
                if matches!(end, End::Suspended) {
                    world.stop_at = None;
                    world.forget_the_process();
                    world.run().unwrap();
                }
                world.assert_object_is_the_source();
            }
        }
    }
}

#[test]
fn slices_of_one_part_get_to_the_end_of_a_source_without_ranges() {
    let one_part = Budget {
        parts: Some(1),
        ..Budget::default()
    };
    let one_byte = Budget {
        bytes: Some(1),
        ..Budget::default()
    };
    for budget in [one_part, one_byte] {
        for size in [MIB + 1, 2 * MIB, 3 * MIB + 5] {
            for announces_length in [true, false] {
                let mut world = World::new(1, without_ranges(size));
                world.source.announces_length = announces_length;
                world.job.options.budget = budget.clone();
                let (slices, error) = slices(&mut world);
                assert_eq!(error, None, "{size} {announces_length}");
                assert!((2..=5).contains(&slices), "{slices} for {size}");
                world.assert_object_is_the_source();
            }
        }
    }
}

#[test]
fn a_part_that_failed_is_sent_again_within_a_budget_of_one_part() {
    let mut world = World::new(1, SourceSpec::ranged(3 * MIB));
    world.job.options.budget.parts = Some(1);
    // The first try of each part, in each slice.
    for nth in [1, 3, 5] {
        let fault = Fault::Refuse(403, "SecurityTokenExpired");
        world.luck.script(Op::UploadPart, nth, fault);
    }
    assert_eq!(slices(&mut world), (3, None));
    world.assert_object_is_the_source();
}

#[test]
fn a_budget_that_never_lets_it_get_further_is_an_error() {
    let mut world = World::new(1, SourceSpec::ranged(3 * MIB));
    world.job.options.budget.subrequests = Some(6);
    assert_eq!(slices(&mut world).1, Some(Code::InvalidArgument));
    // What was sent stays: with a larger budget it goes on.
    assert_eq!(world.service.uploads.len(), 1);
}

#[test]
fn a_deadline_before_the_first_part_of_a_source_without_ranges_waits_for_it() {
    let mut world = World::new(1, without_ranges(3 * MIB));
    world.bandwidth = MIB;
    for _ in 0..6 {
        world.job.options.budget.deadline = Some(world.now + 300);
        if let End::Done(_) = world.run_slice().unwrap() {
            world.assert_object_is_the_source();
            return;
        }
        world.forget_the_process();
    }
    panic!("slices without an end");
}

#[test]
fn nothing_is_in_flight_when_it_is_done() {
    // A refresh that comes too late to matter.
    for seed in 0..300 {
        let mut world = World::new(seed, SourceSpec::ranged(6 * MIB));
        world.service.credential_life_s = 2;
        world.bandwidth = 1 << 20;
        world.luck.per_mille = 50;
        let _ = world.run();
    }
}

#[test]
fn no_request_about_a_multipart_upload_goes_without_its_id() {
    assert_eq!(UploadId::new(""), None);
    // A ListParts that waits for a credential while the upload starts over.
    for part in 1..5 {
        for read in 2..8 {
            for bandwidth in [1 << 19, 1 << 20] {
                let mut world = World::new(1, without_ranges(8 * MIB));
                world.source.etag = false;
                world.service.credential_life_s = 2;
                world.bandwidth = bandwidth;
                world.luck.script(Op::UploadPart, part, Fault::ResetBefore);
                world.luck.script(Op::Read, read, Fault::SourceBreaks);
                for refresh in 1..4 {
                    let fault = Fault::Slow(1500);
                    world.luck.script(Op::RefreshUploadVideo, refresh, fault);
                }
                let _ = world.run();
            }
        }
    }
}

#[test]
fn one_multipart_upload_is_begun_at_a_time() {
    // The source breaks while the first is being begun.
    for read in 1..5 {
        let mut world = World::new(1, without_ranges(4 * MIB));
        world.source.etag = false;
        world.one_upload = true;
        world.luck.script(Op::Initiate, 1, Fault::Slow(2_000));
        world.luck.script(Op::Read, read, Fault::SourceBreaks);
        world.run().unwrap();
        assert_eq!(world.service.uploads.len(), 0);
        world.assert_object_is_the_source();
    }
}

#[test]
fn every_buffer_is_released_whenever_it_is_aborted() {
    for size in [1000, MIB, 3 * MIB] {
        for late in [0, 1000] {
            for at in 0..60 {
                let mut world = World::new(1, without_ranges(size));
                world.late = late;
                world.abort_at = Some(at * 10);
                if let Err(error) = world.run_slice() {
                    assert_eq!(error.code, Code::Aborted);
                }
            }
        }
    }
}

#[test]
fn an_answer_that_comes_after_an_abort_begins_nothing() {
    for at in 0..80 {
        let mut world = World::new(1, SourceSpec::ranged(3 * MIB));
        world.late = 1000;
        world.abort_at = Some(at * 5);
        match world.run_slice() {
            Ok(_) => world.assert_object_is_the_source(),
            Err(error) => {
                assert_eq!(error.code, Code::Aborted);
                assert!(world.service.uploads.is_empty() && world.service.object.is_none());
                assert_eq!(world.last_progress.unwrap().phase, Phase::Aborting);
            }
        }
    }
}

#[test]
fn tries_before_an_abort_leave_tries_to_clean_up() {
    let mut world = World::new(1, without_ranges(4 * MIB));
    world.source.etag = false;
    world.luck.script(Op::Read, 3, Fault::SourceBreaks);
    for nth in 1..=3 {
        let fault = Fault::Refuse(500, "InternalError");
        world.luck.script(Op::Abort, nth, fault);
    }
    world.luck.script(Op::Abort, 4, Fault::NoHandle);
    world.luck.script(Op::Abort, 5, Fault::ResetBefore);
    world.run().unwrap_err();
    assert!(world.service.uploads.is_empty(), "an open upload is left");
}

#[test]
fn buffers_stay_within_the_memory_of_the_host() {
    // The byte behind what was announced is read once there is room for it.
    let mut world = World::new(1, without_ranges(16 * MIB + 1));
    world.job.options.part_size = None;
    world.job.host.buffer_bytes = 4 * MIB;
    world.run().unwrap();
    world.assert_object_is_the_source();
}

#[test]
fn parts_cut_for_ranges_are_cut_anew_where_they_do_not_fit_into_memory() {
    let mut world = World::new(1, SourceSpec::ranged(48 * MIB));
    world.job.options.part_size = None;
    world.job.host.buffer_bytes = 4 * MIB;
    world.job.options.budget.parts = Some(1);
    world.run_slice().unwrap();
    world.forget_the_process();
    world.source.ranges = false;
    world.job.options.budget = Budget::default();
    world.run().unwrap();
    world.assert_object_is_the_source();
}

fn playlist() -> World {
    const FOLDER: &str = "https://origin.example/hls";
    let mut world = World::new(1, SourceSpec::ranged(1));
    world.job.source = Source::Playlist(PlaylistSource::at(PlaylistRoot::Url {
        url: format!("{FOLDER}/film.m3u8"),
        headers: vec![],
    }));
    if let vodlift::upload::Media::Video(video) = &mut world.job.media {
        video.file_name = String::new();
    }
    world.service.root_key = Some("sv/id/root.m3u8");
    let list = "#EXTM3U\n#EXTINF:6,\na.ts\n#EXTINF:6,\nb.ts\n#EXT-X-ENDLIST\n";
    let pages = [
        ("film.m3u8", Page::Text(list.into())),
        ("a.ts", Page::Bytes(70_000)),
        ("b.ts", Page::Bytes(90_000)),
    ];
    for (name, page) in pages {
        world.site.insert(format!("{FOLDER}/{name}"), page);
    }
    world
}

#[test]
fn a_budget_that_ends_with_the_last_file_of_a_playlist_is_done_once() {
    let mut world = playlist();
    world.job.options.budget.parts = Some(3);
    let outcome = world.run().unwrap();
    assert_eq!(outcome.parts, 3);
}

#[test]
fn a_playlist_found_whole_tells_how_large_it_is() {
    for at in 0..40 {
        let mut world = playlist();
        world.dies_at = Some(at * 10);
        let outcome = match world.run_slice().unwrap() {
            End::Done(outcome) => outcome,
            _ => {
                world.dies_at = None;
                world.forget_the_process();
                Box::new(world.run().unwrap())
            }
        };
        let stored: std::collections::BTreeMap<_, _> =
            world.service.objects.iter().map(|o| (&o.0, o.1)).collect();
        let bytes: u64 = stored.values().sum();
        assert_eq!((outcome.bytes, outcome.parts), (bytes, 3), "at {at}");
    }
}

// Sources that change.

/// Every way to tell a version, one at a time.
fn tellers(size: u64) -> Vec<SourceSpec> {
    let mute = SourceSpec {
        etag: false,
        stamp: Stamp::None,
        ..SourceSpec::ranged(size)
    };
    let with = |digests: &'static [Digest]| SourceSpec {
        digests,
        ..mute.clone()
    };
    vec![
        SourceSpec {
            etag: true,
            ..mute.clone()
        },
        SourceSpec {
            etag: true,
            weak: true,
            ..mute.clone()
        },
        SourceSpec {
            stamp: Stamp::True,
            ..mute.clone()
        },
        with(&[Digest::ContentMd5]),
        with(&[Digest::Goog]),
        with(&[Digest::Instance]),
        with(&[Digest::Representation]),
    ]
}

#[test]
fn a_source_that_changes_midway_is_never_stored_as_a_mixture() {
    let mut noticed = 0;
    for ranges in [true, false] {
        for (number, spec) in tellers(6 * MIB).into_iter().enumerate() {
            for at in 0..40 {
                let mut world = World::new(at, spec.clone());
                world.source.ranges = ranges;
                world.source.changes_at = Some(at * 50);
                world.bandwidth = 2 << 20;
                // Read in order, it is broken off and read on.
                world.luck.script(Op::Read, 4, Fault::SourceBreaks);
                // Or by another run.
                if at % 2 == 0 {
                    world.dies_at = Some(at * 60);
                }
                let mut end = world.run_slice();
                if matches!(end, Ok(End::Died)) {
                    world.dies_at = None;
                    world.forget_the_process();
                    end = world.run_slice();
                }
                match end {
                    Ok(End::Done(outcome)) => {
                        noticed += outcome.restarts;
                        world.assert_object_is_the_source();
                    }
                    Ok(other) => panic!("{other:?}"),
                    Err(error) => {
                        assert_eq!(
                            error.code,
                            Code::SourceChanged,
                            "teller {number}: {error:?}"
                        );
                        // What a run before had completed is one version.
                        if world.service.object.is_some() {
                            world.assert_object_is_the_source();
                        }
                        noticed += 1;
                    }
                }
            }
        }
    }
    assert!(noticed > 0);
}

#[test]
fn a_digest_of_each_range_costs_one_restart_and_no_upload() {
    let mut world = World::new(1, SourceSpec::ranged(4 * MIB));
    world.source.digests = &[Digest::PartMd5];
    let outcome = world.run().unwrap();
    world.assert_object_is_the_source();
    assert_eq!(outcome.restarts, 1);
}

#[test]
fn the_crc_that_a_source_tells_is_compared_with_what_was_stored() {
    for size in [1000, 4 * MIB] {
        for ranges in [true, false] {
            let mut world = World::new(1, SourceSpec::ranged(size));
            world.source.ranges = ranges;
            world.source.digests = &[Digest::OssCrc];
            let outcome = world.run().unwrap();
            assert_eq!(outcome.vouched, Some(Vouched::Digest));
            let mut world = World::new(1, SourceSpec::ranged(size));
            world.source.ranges = ranges;
            world.source.digests = &[Digest::WrongCrc];
            assert_eq!(world.run().unwrap_err().code, Code::ChecksumMismatch);
            if size > MIB {
                assert!(
                    world.service.object.is_none(),
                    "it is noticed before Complete"
                );
            }
        }
    }
}

#[test]
fn what_vouches_for_the_source_is_told_and_no_more() {
    let vouched = |spec: SourceSpec| World::new(1, spec).run().unwrap().vouched.unwrap();
    let mute = |size: u64| SourceSpec {
        etag: false,
        stamp: Stamp::None,
        ..SourceSpec::ranged(size)
    };
    assert_eq!(vouched(SourceSpec::ranged(4 * MIB)), Vouched::Validators);
    assert_eq!(vouched(mute(4 * MIB)), Vouched::Nothing);
    assert_eq!(vouched(mute(1000)), Vouched::OneReply);
    let made_up = SourceSpec {
        stamp: Stamp::Now,
        ..mute(4 * MIB)
    };
    assert_eq!(vouched(made_up), Vouched::Nothing);
    let in_order = SourceSpec {
        ranges: false,
        ..mute(4 * MIB)
    };
    assert_eq!(vouched(in_order.clone()), Vouched::OneReply);
    // Read on by another run.
    let mut world = World::new(1, in_order);
    world.job.options.budget.parts = Some(2);
    world.run_slice().unwrap();
    world.forget_the_process();
    world.job.options.budget = Budget::default();
    assert_eq!(world.run().unwrap().vouched, Some(Vouched::Nothing));
}
