//! Options of the commands.

use clap::Args;
use flow_analysis::report::MAX_AMOUNT_PERCENT;
use std::path::PathBuf;

/// Options of `master`.
#[derive(Args)]
pub struct MasterArguments {
    /// WAV, FLAC, MP3, Ogg Vorbis or AIFF files, mono or stereo, 22.05 to 384 kHz.
    #[arg(value_name = "SONG")]
    pub songs: Vec<PathBuf>,
    /// The delivery profile: loudness target and true-peak ceiling. An unknown name lists them all. [default: streaming
    /// without turning louder songs down; with --reference the reference's loudness at a ceiling of -1 dBTP]
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,
    /// A factory preset. It sets all parameters but the ceiling and gain of the profile and the dither. `--set` overrides
    /// it.
    #[arg(long, value_name = "NAME")]
    pub preset: Option<String>,
    /// Apply the assistant's proposals for each song to the settings of `--preset`. Parameters of `--set` keep their value.
    #[arg(long)]
    pub assist: bool,
    /// Match balance and width to this song, and without --profile loudness too. Several references count as their mean.
    /// With --assist the assistant proposes the other settings.
    #[arg(long = "reference", value_name = "SONG")]
    pub references: Vec<PathBuf>,
    /// The share of the match and of the proposals that is applied, in %.
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u8).range(0..=i64::from(MAX_AMOUNT_PERCENT)))]
    pub amount: u8,
    /// Treat the songs as an album: the loudest reaches the profile's loudness, and the others stay as far below it as they
    /// were. If one song cannot reach its goal, all goals are lowered.
    #[arg(long)]
    pub album: bool,
    /// Print the factory presets with their descriptions, and exit.
    #[arg(long)]
    pub list_presets: bool,
    /// The folder for the results, created if missing.
    #[arg(long, value_name = "DIR", default_value = "mastered")]
    pub out: PathBuf,
    /// Set a parameter of the plug-in, such as `lstyl=punch` or `ceil=-2`. Setting `gain` switches the search for the
    /// loudness gain off. An unknown name lists them all.
    #[arg(long = "set", value_name = "ID=VALUE", allow_hyphen_values = true)]
    pub settings: Vec<String>,
    /// Print one JSON object on stdout, or an array for several songs.
    #[arg(long)]
    pub json: bool,
    /// Record the work of the plug-in's threads as Chrome trace-event JSON, for <https://ui.perfetto.dev>.
    #[arg(long, value_name = "FILE")]
    pub probe: Option<PathBuf>,
    /// The block size in samples. It doesn't change the result.
    #[arg(long, value_name = "N", default_value_t = 512, value_parser = clap::value_parser!(u16).range(1..=8192))]
    pub block: u16,
}
