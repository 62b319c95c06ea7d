//! The contract of every processor: after reset it equals a new one, and its stated latency is the measured one.
//!
//! Block splits can't reach a processor, because the chain gives it whole quanta.

mod common;

use common::processing::quanta;
use flow_dsp::{
    Baseline, Character, CurveSettings, DitherDepth, DitherSettings, FloorSettings, GlueSettings,
    LatticeSettings, LimiterSettings, LimiterStyle, LowCutSettings, MATCH_BANDS, MidSideSettings,
    MultibandSettings, Quantum, Spec, StyleTarget, Translation, WeaveSettings,
    internals::{
        delay::Delay,
        dither::Dither,
        gain::Gain,
        glue::Glue,
        harmonic_lattice::HarmonicLattice,
        limiter::Limiter,
        low_cut::LowCut,
        match_eq::MatchEq,
        mid_side::MidSide,
        multiband::Multiband,
        phase_weave::PhaseWeave,
        processor::Processor,
        saturator::{Saturator, SaturatorSettings},
        velvet_curve::VelvetCurve,
        velvet_floor::VelvetFloor,
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

#[test]
fn gain_after_reset_equals_new_and_has_its_stated_latency() {
    check(Gain::default, 0.0, -7.5);
}

#[test]
fn low_cut_after_reset_equals_new_and_has_its_stated_latency() {
    let settings = |on| LowCutSettings {
        on,
        frequency_hz: 33.0,
    };
    check(LowCut::default, settings(false), settings(true));
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
        check(
            Dither::default,
            settings(DitherDepth::Off),
            settings(DitherDepth::Bits16),
        );
    }
}

#[test]
fn velvet_floor_after_reset_equals_new_and_has_its_stated_latency() {
    for translation in [
        Translation::Subtle,
        Translation::Deep,
        Translation::Resonant,
    ] {
        let working = FloorSettings {
            translation,
            ..everything_on().floor
        };
        let off = FloorSettings {
            on: false,
            ..working
        };
        for neutral in [FloorSettings::default(), off] {
            check(VelvetFloor::default, neutral, working);
        }
    }
}

#[test]
fn harmonic_lattice_after_reset_equals_new_and_has_its_stated_latency() {
    for character in [
        Character::Neutral,
        Character::Warm,
        Character::Bright,
        Character::Vintage,
    ] {
        let working = LatticeSettings {
            character,
            ..everything_on().lattice
        };
        let off = LatticeSettings {
            on: false,
            ..working
        };
        for neutral in [LatticeSettings::default(), off] {
            check(HarmonicLattice::default, neutral, working);
        }
    }
}

#[test]
fn phase_weave_after_reset_equals_new_and_has_its_stated_latency() {
    let working = everything_on().weave;
    let off = WeaveSettings {
        on: false,
        ..working
    };
    for neutral in [WeaveSettings::default(), off] {
        check(PhaseWeave::default, neutral, working);
    }
}

#[test]
fn velvet_curve_after_reset_equals_new_and_has_its_stated_latency() {
    let working = everything_on().curve;
    let off = CurveSettings {
        on: false,
        ..working
    };
    for neutral in [CurveSettings::default(), off] {
        check(
            VelvetCurve::default,
            (neutral, StyleTarget::Rock),
            (working, StyleTarget::Electronic),
        );
    }
}

#[test]
fn match_eq_after_reset_equals_new_and_has_its_stated_latency() {
    check(
        MatchEq::default,
        [0.0; MATCH_BANDS],
        everything_on().curve.match_gains_db(),
    );
}

#[test]
fn mid_side_after_reset_equals_new_and_has_its_stated_latency() {
    let working = everything_on().dynamics.mid_side;
    let neutral = MidSideSettings {
        amount: 0.0,
        ..working
    };
    check(MidSide::default, neutral, working);
}

#[test]
fn multiband_after_reset_equals_new_and_has_its_stated_latency() {
    let working = everything_on().dynamics.multiband;
    let neutral = MultibandSettings {
        amount: 0.0,
        ..working
    };
    check(Multiband::default, neutral, working);
}

#[test]
fn glue_after_reset_equals_new_and_has_its_stated_latency() {
    let working = everything_on().dynamics.glue;
    for auto_release in [false, true] {
        let working = GlueSettings {
            auto_release,
            ..working
        };
        let neutral = GlueSettings {
            amount: 0.0,
            ..working
        };
        check(Glue::default, neutral, working);
    }
}

#[test]
fn saturator_after_reset_equals_new_and_has_its_stated_latency() {
    check(
        Saturator::default,
        SaturatorSettings::plain(0.0),
        SaturatorSettings::plain(0.7),
    );
}
