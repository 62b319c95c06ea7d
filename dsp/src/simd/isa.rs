//! Instruction sets as types. Kernels are generic over them, so the chain is compiled once for each.
//!
//! A kernel is a plain loop over arrays of [`QUANTUM`](crate::QUANTUM) lanes, generic over [`Isa`] and
//! `#[inline(always)]`. It takes on the target features of the function that it is inlined into: [`Isa::call`], or the
//! chain's own entry. Nothing below them dispatches.
//!
//! An instruction set gives the same bits in every run. Two of them differ by rounding alone, because only [`FusedMultiplyAdd`]
//! fuses multiplication and addition.
//!
//! x86-64-v4 (AVX-512) is left out on purpose. The same kernels took 1.3 to 1.7 times as long there as on v3: most of the
//! chain works on 16 lanes or fewer, which doesn't fill the registers, while the clock drops.

/// The arithmetic of an instruction set.
pub trait Isa: Copy {
    /// `a · b + c`, fused where the hardware fuses.
    fn mul_add(a: f32, b: f32, c: f32) -> f32;
    /// `a · b + c` in double precision, fused where the hardware fuses.
    fn mul_add_f64(a: f64, b: f64, c: f64) -> f64;

    /// Eight numbers side by side, for kernels that the compiler doesn't vectorize well by itself.
    type Eight: Copy;
    /// Eight times the same number.
    fn splat(x: f32) -> Self::Eight;
    /// Four times the first number, then four times the second one.
    fn splat_halves(first: f32, second: f32) -> Self::Eight;
    /// Four times the number `K` of each half: 0 to 3.
    fn splat_in_halves<const K: usize>(eight: Self::Eight) -> Self::Eight;
    /// Loads the first eight numbers.
    ///
    /// # Panics
    /// If there are fewer.
    fn load(from: &[f32]) -> Self::Eight;
    /// Stores into the first eight places.
    ///
    /// # Panics
    /// If there are fewer.
    fn store(eight: Self::Eight, to: &mut [f32]);
    /// `a · b + c`, fused where the hardware fuses.
    fn mul_add_eight(a: Self::Eight, b: Self::Eight, c: Self::Eight) -> Self::Eight;
    /// `a + b`
    fn add_eight(a: Self::Eight, b: Self::Eight) -> Self::Eight;
    /// `a − b`
    fn sub_eight(a: Self::Eight, b: Self::Eight) -> Self::Eight;
    /// `a · b`
    fn mul_eight(a: Self::Eight, b: Self::Eight) -> Self::Eight;
    /// The absolute values.
    fn abs_eight(a: Self::Eight) -> Self::Eight;
    /// The higher number of each pair, and `b` where one isn't a number.
    fn higher_eight(a: Self::Eight, b: Self::Eight) -> Self::Eight;
    /// The lower number of each pair, and `b` where one isn't a number.
    fn lower_eight(a: Self::Eight, b: Self::Eight) -> Self::Eight;
    /// The sum of all eight; the halves are added first.
    fn sum_of_eight(eight: Self::Eight) -> f32;
    /// The highest of all eight, none of which is NaN.
    fn highest_of_eight(eight: Self::Eight) -> f32;
    /// The eight numbers that end `LATE` before the end of `now`, which follows `before`: 1 to 7.
    fn late_eight<const LATE: usize>(before: Self::Eight, now: Self::Eight) -> Self::Eight;
    /// Zeros in place of numbers whose absolute values are below `least`.
    fn flush_eight(eight: Self::Eight, least: f32) -> Self::Eight;

    /// Runs a kernel in a function of its own that has the target features.
    ///
    /// In one function with all other stages, the compiler reaches its limits and leaves parts of them without the
    /// features.
    fn call<K: Kernel>(kernel: K) -> K::Output;
}

/// A computation that is compiled for each instruction set.
pub trait Kernel {
    /// The result of the computation.
    type Output;

    /// Computes the result. Implementations are `#[inline(always)]`.
    fn run<I: Isa>(self) -> Self::Output;
}

