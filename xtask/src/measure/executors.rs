//! The comparison of the network's executors and onnxruntime, on one core.

use crate::command_steps::output;
use crate::{train, workspace};
use anyhow::Result;
use serde_json::Value;
use std::process::Command;

/// Runs all executors, and returns their table and the ratios of their times.
///
/// # Errors
///
/// If the executors cannot be built, or one of them fails.
pub(super) fn measure() -> Result<String> {
    let mut own = workspace::cargo();
    own.args(["bench", "--quiet", "-p", "flow_inference"])
        .args(["-p", "workspace_features", "--bench", "inference"]);
    let mut timings = json_lines(&mut own)?;
    let script = workspace::root().join("inference/benches/with_onnxruntime.py");
    match train::python_with("onnxruntime")? {
        Some(python) => timings.extend(json_lines(Command::new(python).arg(script))?),
        None => {
            eprintln!("onnxruntime is not compared: it is not installed (pip install onnxruntime)")
        }
    }
    let ratios = ratios(&timings).join("\n- ");
    Ok(format!(
        "{}\nRatios of the fastest times:\n\n- {ratios}\n",
        table(&timings)
    ))
}

/// Two kinds of executors, and the batch sizes at which they are compared.
struct Comparison {
    name: &'static str,
    ours: fn(&Value) -> bool,
    theirs: fn(&Value) -> bool,
    batches: &'static [u64],
}

fn is(timing: &Value, backend: &str) -> bool {
    timing["backend"] == backend
}

fn is_on(timing: &Value, part: &str) -> bool {
    timing["on"].as_str().is_some_and(|on| on.contains(part))
}

/// The quotients of the fastest runs of both kinds.
fn ratios(timings: &[Value]) -> Vec<String> {
    let comparisons = [
        Comparison {
            name: "f32 against onnxruntime's",
            ours: |f| is(f, "float"),
            theirs: |f| is(f, "onnxruntime") && is_on(f, "flow.onnx"),
            batches: &[1, 8, 64],
        },
        Comparison {
            name: "int8 against f32",
            ours: |f| is(f, "integer"),
            theirs: |f| is(f, "float"),
            batches: &[1, 8, 64],
        },
        Comparison {
            name: "int8 against onnxruntime's",
            ours: |f| is(f, "integer"),
            theirs: |f| is(f, "onnxruntime") && is_on(f, "flow-int8.onnx"),
            batches: &[1, 8, 64],
        },
        Comparison {
            name: "GPU against CPU",
            ours: |f| is(f, "gpu") && !is_on(f, "(software)"),
            theirs: |f| is(f, "float") || is(f, "integer"),
            batches: &[64],
        },
    ];
    let least = |of: fn(&Value) -> bool, batch: u64| {
        let own = timings.iter().filter(|f| of(f) && f["batch"] == batch);
        own.filter_map(|f| f["least_ns"].as_f64())
            .min_by(f64::total_cmp)
    };
    let line = |comparison: &Comparison| {
        let ratio = |batch: &u64| {
            let both = least(comparison.theirs, *batch).zip(least(comparison.ours, *batch));
            let times = both.map(|(theirs, ours)| format!("{:.2} × at {batch}", theirs / ours));
            times.unwrap_or_else(|| format!("not yet measured at {batch}"))
        };
        let ratios: Vec<String> = comparison.batches.iter().map(ratio).collect();
        format!("{}: {}", comparison.name, ratios.join(", "))
    };
    comparisons.iter().map(line).collect()
}

/// The JSON objects that a program prints, one each line.
fn json_lines(command: &mut Command) -> Result<Vec<Value>> {
    let lines = output(command)?;
    let objects = lines.lines().filter(|line| line.starts_with('{'));
    Ok(objects
        .map(serde_json::from_str)
        .collect::<Result<_, _>>()?)
}

fn table(timings: &[Value]) -> String {
    let row = |timing: &Value| {
        let text = |key: &str| timing[key].as_str().unwrap_or("?").to_owned();
        let micros = |key: &str| timing[key].as_f64().unwrap_or(f64::NAN) / 1000.0;
        let (least, median) = (micros("least_ns"), micros("median_ns"));
        let (backend, on, batch) = (text("backend"), text("on"), &timing["batch"]);
        format!("| {backend} | {on} | {batch} | {least:.0} | {median:.0} |\n")
    };
    let head = "| executor | on | batch | fastest, µs for each window | median, µs for each window |\n|---|---|---|---|---|\n";
    let rows: String = timings.iter().map(row).collect();
    format!("{head}{rows}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn ratios_of_fastest_runs_name_missing_batches() {
        let timing = |backend: &str, on: &str, batch: u64, ns: u64| json!({"backend": backend, "on": on, "batch": batch, "least_ns": ns});
        let timings = [
            timing("float", "portable", 1, 900),
            timing("float", "AVX2", 1, 300),
            timing("integer", "AVX2", 1, 150),
            timing("onnxruntime", "1.2, flow.onnx", 1, 330),
            timing("onnxruntime", "1.2, flow-int8.onnx", 1, 300),
            timing("float", "AVX2", 64, 300),
            timing("gpu", "llvmpipe (software)", 64, 10),
        ];
        let lines = ratios(&timings);
        assert!(
            lines[0].starts_with("f32 against onnxruntime's: 1.10 × at 1, not yet measured at 8")
        );
        assert!(lines[1].contains("2.00 × at 1") && lines[2].contains("2.00 × at 1"));
        assert_eq!(lines[3], "GPU against CPU: not yet measured at 64");
    }
}
