//! A progress bar on stderr. Where stderr is no terminal, there is none.

use indicatif::{ProgressBar, ProgressStyle};
use std::time::Duration;

/// Steps of the bar.
const STEPS: u64 = 1000;

/// Shows what happens to one song.
pub(crate) struct Progress(ProgressBar);

impl Progress {
    pub(crate) fn new(song: &str) -> Self {
        let bar = ProgressBar::new(STEPS);
        let style = ProgressStyle::with_template("{spinner} {prefix:.bold} {bar:32.cyan} {msg}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.set_prefix(song.to_owned());
        bar.enable_steady_tick(Duration::from_millis(100));
        Self(bar)
    }

    /// Starts a new phase with an empty bar.
    pub(crate) fn phase(&self, what: impl Into<String>) {
        self.0.set_position(0);
        self.0.set_message(what.into());
    }

    /// How far the phase is.
    pub(crate) fn done(&self, done: u64, all: u64) {
        self.0.set_position(STEPS.saturating_mul(done) / all.max(1));
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
