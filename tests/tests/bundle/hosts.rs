//! Calls of hosts: parameters, states, presets, lifecycles, and hosts that break the rules.

mod hostile_clap_audio;
mod hostile_clap_calls;
mod hostile_vst3_audio;
mod hostile_vst3_calls;
mod lifecycle;
mod parameters;
mod presets_in_hosts;
mod state;
#[cfg(target_os = "linux")]
mod storms;
mod streaming;
mod vst3_blocks;
