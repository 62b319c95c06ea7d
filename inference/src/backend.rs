//! The ways to run the network, how fast each is, and which of them is used.

pub(crate) mod factory;
pub(crate) mod gpu_adapter;
pub(crate) mod gpu_probe;
pub(crate) mod result_cache;
pub(crate) mod selector;
pub(crate) mod timing;
pub(crate) mod timing_cache;
pub(crate) mod worker_executor;

use serde::{Deserialize, Serialize};

/// A way to run the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Backend {
    /// tract on the CPU: the oracle of tests and benchmarks.
    Tract,
    /// Flow's own f32 kernels on the CPU.
    #[serde(rename = "float")]
    F32,
    /// Flow's own INT8 kernels on the CPU.
    #[serde(rename = "integer")]
    Int8,
    /// Flow's own compute kernels through wgpu.
    Gpu,
}

impl Backend {
    /// The name in the window, in logs and in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Tract => "tract",
            Self::F32 => "f32",
            Self::Int8 => "int8",
            Self::Gpu => "wgpu",
        }
    }
}
