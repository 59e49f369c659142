//! Variables: `EXT-X-DEFINE` sets them, `{$name}` stands for them.
//!
//! Few players know them, and a stored playlist has no query to take them from: what is stored holds their values instead.

use std::collections::BTreeMap;

use super::attributes::{Attribute, value};
use crate::encode::percent_decode;
use crate::limits::VALUE_BYTES;

/// The variables of a playlist, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Variables(BTreeMap<String, String>);

/// Where variables may come from besides the playlist itself.
#[derive(Debug, Clone, Copy, Default)]
pub struct Origin<'a> {
    /// The URLs of the playlist, the one behind all redirects first; none for a local one.
    pub urls: &'a [&'a str],
    /// The variables of the multivariant playlist that leads here, if one does.
    pub parent: Option<&'a Variables>,
}

impl Variables {
    /// Bytes that they take.
    pub(super) fn held(&self) -> usize {
        let bytes = |(name, value): (&String, &String)| name.len().saturating_add(value.len());
        self.0.iter().map(bytes).fold(0, usize::saturating_add)
    }

    /// Takes an `EXT-X-DEFINE`.
    pub(super) fn define(
        &mut self,
        list: &[Attribute<'_>],
        origin: &Origin<'_>,
    ) -> Result<(), String> {
        let (name, found) = match (
            value(list, "NAME"),
            value(list, "IMPORT"),
            value(list, "QUERYPARAM"),
        ) {
            (Some(name), None, None) => {
                let given = value(list, "VALUE").ok_or("EXT-X-DEFINE has a NAME and no VALUE")?;
                (name, self.substitute(given)?.unwrap_or(given.to_owned()))
            }
            (None, Some(name), None) => (name, import(name, origin)?),
            (None, None, Some(name)) => (name, query_parameter(name, origin)?),
            _ => return Err("EXT-X-DEFINE needs one of NAME, IMPORT and QUERYPARAM".into()),
        };
        if name.is_empty() {
            return Err("EXT-X-DEFINE defines a variable without a name".into());
        }
        if found.len() > VALUE_BYTES {
            let rule = format!("has more than {VALUE_BYTES} bytes");
            return Err(format!("the value of the variable {name} {rule}"));
        }
        if found.contains(['"', '\n', '\r']) {
            let rule = "holds a quote or a line break, which no playlist can hold";
            return Err(format!("the value of the variable {name} {rule}"));
        }
        if self.0.insert(name.to_owned(), found).is_some() {
            return Err(format!("EXT-X-DEFINE defines {name} a second time"));
        }
        Ok(())
    }

    /// The text with values in place of its variables; `None` if it has none.
    pub(super) fn substitute(&self, text: &str) -> Result<Option<String>, String> {
        let mut out = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{$") {
            let Some((name, behind)) = after.split_once('}') else {
                return Err("a variable is not closed: {$ without }".into());
            };
            let Some(found) = self.0.get(name) else {
                return Err(format!("no EXT-X-DEFINE before it defines {{${name}}}"));
            };
            out.push_str(before);
            out.push_str(found);
            if out.len() > VALUE_BYTES {
                let rule =
                    format!("more than {VALUE_BYTES} bytes with the values of its variables");
                return Err(format!("it has {rule}"));
            }
            rest = behind;
        }
        if rest.len() == text.len() {
            return Ok(None);
        }
        out.push_str(rest);
        Ok(Some(out))
    }
}

fn import(name: &str, origin: &Origin<'_>) -> Result<String, String> {
    let Some(parent) = origin.parent else {
        return Err(format!(
            "EXT-X-DEFINE imports {name}, and no multivariant playlist leads here"
        ));
    };
    parent.0.get(name).cloned().ok_or_else(|| {
        format!("EXT-X-DEFINE imports {name}, which the multivariant playlist does not define")
    })
}

fn query_parameter(name: &str, origin: &Origin<'_>) -> Result<String, String> {
    let mut found = origin.urls.iter().filter_map(|url| parameter(url, name));
    found.next().ok_or_else(|| {
        format!(
            "EXT-X-DEFINE wants the query parameter {name}, which the playlist's URL does not have"
        )
    })
}

/// The first parameter of this name in a URL's query, decoded as forms are.
fn parameter(url: &str, name: &str) -> Option<String> {
    let (_, query) = url.split('#').next()?.split_once('?')?;
    let decoded = |text: &str| percent_decode(&text.replace('+', " "));
    query.split('&').find_map(|pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decoded(key)? == name).then(|| decoded(value))?
    })
}

#[cfg(test)]
mod tests {
    use super::super::attributes::attributes;
    use super::*;

    fn defined(lists: &[&str], origin: &Origin<'_>) -> Result<Variables, String> {
        let mut variables = Variables::default();
        for list in lists {
            variables.define(&attributes(list, 0), origin)?;
        }
        Ok(variables)
    }

    #[test]
    fn values_come_from_the_list_its_parent_and_its_url() {
        let nowhere = Origin::default();
        let parent = defined(&["NAME=\"cdn\",VALUE=\"https://c.example\""], &nowhere).unwrap();
        let origin = Origin {
            urls: &[
                "https://o.example/a?x=1",
                "https://o.example/a?t=a%2Bb+c&x=2",
            ],
            parent: Some(&parent),
        };
        let lists = [
            "IMPORT=\"cdn\"",
            "QUERYPARAM=\"t\"",
            "QUERYPARAM=\"x\"",
            "NAME=\"all\",VALUE=\"{$cdn}/{$x}\"",
        ];
        let variables = defined(&lists, &origin).unwrap();
        assert_eq!(
            variables.substitute("{$all}/{$t}.ts").unwrap().as_deref(),
            Some("https://c.example/1/a+b c.ts")
        );
        assert_eq!(variables.substitute("a{b}$c.ts"), Ok(None));
        assert!(
            variables
                .substitute("{$other}")
                .unwrap_err()
                .contains("{$other}")
        );
        assert!(variables.substitute("{$all").is_err());
    }

    #[test]
    fn what_cannot_be_defined_is_an_error() {
        let nowhere = Origin::default();
        let hostile = Origin {
            urls: &["https://o.example/a?t=%22,URI=%22x&n=%0Aa.ts"],
            parent: None,
        };
        for (list, origin) in [
            ("NAME=\"a\"", nowhere),
            ("VALUE=\"a\"", nowhere),
            ("NAME=\"a\",VALUE=\"1\",IMPORT=\"a\"", nowhere),
            ("NAME=\"\",VALUE=\"1\"", nowhere),
            ("IMPORT=\"a\"", nowhere),
            ("QUERYPARAM=\"a\"", nowhere),
            ("QUERYPARAM=\"t\"", hostile),
            ("QUERYPARAM=\"n\"", hostile),
        ] {
            assert!(defined(&[list], &origin).is_err(), "{list}");
        }
        let twice = ["NAME=\"a\",VALUE=\"1\"", "NAME=\"a\",VALUE=\"1\""];
        assert!(defined(&twice, &nowhere).is_err());
    }
}
