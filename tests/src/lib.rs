//! Test support: deterministic signals, settings of the whole chain, a CLAP host that breaks the rules, a desktop, and an
//! allocator that counts.
//!
//! The tests in `tests/` load the built bundle from disk.

pub mod counting_allocator;
#[cfg(target_os = "linux")]
pub mod desktop;
pub mod raw_clap;
pub mod settings;
pub mod signals;
pub mod testing;
pub mod xvfb;
