//! `flow`: Flow's command line.

use clap::Parser;
use flow_cli::{Cli, Command};
use std::process::ExitCode;

fn main() -> ExitCode {
    flow_platform::end_signals::ignore_file_size_signal();
    // Windows' shells leave it to programs to find the files of `*.wav`.
    let cli = match Cli::try_parse_from(wild::args_os()) {
        Ok(cli) => cli,
        Err(e) => return flow_cli::usage(&e, "flow"),
    };
    flow_cli::set_color(cli.color);
    let is_json = cli.command.is_json();
    let done = match cli.command {
        Command::Master(arguments) => flow_cli::master(&arguments, &flow_cli::installed_plugin),
        Command::Analyze(arguments) => flow_cli::analyze(&arguments),
        Command::Presets(arguments) => flow_cli::presets(&arguments),
        Command::Completions(arguments) => flow_cli::completions(&arguments),
        Command::Man(arguments) => flow_cli::man(&arguments),
    };
    flow_cli::finish(done, is_json)
}
