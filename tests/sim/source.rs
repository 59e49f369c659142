//! A source behind a URL, with the habits of real ones.

use std::collections::BTreeMap;

use vodlift::http::{Headers, Request, header};
use vodlift::time::UnixMs;

use super::{Extent, START, World};

/// How the source behaves.
#[derive(Debug, Clone)]
pub struct SourceSpec {
    pub size: u64,
    pub ranges: bool,
    pub announces_length: bool,
    pub etag: bool,
    /// Its ETags are weak.
    pub weak: bool,
    /// What it says of its content.
    pub digests: &'static [Digest],
    /// What `Last-Modified` says.
    pub stamp: Stamp,
    /// How it treats ranges.
    pub habit: Habit,
    /// It becomes another file at this moment of virtual time, in ms after the start.
    pub changes_at: Option<u64>,
    pub redirects: u32,
    /// What the last redirect leads to answers for so many ms, then with 403: a signed address.
    pub address_lives_ms: Option<u64>,
    /// Its only answer is this redirect.
    pub moved_to: Option<String>,
    /// More connections at once are answered with this status, and perhaps Retry-After in seconds.
    pub takes_at_once: Option<(usize, u16, Option<u32>)>,
    /// Only the first request that is not redirected is answered; the link is used up then.
    pub works_once: bool,
    /// How long it thinks before it answers.
    pub first_byte_ms: u64,
    pub content_type: &'static str,
    /// Its first bytes, as far as they matter: a character for each.
    pub begins: &'static str,
}

/// A header that tells a digest of the whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Digest {
    ContentMd5,
    /// Of the range that is sent, as some do.
    PartMd5,
    /// As OSS computes it: this one is right.
    OssCrc,
    /// As OSS computes it, and not that of these bytes.
    WrongCrc,
    Goog,
    Instance,
    Representation,
}

/// `Last-Modified`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stamp {
    None,
    /// When it last changed.
    True,
    /// The time of each reply.
    Now,
}

/// What real servers do with ranges. What is not named here is done right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Habit {
    Right,
    /// Every range is refused with this status, a plain GET works.
    Refuses(u16),
    /// After so many requests every range is refused with this status.
    RefusesAfter(u32, u16),
    /// After so many requests ranges are compressed, whatever is accepted.
    EncodesAfter(u32),
    /// After so many requests ranges are ignored.
    ForgetsAfter(u32),
    /// 206 with the whole file, and a Content-Range that says so.
    WholeFile,
    /// 206 with the range asked for, but without Content-Range.
    NoContentRange,
    /// 206 with a Content-Range that is none.
    OddContentRange,
    /// 206 from the first byte asked for to the end of the file.
    IgnoresEnd,
    /// 206 with a Content-Range that is right, and more bytes than it says.
    GivesMore,
    /// 206 that brings at most so many bytes.
    Caps(u64),
    /// `multipart/byteranges`.
    Multipart,
    /// 206 with `/*` for the size.
    HidesSize,
    /// If-Range is always answered with 200.
    IfRangeIs200,
    /// Each request meets another of so many nodes, and each has an ETag of its own.
    NodeEtags(u32),
    /// ETags end in `-gzip`, and If-Range never fits them.
    GzipEtags,
    /// The second ETag and all later ones are weak.
    WeakensEtags,
}

impl Habit {
    /// Those that are drawn.
    pub const ODD: &[Habit] = &[
        Habit::Refuses(403),
        Habit::Refuses(500),
        Habit::Refuses(416),
        Habit::RefusesAfter(3, 400),
        Habit::RefusesAfter(3, 500),
        Habit::EncodesAfter(0),
        Habit::EncodesAfter(3),
        Habit::ForgetsAfter(3),
        Habit::WholeFile,
        Habit::NoContentRange,
        Habit::OddContentRange,
        Habit::IgnoresEnd,
        Habit::GivesMore,
        Habit::Caps(65_536),
        Habit::Multipart,
        Habit::HidesSize,
        Habit::IfRangeIs200,
        Habit::NodeEtags(3),
        Habit::GzipEtags,
        Habit::WeakensEtags,
    ];
}

