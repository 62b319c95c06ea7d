use flow_platform::clock::ManualClock;

use super::*;

const RATE: u32 = 48_000;

fn ramp(from: usize) -> Vec<f32> {
    // Exact in 24 bits.
    (from..from + 512)
        .map(|i| (i % 4096) as f32 / 8192.0)
        .collect()
}

/// Pushes blocks of a stereo ramp.
fn play(tap: &mut RecordingTap, blocks: std::ops::Range<usize>) {
    for block in blocks {
        let mut left = ramp(512 * block);
        let mut right: Vec<f32> = left.iter().map(|sample| -sample).collect();
        tap.push(&[&mut left, &mut right], RATE as f32);
    }
}

fn finish(recorder: &mut Recorder) -> RecordingResult {
    let begin = Instant::now();
    loop {
        if let Some(result) = recorder.poll() {
            assert_eq!(recorder.progress(), None);
            return result;
        }
        assert!(begin.elapsed() < Duration::from_secs(240));
        thread::sleep(Duration::from_millis(1));
    }
}

fn wait_until_written(recorder: &Recorder, frames: u64) {
    let begin = Instant::now();
    while recorder.shared.written_frames.load(Ordering::Relaxed) < frames {
        assert!(begin.elapsed() < Duration::from_secs(240));
        thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn recording_has_the_samples_between_start_and_stop() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("Take.wav");
    let (mut recorder, mut tap) = Recorder::new();
    play(&mut tap, 0..4);
    for take in 0..2 {
        let path = folder.path().join(format!("Take {take}.wav"));
        recorder.start(path.clone(), OutputFormat::WAV_24).unwrap();
        play(&mut tap, 4..54);
        assert!(!path.exists(), "a half file");
        recorder.stop();
        play(&mut tap, 54..60);
        let file = finish(&mut recorder).unwrap();
        assert_eq!((file.path.as_path(), file.lost_frames), (path.as_path(), 0));
        let song = flow_audio_file::read(&path).unwrap();
        let audio = song.audio;
        assert_eq!(audio.sample_rate_hz, RATE);
        let expected: Vec<f32> = (4..54).flat_map(|block| ramp(512 * block)).collect();
        assert_eq!(audio.channels[0], expected);
        assert!(
            audio.channels[1]
                .iter()
                .zip(&expected)
                .all(|(a, b)| *a == -b)
        );
    }
    assert!(!path.exists());
}

#[test]
fn frames_without_a_place_in_the_ring_are_counted() {
    let folder = tempfile::tempdir().unwrap();
    let (mut recorder, mut tap) = Recorder::with_ring(4096);
    play(&mut tap, 0..1);
    // The thread waits for the ring, as for a slow disk.
    let ring = recorder.ring.clone();
    let path = folder.path().join("Take.wav");
    recorder.start(path, OutputFormat::WAV_24).unwrap();
    let held = lock(&ring);
    play(&mut tap, 1..11);
    drop(held);
    let lost = recorder.progress().unwrap().lost_frames;
    assert!(lost > 0 && lost.is_multiple_of(512), "{lost}");
    recorder.stop();
    play(&mut tap, 11..12);
    let file = finish(&mut recorder).unwrap();
    assert_eq!(file.lost_frames, lost);
    let frames = (file.seconds * f64::from(RATE)).round();
    assert_eq!(frames, (5120 - lost) as f64);
}

#[test]
fn recording_without_audio_is_refused_and_ends_without_a_last_block() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("Take.wav");
    let (mut recorder, mut tap) = Recorder::new();
    let error = recorder.start(path.clone(), OutputFormat::WAV_24);
    assert_eq!(error.unwrap_err().to_string(), "no audio is running");
    play(&mut tap, 0..1);
    recorder.start(path.clone(), OutputFormat::WAV_24).unwrap();
    play(&mut tap, 1..3);
    recorder.stop();
    // No further block comes.
    assert_eq!(finish(&mut recorder).unwrap().seconds, 1024.0 / 48_000.0);
    recorder
        .start(folder.path().join("Empty.wav"), OutputFormat::WAV_24)
        .unwrap();
    recorder.stop();
    let error = finish(&mut recorder).unwrap_err().to_string();
    assert!(error.contains("there is no audio"), "{error}");
    assert!(!folder.path().join("Empty.wav").exists());
}

#[test]
fn recording_that_can_not_be_written_ends_with_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let (mut recorder, mut tap) = Recorder::new();
    play(&mut tap, 0..1);
    recorder
        .start(file.join("Take.wav"), OutputFormat::WAV_24)
        .unwrap();
    let error = finish(&mut recorder).unwrap_err().to_string();
    assert_eq!(error.lines().count(), 1, "{error}");
    assert!(!is_recording(
        recorder.shared.wanted.load(Ordering::Relaxed)
    ));
}

