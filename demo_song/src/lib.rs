//! A synthesized demo song: the default input of `cargo xtask master` and the music of the tests. It is the same on every
//! machine, at any sample rate: its math functions are those of the crate libm, because the libraries of systems differ in
//! their last bits.
//!
//! Sixteen bars in A minor and a last chord: an intro of pads and plucks, a verse with bass and drums, a chorus with all
//! instruments, a break, and the chorus again. It has the level and dynamics of an unmastered mix: about −20 LUFS, peaks at
//! −6 dBFS.

mod filter;
mod mixer;
mod noise;
mod reverb;
mod score;
mod voices;

pub use noise::Noise;

use flow_audio_file::Audio;
use mixer::Mixer;
use score::Score;

/// The demo song: 39 s in stereo.
#[must_use]
pub fn demo_song(sample_rate_hz: u32) -> Audio {
    demo_excerpt(sample_rate_hz, 0.0, score::SECONDS)
}

/// `seconds` of the demo song from `from_seconds` on, without the echoes of earlier notes. Much faster than the whole song.
/// The chorus starts at [`CHORUS_SECONDS`].
#[must_use]
pub fn demo_excerpt(sample_rate_hz: u32, from_seconds: f64, seconds: f64) -> Audio {
    let mut mixer = Mixer::new(
        sample_rate_hz,
        from_seconds,
        seconds.min(score::SECONDS - from_seconds),
    );
    Score::new(&mut mixer).play();
    mixer.mix(sample_rate_hz)
}

/// Start of the first chorus, the loudest and densest part.
pub const CHORUS_SECONDS: f64 = score::BAR_SECONDS * 6.0;

#[cfg(test)]
mod tests {
    use super::*;
    use flow_measure::measure;

    #[test]
    fn demo_song_has_the_level_and_dynamics_of_an_unmastered_mix() {
        let song = demo_song(48_000);
        let measured = measure(&song);
        let (read, correlation) = (&measured.loudness, measured.faults.correlation);
        let peak_dbfs = measured.sample_peak_dbfs();
        println!(
            "{peak_dbfs:.2} dBFS {:.2} LUFS LRA {:.1} correlation {:.2}",
            read.integrated_lufs, read.loudness_range_lu, correlation
        );
        assert!(song.is_finite());
        assert!((-6.5..=-5.5).contains(&peak_dbfs), "{peak_dbfs}");
        assert!(
            (-21.5..=-18.5).contains(&read.integrated_lufs),
            "{}",
            read.integrated_lufs
        );
        // Sections of different loudness.
        assert!(
            (4.0..=15.0).contains(&read.loudness_range_lu),
            "{}",
            read.loudness_range_lu
        );
        // It is wide, but folds down to mono.
        assert!((0.4..=0.95).contains(&correlation), "{correlation}");
    }

    #[test]
    fn demo_song_at_other_rates_has_the_same_loudness() {
        let chorus = |rate| {
            let excerpt = demo_excerpt(rate, CHORUS_SECONDS, 5.0);
            measure(&excerpt).loudness.integrated_lufs
        };
        let levels = [22_050, 44_100, 192_000].map(chorus);
        for level in levels {
            assert!((level - levels[1]).abs() < 1.0, "{levels:?}");
        }
    }

    #[test]
    fn demo_excerpt_from_the_start_equals_the_song() {
        // The start has no earlier echoes; at the end the low-pass meets the cut.
        let excerpt = demo_excerpt(22_050, 0.0, 1.0).range(0, 21_900);
        assert_eq!(
            excerpt.first_difference(&demo_song(22_050).range(0, 21_900)),
            None
        );
    }
}
