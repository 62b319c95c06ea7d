//! The chunks of RIFF, RF64, BW64 and Sony Wave64 files with WAVE audio.

use crate::decode::bytes::{u32_le, u64_le};
use crate::decode::chunks::{is_name, padded_end};
use crate::decode::section::Section;
use crate::decode::{Result, refused};

/// The GUIDs of Wave64 begin with the names of RIFF's chunks and end with these bytes, except those of the file and its list.
const W64_SUFFIX: [u8; 12] = [
    0xF3, 0xAC, 0xD3, 0x11, 0x8C, 0xD1, 0x00, 0xC0, 0x4F, 0x8E, 0xDB, 0x8A,
];

/// A chunk with the format or with sizes is not read beyond this size.
const MAX_HEADER_CHUNK: usize = 1 << 16;
/// The largest number of chunks in a file.
const MAX_CHUNKS: usize = 100_000;

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
    /// Whether the file is a Wave64 whose writer didn't know its length.
    pub(super) is_w64_stream: bool,
    /// The length of the file that its first chunk announces.
    pub(super) file_bytes: Option<u64>,
    /// The first byte after the samples that belongs to no chunk, if there is one.
    pub(super) trailing_at: Option<u64>,
}

/// The name and position of a chunk.
pub(crate) struct Chunk {
    pub(crate) name: [u8; 4],
    /// The first byte of its contents.
    pub(crate) start: u64,
    /// The announced size of its contents.
    pub(crate) bytes: u64,
    /// The first byte of its header.
    header_at: u64,
    /// Whether the size has 32 bits.
    has_32_bit_size: bool,
}

/// Finds the chunks of a RIFF file, one after the other.
pub(crate) struct ChunkReader<'a> {
    file: &'a Section,
    is_w64: bool,
    /// Whether a `ds64` chunk may have the sizes.
    is_64_bit: bool,
    /// The sizes of the file and of the samples in a `ds64` chunk.
    sizes_64: [Option<u64>; 2],
    /// The position of the next chunk.
    at: u64,
    count: usize,
}

impl<'a> ChunkReader<'a> {
    /// Starts behind the header of a file that begins with one of the names of RIFF.
    pub(crate) fn new(file: &'a Section) -> Result<Self> {
        let name = file.read_at(0, 4)?;
        let is_w64 = name == b"riff";
        Ok(Self {
            file,
            is_w64,
            is_64_bit: name == b"RF64" || name == b"BW64",
            sizes_64: [None; 2],
            at: if is_w64 { 40 } else { 12 },
            count: 0,
        })
    }

    /// The next chunk; None at the end of the file.
    pub(crate) fn next(&mut self) -> Result<Option<Chunk>> {
        let Some(mut chunk) = chunk_at(self.file, self.at, self.is_w64)? else {
            return Ok(None);
        };
        self.count += 1;
        if self.count > MAX_CHUNKS {
            return refused(format!("it has more than {MAX_CHUNKS} chunks"));
        }
        if chunk.name == *b"ds64" && self.is_64_bit {
            let sizes = self.contents(&chunk)?;
            self.sizes_64 = [0, 8].map(|at| u64_le(&sizes, at));
        }
        if let Some(bytes) = self.sizes_64[1]
            && chunk.name == *b"data"
            && chunk.bytes == u64::from(u32::MAX)
        {
            chunk.bytes = bytes;
            chunk.has_32_bit_size = false;
        }
        let end = chunk.start.saturating_add(chunk.bytes);
        self.at = if self.is_w64 {
            end.saturating_add(7) & !7
        } else {
            padded_end(self.file, end, chunk.bytes)?
        };
        Ok(Some(chunk))
    }

    fn contents(&self, chunk: &Chunk) -> Result<Vec<u8>> {
        let count = usize::try_from(chunk.bytes).unwrap_or(usize::MAX);
        Ok(self
            .file
            .read_at(chunk.start, count.min(MAX_HEADER_CHUNK))?)
    }
}

/// Finds the chunks of a file that begins with one of the names of RIFF.
pub(super) fn read_chunks(file: &Section) -> Result<WaveChunks> {
    let head = file.read_at(0, 40)?;
    let is_w64 = head.starts_with(b"riff");
    let form = if is_w64 { 24 } else { 8 };
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
    let mut found = WaveChunks {
        file_bytes: if is_w64 {
            u64_le(&head, 16)
        } else {
            u32_le(&head, 4).map(|bytes| u64::from(bytes) + 8)
        },
        has_32_bit_size: !is_w64,
        is_w64_stream: is_w64 && u64_le(&head, 16).is_none_or(is_w64_mark),
        ..WaveChunks::default()
    };
    let mut has_data = false;
    let mut chunks = ChunkReader::new(file)?;
    while let Some(chunk) = chunks.next()? {
        match &chunk.name {
            b"fmt " => found.format = chunks.contents(&chunk)?,
            b"data" if has_data && chunk.bytes > 0 => {
                return refused("it has several chunks of samples; only one is supported");
            }
            b"RIFF" | b"RF64" | b"BW64" | b"riff" if has_data => {
                return refused("it consists of several WAV files in one; split it first");
            }
            b"data" if !has_data => {
                found.has_32_bit_size = chunk.has_32_bit_size;
                found.data_start = chunk.start;
                found.data_bytes = chunk.bytes;
                has_data = true;
                if found.is_w64_stream && is_w64_mark(chunk.bytes) {
                    // The samples of a stream are its last chunk.
                    found.data_bytes = u64::MAX;
                    break;
                }
            }
            _ if !is_name(&chunk.name) => {
                found.trailing_at = has_data.then_some(chunk.header_at);
                break;
            }
            _ => {}
        }
    }
    if let Some(bytes) = chunks.sizes_64[0] {
        found.file_bytes = Some(bytes.saturating_add(8));
    }
    if !has_data {
        return refused("it is a WAV file without samples, or truncated in its header");
    }
    if found.format.is_empty() {
        return refused("it is a WAV file without a format chunk");
    }
    Ok(found)
}

/// Whether a writer of Wave64 puts this size in where it doesn't know the length: 0, or the largest integer of 32 or 64 bits,
/// signed or not, with or without the header.
fn is_w64_mark(bytes: u64) -> bool {
    let largest = [u64::from(u32::MAX), u64::MAX / 2, u64::MAX];
    bytes == 0
        || largest
            .iter()
            .any(|mark| (mark - 0xFFFF..=*mark).contains(&bytes))
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
        let announced = u64_le(&header, 16);
        let bytes = announced.and_then(|bytes| bytes.checked_sub(24));
        if !is_standard {
            return Ok(bytes.map(|bytes| Chunk {
                name: *b"????",
                start: at + 24,
                bytes,
                header_at: at,
                has_32_bit_size: false,
            }));
        }
        bytes.or(announced.filter(|bytes| *bytes == 0))
    } else {
        u32_le(&header, 4).map(u64::from)
    };
    Ok(bytes.map(|bytes| Chunk {
        name,
        start: at + header_bytes as u64,
        bytes,
        header_at: at,
        has_32_bit_size: !is_w64,
    }))
}
