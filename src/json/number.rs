//! Numbers, as text. Floats are never made of them: their code and tables were 20 KB of the wasm.

/// What a number of JSON is as a count: itself where it is whole and not negative, [`u64::MAX`] where it is too large for that
/// type, `None` otherwise. JavaScript writes large numbers as `1e+21`.
pub(crate) fn whole(number: &str) -> Option<u64> {
    let (mantissa, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
    let (before, after) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let is_digit = |byte: u8| byte.is_ascii_digit();
    if before.is_empty() || ![before, after].concat().bytes().all(is_digit) {
        return None;
    }
    let after = after.trim_end_matches('0');
    let digits = [before, after].concat();
    let digits = digits.trim_start_matches('0');
    if digits.is_empty() {
        return Some(0);
    }
    let places = i64::try_from(after.len()).ok()?;
    // An exponent beyond any that a `i32` holds is as good as the largest.
    let exponent = exponent.trim_start_matches('+');
    let exponent = match exponent.parse::<i32>() {
        Ok(exponent) => i64::from(exponent),
        Err(_) if exponent.starts_with('-') => return None,
        Err(_) => i64::from(i32::MAX),
    };
    let zeros = exponent.saturating_sub(places);
    let kept = digits.trim_end_matches('0');
    let spare = i64::try_from(digits.len().saturating_sub(kept.len())).ok()?;
    if zeros.saturating_add(spare) < 0 {
        return None;
    }
    let written = match zeros {
        // Whole digits that are zeros at the end.
        ..0 => digits.get(
            ..digits
                .len()
                .saturating_sub(usize::try_from(zeros.unsigned_abs()).ok()?),
        )?,
        _ => digits,
    };
    let mut value = written.parse::<u64>().unwrap_or(u64::MAX);
    // No number is zero here: twenty steps are enough to be too large.
    for _ in 0..zeros.clamp(0, 20) {
        value = value.saturating_mul(10);
    }
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::whole;

    #[test]
    fn a_number_is_a_count_where_it_is_whole() {
        for (text, value) in [
            ("0", Some(0)),
            ("-0", None),
            ("0.0", Some(0)),
            ("0e5", Some(0)),
            ("7", Some(7)),
            ("7.0", Some(7)),
            ("7.5", None),
            ("75e-1", None),
            ("750e-1", Some(75)),
            ("7.5e1", Some(75)),
            ("1E2", Some(100)),
            ("1e+21", Some(u64::MAX)),
            ("1e300", Some(u64::MAX)),
            ("1e99999999999", Some(u64::MAX)),
            ("1e-99999999999", None),
            ("-1", None),
            ("9007199254740993", Some(9_007_199_254_740_993)),
            ("18446744073709551615", Some(u64::MAX)),
            ("18446744073709551616", Some(u64::MAX)),
            ("1844674407370955161e1", Some(18_446_744_073_709_551_610)),
        ] {
            assert_eq!(whole(text), value, "{text}");
        }
    }
}
