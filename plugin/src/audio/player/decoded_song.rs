//! A song in memory at the device's rate.

use std::fmt;
use std::path::Path;

use flow_analysis::report::Message;
use flow_audio_file::{RateConverter, SongStream};

use super::song_levels::SongLevels;
use super::waveform::Waveform;
use crate::editor::language::{message, reason};

/// The size limit of a decoded song in bytes: 93 minutes of stereo at 48 kHz.
pub const MAX_SONG_BYTES: u64 = 2 << 30;

/// A song in memory.
#[derive(Debug)]
pub struct DecodedSong {
    /// One or two channels of equal length, not empty.
    channels: Vec<Vec<f32>>,
    /// Sample rate, Hz.
    rate_hz: u32,
}

/// The overview of a whole song for a display.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Overview {
    /// The lowest and the highest samples.
    pub waveform: Waveform,
    /// Loudness and peaks.
    pub levels: SongLevels,
    /// Warnings about the file's completeness, each a clause.
    pub warnings: Vec<String>,
}

/// The reason why a song can't be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DecodeError {
    /// The caller wanted no more.
    Canceled,
    /// One line without the file's name.
    Unusable(Message),
}

impl DecodeError {
    /// The reason in words.
    pub(super) fn reason(&self) -> Message {
        match self {
            Self::Canceled => message!("it was canceled"),
            Self::Unusable(reason) => reason.clone(),
        }
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason())
    }
}

impl From<anyhow::Error> for DecodeError {
    fn from(error: anyhow::Error) -> Self {
        Self::Unusable(reason(format!("{error:#}")))
    }
}

impl DecodedSong {
    /// Decodes the song at `path` and converts it to `rate_hz`. Calls `should_continue` before each block with the decoded
    /// part of the file, 0 to 1, or none if its header declares no length. Returns the song with its overview.
    ///
    /// # Errors
    ///
    /// If the file is no supported song, damaged, truncated, or larger than [`MAX_SONG_BYTES`] at this rate, or if
    /// `should_continue` returns false.
    pub fn read(
        path: &Path,
        rate_hz: u32,
        should_continue: &dyn Fn(Option<f64>) -> bool,
    ) -> Result<(Self, Overview), DecodeError> {
        let mut stream = SongStream::open(path)?;
        let channel_count = stream.channel_count();
        let declared_s = stream.declared_seconds();
        let max_frames = MAX_SONG_BYTES / (channel_count * size_of::<f32>()) as u64;
        let check = |seconds: f64| {
            let frames = seconds * f64::from(rate_hz);
            if frames <= max_frames as f64 {
                return Ok(());
            }
            let minutes = max_frames as f64 / f64::from(rate_hz) / 60.0;
            let (minutes, rate) = (format!("{minutes:.0}"), rate_hz.to_string());
            Err(DecodeError::Unusable(message!(
                "it is longer than {minutes} minutes, which is the limit at {rate} Hz",
                minutes,
                rate
            )))
        };
        check(declared_s.unwrap_or(0.0))?;
        let mut converter = RateConverter::new(stream.sample_rate_hz(), rate_hz, channel_count)?;
        let mut channels = vec![Vec::new(); channel_count];
        let declared = declared_s.map_or(0, |s| flow_dsp::math::samples(s * f64::from(rate_hz)));
        for channel in &mut channels {
            // A song that grows into its place needs no second one.
            channel.try_reserve(declared).map_err(|_| out_of_memory())?;
        }
        loop {
            let share = declared_s.map(|s| (stream.seconds() / s.max(1e-9)).min(1.0));
            if !should_continue(share) {
                return Err(DecodeError::Canceled);
            }
            let Some(block) = stream.next_block()? else {
                break;
            };
            let block: Vec<&[f32]> = block.iter().map(Vec::as_slice).collect();
            append(&mut channels, converter.process(&block)?)?;
            check(stream.seconds())?;
        }
        append(&mut channels, converter.finish()?)?;
        if channels.iter().any(Vec::is_empty) {
            return Err(DecodeError::Unusable(reason("there is no audio in it")));
        }
        let overview = Overview {
            waveform: Waveform::new(&channels),
            levels: SongLevels::new(&channels, rate_hz),
            warnings: stream.warnings().to_vec(),
        };
        Ok((Self { channels, rate_hz }, overview))
    }

    /// `[audio]` Sample rate, Hz.
    #[must_use]
    pub fn rate_hz(&self) -> u32 {
        self.rate_hz
    }

    /// Length in frames, at least 1.
    #[must_use]
    pub fn frames(&self) -> u32 {
        // The size limit is 2²⁹ samples.
        let frames = self.channels.first().map_or(0, Vec::len);
        u32::try_from(frames).unwrap_or(u32::MAX)
    }

    /// `[audio]` The sample of a frame for one of `channel_count` channels. Frames outside the song are silent. A mono song
    /// sounds in all channels; one channel gets the mean of a stereo song.
    #[must_use]
    pub fn sample(&self, frame: i64, channel: usize, channel_count: usize) -> f32 {
        let Ok(frame) = usize::try_from(frame) else {
            return 0.0;
        };
        let of = |samples: &Vec<f32>| samples.get(frame).copied().unwrap_or(0.0);
        match &self.channels[..] {
            [left, right] if channel_count == 1 => 0.5 * (of(left) + of(right)),
            channels => channels.get(channel).or(channels.first()).map_or(0.0, of),
        }
    }
}

