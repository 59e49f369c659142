//! Which hosts a caller takes sources from, beside what the guard refuses anyway.

use url::Url;

use crate::encode::{has_empty_label, parse_url};
use crate::error::{Code, Error};
use crate::json::{Read, Write};

/// Lists of hosts: `media.example.com`, `*.example.com` (all below it, not itself), with `:port` for that port only. They
/// hold for the source's URL, for every redirect and for every URL a playlist names.
#[derive(Debug, Clone, Default, PartialEq, Eq, Read, Write)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", default)]
pub struct SourceHosts {
    /// Only these. An empty list allows none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub allow: Option<Vec<String>>,
    /// None of these, even where the other list allows them.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub deny: Vec<String>,
}

impl SourceHosts {
    /// Whether every rule is one.
    ///
    /// # Errors
    /// `InvalidArgument` naming the list and the rule.
    pub fn validate(&self) -> Result<(), Error> {
        let allow = self.allow.iter().flatten().map(|rule| ("allowHosts", rule));
        let deny = self.deny.iter().map(|rule| ("denyHosts", rule));
        match allow
            .chain(deny)
            .find(|(_, rule)| Rule::parse(rule).is_none())
        {
            None => Ok(()),
            Some((field, rule)) => Err(Error::invalid(
                field,
                format!(
                    "must hold hosts such as media.example.com, *.example.com or example.com:8443, got {rule:?}"
                ),
            )),
        }
    }

    /// # Errors
    /// `SourceHostRefused` naming the host.
    pub(super) fn check(&self, url: &Url) -> Result<(), Error> {
        let listed = |rules: &Vec<String>| {
            rules
                .iter()
                .filter_map(|rule| Rule::parse(rule))
                .any(|rule| rule.fits(url))
        };
        let refuse = |why: &str| {
            let host = url.host_str().unwrap_or_default();
            let text = format!("the source's host {host} {why}");
            Err(Error::new(Code::SourceHostRefused, text))
        };
        if listed(&self.deny) {
            return refuse("is one of those that are refused");
        }
        match &self.allow {
            Some(allow) if !listed(allow) => refuse("is not one of those that are allowed"),
            _ => Ok(()),
        }
    }
}

pub(super) struct Rule {
    /// As the URL standard spells it.
    host: String,
    below: bool,
    port: Option<u16>,
}

impl Rule {
    pub(super) fn parse(text: &str) -> Option<Rule> {
        let (below, rest) = match text.strip_prefix("*.") {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        if rest.contains(['/', '?', '#', '@', '\\']) {
            return None;
        }
        let url = parse_url(&format!("http://{rest}/"))?;
        // 80 is no port of its own to an http URL.
        let port = url.port().or_else(|| rest.ends_with(":80").then_some(80));
        let host = plain(url.host_str()?).to_owned();
        // The URL standard takes `a.example;b.example` for one name. No host has it, so a list of what is refused that was
        // written so would refuse nothing.
        let is_name = host
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte));
        // Below an address there is nothing.
        let fits = match url.domain() {
            Some(_) => is_name && !has_empty_label(&host),
            None => !below,
        };
        if !fits {
            return None;
        }
        Some(Rule { host, below, port })
    }

    pub(super) fn fits(&self, url: &Url) -> bool {
        let host = plain(url.host_str().unwrap_or_default());
        let named = match self.below {
            true => host
                .strip_suffix(&self.host)
                .is_some_and(|rest| rest.ends_with('.')),
            false => host == self.host,
        };
        named
            && self
                .port
                .is_none_or(|port| url.port_or_known_default() == Some(port))
    }
}

