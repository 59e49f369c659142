//! Stories of playlists: everything they name goes up, the root last, whatever happens on the way.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test fails by panicking"
)]

mod sim;

use sim::{End, Fault, Op, Page, SourceSpec, World};
use vodlift::source::access::HostAccess;
use vodlift::upload::{
    Adopt, MissingSegments, PlaylistLimits, PlaylistRoot, PlaylistSource, Source,
};
use vodlift::{Code, Error};

const ROOT: &str = "https://origin.example/hls/master.m3u8";

fn source(root: PlaylistRoot) -> Source {
    Source::Playlist(PlaylistSource::at(root))
}

fn web(seed: u64, pages: &[(&str, Page)]) -> World {
    let mut world = World::new(seed, SourceSpec::ranged(1));
    world.job.source = source(PlaylistRoot::Url {
        url: format!("{ROOT}?signature={}", sim::URL_SECRET),
        headers: vec![],
    });
    if let vodlift::upload::Media::Video(video) = &mut world.job.media {
        video.file_name = String::new();
    }
    world.service.root_key = Some("sv/id/root.m3u8");
    for (url, page) in pages {
        world.site.insert((*url).to_owned(), page.clone());
    }
    world
}

fn text(text: &str) -> Page {
    Page::Text(text.to_owned())
}

fn media(segments: &[String]) -> Page {
    let lines: String = segments
        .iter()
        .map(|segment| format!("#EXTINF:6,\n{segment}\n"))
        .collect();
    text(&format!(
        "#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI=\"../k?id=1\"\n{lines}#EXT-X-ENDLIST\n"
    ))
}

/// Two variants of `count` segments each, of one name in both, and a key that they share.
fn film(seed: u64, count: usize) -> World {
    let names: Vec<String> = (0..count).map(|n| format!("seg{n}.ts?v=1")).collect();
    let mut world = web(
        seed,
        &[
            (
                ROOT,
                text(
                    "#EXTM3U\r\n#EXT-X-STREAM-INF:BANDWIDTH=1\r\nlow/i.m3u8\r\n#EXT-X-STREAM-INF:BANDWIDTH=2\r\nhigh/i.m3u8\r\n",
                ),
            ),
            ("https://origin.example/hls/low/i.m3u8", media(&names)),
            ("https://origin.example/hls/high/i.m3u8", media(&names)),
            ("https://origin.example/hls/k", Page::Bytes(16)),
        ],
    );
    for variant in ["low", "high"] {
        for n in 0..count {
            let url = format!("https://origin.example/hls/{variant}/seg{n}.ts");
            world
                .site
                .insert(url, Page::Bytes(100_000 + n as u64 * 1000));
        }
    }
    world
}

fn keys(world: &World) -> Vec<&str> {
    let objects = world.service.objects.iter();
    objects.map(|(key, ..)| key.as_str()).collect()
}

/// Everything is there once or more, the root last, and it names what is there.
fn assert_complete(world: &World, count: usize) {
    let mut keys = keys(world);
    assert_eq!(keys.last(), Some(&"sv/id/root.m3u8"));
    keys.sort_unstable();
    keys.dedup();
    assert_eq!(keys.len(), 2 * count + 4, "{keys:?}");
    let (.., root) = world.service.objects.last().unwrap();
    assert_eq!(
        root,
        "#EXTM3U\r\n#EXT-X-STREAM-INF:BANDWIDTH=1\r\ni.m3u8\r\n#EXT-X-STREAM-INF:BANDWIDTH=2\r\ni-2.m3u8\r\n"
    );
    for (key, _, list) in &world.service.objects {
        for uri in list.lines().filter(|line| !line.starts_with('#')) {
            let named = format!("sv/id/{uri}");
            assert!(keys.contains(&named.as_str()), "{key} names {uri}");
        }
    }
}

fn refusal(world: &mut World) -> Error {
    let error = world.run().unwrap_err();
    assert_eq!(world.service.created, 0, "{error:?}");
    error
}

