//! Proposals for a whole song, which are applied before it is rendered: those of the assistant, as in the window, and
//! those that match references.

pub(super) mod guard;
pub(crate) mod source;

use anyhow::{Context as _, Result};
use flow_analysis::features::{AnalysisWindow, Anchor, Extractor};
use flow_analysis::pipeline::analyze;
use flow_analysis::report::{
    Analysis, ContentClass, Context, Finding, Grade, Proposal, ReferenceMatch, Remedy,
};
use flow_analysis::trial::{Excerpt, LoudestExcerpt, try_proposals};
use flow_audio_file::StoredAudio;
use flow_dsp::{Delivery, Spec};
use flow_inference::NetworkPredictor;

use super::applied_proposals::{
    AppliedProposal, AppliedProposals, AssistantFinding, ProposalOrigin,
};
use super::target::MasteringTarget;
use crate::content_text::content_text;
use flow_params::ParameterId;
use source::ProposalSource;

use crate::plugin_session::PluginSession;
use crate::setting::Setting;

/// A balance whose anchors are all nearer than this to the references' counts as equal.
const NEAR_DB: f32 = 1.0;
/// The block size of the analysis; its result doesn't depend on it.
const ANALYSIS_BLOCK_FRAMES: usize = 1 << 16;

/// Parameters without proposals: the search finds the gain, and the profile sets the ceiling.
const EXCLUDED_PARAMETERS: [ParameterId; 2] = [ParameterId::LoudnessGain, ParameterId::Ceiling];

/// The proposals for a program, and what the analysis found.
#[derive(Clone, Debug, Default)]
pub(super) struct ProposalSet {
    proposals: Vec<Proposal>,
    /// The values from which the proposals start, of all parameters that they change.
    start: Vec<Setting>,
    /// The texts that don't depend on what is applied.
    texts: AppliedProposals,
    /// The reason why nothing is applied, if the analysis proposes nothing.
    note: &'static str,
}

impl ProposalSet {
    /// Analyzes a whole program, and tries the proposals on its loudest part. Parameters that were set by hand get no proposal.
    ///
    /// # Errors
    ///
    /// If the network fails, or if the plug-in has no value of a parameter.
    pub(super) fn of(
        heard: &HeardSong,
        target: &MasteringTarget,
        delivery: Delivery,
        plugin: &mut PluginSession,
    ) -> Result<Self> {
        let source = &target.proposals;
        let context = Context {
            settings: plugin.chain_settings()?,
            delivery,
            allow_gain_reduction: false,
            reference_target: source.reference_target.clone(),
        };
        let mut analysis = analyze_song(heard, &context, source)?;
        let note = no_proposal_note(&analysis, source);
        let is_applicable = |proposal: &Proposal| {
            let is_set_by_hand = proposal.changes().any(|c| target.is_set_by_hand(c.id));
            let is_excluded = EXCLUDED_PARAMETERS.contains(&proposal.id);
            let is_recommended = proposal.grade == Grade::Recommended;
            is_recommended && !is_excluded && !is_set_by_hand && !proposal.is_empty()
        };
        analysis.proposals.retain(is_applicable);
        let analysis = try_proposals(analysis, context.settings, heard.excerpt.clone());
        let proposals = analysis.proposals.clone();
        let mut start = Vec::new();
        for change in proposals.iter().flat_map(Proposal::changes) {
            start.push(Setting::new(change.id, &plugin.text(change.id)?));
        }
        let texts = AppliedProposals {
            recognized: source.is_assisted.then(|| content_text(&analysis)),
            findings: found(&analysis),
            ..AppliedProposals::default()
        };
        Ok(Self {
            proposals,
            start,
            texts,
            note,
        })
    }

    /// The same without the proposals for these parameters.
    pub(super) fn without(&self, ids: &[ParameterId]) -> Self {
        let mut rest = self.clone();
        rest.proposals
            .retain(|proposal| !ids.contains(&proposal.id));
        rest
    }

    /// Whether nothing is proposed.
    pub(super) fn is_empty(&self) -> bool {
        self.proposals.is_empty()
    }

    /// The names of the parameters whose proposals `rest` lacks.
    pub(super) fn names_missing_in(&self, rest: &Self) -> String {
        let is_kept = |id| rest.proposals.iter().any(|kept| kept.id == id);
        let missing = self.proposals.iter().filter(|p| !is_kept(p.id));
        let names: Vec<&str> = missing.map(|p| p.id.name()).collect();
        names.join(" and ")
    }

    /// The same without any proposal.
    pub(super) fn none(&self) -> Self {
        let mut none = self.clone();
        none.proposals.clear();
        none
    }

