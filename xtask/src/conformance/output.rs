//! Parsers of the validators' output on stdout. Output that ends early, as after a crash, counts as one more failure.

use serde_json::Value;

/// The counts of one run of a validator.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Outcome {
    pub(super) passed: usize,
    /// The name of each failed check, with its first reason.
    pub(super) failed: Vec<String>,
    pub(super) warnings: usize,
}

/// The version number in the output of `--version`.
pub(super) fn version(text: &str) -> String {
    text.split_whitespace()
        .map(|word| word.trim_start_matches('v'))
        .find(|word| word.starts_with(|c: char| c.is_ascii_digit()) && word.contains('.'))
        .unwrap_or("unknown")
        .to_owned()
}

/// `clap-validator validate --json`. The grouping of tests depends on the version; all tests have a status with a code.
pub(super) fn clap_validator(stdout: &str) -> Outcome {
    let mut outcome = Outcome::default();
    let Some(json) = json_in(stdout) else {
        outcome.failed.push("the output has no JSON".to_owned());
        return outcome;
    };
    let mut is_any = false;
    for_each_object(&json, &mut |test| {
        let Some(code) = test["status"]["code"].as_str() else {
            return;
        };
        is_any = true;
        match code {
            "success" => outcome.passed += 1,
            "warning" => outcome.warnings += 1,
            "skipped" => {}
            _ => outcome.failed.push(with_reason(
                &clap_test_name(test),
                test["status"]["details"].as_str().unwrap_or(code),
            )),
        }
    });
    if !is_any {
        outcome.failed.push("the output names no test".to_owned());
    }
    outcome
}

/// `clap-validator fuzz --json --reproduce SEED`: a list of plug-ins with their status.
pub(super) fn clap_validator_fuzz(stdout: &str) -> Outcome {
    let mut outcome = Outcome::default();
    let Some(Value::Array(runs)) = json_in(stdout) else {
        outcome.failed.push("the output has no JSON".to_owned());
        return outcome;
    };
    for run in &runs {
        match run["status"]["type"].as_str() {
            Some("success") => outcome.passed += 1,
            status => outcome.failed.push(with_reason(
                status.unwrap_or("unknown status"),
                run["status"]["details"].as_str().unwrap_or_default(),
            )),
        }
    }
    outcome
}

/// The VST3 SDK's validator: for each test its name in brackets, its messages, and its result in brackets.
pub(super) fn vst3_validator(stdout: &str) -> Outcome {
    let mut outcome = Outcome::default();
    let (mut test, mut error) = (String::new(), String::new());
    for line in stdout.lines().map(str::trim) {
        if line == "[Succeeded]" {
            outcome.passed += 1;
        } else if line.starts_with("[XXXXXXX") {
            outcome.failed.push(with_reason(&test, &error));
        } else if line == "Failed to setup test!" || line == "Failed to teardown test!" {
            outcome.failed.push(with_reason(&test, line));
        } else if let Some(name) = line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
            test = name.to_owned();
            error.clear();
        } else if let Some(message) = line.strip_prefix("ERROR:") {
            error = message.trim().to_owned();
        } else if line.contains("Warning") {
            outcome.warnings += 1;
        } else if line == "Invalid Module!" {
            outcome
                .failed
                .push("the module cannot be loaded".to_owned());
        }
    }
    if !stdout.contains("tests failed") && outcome.failed.is_empty() {
        outcome.failed.push(with_reason(&test, "it ended early"));
    }
    outcome
}

