//! The commands as the recipe calls them.

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

fn run(arguments: &[&str], input: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_flow_trainer"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A refusing command may not read all of its input.
    let _ = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap()
}

fn refusal(arguments: &[&str], input: &[u8]) -> String {
    let output = run(arguments, input);
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(
        !output.status.success() && error.lines().count() == 1,
        "{error}"
    );
    error
}

#[test]
fn features_of_eleven_seconds_are_mel_spectra_and_a_summary() {
    let frames = 11 * 44_100_u32;
    let mut request = [44_100_u32.to_le_bytes(), frames.to_le_bytes()].concat();
    for i in 0..frames {
        let x = f32::from(u16::try_from(i % 100).unwrap()) / 500.0;
        request.extend([x, -x].map(f32::to_le_bytes).concat());
    }
    let output = run(&["features"], &request);
    assert!(output.status.success());
    let number = |at: usize| u32::from_le_bytes(output.stdout[at..at + 4].try_into().unwrap());
    assert!(number(0) >= 1, "11 s are a window");
    let mel_bytes = 4 * 2 * 256 * 64 * number(0) as usize;
    let length = number(4 + mel_bytes) as usize;
    let summary = &output.stdout[8 + mel_bytes..];
    assert_eq!(summary.len(), length);
    let summary: serde_json::Value = serde_json::from_slice(summary).unwrap();
    assert!(summary["plr_db"].is_number(), "{summary}");
    let silent = run(&["features"], &[]);
    assert!(silent.status.success() && silent.stdout.is_empty());
}

#[test]
fn demo_prints_whole_stereo_frames() {
    let demo = run(&["demo"], &[]).stdout;
    assert!(demo.len() > 30 * 44_100 * 8 && demo.len().is_multiple_of(8));
}

#[test]
fn commands_with_malformed_input_fail_in_one_line() {
    refusal(&["features"], &[44, 172, 0, 0, 1, 0]);
    let request = [3_u32.to_le_bytes(), 1_u32.to_le_bytes()].concat();
    assert!(refusal(&["features"], &[request, vec![0; 8]].concat()).contains("3 Hz"));
    assert!(refusal(&["evaluate", "/nowhere/flow.json"], &[]).contains("can't be read"));
    assert!(refusal(&["unknown"], &[]).contains("features"));
    assert!(refusal(&[], &[]).contains("evaluate"));
}
