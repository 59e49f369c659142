//! The documented rules of parameters that several actions share. Each error names field, rule and what was given.

use crate::encode::parse_url;
use crate::error::Error;
use crate::json::{Json, text_of};

/// How long a title may be.
pub(crate) const TITLE: Limit = Limit::characters(128);
/// How long the title of an attached media may be.
pub(crate) const ATTACHED_TITLE: Limit = Limit::bytes(128);
pub(super) const DESCRIPTION: Limit = Limit::characters(1024);
pub(super) const ATTACHED_DESCRIPTION: Limit = Limit::bytes(1024);
const MAX_TAGS: usize = 16;
const TAG: Limit = Limit::characters(32);
const MAX_EXTEND_BYTES: usize = 512;

/// How long a text may be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limit {
    most: usize,
    unit: &'static str,
    size_of: fn(&str) -> usize,
}

impl Limit {
    pub(crate) const fn characters(most: usize) -> Limit {
        Limit {
            most,
            unit: "characters",
            size_of: |text| text.chars().count(),
        }
    }

    /// Of UTF-8.
    pub(crate) const fn bytes(most: usize) -> Limit {
        Limit {
            most,
            unit: "bytes of UTF-8",
            size_of: str::len,
        }
    }

    pub(crate) fn allows(self, text: &str) -> bool {
        (self.size_of)(text) <= self.most
    }

    fn check(self, field: &str, text: &str) -> Result<(), Error> {
        let Limit {
            most,
            unit,
            size_of,
        } = self;
        match size_of(text) {
            size if size > most => Err(Error::invalid(
                field,
                format!("must be at most {most} {unit}, got {size}"),
            )),
            _ => Ok(()),
        }
    }
}

pub(super) fn title(title: &str, limit: Limit) -> Result<(), Error> {
    match title.trim().is_empty() {
        true => Err(Error::invalid("title", "must not be empty")),
        false => limit.check("title", title),
    }
}

pub(super) fn optional_title(text: Option<&str>, limit: Limit) -> Result<(), Error> {
    text.map_or(Ok(()), |text| title(text, limit))
}

/// An extension alone, as `ImageExt` and `MediaExt` want it.
pub(super) fn extension(field: &str, ext: Option<&str>) -> Result<(), Error> {
    let Some(ext) = ext else { return Ok(()) };
    match !ext.is_empty() && ext.len() <= 10 && ext.bytes().all(|b| b.is_ascii_alphanumeric()) {
        true => Ok(()),
        false => Err(Error::invalid(
            field,
            format!("must be an extension without a dot, such as png, got {ext:?}"),
        )),
    }
}

/// Parameters as the API names them, without those that were not given.
pub(super) fn given<const N: usize>(
    params: [(&'static str, Option<String>); N],
) -> Vec<(String, String)> {
    params
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?)))
        .collect()
}

/// VOD looks at the extension only, but it must be there.
pub(super) fn file_name(name: &str) -> Result<(), Error> {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let extension = last
        .rsplit_once('.')
        .map(|(_, extension)| extension)
        .unwrap_or_default();
    if extension.is_empty() || !extension.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        let rule = "must end in an extension such as .mp4";
        return Err(Error::invalid("fileName", format!("{rule}, got {last:?}")));
    }
    Ok(())
}

pub(super) fn description(text: Option<&str>, limit: Limit) -> Result<(), Error> {
    limit.check("description", text.unwrap_or_default())
}

/// The URL may be signed, so the error does not quote it.
pub(super) fn cover_url(url: Option<&str>) -> Result<(), Error> {
    let Some(url) = url else { return Ok(()) };
    match parse_url(url) {
        Some(url) if matches!(url.scheme(), "http" | "https") => Ok(()),
        _ => Err(Error::invalid(
            "coverUrl",
            "must be an absolute http or https URL",
        )),
    }
}

