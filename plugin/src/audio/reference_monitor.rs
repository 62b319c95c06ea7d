//! The reference in place of the output, as loud as the master.
//!
//! The window opens a song and sets its level. The audio thread's half is a [`Playback`] after the chain. Whether the song is
//! heard is one of the [monitor states](super::monitor), so that no offline render has it.

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use flow_dsp::Readings;
use flow_dsp::math::{db_from_gain, gain_from_db, narrow};
use flow_platform::mutex::lock;

use super::monitor::{MonitorState, MonitorStates};
use super::player::{Playback, PlayerAction, PlayerView, SongPlayer, StartPlace};

/// Length of the section that a new song repeats, s: its loudest one. A song that is hardly longer repeats as a whole.
const SECTION_S: f64 = 20.0;
const SHORT_SONG_S: f64 = 30.0;
/// The softest level that a song is turned down to, dB.
const MIN_GAIN_DB: f32 = -40.0;
/// The loudest level that a song is turned up to, dB.
const MAX_GAIN_DB: f32 = 12.0;
/// The meters measure the input during a bypass: so long after it their short-term loudness is that of the master again.
const AFTER_BYPASS: Duration = Duration::from_secs(3);
/// A short-term loudness so far below the integrated one is a pause, LU.
const PAUSE_LU: f32 = 20.0;

/// The song of an instance. Only windows and the main thread lock it.
#[derive(Default)]
pub struct ReferenceMonitor(Mutex<Option<MonitoredReference>>);

/// The song and its level, once the audio thread's half exists.
struct MonitoredReference {
    player: SongPlayer,
    /// The song that was asked for last and isn't heard yet. The [`MonitorState`] tells whether it still should be.
    requested: Option<PathBuf>,
    /// The song whose section was chosen.
    entered: Option<PathBuf>,
    /// The section that `level` belongs to, s.
    section_s: [f64; 2],
    level: Option<SongLevel>,
    /// The loudness to play at: that of the master when the song began to be heard.
    target: Option<Target>,
    /// The last time that a bypass was seen.
    bypassed: Option<Instant>,
    loudness_match: Option<LoudnessMatch>,
}

/// The loudness of the master.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Target {
    /// Without *Auto gain*, LUFS.
    lufs: f32,
    /// The change by *Auto gain*, dB.
    auto_gain_db: f32,
}

