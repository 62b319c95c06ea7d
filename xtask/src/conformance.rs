//! `cargo xtask conformance`: the bundles in clap-validator, the VST3 SDK's validator and pluginval.
//!
//! A validator is used if its path is given or if it is on `PATH`. None is built or downloaded.

mod output;

use crate::arguments::ConformanceArguments;
use crate::{bundle, setup, workspace};
use anyhow::{Context, Result, ensure};
use flow_testkit::xvfb::Xvfb;
use output::Outcome;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Output, Stdio};
use std::time::Instant;

/// The highest level of pluginval.
const STRICTNESS_LEVEL: &str = "10";

/// A program that checks plug-ins.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Validator {
    Clap,
    Vst3,
    Pluginval,
}

impl Validator {
    const ALL: [Self; 3] = [Self::Clap, Self::Vst3, Self::Pluginval];

    /// The name of its program, without an extension.
    fn program(self) -> &'static str {
        match self {
            Self::Clap => "clap-validator",
            Self::Vst3 => "validator",
            Self::Pluginval => "pluginval",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Vst3 => "VST3 SDK validator",
            Self::Clap | Self::Pluginval => self.program(),
        }
    }

    fn option(self) -> &'static str {
        match self {
            Self::Clap => "--clap-validator",
            Self::Vst3 => "--vst3-validator",
            Self::Pluginval => "--pluginval",
        }
    }

    fn source(self) -> &'static str {
        match self {
            Self::Clap => "https://github.com/free-audio/clap-validator",
            Self::Vst3 => "https://github.com/steinbergmedia/vst3sdk",
            Self::Pluginval => "https://github.com/Tracktion/pluginval",
        }
    }
}

/// One run of a validator, as the table shows it.
struct Row {
    name: String,
    version: String,
    outcome: Outcome,
    seconds: f64,
}

