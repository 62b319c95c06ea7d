//! The header of an MPEG audio frame (ISO/IEC 11172-3 and 13818-3).

use symphonia::core::codecs::audio::AudioCodecId;
use symphonia::core::codecs::audio::well_known::{CODEC_ID_MP1, CODEC_ID_MP2, CODEC_ID_MP3};

/// The bytes of a header.
pub(in crate::decode) const HEADER_BYTES: usize = 4;

/// Bit rates in kbit/s by version (1 or lower) and layer.
const V1_LAYER_1: [u32; 15] = [
    0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448,
];
const V1_LAYER_2: [u32; 15] = [
    0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384,
];
const V1_LAYER_3: [u32; 15] = [
    0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320,
];
const V2_LAYER_1: [u32; 15] = [
    0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256,
];
const V2_LAYER_2_3: [u32; 15] = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];

/// The fields of a frame's header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::decode) struct MpegHeader {
    /// Whether the version is MPEG-1, not MPEG-2 or 2.5.
    pub(in crate::decode) is_mpeg_1: bool,
    /// 1 to 3.
    pub(in crate::decode) layer: u8,
    /// Hz.
    pub(in crate::decode) sample_rate_hz: u32,
    pub(in crate::decode) channel_count: usize,
    /// The bytes of the frame with its header. None for a free bit rate, which the header doesn't give.
    pub(in crate::decode) bytes: Option<usize>,
}

impl MpegHeader {
    /// The header with these bytes.
    pub(in crate::decode) fn parse(bytes: &[u8]) -> Option<Self> {
        let [0xFF, second, third, fourth] = *bytes.first_chunk::<HEADER_BYTES>()? else {
            return None;
        };
        let version = second >> 3 & 3;
        if second & 0xE0 != 0xE0 || version == 1 {
            return None;
        }
        let layer = match second >> 1 & 3 {
            3 => 1,
            2 => 2,
            1 => 3,
            _ => return None,
        };
        let is_mpeg_1 = version == 3;
        let base_hz: u32 = [44_100, 48_000, 32_000]
            .get(usize::from(third >> 2 & 3))
            .copied()?;
        let sample_rate_hz = match version {
            3 => base_hz,
            2 => base_hz / 2,
            _ => base_hz / 4,
        };
        let rates = match (is_mpeg_1, layer) {
            (true, 1) => V1_LAYER_1,
            (true, 2) => V1_LAYER_2,
            (true, _) => V1_LAYER_3,
            (false, 1) => V2_LAYER_1,
            (false, _) => V2_LAYER_2_3,
        };
        let bit_rate = rates.get(usize::from(third >> 4)).copied()? * 1000;
        let padding = u32::from(third >> 1 & 1);
        let bytes = match (layer, is_mpeg_1) {
            (1, _) => (12 * bit_rate / sample_rate_hz + padding) * 4,
            (3, false) => 72 * bit_rate / sample_rate_hz + padding,
            _ => 144 * bit_rate / sample_rate_hz + padding,
        };
        Some(Self {
            is_mpeg_1,
            layer,
            sample_rate_hz,
            channel_count: if fourth >> 6 == 3 { 1 } else { 2 },
            bytes: (bit_rate > 0).then_some(usize::try_from(bytes).ok()?),
        })
    }

    /// Whether a frame with this header can follow one with `other` in a stream.
    pub(in crate::decode) fn continues(&self, other: &Self) -> bool {
        (
            self.is_mpeg_1,
            self.layer,
            self.sample_rate_hz,
            self.channel_count,
        ) == (
            other.is_mpeg_1,
            other.layer,
            other.sample_rate_hz,
            other.channel_count,
        )
    }

    /// The samples of a channel in a frame.
    pub(in crate::decode) fn frames(&self) -> u64 {
        match (self.layer, self.is_mpeg_1) {
            (1, _) => 384,
            (3, false) => 576,
            _ => 1152,
        }
    }

    /// The bytes of the side information of layer 3.
    pub(in crate::decode) fn side_info_bytes(&self) -> usize {
        match (self.is_mpeg_1, self.channel_count) {
            (true, 1) | (false, 2) => 17,
            (true, _) => 32,
            (false, _) => 9,
        }
    }

    /// The decoder's name for the layer.
    pub(in crate::decode) fn codec(&self) -> AudioCodecId {
        match self.layer {
            1 => CODEC_ID_MP1,
            2 => CODEC_ID_MP2,
            _ => CODEC_ID_MP3,
        }
    }
}
