//! Packages of Debian and Ubuntu.

use super::consent;
use anyhow::{Result, bail};
use std::path::Path;
use std::process::{Command, Stdio};

/// The evidence that a package's contents are installed.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Sign {
    /// pkg-config finds this library.
    Library(&'static str),
    /// This program starts with `--version`.
    Program(&'static str),
    /// This file exists.
    File(&'static str),
    /// A folder, and the beginning of the name of a file in it.
    InFolder(&'static str, &'static str),
    /// The system's Python finds this module.
    Module(&'static str),
    /// dpkg has installed a package whose name matches this pattern. Its documents are no sign, because dpkg can be set to leave
    /// them out.
    Installed(&'static str),
}

/// A package of Debian and Ubuntu.
#[derive(Clone, Copy, PartialEq)]
pub(crate) struct Package {
    debian: &'static str,
    sign: Sign,
}

pub(super) const fn package(debian: &'static str, sign: Sign) -> Package {
    Package { debian, sign }
}

/// The standalone app's audio and MIDI.
pub(crate) const FOR_BUILDING: [Package; 3] = [
    package("pkg-config", Sign::Program("pkg-config")),
    package("libasound2-dev", Sign::Library("alsa")),
    package("libjack-jackd2-dev", Sign::Library("jack")),
];

/// Draws the window in tests: Mesa's software Vulkan, and an X server without a screen, which includes Mesa's OpenGL.
pub(crate) const FOR_WINDOWS: [Package; 2] = [
    package(
        "mesa-vulkan-drivers",
        Sign::InFolder("/usr/share/vulkan/icd.d", "lvp"),
    ),
    package("xvfb", Sign::File("/usr/bin/Xvfb")),
];

/// Counts the benchmarks' instructions.
pub(crate) const FOR_BENCHMARKS: [Package; 1] = [package("valgrind", Sign::Program("valgrind"))];

/// Makes Python environments.
pub(crate) const FOR_PYTHON: [Package; 1] = [PYTHON_ENVIRONMENTS];

const PYTHON_ENVIRONMENTS: Package = package("python3-venv", Sign::Module("ensurepip"));

/// Libraries that the wheels of the Python hosts link and don't contain.
pub(crate) const FOR_PYTHON_HOSTS: [Package; 5] = [
    PYTHON_ENVIRONMENTS,
    package("libatomic1", Sign::Installed("libatomic1")),
    package("libgl1", Sign::Installed("libgl1")),
    // Its name ends with t64 in newer releases.
    package("libglib2.0-0", Sign::Installed("libglib2.0-0*")),
    package("libx11-6", Sign::Installed("libx11-6")),
];

/// Hosts the VST3 without a window, and exports sessions from the command line.
pub(crate) const FOR_ARDOUR: [Package; 1] =
    [package("ardour", Sign::InFolder("/usr/bin", "ardour"))];

/// The limiters that Flow's is compared with, and their LV2 host.
pub(crate) const FOR_COMPARISONS: [Package; 5] = [
    package("ffmpeg", Sign::File("/usr/bin/ffmpeg")),
    package(
        "lsp-plugins-lv2",
        Sign::InFolder("/usr/lib/lv2", "lsp-plugins"),
    ),
    package("x42-plugins", Sign::InFolder("/usr/lib/lv2", "dpl.lv2")),
    package("calf-plugins", Sign::InFolder("/usr/lib/lv2", "calf.lv2")),
    package(
        "zam-plugins",
        Sign::InFolder("/usr/lib/vst3", "ZaMaximX2.vst3"),
    ),
];

/// Degrades music, and trains the network with it.
pub(crate) const FOR_TRAINING: [Package; 6] = [
    package("ffmpeg", Sign::File("/usr/bin/ffmpeg")),
    package("sox", Sign::File("/usr/bin/sox")),
    package("zam-plugins", Sign::InFolder("/usr/lib/ladspa", "Za")),
    package(
        "python3-torch",
        Sign::File("/usr/lib/python3/dist-packages/torch/__init__.py"),
    ),
    package(
        "python3-scipy",
        Sign::File("/usr/lib/python3/dist-packages/scipy/__init__.py"),
    ),
    PYTHON_ENVIRONMENTS,
];

/// Renders the training songs that are LMMS projects.
pub(crate) const FOR_RENDERING: [Package; 1] = [package("lmms", Sign::File("/usr/bin/lmms"))];

/// Renders the training songs that are projects, synthesizes speech, and plays instruments.
pub(crate) const FOR_CONTENT_CLASSES: [Package; 5] = [
    FOR_RENDERING[0],
    package("espeak-ng", Sign::Program("espeak-ng")),
    package("fluidsynth", Sign::Program("fluidsynth")),
    package("midicsv", Sign::File("/usr/bin/csvmidi")),
    package(
        "timgm6mb-soundfont",
        Sign::File("/usr/share/sounds/sf2/TimGM6mb.sf2"),
    ),
];

/// The Debian names of the packages that are missing. Other systems than Linux need none.
pub(super) fn missing(packages: &[Package]) -> Vec<&'static str> {
    let is_missing = |package: &&Package| match package.sign {
        Sign::Library(name) => !succeeds(Command::new("pkg-config").args(["--exists", name])),
        Sign::Program(name) => !succeeds(Command::new(name).arg("--version")),
        Sign::File(path) => !Path::new(path).exists(),
        Sign::InFolder(folder, beginning) => !has_file(folder, beginning),
        Sign::Module(name) => {
            !succeeds(Command::new("/usr/bin/python3").args(["-c", &format!("import {name}")]))
        }
        Sign::Installed(pattern) => !is_installed(pattern),
    };
    if !cfg!(target_os = "linux") {
        return Vec::new();
    }
    let missing = packages.iter().filter(is_missing);
    missing.map(|package| package.debian).collect()
}

/// The Debian names of the packages that are missing and that this system's release doesn't have. There are none if apt has
/// no lists of packages, so that nothing is known of the release.
pub(crate) fn unavailable(packages: &[Package]) -> Vec<&'static str> {
    unknown(&missing(packages))
}

/// Those of these packages that apt's lists don't have; none if there are no lists.
fn unknown<'a>(packages: &[&'a str]) -> Vec<&'a str> {
    let is_known = |name: &str| succeeds(Command::new("apt-cache").args(["show", name]));
    if packages.is_empty() || !has_lists(&[]) {
        return Vec::new();
    }
    let unknown = packages.iter().filter(|name| !is_known(name));
    unknown.copied().collect()
}

