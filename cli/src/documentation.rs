//! `flow completions` and `flow man`: the shells' scripts and the manual pages, which the definition of the arguments gives.

use crate::Cli;
use crate::arguments::{CompletionsArguments, ManArguments};
use crate::messages::print_result;
use anyhow::{Context, Result};
use clap::{CommandFactory, ValueEnum};
use clap_complete::Shell;
use clap_mangen::Man;
use std::path::Path;
use std::process::ExitCode;

/// Prints the completion script of a shell.
///
/// # Errors
///
/// If stdout cannot be written to.
pub fn completions(arguments: &CompletionsArguments) -> Result<ExitCode> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Cli::command(), "flow", &mut script);
    print_result(String::from_utf8_lossy(&script).trim_end())?;
    Ok(ExitCode::SUCCESS)
}

/// Writes the manual pages of all commands to a folder, or prints them.
///
/// # Errors
///
/// If the folder or stdout cannot be written to.
pub fn man(arguments: &ManArguments) -> Result<ExitCode> {
    if let Some(folder) = &arguments.out {
        write_pages(folder)?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut text = Vec::new();
    for page in pages() {
        page.render(&mut text)?;
    }
    print_result(String::from_utf8_lossy(&text).trim_end())?;
    Ok(ExitCode::SUCCESS)
}

/// Writes the completion scripts of all shells to `completions`, and the manual pages to `man/man1` in `folder`.
///
/// # Errors
///
/// If the folder cannot be written to.
pub fn write_documentation(folder: &Path) -> Result<()> {
    let completions = folder.join("completions");
    let cannot = || format!("{}: the scripts cannot be written", completions.display());
    std::fs::create_dir_all(&completions).with_context(cannot)?;
    for shell in Shell::value_variants() {
        let written = clap_complete::generate_to(*shell, &mut Cli::command(), "flow", &completions);
        written.with_context(cannot)?;
    }
    write_pages(&folder.join("man").join("man1"))
}

fn write_pages(folder: &Path) -> Result<()> {
    let cannot = || format!("{}: the pages cannot be written", folder.display());
    std::fs::create_dir_all(folder).with_context(cannot)?;
    for page in pages() {
        page.generate_to(folder).with_context(cannot)?;
    }
    Ok(())
}

/// The page of the program, and one for each command.
fn pages() -> Vec<Man> {
    let mut command = Cli::command().disable_help_subcommand(true);
    command.build();
    let commands = std::iter::once(&command).chain(command.get_subcommands());
    commands.map(|command| Man::new(command.clone())).collect()
}
