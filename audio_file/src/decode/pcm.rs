//! Uncompressed and companded samples, as WAV and AIFF hold them.

use std::io::Read;

use audio_codec_algorithms::{decode_alaw, decode_ulaw};
use flow_dsp::math::narrow;

use super::section::Section;
use super::{Decoder, Result, check_channels, refused};

/// The frames of a block.
const BLOCK_FRAMES: u64 = 4096;

/// Full scale of 16 and 32 bits.
const FULL_SCALE_16: f32 = 32_768.0;
const FULL_SCALE_32: f32 = 2_147_483_648.0;

/// How a sample is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    /// A byte with 128 as zero.
    Unsigned8,
    /// A signed integer of 1 to 4 bytes. Fewer valid bits are the upper ones, as WAV and AIFF demand.
    Integer(u16),
    Float32,
    Float64,
    ALaw,
    MuLaw,
}

impl Encoding {
    /// The bytes of a sample.
    pub(super) fn bytes(self) -> u16 {
        match self {
            Self::Unsigned8 | Self::ALaw | Self::MuLaw => 1,
            Self::Integer(bytes) => bytes,
            Self::Float32 => 4,
            Self::Float64 => 8,
        }
    }
}

/// The layout of interleaved samples.
#[derive(Clone, Copy, Debug)]
pub(super) struct PcmLayout {
    pub(super) encoding: Encoding,
    pub(super) is_big_endian: bool,
    pub(super) channel_count: u16,
    /// Hz.
    pub(super) sample_rate_hz: u32,
}

impl PcmLayout {
    /// The bytes of a frame.
    pub(super) fn frame_bytes(&self) -> u64 {
        u64::from(self.channel_count) * u64::from(self.encoding.bytes())
    }
}

/// Decodes a section of interleaved samples.
pub(super) struct PcmDecoder {
    samples: Section,
    layout: PcmLayout,
    frames: u64,
    frames_left: u64,
    bytes: Vec<u8>,
    warnings: Vec<String>,
}

impl PcmDecoder {
    /// Decodes the whole frames of the section.
    pub(super) fn new(samples: Section, layout: PcmLayout, warnings: Vec<String>) -> Result<Self> {
        check_channels(usize::from(layout.channel_count))?;
        let frames = samples.length() / layout.frame_bytes();
        Ok(Self {
            samples,
            layout,
            frames,
            frames_left: frames,
            bytes: Vec::new(),
            warnings,
        })
    }

    fn convert(&self, block: &mut [Vec<f32>]) {
        let bytes = &self.bytes;
        let is_big = self.layout.is_big_endian;
        match self.layout.encoding {
            Encoding::Unsigned8 => {
                deinterleave(bytes, block, |[b]: [u8; 1]| (f32::from(b) - 128.0) / 128.0);
            }
            Encoding::ALaw => {
                deinterleave(bytes, block, |[b]| {
                    f32::from(decode_alaw(b)) / FULL_SCALE_16
                });
            }
            Encoding::MuLaw => {
                deinterleave(bytes, block, |[b]| {
                    f32::from(decode_ulaw(b)) / FULL_SCALE_16
                });
            }
            Encoding::Integer(1) => {
                deinterleave(bytes, block, |b| f32::from(i8::from_le_bytes(b)) / 128.0);
            }
            Encoding::Integer(2) => deinterleave(bytes, block, |b| {
                let sample = if is_big {
                    i16::from_be_bytes(b)
                } else {
                    i16::from_le_bytes(b)
                };
                f32::from(sample) / FULL_SCALE_16
            }),
            Encoding::Integer(3) => deinterleave(bytes, block, |[a, b, c]: [u8; 3]| {
                let upper = if is_big { [c, b, a] } else { [a, b, c] };
                i32::from_le_bytes([0, upper[0], upper[1], upper[2]]) as f32 / FULL_SCALE_32
            }),
            Encoding::Integer(_) => deinterleave(bytes, block, |b| {
                let sample = if is_big {
                    i32::from_be_bytes(b)
                } else {
                    i32::from_le_bytes(b)
                };
                sample as f32 / FULL_SCALE_32
            }),
            Encoding::Float32 => deinterleave(bytes, block, |b| {
                if is_big {
                    f32::from_be_bytes(b)
                } else {
                    f32::from_le_bytes(b)
                }
            }),
            Encoding::Float64 => deinterleave(bytes, block, |b| {
                narrow(if is_big {
                    f64::from_be_bytes(b)
                } else {
                    f64::from_le_bytes(b)
                })
            }),
        }
    }
}

impl Decoder for PcmDecoder {
    fn decode(&mut self, block: &mut Vec<Vec<f32>>) -> Result<Option<u32>> {
        let frames = self.frames_left.min(BLOCK_FRAMES);
        if frames == 0 {
            return Ok(None);
        }
        let wanted = frames * self.layout.frame_bytes();
        self.bytes.clear();
        (&mut self.samples)
            .take(wanted)
            .read_to_end(&mut self.bytes)?;
        if self.bytes.len() as u64 != wanted {
            return refused("the file became shorter while it was read");
        }
        block.resize_with(usize::from(self.layout.channel_count), Vec::new);
        self.convert(block);
        self.frames_left -= frames;
        Ok(Some(self.layout.sample_rate_hz))
    }

    fn declared_frames(&self) -> Option<u64> {
        Some(self.frames)
    }

    fn take_warnings(&mut self) -> Vec<String> {
        std::mem::take(&mut self.warnings)
    }
}

/// Converts interleaved samples of `N` bytes.
fn deinterleave<const N: usize>(
    bytes: &[u8],
    block: &mut [Vec<f32>],
    convert: impl Fn([u8; N]) -> f32,
) {
    let (samples, _) = bytes.as_chunks::<N>();
    let channel_count = block.len();
    for (channel, converted) in block.iter_mut().enumerate() {
        converted.clear();
        let of_channel = samples.iter().skip(channel).step_by(channel_count);
        converted.extend(of_channel.map(|sample| convert(*sample)));
    }
}
