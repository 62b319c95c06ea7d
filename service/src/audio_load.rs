//! Measures the share of its time that each instance's audio thread needs, and whether it meets its deadlines.
//!
//! [`load()`] makes a connected pair: the writer measures callbacks on the audio thread and publishes atomics, which
//! readers read at any time. The values of one reading may belong to different callbacks.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::Relaxed};

use serde::Serialize;

/// Longest deadline of a callback, for any block size.
pub const AUDIO_CEILING_NS: u64 = 16_000_000;

/// An instance without callbacks for this long is at rest: it needs no headroom, and its next callback isn't late.
pub const REST_NS: u64 = 500_000_000;

/// A callback is late if it begins later than this after the end of the previous audio. A longer block extends this to
/// its own duration, because hosts jitter.
const TOLERANCE_NS: u64 = 2_000_000;

/// Time constants of the smoothed share and of the peak's decay.
const SMOOTHED_NS: f32 = 300e6;
const PEAK_NS: f32 = 1000e6;

#[derive(Debug, Default)]
struct SharedLoad {
    real_time: AtomicBool,
    smoothed: AtomicU32,
    peak: AtomicU32,
    last_callback_ns: AtomicU64,
    last_trouble_ns: AtomicU64,
    callbacks: AtomicU64,
    late: AtomicU64,
    missed: AtomicU64,
}

/// The load of one instance, for the scheduler and the editor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Load {
    /// Whether the host plays in real time.
    pub real_time: bool,
    /// Share of the deadline that callbacks need, smoothed over 0.3 s.
    pub smoothed: f32,
    /// Peak of the share, which decays within 1 s.
    pub peak: f32,
    /// When the last callback ended; 0 before the first.
    pub last_callback_ns: u64,
    /// When a callback was late or missed its deadline last; 0 for never.
    pub last_trouble_ns: u64,
    /// Callbacks that were measured.
    pub callbacks: u64,
    /// Callbacks that came late.
    pub late: u64,
    /// Callbacks that took longer than their deadline.
    pub missed: u64,
}

/// Measures the callbacks of one instance, on its audio thread.
#[derive(Debug)]
pub struct LoadWriter {
    published: Arc<SharedLoad>,
    smoothed: f32,
    peak: f32,
    /// When the audio that the host has received so far ends.
    audio_until_ns: u64,
}

/// Reads the load of one instance, on any thread.
#[derive(Clone, Debug)]
pub struct LoadReader(Arc<SharedLoad>);

/// The timing of a callback.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CallbackTiming {
    /// Its deadline.
    pub deadline_ns: u64,
    /// Whether it came late.
    pub is_late: bool,
    /// Whether it took longer than its deadline.
    pub missed_deadline: bool,
}

/// A connected pair of writer and reader.
#[must_use]
pub fn load() -> (LoadWriter, LoadReader) {
    let published = Arc::new(SharedLoad::default());
    let writer = LoadWriter {
        published: published.clone(),
        smoothed: 0.0,
        peak: 0.0,
        audio_until_ns: 0,
    };
    (writer, LoadReader(published))
}

/// Duration of a block, 1 ns to 10 s.
fn duration_ns(frames: usize, sample_rate_hz: f32) -> u64 {
    // The product is far below 2⁵³. A rate of 0 or NaN gives a long duration, which the clamp limits.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let ns = (flow_dsp::math::count(frames) * 1e9 / f64::from(sample_rate_hz.max(1.0))) as u64;
    ns.clamp(1, 10_000_000_000)
}

/// Single precision suffices for ratios of times.
#[allow(clippy::cast_precision_loss)]
fn float(ns: u64) -> f32 {
    ns as f32
}

impl LoadWriter {
    /// `[main]` Sets whether the host plays in real time. Offline, no callback is late.
    pub fn set_real_time(&mut self, real_time: bool) {
        self.audio_until_ns = 0;
        self.published.real_time.store(real_time, Relaxed);
    }

