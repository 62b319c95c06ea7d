//! The audio thread's half of the player.
//!
//! A song replaces the signal: the input in the app, and the output while a reference is heard. Every change of the source is a
//! crossfade of 5 ms that ends where the new source is meant to begin: a song is entered 5 ms ahead of its place, so that no
//! sample after it is softened. Without a change, the samples of the song and of the input pass bit by bit. A song of another
//! sample rate than the audio's is silent.

use std::sync::Arc;

use rtrb::{Consumer, Producer};
use triple_buffer::Output;

use super::decoded_song::DecodedSong;
use super::level_ramp::{Level, LevelRamp, PLAIN, ratio};
use super::transport::{Place, SharedPlace, Transport};
use crate::audio::monitor::MonitorStates;

/// Length of a crossfade, s.
const FADE_S: f64 = 0.005;

/// Length of a change of the level, in crossfades.
const LEVEL_FADES: u32 = 4;

/// The signal that should be heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourceChoice {
    /// The input. A song waits at its place.
    Input,
    /// The song, if there is one.
    Song,
    /// Half the sum of the song's channels, if there is a song.
    MonoSong,
}

impl SourceChoice {
    /// The choice between an instance's output and its reference.
    pub(crate) fn of_reference(monitor: MonitorStates) -> Self {
        match (monitor.reference, monitor.chain.mono) {
            (false, _) => Self::Input,
            (true, false) => Self::Song,
            (true, true) => Self::MonoSong,
        }
    }
}

/// A song with its number, or none to close the song.
pub(super) type NumberedSong = (u16, Option<Box<DecodedSong>>);

/// Replaces a signal by a song. Created by [`SongPlayer::new`](super::SongPlayer::new).
pub struct Playback {
    songs: Consumer<NumberedSong>,
    returned: Producer<Box<DecodedSong>>,
    transport: Output<Transport>,
    shared_place: Arc<SharedPlace>,
    song: Option<Box<DecodedSong>>,
    number: u16,
    /// The last seek that was followed.
    seek: u16,
    source: Source,
    fade: Option<Fade>,
    fade_frames: u32,
    /// The sample rate, Hz.
    rate_hz: u32,
    /// The frame at which a paused song goes on.
    paused_frame: u32,
    level: LevelRamp,
}

/// The source of the samples.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Source {
    Input,
    Silence,
    /// The song from this frame on.
    Song(i64),
}

/// A crossfade from an old source to the present one.
#[derive(Clone, Copy, Debug)]
struct Fade {
    from: Source,
    done_frames: u32,
}

impl Source {
    fn advanced(self, frames: u32) -> Self {
        match self {
            Self::Song(frame) => Self::Song(frame + i64::from(frames)),
            other => other,
        }
    }

    /// The sample after `frame` frames, if `input` is that of the input.
    fn sample(
        self,
        song: Option<&DecodedSong>,
        (frame, channel, channel_count): (u32, usize, usize),
        level: Level,
        input: f32,
    ) -> f32 {
        match (self, song) {
            (Self::Input, _) => input,
            (Self::Song(begin), Some(song)) => {
                let frame = begin + i64::from(frame);
                let sample = song.sample(frame, channel, channel_count);
                let mixed = if level.mono > 0.0 {
                    sample + (song.sample(frame, 0, 1) - sample) * level.mono
                } else {
                    sample
                };
                mixed * level.gain
            }
            _ => 0.0,
        }
    }
}

impl Playback {
    pub(super) fn new(
        songs: Consumer<NumberedSong>,
        returned: Producer<Box<DecodedSong>>,
        transport: Output<Transport>,
        shared_place: Arc<SharedPlace>,
    ) -> Self {
        let mut playback = Self {
            songs,
            returned,
            transport,
            shared_place,
            song: None,
            number: 0,
            seek: 0,
            source: Source::Input,
            fade: None,
            fade_frames: 1,
            rate_hz: 0,
            paused_frame: 0,
            level: LevelRamp {
                from: PLAIN,
                to: PLAIN,
                done_frames: 0,
                frames: 1,
            },
        };
        playback.prepare(48_000.0);
        playback
    }

    /// `[main]` Sets the sample rate.
    pub fn prepare(&mut self, sample_rate_hz: f32) {
        let frames = flow_dsp::math::samples(f64::from(sample_rate_hz) * FADE_S);
        self.fade_frames = u32::try_from(frames).map_or(1, |frames| frames.clamp(1, 1 << 16));
        self.fade = None;
        self.level.frames = LEVEL_FADES * self.fade_frames;
        self.level.settle();
        let rate_hz = flow_dsp::math::samples(f64::from(sample_rate_hz));
        self.rate_hz = u32::try_from(rate_hz).unwrap_or(0);
        if !self.is_at_rate() && matches!(self.source, Source::Song(_)) {
            self.pause();
            self.source = Source::Silence;
        }
    }

