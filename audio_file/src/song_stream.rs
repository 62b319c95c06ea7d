//! Decoding of a song block by block, with checks that it is complete and undamaged.

use std::fs::File;
use std::io::{Seek, SeekFrom};
use std::path::Path;

use anyhow::{Context, Result, anyhow, bail, ensure};
use symphonia::core::audio::GenericAudioBufferRef;
use symphonia::core::codecs::audio::well_known::CODEC_ID_OPUS;
use symphonia::core::codecs::audio::{AudioDecoder, AudioDecoderOptions};
use symphonia::core::errors::Error;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::well_known::{
    FORMAT_ID_MP1, FORMAT_ID_MP2, FORMAT_ID_MP3, FORMAT_ID_OGG,
};
use symphonia::core::formats::{FormatId, FormatOptions, FormatReader, Track, TrackType};
use symphonia::core::io::{MediaSource, MediaSourceStream, ReadOnlySource};
use symphonia::core::meta::MetadataOptions;

use crate::ogg;

/// The sample rates of the songs that are read, in Hz.
pub const SONG_RATES_HZ: std::ops::RangeInclusive<u32> = 22_050..=384_000;

/// The usual file extensions of the formats that are read, in lower case.
pub const SONG_EXTENSIONS: [&str; 8] = ["wav", "wave", "flac", "mp3", "ogg", "oga", "aif", "aiff"];

const MPEG_AUDIO: [FormatId; 3] = [FORMAT_ID_MP1, FORMAT_ID_MP2, FORMAT_ID_MP3];
const FORMATS: &str = "WAV, FLAC, MP3, Ogg Vorbis or AIFF";

