//! Results on stdout, errors and help on stderr, and exit codes.

use crate::Cli;
use crate::interrupt;
use anstyle::{AnsiColor, Style};
use anyhow::{Context, Result};
use clap::error::ErrorKind;
use clap::{ColorChoice, CommandFactory};
use serde_json::{Value, json};
use std::ffi::OsString;
use std::fmt;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

/// The exit code for a wrong argument.
const WRONG_ARGUMENT: u8 = 2;

const ERROR_STYLE: Style = AnsiColor::Red.on_default().bold();

/// The style of headings and titles.
pub(crate) const HEADING_STYLE: Style = Style::new().bold();

/// An argument that cannot be used. Nothing has been done then.
#[derive(Debug)]
pub(crate) struct WrongArgument(String);

impl WrongArgument {
    /// Marks an error as that of an argument.
    #[must_use]
    pub(crate) fn new(error: &anyhow::Error) -> Self {
        Self(format!("{error:#}"))
    }
}

impl fmt::Display for WrongArgument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for WrongArgument {}

/// Sets when texts are colored, for this whole program.
pub fn set_color(choice: ColorChoice) {
    match choice {
        ColorChoice::Auto => anstream::ColorChoice::Auto,
        ColorChoice::Always => anstream::ColorChoice::Always,
        ColorChoice::Never => anstream::ColorChoice::Never,
    }
    .write_global();
}

/// Whether texts on stderr are colored.
pub(crate) fn is_stderr_colored() -> bool {
    anstream::AutoStream::choice(&io::stderr()) != anstream::ColorChoice::Never
}

/// A text without control characters, which could move the cursor or hide other texts, and without those that reverse the
/// direction of the text around them (Unicode Standard Annex 9). Names of files and tags may have them.
pub(crate) fn printable(text: &str) -> String {
    let changes_direction = |c| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.replace(|c: char| c.is_control() || changes_direction(c), "\u{fffd}")
}

/// Prints a result and a line break on stdout. A reader that has ended, such as `head`, is no error.
///
/// # Errors
///
/// If stdout cannot be written to, for example because the disk is full.
pub(crate) fn print_result(text: &str) -> Result<()> {
    let mut stdout = anstream::stdout().lock();
    match writeln!(stdout, "{text}").and_then(|()| stdout.flush()) {
        Err(e) if e.kind() != io::ErrorKind::BrokenPipe => {
            Err(e).context("stdout cannot be written to")
        }
        _ => Ok(()),
    }
}

/// Prints JSON on stdout as [`print_result`] does.
///
/// # Errors
///
/// As [`print_result`].
pub(crate) fn print_json(value: &Value) -> Result<()> {
    print_result(&format!("{value:#}"))
}

/// Prints the records of all songs: an object for one, an array for several.
///
/// # Errors
///
/// As [`print_result`].
pub(crate) fn print_records(mut records: Vec<Value>) -> Result<()> {
    let value = if records.len() == 1 {
        records.remove(0)
    } else {
        Value::Array(records)
    };
    interrupt::appear_as_json(|| print_json(&value))
}

/// The JSON object of a song that failed.
pub(crate) fn failure_record(song: &Path, error: &str) -> Value {
    json!({ "song": song.display().to_string(), "error": error })
}

/// Prints an error in one line.
pub fn print_error(text: &str) {
    let lines: Vec<&str> = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    let text = printable(&lines.join("; "));
    // There is no place left to report that this fails.
    let _ = writeln!(
        anstream::stderr(),
        "{ERROR_STYLE}error:{ERROR_STYLE:#} {text}"
    );
}

/// Ends a command: prints its error, with `is_json` on stdout too, and returns the exit code.
#[must_use]
pub fn finish(result: Result<ExitCode>, is_json: bool) -> ExitCode {
    result.unwrap_or_else(|e| {
        let code = if e.is::<WrongArgument>() {
            ExitCode::from(WRONG_ARGUMENT)
        } else {
            ExitCode::FAILURE
        };
        let report = || report_failure(&format!("{e:#}"), is_json);
        if is_json {
            interrupt::appear_as_json(report);
        } else {
            report();
        }
        code
    })
}

