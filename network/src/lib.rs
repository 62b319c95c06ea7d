//! Flow's network: from log-mel spectra to what is wrong, what kind of music it is, and how it moves.
//!
//! Its file and how it was made are in `models/`. tract runs it.

mod manifest;

use std::fmt;
use std::panic::catch_unwind;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tract_onnx::prelude::{
    DatumExt, Framework, InferenceModelExt, IntoRunnable, IntoTValue, Tensor, TractResult,
    TypedRunnableModel, tvec,
};

use flow_inference::correction::{BANDS, Correction, Estimate, centred};
use flow_inference::features::{MEL_BANDS, MEL_FRAMES, MEL_VALUES, Window};

pub use manifest::{CONTEXTS, Calibration, Manifest};

/// The network that Flow ships.
const MANIFEST: &str = include_str!("../../models/flow.json");
const ONNX: &[u8] = include_bytes!("../../models/flow.onnx");

/// Estimates of a correction: curve, width, PLR, crest.
const ESTIMATES: usize = BANDS + 4 + 2;

/// Why a network can't be used, in one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelError(String);

impl ModelError {
    fn new(what: impl Into<String>) -> Self {
        Self(what.into())
    }

    /// The first line of an error of tract's; its chain of causes is for developers.
    fn of(error: &impl fmt::Display) -> Self {
        Self(error.to_string().lines().next().unwrap_or("").to_owned())
    }
}

impl fmt::Display for ModelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the network can't be used: {}", self.0)
    }
}

impl std::error::Error for ModelError {}

/// How music moves, 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pattern {
    /// Little (0) to much (1) of it is as loud as its loudest moments.
    pub energy: f32,
    /// None (0) to ten or more (1) onsets a second.
    pub density: f32,
}

/// What a network says of a window.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Opinion {
    /// What is wrong.
    pub correction: Correction,
    /// Probabilities of [`CONTEXTS`]; they add up to 1.
    pub context: [f32; CONTEXTS.len()],
    /// How it moves.
    pub pattern: Pattern,
}

/// A network, ready to run.
pub struct Network {
    plan: Arc<TypedRunnableModel>,
    manifest: Manifest,
    mel: Box<[f32; MEL_VALUES]>,
}

impl Network {
    /// The one that Flow ships.
    ///
    /// # Errors
    /// As for [`load`](Self::load); a test makes sure that there are none.
    pub fn shipped() -> Result<Self, ModelError> {
        Self::load(MANIFEST, ONNX)
    }

    /// Reads a network's file and holds it against its manifest.
    ///
    /// # Errors
    /// Files that are damaged, or of another version than this one of Flow.
    pub fn load(manifest: &str, onnx: &[u8]) -> Result<Self, ModelError> {
        let manifest = Manifest::check(manifest, onnx)?;
        let plan = match catch_unwind(|| plan(onnx)) {
            Ok(plan) => plan.map_err(|e| ModelError::of(&e))?,
            // tract asserts what it takes for granted of a file.
            Err(_) => return Err(ModelError::new("its file isn't in order")),
        };
        let network = Self {
            plan,
            manifest,
            mel: Box::new([0.0; MEL_VALUES]),
        };
        // Whatever the file says of itself: this is what comes out.
        network.run()?;
        Ok(network)
    }

    /// What it is.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Its opinion of a window: the mean over as many parts of it, of [`MEL_FRAMES`] each, as cover it. None while there
    /// are too few frames, or if what comes out is no number.
    pub fn listen(&mut self, window: &Window) -> Option<Opinion> {
        let mut sum = Answer::default();
        let starts = window.mel_starts();
        for start in &starts {
            window.write_mel(*start, &mut self.mel);
            let answer = self.run().ok()?;
            let share = 1.0 / flow_dsp::math::narrow(flow_dsp::math::count(starts.len()));
            sum.add(&answer, share);
        }
        let finite = sum.values().all(f32::is_finite);
        (finite && !starts.is_empty()).then(|| sum.opinion(self.manifest.calibration))
    }

