//! The charts over time: waveforms with the ceiling, and short-term loudness with the target.

use super::chart::Chart;
use super::waveform::{COLUMNS, Waveform, WaveformColumn};
use crate::content_text::time;
use crate::master::mastering::MasteringResult;
use crate::svg::ticks;
use flow_audio_file::db_to_gain;
use flow_measure::loudness::{SHORT_TERM_SECONDS, SHORT_TERM_STEP_SECONDS};
use flow_params::number::number;
use maud::{Markup, html};

/// Distances between ticks of a time axis, in seconds.
const TIME_STEPS: [f64; 12] = [
    0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0,
];
const DB_STEPS: [f64; 5] = [1.0, 2.0, 3.0, 6.0, 12.0];

/// Adds the time axis. Songs of a few seconds have tenths.
pub(super) fn add_time_axis(chart: &mut Chart, seconds: f64) {
    let label = |at: f64| {
        if at == at.round() {
            time(at)
        } else {
            format!("{at:.1} s")
        }
    };
    let ticks = time_ticks(seconds);
    chart.columns(&ticks, label, |index| ticks.len() > 4 && index % 2 == 1);
}

/// The positions of the time axis's grid, in seconds.
pub(super) fn time_ticks(seconds: f64) -> Vec<f64> {
    // A label at the very end would hang over the edge.
    let all = ticks(0.0, seconds, 12, &TIME_STEPS);
    all.into_iter().filter(|at| *at < 0.985 * seconds).collect()
}

/// Both waveforms with peaks, RMS and the ceiling.
pub(super) fn waveforms(song: &MasteringResult, before: &Waveform, after: &Waveform) -> Markup {
    const HEIGHT: f64 = 92.0;
    // Float files may exceed full scale.
    let scale = f64::from(before.peak().max(after.peak())).max(1.0);
    let ceiling = db_to_gain(song.ceiling_dbtp);
    let lane = |waveform: &Waveform, class: &str| {
        let mut chart = Chart::over_time(HEIGHT, song.seconds(), (-scale, scale));
        if class == "after" {
            add_time_axis(&mut chart, song.seconds());
        } else {
            chart.bare_columns(&time_ticks(song.seconds()));
        }
        let edge = |of: fn(&WaveformColumn) -> f64| outline(song.seconds(), waveform, of);
        chart.band(
            &format!("{class} peak"),
            &edge(|c| f64::from(c.high)),
            &edge(|c| f64::from(c.low)),
        );
        chart.band(
            &format!("{class} rms"),
            &edge(WaveformColumn::rms),
            &edge(|c| -c.rms()),
        );
        let peak_level = |dbfs: f64| format!("{} dB", number(dbfs, 0));
        chart.rows(&[0.5], |_| peak_level(-6.0));
        chart.rows(&[0.0], |_| String::new());
        chart.rows(&[-0.5], |_| peak_level(-6.0));
        for level in [ceiling, -ceiling] {
            chart.level("ceiling", level);
        }
        chart
    };
    html! {
        h3 { "Before" }
        (lane(before, "before").finish("Waveform before mastering"))
        h3 { "After" }
        (lane(after, "after").finish(&format!(
            "Waveform after mastering, with the ceiling at {} dBTP",
            number(song.ceiling_dbtp, 1)
        )))
    }
}

/// One edge of a waveform as points of time and value.
fn outline(
    seconds: f64,
    waveform: &Waveform,
    value: fn(&WaveformColumn) -> f64,
) -> Vec<(f64, f64)> {
    let column_seconds = seconds / f64::from(COLUMNS);
    let middles = (0..).map(|index| (f64::from(index) + 0.5) * column_seconds);
    middles.zip(waveform.columns.iter().map(value)).collect()
}

/// Short-term loudness before and after with the target. None if the song is shorter than the meter's window.
pub(super) fn loudness(song: &MasteringResult) -> Option<Markup> {
    if song.seconds() < SHORT_TERM_SECONDS {
        return None;
    }
    let (floor, roof) = loudness_range(song);
    let mut chart = Chart::over_time(220.0, song.seconds(), (floor, roof));
    add_time_axis(&mut chart, song.seconds());
    chart.rows(&ticks(floor, roof, 8, &DB_STEPS), |lufs| number(lufs, 0));
    for (class, values) in [
        ("before", &song.before.short_term_lufs),
        ("after", &song.after.short_term_lufs),
    ] {
        let points = short_term(values);
        if class == "after" {
            chart.area("after under", &points, floor);
        }
        chart.line(&format!("{class} curve"), &points);
    }
    if let Some(target) = song.target_lufs {
        chart.level("target", target);
    }
    let loudest = |lufs: f64| number(lufs, 1);
    Some(chart.finish(&format!(
        "Short-term loudness over time. The loudest 3 seconds have {} LUFS before and {} LUFS after.",
        loudest(song.before.max_short_term_lufs),
        loudest(song.after.max_short_term_lufs)
    )))
}

/// The curve from 3 s on, when the meter's window is full.
fn short_term(values: &[f64]) -> Vec<(f64, f64)> {
    let timed = values
        .iter()
        .zip(1..)
        .map(|(lufs, step)| (f64::from(step) * SHORT_TERM_STEP_SECONDS, *lufs));
    let points: Vec<_> = timed
        .filter(|(seconds, _)| *seconds >= SHORT_TERM_SECONDS - 1e-6)
        .collect();
    thinned(&points)
}

/// At most a few thousand points: songs of hours have the loudest value of each group.
fn thinned(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    const MOST: usize = 3000;
    let group = points.len().div_ceil(MOST).max(1);
    let loudest = |group: &[(f64, f64)]| {
        let all = group.iter().copied();
        all.reduce(|a, b| if b.1 > a.1 { b } else { a })
    };
    points.chunks(group).filter_map(loudest).collect()
}

/// The range of the loudness axis: it includes the loudest part, the target and the quiet parts.
fn loudness_range(song: &MasteringResult) -> (f64, f64) {
    let all = [&song.before, &song.after];
    let loudest = all
        .iter()
        .map(|f| f.max_short_term_lufs.max(f.lufs_i))
        .chain(song.target_lufs)
        .fold(-60.0, f64::max);
    let values = all.iter().flat_map(|f| f.short_term_lufs.iter().skip(30));
    let quietest = values
        .copied()
        .filter(|lufs| *lufs > flow_dsp::ABSOLUTE_GATE_LUFS)
        .fold(loudest, f64::min);
    let roof = (loudest / 3.0).floor() * 3.0 + 3.0;
    (
        ((quietest / 3.0).ceil() * 3.0 - 3.0).clamp(roof - 36.0, roof - 12.0),
        roof,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thinned_curve_keeps_its_loudest_point() {
        let points: Vec<(f64, f64)> = (0..100_000)
            .map(|i| (f64::from(i), if i == 54_321 { -6.0 } else { -20.0 }))
            .collect();
        let thin = thinned(&points);
        assert!(thin.len() <= 3000 && thin.contains(&(54_321.0, -6.0)));
        assert_eq!(thinned(&points[..10]), points[..10]);
    }
}
