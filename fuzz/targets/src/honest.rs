//! What an honest source, VOD and OSS answer, as far as an upload can tell.

use vodlift::encode::base64_encode;
use vodlift::http::{Headers, Request, header};
use vodlift::oss::crc64::{Crc64, combine};
use vodlift::time::UnixMs;
use vodlift::upload::{Effect, Event, TransferBody};

use crate::dice::{STS_SECRET, STS_TOKEN};

pub(crate) const MEDIA_PLAYLIST: &str = "#EXTM3U\n#EXT-X-TARGETDURATION:6\n#EXTINF:6,\na.ts\n#EXTINF:6,\nb.ts\n#EXTINF:6,\na.ts\n#EXT-X-ENDLIST\n";

/// Status, headers and body.
pub(crate) type Answer = (u16, Headers, String);

/// The other side of an upload.
pub(crate) struct Honest {
    /// The length of every source.
    pub(crate) size: u64,
    /// Bytes that were stored by the last multipart upload, part by part.
    parts: std::collections::BTreeMap<u32, u64>,
    /// What each `Open` has left.
    bodies: std::collections::BTreeMap<u32, u64>,
    stored: bool,
}

impl Honest {
    pub(crate) fn new(size: u64) -> Self {
        Honest {
            size,
            parts: Default::default(),
            bodies: Default::default(),
            stored: false,
        }
    }

    /// The event that ends this effect well, and when, if that is later. `None` for effects that no event follows.
    pub(crate) fn answer(&mut self, effect: &Effect, now: u64) -> Option<Event> {
        Some(match effect {
            Effect::Send { id, request, .. } => {
                let (status, headers, body) = self.reply(request, now);
                let id = *id;
                Event::Replied {
                    id,
                    status,
                    headers,
                    body,
                }
            }
            Effect::Open { id, request, .. } => {
                let (status, headers, length) = self.open(request.as_ref());
                self.bodies.insert(*id, length);
                let id = *id;
                Event::Opened {
                    id,
                    status,
                    headers,
                    head: String::new(),
                }
            }
            Effect::Read {
                id,
                open,
                skip,
                limit,
                ..
            } => {
                let left = self.bodies.entry(*open).or_default();
                *left = left.saturating_sub(*skip);
                let length = (*limit).min(*left);
                *left -= length;
                let ended = *left == 0;
                Event::Filled {
                    id: *id,
                    length,
                    ended,
                }
            }
            Effect::ReadText { id, .. } => Event::Text {
                id: *id,
                text: MEDIA_PLAYLIST.into(),
                ended: true,
            },
            Effect::Transfer {
                id,
                part,
                length,
                request,
                checksum,
                ..
            } => {
                let (status, headers, body) = self.store(*part, *length, request, now);
                Event::Transferred {
                    id: *id,
                    sent: *length,
                    status,
                    headers,
                    body,
                    crc64: checksum.then(|| crc_of_zeros(*length).to_string()),
                }
            }
            Effect::Renew { id } => Event::Renewed {
                id: *id,
                account: crate::events::account(),
            },
            Effect::Wait { id, .. } => Event::Woke { id: *id },
            _ => return None,
        })
    }

    fn open(&self, request: Option<&Request>) -> (u16, Headers, u64) {
        let range = request.and_then(|request| header(&request.headers, "range"));
        let range = range.and_then(|range| range.strip_prefix("bytes=")?.split_once('-'));
        let mut headers = vec![
            ("ETag".to_owned(), "\"film\"".to_owned()),
            ("Content-Type".to_owned(), "video/mp4".to_owned()),
        ];
        let Some((first, last)) = range else {
            headers.push(("Content-Length".into(), self.size.to_string()));
            return (200, headers, self.size);
        };
        let first: u64 = first.parse().unwrap_or(0);
        let end = last
            .parse()
            .map_or(self.size, |last: u64| last.saturating_add(1))
            .min(self.size);
        if first >= end {
            headers.push(("Content-Range".into(), format!("bytes */{}", self.size)));
            return (416, headers, 0);
        }
        let range = format!("bytes {first}-{}/{}", end - 1, self.size);
        headers.push(("Content-Range".into(), range));
        headers.push(("Content-Length".into(), (end - first).to_string()));
        (206, headers, end - first)
    }

    fn store(&mut self, part: u32, length: u64, request: &Request, now: u64) -> Answer {
        if request.url.contains("uploadId=") {
            self.parts.insert(part, length);
        } else {
            self.stored = true;
        }
        let mut headers = date(now);
        headers.push(("ETag".into(), format!("\"P{part}\"")));
        let crc = match request.body.is_empty() {
            true => crc_of_zeros(length),
            false => crc_of(request.body.as_bytes()),
        };
        headers.push(("x-oss-hash-crc64ecma".into(), crc.to_string()));
        (200, headers, String::new())
    }

