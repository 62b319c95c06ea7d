//! Each band of the equalizers against its analog model.

mod common;

use common::{
    processing::processed,
    spectra::{decibels, response},
};
use flow_dsp::{
    CurveSettings, LatticeSettings, MATCH_BAND_COUNT, MATCH_HZ, StyleTarget,
    internals::{
        harmonic_lattice::HarmonicLattice, match_eq::MatchEq, processor::Processor,
        velvet_curve::VelvetCurve,
    },
    math,
};
use flow_fft::num_complex::Complex;
use flow_testkit::signals;

/// An analog band; gives its gain in dB at a frequency.
#[derive(Clone, Copy, Debug)]
enum Model {
    /// Center and Q.
    Bell(f64, f64),
    /// Frequency of half its decibels.
    HighShelf(f64),
    /// Four levels as shares of the gain, with a shelf at 200 Hz, 2 kHz and 8 kHz between each two.
    Levels([f64; 4]),
}

impl Model {
    /// The response of a band of `gain_db`. Bell: (s² + sA/Q + 1)/(s² + s/(AQ) + 1). Shelf: two Butterworth polynomials of one slope,
    /// the zeros moved up and the poles down by the gain's fourth root. A = √gain.
    fn at(self, gain_db: f64, frequency_hz: f64) -> f64 {
        let a = 10.0_f64.powf(gain_db / 40.0);
        let quadratic = |s: Complex<f64>, damping: f64, corner: f64| {
            let s = s / corner;
            s * s + s * damping + 1.0
        };
        let butterworth = core::f64::consts::SQRT_2;
        let root = a.sqrt();
        let s = |center_hz: f64| Complex::new(0.0, frequency_hz / center_hz);
        let gain = match self {
            Self::Bell(hz, q) => {
                quadratic(s(hz), a / q, 1.0) / quadratic(s(hz), 1.0 / (a * q), 1.0)
            }
            Self::HighShelf(hz) => {
                quadratic(s(hz), butterworth, 1.0 / root) / quadratic(s(hz), butterworth, root)
            }
            Self::Levels(shares) => {
                let steps = shares.windows(2).zip([200.0, 2000.0, 8000.0]);
                let step_db = |(pair, hz): (&[f64], f64)| {
                    Self::HighShelf(hz).at(gain_db * (pair[1] - pair[0]), frequency_hz)
                };
                return gain_db * shares[0] + steps.map(step_db).sum::<f64>();
            }
        };
        decibels(gain)
    }
}

/// The response at `PROBES_HZ`, dB.
fn measured<P: Processor>(mut processor: P, settings: P::Settings, rate_hz: u32) -> Vec<f64> {
    let frames = 1 << 15;
    let input = signals::impulse(rate_hz, 2, frames, 0, 1.0);
    let output = processed(&mut processor, |_| settings, &input);
    let response = response(&output.channels[1]);
    probes(rate_hz).map(|bin| decibels(response[bin])).collect()
}

/// Third octaves from 20 Hz to 20 kHz, as bins of the measurement.
fn probes(rate_hz: u32) -> impl Iterator<Item = usize> {
    (0..=30).map(move |i| {
        let hz = 20.0 * 10.0_f64.powf(0.1 * f64::from(i));
        math::samples(hz / f64::from(rate_hz) * 32_768.0).max(1)
    })
}

