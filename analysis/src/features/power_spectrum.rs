//! The power spectrum of a piece of audio.

use std::sync::Arc;

use flow_dsp::math::{count, narrow, sin_cos};
use flow_fft::RealToComplex;
use flow_fft::num_complex::Complex;

/// Power spectra of one length, with a Hann window. Only [`new`](Self::new) allocates.
pub(super) struct PowerSpectrum {
    fft: Arc<dyn RealToComplex<f32>>,
    hann: Vec<f32>,
    input: Vec<f32>,
    spectrum: Vec<Complex<f32>>,
    scratch: Vec<Complex<f32>>,
    powers: Vec<f32>,
}

impl PowerSpectrum {
    /// For audio of `length` samples.
    pub(super) fn new(length: usize) -> Self {
        let fft = flow_fft::real_forward(length);
        let hann = (0..length).map(|i| {
            let (_, cos) = sin_cos(core::f64::consts::TAU * count(i) / count(length));
            narrow(0.5 - 0.5 * cos)
        });
        Self {
            hann: hann.collect(),
            input: fft.make_input_vec(),
            spectrum: fft.make_output_vec(),
            scratch: fft.make_scratch_vec(),
            powers: vec![0.0; length / 2 + 1],
            fft,
        }
    }

    /// The length of the audio, samples.
    pub(super) fn length(&self) -> usize {
        self.hann.len()
    }

    /// The number of bins, from 0 Hz to half the sample rate.
    pub(super) fn bins(&self) -> usize {
        self.powers.len()
    }

    /// The powers of the newest audio.
    pub(super) fn powers(&self) -> &[f32] {
        &self.powers
    }

    /// Measures audio of this length. The sum of all powers is its mean square.
    pub(super) fn measure(&mut self, audio: &[f32]) -> &[f32] {
        let windowed = audio.iter().zip(&self.hann);
        for (slot, (x, gain)) in self.input.iter_mut().zip(windowed) {
            *slot = x * gain;
        }
        let transformed =
            self.fft
                .process_with_scratch(&mut self.input, &mut self.spectrum, &mut self.scratch);
        debug_assert!(transformed.is_ok(), "lengths are the plan's own");
        // Parseval: both halves of the spectrum, and 3/8, the mean square of the Hann window.
        let length = count(self.hann.len());
        let scale = narrow(2.0 / (0.375 * length * length));
        for (power, bin) in self.powers.iter_mut().zip(&self.spectrum) {
            *power = bin.norm_sqr() * scale;
        }
        &self.powers
    }
}
