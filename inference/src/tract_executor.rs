//! The network through tract: the oracle of the parity tests.

use std::fmt;
use std::panic::catch_unwind;
use std::sync::Arc;

use tract_onnx::prelude::{
    DatumExt, Framework, InferenceModelExt, IntoRunnable, IntoTValue, Tensor, TractResult,
    TypedRunnableModel, tvec,
};

use crate::error::ModelError;
use crate::executor::{Executor, Outputs};
use flow_analysis::features::{MEL_BANDS, MEL_FRAMES, MEL_VALUES};

/// Runs an ONNX file, one example at a time.
pub(crate) struct TractExecutor {
    plan: Arc<TypedRunnableModel>,
}

impl TractExecutor {
    pub(crate) fn new(onnx: &[u8]) -> Result<Self, ModelError> {
        Self::up_to(onnx, &[])
    }

    /// Runs the file up to some of its values, which become the outputs.
    pub(crate) fn up_to(onnx: &[u8], values: &[&str]) -> Result<Self, ModelError> {
        match catch_unwind(|| plan(onnx, values)) {
            Ok(plan) => plan.map(|plan| Self { plan }).map_err(|e| first_line(&e)),
            // tract asserts some properties of a file.
            Err(_) => Err(ModelError::new("its file isn't in order")),
        }
    }
}

impl Executor for TractExecutor {
    fn run(&mut self, mel: &[f32]) -> Result<Vec<Outputs>, ModelError> {
        let outputs_of = |mel: &[f32]| {
            let outputs = Tensor::from_shape(&[1, 2, MEL_FRAMES, MEL_BANDS], mel)
                .and_then(|input| self.plan.run(tvec!(input.into_tvalue())))
                .map_err(|e| first_line(&e))?;
            let views = outputs.iter().map(|output| {
                let view = output.to_plain_array_view::<f32>();
                view.map_err(|e| first_line(&e))
                    .map(|view| view.iter().copied().collect())
            });
            views.collect()
        };
        mel.chunks_exact(MEL_VALUES).map(outputs_of).collect()
    }
}

/// The first line of tract's error; the others are its chain of causes.
fn first_line(error: &impl fmt::Display) -> ModelError {
    ModelError::new(error.to_string().lines().next().unwrap_or(""))
}

fn plan(mut onnx: &[u8], values: &[&str]) -> TractResult<Arc<TypedRunnableModel>> {
    let shape = [1, 2, MEL_FRAMES, MEL_BANDS];
    let model = tract_onnx::onnx().model_for_read(&mut onnx)?;
    let model = match values {
        [] => model,
        values => model.with_outputs_by_name(values)?,
    };
    model
        .with_input_fact(0, f32::fact(shape).into())?
        .into_optimized()?
        .into_runnable()
}
