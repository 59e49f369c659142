//! Cookies that a source sets where it redirects: many hosts send in a circle whoever does not bring them along.

use crate::http::Headers;

/// Servers refuse longer headers, so no longer `Cookie` is made, in bytes.
const MAX_BYTES: usize = 8192;

/// The request headers for the next step on the same origin: with the cookies that `reply` sets, in place of those of the
/// same name. What a redirect to another origin drops, it drops of these, too; `Domain` opens no way around that.
pub(crate) fn with_cookies(headers: &Headers, reply: &Headers) -> Headers {
    let named = |list: &'_ Headers, wanted: &str| -> Vec<String> {
        list.iter()
            .filter(|(name, _)| name.eq_ignore_ascii_case(wanted))
            .map(|(_, value)| value.clone())
            .collect()
    };
    let (sent, set) = (named(headers, "cookie"), named(reply, "set-cookie"));
    let sent = sent.iter().flat_map(|value| value.split(';'));
    let set = set.iter().filter_map(|value| value.split(';').next());
    let mut jar: Vec<(&str, &str)> = Vec::new();
    for (name, value) in sent.chain(set).filter_map(pair) {
        jar.retain(|(known, _)| *known != name);
        jar.push((name, value));
    }
    let pairs: Vec<String> = jar
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let cookie = pairs.join("; ");
    if cookie.is_empty() || cookie.len() > MAX_BYTES {
        return headers.clone();
    }
    let others = headers
        .iter()
        .filter(|(name, _)| !name.eq_ignore_ascii_case("cookie"));
    others
        .cloned()
        .chain([("cookie".to_owned(), cookie)])
        .collect()
}

fn pair(text: &str) -> Option<(&str, &str)> {
    let (name, value) = text.split_once('=')?;
    let is_plain = text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    let (name, value) = (name.trim(), value.trim());
    (is_plain && !name.is_empty()).then_some((name, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cookie(sent: &[(&str, &str)], set: &[&str]) -> Option<String> {
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let headers: Headers = sent.iter().map(own).collect();
        let reply = set
            .iter()
            .map(|value| own(&("Set-Cookie", value)))
            .collect();
        let next = with_cookies(&headers, &reply);
        let found = next
            .into_iter()
            .filter(|(name, _)| name.eq_ignore_ascii_case("cookie"));
        found
            .map(|(_, value)| value)
            .reduce(|a, b| format!("{a} AND {b}"))
    }

    #[test]
    fn what_is_set_is_sent_beside_what_the_caller_sends() {
        assert_eq!(cookie(&[("Range", "x")], &[]), None);
        let set = ["k=v=1; Path=/; HttpOnly", "b=~2"];
        assert_eq!(cookie(&[], &set).as_deref(), Some("k=v=1; b=~2"));
        let sent = [("Cookie", "a=1; b=1"), ("Accept", "text/html;q=1")];
        assert_eq!(cookie(&sent, &set).as_deref(), Some("a=1; k=v=1; b=~2"));
        let again = cookie(&[("Cookie", " k = 1 ;b=1")], &[" k = v=1 ; Path=/"]);
        assert_eq!(again.as_deref(), Some("b=1; k=v=1"));
    }

    #[test]
    fn no_cookie_is_longer_than_servers_take() {
        let long = format!("k={}", "x".repeat(8190));
        assert_eq!(cookie(&[], &[&long]), Some(long.clone()));
        let longer = format!("{long}x");
        assert_eq!(cookie(&[], &[&longer]), None);
        assert_eq!(
            cookie(&[("cookie", "a=1")], &[&longer]).as_deref(),
            Some("a=1")
        );
    }

    #[test]
    fn what_is_no_cookie_is_left_out() {
        for odd in ["", "novalue", "=v", " =v", "k=\u{1}", "k=\u{7f}", "k=é"] {
            assert_eq!(cookie(&[], &[odd]), None, "{odd}");
            assert_eq!(cookie(&[("cookie", "a=1")], &[odd]).as_deref(), Some("a=1"));
        }
    }
}
