//! A headless host that loads the built bundle from disk, as hosts do.
//!
//! - [`clap`] reads and sets parameters and state, and renders audio. The command line masters songs through it.
//! - [`vst3`] is as much of a VST3 host as the tests need.
//! - [`real_time`] marks what runs as the audio thread, for RealtimeSanitizer.

pub mod clap;
pub mod real_time;
pub mod vst3;
