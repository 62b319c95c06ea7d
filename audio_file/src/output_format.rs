//! The formats of output files.

use anyhow::{Result, bail, ensure};
use flow_dsp::DitherDepth;

/// The highest sample rate of libvorbis's encoder.
const MAX_VORBIS_RATE_HZ: u32 = 200_000;

/// From this sample peak on a file of integers loses more than the rounding of its highest step, dBFS.
const CLIPPED_DBFS: f64 = 0.05;

/// The container and codec of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Container {
    /// WAV with PCM, as RF64 above 4 GiB.
    Wav,
    /// FLAC, lossless.
    Flac,
    /// Ogg Vorbis, lossy.
    Ogg,
}

/// The sample format of WAV and FLAC files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bits {
    /// Integers of 16 bits.
    Int16,
    /// Integers of 24 bits.
    Int24,
    /// Floating point of 32 bits, where ±1 is full scale.
    Float32,
}

impl Bits {
    /// All sample formats.
    pub const ALL: [Self; 3] = [Self::Int16, Self::Int24, Self::Float32];

    /// The name in options and texts, such as `24`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Int16 => "16",
            Self::Int24 => "24",
            Self::Float32 => "32f",
        }
    }

    /// The size of one sample in bytes.
    pub(crate) fn bytes(self) -> u16 {
        match self {
            Self::Int16 => 2,
            Self::Int24 => 3,
            Self::Float32 => 4,
        }
    }
}

impl Container {
    /// All containers.
    pub const ALL: [Self; 3] = [Self::Wav, Self::Flac, Self::Ogg];

    /// The name in options, which is the file's extension too.
    #[must_use]
    pub fn extension(self) -> &'static str {
        match self {
            Self::Wav => "wav",
            Self::Flac => "flac",
            Self::Ogg => "ogg",
        }
    }

    /// The name in texts.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Wav => "WAV",
            Self::Flac => "FLAC",
            Self::Ogg => "Ogg Vorbis",
        }
    }
}

/// The format of an output file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutputFormat {
    container: Container,
    bits: Option<Bits>,
}

impl OutputFormat {
    /// WAV with integers of 24 bits.
    pub const WAV_24: Self = Self {
        container: Container::Wav,
        bits: Some(Bits::Int24),
    };

    /// A format with these bits; 24 for WAV and FLAC if there are none. Ogg Vorbis has no bits.
    ///
    /// # Errors
    ///
    /// If the container doesn't support the bits. The error is one line.
    pub fn new(container: Container, bits: Option<Bits>) -> Result<Self> {
        let bits = match (container, bits) {
            (Container::Ogg, Some(_)) => bail!("Ogg Vorbis is lossy and has no bits per sample"),
            (Container::Ogg, None) => None,
            (Container::Flac, Some(Bits::Float32)) => {
                bail!("FLAC has integers only: choose 16 or 24 bits, or WAV")
            }
            (_, bits) => bits.or(Some(Bits::Int24)),
        };
        Ok(Self { container, bits })
    }

    /// The container.
    #[must_use]
    pub fn container(self) -> Container {
        self.container
    }

    /// Checks whether files of this format may have a sample rate, in Hz.
    ///
    /// # Errors
    ///
    /// If not. The error is one line.
    pub fn check_rate(self, sample_rate_hz: u32) -> Result<()> {
        ensure!(
            self.container != Container::Ogg || sample_rate_hz <= MAX_VORBIS_RATE_HZ,
            "Ogg Vorbis doesn't support {sample_rate_hz} Hz; choose a sample rate of up to {MAX_VORBIS_RATE_HZ} Hz, or another format"
        );
        Ok(())
    }

    /// Checks whether files of this format hold a sample peak, in dBFS.
    ///
    /// # Errors
    ///
    /// If not. The error is one line.
    pub fn check_peak(self, sample_peak_dbfs: f64) -> Result<()> {
        if let Some(bits) = self.bits.filter(|bits| *bits != Bits::Float32) {
            ensure!(
                sample_peak_dbfs <= CLIPPED_DBFS,
                "its result has samples of {sample_peak_dbfs:+.1} dBFS, which a file of {} bits clips",
                bits.name()
            );
        }
        Ok(())
    }

    /// The dither that fits the format.
    #[must_use]
    pub fn dither_depth(self) -> DitherDepth {
        match self.bits {
            Some(Bits::Int16) => DitherDepth::Bits16,
            Some(Bits::Int24) => DitherDepth::Bits24,
            Some(Bits::Float32) | None => DitherDepth::Off,
        }
    }

    /// Whether decoding gives other samples than those that were written.
    #[must_use]
    pub fn is_lossy(self) -> bool {
        self.container == Container::Ogg
    }

    /// The sample format; none for Ogg Vorbis.
    #[must_use]
    pub fn bits(self) -> Option<Bits> {
        self.bits
    }

    /// The name in texts, such as `WAV, 24 bit`.
    #[must_use]
    pub fn name(self) -> String {
        let container = self.container.name();
        match self.bits {
            None => container.to_owned(),
            Some(Bits::Float32) => format!("{container}, 32 bit float"),
            Some(bits) => format!("{container}, {} bit", bits.name()),
        }
    }
}

/// The rate and the channels of a file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StreamFormat {
    pub(crate) sample_rate_hz: u32,
    pub(crate) channel_count: u16,
}

impl StreamFormat {
    pub(crate) fn new(sample_rate_hz: u32, channel_count: usize) -> Result<Self> {
        ensure!(
            (1..=2).contains(&channel_count),
            "a song with {channel_count} channels cannot be written; only mono and stereo are supported"
        );
        Ok(Self {
            sample_rate_hz,
            channel_count: if channel_count == 1 { 1 } else { 2 },
        })
    }
}
