//! The command line of the app: the framework's options, and a song.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use flow_audio_file::SongStream;

use super::framework_options;

/// The name that the framework shows in its usage line.
const USAGE: &str = "Flow [SONG]";

/// The lines above the framework's help.
const ABOUT: &str = "Flow, a mastering plug-in, as an app: between an audio input and an audio output, or with a song.\n\n\
     The options for devices replace those that were chosen in the window.\n\
     Without SONG the song of the last session opens. SONG may be WAV, AIFF, FLAC, MP3, Ogg Vorbis, Opus, AAC or ALAC,\n\
     mono or stereo, and stands before, between or after the options, or after `--`.\n";

/// The parts of a command line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CommandLine {
    /// The song, which can be opened.
    pub song: Option<PathBuf>,
    /// The arguments for the framework, beginning with the program's name.
    pub framework: Vec<String>,
    /// Lines to print before the framework shows its help.
    pub about: Option<&'static str>,
    /// Whether only the version is wanted.
    pub is_version: bool,
}

impl CommandLine {
    /// Reads arguments, the first of which is the program's name. Every option but help and version takes a value, as the
    /// framework defines them.
    ///
    /// # Errors
    ///
    /// One line if an option is unknown or has no usable value, if the song can't be opened, or if there is more than one.
    pub fn read(arguments: impl IntoIterator<Item = OsString>) -> Result<Self, String> {
        let mut line = Self {
            framework: vec![USAGE.to_owned()],
            ..Self::default()
        };
        let mut songs = Vec::new();
        let mut arguments = arguments.into_iter().skip(1);
        while let Some(argument) = arguments.next() {
            if argument == "--" {
                songs.extend(arguments.by_ref());
            } else if !is_option(&argument) {
                songs.push(argument);
            } else {
                let option = text(argument)?;
                match &*option {
                    "-h" | "--help" => {
                        line.about = Some(ABOUT);
                        line.framework.truncate(1);
                        line.framework.push(option);
                        return Ok(line);
                    }
                    "-V" | "--version" => {
                        line.is_version = true;
                        return Ok(line);
                    }
                    _ => {}
                }
                let has_value = takes_next(&option);
                line.framework.push(option);
                if has_value && let Some(value) = arguments.next() {
                    line.framework.push(text(value)?);
                }
            }
        }
        let checked = framework_options::check(&line.framework[1..]);
        checked.map_err(|error| format!("{error} (Flow --help lists the options)"))?;
        line.song = song(songs)?;
        Ok(line)
    }
}

fn is_option(argument: &OsStr) -> bool {
    argument.as_encoded_bytes().starts_with(b"-") && argument != "-"
}

/// Whether the value of an option is the next argument: `--backend dummy` and `-b dummy`, but not `--backend=dummy` and
/// `-bdummy`.
fn takes_next(option: &str) -> bool {
    if option.starts_with("--") {
        !option.contains('=')
    } else {
        option.chars().count() == 2
    }
}

fn text(argument: OsString) -> Result<String, String> {
    let refused = |argument: OsString| format!("{}: it is no text", argument.display());
    argument.into_string().map_err(refused)
}

