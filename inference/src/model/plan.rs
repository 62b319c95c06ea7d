//! The compiled network: the steps that all executors know, and their weights.
//!
//! Values are matrices of channels × frames, one for each example. `flow_trainer compile-plan` makes a plan from an ONNX
//! file: its structure as JSON, its weights beside it as little-endian numbers in the order of the steps.

mod graph;
mod validate;
mod weights;

use crate::error::ModelError;

pub use graph::{
    Convolution, Int8Weight, Op, Operand, PLAN_VERSION, Plan, Scale, Shape, Step, ValueId, Weight,
};

impl Plan {
    /// Reads a plan's structure and weights.
    ///
    /// # Errors
    /// Damaged, truncated, oversized or inconsistent files, and those of another version, in one line.
    pub fn load(structure: &[u8], weights: &[u8]) -> Result<Self, ModelError> {
        let mut plan: Self = serde_json::from_slice(structure)
            .map_err(|e| ModelError::new(format!("its plan can't be read: {e}")))?;
        plan.validate()?;
        plan.read_weights(weights)?;
        Ok(plan)
    }

    /// The two stored files, structure and weights.
    ///
    /// # Errors
    /// If no executor could run the plan.
    pub fn store(&self) -> Result<(Vec<u8>, Vec<u8>), ModelError> {
        self.validate()?;
        let mut structure = serde_json::to_vec_pretty(self)
            .map_err(|e| ModelError::new(format!("its plan can't be written: {e}")))?;
        structure.push(b'\n');
        let weights = self.weight_bytes();
        Self::load(&structure, &weights)?;
        Ok((structure, weights))
    }
}
