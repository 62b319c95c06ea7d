//! Power spectra of mid and side for displays. Allocates in `new` and `frame` only.

use crate::{Spec, block::quantum::Quantum, math};
use core::f64::consts::TAU;
use flow_fft::{Fft, num_complex::Complex};
use std::sync::Arc;

/// Collects audio and computes spectra on demand. Collecting is a copy; the FFT runs in [`Spectrum::analyze`].
///
/// Mid is the real part and side the imaginary part of one complex transform.
#[derive(Clone)]
pub struct Spectrum {
    fft: Arc<dyn Fft<f32>>,
    window: Vec<f32>,
    ring: Vec<Complex<f32>>,
    position: usize,
    since_last: usize,
    buffer: Vec<Complex<f32>>,
    scratch: Vec<Complex<f32>>,
}

/// One spectrum, allocated once and filled repeatedly.
#[derive(Clone, Debug, PartialEq)]
pub struct SpectrumFrame {
    /// Width of a bin in Hz.
    pub bin_hz: f32,
    /// Power of (left + right)/2 in each bin from 0 to the Nyquist frequency; a full-scale sine reads 1 at its peak.
    pub mid: Vec<f32>,
    /// Power of (left − right)/2.
    pub side: Vec<f32>,
    /// Real part of the cross-spectrum of both: a quarter of the difference of the powers of left and right.
    pub cross: Vec<f32>,
}

impl Spectrum {
    /// A spectrum over 4096 samples below 50 kHz and 8192 above (bins of about 12 Hz). Allocates.
    #[must_use]
    pub fn new(spec: Spec) -> Self {
        let length = if spec.sample_rate_hz < 50_000.0 {
            4096
        } else {
            8192
        };
        let fft = flow_fft::complex_forward(length);
        let scratch = vec![Complex::default(); fft.get_inplace_scratch_len()];
        // A Hann window; the factor 4/length makes a full-scale sine read 1.
        let window = (0..length)
            .map(|i| {
                let (_, cos) = math::sin_cos(TAU * math::count(i) / math::count(length));
                math::narrow((0.5 - 0.5 * cos) * 4.0 / math::count(length))
            })
            .collect();
        Self {
            fft,
            window,
            ring: vec![Complex::default(); length],
            position: 0,
            since_last: 0,
            buffer: vec![Complex::default(); length],
            scratch,
        }
    }

    /// An empty frame of the right size. Allocates.
    #[must_use]
    pub fn frame(&self, spec: Spec) -> SpectrumFrame {
        let bins = self.window.len() / 2 + 1;
        SpectrumFrame {
            bin_hz: math::narrow(spec.sample_rate_hz / math::count(self.window.len())),
            mid: vec![0.0; bins],
            side: vec![0.0; bins],
            cross: vec![0.0; bins],
        }
    }

    /// Clears the collected audio.
    pub fn reset(&mut self) {
        self.ring.fill(Complex::default());
        self.position = 0;
        self.since_last = 0;
    }

    /// Collects sixteen frames.
    #[inline(always)]
    pub fn push(&mut self, quantum: &Quantum) {
        let [left, right] = &quantum.channels;
        let slots = &mut self.ring[self.position..][..left.len()];
        for ((slot, left), right) in slots.iter_mut().zip(left).zip(right) {
            *slot = Complex::new(0.5 * (left + right), 0.5 * (left - right));
        }
        self.position = (self.position + left.len()) % self.ring.len();
        self.since_last += left.len();
    }

    /// Whether a quarter of a frame is new since the last spectrum.
    #[must_use]
    pub fn is_due(&self) -> bool {
        self.since_last >= self.window.len() / 4
    }

    /// Computes the spectrum of the newest audio. Never allocates.
    pub fn analyze(&mut self, frame: &mut SpectrumFrame) {
        self.since_last = 0;
        let (newer, older) = self.ring.split_at(self.position);
        for ((slot, sample), gain) in self
            .buffer
            .iter_mut()
            .zip(older.iter().chain(newer))
            .zip(&self.window)
        {
            *slot = sample * gain;
        }
        self.fft
            .process_with_scratch(&mut self.buffer, &mut self.scratch);
        let length = self.buffer.len();
        let powers = frame.mid.iter_mut().zip(&mut frame.side);
        for (k, ((mid, side), cross)) in powers.zip(&mut frame.cross).enumerate() {
            let a = self.buffer[k];
            let b = self.buffer[(length - k) % length].conj();
            // The even part is the transform of the real signal, the odd part i times that of the imaginary one.
            *mid = (a + b).norm_sqr() * 0.25;
            *side = (a - b).norm_sqr() * 0.25;
            // With mid (a + b)/2 and side (a − b)/2i: Re(mid · side*) = Re(i(a + b)(a − b)*)/4 = Im(a·b*)/2.
            *cross = 0.5 * (a * b.conj()).im;
        }
    }
}

impl core::fmt::Debug for Spectrum {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Spectrum")
            .field("length", &self.window.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::block::quantum::Lane;

    #[test]
    fn cross_spectrum_is_a_quarter_of_the_difference_of_left_and_right() {
        let spec = Spec {
            sample_rate_hz: 48_000.0,
        };
        let mut spectrum = Spectrum::new(spec);
        let mut frame = spectrum.frame(spec);
        for q in 0..256 {
            let sine = |gain: f64, i: usize| {
                let turns = 85.0 * math::count((q * 16 + i) % 4096) / 4096.0;
                math::narrow(gain * math::sin_cos(TAU * turns).0)
            };
            spectrum.push(&Quantum {
                channels: [0.8, -0.2].map(|gain| core::array::from_fn(|i| sine(gain, i))),
            });
        }
        spectrum.analyze(&mut frame);
        let [left, right] = [0.64, 0.04];
        assert!((frame.cross[85] - 0.25 * (left - right)).abs() < 1e-3);
        assert!((frame.mid[85] - 0.09).abs() < 1e-3 && (frame.side[85] - 0.25).abs() < 1e-3);
    }

    #[test]
    fn spectrum_of_a_full_scale_sine_reads_1_in_its_own_part_only() {
        let spec = Spec {
            sample_rate_hz: 48_000.0,
        };
        let mut spectrum = Spectrum::new(spec);
        let mut frame = spectrum.frame(spec);
        for q in 0..256 {
            let sine = |bin: f64, i: usize| {
                math::narrow(math::sin_cos(TAU * bin * math::count((q * 16 + i) % 4096) / 4096.0).0)
            };
            let mid: Lane = core::array::from_fn(|i| sine(85.0, i));
            let side: Lane = core::array::from_fn(|i| sine(200.0, i));
            let left = core::array::from_fn(|i| mid[i] + side[i]);
            let right = core::array::from_fn(|i| mid[i] - side[i]);
            spectrum.push(&Quantum {
                channels: [left, right],
            });
        }
        assert!(spectrum.is_due());
        spectrum.analyze(&mut frame);
        assert!(!spectrum.is_due());
        assert!((frame.mid[85] - 1.0).abs() < 1e-3 && (frame.side[200] - 1.0).abs() < 1e-3);
        assert!(frame.cross[85].abs() < 1e-4 && frame.cross[200].abs() < 1e-4);
        // 100 dB below: single precision.
        assert!(frame.side[85] < 1e-10 && frame.mid[200] < 1e-10 && frame.mid[300] < 1e-10);
    }
}
