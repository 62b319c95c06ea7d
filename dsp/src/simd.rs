//! Instruction sets: the arithmetic that kernels are generic over, and the level that is chosen at run time.

pub mod isa;
pub(crate) mod lanes;
pub mod level;
