//! What a caller may want of OSS beside storing bytes: headers kept with the object, a callback, a limit on traffic. All of
//! it is judged before anything is sent.

use super::request::check_header;
use crate::encode::{base64_encode, parse_url};
use crate::error::Error;
use crate::http::{Headers, header};
use crate::json::{Json, Read, Write, text_of};
use crate::limits::{HEADER_BYTES, bytes_of};

/// Of all `x-oss-meta-*` together, names and values.
const MAX_META_BYTES: usize = 8192;
const MAX_TAGS: usize = 10;
const STORAGE_CLASSES: &[&str] = &[
    "Standard",
    "IA",
    "Archive",
    "ColdArchive",
    "DeepColdArchive",
];
/// Bit/s: 100 KB/s to 100 MB/s.
pub(crate) const TRAFFIC_LIMITS: std::ops::RangeInclusive<u64> = 819_200..=838_860_800;
const MAX_CALLBACK_URLS: usize = 5;
/// Of the callback's header value, and of that of its variables.
const MAX_CALLBACK_BYTES: usize = 5 * 1024;

/// What OSS calls when the object is complete. What the callback server answers is not read: VOD has its own events.
/// <https://www.alibabacloud.com/help/en/oss/developer-reference/callback>
#[derive(Debug, Clone, Default, PartialEq, Eq, Read, Write)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", default)]
pub struct OssCallback {
    /// At most 5 http or https URLs, tried in order. They may hold a credential, so no checkpoint keeps them.
    pub urls: Vec<String>,
    /// Body of the request, with `${bucket}`, `${object}`, `${etag}`, `${size}`, `${mimeType}`, `${x:name}` filled in.
    pub body: String,
    /// Type of the body: `application/x-www-form-urlencoded` unless told otherwise, or `application/json`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub body_type: Option<String>,
    /// `Host` header of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub host: Option<String>,
    /// Names the host by SNI, too.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub sni: Option<bool>,
    /// Values of the `${x:name}` in the body, by name without `x:`, in lower case.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional, type = "[string, string][]"))]
    pub variables: Headers,
}

impl OssCallback {
    /// # Errors
    /// `InvalidArgument` (`callback…`) naming the rule; no URL or value is quoted.
    pub fn validate(&self) -> Result<(), Error> {
        let refuse = |field: &str, rule: String| Err(Error::invalid(field, rule));
        if !(1..=MAX_CALLBACK_URLS).contains(&self.urls.len()) {
            return refuse(
                "callback.url",
                format!("must be 1 to {MAX_CALLBACK_URLS}, got {}", self.urls.len()),
            );
        }
        let legal = |url: &String| {
            let web = parse_url(url).is_some_and(|url| matches!(url.scheme(), "http" | "https"));
            web && !url.contains(';')
        };
        if !self.urls.iter().all(legal) {
            return refuse(
                "callback.url",
                "must be absolute http or https URLs without a semicolon".into(),
            );
        }
        if self.body.is_empty() {
            return refuse("callback.body", "must not be empty".into());
        }
        let types = ["application/x-www-form-urlencoded", "application/json"];
        if self
            .body_type
            .as_deref()
            .is_some_and(|body_type| !types.contains(&body_type))
        {
            return refuse(
                "callback.bodyType",
                format!("must be {} or {}", types[0], types[1]),
            );
        }
        let lower = |name: &str| {
            !name.is_empty()
                && name
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_-".contains(&b))
        };
        if !self.variables.iter().all(|(name, _)| lower(name)) {
            return refuse(
                "callback.variables",
                "must have names of a-z 0-9 _ -".into(),
            );
        }
        match self
            .headers()
            .iter()
            .any(|(_, value)| value.len() > MAX_CALLBACK_BYTES)
        {
            true => refuse(
                "callback",
                format!(
                    "must be at most {MAX_CALLBACK_BYTES} bytes of base64, and its variables as well"
                ),
            ),
            false => Ok(()),
        }
    }

