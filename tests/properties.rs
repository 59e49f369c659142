//! What must hold for every input: encodings round-trip, checksums add up, ranges are exact, nothing panics, nothing leaks.

#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    reason = "a test fails by panicking"
)]

use proptest::prelude::*;
use vodlift::encode::{base64_decode, base64_encode, encode_path, percent_decode, percent_encode};
use vodlift::http::{Headers, Reply};
use vodlift::oss::crc64::{Crc64, combine};
use vodlift::oss::target::resolve_target;
use vodlift::oss::{self, xml};
use vodlift::playlist::{Choice, Playlist, Reading, Replacement};
use vodlift::source::guard::{SourcePolicy, check_address, check_url, next_hop, refer};
use vodlift::source::hosts::SourceHosts;
use vodlift::source::probe::{Validator, read_probe};
use vodlift::source::range::{RangeExpectation, check_range};
use vodlift::time::UnixMs;
use vodlift::upload::Media;
use vodlift::upload::naming::{self, Hints};
use vodlift::upload::tree::{Item, Spot, Tree};
use vodlift::upload::{PlaylistRoot, PlaylistSource};
use vodlift::vod::{self, api, credential};

const NOW: UnixMs = UnixMs(1_700_000_000_000);

fn crc(bytes: &[u8]) -> u64 {
    let mut crc = Crc64::new();
    crc.update(bytes);
    crc.finish()
}

/// From the definition, bit by bit.
fn slow_crc(bytes: &[u8]) -> u64 {
    let bit = |crc: u64| {
        (crc >> 1)
            ^ if crc & 1 == 1 {
                0xC96C_5795_D787_0F42
            } else {
                0
            }
    };
    !bytes.iter().fold(!0, |crc, byte| {
        (0..8).fold(crc ^ u64::from(*byte), |crc, _| bit(crc))
    })
}

/// One that is refused, and whether it is in any case.
fn refused_v4() -> impl Strategy<Value = ([u8; 4], bool)> {
    let own = (
        prop_oneof![
            Just([127, 0, 0]),
            Just([10, 0, 0]),
            Just([172, 16, 0]),
            Just([192, 168, 0]),
            Just([0, 0, 0]),
            Just([100, 64, 0]),
        ],
        any::<u8>(),
    );
    prop_oneof![
        own.prop_map(|([a, b, c], d)| ([a, b, c, d], false)),
        prop_oneof![
            Just([169, 254, 169, 254]),
            Just([169, 254, 170, 2]),
            Just([169, 254, 170, 23]),
            Just([100, 100, 100, 200]),
            Just([168, 63, 129, 16]),
            Just([192, 0, 0, 192]),
        ]
        .prop_map(|octets| (octets, true)),
    ]
}

/// Any, and often one beside what is refused.
fn any_v4() -> impl Strategy<Value = [u8; 4]> {
    prop_oneof![
        any::<[u8; 4]>(),
        refused_v4().prop_map(|(octets, _)| octets),
        refused_v4().prop_map(|([a, b, c, d], _)| [a, b.wrapping_add(1), c, d]),
        Just([86, 1, 86, 1]),
    ]
}

