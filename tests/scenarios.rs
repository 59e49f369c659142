//! Stories: one thing goes wrong (or nothing does), and the upload must end as a user would want it to.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

mod sim;

use sim::{Fault, Op, SourceSpec, World};
use vodlift::Code;
use vodlift::secret::Secret;
use vodlift::time::UnixMs;
use vodlift::upload::{Effect, Event, Failure, FailureKind, Source, Upload};
use vodlift::vod::Credentials;

const MIB: u64 = 1 << 20;

fn world(size: u64) -> World {
    World::new(1, SourceSpec::ranged(size))
}

#[test]
fn a_url_with_ranges_arrives_in_parallel_parts() {
    let mut world = world(10 * MIB + 1);
    let outcome = world.run().unwrap();
    world.assert_object_is_the_source();
    assert_eq!(
        (
            outcome.parts,
            outcome.bytes,
            outcome.retries,
            outcome.refreshes
        ),
        (11, 10 * MIB + 1, 0, 0)
    );
    assert_eq!(world.most_transfers, 4);
    assert_eq!(outcome.crc64.unwrap().parse::<u64>().unwrap(), world.crc());
    assert!(world.service.uploads.is_empty());
}

#[test]
fn one_part_or_less_is_one_put_object() {
    for size in [1, MIB] {
        let mut world = world(size);
        assert_eq!(world.run().unwrap().parts, 1);
        world.assert_object_is_the_source();
        assert_eq!(
            (
                world.luck.count(Op::PutObject),
                world.luck.count(Op::Initiate)
            ),
            (1, 0)
        );
    }
}

#[test]
fn an_empty_source_is_refused_before_vod_hears_of_it() {
    let mut world = World::new(
        1,
        SourceSpec {
            ranges: false,
            ..SourceSpec::ranged(0)
        },
    );
    assert_eq!(world.run().unwrap_err().code, Code::EmptySource);
    assert_eq!(world.service.created, 0);
}

#[test]
fn a_source_without_ranges_is_read_once_in_order() {
    let mut world = World::new(
        1,
        SourceSpec {
            ranges: false,
            ..SourceSpec::ranged(5 * MIB + 3)
        },
    );
    assert_eq!(world.run().unwrap().parts, 6);
    world.assert_object_is_the_source();
    assert_eq!(world.luck.count(Op::Open), 1);
}

#[test]
fn a_source_without_a_length_arrives_whole() {
    for size in [1, MIB - 1, MIB, MIB + 1, 3 * MIB, 7 * MIB + 5] {
        let spec = SourceSpec {
            ranges: false,
            announces_length: false,
            ..SourceSpec::ranged(size)
        };
        let mut world = World::new(1, spec);
        assert_eq!(world.run().unwrap().bytes, size);
        world.assert_object_is_the_source();
    }
}

#[test]
fn a_local_stream_of_unknown_length_arrives_whole() {
    let mut world = world(5 * MIB + 5);
    world.job.source = Source::Stream {
        size: None,
        name: None,
    };
    assert_eq!(world.run().unwrap().parts, 6);
    world.assert_object_is_the_source();
}

#[test]
fn a_stream_of_unknown_length_beyond_5_gb_arrives_whole() {
    // What one PutObject may hold, and a little.
    let size = (5 << 30) + 7;
    let mut world = world(size);
    world.bandwidth = 200 << 20;
    world.job.source = Source::Stream {
        size: None,
        name: None,
    };
    let outcome = world.run().unwrap();
    assert_eq!(outcome.bytes, size);
    assert!(outcome.parts > 1, "{} parts", outcome.parts);
    world.assert_object_is_the_source();
}

#[test]
fn local_slices_need_no_probe() {
    let mut world = world(5 * MIB);
    world.job.source = Source::Slices {
        size: 5 * MIB,
        modified: None,
        name: None,
        content_type: None,
        version: None,
    };
    world.run().unwrap();
    world.assert_object_is_the_source();
    assert_eq!(world.luck.count(Op::Open), 0);
}

#[test]
fn redirects_are_followed_once_and_remembered() {
    let mut world = World::new(
        1,
        SourceSpec {
            redirects: 2,
            ..SourceSpec::ranged(4 * MIB)
        },
    );
    world.run().unwrap();
    world.assert_object_is_the_source();
    assert_eq!(world.luck.count(Op::Open), 3);
}

