//! The signals by which the system or the user asks a program to end.

use std::ffi::c_int;

/// The signals: Ctrl-C, `kill`, and the end of the terminal.
#[cfg(unix)]
pub const END_SIGNALS: [c_int; 3] = [libc::SIGINT, libc::SIGTERM, libc::SIGHUP];
/// The signals: Ctrl-C, `raise`, and Ctrl+Break.
#[cfg(windows)]
pub const END_SIGNALS: [c_int; 3] = [libc::SIGINT, libc::SIGTERM, SIGBREAK];

/// Ctrl+Break, which the crate `libc` doesn't name.
#[cfg(windows)]
const SIGBREAK: c_int = 21;

/// Shells report a program that a signal ended with this plus the signal's number.
pub const EXIT_CODE: i32 = 128;

/// Lets a write beyond the limit of a file's size (`ulimit -f`) fail like one on a full disk. The system would otherwise end
/// the process at once, with its temporary files left behind.
#[cfg(unix)]
pub fn ignore_file_size_signal() {
    // SAFETY: ignoring a signal installs no code that it could call.
    unsafe { libc::signal(libc::SIGXFSZ, libc::SIG_IGN) };
}

/// Windows has no such limit.
#[cfg(not(unix))]
pub fn ignore_file_size_signal() {}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::AtomicBool;

    #[test]
    fn every_end_signal_accepts_a_handler() {
        for signal in END_SIGNALS {
            signal_hook::flag::register(signal, Arc::<AtomicBool>::default()).unwrap();
        }
    }

    /// Not on Windows: Wine's C library takes the question for the present handler for a handler, and calls it.
    #[cfg(unix)]
    #[test]
    fn end_signal_with_handler_reaches_it_and_ends_nothing() {
        use std::sync::atomic::Ordering;

        for signal in END_SIGNALS {
            let has_come = Arc::new(AtomicBool::new(false));
            signal_hook::flag::register(signal, Arc::clone(&has_come)).unwrap();
            signal_hook::low_level::raise(signal).unwrap();
            assert!(has_come.load(Ordering::SeqCst), "signal {signal}");
        }
    }
}
