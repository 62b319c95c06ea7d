//! How much of its time each instance's audio thread needs, and whether it kept its deadlines.
//!
//! [`load`] makes a pair: the writer measures on the audio thread with times that it is given, and publishes plain
//! atomics; readers look whenever they like. Values needn't belong to the same callback.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::Relaxed};

use serde::Serialize;

/// The longest time that a block may take, whatever its length.
pub const AUDIO_CEILING_NS: u64 = 16_000_000;

/// An instance that wasn't called for so long is at rest: it needs no headroom, and a callback after that isn't late.
pub const REST_NS: u64 = 500_000_000;

/// A callback may come this much later than the audio before it lasts, or a block later if that is more: hosts jitter.
const TOLERANCE_NS: u64 = 2_000_000;

/// Time constants of the smoothed share and of the peak's fall.
const SMOOTHED_NS: f32 = 300e6;
const PEAK_NS: f32 = 1000e6;

#[derive(Debug, Default)]
struct Published {
    real_time: AtomicBool,
    smoothed: AtomicU32,
    peak: AtomicU32,
    last_callback_ns: AtomicU64,
    last_trouble_ns: AtomicU64,
    callbacks: AtomicU64,
    late: AtomicU64,
    missed: AtomicU64,
}

/// What the scheduler and the window see of one instance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Load {
    /// Whether somebody hears it now; never offline.
    pub real_time: bool,
    /// Share of the deadline that callbacks need, smoothed over 0.3 s.
    pub smoothed: f32,
    /// Highest share, falling within 1 s.
    pub peak: f32,
    /// When the last callback ended; 0 before the first.
    pub last_callback_ns: u64,
    /// When the last one was late or missed its deadline; 0 for never.
    pub last_trouble_ns: u64,
    /// Callbacks that were measured.
    pub callbacks: u64,
    /// Callbacks that came later than the audio before them lasted.
    pub late: u64,
    /// Callbacks that took longer than their deadline.
    pub missed: u64,
}

/// Measures one instance; on its audio thread.
#[derive(Debug)]
pub struct LoadWriter {
    published: Arc<Published>,
    smoothed: f32,
    peak: f32,
    late: u64,
    missed: u64,
    callbacks: u64,
    /// When the audio that the host has got so far is over.
    audio_until_ns: u64,
}

/// Reads one instance, anywhere.
#[derive(Clone, Debug)]
pub struct LoadReader(Arc<Published>);

/// What a callback was like.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Callback {
    /// Its deadline.
    pub deadline_ns: u64,
    /// It came late.
    pub late: bool,
    /// It took too long.
    pub missed: bool,
}

/// A connected pair.
#[must_use]
pub fn load() -> (LoadWriter, LoadReader) {
    let published = Arc::new(Published::default());
    let writer = LoadWriter {
        published: published.clone(),
        smoothed: 0.0,
        peak: 0.0,
        late: 0,
        missed: 0,
        callbacks: 0,
        audio_until_ns: 0,
    };
    (writer, LoadReader(published))
}

/// Duration of some frames.
fn duration_ns(frames: usize, sample_rate_hz: f32) -> u64 {
    // Far below 2⁵³; a rate of 0 or NaN saturates to a duration that is held below.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let ns = (flow_dsp::math::count(frames) * 1e9 / f64::from(sample_rate_hz.max(1.0))) as u64;
    ns.clamp(1, 10_000_000_000)
}

/// Times of callbacks fit single precision by far.
#[allow(clippy::cast_precision_loss)]
fn float(ns: u64) -> f32 {
    ns as f32
}

impl LoadWriter {
    /// `[main]` Whether somebody hears it. Offline, nothing is late.
    pub fn set_real_time(&mut self, real_time: bool) {
        self.audio_until_ns = 0;
        self.published.real_time.store(real_time, Relaxed);
    }

