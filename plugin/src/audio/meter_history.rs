//! The loudness, each stage's gain reduction and the place in the song: the last two minutes at ten points per second, and
//! the last half hour at one point per second.

use std::sync::atomic::{AtomicUsize, Ordering};

use flow_dsp::{ABSOLUTE_GATE_LUFS, Readings};

use super::atomic_pair::AtomicPair;
use super::song_position::{PointPosition, SongClock, SongPosition};

/// Points per second.
pub const POINTS_PER_SECOND: usize = 10;

/// Length of the history in minutes.
pub const HISTORY_MINUTES: usize = 2;

/// Capacity of the history in points.
pub const HISTORY_POINTS: usize = HISTORY_MINUTES * 60 * POINTS_PER_SECOND;

/// Capacity of the song's history in points of a second.
pub const SONG_POINTS: usize = 30 * 60;

/// The stages whose gain reduction is recorded, in signal order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum GainStage {
    /// Mono safety below 250 Hz.
    SafetyLow,
    /// Mono safety up to 2.5 kHz.
    SafetyMid,
    /// Mono safety above.
    SafetyHigh,
    /// Comfort in the band of Body.
    ComfortBody,
    /// Comfort in the band of Soul.
    ComfortSoul,
    /// Comfort in the band of Silk.
    ComfortSilk,
    /// Comfort in the band of Air.
    ComfortAir,
    /// Compressor of the mid.
    Mid,
    /// Compressor of the side.
    Side,
    /// Compressor of the low band.
    LowBand,
    /// Compressor of the mid band.
    MidBand,
    /// Compressor of the high band.
    HighBand,
    /// Glue compressor.
    Glue,
    /// Limiter.
    Limiter,
}

impl GainStage {
    /// All stages, in the order of [`HistoryPoint::gains_db`].
    pub const ALL: [Self; 14] = [
        Self::SafetyLow,
        Self::SafetyMid,
        Self::SafetyHigh,
        Self::ComfortBody,
        Self::ComfortSoul,
        Self::ComfortSilk,
        Self::ComfortAir,
        Self::Mid,
        Self::Side,
        Self::LowBand,
        Self::MidBand,
        Self::HighBand,
        Self::Glue,
        Self::Limiter,
    ];

    /// The name in legends.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::SafetyLow => "mono safety low",
            Self::SafetyMid => "mono safety mid",
            Self::SafetyHigh => "mono safety high",
            Self::ComfortBody => "Comfort in Body",
            Self::ComfortSoul => "Comfort in Soul",
            Self::ComfortSilk => "Comfort in Silk",
            Self::ComfortAir => "Comfort in Air",
            Self::Mid => "Mid",
            Self::Side => "Side",
            Self::LowBand => "low band",
            Self::MidBand => "mid band",
            Self::HighBand => "high band",
            Self::Glue => "glue",
            Self::Limiter => "limiter",
        }
    }

    /// Whether it is a compressor of the Master Chain.
    #[must_use]
    pub fn is_compressor(self) -> bool {
        (Self::Mid..=Self::Glue).contains(&self)
    }

    /// The gain of the stage in readings, dB, 0 or less.
    #[must_use]
    pub fn gain_db(self, readings: &Readings) -> f32 {
        let activity = &readings.activity;
        match self {
            Self::SafetyLow => activity.weave_side_gains_db[0],
            Self::SafetyMid => activity.weave_side_gains_db[1],
            Self::SafetyHigh => activity.weave_side_gains_db[2],
            Self::ComfortBody => activity.comfort_gains_db[0],
            Self::ComfortSoul => activity.comfort_gains_db[1],
            Self::ComfortSilk => activity.comfort_gains_db[2],
            Self::ComfortAir => activity.comfort_gains_db[3],
            Self::Mid => activity.mid_side_gains_db[0],
            Self::Side => activity.mid_side_gains_db[1],
            Self::LowBand => activity.multiband_gains_db[0],
            Self::MidBand => activity.multiband_gains_db[1],
            Self::HighBand => activity.multiband_gains_db[2],
            Self::Glue => activity.glue_gain_db,
            Self::Limiter => readings.limiter_gain_db,
        }
    }
}

