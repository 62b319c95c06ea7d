//! The plug-in formats: one instance, and a thin shell of functions around it for each format.
//!
//! ```text
//! host → clap/ or vst3/ (pointers, guard) → instance.rs → audio_side.rs → Processor
//!                                              ├→ parameters.rs, state.rs
//!                                              └→ editor_slot.rs ← edits.rs ← window
//! ```
//!
//! CLAP is the format that Flow is written for; VST3 has the same instance behind it, so that both always do the same. The
//! AUv2 for macOS is made from the CLAP by the crate `clap-wrapper` (feature `auv2`).

mod block_processor;
mod c_string;
mod clap;
mod editor_context;
mod editor_window;
pub(crate) mod identity;
mod instance;
mod panic_guard;
mod parameters;
mod state;
mod virtual_keys;
mod vst3;

#[cfg(all(feature = "auv2", target_os = "macos"))]
clap_wrapper::export_auv2!();
