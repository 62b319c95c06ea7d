//! Proposals for a whole song, which are applied before it is rendered: those of the assistant, as in the window, and
//! those that match references.

use anyhow::{Context as _, Result};
use flow_analysis::features::{AnalysisWindow, Anchor};
use flow_analysis::pipeline::{analyze, analyze_with};
use flow_analysis::report::{Analysis, ContentClass, Context, ParameterChange, ReferenceMatch};
use flow_audio_file::Audio;
use flow_dsp::{Delivery, Spec};
use flow_inference::NetworkPredictor;

use super::applied_proposals::{AppliedProposal, AppliedProposals, ProposalOrigin};
use super::proposal_source::ProposalSource;
use super::read_settings;
use super::target::MasteringTarget;
use flow_params::ParameterId;

use crate::plugin_session::{PluginSession, Setting};

/// A balance whose anchors are all nearer than this to the references' counts as equal.
const NEAR_DB: f32 = 1.0;

/// Parameters without proposals: the search finds the gain, and the profile sets the ceiling.
const EXCLUDED_PARAMETERS: [ParameterId; 2] = [ParameterId::LoudnessGain, ParameterId::Ceiling];

/// Analyzes a whole song and applies the proposals to the present settings. Parameters that were set by hand keep their
/// value. Returns the applied proposals, and the kinds of damage that no setting repairs.
///
/// # Errors
///
/// If the network fails, or if the plug-in refuses a value.
pub(super) fn apply(
    song: &Audio,
    target: &MasteringTarget,
    delivery: Delivery,
    plugin: &mut PluginSession,
) -> Result<AppliedProposals> {
    let source = &target.proposals;
    let window = window_of(song)?;
    let context = Context {
        settings: read_settings::settings(plugin)?,
        delivery,
        allow_gain_reduction: false,
        reference_target: source.goal.clone(),
    };
    let analysis = analyze_song(&window, &context, source)?;
    let damage = analysis.findings.iter().filter(|f| f.is_irreversible);
    let mut applied = AppliedProposals {
        findings: damage.map(|f| f.text.clone()).collect(),
        ..AppliedProposals::default()
    };
    for proposal in &analysis.proposals {
        // The changes of a proposal are applied together or not at all.
        let changes: Vec<ParameterChange> = proposal.changes().collect();
        let is_set_by_hand = changes
            .iter()
            .any(|change| target.is_set_by_hand(change.id));
        if EXCLUDED_PARAMETERS.contains(&proposal.id) || is_set_by_hand {
            continue;
        }
        for change in changes {
            plugin.set(&Setting::new(change.id, &change.to.to_string()))?;
        }
        let origin = if source.is_matched(proposal.id) {
            ProposalOrigin::Reference
        } else {
            ProposalOrigin::Assistant
        };
        applied.changes.push(AppliedProposal::new(proposal, origin));
    }
    if applied.changes.is_empty() {
        applied.note = Some(no_proposal_note(&analysis, source));
    }
    Ok(applied)
}

/// The assistant's analysis, if it is a source; else only the proposals that match the references.
fn analyze_song(
    window: &AnalysisWindow,
    context: &Context,
    source: &ProposalSource,
) -> Result<Analysis> {
    let mut analysis = if source.is_assisted {
        let mut network = NetworkPredictor::shipped()?;
        let analysis = analyze_with(window, context, "network", &mut network);
        analysis.context("the network cannot analyze the song")?
    } else {
        let mut analysis = analyze(window, context);
        analysis.proposals.retain(|p| source.is_matched(p.id));
        analysis.findings.clear();
        analysis
    };
    // Proposals that match the references are scaled already.
    for proposal in &mut analysis.proposals {
        if !source.is_matched(proposal.id) {
            *proposal = proposal.scaled(source.goal.amount);
        }
    }
    Ok(analysis)
}

fn no_proposal_note(analysis: &Analysis, source: &ProposalSource) -> &'static str {
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
            let is_near = |matched: &ReferenceMatch| {
                let off_db = Anchor::ALL.map(|anchor| matched.correction.anchor_db(anchor));
                off_db.iter().all(|db| db.abs() < NEAR_DB)
            };
            if source.goal.amount == 0.0 {
                "0 % of the way to the reference: balance and width stay as they are."
            } else if analysis.reference_match.as_ref().is_some_and(is_near) {
                "It is balanced like the reference."
            } else {
                "The controls that match the reference's balance are switched off or set by hand."
            }
        }
        ContentClass::TooShort { .. } => {
            "The song is too short for the assistant, which needs ten seconds."
        }
        _ => "The assistant hears no music.",
    }
}

/// The features of a whole song. Both sides of a mono song are its channel.
///
/// # Errors
///
/// If it has no channels.
pub(crate) fn window_of(song: &Audio) -> Result<AnalysisWindow> {
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