#[test]
fn five_redirects_are_followed_and_a_sixth_is_one_too_many() {
    let redirected = |times| {
        let source = SourceSpec {
            redirects: times,
            ..SourceSpec::ranged(4 * MIB)
        };
        World::new(1, source)
    };
    let mut five = redirected(5);
    five.run().unwrap();
    five.assert_object_is_the_source();
    let error = redirected(6).run().unwrap_err();
    assert_eq!(error.code, Code::SourceRedirect);
    assert!(error.message.contains("more than 5"), "{}", error.message);
}

#[test]
fn a_redirect_that_leads_nowhere_says_so() {
    for location in ["", " "] {
        let mut world = world(4 * MIB);
        world.source.moved_to = Some(location.into());
        let error = world.run().unwrap_err();
        assert_eq!(error.code, Code::SourceRedirect);
        assert!(error.message.contains("Location"), "{}", error.message);
    }
}

#[test]
fn what_is_no_http_is_not_tried_again_and_has_a_code_of_its_own() {
    for (op, code) in [
        (Op::Open, Code::SourceMalformed),
        (Op::CreateUploadVideo, Code::ReplyMalformed),
        (Op::Initiate, Code::ReplyMalformed),
        (Op::UploadPart, Code::ReplyMalformed),
    ] {
        let mut world = world(4 * MIB);
        world.luck.script(op, 1, Fault::Malformed);
        world.job.options.concurrency = Some(1);
        let error = world.run().unwrap_err();
        assert_eq!((error.code, world.luck.count(op)), (code, 1), "{op:?}");
    }
}

#[test]
fn a_name_that_leads_to_a_refused_address_is_not_tried_again() {
    for (op, code) in [
        (Op::Open, Code::AddressRefused),
        (Op::CreateUploadVideo, Code::EndpointRefused),
        (Op::Initiate, Code::EndpointRefused),
        (Op::UploadPart, Code::EndpointRefused),
        (Op::Complete, Code::EndpointRefused),
    ] {
        let mut world = world(4 * MIB);
        world.luck.script(op, 1, Fault::Refused);
        world.job.options.concurrency = Some(1);
        let error = world.run().unwrap_err();
        assert_eq!((error.code, world.luck.count(op)), (code, 1), "{op:?}");
    }
}

#[test]
fn a_machine_without_a_free_file_handle_is_waited_for() {
    let ops = [
        Op::Open,
        Op::CreateUploadVideo,
        Op::Initiate,
        Op::UploadPart,
        Op::Complete,
    ];
    let mut short = world(8 * MIB);
    for op in ops {
        // More often than anything else is tried again.
        for nth in 1..=60 {
            short.luck.script(op, nth, Fault::NoHandle);
        }
    }
    let outcome = short.run().unwrap();
    short.assert_object_is_the_source();
    assert_eq!(outcome.retries, 0);
    for op in ops {
        let mut never = world(8 * MIB);
        never.luck.always(op, Fault::NoHandle);
        let error = never.run().unwrap_err();
        assert_eq!(error.code, Code::TooManyFiles, "{op:?}");
        assert!(error.hint.contains("ulimit -n"), "{}", error.hint);
    }
}

#[test]
fn a_host_that_is_not_wanted_is_not_asked_where_a_redirect_leads_to_it_either() {
    let mut world = world(4 * MIB);
    world.job.options.source_hosts.deny = vec!["elsewhere.example".into()];
    world.source.moved_to = Some("https://elsewhere.example/film.mp4".into());
    let error = world.run().unwrap_err();
    assert_eq!(error.code, Code::SourceHostRefused);
    assert_eq!(world.luck.count(Op::Open), 1);
    assert_eq!(world.luck.count(Op::CreateUploadVideo), 0);
}

#[test]
fn a_short_credential_is_refreshed_in_time_and_no_part_is_sent_twice() {
    let mut world = world(40 * MIB);
    world.service.credential_life_s = 2;
    world.bandwidth = MIB;
    let outcome = world.run().unwrap();
    world.assert_object_is_the_source();
    assert!(outcome.refreshes >= 4, "{} refreshes", outcome.refreshes);
    assert!(
        world.sent.values().all(|times| *times == 1),
        "{:?}",
        world.sent
    );
}

