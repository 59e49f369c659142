//! Worlds in which nothing goes wrong: what an upload costs there, and what it tells at its end, is known to the last request.

use std::collections::BTreeMap;
use std::ops::Range;

use vodlift::Code;
use vodlift::upload::{Compared, Outcome, Phase, Source, Verify, Vouched};

use crate::draw::{Case, draw};
use crate::sim::{self, Digest, Op, Stamp};
use crate::swarm::caught;

/// What comes whole in the first reply, and is no more than this, is not asked for again.
const KEPT_BYTES: u64 = 16 * 1024 * 1024;

/// All that makes trouble, or makes the machine ask more than once.
const TROUBLE: &[&str] = &[
    "habit",
    "changes",
    "at once",
    "first byte",
    "credential",
    "account",
    "clock",
    "rights",
    "most bytes",
    "replace",
    "budget",
    "shards",
    "faults",
    "wild",
    "outage",
    "late",
    "deaths",
    "stops",
    "aborts",
    "taken",
    "lost part",
    "address",
    "clock set",
];

pub(crate) fn all_cost_what_they_must(seeds: Range<u64>) {
    let bad: Vec<String> = seeds
        .filter_map(|seed| Some(format!("seed {seed}: {}", caught(|| check(seed)).err()?)))
        .collect();
    assert!(bad.is_empty(), "{} fail:\n{}", bad.len(), bad.join("\n"));
}

fn check(seed: u64) {
    let mut case = draw(seed, &TROUBLE.iter().copied().collect());
    // Where each range has a digest of its own, the first two of them show that, and the source is read anew.
    if case.world.source.digests.contains(&Digest::PartMd5) {
        return;
    }
    let outcome = match case.world.run() {
        // Files that trickle give way to others, and not for ever.
        Err(_) if case.is_playlist() && case.world.memory_is_short => return,
        // Nothing tells what an image is in a stream without a name.
        Err(error) if error.code == Code::InvalidArgument && !case.is_video() => return,
        // On a line so slow that it outlives the only credential there is.
        Err(error)
            if error.code == Code::CredentialEnded
                && (!case.is_video() || case.world.by_ticket) =>
        {
            return;
        }
        outcome => outcome.unwrap(),
    };
    // Before its credential ends.
    if case.world.now > sim::START + 2_000_000 {
        return;
    }
    match case.is_playlist() {
        true => check_playlist(&case, &outcome),
        false => check_object(&case, &outcome),
    }
    check_told(&case, &outcome);
}

fn check_object(case: &Case, outcome: &Outcome) {
    let world = &case.world;
    world.assert_object_is_the_source();
    let parts = world.sent.len() as u32;
    let in_parts = !world.sent.contains_key(&0) && !world.service.completed_numbers.is_empty();
    assert!(
        world.sent.values().all(|times| *times == 1),
        "parts sent {:?}",
        world.sent
    );
    let calls = [
        (Op::CreateUploadVideo, u32::from(!world.by_ticket)),
        (Op::Initiate, u32::from(in_parts)),
        (Op::UploadPart, if in_parts { parts } else { 0 }),
        (Op::PutObject, u32::from(!in_parts)),
        (Op::Complete, u32::from(in_parts)),
    ];
    let cost: BTreeMap<Op, u32> = calls.into_iter().filter(|(_, count)| *count > 0).collect();
    let mut seen = world.luck.seen.clone();
    seen.retain(|op, _| !matches!(op, Op::Open | Op::Read));
    assert_eq!(seen, cost, "requests");
    check_source(case, parts);
    check_width(case, parts);
    let kind = world.job.media.kind();
    let url = |of: &str, url: &str| (kind == of && !world.by_ticket).then(|| url.to_owned());
    let crc = world.crc();
    assert_eq!(
        (
            &outcome.kind,
            &outcome.image_url,
            &outcome.media_url,
            &outcome.crc64
        ),
        (
            &kind.to_owned(),
            &url("image", "https://i"),
            &url("attached", "https://m"),
            &Some(crc.to_string())
        )
    );
    assert_eq!(
        outcome.file_url.is_some(),
        kind != "video" && !world.by_ticket
    );
    assert_eq!(outcome.object_key, "sv/id-1/film.mp4");
    assert_eq!((outcome.bytes, outcome.parts), (world.source.size, parts));
    let compared = match (world.job.options.verify, in_parts) {
        (Verify::Crc64, _) => Compared::Crc64,
        (_, true) => Compared::Parts,
        (_, false) => Compared::Length,
    };
    assert_eq!(outcome.compared, compared);
    assert_eq!(outcome.vouched, Some(vouched(case)));
}

/// How the bytes are reached where all is well.
fn has_ranges(case: &Case) -> bool {
    let source = &case.world.source;
    matches!(case.world.job.source, Source::Url { .. }) && source.ranges
}

/// Read in the first reply, in however many parts it goes up.
fn came_at_once(case: &Case) -> bool {
    case.world.asked == 1 && case.world.source.size <= KEPT_BYTES
}

