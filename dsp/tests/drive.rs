//! The range of Drive: its distortion rises evenly over the knob.

mod common;

use common::{delayed, processing::processed};
use flow_audio_file::Audio;
use flow_dsp::internals::{drive::Drive, oversampling::OVERSAMPLING_LATENCY};
use flow_measure::loudness::loudness;
use flow_testkit::signals::voices;

const RATE_HZ: u32 = 48_000;
/// Frames over which the gain of the undistorted part counts as constant: 50 ms.
const WINDOW: usize = 2400;

/// The power of the output that isn't a scaled copy of the input within 50 ms, against the power that is, dB.
fn distortion_db(drive: f32, input: &Audio) -> f64 {
    let output = processed(&mut Drive::default(), |_| drive, input);
    let clean = delayed(input, u32::try_from(OVERSAMPLING_LATENCY).unwrap_or(0));
    let (mut copied, mut distorted) = (0.0, 0.0);
    for (clean, output) in clean.channels.iter().zip(&output.channels) {
        // The make-up gain moves in the first second.
        for (clean, output) in clean.chunks(WINDOW).zip(output.chunks(WINDOW)).skip(40) {
            let dot = |a: &[f32], b: &[f32]| -> f64 {
                a.iter().zip(b).map(|(a, b)| f64::from(a * b)).sum()
            };
            let power = dot(clean, clean);
            if power > 0.0 {
                let copy = dot(clean, output).powi(2) / power;
                copied += copy;
                distorted += (dot(output, output) - copy).max(0.0);
            }
        }
    }
    10.0 * f64::log10(distorted / copied)
}

/// A tone of 1 kHz at −12 dBFS, the chorus of the demo song, and a plucked tune, both at −16 LUFS.
fn signals() -> [(&'static str, Audio); 3] {
    let tone = flow_testkit::signals::ebu::tones(RATE_HZ, &[(-12.0, 4.0)]);
    let song = flow_demo_song::demo_excerpt(RATE_HZ, flow_demo_song::CHORUS_SECONDS, 8.0);
    let [song, tune] = [song, voices::tune(RATE_HZ, 2, 8.0, 0.3)].map(|audio| {
        let gain_db = -16.0 - loudness(&audio).integrated_lufs;
        audio.gained(gain_db)
    });
    [("tone", tone), ("song", song), ("tune", tune)]
}

/// At a quarter the distortion lies 40 to 60 dB below the signal. A curve whose distortion begins with the fifth order
/// leaves it 75 dB below the song.
#[test]
fn drive_is_audible_from_a_quarter_on_and_each_quarter_adds_5_to_11_db() {
    for (name, audio) in &signals() {
        let level_db = |drive: f32| {
            let db = distortion_db(drive, audio);
            println!("{name} at {drive}: {db:.1} dB");
            db
        };
        let small = [0.01, 0.05, 0.1].map(level_db);
        let quarters = [0.25, 0.5, 0.75, 1.0].map(level_db);
        assert!(small.is_sorted() && small[2] < quarters[0], "{small:?}");
        for pair in quarters.windows(2) {
            let rise_db = pair[1] - pair[0];
            assert!((5.0..=11.0).contains(&rise_db), "{name}: {rise_db} dB");
        }
        assert!(
            (-60.0..-40.0).contains(&quarters[0]),
            "{name}: {} dB",
            quarters[0]
        );
    }
}
