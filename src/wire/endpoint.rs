//! Endpoints as people write them: scheme, host and port.

use url::Host;

use crate::encode::{has_empty_label, parse_url};
use crate::error::Error;

/// Lower-case letters, digits and inner hyphens.
pub(crate) fn check_region(field: &str, region: &str) -> Result<(), Error> {
    let legal = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let edges = region.starts_with('-') || region.ends_with('-');
    if region.is_empty() || region.len() > 40 || edges || !region.bytes().all(legal) {
        let rule = "must be a region id such as cn-shanghai";
        return Err(Error::invalid(field, format!("{rule}, got {region:?}")));
    }
    Ok(())
}

/// Scheme, host and port: all an endpoint consists of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Endpoint {
    /// `https`, unless `http` was written out.
    pub(crate) scheme: Scheme,
    /// As the URL standard normalises it.
    pub(crate) host: Host<String>,
    /// Only a port that is not the scheme's own.
    pub(crate) port: Option<u16>,
}

/// The two schemes an endpoint may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scheme {
    Https,
    Http,
}

impl Endpoint {
    /// `host[:port]`, as it stands in the `Host` header.
    pub(crate) fn authority(&self) -> String {
        match self.port {
            Some(port) => format!("{}:{port}", self.host),
            None => self.host.to_string(),
        }
    }

    /// `scheme://host[:port]`.
    pub(crate) fn base_url(&self) -> String {
        let scheme = match self.scheme {
            Scheme::Https => "https",
            Scheme::Http => "http",
        };
        format!("{scheme}://{}", self.authority())
    }
}

/// Reads `host`, `host:port`, `https://…` or `http://…`. TLS is what you get unless `http://` is written out.
///
/// # Errors
/// `InvalidArgument` naming `field` for any other scheme, user info, a path, a query or a fragment.
pub(crate) fn parse(field: &str, text: &str) -> Result<Endpoint, Error> {
    let with_scheme = if text.contains("://") {
        text.to_owned()
    } else {
        format!("https://{text}")
    };
    let refuse = |rule: &str| Error::invalid(field, rule);
    let url = parse_url(&with_scheme)
        .ok_or_else(|| refuse("must be a host, host:port, or http(s)://host:port"))?;
    let scheme = match url.scheme() {
        "https" => Scheme::Https,
        "http" => Scheme::Http,
        _ => {
            return Err(refuse(
                "must begin with https:// or http://, or name only host and port",
            ));
        }
    };
    if !url.username().is_empty() || url.password().is_some() {
        return Err(refuse("must not hold a user name or password"));
    }
    if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
        return Err(refuse(
            "must end after host and port: no path, query or fragment",
        ));
    }
    let host = url
        .host()
        .ok_or_else(|| refuse("must name a host"))?
        .to_owned();
    if matches!(&host, Host::Domain(name) if has_empty_label(name)) {
        return Err(refuse("must not hold an empty label in its host"));
    }
    Ok(Endpoint {
        scheme,
        host,
        port: url.port(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_endpoints_in_every_spelling() {
        for (text, base) in [
            (
                "oss-cn-shanghai.aliyuncs.com",
                "https://oss-cn-shanghai.aliyuncs.com",
            ),
            (
                "https://OSS-cn-shanghai.aliyuncs.com/",
                "https://oss-cn-shanghai.aliyuncs.com",
            ),
            ("https://a.example:443", "https://a.example"),
            ("127.0.0.1:9000", "https://127.0.0.1:9000"),
            ("http://[::1]:9000", "http://[::1]:9000"),
            ("localhost:9000", "https://localhost:9000"),
        ] {
            assert_eq!(parse("endpoint", text).unwrap().base_url(), base);
        }
    }

    #[test]
    fn refuses_what_is_more_than_an_endpoint() {
        for text in [
            "",
            "ftp://a.example",
            "a.example/b",
            "a.example?b",
            "a.example#b",
            "u:p@a.example",
            "a b",
            "//",
        ] {
            assert!(
                parse("endpoint", text)
                    .unwrap_err()
                    .message
                    .starts_with("`endpoint` must"),
                "{text}"
            );
        }
    }
}
