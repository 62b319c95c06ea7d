//! The libraries that the compilers add to each program: Rust's standard library, and for Windows those of MinGW-w64 and GCC.

use crate::{command_steps, workspace};
use anyhow::{Context, Result};
use std::path::Path;
use std::process::Command;

/// The notices of the standard library and of the crates in it, in the folder of a toolchain.
const RUST_NOTICES: &str = "share/doc/rust/COPYRIGHT-library.html";

/// The notices of MinGW-w64's runtime, in Debian's package of it.
const MINGW_NOTICES: &str = "/usr/share/doc/mingw-w64-x86-64-dev/copyright";

/// The end of the targets that MinGW-w64 links.
const MINGW_TARGET: &str = "-windows-gnu";

/// A linked library that is no crate.
pub(super) struct Runtime {
    pub(super) name: String,
    pub(super) license: &'static str,
    pub(super) text: String,
}

/// The libraries that are linked for a target.
///
/// # Errors
///
/// If rustc fails, or if a notice is missing.
pub(super) fn linked(target: &str) -> Result<Vec<Runtime>> {
    let version = command_steps::output(Command::new("rustc").arg("--version"))?;
    let version = version.split(' ').nth(1).unwrap_or_default().to_owned();
    let folder = workspace::rustc_print("sysroot")?;
    let mut runtimes = vec![Runtime {
        name: format!("Rust's standard library {version}"),
        license: "MIT OR Apache-2.0",
        text: rust_text(Path::new(&folder))?,
    }];
    if target.ends_with(MINGW_TARGET) {
        let text = std::fs::read_to_string(MINGW_NOTICES)
            .with_context(|| format!("{MINGW_NOTICES} cannot be read"))?;
        runtimes.push(Runtime {
            name: "The runtime of MinGW-w64".to_owned(),
            license: "ZPL-2.1 and others",
            text: text.trim().to_owned(),
        });
        let exception = spdx::exception_id("GCC-exception-3.1").context("an unknown exception")?;
        runtimes.push(Runtime {
            name: "The runtime of GCC".to_owned(),
            license: "GPL-3.0-or-later WITH GCC-exception-3.1",
            text: exception.text().trim().to_owned(),
        });
    }
    Ok(runtimes)
}

/// The notices of the toolchain in a folder. A toolchain of Debian has no such file: the standard texts stand for it.
fn rust_text(folder: &Path) -> Result<String> {
    if let Ok(page) = std::fs::read_to_string(folder.join(RUST_NOTICES)) {
        return Ok(text_of_page(&page));
    }
    let mut text =
        "Copyright: The Rust Project Developers (see https://thanks.rust-lang.org)".to_owned();
    for name in ["MIT", "Apache-2.0"] {
        let license = spdx::license_id(name).context("an unknown license")?;
        text += "\n\n";
        text += license.text().trim();
    }
    Ok(text)
}

/// The text of a page of HTML, without empty lines that follow another one.
fn text_of_page(page: &str) -> String {
    let body = page.split_once("<body>").map_or(page, |(_, body)| body);
    let mut text = String::new();
    for (index, part) in body.split('<').enumerate() {
        // Behind the first one, each part begins with a tag.
        let (_, after) = if index == 0 {
            ("", part)
        } else {
            part.split_once('>').unwrap_or_default()
        };
        text += after;
    }
    for (entity, character) in [
        ("&lt;", "<"),
        ("&#60;", "<"),
        ("&gt;", ">"),
        ("&#62;", ">"),
        ("&quot;", "\""),
        ("&#34;", "\""),
        ("&#39;", "'"),
        ("&#x27;", "'"),
        ("&amp;", "&"),
    ] {
        text = text.replace(entity, character);
    }
    let mut lines: Vec<&str> = text.lines().map(str::trim).collect();
    lines.dedup_by(|line, before| line.is_empty() && before.is_empty());
    lines.join("\n").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn page_becomes_text_without_tags() {
        let page = "<head><title>t</title></head>\n<body>\n<h1>A &amp; B</h1>\n\n\n<p><b>License:</b> <code>MIT</code></p>\n&lt;x&#62;\n</body>";
        assert_eq!(text_of_page(page), "A & B\n\nLicense: MIT\n<x>");
    }

    #[test]
    fn toolchain_without_notices_gets_the_standard_texts() {
        let folder = tempfile::tempdir().unwrap();
        let text = rust_text(folder.path()).unwrap();
        for part in [
            "The Rust Project",
            "Permission is hereby granted",
            "Apache License",
        ] {
            assert!(text.contains(part), "{part}");
        }
        let notices = folder.path().join(RUST_NOTICES);
        std::fs::create_dir_all(notices.parent().unwrap()).unwrap();
        std::fs::write(notices, "<body>of the library</body>").unwrap();
        assert_eq!(rust_text(folder.path()).unwrap(), "of the library");
    }

    #[test]
    fn programs_for_windows_have_the_runtimes_of_their_linker() {
        let names = |target| -> Vec<String> {
            let runtimes = linked(target).unwrap().into_iter();
            runtimes.map(|runtime| runtime.name).collect()
        };
        assert_eq!(names("x86_64-unknown-linux-gnu").len(), 1);
        if Path::new(MINGW_NOTICES).exists() {
            let names = names("x86_64-pc-windows-gnu").join(", ");
            for part in ["Rust", "MinGW-w64", "GCC"] {
                assert!(names.contains(part), "{names}");
            }
        }
    }
}
