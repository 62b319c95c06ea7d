//! Trials: proposals are played on the audio that was heard before they are shown.
//!
//! A private copy of the chain renders the audio as it is, then with each proposal alone, and then with all recommended ones.
//! A proposal that costs too much is halved, and dropped if half of it still does. The loudness gain is corrected by the
//! measured effect of the others. Equal audio, settings and proposals give equal results.
//!
//! A proposal that continues a change, such as the rest of one that was halved before, is compared with the settings without
//! that change. So repeated analyses never add up to harm that one of them would have refused.

mod excerpt;
mod harm;
mod measurement;
mod render;

use std::collections::VecDeque;

use flow_dsp::ChainSettings;
use flow_dsp::math::{count, narrow};
use flow_params::{ParameterId, ParameterValue};

pub use excerpt::{Excerpt, Hop, LoudestExcerpt};

use crate::effect_model::{apply, simulate};
use crate::message::message;
use crate::report::{
    Analysis, Effect, Grade, HELD_DB, NoProposal, OutputStats, ParameterChange, Proposal,
    TrialResult, Value,
};
use crate::rules::loud_moments::held_moments;
use harm::{Purpose, harm};
use render::Render;

/// The share of a harmful proposal that is tried next.
const REDUCED: f32 = 0.5;
/// Peaks over the loudness that glue has to take, dB.
const LEAST_PEAKS_DB: f32 = 0.2;
/// A gain that the trial moves by less stays, dB.
const GAIN_STEP_DB: f32 = 0.1;

/// The next render.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// The settings as they are.
    Before,
    /// The settings without the change that the first of the untried proposals continues.
    Base,
    /// The first of the untried proposals.
    Alone,
    /// The newest of the kept proposals, as far as the user may go with it.
    Furthest,
    /// All recommended proposals but the gain.
    Together,
    /// The same with the gain.
    WithGain,
    Done,
}

/// The trial of an analysis' proposals, in small steps.
#[derive(Debug)]
pub struct Trial {
    analysis: Analysis,
    settings: ChainSettings,
    excerpt: Excerpt,
    render: Option<Render>,
    step: Step,
    /// Whether the first untried proposal has been halved.
    is_reduced: bool,
    /// Whether the last step kept a proposal.
    has_kept: bool,
    untried: VecDeque<Proposal>,
    kept: Vec<Proposal>,
    /// The proposal of the loudness gain, which is tried last.
    gain: Option<Proposal>,
    /// The change of loudness that the gain was chosen for, LU.
    expected_lu: f32,
    before: Option<OutputStats>,
    /// The output without the change that the first untried proposal continues.
    base: Option<OutputStats>,
    together: Option<OutputStats>,
    /// The number of finished renders.
    rendered: usize,
}

impl Trial {
    /// Begins the trial of an analysis of this audio, with the settings that its proposals start from.
    #[must_use]
    pub fn new(mut analysis: Analysis, settings: ChainSettings, excerpt: Excerpt) -> Self {
        // A bypassed instance will not stay bypassed.
        let settings = ChainSettings {
            bypass: false,
            ..settings
        };
        let mut untried: VecDeque<Proposal> = analysis.proposals.drain(..).collect();
        let gain = untried
            .iter()
            .position(|p| p.id == ParameterId::LoudnessGain);
        let gain = gain.and_then(|index| untried.remove(index));
        let recommended = untried.iter().filter(|p| p.grade == Grade::Recommended);
        let then = apply(&settings, recommended);
        let summary = &analysis.summary;
        let loudness_lu = |settings| simulate(summary, settings).loudness_lu;
        let expected_lu = loudness_lu(&then) - loudness_lu(&settings);
        let is_pointless = excerpt.is_empty() || (untried.is_empty() && gain.is_none());
        Self {
            render: (!is_pointless).then(|| Render::new(excerpt.spec())),
            step: if is_pointless {
                Step::Done
            } else {
                Step::Before
            },
            analysis,
            settings,
            excerpt,
            is_reduced: false,
            has_kept: false,
            untried,
            kept: Vec::new(),
            gain,
            expected_lu,
            before: None,
            base: None,
            together: None,
            rendered: 0,
        }
    }

    /// The finished share of the renders that are known to be needed, 0 to 1.
    #[must_use]
    pub fn progress(&self) -> f32 {
        let mut all = self.kept.iter().chain(&self.untried);
        let has_recommended = all.any(|proposal| proposal.grade == Grade::Recommended);
        let steps = [
            self.before.is_none(),
            self.step == Step::Furthest,
            self.together.is_none() && has_recommended,
            self.gain.is_some(),
        ];
        let left = self.untried.len() + steps.into_iter().filter(|is_left| *is_left).count();
        let under_way = self.render.as_ref().map_or(0, Render::played);
        let under_way = count(under_way) / count(self.excerpt.len().max(1));
        let rendered = count(self.rendered);
        narrow((rendered + under_way) / (rendered + count(left.max(1))))
    }

