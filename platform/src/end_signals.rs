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

/// Lets the end of the console raise `SIGTERM`, so that it ends the program as this signal does. Windows tells only services of
/// the end of the session and of the system. The signals must have their handlers already: those of the C library would otherwise answer first, and the system
/// would end the process at once.
///
/// # Errors
///
/// If the system refuses the handler.
#[cfg(windows)]
pub fn raise_at_console_end() -> std::io::Result<()> {
    use windows_sys::Win32::System::Console::SetConsoleCtrlHandler;
    // SAFETY: a program's function stays where it is.
    match unsafe { SetConsoleCtrlHandler(Some(end_with_console), 1) } {
        0 => Err(std::io::Error::last_os_error()),
        _ => Ok(()),
    }
}

/// Other systems have a signal for it.
///
/// # Errors
///
/// None.
#[cfg(not(windows))]
pub fn raise_at_console_end() -> std::io::Result<()> {
    Ok(())
}

/// Runs on a thread that the system starts for the event. When the console is closed, the system ends the process when the
/// handler returns, or after five seconds.
#[cfg(windows)]
unsafe extern "system" fn end_with_console(event: u32) -> windows_sys::core::BOOL {
    if event != windows_sys::Win32::System::Console::CTRL_CLOSE_EVENT {
        // Another handler answers.
        return 0;
    }
    // SAFETY: the call takes a number only.
    unsafe { libc::raise(libc::SIGTERM) };
    loop {
        std::thread::park();
    }
}

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

    /// The handler is the C library's own kind: Wine can't run those of `signal-hook`.
    #[cfg(windows)]
    #[test]
    fn closed_console_raises_sigterm_and_waits_for_the_end() {
        use std::sync::atomic::Ordering;
        use std::time::{Duration, Instant};
        use windows_sys::Win32::System::Console::{CTRL_BREAK_EVENT, CTRL_CLOSE_EVENT};

        static HAS_COME: AtomicBool = AtomicBool::new(false);
        extern "C" fn note(_: c_int) {
            HAS_COME.store(true, Ordering::SeqCst);
        }
        // SAFETY: the handler only stores a value.
        unsafe { libc::signal(libc::SIGTERM, note as *const () as libc::sighandler_t) };
        raise_at_console_end().unwrap();
        // SAFETY: the handler has no requirements.
        assert_eq!(unsafe { end_with_console(CTRL_BREAK_EVENT) }, 0);
        assert!(!HAS_COME.load(Ordering::SeqCst));
        // SAFETY: as above.
        let waiting = std::thread::spawn(|| unsafe { end_with_console(CTRL_CLOSE_EVENT) });
        let begin = Instant::now();
        while !HAS_COME.load(Ordering::SeqCst) {
            let is_late = begin.elapsed() > Duration::from_secs(240);
            assert!(!is_late, "SIGTERM has not come");
            std::thread::yield_now();
        }
        std::thread::sleep(Duration::from_millis(200));
        assert!(!waiting.is_finished());
    }
}
