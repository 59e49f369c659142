//! Host names beyond ASCII, as the URL standard writes them: `电影.example` is `xn--p3t879b.example`.
//!
//! All of UTS #46 takes large tables. This knows the letters whose mapping needs none: Han, Kana, Hangul, Latin, Greek and
//! Cyrillic. A name with anything else is refused. Hosts pass what `new URL` wrote, so only names inside playlists and
//! redirects meet this limit.

/// A host, with its port if it has one, in ASCII. `None` for a name with letters that are not known here.
pub(crate) fn to_ascii(host: &str) -> Option<String> {
    let mapped: String = host.chars().map(map).collect::<Option<_>>()?;
    let labels: Option<Vec<String>> = mapped.split('.').map(label).collect();
    Some(labels?.join("."))
}

fn label(label: &str) -> Option<String> {
    // The port stands behind the last label only, and is ASCII.
    let (name, port) = match label.split_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => (name, Some(port)),
        Some(_) => return None,
        None => (label, None),
    };
    let mut out = match name.is_ascii() {
        true => name.to_owned(),
        false if name.starts_with("xn--") => return None,
        false => format!("xn--{}", punycode(name)?),
    };
    if let Some(port) = port {
        out.push(':');
        out.push_str(port);
    }
    Some(out)
}

/// The letter in lower case. `None` for one whose mapping is not known.
fn map(c: char) -> Option<char> {
    let code = u32::from(c);
    let plus = |step: u32| char::from_u32(code.saturating_add(step));
    let is_even = code & 1 == 0;
    match code {
        0..=0x7f => Some(c.to_ascii_lowercase()),
        // The full stops of Han text are dots.
        0x3002 | 0xff0e | 0xff61 => Some('.'),
        // Full-width digits and letters.
        0xff10..=0xff19 | 0xff41..=0xff5a => char::from_u32(code.saturating_sub(0xfee0)),
        0xff21..=0xff3a => char::from_u32(code.saturating_sub(0xfee0).saturating_add(32)),
        // Latin.
        0xd7 | 0xf7 => None,
        0xc0..=0xde => plus(32),
        0xdf..=0xff => Some(c),
        0x130 | 0x132 | 0x133 | 0x13f | 0x140 | 0x149 => None,
        0x178 => Some('ÿ'),
        0x100..=0x137 | 0x14a..=0x177 | 0x1ea0..=0x1ef9 if is_even => plus(1),
        0x139..=0x148 | 0x179..=0x17e if !is_even => plus(1),
        0x100..=0x17e | 0x1ea0..=0x1ef9 => Some(c),
        // Greek.
        0x3a2 => None,
        0x391..=0x3a9 => plus(32),
        0x3ac..=0x3ce => Some(c),
        // Cyrillic.
        0x400..=0x40f => plus(80),
        0x410..=0x42f => plus(32),
        0x430..=0x45f => Some(c),
        // Kana, Han, Hangul.
        0x3005..=0x3007 | 0x3041..=0x3096 | 0x309d | 0x309e => Some(c),
        0x30a1..=0x30fa | 0x30fc..=0x30fe => Some(c),
        0x3400..=0x4dbf | 0x4e00..=0x9fff | 0x20000..=0x2a6df => Some(c),
        0xac00..=0xd7a3 => Some(c),
        _ => None,
    }
}

/// RFC 3492.
fn punycode(label: &str) -> Option<String> {
    const BASE: u32 = 36;
    let mut out: String = label.chars().filter(char::is_ascii).collect();
    let basic = u32::try_from(out.len()).ok()?;
    if basic > 0 {
        out.push('-');
    }
    let total = u32::try_from(label.chars().count()).ok()?;
    let (mut n, mut delta, mut bias, mut done) = (128u32, 0u32, 72u32, basic);
    while done < total {
        let next = label.chars().map(u32::from).filter(|c| *c >= n).min()?;
        let step = next.checked_sub(n)?.checked_mul(done.checked_add(1)?)?;
        delta = delta.checked_add(step)?;
        n = next;
        for c in label.chars().map(u32::from) {
            if c < n {
                delta = delta.checked_add(1)?;
            }
            if c != n {
                continue;
            }
            let mut q = delta;
            let mut k = BASE;
            loop {
                let t = k.saturating_sub(bias).clamp(1, 26);
                if q < t {
                    break;
                }
                let span = BASE.saturating_sub(t);
                let over = q.saturating_sub(t);
                out.push(digit(t.saturating_add(over.checked_rem(span)?))?);
                q = over.checked_div(span)?;
                k = k.checked_add(BASE)?;
            }
            out.push(digit(q)?);
            bias = adapt(delta, done.checked_add(1)?, done == basic)?;
            delta = 0;
            done = done.checked_add(1)?;
        }
        delta = delta.checked_add(1)?;
        n = n.checked_add(1)?;
    }
    Some(out)
}

fn digit(value: u32) -> Option<char> {
    char::from_digit(value.checked_sub(26).unwrap_or(value.checked_add(10)?), 36)
}

fn adapt(delta: u32, points: u32, is_first: bool) -> Option<u32> {
    let mut delta = delta.checked_div(if is_first { 700 } else { 2 })?;
    delta = delta.checked_add(delta.checked_div(points)?)?;
    let mut k = 0u32;
    while delta > 455 {
        delta /= 35;
        k = k.checked_add(36)?;
    }
    k.checked_add(
        36u32
            .checked_mul(delta)?
            .checked_div(delta.checked_add(38)?)?,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_what_new_url_writes() {
        for (host, ascii) in [
            ("电影.example", "xn--p3t879b.example"),
            ("a.电影。中国:8443", "a.xn--p3t879b.xn--fiqs8s:8443"),
            ("BÜCHER.example", "xn--bcher-kva.example"),
            ("ПРИМЕР.испытание", "xn--e1afmkfd.xn--80akhbyknj4f"),
            ("παράδειγμα.δοκιμή", "xn--hxajbheg2az3al.xn--jxalpdlp"),
            ("실례.테스트", "xn--9n2bp8q.xn--9t4b11yi5a"),
            ("例え.テスト", "xn--r8jz45g.xn--zckzah"),
            ("ＣＤＮ１.example", "cdn1.example"),
            ("faß.de", "xn--fa-hia.de"),
            ("plain.example", "plain.example"),
        ] {
            assert_eq!(to_ascii(host).as_deref(), Some(ascii), "{host}");
        }
    }

    #[test]
    fn a_letter_that_is_not_known_is_none() {
        for host in [
            "A¡",
            "xn--电影.example",
            "مثال",
            "e\u{301}.example",
            "／.a",
            "İ.a",
            "电:x",
        ] {
            assert_eq!(to_ascii(host), None, "{host}");
        }
    }
}