fn vouched(case: &Case) -> Vouched {
    let source = &case.world.source;
    match case.world.job.source {
        Source::Slices { .. } => Vouched::Local,
        Source::Url { .. } if source.digests.contains(&Digest::OssCrc) => Vouched::Digest,
        Source::Url { .. } if case.world.asked == 1 => Vouched::OneReply,
        Source::Url { .. } => {
            let tells = source.etag || source.stamp == Stamp::True || !source.digests.is_empty();
            match tells {
                true => Vouched::Validators,
                false => Vouched::Nothing,
            }
        }
        _ => Vouched::OneReply,
    }
}

/// Each byte is asked for once: the first reply is the first part, or all of it.
fn check_source(case: &Case, parts: u32) {
    let world = &case.world;
    let opens = match world.job.source {
        Source::Slices { .. } => 0,
        Source::Url { .. } => 1 + world.source.redirects,
        _ => 1,
    };
    assert_eq!(world.luck.count(Op::Open), opens, "opens");
    let asked = match world.job.source {
        Source::Url { .. } if has_ranges(case) => parts,
        Source::Url { .. } => 1,
        _ => 0,
    };
    // A first part for which there is no memory is asked for again; what may be small enough is read at once.
    let exact = !world.memory_is_short && world.source.announces_length || !has_ranges(case);
    assert!(
        world.asked == asked || came_at_once(case) || !exact,
        "{} replies of the source, {asked} would do",
        world.asked
    );
}

/// As many parts move at once as may.
fn check_width(case: &Case, parts: u32) {
    let world = &case.world;
    let is_sliced = matches!(world.job.source, Source::Slices { .. });
    let wanted = world.job.options.concurrency.unwrap_or(1).min(parts) as usize;
    let is_roomy = !world.job.host.buffers_parts && !world.memory_is_short;
    if (has_ranges(case) && !came_at_once(case) || is_sliced) && is_roomy {
        assert_eq!(world.most_transfers, wanted, "parts at once");
    }
}

fn check_playlist(case: &Case, outcome: &Outcome) {
    let world = &case.world;
    check_pages(case);
    let keys: BTreeMap<&str, u64> = world
        .service
        .objects
        .iter()
        .map(|(key, length, _)| (key.as_str(), *length))
        .collect();
    assert_eq!(keys.len(), world.service.objects.len(), "stored twice");
    let cost = BTreeMap::from([
        (Op::CreateUploadVideo, 1),
        (Op::PutObject, keys.len() as u32),
    ]);
    let mut seen = world.luck.seen.clone();
    seen.retain(|op, _| !matches!(op, Op::Open | Op::Read));
    assert_eq!(seen, cost, "requests");
    assert!(world.service.has_root(), "the root is not the last");
    assert_eq!(outcome.bytes, keys.values().sum::<u64>());
    assert_eq!(outcome.parts as usize, keys.len(), "files");
    assert_eq!(
        (outcome.kind.as_str(), outcome.object_key.as_str()),
        ("playlist", "sv/id/root.m3u8")
    );
    assert_eq!(outcome.vouched, Some(Vouched::OneReply));
}

/// Each file is asked for once; one that gave way for want of memory is another time.
fn check_pages(case: &Case) {
    let world = &case.world;
    if world.memory_is_short {
        return;
    }
    let mut asked = BTreeMap::<&str, usize>::new();
    for at in &world.opened {
        *asked.entry(at.as_str()).or_default() += 1;
    }
    // Several may lead to this one.
    asked.retain(|at, _| !at.ends_with("/elsewhere.ts"));
    // What was looked at for its format is kept until it is stored, unless too many others come first.
    let most = |at: &str| 1 + usize::from(at.ends_with("/seg0"));
    asked.retain(|at, times| *times > most(at));
    assert!(asked.is_empty(), "asked for again: {asked:?}");
}

/// What is told of it, on the way and at the end.
fn check_told(case: &Case, outcome: &Outcome) {
    let world = &case.world;
    // Files that trickle give way to others where memory is short.
    let gives_way = world.memory_is_short && case.is_playlist();
    let counts = [
        world.waits,
        outcome.retries,
        outcome.refreshes,
        outcome.restarts,
    ];
    assert!(
        gives_way || counts == [0; 4],
        "waits and retries: {counts:?}"
    );
    assert!(!outcome.resumed && !outcome.replaced && outcome.notice.is_none());
    assert_eq!(
        (outcome.media_id.as_str(), outcome.bucket.as_str()),
        ("video-1", "bucket")
    );
    assert_eq!(outcome.request_id.as_deref(), Some("REQUEST"));
    let checkpoint = world.checkpoint.as_ref().unwrap();
    let last = world.last_progress.as_ref().unwrap();
    assert_eq!(
        (last.phase, last.bytes_accepted),
        (Phase::Ended, outcome.bytes)
    );
    if !case.is_playlist() {
        assert_eq!(last.bytes_total, Some(outcome.bytes));
        assert_eq!(last.parts_total, Some(last.parts_accepted));
    }
    assert!(last.retry.is_none() && last.media_id.as_deref() == Some("video-1"));
    assert_eq!(
        (checkpoint.bytes_accepted, checkpoint.parts_accepted),
        (last.bytes_accepted, last.parts_accepted)
    );
    let mut order = world.phases.clone();
    order.sort_by_key(|phase| *phase as u8);
    order.dedup();
    assert_eq!(world.phases, order, "phases");
}