/// Tags travel as one text joined with commas.
pub(super) fn tags(tags: &[String]) -> Result<(), Error> {
    if tags.len() > MAX_TAGS {
        return Err(Error::invalid(
            "tags",
            format!("must be at most {MAX_TAGS}, got {}", tags.len()),
        ));
    }
    for tag in tags {
        if tag.trim().is_empty() || tag.contains(',') {
            return Err(Error::invalid(
                "tags",
                format!("must each be a word without commas, got {tag:?}"),
            ));
        }
        TAG.check("tags", tag)?;
    }
    Ok(())
}

pub(super) fn user_data(text: Option<&str>) -> Result<(), Error> {
    let Some(text) = text else { return Ok(()) };
    let refuse = |rule: String| Err(Error::invalid("userData", rule));
    let Some(json) = Json::parse(text).filter(Json::is_object) else {
        return refuse(r#"must be a JSON object such as {"Extend":{}}"#.into());
    };
    let extend = json.get("Extend").map_or(0, |extend| text_of(extend).len());
    if extend > MAX_EXTEND_BYTES {
        return refuse(format!(
            "`Extend` must be at most {MAX_EXTEND_BYTES} bytes of JSON, got {extend}"
        ));
    }
    if let Some(rule) = json.get("MessageCallback").and_then(broken_callback) {
        return refuse(format!("`MessageCallback` {rule}"));
    }
    match json.get("AccelerateConfig").and_then(broken_acceleration) {
        Some(rule) => refuse(format!("`AccelerateConfig` {rule}")),
        None => Ok(()),
    }
}

/// The rule that a MessageCallback breaks. Its URL may hold a token, so it is not quoted.
fn broken_callback(callback: &Json) -> Option<&'static str> {
    let field = |name: &str| callback.get(name).and_then(Json::as_text);
    match callback.get("CallbackType").map(Json::as_text) {
        _ if !callback.is_object() => Some("must be an object"),
        None | Some(Some("http")) => {
            let url = field("CallbackURL").and_then(parse_url);
            let legal = url.is_some_and(|url| matches!(url.scheme(), "http" | "https"));
            (!legal).then_some("must have an absolute http or https URL as `CallbackURL`")
        }
        Some(Some("mns")) => {
            let named = field("MnsEndpoint").is_some() && field("MnsQueueName").is_some();
            (!named).then_some("must have `MnsEndpoint` and `MnsQueueName`")
        }
        Some(_) => Some("must have http or mns as `CallbackType`"),
    }
}

fn broken_acceleration(config: &Json) -> Option<&'static str> {
    let field = |name: &str| config.get(name).and_then(Json::as_text);
    if !config.is_object() {
        return Some("must be an object");
    }
    if field("Type") != Some("oss") {
        return Some("must have oss as `Type`");
    }
    let named = field("Domain").is_some_and(|domain| !domain.is_empty());
    (!named).then_some("must have a `Domain` such as oss-accelerate.aliyuncs.com")
}