#[test]
fn a_master_playlist_goes_up_with_all_it_names() {
    let mut world = film(1, 9);
    let outcome = world.run().unwrap();
    assert_complete(&world, 9);
    assert_eq!(
        (
            outcome.kind.as_str(),
            outcome.parts,
            outcome.object_key.as_str()
        ),
        ("playlist", 22, "sv/id/root.m3u8")
    );
    let stored: u64 = world.service.objects.iter().map(|(_, size, _)| size).sum();
    assert_eq!(outcome.bytes, stored);
    assert_eq!(world.most_transfers, 4);
    assert_eq!(world.opened.len(), 3 + 19, "nothing is fetched twice");
    let progress = world.last_progress.unwrap();
    assert_eq!(
        (progress.parts_accepted, progress.parts_total),
        (22, Some(22))
    );
}

#[test]
fn a_file_of_many_byte_ranges_goes_up_once_and_straight_from_its_source() {
    let list = "#EXTM3U\n#EXT-X-MAP:URI=\"all.mp4\",BYTERANGE=\"700@0\"\n#EXTINF:6,\n#EXT-X-BYTERANGE:90@700\nall.mp4\n#EXTINF:6,\n#EXT-X-BYTERANGE:90@790\nall.mp4\n#EXT-X-ENDLIST\n";
    let mut world = web(
        2,
        &[
            (ROOT, text(list)),
            ("https://origin.example/hls/all.mp4", Page::Bytes(3 << 30)),
        ],
    );
    world.run().unwrap();
    assert_eq!(keys(&world), ["sv/id/all.mp4", "sv/id/root.m3u8"]);
    assert_eq!(world.service.objects[0].1, 3 << 30);
    assert_eq!(world.service.objects[1].2, list);
}

#[test]
fn a_source_without_lengths_is_read_to_its_end() {
    let mut world = film(3, 5);
    world.site_has_lengths = false;
    world.run().unwrap();
    assert_complete(&world, 5);
}

#[test]
fn a_file_that_others_wait_for_gives_back_its_memory_and_is_sent_as_it_comes() {
    for seed in 0..40 {
        let mut world = film(seed, 9);
        world.memory_is_short = true;
        let outcome = world.run().unwrap();
        assert_complete(&world, 9);
        let stored: u64 = world.service.objects.iter().map(|(_, size, _)| size).sum();
        assert_eq!(outcome.bytes, stored);
        assert!(world.opened.len() > 3 + 19, "nothing was cut");
    }
}

#[test]
fn a_file_without_a_length_that_others_wait_for_fails_in_a_bounded_time() {
    let mut world = film(3, 5);
    world.site_has_lengths = false;
    world.memory_is_short = true;
    let most = world.job.host.buffer_bytes / 4;
    let url = "https://origin.example/hls/low/seg0.ts".to_owned();
    world.site.insert(url, Page::Bytes(most - 1));
    let error = world.run().unwrap_err();
    assert_eq!(error.code, Code::SourceUnreachable);
    assert!(
        error.message.contains("others waited for memory"),
        "{error:?}"
    );
}

#[test]
fn a_redirect_moves_the_base_of_what_a_playlist_names() {
    let there = "https://cdn.example/x/list.m3u8";
    let mut world = web(
        4,
        &[
            (ROOT, Page::Moved(there.into())),
            (there, text("#EXTM3U\n#EXTINF:6,\na.ts\n#EXT-X-ENDLIST\n")),
            ("https://cdn.example/x/a.ts", Page::Bytes(5)),
        ],
    );
    world.run().unwrap();
    assert_eq!(keys(&world), ["sv/id/a.ts", "sv/id/root.m3u8"]);
}

#[test]
fn hosts_beyond_ascii_in_redirects_and_playlists_are_fetched_as_they_were_checked() {
    let there = "https://xn--p3t879b.example/x/list.m3u8";
    let list = "#EXTM3U\n#EXTINF:6,\nhttps://CDN.电影.example/1.ts\n#EXTINF:6,\n//例え.テスト/2.ts\n#EXT-X-ENDLIST\n";
    let mut world = web(
        4,
        &[
            (ROOT, Page::Moved("//电影.example/x/list.m3u8".into())),
            (there, text(list)),
            ("https://cdn.xn--p3t879b.example/1.ts", Page::Bytes(5)),
            ("https://xn--r8jz45g.xn--zckzah/2.ts", Page::Bytes(5)),
        ],
    );
    let hosts = [
        "origin.example",
        "电影.example",
        "*.电影.example",
        "例え.テスト",
    ];
    world.job.options.source_hosts.allow = Some(hosts.map(String::from).to_vec());
    world.run().unwrap();
    assert_eq!(
        keys(&world),
        ["sv/id/1.ts", "sv/id/2.ts", "sv/id/root.m3u8"]
    );
}

