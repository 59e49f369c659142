//! GBK, in which old Chinese servers write names. Only the 6,763 Han of GB 2312 need a table: all others stand in the order
//! of Unicode. <https://encoding.spec.whatwg.org/#gbk>

use super::UNREADABLE;

/// A row for each first byte from 0xb0 on, a column for each second from 0xa1 on. U+3000 where there is none.
const GB2312: &str = include_str!("gb2312.txt");
const COLUMNS: usize = 94;
const ROWS: usize = 72;

/// High and low bytes apart: so they are 13 KB, and 11 compressed, where the text has 20 and 15.
static HAN: [[u8; ROWS * COLUMNS]; 2] = planes();

/// The Han of GBK that GB 2312 has not: how many of them stand in each of two blocks.
const OTHERS: [usize; 2] = [6080, 8059];

const SIGNS: &str = "\u{3000}、。·ˉˇ¨〃々—～‖…‘’“”〔〕〈〉《》「」『』〖〗【】±×÷∶∧∨∑∏∪∩∈∷√⊥∥∠⌒⊙∫∮≡≌≈∽∝≠≮≯≤≥∞∵∴♂♀°′″℃＄¤￠￡‰§№☆★○●◎◇◆□■△▲※→←↑↓〓";

/// Each character that cannot be read becomes [`UNREADABLE`].
pub(super) fn decode(bytes: &[u8]) -> String {
    let mut others = Vec::new();
    let mut out = String::new();
    let mut rest = bytes;
    while let Some((&lead, tail)) = rest.split_first() {
        rest = tail;
        match tail.split_first() {
            _ if lead < 0x80 => out.push(char::from(lead)),
            Some((&trail, tail)) if is_trail(trail) => {
                out.push(pair(lead, trail, &mut others).unwrap_or(UNREADABLE));
                rest = tail;
            }
            _ => out.push(UNREADABLE),
        }
    }
    out
}

/// Whether bytes that are no UTF-8 are rather GBK than Windows-1252. Both take nearly everything; but letters with accents
/// stand alone between others, and their words hold no signs such as `²` or `µ`.
pub(super) fn is_likely(bytes: &[u8]) -> bool {
    let (mut run, mut longest, mut signs, mut common) = (0usize, 0usize, false, false);
    let mut rest = bytes;
    while let Some((&lead, tail)) = rest.split_first() {
        rest = tail;
        if lead < 0x80 {
            run = 0;
            continue;
        }
        let Some((&trail, tail)) = tail.split_first() else {
            return false;
        };
        rest = tail;
        run = run.saturating_add(1);
        longest = longest.max(run);
        let is_sign = |byte: u8| matches!(byte, 0x80..=0xbf);
        signs |= is_sign(lead) || is_sign(trail);
        common |= matches!((lead, trail), (0xb0..=0xf7, 0xa1..));
    }
    let is_evident = (signs && (common || longest > 1)) || longest > 2;
    is_evident && !decode(bytes).contains(UNREADABLE)
}

fn is_trail(byte: u8) -> bool {
    matches!(byte, 0x40..=0x7e | 0x80..=0xfe)
}

