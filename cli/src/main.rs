//! `flow`: Flow's command line.

use clap::{Parser, Subcommand};
use flow_cli::MasterArguments;
use std::process::ExitCode;

/// Flow's command line.
#[derive(Parser)]
#[command(name = "flow", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

/// The commands.
#[derive(Subcommand)]
enum Command {
    /// Master songs through the installed plug-in: a 24-bit WAV and a report for each. Without SONG: the demo song.
    Master(MasterArguments),
}

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(e) => return flow_cli::usage(&e, "flow"),
    };
    let Command::Master(arguments) = cli.command;
    flow_cli::master(&arguments, &flow_cli::installed_plugin).unwrap_or_else(|e| {
        flow_cli::print_error(&format!("{e:#}"));
        ExitCode::FAILURE
    })
}