fn spelled(octets: [u8; 4], spelling: usize, low: u32) -> String {
    let ip = std::net::Ipv4Addr::from(octets);
    let [a, b, c, d] = octets;
    let bits = ip.to_bits();
    let (high, tail, inverted) = (bits >> 16, bits & 0xffff, !bits);
    let dotted = ip.to_string();
    match spelling {
        0 => dotted,
        1 => bits.to_string(),
        2 => format!("{bits:#X}"),
        3 => format!("0{bits:o}"),
        4 => format!("0{a:o}.{b:#x}.{c}.0{d:o}"),
        5 => format!("{a}.{}", bits & 0x00ff_ffff),
        6 => format!("{a:#x}.0{b:o}.{tail}"),
        7 => format!("000{a:o}.{b:#06x}.{c}.{d}"),
        8 => format!("{dotted}."),
        9 => format!("{dotted}.."),
        10 => format!("[::ffff:{dotted}]"),
        11 => format!("[0:0:0:0:0:FFFF:{high:x}:{tail:x}]"),
        12 => format!("[::{high:x}:{tail:x}]"),
        13 => format!("[64:ff9b::{high:x}:{tail:x}]"),
        14 => format!("[64:ff9b:1:{high:x}:{c:x}:{:x}::]", u32::from(d) << 8),
        15 => format!("[2002:{high:x}:{tail:x}::{:x}]", low & 0xffff),
        16 => format!(
            "[2001:0:{:x}:{:x}:8000:63bf:{:x}:{:x}]",
            low >> 16,
            low & 0xffff,
            inverted >> 16,
            inverted & 0xffff
        ),
        17 => format!("[fe80::5efe:{high:x}:{tail:x}]"),
        18 => format!("[::ffff:{dotted}%25eth0]"),
        19 => dotted.replace('.', "\u{3002}"),
        20 => full_width(&dotted).replace('.', "\u{ff0e}"),
        21 => full_width(&bits.to_string()),
        22 => dotted.replace('.', "%2e"),
        _ => dotted.replace('1', "\u{2460}"),
    }
}

fn full_width(text: &str) -> String {
    let wide = |c: char| match c.to_digit(10) {
        Some(digit) => char::from_u32(0xff10 + digit).unwrap(),
        None => c,
    };
    text.chars().map(wide).collect()
}

/// A URL to a host, as senders of odd ones write it.
fn wrapped(host: &str, wrapping: usize) -> String {
    match wrapping {
        0 => format!("http://{host}/"),
        1 => format!("HTTP://{host}:8080/x"),
        2 => format!("http:\\\\{host}\\x"),
        3 => format!("http:{host}/"),
        4 => format!("http:///{host}/"),
        5 => format!("http://{host}\\@93.184.216.34/"),
        6 => format!("http://{host}#@93.184.216.34/"),
        7 => format!("http://{host}?@93.184.216.34/"),
        8 => format!("http://93.184.216.34@{host}/"),
        _ => format!(" http://{host}:08080/"),
    }
}

/// An upload address as who tampers with a credential may write it, around names of OSS.
fn endpoint_spelled() -> impl Strategy<Value = String> {
    let scheme = prop_oneof![
        4 => Just("https://"),
        2 => Just(""),
        1 => Just("http://"),
        1 => Just("HTTPS://"),
        1 => Just("https:\\\\"),
        1 => Just("https:"),
        1 => Just("//"),
        1 => Just("ftp://"),
        1 => Just("https://oss-cn-shanghai.aliyuncs.com@"),
        1 => Just("https://oss-cn-shanghai.aliyuncs.com\\@"),
        1 => Just("https://user:pass@"),
    ];
    let label = prop_oneof![
        4 => proptest::sample::select(OSS_NAMES),
        3 => proptest::sample::select(OTHER_LABELS),
    ];
    let dot = prop_oneof![8 => Just("."), 1 => Just("\u{3002}"), 1 => Just("\u{ff0e}"), 1 => Just(".."), 1 => Just("%2e")];
    let tail = prop_oneof![4 => Just(".aliyuncs.com"), 1 => Just(""), 1 => Just(".aliyuncs.com.evil.example"), 1 => Just("-aliyuncs.com"), 1 => Just(".aliyuncs.com.")];
    let end = prop_oneof![
        8 => Just(""),
        1 => Just("/"),
        1 => Just(":443"),
        1 => Just(":80"),
        1 => Just(":8443"),
        1 => Just(":0"),
        1 => Just("/x"),
        1 => Just("?x"),
        1 => Just("#x"),
        1 => Just("@evil.example"),
        1 => Just("\\@evil.example"),
        1 => Just("/@evil.example"),
        1 => Just(":443@evil.example"),
        1 => Just("\0"),
        1 => Just(" "),
    ];
    (
        scheme,
        proptest::collection::vec((label, dot), 1..4),
        tail,
        end,
    )
        .prop_map(|(scheme, labels, tail, end)| {
            let mut host = String::new();
            for (n, (label, dot)) in labels.into_iter().enumerate() {
                if n > 0 {
                    host.push_str(dot);
                }
                host.push_str(label);
            }
            format!("{scheme}{host}{tail}{end}")
        })
}