pub(super) fn reference_id(field: &str, id: Option<&str>) -> Result<(), Error> {
    let Some(id) = id else { return Ok(()) };
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    match (6..=64).contains(&id.len()) && id.bytes().all(legal) {
        true => Ok(()),
        false => {
            let rule = "must be 6 to 64 of A-Z a-z 0-9 _ -";
            Err(Error::invalid(field, format!("{rule}, got {id:?}")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(result: Result<(), Error>) -> String {
        result.unwrap_err().message
    }

    #[test]
    fn characters_count_and_for_attached_media_bytes() {
        title(&"片".repeat(128), TITLE).unwrap();
        assert_eq!(
            message(title(&"片".repeat(129), TITLE)),
            "`title` must be at most 128 characters, got 129"
        );
        assert_eq!(message(title(" ", TITLE)), "`title` must not be empty");
        description(Some(&"片".repeat(1024)), DESCRIPTION).unwrap();
        assert!(
            message(description(Some(&"x".repeat(1025)), DESCRIPTION))
                .contains("at most 1024 characters, got 1025")
        );
        title(&"片".repeat(42), ATTACHED_TITLE).unwrap();
        assert_eq!(
            message(title(&"片".repeat(43), ATTACHED_TITLE)),
            "`title` must be at most 128 bytes of UTF-8, got 129"
        );
        description(Some(&"片".repeat(341)), ATTACHED_DESCRIPTION).unwrap();
        assert!(
            message(description(Some(&"片".repeat(342)), ATTACHED_DESCRIPTION))
                .contains("at most 1024 bytes of UTF-8, got 1026")
        );
    }

    #[test]
    fn a_file_name_needs_an_extension() {
        for name in [
            "film.mp4",
            "FILM.MP4",
            "dir.d/film.tar.gz",
            "C:\\films\\a.avi",
            ".mp4",
        ] {
            file_name(name).unwrap();
        }
        for name in ["", "film", "film.", "dir.mp4/film", "film.mp4?x=1"] {
            assert!(
                message(file_name(name)).contains("`fileName` must end in an extension"),
                "{name}"
            );
        }
    }

    #[test]
    fn tags_have_four_rules() {
        let list = |tag: &str, count: usize| vec![tag.to_owned(); count];
        tags(&list(&"片".repeat(32), 16)).unwrap();
        assert_eq!(
            message(tags(&list("a", 17))),
            "`tags` must be at most 16, got 17"
        );
        assert!(message(tags(&list("a,b", 1))).contains("without commas"));
        assert!(message(tags(&list("", 1))).contains("without commas"));
        assert!(message(tags(&list(&"x".repeat(33), 1))).contains("at most 32 characters, got 33"));
    }

    #[test]
    fn user_data_is_an_object_with_a_short_extend() {
        user_data(Some(
            r#"{"MessageCallback":{"CallbackURL":"https://x"},"Extend":{"a":1}}"#,
        ))
        .unwrap();
        for text in ["", "[]", "{", "\"x\""] {
            assert!(message(user_data(Some(text))).contains("must be a JSON object"));
        }
        let long = format!(r#"{{"Extend":{{"a":"{}"}}}}"#, "x".repeat(512));
        assert!(message(user_data(Some(&long))).contains("at most 512 bytes of JSON, got 520"));
    }

    #[test]
    fn callbacks_and_acceleration_in_user_data_have_rules() {
        for good in [
            r#"{"MessageCallback":{"CallbackURL":"https://h/cb?token=1"},"Extend":{"a":[1]}}"#,
            r#"{"MessageCallback":{"CallbackType":"mns","MnsEndpoint":"e","MnsQueueName":"q"}}"#,
            r#"{"AccelerateConfig":{"Type":"oss","Domain":"oss-accelerate.aliyuncs.com"},"Else":1}"#,
        ] {
            user_data(Some(good)).unwrap();
        }
        for (bad, rule) in [
            (
                r#"{"MessageCallback":"hush"}"#,
                "`MessageCallback` must be an object",
            ),
            (
                r#"{"MessageCallback":{"CallbackURL":"hush"}}"#,
                "absolute http or https URL",
            ),
            (
                r#"{"MessageCallback":{"CallbackType":"mns"}}"#,
                "`MnsEndpoint`",
            ),
            (
                r#"{"MessageCallback":{"CallbackType":"sms"}}"#,
                "http or mns",
            ),
            (
                r#"{"AccelerateConfig":[]}"#,
                "`AccelerateConfig` must be an object",
            ),
            (r#"{"AccelerateConfig":{"Type":"cdn"}}"#, "oss as `Type`"),
            (r#"{"AccelerateConfig":{"Type":"oss"}}"#, "a `Domain`"),
        ] {
            let message = message(user_data(Some(bad)));
            assert!(
                message.contains(rule) && !message.contains("hush"),
                "{message}"
            );
        }
    }

    #[test]
    fn reference_ids_and_cover_urls() {
        reference_id("referenceId", Some("abc_DE-9")).unwrap();
        for id in ["short", "has space", &"x".repeat(65)] {
            assert!(message(reference_id("referenceId", Some(id))).contains("6 to 64"));
        }
        cover_url(Some("https://a.example/c.jpg")).unwrap();
        assert!(!message(cover_url(Some("ftp://a.example/?hush"))).contains("hush"));
    }
}
