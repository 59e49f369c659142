//! Stories of uploads that end in another process than they began in.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

mod sim;

use sim::{End, Fault, Habit, Op, SourceSpec, World};
use vodlift::Code;
use vodlift::upload::job::{Budget, Shard};
use vodlift::upload::plan::MAX_OBJECT_SIZE;
use vodlift::upload::{Checkpoint, Source};

const MIB: u64 = 1 << 20;

/// Slices until it is done; gives the number of slices.
fn run_in_slices(world: &mut World) -> u32 {
    for slice in 1.. {
        match world.run_slice().unwrap() {
            End::Done(outcome) => {
                assert_eq!(outcome.resumed, slice > 1);
                return slice;
            }
            _ => world.forget_the_process(),
        }
    }
    unreachable!()
}

fn die_midway(world: &mut World) {
    world.dies_at = Some(500);
    assert!(matches!(world.run_slice().unwrap(), End::Died));
    world.forget_the_process();
    assert!(
        world.torn > 0 && world.luck.count(Op::UploadPart) > 4,
        "it died too early"
    );
}

#[test]
fn a_budget_of_parts_carries_a_file_in_slices() {
    let mut world = World::new(1, SourceSpec::ranged(20 * MIB));
    world.job.options.budget = Budget {
        parts: Some(6),
        ..Budget::default()
    };
    assert_eq!(run_in_slices(&mut world), 4);
    world.assert_object_is_the_source();
    assert!(
        world.sent.values().all(|times| *times == 1),
        "{:?}",
        world.sent
    );
    assert_eq!(
        (world.luck.count(Op::Initiate), world.service.created),
        (1, 1)
    );
}

#[test]
fn every_kind_of_budget_ends_a_slice_cleanly() {
    for budget in [
        Budget {
            bytes: Some(5 * MIB),
            ..Budget::default()
        },
        Budget {
            subrequests: Some(20),
            ..Budget::default()
        },
    ] {
        let mut world = World::new(1, SourceSpec::ranged(20 * MIB));
        world.job.options.budget = budget;
        assert!(run_in_slices(&mut world) > 1);
        world.assert_object_is_the_source();
        assert!(
            world.sent.values().all(|times| *times == 1),
            "{:?}",
            world.sent
        );
    }
}

#[test]
fn a_deadline_ends_a_slice_and_waits_for_what_is_in_flight() {
    let mut world = World::new(1, SourceSpec::ranged(20 * MIB));
    for slice in 1.. {
        world.job.options.budget = Budget {
            deadline: Some(world.now + 600),
            ..Budget::default()
        };
        if let End::Done(_) = world.run_slice().unwrap() {
            assert!(slice > 2);
            break;
        }
        world.forget_the_process();
        assert_eq!(world.torn, 0);
    }
    world.assert_object_is_the_source();
    assert!(
        world.sent.values().all(|times| *times == 1),
        "{:?}",
        world.sent
    );
}

#[test]
fn stop_finishes_the_parts_in_flight_and_suspends() {
    for at in 0..100 {
        let mut world = World::new(at, SourceSpec::ranged(8 * MIB));
        world.stop_at = Some(at * 15);
        let mut slices = 0;
        while !matches!(world.run_slice().unwrap(), End::Done(_)) {
            assert_eq!(world.torn, 0);
            world.forget_the_process();
            world.stop_at = None;
            slices += 1;
        }
        assert!(slices <= 1);
        world.assert_object_is_the_source();
    }
}

#[test]
fn stop_at_any_moment_ends_whatever_the_source_can_do() {
    for (size, ranges, announces_length) in [
        (1_000, true, true),
        (MIB, true, true),
        (MIB, false, true),
        (MIB, false, false),
        (3 * MIB + 1, false, true),
        (3 * MIB + 1, false, false),
    ] {
        for at in 0..60 {
            let mut world = World::new(at, SourceSpec::ranged(size));
            world.source.ranges = ranges;
            world.source.announces_length = announces_length;
            world.stop_at = Some(at * 10);
            let mut slices = 0;
            while !matches!(world.run_slice().unwrap(), End::Done(_)) {
                world.forget_the_process();
                world.stop_at = None;
                slices += 1;
            }
            assert!(slices <= 1, "{slices} for {size} bytes, {at}0 ms");
            world.assert_object_is_the_source();
        }
    }
}

