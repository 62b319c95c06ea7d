//! Low cut: removes rumble and DC below the music.
//!
//! A second-order Butterworth high-pass as a topology-preserving state-variable filter (Zavalishin, "The Art of VA
//! Filter Design", ch. 4; Simper, "Linear trapezoidal integrated SVF", 2013), in double precision: at 10 Hz and
//! 384 kHz a biquad in single precision loses its poles to rounding.

use crate::{
    LowCutSettings, Spec, isa::Isa, math, processor::Processor, quantum::Quantum, ramp::Ramp,
};
use core::f64::consts::{PI, SQRT_2};

/// 10 to 40 Hz, 12 dB per octave; switching crossfades over 20 ms, and off is exactly neutral.
#[derive(Clone, Debug)]
pub struct LowCut {
    rate_hz: f64,
    switch: Ramp,
    frequency: Ramp,
    coefficients: Coefficients,
    /// The two integrators of each channel.
    state: [[f64; 2]; 2],
}

#[derive(Clone, Copy, Debug)]
struct Coefficients {
    frequency_hz: f32,
    a1: f64,
    a2: f64,
    a3: f64,
}

impl Coefficients {
    fn new(frequency_hz: f32, rate_hz: f64) -> Self {
        let g = math::tan(PI * f64::from(frequency_hz) / rate_hz);
        let a1 = 1.0 / (1.0 + g * (g + SQRT_2));
        Self {
            frequency_hz,
            a1,
            a2: g * a1,
            a3: g * g * a1,
        }
    }
}

/// Below this an integrator is inaudible for ever (−400 dBFS) and is set to zero before it becomes subnormal.
const SNAP: f64 = 1e-20;

impl LowCut {
    /// Not yet prepared.
    #[must_use]
    pub fn new() -> Self {
        Self {
            rate_hz: 48_000.0,
            switch: Ramp::new(),
            frequency: Ramp::new(),
            coefficients: Coefficients::new(20.0, 48_000.0),
            state: [[0.0; 2]; 2],
        }
    }
}

impl Default for LowCut {
    fn default() -> Self {
        Self::new()
    }
}

impl Processor for LowCut {
    type Settings = LowCutSettings;

    fn prepare(&mut self, spec: Spec) {
        self.rate_hz = spec.sample_rate_hz;
        self.switch.prepare(spec);
        self.frequency.prepare(spec);
        self.coefficients = Coefficients::new(self.coefficients.frequency_hz, self.rate_hz);
        self.reset();
    }

    fn reset(&mut self) {
        self.switch.reset();
        self.frequency.reset();
        self.state = [[0.0; 2]; 2];
    }

    #[inline(always)]
    fn process<I: Isa>(&mut self, settings: LowCutSettings, quantum: &mut Quantum) {
        let mix = self.switch.advance(if settings.on { 1.0 } else { 0.0 });
        let frequency_hz = self.frequency.advance(settings.frequency_hz).end;
        if mix.is(0.0) {
            // Starts from rest when it is next engaged; the crossfade hides the start.
            self.state = [[0.0; 2]; 2];
            return;
        }
        if frequency_hz != self.coefficients.frequency_hz {
            self.coefficients = Coefficients::new(frequency_hz, self.rate_hz);
        }
        let Coefficients { a1, a2, a3, .. } = self.coefficients;
        let mix = mix.lane();
        let [left, right] = &mut quantum.channels;
        let [[mut l1, mut l2], [mut r1, mut r2]] = self.state;
        for ((left, right), mix) in left.iter_mut().zip(right).zip(&mix) {
            let tick = |sample: &mut f32, s1: &mut f64, s2: &mut f64| {
                let x = f64::from(*sample);
                let v3 = x - *s2;
                let v1 = I::mul_add_f64(a1, *s1, a2 * v3);
                let v2 = *s2 + I::mul_add_f64(a2, *s1, a3 * v3);
                *s1 = I::mul_add_f64(2.0, v1, -*s1);
                *s2 = I::mul_add_f64(2.0, v2, -*s2);
                let high = x - I::mul_add_f64(SQRT_2, v1, v2);
                *sample += mix * (math::narrow(high) - *sample);
            };
            tick(left, &mut l1, &mut l2);
            tick(right, &mut r1, &mut r2);
        }
        self.state = [[l1, l2], [r1, r2]];
        for integrator in self.state.as_flattened_mut() {
            if integrator.abs() < SNAP {
                *integrator = 0.0;
            }
        }
    }

    fn latency_samples(&self) -> usize {
        0
    }
}