/// Runs all validators that are found and prints their table on stdout. The exit code is 1 if a check fails.
///
/// # Errors
///
/// If no validator is found, if one cannot be started, or if the bundle cannot be built.
pub(crate) fn conformance(arguments: &ConformanceArguments) -> Result<ExitCode> {
    let mut found = Vec::new();
    let mut missing = Vec::new();
    for validator in Validator::ALL {
        match path_of(validator, arguments)? {
            Some(path) => found.push((validator, path)),
            None => missing.push(validator),
        }
    }
    ensure!(
        !found.is_empty(),
        "no validator was given or found on PATH; {}",
        sources(&missing)
    );
    let clap = bundle::clap()?;
    let vst3 = bundle::vst3(&clap)?;
    // Windows and macOS always have a screen.
    let has_screen = !cfg!(target_os = "linux") || std::env::var_os("DISPLAY").is_some();
    let display = if has_screen { None } else { x_server() };
    let run = Runner {
        logs: workspace::target_dir()?.join("conformance"),
        has_screen: has_screen || display.is_some(),
        display: display.as_ref(),
    };
    let mut rows = Vec::new();
    for (validator, path) in &found {
        let seeds = 1..=arguments.seeds;
        match validator {
            Validator::Clap => rows.extend(run.clap_validator(path, &clap, seeds)?),
            Validator::Vst3 => rows.push(run.vst3_validator(path, &vst3)?),
            Validator::Pluginval => rows.extend(run.pluginval(path, &vst3, seeds)?),
        }
    }
    print!("{}", table(&rows));
    if !missing.is_empty() {
        println!("\nnot found: {}", sources(&missing));
    }
    let has_failure = rows.iter().any(|row| !row.outcome.failed.is_empty());
    if has_failure {
        println!("\nfull output: {}", run.logs.display());
    }
    Ok(if has_failure {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

/// The path that was given, or the program on `PATH`.
fn path_of(validator: Validator, arguments: &ConformanceArguments) -> Result<Option<PathBuf>> {
    let given = match validator {
        Validator::Clap => &arguments.clap_validator,
        Validator::Vst3 => &arguments.vst3_validator,
        Validator::Pluginval => &arguments.pluginval,
    };
    if let Some(path) = given {
        ensure!(path.is_file(), "{} is no file", path.display());
        return Ok(Some(path.clone()));
    }
    let name = format!("{}{}", validator.program(), std::env::consts::EXE_SUFFIX);
    let folders = std::env::var_os("PATH").unwrap_or_default();
    Ok(std::env::split_paths(&folders)
        .map(|folder| folder.join(&name))
        .find(|path| path.is_file()))
}

fn sources(validators: &[Validator]) -> String {
    let each: Vec<String> = validators
        .iter()
        .map(|v| format!("{} ({}, option {})", v.name(), v.source(), v.option()))
        .collect();
    each.join(", ")
}

/// An X server for pluginval's editor tests, which are skipped without one.
fn x_server() -> Option<Xvfb> {
    setup::ensure(&setup::FOR_WINDOWS, &[])
        .and_then(|()| Xvfb::start().context("Xvfb cannot start"))
        .map_err(|error| eprintln!("pluginval's editor tests are skipped: {error:#}"))
        .ok()
}

/// Starts validators and stores their output.
struct Runner<'a> {
    logs: PathBuf,
    has_screen: bool,
    display: Option<&'a Xvfb>,
}

impl Runner<'_> {
    /// Runs `validate`, and `fuzz` with each seed if the version has that command.
    fn clap_validator(
        &self,
        program: &Path,
        clap: &Path,
        seeds: impl Iterator<Item = u32>,
    ) -> Result<Vec<Row>> {
        let version = self.version(program)?;
        let name = Validator::Clap.name();
        let mut command = Command::new(program);
        command
            .args(["validate", "--json", "--hide-output"])
            .arg(clap);
        let mut rows = vec![self.row(name, &version, &mut command, output::clap_validator)?];
        if self
            .output(Command::new(program).args(["fuzz", "--help"]))?
            .status
            .success()
        {
            for seed in seeds {
                let mut command = Command::new(program);
                command
                    .args(["fuzz", "--json", "--reproduce", &seed.to_string()])
                    .arg(clap);
                let name = format!("{name} fuzz, seed {seed}");
                rows.push(self.row(&name, &version, &mut command, output::clap_validator_fuzz)?);
            }
        }
        Ok(rows)
    }

    /// Runs all tests, with the extensive ones.
    fn vst3_validator(&self, program: &Path, vst3: &Path) -> Result<Row> {
        let version = self.version(program)?;
        let mut command = Command::new(program);
        command.arg("-e").arg(vst3);
        let name = Validator::Vst3.name();
        self.row(name, &version, &mut command, output::vst3_validator)
    }

    /// Runs all tests once with each seed.
    fn pluginval(
        &self,
        program: &Path,
        vst3: &Path,
        seeds: impl Iterator<Item = u32>,
    ) -> Result<Vec<Row>> {
        let version = self.version(program)?;
        let rows = seeds.map(|seed| {
            let mut command = Command::new(program);
            command
                .args(["--strictness-level", STRICTNESS_LEVEL])
                .args(["--validate-in-process", "--random-seed", &seed.to_string()]);
            if !self.has_screen {
                command.arg("--skip-gui-tests");
            }
            command.arg("--validate").arg(vst3);
            let name = format!("{}, seed {seed}", Validator::Pluginval.name());
            self.row(&name, &version, &mut command, output::pluginval)
        });
        rows.collect()
    }

    fn version(&self, program: &Path) -> Result<String> {
        let output = self.output(Command::new(program).arg("--version"))?;
        Ok(output::version(&String::from_utf8_lossy(&output.stdout)))
    }

    /// Runs one validator, stores its output, and parses it.
    fn row(
        &self,
        name: &str,
        version: &str,
        command: &mut Command,
        parse: fn(&str) -> Outcome,
    ) -> Result<Row> {
        eprintln!("running {name}");
        let started = Instant::now();
        let output = self.output(command)?;
        let seconds = started.elapsed().as_secs_f64();
        self.store(name, &output)?;
        let mut outcome = parse(&String::from_utf8_lossy(&output.stdout));
        if !output.status.success() && outcome.failed.is_empty() {
            outcome.failed.push(output.status.to_string());
        }
        Ok(Row {
            name: name.to_owned(),
            version: version.to_owned(),
            outcome,
            seconds,
        })
    }

    fn output(&self, command: &mut Command) -> Result<Output> {
        if let Some(display) = self.display {
            command.env("DISPLAY", display.name());
        }
        let program = command.get_program().to_string_lossy().into_owned();
        command
            .stdin(Stdio::null())
            .output()
            .with_context(|| format!("{program} cannot be started"))
    }

    /// Writes the output of a run to a log file.
    fn store(&self, name: &str, output: &Output) -> Result<()> {
        std::fs::create_dir_all(&self.logs)
            .with_context(|| format!("{} cannot be created", self.logs.display()))?;
        let file = name.replace([' ', ','], "-").replace("--", "-");
        let path = self.logs.join(file).with_extension("log");
        let text = [output.stdout.as_slice(), b"\n", output.stderr.as_slice()].concat();
        std::fs::write(&path, text).with_context(|| format!("{} cannot be written", path.display()))
    }
}

/// The rows in columns, and below them the name of each check that failed.
fn table(rows: &[Row]) -> String {
    let width = rows.iter().map(|row| row.name.len()).max().unwrap_or(0);
    let width = width.max("validator".len());
    let mut text = format!(
        "{:<width$}  {:<9}  {:>6}  {:>6}  {:>8}  {:>7}\n",
        "validator", "version", "passed", "failed", "warnings", "seconds"
    );
    for row in rows {
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "{:<width$}  {:<9}  {:>6}  {:>6}  {:>8}  {:>7.1}",
            row.name,
            row.version,
            row.outcome.passed,
            row.outcome.failed.len(),
            row.outcome.warnings,
            row.seconds
        );
    }
    for row in rows {
        for check in &row.outcome.failed {
            let _ = writeln!(text, "failed: {}: {check}", row.name);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table_with_failure_aligns_columns_and_names_check() {
        let row = |name: &str, failed: &[&str]| Row {
            name: name.to_owned(),
            version: "1.0.4".to_owned(),
            outcome: Outcome {
                passed: 20,
                failed: failed.iter().map(|&check| check.to_owned()).collect(),
                warnings: 1,
            },
            seconds: 12.34,
        };
        let text = table(&[
            row("pluginval, seed 1", &[]),
            row("pluginval, seed 12", &["Editor: window is empty"]),
        ]);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 4, "{text}");
        assert!(lines[..3].iter().all(|line| line.len() == lines[0].len()));
        assert!(
            lines[1].ends_with("    20       0         1     12.3"),
            "{text}"
        );
        assert_eq!(
            lines[3],
            "failed: pluginval, seed 12: Editor: window is empty"
        );
    }

    #[test]
    fn missing_validators_are_named_with_source_and_option() {
        let text = sources(&Validator::ALL);
        for part in ["free-audio", "vst3sdk", "Tracktion", "--vst3-validator"] {
            assert!(text.contains(part), "{text}");
        }
        assert!(!text.contains('\n'));
    }
}
