//! Jumping and constantly moving parameters: no click, no zipper noise, no sample above the ceiling.

mod common;

use common::{chain, run};
use flow_audio_file::Audio;
use flow_dsp::{
    ChainSettings, Character, DitherDepth, DitherSettings, GlueRatio, LimiterStyle, Monitor,
    StyleTarget, Translation, math,
};
use flow_measure::true_peak;
use flow_testkit::{
    settings::{everything_on, random},
    signals,
    signals::{Noise, low_pass},
};

/// A parameter: its name, and a function that sets it from a value of 0 to 1.
type Parameter = (&'static str, fn(&mut ChainSettings, f32));

fn between(low: f32, high: f32, x: f32) -> f32 {
    low + (high - low) * x
}

fn one_of<T: Copy, const N: usize>(choices: [T; N], x: f32) -> T {
    let place = math::samples(f64::from(x) * math::count(N));
    choices[place.min(N - 1)]
}

/// One row for each setting: name, place, and its range or choices.
macro_rules! parameters {
    ($($($place:ident $([$i:literal])?).+ => $kind:ident $($arguments:expr),*;)+) => {
        &[$((
            stringify!($($place $([$i])?).+),
            |settings, x| settings.$($place $([$i])?).+ = parameters!(@$kind x $($arguments),*),
        )),+]
    };
    (@range $x:ident $low:expr, $high:expr) => { between($low, $high, $x) };
    (@switch $x:ident) => { $x >= 0.5 };
    (@choice $x:ident $choices:expr) => { one_of($choices, $x) };
}

const PARAMETERS: &[Parameter] = parameters! {
    trim_db => range -24.0, 12.0;
    floor.on => switch;
    floor.depth => range 0.0, 1.0;
    floor.warmth => range 0.0, 1.0;
    floor.translation => choice [Translation::Subtle, Translation::Deep, Translation::Resonant];
    floor.low_cut.on => switch;
    floor.low_cut.frequency_hz => range 10.0, 40.0;
    lattice.on => switch;
    lattice.presence_db => range -6.0, 6.0;
    lattice.sheen_db => range -6.0, 6.0;
    lattice.character => choice [Character::Neutral, Character::Warm, Character::Bright, Character::Vintage];
    lattice.drive => range 0.0, 1.0;
    weave.on => switch;
    weave.width => range 0.0, 2.0;
    weave.mono_below => switch;
    weave.mono_below_hz => range 40.0, 400.0;
    weave.mono_safety => range 0.0, 1.0;
    weave.max_loss_db => range 1.0, 12.0;
    weave.detector_ms => range 50.0, 300.0;
    curve.on => switch;
    curve.body_db => range -6.0, 6.0;
    curve.soul_db => range -6.0, 6.0;
    curve.silk_db => range -6.0, 6.0;
    curve.air_db => range -6.0, 6.0;
    curve.comfort => range 0.0, 1.0;
    curve.matching.amount => range 0.0, 1.5;
    curve.matching.bands_db[0] => range -12.0, 12.0;
    curve.matching.bands_db[7] => range -12.0, 12.0;
    curve.matching.bands_db[15] => range -12.0, 12.0;
    style_target => choice [StyleTarget::Neutral, StyleTarget::Orchestral, StyleTarget::Electronic];
    dynamics.on => switch;
    dynamics.mid_side.amount => range 0.0, 1.0;
    dynamics.mid_side.mid.threshold_db => range -60.0, 0.0;
    dynamics.mid_side.mid.ratio => range 1.0, 10.0;
    dynamics.mid_side.mid.knee_db => range 0.0, 24.0;
    dynamics.mid_side.mid.attack_ms => range 1.0, 200.0;
    dynamics.mid_side.mid.release_ms => range 20.0, 2000.0;
    dynamics.mid_side.mid_mix => range 0.0, 1.0;
    dynamics.mid_side.side.threshold_db => range -60.0, 0.0;
    dynamics.mid_side.side.ratio => range 1.0, 10.0;
    dynamics.mid_side.side_mix => range 0.0, 1.0;
    dynamics.multiband.amount => range 0.0, 1.0;
    dynamics.multiband.low_crossover_hz => range 40.0, 500.0;
    dynamics.multiband.high_crossover_hz => range 800.0, 12_000.0;
    dynamics.multiband.bands[0].compressor.threshold_db => range -60.0, 0.0;
    dynamics.multiband.bands[0].compressor.ratio => range 1.0, 10.0;
    dynamics.multiband.bands[0].compressor.knee_db => range 0.0, 24.0;
    dynamics.multiband.bands[0].compressor.attack_ms => range 1.0, 200.0;
    dynamics.multiband.bands[0].compressor.release_ms => range 20.0, 2000.0;
    dynamics.multiband.bands[0].gain_db => range -12.0, 12.0;
    dynamics.multiband.bands[0].solo => switch;
    dynamics.multiband.bands[1].compressor.threshold_db => range -60.0, 0.0;
    dynamics.multiband.bands[1].gain_db => range -12.0, 12.0;
    dynamics.multiband.bands[1].solo => switch;
    dynamics.multiband.bands[2].compressor.threshold_db => range -60.0, 0.0;
    dynamics.multiband.bands[2].gain_db => range -12.0, 12.0;
    dynamics.glue.amount => range 0.0, 1.0;
    dynamics.glue.threshold_db => range -60.0, 0.0;
    dynamics.glue.ratio => choice [GlueRatio::Gentle, GlueRatio::Medium, GlueRatio::Firm];
    dynamics.glue.knee_db => range 0.0, 24.0;
    dynamics.glue.attack_ms => range 1.0, 200.0;
    dynamics.glue.release_ms => range 20.0, 2000.0;
    dynamics.glue.auto_release => switch;
    dynamics.glue.side_chain_high_pass_hz => range 20.0, 300.0;
    dynamics.glue.mix => range 0.0, 1.0;
    dynamics.drive => range 0.0, 1.0;
    loudness_gain_db => range -24.0, 24.0;
    limiter.ceiling_db => range -12.0, 0.0;
    limiter.release_ms => range 10.0, 1000.0;
    limiter.stereo_link => range 0.0, 1.0;
    limiter.style => choice [LimiterStyle::Clean, LimiterStyle::Punch, LimiterStyle::Loud];
    dither.depth => choice [DitherDepth::Off, DitherDepth::Bits24, DitherDepth::Bits16];
    dither.noise_shaping => switch;
    bypass => switch;
};

const RATE_HZ: u32 = 48_000;

fn undithered(settings: ChainSettings) -> ChainSettings {
    ChainSettings {
        dither: DitherSettings::default(),
        ..settings
    }
}

/// Renders `input` in pieces; `next` gives the frames and the settings of each.
fn automated(input: &Audio, mut next: impl FnMut(usize) -> (usize, ChainSettings)) -> Audio {
    let mut chain = chain(input.sample_rate_hz);
    let mut output = Audio::new(input.sample_rate_hz, vec![Vec::new(), Vec::new()]);
    let mut done = 0;
    while done < input.frames() {
        let (frames, settings) = next(done);
        let piece = input.range(done, done + frames);
        output.append(&run(
            &mut chain,
            &settings,
            Monitor::default(),
            &piece,
            &[512],
        ));
        done += frames;
    }
    output
}

/// Music loud enough that the limiter works all the time.
fn hot_music(seconds: f64) -> Audio {
    flow_demo_song::demo_excerpt(RATE_HZ, flow_demo_song::CHORUS_SECONDS, seconds).gained(6.0)
}

/// A new random value of one parameter every 16 to 64 samples, while every stage works.
#[test]
fn chain_with_each_parameter_moving_stays_finite_and_below_the_ceiling() {
    let input = hot_music(0.4);
    let mut worst = f64::MIN;
    for (name, set) in PARAMETERS {
        if ["bypass", "limiter.ceiling_db"].contains(name) {
            continue;
        }
        let mut noise = Noise::new(21);
        let output = automated(&input, |_| {
            let mut settings = undithered(everything_on());
            set(&mut settings, math::narrow(noise.unipolar()));
            (16 + noise.below(49), settings)
        });
        assert!(output.is_finite(), "{name}");
        if name.starts_with("dither") {
            continue;
        }
        let sample_db = 20.0 * f64::from(output.sample_peak()).log10();
        let over = true_peak::true_peak_dbtp(&output) + 1.0;
        assert!(sample_db <= -1.0 + 1e-4, "{name}: {sample_db} dBFS");
        assert!(over <= 0.05, "{name}: {over} dB over");
        worst = worst.max(over);
    }
    println!("worst over the ceiling: {worst:.4} dB");
}

/// Everything moves but the ceiling: after a fall of the ceiling, louder samples are still in the limiter's lookahead.
#[test]
fn chain_with_all_parameters_moving_stays_finite_and_below_the_ceiling() {
    let mut worst = f64::MIN;
    for (seed, input) in [
        (1, hot_music(2.0)),
        (2, signals::sine(RATE_HZ, 2, 2.0, 100.0, 0.5, 0.0)),
        (
            3,
            flow_demo_song::demo_excerpt(96_000, flow_demo_song::CHORUS_SECONDS, 1.0),
        ),
    ] {
        let mut noise = Noise::new(seed);
        let output = automated(&input, |_| {
            let mut settings = undithered(random(&mut noise));
            settings.limiter.ceiling_db = -1.0;
            (16 + noise.below(49), settings)
        });
        assert!(output.is_finite());
        let over = true_peak::true_peak_dbtp(&output) + 1.0;
        println!("{seed}: {over:.4} dB over the ceiling");
        worst = worst.max(over);
    }
    assert!(worst <= 0.05, "{worst} dB over");
}

/// Peak of the band above 2 kHz in each part of the output, dBFS.
fn treble_peaks_db<const N: usize>(
    output: &Audio,
    stretches: [core::ops::Range<usize>; N],
) -> [f64; N] {
    let rate = f64::from(output.sample_rate_hz);
    let mut peaks = [1e-12_f64; N];
    for channel in &output.channels {
        let samples: Vec<f64> = channel.iter().map(|&x| f64::from(x)).collect();
        let low = low_pass(&samples, 1300.0 / rate, 2000.0 / rate);
        for (peak, stretch) in peaks.iter_mut().zip(&stretches) {
            for i in stretch.clone() {
                *peak = peak.max((samples[i] - low[i]).abs());
            }
        }
    }
    peaks.map(|peak| 20.0 * peak.log10())
}

/// A tone of 100 Hz at −6 dBFS, different in both channels.
fn tone(seconds: f64) -> Audio {
    let left = signals::sine(RATE_HZ, 1, seconds, 100.0, 0.5, 0.0);
    let right = signals::sine(RATE_HZ, 1, seconds, 100.0, 0.5, 0.1);
    Audio::new(RATE_HZ, [left.channels, right.channels].concat())
}

/// All stages work, except those that make harmonics.
fn linear() -> ChainSettings {
    let mut settings = undithered(everything_on());
    settings.floor.translation = Translation::Subtle;
    settings.lattice.drive = 0.0;
    settings.dynamics.drive = 0.0;
    settings.loudness_gain_db = -6.0;
    settings
}

/// Each parameter jumps from one end of its range to the other and back. The band above 2 kHz stays below −60 dBFS at the
/// jumps, or within 3 dB of the steady ends. For Trim, which raises the tone, the −60 dB are relative to its gain.
#[test]
fn chain_after_a_jump_of_any_parameter_makes_no_click() {
    let input = tone(1.0);
    let mut failed = Vec::new();
    let mut worst = f64::MIN;
    for (name, set) in PARAMETERS {
        if name.starts_with("dither") {
            // Dither is left out: its noise covers the whole band.
            continue;
        }
        let at = |x: f32| {
            let mut settings = linear();
            if name.starts_with("limiter") {
                settings.loudness_gain_db = 6.0;
            }
            if *name == "loudness_gain_db" {
                // A limiter that reduces by 20 dB at once is audible, but that is no click of the parameter.
                settings.trim_db = -24.0;
            }
            if *name == "lattice.character" {
                settings.lattice.drive = 0.3;
            }
            set(&mut settings, x);
            settings
        };
        let output = automated(&input, |done| {
            let (first, second) = (15_007, 31_013);
            match done {
                0 => (first, at(0.0)),
                n if n == first => (second - first, at(1.0)),
                _ => (48_000, at(0.0)),
            }
        });
        // Before, at and after the jumps. The first part begins when the filters have settled.
        let [a, b, c, up, down] = treble_peaks_db(
            &output,
            [
                10_000..14_000,
                26_000..30_000,
                43_000..47_000,
                15_000..26_000,
                31_000..43_000,
            ],
        );
        let steady = a.max(b).max(c);
        let jump = up.max(down);
        println!("{name}: {jump:.1} dBFS at the jumps, {steady:.1} dBFS between");
        let louder_db = f64::from(at(0.0).trim_db.max(at(1.0).trim_db).max(0.0));
        if jump > f64::max(louder_db - 59.5, steady + 3.0) {
            failed.push((name, jump, steady));
        }
        if steady < -63.0 {
            worst = worst.max(jump);
        }
    }
    println!("worst: {worst:.1} dBFS");
    assert!(failed.is_empty(), "{failed:.1?}");
}
