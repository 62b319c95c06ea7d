//! The reference in place of the output, as loud as the master.
//!
//! The window opens a song and sets its level. The audio thread's half is a [`Playback`] after the chain. Whether the song is
//! heard is one of the [monitor states](super::monitor), so that no offline render has it.

use std::path::{Path, PathBuf};
use std::sync::Mutex;

use flow_dsp::Readings;
use flow_dsp::math::{db_from_gain, gain_from_db, narrow};
use flow_platform::mutex::lock;

use super::monitor::{MonitorState, MonitorStates};
use super::player::{Playback, PlayerAction, PlayerView, SectionLevel, SongPlayer, StartPlace};

/// Length of the section that a new song repeats, s: its loudest one. A song that is hardly longer repeats as a whole.
const SECTION_S: f64 = 20.0;
const SHORT_SONG_S: f64 = 30.0;
/// The softest level that a song is turned down to, dB.
const MIN_GAIN_DB: f32 = -40.0;
/// A short-term loudness so far below the integrated one is a pause, LU.
const PAUSE_LU: f32 = 20.0;

/// The song of an instance. Only windows and the main thread lock it.
#[derive(Default)]
pub struct ReferenceMonitor(Mutex<Option<Reference>>);

/// Once the audio thread's half exists.
struct Reference {
    player: SongPlayer,
    /// The song was just chosen, and should be heard once it is open.
    is_start_requested: bool,
    /// The song whose section was chosen.
    entered: Option<PathBuf>,
    /// The section that `level` belongs to, s.
    section_s: [f64; 2],
    level: Option<SectionLevel>,
    /// The loudness to play at: that of the master when the song began to be heard.
    target_lufs: Option<f32>,
    loudness_match: Option<LoudnessMatch>,
}

/// The level of the song that is heard.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LoudnessMatch {
    /// Gain of the song, dB.
    pub gain_db: f32,
    /// Loudness that the song lacks against the master, because it would exceed full scale, LU.
    pub missing_lu: f32,
}

/// The song that is heard.
#[derive(Clone, Debug, PartialEq)]
pub struct PlayedReference {
    /// The file's name.
    pub name: String,
    /// None before the loudness of the master was measured, and for a silent section.
    pub level: Option<LoudnessMatch>,
}

impl ReferenceMonitor {
    /// `[main]` Creates the audio thread's half. An earlier one plays nothing any more.
    #[must_use]
    pub fn connect(&self) -> Playback {
        let (player, playback) = SongPlayer::new();
        *lock(&self.0) = Some(Reference {
            player,
            is_start_requested: false,
            entered: None,
            section_s: [0.0; 2],
            level: None,
            target_lufs: None,
            loudness_match: None,
        });
        playback
    }

    /// `[gui]` Opens a song, which is heard once it is there.
    pub fn play(&self, path: &Path) {
        if let Some(reference) = &mut *lock(&self.0) {
            reference.is_start_requested = true;
            if !reference.has(path) {
                reference
                    .player
                    .open(path.to_owned(), StartPlace::default());
            }
        }
    }

    /// `[gui]` Whether a song is open.
    #[must_use]
    pub fn has_song(&self) -> bool {
        let reference = lock(&self.0);
        reference
            .as_ref()
            .is_some_and(|r| r.player.view().song.is_some())
    }

    /// `[gui]` Whether this song is open.
    #[must_use]
    pub fn has(&self, path: &Path) -> bool {
        lock(&self.0).as_ref().is_some_and(|r| r.has(path))
    }

    /// `[gui]` Closes the song, and with it the monitor state.
    pub fn close(&self, monitor: &MonitorState) {
        monitor.end_reference();
        if let Some(reference) = &mut *lock(&self.0) {
            reference.is_start_requested = false;
            reference.player.perform(PlayerAction::Close);
        }
    }

    /// `[gui]` Performs an action of the controls.
    pub fn perform(&self, action: PlayerAction) {
        if let Some(reference) = &mut *lock(&self.0) {
            reference.player.perform(action);
        }
    }

    /// `[gui]` Whether a song that was asked for is ready to be heard. True once for each.
    #[must_use]
    pub fn take_start(&self) -> bool {
        let mut reference = lock(&self.0);
        reference.as_mut().is_some_and(Reference::take_start)
    }

    /// `[gui]` Opens the song that was asked for, and matches its loudness. Returns whether something will change without the
    /// user.
    pub fn update(
        &self,
        rate_hz: Option<f32>,
        monitor: &MonitorState,
        readings: &Readings,
    ) -> bool {
        let mut reference = lock(&self.0);
        let Some(reference) = &mut *reference else {
            return false;
        };
        reference.update(rate_hz, monitor, readings)
    }

    /// `[gui]` Passes the view of this frame to `show`.
    pub fn view<R>(&self, show: impl FnOnce(&PlayerView<'_>) -> R) -> Option<R> {
        let reference = lock(&self.0);
        reference.as_ref().map(|r| show(&r.player.view()))
    }

    /// `[gui]` The song that is open, and its level while it is heard.
    #[must_use]
    pub fn played(&self) -> Option<PlayedReference> {
        let reference = lock(&self.0);
        let reference = reference.as_ref()?;
        let name = reference.player.view().song?.name.to_owned();
        let level = reference.loudness_match;
        Some(PlayedReference { name, level })
    }
}

impl Reference {
    fn has(&self, path: &Path) -> bool {
        let song = self.player.view().song;
        song.is_some_and(|song| song.path == path)
    }

