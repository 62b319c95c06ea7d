//! What the assistant has to say: findings, where the anchors are, and proposals with their reasons.
//!
//! An [analyst](crate::analyst) makes an [`Analysis`] of a window.

use std::fmt;

use flow_dsp::{ChainSettings, Delivery};
use serde::Serialize;

use crate::correction::{BANDS, Correction};
use crate::effect::Effect;
use crate::features::{Anchor, Summary};
use crate::goal::{Goal, Led};
use crate::opinion::Opinion;
use crate::song_loudness::SongLoudness;

/// Nothing is proposed with less confidence.
pub const PROPOSED_FROM: f32 = 0.5;

/// What the user has set: the analysis reads it and changes nothing.
#[derive(Clone, Debug, PartialEq)]
pub struct Context {
    /// Style target, and what proposals start from.
    pub settings: ChainSettings,
    /// Where the song goes.
    pub delivery: Delivery,
    /// Whether what is louder than that shall be turned down.
    pub turn_down: bool,
    /// Whom proposals lead to.
    pub goal: Goal,
}

impl Default for Context {
    fn default() -> Self {
        Self {
            settings: ChainSettings::default(),
            delivery: flow_dsp::DELIVERIES[0],
            turn_down: false,
            goal: Goal::default(),
        }
    }
}

/// What there was to hear, at a glance.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub enum Heard {
    /// Nothing.
    Silence,
    /// Not yet enough.
    TooShort {
        /// Sound so far, s.
        seconds: f32,
        /// Sound that an analysis takes, s.
        needed: f32,
    },
    /// A steady tone: a signal to measure with, no music.
    TestTone {
        /// About its frequency, Hz.
        hz: f32,
    },
    /// Steady noise, no music.
    SteadyNoise,
    /// Somebody speaks, without music.
    Speech,
    /// One instrument, or one who sings, a note at a time: its loudness can be judged, but not its balance.
    SingleInstrument,
    /// What can be judged.
    Music,
}

impl Heard {
    /// Whether there is something to say of it that stays: all of music, and the loudness of a single instrument.
    #[must_use]
    pub fn is_judged(self) -> bool {
        matches!(self, Self::Music | Self::SingleInstrument)
    }
}

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Severity {
    /// Good to know.
    Info,
    /// Worth a look.
    Notice,
    /// Something is wrong.
    Problem,
}

/// One thing that was found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    /// A sentence with numbers.
    pub text: String,
    /// How much it matters.
    pub severity: Severity,
    /// 0 to 1.
    pub confidence: f32,
    /// Damage that no setting undoes.
    pub cannot_be_undone: bool,
}

/// Where an anchor is.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct AnchorReading {
    /// Which.
    pub anchor: Anchor,
    /// Above (or below) the median of the style target, dB.
    pub above_median_db: f32,
    /// Share of the style's songs with less of it, 0 to 100.
    pub percentile: f32,
}

/// The Five Pillars.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Pillar {
    /// Low end.
    VelvetFloor,
    /// Upper warmth.
    HarmonicLattice,
    /// Stereo.
    PhaseWeave,
    /// Tonal balance.
    VelvetCurve,
    /// Dynamics, loudness and ceiling.
    MasterChain,
}

/// A parameter's value. Its text is the one that presets and people write.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub enum Value {
    /// dB.
    Decibels(f32),
    /// dBTP.
    TruePeak(f32),
    /// %.
    Percent(f32),
    /// Hz.
    Hertz(f32),
    /// On or off.
    Switch(bool),
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // No "-0".
        let tidy = |x: f32| (10.0 * x).round() / 10.0 + 0.0;
        match self {
            Self::Decibels(db) => write!(f, "{} dB", tidy(*db)),
            Self::TruePeak(db) => write!(f, "{} dBTP", tidy(*db)),
            Self::Percent(percent) => write!(f, "{} %", tidy(*percent)),
            Self::Hertz(hz) => write!(f, "{} Hz", tidy(*hz)),
            Self::Switch(on) => f.write_str(if *on { "On" } else { "Off" }),
        }
    }
}

/// A parameter on its way.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Change {
    /// The parameter's id, as in presets.
    pub id: &'static str,
    /// Its value now.
    pub from: Value,
    /// The value that is proposed.
    pub to: Value,
}

/// A change of one parameter, and of those that belong to it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Proposal {
    /// The pillar that it belongs to.
    pub pillar: Pillar,
    /// The parameter's id, as in presets.
    pub id: &'static str,
    /// Its value now.
    pub from: Value,
    /// The value that is proposed.
    pub to: Value,
    /// What makes sense only together with it, and as a whole.
    pub with: Vec<Change>,
    /// What was found, in a few words with a number.
    pub finding: String,
    /// One sentence with numbers.
    pub reason: String,
    /// [`PROPOSED_FROM`] to 1.
    pub confidence: f32,
    /// What it is expected to do.
    pub effect: Effect,
}