#[test]
fn what_a_playlist_names_is_on_a_wanted_host_or_the_playlist_is_refused() {
    let list = "#EXTM3U\n#EXTINF:6,\nhttps://evil.example/a.ts\n#EXT-X-ENDLIST\n";
    let mut world = web(4, &[(ROOT, text(list))]);
    world.job.options.source_hosts.allow = Some(vec!["origin.example".into()]);
    let error = world.run().unwrap_err();
    assert_eq!(error.code, Code::SourceHostRefused);
    assert!(error.message.contains("evil.example"), "{}", error.message);
}

#[test]
fn a_local_playlist_reads_files_and_fetches_urls() {
    let mut world = web(5, &[]);
    world.job.source = source(PlaylistRoot::File {
        name: "index.m3u8".into(),
        path: "/films/index.m3u8".into(),
    });
    let list =
        "#EXTM3U\n#EXTINF:6,\nv/a%20b.ts\n#EXTINF:6,\nhttps://cdn.example/c.ts\n#EXT-X-ENDLIST\n";
    for (at, page) in [
        ("index.m3u8", text(list)),
        ("v/a b.ts", Page::Bytes(2 << 30)),
        ("https://cdn.example/c.ts", Page::Bytes(7)),
    ] {
        world.site.insert(at.into(), page);
    }
    world.run().unwrap();
    let mut stored = keys(&world);
    stored.sort_unstable();
    assert_eq!(stored, ["sv/id/a_b.ts", "sv/id/c.ts", "sv/id/root.m3u8"]);
}

#[test]
fn a_local_segment_that_is_not_there_is_a_gap_even_where_it_was_to_be_looked_at() {
    // Names without an extension: the first bytes of a segment tell one.
    let list = "#EXTM3U\n#EXTINF:6,\nv/one\n#EXTINF:6,\nv/two\n#EXT-X-ENDLIST\n";
    for (missing, gaps) in [
        (MissingSegments::Gap, Some(1)),
        (MissingSegments::Fail, None),
    ] {
        let mut world = web(5, &[]);
        world.job.source = source(PlaylistRoot::File {
            name: "index.m3u8".into(),
            path: "/films/index.m3u8".into(),
        });
        playlist_of(&mut world).missing_segments = missing;
        world.site.insert("index.m3u8".into(), text(list));
        world
            .site
            .insert("v/two".into(), Page::Begins("G", 100_000));
        let told = world.run();
        match gaps {
            Some(gaps) => assert_eq!(told.unwrap().missing_segments.len(), gaps),
            None => assert_eq!(told.unwrap_err().code, Code::SourceMissing),
        }
    }
}

#[test]
fn what_cannot_be_uploaded_leaves_no_media_behind() {
    let live = web(6, &[(ROOT, text("#EXTM3U\n#EXTINF:6,\na.ts\n"))]);
    let missing = web(
        6,
        &[(ROOT, text("#EXTM3U\n#EXT-X-STREAM-INF:B=1\nno.m3u8\n"))],
    );
    let inside = web(
        6,
        &[(
            ROOT,
            text("#EXTM3U\n#EXTINF:6,\nhttps://127.0.0.1/a.ts\n#EXT-X-ENDLIST\n"),
        )],
    );
    let html = web(6, &[(ROOT, text("<html>"))]);
    let empty = web(6, &[(ROOT, text("#EXTM3U\n#EXT-X-ENDLIST\n"))]);
    for (mut world, code) in [
        (live, Code::PlaylistLive),
        (missing, Code::SourceNotFound),
        (inside, Code::AddressRefused),
        (html, Code::PlaylistInvalid),
        (empty, Code::EmptySource),
    ] {
        let error = refusal(&mut world);
        assert_eq!(error.code, code, "{error:?}");
    }
}

