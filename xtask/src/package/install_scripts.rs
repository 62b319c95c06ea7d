//! The scripts of the archive for Linux: they are tried with the built archive, and in the tests with one of short texts.

use super::stage::files_in;
use crate::{bundle, command_steps};
use anyhow::{Context, Result, ensure};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The variables that the scripts read.
const VARIABLES: [&str; 6] = [
    "XDG_DATA_HOME",
    "CDPATH",
    "DESTDIR",
    "PREFIX",
    "SUDO_USER",
    "DOAS_USER",
];

/// A script, run by a user with this home folder.
fn script(path: &Path, home: &Path) -> Command {
    let mut command = Command::new(path);
    command.env("HOME", home);
    for variable in VARIABLES {
        command.env_remove(variable);
    }
    command
}

/// Installs the archive's files for a user, masters the demo song, and removes them. Files of others stay, and nothing else.
///
/// # Errors
///
/// If a script fails, overwrites or removes a file of others, or leaves one of its own.
pub(super) fn try_with(stage: &Path, build: &Path) -> Result<()> {
    let home = build.join("home");
    if home.exists() {
        fs::remove_dir_all(&home)?;
    }
    let foreign = [
        ".vst3/presets/Flow/Flow/My own.vstpreset",
        ".vst3/presets/Flow/Flow/Club.vstpreset",
        ".local/bin/flow",
        ".local/share/applications/other.desktop",
    ];
    for file in foreign {
        let path = home.join(file);
        fs::create_dir_all(path.parent().context("a file has a folder")?)?;
        fs::write(path, "of the user")?;
    }
    let install = stage.join("install.sh");
    let refused = script(&install, &home).output()?;
    ensure!(
        !refused.status.success() && !home.join(".clap").exists(),
        "install.sh overwrites a program of the same name"
    );
    fs::remove_file(home.join(".local/bin/flow"))?;
    // The second one updates the first.
    command_steps::run(&mut script(&install, &home))?;
    command_steps::run(&mut script(&install, &home))?;
    let out = build.join("home-masters");
    command_steps::run(
        script(&home.join(".local/bin/flow"), &home)
            .args(["master", "--no-assist", "--out"])
            .arg(&out)
            .env_remove(bundle::BUNDLE_VARIABLE),
    )?;
    fs::remove_dir_all(home.join(".cache")).ok();
    let uninstall = home.join(".local/share/flow-audio/uninstall.sh");
    command_steps::run(&mut script(&uninstall, &home))?;
    let left = files_in(&home)?;
    let expected: Vec<PathBuf> = [foreign[3], foreign[1], foreign[0]]
        .map(PathBuf::from)
        .to_vec();
    ensure!(
        left == expected,
        "uninstall.sh leaves these files: {left:?}"
    );
    for file in left {
        ensure!(
            fs::read_to_string(home.join(&file))? == "of the user",
            "install.sh overwrites {}",
            file.display()
        );
    }
    for folder in [".clap", ".local/bin", ".vst3/Flow.vst3", ".local/share/man"] {
        let was_there = folder == ".local/bin";
        ensure!(
            home.join(folder).exists() == was_there,
            "uninstall.sh: the folder {folder} is wrong"
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace;
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::process::Output;
    use tempfile::TempDir;

    const CLUB: &str = ".vst3/presets/Flow/Flow/Club.vstpreset";
    const COMPLETIONS: &str = ".local/share/bash-completion/completions/flow";

    /// An archive with the text `version` in all its files, a home folder, and a folder of programs that come first in PATH.
    struct Trial {
        folder: TempDir,
    }

    impl Trial {
        fn new() -> Self {
            let trial = Self {
                folder: tempfile::tempdir().unwrap(),
            };
            trial.set_version("1");
            fs::create_dir(trial.home()).unwrap();
            fs::create_dir(trial.folder.path().join("programs")).unwrap();
            trial
        }

        fn set_version(&self, version: &str) {
            let stage = self.folder.path().join("archive");
            for file in [
                "Flow.clap",
                "Flow.vst3/Contents/x86_64-linux/Flow.so",
                "vst3-presets/Flow/Flow/Club.vstpreset",
                "vst3-presets/Flow/Flow/Warm Glue.vstpreset",
                "Flow",
                "command-line/flow",
                "command-line/man/man1/flow.1",
                "command-line/completions/flow.bash",
                "command-line/completions/flow.fish",
                "command-line/completions/_flow",
                "LICENSE",
                "THIRD-PARTY.txt",
                "CHANGELOG.md",
            ] {
                write(&stage.join(file), version);
            }
            let packaging = workspace::root().join("packaging/linux");
            for file in ["install.sh", "uninstall.sh", "flow-audio.desktop"] {
                fs::copy(packaging.join(file), stage.join(file)).unwrap();
            }
        }

        fn home(&self) -> PathBuf {
            self.folder.path().join("home")
        }

        /// Writes a file of the user.
        fn write(&self, file: &str, text: &str) {
            write(&self.home().join(file), text);
        }

        fn read(&self, file: &str) -> String {
            fs::read_to_string(self.home().join(file)).unwrap()
        }

        fn files(&self) -> Vec<PathBuf> {
            files_in(&self.home()).unwrap()
        }

        /// Replaces a program of the system by a script.
        fn replace_program(&self, name: &str, text: &str) {
            let path = self.folder.path().join("programs").join(name);
            write(&path, &format!("#!/bin/sh\n{text}\n"));
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        }

        /// A shell. It reads scripts, which another test's new process may still hold open for writing, so that they can't be
        /// executed.
        fn shell(&self) -> Command {
            let mut command = script(Path::new("sh"), &self.home());
            let mut programs = self.folder.path().join("programs").into_os_string();
            programs.push(":");
            programs.push(std::env::var_os("PATH").unwrap());
            command.env("PATH", programs);
            command
        }

        fn install(&self) -> Command {
            let mut shell = self.shell();
            shell.arg(self.folder.path().join("archive/install.sh"));
            shell
        }

        fn uninstall(&self) -> Command {
            let path = ".local/share/flow-audio/uninstall.sh";
            let mut shell = self.shell();
            shell.arg(self.home().join(path));
            shell
        }
    }

    fn write(path: &Path, text: &str) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn succeed(mut command: Command) -> String {
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", errors(&output));
        String::from_utf8(output.stdout).unwrap()
    }

    /// The message of a script that fails.
    fn fail(mut command: Command) -> String {
        let output = command.output().unwrap();
        assert!(!output.status.success(), "{output:?}");
        errors(&output)
    }

    fn errors(output: &Output) -> String {
        String::from_utf8(output.stderr.clone()).unwrap()
    }

    #[test]
    fn install_and_update_and_uninstall_leave_nothing() {
        let trial = Trial::new();
        succeed(trial.install());
        assert_eq!(trial.read(".clap/Flow.clap"), "1");
        assert_eq!(trial.files().len(), 16);
        trial.set_version("2");
        succeed(trial.install());
        assert_eq!(
            [".clap/Flow.clap", CLUB].map(|file| trial.read(file)),
            ["2", "2"]
        );
        succeed(trial.uninstall());
        assert_eq!(fs::read_dir(trial.home()).unwrap().count(), 0);
    }

    #[test]
    fn update_removes_files_that_the_new_version_lacks() {
        let trial = Trial::new();
        succeed(trial.install());
        let stage = trial.folder.path().join("archive");
        fs::remove_file(stage.join("vst3-presets/Flow/Flow/Club.vstpreset")).unwrap();
        write(&stage.join("command-line/man/man1/new.1"), "1");
        fs::remove_file(stage.join("command-line/man/man1/flow.1")).unwrap();
        succeed(trial.install());
        for file in [CLUB, ".local/share/man/man1/flow.1"] {
            assert!(!trial.home().join(file).exists(), "{file}");
        }
        succeed(trial.uninstall());
        assert_eq!(fs::read_dir(trial.home()).unwrap().count(), 0);
    }

    #[test]
    fn install_refuses_to_overwrite_files_of_others_and_names_them() {
        let trial = Trial::new();
        trial.write(".clap/Flow.clap", "copied by hand");
        trial.write(COMPLETIONS, "of another program");
        let before = trial.files();
        let message = fail(trial.install());
        for part in [
            ".clap/Flow.clap",
            COMPLETIONS,
            "remove or rename",
            "nothing was installed",
        ] {
            assert!(message.contains(part), "{message}");
        }
        assert_eq!(message.lines().count(), 1, "{message}");
        assert_eq!(trial.files(), before);
        assert_eq!(trial.read(".clap/Flow.clap"), "copied by hand");
    }

    #[test]
    fn install_refuses_to_write_through_a_link() {
        let trial = Trial::new();
        let built = trial.folder.path().join("built/Flow.vst3");
        write(&built.join("README"), "built");
        fs::create_dir(trial.home().join(".vst3")).unwrap();
        symlink(&built, trial.home().join(".vst3/Flow.vst3")).unwrap();
        let message = fail(trial.install());
        assert!(message.contains(".vst3/Flow.vst3"), "{message}");
        assert_eq!(files_in(&built).unwrap(), [PathBuf::from("README")]);
    }

    #[test]
    fn install_accepts_files_that_were_copied_from_the_same_archive() {
        let trial = Trial::new();
        trial.write(".clap/Flow.clap", "1");
        trial.write(CLUB, "1");
        succeed(trial.install());
        succeed(trial.uninstall());
        assert!(trial.files().is_empty());
    }

    #[test]
    fn presets_that_the_user_made_or_changed_stay() {
        let trial = Trial::new();
        trial.write(CLUB, "made by the user");
        let message = succeed(trial.install());
        assert!(message.contains(CLUB), "{message}");
        let glue = ".vst3/presets/Flow/Flow/Warm Glue.vstpreset";
        assert_eq!(
            [CLUB, glue].map(|file| trial.read(file)),
            ["made by the user", "1"]
        );
        trial.write(glue, "changed by the user");
        trial.set_version("2");
        for _ in 0..2 {
            let message = succeed(trial.install());
            assert!(
                message.contains(CLUB) && message.contains(glue),
                "{message}"
            );
        }
        succeed(trial.uninstall());
        assert_eq!(trial.files(), [CLUB, glue].map(PathBuf::from));
        assert_eq!(trial.read(CLUB), "made by the user");
        assert_eq!(trial.read(glue), "changed by the user");
    }

    #[test]
    fn interrupted_installation_can_be_repeated_and_removed() {
        let trial = Trial::new();
        let count = trial.folder.path().join("count");
        // A full disk: the copy with this number stops in the middle.
        let broken = |number: usize| {
            fs::write(&count, "").unwrap();
            let count = count.display();
            trial.replace_program(
                "cp",
                &format!("echo >>{count}; [ $(wc -l <{count}) -ne {number} ] || {{ printf x >\"$2\"; exit 1; }}\nexec /bin/cp \"$@\""),
            );
        };
        for number in [1, 2, 3, 9, 17] {
            broken(number);
            let message = fail(trial.install());
            assert!(!message.contains("install.sh has not written"), "{message}");
            broken(0);
            if trial
                .home()
                .join(".local/share/flow-audio/uninstall.sh")
                .exists()
            {
                succeed(trial.uninstall());
                assert!(trial.files().is_empty(), "{number}: {:?}", trial.files());
                broken(number);
                fail(trial.install());
                broken(0);
            }
            succeed(trial.install());
            assert_eq!(trial.files().len(), 16, "{number}");
            assert_eq!(trial.read(CLUB), "1");
            succeed(trial.uninstall());
            assert!(trial.files().is_empty(), "{number}: {:?}", trial.files());
            assert!(!trial.home().join(".local/share/flow-audio").exists());
        }
    }

    #[test]
    fn files_of_a_debian_package_are_left_to_dpkg() {
        let trial = Trial::new();
        succeed(trial.install());
        let clap = trial.home().join(".clap/Flow.clap");
        let owned = format!("echo 'flow-audio: {}'; exit 1", clap.display());
        trial.replace_program("dpkg-query", &owned);
        trial.set_version("2");
        let message = fail(trial.install());
        assert!(
            message.contains("Debian package") && message.contains("apt"),
            "{message}"
        );
        assert_eq!(
            [".clap/Flow.clap", CLUB].map(|file| trial.read(file)),
            ["1", "1"]
        );
        succeed(trial.uninstall());
        assert_eq!(trial.files(), [PathBuf::from(".clap/Flow.clap")]);
    }

    #[test]
    fn files_for_all_users_are_readable_with_any_mask() {
        let trial = Trial::new();
        let root = trial.folder.path().join("root");
        let mut install = trial.shell();
        let path = trial.folder.path().join("archive/install.sh");
        install
            .args(["-c", "umask 077; exec \"$0\" --system"])
            .arg(path)
            .env("DESTDIR", &root)
            .env("PREFIX", "/usr");
        succeed(install);
        let files = files_in(&root).unwrap();
        assert_eq!(files.len(), 14, "{files:?}");
        for path in files.iter().flat_map(|file| file.ancestors()) {
            let mode = fs::metadata(root.join(path)).unwrap().permissions().mode();
            assert_eq!(mode & 0o044, 0o044, "{}: {mode:o}", path.display());
        }
    }

    #[test]
    fn relative_data_folder_is_ignored() {
        let trial = Trial::new();
        let mut install = trial.install();
        install
            .env("XDG_DATA_HOME", "data")
            .current_dir(trial.folder.path());
        succeed(install);
        assert!(!trial.folder.path().join("data").exists());
        assert_eq!(trial.read(COMPLETIONS), "1");
        let other = Trial::new();
        let mut install = other.install();
        let data = trial.folder.path().join("data");
        succeed({
            install.env("XDG_DATA_HOME", &data);
            install
        });
        assert!(data.join("flow-audio/installed.txt").exists());
    }

    #[test]
    fn scripts_bear_search_paths_of_cd_and_backslashes_in_names() {
        let trial = Trial::new();
        let home = trial.home().join(r"a\nb\tc");
        fs::create_dir(&home).unwrap();
        let in_folder = |folder: &Path, name: &str| {
            let mut command = trial.shell();
            command.arg(name).current_dir(folder);
            command.env("HOME", &home).env("CDPATH", folder);
            command
        };
        let archive = trial.folder.path().join("archive");
        succeed(in_folder(archive.parent().unwrap(), "archive/install.sh"));
        assert!(home.join(".clap/Flow.clap").exists());
        succeed(in_folder(&home, ".local/share/flow-audio/uninstall.sh"));
        assert_eq!(fs::read_dir(&home).unwrap().count(), 0);
    }

    #[test]
    fn install_by_sudo_for_root_alone_is_refused() {
        let trial = Trial::new();
        trial.replace_program("id", "echo 0");
        let mut install = trial.install();
        install.env("SUDO_USER", "someone");
        let message = fail(install);
        assert!(message.contains("--system"), "{message}");
        assert!(trial.files().is_empty());
    }

    #[test]
    fn incomplete_archive_installs_nothing() {
        let trial = Trial::new();
        fs::remove_file(trial.folder.path().join("archive/THIRD-PARTY.txt")).unwrap();
        let message = fail(trial.install());
        assert!(message.contains("THIRD-PARTY.txt is missing"), "{message}");
        assert!(trial.files().is_empty());
    }
    #[test]
    fn system_with_an_old_or_another_c_library_is_refused() {
        for getconf in ["echo glibc 2.34", "echo glibc 2.9", "exit 1"] {
            let trial = Trial::new();
            trial.replace_program("getconf", getconf);
            let message = fail(trial.install());
            assert!(message.contains("needs glibc"), "{message}");
            assert!(trial.files().is_empty());
        }
        let trial = Trial::new();
        trial.replace_program("getconf", "echo glibc 2.100");
        succeed(trial.install());
    }
}