#[test]
fn a_process_that_dies_at_any_moment_costs_no_more_than_what_was_in_flight() {
    for at in 0..180 {
        let mut world = World::new(at, SourceSpec::ranged(12 * MIB));
        world.service.may_read = at % 2 == 0;
        world.dies_at = Some(at * 10);
        let mut torn = 0;
        loop {
            match world.run_slice().unwrap() {
                End::Done(_) => break,
                _ => {
                    world.forget_the_process();
                    world.dies_at = None;
                    torn += world.torn;
                }
            }
        }
        world.assert_object_is_the_source();
        // Only a Create whose reply died with the process may have made a media for nothing.
        let lost = u32::from(world.lost_create);
        assert_eq!(world.service.created, 1 + lost, "died at {at}0 ms");
        let again: u32 = world.sent.values().map(|times| times - 1).sum();
        assert!(
            again as usize <= torn,
            "{again} parts sent again, {torn} were in flight, died at {at}0 ms"
        );
    }
}

#[test]
fn a_process_that_dies_after_complete_does_not_upload_again() {
    for may_read in [true, false] {
        let mut world = World::new(1, SourceSpec::ranged(4 * MIB));
        world.service.may_read = may_read;
        let (mut at, mut has_id) = (0, false);
        while world.service.object.is_none() {
            // From where the upload id is known, it is a shorter way to Complete: begin again with the shortest life.
            let knows = world
                .checkpoint
                .as_ref()
                .is_some_and(|mark| mark.upload_id.is_some());
            at = if knows && !has_id { 1 } else { at + 1 };
            has_id = knows;
            world.dies_at = Some(at);
            world.now += 1;
            if let End::Done(_) = world.run_slice().unwrap() {
                panic!("it ended before it could die");
            }
            world.forget_the_process();
        }
        world.dies_at = None;
        let sent = world.luck.count(Op::UploadPart);
        world.run().unwrap();
        assert_eq!(world.luck.count(Op::UploadPart), sent);
    }
}

#[test]
fn a_source_without_ranges_is_read_on_behind_what_the_server_has() {
    for at in [300, 700, 1100] {
        let mut world = World::new(
            1,
            SourceSpec {
                ranges: false,
                ..SourceSpec::ranged(8 * MIB)
            },
        );
        world.dies_at = Some(at);
        assert!(matches!(world.run_slice().unwrap(), End::Died));
        world.forget_the_process();
        world.dies_at = None;
        world.run().unwrap();
        world.assert_object_is_the_source();
    }
}

#[test]
fn parts_that_were_cut_short_for_want_of_memory_are_gone_on_behind() {
    for seed in 0..60 {
        let mut world = World::new(
            seed,
            SourceSpec {
                ranges: false,
                announces_length: seed % 3 > 0,
                ..SourceSpec::ranged(12 * MIB + seed * 40_000)
            },
        );
        world.memory_is_short = true;
        world.dies_at = Some(400 + seed * 40);
        while let End::Died = world.run_slice().unwrap() {
            world.forget_the_process();
            world.dies_at = world.dies_at.map(|at| at * 2);
        }
        world.assert_object_is_the_source();
        assert!(world.sent.len() > 13, "nothing was cut: {:?}", world.sent);
    }
}

#[test]
fn a_changed_source_is_refused_with_what_changed() {
    let mut world = World::new(1, SourceSpec::ranged(8 * MIB));
    die_midway(&mut world);
    world.dies_at = None;
    world.source.size += 1;
    world.job.options.keep_on_failure = true;
    let error = world.run_slice().unwrap_err();
    assert_eq!(error.code, Code::SourceChanged);
    assert!(
        error.message.contains("size was 8388608 and is 8388609"),
        "{}",
        error.message
    );
    assert_eq!(
        world.service.uploads.len(),
        1,
        "a refusal must not cost the parts"
    );
}

