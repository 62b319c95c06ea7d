//! The table of dropouts while both cores are busy: with real-time priority and two instances, and with normal priority and
//! four.

use crate::command_steps::output;
use crate::workspace;
use anyhow::{Context, Result};
use flow_params::number::number;
use serde_json::Value;

const HEAD: &str = "| priority, block | mode | buffers | dropped | audio µs a block: median, p99.99, worst | oldest result |\n|---|---|---|---|---|---|\n";

const REAL_TIME: &[&str] = &["--seconds", "60"];
const NORMAL: &[&str] = &["--seconds", "15", "--instances", "4", "--normal-priority"];

/// Runs both, and returns the table.
///
/// # Errors
///
/// If a run fails, which it does on systems other than Linux.
pub(super) fn measure() -> Result<String> {
    let mut table = HEAD.to_owned();
    for options in [REAL_TIME, NORMAL] {
        let mut stress = workspace::this_program()?;
        let printed = output(stress.args(["stress", "--json"]).args(options))?;
        let report: Value = serde_json::from_str(&printed)?;
        let runs = report["runs"]
            .as_array()
            .context("the report has no runs")?;
        for run in runs {
            table += &row(run).with_context(|| format!("a run lacks a value: {run}"))?;
        }
    }
    Ok(table)
}

/// The row of one run; `None` if a value is missing.
fn row(run: &Value) -> Option<String> {
    let value = |key: &str| run[key].as_f64();
    let whole = |key: &str| Some(number(value(key)?, 0));
    let priority = match run["real_time_priority"].as_bool()? {
        true => "real-time",
        false => "normal",
    };
    let mode = match run["mode"].as_str()? {
        "flow" => "Flow",
        mode => mode,
    };
    let oldest = match value("oldest_result_ms")? {
        ms if ms > 0.0 => format!(" {} s", number(ms / 1000.0, 2)),
        _ => String::new(),
    };
    Some(format!(
        "| {priority}, {} | {mode} | {} | {} | {}, {}, {} of {} |{oldest} |\n",
        run["block_samples"],
        run["buffers"],
        run["dropped"],
        whole("audio_us_median")?,
        whole("audio_us_p99_99")?,
        whole("audio_us_worst")?,
        whole("deadline_us")?,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn row_of_run_has_counts_and_times() {
        let run = serde_json::json!({
            "mode": "flow", "block_samples": 64, "real_time_priority": true, "buffers": 150_000, "dropped": 3,
            "audio_us_median": 38.2, "audio_us_p99_99": 93.0, "audio_us_worst": 204.4, "deadline_us": 1333.3,
            "oldest_result_ms": 1040.0,
        });
        let expected = "| real-time, 64 | Flow | 150000 | 3 | 38, 93, 204 of 1333 | 1.04 s |\n";
        assert_eq!(row(&run).unwrap(), expected);
        assert_eq!(row(&serde_json::json!({})), None);
    }
}
