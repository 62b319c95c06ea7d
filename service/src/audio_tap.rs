//! Carries audio from the audio thread to another thread in preallocated blocks.
//!
//! [`audio_tap`] makes a connected pair. The audio thread only copies, and only while the tap is enabled. Blocks travel
//! through two rings, of free and of filled blocks, whose ends never wait for each other. Audio that finds no free block
//! is dropped for the reader and counted.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed};

use rtrb::{Consumer, Producer, RingBuffer};

/// Frames in a block of the tap, for any block size of the host.
pub const BLOCK_FRAMES: usize = 512;

/// Blocks of a tap: 0.7 s at 48 kHz, 0.17 s at 192 kHz.
pub const TAP_BLOCKS: usize = 64;

/// Consecutive frames of both channels, which are equal for mono.
#[derive(Clone, Debug)]
pub struct AudioBlock {
    /// Position of the first frame in the stream. A gap is audio that was dropped, or that passed a disabled tap.
    pub position: u64,
    /// Sample rate of these frames.
    pub sample_rate_hz: f32,
    /// Number of frames that are filled.
    pub frames: usize,
    /// Left and right.
    pub channels: [[f32; BLOCK_FRAMES]; 2],
}

impl AudioBlock {
    /// The filled frames of the left and the right channel.
    #[must_use]
    pub fn filled(&self) -> [&[f32]; 2] {
        self.channels.each_ref().map(|c| &c[..self.frames])
    }
}

/// State that both ends share.
#[derive(Debug, Default)]
struct Control {
    is_enabled: AtomicBool,
    dropped_frames: AtomicU64,
    queued_blocks: AtomicUsize,
}

/// The audio thread's end.
#[derive(Debug)]
pub struct TapWriter {
    free: Consumer<Box<AudioBlock>>,
    filled: Producer<Box<AudioBlock>>,
    control: Arc<Control>,
    /// The block that is being filled.
    filling: Option<Box<AudioBlock>>,
    position: u64,
    sample_rate_hz: f32,
}

/// The reading end.
#[derive(Debug)]
pub struct TapReader {
    free: Producer<Box<AudioBlock>>,
    filled: Consumer<Box<AudioBlock>>,
    control: Arc<Control>,
}

/// Enables and disables the tap, on any thread.
#[derive(Clone, Debug)]
pub struct TapSwitch(Arc<Control>);

/// A connected pair with all its blocks, and its switch.
#[must_use]
pub fn audio_tap() -> (TapWriter, TapReader, TapSwitch) {
    let (mut to_free, free) = RingBuffer::new(TAP_BLOCKS);
    let (to_filled, filled) = RingBuffer::new(TAP_BLOCKS);
    let control = Arc::new(Control::default());
    for _ in 0..TAP_BLOCKS {
        let block = AudioBlock {
            position: 0,
            sample_rate_hz: 0.0,
            frames: 0,
            channels: [[0.0; BLOCK_FRAMES]; 2],
        };
        // The ring has room for all blocks.
        let _ = to_free.push(Box::new(block));
    }
    let writer = TapWriter {
        free,
        filled: to_filled,
        control: control.clone(),
        filling: None,
        position: 0,
        sample_rate_hz: 0.0,
    };
    let reader = TapReader {
        free: to_free,
        filled,
        control: control.clone(),
    };
    (writer, reader, TapSwitch(control))
}

impl TapWriter {
    /// `[main]` Sets the sample rate. Audio that follows is no continuation of audio before.
    pub fn prepare(&mut self, sample_rate_hz: f32) {
        self.sample_rate_hz = sample_rate_hz;
        self.position += 1;
    }

    /// `[audio]` Copies `channels` if the tap is enabled. Never waits. Returns the number of dropped frames.
    pub fn push<C: AsRef<[f32]>>(&mut self, channels: &[C]) -> u64 {
        let Some(left) = channels.first().map(AsRef::as_ref) else {
            return 0;
        };
        let right = channels.get(1).map_or(left, AsRef::as_ref);
        let frames = left.len().min(right.len());
        if !self.control.is_enabled.load(Relaxed) {
            self.position += frames as u64;
            return 0;
        }
        let mut lost = 0;
        let mut at = 0;
        while at < frames {
            let Some(block) = self.current_block() else {
                lost = (frames - at) as u64;
                self.position += lost;
                break;
            };
            let until = frames.min(at + BLOCK_FRAMES - block.frames);
            let room = block.frames..block.frames + until - at;
            block.channels[0][room.clone()].copy_from_slice(&left[at..until]);
            block.channels[1][room].copy_from_slice(&right[at..until]);
            block.frames += until - at;
            let is_full = block.frames == BLOCK_FRAMES;
            self.position += (until - at) as u64;
            at = until;
            if is_full {
                self.send();
            }
        }
        if lost > 0 {
            let dropped = self.control.dropped_frames.load(Relaxed);
            // Only this end writes the count.
            self.control.dropped_frames.store(dropped + lost, Relaxed);
        }
        lost
    }

