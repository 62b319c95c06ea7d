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

fn narrow(n: usize) -> f32 {
    flow_dsp::math::narrow(flow_dsp::math::count(n))
}
