//! The make-up gain over the sections of a song: it doesn't follow them, and it follows new settings.

#[path = "../common/mod.rs"]
mod common;

use common::{compressors::Compressor, processing::processed};
use flow_audio_file::Audio;
use flow_dsp::{DynamicsSettings, GlueRatio, GlueSettings, internals::glue::Glue, math};
use flow_measure::loudness::loudness;

const RATE_HZ: u32 = 48_000;
const SECTION_SECONDS: f64 = 20.0;
const VERSE_LUFS: f64 = -26.0;
const CHORUS_LUFS: f64 = -14.0;

fn lufs(audio: &Audio) -> f64 {
    loudness(audio).integrated_lufs
}

/// Sections of the same music at the given loudness, one after the other.
fn song(sections_lufs: &[f64]) -> Audio {
    let music = flow_demo_song::demo_excerpt(RATE_HZ, 20.0, SECTION_SECONDS);
    let own_lufs = lufs(&music);
    let mut channels = vec![Vec::new(); 2];
    for section_lufs in sections_lufs {
        let section = music.clone().gained(section_lufs - own_lufs);
        for (channel, section) in channels.iter_mut().zip(&section.channels) {
            channel.extend_from_slice(section);
        }
    }
    Audio::new(RATE_HZ, channels)
}

fn section(audio: &Audio, index: usize, count: usize) -> Audio {
    let frames = audio.frames() / count;
    audio.range(index * frames, (index + 1) * frames)
}

/// Every stage at work, gently (2 : 1 at −16 dB) or firmly (4 : 1 at −24 dB).
fn settings(is_firm: bool) -> DynamicsSettings {
    let (ratio, lower_db) = if is_firm { (4.0, 8.0) } else { (2.0, 0.0) };
    let mut dynamics = DynamicsSettings::default();
    dynamics.mid_side.amount = 1.0;
    dynamics.multiband.amount = 1.0;
    dynamics.glue.amount = 1.0;
    dynamics.glue.threshold_db -= lower_db;
    if is_firm {
        dynamics.glue.ratio = GlueRatio::Firm;
    }
    let mid_side = &mut dynamics.mid_side;
    let bands = dynamics.multiband.bands.iter_mut();
    let compressors = bands.map(|band| &mut band.compressor);
    for compressor in compressors.chain([&mut mid_side.mid, &mut mid_side.side]) {
        compressor.threshold_db -= lower_db;
        compressor.ratio = ratio;
    }
    dynamics
}

/// The limit is 0.3 LU. A mean over 8 s that counts all passages alike moves the sections apart by 0.3 to 2.1 LU.
#[test]
fn make_up_leaves_the_difference_of_verse_and_chorus_to_the_compressor() {
    let song = song(&[VERSE_LUFS, CHORUS_LUFS, VERSE_LUFS, CHORUS_LUFS]);
    let mut worst = 0.0_f64;
    for compressor in [Compressor::Glue, Compressor::Mid, Compressor::Band(0)] {
        for is_firm in [false, true] {
            let (output, make_up) = compressor.processed(&settings(is_firm), &song);
            let mut without = output.clone();
            for channel in &mut without.channels {
                for (sample, gain) in channel.iter_mut().zip(&make_up) {
                    *sample /= gain;
                }
            }
            let difference = |audio: &Audio| {
                let [verse, chorus] = [2, 3].map(|index| lufs(&section(audio, index, 4)));
                chorus - verse
            };
            let change = difference(&output) - difference(&without);
            let quarter = make_up.len() / 4;
            let db = |gain: f32| 20.0 * gain.log10();
            let later = make_up[2 * quarter..].iter();
            let [least, most] = [f32::min, f32::max].map(|of| later.clone().copied().reduce(of));
            println!(
                "{compressor:?}, firm {is_firm}: {change:+.2} LU by the make-up gain of {:.1} dB in the first verse, {:.1} to {:.1} dB later",
                db(make_up[quarter - 1]),
                db(least.unwrap_or(1.0)),
                db(most.unwrap_or(1.0)),
            );
            worst = worst.max(change.abs());
        }
    }
    assert!(worst < 0.3, "{worst} LU");
}

/// A new setting is judged by the passage that plays: the verse comes out as loud as it goes in, within 1 LU over the 18 s
/// behind the change. Without a change it keeps the gain of the chorus and is louder by 4 LU and more.
#[test]
fn make_up_after_a_change_of_settings_in_a_verse_keeps_the_loudness_of_the_verse() {
    let song = song(&[CHORUS_LUFS, VERSE_LUFS]);
    let change_at = song.frames() - math::samples(18.0 * f64::from(RATE_HZ));
    let settings = settings(true).glue;
    let changed = GlueSettings {
        threshold_db: settings.threshold_db + 1.0,
        ..settings
    };
    let change_lu = |later: GlueSettings| {
        let at = |frame| if frame < change_at { settings } else { later };
        let output = processed(&mut Glue::default(), at, &song);
        let [before, after] =
            [&song, &output].map(|audio| lufs(&audio.range(change_at, audio.frames())));
        after - before
    };
    let [kept, changed] = [settings, changed].map(change_lu);
    println!("{kept:+.2} LU without a change of settings, {changed:+.2} LU with one");
    assert!(changed.abs() < 1.0, "{changed} LU");
    assert!(kept > 4.0, "{kept} LU");
}
