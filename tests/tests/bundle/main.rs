//! Tests of the built bundle, loaded from disk as a host loads it.
//!
//! One binary for all of them, one module a topic. nextest runs each test in a process of its own.

mod audio_path_lint;
mod block_split;
mod ceiling;
mod dither;
mod frozen;
mod hostile_clap;
mod hostile_vst3;
mod latency;
mod lifecycle;
mod metered;
mod metering;
mod null;
mod parameters;
mod presets;
mod presets_in_hosts;
mod real_time;
mod robustness;
mod settings;
mod size;
mod stack;
mod state;
#[cfg(target_os = "linux")]
mod storms;
mod true_peak_cases;
mod zipper;
