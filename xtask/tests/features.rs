//! The programs that are built by themselves ask for the same features of third-party crates as the workspace's tests, so that
//! cargo compiles each crate once.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

/// Packages that a command builds without the rest of the workspace.
const PROGRAMS: [&str; 4] = ["xtask", "flow_bundle", "flow_cli", "flow_trainer"];

/// The other systems that have crates of their own. Linux on Arm has those of this system.
const OTHER_SYSTEMS: [&str; 2] = ["x86_64-pc-windows-gnu", "aarch64-apple-darwin"];

/// Crates that are compiled twice, with the reason.
const DIFFERENT: [(&str, &str); 4] = [
    (
        "flow_inference",
        "each program has the executors that it needs",
    ),
    ("naga", "the window's tests draw with wgpu's OpenGL backend"),
    (
        "objc2-foundation",
        "the host of plug-ins uses all of it, the plug-in a small part",
    ),
    ("wgpu", "the window's tests draw with wgpu's OpenGL backend"),
];

#[test]
fn programs_and_tests_ask_for_the_same_features_of_every_crate() {
    assert_same_features(&["--offline"]);
}

/// Cargo downloads the crates of another system if they are missing.
#[test]
fn programs_and_tests_for_other_systems_ask_for_the_same_features_of_every_crate() {
    for system in OTHER_SYSTEMS {
        assert_same_features(&["--locked", "--target", system]);
    }
}

/// Compares the features that `cargo tree` lists with these options.
fn assert_same_features(options: &[&str]) {
    let tests = features(&["--workspace", "--edges", "normal,build,dev"], options);
    for program in PROGRAMS {
        let others: Vec<String> =
            features(&["--package", program, "--edges", "normal,build"], options)
                .difference(&tests)
                .filter(|line| !DIFFERENT.iter().any(|(name, _)| line.starts_with(name)))
                .cloned()
                .collect();
        assert!(
            others.is_empty(),
            "{program} has features that the workspace's tests do not have (add the missing ones to \
             workspace_features/Cargo.toml; options of cargo tree: {options:?}):\n{}",
            others.join("\n")
        );
    }
}

/// Each crate of cargo's tree with its features, a line each.
fn features(selection: &[&str], options: &[&str]) -> BTreeSet<String> {
    let output = Command::new(env!("CARGO"))
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."))
        .args(["tree", "--prefix", "none", "--format", "{p} {f}"])
        .args(options)
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
