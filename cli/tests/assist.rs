//! The assistant in `flow master`: songs far from balanced improve, finished masters stay, and the plug-in's output agrees with the
//! training evaluation. Needs the bundle, as `master.rs` does.

mod common;

use common::{json, master, number, song, write};
use flow_analysis::correction::{BANDS, FIRST_BAND, weights};
use flow_analysis::features::{AnalysisWindow, Summary};
use flow_analysis::reference::{self, Reference};
use flow_analysis::solver;
use flow_audio_file::{Audio, read};
use flow_dsp::{Chain, ChainSettings, MatchSettings, Monitor, Spec};
use flow_testkit::signals::voices::{speech, tune};

/// A level at which no peak reaches the ceiling, so that only balance changes.
const LEVEL_DB: f64 = -8.0;

fn summary(audio: &Audio) -> Summary {
    window(audio).summary()
}

fn window(audio: &Audio) -> AnalysisWindow {
    let spec = Spec {
        sample_rate_hz: f64::from(audio.sample_rate_hz),
    };
    AnalysisWindow::of(spec, &audio.channels[0], &audio.channels[1])
}

/// The distance of two balances in dB RMS over weighted bands, without their levels.
fn distance_db(a: &Summary, b: &Summary) -> f32 {
    let weights = weights();
    let difference =
        |band: usize| a.third_octaves_db[band + FIRST_BAND] - b.third_octaves_db[band + FIRST_BAND];
    let mean: f32 = (0..BANDS)
        .map(|band| weights[band] * difference(band))
        .sum();
    let square = |band: usize| weights[band] * (difference(band) - mean).powi(2);
    (0..BANDS).map(square).sum::<f32>().sqrt()
}

/// The song through a first-order shelf.
fn shelved(song: &Audio, hz: f32, gain_db: f64, is_high: bool) -> Audio {
    let more = flow_dsp::math::narrow(flow_audio_file::db_to_gain(gain_db)) - 1.0;
    let pole = 1.0 - (-core::f32::consts::TAU * hz / 48_000.0).exp();
    let shelve = |channel: &Vec<f32>| {
        let mut low = 0.0;
        let sample = |x: &f32| {
            low += pole * (x - low);
            x + more * if is_high { x - low } else { low }
        };
        channel.iter().map(sample).collect()
    };
    Audio::new(
        song.sample_rate_hz,
        song.channels.iter().map(shelve).collect(),
    )
}

/// The song as boomy, thin, harsh and dull.
fn degraded(song: &Audio) -> [Audio; 4] {
    [
        shelved(song, 200.0, 8.0, false),
        shelved(song, 300.0, -9.0, false),
        shelved(song, 2500.0, 9.0, true),
        shelved(song, 1500.0, -12.0, true),
    ]
}

/// The plug-in rounds values to its parameters' steps. The training evaluation runs the chain with the solver's own values.
#[test]
fn plugin_matching_a_reference_agrees_with_training_evaluation() {
    let scratch = tempfile::tempdir().unwrap();
    let clean = song().gained(LEVEL_DB);
    let truth = summary(&clean);
    let original = write(scratch.path(), "original.wav", &clean);
    let references = [Reference::new("original", &window(&clean)).unwrap()];
    for (i, degraded) in degraded(&clean).into_iter().enumerate() {
        let plain = ChainSettings::default();
        let towards = reference::towards(&summary(&degraded), &references, 1.0).unwrap();
        let mut solved = solver::solve_width(&towards, &plain).settings;
        solved.curve.matching = MatchSettings {
            amount: 1.0,
            bands_db: solver::match_curve(&towards.curve, &plain),
        };
        let mut evaluated = degraded.clone();
        let [left, right] = &mut evaluated.channels[..] else {
            panic!("stereo")
        };
        Chain::new(Spec::default()).process(&solved, Monitor::default(), &mut [left, right]);

        let path = write(scratch.path(), &format!("{i}.wav"), &degraded);
        let options = ["--json", "--profile", "keep", "--reference"];
        let options = [&options[..], &[original.to_str().unwrap()]].concat();
        let record = json(&master(scratch.path(), &[&path], &options));
        let output = read(record["output_path"].as_str().unwrap().as_ref())
            .unwrap()
            .audio;

        let [before, evaluated, output] =
            [&degraded, &evaluated, &output].map(|audio| distance_db(&summary(audio), &truth));
        assert!(evaluated < 0.5 * before, "{i}: {before} {evaluated}");
        assert!(
            (output - evaluated).abs() < 0.05 * evaluated,
            "{i}: {before} {evaluated} {output} {record:#}"
        );
    }
}

