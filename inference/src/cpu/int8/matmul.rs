//! Products of 8-bit matrices with 32-bit sums, for several instruction sets.

use std::ops::Range;

use crate::cpu::simd::{SimdLevel, dispatch};
use packing::{along, group, groups, offset, pack};

pub(super) use packing::{BEYOND, Taps};

/// The weights of a layer, laid out for an instruction set.
pub(super) struct Product {
    simd: SimdLevel,
    depth: usize,
    /// Row by row.
    weight: Vec<i8>,
    /// The weights for the kernels, `at_once` rows in each block.
    blocks: Vec<Block>,
    at_once: usize,
    /// The sum of each row.
    sums: Vec<i32>,
    /// The factor and the bias of each row.
    outputs: Vec<(f32, f32)>,
    /// The input, laid out like the weights.
    packed: Vec<i32>,
}

/// Some rows, in groups of [`group`] neighbors.
struct Block {
    /// The groups with a weight other than 0. Layers of differences have few of those, most others no empty group.
    places: Vec<usize>,
    /// For each of them the groups of all rows, with zeros in place of missing rows.
    groups: Vec<i32>,
}

impl Block {
    fn new(simd: SimdLevel, rows: &[i8], depth: usize, at_once: usize) -> Self {
        let rows: Vec<_> = rows.chunks(depth).map(|row| groups(simd, row)).collect();
        let at = |row: usize, k: usize| rows.get(row).map_or(0, |row| row[k]);
        let has_weight = |k: &usize| rows.iter().any(|row| row[*k] != 0);
        let places: Vec<usize> = (0..rows[0].len()).filter(has_weight).collect();
        let groups = places
            .iter()
            .flat_map(|k| (0..at_once).map(|row| at(row, *k)));
        Self {
            groups: groups.collect(),
            places,
        }
    }
}

/// The input of the kernels.
struct PackedMatrix<'a> {
    /// Groups of neighbors. The group at `t` belongs to the frame `t`; groups at the end fill the last register.
    groups: &'a [i32],
    /// The distance from a group to the next one of the same frame.
    pitch: usize,
    frames: usize,
    /// The number that was added to each value.
    offset: i32,
}

/// A multiple of all kernels' widths.
const WIDEST: usize = 32;

