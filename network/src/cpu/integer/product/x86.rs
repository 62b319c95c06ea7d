//! Products by x86-64's instructions for pairs and quads of small numbers.

use std::arch::x86_64::{
    __m256i, __m512i, _mm256_add_epi32, _mm256_add_ps, _mm256_cvtepi32_ps, _mm256_dpbusd_avx_epi32,
    _mm256_loadu_si256, _mm256_madd_epi16, _mm256_mul_ps, _mm256_set1_epi32, _mm256_set1_ps,
    _mm256_storeu_ps, _mm512_add_ps, _mm512_cvtepi32_ps, _mm512_dpbusd_epi32, _mm512_loadu_si512,
    _mm512_mul_ps, _mm512_set1_epi32, _mm512_set1_ps, _mm512_storeu_ps,
};

use super::Product;

/// A function that computes all rows of as many frames as fill whole registers, and says how many these are.
///
/// `offset` is what the zero contributes for each unit of the weights' sum.
macro_rules! kernel {
    ($name:ident, $features:literal, $lanes:literal, $vector:ty, $splat:ident, $load:ident, $dot:expr, $real:ident, $splat_real:ident,
     $multiply:ident, $add:ident, $store:ident) => {
        #[target_feature(enable = $features)]
        pub(super) fn $name(
            product: &Product,
            frames: usize,
            offset: i32,
            out: &mut [f32],
        ) -> usize {
            const LANES: usize = $lanes;
            // Eight sums in registers at once.
            const ROWS: usize = 4;
            const VECTORS: usize = 2;
            const WIDTH: usize = LANES * VECTORS;
            let groups = product.packed.len() / frames;
            let whole = frames - frames % WIDTH;
            let dot = $dot;
            let rows = product.outputs.len();
            for t in (0..whole).step_by(WIDTH) {
                for first in (0..rows).step_by(ROWS) {
                    // The last rows are done twice where there aren't enough.
                    let row = |r: usize| (first + r).min(rows - 1);
                    let start = |r: usize| $splat(-offset * product.sums[row(r)]);
                    let mut sums: [[$vector; VECTORS]; ROWS] =
                        std::array::from_fn(|r| [start(r); VECTORS]);
                    let weights: [&[i32]; ROWS] =
                        std::array::from_fn(|r| &product.groups[row(r) * groups..][..groups]);
                    for k in 0..groups {
                        let x = &product.packed[k * frames + t..][..WIDTH];
                        // SAFETY: `x` holds two vectors; unaligned loads are allowed.
                        let x: [$vector; VECTORS] = unsafe {
                            [$load(x.as_ptr().cast()), $load(x[LANES..].as_ptr().cast())]
                        };
                        for r in 0..ROWS {
                            let w = $splat(weights[r][k]);
                            for v in 0..VECTORS {
                                sums[r][v] = dot(sums[r][v], x[v], w);
                            }
                        }
                    }
                    for r in 0..ROWS {
                        let (factor, bias) = product.outputs[row(r)];
                        for v in 0..VECTORS {
                            let real = $add(
                                $multiply($real(sums[r][v]), $splat_real(factor)),
                                $splat_real(bias),
                            );
                            let to = &mut out[row(r) * frames + t + v * LANES..][..LANES];
                            // SAFETY: `to` holds one vector; unaligned stores are allowed.
                            unsafe { $store(to.as_mut_ptr(), real) };
                        }
                    }
                }
            }
            whole
        }
    };
}

kernel!(
    avx2,
    "avx2",
    8,
    __m256i,
    _mm256_set1_epi32,
    _mm256_loadu_si256,
    |sum, x, w| _mm256_add_epi32(sum, _mm256_madd_epi16(x, w)),
    _mm256_cvtepi32_ps,
    _mm256_set1_ps,
    _mm256_mul_ps,
    _mm256_add_ps,
    _mm256_storeu_ps
);

kernel!(
    avx_vnni,
    "avx2,avxvnni",
    8,
    __m256i,
    _mm256_set1_epi32,
    _mm256_loadu_si256,
    |sum, x, w| _mm256_dpbusd_avx_epi32(sum, x, w),
    _mm256_cvtepi32_ps,
    _mm256_set1_ps,
    _mm256_mul_ps,
    _mm256_add_ps,
    _mm256_storeu_ps
);

kernel!(
    avx512_vnni,
    "avx2,avx512f,avx512vnni",
    16,
    __m512i,
    _mm512_set1_epi32,
    _mm512_loadu_si512,
    |sum, x, w| _mm512_dpbusd_epi32(sum, x, w),
    _mm512_cvtepi32_ps,
    _mm512_set1_ps,
    _mm512_mul_ps,
    _mm512_add_ps,
    _mm512_storeu_ps
);
