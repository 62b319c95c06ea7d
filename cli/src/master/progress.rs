//! Progress bars on stderr, one for each running song. There are none if stderr is no terminal.

use crate::messages::is_stderr_colored;
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use std::time::Duration;

/// Steps of the bar.
const STEPS: u64 = 1000;

/// All bars of a run.
pub(crate) struct ProgressBars {
    bars: MultiProgress,
    /// The number of finished songs, if there are several.
    all: Option<ProgressBar>,
}

/// The progress bar of one song.
pub(crate) struct SongProgress<'a> {
    bar: ProgressBar,
    all: &'a Option<ProgressBar>,
}

impl ProgressBars {
    /// Bars for this number of songs.
    pub(crate) fn new(songs: usize) -> Self {
        let bars = MultiProgress::new();
        let all = (songs > 1).then(|| {
            let bar = bars.add(ProgressBar::new(songs as u64));
            bar.set_style(style("  {prefix:.bold} {bar:32.cyan} {pos} of {len}"));
            bar.set_prefix("All");
            bar
        });
        Self { bars, all }
    }

    /// Adds the bar of a song.
    pub(crate) fn song(&self, title: &str) -> SongProgress<'_> {
        let bar = ProgressBar::new(STEPS);
        let bar = match &self.all {
            Some(all) => self.bars.insert_before(all, bar),
            None => self.bars.add(bar),
        };
        bar.set_style(style("{spinner} {prefix:.bold} {bar:32.cyan} {msg}"));
        bar.set_prefix(title.to_owned());
        bar.enable_steady_tick(Duration::from_millis(100));
        SongProgress {
            bar,
            all: &self.all,
        }
    }
}

fn style(template: &str) -> ProgressStyle {
    let plain = template.replace(".bold", "").replace(".cyan", "");
    let template = if is_stderr_colored() {
        template
    } else {
        &plain
    };
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

impl Drop for ProgressBars {
    fn drop(&mut self) {
        if let Some(all) = &self.all {
            all.finish_and_clear();
        }
    }
}

impl SongProgress<'_> {
    /// Starts a new phase with an empty bar.
    pub(crate) fn phase(&self, name: impl Into<String>) {
        self.bar.set_position(0);
        self.bar.set_message(name.into());
    }

    /// Shows the progress of the phase.
    pub(crate) fn done(&self, done: u64, all: u64) {
        self.bar
            .set_position(STEPS.saturating_mul(done) / all.max(1));
    }
}

impl Drop for SongProgress<'_> {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
        if let Some(all) = self.all {
            all.inc(1);
        }
    }
}
