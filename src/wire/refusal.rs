//! What a service says about a failed request, whichever shape it says it in, made fit to be shown.
//!
//! VOD answers JSON, its gateway XML; OSS answers XML, in a header where there is no body, and sometimes JSON.

use super::denial::Denial;
use super::element::Element;
use crate::encode::base64_decode;
use crate::http::Reply;
use crate::json::Json;
use crate::time::UnixMs;

/// The longest message that is quoted, in characters.
const MESSAGE_LIMIT: usize = 256;

/// Runs of base64 or token characters from this length on are taken for a secret, a token or a signature. Media ids and
/// request ids (32 hex digits, UUIDs) are shorter than it or in one case only.
const SECRET_LIKE: usize = 24;

/// Code, message and request id, each as far as it was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// Such as `InvalidFileName.Extension`.
    pub(crate) code: Option<String>,
    /// In the service's words, redacted and cut.
    pub(crate) message: Option<String>,
    /// For the service's support.
    pub(crate) request_id: Option<String>,
    /// OSS's finer code, such as `0002-00000069`.
    pub(crate) detail: Option<String>,
    /// What RAM says of a permission that is missing.
    pub(crate) denial: Option<Denial>,
    /// The service's clock, where the refusal is about the time of the request.
    pub(crate) server_time: Option<UnixMs>,
}

impl Refusal {
    /// Reads the error document of a reply. All fields are `None` where there is none.
    pub(crate) fn read(reply: &Reply) -> Refusal {
        // HEAD has no body, so OSS puts the document into a header.
        let in_header = || String::from_utf8(base64_decode(reply.header("x-oss-err")?)?).ok();
        let mut refusal = from_text(&reply.body)
            .or_else(|| from_text(&in_header()?))
            .unwrap_or_default();
        let header = |name| reply.header(name).and_then(identifier);
        refusal.request_id = refusal
            .request_id
            .or_else(|| header("x-oss-request-id"))
            .or_else(|| header("x-acs-request-id"));
        refusal.detail = refusal.detail.or_else(|| header("x-oss-ec"));
        refusal
    }
}

fn from_text(text: &str) -> Option<Refusal> {
    match text.trim_start().starts_with('{') {
        true => from_json(&Json::parse(text)?),
        false => from_xml(&Element::parse(text)?),
    }
}

fn from_json(json: &Json) -> Option<Refusal> {
    let json = json.get("Error").unwrap_or(json);
    let denial = json.get("AccessDeniedDetail").and_then(Denial::from_json);
    Refusal::of(&|name| json.get(name)?.as_text(), denial)
}

fn from_xml(root: &Element) -> Option<Refusal> {
    if root.name != "Error" {
        return None;
    }
    let denial = root.child("AccessDeniedDetail").and_then(Denial::from_xml);
    Refusal::of(&|name| root.text_of(name), denial)
}

impl Refusal {
    fn of<'a>(field: &dyn Fn(&str) -> Option<&'a str>, denial: Option<Denial>) -> Option<Refusal> {
        let code = identifier(field("Code")?)?;
        // These messages echo the string to sign, and with it token and key.
        let echoes = code.contains("Signature") || code.contains("Token");
        Some(Refusal {
            message: field("Message")
                .filter(|_| !echoes)
                .map(redact)
                .filter(|text| !text.is_empty()),
            code: Some(code),
            request_id: field("RequestId").and_then(identifier),
            detail: field("EC").and_then(identifier),
            denial,
            server_time: field("ServerTime").and_then(time),
        })
    }
}

fn time(text: &str) -> Option<UnixMs> {
    let text = text.trim();
    UnixMs::parse_iso8601(text).or_else(|| UnixMs::parse_http_date(text))
}

/// Codes and ids are short and plain; anything else is no code.
pub(crate) fn identifier(text: &str) -> Option<String> {
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"._-:".contains(&byte);
    (!text.is_empty() && text.len() <= 128 && text.bytes().all(legal)).then(|| text.to_owned())
}

/// Cuts a foreign text to a length, makes it one line, and hides what looks like a secret in it: query strings, and long
/// runs of characters that tokens and signatures are made of.
pub(crate) fn redact(text: &str) -> String {
    let mut out = String::new();
    for word in text
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
    {
        let space = if out.is_empty() { "" } else { " " };
        out.push_str(space);
        push_word(&mut out, word);
        if let Some((end, _)) = out.char_indices().nth(MESSAGE_LIMIT) {
            out.truncate(end);
            out.push('…');
            break;
        }
    }
    out
}