const OSS_NAMES: &[&str] = &[
    "oss-cn-shanghai",
    "oss-cn-shanghai-internal",
    "vpc100-oss-cn-shanghai",
    "oss-accelerate",
    "oss-accelerate-overseas",
    "cn-shanghai.oss",
];

const OTHER_LABELS: &[&str] = &[
    "outin-1",
    "thief",
    "fc",
    "alb",
    "nlb",
    "mns",
    "oss",
    "oss-",
    "oss-cn-",
    "cn-shanghai",
    "vod",
    "localhost",
    "127.0.0.1",
    "0x7f.1",
    "[::1]",
    "oss-object-process",
    "oss-accesspoint",
    "aliyuncs.com",
    "OSS-CN-shanghai.evil",
    "s3",
];

fn headers() -> impl Strategy<Value = Headers> {
    let names = prop_oneof![
        Just("content-range"),
        Just("content-length"),
        Just("etag"),
        Just("last-modified"),
        Just("content-encoding"),
        Just("content-disposition"),
        Just("x-oss-err"),
        Just("retry-after"),
        Just("x-oss-hash-crc64ecma"),
    ];
    let values = prop_oneof![
        ".*",
        "bytes [0-9]{1,20}-[0-9]{1,20}/([0-9]{1,20}|\\*)",
        "[0-9]{1,21}",
        "W?/?\"[a-z]*\"",
        "attachment; filename\\*?=.*",
        "[A-Za-z0-9+/]*={0,2}",
    ];
    prop::collection::vec((names.prop_map(str::to_owned), values), 0..6)
}

/// Texts that look a bit like what is parsed, and texts that do not.
fn body() -> impl Strategy<Value = String> {
    prop_oneof![
        ".*",
        "<(Error|ListPartsResult|[a-z]{1,3})>(<(Code|Part|ETag)>[^<]{0,9}</(Code|Part|ETag)>){0,5}</(Error|ListPartsResult)>",
        "\\{\"(Code|VideoId|UploadAuth|Mezzanine)\":(\"[a-zA-Z0-9+/=]{0,30}\"|[0-9]{1,9}|\\{\\})\\}",
    ]
}

/// As long as an HMAC-SHA1, or as a token.
fn signature_or_token() -> impl Strategy<Value = Vec<u8>> {
    let bytes = |length| prop::collection::vec(any::<u8>(), length);
    prop_oneof![bytes(20..=20), bytes(32..=60)]
}

/// Characters that names are made of, and those that make trouble.
fn letters() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-zA-Z0-9 ._-]{0,12}",
        "[电影测试片第集é]{1,150}",
        "[🎬𠮷\u{301}\u{200d}\u{202e}\u{fe0f}\r\n\t\"'\\\\/:;=?%&#+|*]{0,6}",
        "\\PC{0,20}",
        ".{0,20}",
    ]
}

/// A file's name, now and then in some encoding, with what stands behind it in the world.
fn a_name() -> impl Strategy<Value = String> {
    let extension = "\\.(mp4|MKV|ts|jpg|png|srt|vtt|zip|php|dat|0|m4b|jfif|large|[a-z0-9]{0,6})";
    let tail = "(/|%20|\\.download|;jsessionid=1|&dl=1|:large|/download|\\.)?";
    let plain = (letters(), letters(), extension, tail).prop_map(|(a, b, e, t)| a + &b + &e + &t);
    let encoded = |name: String, way: u8| match way {
        0 => percent_encode(&name),
        1 => format!("=?UTF-8?B?{}?=", base64_encode(name.as_bytes())),
        2 => name.bytes().map(char::from).collect(),
        3 => format!("%B5%E7%D3%B0{name}"),
        _ => name,
    };
    (plain, 0..6_u8).prop_map(move |(name, way)| encoded(name, way))
}

