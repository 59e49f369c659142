//! What a caller may say of an upload: each option is declared here once, with its text, its limits and who offers it.
//!
//! From these tables `make build` writes what the shells are made of: the package's types and checks, the command line's
//! options and help, the columns of a manifest, requests of the Worker and of the handler, and `docs/options.md`. To add an
//! option, declare it here and give it its effect in the core; a shell that is not to offer it is named, with the reason.
//!
//! Compiled natively only: the wasm holds no word of it.

mod media;
mod playlist;
mod run;
mod service;
mod source;
mod transfer;

/// Who offers options to people or programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shell {
    /// The package: `new Vodlift`, `upload` and its like.
    Api,
    /// The command line: `vodlift upload` and `vodlift resume`.
    Cli,
    /// A row of a manifest, which `vodlift ingest` reads.
    Manifest,
    /// A request of the Worker's HTTP API.
    Worker,
    /// A row of a table that is given to the Worker's dashboard.
    Dashboard,
    /// A request of the handler's HTTP API.
    Handler,
}

impl Shell {
    /// All of them.
    pub const ALL: [Shell; 6] = [
        Shell::Api,
        Shell::Cli,
        Shell::Manifest,
        Shell::Worker,
        Shell::Dashboard,
        Shell::Handler,
    ];

    /// One word.
    pub fn name(self) -> &'static str {
        match self {
            Shell::Api => "api",
            Shell::Cli => "cli",
            Shell::Manifest => "manifest",
            Shell::Worker => "worker",
            Shell::Dashboard => "dashboard",
            Shell::Handler => "handler",
        }
    }
}

/// What an upload becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Video or audio.
    Video,
    /// An image.
    Image,
    /// A watermark, a subtitle or a material.
    Attached,
    /// An HLS playlist with all that it names.
    Playlist,
}

impl Kind {
    /// One word, as callers write it.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Video => "video",
            Kind::Image => "image",
            Kind::Attached => "attached",
            Kind::Playlist => "playlist",
        }
    }
}

/// When an option may be given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Once for all uploads of a client.
    Client,
    /// When an upload begins.
    Begin,
    /// When it is resumed.
    Resume,
    /// At any run, which then may end before the upload does.
    Run,
}

impl Stage {
    /// One word.
    pub fn name(self) -> &'static str {
        match self {
            Stage::Client => "client",
            Stage::Begin => "begin",
            Stage::Resume => "resume",
            Stage::Run => "run",
        }
    }
}

/// What an option's value may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value {
    /// A text.
    Text,
    /// An http or https URL.
    Url,
    /// Several texts: a list, or one text with commas.
    Words,
    /// Several texts, as a list only: one may hold a comma.
    Texts,
    /// Yes or no.
    Flag,
    /// Yes or no, or a word between them.
    FlagOr(&'static str),
    /// A whole number, from the first to the second.
    Whole(u64, u64, &'static str),
    /// A whole number of at least 0 that VOD has given out, or its digits.
    Id,
    /// Several of them.
    Ids,
    /// Bytes: a number, or text such as `16MiB`.
    Size(u64, u64),
    /// A time: a number of ms, or text such as `30s`.
    Duration(u64, u64),
    /// One of a few words.
    OneOf(&'static [&'static str]),
    /// Names and values of header fields.
    Fields,
    /// A video that exists: its media id, `{ mediaId }` or `{ referenceId }`.
    Video,
    /// An object, of this type in TypeScript; in shells that have only text, JSON.
    Object(&'static str),
    /// A JSON object, or the text of one, which is passed on as it stands.
    Json,
    /// What only a program can pass, of this type in TypeScript.
    Program(&'static str),
}

/// Where there is no upper limit but that of what can be counted.
pub const NO_MOST: u64 = crate::limits::LARGEST_EXACT;
/// The largest number of 32 bits.
pub const MOST_32: u64 = u32::MAX as u64;

/// Shells that withhold an option, with the reason why.
pub type Withheld = &'static [(&'static [Shell], &'static str)];

/// One option.
#[derive(Debug, Clone, Copy)]
pub struct Declared {
    /// As callers write it in the package, in manifests and in requests.
    pub name: &'static str,
    /// What it does, in Markdown. The first paragraph is for everybody, the others are for readers of the documentation.
    /// `{least}` and `{most}` stand for the limits of the value.
    pub text: &'static [&'static str],
    /// What it may be.
    pub value: Value,
    /// What happens without it: a value, or words that follow "Defaults to".
    pub default: &'static str,
    /// What is uploaded with it.
    pub kinds: &'static [Kind],
    /// When it may be given.
    pub stages: &'static [Stage],
    /// On the command line, as its help shows it.
    pub flag: &'static str,
    /// The environment variable that says it where a server, or for keys the command line, is set up.
    pub setting: &'static str,
    /// Where the core takes it: `options.partSize`. Empty where the host alone acts on it.
    pub core: &'static str,
    /// The vendor's page about it.
    pub see: &'static str,
    /// Who does not offer it, and why.
    pub withheld: Withheld,
}

impl Declared {
    /// What is true unless a declaration says otherwise.
    const PLAIN: Declared = Declared {
        name: "",
        text: &[],
        value: Value::Text,
        default: "",
        kinds: ALL,
        stages: BEGIN,
        flag: "",
        setting: "",
        core: "",
        see: "",
        withheld: &[],
    };

    /// Why a shell does not offer it, if it does not.
    pub fn why_not(&self, shell: Shell) -> Option<&'static str> {
        let withheld = self.withheld.iter();
        withheld
            .filter(|(shells, _)| shells.contains(&shell))
            .map(|(_, reason)| *reason)
            .next()
    }

    /// Who offers it.
    pub fn shells(&self) -> impl Iterator<Item = Shell> {
        Shell::ALL
            .into_iter()
            .filter(|shell| self.why_not(*shell).is_none())
    }

    /// What it does, a paragraph each: the first for everybody.
    pub fn paragraphs(&self) -> Vec<String> {
        let lines = self.text.iter().map(|line| line.trim());
        let mut paragraphs = vec![String::new()];
        for line in lines {
            match (line, paragraphs.last_mut()) {
                ("", _) => paragraphs.push(String::new()),
                (line, Some(last)) if last.is_empty() => last.push_str(line),
                (line, Some(last)) => last.extend([" ", line]),
                _ => {}
            }
        }
        let (least, most) = self.value.limits().unwrap_or_default();
        let filled = |text: String| text.replace("{least}", &least).replace("{most}", &most);
        paragraphs.into_iter().map(filled).collect()
    }
}