/// A word without its query string and without what looks secret.
fn push_word(out: &mut String, word: &str) {
    // A question may end in a `?`; only queries go on after it.
    let (shown, query) = match word.split_once('?') {
        Some((shown, query)) if query.contains(['=', '&', '%']) => (shown, "?…"),
        _ => (word, ""),
    };
    let separates = |c: char| !c.is_ascii_alphanumeric() && !"+/=_-%&".contains(c);
    for run in shown.split_inclusive(separates) {
        let (run, separator) = match run.char_indices().next_back() {
            Some((at, last)) if separates(last) => run.split_at(at),
            _ => (run, ""),
        };
        out.push_str(if secret_like(run) { "…" } else { run });
        out.push_str(separator);
    }
    out.push_str(query);
}

/// Long, and not an id in one case or a word.
pub(super) fn secret_like(run: &str) -> bool {
    let has = |test: fn(&u8) -> bool| run.as_bytes().iter().any(test);
    let mixed =
        has(u8::is_ascii_digit) && has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase);
    let odd = run.contains(['+', '=', '%', '&']);
    run.len() >= SECRET_LIKE && (mixed || odd || run.len() > 40)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encode::base64_encode;

    fn reply(body: &str, headers: &[(&str, &str)]) -> Reply {
        let headers = headers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        Reply {
            status: 400,
            headers,
            body: body.into(),
        }
    }

    #[test]
    fn reads_json_xml_and_the_header_alike() {
        let xml = "<?xml version=\"1.0\"?><Error><Code>A.B</Code><Message>no &lt;x&gt;</Message><RequestId>R-1</RequestId></Error>";
        let json =
            r#"{"Code":"A.B","Message":"no <x>","RequestId":"R-1","Recommend":"https://x?y=z"}"#;
        let nested = r#"{"Error":{"Code":"A.B","Message":"no <x>","RequestId":"R-1"}}"#;
        let header = base64_encode(xml.as_bytes());
        for reply in [
            reply(json, &[]),
            reply(nested, &[]),
            reply(xml, &[]),
            reply("", &[("X-Oss-Err", &header)]),
        ] {
            let refusal = Refusal::read(&reply);
            assert_eq!(refusal.code.as_deref(), Some("A.B"));
            assert_eq!(refusal.message.as_deref(), Some("no <x>"));
            assert_eq!(refusal.request_id.as_deref(), Some("R-1"));
        }
    }

    #[test]
    fn the_request_id_may_stand_in_a_header_alone() {
        let refusal = Refusal::read(&reply(
            "<html>",
            &[("x-oss-request-id", "R-2"), ("x-oss-ec", "0002-1")],
        ));
        assert_eq!(refusal.request_id.as_deref(), Some("R-2"));
        assert_eq!(refusal.detail.as_deref(), Some("0002-1"));
        assert_eq!(refusal.code, None);
    }

    #[test]
    fn messages_about_signatures_and_tokens_are_not_quoted() {
        for code in [
            "SignatureDoesNotMatch",
            "IncompleteSignature",
            "InvalidSecurityToken.Expired",
        ] {
            let refusal = Refusal::read(&reply(
                &format!(r#"{{"Code":"{code}","Message":"sts: GET&%2F"}}"#),
                &[],
            ));
            assert_eq!(refusal.message, None);
        }
    }

    #[test]
    fn hides_what_looks_secret_and_keeps_words_and_ids() {
        let token = "CAISzwJ1q6Ft5B2yfSjIr5fkLuiH3ZpQ7aWfdFDBiGUtgOtF";
        let slashes = "AAAAAAAAAAAAE/AAAAAAAAAAAAA=";
        for secret in [
            token,
            slashes,
            "Ibgh7y8Vp47LBuAsf5Xhi1SvDss=",
            &"0f".repeat(32),
        ] {
            let text = redact(&format!("bad value {secret}, sorry"));
            assert_eq!(text, "bad value …, sorry");
        }
        assert_eq!(
            redact("see https://a.example/film.mp4?Signature=a%2Fb&f=x.mp4&x=1 now"),
            "see https://a.example/film.mp4?… now"
        );
        for text in [
            "The video 5aed81b74ba84920be578cdfe004af4b does not exist?",
            "UploadTrafficRateLimitExceeded for 8f8a035d-6496-4268-afd4-67c22837e38d.",
        ] {
            assert_eq!(redact(text), text);
        }
    }

    #[test]
    fn a_long_message_is_cut_and_put_on_one_line() {
        let text = redact(&"word\n".repeat(200));
        assert_eq!(text.chars().count(), MESSAGE_LIMIT + 1);
        assert!(!text.contains('\n'));
    }
}
