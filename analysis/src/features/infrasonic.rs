//! Level below the music: rumble of turntables, rooms, wind and stages.

use flow_dsp::Section;
use flow_dsp::math::{count, samples};

/// Rate at which the low end is filtered, Hz.
const LOW_RATE_HZ: f64 = 2000.0;

/// Lower and upper corner: the constant part (DC) and the music stay outside, Hz.
const CORNERS_HZ: [f64; 2] = [6.0, 20.0];

/// One high-pass, and low-passes that leave −31 dB of 30 Hz.
const SECTIONS: usize = 5;

/// Measures the mean square between 6 and 20 Hz in both channels together.
#[derive(Clone, Debug)]
pub(super) struct Infrasonic {
    /// Samples that make up one at the low rate. Their mean is a sufficient low-pass.
    block: usize,
    filled: usize,
    sums: [f64; 2],
    sections: [Section; SECTIONS],
    states: [[[f64; 2]; SECTIONS]; 2],
    /// The last result at the low rate.
    power: f64,
}

impl Infrasonic {
    pub(super) fn new(rate_hz: f64) -> Self {
        let block = samples((rate_hz / LOW_RATE_HZ).round()).max(1);
        let low_rate_hz = rate_hz / count(block);
        let [lower, upper] = CORNERS_HZ;
        let mut sections = [Section::low_pass(upper, low_rate_hz); SECTIONS];
        sections[0] = Section::high_pass(lower, low_rate_hz);
        Self {
            block,
            filled: 0,
            sums: [0.0; 2],
            sections,
            states: [[[0.0; 2]; SECTIONS]; 2],
            power: 0.0,
        }
    }

    /// The mean square over a hop, both channels added.
    pub(super) fn of(&mut self, left: &[f32], right: &[f32]) -> f64 {
        let mut sum = 0.0;
        for (l, r) in left.iter().zip(right) {
            self.sums[0] += f64::from(*l);
            self.sums[1] += f64::from(*r);
            self.filled += 1;
            if self.filled == self.block {
                self.filled = 0;
                self.power = self.filter();
            }
            sum += self.power;
        }
        sum / count(left.len())
    }

    fn filter(&mut self) -> f64 {
        let scale = 1.0 / count(self.block);
        let mut power = 0.0;
        for (sum, states) in self.sums.iter_mut().zip(&mut self.states) {
            let filters = self.sections.iter().zip(states);
            let low = filters.fold(*sum * scale, |x, (section, [a, b])| section.tick([a, b], x));
            power += low * low;
            *sum = 0.0;
        }
        power
    }
}
