//! The executors for the CPU.

mod activation;
mod cpu_name;
mod f32;
mod int8;
mod ops;
mod simd;

pub(crate) use cpu_name::cpu_name;
pub(crate) use f32::F32Executor;
pub(crate) use int8::Int8Executor;
pub(crate) use simd::SimdLevel;
