//! The chunks of RIFF, RF64, BW64 and Sony Wave64 files with WAVE audio.

use crate::decode::bytes::{u32_le, u64_le};
use crate::decode::chunks::{is_name, padded_end};
use crate::decode::section::Section;
use crate::decode::{Result, refused};

/// The GUIDs of Wave64 begin with the names of RIFF's chunks and end with these bytes, except those of the file and its list.
const W64_SUFFIX: [u8; 12] = [
    0xF3, 0xAC, 0xD3, 0x11, 0x8C, 0xD1, 0x00, 0xC0, 0x4F, 0x8E, 0xDB, 0x8A,
];

/// A chunk other than the samples is not read beyond this size.
const MAX_HEADER_CHUNK: usize = 1 << 16;

/// The parts of a WAVE file.
#[derive(Default)]
pub(super) struct WaveChunks {
    /// The contents of the format chunk.
    pub(super) format: Vec<u8>,
    /// The first byte of the samples.
    pub(super) data_start: u64,
    /// The announced bytes of the samples.
    pub(super) data_bytes: u64,
    /// Whether the size has 32 bits, so that it may be the mark of a stream or have wrapped.
    pub(super) has_32_bit_size: bool,
    /// The length of the file that its first chunk announces.
    pub(super) file_bytes: Option<u64>,
    /// The first byte after the samples that belongs to no chunk, if there is one.
    pub(super) trailing_at: Option<u64>,
}

/// The header of a chunk.
struct Chunk {
    name: [u8; 4],
    start: u64,
    bytes: u64,
}

/// Finds the chunks of a file that begins with one of the names of RIFF.
pub(super) fn read_chunks(file: &Section) -> Result<WaveChunks> {
    let head = file.read_at(0, 40)?;
    let is_w64 = head.starts_with(b"riff");
    let (form, first) = if is_w64 { (24, 40) } else { (8, 12) };
    let Some(form) = head.get(form..form + 4) else {
        return refused("it is truncated within its header");
    };
    if !form.eq_ignore_ascii_case(b"WAVE") {
        let form = String::from_utf8_lossy(form).trim().to_owned();
        return refused(format!(
            "it is a RIFF file of the kind \"{}\", which has no WAVE audio; convert it to WAV",
            form.escape_default()
        ));
    }
    let is_64_bit = head.starts_with(b"RF64") || head.starts_with(b"BW64");
    let mut found = WaveChunks {
        file_bytes: if is_w64 {
            u64_le(&head, 16)
        } else {
            u32_le(&head, 4).map(|bytes| u64::from(bytes) + 8)
        },
        has_32_bit_size: !is_w64,
        ..WaveChunks::default()
    };
    let mut has_data = false;
    let mut size_64 = None;
    let mut at = first;
    while let Some(mut chunk) = chunk_at(file, at, is_w64)? {
        match &chunk.name {
            b"fmt " => found.format = contents(file, &chunk)?,
            b"ds64" if is_64_bit => {
                let sizes = contents(file, &chunk)?;
                found.file_bytes = u64_le(&sizes, 0).map(|bytes| bytes.saturating_add(8));
                size_64 = u64_le(&sizes, 8);
            }
            b"data" if has_data && chunk.bytes > 0 => {
                return refused("it has several chunks of samples; only one is supported");
            }
            b"RIFF" | b"RF64" | b"BW64" | b"riff" if has_data => {
                return refused("it consists of several WAV files in one; split it first");
            }
            b"data" if !has_data => {
                if let Some(bytes) = size_64.filter(|_| chunk.bytes == u64::from(u32::MAX)) {
                    chunk.bytes = bytes;
                    found.has_32_bit_size = false;
                }
                found.data_start = chunk.start;
                found.data_bytes = chunk.bytes;
                has_data = true;
            }
            _ if !is_name(&chunk.name) => {
                found.trailing_at = has_data.then_some(at);
                break;
            }
            _ => {}
        }
        at = next(file, &chunk, is_w64)?;
    }
    if found.format.is_empty() {
        return refused("it is a WAV file without a format chunk");
    }
    if !has_data {
        return refused("it is a WAV file without samples, or truncated in its header");
    }
    Ok(found)
}

/// The chunk whose header is here, or None at the end.
fn chunk_at(file: &Section, at: u64, is_w64: bool) -> Result<Option<Chunk>> {
    let header_bytes = if is_w64 { 24 } else { 8 };
    let header = file.read_at(at, header_bytes)?;
    let Some(name) = header.first_chunk().copied() else {
        return Ok(None);
    };
    let bytes = if is_w64 {
        let is_standard = header.get(4..16) == Some(&W64_SUFFIX);
        let bytes = u64_le(&header, 16).and_then(|bytes| bytes.checked_sub(24));
        if !is_standard {
            return Ok(bytes.map(|bytes| Chunk {
                name: *b"????",
                start: at + 24,
                bytes,
            }));
        }
        bytes
    } else {
        u32_le(&header, 4).map(u64::from)
    };
    Ok(bytes.map(|bytes| Chunk {
        name,
        start: at + header_bytes as u64,
        bytes,
    }))
}

fn contents(file: &Section, chunk: &Chunk) -> Result<Vec<u8>> {
    let count = usize::try_from(chunk.bytes).unwrap_or(usize::MAX);
    Ok(file.read_at(chunk.start, count.min(MAX_HEADER_CHUNK))?)
}

/// The position of the next chunk.
fn next(file: &Section, chunk: &Chunk, is_w64: bool) -> Result<u64> {
    let end = chunk.start.saturating_add(chunk.bytes);
    if is_w64 {
        return Ok(end.saturating_add(7) & !7);
    }
    padded_end(file, end, chunk.bytes)
}
