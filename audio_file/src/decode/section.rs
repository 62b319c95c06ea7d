//! A part of a file as a source of its own.

use std::fs::File;
use std::io::{Read, Result, Seek, SeekFrom};
use std::sync::Arc;

use symphonia::core::io::MediaSource;

/// The bytes `start..start + length` of a file. Sections of one file share its handle, so that each reads from its own
/// position, one at a time.
#[derive(Clone)]
pub(crate) struct Section {
    file: Arc<File>,
    start: u64,
    length: u64,
    /// Relative to `start`.
    position: u64,
    /// Bytes that replace those of the file at a place relative to its beginning.
    patch: Option<(u64, [u8; 8])>,
}

impl Section {
    /// The whole file.
    pub(crate) fn whole(file: File) -> Result<Self> {
        let length = (&file).seek(SeekFrom::End(0))?;
        Ok(Self {
            file: Arc::new(file),
            start: 0,
            length,
            position: 0,
            patch: None,
        })
    }

    /// The same section with other bytes at this place.
    pub(super) fn patched(&self, at: u64, bytes: [u8; 8]) -> Self {
        Self {
            patch: Some((self.start + at, bytes)),
            ..self.clone()
        }
    }

    /// The part `start..end` of this section, clamped to its length, at its beginning.
    pub(super) fn part(&self, start: u64, end: u64) -> Self {
        let end = end.min(self.length);
        let start = start.min(end);
        Self {
            file: Arc::clone(&self.file),
            start: self.start + start,
            length: end - start,
            position: 0,
            patch: self.patch,
        }
    }

    /// The length in bytes.
    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    /// Up to `count` bytes from `at` on; fewer at the section's end.
    pub(crate) fn read_at(&self, at: u64, count: usize) -> Result<Vec<u8>> {
        let mut part = self.part(at, at.saturating_add(count as u64));
        let mut bytes = Vec::new();
        part.read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}

impl Read for Section {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let left = usize::try_from(self.length - self.position).unwrap_or(usize::MAX);
        let wanted = buffer.len().min(left);
        if wanted == 0 {
            return Ok(0);
        }
        let mut file = &*self.file;
        file.seek(SeekFrom::Start(self.start + self.position))?;
        let count = file.read(&mut buffer[..wanted])?;
        if let Some((at, bytes)) = self.patch {
            let read = self.start + self.position..;
            for (place, byte) in read.zip(&mut buffer[..count]) {
                let index = place.checked_sub(at).and_then(|i| usize::try_from(i).ok());
                if let Some(patched) = index.and_then(|i| bytes.get(i)) {
                    *byte = *patched;
                }
            }
        }
        self.position += count as u64;
        Ok(count)
    }
}

impl Seek for Section {
    /// Positions beyond the end count as the end.
    fn seek(&mut self, to: SeekFrom) -> Result<u64> {
        let position = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.length.checked_add_signed(by),
            SeekFrom::Current(by) => self.position.checked_add_signed(by),
        };
        let position = position.ok_or(std::io::ErrorKind::InvalidInput)?;
        self.position = position.min(self.length);
        Ok(self.position)
    }
}

impl MediaSource for Section {
    fn is_seekable(&self) -> bool {
        true
    }

    fn byte_len(&self) -> Option<u64> {
        Some(self.length)
    }
}