impl SourceSpec {
    pub fn ranged(size: u64) -> Self {
        SourceSpec {
            size,
            ranges: true,
            announces_length: true,
            etag: true,
            weak: false,
            digests: &[],
            stamp: Stamp::True,
            habit: Habit::Right,
            changes_at: None,
            redirects: 0,
            address_lives_ms: None,
            moved_to: None,
            takes_at_once: None,
            works_once: false,
            first_byte_ms: 0,
            content_type: "video/mp4",
            begins: "",
        }
    }
}

/// A reply of the source, and what its body holds.
pub struct Answered {
    pub status: u16,
    pub headers: Headers,
    pub body: Extent,
}

/// Requests and open bodies by the effect that holds them.
#[derive(Default)]
pub struct Connections(BTreeMap<u32, ()>);

impl Connections {
    fn count(&self) -> usize {
        self.0.len()
    }

    pub fn close(&mut self, id: u32) {
        self.0.remove(&id);
    }

    /// An effect has ended; a body that was opened stays.
    pub fn settle(&mut self, id: u32, opened: bool) {
        if !opened {
            self.close(id);
        }
    }

    pub fn pass_on(&mut self, from: u32, to: u32) {
        self.close(from);
        self.0.insert(to, ());
    }
}

impl World {
    pub fn whole(&self) -> Extent {
        Extent {
            offset: 0,
            length: self.source.size,
            version: self.version(),
        }
    }

    pub fn source_reply(&mut self, id: u32, request: &Request) -> Answered {
        let refuse = |status, headers| Answered {
            status,
            headers,
            body: Extent {
                offset: 0,
                length: 0,
                version: 0,
            },
        };
        for name in ["user-agent", "accept"] {
            let headers = request.headers.iter();
            let told = headers.filter(|(n, _)| n.eq_ignore_ascii_case(name));
            assert_eq!(told.count(), 1, "{name} of {}", request.url);
        }
        if let Some(location) = &self.source.moved_to {
            return refuse(302, vec![("Location".into(), location.clone())]);
        }
        let hops = request.url.matches("/hop").count() as u32;
        if hops < self.source.redirects {
            let path = request.url.split("example").nth(1).unwrap();
            let to = format!("/hop-{}{path}", self.now);
            return refuse(302, vec![("Location".into(), to)]);
        }
        if self.has_ended(&request.url) {
            return refuse(403, vec![]);
        }
        let open = self.connections.count();
        self.connections.0.insert(id, ());
        if let Some((most, status, wait)) = self.source.takes_at_once
            && open >= most
        {
            let wait = wait.map(|seconds| ("Retry-After".to_owned(), seconds.to_string()));
            return refuse(status, wait.into_iter().collect());
        }
        self.asked += 1;
        if self.source.works_once && self.asked > 1 {
            return refuse(403, vec![]);
        }
        self.content(request)
    }

    /// Whether this is an address that a redirect gave out too long ago.
    fn has_ended(&self, url: &str) -> bool {
        let given = url.split("/hop-").nth(1).unwrap_or_default();
        let given: u64 = given.split('/').next().unwrap().parse().unwrap_or(self.now);
        let life = self.source.address_lives_ms;
        life.is_some_and(|life| self.now > given + life)
    }

