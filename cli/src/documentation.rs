//! `flow completions` and `flow man`: the shells' scripts and the manual pages, which the definition of the arguments gives.

use crate::Cli;
use crate::arguments::{CompletionsArguments, ManArguments};
use crate::messages::print_result;
use anyhow::{Context, Result};
use clap::CommandFactory;
use clap_mangen::Man;
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
    let mut command = Cli::command().disable_help_subcommand(true);
    command.build();
    let commands = std::iter::once(&command).chain(command.get_subcommands());
    let pages = commands.map(|command| Man::new(command.clone()));
    if let Some(folder) = &arguments.out {
        std::fs::create_dir_all(folder)
            .and_then(|()| {
                let mut written = pages.map(|page| page.generate_to(folder));
                written.try_for_each(|path| path.map(drop))
            })
            .with_context(|| format!("{}: the pages cannot be written", folder.display()))?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut text = Vec::new();
    for page in pages {
        page.render(&mut text)?;
    }
    print_result(String::from_utf8_lossy(&text).trim_end())?;
    Ok(ExitCode::SUCCESS)
}