fn disposition() -> impl Strategy<Value = String> {
    let before = "(attachment|inline)?; ?(filename|filename\\*|filename\\*0|FileName)=(\"|UTF-8''|GBK''|utf-8'en'|)";
    (before, a_name(), "(\"|)(; filename=x.mp4)?").prop_map(|(a, b, c)| a + &b + &c)
}

fn source_url() -> impl Strategy<Value = String> {
    let query = "(\\?|#)?(file|name|q|response-content-disposition|rscd)?=?";
    (a_name(), query, a_name(), any::<bool>()).prop_map(|(path, query, value, parsed)| {
        let text = format!("https://host.example/{path}{query}{value}");
        match url::Url::parse(&text) {
            Ok(url) if parsed => url.into(),
            _ => text,
        }
    })
}

fn media_type() -> impl Strategy<Value = String> {
    prop_oneof![
        "(video|audio|image|application|text|binary)/(x-)?[a-z0-9.+-]{1,9}(; ?[a-z=]{0,9})?",
        "(VIDEO/MP4|image/pjpeg|text/srt|audio/x-m4a|application/octet-stream|video/mp4, x)",
        ".{0,9}",
    ]
}

/// Media of every kind of which nothing is given.
fn media() -> impl Strategy<Value = Media> {
    use vod::attached_media::{BusinessType, CreateUploadAttachedMedia};
    use vod::image::CreateUploadImage;
    let attached = |business_type| {
        Media::AttachedMedia(CreateUploadAttachedMedia {
            business_type,
            ..CreateUploadAttachedMedia::default()
        })
    };
    prop::sample::select(vec![
        Media::Video(api::CreateUploadVideo::default()),
        Media::Image(CreateUploadImage::default()),
        attached(BusinessType::Material),
        attached(BusinessType::Subtitle),
        attached(BusinessType::Watermark),
    ])
}

/// Title, file name and format, however a kind calls them.
fn named(media: &Media) -> [String; 3] {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    match media {
        Media::Video(video) => [video.title.clone(), video.file_name.clone(), "mp4".into()],
        Media::Image(image) => [
            text(&image.title),
            text(&image.original_file_name),
            text(&image.image_ext),
        ],
        Media::AttachedMedia(media) => [
            text(&media.title),
            text(&media.file_name),
            text(&media.media_ext),
        ],
    }
}

