//! `cargo xtask stress` through the built bundle.
#![cfg(target_os = "linux")]

use std::process::Command;

use flow_testkit::testing;
use serde_json::Value;

/// The measurements depend on the machine, so that the test checks only their structure.
#[test]
fn stress_reports_each_mode_and_block_size() {
    let output = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .args(["stress", "--seconds", "1", "--json"])
        .env("FLOW_BUNDLE", testing::bundle_path())
        .env("FLOW_FLAGS", "")
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["bounces_are_identical"], true);
    let runs = report["runs"].as_array().unwrap();
    let kinds: Vec<_> = runs
        .iter()
        .map(|run| {
            (
                run["block_samples"].as_u64().unwrap(),
                run["mode"].as_str().unwrap(),
            )
        })
        .collect();
    let modes = ["without analysis and windows", "without scheduler", "flow"];
    let all = [64, 128].map(|block| modes.map(|mode| (block, mode)));
    assert_eq!(kinds, all.concat());
    for run in runs {
        let count = |name: &str| {
            run[name]
                .as_u64()
                .unwrap_or_else(|| panic!("{name}: {run}"))
        };
        // Two instances play for at least a second.
        assert!(
            count("buffers") >= 2 * 48_000 / count("block_samples") - 2,
            "{run}"
        );
        assert!(count("dropped") <= count("buffers"), "{run}");
        assert!(run["audio_us_median"].as_f64().unwrap() > 0.0, "{run}");
        assert_eq!((count("panics"), count("stuck")), (0, 0), "{run}");
        let is_analyzed = run["mode"] != "without analysis and windows";
        assert_eq!(count("slices") > 0, is_analyzed, "{run}");
        assert_eq!(count("windows"), if is_analyzed { 2 } else { 0 }, "{run}");
        assert_eq!(count("pictures") > 0, is_analyzed, "{run}");
    }
}
