//! The songs that a command names: files, the files of folders, standard input and pipes.

use crate::file_url::file_url;
use crate::messages::printable;
use crate::stored_song::temporary_folder;
use anyhow::{Context, Result, anyhow, bail, ensure};
use flow_audio_file::{Metadata, SONG_EXTENSIONS, SongStream};
use flow_platform::hidden_file::is_hidden;
use flow_platform::mutex::lock;
use std::fs::{self, File, FileType};
use std::io::{self, IsTerminal, Read};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// The argument that stands for standard input.
const STDIN: &str = "-";
/// The name of the first pipe that a shell opened, as for `<(command)`.
const SHELL_PIPE: &str = "pipe";
/// The reason for which its second use is refused.
pub(crate) const STDIN_TWICE: &str = "standard input can be read only once";
/// The ending of the stems of Flow's own results.
const RESULT_STEM: &str = ".flow";

/// One song of a command.
pub(crate) struct SongSource {
    path: PathBuf,
    kind: Kind,
    /// The name of a song whose path has none that a reader would recognize.
    name: Option<String>,
}

enum Kind {
    Demo,
    File,
    /// Standard input or a named pipe, which can be read only once: with the first use it becomes an unnamed temporary file,
    /// or the reason why it cannot be used.
    Pipe(Mutex<Option<Result<File, String>>>),
    /// An argument that stands for no song, with the reason.
    Unusable(String),
}

impl SongSource {
    /// The songs that these arguments name. A folder stands for the song files in it, in natural order, without its
    /// subfolders, hidden files and Flow's own results.
    pub(crate) fn from_arguments(arguments: &[PathBuf]) -> Vec<Self> {
        let mut sources: Vec<Self> = Vec::new();
        let mut pipes = 0;
        for argument in arguments {
            if argument.is_dir() {
                match songs_of_folder(argument) {
                    Ok(songs) => sources.extend(songs.into_iter().map(Self::of_path)),
                    Err(e) => sources.push(Self::unusable(argument, &format!("{e:#}"))),
                }
            } else {
                let source = Self::of_argument(argument);
                sources.push(if source.is_stdin() && sources.iter().any(Self::is_stdin) {
                    Self::unusable(argument, STDIN_TWICE)
                } else {
                    source
                });
            }
            if let Some(source) = sources.last_mut().filter(|source| source.is_shell_pipe()) {
                pipes += 1;
                if pipes > 1 {
                    source.name = Some(format!("{SHELL_PIPE} {pipes}"));
                }
            }
        }
        sources
    }

    /// The demo song, which is generated.
    pub(crate) fn demo() -> Self {
        Self {
            path: "demo".into(),
            kind: Kind::Demo,
            name: None,
        }
    }

    /// The song of a single argument, which is no folder.
    pub(crate) fn of_argument(argument: &Path) -> Self {
        let mut source = if argument.as_os_str() == STDIN {
            Self::pipe(STDIN.into())
        } else {
            Self::of_path(argument.to_owned())
        };
        let name =
            descriptor(argument).map(|number| if number == 0 { "stdin" } else { SHELL_PIPE });
        source.name = name.map(str::to_owned);
        source
    }

    fn is_shell_pipe(&self) -> bool {
        self.name.as_deref() == Some(SHELL_PIPE)
    }

    fn of_path(path: PathBuf) -> Self {
        match fs::metadata(&path) {
            Ok(data) if is_pipe(data.file_type()) => Self::pipe(path),
            Ok(data) if !data.is_file() => Self::unusable(&path, "it is a device, not a song"),
            // A missing file is reported when it is opened.
            _ => Self {
                path,
                kind: Kind::File,
                name: None,
            },
        }
    }

    fn pipe(path: PathBuf) -> Self {
        Self {
            path,
            kind: Kind::Pipe(Mutex::new(None)),
            name: None,
        }
    }

    fn unusable(path: &Path, reason: &str) -> Self {
        Self {
            path: path.to_owned(),
            kind: Kind::Unusable(reason.to_owned()),
            name: None,
        }
    }

    /// Whether it is standard input, by any of its names.
    pub(crate) fn is_stdin(&self) -> bool {
        matches!(self.kind, Kind::Pipe(_)) && descriptor(&self.path) == Some(0)
    }

    /// The path as it was given, for messages.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The URL of its file; none if it is no file.
    pub(crate) fn url(&self) -> Option<String> {
        match self.kind {
            Kind::File => file_url(&self.path),
            Kind::Demo | Kind::Pipe(_) | Kind::Unusable(_) => None,
        }
    }

    /// The path from which the names of the results derive. It may name no file.
    pub(crate) fn naming_path(&self) -> &Path {
        self.name.as_ref().map_or(&self.path, Path::new)
    }

    /// The title for texts, without control characters.
    pub(crate) fn title(&self) -> String {
        if let Kind::Demo = self.kind {
            return "Demo song".to_owned();
        }
        let stem = self.naming_path().file_stem().unwrap_or_default();
        printable(&stem.to_string_lossy())
    }

    /// Opens the song for decoding; none for the demo song, which has no file. Streams of one pipe share a position, so that
    /// only the last one may be read.
    ///
    /// # Errors
    ///
    /// If it is no supported song. The error is one line without the file's name.
    pub(crate) fn open(&self) -> Result<Option<SongStream>> {
        match &self.kind {
            Kind::Demo => Ok(None),
            Kind::File => SongStream::open(&self.path).map(Some),
            Kind::Pipe(spooled) => {
                let mut spooled = lock(spooled);
                let file =
                    spooled.get_or_insert_with(|| self.spool().map_err(|e| format!("{e:#}")));
                let file = file.as_ref().map_err(|reason| anyhow!("{reason}"))?;
                let file = file.try_clone().context("it cannot be read")?;
                SongStream::from_file(file).map(Some)
            }
            Kind::Unusable(reason) => Err(anyhow!("{reason}")),
        }
    }

