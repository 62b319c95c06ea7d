//! The file of weights: for each convolution its weights, the scales of their rows if they are integers, and its bias.

use super::graph::{Int8Weight, Op, Plan, Shape, Weight};
use crate::error::ModelError;

impl Plan {
    /// Fills in the weights of a valid structure. Integers that multiply an f32 operand become f32: they only make the
    /// file smaller.
    pub(super) fn read_weights(&mut self, mut bytes: &[u8]) -> Result<(), ModelError> {
        let Self { shapes, steps, .. } = self;
        for step in steps {
            let Op::Conv(convolution) = &mut step.op else {
                continue;
            };
            let operand = step.operands[0];
            let Shape { channels, .. } = shapes[operand.value];
            let rows = shapes[step.output].channels;
            let per_row = convolution.kernel * if convolution.depthwise { 1 } else { channels };
            let weight = match convolution.weight {
                Weight::F32(_) => Weight::F32(take_floats(&mut bytes, rows * per_row)?),
                Weight::Int8(..) => {
                    let values = take(&mut bytes, rows * per_row)?;
                    let values: Vec<i8> = values.iter().map(|b| b.cast_signed()).collect();
                    let scales = take_floats(&mut bytes, rows)?;
                    if operand.quantized {
                        Weight::Int8(Int8Weight { values, scales })
                    } else {
                        let values = values.chunks_exact(per_row).zip(scales);
                        let real = values.flat_map(|(row, scale)| {
                            row.iter().map(move |w| f32::from(*w) * scale)
                        });
                        Weight::F32(real.collect())
                    }
                }
            };
            convolution.weight = weight;
            convolution.bias = take_floats(&mut bytes, rows)?;
        }
        if bytes.is_empty() {
            Ok(())
        } else {
            let count = bytes.len();
            Err(ModelError::new(format!(
                "its weights have {count} bytes too many"
            )))
        }
    }
}

fn take<'a>(bytes: &mut &'a [u8], count: usize) -> Result<&'a [u8], ModelError> {
    let (taken, rest) = bytes
        .split_at_checked(count)
        .ok_or_else(|| ModelError::new("its weights are cut short"))?;
    *bytes = rest;
    Ok(taken)
}

/// Finite numbers.
fn take_floats(bytes: &mut &[u8], count: usize) -> Result<Vec<f32>, ModelError> {
    let (words, _) = take(bytes, 4 * count)?.as_chunks::<4>();
    let values: Vec<f32> = words.iter().map(|word| f32::from_le_bytes(*word)).collect();
    if values.iter().all(|x| x.is_finite()) {
        Ok(values)
    } else {
        Err(ModelError::new("its weights aren't finite"))
    }
}
