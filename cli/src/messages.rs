//! Errors and help on the terminal.

use clap::error::ErrorKind;
use std::process::ExitCode;

/// An error in one line, whatever its causes wrote.
pub fn print_error(text: &str) {
    let lines: Vec<&str> = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    eprintln!("error: {}", lines.join("; "));
}

/// Prints what clap found: help in full, mistakes in one line. `program` is what the user types for help.
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
            print_error(&format!("{first} ({program} --help shows what is known)"));
            ExitCode::from(2)
        }
    }
}
