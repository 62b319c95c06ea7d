//! Help, completions, manual pages and the list of presets.

use super::{flow, json, names, text};
use clap::CommandFactory;
use flow_cli::Cli;

fn output(arguments: &[&str]) -> String {
    let output = flow(arguments).output().unwrap();
    assert!(
        output.status.success() && output.stderr.is_empty(),
        "{output:?}"
    );
    text(&output.stdout)
}

/// The names of the commands with all their long options.
fn options() -> Vec<(String, Vec<String>)> {
    let mut cli = Cli::command().disable_help_subcommand(true);
    cli.build();
    let longs = |command: &clap::Command| {
        let longs = command.get_arguments().filter_map(clap::Arg::get_long);
        longs.map(|long| format!("--{long}")).collect()
    };
    let commands = cli.get_subcommands();
    commands
        .map(|command| (command.get_name().to_owned(), longs(command)))
        .collect()
}

#[test]
fn help_of_all_commands_fits_100_columns_and_has_every_option() {
    for (command, options) in options() {
        for flag in ["-h", "--help"] {
            let help = output(&[&command, flag]);
            for line in help.lines() {
                assert!(line.chars().count() <= 100, "{command} {flag}: {line}");
            }
            for option in &options {
                assert!(help.contains(option), "{command} {flag}: no {option}");
            }
        }
    }
    assert!(output(&["--help"]).contains("Exit codes:"));
}

#[test]
fn completions_have_every_command_and_option() {
    for shell in ["bash", "zsh", "fish"] {
        let script = output(&["completions", shell]);
        for (command, options) in options() {
            assert!(script.contains(&command), "{shell}: no {command}");
            for option in options {
                let option = option.trim_start_matches('-');
                assert!(script.contains(option), "{shell}: no {option}");
            }
        }
        assert!(
            script.contains("apple-music") && script.contains("gentle-glue"),
            "{shell}"
        );
    }
}

#[test]
fn manual_pages_have_every_option_and_exit_codes() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("man1");
    output(&["man", "--out", out.to_str().unwrap()]);
    let all = output(&["man"]);
    for (command, options) in options() {
        let page = std::fs::read_to_string(out.join(format!("flow-{command}.1"))).unwrap();
        assert!(all.contains(page.trim_end()), "{command}");
        for option in options {
            let option = option.replace('-', "\\-");
            assert!(page.contains(&option), "{command}: no {option}");
        }
    }
    let page = std::fs::read_to_string(out.join("flow.1")).unwrap();
    assert!(page.contains("Exit codes") && names(&out).len() == options().len() + 1);
}

#[test]
fn preset_list_has_all_presets_by_category() {
    let list = output(&["presets"]);
    let presets = flow_params::presets::all();
    for preset in presets {
        assert!(list.contains(&preset.name) && list.contains(&preset.description));
        assert!(list.lines().any(|line| line == preset.category), "{list}");
    }
    let records = json(&flow(["presets", "--json"]).output().unwrap());
    let records = records.as_array().unwrap();
    assert_eq!(records.len(), presets.len());
    assert!(records.iter().all(|record| record["values"].is_object()));
}
