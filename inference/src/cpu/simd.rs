//! Which instructions the processor has.

/// Instruction sets that kernels are compiled for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum SimdLevel {
    /// What every processor of the kind has.
    Portable,
    /// AVX2 with fused multiply-add.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// That, and products of four bytes at once.
    #[cfg(target_arch = "x86_64")]
    AvxVnni,
    /// The same for twice as many.
    #[cfg(target_arch = "x86_64")]
    Avx512Vnni,
    /// Arm's products of four bytes at once.
    #[cfg(target_arch = "aarch64")]
    DotProduct,
}

impl SimdLevel {
    /// All that this machine has, the best last.
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
                    // All that have one have the others.
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

    /// The best that this machine has.
    pub(crate) fn best() -> Self {
        Self::all().pop().unwrap_or(Self::Portable)
    }

    /// Whether there are 32 of the largest registers, instead of 16.
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

    /// For people.
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

/// Calls `kernel::<WIDTH>(…)`, compiled for a level: how many floats a register holds, with fused multiply-add; 0 where it
/// is for any processor, without.
macro_rules! dispatch {
    ($level:expr, $kernel:ident($($argument:expr),* $(,)?)) => {
        match $level {
            $crate::cpu::simd::SimdLevel::Portable => $kernel::<0>($($argument),*),
            #[cfg(target_arch = "x86_64")]
            $crate::cpu::simd::SimdLevel::Avx2 | $crate::cpu::simd::SimdLevel::AvxVnni => {
                // A closure inherits the features of the function that it is in, so that the kernel is inlined with them.
                #[target_feature(enable = "avx2,fma")]
                fn with_features<R>(kernel: impl FnOnce() -> R) -> R {
                    kernel()
                }
                // SAFETY: this level is only chosen where the processor has been found to have these features.
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
            // Every such processor has registers of four and fused multiply-add.
            #[cfg(target_arch = "aarch64")]
            $crate::cpu::simd::SimdLevel::DotProduct => $kernel::<4>($($argument),*),
        }
    };
}
pub(crate) use dispatch;
