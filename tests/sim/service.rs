//! VOD and OSS as far as the machine can see them. They check no signature: the emulator does.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use vodlift::http::{Headers, Request, header};
use vodlift::oss::crc64;
use vodlift::time::UnixMs;
use vodlift::vod::Ticket;

use super::luck::Op;
use super::{Extent, STS_SECRET, STS_TOKEN};

/// The version of what a media held before it was replaced.
pub const OLD: u32 = 9;
/// The version of bytes that are not what was sent.
pub const CORRUPT: u32 = 8;

/// What VOD may say of a media where it is asked.
#[derive(Debug, Clone, Copy)]
pub enum Lie {
    Truth,
    NotFound,
    Forbidden,
    /// It tells of another media.
    Another,
    Status(&'static str, u64),
}

pub struct Service {
    pub credential_life_s: u64,
    /// VOD hands out the last credential once more until it is this old, with what is left of its life.
    pub credential_kept_ms: u64,
    /// What OSS says of a credential that has ended.
    pub ended: &'static str,
    /// Server time minus host time, in ms.
    pub skew_ms: i64,
    /// The host's clock is set at this moment of virtual time: from then on the service is so much later.
    pub skew_from: Option<(u64, i64)>,
    /// A box on the way writes this `Date` into every success.
    pub date_of_successes: Option<u64>,
    /// A box on the way writes this `Date` into every refusal.
    pub date_of_refusals: Option<u64>,
    /// Whether the upload credential may HEAD the object.
    pub may_read: bool,
    /// The next Complete stores other bytes than the parts', as its CRC-64 tells.
    pub spoils: bool,
    /// The object is that of a media which was there before: a new one has none.
    pub holds_theirs: bool,
    /// Before a Complete it loses one part, once.
    pub loses: bool,
    /// The part that was lost, by upload id.
    pub lost: Option<(String, u32)>,
    /// The endpoint in UploadAddress.
    pub endpoint: String,
    pub created: u32,
    /// The reference id of the media, if it has one.
    pub reference: Option<String>,
    /// When the media was made, by the service's clock.
    pub made: u64,
    /// It knows nothing of reference ids, and refuses the parameter.
    pub is_old: bool,
    /// State and size of the source file, where VOD says something else than what OSS has.
    pub believes: Option<(&'static str, u64)>,
    /// What it says of a media, one call after the other and then from the beginning; nothing but the truth where empty.
    pub lies: Vec<Lie>,
    told: usize,
    /// What it says too much of the size of a media.
    pub sizes_are_off_by: u64,
    pub refreshed: u32,
    pub upload_ids: u32,
    /// The media was removed.
    pub deleted: bool,
    /// Upload ids that were heard of.
    pub told_ids: BTreeSet<String>,
    /// Open multipart uploads and their parts.
    pub uploads: BTreeMap<String, BTreeMap<u32, Extent>>,
    pub object: Option<Vec<Extent>>,
    /// For a playlist: the key of the root. Everything else goes below its folder.
    pub root_key: Option<&'static str>,
    /// Every object of a playlist in the order it was stored: key, length, and the text of a playlist.
    pub objects: Vec<(String, u64, String)>,
    pub completed_numbers: Vec<u32>,
    /// Tokens, when they end, and the one object each may write.
    issued: BTreeMap<String, (u64, String)>,
    /// The last credential, and when it was made.
    kept: Option<(String, u64)>,
    /// What the reply to a Create calls the id, and what it holds beside it.
    kind: [&'static str; 2],
}

pub fn op_of(request: &Request) -> Op {
    match header(&request.headers, "x-acs-action") {
        Some("CreateUploadVideo" | "CreateUploadImage" | "CreateUploadAttachedMedia") => {
            return Op::CreateUploadVideo;
        }
        Some("RefreshUploadVideo") => return Op::RefreshUploadVideo,
        Some("GetMezzanineInfo" | "GetVideoInfo" | "GetImageInfo" | "GetAttachedMediaInfo") => {
            return Op::GetMezzanineInfo;
        }
        Some("DeleteMultipartUpload") => return Op::DeleteMultipartUpload,
        Some("DeleteVideo") => return Op::DeleteVideo,
        Some(other) => panic!("the machine calls {other}, which nobody expects"),
        None => {}
    }
    let query = request.url.split_once('?').map_or("", |(_, query)| query);
    match (
        request.method.as_str(),
        query.contains("uploadId="),
        query.contains("partNumber="),
    ) {
        ("PUT", true, true) => Op::UploadPart,
        ("PUT", false, _) => Op::PutObject,
        ("GET", true, _) => Op::ListParts,
        ("POST", true, _) => Op::Complete,
        ("POST", false, _) => Op::Initiate,
        ("DELETE", true, _) => Op::Abort,
        ("HEAD", ..) => Op::Head,
        _ => panic!("an unknown request: {request:?}"),
    }
}

fn key_of(request: &Request) -> String {
    let path = request.url.split('?').next().unwrap();
    path.splitn(4, '/').nth(3).unwrap().to_owned()
}

fn query<'a>(request: &'a Request, name: &str) -> &'a str {
    let query = request.url.split_once('?').map_or("", |(_, query)| query);
    let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs
        .find(|(key, _)| *key == name)
        .map_or("", |(_, value)| value)
}

thread_local! {
    static CRCS: RefCell<HashMap<u64, u64>> = RefCell::new(HashMap::new());
}

/// CRC-64 of this many zero bytes: the content of the simulated source.
pub fn crc_of_zeros(length: u64) -> u64 {
    if let Some(known) = CRCS.with_borrow(|crcs| crcs.get(&length).copied()) {
        return known;
    }
    let crc = computed_crc_of_zeros(length);
    CRCS.with_borrow_mut(|crcs| crcs.insert(length, crc));
    crc
}

fn computed_crc_of_zeros(length: u64) -> u64 {
    let mut one = crc64::Crc64::new();
    one.update(&[0]);
    let (mut crc, mut power, mut size, mut left) = (0, one.finish(), 1u64, length);
    while left > 0 {
        if left & 1 == 1 {
            crc = crc64::combine(crc, power, size);
        }
        power = crc64::combine(power, power, size);
        size *= 2;
        left >>= 1;
    }
    crc
}

fn crc_of(extent: &Extent) -> u64 {
    crc_of_zeros(extent.length) ^ u64::from(extent.version == CORRUPT)
}

pub fn upload_id_of(request: &Request) -> String {
    query(request, "uploadId").to_owned()
}

impl Service {
    pub fn new(_start: u64) -> Self {
        Service {
            credential_life_s: 3000,
            credential_kept_ms: 0,
            ended: "SecurityTokenExpired",
            kept: None,
            skew_ms: 0,
            skew_from: None,
            date_of_successes: None,
            date_of_refusals: None,
            may_read: false,
            spoils: false,
            holds_theirs: false,
            loses: false,
            lost: None,
            endpoint: "https://oss-cn-shanghai.aliyuncs.com".into(),
            created: 0,
            reference: None,
            made: 0,
            is_old: false,
            believes: None,
            lies: vec![],
            told: 0,
            sizes_are_off_by: 0,
            refreshed: 0,
            upload_ids: 0,
            deleted: false,
            told_ids: BTreeSet::new(),
            uploads: BTreeMap::new(),
            object: None,
            root_key: None,
            objects: vec![],
            completed_numbers: vec![],
            issued: BTreeMap::new(),
            kind: ["VideoId", ""],
        }
    }

