//! Packages for Windows, made on Linux: an archive, and an installer by NSIS.

use super::notices;
use super::output::{PROFILE, build_folder, folder, reproducible};
use super::stage::{Contents, files_in, stage};
use crate::command_steps::{self, Steps};
use crate::cross::compare;
use crate::cross::windows::{TARGET, toolchain};
use crate::cross::wine::Wine;
use crate::version::{VERSION, numbers};
use crate::{bundle, setup, workspace};
use anyhow::{Context, Result, ensure};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// Builds both packages and returns their paths.
///
/// # Errors
///
/// If a build or a check fails.
pub(super) fn package(steps: &mut Steps, is_tested: bool) -> Result<Vec<PathBuf>> {
    let mut packages = [
        &setup::FOR_WINDOWS_LINKING[..],
        &setup::FOR_WINDOWS_PACKAGES,
        // The presets come from a plug-in for this system.
        &setup::FOR_BUILDING,
    ]
    .concat();
    if is_tested {
        packages.extend([&setup::FOR_WINE[..], &setup::FOR_WINDOWS].concat());
    }
    let build = build_folder("windows")?;
    let toolchain = toolchain(build.clone(), &packages, &[])?;
    let mut cargo = toolchain.cargo(&["build", "--profile", PROFILE]);
    cargo.args(["--package", bundle::PACKAGE, "--package", "flow_cli"]);
    steps.command("build", &mut cargo)?;
    // A variable may name a bundle of another version, which the packages must not come from.
    let own = steps.step("build for this system", bundle::release_clap)?;
    let stage = steps.step("files", || {
        let bundled = bundle::bundle_built(&build, Some(TARGET), PROFILE)?;
        // Manual pages and the scripts of other systems' shells.
        fs::remove_dir_all(bundled.join("command-line/man"))?;
        stage(
            &build,
            &Contents {
                system: "windows-x86_64",
                bundled: &bundled,
                standalone: "Flow.exe",
                clap: &own,
                notices: &notices::notices(TARGET)?,
                others: &[workspace::root().join("packaging/windows/README.txt")],
            },
        )
    })?;
    let archive = steps.step("archive", || archive(&stage))?;
    let installer = steps.step("installer", || installer(&stage, &build))?;
    if is_tested {
        steps.step("install and uninstall", || {
            try_installer(&installer, &build, &own)
        })?;
    }
    Ok(vec![archive, installer])
}

/// The archive of the files.
fn archive(stage: &Path) -> Result<PathBuf> {
    let name = stage.file_name().context("the folder has a name")?;
    let path = folder()?.join(format!("{}.zip", name.to_string_lossy()));
    if path.exists() {
        fs::remove_file(&path)?;
    }
    let mut zip = reproducible("zip");
    zip.args(["-q", "-X", "-9", "-r"])
        .arg(&path)
        .arg(name)
        .current_dir(stage.parent().unwrap_or(stage));
    command_steps::run(&mut zip)?;
    Ok(path)
}

/// The installer of the files.
fn installer(stage: &Path, build: &Path) -> Result<PathBuf> {
    let lists = build.join("installer");
    fs::create_dir_all(&lists)?;
    fs::write(lists.join("files.nsh"), lists_of_files(stage)?)?;
    let path = folder()?.join(format!("flow-{VERSION}-windows-x86_64-setup.exe"));
    let mut nsis = reproducible("makensis");
    nsis.args(["-V2", "-INPUTCHARSET", "UTF8"])
        .arg(format!("-DVERSION={VERSION}"))
        .arg(format!("-DNUMBERS={}", numbers(VERSION)))
        .arg(format!("-DOUTPUT={}", path.display()))
        .arg(format!("-DLISTS={}", lists.display()))
        .arg(workspace::root().join("packaging/windows/flow.nsi"));
    command_steps::run(&mut nsis)?;
    Ok(path)
}

/// The folder that a file of the archive is installed in, in the installer's terms.
fn destination(file: &Path) -> PathBuf {
    let folder = match file.strip_prefix("vst3-presets") {
        Ok(preset) => Path::new("$0").join(preset),
        Err(_) if file == Path::new("Flow.clap") => Path::new(r"$COMMONFILES64\CLAP").join(file),
        Err(_) if file.starts_with("Flow.vst3") => Path::new(r"$COMMONFILES64\VST3").join(file),
        Err(_) => Path::new("$INSTDIR").join(file),
    };
    folder.parent().map(Path::to_owned).unwrap_or_default()
}

