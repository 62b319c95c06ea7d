//! Periodicity and pitch of a spectrum by its autocorrelation.

use std::sync::Arc;

use flow_dsp::math::{count, narrow, sin_cos};
use flow_fft::ComplexToReal;
use flow_fft::num_complex::Complex;

use super::units::FRAME_S;

/// Points of the autocorrelation of [`FRAME_S`], 25 µs each, at every sample rate.
const POINTS: usize = 4000;

/// Bins of 10 Hz that count: 40 Hz to 8 kHz, as most voices and all rates from 22.05 kHz on have.
const FIRST_BIN: usize = 4;
const BINS: usize = 800;

/// Range of periods, 1 to 20 ms (1000 to 50 Hz), in points.
const SHORTEST: usize = 40;
const LONGEST: usize = 800;

/// Share of the best correlation from which the shortest period wins, because multiples of a period correlate as well.
const NEARLY: f32 = 0.9;

/// Periodicity and pitch of a spectrum.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Pitch {
    /// About 0 to 1. It is 1 if all partials belong to one tone, at any levels.
    pub(super) periodicity: f32,
    /// Pitch, Hz.
    pub(super) hz: f32,
}

/// Estimates pitches. Only [`new`](Self::new) allocates.
pub(super) struct PitchFinder {
    fft: Arc<dyn ComplexToReal<f32>>,
    spectrum: Vec<Complex<f32>>,
    correlation: Vec<f32>,
    scratch: Vec<Complex<f32>>,
    /// Autocorrelation of the window, by which a periodic signal's correlation decays.
    taper: Vec<f32>,
}

impl PitchFinder {
    pub(super) fn new() -> Self {
        let fft = flow_fft::real_inverse(POINTS);
        // The autocorrelation of the Hann window: Boersma, "Accurate short-term analysis of the fundamental frequency",
        // 1993, equation 8.
        let taper = (0..=LONGEST + 1).map(|point| {
            let share = count(point) / count(POINTS);
            let (sin, cos) = sin_cos(core::f64::consts::TAU * share);
            narrow((1.0 - share) * (2.0 + cos) / 3.0 + sin / core::f64::consts::TAU)
        });
        Self {
            spectrum: fft.make_input_vec(),
            correlation: fft.make_output_vec(),
            scratch: fft.make_scratch_vec(),
            taper: taper.collect(),
            fft,
        }
    }

    /// Estimates the pitch of a power spectrum with bins of 10 Hz. Magnitudes give weak partials more weight than powers.
    pub(super) fn of(&mut self, power: &[f32]) -> Pitch {
        self.spectrum.fill(Complex::default());
        let bins = FIRST_BIN..BINS.min(power.len());
        for (slot, power) in self.spectrum[bins.clone()].iter_mut().zip(&power[bins]) {
            slot.re = power.sqrt();
        }
        let transformed = self.fft.process_with_scratch(
            &mut self.spectrum,
            &mut self.correlation,
            &mut self.scratch,
        );
        debug_assert!(transformed.is_ok(), "lengths are the plan's own");
        let all = self.correlation[0];
        // The spectrum is below any dither.
        if all < 1e-6 {
            return Pitch::default();
        }
        let correlation = &mut self.correlation[..=LONGEST + 1];
        for (point, taper) in correlation.iter_mut().zip(&self.taper) {
            *point /= all * taper;
        }
        let is_peak = |point: &usize| {
            let here = correlation[*point];
            here >= correlation[point - 1] && here > correlation[point + 1]
        };
        let peaks = || (SHORTEST..=LONGEST).filter(is_peak);
        let best = peaks().map(|point| correlation[point]).fold(0.0, f32::max);
        let Some(point) = peaks().find(|point| correlation[*point] >= NEARLY * best) else {
            return Pitch::default();
        };
        // The top of the parabola through three points.
        let [before, here, after] = [point - 1, point, point + 1].map(|i| correlation[i]);
        let beside = 0.5 * (before - after) / (before - 2.0 * here + after);
        let period = narrow(count(point)) + beside;
        Pitch {
            periodicity: best,
            hz: narrow(count(POINTS) / FRAME_S) / period,
        }
    }
}
