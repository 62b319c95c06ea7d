//! The equalizer parameters, and the response of the tonal balance to each of them.

use std::sync::OnceLock;

use flow_dsp::math::{count, db_from_power, narrow, samples};
use flow_dsp::{Chain, ChainSettings, DEPTH_DB, Monitor, Spec, StyleTarget};
use flow_params::{Kind, Number, ParameterId, Unit};

use super::fit::Basis;
use super::free_bells;
use crate::correction::{BANDS, FIRST_BAND};
use crate::report::Value;

/// The parameters that are equalizers, from low to high frequencies.
pub(super) const EQ_PARAMETERS: [ParameterId; EQ_PARAMETER_COUNT] = [
    ParameterId::Depth,
    ParameterId::Body,
    ParameterId::Soul,
    ParameterId::Presence,
    ParameterId::Silk,
    ParameterId::Sheen,
    ParameterId::Air,
];

/// The number of an equalizer parameter in the registry.
fn number(id: ParameterId) -> &'static Number {
    match id.kind() {
        Kind::Number(number) => number,
        Kind::Choice(_) | Kind::Switch(_) => unreachable!("{id} is no equalizer"),
    }
}

/// The gain of a setting of 1, dB. The one percentage among these parameters is Depth.
fn db_per_setting(number: &Number) -> f32 {
    match number.unit {
        Unit::Percent => DEPTH_DB,
        _ => 1.0,
    }
}

/// The gain in the settings, dB.
pub(super) fn get_db(id: ParameterId, settings: &ChainSettings) -> f32 {
    let number = number(id);
    number.setting(settings) * db_per_setting(number)
}

/// Writes a gain in dB into the settings.
pub(super) fn set_db(id: ParameterId, settings: &mut ChainSettings, db: f32) {
    let number = number(id);
    number.write_setting(settings, db / db_per_setting(number));
}

/// Least and largest gain, dB.
fn range_db(id: ParameterId) -> [f32; 2] {
    number(id).range.map(|value| {
        let mut settings = ChainSettings::default();
        number(id).set(&mut settings, value);
        get_db(id, &settings)
    })
}

/// The parameter's value for a gain in dB.
pub(super) fn value(id: ParameterId, db: f32) -> Value {
    let number = number(id);
    match number.unit {
        Unit::Percent => Value::Percent((100.0 * db / db_per_setting(number)).round()),
        _ => Value::Decibels(db),
    }
}

/// Cost of a squared decibel against the squared error of all bands.
const COST: f64 = 0.02;

/// All of them for the least squares.
pub(super) fn basis() -> Basis<'static, EQ_PARAMETER_COUNT> {
    Basis {
        responses: responses(),
        ranges_db: std::array::from_fn(|i| range_db(EQ_PARAMETERS[i])),
        cost: COST,
    }
}

/// How many parameters move the balance.
pub const EQ_PARAMETER_COUNT: usize = 7;

/// Response of each band (column) to 1 dB of each parameter (row), dB, measured on the chain.
pub(super) fn responses() -> &'static [[f32; BANDS]; EQ_PARAMETER_COUNT] {
    static RESPONSES: OnceLock<[[f32; BANDS]; EQ_PARAMETER_COUNT]> = OnceLock::new();
    RESPONSES.get_or_init(|| measured(|i, settings, db| set_db(EQ_PARAMETERS[i], settings, db)))
}

/// Gain of each band by the parameters of enabled pillars and by the free bells, dB.
pub(super) fn gains_db(settings: &ChainSettings) -> [f32; BANDS] {
    let mut gains = free_bells::gains_db(settings);
    let eq_parameters = EQ_PARAMETERS.iter().zip(responses());
    for (id, row) in eq_parameters.filter(|(id, _)| id.pillar().is_on(settings)) {
        let gain = get_db(*id, settings);
        for (slot, response) in gains.iter_mut().zip(row) {
            *slot += gain * response;
        }
    }
    gains
}

/// Measures the response of each band to 1 dB of each parameter at a gain of 3 dB, dB.
pub(super) fn measured<const N: usize>(
    set_db: impl Fn(usize, &mut ChainSettings, f32),
) -> [[f32; BANDS]; N] {
    const GAIN_DB: f32 = 3.0;
    let neutral = bands_db(&ChainSettings::default());
    std::array::from_fn(|i| {
        let mut settings = ChainSettings::default();
        set_db(i, &mut settings, GAIN_DB);
        let turned = bands_db(&settings);
        std::array::from_fn(|band| (turned[band] - neutral[band]) / GAIN_DB)
    })
}

/// Level of each band in the chain's impulse response, dB.
fn bands_db(settings: &ChainSettings) -> [f32; BANDS] {
    const LENGTH: usize = 16_384;
    let spec = Spec::default();
    let mut chain = Chain::new(spec);
    let mut left = vec![0.0_f32; LENGTH];
    // So low that the limiter rests.
    left[0] = 0.1;
    let mut right = left.clone();
    chain.process(settings, Monitor::default(), &mut [&mut left, &mut right]);
    let fft = flow_fft::real_forward(LENGTH);
    let mut spectrum = fft.make_output_vec();
    let transformed = fft.process(&mut left, &mut spectrum);
    debug_assert!(transformed.is_ok(), "lengths are the plan's own");
    std::array::from_fn(|band| {
        let hz = f64::from(StyleTarget::third_octaves_hz()[band + FIRST_BAND]);
        let bin = |hz: f64| samples((hz * count(LENGTH) / spec.sample_rate_hz).round());
        let bins = &spectrum[bin(hz / 1.122)..=bin(hz * 1.122)];
        let power: f64 = bins.iter().map(|b| f64::from(b.norm_sqr())).sum();
        narrow(db_from_power(power / count(bins.len())))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn responses_of_parameters_lie_in_their_bands() {
        // Third octaves from 40 Hz on: 8 is 250 Hz, 14 is 1 kHz, 24 is 10 kHz.
        let [depth, body, soul, presence, silk, sheen, air] = responses();
        assert!(depth[2] > 0.6 && depth[10].abs() < 0.05, "{depth:?}");
        assert!(body[0] > 0.9 && body[20].abs() < 0.05, "{body:?}");
        assert!(soul[12] > 0.9, "{soul:?}");
        assert!(
            presence[16] > 0.9 && presence[4].abs() < 0.1,
            "{presence:?}"
        );
        assert!(silk[20] > 0.9, "{silk:?}");
        assert!(sheen[26] > 0.8 && sheen[8].abs() < 0.05, "{sheen:?}");
        assert!(air[26] > 0.8 && air[14].abs() < 0.1, "{air:?}");
    }

    #[test]
    fn eq_parameter_set_in_db_has_the_same_value_in_settings() {
        let mut settings = ChainSettings::default();
        for id in EQ_PARAMETERS {
            set_db(id, &mut settings, 1.5);
            assert!((get_db(id, &settings) - 1.5).abs() < 1e-5, "{id}");
            let mut from_value = ChainSettings::default();
            id.set(&mut from_value, value(id, 1.5).into()).unwrap();
            assert!((get_db(id, &from_value) - 1.5).abs() < 1e-5, "{id}");
        }
        assert_eq!(settings.sanitized(), settings);
        assert_eq!(value(EQ_PARAMETERS[0], 3.0), Value::Percent(50.0));
    }
}