fn append(channels: &mut [Vec<f32>], block: &[Vec<f32>]) -> Result<(), DecodeError> {
    for (to, from) in channels.iter_mut().zip(block) {
        to.try_reserve(from.len()).map_err(|_| out_of_memory())?;
        to.extend_from_slice(from);
    }
    Ok(())
}

fn out_of_memory() -> DecodeError {
    DecodeError::Unusable(message!("there isn't enough memory for it"))
}

#[cfg(test)]
impl From<flow_audio_file::Audio> for DecodedSong {
    fn from(audio: flow_audio_file::Audio) -> Self {
        Self {
            channels: audio.channels,
            rate_hz: audio.sample_rate_hz,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flow_audio_file::{Audio, OutputFormat, converted_frames};

    fn song(seconds: f64) -> Audio {
        flow_demo_song::demo_excerpt(44_100, 20.0, seconds)
    }

    fn write(folder: &Path, audio: &Audio) -> std::path::PathBuf {
        let path = folder.join("song.wav");
        flow_audio_file::write(&path, &OutputFormat::WAV_24, audio).unwrap();
        path
    }

    #[test]
    fn song_at_its_own_rate_has_the_samples_of_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = write(folder.path(), &song(1.0));
        let expected = flow_audio_file::read(&path).unwrap().audio;
        let (song, _) = DecodedSong::read(&path, 44_100, &|_| true).unwrap();
        assert_eq!(song.channels, expected.channels);
    }

    #[test]
    fn song_at_another_rate_keeps_its_duration() {
        let folder = tempfile::tempdir().unwrap();
        let audio = song(1.0);
        let path = write(folder.path(), &audio);
        let (song, overview) = DecodedSong::read(&path, 96_000, &|_| true).unwrap();
        let expected = converted_frames(audio.frames() as u64, 44_100, 96_000);
        assert_eq!(u64::from(song.frames()), expected);
        assert_eq!(overview.waveform, Waveform::new(&song.channels));
        assert_eq!(overview.warnings, [""; 0]);
    }

    #[test]
    fn samples_of_mono_and_stereo_songs_fit_any_number_of_channels() {
        let stereo = DecodedSong::from(Audio::new(48_000, vec![vec![1.0], vec![0.5]]));
        let samples = |song: &DecodedSong, count| -> Vec<f32> {
            (0..count).map(|c| song.sample(0, c, count)).collect()
        };
        assert_eq!(samples(&stereo, 2), [1.0, 0.5]);
        assert_eq!(samples(&stereo, 1), [0.75]);
        let mono = DecodedSong::from(Audio::new(48_000, vec![vec![0.25]]));
        assert_eq!(samples(&mono, 2), [0.25, 0.25]);
        for frame in [-1, 1, i64::MAX, i64::MIN] {
            assert_eq!(stereo.sample(frame, 0, 2), 0.0);
        }
    }

    #[test]
    fn files_that_are_no_songs_give_one_line() {
        let folder = tempfile::tempdir().unwrap();
        let text = folder.path().join("notes.wav");
        std::fs::write(&text, "no song").unwrap();
        let cut = write(folder.path(), &song(2.0));
        let bytes = std::fs::read(&cut).unwrap();
        std::fs::write(&cut, &bytes[..bytes.len() / 2]).unwrap();
        let missing = folder.path().join("missing.wav");
        for path in [text.as_path(), &cut, &missing, folder.path()] {
            let error = DecodedSong::read(path, 48_000, &|_| true).unwrap_err();
            let text = error.to_string();
            assert!(matches!(error, DecodeError::Unusable(_)), "{text}");
            assert!(!text.is_empty() && text.lines().count() == 1, "{text}");
        }
    }

    /// The file is sparse: three hours of 8-bit silence.
    #[test]
    fn song_beyond_the_size_limit_is_refused_before_it_is_decoded() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lecture.wav");
        let data = 3 * 3600 * 48_000_u32;
        let header = [
            &b"RIFF"[..],
            &(data + 36).to_le_bytes(),
            b"WAVEfmt ",
            &16_u32.to_le_bytes(),
            &[1_u16, 1].map(u16::to_le_bytes).concat(),
            &[48_000_u32; 2].map(u32::to_le_bytes).concat(),
            &[1_u16, 8].map(u16::to_le_bytes).concat(),
            b"data",
            &data.to_le_bytes(),
        ];
        std::fs::write(&path, header.concat()).unwrap();
        let file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
        file.set_len(u64::from(data) + 44).unwrap();
        let blocks = std::cell::Cell::new(0);
        let count = |_| {
            blocks.set(blocks.get() + 1);
            true
        };
        let error = DecodedSong::read(&path, 192_000, &count).unwrap_err();
        assert_eq!(
            error.to_string(),
            "it is longer than 47 minutes, which is the limit at 192000 Hz"
        );
        assert_eq!(blocks.get(), 0);
    }

    #[test]
    fn decoding_that_is_canceled_ends() {
        let folder = tempfile::tempdir().unwrap();
        let path = write(folder.path(), &song(2.0));
        let shares = std::cell::RefCell::new(Vec::new());
        let result = DecodedSong::read(&path, 48_000, &|share: Option<f64>| {
            shares.borrow_mut().extend(share);
            shares.borrow().len() < 3
        });
        assert_eq!(result.unwrap_err(), DecodeError::Canceled);
        assert!(shares.borrow().is_sorted(), "{shares:?}");
    }
}
