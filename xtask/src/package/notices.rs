//! The licenses of all crates, libraries and fonts that a package contains.

mod runtimes;

use crate::{bundle, command_steps, workspace};
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// The programs and libraries of a package, whose dependencies are linked.
const PACKAGED: [&str; 2] = [bundle::PACKAGE, "flow_cli"];

/// The beginnings of names of files with license texts; the first one holds for British spelling, too.
const LICENSE_FILES: [&str; 4] = ["LICEN", "COPYING", "NOTICE", "UNLICEN"];

/// The folders below a crate's folder that are searched, because crates with C sources keep those with their license.
const SEARCH_DEPTH: usize = 3;

/// A linked crate.
struct Crate {
    name: String,
    license: String,
    authors: String,
    folder: PathBuf,
}

/// The notices for a package for `target`: a list of all crates, then each license text with the crates that it holds for.
///
/// # Errors
///
/// If Cargo fails, or if a crate has neither a license text nor a known license.
pub(super) fn notices(target: &str) -> Result<String> {
    let crates = linked_crates(&metadata(target)?)?;
    ensure!(!crates.is_empty(), "cargo metadata lists no crates");
    let font = workspace::root().join("plugin/fonts/OFL.txt");
    let mut texts: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for one in &crates {
        for text in license_texts(one)? {
            texts.entry(text).or_default().insert(&one.name);
        }
    }
    let font = std::fs::read_to_string(&font)
        .with_context(|| format!("{} cannot be read", font.display()))?;
    texts
        .entry(font.trim().to_owned())
        .or_default()
        .insert("the font Inter");
    let runtimes = runtimes::linked(target)?;
    for runtime in &runtimes {
        let names = texts.entry(runtime.text.clone()).or_default();
        names.insert(&runtime.name);
    }
    let mut notices = format!(
        "Flow contains the font Inter, {} crates and the libraries of the compilers. Flow itself is under the MIT license.\n\n",
        crates.len()
    );
    // Writing to a string cannot fail.
    for one in &crates {
        let _ = writeln!(notices, "{}: {}", one.name, one.license);
    }
    for runtime in &runtimes {
        let _ = writeln!(notices, "{}: {}", runtime.name, runtime.license);
    }
    let mut texts: Vec<_> = texts.into_iter().collect();
    texts.sort_by(|a, b| a.1.cmp(&b.1));
    for (text, names) in texts {
        let names: Vec<&str> = names.into_iter().collect();
        let line = "-".repeat(78);
        let _ = write!(
            notices,
            "\n{line}\n{}\n{line}\n\n{text}\n",
            names.join(", ")
        );
    }
    Ok(notices)
}

/// The output of `cargo metadata` for one system.
fn metadata(target: &str) -> Result<Value> {
    let output = command_steps::output(
        workspace::cargo()
            .args(["metadata", "--format-version=1", "--locked"])
            .args(["--filter-platform", target]),
    )?;
    serde_json::from_str(&output).context("cargo metadata is unreadable")
}

/// The crates that are linked: normal dependencies of the packaged programs, without macros, which only the compiler loads.
fn linked_crates(metadata: &Value) -> Result<Vec<Crate>> {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let packages: BTreeMap<String, Value> = list(&metadata["packages"])
        .into_iter()
        .map(|package| (text(&package["id"]), package))
        .collect();
    let nodes: BTreeMap<String, Value> = list(&metadata["resolve"]["nodes"])
        .into_iter()
        .map(|node| (text(&node["id"]), node))
        .collect();
    let is_macro = |id: &str| {
        list(&packages[id]["targets"])
            .iter()
            .any(|target| list(&target["kind"]).contains(&"proc-macro".into()))
    };
    let mut open: Vec<String> = packages
        .iter()
        .filter(|(_, package)| PACKAGED.contains(&text(&package["name"]).as_str()))
        .map(|(id, _)| id.clone())
        .collect();
    ensure!(
        open.len() == PACKAGED.len(),
        "cargo metadata lacks Flow's packages"
    );
    let mut linked = BTreeSet::new();
    while let Some(id) = open.pop() {
        if !linked.insert(id.clone()) {
            continue;
        }
        for dependency in list(&nodes[&id]["deps"]) {
            let is_linked = list(&dependency["dep_kinds"])
                .iter()
                .any(|kind| kind["kind"].is_null());
            let dependency = text(&dependency["pkg"]);
            if is_linked && !is_macro(&dependency) {
                open.push(dependency);
            }
        }
    }
    let mut crates: Vec<Crate> = linked
        .iter()
        .map(|id| &packages[id])
        // The workspace's own packages have no source.
        .filter(|package| !package["source"].is_null())
        .map(|package| Crate {
            name: format!("{} {}", text(&package["name"]), text(&package["version"])),
            license: text(&package["license"]),
            authors: list(&package["authors"])
                .iter()
                .map(text)
                .collect::<Vec<_>>()
                .join(", "),
            folder: Path::new(&text(&package["manifest_path"]))
                .parent()
                .map(Path::to_owned)
                .unwrap_or_default(),
        })
        .collect();
    crates.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(crates)
}

