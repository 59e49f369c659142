//! Requests and replies as data. The host sends them; the core only writes and reads them.

use serde::{Deserialize, Serialize};

/// Header fields in order; names compare without case.
pub type Headers = Vec<(String, String)>;

/// The value of the first header of this name.
pub fn header<'a>(headers: &'a Headers, name: &str) -> Option<&'a str> {
    headers
        .iter()
        .find(|(key, _)| key.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.as_str())
}

/// A request the host sends once, as it is. A retry is a new request.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct Request {
    /// `GET`, `PUT`, `POST`, `HEAD` or `DELETE`.
    pub method: String,
    /// Absolute URL, already percent-encoded. It may hold a signature: never print its query.
    pub url: String,
    /// Every header to set. It may hold a signature or a token: never print the values.
    #[cfg_attr(target_arch = "wasm32", tsify(type = "[string, string][]"))]
    pub headers: Headers,
    /// The body of a small request (XML, a form or nothing). A transfer's body comes from the source.
    pub body: String,
    /// Give up when nothing moves for this long, in milliseconds.
    pub idle_ms: u32,
    /// Give up when the reply has not begun this long after the last byte was handed over, in milliseconds. Bytes that
    /// were handed over may still be on their way.
    pub reply_ms: u32,
}

impl std::fmt::Debug for Request {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("url", &without_query(&self.url))
            .finish_non_exhaustive()
    }
}

/// The URL up to its query: what may be printed.
pub fn without_query(url: &str) -> &str {
    url.split(['?', '#']).next().unwrap_or_default()
}

/// A whole reply to a small request.
#[derive(Clone, PartialEq, Eq)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// Header fields.
    pub headers: Headers,
    /// The body as text. It may hold a credential.
    pub body: String,
}

impl Reply {
    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }
}
