//! The commands and their options.

use clap::builder::{PossibleValue, PossibleValuesParser, StringValueParser, TypedValueParser};
use clap::{Args, ColorChoice, Parser, Subcommand, ValueHint};
use clap_complete::Shell;
use flow_analysis::report::{Intensity, MAX_AMOUNT_PERCENT};
use flow_audio_file::{Bits, Container, SONG_RATES_HZ};
use flow_dsp::DELIVERIES;
use flow_params::presets;
use std::ffi::OsStr;
use std::ops::RangeInclusive;
use std::path::PathBuf;

/// The width of help on wide terminals and in files, in columns.
const HELP_COLUMNS: usize = 100;

const EXAMPLES: &str = "\
Examples:
  flow master song.flac --profile spotify
  flow analyze song.flac --json
  flow presets

`flow COMMAND --help` explains all options of a command.";

const MASTER_EXAMPLES: &str = "\
Examples:
  flow master song.flac                        to streaming loudness, into the folder mastered
  flow master song.flac --no-assist            the same, with loudness and ceiling alone
  flow master song.flac --profile spotify
  flow master album/ --album --out masters     all songs of a folder, with one gain
  flow master song.wav --reference other.flac --amount 60
  flow master song.wav --preset warm-and-wide --set ceil=-2
  ffmpeg -i video.mp4 -f wav - | flow master - --json";

const ANALYZE_EXAMPLES: &str = "\
Examples:
  flow analyze song.flac
  flow analyze album/ --profile apple-music
  flow analyze song.flac --json | jq '.proposals[] | {changes, reason}'";

const COMPLETIONS_EXAMPLES: &str = "\
Examples:
  flow completions bash > ~/.local/share/bash-completion/completions/flow
  flow completions zsh > ~/.zfunc/_flow
  flow completions fish > ~/.config/fish/completions/flow.fish";

const MAN_EXAMPLES: &str = "\
Examples:
  flow man --out ~/.local/share/man/man1
  flow man | man -l -";

const EXIT_CODES: &str = "\
Exit codes:
  0    everything succeeded
  1    a song failed, or the work could not begin: no plug-in, no place for the results
  2    an argument is wrong; nothing was done
  129  the terminal was closed (SIGHUP)
  130  interrupted (Ctrl-C, SIGINT)
  143  terminated (SIGTERM), or on Windows the console was closed
  149  Ctrl+Break on Windows

An interrupted command leaves no unfinished files, and songs that were finished before stay. A second Ctrl-C ends it at once. \
When the reader of its output ends early, as `head` does, all results are written and the exit code stays the same.";

const PLUGIN: &str = "\
Plug-in:
  `flow master` loads Flow.clap from the folder of this program or the one above, or else from CLAP's folders, which are \
~/.clap and /usr/lib/clap on Linux. The variable FLOW_BUNDLE names another one.";

/// Masters and analyzes songs.
///
/// Flow brings songs to a loudness below a true-peak ceiling, and changes balance, width and dynamics where it is nearly
/// certain that this helps. It works on WAV, AIFF, FLAC, MP3, Ogg Vorbis, Opus, AAC and ALAC files. Nothing leaves the
/// computer.
#[derive(Parser)]
#[command(
    name = "flow",
    version,
    max_term_width = HELP_COLUMNS,
    after_help = EXAMPLES,
    after_long_help = format!("{EXAMPLES}\n\n{EXIT_CODES}"),
)]
pub struct Cli {
    /// When to color the text.
    ///
    /// `auto` colors it on a terminal, unless the variable NO_COLOR is set.
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        default_value = "auto",
        help_heading = "General"
    )]
    pub color: ColorChoice,
    /// The command.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Subcommand)]
pub enum Command {
    /// Master songs: an audio file and a report for each.
    Master(MasterArguments),
    /// Measure songs, and list findings and proposals.
    ///
    /// Measures loudness, peaks and stereo correlation, recognizes the content and the style, and lists findings and
    /// proposals with reason and confidence. It changes nothing and needs no plug-in.
    Analyze(AnalyzeArguments),
    /// List the factory presets by category.
    Presets(PresetsArguments),
    /// Print the completion script of a shell.
    #[command(after_help = COMPLETIONS_EXAMPLES)]
    Completions(CompletionsArguments),
    /// Print the manual pages, or write them to a folder.
    #[command(after_help = MAN_EXAMPLES)]
    Man(ManArguments),
}