    /// The tags, pictures and broadcast data of the song; none if it has no file. The position of a pipe's streams changes.
    pub(crate) fn metadata(&self) -> Metadata {
        match &self.kind {
            Kind::File => Metadata::read(&self.path),
            Kind::Pipe(spooled) => {
                let spooled = lock(spooled);
                let file = spooled.as_ref().and_then(|file| file.as_ref().ok());
                let file = file.and_then(|file| file.try_clone().ok());
                file.map_or_else(Metadata::default, Metadata::read_file)
            }
            Kind::Demo | Kind::Unusable(_) => Metadata::default(),
        }
    }

    /// Reads the pipe to its end into an unnamed temporary file, which the system removes with the last handle.
    fn spool(&self) -> Result<File> {
        let mut source: Box<dyn Read> = if self.is_stdin() {
            ensure!(
                !io::stdin().is_terminal(),
                "standard input is a terminal; pipe a song into it"
            );
            Box::new(io::stdin())
        } else {
            Box::new(File::open(&self.path).context("it cannot be read")?)
        };
        let folder = temporary_folder();
        let kept = || {
            format!(
                "it cannot be copied to {}, the folder for temporary files",
                folder.display()
            )
        };
        let mut file = tempfile::tempfile_in(&folder).with_context(kept)?;
        let bytes = io::copy(&mut source, &mut file).with_context(kept)?;
        if bytes == 0 {
            bail!(
                "nothing came in: the program that writes to it wrote nothing, or has ended before"
            );
        }
        Ok(file)
    }
}

/// The number of the open file that a path stands for, as shells name standard input and the pipes of `<(command)`.
fn descriptor(path: &Path) -> Option<u32> {
    let text = path.to_str()?;
    if [STDIN, "/dev/stdin"].contains(&text) {
        return Some(0);
    }
    let folders = ["/dev/fd/", "/proc/self/fd/"];
    let number = folders.iter().find_map(|folder| text.strip_prefix(folder));
    number?.parse().ok()
}

#[cfg(unix)]
fn is_pipe(file_type: FileType) -> bool {
    use std::os::unix::fs::FileTypeExt;
    file_type.is_fifo() || file_type.is_socket()
}

#[cfg(not(unix))]
fn is_pipe(_: FileType) -> bool {
    false
}

/// The songs in a folder, in natural order.
fn songs_of_folder(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).and_then(Iterator::collect::<io::Result<Vec<_>>>);
    let entries = entries.context("the folder cannot be read")?;
    let paths = entries.into_iter().map(|entry| entry.path());
    let mut songs: Vec<PathBuf> = paths.filter(|path| is_song(path)).collect();
    ensure!(
        !songs.is_empty(),
        "there are no songs in this folder (subfolders, hidden files and results of Flow don't count)"
    );
    alphanumeric_sort::sort_path_slice(&mut songs);
    Ok(songs)
}

/// Whether a file of a folder is a song by its name, and none of Flow's results.
fn is_song(path: &Path) -> bool {
    let text = |part: Option<&std::ffi::OsStr>| {
        let part = part.unwrap_or_default();
        part.to_string_lossy().to_lowercase()
    };
    SONG_EXTENSIONS.contains(&text(path.extension()).as_str())
        && !is_hidden(path)
        && !text(path.file_stem()).ends_with(RESULT_STEM)
        && !path.is_dir()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folder_lists_songs_in_natural_order_without_results_and_hidden_files() {
        let folder = tempfile::tempdir().unwrap();
        let names = [
            "10 End.flac",
            "2 Middle.WAV",
            "1 Begin.mp3",
            ".hidden.wav",
            "1 Begin.flow.wav",
            "cover.jpg",
        ];
        for name in names {
            fs::write(folder.path().join(name), "").unwrap();
        }
        fs::create_dir(folder.path().join("disc.wav")).unwrap();
        let sources = SongSource::from_arguments(&[folder.path().to_owned()]);
        let titles: Vec<String> = sources.iter().map(SongSource::title).collect();
        assert_eq!(titles, ["1 Begin", "2 Middle", "10 End"]);
    }

    #[test]
    fn folder_without_songs_is_unusable_with_reason() {
        let folder = tempfile::tempdir().unwrap();
        let sources = SongSource::from_arguments(&[folder.path().to_owned()]);
        assert_eq!(sources.len(), 1);
        let error = sources[0].open().err().unwrap().to_string();
        assert!(error.contains("no songs"), "{error}");
    }

    #[test]
    fn open_files_of_the_shell_have_names_that_tell_them_apart() {
        let arguments = ["/dev/fd/63", "/dev/stdin", "/proc/self/fd/62", "63"];
        let sources = SongSource::from_arguments(&arguments.map(PathBuf::from));
        let titles: Vec<String> = sources.iter().map(SongSource::title).collect();
        assert_eq!(titles, ["pipe", "stdin", "pipe 2", "63"]);
    }

    #[test]
    fn stdin_named_twice_is_unusable_the_second_time() {
        let sources = SongSource::from_arguments(&["-".into(), "-".into()]);
        assert_eq!(sources[0].title(), "stdin");
        let error = sources[1].open().err().unwrap().to_string();
        assert!(error.contains("only once"), "{error}");
    }
}
