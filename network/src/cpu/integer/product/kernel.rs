//! The shape of all products: only the instructions differ.

/// A function that computes all rows of as many frames as fill whole registers, and says how many these are.
///
/// `offset` is what the zero contributes for each unit of the weights' sum.
macro_rules! kernel {
    ($name:ident, $features:literal, $lanes:literal, $vector:ty, $splat:ident, $load:ident, $dot:expr, $real:ident, $splat_real:ident,
     $multiply:ident, $add:ident, $store:ident) => {
        #[target_feature(enable = $features)]
        pub(super) fn $name(
            product: &$crate::cpu::integer::product::Product,
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
pub(super) use kernel;
