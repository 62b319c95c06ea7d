//! Flow's listening side: what is heard, what is said about it, and when there is time for that.
//!
//! No plug-in, window or host types. An instance [`join`](service::join)s the service of its image:
//!
//! ```
//! use flow_inference::{clock, service};
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
//! - **Heard**: [`features`], from [`tap`].
//! - **Said**: [`analysis`], by [`rules`], or by [`assistant`] where a network (flow_network) has an [`opinion`]: its
//!   [`correction`], and the settings that make it by [`solver`]; towards a [`goal`] of
//!   [`reference`](mod@reference)s, if there are any; their [`figures`] side by side. What settings will do: [`effect`]; how loud the whole song will be: [`song_loudness`].
//!   How much of it the user usually wants: [`taste`].
//! - **When**: [`scheduler`] by [`load`], on the thread of [`service`] at a low [`priority`]; [`clock`].
//! - **Switched and recorded**: [`flags`], [`probe`].

pub mod analysis;
pub mod analyst;
pub mod assistant;
pub mod clock;
pub mod correction;
pub mod effect;
pub mod features;
pub mod figures;
pub mod files;
pub mod flags;
pub mod goal;
pub mod image;
pub mod load;
pub mod opinion;
pub mod priority;
pub mod probe;
pub mod reference;
pub mod rules;
pub mod scheduler;
pub mod service;
pub mod solver;
pub mod song_loudness;
pub mod tap;
pub mod taste;
