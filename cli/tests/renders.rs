//! The number of times that `flow master` renders a whole song, on which its time depends. Needs the bundle, as `master.rs`
//! does.

mod common;

use common::{json, master, number, song, write};

/// The renders of the song to a profile with these settings, which reach its loudness.
fn renders(profile: &str, settings: &[&str]) -> f64 {
    let scratch = tempfile::tempdir().unwrap();
    let path = write(scratch.path(), "song.wav", &song());
    let mut options = vec!["--json", "--no-assist", "--profile", profile];
    options.extend(settings.iter().flat_map(|setting| ["--set", setting]));
    let record = json(&master(scratch.path(), &[&path], &options));
    assert_eq!(record["target_reached"], true, "{record:#}");
    let with = match settings {
        [] => "nothing set".to_owned(),
        settings => settings.join(" "),
    };
    println!("measured: {profile}, {with}: {}", record["renders"]);
    number(&record["renders"])
}

#[test]
fn song_through_chain_at_rest_is_rendered_at_most_twice() {
    assert!(renders("streaming", &[]) <= 2.0);
    // A style that the command line names is kept, so that the search is one.
    assert!(renders("club", &["lstyl=Loud"]) <= 2.0);
}

#[test]
fn song_through_working_chain_is_rendered_once_more_to_measure_it() {
    let chain = ["crsil=2", "ladrv=20"];
    assert!(renders("streaming", &chain) <= 3.0);
    assert!(renders("club", &[&chain[..], &["lstyl=Loud"]].concat()) <= 3.0);
}

#[test]
fn song_with_loudness_gain_set_by_hand_is_rendered_once() {
    let scratch = tempfile::tempdir().unwrap();
    let path = write(scratch.path(), "song.wav", &song());
    let record = json(&master(
        scratch.path(),
        &[&path],
        &["--json", "--no-assist", "--set", "gain=1"],
    ));
    assert_eq!(record["renders"], 1);
}
