//! Flow's proof: a headless CLAP host that loads the built bundle from disk, reference meters that share no code
//! with the plug-in, deterministic test signals, and (in `tests/`) the tests that put them together.
//!
//! The host and the meters are ordinary library code: `cargo xtask master` renders songs through them.

mod audio;
#[cfg(target_os = "linux")]
pub mod desktop;
pub mod host;
pub mod loudness;
pub mod music;
pub mod raw_clap;
pub mod real_time;
pub mod settings;
pub mod signals;
pub mod testing;
pub mod true_peak;
pub mod vst3;
pub mod wav;

pub use audio::{Audio, db_to_gain, gain_to_db, seconds_to_samples};
