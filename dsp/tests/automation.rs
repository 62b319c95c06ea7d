//! Jumping and constantly moving parameters: no click, no zipper noise, no sample above the ceiling.

mod common;

use common::{chain, play, run};
use flow_audio_file::Audio;
use flow_dsp::{ChainSettings, Monitor, SoloStage, Translation};
use flow_measure::true_peak;
use flow_params::ParameterId;
use flow_testkit::{
    settings::{everything_on, random, set_position, undithered},
    signals,
    signals::{Noise, low_pass},
};

const RATE_HZ: u32 = 48_000;

/// Their noise covers the whole band and adds to the ceiling.
const DITHER: [ParameterId; 2] = [ParameterId::Dither, ParameterId::NoiseShaping];

/// Renders `input` in pieces; `next` gives the frames and the settings of each.
fn automated(input: &Audio, mut next: impl FnMut(usize) -> (usize, ChainSettings)) -> Audio {
    let mut chain = chain(input.sample_rate_hz);
    let mut output = Audio::new(input.sample_rate_hz, vec![Vec::new(), Vec::new()]);
    let mut done = 0;
    while done < input.frames() {
        let (frames, settings) = next(done);
        let piece = input.range(done, done + frames);
        output.append(&play(&mut chain, &settings, &piece));
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
    let fixed = [ParameterId::Bypass, ParameterId::Ceiling];
    for id in ParameterId::ALL
        .into_iter()
        .filter(|id| !fixed.contains(id))
    {
        let mut noise = Noise::new(21);
        let output = automated(&input, |_| {
            let mut settings = undithered(everything_on());
            set_position(id, &mut settings, noise.unipolar());
            (16 + noise.below(49), settings)
        });
        assert!(output.is_finite(), "{id}");
        if DITHER.contains(&id) {
            continue;
        }
        let sample_db = 20.0 * f64::from(output.sample_peak()).log10();
        let over = true_peak::true_peak_dbtp(&output) + 1.0;
        assert!(sample_db <= -1.0 + 1e-4, "{id}: {sample_db} dBFS");
        assert!(over <= 0.05, "{id}: {over} dB over");
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
    // The compressors give back the tone's level, and the limiter rests.
    settings.loudness_gain_db = -18.0;
    settings
}

/// A solo begins and ends as a jump of parameters does, and its peaks stay below the ceiling.
#[test]
fn chain_at_begin_and_end_of_a_solo_makes_no_click() {
    let (first, second) = (15_007, 31_013);
    let switched = |settings: &ChainSettings, input: &Audio, stage: SoloStage| {
        let solo = Monitor {
            solo: Some(stage),
            ..Monitor::default()
        };
        let mut chain = chain(RATE_HZ);
        let mut output = play(&mut chain, settings, &input.range(0, first));
        let part = input.range(first, second);
        output.append(&run(&mut chain, settings, solo, &part, &[512]));
        let rest = input.range(second, input.frames());
        output.append(&play(&mut chain, settings, &rest));
        output
    };
    for stage in SoloStage::ALL {
        let output = switched(&linear(), &tone(1.0), stage);
        let parts = [26_000..30_000, 15_000..26_000, 31_000..43_000];
        let [steady, begin, end] = treble_peaks_db(&output, parts);
        println!("{stage:?}: {begin:.1}, {end:.1} dBFS at the ends, {steady:.1} dBFS between");
        assert!(begin.max(end) <= f64::max(-59.5, steady + 3.0), "{stage:?}");
        let loud = switched(&undithered(everything_on()), &hot_music(1.0), stage);
        let sample_db = 20.0 * f64::from(loud.sample_peak()).log10();
        let over = true_peak::true_peak_dbtp(&loud) + 1.0;
        assert!(sample_db <= -1.0 + 1e-4, "{stage:?}: {sample_db} dBFS");
        assert!(over <= 0.05, "{stage:?}: {over} dB over");
    }
}

/// Each parameter jumps from one end of its range to the other and back. The band above 2 kHz stays below −60 dBFS at the
/// jumps, or within 3 dB of the steady ends. For Trim, which raises the tone, the −60 dB are relative to its gain.
#[test]
fn chain_after_a_jump_of_any_parameter_makes_no_click() {
    let input = tone(1.0);
    let mut failed = Vec::new();
    let mut worst = f64::MIN;
    for id in ParameterId::ALL
        .into_iter()
        .filter(|id| !DITHER.contains(id))
    {
        let far = match id {
            // A louder tone would be limited.
            ParameterId::Trim => 0.75,
            ParameterId::LoudnessGain => 0.9,
            // The last style is that of a reference, which is neutral without one.
            ParameterId::StyleTarget => 0.5,
            _ => 1.0,
        };
        let at = |position: f64| {
            let mut settings = linear();
            if id.group() == "Limiter" {
                settings.loudness_gain_db = 0.0;
            }
            if id == ParameterId::LoudnessGain {
                // A limiter that reduces by 20 dB at once is audible, but that is no click of the parameter.
                settings.trim_db = -24.0;
            }
            if id == ParameterId::Character {
                settings.lattice.drive = 0.3;
            }
            set_position(id, &mut settings, position);
            settings
        };
        let output = automated(&input, |done| {
            let (first, second) = (15_007, 31_013);
            match done {
                0 => (first, at(0.0)),
                n if n == first => (second - first, at(far)),
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
        println!("{id}: {jump:.1} dBFS at the jumps, {steady:.1} dBFS between");
        let louder_db = f64::from(at(0.0).trim_db.max(at(far).trim_db).max(0.0));
        if jump > f64::max(louder_db - 59.5, steady + 3.0) {
            failed.push((id, jump, steady));
        }
        if steady < -63.0 {
            worst = worst.max(jump);
        }
    }
    println!("worst: {worst:.1} dBFS");
    assert!(failed.is_empty(), "{failed:.1?}");
}
