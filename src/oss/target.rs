//! Which URL an object has, and which hosts may have it.
//!
//! The upload address comes from the network and is followed with the video and a token in hand. So its host is checked:
//! - `https` on the default port of a name that OSS itself answers to (`is_oss`): a customer can have other names under
//!   `aliyuncs.com`, of a function, a load balancer or a queue;
//! - the host of a VOD endpoint that was configured by hand, on any port (an emulator, a private cloud); plain HTTP only
//!   if that endpoint has it too. This machine is one host, by name and by address;
//! - the hosts trusted by name; plain HTTP only where the entry begins with `http://`;
//! - an OSS endpoint configured by hand, as it is: who names it trusts it.

use std::net::{Ipv4Addr, Ipv6Addr};

use url::Host;

use super::{OssNetwork, OssService};
use crate::error::{Code, Error};
use crate::json::{Read, Write};
use crate::vod::VodService;
use crate::vod::credential::UploadAddress;
use crate::wire::endpoint::{self, Endpoint, Scheme};

/// One object, and how to reach it.
#[derive(Debug, Clone, PartialEq, Eq, Read, Write)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[serde(rename_all = "camelCase")]
pub struct Target {
    /// `scheme://host[:port]`, with the bucket where the host holds it.
    pub base_url: String,
    /// The bucket stands in the path, not in the host.
    pub path_style: bool,
    /// Bucket.
    pub bucket: String,
    /// Object key, not encoded.
    pub key: String,
    /// Region id such as `cn-shanghai`; it goes into V4 signatures.
    pub region: String,
}

impl Target {
    /// An object by the endpoint of its bucket: what `decode_address` gives, or one of your own. Whoever
    /// names an endpoint here trusts it: no host is refused.
    ///
    /// - `endpoint`: `host`, `host:port`, or with `https://` or `http://` before it; TLS unless `http://` is written out. An IP
    ///   address and a host of one label (`localhost`) are addressed path-style. A bucket that stands before the host
    ///   already is not put there again.
    /// - `key`: the object, not encoded; `None` is the bucket itself.
    /// - `region`: such as `cn-shanghai`. Where it is left out the endpoint may tell it; signature V1 needs none.
    /// - `cname`: the endpoint is a domain that stands for the bucket.
    ///
    /// ```
    /// use vodlift::oss::Target;
    ///
    /// let target = Target::new("oss-cn-shanghai.aliyuncs.com", "outin-1", Some("sv/film.mp4"), None, false)?;
    /// assert_eq!(target.base_url, "https://outin-1.oss-cn-shanghai.aliyuncs.com");
    /// assert_eq!(target.region, "cn-shanghai");
    ///
    /// let refused = Target::new("localhost:9", "outin-1", Some("a/../b"), None, false).unwrap_err();
    /// assert_eq!(refused.message, "`key` must not hold . or .. as a segment");
    /// # Ok::<(), vodlift::Error>(())
    /// ```
    ///
    /// # Errors
    /// `InvalidArgument` naming `endpoint`, `bucket`, `key` or `region`, and the rule.
    pub fn new(
        endpoint: &str,
        bucket: &str,
        key: Option<&str>,
        region: Option<&str>,
        cname: bool,
    ) -> Result<Target, Error> {
        let endpoint = endpoint::parse("endpoint", endpoint)?;
        check_bucket(bucket).map_err(|rule| Error::invalid("bucket", rule))?;
        if let Some(key) = key {
            check_key(key).map_err(|rule| Error::invalid("key", rule))?;
        }
        let region = match region {
            Some(region) => given_region("region", region)?,
            None => region_of(&endpoint.host.to_string()).unwrap_or_default(),
        };
        Ok(Target::of(
            &endpoint,
            bucket,
            key.unwrap_or_default(),
            region,
            cname,
        ))
    }

