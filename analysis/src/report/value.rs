//! Parameter values with their units.

use std::fmt;

use flow_params::{ParameterValue, Switch, Unit};
use serde::Serialize;

/// A parameter's value. Its text is the one of presets.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub enum Value {
    /// dB.
    Decibels(f32),
    /// dBTP.
    TruePeak(f32),
    /// %.
    Percent(f32),
    /// Hz.
    Hertz(f32),
    /// ms.
    Milliseconds(f32),
    /// Decibels into a compressor for one decibel out of it.
    Ratio(f32),
    /// The Q of a bell.
    QualityFactor(f32),
    /// A choice by its position and name.
    Choice(usize, &'static str),
    /// On or off.
    Switch(bool),
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let write = |f: &mut fmt::Formatter<'_>, number: f32, unit: Unit| {
            // Adding 0 avoids "-0".
            let rounded = (10.0 * number).round() / 10.0 + 0.0;
            write!(f, "{rounded}{}", unit.label())
        };
        match self {
            Self::Decibels(db) => write(f, *db, Unit::Decibels),
            Self::TruePeak(db) => write(f, *db, Unit::TruePeak),
            Self::Percent(percent) => write(f, *percent, Unit::Percent),
            Self::Hertz(hz) => write(f, *hz, Unit::Hertz),
            Self::Milliseconds(ms) => write(f, *ms, Unit::Milliseconds),
            Self::Ratio(ratio) => write(f, *ratio, Unit::Ratio),
            Self::QualityFactor(q) => write(f, *q, Unit::QualityFactor),
            Self::Choice(_, name) => f.write_str(name),
            Self::Switch(on) => f.write_str(Switch::text(*on)),
        }
    }
}

impl From<Value> for ParameterValue {
    fn from(value: Value) -> Self {
        match value {
            Value::Decibels(x)
            | Value::TruePeak(x)
            | Value::Percent(x)
            | Value::Hertz(x)
            | Value::Milliseconds(x)
            | Value::Ratio(x)
            | Value::QualityFactor(x) => Self::Number(x),
            Value::Choice(position, _) => Self::Choice(position),
            Value::Switch(on) => Self::Switch(on),
        }
    }
}

impl Value {
    /// Interpolates to `to`; amounts above 1 extrapolate. Switches, choices and the shape of a curve change from 0.5 on.
    #[must_use]
    pub fn towards(self, to: Self, amount: f32) -> Self {
        let between = |from: f32, to: f32| from + amount * (to - from);
        match (self, to) {
            (Self::Decibels(a), Self::Decibels(b)) => Self::Decibels(between(a, b)),
            (Self::TruePeak(a), Self::TruePeak(b)) => Self::TruePeak(between(a, b)),
            (Self::Percent(a), Self::Percent(b)) => Self::Percent(between(a, b).max(0.0).round()),
            (Self::Hertz(a), Self::Hertz(b)) => Self::Hertz(between(a, b).max(0.0)),
            (from, to) => {
                if amount >= 0.5 {
                    to
                } else {
                    from
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn towards_by_amount_scales_difference() {
        let half = |from: Value, to| from.towards(to, 0.5).to_string();
        assert_eq!(half(Value::Decibels(1.0), Value::Decibels(-2.0)), "-0.5 dB");
        assert_eq!(half(Value::Percent(100.0), Value::Percent(121.0)), "111 %");
        assert_eq!(half(Value::Switch(false), Value::Switch(true)), "On");
        let none = Value::Switch(false).towards(Value::Switch(true), 0.2);
        assert_eq!(none, Value::Switch(false));
        let more = Value::Decibels(0.0).towards(Value::Decibels(2.0), 1.5);
        assert_eq!(more, Value::Decibels(3.0));
        assert_eq!(
            Value::Percent(50.0).towards(Value::Percent(0.0), 1.5),
            Value::Percent(0.0)
        );
    }

    #[test]
    fn value_texts_equal_those_of_presets() {
        assert_eq!(Value::Decibels(-1.26).to_string(), "-1.3 dB");
        assert_eq!(Value::Decibels(-0.01).to_string(), "0 dB");
        assert_eq!(Value::TruePeak(-1.0).to_string(), "-1 dBTP");
        assert_eq!(Value::Percent(30.0).to_string(), "30 %");
        assert_eq!(Value::Hertz(120.0).to_string(), "120 Hz");
        assert_eq!(Value::Switch(true).to_string(), "On");
    }
}
