//! The plug-in formats: one [`Instance`](instance::Instance), and a thin layer of functions around it for each format.
//!
//! ```text
//! host → clap/ or vst3/ (pointers, panics) → instance.rs → block_processor.rs → Processor
//!                                              ├→ parameters.rs, state.rs
//!                                              └→ editor_window.rs ← editor_context.rs ← editor
//! ```
//!
//! Both formats share the instance, so that they behave alike. The crate `clap-wrapper` makes the AUv2 for macOS from the
//! CLAP (feature `auv2`).

mod block_processor;
mod c_string;
mod clap;
mod editor_context;
mod editor_window;
pub(crate) mod identity;
mod instance;
mod panic_guard;
pub(crate) mod parameters;
pub(crate) mod state_container;
mod virtual_keys;
mod vst3;

#[cfg(all(feature = "auv2", target_os = "macos"))]
clap_wrapper::export_auv2!();
