//! Statistics of a session: loudness and peaks since the last reset, and the history of the song, as files.

pub(crate) mod loudness_histogram;

use std::fs;
use std::path::PathBuf;

use flow_dsp::{Delivery, Readings, SignalReadings};
use flow_platform::{atomic_file, user_folders};
use serde_json::{Map, Value as Json, json};

use crate::audio::meter_history::{GainStage, SongHistory};
use crate::audio::song_position::PointPosition;
use crate::editor::language::text;
use crate::editor::model::export_file::{self, Outcome};

/// Saves statistics and reports the outcome.
pub struct StatisticsExport {
    folder: Option<PathBuf>,
    outcome: Option<Outcome>,
}

/// The figures of a session.
pub(crate) struct Session<'a> {
    pub(crate) readings: &'a Readings,
    pub(crate) delivery: &'a Delivery,
    /// The user's own target, or that of the delivery, LUFS.
    pub(crate) target_lufs: Option<f32>,
    /// The seconds of the song that the history still holds.
    pub(crate) song: SongHistory,
}

/// The content of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// All statistics.
    Json,
    /// The history, one line for each second.
    Csv,
}

impl StatisticsExport {
    /// Uses the user's data folder.
    #[must_use]
    pub fn in_user_folder() -> Self {
        Self::in_folder(user_folders::statistics())
    }

    /// Uses a folder, which may not exist yet.
    #[must_use]
    pub fn in_folder(folder: Option<PathBuf>) -> Self {
        Self {
            folder,
            outcome: None,
        }
    }

    /// Writes a new file.
    pub(crate) fn save(&mut self, session: &Session<'_>, format: Format) {
        let (stem, extension, text) = match format {
            Format::Json => ("flow-statistics", "json", session.to_json()),
            Format::Csv => ("flow-history", "csv", session.to_csv()),
        };
        let path = export_file::reserve(self.folder.as_deref(), stem, extension);
        let saved = path.and_then(|path| match atomic_file::replace(&path, text.as_bytes()) {
            Ok(()) => Ok(path),
            Err(error) => {
                // Nothing was written: the empty file only reserved the name.
                let _ = fs::remove_file(&path);
                Err(error)
            }
        });
        self.outcome = Some(match saved {
            Ok(path) => Ok(export_file::saved(&path)),
            Err(error) => Err(text!("Can't save: {error}", error)),
        });
    }

    /// The outcome of the last export.
    pub(crate) fn outcome(&self) -> Option<&Outcome> {
        self.outcome.as_ref()
    }
}

