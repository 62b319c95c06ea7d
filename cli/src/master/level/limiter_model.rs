//! A model of the limiter that predicts the loudness behind it for any gain, without audio.
//!
//! The limiter's gain is that of its release ([`LimiterRelease`]) and of its hold of low frequencies ([`LowFrequencyHold`])
//! over held peaks. The prediction is good to some hundredths of a LU, and to about a tenth at 11 dB of limiting, in a few
//! milliseconds.

use super::level_profile::LevelProfile;
use flow_dsp::{
    LIMITER_MARGIN_DB, LimiterRelease, LimiterSettings, LowFrequencyHold, LowLevel, QUANTUM, math,
};
use flow_measure::loudness::gated_lufs;
use std::ops::Range;
use std::sync::Arc;

/// Gating blocks of 400 ms begin every 100 ms.
const GATING_BLOCK_TENTHS: usize = 4;
/// Steps before and behind a step whose peaks the limiter holds there.
const HELD_BEFORE: usize = 2;
const HELD_BEHIND: usize = 2;
/// Steps by which the hold of low frequencies knows the peaks, and the low frequencies, earlier than the release.
const PEAKS_AHEAD: usize = 5;
const LOWS_AHEAD: usize = 7;

/// A signal before the limiter.
#[derive(Clone)]
pub(crate) struct LimiterInput {
    pub(crate) profile: Arc<LevelProfile>,
    /// The gain that the profile contains already.
    pub(crate) gain_db: f64,
}

/// The limiter behind a signal, and the tracks that are measured each for itself.
pub(crate) struct LimiterModel {
    input: LimiterInput,
    settings: LimiterSettings,
    /// The steps of each track.
    tracks: Vec<Range<usize>>,
}

impl LimiterModel {
    /// A limiter with these settings behind a signal whose `tracks` are ranges of frames.
    pub(crate) fn new(
        input: LimiterInput,
        settings: LimiterSettings,
        tracks: impl Iterator<Item = Range<usize>>,
    ) -> Self {
        let LevelProfile {
            step_frames,
            energies,
            ..
        } = &*input.profile;
        let step = |frame: usize| (frame / step_frames).min(energies.len());
        Self {
            settings,
            tracks: tracks
                .map(|frames| step(frames.start)..step(frames.end))
                .collect(),
            input,
        }
    }

    /// The integrated loudness of the loudest track at a gain before the limiter; negative infinity if all tracks are
    /// silent or short.
    pub(crate) fn lufs(&self, gain_db: f64) -> f64 {
        let profile = &*self.input.profile;
        // A step takes the place of a quantum.
        let rate_hz = profile.sample_rate_hz / profile.step_frames as f64 * QUANTUM as f64;
        let gain = math::gain_from_db(gain_db - self.input.gain_db);
        let ceiling = math::gain_from_db(f64::from(self.settings.ceiling_db) - LIMITER_MARGIN_DB);
        let scale = math::narrow(gain / ceiling);
        let mut release = LimiterRelease::default();
        release.prepare(rate_hz);
        release.set(self.settings.release_ms, self.settings.style);
        let mut hold = LowFrequencyHold::new(rate_hz);
        let mut tracks = self.tracks.iter();
        let mut track = tracks.next();
        let mut loudness = TrackLoudness::new(profile, gain);
        let mut loudest = f64::NEG_INFINITY;
        let (peaks, lows) = (&profile.peaks, &profile.lows);
        let peak_at = |step: usize| scale * peaks.get(step).copied().unwrap_or(0.0);
        let low_at = |step: usize| {
            lows.get(step)
                .map_or(LowLevel::default(), |low| low.scaled(scale))
        };
        let mut last = 1.0;
        for (step, energy) in profile.energies.iter().enumerate() {
            let held = &peaks[step.saturating_sub(HELD_BEFORE)..];
            let held = &held[..held.len().min(HELD_BEFORE + HELD_BEHIND + 1)];
            let peak = held.iter().fold(0.0, |a: f32, b| a.max(*b)) * scale;
            let low_gain = hold.process(
                peak_at(step + PEAKS_AHEAD).max(1.0),
                low_at(step + LOWS_AHEAD),
            );
            let next = release.advance(low_gain.min(1.0 / peak.max(1.0)));
            let reduction = 0.5 * (last + next);
            last = next;
            while track.is_some_and(|track| step >= track.end) {
                loudest = loudest.max(loudness.finish());
                loudness = TrackLoudness::new(profile, gain);
                track = tracks.next();
            }
            if track.is_some_and(|track| track.contains(&step)) {
                loudness.add(f64::from(energy * reduction * reduction));
            }
        }
        loudest.max(loudness.finish())
    }
}

