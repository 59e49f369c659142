//! CRC-64/XZ (ECMA-182, reflected), the checksum OSS keeps of every part and object: `x-oss-hash-crc64ecma`, unsigned decimal.
//!
//! Numbers here are polynomials over GF(2) with the highest bit as x⁰. The state of a CRC is such a number modulo the polynomial.

use std::sync::OnceLock;

const POLY: u64 = 0xC96C_5795_D787_0F42;
const ONE: u64 = 1 << 63;

/// Bytes a step: one table for each.
const STEP: usize = 16;
/// Three lanes run side by side, because one waits for its table loads: the next step needs the result of this one.
const LANE: usize = 4096;

/// Tables made on first use: 32 KB of them would be a good part of the wasm, and no compression helps.
struct Tables {
    /// `bytes[k][b]`: what byte `b` becomes after `k` further zero bytes.
    bytes: [[u64; 256]; STEP],
    /// `powers[k]`: x to the power 8·2ᵏ, a shift by 2ᵏ bytes.
    powers: [u64; 64],
    /// A shift by one lane.
    lane: u64,
}

fn tables() -> &'static Tables {
    static TABLES: OnceLock<Box<Tables>> = OnceLock::new();
    TABLES.get_or_init(|| {
        let mut tables = Box::new(Tables {
            bytes: [[0; 256]; STEP],
            powers: [0; 64],
            lane: 0,
        });
        fill_bytes(&mut tables.bytes);
        // x⁸, squared again and again.
        let mut power = ONE >> 8;
        for slot in &mut tables.powers {
            *slot = power;
            power = multiply(power, power);
        }
        tables.lane = shift(&tables.powers, LANE as u64);
        tables
    })
}

fn fill_bytes(tables: &mut [[u64; 256]; STEP]) {
    let mut previous = [0; 256];
    for (byte, slot) in (0..=u8::MAX).zip(&mut previous) {
        *slot = (0..8).fold(u64::from(byte), |crc, _| times_x(crc));
    }
    let first = previous;
    for table in tables {
        *table = previous;
        previous = previous.map(|crc| (crc >> 8) ^ at(&first, crc as u8));
    }
}

/// A CRC-64 that is fed piece by piece.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Crc64 {
    crc: u64,
}

impl Crc64 {
    /// Of no bytes yet: 0.
    pub fn new() -> Self {
        Crc64::default()
    }

    /// Adds bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        let tables = tables();
        let mut crc = !self.crc;
        let mut blocks = bytes.chunks_exact(LANE * 3);
        for block in &mut blocks {
            crc = three_lanes(tables, crc, block);
        }
        self.crc = !one_lane(tables, crc, blocks.remainder());
    }

    /// The CRC of all bytes so far.
    pub fn finish(&self) -> u64 {
        self.crc
    }
}

/// The CRC of two byte strings one after the other, from their CRCs and the second's length in bytes. Takes microseconds
/// at any length.
pub fn combine(crc1: u64, crc2: u64, len2: u64) -> u64 {
    multiply(crc1, shift(&tables().powers, len2)) ^ crc2
}

/// x to the power of 8·`bytes`.
fn shift(powers: &[u64; 64], bytes: u64) -> u64 {
    let chosen = powers
        .iter()
        .enumerate()
        .filter(|(bit, _)| (bytes >> bit) & 1 == 1);
    chosen.fold(ONE, |product, (_, power)| multiply(product, *power))
}

/// The product modulo [`POLY`].
fn multiply(a: u64, b: u64) -> u64 {
    let mut product = 0;
    let mut shifted = b;
    for bit in (0..64).rev() {
        product ^= shifted & mask(a >> bit);
        shifted = times_x(shifted);
    }
    product
}

fn times_x(a: u64) -> u64 {
    (a >> 1) ^ (POLY & mask(a))
}

/// All ones if the lowest bit is one.
fn mask(a: u64) -> u64 {
    (a & 1).wrapping_neg()
}

/// The state after three lanes of equal length: each starts at zero, is shifted to its place, and added.
fn three_lanes(tables: &Tables, crc: u64, block: &[u8]) -> u64 {
    let (a, rest) = block.split_at(LANE);
    let (b, c) = rest.split_at(LANE);
    let (mut crc_a, mut crc_b, mut crc_c) = (crc, 0, 0);
    let steps = a
        .as_chunks::<STEP>()
        .0
        .iter()
        .zip(b.as_chunks::<STEP>().0)
        .zip(c.as_chunks::<STEP>().0);
    for ((a, b), c) in steps {
        crc_a = step(tables, crc_a, a);
        crc_b = step(tables, crc_b, b);
        crc_c = step(tables, crc_c, c);
    }
    multiply(multiply(crc_a, tables.lane) ^ crc_b, tables.lane) ^ crc_c
}