    fn of(endpoint: &Endpoint, bucket: &str, key: &str, region: String, cname: bool) -> Target {
        let path_style = !cname && needs_path_style(&endpoint.host);
        let base_url = match path_style || cname {
            true => endpoint.base_url(),
            // `endpoint` is parsed: prefixing its text would make `bucket.https://…` of one with a scheme.
            false => with_bucket(endpoint, bucket).base_url(),
        };
        Target {
            base_url,
            path_style,
            bucket: bucket.to_owned(),
            key: key.to_owned(),
            region,
        }
    }

    /// Another object in the same bucket.
    ///
    /// # Errors
    /// `ReplyInvalid` for a key that no object can have.
    pub fn beside(&self, key: String) -> Result<Target, Error> {
        check_key(&key).map_err(|rule| not_ours(&format!("`FileName` {rule}")))?;
        Ok(Target {
            key,
            ..self.clone()
        })
    }
}

/// Where the object of `address` is reached, by the rules above.
///
/// The region is `oss.region`, else what the host tells, else `auth_region` (of the UploadAuth), else that of the VOD service.
///
/// # Errors
/// `EndpointRefused` naming the host; `ReplyInvalid` for an address that is none; `InvalidArgument` naming the field of `oss`
/// or `vod` that is wrong.
pub fn resolve_target(
    address: &UploadAddress,
    auth_region: Option<&str>,
    vod: &VodService,
    oss: &OssService,
) -> Result<Target, Error> {
    check_bucket(&address.bucket).map_err(|rule| not_ours(&format!("`Bucket` {rule}")))?;
    check_key(&address.object_key).map_err(|rule| not_ours(&format!("`FileName` {rule}")))?;
    let endpoint = match &oss.endpoint {
        Some(own) => endpoint::parse("ossEndpoint", own)?,
        None => {
            let named = endpoint::parse("Endpoint", &address.endpoint)
                .map_err(|error| not_ours(&error.message))?;
            check_allowed(&named, &address.bucket, vod, oss)?;
            named
        }
    };
    let region = region(&endpoint.host, auth_region, vod, oss)?;
    let endpoint = through(endpoint, oss.network.unwrap_or_default())?;
    let (bucket, key) = (&address.bucket, &address.object_key);
    Ok(Target::of(&endpoint, bucket, key, region, oss.cname))
}

impl OssService {
    /// What can be judged before VOD has named an address.
    ///
    /// # Errors
    /// `InvalidArgument` naming the field.
    pub fn validate(&self) -> Result<(), Error> {
        if let Some(own) = &self.endpoint {
            endpoint::parse("ossEndpoint", own)?;
            if self.network.unwrap_or_default() != OssNetwork::Public {
                return Err(Error::invalid(
                    "ossNetwork",
                    "does not go with an endpoint of one's own, which says it already",
                ));
            }
        } else if self.cname {
            return Err(Error::invalid(
                "ossCname",
                "needs `ossEndpoint`, the domain",
            ));
        }
        Ok(())
    }
}

/// The same endpoint by another way. The scheme stays: an internal network is no reason to drop TLS.
fn through(endpoint: Endpoint, network: OssNetwork) -> Result<Endpoint, Error> {
    if network == OssNetwork::Public {
        return Ok(endpoint);
    }
    let name = endpoint.host.to_string();
    let Some(region) = region_of(&name) else {
        let message = format!(
            "`ossNetwork` needs an address such as oss-cn-shanghai.aliyuncs.com, and VOD named {name}"
        );
        return Err(Error::new(Code::EndpointRefused, message));
    };
    let host = match network {
        OssNetwork::Accelerate => "oss-accelerate.aliyuncs.com".to_owned(),
        _ => format!("oss-{region}-internal.aliyuncs.com"),
    };
    Ok(Endpoint {
        host: Host::Domain(host),
        ..endpoint
    })
}

/// The address is the service's: what is wrong with it is not the caller's mistake.
fn not_ours(problem: &str) -> Error {
    Error::new(Code::ReplyInvalid, format!("UploadAddress: {problem}"))
}