/// The license texts in a crate's folder and those below it. If the crate itself has none, those of the licenses that it names
/// come along: the others are those of sources by other authors.
fn license_texts(one: &Crate) -> Result<Vec<String>> {
    let mut files = Vec::new();
    collect_license_files(&one.folder, SEARCH_DEPTH, &mut files);
    files.sort();
    let has_own = files
        .iter()
        .any(|file| file.parent() == Some(one.folder.as_path()));
    let mut texts = Vec::new();
    for file in files {
        let bytes =
            std::fs::read(&file).with_context(|| format!("{} cannot be read", file.display()))?;
        let text = String::from_utf8_lossy(&bytes).replace("\r\n", "\n");
        texts.push(text.trim().to_owned());
    }
    if !has_own {
        texts.extend(standard_texts(one)?);
    }
    Ok(texts)
}

fn collect_license_files(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let (path, name) = (entry.path(), entry.file_name());
        let name = name.to_string_lossy().to_uppercase();
        if path.is_dir() && depth > 0 {
            collect_license_files(&path, depth - 1, files);
        } else if path.is_file()
            && !name.ends_with(".RS")
            && LICENSE_FILES
                .iter()
                .any(|beginning| name.starts_with(beginning))
        {
            files.push(path);
        }
    }
}

/// The standard texts of the licenses that a crate without a text names.
fn standard_texts(one: &Crate) -> Result<Vec<String>> {
    let expression = spdx::Expression::parse_mode(&one.license, spdx::ParseMode::LAX);
    let expression = expression
        .map_err(|_| anyhow::anyhow!("{}: \"{}\" is no license", one.name, one.license))?;
    let mut texts = Vec::new();
    for required in expression.requirements() {
        let id = required.req.license.id();
        let id = id.with_context(|| format!("{}: an unknown license", one.name))?;
        let authors = if one.authors.is_empty() {
            format!("the authors of {}", one.name)
        } else {
            one.authors.clone()
        };
        let text = id.text().trim();
        texts.push(format!(
            "The crate names its license ({}) and its authors: {authors}\n\n{text}",
            id.name
        ));
    }
    ensure!(!texts.is_empty(), "{}: there is no license", one.name);
    Ok(texts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notices_name_linked_crates_and_texts_but_no_macros_or_tests() {
        let notices = notices("x86_64-unknown-linux-gnu").unwrap();
        for part in [
            "\nrustfft ",
            "\nsymphonia ",
            "Apache License",
            "SIL Open Font License",
            "Permission is hereby granted",
            "Xiph.org Foundation",
            "\nRust's standard library ",
        ] {
            assert!(notices.contains(part), "{part}");
        }
        for part in ["\nserde_derive ", "\nproptest ", "\ncc ", "\nflow_dsp "] {
            assert!(!notices.contains(part), "{part}");
        }
    }

    #[test]
    fn crate_without_text_gets_texts_of_all_licenses_that_it_names() {
        let folder = tempfile::tempdir().unwrap();
        let one = Crate {
            name: "some 1.0.0".to_owned(),
            license: "MIT OR Apache-2.0".to_owned(),
            authors: String::new(),
            folder: folder.path().to_owned(),
        };
        let texts = license_texts(&one).unwrap();
        assert_eq!(texts.len(), 2);
        assert!(texts[0].contains("MIT") && texts[0].contains("the authors of some 1.0.0"));
        assert!(texts[1].contains("Apache License"));
        std::fs::write(folder.path().join("license.rs"), "code").unwrap();
        std::fs::create_dir_all(folder.path().join("vendor/c")).unwrap();
        std::fs::write(folder.path().join("vendor/c/COPYING"), "text\r\n").unwrap();
        // Sources of others in the crate don't stand for the crate.
        let with_vendor = license_texts(&one).unwrap();
        assert_eq!(with_vendor.len(), 3);
        assert_eq!(with_vendor[0], "text");
        std::fs::write(folder.path().join("LICENSE-MIT"), "its own").unwrap();
        assert_eq!(license_texts(&one).unwrap(), ["its own", "text"]);
    }
}
