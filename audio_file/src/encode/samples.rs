//! Conversion of samples to integers.

use crate::output_format::Bits;

/// The nearest integer of 16 or 24 bits, clipped to full scale. Values on the grid are exact.
pub(super) fn to_integer(sample: f32, full_scale: f64) -> i32 {
    let steps = (f64::from(sample) * full_scale).clamp(-full_scale, full_scale - 1.0);
    // Adding a half is exact for these numbers, and several times as fast as `round`.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "it rounds a number that was clamped to 24 bits"
    )]
    let integer = (steps + 0.5_f64.copysign(steps)) as i32;
    integer
}

/// The steps from 0 to full scale.
pub(super) fn full_scale(bits: Bits) -> f64 {
    match bits {
        Bits::Int16 => 32_768.0,
        Bits::Int24 => 8_388_608.0,
        Bits::Float32 => 1.0,
    }
}

/// Appends the samples of all channels, frame by frame, as little-endian bytes.
pub(super) fn append_bytes(bytes: &mut Vec<u8>, channels: &[&[f32]], bits: Bits) {
    let full_scale = full_scale(bits);
    match bits {
        Bits::Float32 => append(bytes, channels, f32::to_le_bytes),
        Bits::Int24 => append(bytes, channels, |s| {
            let [low, middle, high, _] = to_integer(s, full_scale).to_le_bytes();
            [low, middle, high]
        }),
        Bits::Int16 => append(bytes, channels, |s| {
            let [low, high, ..] = to_integer(s, full_scale).to_le_bytes();
            [low, high]
        }),
    }
}

/// Appends the bytes that `convert` makes of each sample.
fn append<const N: usize>(
    bytes: &mut Vec<u8>,
    channels: &[&[f32]],
    convert: impl Fn(f32) -> [u8; N],
) {
    let frames = channels.first().map_or(0, |samples| samples.len());
    let start = bytes.len();
    bytes.resize(start + frames * channels.len() * N, 0);
    let (places, _) = bytes[start..].as_chunks_mut::<N>();
    for (index, samples) in channels.iter().enumerate() {
        let places = places.iter_mut().skip(index).step_by(channels.len());
        for (place, sample) in places.zip(*samples) {
            *place = convert(*sample);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sample_becomes_nearest_integer_within_full_scale() {
        let of_16 = |sample| to_integer(sample, full_scale(Bits::Int16));
        assert_eq!(of_16(0.5), 16_384);
        assert_eq!(of_16(1.4 / 32_768.0), 1);
        assert_eq!(of_16(-1.6 / 32_768.0), -2);
        assert_eq!(of_16(1.5), 32_767);
        assert_eq!(of_16(-1.5), -32_768);
        assert_eq!(to_integer(1.0, full_scale(Bits::Int24)), 8_388_607);
    }

    #[test]
    fn bytes_of_negative_samples_keep_the_sign() {
        let mut bytes = Vec::new();
        append_bytes(&mut bytes, &[&[-0.5], &[0.25]], Bits::Int24);
        assert_eq!(bytes, [0, 0, 0xC0, 0, 0, 0x20]);
        bytes.clear();
        append_bytes(&mut bytes, &[&[-0.5], &[0.25]], Bits::Int16);
        assert_eq!(bytes, [0, 0xC0, 0, 0x20]);
    }
}