#[test]
fn an_expired_credential_is_replaced_once_for_all_parts_in_flight() {
    let mut world = world(8 * MIB);
    for nth in 1..=4 {
        world.luck.script(
            Op::UploadPart,
            nth,
            Fault::Refuse(403, "SecurityTokenExpired"),
        );
    }
    let outcome = world.run().unwrap();
    world.assert_object_is_the_source();
    assert_eq!((outcome.refreshes, outcome.retries), (1, 4));
}

#[test]
fn a_credential_that_is_never_good_ends_the_upload() {
    let mut world = world(8 * MIB);
    world
        .luck
        .always(Op::UploadPart, Fault::Refuse(403, "InvalidAccessKeyId"));
    let error = world.run().unwrap_err();
    assert_eq!(error.service_code.as_deref(), Some("InvalidAccessKeyId"));
    assert_eq!(error.hint, Code::CredentialStale.hint());
    // Three for the parts, one to be allowed to clean up.
    assert_eq!(world.service.refreshed, 4);
    assert!(
        world.service.uploads.is_empty(),
        "the multipart upload is still open"
    );
}

#[test]
fn a_credential_that_vod_keeps_is_used_to_its_end_and_then_replaced() {
    for ended in [
        "SecurityTokenExpired",
        "InvalidSecurityToken",
        "InvalidAccessKeyId",
    ] {
        let mut world = world(1600 * MIB);
        world.job.options.part_size = Some(4 * MIB);
        world.bandwidth = MIB;
        world.service.credential_life_s = 400;
        world.service.credential_kept_ms = 400_000;
        world.service.ended = ended;
        let outcome = world.run().unwrap();
        world.assert_object_is_the_source();
        // It takes 400 s at least, so there is one change, and the few questions before it.
        assert!((1..=2).contains(&outcome.refreshes), "{outcome:?}");
        assert!(world.service.refreshed <= 12, "{}", world.service.refreshed);
        assert!(world.sent.values().all(|times| *times <= 2), "{ended}");
    }
}

#[test]
fn a_refused_credential_that_vod_gives_again_is_not_tried_at_once() {
    for ended in ["SecurityTokenExpired", "InvalidSecurityToken"] {
        let mut world = world(40 * MIB);
        world.service.credential_life_s = 3;
        // OSS takes it for ended long before VOD makes another.
        world.service.credential_kept_ms = 13_000;
        world.service.ended = ended;
        let outcome = world.run().unwrap();
        world.assert_object_is_the_source();
        assert!(world.now - sim::START > 10_000, "{}", world.now);
        // Four in flight met the refusal; all else waits for a credential that is another one.
        assert!(
            world.sent.values().all(|times| *times <= 2),
            "{:?}",
            world.sent
        );
        assert!(
            outcome.refreshes <= 4 && world.service.refreshed <= 30,
            "{outcome:?}"
        );
    }
}

#[test]
fn a_credential_that_vod_never_replaces_ends_the_upload_with_the_reason() {
    let mut world = world(40 * MIB);
    world.job.options.keep_on_failure = true;
    world.service.credential_life_s = 1;
    world.service.credential_kept_ms = 1 << 40;
    let error = world.run().unwrap_err();
    assert_eq!((error.code, error.retryable), (Code::CredentialStale, true));
    assert_eq!(error.service_code.as_deref(), Some("SecurityTokenExpired"));
    assert!(error.message.contains("8 times"), "{error}");
    // One of them in time, before it was refused.
    assert!(world.service.refreshed <= 9, "{}", world.service.refreshed);
    assert!(world.now - sim::START > 10_000, "it was given up at once");
    assert!(world.checkpoint.unwrap().upload_id.is_some());
}

#[test]
fn a_clock_that_is_ahead_does_not_end_a_credential_that_lives() {
    let mut world = world(40 * MIB);
    world.bandwidth = MIB;
    // The machine is ten minutes ahead, and takes what has 400 s left for ended.
    world.service.skew_ms = -600_000;
    world.service.credential_life_s = 400;
    world.service.credential_kept_ms = 400_000;
    let outcome = world.run().unwrap();
    world.assert_object_is_the_source();
    assert_eq!((outcome.refreshes, outcome.retries), (0, 0));
    assert!(world.service.refreshed <= 2, "{}", world.service.refreshed);
}

