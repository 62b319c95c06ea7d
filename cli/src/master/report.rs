//! The before/after report: one HTML file that needs nothing else.

use super::mastering::MasteringResult;
use super::outcome::MasteringOutcome;
use super::report_plots;
use super::target::MasteringTarget;
use crate::svg::escape;
use flow_params::number::{number, signed};

const STYLE: &str = include_str!("report.css");

/// What is to be said of a song: the same in its own report and in that on several.
pub(crate) struct SongReport {
    title: String,
    /// Under the title.
    facts: String,
    /// A row of the table of several.
    row: String,
    body: String,
}

/// What there is to say of a song called `title`, mastered by this version of Flow.
pub(crate) fn sheet(
    title: &str,
    version: &str,
    target: &MasteringTarget,
    song: &MasteringResult,
    outcome: &MasteringOutcome,
) -> SongReport {
    let title = escape(title);
    let facts = format!(
        "{} · {} · {} kHz {} · Flow {}",
        escape(&target.name()),
        report_plots::time(song.seconds()),
        f64::from(song.input.sample_rate_hz) / 1000.0,
        if song.input.channel_count() == 1 {
            "mono"
        } else {
            "stereo"
        },
        escape(version),
    );
    let legend = "<small><i class=\"of-input\"></i>before</small><small><i class=\"of-output\"></i>after</small>";
    let goal = |name| format!("<small><i class=\"of-target\"></i>{name}</small>");
    let goal_lufs = song
        .target_lufs
        .map(|lufs| goal(format!("target {} LUFS", number(lufs, 0))))
        .unwrap_or_default();
    let panels = [
        panel(
            "Waveforms",
            &format!(
                "{legend}{}",
                goal(format!("ceiling {} dBTP", number(song.ceiling_dbtp, 1)))
            ),
            &report_plots::waveforms(song),
        ),
        panel(
            "Short-term loudness, LUFS, and gain reduction, dB",
            &format!(
                "{legend}{goal_lufs}<small><i class=\"of-reduction\"></i>gain reduction</small>"
            ),
            &report_plots::loudness_over_time(song),
        ),
        panel(
            "Average spectrum, dB in sixths of an octave",
            legend,
            &report_plots::spectra(song),
        ),
        format!(
            "<div class=\"two\">{}{}</div>",
            panel(
                "Measured",
                "<small>by meters independent of the plug-in</small>",
                &figures_table(song)
            ),
            panel(
                "Settings",
                "<small>all others at their defaults</small>",
                &settings_table(song)
            ),
        ),
    ];
    SongReport {
        row: row(&title, song, outcome),
        body: format!("{}{}{}", hero(song, outcome), tiles(song), panels.concat()),
        title,
        facts,
    }
}

/// The report on one song.
pub(crate) fn report(sheet: &SongReport) -> String {
    let SongReport {
        title, facts, body, ..
    } = sheet;
    page(title, facts, body)
}

/// The report on all songs of a run. `failures`: names of others, and what was wrong with them.
pub(crate) fn overview(
    target: &MasteringTarget,
    sheets: &[SongReport],
    failures: &[(String, String)],
) -> String {
    let rows: String = sheets.iter().map(|sheet| sheet.row.as_str()).collect();
    let failed: String = failures
        .iter()
        .map(|(name, why)| {
            let (name, why) = (escape(name), escape(why));
            format!("<tr><td>{name}</td><td colspan=\"6\">not mastered: {why}</td></tr>")
        })
        .collect();
    let table = format!(
        "<section><h2>All songs</h2><table><tr><th></th><th>before, LUFS</th><th>after</th><th>before, dBTP</th>\
         <th>after</th><th>range, LU</th><th></th></tr>{rows}{failed}</table></section>"
    );
    let songs = sheets.iter().map(|sheet| {
        let SongReport {
            title, facts, body, ..
        } = sheet;
        format!("<header><h1>{title}</h1><p>{facts}</p></header>{body}")
    });
    let count = sheets.len() + failures.len();
    let facts = format!("{} · {count} songs", escape(&target.name()));
    page("All songs", &facts, &(table + &songs.collect::<String>()))
}

fn row(title: &str, song: &MasteringResult, outcome: &MasteringOutcome) -> String {
    let (before, after) = (&song.before, &song.after);
    let first = outcome.lines.first().map(|line| escape(line));
    format!(
        "<tr><td>{title}</td><td class=\"quiet\">{}</td><td class=\"of-output\">{}</td><td class=\"quiet\">{}</td>\
         <td class=\"of-output\">{}</td><td class=\"quiet\">{}</td><td class=\"quiet\">{}</td></tr>",
        number(before.lufs_i, 1),
        number(after.lufs_i, 1),
        number(before.dbtp, 2),
        number(after.dbtp, 2),
        number(after.lra, 1),
        first.unwrap_or_default(),
    )
}

fn page(title: &str, facts: &str, body: &str) -> String {
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>{title} · Flow</title><style>{STYLE}</style></head>\
         <body><main><header><span class=\"wordmark\">Flow</span><h1>{title}</h1><p>{facts}</p></header>{body}{}</main></body></html>\n",
        footer(),
    )
}

fn panel(title: &str, legend: &str, content: &str) -> String {
    format!("<section><h2>{title}{legend}</h2>{content}</section>")
}

