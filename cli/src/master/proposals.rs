//! Proposals for a whole song, of which the recommended ones are applied before it is rendered: those of the assistant, as in
//! the window, and those that match references.

pub(crate) mod source;

use anyhow::{Context as _, Result};
use flow_analysis::features::{AnalysisWindow, Anchor, Extractor, SongPart};
use flow_analysis::pipeline::analyze;
use flow_analysis::report::{
    Analysis, ContentClass, Context, FindingKind, Grade, NoProposal, ParameterChange, Proposal,
    ReferenceMatch, Remedy,
};
use flow_analysis::solver::TONE_PARAMETERS;
use flow_analysis::trial::{Excerpt, LoudestExcerpt, try_proposals};
use flow_audio_file::StoredAudio;
use flow_dsp::{Delivery, Spec};
use flow_inference::NetworkPredictor;
use flow_params::ParameterId;

use super::advice::{Advice, ProposalOrigin};
use super::target::MasteringTarget;
use crate::content_text::content_text;
use crate::plugin_session::PluginSession;
use crate::setting::Setting;
use source::ProposalSource;

/// A balance whose anchors are all nearer than this to the references' counts as equal.
const NEAR_DB: f32 = 1.0;
/// The block size of the analysis; its result doesn't depend on it.
const ANALYSIS_BLOCK_FRAMES: usize = 1 << 16;

/// Parameters without proposals: the search finds the gain, and the profile sets the ceiling.
const EXCLUDED_PARAMETERS: [ParameterId; 2] = [ParameterId::LoudnessGain, ParameterId::Ceiling];

/// Parameters whose filters shift the phase, so that peaks rise and a loud song must be turned down.
const PHASE_SHIFTING_PARAMETERS: [ParameterId; 3] = [
    ParameterId::LowCut,
    ParameterId::MonoBelow,
    ParameterId::MonoSafety,
];

/// The recommended proposals for a program, and what the analysis says of it.
#[derive(Clone, Debug)]
pub(super) struct ProposalSet {
    proposals: Vec<Proposal>,
    /// The values from which the proposals start, of all parameters that they change.
    start: Vec<Setting>,
    analysis: Analysis,
    recognized: Option<String>,
    /// The part on which the proposals were tried.
    tried_part: SongPart,
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
        song: &AnalyzedSong,
        target: &MasteringTarget,
        delivery: Delivery,
        plugin: &mut PluginSession,
    ) -> Result<Self> {
        let source = &target.proposals;
        let context = Context {
            settings: plugin.chain_settings()?,
            delivery,
            intensity: source.intensity,
            reference_target: source.reference_target.clone(),
            ..Context::default()
        };
        let mut analysis = analyze_song(song, &context, source)?;
        let note = no_proposal_note(&analysis, source);
        leave_to_search(&mut analysis);
        keep_settings(&mut analysis, |id| reason_to_keep(id, target));
        let amount = format!("At {:.0} % of it nothing changes.", 100.0 * source.amount());
        analysis.drop_proposals(|proposal| {
            let is_left_out = proposal.is_empty() || proposal.grade == Grade::Taste;
            is_left_out.then(|| NoProposal::Other(amount.clone()))
        });
        let analysis = try_proposals(analysis, context.settings, song.excerpt.clone());
        let proposals = analysis.proposals.iter();
        let proposals = proposals.filter(|p| p.grade == Grade::Recommended).cloned();
        let proposals: Vec<Proposal> = proposals.collect();
        let mut start = Vec::new();
        for change in proposals.iter().flat_map(Proposal::changes) {
            start.push(Setting::new(change.id, &plugin.text(change.id)?));
        }
        Ok(Self {
            proposals,
            start,
            recognized: source.is_assisted.then(|| content_text(&analysis)),
            tried_part: song.excerpt_part,
            analysis,
            note,
        })
    }

    /// The same without the proposals that shift the phase, unless there are none.
    pub(super) fn without_phase_shifts(&self) -> Option<Self> {
        let mut rest = self.clone();
        rest.proposals
            .retain(|proposal| !PHASE_SHIFTING_PARAMETERS.contains(&proposal.id));
        let is_less = (1..self.proposals.len()).contains(&rest.proposals.len());
        is_less.then_some(rest)
    }

    /// Whether nothing is applied.
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

    /// The advice with the proposals that were applied. `dropped` is a sentence about the others.
    pub(super) fn into_advice(
        mut self,
        source: &ProposalSource,
        dropped: Option<String>,
    ) -> Advice {
        let applied = self.proposals;
        self.analysis.drop_proposals(|p| {
            let is_left = p.grade < Grade::Recommended || applied.contains(p);
            let sentence = || format!("{} was not applied, see below.", p.id.name());
            (!is_left).then(|| NoProposal::Other(sentence()))
        });
        let origin = |id| {
            if source.is_matched(id) {
                ProposalOrigin::Reference
            } else {
                ProposalOrigin::Assistant
            }
        };
        let has_no_changes = self.analysis.proposals.is_empty() && dropped.is_none();
        Advice {
            recognized: self.recognized,
            tried_part: self.analysis.trial.map(|_| self.tried_part),
            dropped,
            note: has_no_changes.then_some(self.note),
            ..Advice::new(&self.analysis, origin)
        }
    }
}

