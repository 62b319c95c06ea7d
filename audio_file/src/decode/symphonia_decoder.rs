//! The formats that Symphonia reads as they are.

use symphonia::core::codecs::audio::{AudioCodecParameters, AudioDecoder, AudioDecoderOptions};
use symphonia::core::errors::Error;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatOptions, FormatReader, TrackType};
use symphonia::core::io::MediaSourceStream;
use symphonia::core::meta::MetadataOptions;

use super::section::Section;
use super::{DecodeError, Decoder, Result, check_channels, refused};

/// The reason for which a container without a track of a known codec is refused.
pub(super) const NO_AUDIO: &str = "there is no audio in it";
pub(super) const UNSUPPORTED_CODEC: &str = "its codec is not supported; convert it to WAV or FLAC";

/// Decodes the default track of a container.
pub(super) struct SymphoniaDecoder {
    format: Box<dyn FormatReader>,
    decoder: Box<dyn AudioDecoder>,
    track: u32,
    declared_frames: Option<u64>,
    packet_bytes: u64,
}

impl SymphoniaDecoder {
    /// Opens the container, of which `extension` is the usual extension.
    pub(super) fn open(source: Section, extension: &str) -> Result<Self> {
        let stream = MediaSourceStream::new(Box::new(source), Default::default());
        let mut hint = Hint::new();
        hint.with_extension(extension);
        let format = symphonia::default::get_probe()
            .probe(
                &hint,
                stream,
                FormatOptions::default(),
                MetadataOptions::default(),
            )
            .map_err(|e| header_error(&e))?;
        let Some(track) = format.default_track(TrackType::Audio) else {
            return refused(NO_AUDIO);
        };
        let Some(parameters) = track.codec_params.as_ref().and_then(|p| p.audio()) else {
            return refused(UNSUPPORTED_CODEC);
        };
        if let Some(channels) = &parameters.channels {
            check_channels(channels.count())?;
        }
        let decoder = symphonia::default::get_codecs()
            .make_audio_decoder(parameters, &AudioDecoderOptions::default().verify(true))
            .map_err(|e| {
                DecodeError::Refused(format!(
                    "its codec is not supported ({e}); convert it to WAV or FLAC"
                ))
            })?;
        Ok(Self {
            track: track.id,
            declared_frames: track.num_frames,
            packet_bytes: 0,
            decoder,
            format,
        })
    }

    /// The codec's parameters from the container's header.
    pub(super) fn parameters(&self) -> &AudioCodecParameters {
        self.decoder.codec_params()
    }

    /// The bytes of the packets that have been decoded.
    pub(super) fn packet_bytes(&self) -> u64 {
        self.packet_bytes
    }
}

impl Decoder for SymphoniaDecoder {
    fn decode(&mut self, block: &mut Vec<Vec<f32>>) -> Result<Option<u32>> {
        let damaged = |e: Error| DecodeError::Damaged(e.to_string());
        let packet = loop {
            match self.format.next_packet() {
                Ok(Some(packet)) if packet.track_id == self.track => break packet,
                Ok(Some(_)) => {}
                Ok(None) => return self.end(),
                // Some readers end with this error. The number of frames tells whether the file is truncated.
                Err(Error::IoError(e)) if e.kind() == std::io::ErrorKind::UnexpectedEof => {
                    return self.end();
                }
                Err(e) => return Err(damaged(e)),
            }
        };
        self.packet_bytes += packet.data.len() as u64;
        let decoded = self.decoder.decode(&packet).map_err(damaged)?;
        decoded.copy_to_vecs_planar(block);
        Ok(Some(decoded.spec().rate()))
    }

    fn declared_frames(&self) -> Option<u64> {
        self.declared_frames
    }

    fn take_warnings(&mut self) -> Vec<String> {
        Vec::new()
    }
}

impl SymphoniaDecoder {
    fn end(&mut self) -> Result<Option<u32>> {
        if self.decoder.finalize().verify_ok == Some(false) {
            return refused("it is damaged: the checksum of its samples is wrong");
        }
        Ok(None)
    }
}

fn header_error(error: &Error) -> DecodeError {
    DecodeError::Refused(match error {
        Error::IoError(e) if e.kind() == std::io::ErrorKind::UnexpectedEof => {
            "it is truncated within its header".to_owned()
        }
        Error::IoError(e) => format!("it cannot be read: {e}"),
        e => format!("its header is damaged or not supported ({e})"),
    })
}
