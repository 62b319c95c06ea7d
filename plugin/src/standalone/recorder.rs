//! Recording of the heard audio into a file.
//!
//! The audio thread pushes its blocks into a ring that exists as long as the app. A thread of each recording takes them and
//! writes a file, which appears under its name when the recording has ended. Frames that find no place are counted.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow, bail, ensure};
use flow_audio_file::{Metadata, OutputFormat, SongWriter};
use flow_platform::atomic_file::{AtomicFile, CompleteFile};
use flow_platform::background_task::{BackgroundTask, CancelToken, TaskConfig};
use flow_platform::mutex::lock;
use rtrb::{Consumer, Producer, RingBuffer};

/// Samples of the ring: 21 s of stereo at 48 kHz, 5 s at 192 kHz.
const RING_SAMPLES: usize = 1 << 21;
/// The most frames that are written at once.
const BLOCK_FRAMES: usize = 8192;
/// Time between two looks at the ring.
const POLL: Duration = Duration::from_millis(15);
/// Longest wait for the last block, if no audio runs.
const LAST_BLOCK_TIMEOUT: Duration = Duration::from_millis(400);

/// The values that the threads share.
#[derive(Default)]
struct RecordingState {
    /// The number of the present recording, which is odd; even without one.
    wanted: AtomicU32,
    /// The number that the last block belonged to.
    followed: AtomicU32,
    lost_frames: AtomicU64,
    written_frames: AtomicU64,
    /// The device's rate in Hz; 0 before the first block.
    rate_hz: AtomicU32,
    channel_count: AtomicU32,
}

fn is_recording(number: u32) -> bool {
    number % 2 == 1
}

/// The audio thread's half.
pub struct RecordingTap {
    ring: Producer<f32>,
    shared: Arc<RecordingState>,
}

impl RecordingTap {
    /// `[audio]` Takes a block as it is heard, at the rate of the device.
    pub fn push(&mut self, channels: &[&mut [f32]], rate_hz: f32) {
        // Rates are integers far below the largest exact one.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let rate_hz = rate_hz.max(0.0).round() as u32;
        let channel_count = u32::try_from(channels.len()).unwrap_or(0);
        self.shared.rate_hz.store(rate_hz, Ordering::Relaxed);
        self.shared
            .channel_count
            .store(channel_count, Ordering::Relaxed);
        let wanted = self.shared.wanted.load(Ordering::Acquire);
        if is_recording(wanted) {
            let frames = channels.first().map_or(0, |channel| channel.len());
            match self.ring.write_chunk_uninit(frames * channels.len()) {
                Ok(chunk) => {
                    let frames = (0..frames).flat_map(|frame| {
                        channels
                            .iter()
                            .map(move |channel| channel.get(frame).copied().unwrap_or(0.0))
                    });
                    chunk.fill_from_iter(frames);
                }
                Err(_) => {
                    let lost = &self.shared.lost_frames;
                    lost.fetch_add(frames as u64, Ordering::Relaxed);
                }
            }
        }
        self.shared.followed.store(wanted, Ordering::Release);
    }
}

