//! Opus in Ogg (RFC 7845), decoded at 48 kHz.

use std::io::BufReader;

use opus_pure::{MAX_PACKET_SAMPLES, OggOpusReader, OggPacket, OpusDecoder, Trim};

use crate::decode::section::Section;
use crate::decode::{DecodeError, Decoder, Result, check_channels};

/// Opus's own rate in Hz.
const RATE_HZ: u32 = 48_000;

/// Decodes an Opus stream.
pub(super) struct OpusFileDecoder {
    reader: OggOpusReader<BufReader<Section>>,
    decoder: OpusDecoder,
    trim: Trim,
    channel_count: usize,
    packet: OggPacket,
    samples: Vec<f32>,
}

impl OpusFileDecoder {
    /// Opens a link whose first packet is an identification header.
    pub(super) fn open(link: &Section) -> Result<Self> {
        let unsupported = |e: opus_pure::Error| {
            DecodeError::Refused(format!("its Opus header is damaged or not supported ({e})"))
        };
        let reader = OggOpusReader::new(BufReader::new(link.clone())).map_err(unsupported)?;
        let head = reader.head();
        let channel_count = usize::from(head.channel_count);
        check_channels(channel_count)?;
        let rate = i32::try_from(RATE_HZ).unwrap_or(i32::MAX);
        Ok(Self {
            decoder: head.decoder(rate).map_err(unsupported)?,
            trim: Trim::new(head, rate, channel_count).map_err(unsupported)?,
            reader,
            channel_count,
            packet: OggPacket::default(),
            samples: vec![0.0; MAX_PACKET_SAMPLES * channel_count],
        })
    }
}

impl Decoder for OpusFileDecoder {
    fn decode(&mut self, block: &mut Vec<Vec<f32>>) -> Result<Option<u32>> {
        let damaged = |e: opus_pure::Error| DecodeError::Damaged(e.to_string());
        let has_packet = self
            .reader
            .read_packet_into(&mut self.packet)
            .map_err(damaged)?;
        if !has_packet {
            return Ok(None);
        }
        let frames = self
            .decoder
            .decode(&self.packet.data, MAX_PACKET_SAMPLES, &mut self.samples)
            .map_err(damaged)?;
        let decoded = &self.samples[..frames * self.channel_count];
        let kept = self.trim.keep(&self.packet, decoded);
        block.resize_with(self.channel_count, Vec::new);
        for (channel, samples) in block.iter_mut().enumerate() {
            samples.clear();
            samples.extend(kept.iter().skip(channel).step_by(self.channel_count));
        }
        Ok(Some(RATE_HZ))
    }

    fn declared_frames(&self) -> Option<u64> {
        None
    }

    fn take_warnings(&mut self) -> Vec<String> {
        Vec::new()
    }
}