/// 3 to 63 lower-case letters, digits and inner hyphens. It becomes part of the host, so nothing else may pass. The error is
/// the rule.
fn check_bucket(bucket: &str) -> Result<(), &'static str> {
    let legal = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let edges = bucket.starts_with('-') || bucket.ends_with('-');
    match (3..=63).contains(&bucket.len()) && !edges && bucket.bytes().all(legal) {
        true => Ok(()),
        false => Err("must be 3 to 63 of a-z 0-9 and inner hyphens"),
    }
}

/// 1 to 1,023 bytes of UTF-8 that begin with neither `/` nor `\`. The error is the rule.
fn check_key(key: &str) -> Result<(), &'static str> {
    if key.is_empty() || key.len() > 1023 || key.starts_with(['/', '\\']) {
        return Err("must be 1 to 1,023 bytes and begin with neither / nor \\");
    }
    // Every URL parser folds these away, encoded or not: the request would go to another key than the signed one.
    if key
        .split('/')
        .any(|segment| segment == "." || segment == "..")
    {
        return Err("must not hold . or .. as a segment");
    }
    match key.chars().any(char::is_control) {
        true => Err("must not hold control characters"),
        false => Ok(()),
    }
}

fn check_allowed(
    endpoint: &Endpoint,
    bucket: &str,
    vod: &VodService,
    oss: &OssService,
) -> Result<(), Error> {
    let mut allowed = endpoint.scheme == Scheme::Https
        && endpoint.port.is_none()
        && is_oss(&endpoint.host, bucket);
    if let Some(own) = &vod.endpoint {
        let own = endpoint::parse("endpoint", own)?;
        let same =
            own.host == endpoint.host || is_localhost(&own.host) && is_localhost(&endpoint.host);
        allowed |= same && may_use(endpoint.scheme, own.scheme);
    }
    for entry in &oss.trusted_hosts {
        let trusted = endpoint::parse("trustedHosts", entry)?;
        let port = trusted.port.is_none() || trusted.port == endpoint.port;
        allowed |=
            trusted.host == endpoint.host && port && may_use(endpoint.scheme, trusted.scheme);
    }
    match allowed {
        true => Ok(()),
        false => {
            let host = endpoint.base_url();
            Err(Error::new(
                Code::EndpointRefused,
                format!("the upload address names {host}, which is not allowed"),
            ))
        }
    }
}

fn is_localhost(host: &Host<String>) -> bool {
    match host {
        Host::Domain(name) => name.trim_end_matches('.') == "localhost",
        Host::Ipv4(address) => *address == Ipv4Addr::LOCALHOST,
        Host::Ipv6(address) => *address == Ipv6Addr::LOCALHOST,
    }
}

/// TLS is always fine; plain HTTP only where plain HTTP was written.
fn may_use(scheme: Scheme, trusted: Scheme) -> bool {
    scheme == Scheme::Https || trusted == Scheme::Http
}

/// The names of OSS, alone or behind the bucket: `oss-{region}`, `oss-{region}-internal`, `vpc100-oss-{region}`,
/// `oss-accelerate`, `oss-accelerate-overseas`, and `{region}.oss` of dual-stack. What else begins with `oss-` may run a
/// customer's code (`oss-object-process`).
///
/// <https://www.alibabacloud.com/help/en/oss/user-guide/regions-and-endpoints>
fn is_oss(host: &Host<String>, bucket: &str) -> bool {
    let Host::Domain(host) = host else {
        return false;
    };
    let Some(name) = host.strip_suffix(".aliyuncs.com") else {
        return false;
    };
    let without_bucket = name
        .strip_prefix(bucket)
        .and_then(|rest| rest.strip_prefix('.'));
    is_oss_name(name) || without_bucket.is_some_and(is_oss_name)
}

fn is_oss_name(name: &str) -> bool {
    if let Some(region) = name.strip_suffix(".oss") {
        return is_region_of_oss(region);
    }
    let name = name.strip_prefix("vpc100-").unwrap_or(name);
    name.strip_prefix("oss-").is_some_and(|rest| {
        matches!(rest, "accelerate" | "accelerate-overseas") || is_region_of_oss(rest)
    })
}