/// Whether apt has lists of packages, with these options of apt-cache. New containers have none. `madison` reads the lists
/// only, but `show` also knows the installed packages.
fn has_lists(options: &[&str]) -> bool {
    let mut madison = Command::new("apt-cache");
    madison.args(options).args(["madison", "pkg-config"]);
    let output = madison.stderr(Stdio::null()).output();
    output.is_ok_and(|output| output.status.success() && !output.stdout.is_empty())
}

/// The command that installs these packages, if there are any.
pub(super) fn installation(packages: &[&str]) -> Option<String> {
    let names = packages.join(" ");
    let sudo = if consent::is_root() { "" } else { "sudo " };
    (!packages.is_empty()).then(|| format!("{sudo}apt-get install {names}"))
}

/// Installs these packages with apt-get.
///
/// # Errors
///
/// If there is no apt-get, or if it fails.
pub(super) fn install(packages: &[&str]) -> Result<()> {
    let install = || {
        let options = ["install", "-y", "--no-install-recommends"];
        run_apt_get(&[&options[..], packages].concat())
    };
    // The package lists may be missing or old. They are fetched only if the installation needs them.
    if install() || (run_apt_get(&["update"]) && install()) {
        Ok(())
    } else {
        bail!("{}", failure(packages, &unknown(packages)))
    }
}

/// Whether dpkg has installed a package whose name matches.
fn is_installed(pattern: &str) -> bool {
    let query = ["--show", "--showformat=${db:Status-Status}\n", pattern];
    let output = Command::new("dpkg-query").args(query).output();
    output.is_ok_and(|output| {
        output
            .stdout
            .split(|&byte| byte == b'\n')
            .any(|line| line == b"installed")
    })
}

/// The error if `packages` can't be installed, of which this system's release doesn't have the `unknown` ones.
fn failure(packages: &[&str], unknown: &[&str]) -> String {
    let missing = packages.join(" ");
    let release = if unknown.is_empty() {
        String::new()
    } else {
        let names = unknown.join(" ");
        format!("; this system's release has no package {names}")
    };
    format!(
        "apt-get failed; these system packages (by their Debian names) are missing: {missing}{release}"
    )
}

