//! Names in the character sets that sources still use, beside UTF-8: GBK and Windows-1252.

mod gbk;

/// What stands for a character that could not be read.
pub(crate) const UNREADABLE: char = '\u{fffd}';

/// The characters of Windows-1252 at 0x80 to 0x9f, where ISO-8859-1 has control characters that no name holds.
const WINDOWS: &str = "€\u{81}‚ƒ„…†‡ˆ‰Š‹Œ\u{8d}Ž\u{8f}\u{90}‘’“”•–—˜™š›œ\u{9d}žŸ";

/// Bytes in a character set that is named. `None` for a set that is not known here, or bytes that are none of it.
pub(crate) fn decode(charset: &str, bytes: &[u8]) -> Option<String> {
    let is = |names: &[&str]| names.iter().any(|name| name.eq_ignore_ascii_case(charset));
    if is(&["utf-8", "utf8", "us-ascii", "ascii"]) {
        return String::from_utf8(bytes.to_vec()).ok();
    }
    if is(&[
        "gbk",
        "gb2312",
        "gb18030",
        "cp936",
        "x-gbk",
        "euc-cn",
        "gb_2312-80",
    ]) {
        return Some(gbk::decode(bytes));
    }
    is(&[
        "iso-8859-1",
        "iso8859-1",
        "latin1",
        "windows-1252",
        "cp1252",
    ])
    .then(|| windows(bytes))
}

/// Bytes in a character set that nothing tells.
pub(crate) fn guess(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) if gbk::is_likely(bytes) => gbk::decode(bytes),
        Err(_) => windows(bytes),
    }
}

/// A text of which every byte was taken for a character, as HTTP has it: the text that was meant. Any other stays.
pub(crate) fn unmangled(text: &str) -> String {
    // It happens twice: in what stored the name, and on the way here.
    once_unmangled(&once_unmangled(text))
}

fn once_unmangled(text: &str) -> String {
    let bytes: Option<Vec<u8>> = text.chars().map(byte).collect();
    match bytes {
        Some(bytes) if !text.is_ascii() => guess(&bytes),
        _ => text.to_owned(),
    }
}

fn windows(bytes: &[u8]) -> String {
    let read = |byte: &u8| match byte {
        0x80..=0x9f => WINDOWS.chars().nth(usize::from(byte & 0x1f)),
        byte => Some(char::from(*byte)),
    };
    bytes.iter().filter_map(read).collect()
}

fn byte(c: char) -> Option<u8> {
    u8::try_from(u32::from(c)).ok().or_else(|| {
        let at = WINDOWS.chars().position(|known| known == c)?;
        u8::try_from(at).ok()?.checked_add(0x80)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn undoes_what_took_every_byte_for_a_character() {
        for (mangled, meant) in [
            ("æµ\u{8b}è¯\u{95}.mp4", "测试.mp4"),
            ("æµ‹è¯•.mp4", "测试.mp4"),
            ("²âÊÔ.mp4", "测试.mp4"),
            ("Â²Ã¢ÃŠÃ”.mp4", "测试.mp4"),
            ("µçÓ°µÚ1¼¯.mp4", "电影第1集.mp4"),
            ("\u{9c}yÔ\u{87}.mp4", "測試.mp4"),
            ("café.mp4", "café.mp4"),
            ("Müller & Söhne.mp4", "Müller & Söhne.mp4"),
            ("AÇÃO NÃO.mp4", "AÇÃO NÃO.mp4"),
            ("¿Qué? 10°C «été».mp4", "¿Qué? 10°C «été».mp4"),
            ("Caf\u{e9} \u{93}Live\u{94}.mp4", "Café “Live”.mp4"),
            ("片.mp4", "片.mp4"),
            ("film.mp4", "film.mp4"),
        ] {
            assert_eq!(unmangled(mangled), meant, "{mangled}");
        }
    }

    #[test]
    fn reads_the_sets_that_are_named() {
        assert_eq!(decode("GBK", b"\xb2\xe2\xca\xd4").as_deref(), Some("测试"));
        assert_eq!(decode("utf8", b"\xff"), None);
        assert_eq!(decode("ISO-8859-1", b"\xe9t\xe9").as_deref(), Some("été"));
        assert_eq!(decode("utf-7", b"x"), None);
        assert_eq!(guess(b"caf\xe9.mp4"), "café.mp4");
    }
}
