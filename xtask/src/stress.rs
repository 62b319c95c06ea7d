//! `cargo xtask stress`: dropouts of real-time audio on a busy machine.
//!
//! Each run has its own process, so that no state passes from one to the next. The runs of a group differ in the
//! scheduler, or in analysis and windows.

mod machine_load;
mod report;
mod run;
mod simulated_device;

use crate::arguments::StressArguments;
use crate::{bundle, setup, workspace};
use anyhow::{Context, Result, ensure};
use flow_testkit::xvfb::Xvfb;
use indicatif::{ProgressBar, ProgressStyle};
use report::StressReport;
use run::{Mode, Run, StressPlan};
use std::process::{ExitCode, Stdio};
use std::time::{Duration, Instant};

pub(crate) use run::run;

/// The block sizes in samples.
const BLOCKS: [usize; 2] = [64, 128];

pub(crate) fn stress(arguments: &StressArguments) -> Result<ExitCode> {
    let bundle = bundle::clap()?;
    let display = display();
    let mut runs = Vec::new();
    for block_samples in BLOCKS {
        for mode in Mode::ALL {
            let plan = StressPlan {
                mode,
                block_samples,
                instances: usize::from(arguments.instances),
                seconds: arguments.seconds,
                real_time: !arguments.normal_priority,
                bundle: bundle.clone(),
            };
            runs.push(run_in_child_process(&plan, display.as_ref())?);
        }
    }
    let report = StressReport::of(runs);
    if arguments.json {
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        print!("{report}");
    }
    Ok(if report.bounces_are_identical {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// An X server for the windows. Without one the runs have no windows, which the report shows.
fn display() -> Option<Xvfb> {
    let display = setup::ensure(&setup::FOR_WINDOWS, &[])
        .and_then(|()| Xvfb::start().context("Xvfb cannot start"));
    display
        .map_err(|error| eprintln!("the windows are left out: {error:#}"))
        .ok()
}

fn run_in_child_process(plan: &StressPlan, display: Option<&Xvfb>) -> Result<Run> {
    let mut command = workspace::this_program()?;
    command
        .arg("stress-run")
        .arg(serde_json::to_string(plan)?)
        .env("FLOW_FLAGS", plan.mode.flags())
        .env_remove("FLOW_PROBE")
        .env_remove("WAYLAND_DISPLAY")
        .env_remove("DISPLAY")
        .stdin(Stdio::null())
        .stdout(Stdio::piped());
    if let Some(display) = display {
        command.env("DISPLAY", display.name());
    }
    let label = format!("{} samples, {}", plan.block_samples, plan.mode.name());
    let child = command.spawn().context("a run cannot be started")?;
    wait_with_progress(plan.seconds, label.clone());
    let output = child.wait_with_output()?;
    ensure!(output.status.success(), "the run of {label} failed");
    serde_json::from_slice(&output.stdout)
        .with_context(|| format!("the run of {label} printed no result"))
}

fn wait_with_progress(seconds: u64, label: String) {
    let style = ProgressStyle::with_template("{msg} {bar:30} {pos} of {len} s");
    let bar = ProgressBar::new(seconds)
        .with_message(label)
        .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_secs(seconds) {
        bar.set_position(begin.elapsed().as_secs());
        std::thread::sleep(Duration::from_millis(200));
    }
    bar.finish_and_clear();
}