/// The integrated loudness of a track from the energies of its steps.
struct TrackLoudness {
    steps_in_tenth: f64,
    /// The mean square of a gating block for each unit of energy.
    scale: f64,
    steps: f64,
    /// The energy of each complete 100 ms.
    tenths: Vec<f64>,
    /// The energy of the present ones.
    tenth: f64,
}

impl TrackLoudness {
    fn new(profile: &LevelProfile, gain: f64) -> Self {
        let frames_in_tenth = profile.sample_rate_hz / 10.0;
        Self {
            steps_in_tenth: frames_in_tenth / profile.step_frames as f64,
            scale: gain * gain / (GATING_BLOCK_TENTHS as f64 * frames_in_tenth),
            steps: 0.0,
            tenths: Vec::new(),
            tenth: 0.0,
        }
    }

    fn add(&mut self, energy: f64) {
        self.tenth += energy;
        self.steps += 1.0;
        if self.steps >= (self.tenths.len() + 1) as f64 * self.steps_in_tenth {
            self.tenths.push(std::mem::take(&mut self.tenth));
        }
    }

    /// Negative infinity without a block above the gate.
    fn finish(&self) -> f64 {
        let blocks = self.tenths.windows(GATING_BLOCK_TENTHS);
        let mean_squares: Vec<f64> = blocks
            .map(|tenths| tenths.iter().sum::<f64>() * self.scale)
            .collect();
        gated_lufs(&mean_squares)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flow_audio_file::Audio;
    use flow_dsp::{Chain, ChainSettings, LimiterStyle, Monitor, Spec};
    use flow_measure::loudness::loudness;

    use crate::master::level::level_profile::LevelProfileMeter;

    fn input(song: &Audio) -> LimiterInput {
        let mut meter = LevelProfileMeter::new(song.sample_rate_hz, song.frames());
        meter.push(&song.slices());
        LimiterInput {
            profile: Arc::new(meter.finish()),
            gain_db: 0.0,
        }
    }

    /// The loudness behind Flow's own chain.
    fn limited_lufs(song: &Audio, gain_db: f64, limiter: LimiterSettings) -> f64 {
        let spec = Spec {
            sample_rate_hz: f64::from(song.sample_rate_hz),
        };
        let settings = ChainSettings {
            loudness_gain_db: math::narrow(gain_db),
            limiter,
            ..ChainSettings::default()
        };
        let mut output = song.clone();
        let [left, right] = &mut output.channels[..] else {
            panic!("a stereo song")
        };
        Chain::new(spec).process(&settings, Monitor::default(), &mut [left, right]);
        loudness(&output).integrated_lufs
    }

    #[test]
    fn prediction_of_loudness_equals_that_of_limited_song() {
        let mut worst = 0.0_f64;
        for rate_hz in [44_100, 96_000] {
            let rate = rate_hz as usize;
            let song = flow_demo_song::demo_song(rate_hz).range(20 * rate, 32 * rate);
            let input = input(&song);
            for (style, gain_db) in [
                (LimiterStyle::Clean, -10.0),
                (LimiterStyle::Clean, 6.0),
                (LimiterStyle::Clean, 12.0),
                (LimiterStyle::Loud, 12.0),
            ] {
                let settings = LimiterSettings {
                    style,
                    ..LimiterSettings::default()
                };
                let whole = std::iter::once(0..song.frames());
                let predicted = LimiterModel::new(input.clone(), settings, whole).lufs(gain_db);
                let lufs = limited_lufs(&song, gain_db, settings);
                let error = predicted - lufs;
                println!("{rate_hz} Hz, {style:?}, {gain_db} dB: {predicted} instead of {lufs}");
                assert!(error.abs() < 0.2, "{style:?} {gain_db} dB: {error}");
                worst = worst.max(error.abs());
            }
        }
        println!("measured: within {worst:.2} LU");
    }

    #[test]
    fn prediction_for_several_tracks_is_that_of_the_loudest() {
        let song = flow_demo_song::demo_song(44_100);
        let frames = song.frames();
        let mut both = song.clone().gained(-6.0);
        both.append(&song);
        let lufs = |song: &Audio, tracks: Vec<Range<usize>>| {
            let settings = LimiterSettings::default();
            LimiterModel::new(input(song), settings, tracks.into_iter()).lufs(-6.0)
        };
        let alone = lufs(&song, std::iter::once(0..frames).collect());
        let loudest = lufs(&both, vec![0..frames, frames..2 * frames]);
        assert!((loudest - alone).abs() < 0.01, "{loudest} {alone}");
        let none = lufs(&song, std::iter::once(0..100).collect());
        assert_eq!(none, f64::NEG_INFINITY);
    }
}
