//! The loop of all kernels; only the instructions differ.

/// Defines a function that multiplies rows, `ROWS` at a time, with the packed input.
macro_rules! kernel {
    ($name:ident, $features:literal, $lanes:literal, $vector:ty, $splat:ident, $load:ident, $dot:expr, $real:ident, $splat_real:ident,
     $multiply:ident, $add:ident, $store:ident) => {
        #[target_feature(enable = $features)]
        pub(super) fn $name<const ROWS: usize>(
            product: &$crate::cpu::int8::matmul::Product,
            rows: std::ops::Range<usize>,
            x: &$crate::cpu::int8::matmul::PackedMatrix<'_>,
            out: &mut [f32],
        ) {
            const LANES: usize = $lanes;
            const VECTORS: usize = 2;
            const WIDTH: usize = LANES * VECTORS;
            let dot = $dot;
            for t in (0..x.frames).step_by(WIDTH) {
                for first in rows.clone().step_by(ROWS) {
                    let inside = (rows.end - first).min(ROWS);
                    let row = |r: usize| first + r.min(inside - 1);
                    let start = |r: usize| $splat(-x.offset * product.sums[row(r)]);
                    let mut sums: [[$vector; VECTORS]; ROWS] =
                        std::array::from_fn(|r| [start(r); VECTORS]);
                    let block = &product.blocks[first / product.at_once];
                    let skipped = first % product.at_once;
                    let weights = block.groups.chunks_exact(product.at_once);
                    for (k, weights) in block.places.iter().zip(weights) {
                        let weights = &weights[skipped..][..ROWS];
                        let here = &x.groups[k * x.pitch + t..][..WIDTH];
                        // SAFETY: `here` holds two vectors; unaligned loads are allowed.
                        let here: [$vector; VECTORS] = unsafe {
                            [
                                $load(here.as_ptr().cast()),
                                $load(here[LANES..].as_ptr().cast()),
                            ]
                        };
                        for r in 0..ROWS {
                            let w = $splat(weights[r]);
                            for v in 0..VECTORS {
                                sums[r][v] = dot(sums[r][v], here[v], w);
                            }
                        }
                    }
                    // The constant bound keeps the sums in registers.
                    for r in 0..ROWS {
                        if r == inside {
                            break;
                        }
                        let (factor, bias) = product.outputs[first + r];
                        let out = &mut out[(first + r - rows.start) * x.frames..][..x.frames];
                        for v in 0..VECTORS {
                            let real = $add(
                                $multiply($real(sums[r][v]), $splat_real(factor)),
                                $splat_real(bias),
                            );
                            let Some(out) = out.get_mut(t + v * LANES..) else {
                                break;
                            };
                            let mut whole = [0.0_f32; LANES];
                            let wanted = out.len().min(LANES);
                            let to = if wanted == LANES {
                                &mut out[..LANES]
                            } else {
                                &mut whole
                            };
                            // SAFETY: `to` holds one vector; unaligned stores are allowed.
                            unsafe { $store(to.as_mut_ptr(), real) };
                            if wanted < LANES {
                                out.copy_from_slice(&whole[..wanted]);
                            }
                        }
                    }
                }
            }
        }
    };
}
pub(super) use kernel;
