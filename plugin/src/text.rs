//! Parameter values as people read and type them.

use std::sync::Arc;

use nice_plug::prelude::FloatParam;

/// A unit that may follow a number, in lower case, and how many of the parameter's own units it is.
pub(crate) type Unit = (&'static str, f32);

pub(crate) const DECIBELS: &[Unit] = &[("db", 1.0)];
pub(crate) const TRUE_PEAK_DECIBELS: &[Unit] = &[("dbtp", 1.0), ("db", 1.0), ("dbfs", 1.0)];
pub(crate) const HERTZ: &[Unit] = &[("hz", 1.0), ("khz", 1000.0)];
pub(crate) const MILLISECONDS: &[Unit] = &[("ms", 1.0), ("s", 1000.0), ("sec", 1000.0)];
pub(crate) const PERCENT: &[Unit] = &[("%", 1.0), ("percent", 1.0)];
pub(crate) const RATIO: &[Unit] = &[(":1", 1.0), (": 1", 1.0), ("to 1", 1.0)];

/// The number in `text`, in the parameter's own unit: "-1", "−1,5 dB", "0.12 s". None for anything
/// else.
pub(crate) fn parse_number(text: &str, units: &[Unit]) -> Option<f32> {
    let plain = text
        .trim()
        .replace('−', "-")
        .replace(',', ".")
        .to_lowercase();
    let end = plain
        .find(|c: char| !matches!(c, '0'..='9' | '+' | '-' | '.'))
        .unwrap_or(plain.len());
    let (number, unit) = plain.split_at(end);
    let unit = unit.trim();
    let scale = if unit.is_empty() {
        1.0
    } else {
        units.iter().find(|(name, _)| *name == unit)?.1
    };
    let value = number.parse::<f32>().ok()? * scale;
    value.is_finite().then_some(value)
}

/// Fixed decimals, with an ASCII minus (hosts parse these texts) and no negative zero.
pub(crate) fn format_number(value: f32, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    let is_zero = text.chars().all(|c| matches!(c, '-' | '0' | '.'));
    if is_zero {
        text.trim_start_matches('-').to_owned()
    } else {
        text
    }
}

/// On, off and what else people type for them.
pub(crate) fn parse_switch(text: &str) -> Option<bool> {
    match text.trim().to_lowercase().as_str() {
        "on" | "true" | "yes" | "1" | "enabled" => Some(true),
        "off" | "false" | "no" | "0" | "disabled" => Some(false),
        _ => None,
    }
}

/// Gives `param` a grid of 10^−`decimals`, texts that show it exactly, and a parser for them.
///
/// With the grid, a value typed, saved, automated or shown is the same value: a host's normalized
/// 32-bit number alone would bring −1 dB back as −1.000001 dB.
pub(crate) fn with_text(
    param: FloatParam,
    label: &'static str,
    units: &'static [Unit],
    decimals: usize,
) -> FloatParam {
    let step = match decimals {
        0 => 1.0,
        1 => 0.1,
        _ => 0.01,
    };
    param
        .with_unit(label)
        .with_step_size(step)
        .with_value_to_string(Arc::new(move |value| format_number(value, decimals)))
        .with_string_to_value(Arc::new(move |text| parse_number(text, units)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_people_type() {
        let cases: &[(&str, &[Unit], Option<f32>)] = &[
            ("-1", TRUE_PEAK_DECIBELS, Some(-1.0)),
            ("-1 dB", TRUE_PEAK_DECIBELS, Some(-1.0)),
            (" -1.0 dBTP ", TRUE_PEAK_DECIBELS, Some(-1.0)),
            ("−1,5db", DECIBELS, Some(-1.5)),
            ("+3 dB", DECIBELS, Some(3.0)),
            (".5", DECIBELS, Some(0.5)),
            ("120ms", MILLISECONDS, Some(120.0)),
            ("0.12 s", MILLISECONDS, Some(120.0)),
            ("0.02 kHz", HERTZ, Some(20.0)),
            ("50%", PERCENT, Some(50.0)),
            ("50 percent", PERCENT, Some(50.0)),
            ("2", RATIO, Some(2.0)),
            ("2:1", RATIO, Some(2.0)),
            ("1,50 : 1", RATIO, Some(1.5)),
            ("2:2", RATIO, None),
            ("", DECIBELS, None),
            ("dB", DECIBELS, None),
            ("loud", DECIBELS, None),
            ("1 ms", DECIBELS, None),
            ("1-2", DECIBELS, None),
            ("1.2.3", DECIBELS, None),
            ("nan", DECIBELS, None),
            ("inf", DECIBELS, None),
            ("-inf dB", DECIBELS, None),
            ("99999999999999999999999999999999999999999", DECIBELS, None),
        ];
        for (text, units, expected) in cases {
            assert_eq!(parse_number(text, units), *expected, "{text:?}");
        }
    }

    #[test]
    fn zero_has_no_sign() {
        assert_eq!(format_number(-0.0, 2), "0.00");
        assert_eq!(format_number(-0.001, 2), "0.00");
        assert_eq!(format_number(-0.01, 2), "-0.01");
        assert_eq!(format_number(-10.0, 0), "-10");
    }

    #[test]
    fn switches_that_people_type() {
        for text in ["on", "On", " ON ", "true", "yes", "1"] {
            assert_eq!(parse_switch(text), Some(true), "{text:?}");
        }
        for text in ["off", "Off", "FALSE", "no", "0"] {
            assert_eq!(parse_switch(text), Some(false), "{text:?}");
        }
        assert_eq!(parse_switch("perhaps"), None);
    }
}