fn pair(lead: u8, trail: u8, others: &mut Vec<u16>) -> Option<char> {
    let column = usize::from(trail.saturating_sub(0xa1));
    let from =
        |first: u8, to: u32| char::from_u32(to.checked_add(u32::from(trail.checked_sub(first)?))?);
    match (lead, trail) {
        (0xa1, 0xa1..) => SIGNS.chars().nth(column),
        (0xa2, 0xa1..=0xaa) => from(0xa1, 0x2170),
        (0xa2, 0xb1..=0xc4) => from(0xb1, 0x2488),
        (0xa2, 0xc5..=0xd8) => from(0xc5, 0x2474),
        (0xa2, 0xd9..=0xe2) => from(0xd9, 0x2460),
        (0xa2, 0xe5..=0xee) => from(0xe5, 0x3220),
        (0xa2, 0xf1..=0xfc) => from(0xf1, 0x2160),
        (0xa3, 0xa4) => Some('￥'),
        (0xa3, 0xfe) => Some('￣'),
        (0xa3, 0xa1..) => from(0xa1, 0xff01),
        (0xa4, 0xa1..=0xf3) => from(0xa1, 0x3041),
        (0xa5, 0xa1..=0xf6) => from(0xa1, 0x30a1),
        (0xa6, 0xa1..=0xb1) => from(0xa1, 0x391),
        (0xa6, 0xb2..=0xb8) => from(0xb2, 0x3a3),
        (0xa6, 0xc1..=0xd1) => from(0xc1, 0x3b1),
        (0xa6, 0xd2..=0xd8) => from(0xd2, 0x3c3),
        (0xb0..=0xf7, 0xa1..) => {
            let row = usize::from(lead.checked_sub(0xb0)?).checked_mul(COLUMNS)?;
            let at = row.checked_add(column)?;
            han(at).filter(|c| *c != '\u{3000}')
        }
        (0x81..=0xa0, _) => other(lead.checked_sub(0x81)?, 190, trail, others),
        (0xaa..=0xfe, ..=0xa0) => {
            let at = nth(lead.checked_sub(0xaa)?, 96, trail)?;
            let [before, here] = OTHERS;
            (at < here).then_some(())?;
            of(others, before.checked_add(at)?)
        }
        _ => None,
    }
}

fn other(row: u8, columns: usize, trail: u8, others: &mut Vec<u16>) -> Option<char> {
    of(others, nth(row, columns, trail)?)
}

fn nth(row: u8, columns: usize, trail: u8) -> Option<usize> {
    // 0x7f is left out.
    let column = trail.checked_sub(if trail > 0x7f { 0x41 } else { 0x40 })?;
    usize::from(row)
        .checked_mul(columns)?
        .checked_add(usize::from(column))
}

fn of(others: &mut Vec<u16>, at: usize) -> Option<char> {
    if others.is_empty() {
        *others = others_in_order();
    }
    char::from_u32(u32::from(*others.get(at)?))
}

/// The Han that Unicode had first and GB 2312 has not.
fn others_in_order() -> Vec<u16> {
    const FIRST: u16 = 0x4e00;
    let mut known = vec![false; 0x51a6];
    for at in 0..ROWS.saturating_mul(COLUMNS) {
        let code = han(at).and_then(|c| u16::try_from(u32::from(c)).ok());
        let place = code.and_then(|code| code.checked_sub(FIRST));
        if let Some(place) = place.and_then(|place| known.get_mut(usize::from(place))) {
            *place = true;
        }
    }
    let codes = (FIRST..).zip(known);
    codes
        .filter(|(_, known)| !known)
        .map(|(code, _)| code)
        .collect()
}

fn han(at: usize) -> Option<char> {
    let [high, low] = &HAN;
    char::from_u32(u32::from(u16::from_be_bytes([
        *high.get(at)?,
        *low.get(at)?,
    ])))
}

#[expect(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "it runs in the compiler, where what goes wrong stops the build"
)]
const fn planes() -> [[u8; ROWS * COLUMNS]; 2] {
    let text = GB2312.as_bytes();
    let mut out = [[0; ROWS * COLUMNS]; 2];
    let mut at = 0;
    while at < ROWS * COLUMNS {
        // Each character has three bytes, and each row ends in a line break.
        let from = at * 3 + at / COLUMNS;
        let [a, b, c] = [text[from], text[from + 1], text[from + 2]];
        out[0][at] = ((a & 0x0f) << 4) | ((b & 0x3f) >> 2);
        out[1][at] = ((b & 0x03) << 6) | (c & 0x3f);
        at += 1;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn han_are_read_in_every_block() {
        for (bytes, text) in [
            (&b"\xb0\xa1\xd7\xf9\xd8\xa1\xf7\xfe"[..], "啊座亍齄"),
            (b"\x81\x40\xa0\xfe\xaa\x40\xfd\x9b\x9c\x79", "丂狛狜龥測"),
            (b"a\xa1\xb6b\xa3\xb1\xa4\xa2\xa2\xd9", "a《b１あ①"),
            (b"\xa8\x40\xff\xb0", "\u{fffd}\u{fffd}"),
        ] {
            assert_eq!(decode(bytes), text);
        }
        assert_eq!(others_in_order().len(), 14_139);
    }
}
