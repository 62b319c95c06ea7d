//! The eq_parameters that move the tonal balance, and what each of them does to it.

use std::sync::OnceLock;

use flow_dsp::math::{count, db_from_power, narrow, samples};
use flow_dsp::{Chain, ChainSettings, Monitor, Spec, StyleTarget};
use realfft::RealFftPlanner;

use super::fit::Basis;
use crate::correction::{BANDS, FIRST_BAND};
use crate::report::{Pillar, Value};

/// A parameter that is an equalizer.
pub(super) struct EqParameter {
    /// As in presets.
    pub(super) id: &'static str,
    pub(super) pillar: Pillar,
    /// Least and most, dB.
    pub(super) range_db: [f32; 2],
    /// Its value for some decibels.
    pub(super) value: fn(f32) -> Value,
    pub(super) get_db: fn(&ChainSettings) -> f32,
    pub(super) set_db: fn(&mut ChainSettings, f32),
}

/// What Depth adds at 100 %, see `velvet_floor.rs` of `flow_dsp`.
const DEPTH_DB: f32 = 6.0;

const fn equalizer(
    id: &'static str,
    pillar: Pillar,
    get_db: fn(&ChainSettings) -> f32,
    set_db: fn(&mut ChainSettings, f32),
) -> EqParameter {
    EqParameter {
        id,
        pillar,
        range_db: [-6.0, 6.0],
        value: Value::Decibels,
        get_db,
        set_db,
    }
}

/// From low to high.
pub(super) static EQ_PARAMETERS: [EqParameter; EQ_PARAMETER_COUNT] = [
    EqParameter {
        id: "fldep",
        pillar: Pillar::VelvetFloor,
        range_db: [0.0, DEPTH_DB],
        value: |db| Value::Percent((100.0 * db / DEPTH_DB).round()),
        get_db: |s| s.floor.depth * DEPTH_DB,
        set_db: |s, db| s.floor.depth = db / DEPTH_DB,
    },
    equalizer(
        "crbod",
        Pillar::VelvetCurve,
        |s| s.curve.body_db,
        |s, db| s.curve.body_db = db,
    ),
    equalizer(
        "crsou",
        Pillar::VelvetCurve,
        |s| s.curve.soul_db,
        |s, db| s.curve.soul_db = db,
    ),
    equalizer(
        "lapre",
        Pillar::HarmonicLattice,
        |s| s.lattice.presence_db,
        |s, db| s.lattice.presence_db = db,
    ),
    equalizer(
        "crsil",
        Pillar::VelvetCurve,
        |s| s.curve.silk_db,
        |s, db| s.curve.silk_db = db,
    ),
    equalizer(
        "lashn",
        Pillar::HarmonicLattice,
        |s| s.lattice.sheen_db,
        |s, db| s.lattice.sheen_db = db,
    ),
    equalizer(
        "crair",
        Pillar::VelvetCurve,
        |s| s.curve.air_db,
        |s, db| s.curve.air_db = db,
    ),
];

/// A knob's decibels from its value: only Depth has per cents.
pub(super) fn db_of(value: Value) -> Option<f32> {
    match value {
        Value::Decibels(db) => Some(db),
        Value::Percent(percent) => Some(DEPTH_DB * percent / 100.0),
        _ => None,
    }
}

/// What a decibel of a knob costs, against the squared error of all bands together.
const COST: f64 = 0.02;

/// All of them for the least squares.
pub(super) fn basis() -> Basis<'static, EQ_PARAMETER_COUNT> {
    Basis {
        responses: responses(),
        ranges_db: std::array::from_fn(|i| EQ_PARAMETERS[i].range_db),
        cost: COST,
    }
}

/// How many parameters move the balance.
pub const EQ_PARAMETER_COUNT: usize = 7;

/// What 1 dB of each knob (row) does to each band (column), dB: asked of the chain itself.
pub(super) fn responses() -> &'static [[f32; BANDS]; EQ_PARAMETER_COUNT] {
    static RESPONSES: OnceLock<[[f32; BANDS]; EQ_PARAMETER_COUNT]> = OnceLock::new();
    RESPONSES.get_or_init(|| measured(|i, settings, db| (EQ_PARAMETERS[i].set_db)(settings, db)))
}

impl EqParameter {
    /// Whether the pillar that it belongs to is on.
    pub(super) fn is_on(&self, settings: &ChainSettings) -> bool {
        match self.pillar {
            Pillar::VelvetFloor => settings.floor.on,
            Pillar::HarmonicLattice => settings.lattice.on,
            _ => settings.curve.on,
        }
    }
}

/// What the eq_parameters do to each band, dB; those of pillars that are off do nothing.
pub(super) fn gains_db(settings: &ChainSettings) -> [f32; BANDS] {
    let mut gains = [0.0; BANDS];
    let eq_parameters = EQ_PARAMETERS.iter().zip(responses());
    for (knob, row) in eq_parameters.filter(|(knob, _)| knob.is_on(settings)) {
        let gain = (knob.get_db)(settings);
        for (slot, response) in gains.iter_mut().zip(row) {
            *slot += gain * response;
        }
    }
    gains
}

/// What 1 dB of each of some parameters does to each band, dB, as the chain has it at 3 dB.
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

/// The level of each band in what the chain makes of an impulse.
fn bands_db(settings: &ChainSettings) -> [f32; BANDS] {
    const LENGTH: usize = 16_384;
    let spec = Spec::default();
    let mut chain = Chain::new(spec);
    let mut left = vec![0.0_f32; LENGTH];
    // So low that the limiter rests.
    left[0] = 0.1;
    let mut right = left.clone();
    chain.process(settings, Monitor::default(), &mut [&mut left, &mut right]);
    let fft = RealFftPlanner::new().plan_fft_forward(LENGTH);
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
    fn knobs_work_where_they_say() {
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
    fn values_are_those_of_the_settings() {
        let mut settings = ChainSettings::default();
        for knob in &EQ_PARAMETERS {
            (knob.set_db)(&mut settings, 1.5);
            assert!(((knob.get_db)(&settings) - 1.5).abs() < 1e-5, "{}", knob.id);
        }
        assert!(
            EQ_PARAMETERS
                .iter()
                .all(|knob| db_of((knob.value)(1.5)) == Some(1.5))
        );
        assert_eq!(settings.sanitised(), settings);
        assert_eq!((EQ_PARAMETERS[0].value)(3.0), Value::Percent(50.0));
    }
}
