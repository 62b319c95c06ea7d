//! The refusal of files that aren't the network, and the predictions of the one that Flow ships.

use super::*;
use crate::model::manifest::sha256;
use flow_analysis::correction::Estimate;
use flow_analysis::prediction::STYLES;
use flow_dsp::Spec;

/// Flow's demo song, or the same with three times as much of it below 400 Hz added.
fn demo_window(is_dark: bool) -> AnalysisWindow {
    let mut channels = flow_demo_song::demo_song(48_000).channels;
    if is_dark {
        for channel in &mut channels {
            let mut low = 0.0;
            for x in channel.iter_mut() {
                low += 0.05 * (*x - low);
                *x += 3.0 * low;
            }
        }
    }
    AnalysisWindow::new(800).with_recording(Spec::default(), &channels[0], &channels[1])
}

fn refusal(files: ModelFiles<'_>) -> String {
    let refusal = NetworkPredictor::load(files)
        .expect_err("the files must be refused")
        .to_string();
    assert!(!refusal.contains('\n'), "one line: {refusal}");
    refusal
}

fn with_manifest(manifest: &str) -> ModelFiles<'_> {
    ModelFiles {
        manifest,
        ..shipped::F32
    }
}

fn with_weights(weights: &[u8]) -> ModelFiles<'_> {
    ModelFiles {
        weights,
        ..shipped::F32
    }
}

fn manifest() -> serde_json::Value {
    serde_json::from_str(shipped::F32.manifest).unwrap()
}

/// The manifest with the hashes and lengths of other files.
fn manifest_of(plan: &[u8], weights: &[u8]) -> String {
    let mut manifest = manifest();
    for (name, content) in [("plan", plan), ("weights", weights)] {
        manifest[name]["sha256"] = sha256(content).into();
        manifest[name]["bytes"] = content.len().into();
    }
    manifest.to_string()
}

#[test]
fn predictor_load_with_damaged_files_is_refused_in_one_line() {
    let ModelFiles {
        manifest,
        plan,
        weights,
    } = shipped::F32;
    assert!(refusal(with_weights(&weights[..weights.len() / 2])).contains("bytes instead of"));
    assert!(refusal(with_weights(&[])).contains("bytes instead of"));
    assert!(refusal(with_weights(&vec![0; 5 << 20])).contains("too many"));
    let mut flipped = weights.to_vec();
    flipped[weights.len() / 3] ^= 1;
    assert!(refusal(with_weights(&flipped)).contains("SHA-256"));
    let mut flipped = plan.to_vec();
    flipped[plan.len() / 3] ^= 1;
    let flipped = ModelFiles {
        plan: &flipped,
        ..shipped::F32
    };
    assert!(refusal(flipped).contains("SHA-256"));
    assert!(refusal(with_manifest("")).contains("manifest"));
    assert!(refusal(with_manifest(&manifest[..manifest.len() / 2])).contains("manifest"));
}

#[test]
fn predictor_load_with_foreign_manifest_names_the_difference() {
    for (key, value, expected) in [
        ("color", "red".into(), "manifest"),
        ("features", 99.into(), "features 99"),
        ("input", vec![2, 256, 80].into(), "input"),
        ("bands_hz", vec![100.0, 200.0].into(), "bands"),
        ("contexts", vec!["polka"].into(), "polka"),
        ("normalization", "z-score".into(), "z-score"),
    ] {
        let mut manifest = manifest();
        manifest[key] = value;
        let refusal = refusal(with_manifest(&manifest.to_string()));
        assert!(refusal.contains(expected), "{key}: {refusal}");
    }
    let mut manifest = manifest();
    manifest["calibration"]["spread"] = 1000.into();
    assert!(refusal(with_manifest(&manifest.to_string())).contains("calibration"));
}

#[test]
fn predictor_load_with_matching_hashes_of_other_files_is_refused() {
    let ModelFiles { plan, weights, .. } = shipped::F32;
    let noise: Vec<u8> = (0..10_000_u32)
        .map(|i| u8::try_from(i.wrapping_mul(2_654_435_761) >> 24).unwrap())
        .collect();
    let newer = String::from_utf8(plan.to_vec()).unwrap();
    let newer = newer.replace("\"version\": 1", "\"version\": 2");
    let longer = [weights, &[0; 4]].concat();
    let not_finite = [&f32::NAN.to_le_bytes(), &weights[4..]].concat();
    for (plan, weights, expected) in [
        (&plan[..plan.len() / 2], weights, "plan"),
        (&noise, weights, "plan"),
        (b"", weights, "plan"),
        (b"{}", weights, "plan"),
        (newer.as_bytes(), weights, "version 2"),
        (plan, &weights[..weights.len() / 2], "cut short"),
        (plan, b"", "cut short"),
        (plan, &longer, "4 bytes too many"),
        (plan, &not_finite, "finite"),
        (shipped::INT8.plan, weights, "weights"),
    ] {
        let manifest = &manifest_of(plan, weights);
        let refusal = refusal(ModelFiles {
            manifest,
            plan,
            weights,
        });
        assert!(refusal.contains(expected), "{expected}: {refusal}");
    }
}

