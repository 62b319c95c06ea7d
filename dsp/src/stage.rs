//! The stages of the chain, in a file each. `chain/stages.rs` lists them in their order.

pub mod comfort;
pub mod dither;
pub mod drive;
pub mod flush_to_zero;
pub mod free_bells;
pub mod gain;
pub mod glue;
pub mod harmonic_lattice;
pub mod limiter;
pub mod low_cut;
pub mod match_eq;
pub mod mid_side;
pub mod monitoring;
pub mod multiband;
pub mod phase_weave;
pub mod saturator;
pub mod velvet_curve;
pub mod velvet_floor;
