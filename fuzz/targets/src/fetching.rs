//! What a source says of itself, and where it leads.

use std::net::IpAddr;

use vodlift::source::guard::{
    SourcePolicy, check_address, check_headers, check_url, harmless, next_hop, refer,
};
use vodlift::source::hosts::SourceHosts;
use vodlift::source::probe::{Validator, read_first_part, read_probe};
use vodlift::source::range::{RangeExpectation, check_range};
use vodlift::upload::Media;
use vodlift::upload::naming::{self, Hints};
use vodlift::vod::api::CreateUploadVideo;

use crate::replies::reply;

/// A reply. The range that was asked for stands in its `X-Asked` header: `FIRST LAST TOTAL`.
pub(crate) fn range(data: &[u8]) {
    let reply = reply(&String::from_utf8_lossy(data));
    let asked: Vec<u64> = reply
        .header("x-asked")
        .unwrap_or("0 99")
        .split(' ')
        .filter_map(|number| number.parse().ok())
        .collect();
    let [first, last] = [0, 1].map(|at| asked.get(at).copied().unwrap_or(99));
    let total = asked.get(2).copied();
    let _ = read_first_part(last, reply.status, &reply.headers);
    if let Ok(probe) = read_probe(reply.status, &reply.headers) {
        assert!(probe.file_name.is_none_or(|name| !name.is_empty()));
    }
    let validator = Validator::default();
    let expect = RangeExpectation {
        first,
        last,
        total,
        validator,
    };
    // Numbers beyond the largest are read as the largest, and no file is that long.
    if first > last
        || last == u64::MAX
        || check_range(&expect, reply.status, &reply.headers).is_err()
    {
        return;
    }
    // Read a second time, in another way: only the very range may have passed.
    assert_eq!(reply.status, 206);
    let said = reply
        .header("content-range")
        .expect("a Content-Range")
        .to_ascii_lowercase();
    let said = said
        .trim_start_matches("bytes")
        .trim_start_matches([' ', '=', '\t']);
    let (span, size) = said.split_once('/').expect("a size or a star");
    let (from, to) = span.split_once('-').expect("two ends");
    assert_eq!(from.trim().parse(), Ok(first), "{said}");
    assert_eq!(to.trim().parse(), Ok(last), "{said}");
    if let (Some(total), Ok(size)) = (total, size.trim().parse::<u64>()) {
        assert_eq!(total, size, "{said}");
    }
}

/// A `Content-Disposition`, one character a byte as hosts hand it out, then a URL and a Content-Type on lines of their own.
pub(crate) fn disposition(data: &[u8]) {
    let text: String = data.iter().copied().map(char::from).collect();
    let mut parts = text.splitn(3, '\n');
    let [value, url, kind] = std::array::from_fn(|_| parts.next().unwrap_or_default());
    let headers = vec![("content-disposition".to_owned(), value.to_owned())];
    let name = read_probe(200, &headers)
        .expect("a 200 is a probe")
        .file_name;
    let hints = Hints {
        name: name.as_deref(),
        url: Some(url),
        content_type: Some(kind),
    };
    let mut media = Media::Video(CreateUploadVideo::default());
    if naming::complete(&mut media, &hints).is_ok() {
        media
            .validate()
            .expect("a name that was made up is one that VOD takes");
    }
}

/// A URL, where it redirects to, an address, and two rules of hosts.
pub(crate) fn address(data: &[u8]) {
    let ([url, location, ip, allow, deny], rest) = crate::dice::lines::<5>(data);
    let mut headers = crate::replies::headers(&rest);
    let _ = check_headers(&headers);
    headers.push(("Authorization".into(), "secret".into()));
    let hosts = SourceHosts {
        allow: (!allow.is_empty()).then(|| vec![allow]),
        deny: vec![deny],
    };
    let _ = hosts.validate();
    let open = SourcePolicy {
        allow_private: true,
        ..SourcePolicy::default()
    };
    let listed = SourcePolicy {
        hosts,
        ..SourcePolicy::default()
    };
    for policy in [&SourcePolicy::default(), &open, &listed] {
        if check_url(&url, policy).is_ok() {
            passed(&url, policy);
        }
        if check_address(&ip, policy).is_ok() {
            // In brackets or not, and with its zone, as a resolver may give it.
            let bare = ip.trim_start_matches('[').trim_end_matches(']');
            let bare = bare.split('%').next().unwrap_or_default();
            let ip = bare
                .parse()
                .unwrap_or_else(|error| panic!("{ip} passed: {error}"));
            judge(ip, policy, bare);
        }
        let named = url::Url::parse(&url).ok().map(|from| {
            let (to, whole) = refer(&from, &location, policy)?;
            let along = match whole {
                true => headers.clone(),
                false => harmless(&headers),
            };
            Ok((to, along))
        });
        let redirected = next_hop(&url, Some(&location), &headers, 1, policy);
        for found in named.into_iter().chain([redirected]) {
            let Ok((to, along)) = found else { continue };
            check_url(&to, policy).expect("what is followed is allowed");
            passed(&to, policy);
            let origin = |text: &str| url::Url::parse(text).map(|url| url.origin());
            if url.is_ascii() && origin(&url) != origin(&to) {
                let told = along
                    .iter()
                    .any(|(name, _)| name.eq_ignore_ascii_case("authorization"));
                assert!(!told, "{url} leads to {to} with a secret");
            }
        }
    }
}

/// What the guard let pass, by rules of the standard library's.
fn passed(text: &str, policy: &SourcePolicy) {
    // The parser of this build has no tables for other letters; the core turns those it knows into punycode.
    if !text.is_ascii() {
        return;
    }
    let url = url::Url::parse(text).unwrap_or_else(|error| panic!("{text} passed: {error}"));
    assert!(matches!(url.scheme(), "http" | "https"), "{text}");
    assert!(
        url.username().is_empty() && url.password().is_none(),
        "{text}"
    );
    match url.host().expect("what passes has a host") {
        url::Host::Ipv4(ip) => judge(IpAddr::V4(ip), policy, text),
        url::Host::Ipv6(ip) => judge(IpAddr::V6(ip), policy, text),
        url::Host::Domain(name) => {
            let name = name.trim_end_matches('.').to_ascii_lowercase();
            let local = name == "localhost" || name.ends_with(".localhost");
            assert!(policy.allow_private || !local, "{text}");
        }
    }
}

fn judge(ip: IpAddr, policy: &SourcePolicy, text: &str) {
    let ip = match ip {
        IpAddr::V6(six) => six.to_ipv4_mapped().map_or(ip, IpAddr::V4),
        IpAddr::V4(_) => ip,
    };
    let metadata = ip.to_string() == "169.254.169.254" || ip.to_string() == "100.100.100.200";
    assert!(!metadata, "{text} is a metadata service");
    let private = match ip {
        IpAddr::V4(ip) => {
            ip.is_private() || ip.is_loopback() || ip.is_link_local() || ip.is_unspecified()
        }
        IpAddr::V6(ip) => ip.is_loopback() || ip.is_unspecified() || ip.is_unique_local(),
    };
    assert!(policy.allow_private || !private, "{text} is private");
}
