//! The before/after report: one HTML file without references to others.

mod plots;
mod settings;
mod spectrum;

use super::mastering::MasteringResult;
use super::outcome::MasteringOutcome;
use super::target::MasteringTarget;
use flow_dsp::SignalReadings;
use flow_params::number::{number, signed};
use maud::{DOCTYPE, Markup, PreEscaped, html};

const STYLE: &str = include_str!("report/style.css");

/// The parts that a song contributes to its own report and to the report on all songs.
pub(crate) struct SongReport {
    title: String,
    /// The line under the title: target, duration, format and version.
    subtitle: String,
    /// The row in the table of all songs.
    row: Markup,
    body: Markup,
}

impl SongReport {
    /// The report on a song, mastered by this version of Flow.
    pub(crate) fn new(
        title: &str,
        version: &str,
        target: &MasteringTarget,
        song: &MasteringResult,
        outcome: &MasteringOutcome,
    ) -> Self {
        Self {
            title: title.to_owned(),
            subtitle: format!(
                "{} · {} · {} kHz {} · Flow {version}",
                target.name(),
                plots::time(song.seconds()),
                f64::from(song.input.sample_rate_hz) / 1000.0,
                if song.input.channel_count() == 1 {
                    "mono"
                } else {
                    "stereo"
                },
            ),
            row: overview_row(title, song, outcome),
            body: body(song, target, outcome),
        }
    }

    /// The report as an HTML page.
    pub(crate) fn page(&self) -> String {
        page(&self.title, &self.subtitle, &self.body)
    }
}

/// The report on all songs of a run to these `targets`. `failures` holds the names of songs that failed, each with its error.
pub(crate) fn overview(
    targets: &str,
    reports: &[SongReport],
    failures: &[(String, String)],
) -> String {
    let body = html! {
        section {
            h2 { "All songs" }
            table {
                tr {
                    th {}
                    th { "before, LUFS" }
                    th { "after" }
                    th { "before, dBTP" }
                    th { "after" }
                    th { "range, LU" }
                    th {}
                }
                @for report in reports { (report.row) }
                @for (name, error) in failures {
                    tr {
                        td { (name) }
                        td colspan="6" { "not mastered: " (error) }
                    }
                }
            }
        }
        @for report in reports {
            header {
                h1 { (report.title) }
                p { (report.subtitle) }
            }
            (report.body)
        }
    };
    let count = reports.len() + failures.len();
    let subtitle = format!("{targets} · {count} songs");
    page("All songs", &subtitle, &body)
}

fn page(title: &str, subtitle: &str, body: &Markup) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width";
                title { (title) " · Flow" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                main {
                    header {
                        span.wordmark { "Flow" }
                        h1 { (title) }
                        p { (subtitle) }
                    }
                    (body)
                    footer {
                        "Loudness after ITU-R BS.1770 and EBU Tech 3341 and 3342; true peak by 32 times oversampling. "
                        "Gain reduction is measured from the audio in steps of 10 ms."
                    }
                }
            }
        }
    };
    page.into_string()
}

fn overview_row(title: &str, song: &MasteringResult, outcome: &MasteringOutcome) -> Markup {
    let (before, after) = (&song.before, &song.after);
    html! {
        tr {
            td { (title) }
            td.quiet { (number(before.lufs_i, 1)) }
            td.of-output { (number(after.lufs_i, 1)) }
            td.quiet { (number(before.dbtp, 2)) }
            td.of-output { (number(after.dbtp, 2)) }
            td.quiet { (number(after.lra, 1)) }
            td.quiet { @if let Some(line) = outcome.lines.first() { (line) } }
        }
    }
}

fn body(song: &MasteringResult, target: &MasteringTarget, outcome: &MasteringOutcome) -> Markup {
    let before_and_after = html! {
        (legend_entry("of-input", "before"))
        (legend_entry("of-output", "after"))
    };
    let ceiling = format!("ceiling {} dBTP", number(song.ceiling_dbtp, 1));
    let target_name = |lufs: f64| format!("target {} LUFS", number(lufs, 0));
    html! {
        (headline(song, outcome))
        (tiles(song))
        (panel(
            "Waveforms",
            &html! { (before_and_after) (legend_entry("of-target", &ceiling)) },
            &PreEscaped(plots::waveforms(song)),
        ))
        (panel(
            "Short-term loudness, LUFS, and gain reduction, dB",
            &html! {
                (before_and_after)
                @if let Some(lufs) = song.target_lufs { (legend_entry("of-target", &target_name(lufs))) }
                (legend_entry("of-reduction", "gain reduction"))
            },
            &PreEscaped(plots::loudness_over_time(song)),
        ))
        (panel(
            "Average spectrum, dB in sixths of an octave",
            &before_and_after,
            &PreEscaped(plots::spectra(song)),
        ))
        div.two {
            (panel(
                "Measured",
                &html! { small { "by meters independent of the plug-in" } },
                &measurements(song),
            ))
            (panel(
                "Settings",
                &html! { small { "all others at their defaults" } },
                &settings::table(song, target),
            ))
        }
    }
}

fn legend_entry(class: &str, label: &str) -> Markup {
    html! { small { i class=(class) {} (label) } }
}

