//! Broken input: the output stays finite and recovers within 100 ms.

use crate::settings::flow_at_work;
use flow_audio_file::{Audio, db_to_gain, gain_to_db};
use flow_host::clap::{Instance, RenderOptions};
use flow_testkit::signals;
use flow_testkit::signals::Noise;
use flow_testkit::testing::{configure, flow_with, render, render_with};

const RATE_HZ: u32 = 48_000;
const BURST_FRAME: usize = 24_000;
/// The design's limit for the recovery: 100 ms.
const RECOVERY_SAMPLES: usize = 4800;

fn sine() -> Audio {
    signals::sine(RATE_HZ, 2, 2.0, 441.0, 0.25, 0.0)
}

/// The sine with `length` samples replaced by `value`, in the left channel only if `one_sided`.
fn broken(value: f32, length: usize, one_sided: bool) -> Audio {
    let mut audio = sine();
    for channel in audio
        .channels
        .iter_mut()
        .take(if one_sided { 1 } else { 2 })
    {
        channel[BURST_FRAME..BURST_FRAME + length].fill(value);
    }
    audio
}

/// The audio after the recovery time.
fn recovered(audio: &Audio, length: usize) -> Audio {
    audio.range(BURST_FRAME + length + RECOVERY_SAMPLES, audio.frames())
}

fn rms(audio: &Audio) -> f64 {
    let samples: Vec<f64> = audio
        .channels
        .iter()
        .flatten()
        .map(|s| f64::from(*s))
        .collect();
    (samples.iter().map(|s| s * s).sum::<f64>() / samples.len() as f64).sqrt()
}

const NOT_NUMBERS: [f32; 3] = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY];

#[test]
fn non_finite_input_is_silenced_and_recovers_in_100_ms() {
    let mut flow = flow_with(&[]);
    let clean = render(&mut flow, &sine());
    for value in NOT_NUMBERS {
        for length in [1, 64, 4800] {
            for one_sided in [false, true] {
                let case = format!("{length} × {value}, one sided: {one_sided}");
                let output = render(&mut flow, &broken(value, length, one_sided));
                assert!(output.is_finite(), "{case}");
                assert!(
                    output.sample_peak() <= 1.0,
                    "{case}: {}",
                    output.sample_peak()
                );
                let difference =
                    recovered(&output, length).difference_db(&recovered(&clean, length));
                assert!(
                    difference <= -100.0,
                    "{case}: {difference:.1} dBFS left after 100 ms"
                );
                // Between the crossfades at the ends of a long burst the output is silent.
                if length == 4800 && !one_sided {
                    let inside = output.range(BURST_FRAME + 1200, BURST_FRAME + length - 1200);
                    assert!(
                        inside.sample_peak() < 1e-6,
                        "{case}: {} inside",
                        inside.sample_peak()
                    );
                }
            }
        }
    }
}

#[test]
fn non_finite_input_with_active_stages_recovers_in_100_ms() {
    // Low cut and limiter ring and release in the clean render too, so the levels are compared.
    let settings = [
        ("gain", "18 dB"),
        ("lcut", "on"),
        ("rel", "50 ms"),
        ("lstyl", "Punch"),
        ("link", "50 %"),
    ];
    let mut flow = flow_with(&settings);
    let clean = render(&mut flow, &sine());
    for value in NOT_NUMBERS {
        for length in [1, 4800] {
            let output = render(&mut flow, &broken(value, length, false));
            assert!(output.is_finite());
            let level_db =
                gain_to_db(rms(&recovered(&output, length)) / rms(&recovered(&clean, length)));
            println!("{length} × {value}: {level_db:.3} dB");
            assert!(
                level_db.abs() < 0.1,
                "{length} × {value}: {level_db} dB off after 100 ms"
            );
        }
    }
}

#[test]
fn non_finite_input_in_bypass_gives_finite_output() {
    let mut flow = flow_with(&[("byp", "on")]);
    for value in NOT_NUMBERS {
        assert!(
            render(&mut flow, &broken(value, 100, false)).is_finite(),
            "{value}"
        );
    }
}

