//! Numbers as the editor shows them: few digits and a typographic minus sign.

use flow_params::number::{number, with_true_minus};

/// Stands where nothing was measured.
pub(crate) const NOT_MEASURED: &str = "—";

/// A level with a typographic minus sign; a dash for a value that is not finite or below −99.
#[must_use]
pub(crate) fn format_level(value: f32, decimals: usize) -> String {
    if !value.is_finite() || value < -99.0 {
        return NOT_MEASURED.to_owned();
    }
    number(value.into(), decimals)
}

/// Shortens a parameter's text for a narrow field: at most three digits, and no unit that the field's place implies.
/// The tooltip and the field for typing show the whole text.
#[must_use]
pub(crate) fn shorten(text: &str) -> String {
    let (digits, unit) = text.split_once(' ').unwrap_or((text, ""));
    let Ok(value) = digits.parse::<f32>() else {
        return with_true_minus(text);
    };
    let decimals = match unit {
        "dB" | "dBTP" => 1,
        "ms" if value < 9.95 => 1,
        _ => 0,
    };
    let number = format_level(value, decimals);
    match unit {
        "" | "dBTP" => number,
        unit => format!("{number} {unit}"),
    }
}
