//! Rules for the workspace's sources: no circular imports, the language of names, comments and texts, sizes of
//! files and folders, licenses of dependencies, the oldest Rust.
//!
//! All limits stand in [`limits`]. They may be lowered. A change that needs a higher one has to be written differently.

mod circular_imports;
mod files;
mod licenses;
mod limits;
mod names;
mod phrases;
mod prose;
mod rust_version;
mod spelling;
mod workflows;

use circular_imports::Crate;
use files::SourceFile;

/// Joins lines to the message of a failed assertion.
fn list(title: &str, lines: &[String]) -> String {
    format!("{title}:\n  {}\n", lines.join("\n  "))
}

#[test]
fn imports_between_files_form_no_circle() {
    let mut circles = Vec::new();
    for root in files::crate_roots() {
        let found = Crate::load(&root).circles();
        circles.extend(found.iter().map(|circle| circle.join("\n    ")));
    }
    circles.sort();
    circles.dedup();
    assert!(circles.is_empty(), "{}", list("circles", &circles));
}

#[test]
fn comments_and_documents_stay_below_the_limit_of_person_pronouns() {
    let report = phrases::count(
        &files::source_files(),
        prose::paragraphs,
        phrases::person_pronouns,
    );
    println!("{report}");
    assert!(
        report.per_1000_words() <= limits::PERSON_PRONOUNS_PER_1000_WORDS,
        "{report}"
    );
}

#[test]
fn comments_and_documents_stay_below_the_limit_of_noun_clauses() {
    let report = phrases::count(
        &files::source_files(),
        prose::paragraphs,
        phrases::what_clauses,
    );
    println!("{report}");
    assert!(
        report.per_1000_words() <= limits::WHAT_CLAUSES_PER_1000_WORDS,
        "{report}"
    );
}

#[test]
fn texts_of_the_program_have_no_person_pronouns_and_noun_clauses() {
    let files = files::source_files();
    for find in [phrases::person_pronouns, phrases::what_clauses] {
        let report = phrases::count(&files, prose::shown_texts, find);
        assert!(report.is_empty(), "{report}");
    }
}

#[test]
fn words_are_spelled_as_in_american_english() {
    let files = files::source_files();
    let found: Vec<String> = files.iter().flat_map(spelling::british_words).collect();
    assert!(
        found.is_empty(),
        "{}",
        list("words in British spelling", &found)
    );
}

#[test]
fn types_are_named_by_nouns() {
    let mut found = Vec::new();
    for file in files::source_files() {
        let types = names::types(&file).into_iter();
        let wrong = types.filter(|(_, name)| names::is_participle(name));
        found.extend(wrong.map(|(line, name)| format!("{}:{line}: {name}", file.name)));
    }
    assert!(
        found.len() <= limits::PARTICIPLES_AS_TYPES,
        "{}",
        list("past participles as type names", &found)
    );
}

#[test]
fn tests_are_named_unit_condition_expectation() {
    let mut found = Vec::new();
    for file in files::source_files() {
        let tests = names::tests(&file).into_iter();
        let wrong = tests.filter(|(_, name)| !names::is_test_name(name));
        found.extend(wrong.map(|(line, name)| format!("{}:{line}: {name}", file.name)));
    }
    assert!(
        found.is_empty(),
        "{} of them, {}",
        found.len(),
        list("test names without unit, condition and expectation", &found)
    );
}

#[test]
fn files_and_folders_stay_below_their_limits_of_size() {
    let files = files::source_files();
    let mut found: Vec<String> = files
        .iter()
        .filter(|file| !file.is_document() && !file.is_generated())
        .map(|file| (file, file.text.lines().count()))
        .filter(|(_, lines)| *lines > limits::LINES_OF_A_FILE)
        .map(|(file, lines)| format!("{}: {lines} lines", file.name))
        .collect();
    for (folder, count) in files::folder_sizes(&files) {
        if count > limits::FILES_OF_A_FOLDER {
            found.push(format!("{folder}/: {count} files"));
        }
    }
    assert!(
        found.is_empty(),
        "{}",
        list("files and folders above their limits", &found)
    );
}

#[test]
fn dependencies_have_allowed_licenses_and_sources() {
    let refused = licenses::refused_packages();
    assert!(
        refused.is_empty(),
        "{}",
        list("dependencies that deny.toml does not allow", &refused)
    );
}

#[test]
fn dependencies_and_documents_agree_on_the_oldest_rust() {
    let found = rust_version::contradictions();
    assert!(found.is_empty(), "{}", list("contradictions", &found));
}

#[test]
fn files_have_the_same_bytes_on_every_system() {
    let attributes = std::fs::read_to_string(files::root().join(".gitattributes")).unwrap();
    assert!(attributes.lines().any(|line| line == "* text=auto eol=lf"));
}

#[test]
fn steps_of_workflows_are_calls_of_xtask() {
    let found = workflows::foreign_commands_of_all();
    assert!(found.is_empty(), "{}", list("other commands", &found));
}

#[test]
fn locks_of_poisoned_mutexes_are_taken_in_one_place() {
    let unwraps = |file: &SourceFile| {
        let text: String = file.text.split_whitespace().collect();
        text.contains(concat!(
            ".lock()",
            ".unwrap_or_else(PoisonError::into_inner)"
        ))
    };
    let found: Vec<String> = files::source_files()
        .into_iter()
        .filter(|file| file.is_rust() && file.name != "platform/src/mutex.rs" && unwraps(file))
        .map(|file| file.name)
        .collect();
    assert!(
        found.is_empty(),
        "{}",
        list("files that should call flow_platform::mutex::lock", &found)
    );
}

#[test]
fn tests_are_never_ignored() {
    // Also an attribute that ignores a test in some builds only.
    let is_ignoring = |line: &str| line.trim_start().starts_with("#[") && line.contains("ignore");
    let has_ignored = |file: &SourceFile| file.is_rust() && file.text.lines().any(is_ignoring);
    let found: Vec<String> = files::source_files()
        .into_iter()
        .filter(has_ignored)
        .map(|file| file.name)
        .collect();
    assert!(
        found.is_empty(),
        "{}",
        list("files with ignored tests", &found)
    );
}