/// The readings of a tenth of a second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HistoryPoint {
    /// Short-term loudness of the output at its end, LUFS.
    pub short_term_lufs: f32,
    /// Lowest gain of each of [`GainStage::ALL`] in it, dB, 0 or less.
    pub gains_db: [f32; GainStage::ALL.len()],
    /// The place in the song at its end; none while the song stands still.
    pub position: PointPosition,
}

impl HistoryPoint {
    /// Whether the output was silent.
    #[must_use]
    pub fn is_silent(&self) -> bool {
        // `max` also turns NaN into silence.
        f64::from(self.short_term_lufs).max(ABSOLUTE_GATE_LUFS) <= ABSOLUTE_GATE_LUFS
    }

    /// The lowest gain of a stage, dB, 0 or less.
    #[must_use]
    pub fn gain_db(&self, stage: GainStage) -> f32 {
        self.gains_db[stage as usize]
    }

    fn pairs(&self) -> [[f32; 2]; PAIRS] {
        let mut numbers = [0.0; 2 * PAIRS];
        let position = self.position.to_numbers();
        let all = [self.short_term_lufs].into_iter().chain(self.gains_db);
        for (number, value) in numbers.iter_mut().zip(all.chain(position)) {
            *number = value;
        }
        std::array::from_fn(|pair| [numbers[2 * pair], numbers[2 * pair + 1]])
    }

    fn from_pairs(pairs: [[f32; 2]; PAIRS]) -> Self {
        let numbers = pairs.as_flattened();
        Self {
            short_term_lufs: numbers[0],
            gains_db: std::array::from_fn(|stage| numbers[1 + stage]),
            position: PointPosition::from_numbers(std::array::from_fn(|number| {
                numbers[1 + GainStage::ALL.len() + number]
            })),
        }
    }
}

/// Pairs of numbers in a point.
const PAIRS: usize = (1 + GainStage::ALL.len() + 3).div_ceil(2);

/// A ring of the latest points with one writing and any number of reading threads. No call waits.
struct Ring {
    points: Box<[[AtomicPair; PAIRS]]>,
    written: AtomicUsize,
}

impl Ring {
    /// An empty ring. Allocates.
    fn new(capacity: usize) -> Self {
        Self {
            points: (0..capacity)
                .map(|_| [const { AtomicPair::new([0.0; 2]) }; PAIRS])
                .collect(),
            written: AtomicUsize::new(0),
        }
    }

    /// `[audio]` Adds a point in place of the oldest.
    fn push(&self, point: HistoryPoint) {
        let written = self.written.load(Ordering::Relaxed);
        let place = &self.points[written % self.points.len()];
        for (pair, numbers) in place.iter().zip(point.pairs()) {
            pair.store(numbers);
        }
        self.written.store(written + 1, Ordering::Release);
    }

    /// `[gui]` The points from a number on with their numbers, oldest first. A point that is added meanwhile may appear in
    /// place of the oldest, whole or in part.
    fn iter_from(&self, first: usize) -> impl ExactSizeIterator<Item = (usize, HistoryPoint)> + '_ {
        let written = self.written.load(Ordering::Acquire);
        let oldest = written.saturating_sub(self.points.len());
        (oldest.max(first).min(written)..written).map(|i| {
            let place = &self.points[i % self.points.len()];
            let point = HistoryPoint::from_pairs(std::array::from_fn(|pair| place[pair].load()));
            (i, point)
        })
    }
}

/// The points of a song.
#[derive(Clone, Debug, Default)]
pub struct SongHistory {
    /// Number of the oldest seconds that the history has dropped.
    pub dropped_seconds: usize,
    /// A point for each second since then, oldest first, at most [`SONG_POINTS`].
    pub points: Vec<HistoryPoint>,
}

/// The histories of the last minutes and of the song.
pub struct MeterHistory {
    recent: Ring,
    song: Ring,
    /// The number of the song's first point.
    song_begin: AtomicUsize,
    /// Number of songs that were begun.
    songs: AtomicUsize,
}

impl MeterHistory {
    /// An empty history. Allocates.
    #[must_use]
    pub fn new() -> Self {
        Self {
            recent: Ring::new(HISTORY_POINTS),
            song: Ring::new(SONG_POINTS),
            song_begin: AtomicUsize::new(0),
            songs: AtomicUsize::new(0),
        }
    }