    /// `[audio]` Tells the window the rate of the device, which may differ from that of [`prepare`](Self::prepare).
    pub fn report_device_rate(&self, rate_hz: f32) {
        self.shared_place.store_device_rate(rate_hz);
    }

    /// `[audio]` Replaces the samples of one or two channels of equal length by those of the song, if there is one and it is
    /// wanted. Never allocates, frees, locks or waits.
    pub fn process(&mut self, channels: &mut [&mut [f32]], choice: SourceChoice) {
        let transport = *self.transport.read();
        self.lead_level(&transport, choice);
        let frames = channels.first().map_or(0, |channel| channel.len());
        let mut done = 0;
        while done < frames {
            if self.fade.is_none() {
                self.follow(&transport, choice);
            }
            let left = u32::try_from(frames - done).unwrap_or(u32::MAX);
            let length = left.min(self.frames_to_event(&transport));
            let end = done + length as usize;
            self.render(channels, done..end);
            self.advance(length);
            done = end;
        }
        self.shared_place.store(Place {
            song: self.number,
            seek: self.seek,
            frame: self.frame(),
        });
    }

    /// `[audio]` The place in the song after the last block, s. None while no song sounds.
    pub fn position_s(&self) -> Option<f64> {
        let is_sounding = matches!(self.source, Source::Song(_)) && self.rate_hz > 0;
        is_sounding.then(|| f64::from(self.frame()) / f64::from(self.rate_hz))
    }

    /// `[audio]` Returns to the input at once, without a crossfade: nothing of a song may reach an offline render.
    pub fn stop_at_once(&mut self) {
        if self.source != Source::Input {
            self.pause();
            self.source = Source::Input;
        }
        self.fade = None;
    }

    /// `[main]` Takes all songs that wait, and gives the earlier ones back, while no block is processed.
    pub fn exchange_at_once(&mut self) {
        self.stop_at_once();
        while !self.songs.is_empty() && self.returned.slots() > 0 {
            self.exchange(Source::Input);
        }
    }

    /// Leads the level to the one that is asked for; at once while nothing of the song sounds. A gain for another song waits.
    fn lead_level(&mut self, transport: &Transport, choice: SourceChoice) {
        let is_for_song = transport.song == self.number;
        self.level.lead_to(Level {
            gain: if is_for_song {
                transport.gain
            } else {
                self.level.to.gain
            },
            mono: if choice == SourceChoice::MonoSong {
                1.0
            } else {
                0.0
            },
        });
        let mut sources = [Some(self.source), self.fade.map(|fade| fade.from)].into_iter();
        if !sources.any(|source| matches!(source, Some(Source::Song(_)))) {
            self.level.settle();
        }
    }

    /// Whether the song has the rate of the audio.
    fn is_at_rate(&self) -> bool {
        self.song
            .as_ref()
            .is_some_and(|song| song.rate_hz() == self.rate_hz)
    }

    /// The frame that sounds now, or at which the paused song goes on.
    fn frame(&self) -> u32 {
        match self.source {
            Source::Song(frame) => {
                let end = i64::from(self.song.as_ref().map_or(0, |song| song.frames()));
                u32::try_from(frame.clamp(0, end)).unwrap_or(0)
            }
            _ => self.paused_frame,
        }
    }

    /// Begins the next change of the source, if there is one. No crossfade runs.
    fn follow(&mut self, transport: &Transport, choice: SourceChoice) {
        let is_wanted = choice != SourceChoice::Input;
        // A song is exchanged in silence, or unheard.
        if !self.songs.is_empty() {
            if self.source == Source::Silence || self.is_at_end() {
                self.exchange(Source::Silence);
            } else if self.source == Source::Input && !is_wanted {
                self.exchange(Source::Input);
            } else {
                self.pause();
                self.fade_to(Source::Silence);
                return;
            }
            self.lead_level(transport, choice);
        }
        if self.song.is_none() {
            if self.source != Source::Input {
                self.fade_to(Source::Input);
            }
            return;
        }
        let is_for_song = transport.song == self.number;
        let is_new_seek = is_for_song && transport.seek != self.seek;
        if is_new_seek {
            self.seek = transport.seek;
            self.paused_frame = transport.seek_frame;
        }
        if !is_wanted {
            if self.source != Source::Input {
                if !is_new_seek {
                    self.pause();
                }
                self.fade_to(Source::Input);
            }
            return;
        }
        let section = transport.loop_frames.filter(|_| is_for_song);
        if is_for_song && transport.is_playing && self.is_at_rate() {
            match self.source {
                Source::Song(_) if is_new_seek => self.enter(),
                Source::Song(frame) => self.leap(frame, section),
                _ if self.paused_frame < self.song_frames() || section.is_some() => {
                    self.paused_frame = self.playable_frame(section);
                    self.enter();
                }
                _ => self.source = Source::Silence,
            }
        } else if self.source != Source::Silence {
            if !is_new_seek {
                self.pause();
            }
            self.fade_to(Source::Silence);
        }
    }

