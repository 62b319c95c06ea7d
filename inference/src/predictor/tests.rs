//! ModelFiles that aren't the network, and what the one that is makes of music.

use flow_dsp::Spec;
use sha2::{Digest as _, Sha256};

use crate::NetworkPredictor;
use crate::model::shipped::{MANIFEST, ONNX};
use flow_analysis::correction::Estimate;
use flow_analysis::features::{AnalysisWindow, Extractor};
use flow_analysis::prediction::Predictor as _;
use flow_analysis::prediction::STYLES;

/// Flow's demo song as it is, or with three times as much of what lies below 400 Hz.
fn heard(dark: bool) -> AnalysisWindow {
    const RATE_HZ: u32 = 48_000;
    let mut channels = flow_demo_song::demo_song(RATE_HZ).channels;
    if dark {
        for channel in &mut channels {
            let mut low = 0.0;
            for x in channel.iter_mut() {
                low += 0.05 * (*x - low);
                *x += 3.0 * low;
            }
        }
    }
    let mut extractor = Extractor::new(Spec {
        sample_rate_hz: f64::from(RATE_HZ),
    });
    let mut window = AnalysisWindow::new(800);
    extractor.push(&channels[0], &channels[1], |frame| window.push(frame));
    window
}

fn refusal(manifest: &str, onnx: &[u8]) -> String {
    let said = NetworkPredictor::load(manifest, onnx)
        .expect_err("it must be refused")
        .to_string();
    assert!(!said.contains('\n'), "one line: {said}");
    said
}

/// The manifest with other bytes declared as the right ones.
fn manifest_of(onnx: &[u8]) -> String {
    let mut manifest: serde_json::Value = serde_json::from_str(MANIFEST).unwrap();
    let digest = Sha256::digest(onnx);
    let hash: String = digest.iter().map(|b| format!("{b:02x}")).collect();
    manifest["sha256"] = hash.into();
    manifest["bytes"] = onnx.len().into();
    manifest.to_string()
}

fn manifest_with(key: &str, value: serde_json::Value) -> String {
    let mut manifest: serde_json::Value = serde_json::from_str(MANIFEST).unwrap();
    manifest[key] = value;
    manifest.to_string()
}

#[test]
fn damaged_and_foreign_files_are_refused_in_one_line() {
    let cut = &ONNX[..ONNX.len() / 2];
    assert!(refusal(MANIFEST, cut).contains("bytes instead of"));
    let mut flipped = ONNX.to_vec();
    flipped[ONNX.len() / 3] ^= 1;
    assert!(refusal(MANIFEST, &flipped).contains("SHA-256"));
    assert!(refusal(MANIFEST, &[]).contains("bytes instead of"));
    assert!(refusal(MANIFEST, &vec![0; 5 << 20]).contains("too many"));
    assert!(refusal("", ONNX).contains("manifest"));
    assert!(refusal(&MANIFEST[..MANIFEST.len() / 2], ONNX).contains("manifest"));
    assert!(refusal(&manifest_with("colour", "red".into()), ONNX).contains("manifest"));
}

#[test]
fn networks_of_other_versions_are_refused_with_what_differs() {
    for (key, value, said) in [
        ("features", 99.into(), "features 99"),
        ("input", vec![2, 256, 80].into(), "input"),
        ("bands_hz", vec![100.0, 200.0].into(), "bands"),
        ("contexts", vec!["polka"].into(), "polka"),
        ("normalisation", "z-score".into(), "z-score"),
    ] {
        let refusal = refusal(&manifest_with(key, value), ONNX);
        assert!(refusal.contains(said), "{key}: {refusal}");
    }
    let mut manifest: serde_json::Value = serde_json::from_str(MANIFEST).unwrap();
    manifest["calibration"]["spread"] = 1000.into();
    assert!(refusal(&manifest.to_string(), ONNX).contains("calibration"));
}

/// A manifest that fits doesn't make a network of anything.
#[test]
fn files_that_are_no_network_are_refused_whatever_their_manifest_says() {
    let half = &ONNX[..ONNX.len() / 2];
    let noise: Vec<u8> = (0..10_000_u32)
        .map(|i| u8::try_from(i.wrapping_mul(2_654_435_761) >> 24).unwrap())
        .collect();
    for bytes in [half, &noise, b"", b"\x08\x07"] {
        refusal(&manifest_of(bytes), bytes);
    }
    // A few bytes changed all over the file: refused or not, nothing panics.
    for i in 0..40 {
        let mut bytes = ONNX.to_vec();
        for k in 0..4 {
            let at = (i * 7919 + k * 104_729) % bytes.len();
            bytes[at] = bytes[at].wrapping_add(85);
        }
        let _ = NetworkPredictor::load(&manifest_of(&bytes), &bytes);
    }
}

#[test]
fn answers_are_the_same_every_time_and_within_bounds() {
    let window = heard(false);
    let opinion = NetworkPredictor::shipped()
        .unwrap()
        .predict(&window)
        .unwrap();
    assert_eq!(
        NetworkPredictor::shipped()
            .unwrap()
            .predict(&window)
            .unwrap(),
        opinion
    );
    let sum: f32 = opinion.style.iter().sum();
    assert!((sum - 1.0).abs() < 1e-4, "{sum}");
    assert_eq!(opinion.style.len(), STYLES.len());
    assert!((0.0..=1.0).contains(&opinion.activity.energy));
    assert!((0.0..=1.0).contains(&opinion.activity.density));
    for estimate in &opinion.correction.curve {
        assert!(estimate.mean.abs() < 24.0 && estimate.sd > 0.0);
    }
}

#[test]
fn nothing_is_said_of_nothing() {
    let mut network = NetworkPredictor::shipped().unwrap();
    assert_eq!(network.predict(&AnalysisWindow::new(300)), None);
}

/// Whatever it thinks of the song itself: what is done to it is heard with the right sign.
#[test]
fn a_darkened_song_is_to_be_brightened() {
    let mut network = NetworkPredictor::shipped().unwrap();
    let slope = |network: &mut NetworkPredictor, dark| {
        let curve = network.predict(&heard(dark)).unwrap().correction.curve;
        let mean = |bands: &[Estimate]| {
            bands.iter().map(|e| e.mean).sum::<f32>()
                / flow_dsp::math::narrow(flow_dsp::math::count(bands.len()))
        };
        mean(&curve[16..22]) - mean(&curve[..8])
    };
    let (plain, dark) = (slope(&mut network, false), slope(&mut network, true));
    // Answers are cautious: about half of what was done is heard in a song alone.
    assert!(dark > plain + 1.0, "{plain} and {dark}");
}

/// What is committed is what the recipe's log and the card describe.
#[test]
fn the_card_and_the_log_are_of_this_network() {
    let hash: String = Sha256::digest(ONNX)
        .iter()
        .map(|b| format!("{b:02x}"))
        .collect();
    let log: serde_json::Value =
        serde_json::from_str(include_str!("../../../models/log.json")).unwrap();
    assert_eq!(log["sha256"], hash);
    assert!(include_str!("../../../models/README.md").contains(&hash));
}
