//! The kinds of parameters that Flow has: a range, texts and a grid for each unit.

use std::ops::RangeInclusive;
use std::sync::Arc;

use nice_plug::prelude::{BoolParam, FloatParam, FloatRange, Param};

use crate::text::{
    DECIBELS, HERTZ, MILLISECONDS, PERCENT, RATIO, TRUE_PEAK_DECIBELS, parse_switch, with_text,
};

pub(super) fn decibels(name: &str, default: f32, range: RangeInclusive<f32>) -> FloatParam {
    let param = FloatParam::new(name, default, linear(range));
    with_text(param, " dB", DECIBELS, 2)
}

pub(super) fn true_peak(name: &str, default: f32, range: RangeInclusive<f32>) -> FloatParam {
    let param = FloatParam::new(name, default, linear(range));
    with_text(param, " dBTP", TRUE_PEAK_DECIBELS, 2)
}

/// Of what the settings hold as a fraction: 1.0 is 100 %.
pub(super) fn percent(name: &str, default: f32, range: RangeInclusive<f32>) -> FloatParam {
    // Finer than anyone types, so that slow automation moves in steps that nobody hears.
    percent_with(name, default, range, 1)
}

/// As [`percent`], for a parameter that was released without decimals.
pub(super) fn whole_percent(name: &str, default: f32, range: RangeInclusive<f32>) -> FloatParam {
    percent_with(name, default, range, 0)
}

fn percent_with(
    name: &str,
    default: f32,
    range: RangeInclusive<f32>,
    decimals: usize,
) -> FloatParam {
    let range = linear(range.start() * 100.0..=range.end() * 100.0);
    let param = FloatParam::new(name, default * 100.0, range);
    with_text(param, " %", PERCENT, decimals)
}

pub(super) fn milliseconds(name: &str, default: f32, range: RangeInclusive<f32>) -> FloatParam {
    let param = FloatParam::new(name, default, geometric(range));
    with_text(param, " ms", MILLISECONDS, 1)
}

pub(super) fn hertz(name: &str, default: f32, range: RangeInclusive<f32>) -> FloatParam {
    let decimals = if *range.end() > 1000.0 { 0 } else { 1 };
    let param = FloatParam::new(name, default, geometric(range));
    with_text(param, " Hz", HERTZ, decimals)
}

/// As [`hertz`], for a parameter that was released with a linear knob.
pub(super) fn linear_hertz(name: &str, default: f32, range: RangeInclusive<f32>) -> FloatParam {
    let param = FloatParam::new(name, default, linear(range));
    with_text(param, " Hz", HERTZ, 1)
}

/// How many decibels in make one decibel out.
pub(super) fn ratio(name: &str, default: f32, range: RangeInclusive<f32>) -> FloatParam {
    let param = FloatParam::new(name, default, geometric(range));
    with_text(param, ":1", RATIO, 2)
}

pub(super) fn switch(name: &str, is_on: bool) -> BoolParam {
    BoolParam::new(name, is_on).with_string_to_value(Arc::new(parse_switch))
}

fn linear(range: RangeInclusive<f32>) -> FloatRange {
    FloatRange::Linear {
        min: *range.start(),
        max: *range.end(),
    }
}

/// With the geometric middle in the middle of the knob, as ears hear times, frequencies and ratios:
/// ((middle − min) / (max − min))^factor = 0.5.
fn geometric(range: RangeInclusive<f32>) -> FloatRange {
    let (min, max) = (*range.start(), *range.end());
    let middle = (min * max).sqrt();
    FloatRange::Skewed {
        min,
        max,
        factor: 0.5_f32.ln() / ((middle - min) / (max - min)).ln(),
    }
}

/// The value that the chain may see: a number, whatever a host made of it.
pub(super) fn finite(param: &FloatParam) -> f32 {
    let value = param.value();
    if value.is_finite() {
        value
    } else {
        param.default_plain_value()
    }
}

/// The value of a [`percent`] parameter as the settings hold it.
pub(super) fn fraction(param: &FloatParam) -> f32 {
    finite(param) / 100.0
}