/// Prints clap's help in full and its errors in one line. `program` is the command whose `--help` the error mentions.
#[must_use]
pub fn usage(error: &clap::Error, program: &str) -> ExitCode {
    // The arguments could not be parsed, and say nevertheless how to print.
    let arguments: Vec<OsString> = std::env::args_os()
        .skip(1)
        .take_while(|argument| argument != "--")
        .collect();
    for argument in arguments.windows(2) {
        if argument[0] == "--color" {
            set_color(color(&argument[1]));
        }
    }
    for argument in &arguments {
        let text = argument.to_string_lossy();
        if let Some(choice) = text.strip_prefix("--color=") {
            set_color(color(choice.as_ref()));
        }
    }
    if let ErrorKind::DisplayHelp
    | ErrorKind::DisplayVersion
    | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand = error.kind()
    {
        return print_help(error);
    }
    let text = error.to_string();
    // clap takes any wrong option for a value that begins with a dash, and means this command's arguments by its own help.
    let is_for_value = |line: &str| line.starts_with("tip: to pass '");
    let mut names = arguments.iter().map(OsString::as_os_str).filter(|name| {
        let is_like_option = name.as_encoded_bytes().starts_with(b"-");
        is_like_option && Path::new(name).exists()
    });
    let is_unknown = error.kind() == ErrorKind::UnknownArgument;
    let hint = names.next().filter(|_| is_unknown).map(|name| {
        let name = name.to_string_lossy();
        format!("; put -- in front of the names of files if one begins with a dash: -- {name}")
    });
    let words = text
        .lines()
        .take_while(|line| !line.starts_with("Usage:") && !line.starts_with("For more"))
        .map(str::trim)
        .filter(|line| !line.is_empty() && !is_for_value(line));
    let commands = Cli::command();
    let command = arguments
        .first()
        .and_then(|first| commands.find_subcommand(first));
    let program = match command.filter(|_| program == commands.get_name()) {
        Some(command) => format!("{program} {}", command.get_name()),
        None => program.to_owned(),
    };
    let text = words
        .collect::<Vec<_>>()
        .join(" ")
        .replace(" tip: ", "; tip: ");
    let text = text.trim_start_matches("error: ");
    report_failure(
        &format!(
            "{text}{} ({program} --help lists the options)",
            hint.unwrap_or_default()
        ),
        arguments.iter().any(|argument| argument == "--json"),
    );
    ExitCode::from(WRONG_ARGUMENT)
}

/// Prints help or the version, and returns the exit code.
fn print_help(error: &clap::Error) -> ExitCode {
    let printed = error.print().and_then(|()| io::stdout().flush());
    match printed {
        Err(e) if e.kind() != io::ErrorKind::BrokenPipe => {
            print_error(&format!("stdout cannot be written to: {e}"));
            ExitCode::FAILURE
        }
        _ if error.use_stderr() => ExitCode::from(WRONG_ARGUMENT),
        _ => ExitCode::SUCCESS,
    }
}

fn color(choice: &std::ffi::OsStr) -> ColorChoice {
    let choice = choice.to_str().and_then(|choice| choice.parse().ok());
    choice.unwrap_or_default()
}

/// Prints an error in one line, and with `is_json` as an object on stdout, too.
pub(crate) fn report_failure(text: &str, is_json: bool) {
    print_error(text);
    if is_json && let Err(e) = print_json(&json!({ "error": text })) {
        print_error(&format!("{e:#}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn printable_text_with_control_characters_has_none() {
        assert_eq!(
            printable("a\u{1b}[2Jb\n\u{9b}ä"),
            "a\u{fffd}[2Jb\u{fffd}\u{fffd}ä"
        );
        // The name would read `song vaw.exe` backwards; Hebrew letters need no such character.
        assert_eq!(
            printable("song \u{202e}exe.wav \u{2066}\u{2069} שיר"),
            "song \u{fffd}exe.wav \u{fffd}\u{fffd} שיר"
        );
    }
}