/// The network is careful: it changes only balances that no mixing engineer intends.
#[test]
fn assistant_improves_extreme_balance_and_worsens_none() {
    let scratch = tempfile::tempdir().unwrap();
    let clean = song().gained(LEVEL_DB);
    let truth = summary(&clean);
    let [boomy, thin, harsh, dull] = degraded(&clean);
    let extreme = shelved(&clean, 2500.0, 18.0, true);
    for (name, degraded, at_most) in [
        ("boomy", boomy, 1.02),
        ("thin", thin, 1.02),
        ("harsh", harsh, 1.02),
        ("dull", dull, 1.02),
        ("extreme", extreme, 0.9),
    ] {
        let path = write(scratch.path(), &format!("{name}.wav"), &degraded);
        let options = ["--json", "--profile", "keep"];
        let record = json(&master(scratch.path(), &[&path], &options));
        let output = read(record["output_path"].as_str().unwrap().as_ref())
            .unwrap()
            .audio;
        let [before, after] =
            [&degraded, &output].map(|audio| distance_db(&summary(audio), &truth));
        assert!(
            after < at_most * before,
            "{name}: {before} {after} {record:#}"
        );
    }
}

/// All changes of a record with their values.
fn changes(record: &serde_json::Value) -> Vec<String> {
    let lists = ["proposals", "also_possible"].map(|list| record[list].as_array().unwrap());
    let all = lists.into_iter().flatten();
    let changes = all.flat_map(|proposal| proposal["changes"].as_array().unwrap());
    changes.map(|change| change.to_string()).collect()
}

#[test]
fn assistant_that_is_switched_off_changes_loudness_alone() {
    let scratch = tempfile::tempdir().unwrap();
    let extreme = shelved(&song().gained(LEVEL_DB), 2500.0, 18.0, true);
    let path = write(scratch.path(), "extreme.wav", &extreme);
    let run = |options: &[&str]| {
        let options = [&["--json", "--profile", "keep"], options].concat();
        json(&master(scratch.path(), &[&path], &options))
    };
    let plain = run(&["--no-assist", "--set", "dith=off"]);
    assert_eq!(plain["assisted"], false);
    assert!(
        plain["recognized"].is_null() && changes(&plain).is_empty(),
        "{plain:#}"
    );
    let output = read(plain["output_path"].as_str().unwrap().as_ref());
    let output = output.unwrap().audio;
    assert_eq!(output.first_difference(&read(&path).unwrap().audio), None);

    let assisted = run(&[]);
    let [proposal, ..] = &assisted["proposals"].as_array().unwrap()[..] else {
        panic!("{assisted:#}")
    };
    assert_eq!(
        (&proposal["origin"], &proposal["grade"]),
        (&"assistant".into(), &"recommended".into())
    );
    // The line and the report have the reason and what was measured.
    let (reason, effect) = (
        proposal["reason"].as_str().unwrap(),
        proposal["effect"][0].as_str().unwrap(),
    );
    let lines = assisted["verdict"].to_string();
    let report = std::fs::read_to_string(assisted["report_path"].as_str().unwrap()).unwrap();
    for text in [&lines, &report] {
        assert!(
            text.contains(reason) && text.contains(&format!("Measured: {effect}")),
            "{lines}"
        );
    }
    // A parameter that is set by hand is no part of the changes.
    let id = proposal["changes"][0]["id"].as_str().unwrap();
    let held = run(&["--set", &format!("{id}=0")]);
    assert!(
        !changes(&held)
            .iter()
            .any(|change| change.contains(&format!("\"{id}\""))),
        "{held:#}"
    );
}

#[test]
fn assistant_on_finished_master_keeps_dynamics_and_balance() {
    let scratch = tempfile::tempdir().unwrap();
    let mix = write(scratch.path(), "mix.wav", &song());
    let club = ["--json", "--profile", "club"];
    let finished = json(&master(scratch.path(), &[&mix], &club));
    let finished = scratch
        .path()
        .join("out")
        .join(finished["output_path"].as_str().unwrap());
    let again = |options: &[&str]| {
        let options = [&["--json"], options].concat();
        json(&master(scratch.path(), &[&finished], &options))
    };
    let record = again(&[]);
    // The profile's ceiling of -0.8 dBTP lies over the default one of -1 dBTP.
    let gain_db = number(&record["gain_db"]);
    assert!((-1.0..=-0.2).contains(&gain_db), "{record:#}");
    assert_eq!(number(&record["gain_reduction_db"]), 0.0, "{record:#}");
    assert_eq!(number(&record["trim_db"]), 0.0, "{record:#}");
    assert!(record["target_lufs"].is_null() && record["target_reached"].is_null());
    assert!(
        record["verdict"]
            .to_string()
            .contains("nothing was limited"),
        "{record:#}"
    );
    let loudness = |side: &str| number(&record[side]["lufs_i"]);
    // Proposals for balance may change loudness a little.
    assert!(
        (loudness("output") - gain_db - loudness("input")).abs() < 0.5,
        "{record:#}"
    );
    let input = summary(&read(&finished).unwrap().audio);
    let output = read(record["output_path"].as_str().unwrap().as_ref())
        .unwrap()
        .audio;
    let output = summary(&output);
    let mut changes: Vec<f32> = (FIRST_BAND..FIRST_BAND + BANDS)
        .map(|band| (output.third_octaves_db[band] - input.third_octaves_db[band]).abs())
        .collect();
    changes.sort_by(f32::total_cmp);
    assert!(changes[BANDS / 2] < 1.0, "{changes:?}");

    // A profile on the command line permits to turn it down.
    let streaming = again(&["--profile", "streaming"]);
    assert!(number(&streaming["gain_db"]) < -3.0, "{streaming:#}");
    assert_eq!(streaming["target_reached"], true);
}