/// Every region of OSS begins with the part of the world that it lies in; `rg` is a group of them.
fn is_region_of_oss(id: &str) -> bool {
    const WORLD: &[&str] = &["cn", "ap", "us", "na", "sa", "eu", "me", "af", "rus", "rg"];
    let in_the_world = id
        .split_once('-')
        .is_some_and(|(part, rest)| WORLD.contains(&part) && !rest.is_empty());
    in_the_world && endpoint::check_region("", id).is_ok()
}

/// An address has no subdomains, and `bucket.localhost` or `bucket.emulator` resolves nowhere. OSS itself refuses path style.
fn needs_path_style(host: &Host<String>) -> bool {
    match host {
        Host::Domain(name) => !name.trim_end_matches('.').contains('.'),
        Host::Ipv4(_) | Host::Ipv6(_) => true,
    }
}

/// A host that begins with the bucket already (`bucket.oss-cn-shanghai.aliyuncs.com`) stays as it is; a bucket may be called
/// as a name of OSS begins, though.
fn with_bucket(endpoint: &Endpoint, bucket: &str) -> Endpoint {
    let name = endpoint.host.to_string();
    let begins = name
        .strip_prefix(bucket)
        .is_some_and(|rest| rest.starts_with('.'));
    let is_name_of_oss = name.strip_suffix(".aliyuncs.com").is_some_and(is_oss_name);
    match begins && !is_name_of_oss {
        true => endpoint.clone(),
        false => Endpoint {
            host: Host::Domain(format!("{bucket}.{name}")),
            ..endpoint.clone()
        },
    }
}

fn region(
    host: &Host<String>,
    auth_region: Option<&str>,
    vod: &VodService,
    oss: &OssService,
) -> Result<String, Error> {
    if let Some(region) = &oss.region {
        return given_region("ossRegion", region);
    }
    let told = region_of(&host.to_string()).or_else(|| {
        let region = auth_region?;
        endpoint::check_region("Region", region)
            .ok()
            .map(|()| region.to_owned())
    });
    let region = told.unwrap_or_else(|| vod.region.clone());
    endpoint::check_region("region", &region)?;
    Ok(region)
}

/// People copy `oss-cn-shanghai` from the console.
fn given_region(field: &str, region: &str) -> Result<String, Error> {
    let region = region.strip_prefix("oss-").unwrap_or(region);
    endpoint::check_region(field, region)?;
    Ok(region.to_owned())
}

