//! `cargo xtask measure`: tables of docs/measurements.md, written by the programs that measure them.
//!
//! A table stands between the marks `<!-- table NAME -->` and `<!-- end -->`. The command replaces all that stands between them,
//! and adds a line with date, version, processor and songs.

mod comparisons;
mod cost;
mod executors;
mod master_table;
mod promises;
mod stress_table;
mod table;

pub(crate) use table::Table;

use crate::arguments::MeasureArguments;
use crate::command_steps::output;
use crate::setup::{self, Package};
use crate::{train, workspace};
use anyhow::{Context, Result, ensure};
use master_table::song_name;
use std::path::PathBuf;
use std::process::Command;

const PAGE: &str = "docs/measurements.md";
const END: &str = "<!-- end -->";

/// Measures a table and writes it to the page, or prints it.
///
/// # Errors
///
/// If there are more or fewer songs than the table needs, if a profile is given for a table without any, if a program cannot be
/// built or fails, or if the page has no marks of the table.
pub(crate) fn measure(arguments: &MeasureArguments) -> Result<()> {
    check(arguments)?;
    let MeasureArguments { table, songs, .. } = arguments;
    let name = table.name();
    let path = workspace::root().join(PAGE);
    let read = || std::fs::read_to_string(&path).with_context(|| format!("{PAGE} cannot be read"));
    let no_marks = || format!("{PAGE} has no marks of the table {name}");
    if !arguments.print {
        // A measurement takes minutes.
        block(&read()?, &name).with_context(no_marks)?;
    }
    let rows = rows(arguments)?;
    let block = format!("{}\n\n{}\n", rows.trim_end(), origin(&name, songs)?);
    if arguments.print {
        print!("{block}");
        return Ok(());
    }
    let page = with_table(&read()?, &name, &block).with_context(no_marks)?;
    std::fs::write(&path, page).with_context(|| format!("{PAGE} cannot be written"))?;
    eprintln!("wrote the table {name} to {PAGE}");
    Ok(())
}

/// Whether the songs and profiles are those that the table needs.
///
/// # Errors
///
/// If they aren't.
fn check(arguments: &MeasureArguments) -> Result<()> {
    let MeasureArguments { table, songs, .. } = arguments;
    let name = table.name();
    let needed = table.songs();
    ensure!(
        needed.contains(&songs.len()),
        "the table {name} needs {}, not {}",
        how_many(*needed.start(), *needed.end()),
        songs.len()
    );
    ensure!(
        *table == Table::Songs || arguments.profiles.is_empty(),
        "the table {name} has no profiles"
    );
    Ok(())
}

fn rows(arguments: &MeasureArguments) -> Result<String> {
    // Some of the programs run in another folder.
    let songs = arguments.songs.iter().map(std::path::absolute);
    let songs = &songs.collect::<std::io::Result<Vec<PathBuf>>>()?;
    match arguments.table {
        Table::Promises => promises::measure(),
        Table::Cost => cost::measure(),
        Table::Songs => master_table::measure(songs, &arguments.profiles),
        Table::Presets => output(
            workspace::cargo()
                .args(["run", "--release", "-p", "flow_dsp"])
                .args(["--example", "measure_presets", "--"])
                .args(songs),
        ),
        Table::Limiters => comparisons::of_plugins("compare_limiters.py", songs),
        Table::Stages => comparisons::of_plugins("compare_stages.py", songs),
        Table::Programs => comparisons::of_programs("compare_speed.py", songs),
        Table::Matching => comparisons::of_programs("compare_with_matchering.py", songs),
        Table::ContentClasses => of_recipe("content_classes.py", &setup::FOR_CONTENT_CLASSES),
        Table::SongLoudness => of_recipe("song_loudness.py", &[]),
        Table::Executors => executors::measure(),
        Table::Busy => stress_table::measure(),
    }
}

/// The table that a script of the training recipe prints. It needs more packages than the recipe.
///
/// # Errors
///
/// If a program is missing and cannot be installed, or if the script fails.
fn of_recipe(script: &str, more: &[Package]) -> Result<String> {
    output(&mut train::recipe_script(script, more, None)?)
}

/// A number of songs in words.
fn how_many(least: usize, most: usize) -> String {
    match (least, most) {
        (0, 0) => "no songs".to_owned(),
        (1, 1) => "one song".to_owned(),
        (_, usize::MAX) => "songs".to_owned(),
        (_, most) => format!("{most} songs"),
    }
}

/// A sentence with the command, the date, the version, the machine, and the names of the songs.
fn origin(name: &str, songs: &[PathBuf]) -> Result<String> {
    let date = output(Command::new("date").args(["-u", "+%F"]))?;
    let names: Vec<String> = songs.iter().map(|song| song_name(song)).collect();
    let songs = match names.as_slice() {
        [] => String::new(),
        names => format!(" Songs: {}.", names.join(", ")),
    };
    Ok(format!(
        "Measured by `cargo xtask measure --table {name}` on {} with Flow {}, on {}.{songs}",
        date.trim(),
        env!("CARGO_PKG_VERSION"),
        processor(),
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

/// The block between the marks of a table; `None` if there are no such marks.
fn block<'a>(page: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = page.split_once(&mark(name))?;
    Some(rest.split_once(END)?.0)
}

/// The page with a new block between the marks of a table; `None` if there are no such marks.
fn with_table(page: &str, name: &str, new: &str) -> Option<String> {
    let old = block(page, name)?;
    let mark = mark(name);
    Some(page.replacen(
        &format!("{mark}{old}{END}"),
        &format!("{mark}{new}{END}"),
        1,
    ))
}

fn mark(name: &str) -> String {
    format!("<!-- table {name} -->\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::ValueEnum;

    fn arguments(table: Table, songs: usize, profiles: &[&str]) -> MeasureArguments {
        MeasureArguments {
            table,
            print: true,
            profiles: profiles.iter().map(|&name| name.to_owned()).collect(),
            songs: vec![PathBuf::from("song.wav"); songs],
        }
    }

    #[test]
    fn songs_and_profiles_that_a_table_does_not_take_are_refused() {
        assert!(check(&arguments(Table::Songs, 2, &["club"])).is_ok());
        assert!(check(&arguments(Table::Presets, 1, &[])).is_ok());
        let refused = |arguments| check(&arguments).unwrap_err().to_string();
        assert_eq!(
            refused(arguments(Table::Presets, 1, &["club"])),
            "the table presets has no profiles"
        );
        assert_eq!(
            refused(arguments(Table::Stages, 2, &[])),
            "the table stages needs one song, not 2"
        );
    }

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
            let name = table.name();
            let block = block(&page, &name).unwrap_or_else(|| panic!("{PAGE}: no table {name}"));
            assert!(
                block.contains("Measured "),
                "{PAGE}: the table {name} is empty"
            );
        }
    }
}
