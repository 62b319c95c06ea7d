//! What every compressor's labels say, measured on its output: static curve, attack, release, amount, mix, readings.

mod common;

use common::processing::processed;
use flow_audio_file::Audio;
use flow_dsp::{
    BandSettings, Chain, ChainSettings, CompressorSettings, GlueRatio, GlueSettings,
    LimiterSettings, MidSideSettings, Monitor, MultibandSettings, Spec, internals::glue::Glue,
    internals::mid_side::MidSide, internals::multiband::Multiband,
    internals::oversampling::OVERSAMPLING_LATENCY, math,
};
use std::f64::consts::TAU;

/// One of the six compressors.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Which {
    Mid,
    Side,
    /// Low, mid or high band.
    Band(usize),
    Glue,
}

const ALL: [Which; 6] = [
    Which::Mid,
    Which::Side,
    Which::Band(0),
    Which::Band(1),
    Which::Band(2),
    Which::Glue,
];

impl Which {
    /// In the middle of what it works on.
    fn tone_hz(self) -> f64 {
        match self {
            Self::Band(0) => 80.0,
            Self::Band(1) => 700.0,
            Self::Mid | Self::Side | Self::Glue => 1500.0,
            Self::Band(_) => 7000.0,
        }
    }

    /// Others that it works on.
    fn tones_hz(self) -> [f64; 3] {
        match self {
            Self::Band(0) => [40.0, 80.0, 125.0],
            Self::Band(1) => [300.0, 700.0, 2000.0],
            Self::Mid | Self::Side | Self::Glue => [100.0, 1500.0, 10_000.0],
            Self::Band(_) => [4000.0, 7000.0, 12_000.0],
        }
    }

    /// Far from the tones that it is measured with.
    fn crossovers_hz(self) -> [f32; 2] {
        match self {
            Self::Band(0) => [500.0, 12_000.0],
            Self::Band(1) => [40.0, 12_000.0],
            _ => [40.0, 800.0],
        }
    }

    /// A tone with its own envelope, where this compressor alone hears it.
    fn tone(self, rate_hz: u32, frequency_hz: f64, envelope: &[f64]) -> Audio {
        let step = frequency_hz / f64::from(rate_hz);
        let left: Vec<f32> = envelope
            .iter()
            .enumerate()
            .map(|(i, level)| math::narrow(level * (TAU * (step * math::count(i)).fract()).sin()))
            .collect();
        let right = match self {
            Self::Side => left.iter().map(|x| -x).collect(),
            _ => left.clone(),
        };
        Audio::new(rate_hz, vec![left, right])
    }

    /// The left channel at `settings`, `amount` and `mix` (which bands don't have).
    fn output(
        self,
        settings: CompressorSettings,
        amount: f32,
        mix: f32,
        input: &Audio,
    ) -> Vec<f32> {
        let silent = CompressorSettings {
            ratio: 1.0,
            ..settings
        };
        let output = match self {
            Self::Mid | Self::Side => {
                let (mid, side) = if self == Self::Mid {
                    (settings, silent)
                } else {
                    (silent, settings)
                };
                let settings = MidSideSettings {
                    amount,
                    mid,
                    mid_mix: mix,
                    side,
                    side_mix: mix,
                };
                processed(&mut MidSide::new(), |_| settings, input)
            }
            Self::Band(own) => {
                let [low_crossover_hz, high_crossover_hz] = self.crossovers_hz();
                let settings = MultibandSettings {
                    amount,
                    low_crossover_hz,
                    high_crossover_hz,
                    bands: core::array::from_fn(|k| BandSettings {
                        compressor: if k == own { settings } else { silent },
                        gain_db: 0.0,
                        solo: k == own,
                    }),
                };
                processed(&mut Multiband::new(), |_| settings, input)
            }
            Self::Glue => {
                let settings = GlueSettings {
                    mix,
                    ..glue(settings, amount)
                };
                processed(&mut Glue::new(), |_| settings, input)
            }
        };
        output.channels.into_iter().next().unwrap_or_default()
    }

