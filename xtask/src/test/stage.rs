//! The stages of `cargo xtask test`.

use crate::setup::{self, CargoTool, Environment, Package, python};
use anyhow::Result;
use clap::ValueEnum;

/// A stage, in the order in which they run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Stage {
    /// Formatting and lints.
    Code,
    /// The spelling of all files.
    Spelling,
    /// The developer's documentation, and its examples.
    Documentation,
    /// The manual's website. Runs only by name.
    Manual,
    /// The bundles, and the tests of every crate and of the bundles.
    Tests,
    /// The bundles, and the tests that pass on every system: those of the sound, of the network and of the bundles. Runs only by
    /// name, because `tests` has them too.
    Portable,
    /// The VST3 in pedalboard and DawDreamer.
    PythonHosts,
    /// The VST3 in Ardour. Runs only by name.
    Ardour,
    /// The audio thread: no allocation, lock or system call.
    RealTime,
    /// Lock-free data under ThreadSanitizer.
    Threads,
    /// The training recipe with very little music.
    Training,
    /// Instructions per frame, against their limits.
    Instructions,
    /// Known faults of the dependencies, by cargo-deny. Runs only by name.
    Advisories,
}

impl Stage {
    /// The stages of `cargo xtask test --quick`.
    const QUICK: [Self; 2] = [Self::Code, Self::Tests];

    /// The stages that run only by name: their programs take long to install, or others have their tests.
    const BY_NAME: [Self; 4] = [Self::Manual, Self::Portable, Self::Ardour, Self::Advisories];

    /// The stages of `cargo xtask test`: all but those that run only by name.
    pub(crate) fn standard() -> Vec<Self> {
        let mut stages = Self::value_variants().to_vec();
        stages.retain(|stage| !Self::BY_NAME.contains(stage));
        stages
    }

    /// The stages that the options ask for, each once and in order.
    pub(super) fn chosen(is_quick: bool, only: &[Self]) -> Vec<Self> {
        if is_quick {
            Self::QUICK.to_vec()
        } else if only.is_empty() {
            Self::standard()
        } else {
            let mut stages = Self::value_variants().to_vec();
            stages.retain(|stage| only.contains(stage));
            stages
        }
    }

    /// The Debian packages that the stage needs.
    fn packages(self) -> Vec<Package> {
        let packages: &[&[Package]] = match self {
            Self::Code | Self::Documentation | Self::Threads => &[&setup::FOR_BUILDING],
            Self::Spelling => &[&setup::FOR_PYTHON],
            Self::Manual | Self::Advisories => &[],
            Self::Tests | Self::Portable | Self::RealTime => {
                &[&setup::FOR_BUILDING, &setup::FOR_WINDOWS]
            }
            Self::PythonHosts => &[
                &setup::FOR_BUILDING,
                &setup::FOR_WINDOWS,
                &setup::FOR_PYTHON_HOSTS,
            ],
            Self::Ardour => &[
                &setup::FOR_BUILDING,
                &setup::FOR_WINDOWS,
                &setup::FOR_PYTHON_HOSTS,
                &setup::FOR_ARDOUR,
            ],
            Self::Training => &[&setup::FOR_BUILDING, &setup::FOR_TRAINING],
            Self::Instructions => &[&setup::FOR_BENCHMARKS],
        };
        packages.concat()
    }

    /// The cargo tools that the stage needs.
    fn tools(self) -> &'static [CargoTool] {
        match self {
            Self::Code => &[setup::RUSTFMT, setup::CLIPPY],
            Self::Tests | Self::Portable | Self::RealTime => &[setup::NEXTEST],
            Self::Manual => &[setup::MDBOOK],
            Self::Advisories => &[setup::CARGO_DENY],
            Self::Instructions => &[setup::GUNGRAUN_RUNNER],
            _ => &[],
        }
    }

    /// The Python environments that the stage creates.
    pub(crate) fn environments(self) -> &'static [Environment] {
        match self {
            Self::Spelling => &[python::SPELLING],
            Self::PythonHosts | Self::Ardour => &[python::HOSTS],
            Self::Training => &[python::TRAINING],
            _ => &[],
        }
    }
}

/// Makes sure that all that these stages need is there, and that they may create their Python environments.
///
/// # Errors
///
/// As for [`setup::ensure_all`].
pub(crate) fn ensure(stages: &[Stage]) -> Result<()> {
    let packages: Vec<Package> = each_once(stages.iter().flat_map(|stage| stage.packages()));
    let tools: Vec<CargoTool> = each_once(stages.iter().flat_map(|stage| stage.tools().to_vec()));
    let environments: Vec<Environment> = each_once(
        stages
            .iter()
            .flat_map(|stage| stage.environments().to_vec()),
    );
    setup::ensure_all(&packages, &tools, &environments)
}

