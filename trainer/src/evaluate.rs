//! The value of proposals: the chain applies each of them, and its output is compared with the clean song.
//!
//! The process reads each [`Request`] as a line of JSON and writes a [`Response`] as a line. Sounds are files of raw
//! little-endian f32, left and right of each frame, at 44.1 kHz.

use std::io::{BufRead, Write, stdin, stdout};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use flow_analysis::correction::Correction;
use flow_analysis::effect_model::apply;
use flow_analysis::features::{AnalysisWindow, Summary};
use flow_analysis::pipeline::analyze;
use flow_analysis::prediction::Prediction;
use flow_analysis::report::{Analysis, Context, Grade, Proposal};
use flow_analysis::solver;
use flow_analysis::trial::{Excerpt, Trial};
use flow_dsp::{Chain, ChainSettings, Monitor, Spec};
use flow_inference::{Calibration, Manifest, ModelFiles, NetworkPredictor};
use flow_params::{Kind, ParameterId};
use serde::{Deserialize, Serialize};

use crate::distance::{Distance, Spectra};
use crate::features::window_of;

const RATE_HZ: u32 = 44_100;

/// The settling time of the chain, before the comparison begins.
const SETTLE_FRAMES: usize = RATE_HZ as usize / 2;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Request {
    /// The clean song.
    clean: PathBuf,
    /// The degraded song.
    degraded: PathBuf,
    /// Calibrations of the network; empty for its own.
    calibrations: Vec<Calibration>,
}

/// The result of one method.
#[derive(Clone, Serialize)]
struct Evaluation {
    /// `nothing`, `rules`, `recommended`, `taken` or `oracle`. `taken` are the network's proposals of either grade, and
    /// `rules` those without a network.
    method: &'static str,
    /// For `recommended` and `taken`, the index of the calibration.
    calibration: Option<usize>,
    /// Parameters and their new values.
    changes: Vec<(String, String)>,
    #[serde(flatten)]
    distance: Distance,
    /// The change of the balance in each anchor, dB.
    anchors_db: [f32; 4],
    /// The RMS over Bark bands of what the settings move, dB.
    moved_db: f64,
}

#[derive(Serialize)]
struct Response {
    evaluations: Vec<Evaluation>,
    prediction: Option<Prediction>,
    /// The correction that restores the clean song.
    truth: Correction,
}

/// Serves requests until standard input ends.
pub(crate) fn evaluate(manifest: &Path) -> Result<()> {
    let mut network = load(manifest)?;
    let mut responses = stdout().lock();
    for line in stdin().lock().lines() {
        let request: Request = serde_json::from_str(&line?).context("the request can't be read")?;
        let response = respond(&request, &mut network)?;
        serde_json::to_writer(&mut responses, &response)?;
        writeln!(responses)?;
        responses.flush()?;
    }
    Ok(())
}

/// A network whose files lie beside its manifest.
pub(crate) fn load(manifest: &Path) -> Result<NetworkPredictor> {
    let read = |path: &Path| {
        std::fs::read(path).with_context(|| format!("{} can't be read", path.display()))
    };
    let text = String::from_utf8(read(manifest)?).context("the manifest isn't UTF-8")?;
    let parsed: Manifest = serde_json::from_str(&text).context("the manifest can't be read")?;
    Ok(NetworkPredictor::load(ModelFiles {
        manifest: &text,
        plan: &read(&manifest.with_file_name(parsed.plan.file))?,
        weights: &read(&manifest.with_file_name(parsed.weights.file))?,
    })?)
}

