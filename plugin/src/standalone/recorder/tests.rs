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

fn finish(recorder: &mut Recorder) -> Result<RecordedFile> {
    let begin = Instant::now();
    loop {
        if let Some(result) = recorder.poll() {
            assert_eq!(recorder.progress(), None);
            return result;
        }
        assert!(begin.elapsed() < Duration::from_secs(20));
        thread::sleep(Duration::from_millis(1));
    }
}

fn wait_until_written(recorder: &Recorder, frames: u64) {
    let begin = Instant::now();
    while recorder.shared.written_frames.load(Ordering::Relaxed) < frames {
        assert!(begin.elapsed() < Duration::from_secs(20));
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
