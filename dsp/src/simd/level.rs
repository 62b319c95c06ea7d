//! The instruction-set levels that the chain is compiled for, and their detection at run time.

/// An instruction-set level of the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SimdLevel {
    /// The target's baseline (x86-64: SSE2; AArch64: NEON).
    Baseline,
    /// x86-64-v3: AVX2 and FMA.
    #[cfg(target_arch = "x86_64")]
    V3,
}

impl SimdLevel {
    /// The name of the instruction set.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Baseline => "SSE2",
            #[cfg(target_arch = "x86_64")]
            Self::V3 => "AVX2",
            #[cfg(target_arch = "aarch64")]
            Self::Baseline => "NEON",
            #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
            Self::Baseline => "scalar",
        }
    }

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