    /// The playlist that ends an upload is there.
    pub fn has_root(&self) -> bool {
        let last = self.objects.last().map(|(key, ..)| key.as_str());
        last.is_some() && last == self.root_key
    }

    /// There is an object that was not there before.
    pub fn has_new_object(&self) -> bool {
        let extents = self.object.as_ref();
        extents.is_some_and(|extents| extents.iter().all(|extent| extent.version != OLD))
    }

    fn clock(&self, now: u64) -> u64 {
        let later = self.skew_from.filter(|(at, _)| *at <= now);
        now.saturating_add_signed(later.map_or(self.skew_ms, |(_, skew)| skew))
    }

    fn headers(&self, now: u64) -> Headers {
        let date = self.date_of_successes.unwrap_or(self.clock(now));
        vec![
            ("Date".into(), UnixMs(date).http_date()),
            ("x-oss-request-id".into(), "REQUEST".into()),
        ]
    }

    pub fn refusal(&self, op: Op, code: &str, now: u64) -> (Headers, String) {
        let vod = op.is_of_vod();
        let server_time = match code {
            "RequestTimeTooSkewed" => {
                let time = UnixMs(self.clock(now)).iso8601();
                format!("<ServerTime>{time}</ServerTime>")
            }
            _ => String::new(),
        };
        let body = if vod {
            format!(r#"{{"RequestId":"R","HostId":"h","Code":"{code}","Message":"refused"}}"#)
        } else {
            format!(
                "<Error><Code>{code}</Code><Message>refused</Message><RequestId>R</RequestId>{server_time}</Error>"
            )
        };
        let date = self.date_of_refusals.unwrap_or(self.clock(now));
        let mut headers = vec![
            ("Date".into(), UnixMs(date).http_date()),
            ("x-oss-request-id".into(), "REQUEST".into()),
        ];
        if op == Op::Head {
            headers.push(("x-oss-err".into(), STANDARD.encode(&body)));
        }
        (headers, body)
    }

    fn refuse(&self, op: Op, status: u16, code: &str, now: u64) -> (u16, Headers, String) {
        let (headers, body) = self.refusal(op, code, now);
        (status, headers, body)
    }

    fn ticket(&mut self, now: u64) -> String {
        let kept = self.kept.clone().filter(|(token, made)| {
            now < made + self.credential_kept_ms && self.issued.contains_key(token)
        });
        let fresh = || {
            (
                format!("{STS_TOKEN}-{}-{}", self.created, self.refreshed),
                now,
            )
        };
        let (token, made) = kept.unwrap_or_else(fresh);
        self.kept = Some((token.clone(), made));
        let ends = made + self.credential_life_s * 1000;
        let expires = self.clock(now) + ends.saturating_sub(now);
        let (key, place) = match self.root_key {
            // Whatever lies below the prefix.
            Some(key) => (
                "sv/id".to_owned(),
                format!(r#""FileName":"{key}","ObjectPrefix":"sv/id/""#),
            ),
            None => {
                let key = format!("sv/id-{}/film.mp4", self.created);
                let place = format!(r#""FileName":"{key}""#);
                (key, place)
            }
        };
        // One that is handed out again is good for every key.
        let key = match self.credential_kept_ms {
            0 => key,
            _ => "sv/id".to_owned(),
        };
        self.issued.insert(token.clone(), (ends, key));
        let address = format!(
            r#"{{"Endpoint":"{}","Bucket":"bucket",{place}}}"#,
            self.endpoint
        );
        let auth = format!(
            r#"{{"AccessKeyId":"STS.id","AccessKeySecret":"{STS_SECRET}","SecurityToken":"{token}","ExpireUTCTime":"{}","Expiration":"{}","Region":"cn-shanghai"}}"#,
            UnixMs(expires).iso8601(),
            expires.saturating_sub(self.clock(now)) / 1000
        );
        format!(
            r#"{{"RequestId":"R","{}":"video-{}",{}"UploadAddress":"{}","UploadAuth":"{}"}}"#,
            self.kind[0],
            self.created,
            self.kind[1],
            STANDARD.encode(address),
            STANDARD.encode(auth)
        )
    }

    /// What a server that has the keys makes of VOD's reply, for whoever has the bytes: the media first, then newer credentials.
    pub fn hand_out(&mut self, now: u64) -> Ticket {
        match self.created {
            0 => self.created = 1,
            _ => self.refreshed += 1,
        }
        let reply: serde_json::Value = serde_json::from_str(&self.ticket(now)).unwrap();
        let text = |name: &str| reply[name].as_str().unwrap().to_owned();
        Ticket {
            media_id: text(self.kind[0]),
            upload_address: text("UploadAddress"),
            upload_auth: text("UploadAuth").into(),
            expires_at: None,
            url: None,
            file_url: None,
            request_id: None,
        }
    }

    pub fn answer(&mut self, op: Op, request: &Request, now: u64) -> (u16, Headers, String) {
        if let Some((status, code)) = self.refuses_reference(op, request) {
            return self.refuse(op, status, code, now);
        }
        if let Some(date) = header(&request.headers, "x-acs-date")
            && self.is_off(UnixMs::parse_iso8601(date).unwrap(), now)
        {
            return self.refuse(op, 400, "InvalidTimeStamp.Expired", now);
        }
        match op {
            Op::CreateUploadVideo => {
                self.created += 1;
                if std::mem::take(&mut self.holds_theirs) {
                    self.object = None;
                }
                self.deleted = false;
                self.made = self.clock(now);
            }
            Op::RefreshUploadVideo => self.refreshed += 1,
            _ => {}
        }
        match op {
            Op::CreateUploadVideo | Op::RefreshUploadVideo => {
                self.kind = match header(&request.headers, "x-acs-action") {
                    Some("CreateUploadImage") => [
                        "ImageId",
                        r#""ImageURL":"https://i","FileURL":"https://f","#,
                    ],
                    Some("CreateUploadAttachedMedia") => [
                        "MediaId",
                        r#""MediaURL":"https://m","FileURL":"https://f","#,
                    ],
                    _ => ["VideoId", ""],
                };
                (200, self.headers(now), self.ticket(now))
            }
            Op::GetMezzanineInfo => {
                let action = header(&request.headers, "x-acs-action").unwrap_or_default();
                self.tell(action, now)
            }
            Op::DeleteMultipartUpload if self.uploads.is_empty() => {
                self.refuse(op, 400, "InvalidMultipartUpload.NotFound", now)
            }
            Op::DeleteMultipartUpload => {
                self.uploads.clear();
                (200, self.headers(now), r#"{"RequestId":"R"}"#.into())
            }
            Op::DeleteVideo => {
                // A Create whose reply was lost may have made another meanwhile.
                let is_made = |n: u32| query(request, "VideoIds") == format!("video-{n}");
                assert!((0..=self.created).any(is_made), "no media of that id");
                self.objects.clear();
                self.deleted = true;
                (200, self.headers(now), r#"{"RequestId":"R"}"#.into())
            }
            _ => self.oss(op, request, now),
        }
    }

    /// One media has one reference id.
    fn refuses_reference(&mut self, op: Op, request: &Request) -> Option<(u16, &'static str)> {
        let of_another = |id: &str| !id.is_empty() && id != format!("video-{}", self.created);
        if op == Op::RefreshUploadVideo && self.deleted {
            return Some((404, "InvalidVideo.NotFound"));
        }
        if op == Op::RefreshUploadVideo && of_another(query(request, "VideoId")) {
            return Some((404, "InvalidVideo.NotFound"));
        }
        let wanted = match query(request, "ReferenceId") {
            "" => return None,
            wanted => wanted.to_owned(),
        };
        let known = self.reference.as_ref() == Some(&wanted);
        match op {
            Op::CreateUploadVideo if known || self.is_old => {
                Some((400, "InvalidParameter.ReferenceId"))
            }
            Op::RefreshUploadVideo if !known => Some((404, "InvalidVideo.NotFound")),
            Op::CreateUploadVideo => {
                self.reference = Some(wanted);
                None
            }
            _ => None,
        }
    }

    fn tell(&mut self, action: &str, now: u64) -> (u16, Headers, String) {
        let lie = self.lies.get(self.told % self.lies.len().max(1)).copied();
        self.told += 1;
        let believed = self.believes;
        if let Some(Lie::Status(status, size)) = lie {
            self.believes = Some((status, size));
        }
        let truth = self.media_info(action);
        self.believes = believed;
        let body = match lie {
            Some(Lie::NotFound) => {
                return self.refuse(Op::GetMezzanineInfo, 404, "InvalidVideo.NotFound", now);
            }
            Some(Lie::Forbidden) => {
                return self.refuse(Op::GetMezzanineInfo, 403, "Forbidden.RAM", now);
            }
            Some(Lie::Another) => truth.replace(&format!("video-{}", self.created), "video-66"),
            _ => truth,
        };
        (200, self.headers(now), body)
    }

    fn media_info(&self, action: &str) -> String {
        let root = self.objects.last().filter(|_| self.has_root());
        let size: u64 = self
            .object
            .iter()
            .flatten()
            .map(|extent| extent.length)
            .sum::<u64>()
            + root.map_or(0, |(_, length, _)| *length);
        let status = if self.object.is_some() || root.is_some() {
            "Normal"
        } else {
            "Uploading"
        };
        let (status, size) = self
            .believes
            .unwrap_or((status, size + self.sizes_are_off_by));
        match action {
            "GetImageInfo" => format!(
                r#"{{"ImageInfo":{{"ImageId":"video-{}","Status":"{status}","Mezzanine":{{"FileSize":"{size}"}}}}}}"#,
                self.created
            ),
            "GetVideoInfo" => format!(
                r#"{{"RequestId":"R","Video":{{"VideoId":"video-{}","Status":"{status}","Size":{size},"CreationTime":"{}"}}}}"#,
                self.created,
                UnixMs(self.made).iso8601()
            ),
            "GetAttachedMediaInfo" => format!(
                r#"{{"AttachedMediaList":[{{"MediaId":"video-{}","Status":"{status}"}}]}}"#,
                self.created
            ),
            _ => format!(
                r#"{{"RequestId":"R","Mezzanine":{{"VideoId":"video-{}","Status":"{status}","Size":{size},"FileName":"f"}}}}"#,
                self.created
            ),
        }
    }

    fn oss(&mut self, op: Op, request: &Request, now: u64) -> (u16, Headers, String) {
        if let Err(code) = self.authorize(request, now) {
            return self.refuse(op, 403, code, now);
        }
        let id = query(request, "uploadId").to_owned();
        match op {
            Op::Initiate => {
                self.upload_ids += 1;
                let id = format!("U{}", self.upload_ids);
                let body = format!(
                    "<InitiateMultipartUploadResult><UploadId>{id}</UploadId></InitiateMultipartUploadResult>"
                );
                self.uploads.insert(id, BTreeMap::new());
                (200, self.headers(now), body)
            }
            Op::Head => self.head(now),
            Op::PutObject => {
                let mut crc = crc64::Crc64::new();
                crc.update(request.body.as_bytes());
                let length = request.body.len() as u64;
                let body = request.body.clone();
                self.objects.push((key_of(request), length, body));
                let mut headers = self.headers(now);
                headers.push(("ETag".into(), "\"P\"".into()));
                headers.push(("x-oss-hash-crc64ecma".into(), crc.finish().to_string()));
                (200, headers, String::new())
            }
            _ if !self.uploads.contains_key(&id) => self.refuse(op, 404, "NoSuchUpload", now),
            Op::Abort => {
                self.uploads.remove(&id);
                (204, self.headers(now), String::new())
            }
            Op::ListParts => self.list(
                &id,
                query(request, "part-number-marker").parse().unwrap_or(0),
                now,
            ),
            Op::Complete => self.complete(&id, &request.body, now),
            _ => panic!("{op:?} is not a small request"),
        }
    }

    /// Signed more than 15 minutes off.
    fn is_off(&self, signed: UnixMs, now: u64) -> bool {
        signed.0.abs_diff(self.clock(now)) > 900_000
    }

    fn authorize(&self, request: &Request, now: u64) -> Result<(), &'static str> {
        let token =
            header(&request.headers, "x-oss-security-token").expect("a request without a token");
        let (expires, key) = self.issued.get(token).expect("a token nobody issued");
        assert!(
            request.url.contains(key),
            "a token for {key} is used for {}",
            request.url
        );
        let date = header(&request.headers, "x-oss-date").expect("a request without a date");
        let signed = UnixMs::parse_iso8601(&format!(
            "{}-{}-{}T{}:{}:{}Z",
            &date[0..4],
            &date[4..6],
            &date[6..8],
            &date[9..11],
            &date[11..13],
            &date[13..15]
        ));
        if self.is_off(signed.unwrap(), now) {
            return Err("RequestTimeTooSkewed");
        }
        if now >= *expires {
            Err(self.ended)
        } else {
            Ok(())
        }
    }

    fn head(&self, now: u64) -> (u16, Headers, String) {
        if !self.may_read {
            return self.refuse(Op::Head, 403, "AccessDenied", now);
        }
        let Some(object) = &self.object else {
            return self.refuse(Op::Head, 404, "NoSuchKey", now);
        };
        let size: u64 = object.iter().map(|extent| extent.length).sum();
        let mut headers = self.headers(now);
        headers.push(("Content-Length".into(), size.to_string()));
        // What was there before was no row of zeros.
        let is_old = object.iter().any(|extent| extent.version == OLD);
        let crc = crc_of_zeros(size) ^ u64::from(is_old);
        headers.push(("x-oss-hash-crc64ecma".into(), crc.to_string()));
        headers.push(("ETag".into(), "\"E\"".into()));
        (200, headers, String::new())
    }

    fn list(&self, id: &str, marker: u32, now: u64) -> (u16, Headers, String) {
        let parts: Vec<_> = self.uploads[id].range(marker + 1..).take(1000).collect();
        let truncated = parts
            .last()
            .is_some_and(|(n, _)| self.uploads[id].range(*n + 1..).next().is_some());
        let next = parts.last().map_or(0, |(n, _)| **n);
        let rows: String = parts
            .iter()
            .map(|(n, part)| {
                format!(
                    "<Part><PartNumber>{n}</PartNumber><ETag>\"P{n}\"</ETag><Size>{}</Size><HashCrc64ecma>{}</HashCrc64ecma></Part>",
                    part.length,
                    crc_of(part)
                )
            })
            .collect();
        let body = format!(
            "<ListPartsResult><UploadId>{id}</UploadId><NextPartNumberMarker>{next}</NextPartNumberMarker><MaxParts>1000</MaxParts><IsTruncated>{truncated}</IsTruncated>{rows}</ListPartsResult>"
        );
        (200, self.headers(now), body)
    }

    fn complete(&mut self, id: &str, body: &str, now: u64) -> (u16, Headers, String) {
        let numbers: Vec<u32> = body
            .split("<PartNumber>")
            .skip(1)
            .map(|rest| rest.split('<').next().unwrap().parse().unwrap())
            .collect();
        assert!(
            numbers.is_sorted_by(|a, b| a < b),
            "Complete must list each part once, ascending: {numbers:?}"
        );
        if std::mem::take(&mut self.loses)
            && let Some(part) = numbers.last()
            && let Some(parts) = self.uploads.get_mut(id)
        {
            parts.remove(part);
            self.lost = Some((id.to_owned(), *part));
        }
        let parts = &self.uploads[id];
        if numbers.iter().any(|n| !parts.contains_key(n)) {
            return self.refuse(Op::Complete, 400, "InvalidPart", now);
        }
        let spoiled = std::mem::take(&mut self.spoils);
        let stored = |n: &u32| match parts[n] {
            part if spoiled => Extent {
                version: OLD,
                ..part
            },
            part => part,
        };
        let object: Vec<Extent> = numbers.iter().map(stored).collect();
        let size: u64 = object.iter().map(|extent| extent.length).sum();
        self.completed_numbers = numbers;
        self.object = Some(object);
        self.uploads.remove(id);
        let mut headers = self.headers(now);
        headers.push((
            "x-oss-hash-crc64ecma".into(),
            (crc_of_zeros(size) ^ u64::from(spoiled)).to_string(),
        ));
        (
            200,
            headers,
            "<CompleteMultipartUploadResult><ETag>\"E\"</ETag></CompleteMultipartUploadResult>"
                .into(),
        )
    }

    pub fn store(
        &mut self,
        op: Op,
        request: &Request,
        extent: Extent,
        now: u64,
    ) -> (u16, Headers, String) {
        if let Err(code) = self.authorize(request, now) {
            return self.refuse(op, 403, code, now);
        }
        if op == Op::PutObject && self.root_key.is_some() {
            let stored = (key_of(request), extent.length, String::new());
            self.objects.push(stored);
        } else if op == Op::PutObject {
            self.object = Some(vec![extent]);
        } else {
            let Some(parts) = self.uploads.get_mut(query(request, "uploadId")) else {
                return self.refuse(op, 404, "NoSuchUpload", now);
            };
            parts.insert(query(request, "partNumber").parse().unwrap(), extent);
        }
        let mut headers = self.headers(now);
        let etag = format!("\"P{}\"", query(request, "partNumber"));
        headers.push(("ETag".into(), etag));
        headers.push(("x-oss-hash-crc64ecma".into(), crc_of(&extent).to_string()));
        (200, headers, String::new())
    }
}
