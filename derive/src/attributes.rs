//! The `#[serde(…)]` attributes that are understood. Any other is an error: what is not obeyed must not look as if it were.

use syn::meta::ParseNestedMeta;
use syn::{Attribute, LitStr, Result};

/// What stands on a type, a variant or a field.
#[derive(Default)]
pub(crate) struct Attributes {
    pub(crate) rename: Rename,
    pub(crate) rename_fields: Rename,
    pub(crate) tag: Option<String>,
    pub(crate) default: bool,
    pub(crate) flatten: bool,
    pub(crate) skip_if: Option<String>,
    /// What makes of the field what is written, where that is not the field itself: `#[json(write_as = "Secret::expose")]`,
    /// beside the `serialize_with` that tells serde the same.
    pub(crate) write_as: Option<String>,
}

/// How names are spelt in JSON.
#[derive(Default, Clone, Copy)]
pub(crate) enum Rename {
    #[default]
    No,
    Camel,
    Snake,
}

impl Attributes {
    pub(crate) fn of(attributes: &[Attribute]) -> Result<Attributes> {
        let mut found = Attributes::default();
        for attribute in attributes {
            if attribute.path().is_ident("serde") || attribute.path().is_ident("json") {
                attribute.parse_nested_meta(|meta| found.take(&meta))?;
            }
        }
        Ok(found)
    }

    fn take(&mut self, meta: &ParseNestedMeta) -> Result<()> {
        let text = || meta.value()?.parse::<LitStr>().map(|text| text.value());
        let name = meta.path.get_ident().map(ToString::to_string);
        match name.as_deref().unwrap_or_default() {
            "rename_all" => self.rename = Rename::of(meta, &text()?)?,
            "rename_all_fields" => self.rename_fields = Rename::of(meta, &text()?)?,
            "tag" => self.tag = Some(text()?),
            "default" => self.default = true,
            "flatten" => self.flatten = true,
            "skip_serializing_if" => self.skip_if = Some(text()?),
            "write_as" => self.write_as = Some(text()?),
            // A tuple of one is written so anyway.
            "transparent" => {}
            // Numbers are read in the one way that these functions teach serde (`limits.rs`).
            "deserialize_with" => drop(text()?),
            // See `write_as`.
            "serialize_with" => drop(text()?),
            _ => return Err(meta.error("vodlift's derives do not know this attribute")),
        }
        Ok(())
    }
}

impl Rename {
    fn of(meta: &ParseNestedMeta, rule: &str) -> Result<Rename> {
        match rule {
            "camelCase" => Ok(Rename::Camel),
            "snake_case" => Ok(Rename::Snake),
            _ => Err(meta.error("only camelCase and snake_case are known")),
        }
    }

    /// Of a field, which Rust spells with underscores.
    pub(crate) fn field(self, name: &str) -> String {
        let name = name.trim_start_matches("r#");
        match self {
            Rename::Camel => {
                let mut words = name.split('_');
                let first = words.next().unwrap_or_default().to_owned();
                words.fold(first, |done, word| done + &capital(word))
            }
            Rename::Snake | Rename::No => name.to_owned(),
        }
    }

    /// Of a variant, which Rust spells with capitals.
    pub(crate) fn variant(self, name: &str) -> String {
        match self {
            Rename::No => name.to_owned(),
            Rename::Camel => {
                let mut chars = name.chars();
                let first = chars.next().map(|first| first.to_ascii_lowercase());
                first.into_iter().chain(chars).collect()
            }
            Rename::Snake => {
                let mut out = String::new();
                for (at, char) in name.char_indices() {
                    if at > 0 && char.is_ascii_uppercase() {
                        out.push('_');
                    }
                    out.push(char.to_ascii_lowercase());
                }
                out
            }
        }
    }
}

fn capital(word: &str) -> String {
    let mut chars = word.chars();
    let first = chars.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(chars).collect()
}
