//! Fourth-order Linkwitz-Riley crossovers (Linkwitz, "Active Crossover Networks for Noncoincident Drivers", JAES 24, 1976).
//!
//! The high band of a split is its all-pass minus its low band, exactly, so a split takes two sections. The bands are for
//! detectors: the signal itself passes no crossover. No delay of its own.

use super::{network::Network, section::Section};

/// States of a three-band crossover.
pub const CROSSOVER_STATES: usize = 8;

/// One split: the low-pass, applied twice, and the all-pass that low and high band add up to.
#[derive(Clone, Copy, Debug)]
pub struct Split {
    low: Section,
    all: Section,
}

impl Split {
    /// A split at a frequency, Hz.
    #[must_use]
    pub fn new(frequency_hz: f64, rate_hz: f64) -> Self {
        Self {
            low: Section::low_pass(frequency_hz, rate_hz),
            all: Section::all_pass(frequency_hz, rate_hz),
        }
    }

    /// One sample of low and high band.
    pub fn tick(&self, [s1, s2, s3, s4]: [&mut f64; 4], input: f64) -> [f64; 2] {
        // Low-pass and all-pass have the same poles, and so the same states.
        let (mut t1, mut t2) = (*s1, *s2);
        let all = self.all.tick([&mut t1, &mut t2], input);
        let once = self.low.tick([s1, s2], input);
        let low = self.low.tick([s3, s4], once);
        [low, all - low]
    }
}

/// Low, mid and high band.
#[derive(Clone, Copy, Debug)]
pub struct ThreeBands {
    lower: Split,
    upper: Split,
}

impl ThreeBands {
    /// Two splits, Hz; `lower_hz` lies below `upper_hz`.
    #[must_use]
    pub fn new(lower_hz: f64, upper_hz: f64, rate_hz: f64) -> Self {
        Self {
            lower: Split::new(lower_hz, rate_hz),
            upper: Split::new(upper_hz, rate_hz),
        }
    }
}

impl Network<CROSSOVER_STATES, 3> for ThreeBands {
    fn tick(&self, state: &mut [f64; CROSSOVER_STATES], input: f64) -> [f64; 3] {
        let [a, b, c, d, e, f, g, h] = state;
        let [low, rest] = self.lower.tick([a, b, c, d], input);
        let [mid, high] = self.upper.tick([e, f, g, h], rest);
        [low, mid, high]
    }
}
