//! Products of 8-bit matrices, summed in 32 bits, for several instruction sets.

use crate::cpu::level::{Level, by_level};

/// Weights, laid out for the instructions that there are.
pub(super) struct Product {
    level: Level,
    depth: usize,
    /// Row by row.
    weight: Vec<i8>,
    /// Row by row, two or four neighbours of the depth in each, zeros at its end.
    groups: Vec<i32>,
    /// Of each row.
    sums: Vec<i32>,
    /// What a sum is multiplied by, and what is added.
    outputs: Vec<(f32, f32)>,
    /// What goes in, laid out like the weights: [group][frame].
    packed: Vec<i32>,
}

/// From a sum to a real number: each operation rounded once, on all machines alike.
#[inline(always)]
pub(super) fn real(sum: i32, factor: f32, bias: f32) -> f32 {
    #[expect(
        clippy::cast_precision_loss,
        reason = "sums stay below 2^24 but for the largest of all layers"
    )]
    let sum = sum as f32;
    sum * factor + bias
}

impl Product {
    pub(super) fn new(weight: &[i8], factors: Vec<f32>, bias: &[f32], level: Level) -> Self {
        let depth = weight.len() / bias.len();
        let rows = weight.chunks_exact(depth);
        let groups = match level {
            Level::Portable => Vec::new(),
            #[cfg(target_arch = "x86_64")]
            Level::Avx2 => rows.clone().flat_map(pairs).collect(),
            #[cfg(target_arch = "x86_64")]
            Level::AvxVnni | Level::Avx512Vnni => rows.clone().flat_map(quads).collect(),
            #[cfg(target_arch = "aarch64")]
            Level::DotProduct => rows.clone().flat_map(quads).collect(),
        };
        let sums = rows
            .map(|row| row.iter().map(|w| i32::from(*w)).sum())
            .collect();
        Self {
            level,
            depth,
            weight: weight.to_vec(),
            groups,
            sums,
            outputs: factors.into_iter().zip(bias.iter().copied()).collect(),
            packed: Vec::new(),
        }
    }

    #[inline(always)]
    pub(super) fn weight(&self, index: usize) -> i8 {
        self.weight[index]
    }

    #[inline(always)]
    pub(super) fn output(&self, row: usize) -> (f32, f32) {
        self.outputs[row]
    }

    /// out[o][t] = bias[o] + factor[o] · Σ weight[o][k] · (x[k][t] − zero).
    pub(super) fn run(&mut self, x: &[i8], frames: usize, zero: i8, out: &mut [f32]) {
        if frames == 1 {
            return by_level!(self.level, one_frame(self, x, zero, out));
        }
        let done = match self.level {
            Level::Portable => 0,
            #[cfg(target_arch = "x86_64")]
            Level::Avx2 => {
                pack_pairs(x, frames, zero, &mut self.packed);
                // SAFETY: levels are only chosen where the processor has been found to have what they are named after.
                unsafe { x86::avx2(self, frames, 0, out) }
            }
            #[cfg(target_arch = "x86_64")]
            Level::AvxVnni => {
                pack_quads(x, frames, POSITIVE, &mut self.packed);
                // SAFETY: as above.
                unsafe { x86::avx_vnni(self, frames, i32::from(zero) + 128, out) }
            }
            #[cfg(target_arch = "x86_64")]
            Level::Avx512Vnni => {
                pack_quads(x, frames, POSITIVE, &mut self.packed);
                // SAFETY: as above.
                unsafe { x86::avx512_vnni(self, frames, i32::from(zero) + 128, out) }
            }
            #[cfg(target_arch = "aarch64")]
            Level::DotProduct => {
                pack_quads(x, frames, AS_THEY_ARE, &mut self.packed);
                // SAFETY: as above.
                unsafe { arm::dot_product(self, frames, i32::from(zero), out) }
            }
        };
        self.portable(x, frames, done, zero, out);
    }

