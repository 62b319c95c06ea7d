//! The page on all songs of a run, one row each.

use super::page::{page, panel, scrolling};
use crate::file_url::FILE_NAME;
use crate::master::mastering::MasteringResult;
use crate::master::outcome::MasteringOutcome;
use crate::master::outputs::Outputs;
use flow_params::number::number;
use maud::{Markup, html};
use percent_encoding::percent_encode;

/// The range of the bars of loudness, LUFS.
const BAR_LUFS: [f64; 2] = [-36.0, 0.0];

/// The values of one song.
pub(super) struct Row {
    title: String,
    /// The name of its report within the folder.
    link: String,
    before_lufs: f64,
    after_lufs: f64,
    before_dbtp: f64,
    after_dbtp: f64,
    range_lu: f64,
    limiter_db: f64,
    headline: String,
    is_good: bool,
}

impl Row {
    pub(super) fn new(
        title: &str,
        song: &MasteringResult,
        outcome: &MasteringOutcome,
        outputs: &Outputs,
    ) -> Self {
        let name = outputs.report.file_name().unwrap_or_default();
        Self {
            title: title.to_owned(),
            link: percent_encode(name.as_encoded_bytes(), FILE_NAME).to_string(),
            before_lufs: song.before.lufs_i,
            after_lufs: song.after.lufs_i,
            before_dbtp: song.before.dbtp,
            after_dbtp: song.after.dbtp,
            range_lu: song.after.lra,
            limiter_db: song.deepest_reduction_db(),
            headline: outcome.lines.first().cloned().unwrap_or_default(),
            is_good: outcome.target_reached != Some(false) && outcome.ceiling_held,
        }
    }

    fn markup(&self) -> Markup {
        let position = |lufs: f64| {
            let [low, high] = BAR_LUFS;
            100.0 * ((lufs - low) / (high - low)).clamp(0.0, 1.0)
        };
        let bars = format!(
            "--before:{:.1}%;--after:{:.1}%",
            position(self.before_lufs),
            position(self.after_lufs)
        );
        html! {
            tr {
                th scope="row" {
                    a href=(self.link) dir="auto" { (self.title) }
                    small.missed[!self.is_good] { (self.headline) }
                }
                td.before data-label="LUFS before" { (number(self.before_lufs, 1)) }
                td.after data-label="LUFS after" { (number(self.after_lufs, 1)) }
                td.bars aria-hidden="true" { span style=(bars) { i {} i {} } }
                td.before data-label="dBTP before" { (number(self.before_dbtp, 2)) }
                td.after data-label="dBTP after" { (number(self.after_dbtp, 2)) }
                td data-label="Range, LU" { (number(self.range_lu, 1)) }
                td data-label="Limiter, dB" { (number(self.limiter_db, 1)) }
            }
        }
    }
}

/// The page with these rows, of a run to these `targets`. `failures` holds the names of songs that failed, each with its error.
pub(super) fn of_rows(targets: &str, rows: &[&Row], failures: &[(String, String)]) -> String {
    let table = html! {
        table.numbers.songs {
            thead {
                tr {
                    td {}
                    th colspan="3" scope="colgroup" { "Loudness, LUFS" }
                    th colspan="2" scope="colgroup" { "True peak, dBTP" }
                    th scope="col" { "Range" }
                    th scope="col" { "Limiter" }
                }
                tr {
                    td {}
                    th scope="col" { "Before" }
                    th scope="col" { "After" }
                    td {}
                    th scope="col" { "Before" }
                    th scope="col" { "After" }
                    th scope="col" { "LU" }
                    th scope="col" { "dB" }
                }
            }
            tbody {
                @for row in rows { (row.markup()) }
            }
        }
    };
    let failed = html! {
        ul.findings {
            @for (name, error) in failures { li { bdi { (name) } ": not mastered: " (error) } }
        }
    };
    let body = html! {
        (panel("Songs", &[], &scrolling("All songs", &table)))
        @if !failures.is_empty() { (panel("Not mastered", &[], &failed)) }
    };
    let count = song_count(rows.len() + failures.len());
    let subtitle = format!("{targets} · {count}");
    page("All songs", &subtitle, &body)
}

fn song_count(count: usize) -> String {
    match count {
        1 => "1 song".to_owned(),
        count => format!("{count} songs"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn count_of_one_song_is_a_singular() {
        assert_eq!([1, 2].map(song_count), ["1 song", "2 songs"]);
    }
}