/// Options of `master`.
#[derive(Args)]
#[command(
    max_term_width = HELP_COLUMNS,
    after_help = MASTER_EXAMPLES,
    after_long_help = format!("{MASTER_EXAMPLES}\n\n{EXIT_CODES}\n\n{PLUGIN}"),
)]
pub struct MasterArguments {
    /// Song files, folders of songs, or - for standard input. [default: the demo song]
    ///
    /// WAV, AIFF, FLAC, MP3, Ogg, Opus, AAC or ALAC, mono or stereo, 22.05 to 384 kHz. A folder stands for the songs in it, in
    /// natural order, without its subfolders, hidden files and Flow's own results (NAME.flow.*). Standard input
    /// and named pipes are copied to the folder for temporary files first.
    #[arg(value_name = "SONG", value_hint = ValueHint::AnyPath)]
    pub songs: Vec<PathBuf>,
    /// The delivery profile: loudness target and true-peak ceiling. May be repeated.
    ///
    /// Without a profile quieter songs are brought up to the loudness of `streaming`. Louder ones keep their dynamics: they are
    /// only turned down as far as their peaks exceed the ceiling. With --reference alone the loudness is the reference's,
    /// below −1 dBTP. Several profiles give one master each. The name of a profile is a part of the names of its files.
    #[arg(long = "profile", value_name = "NAME", value_parser = ListedNames(profiles), help_heading = "Loudness")]
    pub profiles: Vec<String>,
    /// Treat the songs as the tracks of an album, in their order.
    ///
    /// One gain holds for all, and they are rendered in one pass, so that joins without a gap stay without a gap. The loudest
    /// track reaches the profile's loudness. Adds the cue sheet album.cue.
    #[arg(long, help_heading = "Loudness")]
    pub album: bool,
    /// Start from a factory preset; `flow presets` lists them.
    ///
    /// It sets all parameters except dither, and ceiling and gain, which follow the profile. --set overrides it. Case, spaces
    /// and dashes of the name don't matter.
    #[arg(long, value_name = "NAME", value_parser = ListedNames(preset_names), hide_possible_values = true, help_heading = "Sound")]
    pub preset: Option<String>,
    /// Leave the assistant out: only the level changes, and what other options ask for.
    ///
    /// Without it the assistant analyzes each song, tries its proposals on the loudest 30 s, and applies those that it recommends.
    /// They start from --preset. Parameters of --set keep their value.
    #[arg(long, help_heading = "Sound")]
    pub no_assist: bool,
    /// Match balance, width and loudness to this song, or - for standard input. May be repeated.
    ///
    /// Several references count as their mean. With --profile the loudness is the profile's. The assistant leaves balance and
    /// width to the references.
    #[arg(long = "reference", value_name = "SONG", value_hint = ValueHint::FilePath, help_heading = "Sound")]
    pub references: Vec<PathBuf>,
    /// The share of the match and of the recommended changes that is applied, 0 to 150 %. [default: 100]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(0..=i64::from(MAX_AMOUNT_PERCENT)), help_heading = "Sound")]
    pub amount: Option<u8>,
    /// How far the assistant moves the balance towards the middle of the style. [default: normal]
    ///
    /// `gentle` goes six tenths of the way. `strong` enlarges the changes that are possible; the recommended ones, which are applied,
    /// stay those of `normal`.
    #[arg(long, value_name = "LEVEL", value_parser = intensity(), help_heading = "Sound")]
    pub intensity: Option<Intensity>,
    /// Set a parameter of the plug-in, such as `lstyl=punch`. May be repeated.
    ///
    /// Setting `gain` switches the search for the loudness gain off. An unknown name lists similar ones, or all.
    #[arg(
        long = "set",
        value_name = "ID=VALUE",
        allow_hyphen_values = true,
        help_heading = "Sound"
    )]
    pub settings: Vec<String>,
    /// The folder for the results, created if missing.
    #[arg(long, value_name = "DIR", default_value = "mastered", value_hint = ValueHint::DirPath, help_heading = "Results")]
    pub out: PathBuf,
    /// The format of the masters: WAV, FLAC, or Ogg Vorbis for previews.
    #[arg(long, value_name = "FORMAT", default_value = "wav", value_parser = ListedNames(formats), help_heading = "Results")]
    pub format: String,
    /// The bits of WAV and FLAC files. [default: 24]
    ///
    /// The dither fits them. 32f is floating point, for WAV only.
    #[arg(long, value_name = "BITS", value_parser = ListedNames(bits), help_heading = "Results")]
    pub bits: Option<String>,
    /// Convert songs to this sample rate in Hz before they are measured and mastered.
    #[arg(long = "rate", value_name = "HZ", value_parser = clap::value_parser!(u32).range(rates()), help_heading = "Results")]
    pub sample_rate_hz: Option<u32>,
    /// Write mono songs with two channels that are equal to the last bit.
    #[arg(long, help_heading = "Results")]
    pub stereo: bool,
    /// Print one JSON object on stdout, or an array for several songs.
    ///
    /// A song that fails is an object with `song` and `error`. A command that cannot begin prints an object with `error`.
    #[arg(long, help_heading = "Results")]
    pub json: bool,
    /// Record the work of the plug-in's threads for <https://ui.perfetto.dev>.
    ///
    /// The file is Chrome trace-event JSON.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Diagnostics")]
    pub probe: Option<PathBuf>,
    /// The block size of the plug-in in samples. It doesn't change the result.
    #[arg(long, value_name = "N", default_value_t = 512, value_parser = clap::value_parser!(u16).range(1..=8192), help_heading = "Diagnostics")]
    pub block: u16,
}

