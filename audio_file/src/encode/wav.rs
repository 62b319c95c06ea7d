//! The encoder of WAV files.

use super::header::WavLayout;
use super::samples;
use flow_platform::atomic_file::AtomicFile;
use std::io::{self, Seek, Write};

/// Writes samples as PCM.
pub(crate) struct WavEncoder {
    layout: WavLayout,
    file: AtomicFile,
    frames: u64,
    /// The bytes of the last block.
    bytes: Vec<u8>,
}

impl WavEncoder {
    /// Writes the header of a file without audio.
    pub(crate) fn new(layout: WavLayout, file: AtomicFile) -> io::Result<Self> {
        let mut encoder = Self {
            layout,
            file,
            frames: 0,
            bytes: Vec::new(),
        };
        encoder
            .file
            .write_all(&encoder.layout.header_without_length())?;
        Ok(encoder)
    }

    pub(crate) fn write(&mut self, channels: &[&[f32]]) -> io::Result<()> {
        self.bytes.clear();
        samples::append_bytes(&mut self.bytes, channels, self.layout.bits);
        self.file.write_all(&self.bytes)?;
        self.frames += channels[0].len() as u64;
        Ok(())
    }

    /// After a failed write: the encoder with the whole frames that reached the system, and their number.
    pub(crate) fn cut_after_error(self) -> io::Result<(Self, u64)> {
        let header_bytes = self.layout.header(0).len() as u64;
        let frame_bytes = u64::from(self.layout.frame_bytes());
        let mut frames = 0;
        let file = self.file.cut_after_error(|bytes| {
            // The chunks behind the samples need room, and an odd number of bytes would need one more.
            let room = self.layout.end_chunks.len() as u64;
            frames = bytes.saturating_sub(header_bytes + room) / frame_bytes;
            frames -= frames * frame_bytes % 2;
            header_bytes + frames * frame_bytes
        })?;
        Ok((
            Self {
                file,
                frames,
                ..self
            },
            frames,
        ))
    }

    /// Writes the chunks behind the samples and the header with the final sizes, and returns the file.
    pub(crate) fn finish(mut self) -> io::Result<AtomicFile> {
        let data_bytes = self.frames * u64::from(self.layout.frame_bytes());
        if data_bytes % 2 == 1 {
            self.file.write_all(&[0])?;
        }
        self.file.write_all(&self.layout.end_chunks)?;
        self.file.rewind()?;
        self.file.write_all(&self.layout.header(self.frames))?;
        Ok(self.file)
    }
}
