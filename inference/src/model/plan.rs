//! The compiled network: the steps that all executors know, and their weights.
//!
//! Values are matrices of channels × frames, one for each example. The training recipe writes a plan beside the ONNX file
//! (`models/train/plan_file.py`): its structure as JSON, its weights as little-endian numbers in the order of the steps.

mod graph;
mod validate;
mod weights;

use crate::error::ModelError;

#[cfg(all(test, feature = "tract"))]
pub(crate) use graph::PLAN_VERSION;
pub(crate) use graph::{
    Convolution, Int8Weight, Normalization, Op, Operand, Plan, Scale, Shape, Step, ValueId, Weight,
};

impl Plan {
    /// Reads a plan's structure and weights.
    ///
    /// # Errors
    /// Damaged, truncated, oversized or inconsistent files, and those of another version, in one line.
    pub(crate) fn load(structure: &[u8], weights: &[u8]) -> Result<Self, ModelError> {
        let mut plan: Self = serde_json::from_slice(structure)
            .map_err(|e| ModelError::new(format!("its plan can't be read: {e}")))?;
        plan.validate()?;
        plan.read_weights(weights)?;
        Ok(plan)
    }
}
