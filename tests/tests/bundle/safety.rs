//! Real-time rules, stack and size of the library.

mod audio_path_lint;
mod real_time;
#[cfg(target_os = "linux")]
mod size;
mod stack;
