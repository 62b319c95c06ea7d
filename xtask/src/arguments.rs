//! The arguments of `cargo xtask`.

use crate::measure::Table;
use crate::test::Stage;
use clap::{Args, Parser, Subcommand, ValueEnum};
use flow_cli::MasterArguments;
use std::path::PathBuf;

/// Flow's development tasks.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", version)]
pub(crate) struct Cli {
    /// Install missing programs and libraries without asking.
    #[arg(long, global = true)]
    pub(crate) yes: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The commands.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Build the plug-in's bundles: `cargo xtask bundle` writes Flow.clap, Flow.vst3 with its presets, the standalone
    /// app and the command line to target/bundled, in the release profile. `cargo xtask bundle flow_bundle …` takes the options of `cargo build`.
    Bundle {
        #[arg(
            trailing_var_arg = true,
            allow_hyphen_values = true,
            value_name = "PACKAGE AND OPTIONS"
        )]
        arguments: Vec<String>,
    },
    /// Master songs through the built plug-in, as `flow master` does.
    Master(MasterArguments),
    /// Measure the built plug-in and draw the documentation's plots.
    Plots(PlotsArguments),
    /// Write the manual's pages of controls, presets and destinations from the registry. `--site` builds the manual as a website.
    Manual(ManualArguments),
    /// Install the Debian packages, cargo tools and Python packages that `master` and `test` need.
    Setup(SetupArguments),
    /// Draw the pictures of the window in plugin/tests/snapshots, with the demo song. Review them before you commit them.
    Screenshot,
    /// Measure dropouts of real-time audio on a busy machine, with analysis running and windows open. The same runs without
    /// the scheduler, and without analysis and windows, are the comparison.
    Stress(StressArguments),
    /// One run of `stress` in its own process.
    #[command(hide = true)]
    StressRun { plan: String },
    /// Train the network in models/ with music from Debian's packages, evaluate it and quantize it to INT8. This takes hours
    /// on two cores, continues where it was stopped, and needs Debian or Ubuntu.
    Train(TrainArguments),
    /// Measure a table of docs/measurements.md, and write it there.
    Measure(MeasureArguments),
    /// Run all checks of CI's Linux job: formatting, spelling, lints, documentation, the bundles, all tests, the VST3 in Python hosts, real-time
    /// and thread safety, the training recipe, instruction counts.
    Test(TestArguments),
    /// Check the bundles with clap-validator, the VST3 SDK's validator and pluginval, each from its option or from PATH.
    /// Prints a table. The exit code is 1 if a check fails or no validator is found.
    Conformance(ConformanceArguments),
    /// Build Flow for another system on Linux, into its folder of target/cross. `--test` runs it in an emulator and compares its
    /// sound with this system's.
    Cross(CrossArguments),
    /// Make the packages that users download, in target/packages: for Linux an archive and a Debian package, for Windows an
    /// archive and an installer, and on a Mac an archive for macOS. `--test` installs and removes them.
    Package(PackageArguments),
    /// Count instructions and measure times of the DSP. The options are those of `cargo bench`.
    Bench {
        #[arg(
            trailing_var_arg = true,
            allow_hyphen_values = true,
            value_name = "OPTIONS"
        )]
        arguments: Vec<String>,
    },
}

/// A system that Flow is built for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum System {
    /// Windows on x86-64.
    Windows,
    /// Linux on 64-bit Arm.
    #[value(name = "linux-arm64")]
    LinuxArm64,
    /// macOS on Apple's chips: types are checked, and stubs stand for Apple's frameworks.
    Macos,
}

/// Options of `cross`.
#[derive(Args)]
#[cfg_attr(not(target_os = "linux"), allow(dead_code))]
pub(crate) struct CrossArguments {
    #[arg(value_name = "SYSTEM")]
    pub(crate) system: System,
    /// Run the tests, the demo's master and the window in Wine or qemu. Nothing runs programs of macOS here.
    #[arg(long)]
    pub(crate) test: bool,
    /// With `--test`, only compare the sound: the chain's bits, and for Windows also the demo's master by the loaded plug-in.
    #[arg(long, requires = "test")]
    pub(crate) quick: bool,
}

