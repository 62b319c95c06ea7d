//! Test support: deterministic signals, settings of the whole chain, a CLAP host that breaks the rules, and a desktop.
//!
//! The tests in `tests/` load the built bundle from disk.

#[cfg(target_os = "linux")]
pub mod desktop;
pub mod raw_clap;
pub mod settings;
pub mod signals;
pub mod testing;
pub mod xvfb;
