//! The program as the recipe talks to it.

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

fn ask(arguments: &[&str], question: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_flow_trainer"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // It may refuse before it has read everything.
    let _ = child.stdin.take().unwrap().write_all(question);
    child.wait_with_output().unwrap()
}

fn refusal(arguments: &[&str], question: &[u8]) -> String {
    let output = ask(arguments, question);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        !output.status.success() && said.lines().count() == 1,
        "{said}"
    );
    said
}

#[test]
fn features_are_what_was_asked_for() {
    let frames = 11 * 44_100_u32;
    let mut question = [44_100_u32.to_le_bytes(), frames.to_le_bytes()].concat();
    for i in 0..frames {
        let x = f32::from(u16::try_from(i % 100).unwrap()) / 500.0;
        question.extend([x, -x].map(f32::to_le_bytes).concat());
    }
    let output = ask(&["features"], &question);
    assert!(output.status.success());
    let number = |at: usize| u32::from_le_bytes(output.stdout[at..at + 4].try_into().unwrap());
    assert!(number(0) >= 1, "11 s are a window");
    let mel_bytes = 4 * 2 * 256 * 64 * number(0) as usize;
    let length = number(4 + mel_bytes) as usize;
    let summary = &output.stdout[8 + mel_bytes..];
    assert_eq!(summary.len(), length);
    let summary: serde_json::Value = serde_json::from_slice(summary).unwrap();
    assert!(summary["plr_db"].is_number(), "{summary}");
    // No question, no answer.
    let silent = ask(&["features"], &[]);
    assert!(silent.status.success() && silent.stdout.is_empty());
}

#[test]
fn knobs_and_demo_are_there() {
    let knobs: Vec<(String, Vec<f32>)> =
        serde_json::from_slice(&ask(&["knobs"], &[]).stdout).unwrap();
    assert_eq!(knobs.len(), 7);
    assert!(knobs.iter().all(|(_, response)| response.len() == 27));
    let demo = ask(&["demo"], &[]).stdout;
    assert!(demo.len() > 30 * 44_100 * 8 && demo.len().is_multiple_of(8));
}

#[test]
fn nonsense_is_refused_in_one_line() {
    refusal(&["features"], &[44, 172, 0, 0, 1, 0]);
    let question = [3_u32.to_le_bytes(), 1_u32.to_le_bytes()].concat();
    assert!(refusal(&["features"], &[question, vec![0; 8]].concat()).contains("3 Hz"));
    assert!(refusal(&["evaluate", "/nowhere/flow.json"], &[]).contains("can't be read"));
    assert!(refusal(&["sing"], &[]).contains("features"));
    assert!(refusal(&[], &[]).contains("evaluate"));
}
