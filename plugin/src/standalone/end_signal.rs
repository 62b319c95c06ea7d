//! Signals of the system that end the app as the closing of its window does.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use flow_platform::end_signals::{self, END_SIGNALS, EXIT_CODE};
use signal_hook::flag;

/// Whether a signal has come.
#[derive(Clone, Debug, Default)]
pub struct EndSignal(Arc<AtomicBool>);

impl EndSignal {
    /// `[gui]` Handles signals from now on; a second one ends the process at once. The framework, which ignores them, must
    /// have set its handlers before.
    pub(super) fn handle(&self) {
        for signal in END_SIGNALS {
            let shutdown =
                flag::register_conditional_shutdown(signal, EXIT_CODE + signal, self.0.clone());
            let handled = shutdown.and_then(|_| flag::register(signal, self.0.clone()));
            if let Err(error) = handled {
                log::warn!("signal {signal} can't be handled: {error}");
            }
        }
        if let Err(error) = end_signals::raise_at_console_end() {
            log::warn!("the end of the console can't be handled: {error}");
        }
    }

    /// Ends the app as a signal does. Returns whether it was to end before.
    #[cfg(any(test, target_os = "macos"))]
    pub(super) fn raise(&self) -> bool {
        self.0.swap(true, Ordering::Relaxed)
    }

    /// `[any]` Whether the app should end: one relaxed load.
    #[must_use]
    pub fn has_come(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
