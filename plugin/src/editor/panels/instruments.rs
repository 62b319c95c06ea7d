//! The stages of the pillars as instruments: a picture of each stage beside its knobs.
//!
//! - [`master_chain`], [`velvet_curve`]: one stage at a time, chosen by tabs.
//! - [`phase_weave`], `stereo_width`: width and correlation over frequency.
//! - `stage_tabs`, `knob_rows`: the tabs with the bypass of a stage, and the knobs.
//! - `frequency_plot`, `section_response`: the axes of pictures over frequency, and the response of filters.
//! - `transfer_curve`: output level over input level.
//! - `reduction_trace`: gain reduction over the last seconds.
//! - `band_levels`: levels, thresholds and crossovers of the three bands.
//! - `equalizer`: the anchors and the free bells.
//! - `match_bands`: the balance against its target, and the gains of Match.
//! - `comfort_cut`: the present cut of Comfort.

mod band_levels;
mod comfort_cut;
mod equalizer;
pub(crate) mod frequency_plot;
mod knob_rows;
pub(crate) mod master_chain;
mod match_bands;
pub(crate) mod phase_weave;
mod reduction_trace;
mod section_response;
pub(crate) mod stage_tabs;
mod stereo_width;
mod transfer_curve;
pub(crate) mod velvet_curve;