/// Converts a sum to a real number. Two roundings, without fused multiply-add, give equal bits on all machines.
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
    /// Lays out weights with one row for each bias.
    pub(super) fn new(weight: &[i8], factors: Vec<f32>, bias: &[f32], simd: SimdLevel) -> Self {
        let depth = weight.len() / bias.len();
        // The sums fill the registers beside the operands, to hide the latency of the products.
        let at_once = if simd.has_many_registers() { 8 } else { 4 };
        let blocks = weight.chunks(at_once * depth);
        let blocks = blocks.map(|rows| Block::new(simd, rows, depth, at_once));
        let sums = weight
            .chunks_exact(depth)
            .map(|row| row.iter().map(|w| i32::from(*w)).sum())
            .collect();
        Self {
            simd,
            depth,
            weight: weight.to_vec(),
            blocks: blocks.collect(),
            at_once,
            sums,
            outputs: factors.into_iter().zip(bias.iter().copied()).collect(),
            packed: Vec::new(),
        }
    }

    /// out[o][t] = bias[o] + factor[o] · Σ weight[o][k] · (x[k][t] − zero).
    pub(super) fn run(&mut self, x: &[i8], frames: usize, zero: i8, out: &mut [f32]) {
        if frames == 1 {
            return dispatch!(self.simd, one_frame(self, x, zero, out));
        }
        if self.simd == SimdLevel::Portable {
            return self.portable(x, frames, zero, out);
        }
        let at_rest = Taps {
            len: frames,
            kernel: 1,
            stride: 1,
        };
        self.convolve(x, at_rest, frames, zero, out);
    }

    /// Whether [`convolve`](Self::convolve) supports a stride.
    pub(super) fn convolves(&self, stride: usize) -> bool {
        self.simd != SimdLevel::Portable && [1, 2, 4].contains(&stride)
    }

    /// The same without im2col: x[channel · kernel + tap][t] is the number `stride · t + tap` of a channel. Each channel ends
    /// with [`BEYOND`] unused numbers, unless kernel and stride are 1.
    pub(super) fn convolve(
        &mut self,
        x: &[i8],
        taps: Taps,
        frames: usize,
        zero: i8,
        out: &mut [f32],
    ) {
        let mut packed = std::mem::take(&mut self.packed);
        let pitch = frames.next_multiple_of(WIDEST);
        packed.clear();
        packed.resize(self.depth.div_ceil(group(self.simd)) * pitch, 0);
        dispatch!(
            self.simd,
            pack(self.simd, x, taps, frames, zero, &mut packed)
        );
        let matrix = PackedMatrix {
            groups: &packed,
            pitch,
            frames,
            offset: offset(self.simd, zero),
        };
        let rows = 0..self.outputs.len();
        match self.at_once {
            8 => self.multiply::<8>(rows, &matrix, out),
            _ => self.multiply::<4>(rows, &matrix, out),
        }
        self.packed = packed;
    }

    /// A depthwise convolution: out[c][t] = bias[c] + factor[c] · Σ weight[c][k] · (x[c][stride · t + k] − zero),
    /// where each channel ends with [`BEYOND`] unused numbers.
    pub(super) fn filter(
        &mut self,
        x: &[i8],
        Taps { len, stride, .. }: Taps,
        frames: usize,
        zero: i8,
        out: &mut [f32],
    ) {
        let group = group(self.simd);
        if !group.is_multiple_of(stride) || self.simd == SimdLevel::Portable {
            return dispatch!(
                self.simd,
                filter_plainly(self, x, len, (stride, frames), zero, out)
            );
        }
        let pitch = group / stride;
        let groups = self.depth.div_ceil(group);
        let count = frames.next_multiple_of(WIDEST) + pitch * (groups - 1);
        let mut packed = std::mem::take(&mut self.packed);
        let rows = x.chunks_exact(len).zip(out.chunks_exact_mut(frames));
        for (channel, (x, out)) in rows.enumerate() {
            packed.clear();
            packed.resize(count, 0);
            dispatch!(self.simd, along(self.simd, x, stride, zero, &mut packed));
            let matrix = PackedMatrix {
                groups: &packed,
                pitch,
                frames,
                offset: offset(self.simd, zero),
            };
            self.multiply::<1>(channel..channel + 1, &matrix, out);
        }
        self.packed = packed;
    }

    /// Multiplies some rows with the packed input, `ROWS` at once: one, or those of a block.
    fn multiply<const ROWS: usize>(
        &self,
        rows: Range<usize>,
        x: &PackedMatrix<'_>,
        out: &mut [f32],
    ) {
        match self.simd {
            SimdLevel::Portable => unreachable!("the portable level packs nothing"),
            #[cfg(target_arch = "x86_64")]
            // SAFETY: `SimdLevel::all` returns a level only if the processor has its features.
            SimdLevel::Avx2 => unsafe { x86_64::avx2::<ROWS>(self, rows, x, out) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: as above.
            SimdLevel::AvxVnni => unsafe { x86_64::avx_vnni::<ROWS>(self, rows, x, out) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: as above.
            SimdLevel::Avx512Vnni => unsafe { x86_64::avx512_vnni::<ROWS>(self, rows, x, out) },
            #[cfg(target_arch = "aarch64")]
            // SAFETY: as above.
            SimdLevel::DotProduct => unsafe { aarch64::dot_product::<ROWS>(self, rows, x, out) },
        }
    }

    /// The reference for all other levels.
    fn portable(&self, x: &[i8], frames: usize, zero: i8, out: &mut [f32]) {
        let mut sums = vec![0_i32; frames];
        let rows = self.weight.chunks_exact(self.depth);
        for (o, (row, out)) in rows.zip(out.chunks_exact_mut(frames)).enumerate() {
            sums.fill(-i32::from(zero) * self.sums[o]);
            for (w, x) in row.iter().zip(x.chunks_exact(frames)) {
                add(&mut sums, *w, x.iter());
            }
            self.finish(o, &sums, out);
        }
    }

    #[inline(always)]
    fn finish(&self, row: usize, sums: &[i32], out: &mut [f32]) {
        let (factor, bias) = self.outputs[row];
        for (out, sum) in out.iter_mut().zip(sums) {
            *out = real(*sum, factor, bias);
        }
    }
}

#[inline(always)]
fn add<'a>(sums: &mut [i32], w: i8, x: impl Iterator<Item = &'a i8>) {
    for (sum, x) in sums.iter_mut().zip(x) {
        // The compiler vectorizes 16-bit products on all processors.
        *sum += i32::from(i16::from(w)) * i32::from(i16::from(*x));
    }
}

#[inline(always)]
fn filter_plainly<const WIDTH: usize>(
    product: &Product,
    x: &[i8],
    len: usize,
    (stride, frames): (usize, usize),
    zero: i8,
    out: &mut [f32],
) {
    let mut sums = vec![0_i32; frames];
    let rows = x.chunks_exact(len).zip(out.chunks_exact_mut(frames));
    for ((channel, (x, out)), row) in rows
        .enumerate()
        .zip(product.weight.chunks_exact(product.depth))
    {
        sums.fill(-i32::from(zero) * product.sums[channel]);
        for (w, x) in row.iter().zip((0..).map(|tap| &x[tap..])) {
            add(&mut sums, *w, x.iter().step_by(stride));
        }
        product.finish(channel, &sums, out);
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

#[cfg(target_arch = "aarch64")]
mod aarch64;
mod kernel;
mod packing;
#[cfg(target_arch = "x86_64")]
mod x86_64;

#[cfg(test)]
mod tests;
