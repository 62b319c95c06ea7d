//! `cargo xtask`: builds Flow's bundles, masters songs through them, draws the documentation's plots, and
//! runs every test.
//!
//! It builds without system libraries, and installs those that the plug-in needs.

mod bench;
mod bundle;
mod cli;
mod conformance;
mod flow;
mod hosts;
mod master;
mod numbers;
mod plot;
mod plots;
mod python;
mod sanitizers;
mod screenshot;
mod steps;
mod stress;
mod system;
mod test;
mod train;
mod workspace;

use clap::Parser;
use clap::error::ErrorKind;
use cli::{Cli, Command};
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(e) => return usage(&e),
    };
    let done = match cli.command {
        Command::Bundle { arguments } => bundle::bundle(&arguments).map(|()| ExitCode::SUCCESS),
        Command::Master(arguments) => master::master(&arguments),
        Command::Plots(arguments) => plots::plots(&arguments).map(|()| ExitCode::SUCCESS),
        Command::Stress(arguments) => stress::stress(&arguments),
        Command::StressRun { plan } => stress::run(&plan).map(|()| ExitCode::SUCCESS),
        Command::Train(arguments) => train::train(&arguments).map(|()| ExitCode::SUCCESS),
        Command::Screenshot => screenshot::screenshot().map(|()| ExitCode::SUCCESS),
        Command::Test(arguments) => test::test(&arguments).map(|()| ExitCode::SUCCESS),
        Command::Conformance(arguments) => conformance::conformance(&arguments),
        Command::Bench { arguments } => bench::bench(&arguments).map(|()| ExitCode::SUCCESS),
    };
    done.unwrap_or_else(|e| {
        print_error(&format!("{e:#}"));
        ExitCode::FAILURE
    })
}

/// An error in one line, whatever its causes wrote.
fn print_error(text: &str) {
    let lines: Vec<&str> = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    eprintln!("error: {}", lines.join("; "));
}

/// What clap has to say: help in full, mistakes in one line.
fn usage(error: &clap::Error) -> ExitCode {
    match error.kind() {
        ErrorKind::DisplayHelp
        | ErrorKind::DisplayVersion
        | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => error.exit(),
        _ => {
            let text = error.to_string();
            let first = text
                .lines()
                .next()
                .unwrap_or_default()
                .trim_start_matches("error: ");
            print_error(&format!("{first} (cargo xtask --help shows what is known)"));
            ExitCode::from(2)
        }
    }
}