    /// Sets the parameters of all proposals, and returns those of proposals that were dropped to their start.
    ///
    /// # Errors
    ///
    /// If the plug-in refuses a value.
    pub(super) fn apply(&self, plugin: &mut PluginSession) -> Result<()> {
        for setting in &self.start {
            plugin.set(setting)?;
        }
        for change in self.proposals.iter().flat_map(Proposal::changes) {
            plugin.set(&Setting::new(change.id, &change.to.to_string()))?;
        }
        Ok(())
    }

    /// The texts of the applied proposals. `dropped` is a sentence about the others.
    pub(super) fn into_applied(
        self,
        source: &ProposalSource,
        dropped: Option<String>,
    ) -> AppliedProposals {
        let origin = |proposal: &Proposal| {
            if source.is_matched(proposal.id) {
                ProposalOrigin::Reference
            } else {
                ProposalOrigin::Assistant
            }
        };
        let changes = self.proposals.iter();
        let changes = changes.map(|proposal| AppliedProposal::new(proposal, origin(proposal)));
        AppliedProposals {
            changes: changes.collect(),
            note: (self.proposals.is_empty() && dropped.is_none()).then_some(self.note),
            dropped,
            ..self.texts
        }
    }
}

/// The findings that no proposal answers.
fn found(analysis: &Analysis) -> Vec<AssistantFinding> {
    let unanswered = |finding: &Finding| match &finding.remedy {
        Remedy::Proposal(_) => None,
        Remedy::None(_) => Some(AssistantFinding {
            kind: finding.kind,
            text: finding.text.clone(),
        }),
    };
    analysis.findings.iter().filter_map(unanswered).collect()
}

/// The assistant's analysis, if it is a source; else only the proposals that match the references.
fn analyze_song(heard: &HeardSong, context: &Context, source: &ProposalSource) -> Result<Analysis> {
    let mut analysis = if source.is_assisted {
        let mut network = NetworkPredictor::shipped()?;
        let analysis = network.analyze(&heard.window, context);
        analysis.context("the network cannot analyze the song")?
    } else {
        let mut analysis = analyze(&heard.window, context);
        analysis.proposals.retain(|p| source.is_matched(p.id));
        analysis.findings.clear();
        analysis
    };
    // Proposals that match the references are scaled already.
    for proposal in &mut analysis.proposals {
        if !source.is_matched(proposal.id) {
            *proposal = proposal.scaled(source.reference_target.amount);
        }
    }
    Ok(analysis)
}

fn no_proposal_note(analysis: &Analysis, source: &ProposalSource) -> &'static str {
    match analysis.content {
        ContentClass::Music if source.reference_target.is_empty() => {
            "Nothing to change: the assistant leaves balance and width as they are."
        }
        ContentClass::SingleInstrument if source.reference_target.is_empty() => {
            "The assistant recognized a single instrument and leaves its balance and width unchanged."
        }
        ContentClass::Speech if source.reference_target.is_empty() => {
            "The assistant recognized speech and leaves it unchanged."
        }
        ContentClass::Music | ContentClass::SingleInstrument | ContentClass::Speech => {
            let is_near = |matched: &ReferenceMatch| {
                let off_db = Anchor::ALL.map(|anchor| matched.correction.anchor_db(anchor));
                off_db.iter().all(|db| db.abs() < NEAR_DB)
            };
            if source.reference_target.amount == 0.0 {
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
        _ => "The assistant recognized no music.",
    }
}

/// A whole song as the analysis needs it.
pub(crate) struct HeardSong {
    /// The features of all of it.
    pub(crate) window: AnalysisWindow,
    /// Its loudest 30 s, on which proposals are tried.
    pub(crate) excerpt: Excerpt,
}

/// Listens to a whole song. Both sides of a mono song are its channel.
///
/// # Errors
///
/// If its temporary file cannot be read.
pub(crate) fn listen(song: &StoredAudio) -> Result<HeardSong> {
    let sample_rate_hz = f64::from(song.sample_rate_hz);
    let mut extractor = Extractor::new(Spec { sample_rate_hz });
    let mut window = AnalysisWindow::growing();
    let mut loudest = LoudestExcerpt::default();
    song.for_each_block(ANALYSIS_BLOCK_FRAMES, |block| {
        if let (Some(left), Some(right)) = (block.first(), block.last()) {
            extractor.push(left, right, |frame, hop| {
                window.push(frame);
                loudest.push(sample_rate_hz, hop, frame.weighted);
            });
        }
    })?;
    Ok(HeardSong {
        window,
        excerpt: loudest.into_excerpt(),
    })
}
