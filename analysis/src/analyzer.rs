//! Analyzers, and the fallback to the rules.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::features::AnalysisWindow;
use crate::report::{Analysis, Context};
use crate::{effect_model, pipeline, solver};

/// Backend and counters of an analyzer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BackendStatus {
    /// Display name: "rules", "f32", "int8", ….
    pub backend: &'static str,
    /// Reason for the backend, with timings.
    pub reason: String,
    /// Number of requested predictions.
    pub queries: u64,
    /// Number of those that the cache answered.
    pub cache_hits: u64,
    /// Number of backends that failed.
    pub failures: u64,
    /// Name of the GPU, or the reason why none is used; empty if none was searched.
    pub graphics: String,
    /// Allocated GPU memory, bytes.
    pub graphics_bytes: u64,
}

/// A window to analyze.
#[derive(Clone, Copy, Debug)]
pub struct AnalysisRequest<'a> {
    /// The window.
    pub window: &'a AnalysisWindow,
    /// The user's settings.
    pub context: &'a Context,
}

/// Analyzes windows.
pub trait Analyzer: Send {
    /// Name in the window and in traces.
    fn name(&self) -> &'static str;

    /// Its backend; `None` if there is no choice of backends.
    fn status(&self) -> Option<BackendStatus> {
        None
    }

    /// Applies changed flags. The service calls it before every round, so that a disabled backend is released at once.
    fn follow(&mut self) {}

    /// Does one step of preparation, 50 ms at most; false if nothing is left. The service calls it between analyses while
    /// the DSP load is low.
    fn prepare(&mut self) -> bool {
        false
    }

    /// Analyzes windows together; `None` for those that fail now. `under_load` states that the DSP load is high, so that
    /// the GPU is not used.
    fn analyze(
        &mut self,
        requests: &[AnalysisRequest<'_>],
        under_load: bool,
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

/// An analyzer with the rules as fallback. After a panic the rules replace it for good.
pub struct AnalyzerWithFallback {
    first: Option<Box<dyn Analyzer>>,
    fallbacks: u64,
    /// Of [`TABLES`].
    prepared: usize,
}

/// Cached tables that the first analysis would otherwise compute, up to 40 ms each.
const TABLES: [fn(); 3] = [
    solver::prepare,
    solver::prepare_match,
    effect_model::prepare,
];

impl AnalyzerWithFallback {
    /// Makes an analyzer; with `None` the rules work alone.
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
        self.call_first(|first| first.follow());
    }

    /// See [`Analyzer::prepare`].
    pub fn prepare(&mut self) -> bool {
        if let Some(table) = TABLES.get(self.prepared) {
            table();
            self.prepared += 1;
            return true;
        }
        self.call_first(|first| first.prepare()).unwrap_or(false)
    }

    /// Analyzes windows, by rules where the analyzer fails. See [`Analyzer::analyze`].
    pub fn analyze(&mut self, requests: &[AnalysisRequest<'_>], under_load: bool) -> Vec<Analysis> {
        let has_first = self.first.is_some();
        let analyses = self.call_first(|first| first.analyze(requests, under_load));
        let mut analyses = analyses.unwrap_or_default();
        analyses.resize_with(requests.len(), || None);
        let missing = analyses.iter().filter(|a| a.is_none()).count();
        self.fallbacks += if has_first { missing as u64 } else { 0 };
        let by_rules = |r: &AnalysisRequest<'_>| pipeline::analyze(r.window, r.context);
        let both = analyses.into_iter().zip(requests);
        both.map(|(analysis, request)| analysis.unwrap_or_else(|| by_rules(request)))
            .collect()
    }

    /// Calls the analyzer. After a panic it is dropped, because its state is unknown.
    fn call_first<R>(&mut self, call: impl FnOnce(&mut dyn Analyzer) -> R) -> Option<R> {
        let mut first = self.first.take()?;
        match catch_unwind(AssertUnwindSafe(|| call(&mut *first))) {
            Ok(result) => {
                self.first = Some(first);
                Some(result)
            }
            Err(_) => {
                log::warn!("{} failed; the rules take its place", first.name());
                None
            }
        }
    }

    /// Status of the analyzer that the next request uses.
    #[must_use]
    pub fn status(&self) -> BackendStatus {
        let first = self.first.as_ref().and_then(|first| first.status());
        first.unwrap_or(BackendStatus {
            backend: "rules",
            ..BackendStatus::default()
        })
    }

    /// Number of analyses by the rules in place of the analyzer.
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
            "flaky"
        }

        fn prepare(&mut self) -> bool {
            assert!(self.0 < 10, "on purpose");
            self.0 > 0
        }

        fn analyze(&mut self, requests: &[AnalysisRequest<'_>], _: bool) -> Vec<Option<Analysis>> {
            self.0 += 1;
            let analyze = |r: &AnalysisRequest<'_>| match self.0 {
                1 => Some(Analysis {
                    analyzer: "flaky",
                    ..pipeline::analyze(r.window, r.context)
                }),
                2 => None,
                _ => panic!("on purpose"),
            };
            // One less than there should be.
            requests.iter().skip(1).map(analyze).collect()
        }
    }

    #[test]
    fn analyze_with_failing_analyzer_falls_back_to_rules() {
        let mut analyzer = AnalyzerWithFallback::new(Some(Box::new(FlakyAnalyzer(0))));
        let (window, context) = (AnalysisWindow::new(1), Context::default());
        let request = AnalysisRequest {
            window: &window,
            context: &context,
        };
        let mut used = || {
            let analyses = analyzer.analyze(&[request; 2], false);
            analyses.iter().map(|a| a.analyzer).collect::<Vec<_>>()
        };
        assert_eq!(used(), ["flaky", "rules"]);
        for _ in 0..3 {
            assert_eq!(used(), ["rules", "rules"]);
        }
        assert_eq!(analyzer.fallbacks(), 1 + 2 + 2);
        assert!(analyzer.first.is_none());
        assert!(!prepared(&mut analyzer));
    }

    /// The analyzer's own result after all tables.
    fn prepared(analyzer: &mut AnalyzerWithFallback) -> bool {
        TABLES.iter().for_each(|_| assert!(analyzer.prepare()));
        analyzer.prepare()
    }

    #[test]
    fn prepare_after_panic_drops_analyzer() {
        for (state, more) in [(0, false), (1, true)] {
            assert_eq!(
                prepared(&mut AnalyzerWithFallback::new(Some(Box::new(
                    FlakyAnalyzer(state)
                )))),
                more
            );
        }
        let mut analyzer = AnalyzerWithFallback::new(Some(Box::new(FlakyAnalyzer(10))));
        assert!(!prepared(&mut analyzer));
        assert_eq!(analyzer.status().backend, "rules");
    }
}
