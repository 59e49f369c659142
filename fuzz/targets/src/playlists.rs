//! HLS playlists, as text that anybody may have written.

use vodlift::playlist::{Choice, Playlist, Reading, Replacement};
use vodlift::source::guard::{SourcePolicy, check_url};
use vodlift::upload::tree::{Item, Spot, Tree};
use vodlift::upload::{PlaylistRoot, PlaylistSource};

/// The first line is a choice of variants, the rest a playlist; the text of a second one follows a line `=====`.
pub(crate) fn playlist(data: &[u8]) {
    let ([choice], text) = crate::dice::lines::<1>(data);
    let (text, below) = text
        .split_once("\n=====\n")
        .unwrap_or((text.as_str(), "#EXTM3U\n"));
    let variants: Vec<Choice> = Choice::parse(&choice).into_iter().collect();
    for complete in [false, true] {
        let reading = Reading {
            complete,
            variants: &variants,
            ..Reading::default()
        };
        if let Ok(playlist) = Playlist::read(text, reading) {
            rewritten(&playlist, text);
        }
    }
    gathered(text, below);
}

/// What is written is found again at the same places.
fn rewritten(playlist: &Playlist, text: &str) {
    let names: Vec<String> = (0..playlist.references.len())
        .map(|n| format!("f{n}.ts"))
        .collect();
    let replaced = names.iter().map(|uri| Replacement {
        uri: uri.clone(),
        is_gap: false,
    });
    let stored = playlist.rewrite(text, replaced);
    let again = Playlist::read(&stored, Reading::default()).expect("what is stored is a playlist");
    let found: Vec<String> = again
        .references
        .into_iter()
        .map(|found| found.uri)
        .collect();
    assert_eq!(found, names);
}

fn gathered(text: &str, below: &str) {
    let roots = [
        PlaylistRoot::File {
            name: "i.m3u8".into(),
            path: "/f/i.m3u8".into(),
        },
        PlaylistRoot::Url {
            url: "https://a.example/d/i.m3u8?x=1".into(),
            headers: vec![("Cookie".into(), "a=b".into())],
        },
    ];
    for root in roots {
        let from_file = matches!(root, PlaylistRoot::File { .. });
        let source = PlaylistSource {
            complete: true,
            ..PlaylistSource::at(root)
        };
        let mut tree = Tree::new(&source, SourcePolicy::default());
        let mut given = Some(text);
        for _ in 0..20 {
            let Some(item) = tree.unread().cloned() else {
                break;
            };
            let text = given.take().unwrap_or(below).to_owned();
            if tree.read(&item, text).is_err() {
                return;
            }
        }
        if tree.complete().is_ok() && tree.settle("sv/id/root.m3u8", Some("sv/id/")).is_ok() {
            stays_inside(&tree, from_file);
        }
    }
}

/// No path leads out of the folder, no URL to where none may, and keys are plain.
fn stays_inside(tree: &Tree, from_file: bool) {
    for number in 1..=tree.last_file() {
        for place in std::iter::successors(tree.file(number).cloned(), Item::elsewhere) {
            match &place.spot {
                Spot::File(path) => {
                    let inside = |part| !matches!(part, "" | "." | "..");
                    let plain = path.split('/').all(inside) && !path.contains(['\\', '\0']);
                    assert!(from_file && plain, "{path}");
                }
                Spot::Url(url) => {
                    check_url(url, &SourcePolicy::default()).expect("what is named is allowed");
                }
            }
        }
        let key = tree.key(number).expect("each file has a key");
        let name = key.strip_prefix("sv/id/").expect("a key below the prefix");
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        assert!(!name.starts_with('.') && name.bytes().all(plain), "{name}");
        let _ = tree.text(number);
    }
}
