//! The table of promises: each is held by tests, and its figure is what they print after `measured: `.

use crate::command_steps::output;
use crate::{bundle, setup, test};
use anyhow::{Context, Result};
use std::ffi::OsStr;

const HEAD: &str = "| promise | measured | tests |\n|---|---|---|\n";

/// The mark of a figure in a test's output.
const MARK: &str = "measured: ";

/// The cell of tests that print no figure: they passed.
const HOLDS: &str = "holds";

/// A promise with the tests that fail when it is broken.
struct Promise {
    promise: &'static str,
    package: &'static str,
    /// Parts of the tests' names.
    tests: &'static [&'static str],
}

const BUNDLE: &str = "flow_testkit";
const DSP: &str = "flow_dsp";
const PLUGIN: &str = "flow_plugin";
const CLI: &str = "flow_cli";

const PROMISES: [Promise; 29] = [
    Promise {
        promise: "The latency is constant and as reported, to the sample; below 4.9 ms from 44.1 to 192 kHz",
        package: BUNDLE,
        tests: &["latency_"],
    },
    Promise {
        promise: "The defaults only delay: the output is the delayed input (limit −120 dBFS)",
        package: BUNDLE,
        tests: &["pure_delay"],
    },
    Promise {
        promise: "Bypass passes the input bit for bit, above the ceiling too",
        package: BUNDLE,
        tests: &["bypass_above_the_ceiling"],
    },
    Promise {
        promise: "Any split into blocks, with all parameters automated, and a second render give the same bits",
        package: BUNDLE,
        tests: &["block_split"],
    },
    Promise {
        promise: "True peak over the ceiling by a meter of 32-fold oversampling, torture up to 0.45 of the sample rate and music 12 dB hot, every style (limit +0.02 dB)",
        package: DSP,
        tests: &["limiter_on_torture", "limiter_behind_all_stages"],
    },
    Promise {
        promise: "The same with torture up to half the sample rate, white noise and full treble (limit +0.02 dB)",
        package: DSP,
        tests: &["limiter_on_full_band", "limiter_on_noise_and_full_treble"],
    },
    Promise {
        promise: "Harmonics of a limited bass of 30 to 80 Hz, every style: alone (limit 0.1 %); with 3 to 50 % of 7 kHz (0.1 to 0.2 %); with hats (0.5 to 1 %); of a bass of 100 Hz (0.5 %)",
        package: DSP,
        tests: &["limiter_on_bass_with_partials"],
    },
    Promise {
        promise: "Intermodulation of 60 Hz and 7 kHz at 4 : 1, limited by 6 dB, every style (limit 0.2 %)",
        package: DSP,
        tests: &["limiter_on_bass_with_treble"],
    },
    Promise {
        promise: "All that isn't the tone when a tone of 1 or 5 kHz is limited by 12 dB, every style: at the default release (limit −100 dB), at 10 ms (−93 dB)",
        package: DSP,
        tests: &["limiter_on_steady_tones"],
    },
    Promise {
        promise: "The limiter recovers to exactly 0 dB, 44.1 to 768 kHz, releases up to 1 s",
        package: DSP,
        tests: &["recovers_to_exactly"],
    },
    Promise {
        promise: "Aliases of Harmonic Lattice and Drive at full scale, 1 and 5 kHz, every character and drive, below the loudest harmonic; from 88.2 kHz on those below 20 kHz (limit 100 dB)",
        package: DSP,
        tests: &["lattice_and_drive_at_full_scale"],
    },
    Promise {
        promise: "A jump of any parameter with every stage at work adds no more above 2 kHz than a quick fade (limit −50 dBFS, or 6 dB above both ends at rest)",
        package: BUNDLE,
        tests: &["parameter_jump_with_active_stages"],
    },
    Promise {
        promise: "Meters: EBU Tech 3341 cases 1 to 5 and 9 to 23 and Tech 3342 cases 1 to 4 through the plug-in, inside their tolerances",
        package: BUNDLE,
        tests: &["metering", "true_peak_cases"],
    },
    Promise {
        promise: "EBU Tech 3341 case 6, and the loudness that the `ebur128` crate measures",
        package: DSP,
        tests: &["case_6", "agrees_with_ebur128"],
    },
    Promise {
        promise: "TPDF dither at 16 bits: level (limit 0.2 dB around −93.3 dBFS); variance at any offset (2 % around 0.25 LSB²)",
        package: BUNDLE,
        tests: &["dither_at_16_bit", "dither_at_any_offset"],
    },
    Promise {
        promise: "`flow` predicts the loudness of a master from a model of the limiter (limit 0.2 LU)",
        package: CLI,
        tests: &["prediction"],
    },
    Promise {
        promise: "`flow` masters a song of any length in little memory (limit 420 MiB)",
        package: CLI,
        tests: &["in_bounded_memory"],
    },
    Promise {
        promise: "Whole renders of a song by `flow master --no-assist` (limits: two through a chain at rest, three through one at work, one with the gain set by hand)",
        package: CLI,
        tests: &["is_rendered"],
    },
    Promise {
        promise: "NaN, infinity and denormals at the input leave no trace",
        package: BUNDLE,
        tests: &["robustness"],
    },
    Promise {
        promise: "Hosts that break the rules are answered: events out of place, null and shared buffers, calls before activation, strange rates, broken streams",
        package: BUNDLE,
        tests: &["hostile"],
    },
    Promise {
        promise: "The audio thread's sources have no lock, clock or call of the system (`cargo xtask test --only real-time` runs them with allocations forbidden and with RealtimeSanitizer)",
        package: BUNDLE,
        tests: &["contain_no_locks_or_clocks", "real_time_process"],
    },
    Promise {
        promise: "A whole life of an instance on a stack of 128 KiB; the largest frame of the library (limit 64 KiB)",
        package: BUNDLE,
        tests: &["128_kib_stack", "frames_below_64_kib"],
    },
    Promise {
        promise: "The library with symbols (limit 25 MB)",
        package: BUNDLE,
        tests: &["library_in_release_profile"],
    },
    Promise {
        promise: "Scan and instantiation (limits 50 and 100 ms)",
        package: BUNDLE,
        tests: &["scan_and_instantiation"],
    },
    Promise {
        promise: "300 windows opened and closed, four at once, and an instance that goes with its window open lose no thread, file or picture",
        package: BUNDLE,
        tests: &["windows_opened_300", "windows_of_four", "instance_dropped"],
    },
    Promise {
        promise: "Processor time of drawing a frame at 1240 × 800 with music, without the graphics card's share (limit 16 times that of its audio)",
        package: PLUGIN,
        tests: &["frame_costs_a_bounded_multiple"],
    },
    Promise {
        promise: "Shapes and vertices of a frame with music (limits 900 and 50 000)",
        package: PLUGIN,
        tests: &["frame_with_music_has_few"],
    },
    Promise {
        promise: "Cost of an open window on the audio thread, blocks of 512 samples, medians (target 2 %, limit 10 %, because medians vary on a busy machine)",
        package: PLUGIN,
        tests: &["audio_thread_with_an_open_editor"],
    },
    Promise {
        promise: "Loss of the mono sum beyond the setting of *Mono safety*, on wide and opposed signals (limit +0.5 dB)",
        package: DSP,
        tests: &["mono_safety_on_wide_signals"],
    },
];

