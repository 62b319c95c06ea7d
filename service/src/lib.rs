//! Flow's background service: one thread of a loaded module analyzes the audio of all its instances when there is time.
//!
//! ```
//! use flow_platform::clock;
//!
//! let (mut audio, client) = flow_service::join(|| None);
//! audio.prepare(48_000.0, true);
//! client.set_listening(true);
//!
//! // On the audio thread, in each callback:
//! let begin_ns = clock::now_ns();
//! let block = [[0.0_f32; 64]; 2];
//! audio.push(&block);
//! audio.finish_callback(begin_ns, clock::now_ns(), 64);
//!
//! // In the editor, in each frame:
//! let report = client.latest_report(clock::now_ns());
//! assert!(report.progress < 1.0);
//! ```
//!
//! [`join`] adds an instance: an [`AudioHandle`] for its audio thread and a [`Client`] for its other threads. The
//! background thread runs while there is any client. Round by round it fetches audio while the audio threads have time
//! to spare ([`scheduler`]), and gives each client its newest [`Report`]. Only the last client that leaves waits for the
//! thread, for a bounded time.
//!
//! Locks and wake-ups are shared by this thread and those that own clients. The audio thread takes no lock: the service
//! polls for audio every few milliseconds while an instance listens.
//!
//! - [`audio_tap`] carries audio from the audio thread, and [`audio_load`] measures the time that the audio thread needs.
//! - [`probe`] records events of all threads.
//! - [`reference_file`] measures a song file for use as a reference.

mod audio_handle;
pub mod audio_load;
pub mod audio_tap;
mod client;
mod feature_accumulator;
mod inbox;
mod instance;
mod job;
pub mod probe;
pub mod reference_file;
pub mod scheduler;
mod service;
mod stats;
mod worker;

pub use audio_handle::AudioHandle;
pub use client::{Client, join};
pub use instance::Report;
pub use service::stats;
pub use stats::ServiceStats;

#[cfg(test)]
mod tests;