impl Session<'_> {
    /// All statistics as readable JSON. Levels that were not measured are null.
    fn to_json(&self) -> String {
        let Self {
            readings, delivery, ..
        } = self;
        let json = json!({
            "program": concat!("Flow ", env!("CARGO_PKG_VERSION")),
            "measured_seconds": rounded(readings.output.measured_s),
            "delivery": {
                "name": delivery.name,
                "target_lufs": delivery.target_lufs.map(rounded),
                "ceiling_dbtp": rounded(delivery.ceiling_dbtp),
            },
            "target_lufs": self.target_lufs.map(rounded),
            "output": signal(&readings.output),
            "input": signal(&readings.input),
            "limiter_lowest_gain_db": rounded(readings.limiter_gain_min_db),
            "history": {
                "first_second": self.song.dropped_seconds + 1,
                "seconds": self.song.points.len(),
                "is_cut": self.song.dropped_seconds > 0,
            },
            "short_term_histogram_seconds": self.histogram(),
        });
        // Numbers and texts: there is nothing that could fail.
        serde_json::to_string_pretty(&json).unwrap_or_default() + "\n"
    }

    /// Seconds of the history at each short-term loudness, rounded to LUFS.
    fn histogram(&self) -> Json {
        let mut seconds = std::collections::BTreeMap::<i32, u32>::new();
        for point in self.song.points.iter().filter(|point| !point.is_silent()) {
            // From −70 to a few LUFS.
            #[allow(clippy::cast_possible_truncation)]
            let lufs = point.short_term_lufs.round() as i32;
            *seconds.entry(lufs).or_default() += 1;
        }
        let entries = seconds
            .into_iter()
            .map(|(lufs, n)| (lufs.to_string(), json!(n)));
        Json::Object(entries.collect::<Map<_, _>>())
    }

    /// The history with a header line. The seconds of sound count from the last reset, though the oldest may be gone. The
    /// song position is that at the end of the second, and empty where the host told none.
    fn to_csv(&self) -> String {
        let mut text = "second,short_term_lufs".to_owned();
        for stage in GainStage::ALL {
            text += &format!(",{}_db", stage.name().replace(' ', "_").to_lowercase());
        }
        text += ",song_seconds,bar,beat\n";
        for (second, point) in (self.song.dropped_seconds + 1..).zip(&self.song.points) {
            let lufs = if point.is_silent() {
                String::new()
            } else {
                format!("{:.2}", point.short_term_lufs)
            };
            text += &format!("{second},{lufs}");
            for gain_db in point.gains_db {
                text += &format!(",{gain_db:.2}");
            }
            let PointPosition { seconds, bar } = point.position;
            let [bar, beat] = [0, 1].map(|number| bar.map(|bar| bar[number]));
            // The last hundredth of a bar isn't the first beat of a fifth.
            let beat = beat.map(|beat| (100.0 * beat + 1e-3).floor() / 100.0);
            for (number, decimals) in [(seconds, 2), (bar, 0), (beat, 2)] {
                text.push(',');
                if let Some(number) = number {
                    text += &format!("{number:.decimals$}");
                }
            }
            text.push('\n');
        }
        text
    }
}

fn signal(readings: &SignalReadings) -> Json {
    json!({
        "integrated_lufs": rounded(readings.integrated_lufs),
        "loudness_range_lu": rounded(readings.loudness_range_lu),
        "short_term_max_lufs": rounded(readings.short_term_max_lufs),
        "momentary_max_lufs": rounded(readings.momentary_max_lufs),
        "true_peak_dbtp": rounded(readings.true_peak_dbtp),
        "plr_db": rounded(readings.plr_db),
    })
}

/// A number with two decimals; null if it is not finite.
fn rounded(value: f32) -> Json {
    let value = f64::from(value);
    if value.is_finite() {
        json!((100.0 * value).round() / 100.0)
    } else {
        Json::Null
    }
}

#[cfg(test)]
mod tests {
    use flow_dsp::DELIVERIES;

    use super::*;
    use crate::audio::meter_history::HistoryPoint;

    fn song(dropped_seconds: usize, points: &[HistoryPoint]) -> SongHistory {
        SongHistory {
            dropped_seconds,
            points: points.to_vec(),
        }
    }

    fn point(short_term_lufs: f32) -> HistoryPoint {
        let mut gains_db = [0.0; GainStage::ALL.len()];
        gains_db[GainStage::Limiter as usize] = -1.5;
        HistoryPoint {
            short_term_lufs,
            gains_db,
            position: PointPosition::default(),
        }
    }

    fn readings() -> Readings {
        let mut readings = Readings::default();
        readings.output.integrated_lufs = -13.987;
        readings.output.true_peak_dbtp = -1.004;
        readings.output.measured_s = 63.5;
        readings
    }

    #[test]
    fn saved_json_has_the_figures_and_null_for_unmeasured_ones() {
        let folder = tempfile::tempdir().unwrap();
        let readings = readings();
        let session = Session {
            readings: &readings,
            delivery: &DELIVERIES[0],
            target_lufs: Some(-9.5),
            song: song(0, &[point(-14.2), point(-13.8), point(f32::NEG_INFINITY)]),
        };
        let mut export = StatisticsExport::in_folder(Some(folder.path().join("new")));
        export.save(&session, Format::Json);
        let line = export.outcome().unwrap().as_ref().unwrap();
        assert!(
            line.starts_with("Saved flow-statistics-") && line.contains("new"),
            "{line}"
        );
        let file = fs::read_dir(folder.path().join("new"))
            .unwrap()
            .next()
            .unwrap();
        let json: Json =
            serde_json::from_str(&fs::read_to_string(file.unwrap().path()).unwrap()).unwrap();
        assert_eq!(json["output"]["integrated_lufs"], json!(-13.99));
        assert_eq!(json["output"]["true_peak_dbtp"], json!(-1.0));
        assert_eq!(json["input"]["integrated_lufs"], Json::Null);
        assert_eq!(json["measured_seconds"], json!(63.5));
        assert_eq!(json["target_lufs"], json!(-9.5));
        assert_eq!(json["short_term_histogram_seconds"], json!({"-14": 2}));
        assert_eq!(
            json["history"],
            json!({"first_second": 1, "seconds": 3, "is_cut": false})
        );
    }

