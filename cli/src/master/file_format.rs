//! The format of the mastered files, and the dither that fits it.

use crate::MasterArguments;
use crate::setting::Setting;
use anyhow::{Result, anyhow, ensure};
use flow_audio_file::{Bits, Container, OutputFormat};
use flow_dsp::{ChainSettings, DitherDepth, DitherSettings};
use flow_params::ParameterId;

/// The format of a run's files.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FileFormat {
    pub(crate) output: OutputFormat,
}

impl FileFormat {
    /// The format that the arguments name: 24-bit WAV at the rate of the song, if they name none. A dither of 16 bits by
    /// hand makes it a file of 16 bits.
    ///
    /// # Errors
    ///
    /// If the container doesn't support the bits, or if the dither is coarser than they are.
    pub(super) fn new(arguments: &MasterArguments, by_hand: &[Setting]) -> Result<Self> {
        let container = named(&arguments.format, &Container::ALL, Container::extension)?;
        let bits = arguments.bits.as_deref();
        let mut bits = bits
            .map(|bits| named(bits, &Bits::ALL, Bits::name))
            .transpose()?;
        let dither = dither_by_hand(by_hand);
        if dither == Some(DitherDepth::Bits16) {
            bits.get_or_insert(Bits::Int16);
            ensure!(
                bits == Some(Bits::Int16),
                "a dither of 16 bits doesn't fit a file of more: use --bits 16"
            );
        }
        if let (Some(Bits::Int16), Some(dither)) = (bits, dither) {
            ensure!(
                [DitherDepth::Bits16, DitherDepth::Off].contains(&dither),
                "a dither of {} has no effect in a file of 16 bits: leave it out, or use --bits 24",
                dither_setting(dither).text
            );
        }
        Ok(Self {
            output: OutputFormat::new(container, bits)?,
        })
    }

    /// The dither that fits the file.
    pub(super) fn dither(&self) -> Setting {
        dither_setting(self.output.dither_depth())
    }
}

/// The setting of this dither, with its name in the registry.
fn dither_setting(depth: DitherDepth) -> Setting {
    let defaults = ChainSettings::default();
    let dither = DitherSettings {
        depth,
        ..defaults.dither
    };
    Setting::of(ParameterId::Dither, &ChainSettings { dither, ..defaults })
}

/// The last setting of the dither. [`Setting::parse`] has refused texts that name none.
fn dither_by_hand(settings: &[Setting]) -> Option<DitherDepth> {
    let id = ParameterId::Dither;
    let mut settings = settings.iter().rev();
    let setting = settings.find(|setting| setting.id == id)?;
    let mut chain = ChainSettings::default();
    id.set(&mut chain, id.parse(&setting.text)?).ok()?;
    Some(chain.dither.depth)
}

/// The item with this name.
fn named<T: Copy>(text: &str, all: &[T], name: impl Fn(T) -> &'static str) -> Result<T> {
    let found = all
        .iter()
        .copied()
        .find(|item| name(*item).eq_ignore_ascii_case(text));
    found.ok_or_else(|| {
        let names: Vec<_> = all.iter().map(|item| name(*item)).collect();
        anyhow!("there is no \"{text}\"; there are: {}", names.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arguments::{Cli, Command};
    use clap::Parser;

    fn format(options: &[&str]) -> Result<FileFormat> {
        let arguments = ["flow", "master", "song.wav"].iter().chain(options);
        let Command::Master(arguments) = Cli::try_parse_from(arguments).unwrap().command else {
            panic!("the command master")
        };
        let settings = arguments.settings.iter().map(|typed| Setting::parse(typed));
        let settings = settings.collect::<Result<Vec<_>>>()?;
        FileFormat::new(&arguments, &settings)
    }

    #[test]
    fn dither_fits_bits_of_file() {
        for (options, name, dither) in [
            (&[][..], "WAV, 24 bit", "24 bit"),
            (&["--bits", "16"], "WAV, 16 bit", "16 bit"),
            (&["--bits", "32f"], "WAV, 32 bit float", "Off"),
            (
                &["--format", "flac", "--bits", "16"],
                "FLAC, 16 bit",
                "16 bit",
            ),
            (&["--format", "ogg"], "Ogg Vorbis", "Off"),
            // A dither by hand is never coarser than the file.
            (&["--set", "dith=16"], "WAV, 16 bit", "16 bit"),
            (&["--set", "dith=20 bit"], "WAV, 24 bit", "24 bit"),
            (
                &["--bits", "16", "--set", "dith=off"],
                "WAV, 16 bit",
                "16 bit",
            ),
        ] {
            let format = format(options).unwrap();
            assert_eq!(
                (format.output.name().as_str(), format.dither().text.as_str()),
                (name, dither)
            );
        }
    }

    #[test]
    fn unknown_and_contradictory_formats_are_refused() {
        for (options, words) in [
            (&["--format", "mp3"][..], "there are: wav, flac, ogg"),
            (&["--bits", "20"], "there are: 16, 24, 32f"),
            (&["--format", "flac", "--bits", "32f"], "FLAC"),
            (&["--format", "ogg", "--bits", "16"], "Ogg Vorbis"),
            (&["--bits", "24", "--set", "dith=16 bit"], "use --bits 16"),
            (&["--bits", "16", "--set", "dith=24 bit"], "no effect"),
        ] {
            let error = format(options).unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        }
    }
}