/// pluginval: JUCE's unit test runner. A section counts as a test; each failed expectation has a line.
pub(super) fn pluginval(stdout: &str) -> Outcome {
    let mut outcome = Outcome::default();
    let mut sections = 0;
    let mut section = String::new();
    let mut is_failed = false;
    for line in stdout.lines().map(str::trim) {
        if let Some(name) = started_section(line) {
            sections += 1;
            section = name.to_owned();
            is_failed = false;
        } else if line.starts_with("!!! WARNING") {
            outcome.warnings += 1;
        } else if line.starts_with("!!! Test") || line.starts_with("*** FAILED:") {
            // The log has the other reasons.
            if !is_failed {
                let reason = line.split_once(": ").map_or(line, |(_, reason)| reason);
                outcome.failed.push(with_reason(&section, reason));
            }
            is_failed = true;
        }
    }
    // Older versions write no SUCCESS.
    let is_complete = stdout
        .lines()
        .map(str::trim)
        .any(|line| line == "SUCCESS" || line.starts_with("Time taken to run all tests"));
    if !is_complete && outcome.failed.is_empty() {
        outcome.failed.push(with_reason(&section, "it ended early"));
    }
    outcome.passed = sections - outcome.failed.len().min(sections);
    outcome
}

/// The name of the section that this line starts. Older versions write `Starting test:`.
fn started_section(line: &str) -> Option<&str> {
    let name = line
        .strip_prefix("Starting tests in: ")
        .or_else(|| line.strip_prefix("Starting test: "))?;
    let name = name.strip_prefix("pluginval / ").unwrap_or(name);
    Some(name.trim_end_matches('.'))
}

fn with_reason(name: &str, reason: &str) -> String {
    let name = if name.is_empty() { "start" } else { name };
    match reason.lines().next() {
        Some(first) => format!("{name}: {first}"),
        None => name.to_owned(),
    }
}

/// The first JSON document in the text.
fn json_in(text: &str) -> Option<Value> {
    text.char_indices()
        .filter(|(_, c)| matches!(c, '{' | '['))
        .find_map(|(at, _)| serde_json::from_str(&text[at..]).ok())
}

fn for_each_object(value: &Value, work: &mut impl FnMut(&Value)) {
    match value {
        Value::Object(members) => {
            work(value);
            members
                .values()
                .for_each(|member| for_each_object(member, work));
        }
        Value::Array(items) => items.iter().for_each(|item| for_each_object(item, work)),
        _ => {}
    }
}

