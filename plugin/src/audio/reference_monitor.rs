//! The reference in place of the output, as loud as the master.
//!
//! The window opens a song and sets its level. The audio thread's half is a [`Playback`] after the chain. Whether the song is
//! heard is one of the [monitor states](super::monitor), so that no offline render has it.

mod loudness_match;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use flow_dsp::Readings;
use flow_dsp::math::{gain_from_db, narrow};
use flow_platform::background_task::{BackgroundTask, TaskConfig};
use flow_platform::mutex::lock;

pub use self::loudness_match::LoudnessMatch;
use self::loudness_match::{SongLevel, Target, loudness_match, max_gain_db, target};
use super::monitor::{MonitorState, MonitorStates};
use super::player::{Playback, PlayerAction, PlayerView, SongPlayer, StartPlace};

/// Length of the section that a new song repeats, s: its loudest one. A song that is hardly longer repeats as a whole.
const SECTION_S: f64 = 20.0;
const SHORT_SONG_S: f64 = 30.0;
/// The meters measure the input during a bypass: so long after it their short-term loudness is that of the master again.
const AFTER_BYPASS: Duration = Duration::from_secs(3);
/// The time between two looks for a song that the audio thread gives back after the window, and the longest time of looking. A
/// later one is freed by the next window or at the end of the activation.
const FREE_INTERVAL: Duration = Duration::from_millis(50);
const FREE_TIMEOUT: Duration = Duration::from_secs(60);

/// The song of an instance. The audio thread never locks it.
#[derive(Default)]
pub struct ReferenceMonitor {
    song: Arc<Mutex<Option<MonitoredReference>>>,
    /// Frees the song after the window.
    free_task: Mutex<Option<BackgroundTask<()>>>,
}