    /// The frames from `done` on; what all others are held against.
    fn portable(&self, x: &[i8], frames: usize, done: usize, zero: i8, out: &mut [f32]) {
        if done == frames {
            return;
        }
        let mut sums = vec![0_i32; frames - done];
        let rows = self.weight.chunks_exact(self.depth);
        for (o, (row, out)) in rows.zip(out.chunks_exact_mut(frames)).enumerate() {
            sums.fill(-i32::from(zero) * self.sums[o]);
            for (w, x) in row.iter().zip(x.chunks_exact(frames)) {
                for (sum, x) in sums.iter_mut().zip(&x[done..]) {
                    *sum += i32::from(*w) * i32::from(*x);
                }
            }
            let (factor, bias) = self.outputs[o];
            for (out, sum) in out[done..].iter_mut().zip(&sums) {
                *out = real(*sum, factor, bias);
            }
        }
    }
}

#[inline(always)]
fn one_frame<const WIDTH: usize>(product: &Product, x: &[i8], zero: i8, out: &mut [f32]) {
    let rows = product.weight.chunks_exact(product.depth);
    for (o, (row, out)) in rows.zip(out).enumerate() {
        let products = row
            .iter()
            .zip(x)
            .map(|(w, x)| i32::from(i16::from(*w)) * i32::from(i16::from(*x)));
        let sum = products.sum::<i32>() - i32::from(zero) * product.sums[o];
        let (factor, bias) = product.outputs[o];
        *out = real(sum, factor, bias);
    }
}

/// Two neighbours as 16 bits each.
#[cfg(target_arch = "x86_64")]
fn pair(low: i16, high: i16) -> i32 {
    let ([a, b], [c, d]) = (low.to_le_bytes(), high.to_le_bytes());
    i32::from_le_bytes([a, b, c, d])
}

#[cfg(target_arch = "x86_64")]
fn pairs(row: &[i8]) -> impl Iterator<Item = i32> {
    let at = |w: &[i8], i: usize| w.get(i).copied().map_or(0, i16::from);
    row.chunks(2).map(move |w| pair(at(w, 0), at(w, 1)))
}

fn quads(row: &[i8]) -> impl Iterator<Item = i32> {
    let at = |w: &[i8], i: usize| w.get(i).copied().unwrap_or(0).to_le_bytes()[0];
    row.chunks(4)
        .map(move |w| i32::from_le_bytes([0, 1, 2, 3].map(|i| at(w, i))))
}

/// Two neighbours of the depth, the zero taken away. Where there is no second one, its weight is 0.
#[cfg(target_arch = "x86_64")]
fn pack_pairs(x: &[i8], frames: usize, zero: i8, into: &mut Vec<i32>) {
    into.clear();
    let zero = i16::from(zero);
    for rows in x.chunks(2 * frames) {
        let (low, high) = rows.split_at(frames);
        let high = high
            .iter()
            .map(|x| i16::from(*x))
            .chain(std::iter::repeat(zero));
        into.extend(
            low.iter()
                .zip(high)
                .map(|(low, high)| pair(i16::from(*low) - zero, high - zero)),
        );
    }
}

/// x86-64 multiplies positive bytes by signed ones: with the highest bits flipped, 128 is added to each.
#[cfg(target_arch = "x86_64")]
const POSITIVE: u32 = 0x8080_8080;

/// Arm multiplies signed ones.
#[cfg(target_arch = "aarch64")]
const AS_THEY_ARE: u32 = 0;

/// Four neighbours of the depth, some bits flipped. Where there are fewer, their weights are 0.
fn pack_quads(x: &[i8], frames: usize, flipped: u32, into: &mut Vec<i32>) {
    into.clear();
    let none = vec![0; frames];
    for rows in x.chunks(4 * frames) {
        let row = |k: usize| rows.get(k * frames..(k + 1) * frames).unwrap_or(&none);
        let [a, b, c, d] = [row(0), row(1), row(2), row(3)];
        let byte = |x: i8| u32::from(x.cast_unsigned());
        into.extend((0..frames).map(|t| {
            let quad = byte(a[t]) | byte(b[t]) << 8 | byte(c[t]) << 16 | byte(d[t]) << 24;
            (quad ^ flipped).cast_signed()
        }));
    }
}

#[cfg(target_arch = "aarch64")]
mod arm;
mod kernel;
#[cfg(target_arch = "x86_64")]
mod x86;

#[cfg(test)]
mod tests;
