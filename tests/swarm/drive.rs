//! One world from its beginning to its end, through every death and stop.

use std::collections::BTreeSet;

use vodlift::upload::job::{Budget, Shard};
use vodlift::upload::{Compared, Media, Outcome, Source};
use vodlift::{Code, Error};

use crate::draw::Case;
use crate::sim::{self, End, World};

/// After so many runs faults, deaths and stops cease.
const TROUBLED: u32 = 30;
/// By then it must have ended. Each shard counts.
const MOST: u32 = 400;

/// How a case ended. What must never happen panics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Done,
    Refused(Code),
}

pub(crate) fn drive(case: &mut Case) -> Verdict {
    let had_a_file = case.world.service.object.is_some();
    let verdict = runs(case);
    let made_another = case.made_before < case.world.service.created;
    if let Some(theirs) = &case.theirs
        && case.world.service.created == 1
    {
        let object = case.world.service.object.as_ref();
        assert_eq!(object, Some(theirs), "another's file was overwritten");
    }
    assert!(
        !had_a_file || made_another || case.world.service.object.is_some(),
        "what was there before is gone"
    );
    verdict
}

fn runs(case: &mut Case) -> Verdict {
    let mut shards = shards_of(case);
    let budget = case.world.job.options.budget.clone();
    if case.shards > 0 {
        // The upload is only begun, for others to carry on.
        case.world.job.options.budget = Budget {
            parts: Some(0),
            ..Budget::default()
        };
    }
    for run in 0..MOST {
        let is_calm = prepare(case, run);
        match case.world.run_slice() {
            Ok(End::Done(outcome)) => {
                check_done(case, &outcome);
                return Verdict::Done;
            }
            Ok(end) => {
                case.world.forget_the_process();
                let is_over = matches!(end, End::Suspended) && case.world.stop_at.is_none();
                if case.shards > 0 && is_over {
                    case.world.job.options.budget = budget.clone();
                    case.world.job.options.shard = shards.pop();
                    case.shards = u32::from(case.world.job.options.shard.is_some());
                }
            }
            Err(error) => {
                check_refused(case, &error, run, is_calm);
                if !goes_on(case, &error) {
                    return Verdict::Refused(error.code);
                }
                case.world.forget_the_process();
            }
        }
    }
    panic!("{MOST} slices and no end");
}

/// What happens to this run. Gives whether nothing goes wrong any more.
fn prepare(case: &mut Case, run: u32) -> bool {
    let is_calm = run >= TROUBLED;
    let (world, dice) = (&mut case.world, &mut case.dice);
    if is_calm {
        world.luck.per_mille = 0;
        world.luck.outage = None;
        world.late = 0;
        let changed = |at: &u64| sim::START + at <= world.now;
        world.source.changes_at = world.source.changes_at.filter(changed);
    }
    let mut at = |per_mille: u64, most: u64| {
        let (happens, at) = (dice.below(1000) < per_mille, dice.below(most));
        (happens && !is_calm).then_some(at)
    };
    let most = [200, 2_000, 8_000, 60_000][run as usize % 4];
    world.dies_at = at(case.dies, most);
    world.stop_at = at(case.stops, most);
    world.abort_at = at(case.aborts, most);
    world.max_steps = world.steps + 100_000;
    if let Some(ms) = case.slice_ms {
        let longer = ms * (1 + u64::from(run / 8));
        world.job.options.budget.deadline = Some(world.now + longer);
    }
    let nothing_happens =
        world.dies_at.is_none() && world.stop_at.is_none() && world.abort_at.is_none();
    nothing_happens && world.luck.per_mille == 0 && world.luck.outage.is_none()
}

/// Part numbers for each worker: all that there may be.
fn shards_of(case: &Case) -> Vec<Shard> {
    let part = case.world.job.options.part_size.unwrap_or(16 << 20);
    let parts = u32::try_from(case.world.source.size.div_ceil(part)).unwrap();
    let each = parts.div_ceil(case.shards.max(1)).max(1);
    (0..case.shards)
        .map(|n| Shard {
            first: n * each + 1,
            last: (n + 1) * each,
        })
        .collect()
}

fn is_renewable(world: &World) -> bool {
    matches!(world.job.media, Media::Video(_))
}

