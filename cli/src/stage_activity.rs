//! The gain reduction and the added harmonics of each stage over a song, from the plug-in's readings after each block.

use flow_dsp::Readings;
use flow_params::ParameterId::{self, *};
use std::ops::RangeInclusive;

/// Gain reduction below this counts as active, dB.
pub const ACTIVE_DB: f64 = -0.1;
/// Gain reduction below this is audible in most music if it lasts, dB.
pub const HARD_DB: f64 = -6.0;
/// Columns of a series. Twice as many are merged in pairs, so that memory is bounded for songs of any length.
const COLUMNS: usize = 2048;

/// A reading of one stage.
#[derive(Clone, Copy)]
pub struct StageReading {
    /// The parameter with the stage's name.
    id: ParameterId,
    /// The part of the stage; empty if it has one reading only.
    pub part: &'static str,
    get: fn(&Readings) -> f32,
}

impl StageReading {
    const fn new(id: ParameterId, part: &'static str, get: fn(&Readings) -> f32) -> Self {
        Self { id, part, get }
    }

    /// The stage's name for readers.
    #[must_use]
    pub fn stage(&self) -> &'static str {
        self.id.short_name()
    }

    /// The name of stage and part.
    #[must_use]
    pub fn name(&self) -> String {
        if self.part.is_empty() {
            self.stage().to_owned()
        } else {
            format!("{}, {}", self.stage(), self.part)
        }
    }
}

/// The readings of gain, dB, 0 or less, in the order of the signal. The limiter is the last.
#[rustfmt::skip]
static GAINS: [StageReading; 14] = [
    StageReading::new(MonoSafety, "low", |r| r.activity.weave_side_gains_db[0]),
    StageReading::new(MonoSafety, "mid", |r| r.activity.weave_side_gains_db[1]),
    StageReading::new(MonoSafety, "high", |r| r.activity.weave_side_gains_db[2]),
    StageReading::new(Comfort, "lows", |r| r.activity.comfort_gains_db[0]),
    StageReading::new(Comfort, "mids", |r| r.activity.comfort_gains_db[1]),
    StageReading::new(Comfort, "upper mids", |r| r.activity.comfort_gains_db[2]),
    StageReading::new(Comfort, "treble", |r| r.activity.comfort_gains_db[3]),
    StageReading::new(MidSideAmount, "mid", |r| r.activity.mid_side_gains_db[0]),
    StageReading::new(MidSideAmount, "side", |r| r.activity.mid_side_gains_db[1]),
    StageReading::new(MultibandAmount, "low", |r| r.activity.multiband_gains_db[0]),
    StageReading::new(MultibandAmount, "mid", |r| r.activity.multiband_gains_db[1]),
    StageReading::new(MultibandAmount, "high", |r| r.activity.multiband_gains_db[2]),
    StageReading::new(GlueAmount, "", |r| r.activity.glue_gain_db),
    StageReading::new(LimiterStyle, "", |r| r.limiter_gain_db),
];

/// The readings of added sound, dBFS, in the order of the signal.
#[rustfmt::skip]
static LEVELS: [StageReading; 4] = [
    StageReading::new(VelvetFloor, "low band", |r| r.activity.floor_band_db),
    StageReading::new(VelvetFloor, "harmonics", |r| r.activity.floor_harmonics_db),
    StageReading::new(HarmonicLattice, "harmonics", |r| r.activity.lattice_harmonics_db),
    StageReading::new(Drive, "harmonics", |r| r.activity.drive_harmonics_db),
];

/// The lowest and highest value of a reading within a part of the song.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Extremes {
    /// The lowest value.
    pub low: f32,
    /// The highest value.
    pub high: f32,
}

impl Extremes {
    fn of(value: f32) -> Self {
        Self {
            low: value,
            high: value,
        }
    }

    fn union(self, other: Self) -> Self {
        Self {
            low: self.low.min(other.low),
            high: self.high.max(other.high),
        }
    }
}

/// A reading over the whole song.
#[derive(Clone)]
pub struct StageSeries {
    /// The reading.
    pub reading: StageReading,
    /// Parts of equal length, [`StageActivity::column_frames`] each.
    pub columns: Vec<Extremes>,
    all: Extremes,
    sum_db: f64,
    active_frames: u64,
    hard_frames: u64,
    frames: u64,
}

