//! The kernels with x86-64's dot products of two 16-bit integers or four bytes.

use std::arch::x86_64::{
    __m256i, __m512i, _mm256_add_epi32, _mm256_add_ps, _mm256_cvtepi32_ps, _mm256_dpbusd_avx_epi32,
    _mm256_loadu_si256, _mm256_madd_epi16, _mm256_mul_ps, _mm256_set1_epi32, _mm256_set1_ps,
    _mm256_storeu_ps, _mm512_add_ps, _mm512_cvtepi32_ps, _mm512_dpbusd_epi32, _mm512_loadu_si512,
    _mm512_mul_ps, _mm512_set1_epi32, _mm512_set1_ps, _mm512_storeu_ps,
};

use super::kernel::kernel;

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
    "avx2,avx512f,avx512bw,avx512vl,avx512vnni",
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
