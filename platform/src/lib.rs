//! Flow's contact with the operating system, in one place.
//!
//! - [`atomic_file`] replaces a file as a whole or not at all.
//! - [`background_task`] runs work that takes long or hangs on a thread of its own, and joins it within a bounded time.
//! - [`clock`] is the monotonic time of the loaded image.
//! - [`flags`] switches everything that has a fallback, from the environment and at run time.
//! - [`module_pin`] keeps the loaded library in memory for a thread that can't be ended.
//! - [`priority`] lowers the priority of the calling thread.

pub mod atomic_file;
pub mod background_task;
pub mod clock;
pub mod flags;
pub mod module_pin;
pub mod priority;
