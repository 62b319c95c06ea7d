//! Import of reference songs: a background thread analyzes one file after the other. Closing the window cancels the rest.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::task::Poll;

use flow_analysis::reference::Reference;
use flow_audio_file::SongStream;
use flow_dsp::math::narrow;
use flow_platform::file_name::file_name;

use crate::editor::language::text;
use crate::references::References;
use crate::references::files::ReferenceFiles;
use flow_platform::background_task::{BackgroundTask, TaskConfig};

/// The files that are chosen and not analyzed yet.
#[derive(Default)]
pub(crate) struct ReferenceImport {
    queue: VecDeque<PathBuf>,
    current: Option<CurrentFile>,
    /// The project that the files are for.
    project: u32,
    /// Canceled tasks that still run.
    canceled: Vec<BackgroundTask<ImportResult>>,
    /// The last error, one line.
    error: Option<String>,
    files: ReferenceFiles,
}

type ImportResult = Result<Reference, String>;

/// The file that is being analyzed.
struct CurrentFile {
    name: String,
    path: PathBuf,
    progress: Arc<Progress>,
    task: BackgroundTask<ImportResult>,
}

/// The analyzed part of a file and its declared length, s as `f32` bits; 0 without a declared length.
#[derive(Default)]
struct Progress {
    analyzed_s: AtomicU32,
    declared_s: AtomicU32,
}

impl Progress {
    fn update(&self, stream: &SongStream) {
        let store = |field: &AtomicU32, s: f64| field.store(narrow(s).to_bits(), Relaxed);
        store(&self.analyzed_s, stream.seconds());
        store(&self.declared_s, stream.declared_seconds().unwrap_or(0.0));
    }

    fn text(&self) -> String {
        let load = |field: &AtomicU32| f32::from_bits(field.load(Relaxed));
        let (analyzed_s, declared_s) = (load(&self.analyzed_s), load(&self.declared_s));
        if declared_s > 0.0 {
            format!("{:.0} %", (100.0 * analyzed_s / declared_s).min(100.0))
        } else {
            format!("{analyzed_s:.0} s")
        }
    }
}

impl ReferenceImport {
    /// Remembers where the songs lie, and finds those of the present project again.
    pub(crate) fn set_files(&mut self, files: ReferenceFiles, references: &References) {
        references.recall(&files);
        self.project = references.project();
        self.files = files;
    }

    /// Adds a file to the queue.
    pub(crate) fn add(&mut self, path: PathBuf) {
        if self.current.is_none() && self.queue.is_empty() {
            self.error = None;
        }
        self.queue.push_back(path);
    }

    /// Takes finished results and starts the next file. Returns whether files are left.
    pub(crate) fn poll(&mut self, references: &References) -> bool {
        self.canceled.retain(|task| !task.is_finished());
        let project = references.project();
        if std::mem::replace(&mut self.project, project) != project {
            self.cancel();
            references.recall(&self.files);
        }
        if let Some(current) = &self.current
            && let Poll::Ready(result) = current.task.poll()
        {
            let name = &current.name;
            match result {
                Some(Ok(reference)) => {
                    if !references.add_file(reference, &current.path, &mut self.files) {
                        self.error = Some(text!("{name} is already a reference.", name));
                    }
                }
                Some(Err(error)) => self.error = Some(format!("{name}: {error}.")),
                None => self.error = Some(text!("{name}: the analysis failed.", name)),
            }
            self.current = None;
        }
        if self.current.is_none()
            && let Some(path) = self.queue.pop_front()
        {
            self.start(path);
        }
        // A file whose thread can't start doesn't end the queue.
        self.current.is_some() || !self.queue.is_empty()
    }

    fn start(&mut self, path: PathBuf) {
        let (name, kept_path) = (file_name(&path), path.clone());
        let progress = Arc::new(Progress::default());
        let shared_progress = progress.clone();
        let task = BackgroundTask::spawn(TaskConfig::new("flow reference"), move |token| {
            let result = flow_service::reference_file::read(&path, &|stream| {
                shared_progress.update(stream);
                !token.is_canceled()
            });
            result.map_err(|error| error.to_string().replace('\n', " "))
        });
        match task {
            Ok(task) => {
                self.current = Some(CurrentFile {
                    name,
                    path: kept_path,
                    progress,
                    task,
                });
            }
            Err(error) => self.error = Some(format!("{name}: {error}.")),
        }
    }

    /// Cancels the current file and the queue.
    pub(crate) fn cancel(&mut self) {
        self.queue.clear();
        if let Some(current) = self.current.take() {
            current.task.cancel();
            self.canceled.push(current.task);
        }
    }

    /// The current file with its progress, and the number of files in the queue.
    pub(crate) fn progress_text(&self) -> Option<String> {
        let current = self.current.as_ref()?;
        let queue = match self.queue.len() {
            0 => String::new(),
            more => text!(", {more} more", more),
        };
        Some(format!(
            "{} {}{queue}",
            current.name,
            current.progress.text()
        ))
    }