#[test]
fn too_much_is_refused_with_the_name_of_the_limit() {
    for (limits, name) in [
        (
            PlaylistLimits {
                files: 3,
                ..PlaylistLimits::default()
            },
            "files",
        ),
        (
            PlaylistLimits {
                playlists: 2,
                ..PlaylistLimits::default()
            },
            "playlists",
        ),
        (
            PlaylistLimits {
                playlist_bytes: 40,
                ..PlaylistLimits::default()
            },
            "playlistBytes",
        ),
        (
            PlaylistLimits {
                bytes: 300_000,
                ..PlaylistLimits::default()
            },
            "bytes",
        ),
    ] {
        let mut world = film(7, 9);
        let Source::Playlist(playlist) = &mut world.job.source else {
            panic!("no playlist")
        };
        playlist.limits = limits;
        let error = world.run().unwrap_err();
        assert_eq!(error.code, Code::PlaylistTooLarge, "{error:?}");
        assert!(
            error.message.contains(&format!("`limits.{name}`")),
            "{error:?}"
        );
    }
}

#[test]
fn an_expired_credential_is_renewed_once_for_all() {
    let mut world = film(8, 40);
    world.service.credential_life_s = 2;
    world.bandwidth = 1 << 16;
    let outcome = world.run().unwrap();
    assert_complete(&world, 40);
    assert!(outcome.refreshes > 2);
    assert_eq!(world.service.created, 1);
}

#[test]
fn a_segment_that_stays_away_is_named() {
    let mut world = film(9, 3);
    world.site.remove("https://origin.example/hls/low/seg1.ts");
    let error = world.run().unwrap_err();
    assert_eq!(error.code, Code::SourceNotFound);
    assert!(error.message.contains("low/seg1.ts"), "{error:?}");
    assert!(!keys(&world).contains(&"sv/id/root.m3u8"));
}

#[test]
fn bad_luck_on_the_way_costs_retries_only() {
    for seed in 0..60 {
        let mut world = film(seed, 12);
        world.luck.per_mille = 60;
        match world.run() {
            Ok(_) => assert_complete(&world, 12),
            Err(error) => panic!("seed {seed}: {error:?}"),
        }
    }
}

#[test]
fn a_stored_file_whose_reply_was_lost_is_sent_again() {
    let mut world = film(10, 3);
    world.luck.script(Op::PutObject, 2, Fault::ResetAfter);
    let outcome = world.run().unwrap();
    assert_eq!(outcome.retries, 1);
    assert_complete(&world, 3);
}

#[test]
fn a_stopped_upload_goes_on_without_sending_a_file_again() {
    for seed in 0..20 {
        let mut world = film(seed, 20);
        world.stop_at = Some(300 + seed * 37);
        let end = world.run_slice().unwrap();
        if matches!(end, End::Done(_)) {
            continue;
        }
        let before = keys(&world).len();
        let mark = world.checkpoint.clone().unwrap().playlist.unwrap();
        assert!(mark.done.len() <= 2, "{mark:?}");
        world.stop_at = None;
        world.forget_the_process();
        let outcome = world.run().unwrap();
        assert!(outcome.resumed);
        assert_eq!(keys(&world).len(), 44, "{before} were there before");
        assert_complete(&world, 20);
    }
}

#[test]
fn a_dead_process_loses_only_what_was_in_flight() {
    for seed in 0..20 {
        let mut world = film(seed, 20);
        world.dies_at = Some(200 + seed * 29);
        if matches!(world.run_slice().unwrap(), End::Done(_)) {
            continue;
        }
        world.dies_at = None;
        world.forget_the_process();
        let torn = world.torn;
        world.run().unwrap();
        assert_complete(&world, 20);
        assert!(keys(&world).len() <= 44 + torn + 1);
    }
}

#[test]
fn another_playlist_is_no_place_to_go_on() {
    let mut world = film(11, 20);
    world.stop_at = Some(500);
    world.run_slice().unwrap();
    world.stop_at = None;
    world.forget_the_process();
    let list = media(&["other.ts".to_owned()]);
    world
        .site
        .insert("https://origin.example/hls/low/i.m3u8".into(), list);
    assert_eq!(world.run().unwrap_err().code, Code::SourceChanged);
}

#[test]
fn a_budget_of_files_makes_slices() {
    let mut world = film(12, 20);
    world.job.options.budget.parts = Some(7);
    let mut slices = 1;
    while let End::Suspended = world.run_slice().unwrap() {
        slices += 1;
        world.forget_the_process();
        assert!(slices < 20);
    }
    assert_eq!(slices, 7);
    assert_complete(&world, 20);
}

