//! Which permission is missing: what RAM adds to a denial, of VOD as JSON and of OSS as XML.
//!
//! `EncodedDiagnosticMessage`, which only RAM itself can read, is left out. So is whatever looks like a secret.
//! <https://www.alibabacloud.com/help/en/ram/user-guide/access-denied-error>

use super::element::Element;
use super::refusal::{identifier, secret_like};
use crate::error::{Code, Error};
use crate::json::Json;

/// RAM's `AccessDeniedDetail`, each field as far as it was given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Denial {
    /// Such as `vod:CreateUploadVideo`.
    action: Option<String>,
    /// `ImplicitDeny`: no policy allows it. `ExplicitDeny`: one forbids it.
    kind: Option<String>,
    /// Such as `AccountLevelIdentityBasedPolicy`.
    policy: Option<String>,
    /// Such as `SubUser` or `AssumedRoleUser`.
    principal_type: Option<String>,
    /// Its name or id.
    principal: Option<String>,
}

impl Denial {
    /// From an object, or one that is written as JSON text.
    pub(super) fn from_json(detail: &Json) -> Option<Denial> {
        match detail {
            Json::Text(text) => Denial::from_json(&Json::parse(text).filter(Json::is_object)?),
            _ => Denial::of(|name| detail.get(name).and_then(Json::as_text)),
        }
    }

    pub(super) fn from_xml(detail: &Element) -> Option<Denial> {
        Denial::of(|name| detail.text_of(name))
    }

    fn of<'a>(field: impl Fn(&str) -> Option<&'a str>) -> Option<Denial> {
        let plain = |name| {
            let word = identifier(field(name)?.trim())?;
            // Ids of accounts and roles are words; tokens are not.
            word.split([':', '.', '-'])
                .all(|run| !secret_like(run))
                .then_some(word)
        };
        let denial = Denial {
            action: plain("AuthAction"),
            kind: plain("NoPermissionType"),
            policy: plain("PolicyType"),
            principal_type: plain("AuthPrincipalType"),
            principal: plain("AuthPrincipalDisplayName"),
        };
        (denial != Denial::default()).then_some(denial)
    }

    /// The error with what is denied to whom in its message, and in its hint what to do about it.
    pub(crate) fn explain(self, mut error: Error) -> Error {
        if error.code != Code::PermissionDenied {
            return error;
        }
        let action = self.action.as_deref().unwrap_or("this action");
        let kind_of = self.principal_type.as_deref().unwrap_or("caller");
        let who = match &self.principal {
            Some(name) => format!("the {kind_of} {name}"),
            None => format!("this {kind_of}"),
        };
        let reasons: Vec<&str> = [&self.kind, &self.policy]
            .into_iter()
            .flatten()
            .map(String::as_str)
            .collect();
        error.message += &format!("; {action} is denied to {who}");
        if !reasons.is_empty() {
            error.message += &format!(" ({})", reasons.join(", "));
        }
        error.hint = match self.kind.as_deref() {
            Some("ExplicitDeny") => format!(
                "A policy forbids {action} to {who}: change that policy, or use another key."
            ),
            _ => format!("Allow {action} to {who} by a RAM policy, or use another key."),
        };
        error
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::Reply;
    use crate::vod::error::refused;

    fn denied(detail: &str) -> Error {
        let refused = refused(&Reply {
            status: 403,
            headers: vec![],
            body: format!(
                r#"{{"Code":"Forbidden.RAM","Message":"words","RequestId":"R","AccessDeniedDetail":{detail}}}"#
            ),
        });
        refused.error
    }

    #[test]
    fn the_missing_permission_is_named() {
        let detail = r#"{"PolicyType":"AccountLevelIdentityBasedPolicy","AuthPrincipalOwnerId":"1000000000000001","AuthPrincipalType":"SubUser","AuthPrincipalDisplayName":"200000000000000001","NoPermissionType":"ImplicitDeny","AuthAction":"vod:CreateUploadVideo","EncodedDiagnosticMessage":"AQIBIAAAAOEyoAAAAGRQ"}"#;
        for detail in [detail.to_owned(), serde_json::to_string(detail).unwrap()] {
            let error = denied(&detail);
            assert_eq!(
                error.message,
                "VOD answered 403 Forbidden.RAM: words; vod:CreateUploadVideo is denied to the SubUser 200000000000000001 (ImplicitDeny, AccountLevelIdentityBasedPolicy)"
            );
            assert_eq!(
                error.hint,
                "Allow vod:CreateUploadVideo to the SubUser 200000000000000001 by a RAM policy, or use another key."
            );
        }
    }

    #[test]
    fn a_part_of_it_is_told_as_far_as_it_goes_and_nothing_odd_is_repeated() {
        let error = denied(r#"{"AuthAction":"vod:DeleteVideo","NoPermissionType":"ExplicitDeny"}"#);
        assert!(
            error
                .message
                .ends_with("; vod:DeleteVideo is denied to this caller (ExplicitDeny)"),
            "{error}"
        );
        assert!(error.hint.starts_with("A policy forbids vod:DeleteVideo"));
        for odd in [
            "null",
            "{}",
            "[]",
            "7",
            "\"hush\"",
            r#"{"AuthAction":null}"#,
            r#"{"AuthAction":"<hush> x"}"#,
        ] {
            let error = denied(odd);
            assert_eq!(
                (error.message.as_str(), error.hint.as_str()),
                (
                    "VOD answered 403 Forbidden.RAM: words",
                    Code::PermissionDenied.hint()
                ),
                "{odd}"
            );
        }
        let token = "CAISzwJ1q6Ft5B2yfSjIr5fkLuiH3ZpQ7aWfdFDBiGUtgOtF";
        let error = denied(&format!(
            r#"{{"AuthAction":"vod:A","AuthPrincipalDisplayName":"{token}","PolicyType":"x-{token}"}}"#
        ));
        assert!(!format!("{error:?}").contains("CAIS"), "{error:?}");
    }
}