/// The only song, if it can be opened.
fn song(songs: Vec<OsString>) -> Result<Option<PathBuf>, String> {
    let mut songs = songs.into_iter();
    let Some(song) = songs.next() else {
        return Ok(None);
    };
    if let Some(second) = songs.next() {
        return Err(format!(
            "{}: Flow opens one song at a time; --help lists the options",
            second.display()
        ));
    }
    let path = PathBuf::from(song);
    SongStream::open(&path)
        .map_err(|error| format!("{}: {error:#}", path.display()).replace('\n', " "))?;
    // The session remembers it for another working directory.
    Ok(Some(std::path::absolute(&path).unwrap_or(path)))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use flow_audio_file::{Audio, OutputFormat};

    use super::*;

    fn read(arguments: &[&OsStr]) -> Result<CommandLine, String> {
        let program = OsString::from("/usr/bin/Flow");
        let arguments = arguments.iter().map(|a| (*a).to_owned());
        CommandLine::read(std::iter::once(program).chain(arguments))
    }

    fn song_in(folder: &Path, name: &str) -> PathBuf {
        let path = folder.join(name);
        let audio = Audio::new(48_000, vec![vec![0.25; 100]]);
        flow_audio_file::write(&path, &OutputFormat::WAV_24, &audio).unwrap();
        path
    }

    #[test]
    fn song_anywhere_among_options_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let path = song_in(folder.path(), "a song.wav");
        let song = path.as_os_str();
        let option = OsStr::new;
        let framework = |line: &CommandLine| line.framework[1..].join(" ");
        for (arguments, options) in [
            (vec![song], ""),
            (
                vec![option("--backend"), option("dummy"), song],
                "--backend dummy",
            ),
            (vec![song, option("-b"), option("dummy")], "-b dummy"),
            (vec![option("-bdummy"), song], "-bdummy"),
            (
                vec![
                    option("--backend=dummy"),
                    song,
                    option("-r"),
                    option("96000"),
                ],
                "--backend=dummy -r 96000",
            ),
            (
                vec![option("-b"), option("dummy"), option("--"), song],
                "-b dummy",
            ),
        ] {
            let line = read(&arguments).unwrap();
            assert_eq!(line.song.as_deref(), Some(path.as_path()), "{arguments:?}");
            assert_eq!(framework(&line), options);
        }
    }

    #[test]
    fn song_whose_name_begins_with_a_dash_opens_after_two_dashes() {
        let folder = tempfile::tempdir().unwrap();
        let path = song_in(folder.path(), "-b.wav");
        let line = read(&[OsStr::new("--"), path.as_os_str()]).unwrap();
        assert_eq!(line.song, Some(path));
    }

    #[test]
    fn odd_paths_give_one_line_with_their_name() {
        let folder = tempfile::tempdir().unwrap();
        let song = song_in(folder.path(), "Dawn.wav");
        let text = folder.path().join("notes.txt");
        std::fs::write(&text, "no song").unwrap();
        let missing = folder.path().join("missing.wav");
        let dash = Path::new("-");
        for (paths, reason) in [
            (
                vec![missing.as_path()],
                "missing.wav: there is no such file",
            ),
            (vec![folder.path()], "it is a folder"),
            (vec![&text], "notes.txt: "),
            (vec![dash], "-: there is no such file"),
            (vec![&song, &song], "one song at a time"),
        ] {
            let paths: Vec<&OsStr> = paths.iter().map(|path| path.as_os_str()).collect();
            let error = read(&paths).unwrap_err();
            assert!(error.contains(reason), "{error}");
            assert_eq!(error.lines().count(), 1);
        }
    }

    #[test]
    fn help_beside_a_missing_song_is_shown() {
        for arguments in [&["--help"][..], &["-h"], &["missing.wav", "--help"]] {
            let arguments: Vec<&OsStr> = arguments.iter().map(OsStr::new).collect();
            let line = read(&arguments).unwrap();
            assert!(line.about.is_some_and(|about| about.contains("SONG")));
            assert_eq!(line.song, None);
        }
    }

    #[test]
    fn wrong_options_give_one_line_unless_help_or_version_is_wanted() {
        for arguments in [&["--turbo", "on"][..], &["-r", "0"], &["-b", "tape"]] {
            let arguments: Vec<&OsStr> = arguments.iter().map(OsStr::new).collect();
            let error = read(&arguments).unwrap_err();
            assert!(
                error.ends_with("(Flow --help lists the options)"),
                "{error}"
            );
            let help = read(&[&arguments[..], &[OsStr::new("--help")]].concat()).unwrap();
            assert_eq!(help.framework, ["Flow [SONG]", "--help"]);
            assert!(help.about.is_some());
        }
        for option in ["-V", "--version"] {
            assert!(read(&[OsStr::new(option)]).unwrap().is_version);
        }
    }
}