/// The name of a test: in `name` up to version 0.3, in `test` later.
fn clap_test_name(test: &Value) -> String {
    let name = test["name"].as_str().or_else(|| {
        let case = test["test"].as_object()?.values().next()?;
        case["test"].as_str()
    });
    name.unwrap_or("unnamed test").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(passed: usize, failed: &[&str], warnings: usize) -> Outcome {
        Outcome {
            passed,
            failed: failed.iter().map(|&check| check.to_owned()).collect(),
            warnings,
        }
    }

    #[test]
    fn version_in_each_wording_is_its_number() {
        assert_eq!(version("clap-validator 0.3.2\n"), "0.3.2");
        assert_eq!(
            version("VST 3.7.14 Plug-in Validator\nProgram by"),
            "3.7.14"
        );
        assert_eq!(version("pluginval - v1.0.4"), "1.0.4");
        assert_eq!(version("no number"), "unknown");
    }

    #[test]
    fn clap_validator_grouped_json_counts_each_status() {
        let json = r#"{
            "plugin-library-tests": {"/tmp/Flow.clap": [
                {"name": "scan-time", "description": "", "status": {"code": "warning", "details": "120 ms"}}
            ]},
            "plugin-tests": {"flow": [
                {"name": "param-conversions", "description": "", "status": {"code": "success", "details": null}},
                {"name": "state-invalid", "description": "", "status": {"code": "failed", "details": "it was\naccepted"}},
                {"name": "process-note", "description": "", "status": {"code": "skipped", "details": null}},
                {"name": "process-audio", "description": "", "status": {"code": "crashed", "details": "signal: 11"}}
            ]}
        }"#;
        assert_eq!(
            clap_validator(json),
            outcome(
                1,
                &["state-invalid: it was", "process-audio: signal: 11"],
                1
            )
        );
    }

    #[test]
    fn clap_validator_flat_json_counts_each_status() {
        let json = r#"{"results": [
            {"test": {"plugin-library": {"test": "scan-time", "path": "Flow.clap"}},
             "status": {"code": "success", "details": null}, "duration": {"secs": 0, "nanos": 1}},
            {"test": {"plugin-instance": {"test": "layout-all", "path": "Flow.clap", "plugin_id": "flow"}},
             "status": {"code": "failed", "details": null}, "duration": {"secs": 0, "nanos": 1}}
        ]}"#;
        assert_eq!(clap_validator(json), outcome(1, &["layout-all: failed"], 0));
    }

    #[test]
    fn clap_validator_output_before_json_is_skipped() {
        let text =
            "[INFO] loading\n{\"results\": [{\"test\": {}, \"status\": {\"code\": \"success\"}}]}";
        assert_eq!(clap_validator(text), outcome(1, &[], 0));
    }

    #[test]
    fn clap_validator_without_tests_fails() {
        assert_eq!(clap_validator("").failed, ["the output has no JSON"]);
        assert_eq!(clap_validator("{}").failed, ["the output names no test"]);
    }

    #[test]
    fn clap_validator_fuzz_reports_each_run() {
        let json = r#"[
            {"status": {"type": "success"}, "library": "Flow.clap", "plugin-id": "flow", "seed": 1},
            {"status": {"type": "crashed", "details": "signal: 6"}, "library": "Flow.clap", "plugin-id": "flow", "seed": 2}
        ]"#;
        assert_eq!(
            clap_validator_fuzz(json),
            outcome(1, &["crashed: signal: 6"], 0)
        );
        assert_eq!(clap_validator_fuzz("").failed, ["the output has no JSON"]);
    }

    #[test]
    fn vst3_validator_with_failure_names_test_and_error() {
        let text = "\
[Scan Parameters: Scan all parameters]
Info:  Warning: parameter 3 has no units
[Succeeded]

[Bus Activation]
ERROR: bus 0 cannot be activated
[XXXXXXX Failed]

Result: 1 tests passed, 1 tests failed
";
        assert_eq!(
            vst3_validator(text),
            outcome(1, &["Bus Activation: bus 0 cannot be activated"], 1)
        );
    }

    #[test]
    fn vst3_validator_without_failures_passes() {
        let text = "[Process Test]\n[Succeeded]\n\nResult: 1 tests passed, 0 tests failed\n";
        assert_eq!(vst3_validator(text), outcome(1, &[], 0));
    }

    #[test]
    fn vst3_validator_with_early_end_fails_with_last_test() {
        let text = "[Process Test]\n[Succeeded]\n\n[Silence Flags]\n";
        assert_eq!(
            vst3_validator(text),
            outcome(1, &["Silence Flags: it ended early"], 0)
        );
    }

    #[test]
    fn pluginval_with_failures_counts_sections_once() {
        let text = "\
Starting tests in: pluginval / Open plugin (cold)...
Completed tests in pluginval / Open plugin (cold)
Starting tests in: pluginval / Plugin state restoration...
!!! WARNING: slow
!!! Test 4 failed: Trim not restored -- Expected value: 0
!!! Test 5 failed: Release not restored
FAILED!!  2 tests failed, out of a total of 7
FAILURE
*** FAILED
";
        assert_eq!(
            pluginval(text),
            outcome(
                1,
                &["Plugin state restoration: Trim not restored -- Expected value: 0"],
                1
            )
        );
    }

    #[test]
    fn pluginval_with_success_passes_in_old_and_new_wording() {
        let old =
            "Starting test: pluginval / Editor...\nAll tests completed successfully\nSUCCESS\n";
        let new = "Starting tests in: pluginval / Editor...\nCompleted tests in pluginval / Editor\nSUCCESS\n";
        assert_eq!(pluginval(old), outcome(1, &[], 0));
        assert_eq!(pluginval(new), outcome(1, &[], 0));
    }

    #[test]
    fn pluginval_with_timeout_or_crash_fails_with_last_section() {
        let hung = "Starting tests in: pluginval / Editor...\n*** FAILED: Timeout after 30 secs\n";
        assert_eq!(pluginval(hung).failed, ["Editor: Timeout after 30 secs"]);
        let crashed = "Starting tests in: pluginval / Editor...\n";
        assert_eq!(
            pluginval(crashed),
            outcome(0, &["Editor: it ended early"], 0)
        );
    }
}
