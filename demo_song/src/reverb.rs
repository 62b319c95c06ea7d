//! A small hall: a feedback delay network of eight lines.

/// Delay times in seconds, with no common divisor, so that echoes never line up.
const DELAYS_SECONDS: [f64; 8] = [
    0.0297, 0.0371, 0.0411, 0.0437, 0.0533, 0.0617, 0.0671, 0.0797,
];
/// Time in which the sound decays by 60 dB.
const DECAY_SECONDS: f64 = 1.6;
/// Corner of the damping of high frequencies.
const DAMPING_HZ: f64 = 4500.0;

pub(super) struct Reverb {
    lines: Vec<Line>,
    damping: f64,
}

struct Line {
    buffer: Vec<f64>,
    at: usize,
    gain: f64,
    damped: f64,
}

impl Reverb {
    pub(super) fn new(rate_hz: f64) -> Self {
        let line = |seconds: f64| Line {
            buffer: vec![0.0; flow_dsp::math::samples(seconds * rate_hz).max(1)],
            at: 0,
            gain: libm::pow(0.001, seconds / DECAY_SECONDS),
            damped: 0.0,
        };
        let damping = 1.0 - libm::exp(-std::f64::consts::TAU * DAMPING_HZ / rate_hz);
        Self {
            lines: DELAYS_SECONDS.map(line).into(),
            damping,
        }
    }

    /// Only the reverberation, without the direct sound.
    pub(super) fn process(&mut self, input: [f64; 2]) -> [f64; 2] {
        let mut outs = [0.0; 8];
        for (out, line) in outs.iter_mut().zip(&mut self.lines) {
            line.damped += self.damping * (line.buffer[line.at] * line.gain - line.damped);
            *out = line.damped;
        }
        // A Householder reflection mixes all lines without adding energy.
        let mean = outs.iter().sum::<f64>() / 4.0;
        for (index, (out, line)) in outs.iter().zip(&mut self.lines).enumerate() {
            line.buffer[line.at] = input[index % 2] + out - mean;
            line.at = (line.at + 1) % line.buffer.len();
        }
        // Different lines for each side: decorrelated.
        let sides = [
            outs[0] - outs[2] + outs[4] - outs[6],
            outs[1] - outs[3] + outs[5] - outs[7],
        ];
        sides.map(|s| 0.35 * s)
    }
}
