//! What a caller sends to other hosts than that of the source itself: headers and query parameters, host by host.
//!
//! A playlist often leads to a CDN that wants a token or a cookie. The source's own headers never go there; only what is
//! listed here for that very host does.

use url::Url;

use super::guard::check_headers;
use super::hosts::Rule;
use crate::encode::parse_url;
use crate::error::Error;
use crate::http::Headers;
use crate::json::{Read, Write};

/// What goes to one host.
#[derive(Clone, Default, PartialEq, Eq, Read, Write)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct HostAccess {
    /// `cdn.example.com`, `*.example.com` (all below it, not itself), with `:port` for that port only.
    pub host: String,
    /// Sent along; they replace the source's own of the same name.
    #[serde(default)]
    #[cfg_attr(target_arch = "wasm32", tsify(optional, type = "[string, string][]"))]
    pub headers: Headers,
    /// Encoded parameters as in `a=1&b=2`, added to every URL there that does not have them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub query: Option<String>,
}

impl std::fmt::Debug for HostAccess {
    /// It holds credentials.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HostAccess")
            .field("host", &self.host)
            .finish_non_exhaustive()
    }
}

impl HostAccess {
    /// # Errors
    /// `InvalidArgument` (`hosts`, `sourceHeaders`).
    pub fn validate(&self) -> Result<(), Error> {
        if Rule::parse(&self.host).is_none() {
            let rule = format!(
                "must name hosts such as cdn.example.com, *.example.com or example.com:8443, got {:?}",
                self.host
            );
            return Err(Error::invalid("hosts", rule));
        }
        let query = self.query.as_deref().unwrap_or_default();
        if query.starts_with('?') || query.contains(['#', '"', '<', '>', ' ']) {
            let rule = format!(
                "must have encoded parameters as `query` of {}, without `?` before them",
                self.host
            );
            return Err(Error::invalid("hosts", rule));
        }
        check_headers(&self.headers)
    }

    fn is_for(&self, url: &Url) -> bool {
        Rule::parse(&self.host).is_some_and(|rule| rule.fits(url))
    }
}

/// The URL and the headers to ask for it with.
pub fn asked_with(list: &[HostAccess], url: &str, headers: &Headers) -> (String, Headers) {
    let Some(mut parsed) = parse_url(url).filter(|_| !list.is_empty()) else {
        return (url.to_owned(), headers.clone());
    };
    let mut headers = headers.clone();
    let fitting = list.iter().filter(|access| access.is_for(&parsed));
    let fitting: Vec<&HostAccess> = fitting.collect();
    for access in fitting {
        for (name, value) in &access.headers {
            headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
            headers.push((name.clone(), value.clone()));
        }
        add_query(&mut parsed, access.query.as_deref().unwrap_or_default());
    }
    (parsed.into(), headers)
}

fn add_query(url: &mut Url, more: &str) {
    let mut query = url.query().unwrap_or_default().to_owned();
    let name = |pair: &str| pair.split('=').next().unwrap_or_default().to_owned();
    for pair in more.split('&').filter(|pair| !pair.is_empty()) {
        if query.split('&').any(|known| name(known) == name(pair)) {
            continue;
        }
        if !query.is_empty() {
            query.push('&');
        }
        query.push_str(pair);
    }
    if !query.is_empty() {
        url.set_query(Some(&query));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Code;

    fn access(host: &str, headers: &[(&str, &str)], query: &str) -> HostAccess {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        HostAccess {
            host: host.into(),
            headers: headers.iter().map(owned).collect(),
            query: (!query.is_empty()).then(|| query.into()),
        }
    }

    #[test]
    fn each_host_gets_what_is_listed_for_it_and_nothing_else() {
        let list = [
            access("cdn.example", &[("Cookie", "a=1")], "t=2&x=3"),
            access("*.keys.example", &[("authorization", "K")], ""),
            access("no host", &[("Authorization", "X")], "x=1"),
        ];
        let own = vec![("Authorization".to_owned(), "root".to_owned())];
        let asked = |url: &str| asked_with(&list, url, &own);
        let (url, headers) = asked("https://cdn.example/a.ts?a=0&x=1");
        assert_eq!(url, "https://cdn.example/a.ts?a=0&x=1&t=2");
        assert_eq!(headers.len(), 2);
        let (url, headers) = asked("https://a.keys.example/k");
        assert_eq!(url, "https://a.keys.example/k");
        assert_eq!(headers, [("authorization".to_owned(), "K".to_owned())]);
        let known = "https://a.keys.example/k?x=1";
        assert_eq!(asked(known).0, known);
        for other in ["https://keys.example/k", "https://evil.example/cdn.example"] {
            assert_eq!(asked(other), (other.to_owned(), own.clone()));
        }
    }

    #[test]
    fn without_a_list_a_url_goes_out_as_it_is_written() {
        let (url, own) = ("HTTPS://CDN.example:443", vec![]);
        assert_eq!(asked_with(&[], url, &own), (url.to_owned(), own));
    }

    #[test]
    fn what_is_printed_names_the_host_alone() {
        let shown = format!("{:?}", access("cdn.example", &[("Cookie", "hush")], "hush"));
        assert_eq!(shown, r#"HostAccess { host: "cdn.example", .. }"#);
    }

    #[test]
    fn what_is_no_host_or_no_query_is_refused() {
        for (host, query) in [
            ("", ""),
            ("https://cdn.example", ""),
            ("cdn.example", "?a=1"),
            ("cdn.example", "a#b"),
            ("cdn.example", "a=\"b"),
            ("cdn.example", "a=<b"),
            ("cdn.example", "a=b>"),
            ("cdn.example", "a=b c"),
        ] {
            let error = access(host, &[], query).validate().unwrap_err();
            assert_eq!(error.code, Code::InvalidArgument, "{host} {query}");
            assert!(error.message.contains("`hosts`"), "{error}");
        }
        let reserved = access("cdn.example", &[("Host", "x")], "");
        assert!(reserved.validate().is_err());
        assert!(
            access("*.cdn.example:8443", &[("Cookie", "x")], "a=%20")
                .validate()
                .is_ok()
        );
    }
}
