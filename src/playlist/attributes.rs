//! The attribute lists of tags: `NAME=value,NAME="value"`.

use std::ops::Range;

/// One attribute of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Attribute<'a> {
    pub(super) name: &'a str,
    /// Without its quotes.
    pub(super) value: &'a str,
    /// Where the value stands in the text of the playlist, without its quotes.
    pub(super) span: Range<usize>,
    /// The whole attribute there, with the comma before it, or else the one behind it.
    pub(super) whole: Range<usize>,
}

/// The attributes of a list that begins at `base` in the text of the playlist. What is no attribute ends it.
pub(super) fn attributes(list: &str, base: usize) -> Vec<Attribute<'_>> {
    let mut found = vec![];
    let mut at = 0usize;
    while let Some((attribute, next)) = attribute(list, at, base) {
        found.push(attribute);
        at = next;
    }
    found
}

/// The value of the first attribute of this name.
pub(super) fn value<'a>(list: &[Attribute<'a>], name: &str) -> Option<&'a str> {
    let found = list.iter().find(|attribute| attribute.name == name);
    found.map(|attribute| attribute.value)
}

fn attribute(list: &str, from: usize, base: usize) -> Option<(Attribute<'_>, usize)> {
    let rest = list.get(from..)?;
    let (name, after) = rest.split_once('=')?;
    let value_at = list.len().saturating_sub(after.len());
    let (value, begin, end) = match after.strip_prefix('"') {
        Some(quoted) => {
            let begin = value_at.saturating_add(1);
            let length = quoted.find('"')?;
            let end = begin.saturating_add(length).saturating_add(1);
            (quoted.get(..length)?, begin, end)
        }
        None => {
            let length = after.find(',').unwrap_or(after.len());
            let bare = after.get(..length)?.trim_end();
            (bare, value_at, value_at.saturating_add(length))
        }
    };
    let follows = list.get(end..).is_some_and(|rest| rest.starts_with(','));
    let with_comma = if from == 0 && follows {
        end.saturating_add(1)
    } else {
        end
    };
    let begin = base.saturating_add(begin);
    let attribute = Attribute {
        name: name.trim_matches([',', ' ', '\t']),
        value,
        span: begin..begin.saturating_add(value.len()),
        whole: base.saturating_add(from)..base.saturating_add(with_comma),
    };
    Some((attribute, end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_and_bare_values_are_found_where_they_stand() {
        let text = "#X:A=1,B=\"x,y=z\", C = d ,URI=\"\"";
        let list = attributes(text.get(3..).unwrap(), 3);
        let read: Vec<_> = list.iter().map(|one| (one.name, one.value)).collect();
        assert_eq!(read, [("A", "1"), ("B", "x,y=z"), ("C", " d"), ("URI", "")]);
        for one in &list {
            assert_eq!(text.get(one.span.clone()).unwrap(), one.value);
        }
        let mut without = text.to_owned();
        without.replace_range(list[3].whole.clone(), "");
        assert_eq!(without, "#X:A=1,B=\"x,y=z\", C = d ");
        without.replace_range(list[0].whole.clone(), "");
        assert_eq!(without, "#X:B=\"x,y=z\", C = d ");
    }
}
