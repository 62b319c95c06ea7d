//! Import of reference songs: a background thread analyzes one file after the other and adds each to the project, also after the
//! window is closed. The end of the instance or the load of another project cancels the rest.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard};

use flow_analysis::report::Message;
use flow_audio_file::SongStream;
use flow_dsp::math::narrow;
use flow_platform::background_task::{BackgroundTask, CancelToken, TaskConfig};
use flow_platform::file_name::file_name;
use flow_platform::mutex::lock;
use flow_service::reference_file::MeasuredReference;

use crate::editor::language::{reason, text, translate_message};
use crate::params::FlowParams;
use crate::references::References;
use crate::references::files::ReferenceFiles;

/// The files that are chosen and not analyzed yet. It belongs to the instance.
#[derive(Default)]
pub(crate) struct ReferenceImport {
    /// The files of the present project, shared with the thread.
    queue: Arc<Mutex<ImportQueue>>,
    task: Option<BackgroundTask<()>>,
    /// Canceled tasks that still run.
    canceled: Vec<BackgroundTask<()>>,
    /// The project that the files are for.
    project: u32,
    files: Arc<Mutex<ReferenceFiles>>,
}

/// The import of an instance, for its windows.
#[derive(Default)]
pub(crate) struct SharedReferenceImport(Mutex<ReferenceImport>);

impl SharedReferenceImport {
    /// [main, gui] Locks the import. The audio thread never asks for it.
    pub(crate) fn lock(&self) -> MutexGuard<'_, ReferenceImport> {
        lock(&self.0)
    }
}

/// The part that the background thread changes.
#[derive(Default)]
struct ImportQueue {
    waiting: VecDeque<PathBuf>,
    current: Option<CurrentFile>,
    /// Whether a thread takes the waiting files.
    is_running: bool,
    /// The errors since the first file of the import.
    errors: Vec<ImportError>,
}

/// A file that was not added, or not as a whole. The thread knows no language.
#[derive(Clone)]
enum ImportError {
    /// The song is among the references.
    Known { name: String },
    /// The analysis panicked.
    Crashed { name: String },
    /// The file can't be read, has no music or is incomplete.
    Other { name: String, cause: Message },
}

impl ImportError {
    /// One line.
    fn text(&self) -> String {
        match self {
            Self::Known { name } => text!("{name} is already a reference.", name),
            Self::Crashed { name } => text!("{name}: the analysis failed.", name),
            Self::Other { name, cause } => format!("{name}: {}.", translate_message(cause)),
        }
    }
}

/// The file that is being analyzed.
#[derive(Clone)]
struct CurrentFile {
    name: String,
    progress: Arc<Progress>,
}

/// The analyzed part of a file and its declared length, s as `f32` bits; 0 without a declared length.
#[derive(Default)]
struct Progress {
    analyzed_s: AtomicU32,
    declared_s: AtomicU32,
}

