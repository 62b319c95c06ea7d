//! All instruction sets against the portable one.

use super::*;

/// Numbers that look random.
fn numbers(count: usize, seed: u32) -> Vec<i8> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0].cast_signed()
    };
    (0..count).map(|_| next()).collect()
}

#[test]
fn all_instruction_sets_give_the_same_bits() {
    for (rows, depth, frames, zero) in [
        (128, 512, 64, -20),
        (8, 128, 64, 127),
        (5, 7, 37, -128),
        (256, 384, 1, 3),
        (1, 1, 16, 0),
        (130, 129, 65, -1),
    ] {
        let weight = numbers(rows * depth, 1);
        let x = numbers(depth * frames, 2);
        let factors: Vec<f32> = (0..rows).map(|o| 1e-3 + 1e-5 * narrow(o)).collect();
        let bias: Vec<f32> = (0..rows).map(|o| narrow(o) - 3.0).collect();
        let run = |level| {
            let mut out = vec![f32::NAN; rows * frames];
            Product::new(&weight, factors.clone(), &bias, level).run(&x, frames, zero, &mut out);
            out
        };
        let expected = run(Level::Portable);
        // By the definition.
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
        for level in Level::all() {
            assert_eq!(
                run(level),
                expected,
                "{}: {rows} × {depth} × {frames}",
                level.name()
            );
        }
    }
}

/// What AVX-VNNI does, by the same instruction in the coding of AVX-512, where there is only that.
#[cfg(target_arch = "x86_64")]
#[test]
fn products_of_eight_lanes_give_the_same_bits() {
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
        let product = |level| Product::new(&weight, vec![0.01; rows], &vec![0.5; rows], level);
        let mut expected = vec![0.0; rows * frames];
        product(Level::Portable).run(&x, frames, zero, &mut expected);
        let mut product = product(Level::AvxVnni);
        pack_quads(&x, frames, POSITIVE, &mut product.packed);
        let mut found = vec![0.0; rows * frames];
        // SAFETY: this processor has the features.
        let done = unsafe { eight_lanes(&product, frames, i32::from(zero) + 128, &mut found) };
        assert_eq!(done, frames - frames % 16);
        product.portable(&x, frames, done, zero, &mut found);
        assert_eq!(found, expected, "{rows} × {depth} × {frames}");
    }
}

fn narrow(n: usize) -> f32 {
    flow_dsp::math::narrow(flow_dsp::math::count(n))
}