    /// Renders about as many samples more, to whole frames of 40 ms. Returns whether the trial is finished.
    pub fn advance(&mut self, samples: usize) -> bool {
        let settings = match self.step {
            Step::Before => self.settings,
            Step::Base => self.base_settings().unwrap_or(self.settings),
            Step::Alone => apply(&self.settings, self.untried.front()),
            Step::Furthest => apply(&self.settings, &self.kept.last().map(Proposal::furthest)),
            Step::Together => apply(&self.settings, self.recommended()),
            Step::WithGain => apply(&self.settings, self.recommended().chain(&self.gain)),
            Step::Done => return true,
        };
        let Some(render) = &mut self.render else {
            return true;
        };
        if let Some(figures) = render.play(&self.excerpt, &settings, samples) {
            self.accept(figures);
        }
        self.step == Step::Done
    }

    /// The analysis with the proposals that passed.
    ///
    /// An unfinished trial gives none of those that it hasn't tried.
    #[must_use]
    pub fn finish(self) -> Analysis {
        let mut analysis = self.analysis;
        analysis.proposals = self.kept;
        analysis
    }

    fn recommended(&self) -> impl Iterator<Item = &Proposal> {
        self.kept.iter().filter(|p| p.grade == Grade::Recommended)
    }

    /// Draws the conclusion from the figures of the present step, and goes on to the next.
    fn accept(&mut self, figures: OutputStats) {
        self.rendered += 1;
        let before = *self.before.get_or_insert(figures);
        match self.step {
            Step::Before => {}
            Step::Base => self.base = Some(figures),
            Step::Alone => self.accept_alone(&before, &figures),
            Step::Furthest => {
                let base = self.base.unwrap_or(before);
                if let Some(newest) = self.kept.last_mut()
                    && harm(Purpose::of(newest), &base, &figures).is_some()
                {
                    newest.further = 1.0;
                }
            }
            Step::Together => {
                if self.ease_harmful_combination(&before, &figures) {
                    return;
                }
                self.together = Some(figures);
                self.correct_gain(figures.loudness_lufs - before.loudness_lufs);
            }
            Step::WithGain | Step::Done => self.accept_gain(&figures),
        }
        let goes_further = self.kept.last().is_some_and(|newest| newest.further > 1.0);
        let is_next = !matches!(self.step, Step::Base | Step::Alone) || !self.is_reduced;
        self.step = if self.step == Step::Alone && self.has_kept && goes_further {
            Step::Furthest
        } else if self.step != Step::Base && is_next && self.begins_at_base() {
            Step::Base
        } else if !self.untried.is_empty() {
            Step::Alone
        } else {
            if self.together.is_none() && self.recommended().next().is_none() {
                // Without any, the output stays as it is.
                self.together = Some(before);
                self.correct_gain(0.0);
            }
            match (self.together, &self.gain) {
                (None, _) => Step::Together,
                (Some(_), Some(_)) => Step::WithGain,
                (Some(_), None) => Step::Done,
            }
        };
        if self.step == Step::Done {
            let after = self.together.unwrap_or(figures);
            self.analysis.trial = Some(TrialResult { before, after });
        }
    }

    fn accept_alone(&mut self, before: &OutputStats, after: &OutputStats) {
        self.has_kept = false;
        let Some(mut proposal) = self.untried.pop_front() else {
            return;
        };
        let mut effect = before.effect_to(after);
        if !proposal.holds_moments() {
            // An equalizer moves the spectra of loud and of soft moments, and holds none.
            effect.moments_db = [0.0; 4];
        }
        let base = self.base.unwrap_or(*before);
        match harm(Purpose::of(&proposal), &base, after) {
            None if proposal.is_effective(&effect) => {
                proposal.effect = effect;
                self.kept.push(proposal);
                self.has_kept = true;
                self.is_reduced = false;
            }
            None => self.reject(&proposal, &NoProposal::Ineffective(proposal.id)),
            Some(_) if !self.is_reduced && proposal.is_scalable() => {
                self.untried.push_front(proposal.scaled(REDUCED));
                self.is_reduced = true;
            }
            Some(cost) => self.reject(&proposal, &NoProposal::Harmful(proposal.id, cost)),
        }
    }

    /// Makes the least certain recommended proposal a possible one if they do harm together. Match is the last: the references
    /// ask for their balance. Returns whether there was one.
    fn ease_harmful_combination(&mut self, before: &OutputStats, after: &OutputStats) -> bool {
        let purposes = self.recommended().map(Purpose::of);
        let Some(purpose) = purposes.reduce(Purpose::with) else {
            return false;
        };
        // A change for safety may move peaks, as a low cut for DC does: the others have no part in that.
        let is_safety = |proposal: &&Proposal| Purpose::of(proposal) == Purpose::Safety;
        let safety = self.recommended().filter(is_safety);
        let base = OutputStats {
            plr_db: before.plr_db + safety.map(|p| p.effect.plr_db).sum::<f32>(),
            ..*before
        };
        let Some(cost) = harm(purpose, &base, after) else {
            return false;
        };
        let eased = self
            .kept
            .iter_mut()
            .filter(|p| p.grade == Grade::Recommended && Purpose::of(p) != Purpose::Safety);
        let is_match = |proposal: &Proposal| proposal.id == ParameterId::MatchAmount;
        let least = eased.min_by(|a, b| {
            let order = is_match(a).cmp(&is_match(b));
            order.then_with(|| a.confidence.total_cmp(&b.confidence))
        });
        let Some(proposal) = least else {
            return false;
        };
        // Alone it does no harm.
        proposal.grade = Grade::Possible;
        proposal.reason += message!(" With the recommended changes it would cost {cost}.", cost);
        true
    }

