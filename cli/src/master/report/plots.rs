//! The plots of the report: waveforms, loudness over time, spectra.

use super::spectrum;
use crate::master::gain_reduction;
use crate::master::mastering::MasteringResult;
use crate::svg::{Axis, SvgDrawing, ticks};
use flow_audio_file::{Audio, db_to_gain};
use flow_measure::loudness::SHORT_TERM_STEP_SECONDS;
use flow_params::number::number;

const WIDTH: f64 = 1160.0;
const LEFT: f64 = 46.0;
const RIGHT: f64 = WIDTH - 10.0;
/// Distances between ticks of a time axis, in seconds.
const TIME_STEPS: [f64; 11] = [
    1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0,
];
const DB_STEPS: [f64; 5] = [1.0, 2.0, 3.0, 6.0, 12.0];

fn time_axis(song: &MasteringResult) -> Axis {
    Axis::linear(LEFT, RIGHT, 0.0, song.seconds())
}

fn time_ticks(song: &MasteringResult) -> Vec<f64> {
    ticks(0.0, song.seconds(), 12, &TIME_STEPS)
}

/// A time in minutes and seconds, such as 3:07.
pub(super) fn time(seconds: f64) -> String {
    let whole = seconds.round();
    format!("{}:{:02}", (whole / 60.0).floor(), whole % 60.0)
}

/// Both waveforms with peaks, RMS and the ceiling.
pub(super) fn waveforms(song: &MasteringResult) -> String {
    const LANE: f64 = 104.0;
    const GAP: f64 = 12.0;
    let mut drawing = SvgDrawing::new(WIDTH, 2.0 * LANE + GAP + 22.0);
    let x = time_axis(song);
    let ceiling = db_to_gain(song.ceiling_dbtp);
    let lanes = [
        (&song.input, "input", "Before", 0.0),
        (&song.output, "output", "After", LANE + GAP),
    ];
    for (audio, class, name, top) in lanes {
        // Float files may exceed full scale.
        let scale = f64::from(audio.sample_peak()).max(1.0);
        let y = Axis::linear(top + LANE, top, -scale, scale);
        drawing.rectangle("well", (LEFT, top), (RIGHT, top + LANE));
        drawing.columns(x, top, top + LANE, &time_ticks(song), |t| {
            if top > 0.0 { time(t) } else { String::new() }
        });
        let columns = envelope(audio, x);
        let edge = |of: fn(&Column) -> f64| {
            columns
                .iter()
                .map(|c| (c.x, y.at(of(c))))
                .collect::<Vec<_>>()
        };
        drawing.band(
            &format!("{class} peak"),
            &edge(|c| c.high),
            &edge(|c| c.low),
        );
        drawing.band(&format!("{class} rms"), &edge(|c| c.rms), &edge(|c| -c.rms));
        drawing.segment("grid", (LEFT, y.at(0.0)), (RIGHT, y.at(0.0)));
        if class == "output" {
            for level in [ceiling, -ceiling] {
                drawing.segment("target", (LEFT, y.at(level)), (RIGHT, y.at(level)));
            }
        }
        drawing.text(LEFT - 8.0, y.at(0.0) + 3.5, "tick end", name);
    }
    drawing.finish("Waveforms before and after")
}

/// The part of a waveform in one column of pixels.
struct Column {
    x: f64,
    low: f64,
    high: f64,
    rms: f64,
}

fn envelope(audio: &Audio, x: Axis) -> Vec<Column> {
    let count = (x.to - x.from).round();
    let frames = audio.frames() as f64;
    let edge = |column: f64| index(frames * column / count).min(audio.frames());
    let column = |i: u16| {
        let i = f64::from(i);
        let (start, end) = (edge(i), edge(i + 1.0).max(edge(i) + 1).min(audio.frames()));
        let samples = || {
            audio
                .channels
                .iter()
                .flat_map(|c| &c[start.min(end)..end])
                .map(|s| f64::from(*s))
        };
        let power: f64 = samples().map(|s| s * s).sum::<f64>() / (samples().count().max(1) as f64);
        Column {
            x: x.from + i + 0.5,
            low: samples().fold(0.0, f64::min),
            high: samples().fold(0.0, f64::max),
            rms: power.sqrt(),
        }
    };
    (0..)
        .take_while(|i| f64::from(*i) < count)
        .map(column)
        .collect()
}

/// Truncates a number of frames, which is 0 or more.
fn index(value: f64) -> usize {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the cast saturates at 0 and at the top"
    )]
    let index = value as usize;
    index
}