/// [`Isa::Eight`] as an array, which the compiler vectorizes.
macro_rules! eight_as_array {
    () => {
        type Eight = [f32; 8];
        #[inline(always)]
        fn splat(x: f32) -> [f32; 8] {
            [x; 8]
        }
        #[inline(always)]
        fn splat_halves(first: f32, second: f32) -> [f32; 8] {
            crate::lanes!(i, 8 => if i < 4 { first } else { second })
        }
        #[inline(always)]
        fn splat_in_halves<const K: usize>(eight: [f32; 8]) -> [f32; 8] {
            const { assert!(K < 4) };
            Self::splat_halves(eight[K], eight[4 + K])
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
        #[inline(always)]
        fn sub_eight(a: [f32; 8], b: [f32; 8]) -> [f32; 8] {
            crate::lanes!(i, 8 => a[i] - b[i])
        }
        #[inline(always)]
        fn mul_eight(a: [f32; 8], b: [f32; 8]) -> [f32; 8] {
            crate::lanes!(i, 8 => a[i] * b[i])
        }
        #[inline(always)]
        fn abs_eight(a: [f32; 8]) -> [f32; 8] {
            crate::lanes!(i, 8 => a[i].abs())
        }
        #[inline(always)]
        fn higher_eight(a: [f32; 8], b: [f32; 8]) -> [f32; 8] {
            crate::lanes!(i, 8 => if a[i] > b[i] { a[i] } else { b[i] })
        }
        #[inline(always)]
        fn lower_eight(a: [f32; 8], b: [f32; 8]) -> [f32; 8] {
            crate::lanes!(i, 8 => if a[i] < b[i] { a[i] } else { b[i] })
        }
        #[inline(always)]
        fn sum_of_eight(eight: [f32; 8]) -> f32 {
            let four = crate::lanes!(i, 4 => eight[i] + eight[i + 4]);
            (four[0] + four[1]) + (four[2] + four[3])
        }
        #[inline(always)]
        fn highest_of_eight(eight: [f32; 8]) -> f32 {
            let higher = |a: f32, b: f32| if a > b { a } else { b };
            let four = crate::lanes!(i, 4 => higher(eight[i], eight[i + 4]));
            higher(higher(four[0], four[1]), higher(four[2], four[3]))
        }
        #[inline(always)]
        fn late_eight<const LATE: usize>(before: [f32; 8], now: [f32; 8]) -> [f32; 8] {
            const { assert!(1 <= LATE && LATE <= 7) };
            crate::lanes!(i, 8 => if i < LATE { before[8 + i - LATE] } else { now[i - LATE] })
        }
        #[inline(always)]
        fn flush_eight(eight: [f32; 8], least: f32) -> [f32; 8] {
            crate::lanes!(i, 8 => if eight[i].abs() < least { 0.0 } else { eight[i] })
        }
    };
}

/// Multiplication and addition round one after the other: x86-64 before v3.
#[derive(Clone, Copy, Debug)]
pub struct Separate;

/// Fused multiply-add: x86-64-v3 and AArch64.
#[derive(Clone, Copy, Debug)]
pub struct FusedMultiplyAdd;

/// The instruction set that every CPU of the target has.
#[cfg(target_arch = "aarch64")]
pub type Baseline = FusedMultiplyAdd;
/// The instruction set that every CPU of the target has.
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
    fn call<K: Kernel>(kernel: K) -> K::Output {
        kernel.run::<Self>()
    }
}

impl Isa for FusedMultiplyAdd {
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
    fn call<K: Kernel>(kernel: K) -> K::Output {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: `FusedMultiplyAdd` is only used where `SimdLevel` has detected these features.
        unsafe {
            avx2::call(kernel)
        }
        #[cfg(not(target_arch = "x86_64"))]
        kernel.run::<Self>()
    }
}