    /// Corrects the gain by the difference between the real and the expected change of loudness.
    fn correct_gain(&mut self, change_lu: f32) {
        let [least_db, most_db] = ChainSettings::LOUDNESS_GAIN_DB;
        if let Some(gain) = &mut self.gain
            && let (Value::Decibels(from_db), Value::Decibels(to_db)) = (gain.from, gain.to)
            && change_lu.is_finite()
        {
            let missing_db = self.expected_lu - change_lu;
            if missing_db.abs() >= GAIN_STEP_DB {
                // A gain that was to rise doesn't fall.
                let least_db = if to_db >= from_db { from_db } else { least_db };
                let to_db = (to_db + missing_db).clamp(least_db, most_db);
                gain.to = Value::Decibels((10.0 * to_db).round() / 10.0);
            }
        }
    }

    fn accept_gain(&mut self, figures: &OutputStats) {
        if let Some(mut gain) = self.gain.take() {
            let before = self.together.unwrap_or(*figures);
            gain.effect = Effect {
                moments_db: [0.0; 4],
                ..before.effect_to(figures)
            };
            if gain.is_worthwhile() {
                self.together = Some(*figures);
                self.kept.push(gain);
            } else {
                self.reject(&gain, &NoProposal::TooSmall);
            }
        }
    }

    /// Gives the finding behind a proposal the reason why it is dropped.
    fn reject(&mut self, proposal: &Proposal, reason: &NoProposal) {
        self.is_reduced = false;
        self.analysis.explain(proposal, reason);
    }

    /// Whether the first untried proposal needs another comparison than the settings as they are. Forgets that of the last one.
    fn begins_at_base(&mut self) -> bool {
        self.base = None;
        self.base_settings().is_some()
    }

    /// The settings without the change that the first untried proposal continues; `None` if it continues none.
    fn base_settings(&self) -> Option<ChainSettings> {
        let proposal = self.untried.front()?;
        let mut base = self.settings;
        let mut continues = false;
        for change in proposal.scaled_changes() {
            if let Some(default) = change.continued_default() {
                continues |= change.id.set(&mut base, default).is_ok();
            }
        }
        continues.then(|| base.sanitized())
    }
}

/// Tries all proposals at once: see [`Trial`].
#[must_use]
pub fn try_proposals(analysis: Analysis, settings: ChainSettings, excerpt: Excerpt) -> Analysis {
    let mut trial = Trial::new(analysis, settings, excerpt);
    while !trial.advance(usize::MAX) {}
    trial.finish()
}

impl Proposal {
    /// Whether half of it makes sense.
    fn is_scalable(&self) -> bool {
        let half = self.scaled(REDUCED);
        half.is_worthwhile() && half.to != self.to
    }

    /// Whether it does what it is there for.
    fn is_effective(&self, effect: &Effect) -> bool {
        match self.id {
            // As a matter of taste, glue may do anything else.
            ParameterId::GlueAmount if self.grade != Grade::Taste => {
                effect.plr_db <= -LEAST_PEAKS_DB
            }
            ParameterId::MultibandAmount => {
                held_moments(self).is_some_and(|i| effect.moments_db[i] <= -HELD_DB)
            }
            _ => effect.is_audible() || !self.is_for_sound(),
        }
    }

    /// Whether it may hold loud moments of a band.
    fn holds_moments(&self) -> bool {
        use ParameterId as P;
        matches!(self.id, P::MultibandAmount | P::Comfort | P::GlueAmount)
    }

    /// Whether it is there to be heard, and not for safety alone, as the ceiling is.
    fn is_for_sound(&self) -> bool {
        let is_safety = |id| {
            use ParameterId as P;
            matches!(
                id,
                P::Ceiling | P::LowCut | P::LowCutFrequency | P::MonoBelow | P::MonoSafety
            )
        };
        !is_safety(self.id)
    }
}

impl ParameterChange {
    /// The default, if the change leads on from it in the direction in which the present value lies.
    fn continued_default(&self) -> Option<ParameterValue> {
        let default = self.id.default_value();
        let number = |value| match value {
            ParameterValue::Number(number) => Some(number),
            ParameterValue::Choice(_) | ParameterValue::Switch(_) => None,
        };
        let [default_at, from, to] = [default, self.from.into(), self.to.into()].map(number);
        let (default_at, from, to) = (default_at?, from?, to?);
        ((from - default_at) * (to - from) > 0.0).then_some(default)
    }
}

impl Effect {
    /// Whether anything changes audibly.
    fn is_audible(&self) -> bool {
        !self.descriptions().is_empty()
    }
}

#[cfg(test)]
mod tests;