    /// `[audio]` Takes in a callback of so many frames, by the clock at its beginning and end. Relaxed stores only.
    pub fn callback(
        &mut self,
        begin_ns: u64,
        end_ns: u64,
        frames: usize,
        sample_rate_hz: f32,
    ) -> Callback {
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
        let late = real_time && !first && behind_ns > duration_ns.max(TOLERANCE_NS);
        let missed = real_time && spent_ns > deadline_ns;
        // A host that calls in bursts is ahead, but never by much; one that was late begins anew.
        let most_ns = begin_ns.saturating_add(8 * AUDIO_CEILING_NS);
        let ahead_ns = self.audio_until_ns.max(begin_ns).min(most_ns);
        self.audio_until_ns = ahead_ns.saturating_add(duration_ns);

        self.callbacks += 1;
        self.late += u64::from(late);
        self.missed += u64::from(missed);
        let published = &*self.published;
        published.smoothed.store(self.smoothed.to_bits(), Relaxed);
        published.peak.store(self.peak.to_bits(), Relaxed);
        published.callbacks.store(self.callbacks, Relaxed);
        published.late.store(self.late, Relaxed);
        published.missed.store(self.missed, Relaxed);
        if late || missed {
            published.last_trouble_ns.store(end_ns, Relaxed);
        }
        published.last_callback_ns.store(end_ns, Relaxed);
        Callback {
            deadline_ns,
            late,
            missed,
        }
    }
}

impl LoadReader {
    /// `[any]` The newest figures.
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
    /// Whether its audio is running now.
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
            writer.callback(now, now + spent_ns, FRAMES, 48_000.0);
            now += 10 * MS;
        }
        (writer, reader, now)
    }

    #[test]
    fn shares_of_the_deadline() {
        let (_, reader, now) = running(500, 2 * MS);
        let load = reader.read();
        assert!((load.smoothed - 0.2).abs() < 0.01 && (load.peak - 0.2).abs() < 0.01);
        assert_eq!((load.late, load.missed, load.callbacks), (0, 0, 500));
        assert!(load.is_live(now) && !load.is_live(now + REST_NS));
    }

    #[test]
    fn long_blocks_have_the_ceiling_as_their_deadline() {
        let (mut writer, reader) = load();
        writer.set_real_time(true);
        let callback = writer.callback(MS, 21 * MS, 8192, 48_000.0);
        assert_eq!(callback.deadline_ns, AUDIO_CEILING_NS);
        assert!(callback.missed && reader.read().peak > 1.2);
    }

    #[test]
    fn late_callbacks_and_missed_deadlines_are_counted() {
        let (mut writer, reader, now) = running(10, MS);
        // As late as one block is jitter, later isn't.
        assert!(
            !writer
                .callback(now + 10 * MS, now + 11 * MS, FRAMES, 48_000.0)
                .late
        );
        assert!(
            writer
                .callback(now + 31 * MS, now + 42 * MS, FRAMES, 48_000.0)
                .late
        );
        let load = reader.read();
        assert_eq!((load.late, load.missed), (1, 1));
        assert_eq!(load.last_trouble_ns, now + 42 * MS);
    }

    #[test]
    fn bursts_and_rests_are_not_late() {
        let (mut writer, reader) = load();
        writer.set_real_time(true);
        for period in 0..50 {
            for _ in 0..8 {
                writer.callback(
                    (1 + 80 * period) * MS,
                    (1 + 80 * period) * MS,
                    FRAMES,
                    48_000.0,
                );
            }
        }
        writer.callback(9_000 * MS, 9_000 * MS, FRAMES, 48_000.0);
        assert_eq!(reader.read().late, 0);
    }

    #[test]
    fn offline_is_neither_live_nor_late() {
        let (mut writer, reader, now) = running(3, MS);
        writer.set_real_time(false);
        writer.callback(now + 100 * MS, now + 200 * MS, FRAMES, 48_000.0);
        let load = reader.read();
        assert!(!load.is_live(now + 200 * MS));
        assert_eq!((load.late, load.missed), (0, 0));
    }
}
