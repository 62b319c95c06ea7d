//! The window's half of the player.

mod loading_song;
mod open_song;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::task::Poll;

use flow_analysis::report::Message;
use flow_dsp::math::{narrow, samples};
use flow_platform::background_task::{BackgroundTask, TaskConfig};
use flow_platform::file_name::file_name;
use rtrb::{Consumer, Producer, RingBuffer};
use triple_buffer::{Input, triple_buffer};

use self::loading_song::{LoadResult, LoadingSong};
use self::open_song::{OpenSong, valid_section};
use super::decoded_song::{DecodedSong, Overview};
use super::playback::{NumberedSong, Playback};
use super::transport::{SharedPlace, Transport};
use super::view::{PlayerAction, PlayerView, SongView, StartPlace};
use crate::editor::language::{key, message, reason, text, translate_message};

/// The songs that may be on their way between the threads in each direction.
const QUEUE: usize = 4;

/// The line while the audio thread takes no wish to close the song.
const CLOSES_LATER: &str = key!("No audio is running: the song closes once it does.");

/// Opens songs, and tells the playback what to play.
pub struct SongPlayer {
    songs: Producer<NumberedSong>,
    returned: Consumer<Box<DecodedSong>>,
    input: Input<Transport>,
    place: Arc<SharedPlace>,
    /// The gain of each song until another one is set, linear.
    first_gain: f32,
    /// The transport that the playback was told last.
    transport: Transport,
    song: Option<OpenSong>,
    /// The song to open once the device's rate is known and nothing else is being opened.
    next: Option<(PathBuf, StartPlace)>,
    loading: Option<LoadingSong>,
    /// Canceled tasks that still run.
    canceled: Vec<BackgroundTask<LoadResult>>,
    /// The number of songs that the playback has or will take, and has not given back.
    lent: usize,
    message: Option<Message>,
    /// The song is to be closed as soon as the audio thread takes a wish.
    is_close_wanted: bool,
    /// Whether the rate of the audio was known at the last poll.
    has_rate: bool,
    /// Says that the device's rate is not the app's, while that is so.
    rate_warning: Option<Message>,
    /// Whether the warning was hidden for the present song.
    is_warning_hidden: bool,
}

impl SongPlayer {
    /// Creates a player without a song, and its half of the audio thread.
    #[must_use]
    pub fn new() -> (Self, Playback) {
        let (songs, song_consumer) = RingBuffer::new(QUEUE);
        let (returned_producer, returned) = RingBuffer::new(QUEUE);
        let (input, output) = triple_buffer(&Transport::default());
        let place = Arc::new(SharedPlace::default());
        let playback = Playback::new(song_consumer, returned_producer, output, place.clone());
        let player = Self {
            songs,
            returned,
            input,
            place,
            first_gain: 1.0,
            transport: Transport::default(),
            song: None,
            next: None,
            loading: None,
            canceled: Vec::new(),
            lent: 0,
            message: None,
            is_close_wanted: false,
            has_rate: true,
            rate_warning: None,
            is_warning_hidden: false,
        };
        (player, playback)
    }

    /// Lets each song be silent until its gain is set, so that none begins at the gain of the song before.
    #[must_use]
    pub fn with_silent_beginning(self) -> Self {
        Self {
            first_gain: 0.0,
            ..self
        }
    }

    /// `[gui]` Opens a song in the background, in place of the one that is being opened. The present song plays until the new
    /// one is there, and for good if the new one can't be opened.
    pub fn open(&mut self, path: PathBuf, start: StartPlace) {
        self.cancel();
        self.message = None;
        self.is_close_wanted = false;
        self.is_warning_hidden = false;
        self.next = Some((path, start));
    }