impl CurrentFile {
    fn new(path: &Path) -> Self {
        Self {
            name: file_name(path),
            progress: Arc::default(),
        }
    }
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
        *lock(&self.files) = files;
    }

    /// Adds a file to the queue, and starts to work on it if nothing else is.
    pub(crate) fn add(&mut self, path: PathBuf, params: &Arc<FlowParams>) {
        self.follow_project(&params.references);
        let must_start = {
            let mut queue = lock(&self.queue);
            queue.waiting.push_back(path);
            if !queue.is_running {
                queue.errors.clear();
            }
            !std::mem::replace(&mut queue.is_running, true)
        };
        if must_start {
            self.start(params);
        }
    }

    fn start(&mut self, params: &Arc<FlowParams>) {
        let (queue, params) = (self.queue.clone(), params.clone());
        let (project, files) = (self.project, self.files.clone());
        let task = BackgroundTask::spawn(TaskConfig::new("flow reference"), move |token| {
            work(&queue, &params.references, (project, files), token);
        });
        match task {
            Ok(task) => self.task = Some(task),
            Err(error) => {
                let mut queue = lock(&self.queue);
                let name = queue.waiting.front().map(|path| file_name(path));
                *queue = ImportQueue {
                    errors: vec![ImportError::Other {
                        name: name.unwrap_or_default(),
                        cause: reason(error),
                    }],
                    ..ImportQueue::default()
                };
            }
        }
    }

    /// Follows the project and the thread. Returns whether files are left.
    pub(crate) fn poll(&mut self, params: &Arc<FlowParams>) -> bool {
        self.canceled.retain(|task| !task.is_finished());
        self.follow_project(&params.references);
        // The thread ends with files left only by a panic.
        let has_ended = self.task.as_ref().is_none_or(BackgroundTask::is_finished);
        let mut queue = lock(&self.queue);
        if !queue.is_running || !has_ended {
            return queue.is_running;
        }
        if let Some(current) = queue.current.take() {
            let name = current.name;
            queue.errors.push(ImportError::Crashed { name });
        }
        queue.is_running = !queue.waiting.is_empty();
        let must_start = queue.is_running;
        drop(queue);
        if must_start {
            self.start(params);
        }
        must_start
    }

    /// Cancels the files of another project, and finds those of the present one again.
    fn follow_project(&mut self, references: &References) {
        let project = references.project();
        if std::mem::replace(&mut self.project, project) != project {
            self.cancel();
            references.recall(&lock(&self.files));
        }
    }

    /// Cancels the current file and the queue.
    pub(crate) fn cancel(&mut self) {
        self.queue = Arc::default();
        if let Some(task) = self.task.take() {
            task.cancel();
            self.canceled.push(task);
        }
    }

    /// Whether files are left.
    pub(crate) fn is_running(&self) -> bool {
        lock(&self.queue).is_running
    }

    /// The current file with its progress, and the number of files in the queue.
    pub(crate) fn progress_text(&self) -> Option<String> {
        let queue = lock(&self.queue);
        let mut waiting = queue.waiting.iter();
        let current = queue.current.clone();
        // The thread takes the first file soon.
        let current = current.or_else(|| waiting.next().map(|path| CurrentFile::new(path)))?;
        let more = match waiting.len() {
            0 => String::new(),
            more => text!(", {more} more", more),
        };
        Some(format!(
            "{} {}{more}",
            current.name,
            current.progress.text()
        ))
    }

    /// The errors of the import, one line each.
    pub(crate) fn errors(&self) -> Vec<String> {
        let queue = lock(&self.queue);
        queue.errors.iter().map(ImportError::text).collect()
    }
}

/// Analyzes the files of a project, one after the other, until none is left or the project is gone.
fn work(
    queue: &Mutex<ImportQueue>,
    references: &References,
    (project, files): (u32, Arc<Mutex<ReferenceFiles>>),
    token: &CancelToken,
) {
    while let Some((path, current)) = next_file(queue) {
        let result = analyze(&path, &current.progress, token);
        let is_canceled = token.is_canceled() || references.project() != project;
        let error = match result {
            _ if is_canceled => None,
            Ok(measured) => {
                let reference = measured.reference;
                let is_new = references.add_file(project, reference, &path, &mut lock(&files));
                let name = current.name;
                match is_new {
                    Some(false) => Some(ImportError::Known { name }),
                    Some(true) if !measured.warnings.is_empty() => Some(ImportError::Other {
                        name,
                        cause: reason(measured.warnings.join("; ")),
                    }),
                    _ => None,
                }
            }
            Err(cause) => Some(ImportError::Other {
                name: current.name,
                cause,
            }),
        };
        let mut queue = lock(queue);
        queue.current = None;
        queue.errors.extend(error);
        if is_canceled {
            queue.waiting.clear();
        }
    }
}

/// Takes the next file. Without one the thread ends.
fn next_file(queue: &Mutex<ImportQueue>) -> Option<(PathBuf, CurrentFile)> {
    let mut queue = lock(queue);
    let Some(path) = queue.waiting.pop_front() else {
        queue.is_running = false;
        return None;
    };
    let current = CurrentFile::new(&path);
    queue.current = Some(current.clone());
    Some((path, current))
}