fn check_done(case: &Case, outcome: &Outcome) {
    let world = &case.world;
    if case.is_playlist() {
        check_playlist(world, outcome);
    } else if outcome.compared == Compared::ExistingLength {
        assert!(case.made_before > 0 && world.service.created == 1);
        assert_eq!(outcome.bytes, world.source.size);
        return;
    } else if outcome.resumed && outcome.compared == Compared::Length && world.luck.hashed {
        // The run that could have compared more has died, and this one tells so.
        assert!(world.service.object.is_some());
    } else {
        world.assert_object_is_the_source();
        assert_eq!(
            outcome.bytes, world.source.size,
            "the outcome tells of another length"
        );
    }
    check_media(case, outcome.restarts);
    if is_renewable(world) {
        check_nothing_open(world);
    }
}

/// Uploads that were heard of are completed or removed.
fn check_nothing_open(world: &World) {
    let mut told = world.service.told_ids.iter();
    let left = told.find(|id| world.service.uploads.contains_key(*id));
    assert!(left.is_none(), "an open multipart upload is left: {left:?}");
}

/// Where no Create was lost, and no run died before it could note one, there is one media.
fn check_media(case: &Case, restarts: u32) {
    let (world, made) = (&case.world, case.world.service.created);
    let anew = if is_renewable(world) { 0 } else { restarts };
    let made = made - case.made_before;
    let noted = case.dies == 0 && world.luck.seen_faults == 0;
    assert!(
        !noted || made <= 1 + anew || !is_renewable(world),
        "{made} media were made"
    );
}

fn check_playlist(world: &World, outcome: &Outcome) {
    let keys: BTreeSet<&str> = world.service.objects.iter().map(|o| o.0.as_str()).collect();
    assert!(
        world.service.has_root(),
        "the root is not the last: {keys:?}"
    );
    let folders = ["", "v0/", "v1/"];
    for (key, _, list) in &world.service.objects {
        let mut gap = false;
        for line in list.lines() {
            gap |= line == "#EXT-X-GAP";
            if line.starts_with('#') || line.is_empty() {
                continue;
            }
            let named = |folder: &&str| keys.contains(format!("sv/id/{folder}{line}").as_str());
            assert!(
                gap || folders.iter().any(named),
                "the object {key} names {line}, which is not there"
            );
            gap = false;
        }
    }
    let lengths: std::collections::BTreeMap<&str, u64> = world
        .service
        .objects
        .iter()
        .map(|o| (o.0.as_str(), o.1))
        .collect();
    let stored: u64 = lengths.values().sum();
    assert_eq!(
        outcome.bytes, stored,
        "the outcome tells of another length than that of all files"
    );
}

fn check_refused(case: &Case, error: &Error, run: u32, is_calm: bool) {
    let world = &case.world;
    let options = &world.job.options;
    let never_troubled = is_calm && world.luck.seen_faults == 0 && case.dies == 0;
    let is_calm = never_troubled || (is_calm && run > 0 && run >= TROUBLED);
    if is_calm && case.aborts == 0 {
        assert!(
            !case.may_fail.is_empty(),
            "it fails although nothing is wrong: {error:?}"
        );
    }
    if world.service.has_new_object() && is_stored_by_us(world) {
        world.assert_object_is_the_source();
    }
    // A clean-up that meets faults itself may give up, as may one that VOD gives a dead credential.
    let service = &world.service;
    let lives = service.credential_kept_ms < service.credential_life_s * 1000
        && (world.gives_credentials || (world.account_life_ms.is_none() && !world.by_ticket));
    let cleans = world.luck.per_mille == 0
        && !options.keep_on_failure
        && options.shard.is_none()
        && is_renewable(world)
        && error.code != Code::InvalidArgument;
    if cleans && lives && world.luck.seen_faults == 0 {
        check_nothing_open(world);
    }
}

fn is_stored_by_us(world: &World) -> bool {
    let mut extents = world.service.object.iter().flatten();
    extents.all(|extent| extent.version != sim::CORRUPT && extent.version != sim::OLD)
}

/// Whether a user would go on from the checkpoint.
fn goes_on(case: &mut Case, error: &Error) -> bool {
    let world = &case.world;
    let has_something = world.checkpoint.is_some() && !case.is_once();
    let is_worth_it = error.retryable && error.code != Code::Aborted;
    let kept = world.job.options.keep_on_failure && has_something && is_worth_it;
    kept && !matches!(world.job.source, Source::Stream { .. }) && case.dice.below(2) == 0
}