fn respond(request: &Request, network: &mut NetworkPredictor) -> Result<Response> {
    let clean = Sound::read(&request.clean)?;
    let degraded = Sound::read(&request.degraded)?;
    ensure!(
        clean.sound[0].len() == degraded.sound[0].len(),
        "both sounds must have one length"
    );
    let spectra = [&clean, &degraded].map(|sound| Spectra::of(&sound.sound, SETTLE_FRAMES));
    let truth = Correction::between(&degraded.summary, &clean.summary);
    let evaluate_settings = |method, calibration, settings: ChainSettings| {
        let sound = render(&settings, &degraded.sound);
        let summary = window_of(RATE_HZ, &sound[0], &sound[1]).map(|w| w.summary())?;
        let found = Spectra::of(&sound, SETTLE_FRAMES);
        let change = Correction::between(&degraded.summary, &summary);
        Ok::<_, anyhow::Error>(Evaluation {
            method,
            calibration,
            changes: changes(&settings),
            distance: Distance::between([&spectra[0], &found], [&clean.summary, &summary]),
            anchors_db: flow_analysis::features::Anchor::ALL.map(|a| change.anchor_db(a)),
            moved_db: Distance::bark_db([&spectra[1], &found]),
        })
    };
    let plain = base();
    let context = Context {
        settings: plain,
        ..Context::default()
    };
    let by_rules = tried(analyze(&degraded.window, &context), plain, &degraded);
    let rules = graded(&by_rules, Grade::Recommended, &plain);
    let mut evaluations = vec![
        evaluate_settings("nothing", None, plain)?,
        evaluate_settings("rules", None, rules)?,
    ];
    let own = network.manifest().calibration;
    let calibrations = match &request.calibrations[..] {
        [] => std::slice::from_ref(&own),
        some => some,
    };
    let mut prediction = None;
    for (i, calibration) in calibrations.iter().enumerate() {
        network.recalibrate(*calibration);
        let Some(analysis) = network.analyze(&degraded.window, &context) else {
            break;
        };
        let analysis = tried(analysis, plain, &degraded);
        let grades = [
            ("recommended", Grade::Recommended),
            ("taken", Grade::Possible),
        ];
        for (method, least) in grades {
            let settings = graded(&analysis, least, &plain);
            // Equal settings are rendered once.
            let known = evaluations.iter().find(|e| e.changes == changes(&settings));
            let evaluation = match known.cloned() {
                Some(known) => Evaluation {
                    method,
                    calibration: Some(i),
                    ..known
                },
                None => evaluate_settings(method, Some(i), settings)?,
            };
            evaluations.push(evaluation);
        }
        prediction = analysis.prediction;
    }
    network.recalibrate(own);
    let solution = solver::solve(&truth, &plain, 0.5);
    evaluations.push(evaluate_settings("oracle", None, solution.settings)?);
    Ok(Response {
        evaluations,
        prediction,
        truth,
    })
}

/// Neutral settings. The sounds stay below the ceiling, so that only what the proposals change counts.
fn base() -> ChainSettings {
    let mut settings = ChainSettings::default();
    settings.limiter.ceiling_db = 0.0;
    settings
}

/// An analysis whose proposals have been tried on the sound.
fn tried(analysis: Analysis, settings: ChainSettings, sound: &Sound) -> Analysis {
    let [left, right] = &sound.sound;
    let mut trial = Trial::new(analysis, settings, Excerpt::of(spec(), left, right));
    while !trial.advance(usize::MAX) {}
    trial.finish()
}

/// The settings with all proposals of a grade and above; with the possible ones each goes as far as the user may.
fn graded(analysis: &Analysis, least: Grade, plain: &ChainSettings) -> ChainSettings {
    let proposals = analysis.proposals.iter();
    let proposals = proposals.filter(|proposal| proposal.grade >= least);
    let taken: Vec<Proposal> = match least {
        Grade::Recommended => proposals.cloned().collect(),
        Grade::Possible | Grade::Taste => proposals.map(Proposal::furthest).collect(),
    };
    apply(plain, &taken)
}

fn changes(settings: &ChainSettings) -> Vec<(String, String)> {
    let plain = base();
    let moved = ParameterId::ALL.into_iter().filter_map(|id| {
        let [before, after] = [&plain, settings].map(|settings| match id.kind() {
            Kind::Number(number) => format!("{:.2}", number.setting(settings)),
            Kind::Choice(_) | Kind::Switch(_) => format!("{:?}", id.get(settings)),
        });
        (before != after).then(|| (id.to_string(), after))
    });
    moved.collect()
}

/// The sample rate of all sounds.
fn spec() -> Spec {
    Spec {
        sample_rate_hz: f64::from(RATE_HZ),
    }
}

/// A sound with its analysis window.
struct Sound {
    sound: [Vec<f32>; 2],
    window: AnalysisWindow,
    summary: Summary,
}

impl Sound {
    fn read(path: &Path) -> Result<Self> {
        let bytes =
            std::fs::read(path).with_context(|| format!("{} can't be read", path.display()))?;
        let words = bytes.as_chunks::<4>().0.iter();
        let samples: Vec<f32> = words.map(|word| f32::from_le_bytes(*word)).collect();
        let frames = samples.as_chunks::<2>().0.iter();
        let (left, right): (Vec<f32>, Vec<f32>) = frames.map(|[l, r]| (*l, *r)).unzip();
        let window = window_of(RATE_HZ, &left, &right)?;
        ensure!(window.is_enough(), "{} is too short", path.display());
        Ok(Self {
            summary: window.summary(),
            window,
            sound: [left, right],
        })
    }
}

/// Renders a sound with the chain, and removes the latency.
fn render(settings: &ChainSettings, sound: &[Vec<f32>; 2]) -> [Vec<f32>; 2] {
    let mut chain = Chain::new(spec());
    let latency = chain.latency_samples() as usize;
    let padded = |channel: &Vec<f32>| {
        let silence = std::iter::repeat_n(0.0, latency);
        channel.iter().copied().chain(silence).collect::<Vec<f32>>()
    };
    let mut sound = sound.each_ref().map(padded);
    {
        let [left, right] = &mut sound;
        chain.process(settings, Monitor::default(), &mut [left, right]);
    }
    sound.map(|channel| channel[latency..].to_vec())
}