fn analyze(
    path: &Path,
    progress: &Progress,
    token: &CancelToken,
) -> Result<MeasuredReference, Message> {
    let result = flow_service::reference_file::read(path, &|stream| {
        progress.update(stream);
        !token.is_canceled()
    });
    result.map_err(reason)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::time::{Duration, Instant};

    use super::*;
    use flow_audio_file::{Audio, OutputFormat};

    fn finish(import: &mut ReferenceImport, params: &Arc<FlowParams>) {
        let begin = Instant::now();
        while import.poll(params) {
            assert!(begin.elapsed() < Duration::from_secs(240));
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// The last error.
    fn error(import: &ReferenceImport) -> Option<String> {
        import.errors().pop()
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
        let (params, mut import) = (Arc::new(FlowParams::default()), ReferenceImport::default());
        let references = &params.references;
        let stereo = demo(11.0);
        write(&at("Night.wav"), &stereo).unwrap();
        let mono = Audio {
            channels: vec![stereo.channels[0].clone()],
            ..stereo.clone()
        };
        write(&at("Mono.wav"), &mono).unwrap();
        for name in ["Night.wav", "Mono.wav"] {
            import.add(at(name), &params);
        }
        finish(&mut import, &params);
        assert_eq!(error(&import), None);
        let names: Vec<_> = references.list().into_iter().map(|l| l.name).collect();
        assert_eq!(names, ["Night", "Mono"]);
        import.add(at("Night.wav"), &params);
        finish(&mut import, &params);
        assert!(error(&import).unwrap().contains("already a reference"));
        let flac = OutputFormat::new(flow_audio_file::Container::Flac, None).unwrap();
        flow_audio_file::write(&at("Cut.flac"), &flac, &demo(12.0)).unwrap();
        let mut bytes = fs::read(at("Cut.flac")).unwrap();
        bytes.extend(b"rest");
        fs::write(at("Cut.flac"), bytes).unwrap();
        import.add(at("Cut.flac"), &params);
        finish(&mut import, &params);
        let warning = "Cut.flac: 4 bytes behind its last FLAC frame are left out.";
        assert_eq!(error(&import).as_deref(), Some(warning));
        assert_eq!(references.list().len(), 3);

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
            import.add(at(name), &params);
            finish(&mut import, &params);
            let text = error(&import).unwrap_or_else(|| panic!("{name} was imported"));
            assert!(text.contains(name) && text.contains(cause), "{text}");
            assert!(!text.contains('\n'), "{text}");
        }
        assert_eq!(references.list().len(), 3, "no bad file was added");
        // Each file of one import has its line.
        for name in ["empty.wav", "Mono.wav", "text.wav"] {
            import.add(at(name), &params);
        }
        finish(&mut import, &params);
        let errors = import.errors();
        let names = errors.iter().map(|line| line.split('.').next().unwrap());
        assert_eq!(names.collect::<Vec<_>>(), ["empty", "Mono", "text"]);
    }

    #[test]
    fn import_after_a_state_load_drops_files_of_the_old_project() {
        use crate::references::SavedReferences;
        use nice_plug::params::persist::PersistentField;

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("Night.wav");
        write(&path, &demo(11.0)).unwrap();
        let (params, mut import) = (Arc::new(FlowParams::default()), ReferenceImport::default());
        let references = &params.references;
        import.add(path.clone(), &params);
        assert!(import.poll(&params));
        references.set(SavedReferences::default());
        finish(&mut import, &params);
        assert_eq!(references.list(), []);
        import.add(path, &params);
        finish(&mut import, &params);
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
        let (params, mut import) = (Arc::new(FlowParams::default()), ReferenceImport::default());
        let begin = Instant::now();
        import.add(path, &params);
        finish(&mut import, &params);
        let text = error(&import).unwrap();
        assert!(text.contains("longer than 60 minutes"), "{text}");
        assert!(begin.elapsed() < Duration::from_secs(5));
    }

    #[test]
    fn import_canceled_or_dropped_ends_soon_and_adds_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("Long.wav");
        write(&path, &demo(120.0)).unwrap();
        let (params, mut import) = (Arc::new(FlowParams::default()), ReferenceImport::default());
        let references = &params.references;
        for _ in 0..3 {
            import.add(path.clone(), &params);
        }
        assert!(import.poll(&params));
        assert!(import.progress_text().unwrap().starts_with("Long.wav "));
        assert!(import.progress_text().unwrap().ends_with(", 2 more"));
        import.cancel();
        assert!(!import.poll(&params));
        assert_eq!((import.progress_text(), error(&import)), (None, None));
        // Drops the import while a file is analyzed.
        import.add(path, &params);
        assert!(import.poll(&params));
        let begin = Instant::now();
        drop(import);
        assert!(begin.elapsed() < Duration::from_millis(400));
        assert_eq!(references.list(), []);
    }
}
