//! Which instructions the processor has.

/// Instruction sets that kernels are compiled for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
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
}

impl Level {
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
                    avx2 && has!("avx512f") && has!("avx512vnni"),
                ),
            ];
            levels.extend(
                found
                    .into_iter()
                    .filter_map(|(level, has)| has.then_some(level)),
            );
        }
        levels
    }

    /// The best that this machine has.
    pub(crate) fn best() -> Self {
        Self::all().pop().unwrap_or(Self::Portable)
    }

    /// The best that there are kernels of f32 for.
    #[cfg(all(feature = "gpu", feature = "tract"))]
    pub(crate) fn best_float() -> Self {
        #[cfg(target_arch = "x86_64")]
        return Self::Avx2.min(Self::best());
        #[cfg(not(target_arch = "x86_64"))]
        Self::Portable
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
        }
    }
}

/// Calls `kernel::<FUSED>(…)`, compiled for a level.
macro_rules! by_level {
    ($level:expr, $kernel:ident($($argument:expr),* $(,)?)) => {
        match $level {
            $crate::cpu::level::Level::Portable => $kernel::<false>($($argument),*),
            #[cfg(target_arch = "x86_64")]
            _ => {
                // A closure inherits the features of the function that it is in, so that the kernel is inlined with them.
                #[target_feature(enable = "avx2,fma")]
                fn with_features<R>(kernel: impl FnOnce() -> R) -> R {
                    kernel()
                }
                // SAFETY: this level is only chosen where the processor has been found to have these features.
                unsafe { with_features(|| $kernel::<true>($($argument),*)) }
            }
        }
    };
}
pub(crate) use by_level;
