//! A world by a number: each axis draws for itself, so that one can be switched off and the others stay as they are.

use std::collections::BTreeSet;
use std::fmt::Debug;

use vodlift::upload::job::Budget;
use vodlift::upload::plan::MIN_PART_SIZE;
use vodlift::upload::{
    Adopt, Media, MissingSegments, PlaylistRoot, PlaylistSource, Source, Verify,
};
use vodlift::vod::VideoRef;
use vodlift::vod::api::{CreateUploadAttachedMedia, CreateUploadImage};

use crate::sim::{self, Digest, Extent, Fault, Habit, Luck, Op, Page, SourceSpec, Stamp, World};

/// What is to be tried, and what may come of it.
pub(crate) struct Case {
    pub(crate) world: World,
    /// Draws what happens to each run.
    pub(crate) dice: Luck,
    /// In a thousand runs, so many die, are stopped, are given up.
    pub(crate) dies: u64,
    pub(crate) stops: u64,
    pub(crate) aborts: u64,
    /// The upload is moved by so many workers.
    pub(crate) shards: u32,
    /// Each run ends so many ms after its beginning.
    pub(crate) slice_ms: Option<u64>,
    /// Why it may end without success although nothing goes wrong any more.
    pub(crate) may_fail: Vec<&'static str>,
    /// The file that another media of the same reference id holds.
    pub(crate) theirs: Option<Vec<Extent>>,
    /// Media that were there before.
    pub(crate) made_before: u32,
    /// What was drawn, axis by axis.
    pub(crate) drawn: Vec<(&'static str, String)>,
}

/// Draws one value, tells it, and says whether it is another than usual.
type Axis = fn(&mut Case, &mut Luck) -> String;

/// In the order they are drawn: later ones may look at what earlier ones drew. New ones go to the end, so that a seed that failed
/// once still draws what it drew.
pub(crate) const AXES: &[(&str, Axis)] = &[
    ("part size", part_size),
    ("size", size),
    ("source", source),
    ("media", media),
    ("ranges", ranges),
    ("length", length),
    ("validators", validators),
    ("digests", digests),
    ("habit", habit),
    ("changes", changes),
    ("redirects", redirects),
    ("at once", at_once),
    ("first byte", first_byte),
    ("bandwidth", bandwidth),
    ("concurrency", concurrency),
    ("buffers", buffers),
    ("credential", credential),
    ("account", account),
    ("clock", clock),
    ("rights", rights),
    ("keep", keep),
    ("verify", verify),
    ("most bytes", most_bytes),
    ("reference", reference),
    ("replace", replace),
    ("budget", budget),
    ("shards", shards),
    ("faults", faults),
    ("wild", wild),
    ("outage", outage),
    ("late", late),
    ("deaths", deaths),
    ("stops", stops),
    ("aborts", aborts),
    ("taken", taken),
    ("lost part", lost_part),
    ("by ticket", by_ticket),
    ("address", address),
    ("clock set", clock_set),
    ("headers", headers),
    ("wishes", wishes),
];

pub(crate) fn draw(seed: u64, off: &BTreeSet<&str>) -> Case {
    let mut case = Case {
        world: World::new(seed, SourceSpec::ranged(350_000)),
        dice: Luck::new(seed.wrapping_mul(31).wrapping_add(1013)),
        dies: 0,
        stops: 0,
        aborts: 0,
        shards: 0,
        slice_ms: None,
        may_fail: vec![],
        theirs: None,
        made_before: 0,
        drawn: vec![],
    };
    case.world.job.options.part_size = Some(MIN_PART_SIZE);
    case.world.one_upload = true;
    for (number, (name, axis)) in (1u64..).zip(AXES) {
        if off.contains(name) {
            continue;
        }
        let mut dice = Luck::new(seed.wrapping_mul(1_000_003).wrapping_add(number * 7919));
        dice.below(2);
        let drawn = axis(&mut case, &mut dice);
        case.drawn.push((name, drawn));
    }
    case
}

fn pick<T: Copy>(dice: &mut Luck, list: &[T]) -> T {
    list[dice.below(list.len() as u64) as usize]
}

fn said(value: impl Debug) -> String {
    format!("{value:?}")
}

impl Case {
    fn is_url(&self) -> bool {
        matches!(self.world.job.source, Source::Url { .. })
    }

