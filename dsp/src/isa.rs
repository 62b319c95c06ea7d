//! Instruction-set selection: the chain is compiled once for each level, and the level is chosen once at run time.
//!
//! Kernels are written as plain loops over arrays of [`QUANTUM`](crate::QUANTUM) lanes, generic over [`Isa`] and
//! `#[inline(always)]`, so that they take on the target features of the function that they are inlined into.
//! That function is the chain's, one for each level: nothing below it dispatches.
//!
//! Each level gives the same bits in every run. Levels differ from each other by rounding alone, because only the
//! upper ones fuse multiplication and addition.
//!
//! x86-64-v4 is left out on purpose: the same kernels took 1.3 to 1.7 times as long there as on v3, because most of
//! the chain works on 16 lanes or fewer and doesn't fill the registers, while the clock drops.

/// An instruction-set level, as a type.
pub trait Isa: Copy {
    /// `a · b + c`, fused where the hardware fuses.
    fn mul_add(a: f32, b: f32, c: f32) -> f32;
    /// `a · b + c` in double precision, fused where the hardware fuses.
    fn mul_add_f64(a: f64, b: f64, c: f64) -> f64;
}

/// Multiplication and addition round one after the other: x86-64 before v3.
#[derive(Clone, Copy, Debug)]
pub struct Separate;

/// Fused multiply-add: x86-64-v3 and AArch64.
#[derive(Clone, Copy, Debug)]
pub struct Fused;

/// What every CPU of the target has.
#[cfg(target_arch = "aarch64")]
pub type Native = Fused;
/// What every CPU of the target has.
#[cfg(not(target_arch = "aarch64"))]
pub type Native = Separate;

impl Isa for Separate {
    #[inline(always)]
    fn mul_add(a: f32, b: f32, c: f32) -> f32 {
        a * b + c
    }
    #[inline(always)]
    fn mul_add_f64(a: f64, b: f64, c: f64) -> f64 {
        a * b + c
    }
}

impl Isa for Fused {
    #[inline(always)]
    fn mul_add(a: f32, b: f32, c: f32) -> f32 {
        a.mul_add(b, c)
    }
    #[inline(always)]
    fn mul_add_f64(a: f64, b: f64, c: f64) -> f64 {
        a.mul_add(b, c)
    }
}

/// The levels that the chain is compiled for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// The target's baseline (x86-64: SSE2; AArch64: NEON).
    Baseline,
    /// x86-64-v3: AVX2 and FMA.
    #[cfg(target_arch = "x86_64")]
    V3,
}

impl Level {
    /// The highest level of this machine.
    #[must_use]
    pub fn detect() -> Self {
        *Self::available().last().unwrap_or(&Self::Baseline)
    }

    /// All levels that this machine can run, lowest first.
    #[must_use]
    pub fn available() -> &'static [Self] {
        #[cfg(target_arch = "x86_64")]
        {
            if is_x86_feature_detected!("avx2")
                && is_x86_feature_detected!("fma")
                && is_x86_feature_detected!("bmi1")
                && is_x86_feature_detected!("bmi2")
            {
                return &[Self::Baseline, Self::V3];
            }
        }
        &[Self::Baseline]
    }
}
