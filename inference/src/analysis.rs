//! What the assistant has to say: findings, where the anchors are, and proposals with their reasons.
//!
//! An [`Analyst`] turns a window into an [`Analysis`]. [`Rules`] always can; whoever else takes its
//! place has them to fall back on ([`WithFallback`]).

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use flow_dsp::{ChainSettings, Delivery};
use serde::Serialize;

use crate::correction::{BANDS, Correction};
use crate::effect::{self, Effect};
use crate::features::{Anchor, Summary, Window};
use crate::goal::{Goal, Led};
use crate::opinion::Opinion;
use crate::rules::{self, Rules};
use crate::solver;
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
    /// What there was to hear. Unless it is music, there are no anchors, and no proposals for balance and width; unless
    /// it is [judged](Heard::is_judged), there are none at all.
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
    /// What has to be added to what was heard: on the way to references, or else what a network said.
    #[must_use]
    pub fn correction(&self) -> Option<&Correction> {
        let led = self.led.as_ref().map(|led| &led.correction);
        led.or(self.opinion.as_ref().map(|opinion| &opinion.correction))
    }
}

/// What an analyst runs on, why, and what it had to do.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Runs {
    /// For people: "rules", "f32", "int8", ….
    pub on: &'static str,
    /// Why on that, with figures.
    pub reason: String,
    /// What it was asked so far, and what of that it knew already.
    pub asked: u64,
    /// See `asked`.
    pub known: u64,
    /// What it can't run on any more, because it failed.
    pub failures: u64,
    /// The graphics processor, or why none is used; empty where none was looked for.
    pub graphics: String,
    /// Graphics memory that is held, bytes.
    pub graphics_bytes: u64,
}

/// A window to judge.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// What was heard.
    pub window: &'a Window,
    /// What the user has set.
    pub context: &'a Context,
}

/// Someone who can judge music.
pub trait Analyst: Send {
    /// For people and the probe.
    fn name(&self) -> &'static str;

    /// What it runs on; none where there is no choice.
    fn runs(&self) -> Option<Runs> {
        None
    }

    /// Does a step of what would else keep the next answer waiting, 50 ms at most; false if there is nothing to do. It is
    /// asked between analyses, for as long as somebody listens and audio has time to spare.
    fn prepare(&mut self) -> bool {
        false
    }

    /// Judges windows together: an answer for each, none where that can't be done now. `pressed`: audio is short of time,
    /// so that nothing is asked of a graphics processor.
    fn analyse(&mut self, questions: &[Question<'_>], pressed: bool) -> Vec<Option<Analysis>>;
}

/// An analyst whose place the rules take when it can't, and for good when it panics.
pub struct WithFallback {
    first: Option<Box<dyn Analyst>>,
    rules: Rules,
    fallbacks: u64,
    /// Of [`TABLES`].
    prepared: usize,
}

/// What is computed once for all analyses, and which else the first one waits for: up to 40 ms each.
const TABLES: [fn(); 4] = [
    solver::prepare,
    solver::prepare_match,
    rules::prepare,
    effect::prepare,
];

impl WithFallback {
    /// None: the rules alone.
    #[must_use]
    pub fn new(first: Option<Box<dyn Analyst>>) -> Self {
        Self {
            first,
            rules: Rules,
            fallbacks: 0,
            prepared: 0,
        }
    }

    /// See [`Analyst::prepare`].
    pub fn prepare(&mut self) -> bool {
        if let Some(table) = TABLES.get(self.prepared) {
            table();
            self.prepared += 1;
            return true;
        }
        self.ask(|first| first.prepare()).unwrap_or(false)
    }

    /// Judges windows, whoever can. See [`Analyst::analyse`].
    pub fn analyse(&mut self, questions: &[Question<'_>], pressed: bool) -> Vec<Analysis> {
        let asked = self.first.is_some();
        let answers = self.ask(|first| first.analyse(questions, pressed));
        let mut answers = answers.unwrap_or_default();
        answers.resize_with(questions.len(), || None);
        let missing = answers.iter().filter(|answer| answer.is_none()).count();
        self.fallbacks += if asked { missing as u64 } else { 0 };
        let judge = |q: &Question<'_>| self.rules.judge(q.window, q.context);
        let both = answers.into_iter().zip(questions);
        both.map(|(answer, question)| answer.unwrap_or_else(|| judge(question)))
            .collect()
    }

    /// Whatever state a panic leaves it in, nobody asks it again.
    fn ask<R>(&mut self, what: impl FnOnce(&mut dyn Analyst) -> R) -> Option<R> {
        let mut first = self.first.take()?;
        match catch_unwind(AssertUnwindSafe(|| what(&mut *first))) {
            Ok(answer) => {
                self.first = Some(first);
                Some(answer)
            }
            Err(_) => {
                log::warn!("{} failed; the rules take its place", first.name());
                None
            }
        }
    }

    /// What whoever is asked next runs on.
    #[must_use]
    pub fn runs(&self) -> Runs {
        let first = self.first.as_ref().and_then(|first| first.runs());
        first.unwrap_or(Runs {
            on: "rules",
            ..Runs::default()
        })
    }

    /// How often the rules had to take the other's place.
    #[must_use]
    pub fn fallbacks(&self) -> u64 {
        self.fallbacks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Moody(u32);

    impl Analyst for Moody {
        fn name(&self) -> &'static str {
            "moody"
        }

        fn prepare(&mut self) -> bool {
            assert!(self.0 < 10, "on purpose");
            self.0 > 0
        }

        fn analyse(&mut self, questions: &[Question<'_>], _: bool) -> Vec<Option<Analysis>> {
            self.0 += 1;
            let answer = |q: &Question<'_>| match self.0 {
                1 => Some(Analysis {
                    analyst: "moody",
                    ..Rules.judge(q.window, q.context)
                }),
                2 => None,
                _ => panic!("on purpose"),
            };
            // One less than there should be.
            questions.iter().skip(1).map(answer).collect()
        }
    }

    #[test]
    fn the_rules_take_the_place_of_who_cannot() {
        let mut analysts = WithFallback::new(Some(Box::new(Moody(0))));
        let (window, context) = (Window::new(1), Context::default());
        let question = Question {
            window: &window,
            context: &context,
        };
        let mut ask = || {
            let answers = analysts.analyse(&[question; 2], false);
            answers.iter().map(|a| a.analyst).collect::<Vec<_>>()
        };
        assert_eq!(ask(), ["moody", "rules"]);
        for _ in 0..3 {
            assert_eq!(ask(), ["rules", "rules"]);
        }
        assert_eq!(analysts.fallbacks(), 1 + 2 + 2);
        assert!(analysts.first.is_none());
        assert!(!prepared(&mut analysts));
    }

    /// What the analyst itself says when it is its turn.
    fn prepared(analysts: &mut WithFallback) -> bool {
        TABLES.iter().for_each(|_| assert!(analysts.prepare()));
        analysts.prepare()
    }

    #[test]
    fn who_panics_while_preparing_is_not_asked_again() {
        for (state, more) in [(0, false), (1, true)] {
            assert_eq!(
                prepared(&mut WithFallback::new(Some(Box::new(Moody(state))))),
                more
            );
        }
        let mut analysts = WithFallback::new(Some(Box::new(Moody(10))));
        assert!(!prepared(&mut analysts));
        assert_eq!(analysts.runs().on, "rules");
    }

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
