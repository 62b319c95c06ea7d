//! Audio of any length in sample stores.

use crate::audio::Audio;
use crate::sample_store::{SampleReader, SampleStore, StoreOptions};
use std::io;
use std::ops::Range;
use std::sync::Arc;

/// Audio that lies in sample stores, one after the other. Copies and parts share the samples.
#[derive(Clone, Debug)]
pub struct StoredAudio {
    /// Frames per second.
    pub sample_rate_hz: u32,
    channel_count: usize,
    segments: Vec<Segment>,
}

#[derive(Clone, Debug)]
struct Segment {
    store: Arc<SampleStore>,
    frames: Range<u64>,
}

impl StoredAudio {
    /// The audio of a store.
    #[must_use]
    pub fn new(sample_rate_hz: u32, store: SampleStore) -> Self {
        Self {
            sample_rate_hz,
            channel_count: store.channel_count(),
            segments: vec![Segment {
                frames: 0..store.frames(),
                store: Arc::new(store),
            }],
        }
    }

    /// Stores audio.
    ///
    /// # Errors
    ///
    /// If it doesn't fit on the disk.
    pub fn store(audio: &Audio, options: &StoreOptions) -> io::Result<Self> {
        let mut store = SampleStore::new(audio.channel_count(), options);
        store.push(&audio.slices())?;
        Ok(Self::new(audio.sample_rate_hz, store))
    }

    /// Length in frames.
    #[must_use]
    pub fn frames(&self) -> usize {
        let lengths = self.segments.iter().map(Segment::length);
        usize::try_from(lengths.sum::<u64>()).unwrap_or(usize::MAX)
    }

    /// Number of channels.
    #[must_use]
    pub fn channel_count(&self) -> usize {
        self.channel_count
    }

    /// Length in seconds.
    #[must_use]
    pub fn seconds(&self) -> f64 {
        self.frames() as f64 / f64::from(self.sample_rate_hz)
    }

    /// The same audio in two channels, which are equal if it is mono.
    #[must_use]
    pub fn into_stereo(mut self) -> Self {
        self.channel_count = 2;
        self
    }

    /// Appends `other`, whose sample rate and channels must be the same; a mono song fits stereo audio too.
    pub fn append(&mut self, other: &Self) {
        self.segments.extend(other.segments.iter().cloned());
    }

    /// The frames `start..end`, clamped to the length, without a copy.
    #[must_use]
    pub fn part(&self, frames: Range<usize>) -> Self {
        let (mut skip, end) = (frames.start as u64, frames.end as u64);
        let mut left = end.saturating_sub(skip);
        let mut part = self.clone();
        for segment in &mut part.segments {
            let skipped = skip.min(segment.length());
            skip -= skipped;
            segment.frames.start += skipped;
            let taken = left.min(segment.length());
            left -= taken;
            segment.frames.end = segment.frames.start + taken;
        }
        part.segments.retain(|segment| segment.length() > 0);
        part
    }

    /// The frames `start..end`, clamped to the length, in memory.
    ///
    /// # Errors
    ///
    /// If a temporary file cannot be read.
    pub fn range(&self, start: usize, end: usize) -> io::Result<Audio> {
        let mut audio = Audio::silence(self.sample_rate_hz, self.channel_count, 0);
        self.part(start..end).for_each_block(1 << 16, |block| {
            for (to, from) in audio.channels.iter_mut().zip(block) {
                to.extend_from_slice(from);
            }
        })?;
        Ok(audio)
    }

    /// Calls `work` with one block after the other: a slice for each channel, all of `length` frames except the last.
    ///
    /// # Errors
    ///
    /// If a temporary file cannot be read.
    pub fn for_each_block(&self, length: usize, mut work: impl FnMut(&[&[f32]])) -> io::Result<()> {
        self.try_for_each_block(length, |block| {
            work(block);
            Ok(())
        })
    }