/// The song and its level, once the audio thread's half exists.
struct MonitoredReference {
    player: SongPlayer,
    /// The song that was asked for last and isn't heard yet. The [`MonitorState`] tells whether it still should be.
    requested: Option<PathBuf>,
    /// The song whose section was chosen.
    entered: Option<PathBuf>,
    /// The song that the last window closed, and its place.
    last: Option<(PathBuf, StartPlace)>,
    /// The section that `level` belongs to, s.
    section_s: [f64; 2],
    level: Option<SongLevel>,
    /// The loudness to play at: that of the master when the song began to be heard.
    target: Option<Target>,
    /// The last time that a bypass was seen.
    bypassed: Option<Instant>,
    loudness_match: Option<LoudnessMatch>,
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
        *lock(&self.song) = Some(MonitoredReference {
            player: player.with_silent_beginning(),
            requested: None,
            entered: None,
            last: None,
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
        if let Some(reference) = &mut *lock(&self.song) {
            monitor.request_reference();
            reference.requested = Some(path.to_owned());
            if !reference.has(path) {
                let start = reference.last_place(path).unwrap_or_default();
                reference.player.open(path.to_owned(), start);
            } else {
                // Another one may be on its way.
                reference.player.perform(PlayerAction::Cancel);
            }
        }
    }

    /// `[gui]` Opens the song that the last window closed. Returns false if there is none.
    pub fn play_last(&self, monitor: &MonitorState) -> bool {
        let last = lock(&self.song).as_ref().and_then(|r| r.last.clone());
        if let Some((path, _)) = &last {
            self.play(path, monitor);
        }
        last.is_some()
    }

    /// `[gui]` Whether a song is open.
    #[must_use]
    pub fn has_song(&self) -> bool {
        let reference = lock(&self.song);
        reference
            .as_ref()
            .is_some_and(|r| r.player.view().song.is_some())
    }

    /// `[gui]` Whether this song is open.
    #[must_use]
    pub fn has(&self, path: &Path) -> bool {
        lock(&self.song).as_ref().is_some_and(|r| r.has(path))
    }

    /// `[gui]` Closes the song, and with it the monitor state.
    pub fn close(&self, monitor: &MonitorState) {
        monitor.end_reference();
        if let Some(reference) = &mut *lock(&self.song) {
            reference.requested = None;
            reference.last = None;
            reference.player.perform(PlayerAction::Close);
        }
    }

    /// `[gui]` Closes the song at the end of a window, so that it holds no memory that nothing shows. Its place is kept for the next
    /// window. Returns whether the audio thread has to give it back.
    pub fn close_with_window(&self, monitor: &MonitorState) -> bool {
        let is_lent = {
            let mut reference = lock(&self.song);
            let Some(reference) = &mut *reference else {
                return false;
            };
            reference.keep_place();
            monitor.end_reference();
            reference.requested = None;
            reference.player.perform(PlayerAction::Close);
            reference.player.free()
        };
        if is_lent {
            self.free_later();
        }
        is_lent
    }

    /// Frees the song on a background thread, once the audio thread has given it back.
    fn free_later(&self) {
        let song = self.song.clone();
        let task = BackgroundTask::spawn(TaskConfig::new("flow free song"), move |token| {
            let begin = Instant::now();
            while !token.is_canceled() && begin.elapsed() < FREE_TIMEOUT {
                let is_lent = lock(&song).as_mut().is_some_and(|r| r.player.free());
                if !is_lent {
                    return;
                }
                thread::sleep(FREE_INTERVAL);
            }
        });
        match task {
            Ok(task) => *lock(&self.free_task) = Some(task),
            Err(error) => log::warn!("reference: {error}; its memory is freed later"),
        }
    }

    /// `[main]` Frees songs that were given back.
    pub(crate) fn free(&self) {
        if let Some(reference) = &mut *lock(&self.song) {
            reference.player.free();
        }
    }

    /// Whether the memory of a song is in use.
    #[cfg(test)]
    pub(crate) fn is_lent(&self) -> bool {
        let reference = lock(&self.song);
        reference.as_ref().is_some_and(|r| r.player.is_lent())
    }

    /// `[gui]` Closes the song if it is none of these files, and gives up one that is asked for and is none of them. Returns
    /// whether the song was closed.
    pub fn keep(&self, paths: &[&Path], monitor: &MonitorState) -> bool {
        let is_other = |path: &Path| !paths.contains(&path);
        let [is_removed, is_request_removed] = {
            let mut reference = lock(&self.song);
            if let Some(reference) = &mut *reference {
                reference.last.take_if(|(path, _)| is_other(path));
            }
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
        if let Some(reference) = &mut *lock(&self.song) {
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
        let mut reference = lock(&self.song);
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
        let mut reference = lock(&self.song);
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
        let reference = lock(&self.song);
        reference.as_ref().map(|r| show(&r.player.view()))
    }

    /// `[gui]` The song that is open, and its level while it is heard.
    #[must_use]
    pub fn played(&self) -> Option<PlayedReference> {
        let reference = lock(&self.song);
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
            let last = entered.as_ref().and_then(|path| self.last_place(path));
            self.entered = entered;
            self.enter(last);
        }
        let states = monitor.get();
        if self.entered.is_none() && states.reference {
            monitor.end_reference();
        }
        self.match_loudness(states, readings);
        self.player.is_decoding() || states.reference
    }

    /// The place of a song that the last window closed.
    fn last_place(&self, path: &Path) -> Option<StartPlace> {
        let last = self.last.as_ref().filter(|(last, _)| last == path);
        last.map(|(_, place)| *place)
    }

    /// Keeps the place of the song for the next window.
    fn keep_place(&mut self) {
        let last = self.player.view().song.map(|song| {
            let place = StartPlace {
                position_s: song.position_s,
                section_s: Some(song.section_s),
                is_looping: song.is_looping,
            };
            (song.path.to_owned(), place)
        });
        self.last = last.or(self.last.take());
    }

    /// Goes on with a song of the last window, or repeats the loudest section of a new one.
    fn enter(&mut self, last: Option<StartPlace>) {
        let Some(song) = self.player.view().song else {
            return;
        };
        self.level = None;
        if last.is_some() {
            self.last = None;
            self.player.perform(PlayerAction::SetPlaying(true));
            return;
        }
        let section_s = if song.duration_s > SHORT_SONG_S {
            song.levels.loudest_section_s(SECTION_S)
        } else {
            [0.0, song.duration_s]
        };
        self.player.perform(PlayerAction::Loop(section_s));
        self.player.perform(PlayerAction::Seek(section_s[0]));
        self.player.perform(PlayerAction::SetPlaying(true));
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