proptest! {
    // A failure prints its smallest input; that belongs into a named test, not into a file of seeds.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn percent_encoding_round_trips(text in ".*") {
        let encoded = percent_encode(&text);
        prop_assert!(encoded.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.~%".contains(&byte)));
        let decoded = percent_decode(&encoded);
        prop_assert_eq!(decoded.as_deref(), Some(text.as_str()));
    }

    /// What is signed must be what a URL parser sends.
    #[test]
    fn url_parsers_leave_encoded_keys_alone(key in "[^./][^.]{0,40}") {
        let path = format!("/{}", encode_path(&key));
        let url = url::Url::parse(&format!("https://bucket.example{path}?q={}", percent_encode(&key))).unwrap();
        prop_assert_eq!(url.path(), path);
        let query = format!("q={}", percent_encode(&key));
        prop_assert_eq!(url.query(), Some(query.as_str()));
    }

    #[test]
    fn base64_needs_no_padding(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
        let text = base64_encode(&bytes);
        prop_assert_eq!(base64_decode(&text), Some(bytes.clone()));
        prop_assert_eq!(base64_decode(text.trim_end_matches('=')), Some(bytes));
    }

    #[test]
    fn dates_round_trip(seconds in 0..253_402_300_800_u64) {
        let at = UnixMs(seconds * 1000);
        prop_assert_eq!(UnixMs::parse_iso8601(&at.iso8601()), Some(at));
        prop_assert_eq!(UnixMs::parse_http_date(&at.http_date()), Some(at));
        prop_assert_eq!(at.basic().replace('T', ""), at.iso8601().replace(['-', 'T', ':'], ""));
    }

    #[test]
    fn a_crc_is_its_definition_however_it_is_cut(
        bytes in prop::collection::vec(any::<u8>(), 0..30_000), cut in any::<prop::sample::Index>(),
    ) {
        let (a, b) = bytes.split_at(cut.index(bytes.len() + 1));
        let mut pieces = Crc64::new();
        pieces.update(a);
        pieces.update(b);
        prop_assert_eq!(pieces.finish(), slow_crc(&bytes));
        prop_assert_eq!(combine(crc(a), crc(b), b.len() as u64), slow_crc(&bytes));
    }

    #[test]
    fn combining_is_associative_at_any_length(a: u64, b: u64, c: u64, len_b: u32, len_c: u32) {
        let (len_b, len_c) = (u64::from(len_b) << 15, u64::from(len_c) << 15);
        let left = combine(combine(a, b, len_b), c, len_c);
        prop_assert_eq!(left, combine(a, combine(b, c, len_c), len_b + len_c));
    }

    #[test]
    fn only_the_very_range_is_accepted(first in 0..50_u64, length in 1..50_u64, got in (0..50_u64, 1..50_u64, 0..120_u64)) {
        let (last, total) = (first + length - 1, 100);
        let (got_first, got_last, got_total) = (got.0, got.0 + got.1 - 1, got.2);
        let expect = RangeExpectation { first, last, total: Some(total), validator: Validator::default() };
        let headers = vec![("content-range".to_owned(), format!("bytes {got_first}-{got_last}/{got_total}"))];
        let exact = (first, last, total) == (got_first, got_last, got_total);
        prop_assert_eq!(check_range(&expect, 206, &headers).is_ok(), exact);
        let own = vec![("content-range".to_owned(), format!("bytes {first}-{last}/{total}"))];
        prop_assert!(check_range(&expect, 206, &own).is_ok());
    }

    #[test]
    fn nothing_a_service_or_a_source_says_makes_it_panic(status in 100..600_u16, headers in headers(), body in body()) {
        let reply = Reply { status, headers: headers.clone(), body: body.clone() };
        let _ = api::parse_create_upload_video(&reply, NOW);
        let _ = api::parse_get_mezzanine_info(&reply);
        let _ = credential::decode_address(&body);
        let _ = credential::decode_auth(&base64_encode(body.as_bytes()), NOW);
        let _ = vod::error::refused(&reply);
        let _ = vodlift::wire::retry::retry_after_ms(&headers, NOW);
        let _ = oss::error::refused(&reply);
        let _ = (xml::parse_initiate(&reply), xml::parse_list_parts(&reply), xml::parse_complete(&reply));
        let _ = (xml::parse_part_reply(&reply), xml::parse_head(&reply));
        let _ = read_probe(status, &headers);
        let expect = RangeExpectation { first: 9, last: 3, total: None, validator: Validator::default() };
        let _ = check_range(&expect, status, &headers);
        let _ = (UnixMs::parse_iso8601(&body), UnixMs::parse_http_date(&body));
    }

    #[test]
    fn a_name_that_is_made_up_is_one_that_vod_takes(
        kind in media(), disposition in disposition(), url in source_url(), told in media_type(), which in 1..8_u8,
    ) {
        let headers = vec![("content-disposition".to_owned(), disposition)];
        let name = read_probe(200, &headers).unwrap().file_name;
        let hints = Hints {
            name: name.as_deref().filter(|_| which & 1 != 0),
            url: (which & 2 != 0).then_some(url.as_str()),
            content_type: (which & 4 != 0).then_some(told.as_str()),
        };
        let mut media = kind;
        match naming::complete(&mut media, &hints) {
            Ok(()) => media.validate().unwrap(),
            Err(error) => {
                prop_assert_eq!(error.code, vodlift::Code::InvalidArgument);
                return Ok(());
            }
        }
        let [title, file_name, format] = named(&media);
        // Where nothing is told, only a video has a title.
        prop_assert!(!matches!(media, Media::Video(_)) || !title.is_empty());
        for text in [&title, &file_name] {
            prop_assert!(text.trim() == text, "{:?}", text);
            let plain = |c: char| !c.is_control() && u32::from(c) < 0x10000 && c != '\u{202e}';
            prop_assert!(text.chars().all(plain), "{:?}", text);
        }
        let limit = match media {
            Media::AttachedMedia(_) => title.len(),
            _ => title.chars().count(),
        };
        prop_assert!(limit <= 128, "{}", title);
        prop_assert!(!file_name.contains(['/', '\\', '"', ':']) && file_name.chars().count() <= 132);
        let (stem, extension) = file_name.rsplit_once('.').unwrap();
        prop_assert!(!stem.is_empty() && extension.bytes().all(|b| b.is_ascii_alphanumeric()));
        prop_assert!(format.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()));
    }

    #[test]
    fn no_url_address_or_redirect_makes_the_guard_panic(a in ".*", b in "(https?://)?.*", hop in 0..9_u32) {
        for policy in [SourcePolicy::default(), SourcePolicy { allow_private: true, allow_http: false, ..SourcePolicy::default() }] {
            let _ = (check_url(&a, &policy), check_url(&b, &policy), check_address(&a, &policy));
            let _ = next_hop(&b, Some(&a), &Headers::new(), hop, &policy);
        }
    }

    #[test]
    fn no_rule_of_hosts_panics_and_what_is_denied_never_passes(rule in "(\\*\\.)?[^/]{0,20}(:[0-9]{1,6})?", url in "https://[a-z*.:0-9@\\[\\]]{1,20}/") {
        let hosts = SourceHosts { allow: Some(vec![rule.clone()]), deny: vec![rule] };
        let _ = hosts.validate();
        let policy = SourcePolicy { hosts, allow_private: true, ..SourcePolicy::default() };
        prop_assert!(check_url(&url, &policy).is_err(), "{}", url);
    }

    #[test]
    fn an_address_behind_nat64_is_judged_as_without(octets in any_v4(), allow_private: bool) {
        let policy = SourcePolicy { allow_private, ..SourcePolicy::default() };
        let plain = std::net::Ipv4Addr::from(octets);
        let code = |address: &str| check_address(address, &policy).err().map(|error| error.code);
        let mapped = format!("64:ff9b::{plain}");
        prop_assert_eq!(code(&mapped), code(&plain.to_string()), "{}", mapped);
        let url = format!("http://[{mapped}]/film.mp4");
        let judged = check_url(&url, &policy).err().map(|error| error.code);
        prop_assert_eq!(judged, code(&mapped), "{}", url);
    }

    /// However an address is written or wrapped, and however a URL leads to it, it stays what it is: loopback and networks of
    /// one's own need leave, metadata services get none.
    #[test]
    fn no_spelling_makes_a_refused_address_another(
        (octets, never) in refused_v4(),
        spelling in 0..24_usize,
        wrapping in 0..10_usize,
        low in 0..0x0100_0000_u32,
    ) {
        let host = spelled(octets, spelling, low);
        let url = wrapped(&host, wrapping);
        let open = SourcePolicy { allow_private: true, ..SourcePolicy::default() };
        let policies = match never {
            true => vec![SourcePolicy::default(), open],
            false => vec![SourcePolicy::default()],
        };
        let from = url::Url::parse("http://93.184.216.34/a/film.mp4").unwrap();
        for policy in policies {
            prop_assert!(check_url(&url, &policy).is_err(), "{}", url);
            for reference in [url.as_str(), url.trim_start_matches("http:")] {
                // Without a scheme, some of them are paths of the host that is asked already.
                for found in [
                    next_hop(from.as_str(), Some(reference), &Headers::new(), 0, &policy).map(|(to, _)| to),
                    refer(&from, reference, &policy).map(|(to, _)| to),
                ] {
                    let Ok(to) = found else { continue };
                    prop_assert!(to.starts_with("http://93.184.216.34/"), "{} leads to {}", reference, to);
                }
            }
        }
    }

    /// However a credential names its host and bucket, bytes go to that bucket at a name of OSS, or nowhere.
    #[test]
    fn no_spelling_of_an_upload_address_leads_past_oss(
        endpoint in endpoint_spelled(),
        bucket in proptest::sample::select(&["outin-1", "thief", "fc", "a.evil.example", "Outin", "oss-cn-shanghai", "cn-shanghai", "b/c", "b@c", "b#c", "127", ""][..]),
    ) {
        let address = credential::UploadAddress {
            endpoint: endpoint.clone(),
            bucket: bucket.to_owned(),
            object_key: "sv/a.mp4".into(),
            object_prefix: None,
        };
        let service = (vod::VodService::default(), oss::OssService::default());
        let Ok(target) = resolve_target(&address, None, &service.0, &service.1) else {
            return Ok(());
        };
        let genuine = OSS_NAMES.iter().any(|name| target.base_url == format!("https://{bucket}.{name}.aliyuncs.com"));
        prop_assert!(genuine, "{} at {} leads to {}", bucket, endpoint, target.base_url);
    }

    /// A service may repeat what it was sent: secrets, tokens and signatures never come back in an error.
    #[test]
    fn no_error_repeats_a_secret(bytes in signature_or_token(), code in "[A-Z][a-zA-Z.]{3,20}", json: bool) {
        let secret = base64_encode(&bytes);
        let hidden = [format!("you sent {secret}."), format!("at https://a.example/f?Signature={secret}&x=1")];
        for message in hidden {
            let body = match json {
                true => format!(r#"{{"Code":"{code}","Message":"{message}","RequestId":"R"}}"#),
                false => format!("<Error><Code>{code}</Code><Message>{}</Message></Error>", message.replace('&', "&amp;")),
            };
            let reply = Reply { status: 400, headers: vec![], body };
            for error in [vod::error::refused(&reply).error, oss::error::refused(&reply).error] {
                let shown = serde_json::to_string(&error).unwrap();
                prop_assert!(!shown.contains(secret.trim_end_matches('=')), "{}", shown);
            }
        }
        let auth = base64_encode(format!(r#"{{"AccessKeySecret":"{secret}","SecurityToken":"{secret}"}}"#).as_bytes());
        let error = credential::decode_auth(&auth, NOW).unwrap_err();
        prop_assert!(!error.message.contains(&secret));
    }
}

proptest! {
    #[test]
    fn a_playlist_rewritten_with_its_own_uris_is_itself_from_then_on(
        lines in proptest::collection::vec(
            prop_oneof![
                ".*",
                "#EXT-X-(KEY|MAP|PART|MEDIA|I-FRAME-STREAM-INF|SESSION-DATA|OURS):([A-Z-]{1,6}=(\"[^\"]*\"|[^,\"]*),){0,3}URI=\"[^\"]{0,9}\"(,.*)?",
                "#EXT-X-DEFINE:NAME=\"[a-c]\",VALUE=\"[a-z/]{0,5}\"",
                "#EXT-X-(GAP|SERVER-CONTROL:A=B|PRELOAD-HINT:URI=\"x\")",
                "#EXTINF:[0-9],",
                "[a-z/%0-9?=&.]{1,12}([{][$][a-c][}])?",
            ],
            0..12,
        ),
        mark in prop_oneof![Just(""), Just("\u{feff}"), Just("\n")],
        attributes in prop_oneof![Just(""), Just(" x=1")],
        ending in prop_oneof![Just("\n"), Just("\r\n"), Just("\r")],
        variants in prop_oneof![Just(vec![]), Just(vec![Choice::Best]), Just(vec![Choice::MaxBandwidth(1)])],
    ) {
        let text = format!("{mark}#EXTM3U{attributes}{ending}{}", lines.join(ending));
        let reading = Reading { complete: true, variants: &variants, ..Reading::default() };
        if let Ok(playlist) = Playlist::read(&text, reading) {
            let own = |playlist: &Playlist| -> Vec<Replacement> {
                let uris = playlist.references.iter().map(|r| r.uri.clone());
                uris.map(|uri| Replacement { uri, is_gap: false }).collect()
            };
            prop_assert!(playlist.references.iter().all(|r| !r.uri.trim().is_empty()));
            let stored = playlist.rewrite(&text, own(&playlist));
            prop_assert!(stored.starts_with("#EXTM3U"));
            prop_assert!(!stored.contains("#EXT-X-DEFINE:NAME"));
            let again = Playlist::read(&stored, Reading::default()).unwrap();
            prop_assert_eq!(again.rewrite(&stored, own(&again)), stored);
            // What is written is found again at the same place, whatever stands around it.
            let names: Vec<String> = (0..playlist.references.len()).map(|n| format!("f{n}.ts")).collect();
            let named = names.iter().map(|uri| Replacement { uri: uri.clone(), is_gap: false });
            let other = playlist.rewrite(&text, named);
            let again = Playlist::read(&other, Reading::default()).unwrap();
            let found: Vec<String> = again.references.into_iter().map(|r| r.uri).collect();
            prop_assert_eq!(found, names);
        }
    }

    #[test]
    fn a_local_playlist_never_leads_out_of_its_folder(
        uris in proptest::collection::vec(
            prop_oneof![".*", "([.]{0,3}(/|%2f|%2F|\\\\|%5c)?){1,5}[a-z%0-9.:]{0,9}", "[a-z]{1,3}:[a-z/.%0-9]{0,9}"],
            1..6,
        ),
    ) {
        let source = PlaylistSource::at(PlaylistRoot::File {
            name: "i.m3u8".into(),
            path: "/f/i.m3u8".into(),
        });
        let mut tree = Tree::new(&source, SourcePolicy::default());
        let root = tree.unread().unwrap().clone();
        let text = format!("#EXTM3U\n#EXT-X-ENDLIST\n#EXTINF:6,\n{}", uris.join("\n#EXTINF:6,\n"));
        if tree.read(&root, text).is_ok() {
            tree.settle("sv/id/root.m3u8", Some("sv/id/")).unwrap();
            for number in 1..=tree.last_file() {
                let places = std::iter::successors(tree.file(number).cloned(), Item::elsewhere);
                for place in places {
                    match &place.spot {
                        Spot::File(path) => prop_assert!(
                            !path.is_empty()
                                && !path.contains('\\')
                                && path.split('/').all(|part| !matches!(part, "" | "." | "..")),
                            "{}", path
                        ),
                        Spot::Url(url) => prop_assert!(check_url(url, &SourcePolicy::default()).is_ok()),
                    }
                }
                let key = tree.key(number).unwrap();
                let name = key.strip_prefix("sv/id/").unwrap();
                prop_assert!(!name.starts_with('.') && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b)));
            }
        }
    }

    #[test]
    fn no_text_makes_the_playlist_reader_panic(text in any::<String>()) {
        let _ = Playlist::read(&text, Reading::default());
        let _ = Playlist::read(&format!("#EXTM3U\n{text}"), Reading::default());
    }
}
