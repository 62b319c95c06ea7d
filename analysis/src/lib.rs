//! Flow's analysis: audio to features, findings and proposals. No threads, no operating system, no plug-in types.
//!
//! ```
//! use flow_analysis::features::{AnalysisWindow, Extractor};
//! use flow_analysis::pipeline::analyze;
//! use flow_analysis::report::Context;
//! use flow_dsp::Spec;
//!
//! let mut extractor = Extractor::new(Spec { sample_rate_hz: 48_000.0 });
//! let mut window = AnalysisWindow::default();
//! let silence = [0.0_f32; 48_000];
//! extractor.push(&silence, &silence, |frame, _| window.push(frame));
//! let analysis = analyze(&window, &Context::default());
//! assert!(analysis.proposals.is_empty());
//! ```
//!
//! [`pipeline`] states the order: classify, check for damage, correct balance and width, propose, simulate, evaluate
//! the loudness. The correction comes from the rules, from a network's [`prediction`], or from [`reference`](mod@reference)s;
//! the [`solver`] turns it into parameters, and the [`effect_model`] simulates those. [`report`] holds the result,
//! and [`sound_text`] says in a sentence how the mix sounds.

pub mod analyzer;
pub mod correction;
pub mod effect_model;
pub mod features;
mod finding_text;
pub mod limits;
mod message;
pub mod pipeline;
pub mod prediction;
pub mod preferences;
pub mod reference;
pub mod report;
mod rules;
pub mod solver;
pub mod sound_text;
mod tone_decision;
pub mod trial;
mod verdict;