#[test]
fn recording_never_replaces_a_file_and_leaves_none_when_it_is_canceled() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("Take.wav");
    let (mut recorder, mut tap) = Recorder::new();
    play(&mut tap, 0..1);
    recorder.start(path.clone(), OutputFormat::WAV_24).unwrap();
    play(&mut tap, 1..3);
    wait_until_written(&recorder, 1024);
    fs::write(&path, "another program's").unwrap();
    recorder.stop();
    play(&mut tap, 3..4);
    let recorded = finish(&mut recorder).unwrap().path;
    assert_eq!(recorded, folder.path().join("Take 1.wav"));
    assert_eq!(fs::read(&path).unwrap(), b"another program's");
    recorder
        .start(folder.path().join("Canceled.wav"), OutputFormat::WAV_24)
        .unwrap();
    play(&mut tap, 4..8);
    drop(recorder);
    let names = fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(names, 2, "a canceled recording left a file");
}

#[test]
fn samples_that_no_file_holds_are_silent() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("Take.wav");
    let (mut recorder, mut tap) = Recorder::new();
    play(&mut tap, 0..1);
    recorder.start(path.clone(), OutputFormat::WAV_24).unwrap();
    tap.push(
        &[&mut [f32::NAN, 0.5], &mut [0.25, f32::INFINITY]],
        RATE as f32,
    );
    recorder.stop();
    play(&mut tap, 1..2);
    finish(&mut recorder).unwrap();
    let audio = flow_audio_file::read(&path).unwrap().audio;
    assert_eq!(audio.channels, [[0.0, 0.5], [0.25, 0.0]]);
}

#[test]
fn recording_ends_when_the_device_stops() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("Take.wav");
    let clock = ManualClock::default();
    let (recorder, mut tap) = Recorder::new();
    let mut recorder = recorder.with_clock(Clock::Manual(clock.clone()));
    play(&mut tap, 0..1);
    recorder.start(path.clone(), OutputFormat::WAV_24).unwrap();
    play(&mut tap, 1..3);
    wait_until_written(&recorder, 1024);
    // Each look at the ring sees that no block came.
    let begin = Instant::now();
    let file = loop {
        if let Some(result) = recorder.poll() {
            break result.unwrap();
        }
        clock.advance(Duration::from_millis(400));
        assert!(begin.elapsed() < Duration::from_secs(240));
        thread::sleep(Duration::from_millis(1));
    };
    assert_eq!(file.early_end, Some(EarlyEnd::DeviceStopped));
    assert_eq!(flow_audio_file::read(&path).unwrap().audio.frames(), 1024);
    // Now no audio runs, so that another recording doesn't begin.
    let path = folder.path().join("Silence.wav");
    recorder.start(path.clone(), OutputFormat::WAV_24).unwrap();
    let begin = Instant::now();
    let error = loop {
        if let Some(result) = recorder.poll() {
            break result.unwrap_err();
        }
        clock.advance(Duration::from_millis(400));
        assert!(begin.elapsed() < Duration::from_secs(240));
        thread::sleep(Duration::from_millis(1));
    };
    assert_eq!(error.to_string(), NO_AUDIO);
    assert!(!path.exists());
}

#[test]
fn recording_ends_when_rate_or_channels_change() {
    let folder = tempfile::tempdir().unwrap();
    let (mut recorder, mut tap) = Recorder::new();
    for (name, channel_count, rate_hz) in [("Rate.wav", 2, 44_100.0), ("Mono.wav", 1, 48_000.0)] {
        play(&mut tap, 0..1);
        let path = folder.path().join(name);
        recorder.start(path.clone(), OutputFormat::WAV_24).unwrap();
        play(&mut tap, 4..8);
        let (mut left, mut right) = ([0.5; 512], [0.5; 512]);
        let channels: [&mut [f32]; 2] = [&mut left, &mut right];
        tap.push(&channels[..channel_count], rate_hz);
        // The old format again doesn't go on.
        play(&mut tap, 8..9);
        let file = finish(&mut recorder).unwrap();
        assert_eq!(file.early_end, Some(EarlyEnd::OtherFormat));
        assert_eq!(file.seconds, 2048.0 / 48_000.0);
        let audio = flow_audio_file::read(&path).unwrap().audio;
        let expected: Vec<f32> = (4..8).flat_map(|block| ramp(512 * block)).collect();
        assert_eq!(audio.channels[0], expected);
    }
}

/// Runs the test of this name once more, in a process whose files can't become larger than so many blocks of a shell.
#[cfg(target_os = "linux")]
fn run_with_small_files(test: &str, blocks: u32) {
    let program = std::env::current_exe().unwrap();
    let limited = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"");
    let output = std::process::Command::new("sh")
        .args(["-c", &limited])
        .arg(program)
        .args(["--exact", test, "--nocapture"])
        .env("FLOW_TEST_SMALL_FILES", "1")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}{errors}");
    assert!(text.contains("1 passed"), "{text}{errors}");
}

