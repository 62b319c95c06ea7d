//! The gain reduction and the added harmonics of each stage over time.

use super::chart::Chart;
use super::over_time;
use crate::stage_activity::{ACTIVE_DB, Extremes, StageActivity, StageSeries};
use flow_dsp::math::narrow;
use flow_params::number::number;
use maud::{Markup, html};

/// Quieter added sound counts as none, dBFS.
const INAUDIBLE_DBFS: f64 = -90.0;
const LANE_HEIGHT: f64 = 46.0;
/// The ranges of the axes of gain reduction, dB.
const RANGES_DB: [f64; 5] = [3.0, 6.0, 12.0, 24.0, 60.0];

/// The points of a series in columns.
struct Lane<'a> {
    series: &'a StageSeries,
    column_seconds: f64,
    song_seconds: f64,
}

impl Lane<'_> {
    /// The edge of the columns as points of time and value.
    fn edge(&self, value: fn(&Extremes) -> f32) -> Vec<(f64, f64)> {
        let middles = (0..).map(|index| (f64::from(index) + 0.5) * self.column_seconds);
        let values = self.series.columns.iter().map(value).map(f64::from);
        let inner = middles.zip(values).collect::<Vec<_>>();
        // The area reaches the edges of the song.
        let first = inner.first().map(|point| (0.0, point.1));
        let last = inner.last().map(|point| (self.song_seconds, point.1));
        first.into_iter().chain(inner).chain(last).collect()
    }
}

/// The lanes of all active stages. The limiter has one even at rest.
pub(super) fn gain_reduction(activity: &StageActivity, seconds: f64, rate_hz: u32) -> Markup {
    let limiter = activity.limiter().reading.stage();
    let is_active = |s: &StageSeries| s.lowest_db() < ACTIVE_DB;
    let (mut shown, mut resting): (Vec<_>, Vec<_>) = activity
        .gains
        .iter()
        .partition(|s| is_active(s) || s.reading.stage() == limiter);
    // A stage works if one of its bands does.
    resting.retain(|s| {
        let mut working = shown.iter().map(|shown| shown.reading.stage());
        working.all(|stage| stage != s.reading.stage())
    });
    // The limiter matters most.
    shown.reverse();
    let count = shown.len();
    html! {
        div.lanes {
            @for (index, series) in shown.into_iter().enumerate() {
                div.lane {
                    h3 { (series.reading.name()) }
                    p { (summary(series)) }
                    div.lane-chart {
                        (reduction_lane(activity, series, (seconds, rate_hz), index + 1 == count))
                    }
                }
            }
        }
        @if !resting.is_empty() {
            p.note { "At rest: " (names(&resting)) "." }
        }
    }
}

/// The least range of the axis that holds a reduction, dB.
fn range_db(lowest_db: f64) -> f64 {
    let holds = |range: &f64| -lowest_db <= range - 0.1;
    let fitting = RANGES_DB.into_iter().find(holds);
    fitting.unwrap_or(RANGES_DB[RANGES_DB.len() - 1])
}

/// The statistics of gain reduction in one line.
fn summary(series: &StageSeries) -> Markup {
    html! {
        span { b { (number(series.lowest_db(), 1)) " dB" } " at most" }
        span { (number(series.mean_db(), 1)) " dB on average" }
        span { (number(100.0 * series.active_share(), 0)) " % of the time" }
    }
}

fn reduction_lane(
    activity: &StageActivity,
    series: &StageSeries,
    (seconds, rate_hz): (f64, u32),
    is_last: bool,
) -> Markup {
    // Each lane has its own range, so that small reductions are visible beside large ones.
    let range = range_db(series.lowest_db());
    let lane = Lane {
        series,
        column_seconds: activity.column_frames() as f64 / f64::from(rate_hz),
        song_seconds: seconds,
    };
    let mut chart = Chart::over_time(LANE_HEIGHT, seconds, (-range, 0.0));
    if is_last {
        over_time::add_time_axis(&mut chart, seconds);
    } else {
        chart.bare_columns(&over_time::time_ticks(seconds));
    }
    chart.rows(&[-range / 3.0, -2.0 * range / 3.0], |db| number(db, 0));
    chart.area("reduction deepest", &lane.edge(|c| c.low), 0.0);
    chart.area("reduction least", &lane.edge(|c| c.high), 0.0);
    chart.finish(&format!(
        "{}: gain reduction of {} dB at most",
        series.reading.name(),
        number(series.lowest_db(), 1)
    ))
}

/// The lanes of added harmonics; none if nothing was added.
pub(super) fn harmonics(activity: &StageActivity, seconds: f64, rate_hz: u32) -> Option<Markup> {
    let is_audible = |s: &&StageSeries| s.highest_db() > INAUDIBLE_DBFS;
    let shown: Vec<&StageSeries> = activity.levels.iter().filter(is_audible).collect();
    let count = shown.len();
    (count > 0).then(|| {
        html! {
            div.lanes.levels {
                @for (index, series) in shown.into_iter().enumerate() {
                    div.lane {
                        h3 { (series.reading.name()) }
                        p { span { b { (number(series.highest_db(), 0)) " dBFS" } " at most" } }
                        div.lane-chart {
                            (level_lane(activity, series, (seconds, rate_hz), index + 1 == count))
                        }
                    }
                }
            }
        }
    })
}

fn level_lane(
    activity: &StageActivity,
    series: &StageSeries,
    (seconds, rate_hz): (f64, u32),
    is_last: bool,
) -> Markup {
    let lane = Lane {
        series,
        column_seconds: activity.column_frames() as f64 / f64::from(rate_hz),
        song_seconds: seconds,
    };
    let mut chart = Chart::over_time(LANE_HEIGHT, seconds, (INAUDIBLE_DBFS, 0.0));
    if is_last {
        over_time::add_time_axis(&mut chart, seconds);
    } else {
        chart.bare_columns(&over_time::time_ticks(seconds));
    }
    chart.rows(&[-30.0, -60.0], |db| number(db, 0));
    let level = |c: &Extremes| c.high.max(narrow(INAUDIBLE_DBFS));
    chart.area("added", &lane.edge(level), INAUDIBLE_DBFS);
    chart.finish(&format!(
        "{}: {} dBFS at most",
        series.reading.name(),
        number(series.highest_db(), 0)
    ))
}

/// The stages, each once.
fn names(series: &[&StageSeries]) -> String {
    let mut names: Vec<&str> = series.iter().map(|s| s.reading.stage()).collect();
    names.dedup();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use flow_dsp::Readings;

    #[test]
    fn stage_with_one_working_band_is_not_at_rest() {
        let mut readings = Readings::default();
        readings.activity.comfort_gains_db[1] = -6.0;
        let mut activity = StageActivity::default();
        for _ in 0..100 {
            activity.add(512, &readings);
        }
        let markup = gain_reduction(&activity, 1.0, 48_000).into_string();
        let (lanes, at_rest) = markup.split_once("At rest: ").unwrap();
        assert!(lanes.contains("Comfort, mids"), "{lanes}");
        assert!(!at_rest.contains("Comfort"), "{at_rest}");
        assert!(at_rest.contains("Mid/side"), "{at_rest}");
    }
}