    fn run(&self) -> Result<Answer, ModelError> {
        let shape = [1, 2, MEL_FRAMES, MEL_BANDS];
        let outputs = Tensor::from_shape(&shape, &self.mel[..])
            .and_then(|input| self.plan.run(tvec!(input.into_tvalue())))
            .map_err(|e| ModelError::of(&e))?;
        let mut answer = Answer::default();
        let slots: [&mut [f32]; 4] = [
            &mut answer.correction,
            &mut answer.log_variance,
            &mut answer.context,
            &mut answer.pattern,
        ];
        if outputs.len() != slots.len() {
            let found = outputs.len();
            return Err(ModelError::new(format!(
                "it has {found} outputs instead of 4"
            )));
        }
        for (i, (slot, output)) in slots.into_iter().zip(&outputs).enumerate() {
            let view = output
                .to_plain_array_view::<f32>()
                .map_err(|e| ModelError::of(&e))?;
            if view.len() != slot.len() {
                let (found, wanted) = (view.len(), slot.len());
                return Err(ModelError::new(format!(
                    "output {i} has {found} values instead of {wanted}"
                )));
            }
            slot.iter_mut()
                .zip(view.iter())
                .for_each(|(slot, value)| *slot = *value);
        }
        Ok(answer)
    }
}

impl fmt::Debug for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Network")
            .field("manifest", &self.manifest)
            .finish_non_exhaustive()
    }
}

fn plan(mut onnx: &[u8]) -> TractResult<Arc<TypedRunnableModel>> {
    let shape = [1, 2, MEL_FRAMES, MEL_BANDS];
    tract_onnx::onnx()
        .model_for_read(&mut onnx)?
        .with_input_fact(0, f32::fact(shape).into())?
        .into_optimized()?
        .into_runnable()
}

/// What comes out of it.
struct Answer {
    /// Curve, width, PLR, crest; dB.
    correction: [f32; ESTIMATES],
    /// Natural logarithms of their variances, dB².
    log_variance: [f32; ESTIMATES],
    /// Before softmax.
    context: [f32; CONTEXTS.len()],
    /// Energy, density.
    pattern: [f32; 2],
}

impl Default for Answer {
    fn default() -> Self {
        Self {
            correction: [0.0; ESTIMATES],
            log_variance: [0.0; ESTIMATES],
            context: [0.0; CONTEXTS.len()],
            pattern: [0.0; 2],
        }
    }
}

impl Answer {
    fn values(&self) -> impl Iterator<Item = f32> {
        let corrections = self.correction.iter().chain(&self.log_variance);
        corrections
            .chain(&self.context)
            .chain(&self.pattern)
            .copied()
    }

    /// Logarithms of variances are averaged, not variances: one part that nobody can judge says nothing of the others.
    fn add(&mut self, other: &Self, share: f32) {
        let add = |sum: &mut [f32], more: &[f32]| {
            sum.iter_mut().zip(more).for_each(|(s, m)| *s += share * m);
        };
        add(&mut self.correction, &other.correction);
        add(&mut self.log_variance, &other.log_variance);
        add(&mut self.context, &other.context);
        add(&mut self.pattern, &other.pattern);
    }

    fn opinion(&self, calibration: Calibration) -> Opinion {
        let estimate = |i: usize| Estimate {
            mean: calibration.shrinkage * self.correction[i],
            sd: calibration.spread
                * flow_dsp::math::narrow(flow_dsp::math::exp(
                    0.5 * f64::from(self.log_variance[i]).clamp(-10.0, 10.0),
                )),
        };
        let highest = self.context.iter().copied().fold(f32::MIN, f32::max);
        let likelihoods = self
            .context
            .map(|x| flow_dsp::math::narrow(flow_dsp::math::exp(f64::from(x - highest))));
        let sum: f32 = likelihoods.iter().sum();
        let [energy, density] = self.pattern.map(|x| x.clamp(0.0, 1.0));
        Opinion {
            correction: Correction {
                curve: centred(std::array::from_fn(estimate)),
                width: std::array::from_fn(|i| estimate(BANDS + i)),
                plr: estimate(BANDS + 4),
                crest: estimate(BANDS + 5),
            },
            context: likelihoods.map(|l| l / sum),
            pattern: Pattern { energy, density },
        }
    }
}

#[cfg(test)]
mod tests;
