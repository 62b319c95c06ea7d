//! The contract of every processor: after reset it equals a new one, and its stated latency is the measured one.
//!
//! Block splits can't reach a processor, because the chain gives it whole quanta.

mod common;

use common::processing::quanta;
use flow_dsp::{
    Baseline, Character, CurveSettings, DitherDepth, DitherSettings, FloorSettings,
    LatticeSettings, LimiterSettings, LimiterStyle, MATCH_BAND_COUNT, Quantum, Spec, StyleTarget,
    Translation, WeaveSettings,
    internals::{
        delay::Delay, dither::Dither, drive::Drive, free_bells::FreeBells, gain::Gain, glue::Glue,
        harmonic_lattice::HarmonicLattice, limiter::Limiter, low_cut::LowCut, match_eq::MatchEq,
        mid_side::MidSide, multiband::Multiband, phase_weave::PhaseWeave, processor::Processor,
        velvet_curve::VelvetCurve, velvet_floor::VelvetFloor,
    },
};
use flow_testkit::{settings::everything_on, signals};

const RATES_HZ: [u32; 9] = [
    8_000, 11_025, 22_050, 44_100, 96_000, 192_000, 384_000, 705_600, 768_000,
];

fn run<P: Processor>(processor: &mut P, settings: P::Settings, input: &[Quantum]) -> Vec<Quantum> {
    let mut output = input.to_vec();
    for quantum in &mut output {
        processor.process::<Baseline>(settings, quantum);
    }
    output
}

/// Checks a processor at `neutral` settings, at which it is a pure delay, and at `working` ones.
fn check<P: Processor>(make: impl Fn() -> P, neutral: P::Settings, working: P::Settings) {
    for rate in RATES_HZ {
        let spec = Spec {
            sample_rate_hz: f64::from(rate),
        };
        let fresh = || {
            let mut processor = make();
            processor.prepare(spec);
            processor
        };
        let noise = signals::white_noise(rate, 2, 0.05, 0.9, 3);
        let input = quanta(&noise.channels);

        let expected = run(&mut fresh(), working, &input);
        let mut used = fresh();
        run(&mut used, working, &input[5..]);
        run(&mut used, neutral, &input);
        used.reset();
        assert!(
            run(&mut used, working, &input) == expected,
            "reset at {rate} Hz"
        );

        let mut processor = fresh();
        let latency = processor.latency_samples();
        let mut impulse = vec![vec![0.0; 4096]; 2];
        impulse[0][7] = 0.25;
        impulse[1][9] = -0.125;
        let output = run(&mut processor, neutral, &quanta(&impulse));
        for (c, position) in [(0, 7), (1, 9)] {
            let flat: Vec<f32> = output.iter().flat_map(|q| q.channels[c]).collect();
            let nonzero: Vec<usize> = (0..flat.len()).filter(|&i| flat[i] != 0.0).collect();
            assert_eq!(nonzero, [position + latency], "latency at {rate} Hz");
            assert_eq!(flat[position + latency], impulse[c][position]);
        }
    }
}

/// Changes one of the settings.
fn with<S>(mut settings: S, change: impl FnOnce(&mut S)) -> S {
    change(&mut settings);
    settings
}

#[test]
fn gain_after_reset_equals_new_and_has_its_stated_latency() {
    check(Gain::default, 0.0, -7.5);
}

#[test]
fn low_cut_after_reset_equals_new_and_has_its_stated_latency() {
    let working = everything_on().floor.low_cut;
    check(LowCut::default, with(working, |s| s.on = false), working);
}

#[test]
fn delay_after_reset_equals_new_and_has_its_stated_latency() {
    for samples in [0, 1, 16, 80] {
        check(|| Delay::new(samples), (), ());
    }
}

#[test]
fn limiter_after_reset_equals_new_and_has_its_stated_latency() {
    for style in [LimiterStyle::Clean, LimiterStyle::Punch, LimiterStyle::Loud] {
        let settings = |ceiling_db| LimiterSettings {
            ceiling_db,
            stereo_link: 0.5,
            style,
            ..LimiterSettings::default()
        };
        check(Limiter::default, settings(0.0), settings(-12.0));
    }
}

#[test]
fn dither_after_reset_equals_new_and_has_its_stated_latency() {
    for noise_shaping in [false, true] {
        let settings = |depth| DitherSettings {
            depth,
            noise_shaping,
        };
        let [off, on] = [DitherDepth::Off, DitherDepth::Bits16].map(settings);
        check(Dither::default, off, on);
    }
}

#[test]
fn velvet_floor_after_reset_equals_new_and_has_its_stated_latency() {
    use Translation::{Deep, Resonant, Subtle};
    for translation in [Subtle, Deep, Resonant] {
        let working = with(everything_on().floor, |s| s.translation = translation);
        for neutral in [FloorSettings::default(), with(working, |s| s.on = false)] {
            check(VelvetFloor::default, neutral, working);
        }
    }
}

#[test]
fn harmonic_lattice_after_reset_equals_new_and_has_its_stated_latency() {
    use Character::{Bright, Neutral, Vintage, Warm};
    for character in [Neutral, Warm, Bright, Vintage] {
        let working = with(everything_on().lattice, |s| s.character = character);
        for neutral in [LatticeSettings::default(), with(working, |s| s.on = false)] {
            check(HarmonicLattice::default, neutral, working);
        }
    }
}

#[test]
fn phase_weave_after_reset_equals_new_and_has_its_stated_latency() {
    let working = everything_on().weave;
    for neutral in [WeaveSettings::default(), with(working, |s| s.on = false)] {
        check(PhaseWeave::default, neutral, working);
    }
}

#[test]
fn velvet_curve_after_reset_equals_new_and_has_its_stated_latency() {
    let working = everything_on().curve;
    for neutral in [CurveSettings::default(), with(working, |s| s.on = false)] {
        let [neutral, working] = [
            (neutral, StyleTarget::Rock),
            (working, StyleTarget::Electronic),
        ];
        check(VelvetCurve::default, neutral, working);
    }
}

#[test]
fn match_eq_after_reset_equals_new_and_has_its_stated_latency() {
    let working = everything_on().curve.match_gains_db();
    check(MatchEq::default, [0.0; MATCH_BAND_COUNT], working);
}

#[test]
fn free_bells_after_reset_equal_new_and_have_their_stated_latency() {
    let working = everything_on().curve;
    let neutral = with(working, |s| s.on = false);
    check(
        FreeBells::default,
        neutral.free_bells(),
        working.free_bells(),
    );
}

#[test]
fn mid_side_after_reset_equals_new_and_has_its_stated_latency() {
    let working = everything_on().dynamics.mid_side;
    check(MidSide::default, with(working, |s| s.amount = 0.0), working);
}

#[test]
fn multiband_after_reset_equals_new_and_has_its_stated_latency() {
    let working = everything_on().dynamics.multiband;
    check(
        Multiband::default,
        with(working, |s| s.amount = 0.0),
        working,
    );
}

#[test]
fn glue_after_reset_equals_new_and_has_its_stated_latency() {
    for auto_release in [false, true] {
        let working = with(everything_on().dynamics.glue, |s| {
            s.auto_release = auto_release
        });
        check(Glue::default, with(working, |s| s.amount = 0.0), working);
    }
}

#[test]
fn drive_after_reset_equals_new_and_has_its_stated_latency() {
    check(Drive::default, 0.0, 0.7);
}