impl StageSeries {
    fn new(reading: StageReading) -> Self {
        Self {
            reading,
            columns: Vec::new(),
            all: Extremes {
                low: 0.0,
                high: f32::NEG_INFINITY,
            },
            sum_db: 0.0,
            active_frames: 0,
            hard_frames: 0,
            frames: 0,
        }
    }

    /// Adds a value for these frames, which lie in these columns.
    fn add(&mut self, frames: u64, columns: RangeInclusive<usize>, readings: &Readings) {
        let value = (self.reading.get)(readings);
        let value = if value.is_nan() { 0.0 } else { value };
        let extremes = Extremes::of(value);
        let end = columns.end() + 1;
        for present in self.columns.iter_mut().take(end).skip(*columns.start()) {
            *present = present.union(extremes);
        }
        self.columns.resize(end, extremes);
        self.all = self.all.union(extremes);
        let db = f64::from(value);
        self.frames += frames;
        if db.is_finite() {
            self.sum_db += db * frames as f64;
        }
        if db < ACTIVE_DB {
            self.active_frames += frames;
        }
        if db < HARD_DB {
            self.hard_frames += frames;
        }
    }

    fn merge_pairs(&mut self) {
        let pairs = self.columns.chunks(2);
        self.columns = pairs
            .map(|pair| pair[0].union(pair[pair.len() - 1]))
            .collect();
    }

    /// The lowest value, dB: the deepest gain reduction.
    #[must_use]
    pub fn lowest_db(&self) -> f64 {
        f64::from(self.all.low)
    }

    /// The highest value, dB; negative infinity if nothing was added.
    #[must_use]
    pub fn highest_db(&self) -> f64 {
        f64::from(self.all.high)
    }

    /// The mean over time, dB.
    #[must_use]
    pub fn mean_db(&self) -> f64 {
        self.sum_db / self.frames.max(1) as f64
    }

    /// The share of the time with gain reduction of more than 0.1 dB, 0 to 1.
    #[must_use]
    pub fn active_share(&self) -> f64 {
        self.active_frames as f64 / self.frames.max(1) as f64
    }

    /// The share of the time with gain reduction of more than 6 dB, 0 to 1.
    #[must_use]
    pub fn hard_share(&self) -> f64 {
        self.hard_frames as f64 / self.frames.max(1) as f64
    }
}

/// The activity of all stages over a song.
#[derive(Clone)]
pub struct StageActivity {
    /// Gains, dB, 0 or less, in the order of the signal.
    pub gains: Vec<StageSeries>,
    /// Levels of added sound, dBFS, in the order of the signal.
    pub levels: Vec<StageSeries>,
    column_frames: u64,
    frames: u64,
}

impl Default for StageActivity {
    fn default() -> Self {
        Self {
            gains: GAINS.map(StageSeries::new).into(),
            levels: LEVELS.map(StageSeries::new).into(),
            column_frames: 0,
            frames: 0,
        }
    }
}

impl StageActivity {
    /// Adds the readings after a block of this many frames.
    pub fn add(&mut self, frames: usize, readings: &Readings) {
        let frames = frames as u64;
        if frames == 0 {
            return;
        }
        if self.frames == 0 {
            // The first block sets the resolution.
            self.column_frames = frames;
        }
        let start = self.frames;
        self.frames += frames;
        while (self.frames - 1) / self.column_frames >= 2 * COLUMNS as u64 {
            self.column_frames *= 2;
            let series = self.gains.iter_mut().chain(&mut self.levels);
            series.for_each(StageSeries::merge_pairs);
        }
        let column = |frame: u64| usize::try_from(frame / self.column_frames).unwrap_or(usize::MAX);
        let columns = column(start)..=column(self.frames - 1);
        for series in self.gains.iter_mut().chain(&mut self.levels) {
            series.add(frames, columns.clone(), readings);
        }
    }

    /// The limiter's gain.
    #[must_use]
    pub fn limiter(&self) -> &StageSeries {
        &self.gains[GAINS.len() - 1]
    }

    /// The length of a column in frames; the last one may be shorter.
    #[must_use]
    pub fn column_frames(&self) -> u64 {
        self.column_frames
    }
}