#[cfg(target_os = "linux")]
#[test]
fn recording_that_can_not_be_written_further_is_saved_up_to_there() {
    if std::env::var_os("FLOW_TEST_SMALL_FILES").is_none() {
        let name = "recording_that_can_not_be_written_further_is_saved_up_to_there";
        return run_with_small_files(&format!("standalone::recorder::tests::{name}"), 512);
    }
    let folder = tempfile::tempdir().unwrap();
    let (mut recorder, mut tap) = Recorder::new();
    let flac = OutputFormat::new(
        flow_audio_file::Container::Flac,
        Some(flow_audio_file::Bits::Int24),
    );
    for (name, format) in [
        ("Take.wav", OutputFormat::WAV_24),
        ("Take.flac", flac.unwrap()),
    ] {
        let path = folder.path().join(name);
        let mut noise = 1_u32;
        let mut pushed = Vec::new();
        tap.push(&[&mut [0.0], &mut [0.0]], RATE as f32);
        recorder.start(path.clone(), format).unwrap();
        let file = loop {
            let mut left: Vec<f32> = (0..512)
                .map(|_| {
                    noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    // Exact in 24 bits.
                    f32::from(u16::try_from(noise >> 16).unwrap()) / 65_536.0 - 0.5
                })
                .collect();
            let mut right = left.clone();
            right.reverse();
            tap.push(&[&mut left, &mut right], RATE as f32);
            pushed.extend(left);
            if let Some(result) = recorder.poll() {
                break result.unwrap();
            }
            thread::sleep(Duration::from_millis(1));
        };
        let Some(EarlyEnd::WriteError(reason)) = &file.early_end else {
            panic!("{file:?}");
        };
        assert_eq!(reason, "the file is too large for this file system");
        let read = flow_audio_file::read(&path).unwrap();
        assert_eq!(read.warnings, [""; 0]);
        let audio = read.audio;
        let frames = audio.frames();
        assert!(frames > 30_000, "{frames}");
        assert_eq!(file.seconds, frames as f64 / f64::from(RATE));
        assert_eq!(audio.channels[0], pushed[..frames]);
        assert_eq!(file.lost_frames, 0);
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
}

/// The samples wait in a buffer until the recording is completed, and don't fit then.
#[cfg(target_os = "linux")]
#[test]
fn recording_that_can_not_be_completed_stays_under_a_name_that_is_told() {
    if std::env::var_os("FLOW_TEST_SMALL_FILES").is_none() {
        let name = "recording_that_can_not_be_completed_stays_under_a_name_that_is_told";
        return run_with_small_files(&format!("standalone::recorder::tests::{name}"), 4);
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("Take.wav");
    let (mut recorder, mut tap) = Recorder::new();
    for name in ["Take partial.wav", "Take partial 1.wav"] {
        play(&mut tap, 0..1);
        recorder.start(path.clone(), OutputFormat::WAV_24).unwrap();
        play(&mut tap, 1..3);
        recorder.stop();
        play(&mut tap, 3..4);
        let error = finish(&mut recorder).unwrap_err();
        assert!(
            error
                .to_string()
                .ends_with("too large for this file system"),
            "{error}"
        );
        let partial = error.partial.unwrap();
        assert_eq!(partial, folder.path().join(name));
        let audio = flow_audio_file::read(&partial).unwrap().audio;
        let frames = audio.frames();
        assert!(frames > 200, "{frames}");
        assert_eq!(
            audio.channels[0],
            [ramp(512), ramp(1024)].concat()[..frames]
        );
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
}

/// The pages that this thread has been given so far.
#[cfg(target_os = "linux")]
fn page_faults() -> u64 {
    let text = fs::read_to_string("/proc/thread-self/stat").unwrap();
    let (_, fields) = text.rsplit_once(')').unwrap();
    fields.split_whitespace().nth(7).unwrap().parse().unwrap()
}

#[cfg(target_os = "linux")]
#[test]
fn first_recording_finds_the_memory_of_the_ring() {
    let folder = tempfile::tempdir().unwrap();
    let (mut recorder, mut tap) = Recorder::new();
    let (mut left, mut right) = ([0.1; 512], [0.1; 512]);
    let mut push = || tap.push(&[&mut left, &mut right], RATE as f32);
    push();
    let path = folder.path().join("Take.wav");
    recorder.start(path, OutputFormat::WAV_24).unwrap();
    let before = page_faults();
    for _ in 0..RING_SAMPLES / 1024 {
        push();
    }
    let faults = page_faults() - before;
    // The ring has 2048 pages.
    assert!(faults < 100, "{faults}");
    recorder.stop();
    push();
    finish(&mut recorder).unwrap();
}
