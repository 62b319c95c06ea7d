//! The manual as a website, by mdBook.
//!
//! The chapters lie in several folders of the repository. They are copied to one folder first, with their pictures, and their links are adapted.
//! A link that leads out of the website becomes plain text.

use super::links;
use crate::{command_steps, setup, workspace};
use anyhow::{Context, Result, ensure};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

/// The folder of the manual's own chapters, with its table of contents and mdBook's settings.
const MANUAL: &str = "docs/manual";
const CONTENTS: &str = "docs/manual/SUMMARY.md";

/// The website's files in the target folder, and its source.
const SITE: &str = "manual/site";
const SOURCE: &str = "manual/source";

/// The paths of the website's chapters and pictures: in the repository, and in the website's source.
type Files = BTreeMap<String, String>;

/// Builds the website.
///
/// # Errors
///
/// If mdBook is missing and can't be installed, if a chapter is missing, or if a link of the website leads nowhere.
pub(crate) fn build() -> Result<()> {
    setup::ensure(&[], &[setup::MDBOOK])?;
    let target = workspace::target_dir()?;
    let (source, site) = (target.join(SOURCE), target.join(SITE));
    write_source(&source)?;
    let mut mdbook = Command::new("mdbook");
    command_steps::run(
        mdbook
            .arg("build")
            .arg(&source)
            .arg("--dest-dir")
            .arg(&site),
    )?;
    let broken = broken_links(&site)?;
    ensure!(
        broken.is_empty(),
        "links of the website lead nowhere:\n  {}",
        broken.join("\n  ")
    );
    eprintln!("wrote {}", site.join("index.html").display());
    Ok(())
}

/// Writes the folder that mdBook reads.
fn write_source(source: &Path) -> Result<()> {
    if source.exists() {
        std::fs::remove_dir_all(source)?;
    }
    for settings in ["book.toml", "site.css"] {
        copy(&format!("{MANUAL}/{settings}"), &source.join(settings))?;
    }
    let pages = source.join("src");
    let files = files()?;
    for (path, place) in &files {
        if path.ends_with(".md") {
            write(&pages.join(place), &adapted(path, &files)?)?;
        } else {
            copy(path, &pages.join(place))?;
        }
    }
    Ok(())
}

/// All files of the website: the table of contents, the chapters that it lists, and the pictures that these show.
fn files() -> Result<Files> {
    let mut files = Files::new();
    let mut add = |path: String| _ = files.insert(path.clone(), place(&path));
    add(CONTENTS.to_owned());
    for target in links::targets(&read(CONTENTS)?) {
        let chapter = links::resolve(CONTENTS, &target);
        let targets = links::targets(&read(&chapter)?).into_iter();
        let pictures =
            targets.filter(|target| target.ends_with(".png") || target.ends_with(".svg"));
        pictures.for_each(|target| add(links::resolve(&chapter, &target)));
        add(chapter);
    }
    Ok(files)
}

/// The path of a repository's file in the website's source.
fn place(path: &str) -> String {
    let folders = [
        ("docs/manual/", ""),
        ("docs/", ""),
        ("plugin/tests/snapshots/", "pictures/"),
    ];
    let place = folders
        .iter()
        .find_map(|(folder, place)| Some(format!("{place}{}", path.strip_prefix(folder)?)));
    let place = place.unwrap_or_else(|| path.to_owned());
    // mdBook renames pages of this name, but not the links to them.
    place.replace("README.md", "index.md")
}

/// The text of a page with the links of the website.
fn adapted(path: &str, files: &Files) -> Result<String> {
    let find = |target: &str| {
        if target.starts_with("http") || target.starts_with('#') {
            return Some(target.to_owned());
        }
        let (file, anchor) = target.split_at(target.find('#').unwrap_or(target.len()));
        let place = files.get(&links::resolve(path, file))?;
        Some(links::relative(&files[path], place) + anchor)
    };
    Ok(links::replace(&read(path)?, find))
}

/// The links of all pages in a folder to files or places that don't exist.
fn broken_links(site: &Path) -> Result<Vec<String>> {
    let mut pages = Vec::new();
    collect_pages(site, &mut pages)?;
    let mut broken = BTreeSet::new();
    for page in &pages {
        let name = page.strip_prefix(site)?.display().to_string();
        let text = std::fs::read_to_string(page)?;
        for attribute in ["href=\"", "src=\""] {
            let targets = text.split(attribute).skip(1);
            for target in targets.filter_map(|rest| rest.split('"').next()) {
                let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
                if target.contains(':') {
                    continue;
                }
                let file = match file {
                    "" => page.clone(),
                    file => page.with_file_name(file),
                };
                let has_anchor = || {
                    let text = std::fs::read_to_string(&file).unwrap_or_default();
                    text.contains(&format!("id=\"{anchor}\""))
                };
                if !file.exists() || !(anchor.is_empty() || has_anchor()) {
                    broken.insert(format!("{name}: {target}"));
                }
            }
        }
    }
    Ok(broken.into_iter().collect())
}

fn collect_pages(folder: &Path, pages: &mut Vec<std::path::PathBuf>) -> Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect_pages(&path, pages)?;
        } else if path
            .extension()
            .is_some_and(|extension| extension == "html")
        {
            pages.push(path);
        }
    }
    Ok(())
}

fn read(path: &str) -> Result<String> {
    std::fs::read_to_string(workspace::root().join(path))
        .with_context(|| format!("{path} cannot be read"))
}

fn write(path: &Path, text: &str) -> Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(path, text).with_context(|| format!("{} cannot be written", path.display()))
}

fn copy(path: &str, to: &Path) -> Result<()> {
    if let Some(folder) = to.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::copy(workspace::root().join(path), to)
        .with_context(|| format!("{path} cannot be copied"))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contents_list_every_page_of_the_manual() {
        let files = files().unwrap();
        for entry in std::fs::read_dir(workspace::root().join(MANUAL)).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            let path = format!("{MANUAL}/{name}");
            assert!(
                !name.ends_with(".md") || files.contains_key(&path),
                "{CONTENTS} lacks {name}"
            );
        }
    }

    #[test]
    fn links_out_of_the_website_become_text() {
        let files = files().unwrap();
        let page = adapted("docs/manual/troubleshooting.md", &files).unwrap();
        assert!(page.contains(" SECURITY.md says"), "{page}");
        let page = adapted("docs/manual/first-session.md", &files).unwrap();
        assert!(page.contains("](pictures/listening.png)"), "{page}");
    }
}
