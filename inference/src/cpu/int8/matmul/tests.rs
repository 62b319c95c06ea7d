//! All instruction sets against the portable one.

use super::*;

/// Pseudorandom numbers.
fn numbers(count: usize, seed: u32) -> Vec<i8> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0].cast_signed()
    };
    (0..count).map(|_| next()).collect()
}

#[test]
fn matmul_on_all_instruction_sets_gives_equal_bits() {
    // One of `rare` weights is other than 0.
    for (rows, depth, frames, zero, rare) in [
        (128, 512, 64, -20, 1),
        (8, 128, 64, 127, 1),
        (5, 7, 37, -128, 1),
        (256, 384, 1, 3, 1),
        (1, 1, 16, 0, 1),
        (130, 129, 65, -1, 1),
        (37, 129, 65, 9, 150),
        (20, 64, 33, -7, 2000),
    ] {
        let mut weight = numbers(rows * depth, 1);
        for (i, weight) in weight.iter_mut().enumerate() {
            if i % rare != 0 {
                *weight = 0;
            }
        }
        let x = numbers(depth * frames, 2);
        let factors: Vec<f32> = (0..rows).map(|o| 1e-3 + 1e-5 * narrow(o)).collect();
        let bias: Vec<f32> = (0..rows).map(|o| narrow(o) - 3.0).collect();
        let run = |simd| {
            let mut out = vec![f32::NAN; rows * frames];
            Product::new(&weight, factors.clone(), &bias, simd).run(&x, frames, zero, &mut out);
            out
        };
        let expected = run(SimdLevel::Portable);
        // The exact sums, by definition.
        let exact = |o: usize, t: usize| {
            let product = |k: usize| {
                i64::from(weight[o * depth + k]) * (i64::from(x[k * frames + t]) - i64::from(zero))
            };
            (0..depth).map(product).sum::<i64>()
        };
        for (o, t) in [(0, 0), (rows - 1, frames - 1), (rows / 2, frames / 2)] {
            let sum = i32::try_from(exact(o, t)).unwrap();
            assert_eq!(expected[o * frames + t], real(sum, factors[o], bias[o]));
        }
        for simd in SimdLevel::all() {
            assert_eq!(
                run(simd),
                expected,
                "{}: {rows} × {depth} × {frames}",
                simd.name()
            );
        }
    }
}

/// AVX-VNNI has the instructions of AVX-512 VNNI in another encoding, so that most machines can test its layout.
#[cfg(target_arch = "x86_64")]
#[test]
fn matmul_with_avx_vnni_layout_gives_equal_bits() {
    use std::arch::x86_64::{
        __m256i, _mm256_add_ps, _mm256_cvtepi32_ps, _mm256_dpbusd_epi32, _mm256_loadu_si256,
        _mm256_mul_ps, _mm256_set1_epi32, _mm256_set1_ps, _mm256_storeu_ps,
    };
    super::kernel::kernel!(
        eight_lanes,
        "avx2,avx512vnni,avx512vl",
        8,
        __m256i,
        _mm256_set1_epi32,
        _mm256_loadu_si256,
        |sum, x, w| _mm256_dpbusd_epi32(sum, x, w),
        _mm256_cvtepi32_ps,
        _mm256_set1_ps,
        _mm256_mul_ps,
        _mm256_add_ps,
        _mm256_storeu_ps
    );
    if !(is_x86_feature_detected!("avx512vnni") && is_x86_feature_detected!("avx512vl")) {
        println!("this processor has no such instruction");
        return;
    }
    for (rows, depth, frames, zero) in [(128, 512, 64, -20), (5, 7, 37, -128), (130, 129, 65, 127)]
    {
        let weight = numbers(rows * depth, 1);
        let x = numbers(depth * frames, 2);
        let product = |simd| Product::new(&weight, vec![0.01; rows], &vec![0.5; rows], simd);
        let mut expected = vec![0.0; rows * frames];
        product(SimdLevel::Portable).run(&x, frames, zero, &mut expected);
        let product = product(SimdLevel::AvxVnni);
        let pitch = frames.next_multiple_of(WIDEST);
        let mut packed = vec![0; depth.div_ceil(4) * pitch];
        let taps = Taps {
            len: frames,
            kernel: 1,
            stride: 1,
        };
        packing::pack::<0>(SimdLevel::AvxVnni, &x, taps, frames, zero, &mut packed);
        let matrix = PackedMatrix {
            groups: &packed,
            pitch,
            frames,
            offset: offset(SimdLevel::AvxVnni, zero),
        };
        let mut found = vec![0.0; rows * frames];
        // SAFETY: this processor has the features.
        unsafe { eight_lanes::<4>(&product, 0..rows, &matrix, &mut found) };
        assert_eq!(found, expected, "{rows} × {depth} × {frames}");
    }
}

#[test]
fn depthwise_on_all_instruction_sets_gives_equal_bits() {
    for (channels, kernel, stride, frames, zero) in [
        (128, 31, 2, 113, -20),
        (16, 5, 2, 126, 127),
        (8, 5, 1, 64, -128),
        (3, 4, 4, 33, 0),
        (2, 7, 3, 19, 5),
        (2, 1, 1, 1, 5),
        (1, 64, 2, 2, -1),
    ] {
        let len = stride * (frames - 1) + kernel + BEYOND;
        let (weight, x) = (numbers(channels * kernel, 3), numbers(channels * len, 4));
        let factors: Vec<f32> = (0..channels).map(|o| 1e-3 + 1e-5 * narrow(o)).collect();
        let bias = vec![0.25; channels];
        let mut expected = Vec::new();
        for c in 0..channels {
            for t in 0..frames {
                let product = |k: usize| {
                    let x = i32::from(x[c * len + stride * t + k]);
                    i32::from(weight[c * kernel + k]) * (x - i32::from(zero))
                };
                expected.push(real((0..kernel).map(product).sum(), factors[c], bias[c]));
            }
        }
        for simd in SimdLevel::all() {
            let mut out = vec![f32::NAN; channels * frames];
            let mut product = Product::new(&weight, factors.clone(), &bias, simd);
            let taps = Taps {
                len,
                kernel,
                stride,
            };
            product.filter(&x, taps, frames, zero, &mut out);
            assert_eq!(out, expected, "{}: {kernel} by {stride}", simd.name());
        }
    }
}

fn narrow(n: usize) -> f32 {
    flow_dsp::math::narrow(flow_dsp::math::count(n))
}
