//! The network that Flow ships, in f32 and in INT8.

use super::files::ModelFiles;

pub(crate) const F32: ModelFiles<'_> = ModelFiles {
    manifest: include_str!("../../../models/flow.json"),
    plan: include_bytes!("../../../models/flow.plan.json"),
    weights: include_bytes!("../../../models/flow.weights.bin"),
};

pub(crate) const INT8: ModelFiles<'_> = ModelFiles {
    manifest: include_str!("../../../models/flow-int8.json"),
    plan: include_bytes!("../../../models/flow-int8.plan.json"),
    weights: include_bytes!("../../../models/flow-int8.weights.bin"),
};

/// The exchange files that both plans are compiled from: only tract reads them.
#[cfg(all(feature = "tract", any(feature = "gpu", test)))]
pub(crate) const ONNX: &[u8] = include_bytes!("../../../models/flow.onnx");
#[cfg(all(feature = "tract", any(feature = "gpu", test)))]
pub(crate) const INT8_ONNX: &[u8] = include_bytes!("../../../models/flow-int8.onnx");