/// `oss-cn-shanghai`, `oss-cn-shanghai-internal`, `vpc100-oss-cn-shanghai` and `cn-shanghai.oss` tell their region;
/// accelerate and custom hosts do not.
fn region_of(host: &str) -> Option<String> {
    let mut labels = host.strip_suffix(".aliyuncs.com")?.rsplit('.');
    let label = labels.next()?;
    if label == "oss" {
        let region = labels.next().filter(|region| is_region_of_oss(region));
        return region.map(str::to_owned);
    }
    let label = label
        .strip_prefix("vpc100-")
        .unwrap_or(label)
        .strip_prefix("oss-")?;
    let region = label.strip_suffix("-internal").unwrap_or(label);
    let known = !region.starts_with("accelerate") && endpoint::check_region("", region).is_ok();
    known.then(|| region.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(endpoint: &str) -> UploadAddress {
        UploadAddress {
            endpoint: endpoint.into(),
            bucket: "outin-1".into(),
            object_key: "sv/a b.mp4".into(),
            object_prefix: None,
        }
    }

    fn vod(endpoint: &str) -> VodService {
        VodService {
            endpoint: Some(endpoint.into()),
            ..VodService::default()
        }
    }

    fn resolve(endpoint: &str) -> Result<Target, Error> {
        resolve_target(
            &address(endpoint),
            None,
            &VodService::default(),
            &OssService::default(),
        )
    }

    fn refused(result: Result<Target, Error>) {
        assert_eq!(result.unwrap_err().code, Code::EndpointRefused);
    }

    #[test]
    fn the_bucket_goes_before_the_host_and_never_before_the_scheme() {
        for endpoint in [
            "https://oss-cn-beijing.aliyuncs.com",
            "oss-cn-beijing.aliyuncs.com",
            "https://OSS-CN-beijing.aliyuncs.com/",
        ] {
            let target = resolve(endpoint).unwrap();
            assert_eq!(
                target.base_url,
                "https://outin-1.oss-cn-beijing.aliyuncs.com"
            );
            assert_eq!(
                (target.path_style, target.region.as_str()),
                (false, "cn-beijing")
            );
        }
        let target = resolve("https://outin-1.oss-cn-beijing.aliyuncs.com").unwrap();
        assert_eq!(
            target.base_url,
            "https://outin-1.oss-cn-beijing.aliyuncs.com"
        );
    }

    #[test]
    fn a_target_of_ones_own_is_wherever_its_endpoint_is() {
        let place = |endpoint, cname| {
            let target = Target::new(endpoint, "films", Some("a b"), None, cname).unwrap();
            (target.base_url, target.path_style, target.region)
        };
        let oss = "oss-cn-beijing-internal.aliyuncs.com";
        for (endpoint, cname, base, path_style, region) in [
            (
                oss,
                false,
                "https://films.oss-cn-beijing-internal.aliyuncs.com",
                false,
                "cn-beijing",
            ),
            (
                "http://media.example:8",
                false,
                "http://films.media.example:8",
                false,
                "",
            ),
            ("media.example", true, "https://media.example", false, ""),
            (
                "films.media.example",
                false,
                "https://films.media.example",
                false,
                "",
            ),
            ("127.0.0.1:9", false, "https://127.0.0.1:9", true, ""),
            ("http://[::1]:9", false, "http://[::1]:9", true, ""),
            ("http://localhost", false, "http://localhost", true, ""),
            ("http://127.0.0.1", true, "http://127.0.0.1", false, ""),
        ] {
            let expected = (base.to_owned(), path_style, region.to_owned());
            assert_eq!(place(endpoint, cname), expected, "{endpoint}");
        }
        let region = Target::new(oss, "films", None, Some("oss-cn-x"), false)
            .unwrap()
            .region;
        assert_eq!(region, "cn-x");
        for (endpoint, bucket, key, region, field) in [
            ("a.example/b", "films", Some("k"), None, "endpoint"),
            (oss, "F", Some("k"), None, "bucket"),
            (oss, "films", Some(""), None, "key"),
            (oss, "films", Some("/k"), None, "key"),
            (oss, "films", Some("a/./b"), None, "key"),
            (oss, "films", Some("k"), Some(""), "region"),
        ] {
            let error = Target::new(endpoint, bucket, key, region, false).unwrap_err();
            assert_eq!(error.code, Code::InvalidArgument);
            let named = format!("`{field}` must");
            assert!(error.message.starts_with(&named), "{}", error.message);
        }
    }

    #[test]
    fn other_hosts_are_refused_by_name() {
        for endpoint in [
            "https://evil.example",
            "https://aliyuncs.com.evil.example",
            "https://evilaliyuncs.com",
            "https://aliyuncs.com",
            "http://oss-cn-shanghai.aliyuncs.com",
            "https://oss-cn-shanghai.aliyuncs.com:8443",
            "https://127.0.0.1",
            "https://100.100.100.200",
            // A customer can have each of these.
            "https://thief.cn-shanghai.fc.aliyuncs.com",
            "https://1234567890.cn-shanghai.fc.aliyuncs.com",
            "https://alb-thief.cn-shanghai.alb.aliyuncs.com",
            "https://nlb-thief.cn-shanghai.nlb.aliyuncs.com",
            "https://1234567890.mns.cn-shanghai.aliyuncs.com",
            "https://thief.oss-cn-shanghai.oss-object-process.aliyuncs.com",
            "https://oss-object-process.aliyuncs.com",
            "https://oss-cn-shanghai.oss-accesspoint.aliyuncs.com",
            "https://oss-cn-shanghai.fc.aliyuncs.com",
            "https://oss-cn-shanghai.thief.aliyuncs.com",
            "https://thief.oss-cn-shanghai.aliyuncs.com",
            "https://outin-1.thief.oss-cn-shanghai.aliyuncs.com",
            "https://oss-.aliyuncs.com",
            "https://oss-cn-.aliyuncs.com",
            "https://oss-cn.aliyuncs.com",
            "https://oss.aliyuncs.com",
            "https://thief.oss.aliyuncs.com",
            "https://vpc100-oss-.aliyuncs.com",
            "https://ecs.cn-shanghai.aliyuncs.com",
            "https://vod.cn-shanghai.aliyuncs.com",
        ] {
            refused(resolve(endpoint));
        }
        // They need to be trusted by name, as any other host.
        let trusting = OssService {
            trusted_hosts: vec!["thief.cn-shanghai.fc.aliyuncs.com".into()],
            ..OssService::default()
        };
        resolve_target(
            &address("https://thief.cn-shanghai.fc.aliyuncs.com"),
            None,
            &VodService::default(),
            &trusting,
        )
        .unwrap();
        assert!(
            resolve("https://evil.example")
                .unwrap_err()
                .message
                .contains("https://evil.example")
        );
    }

    #[test]
    fn this_machine_is_one_host_by_name_and_by_address() {
        let named = |own: &str, endpoint: &str| {
            let oss = OssService::default();
            resolve_target(&address(endpoint), None, &vod(own), &oss).map(|target| target.base_url)
        };
        for (own, endpoint) in [
            ("http://localhost:8080", "http://127.0.0.1:8080"),
            ("http://localhost.:8080", "http://127.0.0.1:8080"),
            ("http://127.0.0.1:8080", "http://localhost:8080"),
            ("http://localhost:8080", "http://[::1]:8080"),
        ] {
            assert_eq!(named(own, endpoint).unwrap(), endpoint, "{own}");
        }
        for (own, endpoint) in [
            ("https://localhost:8080", "http://127.0.0.1:8080"),
            ("http://localhost.example:8080", "http://127.0.0.1:8080"),
            ("http://localhost:8080", "http://10.0.0.1:8080"),
            ("http://localhost:8080", "http://169.254.169.254"),
            ("http://localhost:8080", "http://0.0.0.0:8080"),
        ] {
            refused(resolve_target(
                &address(endpoint),
                None,
                &vod(own),
                &OssService::default(),
            ));
        }
    }

    #[test]
    fn every_documented_name_of_oss_is_one() {
        for name in [
            "oss-cn-shanghai",
            "oss-cn-shanghai-internal",
            "oss-cn-shanghai-finance-1",
            "oss-cn-shanghai-finance-1-pub",
            "oss-cn-hzfinance",
            "oss-cn-hzjbp-b-internal",
            "oss-cn-north-2-gov-1",
            "oss-cn-hongkong",
            "oss-rg-china-mainland",
            "oss-ap-southeast-1",
            "oss-ap-northeast-2",
            "oss-us-west-1",
            "oss-na-south-1",
            "oss-eu-central-1",
            "oss-me-central-1-internal",
            "oss-accelerate",
            "oss-accelerate-overseas",
            "vpc100-oss-cn-hangzhou",
            "cn-hangzhou.oss",
            "us-west-1.oss",
            "outin-1.oss-cn-shanghai",
            "outin-1.oss-accelerate",
            "outin-1.cn-hangzhou.oss",
        ] {
            resolve(&format!("https://{name}.aliyuncs.com")).unwrap();
        }
    }

    #[test]
    fn more_than_a_host_is_not_an_endpoint() {
        for endpoint in [
            "https://oss-cn-shanghai..aliyuncs.com",
            "https://.oss-cn-shanghai.aliyuncs.com",
            "https://127.0.0.1..",
            "https://user@oss-cn-shanghai.aliyuncs.com",
            "https://evil.example#.aliyuncs.com",
            "https://evil.example/.aliyuncs.com",
            "https://evil.example?.aliyuncs.com",
            "file://oss-cn-shanghai.aliyuncs.com",
        ] {
            assert_eq!(
                resolve(endpoint).unwrap_err().code,
                Code::ReplyInvalid,
                "{endpoint}"
            );
        }
    }

    #[test]
    fn the_configured_endpoint_carries_its_own_host_and_scheme() {
        let own = vod("http://127.0.0.1:8080");
        let none = OssService::default();
        let target = resolve_target(&address("http://127.0.0.1:9090"), None, &own, &none).unwrap();
        assert_eq!(
            (target.base_url.as_str(), target.path_style),
            ("http://127.0.0.1:9090", true)
        );
        refused(resolve_target(
            &address("http://127.0.0.2:9090"),
            None,
            &own,
            &none,
        ));
        refused(resolve_target(
            &address("http://127.0.0.1:9090"),
            None,
            &vod("https://127.0.0.1:8080"),
            &none,
        ));
    }

    #[test]
    fn hosts_may_be_trusted_by_name() {
        let trusting = |hosts: &[&str]| OssService {
            trusted_hosts: hosts.iter().map(|host| (*host).to_owned()).collect(),
            ..OssService::default()
        };
        let try_it = |endpoint: &str, hosts: &[&str]| {
            resolve_target(
                &address(endpoint),
                Some("cn-x"),
                &VodService::default(),
                &trusting(hosts),
            )
        };
        let target = try_it(
            "https://media.example:9",
            &["other.example", "media.example"],
        )
        .unwrap();
        assert_eq!(target.base_url, "https://outin-1.media.example:9");
        assert_eq!(target.region, "cn-x");
        refused(try_it("http://media.example", &["media.example"]));
        refused(try_it("https://sub.media.example", &["media.example"]));
        refused(try_it("https://media.example:9", &["media.example:8"]));
        try_it("http://minio:9", &["http://minio:9"]).unwrap();
    }

    #[test]
    fn an_endpoint_of_ones_own_wins() {
        let oss = |endpoint: &str| OssService {
            endpoint: Some(endpoint.into()),
            ..OssService::default()
        };
        let resolve = |endpoint| {
            resolve_target(
                &address("https://evil.example"),
                None,
                &VodService::default(),
                &oss(endpoint),
            )
        };
        let target = resolve("oss-cn-beijing-internal.aliyuncs.com").unwrap();
        assert_eq!(
            target.base_url,
            "https://outin-1.oss-cn-beijing-internal.aliyuncs.com"
        );
        assert_eq!(target.region, "cn-beijing");
        assert_eq!(
            resolve("http://localhost:9").unwrap().base_url,
            "http://localhost:9"
        );
        assert!(
            resolve("http://x/y")
                .unwrap_err()
                .message
                .starts_with("`ossEndpoint` must")
        );
    }

    #[test]
    fn another_network_keeps_region_and_tls() {
        let oss = |network| OssService {
            network: Some(network),
            ..OssService::default()
        };
        let resolve = |endpoint: &str, network| {
            let service = VodService::default();
            resolve_target(&address(endpoint), None, &service, &oss(network))
        };
        let shanghai = "https://oss-cn-beijing.aliyuncs.com";
        for (network, host) in [
            (OssNetwork::Public, "oss-cn-beijing.aliyuncs.com"),
            (OssNetwork::Internal, "oss-cn-beijing-internal.aliyuncs.com"),
            (OssNetwork::Accelerate, "oss-accelerate.aliyuncs.com"),
        ] {
            let target = resolve(shanghai, network).unwrap();
            assert_eq!(target.base_url, format!("https://outin-1.{host}"));
            assert_eq!(target.region, "cn-beijing");
        }
        let twice = resolve(
            "https://oss-cn-beijing-internal.aliyuncs.com",
            OssNetwork::Internal,
        );
        assert!(
            twice
                .unwrap()
                .base_url
                .ends_with("oss-cn-beijing-internal.aliyuncs.com")
        );
        refused(resolve(
            "https://oss-accelerate.aliyuncs.com",
            OssNetwork::Internal,
        ));
        let both = OssService {
            endpoint: Some("oss-cn-beijing.aliyuncs.com".into()),
            ..oss(OssNetwork::Internal)
        };
        assert!(
            both.validate()
                .unwrap_err()
                .message
                .starts_with("`ossNetwork` does not go")
        );
    }

    #[test]
    fn a_domain_of_ones_own_stands_for_the_bucket() {
        let oss = OssService {
            endpoint: Some("media.example.com".into()),
            cname: true,
            ..OssService::default()
        };
        oss.validate().unwrap();
        let address = address("https://oss-cn-beijing.aliyuncs.com");
        let target =
            resolve_target(&address, Some("cn-beijing"), &VodService::default(), &oss).unwrap();
        assert_eq!(target.base_url, "https://media.example.com");
        assert_eq!(
            (
                target.path_style,
                target.bucket.as_str(),
                target.region.as_str()
            ),
            (false, "outin-1", "cn-beijing")
        );
        let alone = OssService {
            endpoint: None,
            ..oss
        };
        assert!(
            alone
                .validate()
                .unwrap_err()
                .message
                .starts_with("`ossCname` needs")
        );
    }

    #[test]
    fn regions_come_from_option_host_credential_and_service_in_this_order() {
        for (host, region) in [
            ("oss-cn-shanghai", "cn-shanghai"),
            ("oss-ap-southeast-1-internal", "ap-southeast-1"),
            ("vpc100-oss-cn-hangzhou", "cn-hangzhou"),
            ("outin-1.oss-cn-shenzhen", "cn-shenzhen"),
            ("outin-1.cn-shenzhen.oss", "cn-shenzhen"),
            ("oss-accelerate", "cn-auth"),
            ("oss-accelerate-overseas", "cn-auth"),
            ("cn-hangzhou.oss", "cn-hangzhou"),
        ] {
            let address = address(&format!("https://{host}.aliyuncs.com"));
            let resolve = |auth, oss: &OssService| {
                resolve_target(&address, auth, &VodService::default(), oss)
                    .unwrap()
                    .region
            };
            assert_eq!(
                resolve(Some("cn-auth"), &OssService::default()),
                region,
                "{host}"
            );
            let oss = OssService {
                region: Some("oss-cn-mine".into()),
                ..OssService::default()
            };
            assert_eq!(resolve(Some("cn-auth"), &oss), "cn-mine");
        }
        assert_eq!(
            resolve("https://oss-accelerate.aliyuncs.com")
                .unwrap()
                .region,
            "cn-shanghai"
        );
    }

    #[test]
    fn buckets_and_keys_have_rules() {
        let with = |bucket: &str, key: &str| {
            let address = UploadAddress {
                bucket: bucket.into(),
                object_key: key.into(),
                ..address("https://oss-cn-shanghai.aliyuncs.com")
            };
            resolve_target(
                &address,
                None,
                &VodService::default(),
                &OssService::default(),
            )
        };
        with("abc", &"k".repeat(1023)).unwrap();
        for bucket in [
            "",
            "ab",
            "a.b.c",
            "evil.com/",
            "A-b",
            "-ab",
            "ab-",
            &"b".repeat(64),
        ] {
            assert!(
                with(bucket, "k").unwrap_err().message.contains("`Bucket`"),
                "{bucket}"
            );
        }
        for key in [
            "",
            "/k",
            "\\k",
            "a/../b",
            "..",
            "a/.",
            "a\nb",
            &"k".repeat(1024),
        ] {
            assert!(
                with("abc", key).unwrap_err().message.contains("`FileName`"),
                "{key}"
            );
        }
    }
}
