//! The steps of a long run, with their names and times.

use anyhow::{Context, Result, bail, ensure};
use std::process::{Command, Stdio};
use std::time::Instant;

/// Runs steps and keeps their times.
pub(crate) struct Steps {
    started: Instant,
    times: Vec<(String, f64)>,
}

impl Steps {
    pub(crate) fn new() -> Self {
        Self {
            started: Instant::now(),
            times: Vec::new(),
        }
    }

    /// Runs `work` as the step `name`.
    pub(crate) fn step<T>(&mut self, name: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
        eprintln!("\n=== {name}");
        let started = Instant::now();
        let result = work().with_context(|| format!("step \"{name}\" failed"));
        let seconds = started.elapsed().as_secs_f64();
        self.times.push((name.to_owned(), seconds));
        eprintln!(
            "--- {name}: {} after {seconds:.1} s",
            if result.is_ok() { "passed" } else { "FAILED" }
        );
        result
    }

    /// Runs a command as the step `name`.
    pub(crate) fn command(&mut self, name: &str, command: &mut Command) -> Result<()> {
        self.step(name, || run(command))
    }

    /// Prints the times of all steps.
    pub(crate) fn print_times(&self) {
        eprintln!("\n=== times");
        for (name, seconds) in &self.times {
            eprintln!("{seconds:8.1} s  {name}");
        }
        eprintln!("{:8.1} s  in all", self.started.elapsed().as_secs_f64());
    }
}

/// Runs a command with the output of this process.
///
/// # Errors
///
/// If it cannot be started or fails.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let name = command.get_program().to_string_lossy().into_owned();
    let status = command
        .status()
        .with_context(|| format!("{name} cannot be started"))?;
    if !status.success() {
        let arguments: Vec<_> = command
            .get_args()
            .map(|a| a.to_string_lossy().into_owned())
            .collect();
        let name = std::path::Path::new(&name)
            .file_name()
            .map_or(name.clone(), |n| n.to_string_lossy().into_owned());
        bail!("`{name} {}` ended with {status}", arguments.join(" "));
    }
    Ok(())
}

/// The standard output of a program, whose errors are printed.
///
/// # Errors
///
/// If it cannot be started, fails, or prints no UTF-8.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("{program} cannot be started"))?;
    ensure!(
        output.status.success(),
        "{program} ended with {}",
        output.status
    );
    Ok(String::from_utf8(output.stdout)?)
}