    /// The last error, one line.
    pub(crate) fn error(&self) -> Option<&str> {
        self.error.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;
    use std::time::{Duration, Instant};

    use super::*;
    use flow_audio_file::{Audio, OutputFormat};

    fn finish(import: &mut ReferenceImport, references: &References) {
        let begin = Instant::now();
        while import.poll(references) {
            assert!(begin.elapsed() < Duration::from_secs(60));
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    fn write(path: &Path, audio: &Audio) -> Result<(), impl std::fmt::Debug> {
        flow_audio_file::write(path, &OutputFormat::WAV_24, audio)
    }

    fn demo(seconds: f64) -> Audio {
        flow_demo_song::demo_excerpt(48_000, 20.0, seconds)
    }

    #[test]
    fn import_of_good_and_bad_files_adds_references_and_reports_errors() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let (references, mut import) = (References::default(), ReferenceImport::default());
        let stereo = demo(11.0);
        write(&at("Night.wav"), &stereo).unwrap();
        let mono = Audio {
            channels: vec![stereo.channels[0].clone()],
            ..stereo.clone()
        };
        write(&at("Mono.wav"), &mono).unwrap();
        for name in ["Night.wav", "Mono.wav"] {
            import.add(at(name));
        }
        finish(&mut import, &references);
        assert_eq!(import.error(), None);
        let names: Vec<_> = references.list().into_iter().map(|l| l.name).collect();
        assert_eq!(names, ["Night", "Mono"]);
        import.add(at("Night.wav"));
        finish(&mut import, &references);
        assert!(import.error().unwrap().contains("already a reference"));

        fs::write(at("empty.wav"), "").unwrap();
        fs::write(at("text.wav"), "some text instead of audio".repeat(50)).unwrap();
        fs::create_dir(at("folder.wav")).unwrap();
        write(&at("short.wav"), &demo(3.0)).unwrap();
        let slow = Audio {
            sample_rate_hz: 8000,
            ..demo(2.0)
        };
        write(&at("slow.wav"), &slow).unwrap();
        let whole = fs::read(at("Night.wav")).unwrap();
        fs::write(at("cut.wav"), &whole[..whole.len() / 2]).unwrap();
        write(&at("silence.wav"), &Audio::silence(48_000, 2, 600_000)).unwrap();
        for (name, cause) in [
            ("empty.wav", "empty"),
            ("gone.wav", "no such file"),
            ("text.wav", "no WAV"),
            ("folder.wav", "folder"),
            ("short.wav", "ten seconds"),
            ("slow.wav", "8000 Hz"),
            ("cut.wav", "truncated"),
            ("silence.wav", "ten seconds"),
        ] {
            import.add(at(name));
            finish(&mut import, &references);
            let text = import
                .error()
                .unwrap_or_else(|| panic!("{name} was imported"));
            assert!(text.contains(name) && text.contains(cause), "{text}");
            assert!(!text.contains('\n'), "{text}");
        }
        assert_eq!(references.list().len(), 2, "no bad file was added");
    }

    #[test]
    fn import_after_a_state_load_drops_files_of_the_old_project() {
        use crate::references::SavedReferences;
        use nice_plug::params::persist::PersistentField;

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("Night.wav");
        write(&path, &demo(11.0)).unwrap();
        let (references, mut import) = (References::default(), ReferenceImport::default());
        import.add(path.clone());
        assert!(import.poll(&references));
        references.set(SavedReferences::default());
        finish(&mut import, &references);
        assert_eq!(references.list(), []);
        import.add(path);
        finish(&mut import, &references);
        assert_eq!(references.list().len(), 1);
    }

    /// The file is sparse: three hours of 8-bit silence.
    #[test]
    fn import_of_a_three_hour_file_fails_without_reading_it() {
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
        let (references, mut import) = (References::default(), ReferenceImport::default());
        let begin = Instant::now();
        import.add(path);
        finish(&mut import, &references);
        let text = import.error().unwrap();
        assert!(text.contains("longer than 60 minutes"), "{text}");
        assert!(begin.elapsed() < Duration::from_secs(5));
    }

    #[test]
    fn import_canceled_or_dropped_ends_soon_and_adds_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("Long.wav");
        write(&path, &demo(120.0)).unwrap();
        let (references, mut import) = (References::default(), ReferenceImport::default());
        for _ in 0..3 {
            import.add(path.clone());
        }
        assert!(import.poll(&references));
        assert!(import.progress_text().unwrap().starts_with("Long.wav "));
        assert!(import.progress_text().unwrap().ends_with(", 2 more"));
        import.cancel();
        assert!(!import.poll(&references));
        assert_eq!((import.progress_text(), import.error()), (None, None));
        // Drops the import while a file is analyzed.
        import.add(path);
        assert!(import.poll(&references));
        let begin = Instant::now();
        drop(import);
        assert!(begin.elapsed() < Duration::from_millis(400));
        assert_eq!(references.list(), []);
    }
}
