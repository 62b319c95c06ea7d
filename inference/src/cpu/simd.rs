//! The instruction sets of the processor.

/// An instruction set that kernels are compiled for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum SimdLevel {
    /// The baseline of the architecture.
    Portable,
    /// AVX2 with fused multiply-add.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// AVX2 with dot products of four bytes.
    #[cfg(target_arch = "x86_64")]
    AvxVnni,
    /// AVX-512 with dot products of four bytes.
    #[cfg(target_arch = "x86_64")]
    Avx512Vnni,
    /// NEON with dot products of four bytes.
    #[cfg(target_arch = "aarch64")]
    DotProduct,
}

impl SimdLevel {
    /// All levels of this machine, the best last.
    pub(crate) fn all() -> Vec<Self> {
        let mut levels = vec![Self::Portable];
        #[cfg(target_arch = "x86_64")]
        {
            use std::arch::is_x86_feature_detected as has;
            let avx2 = has!("avx2") && has!("fma");
            let found = [
                (Self::Avx2, avx2),
                (Self::AvxVnni, avx2 && has!("avxvnni")),
                (
                    Self::Avx512Vnni,
                    // The f32 kernels use the first four features, the INT8 kernels all.
                    avx2 && has!("avx512f")
                        && has!("avx512bw")
                        && has!("avx512dq")
                        && has!("avx512vl")
                        && has!("avx512vnni"),
                ),
            ];
            levels.extend(
                found
                    .into_iter()
                    .filter_map(|(level, has)| has.then_some(level)),
            );
        }
        #[cfg(target_arch = "aarch64")]
        if std::arch::is_aarch64_feature_detected!("dotprod") {
            levels.push(Self::DotProduct);
        }
        levels
    }

    /// The best level of this machine.
    pub(crate) fn best() -> Self {
        Self::all().pop().unwrap_or(Self::Portable)
    }

    /// Whether there are 32 vector registers instead of 16.
    pub(crate) fn has_many_registers(self) -> bool {
        match self {
            Self::Portable => false,
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 | Self::AvxVnni => false,
            #[cfg(target_arch = "x86_64")]
            Self::Avx512Vnni => true,
            #[cfg(target_arch = "aarch64")]
            Self::DotProduct => true,
        }
    }

    /// The name in logs, reports and the timing cache.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Portable => "portable",
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => "AVX2",
            #[cfg(target_arch = "x86_64")]
            Self::AvxVnni => "AVX-VNNI",
            #[cfg(target_arch = "x86_64")]
            Self::Avx512Vnni => "AVX-512 VNNI",
            #[cfg(target_arch = "aarch64")]
            Self::DotProduct => "dot product",
        }
    }
}

/// Calls `kernel::<WIDTH>(…)`, compiled for a level. `WIDTH` is the number of floats in a register, with fused
/// multiply-add; it is 0 for the portable level, without.
macro_rules! dispatch {
    ($simd:expr, $kernel:ident($($argument:expr),* $(,)?)) => {
        match $simd {
            $crate::cpu::simd::SimdLevel::Portable => $kernel::<0>($($argument),*),
            #[cfg(target_arch = "x86_64")]
            $crate::cpu::simd::SimdLevel::Avx2 | $crate::cpu::simd::SimdLevel::AvxVnni => {
                // The kernel is inlined into this function, and so compiled with its features.
                #[target_feature(enable = "avx2,fma")]
                fn with_features<R>(kernel: impl FnOnce() -> R) -> R {
                    kernel()
                }
                // SAFETY: `SimdLevel::all` returns this level only if the processor has these features.
                unsafe { with_features(|| $kernel::<8>($($argument),*)) }
            }
            #[cfg(target_arch = "x86_64")]
            $crate::cpu::simd::SimdLevel::Avx512Vnni => {
                #[target_feature(enable = "avx2,fma,avx512f,avx512bw,avx512dq,avx512vl")]
                fn with_features<R>(kernel: impl FnOnce() -> R) -> R {
                    kernel()
                }
                // SAFETY: as above.
                unsafe { with_features(|| $kernel::<16>($($argument),*)) }
            }
            // All aarch64 processors have registers of four floats and fused multiply-add.
            #[cfg(target_arch = "aarch64")]
            $crate::cpu::simd::SimdLevel::DotProduct => $kernel::<4>($($argument),*),
        }
    };
}
pub(crate) use dispatch;
