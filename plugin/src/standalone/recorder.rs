//! Recording of the heard audio into a file.
//!
//! The audio thread pushes its blocks into a ring that exists as long as the app. A thread of each recording takes them and
//! writes a file, which appears under its name when the recording has ended. Frames that find no place are counted.

mod tap;

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow, bail, ensure};
use flow_audio_file::{Metadata, OutputFormat, SongWriter};
use flow_platform::atomic_file::{AtomicFile, CompleteFile};
use flow_platform::background_task::{BackgroundTask, CancelToken, TaskConfig};
use flow_platform::clock::Clock;
use flow_platform::mutex::lock;
use rtrb::{Consumer, RingBuffer};

pub use tap::RecordingTap;
use tap::{AudioFormat, RecordingState, is_recording};

/// Samples of the ring: 21 s of stereo at 48 kHz, 5 s at 192 kHz.
const RING_SAMPLES: usize = 1 << 21;
/// The most frames that are written at once.
const BLOCK_FRAMES: usize = 8192;
/// Time between two looks at the ring.
const POLL: Duration = Duration::from_millis(15);
/// Longest wait for the last block, if no audio runs.
const LAST_BLOCK_TIMEOUT: Duration = Duration::from_millis(400);
/// The time without a block after which the device counts as stopped, ns.
const DEVICE_TIMEOUT_NS: u64 = 1_000_000_000;
/// The most names that are tried for a file.
const NAMES: usize = 1000;

/// The window's half.
pub struct Recorder {
    ring: Arc<Mutex<Consumer<f32>>>,
    shared: Arc<RecordingState>,
    running: Option<BackgroundTask<RecordingResult>>,
    /// Measures the time without a block.
    clock: Clock,
}

/// A recording that is complete.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordedFile {
    /// The file.
    pub path: PathBuf,
    /// Its length in seconds.
    pub seconds: f64,
    /// The frames that it lacks.
    pub lost_frames: u64,
    /// The reason why it was ended before *Stop*, if it was.
    pub early_end: Option<EarlyEnd>,
}

/// The reason why a recording was ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EarlyEnd {
    /// A write failed, for the reason of one line. The frames before it are saved, later ones are lost.
    WriteError(String),
    /// The audio device runs no more.
    DeviceStopped,
    /// The audio device has another rate or number of channels.
    OtherFormat,
}

/// A recording that has no complete file.
#[derive(Debug)]
pub struct RecordingError {
    /// The cause, one line.
    pub cause: anyhow::Error,
    /// The file with the part that was written, if there is one.
    pub partial: Option<PathBuf>,
}

impl fmt::Display for RecordingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.cause.fmt(f)
    }
}

impl From<anyhow::Error> for RecordingError {
    fn from(cause: anyhow::Error) -> Self {
        Self {
            cause,
            partial: None,
        }
    }
}

pub(super) type RecordingResult = Result<RecordedFile, RecordingError>;

/// The present recording.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RecordingProgress {
    /// Its length so far in seconds.
    pub seconds: f64,
    /// The frames that it lacks.
    pub lost_frames: u64,
    /// It was ended, and its file is being completed.
    pub is_ending: bool,
}

impl Recorder {
    /// Allocates the ring.
    #[must_use]
    pub fn new() -> (Self, RecordingTap) {
        Self::with_ring(RING_SAMPLES)
    }

    /// Measures the time without audio by this clock.
    #[must_use]
    pub fn with_clock(self, clock: Clock) -> Self {
        Self { clock, ..self }
    }

    fn with_ring(samples: usize) -> (Self, RecordingTap) {
        let (mut producer, mut consumer) = RingBuffer::new(samples);
        // The system gives memory at the first access, which must not happen on the audio thread.
        if let Ok(zeros) = producer.write_chunk(samples) {
            zeros.commit_all();
        }
        if let Ok(zeros) = consumer.read_chunk(samples) {
            zeros.commit_all();
        }
        let shared = Arc::new(RecordingState::default());
        let recorder = Self {
            ring: Arc::new(Mutex::new(consumer)),
            shared: shared.clone(),
            running: None,
            clock: Clock::System,
        };
        let ring = producer;
        (recorder, RecordingTap { ring, shared })
    }

    /// `[gui]` Begins a recording, unless one runs.
    ///
    /// # Errors
    ///
    /// One line if no audio has run yet, or the thread can't start. Other errors come from [`Self::poll`], also if no audio
    /// runs any more.
    pub fn start(&mut self, path: PathBuf, format: OutputFormat) -> Result<()> {
        if self.running.is_some() {
            return Ok(());
        }
        let audio = self.shared.device.get();
        ensure!(audio.rate_hz > 0, NO_AUDIO);
        let number = even(self.shared.wanted.load(Ordering::Relaxed)).wrapping_add(1);
        // A last block that came too late.
        let mut ring = lock(&self.ring);
        let samples = ring.slots();
        if let Ok(late) = ring.read_chunk(samples) {
            late.commit_all();
        }
        drop(ring);
        self.shared.lost_frames.store(0, Ordering::Relaxed);
        self.shared.written_frames.store(0, Ordering::Relaxed);
        self.shared.recorded.set(audio);
        let has_other_format = &self.shared.has_other_format;
        has_other_format.store(false, Ordering::Relaxed);
        let writing = Writing {
            ring: self.ring.clone(),
            shared: self.shared.clone(),
            number,
            path,
            format,
            audio,
            clock: self.clock.clone(),
        };
        self.shared.wanted.store(number, Ordering::Release);
        let config = TaskConfig::new("flow recording");
        let task = BackgroundTask::spawn(config, move |token| writing.run(token));
        let task = task.inspect_err(|_| self.stop())?;
        self.running = Some(task);
        Ok(())
    }