    /// Leaps from the end of the loop, or of the song, to the start of the loop; ends at the end of the song without one.
    fn leap(&mut self, frame: i64, section: Option<[u32; 2]>) {
        let fade = i64::from(self.fade_frames);
        let is_at_end = frame >= i64::from(self.song_frames());
        match section.map(|section| section.map(i64::from)) {
            Some([_, end]) if is_at_end || (frame >= end - fade && frame < end) => {
                self.paused_frame = section.map_or(0, |[start, _]| start);
                self.enter();
            }
            None if is_at_end => {
                self.paused_frame = self.song_frames();
                self.source = Source::Silence;
            }
            _ => {}
        }
    }

    /// Fades to the song, so that its frame `paused_frame` is the first one that isn't softened.
    fn enter(&mut self) {
        let begin = i64::from(self.paused_frame) - i64::from(self.fade_frames);
        self.fade_to(Source::Song(begin));
    }

    /// Keeps the present frame for the time when the song goes on.
    fn pause(&mut self) {
        self.paused_frame = self.frame();
    }

    /// The frame at which playing begins: that of the pause, or the start of the loop after the song's end.
    fn playable_frame(&self, section: Option<[u32; 2]>) -> u32 {
        match section {
            Some([start, _]) if self.paused_frame >= self.song_frames() => start,
            _ => self.paused_frame,
        }
    }

    fn fade_to(&mut self, source: Source) {
        self.fade = Some(Fade {
            from: self.source,
            done_frames: 0,
        });
        self.source = source;
    }

    /// Takes the next song and gives the last one back, for which there must be room. Goes on with `source`.
    fn exchange(&mut self, source: Source) {
        if self.returned.slots() == 0 {
            return;
        }
        let Ok((number, song)) = self.songs.pop() else {
            return;
        };
        if let Some(last) = std::mem::replace(&mut self.song, song) {
            // There is room.
            let _ = self.returned.push(last);
        }
        self.number = number;
        self.seek = 0;
        self.paused_frame = 0;
        self.source = source;
    }

    fn song_frames(&self) -> u32 {
        self.song.as_ref().map_or(0, |song| song.frames())
    }

    fn is_at_end(&self) -> bool {
        matches!(self.source, Source::Song(frame) if frame >= i64::from(self.song_frames()))
    }

    /// The number of frames until the source may change, at least 1.
    fn frames_to_event(&self, transport: &Transport) -> u32 {
        if let Some(fade) = self.fade {
            return self.fade_frames - fade.done_frames;
        }
        let Source::Song(frame) = self.source else {
            return u32::MAX;
        };
        let end = transport.loop_frames.map_or(i64::MAX, |[_, end]| {
            i64::from(end) - i64::from(self.fade_frames)
        });
        let events = [end, i64::from(self.song_frames())];
        let next = events.into_iter().filter(|event| *event > frame).min();
        next.and_then(|event| u32::try_from(event - frame).ok())
            .unwrap_or(u32::MAX)
    }

    /// Renders the frames in `range` of the block.
    fn render(&self, channels: &mut [&mut [f32]], range: std::ops::Range<usize>) {
        if self.fade.is_none() && self.source == Source::Input {
            return;
        }
        let song = self.song.as_deref();
        let channel_count = channels.len();
        for (channel, samples) in channels.iter_mut().enumerate() {
            for (frame, sample) in (0..).zip(&mut samples[range.clone()]) {
                let at = (frame, channel, channel_count);
                let level = self.level.at(frame);
                let new = self.source.sample(song, at, level, *sample);
                *sample = match self.fade {
                    None => new,
                    Some(fade) => {
                        let old = fade.from.sample(song, at, level, *sample);
                        old + (new - old) * self.gain(fade.done_frames + frame)
                    }
                };
            }
        }
    }

    /// The gain of the new source after so many frames of a crossfade: it rises from 0 to 1 without a corner.
    fn gain(&self, frame: u32) -> f32 {
        let share = ratio(frame, self.fade_frames);
        share * share * (3.0 - 2.0 * share)
    }

    fn advance(&mut self, frames: u32) {
        let level = &mut self.level;
        level.done_frames = level.done_frames.saturating_add(frames).min(level.frames);
        self.source = self.source.advanced(frames);
        self.fade = self.fade.and_then(|fade| {
            let done_frames = fade.done_frames + frames;
            (done_frames < self.fade_frames).then_some(Fade {
                from: fade.from.advanced(frames),
                done_frames,
            })
        });
    }
}

#[cfg(test)]
mod tests;
