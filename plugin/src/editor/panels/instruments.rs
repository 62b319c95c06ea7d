//! The stages of the Master Chain as instruments: a picture of each stage beside its knobs.
//!
//! - [`master_chain`]: one stage at a time, chosen by tabs.
//! - `transfer_curve`: output level over input level.
//! - `reduction_trace`: gain reduction over the last seconds.
//! - `band_levels`: levels, thresholds and crossovers of the three bands.

mod band_levels;
pub(crate) mod master_chain;
mod reduction_trace;
mod transfer_curve;
