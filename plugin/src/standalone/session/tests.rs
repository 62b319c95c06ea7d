use std::sync::Arc;
use std::time::{Duration, Instant};

use flow_params::ParameterId;

use super::*;
use crate::audio::player::Overview;
use crate::audio::processor::Processor;

struct Rig {
    folder: tempfile::TempDir,
}

impl Rig {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("standalone.json")
    }

    /// A new start of the app.
    fn start(&self) -> (RestoredSession, Arc<PluginShared>) {
        let (_processor, shared) = Processor::new();
        (Session::restore(Some(self.path()), &shared), shared)
    }

    /// Ends a first session with a changed gain and this song.
    fn end_first(&self, song: Option<&SongView<'_>>) {
        let (mut restored, shared) = self.start();
        set_gain(&shared, 0.75);
        shared.params.window.set_size([1500.0, 900.0]);
        restored.session.finish(song);
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.folder.path()).unwrap();
        let name = |entry: fs::DirEntry| entry.file_name().into_string().unwrap();
        let mut names: Vec<String> = entries.map(|entry| name(entry.unwrap())).collect();
        names.sort();
        names
    }
}

fn set_gain(shared: &PluginShared, normalized: f32) {
    shared
        .params
        .get(ParameterId::LoudnessGain)
        .set_normalized(normalized);
}

fn gain(shared: &PluginShared) -> f32 {
    shared.params.get(ParameterId::LoudnessGain).normalized()
}

fn view<'a>(path: &'a Path, overview: &'a Overview) -> SongView<'a> {
    SongView {
        name: "Dawn.wav",
        path,
        duration_s: 60.0,
        position_s: 12.5,
        is_playing: true,
        section_s: [10.0, 20.0],
        is_looping: true,
        waveform: &overview.waveform,
        levels: &overview.levels,
        rate_hz: 48_000,
    }
}

#[test]
fn session_after_restart_has_settings_song_position_and_loop() {
    let rig = Rig::new();
    let overview = Overview::default();
    let path = Path::new("/music/Dawn.wav");
    rig.end_first(Some(&view(path, &overview)));
    let (restored, shared) = rig.start();
    assert_eq!(gain(&shared), 0.75);
    assert_eq!(shared.params.window.get(), [1500.0, 900.0]);
    let expected = StartPlace {
        position_s: 12.5,
        section_s: Some([10.0, 20.0]),
        is_looping: true,
    };
    assert_eq!(restored.song, Some((path.to_owned(), expected)));
    assert_eq!(restored.message, None);
}

#[test]
fn first_session_has_defaults_and_no_song() {
    let rig = Rig::new();
    let (restored, _shared) = rig.start();
    assert_eq!((restored.song, restored.message), (None, None));
    assert!(rig.names().is_empty());
}

#[test]
fn file_that_cannot_be_used_is_kept_under_another_name() {
    for (content, reason) in [
        ("", "it is damaged"),
        ("{\"version\": 1", "it is damaged"),
        ("[]", "it is damaged"),
        ("{\"version\": 1, \"state\": 7}", "it is damaged"),
        ("{\"version\": 2, \"future\": true}", "newer version"),
    ] {
        let rig = Rig::new();
        for number in 1..3 {
            fs::write(rig.path(), content).unwrap();
            let (mut restored, shared) = rig.start();
            let message = restored.message.unwrap();
            assert!(message.contains(reason), "{message}");
            let kept = format!("standalone.unusable-{number}.json");
            assert!(message.contains(&kept), "{message}");
            assert_eq!(message.lines().count(), 1);
            let kept = fs::read_to_string(rig.folder.path().join(kept)).unwrap();
            assert_eq!(kept, content);
            set_gain(&shared, 0.75);
            restored.session.finish(None);
            let (_restored, shared) = rig.start();
            assert_eq!(gain(&shared), 0.75);
        }
    }
}

#[test]
fn changes_are_written_after_some_seconds_and_an_idle_window_is_left_alone() {
    let rig = Rig::new();
    let (mut restored, shared) = rig.start();
    let session = &mut restored.session;
    assert_eq!(session.update(0.0, None), (Some(DELAY_S), None));
    set_gain(&shared, 0.75);
    assert_eq!(session.update(2.0, None), (Some(3.0), None));
    assert_eq!(session.update(5.1, None), (None, None));
    wait(session);
    assert_eq!(gain(&rig.start().1), 0.75);
    // Without a change nothing is written.
    fs::remove_file(rig.path()).unwrap();
    session.update(6.0, None);
    session.update(12.0, None);
    wait(session);
    session.finish(None);
    assert!(rig.names().is_empty());
}

fn wait(session: &mut Session) {
    let begin = Instant::now();
    while session.writing.is_some() {
        assert_eq!(session.take_failure(), None);
        assert!(begin.elapsed() < Duration::from_secs(240));
    }
}

#[test]
fn session_that_cannot_be_written_is_reported_once() {
    let rig = Rig::new();
    let file = rig.folder.path().join("file");
    fs::write(&file, "").unwrap();
    let (_processor, shared) = Processor::new();
    let mut session = Session::restore(Some(file.join("standalone.json")), &shared).session;
    session.path = Some(file.join("standalone.json"));
    session.update(0.0, None);
    session.update(6.0, None);
    let begin = Instant::now();
    let message = loop {
        if let (_, Some(message)) = session.update(6.0, None) {
            break message;
        }
        assert!(begin.elapsed() < Duration::from_secs(240));
    };
    assert!(
        message.starts_with("The session can't be saved: "),
        "{message}"
    );
    for now_s in [12.0, 18.0, 24.0] {
        session.update(now_s, None);
        while session.writing.is_some() {
            assert_eq!(session.update(now_s, None).1, None);
            assert!(begin.elapsed() < Duration::from_secs(240));
        }
    }
}

#[test]
fn last_song_on_a_missing_drive_is_remembered_until_it_is_forgotten() {
    let rig = Rig::new();
    let overview = Overview::default();
    let path = Path::new("/missing drive/Dawn.wav");
    rig.end_first(Some(&view(path, &overview)));
    for _ in 0..2 {
        let (mut restored, shared) = rig.start();
        assert_eq!(restored.song.unwrap().0, path);
        set_gain(&shared, 0.25);
        restored.session.finish(None);
    }
    let (mut restored, _shared) = rig.start();
    restored.session.forget_song();
    restored.session.finish(None);
    assert_eq!(rig.start().0.song, None);
}

#[cfg(target_os = "linux")]
#[test]
fn song_whose_path_is_no_text_is_kept_for_a_restart() {
    use std::os::unix::ffi::OsStrExt;

    let rig = Rig::new();
    let overview = Overview::default();
    let path = Path::new(std::ffi::OsStr::from_bytes(b"/music/D\xe9but.wav"));
    let (mut restored, _shared) = rig.start();
    restored.session.finish(Some(&view(path, &overview)));
    assert_eq!(take_unsaved_song().as_deref(), Some(path));
    assert_eq!(take_unsaved_song(), None);
}
