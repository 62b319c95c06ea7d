//! The audio thread's half of the recorder.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};

use rtrb::Producer;

/// The values that the threads share.
#[derive(Default)]
pub(super) struct RecordingState {
    /// The number of the present recording, which is odd; even without one.
    pub(super) wanted: AtomicU32,
    /// The number that the last block belonged to.
    pub(super) followed: AtomicU32,
    pub(super) lost_frames: AtomicU64,
    pub(super) written_frames: AtomicU64,
    /// All blocks so far, with overflow.
    pub(super) blocks: AtomicU32,
    /// The format of the last block.
    pub(super) device: AtomicAudioFormat,
    /// The format of the present recording.
    pub(super) recorded: AtomicAudioFormat,
    /// Whether a block of the present recording had another format, and was left out with all later ones.
    pub(super) has_other_format: AtomicBool,
}

/// Rate and channels of blocks.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct AudioFormat {
    /// The rate in Hz; 0 before the first block.
    pub(super) rate_hz: u32,
    pub(super) channel_count: u32,
}

/// An [`AudioFormat`] whose two numbers are read and written one by one. Only one thread may write it at a time.
#[derive(Default)]
pub(super) struct AtomicAudioFormat {
    rate_hz: AtomicU32,
    channel_count: AtomicU32,
}

impl AtomicAudioFormat {
    pub(super) fn get(&self) -> AudioFormat {
        AudioFormat {
            rate_hz: self.rate_hz.load(Ordering::Relaxed),
            channel_count: self.channel_count.load(Ordering::Relaxed),
        }
    }

    pub(super) fn set(&self, format: AudioFormat) {
        self.rate_hz.store(format.rate_hz, Ordering::Relaxed);
        self.channel_count
            .store(format.channel_count, Ordering::Relaxed);
    }
}

pub(super) fn is_recording(number: u32) -> bool {
    number % 2 == 1
}

/// The audio thread's half.
pub struct RecordingTap {
    pub(super) ring: Producer<f32>,
    pub(super) shared: Arc<RecordingState>,
}

impl RecordingTap {
    /// `[audio]` Takes a block as it is heard, at the rate of the device.
    pub fn push(&mut self, channels: &[&mut [f32]], rate_hz: f32) {
        // Rates are integers far below the largest exact one.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let rate_hz = rate_hz.max(0.0).round() as u32;
        let format = AudioFormat {
            rate_hz,
            channel_count: u32::try_from(channels.len()).unwrap_or(0),
        };
        self.shared.device.set(format);
        let wanted = self.shared.wanted.load(Ordering::Acquire);
        if is_recording(wanted) {
            self.push_recorded(channels, format);
        }
        self.shared.followed.store(wanted, Ordering::Release);
        self.shared.blocks.fetch_add(1, Ordering::Release);
    }

    fn push_recorded(&mut self, channels: &[&mut [f32]], format: AudioFormat) {
        if format != self.shared.recorded.get() {
            self.shared.has_other_format.store(true, Ordering::Release);
        }
        if self.shared.has_other_format.load(Ordering::Relaxed) {
            return;
        }
        let frames = channels.first().map_or(0, |channel| channel.len());
        match self.ring.write_chunk_uninit(frames * channels.len()) {
            Ok(chunk) => {
                let frames = (0..frames).flat_map(|frame| {
                    channels
                        .iter()
                        .map(move |channel| channel.get(frame).copied().unwrap_or(0.0))
                });
                chunk.fill_from_iter(frames);
            }
            Err(_) => {
                let lost = &self.shared.lost_frames;
                lost.fetch_add(frames as u64, Ordering::Relaxed);
            }
        }
    }
}
