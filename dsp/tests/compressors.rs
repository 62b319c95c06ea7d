//! The labels of every compressor, measured on its output: static curve, attack, release, amount, mix, readings.

mod common;

use common::compressors::{COMPRESSORS, Compressor, glue};
use flow_audio_file::Audio;
use flow_dsp::{
    Chain, ChainSettings, CompressorSettings, DynamicsSettings, GlueSettings, LimiterSettings,
    MidSideSettings, Monitor, Spec, internals::oversampling::OVERSAMPLING_LATENCY, math,
};

fn gain(db: f64) -> f64 {
    10.0_f64.powf(db / 20.0)
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / math::count(values.len())
}

/// The mean gain of a steady tone at `level_db`, dB.
fn steady_gain_db(compressor: Compressor, settings: CompressorSettings, level_db: f64) -> f64 {
    let rate = 48_000;
    let frames = 24_000;
    let input = compressor.tone(rate, compressor.tone_hz(), &vec![gain(level_db); frames]);
    mean(&compressor.gains_db(settings, 1.0, 1.0, &input)[frames / 2..])
}

/// The ratio is the slope above the knee; the knee is eight times the reduction at the threshold, by the slope; the
/// threshold is where the slope's line meets no reduction. The limits are 5 %, and 0.2 dB for the threshold. The envelope
/// reads a level within 0.02 dB from 40 to 16 800 Hz.
#[test]
fn compressor_static_curve_matches_ratio_knee_and_threshold() {
    for compressor in COMPRESSORS {
        let ratios: &[f32] = if compressor == Compressor::Glue {
            &[1.5, 2.0, 4.0]
        } else {
            &[1.5, 3.0, 10.0]
        };
        for &ratio in ratios {
            for (threshold_db, knee_db) in [(-40.0_f32, 6.0_f32), (-30.0, 18.0), (-20.0, 0.0)] {
                let settings = CompressorSettings {
                    threshold_db,
                    ratio,
                    knee_db,
                    attack_ms: 5.0,
                    release_ms: 20.0,
                };
                let at = |over_db: f64| {
                    -steady_gain_db(compressor, settings, f64::from(threshold_db) + over_db)
                };
                let (near, far) = (0.5 * f64::from(knee_db) + 1.0, 18.0);
                let slope = (at(far) - at(near)) / (far - near);
                let measured_ratio = 1.0 / (1.0 - slope);
                let measured_threshold = f64::from(threshold_db) + far - at(far) / slope;
                let measured_knee = 8.0 * at(0.0) / slope;
                println!(
                    "{compressor:?}: ratio {measured_ratio:.3} for {ratio}, threshold {measured_threshold:.2} for {threshold_db} dB, knee {measured_knee:.2} for {knee_db} dB"
                );
                let off = |measured: f64, label: f32| (measured / f64::from(label) - 1.0).abs();
                assert!(off(measured_ratio, ratio) < 0.05, "{measured_ratio}");
                assert!((measured_threshold - f64::from(threshold_db)).abs() < 0.2);
                if knee_db > 0.0 {
                    assert!(off(measured_knee, knee_db) < 0.05, "{measured_knee}");
                }
                // There is no reduction below the knee.
                assert!(at(-0.5 * f64::from(knee_db) - 1.0).abs() < 1e-3);
                for over_db in [-2.0_f32, 0.0, 2.0, 10.0] {
                    let stated = settings.steady_reduction_db(threshold_db + over_db);
                    let measured = at(over_db.into());
                    assert!(
                        (measured - f64::from(stated)).abs() < 0.1,
                        "{measured} {stated}"
                    );
                }
            }
        }
    }
}

