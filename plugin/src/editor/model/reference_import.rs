//! Files on their way to becoming references: heard one after the other, on a thread of their own. When the window goes,
//! so do those that wait.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::task::Poll;

use flow_analysis::reference::Reference;
use flow_audio_file::SongStream;
use flow_dsp::math::narrow;

use crate::references::References;
use flow_platform::background_task::{BackgroundTask, TaskConfig};

/// All files that were chosen and aren't references yet.
#[derive(Default)]
pub(crate) struct ReferenceImport {
    waiting: VecDeque<PathBuf>,
    now: Option<Now>,
    /// The project that all of these are for.
    project: u32,
    /// Those that were called off and haven't ended yet.
    left: Vec<BackgroundTask<Heard>>,
    /// What went wrong last, in a line.
    fault: Option<String>,
}

type Heard = Result<Reference, String>;

/// The file that is being heard.
struct Now {
    name: String,
    progress: Arc<Progress>,
    task: BackgroundTask<Heard>,
}

/// What was heard of a file, and how long it says that it is, s; 0 where it doesn't say.
#[derive(Default)]
struct Progress {
    heard_s: AtomicU32,
    all_s: AtomicU32,
}

impl Progress {
    fn tell(&self, stream: &SongStream) {
        let seconds = |s: f64| narrow(s).to_bits();
        self.heard_s.store(seconds(stream.seconds()), Relaxed);
        let all_s = stream.declared_seconds().unwrap_or(0.0);
        self.all_s.store(seconds(all_s), Relaxed);
    }

    fn said(&self) -> String {
        let [heard_s, all_s] =
            [&self.heard_s, &self.all_s].map(|s| f32::from_bits(s.load(Relaxed)));
        if all_s > 0.0 {
            format!("{:.0} %", (100.0 * heard_s / all_s).min(100.0))
        } else {
            format!("{heard_s:.0} s")
        }
    }
}

impl ReferenceImport {
    /// One more file.
    pub(crate) fn add(&mut self, path: PathBuf) {
        if self.now.is_none() && self.waiting.is_empty() {
            self.fault = None;
        }
        self.waiting.push_back(path);
    }

    /// Takes in what has become of the files. True while there are any.
    pub(crate) fn go_on(&mut self, references: &References) -> bool {
        self.left.retain(|task| !task.is_finished());
        let project = references.project();
        if std::mem::replace(&mut self.project, project) != project {
            self.call_off();
        }
        if let Some(now) = &self.now
            && let Poll::Ready(answer) = now.task.poll()
        {
            let name = &now.name;
            match answer {
                Some(Ok(reference)) => {
                    if !references.add(reference) {
                        self.fault = Some(format!("{name} is there already."));
                    }
                }
                Some(Err(why)) => self.fault = Some(format!("{name}: {why}.")),
                None => self.fault = Some(format!("{name}: it can't be read.")),
            }
            self.now = None;
        }
        if self.now.is_none()
            && let Some(path) = self.waiting.pop_front()
        {
            self.begin(path);
        }
        self.now.is_some()
    }

    fn begin(&mut self, path: PathBuf) {
        let name = name_of(&path);
        let progress = Arc::new(Progress::default());
        let told = progress.clone();
        let task = BackgroundTask::spawn(TaskConfig::new("flow reference"), move |token| {
            let heard = flow_service::reference_file::read(&path, &|stream| {
                told.tell(stream);
                !token.is_canceled()
            });
            heard.map_err(|error| error.to_string().replace('\n', " "))
        });
        match task {
            Ok(task) => {
                self.now = Some(Now {
                    name,
                    progress,
                    task,
                });
            }
            Err(error) => self.fault = Some(format!("{name}: {error}.")),
        }
    }

    /// No more of those that aren't references yet.
    pub(crate) fn call_off(&mut self) {
        self.waiting.clear();
        if let Some(now) = self.now.take() {
            now.task.cancel();
            self.left.push(now.task);
        }
    }

    /// Which file is being heard and how far, and how many wait.
    pub(crate) fn said(&self) -> Option<String> {
        let now = self.now.as_ref()?;
        let waiting = match self.waiting.len() {
            0 => String::new(),
            more => format!(", {more} more"),
        };
        Some(format!("{} {}{waiting}", now.name, now.progress.said()))
    }

    /// What went wrong last.
    pub(crate) fn fault(&self) -> Option<&str> {
        self.fault.as_deref()
    }
}

