//! The documentation's links and plots. Needs the bundle.

use flow_testkit::testing;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The beginnings of links out of the repository: to websites, and to pages of the site that publishes it.
const OUTSIDE: [&str; 3] = ["http", "../../releases", "../../issues/"];

/// The folder of the decision records.
const DECISIONS: &str = "docs/developer/decisions";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn files_in(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|e| e == extension));
    files.sort();
    files
}

/// All pages of the documentation.
fn pages() -> Vec<PathBuf> {
    let folders = [
        "docs",
        "docs/manual",
        "docs/pillars",
        "docs/developer",
        DECISIONS,
        "models",
        "models/styles",
        "models/train",
        "plugin/languages",
        ".github",
    ];
    let mut pages: Vec<PathBuf> = folders
        .iter()
        .flat_map(|folder| files_in(&root().join(folder), "md"))
        .collect();
    pages.extend(
        [
            "README.md",
            "ARCHITECTURE.md",
            "CHANGELOG.md",
            "CODE_OF_CONDUCT.md",
            "CONTRIBUTING.md",
            "SECURITY.md",
        ]
        .map(|name| root().join(name)),
    );
    pages
}

/// The targets of `[text](target)` outside of code.
fn targets(page: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(page).unwrap();
    // Every second part lies between two fences.
    let prose = text.split("```").step_by(2);
    let starts = prose.flat_map(|part| part.split("](").skip(1));
    starts
        .filter_map(|rest| rest.split_once(')'))
        .map(|(target, _)| target.to_owned())
        .collect()
}

/// The anchor of a heading.
fn anchor(heading: &str) -> String {
    let kept = heading.trim().to_lowercase();
    let kept = kept
        .chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-'));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

#[test]
fn links_of_documents_have_targets() {
    let mut broken = Vec::new();
    for page in pages() {
        for target in targets(&page) {
            let (path, place) = target.split_once('#').unwrap_or((&target, ""));
            if OUTSIDE.iter().any(|start| path.starts_with(start)) {
                continue;
            }
            let file = if path.is_empty() {
                page.clone()
            } else {
                page.with_file_name(path)
            };
            let text = std::fs::read_to_string(&file).unwrap_or_default();
            let headings = text.lines().filter(|line| line.starts_with('#'));
            let has_place = || {
                headings
                    .map(|h| anchor(h.trim_start_matches('#')))
                    .any(|a| a == place)
            };
            if !file.exists() || !(place.is_empty() || has_place()) {
                broken.push(format!("{}: {target}", page.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn decision_records_are_listed_with_their_titles_and_have_all_sections() {
    let folder = root().join(DECISIONS);
    let list = std::fs::read_to_string(folder.join("README.md")).unwrap();
    let mut faults = Vec::new();
    let mut count = 0;
    for path in files_in(&folder, "md") {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let Some((number, _)) = name.split_once('-') else {
            continue;
        };
        count += 1;
        let text = std::fs::read_to_string(&path).unwrap();
        let title = text.lines().next().unwrap_or_default();
        match title.strip_prefix(&format!("# {number}. ")) {
            Some(title) if list.contains(&format!("| [{number}]({name}) | {title} |")) => {}
            _ => faults.push(format!("{name}: README.md has no row with \"{title}\"")),
        }
        for section in ["\n## Context\n", "\n## Decision\n", "\n## Consequences\n"] {
            if !text.contains(section) {
                faults.push(format!("{name}: {} is missing", section.trim()));
            }
        }
    }
    assert!(count > 10, "the scan found only {count} records");
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn readme_has_at_most_900_words() {
    let text = std::fs::read_to_string(root().join("README.md")).unwrap();
    let is_word = |word: &&str| word.contains(char::is_alphanumeric);
    let count = text.split_whitespace().filter(is_word).count();
    assert!(count <= 900, "README.md has {count} words");
}

#[test]
fn readme_has_the_number_of_factory_presets() {
    let text = std::fs::read_to_string(root().join("README.md")).unwrap();
    let presets = format!("{} presets", flow_params::presets::all().len());
    assert!(text.contains(&presets), "README.md doesn't say {presets}");
}

/// The paths of the repository that a page names in backticks, outside of code blocks. Generated folders and patterns are
/// left out.
fn named_paths(page: &Path) -> Vec<String> {
    let folders: BTreeSet<String> = std::fs::read_dir(root())
        .unwrap()
        .filter_map(|entry| entry.unwrap().file_name().into_string().ok())
        .filter(|name| name != "target")
        .collect();
    let text = std::fs::read_to_string(page).unwrap();
    let prose: String = text.split("```").step_by(2).collect();
    prose
        .split('`')
        .skip(1)
        .step_by(2)
        .filter(|code| {
            code.split_once('/')
                .is_some_and(|(first, _)| folders.contains(first))
        })
        .filter(|code| !code.contains([' ', '*', '<', '{', '…']) && !code.contains("NNNN"))
        .map(str::to_owned)
        .collect()
}

#[test]
fn paths_in_documents_exist() {
    let mut missing = Vec::new();
    let mut count = 0;
    for page in pages() {
        for path in named_paths(&page) {
            count += 1;
            if !root().join(&path).exists() {
                missing.push(format!("{}: {path}", page.display()));
            }
        }
    }
    assert!(count > 50, "the scan found only {count} paths");
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn stored_plots_are_the_linked_plots() {
    let folder = root().join("docs/pillars");
    let names = files_in(&folder.join("plots"), "svg").into_iter();
    let stored: BTreeSet<String> = names
        .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
        .collect();
    let shown: BTreeSet<String> = files_in(&folder, "md")
        .iter()
        .flat_map(|page| targets(page))
        .filter_map(|target| target.strip_prefix("plots/").map(str::to_owned))
        .collect();
    assert_eq!(stored, shown);
}

#[test]
fn stored_plots_agree_with_plugin() {
    let output = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .args(["plots", "--check"])
        .env("FLOW_BUNDLE", testing::bundle_path())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}
