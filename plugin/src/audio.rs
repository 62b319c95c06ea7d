//! The audio thread of an instance, and the data that it sends to other threads.

pub(crate) mod atomic_pair;
pub mod editor_taps;
pub mod meter_history;
pub mod meters;
pub mod monitor;
pub mod player;
pub(crate) mod processor;
pub mod reference_monitor;
pub mod reporter;
mod silence_gate;
pub mod song_position;
