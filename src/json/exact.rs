//! JSON for JavaScript, whose numbers are exact up to 2^53 only.

use super::number::whole;
use crate::limits::LARGEST_EXACT;

/// The same text, with each number that JavaScript would round to another whole one as a text of its digits.
///
/// `json` is one value of JSON.
pub(crate) fn exact(json: &str) -> String {
    let mut exact = String::with_capacity(json.len());
    let mut rest = json;
    while let Some(at) = rest.find(['"', '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9']) {
        let (before, found) = rest.split_at(at);
        exact.push_str(before);
        let is_text = found.starts_with('"');
        let length = match is_text {
            true => text_length(found),
            false => found.find(is_no_part_of_it).unwrap_or(found.len()),
        };
        let (value, after) = found.split_at(length);
        let quote = match !is_text && is_rounded(value) {
            true => "\"",
            false => "",
        };
        for piece in [quote, value, quote] {
            exact.push_str(piece);
        }
        rest = after;
    }
    exact.push_str(rest);
    exact
}

/// Of a text that begins here, with both quotes.
fn text_length(json: &str) -> usize {
    let mut escaped = false;
    let end = json.bytes().skip(1).position(|byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    });
    end.map_or(json.len(), |end| end.saturating_add(2))
}

fn is_no_part_of_it(char: char) -> bool {
    !matches!(char, '0'..='9' | '+' | '-' | '.' | 'e' | 'E')
}

fn is_rounded(number: &str) -> bool {
    let number = number.strip_prefix('-').unwrap_or(number);
    // What comes behind a whole part that is rounded makes no difference.
    let integer = number.split_once('.').map_or(number, |(before, _)| before);
    [number, integer]
        .into_iter()
        .any(|part| whole(part).is_some_and(|value| value > LARGEST_EXACT))
}

#[cfg(test)]
mod tests {
    use super::exact;
    use crate::json::Json;

    #[test]
    fn digits_that_javascript_would_lose_are_a_text() {
        for (json, expected) in [
            ("9007199254740991", "9007199254740991"),
            ("9007199254740992", r#""9007199254740992""#),
            ("-9007199254740993", r#""-9007199254740993""#),
            ("12345678901234567890.5", r#""12345678901234567890.5""#),
            ("[0,-1,1.5,2e3,1e400]", r#"[0,-1,1.5,2e3,"1e400"]"#),
            (
                r#"{"a\"12345678901234567890":"12345678901234567890","b\\":12345678901234567890}"#,
                r#"{"a\"12345678901234567890":"12345678901234567890","b\\":"12345678901234567890"}"#,
            ),
            (
                "{\"é\": [ 12345678901234567890 , true ] }",
                "{\"é\": [ \"12345678901234567890\" , true ] }",
            ),
            (r#""\\""#, r#""\\""#),
        ] {
            assert_eq!(exact(json), expected);
            assert!(Json::parse(expected).is_some(), "{expected}");
        }
        // What is no JSON comes out as it is, and ends.
        assert_eq!(exact("\"abc\\"), "\"abc\\");
    }
}