/// The dot at the end of a full name does not count.
fn plain(host: &str) -> &str {
    host.strip_suffix('.').unwrap_or(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts(allow: Option<&[&str]>, deny: &[&str]) -> SourceHosts {
        let owned = |rules: &[&str]| rules.iter().map(|rule| (*rule).to_owned()).collect();
        SourceHosts {
            allow: allow.map(owned),
            deny: owned(deny),
        }
    }

    fn takes(hosts: &SourceHosts, host: &str) -> bool {
        hosts
            .check(&parse_url(&format!("https://{host}/a.mp4?hush")).unwrap())
            .is_ok()
    }

    #[test]
    fn without_a_list_every_host_is_taken() {
        assert!(takes(&SourceHosts::default(), "example.com"));
        assert!(!takes(&hosts(Some(&[]), &[]), "example.com"));
    }

    #[test]
    fn lists_hold_however_a_host_is_spelled() {
        let lists = hosts(
            Some(&["Good.example.", "*.cdn.example"]),
            &["evil.cdn.example"],
        );
        for host in [
            "good.example",
            "GOOD.example.",
            "good.example:8443",
            "a.cdn.example",
            "a.b.cdn.example",
        ] {
            assert!(takes(&lists, host), "{host}");
        }
        for host in [
            "cdn.example",
            "badcdn.example",
            "badgood.example",
            "evil.cdn.example",
            "EVIL.cdn.example.",
            "1.1.1.1",
        ] {
            assert!(!takes(&lists, host), "{host}");
        }
    }

    #[test]
    fn a_name_beyond_ascii_is_the_same_in_both_spellings() {
        let lists = hosts(
            Some(&["*.电影.example", "Bücher.example:8443", "xn--fiqs8s"]),
            &["bad.xn--p3t879b.example"],
        );
        for (host, fits) in [
            ("a.电影.example", true),
            ("a.xn--p3t879b.example", true),
            ("电影.example", false),
            ("bad.电影。example", false),
            ("bücher.example:8443", true),
            ("xn--bcher-kva.example:8443", true),
            ("bücher.example", false),
            ("中国", true),
        ] {
            assert_eq!(takes(&lists, host), fits, "{host}");
        }
    }

    #[test]
    fn a_port_in_a_rule_is_the_only_one() {
        let lists = hosts(
            Some(&[
                "a.example:8443",
                "*.b.example:443",
                "[2606:4700::1]:8080",
                "c.example:80",
            ]),
            &[],
        );
        for (host, fits) in [
            ("a.example:8443", true),
            ("a.example", false),
            ("x.b.example", true),
            ("x.b.example:8443", false),
            ("[2606:4700::1]:8080", true),
            ("[2606:4700::1]", false),
            ("c.example:80", true),
            ("c.example", false),
        ] {
            assert_eq!(takes(&lists, host), fits, "{host}");
        }
    }

    #[test]
    fn what_is_no_host_is_named() {
        for rule in [
            "",
            "*",
            "*.",
            "a.*.example",
            "https://a.example",
            "a.example/x",
            "a b",
            "u@a.example",
            " a.example",
            "a.example ",
            "a.example\t",
            "\u{a0}a.example",
            "a.example\u{3000}",
            "a.example?",
            "a.example#",
            "a.example\\x",
            "*a.example",
            "a.example:x",
            "e\u{301}.example",
            "a.example;b.example",
            "a.example,b.example",
            "\"a.example\"",
            "'a.example'",
            "(a.example)",
            "*.192.0.2.1",
            "*.[2606:4700::1]",
        ] {
            let error = hosts(None, &[rule]).validate().unwrap_err();
            assert_eq!(error.code, Code::InvalidArgument, "{rule}");
            assert!(error.message.contains("denyHosts"), "{}", error.message);
            let error = hosts(Some(&[rule]), &[]).validate().unwrap_err();
            assert!(error.message.contains("allowHosts"), "{}", error.message);
        }
        hosts(Some(&["a.example", "*.a.example:80", "[::1]"]), &[])
            .validate()
            .unwrap();
    }

    #[test]
    fn the_error_names_the_host_and_nothing_else_of_the_url() {
        let url = parse_url("https://a.example/hush?hush").unwrap();
        let error = hosts(None, &["a.example"]).check(&url).unwrap_err();
        assert_eq!(error.code, Code::SourceHostRefused);
        assert!(error.message.contains("a.example") && !error.message.contains("hush"));
    }
}