fn panel(title: &str, legend: &Markup, content: &Markup) -> Markup {
    html! {
        section {
            h2 { (title) (legend) }
            (content)
        }
    }
}

fn headline(song: &MasteringResult, outcome: &MasteringOutcome) -> Markup {
    let class = |index: usize| match index {
        0 if outcome.target_reached == Some(false) => Some("missed"),
        1 if !outcome.ceiling_held => Some("over"),
        _ => None,
    };
    html! {
        section.hero {
            div.big { (number(song.after.lufs_i, 1)) small { "LUFS integrated" } }
            div.verdict {
                @for (index, line) in outcome.lines.iter().enumerate() {
                    p class=[class(index)] { (line) }
                }
            }
        }
    }
}

fn tiles(song: &MasteringResult) -> Markup {
    let before = |value: f64, decimals| format!("before {}", number(value, decimals));
    let latency_ms =
        1000.0 * f64::from(song.latency_samples) / f64::from(song.input.sample_rate_hz);
    let tiles = [
        (
            "True peak",
            number(song.after.dbtp, 2),
            "dBTP",
            before(song.before.dbtp, 2),
        ),
        (
            "Peak to loudness",
            number(song.after.plr, 1),
            "dB",
            before(song.before.plr, 1),
        ),
        (
            "Loudness range",
            number(song.after.lra, 1),
            "LU",
            before(song.before.lra, 1),
        ),
        (
            "Gain",
            signed(song.gain_db + song.trim_db, 2),
            "dB",
            "into the limiter".to_owned(),
        ),
        (
            "Gain reduction",
            number(song.deepest_reduction_db(), 1),
            "dB",
            "at most".to_owned(),
        ),
        (
            "Speed",
            number(song.real_time_factor(), 0),
            "× real time",
            format!("latency {} ms", number(latency_ms, 2)),
        ),
    ];
    html! {
        div.tiles {
            @for (name, value, unit, note) in tiles {
                div.tile {
                    span { (name) }
                    b { (value) " " small { (unit) } }
                    em { (note) }
                }
            }
        }
    }
}

/// A row of the table of measurements, with the plug-in's own reading if it has one.
struct Measurement {
    name: &'static str,
    unit: &'static str,
    before: f64,
    after: f64,
    decimals: usize,
    reading: Option<fn(&SignalReadings) -> f32>,
}

fn measurements(song: &MasteringResult) -> Markup {
    let (before, after) = (&song.before, &song.after);
    let row =
        |name, unit, before, after, reading: Option<fn(&SignalReadings) -> f32>| Measurement {
            name,
            unit,
            before,
            after,
            decimals: 2,
            reading,
        };
    let rows = [
        row(
            "Integrated loudness",
            "LUFS",
            before.lufs_i,
            after.lufs_i,
            Some(|r| r.integrated_lufs),
        ),
        row(
            "Loudest short-term",
            "LUFS",
            before.max_short_term_lufs,
            after.max_short_term_lufs,
            Some(|r| r.short_term_max_lufs),
        ),
        row(
            "Loudest momentary",
            "LUFS",
            before.max_momentary_lufs,
            after.max_momentary_lufs,
            Some(|r| r.momentary_max_lufs),
        ),
        row(
            "Loudness range",
            "LU",
            before.lra,
            after.lra,
            Some(|r| r.loudness_range_lu),
        ),
        row(
            "True peak",
            "dBTP",
            before.dbtp,
            after.dbtp,
            Some(|r| r.true_peak_dbtp),
        ),
        row(
            "Sample peak",
            "dBFS",
            before.sample_peak_dbfs,
            after.sample_peak_dbfs,
            None,
        ),
        row(
            "Peak to loudness",
            "dB",
            before.plr,
            after.plr,
            Some(|r| r.plr_db),
        ),
        Measurement {
            decimals: 3,
            ..row(
                "Correlation",
                "",
                before.correlation,
                after.correlation,
                None,
            )
        },
    ];
    html! {
        table {
            tr {
                th {}
                th { "before" }
                th { "after" }
                th { "change" }
                th { "the plug-in's own meters" }
            }
            @for row in rows {
                tr {
                    td { (row.name) " " small { (row.unit) } }
                    td.quiet { (number(row.before, row.decimals)) }
                    td.of-output { (number(row.after, row.decimals)) }
                    td.quiet { (signed(row.after - row.before, row.decimals)) }
                    td.quiet { (plugin_reading(song, &row)) }
                }
            }
        }
    }
}

fn plugin_reading(song: &MasteringResult, row: &Measurement) -> String {
    let Some(reading) = row.reading else {
        return String::new();
    };
    let text = |of: &SignalReadings| number(f64::from(reading(of)), row.decimals);
    song.readings.map_or_else(
        || "–".to_owned(),
        |readings| format!("{} → {}", text(&readings.input), text(&readings.output)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn page_with_markup_in_names_escapes_it() {
        let report = SongReport {
            title: "<a & \"b\">".to_owned(),
            subtitle: String::new(),
            row: html! {},
            body: html! {},
        };
        let page = report.page();
        assert!(
            page.contains("<h1>&lt;a &amp; &quot;b&quot;&gt;</h1>"),
            "{page}"
        );
    }
}
