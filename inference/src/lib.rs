//! Flow's network: from log-mel spectra to a correction, a style and an activity.
//!
//! `models/` holds its files and the training recipe. Flow's own executors run it, and tract in tests.

mod analyzer;
mod backend;
#[cfg(all(feature = "gpu", feature = "tract"))]
mod benchmark;
mod cpu;
mod error;
mod executor;
#[cfg(feature = "gpu")]
mod gpu;
mod model;
mod network_output;
mod predictor;
mod rounding;
#[cfg(all(feature = "tract", any(feature = "gpu", test)))]
mod tract_executor;

pub use analyzer::{NetworkAnalyzer, network_analyzer};
pub use backend::Backend;
pub use backend::factory::ModelSet;
pub use backend::timing::BackendTiming;
#[cfg(all(feature = "gpu", feature = "tract"))]
pub use benchmark::{benchmark, cached_prediction_ns};
pub use error::ModelError;
pub use model::files::ModelFiles;
pub use model::manifest::{Calibration, CompiledFile, Manifest};
pub use predictor::NetworkPredictor;

#[cfg(all(test, feature = "tract"))]
mod parity;