fn one_lane(tables: &Tables, crc: u64, bytes: &[u8]) -> u64 {
    let (steps, rest) = bytes.as_chunks::<STEP>();
    let crc = steps
        .iter()
        .fold(crc, |crc, bytes| step(tables, crc, bytes));
    let [first, ..] = &tables.bytes;
    rest.iter()
        .fold(crc, |crc, byte| (crc >> 8) ^ at(first, crc as u8 ^ byte))
}

/// 16 bytes at once: the state goes into the first eight, then every byte is looked up at its distance from the end.
/// Written out and inlined, because a build for size would leave it a loop at a third of the speed.
#[inline(always)]
fn step(tables: &Tables, crc: u64, bytes: &[u8; STEP]) -> u64 {
    #[rustfmt::skip]
    let [t0, t1, t2, t3, t4, t5, t6, t7, t8, t9, t10, t11, t12, t13, t14, t15] = &tables.bytes;
    let whole = u128::from_le_bytes(*bytes) ^ u128::from(crc);
    #[rustfmt::skip]
    let [b0, b1, b2, b3, b4, b5, b6, b7, b8, b9, b10, b11, b12, b13, b14, b15] = whole.to_le_bytes();
    let first = at(t15, b0) ^ at(t14, b1) ^ at(t13, b2) ^ at(t12, b3);
    let second = at(t11, b4) ^ at(t10, b5) ^ at(t9, b6) ^ at(t8, b7);
    let third = at(t7, b8) ^ at(t6, b9) ^ at(t5, b10) ^ at(t4, b11);
    let fourth = at(t3, b12) ^ at(t2, b13) ^ at(t1, b14) ^ at(t0, b15);
    (first ^ second) ^ (third ^ fourth)
}

/// Every byte has its entry, so the compiler drops the check.
#[inline(always)]
fn at(table: &[u64; 256], byte: u8) -> u64 {
    table.get(usize::from(byte)).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn crc(bytes: &[u8]) -> u64 {
        let mut crc = Crc64::new();
        crc.update(bytes);
        crc.finish()
    }

    /// Bit by bit, straight from the definition.
    fn slow(bytes: &[u8]) -> u64 {
        !bytes.iter().fold(!0, |crc, byte| {
            (0..8).fold(crc ^ u64::from(*byte), |crc, _| times_x(crc))
        })
    }

    fn noise(length: usize) -> Vec<u8> {
        let mut state = 1_u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        };
        (0..length).map(|_| next()).collect()
    }

    #[test]
    fn the_check_value_of_crc_64_xz() {
        assert_eq!(crc(b"123456789"), 0x995D_C9BB_DF19_39FA);
        assert_eq!(crc(b""), 0);
    }

    #[test]
    fn every_length_around_steps_and_lanes_equals_the_definition() {
        let bytes = noise(LANE * 6 + 100);
        let near = [
            0,
            15,
            16,
            17,
            4096,
            LANE * 3 - 1,
            LANE * 3,
            LANE * 3 + 1,
            LANE * 6 + 17,
        ];
        for length in near.into_iter().chain(0..70) {
            assert_eq!(crc(&bytes[..length]), slow(&bytes[..length]), "{length}");
        }
    }

    #[test]
    fn pieces_and_combined_parts_equal_the_whole() {
        let bytes = noise(50_000);
        for cut in [0, 1, 16, 12_288, 20_000, 50_000] {
            let (a, b) = bytes.split_at(cut);
            let mut pieces = Crc64::new();
            pieces.update(a);
            pieces.update(b);
            assert_eq!(pieces.finish(), crc(&bytes));
            assert_eq!(
                combine(crc(a), crc(b), b.len() as u64),
                crc(&bytes),
                "{cut}"
            );
        }
    }

    /// The CRC of 2⁴⁵ zero bytes: by doubling, and from the definition.
    #[test]
    fn combines_tens_of_terabytes() {
        let mut zeros = crc(&[0]);
        for doubling in 0..45 {
            zeros = combine(zeros, zeros, 1 << doubling);
        }
        assert_eq!(zeros, !multiply(!0, shift(&tables().powers, 1 << 45)));
    }
}
