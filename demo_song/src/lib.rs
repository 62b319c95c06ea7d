//! A demo song that the repository makes by itself: the track that `cargo xtask master` works on when it gets none,
//! and the tests' music. The same on every machine, at any sample rate.
//!
//! Sixteen bars in A minor and a last chord: an intro of pads and plucks, a verse with bass and drums, a chorus with
//! everything, a break, and the chorus again. It is left at the level and with the dynamics of a mix that waits for
//! its master: about −20 LUFS, peaks at −6 dBFS.

mod filter;
mod noise;
mod reverb;
mod score;
mod voices;

pub use noise::Noise;

use flow_audio_file::Audio;
use flow_dsp::math::{narrow, samples};
use flow_measure::low_pass;
use reverb::Reverb;
use score::Score;

/// The main fader: puts the highest peak at −6 dBFS.
const FADER: f64 = 0.57;

/// The converter's filter, as shares of the sample rate: at 44.1 kHz from 17.6 to 19.8 kHz.
const BAND_PASS: f64 = 0.40;
const BAND_END: f64 = 0.45;

/// The demo song: 39 s in stereo.
#[must_use]
pub fn demo_song(sample_rate_hz: u32) -> Audio {
    demo_excerpt(sample_rate_hz, 0.0, score::SECONDS)
}

/// `seconds` of the demo song from `from_seconds` on, without the echoes of what came before. Much faster than the
/// whole. The chorus starts at [`CHORUS_SECONDS`].
#[must_use]
pub fn demo_excerpt(sample_rate_hz: u32, from_seconds: f64, seconds: f64) -> Audio {
    let mut stage = Stage::new(
        sample_rate_hz,
        from_seconds,
        seconds.min(score::SECONDS - from_seconds),
    );
    Score::new(&mut stage).play();
    stage.mix(sample_rate_hz)
}

/// Where the first chorus starts: the loudest and densest part.
pub const CHORUS_SECONDS: f64 = score::BAR_SECONDS * 6.0;

/// The buses that instruments play into.
struct Stage {
    rate_hz: f64,
    /// The frame of the song at which the buses start.
    first_frame: usize,
    /// Drums, which nothing ducks.
    drums: [Vec<f64>; 2],
    /// Everything with a pitch; steps aside for the kick.
    tonal: [Vec<f64>; 2],
    /// What is sent to the reverb.
    send: [Vec<f64>; 2],
    /// Frames at which the kick hits, counted from the start of the buses.
    kicks: Vec<isize>,
}

/// Where an instrument stands.
#[derive(Clone, Copy)]
struct Place {
    /// −1 left to 1 right.
    pan: f64,
    gain: f64,
    /// Share that goes to the reverb.
    send: f64,
}

impl Stage {
    fn new(sample_rate_hz: u32, from_seconds: f64, seconds: f64) -> Self {
        let rate_hz = f64::from(sample_rate_hz);
        let frames = samples(seconds * rate_hz);
        let bus = || [vec![0.0; frames], vec![0.0; frames]];
        Self {
            rate_hz,
            first_frame: samples(from_seconds * rate_hz),
            drums: bus(),
            tonal: bus(),
            send: bus(),
            kicks: Vec::new(),
        }
    }

    /// The frame at `seconds` into the song, counted from the first one on stage.
    fn frame_at(&self, seconds: f64) -> isize {
        samples(seconds * self.rate_hz)
            .wrapping_sub(self.first_frame)
            .cast_signed()
    }

    /// Adds `seconds` of a voice, which gets the time since its start and returns a sample.
    fn play(
        &mut self,
        is_drum: bool,
        at_seconds: f64,
        seconds: f64,
        place: Place,
        voice: impl FnMut(f64) -> f64,
    ) {
        self.play_copies(is_drum, seconds, &[(at_seconds, place)], voice);
    }

