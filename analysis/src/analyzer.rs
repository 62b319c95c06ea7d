//! Who judges: an [`Analyzer`], and the rules where it can't ([`AnalyzerWithFallback`]).

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::features::AnalysisWindow;
use crate::report::{Analysis, Context};
use crate::{effect_model, pipeline, solver};

/// What an analyst runs on, why, and what it had to do.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BackendStatus {
    /// For people: "rules", "f32", "int8", ….
    pub backend: &'static str,
    /// Why on that, with figures.
    pub reason: String,
    /// What it was asked so far, and what of that it knew already.
    pub queries: u64,
    /// See `queries`.
    pub cache_hits: u64,
    /// What it can't run on any more, because it failed.
    pub failures: u64,
    /// The graphics processor, or why none is used; empty where none was looked for.
    pub graphics: String,
    /// Graphics memory that is held, bytes.
    pub graphics_bytes: u64,
}

/// A window to judge.
#[derive(Clone, Copy, Debug)]
pub struct AnalysisRequest<'a> {
    /// What was heard.
    pub window: &'a AnalysisWindow,
    /// What the user has set.
    pub context: &'a Context,
}

/// Someone who can judge music.
pub trait Analyzer: Send {
    /// For people and the probe.
    fn name(&self) -> &'static str;

    /// What it runs on; none where there is no choice.
    fn status(&self) -> Option<BackendStatus> {
        None
    }

    /// Takes in which flags have changed. It is told before every round, whoever listens, so that what is switched off goes
    /// at once.
    fn follow(&mut self) {}

    /// Does a step of what would else keep the next answer waiting, 50 ms at most; false if there is nothing to do. It is
    /// asked between analyzes, for as long as somebody listens and audio has time to spare.
    fn prepare(&mut self) -> bool {
        false
    }

    /// Judges windows together: an answer for each, none where that can't be done now. `pressed`: audio is short of time,
    /// so that nothing is asked of a graphics processor.
    fn analyze(
        &mut self,
        questions: &[AnalysisRequest<'_>],
        pressed: bool,
    ) -> Vec<Option<Analysis>>;
}

/// Analyzes by rules alone; never fails.
#[derive(Clone, Copy, Debug, Default)]
pub struct RuleAnalyzer;

impl Analyzer for RuleAnalyzer {
    fn name(&self) -> &'static str {
        "rules"
    }

    fn analyze(&mut self, requests: &[AnalysisRequest<'_>], _: bool) -> Vec<Option<Analysis>> {
        let analyze = |r: &AnalysisRequest<'_>| Some(pipeline::analyze(r.window, r.context));
        requests.iter().map(analyze).collect()
    }
}

/// An analyst whose place the rules take when it can't, and for good when it panics.
pub struct AnalyzerWithFallback {
    first: Option<Box<dyn Analyzer>>,
    fallbacks: u64,
    /// Of [`TABLES`].
    prepared: usize,
}

/// What is computed once for all analyzes, and which else the first one waits for: up to 40 ms each.
const TABLES: [fn(); 4] = [
    solver::prepare,
    solver::prepare_match,
    pipeline::prepare,
    effect_model::prepare,
];

impl AnalyzerWithFallback {
    /// None: the rules alone.
    #[must_use]
    pub fn new(first: Option<Box<dyn Analyzer>>) -> Self {
        Self {
            first,
            fallbacks: 0,
            prepared: 0,
        }
    }

    /// See [`Analyzer::follow`].
    pub fn follow(&mut self) {
        self.ask(|first| first.follow());
    }

    /// See [`Analyzer::prepare`].
    pub fn prepare(&mut self) -> bool {
        if let Some(table) = TABLES.get(self.prepared) {
            table();
            self.prepared += 1;
            return true;
        }
        self.ask(|first| first.prepare()).unwrap_or(false)
    }

    /// Judges windows, whoever can. See [`Analyzer::analyze`].
    pub fn analyze(&mut self, questions: &[AnalysisRequest<'_>], pressed: bool) -> Vec<Analysis> {
        let asked = self.first.is_some();
        let answers = self.ask(|first| first.analyze(questions, pressed));
        let mut answers = answers.unwrap_or_default();
        answers.resize_with(questions.len(), || None);
        let missing = answers.iter().filter(|answer| answer.is_none()).count();
        self.fallbacks += if asked { missing as u64 } else { 0 };
        let judge = |q: &AnalysisRequest<'_>| pipeline::analyze(q.window, q.context);
        let both = answers.into_iter().zip(questions);
        both.map(|(answer, question)| answer.unwrap_or_else(|| judge(question)))
            .collect()
    }

    /// Whatever state a panic leaves it in, nobody asks it again.
    fn ask<R>(&mut self, what: impl FnOnce(&mut dyn Analyzer) -> R) -> Option<R> {
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
    pub fn status(&self) -> BackendStatus {
        let first = self.first.as_ref().and_then(|first| first.status());
        first.unwrap_or(BackendStatus {
            backend: "rules",
            ..BackendStatus::default()
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

    struct FlakyAnalyzer(u32);

    impl Analyzer for FlakyAnalyzer {
        fn name(&self) -> &'static str {
            "moody"
        }

        fn prepare(&mut self) -> bool {
            assert!(self.0 < 10, "on purpose");
            self.0 > 0
        }

        fn analyze(&mut self, questions: &[AnalysisRequest<'_>], _: bool) -> Vec<Option<Analysis>> {
            self.0 += 1;
            let answer = |q: &AnalysisRequest<'_>| match self.0 {
                1 => Some(Analysis {
                    analyzer: "moody",
                    ..pipeline::analyze(q.window, q.context)
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
        let mut analysts = AnalyzerWithFallback::new(Some(Box::new(FlakyAnalyzer(0))));
        let (window, context) = (AnalysisWindow::new(1), Context::default());
        let question = AnalysisRequest {
            window: &window,
            context: &context,
        };
        let mut ask = || {
            let answers = analysts.analyze(&[question; 2], false);
            answers.iter().map(|a| a.analyzer).collect::<Vec<_>>()
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
    fn prepared(analysts: &mut AnalyzerWithFallback) -> bool {
        TABLES.iter().for_each(|_| assert!(analysts.prepare()));
        analysts.prepare()
    }

    #[test]
    fn who_panics_while_preparing_is_not_asked_again() {
        for (state, more) in [(0, false), (1, true)] {
            assert_eq!(
                prepared(&mut AnalyzerWithFallback::new(Some(Box::new(
                    FlakyAnalyzer(state)
                )))),
                more
            );
        }
        let mut analysts = AnalyzerWithFallback::new(Some(Box::new(FlakyAnalyzer(10))));
        assert!(!prepared(&mut analysts));
        assert_eq!(analysts.status().backend, "rules");
    }
}
