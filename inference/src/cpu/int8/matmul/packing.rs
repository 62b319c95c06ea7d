//! The memory layout of the kernels: the numbers that one instruction multiplies lie side by side.

use crate::cpu::simd::SimdLevel;

/// Unused numbers after the last one that taps need, which are read as part of a group.
pub(in crate::cpu::int8) const BEYOND: usize = 3;

/// The taps of a convolution over rows of `len` numbers.
#[derive(Clone, Copy, Debug)]
pub(in crate::cpu::int8) struct Taps {
    pub(in crate::cpu::int8) len: usize,
    pub(in crate::cpu::int8) kernel: usize,
    pub(in crate::cpu::int8) stride: usize,
}

/// The number of neighbors that an instruction multiplies and adds.
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

/// The number that is added to each packed value. Pairs have the zero subtracted. x86-64 multiplies unsigned by signed bytes,
/// so that 128 is added; Arm multiplies signed bytes.
pub(super) fn offset(simd: SimdLevel, zero: i8) -> i32 {
    match group(simd) {
        4 if cfg!(target_arch = "x86_64") => i32::from(zero) + 128,
        4 => i32::from(zero),
        _ => 0,
    }
}

/// The groups of a row of weights; zeros fill the last one.
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

/// Two neighbors in 16 bits each, with the zero subtracted.
#[inline(always)]
fn pair(bytes: [i8; 2], zero: i8) -> i32 {
    let [low, high] = bytes.map(|x| (i16::from(x) - i16::from(zero)).cast_unsigned());
    (u32::from(low) | u32::from(high) << 16).cast_signed()
}

/// Four neighbors, with some bits flipped.
#[inline(always)]
fn quad(bytes: [i8; 4], flipped: u32) -> i32 {
    (u32::from_le_bytes(bytes.map(i8::cast_unsigned)) ^ flipped).cast_signed()
}

/// Flipping its highest bit adds 128 to a signed byte.
const FLIPPED: u32 = if cfg!(target_arch = "x86_64") {
    0x8080_8080
} else {
    0
};

/// Packs the numbers of all taps, frame by frame, for strides of 1, 2 or 4.
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
    // Rows beyond the last one repeat it: their weights are 0.
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

/// Packs one number of each row into a group.
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
    // Equal lengths spare the loop its bounds checks.
    let rows = rows.map(|row| &row.as_chunks::<STRIDE>().0[..into.len()]);
    for t in 0..into.len() {
        into[t] = grouped(std::array::from_fn(|k| rows[k][t][0]));
    }
}

/// Packs neighbors in time into groups, for strides of 1, 2 or 4.
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