#[test]
fn meters_after_non_finite_input_read_finite_levels() {
    let mut metered = crate::meters::MeteredPlayback::new(&[]);
    for value in NOT_NUMBERS {
        let readings = metered.play(&broken(value, 64, false), |_, _| ());
        for side in [readings.input, readings.output] {
            for level in [
                side.integrated_lufs,
                side.momentary_lufs,
                side.true_peak_dbtp,
                side.plr_db,
                side.correlation,
            ] {
                assert!(level.is_finite(), "{value}: {side:?}");
            }
        }
    }
}

#[test]
fn huge_input_gives_finite_output_below_the_ceiling() {
    let ceiling = db_to_gain(-1.0);
    let mut flow = flow_with(&[("gain", "24 dB"), ("trim", "24 dB"), ("lcut", "on")]);
    for value in [f32::MAX, f32::MIN, 1e30, 1e10, -1e5, 1e3] {
        let output = render(&mut flow, &broken(value, 64, false));
        assert!(output.is_finite(), "{value}");
        assert!(
            f64::from(output.sample_peak()) <= ceiling * 1.000_001,
            "{value}: {}",
            output.sample_peak()
        );
        // At the end the limiter reduces the sine again, which this gain drives far over the ceiling.
        let level = rms(&output.range(output.frames() - 9600, output.frames()));
        assert!(level > 0.3, "{value}: still at {level} at the end");
    }
}

#[test]
fn random_bits_give_finite_output_below_the_ceiling() {
    let mut flow = flow_at_work();
    configure(
        &mut flow,
        &[("gain", "12 dB"), ("dith", "16 bit"), ("dshap", "on")],
    );
    let mut noise = Noise::new(99);
    let mut input = sine();
    for channel in &mut input.channels {
        for sample in &mut channel[BURST_FRAME..BURST_FRAME + 9600] {
            *sample = f32::from_bits(noise.bits());
        }
    }
    let output = render(&mut flow, &input);
    assert!(output.is_finite());
    assert!(
        f64::from(output.sample_peak()) <= db_to_gain(-1.0) + 1e-4,
        "{}",
        output.sample_peak()
    );
}

/// The processing time of `input`: the shortest of several renders, which other processes disturb least.
fn cost_seconds(flow: &mut Instance, input: &Audio) -> f64 {
    let once = |_| {
        flow.render(input, &RenderOptions::default())
            .map_or(f64::INFINITY, |r| r.process_seconds)
    };
    (0..7).map(once).fold(f64::INFINITY, f64::min)
}

#[test]
fn denormal_input_takes_no_longer_than_noise() {
    // Many CPUs process numbers below 1.2e−38 a hundred times slower, unless they flush them to zero.
    let mut flow = flow_at_work();
    configure(&mut flow, &[("lcutf", "10 Hz"), ("gain", "6 dB")]);
    let ordinary = signals::white_noise(RATE_HZ, 2, 4.0, 0.1, 1);
    // After a short burst, the filters ring down into denormal numbers.
    let mut tail = Audio::silence(RATE_HZ, 2, ordinary.frames());
    for channel in &mut tail.channels {
        channel[..100].fill(0.5);
    }
    // A number without its exponent is denormal.
    let mut denormal = ordinary.clone();
    for sample in denormal.channels.iter_mut().flatten() {
        *sample = f32::from_bits(sample.to_bits() & 0x8000_ffff);
    }
    assert!(denormal.channels.iter().flatten().all(|s| !s.is_normal()));
    let normal_seconds = cost_seconds(&mut flow, &ordinary);
    let silence = Audio::silence(RATE_HZ, 2, tail.frames());
    for (name, input) in [
        ("a decaying tail", &tail),
        ("denormal input", &denormal),
        ("silence", &silence),
    ] {
        let ratio = cost_seconds(&mut flow, input) / normal_seconds;
        println!("{name}: {ratio:.2} × the time of noise");
        // On an idle machine 0.6 to 1.0. Other processes can double it; denormals multiply it by ten.
        assert!(ratio < 5.0, "{name}: {ratio} × the time of noise");
    }
}

#[test]
fn silence_at_full_gain_stays_silent() {
    let mut flow = flow_at_work();
    configure(&mut flow, &[("gain", "24 dB")]);
    let output = render_with(
        &mut flow,
        &Audio::silence(RATE_HZ, 2, 48_000),
        &RenderOptions::default(),
    );
    assert_eq!(output.sample_peak(), 0.0);
}
