//! A song, block by block, and refusing what is not a whole, healthy one.

use std::fs::File;
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

/// Sample rates that Flow is made for, Hz.
pub const SAMPLE_RATES_HZ: std::ops::RangeInclusive<u32> = 22_050..=384_000;

const MPEG_AUDIO: [FormatId; 3] = [FORMAT_ID_MP1, FORMAT_ID_MP2, FORMAT_ID_MP3];
const FORMATS: &str = "WAV, FLAC, MP3, Ogg Vorbis or AIFF";

/// A song that is being read.
pub struct SongStream {
    format: Box<dyn FormatReader>,
    decoder: Box<dyn AudioDecoder>,
    track: u32,
    declared_frames: Option<u64>,
    warning: Option<&'static str>,
    sample_rate_hz: u32,
    /// What was decoded last, one vector a channel.
    block: Vec<Vec<f32>>,
    /// Whether nobody has been given that yet.
    is_new: bool,
    /// Decoded so far.
    frames: u64,
}

impl SongStream {
    /// Opens a file and decodes its first block.
    ///
    /// # Errors
    ///
    /// If it is no song that Flow reads, in one line, without its name.
    pub fn open(path: &Path) -> Result<Self> {
        let metadata = std::fs::metadata(path).map_err(|e| match e.kind() {
            std::io::ErrorKind::NotFound => anyhow!("there is no such file"),
            _ => anyhow!("it cannot be read: {e}"),
        })?;
        ensure!(!metadata.is_dir(), "it is a folder, not a song");
        ensure!(metadata.len() > 0, "the file is empty");
        let warning = ogg::check_end(path)?;
        let mut format = open(path, true)?;
        if MPEG_AUDIO.contains(&format.format_info().format) {
            // Where its header doesn't tell an MPEG file's length, a seekable one gets a guess, and is cut where it ends.
            format = open(path, false)?;
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
            warning,
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

    /// 1 or 2.
    #[must_use]
    pub fn channel_count(&self) -> usize {
        self.block.len()
    }

    /// How long it says that it is, s; none if it doesn't say.
    #[must_use]
    pub fn declared_seconds(&self) -> Option<f64> {
        self.declared_frames.map(|frames| self.seconds_of(frames))
    }

    /// Decoded so far, s.
    #[must_use]
    pub fn seconds(&self) -> f64 {
        self.seconds_of(self.frames)
    }

    /// What is doubtful about it, if anything.
    #[must_use]
    pub fn warning(&self) -> Option<&'static str> {
        self.warning
    }

    /// The next samples, one vector a channel, all of one length; none at the end.
    ///
    /// # Errors
    ///
    /// If it turns out to be damaged or truncated, in one line, without its name.
    pub fn next_block(&mut self) -> Result<Option<&[Vec<f32>]>> {
        let there_is = std::mem::take(&mut self.is_new) || self.decode()?;
        Ok(there_is.then_some(&self.block[..]))
    }

    fn seconds_of(&self, frames: u64) -> f64 {
        if self.sample_rate_hz == 0 {
            0.0
        } else {
            frames as f64 / f64::from(self.sample_rate_hz)
        }
    }

    /// Decodes the next packet that has audio in it; false at the end.
    fn decode(&mut self) -> Result<bool> {
        loop {
            let packet = match self.format.next_packet() {
                Ok(Some(packet)) if packet.track_id == self.track => packet,
                Ok(Some(_)) => continue,
                Ok(None) => break,
                // Some readers end so where the file does; whether that was its end shows below.
                Err(Error::IoError(e)) if e.kind() == std::io::ErrorKind::UnexpectedEof => break,
                Err(Error::ResetRequired) => {
                    bail!("it is a chain of several streams: split it first")
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
            bail!("it holds NaN or infinity, first in channel {channel} at {seconds:.3} s");
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
                "it is truncated: its header announces {seconds:.1} s, but it ends after {:.1} s",
                self.seconds()
            );
        }
        if self.decoder.finalize().verify_ok == Some(false) {
            bail!("it is damaged: its checksum doesn't fit its samples");
        }
        Ok(())
    }
}

/// The container in the file.
fn open(path: &Path, is_seekable: bool) -> Result<Box<dyn FormatReader>> {
    let file = File::open(path).map_err(|e| anyhow!("it cannot be read: {e}"))?;
    let source: Box<dyn MediaSource> = if is_seekable {
        Box::new(file)
    } else {
        Box::new(ReadOnlySource::new(file))
    };
    let stream = MediaSourceStream::new(source, Default::default());
    let mut hint = Hint::new();
    if let Some(extension) = path.extension().and_then(|e| e.to_str()) {
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

/// How many frames a whole file may have less than it announces.
fn tolerance_frames(format: FormatId) -> u64 {
    match format {
        // Some encoders count the MPEG frame that says how many there are.
        _ if MPEG_AUDIO.contains(&format) => 1152,
        // Encoders count the last page's position in different ways, by up to one packet of Vorbis. A page that is
        // damaged or missing takes more away.
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
        bail!("Opus is not supported: decode it to WAV or FLAC first");
    }
    if let Some(channels) = &parameters.channels {
        check_channels(channels.count())?;
    }
    symphonia::default::get_codecs()
        .make_audio_decoder(parameters, &AudioDecoderOptions::default().verify(true))
        .map_err(|e| anyhow!("its codec is not supported ({e}): {FORMATS} is read"))
}

fn check_channels(count: usize) -> Result<()> {
    ensure!(
        (1..=2).contains(&count),
        "it has {count} channels: only mono and stereo are mastered"
    );
    Ok(())
}

/// Refuses what can't be mastered, and what isn't as the blocks before it.
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
            SAMPLE_RATES_HZ.contains(&rate),
            "its sample rate is {rate} Hz: {} to {} Hz are mastered",
            SAMPLE_RATES_HZ.start(),
            SAMPLE_RATES_HZ.end()
        );
        return Ok(());
    }
    ensure!(
        rate == sample_rate_hz && count == channel_count,
        "its sample rate or number of channels changes after {seconds:.1} s"
    );
    Ok(())
}
