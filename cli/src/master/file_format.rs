//! The format of the mastered files, and the dither that fits it.

use crate::MasterArguments;
use crate::setting::Setting;
use anyhow::{Result, anyhow, ensure};
use flow_audio_file::{Bits, Container, OutputFormat};
use flow_params::{Kind, ParameterId};

/// The name of the dither for 16 bits.
const DITHER_16: &str = "16 bit";
const DITHER_OFF: &str = "Off";

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
        if dither.as_deref() == Some(DITHER_16) {
            bits.get_or_insert(Bits::Int16);
            ensure!(
                bits == Some(Bits::Int16),
                "a dither of 16 bits doesn't fit a file of more: use --bits 16"
            );
        }
        if let (Some(Bits::Int16), Some(dither)) = (bits, &dither) {
            ensure!(
                [DITHER_16, DITHER_OFF].contains(&dither.as_str()),
                "a dither of {dither} has no effect in a file of 16 bits: leave it out, or use --bits 24"
            );
        }
        Ok(Self {
            output: OutputFormat::new(container, bits)?,
        })
    }

    /// The value of the plug-in's parameter Dither.
    pub(super) fn dither(&self) -> &'static str {
        match self.output.bits() {
            Some(Bits::Int16) => DITHER_16,
            Some(Bits::Int24) => "24 bit",
            Some(Bits::Float32) | None => DITHER_OFF,
        }
    }
}

/// The last setting of the dither, as the plug-in names it.
fn dither_by_hand(settings: &[Setting]) -> Option<String> {
    let mut settings = settings.iter().rev();
    let setting = settings.find(|setting| setting.id == ParameterId::Dither)?;
    let Kind::Choice(choice) = ParameterId::Dither.kind() else {
        return None;
    };
    let position = choice.parse(&setting.text)?;
    Some(choice.text(position)?.to_owned())
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
                (format.output.name().as_str(), format.dither()),
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
