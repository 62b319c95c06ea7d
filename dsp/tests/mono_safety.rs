//! Mono safety: the loss of a fold-down to mono stays below its setting. It and Mono below leave the middle as it is.

mod common;

use common::processing::processed;
use flow_audio_file::Audio;
use flow_dsp::{WeaveSettings, internals::phase_weave::PhaseWeave, math};
use flow_testkit::signals;

const RATE_HZ: u32 = 48_000;
const SECONDS: f64 = 3.0;

/// The highest loss in any window of the detector's time, dB: the energy of both channels relative to that of their mean.
/// Windows 60 dB below the loudest one don't count.
fn worst_loss_db(audio: &Audio, window_ms: f32) -> f64 {
    let window = math::samples(f64::from(window_ms) * 0.001 * f64::from(RATE_HZ));
    let [left, right] = &audio.channels[..] else {
        panic!("stereo")
    };
    // Running sums of stereo and mono energy.
    let mut sums = vec![[0.0; 2]];
    for (l, r) in left.iter().zip(right) {
        let (l, r) = (f64::from(*l), f64::from(*r));
        let [stereo, mono] = sums[sums.len() - 1];
        let mid = 0.5 * (l + r);
        sums.push([stereo + 0.5 * (l * l + r * r), mono + mid * mid]);
    }
    let windows: Vec<[f64; 2]> = (window..left.len() - window)
        .step_by(window / 16)
        .map(|i| [0, 1].map(|k| sums[i + window][k] - sums[i][k]))
        .collect();
    let loudest = windows.iter().fold(1e-20_f64, |most, w| most.max(w[0]));
    windows
        .iter()
        .filter(|w| w[0] > 1e-6 * loudest)
        .map(|[stereo, mono]| 10.0 * (stereo / mono.max(1e-30)).log10())
        .fold(0.0, f64::max)
}

fn with_side(audio: &Audio, side_gain: f32) -> Audio {
    let [left, right] = &audio.channels[..] else {
        panic!("stereo")
    };
    let pairs = left.iter().zip(right);
    let (left, right) = pairs
        .map(|(l, r)| {
            let (mid, side) = (0.5 * (l + r), 0.5 * side_gain * (l - r));
            (mid + side, mid - side)
        })
        .unzip();
    Audio::new(RATE_HZ, vec![left, right])
}

/// Adds a tone with inverted right channel.
fn with_opposed_tone(audio: &Audio, frequency_hz: f64, amplitude: f64) -> Audio {
    let tone = signals::sine(RATE_HZ, 1, SECONDS, frequency_hz, amplitude, 0.0);
    let mut out = audio.clone();
    for (sign, channel) in [1.0, -1.0].into_iter().zip(&mut out.channels) {
        for (sample, x) in channel.iter_mut().zip(&tone.channels[0]) {
            *sample += sign * x;
        }
    }
    out
}

fn wide_signals() -> Vec<(&'static str, Audio)> {
    let music = flow_demo_song::demo_excerpt(RATE_HZ, flow_demo_song::CHORUS_SECONDS, SECONDS);
    let drums = flow_demo_song::demo_excerpt(RATE_HZ, 8.0, SECONDS);
    let mut inverted = music.clone();
    inverted.channels[1].iter_mut().for_each(|x| *x = -*x);
    let mut inverted_drums = drums.clone();
    inverted_drums.channels[1].iter_mut().for_each(|x| *x = -*x);
    let noise = signals::white_noise(RATE_HZ, 2, SECONDS, 0.3, 9);
    let mut opposed = noise.clone();
    for (x, left) in opposed.channels[1].iter_mut().zip(&noise.channels[0]) {
        *x = 0.1 * *x - left;
    }
    vec![
        ("wide noise", noise.clone()),
        ("wider noise", with_side(&noise, 3.0)),
        ("opposed noise", opposed),
        ("one channel of music inverted", inverted),
        ("one channel of drums inverted", inverted_drums),
        ("wide music", with_side(&music, 4.0)),
        (
            "music over opposed bass",
            with_opposed_tone(&music, 55.0, 0.5),
        ),
        (
            "music over an opposed tone",
            with_opposed_tone(&drums, 900.0, 0.5),
        ),
    ]
}

