//! The gain that makes a reference as loud as the master.

use flow_dsp::Readings;
use flow_dsp::math::{db_from_gain, narrow};

use crate::audio::monitor::MonitorStates;

/// The softest level that a song is turned down to, dB.
const MIN_GAIN_DB: f32 = -40.0;
/// The loudest level that a song is turned up to, dB.
const MAX_GAIN_DB: f32 = 12.0;
/// A short-term loudness so far below the integrated one is a pause, LU.
const PAUSE_LU: f32 = 20.0;

/// The loudness of the master.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Target {
    /// Without *Auto gain*, LUFS.
    pub(super) lufs: f32,
    /// The change by *Auto gain*, dB.
    auto_gain_db: f32,
}

/// The level of a song and its section.
#[derive(Clone, Copy)]
pub(super) struct SongLevel {
    /// Loudness of the section, LUFS. None for silence.
    pub(super) lufs: Option<f32>,
    /// The highest gain, dB. Any part of the song may sound, so that its peak counts.
    pub(super) max_gain_db: f32,
}

/// The level of the song that is heard.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LoudnessMatch {
    /// Gain of the song, dB.
    pub gain_db: f32,
    /// Loudness that the song lacks against the master, because it would exceed full scale, LU.
    pub missing_lu: f32,
}

impl Target {
    /// The loudness of the master as it is heard, LUFS.
    pub(super) fn lufs(self, states: MonitorStates) -> f32 {
        if states.chain.auto_gain {
            self.lufs + self.auto_gain_db
        } else {
            self.lufs
        }
    }
}

/// The loudness of the last 3 s, or the integrated one in a pause. None before anything was measured.
pub(super) fn target(readings: &Readings) -> Option<Target> {
    let output = &readings.output;
    let integrated = Some(output.integrated_lufs).filter(|lufs| lufs.is_finite())?;
    let short_term = output.short_term_lufs;
    let lufs = if short_term > integrated - PAUSE_LU {
        short_term
    } else {
        integrated
    };
    Some(Target {
        lufs,
        auto_gain_db: readings.monitor_gain_db,
    })
}

/// The highest gain of a song with this peak, dB: it reaches full scale.
pub(super) fn max_gain_db(peak: f32) -> f32 {
    let headroom_db = -narrow(db_from_gain(f64::from(peak)));
    headroom_db.min(MAX_GAIN_DB)
}

/// The gain that makes a section as loud as a target, up to its limit.
pub(super) fn loudness_match(level: SongLevel, target_lufs: f32) -> Option<LoudnessMatch> {
    let wanted_db = target_lufs - level.lufs?;
    let gain_db = wanted_db.max(MIN_GAIN_DB).min(level.max_gain_db);
    Some(LoudnessMatch {
        gain_db,
        missing_lu: (wanted_db - gain_db).max(0.0),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use flow_dsp::{Monitor, SignalReadings};

    fn readings(short_term_lufs: f32, integrated_lufs: f32) -> Readings {
        Readings {
            output: SignalReadings {
                short_term_lufs,
                integrated_lufs,
                ..SignalReadings::default()
            },
            monitor_gain_db: -3.0,
            ..Readings::default()
        }
    }

    #[test]
    fn target_is_the_short_term_loudness_of_the_master_outside_of_pauses() {
        let none = f32::NEG_INFINITY;
        let states = MonitorStates::default();
        for (short_term, integrated, expected) in [
            (-12.0, -15.0, Some(-12.0)),
            (-30.0, -15.0, Some(-30.0)),
            (-60.0, -15.0, Some(-15.0)),
            (none, -15.0, Some(-15.0)),
            (none, none, None),
        ] {
            let target = target(&readings(short_term, integrated));
            let lufs = target.map(|target| target.lufs(states));
            assert_eq!(lufs, expected, "{short_term} {integrated}");
        }
        // Auto gain plays the master at another level.
        let auto_gain = Monitor {
            auto_gain: true,
            ..Monitor::default()
        };
        let target = target(&readings(-12.0, -15.0)).unwrap();
        assert_eq!(target.lufs(auto_gain.into()), -15.0);
    }

    #[test]
    fn match_turns_the_reference_to_the_target_but_not_beyond_full_scale() {
        let matched = |lufs, peak, target_lufs| {
            let level = SongLevel {
                lufs: Some(lufs),
                max_gain_db: max_gain_db(peak),
            };
            let found = loudness_match(level, target_lufs).unwrap();
            [found.gain_db, found.missing_lu].map(|db| (db * 100.0).round() / 100.0)
        };
        assert_eq!(matched(-8.0, 0.99, -14.0), [-6.0, 0.0]);
        assert_eq!(matched(-20.0, 0.25, -14.0), [6.0, 0.0]);
        assert_eq!(matched(-14.0, 0.5, -6.0), [6.02, 1.98]);
        assert_eq!(matched(-9.0, 1.25, -7.0), [-1.94, 3.94]);
        assert_eq!(matched(-60.0, 0.001, -14.0), [12.0, 34.0]);
        assert_eq!(matched(-60.0, 0.0, -14.0), [12.0, 34.0]);
        assert_eq!(matched(-5.0, 1.0, -69.0), [-40.0, 0.0]);
        let silence = SongLevel {
            lufs: None,
            max_gain_db: 0.0,
        };
        assert_eq!(loudness_match(silence, -14.0), None);
    }
}
