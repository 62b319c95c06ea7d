//! The tiles and the table of measurements.

use super::page::scrolling;
use crate::master::mastering::MasteringResult;
use flow_dsp::SignalReadings;
use flow_params::number::{number, signed};
use maud::{Markup, html};

/// A tile with one value.
struct Tile {
    name: &'static str,
    value: String,
    unit: &'static str,
    note: String,
}

/// The most important values.
pub(super) fn tiles(song: &MasteringResult) -> Markup {
    let before = |value: f64, decimals| format!("before {}", number(value, decimals));
    let tile = |name, value, unit, note| Tile {
        name,
        value,
        unit,
        note,
    };
    let average = song.activity.as_ref().map_or_else(
        || "at most".to_owned(),
        |activity| {
            format!(
                "at most, {} on average",
                number(activity.limiter().mean_db(), 1)
            )
        },
    );
    let latency_ms =
        1000.0 * f64::from(song.latency_samples) / f64::from(song.input.sample_rate_hz);
    let tiles = [
        tile(
            "True peak",
            number(song.after.dbtp, 2),
            "dBTP",
            before(song.before.dbtp, 2),
        ),
        tile(
            "Peak to loudness",
            number(song.after.plr, 1),
            "dB",
            before(song.before.plr, 1),
        ),
        tile(
            "Loudness range",
            number(song.after.lra, 1),
            "LU",
            before(song.before.lra, 1),
        ),
        tile(
            "Gain",
            signed(song.gain_db + song.trim_db, 2),
            "dB",
            "into the limiter".to_owned(),
        ),
        tile(
            "Limiter",
            number(song.deepest_reduction_db(), 1),
            "dB",
            average,
        ),
        tile(
            "Speed",
            number(song.real_time_factor(), 0),
            "× real time",
            format!("latency {} ms", number(latency_ms, 2)),
        ),
    ];
    html! {
        dl.tiles {
            @for tile in tiles {
                div {
                    dt { (tile.name) }
                    dd { b { (tile.value) } " " (tile.unit) }
                    dd.note { (tile.note) }
                }
            }
        }
    }
}

/// A row of the table of measurements.
struct Measurement {
    name: &'static str,
    unit: &'static str,
    before: f64,
    after: f64,
    decimals: usize,
}

impl Measurement {
    fn new(name: &'static str, unit: &'static str, before: f64, after: f64) -> Self {
        Self {
            name,
            unit,
            before,
            after,
            decimals: 2,
        }
    }

    /// The change, without a sign if it rounds to zero.
    fn change(&self) -> String {
        let change = self.after - self.before;
        if number(change.abs(), self.decimals) == number(0.0, self.decimals) {
            number(0.0, self.decimals)
        } else {
            signed(change, self.decimals)
        }
    }
}

/// The table of measurements before and after.
pub(super) fn measurements(song: &MasteringResult) -> Markup {
    let (before, after) = (&song.before, &song.after);
    let rows = [
        Measurement::new("Integrated loudness", "LUFS", before.lufs_i, after.lufs_i),
        Measurement::new(
            "Loudest short-term",
            "LUFS",
            before.max_short_term_lufs,
            after.max_short_term_lufs,
        ),
        Measurement::new(
            "Loudest momentary",
            "LUFS",
            before.max_momentary_lufs,
            after.max_momentary_lufs,
        ),
        Measurement::new("Loudness range", "LU", before.lra, after.lra),
        Measurement::new("True peak", "dBTP", before.dbtp, after.dbtp),
        Measurement::new(
            "Sample peak",
            "dBFS",
            before.sample_peak_dbfs,
            after.sample_peak_dbfs,
        ),
        Measurement::new("Peak to loudness", "dB", before.plr, after.plr),
        Measurement {
            decimals: 3,
            ..Measurement::new("Correlation", "", before.correlation, after.correlation)
        },
    ];
    let table = html! {
        table.numbers {
            thead {
                tr {
                    td {}
                    th scope="col" { "Before" }
                    th scope="col" { "After" }
                    th scope="col" { "Change" }
                }
            }
            tbody {
                @for row in rows {
                    tr {
                        th scope="row" { (row.name) " " small { (row.unit) } }
                        td.before { (number(row.before, row.decimals)) }
                        td.after { (number(row.after, row.decimals)) }
                        td { (row.change()) }
                    }
                }
            }
        }
    };
    html! {
        (scrolling("Measurements before and after", &table))
        @if let Some(text) = agreement(song) { p.note { (text) } }
    }
}

/// The largest differences between these measurements and the plug-in's own meters.
fn agreement(song: &MasteringResult) -> Option<String> {
    let readings = song.readings?;
    let sides = [
        (&song.before, &readings.input),
        (&song.after, &readings.output),
    ];
    let largest = |difference: &dyn Fn(f64, f64, &SignalReadings) -> f64| {
        let all = sides.map(|(stats, own)| difference(stats.lufs_i, stats.dbtp, own).abs());
        all.into_iter().fold(0.0, f64::max)
    };
    let loudness = largest(&|lufs, _, own| lufs - f64::from(own.integrated_lufs));
    let peak = largest(&|_, dbtp, own| dbtp - f64::from(own.true_peak_dbtp));
    (loudness.is_finite() && peak.is_finite()).then(|| {
        format!(
            "The plug-in's own meters differ by at most {} LU in loudness and {} dB in true peak.",
            number(loudness, 2),
            number(peak, 2)
        )
    })
}
