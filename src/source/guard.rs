//! Which URL, address and redirect may be fetched: a source must not lead into the network the host stands in.
//!
//! [`check_url`] looks at what is written, [`check_address`] at what a name resolves to (the host must then connect to that
//! very address, or a second look-up could answer something else), [`next_hop`] at every redirect.

use std::net::IpAddr;

use url::{Host, Url};

use super::address::{is_metadata, is_public};
use super::hosts::SourceHosts;
use crate::encode::{has_empty_label, join_url, parse_url};
use crate::error::{Code, Error};
use crate::http::Headers;
use crate::json::{Read, Write};
use crate::limits::{HEADER_BYTES, bytes_of};

/// The most redirects that are followed.
const MAX_HOPS: u32 = 5;

/// Names that mean this machine or this network, with everything below them.
const LOCAL_SUFFIXES: &[&str] = &[
    "localhost",
    "local",
    "internal",
    "intranet",
    "lan",
    "home",
    "corp",
    "private",
    "localdomain",
    "home.arpa",
];

/// Names of metadata services, for hosts that do not see what a name resolves to.
const METADATA_NAMES: &[&str] = &[
    "metadata",
    "metadata.goog",
    "metadata.google.internal",
    "metadata.azure.internal",
    "metadata.tencentyun.com",
    "instance-data",
    "instance-data.ec2.internal",
];

/// What to do where leave to private sources would not help.
const USER_INFO: &str = "Leave user name and password out of the URL, and pass them as an Authorization header of the source.";
const OTHER_SCHEME: &str =
    "Use an http or https URL; a file on this machine is passed by its path.";
const PLAIN_HTTP: &str =
    "Use an https URL of the same source, or allow plain http where it is ruled out.";
const DOWNGRADED: &str = "Use the http URL itself if the source is to be read without TLS, or one that stays with https.";
const EMPTY_LABEL: &str =
    "Correct the host name: between two dots, and before the first, must stand something.";
const METADATA: &str =
    "Use another source: an address that hands out a machine's credentials is refused in any case.";

/// Headers that may go along to another origin: none that could hold a credential.
const HARMLESS: &[&str] = &[
    "accept",
    "accept-encoding",
    "accept-language",
    "if-range",
    "range",
    "user-agent",
];

