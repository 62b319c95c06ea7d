//! What every processor promises, by one helper for all of them: reset equals fresh, and the stated latency is the
//! measured one. (Block splits can't reach a processor: the chain hands it whole quanta.)

use flow_dsp::{
    DitherDepth, DitherSettings, LimiterSettings, LimiterStyle, LowCutSettings, QUANTUM, Spec,
    delay::Delay, dither::Dither, gain::Gain, isa::Native, limiter::Limiter, low_cut::LowCut,
    processor::Processor, quantum::Quantum,
};
use flow_tests::signals;

const RATES_HZ: [u32; 5] = [22_050, 44_100, 96_000, 192_000, 384_000];

fn quanta(channels: &[Vec<f32>]) -> Vec<Quantum> {
    (0..channels[0].len() / QUANTUM)
        .map(|q| Quantum {
            channels: [0, 1].map(|c| core::array::from_fn(|i| channels[c][q * QUANTUM + i])),
        })
        .collect()
}

fn run<P: Processor>(processor: &mut P, settings: P::Settings, input: &[Quantum]) -> Vec<Quantum> {
    let mut output = input.to_vec();
    for quantum in &mut output {
        processor.process::<Native>(settings, quantum);
    }
    output
}

/// `neutral` are settings at which the processor is a pure delay; `working` are any others.
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
            let heard: Vec<usize> = (0..flat.len()).filter(|&i| flat[i] != 0.0).collect();
            assert_eq!(heard, [position + latency], "latency at {rate} Hz");
            assert_eq!(flat[position + latency], impulse[c][position]);
        }
    }
}

#[test]
fn gain() {
    check(Gain::new, 0.0, -7.5);
}

#[test]
fn low_cut() {
    let settings = |on| LowCutSettings {
        on,
        frequency_hz: 33.0,
    };
    check(LowCut::new, settings(false), settings(true));
}

#[test]
fn delay() {
    for samples in [0, 1, 16, 80] {
        check(|| Delay::new(samples), (), ());
    }
}

#[test]
fn limiter() {
    for style in [LimiterStyle::Clean, LimiterStyle::Punch, LimiterStyle::Loud] {
        let settings = |ceiling_db| LimiterSettings {
            ceiling_db,
            stereo_link: 0.5,
            style,
            ..LimiterSettings::default()
        };
        check(Limiter::new, settings(0.0), settings(-12.0));
    }
}

#[test]
fn dither() {
    for noise_shaping in [false, true] {
        let settings = |depth| DitherSettings {
            depth,
            noise_shaping,
        };
        check(
            Dither::new,
            settings(DitherDepth::Off),
            settings(DitherDepth::Bits16),
        );
    }
}