    /// Adds the same sound at several times and places.
    fn play_copies(
        &mut self,
        is_drum: bool,
        seconds: f64,
        copies: &[(f64, Place)],
        mut voice: impl FnMut(f64) -> f64,
    ) {
        let frames = self.send[0].len();
        let length = samples(seconds * self.rate_hz);
        let is_on_stage =
            |start: isize| start + length.cast_signed() > 0 && start < frames.cast_signed();
        if !copies.iter().any(|(at, _)| is_on_stage(self.frame_at(*at))) {
            return;
        }
        let sound: Vec<f64> = (0..length)
            .map(|i| voice(i as f64 / self.rate_hz))
            .collect();
        for (at_seconds, place) in copies {
            let start = self.frame_at(*at_seconds);
            // Equal power: as loud at the sides as in the middle.
            let angle = (place.pan + 1.0) * std::f64::consts::FRAC_PI_4;
            let gains = [angle.cos() * place.gain, angle.sin() * place.gain];
            let bus = if is_drum {
                &mut self.drums
            } else {
                &mut self.tonal
            };
            let skipped = (-start).max(0).unsigned_abs();
            let from = start.max(0).unsigned_abs().min(frames);
            for side in 0..2 {
                let heard = sound.get(skipped..).unwrap_or_default();
                let dry = bus[side][from..].iter_mut();
                for ((sample, dry), wet) in heard.iter().zip(dry).zip(&mut self.send[side][from..])
                {
                    *dry += gains[side] * sample;
                    *wet += gains[side] * place.send * sample;
                }
            }
        }
    }

    /// Adds everything up.
    fn mix(mut self, sample_rate_hz: u32) -> Audio {
        self.duck();
        let mut reverb = Reverb::new(self.rate_hz);
        let frames = self.send[0].len();
        let mut out = [Vec::with_capacity(frames), Vec::with_capacity(frames)];
        for frame in 0..frames {
            let wet = reverb.process([self.send[0][frame], self.send[1][frame]]);
            for side in 0..2 {
                out[side].push(self.drums[side][frame] + self.tonal[side][frame] + wet[side]);
            }
        }
        // A recording ends where the converter's filter does: no master sees white noise up to half the sample rate.
        let limited = out.iter().map(|c| low_pass(c, BAND_PASS, BAND_END));
        Audio::new(
            sample_rate_hz,
            limited
                .map(|c| c.iter().map(|s| narrow(s * FADER)).collect())
                .collect(),
        )
    }

    /// Lets pads and bass give way for a moment at each kick, as a side-chain compressor does.
    fn duck(&mut self) {
        let length = samples(0.3 * self.rate_hz);
        let gain = |frame: usize| {
            let seconds = frame as f64 / self.rate_hz;
            // 4 ms down, about 100 ms back.
            1.0 - 0.45 * (1.0 - (-seconds / 0.004).exp()) * (-(seconds / 0.12).powi(2)).exp()
        };
        let dip: Vec<f64> = (0..length).map(gain).collect();
        for start in &self.kicks {
            let from = start.max(&0).unsigned_abs();
            let dip = dip
                .get((-start).max(0).unsigned_abs()..)
                .unwrap_or_default();
            for side in &mut self.tonal {
                for (sample, gain) in side.iter_mut().skip(from).zip(dip) {
                    *sample *= gain;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flow_measure::loudness::{correlation, loudness};

    #[test]
    fn it_is_a_mix_that_waits_for_its_master() {
        let song = demo_song(48_000);
        let read = loudness(&song);
        let peak_dbfs = flow_audio_file::gain_to_db(f64::from(song.sample_peak()));
        println!(
            "{peak_dbfs:.2} dBFS {:.2} LUFS LRA {:.1} correlation {:.2}",
            read.integrated_lufs,
            read.loudness_range_lu,
            correlation(&song)
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
        // Wide, but it folds down to mono.
        assert!(
            (0.4..=0.95).contains(&correlation(&song)),
            "{}",
            correlation(&song)
        );
    }

    #[test]
    fn it_is_the_same_song_at_every_rate() {
        let chorus = |rate| loudness(&demo_excerpt(rate, CHORUS_SECONDS, 5.0)).integrated_lufs;
        let levels = [22_050, 44_100, 192_000].map(chorus);
        for level in levels {
            assert!((level - levels[1]).abs() < 1.0, "{levels:?}");
        }
    }

    #[test]
    fn an_excerpt_is_cut_from_the_song() {
        // From the start there are no earlier echoes to miss; at the end the low-pass feels the cut.
        let excerpt = demo_excerpt(22_050, 0.0, 1.0).range(0, 21_900);
        assert_eq!(
            excerpt.first_difference(&demo_song(22_050).range(0, 21_900)),
            None
        );
    }
}