    /// `[gui]` Follows a wish of the user.
    pub fn perform(&mut self, action: PlayerAction) {
        match action {
            PlayerAction::SetPlaying(is_playing) => self.set_playing(is_playing),
            PlayerAction::Seek(position_s) => self.seek(position_s),
            PlayerAction::SetLooping(is_looping) => self.set_looping(is_looping),
            PlayerAction::SetSection(section_s) => self.set_section(section_s),
            PlayerAction::Loop(section_s) => {
                if let Some(song) = &mut self.song {
                    song.is_looping = true;
                }
                self.set_section(section_s);
            }
            PlayerAction::SetGain(gain) => self.set_gain(gain),
            PlayerAction::Dismiss => self.dismiss(),
            PlayerAction::Cancel => self.cancel(),
            PlayerAction::Close => self.close(),
        }
    }

    /// Hides the line that is shown.
    fn dismiss(&mut self) {
        self.is_warning_hidden |= self.message.is_none();
        self.message = None;
    }

    fn cancel(&mut self) {
        self.next = None;
        if let Some(loading) = self.loading.take() {
            loading.task.cancel();
            self.canceled.push(loading.task);
        }
    }

    fn close(&mut self) {
        self.cancel();
        self.message = None;
        self.is_close_wanted = self.song.is_some();
        self.close_wanted();
        if self.is_close_wanted {
            self.message = Some(CLOSES_LATER.into());
        }
    }

    /// Closes the song that is to be closed, once there is room for the wish.
    fn close_wanted(&mut self) {
        if !self.is_close_wanted || self.songs.is_full() {
            return;
        }
        self.is_close_wanted = false;
        self.message.take_if(|message| *message == CLOSES_LATER);
        if self.send(None) {
            self.song = None;
            self.set_playing(false);
        }
    }

    /// `[gui]` Shows a line.
    pub fn show_message(&mut self, message: Message) {
        self.message = Some(message);
    }

    /// `[gui]` Shows a line behind the one that is shown.
    pub fn add_message(&mut self, message: Message) {
        self.message = Some(match self.message.take() {
            Some(mut shown) => {
                shown += " ".to_owned().into();
                shown += message;
                shown
            }
            None => message,
        });
    }

    /// `[gui]` Hides the line that is shown, and returns it.
    pub(crate) fn take_message(&mut self) -> Option<Message> {
        self.message.take()
    }

    /// `[gui]` Takes a decoded song, and starts to decode the next one for the device's rate, if that is known. Returns
    /// whether something will change without the user.
    pub fn poll(&mut self, rate_hz: Option<f32>) -> bool {
        self.check_device_rate(rate_hz);
        self.free();
        let rate_hz = rate_hz.map_or(0, |rate| samples(f64::from(rate)));
        let rate_hz = u32::try_from(rate_hz).unwrap_or(0);
        self.has_rate = rate_hz > 0;
        self.take_loaded();
        if let Some(song) = &self.song
            && song.rate_hz != rate_hz
            && rate_hz > 0
            && self.loading.is_none()
            && self.next.is_none()
            && !self.is_close_wanted
        {
            // The device has another rate now.
            self.next = Some((song.path.clone(), StartPlace::default()));
        }
        if rate_hz > 0
            && self.loading.is_none()
            && let Some((path, start)) = self.next.take()
        {
            self.load(path, start, rate_hz);
        }
        self.rewind_at_end();
        self.is_decoding() || self.is_close_wanted || !self.is_followed()
    }

    /// `[gui]` Whether a song is being decoded. One that waits for the rate of the audio is not.
    #[must_use]
    pub(crate) fn is_decoding(&self) -> bool {
        self.loading.is_some()
    }

    /// `[gui]` `[main]` Frees songs that the playback has given back, and those that were decoded in vain. Returns whether some are
    /// still to come besides the open one.
    pub fn free(&mut self) -> bool {
        while self.returned.pop().is_ok() {
            self.lent = self.lent.saturating_sub(1);
        }
        self.close_wanted();
        self.canceled.retain(|task| !task.is_finished());
        self.lent > usize::from(self.song.is_some())
            || self.is_close_wanted
            || !self.canceled.is_empty()
    }

    /// Whether the playback has a song, or will take one.
    #[cfg(test)]
    pub(crate) fn is_lent(&self) -> bool {
        self.lent > 0
    }