    /// As [`Self::for_each_block`], until `work` fails.
    ///
    /// # Errors
    ///
    /// If a temporary file cannot be read, or if `work` fails.
    pub fn try_for_each_block<E: From<io::Error>>(
        &self,
        length: usize,
        mut work: impl FnMut(&[&[f32]]) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut reader = self.reader();
        let mut block = vec![vec![0.0; length.max(1)]; self.channel_count];
        loop {
            let mut slices: Vec<&mut [f32]> = block.iter_mut().map(Vec::as_mut_slice).collect();
            let frames = reader.read(&mut slices)?;
            if frames == 0 {
                return Ok(());
            }
            let slices: Vec<&[f32]> = block.iter().map(|c| &c[..frames]).collect();
            work(&slices)?;
        }
    }

    /// A reader that begins at the first frame.
    #[must_use]
    pub fn reader(&self) -> StoredAudioReader<'_> {
        StoredAudioReader {
            channel_count: self.channel_count,
            segments: &self.segments,
            present: None,
        }
    }
}

impl Segment {
    fn length(&self) -> u64 {
        self.frames.end - self.frames.start
    }
}

/// Reads the samples of a [`StoredAudio`] in their order.
pub struct StoredAudioReader<'a> {
    channel_count: usize,
    /// The segments that are not finished.
    segments: &'a [Segment],
    /// The reader of the first of them, and the frames that it has left.
    present: Option<(SampleReader<'a>, u64)>,
}

impl StoredAudioReader<'_> {
    /// Fills the slices, one for each channel and all of one length, from their start. Returns the number of frames; it is
    /// lower than the length only at the end.
    ///
    /// # Errors
    ///
    /// If a temporary file cannot be read. The error is one line.
    ///
    /// # Panics
    ///
    /// If the number of channels differs.
    pub fn read(&mut self, channels: &mut [&mut [f32]]) -> io::Result<usize> {
        assert_eq!(channels.len(), self.channel_count, "number of channels");
        let length = channels.first().map_or(0, |channel| channel.len());
        let mut done = 0;
        while done < length {
            let Some(segment) = self.segments.first() else {
                break;
            };
            let (reader, left) = self.present.get_or_insert_with(|| {
                let mut reader = segment.store.reader();
                reader.seek(segment.frames.start);
                (reader, segment.length())
            });
            let count = usize::try_from(*left).map_or(length - done, |n| n.min(length - done));
            let mut slices: Vec<&mut [f32]> = channels
                .iter_mut()
                .take(segment.store.channel_count())
                .map(|channel| &mut channel[done..done + count])
                .collect();
            reader.read(&mut slices)?;
            // A mono segment sounds on both sides.
            if let [from, to] = channels
                && segment.store.channel_count() == 1
            {
                to[done..done + count].copy_from_slice(&from[done..done + count]);
            }
            done += count;
            *left -= count as u64;
            if *left == 0 {
                self.present = None;
                self.segments = &self.segments[1..];
            }
        }
        Ok(done)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    fn stored(channels: &[&[f32]]) -> StoredAudio {
        let options = StoreOptions {
            memory_bytes: u64::MAX,
            folder: PathBuf::new(),
        };
        let channels = channels.iter().map(|c| c.to_vec()).collect();
        StoredAudio::store(&Audio::new(48_000, channels), &options).unwrap()
    }

    #[test]
    fn parts_of_stored_audio_after_appending_equal_its_ranges() {
        let mut whole = stored(&[&[1.0, 2.0, 3.0], &[-1.0, -2.0, -3.0]]);
        whole.append(&stored(&[&[4.0], &[-4.0]]));
        whole.append(&stored(&[&[5.0, 6.0]]).into_stereo());
        assert_eq!((whole.frames(), whole.channel_count()), (6, 2));
        let channels = |audio: &Audio| audio.channels.clone();
        let expected = [
            vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
            vec![-1.0, -2.0, -3.0, -4.0, 5.0, 6.0],
        ];
        for start in 0..=6 {
            for end in start..=7 {
                let part = whole.part(start..end);
                let clamped = end.min(6);
                assert_eq!(part.frames(), clamped - start);
                let expected = expected.clone().map(|c| c[start..clamped].to_vec());
                assert_eq!(channels(&part.range(0, 9).unwrap()), expected);
                assert_eq!(channels(&whole.range(start, end).unwrap()), expected);
            }
        }
        let mut lengths = Vec::new();
        whole
            .for_each_block(4, |block| lengths.push((block.len(), block[0].len())))
            .unwrap();
        assert_eq!(lengths, [(2, 4), (2, 2)]);
    }
}
