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
        "flow_network",
        "--bench",
        "inference",
    ]);
    let mut figures = lines_of(&mut own)?;
    let script = workspace::root().join("network/benches/onnxruntime.py");
    match train::python_with("onnxruntime")? {
        Some(python) => figures.extend(lines_of(Command::new(python).arg(script))?),
        None => eprintln!("onnxruntime isn't installed (pip install onnxruntime): not compared"),
    }
    if json {
        figures.iter().for_each(|figure| println!("{figure}"));
    } else {
        print_table(&figures);
    }
    Ok(())
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
