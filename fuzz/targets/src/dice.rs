//! Decisions read from an input, and the secrets that nothing may repeat.

use std::fmt::Debug;

pub(crate) const NOW: u64 = 1_760_000_000_000;
pub(crate) const ACCESS_KEY_SECRET: &str = "never-print-this-access-key-secret";
pub(crate) const STS_SECRET: &str = "never-print-this-sts-secret";
pub(crate) const STS_TOKEN: &str = "never-print-this-sts-token";
pub(crate) const URL_SECRET: &str = "never-print-this-url-signature";

/// Panics where a text repeats a secret.
pub(crate) fn keeps_secrets(what: &impl Debug, text: &str) {
    for secret in [ACCESS_KEY_SECRET, STS_SECRET, STS_TOKEN, URL_SECRET] {
        assert!(!text.contains(secret), "{what:?} tells {secret}: {text}");
    }
}

/// Reads an input byte by byte. After its end every decision is 0, which stands for what is usual.
pub(crate) struct Dice<'a>(&'a [u8]);

impl<'a> Dice<'a> {
    pub(crate) fn new(data: &'a [u8]) -> Self {
        Dice(data)
    }

    pub(crate) fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else {
            return 0;
        };
        self.0 = rest;
        *first
    }

    /// A number below `limit`, and 0 below 0.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        let drawn = usize::from(self.byte());
        drawn.checked_rem(limit).unwrap_or(0)
    }

    pub(crate) fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }

    /// Of any size: few numbers are interesting, and those lie at borders.
    pub(crate) fn number(&mut self) -> u64 {
        let exact = u64::from(self.byte());
        match self.byte() % 6 {
            0 => exact,
            1 => exact << 16,
            2 => u64::MAX - exact,
            3 => (1 << 53) + exact,
            4 => (1 << 32) - 128 + exact,
            _ => exact * 102_400,
        }
    }

    pub(crate) fn text(&mut self) -> String {
        let length = usize::from(self.byte()).min(self.0.len());
        let (text, rest) = self.0.split_at(length);
        self.0 = rest;
        String::from_utf8_lossy(text).into_owned()
    }
}

/// An input as text, cut at line breaks: the first `N` lines, and the rest.
pub(crate) fn lines<const N: usize>(data: &[u8]) -> ([String; N], String) {
    let text = String::from_utf8_lossy(data).into_owned();
    let mut rest = text.as_str();
    let lines = std::array::from_fn(|_| {
        let (line, after) = rest.split_once('\n').unwrap_or((rest, ""));
        rest = after;
        line.to_owned()
    });
    (lines, rest.to_owned())
}
