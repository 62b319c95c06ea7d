//! A dialog that another program shows.

use std::env;
use std::ffi::{OsStr, OsString};
use std::io::{self, Read};
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::task::Poll;
use std::thread;
use std::time::{Duration, Instant};

use flow_platform::background_task::{BackgroundTask, CancelToken, TaskConfig};

use super::options::DialogOptions;

/// Stands between the paths of `zenity`. No file name of a person has it.
const SEPARATOR: u8 = 0x1E;
/// Time between two looks at the program.
const POLL: Duration = Duration::from_millis(40);
/// A dialog that ends earlier without a file was not canceled by a person: it failed.
const SHORTEST_USE: Duration = Duration::from_millis(250);
/// What a host sets for itself, and what keeps other programs from starting.
const HOST_VARIABLES: [&str; 4] = ["LD_LIBRARY_PATH", "LD_PRELOAD", "GTK_PATH", "GTK_MODULES"];

/// A program that shows dialogs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Program {
    Zenity(PathBuf),
    KDialog(PathBuf),
}

pub(super) fn is_available() -> bool {
    program().is_some()
}

/// The program of this desktop. It is looked for once.
fn program() -> Option<&'static Program> {
    static PROGRAM: OnceLock<Option<Program>> = OnceLock::new();
    let find = || {
        let desktop = env::var("XDG_CURRENT_DESKTOP").unwrap_or_default();
        find(env::var_os("PATH").as_deref()?, desktop.contains("KDE"))
    };
    PROGRAM.get_or_init(find).as_ref()
}

/// The program in these folders, that of KDE first on a desktop of KDE.
fn find(path: &OsStr, is_kde: bool) -> Option<Program> {
    let in_path = |name: &str| {
        let mut candidates = env::split_paths(path).map(|folder| folder.join(name));
        candidates.find(|candidate| candidate.is_file())
    };
    let zenity = || in_path("zenity").map(Program::Zenity);
    let kdialog = || in_path("kdialog").map(Program::KDialog);
    match is_kde {
        true => kdialog().or_else(zenity),
        false => zenity().or_else(kdialog),
    }
}

impl Program {
    fn command(&self, options: &DialogOptions<'_>) -> Command {
        let (filter, extensions) = options.filter;
        // The patterns count capitals.
        let capitals = extensions.iter().map(|extension| extension.to_uppercase());
        let extensions = extensions.iter().map(|extension| (*extension).to_owned());
        let patterns: Vec<String> = extensions
            .chain(capitals)
            .map(|extension| format!("*.{extension}"))
            .collect();
        let patterns = patterns.join(" ");
        // A path that ends with a slash is a folder to begin in.
        let folder = options.folder.unwrap_or(Path::new("/")).join("");
        match self {
            Self::Zenity(path) => {
                let mut command = Command::new(path);
                command
                    .args(["--file-selection", "--title", options.title])
                    .arg(argument("--filename=", &folder))
                    .arg(format!("--file-filter={filter} | {patterns}"))
                    .arg("--file-filter=* | *");
                if options.takes_many {
                    let separator = char::from(SEPARATOR);
                    command.args(["--multiple".to_owned(), format!("--separator={separator}")]);
                }
                command
            }
            Self::KDialog(path) => {
                let mut command = Command::new(path);
                command.args(["--title", options.title]);
                if options.takes_many {
                    command.args(["--multiple", "--separate-output"]);
                }
                command
                    .arg("--getopenfilename")
                    .arg(folder)
                    .arg(format!("{filter} ({patterns})"));
                command
            }
        }
    }

    /// The paths that the program printed.
    fn paths(&self, output: &[u8]) -> Vec<PathBuf> {
        let separator = match self {
            Self::Zenity(_) => SEPARATOR,
            Self::KDialog(_) => b'\n',
        };
        let output = output.strip_suffix(b"\n").unwrap_or(output);
        output
            .split(|byte| *byte == separator)
            .map(|path| PathBuf::from(OsString::from_vec(path.to_vec())))
            .filter(|path| path.is_absolute())
            .collect()
    }
}

fn argument(option: &str, path: &Path) -> OsString {
    let mut argument = OsString::from(option);
    argument.push(path);
    argument
}

/// An open dialog, which a thread waits for.
pub(super) struct Dialog(BackgroundTask<Result<Vec<PathBuf>, String>>);

impl Dialog {
    pub(super) fn open(options: &DialogOptions<'_>) -> Result<Self, String> {
        let program = program().ok_or("this system has neither zenity nor kdialog")?;
        Self::run(program, options)
    }

    /// Shows a dialog with a program.
    pub(super) fn run(program: &Program, options: &DialogOptions<'_>) -> Result<Self, String> {
        let mut command = program.command(options);
        for variable in HOST_VARIABLES {
            command.env_remove(variable);
        }
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let program = program.clone();
        let task = BackgroundTask::spawn(TaskConfig::new("flow dialog"), move |token| {
            let output = wait(&mut command, token)?;
            Ok(program.paths(&output))
        });
        task.map(Self).map_err(|error| error.to_string())
    }

    pub(super) fn poll(&mut self) -> Poll<Result<Vec<PathBuf>, String>> {
        let failed = || Err("the dialog failed".to_owned());
        self.0.poll().map(|result| result.unwrap_or_else(failed))
    }
}

