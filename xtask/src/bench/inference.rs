//! Every executor of the network beside onnxruntime, in one run on one core.

use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;

use crate::{train, workspace};

/// `arguments`: `--json` for lines of JSON instead of a table.
pub(super) fn inference(arguments: &[String]) -> Result<()> {
    let json = match arguments {
        [] => false,
        [only] if only == "--json" => true,
        _ => bail!("bench inference takes --json and nothing else"),
    };
    let mut own = workspace::cargo();
    own.args([
        "bench",
        "--quiet",
        "-p",
        "flow_inference",
        "--bench",
        "inference",
    ]);
    let mut figures = lines_of(&mut own)?;
    let script = workspace::root().join("inference/benches/with_onnxruntime.py");
    match train::python_with("onnxruntime")? {
        Some(python) => figures.extend(lines_of(Command::new(python).arg(script))?),
        None => eprintln!("onnxruntime isn't installed (pip install onnxruntime): not compared"),
    }
    if json {
        figures.iter().for_each(|figure| println!("{figure}"));
    } else {
        print_table(&figures);
        println!();
        ratios(&figures).iter().for_each(|line| println!("{line}"));
    }
    Ok(())
}

/// What is to be faster than what: two kinds of figures, and at which batches they are compared.
struct Comparison {
    what: &'static str,
    ours: fn(&Value) -> bool,
    theirs: fn(&Value) -> bool,
    batches: &'static [u64],
}

fn is(figure: &Value, backend: &str) -> bool {
    figure["backend"] == backend
}

fn is_on(figure: &Value, part: &str) -> bool {
    figure["on"].as_str().is_some_and(|on| on.contains(part))
}

/// How many times faster, by the fastest runs of the fastest of each kind.
fn ratios(figures: &[Value]) -> Vec<String> {
    let comparisons = [
        Comparison {
            what: "f32 against onnxruntime's",
            ours: |f| is(f, "float"),
            theirs: |f| is(f, "onnxruntime") && is_on(f, "flow.onnx"),
            batches: &[1, 8, 64],
        },
        Comparison {
            what: "int8 against f32",
            ours: |f| is(f, "integer"),
            theirs: |f| is(f, "float"),
            batches: &[1, 8, 64],
        },
        Comparison {
            what: "int8 against onnxruntime's",
            ours: |f| is(f, "integer"),
            theirs: |f| is(f, "onnxruntime") && is_on(f, "flow-int8.onnx"),
            batches: &[1, 8, 64],
        },
        Comparison {
            what: "a graphics card against the CPU",
            ours: |f| is(f, "gpu") && !is_on(f, "(software)"),
            theirs: |f| is(f, "float") || is(f, "integer"),
            batches: &[64],
        },
    ];
    let least = |of: fn(&Value) -> bool, batch: u64| {
        let own = figures.iter().filter(|f| of(f) && f["batch"] == batch);
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
        format!("{}: {}", comparison.what, ratios.join(", "))
    };
    comparisons.iter().map(line).collect()
}

/// The objects that a program prints, one in each line.
fn lines_of(command: &mut Command) -> Result<Vec<Value>> {
    let output = command
        .stderr(std::process::Stdio::inherit())
        .output()
        .with_context(|| format!("{} can't be started", command.get_program().display()))?;
    ensure!(
        output.status.success(),
        "{} failed",
        command.get_program().display()
    );
    let lines = String::from_utf8_lossy(&output.stdout).into_owned();
    let objects = lines.lines().filter(|line| line.starts_with('{'));
    Ok(objects
        .map(serde_json::from_str)
        .collect::<Result<_, _>>()?)
}

fn print_table(figures: &[Value]) {
    println!("| executor | on | batch | least, µs an example | median, µs an example |");
    println!("|---|---|---|---|---|");
    for figure in figures {
        let text = |key: &str| figure[key].as_str().unwrap_or("?").to_owned();
        let micros = |key: &str| figure[key].as_f64().unwrap_or(f64::NAN) / 1000.0;
        let (least, median) = (micros("least_ns"), micros("median_ns"));
        println!(
            "| {} | {} | {} | {least:.0} | {median:.0} |",
            text("backend"),
            text("on"),
            figure["batch"]
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn ratios_are_of_the_fastest_and_say_what_is_missing() {
        let figure = |backend: &str, on: &str, batch: u64, ns: u64| json!({"backend": backend, "on": on, "batch": batch, "least_ns": ns});
        let figures = [
            figure("float", "portable", 1, 900),
            figure("float", "AVX2", 1, 300),
            figure("integer", "AVX2", 1, 150),
            figure("onnxruntime", "1.2, flow.onnx", 1, 330),
            figure("onnxruntime", "1.2, flow-int8.onnx", 1, 300),
            figure("float", "AVX2", 64, 300),
            figure("gpu", "llvmpipe (software)", 64, 10),
        ];
        let lines = ratios(&figures);
        assert!(
            lines[0].starts_with("f32 against onnxruntime's: 1.10 × at 1, not yet measured at 8")
        );
        assert!(lines[1].contains("2.00 × at 1") && lines[2].contains("2.00 × at 1"));
        assert_eq!(
            lines[3],
            "a graphics card against the CPU: not yet measured at 64"
        );
    }
}
