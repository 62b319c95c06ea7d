//! Writing of a song block by block into a file that appears complete or not at all.

use crate::encode::{FlacEncoder, VorbisEncoder, WavEncoder, WavLayout};
use crate::output_format::{Bits, Container, OutputFormat, StreamFormat};
use crate::{Audio, Metadata};
use anyhow::{Result, anyhow, ensure};
use flow_platform::atomic_file::{AtomicFile, CompleteFile};
use std::io;
use std::path::{Path, PathBuf};

/// A writer of a song. Its memory doesn't depend on the song's length.
///
/// The file appears at its path with [`SongWriter::finish`]. A writer that is dropped before leaves nothing.
pub struct SongWriter {
    encoder: Encoder,
    path: PathBuf,
    stream: StreamFormat,
    /// The frames that have been written.
    frames: u64,
}

enum Encoder {
    Wav(Box<WavEncoder>),
    Flac(Box<FlacEncoder>),
    Ogg(Box<VorbisEncoder>),
}

impl SongWriter {
    /// Begins a file with mono or stereo audio at this rate. Times in the metadata, such as cue points, are converted to
    /// the rate.
    ///
    /// # Errors
    ///
    /// If the folder cannot be written to, or if the format doesn't support the rate or the channels. The error is one line.
    pub fn create(
        path: &Path,
        format: &OutputFormat,
        sample_rate_hz: u32,
        channel_count: usize,
        metadata: &Metadata,
    ) -> Result<Self> {
        format.check_rate(sample_rate_hz)?;
        let file = AtomicFile::create(path).map_err(|e| failure(path, &e.into()))?;
        Self::begin(file, format, sample_rate_hz, channel_count, metadata)
    }

    /// As [`Self::create`], in a file that exists already.
    ///
    /// # Errors
    ///
    /// As [`Self::create`].
    pub fn begin(
        file: AtomicFile,
        format: &OutputFormat,
        sample_rate_hz: u32,
        channel_count: usize,
        metadata: &Metadata,
    ) -> Result<Self> {
        format.check_rate(sample_rate_hz)?;
        let stream = StreamFormat::new(sample_rate_hz, channel_count)?;
        let path = file.path().to_owned();
        let encoder =
            Encoder::new(format, stream, metadata, file).map_err(|e| failure(&path, &e))?;
        Ok(Self {
            encoder,
            path,
            stream,
            frames: 0,
        })
    }

    /// Writes the next frames: the samples of each channel. Integers are rounded to the nearest step, so that samples on
    /// the grid of the format are exact, and clipped to full scale.
    ///
    /// # Errors
    ///
    /// If the channels don't match the file's or differ in length, if a sample is NaN or infinite, or if the disk is full.
    /// The error is one line.
    pub fn write(&mut self, channels: &[&[f32]]) -> Result<()> {
        let frames = channels.first().map_or(0, |samples| samples.len());
        ensure!(
            channels.len() == usize::from(self.stream.channel_count)
                && channels.iter().all(|samples| samples.len() == frames),
            "{}: a block of {} channels doesn't match the file",
            self.path.display(),
            channels.len()
        );
        for (samples, channel) in channels.iter().zip(1..) {
            if let Some(at) = samples.iter().position(|s| !s.is_finite()) {
                let frame = self.frames + at as u64;
                let seconds = frame as f64 / f64::from(self.stream.sample_rate_hz);
                return Err(anyhow!(
                    "{}: NaN or infinity in channel {channel} at {seconds:.3} s (frame {frame})",
                    self.path.display()
                ));
            }
        }
        if frames == 0 {
            return Ok(());
        }
        self.encoder
            .write(channels)
            .map_err(|e| failure(&self.path, &e))?;
        self.frames += frames as u64;
        Ok(())
    }

    /// Completes the file and puts it in its place.
    ///
    /// # Errors
    ///
    /// If it cannot be stored. Then it is deleted. The error is one line.
    pub fn finish(self) -> Result<()> {
        let path = self.path.clone();
        let appeared = self.complete()?.appear();
        appeared.map_err(|e| failure(&path, &e.into()))
    }