#[test]
fn mono_safety_on_wide_signals_keeps_the_loss_below_its_setting() {
    let mut worst = f64::MIN;
    for (name, input) in wide_signals() {
        for max_loss_db in [1.0_f32, 3.0, 6.0, 12.0] {
            for detector_ms in [50.0_f32, 150.0, 300.0] {
                let settings = WeaveSettings {
                    mono_safety: 1.0,
                    max_loss_db,
                    detector_ms,
                    ..WeaveSettings::default()
                };
                let output = processed(&mut PhaseWeave::default(), |_| settings, &input);
                let [before, after] = [&input, &output].map(|a| worst_loss_db(a, detector_ms));
                let over = after - f64::from(max_loss_db);
                println!(
                    "{name}, {max_loss_db} dB, {detector_ms} ms: {before:.2} dB before, {after:.2} dB after"
                );
                worst = worst.max(over);
            }
        }
    }
    println!("measured: {worst:+.2} dB");
    assert!(worst <= 0.5, "{worst} dB over");
}

/// Music below the allowed loss passes, and at 0 % nothing changes.
#[test]
fn mono_safety_at_zero_or_without_loss_changes_nothing() {
    for (name, input) in wide_signals() {
        let settings = WeaveSettings {
            max_loss_db: 1.0,
            ..WeaveSettings::default()
        };
        let output = processed(&mut PhaseWeave::default(), |_| settings, &input);
        assert_eq!(input.range(0, output.frames()), output, "{name}");
    }
    let narrow = with_side(&flow_demo_song::demo_excerpt(RATE_HZ, 10.0, SECONDS), 0.2);
    let settings = WeaveSettings {
        mono_safety: 1.0,
        ..WeaveSettings::default()
    };
    let output = processed(&mut PhaseWeave::default(), |_| settings, &narrow);
    let difference_db = output.difference_db(&narrow.range(0, output.frames()));
    assert!(difference_db < -130.0, "{difference_db} dB");
}

/// A house kick every half second: a tone that falls from 400 to 48 Hz, with a click.
fn kicks(rate_hz: u32) -> Vec<f32> {
    let rate = f64::from(rate_hz);
    let frames = math::samples(SECONDS * rate);
    let mut phase = 0.0;
    (0..frames)
        .map(|i| {
            let seconds = math::count(i % math::samples(0.5 * rate)) / rate;
            let frequency_hz = 48.0 + 352.0 * (-seconds / 0.018).exp();
            phase += std::f64::consts::TAU * frequency_hz / rate;
            let click = (-seconds / 0.002).exp() * (40.0 * phase).sin();
            math::narrow((-seconds / 0.13).exp() * (0.8 * phase.sin() + 0.2 * click))
        })
        .collect()
}

/// Energy of the first 12 ms of all kicks relative to that of the next 150 ms, in the middle, dB.
fn front_to_body_db(audio: &Audio) -> f64 {
    let rate = f64::from(audio.sample_rate_hz);
    let [period, front, body] = [0.5, 0.012, 0.162].map(|s| math::samples(s * rate));
    let (mut energies, pairs) = ([0.0; 2], audio.channels[0].iter().zip(&audio.channels[1]));
    for (i, (l, r)) in pairs.enumerate() {
        let mid = 0.5 * (f64::from(*l) + f64::from(*r));
        let at = i % period;
        if at < body {
            energies[usize::from(at >= front)] += mid * mid;
        }
    }
    10.0 * (energies[0] / energies[1]).log10()
}

