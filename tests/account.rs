//! Stories of uploads that outlive the caller's own credentials.

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

const MIB: u64 = 1 << 20;

/// The upload credential lives 2 s, so that the caller's keys are needed all the time.
fn long_world() -> World {
    let mut world = World::new(1, SourceSpec::ranged(60 * MIB));
    world.service.credential_life_s = 2;
    world.bandwidth = MIB;
    world
}

#[test]
fn keys_that_end_are_replaced_before_the_next_call() {
    let mut world = long_world();
    // A minute and three seconds: due three seconds after they were given.
    world.account_life_ms = Some(63_000);
    let outcome = world.run().unwrap();
    world.assert_object_is_the_source();
    assert!(outcome.refreshes >= 6, "{}", outcome.refreshes);
    let renewals = world.renewals;
    assert!(
        (2..=outcome.refreshes / 2).contains(&renewals),
        "{renewals}"
    );
}

#[test]
fn keys_that_last_are_asked_for_never() {
    let mut world = long_world();
    world.account_life_ms = Some(3_600_000);
    world.run().unwrap();
    assert_eq!(world.renewals, 0);
}

#[test]
fn keys_that_are_always_about_to_end_are_asked_for_once_a_call() {
    let mut world = long_world();
    world.account_life_ms = Some(1_000);
    let outcome = world.run().unwrap();
    world.assert_object_is_the_source();
    assert_eq!(world.renewals, outcome.refreshes + 1);
}

#[test]
fn a_token_that_vod_calls_expired_is_replaced_once() {
    for op in [Op::CreateUploadVideo, Op::RefreshUploadVideo] {
        let mut world = long_world();
        world.account_life_ms = Some(3_600_000);
        let expired = Fault::Refuse(403, "InvalidSecurityToken.Expired");
        world.luck.script(op, 1, expired);
        world.run().unwrap();
        world.assert_object_is_the_source();
        assert_eq!(world.renewals, 1);
        let mut world = long_world();
        world.account_life_ms = Some(3_600_000);
        world.luck.always(op, expired);
        assert_eq!(world.run().unwrap_err().code, Code::TokenExpired);
        assert!(world.renewals <= 2, "{}", world.renewals);
    }
}

#[test]
fn without_a_function_an_expired_token_is_the_end() {
    let mut world = long_world();
    let expired = Fault::Refuse(403, "InvalidSecurityToken.Expired");
    world.luck.script(Op::CreateUploadVideo, 1, expired);
    assert_eq!(world.run().unwrap_err().code, Code::TokenExpired);
    assert_eq!(world.renewals, 0);
}

#[test]
fn a_function_that_fails_ends_the_upload() {
    let mut world = long_world();
    world.account_life_ms = Some(63_000);
    world.gives_credentials = false;
    assert_eq!(world.run().unwrap_err().code, Code::CredentialsFailed);
}

#[test]
fn an_abort_while_keys_are_asked_for_leaves_nothing_behind() {
    for at in 0..60 {
        let mut world = long_world();
        world.account_life_ms = Some(1_000);
        world.abort_at = Some(at * 31);
        assert_eq!(world.run().unwrap_err().code, Code::Aborted);
        assert!(world.service.uploads.is_empty(), "at {at}");
    }
}
