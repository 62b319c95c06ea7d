//! The samples of a song of any length, which are read several times.

use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// Frames of a chunk, the unit of memory and disk.
const CHUNK_FRAMES: usize = 1 << 14;
const SAMPLE_BYTES: usize = size_of::<f32>();

/// The place for the samples of a song.
#[derive(Clone, Debug)]
pub struct StoreOptions {
    /// The samples that stay in memory, bytes.
    pub memory_bytes: u64,
    /// The folder for the temporary file of a longer song. It should lie on a disk: the system's temporary folder often lies
    /// in memory.
    pub folder: PathBuf,
}

impl StoreOptions {
    /// The samples of one store that stay in memory, bytes: six minutes of stereo at 44.1 kHz. A song that is processed needs
    /// two stores at a time, for input and output.
    pub const MEMORY_BYTES: u64 = 128 << 20;

    /// The place for the samples of one of `songs` songs that are held at the same time. Longer ones lie in `folder`.
    #[must_use]
    pub fn in_folder(folder: &Path, songs: usize) -> Self {
        Self {
            memory_bytes: Self::MEMORY_BYTES / songs.max(1) as u64,
            folder: folder.to_owned(),
        }
    }
}

/// Planar 32-bit float samples: in memory up to a limit, and in a temporary file beyond it.
///
/// The temporary file has no name, so the system deletes it at the end of the process in any case.
#[derive(Debug)]
pub struct SampleStore {
    channel_count: usize,
    memory_bytes: u64,
    folder: PathBuf,
    /// The complete chunks.
    chunks: Chunks,
    /// The chunk that is being filled. The samples of a channel stand together.
    last: Vec<f32>,
    last_frames: usize,
}

#[derive(Debug)]
enum Chunks {
    Memory(Vec<Vec<f32>>),
    File { file: File, count: usize },
}

impl SampleStore {
    /// An empty store of `channel_count` channels. The folder is only used for a song that is longer than the memory.
    #[must_use]
    pub fn new(channel_count: usize, options: &StoreOptions) -> Self {
        Self {
            channel_count,
            memory_bytes: options.memory_bytes,
            folder: options.folder.clone(),
            chunks: Chunks::Memory(Vec::new()),
            last: vec![0.0; channel_count * CHUNK_FRAMES],
            last_frames: 0,
        }
    }

    /// Number of channels.
    #[must_use]
    pub fn channel_count(&self) -> usize {
        self.channel_count
    }

    /// Length in frames.
    #[must_use]
    pub fn frames(&self) -> u64 {
        self.chunks.count() as u64 * CHUNK_FRAMES as u64 + self.last_frames as u64
    }

    /// Appends a block: one slice for each channel, all of one length.
    ///
    /// # Errors
    ///
    /// If the temporary file cannot be written, for example because the disk is full. The error is one line.
    ///
    /// # Panics
    ///
    /// If the number of channels or the lengths differ.
    pub fn push(&mut self, block: &[&[f32]]) -> io::Result<()> {
        assert_eq!(block.len(), self.channel_count, "number of channels");
        let frames = block.first().map_or(0, |channel| channel.len());
        let mut start = 0;
        while start < frames {
            let count = (frames - start).min(CHUNK_FRAMES - self.last_frames);
            for (to, from) in self.last.chunks_exact_mut(CHUNK_FRAMES).zip(block) {
                to[self.last_frames..][..count].copy_from_slice(&from[start..start + count]);
            }
            start += count;
            self.last_frames += count;
            if self.last_frames == CHUNK_FRAMES {
                self.end_chunk().map_err(|e| {
                    let folder = self.folder.display();
                    io::Error::new(
                        e.kind(),
                        format!("the temporary file in {folder} cannot be written: {e}"),
                    )
                })?;
            }
        }
        Ok(())
    }

