//! The last two minutes of loudness and gain reduction, at ten points per second.

use std::sync::atomic::{AtomicUsize, Ordering};

use flow_dsp::{ABSOLUTE_GATE_LUFS, Readings};

use super::atomic_pair::AtomicPair;

/// Points per second.
pub const POINTS_PER_SECOND: usize = 10;

/// Length of the history in minutes.
pub const HISTORY_MINUTES: usize = 2;

/// Capacity of the history in points.
pub const HISTORY_POINTS: usize = HISTORY_MINUTES * 60 * POINTS_PER_SECOND;

/// The readings of a tenth of a second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HistoryPoint {
    /// Short-term loudness of the output at its end, LUFS.
    pub short_term_lufs: f32,
    /// Lowest gain of the limiter in it, dB.
    pub limiter_gain_db: f32,
}

impl HistoryPoint {
    /// Whether the output was silent.
    #[must_use]
    pub fn is_silent(&self) -> bool {
        // `max` also turns NaN into silence.
        f64::from(self.short_term_lufs).max(ABSOLUTE_GATE_LUFS) <= ABSOLUTE_GATE_LUFS
    }
}

/// A ring of the latest points with one writing and any number of reading threads. No call waits.
pub struct MeterHistory {
    /// Short-term loudness and lowest gain of the limiter of each point.
    points: [AtomicPair; HISTORY_POINTS],
    written: AtomicUsize,
}

impl MeterHistory {
    /// An empty history.
    #[must_use]
    pub fn new() -> Self {
        Self {
            points: [const { AtomicPair::new([0.0; 2]) }; HISTORY_POINTS],
            written: AtomicUsize::new(0),
        }
    }

    /// `[audio]` Adds a point in place of the oldest.
    fn push(&self, point: HistoryPoint) {
        let written = self.written.load(Ordering::Relaxed);
        self.points[written % HISTORY_POINTS].store([point.short_term_lufs, point.limiter_gain_db]);
        self.written.store(written + 1, Ordering::Release);
    }

    /// `[gui]` All points, oldest first. A point that is added meanwhile may appear in place of the oldest.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = HistoryPoint> + '_ {
        let written = self.written.load(Ordering::Acquire);
        (written.saturating_sub(HISTORY_POINTS)..written).map(|i| {
            let [short_term_lufs, limiter_gain_db] = self.points[i % HISTORY_POINTS].load();
            HistoryPoint {
                short_term_lufs,
                limiter_gain_db,
            }
        })
    }
}

impl Default for MeterHistory {
    fn default() -> Self {
        Self::new()
    }
}

/// `[audio]` Collects points, whether an editor is open or not, so that a new editor shows the past. A run of silence is
/// a single point, so that a pause between two songs doesn't push the first one out.
pub struct HistoryWriter {
    frames: usize,
    frames_per_point: usize,
    lowest_gain_db: f32,
    was_silent: bool,
}

impl HistoryWriter {
    /// For a sample rate.
    #[must_use]
    pub fn new(sample_rate_hz: f32) -> Self {
        // At most 76 800.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let frames_per_point = (sample_rate_hz / 10.0).max(1.0) as usize;
        Self {
            frames: 0,
            frames_per_point,
            lowest_gain_db: 0.0,
            was_silent: true,
        }
    }

    /// Takes in the readings of a process call.
    pub fn observe(&mut self, frames: usize, readings: &Readings, history: &MeterHistory) {
        self.lowest_gain_db = self.lowest_gain_db.min(readings.limiter_gain_db);
        self.frames += frames;
        while self.frames >= self.frames_per_point {
            self.frames -= self.frames_per_point;
            let point = HistoryPoint {
                short_term_lufs: readings.output.short_term_lufs,
                limiter_gain_db: self.lowest_gain_db,
            };
            if !(self.was_silent && point.is_silent()) {
                history.push(point);
            }
            self.was_silent = point.is_silent();
            self.lowest_gain_db = 0.0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn loudness(history: &MeterHistory) -> Vec<f32> {
        history.iter().map(|point| point.short_term_lufs).collect()
    }

    fn observe(writer: &mut HistoryWriter, history: &MeterHistory, lufs: f32) {
        let mut readings = Readings::default();
        readings.output.short_term_lufs = lufs;
        writer.observe(4800, &readings, history);
    }

    #[test]
    fn history_beyond_its_capacity_keeps_the_latest_points() {
        let (history, mut writer) = (MeterHistory::new(), HistoryWriter::new(48_000.0));
        for i in 0..1300_u16 {
            observe(&mut writer, &history, f32::from(i));
        }
        let latest: Vec<f32> = (100..1300_u16).map(f32::from).collect();
        assert_eq!(loudness(&history), latest);
        assert_eq!(loudness(&history), latest, "reading must not consume");
    }

    #[test]
    fn history_of_a_silent_run_holds_one_point() {
        const SILENT: f32 = f32::NEG_INFINITY;
        let (history, mut writer) = (MeterHistory::new(), HistoryWriter::new(48_000.0));
        for lufs in [SILENT, SILENT, -14.0, SILENT, SILENT, SILENT, -20.0] {
            observe(&mut writer, &history, lufs);
        }
        assert_eq!(loudness(&history), [-14.0, SILENT, -20.0]);
    }
}
