//! `flow master --assist`: what is off gets better, what is finished is left alone, and the plug-in gives what the
//! training evaluation promises. Needs the bundle, as `cli.rs` does.

mod common;

use common::{json, master, number, song, write};
use flow_analysis::correction::{BANDS, FIRST_BAND, weights};
use flow_analysis::features::{AnalysisWindow, Summary};
use flow_analysis::reference::{self, Reference};
use flow_analysis::solver;
use flow_audio_file::{Audio, wav};
use flow_dsp::{Chain, ChainSettings, MatchSettings, Monitor, Spec};
use flow_testkit::signals::voices::{speech, tune};

/// Low enough that no ceiling is reached: these are about balance.
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

/// How far apart two balances are, dB RMS as the ear weighs bands; level is no balance.
fn apart_db(a: &Summary, b: &Summary) -> f32 {
    let weights = weights();
    let off =
        |band: usize| a.third_octaves_db[band + FIRST_BAND] - b.third_octaves_db[band + FIRST_BAND];
    let mean: f32 = (0..BANDS).map(|band| weights[band] * off(band)).sum();
    let square = |band: usize| weights[band] * (off(band) - mean).powi(2);
    (0..BANDS).map(square).sum::<f32>().sqrt()
}

/// More (or less) of what lies below or above a frequency: gentle curves of a first-order shelf.
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

/// Boomy, thin, harsh, dull.
fn degraded(song: &Audio) -> [Audio; 4] {
    [
        shelved(song, 200.0, 8.0, false),
        shelved(song, 300.0, -9.0, false),
        shelved(song, 2500.0, 9.0, true),
        shelved(song, 1500.0, -12.0, true),
    ]
}

/// What users get is the plug-in, its values through text onto the grids of knobs. The training evaluation asks the chain
/// itself, with the solver's own values.
#[test]
fn the_plug_in_gives_what_the_evaluation_promises() {
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
        let mut promised = degraded.clone();
        let [left, right] = &mut promised.channels[..] else {
            panic!("stereo")
        };
        Chain::new(Spec::default()).process(&solved, Monitor::default(), &mut [left, right]);

        let path = write(scratch.path(), &format!("{i}.wav"), &degraded);
        let options = ["--json", "--profile", "keep", "--reference"];
        let options = [&options[..], &[original.to_str().unwrap()]].concat();
        let record = json(&master(scratch.path(), &[&path], &options));
        let given = wav::read_wav(record["output_path"].as_str().unwrap().as_ref()).unwrap();

        let [before, promised, given] =
            [&degraded, &promised, &given].map(|audio| apart_db(&summary(audio), &truth));
        assert!(promised < 0.5 * before, "{i}: {before} {promised}");
        assert!(
            (given - promised).abs() < 0.05 * promised,
            "{i}: {before} {promised} {given} {record:#}"
        );
    }
}

/// The network is careful: what could be meant isn't touched, what nobody means is.
#[test]
fn what_is_off_gets_no_worse_and_what_is_far_off_better() {
    let scratch = tempfile::tempdir().unwrap();
    let clean = song().gained(LEVEL_DB);
    let truth = summary(&clean);
    let [boomy, thin, harsh, dull] = degraded(&clean);
    let unbearable = shelved(&clean, 2500.0, 18.0, true);
    for (name, degraded, at_most) in [
        ("boomy", boomy, 1.02),
        ("thin", thin, 1.02),
        ("harsh", harsh, 1.02),
        ("dull", dull, 1.02),
        ("unbearable", unbearable, 0.9),
    ] {
        let path = write(scratch.path(), &format!("{name}.wav"), &degraded);
        let options = ["--json", "--assist", "--profile", "keep"];
        let record = json(&master(scratch.path(), &[&path], &options));
        let given = wav::read_wav(record["output_path"].as_str().unwrap().as_ref()).unwrap();
        let [before, after] = [&degraded, &given].map(|audio| apart_db(&summary(audio), &truth));
        assert!(
            after < at_most * before,
            "{name}: {before} {after} {record:#}"
        );
    }
}

#[test]
fn a_finished_master_is_left_alone() {
    let scratch = tempfile::tempdir().unwrap();
    let mix = write(scratch.path(), "mix.wav", &song());
    let club = ["--json", "--profile", "club"];
    let finished = json(&master(scratch.path(), &[&mix], &club));
    let finished = scratch
        .path()
        .join("out")
        .join(finished["output_path"].as_str().unwrap());
    let again = |options: &[&str]| {
        let options = [&["--json", "--assist"], options].concat();
        json(&master(scratch.path(), &[&finished], &options))
    };
    let record = again(&[]);
    assert_eq!(number(&record["gain_db"]), 0.0, "{record:#}");
    assert_eq!(number(&record["trim_db"]), 0.0, "{record:#}");
    assert!(record["target_lufs"].is_null() && record["target_reached"].is_null());
    assert!(
        record["verdict"].to_string().contains("loud enough"),
        "{record:#}"
    );
    let loudness = |side: &str| number(&record[side]["lufs_i"]);
    // Proposals for balance may move it a little.
    assert!(
        (loudness("output") - loudness("input")).abs() < 0.5,
        "{record:#}"
    );
    let input = summary(&wav::read_wav(&finished).unwrap());
    let output = wav::read_wav(record["output_path"].as_str().unwrap().as_ref()).unwrap();
    let output = summary(&output);
    let mut changes: Vec<f32> = (FIRST_BAND..FIRST_BAND + BANDS)
        .map(|band| (output.third_octaves_db[band] - input.third_octaves_db[band]).abs())
        .collect();
    changes.sort_by(f32::total_cmp);
    assert!(changes[BANDS / 2] < 1.0, "{changes:?}");

    // Turned down if that is asked for.
    let asked = again(&["--profile", "streaming"]);
    assert!(number(&asked["gain_db"]) < -3.0, "{asked:#}");
    assert_eq!(asked["target_reached"], true);
}

#[test]
fn what_is_no_mix_is_named_and_left_alone() {
    let scratch = tempfile::tempdir().unwrap();
    for (name, sound, said) in [
        ("speech", speech(48_000, 2, 14.0, 120.0), "hears speech"),
        (
            "tune",
            tune(48_000, 2, 14.0, f64::INFINITY),
            "hears a single instrument",
        ),
    ] {
        let path = write(scratch.path(), &format!("{name}.wav"), &sound);
        let options = ["--json", "--assist", "--profile", "keep"];
        let record = json(&master(scratch.path(), &[&path], &options));
        let given = wav::read_wav(record["output_path"].as_str().unwrap().as_ref()).unwrap();
        assert!(record.to_string().contains(said), "{record:#}");
        assert!(
            apart_db(&summary(&given), &summary(&sound)) < 0.1,
            "{record:#}"
        );
    }
}