    /// `[gui]` Ends the recording. Its file appears soon.
    pub fn stop(&self) {
        let wanted = self.shared.wanted.load(Ordering::Relaxed);
        self.shared.wanted.store(even(wanted), Ordering::Release);
    }

    /// `[gui]` The present recording.
    #[must_use]
    pub fn progress(&self) -> Option<RecordingProgress> {
        self.running.as_ref()?;
        let rate_hz = self.shared.recorded.get().rate_hz.max(1);
        let frames = self.shared.written_frames.load(Ordering::Relaxed);
        Some(RecordingProgress {
            seconds: frames as f64 / f64::from(rate_hz),
            lost_frames: self.shared.lost_frames.load(Ordering::Relaxed),
            is_ending: !is_recording(self.shared.wanted.load(Ordering::Relaxed)),
        })
    }

    /// `[gui]` Ends the recording of a window that closes. None without one.
    pub(super) fn end_on_close(&mut self) -> Option<BackgroundTask<RecordingResult>> {
        self.stop();
        self.running.take()
    }

    /// `[gui]` The result of a recording that has ended, by itself if its file can't be written. The error is one line.
    pub fn poll(&mut self) -> Option<Result<RecordedFile, RecordingError>> {
        let Poll::Ready(result) = self.running.as_ref()?.poll() else {
            return None;
        };
        self.running = None;
        self.stop();
        Some(result.unwrap_or_else(|| Err(panicked().into())))
    }
}

/// The number without a recording that follows a number.
fn even(number: u32) -> u32 {
    number.wrapping_add(number % 2)
}

/// The error of a recording without audio.
const NO_AUDIO: &str = "no audio is running";

/// The work of a recording's thread.
struct Writing {
    ring: Arc<Mutex<Consumer<f32>>>,
    shared: Arc<RecordingState>,
    number: u32,
    path: PathBuf,
    format: OutputFormat,
    audio: AudioFormat,
    clock: Clock,
}

/// The blocks that were seen last, and the time since which there are no others.
struct LastBlock {
    blocks: u32,
    since_ns: u64,
}

impl Writing {
    fn run(&self, token: &CancelToken) -> RecordingResult {
        let mut file = AtomicFile::create(&self.path).map_err(anyhow::Error::from)?;
        let guard = file.guard();
        let result = self.write(file, token);
        let frames = self.shared.written_frames.load(Ordering::Relaxed);
        result.map_err(|cause| {
            self.end();
            let has_content = frames > 0 && !token.is_canceled();
            let partial = has_content.then(|| guard.keep(&self.partial_path()));
            RecordingError {
                cause,
                partial: partial.flatten(),
            }
        })
    }

    fn write(&self, file: AtomicFile, token: &CancelToken) -> Result<RecordedFile> {
        let mut writer = SongWriter::begin(
            file,
            &self.format,
            self.audio.rate_hz,
            self.channel_count(),
            &Metadata::default(),
        )?;
        let mut ring = lock(&self.ring);
        let mut block = vec![Vec::with_capacity(BLOCK_FRAMES); self.channel_count()];
        let mut end = None;
        let mut last_block = LastBlock {
            blocks: self.shared.blocks.load(Ordering::Acquire),
            since_ns: self.clock.now_ns(),
        };
        let mut early_end = None;
        loop {
            // The last blocks are pushed before the audio thread follows.
            let is_over = self.is_over(&mut end);
            if !is_over && end.is_none() {
                early_end = self.early_end(&mut last_block);
            }
            while self.take_block(&mut ring, &mut block) {
                let channels: Vec<&[f32]> = block.iter().map(Vec::as_slice).collect();
                if let Err(error) = writer.write(&channels) {
                    return self.save_written(writer, error);
                }
                let frames = channels.first().map_or(0, |channel| channel.len());
                let written = &self.shared.written_frames;
                written.fetch_add(frames as u64, Ordering::Relaxed);
            }
            if token.is_canceled() {
                bail!("it was canceled");
            }
            if is_over || early_end.is_some() {
                break;
            }
            thread::sleep(POLL);
        }
        let frames = self.shared.written_frames.load(Ordering::Relaxed);
        if early_end == Some(EarlyEnd::DeviceStopped) {
            ensure!(frames > 0, NO_AUDIO);
        }
        self.end();
        self.recorded(writer.complete()?, frames, early_end)
    }