#[test]
fn an_abort_at_any_moment_leaves_no_file_behind() {
    for at in 0..60 {
        let mut world = film(1, 5);
        world.abort_at = Some(at * 20);
        world.lands_after = Some(1_500);
        let end = world.run();
        world.land_the_rest();
        match end {
            Ok(_) => assert_complete(&world, 5),
            Err(error) => {
                assert_eq!((error.code, keys(&world).len()), (Code::Aborted, 0), "{at}");
            }
        }
        assert!(world.service.created > 0 || world.luck.count(Op::DeleteVideo) == 0);
    }
}

#[test]
fn a_failure_that_nobody_goes_on_from_leaves_no_file_behind() {
    let mut world = film(1, 5);
    world.site.remove("https://origin.example/hls/high/seg4.ts");
    assert_eq!(world.run().unwrap_err().code, Code::SourceNotFound);
    assert_eq!(
        (keys(&world).len(), world.luck.count(Op::DeleteVideo)),
        (0, 1)
    );
    assert!(world.checkpoint.unwrap().place.is_some());
}

#[test]
fn a_failure_with_a_checkpoint_leaves_all_to_whoever_resumes() {
    let gap = "https://origin.example/hls/high/seg4.ts";
    let mut world = film(1, 5);
    world.job.options.keep_on_failure = true;
    let page = world.site.remove(gap).unwrap();
    assert_eq!(world.run().unwrap_err().code, Code::SourceNotFound);
    world.site.insert(gap.to_owned(), page);
    world.forget_the_process();
    world.run().unwrap();
    assert_complete(&world, 5);
    assert_eq!(
        (world.service.created, world.luck.count(Op::DeleteVideo)),
        (1, 0)
    );
    let mut kept = film(1, 5);
    kept.job.options.keep_on_failure = true;
    kept.luck
        .always(Op::PutObject, Fault::Refuse(503, "ServiceUnavailable"));
    assert_eq!(kept.run().unwrap_err().code, Code::OssUnavailable);
    assert_eq!(kept.luck.count(Op::DeleteVideo), 0);
}

#[test]
fn a_checkpoint_that_is_given_up_takes_its_files_with_it() {
    let mut world = film(1, 5);
    world.dies_at = Some(600);
    assert!(matches!(world.run_slice().unwrap(), End::Died));
    assert!(!keys(&world).is_empty());
    world.forget_the_process();
    world.dies_at = None;
    world.gives_up = true;
    assert_eq!(world.run().unwrap_err().code, Code::Aborted);
    assert!(keys(&world).is_empty());
    assert_eq!(world.luck.count(Op::DeleteVideo), 1);
}

#[test]
fn a_checkpoint_never_takes_a_media_with_it_that_is_complete_or_another() {
    let giving_up = |tamper: &dyn Fn(&mut World)| {
        let mut world = film(1, 5);
        world.dies_at = Some(600);
        assert!(matches!(world.run_slice().unwrap(), End::Died));
        world.forget_the_process();
        world.dies_at = None;
        world.gives_up = true;
        tamper(&mut world);
        let stored = world.service.objects.len();
        let code = world.run().unwrap_err().code;
        assert_eq!(world.luck.count(Op::DeleteVideo), 0);
        assert_eq!(world.service.objects.len(), stored);
        code
    };
    for status in ["Normal", "Transcoding", "UploadSucc", "Checking"] {
        let code = giving_up(&|world| world.service.believes = Some((status, 7)));
        assert_eq!(code, Code::AbortRefused, "{status}");
    }
    let other_key = giving_up(&|world| {
        let place = world.resume.as_mut().unwrap().place.as_mut().unwrap();
        place.object_key = "sv/other/root.m3u8".into();
    });
    // The proof holds for one key.
    assert_eq!(other_key, Code::MediaUnconfirmed);
}

