//! Proposals for a whole song, applied before it is rendered: the assistant's, with the same reasoning as in the window,
//! and those that bring it towards references.

use anyhow::{Context as _, Result};
use flow_analysis::features::{AnalysisWindow, Anchor};
use flow_analysis::pipeline::analyze;
use flow_analysis::pipeline::analyze_with;
use flow_analysis::report::ReferenceMatch;
use flow_analysis::report::{Analysis, ContentClass, Context, ParameterChange, Proposal};
use flow_audio_file::Audio;
use flow_dsp::{Delivery, Spec};
use flow_inference::NetworkPredictor;

use super::proposal_source::ProposalSource;
use super::read_settings;
use super::target::MasteringTarget;
use flow_params::ParameterId;

use crate::plugin_session::{PluginSession, Setting};

/// Anchors that are nearer to the reference's are there, dB.
const NEAR_DB: f32 = 1.0;

/// The search finds the gain exactly, and the profile has set the ceiling.
const NOT_HERE: [ParameterId; 2] = [ParameterId::LoudnessGain, ParameterId::Ceiling];

/// Listens to all of a song, and sets what is proposed, from what is set already on. What was set by hand stays. Gives a
/// line for each proposal, and for what can't be undone.
pub(super) fn apply(
    song: &Audio,
    target: &MasteringTarget,
    delivery: Delivery,
    flow: &mut PluginSession,
) -> Result<Vec<String>> {
    let source = &target.proposals;
    let window = window_of(song)?;
    let context = Context {
        settings: read_settings::settings(flow)?,
        delivery,
        allow_gain_reduction: false,
        reference_target: source.goal.clone(),
    };
    let analysis = judge(&window, &context, source)?;
    let damage = analysis.findings.iter().filter(|f| f.is_irreversible);
    let mut lines: Vec<String> = damage.map(|f| format!("Heard: {}", f.text)).collect();
    let mut is_anything_set = false;
    for proposal in &analysis.proposals {
        // What belongs together is set as a whole or not at all.
        let changes = proposal.changes();
        let changes: Vec<ParameterChange> = changes.collect();
        let is_held = changes.iter().any(|change| target.holds(change.id));
        if NOT_HERE.contains(&proposal.id) || is_held {
            continue;
        }
        for change in changes {
            flow.set(&Setting::new(change.id, &change.to.to_string()))?;
        }
        lines.push(line(proposal, source));
        is_anything_set = true;
    }
    if !is_anything_set {
        lines.push(nothing(&analysis, source).to_owned());
    }
    Ok(lines)
}

/// What the assistant says, if it is asked; of balance and width, what leads towards the references, if there are any.
fn judge(window: &AnalysisWindow, context: &Context, source: &ProposalSource) -> Result<Analysis> {
    let mut analysis = if source.is_assisted {
        let mut network = NetworkPredictor::shipped()?;
        let analysis = analyze_with(window, context, "network", &mut network);
        analysis.context("the network can't judge it")?
    } else {
        let mut analysis = analyze(window, context);
        analysis.proposals.retain(|p| source.is_matched(p.id));
        analysis.findings.clear();
        analysis
    };
    // What leads towards the references is as much of the way already.
    for proposal in &mut analysis.proposals {
        if !source.is_matched(proposal.id) {
            *proposal = proposal.scaled(source.goal.amount);
        }
    }
    Ok(analysis)
}

fn nothing(analysis: &Analysis, source: &ProposalSource) -> &'static str {
    match analysis.content {
        ContentClass::Music if source.goal.is_empty() => {
            "The assistant leaves balance and width as they are."
        }
        ContentClass::SingleInstrument if source.goal.is_empty() => {
            "The assistant hears a single instrument, whose balance and width it leaves alone."
        }
        ContentClass::Speech if source.goal.is_empty() => {
            "The assistant hears speech, and leaves it alone."
        }
        ContentClass::Music | ContentClass::SingleInstrument | ContentClass::Speech => {
            let is_near = |led: &ReferenceMatch| {
                let off_db = Anchor::ALL.map(|anchor| led.correction.anchor_db(anchor));
                off_db.iter().all(|db| db.abs() < NEAR_DB)
            };
            if source.goal.amount == 0.0 {
                "0 % of the way to the reference: balance and width stay as they are."
            } else if analysis.reference_match.as_ref().is_some_and(is_near) {
                "It is balanced like the reference."
            } else {
                "What would lead to the reference's balance is switched off or set by hand."
            }
        }
        ContentClass::TooShort { .. } => "Too short for the assistant, who needs ten seconds.",
        _ => "The assistant hears no music.",
    }
}

fn line(proposal: &Proposal, source: &ProposalSource) -> String {
    let Proposal {
        id,
        from,
        to,
        reason,
        confidence,
        ..
    } = proposal;
    let who = if source.is_matched(*id) {
        "Reference"
    } else {
        "Assistant"
    };
    format!(
        "{who}: {id} {from} → {to} ({:.0} % sure). {reason}",
        100.0 * confidence
    )
}

/// All of a song as the assistant hears it.
fn window_of(song: &Audio) -> Result<AnalysisWindow> {
    let (left, right) = match &song.channels[..] {
        [left, right, ..] => (left, right),
        [only] => (only, only),
        [] => anyhow::bail!("it has no channels"),
    };
    let spec = Spec {
        sample_rate_hz: f64::from(song.sample_rate_hz),
    };
    Ok(AnalysisWindow::of(spec, left, right))
}
