//! `cargo xtask measure`: tables of docs/measurements.md, written by the programs that measure them.
//!
//! A table stands between the marks `<!-- table NAME -->` and `<!-- end -->`. The command replaces all that stands between them,
//! and adds a line with date, version, processor and songs.

mod master_table;
mod table;

pub(crate) use table::Table;

use crate::arguments::MeasureArguments;
use crate::command_steps::output;
use crate::workspace;
use anyhow::{Context, Result};
use clap::ValueEnum;
use master_table::song_name;
use std::path::PathBuf;
use std::process::Command;

const PAGE: &str = "docs/measurements.md";
const END: &str = "<!-- end -->";

/// Measures a table and writes it to the page.
///
/// # Errors
///
/// If a program cannot be built or fails, or if the page has no marks of the table.
pub(crate) fn measure(arguments: &MeasureArguments) -> Result<()> {
    let songs = &arguments.songs;
    let rows = match arguments.table {
        Table::Songs => master_table::measure(songs, &arguments.profiles)?,
        Table::Presets => {
            let mut example = workspace::cargo();
            let options = ["run", "--release", "-p", "flow_dsp"];
            output(
                example
                    .args(options)
                    .args(["--example", "measure_presets", "--"])
                    .args(songs),
            )?
        }
    };
    let name = arguments
        .table
        .to_possible_value()
        .map_or_else(String::new, |value| value.get_name().to_owned());
    let block = format!("{rows}\n{}\n", origin(&name, songs)?);
    let path = workspace::root().join(PAGE);
    let page = std::fs::read_to_string(&path).with_context(|| format!("{PAGE} cannot be read"))?;
    let page = with_table(&page, &name, &block)
        .with_context(|| format!("{PAGE} has no marks of the table {name}"))?;
    std::fs::write(&path, page).with_context(|| format!("{PAGE} cannot be written"))?;
    eprintln!("wrote the table {name} to {PAGE}");
    Ok(())
}

/// A sentence with the command, the date, the version, the machine, and the names of the songs.
fn origin(name: &str, songs: &[PathBuf]) -> Result<String> {
    let date = output(Command::new("date").args(["--utc", "+%F"]))?;
    let names: Vec<String> = songs.iter().map(|song| song_name(song)).collect();
    Ok(format!(
        "Measured by `cargo xtask measure --table {name}` on {} with Flow {}, on {}. Songs: {}.",
        date.trim(),
        env!("CARGO_PKG_VERSION"),
        processor(),
        names.join(", ")
    ))
}

/// The number of logical processors, and their name on Linux.
fn processor() -> String {
    let count = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let information = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = information
        .lines()
        .find_map(|line| line.strip_prefix("model name"))
        .map(|name| name.trim_start_matches([' ', '\t', ':']));
    format!(
        "{count} cores of {}",
        name.unwrap_or("an unnamed processor")
    )
}

/// The page with a new block between the marks of a table; `None` if there are no such marks.
fn with_table(page: &str, name: &str, block: &str) -> Option<String> {
    let mark = format!("<!-- table {name} -->\n");
    let (before, rest) = page.split_once(&mark)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{mark}{block}{END}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table_between_its_marks_is_replaced_and_the_rest_stays() {
        let page = "a\n<!-- table x -->\nold\n<!-- end -->\nb\n<!-- table y -->\n<!-- end -->\n";
        let written = with_table(page, "x", "new\n").unwrap();
        assert_eq!(written, page.replace("old", "new"));
        assert_eq!(with_table(page, "z", "new\n"), None);
    }

    #[test]
    fn page_of_measurements_has_marks_of_every_table() {
        let page = std::fs::read_to_string(workspace::root().join(PAGE)).unwrap();
        for table in Table::value_variants() {
            let name = table.to_possible_value().unwrap();
            let written = with_table(&page, name.get_name(), "");
            assert!(written.is_some(), "{PAGE}: no table {}", name.get_name());
        }
    }
}
