//! Products of 8-bit matrices, summed in 32 bits, for several instruction sets.

use std::ops::Range;

use crate::cpu::simd::{SimdLevel, dispatch};
use packing::{along, group, groups, offset, pack};

pub(super) use packing::{BEYOND, Taps};

/// Weights, laid out for the instructions that there are.
pub(super) struct Product {
    simd: SimdLevel,
    depth: usize,
    /// Row by row.
    weight: Vec<i8>,
    /// Those that kernels multiply, so many rows at once.
    blocks: Vec<Block>,
    at_once: usize,
    /// Of each row.
    sums: Vec<i32>,
    /// What a sum is multiplied by, and what is added.
    outputs: Vec<(f32, f32)>,
    /// What goes in, laid out like the weights.
    packed: Vec<i32>,
}

/// Some rows, in groups of neighbours as [`group`] says.
struct Block {
    /// Which groups have a weight: where all are zeros, nothing is added, and most layers have none of those. A layer of
    /// differences has hardly anything else.
    places: Vec<usize>,
    /// For each of these the groups of all rows, zeros where there are too few rows.
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

/// What kernels multiply.
struct Packed<'a> {
    /// Groups of neighbours, of which the one at `t` belongs to the frame `t`, with as many more at their end as fill
    /// a kernel's registers.
    groups: &'a [i32],
    /// From a group to the next one of the same frame.
    pitch: usize,
    frames: usize,
    /// What is in them besides the numbers themselves.
    offset: i32,
}

/// Whole registers of all kernels.
const WIDEST: usize = 32;

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
    /// Of rows of as many weights as there are for each bias.
    pub(super) fn new(weight: &[i8], factors: Vec<f32>, bias: &[f32], simd: SimdLevel) -> Self {
        let depth = weight.len() / bias.len();
        // As many sums as there are registers for, beside what is multiplied: each product waits for the one before it.
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

    /// Whether it knows better than to multiply a matrix of columns.
    pub(super) fn convolves(&self, stride: usize) -> bool {
        self.simd != SimdLevel::Portable && [1, 2, 4].contains(&stride)
    }

    /// The same of what each tap sees: x[channel · kernel + tap][t] is the number `stride · t + tap` of a channel, each of
    /// which has [`BEYOND`] for nothing at its end unless kernel and stride are 1.
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
        let what = Packed {
            groups: &packed,
            pitch,
            frames,
            offset: offset(self.simd, zero),
        };
        let rows = 0..self.outputs.len();
        match self.at_once {
            8 => self.multiply::<8>(rows, &what, out),
            _ => self.multiply::<4>(rows, &what, out),
        }
        self.packed = packed;
    }

    /// A filter for each channel by itself: out[c][t] = bias[c] + factor[c] · Σ weight[c][k] · (x[c][stride · t + k] − zero),
    /// where [`BEYOND`] of the numbers of each channel are for nothing.
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
            let what = Packed {
                groups: &packed,
                pitch,
                frames,
                offset: offset(self.simd, zero),
            };
            self.multiply::<1>(channel..channel + 1, &what, out);
        }
        self.packed = packed;
    }

    /// Rows, some of them at once, with what is packed: one, or as many as a block has.
    fn multiply<const ROWS: usize>(&self, rows: Range<usize>, x: &Packed<'_>, out: &mut [f32]) {
        match self.simd {
            SimdLevel::Portable => unreachable!("nothing is packed for it"),
            #[cfg(target_arch = "x86_64")]
            // SAFETY: levels are only chosen where the processor has been found to have what they are named after.
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

    /// What all others are held against.
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
        // Products of sixteen bits are what every processor has instructions for.
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