#[test]
fn a_checkpoint_never_stores_over_a_media_that_is_complete() {
    for status in ["Normal", "Transcoding", "UploadSucc", "Blocked"] {
        let mut world = film(1, 5);
        world.dies_at = Some(600);
        assert!(matches!(world.run_slice().unwrap(), End::Died));
        world.forget_the_process();
        world.dies_at = None;
        world.service.believes = Some((status, 7));
        let stored = world.luck.count(Op::PutObject);
        let error = world.run().unwrap_err();
        assert_eq!(error.code, Code::CheckpointInvalid, "{status}");
        assert_eq!(world.luck.count(Op::PutObject), stored);
        assert_eq!(world.luck.count(Op::DeleteVideo), 0);
    }
}

#[test]
fn a_playlist_whose_root_was_stored_unheard_is_found_whole() {
    let (mut at, mut sent) = (500, 0);
    let mut world = film(1, 5);
    while !world.service.has_root() {
        at += 10;
        world.dies_at = Some(at);
        (world.resume, world.service.created) = (None, 0);
        world.service.objects.clear();
        assert!(matches!(world.run_slice().unwrap(), End::Died));
        sent = world.luck.count(Op::PutObject);
        world.forget_the_process();
    }
    world.dies_at = None;
    assert!(world.run().unwrap().resumed);
    assert_complete(&world, 5);
    assert_eq!(world.luck.count(Op::PutObject), sent);
}

#[test]
fn a_run_that_was_resumed_and_fails_removes_no_media_that_is_complete() {
    let mut world = film(1, 5);
    world.dies_at = Some(600);
    assert!(matches!(world.run_slice().unwrap(), End::Died));
    world.forget_the_process();
    world.dies_at = None;
    world.service.believes = Some(("Normal", 7));
    world.abort_at = Some(1);
    assert_eq!(world.run().unwrap_err().code, Code::Aborted);
    assert_eq!(world.luck.count(Op::DeleteVideo), 0);
    assert!(!keys(&world).is_empty());
}

#[test]
fn files_that_may_not_be_removed_are_told() {
    let mut world = film(1, 5);
    world.abort_at = Some(600);
    world
        .luck
        .always(Op::DeleteVideo, Fault::Refuse(403, "Forbidden.RAM"));
    let error = world.run().unwrap_err();
    assert_eq!(error.code, Code::Aborted);
    assert!(
        error.message.contains("its files could not be removed"),
        "{error}"
    );
}

#[test]
fn a_media_that_was_there_before_is_not_removed() {
    for abort_at in [Some(700), None] {
        let mut world = film(1, 5);
        if let vodlift::upload::Media::Video(video) = &mut world.job.media {
            video.reference_id = Some("row-0001".into());
        }
        world.job.options.adopt = Adopt::Always;
        (world.service.created, world.service.reference) = (1, Some("row-0001".into()));
        world.abort_at = abort_at;
        match world.run() {
            Ok(_) => assert_complete(&world, 5),
            Err(error) => assert_eq!(error.code, Code::Aborted),
        }
        assert!(!keys(&world).is_empty());
        assert_eq!(world.luck.count(Op::DeleteVideo), 0);
    }
}

/// A media playlist of `count` segments behind [`ROOT`]; every third of them is not there.
fn full_of_holes(seed: u64, count: usize) -> World {
    let names: Vec<String> = (0..count).map(|n| format!("seg{n}.ts")).collect();
    let mut world = web(seed, &[(ROOT, media(&names))]);
    world
        .site
        .insert("https://origin.example/k".into(), Page::Bytes(16));
    for (n, name) in names.iter().enumerate().filter(|(n, _)| n % 3 != 1) {
        let url = format!("https://origin.example/hls/{name}");
        world.site.insert(url, Page::Bytes(100_000 + n as u64));
    }
    world
}

fn playlist_of(world: &mut World) -> &mut PlaylistSource {
    match &mut world.job.source {
        Source::Playlist(source) => source,
        other => panic!("{other:?}"),
    }
}

#[test]
fn missing_segments_are_gaps_whatever_happens_on_the_way() {
    for seed in 0..30 {
        let mut world = full_of_holes(seed, 12);
        playlist_of(&mut world).missing_segments = MissingSegments::Gap;
        world.luck.per_mille = 40;
        world.dies_at = Some(100 + seed * 40);
        if matches!(world.run_slice().unwrap(), End::Died) {
            world.dies_at = None;
            world.forget_the_process();
            // The checkpoint knows what was wanted.
            playlist_of(&mut world).missing_segments = MissingSegments::Fail;
        }
        if world.resume.is_some() || world.service.objects.is_empty() {
            let outcome = world.run().unwrap();
            assert_eq!((outcome.missing_segments.len(), outcome.parts), (4, 10));
        }
        let (.., root) = world.service.objects.last().unwrap();
        assert_eq!(
            root.matches("#EXT-X-GAP\nseg").count(),
            4,
            "seed {seed}: {root}"
        );
        assert!(root.contains("#EXT-X-GAP\nseg1.ts\n"), "{root}");
    }
}