#[test]
fn a_long_upload_outlives_many_tokens_that_end_as_invalid() {
    let mut world = world(40 * MIB);
    world.bandwidth = MIB;
    for nth in [3, 9, 15, 21, 27, 33] {
        world.luck.script(
            Op::UploadPart,
            nth,
            Fault::Refuse(403, "InvalidSecurityToken"),
        );
    }
    let outcome = world.run().unwrap();
    world.assert_object_is_the_source();
    assert_eq!(outcome.refreshes, 6);
}

#[test]
fn a_fatal_refusal_stops_all_parts_at_once_and_cleans_up() {
    let mut world = world(100 * MIB);
    world
        .luck
        .script(Op::UploadPart, 2, Fault::Refuse(403, "AccessDenied"));
    let error = world.run().unwrap_err();
    assert_eq!(error.code, Code::PermissionDenied);
    assert!(
        world.luck.count(Op::UploadPart) <= 5,
        "parts went on after the refusal"
    );
    assert!(world.service.uploads.is_empty());
}

#[test]
fn a_part_that_landed_behind_a_broken_connection_is_not_sent_again() {
    let mut world = world(8 * MIB);
    world.luck.script(Op::UploadPart, 3, Fault::ResetAfter);
    world.run().unwrap();
    world.assert_object_is_the_source();
    assert_eq!((world.luck.count(Op::ListParts), world.sent[&3]), (1, 1));
}

#[test]
fn a_part_that_did_not_land_is_sent_again() {
    let mut world = world(8 * MIB);
    world.luck.script(Op::UploadPart, 3, Fault::ResetBefore);
    assert_eq!(world.run().unwrap().retries, 1);
    world.assert_object_is_the_source();
    assert_eq!((world.luck.count(Op::ListParts), world.sent[&3]), (1, 2));
}

#[test]
fn an_early_refusal_that_looks_like_a_broken_pipe_is_recognised() {
    let mut world = world(8 * MIB);
    world.luck.always(Op::UploadPart, Fault::ResetBefore);
    world
        .luck
        .always(Op::ListParts, Fault::Refuse(403, "AccessDenied"));
    assert_eq!(world.run().unwrap_err().code, Code::PermissionDenied);
    // Being denied a look says nothing of the parts, so those in flight are sent once more, and no third time.
    let sent = world.luck.count(Op::UploadPart);
    assert!(sent <= 16, "{sent}");
}

#[test]
fn a_credential_that_may_not_list_parts_costs_no_upload() {
    let mut world = world(40 * MIB);
    for part in [2, 3, 4, 9, 17] {
        world.luck.script(Op::UploadPart, part, Fault::ResetBefore);
    }
    world
        .luck
        .always(Op::ListParts, Fault::Refuse(403, "AccessDenied"));
    world.run().unwrap();
    world.assert_object_is_the_source();
}

#[test]
fn an_upload_id_that_is_gone_starts_over() {
    let mut world = world(8 * MIB);
    world
        .luck
        .script(Op::UploadPart, 5, Fault::Refuse(404, "NoSuchUpload"));
    world.run().unwrap();
    world.assert_object_is_the_source();
    assert_eq!(world.luck.count(Op::Initiate), 2);
}

#[test]
fn a_source_that_changes_midway_is_never_mixed() {
    let mut world = World::new(
        1,
        SourceSpec {
            changes_at: Some(600),
            ..SourceSpec::ranged(40 * MIB)
        },
    );
    assert_eq!(world.run().unwrap_err().code, Code::SourceChanged);
    assert!(world.service.object.is_none() && world.service.uploads.is_empty());
}

#[test]
fn a_source_that_breaks_now_and_then_is_asked_again_for_that_range_only() {
    let mut world = world(8 * MIB);
    world.luck.script(Op::UploadPart, 2, Fault::SourceBreaks);
    world
        .luck
        .script(Op::UploadPart, 6, Fault::SourceRefuses(503));
    let outcome = world.run().unwrap();
    world.assert_object_is_the_source();
    assert_eq!((outcome.retries, world.luck.count(Op::ListParts)), (2, 0));
}