#[test]
fn a_credential_that_may_not_list_parts_resumes_from_the_first_byte() {
    for ranges in [true, false] {
        let spec = SourceSpec {
            ranges,
            ..SourceSpec::ranged(8 * MIB)
        };
        let mut world = World::new(1, spec);
        world.dies_at = Some(700);
        assert!(matches!(world.run_slice().unwrap(), End::Died));
        world.forget_the_process();
        world.dies_at = None;
        world
            .luck
            .always(Op::ListParts, Fault::Refuse(403, "AccessDenied"));
        assert_eq!(world.run().unwrap().restarts, 1);
        world.assert_object_is_the_source();
        assert!(world.service.uploads.is_empty(), "the old parts are left");
    }
}

#[test]
fn nodes_with_etags_of_their_own_are_no_change_where_size_and_date_agree() {
    for seed in 0..8 {
        let mut world = World::new(seed, SourceSpec::ranged(8 * MIB));
        die_midway(&mut world);
        world.dies_at = None;
        world.source.habit = Habit::NodeEtags(3);
        world.run().unwrap();
        world.assert_object_is_the_source();
        assert!(world.service.uploads.is_empty(), "the old parts are left");
    }
}

#[test]
fn an_upload_id_that_is_gone_starts_over_and_says_so() {
    let mut world = World::new(1, SourceSpec::ranged(8 * MIB));
    die_midway(&mut world);
    world.dies_at = None;
    world.service.uploads.clear();
    assert_eq!(world.run().unwrap().restarts, 1);
    world.assert_object_is_the_source();
}

#[test]
fn shards_move_one_object_together() {
    let mut world = World::new(1, SourceSpec::ranged(40 * MIB + 7));
    world.job.options.budget.parts = Some(0);
    assert!(matches!(world.run_slice().unwrap(), End::Suspended));
    world.forget_the_process();
    let begun = world.checkpoint.clone().unwrap();
    world.job.options.budget = Budget::default();
    for (first, last) in [(30, 99), (1, 14), (15, 29)] {
        world.job.options.shard = Some(Shard { first, last });
        // Whoever looks again at a shard that is complete counts the same, and sends nothing.
        for _ in 0..2 {
            world.resume = Some(begun.clone());
            assert!(matches!(world.run_slice().unwrap(), End::Suspended));
            let counted = world.last_progress.take().unwrap().parts_accepted;
            assert_eq!(counted, last.min(41) + 1 - first, "its own parts only");
            world.forget_the_process();
        }
    }
    assert_eq!(world.sent.len(), 41);
    assert!(
        world.sent.values().all(|times| *times == 1),
        "{:?}",
        world.sent
    );
    world.job.options.shard = None;
    world.resume = Some(begun);
    world.run().unwrap();
    world.assert_object_is_the_source();
    assert_eq!(world.luck.count(Op::UploadPart), 41);
}

#[test]
fn shards_whose_ranges_break_leave_the_whole_to_be_read_once() {
    for habit in [
        Habit::ForgetsAfter(1),
        Habit::ForgetsAfter(9),
        Habit::RefusesAfter(1, 403),
        Habit::RefusesAfter(9, 403),
        Habit::RefusesAfter(9, 500),
        Habit::IfRangeIs200,
        Habit::GivesMore,
        Habit::NodeEtags(2),
        Habit::GzipEtags,
        Habit::WeakensEtags,
    ] {
        for seed in 0..2 {
            let spec = SourceSpec {
                habit,
                ..SourceSpec::ranged(20 * MIB + 7)
            };
            let mut world = World::new(seed, spec);
            world.job.options.budget.parts = Some(0);
            assert!(matches!(world.run_slice().unwrap(), End::Suspended));
            world.forget_the_process();
            let begun = world.checkpoint.clone().unwrap();
            world.job.options.budget = Budget::default();
            world.luck.per_mille = [0, 20][usize::from(seed > 0)];
            let mut failed = 0;
            for (first, last) in [(15, 99), (1, 7), (8, 14)] {
                world.job.options.shard = Some(Shard { first, last });
                world.resume = Some(begun.clone());
                match world.run_slice() {
                    Ok(end) => assert!(matches!(end, End::Suspended), "{habit:?} {end:?}"),
                    Err(error) => {
                        failed += 1;
                        let is_told = error.hint.contains("Resume without one");
                        assert!(is_told || seed > 0, "{habit:?}: {error:?}");
                    }
                }
                assert_eq!(
                    world.service.uploads.len(),
                    1,
                    "{habit:?}: its parts are the whole's"
                );
                world.forget_the_process();
            }
            assert!(failed > 0, "{habit:?}");
            world.luck.per_mille = 0;
            world.job.options.shard = None;
            world.resume = Some(begun);
            world
                .run()
                .unwrap_or_else(|error| panic!("{habit:?}: {error:?}"));
            world.assert_object_is_the_source();
            assert!(world.service.uploads.is_empty(), "{habit:?}");
        }
    }
}

