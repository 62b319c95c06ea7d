//! The steps of the workflows in .github: each can be run locally.

use crate::files;

/// The beginnings of commands that prepare a runner or publish. Everything else is a call of `cargo xtask`.
const OTHER_COMMANDS: [&str; 5] = [
    "rustup toolchain install ",
    "git config --global --add safe.directory ",
    "cargo install --locked --git https://github.com/free-audio/clap-validator --tag ",
    "gh release ",
    "test \"$(gh release view ",
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

/// The texts of all workflows, with their file names.
fn all() -> Vec<(String, String)> {
    let folder = files::root().join(".github/workflows");
    let entries = std::fs::read_dir(folder).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    paths
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, std::fs::read_to_string(path).unwrap())
        })
        .collect()
}

/// The lines that `find` finds in all workflows, each with its file's name.
fn found_in_all(find: impl Fn(&str) -> Vec<String>) -> Vec<String> {
    let found = |(name, text): &(String, String)| -> Vec<String> {
        let lines = find(text).into_iter();
        lines.map(|line| format!("{name}: {line}")).collect()
    };
    all().iter().flat_map(found).collect()
}

/// The commands of all workflows that are no call of `cargo xtask`.
pub(crate) fn foreign_commands_of_all() -> Vec<String> {
    found_in_all(foreign_commands)
}

/// The actions of a workflow that aren't named by a whole commit with the version behind it. A tag can be moved.
fn actions_by_tag(workflow: &str) -> Vec<String> {
    let is_commit =
        |text: &str| text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_fixed = |action: &str| {
        let parts = action.split_once('@');
        let version = parts.and_then(|(_, version)| version.split_once(" # v"));
        version.is_some_and(|(commit, version)| is_commit(commit) && !version.is_empty())
    };
    let lines = workflow.lines().map(str::trim);
    let actions = lines.filter_map(|line| line.trim_start_matches("- ").strip_prefix("uses: "));
    let by_tag = actions.filter(|action| !is_fixed(action));
    by_tag.map(str::to_owned).collect()
}

/// The jobs of a workflow, each with its name and lines.
fn jobs(workflow: &str) -> Vec<(String, String)> {
    let (_, text) = workflow.split_once("\njobs:\n").unwrap();
    let mut jobs: Vec<(String, String)> = Vec::new();
    for line in text.lines() {
        let indented = line.strip_prefix("  ").unwrap_or_default();
        let name = indented.strip_suffix(':').unwrap_or_default();
        if !name.is_empty() && !name.starts_with([' ', '#']) {
            jobs.push((name.to_owned(), String::new()));
        }
        if let Some((_, lines)) = jobs.last_mut() {
            lines.push_str(line);
            lines.push('\n');
        }
    }
    jobs
}

/// The faults of a workflow's jobs: no limit of time, or Debian's packages on a system that lacks them.
fn faults_of_jobs(workflow: &str) -> Vec<String> {
    let mut faults = Vec::new();
    for (name, lines) in jobs(workflow) {
        if !lines.contains("\n    timeout-minutes: ") {
            faults.push(format!("{name} has no timeout-minutes"));
        }
        let is_whole_test = lines
            .lines()
            .any(|line| line.trim() == "- run: cargo xtask test");
        if is_whole_test && !lines.contains("-bookworm\n") {
            faults.push(format!(
                "{name} runs all stages, whose packages Debian 12 has"
            ));
        }
    }
    faults
}

#[test]
fn actions_are_named_by_their_commits() {
    let found = found_in_all(actions_by_tag);
    assert!(found.is_empty(), "actions by tag: {found:#?}");
}

#[test]
fn jobs_have_a_limit_of_time_and_the_packages_that_they_need() {
    let found = found_in_all(faults_of_jobs);
    assert!(found.is_empty(), "faults of jobs: {found:#?}");
}

#[test]
fn draft_of_release_is_made_once_and_published_files_are_kept() {
    let workflow = std::fs::read_to_string(files::root().join(".github/workflows/release.yml"));
    let workflow = workflow.unwrap();
    let steps = [
        "gh release view \"$TAG\" || gh release create \"$TAG\" --draft",
        "test \"$(gh release view \"$TAG\" --json isDraft --jq .isDraft)\" = true",
        "gh release upload \"$TAG\" packages/* --clobber",
    ];
    let places: Vec<_> = steps.iter().map(|step| workflow.find(step)).collect();
    assert!(places.iter().all(Option::is_some), "{places:?}");
    assert!(places.is_sorted(), "{places:?}");
}

#[test]
fn dependabot_reads_each_list_of_python_packages() {
    let settings = std::fs::read_to_string(files::root().join(".github/dependabot.yml")).unwrap();
    let folders = settings.lines().find_map(|line| {
        line.trim()
            .strip_prefix("directories: [")?
            .strip_suffix(']')
    });
    let folders: Vec<&str> = folders.unwrap().split(", ").collect();
    for folder in &folders {
        let list = files::root().join(folder.trim_start_matches('/'));
        assert!(list.join("requirements.txt").exists(), "{folder}");
    }
    for parent in ["tests", "models"] {
        for entry in std::fs::read_dir(files::root().join(parent)).unwrap() {
            let path = entry.unwrap().path();
            if path.join("requirements.txt").exists() {
                let name = path.file_name().unwrap().to_string_lossy();
                let folder = format!("/{parent}/{name}");
                assert!(folders.contains(&folder.as_str()), "{folder}");
            }
        }
    }
}

#[test]
fn actions_by_tag_are_found() {
    let commit = "0123456789012345678901234567890123456789";
    let workflow = format!(
        "      - uses: a/b@v5\n      - uses: a/b@{commit} # v5.0.0\n        uses: a/b@{commit}\n"
    );
    assert_eq!(
        actions_by_tag(&workflow),
        ["a/b@v5", &format!("a/b@{commit}")]
    );
}

#[test]
fn faults_of_jobs_are_found() {
    let workflow = "\njobs:\n  # A comment:\n  a:\n    timeout-minutes: 5\n    steps:\n      - run: cargo xtask test --only manual\n  b:\n    steps:\n      - run: cargo xtask test\n";
    let faults = faults_of_jobs(workflow);
    assert_eq!(faults.len(), 2, "{faults:?}");
    assert!(faults.iter().all(|fault| fault.starts_with("b ")));
}

#[test]
fn foreign_commands_of_workflow_are_those_without_xtask() {
    let workflow = "jobs:\n  a:\n    steps:\n      - uses: actions/checkout@v5\n      - run: cargo xtask test\n      - name: b\n        run: make all\n      - run: |\n          ls\n";
    assert_eq!(foreign_commands(workflow), ["make all", "|"]);
}
