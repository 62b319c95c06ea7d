//! The network that Flow ships, in f32 and in INT8.

pub(crate) const MANIFEST: &str = include_str!("../../../models/flow.json");
pub(crate) const ONNX: &[u8] = include_bytes!("../../../models/flow.onnx");
pub(crate) const INT8_MANIFEST: &str = include_str!("../../../models/flow-int8.json");
pub(crate) const INT8_ONNX: &[u8] = include_bytes!("../../../models/flow-int8.onnx");
