//! Flow's analysis: what is heard, and what is said about it. No threads, no operating system, no plug-in types.
//!
//! ```
//! use flow_analysis::analysis::Context;
//! use flow_analysis::analyst::Analyst as _;
//! use flow_analysis::features::{Extractor, Window};
//! use flow_analysis::rules::Rules;
//! use flow_dsp::Spec;
//!
//! let mut extractor = Extractor::new(Spec { sample_rate_hz: 48_000.0 });
//! let mut window = Window::default();
//! let silence = [0.0_f32; 48_000];
//! extractor.push(&silence, &silence, |frame| window.push(frame));
//! let analysis = Rules.judge(&window, &Context::default());
//! assert!(analysis.proposals.is_empty());
//! ```
//!
//! - **Heard**: [`features`].
//! - **Said**: [`analysis`], by [`rules`], or by [`assistant`] where a network (flow_inference) has an [`opinion`]: its
//!   [`correction`], and the settings that make it by [`solver`]; towards a [`goal`] of
//!   [`reference`](mod@reference)s, if there are any; their [`figures`] side by side. What settings will do: [`effect`]; how loud the whole song will be: [`song_loudness`].
//!   How much of it the user usually wants: [`taste`].

pub mod analysis;
pub mod analyst;
pub mod assistant;
pub mod correction;
pub mod effect;
pub mod features;
pub mod figures;
pub mod goal;
pub mod opinion;
pub mod reference;
pub mod rules;
pub mod solver;
pub mod song_loudness;
pub mod taste;
