//! Errors and help on stderr.

use clap::error::ErrorKind;
use std::process::ExitCode;

/// Prints an error in one line.
pub fn print_error(text: &str) {
    let lines: Vec<&str> = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    eprintln!("error: {}", lines.join("; "));
}

/// Prints clap's help in full and its errors in one line. `program` is the command whose `--help` the error mentions.
#[must_use]
pub fn usage(error: &clap::Error, program: &str) -> ExitCode {
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
            print_error(&format!("{first} ({program} --help lists the options)"));
            ExitCode::from(2)
        }
    }
}
