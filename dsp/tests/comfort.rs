//! Comfort removes resonances and sibilance, and leaves songs alone that have none.

mod common;

use common::{processing::processed, spectra::spectrum};
use flow_audio_file::Audio;
use flow_dsp::{CurveSettings, Section, StyleTarget, internals::velvet_curve::VelvetCurve, math};
use flow_testkit::signals;
use std::f64::consts::TAU;

const RATE_HZ: u32 = 48_000;

fn comforted(input: &Audio, style: StyleTarget) -> Audio {
    let settings = CurveSettings {
        comfort: 1.0,
        ..CurveSettings::default()
    };
    processed(&mut VelvetCurve::default(), |_| (settings, style), input)
}

fn filtered(audio: &Audio, section: Section) -> Audio {
    let channels = audio.channels.iter().map(|channel| {
        let (mut a, mut b) = (0.0, 0.0);
        let tick = |x: &f32| math::narrow(section.tick([&mut a, &mut b], f64::from(*x)));
        channel.iter().map(tick).collect()
    });
    let channels = channels.collect();
    Audio::new(audio.sample_rate_hz, channels)
}

/// Noise that falls by `slope_db` per octave above 100 Hz and whose level moves by 12 dB, as music does.
fn music_like_noise(slope_db: f64, seconds: f64) -> Audio {
    let mut noise = signals::white_noise(RATE_HZ, 2, seconds, 0.3, 7);
    for i in 0..7 {
        let hz = 140.0 * f64::from(1 << i);
        let shelf = Section::high_shelf(hz, slope_db, f64::from(RATE_HZ));
        noise = filtered(&noise, shelf);
    }
    for channel in &mut noise.channels {
        for (i, x) in channel.iter_mut().enumerate() {
            let t = math::count(i) / f64::from(RATE_HZ);
            let level_db = 4.0 * (TAU * 0.7 * t).sin() + 2.0 * (TAU * 3.1 * t).sin();
            *x *= math::narrow(10.0_f64.powf(level_db / 20.0));
        }
    }
    noise
}

/// Power of each bin of the last frames, as many as a power of two.
fn powers(audio: &Audio) -> Vec<f64> {
    let frames = 1 << audio.frames().ilog2();
    let mut powers = vec![0.0; frames / 2 + 1];
    for channel in &audio.channels {
        let bins = spectrum(&channel[audio.frames() - frames..]);
        for (power, bin) in powers.iter_mut().zip(bins) {
            *power += bin.norm_sqr();
        }
    }
    powers
}

/// Level between two frequencies, dB.
fn level_db(powers: &[f64], edges_hz: [f64; 2]) -> f64 {
    let bins = 2.0 * math::count(powers.len() - 1);
    let [first, last] = edges_hz.map(|edge| math::samples(edge / f64::from(RATE_HZ) * bins));
    10.0 * powers[first..=last].iter().sum::<f64>().log10()
}

/// The cut of what lies between two frequencies, dB.
fn removed_db(input: &Audio, output: &Audio, edges_hz: [f64; 2]) -> f64 {
    level_db(&powers(input), edges_hz) - level_db(&powers(output), edges_hz)
}

/// The largest change of a third octave from 63 Hz to 16 kHz, dB.
fn largest_change_db(input: &Audio, output: &Audio) -> f64 {
    let [before, after] = [input, output].map(powers);
    let changes = (0..=24).map(|i| {
        let hz = 63.0 * 10.0_f64.powf(0.1 * f64::from(i));
        let band = [hz / 1.122, hz * 1.122];
        (level_db(&after, band) - level_db(&before, band)).abs()
    });
    changes.fold(0.0, f64::max)
}

#[test]
fn comfort_removes_60_percent_of_a_resonance_of_12_db_in_noise() {
    let noise = music_like_noise(-4.5, 12.0);
    for hz in [150.0, 300.0, 730.0, 1500.0, 3000.0, 5000.0, 8000.0] {
        for q in [4.0, 8.0] {
            let resonance = Section::bell(hz, q, 12.0, f64::from(RATE_HZ));
            let input = filtered(&noise, resonance);
            let output = comforted(&input, StyleTarget::Neutral);
            let removed = removed_db(&input, &output, [hz / 1.03, hz * 1.03]);
            println!("{hz} Hz, Q {q}: {removed:.1} dB");
            assert!(
                removed > 7.2 && removed < 12.0,
                "{hz} Hz, Q {q}: {removed:.1} dB"
            );
        }
    }
}