/// Options of `analyze`.
#[derive(Args)]
#[command(
    after_help = ANALYZE_EXAMPLES,
    after_long_help = format!("{ANALYZE_EXAMPLES}\n\n{EXIT_CODES}"),
)]
pub struct AnalyzeArguments {
    /// Song files, folders of songs, or - for standard input, as for `flow master`.
    #[arg(value_name = "SONG", required = true, value_hint = ValueHint::AnyPath)]
    pub songs: Vec<PathBuf>,
    /// The delivery profile that the proposals aim at.
    #[arg(long, value_name = "NAME", default_value = "streaming", value_parser = ListedNames(profiles), help_heading = "Loudness")]
    pub profile: String,
    /// How far the proposals move the balance towards the middle of the style.
    ///
    /// `gentle` goes six tenths of the way. `strong` enlarges the changes that are possible; the recommended ones stay those of
    /// `normal`.
    #[arg(long, value_name = "LEVEL", default_value = "normal", value_parser = intensity(), help_heading = "Sound")]
    pub intensity: Intensity,
    /// Print one JSON object on stdout, or an array for several songs.
    ///
    /// A song that fails is an object with `song` and `error`. A command that cannot begin prints an object with `error`.
    #[arg(long, help_heading = "Results")]
    pub json: bool,
}

/// Options of `presets`.
#[derive(Args)]
pub struct PresetsArguments {
    /// Print a JSON array with name, category, description and values of each preset.
    #[arg(long, help_heading = "Results")]
    pub json: bool,
}

/// Options of `completions`.
#[derive(Args)]
pub struct CompletionsArguments {
    /// The shell.
    #[arg(value_name = "SHELL")]
    pub shell: Shell,
}

/// Options of `man`.
#[derive(Args)]
pub struct ManArguments {
    /// The folder for one page of each command, created if missing.
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath, help_heading = "Results")]
    pub out: Option<PathBuf>,
}

impl Command {
    /// Whether results and errors are printed as JSON.
    #[must_use]
    pub fn is_json(&self) -> bool {
        match self {
            Self::Master(arguments) => arguments.json,
            Self::Analyze(arguments) => arguments.json,
            Self::Presets(arguments) => arguments.json,
            Self::Completions(_) | Self::Man(_) => false,
        }
    }
}

/// Parses any text. Help and completions offer the listed names; the commands check the text, because they accept other
/// spellings too and name similar ones.
#[derive(Clone)]
struct ListedNames(fn() -> Vec<PossibleValue>);

impl TypedValueParser for ListedNames {
    type Value = String;

    fn parse_ref(
        &self,
        command: &clap::Command,
        argument: Option<&clap::Arg>,
        value: &OsStr,
    ) -> Result<String, clap::Error> {
        StringValueParser::new().parse_ref(command, argument, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new((self.0)().into_iter()))
    }
}

fn intensity() -> impl TypedValueParser<Value = Intensity> {
    PossibleValuesParser::new(Intensity::ALL.map(Intensity::name))
        .try_map(|name| name.parse::<Intensity>())
}

fn rates() -> RangeInclusive<i64> {
    i64::from(*SONG_RATES_HZ.start())..=i64::from(*SONG_RATES_HZ.end())
}

fn formats() -> Vec<PossibleValue> {
    Container::ALL
        .map(|container| PossibleValue::new(container.extension()))
        .into()
}

fn bits() -> Vec<PossibleValue> {
    Bits::ALL.map(|bits| PossibleValue::new(bits.name())).into()
}

fn profiles() -> Vec<PossibleValue> {
    let described = DELIVERIES.iter().map(|delivery| {
        let ceiling = format!("ceiling {} dBTP", delivery.ceiling_dbtp);
        PossibleValue::new(delivery.id).help(match delivery.target_lufs {
            Some(lufs) => format!("{}: {lufs} LUFS, {ceiling}", delivery.name),
            None => format!("{}: no loudness target, {ceiling}", delivery.name),
        })
    });
    described.collect()
}

fn preset_names() -> Vec<PossibleValue> {
    let name = |preset: &flow_params::Preset| preset.name.to_lowercase().replace(' ', "-");
    let named = |preset| PossibleValue::new(name(preset)).help(preset.description.as_str());
    presets::all().iter().map(named).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn help_states_the_range_of_amount() {
        let command = MasterArguments::augment_args(clap::Command::new("master"));
        let mut arguments = command.get_arguments();
        let amount = arguments.find(|argument| argument.get_id() == "amount");
        let help = amount.and_then(clap::Arg::get_help).unwrap().to_string();
        assert!(
            help.contains(&format!("0 to {MAX_AMOUNT_PERCENT} %")),
            "{help}"
        );
    }

    #[test]
    fn offered_names_are_those_of_profiles_and_presets() {
        for preset in preset_names() {
            assert!(presets::find(preset.get_name()).is_some(), "{preset:?}");
        }
        for profile in profiles() {
            assert!(
                flow_dsp::Delivery::find(profile.get_name()).is_some(),
                "{profile:?}"
            );
        }
    }
}
