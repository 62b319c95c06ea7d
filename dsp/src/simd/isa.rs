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

use crate::{
    block::processor::Processor,
    block::quantum::{Lane, Quantum},
    filter::fir,
};

/// An instruction-set level, as a type.
pub trait Isa: Copy {
    /// `a · b + c`, fused where the hardware fuses.
    fn mul_add(a: f32, b: f32, c: f32) -> f32;
    /// `a · b + c` in double precision, fused where the hardware fuses.
    fn mul_add_f64(a: f64, b: f64, c: f64) -> f64;

    /// Eight numbers side by side, for kernels that the compiler doesn't vectorise well by itself.
    type Eight: Copy;
    /// Eight times the same number.
    fn splat(x: f32) -> Self::Eight;
    /// The first eight numbers.
    fn load(from: &[f32]) -> Self::Eight;
    /// Into the first eight places.
    fn store(eight: Self::Eight, to: &mut [f32]);
    /// `a · b + c`, fused where the hardware fuses.
    fn mul_add_eight(a: Self::Eight, b: Self::Eight, c: Self::Eight) -> Self::Eight;
    /// `a + b`
    fn add_eight(a: Self::Eight, b: Self::Eight) -> Self::Eight;

    /// [`crate::filter::fir::mirrored`] as a function of its own.
    fn mirrored(taps: &[f32], falling: [&[f32]; 2], rising: [&[f32]; 2]) -> [Lane; 2];

    /// Runs one stage over some quanta and shows it to `seen` after each of them. A function of its own that has the
    /// level's target features: in one function with all other stages, the compiler runs out of patience and leaves
    /// parts of them without.
    fn run<P: Processor>(
        stage: &mut P,
        settings: P::Settings,
        quanta: &mut [Quantum],
        seen: impl FnMut(&P),
    );
}

/// [`Isa::Eight`] of the levels that leave it to the compiler.
macro_rules! eight_as_array {
    () => {
        type Eight = [f32; 8];
        #[inline(always)]
        fn splat(x: f32) -> [f32; 8] {
            [x; 8]
        }
        #[inline(always)]
        fn load(from: &[f32]) -> [f32; 8] {
            let mut eight = [0.0; 8];
            eight.copy_from_slice(&from[..8]);
            eight
        }
        #[inline(always)]
        fn store(eight: [f32; 8], to: &mut [f32]) {
            to[..8].copy_from_slice(&eight);
        }
        #[inline(always)]
        fn mul_add_eight(a: [f32; 8], b: [f32; 8], c: [f32; 8]) -> [f32; 8] {
            crate::lanes!(i, 8 => Self::mul_add(a[i], b[i], c[i]))
        }
        #[inline(always)]
        fn add_eight(a: [f32; 8], b: [f32; 8]) -> [f32; 8] {
            crate::lanes!(i, 8 => a[i] + b[i])
        }
    };
}

/// Multiplication and addition round one after the other: x86-64 before v3.
#[derive(Clone, Copy, Debug)]
pub struct Separate;

/// Fused multiply-add: x86-64-v3 and AArch64.
#[derive(Clone, Copy, Debug)]
pub struct Fused;

/// What every CPU of the target has.
#[cfg(target_arch = "aarch64")]
pub type Baseline = Fused;
/// What every CPU of the target has.
#[cfg(not(target_arch = "aarch64"))]
pub type Baseline = Separate;

