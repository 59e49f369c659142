//! Reads a playlist line by line.

use std::ops::Range;

use super::attributes::{Attribute, attributes, value};
use super::choice::{Choice, Companion, Variant, dropped};
use super::define::{Origin, Variables};
use super::lines::{Line, ending, lines};
use super::{Edit, Kind, Playlist, Reference, Role};
use crate::encode::percent_bytes;
use crate::error::{Code, Error};
use crate::limits::{PLAYLIST_MEMORY, REFERENCES, VARIANTS};

/// What of a playlist is read, and how.
#[derive(Debug, Clone, Copy, Default)]
pub struct Reading<'a> {
    /// Where variables may come from.
    pub origin: Origin<'a>,
    /// Take one that is not complete for complete.
    pub complete: bool,
    /// The variants that are wanted; all if there is no choice.
    pub variants: &'a [Choice],
    /// What it may become.
    pub room: Room,
}

/// What a playlist may become in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// Bytes of what is kept of it beside its text.
    pub bytes: usize,
    /// URIs that lead to something.
    pub references: usize,
}

impl Default for Room {
    fn default() -> Self {
        Room {
            bytes: PLAYLIST_MEMORY,
            references: REFERENCES,
        }
    }
}

impl Room {
    /// `PlaylistTooLarge` for what there is no room for.
    fn check(&self, reader: &Reader<'_>) -> Result<(), Error> {
        let tags = reader
            .variants
            .len()
            .saturating_add(reader.companions.len());
        let message = if reader.references.len() > self.references {
            format!("the playlists name more than {REFERENCES} URIs")
        } else if tags > VARIANTS {
            format!("it lists more than {VARIANTS} variants and renditions")
        } else if reader.held > self.bytes {
            too_much()
        } else {
            return Ok(());
        };
        Err(too_large(message))
    }
}

/// Of what takes more memory than one upload may have.
pub fn too_much() -> String {
    format!("the playlists and what they name take more than {PLAYLIST_MEMORY} bytes of memory")
}

/// `PlaylistTooLarge` of a limit that nobody can raise.
pub fn too_large(message: String) -> Error {
    Error::new(Code::PlaylistTooLarge, message).hint(
        "Upload the playlist in parts, each with a media of its own: this limit cannot be raised.",
    )
}

/// Tags of a list that was made to be read again and again, which mean nothing once it has ended. Players of ended lists pass
/// over them, and what they name may be gone.
const OF_LOW_LATENCY: &[&str] = &[
    "-X-PART",
    "-X-PART-INF",
    "-X-PRELOAD-HINT",
    "-X-PREFETCH",
    "-X-RENDITION-REPORT",
    "-X-SERVER-CONTROL",
];

/// Reads line by line.
#[derive(Default)]
pub(super) struct Reader<'a> {
    reading: Reading<'a>,
    references: Vec<Reference>,
    edits: Vec<Edit>,
    variables: Variables,
    variants: Vec<Variant>,
    companions: Vec<Companion>,
    /// Bytes of what it has kept so far.
    held: usize,
    /// The next URI line is a variant's: the number of the line that says so.
    variant_follows: Option<usize>,
    /// The next URI line is a segment's.
    segment_follows: bool,
    is_gap: bool,
    has_map: bool,
    has_segments: bool,
    /// First line of a tag that only multivariant or only media playlists have.
    master_line: Option<usize>,
    media_line: Option<usize>,
    /// The first URI line that belongs to no tag.
    stray: Option<usize>,
    /// A key within the playlist that can be none.
    no_key: Option<Error>,
    has_ended: bool,
    /// `EXT-X-PLAYLIST-TYPE:VOD` promises that nothing follows.
    promises_end: bool,
}

