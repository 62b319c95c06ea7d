//! FLAC files. Symphonia decodes up to 24 bits in half the time of flac-codec; deeper samples it decodes wrongly. Where it fails,
//! flac-codec decodes, or names the cause.

use std::io::{BufReader, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flac_codec::decode::FlacChannelReader;
use symphonia::core::checksum::Md5;
use symphonia::core::io::Monitor as _;

use super::bytes::u32_be;
use super::section::Section;
use super::symphonia_decoder::SymphoniaDecoder;
use super::{DecodeError, Decoder, Result, check_channels, refused, truncated};

/// The most bits that Symphonia's decoder has room for, whose difference channel needs one more in 32-bit arithmetic.
const SYMPHONIA_BITS: u32 = 24;
/// Full scale of 32 bits.
const FULL_SCALE: f32 = 2_147_483_648.0;
const SEVERAL_FILES: &str = "it consists of several FLAC files in one; split it first";

/// Opens a section that begins with "fLaC".
pub(super) fn open(audio: &Section) -> Result<Box<dyn Decoder>> {
    match SymphoniaDecoder::open(audio.clone(), "flac") {
        Ok(fast) if can_check(&fast) => Ok(Box::new(FastDecoder {
            frame_bytes: audio.length().saturating_sub(first_frame_at(audio)?),
            audio: audio.clone(),
            fast,
            frames: 0,
            strict: None,
        })),
        _ => Ok(Box::new(StrictDecoder::open(audio)?)),
    }
}

/// Whether Symphonia has room for the samples, and the number of frames tells whether it left out a damaged one.
fn can_check(decoder: &SymphoniaDecoder) -> bool {
    let bits = decoder.parameters().bits_per_sample;
    bits.is_some_and(|bits| bits <= SYMPHONIA_BITS) && decoder.declared_frames().is_some()
}

/// The position behind the blocks of metadata.
fn first_frame_at(audio: &Section) -> Result<u64> {
    let mut at = 4;
    loop {
        let header = u32_be(&audio.read_at(at, 4)?, 0).unwrap_or(u32::MAX);
        at += 4 + u64::from(header & 0x00FF_FFFF);
        if header >> 31 == 1 {
            return Ok(at);
        }
    }
}

/// Decodes with Symphonia until it fails or leaves out bytes. Then flac-codec goes on, which stops exactly where the audio ends
/// or is damaged.
struct FastDecoder {
    audio: Section,
    fast: SymphoniaDecoder,
    /// The bytes behind the metadata.
    frame_bytes: u64,
    /// The samples of each channel that were returned from Symphonia.
    frames: u64,
    strict: Option<StrictDecoder>,
}

impl Decoder for FastDecoder {
    fn decode(&mut self, block: &mut Vec<Vec<f32>>) -> Result<Option<u32>> {
        if let Some(strict) = &mut self.strict {
            return strict.decode(block);
        }
        let result = self.fast.decode(block);
        let new = block.first().map_or(0, |channel| channel.len() as u64);
        let declared = self.fast.declared_frames().unwrap_or(0);
        let is_whole = match &result {
            Ok(Some(_)) => self.frames + new <= declared,
            Ok(None) => self.frames == declared && self.fast.packet_bytes() == self.frame_bytes,
            Err(_) => false,
        };
        if is_whole {
            self.frames += if let Ok(Some(_)) = result { new } else { 0 };
            return result;
        }
        let mut strict = StrictDecoder::open(&self.audio)?;
        strict.skip = self.frames;
        self.strict.insert(strict).decode(block)
    }

    fn declared_frames(&self) -> Option<u64> {
        self.fast.declared_frames()
    }

    fn take_warnings(&mut self) -> Vec<String> {
        self.strict
            .as_mut()
            .map_or_else(Vec::new, StrictDecoder::take_warnings)
    }
}

/// A reader that knows its position.
struct CountingReader {
    source: BufReader<Section>,
    position: Arc<AtomicU64>,
}

impl Read for CountingReader {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.source.read(buffer)?;
        self.position.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

/// Decodes samples of up to 32 bits.
struct StrictDecoder {
    audio: Section,
    reader: FlacChannelReader<CountingReader>,
    /// The bytes that have been read.
    position: Arc<AtomicU64>,
    /// The frames that were returned before.
    skip: u64,
    frames: u64,
    md5: Md5,
    bytes: Vec<u8>,
    warnings: Vec<String>,
}

impl StrictDecoder {
    fn open(audio: &Section) -> Result<Self> {
        let position = Arc::new(AtomicU64::new(0));
        let source = CountingReader {
            source: BufReader::with_capacity(1 << 16, audio.clone()),
            position: Arc::clone(&position),
        };
        let reader = FlacChannelReader::new(source).map_err(|e| {
            let is_cut = first_frame_at(audio).is_ok_and(|at| at > audio.length());
            DecodeError::Refused(if is_cut {
                "it is truncated within its header".to_owned()
            } else {
                format!("its header is damaged ({e})")
            })
        })?;
        check_channels(usize::from(reader.metadata().streaminfo().channels.get()))?;
        Ok(Self {
            audio: audio.clone(),
            reader,
            position,
            skip: 0,
            frames: 0,
            md5: Md5::default(),
            bytes: Vec::new(),
            warnings: Vec::new(),
        })
    }

    /// Checks the samples' checksum, and what follows them.
    fn check_end(&mut self) -> Result<()> {
        let end = self.position.load(Ordering::Relaxed);
        let rest = self.audio.read_at(end, 4)?;
        if let (Some(declared), [0xFF, 0xF8 | 0xF9, ..]) = (self.declared_frames(), &rest[..]) {
            return more_than_declared(declared);
        }
        let expected = self.reader.metadata().streaminfo().md5;
        if expected.is_some_and(|expected| expected != self.md5.md5()) {
            return refused("it is damaged: the checksum of its samples is wrong");
        }
        if rest.starts_with(b"fLaC") {
            return refused(SEVERAL_FILES);
        }
        if !rest.is_empty() {
            let bytes = self.audio.length() - end;
            self.warnings.push(format!(
                "{bytes} bytes behind its last FLAC frame are left out"
            ));
        }
        Ok(())
    }

    /// The reason for which the next frame cannot be decoded.
    fn frame_error(&self, error: &flac_codec::Error) -> DecodeError {
        let rate = f64::from(self.reader.metadata().streaminfo().sample_rate.max(1));
        let is_at_end = self.position.load(Ordering::Relaxed) >= self.audio.length();
        match (error, self.declared_frames()) {
            (flac_codec::Error::Io(_), Some(declared)) if is_at_end => {
                let (declared, frames) = (declared as f64, self.frames as f64);
                DecodeError::Refused(truncated(declared / rate, frames / rate))
            }
            (flac_codec::Error::Io(_), None) if is_at_end => {
                DecodeError::Refused("it is truncated: its last FLAC frame is cut off".to_owned())
            }
            // Without a number of frames, what follows the last one is taken for a frame.
            _ if self.has_second_file() => DecodeError::Refused(SEVERAL_FILES.to_owned()),
            _ => DecodeError::Damaged(error.to_string()),
        }
    }

    /// Whether the mark of a file is right behind the last frame.
    fn has_second_file(&self) -> bool {
        let at = self.position.load(Ordering::Relaxed).saturating_sub(16);
        let bytes = self.audio.read_at(at, 32).unwrap_or_default();
        bytes.windows(4).any(|w| w == b"fLaC")
    }
}

/// A refusal of a file whose FLAC frames have more samples than its header announces.
fn more_than_declared<T>(declared: u64) -> Result<T> {
    refused(format!(
        "its header contradicts its audio: it announces {declared} frames, and there are more"
    ))
}

impl Decoder for StrictDecoder {
    fn decode(&mut self, block: &mut Vec<Vec<f32>>) -> Result<Option<u32>> {
        let info = self.reader.metadata().streaminfo();
        let (rate, bits) = (info.sample_rate, u32::from(info.bits_per_sample));
        let declared = info.total_samples;
        let sample_bytes = usize::try_from(bits.div_ceil(8)).unwrap_or(4);
        let channels = match self.reader.fill_buf() {
            Ok(channels) => channels,
            Err(e) => return Err(self.frame_error(&e)),
        };
        let frames = channels.first().map_or(0, |channel| channel.len());
        if frames == 0 {
            self.check_end()?;
            return Ok(None);
        }
        // flac-codec's number of the frames left would become negative.
        if let Some(declared) = declared
            && self.frames + frames as u64 > declared.get()
        {
            return more_than_declared(declared.get());
        }
        self.bytes.clear();
        for frame in 0..frames {
            for channel in &channels {
                self.bytes
                    .extend_from_slice(&channel[frame].to_le_bytes()[..sample_bytes]);
            }
        }
        self.md5.process_buf_bytes(&self.bytes);
        let skipped = usize::try_from(self.skip).map_or(frames, |skip| skip.min(frames));
        block.resize_with(channels.len(), Vec::new);
        for (samples, converted) in channels.iter().zip(block) {
            converted.clear();
            let new = samples[skipped..].iter();
            converted.extend(new.map(|s| (s << (32 - bits)) as f32 / FULL_SCALE));
        }
        self.reader.consume(frames);
        self.frames += frames as u64;
        self.skip -= skipped as u64;
        Ok(Some(rate))
    }

    fn declared_frames(&self) -> Option<u64> {
        let frames = self.reader.metadata().streaminfo().total_samples;
        frames.map(std::num::NonZero::get)
    }

    fn take_warnings(&mut self) -> Vec<String> {
        std::mem::take(&mut self.warnings)
    }
}
