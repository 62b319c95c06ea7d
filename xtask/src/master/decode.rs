//! Reading songs, and refusing what is not a whole, healthy song.

use super::ogg;
use anyhow::{Context, Result, anyhow, bail, ensure};
use flow_tests::Audio;
use std::fs::File;
use std::path::Path;
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

/// Sample rates that the plug-in is made for.
const SAMPLE_RATES_HZ: std::ops::RangeInclusive<u32> = 22_050..=384_000;
const MPEG_AUDIO: [FormatId; 3] = [FORMAT_ID_MP1, FORMAT_ID_MP2, FORMAT_ID_MP3];
const FORMATS: &str = "WAV, FLAC, MP3, Ogg Vorbis or AIFF";

/// A song in memory.
pub(crate) struct Decoded {
    pub(crate) audio: Audio,
    /// What is doubtful about it, if anything.
    pub(crate) warning: Option<&'static str>,
}

/// The song at `path`. Errors say what is wrong with it in one line, without its name.
pub(crate) fn decode(path: &Path) -> Result<Decoded> {
    decode_up_to(path, f64::INFINITY)
}

/// The same, refusing what is longer than some seconds without reading all of it.
pub(crate) fn decode_up_to(path: &Path, most_seconds: f64) -> Result<Decoded> {
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
    let audio = read(format, most_seconds)?;
    if let Some((channel, frame)) = first_not_finite(&audio) {
        let seconds = frame as f64 / f64::from(audio.sample_rate_hz);
        bail!(
            "it holds NaN or infinity, first in channel {} at {seconds:.3} s",
            channel + 1
        );
    }
    Ok(Decoded { audio, warning })
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

/// All samples of the first audio track.
fn read(mut format: Box<dyn FormatReader>, most_seconds: f64) -> Result<Audio> {
    let track = format
        .default_track(TrackType::Audio)
        .context("there is no audio in it")?
        .clone();
    let mut decoder = decoder(&track)?;
    let mut song = Song::default();
    loop {
        let packet = match format.next_packet() {
            Ok(Some(packet)) if packet.track_id == track.id => packet,
            Ok(Some(_)) => continue,
            Ok(None) => break,
            // Some readers end so where the file does; whether that was its end shows below.
            Err(Error::IoError(e)) if e.kind() == std::io::ErrorKind::UnexpectedEof => break,
            Err(Error::ResetRequired) => bail!("it is a chain of several streams: split it first"),
            Err(e) => bail!("it is damaged after {:.1} s ({e})", song.seconds()),
        };
        match decoder.decode(&packet) {
            Ok(decoded) => song.push(&decoded)?,
            Err(e) => bail!("it is damaged after {:.1} s ({e})", song.seconds()),
        }
        ensure!(
            song.seconds() <= most_seconds,
            "it is longer than {:.0} minutes",
            most_seconds / 60.0
        );
    }
    ensure!(song.frames() > 0, "there is no audio in it");
    let declared = track
        .num_frames
        .filter(|n| *n > song.frames() + tolerance_frames(format.format_info().format));
    if let Some(declared) = declared {
        let seconds = declared as f64 / f64::from(song.sample_rate_hz);
        bail!(
            "it is truncated: its header announces {seconds:.1} s, but it ends after {:.1} s",
            song.seconds()
        );
    }
    if decoder.finalize().verify_ok == Some(false) {
        bail!("it is damaged: its checksum doesn't fit its samples");
    }
    Ok(Audio::new(song.sample_rate_hz, song.channels))
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

/// What has been decoded so far.
#[derive(Default)]
struct Song {
    sample_rate_hz: u32,
    channels: Vec<Vec<f32>>,
    block: Vec<Vec<f32>>,
}

impl Song {
    fn push(&mut self, decoded: &GenericAudioBufferRef<'_>) -> Result<()> {
        if decoded.frames() == 0 {
            return Ok(());
        }
        let (rate, count) = (decoded.spec().rate(), decoded.num_planes());
        if self.channels.is_empty() {
            check_channels(count)?;
            ensure!(
                SAMPLE_RATES_HZ.contains(&rate),
                "its sample rate is {rate} Hz: {} to {} Hz are mastered",
                SAMPLE_RATES_HZ.start(),
                SAMPLE_RATES_HZ.end()
            );
            self.sample_rate_hz = rate;
            self.channels = vec![Vec::new(); count];
        }
        ensure!(
            rate == self.sample_rate_hz && count == self.channels.len(),
            "its sample rate or number of channels changes after {:.1} s",
            self.seconds()
        );
        decoded.copy_to_vecs_planar(&mut self.block);
        for (channel, block) in self.channels.iter_mut().zip(&self.block) {
            channel.extend_from_slice(block);
        }
        Ok(())
    }

    fn frames(&self) -> u64 {
        self.channels.first().map_or(0, |c| c.len() as u64)
    }

    fn seconds(&self) -> f64 {
        if self.sample_rate_hz == 0 {
            0.0
        } else {
            self.frames() as f64 / f64::from(self.sample_rate_hz)
        }
    }
}

/// Channel and frame of the first sample that is no number.
fn first_not_finite(audio: &Audio) -> Option<(usize, usize)> {
    let channels = audio.channels.iter().enumerate();
    channels
        .filter_map(|(index, c)| Some((index, c.iter().position(|s| !s.is_finite())?)))
        .min_by_key(|(_, at)| *at)
}