    /// The block for the next frames: the one that is being filled, if they continue it.
    fn current_block(&mut self) -> Option<&mut AudioBlock> {
        let position = self.position;
        let continued = |block: &AudioBlock| block.position + block.frames as u64 == position;
        if !self.filling.as_deref().is_some_and(continued) {
            self.send();
            let mut block = self.free.pop().ok()?;
            block.position = position;
            block.sample_rate_hz = self.sample_rate_hz;
            block.frames = 0;
            self.filling = Some(block);
        }
        self.filling.as_deref_mut()
    }

    fn send(&mut self) {
        if let Some(block) = self.filling.take() {
            self.control.queued_blocks.fetch_add(1, Relaxed);
            // The ring has room for all blocks.
            let _ = self.filled.push(block);
        }
    }
}

impl TapSwitch {
    /// `[any]` Enables or disables the tap. A disabled one costs the audio thread one read of a flag.
    pub fn set_enabled(&self, is_enabled: bool) {
        self.0.is_enabled.store(is_enabled, Relaxed);
    }

    /// `[any]` Whether the tap is enabled.
    #[must_use]
    pub fn is_enabled(&self) -> bool {
        self.0.is_enabled.load(Relaxed)
    }

    /// `[any]` Frames that were dropped because the reader was too slow.
    #[must_use]
    pub fn dropped_frames(&self) -> u64 {
        self.0.dropped_frames.load(Relaxed)
    }

    /// `[any]` Blocks that were filled and whose use by the reader hasn't ended.
    #[must_use]
    pub fn queued_blocks(&self) -> usize {
        self.0.queued_blocks.load(Relaxed)
    }
}

impl TapReader {
    /// `[worker]` Whether a block has arrived.
    #[must_use]
    pub fn has_blocks(&self) -> bool {
        !self.filled.is_empty()
    }

    /// `[gui]` `[worker]` Passes at most `max_blocks` blocks to `receive`, oldest first. Returns whether no more have
    /// arrived.
    pub fn drain(&mut self, max_blocks: usize, mut receive: impl FnMut(&AudioBlock)) -> bool {
        for _ in 0..max_blocks {
            let Ok(block) = self.filled.pop() else {
                return true;
            };
            receive(&block);
            let _ = self.free.push(block);
            self.control.queued_blocks.fetch_sub(1, Relaxed);
        }
        self.filled.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ramp(frames: u16) -> Vec<f32> {
        (0..frames).map(f32::from).collect()
    }

    #[test]
    fn drain_after_uneven_pushes_yields_frames_in_order() {
        let (mut writer, mut reader, switch) = audio_tap();
        writer.prepare(48_000.0);
        let audio = ramp(2 * 512);
        assert_eq!(writer.push(&[&audio]), 0);
        assert!(reader.drain(TAP_BLOCKS, |_| panic!("the tap is disabled")));

        switch.set_enabled(true);
        for block in audio.chunks(100) {
            writer.push(&[block, block]);
        }
        assert_eq!(switch.queued_blocks(), 2);
        let mut received = Vec::new();
        assert!(!reader.drain(1, |block| {
            assert_eq!((block.position, block.sample_rate_hz), (1 + 1024, 48_000.0));
            received.extend_from_slice(block.filled()[1]);
        }));
        assert!(reader.drain(TAP_BLOCKS, |block| {
            received.extend_from_slice(block.filled()[0])
        }));
        assert_eq!(received, audio);
        assert_eq!(switch.queued_blocks(), 0);
    }

    #[test]
    fn push_without_free_blocks_counts_dropped_frames_and_leaves_gap() {
        let (mut writer, mut reader, switch) = audio_tap();
        switch.set_enabled(true);
        let audio = ramp(512);
        let lost: u64 = (0..TAP_BLOCKS + 2).map(|_| writer.push(&[&audio])).sum();
        assert_eq!((lost, switch.dropped_frames()), (1024, 1024));
        reader.drain(TAP_BLOCKS, |_| ());
        writer.push(&[&audio]);
        reader.drain(TAP_BLOCKS, |block| {
            assert_eq!(block.position, 512 * (TAP_BLOCKS as u64 + 2));
        });
    }

    #[test]
    fn push_while_disabled_leaves_gap() {
        let (mut writer, mut reader, switch) = audio_tap();
        switch.set_enabled(true);
        writer.push(&[&ramp(100)]);
        switch.set_enabled(false);
        writer.push(&[&ramp(100)]);
        switch.set_enabled(true);
        writer.push(&[&ramp(512)]);
        let mut positions = Vec::new();
        reader.drain(TAP_BLOCKS, |block| {
            positions.push((block.position, block.frames))
        });
        assert_eq!(positions, [(0, 100), (200, 512)]);
    }
}