/// The chorus has all instruments. Where a song has a hole or no sound of its own, a resonance stands out less.
#[test]
fn comfort_reduces_a_resonance_of_12_db_in_a_song() {
    let song = flow_demo_song::demo_excerpt(RATE_HZ, flow_demo_song::CHORUS_SECONDS, 9.0);
    let mut removed_sum = 0.0;
    let frequencies_hz = [160.0, 315.0, 630.0, 1250.0, 2500.0, 5000.0, 7500.0];
    for hz in frequencies_hz {
        let resonance = Section::bell(hz, 4.0, 12.0, f64::from(RATE_HZ));
        let input = filtered(&song, resonance);
        let output = comforted(&input, StyleTarget::Neutral);
        let removed = removed_db(&input, &output, [hz / 1.06, hz * 1.06]);
        println!("{hz} Hz: {removed:.1} dB");
        assert!(removed > -0.1, "{hz} Hz: {removed:.1} dB");
        removed_sum += removed;
    }
    let mean = removed_sum / 7.0;
    println!("mean {mean:.1} dB");
    assert!(mean > 3.0, "{mean:.1} dB");
}

#[test]
fn comfort_removes_6_db_of_a_sibilant_of_18_db() {
    let mut input = music_like_noise(-4.5, 8.0);
    let band = [5000.0, 9000.0];
    let rate = f64::from(RATE_HZ);
    let hiss = signals::white_noise(RATE_HZ, 2, 8.0, 0.3, 9);
    let mut hiss = filtered(&hiss, Section::high_pass(band[0], rate));
    hiss = filtered(&hiss, Section::high_pass(band[0], rate));
    hiss = filtered(&hiss, Section::low_pass(band[1], rate));
    hiss = filtered(&hiss, Section::low_pass(band[1], rate));
    let gain_db = removed_db(&input, &hiss, band) + 18.0;
    // 100 ms every 1.5 s, with edges of 10 ms.
    let envelope = |i: usize| {
        let ms = math::count(i % (3 * RATE_HZ as usize / 2)) / rate * 1000.0 - 700.0;
        (ms / 10.0).min((100.0 - ms) / 10.0).clamp(0.0, 1.0)
    };
    for (channel, hiss) in input.channels.iter_mut().zip(&hiss.channels) {
        for (i, x) in channel.iter_mut().enumerate() {
            *x += math::narrow(f64::from(hiss[i]) * envelope(i) * 10.0_f64.powf(gain_db / 20.0));
        }
    }
    let output = comforted(&input, StyleTarget::Neutral);
    let only = |audio: &Audio| {
        let channels = audio.channels.iter().map(|channel| {
            let inside = channel
                .iter()
                .enumerate()
                .filter(|(i, _)| envelope(*i) > 0.0);
            inside.map(|(_, x)| *x).collect()
        });
        Audio::new(RATE_HZ, channels.collect())
    };
    let removed = removed_db(&only(&input), &only(&output), band);
    println!("{removed:.1} dB");
    assert!(removed > 6.0, "{removed:.1} dB");
}

#[test]
fn comfort_leaves_songs_without_resonances_alone() {
    let demo = flow_demo_song::demo_song(RATE_HZ);
    let songs = [
        ("dark", music_like_noise(-6.0, 8.0)),
        ("balanced", music_like_noise(-4.5, 8.0)),
        ("bright", music_like_noise(-2.0, 8.0)),
        ("demo song", demo),
    ];
    for (name, input) in songs {
        for style in [
            StyleTarget::Neutral,
            StyleTarget::Electronic,
            StyleTarget::Rock,
        ] {
            let change_db = largest_change_db(&input, &comforted(&input, style));
            println!("{name}, {style:?}: {change_db:.2} dB");
            assert!(change_db < 0.3, "{name}, {style:?}: {change_db:.2} dB");
        }
    }
}
