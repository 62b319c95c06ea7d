//! The marks of the host's song along the history.

use crate::audio::song_position::PointPosition;
use crate::editor::language::text;

/// The share of the time between two points that a song without a jump may differ by.
const TOLERANCE: f32 = 0.6;
/// Bars per second above which a song jumps, where the host tells no seconds.
const MAX_BARS_PER_SECOND: f32 = 4.0;
/// The distances of bars: powers of two, as most music has its parts.
const BAR_STEPS: [f32; 21] = steps_of_bars();
/// The distances of times, s.
const SECOND_STEPS: [f32; 16] = [
    1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1800.0, 3600.0, 7200.0,
    18_000.0, 36_000.0,
];

const fn steps_of_bars() -> [f32; 21] {
    let mut steps = [1.0; 21];
    let mut i = 1;
    while i < steps.len() {
        steps[i] = 2.0 * steps[i - 1];
        i += 1;
    }
    steps
}

/// The marks along the history. Places are horizontal ones.
#[derive(Debug, Default, PartialEq)]
pub(super) struct SongMarks {
    /// Both ends of each part that was played without a break.
    pub(super) parts: Vec<[f32; 2]>,
    /// The places where another part begins.
    pub(super) breaks: Vec<f32>,
    /// Places with bars or times.
    pub(super) labels: Vec<(f32, String)>,
    /// Whether the host tells bars.
    pub(super) has_bars: bool,
}

/// The unit of a mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    Bars,
    Seconds,
}

impl Unit {
    /// The better one that the host tells.
    fn of(position: PointPosition) -> Option<Self> {
        match position {
            PointPosition { bar: Some(_), .. } => Some(Self::Bars),
            PointPosition {
                seconds: Some(_), ..
            } => Some(Self::Seconds),
            _ => None,
        }
    }

    /// The number of units since the song's start.
    fn value(self, position: PointPosition) -> f32 {
        match self {
            Self::Bars => position.bar.map_or(0.0, |[number, _]| number - 1.0),
            Self::Seconds => position.seconds.unwrap_or(0.0),
        }
    }

    fn steps(self) -> &'static [f32] {
        match self {
            Self::Bars => &BAR_STEPS,
            Self::Seconds => &SECOND_STEPS,
        }
    }

    fn label(self, value: f32) -> String {
        match self {
            Self::Bars => signed(value + 1.0, |bar| format!("{bar:.0}")),
            Self::Seconds => song_time(value),
        }
    }
}

impl SongMarks {
    /// The marks for points at equal distances in seconds, at these places from left to right. Labels stand at least
    /// `distance` apart. If the points begin where the history does, the first part has a label at its begin.
    pub(super) fn new(
        positions: &[PointPosition],
        point_s: f32,
        is_complete: bool,
        (distance, x): (f32, &dyn Fn(usize) -> f32),
    ) -> Self {
        let parts = parts(positions, point_s);
        let steps = [Unit::Bars, Unit::Seconds].map(|unit| {
            let parts = parts.iter().filter(|(_, _, of)| *of == unit);
            let (mut units, mut width) = (0.0, 0.0);
            for (first, last, _) in parts {
                let values = positions[*first..=*last].windows(2);
                units += values
                    .map(|pair| (unit.value(pair[1]) - unit.value(pair[0])).abs())
                    .sum::<f32>();
                width += x(*last) - x(*first);
            }
            let is_wide = |step: &&f32| **step * width >= distance * units;
            let steps = unit.steps();
            let widest = steps.len() - 1;
            steps.iter().find(is_wide).copied().unwrap_or(steps[widest])
        });
        // The begin of a part has its label first.
        let mut begins: Vec<(f32, String)> = Vec::new();
        for (index, (first, _, unit)) in parts.iter().enumerate() {
            let is_begin = index > 0 || is_complete || *first > 0;
            let at = x(*first);
            let is_free = begins.last().is_none_or(|(last, _)| at - last >= distance);
            if is_begin && is_free {
                begins.push((at, unit.label(unit.value(positions[*first]).floor())));
            }
        }
        let mut labels = begins.clone();
        for (first, last, unit) in &parts {
            let step = steps[usize::from(*unit == Unit::Seconds)];
            let number = |point: usize| (unit.value(positions[point]) / step).floor();
            let mut latest = f32::NEG_INFINITY;
            for point in first + 1..=*last {
                let at = x(point);
                let is_free = at - latest >= distance
                    && begins
                        .iter()
                        .all(|(begin, _)| (at - begin).abs() >= distance);
                if number(point) != number(point - 1) && is_free {
                    labels.push((at, unit.label(number(point) * step)));
                    latest = at;
                }
            }
        }
        labels.sort_by(|(a, _), (b, _)| a.total_cmp(b));
        let mut breaks: Vec<f32> = parts
            .iter()
            .skip(1)
            .map(|(first, _, _)| x(*first))
            .collect();
        breaks.dedup_by(|next, last| *next - *last < 0.15 * distance);
        Self {
            has_bars: parts.iter().any(|(_, _, unit)| *unit == Unit::Bars),
            parts: parts.iter().map(|(a, b, _)| [x(*a), x(*b)]).collect(),
            breaks,
            labels,
        }
    }
}

/// First and last point and the unit of each part without a break. A single point is no part: a host whose song stands still or
/// jumps all the time has no marks.
fn parts(positions: &[PointPosition], point_s: f32) -> Vec<(usize, usize, Unit)> {
    let mut parts = Vec::new();
    let mut first = 0;
    for point in 0..positions.len() {
        let next = positions.get(point + 1);
        if next.is_some_and(|next| is_continued(positions[point], *next, point_s)) {
            continue;
        }
        if let Some(unit) = Unit::of(positions[point])
            && point > first
        {
            parts.push((first, point, unit));
        }
        first = point + 1;
    }
    parts
}

/// Whether the song went on from one point to the next.
fn is_continued(from: PointPosition, to: PointPosition, point_s: f32) -> bool {
    if from.bar.is_some() != to.bar.is_some() {
        return false;
    }
    match (from.seconds.zip(to.seconds), from.bar.zip(to.bar)) {
        (Some((from, to)), _) => (to - from - point_s).abs() <= TOLERANCE * point_s,
        (None, Some((from, to))) => {
            let bars = to[0] - from[0];
            to > from && bars <= 1.0 + MAX_BARS_PER_SECOND * point_s
        }
        _ => false,
    }
}

/// A time of the song, such as "1:05"; negative before its start.
fn song_time(seconds: f32) -> String {
    signed(seconds.floor(), |seconds| {
        format!("{:.0}:{:02.0}", (seconds / 60.0).floor(), seconds % 60.0)
    })
}

/// The text of a number with the sign of typography.
fn signed(number: f32, text: impl Fn(f32) -> String) -> String {
    let sign = if number < 0.0 { "−" } else { "" };
    format!("{sign}{}", text(number.abs()))
}

/// The place in words: its bar and beat, or its time; none if the host told nothing.
pub(super) fn describe_position(position: PointPosition) -> Option<String> {
    if let Some([number, beat]) = position.bar {
        let bar = signed(number, |bar| format!("{bar:.0}"));
        let beat = format!("{:.0}", beat.floor());
        return Some(text!("bar {bar}, beat {beat}", bar, beat));
    }
    let time = song_time(position.seconds?);
    Some(text!("song at {time}", time))
}

#[cfg(test)]
mod tests;
