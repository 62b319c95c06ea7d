//! The page that `flow master` writes for each song, and the page on all songs. Needs the bundle, as `master.rs` does.
//! Its looks on narrow and wide screens and on paper cannot be tested here.

mod common;

use std::path::Path;

use common::{json, master, number, song, write};
use flow_testkit::signals;
use serde_json::Value;

fn page(record: &Value) -> String {
    std::fs::read_to_string(record["report_path"].as_str().unwrap()).unwrap()
}

/// The page without the excerpts, whose encoding may contain anything.
fn text(page: &str) -> String {
    let mut parts = page.split(";base64,");
    let mut text = parts.next().unwrap().to_owned();
    for part in parts {
        text.push_str(part.split_once('"').unwrap().1);
    }
    text
}

/// Masters 2 s of a 1 kHz sine at this peak level without a loudness target.
fn master_sine(peak_dbfs: f64, options: &[&str]) -> Value {
    let scratch = tempfile::tempdir().unwrap();
    let amplitude = flow_audio_file::db_to_gain(peak_dbfs);
    let tone = signals::sine(48_000, 2, 2.0, 1000.0, amplitude, 0.0);
    let path = write(scratch.path(), "tone.wav", &tone);
    let options = [&["--json", "--profile", "keep"], options].concat();
    json(&master(scratch.path(), &[&path], &options))
}

fn stage<'a>(record: &'a Value, name: &str) -> &'a Value {
    let stages = record["stages"].as_array().unwrap();
    let found = stages.iter().find(|stage| stage["name"] == name);
    found.unwrap_or_else(|| panic!("no {name} in {stages:?}"))
}

#[test]
fn limiter_reduction_of_sine_three_decibels_over_ceiling_reads_three_decibels() {
    let record = master_sine(-5.0, &["--set", "gain=7", "--set", "ceil=-1"]);
    let limiter = stage(&record, "Limiter");
    for value in [
        &record["gain_reduction_db"],
        &limiter["deepest_db"],
        &limiter["average_db"],
    ] {
        assert!((number(value) + 3.0).abs() < 0.1, "{value} {limiter}");
    }
    assert!(number(&limiter["active_share"]) > 0.99, "{limiter}");
}

#[test]
fn limiter_reduction_with_equalizer_alone_is_zero() {
    let options = [
        "--set", "crair=-6", "--set", "crsil=-6", "--set", "lapre=-6",
    ];
    let record = master_sine(-12.0, &options);
    assert_eq!(number(&record["gain_reduction_db"]), 0.0);
    assert_eq!(number(&stage(&record, "Limiter")["active_share"]), 0.0);
    assert!(number(&record["output"]["lufs_i"]) < number(&record["input"]["lufs_i"]) - 1.0);
    let lines = record["verdict"].to_string();
    assert!(!lines.contains("works hard"), "{lines}");
}

#[test]
fn glue_reduction_appears_beside_limiter_at_rest() {
    let options = ["--set", "glamt=100", "--set", "glthr=-30"];
    let record = master_sine(-12.0, &options);
    let glue = stage(&record, "Glue");
    assert!(number(&glue["deepest_db"]) < -1.0, "{glue}");
    assert_eq!(number(&stage(&record, "Limiter")["deepest_db"]), 0.0);
}