    /// The gain that it applied to `input`, by sample, in dB. The linear part of a band's path is taken out by what it
    /// does without compression; near the tone's zero crossings the gain is a straight line.
    fn gains_db(
        self,
        settings: CompressorSettings,
        amount: f32,
        mix: f32,
        input: &Audio,
    ) -> Vec<f64> {
        let flat = CompressorSettings {
            ratio: 1.0,
            ..settings
        };
        let with = self.output(settings, amount, mix, input);
        let without = match self {
            Self::Glue => input.channels[0].clone(),
            _ => self.output(flat, amount, mix, input),
        };
        let mut gains = vec![0.0; with.len()];
        let mut known = 0;
        for i in 0..gains.len() {
            let around = &without[i.saturating_sub(8)..(i + 8).min(without.len())];
            let near = around.iter().fold(0.0_f32, |peak, x| peak.max(x.abs()));
            if without[i].abs() > 0.2 * near && near > 1e-4 {
                gains[i] = 20.0 * (f64::from(with[i]) / f64::from(without[i])).log10();
                let (from, to) = (gains[known], gains[i]);
                for j in known + 1..i {
                    gains[j] = from + (to - from) * math::count(j - known) / math::count(i - known);
                }
                known = i;
            }
        }
        gains
    }
}

/// The glue compressor's ratio is one of three.
fn glue(settings: CompressorSettings, amount: f32) -> GlueSettings {
    GlueSettings {
        amount,
        threshold_db: settings.threshold_db,
        ratio: [GlueRatio::Gentle, GlueRatio::Medium, GlueRatio::Firm]
            .into_iter()
            .find(|ratio| ratio.value() == settings.ratio)
            .expect("one of the glue compressor's ratios"),
        knee_db: settings.knee_db,
        attack_ms: settings.attack_ms,
        release_ms: settings.release_ms,
        auto_release: false,
        side_chain_high_pass_hz: 20.0,
        mix: 1.0,
    }
}

fn gain(db: f64) -> f64 {
    10.0_f64.powf(db / 20.0)
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / math::count(values.len())
}

/// The mean gain of a steady tone at `level_db`, in dB.
fn steady_gain_db(which: Which, settings: CompressorSettings, level_db: f64) -> f64 {
    let rate = 48_000;
    let frames = 24_000;
    let input = which.tone(rate, which.tone_hz(), &vec![gain(level_db); frames]);
    mean(&which.gains_db(settings, 1.0, 1.0, &input)[frames / 2..])
}

/// Ratio, knee and threshold as their definitions say: the slope above the knee; eight times the reduction at the
/// threshold, by the slope; where the slope's line meets no reduction. 5 %, and 0.2 dB for the threshold: a band of 40
/// to 16 800 Hz whose two phases are 90° within 0.15° reads a level within 0.02 dB.
#[test]
fn ratio_knee_and_threshold_are_their_labels() {
    for which in ALL {
        let ratios: &[f32] = if which == Which::Glue {
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
                    -steady_gain_db(which, settings, f64::from(threshold_db) + over_db)
                };
                let (near, far) = (0.5 * f64::from(knee_db) + 1.0, 18.0);
                let slope = (at(far) - at(near)) / (far - near);
                let measured_ratio = 1.0 / (1.0 - slope);
                let measured_threshold = f64::from(threshold_db) + far - at(far) / slope;
                let measured_knee = 8.0 * at(0.0) / slope;
                println!(
                    "{which:?}: ratio {measured_ratio:.3} for {ratio}, threshold {measured_threshold:.2} for {threshold_db} dB, knee {measured_knee:.2} for {knee_db} dB"
                );
                let off = |measured: f64, label: f32| (measured / f64::from(label) - 1.0).abs();
                assert!(off(measured_ratio, ratio) < 0.05, "{measured_ratio}");
                assert!((measured_threshold - f64::from(threshold_db)).abs() < 0.2);
                if knee_db > 0.0 {
                    assert!(off(measured_knee, knee_db) < 0.05, "{measured_knee}");
                }
                // Nothing below the knee.
                assert!(at(-0.5 * f64::from(knee_db) - 1.0).abs() < 1e-3);
            }
        }
    }
}