impl Value {
    /// A part of the way from here to `to`: 0 is here, 1 is there, more goes beyond. Switches go whole ways, from the
    /// half on.
    #[must_use]
    pub fn towards(self, to: Self, amount: f32) -> Self {
        let between = |from: f32, to: f32| from + amount * (to - from);
        match (self, to) {
            (Self::Decibels(a), Self::Decibels(b)) => Self::Decibels(between(a, b)),
            (Self::TruePeak(a), Self::TruePeak(b)) => Self::TruePeak(between(a, b)),
            (Self::Percent(a), Self::Percent(b)) => Self::Percent(between(a, b).max(0.0).round()),
            (Self::Hertz(a), Self::Hertz(b)) => Self::Hertz(between(a, b).max(0.0)),
            (from, to) => {
                if amount >= 0.5 {
                    to
                } else {
                    from
                }
            }
        }
    }
}

impl Proposal {
    /// The same with so much of its change, and all of what belongs to it; parameters keep themselves in their ranges.
    #[must_use]
    pub fn scaled(&self, amount: f32) -> Self {
        Self {
            to: self.from.towards(self.to, amount),
            ..self.clone()
        }
    }

    /// Whether nothing is left of it.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        self.from.to_string() == self.to.to_string()
    }

    /// Whether it is about the tonal balance.
    #[must_use]
    pub fn moves_balance(&self) -> bool {
        !self.is_nothing() && self.effect.anchors_db.iter().any(|db| db.abs() >= 0.1)
    }

    /// All changes that it makes: its own first, and none if nothing is left of that.
    pub fn changes(&self) -> impl Iterator<Item = Change> + '_ {
        let Self { id, from, to, .. } = *self;
        let own = Change { id, from, to };
        let all = std::iter::once(own).chain(self.with.iter().copied());
        all.filter(|_| !self.is_nothing())
    }
}

/// All that is known of what was heard.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Analysis {
    /// Who says so.
    pub analyst: &'static str,
    /// What there was to hear. Unless it is music, there are no anchors, and no proposals for balance and width but those
    /// that lead to references; unless it is [judged](Self::is_judged), there are none at all.
    pub heard: Heard,
    /// The figures.
    pub summary: Summary,
    /// Where the anchors are.
    pub anchors: Option<[AnchorReading; 4]>,
    /// What was found, what matters most first.
    pub findings: Vec<Finding>,
    /// What might be changed. The smallest changes that do it.
    pub proposals: Vec<Proposal>,
    /// How loud the whole song will be, as far as it can be told.
    pub song: Option<SongLoudness>,
    /// What a network said, where one was asked.
    pub opinion: Option<Opinion>,
    /// The references that its proposals of balance and width lead to, where there are any.
    pub led: Option<Led>,
    /// What the balance of all proposals together does to each band, dB; known where a network was asked, or where
    /// references lead.
    pub predicted_db: Option<[f32; BANDS]>,
}

impl Analysis {
    /// Whether there is something to say that stays: of what [can be judged](Heard::is_judged), and of what references lead.
    #[must_use]
    pub fn is_judged(&self) -> bool {
        self.heard.is_judged() || self.led.is_some()
    }
}

impl Analysis {
    /// What has to be added to what was heard: on the way to references, or else what a network said.
    #[must_use]
    pub fn correction(&self) -> Option<&Correction> {
        let led = self.led.as_ref().map(|led| &led.correction);
        led.or(self.opinion.as_ref().map(|opinion| &opinion.correction))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_scale_what_is_between() {
        let half = |from: Value, to| from.towards(to, 0.5).to_string();
        assert_eq!(half(Value::Decibels(1.0), Value::Decibels(-2.0)), "-0.5 dB");
        assert_eq!(half(Value::Percent(100.0), Value::Percent(121.0)), "111 %");
        assert_eq!(half(Value::Switch(false), Value::Switch(true)), "On");
        let none = Value::Switch(false).towards(Value::Switch(true), 0.2);
        assert_eq!(none, Value::Switch(false));
        let more = Value::Decibels(0.0).towards(Value::Decibels(2.0), 1.5);
        assert_eq!(more, Value::Decibels(3.0));
        assert_eq!(
            Value::Percent(50.0).towards(Value::Percent(0.0), 1.5),
            Value::Percent(0.0)
        );
    }

    #[test]
    fn what_belongs_together_changes_together_or_not_at_all() {
        let glue = Proposal {
            pillar: Pillar::MasterChain,
            id: "glamt",
            from: Value::Percent(0.0),
            to: Value::Percent(40.0),
            with: vec![Change {
                id: "glthr",
                from: Value::Decibels(-20.0),
                to: Value::Decibels(-12.0),
            }],
            finding: String::new(),
            reason: String::new(),
            confidence: 1.0,
            effect: Effect::default(),
        };
        let texts = |amount| -> Vec<String> {
            let changes = glue.scaled(amount);
            let changes = changes.changes();
            changes.map(|c| format!("{} {}", c.id, c.to)).collect()
        };
        assert_eq!(texts(0.5), ["glamt 20 %", "glthr -12 dB"]);
        assert_eq!(texts(0.0), [""; 0]);
    }

    #[test]
    fn values_read_as_in_presets() {
        assert_eq!(Value::Decibels(-1.26).to_string(), "-1.3 dB");
        assert_eq!(Value::Decibels(-0.01).to_string(), "0 dB");
        assert_eq!(Value::TruePeak(-1.0).to_string(), "-1 dBTP");
        assert_eq!(Value::Percent(30.0).to_string(), "30 %");
        assert_eq!(Value::Hertz(120.0).to_string(), "120 Hz");
        assert_eq!(Value::Switch(true).to_string(), "On");
    }
}