#[test]
fn assistant_on_speech_and_single_instrument_keeps_sound() {
    let scratch = tempfile::tempdir().unwrap();
    for (name, sound, message) in [
        (
            "speech",
            speech(48_000, 2, 14.0, 120.0),
            "recognized speech",
        ),
        (
            "tune",
            tune(48_000, 2, 14.0, f64::INFINITY),
            "recognized a single instrument",
        ),
    ] {
        let path = write(scratch.path(), &format!("{name}.wav"), &sound);
        let options = ["--json", "--profile", "keep"];
        let record = json(&master(scratch.path(), &[&path], &options));
        let output = read(record["output_path"].as_str().unwrap().as_ref())
            .unwrap()
            .audio;
        assert!(record.to_string().contains(message), "{record:#}");
        assert!(
            distance_db(&summary(&output), &summary(&sound)) < 0.1,
            "{record:#}"
        );
    }
}

#[test]
fn proposals_that_are_checked_keep_the_gain_set_by_hand() {
    let scratch = tempfile::tempdir().unwrap();
    // A narrow song and a wide reference, so that a proposal changes the width.
    let wide = song();
    let mut narrow = wide.clone();
    let [left, right] = &mut narrow.channels[..] else {
        panic!("the song is not stereo")
    };
    for (left, right) in left.iter_mut().zip(right) {
        let (mid, side) = ((*left + *right) / 2.0, (*left - *right) / 2.0);
        (*left, *right) = (mid + 0.2 * side, mid - 0.2 * side);
    }
    let narrow = write(scratch.path(), "narrow.wav", &narrow);
    let wide = write(scratch.path(), "wide.wav", &wide);
    let options = ["--json", "--set", "gain=-2", "--reference"];
    let options = [&options[..], &[wide.to_str().unwrap()]].concat();
    let record = json(&master(scratch.path(), &[&narrow], &options));
    let changes = record["proposals"].to_string();
    assert!(changes.contains("wewid"), "{record:#}");
    assert_eq!(number(&record["gain_db"]), -2.0);
    let before = number(&record["input"]["lufs_i"]);
    let after = number(&record["output"]["lufs_i"]);
    assert!((after - before + 2.0).abs() < 1.5, "{before} → {after}");
}

#[test]
fn amount_of_0_applies_nothing_and_keeps_findings() {
    let scratch = tempfile::tempdir().unwrap();
    let extreme = shelved(&song().gained(LEVEL_DB), 2500.0, 18.0, true);
    let path = write(scratch.path(), "extreme.wav", &extreme);
    let run = |amount: &str| {
        let options = ["--json", "--profile", "keep", "--amount", amount];
        json(&master(scratch.path(), &[&path], &options))
    };
    let (whole, none) = (run("100"), run("0"));
    assert!(
        !changes(&whole).is_empty() && changes(&none).is_empty(),
        "{none:#}"
    );
    let reason = whole["proposals"][0]["reason"].as_str().unwrap();
    let findings = none["findings"].as_array().unwrap().iter();
    let mut texts = findings.filter_map(|finding| finding["text"].as_str());
    let said = texts.find(|text| text.starts_with(reason));
    let said = said.unwrap_or_else(|| panic!("{reason} is lost: {none:#}"));
    assert!(said.ends_with("At 0 % of it nothing changes."), "{said}");
}

/// A preset is the user's choice of a sound.
#[test]
fn preset_keeps_its_balance_beside_the_assistant() {
    let scratch = tempfile::tempdir().unwrap();
    let extreme = shelved(&song().gained(LEVEL_DB), 2500.0, 18.0, true);
    let path = write(scratch.path(), "extreme.wav", &extreme);
    let run = |options: &[&str]| {
        let options = [&["--json", "--preset", "warm-and-wide"], options].concat();
        json(&master(scratch.path(), &[&path], &options))
    };
    let (assisted, plain) = (run(&[]), run(&["--no-assist"]));
    for id in solver::TONE_PARAMETERS {
        let value = |record: &serde_json::Value| record["settings"][id.name()].clone();
        assert_eq!(value(&assisted), value(&plain), "{id}: {assisted:#}");
    }
    let lines = assisted["verdict"].to_string();
    assert!(
        lines.contains("stays as the preset Warm and wide has it"),
        "{lines}"
    );
}