/// Time from a step of the tone's level until the reduction has covered 1 − 1/e of its way, in ms.
fn covered_ms(
    which: Which,
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
    let input = which.tone(rate_hz, frequency_hz, &envelope);
    let gains = which.gains_db(settings, 1.0, 1.0, &input);
    let start = mean(&gains[before - before / 20..before]);
    // Where the static curve with a hard knee says that it goes.
    let over_db = (to_db - f64::from(settings.threshold_db)).max(0.0);
    let end = -over_db * f64::from(1.0 - 1.0 / settings.ratio);
    let wanted = start + (end - start) * (1.0 - (-1.0_f64).exp());
    let at = (before..gains.len()).find(|&i| (gains[i] - wanted) * (end - start) >= 0.0);
    at.map_or(f64::NAN, |i| {
        1000.0 * math::count(i - before) / f64::from(rate_hz)
    })
}

/// 5 % of the label; and 0.9 of the tone's period, for nothing knows a tone's level sooner. (It was 0.7 with phases of
/// 90° within 2°. Phases within 0.15° ring a little longer, and put the aliases of the fastest compressors 25 dB lower.)
fn tolerance_ms(label_ms: f32, frequency_hz: f64) -> f64 {
    f64::max(0.05 * f64::from(label_ms), PERIODS * 1000.0 / frequency_hz)
}

const PERIODS: f64 = 0.9;