/// [`Isa::Eight`] as one AVX2 register.
#[cfg(target_arch = "x86_64")]
mod avx2 {
    // SAFETY of all of it: `FusedMultiplyAdd` is only used where `SimdLevel` has detected AVX2 and FMA, and slices are checked before
    // they become pointers.
    macro_rules! eight_in_a_register {
        () => {
            type Eight = core::arch::x86_64::__m256;
            #[inline(always)]
            fn splat(x: f32) -> Self::Eight {
                // SAFETY: see `avx2`.
                unsafe { core::arch::x86_64::_mm256_set1_ps(x) }
            }
            #[inline(always)]
            fn splat_halves(first: f32, second: f32) -> Self::Eight {
                use core::arch::x86_64::{_mm_set1_ps, _mm256_set_m128};
                // SAFETY: see `avx2`.
                unsafe { _mm256_set_m128(_mm_set1_ps(second), _mm_set1_ps(first)) }
            }
            #[inline(always)]
            fn splat_in_halves<const K: usize>(eight: Self::Eight) -> Self::Eight {
                use core::arch::x86_64::_mm256_permute_ps;
                const { assert!(K < 4) };
                // SAFETY: see `avx2`.
                unsafe {
                    match K {
                        0 => _mm256_permute_ps::<0b00_00_00_00>(eight),
                        1 => _mm256_permute_ps::<0b01_01_01_01>(eight),
                        2 => _mm256_permute_ps::<0b10_10_10_10>(eight),
                        _ => _mm256_permute_ps::<0b11_11_11_11>(eight),
                    }
                }
            }
            #[inline(always)]
            fn load(from: &[f32]) -> Self::Eight {
                let from = &from[..8];
                // SAFETY: see `avx2`; the slice has eight numbers.
                unsafe { core::arch::x86_64::_mm256_loadu_ps(from.as_ptr()) }
            }
            #[inline(always)]
            fn store(eight: Self::Eight, to: &mut [f32]) {
                let to = &mut to[..8];
                // SAFETY: see `avx2`; the slice has eight places.
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
            #[inline(always)]
            fn sub_eight(a: Self::Eight, b: Self::Eight) -> Self::Eight {
                // SAFETY: see `avx2`.
                unsafe { core::arch::x86_64::_mm256_sub_ps(a, b) }
            }
            #[inline(always)]
            fn mul_eight(a: Self::Eight, b: Self::Eight) -> Self::Eight {
                // SAFETY: see `avx2`.
                unsafe { core::arch::x86_64::_mm256_mul_ps(a, b) }
            }
            #[inline(always)]
            fn abs_eight(a: Self::Eight) -> Self::Eight {
                use core::arch::x86_64::{_mm256_andnot_ps, _mm256_set1_ps};
                // SAFETY: see `avx2`.
                unsafe { _mm256_andnot_ps(_mm256_set1_ps(-0.0), a) }
            }
            #[inline(always)]
            fn higher_eight(a: Self::Eight, b: Self::Eight) -> Self::Eight {
                // SAFETY: see `avx2`.
                unsafe { core::arch::x86_64::_mm256_max_ps(a, b) }
            }
            #[inline(always)]
            fn lower_eight(a: Self::Eight, b: Self::Eight) -> Self::Eight {
                // SAFETY: see `avx2`.
                unsafe { core::arch::x86_64::_mm256_min_ps(a, b) }
            }
            #[inline(always)]
            fn sum_of_eight(eight: Self::Eight) -> f32 {
                use core::arch::x86_64::{
                    _mm_add_ps, _mm_add_ss, _mm_cvtss_f32, _mm_movehdup_ps, _mm_movehl_ps,
                    _mm256_castps256_ps128, _mm256_extractf128_ps,
                };
                // SAFETY: see `avx2`.
                unsafe {
                    let (first, second) = (
                        _mm256_castps256_ps128(eight),
                        _mm256_extractf128_ps::<1>(eight),
                    );
                    let four = _mm_add_ps(first, second);
                    let pairs = _mm_add_ps(four, _mm_movehdup_ps(four));
                    _mm_cvtss_f32(_mm_add_ss(pairs, _mm_movehl_ps(pairs, pairs)))
                }
            }
            #[inline(always)]
            fn highest_of_eight(eight: Self::Eight) -> f32 {
                use core::arch::x86_64::{
                    _mm_cvtss_f32, _mm_max_ps, _mm_max_ss, _mm_movehdup_ps, _mm_movehl_ps,
                    _mm256_castps256_ps128, _mm256_extractf128_ps,
                };
                // SAFETY: see `avx2`.
                unsafe {
                    let (first, second) = (
                        _mm256_castps256_ps128(eight),
                        _mm256_extractf128_ps::<1>(eight),
                    );
                    let four = _mm_max_ps(first, second);
                    let pairs = _mm_max_ps(four, _mm_movehdup_ps(four));
                    _mm_cvtss_f32(_mm_max_ss(pairs, _mm_movehl_ps(pairs, pairs)))
                }
            }
            #[inline(always)]
            fn late_eight<const LATE: usize>(before: Self::Eight, now: Self::Eight) -> Self::Eight {
                use core::arch::x86_64::{
                    _mm256_alignr_epi8, _mm256_castps_si256, _mm256_castsi256_ps,
                    _mm256_permute2x128_si256,
                };
                const { assert!(1 <= LATE && LATE <= 7) };
                // SAFETY: see `avx2`.
                unsafe {
                    let (before, now) = (_mm256_castps_si256(before), _mm256_castps_si256(now));
                    // The second half of `before` and the first half of `now`.
                    let between = _mm256_permute2x128_si256::<0x21>(before, now);
                    _mm256_castsi256_ps(match LATE {
                        1 => _mm256_alignr_epi8::<12>(now, between),
                        2 => _mm256_alignr_epi8::<8>(now, between),
                        3 => _mm256_alignr_epi8::<4>(now, between),
                        4 => between,
                        5 => _mm256_alignr_epi8::<12>(between, before),
                        6 => _mm256_alignr_epi8::<8>(between, before),
                        _ => _mm256_alignr_epi8::<4>(between, before),
                    })
                }
            }
            #[inline(always)]
            fn flush_eight(eight: Self::Eight, least: f32) -> Self::Eight {
                use core::arch::x86_64::{
                    _CMP_LT_OQ, _mm256_andnot_ps, _mm256_cmp_ps, _mm256_set1_ps,
                };
                // SAFETY: see `avx2`.
                unsafe {
                    let sizes = _mm256_andnot_ps(_mm256_set1_ps(-0.0), eight);
                    let is_small = _mm256_cmp_ps::<_CMP_LT_OQ>(sizes, _mm256_set1_ps(least));
                    _mm256_andnot_ps(is_small, eight)
                }
            }
        };
    }
    pub(super) use eight_in_a_register;

    #[inline(never)]
    #[target_feature(enable = "avx2,fma,bmi1,bmi2")]
    pub(super) fn call<K: super::Kernel>(kernel: K) -> K::Output {
        kernel.run::<super::FusedMultiplyAdd>()
    }
}

/// Hides a loop's constant length from the compiler, so that the loop isn't unrolled.
///
/// A few instructions that repeat come from the cache of decoded ones; a straight line of thousands waits for the
/// decoder.
#[inline(always)]
pub(crate) fn rolled(count: usize) -> usize {
    core::hint::black_box(count)
}
