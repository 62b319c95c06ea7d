//! The header of a WAV file, whose size doesn't depend on the amount of audio, so that it can be rewritten at the end.

use crate::output_format::{Bits, StreamFormat};

const PCM: u16 = 1;
const IEEE_FLOAT: u16 = 3;
const CHUNK_HEADER_BYTES: u64 = 8;
/// The body of `ds64` without a table (EBU Tech 3306).
const DS64_BYTES: usize = 28;

/// The parts of a WAV file around its samples.
pub(crate) struct WavLayout {
    pub(crate) stream: StreamFormat,
    pub(crate) bits: Bits,
    /// Whole chunks between the format and the samples.
    pub(crate) front_chunks: Vec<u8>,
    /// Whole chunks behind the samples.
    pub(crate) end_chunks: Vec<u8>,
}

impl WavLayout {
    /// The size of one frame in bytes.
    pub(crate) fn frame_bytes(&self) -> u16 {
        self.stream.channel_count * self.bits.bytes()
    }

    /// The header up to the first sample. A file whose size doesn't fit into 32 bits becomes RF64: the `JUNK` chunk, which
    /// reserves the place, becomes `ds64` (EBU Tech 3306).
    pub(crate) fn header(&self, frames: u64) -> Vec<u8> {
        let data_bytes = frames * u64::from(self.frame_bytes());
        let fmt = self.fmt();
        let fact_bytes = if self.bits == Bits::Float32 { 12 } else { 0 };
        let header_bytes = 12
            + (8 + DS64_BYTES + fmt.len() + fact_bytes + self.front_chunks.len()) as u64
            + CHUNK_HEADER_BYTES;
        let padded_bytes = data_bytes + data_bytes % 2;
        let riff_bytes =
            header_bytes + padded_bytes + self.end_chunks.len() as u64 - CHUNK_HEADER_BYTES;
        let fits = u32::try_from(riff_bytes).ok().filter(|n| *n < u32::MAX);

        let mut header = Vec::new();
        header.extend(if fits.is_some() { b"RIFF" } else { b"RF64" });
        header.extend(fits.unwrap_or(u32::MAX).to_le_bytes());
        header.extend(b"WAVE");
        header.extend(if fits.is_some() { b"JUNK" } else { b"ds64" });
        header.extend(28u32.to_le_bytes());
        let ds64_start = header.len();
        if fits.is_none() {
            header.extend(riff_bytes.to_le_bytes());
            header.extend(data_bytes.to_le_bytes());
            header.extend(frames.to_le_bytes());
        }
        header.resize(ds64_start + DS64_BYTES, 0);
        header.extend(fmt);
        if self.bits == Bits::Float32 {
            header.extend(b"fact");
            header.extend(4u32.to_le_bytes());
            header.extend(u32::try_from(frames).unwrap_or(u32::MAX).to_le_bytes());
        }
        header.extend(&self.front_chunks);
        header.extend(b"data");
        let data_field = u32::try_from(data_bytes).ok().filter(|_| fits.is_some());
        header.extend(data_field.unwrap_or(u32::MAX).to_le_bytes());
        header
    }

    /// The header of a file that is being written: it says that the lengths are unknown. Should it stay so, programs read what is
    /// there.
    pub(crate) fn header_without_length(&self) -> Vec<u8> {
        let mut header = self.header(0);
        let unknown = u32::MAX.to_le_bytes();
        let data = header.len() - unknown.len();
        header[4..8].copy_from_slice(&unknown);
        header[data..].copy_from_slice(&unknown);
        header
    }

    /// The format chunk with a plain tag: programs refuse `WAVE_FORMAT_EXTENSIBLE`, which mono and stereo don't need.
    fn fmt(&self) -> Vec<u8> {
        let frame_bytes = self.frame_bytes();
        let (tag, extension): (u16, &[u8]) = match self.bits {
            Bits::Float32 => (IEEE_FLOAT, &[0, 0]),
            Bits::Int16 | Bits::Int24 => (PCM, &[]),
        };
        let mut fmt = b"fmt ".to_vec();
        fmt.extend((if extension.is_empty() { 16u32 } else { 18 }).to_le_bytes());
        fmt.extend(tag.to_le_bytes());
        fmt.extend(self.stream.channel_count.to_le_bytes());
        fmt.extend(self.stream.sample_rate_hz.to_le_bytes());
        let bytes_per_second = self
            .stream
            .sample_rate_hz
            .saturating_mul(u32::from(frame_bytes));
        fmt.extend(bytes_per_second.to_le_bytes());
        fmt.extend(frame_bytes.to_le_bytes());
        fmt.extend((8 * self.bits.bytes()).to_le_bytes());
        fmt.extend(extension);
        fmt
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIB_4: u64 = 1 << 32;

    fn layout(channels: usize, bits: Bits) -> WavLayout {
        WavLayout {
            stream: StreamFormat::new(48_000, channels).unwrap(),
            bits,
            front_chunks: Vec::new(),
            end_chunks: vec![0; 100],
        }
    }

    fn u32_at(bytes: &[u8], at: usize) -> u32 {
        u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap())
    }

    fn u64_at(bytes: &[u8], at: usize) -> u64 {
        u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap())
    }

    #[test]
    fn header_below_4_gib_is_riff_and_from_there_rf64_with_true_sizes() {
        // Mono of 16 bits: one frame is 2 bytes.
        let layout = layout(1, Bits::Int16);
        let header_bytes = layout.header(0).len() as u64;
        let riff_bytes = |data: u64| header_bytes + data + 100 - 8;
        // The largest file whose size is below the mark of an unknown size.
        let largest = (GIB_4 - 2 - riff_bytes(0)) / 2 * 2;
        for (data, is_rf64) in [
            (largest, false),
            (largest + 2, true),
            (GIB_4 - 2, true),
            (GIB_4, true),
            (5 * (1 << 30), true),
        ] {
            let header = layout.header(data / 2);
            assert_eq!(header.len() as u64, header_bytes);
            assert_eq!(
                &header[..4],
                if is_rf64 { b"RF64" } else { b"RIFF" },
                "{data}"
            );
            let data_size = u32_at(&header, header.len() - 4);
            if is_rf64 {
                assert_eq!(u32_at(&header, 4), u32::MAX);
                assert_eq!(&header[12..16], b"ds64");
                assert_eq!(u64_at(&header, 20), riff_bytes(data));
                assert_eq!(u64_at(&header, 28), data);
                assert_eq!(u64_at(&header, 36), data / 2);
                assert_eq!(u32_at(&header, 44), 0, "no table");
                assert_eq!(data_size, u32::MAX);
            } else {
                assert_eq!(u64::from(u32_at(&header, 4)), riff_bytes(data));
                assert_eq!(&header[12..16], b"JUNK");
                assert_eq!(u64::from(data_size), data);
            }
        }
    }

    #[test]
    fn header_has_plain_tags_and_pads_odd_data() {
        let layout = layout(1, Bits::Int24);
        let header = layout.header(3);
        assert_eq!(&header[48..52], b"fmt ");
        assert_eq!(u32_at(&header, 52), 16);
        assert_eq!(header[56..60], [1, 0, 1, 0]);
        assert_eq!(u32_at(&header, header.len() - 4), 9);
        let riff_bytes = header.len() as u64 + 10 + 100 - 8;
        assert_eq!(u64::from(u32_at(&header, 4)), riff_bytes);
        let float = super::tests::layout(2, Bits::Float32).header(7);
        assert_eq!(float[56..60], [3, 0, 2, 0]);
        assert_eq!(&float[74..78], b"fact");
        assert_eq!(u32_at(&float, 82), 7);
    }
}
