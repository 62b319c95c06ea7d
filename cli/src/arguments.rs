//! Options of the commands.

use clap::Args;
use std::path::PathBuf;

/// Options of `master`.
#[derive(Args)]
pub struct MasterArguments {
    /// WAV, FLAC, MP3, Ogg Vorbis or AIFF files, mono or stereo, 22.05 to 384 kHz.
    #[arg(value_name = "SONG")]
    pub songs: Vec<PathBuf>,
    /// Where the song goes: loudness target and true-peak ceiling. An unknown name lists them all. [default: streaming,
    /// but louder songs aren't turned down; with --reference its loudness at a ceiling of -1 dBTP]
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,
    /// A factory preset: sets everything but the profile's ceiling and gain and the dither. `--set` goes on top of it.
    #[arg(long, value_name = "NAME")]
    pub preset: Option<String>,
    /// Let the assistant listen to each song first, and apply what it proposes, starting from `--preset`. What `--set` sets
    /// stays.
    #[arg(long)]
    pub assist: bool,
    /// A song that these shall sound like: balance and width go towards it, and without --profile loudness too. Several
    /// count as their mean. With --assist the assistant sees to the rest.
    #[arg(long = "reference", value_name = "SONG")]
    pub references: Vec<PathBuf>,
    /// How far towards the reference, or along the assistant's proposals, in %.
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u8).range(0..=150))]
    pub amount: u8,
    /// The songs are an album: the loudest reaches the profile's loudness, and the others stay as much quieter as they
    /// were. If one can't come as far, all stay below.
    #[arg(long)]
    pub album: bool,
    /// Print the factory presets and what they are for, and do nothing else.
    #[arg(long)]
    pub list_presets: bool,
    /// Folder for the results; made if missing.
    #[arg(long, value_name = "DIR", default_value = "mastered")]
    pub out: PathBuf,
    /// Sets a parameter of the plug-in, such as `lstyl=punch` or `ceil=-2`. Setting `gain` switches the search for
    /// the loudness gain off. An unknown name lists them all.
    #[arg(long = "set", value_name = "ID=VALUE", allow_hyphen_values = true)]
    pub settings: Vec<String>,
    /// Print one JSON object a song on stdout, and nothing else; an array for several songs.
    #[arg(long)]
    pub json: bool,
    /// Record what the plug-in's threads do, for <https://ui.perfetto.dev>: Chrome trace-event JSON.
    #[arg(long, value_name = "FILE")]
    pub probe: Option<PathBuf>,
    /// Samples that the plug-in gets at a time. The result is the same whatever it is.
    #[arg(long, value_name = "N", default_value_t = 512, value_parser = clap::value_parser!(u16).range(1..=8192))]
    pub block: u16,
}
