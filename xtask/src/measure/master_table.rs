//! The table of songs that were mastered without the assistant.

use crate::command_steps::output;
use crate::workspace;
use anyhow::{Context, Result};
use serde_json::Value;
use std::path::{Path, PathBuf};

const HEAD: &str = "| song | profile | LUFS-I | dBTP | LRA | PLR | gain | reduction at most |\n|---|---|---|---|---|---|---|---|\n";

const MINUS: &str = "\u{2212}";

/// The name of a song: that of its file, without the extension.
pub(super) fn song_name(song: &Path) -> String {
    let stem = song.file_stem().unwrap_or_default();
    stem.to_string_lossy().into_owned()
}

const USUAL_PROFILE: &str = "streaming";

/// Masters the songs for each profile, or for streaming if there is none, and returns the table.
pub(super) fn measure(songs: &[PathBuf], profiles: &[String]) -> Result<String> {
    let usual = [USUAL_PROFILE.to_owned()];
    let profiles = if profiles.is_empty() {
        &usual
    } else {
        profiles
    };
    let folder = workspace::target_dir()?.join("measure");
    let mut table = HEAD.to_owned();
    for profile in profiles {
        let mut master = workspace::this_program()?;
        master.args([
            "master",
            "--no-assist",
            "--json",
            "--profile",
            profile,
            "--out",
        ]);
        let printed: Value = serde_json::from_str(&output(master.arg(&folder).args(songs))?)?;
        let records = match &printed {
            Value::Array(records) => records.as_slice(),
            record => std::slice::from_ref(record),
        };
        for record in records {
            table += &row(record).with_context(|| format!("a song failed: {record}"))?;
        }
    }
    Ok(table)
}

/// The row of one song; `None` if a value is missing.
fn row(record: &Value) -> Option<String> {
    let both = |key: &str, written: fn(f64) -> String| {
        let [before, after] = ["input", "output"].map(|side| record[side][key].as_f64());
        Some(format!("{} → {}", written(before?), written(after?)))
    };
    Some(format!(
        "| {} | {} | {} | {} | {} | {} | {} dB | {} dB |\n",
        song_name(Path::new(record["song"].as_str()?)),
        record["profile"].as_str()?,
        both("lufs_i", |lufs| with_minus(format!("{lufs:.2}")))?,
        both("dbtp", |level| with_minus(format!("{level:+.2}")))?,
        both("lra", |lu| format!("{lu:.1}"))?,
        both("plr", |lu| format!("{lu:.1}"))?,
        with_minus(format!("{:+.1}", record["gain_db"].as_f64()?)),
        with_minus(format!("{:.1}", record["gain_reduction_db"].as_f64()?)),
    ))
}

/// The number with a minus sign in place of a hyphen.
fn with_minus(number: String) -> String {
    number.replace('-', MINUS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn row_of_song_has_values_before_and_after() {
        let side = |lufs: f64, dbtp: f64| serde_json::json!({"lufs_i": lufs, "dbtp": dbtp, "lra": 5.2, "plr": 13.0});
        let record = serde_json::json!({
            "song": "music/one.ogg", "profile": "club", "input": side(-16.66, 1.85), "output": side(-9.0, -1.03),
            "gain_db": 9.4, "gain_reduction_db": -9.1,
        });
        let expected = "| one | club | −16.66 → −9.00 | +1.85 → −1.03 | 5.2 → 5.2 | 13.0 → 13.0 | +9.4 dB | −9.1 dB |\n";
        assert_eq!(row(&record).unwrap(), expected);
        assert_eq!(row(&serde_json::json!({"song": "a", "error": "b"})), None);
    }
}