/// Damage may leave a valid plan, whose predictions are then wrong; it must never panic.
#[test]
fn predictor_load_with_fuzzed_bytes_never_panics() {
    for files in [shipped::F32, shipped::INT8] {
        for i in 0..200 {
            let mut plan = files.plan.to_vec();
            for k in 0..=i % 4 {
                let at = (i * 7919 + k * 104_729) % plan.len();
                plan[at] = if i % 2 == 0 {
                    b'0' + plan[at] % 10
                } else {
                    plan[at].wrapping_add(85)
                };
            }
            let manifest = &manifest_of(&plan, files.weights);
            let _ = NetworkPredictor::load(ModelFiles {
                manifest,
                plan: &plan,
                ..files
            });
        }
        for i in 0..20 {
            let mut weights = files.weights.to_vec();
            let at = i * 104_729 % weights.len();
            weights[at] = weights[at].wrapping_add(85);
            let manifest = &manifest_of(files.plan, &weights);
            let _ = NetworkPredictor::load(ModelFiles {
                manifest,
                weights: &weights,
                ..files
            });
        }
    }
}

#[test]
fn predictor_on_the_same_window_repeats_its_prediction_within_bounds() {
    let window = demo_window(false);
    let prediction = NetworkPredictor::shipped()
        .unwrap()
        .predict(&window)
        .unwrap();
    assert_eq!(
        NetworkPredictor::shipped()
            .unwrap()
            .predict(&window)
            .unwrap(),
        prediction
    );
    let sum: f32 = prediction.style.iter().sum();
    assert!((sum - 1.0).abs() < 1e-4, "{sum}");
    assert_eq!(prediction.style.len(), STYLES.len());
    assert!((0.0..=1.0).contains(&prediction.activity.energy));
    assert!((0.0..=1.0).contains(&prediction.activity.density));
    for estimate in &prediction.correction.curve {
        assert!(estimate.mean.abs() < 24.0 && estimate.sd > 0.0);
    }
}

#[test]
fn predictor_on_an_empty_window_predicts_nothing() {
    let mut network = NetworkPredictor::shipped().unwrap();
    assert_eq!(network.predict(&AnalysisWindow::new(300)), None);
}

#[test]
fn predictor_on_a_darkened_song_corrects_towards_the_treble() {
    let mut network = NetworkPredictor::shipped().unwrap();
    let mut slope = |is_dark| {
        let curve = network.predict(&demo_window(is_dark)).unwrap();
        let curve = curve.correction.curve;
        let mean = |bands: &[Estimate]| {
            bands.iter().map(|e| e.mean).sum::<f32>()
                / flow_dsp::math::narrow(flow_dsp::math::count(bands.len()))
        };
        mean(&curve[16..22]) - mean(&curve[..8])
    };
    let (plain, dark) = (slope(false), slope(true));
    // Predictions from a song alone recover about half of a change.
    assert!(dark > plain + 1.0, "{plain} and {dark}");
}

#[test]
fn shipped_manifests_describe_their_onnx_files() {
    let onnx: [&[u8]; 2] = [
        include_bytes!("../../../models/flow.onnx"),
        include_bytes!("../../../models/flow-int8.onnx"),
    ];
    for (files, onnx) in [shipped::F32, shipped::INT8].into_iter().zip(onnx) {
        let (manifest, _) = files.load().unwrap();
        assert_eq!(manifest.bytes, onnx.len());
        assert_eq!(manifest.sha256, sha256(onnx));
    }
}

#[test]
fn model_card_and_training_log_name_the_shipped_network() {
    let manifest = manifest();
    let log: serde_json::Value =
        serde_json::from_str(include_str!("../../../models/log.json")).unwrap();
    assert_eq!(log["sha256"], manifest["sha256"]);
    let hash = manifest["sha256"].as_str().unwrap();
    assert!(include_str!("../../../models/README.md").contains(hash));
}