impl<'a> Reader<'a> {
    pub(super) fn new(reading: Reading<'a>) -> Reader<'a> {
        Reader {
            reading,
            ..Reader::default()
        }
    }

    pub(super) fn read(mut self, text: &str) -> Result<Playlist, Error> {
        let mut begun = false;
        for line in lines(text) {
            if !begun && line.text.is_empty() {
                self.remove(&line);
                continue;
            }
            let problem = match begun {
                false => self.first(&line),
                true => self.line(&line),
            };
            begun = true;
            problem.map_err(|problem| invalid(line.number, &problem))?;
            self.reading.room.check(&self)?;
        }
        if !begun {
            return Err(invalid(
                1,
                "a playlist begins with #EXTM3U, and this is empty",
            ));
        }
        self.end(text)
    }

    /// Players want exactly `#EXTM3U`, and it first of all: no byte order mark, no attributes behind it.
    fn first(&mut self, line: &Line<'_>) -> Result<(), String> {
        match line.text.strip_prefix("#EXTM3U") {
            Some(rest) if rest.is_empty() || rest.starts_with([' ', '\t', ',', ':']) => {
                let text = line.start.saturating_add(line.text.len());
                self.edit(line.whole.start..text, "#EXTM3U");
                Ok(())
            }
            _ => Err("a playlist begins with #EXTM3U, and this does not".into()),
        }
    }

    fn line(&mut self, line: &Line<'_>) -> Result<(), String> {
        if line.text.is_empty() {
            return Ok(());
        }
        if !line.text.starts_with('#') {
            return self.uri_line(line);
        }
        let Some(tag) = line.text.strip_prefix("#EXT") else {
            return Ok(());
        };
        let (name, list) = tag.split_once(':').unwrap_or((tag, ""));
        if OF_LOW_LATENCY.contains(&name) {
            self.media_line.get_or_insert(line.number);
            self.remove(line);
            return Ok(());
        }
        let at = line
            .start
            .saturating_add(line.text.len().saturating_sub(list.len()));
        if !self.plain_tag(name, list.trim(), line.number)? && name.starts_with("-X-") {
            self.tag(name, &attributes(list, at), line)?;
        }
        Ok(())
    }

    /// Tags without attributes.
    fn plain_tag(&mut self, name: &str, value: &str, line: usize) -> Result<bool, String> {
        match name {
            "INF" => self.segment_follows = true,
            "-X-TARGETDURATION" | "-X-MEDIA-SEQUENCE" | "-X-BYTERANGE" => {}
            "-X-GAP" => self.is_gap = true,
            "-X-ENDLIST" => self.has_ended = true,
            "-X-PLAYLIST-TYPE" => self.promises_end |= value == "VOD",
            "-X-SKIP" => {
                let why = "it stands for segments that only a player knows which has read the list before";
                return Err(format!(
                    "EXT-X-SKIP: {why}; ask for the list without _HLS_skip"
                ));
            }
            _ => return Ok(false),
        }
        let neutral = matches!(name, "-X-ENDLIST" | "-X-PLAYLIST-TYPE");
        if !neutral {
            self.media_line.get_or_insert(line);
        }
        Ok(true)
    }

    fn tag(&mut self, name: &str, list: &[Attribute<'_>], line: &Line<'_>) -> Result<(), String> {
        let number = line.number;
        match name {
            "-X-DEFINE" => {
                let before = self.variables.held();
                self.variables.define(list, &self.reading.origin)?;
                self.hold(self.variables.held().saturating_sub(before));
                self.remove(line);
                return Ok(());
            }
            "-X-STREAM-INF" => {
                if let Some(before) = self.variant_follows.replace(number) {
                    return Err(format!(
                        "the EXT-X-STREAM-INF of line {before} is not followed by a URI"
                    ));
                }
                self.variants.push(Variant::of(list, number));
            }
            "-X-MEDIA" => self.companions.push(Companion::rendition(list, number)),
            "-X-I-FRAME-STREAM-INF" | "-X-IMAGE-STREAM-INF" => {
                self.companions.push(Companion::stills(list, number));
            }
            "-X-MAP" => self.has_map = true,
            _ => {}
        }
        if matches!(name, "-X-MAP" | "-X-KEY") {
            self.media_line.get_or_insert(number);
        } else if is_of_master(name) {
            self.master_line.get_or_insert(number);
        }
        let role = uri_role(name, list);
        if let Some(role) = role
            && is_needed(role)
            && value(list, "URI").is_none()
        {
            return Err(format!("EXT{name} has no URI"));
        }
        for attribute in list {
            let role = match attribute.name {
                "URI" => role,
                other => is_remote(name, other).then_some(Role::Remote),
            };
            self.attribute(attribute, role, list, number)?;
        }
        Ok(())
    }

    fn attribute(
        &mut self,
        attribute: &Attribute<'_>,
        role: Option<Role>,
        list: &[Attribute<'_>],
        line: usize,
    ) -> Result<(), String> {
        let given = self.variables.substitute(attribute.value)?;
        let Some(role) = role else {
            if let Some(given) = given {
                self.edit(attribute.span.clone(), &given);
            }
            return Ok(());
        };
        let uri = given.unwrap_or_else(|| attribute.value.to_owned());
        // A rendition without a URI is one that the variants hold.
        if uri.trim().is_empty() && matches!(role, Role::Rendition | Role::Subtitles) {
            self.edit(attribute.whole.clone(), "");
            return Ok(());
        }
        let key_bytes = value(list, "METHOD").and_then(key_bytes);
        self.refer(Reference {
            role,
            span: attribute.span.clone(),
            uri,
            line,
            in_fragments: false,
            key_bytes: key_bytes.filter(|_| role == Role::Key),
        })
    }

    fn uri_line(&mut self, line: &Line<'_>) -> Result<(), String> {
        let role = if self.variant_follows.take().is_some() {
            if let Some(variant) = self.variants.last_mut() {
                variant.lines.push(line.number);
            }
            Role::Variant
        } else if std::mem::take(&mut self.segment_follows) {
            self.has_segments = true;
            match std::mem::take(&mut self.is_gap) {
                true => Role::Gap,
                false => Role::Segment,
            }
        } else {
            // Players pass over it.
            self.stray.get_or_insert(line.number);
            self.remove(line);
            return Ok(());
        };
        let given = self.variables.substitute(line.text)?;
        self.refer(Reference {
            role,
            span: line.start..line.start.saturating_add(line.text.len()),
            uri: given.unwrap_or_else(|| line.text.to_owned()),
            line: line.number,
            in_fragments: self.has_map,
            key_bytes: None,
        })
    }

    fn refer(&mut self, reference: Reference) -> Result<(), String> {
        if reference.uri.trim().is_empty() {
            return match reference.role {
                Role::Remote | Role::Gap => Ok(()),
                _ => Err("a URI is empty".into()),
            };
        }
        // What is inside the playlist already needs no place of its own.
        let scheme = reference.uri.get(..5).unwrap_or_default();
        match scheme.eq_ignore_ascii_case("data:") {
            true => {
                self.measure(&reference);
                self.edit(reference.span, &reference.uri);
            }
            false => {
                self.hold(size_of::<Reference>().saturating_add(reference.uri.len()));
                self.references.push(reference);
            }
        }
        Ok(())
    }

    /// A key within the playlist has the length of its method, too.
    fn measure(&mut self, reference: &Reference) {
        let held = data_length(&reference.uri);
        if let Some(wanted) = reference.key_bytes.filter(|wanted| *wanted != held) {
            let line = reference.line;
            let problem =
                format!("line {line}: its key holds {held} bytes, and must have {wanted}");
            self.no_key
                .get_or_insert(Error::new(Code::PlaylistKey, problem));
        }
    }

    fn hold(&mut self, bytes: usize) {
        self.held = self.held.saturating_add(bytes);
    }

    fn edit(&mut self, span: Range<usize>, text: &str) {
        self.hold(size_of::<Edit>().saturating_add(text.len()));
        self.edits.push(Edit {
            span,
            text: text.to_owned(),
        });
    }

    /// Lines that follow each other fall away as one.
    fn remove(&mut self, line: &Line<'_>) {
        match self.edits.last_mut() {
            Some(last) if last.text.is_empty() && last.span.end == line.whole.start => {
                last.span.end = line.whole.end;
            }
            _ => self.edit(line.whole.clone(), ""),
        }
    }

    fn end(mut self, text: &str) -> Result<Playlist, Error> {
        if let Some(error) = self.no_key {
            return Err(error);
        }
        if let Some(line) = self.variant_follows {
            return Err(invalid(line, "EXT-X-STREAM-INF is not followed by a URI"));
        }
        let kind = match (self.master_line, self.media_line) {
            (Some(master), Some(media)) => {
                let first = master.min(media);
                let problem = format!(
                    "it lists variants and segments (see line {first}), and a playlist has only one of them"
                );
                return Err(invalid(master.max(media), &problem));
            }
            (Some(_), None) => Kind::Master,
            (None, _) => Kind::Media,
        };
        match kind {
            Kind::Media => self.end_media(text)?,
            Kind::Master => self.choose(text)?,
        }
        self.references.shrink_to_fit();
        self.edits.shrink_to_fit();
        Ok(Playlist {
            kind,
            references: self.references,
            variables: self.variables,
            edits: self.edits,
            ending: ending(text),
        })
    }

    fn end_media(&mut self, text: &str) -> Result<(), Error> {
        if let Some(line) = self.stray.filter(|_| !self.has_segments) {
            let problem = "a URI without an EXTINF before it: players pass over it";
            return Err(invalid(line, problem));
        }
        if !self.has_ended && !self.promises_end && !self.reading.complete {
            let message = "it is live: it has neither EXT-X-ENDLIST nor EXT-X-PLAYLIST-TYPE:VOD";
            return Err(Error::new(Code::PlaylistLive, message));
        }
        if !self.has_ended {
            // Without it players ask for the list again and again.
            let ending = ending(text);
            let before = if text.ends_with(['\n', '\r']) {
                ""
            } else {
                ending
            };
            let line = format!("{before}#EXT-X-ENDLIST{ending}");
            self.edit(text.len()..text.len(), &line);
        }
        Ok(())
    }

    fn choose(&mut self, text: &str) -> Result<(), Error> {
        if self.reading.variants.is_empty() {
            return Ok(());
        }
        let left = dropped(self.reading.variants, &self.variants, &self.companions)?;
        self.references
            .retain(|reference| !left.contains(reference.line));
        let spans: Vec<(usize, usize)> = lines(text)
            .filter(|line| left.contains(line.number))
            .map(|line| (line.whole.start, line.whole.end))
            .collect();
        self.edits.retain(|edit| {
            // The spans are in the order of the lines.
            let after = spans.partition_point(|(start, _)| *start <= edit.span.start);
            let before = after.checked_sub(1).and_then(|at| spans.get(at));
            before.is_none_or(|(_, end)| edit.span.start >= *end)
        });
        for (start, end) in spans {
            self.edit(start..end, "");
        }
        self.edits.sort_by_key(|edit| edit.span.start);
        Ok(())
    }
}

fn is_of_master(name: &str) -> bool {
    matches!(
        name,
        "-X-STREAM-INF"
            | "-X-MEDIA"
            | "-X-I-FRAME-STREAM-INF"
            | "-X-IMAGE-STREAM-INF"
            | "-X-SESSION-DATA"
            | "-X-SESSION-KEY"
            | "-X-CONTENT-STEERING"
    )
}

/// What the URI of a tag is for; `None` where it is to stay as it is.
fn uri_role(name: &str, list: &[Attribute<'_>]) -> Option<Role> {
    match name {
        "-X-MEDIA" if value(list, "TYPE") == Some("SUBTITLES") => Some(Role::Subtitles),
        "-X-MEDIA" => Some(Role::Rendition),
        "-X-I-FRAME-STREAM-INF" => Some(Role::Stills),
        "-X-IMAGE-STREAM-INF" => Some(Role::Images),
        "-X-SESSION-DATA" => Some(Role::Data),
        "-X-MAP" => Some(Role::Map),
        "-X-KEY" | "-X-SESSION-KEY" => is_plain_key(list).then_some(Role::Key),
        // Whatever it is, it is not stored: it must lead to where it led before.
        _ => Some(Role::Remote),
    }
}

/// A tag that says nothing without its URI.
fn is_needed(role: Role) -> bool {
    matches!(role, Role::Stills | Role::Images | Role::Map | Role::Key)
}

/// A key's URI is a place only in the plain key format; elsewhere it is an identifier for a DRM system.
fn is_plain_key(list: &[Attribute<'_>]) -> bool {
    let plain = value(list, "KEYFORMAT").is_none_or(|format| format == "identity");
    plain && value(list, "METHOD").is_none_or(|method| method.trim() != "NONE")
}

/// Bytes of the keys of a method, where it is known.
fn key_bytes(method: &str) -> Option<u64> {
    match method.trim() {
        "AES-128" | "SAMPLE-AES" | "SAMPLE-AES-CTR" | "AES-128-CTR" => Some(16),
        "AES-256" | "AES-256-CTR" | "AES-256-GCM" => Some(32),
        _ => None,
    }
}

/// Bytes that a `data:` URI holds.
fn data_length(uri: &str) -> u64 {
    let (kind, data) = uri.split_once(',').unwrap_or_default();
    let is_base64 = kind.trim_end().to_ascii_lowercase().ends_with(";base64");
    let bytes = percent_bytes(data);
    let is_digit = |byte: &&u8| byte.is_ascii_alphanumeric() || b"+/-_".contains(byte);
    let length = match is_base64 {
        true => bytes.iter().filter(is_digit).count().saturating_mul(3) / 4,
        false => bytes.len(),
    };
    u64::try_from(length).unwrap_or(u64::MAX)
}

/// Attributes besides `URI` that name something which is not stored with the media: a steering server, interstitials, and
/// what clients of their own look for.
fn is_remote(tag: &str, attribute: &str) -> bool {
    match tag {
        "-X-CONTENT-STEERING" => attribute == "SERVER-URI",
        "-X-DATERANGE" => {
            attribute == "X-ASSET-LIST"
                || (attribute.starts_with("X-")
                    && (attribute.ends_with("URI") || attribute.ends_with("URL")))
        }
        _ => false,
    }
}

fn invalid(line: usize, problem: &str) -> Error {
    Error::new(Code::PlaylistInvalid, format!("line {line}: {problem}"))
}
