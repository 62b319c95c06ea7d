//! The steps of the workflows in .github: each can be run locally.

use crate::files;

/// The beginnings of commands that prepare a runner or publish. Everything else is a call of `cargo xtask`.
const OTHER_COMMANDS: [&str; 4] = [
    "rustup toolchain install ",
    "git config --global --add safe.directory ",
    "cargo install --locked --git https://github.com/free-audio/clap-validator",
    "gh release create ",
];

/// The commands of a workflow that no developer can run by `cargo xtask`, one a line.
fn foreign_commands(workflow: &str) -> Vec<String> {
    let commands = workflow.lines().filter_map(|line| {
        let line = line.trim_start().trim_start_matches("- ");
        line.strip_prefix("run:")
    });
    commands
        .map(str::trim)
        .filter(|command| {
            !command.starts_with("cargo xtask ")
                && !OTHER_COMMANDS
                    .iter()
                    .any(|known| command.starts_with(known))
        })
        .map(str::to_owned)
        .collect()
}

/// The commands of all workflows that are no call of `cargo xtask`.
pub(crate) fn foreign_commands_of_all() -> Vec<String> {
    let folder = files::root().join(".github/workflows");
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        found.extend(
            foreign_commands(&text)
                .iter()
                .map(|c| format!("{name}: {c}")),
        );
    }
    found
}

#[test]
fn foreign_commands_of_workflow_are_those_without_xtask() {
    let workflow = "jobs:\n  a:\n    steps:\n      - uses: actions/checkout@v5\n      - run: cargo xtask test\n      - name: b\n        run: make all\n      - run: |\n          ls\n";
    assert_eq!(foreign_commands(workflow), ["make all", "|"]);
}