fn has_file(folder: &str, beginning: &str) -> bool {
    let begins = |entry: std::fs::DirEntry| {
        let name = entry.file_name();
        name.to_string_lossy().starts_with(beginning)
    };
    std::fs::read_dir(folder).is_ok_and(|entries| entries.flatten().any(begins))
}

/// The programs that run apt-get: sudo for all but the superuser, and env, because sudo hides the variables of its caller.
fn runners(is_root: bool) -> &'static [&'static str] {
    if is_root { &["env"] } else { &["sudo", "env"] }
}

fn run_apt_get(arguments: &[&str]) -> bool {
    let runners = runners(consent::is_root());
    // stdout belongs to `master --json`.
    let status = Command::new(runners[0])
        .args(&runners[1..])
        .args(["DEBIAN_FRONTEND=noninteractive", "apt-get"])
        .args(arguments)
        .stdout(Stdio::from(std::io::stderr()))
        .status();
    status.is_ok_and(|status| status.success())
}

fn succeeds(command: &mut Command) -> bool {
    let silent = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    silent.status().is_ok_and(|status| status.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_packages_are_those_without_their_sign() {
        let packages = [
            package("there", Sign::File("/")),
            package("no-program", Sign::Program("no-such-program")),
            package("no-file", Sign::InFolder("/", "no-such-file")),
        ];
        let expected: &[&str] = if cfg!(target_os = "linux") {
            &["no-program", "no-file"]
        } else {
            &[]
        };
        assert_eq!(missing(&packages), expected);
        assert_eq!(installation(&[]), None);
    }

    #[test]
    fn unavailable_packages_are_missing_ones_that_the_release_lacks() {
        let there = package("no-such-package", Sign::File("/"));
        assert_eq!(unavailable(&[there]), [""; 0]);
        let in_release = package("pkg-config", Sign::Program("no-such-program"));
        assert_eq!(unavailable(&[in_release]), [""; 0]);
        // Without lists of packages nothing is known.
        if has_lists(&[]) {
            let nowhere = package("no-such-package", Sign::Program("no-such-program"));
            assert_eq!(unavailable(&[in_release, nowhere]), ["no-such-package"]);
        }
    }

    #[test]
    fn apt_of_a_new_container_has_no_lists_although_packages_are_installed() {
        let empty = tempfile::tempdir().unwrap();
        let lists = format!("Dir::State::lists={}/", empty.path().display());
        let caches = format!("Dir::Cache={}/", empty.path().display());
        assert!(!has_lists(&["-o", &lists, "-o", &caches]));
    }

    #[test]
    fn installed_package_is_found_without_its_documents() {
        // Other systems than Debian have no dpkg.
        if Path::new("/var/lib/dpkg/status").exists() {
            assert!(is_installed("dpkg") && is_installed("dpk*"));
        }
        assert!(!is_installed("no-such-package"));
        let python = Sign::Module("sys");
        let lacking = Sign::Module("no_such_module");
        if cfg!(target_os = "linux") && Path::new("/usr/bin/python3").exists() {
            assert_eq!(
                missing(&[package("a", python), package("b", lacking)]),
                ["b"]
            );
        }
    }

    #[test]
    fn signs_of_packages_are_no_documents() {
        let all = [
            &FOR_BUILDING[..],
            &FOR_PYTHON_HOSTS,
            &FOR_TRAINING,
            &FOR_COMPARISONS,
        ]
        .concat();
        let has_documents = |package: &&Package| match package.sign {
            Sign::File(path) | Sign::InFolder(path, _) => path.starts_with("/usr/share/doc"),
            _ => false,
        };
        assert_eq!(all.iter().filter(has_documents).count(), 0);
    }

    #[test]
    fn failure_of_apt_names_packages_that_the_release_lacks() {
        let text = failure(&["sox", "python3-torch"], &["python3-torch"]);
        assert!(
            text.ends_with(
                "are missing: sox python3-torch; this system's release has no package python3-torch"
            ),
            "{text}"
        );
        assert!(failure(&["sox"], &[]).ends_with("are missing: sox"));
    }

    #[test]
    fn apt_get_asks_no_questions_behind_sudo() {
        assert_eq!(runners(false), ["sudo", "env"]);
        assert_eq!(runners(true).last(), runners(false).last());
    }
}