    /// JACK has a rate of its own, and the framework doesn't follow it.
    fn check_device_rate(&mut self, rate_hz: Option<f32>) {
        let device_rate_hz = self.place.device_rate_hz();
        let other = device_rate_hz.filter(|_| rate_hz.is_some() && device_rate_hz != rate_hz);
        self.rate_warning = other.map(|rate| {
            let rate = rate.to_string();
            message!("The audio device runs at {rate} Hz: restart Flow.", rate)
        });
    }

    fn load(&mut self, path: PathBuf, start: StartPlace, rate_hz: u32) {
        let percent = Arc::new(AtomicU32::new(f32::NAN.to_bits()));
        let (shared_percent, task_path) = (percent.clone(), path.clone());
        let task = BackgroundTask::spawn(TaskConfig::new("flow song"), move |token| {
            DecodedSong::read(&task_path, rate_hz, &|share| {
                let percent = share.map_or(f32::NAN, |share| narrow(100.0 * share));
                shared_percent.store(percent.to_bits(), Relaxed);
                !token.is_canceled()
            })
        });
        match task {
            Ok(task) => {
                self.loading = Some(LoadingSong {
                    path,
                    rate_hz,
                    start,
                    percent,
                    task,
                });
            }
            Err(error) => self.fail(&path, rate_hz, failed(file_name(&path), reason(error))),
        }
    }

    /// Shows the reason why a song can't be opened. The present song can't play at another rate than its own.
    fn fail(&mut self, path: &Path, rate_hz: u32, message: Message) {
        let mut present = self.song.iter();
        if present.any(|song| song.path == path && song.rate_hz != rate_hz) {
            self.close();
        }
        self.message = Some(message);
    }

    fn take_loaded(&mut self) {
        let Some(loading) = &self.loading else {
            return;
        };
        let Poll::Ready(result) = loading.task.poll() else {
            return;
        };
        let Some(loading) = self.loading.take() else {
            return;
        };
        let name = file_name(&loading.path);
        match result {
            Some(Ok(decoded)) => self.enter(loading, name, decoded),
            Some(Err(error)) => {
                let message = failed(name, error.reason());
                self.fail(&loading.path, loading.rate_hz, message);
            }
            None => {
                let message = message!("{name}: decoding failed.", name);
                self.fail(&loading.path, loading.rate_hz, message);
            }
        }
    }

    /// Hands a song to the playback.
    fn enter(
        &mut self,
        loading: LoadingSong,
        name: String,
        (decoded, overview): (DecodedSong, Overview),
    ) {
        // The same song at another rate goes on.
        let same = self.song.as_ref().filter(|song| song.path == loading.path);
        let start = same.map_or(loading.start, |song| StartPlace {
            position_s: self.position_s(),
            section_s: Some(song.section_s),
            is_looping: song.is_looping,
        });
        let frames = decoded.frames();
        let warnings = overview.warnings.join("; ");
        let is_new = same.is_none();
        if is_new {
            self.transport.gain = self.first_gain;
        }
        if !self.send(Some(decoded)) {
            return;
        }
        if is_new && !warnings.is_empty() {
            self.add_message(failed(name.clone(), reason(warnings)));
        }
        let duration_s = f64::from(frames) / f64::from(loading.rate_hz);
        self.song = Some(OpenSong {
            name,
            path: loading.path,
            frames,
            rate_hz: loading.rate_hz,
            overview,
            section_s: valid_section(start.section_s.unwrap_or([0.0, duration_s]), duration_s),
            is_looping: start.is_looping,
        });
        self.seek(start.position_s);
    }

    /// Queues a song, or none. Returns false with a message if the audio thread takes none.
    fn send(&mut self, song: Option<DecodedSong>) -> bool {
        let number = self.transport.song.wrapping_add(1);
        let is_song = song.is_some();
        if self.songs.push((number, song.map(Box::new))).is_err() {
            self.message = Some(message!(
                "No audio is running, so no song can be opened: start it first."
            ));
            return false;
        }
        self.lent += usize::from(is_song);
        let is_playing = self.transport.is_playing;
        self.transport = Transport {
            song: number,
            is_playing,
            gain: self.transport.gain,
            ..Transport::default()
        };
        true
    }

