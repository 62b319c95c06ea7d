#[cfg(target_os = "linux")]
use crate::editor::platform::file_dialog::FileDialog;

use super::*;

fn names(path: &Path) -> Vec<String> {
    names_of(path, FileKind::Song)
}

fn names_of(path: &Path, kind: FileKind) -> Vec<String> {
    match read_path(path, kind, &CancelToken::default()) {
        PathContent::Folder(items) => items.into_iter().map(|item| item.name).collect(),
        PathContent::File => vec!["a file".into()],
        PathContent::Missing => vec!["missing".into()],
        PathContent::Error(error) => vec![error.to_string()],
    }
}

#[test]
fn read_path_of_a_folder_lists_folders_before_audio_files() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    for name in [
        "b.WAV",
        "a.flac",
        "Zebra.mp3",
        "notes.txt",
        ".hidden.wav",
        "wav",
        "Mine.JSON",
    ] {
        fs::write(at(name), "").unwrap();
    }
    for name in ["Songs", "album", ".git"] {
        fs::create_dir(at(name)).unwrap();
    }
    let expected = ["album", "Songs", "a.flac", "b.WAV", "Zebra.mp3"];
    assert_eq!(names(folder.path()), expected);
    let presets = names_of(folder.path(), FileKind::Preset);
    assert_eq!(presets, ["album", "Songs", "Mine.JSON"]);
    assert_eq!(names(&at("b.WAV")), ["a file"]);
    assert_eq!(names(&at("gone")), ["missing"]);
}

#[test]
fn parse_path_of_quotes_urls_and_tilde_gives_the_path() {
    assert_eq!(parse_path(" \"/a b/c.wav\" "), Path::new("/a b/c.wav"));
    assert_eq!(
        parse_path("file:///a%20b/c.wav"),
        PathBuf::from(path_of_url("/a%20b/c.wav", cfg!(windows)))
    );
    assert_eq!(
        parse_path("~/Music"),
        user_folders::home().unwrap().join("Music")
    );
}

#[test]
fn path_of_url_on_windows_has_no_slash_before_drive() {
    for (url, unix, windows) in [
        ("/a/c.wav", "/a/c.wav", "/a/c.wav"),
        ("/C:/a%20b/c.wav", "/C:/a b/c.wav", "C:/a b/c.wav"),
        ("/D:", "/D:", "D:"),
        ("localhost/C:/c.wav", "/C:/c.wav", "C:/c.wav"),
        ("nas/songs/c.wav", "nas/songs/c.wav", "//nas/songs/c.wav"),
        ("/50%25.wav", "/50%.wav", "/50%.wav"),
    ] {
        assert_eq!(path_of_url(url, false), unix, "{url}");
        assert_eq!(path_of_url(url, true), windows, "{url}");
    }
}

#[test]
fn whole_drive_on_windows_is_its_root_folder() {
    for (typed, unix, windows) in [
        ("D:", "D:", r"D:\"),
        (r"D:\", r"D:\", r"D:\"),
        ("D:/music", "D:/music", "D:/music"),
        ("", "", ""),
    ] {
        assert_eq!(whole_drive(typed.to_owned(), false), unix, "{typed}");
        assert_eq!(whole_drive(typed.to_owned(), true), windows, "{typed}");
    }
}

#[test]
fn parent_of_drive_is_list_of_drives() {
    let parent = |path: &str, has_drives| parent_folder(Path::new(path), has_drives);
    assert_eq!(parent("/a/b", true), Some("/a".into()));
    assert_eq!(parent("/", true), Some(DRIVES.into()));
    assert_eq!(parent("/", false), None);
    assert_eq!(parent(DRIVES, true), None);
}

#[test]
fn read_path_of_drives_lists_roots() {
    let expected: Vec<String> = drives::roots()
        .into_iter()
        .map(|root| drive_item(root).name)
        .collect();
    assert!(!expected.is_empty());
    assert_eq!(names(Path::new(DRIVES)), expected);
    assert_eq!(drive_item(r"C:\".into()).name, "C:");
}

#[test]
fn done_after_several_files_loses_none() {
    let folder = tempfile::tempdir().unwrap();
    let mut browser = FileBrowser::in_folder(FileKind::Song, folder.path().to_owned());
    let files = ["a.wav", "b.wav"].map(PathBuf::from);
    browser.dialog.chosen.extend(files.clone());
    browser.is_done = true;
    let expected = files.map(FileChoice::File);
    let choices = [browser.next_choice(), browser.next_choice()];
    assert_eq!(choices, expected);
    assert_eq!(browser.next_choice(), FileChoice::Done);
    assert_eq!(browser.next_choice(), FileChoice::None);
}

#[test]
fn line_of_a_missing_path_is_translated() {
    use crate::editor::language::Language;

    let folder = tempfile::tempdir().unwrap();
    let _german = Language::find("de").unwrap().enter();
    let mut browser = FileBrowser::in_folder(FileKind::Song, folder.path().join("gone"));
    let begin = std::time::Instant::now();
    browser.folder = Some(folder.path().to_owned());
    while browser.error.is_none() {
        assert!(begin.elapsed() < std::time::Duration::from_secs(240));
        browser.take_content();
    }
    let german = text!("there is no such file or folder");
    assert_ne!(german, "there is no such file or folder");
    assert_eq!(browser.error, Some(format!("gone: {german}.")));
}

#[cfg(target_os = "linux")]
fn browser_after_dialog(script: &str) -> FileBrowser {
    use std::time::{Duration, Instant};

    let folder = tempfile::tempdir().unwrap();
    let mut browser = FileBrowser::in_folder(FileKind::Song, folder.path().to_owned());
    let options = DialogOptions {
        title: "Choose songs",
        folder: None,
        filter: ("Songs", FileKind::Song.extensions()),
        takes_many: true,
    };
    browser.dialog.open = Some(FileDialog::of_script(script, &options));
    let begin = Instant::now();
    while browser.dialog.open.is_some() {
        assert!(browser.dialog.is_busy());
        assert!(begin.elapsed() < Duration::from_secs(240));
        if let Err(error) = browser.dialog.poll() {
            browser.error = Some(error);
        }
    }
    browser
}

#[cfg(target_os = "linux")]
#[test]
fn files_of_the_system_dialog_are_returned_one_after_the_other() {
    let mut browser = browser_after_dialog(r"printf '/music/a.wav\036/music/b.wav\n'");
    for name in ["/music/a.wav", "/music/b.wav"] {
        assert!(browser.dialog.is_busy());
        assert_eq!(browser.dialog.chosen.pop_front(), Some(PathBuf::from(name)));
    }
    assert!(!browser.dialog.is_busy());
    assert_eq!(browser.error, None);
}

#[cfg(target_os = "linux")]
#[test]
fn failed_system_dialog_gives_one_line_and_leaves_the_browser() {
    let browser = browser_after_dialog("echo no display >&2; exit 1");
    let error = browser.error.unwrap();
    assert!(error.starts_with("The system's dialog failed: "), "{error}");
    assert!(error.ends_with("no display."), "{error}");
    assert!(browser.dialog.chosen.is_empty());
    let canceled = browser_after_dialog("exit 1");
    assert_eq!(canceled.error, None);
}
