//! Numbers in texts.

/// A number with fixed decimals as hosts parse it: with an ASCII minus, and no sign on a rounded zero.
#[must_use]
pub fn ascii(value: f32, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    let is_zero = text.chars().all(|c| matches!(c, '-' | '0' | '.'));
    if is_zero {
        text.trim_start_matches('-').to_owned()
    } else {
        text
    }
}

/// A number with fixed decimals for readers: with a true minus sign, no sign on a rounded zero, and "–" for a value that
/// isn't finite.
#[must_use]
pub fn number(value: f64, decimals: usize) -> String {
    if !value.is_finite() {
        return "–".to_owned();
    }
    let text = format!("{:.decimals$}", value.abs());
    let is_zero = text.chars().all(|c| matches!(c, '0' | '.'));
    if value < 0.0 && !is_zero {
        format!("−{text}")
    } else {
        text
    }
}

/// As [`number`], with a plus sign on values that are positive when rounded.
#[must_use]
pub fn signed(value: f64, decimals: usize) -> String {
    let text = number(value, decimals);
    let is_zero = text.chars().all(|c| matches!(c, '0' | '.'));
    if value > 0.0 && value.is_finite() && !is_zero {
        format!("+{text}")
    } else {
        text
    }
}

/// A text for hosts as readers see it: with true minus signs.
#[must_use]
pub fn with_true_minus(text: &str) -> String {
    text.replace('-', "−")
}

/// The number in a text such as "−1,5 dB", and the unit behind it in lower case. None without a number.
pub(crate) fn split(text: &str) -> Option<(f32, String)> {
    let plain = text
        .trim()
        .replace('−', "-")
        .replace(',', ".")
        .to_lowercase();
    let end = plain
        .find(|c: char| !matches!(c, '0'..='9' | '+' | '-' | '.'))
        .unwrap_or(plain.len());
    let (number, unit) = plain.split_at(end);
    Some((number.parse().ok()?, unit.trim().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ascii_rounded_zero_has_no_sign() {
        assert_eq!(ascii(-0.0, 2), "0.00");
        assert_eq!(ascii(-0.001, 2), "0.00");
        assert_eq!(ascii(-0.01, 2), "-0.01");
        assert_eq!(ascii(-10.0, 0), "-10");
    }

    #[test]
    fn number_negative_value_has_true_minus() {
        assert_eq!(number(-14.04, 1), "−14.0");
        assert_eq!(number(-0.001, 2), "0.00");
        assert_eq!(number(f64::NEG_INFINITY, 1), "–");
    }

    #[test]
    fn signed_rounded_zero_has_no_sign() {
        assert_eq!(signed(3.25, 1), "+3.2");
        assert_eq!(signed(-3.0, 1), "−3.0");
        assert_eq!(signed(0.0004, 3), "0.000");
        assert_eq!(signed(-0.0004, 3), "0.000");
        assert_eq!(signed(f64::INFINITY, 1), "–");
    }
}