    fn reply(&mut self, request: &Request, now: u64) -> Answer {
        if let Some(action) = header(&request.headers, "x-acs-action") {
            return (200, date(now), self.vod(action, now));
        }
        let has = |what: &str| request.url.contains(what);
        let mut headers = date(now);
        match request.method.as_str() {
            "PUT" => self.store(0, request.body.len() as u64, request, now),
            "POST" if has("uploadId=") => {
                self.stored = true;
                let size = self.parts.values().sum();
                headers.push((
                    "x-oss-hash-crc64ecma".into(),
                    crc_of_zeros(size).to_string(),
                ));
                let body = "<CompleteMultipartUploadResult><ETag>\"E\"</ETag></CompleteMultipartUploadResult>";
                (200, headers, body.into())
            }
            "POST" => {
                self.parts.clear();
                let body = "<InitiateMultipartUploadResult><UploadId>U1</UploadId></InitiateMultipartUploadResult>";
                (200, headers, body.into())
            }
            "GET" if has("uploadId=") => {
                let parts: String = self
                    .parts
                    .iter()
                    .map(|(number, size)| {
                        let crc = crc_of_zeros(*size);
                        format!("<Part><PartNumber>{number}</PartNumber><ETag>\"P{number}\"</ETag><Size>{size}</Size><HashCrc64ecma>{crc}</HashCrc64ecma></Part>")
                    })
                    .collect();
                let body = format!(
                    "<ListPartsResult><IsTruncated>false</IsTruncated>{parts}</ListPartsResult>"
                );
                (200, headers, body)
            }
            "DELETE" => (204, headers, String::new()),
            _ if self.stored => {
                headers.push(("Content-Length".into(), self.size.to_string()));
                (200, headers, String::new())
            }
            _ => (404, headers, String::new()),
        }
    }

    fn vod(&self, action: &str, now: u64) -> String {
        let status = if self.stored { "Normal" } else { "Uploading" };
        let size = self.size;
        match action {
            "GetMezzanineInfo" => {
                format!(
                    r#"{{"RequestId":"R","Mezzanine":{{"VideoId":"v1","Status":"{status}","Size":{size}}}}}"#
                )
            }
            "GetVideoInfo" => {
                let made = UnixMs(now).iso8601();
                format!(
                    r#"{{"RequestId":"R","Video":{{"VideoId":"v1","Status":"{status}","CreationTime":"{made}"}}}}"#
                )
            }
            "GetImageInfo" => {
                format!(
                    r#"{{"ImageInfo":{{"ImageId":"v1","Status":"{status}","Mezzanine":{{"FileSize":"{size}"}}}}}}"#
                )
            }
            "GetAttachedMediaInfo" => {
                format!(r#"{{"AttachedMediaList":[{{"MediaId":"v1","Status":"{status}"}}]}}"#)
            }
            _ if action.starts_with("Create") || action.starts_with("Refresh") => {
                ticket(action, now)
            }
            _ => r#"{"RequestId":"R"}"#.into(),
        }
    }
}

fn ticket(action: &str, now: u64) -> String {
    let id = match action {
        "CreateUploadImage" => {
            r#""ImageId":"v1","ImageURL":"https://i.example/i","FileURL":"https://f.example/f""#
        }
        "CreateUploadAttachedMedia" => {
            r#""MediaId":"v1","MediaURL":"https://m.example/m","FileURL":"https://f.example/f""#
        }
        _ => r#""VideoId":"v1""#,
    };
    let address = r#"{"Endpoint":"https://oss-cn-shanghai.aliyuncs.com","Bucket":"bucket","FileName":"sv/v1/film.mp4","ObjectPrefix":"sv/v1/"}"#;
    let ends = UnixMs(now + 3_000_000).iso8601();
    let auth = format!(
        r#"{{"AccessKeyId":"STS.id","AccessKeySecret":"{STS_SECRET}","SecurityToken":"{STS_TOKEN}","ExpireUTCTime":"{ends}","Expiration":"3000","Region":"cn-shanghai"}}"#
    );
    format!(
        r#"{{"RequestId":"R",{id},"UploadAddress":"{}","UploadAuth":"{}"}}"#,
        base64_encode(address.as_bytes()),
        base64_encode(auth.as_bytes())
    )
}

/// Whether the bytes of a transfer end the body of an `Open`, which is closed with it.
pub(crate) fn closes(effect: &Effect) -> Option<u32> {
    match effect {
        Effect::Transfer {
            body: TransferBody::Opened { open, .. },
            ..
        } => Some(*open),
        _ => None,
    }
}

fn date(now: u64) -> Headers {
    vec![
        ("Date".to_owned(), UnixMs(now).http_date()),
        ("x-oss-request-id".to_owned(), "R".to_owned()),
    ]
}

fn crc_of(bytes: &[u8]) -> u64 {
    let mut crc = Crc64::new();
    crc.update(bytes);
    crc.finish()
}

/// CRC-64 of this many zero bytes: what every source holds.
fn crc_of_zeros(length: u64) -> u64 {
    let (mut crc, mut power, mut size, mut left) = (0, crc_of(&[0]), 1_u64, length);
    while left > 0 {
        if left & 1 == 1 {
            crc = combine(crc, power, size);
        }
        power = combine(power, power, size);
        size = size.saturating_mul(2);
        left >>= 1;
    }
    crc
}
