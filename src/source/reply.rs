//! A reply that the caller has fetched, or an object that it has opened, as a source: its body passes
//! by once, and its head tells size, type and name.

use super::disposition::suggested_name;
use super::probe::{Probe, Validator};
use super::range::{bad_status, check_identity, content_length};
use crate::error::Error;
use crate::http::{Headers, header};
use crate::json::{Read, Write};

/// The head of a reply whose body is the source.
#[derive(Debug, Clone, PartialEq, Eq, Read, Write)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct ReplyHead {
    /// HTTP status.
    pub status: u16,
    /// Where it came from, if that is known. Only its path is looked at, for a name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub url: Option<String>,
    /// Header fields.
    #[cfg_attr(target_arch = "wasm32", tsify(type = "[string, string][]"))]
    pub headers: Headers,
    /// The body is decoded already, as `fetch` does it: then Content-Encoding does not matter, and
    /// Content-Length says nothing of it.
    #[serde(default)]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub decoded: bool,
    /// Length of the body in bytes, where the caller knows better than Content-Length.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "crate::limits::maybe_size"
    )]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub size: Option<u64>,
    /// A file name, or a path that ends in one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub name: Option<String>,
}

impl ReplyHead {
    /// What it tells of its body.
    ///
    /// # Errors
    /// `SourceNotFound`, `SourceForbidden` or `SourceStatus` for any status but 2xx, `SourceEncoded`
    /// for a body that is compressed, `SourceRange` for a Content-Length that is no number.
    pub fn read(&self) -> Result<Probe, Error> {
        if !matches!(self.status, 200..=299) {
            return Err(bad_status(self.status));
        }
        let plain = check_identity(&self.headers);
        let size = match (self.size, &plain) {
            (Some(size), _) => Some(size),
            (None, Ok(())) => content_length(&self.headers)?,
            (None, Err(_)) => None,
        };
        if !self.decoded {
            plain?;
        }
        Ok(Probe {
            size,
            ranges: false,
            whole: true,
            validator: Validator::default(),
            content_type: header(&self.headers, "content-type").map(str::to_owned),
            file_name: suggested_name(&self.headers).or(self.name.clone()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Code;

    fn head(status: u16, headers: &[(&str, &str)]) -> ReplyHead {
        let pair = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        ReplyHead {
            status,
            url: None,
            headers: headers.iter().map(pair).collect(),
            decoded: true,
            size: None,
            name: None,
        }
    }

    #[test]
    fn a_reply_tells_size_type_and_name() {
        let probe = head(
            200,
            &[
                ("Content-Length", "9"),
                ("Content-Type", "video/mp4"),
                ("Content-Disposition", "attachment; filename=\"a.mp4\""),
            ],
        );
        let probe = probe.read().unwrap();
        assert_eq!(
            (probe.size, probe.ranges, probe.whole),
            (Some(9), false, true)
        );
        assert_eq!(probe.content_type.as_deref(), Some("video/mp4"));
        assert_eq!(probe.file_name.as_deref(), Some("a.mp4"));
    }

    #[test]
    fn the_callers_name_counts_where_the_reply_has_none() {
        let named = |headers| {
            let reply = ReplyHead {
                name: Some("b.mp4".into()),
                ..head(200, headers)
            };
            reply.read().unwrap().file_name
        };
        assert_eq!(named(&[]).as_deref(), Some("b.mp4"));
        let own = [("content-disposition", "attachment; filename=a.mp4")];
        assert_eq!(named(&own).as_deref(), Some("a.mp4"));
    }

    #[test]
    fn what_fetch_has_decoded_has_another_length_than_it_says() {
        let gzip = [("content-length", "9"), ("content-encoding", "gzip")];
        let mut reply = head(200, &gzip);
        assert_eq!(reply.read().unwrap().size, None);
        reply.decoded = false;
        assert_eq!(reply.read().unwrap_err().code, Code::SourceEncoded);
        let chunked = [("content-length", "9"), ("content-encoding", "aws-chunked")];
        assert_eq!(head(200, &chunked).read().unwrap().size, Some(9));
    }

    #[test]
    fn a_reply_without_success_is_no_source() {
        for status in [200, 206, 299] {
            head(status, &[]).read().unwrap();
        }
        for (status, code) in [
            (404, Code::SourceNotFound),
            (403, Code::SourceForbidden),
            (199, Code::SourceStatus),
            (300, Code::SourceStatus),
            (302, Code::SourceStatus),
            (500, Code::SourceStatus),
            (0, Code::SourceStatus),
        ] {
            assert_eq!(head(status, &[]).read().unwrap_err().code, code, "{status}");
        }
    }
}