fn hero(song: &MasteringResult, outcome: &MasteringOutcome) -> String {
    let class = |index: usize| match index {
        0 if outcome.target_reached == Some(false) => " class=\"missed\"",
        1 if !outcome.ceiling_held => " class=\"over\"",
        _ => "",
    };
    let lines: String = outcome
        .lines
        .iter()
        .enumerate()
        .map(|(i, line)| format!("<p{}>{}</p>", class(i), escape(line)))
        .collect();
    format!(
        "<section class=\"hero\"><div class=\"big\">{}<small>LUFS integrated</small></div><div class=\"verdict\">{lines}</div></section>",
        number(song.after.lufs_i, 1)
    )
}

fn tiles(song: &MasteringResult) -> String {
    let tile = |name: &str, value: String, unit: &str, note: String| {
        format!(
            "<div class=\"tile\"><span>{name}</span><b>{value} <small>{unit}</small></b><em>{note}</em></div>"
        )
    };
    let was = |value: f64, decimals| format!("before {}", number(value, decimals));
    let milliseconds =
        1000.0 * f64::from(song.latency_samples) / f64::from(song.input.sample_rate_hz);
    let tiles = [
        tile(
            "True peak",
            number(song.after.dbtp, 2),
            "dBTP",
            was(song.before.dbtp, 2),
        ),
        tile(
            "Peak to loudness",
            number(song.after.plr, 1),
            "dB",
            was(song.before.plr, 1),
        ),
        tile(
            "Loudness range",
            number(song.after.lra, 1),
            "LU",
            was(song.before.lra, 1),
        ),
        tile(
            "Gain",
            signed(song.gain_db + song.trim_db, 2),
            "dB",
            "into the limiter".to_owned(),
        ),
        tile(
            "Gain reduction",
            number(song.deepest_reduction_db(), 1),
            "dB",
            "at most".to_owned(),
        ),
        tile(
            "Speed",
            number(song.real_time_factor(), 0),
            "× real time",
            format!("latency {} ms", number(milliseconds, 2)),
        ),
    ];
    format!("<div class=\"tiles\">{}</div>", tiles.concat())
}

fn figures_table(song: &MasteringResult) -> String {
    let (before, after) = (&song.before, &song.after);
    let own = song.readings.map(|r| (r.input, r.output));
    let own_pair = |of: fn(&flow_dsp::SignalReadings) -> f32, decimals| match &own {
        Some((input, output)) => {
            format!(
                "{} → {}",
                number(f64::from(of(input)), decimals),
                number(f64::from(of(output)), decimals)
            )
        }
        None => "–".to_owned(),
    };
    let row = |name: &str, unit: &str, before: f64, after: f64, decimals: usize, own: String| {
        format!(
            "<tr><td>{name} <small>{unit}</small></td><td class=\"quiet\">{}</td><td class=\"of-output\">{}</td><td class=\"quiet\">{}</td><td class=\"quiet\">{own}</td></tr>",
            number(before, decimals),
            number(after, decimals),
            signed(after - before, decimals),
        )
    };
    let none = String::new;
    let rows = [
        row(
            "Integrated loudness",
            "LUFS",
            before.lufs_i,
            after.lufs_i,
            2,
            own_pair(|r| r.integrated_lufs, 2),
        ),
        row(
            "Loudest short-term",
            "LUFS",
            before.max_short_term_lufs,
            after.max_short_term_lufs,
            2,
            own_pair(|r| r.short_term_max_lufs, 2),
        ),
        row(
            "Loudest momentary",
            "LUFS",
            before.max_momentary_lufs,
            after.max_momentary_lufs,
            2,
            own_pair(|r| r.momentary_max_lufs, 2),
        ),
        row(
            "Loudness range",
            "LU",
            before.lra,
            after.lra,
            2,
            own_pair(|r| r.loudness_range_lu, 2),
        ),
        row(
            "True peak",
            "dBTP",
            before.dbtp,
            after.dbtp,
            2,
            own_pair(|r| r.true_peak_dbtp, 2),
        ),
        row(
            "Sample peak",
            "dBFS",
            before.sample_peak_dbfs,
            after.sample_peak_dbfs,
            2,
            none(),
        ),
        row(
            "Peak to loudness",
            "dB",
            before.plr,
            after.plr,
            2,
            own_pair(|r| r.plr_db, 2),
        ),
        row(
            "Correlation",
            "",
            before.correlation,
            after.correlation,
            3,
            none(),
        ),
    ];
    format!(
        "<table><tr><th></th><th>before</th><th>after</th><th>change</th><th>the plug-in's own meters</th></tr>{}</table>",
        rows.concat()
    )
}

fn settings_table(song: &MasteringResult) -> String {
    let changed = song.settings.iter().filter(|shown| !shown.is_default);
    let rows = changed.map(|shown| {
        format!(
            "<tr><td>{}</td><td>{}</td></tr>",
            escape(&shown.name),
            escape(&shown.text.replace('-', "−"))
        )
    });
    format!("<table>{}</table>", rows.collect::<String>())
}

fn footer() -> String {
    "<footer>Loudness after ITU-R BS.1770 and EBU Tech 3341 and 3342; true peak by 32 times oversampling. Gain \
     reduction is read off the audio in steps of 10 ms.</footer>"
        .to_owned()
}
