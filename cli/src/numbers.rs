//! Numbers as people read them.

/// A number as people write it, with a minus sign that is as wide as the digits; no sign on a rounded zero.
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

/// The same with a sign in any case.
pub fn signed(value: f64, decimals: usize) -> String {
    let text = number(value, decimals);
    if value > 0.0 && value.is_finite() {
        format!("+{text}")
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!(number(-14.04, 1), "−14.0");
        assert_eq!(number(-0.001, 2), "0.00");
        assert_eq!(number(f64::NEG_INFINITY, 1), "–");
        assert_eq!(signed(3.25, 1), "+3.2");
        assert_eq!(signed(-3.0, 1), "−3.0");
    }
}
