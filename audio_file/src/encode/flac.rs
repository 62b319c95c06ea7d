//! The encoder of FLAC files.

use super::samples::{full_scale, to_integer};
use crate::audio::Audio;
use crate::metadata::FlacBlocks;
use crate::output_format::{Bits, StreamFormat};
use anyhow::{Context, Result, anyhow};
use flac_codec::Error;
use flac_codec::encode::{FlacSampleWriter, Options};
use flac_codec::metadata::VorbisComment;
use flow_platform::atomic_file::AtomicFile;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::io::{self, Cursor, Seek, SeekFrom, Write};
use std::rc::Rc;

/// Room for the seek table of a song of five hours, whose length isn't known when the file begins.
const PADDING_BYTES: u32 = 32_768;
/// The frames of audio in one FLAC frame.
const BLOCK_FRAMES: u16 = 4096;
/// The most places that are remembered: those in the buffer of the file, and one more.
const BOUNDARIES: usize = 1024;
/// The place of the number of samples, whose first half byte belongs to the bits (RFC 9639, section 8.2).
const TOTAL_SAMPLES_OFFSET: u64 = 21;

/// Writes samples as FLAC.
pub(crate) struct FlacEncoder {
    writer: FlacSampleWriter<SharedFile>,
    file: SharedFile,
    full_scale: f64,
    /// The samples of the last block, frame by frame.
    integers: Vec<i32>,
    bits_per_sample: u32,
    /// The frames of audio that the encoder has taken.
    frames: u64,
    /// The last ends of FLAC frames.
    boundaries: VecDeque<Boundary>,
}

/// The end of a FLAC frame.
#[derive(Clone, Copy)]
struct Boundary {
    bytes: u64,
    /// The frames of audio in front of it.
    frames: u64,
}

/// A file that outlives the encoder, which doesn't return it.
#[derive(Clone)]
struct SharedFile(Rc<RefCell<CountedFile>>);

struct CountedFile {
    /// None after an error.
    file: Option<AtomicFile>,
    /// The bytes that were written.
    bytes: u64,
}

impl FlacEncoder {
    pub(crate) fn new(
        stream: StreamFormat,
        bits: Bits,
        metadata: FlacBlocks,
        file: AtomicFile,
    ) -> Result<Self> {
        let bits_per_sample = 8 * u32::from(bits.bytes());
        let mut options = Options::default()
            .block_size(BLOCK_FRAMES)
            .map_err(|e| anyhow!("{e}"))?
            .padding(PADDING_BYTES)
            .map_err(|e| anyhow!("{e}"))?
            .comment(VorbisComment {
                fields: metadata.comments,
                ..VorbisComment::default()
            });
        options.add_blocks(metadata.pictures);
        let file = CountedFile {
            file: Some(file),
            bytes: 0,
        };
        let file = SharedFile(Rc::new(RefCell::new(file)));
        let writer = FlacSampleWriter::new(
            file.clone(),
            options,
            stream.sample_rate_hz,
            bits_per_sample,
            if stream.channel_count == 1 { 1 } else { 2 },
            None,
        )
        .map_err(reason)?;
        Ok(Self {
            writer,
            file,
            full_scale: full_scale(bits),
            integers: Vec::new(),
            bits_per_sample,
            frames: 0,
            boundaries: VecDeque::new(),
        })
    }

    pub(crate) fn write(&mut self, channels: &[&[f32]]) -> Result<()> {
        self.integers.clear();
        for frame in 0..channels[0].len() {
            let integers = channels
                .iter()
                .map(|c| to_integer(c[frame], self.full_scale));
            self.integers.extend(integers);
        }
        self.writer.write(&self.integers).map_err(reason)?;
        self.frames += channels[0].len() as u64;
        let bytes = self.file.0.borrow().bytes;
        let frames = self.frames - self.frames % u64::from(BLOCK_FRAMES);
        if self.boundaries.back().is_none_or(|end| end.frames < frames) {
            if self.boundaries.len() == BOUNDARIES {
                self.boundaries.pop_front();
            }
            self.boundaries.push_back(Boundary { bytes, frames });
        }
        Ok(())
    }

    /// After a failed write: the file with the whole FLAC frames that reached the system, and its frames of audio. It has no
    /// checksum of its samples.
    pub(crate) fn finish_after_error(self) -> Result<(AtomicFile, u64)> {
        let file = self.file.0.borrow_mut().file.take();
        // The encoder writes its end into no file.
        drop(self.writer);
        let mut frames = 0;
        let mut file = file.context("the file is gone")?.cut_after_error(|bytes| {
            let ends = self.boundaries.iter().rev();
            let end = ends.copied().find(|end| end.bytes <= bytes);
            frames = end.map_or(0, |end| end.frames);
            end.map_or(0, |end| end.bytes)
        })?;
        file.seek(SeekFrom::Start(TOTAL_SAMPLES_OFFSET))?;
        let field = (u64::from(self.bits_per_sample - 1) & 0xf) << 36 | frames;
        file.write_all(&field.to_be_bytes()[3..])?;
        Ok((file, frames))
    }

    /// Writes the last samples and the header with the final values, and returns the file.
    pub(crate) fn finish(self) -> Result<AtomicFile> {
        self.writer.finalize().map_err(reason)?;
        let file = Rc::into_inner(self.file.0).context("the encoder still holds its file")?;
        file.into_inner().file.context("the file is gone")
    }
}

/// A third of the default's time, for files that are an eighth larger.
fn fast_options() -> Options {
    Options::default()
        .no_padding()
        .fast_channel_correlation(true)
        .max_lpc_order(None)
        .unwrap_or_default()
}

/// A short audio as FLAC of 16 bits in memory, for pages that contain their audio.
///
/// # Errors
///
/// If the audio has other than one or two channels, or a rate that FLAC doesn't support.
pub fn flac_16_in_memory(audio: &Audio) -> Result<Vec<u8>> {
    let stream = StreamFormat::new(audio.sample_rate_hz, audio.channel_count())?;
    let mut file = Cursor::new(Vec::new());
    let mut writer = FlacSampleWriter::new(
        &mut file,
        fast_options(),
        stream.sample_rate_hz,
        16,
        if stream.channel_count == 1 { 1 } else { 2 },
        None,
    )
    .map_err(reason)?;
    let full_scale = full_scale(Bits::Int16);
    let frames = (0..audio.frames()).flat_map(|i| audio.channels.iter().map(move |c| c[i]));
    let integers: Vec<i32> = frames
        .map(|sample| to_integer(sample, full_scale))
        .collect();
    writer.write(&integers).map_err(reason)?;
    writer.finalize().map_err(reason)?;
    Ok(file.into_inner())
}

/// The error of the system where there is one.
fn reason(error: Error) -> anyhow::Error {
    match error {
        Error::Io(error) => error.into(),
        error => anyhow!("{error}"),
    }
}

impl CountedFile {
    fn file(&mut self) -> io::Result<&mut AtomicFile> {
        let file = self.file.as_mut();
        file.ok_or_else(|| io::Error::other("the file is gone"))
    }
}

impl Write for SharedFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut file = self.0.borrow_mut();
        let count = file.file()?.write(bytes)?;
        file.bytes += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.borrow_mut().file()?.flush()
    }
}

impl Seek for SharedFile {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.0.borrow_mut().file()?.seek(to)
    }
}