#[test]
fn a_stream_says_that_it_cannot_resume() {
    let mut world = World::new(1, SourceSpec::ranged(8 * MIB));
    die_midway(&mut world);
    world.job.source = Source::Stream {
        size: None,
        name: None,
    };
    assert_eq!(world.run_slice().unwrap_err().code, Code::NotResumable);
}

#[test]
fn a_checkpoint_is_plain_json_and_survives_it() {
    let mut world = World::new(1, SourceSpec::ranged(8 * MIB));
    die_midway(&mut world);
    world.dies_at = None;
    let text = serde_json::to_string(world.checkpoint.as_ref().unwrap()).unwrap();
    let read: Checkpoint = serde_json::from_str(&text).unwrap();
    assert_eq!(Some(&read), world.checkpoint.as_ref());
    assert!(text.len() < 2000, "{} bytes: {text}", text.len());
    world.resume = Some(read);
    world.run().unwrap();
    world.assert_object_is_the_source();
}

#[test]
fn a_checkpoint_of_another_version_or_for_another_object_is_refused() {
    let mut world = World::new(1, SourceSpec::ranged(8 * MIB));
    die_midway(&mut world);
    world.dies_at = None;
    let checkpoint = world.checkpoint.clone().unwrap();
    world.resume = Some(Checkpoint {
        version: 2,
        ..checkpoint.clone()
    });
    assert_eq!(world.run_slice().unwrap_err().code, Code::CheckpointInvalid);
    let mut other = checkpoint;
    other.place.as_mut().unwrap().object_key = "sv/other.mp4".into();
    world.resume = Some(other);
    assert_eq!(world.run_slice().unwrap_err().code, Code::CheckpointInvalid);
}

#[test]
fn the_largest_object_there_can_be_arrives_through_refreshes_slices_and_failures() {
    let mut world = World::new(7, SourceSpec::ranged(MAX_OBJECT_SIZE));
    world.job.options.part_size = None;
    world.bandwidth = 200 << 20;
    world.luck.per_mille = 10;
    world.job.options.budget = Budget {
        parts: Some(900),
        ..Budget::default()
    };
    let mut slices = 1;
    loop {
        match world.run_slice().unwrap() {
            End::Done(outcome) => {
                assert_eq!((outcome.parts, outcome.bytes), (10_000, MAX_OBJECT_SIZE));
                break;
            }
            _ => world.forget_the_process(),
        }
        slices += 1;
    }
    world.assert_object_is_the_source();
    assert!(
        slices >= 12 && world.service.refreshed > 20,
        "{slices} slices, {} refreshes",
        world.service.refreshed
    );
    let days = (world.now - sim::START) / 86_400_000;
    println!(
        "48.8 TB in {days} virtual days, {slices} slices, {} refreshes",
        world.service.refreshed
    );
}

#[test]
fn faults_and_deaths_together_still_end_well() {
    for seed in 0..400 {
        let mut world = World::new(
            seed,
            SourceSpec {
                ranges: seed % 3 > 0,
                ..SourceSpec::ranged(10 * MIB + seed)
            },
        );
        world.luck.per_mille = 30;
        world.memory_is_short = seed % 5 < 2;
        world.service.may_read = seed % 2 == 0;
        world.service.credential_life_s = [2, 3000][(seed % 2) as usize];
        world.service.credential_kept_ms = [0, 1_800, 2_500][(seed % 3) as usize];
        let mut failures = 0;
        for _ in 0..60 {
            world.dies_at = Some(100 + world.luck.below(2500));
            let end = world.run_slice();
            match end {
                Ok(End::Done(_)) => break,
                Ok(_) => {}
                Err(_) => failures += 1,
            }
            world.forget_the_process();
        }
        assert!(failures < 30);
        assert!(
            world.service.object.is_some(),
            "seed {seed} never got there"
        );
        world.assert_object_is_the_source();
    }
}

