//! Flow's background service: one thread for a loaded image analyzes the audio of all its instances when there is time.
//!
//! ```
//! use flow_platform::clock;
//! use flow_service::service;
//!
//! let (mut audio, client) = service::join(|| None);
//! audio.prepare(48_000.0, true);
//! client.listen(true);
//!
//! // On the audio thread, each callback:
//! let begin_ns = clock::now_ns();
//! let block = [[0.0_f32; 64]; 2];
//! audio.feed(&block);
//! audio.finish(begin_ns, clock::now_ns(), 64);
//!
//! // In the window, each frame:
//! let report = client.newest(clock::now_ns());
//! assert!(report.progress < 1.0);
//! ```
//!
//! - [`tap`] carries the audio from the audio thread, and [`load`] the time that it took.
//! - [`scheduler`] decides when the analysis may work, on the thread of [`service`].
//! - [`probe`] records what the threads do.
//! - [`reference_file`] measures a song file that others shall sound like.

pub mod load;
pub mod probe;
pub mod reference_file;
pub mod scheduler;
pub mod service;
pub mod tap;