impl Isa for Separate {
    #[inline(always)]
    fn mul_add(a: f32, b: f32, c: f32) -> f32 {
        a * b + c
    }
    #[inline(always)]
    fn mul_add_f64(a: f64, b: f64, c: f64) -> f64 {
        a * b + c
    }
    eight_as_array!();
    #[inline(never)]
    fn mirrored(taps: &[f32], falling: [&[f32]; 2], rising: [&[f32]; 2]) -> [Lane; 2] {
        fir::mirrored::<Self>(taps, falling, rising)
    }
    #[inline(always)]
    fn run<P: Processor>(
        stage: &mut P,
        settings: P::Settings,
        quanta: &mut [Quantum],
        seen: impl FnMut(&P),
    ) {
        each::<Self, P>(stage, settings, quanta, seen);
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
    #[cfg(not(target_arch = "x86_64"))]
    eight_as_array!();
    #[cfg(target_arch = "x86_64")]
    avx2::eight_in_a_register!();
    #[inline(always)]
    fn mirrored(taps: &[f32], falling: [&[f32]; 2], rising: [&[f32]; 2]) -> [Lane; 2] {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: `Fused` is only ever used where the machine has these features.
        unsafe {
            avx2::mirrored(taps, falling, rising)
        }
        #[cfg(not(target_arch = "x86_64"))]
        fir::mirrored::<Self>(taps, falling, rising)
    }
    #[inline(always)]
    fn run<P: Processor>(
        stage: &mut P,
        settings: P::Settings,
        quanta: &mut [Quantum],
        seen: impl FnMut(&P),
    ) {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: `Fused` is only ever used where the machine has these features.
        unsafe {
            avx2::run(stage, settings, quanta, seen);
        }
        #[cfg(not(target_arch = "x86_64"))]
        each::<Self, P>(stage, settings, quanta, seen);
    }
}

/// [`Isa::run`], to be inlined where the target features are.
#[inline(always)]
fn each<I: Isa, P: Processor>(
    stage: &mut P,
    settings: P::Settings,
    quanta: &mut [Quantum],
    mut seen: impl FnMut(&P),
) {
    for quantum in quanta {
        stage.process::<I>(settings, quantum);
        seen(stage);
    }
}

/// One register of AVX2.
#[cfg(target_arch = "x86_64")]
mod avx2 {
    // SAFETY of all of it: `Fused` is only ever used where the machine has AVX2 and FMA, which `Level` has found out,
    // and slices are checked before they become pointers.
    macro_rules! eight_in_a_register {
        () => {
            type Eight = core::arch::x86_64::__m256;
            #[inline(always)]
            fn splat(x: f32) -> Self::Eight {
                // SAFETY: see `avx2`.
                unsafe { core::arch::x86_64::_mm256_set1_ps(x) }
            }
            #[inline(always)]
            fn load(from: &[f32]) -> Self::Eight {
                let from = &from[..8];
                // SAFETY: see `avx2`; eight numbers were just checked to be there.
                unsafe { core::arch::x86_64::_mm256_loadu_ps(from.as_ptr()) }
            }
            #[inline(always)]
            fn store(eight: Self::Eight, to: &mut [f32]) {
                let to = &mut to[..8];
                // SAFETY: see `avx2`; eight places were just checked to be there.
                unsafe { core::arch::x86_64::_mm256_storeu_ps(to.as_mut_ptr(), eight) }
            }
            #[inline(always)]
            fn mul_add_eight(a: Self::Eight, b: Self::Eight, c: Self::Eight) -> Self::Eight {
                // SAFETY: see `avx2`.
                unsafe { core::arch::x86_64::_mm256_fmadd_ps(a, b, c) }
            }
            #[inline(always)]
            fn add_eight(a: Self::Eight, b: Self::Eight) -> Self::Eight {
                // SAFETY: see `avx2`.
                unsafe { core::arch::x86_64::_mm256_add_ps(a, b) }
            }
        };
    }
    pub(super) use eight_in_a_register;

    use crate::{
        block::processor::Processor,
        block::quantum::{Lane, Quantum},
        filter::fir,
    };

    #[inline(never)]
    #[target_feature(enable = "avx2,fma,bmi1,bmi2")]
    pub(super) fn mirrored(taps: &[f32], falling: [&[f32]; 2], rising: [&[f32]; 2]) -> [Lane; 2] {
        fir::mirrored::<super::Fused>(taps, falling, rising)
    }

    #[inline(never)]
    #[target_feature(enable = "avx2,fma,bmi1,bmi2")]
    pub(super) fn run<P: Processor>(
        stage: &mut P,
        settings: P::Settings,
        quanta: &mut [Quantum],
        seen: impl FnMut(&P),
    ) {
        super::each::<super::Fused, P>(stage, settings, quanta, seen);
    }
}

/// A loop to this number stays a loop: the same few instructions again and again come from a cache of decoded ones, a
/// straight line of thousands doesn't, and waits for the decoder.
#[inline(always)]
pub(crate) fn rolled(count: usize) -> usize {
    core::hint::black_box(count)
}