impl CrossArguments {
    /// What is run in an emulator.
    pub(crate) fn trial(&self) -> Trial {
        match (self.test, self.quick) {
            (false, _) => Trial::Nothing,
            (true, true) => Trial::Sound,
            (true, false) => Trial::Everything,
        }
    }
}

/// How much of a build for another system is run in an emulator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trial {
    /// It is only built.
    Nothing,
    /// Its sound is compared with that of this system.
    Sound,
    /// Its sound, its window and its tests.
    Everything,
}

/// A system that packages are made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum PackageSystem {
    /// An archive with an install script, and a Debian package.
    Linux,
    /// An archive and an installer, made by mingw-w64 and NSIS.
    Windows,
    /// An archive of the bundles, made on a Mac and not signed.
    Macos,
}

/// Options of `package`.
#[derive(Args)]
#[cfg_attr(not(any(target_os = "linux", target_os = "macos")), allow(dead_code))]
pub(crate) struct PackageArguments {
    #[arg(value_name = "SYSTEM")]
    pub(crate) system: PackageSystem,
    /// Install and remove the packages: in a new folder, a new Debian system and Wine.
    #[arg(long)]
    pub(crate) test: bool,
    /// The tag of the release. It has to be that of this version: v1.2.3 for 1.2.3.
    #[arg(long)]
    pub(crate) tag: Option<String>,
}

/// Options of `measure`.
#[derive(Args)]
pub(crate) struct MeasureArguments {
    /// The table.
    #[arg(long, value_name = "TABLE", value_enum)]
    pub(crate) table: Table,
    /// Print the table and leave the page as it is.
    #[arg(long)]
    pub(crate) print: bool,
    /// A delivery profile of the table of songs. May be repeated. Without one, it is streaming.
    #[arg(long = "profile", value_name = "NAME")]
    pub(crate) profiles: Vec<String>,
    /// The songs, for the tables that are measured on music.
    #[arg(value_name = "SONG")]
    pub(crate) songs: Vec<PathBuf>,
}

/// Options of `setup`.
#[derive(Args)]
pub(crate) struct SetupArguments {
    /// Write the newest versions of the cargo tools to xtask/cargo-tools.toml first.
    #[arg(long)]
    pub(crate) newest: bool,
}

/// Options of `manual`.
#[derive(Args)]
pub(crate) struct ManualArguments {
    /// Build the manual as a website in target/manual/site, with mdBook.
    #[arg(long)]
    pub(crate) site: bool,
}

/// Options of `test`.
#[derive(Args)]
pub(crate) struct TestArguments {
    /// Run only what fails often: formatting, lints, the bundles and all tests but the long ones, without Python and sanitizers.
    #[arg(long, conflicts_with = "only")]
    pub(crate) quick: bool,
    /// Run only these stages.
    #[arg(long, value_name = "STAGE", value_delimiter = ',')]
    pub(crate) only: Vec<Stage>,
}

/// Options of `conformance`.
#[derive(Args)]
pub(crate) struct ConformanceArguments {
    /// The program of <https://github.com/free-audio/clap-validator>. Its fuzzer runs too, if the version has one.
    #[arg(long, value_name = "PATH")]
    pub(crate) clap_validator: Option<PathBuf>,
    /// The program `validator` of <https://github.com/steinbergmedia/vst3sdk>. Its extensive tests run.
    #[arg(long, value_name = "PATH")]
    pub(crate) vst3_validator: Option<PathBuf>,
    /// The program of <https://github.com/Tracktion/pluginval>. It runs at strictness level 10.
    #[arg(long, value_name = "PATH")]
    pub(crate) pluginval: Option<PathBuf>,
    /// The number of random seeds. pluginval and clap-validator's fuzzer run once with each.
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) seeds: u32,
}

/// Options of `train`.
#[derive(Args)]
pub(crate) struct TrainArguments {
    /// Run every step with very little music, in minutes, in target/train/quick. This tests the recipe only.
    #[arg(long)]
    pub(crate) quick: bool,
    /// Evaluate the test split too. Use it once for a release, so that no decision depends on it.
    #[arg(long)]
    pub(crate) test: bool,
    /// Evaluate the present network anew, after a change of Flow: with the validation split, and with `--test` with the test
    /// split too. Writes models/README.md.
    #[arg(long, conflicts_with = "quick")]
    pub(crate) evaluate: bool,
    /// Evaluate the present network with these files and folders of music, and exit.
    #[arg(long, value_name = "MUSIC", num_args = 1..)]
    pub(crate) judge: Vec<PathBuf>,
    /// The folder for downloads and training data [default: target/train].
    #[arg(long, value_name = "FOLDER")]
    pub(crate) cache: Option<PathBuf>,
}