    pub(crate) fn is_playlist(&self) -> bool {
        matches!(self.world.job.source, Source::Playlist(_))
    }

    /// What passes by once cannot be gone on with.
    pub(crate) fn is_once(&self) -> bool {
        matches!(
            self.world.job.source,
            Source::Stream { .. } | Source::Reply(_)
        )
    }

    pub(crate) fn is_video(&self) -> bool {
        matches!(self.world.job.media, Media::Video(_))
    }

    fn may(&mut self, why: &'static str) {
        self.may_fail.push(why);
    }
}

// What is uploaded.

fn part_size(case: &mut Case, dice: &mut Luck) -> String {
    let sizes = [
        Some(MIN_PART_SIZE),
        Some(MIN_PART_SIZE),
        Some(1 << 20),
        None,
    ];
    case.world.job.options.part_size = pick(dice, &sizes);
    said(case.world.job.options.part_size)
}

fn size(case: &mut Case, dice: &mut Luck) -> String {
    let part = case.world.job.options.part_size.unwrap_or(16 << 20);
    let few = 1 + dice.below(5);
    case.world.source.size = match dice.below(8) {
        0 => 1 + dice.below(3),
        1 => (part * few).saturating_sub(1).max(1),
        2 => part * few,
        3 => part * few + 1,
        4 => 1 + dice.below(40 * MIN_PART_SIZE),
        _ => 1 + dice.below(6 * MIN_PART_SIZE),
    };
    said(case.world.source.size)
}

fn source(case: &mut Case, dice: &mut Luck) -> String {
    let size = case.world.source.size;
    let known = (dice.below(2) == 0).then_some(size);
    match dice.below(10) {
        0 | 1 => {
            case.world.job.source = Source::Slices {
                size,
                modified: None,
                name: Some("film.mp4".into()),
                content_type: None,
                version: None,
            };
            "slices".into()
        }
        2 => {
            case.world.job.source = Source::Stream {
                size: known,
                name: None,
            };
            case.may("it passes by once");
            format!("stream {known:?}")
        }
        3 => playlist(case, dice),
        _ => "url".into(),
    }
}

/// Segments in one or two variants, with a key or without.
fn playlist(case: &mut Case, dice: &mut Luck) -> String {
    const FOLDER: &str = "https://origin.example/hls";
    let world = &mut case.world;
    let variants = dice.below(3);
    let count = 1 + dice.below(6);
    let has_key = dice.below(2) == 0;
    let mut source = PlaylistSource::at(PlaylistRoot::Url {
        url: format!("{FOLDER}/master.m3u8?signature={}", sim::URL_SECRET),
        headers: vec![],
    });
    let gaps = dice.below(3) == 0 && count > 1;
    if gaps {
        source.missing_segments = MissingSegments::Gap;
    }
    world.job.source = Source::Playlist(source);
    if let Media::Video(video) = &mut world.job.media {
        video.file_name = String::new();
    }
    world.service.root_key = Some("sv/id/root.m3u8");
    world.site_has_lengths = dice.below(3) > 0;
    let key = match has_key {
        true => "#EXT-X-KEY:METHOD=AES-128,URI=\"/hls/k\"\n",
        false => "",
    };
    // Where names do not tell the format, the first bytes do.
    let (extension, begins) = pick(dice, &[(".ts", ""), (".ts", ""), ("", "ID3\u{4}\0\0")]);
    let lines: String = (0..count)
        .map(|n| format!("#EXTINF:6,\nseg{n}{extension}\n"))
        .collect();
    let list = format!("#EXTM3U\n{key}{lines}#EXT-X-ENDLIST\n");
    let mut put = |path: String, page: Page| world.site.insert(format!("{FOLDER}/{path}"), page);
    put("k".into(), Page::Bytes(16));
    let folders: Vec<String> = match variants {
        0 => vec![String::new()],
        _ => (0..variants).map(|n| format!("v{n}/")).collect(),
    };
    for folder in &folders {
        for n in 0..count {
            let page = match dice.below(8) {
                0 => Page::Moved(format!("{FOLDER}/elsewhere.ts")),
                _ if gaps && n > 0 && dice.below(4) == 0 => continue,
                _ => Page::Begins(begins, 100 + dice.below(200_000)),
            };
            put(format!("{folder}seg{n}{extension}"), page);
        }
        let name = match variants {
            0 => "master.m3u8".into(),
            _ => format!("{folder}i.m3u8"),
        };
        put(name, Page::Text(list.clone()));
    }
    put("elsewhere.ts".into(), Page::Bytes(1000));
    if variants > 0 {
        let lines: String = (0..variants)
            .map(|n| format!("#EXT-X-STREAM-INF:BANDWIDTH={}\nv{n}/i.m3u8\n", n + 1))
            .collect();
        put(
            "master.m3u8".into(),
            Page::Text(format!("#EXTM3U\n{lines}")),
        );
    }
    format!("playlist of {variants} variants, {count} segments, key {has_key}, gaps {gaps}")
}

fn media(case: &mut Case, dice: &mut Luck) -> String {
    if case.is_playlist() {
        return "video".into();
    }
    match dice.below(12) {
        0 => {
            case.world.job.media = Media::Image(CreateUploadImage::default());
            if let Source::Url { url, .. } = &mut case.world.job.source {
                *url = url.replace("film.mp4", "photo.jpg");
            }
            if let Source::Slices { name, .. } = &mut case.world.job.source {
                *name = Some("photo.jpg".into());
            }
        }
        1 => {
            let media = CreateUploadAttachedMedia::default();
            case.world.job.media = Media::AttachedMedia(media);
        }
        _ => {}
    }
    case.world.job.media.kind().into()
}

// Where it comes from.

fn ranges(case: &mut Case, dice: &mut Luck) -> String {
    case.world.source.ranges = dice.below(3) > 0;
    said(case.world.source.ranges)
}

fn length(case: &mut Case, dice: &mut Luck) -> String {
    case.world.source.announces_length = dice.below(3) > 0;
    said(case.world.source.announces_length)
}

fn validators(case: &mut Case, dice: &mut Luck) -> String {
    let source = &mut case.world.source;
    (source.etag, source.weak) = pick(dice, &[(true, false), (true, true), (false, false)]);
    source.stamp = pick(dice, &[Stamp::None, Stamp::True, Stamp::Now]);
    format!(
        "etag {} weak {} {:?}",
        source.etag, source.weak, source.stamp
    )
}

fn digests(case: &mut Case, dice: &mut Luck) -> String {
    case.world.source.digests = pick(
        dice,
        &[
            &[],
            &[],
            &[Digest::ContentMd5],
            &[Digest::PartMd5],
            &[Digest::OssCrc],
            &[Digest::OssCrc, Digest::ContentMd5],
            &[Digest::Goog],
            &[Digest::Instance],
            &[Digest::Representation],
        ],
    );
    let source = &case.world.source;
    if source.digests.contains(&Digest::PartMd5) && !source.announces_length {
        case.may(
            "a digest of each range has it read in one request, which does not tell its length",
        );
    }
    said(case.world.source.digests)
}

fn habit(case: &mut Case, dice: &mut Luck) -> String {
    case.world.source.habit = match dice.below(3) {
        0 => pick(dice, Habit::ODD),
        _ => Habit::Right,
    };
    let habit = case.world.source.habit;
    if matches!(habit, Habit::NodeEtags(_) | Habit::WeakensEtags) {
        // For one run they are a doubt, for the next one another file.
        case.may("its ETags change");
    }
    said(habit)
}

/// Without any validator a change cannot be seen; with one it must be.
fn changes(case: &mut Case, dice: &mut Luck) -> String {
    if !case.world.source.announces_length && case.world.source.habit != Habit::Right {
        case.may("its length is told by ranges only");
    }
    let source = &case.world.source;
    let tells = |digest: &Digest| !matches!(digest, Digest::PartMd5 | Digest::OssCrc);
    let is_told = match case.world.job.source {
        Source::Slices { .. } => true,
        Source::Url { .. } => {
            source.etag || source.stamp == Stamp::True || source.digests.iter().any(tells)
        }
        _ => false,
    };
    if !is_told || dice.below(4) > 0 {
        return "never".into();
    }
    let most = pick(dice, &[300, 3_000, 20_000]);
    let at = 1 + dice.below(most);
    case.world.source.changes_at = Some(at);
    case.may("the source changes");
    format!("after {at} ms")
}

fn redirects(case: &mut Case, dice: &mut Luck) -> String {
    case.world.source.redirects = dice.below(4) as u32;
    said(case.world.source.redirects)
}

/// Behind a redirect there may be a signed address, which ends.
fn address(case: &mut Case, dice: &mut Luck) -> String {
    let source = &case.world.source;
    let is_prompt = source.redirects > 0 && source.first_byte_ms == 0;
    if dice.below(4) == 0 && is_prompt {
        case.world.source.address_lives_ms = Some(200 + dice.below(20_000));
    }
    said(case.world.source.address_lives_ms)
}

fn at_once(case: &mut Case, dice: &mut Luck) -> String {
    let limits = [
        None,
        None,
        None,
        Some((1, 503, None)),
        Some((2, 429, Some(2))),
    ];
    case.world.source.takes_at_once = pick(dice, &limits);
    said(case.world.source.takes_at_once)
}

fn first_byte(case: &mut Case, dice: &mut Luck) -> String {
    case.world.source.first_byte_ms = pick(dice, &[0, 0, 0, 0, 70_000]);
    said(case.world.source.first_byte_ms)
}

fn bandwidth(case: &mut Case, dice: &mut Luck) -> String {
    case.world.bandwidth = pick(dice, &[30_000, 1 << 18, 4 << 20, 64 << 20]);
    said(case.world.bandwidth)
}

// The host.

fn concurrency(case: &mut Case, dice: &mut Luck) -> String {
    case.world.job.options.concurrency = Some(1 + dice.below(8) as u32);
    said(case.world.job.options.concurrency)
}

fn buffers(case: &mut Case, dice: &mut Luck) -> String {
    let host = &mut case.world.job.host;
    host.buffer_bytes = pick(dice, &[64 << 20, 64 << 20, 4 << 20]);
    host.buffers_parts = dice.below(5) == 0;
    let told = format!("{} bytes, parts: {}", host.buffer_bytes, host.buffers_parts);
    case.world.memory_is_short = dice.below(5) == 0;
    if case.world.memory_is_short && case.is_playlist() {
        case.may("files that trickle give way to others");
    }
    format!("{told}, short: {}", case.world.memory_is_short)
}

// The service.

fn credential(case: &mut Case, dice: &mut Luck) -> String {
    let service = &mut case.world.service;
    service.credential_life_s = pick(dice, &[2, 5, 30, 3000, 3000]);
    let life_ms = service.credential_life_s * 1000;
    // Handed out again unchanged: not at all, to shortly before its end, to its end, or beyond.
    service.credential_kept_ms = pick(dice, &[0, 0, life_ms * 9 / 10, life_ms, life_ms + 5_000]);
    service.ended = pick(
        dice,
        &[
            "SecurityTokenExpired",
            "SecurityTokenExpired",
            "InvalidSecurityToken",
            "InvalidAccessKeyId",
        ],
    );
    let told = format!(
        "{} s, kept {} ms, {}",
        service.credential_life_s, service.credential_kept_ms, service.ended
    );
    if case.world.service.credential_kept_ms >= life_ms || !case.is_video() {
        case.may("its credential ends");
    }
    told
}

fn account(case: &mut Case, dice: &mut Luck) -> String {
    if dice.below(5) > 0 {
        return "lasts".into();
    }
    let life = 500 + dice.below(20_000);
    case.world.account_life_ms = Some(life);
    case.world.gives_credentials = dice.below(8) > 0;
    if !case.world.gives_credentials {
        case.may("the keys end");
    }
    format!("{life} ms, renewed {}", case.world.gives_credentials)
}

fn clock(case: &mut Case, dice: &mut Luck) -> String {
    let service = &mut case.world.service;
    service.skew_ms = pick(dice, &[0, 0, 0, 45_000, -800_000, 3_600_000, -3_600_000]);
    let dates = [
        None,
        None,
        None,
        None,
        Some(0),
        Some(sim::START + 86_400_000),
    ];
    service.date_of_successes = pick(dice, &dates);
    format!(
        "{} ms off, successes {:?}",
        service.skew_ms, service.date_of_successes
    )
}

/// Somebody sets the host's clock, which was right until then: one that is set while it is being corrected is given up.
fn clock_set(case: &mut Case, dice: &mut Luck) -> String {
    let service = &mut case.world.service;
    if dice.below(8) == 0 && service.skew_ms == 0 {
        let at = sim::START + 1 + dice.below(20_000);
        let off = pick(dice, &[1_000_000, 3_600_000, -3_600_000]);
        service.skew_from = Some((at, off));
    }
    said(service.skew_from)
}

fn rights(case: &mut Case, dice: &mut Luck) -> String {
    case.world.service.may_read = dice.below(2) == 0;
    let may_list = dice.below(6) > 0;
    if !may_list {
        let fault = Fault::Refuse(403, "AccessDenied");
        case.world.luck.always(Op::ListParts, fault);
        case.may("it may not list parts");
    }
    format!("read {}, list {may_list}", case.world.service.may_read)
}

fn keep(case: &mut Case, dice: &mut Luck) -> String {
    case.world.job.options.keep_on_failure = dice.below(2) == 0;
    said(case.world.job.options.keep_on_failure)
}

fn verify(case: &mut Case, dice: &mut Luck) -> String {
    let verify = pick(dice, &[Verify::Length, Verify::Crc64]);
    case.world.job.options.verify = verify;
    case.world.luck.hashed = verify == Verify::Crc64;
    said(verify)
}

// What the caller wants.

fn headers(case: &mut Case, dice: &mut Luck) -> String {
    let options = &mut case.world.job.options;
    if dice.below(4) == 0 {
        options.object_headers = vec![("Cache-Control".into(), "max-age=60".into())];
    }
    said(&options.object_headers)
}

/// A resume need not be told again what its checkpoint tells.
fn wishes(case: &mut Case, dice: &mut Luck) -> String {
    case.world.forgets_wishes = dice.below(2) == 0;
    format!("forgotten {}", case.world.forgets_wishes)
}

fn most_bytes(case: &mut Case, dice: &mut Luck) -> String {
    let size = case.world.source.size;
    let most = 1 + dice.below(2 * size);
    if dice.below(12) == 0 {
        case.world.job.options.max_bytes = Some(most);
        if most < size {
            case.may("it is larger than allowed");
        }
    }
    said(case.world.job.options.max_bytes)
}

fn reference(case: &mut Case, dice: &mut Luck) -> String {
    let Media::Video(video) = &mut case.world.job.media else {
        return "none".into();
    };
    if dice.below(3) > 0 {
        return "none".into();
    }
    video.reference_id = Some("row-0001".into());
    let adopt = pick(dice, &[Adopt::Never, Adopt::Always, Adopt::IfPossible]);
    case.world.job.options.adopt = adopt;
    case.may("the reference id may be taken by a try that nobody noted");
    format!("{adopt:?}")
}

/// Another media has the reference id: without a file, with one like ours, or with another.
fn taken(case: &mut Case, dice: &mut Luck) -> String {
    let has_reference = case.world.job.media.reference_id().is_some();
    if !has_reference || case.is_playlist() || dice.below(2) > 0 {
        return "by none".into();
    }
    let there = pick(dice, &[None, Some(case.world.source.size), Some(5)]);
    let service = &mut case.world.service;
    service.created = 1;
    service.reference = Some("row-0001".into());
    service.holds_theirs = true;
    service.object = there.map(|length| {
        vec![Extent {
            offset: 0,
            length,
            version: sim::OLD,
        }]
    });
    case.theirs = service.object.clone();
    case.made_before = 1;
    format!("by {there:?}")
}

fn lost_part(case: &mut Case, dice: &mut Luck) -> String {
    if dice.below(12) > 0 {
        return "none".into();
    }
    case.world.service.loses = true;
    case.may("what was read in order cannot be sent again");
    "one".into()
}

/// Somebody else has made the media and brings the place. Nothing that takes a call of VOD goes with it.
fn by_ticket(case: &mut Case, dice: &mut Luck) -> String {
    let world = &case.world;
    let takes_calls = world.job.media.reference_id().is_some()
        || world.job.options.replace.is_some()
        || case.shards > 0
        || case.is_playlist();
    if takes_calls || dice.below(5) > 0 {
        return "no".into();
    }
    let world = &mut case.world;
    world.by_ticket = true;
    world.account_life_ms = None;
    world.gives_credentials = dice.below(3) > 0;
    if !world.gives_credentials {
        case.may("its ticket ends");
    }
    format!("refreshed {}", case.world.gives_credentials)
}

fn replace(case: &mut Case, dice: &mut Luck) -> String {
    let is_plain = !case.is_playlist() && case.is_video() && case.is_url();
    let has_reference = case.world.job.media.reference_id().is_some();
    if !is_plain || has_reference || dice.below(5) > 0 {
        return "nothing".into();
    }
    let size = case.world.source.size;
    let there = pick(dice, &[Some(5), Some(size), None]);
    let by = match dice.below(2) {
        0 => VideoRef::media("video-1"),
        _ => VideoRef {
            reference_id: Some("row-0001".into()),
            ..VideoRef::default()
        },
    };
    case.world.replace(by, there);
    format!("{there:?}")
}

fn budget(case: &mut Case, dice: &mut Luck) -> String {
    if !case.is_video() || case.is_once() || dice.below(3) > 0 {
        return "none".into();
    }
    let budget = match dice.below(4) {
        0 => Budget {
            parts: Some(1 + dice.below(6) as u32),
            ..Budget::default()
        },
        1 => Budget {
            bytes: Some(1 + dice.below(8 * MIN_PART_SIZE)),
            ..Budget::default()
        },
        2 => {
            case.may("its budget may be too small");
            Budget {
                subrequests: Some(5 + dice.below(40) as u32),
                ..Budget::default()
            }
        }
        _ => {
            case.may("its budget may be too small");
            case.slice_ms = Some(200 + dice.below(20_000));
            Budget::default()
        }
    };
    case.world.job.options.budget = budget.clone();
    format!("{budget:?}, deadline after {:?}", case.slice_ms)
}

fn shards(case: &mut Case, dice: &mut Luck) -> String {
    let is_plain = case.is_video() && !case.is_once() && !case.is_playlist();
    if !is_plain || dice.below(8) > 0 {
        return "none".into();
    }
    case.shards = 1 + dice.below(4) as u32;
    let source = &case.world.source;
    let differs = source.digests.contains(&Digest::PartMd5);
    if !source.ranges || source.habit != Habit::Right || differs {
        case.may("a shard needs ranges");
    }
    said(case.shards)
}

// What goes wrong.

fn faults(case: &mut Case, dice: &mut Luck) -> String {
    case.world.luck.per_mille = pick(dice, &[0, 0, 10, 50, 150, 300]);
    said(case.world.luck.per_mille)
}

fn wild(case: &mut Case, dice: &mut Luck) -> String {
    case.world.luck.wild = dice.below(2) == 0;
    said(case.world.luck.wild)
}

/// One kind of request always fails, until faults cease.
fn outage(case: &mut Case, dice: &mut Luck) -> String {
    if dice.below(8) > 0 {
        return "none".into();
    }
    let op = pick(
        dice,
        &[
            Op::Open,
            Op::CreateUploadVideo,
            Op::RefreshUploadVideo,
            Op::GetMezzanineInfo,
            Op::DeleteMultipartUpload,
            Op::DeleteVideo,
            Op::Initiate,
            Op::PutObject,
            Op::UploadPart,
            Op::ListParts,
            Op::Complete,
            Op::Abort,
            Op::Head,
        ],
    );
    let unavailable = Fault::Refuse(503, "ServiceUnavailable");
    let fault = pick(dice, &[Fault::ResetBefore, Fault::ResetAfter, unavailable]);
    case.world.luck.outage = Some((op, fault));
    said(case.world.luck.outage)
}

fn late(case: &mut Case, dice: &mut Luck) -> String {
    case.world.late = pick(dice, &[0, 0, 300, 1000]);
    said(case.world.late)
}

fn deaths(case: &mut Case, dice: &mut Luck) -> String {
    if !case.is_once() {
        case.dies = pick(dice, &[0, 0, 500]);
    }
    said(case.dies)
}

fn stops(case: &mut Case, dice: &mut Luck) -> String {
    case.stops = pick(dice, &[0, 0, 500]);
    if case.stops > 0 && !case.is_video() {
        case.may("what cannot be gone on with is stopped");
    }
    said(case.stops)
}

fn aborts(case: &mut Case, dice: &mut Luck) -> String {
    case.aborts = pick(dice, &[0, 0, 0, 30]);
    if case.aborts > 0 {
        case.may("it is given up");
    }
    said(case.aborts)
}
