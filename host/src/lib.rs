//! A headless host that loads the built bundle from disk.
//!
//! - [`clap`] reads and sets parameters and state, and renders audio. The command line masters songs through it.
//! - [`vst3`] is the part of a VST3 host that the tests need.
//! - [`real_time`] marks the calls of the audio thread for RealtimeSanitizer.

pub mod clap;
pub mod real_time;
pub mod vst3;