#[test]
fn phase_weave_on_a_centered_kick_keeps_its_front_and_its_body() {
    let mut worst = 0.0_f64;
    for rate in [44_100, 48_000, 96_000] {
        let kicks = kicks(rate);
        // The rest of the music is wide, above the kick.
        let wide = signals::white_noise(rate, 1, SECONDS, 0.05, 3)
            .channels
            .swap_remove(0);
        let channel = |sign: f32| -> Vec<f32> {
            let wide = wide.windows(2).map(|pair| sign * (pair[1] - pair[0]));
            kicks
                .iter()
                .zip(wide)
                .map(|(kick, side)| kick + side)
                .collect()
        };
        let input = Audio::new(rate, vec![channel(1.0), channel(-1.0)]);
        let mono_below = |mono_below_hz| WeaveSettings {
            mono_below: true,
            mono_below_hz,
            ..WeaveSettings::default()
        };
        let safety = WeaveSettings {
            mono_safety: 1.0,
            max_loss_db: 1.0,
            ..WeaveSettings::default()
        };
        for settings in [mono_below(120.0), mono_below(400.0), safety] {
            let output = processed(&mut PhaseWeave::default(), |_| settings, &input);
            let [before, after] = [&input, &output].map(front_to_body_db);
            println!("{rate} Hz: {before:.3} dB before, {after:.3} dB after");
            worst = worst.max((after - before).abs());
        }
    }
    assert!(worst < 0.1, "{worst} dB");
}

/// Bass of independent channels has as much power in the side as in the middle. Without the side it would lose 3 dB; the
/// lift of the middle gives back half of it. Opposed bass is lost.
#[test]
fn mono_below_on_wide_bass_lifts_the_middle_by_at_most_1_5_db() {
    let noise = |seed| {
        let white = signals::white_noise(RATE_HZ, 1, SECONDS, 0.5, seed);
        let samples: Vec<f64> = white.channels[0].iter().map(|&x| f64::from(x)).collect();
        let low = signals::low_pass(
            &samples,
            60.0 / f64::from(RATE_HZ),
            100.0 / f64::from(RATE_HZ),
        );
        low.into_iter().map(math::narrow).collect::<Vec<f32>>()
    };
    let power = |audio: &Audio| -> f64 {
        let settled = audio.channels.iter().map(|c| &c[RATE_HZ as usize..]);
        settled.flatten().map(|x| f64::from(*x).powi(2)).sum()
    };
    let mid = |audio: &Audio| {
        let pairs = audio.channels[0].iter().zip(&audio.channels[1]);
        Audio::from_mono(RATE_HZ, 2, pairs.map(|(l, r)| 0.5 * (l + r)).collect())
    };
    let settings = WeaveSettings {
        mono_below: true,
        mono_below_hz: 400.0,
        ..WeaveSettings::default()
    };
    let whole = noise(1);
    for (name, right, expected_lift_db) in [
        ("mono", whole.clone(), 0.0),
        ("independent", noise(2), 1.5),
        ("quiet side", whole.iter().map(|x| 0.6 * x).collect(), 0.26),
    ] {
        let input = Audio::new(RATE_HZ, vec![whole.clone(), right]);
        let output = processed(&mut PhaseWeave::default(), |_| settings, &input);
        let input = input.range(0, output.frames());
        let lift_db = 10.0 * (power(&mid(&output)) / power(&mid(&input))).log10();
        let lost_db = 10.0 * (power(&output) / power(&input)).log10();
        println!("{name}: middle {lift_db:+.2} dB, both channels {lost_db:+.2} dB");
        assert!(
            (lift_db - expected_lift_db).abs() < 0.15,
            "{name}: {lift_db} dB"
        );
        assert!(lost_db > -1.75, "{name}: {lost_db} dB");
    }
}

/// A side without a mid is silenced at 100 % only.
#[test]
fn mono_safety_at_half_keeps_a_side_without_a_mid_audible() {
    let tone = signals::sine(RATE_HZ, 1, SECONDS, 1000.0, 0.5, 0.0);
    let opposed = with_opposed_tone(
        &Audio::new(RATE_HZ, vec![vec![0.0; tone.frames()]; 2]),
        1000.0,
        0.5,
    );
    for (amount, most_db) in [(0.25, 8.0), (0.5, 24.0), (0.75, 72.0)] {
        let settings = WeaveSettings {
            mono_safety: amount,
            ..WeaveSettings::default()
        };
        let output = processed(&mut PhaseWeave::default(), |_| settings, &opposed);
        let peak = |audio: &Audio| {
            let tail = &audio.channels[0][output.frames() / 2..output.frames()];
            tail.iter().fold(0.0_f32, |most, x| most.max(x.abs()))
        };
        let taken_db = 20.0 * (peak(&opposed) / peak(&output)).log10();
        assert!(
            (taken_db - most_db).abs() < 0.3,
            "{taken_db} dB at {amount}"
        );
    }
}