#[test]
fn a_lost_reply_of_abort_does_not_matter() {
    let mut world = World::new(1, SourceSpec::ranged(8 * MIB));
    world.abort_at = Some(700);
    world.luck.script(Op::Abort, 1, Fault::ResetAfter);
    assert_eq!(world.run_slice().unwrap_err().code, Code::Aborted);
    assert!(world.service.uploads.is_empty());
}

#[test]
fn a_process_that_died_before_it_heard_the_upload_id_leaves_no_parts_behind() {
    for at in 0..40 {
        let mut world = World::new(1, SourceSpec::ranged(3 * MIB));
        world.dies_at = Some(at * 5);
        if matches!(world.run_slice().unwrap(), End::Died) {
            world.forget_the_process();
            world.dies_at = None;
            world.run().unwrap();
        }
        world.assert_object_is_the_source();
        assert!(world.service.uploads.is_empty(), "at {at}");
    }
}

#[test]
fn what_is_given_up_takes_parts_with_it_that_nobody_noted() {
    for at in 0..60 {
        let mut world = World::new(1, SourceSpec::ranged(3 * MIB));
        world.dies_at = Some(at * 5);
        assert!(matches!(world.run_slice().unwrap(), End::Died));
        world.forget_the_process();
        world.dies_at = None;
        world.gives_up = true;
        if world.resume.is_some() {
            assert_eq!(world.run().unwrap_err().code, Code::Aborted);
        }
        assert!(world.service.uploads.is_empty(), "at {at}");
    }
}

#[test]
fn where_nobody_may_remove_unknown_parts_they_are_left_to_vod() {
    let mut world = World::new(1, SourceSpec::ranged(3 * MIB));
    world.luck.always(
        Op::DeleteMultipartUpload,
        Fault::Refuse(403, "Forbidden.RAM"),
    );
    world.luck.script(Op::Initiate, 1, Fault::ResetAfter);
    world.dies_at = Some(125);
    assert!(matches!(world.run_slice().unwrap(), End::Died));
    world.forget_the_process();
    world.dies_at = None;
    world.run().unwrap();
    world.assert_object_is_the_source();
    assert_eq!(world.service.uploads.len(), 1);
}

/// States of a media whose file has arrived.
const ARRIVED: &[&str] = &[
    "UploadSucc",
    "Transcoding",
    "TranscodeFail",
    "Checking",
    "Blocked",
    "Normal",
];

fn removals(world: &World) -> u32 {
    [Op::Abort, Op::DeleteMultipartUpload, Op::DeleteVideo]
        .into_iter()
        .map(|op| world.luck.count(op))
        .sum()
}

/// The checkpoint of an upload that died midway, after `tamper`, given up.
fn give_up(seed: u64, tamper: impl FnOnce(&mut Checkpoint, &mut World)) -> (World, Code) {
    let mut world = World::new(seed, SourceSpec::ranged(40 * MIB));
    die_midway(&mut world);
    world.dies_at = None;
    world.gives_up = true;
    let mut checkpoint = world.resume.take().unwrap();
    tamper(&mut checkpoint, &mut world);
    world.resume = Some(checkpoint);
    let code = world.run().unwrap_err().code;
    (world, code)
}

#[test]
fn an_upload_id_without_its_place_is_refused() {
    let (world, code) = give_up(3, |checkpoint, _| checkpoint.place = None);
    assert_eq!(code, Code::CheckpointInvalid);
    assert_eq!(world.luck.count(Op::RefreshUploadVideo), 0);
}

#[test]
fn an_abort_removes_nothing_of_a_media_whose_file_has_arrived() {
    for status in ARRIVED {
        let (world, code) = give_up(3, |checkpoint, world| {
            checkpoint.upload_id = None;
            world.service.believes = Some((status, 5));
        });
        assert_eq!(
            (code, removals(&world)),
            (Code::AbortRefused, 0),
            "{status}"
        );
    }
    let (world, code) = give_up(3, |checkpoint, _| checkpoint.upload_id = None);
    assert_eq!(
        (code, world.luck.count(Op::DeleteMultipartUpload)),
        (Code::Aborted, 1)
    );
}