/// A file's name, for people.
pub(crate) fn name_of(path: &Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str());
    name.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::time::{Duration, Instant};

    use super::*;
    use flow_audio_file::Audio;

    fn load(loading: &mut ReferenceImport, references: &References) {
        let begin = Instant::now();
        while loading.go_on(references) {
            assert!(begin.elapsed() < Duration::from_secs(60));
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    fn demo(seconds: f64) -> Audio {
        flow_demo_song::demo_excerpt(48_000, 20.0, seconds)
    }

    #[test]
    fn good_files_become_references_and_bad_ones_a_line() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let (references, mut loading) = (References::default(), ReferenceImport::default());
        let stereo = demo(11.0);
        flow_audio_file::wav::write_wav_24(&at("Night.wav"), &stereo).unwrap();
        let mono = Audio {
            channels: vec![stereo.channels[0].clone()],
            ..stereo.clone()
        };
        flow_audio_file::wav::write_wav_24(&at("Mono.wav"), &mono).unwrap();
        for name in ["Night.wav", "Mono.wav"] {
            loading.add(at(name));
        }
        load(&mut loading, &references);
        assert_eq!(loading.fault(), None);
        let names: Vec<_> = references.list().into_iter().map(|l| l.name).collect();
        assert_eq!(names, ["Night", "Mono"]);
        loading.add(at("Night.wav"));
        load(&mut loading, &references);
        assert!(loading.fault().unwrap().contains("there already"));

        fs::write(at("empty.wav"), "").unwrap();
        fs::write(at("text.wav"), "no song at all, but some text".repeat(50)).unwrap();
        fs::create_dir(at("folder.wav")).unwrap();
        flow_audio_file::wav::write_wav_24(&at("short.wav"), &demo(3.0)).unwrap();
        let slow = Audio {
            sample_rate_hz: 8000,
            ..demo(2.0)
        };
        flow_audio_file::wav::write_wav_24(&at("slow.wav"), &slow).unwrap();
        let whole = fs::read(at("Night.wav")).unwrap();
        fs::write(at("cut.wav"), &whole[..whole.len() / 2]).unwrap();
        flow_audio_file::wav::write_wav_24(&at("silence.wav"), &Audio::silence(48_000, 2, 600_000))
            .unwrap();
        for (name, why) in [
            ("empty.wav", "empty"),
            ("gone.wav", "no such file"),
            ("text.wav", "no WAV"),
            ("folder.wav", "folder"),
            ("short.wav", "ten seconds"),
            ("slow.wav", "8000 Hz"),
            ("cut.wav", "truncated"),
            ("silence.wav", "ten seconds"),
        ] {
            loading.add(at(name));
            load(&mut loading, &references);
            let said = loading
                .fault()
                .unwrap_or_else(|| panic!("{name} was taken"));
            assert!(said.contains(name) && said.contains(why), "{said}");
            assert!(!said.contains('\n'), "{said}");
        }
        assert_eq!(references.list().len(), 2, "none of them");
    }

    #[test]
    fn what_was_chosen_for_another_project_is_not_added_to_this_one() {
        use crate::references::SavedReferences;
        use nice_plug::params::persist::PersistentField;

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("Night.wav");
        flow_audio_file::wav::write_wav_24(&path, &demo(11.0)).unwrap();
        let (references, mut loading) = (References::default(), ReferenceImport::default());
        loading.add(path.clone());
        assert!(loading.go_on(&references));
        references.set(SavedReferences::default());
        load(&mut loading, &references);
        assert_eq!(references.list(), []);
        loading.add(path);
        load(&mut loading, &references);
        assert_eq!(references.list().len(), 1);
    }

    /// Three hours of 8 bits in a file without its own blocks on the disk.
    #[test]
    fn a_file_of_three_hours_is_refused_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lecture.wav");
        let data = 3 * 3600 * 48_000_u32;
        let mut header = Vec::new();
        header.extend(b"RIFF");
        header.extend((data + 36).to_le_bytes());
        header.extend(b"WAVEfmt ");
        header.extend(16_u32.to_le_bytes());
        header.extend([1_u16, 1].map(u16::to_le_bytes).concat());
        header.extend([48_000_u32, 48_000].map(u32::to_le_bytes).concat());
        header.extend([1_u16, 8].map(u16::to_le_bytes).concat());
        header.extend(b"data");
        header.extend(data.to_le_bytes());
        fs::write(&path, &header).unwrap();
        let file = fs::OpenOptions::new().write(true).open(&path).unwrap();
        file.set_len(u64::from(data) + 44).unwrap();
        let (references, mut loading) = (References::default(), ReferenceImport::default());
        let begin = Instant::now();
        loading.add(path);
        load(&mut loading, &references);
        let said = loading.fault().unwrap();
        assert!(said.contains("longer than 60 minutes"), "{said}");
        assert!(begin.elapsed() < Duration::from_secs(5));
    }

    #[test]
    fn what_is_called_off_or_left_ends_soon_and_adds_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("Long.wav");
        flow_audio_file::wav::write_wav_24(&path, &demo(120.0)).unwrap();
        let (references, mut loading) = (References::default(), ReferenceImport::default());
        for _ in 0..3 {
            loading.add(path.clone());
        }
        assert!(loading.go_on(&references));
        assert!(loading.said().unwrap().starts_with("Long.wav "));
        assert!(loading.said().unwrap().ends_with(", 2 more"));
        loading.call_off();
        assert!(!loading.go_on(&references));
        assert_eq!((loading.said(), loading.fault()), (None, None));
        // The window goes while another is heard.
        loading.add(path);
        assert!(loading.go_on(&references));
        let begin = Instant::now();
        drop(loading);
        assert!(begin.elapsed() < Duration::from_millis(400));
        assert_eq!(references.list(), []);
    }
}
