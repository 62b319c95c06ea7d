//! What can be typed after `cargo xtask`.

use clap::{Args, Parser, Subcommand};
use flow_cli::MasterArguments;
use std::path::PathBuf;

/// Flow's command line.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", version)]
pub(crate) struct Cli {
    /// Install missing programs and libraries without asking.
    #[arg(long, global = true)]
    pub(crate) yes: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What to do.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Build the plug-in's bundles: `cargo xtask bundle flow_plugin --release` makes target/bundled/Flow.clap and
    /// Flow.vst3. Options are those of `cargo build`.
    #[command(disable_help_flag = true)]
    Bundle {
        #[arg(
            trailing_var_arg = true,
            allow_hyphen_values = true,
            value_name = "PACKAGE AND OPTIONS"
        )]
        arguments: Vec<String>,
    },
    /// Master songs through the built plug-in: a 24-bit WAV and a report for each. Without SONG: the demo song.
    Master(MasterArguments),
    /// Measure the built plug-in and draw the documentation's plots.
    Plots(PlotsArguments),
    /// Install what `master` and `test` need beside Rust: Debian packages and cargo tools.
    Setup,
    /// Take the pictures of the window anew, with the demo song: plugin/tests/snapshots. Look at them before they are
    /// stored.
    Screenshot,
    /// Measure what audio has to suffer on a busy machine: paced real-time audio with every core burnt, inference
    /// running and windows open; beside it the same without the scheduler, and without analysis and windows.
    Stress(StressArguments),
    /// One run of `stress`, in a process of its own.
    #[command(hide = true)]
    StressRun { plan: String },
    /// Train the network anew: music from Debian's packages, examples, training, evaluation, INT8; models/. Hours on two
    /// cores; goes on where it was stopped. It needs Debian or Ubuntu.
    Train(TrainArguments),
    /// Run everything that CI runs: formatting, lints, the bundles, all tests, documentation, real-time safety,
    /// the VST3 in Python hosts.
    Test(TestArguments),
    /// Check the bundles with clap-validator, the VST3 SDK's validator and pluginval: those that are given or on PATH.
    /// Prints a table; the exit code is 1 if a check failed or no validator was found.
    Conformance(ConformanceArguments),
    /// Count instructions and measure times of the DSP; options are those of `cargo bench`. `inference [--json]`: every
    /// executor of the network, beside onnxruntime if Python has it.
    #[command(disable_help_flag = true)]
    Bench {
        #[arg(
            trailing_var_arg = true,
            allow_hyphen_values = true,
            value_name = "OPTIONS"
        )]
        arguments: Vec<String>,
    },
}

/// Options of `test`.
#[derive(Args)]
pub(crate) struct TestArguments {
    /// Test only the VST3 in other hosts: pedalboard and DawDreamer from PyPI, and Ardour, which is installed on Debian
    /// and Ubuntu.
    #[arg(long)]
    pub(crate) hosts: bool,
}

/// Options of `conformance`.
#[derive(Args)]
pub(crate) struct ConformanceArguments {
    /// The program of <https://github.com/free-audio/clap-validator>. Its fuzzer runs too, if this version has one.
    #[arg(long, value_name = "PATH")]
    pub(crate) clap_validator: Option<PathBuf>,
    /// The program `validator` of <https://github.com/steinbergmedia/vst3sdk>; its extensive tests are run.
    #[arg(long, value_name = "PATH")]
    pub(crate) vst3_validator: Option<PathBuf>,
    /// The program of <https://github.com/Tracktion/pluginval>, run at strictness level 10.
    #[arg(long, value_name = "PATH")]
    pub(crate) pluginval: Option<PathBuf>,
    /// Random seeds, counted from 1: pluginval and clap-validator's fuzzer run once with each.
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) seeds: u32,
}

/// Options of `train`.
#[derive(Args)]
pub(crate) struct TrainArguments {
    /// Every step with very little music, in minutes, into target/train/quick: a test of the recipe, no network to use.
    #[arg(long)]
    pub(crate) quick: bool,
    /// Judge the songs of the test split too: once for a release, so that nothing is ever chosen by them.
    #[arg(long)]
    pub(crate) test: bool,
    /// Judge the network that is there with any music, files or folders of them, and do nothing else.
    #[arg(long, value_name = "MUSIC", num_args = 1..)]
    pub(crate) judge: Vec<PathBuf>,
    /// Folder for downloads and what is made of them [default: target/train].
    #[arg(long, value_name = "FOLDER")]
    pub(crate) cache: Option<PathBuf>,
}

/// Options of `stress`.
#[derive(Args)]
pub(crate) struct StressArguments {
    /// Seconds of each run; there are six: three at 64 samples, and three at 128.
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub(crate) seconds: u64,
    /// Instances of the plug-in, each with an audio thread and a window of its own.
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=64))]
    pub(crate) instances: u8,
    /// Give the audio threads the priority that everyone has, as a host without real-time rights does.
    #[arg(long)]
    pub(crate) normal_priority: bool,
    /// Print one JSON object on stdout, and nothing else.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Options of `plots`.
#[derive(Args)]
pub(crate) struct PlotsArguments {
    /// Write nothing: fail where a stored plot shows something else than what the plug-in does now.
    #[arg(long)]
    pub(crate) check: bool,
    /// Folder of the plots; made if missing. Without it: docs/pillars/plots.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
}