    fn take_start(&mut self) -> bool {
        let view = self.player.view();
        let is_ready = view.song.is_some() && view.progress.is_none();
        is_ready && std::mem::take(&mut self.is_start_requested)
    }

    fn update(
        &mut self,
        rate_hz: Option<f32>,
        monitor: &MonitorState,
        readings: &Readings,
    ) -> bool {
        let was_loading = self.player.view().progress.is_some();
        self.player.poll(rate_hz);
        let view = self.player.view();
        let is_loading = view.progress.is_some();
        if was_loading && !is_loading && view.message.is_some() {
            // The song can't be opened. An earlier one stays.
            self.is_start_requested = false;
        }
        let entered = view.song.as_ref().map(|song| song.path.to_owned());
        if entered != self.entered {
            self.entered = entered;
            self.enter();
        }
        let states = monitor.get();
        if self.entered.is_none() && states.reference {
            monitor.end_reference();
        }
        self.match_loudness(states, readings);
        is_loading || states.reference
    }

    /// Repeats the loudest section of a new song.
    fn enter(&mut self) {
        let Some(song) = self.player.view().song else {
            return;
        };
        let section_s = if song.duration_s > SHORT_SONG_S {
            song.levels.loudest_section_s(SECTION_S)
        } else {
            [0.0, song.duration_s]
        };
        self.player.perform(PlayerAction::Loop(section_s));
        self.player.perform(PlayerAction::Seek(section_s[0]));
        self.player.perform(PlayerAction::SetPlaying(true));
        self.level = None;
    }

    fn match_loudness(&mut self, states: MonitorStates, readings: &Readings) {
        // The level is there before the song is heard, and constant while it is.
        if !states.reference || self.target_lufs.is_none() {
            self.target_lufs = master_lufs(readings, states);
        }
        let Some(song) = self.player.view().song else {
            self.loudness_match = None;
            return;
        };
        if self.level.is_none() || self.section_s != song.section_s {
            self.section_s = song.section_s;
            self.level = Some(song.levels.section(song.section_s));
        }
        let level = self.level;
        self.loudness_match = level.and_then(|level| loudness_match(level, self.target_lufs?));
        let gain_db = self.loudness_match.map_or(0.0, |level| level.gain_db);
        let gain = narrow(gain_from_db(f64::from(gain_db)));
        self.player.perform(PlayerAction::SetGain(gain));
    }
}

/// The loudness of the master as it is heard, LUFS: that of the last 3 s, or the integrated one in a pause. None before
/// anything was measured.
fn master_lufs(readings: &Readings, states: MonitorStates) -> Option<f32> {
    let output = &readings.output;
    let integrated = Some(output.integrated_lufs).filter(|lufs| lufs.is_finite())?;
    let short_term = output.short_term_lufs;
    let lufs = if short_term > integrated - PAUSE_LU {
        short_term
    } else {
        integrated
    };
    let gain_db = if states.chain.auto_gain {
        readings.monitor_gain_db
    } else {
        0.0
    };
    Some(lufs + gain_db)
}

/// The gain that makes a section as loud as a target, but no louder than full scale.
fn loudness_match(level: SectionLevel, target_lufs: f32) -> Option<LoudnessMatch> {
    let wanted_db = target_lufs - level.lufs?;
    let headroom_db = -narrow(db_from_gain(f64::from(level.peak)));
    // A peak above full scale is the song's own.
    let gain_db = wanted_db.clamp(MIN_GAIN_DB, headroom_db.max(0.0));
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
            let lufs = master_lufs(&readings(short_term, integrated), states);
            assert_eq!(lufs, expected, "{short_term} {integrated}");
        }
        // Auto gain plays the master at another level.
        let auto_gain = Monitor {
            auto_gain: true,
            ..Monitor::default()
        };
        let lufs = master_lufs(&readings(-12.0, -15.0), auto_gain.into());
        assert_eq!(lufs, Some(-15.0));
    }

    #[test]
    fn match_turns_the_reference_to_the_target_but_not_beyond_full_scale() {
        let matched = |lufs, peak, target_lufs| {
            let level = SectionLevel {
                lufs: Some(lufs),
                peak,
            };
            let found = loudness_match(level, target_lufs).unwrap();
            [found.gain_db, found.missing_lu].map(|db| (db * 100.0).round() / 100.0)
        };
        assert_eq!(matched(-8.0, 0.99, -14.0), [-6.0, 0.0]);
        assert_eq!(matched(-20.0, 0.25, -14.0), [6.0, 0.0]);
        assert_eq!(matched(-14.0, 0.5, -6.0), [6.02, 1.98]);
        assert_eq!(matched(-9.0, 1.2, -7.0), [0.0, 2.0]);
        assert_eq!(matched(-5.0, 1.0, -69.0), [-40.0, 0.0]);
        let silence = SectionLevel {
            lufs: None,
            peak: 0.0,
        };
        assert_eq!(loudness_match(silence, -14.0), None);
    }
}