/// Options of `stress`.
#[derive(Args)]
#[cfg_attr(not(target_os = "linux"), allow(dead_code))]
pub(crate) struct StressArguments {
    /// The duration of each of the six runs in seconds: three at 64 samples, three at 128.
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub(crate) seconds: u64,
    /// The number of plug-in instances, each with an audio thread and a window.
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=64))]
    pub(crate) instances: u8,
    /// Run the audio threads at normal priority, as a host without real-time rights does.
    #[arg(long)]
    pub(crate) normal_priority: bool,
    /// Print one JSON object on stdout.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Options of `plots`.
#[derive(Args)]
pub(crate) struct PlotsArguments {
    /// Write nothing, and fail if a stored plot differs from the present measurement.
    #[arg(long)]
    pub(crate) check: bool,
    /// The folder of the plots, created if missing [default: docs/pillars/plots].
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace;

    /// The beginning of each step of a workflow that calls xtask.
    const CALL: &str = "- run: cargo xtask ";

    /// The place of a step at which each of the matrix' arguments is put.
    const MATRIX_ARGUMENTS: &str = "${{ matrix.arguments }}";

    /// The calls of xtask in a workflow, each with the words after `cargo`.
    fn calls(workflow: &str) -> Vec<String> {
        let lines = || workflow.lines().map(str::trim);
        let matrix = lines().find_map(|line| line.strip_prefix("arguments: [")?.strip_suffix(']'));
        let matrix: Vec<&str> = matrix.map_or(Vec::new(), |list| list.split(", ").collect());
        let steps = lines().filter_map(|line| line.strip_prefix(CALL));
        let calls = steps.flat_map(|step| {
            if step.contains(MATRIX_ARGUMENTS) {
                let with = |arguments| step.replace(MATRIX_ARGUMENTS, arguments);
                matrix.iter().copied().map(with).collect()
            } else {
                vec![step.to_owned()]
            }
        });
        calls.map(|call| format!("xtask {call}")).collect()
    }

    #[test]
    fn calls_of_workflow_have_each_argument_of_its_matrix() {
        let workflow = "  arguments: [a --b, c]\n  - run: cargo xtask x ${{ matrix.arguments }}\n  - run: cargo xtask y\n";
        assert_eq!(calls(workflow), ["xtask x a --b", "xtask x c", "xtask y"]);
    }

    #[test]
    fn calls_of_all_workflows_are_commands_that_exist() {
        let folder = workspace::root().join(".github/workflows");
        let mut all = Vec::new();
        for entry in std::fs::read_dir(folder).unwrap() {
            all.extend(calls(
                &std::fs::read_to_string(entry.unwrap().path()).unwrap(),
            ));
        }
        assert!(
            all.contains(&"xtask cross windows --test".to_owned()),
            "{all:?}"
        );
        for call in all {
            let parsed = Cli::try_parse_from(call.split(' '));
            assert!(parsed.is_ok(), "{call}: {}", parsed.err().unwrap());
        }
    }

    #[test]
    fn quick_trial_of_another_system_needs_the_option_for_tests() {
        let parse = |options: &[&str]| {
            let words = ["xtask", "cross", "windows"];
            Cli::try_parse_from(words.iter().chain(options)).map(|cli| match cli.command {
                Command::Cross(arguments) => arguments.trial(),
                _ => unreachable!("the command is cross"),
            })
        };
        assert_eq!(parse(&[]).ok(), Some(Trial::Nothing));
        assert_eq!(parse(&["--test"]).ok(), Some(Trial::Everything));
        assert_eq!(parse(&["--test", "--quick"]).ok(), Some(Trial::Sound));
        let refusal = parse(&["--quick"]).unwrap_err().to_string();
        assert!(refusal.contains("--test"), "{refusal}");
    }
}