#[test]
fn a_source_that_stays_broken_ends_the_upload_and_cleans_up() {
    // Cut off in every range, and then in the one request for all as well.
    let mut cut = world(8 * MIB);
    cut.luck.always(Op::UploadPart, Fault::SourceBreaks);
    cut.luck.always(Op::Read, Fault::SourceBreaks);
    assert_eq!(cut.run().unwrap_err().code, Code::SourceTruncated);
    assert!(cut.service.uploads.is_empty());
    // That one may get through.
    let mut once = world(8 * MIB);
    for nth in 1..=100 {
        once.luck.script(Op::UploadPart, nth, Fault::SourceBreaks);
    }
    let _ = once
        .run()
        .map_err(|error| assert_eq!(error.code, Code::SourceTruncated));
    assert!(once.service.uploads.is_empty());
}

#[test]
fn a_stream_with_a_strong_validator_is_read_on_where_it_broke() {
    let mut world = World::new(
        1,
        SourceSpec {
            ranges: false,
            ..SourceSpec::ranged(6 * MIB)
        },
    );
    world.luck.script(Op::Read, 4, Fault::SourceBreaks);
    world.run().unwrap();
    world.assert_object_is_the_source();
    assert_eq!(
        (world.luck.count(Op::Open), world.luck.count(Op::Initiate)),
        (2, 1)
    );
}

#[test]
fn a_stream_without_a_validator_starts_over_when_it_broke() {
    let mut world = World::new(
        1,
        SourceSpec {
            ranges: false,
            etag: false,
            ..SourceSpec::ranged(6 * MIB)
        },
    );
    world.luck.script(Op::Read, 4, Fault::SourceBreaks);
    world.run().unwrap();
    world.assert_object_is_the_source();
    assert_eq!(
        (world.luck.count(Op::Open), world.luck.count(Op::Initiate)),
        (2, 2)
    );
    assert!(world.service.uploads.is_empty());
}

#[test]
fn a_complete_whose_reply_is_lost_is_settled_by_head() {
    let mut world = world(4 * MIB);
    world.service.may_read = true;
    world.luck.script(Op::Complete, 1, Fault::ResetAfter);
    world.run().unwrap();
    world.assert_object_is_the_source();
    assert_eq!(
        (world.luck.count(Op::Complete), world.luck.count(Op::Head)),
        (2, 1)
    );
}

#[test]
fn a_complete_whose_reply_is_lost_is_settled_by_vod_where_head_is_forbidden() {
    let mut world = world(4 * MIB);
    world.luck.script(Op::Complete, 1, Fault::ResetAfter);
    world.run().unwrap();
    world.assert_object_is_the_source();
    assert_eq!(world.luck.count(Op::GetMezzanineInfo), 1);
}

#[test]
fn a_complete_whose_reply_has_lost_its_body_is_settled() {
    for may_read in [true, false] {
        let mut world = world(4 * MIB);
        world.service.may_read = may_read;
        world.luck.script(Op::Complete, 1, Fault::EmptyAnswer);
        world.run().unwrap();
        world.assert_object_is_the_source();
        assert_eq!(world.luck.count(Op::Initiate), 1);
    }
}

#[test]
fn a_denial_names_the_action_that_was_called() {
    let mut world = world(4 * MIB);
    let denied = Fault::Refuse(403, "Forbidden.RAM");
    world.luck.script(Op::CreateUploadVideo, 1, denied);
    let error = world.run().unwrap_err();
    assert_eq!(error.code, Code::PermissionDenied);
    assert!(
        error.hint.contains("vod:CreateUploadVideo"),
        "{}",
        error.hint
    );
}

#[test]
fn a_put_whose_reply_is_lost_is_settled_by_head() {
    let mut world = world(1000);
    world.service.may_read = true;
    world.luck.script(Op::PutObject, 1, Fault::ResetAfter);
    world.run().unwrap();
    world.assert_object_is_the_source();
    assert_eq!(world.luck.count(Op::PutObject), 1);
}

#[test]
fn a_part_that_complete_does_not_find_is_sent_again() {
    let mut world = world(4 * MIB);
    world
        .luck
        .script(Op::Complete, 1, Fault::Refuse(400, "InvalidPart"));
    // The listing that follows misses nothing: then the refusal itself is the end.
    assert_eq!(
        world.run().unwrap_err().service_code.as_deref(),
        Some("InvalidPart")
    );
    assert_eq!(world.luck.count(Op::ListParts), 1);
}

