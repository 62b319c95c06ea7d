//! A dialog that another program shows.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::task::Poll;
use std::thread;
use std::time::Duration;

use flow_analysis::report::Message;
use flow_platform::background_task::{BackgroundTask, CancelToken, TaskConfig};
use flow_platform::process_group::ProcessGroup;

use super::options::DialogOptions;
use crate::editor::language::{message, reason};

/// The separator of `zenity`'s paths, a control character (record separator) that file names don't use.
const SEPARATOR: u8 = 0x1E;
/// Time between two looks at the program.
const POLL: Duration = Duration::from_millis(40);
/// The code of a dialog that was canceled. One that finds no display ends with it too.
const CANCELED: i32 = 1;
/// The messages of GTK and Qt without a display.
const DISPLAY_ERRORS: [&str; 3] = ["open display", "connect to display", "no display"];
/// Variables that a host sets for its own libraries. Another program may fail to start with them.
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
                    .arg(format!("{filter} ({patterns})\n* (*)"));
                command
            }
        }
    }

    /// The paths that the program printed.
    ///
    /// # Errors
    ///
    /// If a path of several isn't that of a file: a name with a line break can't be told from two names.
    fn paths(&self, output: &[u8], takes_many: bool) -> Result<Vec<PathBuf>, Message> {
        let separator = match self {
            _ if !takes_many => None,
            Self::Zenity(_) => Some(SEPARATOR),
            Self::KDialog(_) => Some(b'\n'),
        };
        let output = output.strip_suffix(b"\n").unwrap_or(output);
        let paths = output.split(|byte| Some(*byte) == separator);
        let paths = paths.map(|path| PathBuf::from(OsString::from_vec(path.to_vec())));
        if takes_many && matches!(self, Self::KDialog(_)) && !output.is_empty() {
            let paths: Vec<_> = paths.collect();
            let is_known = paths.iter().all(|path| path.is_absolute() && path.exists());
            return match is_known {
                true => Ok(paths),
                false => Err(message!("kdialog can't pass on names with line breaks")),
            };
        }
        Ok(paths.filter(|path| path.is_absolute()).collect())
    }
}

fn argument(option: &str, path: &Path) -> OsString {
    let mut argument = OsString::from(option);
    argument.push(path);
    argument
}

/// An open dialog, which a thread waits for.
pub(super) struct Dialog(BackgroundTask<Result<Vec<PathBuf>, Message>>);

impl Dialog {
    pub(super) fn open(options: &DialogOptions<'_>) -> Result<Self, Message> {
        let program =
            program().ok_or_else(|| message!("this system has neither zenity nor kdialog"))?;
        Self::run(program, options)
    }

    /// Shows a dialog with a program.
    pub(super) fn run(program: &Program, options: &DialogOptions<'_>) -> Result<Self, Message> {
        let mut command = program.command(options);
        for variable in HOST_VARIABLES {
            command.env_remove(variable);
        }
        let (program, takes_many) = (program.clone(), options.takes_many);
        let task = BackgroundTask::spawn(TaskConfig::new("flow dialog"), move |token| {
            let output = wait(&mut command, token)?;
            program.paths(&output, takes_many)
        });
        task.map(Self).map_err(reason)
    }

    pub(super) fn poll(&mut self) -> Poll<Result<Vec<PathBuf>, Message>> {
        let failed = || Err(message!("an internal error"));
        self.0.poll().map(|result| result.unwrap_or_else(failed))
    }
}

/// Runs the program until it ends or the task is canceled. Returns its output, which is empty if the user canceled.
fn wait(command: &mut Command, token: &CancelToken) -> Result<Vec<u8>, Message> {
    let name = command.get_program().to_string_lossy().into_owned();
    // Files without names rather than pipes: another process that the program leaves behind may hold those for ever.
    let file = || {
        let file = tempfile::tempfile();
        file.map_err(|error| {
            let error = reason(error);
            message!("a temporary file can't be written: {error}", error)
        })
    };
    let (output, errors) = (file()?, file()?);
    let mut group = start(command, &output, &errors).map_err(|error| {
        let (name, error) = (name.clone(), reason(error));
        message!("{name} doesn't start: {error}", name, error)
    })?;
    let code = loop {
        if token.is_canceled() {
            group.kill();
            return Ok(Vec::new());
        }
        match exit_code(group.child()) {
            Some(code) => break code,
            None => thread::sleep(POLL),
        }
    };
    let errors = String::from_utf8_lossy(&content(&errors))
        .trim()
        .replace('\n', " ");
    let output = content(&output);
    let has_display = !DISPLAY_ERRORS.iter().any(|error| errors.contains(error));
    let is_answer = match code {
        0 => true,
        CANCELED => has_display || !output.is_empty(),
        _ => false,
    };
    match is_answer {
        true => Ok(output),
        false if errors.is_empty() => {
            let code = code.to_string();
            Err(message!("{name} failed (code {code})", name, code))
        }
        false => Err(message!("{name} failed: {errors}", name, errors)),
    }
}

