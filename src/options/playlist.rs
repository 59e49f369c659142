//! What of an HLS playlist is taken.

use super::{EVERY_RUN, PLAYLIST, REMOTE, Shell, VIDEOS_ONLY, Value, options};

options! {
    /// Only these variants of a master playlist: `best` or `worst` (by bandwidth), `720p`, `<=720p`, `2500000` (bit/s),
    /// `<=2500000`, `name=HD`. Audio and subtitles that none of them plays with fall away.
    ///
    /// `name=` is its NAME or STABLE-VARIANT-ID. Of several, all that fit one. A resume keeps the choice.
    variants {
        value: Value::Words,
        default: "all",
        kinds: PLAYLIST,
        flag: "--variants V,…",
        core: "source.variants",
        withheld: &[(&[Shell::Handler], VIDEOS_ONLY)],
    }
    /// Take a live or unfinished playlist as ended: what it lists now is all there is, stored with an EXT-X-ENDLIST.
    ///
    /// A resume keeps the choice.
    complete {
        value: Value::Flag,
        default: "false",
        kinds: PLAYLIST,
        flag: "--complete",
        core: "source.complete",
        withheld: &[(&[Shell::Handler], VIDEOS_ONLY)],
    }
    /// What to do about a segment that its source does not have (404, 410, no such file): `fail`, or `gap`: go on without it,
    /// marked with EXT-X-GAP.
    ///
    /// `missingSegments` of the outcome tells of gaps. A resume keeps the choice.
    missingSegments {
        value: Value::OneOf(&["fail", "gap"]),
        default: "`fail`",
        kinds: PLAYLIST,
        flag: "--missing-segments gap|fail",
        core: "source.missingSegments",
        withheld: &[(&[Shell::Handler], VIDEOS_ONLY)],
    }
    /// The segments of one media playlist, in place of those it names: URLs (signed ones, say), or for a local playlist also
    /// paths below its folder. One for each different segment, in the order they first appear.
    segments {
        value: Value::Program("readonly (string | URL)[]"),
        kinds: PLAYLIST,
        stages: EVERY_RUN,
        flag: "--segments FILE",
        core: "source.segments",
        withheld: &[
            (&[Shell::Manifest], "has no room for a list of thousands in a cell"),
            (REMOTE, "has no room for a list of thousands in a request"),
        ],
    }
    /// What the hosts that a playlist leads to are asked with, such as a CDN: `headers` and `query`, by host
    /// (`cdn.example.com`, `*.example.com`, `example.com:8443`). No checkpoint keeps it: pass it to resume again.
    ///
    /// The source's own headers never go there.
    hosts {
        value: Value::Object("Readonly<Record<string, HostRequest>>"),
        kinds: PLAYLIST,
        stages: EVERY_RUN,
        flag: "--hosts JSON",
        core: "source.hosts",
        withheld: &[(&[Shell::Handler], VIDEOS_ONLY)],
    }
    /// What is too much: playlists, files, bytes of one playlist and bytes in all.
    limits {
        value: Value::Object("PlaylistLimits"),
        default: "playlists=100, files=100000, playlistBytes=8MiB, bytes=1TiB",
        kinds: PLAYLIST,
        stages: EVERY_RUN,
        flag: "--limits NAME=N,…",
        core: "source.limits",
        withheld: &[
            (&[Shell::Manifest], "keeps to the defaults for every row"),
            (REMOTE, "is decided where the server is set up, not by who sends a request"),
        ],
    }
}