fn bands() -> [(&'static str, Model); 6] {
    [
        ("body", Model::Levels([1.0, 0.0, 0.0, 0.0])),
        ("soul", Model::Levels([0.0, 1.0, -0.07, 0.0])),
        ("silk", Model::Levels([0.0, 0.0, 1.14, -0.07])),
        ("air", Model::Levels([0.0, 0.0, -0.07, 1.07])),
        ("presence", Model::Bell(1732.0, 0.87)),
        ("sheen", Model::HighShelf(7000.0)),
    ]
}

fn band(name: &str, gain_db: f32, rate_hz: u32) -> Vec<f64> {
    let mut curve = CurveSettings::default();
    let mut lattice = LatticeSettings::default();
    match name {
        "body" => curve.body_db = gain_db,
        "soul" => curve.soul_db = gain_db,
        "silk" => curve.silk_db = gain_db,
        "air" => curve.air_db = gain_db,
        "presence" => lattice.presence_db = gain_db,
        _ => lattice.sheen_db = gain_db,
    }
    if lattice == LatticeSettings::default() {
        measured(
            VelvetCurve::default(),
            (curve, StyleTarget::Neutral),
            rate_hz,
        )
    } else {
        measured(HarmonicLattice::default(), lattice, rate_hz)
    }
}

/// The limit is 0.3 dB up to 20 kHz at 44.1 kHz, where a bilinear transform would be wrong by decibels.
#[test]
fn equalizer_bands_follow_their_analog_models_and_mirror_boost_and_cut() {
    for rate in [44_100, 48_000, 96_000, 192_000] {
        for (name, model) in bands() {
            let (mut off_model, mut off_mirror) = (0.0_f64, 0.0_f64);
            for gain_db in [2.0_f32, 6.0] {
                let [boost, cut] = [gain_db, -gain_db].map(|db| band(name, db, rate));
                for (i, bin) in probes(rate).enumerate() {
                    let hz = math::count(bin) * f64::from(rate) / 32_768.0;
                    for (response, db) in [(&boost, gain_db), (&cut, -gain_db)] {
                        let expected = model.at(f64::from(db), hz);
                        off_model = off_model.max((response[i] - expected).abs());
                    }
                    off_mirror = off_mirror.max((boost[i] + cut[i]).abs());
                }
            }
            println!(
                "{name} at {rate} Hz: within {off_model:.3} dB, mirrored within {off_mirror:.3} dB"
            );
            assert!(off_model < 0.3, "{name} at {rate} Hz: {off_model} dB");
            assert!(off_mirror < 0.3, "{name} at {rate} Hz: {off_mirror} dB");
        }
    }
}

#[test]
fn match_bands_follow_their_analog_models() {
    for rate in [44_100, 48_000, 192_000] {
        let mut off = 0.0_f64;
        for band in 0..MATCH_BAND_COUNT {
            for gain_db in [-6.0_f32, 3.0, 6.0] {
                let mut gains_db = [0.0; MATCH_BAND_COUNT];
                gains_db[band] = gain_db;
                let response = measured(MatchEq::default(), gains_db, rate);
                let model = Model::Bell(f64::from(MATCH_HZ[band]), 2.0);
                for (found_db, bin) in response.iter().zip(probes(rate)) {
                    let hz = math::count(bin) * f64::from(rate) / 32_768.0;
                    off = off.max((found_db - model.at(f64::from(gain_db), hz)).abs());
                }
            }
        }
        println!("Match at {rate} Hz: within {off:.3} dB");
        assert!(off < 0.2, "{rate} Hz: {off} dB");
    }
}

/// A band without room below half the rate doesn't move to another frequency.
#[test]
fn match_bands_beyond_half_the_rate_do_nothing() {
    let mut gains_db = [0.0; MATCH_BAND_COUNT];
    gains_db[MATCH_BAND_COUNT - 1] = 8.0;
    let input = signals::impulse(22_050, 2, 4096, 0, 1.0);
    let output = processed(&mut MatchEq::default(), |_| gains_db, &input);
    let response = response(&output.channels[1]);
    assert!(
        response[1..]
            .iter()
            .all(|gain| decibels(*gain).abs() < 0.01)
    );
}

/// Equal gains of neighbors give a curve with little ripple.
#[test]
fn match_bands_with_equal_gains_make_a_smooth_curve() {
    let response = measured(MatchEq::default(), [3.0; MATCH_BAND_COUNT], 48_000);
    // Third octaves from 63 Hz to 8 kHz.
    let inside = &response[5..=26];
    let most = inside.iter().copied().fold(f64::MIN, f64::max);
    let least = inside.iter().copied().fold(f64::MAX, f64::min);
    println!("{least:.2} to {most:.2} dB");
    assert!(most - least < 0.8, "{least} to {most} dB");
}

fn anchors_db(gains_db: [f32; 4], rate_hz: u32) -> Vec<f64> {
    let [body_db, soul_db, silk_db, air_db] = gains_db;
    let settings = CurveSettings {
        body_db,
        soul_db,
        silk_db,
        air_db,
        ..CurveSettings::default()
    };
    measured(
        VelvetCurve::default(),
        (settings, StyleTarget::Neutral),
        rate_hz,
    )
}

#[test]
fn anchors_with_equal_gains_are_a_plain_gain() {
    for rate in [44_100, 48_000, 192_000] {
        for gain_db in [-6.0_f32, 2.0, 6.0] {
            for found_db in anchors_db([gain_db; 4], rate) {
                assert!(
                    (found_db - f64::from(gain_db)).abs() < 0.01,
                    "{gain_db} dB at {rate} Hz: {found_db}"
                );
            }
        }
    }
}

/// 63 Hz, 630 Hz, 4 kHz and 16 kHz.
#[test]
fn anchor_alone_reaches_its_gain_in_its_middle_and_none_in_the_others() {
    for anchor in 0..4 {
        for gain_db in [-6.0_f32, 6.0] {
            let mut gains_db = [0.0; 4];
            gains_db[anchor] = gain_db;
            let response = anchors_db(gains_db, 48_000);
            for (other, probe) in [5, 15, 23, 29].into_iter().enumerate() {
                let expected = f64::from(gains_db[other]);
                let found = response[probe];
                assert!(
                    (found - expected).abs() < 0.25,
                    "{anchor} at {gain_db} dB in {other}: {found:.2} dB"
                );
            }
        }
    }
}

/// Shelves of the difference of two gains are not exactly the difference of two shelves.
#[test]
fn anchors_together_equal_the_sum_of_each_in_decibels() {
    for gains_db in [[4.0, -3.0, 2.0, 6.0], [6.0, -6.0, 6.0, -6.0]] {
        let together = anchors_db(gains_db, 48_000);
        let names = ["body", "soul", "silk", "air"];
        let each: Vec<Vec<f64>> = names
            .iter()
            .zip(gains_db)
            .map(|(name, db)| band(name, db, 48_000))
            .collect();
        for i in 0..together.len() {
            let sum: f64 = each.iter().map(|response| response[i]).sum();
            assert!(
                (together[i] - sum).abs() < 0.6,
                "{i}: {} {sum}",
                together[i]
            );
        }
    }
}