#[test]
fn page_of_song_has_all_sections_and_no_references() {
    let scratch = tempfile::tempdir().unwrap();
    let path = write(scratch.path(), "song.wav", &song());
    let options = ["--json", "--preset", "Club", "--set", "wemon=on"];
    let record = json(&master(scratch.path(), &[&path], &options));
    let page = page(&record);
    let text = text(&page);
    for section in [
        "Outcome",
        "Listen",
        "Waveform",
        "Short-term loudness, LUFS",
        "Gain reduction by stage, dB",
        "Average spectrum, dB",
        "Tilt of the third octaves",
        "Changes and their reasons",
        "Measured",
        "Settings",
        "Files and metadata",
    ] {
        assert!(text.contains(section), "{section}");
    }
    // Parameters have their names, and only those that differ from their defaults.
    assert!(text.contains("Mono below") && text.contains("Manual"));
    assert!(!text.contains("wemon") && !text.contains("Sheen"));
    // Every chart has a name, and every landmark is there once.
    assert_eq!(
        text.matches("<svg").count(),
        text.matches("role=\"img\" aria-label=\"").count()
    );
    for landmark in ["<header>", "<main>", "<footer>", "<h1 "] {
        assert_eq!(text.matches(landmark).count(), 1, "{landmark}");
    }
    // Nothing is fetched from anywhere.
    for reference in [
        "http:", "https:", "url(", "@import", "<link", "<img", "<iframe",
    ] {
        assert!(!text.contains(reference), "{reference}");
    }
    assert_eq!(
        page.matches(" src=\"").count(),
        page.matches(" src=\"data:audio/flac;base64,").count()
    );
    assert!(
        !text.contains("NaN") && !text.contains("inf "),
        "a number is not finite"
    );
}

#[test]
fn page_of_short_song_has_player_and_no_short_term_loudness() {
    let scratch = tempfile::tempdir().unwrap();
    let path = write(
        scratch.path(),
        "short.wav",
        &signals::white_noise(44_100, 1, 0.5, 0.1, 1),
    );
    let record = json(&master(scratch.path(), &[&path], &["--json"]));
    let text = text(&page(&record));
    assert!(text.contains("Listen") && text.contains("44.1 kHz mono"));
    assert!(!text.contains("Short-term loudness, LUFS"));
}

#[test]
fn overview_has_one_row_and_one_encoded_link_for_each_song() {
    let scratch = tempfile::tempdir().unwrap();
    let names = ["a & b #1 100%.wav", "שיר 🎚.wav"];
    let noise = signals::white_noise(48_000, 2, 1.0, 0.1, 1);
    let songs = names.map(|name| write(scratch.path(), name, &noise));
    let paths: Vec<&Path> = songs.iter().map(|path| path.as_path()).collect();
    let output = master(scratch.path(), &paths, &[]);
    assert!(output.status.success());
    let page = std::fs::read_to_string(scratch.path().join("out/all.html")).unwrap();
    assert!(
        page.contains("href=\"a%20%26%20b%20%231%20100%25.flow.html\""),
        "{page}"
    );
    assert!(page.contains(">a &amp; b #1 100%</a>"), "{page}");
    assert!(
        page.contains("href=\"%D7%A9%D7%99%D7%A8%20%F0%9F%8E%9A.flow.html\""),
        "{page}"
    );
    assert_eq!(page.matches("<th scope=\"row\">").count(), 2);
    assert!(
        !page.contains("<audio"),
        "the songs' own pages have the excerpts"
    );
}

#[test]
fn fields_of_json_stand_in_the_manual() {
    let page = std::fs::read_to_string(
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/manual/command-line-json.md"),
    );
    let page = page.unwrap();
    let scratch = tempfile::tempdir().unwrap();
    let path = write(scratch.path(), "song.wav", &song());
    let mastered = json(&master(scratch.path(), &[&path], &["--json"]));
    let analyzed = std::process::Command::new(env!("CARGO_BIN_EXE_flow"))
        .args(["analyze", "--json"])
        .arg(&path)
        .output()
        .unwrap();
    for record in [mastered, json(&analyzed)] {
        let proposals = record["proposals"].as_array().into_iter().flatten();
        let possible = record["also_possible"].as_array().into_iter().flatten();
        let listed = proposals.chain(possible).filter_map(Value::as_object);
        let keys = record.as_object().unwrap().keys();
        for key in keys.chain(listed.flat_map(|proposal| proposal.keys())) {
            assert!(
                page.contains(&format!("`{key}`")),
                "{key} isn't in the manual"
            );
        }
    }
}