#[test]
fn an_abort_ends_where_vod_cannot_be_reached() {
    for op in [Op::RefreshUploadVideo, Op::GetMezzanineInfo] {
        let (world, code) = give_up(4, |checkpoint, world| {
            checkpoint.upload_id = None;
            world.luck.always(op, Fault::ResetBefore);
        });
        assert_eq!(
            (code, removals(&world)),
            (Code::VodUnreachable, 0),
            "{op:?}"
        );
    }
    let (world, code) = give_up(4, |_, world| {
        world
            .luck
            .always(Op::RefreshUploadVideo, Fault::ResetBefore);
    });
    assert_eq!((code, removals(&world)), (Code::VodUnreachable, 0));
}

#[test]
fn a_checkpoint_that_was_tampered_with_removes_nothing_that_is_not_its_own() {
    let seeds = match std::env::var("SEED") {
        Ok(seed) => vec![seed.parse().expect("SEED is a number")],
        Err(_) => (0..120).collect::<Vec<u64>>(),
    };
    for seed in seeds {
        let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let mut draw = |below: u64| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (state >> 33) % below
        };
        let lies = 1 + draw(15);
        let status = draw(4);
        // The service may fail meanwhile, too.
        let faults = if seed % 3 == 0 { 200 } else { 0 };
        let (world, code) = give_up(seed, |checkpoint, world| {
            world.luck.per_mille = faults;
            let place = checkpoint.place.as_mut().unwrap();
            match status {
                0 => {}
                1 => world.service.believes = Some(("UploadFail", 0)),
                2 => world.service.believes = Some(("Normal", 5)),
                _ => world.service.believes = Some(("Transcoding", 5)),
            }
            if lies & 1 != 0 {
                place.bucket = "another-bucket".into();
            }
            if lies & 2 != 0 {
                place.object_key = "sv/id-1/another.mp4".into();
            }
            if lies & 4 != 0 {
                place.media_id = "video-77".into();
            }
            if lies & 8 != 0 {
                checkpoint.upload_id = None;
            }
        });
        let foreign = lies & 7 != 0;
        let arrived = lies & 8 != 0 && status >= 2;
        assert!(
            removals(&world) == 0 || !(foreign || arrived),
            "SEED={seed}: {code:?}"
        );
        let is_own = !foreign && !arrived;
        assert!(
            faults > 0 || (code == Code::Aborted) == is_own,
            "SEED={seed}: {code:?}"
        );
    }
}

/// The checkpoint of an upload of `source` that died, changed so that it names a media whose file is there; resumed.
fn resume_into_a_finished_media(
    seed: u64,
    source: SourceSpec,
    tamper: impl FnOnce(&mut Checkpoint, &mut World),
) -> (World, Result<End, vodlift::Error>) {
    let size = source.size;
    let mut world = World::new(seed, source);
    let mut at = 0;
    while world
        .resume
        .as_ref()
        .is_none_or(|mark| mark.place.is_none())
    {
        at += 20;
        world.resume = None;
        world.dies_at = Some(at);
        assert!(matches!(world.run_slice().unwrap(), End::Died), "{size}");
        world.forget_the_process();
    }
    world.dies_at = None;
    world.service.uploads.clear();
    world.service.believes = None;
    world.service.object = Some(vec![sim::Extent {
        offset: 0,
        length: 7,
        version: sim::OLD,
    }]);
    world.luck.seen.clear();
    let mut checkpoint = world.resume.take().unwrap();
    tamper(&mut checkpoint, &mut world);
    world.resume = Some(checkpoint);
    let end = world.run_slice();
    (world, end)
}

