//! The network's outputs by name, and the prediction that follows from them.

use flow_analysis::correction::{BANDS, Correction, Estimate, centered};
use flow_analysis::prediction::{Activity, Prediction, STYLES};
use flow_dsp::math::{exp, narrow};

use crate::error::ModelError;
use crate::executor::Outputs;
use crate::model::manifest::Calibration;

/// Estimates of a correction: curve, width, PLR, crest.
const ESTIMATES: usize = BANDS + 4 + 2;

/// The outputs for one example.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct NetworkOutput {
    /// Curve, width, PLR, crest; dB.
    pub(crate) correction: [f32; ESTIMATES],
    /// Natural logarithms of their variances, dB².
    pub(crate) log_variance: [f32; ESTIMATES],
    /// Before softmax.
    pub(crate) context: [f32; STYLES.len()],
    /// Energy, density.
    pub(crate) pattern: [f32; 2],
}

impl NetworkOutput {
    /// Names the outputs.
    ///
    /// # Errors
    /// If their number or their shapes are others.
    pub(crate) fn of(outputs: &Outputs) -> Result<Self, ModelError> {
        let mut output = Self::default();
        let slots = output.slots();
        if outputs.len() != slots.len() {
            let (found, wanted) = (outputs.len(), slots.len());
            return Err(ModelError::new(format!(
                "it has {found} outputs instead of {wanted}"
            )));
        }
        for (i, (slot, values)) in slots.into_iter().zip(outputs).enumerate() {
            if values.len() != slot.len() {
                let (found, wanted) = (values.len(), slot.len());
                return Err(ModelError::new(format!(
                    "output {i} has {found} values instead of {wanted}"
                )));
            }
            slot.copy_from_slice(values);
        }
        Ok(output)
    }

    fn slots(&mut self) -> [&mut [f32]; 4] {
        [
            &mut self.correction,
            &mut self.log_variance,
            &mut self.context,
            &mut self.pattern,
        ]
    }

    pub(crate) fn values(&self) -> impl Iterator<Item = f32> {
        let corrections = self.correction.iter().chain(&self.log_variance);
        corrections
            .chain(&self.context)
            .chain(&self.pattern)
            .copied()
    }

    /// The mean of all outputs, with the logarithms of variances averaged as such: one uncertain part then doesn't outweigh
    /// the others. None without outputs, or if a value isn't finite.
    pub(crate) fn mean(outputs: &[Self]) -> Option<Self> {
        let share = 1.0 / narrow(flow_dsp::math::count(outputs.len()));
        let mut mean = Self::default();
        for output in outputs {
            let mut output = output.clone();
            for (sum, more) in mean.slots().into_iter().zip(output.slots()) {
                sum.iter_mut().zip(more).for_each(|(s, m)| *s += share * *m);
            }
        }
        (!outputs.is_empty() && mean.values().all(f32::is_finite)).then_some(mean)
    }

    /// The calibrated prediction.
    pub(crate) fn prediction(&self, calibration: Calibration) -> Prediction {
        let factor = |i: usize| {
            if i < BANDS {
                calibration.shrinkage
            } else {
                calibration.others
            }
        };
        let estimate = |i: usize| Estimate {
            mean: factor(i) * self.correction[i],
            sd: calibration.spread
                * narrow(exp(0.5 * f64::from(self.log_variance[i]).clamp(-10.0, 10.0))),
        };
        let highest = self.context.iter().copied().fold(f32::MIN, f32::max);
        let likelihoods = self.context.map(|x| narrow(exp(f64::from(x - highest))));
        let sum: f32 = likelihoods.iter().sum();
        let [energy, density] = self.pattern.map(|x| x.clamp(0.0, 1.0));
        Prediction {
            correction: Correction {
                curve: centered(std::array::from_fn(estimate)),
                width: std::array::from_fn(|i| estimate(BANDS + i)),
                plr: estimate(BANDS + 4),
                crest: estimate(BANDS + 5),
            },
            style: likelihoods.map(|l| l / sum),
            activity: Activity { energy, density },
        }
    }
}

impl Default for NetworkOutput {
    fn default() -> Self {
        Self {
            correction: [0.0; ESTIMATES],
            log_variance: [0.0; ESTIMATES],
            context: [0.0; STYLES.len()],
            pattern: [0.0; 2],
        }
    }
}
