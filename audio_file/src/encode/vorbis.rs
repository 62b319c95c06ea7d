//! The encoder of Ogg Vorbis files.

use crate::output_format::StreamFormat;
use anyhow::{Context, Result, anyhow};
use flow_platform::atomic_file::AtomicFile;
use std::num::{NonZeroU8, NonZeroU32};
use vorbis_rs::{
    VorbisBitrateManagementStrategy, VorbisEncoder as Encoder, VorbisEncoderBuilder, VorbisError,
};

/// About 192 kbit/s for stereo at 44.1 kHz.
const QUALITY: f32 = 0.6;
/// A fixed serial number: equal input gives an equal file. It only tells apart streams within one file.
const STREAM_SERIAL: i32 = 0x466C_6F77;
/// The largest block that the encoder gets at once.
const BLOCK_FRAMES: usize = 4096;

/// Writes samples as Ogg Vorbis.
pub(crate) struct VorbisEncoder(Encoder<AtomicFile>);

impl VorbisEncoder {
    pub(crate) fn new(
        stream: StreamFormat,
        comments: Vec<(String, String)>,
        file: AtomicFile,
    ) -> Result<Self> {
        let rate = NonZeroU32::new(stream.sample_rate_hz).context("the sample rate is 0")?;
        let channels = if stream.channel_count == 1 {
            NonZeroU8::MIN
        } else {
            NonZeroU8::MIN.saturating_add(1)
        };
        let mut builder =
            VorbisEncoderBuilder::new_with_serial(rate, channels, file, STREAM_SERIAL);
        builder.bitrate_management_strategy(VorbisBitrateManagementStrategy::QualityVbr {
            target_quality: QUALITY,
        });
        builder.comment_tags(comments).map_err(reason)?;
        let encoder = builder.build().map_err(|error| match error {
            VorbisError::LibraryError(_) => anyhow!(
                "the Ogg Vorbis encoder doesn't support {} Hz",
                stream.sample_rate_hz
            ),
            error => reason(error),
        })?;
        Ok(Self(encoder))
    }

    pub(crate) fn write(&mut self, channels: &[&[f32]]) -> Result<()> {
        for start in (0..channels[0].len()).step_by(BLOCK_FRAMES) {
            let end = (start + BLOCK_FRAMES).min(channels[0].len());
            let block: Vec<&[f32]> = channels.iter().map(|c| &c[start..end]).collect();
            self.0.encode_audio_block(block).map_err(reason)?;
        }
        Ok(())
    }

    /// Writes the end of the stream and returns the file.
    pub(crate) fn finish(self) -> Result<AtomicFile> {
        self.0.finish().map_err(reason)
    }
}

/// The error of the system where there is one.
fn reason(error: VorbisError) -> anyhow::Error {
    match error {
        VorbisError::Io(error) => error.into(),
        error => anyhow!("{error}"),
    }
}
