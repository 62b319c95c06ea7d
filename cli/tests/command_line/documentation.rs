//! Help, completions, manual pages and the list of presets.

use super::{flow, json, names, text};
use clap::CommandFactory;
use flow_cli::Cli;
use std::path::Path;

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

/// The lines of the shell examples in the manual.
fn examples() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/manual");
    let pages = ["command-line.md", "references.md", "albums.md"];
    let pages = pages.map(|page| std::fs::read_to_string(folder.join(page)).unwrap());
    // Every second part lies between two fences.
    let blocks = pages
        .iter()
        .flat_map(|page| page.split("```").skip(1).step_by(2));
    let lines = blocks.flat_map(|block| block.lines().skip(1).map(str::to_owned));
    lines.collect()
}

#[cfg(unix)]
#[test]
fn examples_of_manual_succeed() {
    let folder = tempfile::tempdir().unwrap();
    let album = folder.path().join("album");
    std::fs::create_dir(&album).unwrap();
    super::write_noise(folder.path(), "song.wav", 1.0);
    // A reference is ten seconds of music at least.
    let music = flow_demo_song::demo_song(48_000).range(15 * 48_000, 27 * 48_000);
    for name in ["other.wav", "album/1.wav", "album/2.wav"] {
        super::write(folder.path(), name, &music);
    }
    let examples = examples();
    assert!(examples.len() > 10, "{examples:?}");
    let programs = Path::new(env!("CARGO_BIN_EXE_flow")).parent().unwrap();
    let path = std::env::var("PATH").unwrap();
    for example in examples {
        let mut shell = std::process::Command::new("sh");
        let output = shell
            .args(["-e", "-c", &example])
            .current_dir(folder.path())
            .env("PATH", format!("{}:{path}", programs.display()))
            .env("FLOW_BUNDLE", flow_testkit::testing::bundle_path())
            .output()
            .unwrap();
        assert!(output.status.success(), "{example}: {output:?}");
        assert!(
            !example.contains("--json") || json(&output).is_object() || json(&output).is_array()
        );
    }
}

#[test]
fn written_documentation_has_scripts_and_pages() {
    let folder = tempfile::tempdir().unwrap();
    flow_cli::write_documentation(folder.path()).unwrap();
    let scripts = names(&folder.path().join("completions"));
    assert!(scripts.contains(&"flow.bash".to_owned()) && scripts.contains(&"_flow".to_owned()));
    let pages = names(&folder.path().join("man").join("man1"));
    assert_eq!(pages.len(), options().len() + 1);
}