/// The window's half.
pub struct Recorder {
    ring: Arc<Mutex<Consumer<f32>>>,
    shared: Arc<RecordingState>,
    running: Option<BackgroundTask<Result<RecordedFile>>>,
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
}

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

    fn with_ring(samples: usize) -> (Self, RecordingTap) {
        let (producer, consumer) = RingBuffer::new(samples);
        let shared = Arc::new(RecordingState::default());
        let recorder = Self {
            ring: Arc::new(Mutex::new(consumer)),
            shared: shared.clone(),
            running: None,
        };
        let ring = producer;
        (recorder, RecordingTap { ring, shared })
    }

    /// `[gui]` Begins a recording, unless one runs.
    ///
    /// # Errors
    ///
    /// One line if no audio runs, or the thread can't start. Errors of the file come from [`Self::poll`].
    pub fn start(&mut self, path: PathBuf, format: OutputFormat) -> Result<()> {
        if self.running.is_some() {
            return Ok(());
        }
        let rate_hz = self.shared.rate_hz.load(Ordering::Relaxed);
        let channel_count = self.shared.channel_count.load(Ordering::Relaxed) as usize;
        ensure!(rate_hz > 0, "no audio is running");
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
        let writing = Writing {
            ring: self.ring.clone(),
            shared: self.shared.clone(),
            number,
            path,
            format,
            rate_hz,
            channel_count,
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
        let rate_hz = self.shared.rate_hz.load(Ordering::Relaxed).max(1);
        let frames = self.shared.written_frames.load(Ordering::Relaxed);
        Some(RecordingProgress {
            seconds: frames as f64 / f64::from(rate_hz),
            lost_frames: self.shared.lost_frames.load(Ordering::Relaxed),
            is_ending: !is_recording(self.shared.wanted.load(Ordering::Relaxed)),
        })
    }

    /// `[gui]` Ends the recording of a window that closes. None without one.
    pub(super) fn leave(&mut self) -> Option<BackgroundTask<Result<RecordedFile>>> {
        self.stop();
        self.running.take()
    }

    /// `[gui]` The result of a recording that has ended, by itself if its file can't be written. The error is one line.
    pub fn poll(&mut self) -> Option<Result<RecordedFile>> {
        let Poll::Ready(result) = self.running.as_ref()?.poll() else {
            return None;
        };
        self.running = None;
        self.stop();
        Some(result.unwrap_or_else(|| Err(anyhow!("recording failed"))))
    }
}

/// The number without a recording that follows a number.
fn even(number: u32) -> u32 {
    number.wrapping_add(number % 2)
}

/// The work of a recording's thread.
struct Writing {
    ring: Arc<Mutex<Consumer<f32>>>,
    shared: Arc<RecordingState>,
    number: u32,
    path: PathBuf,
    format: OutputFormat,
    rate_hz: u32,
    channel_count: usize,
}

impl Writing {
    fn run(&self, token: &CancelToken) -> Result<RecordedFile> {
        let metadata = Metadata::default();
        let (path, format) = (&self.path, &self.format);
        let mut writer =
            SongWriter::create(path, format, self.rate_hz, self.channel_count, &metadata)?;
        let mut ring = lock(&self.ring);
        let mut block = vec![Vec::with_capacity(BLOCK_FRAMES); self.channel_count];
        let mut end = None;
        loop {
            // The last blocks are pushed before the audio thread follows.
            let is_over = self.is_over(&mut end);
            while self.take_block(&mut ring, &mut block) {
                let channels: Vec<&[f32]> = block.iter().map(Vec::as_slice).collect();
                writer.write(&channels)?;
                let frames = channels.first().map_or(0, |channel| channel.len());
                let written = &self.shared.written_frames;
                written.fetch_add(frames as u64, Ordering::Relaxed);
            }
            if token.is_canceled() {
                bail!("it was canceled");
            }
            if is_over {
                break;
            }
            thread::sleep(POLL);
        }
        let path = appear(writer.complete()?)?;
        let frames = self.shared.written_frames.load(Ordering::Relaxed);
        Ok(RecordedFile {
            path,
            seconds: frames as f64 / f64::from(self.rate_hz),
            lost_frames: self.shared.lost_frames.load(Ordering::Relaxed),
        })
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
        let frames = (ring.slots() / self.channel_count.max(1)).min(BLOCK_FRAMES);
        let Ok(chunk) = ring.read_chunk(frames * self.channel_count) else {
            return false;
        };
        block.iter_mut().for_each(Vec::clear);
        for (index, sample) in chunk.into_iter().enumerate() {
            let channel = &mut block[index % self.channel_count];
            // No file holds NaN or infinity.
            channel.push(if sample.is_finite() { sample } else { 0.0 });
        }
        frames > 0
    }
}

/// Puts a file in its place, or under a free name if another program has written there meanwhile.
fn appear(file: CompleteFile) -> Result<PathBuf> {
    let path = file.path().to_owned();
    if path.symlink_metadata().is_err() {
        file.appear()?;
        return Ok(path);
    }
    let free = free_path(&path);
    let mut copy = AtomicFile::create(&free)?;
    io::copy(&mut file.open()?, &mut copy)?;
    copy.finish()?;
    Ok(free)
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
