//! Several profiles in one run, and the names of their files. Needs the bundle, as `master.rs` does.

mod common;

use common::{json, master, number, song, write};
use std::path::Path;

fn results(folder: &Path) -> Vec<String> {
    let names = std::fs::read_dir(folder.join("out")).unwrap();
    let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

#[test]
fn several_profiles_give_one_master_each() {
    let scratch = tempfile::tempdir().unwrap();
    let path = write(scratch.path(), "song.wav", &song());
    let options = ["--json", "--profile", "atsc", "--profile", "Apple Music"];
    let records = json(&master(scratch.path(), &[&path], &options));
    for (record, (profile, lufs)) in records
        .as_array()
        .unwrap()
        .iter()
        .zip([("atsc", -24.0), ("apple-music", -16.0)])
    {
        assert_eq!(record["profile"], profile);
        assert!((number(&record["output"]["lufs_i"]) - lufs).abs() < 0.1);
    }
    assert_eq!(
        results(scratch.path()),
        [
            "all.html",
            "song.apple-music.flow.html",
            "song.apple-music.flow.wav",
            "song.atsc.flow.html",
            "song.atsc.flow.wav",
        ]
    );
    // A run without a profile overwrites none of them.
    let alone = json(&master(
        scratch.path(),
        &[&path],
        &["--json", "--profile", "atsc"],
    ));
    let mut of_all = records[0].clone();
    of_all["real_time_factor"] = alone["real_time_factor"].clone();
    assert_eq!(of_all, alone);
    json(&master(scratch.path(), &[&path], &["--json"]));
    assert_eq!(results(scratch.path()).len(), 6);
}

#[test]
fn profile_named_twice_is_refused() {
    let scratch = tempfile::tempdir().unwrap();
    let path = write(scratch.path(), "song.wav", &song());
    let output = master(
        scratch.path(),
        &[&path],
        &["--profile", "club", "--profile", "Club"],
    );
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(
        stderr.contains("named twice") && stderr.lines().count() == 1,
        "{stderr}"
    );
    assert!(!scratch.path().join("out").exists());
}

#[test]
fn name_too_long_for_result_is_refused_before_the_work() {
    let scratch = tempfile::tempdir().unwrap();
    let name = format!("{}.wav", "x".repeat(240));
    let path = write(scratch.path(), &name, &song());
    json(&master(scratch.path(), &[&path], &["--json"]));
    let options = ["--profile", "atsc", "--profile", "apple-music"];
    let output = master(scratch.path(), &[&path], &options);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(
        !output.status.success() && stderr.lines().count() == 1,
        "{stderr}"
    );
    assert!(stderr.contains("cannot be written"), "{stderr}");
}
