//! The key that signs.

use crate::error::Error;
use crate::json::Read;
use crate::secret::Secret;

/// What signs a request, to VOD or to OSS. It can be read in, never written out.
#[derive(Debug, Clone, PartialEq, Eq, Read)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct Credentials {
    /// The key's name. Not secret by itself; a temporary one begins with `STS.`.
    pub access_key_id: String,
    /// The key.
    #[cfg_attr(target_arch = "wasm32", tsify(type = "string"))]
    pub access_key_secret: Secret,
    /// The token that belongs to a temporary key.
    #[serde(default)]
    #[cfg_attr(target_arch = "wasm32", tsify(optional, type = "string"))]
    pub security_token: Option<Secret>,
}

impl Credentials {
    /// Refuses what could not be sent in a header.
    ///
    /// # Errors
    /// `InvalidArgument` naming the field, never its value.
    pub fn validate(&self) -> Result<(), Error> {
        let token = self
            .security_token
            .as_ref()
            .map_or("absent", Secret::expose);
        let fields = [
            ("accessKeyId", self.access_key_id.as_str()),
            ("accessKeySecret", self.access_key_secret.expose()),
            ("securityToken", token),
        ];
        for (field, value) in fields {
            if value.is_empty() {
                return Err(Error::invalid(field, "must not be empty"));
            }
            if !value.bytes().all(|byte| byte.is_ascii_graphic()) {
                return Err(Error::invalid(
                    field,
                    "must hold printable ASCII only, without spaces or line breaks",
                ));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_do_not_print_their_secrets() {
        let json = r#"{"accessKeyId":"id","accessKeySecret":"hush","securityToken":"token"}"#;
        let credentials: Credentials = serde_json::from_str(json).unwrap();
        credentials.validate().unwrap();
        let text = format!("{credentials:?}");
        assert!(
            !text.contains("hush") && !text.contains("token\""),
            "{text}"
        );
    }

    #[test]
    fn a_pasted_line_break_is_refused_without_quoting_the_key() {
        let json = r#"{"accessKeyId":"id","accessKeySecret":"hush\n"}"#;
        let credentials: Credentials = serde_json::from_str(json).unwrap();
        let error = credentials.validate().unwrap_err();
        assert!(error.message.contains("accessKeySecret") && !error.message.contains("hush"));
    }
}