#[test]
fn throttling_is_waited_out() {
    let mut world = world(2 * MIB);
    for nth in 1..=3 {
        world.luck.script(
            Op::CreateUploadVideo,
            nth,
            Fault::Refuse(400, "Throttling.User"),
        );
    }
    assert_eq!(world.run().unwrap().retries, 3);
}

#[test]
fn a_wrong_key_is_said_at_once() {
    let mut world = world(2 * MIB);
    world.luck.always(
        Op::CreateUploadVideo,
        Fault::Refuse(404, "InvalidAccessKeyId.NotFound"),
    );
    assert_eq!(world.run().unwrap_err().code, Code::AccessKeyUnknown);
    assert_eq!(world.luck.count(Op::CreateUploadVideo), 1);
}

#[test]
fn a_dead_api_is_given_up_after_some_tries() {
    let mut world = world(2 * MIB);
    world.luck.always(Op::CreateUploadVideo, Fault::ResetBefore);
    let error = world.run().unwrap_err();
    assert_eq!((error.code, error.retryable), (Code::VodUnreachable, true));
    assert_eq!(world.luck.count(Op::CreateUploadVideo), 6);
}

#[test]
fn a_clock_that_is_an_hour_off_is_corrected() {
    for hours in [-1, 1] {
        let mut world = world(8 * MIB);
        world.service.skew_ms = hours * 3_600_000;
        let outcome = world.run().unwrap();
        world.assert_object_is_the_source();
        assert_eq!((outcome.retries, outcome.refreshes), (1, 0));
    }
}

#[test]
fn a_date_on_successes_is_not_believed_against_a_clock_that_is_right() {
    for date in [0, sim::START + 86_400_000] {
        let mut world = world(8 * MIB);
        world.service.date_of_successes = Some(date);
        let outcome = world.run().unwrap();
        world.assert_object_is_the_source();
        assert_eq!((outcome.retries, outcome.refreshes), (0, 0));
    }
}

#[test]
fn an_abort_is_signed_right_though_successes_are_dated_wrong() {
    let mut world = world(8 * MIB);
    world.service.date_of_successes = Some(0);
    world.abort_at = Some(700);
    assert_eq!(world.run().unwrap_err().code, Code::Aborted);
    assert!(world.service.uploads.is_empty());
}

#[test]
fn a_corrected_clock_that_is_refused_goes_back_to_the_own_one() {
    // The host is right. A box on the way refuses one request for its time, and says a wrong one.
    let mut world = world(8 * MIB);
    world.service.date_of_refusals = Some(0);
    let skewed = Fault::Refuse(400, "InvalidTimeStamp.Expired");
    world.luck.script(Op::CreateUploadVideo, 1, skewed);
    assert_eq!(world.run().unwrap().retries, 2);
    world.assert_object_is_the_source();
}

#[test]
fn a_clock_that_stays_refused_is_said_to_be_off() {
    let mut world = world(8 * MIB);
    let skewed = Fault::Refuse(400, "InvalidTimeStamp.Expired");
    world.luck.always(Op::CreateUploadVideo, skewed);
    assert_eq!(world.run().unwrap_err().code, Code::ClockSkew);
    assert_eq!(world.luck.count(Op::CreateUploadVideo), 3);
}

#[test]
fn an_abort_at_any_moment_leaves_nothing_behind() {
    for at in 0..150 {
        let mut world = world(8 * MIB);
        world.abort_at = Some(at * 10);
        match world.run() {
            Ok(_) => world.assert_object_is_the_source(),
            Err(error) => assert_eq!(error.code, Code::Aborted),
        }
        assert!(
            world.service.uploads.is_empty(),
            "aborted at {at}0 ms with an open upload left"
        );
    }
}

#[test]
fn an_abort_with_an_expired_credential_still_cleans_up() {
    let mut world = world(8 * MIB);
    world.abort_at = Some(700);
    world
        .luck
        .script(Op::Abort, 1, Fault::Refuse(403, "SecurityTokenExpired"));
    assert_eq!(world.run().unwrap_err().code, Code::Aborted);
    assert!(world.service.uploads.is_empty());
}