/// The assistant's analysis, if it is a source; else only the proposals that match the references.
fn analyze_song(
    song: &AnalyzedSong,
    context: &Context,
    source: &ProposalSource,
) -> Result<Analysis> {
    let mut analysis = if source.is_assisted {
        let mut network = NetworkPredictor::shipped()?;
        let analysis = network.analyze(&song.window, context);
        analysis.context("the network cannot analyze the song")?
    } else {
        let mut analysis = analyze(&song.window, context);
        analysis.proposals.retain(|p| source.is_matched(p.id));
        analysis
            .findings
            .retain(|f| matches!(f.remedy, Remedy::Proposal(id) if source.is_matched(id)));
        analysis.checks.clear();
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

/// Drops what the search for the gain finds out itself.
fn leave_to_search(analysis: &mut Analysis) {
    analysis
        .proposals
        .retain(|proposal| !EXCLUDED_PARAMETERS.contains(&proposal.id));
    analysis
        .findings
        .retain(|finding| finding.kind != FindingKind::Loudness);
}

/// The reason why a parameter keeps its value, as a sentence without its name.
fn reason_to_keep(id: ParameterId, target: &MasteringTarget) -> Option<String> {
    if target.is_set_by_hand(id) {
        return Some("was set by hand and stays".to_owned());
    }
    // A preset is the user's choice of a sound, which proposals for the balance would take back.
    let is_tone = TONE_PARAMETERS.contains(&id) && !target.proposals.is_matched(id);
    let preset = target.preset.filter(|_| is_tone)?;
    Some(format!("stays as the preset {} has it", preset.name))
}

/// Takes changes of parameters that keep their value out of the proposals. The findings of those without any other change say so.
fn keep_settings(analysis: &mut Analysis, reason: impl Fn(ParameterId) -> Option<String>) {
    for proposal in std::mem::take(&mut analysis.proposals) {
        let answer = Remedy::Proposal(proposal.id);
        let kept = without_settings(&proposal, |id| reason(id).is_some());
        if let Some(kept) = kept {
            let findings = analysis.findings.iter_mut().filter(|f| f.remedy == answer);
            findings.for_each(|finding| finding.remedy = Remedy::Proposal(kept.id));
            analysis.proposals.push(kept);
            continue;
        }
        let sentences = proposal.scaled_changes().filter_map(|change| {
            let reason = reason(change.id)?;
            Some(format!("{} {reason}.", change.id.name()))
        });
        let sentence = sentences.take(1).collect();
        analysis.explain(&proposal, &NoProposal::Other(sentence));
    }
}

/// The proposal without the changes of some parameters; none if only linked ones are left.
fn without_settings(
    proposal: &Proposal,
    is_excluded: impl Fn(ParameterId) -> bool,
) -> Option<Proposal> {
    let is_kept = |change: &ParameterChange| !is_excluded(change.id);
    let mut changes = proposal.scaled_changes();
    let first = changes.find(is_kept)?;
    let joint = changes.filter(is_kept).collect();
    let linked = proposal.linked.iter().copied().filter(is_kept).collect();
    Some(Proposal {
        id: first.id,
        pillar: first.id.pillar(),
        from: first.from,
        to: first.to,
        joint,
        linked,
        ..proposal.clone()
    })
}

fn no_proposal_note(analysis: &Analysis, source: &ProposalSource) -> &'static str {
    match analysis.content {
        ContentClass::Music if source.reference_target.is_empty() => {
            "The assistant recommends no change of balance and width."
        }
        ContentClass::SingleInstrument if source.reference_target.is_empty() => {
            "The assistant recognized a single instrument and leaves its balance and width unchanged."
        }
        ContentClass::Speech if source.reference_target.is_empty() => {
            "The assistant recognized speech and changes its loudness alone."
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
pub(crate) struct AnalyzedSong {
    /// The features of all of it.
    pub(crate) window: AnalysisWindow,
    /// Its loudest 30 s, on which proposals are tried, and their place.
    pub(crate) excerpt: Excerpt,
    pub(crate) excerpt_part: SongPart,
}

impl AnalyzedSong {
    /// Extracts the features of a whole song. Both sides of a mono song are its channel.
    ///
    /// # Errors
    ///
    /// If its temporary file cannot be read.
    pub(crate) fn of(song: &StoredAudio) -> Result<Self> {
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
        Ok(Self {
            window,
            excerpt_part: loudest.part(),
            excerpt: loudest.into_excerpt(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flow_analysis::report::{Effect, Message, Value};
    use flow_params::ParameterId::{Air, GlueThreshold, Presence, Silk};

    fn decibels(id: ParameterId, to_db: f32) -> ParameterChange {
        let [from, to] = [0.0, to_db].map(Value::Decibels);
        ParameterChange { id, from, to }
    }

    #[test]
    fn proposal_without_settings_by_hand_keeps_its_other_changes() {
        let tone = Proposal {
            pillar: ParameterId::Silk.pillar(),
            id: ParameterId::Silk,
            from: Value::Decibels(0.0),
            to: Value::Decibels(1.5),
            joint: vec![
                decibels(ParameterId::Presence, 2.0),
                decibels(ParameterId::Air, 0.5),
            ],
            linked: vec![decibels(ParameterId::GlueThreshold, -12.0)],
            grade: Grade::Recommended,
            further: 1.0,
            finding: Message::default(),
            reason: Message::default(),
            confidence: 0.9,
            effect: Effect::default(),
        };
        let ids = |excluded: &[ParameterId]| {
            let kept = without_settings(&tone, |id| excluded.contains(&id))?;
            Some(kept.changes().map(|c| c.id).collect::<Vec<_>>())
        };
        assert_eq!(ids(&[]), Some(vec![Silk, Presence, Air, GlueThreshold]));
        assert_eq!(ids(&[Silk, GlueThreshold]), Some(vec![Presence, Air]));
        assert_eq!(ids(&[Silk, Presence, Air]), None);
    }
}