/// Time from a step of the tone's level until the reduction has covered 1 − 1/e of its change, ms.
fn covered_ms(
    compressor: Compressor,
    settings: CompressorSettings,
    rate_hz: u32,
    frequency_hz: f64,
    [from_db, to_db]: [f64; 2],
) -> f64 {
    let frames = |ms: f64| math::samples(ms * 0.001 * f64::from(rate_hz));
    let (attack_ms, release_ms) = (settings.attack_ms, settings.release_ms);
    let before = frames(100.0 + 8.0 * f64::from(attack_ms));
    let moving_ms = if to_db > from_db {
        attack_ms
    } else {
        release_ms
    };
    let after = frames(20.0 + 1.2 * f64::from(moving_ms));
    let mut envelope = vec![gain(from_db); before];
    envelope.resize(before + after, gain(to_db));
    let input = compressor.tone(rate_hz, frequency_hz, &envelope);
    let gains = compressor.gains_db(settings, 1.0, 1.0, &input);
    let start = mean(&gains[before - before / 20..before]);
    // The end value of the static curve with a hard knee.
    let over_db = (to_db - f64::from(settings.threshold_db)).max(0.0);
    let end = -over_db * f64::from(1.0 - 1.0 / settings.ratio);
    let wanted = start + (end - start) * (1.0 - (-1.0_f64).exp());
    let at = (before..gains.len()).find(|&i| (gains[i] - wanted) * (end - start) >= 0.0);
    at.map_or(f64::NAN, |i| {
        1000.0 * math::count(i - before) / f64::from(rate_hz)
    })
}

/// The limit is 5 % of the label plus 0.9 of the tone's period, because no detector knows a tone's level sooner. Phases
/// that are 90° within 2° would need 0.7; those within 0.15° ring longer, but lower the aliases of the fastest compressors
/// by 25 dB.
fn tolerance_ms(label_ms: f32, frequency_hz: f64) -> f64 {
    f64::max(0.05 * f64::from(label_ms), PERIODS * 1000.0 / frequency_hz)
}

const PERIODS: f64 = 0.9;

/// Measures every compressor with its tones, and the glue compressor, as one of their kind, at other rates.
fn judge_times(
    settings: impl Fn(f32) -> CompressorSettings,
    labels_ms: &[f32],
    steps: &[[f64; 2]],
) {
    let mut cases: Vec<(Compressor, u32, f64)> = Vec::new();
    for compressor in COMPRESSORS {
        cases.extend(compressor.tones_hz().map(|hz| (compressor, 48_000, hz)));
    }
    cases.extend([44_100, 96_000, 192_000].map(|rate| (Compressor::Glue, rate, 15_000.0)));
    let mut worst = 0.0_f64;
    for (compressor, rate, frequency_hz) in cases {
        for &label_ms in labels_ms {
            for &step in steps {
                let ms = covered_ms(compressor, settings(label_ms), rate, frequency_hz, step);
                let off_ms = (ms - f64::from(label_ms)).abs();
                let tolerance = tolerance_ms(label_ms, frequency_hz);
                assert!(
                    off_ms <= tolerance,
                    "{ms:.3} ms for {label_ms}: {compressor:?}, {frequency_hz} Hz of {rate}, {step:?} dB"
                );
                // At a frequency whose period doesn't matter.
                if off_ms > 0.0 && PERIODS * 1000.0 / frequency_hz <= 0.05 * f64::from(label_ms) {
                    worst = worst.max(off_ms / f64::from(label_ms));
                }
            }
        }
    }
    println!(
        "within {:.2} % where the tone's period is short",
        100.0 * worst
    );
}

fn hard(attack_ms: f32, release_ms: f32) -> CompressorSettings {
    CompressorSettings {
        threshold_db: -30.0,
        ratio: 4.0,
        knee_db: 0.0,
        attack_ms,
        release_ms,
    }
}

#[test]
fn compressor_attack_takes_the_labeled_time() {
    let steps = [[-40.0, -10.0], [-24.0, -12.0], [-20.0, -14.0]];
    judge_times(|ms| hard(ms, 100.0), &[1.0, 5.0, 30.0, 200.0], &steps);
}