    /// A reader that begins at the first frame. Readers don't disturb each other.
    #[must_use]
    pub(crate) fn reader(&self) -> SampleReader<'_> {
        SampleReader {
            store: self,
            position: 0,
            bytes: Vec::new(),
            loaded: Vec::new(),
            loaded_index: None,
        }
    }

    fn chunk_bytes(&self) -> usize {
        self.channel_count * CHUNK_FRAMES * SAMPLE_BYTES
    }

    /// Adds the last chunk to the complete ones.
    fn end_chunk(&mut self) -> io::Result<()> {
        let chunk_bytes = self.chunk_bytes() as u64;
        if let Chunks::Memory(chunks) = &mut self.chunks {
            // The last chunk is in memory too.
            if (chunks.len() as u64 + 2) * chunk_bytes <= self.memory_bytes {
                let empty = vec![0.0; self.last.len()];
                chunks.push(std::mem::replace(&mut self.last, empty));
                self.last_frames = 0;
                return Ok(());
            }
            let mut file = tempfile::tempfile_in(&self.folder)?;
            for chunk in &*chunks {
                write_chunk(&mut file, chunk)?;
            }
            let count = chunks.len();
            self.chunks = Chunks::File { file, count };
        }
        if let Chunks::File { file, count } = &mut self.chunks {
            file.seek(SeekFrom::Start(*count as u64 * chunk_bytes))?;
            write_chunk(file, &self.last)?;
            *count += 1;
        }
        self.last_frames = 0;
        Ok(())
    }
}

impl Chunks {
    fn count(&self) -> usize {
        match self {
            Self::Memory(chunks) => chunks.len(),
            Self::File { count, .. } => *count,
        }
    }
}

fn write_chunk(file: &mut File, samples: &[f32]) -> io::Result<()> {
    let bytes: Vec<u8> = samples.iter().flat_map(|s| s.to_ne_bytes()).collect();
    file.write_all(&bytes)
}

/// Reads the samples of a [`SampleStore`] in their order.
#[derive(Debug)]
pub(crate) struct SampleReader<'s> {
    store: &'s SampleStore,
    position: u64,
    bytes: Vec<u8>,
    /// A chunk of the file.
    loaded: Vec<f32>,
    loaded_index: Option<usize>,
}

impl SampleReader<'_> {
    /// Continues at this frame.
    pub(crate) fn seek(&mut self, frame: u64) {
        self.position = frame;
    }

    /// Fills the slices, one for each channel and all of one length, from their start. Returns the number of frames; it is
    /// lower than the length only at the end.
    ///
    /// # Errors
    ///
    /// If the temporary file cannot be read. The error is one line.
    ///
    /// # Panics
    ///
    /// If the number of channels differs.
    pub(crate) fn read(&mut self, channels: &mut [&mut [f32]]) -> io::Result<usize> {
        assert_eq!(
            channels.len(),
            self.store.channel_count,
            "number of channels"
        );
        let length = channels.first().map_or(0, |channel| channel.len());
        let left = self.store.frames().saturating_sub(self.position);
        let frames = usize::try_from(left).map_or(length, |left| left.min(length));
        let mut done = 0;
        while done < frames {
            let chunk_frames = CHUNK_FRAMES as u64;
            let (Ok(index), Ok(from)) = (
                usize::try_from(self.position / chunk_frames),
                usize::try_from(self.position % chunk_frames),
            ) else {
                return Err(io::Error::other("the song is too long"));
            };
            let count = (frames - done).min(CHUNK_FRAMES - from);
            let chunk = self.chunk(index)?;
            for (to, samples) in channels.iter_mut().zip(chunk.chunks_exact(CHUNK_FRAMES)) {
                to[done..done + count].copy_from_slice(&samples[from..from + count]);
            }
            done += count;
            self.position += count as u64;
        }
        Ok(frames)
    }

    fn chunk(&mut self, index: usize) -> io::Result<&[f32]> {
        let store = self.store;
        match &store.chunks {
            _ if index == store.chunks.count() => Ok(&store.last),
            Chunks::Memory(chunks) => Ok(&chunks[index]),
            Chunks::File { file, .. } => {
                if self.loaded_index != Some(index) {
                    self.loaded_index = None;
                    self.bytes.resize(store.chunk_bytes(), 0);
                    let offset = index as u64 * store.chunk_bytes() as u64;
                    read_exact_at(file, &mut self.bytes, offset).map_err(|e| {
                        let folder = store.folder.display();
                        io::Error::new(
                            e.kind(),
                            format!("the temporary file in {folder} cannot be read: {e}"),
                        )
                    })?;
                    self.loaded.clear();
                    let (samples, _) = self.bytes.as_chunks();
                    self.loaded
                        .extend(samples.iter().map(|bytes| f32::from_ne_bytes(*bytes)));
                    self.loaded_index = Some(index);
                }
                Ok(&self.loaded)
            }
        }
    }
}