/// Short-term loudness before and after with the target, and the gain reduction below.
pub(super) fn loudness_over_time(song: &MasteringResult) -> String {
    const TOP: f64 = 6.0;
    const LOUDNESS: f64 = 210.0;
    const REDUCTION_TOP: f64 = TOP + LOUDNESS + 14.0;
    const REDUCTION: f64 = 70.0;
    let mut drawing = SvgDrawing::new(WIDTH, REDUCTION_TOP + REDUCTION + 22.0);
    let x = time_axis(song);
    let (floor, roof) = loudness_range(song);
    let y = Axis::linear(TOP + LOUDNESS, TOP, floor, roof);
    drawing.rectangle("well", (LEFT, TOP), (RIGHT, TOP + LOUDNESS));
    drawing.columns(x, TOP, TOP + LOUDNESS, &time_ticks(song), |_| String::new());
    drawing.rows(y, LEFT, RIGHT, &ticks(floor, roof, 8, &DB_STEPS), |v| {
        number(v, 0)
    });
    if let Some(target) = song.target_lufs {
        drawing.segment("target", (LEFT, y.at(target)), (RIGHT, y.at(target)));
    }
    for (class, stats) in [("input", &song.before), ("output", &song.after)] {
        let points: Vec<_> = short_term(&stats.short_term_lufs, x, y);
        if class == "output" {
            drawing.area("output under", &points, y.at(floor));
        }
        drawing.line(&format!("{class} curve"), points);
    }
    // The axis is a little longer than the deepest value, so that its last label stays clear of the times.
    let deepest = song
        .reduction_db
        .iter()
        .copied()
        .fold(-3.0, f64::min)
        .max(-30.0)
        * 1.15;
    let y = Axis::linear(REDUCTION_TOP, REDUCTION_TOP + REDUCTION, 0.0, deepest);
    drawing.rectangle(
        "well",
        (LEFT, REDUCTION_TOP),
        (RIGHT, REDUCTION_TOP + REDUCTION),
    );
    drawing.columns(
        x,
        REDUCTION_TOP,
        REDUCTION_TOP + REDUCTION,
        &time_ticks(song),
        time,
    );
    drawing.rows(y, LEFT, RIGHT, &ticks(deepest, 0.0, 3, &DB_STEPS), |v| {
        number(v, 0)
    });
    drawing.area(
        "reduction",
        &deepest_by_column(&song.reduction_db, x, y),
        y.at(0.0),
    );
    drawing.finish("Short-term loudness and gain reduction over time")
}

/// The curve from 3 s on, when the meter's window is full.
fn short_term(values: &[f64], x: Axis, y: Axis) -> Vec<(f64, f64)> {
    let timed = values
        .iter()
        .zip(1..)
        .map(|(lufs, step)| (f64::from(step) * SHORT_TERM_STEP_SECONDS, *lufs));
    timed
        .filter(|(seconds, _)| *seconds >= 3.0)
        .map(|(seconds, lufs)| (x.at(seconds), y.at(lufs)))
        .collect()
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
        .filter(|lufs| *lufs > -70.0)
        .fold(loudest, f64::min);
    let roof = (loudest / 3.0).floor() * 3.0 + 3.0;
    (
        ((quietest / 3.0).ceil() * 3.0 - 3.0).clamp(roof - 36.0, roof - 12.0),
        roof,
    )
}

/// The deepest reduction in each column of pixels, so that short dips are visible.
fn deepest_by_column(reduction_db: &[f64], x: Axis, y: Axis) -> Vec<(f64, f64)> {
    let mut columns: Vec<(f64, f64)> = Vec::new();
    for (step, value) in (0..).zip(reduction_db) {
        let at = x.at(f64::from(step) * gain_reduction::STEP_SECONDS).floor() + 0.5;
        match columns.last_mut().filter(|last| last.0 >= at) {
            Some(last) => last.1 = last.1.max(y.at(*value)),
            None => columns.push((at, y.at(*value))),
        }
    }
    columns
}

/// Average spectra before and after.
pub(super) fn spectra(song: &MasteringResult) -> String {
    const TOP: f64 = 6.0;
    const HEIGHT: f64 = 230.0;
    const FREQUENCIES_HZ: [f64; 10] = [20.0, 50.0, 100.0, 200.0, 500.0, 1e3, 2e3, 5e3, 10e3, 20e3];
    let mut drawing = SvgDrawing::new(WIDTH, TOP + HEIGHT + 22.0);
    let spectra = [
        ("input", spectrum::bands(&song.input)),
        ("output", spectrum::bands(&song.output)),
    ];
    let loudest = spectra
        .iter()
        .flat_map(|(_, bands)| bands)
        .map(|band| band.1)
        .fold(-90.0, f64::max);
    let roof = (loudest / 6.0).floor() * 6.0 + 6.0;
    let x = Axis::logarithmic(LEFT, RIGHT, 20.0, 20_000.0);
    let y = Axis::linear(TOP + HEIGHT, TOP, roof - 72.0, roof);
    drawing.rectangle("well", (LEFT, TOP), (RIGHT, TOP + HEIGHT));
    drawing.columns(x, TOP, TOP + HEIGHT, &FREQUENCIES_HZ, |hz| {
        if hz < 1000.0 {
            number(hz, 0)
        } else {
            format!("{}k", number(hz / 1000.0, 0))
        }
    });
    drawing.rows(
        y,
        LEFT,
        RIGHT,
        &ticks(roof - 72.0, roof, 6, &DB_STEPS),
        |v| number(v, 0),
    );
    for (class, bands) in spectra {
        let points: Vec<_> = bands
            .iter()
            .map(|(hz, db)| (x.at(*hz), y.at(*db)))
            .collect();
        if class == "output" {
            drawing.area("output under", &points, TOP + HEIGHT);
        }
        drawing.line(&format!("{class} curve"), points);
    }
    drawing.finish("Average spectra before and after")
}