/// Records the activity in each of several tracks in a row.
pub struct TrackActivities {
    /// The frame after each track.
    ends: Vec<u64>,
    tracks: Vec<StageActivity>,
    frame: u64,
}

impl TrackActivities {
    /// No activity yet. `ends` has the frame after each track, in ascending order.
    #[must_use]
    pub fn new(ends: &[usize]) -> Self {
        Self {
            ends: ends.iter().map(|end| *end as u64).collect(),
            tracks: vec![StageActivity::default(); ends.len()],
            frame: 0,
        }
    }

    /// Adds the readings after a block of this many frames. A block over a border belongs to both tracks.
    pub fn add(&mut self, frames: usize, readings: &Readings) {
        let block = self.frame..self.frame + frames as u64;
        let mut start = 0;
        for (end, track) in self.ends.iter().zip(&mut self.tracks) {
            let common = block.end.min(*end).saturating_sub(block.start.max(start));
            track.add(usize::try_from(common).unwrap_or(usize::MAX), readings);
            start = *end;
        }
        self.frame = block.end;
    }

    /// The activity of each track; nothing if there were no readings.
    #[must_use]
    pub fn finish(self) -> Vec<StageActivity> {
        if self.frame == 0 {
            Vec::new()
        } else {
            self.tracks
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limiting(db: f32) -> Readings {
        Readings {
            limiter_gain_db: db,
            ..Readings::default()
        }
    }

    #[test]
    fn activity_of_known_readings_has_their_statistics() {
        let mut activity = StageActivity::default();
        for block in 0..100 {
            activity.add(512, &limiting(if block < 25 { -8.0 } else { 0.0 }));
        }
        let limiter = activity.limiter();
        assert_eq!(limiter.reading.name(), "Limiter");
        assert_eq!((limiter.lowest_db(), limiter.mean_db()), (-8.0, -2.0));
        assert_eq!((limiter.active_share(), limiter.hard_share()), (0.25, 0.25));
        assert_eq!(limiter.columns.len(), 100);
        assert_eq!(limiter.columns[24], Extremes::of(-8.0));
        let glue = &activity.gains[GAINS.len() - 2];
        assert_eq!((glue.lowest_db(), glue.active_share()), (0.0, 0.0));
        assert_eq!(activity.levels[0].highest_db(), f64::NEG_INFINITY);
    }

    #[test]
    fn activity_of_three_hours_has_bounded_columns_and_keeps_peaks() {
        let mut activity = StageActivity::default();
        let blocks = 3 * 3600 * 96_000 / 512;
        for block in 0..blocks {
            let is_peak = block == blocks / 2;
            activity.add(512, &limiting(if is_peak { -3.0 } else { 0.0 }));
        }
        let columns = &activity.limiter().columns;
        assert!((COLUMNS..=2 * COLUMNS).contains(&columns.len()));
        let middle = columns.iter().position(|c| c.low == -3.0).unwrap();
        assert!(middle.abs_diff(columns.len() / 2) <= 1, "{middle}");
        assert!(columns.iter().all(|c| c.high == 0.0));
    }

    #[test]
    fn activity_with_blocks_of_any_size_has_no_gaps() {
        let mut activity = StageActivity::default();
        for frames in [7, 512, 0, 100, 3] {
            activity.add(frames, &limiting(-1.0));
        }
        let limiter = activity.limiter();
        assert_eq!(limiter.columns.len(), 622_usize.div_ceil(7));
        assert!(limiter.columns.iter().all(|c| *c == Extremes::of(-1.0)));
        assert!((limiter.mean_db() + 1.0).abs() < 1e-9);
    }

    #[test]
    fn activity_of_tracks_is_split_at_their_border() {
        let mut activities = TrackActivities::new(&[1000, 1500]);
        activities.add(900, &limiting(-2.0));
        activities.add(600, &limiting(-1.0));
        let tracks = activities.finish();
        assert_eq!(tracks[0].frames, 1000);
        assert!((tracks[0].limiter().mean_db() + 1.9).abs() < 1e-9);
        assert_eq!(tracks[1].frames, 500);
        assert_eq!(tracks[1].limiter().lowest_db(), -1.0);
        assert_eq!(TrackActivities::new(&[1000]).finish().len(), 0);
    }
}
