//! The range of frequencies that the spectrum shows.

use crate::editor::model::analyzers::{MAX_HZ, MIN_HZ};

/// The narrowest range, octaves.
const LEAST_OCTAVES: f32 = 1.0;
/// Space beside a frequency that is brought into view, as a share of the range.
const MARGIN: f32 = 0.1;

/// A part of the frequency axis.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct FrequencyRange {
    /// The lower end, octaves above [`MIN_HZ`].
    low: f32,
    /// The width, octaves.
    octaves: f32,
}

impl Default for FrequencyRange {
    /// The whole axis.
    fn default() -> Self {
        Self {
            low: 0.0,
            octaves: octave(MAX_HZ),
        }
    }
}

/// A frequency in octaves above [`MIN_HZ`].
fn octave(hz: f32) -> f32 {
    (hz / MIN_HZ).log2()
}

impl FrequencyRange {
    /// Both ends, Hz.
    #[must_use]
    pub(super) fn ends_hz(self) -> [f32; 2] {
        [self.low, self.low + self.octaves].map(|octave| MIN_HZ * octave.exp2())
    }

    /// The width, octaves.
    #[must_use]
    pub(super) fn octaves(self) -> f32 {
        self.octaves
    }

    /// The place of a frequency from 0 at the lower to 1 at the upper end. Frequencies outside of the range have others.
    #[must_use]
    pub(super) fn share(self, hz: f32) -> f32 {
        (octave(hz) - self.low) / self.octaves
    }

    /// The frequency at a place from 0 to 1, Hz.
    #[must_use]
    pub(super) fn hz(self, share: f32) -> f32 {
        MIN_HZ * (self.low + share.clamp(0.0, 1.0) * self.octaves).exp2()
    }

    /// Whether nothing is outside of the range.
    #[must_use]
    pub(super) fn is_whole(self) -> bool {
        self == Self::default()
    }

    /// Makes the range narrower by a factor. The frequency at a place from 0 to 1 keeps its place, except at the ends of the axis.
    pub(super) fn zoom(&mut self, factor: f32, share: f32) {
        let whole = Self::default().octaves;
        let octaves = (self.octaves / factor).clamp(LEAST_OCTAVES, whole);
        let low = self.low + share * (self.octaves - octaves);
        *self = Self { low, octaves };
        self.keep_inside();
    }

    /// Moves the range by a share of its width.
    pub(super) fn pan(&mut self, share: f32) {
        self.low += share * self.octaves;
        self.keep_inside();
    }

    /// Moves the range as little as it takes to show a frequency.
    pub(super) fn reveal(&mut self, hz: f32) {
        let share = self.share(hz);
        if share < 0.0 {
            self.pan(share - MARGIN);
        } else if share > 1.0 {
            self.pan(share - 1.0 + MARGIN);
        }
    }

    fn keep_inside(&mut self) {
        let most = Self::default().octaves - self.octaves;
        self.low = self.low.clamp(0.0, most.max(0.0));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_near(a: f32, b: f32) -> bool {
        (a / b - 1.0).abs() < 1e-3
    }

    #[test]
    fn zoom_keeps_the_frequency_at_the_pointer() {
        let mut range = FrequencyRange::default();
        let share = range.share(1000.0);
        range.zoom(4.0, share);
        assert!((range.share(1000.0) - share).abs() < 1e-4);
        let [low, high] = range.ends_hz();
        assert!(is_near(high / low, 1000.0_f32.powf(0.25)), "{low} {high}");
        // Further in than an octave, and out again.
        range.zoom(100.0, share);
        assert_eq!(range.octaves(), LEAST_OCTAVES);
        range.zoom(1e-3, 0.3);
        assert!(range.is_whole());
    }

    #[test]
    fn range_stays_on_the_axis() {
        let mut range = FrequencyRange::default();
        range.pan(0.5);
        assert!(range.is_whole());
        range.zoom(2.0, 0.0);
        assert!(is_near(range.ends_hz()[0], MIN_HZ));
        range.pan(-1.0);
        assert!(is_near(range.ends_hz()[0], MIN_HZ));
        range.pan(9.0);
        assert!(is_near(range.ends_hz()[1], MAX_HZ));
    }

    #[test]
    fn reveal_of_a_hidden_frequency_moves_the_range_to_it() {
        let mut range = FrequencyRange::default();
        range.zoom(5.0, 0.5);
        let before = range;
        range.reveal(range.hz(0.7));
        assert_eq!(range, before, "it was in view");
        for hz in [90.0, 12_000.0] {
            range.reveal(hz);
            assert!((0.0..=1.0).contains(&range.share(hz)), "{hz}: {range:?}");
            assert_eq!(range.octaves(), before.octaves());
        }
    }
}
