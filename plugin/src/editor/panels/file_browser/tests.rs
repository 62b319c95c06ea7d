use super::*;

fn names(path: &Path) -> Vec<String> {
    names_of(path, FileKind::Song)
}

fn names_of(path: &Path, kind: FileKind) -> Vec<String> {
    match read_path(path, kind, &CancelToken::default()) {
        PathContent::Folder(items) => items.into_iter().map(|item| item.name).collect(),
        PathContent::File => vec!["a file".into()],
        PathContent::Error(error) => vec![error],
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
    assert_eq!(names(&at("gone")), ["there is no such file or folder"]);
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