/// Starts the program with files for what it prints.
fn start(command: &mut Command, output: &File, errors: &File) -> io::Result<ProcessGroup> {
    command
        .stdin(Stdio::null())
        .stdout(output.try_clone()?)
        .stderr(errors.try_clone()?);
    ProcessGroup::spawn(command)
}

/// The exit code of the program once it has ended, -1 after a signal. A host that ignores its children takes the code away.
fn exit_code(child: &mut Child) -> Option<i32> {
    match child.try_wait() {
        Ok(status) => status.map(|status| status.code().unwrap_or(-1)),
        Err(_) => Some(CANCELED),
    }
}

/// The whole content of a file. Empty if it can't be read.
fn content(file: &File) -> Vec<u8> {
    let length = file.metadata().map_or(0, |metadata| metadata.len());
    let mut bytes = vec![0; usize::try_from(length).unwrap_or(0)];
    match file.read_exact_at(&mut bytes, 0) {
        Ok(()) => bytes,
        Err(_) => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::ffi::OsStrExt;
    use std::time::Instant;

    use super::super::FileDialog;
    use super::*;

    const OPTIONS: DialogOptions<'_> = DialogOptions {
        title: "Open a song",
        folder: None,
        filter: ("Songs", &["wav", "mp3"]),
        takes_many: true,
    };

    fn result(script: &str) -> Result<Vec<PathBuf>, Message> {
        let mut dialog = FileDialog::of_script(script, &OPTIONS);
        let begin = Instant::now();
        loop {
            if let Poll::Ready(result) = dialog.poll() {
                return result;
            }
            assert!(begin.elapsed() < Duration::from_secs(240));
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
            result("echo 'Gtk-WARNING: a display' >&2; exit 1"),
            Ok(Vec::new())
        );
    }

    #[test]
    fn dialog_that_ends_with_another_code_has_failed() {
        let error = result("sleep 0.4; echo sorry >&2; exit 5").unwrap_err();
        assert!(error.ends_with("zenity failed: sorry"), "{error}");
        let error = result("kill -9 $$").unwrap_err();
        assert!(error.ends_with("zenity failed (code -1)"), "{error}");
    }

    #[test]
    fn process_that_a_dialog_leaves_behind_holds_nothing_up() {
        let paths = result("sleep 30 & printf '/music/a.wav\\n'").unwrap();
        assert_eq!(paths, [Path::new("/music/a.wav")]);
    }

    #[test]
    fn names_with_line_breaks_are_never_taken_apart() {
        let folder = tempfile::tempdir().unwrap();
        let [one, two] = ["one.wav", "two\n2.wav"].map(|name| folder.path().join(name));
        let output = |paths: &[&Path]| {
            let lines = paths.iter().map(|path| path.as_os_str().as_bytes());
            lines
                .flat_map(|line| [line, b"\n"].concat())
                .collect::<Vec<_>>()
        };
        for path in [&one, &two] {
            fs::write(path, "").unwrap();
        }
        let kdialog = Program::KDialog(PathBuf::from("kdialog"));
        assert_eq!(
            kdialog.paths(&output(&[&two]), false),
            Ok(vec![two.clone()])
        );
        assert_eq!(
            kdialog.paths(&output(&[&one, &one]), true),
            Ok(vec![one.clone(), one.clone()])
        );
        assert!(kdialog.paths(&output(&[&one, &two]), true).is_err());
        assert_eq!(kdialog.paths(b"", true), Ok(Vec::new()));
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
        // The second process is one that the program starts.
        let script = format!(
            "sleep 600 & echo $$ $! > {}.new; mv {0}.new {0}; wait",
            file.display()
        );
        let dialog = FileDialog::of_script(&script, &OPTIONS);
        let begin = Instant::now();
        let processes = loop {
            if let Ok(processes) = fs::read_to_string(&file) {
                break processes;
            }
            assert!(begin.elapsed() < Duration::from_secs(240));
        };
        drop(dialog);
        for process in processes.split_whitespace() {
            // The entry of a killed process stays until its parent has waited for it.
            let is_running = || {
                let stat = fs::read_to_string(format!("/proc/{process}/stat"));
                stat.is_ok_and(|stat| !stat.contains(") Z "))
            };
            while is_running() {
                assert!(begin.elapsed() < Duration::from_secs(240));
            }
        }
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
             Songs (*.wav *.mp3 *.WAV *.MP3)\n* (*)"
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