/// Measures every compressor with its tones, and the glue compressor, whose shape they all have, at other rates.
fn judge_times(
    settings: impl Fn(f32) -> CompressorSettings,
    labels_ms: &[f32],
    steps: &[[f64; 2]],
) {
    let mut cases: Vec<(Which, u32, f64)> = Vec::new();
    for which in ALL {
        cases.extend(which.tones_hz().map(|hz| (which, 48_000, hz)));
    }
    cases.extend([44_100, 96_000, 192_000].map(|rate| (Which::Glue, rate, 15_000.0)));
    let mut worst = 0.0_f64;
    for (which, rate, frequency_hz) in cases {
        for &label_ms in labels_ms {
            for &step in steps {
                let ms = covered_ms(which, settings(label_ms), rate, frequency_hz, step);
                let off_ms = (ms - f64::from(label_ms)).abs();
                let tolerance = tolerance_ms(label_ms, frequency_hz);
                assert!(
                    off_ms <= tolerance,
                    "{ms:.3} ms for {label_ms}: {which:?}, {frequency_hz} Hz of {rate}, {step:?} dB"
                );
                // Where the period doesn't matter.
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
fn attack_is_its_label() {
    let steps = [[-40.0, -10.0], [-24.0, -12.0], [-20.0, -14.0]];
    judge_times(|ms| hard(ms, 100.0), &[1.0, 5.0, 30.0, 200.0], &steps);
}

#[test]
fn release_is_its_label() {
    let steps = [[-10.0, -40.0], [-12.0, -24.0], [-14.0, -20.0]];
    judge_times(|ms| hard(10.0, ms), &[20.0, 100.0, 500.0], &steps);
    judge_times(|ms| hard(10.0, ms), &[2000.0], &steps[..1]);
}

/// What the glue compressor's automatic release is documented to do; 15 %, for after a peak of 10 ms a fiftieth of the
/// slow part is charged.
#[test]
fn automatic_release_is_fast_after_a_peak_and_slow_after_dense_music() {
    let rate = 48_000;
    for (loud_seconds, label_ms) in [(0.01, 100.0), (5.0, 1200.0)] {
        let frames = |seconds: f64| math::samples(seconds * f64::from(rate));
        let mut envelope = vec![gain(-40.0); frames(0.2)];
        envelope.resize(envelope.len() + frames(loud_seconds), gain(-10.0));
        let end = envelope.len();
        envelope.resize(end + frames(2.5), gain(-40.0));
        let input = Which::Glue.tone(rate, 10_000.0, &envelope);
        let settings = GlueSettings {
            auto_release: true,
            ..glue(hard(1.0, 500.0), 1.0)
        };
        let output = processed(&mut Glue::new(), |_| settings, &input);
        let gain_db = |i: usize| {
            let power = |x: &[f32]| x[i - 24..i].iter().map(|x| x * x).sum::<f32>();
            10.0 * (power(&output.channels[0]) / power(&input.channels[0])).log10()
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

/// Amount scales decibels; mix blends the compressed with the uncompressed.
#[test]
fn amount_scales_the_reduction_and_mix_blends() {
    let rate = 48_000;
    for which in ALL {
        let settings = hard(5.0, 50.0);
        let input = which.tone(rate, which.tone_hz(), &vec![gain(-10.0); 24_000]);
        let steady =
            |amount: f32, mix: f32| mean(&which.gains_db(settings, amount, mix, &input)[12_000..]);
        let full = steady(1.0, 1.0);
        assert!((full + 15.0).abs() < 0.2, "{which:?}: {full} dB");
        for amount in [0.25, 0.5, 0.75] {
            let found = steady(amount, 1.0);
            assert!(
                (found - f64::from(amount) * full).abs() < 0.01,
                "{which:?}: {found} dB"
            );
        }
        if !matches!(which, Which::Band(_)) {
            for mix in [0.25, 0.5, 0.75] {
                let found = gain(steady(1.0, mix));
                let expected = 1.0 + f64::from(mix) * (gain(full) - 1.0);
                // The mean of a gain that ripples by 0.1 dB isn't quite the mean of its decibels.
                assert!((found / expected - 1.0).abs() < 0.001, "{which:?}: {found}");
            }
        }
    }
}

/// What the window shows is what was done to the signal in the same call: within 0.1 dB, on music (and on a tone for
/// the bands, which nobody can take apart again).
#[test]
fn readings_are_the_applied_gains() {
    const BLOCK: usize = 512;
    let rate = 48_000;
    let compressor = CompressorSettings {
        threshold_db: -35.0,
        ratio: 4.0,
        knee_db: 6.0,
        attack_ms: 5.0,
        release_ms: 80.0,
    };
    let music = flow_demo_song::demo_excerpt(rate, flow_demo_song::CHORUS_SECONDS, 1.0);
    for which in ALL {
        let input = match which {
            Which::Band(_) => which.tone(rate, which.tone_hz(), &vec![0.3; 60_000]),
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
        match which {
            Which::Mid | Which::Side => {
                dynamics.mid_side = MidSideSettings {
                    amount: 0.9,
                    mid: compressor,
                    mid_mix: 0.8,
                    side: compressor,
                    side_mix: 0.7,
                };
            }
            Which::Band(own) => {
                dynamics.multiband.amount = 0.9;
                [
                    dynamics.multiband.low_crossover_hz,
                    dynamics.multiband.high_crossover_hz,
                ] = which.crossovers_hz();
                dynamics.multiband.bands[own].compressor = compressor;
                dynamics.multiband.bands[own].solo = true;
            }
            Which::Glue => {
                dynamics.glue = GlueSettings {
                    mix: 0.8,
                    ..glue(compressor, 0.9)
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
            readings.push(f64::from(match which {
                Which::Mid => activity.mid_side_gains_db[0],
                Which::Side => activity.mid_side_gains_db[1],
                Which::Band(k) => activity.multiband_gains_db[k],
                Which::Glue => activity.glue_gain_db,
            }));
        }
        assert!(
            chain.readings().limiter_gain_min_db == 0.0,
            "the limiter must rest"
        );
        // The signal that the gain is applied to.
        let heard = |audio: &Audio, i: usize| {
            let [left, right] = [0, 1].map(|c| f64::from(audio.channels[c][i]));
            match which {
                Which::Side => 0.5 * (left - right),
                _ => 0.5 * (left + right),
            }
        };
        let (mut worst, mut most) = (0.0_f64, 0.0_f64);
        for (b, &reading) in readings.iter().enumerate().skip(20).take(70) {
            // What a call works on has come through the delay of Harmonic Lattice.
            let block = b * BLOCK - OVERSAMPLING_LATENCY..(b + 1) * BLOCK - OVERSAMPLING_LATENCY;
            let applied = if let Which::Band(_) = which {
                // Whole periods of any of the tones.
                let power = |audio: &Audio, shift: usize| -> f64 {
                    let frames = block.start + shift..block.start + shift + 4800;
                    frames.map(|i| heard(audio, i).powi(2)).sum()
                };
                10.0 * (power(&output, latency) / power(&input, 0)).log10()
            } else {
                block
                    .filter(|&i| heard(&input, i).abs() > 1e-5)
                    .map(|i| 20.0 * (heard(&output, i + latency) / heard(&input, i)).log10())
                    .fold(0.0, f64::min)
            };
            worst = worst.max((reading - applied).abs());
            most = most.min(applied);
        }
        println!("{which:?}: within {worst:.3} dB of gains down to {most:.1} dB");
        assert!(most < -3.0, "the test needs reduction");
        assert!(worst < 0.1, "{which:?}: {worst} dB");
    }
}