/// Runs the tests of all promises, and returns the table.
///
/// # Errors
///
/// If a test fails or cannot be built: then a promise is broken.
pub(super) fn measure() -> Result<String> {
    setup::ensure(&setup::FOR_WINDOWS, &[setup::NEXTEST])?;
    let clap = bundle::clap()?;
    let mut table = HEAD.to_owned();
    for promise in &PROMISES {
        let printed = run(promise, clap.as_os_str())?;
        table += &row(promise, &printed);
    }
    Ok(table)
}

/// The output of a promise's tests. A part of a name that no test has is an error.
fn run(promise: &Promise, clap: &OsStr) -> Result<String> {
    let output_of = |test: &&str| {
        let arguments = [
            "-p",
            promise.package,
            "-p",
            "workspace_features",
            "--no-capture",
            test,
        ];
        output(&mut test::nextest(&arguments, clap))
            .with_context(|| format!("a promise is broken: {}", promise.promise))
    };
    promise.tests.iter().map(output_of).collect()
}

fn row(promise: &Promise, printed: &str) -> String {
    let figures: Vec<&str> = printed
        .lines()
        .filter_map(|line| Some(line.split_once(MARK)?.1.trim()))
        .collect();
    let measured = match figures.as_slice() {
        [] => HOLDS.to_owned(),
        figures => figures.join("; ").replace('-', "\u{2212}"),
    };
    let Promise {
        promise,
        package,
        tests,
    } = promise;
    let names: Vec<String> = tests.iter().map(|test| format!("`{test}`")).collect();
    format!(
        "| {promise} | {measured} | {package}: {} |\n",
        names.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn row_has_the_figures_that_tests_print() {
        let promise = Promise {
            promise: "True peak",
            package: "flow_dsp",
            tests: &["limiter_on_torture", "limiter_on_noise"],
        };
        let printed =
            "running 1 test\nmeasured: -0.027 dB\ntest a ... ok\ntest b ... measured: -0.018 dB\n";
        let expected = "| True peak | −0.027 dB; −0.018 dB | flow_dsp: `limiter_on_torture`, `limiter_on_noise` |\n";
        assert_eq!(row(&promise, printed), expected);
        assert!(row(&promise, "test a ... ok").contains("| holds |"));
    }
}