    #[test]
    fn history_without_its_oldest_seconds_says_so() {
        let readings = readings();
        let session = Session {
            readings: &readings,
            delivery: &DELIVERIES[0],
            target_lufs: None,
            song: song(600, &[point(-14.2), point(-13.8)]),
        };
        let csv = session.to_csv();
        let seconds = csv.lines().skip(1).map(|line| line.split(',').next());
        assert_eq!(seconds.collect::<Vec<_>>(), [Some("601"), Some("602")]);
        let json: Json = serde_json::from_str(&session.to_json()).unwrap();
        assert_eq!(
            json["history"],
            json!({"first_second": 601, "seconds": 2, "is_cut": true})
        );
    }

    #[test]
    fn csv_has_a_line_for_each_second() {
        let readings = readings();
        let session = Session {
            readings: &readings,
            delivery: &DELIVERIES[0],
            target_lufs: None,
            song: song(0, &[point(-14.2), point(f32::NEG_INFINITY)]),
        };
        let csv = session.to_csv();
        let lines: Vec<Vec<&str>> = csv.lines().map(|line| line.split(',').collect()).collect();
        assert_eq!(lines.len(), 3);
        assert!(
            lines
                .iter()
                .all(|line| line.len() == 2 + GainStage::ALL.len() + 3)
        );
        assert_eq!(
            lines[0][0..3],
            ["second", "short_term_lufs", "mono_safety_low_db"]
        );
        assert_eq!(lines[1][0..2], ["1", "-14.20"]);
        assert_eq!(lines[1][1 + GainStage::ALL.len()], "-1.50");
        assert_eq!(lines[2][1], "");
    }

    #[test]
    fn csv_has_the_song_position_where_the_host_told_one() {
        let readings = readings();
        let at = |seconds, bar| HistoryPoint {
            position: PointPosition { seconds, bar },
            ..point(-14.0)
        };
        let points = [
            at(Some(-1.5), Some([0.0, 2.25])),
            at(Some(65.004), None),
            at(None, Some([33.0, 4.999])),
            point(-14.0),
        ];
        let session = Session {
            readings: &readings,
            delivery: &DELIVERIES[0],
            target_lufs: None,
            song: song(0, &points),
        };
        let csv = session.to_csv();
        let lines = csv.lines().map(|line| line.rsplitn(4, ',').collect());
        let ends: Vec<Vec<&str>> = lines
            .map(|parts: Vec<&str>| parts[..3].iter().rev().copied().collect())
            .collect();
        assert_eq!(ends[0], ["song_seconds", "bar", "beat"]);
        assert_eq!(ends[1], ["-1.50", "0", "2.25"]);
        assert_eq!(ends[2], ["65.00", "", ""]);
        assert_eq!(ends[3], ["", "33", "4.99"]);
        assert_eq!(ends[4], ["", "", ""]);
    }

    #[test]
    fn save_into_a_file_instead_of_a_folder_reports_one_line() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        let readings = readings();
        let session = Session {
            readings: &readings,
            delivery: &DELIVERIES[0],
            target_lufs: None,
            song: SongHistory::default(),
        };
        for folder in [Some(file), None] {
            let mut export = StatisticsExport::in_folder(folder);
            export.save(&session, Format::Csv);
            let line = export.outcome().unwrap().as_ref().unwrap_err();
            assert!(
                line.starts_with("Can't save: ") && !line.contains('\n'),
                "{line}"
            );
        }
    }
}