    /// Completes the file, which doesn't appear yet.
    ///
    /// # Errors
    ///
    /// As [`Self::finish`].
    pub fn complete(self) -> Result<CompleteFile> {
        let path = self.path;
        ensure!(self.frames > 0, "{}: there is no audio", path.display());
        self.encoder
            .finish()
            .and_then(|file| Ok(file.complete()?))
            .map_err(|e| failure(&path, &e))
    }

    /// Completes the file after a failed [`Self::write`] with the frames that reached the system. Returns it and their number.
    /// The disk needs no more room for it.
    ///
    /// # Errors
    ///
    /// If no frame reached the system, or the file can't be completed. The error is one line.
    pub fn complete_after_error(self) -> Result<(CompleteFile, u64)> {
        let path = self.path;
        let (file, frames) = self
            .encoder
            .finish_after_error()
            .map_err(|e| failure(&path, &e))?;
        ensure!(frames > 0, "{}: there is no audio", path.display());
        let file = file.complete().map_err(|e| failure(&path, &e.into()))?;
        Ok((file, frames))
    }
}

/// Writes audio without metadata.
///
/// # Errors
///
/// As [`SongWriter::create`], [`SongWriter::write`] and [`SongWriter::finish`].
pub fn write(path: &Path, format: &OutputFormat, audio: &Audio) -> Result<()> {
    let mut writer = SongWriter::create(
        path,
        format,
        audio.sample_rate_hz,
        audio.channel_count(),
        &Metadata::default(),
    )?;
    writer.write(&audio.slices())?;
    writer.finish()
}

impl Encoder {
    fn new(
        format: &OutputFormat,
        stream: StreamFormat,
        metadata: &Metadata,
        file: AtomicFile,
    ) -> Result<Self> {
        let bits = format.bits().unwrap_or(Bits::Int24);
        Ok(match format.container() {
            Container::Wav => {
                let chunks = metadata.wav_chunks(stream, bits);
                let layout = WavLayout {
                    stream,
                    bits,
                    front_chunks: chunks.front,
                    end_chunks: chunks.end,
                };
                Self::Wav(Box::new(WavEncoder::new(layout, file)?))
            }
            Container::Flac => {
                let blocks = metadata.flac_blocks(stream);
                Self::Flac(Box::new(FlacEncoder::new(stream, bits, blocks, file)?))
            }
            Container::Ogg => {
                let comments = metadata.ogg_comments(stream);
                Self::Ogg(Box::new(VorbisEncoder::new(stream, comments, file)?))
            }
        })
    }

    fn write(&mut self, channels: &[&[f32]]) -> Result<()> {
        match self {
            Self::Wav(encoder) => Ok(encoder.write(channels)?),
            Self::Flac(encoder) => encoder.write(channels),
            Self::Ogg(encoder) => encoder.write(channels),
        }
    }

    fn finish(self) -> Result<AtomicFile> {
        match self {
            Self::Wav(encoder) => Ok(encoder.finish()?),
            Self::Flac(encoder) => encoder.finish(),
            Self::Ogg(encoder) => encoder.finish(),
        }
    }

    fn finish_after_error(self) -> Result<(AtomicFile, u64)> {
        match self {
            Self::Wav(encoder) => {
                let (encoder, frames) = encoder.cut_after_error()?;
                Ok((encoder.finish()?, frames))
            }
            Self::Flac(encoder) => encoder.finish_after_error(),
            Self::Ogg(_) => Err(anyhow!("an Ogg file can't be completed after an error")),
        }
    }
}

/// One line with the file's name.
fn failure(path: &Path, error: &anyhow::Error) -> anyhow::Error {
    let kind = error.downcast_ref::<io::Error>().map(io::Error::kind);
    let path = path.display();
    match kind {
        Some(io::ErrorKind::StorageFull) => anyhow!("{path}: the disk is full"),
        Some(io::ErrorKind::QuotaExceeded) => anyhow!("{path}: the disk quota is used up"),
        Some(io::ErrorKind::FileTooLarge) => {
            anyhow!("{path}: the file is too large for this file system")
        }
        _ => anyhow!("{path}: {error}"),
    }
}
