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
use std::io::{self, Cursor, Seek, SeekFrom, Write};
use std::rc::Rc;

/// Room for the seek table of a song of five hours, whose length isn't known when the file begins.
const PADDING_BYTES: u32 = 32_768;

/// Writes samples as FLAC.
pub(crate) struct FlacEncoder {
    writer: FlacSampleWriter<SharedFile>,
    file: SharedFile,
    full_scale: f64,
    /// The samples of the last block, frame by frame.
    integers: Vec<i32>,
}

/// A file that outlives the encoder, which doesn't return it.
#[derive(Clone)]
struct SharedFile(Rc<RefCell<AtomicFile>>);

impl FlacEncoder {
    pub(crate) fn new(
        stream: StreamFormat,
        bits: Bits,
        metadata: FlacBlocks,
        file: AtomicFile,
    ) -> Result<Self> {
        let mut options = Options::default()
            .padding(PADDING_BYTES)
            .map_err(|e| anyhow!("{e}"))?
            .comment(VorbisComment {
                fields: metadata.comments,
                ..VorbisComment::default()
            });
        options.add_blocks(metadata.pictures);
        let file = SharedFile(Rc::new(RefCell::new(file)));
        let writer = FlacSampleWriter::new(
            file.clone(),
            options,
            stream.sample_rate_hz,
            8 * u32::from(bits.bytes()),
            if stream.channel_count == 1 { 1 } else { 2 },
            None,
        )
        .map_err(reason)?;
        Ok(Self {
            writer,
            file,
            full_scale: full_scale(bits),
            integers: Vec::new(),
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
        self.writer.write(&self.integers).map_err(reason)
    }

    /// Writes the last samples and the header with the final values, and returns the file.
    pub(crate) fn finish(self) -> Result<AtomicFile> {
        self.writer.finalize().map_err(reason)?;
        let file = Rc::into_inner(self.file.0);
        Ok(file
            .context("the encoder still holds its file")?
            .into_inner())
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

impl Write for SharedFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.borrow_mut().flush()
    }
}

impl Seek for SharedFile {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.0.borrow_mut().seek(to)
    }
}