impl Value {
    /// The limits as people write them.
    fn limits(self) -> Option<(String, String)> {
        let (least, most, shown): (u64, u64, fn(u64) -> String) = match self {
            Value::Whole(least, most, _) => (least, most, thousands),
            Value::Size(least, most) => (least, most, bytes),
            Value::Duration(least, most) => (least, most, |ms| format!("{} ms", thousands(ms))),
            _ => return None,
        };
        Some((shown(least), shown(most)))
    }
}

/// `5 GiB`, or the number where it is none of a unit.
fn bytes(bytes: u64) -> String {
    let units = [(30, "GiB"), (20, "MiB"), (10, "KiB")];
    let fitting = units.iter().find(|(bits, _)| {
        let unit = 1_u64 << bits;
        bytes >= unit && bytes & (unit.wrapping_sub(1)) == 0
    });
    match fitting {
        Some((bits, unit)) => format!("{} {unit}", bytes >> bits),
        None => format!("{} bytes", thousands(bytes)),
    }
}

/// `819,200`.
fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut shown = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && digits.len().wrapping_sub(at) % 3 == 0 {
            shown.push(',');
        }
        shown.push(digit);
    }
    shown
}

const ALL: &[Kind] = &[Kind::Video, Kind::Image, Kind::Attached, Kind::Playlist];
/// Video and audio, as one file or as a playlist.
const VIDEOS: &[Kind] = &[Kind::Video, Kind::Playlist];
const VIDEO: &[Kind] = &[Kind::Video];
const IMAGE: &[Kind] = &[Kind::Image];
const ATTACHED: &[Kind] = &[Kind::Attached];
const PLAYLIST: &[Kind] = &[Kind::Playlist];
/// What goes up as one object. The files of a playlist go up as they are, and have limits of their own.
const ONE_OBJECT: &[Kind] = &[Kind::Video, Kind::Image, Kind::Attached];

const CLIENT: &[Stage] = &[Stage::Client];
const BEGIN: &[Stage] = &[Stage::Begin];
const RESUME: &[Stage] = &[Stage::Resume];
const ANY_RUN: &[Stage] = &[Stage::Run];
const EVERY_RUN: &[Stage] = &[Stage::Begin, Stage::Resume];

