//! Flow's contact with the operating system, in one place.
//!
//! - [`atomic_file`] replaces a file as a whole or not at all.
//! - [`background_task`] runs work that takes long or hangs on a thread of its own, and joins it within a bounded time.
//! - [`clock`] is the monotonic time of the loaded module, with a manual clock for tests.
//! - [`console`] lets a program with windows print to the console that started it.
//! - [`drives`] lists the root folders of the file systems.
//! - [`end_signals`] are those by which the system or the user asks a program to end.
//! - [`file_name`] names a file in a text.
//! - [`flags`] switches everything that has a fallback, from the environment and at run time.
//! - [`hidden_file`] tells which files lists leave out.
//! - [`locale`] tells the user's language.
//! - [`mutex`] locks without regard to poisoning.
//! - `main_thread` runs work after what the main thread does now, on Windows and macOS.
//! - [`module_pin`] keeps the loaded library in memory for a thread that can't be ended.
//! - [`priority`] lowers the priority of the calling thread.
//! - [`unusable_file`] keeps a file that can't be used under another name.
//! - [`user_folders`] names the user's folders that Flow reads and writes.

pub mod atomic_file;
pub mod background_task;
pub mod clock;
pub mod console;
pub mod drives;
pub mod end_signals;
pub mod file_name;
pub mod flags;
pub mod hidden_file;
pub mod locale;
#[cfg(any(windows, target_os = "macos"))]
pub mod main_thread;
pub mod module_pin;
pub mod mutex;
pub mod priority;
#[cfg(unix)]
pub mod process_group;
pub mod unusable_file;
pub mod user_folders;
