//! Decoding of a song block by block, with checks that it is complete and undamaged.

use std::fs::File;
use std::path::Path;

use anyhow::{Result, anyhow, bail, ensure};

use crate::decode::{self, DecodeError, Decoder};

/// The sample rates of the songs that are read, in Hz.
pub const SONG_RATES_HZ: std::ops::RangeInclusive<u32> = 22_050..=384_000;

/// The usual file extensions of the formats that are read, in lower case.
pub const SONG_EXTENSIONS: [&str; 15] = [
    "wav", "wave", "rf64", "w64", "flac", "mp3", "mp2", "ogg", "oga", "opus", "aif", "aiff",
    "aifc", "aac", "m4a",
];

/// A decoder of a song.
pub struct SongStream {
    decoder: Box<dyn Decoder>,
    warnings: Vec<String>,
    sample_rate_hz: u32,
    /// The last decoded block: the samples of each channel.
    block: Vec<Vec<f32>>,
    /// Whether the block has not been returned yet.
    is_new: bool,
    /// The frames that have been decoded.
    frames: u64,
    has_ended: bool,
}

impl SongStream {
    /// Opens a file and decodes its first block.
    ///
    /// # Errors
    ///
    /// If the file is no supported song. The error is one line without the file's name.
    pub fn open(path: &Path) -> Result<Self> {
        let metadata = std::fs::metadata(path).map_err(|e| match e.kind() {
            std::io::ErrorKind::NotFound => anyhow!("there is no such file"),
            _ => unreadable(&e),
        })?;
        ensure!(!metadata.is_dir(), "it is a folder, not a song");
        Self::from_file(File::open(path).map_err(|e| unreadable(&e))?)
    }

    /// Decodes the first block of an open file, from its beginning. The file must be seekable; it needs no name, and its
    /// contents tell the format.
    ///
    /// # Errors
    ///
    /// If the file is no supported song. The error is one line without the file's name.
    pub fn from_file(file: File) -> Result<Self> {
        let mut stream = Self {
            decoder: decode::open(file).map_err(|e| error(e, 0.0))?,
            warnings: Vec::new(),
            sample_rate_hz: 0,
            block: Vec::new(),
            is_new: false,
            frames: 0,
            has_ended: false,
        };
        stream.is_new = stream.decode()?;
        ensure!(stream.is_new, "there is no audio in it");
        Ok(stream)
    }

    /// Frames per second, Hz.
    #[must_use]
    pub fn sample_rate_hz(&self) -> u32 {
        self.sample_rate_hz
    }

    /// The number of channels, 1 or 2.
    #[must_use]
    pub fn channel_count(&self) -> usize {
        self.block.len()
    }

    /// The duration from the file's header in seconds, if it has one.
    #[must_use]
    pub fn declared_seconds(&self) -> Option<f64> {
        self.decoder
            .declared_frames()
            .map(|frames| self.seconds_of(frames))
    }

    /// The decoded duration in seconds.
    #[must_use]
    pub fn seconds(&self) -> f64 {
        self.seconds_of(self.frames)
    }

    /// Warnings about the file's completeness, each a clause without the file's name. The last ones may come with the end.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// The next block: the samples of each channel, all of one length. None at the end.
    ///
    /// # Errors
    ///
    /// If the file is damaged or truncated. The error is one line without the file's name.
    pub fn next_block(&mut self) -> Result<Option<&[Vec<f32>]>> {
        let has_block = std::mem::take(&mut self.is_new) || self.decode()?;
        Ok(has_block.then_some(&self.block[..]))
    }

    fn seconds_of(&self, frames: u64) -> f64 {
        if self.sample_rate_hz == 0 {
            0.0
        } else {
            frames as f64 / f64::from(self.sample_rate_hz)
        }
    }

    /// Decodes the next block with audio; returns false at the end.
    fn decode(&mut self) -> Result<bool> {
        while !self.has_ended {
            let seconds = self.seconds();
            let channel_count = self.block.len();
            let rate = self
                .decoder
                .decode(&mut self.block)
                .map_err(|e| error(e, seconds))?;
            self.warnings.extend(self.decoder.take_warnings());
            let Some(rate) = rate else {
                self.has_ended = true;
                self.check_end()?;
                break;
            };
            if channel_count == 0 {
                check_format(rate, self.block.len())?;
                self.sample_rate_hz = rate;
            }
            ensure!(
                rate == self.sample_rate_hz
                    && (channel_count == 0 || channel_count == self.block.len()),
                "its sample rate or number of channels changes after {seconds:.1} s"
            );
            self.check_samples()?;
            let frames = self.block[0].len();
            self.frames += frames as u64;
            if frames > 0 {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn check_samples(&self) -> Result<()> {
        let channels = self.block.iter().zip(1..);
        let wrong = channels.filter_map(|(samples, channel)| {
            let at = samples.iter().position(|s| !s.is_finite())?;
            Some((at, channel))
        });
        if let Some((at, channel)) = wrong.min() {
            let seconds = self.seconds_of(self.frames + at as u64);
            bail!("it has NaN or infinity, first in channel {channel} at {seconds:.3} s");
        }
        Ok(())
    }

    /// Compares the decoded frames with the header's.
    fn check_end(&mut self) -> Result<()> {
        let Some(declared) = self.decoder.declared_frames().filter(|_| self.frames > 0) else {
            return Ok(());
        };
        let tolerance = self.decoder.tolerance_frames();
        ensure!(
            self.frames + tolerance >= declared,
            decode::truncated(self.seconds_of(declared), self.seconds())
        );
        if self.frames > declared + tolerance {
            self.warnings.push(format!(
                "its header announces {declared} frames, and it has {}; all are read",
                self.frames
            ));
        }
        Ok(())
    }
}

fn unreadable(error: &std::io::Error) -> anyhow::Error {
    anyhow!("it cannot be read: {error}")
}

/// The error of a decoder after so many seconds.
fn error(error: DecodeError, seconds: f64) -> anyhow::Error {
    match error {
        DecodeError::Damaged(cause) => anyhow!("it is damaged after {seconds:.1} s ({cause})"),
        DecodeError::Refused(reason) => anyhow!(reason),
    }
}

/// Checks rate and channels of the first block.
fn check_format(sample_rate_hz: u32, channel_count: usize) -> Result<()> {
    ensure!(
        (1..=2).contains(&channel_count),
        "it has {channel_count} channels; only mono and stereo are supported"
    );
    ensure!(
        SONG_RATES_HZ.contains(&sample_rate_hz),
        "its sample rate is {sample_rate_hz} Hz; {} to {} Hz are supported",
        SONG_RATES_HZ.start(),
        SONG_RATES_HZ.end()
    );
    Ok(())
}
