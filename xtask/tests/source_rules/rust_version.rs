//! The oldest Rust that builds Flow: `rust-version` of the workspace.

use crate::files;

/// Files that name the version for people and for workflows, each with the words around it.
const MENTIONS: [(&str, &str, &str); 4] = [
    ("README.md", "[Rust](https://rustup.rs) ", " or newer"),
    ("CONTRIBUTING.md", "[Rust](https://rustup.rs) ", " or newer"),
    (".github/workflows/ci.yml", "RUSTUP_TOOLCHAIN: \"", "\""),
    (
        ".github/workflows/ci.yml",
        "toolchain install ",
        " --profile minimal --no-self-update\n      - run: cargo xtask master",
    ),
];

/// The dependencies that need a newer Rust, and the files that name another one, one a line.
pub(crate) fn contradictions() -> Vec<String> {
    let root = files::root();
    let read = |name: &str| std::fs::read_to_string(root.join(name)).unwrap();
    let manifest: toml::Table = read("Cargo.toml").parse().unwrap();
    let oldest = manifest["workspace"]["package"]["rust-version"]
        .as_str()
        .unwrap()
        .to_owned();
    let mut found = Vec::new();
    for package in files::packages_with_dependencies() {
        let needed = package["rust_version"].as_str().unwrap_or("0");
        if numbers(needed) > numbers(&oldest) {
            let name = package["name"].as_str().unwrap();
            found.push(format!("{name} needs Rust {needed}, not {oldest}"));
        }
    }
    for (name, before, after) in MENTIONS {
        let expected = format!("{before}{oldest}{after}");
        if !read(name).contains(&expected) {
            found.push(format!("{name} has no \"{before}{oldest}\""));
        }
    }
    found
}

/// The numbers of a version; a missing one is 0.
fn numbers(version: &str) -> [u32; 3] {
    let mut parts = version.split('.').map(|part| part.parse().unwrap_or(0));
    [(); 3].map(|()| parts.next().unwrap_or(0))
}

#[test]
fn versions_are_compared_by_their_numbers() {
    assert!(numbers("1.100") > numbers("1.95.1"));
    assert!(numbers("1.95.1") > numbers("1.95"));
    assert_eq!(numbers("1.95"), numbers("1.95.0"));
}