#[test]
fn a_resume_never_overwrites_a_media_whose_file_has_arrived() {
    let seeds = match std::env::var("SEED") {
        Ok(seed) => vec![seed.parse().expect("SEED is a number")],
        Err(_) => (0..240).collect::<Vec<u64>>(),
    };
    let mut refused = 0;
    for seed in seeds {
        let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let mut draw = |below: usize| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (state >> 33) as usize % below
        };
        let sizes = [1000, 8 * MIB];
        let source = SourceSpec {
            ranges: draw(3) > 0,
            announces_length: draw(4) > 0,
            ..SourceSpec::ranged(sizes[draw(2)])
        };
        let (status, id) = (ARRIVED[draw(ARRIVED.len())], draw(3));
        let (may_read, may_list, same_size) = (draw(2) == 0, draw(2) == 0, draw(4) == 0);
        let faults = if seed % 3 == 0 { 150 } else { 0 };
        let size = source.size;
        let (world, end) = resume_into_a_finished_media(seed, source, |checkpoint, world| {
            checkpoint.upload_id = match id {
                0 => None,
                1 => Some("0004B999EF5A239BB9138C6227D69F95".into()),
                _ => checkpoint.upload_id.take(),
            };
            checkpoint.adopted = id == 1;
            world.service.may_read = may_read;
            world.luck.per_mille = faults;
            let there = if same_size { size } else { 7 };
            world.service.believes = Some((status, there));
            world.service.object.as_mut().unwrap()[0].length = there;
            if !may_list {
                let denied = Fault::Refuse(403, "AccessDenied");
                world.luck.always(Op::ListParts, denied);
            }
        });
        world.assert_the_old_object_is_there();
        let touching = [
            Op::Initiate,
            Op::PutObject,
            Op::UploadPart,
            Op::Complete,
            Op::DeleteMultipartUpload,
            Op::DeleteVideo,
        ];
        let touched = touching.map(|op| world.luck.count(op));
        assert_eq!(touched, [0; 6], "SEED={seed}: {end:?}");
        match end {
            // One of this very length may be what the run before has stored.
            Ok(End::Done(outcome)) => assert!(same_size && outcome.bytes == size, "SEED={seed}"),
            Ok(end) => panic!("SEED={seed}: {end:?}"),
            Err(error) if faults == 0 => {
                let expected = [
                    Code::SourceChanged,
                    Code::CheckpointInvalid,
                    Code::LengthMismatch,
                    Code::OutcomeUnknown,
                ];
                assert!(expected.contains(&error.code), "SEED={seed}: {error:?}");
                refused += 1;
            }
            Err(_) => {}
        }
    }
    assert!(refused > 0 || std::env::var("SEED").is_ok());
}

#[test]
fn a_media_that_waits_for_its_file_is_gone_on_with_after_one_look() {
    for (size, status) in [(1000, "Uploading"), (8 * MIB, "UploadFail")] {
        let source = SourceSpec::ranged(size);
        let (world, end) = resume_into_a_finished_media(2, source, |checkpoint, world| {
            checkpoint.upload_id = None;
            world.service.object = None;
            world.service.believes = Some((status, 0));
        });
        assert!(matches!(end, Ok(End::Done(_))), "{end:?}");
        world.assert_object_is_the_source();
        assert_eq!(world.luck.count(Op::GetMezzanineInfo), 1);
    }
}

#[test]
fn a_file_that_was_stored_wrong_is_sent_again_and_not_found_whole() {
    for seed in 0..40 {
        let mut world = World::new(seed, SourceSpec::ranged(8 * MIB));
        world.service.may_read = seed % 2 == 0;
        world.service.spoils = true;
        let error = world.run_slice().unwrap_err();
        assert_eq!(error.code, Code::ChecksumMismatch, "SEED={seed}");
        world.forget_the_process();
        // The next run may die at any moment, also after its own file has arrived.
        world.dies_at = Some(seed * 25);
        if matches!(world.run_slice(), Ok(End::Died)) {
            world.forget_the_process();
            world.dies_at = None;
            world.run().unwrap();
        }
        world.assert_object_is_the_source();
    }
}

#[test]
fn a_checkpoint_that_replaces_another_media_than_its_own_is_refused() {
    let source = SourceSpec::ranged(8 * MIB);
    let (world, end) = resume_into_a_finished_media(2, source, |checkpoint, _| {
        checkpoint.replace = Some(vodlift::vod::VideoRef::media("video-77"));
    });
    assert_eq!(end.unwrap_err().code, Code::CheckpointInvalid);
    assert!(world.luck.seen.is_empty());
}