/// Runs the program until it ends or the task is canceled. Returns its output, which is empty if the user canceled.
fn wait(command: &mut Command, token: &CancelToken) -> Result<Vec<u8>, String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let begin = Instant::now();
    let mut child = command
        .spawn()
        .map_err(|error| format!("{name} doesn't start: {error}"))?;
    // A full pipe would stop the program.
    let output = read_in_background(child.stdout.take());
    let errors = read_in_background(child.stderr.take());
    let has_succeeded = loop {
        if token.is_canceled() {
            // Both fail if it has ended already.
            let _ = child.kill();
            let _ = child.wait();
            return Ok(Vec::new());
        }
        match has_ended(&mut child) {
            Some(has_succeeded) => break has_succeeded,
            None => thread::sleep(POLL),
        }
    };
    let output = output.join().unwrap_or_default();
    let errors = errors.join().unwrap_or_default();
    let is_short = begin.elapsed() < SHORTEST_USE;
    if !has_succeeded && output.is_empty() && is_short && !errors.is_empty() {
        let errors = String::from_utf8_lossy(&errors).trim().replace('\n', " ");
        return Err(format!("{name} failed: {errors}"));
    }
    Ok(output)
}

/// Whether the program has succeeded, once it has ended. A host that ignores its children takes the answer away.
fn has_ended(child: &mut Child) -> Option<bool> {
    match child.try_wait() {
        Ok(status) => status.map(|status| status.success()),
        Err(_) => Some(true),
    }
}

fn read_in_background(pipe: Option<impl Read + Send + 'static>) -> thread::JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let read: io::Result<usize> = pipe.map_or(Ok(0), |mut pipe| pipe.read_to_end(&mut bytes));
        drop(read);
        bytes
    })
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::ffi::OsStrExt;

    use super::super::FileDialog;
    use super::*;

    const OPTIONS: DialogOptions<'_> = DialogOptions {
        title: "Open a song",
        folder: None,
        filter: ("Songs", &["wav", "mp3"]),
        takes_many: true,
    };

    fn result(script: &str) -> Result<Vec<PathBuf>, String> {
        let mut dialog = FileDialog::of_script(script, &OPTIONS);
        let begin = Instant::now();
        loop {
            if let Poll::Ready(result) = dialog.poll() {
                return result;
            }
            assert!(begin.elapsed() < Duration::from_secs(20));
            thread::sleep(Duration::from_millis(1));
        }
    }

    #[test]
    fn dialog_returns_files_of_all_names() {
        let paths = result(r"printf '/music/a b.wav\036/music/D\344mmerung\n1.wav\n'").unwrap();
        let odd = OsStr::from_bytes(b"/music/D\xE4mmerung\n1.wav");
        assert_eq!(paths, [Path::new("/music/a b.wav"), Path::new(odd)]);
    }

    #[test]
    fn dialog_that_is_canceled_returns_no_file() {
        assert_eq!(
            result("sleep 0.4; echo warning >&2; exit 1"),
            Ok(Vec::new())
        );
    }

    #[test]
    fn dialog_that_fails_gives_one_line() {
        let error = result("echo 'cannot open display' >&2; echo sorry >&2; exit 1").unwrap_err();
        assert!(
            error.ends_with("zenity failed: cannot open display sorry"),
            "{error}"
        );
        let missing = Program::KDialog(PathBuf::from("/missing/kdialog"));
        let mut dialog = Dialog::run(&missing, &OPTIONS).unwrap();
        let error = loop {
            if let Poll::Ready(result) = dialog.poll() {
                break result.unwrap_err();
            }
        };
        assert!(
            error.starts_with("/missing/kdialog doesn't start: "),
            "{error}"
        );
    }

    #[test]
    fn dropped_dialog_ends_its_program() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("process");
        let script = format!(
            "echo $$ > {}.new; mv {0}.new {0}; exec sleep 600",
            file.display()
        );
        let dialog = FileDialog::of_script(&script, &OPTIONS);
        let begin = Instant::now();
        let process = loop {
            if let Ok(process) = fs::read_to_string(&file) {
                break process;
            }
            assert!(begin.elapsed() < Duration::from_secs(20));
        };
        drop(dialog);
        assert!(!Path::new("/proc").join(process.trim()).exists());
    }

    #[test]
    fn arguments_name_folder_filter_and_number_of_files() {
        let arguments = |program: Program, options: &DialogOptions<'_>| {
            let command = program.command(options);
            let arguments = command.get_args().map(|a| a.to_string_lossy().into_owned());
            arguments.collect::<Vec<_>>().join(", ")
        };
        let one = DialogOptions {
            folder: Some(Path::new("/music")),
            takes_many: false,
            ..OPTIONS
        };
        assert_eq!(
            arguments(Program::Zenity(PathBuf::from("zenity")), &one),
            "--file-selection, --title, Open a song, --filename=/music/, \
             --file-filter=Songs | *.wav *.mp3 *.WAV *.MP3, --file-filter=* | *"
        );
        assert_eq!(
            arguments(Program::KDialog(PathBuf::from("kdialog")), &OPTIONS),
            "--title, Open a song, --multiple, --separate-output, --getopenfilename, /, \
             Songs (*.wav *.mp3 *.WAV *.MP3)"
        );
    }

    #[test]
    fn program_of_the_desktop_comes_first() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().as_os_str();
        assert_eq!(find(path, false), None);
        let zenity = folder.path().join("zenity");
        fs::write(&zenity, "").unwrap();
        assert_eq!(find(path, true), Some(Program::Zenity(zenity.clone())));
        let kdialog = folder.path().join("kdialog");
        fs::write(&kdialog, "").unwrap();
        assert_eq!(find(path, true), Some(Program::KDialog(kdialog)));
        assert_eq!(find(path, false), Some(Program::Zenity(zenity)));
    }
}