    /// `x-oss-callback` and, where there are variables, `x-oss-callback-var`.
    pub fn headers(&self) -> Headers {
        let text = |text: &String| Json::Text(text.clone());
        let members = [
            ("callbackBody", Some(text(&self.body))),
            ("callbackBodyType", self.body_type.as_ref().map(text)),
            ("callbackHost", self.host.as_ref().map(text)),
            ("callbackSNI", self.sni.map(Json::Bool)),
            ("callbackUrl", Some(Json::Text(self.urls.join(";")))),
        ];
        let given = members.into_iter();
        let given = given.filter_map(|(name, value)| Some((name.to_owned(), value?)));
        let encoded = |members: Vec<(String, Json)>| {
            base64_encode(text_of(&Json::Object(members)).as_bytes())
        };
        let mut headers = vec![("x-oss-callback".to_owned(), encoded(given.collect()))];
        if !self.variables.is_empty() {
            let named = self.variables.iter();
            let variables = named.map(|(name, value)| (format!("x:{name}"), text(value)));
            headers.push((
                "x-oss-callback-var".to_owned(),
                encoded(variables.collect()),
            ));
        }
        headers
    }
}

/// `x-oss-notification`: whether VOD shows the watermark. It takes effect only without a template group.
pub fn watermark_header(show: bool) -> (String, String) {
    let json = format!(r#"{{"Vod":{{"UserData":{{"IsShowWaterMark":"{show}"}}}}}}"#);
    ("x-oss-notification".into(), base64_encode(json.as_bytes()))
}

/// `x-oss-traffic-limit`, in bit/s, of one connection.
pub fn traffic_limit_header(bits: u64) -> (String, String) {
    ("x-oss-traffic-limit".into(), bits.to_string())
}

/// # Errors
/// `InvalidArgument` (`trafficLimit`) outside 819,200 to 838,860,800 bit/s.
pub fn check_traffic_limit(bits: Option<u64>) -> Result<(), Error> {
    match bits {
        Some(bits) if !TRAFFIC_LIMITS.contains(&bits) => {
            let rule = format!("must be 819,200 to 838,860,800 bit/s, got {bits}");
            Err(Error::invalid("trafficLimit", rule))
        }
        _ => Ok(()),
    }
}

/// Judges the headers that are to be kept with the object. No value is quoted: it may be private.
///
/// # Errors
/// `InvalidArgument` (`objectHeaders`) naming the header and its rule.
pub fn check_object_headers(headers: &Headers) -> Result<(), Error> {
    headers
        .iter()
        .try_for_each(|one| check_header("objectHeaders", one))?;
    let refuse = |rule: String| Err(Error::invalid("objectHeaders", rule));
    for (name, option) in [
        ("x-oss-callback", "callback"),
        ("x-oss-callback-var", "callback"),
        ("x-oss-notification", "showWatermark"),
        ("x-oss-traffic-limit", "trafficLimit"),
    ] {
        if header(headers, name).is_some() {
            return refuse(format!("must not set {name}: the option {option} does"));
        }
    }
    let meta = headers.iter().filter(|(name, _)| {
        let prefix = name.get(.."x-oss-meta-".len());
        prefix.is_some_and(|prefix| prefix.eq_ignore_ascii_case("x-oss-meta-"))
    });
    let bytes: usize = meta
        .map(|(name, value)| name.len().saturating_add(value.len()))
        .sum();
    if bytes > MAX_META_BYTES {
        return refuse(format!(
            "must hold at most {MAX_META_BYTES} bytes of x-oss-meta-*, names and values, got {bytes}"
        ));
    }
    let bytes = bytes_of(headers);
    if bytes > HEADER_BYTES {
        return refuse(format!(
            "must have at most {HEADER_BYTES} bytes in all, got {bytes}"
        ));
    }
    if let Some(class) = header(headers, "x-oss-storage-class")
        && !STORAGE_CLASSES.contains(&class)
    {
        let classes = STORAGE_CLASSES.join(", ");
        return refuse(format!("must have one of {classes} as x-oss-storage-class"));
    }
    if let Some(forbid) = header(headers, "x-oss-forbid-overwrite")
        && !["true", "false"].contains(&forbid)
    {
        return refuse("must have true or false as x-oss-forbid-overwrite".into());
    }
    match header(headers, "x-oss-tagging").map(|tags| tags.split('&').count()) {
        Some(tags) if tags > MAX_TAGS => refuse(format!(
            "must hold at most {MAX_TAGS} tags in x-oss-tagging, got {tags}"
        )),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encode::base64_decode;

    fn message(result: Result<(), Error>) -> String {
        result.unwrap_err().message
    }

    fn decoded((_, value): &(String, String)) -> String {
        String::from_utf8(base64_decode(value).unwrap()).unwrap()
    }

    fn callback() -> OssCallback {
        OssCallback {
            urls: vec!["https://h/a?token=hush".into(), "http://h/b".into()],
            body: "bucket=${bucket}&id=${x:id}".into(),
            variables: vec![("id".into(), "7".into())],
            ..OssCallback::default()
        }
    }

    #[test]
    fn a_callback_is_two_headers_of_base64_json() {
        let callback = OssCallback {
            host: Some("h".into()),
            body_type: Some("application/json".into()),
            sni: Some(true),
            ..callback()
        };
        callback.validate().unwrap();
        let headers = callback.headers();
        assert_eq!(headers.len(), 2);
        let json: serde_json::Value = serde_json::from_str(&decoded(&headers[0])).unwrap();
        assert_eq!(json["callbackUrl"], "https://h/a?token=hush;http://h/b");
        assert_eq!(json["callbackSNI"], true);
        assert_eq!(decoded(&headers[1]), r#"{"x:id":"7"}"#);
    }

    #[test]
    fn a_callback_has_rules_and_its_urls_are_never_quoted() {
        for (wrong, rule) in [
            (
                OssCallback {
                    urls: vec![],
                    ..callback()
                },
                "`callback.url` must be 1 to 5, got 0",
            ),
            (
                OssCallback {
                    urls: vec!["hush".into()],
                    ..callback()
                },
                "`callback.url` must be absolute",
            ),
            (
                OssCallback {
                    body: String::new(),
                    ..callback()
                },
                "`callback.body` must not",
            ),
            (
                OssCallback {
                    body: "x".repeat(5000),
                    ..callback()
                },
                "`callback` must be at most 5120",
            ),
            (
                OssCallback {
                    body_type: Some("text/plain".into()),
                    ..callback()
                },
                "`callback.bodyType` must",
            ),
            (
                OssCallback {
                    variables: vec![("ID".into(), "hush".into())],
                    ..callback()
                },
                "`callback.variables` must",
            ),
        ] {
            let message = message(wrong.validate());
            assert!(
                message.starts_with(rule) && !message.contains("hush"),
                "{message}"
            );
        }
    }

    #[test]
    fn the_watermark_switch_is_what_the_server_sdks_send() {
        let (name, value) = watermark_header(false);
        assert_eq!(name, "x-oss-notification");
        assert_eq!(
            decoded(&(name, value)),
            r#"{"Vod":{"UserData":{"IsShowWaterMark":"false"}}}"#
        );
    }

    #[test]
    fn traffic_limits_have_two_ends() {
        for bits in [819_200, 838_860_800] {
            check_traffic_limit(Some(bits)).unwrap();
        }
        for bits in [0, 819_199, 838_860_801] {
            assert!(message(check_traffic_limit(Some(bits))).contains("bit/s, got"));
        }
    }

    #[test]
    fn object_headers_have_rules() {
        let check = |list: &[(&str, &str)]| {
            let pairs = list.iter();
            check_object_headers(&pairs.map(|(n, v)| ((*n).into(), (*v).into())).collect())
        };
        check(&[
            ("Cache-Control", "no-cache"),
            ("x-oss-meta-a", &"x".repeat(8180)),
            ("x-oss-storage-class", "IA"),
            ("X-OSS-Forbid-Overwrite", "true"),
            ("x-oss-tagging", "a=1&b=2"),
        ])
        .unwrap();
        for (name, value, rule) in [
            ("x-oss-meta-a", "x".repeat(8181), "at most 8192 bytes"),
            ("x-oss-storage-class", "Cold".into(), "x-oss-storage-class"),
            ("x-oss-forbid-overwrite", "yes".into(), "true or false"),
            ("x-oss-tagging", ["a=1"; 11].join("&"), "at most 10 tags"),
            ("x-oss-callback", "x".into(), "the option callback"),
            ("Authorization", "x".into(), "must not set Authorization"),
        ] {
            assert!(message(check(&[(name, &value)])).contains(rule), "{name}");
        }
    }
}
