//! A state-variable filter in trapezoidal form (Simper, 2013), stable at any corner and rate.

use std::f64::consts::PI;

/// Samples between two updates of the corner frequency, because a tangent is slow.
const CONTROL_SAMPLES: u32 = 16;

/// Low-pass, band-pass and high-pass in one.
pub(super) struct Filter {
    rate_hz: f64,
    damping: f64,
    g: f64,
    a: f64,
    until_control: u32,
    s1: f64,
    s2: f64,
}

/// The outputs of a [`Filter`].
pub(super) struct Bands {
    pub(super) low: f64,
    pub(super) band: f64,
    pub(super) high: f64,
}

impl Filter {
    pub(super) fn new(rate_hz: f64, q: f64) -> Self {
        Self {
            rate_hz,
            damping: 1.0 / q,
            g: 0.0,
            a: 0.0,
            until_control: 0,
            s1: 0.0,
            s2: 0.0,
        }
    }

    /// Filters one sample. `corner_hz` is only called at each update.
    pub(super) fn tick(&mut self, sample: f64, corner_hz: impl FnOnce() -> f64) -> Bands {
        if self.until_control == 0 {
            self.until_control = CONTROL_SAMPLES;
            // The highest corners don't fit low rates.
            self.g = libm::tan(PI * (corner_hz() / self.rate_hz).min(0.45));
            self.a = 1.0 / (1.0 + self.g * (self.g + self.damping));
        }
        self.until_control -= 1;
        let v3 = sample - self.s2;
        let band = self.a * (self.s1 + self.g * v3);
        let low = self.s2 + self.g * band;
        self.s1 = 2.0 * band - self.s1;
        self.s2 = 2.0 * low - self.s2;
        Bands {
            low,
            band,
            high: sample - self.damping * band - low,
        }
    }
}
