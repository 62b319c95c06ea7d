//! The place in the host's song, in seconds and in bars.
//!
//! A host's numbers may be anything. A number that is no plausible place counts as not given, so that no display needs a check.

/// The largest distance from the song's start, s: eleven days. An `f32` then has steps of 0.06 s.
const MAX_SECONDS: f64 = 1e6;
/// The largest number of a bar, and its largest distance from the start in quarter notes.
const MAX_BAR: f64 = 1e6;
/// A place so near before a bar line is on it, beats: hosts round.
const ROUNDING_BEATS: f64 = 1e-6;
/// The largest number of either half of a time signature.
const MAX_SIGNATURE: i32 = 64;
/// The slowest and the fastest tempo in beats per minute. The place stands still between two blocks at any other.
const TEMPO_RANGE_BPM: std::ops::RangeInclusive<f64> = 1.0..=1000.0;

/// A place in the song that the audio of a block comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct SongPosition {
    /// The distance from the song's start, s; negative before it.
    seconds: Option<f64>,
    bar: Option<BarPosition>,
}

/// A place among the bars.
#[derive(Clone, Copy, Debug, PartialEq)]
struct BarPosition {
    /// A whole number, 1 for the first bar of the song.
    number: f64,
    /// Beats since the bar's start, 0 or more.
    beats: f64,
    /// None without a time signature.
    beats_per_bar: Option<f64>,
    /// 0 without a tempo.
    beats_per_second: f64,
}

/// The place among the bars in a host's terms.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct MusicalTime {
    /// Quarter notes since the song's start.
    pub quarters: f64,
    /// The start of the present bar in the same unit.
    pub bar_start: Option<f64>,
    /// The number of the bar at `bar_start`, 0 for the first one of the song.
    pub bar_number: Option<i32>,
    /// Quarter notes per minute.
    pub tempo_bpm: Option<f64>,
    /// The time signature, such as 6 and 8.
    pub signature: Option<[i32; 2]>,
}

impl SongPosition {
    /// The place at the first frame of a block. None if neither number is a place.
    #[must_use]
    pub fn new(seconds: Option<f64>, musical: Option<MusicalTime>) -> Option<Self> {
        let seconds = seconds.filter(|seconds| seconds.abs() <= MAX_SECONDS);
        let bar = musical.and_then(|musical| BarPosition::new(&musical));
        (seconds.is_some() || bar.is_some()).then_some(Self { seconds, bar })
    }

    /// The place after some seconds.
    fn advanced(self, seconds: f64) -> Self {
        Self {
            seconds: self.seconds.map(|place| place + seconds),
            bar: self.bar.and_then(|bar| bar.advanced(seconds)),
        }
    }
}

impl BarPosition {
    fn new(musical: &MusicalTime) -> Option<Self> {
        let is_valid = |half: &i32| (1..=MAX_SIGNATURE).contains(half);
        let signature = musical
            .signature
            .filter(|signature| signature.iter().all(is_valid))
            .map(|signature| signature.map(f64::from));
        let beats_per_quarter = signature.map_or(1.0, |[_, denominator]| 0.25 * denominator);
        let beats_per_bar = signature.map(|[numerator, _]| numerator);
        let quarters_per_bar = beats_per_bar.map(|beats| beats / beats_per_quarter);
        let bar_start = musical.bar_start.filter(|start| start.abs() <= MAX_BAR);
        let (start, number) = match (bar_start, musical.bar_number, quarters_per_bar) {
            (Some(start), Some(number), _) => (start, f64::from(number) + 1.0),
            // The number of the bar if the signature never changed.
            (Some(start), None, Some(length)) => (start, (start / length).round() + 1.0),
            (None, _, Some(_)) => (0.0, 1.0),
            _ => return None,
        };
        let tempo_bpm = musical
            .tempo_bpm
            .filter(|tempo| TEMPO_RANGE_BPM.contains(tempo));
        let position = Self {
            number,
            beats: (musical.quarters - start) * beats_per_quarter,
            beats_per_bar,
            beats_per_second: tempo_bpm.unwrap_or(0.0) / 60.0 * beats_per_quarter,
        };
        // A host may leave the start of the bar where the song starts.
        position.wrapped()
    }

    fn advanced(self, seconds: f64) -> Option<Self> {
        let beats = self.beats + seconds * self.beats_per_second;
        Self { beats, ..self }.wrapped()
    }

    /// The same place, with its beats inside the bar. None if it is no place.
    fn wrapped(self) -> Option<Self> {
        let bars = self.beats_per_bar.map_or(0.0, |length| {
            ((self.beats + ROUNDING_BEATS) / length).floor()
        });
        let mut beats = self.beats - bars * self.beats_per_bar.unwrap_or(0.0);
        if (-ROUNDING_BEATS..0.0).contains(&beats) {
            beats = 0.0;
        }
        let position = Self {
            number: self.number + bars,
            beats,
            ..self
        };
        let is_place =
            position.number.abs() <= MAX_BAR && (0.0..=MAX_BAR).contains(&position.beats);
        is_place.then_some(position)
    }
}

/// The place in the song at a point of the history.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct PointPosition {
    /// The distance from the song's start, s; negative before it.
    pub seconds: Option<f32>,
    /// The number of the bar, 1 for the song's first, and the beat in it, from 1 on.
    pub bar: Option<[f32; 2]>,
}

impl PointPosition {
    /// Whether the host told a place.
    #[must_use]
    pub fn is_known(&self) -> bool {
        self.seconds.is_some() || self.bar.is_some()
    }

    /// Three numbers, which are NaN where there is no place.
    pub(super) fn to_numbers(self) -> [f32; 3] {
        let [number, beat] = self.bar.unwrap_or([f32::NAN; 2]);
        [self.seconds.unwrap_or(f32::NAN), number, beat]
    }

    pub(super) fn from_numbers([seconds, number, beat]: [f32; 3]) -> Self {
        let bar = [number, beat];
        Self {
            seconds: seconds.is_finite().then_some(seconds),
            bar: bar.iter().all(|number| number.is_finite()).then_some(bar),
        }
    }
}

/// `[audio]` The place at each frame of a block.
pub(super) struct SongClock {
    /// The place at the last block's first frame.
    position: Option<SongPosition>,
    /// Frames since then.
    frames: usize,
    seconds_per_frame: f64,
}

impl SongClock {
    pub(super) fn new(sample_rate_hz: f32) -> Self {
        Self {
            position: None,
            frames: 0,
            seconds_per_frame: 1.0 / f64::from(sample_rate_hz).max(1.0),
        }
    }

    /// Sets the place of the next frame, or that it is unknown.
    pub(super) fn set(&mut self, position: Option<SongPosition>) {
        self.position = position;
        self.frames = 0;
    }

    pub(super) fn advance(&mut self, frames: usize) {
        self.frames = self.frames.saturating_add(frames);
    }

    /// The place some frames ago.
    pub(super) fn ago(&self, frames: usize) -> PointPosition {
        let Some(position) = self.position else {
            return PointPosition::default();
        };
        let passed = flow_dsp::math::count(self.frames.saturating_sub(frames));
        let SongPosition { seconds, bar } = position.advanced(passed * self.seconds_per_frame);
        let narrow = flow_dsp::math::narrow;
        PointPosition {
            seconds: seconds.map(narrow),
            bar: bar.map(|bar| [narrow(bar.number), narrow(bar.beats + 1.0)]),
        }
    }
}

#[cfg(test)]
mod tests;
