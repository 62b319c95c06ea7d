//! The tests that do not run under qemu, because they would take too long: it is about 80 times slower than the processor.

use anyhow::{Result, ensure};

/// The integration tests that run under qemu.
pub(super) const INTEGRATION_TESTS: [&str; 6] = [
    "audio_handle",
    "chain",
    "dither",
    "equalizers",
    "lock_free",
    "processors",
];

/// The integration tests that are left out; they are not compiled. All tests of a crate's library run, except those of
/// [`UNIT_TESTS`].
const INTEGRATION_TESTS_LEFT_OUT: [(&[&str], &str); 3] = [
    (
        &[
            "aliasing",
            "auto_gain",
            "automation",
            "comfort",
            "compressors",
            "crossovers",
            "drive",
            "free_bells",
            "limiter",
            "low_cut",
            "make_up",
            "meters",
            "mono_safety",
            "presets",
            "sample_rates",
            "velvet_floor",
        ],
        "they measure seconds of music; the chain's bits show that its sound is that of this system",
    ),
    (&["reference_files"], "it reads and analyzes whole songs"),
    (
        &["stack"],
        "it fills the stacks of threads, for which the emulator has other limits",
    ),
];

/// The unit tests that are left out, by nextest's filters.
const UNIT_TESTS: [(&str, &str); 8] = [
    (
        "package(flow_analysis) & test(/^(effect_model|pipeline|reference)::/)",
        "each analyzes several songs, or renders them through the chain",
    ),
    (
        "package(flow_analysis) & test(/^trial::tests::(trial|combination)_/)",
        "each renders a song several times",
    ),
    (
        "package(flow_analysis) & test(/^features::.*(song_|clipped_runs|every_sample_rate|music_has|mel_s)/)",
        "each computes the features of half a minute of music or more",
    ),
    (
        "package(flow_analysis) & test(/^rules::tests::.*(resonance|rumble|dc_of_a|inverted_channel_is|of_speech|of_filtered|twice|single_instrument)/)",
        "each analyzes half a minute of music or more",
    ),
    (
        "package(flow_inference) & test(/^analyzer::tests::(service::|gpu_faults::gpu_(that_fails|with_|under)|analyzer_(on_|once|without|with_int8|when))/)",
        "each measures the whole network's time, by which it chooses a backend",
    ),
    (
        "package(flow_inference) & test(/^(parity::(executors_with_any|int8_executor_in_each)|predictor::tests::predictor_on_a_darkened)/)",
        "each runs the whole network many times; the same kernels run in the tests that remain",
    ),
    (
        "package(flow_service) & test(/^tests::(analysis|scheduling|trials)::/)",
        "each plays half a minute of music or more to the service",
    ),
    (
        "package(flow_service) & test(/^tests::lifecycle::audio_handle_and_client/)",
        "it plays minutes of music",
    ),
];

/// nextest's filter for the tests that run.
pub(super) fn filter() -> String {
    let filters: Vec<String> = UNIT_TESTS.map(|(filter, _)| format!("({filter})")).into();
    format!("not ({})", filters.join(" | "))
}

/// A line for each set of tests that is left out, with its reason. `count` returns the number of tests that match a filter.
///
/// # Errors
///
/// If a filter matches no test: then a test has another name by now, and runs.
pub(super) fn remarks(count: impl Fn(&str) -> Result<usize>) -> Result<Vec<String>> {
    let mut lines = Vec::new();
    for (names, reason) in INTEGRATION_TESTS_LEFT_OUT {
        lines.push(format!(
            "Not run under qemu: integration tests {}: {reason}",
            names.join(", ")
        ));
    }
    for (filter, reason) in UNIT_TESTS {
        let number = count(filter)?;
        ensure!(
            number > 0,
            "no test matches `{filter}`; correct it in xtask/src/cross/left_out.rs"
        );
        lines.push(format!(
            "Not run under qemu: {number} tests, {filter}: {reason}"
        ));
    }
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace;
    use std::collections::BTreeSet;

    #[test]
    fn every_integration_test_runs_or_is_left_out_with_a_reason() {
        let mut there = BTreeSet::new();
        for folder in ["analysis", "dsp", "inference", "platform", "service"] {
            let folder = workspace::root().join(folder).join("tests");
            for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
                let path = entry.path();
                let is_test = path.extension().is_some_and(|extension| extension == "rs")
                    || path.join("main.rs").exists();
                if is_test {
                    let stem = path.file_stem().unwrap_or_default();
                    there.insert(stem.to_string_lossy().into_owned());
                }
            }
        }
        let left_out = INTEGRATION_TESTS_LEFT_OUT
            .iter()
            .flat_map(|(names, _)| *names);
        let named: BTreeSet<String> = INTEGRATION_TESTS
            .iter()
            .chain(left_out)
            .map(|name| (*name).to_owned())
            .collect();
        assert_eq!(named, there);
    }

    #[test]
    fn filter_that_matches_no_test_is_an_error() {
        assert!(remarks(|_| Ok(0)).is_err());
        let lines = remarks(|_| Ok(3)).unwrap();
        assert_eq!(
            lines.len(),
            UNIT_TESTS.len() + INTEGRATION_TESTS_LEFT_OUT.len()
        );
        assert!(
            lines
                .iter()
                .all(|line| line.starts_with("Not run under qemu: "))
        );
        assert!(filter().starts_with("not ((package(flow_analysis)"));
    }
}
