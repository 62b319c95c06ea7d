//! The programs that are built by themselves ask for the same features of third-party crates as the workspace's tests, so that
//! cargo compiles each crate once.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

/// Packages that a command builds without the rest of the workspace.
const PROGRAMS: [&str; 4] = ["xtask", "flow_plugin", "flow_cli", "flow_trainer"];

/// Crates that are compiled twice, with the reason.
const DIFFERENT: [(&str, &str); 3] = [
    (
        "flow_inference",
        "each program has the executors that it needs",
    ),
    ("naga", "the window's tests draw with wgpu's OpenGL backend"),
    ("wgpu", "the window's tests draw with wgpu's OpenGL backend"),
];

#[test]
fn programs_and_tests_ask_for_the_same_features_of_every_crate() {
    let tests = features(&["--workspace", "--edges", "normal,build,dev"]);
    for program in PROGRAMS {
        let others: Vec<String> = features(&["--package", program, "--edges", "normal,build"])
            .difference(&tests)
            .filter(|line| !DIFFERENT.iter().any(|(name, _)| line.starts_with(name)))
            .cloned()
            .collect();
        assert!(
            others.is_empty(),
            "{program} has features that the workspace's tests do not have (add the missing ones to \
             workspace_features/Cargo.toml):\n{}",
            others.join("\n")
        );
    }
}

/// Each crate of cargo's tree with its features, a line each.
fn features(selection: &[&str]) -> BTreeSet<String> {
    let output = Command::new(env!("CARGO"))
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."))
        .args([
            "tree",
            "--offline",
            "--prefix",
            "none",
            "--format",
            "{p} {f}",
        ])
        .args(selection)
        .output()
        .expect("cargo starts");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .map(|line| line.trim_end_matches(" (*)").to_owned())
        .collect()
}