#[test]
fn compressor_release_takes_the_labeled_time() {
    let steps = [[-10.0, -40.0], [-12.0, -24.0], [-14.0, -20.0]];
    judge_times(|ms| hard(10.0, ms), &[20.0, 100.0, 500.0], &steps);
    judge_times(|ms| hard(10.0, ms), &[2000.0], &steps[..1]);
}

/// The documented times of the automatic release, within 15 %: a peak of 10 ms charges a fiftieth of the slow part.
#[test]
fn glue_automatic_release_is_fast_after_a_peak_and_slow_after_dense_music() {
    let rate = 48_000;
    for (loud_seconds, label_ms) in [(0.01, 100.0), (5.0, 1200.0)] {
        let frames = |seconds: f64| math::samples(seconds * f64::from(rate));
        let mut envelope = vec![gain(-40.0); frames(0.2)];
        envelope.resize(envelope.len() + frames(loud_seconds), gain(-10.0));
        let end = envelope.len();
        envelope.resize(end + frames(2.5), gain(-40.0));
        let input = Compressor::Glue.tone(rate, 10_000.0, &envelope);
        let settings = GlueSettings {
            auto_release: true,
            ..glue(hard(1.0, 500.0), 1.0)
        };
        let dynamics = DynamicsSettings {
            glue: settings,
            ..DynamicsSettings::default()
        };
        let (output, make_up) = Compressor::Glue.processed(&dynamics, &input);
        let gain_db = |i: usize| {
            let power = |x: &[f32]| x[i - 24..i].iter().map(|x| x * x).sum::<f32>();
            let ratio = power(&output.channels[0]) / power(&input.channels[0]);
            10.0 * (ratio / (make_up[i] * make_up[i])).log10()
        };
        let wanted = gain_db(end) * (-1.0_f32).exp();
        let at = (end + 48..output.frames()).find(|&i| gain_db(i) >= wanted);
        let ms = at.map_or(f64::NAN, |i| {
            1000.0 * math::count(i - end) / f64::from(rate)
        });
        println!("{ms:.0} ms after {loud_seconds} s of reduction");
        assert!((ms / label_ms - 1.0).abs() < 0.15, "{ms} ms for {label_ms}");
    }
}

/// Amount scales decibels; mix blends the compressed with the uncompressed signal.
#[test]
fn compressor_amount_scales_decibels_and_mix_blends() {
    let rate = 48_000;
    for compressor in COMPRESSORS {
        let settings = hard(5.0, 50.0);
        let input = compressor.tone(rate, compressor.tone_hz(), &vec![gain(-10.0); 24_000]);
        let steady = |amount: f32, mix: f32| {
            mean(&compressor.gains_db(settings, amount, mix, &input)[12_000..])
        };
        let full = steady(1.0, 1.0);
        assert!((full + 15.0).abs() < 0.2, "{compressor:?}: {full} dB");
        for amount in [0.25, 0.5, 0.75] {
            let found = steady(amount, 1.0);
            assert!(
                (found - f64::from(amount) * full).abs() < 0.01,
                "{compressor:?}: {found} dB"
            );
        }
        if !matches!(compressor, Compressor::Band(_)) {
            for mix in [0.25, 0.5, 0.75] {
                let found = gain(steady(1.0, mix));
                let expected = 1.0 + f64::from(mix) * (gain(full) - 1.0);
                // The mean of a gain that ripples by 0.1 dB differs slightly from the mean of its decibels.
                assert!(
                    (found / expected - 1.0).abs() < 0.001,
                    "{compressor:?}: {found}"
                );
            }
        }
    }
}