    fn set_playing(&mut self, is_playing: bool) {
        self.transport.is_playing = is_playing && self.song.is_some();
        self.tell();
    }

    fn set_gain(&mut self, gain: f32) {
        if gain != self.transport.gain {
            self.transport.gain = gain;
            self.tell();
        }
    }

    fn seek(&mut self, position_s: f64) {
        if let Some(song) = &self.song {
            self.transport.seek = self.transport.seek.wrapping_add(1);
            self.transport.seek_frame = song.frame(position_s).min(song.frames - 1);
            self.tell();
        }
    }

    fn set_looping(&mut self, is_looping: bool) {
        let position_s = self.position_s();
        let Some(song) = &mut self.song else {
            return;
        };
        song.is_looping = is_looping;
        let [start_s, end_s] = song.section_s;
        if is_looping && !(start_s..end_s).contains(&position_s) {
            self.seek(start_s);
        } else {
            self.tell();
        }
    }

    fn set_section(&mut self, section_s: [f64; 2]) {
        if let Some(song) = &mut self.song {
            song.section_s = valid_section(section_s, song.duration_s());
            self.tell();
        }
    }

    /// Tells the playback the present transport.
    fn tell(&mut self) {
        let looping = self.song.as_ref().filter(|song| song.is_looping);
        self.transport.loop_frames =
            looping.map(|song| song.section_s.map(|seconds| song.frame(seconds)));
        self.input.write(self.transport);
    }

    /// Whether the playback has followed the last seek.
    fn is_followed(&self) -> bool {
        let place = self.place.load();
        self.song.is_none()
            || (place.song == self.transport.song && place.seek == self.transport.seek)
    }

    /// The position in seconds.
    fn position_s(&self) -> f64 {
        let frame = if self.is_followed() {
            self.place.load().frame
        } else {
            self.transport.seek_frame
        };
        let rate_hz = self.song.as_ref().map_or(1, |song| song.rate_hz);
        f64::from(frame) / f64::from(rate_hz)
    }

    /// A song that has ended pauses at its start.
    fn rewind_at_end(&mut self) {
        let Some(song) = &self.song else {
            return;
        };
        let has_ended = self.is_followed() && self.place.load().frame >= song.frames;
        if has_ended && self.transport.is_playing && !song.is_looping {
            self.transport.is_playing = false;
            self.seek(0.0);
        }
    }

    /// `[gui]` The view of this frame.
    #[must_use]
    pub fn view(&self) -> PlayerView<'_> {
        let song = self.song.as_ref().map(|song| SongView {
            name: &song.name,
            path: &song.path,
            duration_s: song.duration_s(),
            position_s: self.position_s(),
            is_playing: self.transport.is_playing,
            section_s: song.section_s,
            is_looping: song.is_looping,
            waveform: &song.overview.waveform,
            levels: &song.overview.levels,
            rate_hz: song.rate_hz,
        });
        let warning = self.rate_warning.as_ref();
        let warning = warning.filter(|_| !self.is_warning_hidden);
        PlayerView {
            is_followed: self.is_followed(),
            song,
            progress: self.progress_text(),
            message: self.message.as_ref().or(warning).map(translate_message),
        }
    }

    fn progress_text(&self) -> Option<String> {
        if let Some(loading) = &self.loading {
            return Some(loading.progress_text());
        }
        let (path, _) = self.next.as_ref()?;
        let name = file_name(path);
        Some(if self.has_rate {
            text!("Opening {name}", name)
        } else {
            text!(
                "{name} opens once audio runs at a supported sample rate",
                name
            )
        })
    }
}

/// The line about a song that can't be opened, or not as a whole.
fn failed(name: String, reason: Message) -> Message {
    message!("{name}: {reason}.", name, reason)
}

#[cfg(test)]
mod tests;