/// As [`ensure`]. Leaves out the stages that need a package which this system's release doesn't have. Returns the other stages, and
/// a sentence for each that is left out.
///
/// # Errors
///
/// As for [`ensure`].
pub(crate) fn ensure_available(stages: Vec<Stage>) -> Result<(Vec<Stage>, Vec<String>)> {
    ensure_possible(
        stages,
        |stage| setup::unavailable(&stage.packages()),
        ensure,
    )
}

fn ensure_possible(
    mut stages: Vec<Stage>,
    unavailable: impl Fn(Stage) -> Vec<&'static str>,
    mut ensure: impl FnMut(&[Stage]) -> Result<()>,
) -> Result<(Vec<Stage>, Vec<String>)> {
    let mut remarks = Vec::new();
    loop {
        stages.retain(|stage| {
            let names = unavailable(*stage);
            if !names.is_empty() {
                remarks.push(left_out(*stage, &names));
            }
            names.is_empty()
        });
        match ensure(&stages) {
            Ok(()) => return Ok((stages, remarks)),
            // The installation has fetched the lists of packages, by which the release is known only now.
            Err(_) if stages.iter().any(|stage| !unavailable(*stage).is_empty()) => {}
            Err(error) => return Err(error),
        }
    }
}

/// The sentence about a stage that is left out.
fn left_out(stage: Stage, packages: &[&str]) -> String {
    let name = stage
        .to_possible_value()
        .map_or_else(String::new, |value| value.get_name().to_owned());
    format!(
        "The stage {name} is left out: this system's release has no package {}.",
        packages.join(", ")
    )
}

/// These values without repetitions, in their order.
pub(crate) fn each_once<T: PartialEq>(values: impl Iterator<Item = T>) -> Vec<T> {
    let mut kept = Vec::new();
    for value in values {
        if !kept.contains(&value) {
            kept.push(value);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chosen_stages_keep_their_order_and_come_once() {
        let only = [Stage::Threads, Stage::Code, Stage::Threads];
        assert_eq!(Stage::chosen(false, &only), [Stage::Code, Stage::Threads]);
    }

    #[test]
    fn test_without_options_runs_all_that_needs_no_name() {
        let stages = Stage::chosen(false, &[]);
        let by_name = Stage::BY_NAME;
        assert!(by_name.iter().all(|stage| !stages.contains(stage)));
        assert_eq!(stages.len(), Stage::value_variants().len() - by_name.len());
    }

    #[test]
    fn stage_without_its_package_in_the_release_is_left_out() {
        let unavailable = |stage| match stage {
            Stage::Training => vec!["python3-torch"],
            _ => Vec::new(),
        };
        let stages = vec![Stage::Code, Stage::Training];
        let (kept, remarks) = ensure_possible(stages.clone(), unavailable, |_| Ok(())).unwrap();
        assert_eq!(kept, [Stage::Code]);
        assert_eq!(
            remarks,
            ["The stage training is left out: this system's release has no package python3-torch."]
        );
        let failing = |_: &[Stage]| Err(anyhow::anyhow!("no network"));
        let error = ensure_possible(stages, unavailable, failing).unwrap_err();
        assert_eq!(error.to_string(), "no network");
    }

    #[test]
    fn release_that_is_known_after_the_first_installation_leaves_out_its_stage() {
        let is_known = std::cell::Cell::new(false);
        let unavailable = |stage| {
            if is_known.get() && stage == Stage::Training {
                vec!["python3-torch"]
            } else {
                Vec::new()
            }
        };
        let install = |stages: &[Stage]| {
            is_known.set(true);
            anyhow::ensure!(!stages.contains(&Stage::Training), "apt-get failed");
            Ok(())
        };
        let stages = vec![Stage::Code, Stage::Training];
        let (kept, remarks) = ensure_possible(stages, unavailable, install).unwrap();
        assert_eq!((kept.as_slice(), remarks.len()), (&[Stage::Code][..], 1));
    }

    #[test]
    fn page_about_testing_lists_each_stage() {
        let page = crate::workspace::root().join("docs/developer/testing.md");
        let page = std::fs::read_to_string(page).unwrap();
        for stage in Stage::value_variants() {
            let name = stage.to_possible_value().unwrap().get_name().to_owned();
            assert!(page.contains(&format!("\n| `{name}` | ")), "{name}");
        }
    }

    #[test]
    fn quick_stages_need_no_python() {
        let stages = Stage::chosen(true, &[]);
        assert!(stages.iter().all(|stage| stage.environments().is_empty()));
    }
}