/// The readings are the gains that were applied in the same call, but for the make-up gain, within 0.1 dB on music. The
/// bands are measured with a tone, because their sum can't be separated again.
#[test]
fn compressor_readings_equal_the_applied_gains_within_0_1_db() {
    const BLOCK: usize = 512;
    let rate = 48_000;
    let compression = CompressorSettings {
        threshold_db: -35.0,
        ratio: 4.0,
        knee_db: 6.0,
        attack_ms: 5.0,
        release_ms: 80.0,
    };
    let music = flow_demo_song::demo_excerpt(rate, flow_demo_song::CHORUS_SECONDS, 1.0);
    for compressor in COMPRESSORS {
        let input = match compressor {
            Compressor::Band(_) => compressor.tone(rate, compressor.tone_hz(), &vec![0.3; 60_000]),
            _ => music.clone(),
        };
        let mut settings = ChainSettings {
            limiter: LimiterSettings {
                ceiling_db: 0.0,
                ..LimiterSettings::default()
            },
            ..ChainSettings::default()
        };
        let dynamics = &mut settings.dynamics;
        match compressor {
            Compressor::Mid | Compressor::Side => {
                dynamics.mid_side = MidSideSettings {
                    amount: 0.9,
                    mid: compression,
                    mid_mix: 0.8,
                    side: compression,
                    side_mix: 0.7,
                };
            }
            Compressor::Band(own) => {
                dynamics.multiband.amount = 0.9;
                [
                    dynamics.multiband.low_crossover_hz,
                    dynamics.multiband.high_crossover_hz,
                ] = compressor.crossovers_hz();
                dynamics.multiband.bands[own].compressor = compression;
                dynamics.multiband.bands[own].solo = true;
            }
            Compressor::Glue => {
                dynamics.glue = GlueSettings {
                    mix: 0.8,
                    ..glue(compression, 0.9)
                }
            }
        }
        let mut chain = Chain::new(Spec {
            sample_rate_hz: f64::from(rate),
        });
        let latency = chain.latency_samples() as usize;
        let mut output = input.clone();
        let mut readings = Vec::new();
        let [left, right] = &mut output.channels[..] else {
            panic!("stereo")
        };
        for (left, right) in left.chunks_mut(BLOCK).zip(right.chunks_mut(BLOCK)) {
            chain.process(&settings, Monitor::default(), &mut [left, right]);
            let activity = chain.readings().activity;
            readings.push(f64::from(match compressor {
                Compressor::Mid => activity.mid_side_gains_db[0],
                Compressor::Side => activity.mid_side_gains_db[1],
                Compressor::Band(k) => activity.multiband_gains_db[k],
                Compressor::Glue => activity.glue_gain_db,
            }));
        }
        assert!(
            chain.readings().limiter_gain_min_db == 0.0,
            "the limiter must rest"
        );
        // The dynamics lie behind the delay of Harmonic Lattice.
        let mut delayed = input.clone();
        for channel in &mut delayed.channels {
            channel.rotate_right(OVERSAMPLING_LATENCY);
            channel[..OVERSAMPLING_LATENCY].fill(0.0);
        }
        let (_, make_up) = compressor.processed(&settings.dynamics, &delayed);
        let make_up = |i: usize| f64::from(make_up[i + OVERSAMPLING_LATENCY]);
        // The gain is applied to this signal.
        let sample = |audio: &Audio, i: usize| {
            let [left, right] = [0, 1].map(|c| f64::from(audio.channels[c][i]));
            match compressor {
                Compressor::Side => 0.5 * (left - right),
                _ => 0.5 * (left + right),
            }
        };
        let (mut worst, mut most) = (0.0_f64, 0.0_f64);
        for (b, &reading) in readings.iter().enumerate().skip(20).take(70) {
            let block = b * BLOCK - OVERSAMPLING_LATENCY..(b + 1) * BLOCK - OVERSAMPLING_LATENCY;
            let applied = if let Compressor::Band(_) = compressor {
                // A whole number of periods of every tone.
                let power = |audio: &Audio, shift: usize| -> f64 {
                    let frames = block.start + shift..block.start + shift + 4800;
                    frames.map(|i| sample(audio, i).powi(2)).sum()
                };
                let middle = block.start + 2400;
                10.0 * (power(&output, latency) / power(&input, 0)).log10()
                    - 20.0 * make_up(middle).log10()
            } else {
                block
                    .filter(|&i| sample(&input, i).abs() > 1e-5)
                    .map(|i| {
                        let gain = sample(&output, i + latency) / sample(&input, i);
                        20.0 * (gain / make_up(i)).log10()
                    })
                    .fold(0.0, f64::min)
            };
            worst = worst.max((reading - applied).abs());
            most = most.min(applied);
        }
        println!("{compressor:?}: within {worst:.3} dB of gains down to {most:.1} dB");
        assert!(most < -3.0, "the test needs reduction");
        assert!(worst < 0.1, "{compressor:?}: {worst} dB");
    }
}

