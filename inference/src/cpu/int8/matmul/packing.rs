//! How numbers lie, so that an instruction finds those that it multiplies side by side.

use crate::cpu::simd::SimdLevel;

/// Numbers beyond the last that taps see, which are read and count for nothing.
pub(in crate::cpu::int8) const BEYOND: usize = 3;

/// What the taps of a convolution see of rows of `len` numbers.
#[derive(Clone, Copy, Debug)]
pub(in crate::cpu::int8) struct Taps {
    pub(in crate::cpu::int8) len: usize,
    pub(in crate::cpu::int8) kernel: usize,
    pub(in crate::cpu::int8) stride: usize,
}

/// Neighbours that an instruction multiplies at once.
pub(super) fn group(simd: SimdLevel) -> usize {
    match simd {
        SimdLevel::Portable => 1,
        #[cfg(target_arch = "x86_64")]
        SimdLevel::Avx2 => 2,
        #[cfg(target_arch = "x86_64")]
        SimdLevel::AvxVnni | SimdLevel::Avx512Vnni => 4,
        #[cfg(target_arch = "aarch64")]
        SimdLevel::DotProduct => 4,
    }
}

/// What packed numbers have in them: pairs are of what differs from the zero; x86-64 multiplies positive bytes by signed
/// ones, so that 128 is added to each; Arm multiplies signed ones.
pub(super) fn offset(simd: SimdLevel, zero: i8) -> i32 {
    match group(simd) {
        4 if cfg!(target_arch = "x86_64") => i32::from(zero) + 128,
        4 => i32::from(zero),
        _ => 0,
    }
}

/// A row of weights; zeros where there are too few for the last group.
pub(super) fn groups(simd: SimdLevel, row: &[i8]) -> Vec<i32> {
    let at = |w: &[i8], i: usize| w.get(i).copied().unwrap_or(0);
    match group(simd) {
        2 => row
            .chunks(2)
            .map(|w| pair([0, 1].map(|i| at(w, i)), 0))
            .collect(),
        4 => row
            .chunks(4)
            .map(|w| quad([0, 1, 2, 3].map(|i| at(w, i)), 0))
            .collect(),
        _ => Vec::new(),
    }
}

/// Two neighbours as 16 bits each, the zero taken away.
#[inline(always)]
fn pair(bytes: [i8; 2], zero: i8) -> i32 {
    let [low, high] = bytes.map(|x| (i16::from(x) - i16::from(zero)).cast_unsigned());
    (u32::from(low) | u32::from(high) << 16).cast_signed()
}

/// Four neighbours, some bits flipped.
#[inline(always)]
fn quad(bytes: [i8; 4], flipped: u32) -> i32 {
    (u32::from_le_bytes(bytes.map(i8::cast_unsigned)) ^ flipped).cast_signed()
}

/// With its highest bit flipped, a byte is larger by 128.
const FLIPPED: u32 = if cfg!(target_arch = "x86_64") {
    0x8080_8080
} else {
    0
};

/// All groups of what taps see, frame by frame. Strides are 1, 2 or 4.
#[inline(always)]
pub(super) fn pack<const WIDTH: usize>(
    simd: SimdLevel,
    x: &[i8],
    taps: Taps,
    frames: usize,
    zero: i8,
    into: &mut [i32],
) {
    let Taps {
        len,
        kernel,
        stride,
    } = taps;
    let group = group(simd);
    let depth = x.len() / len * kernel;
    let pitch = into.len() / depth.div_ceil(group);
    // Where there are too few for the last group, their weights are 0.
    let row = |k: usize| {
        let k = k.min(depth - 1);
        &x[k / kernel * len + k % kernel..]
    };
    let places = (0..depth).step_by(group);
    for (k, into) in places.zip(into.chunks_exact_mut(pitch)) {
        let into = &mut into[..frames];
        if kernel.is_multiple_of(group) {
            along::<WIDTH>(simd, row(k), stride, zero, into);
        } else if group == 2 {
            let rows = [row(k), row(k + 1)];
            across::<WIDTH, 2>(rows, stride, into, |bytes| pair(bytes, zero));
        } else {
            let rows = [row(k), row(k + 1), row(k + 2), row(k + 3)];
            across::<WIDTH, 4>(rows, stride, into, |bytes| quad(bytes, FLIPPED));
        }
    }
}

/// Groups of one number of each row.
#[inline(always)]
fn across<const WIDTH: usize, const GROUP: usize>(
    rows: [&[i8]; GROUP],
    stride: usize,
    into: &mut [i32],
    grouped: impl Fn([i8; GROUP]) -> i32,
) {
    match stride {
        1 => across_by::<1, GROUP>(rows, into, grouped),
        2 => across_by::<2, GROUP>(rows, into, grouped),
        _ => across_by::<4, GROUP>(rows, into, grouped),
    }
}

#[inline(always)]
fn across_by<const STRIDE: usize, const GROUP: usize>(
    rows: [&[i8]; GROUP],
    into: &mut [i32],
    grouped: impl Fn([i8; GROUP]) -> i32,
) {
    // Of one length, so that the loop needn't look.
    let rows = rows.map(|row| &row.as_chunks::<STRIDE>().0[..into.len()]);
    for t in 0..into.len() {
        into[t] = grouped(std::array::from_fn(|k| rows[k][t][0]));
    }
}

/// Groups of neighbours in time, `stride` apart: 1, 2 or 4.
#[inline(always)]
pub(super) fn along<const WIDTH: usize>(
    simd: SimdLevel,
    x: &[i8],
    stride: usize,
    zero: i8,
    into: &mut [i32],
) {
    let pairs = |bytes| pair(bytes, zero);
    let quads = |bytes| quad(bytes, FLIPPED);
    match (group(simd), stride) {
        (2, 1) => along_by::<1, 2>(x, into, pairs),
        (2, 2) => along_by::<2, 2>(x, into, pairs),
        (2, _) => along_by::<4, 2>(x, into, pairs),
        (_, 1) => along_by::<1, 4>(x, into, quads),
        (_, 2) => along_by::<2, 4>(x, into, quads),
        _ => along_by::<4, 4>(x, into, quads),
    }
}

#[inline(always)]
fn along_by<const STRIDE: usize, const GROUP: usize>(
    x: &[i8],
    into: &mut [i32],
    grouped: impl Fn([i8; GROUP]) -> i32,
) {
    let x = x.as_chunks::<STRIDE>().0;
    let count = into.len().min(x.len().saturating_sub((GROUP - 1) / STRIDE));
    let rows: [&[[i8; STRIDE]]; GROUP] = std::array::from_fn(|k| &x[k / STRIDE..][..count]);
    for (t, into) in into[..count].iter_mut().enumerate() {
        *into = grouped(std::array::from_fn(|k| rows[k][t][k % STRIDE]));
    }
}
