//! The clamping of settings to their ranges.

use core::ops::RangeInclusive;

/// Clamps a value to its range; NaN becomes the default.
pub(super) fn within(value: f32, range: RangeInclusive<f32>, default: f32) -> f32 {
    if value.is_nan() {
        default
    } else {
        value.clamp(*range.start(), *range.end())
    }
}