/// Shells that speak HTTP or read a table.
const WITHOUT_PROGRAM: &[Shell] = &[
    Shell::Cli,
    Shell::Manifest,
    Shell::Worker,
    Shell::Dashboard,
    Shell::Handler,
];
const REMOTE: &[Shell] = &[Shell::Worker, Shell::Dashboard, Shell::Handler];
const ROWS: &[Shell] = &[
    Shell::Manifest,
    Shell::Worker,
    Shell::Dashboard,
    Shell::Handler,
];
/// Why a manifest has no column for what the command itself takes.
pub const FOR_ALL_ROWS: &str = "is said for all rows: an option of `vodlift ingest`";
/// What is decided for all rows of a manifest, and by whoever runs a server.
const OF_THE_RUN: Withheld = &[
    (&[Shell::Manifest], FOR_ALL_ROWS),
    (
        REMOTE,
        "is decided where the server is set up, not by who sends a request",
    ),
];

const VIDEOS_ONLY: &str = "takes videos and audio only, which go up in slices";

/// Declares options: their text as documentation comments, and what is not usual about them.
macro_rules! options {
    ($($(#[doc = $text:literal])* $name:ident { $($field:ident: $value:expr),* $(,)? })*) => {
        pub(super) const OPTIONS: &[super::Declared] = &[$(super::Declared {
            name: stringify!($name),
            text: &[$($text),*],
            $($field: $value,)*
            ..super::Declared::PLAIN
        }),*];
    };
}
use options;

/// A group of options, by what they are about.
#[derive(Debug, Clone, Copy)]
pub struct Group {
    /// One word.
    pub name: &'static str,
    /// What they are about.
    pub text: &'static str,
    /// The options.
    pub options: &'static [Declared],
}

/// Every option there is.
pub const GROUPS: &[Group] = &[
    Group {
        name: "media",
        text: "What the media becomes in VOD",
        options: media::OPTIONS,
    },
    Group {
        name: "source",
        text: "Where the bytes come from, and what of it is believed",
        options: source::OPTIONS,
    },
    Group {
        name: "playlist",
        text: "What of an HLS playlist is taken",
        options: playlist::OPTIONS,
    },
    Group {
        name: "transfer",
        text: "How the bytes get there",
        options: transfer::OPTIONS,
    },
    Group {
        name: "run",
        text: "One run: its checkpoint, how long it goes, who is told",
        options: run::OPTIONS,
    },
    Group {
        name: "service",
        text: "Whose account, and how VOD and OSS are reached",
        options: service::OPTIONS,
    },
];

/// All of them.
pub fn all() -> impl Iterator<Item = &'static Declared> {
    GROUPS.iter().flat_map(|group| group.options)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_option_is_declared_once_and_whole() {
        let mut names: Vec<&str> = all().map(|option| option.name).collect();
        names.sort_unstable();
        let count = names.len();
        names.dedup();
        assert_eq!(names.len(), count, "a name stands there twice");
        for option in all() {
            let name = option.name;
            let paragraphs = option.paragraphs();
            let brief = paragraphs.first().unwrap();
            assert!(brief.ends_with(['.', ':']), "{name}: {brief}");
            assert!(
                !brief.contains(['{', '}']) || brief.contains('`'),
                "{name}: {brief}"
            );
            assert!(
                !option.kinds.is_empty() && !option.stages.is_empty(),
                "{name}"
            );
            let offered = option.why_not(Shell::Cli).is_none();
            assert_eq!(offered, option.flag.starts_with("--"), "{name}: its flag");
            assert!(
                option.shells().next().is_some(),
                "{name} is offered by no shell"
            );
            for (shells, reason) in option.withheld {
                assert!(!shells.is_empty() && !reason.is_empty(), "{name}");
            }
        }
    }

    /// Those that are the core's own.
    #[test]
    fn defaults_are_what_the_core_does_without() {
        use crate::upload::{PlaylistLimits, plan::DEFAULT_PART_SIZE};
        let default = |name: &str| all().find(|option| option.name == name).unwrap().default;
        assert_eq!(default("partSize"), bytes(DEFAULT_PART_SIZE));
        let PlaylistLimits {
            playlists,
            files,
            playlist_bytes,
            bytes,
        } = PlaylistLimits::default();
        let (mib, tib) = (playlist_bytes >> 20, bytes >> 40);
        assert_eq!(
            default("limits"),
            format!("playlists={playlists}, files={files}, playlistBytes={mib}MiB, bytes={tib}TiB")
        );
    }

    #[test]
    fn limits_are_written_for_people() {
        let shown = |value: Value| value.limits().unwrap();
        assert_eq!(
            shown(Value::Size(102_400, 5 << 30)),
            ("100 KiB".into(), "5 GiB".into())
        );
        assert_eq!(
            shown(Value::Whole(819_200, 838_860_800, "bit/s")),
            ("819,200".into(), "838,860,800".into())
        );
        assert_eq!(shown(Value::Size(1, 1001)).1, "1,001 bytes");
        assert_eq!(Value::Flag.limits(), None);
    }
}