/// Reads at an offset without moving the position that other readers share.
#[cfg(unix)]
fn read_exact_at(file: &File, bytes: &mut [u8], offset: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, bytes, offset)
}

/// Reads at an offset. Each call names its own, so that readers don't disturb each other.
#[cfg(windows)]
fn read_exact_at(file: &File, mut bytes: &mut [u8], mut offset: u64) -> io::Result<()> {
    while !bytes.is_empty() {
        let count = std::os::windows::fs::FileExt::seek_read(file, bytes, offset)?;
        if count == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        bytes = &mut bytes[count..];
        offset += count as u64;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    const FRAMES: usize = 3 * CHUNK_FRAMES + 1234;
    const CHUNK_BYTES: u64 = (2 * CHUNK_FRAMES * SAMPLE_BYTES) as u64;

    /// Channel, and frame as a float: exact below 2²⁴.
    fn sample(channel: usize, frame: usize) -> f32 {
        let frame = u16::try_from(frame % 65_536).unwrap();
        f32::from(frame) + if channel == 0 { 0.0 } else { 0.5 }
    }

    fn options(memory_bytes: u64, folder: &Path) -> StoreOptions {
        StoreOptions {
            memory_bytes,
            folder: folder.to_owned(),
        }
    }

    fn filled(memory_bytes: u64, folder: &Path) -> SampleStore {
        let mut store = SampleStore::new(2, &options(memory_bytes, folder));
        let mut start = 0;
        while start < FRAMES {
            let end = FRAMES.min(start + 1000);
            let channels = [0, 1].map(|c| (start..end).map(|i| sample(c, i)).collect::<Vec<f32>>());
            store.push(&[&channels[0], &channels[1]]).unwrap();
            start = end;
        }
        store
    }

    fn read(reader: &mut SampleReader<'_>, length: usize) -> [Vec<f32>; 2] {
        let mut channels = [vec![0.0; length], vec![0.0; length]];
        let [left, right] = &mut channels;
        let frames = reader.read(&mut [left, right]).unwrap();
        channels.map(|mut channel| {
            channel.truncate(frames);
            channel
        })
    }

    #[test]
    fn sample_store_in_memory_or_on_disk_returns_all_samples() {
        let folder = tempfile::tempdir().unwrap();
        let cases = [(0, true), (3 * CHUNK_BYTES, true), (4 * CHUNK_BYTES, false)];
        for (memory_bytes, is_on_disk) in cases {
            let store = filled(memory_bytes, folder.path());
            let has_file = matches!(store.chunks, Chunks::File { .. });
            assert_eq!(has_file, is_on_disk, "{memory_bytes}");
            assert_eq!(store.frames(), FRAMES as u64);
            // Two readers with blocks of different lengths.
            let (mut long, mut short) = (store.reader(), store.reader());
            let whole = read(&mut long, FRAMES + 1);
            assert_eq!(whole[1].len(), FRAMES);
            assert_eq!(read(&mut long, 10)[0].len(), 0);
            for start in (0..FRAMES).step_by(700) {
                let part = read(&mut short, 700);
                for (channel, samples) in part.iter().enumerate() {
                    let end = FRAMES.min(start + 700);
                    assert_eq!(samples, &whole[channel][start..end]);
                    assert!(
                        (start..end)
                            .zip(samples)
                            .all(|(i, s)| *s == sample(channel, i))
                    );
                }
            }
            short.seek(CHUNK_FRAMES as u64 - 1);
            let [left, _] = read(&mut short, 2);
            assert_eq!(left, [CHUNK_FRAMES - 1, CHUNK_FRAMES].map(|i| sample(0, i)));
        }
        // The temporary files have no name.
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn sample_store_without_folder_names_it_in_its_error() {
        let mut store = SampleStore::new(1, &options(0, Path::new("no-such-folder")));
        let error = store
            .push(&[&vec![0.0; CHUNK_FRAMES]])
            .unwrap_err()
            .to_string();
        assert!(error.contains("no-such-folder"), "{error}");
        assert_eq!(error.lines().count(), 1);
    }
}