/// The level of a song and its section.
#[derive(Clone, Copy)]
struct SongLevel {
    /// Loudness of the section, LUFS. None for silence.
    lufs: Option<f32>,
    /// The highest gain, dB. Any part of the song may sound, so that its peak counts.
    max_gain_db: f32,
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
        *lock(&self.0) = Some(MonitoredReference {
            player: player.with_silent_beginning(),
            requested: None,
            entered: None,
            section_s: [0.0; 2],
            level: None,
            target: None,
            bypassed: None,
            loudness_match: None,
        });
        playback
    }

    /// `[gui]` Opens a song, which is heard once it is there.
    pub fn play(&self, path: &Path, monitor: &MonitorState) {
        if let Some(reference) = &mut *lock(&self.0) {
            monitor.request_reference();
            reference.requested = Some(path.to_owned());
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
            reference.requested = None;
            reference.player.perform(PlayerAction::Close);
        }
    }

    /// `[gui]` Closes the song if it is none of these files, and gives up one that is asked for and is none of them. Returns
    /// whether the song was closed.
    pub fn keep(&self, paths: &[&Path], monitor: &MonitorState) -> bool {
        let is_other = |path: &Path| !paths.contains(&path);
        let [is_removed, is_request_removed] = {
            let reference = lock(&self.0);
            let reference = reference.as_ref();
            let song = reference.and_then(|r| r.player.view().song);
            let requested = reference.and_then(|r| r.requested.as_deref());
            [
                song.is_some_and(|song| is_other(song.path)),
                requested.is_some_and(is_other),
            ]
        };
        if is_removed {
            self.close(monitor);
        } else if is_request_removed {
            self.perform(PlayerAction::Cancel, monitor);
        }
        is_removed
    }

    /// `[gui]` Performs an action of the controls. A song that is given up isn't asked for any more.
    pub fn perform(&self, action: PlayerAction, monitor: &MonitorState) {
        if let Some(reference) = &mut *lock(&self.0) {
            if matches!(action, PlayerAction::Cancel | PlayerAction::Close) {
                monitor.cancel_reference_request();
                reference.requested = None;
            }
            reference.player.perform(action);
        }
    }

    /// `[gui]` Whether a song that was asked for is ready to be heard. True once for each.
    #[must_use]
    pub fn take_start(&self, monitor: &MonitorState) -> bool {
        let mut reference = lock(&self.0);
        reference.as_mut().is_some_and(|r| r.take_start(monitor))
    }

    /// `[gui]` Opens the song that was asked for, and matches its loudness. None of `readings` counts during a bypass. Returns
    /// whether something will change without the user.
    pub fn update(
        &self,
        rate_hz: Option<f32>,
        monitor: &MonitorState,
        readings: &Readings,
        is_bypassed: bool,
    ) -> bool {
        let mut reference = lock(&self.0);
        let Some(reference) = &mut *reference else {
            return false;
        };
        if is_bypassed {
            reference.bypassed = Some(Instant::now());
        }
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

impl MonitoredReference {
    fn has(&self, path: &Path) -> bool {
        let song = self.player.view().song;
        song.is_some_and(|song| song.path == path)
    }

    fn take_start(&mut self, monitor: &MonitorState) -> bool {
        let is_ready = self.player.view().progress.is_none();
        let requested = self.requested.take_if(|path| {
            let song = self.player.view().song;
            is_ready && song.is_some_and(|song| song.path == path)
        });
        requested.is_some() && monitor.take_reference_request()
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
            self.requested = None;
            monitor.cancel_reference_request();
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
        let is_master_measured = self.bypassed.is_none_or(|at| at.elapsed() > AFTER_BYPASS);
        if is_master_measured && (!states.reference || self.target.is_none()) {
            self.target = target(readings);
        }
        let target_lufs = self.target.map(|target| target.lufs(states));
        let Some(song) = self.player.view().song else {
            self.loudness_match = None;
            return;
        };
        let last = self.level.filter(|_| self.section_s == song.section_s);
        let level = SongLevel {
            lufs: last.map_or_else(
                || song.levels.section_lufs(song.section_s),
                |level| level.lufs,
            ),
            // A conversion to another rate changes the peak.
            max_gain_db: max_gain_db(song.levels.peak()),
        };
        self.section_s = song.section_s;
        self.level = Some(level);
        self.loudness_match = target_lufs.and_then(|lufs| loudness_match(level, lufs));
        let own_db = level.max_gain_db.min(0.0);
        let gain_db = self.loudness_match.map_or(own_db, |level| level.gain_db);
        let gain = narrow(gain_from_db(f64::from(gain_db)));
        self.player.perform(PlayerAction::SetGain(gain));
    }
}

impl Target {
    /// The loudness of the master as it is heard, LUFS.
    fn lufs(self, states: MonitorStates) -> f32 {
        if states.chain.auto_gain {
            self.lufs + self.auto_gain_db
        } else {
            self.lufs
        }
    }
}

/// The loudness of the last 3 s, or the integrated one in a pause. None before anything was measured.
fn target(readings: &Readings) -> Option<Target> {
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
fn max_gain_db(peak: f32) -> f32 {
    let headroom_db = -narrow(db_from_gain(f64::from(peak)));
    headroom_db.min(MAX_GAIN_DB)
}

/// The gain that makes a section as loud as a target, up to its limit.
fn loudness_match(level: SongLevel, target_lufs: f32) -> Option<LoudnessMatch> {
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
