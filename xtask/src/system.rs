//! What must be on the machine beside Rust: installed where that is possible, named where it isn't.

use anyhow::{Result, bail};
use std::path::Path;
use std::process::{Command, Stdio};

/// How a package shows that it is there, whichever way it came.
enum Sign {
    /// pkg-config knows this library.
    Library(&'static str),
    /// This program can be started with `--version`.
    Program(&'static str),
    /// This program is there; it knows no `--version`.
    File(&'static str),
    /// A file in the first whose name begins with the second.
    InFolder(&'static str, &'static str),
}

/// A package of Debian and Ubuntu.
pub(crate) struct Package {
    debian: &'static str,
    sign: Sign,
}

/// The standalone app's audio and MIDI.
pub(crate) const FOR_BUILDING: [Package; 3] = [
    Package {
        debian: "pkg-config",
        sign: Sign::Program("pkg-config"),
    },
    Package {
        debian: "libasound2-dev",
        sign: Sign::Library("alsa"),
    },
    Package {
        debian: "libjack-jackd2-dev",
        sign: Sign::Library("jack"),
    },
];

/// Draws the window in tests: Mesa's software Vulkan, and an X server without a screen, which brings Mesa's OpenGL.
pub(crate) const FOR_WINDOWS: [Package; 2] = [
    Package {
        debian: "mesa-vulkan-drivers",
        sign: Sign::InFolder("/usr/share/vulkan/icd.d", "lvp"),
    },
    Package {
        debian: "xvfb",
        sign: Sign::File("/usr/bin/Xvfb"),
    },
];

/// Counts the benchmarks' instructions.
pub(crate) const FOR_BENCHMARKS: [Package; 1] = [Package {
    debian: "valgrind",
    sign: Sign::Program("valgrind"),
}];

/// Runs the hosts that are Python packages: the libraries that their wheels don't contain.
pub(crate) const FOR_PYTHON_HOSTS: [Package; 5] = [
    Package {
        debian: "python3-venv",
        sign: Sign::File("/usr/share/doc/python3-venv"),
    },
    Package {
        debian: "libatomic1",
        sign: Sign::File("/usr/share/doc/libatomic1"),
    },
    Package {
        debian: "libgl1",
        sign: Sign::File("/usr/share/doc/libgl1"),
    },
    // Its name ends with t64 in newer releases.
    Package {
        debian: "libglib2.0-0",
        sign: Sign::InFolder("/usr/share/doc", "libglib2.0-0"),
    },
    Package {
        debian: "libx11-6",
        sign: Sign::File("/usr/share/doc/libx11-6"),
    },
];

/// Hosts the VST3 without a window, and exports sessions from the command line.
pub(crate) const FOR_ARDOUR: [Package; 1] = [Package {
    debian: "ardour",
    sign: Sign::InFolder("/usr/bin", "ardour"),
}];

/// Degrades music, and learns from it.
pub(crate) const FOR_TRAINING: [Package; 6] = [
    Package {
        debian: "ffmpeg",
        sign: Sign::File("/usr/bin/ffmpeg"),
    },
    Package {
        debian: "sox",
        sign: Sign::File("/usr/bin/sox"),
    },
    Package {
        debian: "zam-plugins",
        sign: Sign::InFolder("/usr/lib/ladspa", "Za"),
    },
    Package {
        debian: "python3-torch",
        sign: Sign::File("/usr/lib/python3/dist-packages/torch/__init__.py"),
    },
    Package {
        debian: "python3-scipy",
        sign: Sign::File("/usr/lib/python3/dist-packages/scipy/__init__.py"),
    },
    Package {
        debian: "python3-venv",
        sign: Sign::File("/usr/share/doc/python3-venv"),
    },
];

/// Renders the projects among the songs that are learnt from.
pub(crate) const FOR_RENDERING: [Package; 1] = [Package {
    debian: "lmms",
    sign: Sign::File("/usr/bin/lmms"),
}];

/// Installs what is missing of `packages`, with apt-get where there is one that may be used.
pub(crate) fn ensure(packages: &[Package]) -> Result<()> {
    if !cfg!(target_os = "linux") {
        return Ok(());
    }
    let missing = missing(packages);
    if missing.is_empty() {
        return Ok(());
    }
    let names = missing.join(" ");
    let Some(apt_get) = apt_get() else {
        bail!(
            "these system packages (by their Debian names) are missing, please install them: {names}"
        );
    };
    eprintln!("Installing {names}");
    // The package lists may be missing or old: they are fetched only if it doesn't work without.
    let installed = run(
        &apt_get,
        &["install", "-y", "--no-install-recommends"],
        &missing,
    ) || (run(&apt_get, &["update"], &[])
        && run(
            &apt_get,
            &["install", "-y", "--no-install-recommends"],
            &missing,
        ));
    if !installed || !self::missing(packages).is_empty() {
        bail!("apt-get could not install these system packages: {names}");
    }
    Ok(())
}

/// Installs a cargo subcommand from crates.io if its `program` isn't there.
pub(crate) fn ensure_cargo_tool(program: &str, package: &str) -> Result<()> {
    if has_program(program) {
        Ok(())
    } else {
        install_cargo_tool(package, None)
    }
}

/// Installs a program from crates.io, in this version or the newest.
pub(crate) fn install_cargo_tool(package: &str, version: Option<&str>) -> Result<()> {
    eprintln!("Installing {package}");
    let mut command = crate::workspace::cargo();
    command.args(["install", "--locked", "--force", package]);
    if let Some(version) = version {
        command.args(["--version", version]);
    }
    let installed = command
        .stdout(Stdio::from(std::io::stderr()))
        .status()
        .is_ok_and(|status| status.success());
    if !installed {
        bail!("{package} is missing, and `cargo install --locked {package}` failed");
    }
    Ok(())
}

fn has_file(folder: &str, beginning: &str) -> bool {
    std::fs::read_dir(folder).is_ok_and(|entries| {
        entries
            .flatten()
            .any(|entry| entry.file_name().to_string_lossy().starts_with(beginning))
    })
}

fn missing(packages: &[Package]) -> Vec<&'static str> {
    let is_missing = |package: &&Package| match package.sign {
        Sign::Library(name) => !succeeds(Command::new("pkg-config").args(["--exists", name])),
        Sign::Program(name) => !has_program(name),
        Sign::File(path) => !Path::new(path).exists(),
        Sign::InFolder(folder, beginning) => !has_file(folder, beginning),
    };
    packages
        .iter()
        .filter(is_missing)
        .map(|package| package.debian)
        .collect()
}

/// The words that start apt-get with the right to install, or none.
fn apt_get() -> Option<Vec<&'static str>> {
    if !has_program("apt-get") {
        return None;
    }
    let is_root = Command::new("id")
        .arg("-u")
        .output()
        .is_ok_and(|output| output.stdout.trim_ascii() == b"0");
    if is_root {
        return Some(vec!["apt-get"]);
    }
    // -n: fails rather than asks for a password.
    succeeds(Command::new("sudo").args(["-n", "true"])).then(|| vec!["sudo", "-n", "apt-get"])
}

fn run(program: &[&str], arguments: &[&str], more: &[&str]) -> bool {
    Command::new(program[0])
        .args(&program[1..])
        .args(arguments)
        .args(more)
        .env("DEBIAN_FRONTEND", "noninteractive")
        .stdin(Stdio::null())
        // stdout belongs to `master --json`.
        .stdout(Stdio::from(std::io::stderr()))
        .status()
        .is_ok_and(|status| status.success())
}

fn has_program(name: &str) -> bool {
    succeeds(Command::new(name).arg("--version"))
}

fn succeeds(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|s| s.success())
}
