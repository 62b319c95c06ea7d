//! `cargo xtask`: Flow's development tasks.
//!
//! It builds without system libraries, so that it can install those that the plug-in needs.

mod arguments;
mod bench;
mod bundle;
mod command_steps;
mod conformance;
#[cfg(target_os = "linux")]
mod cross;
mod manual;
mod measure;
#[cfg(any(target_os = "linux", target_os = "macos"))]
mod package;
mod plots;
mod screenshot;
mod setup;
#[cfg(target_os = "linux")]
mod stress;
mod test;
mod train;
mod version;
mod workspace;

use arguments::{Cli, Command};
use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    workspace::keep_this_program();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(e) => return flow_cli::usage(&e, "cargo xtask"),
    };
    if cli.yes {
        setup::consent::give();
    }
    let is_json = matches!(&cli.command, Command::Master(arguments) if arguments.json);
    let done = match cli.command {
        Command::Bundle { arguments } => bundle::bundle(&arguments).map(|()| ExitCode::SUCCESS),
        Command::Master(arguments) => flow_cli::master(&arguments, &bundle::clap),
        Command::Plots(arguments) => plots::plots(&arguments).map(|()| ExitCode::SUCCESS),
        #[cfg(target_os = "linux")]
        Command::Stress(arguments) => stress::stress(&arguments),
        #[cfg(target_os = "linux")]
        Command::StressRun { plan } => stress::run(&plan).map(|()| ExitCode::SUCCESS),
        #[cfg(not(target_os = "linux"))]
        Command::Stress(_) | Command::StressRun { .. } => Err(anyhow::anyhow!(
            "`cargo xtask stress` runs on Linux only: it uses Linux' real-time priorities, thread clocks and X11 windows"
        )),
        Command::Train(arguments) => train::train(&arguments).map(|()| ExitCode::SUCCESS),
        Command::Manual(arguments) => manual::manual(&arguments).map(|()| ExitCode::SUCCESS),
        Command::Setup(arguments) => test::setup(&arguments).map(|()| ExitCode::SUCCESS),
        Command::Screenshot => screenshot::screenshot().map(|()| ExitCode::SUCCESS),
        Command::Measure(arguments) => measure::measure(&arguments).map(|()| ExitCode::SUCCESS),
        Command::Test(arguments) => test::test(&arguments).map(|()| ExitCode::SUCCESS),
        Command::Conformance(arguments) => conformance::conformance(&arguments),
        #[cfg(target_os = "linux")]
        Command::Cross(arguments) => cross::cross(&arguments).map(|()| ExitCode::SUCCESS),
        #[cfg(not(target_os = "linux"))]
        Command::Cross(_) => Err(anyhow::anyhow!(
            "`cargo xtask cross` runs on Linux only; `cargo xtask bundle` builds for this system"
        )),
        #[cfg(any(target_os = "linux", target_os = "macos"))]
        Command::Package(arguments) => package::package(&arguments).map(|()| ExitCode::SUCCESS),
        #[cfg(not(any(target_os = "linux", target_os = "macos")))]
        Command::Package(_) => Err(anyhow::anyhow!(
            "`cargo xtask package` runs on Linux and macOS only"
        )),
        Command::Bench { arguments } => bench::bench(&arguments).map(|()| ExitCode::SUCCESS),
    };
    flow_cli::finish(done, is_json)
}