/// Twelve seconds of music at −18 LUFS through each stage, at thresholds from light work to heavy work.
#[test]
fn make_up_of_each_stage_keeps_the_loudness_of_music_within_0_5_lu() {
    let music = flow_demo_song::demo_excerpt(48_000, 20.0, 20.0);
    let before = flow_measure::loudness::loudness(&music).integrated_lufs;
    let mut worst = 0.0_f64;
    for compressor in [Compressor::Mid, Compressor::Band(0), Compressor::Glue] {
        for threshold_db in [-18.0_f32, -26.0, -34.0] {
            for (amount, mix) in [(0.3, 1.0), (1.0, 1.0), (1.0, 0.5)] {
                let mut dynamics = DynamicsSettings::default();
                dynamics.mid_side.amount = amount;
                dynamics.multiband.amount = amount;
                dynamics.glue.amount = amount;
                dynamics.mid_side.mid.threshold_db = threshold_db;
                dynamics.mid_side.side.threshold_db = threshold_db - 8.0;
                [dynamics.mid_side.mid_mix, dynamics.mid_side.side_mix] = [mix; 2];
                for band in &mut dynamics.multiband.bands {
                    band.compressor.threshold_db += threshold_db + 18.0;
                }
                dynamics.glue.threshold_db = threshold_db;
                dynamics.glue.mix = mix;
                let (output, make_up) = compressor.processed(&dynamics, &music);
                let change = flow_measure::loudness::loudness(&output).integrated_lufs - before;
                let last_db = 20.0 * make_up[make_up.len() - 1].log10();
                println!(
                    "{compressor:?} at {threshold_db} dB, {amount}, mix {mix}: {change:+.2} LU, make-up {last_db:.1} dB"
                );
                worst = worst.max(change.abs());
            }
        }
    }
    assert!(worst < 0.5, "{worst} LU");
}

/// The same for one band alone at 4 : 1, whose gain moves the loudness as far as the band has a share in it.
#[test]
fn make_up_of_one_compressed_band_keeps_the_loudness_of_music_within_0_5_lu() {
    let music = flow_demo_song::demo_excerpt(48_000, 20.0, 20.0);
    let before = flow_measure::loudness::loudness(&music).integrated_lufs;
    let mut worst = 0.0_f64;
    for (low_crossover_hz, high_crossover_hz) in [(120.0, 2500.0), (300.0, 1200.0)] {
        for own in 0..3 {
            let mut dynamics = DynamicsSettings::default();
            dynamics.multiband.amount = 1.0;
            dynamics.multiband.low_crossover_hz = low_crossover_hz;
            dynamics.multiband.high_crossover_hz = high_crossover_hz;
            for (k, band) in dynamics.multiband.bands.iter_mut().enumerate() {
                band.compressor.threshold_db -= 12.0;
                band.compressor.ratio = if k == own { 4.0 } else { 1.0 };
            }
            let (output, make_up) = Compressor::Band(own).processed(&dynamics, &music);
            let change = flow_measure::loudness::loudness(&output).integrated_lufs - before;
            let last_db = 20.0 * make_up[make_up.len() - 1].log10();
            println!(
                "band {own} of {low_crossover_hz} and {high_crossover_hz} Hz: {change:+.2} LU, make-up {last_db:.1} dB"
            );
            worst = worst.max(change.abs());
        }
    }
    assert!(worst < 0.5, "{worst} LU");
}