/// A decoder of a song.
pub struct SongStream {
    format: Box<dyn FormatReader>,
    decoder: Box<dyn AudioDecoder>,
    track: u32,
    declared_frames: Option<u64>,
    warnings: Vec<String>,
    sample_rate_hz: u32,
    /// The last decoded block: the samples of each channel.
    block: Vec<Vec<f32>>,
    /// Whether the block has not been returned yet.
    is_new: bool,
    /// The frames that have been decoded.
    frames: u64,
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
        let file = File::open(path).map_err(|e| unreadable(&e))?;
        Self::from_file(file, path.extension().and_then(|e| e.to_str()))
    }

    /// Decodes the first block of an open file, from its beginning. The file must be seekable; it needs no name.
    /// `extension` is the format's usual extension, if it is known: `wav`, `mp3`.
    ///
    /// # Errors
    ///
    /// If the file is no supported song. The error is one line without the file's name.
    pub fn from_file(mut file: File, extension: Option<&str>) -> Result<Self> {
        let bytes = file.seek(SeekFrom::End(0)).map_err(|e| unreadable(&e))?;
        ensure!(bytes > 0, "the file is empty");
        let warnings = ogg::check_end(&mut file)?.into_iter().collect();
        let mut format = probe(rewound(&file)?, extension, true)?;
        if MPEG_AUDIO.contains(&format.format_info().format) {
            // The decoder guesses the length of a seekable MPEG file without a length header, and ends there. It doesn't
            // guess for a stream.
            format = probe(rewound(&file)?, extension, false)?;
        }
        let track = format
            .default_track(TrackType::Audio)
            .context("there is no audio in it")?
            .clone();
        let mut stream = Self {
            decoder: decoder(&track)?,
            format,
            track: track.id,
            declared_frames: track.num_frames,
            warnings,
            sample_rate_hz: 0,
            block: Vec::new(),
            is_new: false,
            frames: 0,
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
        self.declared_frames.map(|frames| self.seconds_of(frames))
    }

    /// The decoded duration in seconds.
    #[must_use]
    pub fn seconds(&self) -> f64 {
        self.seconds_of(self.frames)
    }

    /// Doubts about the file's completeness, each a clause without the file's name. The last ones may come with the end.
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

    /// Decodes the next packet with audio; returns false at the end.
    fn decode(&mut self) -> Result<bool> {
        loop {
            let packet = match self.format.next_packet() {
                Ok(Some(packet)) if packet.track_id == self.track => packet,
                Ok(Some(_)) => continue,
                Ok(None) => break,
                // Some readers end with this error. The check below finds a truncated file.
                Err(Error::IoError(e)) if e.kind() == std::io::ErrorKind::UnexpectedEof => break,
                Err(Error::ResetRequired) => {
                    bail!("it is a chain of several streams; split it first")
                }
                Err(e) => bail!("it is damaged after {:.1} s ({e})", self.seconds()),
            };
            let seconds = self.seconds();
            let decoded = match self.decoder.decode(&packet) {
                Ok(decoded) => decoded,
                Err(e) => bail!("it is damaged after {seconds:.1} s ({e})"),
            };
            if decoded.frames() > 0 {
                check_format(&decoded, self.sample_rate_hz, self.block.len(), seconds)?;
                self.sample_rate_hz = decoded.spec().rate();
                decoded.copy_to_vecs_planar(&mut self.block);
                self.check_samples()?;
                self.frames += self.block[0].len() as u64;
                return Ok(true);
            }
        }
        self.check_end()?;
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

    fn check_end(&mut self) -> Result<()> {
        let enough = self.frames + tolerance_frames(self.format.format_info().format);
        if let Some(declared) = self
            .declared_frames
            .filter(|n| self.frames > 0 && *n > enough)
        {
            let seconds = self.seconds_of(declared);
            bail!(
                "it is truncated: its header says {seconds:.1} s, and it ends after {:.1} s",
                self.seconds()
            );
        }
        if self.decoder.finalize().verify_ok == Some(false) {
            bail!("it is damaged: the checksum of its samples is wrong");
        }
        Ok(())
    }
}

fn unreadable(error: &std::io::Error) -> anyhow::Error {
    anyhow!("it cannot be read: {error}")
}

/// A handle to the file whose position is the file's beginning. Handles of one file share the position.
fn rewound(file: &File) -> Result<File> {
    let mut file = file.try_clone().map_err(|e| unreadable(&e))?;
    file.rewind().map_err(|e| unreadable(&e))?;
    Ok(file)
}

/// Opens the container in the file.
fn probe(file: File, extension: Option<&str>, is_seekable: bool) -> Result<Box<dyn FormatReader>> {
    let source: Box<dyn MediaSource> = if is_seekable {
        Box::new(file)
    } else {
        Box::new(ReadOnlySource::new(file))
    };
    let stream = MediaSourceStream::new(source, Default::default());
    let mut hint = Hint::new();
    if let Some(extension) = extension {
        hint.with_extension(extension);
    }
    symphonia::default::get_probe()
        .probe(
            &hint,
            stream,
            FormatOptions::default(),
            MetadataOptions::default(),
        )
        .map_err(|e| not_a_song(&e))
}

fn not_a_song(error: &Error) -> anyhow::Error {
    match error {
        Error::IoError(e) if e.kind() == std::io::ErrorKind::UnexpectedEof => {
            anyhow!("it is truncated, or no {FORMATS} file")
        }
        Error::IoError(e) => anyhow!("it cannot be read: {e}"),
        Error::Unsupported(_) => anyhow!("it is no {FORMATS} file"),
        e => anyhow!("it is damaged, or no {FORMATS} file ({e})"),
    }
}

/// The number of frames that a complete file may have less than its header says.
fn tolerance_frames(format: FormatId) -> u64 {
    match format {
        // Some encoders count the MPEG frame of the header.
        _ if MPEG_AUDIO.contains(&format) => 1152,
        // Encoders differ in the last page's position by up to one Vorbis packet. A damaged or missing page is longer.
        FORMAT_ID_OGG => 8192,
        _ => 0,
    }
}

fn decoder(track: &Track) -> Result<Box<dyn AudioDecoder>> {
    let parameters = track
        .codec_params
        .as_ref()
        .and_then(|p| p.audio())
        .context("its codec is unknown")?;
    if parameters.codec == CODEC_ID_OPUS {
        bail!("Opus is not supported; convert it to WAV or FLAC");
    }
    if let Some(channels) = &parameters.channels {
        check_channels(channels.count())?;
    }
    symphonia::default::get_codecs()
        .make_audio_decoder(parameters, &AudioDecoderOptions::default().verify(true))
        .map_err(|e| anyhow!("its codec is not supported ({e}); use {FORMATS}"))
}

fn check_channels(count: usize) -> Result<()> {
    ensure!(
        (1..=2).contains(&count),
        "it has {count} channels; only mono and stereo are supported"
    );
    Ok(())
}

/// Checks rate and channels: of the first block against the limits, of later ones against the first.
fn check_format(
    block: &GenericAudioBufferRef<'_>,
    sample_rate_hz: u32,
    channel_count: usize,
    seconds: f64,
) -> Result<()> {
    let (rate, count) = (block.spec().rate(), block.num_planes());
    if channel_count == 0 {
        check_channels(count)?;
        ensure!(
            SONG_RATES_HZ.contains(&rate),
            "its sample rate is {rate} Hz; {} to {} Hz are supported",
            SONG_RATES_HZ.start(),
            SONG_RATES_HZ.end()
        );
        return Ok(());
    }
    ensure!(
        rate == sample_rate_hz && count == channel_count,
        "its sample rate or number of channels changes after {seconds:.1} s"
    );
    Ok(())
}
