//! The response of filters in a row.

use flow_dsp::{Section, Spec};

use crate::editor::model::analyzers::{Curve, point_hz};

/// The highest frequency with a response, as a share of the sample rate.
const HIGHEST_SHARE: f64 = 0.499;

/// The conditions of filters at a sample rate.
pub(super) fn spec(rate_hz: f32) -> Spec {
    Spec {
        sample_rate_hz: f64::from(rate_hz),
    }
}

/// The gain of filters in a row, dB.
pub(super) fn response_db(sections: &[Section], rate_hz: f32) -> Curve {
    std::array::from_fn(|point| {
        let share = f64::from(point_hz(point) / rate_hz).min(HIGHEST_SHARE);
        let power: f64 = sections
            .iter()
            .map(|section| section.power_at(share))
            .product();
        flow_dsp::math::narrow(10.0 * power.max(1e-12).log10())
    })
}