#[test]
fn an_upload_address_on_a_foreign_host_is_refused() {
    let mut world = world(8 * MIB);
    world.service.endpoint = "https://oss-cn-shanghai.aliyuncs.com.evil.example".into();
    assert_eq!(world.run().unwrap_err().code, Code::EndpointRefused);
    assert_eq!(world.luck.count(Op::Initiate), 0);
}

#[test]
fn a_stream_that_always_breaks_at_the_same_place_is_given_up() {
    let mut world = World::new(
        1,
        SourceSpec {
            ranges: false,
            ..SourceSpec::ranged(6 * MIB)
        },
    );
    for nth in 4..200 {
        world.luck.script(Op::Read, nth, Fault::SourceBreaks);
    }
    assert_eq!(world.run().unwrap_err().code, Code::SourceTruncated);
    assert!(
        world.luck.count(Op::Open) <= 7,
        "{} GETs",
        world.luck.count(Op::Open)
    );
    assert!(world.service.uploads.is_empty());
}

#[test]
fn progress_tells_which_try_is_waited_for_and_when_the_wait_is_over() {
    let mut world = world(10 * MIB);
    for at in 1..=3 {
        world
            .luck
            .script(Op::CreateUploadVideo, at, Fault::ResetBefore);
    }
    world.run().unwrap();
    assert_eq!(world.tries_told, [(2, 6), (3, 6), (4, 6)]);
    assert_eq!(world.last_progress.unwrap().retry, None);
}

#[test]
fn progress_tells_of_removing_only_where_something_is_removed() {
    for at in 0..150u64 {
        let mut world = world(10 * MIB);
        world.abort_at = Some(at * 10);
        if world.run().is_ok() {
            continue;
        }
        let removed = world.luck.count(Op::Abort) > 0;
        assert_eq!(world.told_removing, removed, "aborted at {at}0 ms");
    }
}

/// An upload that is told by hand what its host did.
fn by_hand(source: Source) -> Upload {
    let credentials = Credentials {
        access_key_id: "id".into(),
        access_key_secret: Secret::new("secret"),
        security_token: None,
    };
    let job = sim::job(source, sim::options());
    Upload::new(job, credentials, [7; 32], UnixMs(sim::START)).unwrap()
}

fn code(effects: &[Effect]) -> Option<Code> {
    effects.iter().find_map(|effect| match effect {
        Effect::Failed { error } => Some(error.code),
        _ => None,
    })
}

#[test]
fn a_wait_that_the_host_has_not_waited_ends_the_upload() {
    let mut upload = by_hand(Source::Slices {
        size: 3 * MIB,
        modified: None,
        name: Some("film.mp4".into()),
        content_type: None,
        version: None,
    });
    let failed = |id| Event::Failed {
        id,
        failure: Failure {
            kind: FailureKind::Network,
            message: "no".into(),
            status: None,
            headers: vec![],
        },
    };
    let now = UnixMs(sim::START);
    let mut effects = upload.handle(Event::Start, now);
    let mut waited = false;
    while code(&effects).is_none() {
        let id = effects.iter().find_map(|effect| match effect {
            Effect::Send { id, .. } => Some(*id),
            Effect::Wait { id, .. } => {
                waited = true;
                Some(*id)
            }
            _ => None,
        });
        effects = upload.handle(failed(id.expect("it stands still")), now);
    }
    assert!(waited);
    assert_eq!(code(&effects), Some(Code::Internal));
}

#[test]
fn a_buffer_that_is_fuller_than_was_asked_for_is_a_fault_of_the_host() {
    let mut upload = by_hand(Source::Stream {
        size: None,
        name: Some("film.mp4".into()),
    });
    let now = UnixMs(sim::START);
    let mut effects = upload.handle(Event::Start, now);
    for _ in 0..9 {
        let next = effects.iter().find_map(|effect| match effect {
            Effect::Open { id, .. } => Some(Event::Opened {
                id: *id,
                status: 200,
                headers: vec![],
                head: String::new(),
            }),
            Effect::Read { id, limit, .. } => Some(Event::Filled {
                id: *id,
                length: limit + 1,
                ended: false,
            }),
            _ => None,
        });
        let Some(next) = next else { break };
        effects = upload.handle(next, now);
    }
    assert_eq!(code(&effects), Some(Code::Internal));
}