    /// A free path for the written part of a recording that can't be completed.
    fn partial_path(&self) -> PathBuf {
        let mut name = self.path.file_stem().unwrap_or_default().to_owned();
        name.push(" partial.");
        name.push(self.path.extension().unwrap_or_default());
        let path = self.path.with_file_name(name);
        match path.symlink_metadata() {
            Ok(_) => free_path(&path),
            Err(_) => path,
        }
    }

    fn channel_count(&self) -> usize {
        self.audio.channel_count as usize
    }

    /// Completes the file with the frames that were written before an error.
    fn save_written(&self, writer: SongWriter, error: anyhow::Error) -> Result<RecordedFile> {
        self.end();
        let Ok((file, frames)) = writer.complete_after_error() else {
            return Err(error);
        };
        let reason = reason(&error);
        self.recorded(file, frames, Some(EarlyEnd::WriteError(reason)))
    }

    /// Ends the recording for the other threads.
    fn end(&self) {
        let (number, order) = (self.number, Ordering::AcqRel);
        // The window may have ended it just before.
        let _ = self
            .shared
            .wanted
            .compare_exchange(number, even(number), order, Ordering::Relaxed);
    }

    fn recorded(
        &self,
        file: CompleteFile,
        frames: u64,
        early_end: Option<EarlyEnd>,
    ) -> Result<RecordedFile> {
        Ok(RecordedFile {
            path: appear(file)?,
            seconds: frames as f64 / f64::from(self.audio.rate_hz),
            lost_frames: self.shared.lost_frames.load(Ordering::Relaxed),
            early_end,
        })
    }

    /// The reason to end the recording now, if there is one.
    fn early_end(&self, last: &mut LastBlock) -> Option<EarlyEnd> {
        if self.shared.has_other_format.load(Ordering::Acquire) {
            return Some(EarlyEnd::OtherFormat);
        }
        let blocks = self.shared.blocks.load(Ordering::Acquire);
        let now_ns = self.clock.now_ns();
        if blocks != last.blocks {
            *last = LastBlock {
                blocks,
                since_ns: now_ns,
            };
        }
        let silent_ns = now_ns.saturating_sub(last.since_ns);
        (silent_ns > DEVICE_TIMEOUT_NS).then_some(EarlyEnd::DeviceStopped)
    }

    /// Whether the recording was ended and its last block is in the ring. `end` is the time of the first look after the end.
    fn is_over(&self, end: &mut Option<Instant>) -> bool {
        let wanted = self.shared.wanted.load(Ordering::Relaxed);
        if wanted == self.number {
            return false;
        }
        let begin = *end.get_or_insert_with(Instant::now);
        let has_followed = self.shared.followed.load(Ordering::Acquire) == wanted;
        has_followed || begin.elapsed() > LAST_BLOCK_TIMEOUT
    }

    /// Takes the next frames from the ring. Returns whether there were some.
    fn take_block(&self, ring: &mut Consumer<f32>, block: &mut [Vec<f32>]) -> bool {
        let frames = (ring.slots() / self.channel_count().max(1)).min(BLOCK_FRAMES);
        let Ok(chunk) = ring.read_chunk(frames * self.channel_count()) else {
            return false;
        };
        block.iter_mut().for_each(Vec::clear);
        for (index, sample) in chunk.into_iter().enumerate() {
            let channel = &mut block[index % self.channel_count()];
            // No file holds NaN or infinity.
            channel.push(if sample.is_finite() { sample } else { 0.0 });
        }
        frames > 0
    }
}

/// The error of a recording whose thread has panicked.
pub(super) fn panicked() -> anyhow::Error {
    anyhow!("an internal error")
}

/// The reason in an error of a file, which begins with the path.
pub(super) fn reason(error: &anyhow::Error) -> String {
    let error = format!("{error:#}").replace('\n', " ");
    match error.rsplit_once(": ") {
        Some((_, reason)) => reason.to_owned(),
        None => error,
    }
}

/// Puts a file in its place, or under a free name if another program has written there meanwhile.
fn appear(mut file: CompleteFile) -> Result<PathBuf> {
    let wanted = file.path().to_owned();
    for _ in 0..NAMES {
        let path = file.path().to_owned();
        let failure = match file.appear_new() {
            Ok(()) => return Ok(path),
            Err(failure) => failure,
        };
        file = failure.file.ok_or(failure.error)?;
        if path.symlink_metadata().is_err() {
            // Some file systems can only replace.
            file.appear()?;
            return Ok(path);
        }
        file = file.with_path(free_path(&wanted));
    }
    Err(io::Error::from(io::ErrorKind::AlreadyExists).into())
}

/// The path with the first number behind its name that no file has.
pub(super) fn free_path(path: &Path) -> PathBuf {
    let stem = path.file_stem().unwrap_or_default();
    let extension = path.extension().unwrap_or_default();
    let numbered = |number: u32| {
        let mut name = stem.to_owned();
        name.push(format!(" {number}."));
        name.push(extension);
        path.with_file_name(name)
    };
    let mut paths = (1..=u32::MAX).map(numbered);
    let free = paths.find(|path| fs::symlink_metadata(path).is_err());
    free.unwrap_or_else(|| path.to_owned())
}

#[cfg(test)]
mod tests;