    fn content(&self, request: &Request) -> Answered {
        let spec = &self.source;
        let mut headers = self.stamps();
        headers.push(("Content-Type".into(), spec.content_type.into()));
        let whole = self.whole();
        let Some((first, end)) = self.range_of(request) else {
            if spec.announces_length {
                headers.push(("Content-Length".into(), spec.size.to_string()));
            }
            return Answered {
                status: 200,
                headers,
                body: whole,
            };
        };
        let refused = match spec.habit {
            Habit::Refuses(status) => Some(status),
            Habit::RefusesAfter(requests, status) if self.asked > requests => Some(status),
            _ if first >= spec.size => Some(416),
            _ => None,
        };
        if let Some(status) = refused {
            let range = ("Content-Range".into(), format!("bytes */{}", spec.size));
            return Answered {
                status,
                headers: if status == 416 { vec![range] } else { vec![] },
                body: whole,
            };
        }
        let end = match spec.habit {
            Habit::IgnoresEnd | Habit::GivesMore => spec.size,
            Habit::Caps(most) => end.min(first + most),
            _ => end,
        };
        let (first, end) = match spec.habit {
            Habit::WholeFile => (0, spec.size),
            _ => (first, end),
        };
        let said = match spec.habit {
            Habit::GivesMore => self.range_of(request).unwrap().1,
            _ => end,
        };
        let range = match spec.habit {
            Habit::NoContentRange => None,
            Habit::OddContentRange => Some(format!("bytes {first}-{}", said - 1)),
            Habit::HidesSize => Some(format!("bytes {first}-{}/*", said - 1)),
            Habit::Multipart => {
                headers.retain(|(name, _)| name != "Content-Type");
                let kind = "multipart/byteranges; boundary=x";
                headers.push(("Content-Type".into(), kind.into()));
                None
            }
            _ => Some(format!("bytes {first}-{}/{}", said - 1, spec.size)),
        };
        if matches!(spec.habit, Habit::EncodesAfter(requests) if self.asked > requests) {
            headers.push(("Content-Encoding".into(), "gzip".into()));
        }
        if spec.digests.contains(&Digest::PartMd5) {
            headers.push(("Content-MD5".into(), format!("bWQ1{first}-{end}==")));
        }
        headers.extend(range.map(|range| ("Content-Range".to_owned(), range)));
        Answered {
            status: 206,
            headers,
            body: Extent {
                offset: first,
                length: end - first,
                ..whole
            },
        }
    }

    /// First byte and end (exclusive) of the range to answer with.
    fn range_of(&self, request: &Request) -> Option<(u64, u64)> {
        let spec = &self.source;
        let range = header(&request.headers, "range").filter(|_| spec.ranges)?;
        if matches!(spec.habit, Habit::ForgetsAfter(requests) if self.asked > requests) {
            return None;
        }
        if let Some(wanted) = header(&request.headers, "if-range") {
            let own = self.stamps();
            let fits = own.iter().any(|(_, value)| value == wanted);
            if !fits || matches!(spec.habit, Habit::IfRangeIs200 | Habit::GzipEtags) {
                return None;
            }
        }
        let (first, last) = range.trim_start_matches("bytes=").split_once('-').unwrap();
        let end = last.parse::<u64>().unwrap().saturating_add(1);
        Some((first.parse().unwrap(), end.min(spec.size)))
    }

    fn digest(&self, digest: Digest) -> Option<(String, String)> {
        let v = self.version();
        let crc = super::service::crc_of_zeros(self.source.size);
        let (name, value) = match digest {
            Digest::ContentMd5 => ("Content-MD5", format!("bWQ1{v}==")),
            Digest::PartMd5 => return None,
            Digest::OssCrc => ("x-oss-hash-crc64ecma", crc.to_string()),
            Digest::WrongCrc => ("x-oss-hash-crc64ecma", (crc ^ 1).to_string()),
            Digest::Goog => ("x-goog-hash", format!("crc32c=AAA{v}==,md5=bWQ1{v}==")),
            Digest::Instance => ("Digest", format!("SHA-256=c2hh{v}=,md5=bWQ1{v}==")),
            Digest::Representation => ("Repr-Digest", format!("sha-256=:c2hh{v}=:")),
        };
        Some((name.into(), value))
    }

    fn stamps(&self) -> Headers {
        let (spec, version) = (&self.source, self.version());
        let mut headers = vec![("Date".to_owned(), UnixMs(self.now).http_date())];
        let tag = match spec.habit {
            Habit::NodeEtags(nodes) => format!("\"v{version}-node{}\"", self.asked % nodes),
            Habit::GzipEtags => format!("\"v{version}-gzip\""),
            Habit::WeakensEtags if self.asked > 1 => format!("W/\"v{version}\""),
            _ if spec.weak => format!("W/\"v{version}\""),
            _ => format!("\"v{version}\""),
        };
        if spec.etag {
            headers.push(("ETag".into(), tag));
        }
        headers.extend(
            spec.digests
                .iter()
                .filter_map(|digest| self.digest(*digest)),
        );
        let modified = match spec.stamp {
            Stamp::None => return headers,
            Stamp::Now => self.now,
            Stamp::True if version == 1 => START - 86_400_000,
            Stamp::True => START + spec.changes_at.unwrap_or(0) - 1_000,
        };
        headers.push(("Last-Modified".into(), UnixMs(modified).http_date()));
        headers
    }
}