    /// `[audio]` Measures a callback that processed `frames` between two times. Makes relaxed stores only.
    pub fn record_callback(
        &mut self,
        begin_ns: u64,
        end_ns: u64,
        frames: usize,
        sample_rate_hz: f32,
    ) -> CallbackTiming {
        let duration_ns = duration_ns(frames, sample_rate_hz);
        let deadline_ns = duration_ns.min(AUDIO_CEILING_NS);
        let spent_ns = end_ns.saturating_sub(begin_ns);
        let share = float(spent_ns) / float(deadline_ns);
        let passed = float(duration_ns);
        self.smoothed += passed / (passed + SMOOTHED_NS) * (share - self.smoothed);
        self.peak = share.max(self.peak * PEAK_NS / (PEAK_NS + passed));

        let real_time = self.published.real_time.load(Relaxed);
        let behind_ns = begin_ns.saturating_sub(self.audio_until_ns);
        let first = self.audio_until_ns == 0 || behind_ns > REST_NS;
        let is_late = real_time && !first && behind_ns > duration_ns.max(TOLERANCE_NS);
        let missed_deadline = real_time && spent_ns > deadline_ns;
        // A host that calls in bursts is ahead by a few blocks only. A late host starts again at the present time.
        let most_ns = begin_ns.saturating_add(8 * AUDIO_CEILING_NS);
        let ahead_ns = self.audio_until_ns.max(begin_ns).min(most_ns);
        self.audio_until_ns = ahead_ns.saturating_add(duration_ns);

        let published = &*self.published;
        published.smoothed.store(self.smoothed.to_bits(), Relaxed);
        published.peak.store(self.peak.to_bits(), Relaxed);
        // Only this thread writes the counts.
        let count = |counter: &AtomicU64, has_happened| {
            counter.store(counter.load(Relaxed) + u64::from(has_happened), Relaxed);
        };
        count(&published.callbacks, true);
        count(&published.late, is_late);
        count(&published.missed, missed_deadline);
        if is_late || missed_deadline {
            published.last_trouble_ns.store(end_ns, Relaxed);
        }
        published.last_callback_ns.store(end_ns, Relaxed);
        CallbackTiming {
            deadline_ns,
            is_late,
            missed_deadline,
        }
    }
}

impl LoadReader {
    /// `[any]` The newest values.
    #[must_use]
    pub fn read(&self) -> Load {
        let published = &*self.0;
        Load {
            real_time: published.real_time.load(Relaxed),
            smoothed: f32::from_bits(published.smoothed.load(Relaxed)),
            peak: f32::from_bits(published.peak.load(Relaxed)),
            last_callback_ns: published.last_callback_ns.load(Relaxed),
            last_trouble_ns: published.last_trouble_ns.load(Relaxed),
            callbacks: published.callbacks.load(Relaxed),
            late: published.late.load(Relaxed),
            missed: published.missed.load(Relaxed),
        }
    }
}

impl Load {
    /// Whether audio is running in real time now.
    #[must_use]
    pub fn is_live(&self, now_ns: u64) -> bool {
        self.real_time
            && self.last_callback_ns > 0
            && now_ns.saturating_sub(self.last_callback_ns) < REST_NS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;
    /// 480 frames at 48 kHz: 10 ms.
    const FRAMES: usize = 480;

    fn running(blocks: u64, spent_ns: u64) -> (LoadWriter, LoadReader, u64) {
        let (mut writer, reader) = load();
        writer.set_real_time(true);
        let mut now = MS;
        for _ in 0..blocks {
            writer.record_callback(now, now + spent_ns, FRAMES, 48_000.0);
            now += 10 * MS;
        }
        (writer, reader, now)
    }

    #[test]
    fn load_of_steady_callbacks_is_their_share_of_the_deadline() {
        let (_, reader, now) = running(500, 2 * MS);
        let load = reader.read();
        assert!((load.smoothed - 0.2).abs() < 0.01 && (load.peak - 0.2).abs() < 0.01);
        assert_eq!((load.late, load.missed, load.callbacks), (0, 0, 500));
        assert!(load.is_live(now) && !load.is_live(now + REST_NS));
    }

    #[test]
    fn deadline_of_long_block_is_16_ms() {
        let (mut writer, reader) = load();
        writer.set_real_time(true);
        let callback = writer.record_callback(MS, 21 * MS, 8192, 48_000.0);
        assert_eq!(callback.deadline_ns, AUDIO_CEILING_NS);
        assert!(callback.missed_deadline && reader.read().peak > 1.2);
    }

    #[test]
    fn record_callback_counts_late_callbacks_and_missed_deadlines() {
        let (mut writer, reader, now) = running(10, MS);
        // One block is jitter, more is late.
        assert!(
            !writer
                .record_callback(now + 10 * MS, now + 11 * MS, FRAMES, 48_000.0)
                .is_late
        );
        assert!(
            writer
                .record_callback(now + 31 * MS, now + 42 * MS, FRAMES, 48_000.0)
                .is_late
        );
        let load = reader.read();
        assert_eq!((load.late, load.missed), (1, 1));
        assert_eq!(load.last_trouble_ns, now + 42 * MS);
    }

    #[test]
    fn callbacks_in_bursts_and_after_rests_are_not_late() {
        let (mut writer, reader) = load();
        writer.set_real_time(true);
        for period in 0..50 {
            for _ in 0..8 {
                writer.record_callback(
                    (1 + 80 * period) * MS,
                    (1 + 80 * period) * MS,
                    FRAMES,
                    48_000.0,
                );
            }
        }
        writer.record_callback(9_000 * MS, 9_000 * MS, FRAMES, 48_000.0);
        assert_eq!(reader.read().late, 0);
    }

    #[test]
    fn offline_load_is_neither_live_nor_late() {
        let (mut writer, reader, now) = running(3, MS);
        writer.set_real_time(false);
        writer.record_callback(now + 100 * MS, now + 200 * MS, FRAMES, 48_000.0);
        let load = reader.read();
        assert!(!load.is_live(now + 200 * MS));
        assert_eq!((load.late, load.missed), (0, 0));
    }
}
