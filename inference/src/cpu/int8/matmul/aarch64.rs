//! The kernel with Arm's dot products of four bytes (FEAT_DotProd). Untested on hardware.

use std::arch::aarch64::{
    int32x4_t, vaddq_f32, vcvtq_f32_s32, vdupq_n_f32, vdupq_n_s32, vld1q_s32, vmulq_f32, vst1q_f32,
};
use std::arch::asm;

use super::kernel::kernel;

/// Adds the dot products of four times four signed bytes. The intrinsic `vdotq_s32` isn't stable in all supported
/// toolchains.
#[inline]
#[target_feature(enable = "neon,dotprod")]
fn dot(mut sum: int32x4_t, x: int32x4_t, w: int32x4_t) -> int32x4_t {
    // SAFETY: the instruction reads and writes these registers only, and the caller has the feature.
    unsafe {
        asm!(
            "sdot {sum:v}.4s, {x:v}.16b, {w:v}.16b",
            sum = inout(vreg) sum,
            x = in(vreg) x,
            w = in(vreg) w,
            options(pure, nomem, nostack, preserves_flags),
        );
    }
    sum
}

kernel!(
    dot_product,
    "neon,dotprod",
    4,
    int32x4_t,
    vdupq_n_s32,
    vld1q_s32,
    |sum, x, w| dot(sum, x, w),
    vcvtq_f32_s32,
    vdupq_n_f32,
    vmulq_f32,
    vaddq_f32,
    vst1q_f32
);
