//! Numbers as the editor shows them: few digits and a typographic minus sign.

use flow_params::Kind;
use flow_params::number::{number, with_true_minus};

use crate::editor::language::translate;
use crate::params::AnyParam;

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

/// A gain with its sign; 0 has none.
#[must_use]
pub(crate) fn signed_decibels(db: f32, decimals: usize) -> String {
    let text = format_level(db, decimals);
    let is_positive = text.bytes().any(|byte| (b'1'..=b'9').contains(&byte)) && db > 0.0;
    if is_positive {
        format!("+{text}")
    } else {
        text
    }
}

/// A frequency with three digits.
#[must_use]
pub(crate) fn format_frequency(hz: f32) -> String {
    match hz {
        hz if hz < 100.0 => format!("{hz:.1} Hz"),
        hz if hz < 1000.0 => format!("{hz:.0} Hz"),
        hz if hz < 10_000.0 => format!("{:.2} kHz", hz / 1000.0),
        hz => format!("{:.1} kHz", hz / 1000.0),
    }
}

/// The note nearest to a frequency in equal temperament at 440 Hz, such as "A4".
#[must_use]
pub(crate) fn note_name(hz: f32) -> String {
    const NAMES: [&str; 12] = [
        "C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B",
    ];
    // MIDI's number of A4.
    let number = 69.0 + 12.0 * (hz / 440.0).log2();
    // At most 136 at 20 kHz.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let number = number.round().clamp(0.0, 150.0) as usize;
    format!(
        "{}{}",
        NAMES[number % 12],
        number / 12 - usize::from(number >= 12)
    )
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
        // The quality of a bell.
        "" => 2,
        "ms" if value < 9.95 => 1,
        _ => 0,
    };
    let number = format_level(value, decimals);
    match unit {
        "" | "dBTP" => number,
        unit => format!("{number} {unit}"),
    }
}

/// The text of a normalized value: a number as hosts show it, and a name in the language of the window.
pub(crate) fn value_text(param: AnyParam<'_>, normalized: f32) -> String {
    let text = param.text(normalized);
    match param.id().kind() {
        Kind::Number(_) => text,
        Kind::Choice(_) | Kind::Switch(_) => translate(&text).to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn note_name_of_a_frequency_is_the_nearest_note() {
        for (hz, name) in [
            (440.0, "A4"),
            (27.5, "A0"),
            (261.6, "C4"),
            (1240.0, "D#6"),
            (20_000.0, "D#10"),
        ] {
            assert_eq!(note_name(hz), name);
        }
    }

    #[test]
    fn shorten_keeps_the_decimals_of_a_quality() {
        assert_eq!(shorten("0.45"), "0.45");
        assert_eq!(shorten("6.00"), "6.00");
        assert_eq!(shorten("120.0 Hz"), "120 Hz");
        assert_eq!(shorten("-3.10 dB"), "−3.1 dB");
    }

    #[test]
    fn numbers_have_signs_and_three_digits() {
        assert_eq!(signed_decibels(3.04, 1), "+3.0");
        assert_eq!(signed_decibels(0.02, 1), "0.0");
        assert_eq!(signed_decibels(-6.0, 0), "−6");
        let texts = [31.5, 315.0, 1240.0, 12_400.0].map(format_frequency);
        assert_eq!(texts, ["31.5 Hz", "315 Hz", "1.24 kHz", "12.4 kHz"]);
    }
}