/// The macros that check for files in the way, that install and remove each file, and the size of all.
fn lists_of_files(stage: &Path) -> Result<String> {
    let files = files_in(stage)?;
    let windows = |path: &Path| path.display().to_string().replace('/', r"\");
    let [mut check_unused, mut check_folders] = [const { String::new() }; 2];
    let [mut check_files, mut check_free] = [const { String::new() }; 2];
    let [mut install, mut remove] = [const { String::new() }; 2];
    let [mut install_presets, mut remove_presets] = [const { String::new() }; 2];
    let mut folders = BTreeSet::new();
    let mut bytes = 0;
    // Writing to a string cannot fail.
    for file in &files {
        let folder = destination(file);
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let source = stage.join(file).display().to_string();
        let folder_name = windows(&folder);
        let path = format!("{folder_name}\\{name}");
        let write_file = format!("SetOutPath \"{folder_name}\"\nFile \"{source}\"");
        let _ = writeln!(check_unused, "!insertmacro CheckUnused \"{path}\"");
        // A preset may be the user's.
        let _ = if file.starts_with("vst3-presets") {
            let _ = writeln!(install_presets, "{write_file}");
            writeln!(
                remove_presets,
                "!insertmacro RemovePreset \"{source}\" \"{path}\""
            )
        } else {
            let _ = writeln!(check_files, "!insertmacro CheckFile \"{path}\"");
            let _ = writeln!(check_free, "!insertmacro CheckFree \"{path}\"");
            let _ = writeln!(install, "{write_file}");
            writeln!(remove, "!insertmacro RemoveFile \"{path}\"")
        };
        bytes += fs::metadata(stage.join(file))?.len();
        // The system's own folders, such as that of all VST3 plug-ins, begin with a constant and stay if others use them.
        folders.extend(
            folder
                .ancestors()
                .map(windows)
                .filter(|name| name.starts_with('$')),
        );
    }
    // The innermost folders come first. RMDir removes empty folders only.
    let mut remove_folders = String::new();
    for folder in folders.iter().rev().filter(|name| !is_constant(name)) {
        let _ = writeln!(remove_folders, "RMDir \"{folder}\"");
    }
    for folder in folders.iter().filter(|name| !is_constant(name)) {
        let _ = writeln!(check_folders, "!insertmacro CheckFolder \"{folder}\"");
    }
    let mut lists = format!("!define KILOBYTES {}\n", bytes.div_ceil(1024));
    for (name, lines) in [
        ("CheckAllUnused", check_unused),
        ("CheckFolders", check_folders),
        ("CheckAllFiles", check_files),
        ("CheckAllFree", check_free),
        ("InstallFiles", install),
        ("InstallPresets", install_presets),
        ("RemoveFiles", remove),
        ("RemovePresets", remove_presets),
        ("RemoveFolders", remove_folders),
    ] {
        let _ = write!(lists, "!macro {name}\n{lines}!macroend\n");
    }
    Ok(lists)
}

/// Whether this is a folder that Windows itself has.
fn is_constant(folder: &str) -> bool {
    folder == "$COMMONFILES64"
}

/// A program that has a library loaded, as a host has.
struct LoadedLibrary(Child);

impl LoadedLibrary {
    fn new(wine: &Wine, build: &Path, library: &str) -> Result<Self> {
        let program = build.join("load_library.exe");
        let source = workspace::root().join("xtask/src/package/load_library.c");
        let mut link = Command::new("x86_64-w64-mingw32-gcc");
        command_steps::run(link.arg("-O2").arg("-o").arg(&program).arg(source))?;
        let mut child = wine
            .command(&program)
            .arg(library)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("Wine cannot be started")?;
        let mut line = String::new();
        if let Some(stdout) = child.stdout.take() {
            BufReader::new(stdout).read_line(&mut line)?;
        }
        ensure!(
            line.trim() == "loaded",
            "{library} cannot be loaded: {line}"
        );
        Ok(Self(child))
    }

    fn end(mut self) -> Result<()> {
        // The end of its input ends it.
        drop(self.0.stdin.take());
        self.0.wait()?;
        Ok(())
    }
}

/// Installs in a new Wine prefix, compares the demo song's master with that of this system, and removes everything again.
/// While a host has the plug-in loaded, nothing is changed.
fn try_installer(installer: &Path, build: &Path, own: &Path) -> Result<()> {
    let folder = build.join("installed");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    let wine = Wine::new(&folder)?;
    let drive = folder.join("wine/drive_c");
    let programs = || -> Result<Vec<PathBuf>> {
        let mut files = Vec::new();
        for folder in ["Program Files", "ProgramData"] {
            let all = files_in(&drive.join(folder))?;
            files.extend(all.into_iter().map(|file| Path::new(folder).join(file)));
        }
        Ok(files)
    };
    let before = programs()?;
    for by_hand in [
        "Program Files/Common Files/CLAP/Flow.clap",
        "Program Files/Flow Audio/Flow.exe",
    ] {
        write(&drive.join(by_hand), "copied by hand")?;
        ensure!(
            !wine.command(installer).arg("/S").status()?.success()
                && fs::read_to_string(drive.join(by_hand))? == "copied by hand"
                && programs()?.len() == before.len() + 1,
            "the installer overwrites files of others"
        );
        fs::remove_file(drive.join(by_hand))?;
    }
    let changed = "ProgramData/VST3 Presets/Flow/Flow/Club.vstpreset";
    let foreign = "ProgramData/VST3 Presets/Flow/Flow/My own.vstpreset";
    // The second one updates the first.
    for _ in 0..2 {
        command_steps::run(wine.command(installer).arg("/S"))?;
        write(&drive.join(foreign), "of the user")?;
        write(&drive.join(changed), "changed by the user")?;
    }
    for file in [
        "Program Files/Common Files/CLAP/Flow.clap",
        "Program Files/Common Files/VST3/Flow.vst3/Contents/x86_64-win/Flow.vst3",
        "Program Files/Flow Audio/Flow.exe",
        "Program Files/Flow Audio/THIRD-PARTY.txt",
        "ProgramData/VST3 Presets/Flow/Flow/Club.vstpreset",
        "ProgramData/Microsoft/Windows/Start Menu/Programs/Flow Audio.lnk",
    ] {
        ensure!(drive.join(file).exists(), "the installer writes no {file}");
    }
    let flow = wine.command(drive.join("Program Files/Flow Audio/command-line/flow.exe"));
    compare::masters(build, own, flow, &["--no-assist"])?;
    let host = LoadedLibrary::new(
        &wine,
        build,
        r"C:\Program Files\Common Files\CLAP\Flow.clap",
    )?;
    fs::remove_file(drive.join("Program Files/Flow Audio/LICENSE"))?;
    ensure!(
        !wine.command(installer).arg("/S").status()?.success(),
        "the installer succeeds although a host has Flow.clap loaded"
    );
    ensure!(
        !drive.join("Program Files/Flow Audio/LICENSE").exists()
            && drive
                .join("Program Files/Flow Audio/THIRD-PARTY.txt")
                .exists(),
        "the installer changes files although it can't replace Flow.clap"
    );
    host.end()?;
    command_steps::run(wine.command(installer).arg("/S"))?;
    ensure!(
        drive.join("Program Files/Flow Audio/LICENSE").exists(),
        "the installer can't be repeated"
    );
    let uninstaller = drive.join("Program Files/Flow Audio/uninstall.exe");
    command_steps::run(wine.command(&uninstaller).arg("/S"))?;
    // It deletes itself from a copy, which works on when this program has ended.
    wine.wait()?;
    let left: Vec<PathBuf> = programs()?
        .into_iter()
        .filter(|file| !before.contains(file))
        .filter(|file| ![foreign, changed].map(Path::new).contains(&file.as_path()))
        .collect();
    ensure!(
        left.is_empty(),
        "the uninstaller leaves these files: {left:?}"
    );
    ensure!(
        drive.join(foreign).exists()
            && fs::read_to_string(drive.join(changed))? == "changed by the user",
        "the installer or the uninstaller replaces or removes files of the user"
    );
    Ok(())
}

/// Writes a file and makes its folder.
fn write(path: &Path, text: &str) -> Result<()> {
    fs::create_dir_all(path.parent().context("a file has a folder")?)?;
    Ok(fs::write(path, text)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uninstaller_checks_first_and_removes_its_entry_last() {
        let script = workspace::root().join("packaging/windows/flow.nsi");
        let script = fs::read_to_string(script).unwrap();
        assert!(script.contains("\nAllowSkipFiles off\n"));
        let (install, uninstall) = script.split_once("Section \"Uninstall\"").unwrap();
        let order = |section: &str, parts: &[&str]| {
            let places: Vec<usize> = parts
                .iter()
                .map(|part| section.rfind(part).unwrap_or_else(|| panic!("{part}")))
                .collect();
            assert!(places.is_sorted(), "{parts:?}: {places:?}");
        };
        order(
            uninstall,
            &[
                "!insertmacro CheckAllUnused",
                r#"StrCpy $8 """#,
                "!insertmacro RemovePresets",
                "!insertmacro RemoveFiles",
                r#"${If} $8 != """#,
                "!insertmacro Stop",
                r#"Delete "$INSTDIR\uninstall.exe""#,
                "DeleteRegKey",
            ],
        );
        order(
            install,
            &[
                "!insertmacro CheckAllUnused",
                "!insertmacro CheckAllFree",
                r#"${If} $1 == "${PUBLISHER}""#,
                "ClearErrors",
                "ExecWait",
                "${If} ${Errors}",
                "${OrIf} $1 <> 0",
                "WriteUninstaller",
                "!insertmacro InstallFiles",
                "SetOverwrite off",
                "!insertmacro InstallPresets",
                "\"DisplayVersion\"",
            ],
        );
    }

    #[test]
    fn installer_installs_and_removes_each_file_and_only_empty_folders() {
        let stage = tempfile::tempdir().unwrap();
        for file in [
            "Flow.clap",
            "Flow.vst3/Contents/x86_64-win/Flow.vst3",
            "vst3-presets/Flow/Flow/Club.vstpreset",
            "command-line/flow.exe",
        ] {
            let path = stage.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "content").unwrap();
        }
        let lists = lists_of_files(stage.path()).unwrap();
        let (install, remove) = lists.split_once("!macro RemoveFiles").unwrap();
        let checked: Vec<&str> = lists
            .lines()
            .filter(|line| line.contains("CheckF") && line.starts_with("!insert"))
            .collect();
        assert_eq!(
            checked,
            [
                r#"!insertmacro CheckFolder "$0""#,
                r#"!insertmacro CheckFolder "$0\Flow""#,
                r#"!insertmacro CheckFolder "$0\Flow\Flow""#,
                r#"!insertmacro CheckFolder "$COMMONFILES64\CLAP""#,
                r#"!insertmacro CheckFolder "$COMMONFILES64\VST3""#,
                r#"!insertmacro CheckFolder "$COMMONFILES64\VST3\Flow.vst3""#,
                r#"!insertmacro CheckFolder "$COMMONFILES64\VST3\Flow.vst3\Contents""#,
                r#"!insertmacro CheckFolder "$COMMONFILES64\VST3\Flow.vst3\Contents\x86_64-win""#,
                r#"!insertmacro CheckFolder "$INSTDIR""#,
                r#"!insertmacro CheckFolder "$INSTDIR\command-line""#,
                r#"!insertmacro CheckFile "$COMMONFILES64\CLAP\Flow.clap""#,
                r#"!insertmacro CheckFile "$COMMONFILES64\VST3\Flow.vst3\Contents\x86_64-win\Flow.vst3""#,
                r#"!insertmacro CheckFile "$INSTDIR\command-line\flow.exe""#,
                r#"!insertmacro CheckFree "$COMMONFILES64\CLAP\Flow.clap""#,
                r#"!insertmacro CheckFree "$COMMONFILES64\VST3\Flow.vst3\Contents\x86_64-win\Flow.vst3""#,
                r#"!insertmacro CheckFree "$INSTDIR\command-line\flow.exe""#,
            ]
        );
        assert!(install.starts_with("!define KILOBYTES 1\n"));
        for line in [
            r#"SetOutPath "$COMMONFILES64\CLAP""#,
            r#"SetOutPath "$COMMONFILES64\VST3\Flow.vst3\Contents\x86_64-win""#,
            r#"SetOutPath "$0\Flow\Flow""#,
            r#"SetOutPath "$INSTDIR\command-line""#,
        ] {
            assert!(install.contains(line), "{line}");
        }
        for line in [
            r#"RemoveFile "$COMMONFILES64\CLAP\Flow.clap""#,
            r#"RemoveFile "$INSTDIR\command-line\flow.exe""#,
        ] {
            assert!(remove.contains(line), "{line}");
        }
        // The user may have changed it.
        assert!(!remove.contains(r#"RemoveFile "$0"#));
        assert!(remove.contains(r#"Club.vstpreset" "$0\Flow\Flow\Club.vstpreset""#));
        let inner = remove.find(r#"RMDir "$INSTDIR\command-line""#).unwrap();
        let outer = remove.find(r#"RMDir "$INSTDIR""#).unwrap();
        assert!(inner < outer);
        assert!(outer > remove.find("!macro RemoveFolders").unwrap());
        let check = r#"!insertmacro CheckUnused "$COMMONFILES64\VST3\Flow.vst3\Contents\x86_64-win\Flow.vst3""#;
        assert!(install.contains(check));
        assert_eq!(install.matches("CheckUnused ").count(), 4);
        assert!(!remove.contains("RMDir /r") && !remove.contains(r#"RMDir "$COMMONFILES64""#));
    }
}
