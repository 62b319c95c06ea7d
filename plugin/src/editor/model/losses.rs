//! Losses of audio, analysis and automation since the window opened or the counts were reset.

use flow_dsp::math::narrow;

use crate::editor::language::{plural, text};

/// Time for which a loss is new, s.
const NEW_SECONDS: f64 = 30.0;

/// Late callbacks of the host, late blocks of Flow, frames that were not analyzed, and lost events of automation.
pub(crate) type Losses = [u64; 4];

/// Counts losses from totals that only grow.
#[derive(Debug, Default)]
pub(crate) struct LossCounter {
    /// The totals when counting began; none before the first audio.
    baseline: Option<Losses>,
    known: Losses,
    /// The time of the newest loss, s.
    newest_s: Option<f64>,
}

impl LossCounter {
    /// Takes the present totals.
    pub(crate) fn update(&mut self, totals: Losses, now_s: f64) {
        if self.baseline.is_none() {
            self.known = totals;
            self.baseline = Some(totals);
        }
        if self.known != totals {
            self.known = totals;
            self.newest_s = Some(now_s);
        }
    }

    /// The losses since counting began.
    #[must_use]
    pub(crate) fn counts(&self) -> Losses {
        let baseline = self.baseline.unwrap_or(self.known);
        std::array::from_fn(|i| self.known[i].saturating_sub(baseline[i]))
    }

    /// The time for which the newest loss stays new, s; none if there is no new one.
    #[must_use]
    pub(crate) fn new_for_s(&self, now_s: f64) -> Option<f64> {
        let left_s = self.newest_s? + NEW_SECONDS - now_s;
        (left_s > 0.0 && self.counts() != Losses::default()).then_some(left_s)
    }

    /// Begins to count anew.
    pub(crate) fn reset(&mut self) {
        self.baseline = Some(self.known);
        self.newest_s = None;
    }
}

/// Losses in words.
#[must_use]
pub(crate) fn describe([late, missed, not_analyzed, events]: Losses, rate_hz: f32) -> Vec<String> {
    let mut texts = Vec::new();
    if late > 0 {
        texts.push(plural!(
            "the host was late once",
            "the host was late {count} times",
            count = late
        ));
    }
    if missed > 0 {
        texts.push(plural!(
            "Flow was late once",
            "Flow was late {count} times",
            count = missed
        ));
    }
    if not_analyzed > 0 {
        let seconds = narrow(number(not_analyzed)) / rate_hz;
        texts.push(text!(
            "{seconds} s not analyzed",
            seconds = format!("{seconds:.1}")
        ));
    }
    if events > 0 {
        texts.push(plural!(
            "automation was lost once",
            "automation was lost {count} times",
            count = events
        ));
    }
    texts
}

/// A count as a number.
fn number(count: u64) -> f64 {
    // Exact up to 2⁵³.
    #[allow(clippy::cast_precision_loss)]
    let number = count as f64;
    number
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn losses_of_before_the_window_do_not_count() {
        let mut losses = LossCounter::default();
        losses.update([7, 0, 0, 2], 0.0);
        assert_eq!(losses.counts(), Losses::default());
        assert_eq!(losses.new_for_s(0.0), None);
        losses.update([8, 0, 0, 2], 1.0);
        assert_eq!(losses.counts(), [1, 0, 0, 0]);
    }

    #[test]
    fn loss_is_new_for_30_s_and_counts_until_the_reset() {
        let mut losses = LossCounter::default();
        losses.update([0; 4], 0.0);
        losses.update([0, 3, 0, 0], 10.0);
        assert_eq!(losses.new_for_s(15.0), Some(25.0));
        losses.update([0, 3, 0, 0], 41.0);
        assert_eq!(losses.new_for_s(41.0), None);
        assert_eq!(losses.counts(), [0, 3, 0, 0]);
        losses.reset();
        assert_eq!(losses.counts(), Losses::default());
        losses.update([0, 4, 0, 0], 42.0);
        assert_eq!(losses.counts(), [0, 1, 0, 0]);
    }

    #[test]
    fn describe_names_each_loss_in_words() {
        assert!(describe(Losses::default(), 48_000.0).is_empty());
        assert_eq!(
            describe([1, 2, 72_000, 3], 48_000.0),
            [
                "the host was late once",
                "Flow was late 2 times",
                "1.5 s not analyzed",
                "automation was lost 3 times"
            ]
        );
    }
}
