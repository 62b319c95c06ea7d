use super::*;

/// A page with a song of two seconds in `folder`.
fn page(folder: &Path, name: &std::ffi::OsStr) -> RenderPage {
    let song = folder.join(name);
    let audio = flow_demo_song::demo_excerpt(48_000, 20.0, 2.0);
    flow_audio_file::write(&song, &OutputFormat::WAV_24, &audio).unwrap();
    let mut page = RenderPage::default();
    page.song = song;
    page.propose();
    page
}

fn start(page: &mut RenderPage) {
    let (target, song) = (page.target(), page.song.clone());
    page.start(target, false, &song, &ChainSettings::default());
    assert!(page.outcome.is_none(), "{:?}", page.outcome);
}

#[cfg(target_os = "linux")]
#[test]
fn names_that_are_no_text_are_rendered_under_their_own_names() {
    use std::os::unix::ffi::OsStrExt;

    let text = |bytes: &'static [u8]| std::ffi::OsStr::from_bytes(bytes);
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join(text(b"d\xe9mos"));
    std::fs::create_dir(&folder).unwrap();
    let mut page = page(&folder, text(b"D\xe9but.wav"));
    let proposed = folder.join(text(b"D\xe9but.flow.wav"));
    assert_eq!(page.target(), proposed);
    start(&mut page);
    while page.poll() {
        std::thread::sleep(POLL);
    }
    assert!(matches!(page.outcome, Some(Ok(_))), "{:?}", page.outcome);
    assert!(proposed.exists());
    // Another name in the same folder.
    page.typed = page.typed.replace("but.flow", "but loud");
    let name = page.target();
    assert_eq!(name.parent(), Some(&*folder));
    assert!(name.to_string_lossy().ends_with("but loud.wav"), "{name:?}");
    // Another folder.
    page.typed = "/tmp/Loud.wav".to_owned();
    assert_eq!(page.target(), Path::new("/tmp/Loud.wav"));
}

#[test]
fn render_of_a_closed_window_is_finished_or_ended_by_a_signal() {
    let folder = tempfile::tempdir().unwrap();
    let mut lines = Vec::new();
    let mut report = |line: &str| lines.push(line.to_owned());
    assert_eq!(finish_pending_render(None, &mut report), None);
    let mut left = page(folder.path(), "Dawn.wav".as_ref());
    start(&mut left);
    drop(left);
    assert_eq!(finish_pending_render(None, &mut report), Some(Ok(())));
    assert!(folder.path().join("Dawn.flow.wav").exists());
    let mut left = page(folder.path(), "Dusk.wav".as_ref());
    start(&mut left);
    drop(left);
    let signal = EndSignal::default();
    signal.raise();
    assert_eq!(
        finish_pending_render(Some(&signal), &mut report),
        Some(Err(()))
    );
    assert!(
        lines[0].starts_with("Dawn.flow.wav: rendering goes on"),
        "{lines:?}"
    );
    assert!(lines[1].starts_with("Saved Dawn.flow.wav: −"), "{lines:?}");
    let end = &lines[3];
    let is_ended = end.contains("nothing was written");
    assert_eq!(
        is_ended,
        !folder.path().join("Dusk.flow.wav").exists(),
        "{lines:?}"
    );
}

#[test]
fn outcome_of_incomplete_song_names_missing_parts() {
    let song = RenderedSong {
        integrated_lufs: -14.0,
        dbtp: -1.0,
        warnings: vec!["its end is missing".to_owned()],
        dropped_data: vec!["lyrics".to_owned()],
    };
    let line = "Saved a.wav: −14.0 LUFS, −1.0 dBTP; its end is missing; not carried over: lyrics";
    assert_eq!(outcome("a.wav", Some(Ok(song))), Ok(line.to_owned()));
}

#[test]
fn result_path_beside_the_song_is_that_of_the_command_line() {
    let path = result_path(Path::new("/music/Dawn v1.2.mp3"), Container::Wav);
    assert_eq!(path, Path::new("/music/Dawn v1.2.flow.wav"));
}