/// Headers that are the host's and the core's own: they say for whom a request is, where it ends and what of the source is
/// wanted. Somebody else's `Host` would lead past a list of allowed hosts.
const RESERVED: &[&str] = &[
    "accept-encoding",
    "connection",
    "content-length",
    "expect",
    "host",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "keep-alive",
    "proxy-authorization",
    "proxy-connection",
    "range",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// What a source may be. The default: public hosts, over https or http, on port 80, 443 or any from 1024 on (below lie the
/// services that are not HTTP).
#[derive(Debug, Clone, PartialEq, Eq, Read, Write)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", default)]
pub struct SourcePolicy {
    /// Private, loopback and link-local addresses, local host names, and any port. Cloud metadata services stay refused.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub allow_private: bool,
    /// Plain `http:` URLs. A redirect from https to http is refused in any case.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub allow_http: bool,
    /// The caller's own lists of hosts.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub hosts: SourceHosts,
}

impl Default for SourcePolicy {
    fn default() -> Self {
        SourcePolicy {
            allow_private: false,
            allow_http: true,
            hosts: SourceHosts::default(),
        }
    }
}

/// Whether this URL may be fetched as far as its text tells: scheme, user info, host, port.
///
/// # Errors
/// `UrlRefused`, `AddressRefused` when the host is an address that is not public, `SourceHostRefused`. None quotes path or query.
pub fn check_url(url: &str, policy: &SourcePolicy) -> Result<(), Error> {
    let url = parse_url(url).ok_or_else(|| refused("the source is not an absolute URL"))?;
    check_parsed(&url, policy)
}

/// Whether a caller may send these headers to a source.
///
/// # Errors
/// `InvalidArgument` naming the header.
pub fn check_headers(headers: &Headers) -> Result<(), Error> {
    let reserved = headers
        .iter()
        .map(|(name, _)| name.to_ascii_lowercase())
        .find(|name| RESERVED.contains(&name.as_str()));
    let bytes = bytes_of(headers);
    if bytes > HEADER_BYTES {
        let rule = format!("must have at most {HEADER_BYTES} bytes in all, got {bytes}");
        return Err(Error::invalid("sourceHeaders", rule));
    }
    match reserved {
        None => Ok(()),
        Some(name) => Err(Error::invalid(
            "sourceHeaders",
            format!("must not hold {name}"),
        )),
    }
}

/// Whether this IP address, which a host name resolved to, may be connected to. In brackets or without.
///
/// # Errors
/// `AddressRefused` naming the address, or `UrlRefused` for a text that is no address.
pub fn check_address(ip: &str, policy: &SourcePolicy) -> Result<(), Error> {
    let bare = ip.trim_start_matches('[').trim_end_matches(']');
    // Link-local addresses come with a zone: fe80::1%eth0.
    let bare = bare.split('%').next().unwrap_or_default();
    let ip = bare
        .parse::<IpAddr>()
        .map_err(|_| refused("the source resolved to something that is no IP address"))?;
    check_ip(ip, policy)
}

/// The URL a redirect leads to, and those of `headers` that may go along. `hop` counts the redirects followed before: 0 for
/// the first. To another origin only harmless headers go along: a caller's key may hide under any name.
///
/// # Errors
/// `SourceRedirect` after five hops, without a Location or for one that is no URL; `UrlRefused` for
/// a step from https to http and for all that [`check_url`] refuses.
pub fn next_hop(
    from: &str,
    location: Option<&str>,
    headers: &Headers,
    hop: u32,
    policy: &SourcePolicy,
) -> Result<(String, Headers), Error> {
    let redirect = |text: String| Error::new(Code::SourceRedirect, text);
    let Some(location) = location else {
        return Err(redirect("the source redirects without a Location".into()));
    };
    if hop >= MAX_HOPS {
        return Err(redirect(format!(
            "the source redirects more than {MAX_HOPS} times"
        )));
    }
    let followed = parse_url(from).and_then(|from| follow(&from, location, policy, "redirects to"));
    let (url, same_origin) = followed.unwrap_or_else(|| {
        Err(redirect(
            "the source redirects to something that is no URL".into(),
        ))
    })?;
    let headers = if same_origin {
        headers.clone()
    } else {
        harmless(headers)
    };
    Ok((url, headers))
}

/// The URL that `reference` in a document at `from` names, and whether all headers may go along: to another origin only the
/// [`harmless`] ones may. The rules are those of a redirect, see [`next_hop`].
///
/// # Errors
/// `UrlRefused` for what is no URL, a step from https to http, and all that [`check_url`] refuses.
pub fn refer(from: &Url, reference: &str, policy: &SourcePolicy) -> Result<(String, bool), Error> {
    follow(from, reference, policy, "names")
        .unwrap_or_else(|| Err(refused("the source names something that is no URL")))
}

/// Those of a caller's headers that may go to any host.
pub fn harmless(headers: &Headers) -> Headers {
    let harmless = |name: &str| {
        HARMLESS
            .iter()
            .any(|known| known.eq_ignore_ascii_case(name))
    };
    let kept = headers.iter().filter(|(name, _)| harmless(name));
    kept.cloned().collect()
}

/// `None` for what is no URL.
fn follow(
    from: &Url,
    to: &str,
    policy: &SourcePolicy,
    verb: &str,
) -> Option<Result<(String, bool), Error>> {
    let mut to = join_url(from, to)?;
    to.set_fragment(None);
    if from.scheme() == "https" && to.scheme() == "http" {
        let host = host_of(&to);
        let why = format!("the source is https and {verb} http://{host}");
        return Some(Err(refused(&why).hint(DOWNGRADED)));
    }
    if let Err(error) = check_parsed(&to, policy) {
        return Some(Err(error));
    }
    let same_origin = from.origin() == to.origin();
    Some(Ok((to.into(), same_origin)))
}

fn check_parsed(url: &Url, policy: &SourcePolicy) -> Result<(), Error> {
    match url.scheme() {
        "https" => {}
        "http" if policy.allow_http => {}
        "http" => {
            return Err(refused("the source is a plain http URL").hint(PLAIN_HTTP));
        }
        scheme => {
            let why =
                format!("the source has the scheme {scheme}: only http and https are fetched");
            return Err(refused(&why).hint(OTHER_SCHEME));
        }
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(refused("the source's URL holds a user name or password").hint(USER_INFO));
    }
    check_host(url, policy)?;
    policy.hosts.check(url)?;
    let port = url.port_or_known_default().unwrap_or_default();
    match policy.allow_private || matches!(port, 80 | 443 | 1024..) {
        true => Ok(()),
        false => Err(refused(&format!(
            "the source is on port {port}: only 80, 443 and ports from 1024 on are fetched"
        ))),
    }
}

fn check_host(url: &Url, policy: &SourcePolicy) -> Result<(), Error> {
    match url.host() {
        None => Err(refused("the source's URL has no host")),
        Some(Host::Ipv4(ip)) => check_ip(ip.into(), policy),
        Some(Host::Ipv6(ip)) => check_ip(ip.into(), policy),
        Some(Host::Domain(name)) if has_empty_label(name) => Err(refused(
            "the source's host has an empty label, which no host name has",
        )
        .hint(EMPTY_LABEL)),
        Some(Host::Domain(name)) if METADATA_NAMES.contains(&name.trim_end_matches('.')) => {
            let text = format!("{name} is a cloud metadata service, which is never contacted");
            Err(Error::new(Code::AddressRefused, text).hint(METADATA))
        }
        Some(Host::Domain(name)) if !policy.allow_private && is_local(name) => Err(refused(
            &format!("the source's host {name} is a local name"),
        )),
        Some(Host::Domain(_)) => Ok(()),
    }
}

fn check_ip(ip: IpAddr, policy: &SourcePolicy) -> Result<(), Error> {
    let refuse = |what: &str| Error::new(Code::AddressRefused, format!("{ip} is {what}"));
    match (is_metadata(ip), is_public(ip) || policy.allow_private) {
        (true, _) => {
            Err(refuse("a cloud metadata service, which is never contacted").hint(METADATA))
        }
        (false, false) => Err(refuse("not a public address")),
        (false, true) => Ok(()),
    }
}

/// A name without a dot, or under one of the local ones. The dot at the end of a full name does not count.
fn is_local(name: &str) -> bool {
    let name = name.trim_end_matches('.');
    let below = |suffix: &&str| {
        name.strip_suffix(*suffix)
            .is_some_and(|rest| rest.ends_with('.'))
    };
    !name.contains('.')
        || LOCAL_SUFFIXES
            .iter()
            .any(|suffix| name == *suffix || below(suffix))
}

fn host_of(url: &Url) -> &str {
    url.host_str().unwrap_or_default()
}

fn refused(why: &str) -> Error {
    Error::new(Code::UrlRefused, why)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PUBLIC: SourcePolicy = SourcePolicy {
        allow_private: false,
        allow_http: true,
        hosts: SourceHosts {
            allow: None,
            deny: vec![],
        },
    };
    const PRIVATE: SourcePolicy = SourcePolicy {
        allow_private: true,
        allow_http: true,
        hosts: SourceHosts {
            allow: None,
            deny: vec![],
        },
    };

    #[test]
    fn public_urls_pass() {
        assert_eq!(SourcePolicy::default(), PUBLIC);
        for url in [
            "https://example.com/film.mp4?sig=x",
            "http://example.com",
            "https://example.com:8443/",
            "https://1.1.1.1/",
            "https://[2606:4700::1111]/",
            "https://xn--fiq228c.example/",
            "https://local.example.com/",
        ] {
            check_url(url, &PUBLIC).unwrap();
        }
    }

    #[test]
    fn urls_are_refused_by_scheme_user_host_and_port() {
        for (url, code) in [
            ("film.mp4", Code::UrlRefused),
            ("file:///etc/passwd", Code::UrlRefused),
            ("ftp://example.com/", Code::UrlRefused),
            ("data:video/mp4,x", Code::UrlRefused),
            ("https://user@example.com/", Code::UrlRefused),
            ("https://:pass@example.com/", Code::UrlRefused),
            ("https://localhost/", Code::UrlRefused),
            ("https://LOCALHOST./", Code::UrlRefused),
            ("https://a.localhost/", Code::UrlRefused),
            ("https://printer.local/", Code::UrlRefused),
            ("https://metadata.google.internal/", Code::AddressRefused),
            ("https://127.0.0.1../", Code::UrlRefused),
            ("https://a..b.example/", Code::UrlRefused),
            ("https://.example.com/", Code::UrlRefused),
            ("https://example.com../", Code::UrlRefused),
            ("https://../", Code::UrlRefused),
            ("https://router/", Code::UrlRefused),
            ("https://example.com:22/", Code::UrlRefused),
            ("https://127.0.0.1/", Code::AddressRefused),
            // The URL standard reads all of these as 127.0.0.1.
            ("https://0x7f.1/", Code::AddressRefused),
            ("https://2130706433/", Code::AddressRefused),
            ("https://0177.0.0.1/", Code::AddressRefused),
            ("https://127.0.0.1./", Code::AddressRefused),
            ("https://%31%32%37.0.0.1/", Code::UrlRefused),
            ("https://[::1]/", Code::AddressRefused),
            ("https://[::ffff:7f00:1]/", Code::AddressRefused),
            (
                "http://100.100.100.200/latest/meta-data/",
                Code::AddressRefused,
            ),
        ] {
            assert_eq!(check_url(url, &PUBLIC).unwrap_err().code, code, "{url}");
        }
        let strict = SourcePolicy {
            allow_private: true,
            allow_http: false,
            ..PUBLIC
        };
        let error = check_url("http://example.com/", &strict).unwrap_err();
        assert_eq!(error.code, Code::UrlRefused);
        assert!(error.message.contains("plain http"), "{error}");
    }

    #[test]
    fn a_refusal_tells_what_would_help() {
        for (url, help) in [
            ("https://user@example.com/", "Authorization header"),
            ("ftp://example.com/", "http or https URL"),
            ("https://a..b.example/", "host name"),
            ("http://metadata/", "credentials is refused in any case"),
            (
                "http://169.254.169.254/",
                "credentials is refused in any case",
            ),
        ] {
            let hint = check_url(url, &PRIVATE).unwrap_err().hint;
            assert!(hint.contains(help), "{url}: {hint}");
        }
        let hint = hop("https://a.example/", "http://a.example/", 0)
            .unwrap_err()
            .hint;
        assert!(hint.contains("without TLS"), "{hint}");
    }

    #[test]
    fn ports_below_1024_are_those_of_other_services() {
        let check = |port: u16| check_url(&format!("https://a.example:{port}/"), &PUBLIC);
        for port in [80, 443, 1024, 65_535] {
            check(port).unwrap();
        }
        for port in [0, 79, 81, 442, 444, 1023] {
            let error = check(port).unwrap_err();
            assert_eq!(error.code, Code::UrlRefused, "{port}");
            assert!(error.message.contains(&port.to_string()), "{error}");
        }
    }

    #[test]
    fn local_names_and_all_below_them_need_leave() {
        for name in [
            "localhost",
            "local",
            "internal",
            "intranet",
            "lan",
            "home",
            "corp",
            "private",
            "localdomain",
            "home.arpa",
        ] {
            for url in [
                format!("https://{name}/"),
                format!("https://nas.{name}/"),
                format!("https://nas.{name}./"),
            ] {
                let error = check_url(&url, &PUBLIC).unwrap_err();
                assert_eq!(error.code, Code::UrlRefused, "{url}");
                check_url(&url, &PRIVATE).unwrap();
            }
            check_url(&format!("https://a{name}.example/"), &PUBLIC).unwrap();
        }
    }

    #[test]
    fn the_callers_lists_of_hosts_hold_for_every_url() {
        let policy = SourcePolicy {
            hosts: SourceHosts {
                allow: None,
                deny: vec!["b.example".into()],
            },
            ..PUBLIC
        };
        check_url("https://a.example/", &policy).unwrap();
        let direct = check_url("https://b.example/", &policy).unwrap_err();
        let to = Some("https://b.example/");
        let redirected = next_hop("https://a.example/", to, &vec![], 0, &policy).unwrap_err();
        for error in [direct, redirected] {
            assert_eq!(error.code, Code::SourceHostRefused);
        }
    }

    #[test]
    fn errors_do_not_quote_path_or_query() {
        for url in [
            "https://user:hush@example.com/hush?hush",
            "https://localhost/hush?hush",
            "hush",
        ] {
            assert!(
                !check_url(url, &PUBLIC)
                    .unwrap_err()
                    .message
                    .contains("hush")
            );
        }
    }

    #[test]
    fn private_sources_may_be_allowed_but_metadata_never() {
        for url in [
            "http://127.0.0.1:22/",
            "http://localhost:8080/",
            "http://nas.local/",
            "http://[fd00::1]/",
            "http://10.0.0.1/",
        ] {
            check_url(url, &PRIVATE).unwrap();
        }
        for url in [
            "http://169.254.169.254/",
            "http://169.254.169.254./",
            "http://0xa9.0376.43518/",
            "http://2852039166/",
            "http://0251.0xfe.0251.254/",
            "http://169.254.170.2/v2/credentials",
            "http://168.63.129.16/machine",
            "http://192.0.0.192/",
            "http://100.100.100.200/",
            "http://[::ffff:a9fe:a9fe]/",
            "http://[64:ff9b::169.254.169.254]/",
            "http://[fd00:ec2::23]/",
            "http://[fd20:ce::254]/",
            "http://metadata.google.internal./computeMetadata/v1/",
        ] {
            assert_eq!(
                check_url(url, &PRIVATE).unwrap_err().code,
                Code::AddressRefused
            );
        }
        for name in [
            "metadata",
            "metadata.goog",
            "metadata.google.internal",
            "metadata.azure.internal",
            "metadata.tencentyun.com",
            "instance-data",
            "instance-data.ec2.internal",
        ] {
            for url in [format!("http://{name}/"), format!("http://{name}./")] {
                let error = check_url(&url, &PRIVATE).unwrap_err();
                assert_eq!(error.code, Code::AddressRefused, "{url}");
            }
        }
        for url in ["http://127.0.0.1../", "http://a..b/", "http://./"] {
            assert_eq!(
                check_url(url, &PRIVATE).unwrap_err().code,
                Code::UrlRefused,
                "{url}"
            );
        }
        assert_eq!(
            check_url("file:///etc/passwd", &PRIVATE).unwrap_err().code,
            Code::UrlRefused
        );
    }

    #[test]
    fn addresses_are_checked_in_every_spelling() {
        for ip in ["8.8.8.8", "2606:4700::1111", "[2606:4700::1111]"] {
            check_address(ip, &PUBLIC).unwrap();
        }
        for ip in [
            "127.0.0.1",
            "::1",
            "[::1]",
            "fe80::1%eth0",
            "100.100.100.200",
            "168.63.129.16",
            "::ffff:10.0.0.1",
        ] {
            assert_eq!(
                check_address(ip, &PUBLIC).unwrap_err().code,
                Code::AddressRefused,
                "{ip}"
            );
        }
        for ip in ["", "localhost", "127.1", "1.2.3.4:80"] {
            assert_eq!(
                check_address(ip, &PRIVATE).unwrap_err().code,
                Code::UrlRefused,
                "{ip}"
            );
        }
        check_address("127.0.0.1", &PRIVATE).unwrap();
    }

    fn hop(from: &str, location: &str, number: u32) -> Result<(String, Headers), Error> {
        let headers = [
            "Authorization",
            "Cookie",
            "X-Api-Key",
            "Range",
            "accept-encoding",
        ];
        let headers = headers
            .map(|name| (name.to_owned(), "v".to_owned()))
            .to_vec();
        next_hop(from, Some(location), &headers, number, &PUBLIC)
    }

    #[test]
    fn a_redirect_is_resolved_and_keeps_headers_on_its_own_origin() {
        let (url, headers) = hop("https://a.example/x/y?q", "../z?r#f", 0).unwrap();
        assert_eq!((url.as_str(), headers.len()), ("https://a.example/z?r", 5));
    }

    #[test]
    fn keys_do_not_go_to_another_origin() {
        for location in [
            "https://b.example/",
            "//b.example/",
            "https://a.example:8443/",
        ] {
            let (_, headers) = hop("https://a.example/", location, 0).unwrap();
            let names: Vec<_> = headers.iter().map(|(name, _)| name.as_str()).collect();
            assert_eq!(names, ["Range", "accept-encoding"], "{location}");
        }
        // The scheme is part of the origin.
        assert_eq!(
            hop("http://a.example/", "https://a.example/", 0)
                .unwrap()
                .1
                .len(),
            2
        );
    }

    #[test]
    fn redirects_are_guarded_like_the_first_url() {
        for (location, code) in [
            ("http://a.example/", Code::UrlRefused),
            ("http://127.0.0.1/", Code::UrlRefused),
            ("https://127.0.0.1/", Code::AddressRefused),
            ("https://localhost/", Code::UrlRefused),
            ("file:///etc/passwd", Code::UrlRefused),
            ("https://", Code::SourceRedirect),
        ] {
            assert_eq!(
                hop("https://a.example/", location, 0).unwrap_err().code,
                code,
                "{location}"
            );
        }
        hop("https://a.example/", "/5", 4).unwrap();
        assert_eq!(
            hop("https://a.example/", "/6", 5).unwrap_err().code,
            Code::SourceRedirect
        );
    }

    fn named(names: &[&str]) -> Headers {
        names
            .iter()
            .map(|name| ((*name).to_owned(), "v".to_owned()))
            .collect()
    }

    #[test]
    fn a_step_back_to_http_is_named_by_host_alone() {
        let from = parse_url("https://a.example/").unwrap();
        let to = "http://b.example/hush?hush";
        let redirected = next_hop(from.as_str(), Some(to), &vec![], 0, &PUBLIC).unwrap_err();
        let named = refer(&from, to, &PUBLIC).unwrap_err();
        for (error, verb) in [(redirected, "redirects to"), (named, "names")] {
            let told = format!("the source is https and {verb} http://b.example");
            assert_eq!((error.code, error.message), (Code::UrlRefused, told));
        }
    }

    #[test]
    fn what_tells_nothing_of_the_caller_goes_along_to_every_host() {
        let harmless_ones = named(&[
            "Accept",
            "accept-encoding",
            "Accept-Language",
            "if-range",
            "range",
            "User-Agent",
        ]);
        let keys = named(&["Authorization", "Cookie", "X-Token", "Referer", "Origin"]);
        let all = [harmless_ones.clone(), keys].concat();
        assert_eq!(harmless(&all), harmless_ones);
    }

    #[test]
    fn a_caller_sets_no_header_that_says_for_whom_or_how_much_a_request_is() {
        for name in [
            "Accept-Encoding",
            "connection",
            "content-length",
            "expect",
            "host",
            "if-match",
            "if-modified-since",
            "if-none-match",
            "if-range",
            "if-unmodified-since",
            "keep-alive",
            "proxy-authorization",
            "proxy-connection",
            "Range",
            "te",
            "trailer",
            "transfer-encoding",
            "upgrade",
        ] {
            let error = check_headers(&named(&["cookie", name])).unwrap_err();
            assert_eq!(error.code, Code::InvalidArgument, "{name}");
            let told = format!(
                "`sourceHeaders` must not hold {}",
                name.to_ascii_lowercase()
            );
            assert_eq!(error.message, told);
        }
        check_headers(&named(&["authorization", "cookie", "referer"])).unwrap();
    }

    #[test]
    fn a_callers_headers_have_room_up_to_a_limit() {
        let sized = |bytes: usize| vec![("cookie".to_owned(), "x".repeat(bytes - "cookie".len()))];
        check_headers(&sized(HEADER_BYTES)).unwrap();
        let error = check_headers(&sized(HEADER_BYTES + 1)).unwrap_err();
        assert_eq!(error.code, Code::InvalidArgument);
        assert!(error.message.contains("`sourceHeaders`"), "{error}");
    }
}
