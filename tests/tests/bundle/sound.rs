//! The rendered audio: exact delays, ceilings, dither, automation, and broken input.

mod block_split;
mod ceiling;
mod dither;
mod latency;
mod null;
mod presets;
mod robustness;
mod zipper;

pub(crate) use block_split::random_automation;
pub(crate) use null::above_2_khz_dbfs;