    /// `[gui]` The points of the last two minutes, oldest first.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = HistoryPoint> + '_ {
        self.recent.iter_from(0).map(|(_, point)| point)
    }

    /// `[gui]` The points of the song since the last [`begin_song`](Self::begin_song).
    #[must_use]
    pub fn song(&self) -> SongHistory {
        let begin = self.song_begin.load(Ordering::Relaxed);
        let mut numbered = self.song.iter_from(begin).peekable();
        let first = numbered.peek().map_or(begin, |(number, _)| *number);
        SongHistory {
            dropped_seconds: first - begin,
            points: numbered.map(|(_, point)| point).collect(),
        }
    }

    /// `[gui]` `[main]` Begins a new song.
    pub fn begin_song(&self) {
        let written = self.song.written.load(Ordering::Acquire);
        self.song_begin.store(written, Ordering::Relaxed);
        self.songs.fetch_add(1, Ordering::Relaxed);
    }
}

impl MeterHistory {
    /// `[gui]` The lowest gain of a stage in the last seconds, dB, 0 or less.
    #[must_use]
    pub fn lowest_gain_db(&self, stage: GainStage, seconds: usize) -> f32 {
        let points = self.iter();
        let skipped = points.len().saturating_sub(seconds * POINTS_PER_SECOND);
        let gains_db = points.skip(skipped).map(|point| point.gain_db(stage));
        gains_db.fold(0.0, f32::min)
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
    lowest_gains_db: [f32; GainStage::ALL.len()],
    /// The lowest gains of the present second, and the number of its points.
    second_gains_db: [f32; GainStage::ALL.len()],
    second_points: usize,
    /// The number of the song that the second belongs to.
    song: usize,
    was_silent: bool,
    clock: SongClock,
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
            lowest_gains_db: [0.0; GainStage::ALL.len()],
            second_gains_db: [0.0; GainStage::ALL.len()],
            second_points: 0,
            song: 0,
            was_silent: true,
            clock: SongClock::new(sample_rate_hz),
        }
    }

    /// Sets the place in the song of the next frame; none if it is unknown or the song stands still.
    pub fn set_song_position(&mut self, position: Option<SongPosition>) {
        self.clock.set(position);
    }

    /// Takes in the readings of a process call.
    pub fn observe(&mut self, frames: usize, readings: &Readings, history: &MeterHistory) {
        let song = history.songs.load(Ordering::Relaxed);
        if song != self.song {
            // The begun second belongs to the last song.
            self.song = song;
            self.second_points = 0;
            self.second_gains_db = [0.0; GainStage::ALL.len()];
        }
        for stage in GainStage::ALL {
            let lowest = &mut self.lowest_gains_db[stage as usize];
            *lowest = lowest.min(stage.gain_db(readings));
        }
        self.frames += frames;
        self.clock.advance(frames);
        let is_complete = self.frames >= self.frames_per_point;
        while self.frames >= self.frames_per_point {
            self.frames -= self.frames_per_point;
            let point = HistoryPoint {
                short_term_lufs: readings.output.short_term_lufs,
                gains_db: self.lowest_gains_db,
                position: self.clock.ago(self.frames),
            };
            if !(self.was_silent && point.is_silent()) {
                history.recent.push(point);
                self.add_to_second(point, history);
            }
            self.was_silent = point.is_silent();
        }
        if is_complete {
            // A long call has the same gains in all of its points.
            self.lowest_gains_db = [0.0; GainStage::ALL.len()];
        }
    }

    fn add_to_second(&mut self, point: HistoryPoint, history: &MeterHistory) {
        let lowest = self.second_gains_db.iter_mut().zip(point.gains_db);
        lowest.for_each(|(lowest, gain_db)| *lowest = lowest.min(gain_db));
        self.second_points += 1;
        if self.second_points == POINTS_PER_SECOND {
            self.second_points = 0;
            let gains_db =
                std::mem::replace(&mut self.second_gains_db, [0.0; GainStage::ALL.len()]);
            history.song.push(HistoryPoint { gains_db, ..point });
        }
    }
}

#[cfg(test)]
mod tests;
