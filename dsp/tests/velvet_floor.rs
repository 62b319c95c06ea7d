//! Velvet Floor's harmonics: audible on small speakers, the same balance at every level, no difference tones.

mod common;

use common::{
    processing::processed,
    spectra::{decibels, last, spectrum, tones},
};
use flow_dsp::{FloorSettings, Translation, internals::velvet_floor::VelvetFloor, math};
use flow_fft::num_complex::Complex;

const RATE_HZ: u32 = 48_000;
/// Bins of 1 Hz.
const FRAMES: usize = 48_000;

/// The settled spectrum of tones, given as whole hertz and amplitude.
fn settled(settings: FloorSettings, frequencies: &[(usize, f64)]) -> Vec<Complex<f64>> {
    let list: Vec<(usize, f64, f64)> = frequencies.iter().map(|&(hz, a)| (hz, a, 0.0)).collect();
    let input = tones(RATE_HZ, FRAMES, 4, &list);
    let output = processed(&mut VelvetFloor::default(), |_| settings, &input);
    spectrum(last(&output, 0, FRAMES))
}

fn warm(translation: Translation, warmth: f32) -> FloorSettings {
    FloorSettings {
        warmth,
        translation,
        ..FloorSettings::default()
    }
}

/// Levels of the harmonics relative to the tone, dB: the second to the fourth, and all above 100 Hz together.
fn harmonics_db(bins: &[Complex<f64>], hz: usize) -> ([f64; 3], f64) {
    let tone = decibels(bins[hz]);
    let each = [2, 3, 4].map(|n| decibels(bins[n * hz]) - tone);
    let sum: f64 = (2..=20)
        .map(|n| n * hz)
        .filter(|&f| f >= 100)
        .map(|f| bins[f].norm_sqr())
        .sum();
    (each, 10.0 * sum.max(1e-40).log10() - tone)
}

/// Small speakers begin at 100 Hz and play the overtones of a 50 Hz tone. At −20 dB these are clearly heard as bass.
#[test]
fn warmth_on_a_50_hz_tone_adds_overtones_above_minus_20_db() {
    for (translation, least_db) in [(Translation::Deep, -10.0), (Translation::Resonant, -20.0)] {
        for hz in [40, 50, 60, 80] {
            let bins = settled(warm(translation, 1.0), &[(hz, 0.25)]);
            let ([second, third, fourth], all) = harmonics_db(&bins, hz);
            println!(
                "{translation:?}, {hz} Hz: {second:.1} {third:.1} {fourth:.1} dB, above 100 Hz {all:.1} dB"
            );
            assert!(hz != 50 || all > least_db, "{all} dB");
        }
    }
}

/// The balance changes by less than 1 dB from −6 to −40 dBFS. A saturator would lose 34 dB of its second harmonic.
#[test]
fn warmth_at_every_level_keeps_the_balance_of_harmonics() {
    for translation in [Translation::Deep, Translation::Resonant] {
        let at = |db: f64| {
            let bins = settled(warm(translation, 1.0), &[(50, 10.0_f64.powf(db / 20.0))]);
            harmonics_db(&bins, 50).0
        };
        let (loud, quiet) = (at(-6.0), at(-40.0));
        println!("{translation:?}: {loud:.2?} dB at −6 dBFS, {quiet:.2?} dB at −40 dBFS");
        for k in 0..3 {
            assert!((loud[k] - quiet[k]).abs() < 1.0);
        }
    }
}

/// The difference tone of two notes stays 60 dB below them.
#[test]
fn warmth_on_two_notes_makes_no_difference_tone() {
    for translation in [Translation::Deep, Translation::Resonant] {
        for (low, high) in [(50, 80), (41, 62), (55, 65), (60, 100)] {
            let bins = settled(warm(translation, 1.0), &[(low, 0.2), (high, 0.2)]);
            let tone = decibels(bins[low]).max(decibels(bins[high]));
            let difference = decibels(bins[high - low]) - tone;
            let mut others: Vec<(usize, f64)> = (5..1000)
                .filter(|&f| {
                    // All bins except the tones and the sums of up to four of them.
                    !(0..=4).any(|a| (0..=4 - a).any(|b| a * low + b * high == f))
                })
                .map(|f| (f, decibels(bins[f]) - tone))
                .collect();
            others.sort_by(|a, b| b.1.total_cmp(&a.1));
            println!(
                "{translation:?}, {low} and {high} Hz: difference {difference:.1} dB; strongest others {:.1?}",
                &others[..3]
            );
            assert!(difference < -60.0, "{difference} dB");
        }
    }
}

#[test]
fn warmth_in_subtle_adds_no_harmonics() {
    let settings = FloorSettings {
        depth: 1.0,
        ..warm(Translation::Subtle, 1.0)
    };
    let bins = settled(settings, &[(50, 0.5)]);
    let (_, all) = harmonics_db(&bins, 50);
    println!("{all:.1} dB");
    assert!(all < -100.0, "{all} dB");
}

/// Depth boosts the center of the band by 6 dB at 100 %, and by 3 dB at 50 %.
#[test]
fn depth_at_half_and_full_boosts_its_band_by_3_and_6_db() {
    for (translation, center_hz) in [
        (Translation::Subtle, 20),
        (Translation::Deep, 62),
        (Translation::Resonant, 52),
    ] {
        for (depth, expected_db) in [(1.0, 6.0), (0.5, 3.0)] {
            let settings = FloorSettings {
                depth,
                ..warm(translation, 0.0)
            };
            let amplitude = 0.1;
            let level = |hz: usize| {
                decibels(settled(settings, &[(hz, amplitude)])[hz]) - 20.0 * amplitude.log10()
            };
            let (lift, above) = (level(center_hz), level(1000));
            println!(
                "{translation:?} at {depth}: {lift:.2} dB at {center_hz} Hz, {above:.2} dB at 1 kHz"
            );
            assert!((lift - expected_db).abs() < 0.5, "{lift} dB");
            assert!(above.abs() < 0.1, "{above} dB");
        }
    }
}

/// A note that starts and stops adds no more above 1 kHz than the note's own edges have.
#[test]
fn harmonics_of_a_plucked_note_stay_below_1_khz() {
    let frames = FRAMES;
    let note = |i: usize| {
        let t = math::count(i) / f64::from(RATE_HZ);
        let level = (1.0 - (-t / 0.004).exp()) * (-t / 0.2).exp();
        0.5 * level * (core::f64::consts::TAU * 55.0 * t).sin()
    };
    let samples: Vec<f32> = (0..frames).map(|i| math::narrow(note(i))).collect();
    let input = flow_audio_file::Audio::from_mono(RATE_HZ, 2, samples);
    let settings = warm(Translation::Deep, 1.0);
    let output = processed(&mut VelvetFloor::default(), |_| settings, &input);
    let above = |samples: &[f32]| {
        let power: f64 = spectrum(samples)[1000..]
            .iter()
            .map(Complex::norm_sqr)
            .sum();
        10.0 * power.log10()
    };
    let [before, after] = [&input, &output].map(|audio| above(&audio.channels[0]));
    println!("above 1 kHz: {before:.1} dB before, {after:.1} dB after");
    assert!(after < -70.0, "{after} dB");
}
