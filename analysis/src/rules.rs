//! The analysis by rules: what the figures of a window say against the style target and the delivery profile.
//!
//! Changes are proposed for what lies outside of most music of the style, and only as far as back to its edge: taste is
//! no error. What can't be heard from a window isn't guessed at.

mod balance;
mod heard;
mod image;
mod loudness;
mod sound;

use std::cmp::Reverse;

use flow_dsp::math::narrow;

use crate::analysis::{
    Analysis, Context, Finding, Heard, PROPOSED_FROM, Pillar, Proposal, Severity, Value,
};
use crate::analyst::{Analyst, Question};
use crate::effect::{self, Effect};
use crate::features::{Summary, Window};
use crate::goal;

/// The analyst who is always there.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rules;

impl Analyst for Rules {
    fn name(&self) -> &'static str {
        "rules"
    }

    fn analyse(&mut self, questions: &[Question<'_>], _: bool) -> Vec<Option<Analysis>> {
        let judge = |q: &Question<'_>| Some(self.judge(q.window, q.context));
        questions.iter().map(judge).collect()
    }
}

impl Rules {
    /// Judges a window. The same window and context give the same analysis.
    #[must_use]
    pub fn judge(&self, window: &Window, context: &Context) -> Analysis {
        let mut analysis = self.judge_sound(window, context);
        finish(&mut analysis, context);
        analysis
    }

    /// The same without what [`finish`] does.
    pub(crate) fn judge_sound(&self, window: &Window, context: &Context) -> Analysis {
        let summary = window.summary();
        let heard = heard::heard(window, &summary);
        let mut notes = Notes::default();
        let mut anchors = None;
        match heard {
            Heard::Silence => notes.info("There is nothing to hear: play the loud part.".into()),
            Heard::TooShort { seconds, needed } => notes.info(format!(
                "{seconds:.0} s of sound so far; {needed:.0} s make an analysis."
            )),
            Heard::TestTone { hz } => notes.info(format!(
                "A steady tone near {hz:.0} Hz: nothing that could be balanced."
            )),
            Heard::SteadyNoise => {
                notes.info("Steady noise: nothing that could be balanced.".into());
            }
            Heard::Speech => {
                notes.info(alone(
                    context,
                    "Speech",
                    "nothing that could be compared with music",
                ));
            }
            Heard::SingleInstrument => {
                let rest = "balance and width are compared with mixes, and so left alone";
                notes.info(alone(context, "A single instrument", rest));
                sound::judge(&summary, context, &mut notes);
            }
            Heard::Music => {
                sound::judge(&summary, context, &mut notes);
                image::judge(&summary, context, &mut notes);
                anchors = Some(balance::judge(&summary, context, &mut notes));
            }
        }
        Analysis {
            analyst: self.name(),
            heard,
            song: window.song().filter(|_| heard.is_judged()),
            summary,
            anchors,
            findings: notes.findings,
            proposals: notes.proposals,
            opinion: None,
            led: None,
            predicted_db: None,
        }
    }
}

/// What is said of sound that is no mix: that it can't be compared with those, or who leads it.
fn alone(context: &Context, what: &str, otherwise: &str) -> String {
    if context.goal.is_empty() {
        format!("{what}: {otherwise}.")
    } else {
        format!("{what}: balance and width follow {}.", context.goal.name())
    }
}

/// Finds out what the rules' knobs do, which else the first analysis waits for.
pub(crate) fn prepare() {
    balance::prepare();
}

/// Whoever judged the sound: references lead, if there are any; then what is to be said of loudness, with all else that is
/// proposed in place, and what each proposal does.
pub(crate) fn finish(analysis: &mut Analysis, context: &Context) {
    goal::lead(analysis, context);
    let mut notes = Notes {
        findings: std::mem::take(&mut analysis.findings),
        proposals: std::mem::take(&mut analysis.proposals),
    };
    if let Some(song) = &analysis.song {
        loudness::judge(&analysis.summary, song, context, &mut notes);
    }
    let Notes {
        mut findings,
        mut proposals,
    } = notes;
    findings.sort_by_key(|finding| Reverse(finding.severity));
    for proposal in &mut proposals {
        let settings = &context.settings;
        let then = effect::with(settings, [&*proposal]);
        proposal.effect = Effect::between(&analysis.summary, settings, &then);
    }
    (analysis.findings, analysis.proposals) = (findings, proposals);
}

/// What the rules write down.
#[derive(Default)]
struct Notes {
    findings: Vec<Finding>,
    proposals: Vec<Proposal>,
}

impl Notes {
    fn info(&mut self, text: String) {
        self.find(Severity::Info, 1.0, text);
    }

    fn find(&mut self, severity: Severity, confidence: f32, text: String) {
        self.findings.push(Finding {
            text,
            severity,
            confidence,
            cannot_be_undone: false,
        });
    }

    fn damage(&mut self, severity: Severity, confidence: f32, text: String) {
        self.findings.push(Finding {
            text,
            severity,
            confidence,
            cannot_be_undone: true,
        });
    }

    /// Proposes a change, unless it is none, or too uncertain. `finding`: what was found, in a few words; `reason`: in a
    /// sentence.
    fn propose(
        &mut self,
        pillar: Pillar,
        id: &'static str,
        [from, to]: [Value; 2],
        confidence: f32,
        [finding, reason]: [String; 2],
    ) {
        let proposal = Proposal {
            pillar,
            id,
            from,
            to,
            with: Vec::new(),
            finding,
            reason,
            confidence: confidence.min(1.0),
            effect: Effect::default(),
        };
        if confidence >= PROPOSED_FROM && !proposal.is_nothing() {
            self.proposals.push(proposal);
        }
    }
}

/// 0 up to `low`, 1 from `high` on.
fn ramp(x: f32, low: f32, high: f32) -> f32 {
    ((x - low) / (high - low)).clamp(0.0, 1.0)
}

/// The normal distribution, by a logistic curve: within 0.0002.
pub(crate) fn normal(z: f32) -> f32 {
    let z = f64::from(z);
    narrow(1.0 / (1.0 + flow_dsp::math::exp(-z * (1.597_6 + 0.070_56 * z * z))))
}

/// How much a window can say of a song: more with every second up to half a minute.
fn trust(summary: &Summary) -> f32 {
    0.7 + 0.3 * ramp(summary.seconds, 10.0, 30.0)
}

#[cfg(test)]
mod tests;