#[test]
fn a_resumed_playlist_keeps_what_was_chosen() {
    let mut world = film(13, 20);
    let source = playlist_of(&mut world);
    source.variants = vec!["best".into()];
    world.stop_at = Some(400);
    assert!(matches!(world.run_slice().unwrap(), End::Suspended));
    world.stop_at = None;
    world.forget_the_process();
    playlist_of(&mut world).variants = vec![];
    world.run().unwrap();
    let low = world.opened.iter().filter(|url| url.contains("/low/"));
    assert_eq!(low.count(), 0);
    assert_eq!(keys(&world).len(), 20 + 3);
}

#[test]
fn what_other_hosts_are_asked_with_must_be_passed_again() {
    let mut world = film(14, 20);
    playlist_of(&mut world).hosts = vec![HostAccess {
        host: "origin.example".into(),
        headers: vec![("Cookie".into(), sim::URL_SECRET.into())],
        query: Some(format!("token={}", sim::URL_SECRET)),
    }];
    world.stop_at = Some(400);
    assert!(matches!(world.run_slice().unwrap(), End::Suspended));
    world.stop_at = None;
    assert!(world.opened.iter().all(|url| url.contains("token=")));
    world.forget_the_process();
    let hosts = std::mem::take(&mut playlist_of(&mut world).hosts);
    let checkpoint = world.resume.clone();
    let error = world.run().unwrap_err();
    assert_eq!(error.code, Code::InvalidArgument);
    assert!(error.message.contains("`hosts`"), "{error}");
    playlist_of(&mut world).hosts = hosts;
    world.resume = checkpoint;
    world.run().unwrap();
    assert_complete(&world, 20);
}

#[test]
fn a_track_keeps_the_extension_that_a_look_has_told() {
    let mp3 = "ID3\u{4}\0\0\0\0\0\0\u{ff}\u{fb}\u{90}\u{64}";
    let ts = "G";
    for seed in 0..20 {
        let names: Vec<String> = (0..8).map(|n| format!("seg?id={n}")).collect();
        let lines: String = names
            .iter()
            .map(|name| format!("#EXTINF:6,\na/{name}\n"))
            .collect();
        let list = format!("#EXTM3U\n{lines}#EXT-X-ENDLIST\n");
        let mut world = web(seed, &[(ROOT, text(&list))]);
        let url = "https://origin.example/hls/a/seg";
        world.site.insert(url.into(), Page::Begins(mp3, 100_000));
        world.luck.per_mille = 40;
        world.dies_at = Some(100 + seed * 60);
        if matches!(world.run_slice(), Ok(End::Died)) {
            world.dies_at = None;
            world.forget_the_process();
            let told = world
                .checkpoint
                .as_ref()
                .and_then(|before| before.playlist.as_ref());
            if told.is_some_and(|told| !told.digest.is_empty()) {
                // Whatever the source says now.
                world.site.insert(url.into(), Page::Begins(ts, 100_000));
            }
            world.run().unwrap();
        }
        let stored: std::collections::BTreeSet<_> = keys(&world).into_iter().collect();
        assert!(
            stored.iter().all(|key| !key.ends_with(".ts")),
            "seed {seed}: {stored:?}"
        );
        assert_eq!(stored.iter().filter(|key| key.ends_with(".mp3")).count(), 8);
    }
}

#[test]
fn what_is_no_key_is_refused_with_the_line_that_names_it() {
    for lengths in [true, false] {
        let mut world = full_of_holes(15, 1);
        world.site_has_lengths = lengths;
        world
            .site
            .insert("https://origin.example/k".into(), Page::Bytes(5301));
        let error = world.run().unwrap_err();
        assert_eq!(error.code, Code::PlaylistKey);
        assert!(
            error.message.contains("line 2 of https://origin.example"),
            "{error}"
        );
    }
}
